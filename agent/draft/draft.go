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
	d := &drafter{cat: cat, terms: newTerms(), model: &semantic.Model{Name: opts.Name}}
	if d.model.Name == "" {
		d.model.Name = cat.Source
	}
	if d.model.Name == "" {
		d.model.Name = "data"
	}
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
	d.tidyWords()
	d.chooseDefault()
	d.model.Examples = Questions(d.model)
	return d.model
}

// drafter holds what is known while a model is drafted.
type drafter struct {
	cat    *connectors.Catalog
	terms  *terms
	model  *semantic.Model
	tables []*table
	names  names // of metrics
}

// table is a table with what was made of it.
type table struct {
	*connectors.Table
	ds      *semantic.Dataset
	columns []*column
	entity  *concept // what a row is, where the name says it
	prefix  int      // how many words all columns begin with, which say nothing
	time    string   // "dataset.field" that rows are placed in time by
	central int      // how much the model is about it
}

// column is a column with what was made of it.
type column struct {
	*connectors.ColumnInfo
	words   string // the name without what all columns of the table begin with
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
	ds := &semantic.Dataset{Name: d.datasetName(t.Name), Source: quoteName(t.Name), PrimaryKey: t.PrimaryKey, Description: t.Comment}
	if ds.Name == "" {
		return
	}
	tab := &table{Table: t, ds: ds, entity: d.entity(t.Name)}
	ds.Label, ds.Synonyms = d.datasetLabel(t, tab.entity)
	tab.prefix = commonPrefix(t)
	for _, c := range t.Columns {
		col := d.addField(tab, c)
		tab.columns = append(tab.columns, col)
		ds.Fields = append(ds.Fields, col.field)
	}
	d.chooseName(tab)
	d.model.Datasets = append(d.model.Datasets, ds)
	d.tables = append(d.tables, tab)
}

// datasetName is a table's name without its schema, where that is enough; "" where
// even the full name is taken.
func (d *drafter) datasetName(table string) string {
	for _, try := range []string{table[strings.LastIndexByte(table, '.')+1:], table} {
		name := plainName(try)
		if !slices.ContainsFunc(d.model.Datasets, func(x *semantic.Dataset) bool { return strings.EqualFold(x.Name, name) }) {
			return name
		}
	}
	return ""
}

// commonPrefix counts the words that the names of all columns begin with.
func commonPrefix(t *connectors.Table) int {
	if len(t.Columns) < 3 {
		return 0
	}
	first := pieces(t.Columns[0].Name)
	n := len(first) - 1
	for _, c := range t.Columns {
		w := pieces(c.Name)
		n = min(n, len(w)-1)
		for i := 0; i < n; i++ {
			if w[i] != first[i] {
				n = i
			}
		}
	}
	return max(n, 0)
}

// plainName makes a name that can stand in an expression unquoted: "shop.orders"
// is shop_orders.
func plainName(s string) string {
	out := strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !isWordRune(r) }), "_")
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		return "t_" + out
	}
	return out
}

func isWordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80
}

