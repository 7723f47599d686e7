package figures

import (
	"math"
	"regexp"
	"slices"
	"sort"
)

// window is what a figure may be a rounding of.
type window struct{ lo, hi float64 }

// coarse is the largest part of itself by which a rounded figure may be off: "1억" may
// stand for 1.04억, not for 1.4억. A figure that is said to be passed, or not reached, may be
// off by twice that, to one side.
const coarse = 0.05

// loose is the same for words that few ratios have a word for: "more than twice".
const loose = 0.2

// around is the window of a figure whose last digit is worth unit.
func around(v, unit float64) window {
	v = math.Abs(v)
	tolerance := unit * 0.5000001
	if unit > 1 {
		tolerance = min(tolerance, v*coarse)
	}
	return window{v - tolerance, v + tolerance}
}

// measured are units that stand between a figure and such words.
const measured = `원|달러|건|명|개월|개|곳|시간|분|일|주|년|회|점|배|세|대`

// Words that say on which side of a figure something is. 이상 and "at least" are passed by
// what is exactly that.
var (
	passedAfter    = regexp.MustCompile(`(?i)^\s?(?:` + measured + `)?(?:을|를|이|가)?\s?(?:이상|초과|넘[는은던게었어고긴습으지]|웃도|웃돈|웃돌|웃돕|상회)|^\s?(?:\+|or more\b)`)
	passedBefore   = regexp.MustCompile(`(?i)\b(?:more than|over|above|at least|exceed(?:s|ed|ing)?|surpass(?:es|ed|ing)?|topp?(?:s|ed)?|upwards of)\s?[₩$€¥]?$`)
	unpassedAfter  = regexp.MustCompile(`(?i)^\s?(?:` + measured + `)?(?:에|에는|을|를|이|가)?\s?(?:미만|이하|못\s?미|밑도|밑돈|밑돌|밑돕|하회|가까|육박|채\s?(?:안|못))`)
	unpassedBefore = regexp.MustCompile(`(?i)\b(?:less than|fewer than|under|below|nearly|almost|close to|just shy of|short of|at most)\s(?:a\s)?[₩$€¥]?$`)
)

// Of a figure that was not fallen below something was above.
var (
	denial      = regexp.MustCompile(`(?i)\b(?:not|never|n't|nor|neither)\s(?:\w+\s){0,2}\w*\s?[₩$€¥]?$`)
	denialAfter = regexp.MustCompile(`^[^,.]{0,24}(?:지 않|지는 않|적이 없|적은 없|지 못)`)
)

// threshold is a figure that was said before, of which others may be told to be above or
// below.
type threshold struct {
	value   float64
	percent bool
}

// windowOf is what a figure may stand for where it does, and whether it is told to be
// passed or not reached.
func (l literal) windowOf(body string) (w window, bounded bool) {
	w = around(l.value, l.unit)
	v, before, after := math.Abs(l.value), body[:l.start], body[l.end:]
	far := 2 * coarse * v
	if l.kind == timesLiteral && (l.inWords || l.unit >= 1) {
		far = loose * v
	}
	exact := 0.0 // a figure with many digits is rounded all the same
	if l.unit <= v*0.01 {
		exact = l.unit * 0.5000001
	}
	passed := passedAfter.MatchString(after) || passedBefore.MatchString(before)
	not := unpassedAfter.MatchString(after) || unpassedBefore.MatchString(before)
	if denial.MatchString(before) || denialAfter.MatchString(after) {
		passed, not = not, passed
	}
	switch {
	case passed == not:
		return w, false
	case passed:
		return window{v - exact, v + far}, true
	}
	return window{v - far, v + exact}, true
}

// apart are words for what is between two figures.
var apart = regexp.MustCompile(`(?i)차이|격차|앞서|앞섭|앞선|뒤처|보다|대비|\b(?:difference|gap|lead|ahead|behind|than|from|against)\b`)

// missed reports whether the only row that a sentence names is not where the figure says:
// among all cells one that passes it by little is soon found.
func (e *evidence) missed(l literal, body string, w window, rows focus) bool {
	table := -1
	for i := range rows {
		if len(rows[i]) > 1 || len(rows[i]) == 1 && table >= 0 {
			return false
		}
		if len(rows[i]) == 1 {
			table = i
		}
	}
	if table < 0 && l.kind == plainLiteral && wholeWord.MatchString(body) {
		return !slices.ContainsFunc(e.columns, func(columns []series) bool {
			return slices.ContainsFunc(columns, func(s series) bool { return w.holds(math.Abs(s.sum)) })
		})
	}
	if table < 0 || l.kind == timesLiteral {
		return false
	}
	if l.kind == percentLiteral {
		w = w.percent()
	}
	against := apart.MatchString(body)
	for j, column := range e.columns[table] {
		own := column.cells[rows[table][0]]
		amounts := []float64{math.Abs(own.value), math.Abs(column.sum)}
		for _, other := range column.cells {
			if c := e.tables[table].Columns[j]; against && other.ok && !c.partial() == (l.kind != percentLiteral) {
				amounts = append(amounts, math.Abs(own.value-other.value))
			}
		}
		if own.ok && w.among(sorted(amounts)) {
			return false
		}
	}
	return l.kind != percentLiteral
}

// percent is the window of a part of one where this is one of a percentage.
func (w window) percent() window { return window{w.lo / 100, w.hi / 100} }

func (w window) holds(v float64) bool { return w.lo <= v && v <= w.hi }

// among reports whether sorted has a value in the window.
func (w window) among(sorted []float64) bool {
	i := sort.SearchFloat64s(sorted, w.lo)
	return i < len(sorted) && sorted[i] <= w.hi
}

// moved is among for a list with signs: of those of one direction, or of both for 0.
func (w window) moved(sorted []float64, way int) bool {
	return way >= 0 && w.among(sorted) || way <= 0 && window{-w.hi, -w.lo}.among(sorted)
}
