package analysis_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bapsang/bapsang/agent/analysis"
)

func TestSplitFindsWhatMoved(t *testing.T) {
	t.Parallel()
	channel := analysis.NewSplit("channel", []analysis.Part{
		{Key: "own mall", Before: 100, After: 98},
		{Key: "open market", Before: 200, After: 90},
		{Key: "stores", Before: 150, After: 152},
	})
	region := analysis.NewSplit("region", []analysis.Part{
		{Key: "Seoul", Before: 225, After: 170},
		{Key: "Busan", Before: 225, After: 170},
	})
	if got := channel.Parts[0].Key; got != "open market" {
		t.Errorf("leading part %q, want open market", got)
	}
	if channel.Leading != 1 || math.Abs(channel.Cover-1) > 1e-9 {
		t.Errorf("leading %d cover %v, want 1 part covering all of the net change", channel.Leading, channel.Cover)
	}
	if region.Surprise != 0 {
		t.Errorf("an even change has surprise %v, want 0", region.Surprise)
	}
	if ranked := analysis.Rank([]analysis.Split{region, channel}); ranked[0].Dimension != "channel" {
		t.Errorf("first is %q, want channel", ranked[0].Dimension)
	}
}

func TestSplitOfNoChange(t *testing.T) {
	t.Parallel()
	s := analysis.NewSplit("x", []analysis.Part{{Key: "a", Before: 1, After: 2}, {Key: "b", Before: 2, After: 1}})
	if s.Leading != 0 || s.Cover != 0 {
		t.Errorf("leading %d cover %v, want none: nothing changed", s.Leading, s.Cover)
	}
	if empty := analysis.NewSplit("x", nil); empty.Surprise != 0 || len(empty.Parts) != 0 {
		t.Errorf("empty split = %+v", empty)
	}
}

func TestSplitSharesAddUp(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		parts := make([]analysis.Part, 1+rng.IntN(12))
		var total float64
		for i := range parts {
			parts[i] = analysis.Part{Key: string(rune('a' + i)), Before: rng.Float64() * 100, After: rng.Float64() * 100}
			total += parts[i].Change()
		}
		var sum float64
		for _, p := range analysis.NewSplit("d", parts).Parts {
			sum += p.Change()
		}
		if math.Abs(sum-total) > 1e-9 {
			t.Fatalf("parts add up to %v, whole is %v", sum, total)
		}
	}
}

// weekly is a year of days with a weekly rhythm, a slow rise and noise.
func weekly(n int) []float64 {
	rng := rand.New(rand.NewPCG(7, 7))
	shape := []float64{0, 5, 8, 10, 15, 30, 25}
	out := make([]float64, n)
	for i := range out {
		out[i] = 100 + 0.05*float64(i) + shape[i%7] + rng.NormFloat64()*2
	}
	return out
}

func TestOutliersIgnoreTheRhythm(t *testing.T) {
	t.Parallel()
	values := weekly(120)
	clean, err := analysis.Outliers(values, 7)
	if err != nil {
		t.Fatal(err)
	}
	if len(clean) > 2 {
		t.Errorf("%d outliers in a regular series: %+v", len(clean), clean)
	}
	values[40], values[90] = 10, 260
	got, err := analysis.Outliers(values, 7)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 2 || !(got[0].Index == 90 && got[1].Index == 40 || got[0].Index == 40 && got[1].Index == 90) {
		t.Fatalf("outliers %+v, want days 40 and 90 first", got)
	}
	for _, o := range got[:2] {
		if o.Index == 40 && o.Score > 0 || o.Index == 90 && o.Score < 0 {
			t.Errorf("day %d has score %v of the wrong sign", o.Index, o.Score)
		}
	}
}

func TestOutliersOfFlatAndShortSeries(t *testing.T) {
	t.Parallel()
	if got, err := analysis.Outliers(make([]float64, 50), 7); err != nil || len(got) != 0 {
		t.Errorf("flat series: %v, %v", got, err)
	}
	if _, err := analysis.Outliers([]float64{1, 2, 3}, 1); !errors.Is(err, analysis.ErrTooShort) {
		t.Errorf("short series: %v", err)
	}
}

func TestForecastBeatsTheNaiveOne(t *testing.T) {
	t.Parallel()
	values := weekly(126)
	train, test := values[:112], values[112:]
	f, err := analysis.Continue(train, len(test), 7, true)
	if err != nil {
		t.Fatal(err)
	}
	var ours, naive float64
	inside := 0
	for i, v := range test {
		ours += math.Abs(f.Values[i] - v)
		naive += math.Abs(train[len(train)-1] - v)
		if f.Low[i] <= v && v <= f.High[i] {
			inside++
		}
		if f.Low[i] > f.Values[i] || f.High[i] < f.Values[i] {
			t.Fatalf("step %d: %v is outside %v…%v", i, f.Values[i], f.Low[i], f.High[i])
		}
	}
	if ours >= naive/2 {
		t.Errorf("mean error %v, the naive forecast's %v", ours/14, naive/14)
	}
	if inside < 8 {
		t.Errorf("%d of 14 inside the 80 %% interval", inside)
	}
	if f.Method != "seasonal" {
		t.Errorf("method %q", f.Method)
	}
}

func TestForecastWidensAndStaysAboveZero(t *testing.T) {
	t.Parallel()
	f, err := analysis.Continue([]float64{50, 40, 33, 20, 12, 6, 3, 1}, 6, 1, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Values {
		if f.Low[i] < 0 || f.Values[i] < 0 {
			t.Errorf("step %d is below zero: %+v", i, f)
		}
	}
	rising, err := analysis.Continue([]float64{10, 12, 11, 13, 14, 13, 15, 17, 16, 18}, 5, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 5; i++ {
		if rising.High[i]-rising.Low[i] < rising.High[i-1]-rising.Low[i-1] {
			t.Errorf("the interval narrows at step %d", i)
		}
	}
	if _, err := analysis.Continue([]float64{1, 2}, 3, 1, true); !errors.Is(err, analysis.ErrTooShort) {
		t.Errorf("two points: %v", err)
	}
}
