package render_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/render"
	"github.com/bapsang/bapsang/connectors"
)

// analyst answers from a list, and writes down what it was asked.
type analyst struct {
	events []agent.Happening
	looks  []agent.Outlook
	asked  []agent.Question
	answer func(q agent.Question) (*agent.Answer, error)
}

func (a *analyst) Answer(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
	a.asked = append(a.asked, q)
	return a.answer(q)
}

// Happenings gives those of the events that are within the stretch, with the days until
// they begin, and figures for as many as are asked for.
func (a *analyst) Happenings(_ context.Context, o agent.Outlook) ([]agent.Happening, error) {
	a.looks = append(a.looks, o)
	var out []agent.Happening
	today := o.Question.Now.Format(time.DateOnly)
	for _, h := range a.events {
		if h.End < o.From.Format(time.DateOnly) || h.Start > o.To.Format(time.DateOnly) {
			continue
		}
		h.Days = days(today, h.Start)
		if len(out) >= o.Figures {
			h.Last = nil
		}
		out = append(out, h)
	}
	return out, nil
}

func days(from, to string) int {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		panic(errors.Join(errA, errB))
	}
	return int(b.Sub(a) / (24 * time.Hour))
}

func event(name, start, end string) agent.Happening {
	return agent.Happening{
		Event: name, Edition: start[:4], Name: name, Market: "KR", Class: calendar.Shopping, Status: calendar.Confirmed,
		Start: start, End: end, Source: "rule",
	}
}

// monday is 2026-11-23, nine in Seoul.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("KST", 9*3600))

func issueOf(kind digest.Kind, due time.Time) digest.Issue {
	return digest.Issue{
		Subject: digest.Subject{Kind: kind, Question: "어제 매출", Analyst: "sales"}, Language: "ko", Due: due, Group: "all",
		Viewer: digest.Recipient{Principal: "minji@x.kr"},
	}
}

// renders renders an issue.
func renders(t *testing.T, a *analyst, issue digest.Issue) *digest.Content {
	t.Helper()
	c, err := render.All(render.Config{Analyst: a})[issue.Subject.Kind].Render(t.Context(), issue)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// text is what is read of a message.
func text(m bot.Message) string {
	var b strings.Builder
	b.WriteString(m.Text)
	for _, s := range m.Sections {
		fmt.Fprintf(&b, "\n[%s]", s.Title)
		for _, l := range s.Lines {
			fmt.Fprintf(&b, "\n%s %s %s %s", l.Mark, l.When, l.Text, l.Detail)
		}
	}
	return b.String()
}

func has(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("%s: no %q in\n%s", what, p, got)
		}
	}
}

func hasNot(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(got, p) {
			t.Errorf("%s: %q in\n%s", what, p, got)
		}
	}
}

// one is an answer that is one figure.
func one(v any) *agent.Answer {
	return &agent.Answer{
		Rung: agent.Compose, Text: fmt.Sprintf("매출은 %v원이에요.", v), Analyst: "sales",
		Results: []agent.Result{{Name: "r1", Columns: []agent.Column{{Column: connectors.Column{Name: "sales"}, Role: "measure"}}, Rows: [][]any{{v}}, RowCount: 1}},
		Plan:    &compose.Plan{},
	}
}

func none(reason agent.Reason) *agent.Answer {
	return &agent.Answer{Rung: agent.None, Reason: reason, Text: "그 기간의 데이터가 없어요.", Analyst: "sales"}
}
