package compose

import (
	"bytes"
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
	word   word            // of isWord
	arg    string          // of isWord: a grain, a chart, a number
	ref    string          // metric, "dataset.field", dataset
	field  *semantic.Field // of isField
	values []string        // of isValue
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
	senses []sense // by number, less first
	index  *index
	fuzzy  *fuzzy
	values map[string][]ValueCount
	names  *names
	counts []*semantic.Metric // those that count rows

	// Of one with more values than another, which it shares the rest with (see With).
	under *Lexicon
	first int32 // number of the first sense that under does not have

	// While it is made.
	build *gathered
	ids   map[senseID]int32
}

// names are those of the model, which values do not take from it.
type names struct {
	keys        *keys
	strong, all int             // how many keys there were before the values, and after them
	inLabels    map[string]bool // keys of the words that labels of fields are made of
}

// NewLexicon prepares what compose needs to know of a model and its data. values
// are the real values of categorical fields, by "dataset.field", most frequent
// first; those beyond the first 2,000 of a field are not known.
func NewLexicon(m *semantic.Model, values map[string][]ValueCount) *Lexicon {
	m = m.Indexed()
	l := &Lexicon{model: m, graph: newGraph(m), values: map[string][]ValueCount{}, build: newGathered()}
	l.ids, l.senses = make(map[senseID]int32, 2*len(m.Metrics)), make([]sense, 0, roomFor(m, values))
	for _, x := range m.Metrics {
		if countsRows(x) {
			l.counts = append(l.counts, x)
		}
	}
	l.addWords()
	l.addMetrics()
	l.addDatasets()
	l.addOtherWords()
	l.names = &names{keys: l.build.keys, strong: l.build.keys.len(), inLabels: labelWords(m)}
	l.addValues(values)
	l.names.all = l.build.keys.len()
	l.addWeakNames()
	l.index = newIndex(l.build)
	l.build, l.ids = nil, nil
	l.fuzzy = &fuzzy{index: l.index, senses: l.senses, model: m}
	return l
}

// roomFor is about how many senses there will be.
func roomFor(m *semantic.Model, values map[string][]ValueCount) int {
	n := len(m.Metrics) + len(m.Datasets)
	for _, d := range m.Datasets {
		n += len(d.Fields)
	}
	for _, list := range values {
		n += len(list)
	}
	return n + n/16
}

// at returns a sense by its number.
func (l *Lexicon) at(n int32) *sense {
	if n < l.first {
		return l.under.at(n)
	}
	return &l.senses[n-l.first]
}

// sense returns the number of a sense, adding it when it is new.
func (l *Lexicon) sense(s sense) int32 {
	id := senseID{kind: s.kind, word: s.word, of: s.arg}
	if s.kind != isWord {
		id = senseID{kind: s.kind, of: s.ref, values: strings.Join(s.values, "\x00")}
	}
	if n, ok := l.ids[id]; ok {
		return n
	}
	n := l.addSense(s)
	l.ids[id] = n
	return n
}

// addSense adds a sense that is not there yet.
func (l *Lexicon) addSense(s sense) int32 {
	l.senses = grown(l.senses, s)
	return l.first + int32(len(l.senses)) - 1
}

// add makes term stand for a sense.
func (l *Lexicon) add(term string, n int32, h how) {
	l.build.add(term, n, h)
}

// addName adds a term with its English singular and plural.
func (l *Lexicon) addName(term string, n int32, h how) { l.addNameOf(term, []int32{n}, h) }

