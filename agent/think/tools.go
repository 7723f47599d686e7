package think

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/llm"
)

// query runs queries and shows the model their rows.
func (s *session) query(ctx context.Context, call llm.ToolCall, args json.RawMessage) error {
	var in struct{ Queries []queryArgs }
	if err := json.Unmarshal(args, &in); err != nil || len(in.Queries) == 0 {
		s.usage.Misuse++
		return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: "Error: no queries", Failed: true}, nil)
	}
	began := s.t.cfg.Now()
	results, problems, err := s.runQueries(ctx, in.Queries)
	s.spent += s.t.cfg.Now().Sub(began)
	if err != nil {
		return err
	}
	var text strings.Builder
	var good []Result
	for i := range results {
		if results[i].Name != "" {
			good = append(good, results[i])
			text.WriteString(rowsForModel(&results[i]))
		}
	}
	for _, p := range problems {
		fmt.Fprintf(&text, "Error in %s\n", p)
	}
	return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: text.String(), Failed: len(good) == 0}, good)
}

// maxFound bounds what lookup finds by words, of each kind.
const maxFound = 8

// lookup finds parts of the briefing.
func (s *session) lookup(ctx context.Context, call llm.ToolCall, args json.RawMessage) error {
	var in struct{ Words, Tables []string }
	if err := json.Unmarshal(args, &in); err != nil {
		in.Words = nil
	}
	var text strings.Builder
	wanted := map[int]bool{}
	for _, name := range in.Tables {
		for i, t := range s.b.schema {
			if _, own := s.b.analyst.memberOf(t.name); strings.EqualFold(t.name, name) || own != "" && strings.EqualFold(own, name) {
				wanted[i] = true
			}
		}
	}
	words := strings.Join(in.Words, " ")
	for _, h := range s.b.tables.Search(words, 2) {
		wanted[index(h.ID)] = true
	}
	for i, t := range s.b.schema {
		if wanted[i] && text.Len() < maxShownBytes {
			text.WriteString(t.text)
		}
	}
	for _, h := range s.b.values.Search(words, maxFound) {
		fmt.Fprintf(&text, "- %s\n", h.ID)
	}
	for _, p := range s.b.library.Find(words, 2) {
		fmt.Fprintf(&text, "[%s] %s\n", p.Document, p.Text)
	}
	if text.Len() == 0 {
		text.WriteString("Nothing like that is in the data or the knowledge base.")
	}
	return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: text.String()}, nil)
}

// announce shows the asker the plan of a deep question.
func (s *session) announce(ctx context.Context, call llm.ToolCall, args json.RawMessage) error {
	s.planned(args)
	return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: "The asker sees the plan. Say with `part`, from 1, which part of it a query or an analysis is for. Go on."}, nil)
}

func (s *session) planned(args json.RawMessage) {
	var in struct{ Steps []string }
	if err := json.Unmarshal(args, &in); err == nil {
		s.plan = s.plan[:0]
		for _, step := range in.Steps {
			if step = line(step, 100); step != "" {
				s.plan = append(s.plan, step)
			}
		}
		s.env.Step(Progress{Stage: StagePlan, Plan: slices.Clone(s.plan)})
	}
}

func (s *session) askBack(args json.RawMessage) (*Outcome, error) {
	var in struct {
		Question string
		Choices  []string
	}
	if err := json.Unmarshal(args, &in); err != nil {
		return nil, fmt.Errorf("read question back: %w", err)
	}
	out := s.outcome(AskBack)
	out.Text = s.without(line(in.Question, 200))
	for _, c := range in.Choices {
		if c = line(c, 60); c != "" {
			out.Choices = append(out.Choices, c)
		}
	}
	if out.Text == "" || len(out.Choices) < 2 {
		return s.giveUp(), nil
	}
	return out, nil
}

func (s *session) decline(args json.RawMessage) (*Outcome, error) {
	var in struct {
		Reason  string
		Instead []string
	}
	if err := json.Unmarshal(args, &in); err != nil {
		return nil, fmt.Errorf("read refusal: %w", err)
	}
	out := s.outcome(Declined)
	out.Text = s.without(line(in.Reason, 300))
	for _, q := range in.Instead {
		if q = line(q, 100); q != "" {
			out.Suggestions = append(out.Suggestions, q)
		}
	}
	return out, nil
}

func (s *session) outcome(kind Kind) *Outcome {
	return &Outcome{Kind: kind, Results: s.results, Plan: s.plan, Usage: s.usage}
}

// giveUp is what there is when the budget is spent, or the model makes no headway.
func (s *session) giveUp() *Outcome {
	s.results = onlyAsked(s.results)
	return s.outcome(Spent)
}
