package agent

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// several is what a language model may ask of an analyst over several sources. It
// implements think.Sources.
type several struct {
	r *run

	mu       sync.Mutex
	partners partners   // what was asked; guarded by mu
	computed []computed // likewise
}

// computed is what the sources of a metric query have in common.
type computed struct {
	sql      string
	partners partners
}

func newSeveral(r *run) *several { return &several{r: r} }

// Query implements think.Sources.
func (s *several) Query(ctx context.Context, source string, stmt connectors.Statement) (*connectors.Result, error) {
	member := s.r.p.joint.Member(source)
	if member == nil {
		return nil, connectors.Errorf(connectors.CodeSQL, "There is no source %q.", source)
	}
	catalog, err := member.Catalog(ctx)
	if err != nil {
		return nil, s.away(source, err)
	}
	s.mu.Lock()
	s.partners.ask(source)
	s.partners.until(source, catalog.AsOf)
	s.mu.Unlock()
	res, err := dated{member, &s.r.aging}.Query(ctx, s.r.inName(), stmt)
	if err != nil {
		return nil, s.away(source, err)
	}
	return res, nil
}

// away ends the question over a source that is not there, for what the others say would look
// like the whole. Other failures the model may mend.
func (s *several) away(source string, err error) error {
	switch connectors.CodeOf(err) {
	case connectors.CodeUnavailable, connectors.CodeOff, connectors.CodeExhausted:
		return s.r.unreached(source, err)
	}
	return err
}

// Join implements think.Sources.
func (s *several) Join(ctx context.Context, tables []connectors.Held, stmt connectors.Statement) (*connectors.Result, error) {
	return s.r.p.joint.Join(ctx, tables, stmt)
}

