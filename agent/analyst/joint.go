package analyst

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Joined is a source as a part of one over several, and what of it may be read.
type Joined struct {
	Name   string
	Source connectors.Source
	Tables []string // nil means all
}

// Join makes one source of several; see connectors.Joint.
type Join func(name string, members ...Joined) connectors.Source

// maxJoined bounds the sources that one question may be asked of.
const maxJoined = 6

// Sideboard opens analysts over several sources, for questions that no single one answers.
// It remembers what it opened for as long as the tables stay as they are.
type Sideboard struct {
	join Join
	turn chan struct{} // holds one value, taken by whoever opens
	made map[string]*agent.Analyst
}

// NewSideboard returns one that joins sources by join.
func NewSideboard(join Join) *Sideboard {
	return &Sideboard{join: join, turn: newTurn(), made: map[string]*agent.Analyst{}}
}

// maxMade bounds the analysts that a sideboard remembers.
const maxMade = 64

// Seat gives each analyst of a configuration one beside it, over its own source and the
// others'.
func (s *Sideboard) Seat(analysts []*agent.Analyst) {
	for _, a := range analysts {
		if a.Members != nil {
			continue
		}
		var others []*agent.Analyst
		for _, o := range analysts {
			if o != a && o.Members == nil {
				others = append(others, o)
			}
		}
		a.Beside = func(ctx context.Context) (*agent.Analyst, error) {
			return s.together(ctx, a.Name, append([]*agent.Analyst{a}, others...))
		}
	}
}

// SeatFiles gives an analyst of dropped files one beside it, over a configuration's
// sources and the files. What the sources call something comes first: the files' own
// analyst was asked before.
func (s *Sideboard) SeatFiles(files *agent.Analyst, analysts []*agent.Analyst) {
	files.Beside = func(ctx context.Context) (*agent.Analyst, error) {
		var others []*agent.Analyst
		for _, a := range analysts {
			if a.Members == nil {
				others = append(others, a)
			}
		}
		return s.together(ctx, files.Name, append(others[:min(len(others), maxJoined-1)], files))
	}
}

// together opens the analyst called name over the analysts' sources, nil when these are
// one only.
func (s *Sideboard) together(ctx context.Context, name string, analysts []*agent.Analyst) (*agent.Analyst, error) {
	var members []member
	h := sha256.New()
	for _, a := range analysts {
		catalog, err := a.Source.Catalog(ctx)
		if err != nil && a.Name == name {
			return nil, fmt.Errorf("catalogue of %s: %w", a.Name, err)
		}
		if err != nil {
			continue // one source that is down must not keep the others apart
		}
		if len(members) == maxJoined || slices.ContainsFunc(members, func(m member) bool { return m.name == catalog.Source }) {
			continue
		}
		members = append(members, member{name: catalog.Source, Analyst: a, catalog: catalog})
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00", catalog.Source, a.Name, a.Version)
		for _, t := range catalog.Tables {
			fmt.Fprintf(h, "%s\x01", t.Name)
			for _, c := range t.Columns {
				fmt.Fprintf(h, "%s\x02%s\x02", c.Name, c.Kind)
			}
		}
	}
	if len(members) < 2 {
		return nil, nil
	}
	version := hex.EncodeToString(h.Sum(nil)[:8])
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	key := name + "\x00" + version
	if made, ok := s.made[key]; ok && made.Source != nil && sameSources(made, members) {
		return made, nil
	}
	made, err := s.open(ctx, name, version, members, semantic.Merge, nil)
	if err != nil {
		return nil, err
	}
	if len(s.made) >= maxMade {
		clear(s.made)
	}
	s.made[key] = made
	return made, nil
}

// member is an analyst as one of several.
type member struct {
	*agent.Analyst
	name    string // of its source
	catalog *connectors.Catalog
}

// sameSources reports whether an analyst answers from the members as they are now: a
// thread's files are opened anew when they change.
func sameSources(made *agent.Analyst, members []member) bool {
	joint, ok := made.Source.(connectors.Joint)
	return ok && !slices.ContainsFunc(members, func(m member) bool { return joint.Member(m.name) != m.Source })
}

// open puts members together. What is found in their data is noted in found, nil for nowhere.
func (s *Sideboard) open(ctx context.Context, name, version string, members []member, merge func(string, ...semantic.Part) *semantic.Model, found *findings) (*agent.Analyst, error) {
	var parts []semantic.Part
	var joined []Joined
	out := &agent.Analyst{Name: name, Version: "across-" + version}
	for _, m := range members {
		parts = append(parts, semantic.Part{Source: m.name, Model: m.Model})
		joined = append(joined, Joined{Name: m.name, Source: m.Source, Tables: m.Tables})
		out.Files = out.Files || m.Files
		for _, doc := range m.Knowledge { // its words may be another source's for something else
			out.Knowledge = append(out.Knowledge, agent.Document{Name: m.name + ": " + doc.Name, Text: doc.Text})
		}
		out.Members = append(out.Members, agent.Member{Name: m.name, Timezone: m.Model.Timezone, Tables: m.Tables})
	}
	out.Source = s.join(name, joined...)
	out.Model = merge(name, parts...)
	catalog, err := out.Source.Catalog(ctx)
	if err != nil {
		return nil, fmt.Errorf("catalogue across sources: %w", err)
	}
	var data draft.Data = &asked{model: out.Model, members: members}
	if found != nil {
		data = noting{&asked{model: out.Model, members: members}, found}
	}
	if err := draft.Link(ctx, out.Model, catalog, data); err != nil {
		return nil, fmt.Errorf("connect sources: %w", err)
	}
	out.Examples = draft.Questions(out.Model)
	return out, nil
}

// asked answers for the values of a merged model's fields. It implements draft.Data.
type asked struct {
	model   *semantic.Model
	members []member
}

func (a *asked) query(ctx context.Context, ref string, q semantic.Query) ([]any, error) {
	d, _ := a.model.Field(ref)
	if d == nil {
		return nil, fmt.Errorf("there is no field %s", ref)
	}
	i := slices.IndexFunc(a.members, func(m member) bool { return m.name == d.Database })
	if i < 0 {
		return nil, fmt.Errorf("there is no source %s", d.Database)
	}
	m := a.members[i]
	q.Dimensions = []semantic.Dimension{{Field: ref}}
	compiled, err := a.model.Compile(q, semantic.CompileOptions{Dialect: semantic.DialectOf(m.catalog.Dialect)})
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", ref, err)
	}
	res, err := m.Source.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: compiled.SQL, Tables: compiled.Tables})
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", ref, err)
	}
	var out []any
	for _, row := range res.Rows {
		if row[0] != nil {
			out = append(out, row[0])
		}
	}
	return out, nil
}

// Values implements draft.Data.
func (a *asked) Values(ctx context.Context, ref string, n int) ([]any, error) {
	return a.query(ctx, ref, semantic.Query{Limit: n})
}

// Found implements draft.Data.
func (a *asked) Found(ctx context.Context, ref string, values []any) (int, error) {
	found, err := a.query(ctx, ref, semantic.Query{Filters: []semantic.Filter{{Field: ref, Op: semantic.In, Values: values}}, Limit: len(values)})
	return len(found), err
}
