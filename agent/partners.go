package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// partners is what the sources of a joined result have in common and what not.
type partners struct {
	sides   []*partnerSide
	columns []Column // of the result; the dimensions come first
	lent    []lentRows
	asked   []string // sources, in order
	asOf    map[string]time.Time
	// matches are how the keys of a language model's joins met.
	matches []think.Match
}

// partnerSide are the groups that one source has rows of.
type partnerSide struct {
	source string
	groups map[string][]any // dimension cells by their text
	order  []string
}

// lentRows is how many rows of one source found a partner in another.
type lentRows struct {
	of, with string // sources
	n, alone int64
}

// until notes how far a source's data go.
func (p *partners) until(source string, asOf time.Time) {
	if p.asOf == nil {
		p.asOf = map[string]time.Time{}
	}
	p.asOf[source] = asOf
}

// ask notes that a source is asked.
func (p *partners) ask(source string) {
	if !slices.Contains(p.asked, source) {
		p.asked = append(p.asked, source)
	}
}

// oldest is how far the data of all that were asked go, zero where nobody knows.
func (p *partners) oldest() (oldest time.Time) {
	for _, source := range p.asked {
		if t := p.asOf[source]; !t.IsZero() && (oldest.IsZero() || t.Before(oldest)) {
			oldest = t
		}
	}
	return oldest
}

// add notes the groups of a fetch.
func (p *partners) add(f semantic.Fetch, res *connectors.Result) {
	i := slices.IndexFunc(p.sides, func(s *partnerSide) bool { return s.source == f.Source })
	if i < 0 {
		i = len(p.sides)
		p.sides = append(p.sides, &partnerSide{source: f.Source, groups: map[string][]any{}})
	}
	if len(f.Dims) == 0 {
		return
	}
	s := p.sides[i]
	for _, row := range res.Rows {
		cells := row[:len(f.Dims)]
		key := connectors.JoinKey(cells)
		if _, ok := s.groups[key]; !ok {
			s.order = append(s.order, key)
		}
		s.groups[key] = cells
	}
}

// countPartners asks the source of a fetch which of the rows that its statement brought
// along meet none of its own.
func (r *run) countPartners(ctx context.Context, f semantic.Fetch) error {
	for _, c := range f.Checks {
		res, err := r.ask(ctx, f.Source, c.SQL, f.Tables, 1)
		if err != nil {
			return err
		}
		if len(res.Rows) == 1 && len(res.Rows[0]) == 2 {
			n, _ := connectors.Number(res.Rows[0][0])
			alone, _ := connectors.Number(res.Rows[0][1])
			r.partners.lent = append(r.partners.lent, lentRows{of: r.p.Model.Dataset(c.Dataset).Database, with: f.Source, n: int64(n), alone: int64(alone)})
		}
	}
	return nil
}

// maxAlone is how many groups without a partner are named, and maxSpelled how many
// differences in spelling.
const (
	maxAlone    = 8
	maxSpelled  = 3
	maxCompared = 300 // of each side, letter by letter
)

// joined are readings about how the sources were put together.
func (r *run) joined() []compose.Reading {
	p := &r.partners
	written := r.answer.Rung != Compose && len(p.asked) > 1 // by a model, or by a person, who saw to what has no partner
	if len(p.sides) == 0 && !written {
		return nil
	}
	w := wordsFor(r.q.Language)
	var out []compose.Reading
	say := func(term, meaning string) {
		out = append(out, compose.Reading{Kind: compose.ReadDefault, Term: term, Meaning: meaning})
	}
	say(w.sources, r.freshness(w))
	if pair := p.mixedKeys(); pair[0] != "" {
		say(w.keys, fmt.Sprintf(w.keyTypes, escapeMarkdown(pair[0]), escapeMarkdown(pair[1])))
	}
	for _, s := range p.sides {
		if alone := p.aloneIn(s); len(alone) > 0 && r.answer.Rung != Think { // of whose results the matches tell
			say(w.onlyThere, fmt.Sprintf(w.onlyIn, escapeMarkdown(s.source), r.namesOfGroups(alone)))
		}
	}
	var unmatched []string
	for _, m := range p.matches {
		for _, line := range r.unmatched(m) {
			if !slices.Contains(unmatched, line) { // of several joins over the same
				unmatched = append(unmatched, line)
				say(w.onlyThere, line)
			}
		}
	}
	for _, line := range p.misspelt(w) {
		say(w.spelling, line)
	}
	for _, l := range p.lent {
		n := format.Value(float64(l.n), format.Integer, r.q.Language)
		text := fmt.Sprintf(w.allPartner, n, escapeMarkdown(l.of), escapeMarkdown(l.with))
		if l.alone > 0 {
			text = fmt.Sprintf(w.noPartner, format.Value(float64(l.alone), format.Integer, r.q.Language), n, escapeMarkdown(l.of), escapeMarkdown(l.with))
		}
		say(w.onlyThere, text)
	}
	if text := r.zonesApart(w); text != "" {
		say(w.period, text)
	}
	return out
}

