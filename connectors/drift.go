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
}

// ChangeKind is what changed.
type ChangeKind string

// The kinds of changes.
const (
	TableAdded     ChangeKind = "table added"
	TableRemoved   ChangeKind = "table removed"
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
	}
	return string(c.What) + ": " + name
}

// Changes tells how the structure of a catalogue differs from that of an earlier one: what
// was added and removed, types, comments and keys. A column renamed is one removed and one
// added. Rows and profiles do not count.
func Changes(before, after *Catalog) []Change {
	was, is := tablesByName(before), tablesByName(after)
	var out []Change
	for _, t := range before.Tables {
		if is[t.Name] == nil {
			out = append(out, Change{What: TableRemoved, Table: t.Name})
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
			put(TypeChanged, c.Name, old.Type, c.Type)
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
