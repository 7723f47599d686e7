package period

import "github.com/bapsang/bapsang/agent/semantic"

// move is a shift: count steps, the result being a unit or, with "", the same dates.
type move struct {
	count int
	step  semantic.Grain
	unit  semantic.Grain
}

// sameWords follow a year or a month in Korean: 작년 같은 달.
var sameWords = []named[semantic.Grain]{
	{"같은 달", semantic.Month}, {"동월", semantic.Month}, {"동일 월", semantic.Month}, {"같은 분기", semantic.Quarter},
	{"동 분기", semantic.Quarter}, {"같은 주", semantic.Week}, {"동일 주", semantic.Week}, {"같은 주차", semantic.Week}, {"같은 날", ""}, {"같은 기간", ""},
	{"같은 시기", ""}, {"같은 때", ""}, {"동기", ""}, {"동기간", ""}, {"동 기간", ""}, {"동일 기간", ""}, {"동일 시기", ""}, {"이맘때", ""}, {"이맘때쯤", ""},
	{"같은 요일", ""}, {"동요일", ""},
}

var shiftWords = []named[move]{
	{"그 전 달", move{-1, semantic.Month, semantic.Month}}, {"그 이전 달", move{-1, semantic.Month, semantic.Month}},
	{"그 전월", move{-1, semantic.Month, semantic.Month}}, {"이전 달", move{-1, semantic.Month, semantic.Month}},
	{"직전 달", move{-1, semantic.Month, semantic.Month}}, {"직전 월", move{-1, semantic.Month, semantic.Month}},
	{"바로 전 달", move{-1, semantic.Month, semantic.Month}}, {"그 직전 달", move{-1, semantic.Month, semantic.Month}},
	{"그 전 주", move{-1, semantic.Week, semantic.Week}}, {"그 이전 주", move{-1, semantic.Week, semantic.Week}},
	{"이전 주", move{-1, semantic.Week, semantic.Week}}, {"직전 주", move{-1, semantic.Week, semantic.Week}},
	{"바로 전 주", move{-1, semantic.Week, semantic.Week}},
	{"그 전 분기", move{-1, semantic.Quarter, semantic.Quarter}}, {"그 이전 분기", move{-1, semantic.Quarter, semantic.Quarter}},
	{"이전 분기", move{-1, semantic.Quarter, semantic.Quarter}}, {"직전 분기", move{-1, semantic.Quarter, semantic.Quarter}},
	{"바로 전 분기", move{-1, semantic.Quarter, semantic.Quarter}},
	{"그 전 해", move{-1, semantic.Year, ""}}, {"그 전년", move{-1, semantic.Year, ""}}, {"그 이전 해", move{-1, semantic.Year, ""}},
	{"이전 해", move{-1, semantic.Year, ""}}, {"직전 연도", move{-1, semantic.Year, ""}}, {"직전 해", move{-1, semantic.Year, ""}},
	{"그 전 연도", move{-1, semantic.Year, ""}}, {"이전 연도", move{-1, semantic.Year, ""}},
	{"그 전날", move{-1, semantic.Day, semantic.Day}}, {"전날", move{-1, semantic.Day, semantic.Day}}, {"바로 전날", move{-1, semantic.Day, semantic.Day}},
	{"그 다음 날", move{1, semantic.Day, semantic.Day}}, {"그 다음 주", move{1, semantic.Week, semantic.Week}},
	{"그 다음 달", move{1, semantic.Month, semantic.Month}}, {"그 다음 분기", move{1, semantic.Quarter, semantic.Quarter}},
	{"그 다음 해", move{1, semantic.Year, ""}}, {"이듬해", move{1, semantic.Year, ""}},
	{"직전 기간", move{-1, "", ""}}, {"이전 기간", move{-1, "", ""}}, {"그 전 기간", move{-1, "", ""}}, {"그 이전 기간", move{-1, "", ""}}, {"그 이전", move{-1, "", ""}}, {"그 전", move{-1, "", ""}},
	{"직전 동기간", move{-1, "", ""}}, {"직전 동일 기간", move{-1, "", ""}}, {"그 다음 기간", move{1, "", ""}},
	{"전 기간", move{-1, "", ""}}, // only before 대비; alone it is the whole period

	{"the month before", move{-1, semantic.Month, semantic.Month}}, {"the month before that", move{-1, semantic.Month, semantic.Month}},
	{"the week before", move{-1, semantic.Week, semantic.Week}}, {"the week before that", move{-1, semantic.Week, semantic.Week}},
	{"the quarter before", move{-1, semantic.Quarter, semantic.Quarter}}, {"the quarter before that", move{-1, semantic.Quarter, semantic.Quarter}},
	{"the year before", move{-1, semantic.Year, ""}}, {"the year before that", move{-1, semantic.Year, ""}},
	{"the day before", move{-1, semantic.Day, semantic.Day}}, {"the day before that", move{-1, semantic.Day, semantic.Day}},
	{"the month after", move{1, semantic.Month, semantic.Month}}, {"the month after that", move{1, semantic.Month, semantic.Month}},
	{"the week after", move{1, semantic.Week, semantic.Week}}, {"the week after that", move{1, semantic.Week, semantic.Week}},
	{"the quarter after", move{1, semantic.Quarter, semantic.Quarter}}, {"the quarter after that", move{1, semantic.Quarter, semantic.Quarter}},
	{"the year after", move{1, semantic.Year, ""}}, {"the year after that", move{1, semantic.Year, ""}},
	{"the day after", move{1, semantic.Day, semantic.Day}}, {"the day after that", move{1, semantic.Day, semantic.Day}},
	{"the period before", move{-1, "", ""}}, {"the period before that", move{-1, "", ""}},
}

