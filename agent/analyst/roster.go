package analyst

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Build makes the analyst of a definition on its source. What does not fit the real
// tables comes back as Problems.
func Build(ctx context.Context, d *Definition, source connectors.Source) (*agent.Analyst, error) {
	a, problems, err := Seat(ctx, d, source)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return a, nil
}

// Seat makes the analyst of a definition even where that does not fit the real tables, and says
// what does not: it answers what does. It is for a definition that fitted once, and whose
// tables have changed since.
func Seat(ctx context.Context, d *Definition, source connectors.Source) (*agent.Analyst, Problems, error) {
	catalog, err := source.Catalog(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("catalogue of %s: %w", d.Source, err)
	}
	fitted := func(model *semantic.Model, problems Problems) agent.Fitted {
		out := agent.Fitted{Model: model, Examples: d.examples(model)}
		for _, p := range problems {
			out.Misfits = append(out.Misfits, p.String())
		}
		return out
	}
	model, problems := d.fit(catalog)
	first := fitted(model, problems)
	a := &agent.Analyst{
		Name: d.Name, Version: d.Version(), Title: d.Title.label(), Purpose: d.Purpose.label(), Owner: d.Owner,
		Source: source, Tables: d.Tables, Model: model, Examples: first.Examples, Knowledge: d.knowledge,
		Follow: following(catalog, first, func(catalog *connectors.Catalog) agent.Fitted { return fitted(d.fit(catalog)) }),
	}
	for _, v := range d.Verified {
		a.Verified = append(a.Verified, v.build(nil))
	}
	return a, problems, nil
}

// following fits an analyst to other catalogues than the first. What it is on that one is known,
// and is not made and kept once more: a draft of ten thousand tables takes seconds and more than
// a hundred megabytes.
func following(first *connectors.Catalog, fitted agent.Fitted, fit func(*connectors.Catalog) agent.Fitted) func(*connectors.Catalog) agent.Fitted {
	known := weak.Make(first) // it is kept by its source, as long as it holds
	return func(catalog *connectors.Catalog) agent.Fitted {
		if catalog == known.Value() {
			return fitted
		}
		return fit(catalog)
	}
}

// fit is the definition's model on a catalogue, drafted where none is written, and what of
// the definition does not fit.
func (d *Definition) fit(catalog *connectors.Catalog) (*semantic.Model, Problems) {
	var problems Problems
	known := catalog.ByName()
	for i, name := range d.Tables {
		if known[name] == nil {
			problems = append(problems, d.at(fmt.Sprintf("$.tables[%d]", i), fmt.Sprintf("source %s has no table %s", d.Source, name)))
		}
	}
	model := d.models[""].model
	if model == nil {
		model = draft.Model(within(catalog, d.Tables), draft.Options{})
	} else {
		for _, p := range model.Check(tablesOf(within(catalog, d.Tables))) {
			if p.Severity == semantic.SeverityError {
				problems = append(problems, problemOf(d.models[""].file, p))
			}
		}
	}
	return model, append(problems, d.fieldSlots(model)...)
}

func (d *Definition) examples(model *semantic.Model) []string {
	if len(d.Examples) > 0 {
		return d.Examples
	}
	return draft.Questions(model)
}

// Drafted makes an analyst of a source nobody wrote a definition for.
func Drafted(ctx context.Context, name string, source connectors.Source) (*agent.Analyst, error) {
	catalog, err := source.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("catalogue of %s: %w", name, err)
	}
	fit := func(catalog *connectors.Catalog) agent.Fitted {
		model := draft.Model(catalog, draft.Options{})
		return agent.Fitted{Model: model, Examples: model.Examples}
	}
	first := fit(catalog)
	return &agent.Analyst{
		Name: name, Version: "drafted", Drafted: true, Source: source, Model: first.Model, Examples: first.Examples,
		Follow: following(catalog, first, fit),
	}, nil
}

// within is the catalogue with only the named tables.
func within(c *connectors.Catalog, tables []string) *connectors.Catalog {
	if tables == nil {
		return c
	}
	copied, known := *c, c.ByName()
	copied.Tables = nil
	for _, name := range tables {
		if t := known[name]; t != nil {
			copied.Tables = append(copied.Tables, t)
		}
	}
	return &copied
}

