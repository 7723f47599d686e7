package figures

import "time"

// floater is a number that is not one of Go's own, such as connectors.Decimal.
type floater interface{ Float64() float64 }

func number(cell any) (float64, bool) {
	switch v := cell.(type) {
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case float64:
		return v, true
	case floater:
		return v.Float64(), true
	}
	return 0, false
}

func date(cell any) (time.Time, bool) {
	t, ok := cell.(time.Time)
	return t, ok
}
