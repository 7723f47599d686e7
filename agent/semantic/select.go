package semantic

import (
	"strconv"
	"strings"
)

// selectStmt is one SELECT being put together.
type selectStmt struct {
	distinct bool
	columns  []column
	from     string
	joins    []string
	where    []string
	groups   int      // the first columns are grouped by; 0 for no GROUP BY
	apart    []string // and these, which tell apart what the columns do not
	qualify  string
	order    []string
	limit    int
}

type column struct {
	sql  string
	name string // unquoted
}

// add appends a column.
func (s *selectStmt) add(sql, name string) { s.columns = append(s.columns, column{sql, name}) }

// String writes the statement over several lines, for people who look at it. Column
// names must be rendered already.
func (s *selectStmt) String() string {
	var b strings.Builder
	b.WriteString("SELECT")
	if s.distinct {
		b.WriteString(" DISTINCT")
	}
	for i, col := range s.columns {
		if i > 0 {
			b.WriteString(",")
		}
		if len(s.columns) == 1 && !strings.Contains(col.sql, "\n") {
			b.WriteString(" ")
		} else {
			b.WriteString("\n  ")
		}
		b.WriteString(col.sql)
		if col.name != "" && col.name != col.sql {
			b.WriteString(" AS " + col.name)
		}
	}
	if s.from != "" {
		b.WriteString("\nFROM " + s.from)
	}
	for _, j := range s.joins {
		b.WriteString("\n" + j)
	}
	for i, w := range s.where {
		if i == 0 {
			b.WriteString("\nWHERE ")
		} else {
			b.WriteString("\n  AND ")
			w = strings.ReplaceAll(w, "\n", "\n  ")
		}
		b.WriteString(w)
	}
	s.tail(&b)
	return b.String()
}

func (s *selectStmt) tail(b *strings.Builder) {
	for i := range s.groups {
		if i == 0 {
			b.WriteString("\nGROUP BY ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	for _, key := range s.apart {
		b.WriteString(", " + key)
	}
	if s.qualify != "" {
		b.WriteString("\nQUALIFY " + s.qualify)
	}
	if len(s.order) > 0 {
		b.WriteString("\nORDER BY " + strings.Join(s.order, ", "))
	}
	if s.limit > 0 {
		b.WriteString("\nLIMIT " + strconv.Itoa(s.limit))
	}
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// render writes the subqueries and the last stage.
func (c *compiler) render(last *selectStmt) string {
	var b strings.Builder
	for i, x := range c.ctes {
		if i == 0 {
			b.WriteString("WITH ")
		} else {
			b.WriteString(",\n")
		}
		b.WriteString(x.name + " AS (\n" + indent(x.body.String()) + "\n)")
	}
	if len(c.ctes) > 0 {
		b.WriteString("\n")
	}
	b.WriteString(last.String())
	return strings.ReplaceAll(b.String(), breakMark, "\n")
}
