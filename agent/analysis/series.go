package analysis

import (
	"errors"
	"math"
	"sort"
)

// ErrTooShort means that a series has too few points to say anything.
var ErrTooShort = errors.New("series too short")

// Outlier is a point that does not fit its series.
type Outlier struct {
	Index    int
	Expected float64 // what the rest of the series suggests
	// Score is how many robust standard deviations the point is away from Expected.
	Score float64
}

// outlierScore is the usual cut for the modified z-score: Iglewicz & Hoaglin, "How
// to Detect and Handle Outliers" (ASQC 1993), §3.
const outlierScore = 3.5

// minOutlierPoints is how many points Outliers needs.
const minOutlierPoints = 8

// Outliers returns the points of values that stand out, strongest first. Season is
// the length of a recurring pattern, such as 7 for days, or 1 for none. A point is
// compared with the median course around it and with the median of its place in the
// season, so that a weekly rhythm is no news and one wild day does not hide another.
func Outliers(values []float64, season int) ([]Outlier, error) {
	if len(values) < minOutlierPoints {
		return nil, ErrTooShort
	}
	if season < 1 || len(values) < 3*season {
		season = 1
	}
	expected := expectedCourse(values, season)
	residuals := make([]float64, len(values))
	for i, v := range values {
		residuals[i] = v - expected[i]
	}
	spread := mad(residuals)
	if spread == 0 {
		spread = meanAbs(residuals) * math.Sqrt(math.Pi/2)
	}
	if spread == 0 {
		return nil, nil
	}
	var out []Outlier
	for i, r := range residuals {
		if score := r / spread; math.Abs(score) > outlierScore {
			out = append(out, Outlier{Index: i, Expected: expected[i], Score: score})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return math.Abs(out[i].Score) > math.Abs(out[j].Score) })
	return out, nil
}

// expectedCourse is a running median over one or two seasons plus the median
// deviation of each place in the season.
func expectedCourse(values []float64, season int) []float64 {
	half := season
	if half < 3 {
		half = 3
	}
	course := make([]float64, len(values))
	for i := range values {
		lo, hi := max(0, i-half), min(len(values), i+half+1)
		course[i] = median(values[lo:hi])
	}
	if season == 1 {
		return course
	}
	for place := range season {
		var off []float64
		for i := place; i < len(values); i += season {
			off = append(off, values[i]-course[i])
		}
		m := median(off)
		for i := place; i < len(values); i += season {
			course[i] += m
		}
	}
	return course
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := append([]float64(nil), values...)
	sort.Float64s(s)
	if n := len(s); n%2 == 1 {
		return s[n/2]
	} else {
		return (s[n/2-1] + s[n/2]) / 2
	}
}

// mad is the median absolute deviation scaled to a normal distribution's standard
// deviation.
func mad(values []float64) float64 {
	m := median(values)
	dev := make([]float64, len(values))
	for i, v := range values {
		dev[i] = math.Abs(v - m)
	}
	return 1.4826 * median(dev)
}

func meanAbs(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += math.Abs(v)
	}
	return sum / float64(len(values))
}
