package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Result is one table of figures. Computed results (a forecast, a split of a
// change) have Source "computed" and no SQL. Cells are those of
// connectors.Result.Rows; a result that went through JSON has them again.
type Result struct {
	Name      string   `json:"name"`
	Title     string   `json:"title,omitempty"` // what it shows, where a model named it
	Source    string   `json:"source"`
	SQL       string   `json:"sql"`
	Columns   []Column `json:"columns"`
	Rows      [][]any  `json:"rows"`
	RowCount  int      `json:"row_count"`
	Truncated bool     `json:"truncated"`
	ElapsedMS int64    `json:"elapsed_ms"`
	// Parts are what was asked of which source, where the result joins several; SQL then
	// holds all of their statements and the join.
	Parts []Part `json:"parts,omitempty"`
}

// Part is what one source answered of a result that joins several.
type Part struct {
	Name   string `json:"name"` // as the join calls it
	Source string `json:"source"`
	SQL    string `json:"sql"`
	Rows   int    `json:"rows"`
	// Lent are the other sources whose rows SQL brings along.
	Lent []string `json:"lent,omitempty"`
}

// Sources are the sources that were asked for the result: several where it joins them.
func (r *Result) Sources() []string {
	if len(r.Parts) == 0 {
		return []string{r.Source}
	}
	return sourcesOf(r.Parts)
}

// Column is a result column: what the engine said of it, and how to show it.
type Column struct {
	connectors.Column
	Label  string `json:"label,omitempty"`  // in the answer's language
	Format string `json:"format,omitempty"` // see package format
	Role   string `json:"role,omitempty"`   // see semantic.Role
	Grain  string `json:"grain,omitempty"`  // of a time; see semantic.Grain

	measure  string // key of the measure that a derived column belongs to
	additive bool   // figures of the column may be added up
}

// Shown are the columns of a result that a person is shown, by index. Left out is what is
// there for the text and the chart: the total over all rows, and the earlier value and
// the difference where the growth says enough and nothing is ranked by them, and a share or
// a growth that no row has.
func (a *Answer) Shown(r *Result) []int {
	change, by := false, ""
	if a.Plan != nil {
		change = a.Plan.Intent == compose.Change || a.Plan.Intent == compose.Drivers
		if len(a.Plan.Query.Order) > 0 {
			by = a.Plan.Query.Order[0].Key
		}
	}
	var out []int
	for i, c := range r.Columns {
		switch semantic.Role(c.Role) {
		case semantic.RoleAll:
			continue
		case semantic.RoleBefore, semantic.RoleChange:
			if !change && c.Name != by {
				continue
			}
		case semantic.RoleShare, semantic.RoleGrowth:
			if !slices.ContainsFunc(r.Rows, func(row []any) bool { return row[i] != nil }) {
				continue // parts below zero make up no whole
			}
		}
		out = append(out, i)
	}
	return out
}

// withoutShares reports whether there are parts of which some are below zero, so that
// they have no shares.
func (r *Result) withoutShares() bool {
	i := r.withRole(semantic.RoleShare)
	return i >= 0 && len(r.Rows) > 0 && !slices.ContainsFunc(r.Rows, func(row []any) bool { return row[i] != nil })
}

// orderBy is the first key of an ORDER BY: a name, a quoted name or a place.
var orderBy = regexp.MustCompile(`(?i)\border\s+by\s+("(?:[^"]|"")+"|[\pL_][\pL\pN_]*|\d+)\s*(?:,|asc\b|desc\b|nulls\b|limit\b|;|$)`)

// orderedBy is the column that the statement orders the result by, "" when it says none
// that is a column. An ORDER BY of a window or a subquery is followed by a bracket that
// it did not open.
func (r *Result) orderedBy(sql string) string {
	for _, at := range slices.Backward(orderBy.FindAllStringSubmatchIndex(sql, -1)) {
		if rest := sql[at[1]:]; strings.Count(rest, ")") > strings.Count(rest, "(") {
			continue
		}
		key := sql[at[2]:at[3]]
		if n, err := strconv.Atoi(key); err == nil && n >= 1 && n <= len(r.Columns) {
			return r.Columns[n-1].Name
		}
		key = strings.ReplaceAll(strings.Trim(key, `"`), `""`, `"`)
		for _, c := range r.Columns {
			if strings.EqualFold(c.Name, key) {
				return c.Name
			}
		}
		return ""
	}
	return ""
}

// Computed is the Source of results that were computed here from other results.
const Computed = "computed"

// The layouts of dates and times in JSON.
const (
	jsonDate = "2006-01-02"
	jsonTime = "2006-01-02T15:04:05.999999"
)

// MarshalJSON writes dates as "2026-10-01", timestamps as "2026-10-01T09:30:00",
// both wall time, decimals with all their digits, and figures that JSON has no
// number for as null.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	out := plain(r)
	out.Rows = make([][]any, len(r.Rows))
	for i, row := range r.Rows {
		cells := make([]any, len(row))
		for j, cell := range row {
			cells[j] = jsonCell(cell, j < len(r.Columns) && r.Columns[j].Type == "DATE")
		}
		out.Rows[i] = cells
	}
	return json.Marshal(out)
}

func jsonCell(cell any, date bool) any {
	switch v := cell.(type) {
	case time.Time:
		if date {
			return v.Format(jsonDate)
		}
		return v.Format(jsonTime)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	return cell
}

// UnmarshalJSON is the reverse of MarshalJSON.
func (r *Result) UnmarshalJSON(data []byte) error {
	type plain Result
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode((*plain)(r)); err != nil {
		return fmt.Errorf("decode result: %w", err)
	}
	for _, row := range r.Rows {
		for j, cell := range row {
			if j < len(r.Columns) {
				row[j] = typedCell(cell, r.Columns[j].Type)
			}
		}
	}
	return nil
}

func typedCell(cell any, engineType string) any {
	switch v := cell.(type) {
	case json.Number:
		return typedNumber(string(v), engineType)
	case string:
		switch {
		case engineType == "DATE":
			if t, err := time.Parse(jsonDate, v); err == nil {
				return t
			}
		case strings.HasPrefix(engineType, "TIMESTAMP"):
			if t, err := time.Parse(jsonTime, v); err == nil {
				return t
			}
		}
	}
	return cell
}

func typedNumber(digits, engineType string) any {
	switch {
	case engineType == "DOUBLE" || engineType == "FLOAT" || strings.ContainsAny(digits, "eE"):
		if f, err := strconv.ParseFloat(digits, 64); err == nil {
			return f
		}
	case !strings.Contains(digits, ".") && !strings.HasPrefix(engineType, "DECIMAL"):
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return n
		}
	}
	return connectors.Decimal(digits)
}
