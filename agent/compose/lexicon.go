package compose

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// ValueCount is a value that occurs in the data, and in how many rows.
type ValueCount struct {
	Text  string
	Count int64
}

// maxValues bounds the values known of one field.
const maxValues = 2000

// how says how a key came to stand for its sense; a smaller one is surer.
type how uint8

const (
	asLabel   how = iota
	asSynonym     // a label's inflection, a synonym, the technical name
	asAlias       // derived: 서울 for 서울특별시, 구매 고객 for 구매 고객 수
	asPart        // one word of a value's several
	asPrefix      // the beginning of a value
	asTypo
)

// senseKind is what a term stands for.
type senseKind uint8

const (
	isWord senseKind = iota
	isMetric
	isField
	isDataset
	isValue
)

// sense is one meaning of a term.
type sense struct {
	kind   senseKind
	word   word     // of isWord
	arg    string   // of isWord: a grain, a chart, a number
	ref    string   // metric, "dataset.field", dataset
	values []string // of isValue
	count  int64    // of isValue: rows
}

// Lexicon is every word that a model and its data explain. It is built once per
// analyst version, is read-only from then on, and may be shared.
type Lexicon struct {
	model  *semantic.Model
	graph  *graph
	senses []sense
	index  *index
	fuzzy  *fuzzy
	values map[string][]ValueCount
	ids    map[string]int32 // "metric revenue" → its sense
	build  []entry          // until the index is sorted
}

// NewLexicon prepares what compose needs to know of a model and its data. values
// are the real values of categorical fields, by "dataset.field", most frequent
// first; those beyond the first 2,000 of a field are not known.
func NewLexicon(m *semantic.Model, values map[string][]ValueCount) *Lexicon {
	l := &Lexicon{model: m, graph: newGraph(m), values: map[string][]ValueCount{}, ids: map[string]int32{}}
	l.addWords()
	l.addMetrics()
	l.addDatasets()
	l.addValues(values)
	l.addWeakNames()
	l.index = newIndex(l.build)
	l.build = nil
	l.fuzzy = newFuzzy(l.index.entries, l.senses)
	return l
}

// sense returns the id of a sense, adding it when it is new.
func (l *Lexicon) sense(s sense) int32 {
	id := "word\x00" + strconv.Itoa(int(s.word)) + "\x00" + s.arg
	if s.kind != isWord {
		id = strconv.Itoa(int(s.kind)) + "\x00" + s.ref + "\x00" + strings.Join(s.values, "\x00")
	}
	if n, ok := l.ids[id]; ok {
		return n
	}
	n := int32(len(l.senses))
	l.ids[id] = n
	l.senses = append(l.senses, s)
	return n
}

// add makes term stand for a sense.
func (l *Lexicon) add(term string, n int32, h how) {
	key, breaks := fold(term)
	if key == "" || len(key) > 200 {
		return
	}
	l.build = append(l.build, entry{key: key, breaks: breaks, sense: n, how: h})
}

// addName adds a term with its English singular and plural.
func (l *Lexicon) addName(term string, n int32, h how) {
	l.add(term, n, h)
	for _, v := range inflections(term) {
		l.add(v, n, max(h, asSynonym))
	}
}

func (l *Lexicon) addMetrics() {
	for _, m := range l.model.Metrics {
		if m.Hidden {
			continue
		}
		n := l.sense(sense{kind: isMetric, ref: m.Name})
		for _, term := range []string{m.Label.Ko, m.Label.En} {
			l.addName(term, n, asLabel)
		}
		for _, term := range append([]string{m.Name}, m.Synonyms...) {
			l.addName(term, n, asSynonym)
		}
	}
}

func (l *Lexicon) addDatasets() {
	for _, d := range l.model.Datasets {
		if d.Hidden {
			continue
		}
		n := l.sense(sense{kind: isDataset, ref: d.Name})
		for _, term := range append([]string{d.Label.Ko, d.Label.En, d.Name}, d.Synonyms...) {
			l.addName(term, n, asLabel)
		}
		for _, f := range d.Fields {
			if !f.Hidden {
				l.addField(d, f)
			}
		}
	}
}

func (l *Lexicon) addField(d *semantic.Dataset, f *semantic.Field) {
	n := l.sense(sense{kind: isField, ref: d.Name + "." + f.Name})
	for _, term := range []string{f.Label.Ko, f.Label.En} {
		l.addName(term, n, asLabel)
	}
	for _, term := range append([]string{f.Name}, f.Synonyms...) {
		l.addName(term, n, asSynonym)
	}
	for _, v := range f.Values {
		s := l.sense(sense{kind: isValue, ref: d.Name + "." + f.Name, values: v.Values})
		for _, term := range v.Words {
			l.addName(term, s, asSynonym)
		}
	}
}

func (l *Lexicon) addValues(values map[string][]ValueCount) {
	for _, ref := range slices.Sorted(maps.Keys(values)) {
		list := values[ref]
		if d, f := l.model.Field(ref); f == nil || f.Hidden || d.Hidden || f.Kind == semantic.FreeText {
			continue
		}
		list = list[:min(len(list), maxValues)]
		l.values[ref] = list
		for _, v := range list {
			l.addValue(ref, v)
		}
	}
}

// addValue adds a value, its usual short form, and the words it is made of.
func (l *Lexicon) addValue(ref string, v ValueCount) {
	if strings.TrimSpace(v.Text) == "" {
		return
	}
	n := int32(len(l.senses))
	l.senses = append(l.senses, sense{kind: isValue, ref: ref, values: []string{v.Text}, count: v.Count})
	l.add(v.Text, n, asLabel)
	for _, alias := range valueAliases(v.Text) {
		l.add(alias, n, asAlias)
	}
	parts := strings.FieldsFunc(v.Text, func(r rune) bool { return skippable(r) || r == ',' || r == '/' })
	if len(parts) < 2 {
		return
	}
	for _, part := range parts {
		if namesAlone(part) {
			l.add(part, n, asPart)
		}
	}
}

// addWeakNames lets metrics be called by less than their name, where nothing else
// has that name: 구매 고객 for 구매 고객 수, 수량 for 판매 수량.
func (l *Lexicon) addWeakNames() {
	known := make(map[string]bool, len(l.build))
	for _, e := range l.build {
		known[e.key] = true
	}
	weak := map[string][]int32{}
	for _, m := range l.model.Metrics {
		if m.Hidden {
			continue
		}
		n := l.sense(sense{kind: isMetric, ref: m.Name})
		for _, term := range append([]string{m.Label.Ko, m.Label.En}, m.Synonyms...) {
			for _, short := range shortNames(term) {
				if key, _ := fold(short); key != "" && !known[key] {
					weak[short] = append(weak[short], n)
				}
			}
		}
	}
	for _, term := range slices.Sorted(maps.Keys(weak)) {
		for _, n := range weak[term] {
			l.addName(term, n, asAlias)
		}
	}
}
