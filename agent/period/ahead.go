package period

import (
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/semantic"
)

// Ahead returns the expression that says until when something is to be foretold: 연말까지,
// 올해 남은 기간, until the end of the month, through December. Its period is what is left
// of it from tomorrow on, where Parse ends a period with today, and a part of a year is the
// next one. Unit is the unit that was named, "" where only days are left. Where a text names
// the current year, quarter or month and no other time, its period is that one, whole. There
// is none where the text names no end, or one that is past.
func Ahead(text string, opts Options) (Mention, bool) {
	r := newReader(text, opts)
	r.ahead = true
	if m, ok := r.firstAhead((*reader).until); ok {
		m.Period.Start = r.tomorrow
		return m, true
	}
	if ranges(Parse(text, opts)) != 1 {
		return Mention{}, false
	}
	return r.firstAhead(func(r *reader, i int) atom {
		a := r.simple(i)
		if a.to == 0 || a.period.Start.After(r.today) || a.unit != semantic.Year && a.unit != semantic.Quarter && a.unit != semantic.Month {
			return atom{}
		}
		return r.finished(a)
	})
}

func ranges(list []Mention) (n int) {
	for _, m := range list {
		if m.Kind == Range {
			n++
		}
	}
	return n
}

// firstAhead is the first expression that read finds and that ends after tomorrow.
func (r *reader) firstAhead(read func(*reader, int) atom) (Mention, bool) {
	for i := 0; i < len(r.src); {
		if r.begins(i) {
			if a := read(r, i); a.to > 0 && a.period.End.After(r.tomorrow) {
				m := a.mention(Range)
				m.From, m.Bare, m.Future = i, false, true
				m.Unit = r.stepAhead(a.unit, a.period.End)
				return m, true
			}
		}
		_, width := utf8.DecodeRuneInString(r.src[i:])
		i += width
	}
	return Mention{}, false
}

// stepAhead is the unit of a time until end: that of its name, unless too little is left
// of it to be counted in such.
func (r *reader) stepAhead(unit semantic.Grain, end time.Time) semantic.Grain {
	switch {
	case end.Sub(r.tomorrow).Hours() < 24*28:
		return ""
	case unit == "" && firstOfMonth(end), unit == half:
		return semantic.Month
	}
	return unit
}

var (
	untilEnds = []string{"until the end of", "till the end of", "through the end of", "to the end of", "by the end of", "up to the end of", "until end of", "through end of", "by end of"}
	unitEnds  = []named[semantic.Grain]{
		{"연말", semantic.Year}, {"월말", semantic.Month}, {"분기말", semantic.Quarter}, {"분기 말", semantic.Quarter},
		{"year end", semantic.Year}, {"year-end", semantic.Year}, {"the year end", semantic.Year},
		{"month end", semantic.Month}, {"month-end", semantic.Month}, {"quarter end", semantic.Quarter}, {"quarter-end", semantic.Quarter},
	}
	theUnits = []named[semantic.Grain]{
		{"the year", semantic.Year}, {"the quarter", semantic.Quarter}, {"the month", semantic.Month}, {"the week", semantic.Week},
	}
	upTos     = []string{"까지", "까지는", "까지의", "까지만"}
	restWords = []string{"the rest of", "rest of", "the remainder of", "remainder of", "for the rest of", "for the remainder of", "over the rest of", "in the rest of"}
	leftWords = []string{"남은 기간", "남은 기간의", "남은 기간 동안", "남은 기간동안", "남은 동안", "남은 달", "남은 날", "남은 몇 달"}
)

// until reads an expression of until when.
func (r *reader) until(i int) (a atom) {
	for _, read := range []func(*reader, int) atom{(*reader).untilKorean, (*reader).untilEnglish, (*reader).leftOf} {
		a = longer(a, read(r, i))
	}
	return a
}

func (r *reader) untilKorean(i int) (a atom) {
	b := longer(r.simple(i), r.unitEnd(i))
	if b.to == 0 {
		return a
	}
	j := r.anyOf(b.to, upTos)
	if j < 0 {
		if end := r.anyOf(b.to, []string{" 말", "말"}); end > 0 { // 3분기 말까지
			j = r.anyOf(end, upTos)
		}
	}
	if j < 0 {
		return a
	}
	return r.finished(atom{to: j, period: b.period, unit: b.unit})
}

// untilEnglish reads "until December", "through the end of the month".
func (r *reader) untilEnglish(i int) (a atom) {
	if k := r.anyOf(i, untilEnds); k > 0 {
		k = r.skip(k)
		if b := longer(r.simple(k), r.theUnit(k)); b.to > 0 {
			a = r.finished(b)
		}
	}
	if k := r.anyOf(i, []string{"until", "till", "through", "thru", "up to", "up until", "by"}); k > 0 {
		k = r.skip(k)
		b := r.unitEnd(k)
		if r.phrase(i, "by") < 0 { // by month says how to split
			b = longer(b, r.simple(k))
		}
		if b.to > 0 {
			a = longer(a, r.finished(b))
		}
	}
	return a
}

// leftOf reads what is left of a period under way: 올해 남은 기간, the rest of the year.
func (r *reader) leftOf(i int) (a atom) {
	if k := r.anyOf(i, restWords); k > 0 {
		k = r.skip(k)
		if b := longer(r.simple(k), r.theUnit(k)); b.to > 0 {
			return r.finished(b)
		}
	}
	b := r.simple(i)
	if b.to == 0 {
		return a
	}
	if k := r.anyOf(r.skip(b.to), leftWords); k > 0 {
		return r.finished(atom{to: k, period: b.period, unit: b.unit})
	}
	return a
}

// unitEnd reads the end of the current unit: 연말, year end.
func (r *reader) unitEnd(i int) (a atom) {
	if unit, to := lookup(r, i, unitEnds); to > 0 {
		return atom{to: to, period: r.unitAt(unit, 0), unit: unit}
	}
	return a
}

func (r *reader) theUnit(i int) (a atom) {
	if unit, to := lookup(r, i, theUnits); to > 0 {
		return atom{to: to, period: r.unitAt(unit, 0), unit: unit}
	}
	return a
}
