package format

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxExponent bounds the powers of ten that are written out. Text such as "1e999999"
// would otherwise ask for a megabyte of zeros.
const maxExponent = 400

// decimal is unscaled × 10^-scale. Figures are rounded and grouped as decimals: the
// reader sees decimals, and 1.005 must become 1.01 although no binary fraction is
// 1.005.
type decimal struct {
	unscaled *big.Int
	scale    int
}

// fromFloat keeps 15 significant digits, which every float64 has: 0.1+0.2 is 0.3.
// Whole numbers are kept as they are.
func fromFloat(v float64) (decimal, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return decimal{}, false
	}
	if v == math.Trunc(v) {
		return parseDecimal(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return parseDecimal(strconv.FormatFloat(v, 'e', 14, 64))
}

// parseDecimal reads digits with an optional sign, point and exponent.
func parseDecimal(text string) (decimal, bool) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(text[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return decimal{}, false
		}
		mantissa, exponent = text[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if len(digits) > 2*maxExponent || strings.ContainsAny(digits, "_") {
		return decimal{}, false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return decimal{}, false
	}
	d := decimal{unscaled: n, scale: len(fraction) - exponent}
	if d.scale < 0 {
		d.unscaled.Mul(d.unscaled, pow10(-d.scale))
		d.scale = 0
	}
	return d, true
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// shift returns d × 10^n.
func (d decimal) shift(n int) decimal {
	if d.scale-n >= 0 {
		return decimal{unscaled: d.unscaled, scale: d.scale - n}
	}
	return decimal{unscaled: new(big.Int).Mul(d.unscaled, pow10(n-d.scale)), scale: 0}
}

// round returns d with at most places digits after the point, halves away from zero.
func (d decimal) round(places int) decimal {
	if d.scale <= places {
		return d
	}
	divisor := pow10(d.scale - places)
	quotient, rest := new(big.Int).QuoRem(d.unscaled, divisor, new(big.Int))
	if rest.Abs(rest).Lsh(rest, 1).Cmp(divisor) >= 0 {
		quotient.Add(quotient, big.NewInt(int64(d.unscaled.Sign())))
	}
	return decimal{unscaled: quotient, scale: places}
}

func (d decimal) sign() int { return d.unscaled.Sign() }

func (d decimal) abs() decimal {
	return decimal{unscaled: new(big.Int).Abs(d.unscaled), scale: d.scale}
}

// atLeast reports whether |d| ≥ 10^n.
func (d decimal) atLeast(n int) bool {
	return d.unscaled.CmpAbs(pow10(max(0, n+d.scale))) >= 0
}

// isWhole reports whether nothing but zeros follows the point.
func (d decimal) isWhole() bool {
	return new(big.Int).Rem(d.unscaled, pow10(d.scale)).Sign() == 0
}

// leadingPlaces returns how many places show digits significant digits of a d below 1.
func (d decimal) leadingPlaces(digits int) int {
	return d.scale - len(d.abs().unscaled.String()) + digits
}

// text writes |d| rounded to at most places decimals and at least atLeast, with
// thousands separators.
func (d decimal) text(places, atLeast int) string {
	r := d.round(places).abs()
	digits := r.unscaled.String()
	if len(digits) <= r.scale {
		digits = strings.Repeat("0", r.scale-len(digits)+1) + digits
	}
	whole, fraction := digits[:len(digits)-r.scale], digits[len(digits)-r.scale:]
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) < atLeast {
		fraction += strings.Repeat("0", atLeast-len(fraction))
	}
	if fraction == "" {
		return group(whole)
	}
	return group(whole) + "." + fraction
}

// group puts a comma before every third digit from the right.
func group(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// float returns the nearest float64.
func (d decimal) float() float64 {
	f, _ := new(big.Rat).SetFrac(d.unscaled, pow10(d.scale)).Float64()
	return f
}

// divide splits a whole d into d ÷ 10^n and the rest.
func (d decimal) divide(n int) (quotient, rest decimal) {
	q, r := new(big.Int).QuoRem(d.round(0).unscaled, pow10(n), new(big.Int))
	return decimal{unscaled: q}, decimal{unscaled: r}
}
