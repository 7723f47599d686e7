package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// verifiedShop is the shop with questions that somebody vouches for, and what reaches
// its source.
func verifiedShop(t *testing.T) (*agent.Agent, *[]string) {
	an, w := watch(shopAnalyst(t))
	var statements []string
	w.query = func(stmt connectors.Statement) (*connectors.Result, error) {
		statements = append(statements, stmt.SQL)
		return nil, nil
	}
	an.Verified = []agent.Verified{
		{
			Question: "{period} {sales.region} 연필 값", Also: []string{"price of pencils in {sales.region} {period}"},
			SQL: "SELECT product, sum(amount) / sum(qty) AS \"won|each\", sum(qty) AS units FROM sales " +
				"WHERE region = {{sales.region}} AND sold_on >= {{period.start}} AND sold_on < {{ period.end }} GROUP BY ALL ORDER BY units DESC",
			Columns: map[string]agent.VerifiedColumn{
				"product":  {Label: semantic.Label{Ko: "상품", En: "Product"}},
				"won|each": {Label: semantic.Label{Ko: "값", En: "Price"}, Format: "krw"},
				"units":    {Label: semantic.Label{Ko: "수량", En: "Units"}, Format: "count:개"},
			},
			Defaults: map[string]string{"period": "지난달"}, By: "데이터팀", At: "2026-11-01",
			Note: semantic.Label{Ko: "덤은 빼지 않았습니다.", En: "Gifts are counted."},
		},
		{
			Question: "잘 팔린 상품 {n}개", Also: []string{"best {n} products", "잘 팔린 상품"},
			SQL:      "SELECT product, sum(qty) AS units FROM sales GROUP BY ALL ORDER BY units DESC, product LIMIT {{n}}",
			Columns:  map[string]agent.VerifiedColumn{"units": {Label: semantic.Label{Ko: "판매 수량", En: "Units sold"}, Format: "count:개"}},
			Defaults: map[string]string{"n": "2"}, By: "데이터팀",
		},
	}
	return newAgent(t, asking{analysts: []*agent.Analyst{an}}), &statements
}

func TestVerifiedQuestionsFillTheirSlots(t *testing.T) {
	t.Parallel()
	a, statements := verifiedShop(t)
	for _, test := range []struct{ question, text, sql string }{
		{"지난달 서울 연필 값", "지난달 상품은", ""},
		{"지난달 서울 연필 값 알려줘", "", "region = '서울' AND sold_on >= DATE '2026-10-01' AND sold_on < DATE '2026-11-01'"},
		{"지난달서울연필값", "", "region = '서울'"},
		{"9월 수도 연필 값 좀 알려주세요!", "", "region = '서울' AND sold_on >= DATE '2026-09-01'"}, // a synonym
		{"2026년 9월 서울 연필 값", "", "sold_on >= DATE '2026-09-01' AND sold_on < DATE '2026-10-01'"},
		{"Price of pencils in capital September 2026", "", "region = '서울' AND sold_on >= DATE '2026-09-01'"},
		{"잘 팔린 상품 3개", "판매 수량 1위는 연필(", "LIMIT 3"},
		{"잘 팔린 상품", "판매 수량 1위는 연필(", "LIMIT 2"}, // by default
		{"show me best 1 products", "Highest units sold: 연필 (", "LIMIT 1"},
	} {
		*statements = (*statements)[:0]
		got := ask(t, a, test.question)
		if got.Rung != agent.Match || got.VerifiedBy != "데이터팀" {
			t.Errorf("%q: %s", test.question, texts(got))
			continue
		}
		if sql := strings.Join(*statements, "\n"); !strings.Contains(sql, test.sql) {
			t.Errorf("%q ran %s", test.question, sql)
		}
		if test.sql != "" && test.text != "" && !strings.HasPrefix(got.Text, test.text) {
			t.Errorf("%q: %s", test.question, got.Text)
		}
	}
}

func TestVerifiedAnswersBeginWithWhatWasAsked(t *testing.T) {
	t.Parallel()
	a, _ := verifiedShop(t)
	for question, want := range map[string]string{
		"지난달 서울 연필 값":                         "지난달 값은 연필 1만 원, 공책 1만 원입니다. 덤은 빼지 않았습니다.",
		"price of pencils in 부산 october 2026": "Price in October 2026: ₩10K for 연필 and ₩10K for 공책. Gifts are counted.",
	} {
		got := askAs(t, a, agent.Question{Text: question, Language: map[bool]string{true: "en", false: "ko"}[question[0] == 'p']})
		if got.Text != want {
			t.Errorf("%q: %s", question, got.Text)
		}
		if got.Charts[0].Spec.YFormat != "krw" {
			t.Errorf("%q: the chart is in %q", question, got.Charts[0].Spec.YFormat)
		}
	}
}

