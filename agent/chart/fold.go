package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// fold keeps the limit largest categories and shows the rest as one where figures may
// be added up, otherwise says that they are left out.
func (t *table) fold(spec *Spec, limit int) {
	n := len(spec.Categories)
	if n <= limit {
		return
	}
	order := bySize(spec.Series, n)
	keep := limit
	additive := t.in.Columns[t.measures[0]].Additive && t.in.Intent != "rank"
	if additive {
		keep-- // the rest is a bar of its own
		order = othersLast(order, func(i int) string { return spec.Categories[i] })
	}
	kept := slices.Clone(order[:keep])
	slices.Sort(kept)
	rest := order[keep:]
	out := Spec{Kind: spec.Kind, XKind: spec.XKind, YFormat: spec.YFormat}
	for _, i := range kept {
		out.Categories = append(out.Categories, spec.Categories[i])
	}
	for _, s := range spec.Series {
		s.Values = foldValues(s.Values, kept, rest, additive)
		out.Series = append(out.Series, s)
	}
	if additive {
		out.Categories = append(out.Categories, t.word("기타", "Other"))
		t.note(fmt.Sprintf("기타는 나머지 %d개의 합입니다", len(rest)), fmt.Sprintf("Other is the sum of the remaining %d", len(rest)))
	} else {
		t.note(fmt.Sprintf("큰 것부터 %d개만 그렸습니다 (나머지 %d개는 표에)", keep, len(rest)),
			fmt.Sprintf("Only the largest %d are drawn; the other %d are in the table", keep, len(rest)))
	}
	*spec = out
}

// bySize orders the indices of n categories by the size of the last series.
func bySize(series []Series, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	size := func(i int) float64 {
		if v := series[len(series)-1].Values[i]; v != nil {
			return math.Abs(*v)
		}
		return -1
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size(b), size(a)) })
	return order
}

// othersLast moves what is already a rest to the end of order, so that there are never
// two of them.
func othersLast(order []int, name func(int) string) []int {
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := isOther(name(a)), isOther(name(b)); {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	})
	return order
}

func foldValues(values []*float64, kept, rest []int, additive bool) []*float64 {
	var out []*float64
	for _, i := range kept {
		out = append(out, values[i])
	}
	if additive {
		out = append(out, sum(values, rest))
	}
	return out
}

// sum adds up the values at indices; nil when there is none.
func sum(values []*float64, indices []int) *float64 {
	var total *float64
	for _, i := range indices {
		if values[i] == nil {
			continue
		}
		if total == nil {
			total = new(float64)
		}
		*total += *values[i]
	}
	return total
}

// foldSeries keeps the limit largest series, the rest as one where they may be added
// up.
func (t *table) foldSeries(spec *Spec, limit int) {
	n := len(spec.Series)
	if n <= limit {
		return
	}
	totals := make([]*float64, n)
	for i, s := range spec.Series {
		totals[i] = total(s.Values)
	}
	order := bySize([]Series{{Values: totals}}, n)
	additive := t.in.Columns[t.measures[0]].Additive
	keep := limit
	if additive {
		keep--
		order = othersLast(order, func(i int) string { return spec.Series[i].Name })
	}
	kept := slices.Clone(order[:keep])
	slices.Sort(kept)
	var out []Series
	for _, i := range kept {
		out = append(out, spec.Series[i])
	}
	if additive {
		out = append(out, Series{Name: t.word("기타", "Other"), Values: addSeries(spec.Series, order[keep:])})
		t.note(fmt.Sprintf("기타는 나머지 %d개의 합입니다", n-keep), fmt.Sprintf("Other is the sum of the remaining %d", n-keep))
	} else {
		t.note(fmt.Sprintf("큰 것부터 %d개만 그렸습니다 (나머지 %d개는 표에)", keep, n-keep),
			fmt.Sprintf("Only the largest %d are drawn; the other %d are in the table", keep, n-keep))
	}
	spec.Series = out
}

// total is the size of a series for choosing which to keep.
func total(values []*float64) *float64 {
	t := 0.0
	for _, v := range values {
		if v != nil {
			t += math.Abs(*v)
		}
	}
	return &t
}

func addSeries(series []Series, indices []int) []*float64 {
	out := make([]*float64, len(series[0].Values))
	for j := range out {
		var column []*float64
		for _, i := range indices {
			column = append(column, series[i].Values[j])
		}
		all := make([]int, len(column))
		for i := range all {
			all[i] = i
		}
		out[j] = sum(column, all)
	}
	return out
}
