package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// qualities are superlatives that say by which attribute of a thing it is ranked: the
// longest river is so by its length, the cheapest car by its price. The names are those
// that the attribute may have, most exact first.
var qualities = map[string][]string{
	"price":  {"price", "unitprice", "listprice", "cost", "unitcost", "가격", "판매가", "단가", "정가", "판매가격", "원가", "launchprice", "출시가"},
	"length": {"length", "길이", "duration", "소요시간", "기간", "milliseconds", "runtime", "재생시간", "상영시간"},
	"height": {"height", "altitude", "elevation", "높이", "고도", "해발", "키"},
	"weight": {"weight", "무게", "중량", "몸무게"},
	"area":   {"area", "면적", "넓이", "size"},
	"age":    {"age", "나이", "연령"},
}

// readQuality measures the attribute that a superlative names where no figure is named:
// 가장 비싼 상품, the three longest rivers.
func (r *reader) readQuality() {
	if len(r.d.measures) > 0 || !r.d.rank.wanted {
		return
	}
	for i := range r.toks {
		quality, ok := r.lex.arg(r.toks[i], wHigh)
		if !ok {
			quality, ok = r.lex.arg(r.toks[i], wLow)
		}
		if !ok {
			continue
		}
		if quality == "" && r.high(i) {
			quality = "height" // the highest mountain
		}
		if names := qualities[quality]; names != nil {
			if metric := r.averageOf(names); metric != "" {
				r.addMeasure(i, metric, asAlias)
				r.d.measures[0].token.to = 0 // it is said by the superlative, which is no name
				m := r.lex.model.Metric(metric)
				r.say(ReadMetric, r.toks[i].text, r.label(m.Label, m.Name))
			}
			return
		}
	}
}

// high reports whether token i says of a thing that it is high, as a mountain is.
func (r *reader) high(i int) bool {
	key := fold(r.toks[i].text)
	return strings.HasPrefix(key, "높") || key == "highest" || key == "high" || strings.HasPrefix(key, "낮") || key == "lowest"
}

// averageOf returns the one metric that averages an attribute of what the text names.
func (r *reader) averageOf(names []string) string {
	var found []string
	best := len(names)
	for _, m := range r.lex.model.Metrics {
		if m.Hidden || !strings.HasPrefix(r.lex.expression(m.Name), "AVG(") || !r.aboutNamed(m.Name) && !r.aboutField(m.Name) {
			continue
		}
		switch at := r.attribute(m, names); {
		case at < 0 || at > best:
		case at < best:
			found, best = []string{m.Name}, at
		default:
			found = append(found, m.Name)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return ""
}

// aboutField reports whether the text names a field of what a metric aggregates.
func (r *reader) aboutField(metric string) bool {
	for i := range r.toks {
		for _, x := range r.senses(i, isField) {
			if dataset, _, _ := cutRef(r.lex.at(x.sense).ref); r.lex.graph.about(metric, dataset) {
				return true
			}
		}
	}
	return false
}

// attribute returns which of the names the averaged field of a metric has, -1 for none.
func (r *reader) attribute(m *semantic.Metric, names []string) int {
	for _, e := range m.Expression {
		ref := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(e, "AVG("), ")"), `"`, "")
		_, f := r.lex.model.Field(ref)
		if f == nil {
			continue
		}
		for at, name := range names {
			if slicesHas([]string{f.Name, f.Label.Ko, f.Label.En}, func(term string) bool {
				key := fold(term)
				return key == name || strings.HasSuffix(key, name) && isHangulKey(name) && len(name) > 3
			}) {
				return at
			}
		}
	}
	return -1
}