var previousWords = []named[int]{
	{"previous", -1}, {"the previous", -1}, {"prior", -1}, {"the prior", -1}, {"preceding", -1}, {"the preceding", -1},
	{"following", 1}, {"the following", 1},
}

var previousUnits = []named[move]{
	{"day", move{1, semantic.Day, semantic.Day}}, {"week", move{1, semantic.Week, semantic.Week}}, {"month", move{1, semantic.Month, semantic.Month}},
	{"quarter", move{1, semantic.Quarter, semantic.Quarter}}, {"year", move{1, semantic.Year, ""}}, {"period", move{1, "", ""}},
}

var sameEnglish = []named[semantic.Grain]{
	{"same month", semantic.Month}, {"same quarter", semantic.Quarter}, {"same week", semantic.Week}, {"same period", ""},
	{"same time", ""}, {"same day", ""}, {"same date", ""}, {"same dates", ""}, {"same days", ""},
}

var sameOf = []named[move]{
	{"last year", move{-1, semantic.Year, ""}}, {"a year ago", move{-1, semantic.Year, ""}}, {"one year ago", move{-1, semantic.Year, ""}},
	{"a year earlier", move{-1, semantic.Year, ""}}, {"the year before", move{-1, semantic.Year, ""}}, {"year before", move{-1, semantic.Year, ""}},
	{"the previous year", move{-1, semantic.Year, ""}}, {"previous year", move{-1, semantic.Year, ""}}, {"prior year", move{-1, semantic.Year, ""}}, {"the prior year", move{-1, semantic.Year, ""}},
	{"last month", move{-1, semantic.Month, ""}}, {"the month before", move{-1, semantic.Month, ""}}, {"the previous month", move{-1, semantic.Month, ""}},
	{"last week", move{-1, semantic.Week, ""}}, {"the previous week", move{-1, semantic.Week, ""}}, {"last quarter", move{-1, semantic.Quarter, ""}},
	{"the year before last", move{-2, semantic.Year, ""}}, {"two years ago", move{-2, semantic.Year, ""}}, {"2 years ago", move{-2, semantic.Year, ""}},
}

