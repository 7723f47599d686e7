package draft

import (
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// known is what has been drafted, by what it is looked for by: each of a hundred thousand
// columns asks who else is called so, and cannot look at all the others.
type known struct {
	datasets  map[string]bool   // names, folded
	tables    map[string]*table // by the catalogue's name
	rows      called            // what the rows of tables are
	labels    called            // columns and metrics
	heads     map[*concept]int  // how many tables' names end in what a row is
	owners    map[string]*table // columns with figures, by name and by label: whose; nil for several tables'
	relations map[string]bool   // names of relationships
	ways      ways              // where relationships lead
}

func newKnown() known {
	return known{
		datasets: map[string]bool{}, tables: map[string]*table{}, rows: newCalled(), labels: newCalled(), heads: map[*concept]int{},
		owners: map[string]*table{}, relations: map[string]bool{}, ways: ways{at: map[string]int{}},
	}
}

// called is what something is called, in both languages.
type called struct{ ko, en map[string]bool }

func newCalled() called { return called{ko: map[string]bool{}, en: map[string]bool{}} }

func (c called) add(l semantic.Label) {
	c.ko[l.Ko], c.en[foldCase(l.En)] = true, true
}

// has reports whether something is called so in one of the languages.
func (c called) has(l semantic.Label) bool {
	return l.Ko != "" && c.ko[l.Ko] || l.En != "" && c.en[foldCase(l.En)]
}

// foldCase is equal for what strings.EqualFold calls equal.
func foldCase(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// add notes a table with its columns.
func (k *known) add(t *table) {
	k.datasets[foldCase(t.ds.Name)] = true
	if k.tables[t.Name] == nil {
		k.tables[t.Name] = t
	}
	k.rows.add(semantic.Label{Ko: t.ds.Label.Ko, En: singular(strings.ToLower(t.ds.Label.En))})
	for _, c := range t.columns {
		k.labels.add(c.field.Label)
		if c.use == useNone {
			continue
		}
		for _, key := range c.ownerKeys() {
			if owner, ok := k.owners[key]; ok && owner != t {
				k.owners[key] = nil
			} else {
				k.owners[key] = t
			}
		}
	}
}

// ownerKeys are what a column is told from those of other tables by.
func (c *column) ownerKeys() []string {
	keys := l("name " + foldCase(c.field.Name))
	if c.field.Label.Ko != "" {
		keys = append(keys, "ko "+c.field.Label.Ko)
	}
	return keys
}

// countHeads counts what the names of tables, alone or at their end, say that a row is.
func (d *drafter) countHeads() {
	for _, words := range d.bare {
		end, whole := d.terms.thing(lastWord(words)), d.terms.thing(words)
		if end != nil {
			d.known.heads[end]++
		}
		if whole != nil && whole != end {
			d.known.heads[whole]++
		}
	}
}
