package connectors

import "time"

// Catalog describes the tables of a source.
type Catalog struct {
	Source  string // the source's configured name
	Dialect string // SQL dialect of statements: "duckdb", "postgres", "mysql", "sqlite"
	// Version changes whenever the data may have changed. An answer computed under
	// one version is not repeated under another.
	Version string
	// AsOf is the newest date found in the data, zero when there is none. It is what
	// "data until" says in an answer.
	AsOf   time.Time
	Tables []*Table
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

// Table is one table or view.
type Table struct {
	Name        string // as a statement names it, unquoted
	Comment     string
	Origin      string // where the rows came from, such as a file's base name
	Rows        int64
	Columns     []*ColumnInfo
	PrimaryKey  []string
	ForeignKeys []ForeignKey
	// Notes say what reading the table left out, changed or had to guess.
	Notes []Note
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
