package draft

import (
	"context"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Data is asked for the values of a model's fields.
type Data interface {
	// Values returns up to n values of a field "dataset.field", without nulls.
	Values(ctx context.Context, ref string, n int) ([]any, error)
	// Found counts which of the values a field has.
	Found(ctx context.Context, ref string, values []any) (int, error)
}

// The bounds of looking for what connects sources.
const (
	// sampled is how many values of a key are looked for in another source.
	sampled = 200
	// maxTried bounds the keys that are looked for.
	maxTried = 12
)

// Link finds what connects the sources of a merged model, whose tables cat has, and writes
// it into the model: a key all or half of whose values occur in another source's becomes a
// relationship, from many rows to one, and fields called alike that have values in common
// are said to be the same thing. Where neither side of a key is unique nothing is related,
// for rows would be counted twice.
func Link(ctx context.Context, m *semantic.Model, cat *connectors.Catalog, data Data) error {
	l := &linker{data: data, by: map[string]map[string][]int{}, said: map[string]bool{}}
	tables := cat.ByName()
	for _, d := range m.Datasets {
		for _, f := range d.Fields {
			for _, ref := range f.SameAs {
				l.said[ref] = true
			}
		}
		t := tables[d.Table()]
		if d.Hidden || t == nil {
			continue
		}
		for _, f := range d.Fields {
			if c := t.Column(bareColumn(f)); c != nil && c.Profile != nil {
				l.add(linked{d: d, f: f, t: t, c: c})
			}
		}
	}
	for i, b := range l.columns {
		for _, k := range l.before(i) {
			if l.columns[k].alike(b) {
				l.same(k, b)
			}
		}
	}
	for i, b := range l.columns {
		if err := l.relate(ctx, m, l.before(i), b); err != nil {
			return err
		}
	}
	return nil
}

type linker struct {
	data    Data
	columns []linked
	by      map[string]map[string][]int // word → database → columns
	said    map[string]bool             // fields that others say they are the same as
	tried   int
}

func (l *linker) add(x linked) {
	l.columns = append(l.columns, x)
	for _, w := range append(x.words(), x.keyWords()...) {
		l.file(w, len(l.columns)-1)
	}
}

// file lets a column be found by a word.
func (l *linker) file(word string, i int) {
	database := l.columns[i].d.Database
	if l.by[word] == nil {
		l.by[word] = map[string][]int{}
	}
	l.by[word][database] = append(l.by[word][database], i)
}

// before are the columns before column i that another source has and that share a word with
// it, or may be its key.
func (l *linker) before(i int) []int {
	b := l.columns[i]
	var out []int
	for _, w := range append(b.words(), b.keyWords()...) {
		for database, list := range l.by[w] {
			if database != b.d.Database {
				out = append(out, list...)
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	at, _ := slices.BinarySearch(out, i)
	return out[:at]
}

// linked is a field that is a column.
type linked struct {
	d *semantic.Dataset
	f *semantic.Field
	t *connectors.Table
	c *connectors.ColumnInfo
}

func (x linked) ref() string { return x.d.Name + "." + x.f.Name }

// bareColumn is the column that a field is, "" for what is computed.
func bareColumn(f *semantic.Field) string {
	text := f.Expression["ANSI_SQL"]
	if len(text) > 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)
	}
	if strings.ContainsAny(text, " ()+-*/,'\"") {
		return ""
	}
	return text
}

// words are what a field is called.
func (x linked) words() []string {
	var out []string
	for _, w := range append([]string{x.f.Name, x.f.Label.Ko, x.f.Label.En, x.c.Name, x.c.Original}, x.f.Synonyms...) {
		if w = plainFold(w); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// keyWords are what customer_id has in common with the id of a table called customers.
func (x linked) keyWords() []string {
	column := strings.ToLower(x.c.Name)
	if column == "id" {
		return l("\x00" + strings.ToLower(x.t.Name[strings.LastIndexByte(x.t.Name, '.')+1:]))
	}
	stem, ok := strings.CutSuffix(column, "_id")
	if !ok {
		return nil
	}
	return l("\x00"+stem, "\x00"+stem+"s", "\x00"+stem+"es", "\x00"+strings.TrimSuffix(stem, "y")+"ies")
}

func plainFold(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(s))
}

// alike reports whether two fields are called the same.
func (x linked) alike(y linked) bool {
	words := x.words()
	return slices.ContainsFunc(y.words(), func(w string) bool { return slices.Contains(words, w) })
}

// same says that two fields hold the same thing, where they have values in common: at
// least half of those of the one that has fewer.
func (l *linker) same(at int, b linked) {
	a := l.columns[at]
	if a.f.Kind != semantic.Categorical || b.f.Kind != semantic.Categorical || a.f.Hidden || slices.Contains(b.f.SameAs, a.ref()) {
		return
	}
	left, right := a.c.Profile.Values, b.c.Profile.Values
	common := 0
	for _, v := range right {
		if slices.ContainsFunc(left, func(o connectors.ValueCount) bool { return o.Value == v.Value }) {
			common++
		}
	}
	if common == 0 || common*2 < min(len(left), len(right)) {
		return
	}
	b.f.SameAs = append(b.f.SameAs, a.ref())
	l.said[a.ref()] = true
	// People mean one thing by the word, and are asked about none of the two.
	b.f.Hidden = true
	for _, w := range append([]string{b.f.Label.Ko, b.f.Label.En}, b.f.Synonyms...) {
		if w != "" && w != a.f.Label.Ko && w != a.f.Label.En && !slices.Contains(a.f.Synonyms, w) {
			a.f.Synonyms = append(a.f.Synonyms, w)
			l.file(plainFold(w), at)
		}
	}
}

// relate relates the rows of b to those of a key of another source.
func (l *linker) relate(ctx context.Context, m *semantic.Model, before []int, b linked) error {
	var keys []linked
	for _, i := range before {
		if a := l.columns[i]; l.keyPair(a, b) {
			keys = append(keys, a)
		}
	}
	// Where the thing itself is a table, what refers to it gets there by way of it.
	if unique := slices.DeleteFunc(slices.Clone(keys), func(a linked) bool { return !a.unique() }); len(unique) > 0 {
		keys = unique
	}
	var values []any
	for _, a := range keys {
		if !a.unique() && !b.unique() || l.tried == maxTried {
			continue
		}
		l.tried++
		if values == nil {
			var err error
			if values, err = l.data.Values(ctx, b.ref(), sampled); err != nil || len(values) == 0 {
				return err
			}
		}
		found, err := l.data.Found(ctx, a.ref(), values)
		if err != nil {
			return err
		}
		if found == 0 || found*2 < len(values) {
			continue
		}
		if a.unique() {
			join(m, b, a)
		}
		if b.unique() {
			join(m, a, b)
		}
	}
	return nil
}

func (x linked) unique() bool {
	return x.c.Profile.Unique || len(x.t.PrimaryKey) == 1 && x.t.PrimaryKey[0] == x.c.Name
}

// keyPair reports whether two columns may hold keys of the same things.
func (l *linker) keyPair(a, b linked) bool {
	if a.c.Kind != b.c.Kind || a.c.Kind != connectors.KindInteger && a.c.Kind != connectors.KindText {
		return false
	}
	if len(a.f.SameAs) > 0 || len(b.f.SameAs) > 0 || l.said[a.ref()] {
		return false
	}
	if connectors.KeyCandidate(a.t, a.c, b.t) == b.c || connectors.KeyCandidate(b.t, b.c, a.t) == a.c {
		return true
	}
	if !a.alike(b) || !a.unique() && !b.unique() {
		return false
	}
	identifies := func(x linked) bool {
		return x.f.Kind == semantic.Identifier || x.f.IsName || slices.Contains(x.t.PrimaryKey, x.c.Name) || x.t.Refers(x.c.Name)
	}
	return identifies(a) || identifies(b)
}

// join relates many rows of from to one of to.
func join(m *semantic.Model, from, to linked) {
	m.Relationships = append(m.Relationships, &semantic.Relationship{
		Name: from.d.Name + "_" + to.d.Name + "_" + to.f.Name, From: from.d.Name, To: to.d.Name,
		FromColumns: []string{from.c.Name}, ToColumns: []string{to.c.Name},
	})
}
