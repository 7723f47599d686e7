package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/connectors"
)

// A value that no list has is found in the source, by its name; a word that is none is asked
// for once, and the source is not asked for what the lists have.
func TestValuesBeyondTheList(t *testing.T) {
	t.Parallel()
	rows := "주문일자,상품명,지역,매출액(원)\n"
	for i := range 2100 {
		rows += fmt.Sprintf("2026-10-%02d,AA-%04d,%s,1000\n", i%28+1, i, []string{"서울", "부산"}[i%2])
	}
	rows += "2026-10-05,훠궈냄비,서울,70000\n2026-10-06,훠궈냄비,부산,30000\n2026-10-06,Zyxterra,부산,5000\n"
	an, w := watch(csvAnalyst(t, "주문내역.csv", rows))
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	for _, c := range []struct {
		question string
		revenue  string // "" for none
		queries  int64  // at most
	}{
		{"10월 훠궈냄비 매출액", "10만", 2},
		{"revenue of zyxterra in October", "5,000", 2},
		{"10월 나폴레옹케이크 매출액", "", 1},
		{"10월 나폴레옹케이크 매출액", "", 0},
		{"10월 서울 매출액", "112만", 1},
	} {
		before := w.queries.Load()
		got := ask(t, a, c.question)
		if c.revenue == "" && got.Rung != agent.None || c.revenue != "" && (got.Rung != agent.Compose || !strings.Contains(got.Text, c.revenue)) {
			t.Errorf("%s: %s", c.question, texts(got))
		}
		if n := w.queries.Load() - before; n > c.queries && before > 0 {
			t.Errorf("%s took %d queries", c.question, n)
		}
	}
	// A source that cannot say leaves the word unknown, and is asked again.
	refused := 0
	w.query = func(connectors.Statement) (*connectors.Result, error) {
		refused++
		return nil, connectors.Errorf(connectors.CodeExhausted, "enough")
	}
	for range 2 {
		if got := ask(t, a, "10월 마라샹궈접시 매출액"); got.Rung != agent.None || got.Reason != agent.ReasonUnknown {
			t.Error(texts(got))
		}
	}
	if refused != 2 {
		t.Errorf("asked %d times", refused)
	}
}
