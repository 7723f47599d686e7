package drift

import (
	"crypto/rand"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Look is a look at the tables of an analyst.
type Look struct {
	Analyst string
	Version string // of its definition
	Catalog *connectors.Catalog
	Model   *semantic.Model // fitted to the catalogue
	// Before is the model fitted to an earlier structure: another one than Model where it is
	// drafted, Model itself where somebody wrote it. It is asked where something is lost.
	Before   func(earlier *connectors.Catalog) *semantic.Model
	Verified []Verified
	Sources  []string // that the catalogue joins; nil for one
	Now      time.Time
}

// Bounds of what is remembered of an analyst.
const (
	maxTables = 3000
	maxLosses = 200
)

// settle is what is to be remembered after a look; r is nil for an analyst that was never
// looked at. What is lost is judged by the tables as they are now, not by the steps in
// which they became so.
func (r *Record) settle(l Look) *Record {
	s := &settling{Look: l, was: r, next: &Record{Analyst: l.Analyst, Source: l.Catalog.Source, Version: l.Version, Read: l.Catalog.Read, Reads: l.Catalog.Reads, Sources: l.Sources}, is: l.Catalog.ByName()}
	s.wanted = tablesOf(l.Catalog, l.Model, l.Verified)
	if r != nil {
		s.edited = r.Version != l.Version
		for _, t := range r.Tables {
			s.look(t)
		}
	}
	for _, name := range s.wanted {
		if r == nil || !slices.ContainsFunc(r.Tables, func(t table) bool { return t.Name == name }) {
			s.next.Tables = append(s.next.Tables, shapeOf(s.is[name]))
		}
	}
	s.next.count(l.Model)
	return s.next
}

// maxWorking is how many metrics are named that can be computed.
const maxWorking = 5

// count counts the metrics that nothing is lost of.
func (r *Record) count(m *semantic.Model) {
	lost := map[string]bool{}
	for _, l := range r.Losses {
		for _, h := range l.Hits {
			lost[h.Ref] = lost[h.Ref] || h.Lost
		}
	}
	for _, metric := range m.Metrics {
		if metric.Hidden || lost[metric.Name] {
			continue
		}
		if r.Works++; r.Works <= maxWorking {
			label := metric.Label
			if label == (semantic.Label{}) {
				label = semantic.Label{En: metric.Name}
			}
			r.Working = append(r.Working, label)
		}
	}
}

// stale reports whether a look is of a time before the one by which the record stands. One at
// several sources is, as soon as one of them was looked at before.
func (r *Record) stale(l Look) bool {
	if r == nil || r.Version != l.Version {
		return false
	}
	for source, read := range l.Catalog.Reads {
		if read.Before(r.Reads[source]) {
			return true
		}
	}
	return l.Catalog.Reads == nil && !l.Catalog.Read.IsZero() && l.Catalog.Read.Before(r.Read)
}

// settling is one look being taken in.
type settling struct {
	Look
	was, next *Record
	is        map[string]*connectors.Table
	wanted    []string
	edited    bool // the definition is another one: whoever wrote it saw the tables
	before    *semantic.Model
}

// look takes in what became of a table.
func (s *settling) look(t table) {
	now := s.is[t.Name]
	if now == nil {
		what := connectors.TableRemoved
		if slices.Contains(s.Catalog.Broken, t.Name) {
			what = connectors.ViewBroken
		}
		if s.lose(connectors.Change{What: what, Table: t.Name}, func(l *Loss) { l.Renamed = s.twin(t) }) {
			s.next.Tables = append(s.next.Tables, t)
		}
		return
	}
	if s.edited && !slices.Contains(s.wanted, t.Name) {
		return // it is read no more
	}
	var came []string
	for _, c := range now.Columns {
		if t.column(c.Name) == nil {
			came = append(came, t.Name+"."+c.Name)
		}
	}
	kept := table{Name: t.Name}
	for _, c := range t.Columns {
		if as, keep := s.column(t, now, c, came); keep {
			kept.Columns = append(kept.Columns, as)
		}
	}
	for _, c := range now.Columns {
		if t.column(c.Name) == nil {
			kept.Columns = append(kept.Columns, columnOf(c))
		}
	}
	s.next.Tables = append(s.next.Tables, kept)
}

// column takes in what became of a column of a table that is there, and returns as what it is
// remembered, if it is.
func (s *settling) column(t table, now *connectors.Table, c column, came []string) (as column, keep bool) {
	col := now.Column(c.Name)
	if col == nil {
		return c, s.lose(connectors.Change{What: connectors.ColumnRemoved, Table: t.Name, Column: c.Name}, func(l *Loss) {
			if l.Came = came; len(came) == 1 && now.Column(lastPart(came[0])).Kind == c.Kind && s.only(t, now) {
				l.Renamed = came[0]
			}
		})
	}
	if connectors.Unfits(c.info(), col) {
		change := connectors.Change{What: connectors.TypeChanged, Table: t.Name, Column: c.Name, Before: c.Type, After: col.Type, Was: c.Kind, Is: col.Kind}
		if !s.edited && s.lose(change, func(*Loss) {}) {
			return c, true
		}
		return columnOf(col), true
	}
	if as = columnOf(col); s.edited {
		return as, true
	}
	if c.Type != col.Type && c.Kind != col.Kind {
		return c, true // wider: what was made of it fits as long as there is as much
	}
	if c.Type == col.Type && (col.Profile == nil || col.Profile.Distinct == 0) {
		as.Kind = c.Kind // its values, by which it was told, are not known
	}
	return as, true
}

// only reports whether a table has lost no more than one column.
func (s *settling) only(t table, now *connectors.Table) bool {
	n := 0
	for _, c := range t.Columns {
		if now.Column(c.Name) == nil {
			n++
		}
	}
	return n == 1
}

// twin is the one table that was not relied on and has the columns of another, "" for none or
// several.
func (s *settling) twin(t table) (name string) {
	for _, other := range s.Catalog.Tables {
		if len(other.Columns) != len(t.Columns) || len(t.Columns) < 2 || slices.ContainsFunc(s.was.Tables, func(o table) bool { return o.Name == other.Name }) {
			continue
		}
		same := !slices.ContainsFunc(t.Columns, func(c column) bool {
			col := other.Column(c.Name)
			return col == nil || col.Kind != c.Kind
		})
		if same && name != "" {
			return ""
		}
		if same {
			name = other.Name
		}
	}
	return name
}

// lose notes a loss, unless nothing relies on what is lost. Describe says more of a new one.
func (s *settling) lose(c connectors.Change, describe func(*Loss)) (relied bool) {
	if len(s.next.Losses) >= maxLosses {
		return true
	}
	known := slices.IndexFunc(s.was.Losses, func(l Loss) bool {
		return l.What == c.What && l.Table == c.Table && l.Column == c.Column && l.Is == c.Is
	})
	if known >= 0 && !s.edited {
		loss := s.was.Losses[known]
		loss.Change = c
		s.next.Losses = append(s.next.Losses, loss)
		return true
	}
	before := s.Model
	if !s.edited {
		if s.before == nil {
			s.before = s.Before(s.was.Catalog())
		}
		before = s.before
	}
	hit := touch(c, before, s.Model, &s.Look)
	if !hit.relied {
		return false
	}
	loss := Loss{Change: c, ID: rand.Text(), At: s.Now}
	if known >= 0 {
		loss = s.was.Losses[known]
	} else {
		describe(&loss)
	}
	loss.Hits, loss.Verified = hit.hits, hit.verified
	s.next.Losses = append(s.next.Losses, loss)
	return true
}
