// Package drift knows what analysts rely on in their databases, and what of that is not there
// any more or not as it was: a table that is gone, a view that broke, a column that was renamed
// or holds something else than numbers now.
//
// What an analyst relies on is kept in the store with the shape that it had when all was well,
// so that a process that starts after the change finds it, too, and so that of several
// processes that see a change one writes it down. A [Loss] has an identity from then on until
// it is undone, the analyst's definition says otherwise, or somebody accepts it.
package drift

import (
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Loss is something that an analyst relies on and that is not as it was. It is stored and must
// marshal.
type Loss struct {
	connectors.Change
	// ID tells it from every other, one of the same column at another time too.
	ID string    `json:"id"`
	At time.Time `json:"at"` // when it was first seen
	// Came are the columns of the same table, or the tables of the same columns, that were
	// not there before.
	Came []string `json:"came,omitempty"`
	// Renamed is the one of them that it most likely is now; empty where nobody can tell.
	Renamed string `json:"renamed,omitempty"`
	Hits    []Hit  `json:"hits,omitempty"`
	// Verified are the questions that somebody vouches for and whose statements name it.
	Verified []string `json:"verified,omitempty"`
}

// Name is what is lost, as a statement names it: "orders", "orders.status".
func (l *Loss) Name() string { return nameOf(l.Change) }

func nameOf(c connectors.Change) string {
	if c.Column == "" {
		return c.Table
	}
	return c.Table + "." + c.Column
}

// covers reports whether the loss is of a change's column, or of the table that it is in.
func (l *Loss) covers(c connectors.Change) bool {
	return l.Table == c.Table && (l.Column == "" || l.Column == c.Column)
}

// Hit is a metric or a field that a loss is about.
type Hit struct {
	Ref    string         `json:"ref"` // a metric's name, or "dataset.field"
	Label  semantic.Label `json:"label"`
	Names  []string       `json:"names,omitempty"` // what people may call it
	Metric bool           `json:"metric,omitempty"`
	Lost   bool           `json:"lost,omitempty"` // it cannot be computed any more
}

// Verified is a question that somebody vouches for, with one of its statements: that for Source,
// of several sources, or that for the only one where it is empty.
type Verified struct{ Question, SQL, Source string }

// Record is what is remembered of an analyst.
type Record struct {
	Analyst string `json:"analyst"`
	Source  string `json:"source"`
	Version string `json:"version"` // of the analyst's definition
	// Read is when the structure was looked at by which it stands so.
	Read time.Time `json:"read,omitzero"`
	// Reads are those of each source, where the analyst has several: its tables are called
	// by their source and their own name then, "shop.orders".
	Reads map[string]time.Time `json:"reads,omitempty"`
	// Sources are they.
	Sources []string `json:"sources,omitempty"`
	Losses  []Loss   `json:"losses,omitempty"` // oldest first
	// Works is how many metrics can be computed all the same, and Working are some of them.
	Works   int              `json:"works,omitempty"`
	Working []semantic.Label `json:"working,omitempty"`
	// Tables are those that the analyst relies on: as they are, and where something is lost,
	// as that was.
	Tables []table `json:"tables,omitempty"`
}

// Home is the source that a change is of, and the name of its table there.
func (r *Record) Home(c connectors.Change) (source, table string) {
	for _, name := range r.Sources {
		if own, ok := strings.CutPrefix(c.Table, name+"."); ok {
			return name, own
		}
	}
	return r.Source, c.Table
}

// Since is when the first of the losses was seen; zero without any.
func (r *Record) Since() (first time.Time) {
	for i := range r.Losses {
		if at := r.Losses[i].At; first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// Covers reports whether something is still lost where an earlier loss was.
func (r *Record) Covers(earlier *Loss) bool {
	for i := range r.Losses {
		if r.Losses[i].covers(earlier.Change) {
			return true
		}
	}
	return false
}

// table is the shape of a table.
type table struct {
	Name    string   `json:"name"`
	Columns []column `json:"columns"`
}

type column struct {
	Name    string          `json:"n"`
	Type    string          `json:"t"`
	Kind    connectors.Kind `json:"k"`
	Comment string          `json:"c,omitempty"`
}

func (c column) info() *connectors.ColumnInfo {
	return &connectors.ColumnInfo{Name: c.Name, Type: c.Type, Kind: c.Kind, Comment: c.Comment}
}

// shapeOf is the shape of a catalogue's table.
func shapeOf(t *connectors.Table) table {
	out := table{Name: t.Name, Columns: make([]column, 0, len(t.Columns))}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, columnOf(c))
	}
	return out
}

func columnOf(c *connectors.ColumnInfo) column {
	return column{Name: c.Name, Type: c.Type, Kind: c.Kind, Comment: c.Comment}
}

func (t *table) column(name string) *column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Catalog is the structure as it was when all was well, without rows.
func (r *Record) Catalog() *connectors.Catalog {
	out := &connectors.Catalog{Source: r.Source}
	for _, t := range r.Tables {
		named := &connectors.Table{Name: t.Name}
		for _, c := range t.Columns {
			named.Columns = append(named.Columns, c.info())
		}
		out.Tables = append(out.Tables, named)
	}
	return out
}
