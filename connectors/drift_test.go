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
