package render_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/render"
	"github.com/bapsang/bapsang/connectors"
)

func rendered(t *testing.T, cfg render.Config, issue digest.Issue) (*digest.Content, error) {
	t.Helper()
	return render.All(cfg)[issue.Subject.Kind].Render(t.Context(), issue)
}

func TestASavedQuestion(t *testing.T) {
	t.Parallel()
	a := &analyst{answer: func(agent.Question) (*agent.Answer, error) { return one(3.2e8), nil }}
	c := renders(t, a, issueOf(digest.KindQuestion, monday))
	if c.Empty || c.Value == nil || *c.Value != 3.2e8 || !strings.Contains(c.Message.Text, "매출은") || len(c.Message.Suggestions) > 0 {
		t.Errorf("rendered %+v", c)
	}
	q := a.asked[0]
	if !q.Now.Equal(monday) || q.Asker != "minji@x.kr" || q.Analyst != "sales" || slices.Contains(q.Rungs, agent.Recall) || !slices.Contains(q.Rungs, agent.Think) {
		t.Errorf("asked %+v", q)
	}
	again := renders(t, a, issueOf(digest.KindQuestion, monday.AddDate(0, 0, 1)))
	a.answer = func(agent.Question) (*agent.Answer, error) { return one(4e8), nil }
	other := renders(t, a, issueOf(digest.KindQuestion, monday.AddDate(0, 0, 2)))
	if c.Fingerprint != again.Fingerprint || c.Fingerprint == other.Fingerprint {
		t.Errorf("fingerprints %q, %q, %q", c.Fingerprint, again.Fingerprint, other.Fingerprint)
	}
}

// TestQuestionsWithoutAnAnswer tells what is tried again from what never will do, and from
// what is only empty today.
func TestQuestionsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	clarify := none(agent.ReasonAmbiguous)
	clarify.Clarify = &compose.Clarify{Text: "어느 매출인가요?"}
	for _, tt := range []struct {
		name   string
		answer *agent.Answer
		err    error
		want   string // empty, again or refused
		say    string
	}{
		{"no rows", none(agent.ReasonNoData), nil, "empty", ""},
		{"not yet", none(agent.ReasonFuture), nil, "empty", ""},
		{"a question back", clarify, nil, "refused", "어느 매출인가요?"},
		{"words nobody knows", none(agent.ReasonUnknown), nil, "refused", "질문을 바꿔"},
		{"the model is down", none(agent.ReasonModel), nil, "again", ""},
		{"the source is down", none(agent.ReasonSource), nil, "again", ""},
		{"too large", none(agent.ReasonTooLarge), nil, "again", ""},
		{"no such analyst", nil, fmt.Errorf("ask: %w", agent.ErrNoAnalyst), "refused", "분석가가 이제 없어요"},
		{"denied", nil, &connectors.Error{Code: connectors.CodeDenied}, "refused", ""},
		{"network", nil, errors.New("connection refused"), "again", ""},
	} {
		a := &analyst{answer: func(agent.Question) (*agent.Answer, error) { return tt.answer, tt.err }}
		c, err := rendered(t, render.Config{Analyst: a}, issueOf(digest.KindQuestion, monday))
		var never *digest.Refusal
		got := "again"
		switch {
		case err == nil && c.Empty:
			got = "empty"
		case err == nil:
			got = "sent"
		case errors.As(err, &never):
			got = "refused"
			if never.Say == "" || !strings.Contains(never.Say, tt.say) {
				t.Errorf("%s: says %q", tt.name, never.Say)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s (%v)", tt.name, got, tt.want, err)
		}
	}
}

// TestAFollowUpIsAskedWithWhatItFollowed has relative periods be those of the instant it is
// due at.
func TestAFollowUpIsAskedWithWhatItFollowed(t *testing.T) {
	t.Parallel()
	a := &analyst{answer: func(q agent.Question) (*agent.Answer, error) {
		if q.Text == "그건 모르는 말" {
			return none(agent.ReasonUnknown), nil
		}
		return one(1.0), nil
	}}
	issue := issueOf(digest.KindQuestion, monday)
	issue.Subject.Question = "지역별로는?"
	issue.Subject.Params = map[string]string{render.ParamBefore: `["지난주 매출","그건 모르는 말","전주 대비"]`}
	renders(t, a, issue)
	last := a.asked[len(a.asked)-1]
	if len(a.asked) != 4 || last.Text != "지역별로는?" || len(last.Before) != 2 || last.Before[0].Text != "지난주 매출" || last.Before[1].Text != "전주 대비" {
		t.Errorf("asked %+v", a.asked)
	}
	for _, q := range a.asked {
		if !q.Now.Equal(monday) {
			t.Errorf("%q was asked as of %s", q.Text, q.Now)
		}
	}
	if len(a.asked[2].Before) != 1 {
		t.Errorf("what came between was asked after %v", a.asked[2].Before)
	}
	issue.Subject.Params[render.ParamBefore] = `{"not": "a list"}`
	if _, err := rendered(t, render.Config{Analyst: a}, issue); err == nil {
		t.Error("what cannot be read is asked as if nothing were before it")
	}
}

