package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// reader turns the tokens of a text into a draft. Every step marks the tokens that
// it has explained; those that remain in the end are what was not understood.
type reader struct {
	in   Input
	lex  *Lexicon
	text *text
	toks []token
	d    draft
	// readings about words, made on the way.
	readings []Reading
	problem  *problem
	crowds   map[*meaning]*crowd // by the first meaning of a token that has many
}

// fail keeps the first problem.
func (r *reader) fail(p problem) {
	if r.problem == nil {
		r.problem = &p
	}
}

// read runs the steps. Words go first: they decide how names are to be taken.
func (r *reader) read() {
	r.steps(r.preferValues, r.preferNames, r.preferDays, r.preferFigures, r.readMentions, r.readMean, r.readHigher, r.readPlainWords, r.readHorizon,
		r.readNumbers, r.readRank, r.readDays, r.readClock, r.readMovement, r.readEnds, r.readFirst, r.readTerms, r.readNew, r.shareOfDays, r.doubt,
		r.readAverages, r.readList, r.doubtMeasures, r.readLeftWords, r.checkUsed)
}

// steps takes one step after the other. Where words have many meanings, it ends with the
// first problem, which only words of what we never do put in the shade.
func (r *reader) steps(list ...func()) {
	for _, step := range list {
		if r.problem != nil && len(r.crowds) > 0 && r.find(wNever) < 0 {
			return
		}
		step()
	}
}

func (r *reader) is(i int, w word) bool {
	return i >= 0 && i < len(r.toks) && r.lex.has(r.toks[i], w)
}

func (r *reader) use(i int) { r.toks[i].used = true }

// any returns the first unused token that can be one of the words, -1 for none.
func (r *reader) any(words ...word) int {
	for i := range r.toks {
		if r.toks[i].used {
			continue
		}
		for _, w := range words {
			if r.is(i, w) {
				return i
			}
		}
	}
	return -1
}

// find returns the first token, explained or not, that can be w, -1 for none.
func (r *reader) find(w word) int {
	for i := range r.toks {
		if r.is(i, w) {
			return i
		}
	}
	return -1
}

// take uses every token that can be one of the words and reports whether there was one.
func (r *reader) take(words ...word) bool {
	found := false
	for i := r.any(words...); i >= 0; i = r.any(words...) {
		r.use(i)
		found = true
	}
	return found
}

// plain reports whether token i says nothing by itself: a filler, a verb, a case
// particle.
func (r *reader) plain(i int) bool {
	t := r.toks[i]
	if t.kind == aParticle {
		return r.is(i, wParticle) || r.is(i, wPlural) || r.is(i, wCopula)
	}
	return t.kind == aWord && (r.is(i, wFiller) || r.is(i, wVerb) || r.is(i, wWhere))
}

// next returns the next token that says something, -1 at the end.
func (r *reader) next(i int) int {
	for i++; i < len(r.toks); i++ {
		if !r.plain(i) {
			return i
		}
	}
	return -1
}

func (r *reader) prev(i int) int {
	for i--; i >= 0; i-- {
		if !r.plain(i) {
			return i
		}
	}
	return -1
}

// trails reports whether a particle run directly after token i contains w.
func (r *reader) trails(i int, w word) bool {
	for i++; i < len(r.toks) && r.toks[i].kind == aParticle; i++ {
		if r.is(i, w) {
			return true
		}
	}
	return false
}

// useTrail marks the particles after token i.
func (r *reader) useTrail(i int) {
	for i++; i < len(r.toks) && r.toks[i].kind == aParticle; i++ {
		r.use(i)
	}
}

// afterTrail returns the first token after i and its particles, -1 at the end.
func (r *reader) afterTrail(i int) int {
	for i++; i < len(r.toks); i++ {
		if r.toks[i].kind != aParticle {
			return i
		}
	}
	return -1
}

// preferValues takes an event's name as a value of the data where the words beside it
// say so: 블랙프라이데이 캠페인 is the campaign, not the day.
func (r *reader) preferValues() {
	for i := range r.toks {
		t := &r.toks[i]
		if t.mention == nil || t.mention.Event == "" {
			continue
		}
		key := fold(t.text)
		var found []meaning
		for _, e := range r.lex.index.lookup(key) {
			s := r.lex.at(e.sense)
			if s.kind == isValue && (r.speaksFor(max(r.prev(i), 0), s.ref) || r.next(i) >= 0 && r.speaksFor(r.next(i), s.ref)) {
				found = append(found, meaning{e.sense, e.how()})
			}
		}
		if len(found) > 0 {
			t.kind, t.mention, t.meanings = aTerm, nil, found
		}
	}
}

func (r *reader) readMentions() {
	for i := range r.toks {
		m := r.toks[i].mention
		if m == nil {
			continue
		}
		r.use(i)
		r.readMention(i, m)
	}
}

