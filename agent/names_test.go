package agent_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
)

// What figures are called in the model is nothing that an answer shows: with names longer
// than an engine's columns have, and alike but for their ends, it is the same to the letter,
// and its columns have the names.
func TestLongNamesOfMetrics(t *testing.T) {
	long := strings.Repeat("온라인_채널_신규_고객_", 4)
	with := func(before string) (*agent.Agent, *semantic.Model) {
		a, model := shopAnalyst(t), shopModel()
		for _, m := range model.Metrics {
			m.Name = before + m.Name
		}
		a.Model = model
		return newAgent(t, asking{analysts: []*agent.Analyst{a}}), model
	}
	short, _ := with("")
	a, model := with(long)
	for _, question := range []string{
		"10월 매출 전월 대비", "10월 지역별 매출과 주문 수를 9월과 비교", "10월 상품별 매출 비중", "올해 월별 누적 매출", "10월에 매출이 가장 많이 늘어난 지역", "Revenue and orders by region in October compared with September",
	} {
		want, got := ask(t, short, question), ask(t, a, question)
		if want.Rung != "compose" || got.Text != want.Text {
			t.Errorf("%s (%s)\ngot  %s\nwant %s", question, want.Rung, got.Text, want.Text)
		}
		for i, c := range got.Results[0].Columns {
			if have := want.Results[0].Columns[i]; c.Label != have.Label || c.Format != have.Format || c.Name != have.Name && c.Name != long+have.Name {
				t.Errorf("%s: the column %q is not what %q was", question, c.Name, have.Name)
			}
		}
		if strings.Contains(got.Results[0].SQL, model.Metrics[0].Name) {
			t.Errorf("%s: the engine was given a long name", question)
		}
	}
}
