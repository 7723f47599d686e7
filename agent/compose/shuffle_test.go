package compose_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
)

// Words of real questions in any order, alone or after any plan: whatever is made of them
// compiles, and nothing panics.
func TestShuffledWords(t *testing.T) {
	m := commerce()
	lex := compose.NewLexicon(m, stocked())
	var words []string
	for _, file := range []string{"english.txt", "korean.txt", "declined.txt"} {
		for _, c := range cases(t, file) {
			words = append(words, strings.Fields(c[0])...)
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	var previous *compose.Plan
	plans := 0
	for range 6000 {
		var some []string
		for range 1 + r.IntN(8) {
			some = append(some, words[r.IntN(len(words))])
		}
		in := input(lex, strings.Join(some, " "))
		if r.IntN(2) == 0 {
			in.Previous = previous
		}
		out := compose.Parse(in)
		if out.Plan == nil {
			continue
		}
		plans++
		previous = out.Plan
		if _, err := m.Compile(out.Plan.Query, semantic.CompileOptions{}); err != nil {
			t.Errorf("%q: %v\n%s", in.Text, err, showPlan(out.Plan))
		}
	}
	if plans < 300 {
		t.Errorf("only %d plans: the words say nothing", plans)
	}
}
