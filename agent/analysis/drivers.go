// Package analysis is the arithmetic behind "why", "what stands out" and "what
// comes next": splitting a change over the values of dimensions, finding the points
// of a series that do not fit it, and continuing a series with an interval. It
// computes from figures that queries returned and knows nothing else.
package analysis

import (
	"math"
	"sort"
)

// Part is one value of a dimension, or one combination of values, before and after.
type Part struct {
	Key           string // as shown: "오픈마켓", "통돌이 16kg · 오픈마켓"
	Before, After float64
}

// Change is how much the part moved.
func (p Part) Change() float64 { return p.After - p.Before }

// Split is a change spread over one dimension.
type Split struct {
	Dimension string
	Parts     []Part // by size of change in the direction of the whole, largest first
	// Surprise measures how much the dimension's mix changed, 0…1: the
	// Jensen-Shannon divergence, in bits, between the shares before and after. A
	// dimension whose every value moved by the same percentage has none.
	Surprise float64
	// Cover is the share of the whole change that the leading parts explain, those
	// that were taken until two thirds were reached; 1 is all of it.
	Cover float64
	// Leading is how many of Parts that took.
	Leading int
	// Purity is the whole change as a share of all changes, up and down: 1 when
	// everything moved the same way, near 0 when large moves cancel out. A split of
	// low purity explains little even if one part is larger than the whole.
	Purity float64
}

// leadingShare is how much of a change the leading parts of a split must explain.
// Bhagwan et al., "Adtributor" (NSDI 2014) §3.2 uses 67 %.
const leadingShare = 0.67

// NewSplit spreads the change of parts, which must add up to the whole, and orders
// them.
func NewSplit(dimension string, parts []Part) Split {
	s := Split{Dimension: dimension, Parts: append([]Part(nil), parts...)}
	var before, after float64
	for _, p := range s.Parts {
		before += p.Before
		after += p.After
	}
	total := after - before
	var moved float64
	for _, p := range s.Parts {
		moved += math.Abs(p.Change())
	}
	if moved > 0 {
		s.Purity = math.Abs(total) / moved
	}
	sort.SliceStable(s.Parts, func(i, j int) bool {
		a, b := s.Parts[i].Change()*sign(total), s.Parts[j].Change()*sign(total)
		if a != b {
			return a > b
		}
		return s.Parts[i].Key < s.Parts[j].Key
	})
	s.Surprise = divergence(s.Parts, before, after)
	if total == 0 {
		return s
	}
	for _, p := range s.Parts {
		if s.Cover >= leadingShare || p.Change()*sign(total) <= 0 {
			break
		}
		s.Cover += p.Change() / total
		s.Leading++
	}
	return s
}

// Rank orders splits by how well they explain: those whose few leading parts carry
// the change while the mix shifted come first. Splits that explain nothing, because
// they have a single part or an even change, come last.
func Rank(splits []Split) []Split {
	out := append([]Split(nil), splits...)
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i].score(), out[j].score()
		if a != b {
			return a > b
		}
		return out[i].Dimension < out[j].Dimension
	})
	return out
}

// score prefers a shift of the mix that goes one way and, among equal ones, fewer
// leading parts: one channel out of six says more than forty products out of a
// hundred.
func (s Split) score() float64 {
	if len(s.Parts) < 2 || s.Leading == 0 {
		return 0
	}
	return s.Surprise * math.Min(s.Cover, 1) * s.Purity / math.Sqrt(float64(s.Leading))
}

func divergence(parts []Part, before, after float64) float64 {
	if before <= 0 || after <= 0 {
		return 0
	}
	var sum float64
	for _, p := range parts {
		a, b := math.Max(p.Before, 0)/before, math.Max(p.After, 0)/after
		m := (a + b) / 2
		sum += klTerm(a, m)/2 + klTerm(b, m)/2
	}
	return math.Max(sum, 0)
}

func klTerm(p, q float64) float64 {
	if p == 0 || q == 0 {
		return 0
	}
	return p * math.Log2(p/q)
}

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}
