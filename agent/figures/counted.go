package figures

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// predicates are what rows are counted by. Up and down are of changes, the others of any
// amount.
var predicates = []struct {
	words *regexp.Regexp
	up    bool // or down, below zero
	moves bool
}{
	{regexp.MustCompile(`적자|손실|마이너스|음수|(?i:\bnegative\b|\bloss(?:es)?\b|\bin the red\b)`), false, false},
	{regexp.MustCompile(`흑자|플러스|양수|(?i:\bpositive\b|\bin the black\b)`), true, false},
	{regexp.MustCompile(rising + `|(?i:\b(?:rose|grew|gained|increased)\b)`), true, true},
	{regexp.MustCompile(falling + `|(?i:\b(?:fell|declined|dropped|decreased|shrank)\b)`), false, true},
}

var (
	// smallCount is a number in words of rows: two channels, 세 달. How long something took
	// is no count of rows.
	smallCount = regexp.MustCompile(`(?i)(?:^|[^\p{Hangul}])(두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(?:달|곳|개|채널|지역|상품|품목|매장|지점|부서|팀|캠페인|브랜드)|(?:^|\s)(이틀|사흘|나흘|닷새)(?:[^\p{Hangul}]|뿐|이|입|만|$)|\b(two|three|four|five|six|seven|eight|nine|ten)\s(?:of\s(?:the\s)?(?:\w+\s)?)?(?:campaigns|months|weeks|days|quarters|years|channels|regions|products|items|stores|branches|categories)\b`)
	// lasting is a stretch of time, and some rows out of a ranking.
	lasting = regexp.MustCompile(`(?i)(?:최근|지난|상위|하위|처음|마지막|연속|앞으로|\b(?:past|last|first|next|previous|over|top|bottom|within|for|in just|consecutive)(?:\s(?:the|the last|the past))?)\s?$`)
	since   = regexp.MustCompile(`^(?:\S{0,3}\s?)?(?:연속|동안|간\s|만에|째|전|후|뒤|이내|이후)|^\s(?i:in a row|ago|later|running|straight|earlier)`)
	ofAll   = regexp.MustCompile(`^(?:\s?\p{Hangul}{1,4}){0,2}\s?(?:중|가운데)(?:[\s,에]|$)`)
	outOf   = regexp.MustCompile(`(?i)\b(?:of|out of|among|across)\s(?:the\s)?$`)
)

