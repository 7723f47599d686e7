package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/format"
)

// maxOptions bounds the options of a clarifying question.
const maxOptions = 4

// candidate is one thing that an ambiguous name may stand for.
type candidate struct {
	ref    string // as Option.Ref
	label  string
	how    how
	far    int   // joins away
	usual  bool  // the model calls it the default
	weight int64 // how common it is in the data
}

// pick returns which of several candidates a term stands for: the one chosen
// before, the surest, the nearest. When some are equally good it asks, unless it
// has asked in this thread already; then the usual one is taken, and said.
func (r *reader) pick(term string, list []candidate) (int, bool) {
	if len(list) == 0 {
		return 0, false
	}
	if i := r.chosen(term, list); i >= 0 {
		return i, true
	}
	best := r.likeliest(list)
	if len(best) == 1 {
		return best[0], true
	}
	slices.SortStableFunc(best, func(a, b int) int {
		x, y := list[a], list[b]
		switch {
		case x.usual != y.usual && x.usual:
			return -1
		case x.usual != y.usual:
			return 1
		case x.weight != y.weight && x.weight > y.weight:
			return -1
		case x.weight != y.weight:
			return 1
		}
		return 0
	})
	many := len(best) >= manyOptions && !list[best[0]].usual
	if len(r.in.Choices) == 0 || many {
		c := r.ask(term, list, best)
		if len(r.in.Choices) > 0 {
			c.Options = nil // a second question back may be answered by the asker only: no option is usual
		}
		r.fail(problem{clarify: c})
		return 0, false
	}
	r.say(ReadDefault, term, list[best[0]].label)
	return best[0], true
}

// chosen returns the candidate that was picked in this thread, or that the turn
// before used, -1 for none.
func (r *reader) chosen(term string, list []candidate) int {
	for _, c := range slices.Backward(r.in.Choices) {
		if !strings.EqualFold(strings.TrimSpace(c.Term), strings.TrimSpace(term)) {
			continue
		}
		for i, x := range list {
			if x.ref == c.Ref {
				return i
			}
		}
	}
	if r.in.Previous == nil {
		return -1
	}
	for i, x := range list {
		if usesRef(r.in.Previous, x.ref) {
			return i
		}
	}
	return -1
}

// usesRef reports whether a plan uses a metric or field.
func usesRef(p *Plan, ref string) bool {
	field, _, _ := strings.Cut(ref, "=")
	for _, m := range p.Query.Measures {
		if m.Metric == ref {
			return true
		}
	}
	for _, d := range p.Query.Dimensions {
		if d.Field == field {
			return true
		}
	}
	for _, f := range p.Query.Filters {
		if f.Field == field {
			return true
		}
	}
	return false
}

// likeliest returns the candidates than which none is surer or nearer.
func (r *reader) likeliest(list []candidate) []int {
	sure, near := asTypo, 1<<30
	for _, c := range list {
		if c.how < sure || c.how == sure && c.far < near {
			sure, near = c.how, c.far
		}
	}
	var best []int
	for i, c := range list {
		if c.how == sure && c.far == near {
			best = append(best, i)
		}
	}
	return best
}

// reword replaces the question back where the term is open rather than ambiguous.
func (r *reader) reword(ko, en string) {
	if r.problem != nil && r.problem.clarify != nil {
		r.problem.clarify.Text = r.pickWord(ko, en)
	}
}

func (r *reader) ask(term string, list []candidate, order []int) *Clarify {
	c := &Clarify{Term: term}
	switch n := len(order); {
	case n >= manyOptions && r.ko():
		c.Text = fmt.Sprintf("%q%s %s가지로 읽힐 수 있어요. 어느 표의 것인지 함께 적어 주세요. 예를 들면 %q처럼요.", term, subject(term), format.Value(float64(n), format.Integer, "ko"), list[order[0]].label)
	case n >= manyOptions:
		c.Text = fmt.Sprintf("%q could mean %s things. Please say of which table as well, such as %q.", term, format.Value(float64(n), format.Integer, "en"), lowerFirst(list[order[0]].label))
	case r.ko():
		c.Text = fmt.Sprintf("%q%s %s 가지로 읽힐 수 있어요. 어느 쪽일까요?", term, subject(term), koreanCount(len(order)))
	default:
		c.Text = fmt.Sprintf("%q could mean %s things. Which one?", term, englishCount(len(order)))
	}
	for n, i := range order[:min(len(order), maxOptions)] {
		c.Options = append(c.Options, Option{Label: list[i].label, Ref: list[i].ref, Usual: n == 0 && (len(order) < manyOptions || list[i].usual)})
	}
	return c
}

func koreanCount(n int) string {
	if n < 5 {
		return []string{"", "한", "두", "세", "네"}[n]
	}
	return "여러"
}

func englishCount(n int) string {
	if n < 5 {
		return []string{"", "one", "two", "three", "four"}[n]
	}
	return "several"
}