// quoteName quotes the parts of a table's name that need it.
func quoteName(s string) string {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		if plainName(p) != p {
			parts[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
	}
	return strings.Join(parts, ".")
}

// quoteColumn quotes a column's name, always: many are words of SQL.
func quoteColumn(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// entity is the concept of a table's name.
func (d *drafter) entity(name string) *concept {
	bare := stripTails(name[strings.LastIndexByte(name, '.')+1:])
	if c := d.terms.thing(bare); c != nil {
		return c
	}
	return d.terms.last(bare)
}

// thing returns the person, place, thing or event that a whole name stands for:
// a table called sales holds sales, not sums of money.
func (t *terms) thing(name string) *concept {
	w := split(name)
	if len(w) > 0 {
		w[len(w)-1] = singular(w[len(w)-1])
	}
	for _, c := range []*concept{t.byEn[strings.Join(w, " ")], t.find(name)} {
		if c != nil && (c.role == person || c.role == place || c.role == thing || c.role == event) {
			return c
		}
	}
	return nil
}

func stripTails(name string) string {
	s := name
	for _, tail := range tails {
		if rest, ok := strings.CutSuffix(s, tail); ok && rest != "" {
			s = strings.TrimRight(rest, "_ ")
			break
		}
	}
	return s
}

// datasetLabel names a table's rows in both languages.
func (d *drafter) datasetLabel(t *connectors.Table, entity *concept) (semantic.Label, []string) {
	name := t.Name[strings.LastIndexByte(t.Name, '.')+1:]
	bare := stripTails(name)
	exact := d.terms.thing(bare)
	var label semantic.Label
	var synonyms []string
	if isKorean(name) {
		label.Ko = strings.Join(splitKeepCase(bare), " ")
		label.En = capital(plural(d.terms.english(bare)))
	} else {
		label.En = capital(sentence(bare))
		label.Ko = d.terms.korean(bare)
		if exact != nil {
			label.Ko = exact.ko[0]
		}
	}
	if exact != nil {
		synonyms = append(synonyms, exact.ko...)
		for _, w := range exact.en {
			synonyms = append(synonyms, plural(w))
		}
	}
	if bare != name {
		synonyms = append(synonyms, strings.Join(splitKeepCase(name), " "))
	}
	return label, without(synonyms, label.Ko, label.En)
}

// splitKeepCase is split for text that is shown.
func splitKeepCase(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == ' ' })
}

// without removes repeated words and those that are said already.
func without(list []string, said ...string) []string {
	var out []string
	for _, w := range list {
		same := func(x string) bool { return strings.EqualFold(x, w) }
		if w != "" && !slices.ContainsFunc(said, same) && !slices.ContainsFunc(out, same) {
			out = append(out, w)
		}
	}
	return out
}

// relate adds the relationships of a table's foreign keys.
func (d *drafter) relate(t *table) {
	for _, k := range t.ForeignKeys {
		to := d.tableOf(k.RefTable)
		if to == nil || len(k.Columns) == 0 || len(k.Columns) != len(k.RefColumns) {
			continue
		}
		name := t.ds.Name + "_" + to.ds.Name
		if slices.ContainsFunc(d.model.Relationships, func(r *semantic.Relationship) bool { return r.Name == name }) {
			name += "_" + plainName(strings.Join(k.Columns, "_"))
		}
		if slices.ContainsFunc(d.model.Relationships, func(r *semantic.Relationship) bool { return r.Name == name }) {
			continue
		}
		for _, c := range t.columns {
			if slices.Contains(k.Columns, c.Name) {
				c.target = to
			}
		}
		if to == t {
			continue // a row's parent is of the same dataset: nothing to join for
		}
		d.model.Relationships = append(d.model.Relationships, &semantic.Relationship{
			Name: name, From: t.ds.Name, To: to.ds.Name, FromColumns: k.Columns, ToColumns: k.RefColumns,
		})
		if !d.oneWay() {
			d.model.Relationships = d.model.Relationships[:len(d.model.Relationships)-1]
			continue
		}
		t.central += 2
		if len(to.ds.PrimaryKey) == 0 {
			to.ds.PrimaryKey = k.RefColumns
		} else if !slices.Equal(to.ds.PrimaryKey, k.RefColumns) && !slices.ContainsFunc(to.ds.UniqueKeys, func(u []string) bool { return slices.Equal(u, k.RefColumns) }) {
			to.ds.UniqueKeys = append(to.ds.UniqueKeys, k.RefColumns)
		}
	}
}

// hideKeys takes out of what people may ask about the numbers that only join tables:
// the row they stand for has a name.
func hideKeys(t *table) {
	named := func(x *table) bool {
		return slices.ContainsFunc(x.ds.Fields, func(f *semantic.Field) bool { return f.IsName })
	}
	for _, c := range t.columns {
		if c.field.Kind != semantic.Identifier {
			continue
		}
		own := slices.Equal(t.PrimaryKey, []string{c.Name}) && named(t)
		if c.target != nil && named(c.target) || own || strings.EqualFold(c.Name, "id") {
			c.field.Hidden = true
		}
	}
}

