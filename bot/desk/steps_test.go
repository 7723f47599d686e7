package desk_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/connectors"
)

// recorder keeps what progress was shown, and when.
type recorder struct {
	*platform
	mu    sync.Mutex
	at    []time.Time
	lines []bot.Message
}

func (r *recorder) Update(ctx context.Context, ref bot.Ref, m bot.Message) error {
	if m.Kind == bot.KindProgress {
		r.mu.Lock()
		r.at, r.lines = append(r.at, time.Now()), append(r.lines, m)
		r.mu.Unlock()
	}
	return r.platform.Update(ctx, ref, m)
}

func (r *recorder) seen() ([]time.Time, []bot.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.at), slices.Clone(r.lines)
}

// stepping shows what an analyst's steps look like, once each of told is there.
func stepping(t *testing.T, answer func(step func(agent.Step), told func(text string))) *recorder {
	t.Helper()
	r := &recorder{platform: newPlatform()}
	b := setup(t, analyst(func(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		answer(step, func(text string) { r.wait(t, func(m bot.Message) bool { return m.Text == text }) })
		return &agent.Answer{Rung: agent.Think, Language: q.Language, Text: "done"}, nil
	}), 1, func(c *desk.Config) { c.Posters = map[string]bot.Poster{"test": r} })
	b.ended(t, b.handle(t, message("1", "t1", "왜 줄었어?")).Question)
	return r
}

func TestStepsAreShownOnceASecond(t *testing.T) {
	t.Parallel()
	var began time.Time
	r := stepping(t, func(step func(agent.Step), told func(string)) {
		began = time.Now()
		for i := range 50 {
			step(agent.Step{Text: fmt.Sprintf("step %d", i)})
		}
		told("step 49") // the latest, without another to follow
	})
	at, lines := r.seen()
	if len(lines) != 2 || lines[0].Text != "step 0" || lines[1].Text != "step 49" {
		t.Fatalf("%d edits: %+v", len(lines), lines)
	}
	// The second counts from when the first was taken, which a busy machine shows later.
	if apart := at[1].Sub(began); apart < time.Second {
		t.Errorf("edited again %s after the first was taken", apart)
	}
}

// list writes a message's list: x is over, > goes on, - is to come.
func list(m bot.Message) []string {
	var out []string
	for _, s := range m.Progress.Steps {
		switch {
		case s.Done:
			out = append(out, "x "+s.Text)
		case !s.At.IsZero():
			out = append(out, "> "+s.Text)
		default:
			out = append(out, "- "+s.Text)
		}
	}
	return out
}

func TestAPlanIsAListOfWhatIsDone(t *testing.T) {
	t.Parallel()
	plan := []string{"channels", "returns", "the rest"}
	tests := map[string]struct {
		steps []agent.Step
		want  []string
	}{
		"made":            {[]agent.Step{{Text: "planned", Plan: plan}}, []string{"- channels", "- returns", "- the rest"}},
		"begun":           {[]agent.Step{{Plan: plan}, {Text: "by channel …", Name: "by channel", Parts: []int{1}}}, []string{"> channels", "- returns", "- the rest"}},
		"between":         {[]agent.Step{{Plan: plan}, {Name: "by channel", Parts: []int{1}}, {Text: "asking"}}, []string{"> channels", "- returns", "- the rest"}},
		"gone on":         {[]agent.Step{{Plan: plan}, {Name: "by channel", Parts: []int{1}}, {Text: "by reason …", Parts: []int{2, 3}}}, []string{"x channels", "> returns", "> the rest"}},
		"no such part":    {[]agent.Step{{Plan: plan}, {Name: "by channel", Parts: []int{9}}}, []string{"- channels", "- returns", "- the rest"}},
		"parts unsaid":    {[]agent.Step{{Plan: plan}, {Name: "by channel"}, {Text: "asking"}}, []string{"- channels", "- returns", "- the rest", "x by channel"}},
		"no plan":         {[]agent.Step{{Text: "asking"}, {Name: "by channel"}, {Text: "asking"}}, []string{"x by channel"}},
		"passing steps":   {[]agent.Step{{Text: "waiting 2"}, {Text: "waiting 1"}, {Text: "asking"}}, nil},
		"more than a few": {[]agent.Step{{Name: "1"}, {Name: "2"}, {Name: "3"}, {Name: "4"}, {Name: "5"}, {Name: "6"}, {Name: "7"}, {Text: "asking"}}, []string{"x 2", "x 3", "x 4", "x 5", "x 6", "x 7"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := stepping(t, func(step func(agent.Step), told func(string)) {
				step(agent.Step{Text: "begun"})
				for i, s := range tt.steps {
					if i == len(tt.steps)-1 {
						s.Text = "last"
					}
					step(s)
				}
				told("last")
			})
			_, lines := r.seen()
			if got := list(lines[len(lines)-1]); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestARecalledAnswerSaysWhenByTheDeploymentsClock(t *testing.T) {
	t.Parallel()
	seoul := time.FixedZone("KST", 9*60*60)
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Recall, Language: q.Language, Text: "답", AnsweredAt: time.Date(2026, 11, 22, 1, 5, 0, 0, time.UTC)}, nil
	}), 1, func(c *desk.Config) { c.Location = seoul })
	b.handle(t, message("1", "t1", "지난달 매출"))
	if m := b.platform.wait(t, kind(bot.KindAnswer)); m.Origin == nil || m.Origin.Label != "10:05에 답한 내용" {
		t.Errorf("%+v", m.Origin)
	}
}

