package connectors

import (
	"context"
	"strings"
	"time"
)

// JoinWritten joins tables by a statement that somebody wrote. It is refused where Joinable
// refuses the tables.
func JoinWritten(ctx context.Context, j Joint, tables []Held, stmt Statement) (*Result, error) {
	if err := Joinable(tables); err != nil {
		return nil, err
	}
	return j.Join(ctx, typed(tables), stmt)
}

// Joinable refuses tables of which a written statement would not join what it seems to: where
// two columns of one table have one name, or columns of one name hold numbers in one table and
// texts in another. The engine would read the texts as numbers, so that 007 were 7.
func Joinable(tables []Held) error {
	type of struct{ table, kind string }
	known := map[string]of{}
	for _, t := range tables {
		seen := map[string]bool{}
		for i, c := range t.Columns {
			name := strings.ToLower(c.Name)
			if seen[name] || name == "" {
				return Errorf(CodeSQL, "%s has two columns called %q: give each a name of its own before it is joined.", t.Name, shortened(c.Name))
			}
			seen[name] = true
			kind := kindOf(t.Rows, i)
			was, ok := known[name]
			if ok && was.kind != "" && kind != "" && was.kind != kind {
				return Errorf(CodeSQL,
					"Column %s is %s in %s and %s in %s. Cast it in the statement of one of them if it is what they are joined by, or give the two different names.", shortened(c.Name), was.kind, was.table, kind, t.Name)
			}
			if !ok || was.kind == "" {
				known[name] = of{t.Name, kind}
			}
		}
	}
	return nil
}

// Equatable refuses that column i of one table is joined with column j of another where one is
// a number and the other a text, or a time, or where one is a float that does not tell apart
// what the other has.
func Equatable(left *Held, i int, right *Held, j int) error {
	a, b := kindOf(left.Rows, i), kindOf(right.Rows, j)
	of := func(t *Held, i int) string { return t.Name + "." + shortened(t.Columns[i].Name) }
	switch {
	case a != "" && b != "" && a != b:
		return Errorf(CodeSQL, "%s is %s and %s %s, so that none is equal to another. Cast it in the statement of one of them.", of(left, i), a, of(right, j), b)
	case coarse(left.Rows, i) && fine(right.Rows, j), fine(left.Rows, i) && coarse(right.Rows, j):
		return Errorf(CodeSQL, "One of %s and %s is a float, in which whole numbers as large as the other's are not told apart. Cast it to BIGINT or to a text in the statement of its source.", of(left, i), of(right, j))
	}
	return nil
}

// coarse reports whether a column has floats.
func coarse(rows [][]any, i int) bool {
	for _, row := range rows {
		if _, float := row[i].(float64); float {
			return true
		}
	}
	return false
}

// maxFloatDigits are the digits that every float keeps, and maxFloatWhole is the whole number up
// to which it tells each from the next.
const (
	maxFloatDigits = 15
	maxFloatWhole  = 1 << 53
)

// fine reports whether a column has numbers that a float does not tell apart.
func fine(rows [][]any, i int) bool {
	for _, row := range rows {
		switch v := row[i].(type) {
		case int64:
			if v > maxFloatWhole || v < -maxFloatWhole {
				return true
			}
		case Decimal:
			if len(v) > maxFloatDigits {
				return true
			}
		}
	}
	return false
}

// shortened keeps a name within a sentence.
func shortened(name string) string {
	const most = 60
	if r := []rune(name); len(r) > most {
		return string(r[:most]) + "…"
	}
	return name
}

// kindOf is what the cells of a column are, "" where there are none.
func kindOf(rows [][]any, i int) string {
	kind := ""
	for _, row := range rows {
		var k string
		switch v := row[i].(type) {
		case nil:
			continue
		case bool:
			k = "yes or no"
		case time.Time:
			k = "a time"
		default:
			k = "a text"
			if _, number := Number(v); number {
				k = "a number"
			}
		}
		if kind != "" && kind != k {
			return "a text" // of several kinds: see Types
		}
		kind = k
	}
	return kind
}

// typed gives the columns in which nothing is, and of which their engine says no type, the type
// of those of the same name in other tables, or else numbers: what somebody computes of no rows
// is nothing, and no mistake.
func typed(tables []Held) []Held {
	types := map[string]string{}
	all := make([][]string, len(tables))
	for i, t := range tables {
		all[i] = Types(t.Columns, t.Rows)
		for k, c := range t.Columns {
			if !t.unknown(k) && types[strings.ToLower(c.Name)] == "" {
				types[strings.ToLower(c.Name)] = all[i][k]
			}
		}
	}
	out := make([]Held, len(tables))
	for i, t := range tables {
		out[i] = t
		out[i].Columns = append([]Column(nil), t.Columns...)
		for k := range t.Columns {
			if !t.unknown(k) {
				continue
			}
			out[i].Columns[k].Type = "DOUBLE"
			if same := types[strings.ToLower(t.Columns[k].Name)]; same != "" {
				out[i].Columns[k].Type = same
			}
		}
	}
	return out
}

// unknown reports whether neither cells nor the engine say what a column holds. SQLite says
// ANY of what is computed and of which there are no rows.
func (t *Held) unknown(i int) bool {
	typ := t.Columns[i].Type
	return (typ == "" || typ == "ANY") && kindOf(t.Rows, i) == ""
}
