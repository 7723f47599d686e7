package semantic

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Part is one source's model as a part of a model over several.
type Part struct {
	Source string // as the configuration calls it
	Model  *Model
}

// Merge returns one model of several sources' models, which stay as they are. What two of
// them call the same is called after its source too, "targets_orders", from the second on;
// words by which people ask for a metric of an earlier one are that one's alone. Nothing is
// related across sources yet: see Relationship and Field.SameAs.
func Merge(name string, parts ...Part) *Model { return NewNames().merge(name, parts) }

func (n *Names) merge(name string, parts []Part) *Model {
	out := &Model{Name: name}
	words := map[string]bool{}
	for i, p := range parts {
		m := p.Model
		if i == 0 {
			out.WeekStart, out.FiscalYearStart, out.Timezone = m.WeekStart, m.FiscalYearStart, m.Timezone
		}
		datasets, metrics := map[string]string{}, map[string]string{}
		for _, d := range m.Datasets {
			datasets[d.Name] = n.of("dataset", p.Source, d.Name, "")
		}
		for _, x := range m.Metrics {
			metrics[x.Name] = n.of("metric", p.Source, x.Name, "")
		}
		r := renaming{datasets, metrics}
		for _, d := range m.Datasets {
			out.Datasets = append(out.Datasets, r.dataset(d, p.Source))
		}
		for _, rel := range m.Relationships {
			copied := *rel
			copied.Name = n.of("relationship", p.Source, rel.Name, fmt.Sprint(rel.From, rel.FromColumns, rel.To, rel.ToColumns))
			copied.From, copied.To = datasets[rel.From], datasets[rel.To]
			out.Relationships = append(out.Relationships, &copied)
		}
		var added []*Metric
		for _, x := range m.Metrics {
			copied := r.metric(x, p.Source, words)
			copied.Default = copied.Default && i == 0
			added = append(added, copied)
		}
		for _, x := range added {
			for _, w := range append([]string{x.Label.Ko, x.Label.En}, x.Synonyms...) {
				words[foldWord(w)] = true
			}
		}
		out.Metrics = append(out.Metrics, added...)
	}
	return out
}

// Names are what the parts of models over the same sources are called. Whoever puts them
// together again by the same names finds everything called as it was, also what two sources
// called the same and only one has now: what was asked of the one is not asked of the other.
// It may be used concurrently.
type Names struct {
	mu    sync.Mutex
	taken map[string]bool
	given map[[4]string]string       // by kind, source, own name and what else tells it apart
	words map[string]map[string]bool // what sources call their metrics
}

// NewNames returns names of which none is given.
func NewNames() *Names {
	return &Names{taken: map[string]bool{}, given: map[[4]string]string{}, words: map[string]map[string]bool{}}
}

// of is what something of a source is called.
func (n *Names) of(kind, source, name, apart string) string {
	key := [4]string{kind, source, name, apart}
	if n.given[key] == "" {
		n.given[key] = freeName(n.taken, source, name)
	}
	return n.given[key]
}

// Span is Merge where no part comes first: what two of them call a metric is a word for both
// metrics, each of which is shown with its source's name, so that whoever says the word is
// asked which is meant.
func (n *Names) Span(name string, parts ...Part) *Model {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.merge(name, parts)
	i := 0
	sources := map[string]string{} // by the merged metric's name
	for _, p := range parts {
		if n.words[p.Source] == nil {
			n.words[p.Source] = map[string]bool{}
		}
		for _, x := range p.Model.Metrics {
			sources[out.Metrics[i].Name] = p.Source
			for _, w := range append([]string{x.Label.Ko, x.Label.En}, x.Synonyms...) {
				n.words[p.Source][foldWord(w)] = true
			}
			out.Metrics[i].Label, out.Metrics[i].Synonyms = x.Label, slices.Clone(x.Synonyms)
			i++
		}
	}
	for _, x := range out.Metrics {
		for _, label := range []*string{&x.Label.Ko, &x.Label.En} {
			if word := *label; n.shared(word, sources[x.Name]) {
				x.Synonyms = append(x.Synonyms, word)
				*label = word + " (" + sources[x.Name] + ")"
			}
		}
	}
	return out
}

