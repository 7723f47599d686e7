package agent_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
)

// TestAnswersReadAloud asks the shop, whose figures can be added up by hand, and holds
// the whole text of the answers.
func TestAnswersReadAloud(t *testing.T) {
	t.Parallel()
	a := shopAgent(t)
	for _, test := range []struct{ question, want string }{
		// One figure, with its change in the words of its kind.
		{"지난달 매출", "지난달 매출은 180만 원, 9월보다 9.1% 늘었습니다."},
		{"revenue last month", "Revenue was ₩1.8M in October 2026, up 9.1% on September 2026."},
		{"지난달 주문 수", "지난달 주문 수는 5건, 9월과 같습니다."},
		{"orders last month", "There were 5 orders in October 2026, the same as in September 2026."},
		{"지난달 반품률", "지난달 반품률은 5.6%, 9월보다 2.5%p 올랐습니다."},
		{"return rate last month", "Return rate was 5.6% in October 2026, up 2.5 pp on September 2026."},
		{"지난달 대기 시간", "지난달 대기 시간은 4.8시간, 9월보다 41.2% 길어졌습니다."},
		{"지난달 서울 제외 매출", "지난달 서울 제외 매출은 60만 원, 9월보다 7.7% 줄었습니다."},
		{"어제 매출", "어제 매출은 10만 원입니다."},
		{"이번 달 매출", "이번 달 매출은 30만 원, 전월 같은 기간보다 80.0% 줄었습니다."},
		{"올해 매출 전년 대비", "올해 매출은 375만 원, 전년 같은 기간보다 212.5% 늘었습니다."},
		{"지난달 주문당 매출", "지난달 주문당 매출은 36만 원, 9월보다 9.1% 올랐습니다."},
		{"지난달 일평균 매출", "지난달 일평균 매출은 5만 8,065원, 9월보다 5.6% 늘었습니다."},
		{"how many orders before october 2026", "There were 7 orders until September 30, 2026."},
		{"orders in 2026", "There were 12 orders in 2026 so far."},
		{"orders since september 2026", "There were 12 orders since September 2026."},
		{"지난달 매출 전년 대비", "지난달 매출은 180만 원, 2025년 10월보다 50.0% 늘었습니다."},

		// Several side by side.
		{"지난달 매출, 주문 수, 반품률", "지난달 매출은 180만 원(+9.1%), 주문 수는 5건(그대로), 반품률은 5.6%(+2.5%p)입니다. 괄호 안은 9월 대비입니다."},
		{"revenue and orders last month", "Revenue was ₩1.8M (+9.1%) and orders were 5 (unchanged) in October 2026; in brackets, the change on September 2026."},

		// By a dimension. 대전 sold in September only: it is no row of October.
		{"지난달 지역별 매출", "지난달 매출은 180만 원, 9월보다 9.1% 늘었습니다. 서울이 66.7%로 가장 큽니다."},
		{"revenue by region last month", "Revenue was ₩1.8M in October 2026, up 9.1% on September 2026. 서울 has the largest share, 66.7%."},
		{"지난달 지역별 반품률", "지난달 반품률은 5.6%, 9월보다 2.5%p 올랐습니다. 부산이 7.5%로 가장 높습니다."},
		{"return rate by region last month", "Return rate was 5.6% in October 2026, up 2.5 pp on September 2026. 부산 is highest at 7.5%."},
		{"지난달 매장별 매출", "지난달 매출은 180만 원, 9월보다 9.1% 늘었습니다. 강남점이 66.7%로 가장 큽니다. 매장이 없는 매출은 16.7%입니다."},
		{"revenue by store last month", "Revenue was ₩1.8M in October 2026, up 9.1% on September 2026. 강남점 has the largest share, 66.7%. With no store: 16.7%."},
		{"지난달 상품별 매출", "지난달 매출은 180만 원, 9월보다 9.1% 늘었습니다. 연필이 130만 원(72.2%), 공책이 50만 원(27.8%)입니다."},
		{"revenue by product last month", "Revenue was ₩1.8M in October 2026, up 9.1% on September 2026. ₩1.3M (72.2%) is 연필 and ₩500K (27.8%) is 공책."},
		{"지난달 지역별 상품별 매출", "지난달 매출은 180만 원입니다. 서울 · 연필이 80만 원으로 가장 큽니다."},
		{"지난달 제주 지역별 매출", "지난달 제주 매출은 20만 원입니다."},
		{"지난달 지역별 매출과 주문 수", "지난달 매출은 서울이 120만 원으로 가장 큽니다. 주문 수는 서울과 부산이 똑같이 2건으로 가장 많습니다."},
		{"revenue and orders by region last month", "Revenue was highest for 서울 (₩1.2M) in October 2026. Orders were highest for 서울 and 부산 (2 each)."},
		{"지난달 요일별 매출", "지난달 목요일 매출은 180만 원입니다."},
		{"revenue by weekday last month", "Revenue was ₩1.8M on Thursday in October 2026."},
		{"지난달 서울의 매출 비중", "서울이 지난달 매출의 66.7%(120만 원)를 차지합니다. 지난달 매출은 180만 원, 9월보다 9.1% 늘었습니다."},

		// The first time, the first few along time.
		{"매출이 처음으로 150만 원을 넘은 달", "매출이 처음으로 조건에 맞은 달은 2026년 9월(165만 원)입니다."},
		{"the first month with revenue above 1,500,000 won", "The first time that revenue met the condition was Sep 2026 (₩1.65M)."},
		{"올해 매출 상위 2개 지역의 월별 매출 추이", "올해 매출은 상위 2개 중 가장 최근인 10월에 서울이 120만 원으로 가장 큽니다."},
		{"monthly revenue of the top 2 regions this year", "Revenue this year, among the top 2: 서울 is highest with ₩1.2M in October."},

		// Along time: a month that is not over is no low.
		{"올해 월별 매출", "올해 매출은 10월에 180만 원으로 가장 높고 1월 등에 0원으로 가장 낮습니다. 11월은 아직 끝나지 않았고 지금까지 30만 원입니다."},
		{"monthly revenue this year", "Revenue this year was highest in October (₩1.8M) and lowest in January and at other times (₩0). November is not over yet: ₩300K so far."},
		// A week of which but some days were asked about is no low either, and is said.
		{"지난달 주별 매출", "지난달 매출은 10월 5일 주에 40만 원으로 가장 높고 10월 19일 주에 10만 원으로 가장 낮습니다. 9월 28일 주와 10월 26일 주는 물어보신 기간에 일부만 들어 있어 견주지 않았습니다."},
		{"revenue by week in september 2026", "Revenue in September 2026 was highest in the week of Sep 14 (₩500K) and lowest in the week of Sep 21 (₩150K). The week of Aug 31 and the week of Sep 28 are only partly in the period that was asked about, and not compared."},
		{"이번 달 주별 매출", "이번 달 매출은 11월 2일 주에 20만 원으로 가장 높고 11월 9일 주에 0원으로 가장 낮습니다. 11월 16일 주는 아직 끝나지 않았고 지금까지 10만 원입니다. 10월 26일 주는 물어보신 기간에 일부만 들어 있어 견주지 않았습니다."},
		{"revenue by week, last 8 weeks", "Revenue over the last 8 weeks was highest in the week of Sep 28 (₩800K) and lowest in the week of Nov 9 (₩0)."},
		{"월별 대기 시간", "2025년 11월–2026년 10월 대기 시간은 2026년 10월에 4.8시간으로 가장 길고 2026년 9월에 3.4시간으로 가장 짧습니다."},
		{"올해 월별 지역별 매출", "올해 매출은 가장 최근인 10월에 서울이 120만 원으로 가장 큽니다."},
		{"revenue by region and month this year", "Revenue this year: 서울 is highest with ₩1.2M in October."},
		{"다음 2개월 주문 수 예측", "주문 수는 2026년 11월 6건(4건–8건), 마지막인 2026년 12월 7건(4건–10건)으로 예상됩니다. 지난 흐름의 추세만 이어 본 것이고, 괄호는 열에 여덟은 그 안에 드는 범위예요."},
		{"cumulative revenue this year", "Revenue reached ₩3.75M by November this year."},

		// Places.
		{"지난달 매출 상위 3개 지역", "지난달 매출 1위는 서울(120만 원), 2위는 부산(40만 원), 3위는 제주(20만 원)입니다."},
		{"top 3 regions by revenue last month", "Highest revenue in October 2026: 서울 (₩1.2M), then 부산 (₩400K) and 제주 (₩200K)."},
		{"지난달 매출 하위 2개 지역", "지난달 매출이 가장 작은 것은 제주(20만 원)이고, 다음은 부산(40만 원)입니다."},
		{"지난달 매출 1위 지역", "지난달 매출 1위는 서울(120만 원)입니다."},
		{"올해 매출이 가장 높았던 달은?", "올해 매출이 가장 높은 달은 10월(180만 원)입니다."},
		{"올해 매출이 가장 낮았던 달은?", "올해 매출이 가장 낮은 달은 11월(30만 원)입니다. 11월은 아직 끝나지 않았습니다."},
		{"month with the highest revenue this year", "Highest revenue this year: October (₩1.8M)."},
		{"지난달 매출이 제일 많이 늘어난 지역은?", "지난달 매출이 9월보다 가장 많이 늘어난 것은 서울과 제주(똑같이 +20만 원)입니다."},
		{"지난달 매출이 제일 많이 줄어든 지역은?", "지난달 매출이 9월보다 가장 많이 줄어든 것은 부산(−20만 원)입니다."},
		{"지난달 반품률이 가장 많이 오른 지역", "지난달 반품률이 9월보다 가장 많이 오른 것은 부산(+4.2%p)입니다."},
		{"top 2 regions by growth in return rate last month", "Return rate rose most for 부산 (+4.2 pp), then 서울 (+2.0 pp) in October 2026, compared with September 2026."},
		{"지난달 매출 10만원 이상인 지역", "지난달 매출은 서울이 120만 원으로 가장 큽니다. 조건에 맞는 지역은 모두 3개입니다."},
		{"top 2 products by highest rating last month", "Highest rating in October 2026: 공책 (5.0), then 연필 (4.0)."},

		// Places that are shared.
		{"지난달 주문 수 1위 지역", "지난달 주문 수가 가장 많은 것은 부산과 서울(똑같이 2건)입니다."},
		{"region with the most orders last month", "Highest orders in October 2026: 부산 and 서울 (2 each)."},
		{"지난달 주문 수 상위 3개 지역", "지난달 주문 수가 가장 많은 것은 부산과 서울(똑같이 2건)이고, 다음은 제주(1건)입니다."},
		{"9월 주문 수 상위 3개 지역", "9월 주문 수가 가장 많은 것은 부산과 서울(똑같이 2건)이고, 다음은 대전(1건)입니다."},
		{"지난달 주문 수 하위 2개 지역", "지난달 주문 수가 가장 적은 것은 제주(1건)이고, 다음은 부산(2건)입니다. 보이지 않은 것 중에도 2건인 것이 있습니다."},
		{"bottom 2 regions by orders last month", "Lowest orders in October 2026: 제주 (1), then 부산 (2). Others, not shown, have 2 too."},
		{"올해 월별 주문 수", "올해 주문 수는 9월과 10월에 5건으로 가장 많고 1월 등에 0건으로 가장 적습니다. 11월은 아직 끝나지 않았고 지금까지 2건입니다."},
		{"monthly orders this year", "Orders this year were highest in September and October (5) and lowest in January and at other times (0). November is not over yet: 2 so far."},

		// Changes and what moved.
		{"9월 대비 10월 지역별 매출", "10월 매출은 180만 원, 9월보다 9.1% 늘었습니다. 가장 많이 늘어난 것은 서울과 제주(똑같이 +20만 원)이고, 가장 많이 줄어든 것은 부산(−20만 원)입니다."},
		{"revenue by region October vs September", "Revenue was ₩1.8M in October 2026, up 9.1% on September 2026. 서울 and 제주 rose most (+₩200K each) and 부산 fell most (−₩200K)."},
		{"왜 10월에 매출이 늘었어?", "10월 매출은 9월보다 15만 원(+9.1%) 늘었습니다. 가장 많이 늘어난 것은 '서울'과 '제주'(똑같이 +20만 원)이고, 가장 많이 줄어든 것은 '부산'(−20만 원)입니다.\n\n확인한 기준: 지역, 상품, 매장"},
		{"why did revenue rise in October?", "Revenue rose by ₩150K (+9.1%) in October 2026, compared with September 2026. '서울' and '제주' rose most (+₩200K each) and '부산' fell most (−₩200K).\n\nLooked at: Region, Product, Store"},

		{"왜 10월에 반품률이 올랐어?", "10월 반품률은 9월보다 2.5%p 올랐습니다. 지역 가운데 가장 크게 움직인 것은 '부산'(+4.2%p)입니다.\n\n비율과 평균은 더할 수 없어서 몫으로 나누지 않았어요."},
		{"why did return rate rise in October?", "Return rate rose by 2.5 pp in October 2026, compared with September 2026. By region, '부산' moved most (+4.2 pp).\n\nRates and averages do not add up, so this is no split of the change."},
		{"왜 10월에 주문 수가 줄었어?", "10월 주문 수는 9월과 같아서 나눌 변화가 없어요."},
		{"why did orders fall in October?", "Orders were the same in October 2026 as in September 2026, so there is no change to explain."},

		{"지역 목록", "지역은 대전, 부산, 서울, 제주 4개입니다."},
		{"list of regions", "Region: 대전, 부산, 서울, 제주 (4 in all)."},
	} {
		if got := ask(t, a, test.question); got.Text != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.question, got.Text, test.want)
		}
	}
}