var smallValues = map[string]float64{
	"이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
	"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}

// clauseAround is the part of a sentence in which from stands.
func clauseAround(body string, from int) (start, end int) {
	for _, loc := range clauseEnd.FindAllStringIndex(body, -1) {
		if loc[1] > from {
			return start, loc[1]
		}
		start = loc[1]
	}
	return start, len(body)
}

// countedRows are the numbers of rows that a clause may speak of by what it says of them,
// by column. None are known where it says nothing, or more than is understood.
func (e *evidence) countedRows(clause string, own literal, refs [][]int) []float64 {
	if len(refs) > 0 {
		return nil
	}
	var limit *literal
	for _, l := range literals(clause, nil) {
		switch {
		case l.start < own.end && own.start < l.end:
		case (l.kind == plainLiteral || l.kind == percentLiteral || l.kind == countLiteral) && ofAll.MatchString(clause[l.end:]), outOf.MatchString(clause[:l.start]):
		case limit == nil && (l.kind == plainLiteral || l.kind == percentLiteral || l.kind == countLiteral):
			limit = &l
		default:
			return nil
		}
	}
	said := -1
	for i, p := range predicates {
		if !p.words.MatchString(clause) {
			continue
		}
		if said >= 0 {
			return nil
		}
		said = i
	}
	switch {
	case limit != nil:
		w, bounded := limit.windowOf(clause)
		if !bounded {
			return nil
		}
		return e.beyond(*limit, w, said, strings.ToLower(clause))
	case said >= 0:
		return e.signs(predicates[said].up, predicates[said].moves)
	}
	return nil
}

// signs counts the rows above or below zero, by column that has any below.
func (e *evidence) signs(up, moves bool) []float64 {
	var out []float64
	e.eachColumn(func(t *Table, c Column, s series) {
		if moves && !c.changes(s) || !slices.ContainsFunc(s.cells, func(v cell) bool { return v.ok && v.value < 0 }) && !c.Signed {
			return
		}
		out = append(out, t.count(s, func(v float64) bool { return v != 0 && (v > 0) == up }))
	})
	return out
}

// beyond counts the rows on one side of a figure, by column: of those that the clause
// names, if it does.
func (e *evidence) beyond(l literal, w window, said int, clause string) []float64 {
	named := func(c Column) bool {
		return slices.ContainsFunc(dedupeText(c.names()...), func(name string) bool { return hasWord(clause, name) })
	}
	some := false
	e.eachColumn(func(_ *Table, c Column, _ series) { some = some || named(c) })
	v := l.value
	if l.kind == percentLiteral {
		v /= 100
	}
	above := w.hi > 2*l.value-w.lo
	var out []float64
	e.eachColumn(func(t *Table, c Column, s series) {
		if (c.Format == "percent") != (l.kind == percentLiteral) && c.Format != "" || (said >= 0) != c.changes(s) || some && !named(c) {
			return
		}
		for _, exactly := range []bool{true, false} {
			out = append(out, t.count(s, func(x float64) bool {
				if said >= 0 && !predicates[said].up {
					x = -x
				}
				return above && x > v || !above && x < v || exactly && x == v
			}))
		}
	})
	return out
}

func (e *evidence) eachColumn(do func(*Table, Column, series)) {
	for i := range e.tables {
		if t := &e.tables[i]; t.Count == len(t.Rows) && e.single[i] {
			for j, c := range t.Columns {
				if e.measures(i, j) {
					do(t, c, e.columns[i][j])
				}
			}
		}
	}
}

// count is how many rows there are that are somebody's and hold.
func (t *Table) count(s series, holds func(float64) bool) float64 {
	n := 0.0
	for r, v := range s.cells {
		if v.ok && holds(v.value) && !t.gathers(r) {
			n++
		}
	}
	return n
}

// counted reports whether a small number is one of rows of which the clause says what they
// have in common, and whether it is right.
func (e *evidence) counted(l literal, body string, refs [][]int) (known, right bool) {
	before, after := body[:l.start], body[l.end:]
	if l.unit != 1 || lasting.MatchString(before) || since.MatchString(after) || ofAll.MatchString(after) || outOf.MatchString(before) {
		return false, false
	}
	start, end := clauseAround(body, l.start)
	own := l
	own.start, own.end = l.start-start, l.end-start
	var inside [][]int
	for _, r := range refs {
		if r[0] < end && r[1] > start {
			inside = append(inside, r)
		}
	}
	counts := e.countedRows(body[start:end], own, inside)
	return len(counts) > 0, slices.Contains(counts, l.value)
}

// miscounts reports whether a number in words, which is left alone elsewhere, is one of
// rows and wrong.
func (e *evidence) miscounts(body string, refs [][]int) bool {
	for _, l := range smallCounts(body) {
		if known, right := e.counted(l, body, refs); known && !right && !e.said[threshold{l.value, false}] {
			return true
		}
	}
	return false
}

// smallCounts are the numbers in words that a sentence counts rows by.
func smallCounts(body string) (out []literal) {
	for _, m := range smallCount.FindAllStringSubmatchIndex(body, -1) {
		at := m[2:4]
		for g := 4; at[0] < 0; g += 2 {
			at = m[g : g+2]
		}
		word := body[at[0]:at[1]]
		out = append(out, literal{start: at[0], end: at[1], text: word, value: smallValues[strings.ToLower(word)], unit: 1, kind: countLiteral})
	}
	return out
}

// countsBy reports whether a figure is one by which a sentence counts rows rightly: it need
// not be near any cell.
func (e *evidence) countsBy(limit literal, body string, refs [][]int) bool {
	start, end := clauseAround(body, limit.start)
	all := smallCounts(body)
	for _, l := range literals(body, refs) {
		if l.kind == countLiteral || l.daysAlone() {
			all = append(all, l)
		}
	}
	return slices.ContainsFunc(all, func(l literal) bool {
		if l.start < start || l.end > end || l.start < limit.end && limit.start < l.end {
			return false
		}
		known, right := e.counted(l.asCount(), body, refs)
		return known && right
	})
}

// daysAlone reports whether a day may be a number of days: 2일.
func (l literal) daysAlone() bool { return l.kind == dateLiteral && onlyDays.MatchString(l.text) }

var onlyDays = regexp.MustCompile(`^\d{1,2}\s?일$`)

// asCount is a number of days as one of anything.
func (l literal) asCount() literal {
	if l.daysAlone() {
		l.value, l.unit, l.kind = float64(atoi(l.text[:len(l.text)-len(strings.TrimLeft(l.text, "0123456789"))])), 1, countLiteral
	}
	return l
}

// lossWords say that an amount is below zero, or how something got there.
var lossWords = regexp.MustCompile(`(?i)적자|손실|손해|마이너스|음수|감소|줄|떨어|하락|밑|아래|차이|순손|\bloss(?:es)?\b|\blos[et]\b|\blosing\b|negative|minus|deficit|\bred\b|\bfell|drop|declin|decreas|below|down|swing|shortfall|difference|gap`)

var minusBefore = regexp.MustCompile(`[-−–]\s?[₩$€¥]?$`)

// denied reports whether an amount is one below zero alone that is told as if it were above.
func (e *evidence) denied(l literal, body string, w window) bool {
	return !math.IsNaN(l.value) && !w.among(e.values) && w.among(e.losses) && !lossWords.MatchString(body) && !minusBefore.MatchString(body[:l.start])
}

// multiplied are how many times as much as before something is, of the rows spoken of, by
// their rates of change.
func (e *evidence) multiplied(i int, rows []int) (times []float64) {
	for j, c := range e.tables[i].Columns {
		if c.Format != "percent" || !c.changes(e.columns[i][j]) {
			continue
		}
		for _, r := range rows {
			if v := e.columns[i][j].cells[r]; v.ok {
				times = append(times, 1+v.value)
			}
		}
	}
	return times
}

var (
	growsTo = regexp.MustCompile(`^(?:\s?배)?(?:\s?(?:로|으로|나|가까이|가량))?\s?(?:늘|증가|성장|뛰|불어|커졌)`)
	growing = regexp.MustCompile(`(?i)^(?:halved|(?:doubl|tripl|quadrupl)(?:ed|ing)|반토막)$`)
)

// grown reports whether a ratio is told as a change, and whether it is right: of the one
// row that is named, if its rate of change is known, else of what follows from two figures.
func (e *evidence) grown(l literal, body string, w window, rows focus, d *derived) (known, right bool) {
	if !growsTo.MatchString(body[l.end:]) && !growing.MatchString(l.text) {
		return false, false
	}
	for i := range rows {
		if len(rows[i]) != 1 {
			continue
		}
		if times := sorted(e.multiplied(i, rows[i])); len(times) > 0 {
			return true, w.among(times)
		}
	}
	move := window{w.lo - 1, w.hi - 1}
	return true, move.among(d.moves) || move.among(e.changes)
}
