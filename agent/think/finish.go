package think

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/semantic"
)

// answerArgs is an answer as the model writes it.
type answerArgs struct {
	Queries     []queryArgs  `json:"queries,omitempty"`
	Text        string       `json:"text"`
	Columns     []columnArgs `json:"columns,omitempty"`
	Chart       chartArgs    `json:"chart,omitzero"`
	Assumptions []string     `json:"assumptions,omitempty"`
	FollowUps   []string     `json:"follow_ups,omitempty"`
}

type chartArgs struct {
	Query string `json:"query"`
	Type  string `json:"type"`
	Title string `json:"title"`
}

// answer computes what an answer refers to and fills it in. What cannot be mended
// without the model goes back to it, as often as the budget says; after that the
// answer is made of what there is.
func (s *session) answer(ctx context.Context, call llm.ToolCall, args json.RawMessage) (*Outcome, error) {
	var in answerArgs
	if err := json.Unmarshal(args, &in); err != nil {
		return nil, s.mend(ctx, call, "the answer cannot be read: "+err.Error())
	}
	began := s.t.cfg.Now()
	results, problems, err := s.runQueries(ctx, in.Queries)
	s.spent += s.t.cfg.Now().Sub(began)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if r.Name != "" {
			s.addResult(r)
		}
	}
	if len(problems) == 0 && len(s.results)+len(s.sources) == 0 {
		problems = append(problems, "an answer needs the result of at least one query; call `decline` when these data cannot answer")
	}
	in.Text = s.canonical(in.Text)
	if unknown := s.unresolved(in.Text); len(problems) == 0 && len(unknown) > 0 {
		problems = append(problems, fmt.Sprintf("the text refers to what is not there: %s. %s", strings.Join(unknown, ", "), s.inventory()))
	}
	if len(problems) > 0 && s.usage.Repairs < s.budget.Repairs {
		return nil, s.mend(ctx, call, strings.Join(problems, "\n"))
	}
	if len(s.results)+len(s.sources) == 0 {
		return s.giveUp(), nil
	}
	if err := s.tell(ctx, &ToolRecord{CallID: call.ID, Text: "done", Final: &in}, s.results); err != nil {
		return nil, err
	}
	return s.finish(&in), nil
}

// mend hands an answer back to the model.
func (s *session) mend(ctx context.Context, call llm.ToolCall, problem string) error {
	s.usage.Repairs++
	s.env.Step(Progress{Stage: StageMending})
	s.effort = llm.EffortHigh
	return s.tell(ctx, &ToolRecord{CallID: call.ID, Text: "Error: " + problem + "\nCall `answer` again, whole, with this put right.", Failed: true}, nil)
}

// finish writes the answer out of the results.
func (s *session) finish(in *answerArgs) *Outcome {
	s.results = onlyAsked(s.results, append([]string{in.Text, "{{" + in.Chart.Query + "#}}"}, in.Assumptions...)...)
	show(s.results, in.Columns)
	out := s.outcome(Answered)
	if len(s.results) > 0 && !slices.ContainsFunc(s.results, func(r Result) bool { return len(r.Rows) > 0 }) {
		out.Kind = NoData
	}
	tables := s.tables()
	said := s.b.said(&s.q)
	for _, r := range s.results {
		said = append(said, r.SQL)
	}
	text := dropUnresolved(clean(s.mark(in.Text)), tables)
	kept, removed := figures.Check(text, figures.Given{Tables: tables, Said: said, Unseen: !s.seen, Cited: s.cited})
	out.Usage.Removed += len(removed)
	if s.q.Language == "ko" {
		kept = particles(kept, tables)
	}
	filled, err := figures.Fill(kept, tables, s.q.Language)
	filled, out.Sources = s.unmark(filled)
	switch {
	case len(s.results) == 0 && (err != nil || len(out.Sources) == 0):
		return s.outcome(Declined) // nothing was computed, and nothing cited
	case len(s.results) == 0:
	case err != nil || strings.TrimSpace(filled) == "":
		filled = s.plainText(tables)
	case !s.seen && !strings.Contains(kept, "{{"):
		// Whoever had seen no row and refers to none has told nothing of the result.
		filled += "\n\n" + s.plainText(tables)
	}
	out.Text = filled
	for _, a := range in.Assumptions {
		a = line(unmarked(a), 200)
		kept, removed := figures.Check(a, figures.Given{Tables: tables, Said: said})
		out.Usage.Removed += len(removed)
		if written, err := figures.Fill(kept, tables, s.q.Language); err == nil && kept != "" {
			out.Assumptions = append(out.Assumptions, written)
		}
	}
	for _, f := range in.FollowUps {
		if f = line(f, 100); f != "" && !strings.Contains(f, "{{") && len(out.Suggestions) < 3 {
			out.Suggestions = append(out.Suggestions, f)
		}
	}
	out.Chart = s.chart(in)
	return out
}

