package format

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// currency is how an amount of money is written.
type currency struct {
	sign   string // before the digits in English; empty: the code follows
	word   string // after the digits in Korean
	places int    // the minor unit of ISO 4217
}

var currencies = map[Format]currency{
	KRW:   {"₩", "원", 0},
	USD:   {"$", "달러", 2},
	EUR:   {"€", "유로", 2},
	JPY:   {"¥", "엔", 0},
	"gbp": {"£", "파운드", 2},
	"cny": {"CN¥", "위안", 2},
}

// Currencies whose minor unit is not a hundredth (ISO 4217, list one).
var minorUnits = map[Format]int{
	"bif": 0, "clp": 0, "djf": 0, "gnf": 0, "isk": 0, "kmf": 0, "pyg": 0, "rwf": 0,
	"ugx": 0, "uyi": 0, "vnd": 0, "vuv": 0, "xaf": 0, "xof": 0, "xpf": 0,
	"bhd": 3, "iqd": 3, "jod": 3, "kwd": 3, "lyd": 3, "omr": 3, "tnd": 3,
}

// money returns how f is written when it is a currency: one of those with a sign, or
// any three lower-case letters.
func money(f Format) (currency, bool) {
	if c, ok := currencies[f]; ok {
		return c, true
	}
	if len(f) != 3 {
		return currency{}, false
	}
	for i := range len(f) {
		if f[i] < 'a' || f[i] > 'z' {
			return currency{}, false
		}
	}
	places, ok := minorUnits[f]
	if !ok {
		places = 2
	}
	return currency{word: " " + strings.ToUpper(string(f)), places: places}, true
}

// affix is what stands before and after the digits.
type affix struct {
	before, after string
	places        int  // decimals at most
	fixed         bool // and at least, in tables
}

// affixes returns what surrounds the digits of f. Percents are not among them: they
// are scaled first. One says whether the figure is exactly one, for English.
func affixes(f Format, lang Language, one bool) affix {
	if c, ok := money(f); ok {
		a := affix{places: c.places, fixed: c.places > 0}
		if lang == "ko" || c.sign == "" {
			a.after = c.word
		} else {
			a.before = c.sign
		}
		return a
	}
	if unit, ok := strings.CutPrefix(string(f), Counted); ok {
		return affix{after: countedUnit(unit, lang, one), places: 2}
	}
	a := affix{places: 2}
	switch f {
	case Integer:
		a.places = 0
	case Ratio:
		a.after = pick(lang, "배", "×")
	case Days:
		a.after = pick(lang, "일", plural(" days", one))
	case Hours:
		a.after = pick(lang, "시간", plural(" hours", one))
	case Minutes:
		a.after = pick(lang, "분", plural(" minutes", one))
	case Seconds:
		a.after = pick(lang, "초", plural(" seconds", one))
	}
	return a
}

func countedUnit(unit string, lang Language, one bool) string {
	first, _ := utf8.DecodeRuneInString(unit)
	switch {
	case unit == "":
		return ""
	case !unicode.Is(unicode.Latin, first):
		if lang != "ko" && unicode.IsLetter(first) {
			return ""
		}
		return unit
	case lang == "ko":
		return " " + unit
	}
	return plural(" "+unit, one)
}

// plural takes the s off a word that stands beside exactly one.
func plural(word string, one bool) string {
	if !one {
		return word
	}
	for _, ending := range [][2]string{{"ies", "y"}, {"sses", "ss"}, {"xes", "x"}, {"ches", "ch"}, {"shes", "sh"}, {"ss", "ss"}, {"s", ""}} {
		if stem, ok := strings.CutSuffix(word, ending[0]); ok {
			return stem + ending[1]
		}
	}
	return word
}

func pick(lang Language, ko, en string) string {
	if lang == "ko" {
		return ko
	}
	return en
}

// Unit returns the word for the unit that axis ticks leave out, "" when the tick
// already says it: "원", "건", "orders".
func Unit(f Format, lang Language) string {
	switch f {
	case Percent, Points, Ratio:
		return ""
	}
	a := affixes(f, lang, false)
	return strings.TrimSpace(a.after)
}
