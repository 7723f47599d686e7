package almanac_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
)

func year(n int) (from, to time.Time) {
	return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(n, 12, 31, 0, 0, 0, 0, time.UTC)
}

// The days off are those of the official calendar (testdata/holidays-kr of package
// calendar), which has the weekends left to be added.
func TestLongBreaks(t *testing.T) {
	t.Parallel()
	from, to := year(2025)
	found, err := almanac.LongBreaks(calendar.Default(), "KR", from, to)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range found {
		got = append(got, b.From.Format("01-02")+"–"+b.To.Format("01-02"))
	}
	want := "01-25–01-30 03-01–03-03 05-03–05-06 06-06–06-08 08-15–08-17 10-03–10-09"
	if strings.Join(got, " ") != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestBridgeDays(t *testing.T) {
	t.Parallel()
	from, to := year(2027)
	found, err := almanac.BridgeDays(calendar.Default(), "KR", from, to)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range found {
		got = append(got, b.Take.Format("01-02")+": "+b.From.Format("01-02")+"–"+b.To.Format("01-02"))
	}
	want := "05-04: 05-01–05-05, 05-14: 05-13–05-16, 09-13: 09-11–09-16, 09-17: 09-14–09-19"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := almanac.BridgeDays(calendar.Default(), "BR", from, to); err == nil {
		t.Error("days off of a market that is not known")
	}
}