func TestFilesOfAThreadStayThere(t *testing.T) {
	t.Parallel()
	a := &analyst{answer: func(agent.Question) (*agent.Answer, error) { return one(1.0), nil }}
	cfg := render.Config{Analyst: a, ThreadBound: func(name string) bool { return strings.HasPrefix(name, "files-") }}
	for _, kind := range []digest.Kind{digest.KindQuestion, digest.KindAlert, digest.KindCalendar} {
		issue := issueOf(kind, monday)
		issue.Subject.Analyst = "files-7"
		var never *digest.Refusal
		if _, err := rendered(t, cfg, issue); errors.As(err, &never) != (kind != digest.KindCalendar) {
			t.Errorf("%s of a thread's files: %v", kind, err)
		}
	}
	// The calendar is not of the files.
	if len(a.asked) > 0 || slices.ContainsFunc(a.looks, func(o agent.Outlook) bool { return o.Question.Analyst != "" }) {
		t.Errorf("the files were asked %v %v", a.asked, a.looks)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	table := one(1.0)
	table.Results[0].Rows = [][]any{{1.0}, {2.0}}
	clarify := none(agent.ReasonAmbiguous)
	clarify.Clarify = &compose.Clarify{Text: "어느 매출인가요?"}
	for _, tt := range []struct {
		name    string
		kind    digest.Kind
		answer  *agent.Answer
		model   bool
		want    string
		refused bool
	}{
		{"a figure", digest.KindQuestion, one(3.0), false, "매출은 3원이에요.", false},
		{"a calendar", digest.KindCalendar, nil, false, "", false},
		{"no data yet", digest.KindQuestion, none(agent.ReasonNoData), false, "그 기간의 데이터가 없어요.", false},
		{"a question back", digest.KindQuestion, clarify, true, "", true},
		{"for the model", digest.KindQuestion, none(agent.ReasonUnknown), true, "", false},
		{"without a model", digest.KindQuestion, none(agent.ReasonUnknown), false, "", true},
		{"an alert of a table", digest.KindAlert, table, false, "", true},
		{"an alert of a figure", digest.KindAlert, one(3.0), false, "매출은 3원이에요.", false},
	} {
		a := &analyst{answer: func(agent.Question) (*agent.Answer, error) { return tt.answer, nil }}
		got, err := render.Config{Analyst: a}.Preview(t.Context(), digest.Subject{Kind: tt.kind, Question: "어제 매출"}, digest.Recipient{}, "ko", monday, tt.model)
		var never *digest.Refusal
		if errors.As(err, &never) != tt.refused || err != nil && !tt.refused || got != tt.want {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
		for _, q := range a.asked {
			if slices.Contains(q.Rungs, agent.Think) || len(q.Rungs) == 0 {
				t.Errorf("%s: the model is asked for a preview", tt.name)
			}
		}
	}
}

// TestTheFigureThatIsWatched is out of line against the weeks before.
func TestTheFigureThatIsWatched(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		today   float64
		usual   []float64
		anomaly bool
	}{
		{"as ever", 101, []float64{100, 99, 102, 98, 101, 103, 97, 100}, false},
		{"far below", 40, []float64{100, 99, 102, 98, 101, 103, 97, 100}, true},
		{"far above", 180, []float64{100, 99, 102, 98, 101, 103, 97, 100}, true},
		{"a little, where nothing moves", 105, []float64{100, 100, 100, 100, 100, 100, 100, 100}, false},
		{"a lot, where nothing moves", 120, []float64{100, 100, 100, 100, 100, 100, 100, 100}, true},
		{"where all moves", 180, []float64{20, 190, 100, 60, 150, 10, 170, 120}, false},
		{"too few weeks", 500, []float64{100, 100, 100}, false},
		{"one odd week before", 101, []float64{100, 900, 102, 98, 101, 103, 97, 100}, false},
	} {
		a := &analyst{answer: func(q agent.Question) (*agent.Answer, error) {
			week := int(monday.Sub(q.Now) / (7 * 24 * time.Hour))
			switch {
			case week == 0:
				return one(tt.today), nil
			case week > len(tt.usual):
				return none(agent.ReasonNoData), nil
			}
			if slices.Contains(q.Rungs, agent.Think) {
				t.Errorf("the model is asked for week %d", week)
			}
			return one(tt.usual[week-1]), nil
		}}
		c := renders(t, a, issueOf(digest.KindAlert, monday))
		if c.Anomaly != tt.anomaly || c.Value == nil || *c.Value != tt.today {
			t.Errorf("%s: anomaly %v, value %v", tt.name, c.Anomaly, c.Value)
		}
	}
}

func TestWhatIsNoFigure(t *testing.T) {
	t.Parallel()
	rows := one(1.0)
	rows.Results[0].Rows = [][]any{{1.0}, {2.0}}
	null := one(nil)
	text := one("서울")
	noData := none(agent.ReasonNoData)
	for _, tt := range []struct {
		name    string
		answer  *agent.Answer
		refused bool
	}{{"several rows", rows, true}, {"words", text, true}, {"null", null, false}, {"no data", noData, false}, {"not a number", one(math.NaN()), false}} {
		a := &analyst{answer: func(agent.Question) (*agent.Answer, error) { return tt.answer, nil }}
		c, err := rendered(t, render.Config{Analyst: a}, issueOf(digest.KindAlert, monday))
		var never *digest.Refusal
		if errors.As(err, &never) != tt.refused || err != nil && !tt.refused {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err == nil && c.Value != nil && !math.IsNaN(*c.Value) {
			t.Errorf("%s is %v", tt.name, *c.Value)
		}
	}
}
