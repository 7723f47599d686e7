package connectors_test

import (
	"slices"
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

func TestKeyCandidate(t *testing.T) {
	column := func(name string, unique bool) *connectors.ColumnInfo {
		return &connectors.ColumnInfo{Name: name, Kind: connectors.KindText, Profile: &connectors.Profile{Unique: unique}}
	}
	for name, c := range map[string]struct {
		column, key *connectors.ColumnInfo
		table       string
		want        bool
	}{
		"the same id":                {column("item_sku", false), column("item_sku", true), "products", true},
		"a table's id":               {column("region_id", false), column("id", true), "regions", true},
		"a code by its short name":   {column("DEPT_CD", false), column("DEPT_CD", true), "TB_DEPT_MST", true},
		"a table's id, prefixed":     {column("post_id", false), column("ID", true), "shop.wp_posts", true},
		"an end that is no word":     {column("post_id", false), column("id", true), "signposts", false},
		"another table's id":         {column("region_id", false), column("id", true), "shops", false},
		"a place by its name":        {column("city_name", false), column("City_Name", true), "geographic", true},
		"a place in Korean":          {column("지역명", false), column("지역명", true), "지역", true},
		"a place that repeats there": {column("city_name", false), column("city_name", false), "geographic", false},
		"one each on both sides":     {column("city_name", true), column("city_name", true), "geographic", false},
		"people by their name":       {column("user_name", false), column("user_name", true), "users", false},
		"names of anything":          {column("name", false), column("name", true), "products", false},
	} {
		table := &connectors.Table{Name: "facts", Rows: 10, Columns: []*connectors.ColumnInfo{c.column}}
		ref := &connectors.Table{Name: c.table, Rows: 5, Columns: []*connectors.ColumnInfo{c.key}}
		if got := connectors.KeyCandidate(table, c.column, ref); (got != nil) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A table that is called as the column says comes before one that only ends so.
func TestKeyCandidatesInOrder(t *testing.T) {
	id := func() []*connectors.ColumnInfo {
		return []*connectors.ColumnInfo{{Name: "id", Kind: connectors.KindInteger, Profile: &connectors.Profile{Unique: true}}}
	}
	old, posts := &connectors.Table{Name: "old_posts", Columns: id()}, &connectors.Table{Name: "posts", Columns: id()}
	column := &connectors.ColumnInfo{Name: "post_id", Kind: connectors.KindInteger, Profile: &connectors.Profile{}}
	facts := &connectors.Table{Name: "comments", Columns: []*connectors.ColumnInfo{column}}
	var got []string
	for ref := range connectors.IndexKeys([]*connectors.Table{old, posts, facts}).Candidates(facts, column) {
		got = append(got, ref.Name)
	}
	if !slices.Equal(got, []string{"posts", "old_posts"}) {
		t.Errorf("candidates: %v", got)
	}
}
