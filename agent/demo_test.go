package agent_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/compose"
)

func demoAgent(t testing.TB) *agent.Agent {
	return newAgent(t, asking{analysts: []*agent.Analyst{demoAnalyst(t)}})
}

// TestEveryIntent asks for every kind of answer in both languages and looks at the
// plan, the shape of the text and the chart.
func TestEveryIntent(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for _, test := range []struct {
		question string
		intent   compose.Intent
		text     string // expression
		chart    chart.Kind
	}{
		{"지난달 매출", compose.Value, `^지난달 매출은 .+원, 9월보다 [0-9.]+% (늘었|줄었)습니다\.$`, chart.Number},
		{"revenue last month", compose.Value, `^Revenue was ₩.+ in October 2026, (up|down) [0-9.]+% on September 2026\.$`, chart.Number},
		{"지난달 지역별 매출", compose.Breakdown, `^지난달 매출은 .+ 경기도가 [0-9.]+%로 가장 큽니다\.$`, ""},
		{"revenue by region last month", compose.Breakdown, `^Revenue was .+ 경기도 has the largest share, [0-9.]+%\.$`, ""},
		{"올해 월별 매출", compose.Trend, `^올해 매출은 [0-9]+월에 .+ 가장 높고 [0-9]+월에 .+ 가장 낮습니다\. 11월은 아직 끝나지 않았고 지금까지 .+입니다\.$`, chart.Line},
		{"monthly revenue this year", compose.Trend, `^Revenue this year was highest in \w+ \(.+\) and lowest in \w+ \(.+\)\. November is not over yet: .+ so far\.$`, chart.Line},
		{"최근 8주 채널별 매출 추이", compose.Trend, `^최근 8주 매출은 가장 최근인 11월 9일 주에 .+(이|가) .+으?로 가장 큽니다\.$`, ""},
		{"revenue by channel by week, last 8 weeks", compose.Trend, `^Revenue over the last 8 weeks: .+ is highest with .+ in the week of Nov 9\.$`, ""},
		{"지난달 매출 상위 5개 품목", compose.Rank, `^지난달 매출 1위는 .+\(.+\), 2위는 .+\(.+\), 3위는 .+\(.+\)입니다\.$`, chart.Bar},
		{"top 5 subcategories by revenue last month", compose.Rank, `^Highest revenue in October 2026: .+ \(.+\), then .+ \(.+\) and .+ \(.+\)\.$`, chart.Bar},
		{"지난달 매출 상위 3명 고객", compose.Rank, `^지난달 매출 1위는 고객 번호 [0-9]+\(.+원\), 2위는 고객 번호 [0-9]+\(`, ""},
		{"top 3 customers by revenue last month", compose.Rank, `^Highest revenue in October 2026: Customer ID [0-9]+ \(`, ""},
		{"반품 사유별 반품 건수 비중", compose.Share, `^반품 건수는 .+건입니다\. .+[이가] [0-9.]+%로 가장 많습니다\.$`, chart.Donut},
		{"share of revenue by region this year", compose.Share, `has the largest share, [0-9.]+%\.$`, ""},
		{"라이브커머스 월별 매출 비중", compose.Share, `^2025년 11월–2026년 10월 라이브커머스의 매출 비중은 .+%로 가장 높고 .+%로 가장 낮습니다\.`, chart.Line},
		{"2025년 지역별 매출 전년 대비", compose.Change, `^2025년 매출은 .+ 2024년보다 .+ 가장 많이 늘어난 것은 .+\(\+.+원\)`, ""},
		{"revenue by region in 2025 vs 2024", compose.Change, `up [0-9.]+% on 2024\. .+ rose most \(\+₩.+\)`, ""},
		{"10월에 세탁기 매출이 왜 줄었어?", compose.Drivers, `^10월 세탁기 매출은 9월보다 .+\(−[0-9.]+%\) 줄었습니다\. .+\n\n확인한 기준: `, chart.Waterfall},
		{"why did washing machine revenue fall in October 2026?", compose.Drivers, `^Revenue for 세탁기 fell by ₩.+ \(−[0-9.]+%\) in October 2026, compared with September 2026\.`, chart.Waterfall},
		{"2025년 노트북 매출이 유난히 튀는 날은?", compose.Anomaly, `^2025년 노트북 매출에서 눈에 띄는 날은 12월 17일\(.+원, 평소라면 .+원\)`, chart.Line},
		{"any unusual days for laptop revenue in 2025?", compose.Anomaly, `^Days that stand out in revenue for 노트북 in 2025: Dec 17 \(₩.+, usually ₩.+\)`, chart.Line},
		{"다음 3개월 매출 예측", compose.Forecast, `^매출은 2026년 11월 .+\(.+–.+\), 마지막인 2027년 1월 .+\(.+–.+\)으로 예상됩니다\.`, chart.Line},
		{"forecast revenue for the next 8 weeks", compose.Forecast, `^Revenue may come to ₩.+ in the week of Nov 16, 2026 \(.+\), and at the end to ₩.+ in the week of Jan 4, 2027 \(.+\)\.`, chart.Line},
		{"할인율과 반품률의 관계", compose.Relate, `^할인율과 반품률은 .+ \(상관계수 −?[0-9.]+, 월 [0-9]+개 기준\)`, chart.Scatter},
		{"relation between discount rate and return rate by subcategory", compose.Relate, `^Discount rate and return rate .+ The correlation is −?[0-9.]+ over [0-9]+ rows, one for each subcategory`, chart.Scatter},
		{"채널 목록", compose.List, `^채널은 .+, .+ 등 모두 7개입니다\.$`, ""},
		{"list of channels", compose.List, `^Channel: .+, … \(7 in all\)\.$`, ""},
	} {
		got := ask(t, a, test.question)
		switch {
		case got.Rung != agent.Compose || got.Plan == nil || got.Plan.Intent != test.intent:
			t.Errorf("%q: %s", test.question, texts(got))
		case !regexp.MustCompile(test.text).MatchString(got.Text):
			t.Errorf("%q: text %s", test.question, got.Text)
		case test.chart != "" && (len(got.Charts) == 0 || !sameKind(got.Charts[0].Type, test.chart)):
			t.Errorf("%q: chart %+v", test.question, got.Charts)
		}
	}
}

