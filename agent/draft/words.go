package draft

import (
	"strings"
	"unicode"
)

// tidyWords gives every word that several metrics claim to one of them: the one it
// is the label of, else the first. A word that stays with two is a question back to
// whoever uses it, which is right only where both are as likely.
func (d *drafter) tidyWords() {
	labels := map[string]int{}
	for i, m := range d.model.Metrics {
		for _, w := range []string{m.Label.Ko, m.Label.En} {
			if k := foldWord(w); k != "" {
				if _, ok := labels[k]; !ok {
					labels[k] = i
				}
			}
		}
	}
	claimed := make(map[string]int, 8*len(d.model.Metrics))
	var keep []string // a list is as long as what it holds: there may be a hundred thousand
	for i, m := range d.model.Metrics {
		keep = keep[:0]
		for _, w := range m.Synonyms {
			k := foldWord(w)
			if owner, ok := labels[k]; ok && owner != i {
				continue
			}
			if owner, ok := claimed[k]; ok && (owner == i || !d.alike(owner, i)) {
				continue
			}
			claimed[k] = i
			keep = append(keep, w)
		}
		m.Synonyms = append([]string(nil), keep...)
	}
	d.tidyFields()
}

// alike reports whether two metrics say the same of two tables: an amount of orders
// and an amount of returns are asked about, not guessed.
func (d *drafter) alike(a, b int) bool {
	x, y := d.model.Metrics[a], d.model.Metrics[b]
	fn := func(e string) string { f, _, _ := strings.Cut(e, "("); return f }
	return fn(x.Expression[dialect]) == fn(y.Expression[dialect]) && dataset(x.Expression[dialect]) != dataset(y.Expression[dialect])
}

// dataset is the first dataset that an expression names.
func dataset(expr string) string {
	_, rest, _ := strings.Cut(expr, "(")
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "DISTINCT "), ".")
	return name
}

// tidyFields takes synonyms off fields where another field of the dataset is called
// so.
func (d *drafter) tidyFields() {
	var keep []string
	labels := map[string]string{}
	for _, ds := range d.model.Datasets {
		clear(labels)
		for _, f := range ds.Fields {
			for _, w := range []string{f.Name, f.Label.Ko, f.Label.En} {
				if k := foldWord(w); k != "" && labels[k] == "" {
					labels[k] = f.Name
				}
			}
		}
		for _, f := range ds.Fields {
			keep = keep[:0]
			for _, w := range f.Synonyms {
				k := foldWord(w)
				if labels[k] == "" {
					labels[k] = f.Name
				}
				if labels[k] == f.Name {
					keep = append(keep, w)
				}
			}
			f.Synonyms = append([]string(nil), keep...)
		}
	}
}

func foldWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
