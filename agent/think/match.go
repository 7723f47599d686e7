package think

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// Match is how the keys of results met that were joined: what of one has no partner in any of
// the others. A join leaves out such rows or fills them up, and the rows do not say which.
type Match struct {
	Sides []MatchSide
	// Metrics says that it is of a metric query: every source was asked for the same.
	Metrics bool `json:",omitempty"`
}

// MatchSide is one of the results.
type MatchSide struct {
	Name    string
	Sources []string // that it is of
	Columns []Column // that it is joined by; none where rows are counted and not keys
	Of      int      // different keys
	Alone   int      // of them without a partner
	Keys    Keys     // the first of those, see maxAlone
}

// Keys are cells that keep their types where they are kept. They implement json.Marshaler and
// json.Unmarshaler.
type Keys [][]any

// maxAlone bounds the keys without a partner that are kept of a side.
const maxAlone = 300

// MarshalJSON implements json.Marshaler.
func (k Keys) MarshalJSON() ([]byte, error) {
	return json.Marshal(storeRows(k))
}

// UnmarshalJSON implements json.Unmarshaler.
func (k *Keys) UnmarshalJSON(data []byte) error {
	var stored [][]storedCell
	err := json.Unmarshal(data, &stored)
	*k = restoreRows(stored)
	return err
}

// meet notes what of the sides has no partner, and had none where they were joined themselves.
func (r *Result) meet(sides []*Result, equations []equation, stacked bool) {
	for _, side := range sides {
		r.Matches = append(r.Matches, side.Matches...)
	}
	for _, m := range meetingsOf(equations, stacked) {
		if match, ok := m.match(sides); ok {
			r.Matches = append(r.Matches, match)
		}
	}
}

// meeting are sides that are joined by the same keys, each with its columns for them.
type meeting struct {
	sides   []int
	columns [][]int
	// nulls says that rows without a key meet, as they do where rows are grouped.
	nulls bool
}

// meetingsOf puts the equations of a join together: sides that are joined by the same columns
// are one meeting, such as three by the region.
func meetingsOf(equations []equation, stacked bool) []meeting {
	classes := classesOf(equations)
	var out []meeting
	var known []string // of each meeting its classes
	for _, e := range equations {
		var key []string
		var left, right []int
		for i, class := range classes {
			if a, b := columnIn(class, e[0].side), columnIn(class, e[1].side); a >= 0 && b >= 0 {
				key, left, right = append(key, fmt.Sprint(i)), append(left, a), append(right, b)
			}
		}
		if len(key) == 0 {
			continue
		}
		at := slices.Index(known, strings.Join(key, " "))
		if at < 0 {
			at = len(out)
			out, known = append(out, meeting{nulls: stacked}), append(known, strings.Join(key, " "))
		}
		out[at].add(e[0].side, left)
		out[at].add(e[1].side, right)
	}
	return out
}

func (m *meeting) add(side int, columns []int) {
	if !slices.Contains(m.sides, side) {
		m.sides, m.columns = append(m.sides, side), append(m.columns, columns)
	}
}

// classesOf are the columns that equations make one.
func classesOf(equations []equation) (out [][]sideColumn) {
	for _, e := range equations {
		merged := []sideColumn{e[0], e[1]}
		out = slices.DeleteFunc(out, func(class []sideColumn) bool {
			if !slices.Contains(class, e[0]) && !slices.Contains(class, e[1]) {
				return false
			}
			for _, c := range class {
				if !slices.Contains(merged, c) {
					merged = append(merged, c)
				}
			}
			return true
		})
		out = append(out, merged)
	}
	return out
}

// columnIn is the column of a side in a class, -1 where it has none or several.
func columnIn(class []sideColumn, side int) int {
	at := -1
	for _, c := range class {
		if c.side != side {
			continue
		}
		if at >= 0 {
			return -1
		}
		at = c.column
	}
	return at
}

// match counts what of each side has no partner; ok says that there is something.
func (m meeting) match(sides []*Result) (out Match, ok bool) {
	groups := make([]map[string][]any, len(m.sides))
	order := make([][]string, len(m.sides))
	for i, side := range m.sides {
		groups[i] = map[string][]any{}
		for _, row := range sides[side].Rows {
			cells := make([]any, len(m.columns[i]))
			for n, at := range m.columns[i] {
				cells[n] = row[at]
			}
			key := connectors.JoinKey(cells)
			if groups[i][key] == nil {
				groups[i][key], order[i] = cells, append(order[i], key)
			}
		}
	}
	for i, side := range m.sides {
		r := sides[side]
		one := MatchSide{Name: r.Name, Sources: r.sources(), Of: len(order[i])}
		for _, at := range m.columns[i] {
			one.Columns = append(one.Columns, r.Columns[at])
		}
		for _, key := range order[i] {
			if m.meets(groups, i, key) {
				continue
			}
			if one.Alone++; one.Alone <= maxAlone {
				one.Keys = append(one.Keys, groups[i][key])
			}
		}
		ok = ok || one.Alone > 0
		out.Sides = append(out.Sides, one)
	}
	return out, ok
}

// meets reports whether a key of side i is one of another's.
func (m meeting) meets(groups []map[string][]any, i int, key string) bool {
	if !m.nulls && slices.Contains(groups[i][key], nil) {
		return false // nothing equals nothing
	}
	for j, other := range groups {
		if _, ok := other[key]; ok && j != i {
			return true
		}
	}
	return false
}

// toldAlone is how many keys without a partner the model is told of a side.
const toldAlone = 8

// forModel says what has no partner, as data.
func (m Match) forModel() string {
	var s strings.Builder
	for _, side := range m.Sides {
		if side.Alone == 0 {
			continue
		}
		var names, others []string
		for _, c := range side.Columns {
			names = append(names, c.Name)
		}
		for _, o := range m.Sides {
			if o.Name != side.Name {
				others = append(others, o.Name)
			}
		}
		if len(names) == 0 {
			fmt.Fprintf(&s, "%d of %d rows of %s have no partner in %s\n", side.Alone, side.Of, side.Name, strings.Join(others, ", "))
			continue
		}
		fmt.Fprintf(&s, "%d of %d keys (%s) of %s have no partner in %s: ", side.Alone, side.Of, strings.Join(names, ", "), side.Name, strings.Join(others, ", "))
		for i, cells := range side.Keys[:min(len(side.Keys), toldAlone)] {
			if i > 0 {
				s.WriteString(", ")
			}
			s.WriteString(keyForModel(cells, side.Columns))
		}
		if side.Alone > toldAlone {
			fmt.Fprintf(&s, " and %d more", side.Alone-toldAlone)
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func keyForModel(cells []any, columns []Column) string {
	shown := cellsForModel(cells, columns)
	data, err := json.Marshal(shown)
	if len(shown) == 1 {
		data, err = json.Marshal(shown[0])
	}
	if err != nil {
		data = []byte(fmt.Sprintf("%q", fmt.Sprint(cells...)))
	}
	return string(data)
}

// cellsForModel are cells as the model is shown them.
func cellsForModel(cells []any, columns []Column) []any {
	out := make([]any, len(cells))
	for j, cell := range cells {
		switch v := cell.(type) {
		case string:
			out[j] = clip(v, 160)
		case time.Time:
			out[j] = v.Format("2006-01-02 15:04")
			if columns[j].Type == "DATE" {
				out[j] = v.Format(dateLayout)
			}
		default:
			out[j] = v
		}
	}
	return out
}