// Compute implements think.Sources.
func (s *several) Compute(ctx context.Context, q semantic.Query) (*think.Result, error) {
	aside := &run{agent: s.r.agent, p: s.r.p, q: s.r.q, plan: &compose.Plan{Query: q}, step: func(Step) {}, answer: &Answer{}}
	res, err := aside.queryAcross(ctx, mainResult, q)
	if at := aside.aging.at(); !at.IsZero() {
		s.r.aging.note(at)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, source := range aside.partners.asked {
		s.partners.ask(source)
		s.partners.until(source, aside.partners.asOf[source])
	}
	s.computed = append(s.computed, computed{res.SQL, aside.partners})
	out := thinkResult(res)
	out.Matches = aside.partners.forModel(out.Columns)
	return &out, nil
}

// forModel is what has no partner as a language model is told it, of a result whose first
// columns are these.
func (p *partners) forModel(columns []think.Column) (out []think.Match) {
	groups, lacks := think.Match{Metrics: true}, false
	for _, s := range p.sides {
		if len(s.order) == 0 {
			continue
		}
		alone := p.aloneIn(s)
		dims := columns[:min(len(columns), len(s.groups[s.order[0]]))]
		groups.Sides = append(groups.Sides, think.MatchSide{Name: s.source, Sources: []string{s.source}, Columns: dims, Of: len(s.order), Alone: len(alone), Keys: alone})
		lacks = lacks || len(alone) > 0
	}
	if lacks {
		out = append(out, groups)
	}
	for _, l := range p.lent {
		if l.alone > 0 {
			out = append(out, think.Match{Metrics: true, Sides: []think.MatchSide{
				{Name: l.of, Sources: []string{l.of}, Of: int(l.n), Alone: int(l.alone)}, {Name: l.with, Sources: []string{l.with}},
			}})
		}
	}
	return out
}

// thinkResult is a result as package think has it.
func thinkResult(res *Result) think.Result {
	out := think.Result{Name: res.Name, Title: res.Title, SQL: res.SQL, Rows: res.Rows, Truncated: res.Truncated}
	for _, c := range res.Columns {
		out.Columns = append(out.Columns, think.Column{Column: c.Column, Label: c.Label, Format: c.Format, Role: c.Role, Grain: c.Grain, Metric: metricOf(c)})
	}
	for _, p := range res.Parts {
		out.Parts = append(out.Parts, think.Part(p))
	}
	if len(res.Parts) == 0 && res.Source != Computed {
		out.Source = res.Source
	}
	return out
}

// metricOf is the metric whose figures a column has, "" for none.
func metricOf(c Column) string {
	if semantic.Role(c.Role) == semantic.RoleMeasure {
		return c.measure
	}
	return ""
}

// met takes over what the sources have in common, as far as it is known of the results that
// the answer shows.
func (s *several) met(results []think.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.r
	if len(s.partners.asked) == 0 {
		return
	}
	asked, asOf := s.partners.asked, s.partners.asOf
	place := func(source string) int { return slices.Index(r.p.across(), source) }
	slices.SortFunc(asked, func(a, b string) int { return place(a) - place(b) }) // they were asked at once
	for _, res := range results {
		if i := slices.IndexFunc(s.computed, func(c computed) bool { return strings.Contains(res.SQL, c.sql) }); i >= 0 {
			r.partners = s.computed[i].partners
			break
		}
	}
	r.partners.asked, r.partners.asOf = asked, asOf
	for _, res := range results {
		r.partners.matches = append(r.partners.matches, res.Matches...)
	}
	r.answer.DataAsOf = r.partners.oldest()
}

// sourceOf is what a result of the model's is from.
func (r *run) sourceOf(res think.Result, parts []Part) string {
	switch {
	case len(parts) > 0:
		return strings.Join(sourcesOf(parts), " + ")
	case res.Source != "":
		return res.Source
	case res.SQL == "" || r.p.joint != nil:
		return Computed
	}
	return r.p.catalog.Source
}

// severalMembers are the analyst's sources as a model is told of them, nil for one.
func (p *prepared) severalMembers(ctx context.Context) (out []think.Member, err error) {
	if p.joint == nil {
		return nil, nil
	}
	for _, m := range p.Members {
		member, err := p.joint.Member(m.Name).Catalog(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, think.Member{Name: m.Name, Dialect: member.Dialect})
	}
	return out, nil
}

// spans reports whether the analyst over several sources understands more of a question than
// each alone, so that a model is asked over all of them. What a thread talks about that
// joined sources is theirs, too.
func (a *Agent) spans(q *Question, analysts []*prepared, attempts []attempt, together *prepared, joined attempt) bool {
	if n := len(q.Before); n > 0 && len(q.Before[n-1].Across) > 0 && slices.Equal(q.Before[n-1].Across, together.across()) {
		return true
	}
	outcomes := make([]compose.Outcome, len(attempts))
	for i, at := range attempts {
		outcomes[i] = at.outcome
	}
	all := joined.outcome
	if !q.allows(Compose) { // asked for by name: nobody has read the words yet
		for i, p := range analysts {
			outcomes[i] = compose.Parse(p.input(q, a.cfg.Calendar()))
		}
		all = compose.Parse(together.input(q, a.cfg.Calendar()))
	}
	if slices.ContainsFunc(outcomes, func(one compose.Outcome) bool { return one.Plan != nil || one.Clarify != nil }) {
		return false
	}
	return !slices.ContainsFunc(outcomes, func(one compose.Outcome) bool { return !understands(all, one) }) || a.restSpans(q, analysts, together, all.Unknown)
}

// restSpans reports whether a question without the words that nothing explains at all is one
// for several sources, and none for one of them. That counts what a source has no word for but
// the languages have, such as 목표.
func (a *Agent) restSpans(q *Question, analysts []*prepared, together *prepared, unknown []string) bool {
	left := *q
	left.Before, left.Rungs = nil, nil
	for _, word := range wholeWords(q.Text, unknown) {
		left.Text = withoutWord(left.Text, word.text)
	}
	planned := func(p *prepared) bool { return a.try(p, &left).outcome.Plan != nil }
	return planned(together) && !slices.ContainsFunc(analysts, planned)
}

// understands reports whether x explains more of a question than y.
func understands(x, y compose.Outcome) bool {
	if x.Plan != nil {
		return true
	}
	return x.Clarify == nil && len(x.Unknown) < len(y.Unknown)
}