// readRows counts the rows that the conditions keep where only "how many" is asked:
// 개발팀 몇 명이에요, 10월에 몇 건. People are counted only where rows are people.
func (r *reader) readRows() {
	if len(r.d.measures) > 0 || r.in.Previous != nil || r.d.rank.wanted || r.listing() {
		return
	}
	c := r.any(wHowMany)
	if c < 0 {
		c = r.any(wCount)
	}
	if c >= 0 && isHangulKey(r.toks[c].text) && r.countEvent(c) {
		return
	}
	if c < 0 || !isHangulKey(r.toks[c].text) || slicesHas(r.toks, func(t token) bool { return t.kind == aTerm && !t.used && !r.onlyValue(t) }) {
		return
	}
	var visible []*semantic.Dataset
	for _, d := range r.lex.model.Datasets {
		if !d.Hidden {
			visible = append(visible, d)
		}
	}
	if len(visible) != 1 {
		return // of which of them is open
	}
	key := fold(r.toks[c].text)
	person := slices.Contains([]string{"몇명", "몇사람", "몇분", "몇명이나", "명수", "인원", "인원수"}, key)
	row := slices.Contains([]string{"몇건", "몇건이나", "건수", "건"}, key)
	name := r.lex.countOfDataset(visible[0].Name)
	if name == "" || !row && !(person && r.lex.listsPeople(visible[0])) {
		return
	}
	r.use(c)
	r.useTrail(c)
	r.addMeasure(c, name, asAlias)
	m := r.lex.model.Metric(name)
	r.say(ReadMetric, r.toks[c].text, r.label(m.Label, m.Name))
}

// countEvent counts what was done by the date on which it was: 불량으로 반품된 거 몇 개. c is
// the word that asks how many.
func (r *reader) countEvent(c int) bool {
	at := -1
	for i := range r.toks {
		switch {
		case !r.open(i) || r.onlyValue(r.toks[i]):
		case len(r.fieldsOfKind(i, semantic.Temporal)) > 0 && at < 0 && slices.ContainsFunc([]string{"한", "된", "했던"}, func(end string) bool { return strings.HasSuffix(r.toks[i].text, end) }):
			at = i
		default:
			return false
		}
	}
	if at < 0 {
		return false
	}
	dataset, _, _ := cutRef(r.fieldsOfKind(at, semantic.Temporal)[0])
	name := r.lex.countOfDataset(dataset)
	if name == "" || r.lex.ofPeople(dataset) {
		return false
	}
	r.use(c)
	r.useTrail(c)
	r.addMeasure(at, name, asAlias)
	return true
}

// onlyValue reports whether a token can be nothing but a value.
func (r *reader) onlyValue(t token) bool {
	return !slices.ContainsFunc(t.meanings, func(x meaning) bool { return r.lex.at(x.sense).kind != isValue })
}

// crowds are words in the names of lists of people.
var crowds = []string{"직원", "사원", "임직원", "고객", "회원", "학생", "환자", "참가자", "응답자", "수강생", "명단", "staff", "employee", "member", "customer", "student", "patient", "people", "user"}

// addCrowd lets the rows of the one list of people that a model has be called people.
func (l *Lexicon) addCrowd() {
	var lists []*semantic.Dataset
	for _, d := range l.model.Datasets {
		if !d.Hidden && l.listsPeople(d) {
			lists = append(lists, d)
		}
	}
	if len(lists) != 1 || len(l.model.Datasets) != 1 {
		return
	}
	n := l.sense(sense{kind: isDataset, ref: lists[0].Name})
	terms := []string{"사람", "인원", "people"}
	for _, term := range []string{lists[0].Label.Ko, lists[0].Label.En, lists[0].Name} {
		key := fold(term)
		for _, w := range crowds {
			if strings.HasPrefix(key, w) {
				terms = append(terms, w)
			}
		}
		if strings.Contains(key, "조사") || strings.Contains(key, "설문") || strings.Contains(key, "survey") {
			terms = append(terms, "응답", "응답자", "response", "respondent")
		}
	}
	for _, term := range terms {
		if !l.namesAnything(term) {
			l.addName(term, n, asSynonym) // before the words 사람 and 직원, which are of no list
		}
	}
}

// namesAnything reports whether a term is a name of the model or of a value.
func (l *Lexicon) namesAnything(term string) bool {
	named := false
	n, ok := l.build.keys.find([]byte(fold(term)))
	l.build.each(func(e gatheredEntry) { named = named || ok && e.key == n && l.at(e.sense).kind != isWord })
	return named
}

// listsPeople reports whether the rows of a dataset are people.
func (l *Lexicon) listsPeople(d *semantic.Dataset) bool {
	return slicesHas([]string{d.Label.Ko, d.Label.En, d.Name}, func(term string) bool {
		key := fold(term)
		return slicesHas(crowds, func(w string) bool { return strings.HasPrefix(key, w) })
	})
}
