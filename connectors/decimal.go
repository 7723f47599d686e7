package connectors

import (
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number as text, such as "-1234.50". Engines return
// sums of money as decimals and sums of integers wider than 64 bits; neither may
// pass through a float on its way to an answer. It marshals as a JSON number.
type Decimal string

// NewDecimal returns unscaled × 10^-scale. Scale is the number of digits after
// the point and is kept: 12.50 stays "12.50".
func NewDecimal(unscaled *big.Int, scale int) Decimal {
	neg := unscaled.Sign() < 0
	digits := new(big.Int).Abs(unscaled).String()
	if scale > 0 {
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale-len(digits)+1) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if neg {
		digits = "-" + digits
	}
	return Decimal(digits)
}

// Float64 returns the nearest float64.
func (d Decimal) Float64() float64 {
	f, err := strconv.ParseFloat(string(d), 64)
	if err != nil {
		return 0
	}
	return f
}

// MarshalJSON writes the digits as a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d), nil }

// Number returns the cell as a float64, and whether it is a number at all.
func Number(cell any) (float64, bool) {
	switch v := cell.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case Decimal:
		return v.Float64(), true
	}
	return 0, false
}
