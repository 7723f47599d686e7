package sqlite

import (
	_ "embed"
	"math"
	"slices"

	"github.com/mattn/go-sqlite3"

	"github.com/bapsang/bapsang/connectors/kit"
)

//go:embed functions.txt
var functionsText string

// allowedFunctions are the names of functions.txt.
var allowedFunctions = kit.ReadLists(functionsText)[""]

// register brings a connection what the library is compiled without: the engine's own
// mathematical functions (https://www.sqlite.org/lang_mathfunc.html), and the median that
// metrics are compiled to.
func register(conn *sqlite3.SQLiteConn) error {
	one := map[string]func(float64) float64{
		"sqrt": math.Sqrt, "exp": math.Exp, "ln": math.Log, "log10": math.Log10, "log2": math.Log2,
		"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "asin": math.Asin, "acos": math.Acos, "atan": math.Atan,
		"radians": func(x float64) float64 { return x * math.Pi / 180 }, "degrees": func(x float64) float64 { return x * 180 / math.Pi },
	}
	for name, f := range one {
		if err := conn.RegisterFunc(name, func(x any) any { return computed(f, x) }, true); err != nil {
			return err
		}
	}
	for name, f := range map[string]func(float64) float64{"ceil": math.Ceil, "ceiling": math.Ceil, "floor": math.Floor, "trunc": math.Trunc} {
		if err := conn.RegisterFunc(name, func(x any) any {
			if n, ok := x.(int64); ok {
				return n
			}
			return computed(f, x)
		}, true); err != nil {
			return err
		}
	}
	for name, f := range map[string]func(x, y float64) float64{"pow": math.Pow, "power": math.Pow, "mod": math.Mod, "atan2": math.Atan2} {
		if err := conn.RegisterFunc(name, func(x, y any) any {
			return computed(func(v float64) float64 {
				w, ok := number(y)
				if !ok {
					return math.NaN()
				}
				return f(v, w)
			}, x)
		}, true); err != nil {
			return err
		}
	}
	if err := conn.RegisterFunc("log", logarithm, true); err != nil {
		return err
	}
	if err := conn.RegisterFunc("pi", func() float64 { return math.Pi }, true); err != nil {
		return err
	}
	return conn.RegisterAggregator("median", func() *median { return &median{} }, true)
}

// logarithm is log(x), of base 10, or log(base, x).
func logarithm(args ...any) any {
	switch len(args) {
	case 1:
		return computed(math.Log10, args[0])
	case 2:
		return computed(func(base float64) float64 {
			x, ok := number(args[1])
			if !ok {
				return math.NaN()
			}
			return math.Log(x) / math.Log(base)
		}, args[0])
	}
	return nil
}

// computed is f(x), null where there is none.
func computed(f func(float64) float64, x any) any {
	v, ok := number(x)
	if !ok {
		return nil
	}
	if v = f(v); math.IsNaN(v) {
		return nil
	}
	return v
}

func number(x any) (float64, bool) {
	switch v := x.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// median is the middle of the numbers of a group, or the mean of the two in the middle.
type median struct{ all []float64 }

// maxMedian bounds the numbers of a group, which the engine's memory limit does not see.
const maxMedian = 10_000_000

// Step takes a value.
func (m *median) Step(x any) {
	if v, ok := number(x); ok && len(m.all) <= maxMedian {
		m.all = append(m.all, v)
	}
}

// Done is the result; null where there was no number, or too many.
func (m *median) Done() any {
	n := len(m.all)
	if n == 0 || n > maxMedian {
		return nil
	}
	slices.Sort(m.all)
	return (m.all[(n-1)/2] + m.all[n/2]) / 2
}
