package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// severalTimes is from where on one value is said to be so many times another, rather
// than so many percent more.
const severalTimes = 2

// versus tells two values that the question named by how far they are apart: whoever
// names two wants to know that. It returns "" for anything else.
func (r *run) versus(n *narrator) string {
	rows := n.indices()
	if r.plan.Intent != compose.Breakdown || len(n.query.Measures) != 1 || len(rows) != 2 || len(n.dimensions()) != 1 || n.timeColumn() >= 0 || !n.bothNamed() {
		return ""
	}
	key := n.query.Measures[0].Key()
	if !n.has(rows[0], key) || !n.has(rows[1], key) {
		return ""
	}
	high, low := rows[0], rows[1]
	if n.number(high, key) < n.number(low, key) {
		high, low = low, high
	}
	more, less := n.number(high, key), n.number(low, key)
	if more == less || n.figure(high, key).text == n.figure(low, key).text {
		return ""
	}
	apart := r.apart(n, key, more, less)
	r.answer.Results = append(r.answer.Results, *apart)
	return n.apart(apart, high, low, key)
}

// bothNamed reports whether the question named the two values of the dimension.
func (n *narrator) bothNamed() bool {
	field := n.query.Dimensions[0].Field
	for _, f := range n.query.Filters {
		if f.Field == field && f.Op == semantic.In && !f.Negate && len(f.Values) == 2 {
			return true
		}
	}
	return false
}

// apart is the computed result with the difference of two figures, and their quotient or
// the difference's share of the smaller one where that says something.
func (r *run) apart(n *narrator, key string, more, less float64) *Result {
	measure := n.result.Columns[n.column(key)]
	column := func(name, label string, f format.Format) Column {
		return Column{Column: connectors.Column{Name: name, Type: "DOUBLE"}, Label: label, Format: string(f), Role: string(semantic.RoleMeasure)}
	}
	difference := format.Format(measure.Format)
	if n.isPercent(key) {
		difference = format.Points
	}
	w := wordsFor(n.language)
	out := &Result{Name: "r3", Source: Computed, RowCount: 1, Columns: []Column{column("difference", w.difference, difference)}, Rows: [][]any{{more - less}}}
	switch {
	case less <= 0 || n.isPercent(key):
	case more/less >= severalTimes:
		out.Columns = append(out.Columns, column("times", w.times, format.Ratio))
		out.Rows[0] = append(out.Rows[0], more/less)
	default:
		out.Columns = append(out.Columns, column("part", w.part, format.Percent))
		out.Rows[0] = append(out.Rows[0], (more-less)/less)
	}
	return out
}

// apart says it: 부산광역시가 43만 2,765원으로 서울특별시(42만 5,982원)보다 6,783원(1.6%) 높습니다.
func (n *narrator) apart(apart *Result, high, low int, key string) string {
	cell := func(column int) string {
		return figures.RefAs(apart.Name, apart.Columns[column].Name, 0, figures.Abs)
	}
	by, aside := cell(0), ""
	if len(apart.Columns) > 1 {
		aside = n.pick("(", " (") + strings.Replace(cell(1), "|"+figures.Abs, "", 1) + ")"
	}
	who, what, other, than := n.rowName(high), n.figure(high, key), n.rowName(low), n.figure(low, key)
	rest := *n // the two are named by themselves
	rest.query.Filters = slices.DeleteFunc(slices.Clone(n.query.Filters), func(f semantic.Filter) bool { return f.Field == n.query.Dimensions[0].Field })
	name := rest.subject(0)
	if n.ko() {
		return fmt.Sprintf("%s%s%s %s %s %s(%s)보다 %s%s %s.", rest.circumstances(), name, format.Josa(name, "은", "는"),
			who.with("이", "가"), what.with("으로", "로"), other.ref, than.ref, by, aside, n.words(key).is)
	}
	return n.sentence(n.dated(fmt.Sprintf("%s %s %s for %s", name, n.be(name), what.ref, who.ref)) +
		fmt.Sprintf(", %s%s more than for %s (%s)", by, aside, other.ref, than.ref))
}