func TestNothingFoundNamesWhatWasLookedFor(t *testing.T) {
	t.Parallel()
	a := shopAgent(t)
	for question, want := range map[string]string{
		"2024년 매출":        "조건에 맞는 데이터가 없어요 (2024년). 데이터는 2025-10-05부터 있어요.",
		"revenue in 2024": "Nothing matches (2024). The data begin on 2025-10-05.",
		"지난달 대전 매출":       "조건에 맞는 데이터가 없어요 (대전, 2026년 10월).",
		"지난주 매출":          "조건에 맞는 데이터가 없어요 (2026-11-09–11-15).",
	} {
		got := ask(t, a, question)
		if got.Text != want || got.Rung != agent.None || got.Reason != agent.ReasonNoData || len(got.Charts) > 0 {
			t.Errorf("%q: %s", question, texts(got))
		}
	}
}

func TestOnlyRowsOfTheAskedPeriod(t *testing.T) {
	t.Parallel()
	a := shopAgent(t)
	got := ask(t, a, "지난달 지역별 매출")
	for _, row := range got.Results[0].Rows {
		if row[0] == "대전" {
			t.Errorf("대전 sold nothing in October: %v", got.Results[0].Rows)
		}
	}
	if n := len(got.Results[0].Rows); n != 3 || got.Results[0].RowCount != n {
		t.Errorf("%d rows, count %d, want 3", n, got.Results[0].RowCount)
	}
	// Asked for, what fell to nothing is the answer.
	got = ask(t, a, "9월 대비 10월 지역별 매출")
	if n := len(got.Results[0].Rows); n != 4 {
		t.Errorf("compared: %d rows, want 대전 too", n)
	}
	// From the bottom, too, places belong to what was sold in the period.
	got = ask(t, a, "지난달 매출 하위 3개 지역")
	for _, row := range got.Results[0].Rows {
		if row[0] == "대전" {
			t.Errorf("대전 is ranked: %v", got.Results[0].Rows)
		}
	}
}

