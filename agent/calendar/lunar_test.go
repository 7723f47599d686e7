package calendar_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

func TestKoreanLunar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		year, month, day int
		want             string // "" for no such date
	}{
		{2026, 1, 1, "2026-02-17"}, {2027, 1, 1, "2027-02-07"}, {2026, 8, 15, "2026-09-25"}, {2026, 12, 30, "2027-02-06"},
		// A month of 29 days has no 30th.
		{2027, 1, 29, "2027-03-07"}, {2027, 1, 30, ""},
		{2026, 13, 1, ""}, {2026, 0, 1, ""}, {2026, 1, 31, ""}, {2026, 1, 0, ""}, {1999, 1, 1, ""}, {2051, 1, 1, ""},
	} {
		got, ok := calendar.KoreanLunar(tt.year, tt.month, tt.day)
		if s := got.Format(time.DateOnly); ok != (tt.want != "") || ok && s != tt.want {
			t.Errorf("%d-%d-%d: %s %v, want %q", tt.year, tt.month, tt.day, s, ok, tt.want)
		}
	}
}
