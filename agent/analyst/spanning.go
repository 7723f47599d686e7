package analyst

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent"
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
	var members []member
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", d.Version())
	for _, name := range d.Sources {
		own := sources[name]
		catalog, err := own.Source.Catalog(ctx)
		if err != nil {
			return nil, fmt.Errorf("catalogue of %s: %w", name, err)
		}
		if problems := d.strangers(name, catalog); len(problems) > 0 {
			return nil, problems
		}
		a, err := Build(ctx, d.part(name, own), own.Source)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(h, "%s\x00", a.Version)
		members = append(members, member{name: name, Analyst: a, catalog: catalog})
	}
	out, err := s.open(ctx, d.Name, hex.EncodeToString(h.Sum(nil)[:8]), members, semantic.Span)
	if err != nil {
		return nil, err
	}
	out.Title, out.Purpose, out.Owner, out.Knowledge = d.Title.label(), d.Purpose.label(), d.Owner, d.knowledge
	out.Examples = d.examples(out.Model)
	for _, v := range d.Verified {
		out.Verified = append(out.Verified, v.build(d.Sources))
	}
	if problems := d.fieldSlots(out.Model); len(problems) > 0 {
		return nil, problems
	}
	return out, nil
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
