package agent_test

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// A forecast of a period under way says what the whole comes to: what there is of it and
// what is foretold.
func TestAForecastCompletesItsPeriod(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for question, want := range map[string]struct {
		text string
		from time.Time
	}{
		"이번 달 매출 예상":                   {`^매출은 2026년 11월 모두 .+원으로 예상됩니다\(2026년 11월 \d+일까지 .+원, 그 뒤 .+원\)\.`, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		"forecast this year's revenue": {`^Revenue may come to ₩.+ in 2026: ₩.+ until Oct 2026, and ₩.+ after that`, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		got := ask(t, a, question)
		if !regexp.MustCompile(want.text).MatchString(got.Text) || len(got.Results) != 3 {
			t.Errorf("%s: %s, %d results", question, got.Text, len(got.Results))
			continue
		}
		var sum float64
		for _, row := range got.Results[0].Rows {
			if when, _ := row[0].(time.Time); !when.Before(want.from) {
				v, _ := connectors.Number(row[1])
				sum += v
			}
		}
		sofar := sum
		for _, row := range got.Results[1].Rows {
			sum += row[1].(float64)
		}
		total := got.Results[2].Rows[0]
		if math.Abs(total[1].(float64)-sofar) > 1 || math.Abs(total[3].(float64)-sum) > 1 || sofar == 0 || sum == sofar {
			t.Errorf("%s: %v, want %.0f of %.0f", question, total, sofar, sum)
		}
	}
	for _, question := range []string{"올해 객단가 예측", "연말까지 매출 예측"} { // what does not add up, and what is no whole
		if got := ask(t, a, question); len(got.Results) != 2 {
			t.Errorf("%s: %s, %d results", question, got.Text, len(got.Results))
		}
	}
}

// A unit under way that is held against a whole one is told to be under way.
func TestAnUnfinishedUnitIsToldSo(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for question, want := range map[string]string{
		"3분기 대비 4분기 매출":    "줄었습니다. 4분기는 아직 끝나지 않았습니다.",
		"Q4 revenue vs Q3": "in Q4 2026 so far, ",
	} {
		if got := ask(t, a, question); !strings.Contains(got.Text, want) {
			t.Errorf("%s: %s", question, got.Text)
		}
	}
	for _, question := range []string{"2분기 대비 3분기 매출", "이번 분기 매출"} { // whole, and the same stretch of both
		if got := ask(t, a, question); strings.Contains(got.Text, "아직") {
			t.Errorf("%s: %s", question, got.Text)
		}
	}
}
