package draft_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// values are what the fields of a merged model hold. It implements draft.Data.
type values map[string][]any

func (v values) Values(_ context.Context, ref string, n int) ([]any, error) {
	return v[ref][:min(n, len(v[ref]))], nil
}

func (v values) Found(_ context.Context, ref string, wanted []any) (int, error) {
	found := 0
	for _, x := range wanted {
		if slices.Contains(v[ref], x) {
			found++
		}
	}
	return found, nil
}

// side is a source of one table whose columns have these values.
func side(source, table string, columns map[string][]any) *connectors.Catalog {
	t := &connectors.Table{Name: table, Rows: 100}
	for name, list := range columns {
		c := &connectors.ColumnInfo{Name: name, Kind: connectors.KindText, Type: "VARCHAR", Profile: &connectors.Profile{}}
		seen := map[any]int64{}
		for _, v := range list {
			seen[v]++
		}
		c.Profile.Distinct, c.Profile.Unique = int64(len(seen)), len(seen) == len(list)
		if _, whole := list[0].(int64); whole {
			c.Kind, c.Type = connectors.KindInteger, "BIGINT"
		} else {
			for v, n := range seen {
				c.Profile.Values = append(c.Profile.Values, connectors.ValueCount{Value: v.(string), Count: n})
			}
		}
		t.Columns = append(t.Columns, c)
	}
	slices.SortFunc(t.Columns, func(a, b *connectors.ColumnInfo) int { return len(b.Name) - len(a.Name) })
	return &connectors.Catalog{Source: source, Tables: []*connectors.Table{t}}
}

// linked is the model of two sources put together, and what connects them.
func linked(t *testing.T, left, right map[string][]any) (m *semantic.Model, relations, same []string) {
	t.Helper()
	a, b := side("warehouse", "orders", left), side("plan", "notes", right)
	m = semantic.Merge("both", semantic.Part{Source: "warehouse", Model: draft.Model(a, draft.Options{})}, semantic.Part{Source: "plan", Model: draft.Model(b, draft.Options{})})
	all := &connectors.Catalog{}
	for _, c := range []*connectors.Catalog{a, b} {
		for _, table := range c.Tables {
			copied := *table
			copied.Name = c.Source + "." + table.Name
			all.Tables = append(all.Tables, &copied)
		}
	}
	held := values{}
	for dataset, columns := range map[string]map[string][]any{"orders": left, "notes": right} {
		for name, list := range columns {
			for _, v := range list {
				if ref := dataset + "." + name; !slices.Contains(held[ref], v) {
					held[ref] = append(held[ref], v)
				}
			}
		}
	}
	if err := draft.Link(t.Context(), m, all, held); err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Relationships {
		relations = append(relations, fmt.Sprintf("%s.%s → %s.%s", r.From, r.FromColumns[0], r.To, r.ToColumns[0]))
	}
	for _, d := range m.Datasets {
		for _, f := range d.Fields {
			for _, other := range f.SameAs {
				same = append(same, d.Name+"."+f.Name+" = "+other)
			}
		}
	}
	return m, relations, same
}

func each(list ...any) []any { return list }

// A key leads from many rows to one. Where it is there twice on both sides, where few of its
// values are on the other side, or where one side has numbers and the other texts, nothing
// is related: rows would be counted twice, or meet what they are not.
func TestLinkKeys(t *testing.T) {
	ids := func(from, to int64) (out []any) {
		for i := from; i <= to; i++ {
			out = append(out, i)
		}
		return out
	}
	twice := func(list []any) []any { return append(slices.Clone(list), list...) }
	many, one := "orders.customer_id → notes.customer_id", "notes.customer_id → orders.customer_id"
	for name, c := range map[string]struct {
		left, right []any
		want        []string
	}{
		"many to one":          {twice(ids(1, 10)), ids(1, 10), []string{many}},
		"one to many":          {ids(1, 10), twice(ids(1, 10)), []string{one}},
		"half of them":         {twice(ids(1, 10)), ids(6, 15), []string{many}},
		"fewer than half":      {twice(ids(1, 10)), ids(7, 16), nil},
		"none":                 {twice(ids(1, 10)), ids(11, 20), nil},
		"twice on both sides":  {twice(ids(1, 10)), twice(ids(1, 10)), nil},
		"texts beside numbers": {twice(ids(1, 3)), each("1", "2", "3"), nil},
	} {
		if _, got, _ := linked(t, map[string][]any{"customer_id": c.left}, map[string][]any{"customer_id": c.right}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Fields called alike hold the same thing where at least half of the values of the shorter
// list are on both sides. People are then asked about one of them.
func TestLinkSame(t *testing.T) {
	rows := func(list ...any) []any { return append(list, list...) }
	for name, c := range map[string]struct {
		left, right []any
		want        bool
	}{
		"the same":        {rows("서울", "부산", "제주"), rows("서울", "부산", "제주"), true},
		"half":            {rows("서울", "부산", "제주", "대구"), rows("서울", "부산", "a", "b"), true},
		"fewer than half": {rows("서울", "부산", "제주", "대구"), rows("서울", "a", "b"), false},
		"none":            {rows("서울", "부산"), rows("a", "b"), false},
		"other letters":   {rows("Seoul", "Busan"), rows("seoul", "busan"), false},
	} {
		m, _, same := linked(t, map[string][]any{"region": c.left}, map[string][]any{"region": c.right})
		if got := slices.Equal(same, []string{"notes.region = orders.region"}); got != c.want || !c.want && len(same) > 0 {
			t.Errorf("%s: %v", name, same)
		}
		_, first := m.Field("orders.region")
		_, second := m.Field("notes.region")
		if first.Hidden || second.Hidden != c.want {
			t.Errorf("%s: asked about %v and %v", name, !first.Hidden, !second.Hidden)
		}
	}
}
