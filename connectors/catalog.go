package connectors

import (
	"strings"
	"time"
)

// Catalog describes the tables of a source.
type Catalog struct {
	Source  string // the source's configured name
	Dialect string // SQL dialect of statements: "duckdb", "postgres", "mysql", "mariadb", "sqlite"
	// Version changes whenever the data may have changed. An answer computed under
	// one version is not repeated under another.
	Version string
	// AsOf is the newest date found in the data, zero when there is none. It is what
	// "data until" says in an answer.
	AsOf   time.Time
	Tables []*Table
	// Broken are the names of views that are there and cannot be read, because what they read
	// is gone or closed to them. They are not among Tables.
	Broken []string
	// Read is when the structure was looked at, zero where it cannot change: of two
	// catalogues of one source, perhaps of two processes, the later look is right.
	Read time.Time
	// Reads are those of each source, by their names, where it joins several; Read is the
	// oldest then.
	Reads map[string]time.Time
}

// Table returns the table called name, or nil.
func (c *Catalog) Table(name string) *Table {
	for _, t := range c.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// ByName are the tables by their names, for those who look many up: Table goes through all.
func (c *Catalog) ByName() map[string]*Table {
	out := make(map[string]*Table, len(c.Tables))
	for _, t := range c.Tables {
		if out[t.Name] == nil {
			out[t.Name] = t
		}
	}
	return out
}

// Table is one table or view.
type Table struct {
	Name string // as a statement names it, unquoted
	// Own is the table's own part of Name, where Name has a dot that parts nothing: of
	// "shop.orders.2026" it may be "orders.2026". Empty where every dot parts a schema
	// from what is in it.
	Own         string
	Comment     string
	Origin      string // where the rows came from, such as a file's base name
	Rows        int64
	Columns     []*ColumnInfo
	PrimaryKey  []string
	ForeignKeys []ForeignKey
	// Notes say what reading the table left out, changed or had to guess.
	Notes []Note
}

// Parts are what Name is put together of: the table's own name last, before it its schema
// where a statement needs it.
func (t *Table) Parts() []string {
	if t.Own == "" {
		return strings.Split(t.Name, ".")
	}
	if schema := strings.TrimSuffix(strings.TrimSuffix(t.Name, t.Own), "."); schema != "" {
		return []string{schema, t.Own}
	}
	return []string{t.Own}
}

// Column returns the column called name, or nil.
func (t *Table) Column(name string) *ColumnInfo {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// ForeignKey says that Columns of the table holding it refer to RefColumns of
// RefTable.
type ForeignKey struct {
	Columns    []string
	RefTable   string
	RefColumns []string
	// Inferred is set when the key was found in the data rather than declared:
	// every value has its match there.
	Inferred bool
}

// Kind is what a column's values are, whatever the engine calls its type.
type Kind string

// The kinds.
const (
	KindText      Kind = "text"
	KindInteger   Kind = "integer"
	KindNumber    Kind = "number" // decimal or floating
	KindBool      Kind = "bool"
	KindDate      Kind = "date"
	KindTimestamp Kind = "timestamp"
	KindOther     Kind = "other"
)

// ColumnInfo is one column of a table.
type ColumnInfo struct {
	Name    string
	Type    string // the engine's own name
	Kind    Kind
	Comment string
	// Original is the heading in the file the column came from, when Name had to
	// differ from it; empty otherwise.
	Original string
	Profile  *Profile // nil when the source does not profile
}

// Profile says what a column's values look like. Counts may be estimates.
type Profile struct {
	NullShare float64 // 0…1
	Distinct  int64
	Unique    bool // every non-null value occurs once
	Min, Max  any  // cells as in Result.Rows; nil when there is no order or no value
	// Unit is what the values were written with in the file, such as "원", "%" or
	// "kg"; empty when they were bare.
	Unit string
	// Values are the most frequent values of a text or boolean column with at most
	// MaxProfileValues distinct ones, most frequent first. Nil otherwise.
	Values []ValueCount
}

// MaxProfileValues bounds Profile.Values.
const MaxProfileValues = 2000

// ValueCount is a value and how many rows hold it.
type ValueCount struct {
	Value string
	Count int64
}

// Newest is the newest date of any column, leaving out what lies in the future: due dates
// and plans say nothing about how fresh the data is.
func Newest(tables []*Table, now time.Time) time.Time {
	var latest time.Time
	for _, t := range tables {
		for _, c := range t.Columns {
			if c.Profile == nil {
				continue
			}
			day, ok := c.Profile.Max.(time.Time)
			if ok && day.After(latest) && day.Before(now.AddDate(0, 0, 1)) {
				latest = day
			}
		}
	}
	return latest
}
