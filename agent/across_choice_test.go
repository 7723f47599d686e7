package agent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

func kindCalled(name string) kindOf {
	return kinds[slices.IndexFunc(kinds, func(k kindOf) bool { return k.name == name })]
}

// beside are analysts of a source of one kind and of another's beside it, called sold and plan.
func beside(t *testing.T, kinds [2]string, tables [2][]tableOf, change func(*agent.Analyst)) *apart {
	t.Helper()
	a := &apart{t: t, sources: map[string]*counted{}}
	for i, name := range []string{"sold", "plan"} {
		k := kindCalled(kinds[i])
		a.sources[name] = &counted{Source: k.open(k, t, name, tables[i])}
		one, err := analyst.Drafted(t.Context(), name, a.sources[name])
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(one)
		}
		a.analysts = append(a.analysts, one)
	}
	sideboard(a.analysts)
	var err error
	if a.agent, err = agent.New(agent.Config{Directory: analyst.NewRoster(a.analysts, nil, nil), Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	return a
}

// A figure is split by what its own source knows, also where another source's field of the same
// thing is fewer steps away: nothing travels for it, and the other may know fewer of them.
func TestNearFieldsComeFirst(t *testing.T) {
	sold := []tableOf{
		{"regions", []string{"region_id:big", "region:text"}, [][]any{{int64(1), "서울"}, {int64(2), "부산"}, {int64(3), "제주"}}},
		{"customers", []string{"customer_id:big", "region_id:big"}, [][]any{{int64(1), int64(1)}, {int64(2), int64(2)}, {int64(3), int64(3)}, {int64(4), int64(3)}}},
		{"orders", []string{"order_id:big", "customer_id:big", "store_id:big", "ordered_at:at", "amount:money"}, [][]any{
			{int64(1), int64(1), int64(7), "2026-10-01 00:00:00", 10.0}, {int64(2), int64(2), int64(8), "2026-10-02 00:00:00", 20.0}, {int64(3), int64(3), int64(9), "2026-10-03 00:00:00", 30.0}, {int64(4), int64(4), int64(9), "2026-10-04 00:00:00", 1.0}, {int64(5), int64(4), int64(9), "2026-10-05 00:00:00", 0.5},
		}},
	}
	planned := []tableOf{
		{"stores", []string{"store_id:big", "region:text"}, [][]any{{int64(7), "서울"}, {int64(8), "서울"}}},
		{"targets", []string{"region:text", "month:day", "target:money"}, [][]any{{"서울", "2026-10-01", 1.0}, {"부산", "2026-10-01", 2.0}}},
	}
	a := beside(t, [2]string{"duckdb", "sqlite"}, [2][]tableOf{sold, planned}, nil)
	got := a.ask(agent.Question{Text: "지난달 지역별 매출과 목표"})
	if len(got.Results) == 0 {
		t.Fatalf("%s %s %v", got.Rung, got.Text, got.Unknown)
	}
	if rows := rowsOf(got.Results[0]); rows != "제주 31.5 – | 부산 20 2 | 서울 10 1" {
		t.Errorf("%s\n%s", rows, got.Results[0].SQL)
	}
	for _, p := range got.Results[0].Parts {
		if len(p.Lent) > 0 {
			t.Errorf("%s brings along rows of %v", p.Source, p.Lent)
		}
	}
}

// yearly are sales and targets by a year, which the first model says to be the same.
func yearly(t *testing.T, kinds [2]string, types [2]string, years [2][]any) *apart {
	t.Helper()
	sold := tableOf{name: "orders", columns: []string{"order_id:big", "fiscal_year:" + types[0], "ordered_at:at", "amount:money"}}
	planned := tableOf{name: "targets", columns: []string{"fiscal_year:" + types[1], "month:day", "target:money"}}
	for i, y := range years[0] {
		sold.rows = append(sold.rows, []any{int64(i + 1), y, "2026-10-01 00:00:00", float64(i + 1)})
	}
	for i, y := range years[1] {
		planned.rows = append(planned.rows, []any{y, "2026-10-01", float64(i + 1)})
	}
	return beside(t, kinds, [2][]tableOf{{sold}, {planned}}, func(one *agent.Analyst) {
		for _, ref := range []string{"orders.fiscal_year", "targets.fiscal_year"} {
			if _, f := one.Model.Field(ref); f != nil {
				f.Kind = semantic.Categorical
				if one.Name == "plan" {
					f.SameAs, f.Hidden = []string{"orders.fiscal_year"}, true
				}
			}
		}
	})
}

// Numbers that are one number are one group, however many digits a source writes behind the
// point, in the table and in what is said of it.
func TestNumbersOfOneValueAreOneGroup(t *testing.T) {
	a := yearly(t, [2]string{"postgres", "mariadb"}, [2]string{"money", "money"}, [2][]any{{2025.0, 2026.0}, {2025.0, 2027.0}})
	got := a.ask(agent.Question{Text: "revenue and target by fiscal year"})
	if len(got.Results) == 0 {
		t.Fatalf("%s %s %v", got.Rung, got.Text, got.Unknown)
	}
	if rows := rowsOf(got.Results[0]); rows != "2,026 2 – | 2,025 1 1 | 2,027 – 2" {
		t.Error(rows)
	}
	said := strings.Join(got.Assumptions, "\n")
	if !strings.Contains(said, "only in sold: 2,026\n") || !strings.HasSuffix(said, "only in plan: 2,027") {
		t.Error(said)
	}
}

// Where a model says that numbers and texts are the same, they are compared as texts, and that
// is told.
func TestNumbersAndTextsAreToldApart(t *testing.T) {
	a := yearly(t, [2]string{"duckdb", "sqlite"}, [2]string{"big", "key"}, [2][]any{{int64(2025), int64(2026)}, {"2025", "02026"}})
	for text, want := range map[string]string{
		"revenue and target by fiscal year": "Keys = numbers in sold, texts in plan; compared as texts", "매출과 목표 fiscal year별로": "열쇠 = sold에는 수, plan에는 글자로 적혀 있어 글자로 견줌",
	} {
		got := a.ask(agent.Question{Text: text})
		if len(got.Results) == 0 {
			t.Fatalf("%s %s %v", got.Rung, got.Text, got.Unknown)
		}
		if rows := rowsOf(got.Results[0]); rows != "2026 2 – | 2025 1 1 | 02026 – 2" || !slices.Contains(got.Assumptions, want) {
			t.Errorf("%s: %s\n%s", text, rows, strings.Join(got.Assumptions, "\n"))
		}
	}
}

// No model is asked of what the sources' metrics answer together.
func TestNoModelIsAskedOfWhatMetricsAnswer(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for _, text := range []string{"지난달 지역별 매출과 목표를 비교해줘", "등급별 매출", "revenue and target by region last month"} {
		model := &scripted{}
		a.agent = thinkingOf(t, model, a.analysts...)
		if got := a.ask(agent.Question{Text: text}); got.Rung != agent.Compose || len(model.requests) > 0 {
			t.Errorf("%s: %s in %d calls", text, texts(got), len(model.requests))
		}
	}
}

// A model that is asked for by name is asked over one source where that answers alone, or would
// ask back, and over all where only these do.
func TestWhoseModelIsAskedByName(t *testing.T) {
	a := openApart(t, threeTables, "warehouse", "targets", "grades")
	for text, over := range map[string]bool{
		"지역별 매출": false, "지난달 지역별 매출": false, "monthly target": false, "지난달 지역별 매출과 목표": true, "revenue by grade": true, "효자 노릇 하는 매출": false,
	} {
		model := &scripted{replies: []any{calls("decline", args{"reason": "모릅니다."})}}
		a.agent = thinkingOf(t, model, a.analysts...)
		a.ask(agent.Question{Text: text, Rungs: []agent.Rung{agent.Think}})
		if len(model.requests) != 1 || strings.Contains(model.requests[0].Messages[0].Text, "The sources: ") != over {
			t.Errorf("%s: asked over all is not %t, in %d calls", text, over, len(model.requests))
		}
	}
}

// Who is asked back about a word of one source is not answered from another meanwhile, which
// may know one thing only by that word.
func TestAQuestionBackBeforeAJoin(t *testing.T) {
	a := openWith(t, map[string]string{
		"warehouse": "order_id,customer_id,buyer_grade,item_grade,ordered_at,amount\n1,1,a,x,2026-10-01,10\n2,2,b,y,2026-10-02,20\n3,2,b,x,2026-10-02,20\n",
		"grades":    gradesCSV,
	}, agent.Config{}, func(one *agent.Analyst) {
		for _, ref := range []string{"orders.buyer_grade", "orders.item_grade"} {
			if _, f := one.Model.Field(ref); f != nil {
				f.Synonyms = append(f.Synonyms, "등급", "grade")
			}
		}
	}, "warehouse", "grades")
	for _, text := range []string{"등급별 매출", "revenue by grade"} {
		got := a.ask(agent.Question{Text: text})
		if got.Clarify == nil || len(got.Clarify.Options) != 2 || got.Across != nil || len(a.sources["grades"].asked) > 0 {
			t.Errorf("%s: %s", text, texts(got))
		}
	}
}

// What a hidden field has is no word for anything, and its source is not asked for one.
func TestHiddenValuesAreNoWords(t *testing.T) {
	orders := "order_id,region,area,code,ordered_at,amount\n"
	for i := range 2 * connectors.MaxProfileValues { // more codes than are listed
		place := []string{"서울", "부산", "대구"}[i%3]
		orders += fmt.Sprintf("%d,%s,%s,zq%d,2026-10-01,10\n", i, place, place, i/2*2)
	}
	for _, hidden := range []bool{true, false} {
		a := openWith(t, map[string]string{"warehouse": orders}, agent.Config{}, func(one *agent.Analyst) {
			for _, name := range []string{"region", "area", "code"} {
				_, f := one.Model.Field("orders." + name)
				f.Kind, f.Hidden = semantic.Categorical, hidden
				if name == "area" {
					f.Hidden, f.SameAs = true, []string{"orders.region"}
				}
			}
		}, "warehouse")
		for text, word := range map[string]string{"서울 매출": "서울", "revenue in 서울": "서울", "zq38 매출": "zq38", "revenue of zq38": "zq38"} {
			got := a.ask(agent.Question{Text: text})
			if asked := len(a.sources["warehouse"].asked); hidden && (got.Rung != agent.None || !slices.Contains(got.Unknown, word) || asked > 0) || !hidden && got.Rung != agent.Compose {
				t.Errorf("%s, hidden %t: %s, unknown %v, asked %v", text, hidden, texts(got), got.Unknown, a.sources["warehouse"].asked)
			}
		}
	}
}
