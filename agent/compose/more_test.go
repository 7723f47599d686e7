package compose_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
)

// TestWith adds each value of the company to a lexicon that was made without it, and some that
// are called as something else is: what is read with it is what is read where it was known from
// the start.
func TestWith(t *testing.T) {
	t.Parallel()
	m, all := commerce(), stocked()
	for _, ref := range slices.Sorted(maps.Keys(all)) {
		for i, v := range all[ref] {
			less := maps.Clone(all)
			less[ref] = slices.Delete(slices.Clone(all[ref]), i, i+1)
			sameWith(t, m, less, ref, v)
		}
	}
	for _, name := range []string{"유형", "구매 고객", "매출", "이탈", "디바이스 이름", "Seoul 2"} {
		sameWith(t, m, all, "products.brand", compose.ValueCount{Text: name})
	}
}

// sameWith adds a value to those that a lexicon was made with, and makes one with it, too.
func sameWith(t *testing.T, m *semantic.Model, values map[string][]compose.ValueCount, ref string, v compose.ValueCount) {
	t.Helper()
	first := maps.Clone(values)
	first[ref] = slices.Concat([]compose.ValueCount{v}, values[ref])
	base := compose.NewLexicon(m, values)
	with, want := base.With(map[string][]compose.ValueCount{ref: {v}}), compose.NewLexicon(m, first)
	if got := with.Values(ref); !slices.Equal(got, first[ref]) || !slices.Equal(base.Values(ref), values[ref]) {
		t.Fatalf("%s: values %v", ref, got)
	}
	for _, name := range append(strings.Fields(v.Text), v.Text, strings.TrimSuffix(v.Text, "특별시"), strings.ToLower(v.Text)) {
		for _, q := range []string{name + " 매출", "지난달 " + name + "별 주문 수", "채널별 " + name + " 매출 상위 3개", "revenue of " + name + " last month", name + " 제외한 매출", "매출 " + name} {
			if got, want := show(compose.Parse(input(with, q))), show(compose.Parse(input(want, q))); got != want {
				t.Errorf("%s of %s, %s:\n%s\nwanted\n%s", v.Text, ref, q, got, want)
			}
		}
	}
}

// TestWithCostsNothing has a lexicon of 30,000 values told of one more.
func TestWithCostsNothing(t *testing.T) {
	m, values := crowded()
	lex := compose.NewLexicon(m, values)
	more := map[string][]compose.ValueCount{"products.name": {{Text: "제습기"}}}
	if n := testing.AllocsPerRun(10, func() { lex.With(more) }); n > 500 {
		t.Errorf("%.0f allocations", n)
	}
}
