package agent_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
)

// TestDatesOfEventsAreLookedUp has the model ask when something is, and say it with a
// wrong date of its own beside the right one.
func TestDatesOfEventsAreLookedUp(t *testing.T) {
	t.Parallel()
	a, model := thinking(t,
		calls("calendar", map[string]any{"from": "2026-09-01", "to": "2026-11-30", "name": "추석"}),
		calls("calendar", map[string]any{"from": "2026-11-30", "to": "1999-01-01"}),
		calls("answer", map[string]any{"text": "{{c1.event[0]}}은 {{c1.start[0]}}에 시작합니다. 내년에는 2027년 9월 30일입니다."}))
	got := ask(t, a, "효자 노릇 하는 놈이 뭐야")
	if got.Rung != agent.Think || !strings.HasPrefix(got.Text, "추석") || !strings.Contains(got.Text, "24") || strings.Contains(got.Text, "내년") {
		t.Errorf("%s", texts(got))
	}
	if told := model.requests[1].Messages[3].Text; !strings.Contains(told, "추석") || !strings.Contains(told, "2026-09-24, 2026-09-26") {
		t.Errorf("the model was told %s", told)
	}
	if told := model.requests[2].Messages[5].Text; !strings.HasPrefix(told, "Error:") {
		t.Errorf("the model was told %s", told)
	}
}
