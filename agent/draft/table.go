package draft

import (
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// datasetName is a table's name without its schema, where that is enough; "" where
// even the full name is taken.
func (d *drafter) datasetName(t *connectors.Table) string {
	for _, try := range []string{base(t), t.Name} {
		name := plainName(try)
		if !d.known.datasets[foldCase(name)] {
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
func quoteName(t *connectors.Table) string {
	parts := t.Parts()
	for i, p := range parts {
		if plainName(p) != p {
			parts[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
		}
	}
	return strings.Join(parts, ".")
}

// quoteColumn quotes a column's name, always: many are words of SQL.
func quoteColumn(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// plain is the expression of a column as it is. Thousands of tables have a column of the same
// name, and share it: nobody changes it in place.
func (d *drafter) plain(column string) map[string]string {
	e, ok := d.columns[column]
	if !ok {
		e = map[string]string{dialect: quoteColumn(column)}
		d.columns[column] = e
	}
	return e
}
