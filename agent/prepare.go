package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// prepared is an analyst ready to be asked: its words, and its data's values.
type prepared struct {
	*Analyst
	catalog     *connectors.Catalog
	lexicon     *compose.Lexicon
	from, until time.Time                       // first and last date in the data
	patterns    []pattern                       // of the verified questions
	values      map[string][]compose.ValueCount // by "dataset.field"

	briefed  sync.Once
	briefing *think.Briefing
}

// preparation is the preparing of one analyst, done once per version.
type preparation struct {
	mu      sync.Mutex
	version string
	ready   *prepared
}

// prepare returns the analyst ready to be asked. It is quick unless the analyst or
// its data changed.
func (a *Agent) prepare(ctx context.Context, an *Analyst) (*prepared, error) {
	catalog, err := an.Source.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("catalogue of %s: %w", an.Name, err)
	}
	a.mu.Lock()
	slot, ok := a.prepared[an.Name]
	if !ok {
		slot = &preparation{}
		a.prepared[an.Name] = slot
	}
	a.mu.Unlock()
	slot.mu.Lock()
	defer slot.mu.Unlock()
	version := an.Version + "\x00" + catalog.Version
	if slot.ready != nil && slot.version == version {
		return slot.ready, nil
	}
	p, err := a.build(ctx, an, catalog)
	if err != nil {
		return nil, err
	}
	slot.version, slot.ready = version, p
	return p, nil
}

func (a *Agent) build(ctx context.Context, an *Analyst, catalog *connectors.Catalog) (*prepared, error) {
	values := map[string][]compose.ValueCount{}
	for _, d := range an.Model.Datasets {
		if d.Hidden {
			continue
		}
		for _, f := range d.Fields {
			if f.Hidden || f.Kind != semantic.Categorical && f.Kind != semantic.Boolean {
				continue
			}
			list, err := a.values(ctx, an, catalog, d, f)
			if err != nil {
				return nil, err
			}
			values[d.Name+"."+f.Name] = list
		}
	}
	p := &prepared{Analyst: an, catalog: catalog, lexicon: compose.NewLexicon(an.Model, values), values: values}
	p.from, p.until = dataRange(an.Model, catalog)
	p.patterns = p.compilePatterns()
	return p, nil
}

// values are the values people may name a field's rows by: from the catalogue's
// profile where the field is a column, else asked of the source.
func (a *Agent) values(ctx context.Context, an *Analyst, catalog *connectors.Catalog, d *semantic.Dataset, f *semantic.Field) ([]compose.ValueCount, error) {
	if table := catalog.Table(d.Source); table != nil {
		if c := table.Column(fieldColumn(f)); c != nil && c.Profile != nil && (c.Profile.Values != nil || c.Profile.Distinct == 0) {
			out := make([]compose.ValueCount, len(c.Profile.Values))
			for i, v := range c.Profile.Values {
				out[i] = compose.ValueCount{Text: v.Value, Count: v.Count}
			}
			return out, nil
		}
	}
	ref := d.Name + "." + f.Name
	compiled, err := an.Model.Compile(semantic.Query{
		Dimensions: []semantic.Dimension{{Field: ref}}, Limit: connectors.MaxProfileValues,
	}, semantic.CompileOptions{Dialect: semantic.DuckDB})
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", ref, err)
	}
	res, err := an.Source.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: compiled.SQL, Tables: compiled.Tables})
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", ref, err)
	}
	var out []compose.ValueCount
	for _, row := range res.Rows {
		if s, ok := row[0].(string); ok {
			out = append(out, compose.ValueCount{Text: s})
		}
	}
	return out, nil
}

// fieldColumn is the column a field stands for, "" when it is computed.
func fieldColumn(f *semantic.Field) string {
	name := f.Expression["ANSI_SQL"]
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f
		if !letter && (i == 0 || r < '0' || r > '9') {
			if len(name) > 2 && name[0] == '"' && name[len(name)-1] == '"' {
				return name[1 : len(name)-1]
			}
			return ""
		}
	}
	return name
}

// dataRange is the first and the last date of what is usually asked about: along the
// time of the default metric, or of the first one that has a time. The oldest date
// anywhere would be a customer's birthday.
func dataRange(m *semantic.Model, catalog *connectors.Catalog) (from, until time.Time) {
	for _, preferred := range []bool{true, false} {
		for _, metric := range m.Metrics {
			if metric.Default != preferred && preferred {
				continue
			}
			if p := timeProfile(m, catalog, metric); p != nil {
				from, _ = p.Min.(time.Time)
				until, _ = p.Max.(time.Time)
				if !catalog.AsOf.IsZero() && catalog.AsOf.Before(until) {
					until = catalog.AsOf
				}
				return from.Truncate(24 * time.Hour), until.Truncate(24 * time.Hour)
			}
		}
	}
	return time.Time{}, catalog.AsOf.Truncate(24 * time.Hour)
}

// timeProfile is the profile of the column that a metric's time is, nil when the
// metric has no time or the column no dates.
func timeProfile(m *semantic.Model, catalog *connectors.Catalog, metric *semantic.Metric) *connectors.Profile {
	d, f := m.Field(metric.Time)
	if f == nil {
		return nil
	}
	table := catalog.Table(d.Source)
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

// input is a question as package compose takes it.
func (p *prepared) input(q *Question, cal *calendar.Calendar) compose.Input {
	in := compose.Input{
		Text: q.Text, Language: q.Language, Lexicon: p.lexicon, Now: q.Now,
		DataFrom: p.from, DataUntil: p.until, Choices: q.Choices, Calendar: cal,
		WeekStart: time.Monday, FiscalYearStart: time.Month(p.Model.FiscalYearStart),
	}
	if p.Model.WeekStart == "sunday" {
		in.WeekStart = time.Sunday
	}
	if n := len(q.Before); n > 0 && q.Before[n-1].Analyst == p.Name {
		in.Previous = q.Before[n-1].Plan
	}
	return in
}
