package agent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// times tell the first and the last dates of what metrics are computed from.
type times struct {
	model  *semantic.Model
	tables map[string]*connectors.Table
	asOf   func(*semantic.Dataset) time.Time   // how far the data go
	into   map[string][]*semantic.Relationship // by the dataset they lead to
}

func newTimes(m *semantic.Model, tables map[string]*connectors.Table, asOf func(*semantic.Dataset) time.Time) *times {
	t := &times{model: m, tables: tables, asOf: asOf, into: map[string][]*semantic.Relationship{}}
	for _, r := range m.Relationships {
		t.into[r.To] = append(t.into[r.To], r)
	}
	return t
}

// usual is the first and the last date of what is usually asked about: along the time of the
// default metric, or of the first one that has a time. The oldest date anywhere would be a
// customer's birthday.
func (t *times) usual(newest time.Time) (from, until time.Time) {
	for _, preferred := range []bool{true, false} {
		for _, metric := range t.model.Metrics {
			if metric.Default != preferred && preferred {
				continue
			}
			if r, ok := t.of(metric); ok {
				return r.From, r.Until
			}
		}
	}
	return time.Time{}, newest.Truncate(24 * time.Hour)
}

// all are the ranges of all metrics, by the field that is their time.
func (t *times) all() map[string]compose.Range {
	out := map[string]compose.Range{}
	for _, metric := range t.model.Metrics {
		r, ok := t.of(metric)
		if was, known := out[metric.Time]; ok && known {
			r = compose.RangeOf(map[string]compose.Range{"a": was, "b": r}, []string{"a", "b"})
		}
		if ok {
			out[metric.Time] = r
		}
	}
	return out
}

// of is the first and the last date of a metric's time.
func (t *times) of(metric *semantic.Metric) (compose.Range, bool) {
	p := timeProfile(t.model, t.tables, metric)
	if p == nil {
		return compose.Range{}, false
	}
	from, _ := p.Min.(time.Time)
	until, _ := p.Max.(time.Time)
	d, _ := t.model.Field(metric.Time)
	if newest := t.asOf(d); !newest.IsZero() && newest.Before(until) {
		until = newest
	}
	if used := t.usedDays(metric, d); !used.Until.IsZero() {
		from, until = used.From, used.Until
	}
	return compose.Range{From: from.Truncate(24 * time.Hour), Until: until.Truncate(24 * time.Hour)}, true
}

// usedDays are the first and the last day of a table of days that a metric's rows refer to,
// where the keys of the days tell them, 20260901. Such a table has days that nothing happened
// on yet.
func (t *times) usedDays(metric *semantic.Metric, days *semantic.Dataset) compose.Range {
	for _, r := range t.into[days.Name] {
		d := t.model.Dataset(r.From)
		if d == nil || len(r.FromColumns) != 1 || !slices.ContainsFunc(expressions(metric), func(e string) bool { return strings.Contains(e, d.Name+".") }) {
			continue
		}
		table := t.tables[d.Table()]
		if table == nil {
			continue
		}
		if c := table.Column(r.FromColumns[0]); c != nil && c.Profile != nil {
			from, until := keyDay(c.Profile.Min), keyDay(c.Profile.Max)
			if !from.IsZero() && !until.IsZero() {
				return compose.Range{From: from, Until: until}
			}
		}
	}
	return compose.Range{}
}

// expressions are a metric's, of all dialects.
func expressions(m *semantic.Metric) []string {
	var out []string
	for _, e := range m.Expression {
		out = append(out, e)
	}
	return out
}

// keyDay is the day that a key such as 20260901 names, zero for none.
func keyDay(v any) time.Time {
	n, ok := connectors.Number(v)
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse("20060102", fmt.Sprintf("%.0f", n))
	if err != nil {
		return time.Time{}
	}
	return t
}

// timeProfile is the profile of the column that a metric's time is, nil when the
// metric has no time or the column no dates.
func timeProfile(m *semantic.Model, tables map[string]*connectors.Table, metric *semantic.Metric) *connectors.Profile {
	d, f := m.Field(metric.Time)
	if f == nil {
		return nil
	}
	table := tables[d.Table()]
	if table == nil {
		return nil
	}
	c := table.Column(fieldColumn(f))
	if c == nil || c.Profile == nil {
		return nil
	}
	if _, ok := c.Profile.Max.(time.Time); !ok {
		return nil
	}
	return c.Profile
}
