package eval_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bapsang/bapsang/agent/eval"
)

// tables answers the statements "a" and "b" with given tables.
type tables map[string]*eval.Table

func (t tables) Query(_ context.Context, sql string) (*eval.Table, error) {
	out := &eval.Table{Columns: t[sql].Columns}
	for _, row := range t[sql].Rows {
		out.Rows = append(out.Rows, append([]any(nil), row...))
	}
	return out, nil
}

func (t tables) Close() error { return nil }

// judge says whether rule takes b for the answer a.
func judge(t testing.TB, rule eval.Rule, c eval.Case, a, b *eval.Table) bool {
	t.Helper()
	c.Gold = []string{"a"}
	j, err := eval.Judge(t.Context(), rule, eval.Options{}, c, "b", []eval.Database{tables{"a": a, "b": b}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j.Right
}

func table(rows ...[]any) *eval.Table {
	t := &eval.Table{Rows: rows}
	for i := range rows[0] {
		t.Columns = append(t.Columns, string(rune('p'+i)))
	}
	return t
}

func row(cells ...any) []any { return cells }

// What only Python would call the same or not.
func TestRulesOnOddValues(t *testing.T) {
	t.Parallel()
	inf, nan := math.Inf(1), math.NaN()
	for _, tc := range []struct {
		name                         string
		a, b                         *eval.Table
		bird, spider, spider2, defog bool
	}{
		{"int and float", table(row(int64(1))), table(row(1.0)), true, true, true, true},
		{"true and one", table(row(true)), table(row(int64(1))), true, true, true, true},
		{"negative zero", table(row(0.0)), table(row(math.Copysign(0, -1))), true, true, true, true},
		{"beyond 2^53", table(row(int64(1<<53 + 1))), table(row(float64(1 << 53))), false, false, true, true},
		{"2^63 as a float", table(row(float64(1 << 63))), table(row(int64(math.MaxInt64))), false, false, true, true},
		{"drift", table(row(0.3)), table(row(0.30000000000000004)), false, false, true, true},
		{"a hundredth", table(row(1.0)), table(row(1.0099)), false, false, true, false},
		{"more than a hundredth", table(row(1.0)), table(row(1.0101)), false, false, false, false},
		{"a billionth of much", table(row(1e12)), table(row(1e12 + 900)), false, false, true, true},
		{"text and number", table(row("5")), table(row(int64(5))), false, false, true, false},
		{"text and bytes", table(row("a")), table(row([]byte("a"))), false, false, false, false},
		{"null", table(row(nil)), table(row(nil)), true, true, true, true},
		{"null and zero", table(row(nil)), table(row(int64(0))), false, false, true, false},
		{"infinity", table(row(inf)), table(row(inf)), true, true, true, true},
		{"not a number", table(row(nan)), table(row(nan)), false, false, true, true},
		{"decimal", table(row(eval.NewDecimal("1.50"))), table(row(1.5)), true, true, true, true},
		{"decimal between floats", table(row(eval.NewDecimal("0.1"))), table(row(0.1)), false, false, true, true},
		{"columns", table(row("a", int64(1))), table(row(int64(1), "a")), false, true, true, true},
		{"repeated row", table(row("a"), row("a")), table(row("a")), true, false, false, true},
		{"another column", table(row("a")), table(row("a", "b")), false, false, true, true},
		{"invalid text", table(row("a\xff")), table(row("a\xff")), false, true, false, false},
		{"invalid bytes dropped", table(row("a\xff")), table(row("a")), false, true, false, false},
		{"10 beside 1 and 1.0", table(row(int64(1), int64(10))), table(row(1.0, int64(10))), true, false, true, true}, // Spider sorts cells by their texts first
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for rule, want := range map[eval.Rule]bool{eval.BIRD: tc.bird, eval.Spider: tc.spider, eval.Spider2: tc.spider2, eval.Defog: tc.defog} {
				if got := judge(t, rule, eval.Case{}, tc.a, tc.b); got != want {
					t.Errorf("%s: %v, want %v", rule, got, want)
				}
			}
		})
	}
}

// randomTable has few different values, so that rows and columns repeat.
func randomTable(r *rand.Rand, columns, rows int) *eval.Table {
	values := []any{nil, int64(1), int64(2), 2.5, "a", "b", []byte("a")}
	t := &eval.Table{}
	for i := range columns {
		t.Columns = append(t.Columns, string(rune('a'+i)))
	}
	for range rows {
		var cells []any
		for range columns {
			cells = append(cells, values[r.IntN(len(values))])
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func shuffled(r *rand.Rand, t *eval.Table, columns bool) *eval.Table {
	order := r.Perm(len(t.Columns))
	out := &eval.Table{}
	for i := range order {
		if !columns {
			order[i] = i
		}
		out.Columns = append(out.Columns, t.Columns[order[i]])
	}
	for _, i := range r.Perm(len(t.Rows)) {
		var cells []any
		for _, j := range order {
			cells = append(cells, t.Rows[i][j])
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// Each rule allows its own changes of a right answer, whatever the values.
func TestRulesAllowTheirChanges(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		a := randomTable(r, 1+r.IntN(6), 1+r.IntN(30))
		rows, both := shuffled(r, a, false), shuffled(r, a, true)
		repeated := shuffled(r, a, false)
		repeated.Rows = append(repeated.Rows, a.Rows[0])
		for _, tc := range []struct {
			rule eval.Rule
			what string
			b    *eval.Table
			want bool
		}{
			{eval.BIRD, "rows shuffled", rows, true}, {eval.BIRD, "a row repeated", repeated, true},
			{eval.Spider, "rows and columns shuffled", both, true}, {eval.Spider, "a row repeated", repeated, false},
			{eval.Spider2, "columns shuffled", both, true}, {eval.Spider2, "a row repeated", repeated, false},
		} {
			if got := judge(t, tc.rule, eval.Case{}, a, tc.b); got != tc.want {
				t.Fatalf("%s, %s: %v\n%v\n%v", tc.rule, tc.what, got, a, tc.b)
			}
		}
	}
}

// BIRD's and Spider's verdicts do not depend on which of two results is the gold.
func TestBIRDAndSpiderAreSymmetric(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	same := 0
	for range 2000 {
		columns, rows := 1+r.IntN(2), 1+r.IntN(2)
		a, b := randomTable(r, columns, rows), randomTable(r, columns, rows)
		for _, rule := range []eval.Rule{eval.BIRD, eval.Spider} {
			one := judge(t, rule, eval.Case{}, a, b)
			if one != judge(t, rule, eval.Case{}, b, a) {
				t.Fatalf("%s: %v against %v is %v, not so the other way", rule, a, b, one)
			}
			if one {
				same++
			}
		}
	}
	if same < 20 {
		t.Errorf("only %d were the same", same)
	}
}

// Many equal columns leave an evaluator that tries every order with 20! of them.
func TestSpiderIsQuickWithManyColumns(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	a := randomTable(r, 20, 60)
	for _, cells := range a.Rows {
		for i := range cells {
			cells[i] = int64(r.IntN(2))
		}
	}
	if !judge(t, eval.Spider, eval.Case{}, a, shuffled(r, a, true)) {
		t.Error("the same columns in another order are not the same")
	}
}
