package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// datasetName is a table's name without its schema, where that is enough; "" where
// even the full name is taken.
func (d *drafter) datasetName(table string) string {
	for _, try := range []string{table[strings.LastIndexByte(table, '.')+1:], table} {
		name := plainName(try)
		if !slices.ContainsFunc(d.model.Datasets, func(x *semantic.Dataset) bool { return strings.EqualFold(x.Name, name) }) {
			return name
		}
	}
	return ""
}

// commonPrefix counts the words that the names of all columns begin with.
func commonPrefix(t *connectors.Table) int {
	if len(t.Columns) < 3 {
		return 0
	}
	first := pieces(t.Columns[0].Name)
	n := len(first) - 1
	for _, c := range t.Columns {
		w := pieces(c.Name)
		n = min(n, len(w)-1)
		for i := 0; i < n; i++ {
			if w[i] != first[i] {
				n = i
			}
		}
	}
	return max(n, 0)
}

// plainName makes a name that can stand in an expression unquoted: "shop.orders"
// is shop_orders.
func plainName(s string) string {
	out := strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !isWordRune(r) }), "_")
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		return "t_" + out
	}
	return out
}

func isWordRune(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80
}

// quoteName quotes the parts of a table's name that need it.
func quoteName(s string) string {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		if plainName(p) != p {
			parts[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
	}
	return strings.Join(parts, ".")
}

// quoteColumn quotes a column's name, always: many are words of SQL.
func quoteColumn(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// entity is the concept of a table's name.
func (d *drafter) entity(name string) *concept {
	bare := stripTails(name[strings.LastIndexByte(name, '.')+1:])
	if c := d.terms.thing(bare); c != nil {
		return c
	}
	return d.terms.last(bare)
}

// thing returns the person, place, thing or event that a whole name stands for:
// a table called sales holds sales, not sums of money.
func (t *terms) thing(name string) *concept {
	w := split(name)
	if len(w) > 0 {
		w[len(w)-1] = singular(w[len(w)-1])
	}
	for _, c := range []*concept{t.byEn[strings.Join(w, " ")], t.find(name)} {
		if c != nil && (c.role == person || c.role == place || c.role == thing || c.role == event) {
			return c
		}
	}
	return nil
}

func stripTails(name string) string {
	s := name
	for _, tail := range tails {
		if rest, ok := strings.CutSuffix(s, tail); ok && rest != "" {
			s = strings.TrimRight(rest, "_ ")
			break
		}
	}
	return s
}

// datasetLabel names a table's rows in both languages.
func (d *drafter) datasetLabel(t *connectors.Table, entity *concept) (semantic.Label, []string) {
	name := t.Name[strings.LastIndexByte(t.Name, '.')+1:]
	bare := stripTails(name)
	exact := d.terms.thing(bare)
	var label semantic.Label
	var synonyms []string
	if isKorean(name) {
		label.Ko = strings.Join(splitKeepCase(bare), " ")
		label.En = capital(plural(d.terms.english(bare)))
	} else {
		label.En = capital(sentence(bare))
		label.Ko = d.terms.korean(bare)
		if exact != nil {
			label.Ko = exact.ko[0]
		}
	}
	if exact != nil {
		synonyms = append(synonyms, exact.ko...)
		for _, w := range exact.en {
			synonyms = append(synonyms, plural(w))
		}
	}
	if bare != name {
		synonyms = append(synonyms, strings.Join(splitKeepCase(name), " "))
	}
	return label, without(synonyms, label.Ko, label.En)
}

// splitKeepCase is split for text that is shown.
func splitKeepCase(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == ' ' })
}
