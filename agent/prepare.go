package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	tables      map[string]*connectors.Table // of the catalogue, by name
	lexicon     *compose.Lexicon
	from, until time.Time                // first and last date in the data
	ranges      map[string]compose.Range // those of the fields of metrics' times
	patterns    []pattern                // of the verified questions
	unlisted    []string                 // fields that may have others
	looked      *lookedUp                // and what was found of them
	joint       connectors.Joint         // of several sources; nil for one
	members     []think.Member           // likewise, as a model is told of them

	briefed  sync.Once
	briefing *think.Briefing
}

// preparation is the preparing of one analyst, done once per version.
type preparation struct {
	mu      sync.Mutex
	version string
	ready   *prepared
	fit     fit
}

// prepare returns the analyst ready to be asked. It is quick unless the analyst or
// its data changed.
func (a *Agent) prepare(ctx context.Context, an *Analyst) (*prepared, error) {
	catalog, err := an.Source.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("catalogue of %s: %w", an.Name, err)
	}
	slot := a.slotOf(an)
	slot.mu.Lock()
	defer slot.mu.Unlock()
	version := an.Version + "\x00" + catalog.Version
	if slot.ready != nil && slot.version == version {
		return slot.ready, nil
	}
	slot.ready = nil // it is asked no more, and two of ten thousand tables are too many
	p, err := a.build(ctx, a.follow(ctx, &slot.fit, an, catalog), catalog)
	if err != nil {
		return nil, err
	}
	slot.version, slot.ready = version, p
	return p, nil
}

// slotOf is where an analyst is prepared.
func (a *Agent) slotOf(an *Analyst) *preparation {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := an.Name
	if an.Members != nil {
		key += "\x00across"
	}
	slot, ok := a.prepared[key]
	if !ok {
		slot = &preparation{}
		a.prepared[key] = slot
	}
	return slot
}

func (a *Agent) build(ctx context.Context, an *Analyst, catalog *connectors.Catalog) (*prepared, error) {
	indexed := *an
	indexed.Model = an.Model.Indexed()
	an = &indexed
	tables := catalog.ByName()
	values, err := a.allValues(ctx, an, catalog, tables)
	if err != nil {
		return nil, err
	}
	poolValues(an.Model, values)
	more, err := unlisted(ctx, an, catalog, tables, values)
	if err != nil {
		return nil, err
	}
	p := &prepared{Analyst: an, catalog: catalog, tables: tables, lexicon: compose.NewLexicon(an.Model, values), unlisted: more, looked: &lookedUp{}}
	p.joint, _ = an.Source.(connectors.Joint)
	if p.members, err = p.severalMembers(ctx); err != nil {
		return nil, fmt.Errorf("sources of %s: %w", an.Name, err)
	}
	asOf, err := a.asOf(ctx, an, catalog)
	if err != nil {
		return nil, err
	}
	times := newTimes(an.Model, tables, asOf)
	p.from, p.until = times.usual(catalog.AsOf)
	p.ranges = times.all()
	p.patterns = p.compilePatterns()
	return p, nil
}

// maxAsked bounds the fields whose values a source is asked for before the first question:
// where a schema is so large that most of its tables were not looked at yet, there are tens
// of thousands. The values of the others are known when their tables were.
const maxAsked = 50

// allValues are the values people may name rows by, by "dataset.field": from the catalogue's
// profile where the field is a column, else asked of the source.
func (a *Agent) allValues(ctx context.Context, an *Analyst, catalog *connectors.Catalog, tables map[string]*connectors.Table) (map[string][]compose.ValueCount, error) {
	values := map[string][]compose.ValueCount{}
	asked := 0
	for _, d := range an.Model.Datasets {
		if d.Hidden {
			continue
		}
		table := tables[d.Table()]
		for _, f := range d.Fields {
			ref := d.Name + "." + f.Name
			named := f.Kind == semantic.Categorical || f.Kind == semantic.Boolean
			if !named || f.Hidden && len(an.Model.Alike(ref)) == 0 { // what hides stands in for what does not
				continue
			}
			if column := fieldColumn(f); column != "" && (table != nil && table.Column(column) == nil || table == nil && !strings.ContainsAny(d.Source, " \n")) {
				continue // it is gone; who asks by it is told so
			}
			list, known := profiled(table, f)
			if !known && asked == maxAsked {
				continue
			}
			if !known {
				asked++
				var err error
				if list, err = a.values(ctx, an, catalog, d, f); err != nil {
					return nil, err
				}
			}
			values[ref] = list
		}
	}
	return values, nil
}

