package compose

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

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
	// contains is set on a value that stands for all that contain it.
	contains bool
	count    int64 // of isValue: rows
}

// senseID is what tells one sense from another.
type senseID struct {
	kind       senseKind
	word       word
	of, values string
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
	ids    map[senseID]int32
	build  *gathered // until the index is made
}

// NewLexicon prepares what compose needs to know of a model and its data. values
// are the real values of categorical fields, by "dataset.field", most frequent
// first; those beyond the first 2,000 of a field are not known.
func NewLexicon(m *semantic.Model, values map[string][]ValueCount) *Lexicon {
	m = m.Indexed()
	l := &Lexicon{model: m, graph: newGraph(m), values: map[string][]ValueCount{}, ids: map[senseID]int32{}, build: &gathered{at: map[string]int32{}}}
	l.addWords()
	l.addMetrics()
	l.addDatasets()
	l.addOtherWords()
	l.addValues(values)
	l.addWeakNames()
	l.index = newIndex(l.build)
	l.build, l.ids = nil, nil
	l.fuzzy = &fuzzy{index: l.index, senses: l.senses}
	return l
}

// sense returns the id of a sense, adding it when it is new.
func (l *Lexicon) sense(s sense) int32 {
	id := senseID{kind: s.kind, word: s.word, of: s.arg}
	if s.kind != isWord {
		id = senseID{kind: s.kind, of: s.ref, values: strings.Join(s.values, "\x00")}
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
	l.build.add(term, n, h)
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
			if strings.HasPrefix(term, "인당") {
				l.addName("1"+term, n, asSynonym) // the one is said or not
			}
		}
		l.addRates(m, n)
		if key := fold(m.Label.En); key == "revenue" {
			l.add("rev", n, asAlias)
		}
		if key := fold(m.Label.Ko); m.Default && slices.Contains(turnover, key) {
			for _, term := range []string{"구매액", "구매금액", "결제액"} {
				l.add(term, n, asAlias) // what is turnover to those who sell
			}
		}
		if strings.HasSuffix(m.Label.Ko, "매출") {
			l.add(m.Label.Ko+"액", n, asSynonym)
		}
	}
}

