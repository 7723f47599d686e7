package compose_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
)

// A forecast goes until when the text says, from where the data end.
func TestForecastUntil(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	in := input(lex, "")
	in.Now = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	in.DataFrom, in.DataUntil = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	for question, want := range map[string]string{
		"연말까지 매출 예측":                              "2026-10-31 +2 month",
		"올해 남은 기간 매출 예측":                          "2026-10-31 +2 month",
		"3월까지 매출 예측":                              "2026-10-31 +5 month",
		"월말까지 매출 예상":                              "2026-11-26 +4 day",
		"forecast revenue through December":       "2026-10-31 +2 month",
		"forecast revenue to the end of the year": "2026-10-31 +2 month",
		"작년 매출로 연말까지 예측":                          "2025-12-31 +12 month",
		"올해 매출 예측":                                "2026-10-31 +2 month of 2026-01-01",
		"이번 달 매출이 얼마나 될까":                         "2026-11-26 +4 day of 2026-11-01",
		"forecast this quarter's revenue":         "2026-10-31 +2 month of 2026-10-01",
		"올해 매출로 다음 달 예측":                          "2026-10-31 +2 month",
		"다음 3개월 매출 예측":                            "2026-10-31 +3 month",
		"지역별 매출 예측":                               "shape",
		"predict revenue by region until March":   "shape",
	} {
		in := in
		in.Text, in.Language = question, ""
		o := compose.Parse(in)
		got := string(o.Declined)
		if p := o.Plan; p != nil && p.Intent == compose.Forecast {
			got = fmt.Sprintf("%s +%d %s", p.Query.Period.End.AddDate(0, 0, -1).Format(time.DateOnly), p.Horizon, p.Query.Dimensions[0].Grain)
			if p.Whole != nil {
				got += " of " + p.Whole.Start.Format(time.DateOnly)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
}

// What follows a forecast and is none completes no period.
func TestAForecastsWholeIsItsOwn(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	in := input(lex, "올해 매출 예측")
	first := compose.Parse(in)
	if first.Plan == nil || first.Plan.Whole == nil {
		t.Fatal(show(first))
	}
	in = input(lex, "그럼 작년은?")
	in.Previous = first.Plan
	if o := compose.Parse(in); o.Plan != nil && o.Plan.Whole != nil {
		t.Errorf("last year completes %v", o.Plan.Whole)
	}
	in = input(lex, "왜 줄었어?")
	in.Previous = first.Plan
	if o := compose.Parse(in); o.Plan == nil || o.Plan.Whole != nil {
		t.Errorf("%s completes something", show(o))
	}
}
