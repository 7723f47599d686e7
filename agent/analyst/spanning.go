package analyst

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Own is a source of an analyst over several, and what is known of it by itself.
type Own struct {
	Source connectors.Source
	// Model is the definition that has the source's model in the configuration; nil means one
	// drafted from its catalogue. That of the analyst's definition comes first.
	Model *Definition
}

// Spanning makes the analyst of a definition that names several sources. Each part of its
// model is the source's own; what connects them is found in the data. What two sources call
// the same is asked back, for whoever wrote the definition put neither first. What does not
// fit comes back as Problems.
func (s *Sideboard) Spanning(ctx context.Context, d *Definition, sources map[string]Own) (*agent.Analyst, error) {
	a, problems, err := s.SeatSpanning(ctx, d, sources)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return a, nil
}

// SeatSpanning is Spanning even where the definition does not fit the real tables; see Seat.
func (s *Sideboard) SeatSpanning(ctx context.Context, d *Definition, sources map[string]Own) (*agent.Analyst, Problems, error) {
	span := &span{d: d, names: semantic.NewNames(), found: newFindings()}
	var members []member
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", d.Version())
	for _, name := range d.Sources {
		own := sources[name]
		catalog, err := own.Source.Catalog(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("catalogue of %s: %w", name, err)
		}
		part := d.part(name, own)
		fmt.Fprintf(h, "%s\x00", part.Version())
		model, _ := part.on(catalog)
		members = append(members, member{name: name, Analyst: &agent.Analyst{Source: own.Source, Tables: part.Tables, Model: model}, catalog: catalog})
		span.parts = append(span.parts, part)
	}
	out, err := s.open(ctx, d.Name, hex.EncodeToString(h.Sum(nil)[:8]), members, span.names.Span, span.found)
	if err != nil {
		return nil, nil, err
	}
	out.Title, out.Purpose, out.Owner, out.Knowledge = d.Title.label(), d.Purpose.label(), d.Owner, d.knowledge
	for _, v := range d.Verified {
		out.Verified = append(out.Verified, v.build(d.Sources))
	}
	catalog, err := out.Source.Catalog(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("catalogue across sources: %w", err)
	}
	model, problems := span.fit(context.WithoutCancel(ctx), catalog)
	out.Model, out.Examples = model, d.examples(model)
	out.Follow = func(catalog *connectors.Catalog) agent.Fitted {
		model, problems := span.fit(context.WithoutCancel(ctx), catalog)
		fitted := agent.Fitted{Model: model, Examples: d.examples(model)}
		for _, p := range problems {
			fitted.Misfits = append(fitted.Misfits, p.String())
		}
		return fitted
	}
	return out, problems, nil
}

// span fits the definition of an analyst over several sources to their tables.
type span struct {
	d     *Definition
	parts []*Definition // by d.Sources
	names *semantic.Names
	found *findings
}

// fit is the model on a catalogue of all the sources, and what of the definition does not fit.
// It asks nobody: what connects the sources is what was found when the analyst was opened.
func (s *span) fit(ctx context.Context, catalog *connectors.Catalog) (*semantic.Model, Problems) {
	var parts []semantic.Part
	var problems Problems
	for i, name := range s.d.Sources {
		own := ofSource(catalog, name)
		model, more := s.parts[i].on(own)
		problems = append(append(problems, s.d.strangers(name, own)...), more...)
		parts = append(parts, semantic.Part{Source: name, Model: model})
	}
	model := s.names.Span(s.d.Name, parts...)
	if err := draft.Link(ctx, model, catalog, recalled{model, s.found}); err != nil {
		problems = append(problems, Problem{File: s.d.file, Message: err.Error()})
	}
	return model, append(problems, s.d.fieldSlots(model)...)
}

// on is a part's model on its source's catalogue, and what of it does not fit. Tables that are
// not there are the definition's to tell.
func (d *Definition) on(catalog *connectors.Catalog) (*semantic.Model, Problems) {
	there := *d
	there.Tables = slices.DeleteFunc(slices.Clone(d.Tables), func(t string) bool { return catalog.Table(t) == nil })
	if d.Tables != nil && there.Tables == nil {
		there.Tables = []string{}
	}
	return there.fit(catalog)
}