func (r *reader) readMention(i int, m *period.Mention) {
	switch m.Kind {
	case period.Range:
		r.d.periods = append(r.d.periods, m)
	case period.By:
		if r.d.grain != "" && r.d.grain != m.Grain {
			r.fail(problem{decline: DeclineShape})
		}
		r.d.grain = m.Grain
	case period.Versus:
		r.d.versus = m
	case period.Shift:
		r.d.shift = m
	}
	r.useTrail(i)
}

// flags are words that set one switch and need no context.
func (r *reader) readPlainWords() {
	for i := range r.toks {
		if arg, ok := r.lex.arg(r.toks[i], wChart); ok && !r.shadowed(i) && !r.trails(i, wBy) { // 제품 라인별 is no chart of lines
			r.d.chart = arg
			r.use(i)
		}
		if arg, ok := r.lex.arg(r.toks[i], wAverageOver); ok && !r.toks[i].used {
			r.d.over = semantic.Grain(arg)
			r.use(i)
		}
	}
	d := &r.d
	for _, f := range []struct {
		set   *bool
		words []word
	}{
		{&d.share, []word{wShare}}, {&d.percent, []word{wPercent}}, {&d.cumulative, []word{wCumulative}}, {&d.trend, []word{wTrend}}, {&d.relate, []word{wRelate}},
		{&d.why, []word{wWhy}}, {&d.anomaly, []word{wAnomaly}}, {&d.forecast, []word{wForecast}}, {&d.average, []word{wAverage}}, {&d.median, []word{wMedian}},
		{&d.then, []word{wThen}}, {&d.instead, []word{wInstead}}, {&d.those, []word{wThose, wSame}}, {&d.also, []word{wAlso}},
		{&d.only, []word{wOnly}},
	} {
		*f.set = r.take(f.words...)
	}
	if len(r.toks) > 0 && r.is(0, wAnd) {
		d.also = true
	}
	r.readFuture()
}

// shadowed reports whether a chart word of one word is part of a name that is not
// known: 프리미엄 라인 매출, "table lamp revenue".
func (r *reader) shadowed(i int) bool {
	if strings.Contains(strings.TrimSpace(r.toks[i].text), " ") || r.trails(i, wInto) || r.trails(i, wOnly) || i+1 >= len(r.toks) || r.toks[i+1].kind != aTerm {
		return false
	}
	if isHangulKey(r.toks[i].text) {
		return true
	}
	return i == 0 || r.toks[i-1].kind == aTerm
}

// readFuture takes the future tense as a wish for a forecast, unless a period that
// has begun is named.
func (r *reader) readFuture() {
	will, sure := false, false
	for i := range r.toks {
		if arg, ok := r.lex.arg(r.toks[i], wWill); ok {
			r.use(i)
			will, sure = true, sure || arg == ""
		}
	}
	if sure && len(r.d.periods) == 0 && r.in.Previous == nil {
		r.d.forecast = true
	}
	for _, m := range r.d.periods {
		if m.Future && (will || r.d.forecast) {
			r.d.forecast = true
			r.d.horizon.until = m
		}
	}
	if r.d.horizon.until != nil {
		r.d.periods = slices.DeleteFunc(r.d.periods, func(m *period.Mention) bool { return m.Future })
	}
}

// readLeftWords explains the words that only accompany others.
func (r *reader) readLeftWords() {
	r.checkTotal()
	r.take(wFiller, wVerb, wWhere, wParticle, wCopula, wPlural, wAnd, wInto, wTotal, wExist, wWhich)
	if r.take(wAll) {
		r.d.all = true
	}
	measured := len(r.d.measures) > 0
	r.take(wHowMuch)
	if measured && !r.countsThings() || r.in.Previous != nil {
		r.take(wSold)
	}
	if measured {
		r.take(wHowMany)
	}
	if slicesHas(r.d.measures, func(m measure) bool { return r.lex.countsRows(m.Metric) && m.Over == "" && m.Per == "" }) {
		if c := r.any(wCount); c >= 0 && isHangulKey(r.toks[c].text) {
			r.use(c) // 파손으로 반품된 건수
		}
	}
	if r.bounded() && len(r.d.groups) > 0 {
		r.take(wCount)
	}
	r.take(wList)
	if slicesHas(r.d.filters, func(f filter) bool { return f.how == asPart }) {
		r.take(wContains)
	}
	if slicesHas(r.d.filters, func(f filter) bool { return f.Negate }) {
		r.take(wRest)
	}
	if len(r.d.groups) > 0 || len(r.d.filters) > 0 || r.d.grain != "" {
		r.take(wBy, wEach, wAmong)
	}
	if len(r.d.periods) > 0 || r.d.versus != nil {
		r.take(wFrom, wUntil, wBetween, wThan)
	}
	if r.d.versus != nil || r.d.change || len(r.d.periods) > 1 {
		r.take(wThan, wBetween)
	}
	if r.d.relate || r.d.compare || slicesHas(r.d.filters, func(f filter) bool { return f.grouped }) {
		r.take(wBetween)
	}
	if r.d.rank.wanted || r.d.sort != nil {
		r.take(wAmong, wUntil, wFrom)
	}
	for i := range r.toks {
		if r.toks[i].kind == aSeparator || r.is(i, wDone) && r.says(i) && (measured || len(r.d.filters) > 0 || r.in.Previous != nil) || r.is(i, wBeen) && r.ofMeasure(r.prev(i)) {
			r.use(i)
		}
	}
}