// sameKind takes bars that lie for bars.
func sameKind(got, want chart.Kind) bool {
	return got == want || want == chart.Bar && got == chart.HBar
}

func TestGapsAreNotZeros(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	got := ask(t, a, "2026년 4월 일별 방문 수") // two days of traffic are missing
	if !strings.HasSuffix(got.Text, "4월 11일, 4월 12일은 기록이 없어 뺐습니다.") || strings.Contains(got.Text, " 0회") {
		t.Errorf("text %s", got.Text)
	}
	if len(got.Results[0].Rows) != 30 || got.Results[0].Rows[10][1] != nil || got.Results[0].Rows[12][1] == nil {
		t.Errorf("rows %v", got.Results[0].Rows)
	}
	if !strings.Contains(strings.Join(got.Assumptions, "\n"), "기록이 없음(0이 아님) = 2026년 4월 11일, 2026년 4월 12일") {
		t.Errorf("readings %v", got.Assumptions)
	}
	// The shop was closed, others were not: that zero was counted.
	got = ask(t, a, "2024년 강남점 주별 매출")
	if !strings.Contains(got.Text, "0원으로 가장 낮습니다") {
		t.Errorf("text %s", got.Text)
	}
	// What has not happened yet is no zero either.
	got = ask(t, a, "이번 달 일별 매출")
	if rows := got.Results[0].Rows; len(rows) != 21 {
		t.Errorf("%d days until the 21st", len(rows))
	}
	got = ask(t, a, "월별 매출 2023년부터")
	if rows := got.Results[0].Rows; len(rows) != 35 || strings.Contains(got.Text, "0원") {
		t.Errorf("%d months since 2024-01: %s", len(rows), got.Text)
	}
}

// TestComparisonsThatSayNothing names one period twice, and a period with all before.
func TestComparisonsThatSayNothing(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for _, question := range []string{"올 여름(6~8월) 선풍기 판매량", "이번달 들어 지금까지 매출"} {
		got := ask(t, a, question)
		if got.Rung != agent.Compose || strings.Contains(got.Text, "같습니다") || strings.Contains(got.Text, "까지보다") {
			t.Errorf("%q: %s", question, texts(got))
		}
		if strings.Contains(strings.Join(got.Assumptions, "\n"), "비교") {
			t.Errorf("%q says it compared: %v", question, got.Assumptions)
		}
	}
}

