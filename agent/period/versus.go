package period

import (
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// comparison is with the period before or a year ago, and of which unit.
type comparison struct {
	kind semantic.CompareKind
	unit semantic.Grain
}

// compareWords are whole comparisons.
var compareWords = []named[comparison]{
	{"전월비", comparison{semantic.ComparePrevious, semantic.Month}}, {"전주비", comparison{semantic.ComparePrevious, semantic.Week}},
	{"전일비", comparison{semantic.ComparePrevious, semantic.Day}}, {"전분기비", comparison{semantic.ComparePrevious, semantic.Quarter}},
	{"전기비", comparison{semantic.ComparePrevious, ""}}, {"전기 대비", comparison{semantic.ComparePrevious, ""}},
	{"전년비", comparison{semantic.CompareYearAgo, semantic.Year}}, {"전년 동기비", comparison{semantic.CompareYearAgo, ""}},
	{"전년 동월비", comparison{semantic.CompareYearAgo, semantic.Month}}, {"전년 동기 대비", comparison{semantic.CompareYearAgo, ""}},
	{"직전 대비", comparison{semantic.ComparePrevious, ""}}, {"이전 대비", comparison{semantic.ComparePrevious, ""}},
	{"동기 대비", comparison{semantic.CompareYearAgo, ""}}, {"동월 대비", comparison{semantic.CompareYearAgo, semantic.Month}},
	{"동기간 대비", comparison{semantic.CompareYearAgo, ""}},
	{"전달 대비", comparison{semantic.ComparePrevious, semantic.Month}}, {"전달보다", comparison{semantic.ComparePrevious, semantic.Month}},
	{"전달에 비해", comparison{semantic.ComparePrevious, semantic.Month}},
	{"month over month", comparison{semantic.ComparePrevious, semantic.Month}}, {"month on month", comparison{semantic.ComparePrevious, semantic.Month}},
	{"m/m", comparison{semantic.ComparePrevious, semantic.Month}}, {"quarter over quarter", comparison{semantic.ComparePrevious, semantic.Quarter}},
	{"quarter on quarter", comparison{semantic.ComparePrevious, semantic.Quarter}}, {"q/q", comparison{semantic.ComparePrevious, semantic.Quarter}},
	{"qoq", comparison{semantic.ComparePrevious, semantic.Quarter}}, {"week over week", comparison{semantic.ComparePrevious, semantic.Week}},
	{"week on week", comparison{semantic.ComparePrevious, semantic.Week}}, {"w/w", comparison{semantic.ComparePrevious, semantic.Week}},
	{"day over day", comparison{semantic.ComparePrevious, semantic.Day}}, {"day on day", comparison{semantic.ComparePrevious, semantic.Day}},
	{"dod", comparison{semantic.ComparePrevious, semantic.Day}}, {"year over year", comparison{semantic.CompareYearAgo, semantic.Year}},
	{"year on year", comparison{semantic.CompareYearAgo, semantic.Year}}, {"y/y", comparison{semantic.CompareYearAgo, semantic.Year}},
	{"yoy", comparison{semantic.CompareYearAgo, semantic.Year}}, {"period over period", comparison{semantic.ComparePrevious, ""}},
}

// shortNames are words of their own in lower case: mom, wow.
var shortNames = []named[comparison]{
	{"mom", comparison{semantic.ComparePrevious, semantic.Month}}, {"wow", comparison{semantic.ComparePrevious, semantic.Week}},
}

// koreanThan follows what is compared with.
var koreanThan = []string{
	"보다", "보다는", "보다도", " 대비", " 대비로", " 대비해", " 대비해서", "에 비해", "에 비해서", "에 비해서는", "에 비하면", "에 비하여",
	"과 비교", "와 비교", "랑 비교", "이랑 비교", "하고 비교", "과의 비교", "와의 비교",
	"과 비교해", "와 비교해", "랑 비교해", "이랑 비교해", "하고 비교해", "과 비교해서", "와 비교해서", "랑 비교해서", "이랑 비교해서", "하고 비교해서",
	"과 비교하면", "와 비교하면", "랑 비교하면", "이랑 비교하면", "하고 비교하면", "과 비교하여", "와 비교하여", "과 비교했을 때", "와 비교했을 때", "랑 비교했을 때",
	"과 비교한", "와 비교한", "랑 비교한", "과 비교해줘", "와 비교해줘", "랑 비교해줘", "이랑 비교해줘", "하고 비교해줘", "과 비교해 줘", "와 비교해 줘", "랑 비교해 줘",
	"과 비교해 주세요", "와 비교해 주세요", "랑 비교해 주세요", "과 비교하고", "와 비교하고",
}

// englishThan stands before it.
var englishThan = []string{
	"vs", "vs.", "versus", "compared with", "compared to", "compare with", "compare to", "comparing to", "comparing with", "in comparison with",
	"in comparison to", "relative to", "against", "than", "than in", "than for", "as compared to", "as compared with", "compared against",
	"than during",
}

// changeWords before "from", "over" and "on" make a comparison: up 4% on last month.
var changeWords = map[string]bool{
	"up": true, "down": true, "change": true, "changed": true, "changes": true, "growth": true, "increase": true, "increased": true, "decrease": true,
	"decreased": true, "rise": true, "rose": true, "risen": true, "fall": true, "fell": true, "drop": true, "dropped": true, "grew": true,
	"grow": true, "grown": true, "decline": true, "declined": true, "improvement": true, "improved": true, "difference": true,
}

// versus reads a comparison.
func (r *reader) versus(i int) (m Mention, ok bool) {
	if c, to := lookup(r, i, compareWords); to > 0 {
		m, ok = Mention{Kind: Versus, To: r.compareEnd(i, to), Compare: c.kind, Unit: c.unit}, true
	}
	if c, to := lookup(r, i, shortNames); to > 0 && r.shortName(i, to) {
		m, ok = Mention{Kind: Versus, To: to, Compare: c.kind, Unit: c.unit}, true
	}
	for _, n := range []Mention{r.versusKorean(i), r.versusEnglish(i)} {
		if n.To > m.To {
			m, ok = n, true
		}
	}
	return m, ok
}

// compareEnd adds Korean particles after a whole comparison.
func (r *reader) compareEnd(i, to int) int {
	if isHangul(r.rune(i)) {
		if p := r.particle(to); p > to {
			return p
		}
	}
	return to
}

// shortName tells MoM and WoW from "mom" and "wow": by their capitals, or what follows.
func (r *reader) shortName(i, to int) bool {
	if r.src[i] != r.low[i] && r.src[to-1] != r.low[to-1] {
		return true
	}
	switch r.wordAfter(to) {
	case "growth", "change", "changes", "성장률", "증감", "증감률", "증가율":
		return true
	}
	return r.rune(r.skip(to)) == '%'
}

// versusKorean reads what is compared with and 보다, 대비 or 비교 after it.
func (r *reader) versusKorean(i int) (m Mention) {
	if mv, to := r.shiftAt(i); to > 0 {
		if j := r.anyOf(to, koreanThan); j > 0 {
			if c, ok := comparedBy(mv); ok {
				m = Mention{Kind: Versus, To: j, Compare: c.kind, Unit: c.unit}
			}
		}
	}
	a := r.compared(i)
	if a.to == 0 {
		return m
	}
	if j := r.anyOf(a.to, koreanThan); j > m.To {
		m = r.against(a)
		m.To = j
		if a.from.IsZero() { // 작년 10월 대비 11월 is of two years, 2025년 10월 대비 11월 of one
			r.carried = a
			r.carried.to = j
		}
	}
	return m
}

// compared reads the period in front of 보다 or 대비.
func (r *reader) compared(i int) (a atom) {
	a = r.simple(i)
	if a.to == 0 || a.strict && a.unit != semantic.Year {
		return atom{}
	}
	return a
}

// versusEnglish reads "vs last year", "than a year ago", "compared with September".
func (r *reader) versusEnglish(i int) (m Mention) {
	k := r.anyOf(i, englishThan)
	if k < 0 {
		k = r.changeFrom(i)
	}
	if k < 0 {
		return m
	}
	from := r.skip(k)
	if j := r.anyOf(from, []string{"those of", "that of", "those in", "in"}); j > 0 {
		from = r.skip(j)
	}
	if mv, to := r.shiftAt(from); to > 0 {
		if c, ok := comparedBy(mv); ok {
			m = Mention{Kind: Versus, To: to, Compare: c.kind, Unit: c.unit}
		}
	}
	if to := r.theBefore(from); to > m.To {
		m = Mention{Kind: Versus, To: to, Compare: semantic.ComparePrevious}
	}
	if to := r.phrase(from, "last"); to > m.To && r.wordAfter(to) == "" {
		m = Mention{Kind: Versus, To: to, Compare: semantic.ComparePrevious} // this month compared to last
	}
	a := r.simple(from)
	if a.to == 0 || a.strict && !r.comparable(a) {
		return m
	}
	full, ranged := r.extended(a)
	if !ranged {
		full = r.finished(a)
	}
	if full.to > m.To {
		m = r.against(full)
		m.To = full.to
	}
	return m
}

// theBefore reads "the 8 before", "the 8 weeks before that", "the previous one".
func (r *reader) theBefore(i int) int {
	i = r.phrase(i, "the")
	if i < 0 {
		return -1
	}
	i = r.skip(i)
	if to := r.anyOf(i, []string{"previous one", "prior one", "preceding one", "one before", "one before that"}); to > 0 {
		return to
	}
	l, ok := r.lengthAt(i)
	if !ok {
		if _, l.to = lookup(r, i, englishCounts); l.to < 0 {
			_, _, l.to = r.number(i)
		}
	}
	if l.to < 0 {
		return -1
	}
	return r.anyOf(r.skip(l.to), []string{"before", "before that", "before those", "prior"})
}

// comparable keeps "more than 2024 orders" from being a comparison with a year.
func (r *reader) comparable(a atom) bool {
	if a.unit != semantic.Year {
		return a.unit == semantic.Month || a.unit == half || a.event != ""
	}
	return r.usual(a.period.Start.Year()) && r.counts(a.to)
}

// changeFrom returns the position after "from", "over" or "on" that follows a word of
// change, or -1.
func (r *reader) changeFrom(i int) int {
	k := r.anyOf(i, []string{"from", "over", "on"})
	if k < 0 || !changeWords[r.wordBefore(i)] && !strings.HasSuffix(strings.TrimRight(r.low[:i], " "), "%") {
		return -1
	}
	return k
}

// comparedBy says what a shift compares with, where a compiler of comparisons can.
func comparedBy(mv move) (comparison, bool) {
	if mv.count != -1 {
		return comparison{}, false
	}
	if mv.step == semantic.Year {
		unit := mv.unit
		return comparison{semantic.CompareYearAgo, unit}, true
	}
	return comparison{semantic.ComparePrevious, mv.step}, true
}

// against says what a period is compared with. The unit before the current one is
// "the previous" of whatever is asked about.
func (r *reader) against(a atom) Mention {
	m := a.mention(Versus)
	m.Compare = semantic.CompareExplicit
	if a.before && !a.relative {
		m.Compare, m.Period = semantic.ComparePrevious, semantic.Period{}
	}
	if a.relative && a.distance == -1 && a.bare || a.ago {
		m.Compare = semantic.ComparePrevious
		if a.unit == semantic.Year {
			m.Compare = semantic.CompareYearAgo
		}
		if a.before {
			m.Period, m.Bare = semantic.Period{}, false
		}
	}
	return m
}
