package connectors

import (
	"slices"
	"strings"
)

// Change is a difference in the structure of a source between two looks at it.
type Change struct {
	What   ChangeKind `json:"what"`
	Table  string     `json:"table"`
	Column string     `json:"column,omitempty"`
	Before string     `json:"before,omitempty"` // what it was, of types and comments
	After  string     `json:"after,omitempty"`
	// Was and Is are the kinds of values before and after, of types.
	Was Kind `json:"was,omitempty"`
	Is  Kind `json:"is,omitempty"`
}

// ChangeKind is what changed.
type ChangeKind string

// The kinds of changes.
const (
	TableAdded   ChangeKind = "table added"
	TableRemoved ChangeKind = "table removed"
	// ViewBroken: a view is there, and what it reads is not, or is closed to it.
	ViewBroken     ChangeKind = "view broken"
	ColumnAdded    ChangeKind = "column added"
	ColumnRemoved  ChangeKind = "column removed"
	TypeChanged    ChangeKind = "type changed"
	CommentChanged ChangeKind = "comment changed"
	KeysChanged    ChangeKind = "keys changed"
)

// String tells the change in a line of a log: "column added: orders.coupon".
func (c Change) String() string {
	name := c.Table
	if c.Column != "" {
		name += "." + c.Column
	}
	if c.What == TypeChanged {
		name += " from " + c.Before + " to " + c.After
		if c.Before == c.After {
			name += " (values are " + string(c.Is) + ", no longer " + string(c.Was) + ")"
		}
	}
	return string(c.What) + ": " + name
}

// Unfits reports whether something that was made of a column may be wrong on the other type:
// the kind of its values is another one, which does not have all that there were. A type
// that became wider unfits nothing, nor does one of the same kind: of varchar(10) made
// varchar(200), of int made bigint or decimal, of date made timestamp.
func Unfits(was, is *ColumnInfo) bool {
	if was.Type == is.Type && was.Kind != is.Kind && !is.seen() {
		return false // by its values, which nobody has looked at, or of which there are none
	}
	return was.Kind != is.Kind && !slices.Contains(wider(was.Kind, was.Type == is.Type), is.Kind)
}

// seen reports whether values of the column were looked at.
func (c *ColumnInfo) seen() bool { return c.Profile != nil && c.Profile.Distinct > 0 }

// wider are the kinds that have all values of a kind. Where the type is as it was, the kind
// follows the rows: texts that all have become dates are read as such, and what was taken for
// yes and no counts when there is a 2.
func wider(k Kind, sameType bool) []Kind {
	switch {
	case k == KindInteger && sameType:
		return []Kind{KindNumber, KindBool}
	case k == KindInteger:
		return []Kind{KindNumber}
	case k == KindBool && sameType:
		return []Kind{KindInteger, KindNumber}
	case k == KindNumber && sameType:
		return []Kind{KindInteger}
	case k == KindDate:
		return []Kind{KindTimestamp}
	case (k == KindText || k == KindOther) && sameType:
		return []Kind{KindText, KindDate, KindTimestamp, KindInteger, KindNumber, KindBool}
	}
	return nil
}

// Changes tells how the structure of a catalogue differs from that of an earlier one: what
// was added and removed, types, comments and keys. A column renamed is one removed and one
// added. Rows and profiles do not count.
func Changes(before, after *Catalog) []Change {
	was, is := tablesByName(before), tablesByName(after)
	var out []Change
	for _, t := range before.Tables {
		if is[t.Name] == nil {
			out = append(out, Change{What: after.lack(t.Name), Table: t.Name})
		}
	}
	for _, t := range after.Tables {
		old := was[t.Name]
		if old == nil {
			out = append(out, Change{What: TableAdded, Table: t.Name})
			continue
		}
		if old != t { // drivers hand out again what did not change
			out = append(out, tableChanges(old, t)...)
		}
	}
	return out
}

// lack is what became of a table that the catalogue does not have.
func (c *Catalog) lack(table string) ChangeKind {
	if slices.Contains(c.Broken, table) {
		return ViewBroken
	}
	return TableRemoved
}

func tablesByName(c *Catalog) map[string]*Table {
	out := make(map[string]*Table, len(c.Tables))
	for _, t := range c.Tables {
		out[t.Name] = t
	}
	return out
}

func tableChanges(before, after *Table) []Change {
	var out []Change
	put := func(what ChangeKind, column, was, is string) {
		out = append(out, Change{What: what, Table: after.Name, Column: column, Before: was, After: is})
	}
	if before.Comment != after.Comment {
		put(CommentChanged, "", before.Comment, after.Comment)
	}
	was := make(map[string]*ColumnInfo, len(before.Columns))
	for _, c := range before.Columns {
		was[c.Name] = c
	}
	kept := 0
	for _, c := range after.Columns {
		old := was[c.Name]
		if old == nil {
			put(ColumnAdded, c.Name, "", "")
			continue
		}
		kept++
		if old.Type != c.Type || old.Kind != c.Kind {
			out = append(out, Change{What: TypeChanged, Table: after.Name, Column: c.Name, Before: old.Type, After: c.Type, Was: old.Kind, Is: c.Kind})
		}
		if old.Comment != c.Comment {
			put(CommentChanged, c.Name, old.Comment, c.Comment)
		}
	}
	if kept < len(before.Columns) {
		for _, c := range before.Columns {
			if after.Column(c.Name) == nil {
				put(ColumnRemoved, c.Name, "", "")
			}
		}
	}
	if !slices.Equal(before.PrimaryKey, after.PrimaryKey) || !slices.EqualFunc(before.ForeignKeys, after.ForeignKeys, sameKey) {
		put(KeysChanged, "", "", "")
	}
	return out
}

func sameKey(a, b ForeignKey) bool {
	return a.RefTable == b.RefTable && slices.Equal(a.Columns, b.Columns) && slices.Equal(a.RefColumns, b.RefColumns)
}

// ChangeTexts tells changes one by one, at most so many, and how many more there are.
func ChangeTexts(changes []Change, most int) (told string, more int) {
	lines := make([]string, 0, min(len(changes), most))
	for _, c := range changes[:min(len(changes), most)] {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "; "), len(changes) - len(lines)
}
