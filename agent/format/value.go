package format

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"time"
)

// Missing stands for a figure that is not there: null, or not a number.
const Missing = "–"

const (
	minus = "−" // U+2212, as wide as the plus
	plus  = "+"
)

// largest is the power of ten from which figures are written in powers of ten.
const largest = 24

// largestEnglish is the same for K, M, B and T: a million trillions says nothing.
const largestEnglish = 18

// smallestStep bounds the decimals of axis labels.
const smallestStep = 14

// smallestPlaces bounds the decimals of very small figures.
const smallestPlaces = 9

// Value writes v in full: 1,218,540,000원, ₩1,218,540,000, 33.5%. Rounding is half
// away from zero. Plain numbers have up to two decimals, and two significant digits
// below a hundredth.
func Value(v float64, f Format, lang Language) string {
	d, ok := fromFloat(v)
	if !ok {
		return Missing
	}
	return written(d, f, lang, false)
}

// Short writes v for a sentence: 12억 1,854만 원, ₩1.22B. Korean has at most two of
// the groups 경, 조, 억 and 만, English three significant digits from 10,000 up.
// Smaller figures are written out as Value does.
func Short(v float64, f Format, lang Language) string {
	d, ok := fromFloat(v)
	if !ok {
		return Missing
	}
	return written(d, f, lang, true)
}

// Signed writes a change for a sentence, with its sign: +4.1%, −1억 1,200만 원. A
// change that rounds to nothing has none. Percentages have one decimal, however small
// they are, and points two below a tenth, where rates are small themselves: 0.0% says
// that something moved, 0% that nothing did.
func Signed(v float64, f Format, lang Language) string {
	d, ok := fromFloat(v)
	if !ok {
		return Missing
	}
	text := change(d.abs(), f, lang)
	switch {
	case text == change(decimal{unscaled: new(big.Int)}, f, lang), !isNonzero(text):
		return text
	case d.sign() < 0:
		return minus + text
	}
	return plus + text
}

// Change is Signed without the sign, for words that say the direction.
func Change(v float64, f Format, lang Language) string {
	d, ok := fromFloat(v)
	if !ok {
		return Missing
	}
	return change(d.abs(), f, lang)
}

// Negligible reports whether a change rounds to nothing as Signed writes it.
func Negligible(v float64, f Format) bool {
	return !isNonzero(Change(v, f, "en"))
}

// change writes a size that is not negative.
func change(d decimal, f Format, lang Language) string {
	switch f {
	case Percent:
		if d.sign() != 0 && !d.atLeast(-3) {
			return d.shift(2).text(1, 1) + "%"
		}
	case Points:
		return points(d.shift(2)) + pick(lang, "%p", " pp")
	}
	return written(d, f, lang, true)
}

// Exact writes a table cell: nil, bool, an integer, a float64, a decimal number as
// text (any string type with a Float64 method), a string or a time. Decimals keep
// every digit that f shows, however large.
func Exact(cell any, f Format, lang Language) string {
	switch c := cell.(type) {
	case nil:
		return Missing
	case bool:
		if c {
			return pick(lang, "예", "yes")
		}
		return pick(lang, "아니요", "no")
	case string:
		return c
	case float64:
		return Value(c, f, lang)
	case time.Time:
		return exactTime(c, f)
	case json.Number:
		return exactText(string(c), f, lang)
	case interface{ Float64() float64 }:
		if v := reflect.ValueOf(cell); v.Kind() == reflect.String {
			return exactText(v.String(), f, lang)
		}
		return Value(c.Float64(), f, lang)
	}
	switch v := reflect.ValueOf(cell); {
	case v.CanInt():
		return exactText(strconv.FormatInt(v.Int(), 10), f, lang)
	case v.CanUint():
		return exactText(strconv.FormatUint(v.Uint(), 10), f, lang)
	case v.CanFloat():
		return Value(v.Float(), f, lang)
	case v.Kind() == reflect.String:
		return v.String()
	}
	return Missing
}

// exactText writes a number given as text; what is no number is shown as it is.
func exactText(text string, f Format, lang Language) string {
	d, ok := parseDecimal(text)
	if !ok {
		return text
	}
	return written(d, f, lang, false)
}

// written is what Value, Short and Exact share.
func written(d decimal, f Format, lang Language, short bool) string {
	switch f {
	case Percent:
		return signed(d, percent(d.shift(2))) + "%"
	case Points:
		text := points(d.shift(2)) + pick(lang, "%p", " pp")
		if d.sign() > 0 && isNonzero(text) {
			return plus + text
		}
		return signed(d, text)
	case Year, ID:
		return signed(d, d.round(0).abs().unscaled.String())
	case Score:
		return signed(d, d.text(2, 1))
	case Date, Datetime:
		return exactTime(time.Unix(int64(clamp(d.float())), 0).UTC(), f)
	}
	one := d.isWhole() && d.text(0, 0) == "1"
	a := affixes(f, lang, one)
	if d.atLeast(largest) || short && lang != "ko" && d.atLeast(largestEnglish) {
		return signed(d, a.before+scientific(d)+a.after)
	}
	if short && lang == "ko" && d.round(0).atLeast(4) {
		return signed(d, koreanGroups(d, a))
	}
	if short && lang != "ko" && d.round(0).atLeast(4) {
		return signed(d, a.before+englishShort(d)+a.after)
	}
	return signed(d, a.before+plain(d, a)+a.after)
}

// clamp keeps seconds inside the years that time can print.
func clamp(seconds float64) float64 {
	return min(max(seconds, -62135596800), 253402300799)
}

// plain writes d in full, without its sign.
func plain(d decimal, a affix) string {
	places, atLeast := a.places, 0
	if a.fixed {
		atLeast = places
	}
	small := d.sign() != 0 && !d.isWhole()
	switch {
	case small && !d.atLeast(-2):
		places = min(smallestPlaces, max(places, d.leadingPlaces(2)))
	case small && a.before+a.after != "" && places == 0 && !d.atLeast(1):
		places = 2 // half a won a click is not nothing
	}
	return d.text(places, atLeast)
}

// percent writes a percentage with one decimal, two significant digits when it is
// small, none when it is very large.
func percent(d decimal) string {
	switch {
	case d.sign() == 0:
		return "0"
	case d.isWhole() && d.abs().text(0, 0) == "100":
		return "100"
	case d.atLeast(3):
		return d.text(0, 0)
	case !d.atLeast(-1):
		return d.text(min(smallestPlaces, d.leadingPlaces(2)), 0)
	}
	return d.text(1, 1)
}

// points writes a difference of percentages with one decimal, below a tenth with two.
func points(d decimal) string {
	switch {
	case d.sign() != 0 && !d.round(2).atLeast(-2):
		return "0.0"
	case d.sign() != 0 && !d.round(2).atLeast(-1):
		return d.text(2, 0)
	}
	return percent(d.round(1))
}

// signed puts the minus before the text of a negative figure, unless only zeros are
// left of it.
func signed(d decimal, text string) string {
	if d.sign() < 0 && isNonzero(text) {
		return minus + text
	}
	return text
}

func isNonzero(text string) bool {
	for _, r := range text {
		if r >= '1' && r <= '9' {
			return true
		}
	}
	return false
}

// scientific writes d as 1.23×10^30.
func scientific(d decimal) string {
	exponent := len(d.round(0).abs().unscaled.String()) - 1
	return d.shift(-exponent).text(2, 0) + "×10^" + strconv.Itoa(exponent)
}
