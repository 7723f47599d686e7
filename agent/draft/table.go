package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
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
