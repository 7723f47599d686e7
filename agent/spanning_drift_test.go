package agent_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/connectors"
)

// TestWhatOneOfTwoSourcesLost has two sources call a figure the same, and takes it from one of
// them: who says the word is not answered with the other's, and who names the other's is. Nothing
// is called otherwise than before.
func TestWhatOneOfTwoSourcesLost(t *testing.T) {
	t.Parallel()
	const rows = "order_id,region,ordered_at,amount\n1,서울,2026-10-01,100\n2,부산,2026-10-02,50\n3,서울,2026-10-03,20\n"
	_, online := watch(csvAnalyst(t, "online.csv", rows))
	_, stores := watch(csvAnalyst(t, "stores.csv", strings.ReplaceAll(rows, "100", "7")))
	version, gone := "1", false
	online.catalog = func(c *connectors.Catalog) {
		if c.Version = version; !gone {
			return
		}
		table := *c.Tables[0]
		table.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(col *connectors.ColumnInfo) bool { return col.Name == "amount" })
		c.Tables = []*connectors.Table{&table}
	}
	an, err := newSideboard().Spanning(t.Context(), &analyst.Definition{Name: "all", Sources: []string{"online", "stores"}}, map[string]analyst.Own{"online": {Source: online}, "stores": {Source: stores}})
	if err != nil {
		t.Fatal(err)
	}
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	for _, question := range []string{"지역별 금액", "amount by region"} {
		if got := ask(t, a, question); got.Clarify == nil {
			t.Fatalf("not asked back: %s: %s", question, texts(got))
		}
	}
	version, gone = "2", true
	for question, want := range map[string]string{"지역별 금액": "online.online.amount 열", "amount by region": "the column online.online.amount", "지역별 금액 (online)": "online.online.amount 열"} {
		if got := ask(t, a, question); got.Rung != agent.None || got.Reason != agent.ReasonSource || !strings.Contains(got.Text, want) {
			t.Errorf("%s: %s", question, texts(got))
		}
	}
	for _, question := range []string{"지역별 금액 (stores)", "amount (stores) by region"} {
		if got := ask(t, a, question); got.Rung != agent.Compose || got.Results[0].Source != "stores" {
			t.Errorf("%s: %s", question, texts(got))
		}
	}
	version, gone = "3", false
	if got := ask(t, a, "지역별 금액 (online)"); got.Rung != agent.Compose || got.Results[0].Source != "online" || len(a.Drifts()) != 0 {
		t.Errorf("it is back: %s", texts(got))
	}
}
