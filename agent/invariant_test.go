package agent_test

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
	"unicode"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

// stories are the questions of docs/demo-company.md and some more.
const stories = `10월에 세탁기 매출이 왜 줄었어?
why did washing machine revenue fall in October 2026?
제주 월별 매출 추이
monthly revenue in Jeju since 2025
2025년 캠페인별 ROAS
ad spend and ROAS by campaign this year
2025년 8월에 판 무선청소기의 반품률
return rate of vacuum sold in August 2025
2025년 6월 18일 시간별 방문 수
visits by hour on 2025-06-18
2026년 전기밥솥 월별 평균 판매가와 판매 수량
2025년 9월 버즈 3 프로 일별 판매 수량
2025년 노트북 매출이 유난히 튀는 날은?
any unusual days for laptop revenue in 2025?
2026년 2분기 오픈마켓 요일별 매출
open market revenue by weekday in Q2 2026
2026년 4월 일별 방문 수
라이브커머스 월별 매출 비중
first response time by month
2026년 7월 제습기 판매 수량 전년 대비
visits and conversion rate by day in June 2026
추석 선물 매출 작년과 올해
Chuseok gift revenue 2025 vs 2026
2025년 4월 종합몰 TV 일별 이익률
올해 오픈마켓 분기별 할인율과 이익률
Gangnam store revenue by week in 2024
share of orders by payment method over time
revenue by region in 2025 vs 2024
지난달 매출, 주문 수, 객단가
revenue and orders last month
성별 연령대별 매출
할인율과 반품률의 관계
매출 하위 5개 상품 지난달
9월 대비 10월 채널별 매출 변화
누적 매출 올해
브랜드 라인 목록
어제 방문 수
매장별 10월 매출`

// TestEveryFigureIsACellOfAResult takes from each text what can be read off its
// results, its names and its periods: no digit may be left.
func TestEveryFigureIsACellOfAResult(t *testing.T) {
	t.Parallel()
	definition, err := demo.Analyst()
	if err != nil {
		t.Fatal(err)
	}
	a := demoAgent(t)
	asked := 0
	for _, question := range append(definition.Examples, strings.Split(stories, "\n")...) {
		got := ask(t, a, question)
		if got.Rung == agent.None {
			t.Errorf("%q is not answered: %s", question, texts(got))
			continue
		}
		asked++
		if left := unexplained(got); left != "" {
			t.Errorf("%q: no cell says %s\n%s", question, left, got.Text)
		}
	}
	if asked < 60 {
		t.Errorf("only %d questions were looked at", asked)
	}
}

// ordinals and dates are no figures: places in a ranking, days that begin or end a
// period or one compared with.
var (
	ordinals = regexp.MustCompile(`[0-9]+위는`)
	dates    = regexp.MustCompile(`[0-9]{4}(-[0-9]{2}){1,2}(–([0-9]{4}-)?[0-9]{2}-[0-9]{2})?|[0-9]{4}년( [0-9]+월(–[0-9]+월)?| [0-9]+분기)?|[0-9]+월( [0-9]+일)?|[0-9]분기|` +
		`(January|February|March|April|May|June|July|August|September|October|November|December)( [0-9]{1,2},)?( [0-9]{4})?|[HQ][0-9] [0-9]{4}|(in|on|of|since|to|for) 20[0-9]{2}(-[0-9]{2}){0,2}|last [0-9]+ \w+`)
)

// unexplained is what is left of a text that has a digit.
func unexplained(a *agent.Answer) string {
	text := a.Text
	if i := strings.Index(text, "\n\n"); i >= 0 && a.Plan != nil && a.Plan.Intent == "drivers" {
		head, tail := text[:i], text[i:] // what was looked at are names of fields
		text = head + regexp.MustCompile(`^\n\n[^·]*`).ReplaceAllString(tail, "")
	}
	for _, note := range []string{"추석 16일 전부터 2일 전까지", "from 16 to 2 days before"} { // of a verified question
		text = strings.ReplaceAll(text, note, "")
	}
	cells := cellTexts(a)
	for _, s := range cells { // names that have digits
		if strings.ContainsFunc(s, unicode.IsLetter) {
			text = without(text, s)
		}
	}
	for _, r := range a.Readings {
		text = strings.ReplaceAll(text, r.Term, "")
	}
	if a.Plan != nil {
		for _, f := range a.Plan.Query.Filters {
			for _, v := range f.Values {
				text = strings.ReplaceAll(text, fmt.Sprint(v), "")
			}
		}
	}
	text = dates.ReplaceAllString(ordinals.ReplaceAllString(text, ""), "")
	for _, s := range cells {
		text = without(text, s)
	}
	return regexp.MustCompile(`\S*[0-9]\S*`).FindString(text)
}

// without takes s out of text where it is not a part of a longer number.
func without(text, s string) string {
	var out strings.Builder
	for {
		i := strings.Index(text, s)
		if i < 0 {
			return out.String() + text
		}
		before, after := text[:i], text[i+len(s):]
		if numberEnd.MatchString(before) && digitFirst.MatchString(s) || numberStart.MatchString(after) && digitLast.MatchString(s) {
			out.WriteString(text[:i+len(s)])
		} else {
			out.WriteString(before + " ")
		}
		text = after
	}
}

var (
	numberEnd, numberStart = regexp.MustCompile(`[0-9][.,]?$`), regexp.MustCompile(`^[.,]?[0-9]`)
	digitFirst, digitLast  = regexp.MustCompile(`^[0-9]`), regexp.MustCompile(`[0-9]$`)
)

// cellTexts are all ways in which a text may write the cells of the results, longest
// first.
func cellTexts(a *agent.Answer) []string {
	seen := map[string]bool{}
	for _, r := range a.Results {
		seen[format.Short(float64(r.RowCount), format.Integer, a.Language)] = true
		for i, c := range r.Columns {
			column := figures.Column{Key: c.Name, Format: format.Format(c.Format), Grain: c.Grain}
			for _, row := range r.Rows {
				for _, style := range []string{figures.Short, figures.Signed, figures.Abs, figures.Long, figures.Brief} {
					if s := figures.Cell(row[i], column, style, a.Language); strings.ContainsAny(s, "0123456789") {
						seen[s] = true
					}
				}
			}
		}
	}
	out := make([]string, 0, len(seen))
	for s := range seen {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return len(out[i]) > len(out[j]) })
	return out
}

func TestTheInvariantFindsInventedFigures(t *testing.T) {
	t.Parallel()
	got := ask(t, shopAgent(t), "지난달 지역별 매출")
	if left := unexplained(got); left != "" {
		t.Fatalf("%q in %s", left, got.Text)
	}
	got.Text += " 그중 37%는 새 고객이 샀습니다."
	if left := unexplained(got); left != "37%는" {
		t.Errorf("an invented figure passes: %q", left)
	}
}
