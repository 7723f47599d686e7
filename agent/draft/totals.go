package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// sumsUp are names of rows that sum up the others of a table.
var sumsUp = l("전국", "합계", "총계", "총합계", "총합", "소계", "누계", "계", "전체 합계", "total", "grand total", "subtotal", "sub-total", "sub total", "all regions", "sum", "totals", "nationwide")

// leastParts is how many others a total has at least.
const leastParts = 3

// findTotals notes the values of rows that stand beside their parts, as statistics and
// sheets have them: 전국 among the regions, a last line 합계. Adding up such a column would
// count everything twice.
func (t *table) findTotals() {
	for _, c := range t.columns {
		if c.Kind != connectors.KindText || c.Profile == nil || c.field.Hidden {
			continue
		}
		for _, v := range c.Profile.Values {
			if slices.Contains(sumsUp, strings.ToLower(strings.TrimSpace(v.Value))) && besideParts(v, c.Profile.Values) {
				c.field.Totals = append(c.field.Totals, v.Value)
			}
		}
	}
}

// besideParts reports whether a value occurs as a total would: once, or as often as most of
// the others, one for each time. A brand called Total does not.
func besideParts(total connectors.ValueCount, values []connectors.ValueCount) bool {
	others, same := 0, 0
	for _, v := range values {
		if v.Value == total.Value {
			continue
		}
		others++
		if v.Count == total.Count {
			same++
		}
	}
	return others >= leastParts && (total.Count == 1 || 2*same >= others)
}