func (s *session) chart(in *answerArgs) *ChartWish {
	if len(s.results) == 0 {
		return nil
	}
	w := &ChartWish{Result: in.Chart.Query, Kind: in.Chart.Type, Title: s.without(line(in.Chart.Title, 60))}
	if w.Kind == "auto" {
		w.Kind = ""
	}
	if !slices.ContainsFunc(s.results, func(r Result) bool { return r.Name == w.Result }) {
		w.Result = s.results[0].Name
	}
	return w
}

// without is a text that refers to no result: one with a figure says nothing.
func (s *session) without(text string) string {
	kept, removed := figures.Check(text, figures.Given{Said: s.b.said(&s.q)})
	s.usage.Removed += len(removed)
	if strings.Contains(kept, "{{") {
		return ""
	}
	return kept
}

// written is an answer's arguments that a model wrote as text instead of calling: as
// JSON, or, where nothing was computed yet, as a statement with words around it.
func (t *toolbox) written(text string, computed bool) (string, bool) {
	body := strings.TrimSpace(text)
	if m := codeFence.FindStringSubmatch(body); m != nil {
		body = m[1]
	}
	if strings.HasPrefix(body, "{") {
		args, err := t.arguments(toolAnswer, body)
		return string(args), err == nil
	}
	if sql, rest, ok := statementIn(text); ok && !computed {
		args, err := json.Marshal(answerArgs{Queries: []queryArgs{{Name: "r1", SQL: sql}}, Text: rest})
		return string(args), err == nil
	}
	return "", false
}

// prose is a reply without a call: an answer in words where there are results, else
// something that the model is asked to say properly, once.
func (s *session) prose(text string) *Outcome {
	body := strings.TrimSpace(text)
	if len(s.results)+len(s.sources) > 0 && body != "" {
		if _, rest, ok := statementIn(body); ok {
			body = rest
		}
		return s.finish(&answerArgs{Text: s.canonical(body)})
	}
	s.usage.Misuse++
	if s.nudged {
		out := s.outcome(Declined)
		out.Text = s.without(clean(body))
		return out
	}
	s.nudge()
	return nil
}

func (s *session) nudge() {
	s.nudged = true
	s.patience++
	s.messages = append(s.messages, llm.Message{Role: llm.User, Text: "Call `answer` with the queries and the text, or `decline` if the data cannot answer."})
}

// tables are the results as figures are filled in from them. Texts of rows are made
// inert: a sentence may quote one, and whoever typed it may have meant it to do more.
func (s *session) tables() []figures.Table {
	out := make([]figures.Table, len(s.results))
	for i, r := range s.results {
		t := figures.Table{Name: r.Name, Count: len(r.Rows), Rows: make([][]any, len(r.Rows))}
		for _, c := range r.Columns {
			role := semantic.Role(c.Role)
			t.Columns = append(t.Columns, figures.Column{
				Key: c.Name, Label: c.Label, Format: format.Format(c.Format), Grain: c.Grain,
				Signed: role == semantic.RoleChange || role == semantic.RoleGrowth,
			})
		}
		for j, row := range r.Rows {
			cells := make([]any, len(row))
			for k, cell := range row {
				if text, ok := cell.(string); ok {
					cell = inert(text)
				}
				cells[k] = cell
			}
			t.Rows[j] = cells
		}
		out[i] = t
	}
	return out
}

