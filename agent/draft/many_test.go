package draft_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
)

// TestOneWay drafts of tables that refer to each other at random: of the foreign keys, one
// after the other, each becomes a relationship that does not make a second, equally short
// way between two tables.
func TestOneWay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		cat := &connectors.Catalog{}
		for i := range 3 + r.IntN(9) {
			cat.Tables = append(cat.Tables, &connectors.Table{Name: fmt.Sprintf("things%c", 'a'+i), PrimaryKey: []string{"id"}, Columns: []*connectors.ColumnInfo{{Name: "id", Kind: connectors.KindInteger}}})
		}
		var keys [][2]string
		for range len(cat.Tables) * (1 + r.IntN(3)) {
			from, to := cat.Tables[r.IntN(len(cat.Tables))], cat.Tables[r.IntN(len(cat.Tables))]
			if from != to {
				keys = append(keys, [2]string{from.Name, to.Name})
				column := fmt.Sprintf("%s_%d", to.Name, len(keys))
				from.Columns = append(from.Columns, &connectors.ColumnInfo{Name: column, Kind: connectors.KindInteger})
				from.ForeignKeys = append(from.ForeignKeys, connectors.ForeignKey{Columns: []string{column}, RefTable: to.Name, RefColumns: []string{"id"}})
			}
		}
		var want, got [][2]string
		for _, table := range cat.Tables {
			for _, k := range table.ForeignKeys {
				if more := append(slices.Clone(want), [2]string{table.Name, k.RefTable}); !twoWays(more) {
					want = more
				}
			}
		}
		for _, r := range draft.Model(cat, draft.Options{}).Relationships {
			got = append(got, [2]string{r.From, r.To})
		}
		if !slices.Equal(got, want) {
			t.Errorf("seed %d: of %v\nbecame    %v\nand not %v", seed, keys, got, want)
		}
	}
}

// twoWays reports whether two tables are connected in two equally short ways, by counting
// all shortest ones.
func twoWays(keys [][2]string) bool {
	for _, first := range keys {
		ways := map[string]int{first[0]: 1}
		for front := []string{first[0]}; len(front) > 0; {
			next := map[string]int{}
			for _, k := range keys {
				if slices.Contains(front, k[0]) && ways[k[1]] == 0 {
					next[k[1]]++
				}
			}
			front = slices.Collect(maps.Keys(next))
			for name, n := range next {
				if ways[name] = n; n > 1 {
					return true
				}
			}
		}
	}
	return false
}

// BenchmarkMany drafts a company of many tables; see docs/benchmarks.md.
func BenchmarkMany(b *testing.B) {
	for _, n := range connectorstest.Sizes() {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cat := connectorstest.Many(n)
			for b.Loop() {
				draft.Model(cat, draft.Options{})
			}
		})
	}
}