// countsThings reports whether all that is measured is how many of something there
// are, which says nothing about how many were sold.
func (r *reader) countsThings() bool {
	return !slicesHas(r.d.measures, func(m measure) bool {
		x, datasets := r.lex.model.Metric(m.Metric), r.lex.graph.metrics[m.Metric]
		return x == nil || len(datasets) != 1 || !r.lex.countsAll(x, datasets[0]) || !r.lex.referred(datasets[0])
	})
}

// referred reports whether rows of another dataset refer to those of this one.
func (l *Lexicon) referred(dataset string) bool {
	for _, r := range l.model.Relationships {
		if r.To == dataset {
			return true
		}
	}
	return false
}

// checkTotal refuses the total of what can only be averaged: the total length of
// rivers is not their average.
func (r *reader) checkTotal() {
	for i := range r.toks {
		if !r.is(i, wTotal) || r.toks[i].used || r.d.average {
			continue
		}
		for _, m := range r.d.measures {
			beside := slices.ContainsFunc([]int{r.prev(i), r.next(i)}, func(j int) bool { return j >= 0 && r.toks[j].from == m.token.from })
			if beside && m.Over == "" && m.Per == "" && strings.Contains(r.lex.expression(m.Metric), "AVG(") {
				r.fail(problem{decline: DeclineShape})
			}
		}
		for _, g := range r.d.groups {
			beside := slices.ContainsFunc([]int{r.prev(i), r.next(i)}, func(j int) bool { return j >= 0 && r.toks[j].from == g.token.from })
			if beside && !g.marked && r.lex.writtenFigures(g.Field) {
				r.fail(problem{decline: DeclineShape})
			}
		}
	}
}

// writtenFigures reports whether a field of texts looks like figures that could not be
// read as such: ▲3, 71.000,50. Its total is no list of them.
func (l *Lexicon) writtenFigures(field string) bool {
	values := l.valuesOf(field)
	figures := 0
	for _, v := range values {
		if strings.ContainsAny(v.Text, "0123456789") && len([]rune(v.Text)) <= 24 {
			figures++
		}
	}
	return figures*2 > len(values)
}

// says reports whether a verb such as 결제한 only repeats what the value or the period
// beside it says: 카카오페이로 결제한, orders placed in October.
func (r *reader) says(i int) bool {
	for _, j := range []int{r.prev(i), r.next(i)} {
		for r.is(j, wInto) && j > 0 {
			j = r.prev(j)
		}
		if j >= 0 && (r.toks[j].kind == aMention || len(r.senses(j, isValue)) > 0 && r.toks[j].used) {
			return true
		}
	}
	return false
}

// readList takes a question without a measure that asks what there is as a list.
func (r *reader) readList() {
	if r.in.Previous == nil && len(r.d.measures) == 0 && len(r.d.groups) > 0 || r.listing() && len(r.d.groups) > 0 {
		r.d.listed = (r.listing() || r.asksWhich()) && !r.d.rank.wanted
	}
	if r.d.listed && len(r.d.periods) > 0 {
		r.fail(problem{decline: DeclineShape}) // what there is has no time
	}
}

// onlyHowMany reports whether all that is left asks for a number, of what is not clear.
func (r *reader) onlyHowMany(words []string) bool {
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool {
		key := fold(w)
		return !slices.ContainsFunc(r.lex.index.lookup(key), func(e entry) bool {
			s := r.lex.at(e.sense)
			return s.kind == isWord && (s.word == wHowMany || s.word == wCount || s.word == wHowMuch)
		})
	})
}

// checkUsed declines when words remain that nothing has explained. Names and words
// that nobody can answer for are told rather than the small words around them; the
// latter count even when something else is wrong as well.
func (r *reader) checkUsed() {
	var names, words []string
	left, never := false, false
	for i, t := range r.toks {
		left = left || !t.used
		switch {
		case t.used || t.kind == aParticle:
		case r.is(i, wNever):
			never = true
			names = append(names, strings.TrimSpace(t.text))
		case t.kind == aWord || t.kind == aSeparator:
			words = append(words, strings.TrimSpace(t.text))
		default:
			names = append(names, strings.TrimSpace(t.text))
		}
	}
	if len(names) == 0 && !r.onlyHowMany(words) {
		names = words
	}
	if never {
		r.problem = nil
	}
	switch {
	case len(names) > 0:
		r.fail(problem{decline: DeclineUnknown, unknown: slices.Compact(names)})
	case left:
		r.fail(problem{decline: DeclineShape}) // only particles: 서울보다
	}
}