// freshness names the sources that were asked and how far their data go.
func (r *run) freshness(w *words) string {
	var names []string
	for _, name := range r.partners.asked {
		text := escapeMarkdown(name)
		if asOf := r.partners.asOf[name]; !asOf.IsZero() {
			text += " (" + fmt.Sprintf(w.until, asOf.Format(jsonDate)) + ")"
		}
		names = append(names, text)
	}
	return strings.Join(names, " · ")
}

// aloneIn are the groups that a source has and none of the others.
func (p *partners) aloneIn(s *partnerSide) (out [][]any) {
	others := 0
	for _, o := range p.sides {
		if o != s && len(o.groups) > 0 {
			others++
		}
	}
	if others == 0 {
		return nil
	}
	for _, key := range s.order {
		if !slices.ContainsFunc(p.sides, func(o *partnerSide) bool {
			_, ok := o.groups[key]
			return o != s && ok
		}) {
			out = append(out, s.groups[key])
		}
	}
	// Those without a value come last, as in tables.
	slices.SortFunc(out, func(a, b []any) int {
		x, y := connectors.JoinKey(a), connectors.JoinKey(b)
		return cmp.Or(cmp.Compare(strings.Count(y, "="), strings.Count(x, "=")), strings.Compare(x, y))
	})
	return out
}

func (r *run) namesOfGroups(groups [][]any) string {
	return r.groupNames(groups, len(groups), func(i int, cell any) string {
		if i < len(r.partners.columns) {
			return CellText(cell, r.partners.columns[i], r.q.Language)
		}
		return fmt.Sprint(cell)
	})
}

// groupNames names the first of n groups.
func (r *run) groupNames(groups [][]any, n int, name func(i int, cell any) string) string {
	w := wordsFor(r.q.Language)
	var names []string
	for _, cells := range groups[:min(len(groups), maxAlone)] {
		var parts []string
		for i, cell := range cells {
			if cell == nil {
				parts = append(parts, w.none)
				continue
			}
			parts = append(parts, escapeMarkdown(name(i, cell)))
		}
		names = append(names, strings.Join(parts, " · "))
	}
	text := strings.Join(names, ", ")
	if more := n - len(names); more > 0 {
		text = fmt.Sprintf(w.andMore, text, format.Value(float64(more), format.Integer, r.q.Language))
	}
	return text
}

// unmatched are what of the keys of a language model's join has no partner. What it asked the
// sources for may be less than they have, so that nothing more can be said of it.
func (r *run) unmatched(m think.Match) (out []string) {
	w := wordsFor(r.q.Language)
	for _, side := range m.Sides {
		others := othersOf(m, side)
		if side.Alone == 0 || len(others) == 0 || len(side.Columns) == 0 {
			continue
		}
		if m.Metrics {
			names := r.groupNames(side.Keys, side.Alone, func(i int, cell any) string { return r.cellText(cell, side.Columns[i]) })
			out = append(out, fmt.Sprintf(w.onlyIn, escapeMarkdown(side.Sources[0]), names))
			continue
		}
		var labels []string
		for _, c := range side.Columns {
			labels = append(labels, escapeMarkdown(c.Label))
		}
		names := r.groupNames(side.Keys, side.Alone, func(i int, cell any) string { return r.keyText(cell, side.Columns[i]) })
		count := func(n int) string { return format.Value(float64(n), format.Integer, r.q.Language) }
		out = append(out, fmt.Sprintf(w.unmatched, count(side.Alone), count(side.Of), strings.Join(labels, " · "), escapeMarkdown(strings.Join(side.Sources, " + ")), escapeMarkdown(strings.Join(others, ", ")), names))
	}
	return out
}

