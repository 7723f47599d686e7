package analysis

import "math"

// Forecast is a series continued.
type Forecast struct {
	Values, Low, High []float64 // one per step; Low and High bound an 80 % interval
	// Method names what was fitted: "seasonal" (level, damped trend and season),
	// "trend" (level and damped trend) or "level".
	Method string
	Season int
	// Error is the mean absolute one-step error over the fitted points, as a share of
	// the mean; it says how far past steps were off.
	Error float64
}

// z80 is the standard normal quantile that leaves 10 % above.
const z80 = 1.2815515655446004

// minForecastPoints is how many points Continue needs.
const minForecastPoints = 6

// Continue extends values by steps points with additive exponential smoothing with a
// damped trend (Holt-Winters; Hyndman & Athanasopoulos, "Forecasting: Principles and
// Practice", ch. 8), its parameters chosen by the least squared one-step error.
// Season is the length of a recurring pattern that may be used when at least two of
// them are there; 1 means none. With floor set, nothing falls below zero: counts and
// sums of sales do not.
func Continue(values []float64, steps, season int, floor bool) (Forecast, error) {
	if len(values) < minForecastPoints {
		return Forecast{}, ErrTooShort
	}
	if season < 2 || len(values) < 2*season+1 {
		season = 1
	}
	best := fitBest(values, season)
	f := Forecast{Season: season, Method: best.method(), Error: best.relativeError(values)}
	sigma := math.Sqrt(best.sse / float64(best.fitted))
	var variance float64
	for h := 1; h <= steps; h++ {
		v := best.at(h)
		// Variance of the h-step error, FPP table 8.8 (class 1 models).
		if h > 1 {
			c := best.alpha*(1+best.beta*dampSum(best.phi, h-1)) + seasonalCarry(best, h-1)
			variance += c * c
		}
		spread := z80 * sigma * math.Sqrt(1+variance)
		f.Values = append(f.Values, bounded(v, floor))
		f.Low = append(f.Low, bounded(v-spread, floor))
		f.High = append(f.High, bounded(v+spread, floor))
	}
	return f, nil
}

func bounded(v float64, floor bool) float64 {
	if floor && v < 0 {
		return 0
	}
	return v
}

func seasonalCarry(f fit, h int) float64 {
	if f.season > 1 && h%f.season == 0 {
		return f.gamma
	}
	return 0
}

// dampSum is φ + φ² + … + φ^h.
func dampSum(phi float64, h int) float64 {
	var sum, p float64 = 0, 1
	for range h {
		p *= phi
		sum += p
	}
	return sum
}

// fit is a smoothed series: where it ended and how it got there.
type fit struct {
	alpha, beta, gamma, phi float64
	season                  int
	level, trend            float64
	seasonal                []float64 // next values, index 0 is the next step
	sse, absErr             float64
	fitted                  int
}

func (f fit) at(h int) float64 {
	v := f.level + dampSum(f.phi, h)*f.trend
	if f.season > 1 {
		v += f.seasonal[(h-1)%f.season]
	}
	return v
}

func (f fit) method() string {
	switch {
	case f.season > 1:
		return "seasonal"
	case f.beta > 0:
		return "trend"
	}
	return "level"
}

func (f fit) relativeError(values []float64) float64 {
	m := meanAbs(values)
	if m == 0 || f.fitted == 0 {
		return 0
	}
	return f.absErr / float64(f.fitted) / m
}

// fitBest searches a coarse grid: a finer one moves the forecast by less than its
// interval and costs time on every question.
func fitBest(values []float64, season int) fit {
	gammas := []float64{0}
	if season > 1 {
		gammas = []float64{0.05, 0.15, 0.3, 0.5}
	}
	var best fit
	first := true
	for _, alpha := range []float64{0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9} {
		for _, beta := range []float64{0, 0.05, 0.1, 0.2, 0.4} {
			for _, gamma := range gammas {
				f := smooth(values, fit{alpha: alpha, beta: beta, gamma: gamma, phi: 0.9, season: season})
				if first || f.sse < best.sse {
					best, first = f, false
				}
			}
		}
	}
	return best
}

func smooth(values []float64, f fit) fit {
	start := f.begin(values)
	season := append([]float64(nil), f.seasonal...)
	for i := start; i < len(values); i++ {
		place := 0.0
		if f.season > 1 {
			place = season[i%f.season]
		}
		err := values[i] - (f.level + f.phi*f.trend + place)
		f.sse += err * err
		f.absErr += math.Abs(err)
		f.fitted++
		f.level += f.phi*f.trend + f.alpha*err
		f.trend = f.phi*f.trend + f.alpha*f.beta*err
		if f.season > 1 {
			season[i%f.season] += f.gamma * err
		}
	}
	if f.season > 1 {
		f.seasonal = make([]float64, f.season)
		for h := range f.season {
			f.seasonal[h] = season[(len(values)+h)%f.season]
		}
	}
	return f
}

// begin sets the first level, trend and season and returns the index of the first
// point to fit.
func (f *fit) begin(values []float64) int {
	if f.season == 1 {
		f.level = values[0]
		if f.beta > 0 {
			f.trend = (values[min(4, len(values)-1)] - values[0]) / float64(min(4, len(values)-1))
		}
		return 1
	}
	first, second := mean(values[:f.season]), mean(values[f.season:2*f.season])
	f.level = first
	if f.beta > 0 {
		f.trend = (second - first) / float64(f.season)
	}
	f.seasonal = make([]float64, f.season)
	for i := range f.season {
		f.seasonal[i] = ((values[i] - first) + (values[f.season+i] - second)) / 2
	}
	return f.season
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