// ofSource is the part of a catalogue over several sources that is one's.
func ofSource(c *connectors.Catalog, source string) *connectors.Catalog {
	out := &connectors.Catalog{Source: source, AsOf: c.AsOf}
	for _, t := range c.Tables {
		own, ok := strings.CutPrefix(t.Name, source+".")
		if !ok {
			continue
		}
		copied := *t
		copied.Name, copied.ForeignKeys = own, nil
		for _, k := range t.ForeignKeys {
			k.RefTable = strings.TrimPrefix(k.RefTable, source+".")
			copied.ForeignKeys = append(copied.ForeignKeys, k)
		}
		out.Tables = append(out.Tables, &copied)
	}
	return out
}

// findings are what was found of the values of fields, by the columns that these are.
type findings struct {
	mu     sync.Mutex
	values map[string][]any
	counts map[string]int
}

func newFindings() *findings { return &findings{values: map[string][]any{}, counts: map[string]int{}} }

// columnOf is what a field is, however its dataset is called.
func columnOf(m *semantic.Model, ref string) string {
	d, f := m.Field(ref)
	if f == nil {
		return ""
	}
	return d.Table() + "\x00" + f.Name
}

// noting is data of which is noted what is found. It implements draft.Data.
type noting struct {
	*asked
	found *findings
}

// Values implements draft.Data.
func (n noting) Values(ctx context.Context, ref string, most int) ([]any, error) {
	out, err := n.asked.Values(ctx, ref, most)
	n.found.mu.Lock()
	defer n.found.mu.Unlock()
	if err == nil {
		n.found.values[columnOf(n.model, ref)] = out
	}
	return out, err
}

// Found implements draft.Data.
func (n noting) Found(ctx context.Context, ref string, values []any) (int, error) {
	count, err := n.asked.Found(ctx, ref, values)
	n.found.mu.Lock()
	defer n.found.mu.Unlock()
	if err == nil {
		n.found.counts[columnOf(n.model, ref)+"\x00"+fmt.Sprint(values...)] = count
	}
	return count, err
}

// recalled is data of which only is known what was found. It implements draft.Data.
type recalled struct {
	model *semantic.Model
	found *findings
}

// Values implements draft.Data.
func (r recalled) Values(_ context.Context, ref string, _ int) ([]any, error) {
	r.found.mu.Lock()
	defer r.found.mu.Unlock()
	return r.found.values[columnOf(r.model, ref)], nil
}

// Found implements draft.Data.
func (r recalled) Found(_ context.Context, ref string, values []any) (int, error) {
	r.found.mu.Lock()
	defer r.found.mu.Unlock()
	return r.found.counts[columnOf(r.model, ref)+"\x00"+fmt.Sprint(values...)], nil
}

// part is what the definition and the configuration say of one of several sources by itself.
func (d *Definition) part(source string, own Own) *Definition {
	part := &Definition{Name: source, Source: source, file: d.file, files: d.files}
	if mine, ok := d.models[source]; ok {
		part.models = map[string]written{"": mine}
	} else if own.Model != nil {
		copied := *own.Model
		part = &copied
	}
	part.Tables = d.tablesOf(source)
	return part
}

// tablesOf are the tables of a source that the definition names, nil for all.
func (d *Definition) tablesOf(source string) (out []string) {
	for _, t := range d.Tables {
		if name, ok := strings.CutPrefix(t, source+"."); ok {
			out = append(out, name)
		}
	}
	return out
}

// strangers are the problems of tables that a source does not have.
func (d *Definition) strangers(source string, catalog *connectors.Catalog) (problems Problems) {
	for i, t := range d.Tables {
		if name, ok := strings.CutPrefix(t, source+"."); ok && catalog.Table(name) == nil {
			problems = append(problems, d.at(fmt.Sprintf("$.tables[%d]", i), fmt.Sprintf("source %s has no table %s", source, name)))
		}
	}
	return problems
}