// addNameOf adds a term that stands for several senses.
func (l *Lexicon) addNameOf(term string, senses []int32, h how) {
	l.build.addAll(term, senses, h)
	for _, v := range inflections(term) {
		l.build.addAll(v, senses, max(h, asSynonym))
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
	others := map[int32][]string{} // by the number of the key
	for n := range int32(g.keys.len()) {
		for _, w := range otherWords {
			key := g.keys.key(n)
			if !bytes.Contains(key, []byte(w.word)) {
				continue
			}
			if other := strings.Replace(string(key), w.word, w.other, 1); !g.known(other, g.keys.len()) {
				others[n] = append(others[n], other)
			}
		}
	}
	if len(others) == 0 {
		return
	}
	g.each(func(e gatheredEntry) {
		for _, other := range others[e.key] {
			g.addKey([]byte(other), g.breaks[e.form>>3], []int32{e.sense}, max(e.how(), asSynonym))
		}
	})
}

func (l *Lexicon) addField(d *semantic.Dataset, f *semantic.Field) {
	n := l.sense(sense{kind: isField, ref: d.Name + "." + f.Name, field: f})
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
	for _, ref := range slices.Sorted(maps.Keys(values)) {
		f := l.field(ref)
		if f == nil {
			continue
		}
		l.values[ref] = values[ref][:min(len(values[ref]), maxValues)]
		for _, v := range f.Totals {
			l.add(v, l.sense(sense{kind: isWord, word: wAll}), asLabel) // 전국 매출 is that of all regions
		}
		list := partsOf(f, l.values[ref])
		l.addEach(ref, list)
		l.addParts(ref, list)
	}
}

// field returns a field whose values are known by their names, nil for another.
func (l *Lexicon) field(ref string) *semantic.Field {
	if d, f := l.model.Field(ref); f != nil && !f.Hidden && !d.Hidden && f.Kind != semantic.FreeText {
		return f
	}
	return nil
}

// partsOf are the values of a field without those that stand for all others.
func partsOf(f *semantic.Field, list []ValueCount) []ValueCount {
	if len(f.Totals) == 0 {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(v ValueCount) bool { return slices.Contains(f.Totals, v.Text) })
}

// addEach adds values one by one.
func (l *Lexicon) addEach(ref string, list []ValueCount) {
	for _, v := range list {
		l.addValue(ref, v)
	}
	l.addStates(ref, list)
}

// addValue adds a value and its usual short form.
func (l *Lexicon) addValue(ref string, v ValueCount) {
	if strings.TrimSpace(v.Text) == "" {
		return
	}
	n := l.addSense(sense{kind: isValue, ref: ref, values: []string{v.Text}, count: v.Count})
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
func (l *Lexicon) addParts(ref string, list []ValueCount) {
	shared := map[string]*sense{}
	for _, v := range list {
		parts := valueParts(v.Text)
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
		if key := fold(part); l.names.have(key) {
			continue
		}
		s := *shared[part]
		if len(s.values) > maxShared {
			s.values, s.contains = []string{part}, true
		}
		l.add(part, l.addSense(s), asPart)
	}
}

// valueParts are the words of a value of several.
func valueParts(text string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return skippable(r) || r == ',' || r == '/' })
	if len(parts) < 2 || len(parts) > 8 {
		return nil
	}
	return parts
}

// labelWords are the words that labels of fields are made of: 유입 of 유입 경로 is not said of
// one value.
func labelWords(m *semantic.Model) map[string]bool {
	words := map[string]bool{} // as they are written, and their keys
	for _, d := range m.Datasets {
		for _, f := range d.Fields {
			for word := range strings.FieldsSeq(f.Label.Ko + " " + f.Label.En) {
				if !words[word] {
					words[word], words[fold(word)] = true, true
				}
			}
		}
	}
	return words
}

// have reports whether a key stands for something of the model.
func (n *names) have(key string) bool {
	at, ok := n.keys.find([]byte(key))
	return ok && int(at) < n.strong || n.inLabels[key]
}

// addWeakNames lets metrics and fields be called by less than their name, where
// nothing else has that name: 구매 고객 for 구매 고객 수, 유형 for 문의 유형.
func (l *Lexicon) addWeakNames() {
	known := func(term string) bool { return l.build.known(term, l.names.all) }
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
				l.weaken(weak, known, l.sense(sense{kind: isField, ref: d.Name + "." + f.Name, field: f}), []string{f.Label.Ko, f.Label.En})
			}
		}
	}
	l.addCrowd()
	for _, term := range weak.terms {
		l.addNameOf(term, weak.of[term], asAlias)
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
func (l *Lexicon) addMeans(f *semantic.Field, known func(term string) bool) {
	for _, end := range []string{"수단", "방법", "방식"} {
		stem, ok := strings.CutSuffix(strings.ReplaceAll(f.Label.Ko, " ", ""), end)
		if ok && utf8.RuneCountInString(stem) >= 2 && !f.Hidden && !known(stem) {
			l.add(stem, l.sense(sense{kind: isWord, word: wDone}), asAlias)
		}
	}
}

// weaken collects the short names of a sense that are not known as anything else.
func (l *Lexicon) weaken(weak *weakNames, known func(term string) bool, n int32, terms []string) {
	for _, term := range terms {
		for _, short := range shortNames(term) {
			if !known(short) {
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