// othersOf are the sources of the other sides of a join, none where all are of one.
func othersOf(m think.Match, side think.MatchSide) (out []string) {
	own := strings.Join(side.Sources, " + ")
	for _, o := range m.Sides {
		if name := strings.Join(o.Sources, " + "); name != own && name != "" && own != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// keyText writes a key: its numbers as they are, for they name something.
func (r *run) keyText(cell any, c think.Column) string {
	switch cell.(type) {
	case string, time.Time:
		return r.cellText(cell, c)
	}
	return *connectors.CellText(cell)
}

func (r *run) cellText(cell any, c think.Column) string {
	return CellText(cell, Column{Column: c.Column, Format: c.Format, Grain: c.Grain, Role: c.Role}, r.q.Language)
}

// misspelt are groups without a partner that may be meant to be partners.
func (p *partners) misspelt(w *words) (out []string) {
	say := func(one, other string, left, right [][]any) {
		for _, pair := range alikePairs(left, right) {
			line := fmt.Sprintf(w.spelled, escapeMarkdown(pair[0]), escapeMarkdown(one), escapeMarkdown(pair[1]), escapeMarkdown(other))
			if !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	for i, a := range p.sides {
		for _, b := range p.sides[i+1:] {
			say(a.source, b.source, p.aloneIn(a), p.aloneIn(b))
		}
	}
	for _, m := range p.matches {
		for i, a := range m.Sides {
			for _, b := range m.Sides[i+1:] {
				if one, other := strings.Join(a.Sources, " + "), strings.Join(b.Sources, " + "); one != other {
					say(one, other, a.Keys, b.Keys)
				}
			}
		}
	}
	return out[:min(len(out), maxSpelled)]
}

// alikePairs are the texts in which groups of the one side and of the other differ by
// little.
func alikePairs(left, right [][]any) (out [][2]string) {
	for _, x := range left[:min(len(left), maxCompared)] {
		for _, y := range right[:min(len(right), maxCompared)] {
			if one, other, ok := alikeGroups(x, y); ok {
				out = append(out, [2]string{one, other})
			}
		}
	}
	return out
}

// alikeGroups reports whether two groups differ in one text only, and by no more than
// spaces, case, width or an ending.
func alikeGroups(x, y []any) (one, other string, ok bool) {
	if len(x) != len(y) {
		return "", "", false
	}
	differ := 0
	for i := range x {
		if connectors.JoinKey(x[i:i+1]) == connectors.JoinKey(y[i:i+1]) {
			continue
		}
		differ++
		a, first := x[i].(string)
		b, second := y[i].(string)
		if !first || !second || !alikeTexts(a, b) {
			return "", "", false
		}
		one, other = a, b
	}
	return one, other, differ == 1
}

// shortestStem is how many letters two spellings share at least when one is the other with
// an ending.
const shortestStem = 2

func alikeTexts(a, b string) bool {
	fold := func(s string) string { return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), "") }
	a, b = fold(a), fold(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len([]rune(a)) >= shortestStem && strings.HasPrefix(b, a)
}

// mixedKeys are two sources of which one has numbers and the other texts in a dimension.
func (p *partners) mixedKeys() (pair [2]string) {
	kinds := map[int][2]string{} // by dimension: who has numbers, who has texts
	for _, s := range p.sides {
		for _, cells := range s.groups {
			for i, cell := range cells {
				k := kinds[i]
				if _, number := connectors.Number(cell); number {
					k[0] = s.source
				} else if _, text := cell.(string); text {
					k[1] = s.source
				}
				if kinds[i] = k; k[0] != "" && k[1] != "" {
					return k
				}
			}
		}
	}
	return pair
}

// zonesApart says that the sources' days begin at different moments, "" where they do not
// or no days were asked for.
func (r *run) zonesApart(w *words) string {
	if r.plan == nil || r.plan.Query.Period == nil && r.timeDimensions(r.plan.Query) == 0 {
		return ""
	}
	var asked []Member
	for _, m := range r.p.Members {
		if m.Timezone != "" && slices.Contains(r.partners.asked, m.Name) {
			asked = append(asked, m)
		}
	}
	for _, m := range asked {
		if m.Timezone != asked[0].Timezone {
			return fmt.Sprintf(w.zones, escapeMarkdown(asked[0].Name), asked[0].Timezone, escapeMarkdown(m.Name), m.Timezone)
		}
	}
	return ""
}
