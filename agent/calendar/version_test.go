package calendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// TestTheVersionChangesWithWhatACalendarSays: answers are remembered under it.
func TestTheVersionChangesWithWhatACalendarSays(t *testing.T) {
	t.Parallel()
	base := calendar.Default()
	row := func(day int) calendar.Extra {
		return calendar.Extra{Editions: []calendar.Edition{{
			Event: "kr.csat", Year: 2027, Status: calendar.Confirmed, Source: "공고",
			Start: time.Date(2027, 11, day, 0, 0, 0, 0, time.UTC), End: time.Date(2027, 11, day, 0, 0, 0, 0, time.UTC),
		}}}
	}
	with := func(x calendar.Extra) string {
		c, err := base.With(x)
		if err != nil {
			t.Fatal(err)
		}
		return c.Version()
	}
	own, err := calendar.Read("own.yaml", strings.NewReader("events:\n  - {id: acme.day, name: {ko: 창립일, en: Founders}, market: KR, class: observance, when: {date: 05-14}, source: 공지}\n"))
	if err != nil {
		t.Fatal(err)
	}
	extended, err := calendar.New(own)
	if err != nil {
		t.Fatal(err)
	}
	again, err := calendar.New()
	if err != nil {
		t.Fatal(err)
	}
	if base.Version() == "" || again.Version() != base.Version() {
		t.Errorf("the same rules: %q and %q", base.Version(), again.Version())
	}
	if once, again := with(row(18)), with(row(18)); once != again {
		t.Error("the same row gives two versions")
	}
	seen := map[string]string{}
	for name, v := range map[string]string{"rules": base.Version(), "own": extended.Version(), "the 18th": with(row(18)), "the 19th": with(row(19))} {
		if other := seen[v]; other != "" {
			t.Errorf("%s and %s have one version", name, other)
		}
		seen[v] = name
	}
}
