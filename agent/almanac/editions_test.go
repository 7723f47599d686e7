package almanac_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	c := calendar.Default()
	for _, test := range []struct {
		event    string
		now, was int
		ko, en   string
	}{
		// In 2025 it was one run of days off from 개천절 to 한글날, in October.
		{"kr.chuseok", 2026, 2025, "이번 3분기, 지난번 4분기; 이번 4일, 지난번 7일; 이번 목요일–토요일, 지난번 일요일–화요일", "now in Q3, last time in Q4; now 4 days, last time 7 days; now Thursday–Saturday, last time Sunday–Tuesday"},
		{"us.black_friday", 2026, 2025, "", ""},
		{"us.cyber_monday", 2026, 2025, "이번 11월, 지난번 12월", "now in November, last time in December"},
		{"kr.christmas", 2026, 2025, "이번 3일, 지난번 1일; 이번 금요일, 지난번 목요일", "now 3 days, last time 1 day; now on a Friday, last time on a Thursday"},
	} {
		now, _ := c.Edition(test.event, test.now)
		was, _ := c.Edition(test.event, test.was)
		for language, want := range map[string]string{"ko": test.ko, "en": test.en} {
			var got []string
			for _, d := range almanac.Differences(c, now, was, language) {
				if d.Kind != almanac.Overlap {
					got = append(got, d.Tell(language))
				}
			}
			if text := strings.Join(got, "; "); text != want {
				t.Errorf("%s: %q, want %q", test.event, text, want)
			}
		}
	}
}

func TestOverlapsAreTold(t *testing.T) {
	t.Parallel()
	c := calendar.Default()
	now, _ := c.Edition("kr.chuseok", 2028) // with 개천절
	was, _ := c.Edition("kr.chuseok", 2026)
	for _, d := range almanac.Differences(c, now, was, "ko") {
		if d.Kind == almanac.Overlap && strings.Contains(d.Now, "개천절") {
			return
		}
	}
	t.Errorf("%+v", almanac.Differences(c, now, was, "ko"))
}
