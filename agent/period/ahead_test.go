package period_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/period"
)

// The end that a text names is ahead, whole, and told in the unit it was named in.
func TestAhead(t *testing.T) {
	opts := period.Options{Now: time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC), WeekStart: time.Monday}
	for text, want := range map[string]string{
		"연말까지 매출 예측":                              "2026-11-28 2026-12-31 year",
		"올해 말까지 매출 예측":                            "2026-11-28 2026-12-31 month",
		"올해 남은 기간 매출 예측":                          "2026-11-28 2026-12-31 year",
		"12월까지 매출 예측":                             "2026-11-28 2026-12-31 month",
		"3월까지 매출 예측":                              "2026-11-28 2027-03-31 month",
		"내년 상반기까지 매출 예측":                          "2026-11-28 2027-06-30 month",
		"월말까지 매출 예측":                              "2026-11-28 2026-11-30 ",
		"이번 달 말까지 매출 예측":                          "2026-11-28 2026-11-30 ",
		"forecast revenue through December":       "2026-11-28 2026-12-31 month",
		"forecast revenue until next March":       "2026-11-28 2027-03-31 month",
		"revenue by year end":                     "2026-11-28 2026-12-31 year",
		"for the rest of the year":                "2026-11-28 2026-12-31 year",
		"to the end of the month":                 "2026-11-28 2026-11-30 ",
		"올해 매출 예측":                                "2026-01-01 2026-12-31 year",
		"forecast this quarter's revenue":         "2026-10-01 2026-12-31 quarter",
		"이번 달 매출":                                 "2026-11-01 2026-11-30 ",
		"작년 매출":                                   "",
		"올해 매출로 다음 달 예측":                          "", // which of the two is the end
		"2025년 말까지 매출 예측":                         "",
		"revenue by month":                        "",
		"forecast revenue for the next 8 weeks":   "",
		"오늘까지 매출":                                 "",
		"":                                        "",
		"까지까지 until until the rest of 남은 기간 \xff": "",
	} {
		got := ""
		if m, ok := period.Ahead(text, opts); ok {
			got = m.Period.Start.Format(time.DateOnly) + " " + m.Period.End.AddDate(0, 0, -1).Format(time.DateOnly) + " " + string(m.Unit)
			if m.From < 0 || m.To > len(text) || m.From >= m.To || !m.Future {
				t.Errorf("%q: at %d to %d", text, m.From, m.To)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
