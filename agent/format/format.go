// Package format writes figures and dates the way people read them, in Korean and
// English: 12억 1,854만 원, ₩1.22B, 4.1%, 10월 3일. It is the only place that turns a
// number into text, so that the headline, the table, the axis and the picture's
// description agree.
package format

// Language is "ko" or "en"; anything else is treated as "en".
type Language = string

// Format says what kind of figure a number is. The zero value is a plain number.
type Format string

// The formats. A currency is its lower-case ISO 4217 code; KRW, USD, EUR, JPY, GBP
// and CNY have their signs, others are written with their code.
const (
	Number   Format = ""        // up to two decimals, as many as needed
	Integer  Format = "integer" // no decimals
	Percent  Format = "percent" // 0.041 is 4.1%
	Points   Format = "points"  // a difference of percents: 0.012 is +1.2%p
	Ratio    Format = "ratio"   // 2.35배 / 2.35×
	KRW      Format = "krw"
	USD      Format = "usd"
	EUR      Format = "eur"
	JPY      Format = "jpy"
	Days     Format = "days"
	Hours    Format = "hours"
	Minutes  Format = "minutes"
	Seconds  Format = "seconds"
	Date     Format = "date"
	Datetime Format = "datetime"
	Year     Format = "year"  // 2026, never 2,026
	ID       Format = "id"    // a number that counts nothing: 83269, never 83,269
	Score    Format = "score" // one or two decimals, never abbreviated
)

// Counted is the prefix of formats that count things with a unit word:
// "count:건" is "1,234건" in Korean. In English the unit follows where it is Latin
// text ("count:orders" is "1,234 orders") and is left out otherwise.
const Counted = "count:"