// addRates lets a rate be written with a sign: margin %, return pct, 반품 %.
func (l *Lexicon) addRates(m *semantic.Metric, n int32) {
	if m.Format != "percent" {
		return
	}
	for _, term := range append([]string{m.Label.Ko, m.Label.En}, m.Synonyms...) {
		stem := ""
		for _, end := range []string{" rate", " percentage", "률", "율"} {
			if s, ok := strings.CutSuffix(term, end); ok && utf8.RuneCountInString(s) >= 2 {
				stem = s
			}
		}
		if stem == "" {
			continue
		}
		for _, sign := range []string{" %", " pct", " percent", " percentage"} {
			l.add(stem+sign, n, asSynonym)
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

// otherWords are said for one another whatever the model: what is sent back is 반품 and 반송.
var otherWords = []struct{ word, other string }{{"반품", "반송"}, {"환불", "환급"}}

// addOtherWords lets names be said with another word of the same meaning.
func (l *Lexicon) addOtherWords() {
	g := l.build
	names, others := len(g.keys), map[int32][]string{} // by the number of the key
	for n, key := range g.keys {
		for _, w := range otherWords {
			if !strings.Contains(key, w.word) {
				continue
			}
			if other := strings.Replace(key, w.word, w.other, 1); !g.known(other, names) {
				others[int32(n)] = append(others[int32(n)], other)
			}
		}
	}
	for _, e := range g.list { // without what is added
		for _, other := range others[e.key] {
			g.addKey([]byte(other), e.breaks, e.sense, max(e.how, asSynonym))
		}
	}
}

func (l *Lexicon) addField(d *semantic.Dataset, f *semantic.Field) {
	n := l.sense(sense{kind: isField, ref: d.Name + "." + f.Name})
	for _, term := range []string{f.Label.Ko, f.Label.En} {
		l.addName(term, n, asLabel)
	}
	for _, term := range append([]string{f.Name}, f.Synonyms...) {
		if at := strings.HasSuffix(term, "_at"); !at || f.Label.En == "" { // nobody orders "at least"
			l.addName(term, n, asSynonym)
		}
	}
	for _, term := range spokenFields(f) {
		l.addName(term, n, asAlias)
	}
	for _, v := range f.Values {
		s := l.sense(sense{kind: isValue, ref: d.Name + "." + f.Name, values: v.Values})
		for _, term := range v.Words {
			l.addName(term, s, asSynonym)
		}
	}
}

func (l *Lexicon) addValues(values map[string][]ValueCount) {
	known := l.knownBefore()
	for _, ref := range slices.Sorted(maps.Keys(values)) {
		list := values[ref]
		if d, f := l.model.Field(ref); f == nil || f.Hidden || d.Hidden || f.Kind == semantic.FreeText {
			continue
		}
		list = list[:min(len(list), maxValues)]
		l.values[ref] = list
		_, field := l.model.Field(ref)
		list = slices.DeleteFunc(slices.Clone(list), func(v ValueCount) bool { return slices.Contains(field.Totals, v.Text) })
		for _, v := range field.Totals {
			l.add(v, l.sense(sense{kind: isWord, word: wAll}), asLabel) // 전국 매출 is that of all regions
		}
		for _, v := range list {
			l.addValue(ref, v)
		}
		l.addStates(ref, list)
		l.addParts(ref, list, known)
	}
}

// addValue adds a value and its usual short form.
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
}

// maxShared is how many values a word may mean by listing them; one that more
// values share is searched for in the text of the values.
const maxShared = 20

// addParts lets a word stand for the values that contain it: 통돌이 for 통돌이 16kg and
// 통돌이 14kg. Names of the model keep their meaning.
func (l *Lexicon) addParts(ref string, list []ValueCount, known func(key string) bool) {
	shared := map[string]*sense{}
	for _, v := range list {
		parts := strings.FieldsFunc(v.Text, func(r rune) bool { return skippable(r) || r == ',' || r == '/' })
		if len(parts) < 2 || len(parts) > 8 {
			continue
		}
		for k, part := range parts {
			if !namesAlone(part) || slices.Contains(parts[:k], part) {
				continue
			}
			s := shared[part]
			if s == nil {
				s = &sense{kind: isValue, ref: ref}
				shared[part] = s
			}
			s.values, s.count = append(s.values, v.Text), s.count+v.Count
		}
	}
	for _, part := range slices.Sorted(maps.Keys(shared)) {
		if key := fold(part); known(key) {
			continue
		}
		s := *shared[part]
		if len(s.values) > maxShared {
			s.values, s.contains = []string{part}, true
		}
		n := int32(len(l.senses))
		l.senses = append(l.senses, s)
		l.add(part, n, asPart)
	}
}

// knownBefore tells the keys that stand for something now, and the words that labels of
// fields are made of: 유입 of 유입 경로 is not said of one value.
func (l *Lexicon) knownBefore() func(key string) bool {
	words, names := map[string]bool{}, len(l.build.keys)
	for _, d := range l.model.Datasets {
		for _, f := range d.Fields {
			for _, word := range append(strings.Fields(f.Label.Ko), strings.Fields(f.Label.En)...) {
				if !words[word] {
					key := fold(word)
					words[word], words[key] = true, true
				}
			}
		}
	}
	return func(key string) bool { return words[key] || l.build.known(key, names) }
}

// addWeakNames lets metrics and fields be called by less than their name, where
// nothing else has that name: 구매 고객 for 구매 고객 수, 유형 for 문의 유형.
func (l *Lexicon) addWeakNames() {
	names := len(l.build.keys)
	known := func(key string) bool { return l.build.known(key, names) }
	weak := &weakNames{of: map[string][]int32{}}
	for _, m := range l.model.Metrics {
		if !m.Hidden {
			terms := append([]string{m.Label.Ko, m.Label.En}, m.Synonyms...)
			l.weaken(weak, known, l.sense(sense{kind: isMetric, ref: m.Name}), terms)
		}
	}
	for _, d := range l.model.Datasets {
		if words := strings.Fields(d.Label.En); !d.Hidden && len(words) > 1 {
			l.weaken(weak, known, l.sense(sense{kind: isDataset, ref: d.Name}), []string{d.Label.En})
		}
		for _, f := range d.Fields {
			l.addMeans(f, known)
			if !f.Hidden && !d.Hidden {
				l.weaken(weak, known, l.sense(sense{kind: isField, ref: d.Name + "." + f.Name}), []string{f.Label.Ko, f.Label.En})
			}
		}
	}
	l.addCrowd()
	for _, term := range weak.terms {
		for _, n := range weak.of[term] {
			l.addName(term, n, asAlias)
		}
	}
}

// spokenFields are what people say for a field beside its name: 입사한 of an 입사일, 남녀별
// by gender.
func spokenFields(f *semantic.Field) []string {
	var out []string
	if f.IsTime || f.Kind == semantic.Temporal {
		for _, end := range []string{"일", "일자", "날짜", "일시"} {
			if stem, ok := strings.CutSuffix(f.Label.Ko, end); ok && utf8.RuneCountInString(stem) >= 2 {
				out = append(out, stem+"한", stem+"된", stem+"했던")
				break
			}
		}
	}
	switch key := fold(f.Label.Ko); {
	case key == "성별", strings.EqualFold(f.Label.En, "gender"), strings.EqualFold(f.Label.En, "sex"):
		out = append(out, "남녀")
	}
	return out
}

// addMeans lets what a field tells the means of be said after its values: 카드 결제 of a
// 결제수단.
func (l *Lexicon) addMeans(f *semantic.Field, known func(key string) bool) {
	for _, end := range []string{"수단", "방법", "방식"} {
		stem, ok := strings.CutSuffix(strings.ReplaceAll(f.Label.Ko, " ", ""), end)
		if key := fold(stem); ok && utf8.RuneCountInString(stem) >= 2 && !f.Hidden && !known(key) {
			l.add(stem, l.sense(sense{kind: isWord, word: wDone}), asAlias)
		}
	}
}

// weaken collects the short names of a sense that are not known as anything else.
func (l *Lexicon) weaken(weak *weakNames, known func(key string) bool, n int32, terms []string) {
	for _, term := range terms {
		for _, short := range shortNames(term) {
			if key := fold(short); key != "" && !known(key) {
				weak.add(short, n)
			}
		}
	}
}

// weakNames are short names with their senses, in the order in which they came up.
type weakNames struct {
	terms []string
	of    map[string][]int32
}

// add adds a sense, whose names come one after the other.
func (w *weakNames) add(term string, n int32) {
	list, ok := w.of[term]
	if !ok {
		w.terms = append(w.terms, term)
	}
	if len(list) == 0 || list[len(list)-1] != n {
		w.of[term] = append(list, n)
	}
}