// shared reports whether another source calls a metric by a word, too.
func (n *Names) shared(word, source string) bool {
	if word == "" {
		return false
	}
	for other, words := range n.words {
		if other != source && words[foldWord(word)] {
			return true
		}
	}
	return false
}

// freeName is a name that nothing has yet, with the source's before it where it is taken.
func freeName(taken map[string]bool, source, name string) string {
	free := name
	for taken[strings.ToLower(free)] {
		free = plainWord(source) + "_" + free
	}
	taken[strings.ToLower(free)] = true
	return free
}

// plainWord is a source's name as a part of a name.
func plainWord(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if isNameStart(r) || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, s), "_")
}

func foldWord(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

// renaming are the new names of a part's datasets and metrics.
type renaming struct{ datasets, metrics map[string]string }

func (r renaming) dataset(d *Dataset, source string) *Dataset {
	out := *d
	r.metrics = nil // a bare name is a column's here, also where a metric is called so
	out.Name = r.datasets[d.Name]
	out.Database = cmp.Or(d.Database, source)
	out.Filter = r.text(d.Filter)
	out.Fields = make([]*Field, len(d.Fields))
	for i, f := range d.Fields {
		copied := *f
		copied.SameAs = nil
		for _, ref := range f.SameAs {
			copied.SameAs = append(copied.SameAs, r.ref(ref))
		}
		copied.Expression = r.expression(f.Expression)
		copied.Synonyms, copied.Values = slices.Clone(f.Synonyms), slices.Clone(f.Values)
		out.Fields[i] = &copied
	}
	return &out
}

func (r renaming) metric(x *Metric, source string, taken map[string]bool) *Metric {
	out := *x
	out.Name, out.Time, out.Expression = r.metrics[x.Name], r.ref(x.Time), r.expression(x.Expression)
	out.Synonyms = nil
	for _, w := range x.Synonyms {
		if !taken[foldWord(w)] {
			out.Synonyms = append(out.Synonyms, w)
		}
	}
	// A label that is taken says whose it is: people see both, and mean the first.
	if out.Label.Ko != "" && taken[foldWord(out.Label.Ko)] {
		out.Label.Ko += " (" + source + ")"
	}
	if out.Label.En != "" && taken[foldWord(out.Label.En)] {
		out.Label.En += " (" + source + ")"
	}
	return &out
}

// ref renames "dataset.field".
func (r renaming) ref(ref string) string {
	for from, to := range r.datasets {
		if rest, ok := strings.CutPrefix(ref, from+"."); ok {
			return to + "." + rest
		}
	}
	return ref
}

func (r renaming) expression(by map[string]string) map[string]string {
	out := maps.Clone(by)
	for dialect, text := range out {
		out[dialect] = r.text(text)
	}
	return out
}

// text renames what an expression names: datasets before a dot, metrics where none is.
func (r renaming) text(src string) string {
	var b strings.Builder
	dot := false // the token before is a dot
	for i := 0; i < len(src); {
		t, next, err := scanOne(src, i)
		if err != nil || next <= i {
			b.WriteString(src[i:])
			break
		}
		raw := src[i:next]
		if t.kind == tokName || t.kind == tokQuoted {
			rest := strings.TrimLeft(src[next:], " \t\r\n")
			names := r.metrics
			switch {
			case strings.HasPrefix(rest, "."):
				names = r.datasets
			case strings.HasPrefix(rest, "("):
				names = nil
			}
			if to, ok := names[t.text]; ok && to != t.text && !dot {
				raw = `"` + strings.ReplaceAll(to, `"`, `""`) + `"`
			}
		}
		b.WriteString(raw)
		if t.kind != tokEnd {
			dot = t.symbol(".")
		}
		i = next
	}
	return b.String()
}