func TestAModelThatDidNotAnswerCanBeAskedAgain(t *testing.T) {
	t.Parallel()
	down := true
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		if down { // one question at a time
			down = false
			return &agent.Answer{Rung: agent.None, Reason: agent.ReasonModel, Language: q.Language, Text: "나중에"}, nil
		}
		return &agent.Answer{Rung: agent.Think, Language: q.Language, Text: q.Text}, nil
	}), 1)
	r := b.handle(t, message("1", "t1", "왜 줄었어?"))
	m := b.platform.wait(t, kind(bot.KindRefusal))
	if len(m.Buttons) != 1 || m.Buttons[0].Action != bot.ActionRetry {
		t.Fatalf("%+v", m.Buttons)
	}
	ev := message("2", "t1", "")
	ev.Kind, ev.Action = bot.EventAction, &bot.Action{Name: m.Buttons[0].Action, Question: r.Question}
	if s := b.ended(t, b.handle(t, ev).Question); s.Answer == nil || s.Answer.Text != "왜 줄었어?" {
		t.Errorf("%+v", s.Answer)
	}
}

func TestAQuestionThatWaitsForAModelSaysWhereItStands(t *testing.T) {
	t.Parallel()
	waits, came := make(chan struct{}), make(chan struct{})
	b := setup(t, analyst(func(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		step(agent.Step{Text: "waiting", Ahead: 7, Wait: time.Hour})
		close(waits)
		<-came
		return &agent.Answer{Rung: agent.Think, Language: q.Language, Text: "done"}, nil
	}), 1)
	id := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	<-waits
	status, err := b.desk.Status(t.Context(), id)
	if err != nil || status.Ahead != 7 || status.ETA <= 50*time.Minute || status.ETA > time.Hour {
		t.Errorf("%+v, %v", status, err)
	}
	close(came)
	b.ended(t, id)
	if status, err = b.desk.Status(t.Context(), id); err != nil || status.Ahead != 0 || status.ETA != 0 {
		t.Errorf("%+v, %v", status, err)
	}
}

// TestAFigureThatTheTextSaysIsNoTable has an answer with its rows, and beside them one
// figure that was computed from two of them.
func TestAFigureThatTheTextSaysIsNoTable(t *testing.T) {
	t.Parallel()
	column := func(name string, role semantic.Role) agent.Column {
		return agent.Column{Column: connectors.Column{Name: name, Type: "DOUBLE"}, Label: name, Role: string(role)}
	}
	b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Text: "서울이 부산보다 2만큼 큽니다.", Results: []agent.Result{
			{Name: "r1", RowCount: 2, Columns: []agent.Column{column("region", semantic.RoleDimension), column("revenue", semantic.RoleMeasure)}, Rows: [][]any{{"서울", 3.0}, {"부산", 1.0}}},
			{Name: "r3", RowCount: 1, Source: agent.Computed, Columns: []agent.Column{column("difference", semantic.RoleMeasure)}, Rows: [][]any{{2.0}}},
		}}, nil
	}), 1)
	b.ended(t, b.handle(t, message("1", "t1", "x")).Question)
	got := b.platform.wait(t, kind(bot.KindAnswer))
	if len(got.Tables) != 1 || got.Tables[0].Result != "r1" {
		t.Errorf("tables %+v", got.Tables)
	}
}
