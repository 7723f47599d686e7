package agent_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
)

// What a model of the data hides, a field or a dataset, is told to no language model: neither
// what it is called nor a value that the question names or that the model looks for. A column of
// which another field is not hidden is told.
func TestHiddenValuesAreToldToNoModel(t *testing.T) {
	for name, c := range map[string]struct {
		hide func(*agent.Analyst)
		told bool
	}{
		"nothing": {func(*agent.Analyst) {}, true},
		"a field": {func(one *agent.Analyst) {
			_, f := one.Model.Field("orders.region")
			f.Hidden = true
		}, false},
		"a dataset": {func(one *agent.Analyst) { one.Model.Dataset("orders").Hidden = true }, false},
		"one of two fields": {func(one *agent.Analyst) {
			d, f := one.Model.Field("orders.region")
			again := *f
			again.Name, f.Hidden = "place", true
			d.Fields = append(d.Fields, &again)
		}, true},
	} {
		a := openWith(t, map[string]string{"warehouse": ordersCSV}, agent.Config{}, c.hide, "warehouse")
		model := &scripted{replies: []any{calls("lookup", args{"words": []string{"부산", "지역", "region"}}), calls("decline", args{"reason": "모릅니다."})}}
		a.agent = thinkingOf(t, model, a.analysts...)
		a.ask(agent.Question{Text: "부산 실적은 왜 이럴까", Rungs: []agent.Rung{agent.Think}})
		if len(model.requests) != 2 {
			t.Fatalf("%s: %d calls", name, len(model.requests))
		}
		var told string
		for _, m := range model.requests[1].Messages {
			told += m.Text + "\n"
		}
		if told = strings.ReplaceAll(told, "부산 실적", ""); strings.Contains(told, "부산") != c.told || strings.Contains(told, "- region VARCHAR") != c.told {
			t.Errorf("%s hidden:\n%s", name, told[max(0, len(told)-1500):])
		}
	}
}

// The table of a hidden dataset is read by no statement of a language model's, and the refusal
// says so; the others are read as before.
func TestHiddenTablesAreReadByNoModel(t *testing.T) {
	for _, hidden := range []bool{true, false} {
		a := beside(t, [2]string{"duckdb", "duckdb"}, [2][]tableOf{{
			{"orders", []string{"order_id:big", "region:text", "amount:money"}, [][]any{{int64(1), "서울", 10.0}, {int64(2), "부산", 20.0}}},
			{"salaries", []string{"person:text", "salary:money"}, [][]any{{"이", 1.0}, {"박", 2.0}}},
		}, {{"targets", []string{"region:text", "target:money"}, [][]any{{"서울", 1.0}}}}}, func(one *agent.Analyst) {
			if d := one.Model.Dataset("salaries"); d != nil {
				d.Hidden = hidden
			}
		})
		model := &scripted{replies: []any{calls("query", args{"queries": []any{
			args{"name": "r1", "sql": "SELECT max(salary) AS m FROM salaries"}, args{"name": "r2", "sql": "SELECT sum(amount) AS m FROM orders"},
		}}), calls("decline", args{"reason": "모릅니다."})}}
		a.agent = thinkingOf(t, model, a.analysts[0])
		a.ask(agent.Question{Text: "얼마나 벌까", Rungs: []agent.Rung{agent.Think}})
		told := lastTold(model)
		if refused := strings.Contains(told, `Error in r1: The table "salaries" is not one that may be read here`); refused != hidden || !strings.Contains(told, "r2: 1 rows") {
			t.Errorf("hidden %t: %s", hidden, told)
		}
	}
}