// shiftAt reads a shift without its particles.
func (r *reader) shiftAt(i int) (mv move, to int) {
	mv, to = lookup(r, i, shiftWords)
	for _, read := range []func(*reader, int) (move, int){(*reader).koreanSame, (*reader).englishSame, (*reader).previous, (*reader).oneAgo} {
		if m, end := read(r, i); end > to {
			mv, to = m, end
		}
	}
	return mv, to
}

// koreanSame reads 작년 같은 달, 전년 동기, 지난달 같은 기간.
func (r *reader) koreanSame(i int) (mv move, to int) {
	base := r.yearAt(i)
	count, step, k := base.distance, semantic.Year, base.to
	if !base.relative {
		d, end := lookup(r, i, relativeUnits)
		count, step, k = d.n, d.unit, end
	}
	if k <= 0 || count >= 0 {
		return mv, -1
	}
	unit, to := lookup(r, r.of(k), sameWords)
	if to < 0 {
		return mv, -1
	}
	return move{count, step, unit}, to
}

// englishSame reads "the same month last year".
func (r *reader) englishSame(i int) (mv move, to int) {
	k := i
	for _, w := range []string{"in", "for", "during", "over"} {
		if j := r.phrase(k, w); j > 0 {
			k = r.skip(j)
			break
		}
	}
	if j := r.phrase(k, "the"); j > 0 {
		k = r.skip(j)
	}
	unit, to := lookup(r, k, sameEnglish)
	if to < 0 {
		return mv, -1
	}
	j := r.skip(to)
	for _, w := range []string{"of", "in"} {
		if n := r.phrase(j, w); n > 0 {
			j = r.skip(n)
		}
	}
	mv, to = lookup(r, j, sameOf)
	mv.unit = unit
	return mv, to
}

// previous reads "the previous quarter".
func (r *reader) previous(i int) (mv move, to int) {
	sign, k := lookup(r, i, previousWords)
	if k < 0 {
		return mv, -1
	}
	mv, to = lookup(r, r.skip(k), previousUnits)
	mv.count *= sign
	return mv, to
}

// oneAgo reads 한 달 전 and "a year ago".
func (r *reader) oneAgo(i int) (mv move, to int) {
	if a := r.agoAtom(i); a.ago {
		return move{-1, a.unit, ""}, a.to
	}
	if l, ok := r.lengthAt(i); ok && l.n == 1 && l.unit != semantic.Hour && l.unit != semantic.Day {
		if to := r.phrase(r.skip(l.to), "before"); to > 0 && r.eventPart(i).to == 0 {
			return move{-1, l.unit, ""}, to
		}
	}
	return mv, -1
}

// shift reads a period relative to one named before.
func (r *reader) shift(i int) (m Mention, ok bool) {
	k := i
	for _, w := range []string{"in", "for", "during"} {
		if j := r.phrase(i, w); j > 0 {
			k = r.skip(j)
		}
	}
	mv, to := r.shiftAt(k)
	if to < 0 || r.phrase(k, "전 기간") == to {
		return m, false
	}
	end, whole := r.tail(to)
	if !whole {
		return m, false
	}
	m = Mention{Kind: Shift, To: end, Count: mv.count, Step: mv.step, Unit: mv.unit}
	// What is one unit before today needs no period named before.
	if mv.step != "" && mv.count < 0 && (mv.unit == mv.step || mv.unit == "" && r.koreanSameEnd(k) < to) {
		m.Period = r.unitAt(mv.step, mv.count)
	}
	return m, true
}

// koreanSameEnd is where an expression that says "the same" ends, -1 without one: it
// says nothing of today.
func (r *reader) koreanSameEnd(i int) int {
	_, a := r.koreanSame(i)
	_, b := r.englishSame(i)
	if max(a, b) > 0 {
		return len(r.src) + 1
	}
	return -1
}
