// Package draft makes a semantic model out of a catalogue, so that questions can be
// asked of data that nobody has described: what a column means is read from its
// heading in either language, its comment, its unit and its profile. A draft is
// cautious where being wrong would give a wrong figure: ages, prices and rates are
// averaged and never added up, numbers that name things are counted.
package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Options say what the catalogue cannot.
type Options struct {
	Name string // the model's name; the source's when empty
}

// dialect is the Ossie dialect of the expressions.
const dialect = "ANSI_SQL"

// Model drafts a semantic model of the tables of a catalogue. The same catalogue
// gives the same model.
func Model(cat *connectors.Catalog, opts Options) *semantic.Model {
	d := &drafter{cat: cat, terms: newTerms(), known: newKnown(), columns: map[string]map[string]string{}, model: &semantic.Model{Name: opts.Name}}
	if d.model.Name == "" {
		d.model.Name = cat.Source
	}
	if d.model.Name == "" {
		d.model.Name = "data"
	}
	d.bare = d.bareNames()
	d.countHeads()
	for _, t := range cat.Tables {
		d.addDataset(t)
	}
	for _, t := range d.tables {
		d.relate(t)
	}
	for _, t := range d.tables {
		hideKeys(t)
		d.callByThing(t)
		d.placeInTime(t)
	}
	for _, t := range d.tables {
		d.addMetrics(t)
	}
	d.takePayments()
	d.tidyWords()
	d.chooseDefault()
	d.model.Examples = Questions(d.model)
	return d.model
}

// drafter holds what is known while a model is drafted.
type drafter struct {
	cat     *connectors.Catalog
	terms   *terms
	model   *semantic.Model
	tables  []*table
	names   names             // of metrics
	bare    map[string]string // what each table is about, by its name
	known   known
	columns map[string]map[string]string // expressions of columns, by their names
}

// table is a table with what was made of it.
type table struct {
	*connectors.Table
	ds      *semantic.Dataset
	columns []*column
	entity  *concept // what a row is, where the name says it
	words   string   // the name without what does not say what the rows are
	ko, en  []string // what a row is called, the usual word first
	prefix  int      // how many words all columns begin with, which say nothing
	time    string   // "dataset.field" that rows are placed in time by
	when    *column  // that of its own
	central int      // how much the model is about it
	metrics []*semantic.Metric

	referring []*table // those with columns that refer to it
	leads     []*table // those that relationships of one column lead to, in the model's order
}

// column is a column with what was made of it.
type column struct {
	*connectors.ColumnInfo
	said    string // the name, or what the comment calls the column where the name says nothing
	words   string // that without what all columns of the table begin with
	field   *semantic.Field
	concept *concept // that the name, or its end, stands for
	exact   bool     // the whole name does
	use     use
	format  string
	target  *table // of a foreign key
}

// use is what becomes of a column's figures.
type use int

const (
	useNone use = iota
	useSum      // added up, and averaged
	useAverage
	useCount // different values are counted
	useShare // of yes
)

// names hands out names that differ.
type names struct{ taken map[string]bool }

func (n *names) unique(candidates ...string) string {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	for i := 0; ; i++ {
		name := candidates[min(i, len(candidates)-1)]
		if i >= len(candidates) {
			name += "_" + string(rune('0'+(i-len(candidates)+2)%10)) + strings.Repeat("x", (i-len(candidates)+2)/10)
		}
		if key := strings.ToLower(name); !n.taken[key] {
			n.taken[key] = true
			return name
		}
	}
}

func (d *drafter) addDataset(t *connectors.Table) {
	if len(t.Columns) == 0 {
		return
	}
	ds := &semantic.Dataset{Name: d.datasetName(t), Source: quoteName(t), PrimaryKey: t.PrimaryKey, Description: tidyComment(t.Comment)}
	if ds.Name == "" {
		return
	}
	tab := &table{Table: t, ds: ds, words: d.bare[t.Name], entity: d.entity(d.bare[t.Name])}
	d.nameTable(tab)
	tab.prefix = commonPrefix(t)
	for _, c := range t.Columns {
		col := d.addField(tab, c)
		tab.columns = append(tab.columns, col)
		ds.Fields = append(ds.Fields, col.field)
	}
	d.chooseName(tab)
	tab.findTotals()
	d.model.Datasets = append(d.model.Datasets, ds)
	d.tables = append(d.tables, tab)
	d.known.add(tab)
}

// without removes repeated words and those that are said already.
func without(list []string, said ...string) []string {
	var out []string
	for _, w := range list {
		same := func(x string) bool { return strings.EqualFold(x, w) }
		if w != "" && !slices.ContainsFunc(said, same) && !slices.ContainsFunc(out, same) {
			if out == nil {
				out = make([]string, 0, len(list))
			}
			out = append(out, w)
		}
	}
	return out
}