// TestVerifiedAnswersLeadWithWhatTheirRowsAreOrderedBy, unless the question names
// another column.
func TestVerifiedAnswersLeadWithWhatTheirRowsAreOrderedBy(t *testing.T) {
	t.Parallel()
	from := "SELECT region, sum(amount) AS won, sum(qty) AS \"how many\", sum(returned) / sum(qty) AS rate FROM sales GROUP BY ALL "
	for _, test := range []struct{ question, order, want string }{
		{"지역 성과", "ORDER BY rate DESC, region", "반품률은 부산이 5.7%로 가장 높습니다."},
		{"지역 성과", "order by 4 desc", "반품률은 부산이 5.7%로 가장 높습니다."},
		{"지역 성과", `ORDER BY "how many" DESC LIMIT 5`, "수량은 서울이 330개로 가장 많습니다."},
		{"지역 성과", "HAVING sum(amount) > (SELECT min(amount) FROM (SELECT amount FROM sales ORDER BY rating)) ORDER BY Won", "판 금액은 서울이 330만 원으로 가장 큽니다."},
		{"지역 성과", "ORDER BY region", "판 금액은 서울이 330만 원으로 가장 큽니다."},
		{"지역 성과", "", "판 금액은 서울이 330만 원으로 가장 큽니다."},
		{"지역 수량 성과", "ORDER BY rate DESC", "수량은 서울이 330개로 가장 많습니다."},
	} {
		an := shopAnalyst(t)
		an.Version, an.Verified = test.question+test.order, []agent.Verified{{
			Question: "지역 성과", Also: []string{"지역 수량 성과"}, SQL: from + test.order,
			Columns: map[string]agent.VerifiedColumn{
				"won":      {Label: semantic.Label{Ko: "판 금액"}, Format: "krw"},
				"how many": {Label: semantic.Label{Ko: "수량"}, Format: "count:개"},
				"rate":     {Label: semantic.Label{Ko: "반품률"}, Format: "percent"},
			},
		}}
		got := ask(t, newAgent(t, asking{analysts: []*agent.Analyst{an}}), test.question)
		if got.Text != test.want || got.Rung != agent.Match {
			t.Errorf("%q %s: %s", test.question, test.order, texts(got))
		}
	}
}

// TestSlotsTakeOnlyWhatBelongsThere asks with words that are no period, no number and
// no value: the verified question must not be taken for them.
func TestSlotsTakeOnlyWhatBelongsThere(t *testing.T) {
	t.Parallel()
	a, statements := verifiedShop(t)
	for _, question := range []string{
		"맛있는 서울 연필 값",
		"지난달 화성 연필 값",
		"지난달 서울' OR '1'='1 연필 값",
		"지난달 서울'; DROP TABLE sales; -- 연필 값",
		"전체 기간 서울 연필 값", // open at both ends
		"잘 팔린 상품 0개",
		"잘 팔린 상품 -5개",
		"잘 팔린 상품 1001개",
		"잘 팔린 상품 2; DELETE FROM sales개",
		"지난달 그리고 9월 서울 연필 값",
	} {
		*statements = (*statements)[:0]
		got := askAs(t, a, agent.Question{Text: question, Rungs: []agent.Rung{agent.Match}})
		if got.Rung != agent.None {
			t.Errorf("%q: %s", question, texts(got))
		}
		if i := slices.IndexFunc(*statements, func(s string) bool { return strings.Contains(s, "units") }); i >= 0 {
			t.Errorf("%q ran %s", question, (*statements)[i])
		}
	}
}

func TestVerifiedWeeksBeginWhereTheModelSays(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]string{"": "DATE '2026-11-09'", "monday": "DATE '2026-11-09'", "sunday": "DATE '2026-11-15'"} {
		an, w := watch(shopAnalyst(t))
		var sql string
		w.query = func(stmt connectors.Statement) (*connectors.Result, error) {
			sql = stmt.SQL
			return nil, nil
		}
		an.Model = shopModel()
		an.Model.WeekStart = start
		an.Version = "week " + start
		an.Verified = []agent.Verified{{Question: "{period} 기록", SQL: "SELECT count(*) AS n FROM sales WHERE sold_on >= {{period.start}}"}}
		ask(t, newAgent(t, asking{analysts: []*agent.Analyst{an}}), "지난주 기록")
		if !strings.Contains(sql, want) {
			t.Errorf("week start %q: %s, want %s", start, sql, want)
		}
	}
}

func TestVerifiedResultsOfEveryShape(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		columns []connectors.Column
		rows    [][]any
		want    string
	}{
		"one figure":      {[]connectors.Column{{Name: "n", Type: "BIGINT"}}, [][]any{{int64(7)}}, "n은 7입니다."},
		"along time":      {[]connectors.Column{{Name: "d", Type: "DATE"}, {Name: "n", Type: "BIGINT"}}, [][]any{{day, int64(7)}, {day.AddDate(0, 0, 1), int64(9)}}, "n은 2026년 11월 2일에 9로 가장 높고 2026년 11월 1일에 7로 가장 낮습니다."},
		"only names":      {[]connectors.Column{{Name: "who", Type: "VARCHAR"}}, [][]any{{"가"}, {"나"}}, "who는 가, 나 2개입니다."},
		"all null":        {[]connectors.Column{{Name: "who", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}}, [][]any{{nil, nil}}, ""},
		"no row":          {[]connectors.Column{{Name: "who", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}}, nil, ""},
		"same name twice": {[]connectors.Column{{Name: "who", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}}, [][]any{{"가", int64(3)}, {"가", int64(3)}, {"나", int64(1)}}, "n은 가 등 여럿이 똑같이 3으로 가장 큽니다."},
	} {
		an, w := watch(shopAnalyst(t))
		an.Verified = []agent.Verified{{Question: "그 표", SQL: "SELECT 1"}}
		w.query = func(stmt connectors.Statement) (*connectors.Result, error) {
			if stmt.SQL != "SELECT 1" {
				return nil, nil
			}
			return &connectors.Result{Columns: test.columns, Rows: test.rows}, nil
		}
		got := ask(t, newAgent(t, asking{analysts: []*agent.Analyst{an}}), "그 표")
		if test.want == "" && got.Reason != agent.ReasonNoData || test.want != "" && got.Text != test.want {
			t.Errorf("%s: %s", name, texts(got))
		}
	}
}