// problemOf is a model's problem as one of the definition that names it.
func problemOf(file string, p semantic.Problem) Problem {
	if p.File != "" {
		file = p.File
	}
	return Problem{File: file, Line: p.Line, Column: p.Column, Message: p.Message}
}

// tablesOf is the catalogue as package semantic checks against it.
func tablesOf(c *connectors.Catalog) semantic.Tables {
	known := c.ByName()
	return func(name string) (semantic.Table, bool) {
		t := known[name]
		if t == nil {
			return semantic.Table{}, false
		}
		var out semantic.Table
		for _, col := range t.Columns {
			repeats := col.Profile != nil && !col.Profile.Unique && col.Profile.NullShare == 0 && col.Profile.Distinct < t.Rows/2
			out.Columns = append(out.Columns, semantic.TableColumn{Name: col.Name, Kind: kinds[col.Kind], Repeats: repeats})
		}
		return out, true
	}
}

// kinds are the kinds of fields that columns by their type could be.
var kinds = map[connectors.Kind]semantic.Kind{
	connectors.KindText: semantic.Categorical, connectors.KindInteger: semantic.Numeric, connectors.KindNumber: semantic.Numeric,
	connectors.KindBool: semantic.Boolean, connectors.KindDate: semantic.Temporal, connectors.KindTimestamp: semantic.Temporal,
}

// Awaited is the analyst of a definition as long as it cannot be built: everybody is told of
// it, and asking it asks source, which says why it is not there.
func Awaited(d *Definition, source connectors.Source) *agent.Analyst {
	return &agent.Analyst{
		Name: d.Name, Version: d.Version(), Title: d.Title.label(), Purpose: d.Purpose.label(), Owner: d.Owner,
		Source: source, Tables: d.Tables, Examples: d.Examples, Knowledge: d.knowledge,
	}
}

// Roster is the analysts that can be asked. It implements agent.Directory.
type Roster struct {
	channels map[string]string // channel name or id → analyst
	shelf    *Shelf

	mu       sync.RWMutex
	analysts []*agent.Analyst // replaced, never changed; guarded by mu
}

// NewRoster returns a roster of analysts in order of preference. Shelf may be nil.
func NewRoster(analysts []*agent.Analyst, channels map[string]string, shelf *Shelf) *Roster {
	return &Roster{analysts: analysts, channels: channels, shelf: shelf}
}

// Put has an analyst take the place of the one of its name, or the last one.
func (r *Roster) Put(a *agent.Analyst) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.analysts)
	if i := slices.IndexFunc(list, func(other *agent.Analyst) bool { return strings.EqualFold(other.Name, a.Name) }); i >= 0 {
		list[i] = a
	} else {
		list = append(list, a)
	}
	r.analysts = list
}

// All are the analysts of everybody, in order of preference. The list is not to be changed.
func (r *Roster) All() []*agent.Analyst {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.analysts
}

// Analyst implements agent.Directory.
func (r *Roster) Analyst(ctx context.Context, name string) (*agent.Analyst, error) {
	for _, a := range r.All() {
		if strings.EqualFold(a.Name, name) {
			return a, nil
		}
	}
	if r.shelf != nil {
		return r.shelf.analyst(ctx, name)
	}
	return nil, agent.ErrNoAnalyst
}

// Analysts implements agent.Directory.
func (r *Roster) Analysts(context.Context) ([]*agent.Analyst, error) { return r.All(), nil }

// ForChannel names the analyst that a channel asks by default, "" for none.
func (r *Roster) ForChannel(channel string) string {
	return r.channels[channelKey(channel)]
}

// channelKey is a channel as channels are compared.
func channelKey(channel string) string { return strings.ToLower(strings.TrimPrefix(channel, "#")) }

// Named returns the name of the analyst that people call by name or by title, in
// either language, or "".
func (r *Roster) Named(called string) string {
	for _, a := range r.All() {
		for _, name := range []string{a.Name, a.Title.Ko, a.Title.En} {
			if name != "" && strings.EqualFold(name, called) {
				return a.Name
			}
		}
	}
	return ""
}