func TestRatesMoveByPoints(t *testing.T) {
	t.Parallel()
	got := ask(t, shopAgent(t), "지난달 지역별 반품률")
	var headings []string
	for _, c := range got.Results[0].Columns {
		if c.Role == "growth" {
			headings = append(headings, c.Label+" "+c.Format)
			row := got.Results[0].Rows[0]
			for i, x := range got.Results[0].Columns {
				if x.Name == c.Name {
					if text := agent.CellText(row[i], x, "ko"); !strings.HasSuffix(text, "%p") {
						t.Errorf("change is shown as %q", text)
					}
				}
			}
		}
		if strings.HasSuffix(c.Name, "__growth") {
			t.Errorf("there is still a growth of a rate: %+v", c)
		}
	}
	if len(headings) != 1 || headings[0] != "전월 대비 points" {
		t.Errorf("columns of change: %v", headings)
	}
}

func TestRowsWithoutValueComeLastAndTakeNoPlace(t *testing.T) {
	t.Parallel()
	a := shopAgent(t)
	got := ask(t, a, "매장별 주문 수")
	rows := got.Results[0].Rows
	if len(rows) != 3 || rows[0][0] == nil || rows[2][0] != nil {
		t.Fatalf("rows %v", rows)
	}
	if text := agent.CellText(nil, got.Results[0].Columns[0], "ko"); text != "(없음)" {
		t.Errorf("the table shows %q", text)
	}
	if len(got.Charts) != 1 || strings.Contains(strings.Join(got.Charts[0].Spec.Categories, " "), "없음") && len(got.Charts[0].Spec.Categories) > 3 {
		t.Errorf("chart %+v", got.Charts)
	}
	got = ask(t, a, "주문 수 상위 2개 매장")
	rows = got.Results[0].Rows
	if len(rows) != 2 || rows[0][0] == nil || rows[1][0] == nil {
		t.Errorf("ranked %v", rows)
	}
	if !strings.Contains(strings.Join(got.Assumptions, "\n"), "매장 = 값이 있는 것만") {
		t.Errorf("nothing says that rows were left out: %v", got.Assumptions)
	}
}

