package agent

import (
	"fmt"
	"math"
	"time"

	"github.com/bapsang/bapsang/agent/analysis"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// totalTable is what the period under way comes to: what there is of it and what is
// foretold. Nil where none was asked for, or the figures do not add up.
func (r *run) totalTable(n *narrator, next analysis.Forecast) *Result {
	whole, m := r.plan.Whole, r.plan.Query.Measures[0]
	if whole == nil || m.Over != "" || !n.additive(0) {
		return nil
	}
	res := n.result
	t, at := res.withRole(semantic.RoleTime), res.column(m.Key())
	var sofar, tocome float64
	for _, row := range res.Rows {
		if when, ok := row[t].(time.Time); ok && !when.Before(whole.Start) {
			v, _ := connectors.Number(row[at])
			sofar += v
		}
	}
	for _, v := range next.Values {
		tocome += v
	}
	w := wordsFor(r.q.Language)
	column := func(name, label string) Column {
		c := res.Columns[at]
		c.Name, c.Type, c.Label, c.Role = name, "DOUBLE", label, string(semantic.RoleMeasure)
		return c
	}
	when := res.Columns[t]
	when.Grain = string(unitOf(*whole))
	when.Label = grainLabel(unitOf(*whole), r.q.Language)
	return &Result{Name: "r3", Source: Computed, RowCount: 1,
		Columns: []Column{when, column("so_far", w.actual), column("to_come", w.forecast), column("total", w.total)},
		Rows:    [][]any{{whole.Start, sofar, tocome, sofar + tocome}}}
}

// unitOf is the calendar unit that a period is one of.
func unitOf(p semantic.Period) semantic.Grain {
	switch days := math.Round(p.End.Sub(p.Start).Hours() / 24); {
	case days > 92:
		return semantic.Year
	case days > 31:
		return semantic.Quarter
	}
	return semantic.Month
}

// totalText says what a period under way comes to.
func (n *narrator) totalText(total *Result, method string) string {
	at := *n
	at.result, at.query.Period = total, nil
	past := *n
	past.query.Period = nil // another year may follow
	name, until := n.subject(0), past.when(len(n.result.Rows)-1).ref
	whole, sofar, tocome := at.figure(0, "total"), at.figure(0, "so_far").ref, at.figure(0, "to_come").ref
	if n.ko() {
		return n.filterPrefix() + fmt.Sprintf("%s %s 모두 %s 예상됩니다(%s까지 %s, 그 뒤 %s). 그 뒤는 지난 흐름의 %s만 이어 본 것이에요.",
			name+format.Josa(name, "은", "는"), at.when(0).ref, whole.ref+format.Josa(whole.text, "으로", "로"), until, sofar, tocome, method)
	}
	return n.sentence(fmt.Sprintf("%s may come to %s %s: %s until %s, and %s after that, which only continues the past %s",
		name, whole.ref, at.onWhen(0), sofar, until, tocome, method))
}
