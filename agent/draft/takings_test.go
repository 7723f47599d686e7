package draft_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// TestSalesAreOnlyComputedWhereTheyArePlain drafts of the lines of orders: a figure that may
// say how many there are, or a discount that is no part of one, leaves open what a line comes
// to, and a wrong sum is worse than none.
func TestSalesAreOnlyComputedWhereTheyArePlain(t *testing.T) {
	t.Parallel()
	figure := func(name string, kind connectors.Kind, least, most any) *connectors.ColumnInfo {
		return &connectors.ColumnInfo{Name: name, Kind: kind, Profile: &connectors.Profile{Min: least, Max: most, Distinct: 20}}
	}
	quantity, price := figure("quantity", connectors.KindInteger, int64(1), int64(60)), figure("unit_price", connectors.KindNumber, 1.5, 99.5)
	for name, c := range map[string]struct {
		columns []*connectors.ColumnInfo
		want    string
	}{
		"price and quantity":     {[]*connectors.ColumnInfo{price, quantity}, "SUM(order_items.unit_price * order_items.quantity)"},
		"a part of one let off":  {[]*connectors.ColumnInfo{price, quantity, figure("discount", connectors.KindNumber, 0.0, 0.25)}, "SUM(order_items.unit_price * order_items.quantity * (1 - COALESCE(order_items.discount, 0)))"},
		"percents let off":       {[]*connectors.ColumnInfo{price, quantity, figure("discount_rate", connectors.KindInteger, int64(0), int64(30))}, ""},
		"an amount let off":      {[]*connectors.ColumnInfo{price, quantity, figure("discount", connectors.KindNumber, 0.0, 30.0)}, ""},
		"a price of one thing":   {[]*connectors.ColumnInfo{figure("price", connectors.KindNumber, 1.5, 99.5)}, "SUM(order_items.price)"},
		"freight beside it":      {[]*connectors.ColumnInfo{figure("price", connectors.KindNumber, 1.5, 99.5), figure("freight_value", connectors.KindNumber, 1.5, 9.5)}, "SUM(order_items.price)"},
		"perhaps how many":       {[]*connectors.ColumnInfo{figure("price", connectors.KindNumber, 1.5, 99.5), figure("pieces", connectors.KindInteger, int64(1), int64(9))}, ""},
		"a quantity left to go":  {[]*connectors.ColumnInfo{price, figure("open quantity", connectors.KindInteger, int64(1), int64(60))}, ""},
		"a unit price by itself": {[]*connectors.ColumnInfo{price}, ""},
	} {
		columns := append([]*connectors.ColumnInfo{{Name: "order_id", Kind: connectors.KindInteger}}, c.columns...)
		m := draft.Model(&connectors.Catalog{Tables: []*connectors.Table{{Name: "order_items", Rows: 100, Columns: columns}}}, draft.Options{})
		if got := salesOf(m); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// salesOf is the expression of the metric called 매출, "" where there is none.
func salesOf(m *semantic.Model) string {
	for _, x := range m.Metrics {
		if x.Label.Ko == "매출" {
			return x.Expression["ANSI_SQL"]
		}
		for _, w := range x.Synonyms {
			if strings.EqualFold(w, "total revenue") {
				return x.Expression["ANSI_SQL"]
			}
		}
	}
	return ""
}
