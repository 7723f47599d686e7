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