func TestFiltersAreSaidInTheOrderAsked(t *testing.T) {
	t.Parallel()
	a := shopAgent(t)
	for question, want := range map[string]string{
		"지난달 서울 연필 매출": "지난달 서울 연필 매출은 ",
		"지난달 연필 서울 매출": "지난달 연필 서울 매출은 ",
		"지난달 수도 매출":    "지난달 서울 매출은 ",
	} {
		if got := ask(t, a, question); !strings.HasPrefix(got.Text, want) {
			t.Errorf("%q: %s", question, got.Text)
		}
	}
}

func TestStepsAndReadingsSayHowItWasRead(t *testing.T) {
	t.Parallel()
	a := shopAgent(t)
	var steps []string
	got, err := a.Answer(t.Context(), agent.Question{Text: "지난달 지역별 매출", Now: now}, func(s agent.Step) { steps = append(steps, s.Text) })
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 || steps[0] != "매출 × 지역, 2026년 10월 …" {
		t.Errorf("steps %q", steps)
	}
	if len(got.Readings) == 0 || got.Readings[0] != (compose.Reading{Kind: compose.ReadPeriod, Term: "지난달", Meaning: "2026-10"}) {
		t.Errorf("readings %+v", got.Readings)
	}
	got = ask(t, a, "이번 달 매출")
	if !strings.Contains(strings.Join(got.Assumptions, "\n"), "데이터 = 2026-11-21까지 있음") {
		t.Errorf("nothing says where the data end: %v", got.Assumptions)
	}
}
