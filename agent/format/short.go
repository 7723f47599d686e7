package format

import (
	"math"
	"math/big"
)

// magnitude is a named power of ten.
type magnitude struct {
	exponent int
	name     string
}

var (
	koreanMagnitudes  = []magnitude{{16, "경"}, {12, "조"}, {8, "억"}, {4, "만"}}
	englishMagnitudes = []magnitude{{12, "T"}, {9, "B"}, {6, "M"}, {3, "K"}}
)

// koreanGroups writes |d| ≥ 10,000 in two groups: 12억 1,854만 원. Below 10 million
// the second group is the units, 123만 4,567원; above, they are rounded away.
func koreanGroups(d decimal, a affix) string {
	d = d.abs()
	for i, m := range koreanMagnitudes {
		low := 0
		if i+1 < len(koreanMagnitudes) {
			low = koreanMagnitudes[i+1].exponent
		} else if d.round(0).atLeast(7) {
			low = m.exponent
		}
		rounded := d.shift(-low).round(0)
		if !rounded.atLeast(m.exponent - low) {
			continue
		}
		return a.before + koreanPair(rounded, m, low) + afterGroups(a.after, rounded, m.exponent-low, low)
	}
	return a.before + d.text(0, 0) + a.after
}

// koreanPair writes a whole number of 10^low as m and the rest.
func koreanPair(rounded decimal, m magnitude, low int) string {
	quotient, rest := rounded.divide(m.exponent - low)
	text := quotient.text(0, 0) + m.name
	if rest.sign() == 0 {
		return text
	}
	return text + " " + rest.text(0, 0) + koreanName(low)
}

func koreanName(exponent int) string {
	for _, m := range koreanMagnitudes {
		if m.exponent == exponent {
			return m.name
		}
	}
	return ""
}

// afterGroups puts a space between 만 and the unit, none between a digit and the unit.
func afterGroups(after string, rounded decimal, width, low int) string {
	if after == "" || after[0] == ' ' {
		return after
	}
	if _, rest := rounded.divide(width); low == 0 && rest.sign() != 0 {
		return after
	}
	return " " + after
}

// englishShort writes |d| ≥ 10,000 with three significant digits: 1.22B.
func englishShort(d decimal) string {
	d = d.abs()
	for _, m := range englishMagnitudes {
		scaled := d.shift(-m.exponent)
		places := placesFor(scaled)
		if scaled.round(3).atLeast(0) {
			return scaled.text(places, 0) + m.name
		}
	}
	return d.text(0, 0)
}

// Compact writes v for a label on a chart: three significant digits from 10,000 up,
// one group, no unit word (see Unit): 4.08억, ₩408M, 9,876, 33.5%.
func Compact(v float64, f Format, lang Language) string {
	d, ok := fromFloat(v)
	if !ok {
		return Missing
	}
	switch f {
	case Percent, Points, Year, ID, Score, Date, Datetime:
		return written(d, f, lang, true)
	}
	a := affixes(f, lang, false)
	before, after := a.before, ""
	if f == Ratio {
		after = a.after
	}
	switch {
	case d.atLeast(largest), lang != "ko" && d.atLeast(largestEnglish):
		return signed(d, before+scientific(d)+after)
	case d.round(0).atLeast(4) && lang == "ko":
		return signed(d, before+koreanCompact(d)+after)
	case d.round(0).atLeast(4):
		return signed(d, before+englishShort(d)+after)
	}
	a.fixed = a.fixed && !d.isWhole()
	if d.atLeast(2) {
		a.places, a.fixed = 0, false
	}
	return signed(d, before+plain(d, a)+after)
}

// koreanCompact writes |d| ≥ 10,000 in one group with three significant digits.
func koreanCompact(d decimal) string {
	d = d.abs()
	for _, m := range koreanMagnitudes {
		scaled := d.shift(-m.exponent)
		places := placesFor(scaled)
		if scaled.round(4).atLeast(0) { // 9,996만 is not 1억 yet
			return scaled.text(places, 0) + m.name
		}
	}
	return d.text(0, 0)
}

// placesFor returns the decimals that make three significant digits of |d| ≥ 1.
func placesFor(d decimal) int {
	switch {
	case d.round(0).atLeast(2):
		return 0
	case d.round(1).atLeast(1):
		return 1
	}
	return 2
}

// Tick writes a label of an axis whose labels are step apart: 800만, 1.2억, $40K. The
// unit word is left out (see Unit).
func Tick(v, step float64, f Format, lang Language) string {
	d, ok := fromFloat(v)
	if !ok {
		return Missing
	}
	s, ok := fromFloat(math.Abs(step))
	if !ok || s.sign() == 0 {
		s = d.abs()
	}
	switch f {
	case Percent, Points:
		d, s = d.shift(2), s.shift(2)
		unit := "%"
		if f == Points {
			unit = pick(lang, "%p", " pp")
		}
		places := placesOf(s)
		return signed(d.round(places), d.text(places, 0)) + unit
	case Year, ID, Date, Datetime:
		return written(d, f, lang, false)
	}
	a := affixes(f, lang, false)
	after := ""
	if f == Ratio {
		after = a.after
	}
	text := tickDigits(d, s, lang)
	return signed(d, a.before+text+after)
}

func tickDigits(d, step decimal, lang Language) string {
	if d.atLeast(largest) {
		return scientific(d)
	}
	magnitudes := englishMagnitudes
	if lang == "ko" {
		magnitudes = koreanMagnitudes
	}
	for _, m := range magnitudes {
		if !d.round(0).atLeast(m.exponent) {
			continue
		}
		places := placesOf(step.shift(-m.exponent))
		switch {
		case places <= 2:
			return d.shift(-m.exponent).text(places, 0) + m.name
		case lang == "ko":
			return koreanGroups(d, affix{})
		}
		return d.text(placesOf(step), 0)
	}
	return d.text(placesOf(step), 0)
}

// placesOf returns how many decimals tell figures apart that are step apart: as many
// as write step to within a hundredth of it.
func placesOf(step decimal) int {
	for places := range smallestStep {
		scaled := step.shift(places).abs()
		whole := scaled.round(0)
		off := new(big.Int).Sub(new(big.Int).Mul(whole.unscaled, pow10(scaled.scale)), scaled.unscaled)
		if whole.sign() != 0 && off.Mul(off, big.NewInt(100)).CmpAbs(scaled.unscaled) <= 0 {
			return places
		}
	}
	return smallestStep
}