var reference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)(?:#|\.([^\[\]{}|]+)\[(\d+)\])[^{}]*\}\}`)

// unresolved are the references of a text that name no result or column. Rows that are
// not there are no mistake: nobody knew how many there would be.
func (s *session) unresolved(text string) []string {
	var out []string
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(s.results, func(r Result) bool { return r.Name == m[1] && (m[2] == "" || r.column(m[2]) >= 0) }) {
			out = append(out, m[0])
		}
	}
	return dedupe(out)
}

// canonical writes the references of a text as results have their names: models change
// the case of letters and put spaces.
func (s *session) canonical(text string) string {
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatchIndex(ref)
		if m[4] < 0 {
			return ref
		}
		name, column := ref[m[2]:m[3]], ref[m[4]:m[5]]
		for _, r := range s.results {
			if r.Name != name || r.column(column) >= 0 {
				continue
			}
			for _, c := range r.Columns {
				if strings.EqualFold(c.Name, strings.TrimSpace(column)) {
					return ref[:m[4]] + c.Name + ref[m[5]:]
				}
			}
		}
		return ref
	})
}

func (r *Result) column(name string) int {
	return slices.IndexFunc(r.Columns, func(c Column) bool { return c.Name == name })
}

// inventory says what there is to refer to.
func (s *session) inventory() string {
	var out []string
	for _, r := range s.results {
		var names []string
		for _, c := range r.Columns {
			names = append(names, c.Name)
		}
		out = append(out, fmt.Sprintf("%s has %d rows of (%s)", r.Name, len(r.Rows), strings.Join(names, ", ")))
	}
	return strings.Join(out, "; ")
}

var sentenceEnd = regexp.MustCompile(`[.!?]\s+|\n`)

// dropUnresolved takes out the sentences that refer to cells which are not there.
func dropUnresolved(text string, tables []figures.Table) string {
	var out strings.Builder
	for text != "" {
		end := len(text)
		if loc := sentenceEnd.FindStringIndex(text); loc != nil {
			end = loc[1]
		}
		if _, err := figures.Fill(text[:end], tables, "ko"); err == nil {
			out.WriteString(text[:end])
		}
		text = text[end:]
	}
	return strings.TrimSpace(out.String())
}

// plainText says what there is when nothing of the model's text is left.
func (s *session) plainText(tables []figures.Table) string {
	r := &s.results[0]
	for i := range s.results {
		if len(s.results[i].Rows) > 0 {
			r = &s.results[i]
			break
		}
	}
	var parts []string
	if len(r.Rows) > 0 {
		for _, c := range r.Columns {
			if len(parts) == 4 {
				break
			}
			parts = append(parts, figures.Escape(c.Label)+" "+figures.Ref(r.Name, c.Name, 0))
		}
	}
	text := strings.Join(parts, ", ")
	switch {
	case len(r.Rows) == 0:
		text = map[bool]string{true: "조건에 맞는 행이 없습니다.", false: "No row matches."}[s.q.Language == "ko"]
	case len(r.Rows) > 1 && s.q.Language == "ko":
		text = figures.Count(r.Name) + "행입니다. 첫 행은 " + text + "입니다."
	case len(r.Rows) > 1:
		text = figures.Count(r.Name) + " rows. The first: " + text + "."
	}
	filled, err := figures.Fill(text, tables, s.q.Language)
	if err != nil {
		return ""
	}
	return filled
}
