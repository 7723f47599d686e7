package demo

import (
	"math"
	"math/rand/v2"
	"sort"
)

// A dice is a seeded stream of random numbers. Only the raw output of the PCG is
// taken from the standard library; what is made of it is defined here, so that the
// data do not change with a release of Go.
type dice struct{ pcg *rand.PCG }

// The streams. Each part of a day has one of its own, so that a change to the
// tickets leaves the orders as they are.
const (
	streamCustomers uint64 = iota + 1
	streamOrders
	streamReturns
	streamTickets
	streamTraffic
	streamAds
	streamInventory
	streamPeople
)

const seed = 0x62617073616e67 // "bapsang"

// newDice returns the stream of one day (or one row) of one part of the data.
func newDice(stream uint64, n int) dice {
	return dice{rand.NewPCG(seed^stream<<56, uint64(n)*0x9e3779b97f4a7c15)}
}

// float is uniform in [0, 1).
func (d dice) float() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// intn is uniform in [0, n).
func (d dice) intn(n int) int { return int(d.float() * float64(n)) }

func (d dice) chance(p float64) bool { return d.float() < p }

// between is uniform in [low, high).
func (d dice) between(low, high float64) float64 { return low + (high-low)*d.float() }

// normal is standard normal (Box–Muller).
func (d dice) normal() float64 {
	return math.Sqrt(-2*math.Log(1-d.float())) * math.Cos(2*math.Pi*d.float())
}

// noise is log-normal with mean 1.
func (d dice) noise(sigma float64) float64 {
	return math.Exp(sigma*d.normal() - sigma*sigma/2)
}

// poisson counts events of which mean are expected. Above 30 the normal
// approximation is close enough for a demonstration.
func (d dice) poisson(mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*d.normal())))
	}
	n, p, limit := 0, d.float(), math.Exp(-mean)
	for p > limit {
		n++
		p *= d.float()
	}
	return n
}

// weights picks among alternatives by weight.
type weights []float64 // running sums

func newWeights(w []float64) weights {
	sums, sum := make(weights, len(w)), 0.0
	for i, x := range w {
		sum += max(0, x)
		sums[i] = sum
	}
	return sums
}

func (w weights) total() float64 {
	if len(w) == 0 {
		return 0
	}
	return w[len(w)-1]
}

// pick returns an index; the total must be above zero.
func (w weights) pick(d dice) int {
	at := d.float() * w.total()
	return min(sort.Search(len(w), func(i int) bool { return w[i] > at }), len(w)-1)
}