// profiled are a field's values by the profile of its column, where that has them.
func profiled(table *connectors.Table, f *semantic.Field) ([]compose.ValueCount, bool) {
	if table == nil {
		return nil, false
	}
	c := table.Column(fieldColumn(f))
	if c == nil || c.Profile == nil || c.Profile.Values == nil && c.Profile.Distinct != 0 {
		return nil, false
	}
	out := make([]compose.ValueCount, len(c.Profile.Values))
	for i, v := range c.Profile.Values {
		out[i] = compose.ValueCount{Text: v.Value, Count: v.Count}
	}
	return out, true
}

// values asks the source for the values of a field.
func (a *Agent) values(ctx context.Context, an *Analyst, catalog *connectors.Catalog, d *semantic.Dataset, f *semantic.Field) ([]compose.ValueCount, error) {
	ref := d.Name + "." + f.Name
	source, dialect, err := homeOf(ctx, an, catalog, d)
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", ref, err)
	}
	compiled, err := an.Model.Compile(semantic.Query{
		Dimensions: []semantic.Dimension{{Field: ref}}, Limit: connectors.MaxProfileValues,
	}, semantic.CompileOptions{Dialect: semantic.DialectOf(dialect)})
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", ref, err)
	}
	res, err := source.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: compiled.SQL, Tables: compiled.Tables})
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
	if inner, ok := strings.CutPrefix(name, `"`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); !ok || strings.Contains(strings.ReplaceAll(inner, `""`, ""), `"`) {
			return "" // "first" || "last" begins and ends with a quote, too
		}
		return strings.ReplaceAll(inner, `""`, `"`)
	}
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f
		if !letter && (i == 0 || r < '0' || r > '9') {
			return ""
		}
	}
	return name
}

// rangeOf is the first and the last date of what a plan computes.
func (p *prepared) rangeOf(plan *compose.Plan) (from, until time.Time) {
	if plan == nil {
		return p.from, p.until
	}
	var times []string
	for _, x := range plan.Query.Measures {
		for _, name := range []string{x.Metric, x.Per} {
			if m := p.Model.Metric(name); m != nil {
				times = append(times, m.Time)
			}
		}
	}
	if r := compose.RangeOf(p.ranges, times); !r.Until.IsZero() {
		return r.From, r.Until
	}
	return p.from, p.until
}

// from is the first date of what a run is about.
func (r *run) from() time.Time { first, _ := r.p.rangeOf(r.plan); return first }

// until is the last date of it.
func (r *run) until() time.Time { _, last := r.p.rangeOf(r.plan); return last }

// asOf tells how far the data of each dataset's source go.
func (a *Agent) asOf(ctx context.Context, an *Analyst, catalog *connectors.Catalog) (func(*semantic.Dataset) time.Time, error) {
	joint, ok := an.Source.(connectors.Joint)
	if !ok {
		return func(*semantic.Dataset) time.Time { return catalog.AsOf }, nil
	}
	known := map[string]time.Time{}
	for _, m := range an.Members {
		member, err := joint.Member(m.Name).Catalog(ctx)
		if err != nil {
			return nil, fmt.Errorf("catalogue of %s: %w", m.Name, err)
		}
		known[m.Name] = member.AsOf
	}
	return func(d *semantic.Dataset) time.Time { return known[d.Database] }, nil
}

// input is a question as package compose takes it.
func (p *prepared) input(q *Question, cal *calendar.Calendar) compose.Input {
	in := compose.Input{
		Text: q.Text, Language: q.Language, Lexicon: p.lexicon, Now: q.Now,
		DataFrom: p.from, DataUntil: p.until, Ranges: p.ranges, Choices: q.Choices, Calendar: cal,
		WeekStart: time.Monday, FiscalYearStart: time.Month(p.Model.FiscalYearStart),
	}
	if p.Files {
		in.Text = withoutFile(q.Text)
	}
	if p.Model.WeekStart == "sunday" {
		in.WeekStart = time.Sunday
	}
	if n := len(q.Before); n > 0 && q.Before[n-1].Analyst == p.Name && slices.Equal(q.Before[n-1].Across, p.across()) {
		in.Previous = q.Before[n-1].Plan
	}
	return in
}