// callByThing lets a column be called by what it names, where no table has that as
// its rows: "상품별 매출" is by 상품명, "by customer" by customer_id.
func (d *drafter) callByThing(t *table) {
	taken := map[string]bool{}
	for _, pass := range []func(*column) bool{
		func(c *column) bool { return nameLike(c.Name) && !partOfName(c.Name) },
		func(c *column) bool { return c.field.Kind == semantic.Identifier && c.use == useCount },
	} {
		for _, c := range t.columns {
			if c.field.Hidden || c.target != nil || !pass(c) {
				continue
			}
			ko, en := d.thingOf(c)
			if ko == "" && en == "" || taken[ko+"/"+en] || d.hasRowsOf(ko, en, t) {
				continue
			}
			taken[ko+"/"+en] = true
			c.field.Synonyms = without(append(c.field.Synonyms, ko, en), c.field.Label.Ko, c.field.Label.En)
		}
	}
}

// oneWay reports whether no dataset leads to another in two equally short ways: a
// question could then be meant in either, and a draft must not choose.
func (d *drafter) oneWay() bool {
	next := map[string][]string{}
	for _, r := range d.model.Relationships {
		next[r.From] = append(next[r.From], r.To)
	}
	for start := range next {
		ways := map[string]int{start: 1}
		for front := []string{start}; len(front) > 0; {
			reached := map[string]int{}
			var order []string
			for _, from := range front {
				for _, to := range next[from] {
					if ways[to] > 0 {
						continue
					}
					if reached[to] == 0 {
						order = append(order, to)
					}
					if reached[to]++; reached[to] > 1 {
						return false
					}
				}
			}
			for to := range reached {
				ways[to] = 1
			}
			front = order
		}
	}
	return true
}

func (d *drafter) tableOf(name string) *table {
	for _, t := range d.tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// placeInTime finds the field that says when a row happened: one of its own, else
// that of what it belongs to.
func (d *drafter) placeInTime(t *table) {
	if own := mainTime(t); own != nil {
		t.time = t.ds.Name + "." + own.field.Name
		t.central += 3
		return
	}
	for _, c := range t.columns {
		if c.target != nil && c.target != t {
			if own := mainTime(c.target); own != nil && c.target.entity != nil && c.target.entity.role == event {
				t.time = c.target.ds.Name + "." + own.field.Name
				return
			}
		}
	}
}

// mainTime is the time that most likely says when a row of t happened; nil where
// the times say something else, such as when a person was born.
func mainTime(t *table) *column {
	var best *column
	score := 0
	for i, c := range t.columns {
		if c.Kind != connectors.KindDate && c.Kind != connectors.KindTimestamp {
			continue
		}
		s := timeScore(c, len(t.columns)-i)
		if s > score {
			best, score = c, s
		}
	}
	return best
}

func timeScore(c *column, early int) int {
	s := 100 + min(early, 20)
	low := " " + sentence(c.Name) + " " + strings.ToLower(c.Original)
	for _, w := range []string{"birth", "dob", "생년", "생일", "출생"} {
		if strings.Contains(low, w) {
			return 0
		}
	}
	for _, w := range []string{"updat", "modif", "수정", "end", "종료", "만료", "expir", "due", "마감", "terminat", "퇴사", "last ", "crtd", "deleted", "삭제", "until"} {
		if strings.Contains(low, w) {
			s -= 60
			break
		}
	}
	for _, w := range []string{"order", "주문", "sale", "판매", "purchase", "구매", "transaction", "거래", "payment", "결제", "visit", "방문", "start", "event", "발생", "created", "일자", "날짜", "date"} {
		if strings.Contains(low, w) {
			s += 30
			break
		}
	}
	if p := c.Profile; p != nil {
		s -= int(60 * p.NullShare)
		if p.Distinct <= 1 && !p.Unique {
			s -= 30
		}
	}
	return max(s, 1)
}
