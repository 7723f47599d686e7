package draft_test

import (
	"slices"
	"testing"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/connectors"
)

// A row that sums the others up stands beside them as statistics have it; a brand of that
// name is one of many.
func TestTotalsBesideTheirParts(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []connectors.ValueCount
		want   []string
	}{
		{"the country among its regions", counts("전국", 10, "서울", 10, "부산", 10, "제주", 10), []string{"전국"}},
		{"the last line of a sheet", counts("apple", 7, "pear", 5, "plum", 4, "Total", 1), []string{"Total"}},
		{"subtotals as well", counts("a", 3, "b", 3, "c", 3, "소계", 3, "합계", 3), []string{"소계", "합계"}},
		{"a brand", counts("Shell", 40, "Total", 31, "BP", 20, "Esso", 12), nil},
		{"too few others", counts("합계", 2, "서울", 2), nil},
		{"no total", counts("서울", 2, "부산", 2, "제주", 2, "세종", 2), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cat := catalogue(t, "stats: t area=x, i amount")
			cat.Tables[0].Columns[0].Profile.Values = c.values
			m := draft.Model(cat, draft.Options{})
			if got := m.Datasets[0].Fields[0].Totals; !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func counts(pairs ...any) []connectors.ValueCount {
	var out []connectors.ValueCount
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, connectors.ValueCount{Value: pairs[i].(string), Count: int64(pairs[i+1].(int))})
	}
	return out
}
