package almanac_test

import (
	"fmt"
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

// TestWhichBreak asks for one of several, by its number or as the next.
func TestWhichBreak(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"내년 첫 연휴는 언제야?":                 "breaks 2027-01-01 1 false",
		"내년 두번째 연휴":                     "breaks 2027-01-01 2 false",
		"올해 마지막 연휴 언제야":                 "breaks 2026-01-01 -1 false",
		"두 번째 연휴":                       "breaks 2026-11-22 2 false",
		"다음 연휴 언제야":                     "breaks 2026-11-22 1 true",
		"다음 연휴 알려줘":                     "breaks 2026-11-22 1 true",
		"when is the next long weekend": "breaks 2026-11-22 1 true",
		"first long weekend next year":  "breaks 2027-01-01 1 false",
		"내년 첫 징검다리 휴일":                  "bridges 2027-01-01 1 false",
		"11월과 12월 공휴일":                  "coming 2026-11-01 0 false",
		"12월과 11월 공휴일":                  "coming 2026-11-01 0 false",
		"이번 달이랑 다음 달 일정 알려줘":            "coming 2026-11-01 0 false",
		"3월과 11월 공휴일 알려줘":               "several",
		"내년 3월, 2028년 3월 공휴일":           "several",
		"두 번째 추석":                       "",
		"첫 공휴일":                         "",
		"첫 주문 고객 수":                     "",
		"연휴 매출":                         "",
		"3월과 11월 매출":                    "",
	} {
		q, ok := almanac.Read(text, almanac.Options{Now: now, Calendar: calendar.Default(), WeekStart: time.Monday})
		got := ""
		switch {
		case ok && q.Kind == almanac.Several:
			got = "several"
		case ok:
			got = fmt.Sprint(q.Kind, " ", q.From.Format(time.DateOnly), " ", q.Nth, " ", q.Soon)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestAnEventAlone asks nothing but an event's name: when it takes place, where nothing was
// said before; else it may be a part of what was asked.
func TestAnEventAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"추석?": true, "추석": true, "Chuseok?": true, "블랙프라이데이": true, "추석 매출": false, "연말": false, "추석 설날": false, "안녕": false} {
		o := almanac.Options{Now: now, Calendar: calendar.Default(), WeekStart: time.Monday, Alone: true}
		q, ok := almanac.Read(text, o)
		if ok != want || ok && q.Kind != almanac.When {
			t.Errorf("%q: %v %+v", text, ok, q)
		}
		o.Alone = false
		if _, ok := almanac.Read(text, o); ok {
			t.Errorf("%q is read in the middle of a thread", text)
		}
	}
}
