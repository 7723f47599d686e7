package connectors_test

import (
	"slices"
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

func TestChanges(t *testing.T) {
	table := func(name, comment string, key []string, columns ...string) *connectors.Table {
		out := &connectors.Table{Name: name, Comment: comment, PrimaryKey: key}
		for i := 0; i < len(columns); i += 2 {
			out.Columns = append(out.Columns, &connectors.ColumnInfo{Name: columns[i], Type: columns[i+1], Kind: connectors.KindText})
		}
		return out
	}
	same := table("same", "", nil, "a", "text")
	before := &connectors.Catalog{Tables: []*connectors.Table{same, table("gone", "", nil), table("주문", "old", []string{"id"}, "id", "int", "금액", "int", "b", "text")}}
	after := &connectors.Catalog{Tables: []*connectors.Table{same, table("주문", "new", nil, "금액", "bigint", "id", "int", "b2", "text"), table("come", "", nil)}}
	var got []string
	for _, c := range connectors.Changes(before, after) {
		got = append(got, c.String())
	}
	want := []string{"table removed: gone", "comment changed: 주문", "type changed: 주문.금액 from int to bigint", "column added: 주문.b2", "column removed: 주문.b", "keys changed: 주문", "table added: come"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if told, more := connectors.ChangeTexts(connectors.Changes(before, after), 2); told != "table removed: gone; comment changed: 주문" || more != 5 {
		t.Errorf("%q and %d more", told, more)
	}
	if c := connectors.Changes(before, before); len(c) > 0 {
		t.Errorf("from itself: %v", c)
	}
	columns := []string{}
	for i := range 4000 {
		columns = append(columns, string(rune(0xAC00+i)), "text")
	}
	if c := connectors.Changes(&connectors.Catalog{Tables: []*connectors.Table{table("wide", "", nil, columns...)}}, &connectors.Catalog{Tables: []*connectors.Table{table("wide", "", nil)}}); len(c) != 4000 {
		t.Errorf("%d columns are gone", len(c))
	}
}

// A type that has all values of the one before unfits nothing.
func TestUnfits(t *testing.T) {
	col := func(typ string, kind connectors.Kind, values int64) *connectors.ColumnInfo {
		c := &connectors.ColumnInfo{Type: typ, Kind: kind}
		if values >= 0 {
			c.Profile = &connectors.Profile{Distinct: values}
		}
		return c
	}
	for _, c := range []struct {
		name    string
		was, is *connectors.ColumnInfo
		want    bool
	}{
		{"integer to text", col("integer", connectors.KindInteger, 3), col("text", connectors.KindText, 3), true},
		{"date to varchar", col("date", connectors.KindDate, 3), col("varchar(30)", connectors.KindText, -1), true},
		{"text to integer", col("text", connectors.KindText, 3), col("integer", connectors.KindInteger, 3), true},
		{"timestamp to date", col("timestamp", connectors.KindTimestamp, 3), col("date", connectors.KindDate, 3), true},
		{"decimal to integer", col("numeric(10,2)", connectors.KindNumber, 3), col("integer", connectors.KindInteger, 3), true},
		{"boolean to integer", col("boolean", connectors.KindBool, 2), col("integer", connectors.KindInteger, 3), true},
		{"to a blob", col("text", connectors.KindText, 3), col("bytea", connectors.KindOther, 3), true},
		{"integer to bigint", col("integer", connectors.KindInteger, 3), col("bigint", connectors.KindInteger, 3), false},
		{"integer to decimal", col("integer", connectors.KindInteger, 3), col("numeric(30,2)", connectors.KindNumber, 3), false},
		{"longer texts", col("varchar(10)", connectors.KindText, 3), col("text", connectors.KindText, 3), false},
		{"date to timestamp", col("date", connectors.KindDate, 3), col("timestamp", connectors.KindTimestamp, 3), false},
		{"a two among yes and no", col("tinyint(1)", connectors.KindBool, 2), col("tinyint(1)", connectors.KindInteger, 3), false},
		{"texts that have become dates", col("TEXT", connectors.KindText, 3), col("TEXT", connectors.KindDate, 3), false},
		{"dates among which there is a text", col("TEXT", connectors.KindDate, 3), col("TEXT", connectors.KindText, 3), true},
		{"dates that are gone", col("TEXT", connectors.KindDate, 3), col("TEXT", connectors.KindText, 0), false},
		{"dates that nobody has looked at yet", col("TEXT", connectors.KindDate, 3), col("TEXT", connectors.KindText, -1), false},
	} {
		if got := connectors.Unfits(c.was, c.is); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// A view that cannot be read is another thing than one that is gone.
func TestABrokenView(t *testing.T) {
	before := &connectors.Catalog{Tables: []*connectors.Table{{Name: "totals"}, {Name: "orders"}}}
	after := &connectors.Catalog{Broken: []string{"totals"}}
	if told, _ := connectors.ChangeTexts(connectors.Changes(before, after), 9); told != "view broken: totals; table removed: orders" {
		t.Error(told)
	}
}
