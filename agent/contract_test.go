package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/connectors"
)

// TestASourceWithoutRoom: who asks is told what its contract says, where trying again within
// a minute does not help; what an operator said is text, not markup.
func TestASourceWithoutRoom(t *testing.T) {
	t.Parallel()
	an, w := watch(shopAnalyst(t))
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	ask(t, a, "어제 매출")
	for name, c := range map[string]struct {
		err    connectors.Error
		ko, en string // "" for an error
	}{
		"off":              {connectors.Error{Code: connectors.CodeOff, Message: "shop is turned off for now: *moving*.", Korean: "shop은(는) 지금 꺼 두었어요: *이사*."}, `꺼 두었어요: \*이사\*`, `turned off for now: \*moving\*`},
		"until tomorrow":   {connectors.Error{Code: connectors.CodeExhausted, Message: "There is room again in 5h.", Korean: "5시간 뒤에 다시 쓸 수 있어요.", After: 5 * time.Hour}, "5시간 뒤에", "room again in 5h"},
		"for some seconds": {connectors.Error{Code: connectors.CodeExhausted, Message: "Busy.", After: 5 * time.Second}, "", ""},
	} {
		w.query = func(connectors.Statement) (*connectors.Result, error) { e := c.err; return nil, &e }
		for question, want := range map[string]string{"지난달 지역별 매출": c.ko, "revenue by region last month": c.en} {
			got, err := a.Answer(t.Context(), agent.Question{Text: question, Now: now}, nil)
			switch {
			case want == "" && connectors.CodeOf(err) != c.err.Code:
				t.Errorf("%s, %q: %v, %v; want the error", name, question, got, err)
			case want != "" && (err != nil || got.Rung != agent.None || got.Reason != agent.ReasonSource || !strings.Contains(got.Text, want)):
				t.Errorf("%s, %q: %v, %s", name, question, err, texts(got))
			}
		}
	}
}

// TestAnOldResultSaysSo and is not given to the next who asks as if it were new.
func TestAnOldResultSaysSo(t *testing.T) {
	t.Parallel()
	an, w := watch(shopAnalyst(t))
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	ask(t, a, "어제 매출")
	stale := time.Date(now.Year(), now.Month(), now.Day(), 9, 30, 0, 0, now.Location())
	w.query = func(stmt connectors.Statement) (*connectors.Result, error) {
		res := regions([]any{"서울", int64(10), 1.0})(stmt)
		res.Stale = stale
		return res, nil
	}
	for question, want := range map[string]string{
		"지역별 주문 수":         stale.Format("1월 2일 15:04") + "에 받아 둔 값",
		"orders by region": "as of " + stale.Format("Jan 2 15:04"),
	} {
		for range 2 {
			got := ask(t, a, question)
			if !strings.Contains(strings.Join(got.Assumptions, "\n"), want) || got.Rung == agent.Recall {
				t.Errorf("%q: rung %s, assumptions %q", question, got.Rung, got.Assumptions)
			}
		}
	}
	w.query = func(stmt connectors.Statement) (*connectors.Result, error) {
		return regions([]any{"서울", int64(10), 1.0})(stmt), nil
	}
	if got := ask(t, a, "지역별 주문 수"); strings.Contains(strings.Join(got.Assumptions, "\n"), "받아 둔") {
		t.Errorf("a new one: %q", got.Assumptions)
	}
}