func TestChartsShowWhatWasAsked(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	got := ask(t, a, "매장별 10월 매출")
	spec := got.Charts[0].Spec
	if !strings.Contains(spec.Note, "매장이 없는") || strings.Contains(strings.Join(spec.Categories, " "), "없음") {
		t.Errorf("the rest dwarfs the stores: %v, note %q", spec.Categories, spec.Note)
	}
	got = ask(t, a, "라이브커머스 월별 매출 비중")
	if spec = got.Charts[0].Spec; spec.Title != "라이브커머스 매출 비중" || len(spec.Series) != 1 || spec.YFormat != "percent" {
		t.Errorf("chart of a share: %q with %d series in %q", spec.Title, len(spec.Series), spec.YFormat)
	}
	got = ask(t, a, "revenue this year vs last year by month")
	if spec = got.Charts[0].Spec; len(spec.Series) != 2 || spec.Series[0].Name+spec.Series[1].Name != "20252026" && spec.Series[0].Name+spec.Series[1].Name != "20262025" {
		t.Errorf("two years: %+v", spec.Series)
	}
	if !regexp.MustCompile(`^Revenue was ₩\S+ this year, up [0-9.]+% on the same period a year earlier\. Revenue was highest in `).MatchString(got.Text) {
		t.Errorf("two years: %s", got.Text)
	}
}

// TestReadingsAreInTheAskersLanguage: what a metric is was told in Korean to everybody.
// TestMoversAreDrawnByTheirMovement asks what changed most: the chart and the table show
// that, not how large it is.
func TestMoversAreDrawnByTheirMovement(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for question, title := range map[string]string{
		"지난달 대비 이번달 매출 증감 큰 상품":                             "상품별 매출 증감",
		"which products grew most vs last month in percent": "Revenue growth by product",
	} {
		got := ask(t, a, question)
		if len(got.Charts) != 1 || got.Charts[0].Title != title || len(got.Charts[0].Y) != 1 {
			t.Errorf("%q: %s, charts %+v", question, texts(got), got.Charts)
			continue
		}
		by, r := got.Charts[0].Y[0], &got.Results[0]
		column := slices.IndexFunc(r.Columns, func(c agent.Column) bool { return c.Name == by })
		if by != got.Plan.Query.Order[0].Key || !slices.Contains(got.Shown(r), column) {
			t.Errorf("%q: drawn by %s, shown %v", question, by, got.Shown(r))
		}
	}
}

func TestReadingsAreInTheAskersLanguage(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for question, want := range map[string]string{
		"revenue last month":                 "Revenue = paid after discounts, returns included, without shipping, by order date",
		"지난달 매출":                             "매출 = 할인 후 결제 금액, 반품 포함, 배송비 제외, 주문일 기준",
		"return rate by channel last month":  "Return rate = units returned ÷ units sold in the period",
		"campaign performance October 2026":  "period = October 2026",
		"monthly conversion rate this year":  "Conversion rate = web orders ÷ visits",
		"first response time by ticket type": "First response time = average time from a ticket to the first reply",
	} {
		got := ask(t, a, question)
		if !slices.Contains(got.Assumptions, want) {
			t.Errorf("%q: %q", question, got.Assumptions)
		}
		if got.Language != "en" {
			continue
		}
		shown := slices.Clone(got.Assumptions)
		for _, c := range got.Charts {
			shown = append(shown, c.Title, c.Spec.XLabel, c.Spec.YLabel)
		}
		for _, c := range got.Results[0].Columns {
			shown = append(shown, c.Label)
		}
		if text := strings.Join(shown, " · "); regexp.MustCompile(`\p{Hangul}`).MatchString(text) {
			t.Errorf("%q shows Korean: %s", question, text)
		}
	}
}

func TestNothingOutOfTheOrdinaryNamesThePeriod(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for question, want := range map[string]string{
		"any unusual days for visits in May 2025?": "Nothing out of the ordinary in visits in May 2025.",
		"2025년 5월 방문 수가 튀는 날은?":                    "2025년 5월 방문 수에서 평소와 다른 곳은 없었어요.",
	} {
		if got := ask(t, a, question); got.Text != want {
			t.Errorf("%q: %s", question, got.Text)
		}
	}
}
