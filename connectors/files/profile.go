package files

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
)

// profile fills in the profiles, keys and date of the catalogue. All of it is
// computed by the engine.
func (w *workspace) profile(ctx context.Context, cat *connectors.Catalog) error {
	for _, t := range cat.Tables {
		if err := w.profileTable(ctx, t); err != nil {
			return fmt.Errorf("profile %s: %w", t.Name, err)
		}
	}
	if err := w.findKeys(ctx, cat); err != nil {
		return fmt.Errorf("find keys: %w", err)
	}
	return w.findAsOf(ctx, cat)
}

// hasRange reports whether a column has a smallest and a largest value worth
// knowing.
func hasRange(k connectors.Kind) bool {
	switch k {
	case connectors.KindInteger, connectors.KindNumber, connectors.KindDate, connectors.KindTimestamp:
		return true
	}
	return false
}

// profileTable reads the table once for the counts and ranges of all columns, and
// once more for each column that needs its values.
func (w *workspace) profileTable(ctx context.Context, t *connectors.Table) error {
	list := []string{"count(*)"}
	for _, c := range t.Columns {
		col := quote(c.Name)
		list = append(list, "count("+col+")", "approx_count_distinct("+col+")")
		if hasRange(c.Kind) {
			list = append(list, "min("+col+")", "max("+col+")")
		}
	}
	cells := make([]any, len(list))
	ptrs := make([]any, len(list))
	for i := range cells {
		ptrs[i] = &cells[i]
	}
	if err := w.conn.QueryRowContext(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+quotePath(t.Name)).Scan(ptrs...); err != nil {
		return err
	}
	t.Rows = whole(cells[0])
	at := 1
	for _, c := range t.Columns {
		if c.Profile == nil {
			c.Profile = &connectors.Profile{}
		}
		p := c.Profile
		count := whole(cells[at])
		p.Distinct = min(whole(cells[at+1]), count)
		at += 2
		if hasRange(c.Kind) {
			p.Min, p.Max = cell(cells[at]), cell(cells[at+1])
			at += 2
		}
		if t.Rows > 0 {
			p.NullShare = float64(t.Rows-count) / float64(t.Rows)
		}
		if err := w.profileValues(ctx, t, c, count); err != nil {
			return err
		}
	}
	return nil
}

// profileValues makes the number of distinct values exact where it matters, and
// lists the values of a column that has few.
func (w *workspace) profileValues(ctx context.Context, t *connectors.Table, c *connectors.ColumnInfo, count int64) error {
	p := c.Profile
	col, from := quote(c.Name), quotePath(t.Name)
	listed := c.Kind == connectors.KindText || c.Kind == connectors.KindBool
	// The estimate is off by a few percent.
	if listed && p.Distinct <= connectors.MaxProfileValues*11/10 && count > 0 {
		rows, err := w.conn.QueryContext(ctx, fmt.Sprintf("SELECT CAST(%[1]s AS VARCHAR), count(*) AS n FROM %[2]s WHERE %[1]s IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT %[3]d", col, from, connectors.MaxProfileValues+1))
		if err != nil {
			return err
		}
		defer rows.Close()
		var values []connectors.ValueCount
		size := 0
		for rows.Next() {
			var v connectors.ValueCount
			if err := rows.Scan(&v.Value, &v.Count); err != nil {
				return err
			}
			size += len(v.Value)
			values = append(values, v)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if len(values) <= connectors.MaxProfileValues {
			p.Distinct = int64(len(values))
			p.Unique = p.Distinct == count
			// Long texts are not values that anybody names.
			if size <= 256<<10 && (len(values) <= 50 || size <= 80*len(values)) {
				p.Values = values
			}
			return nil
		}
	}
	if count > 0 && float64(p.Distinct) >= 0.9*float64(count) && (hasRange(c.Kind) || listed) {
		if err := w.conn.QueryRowContext(ctx, "SELECT count(DISTINCT "+col+") FROM "+from).Scan(&p.Distinct); err != nil {
			return err
		}
		p.Unique = p.Distinct == count
	}
	return nil
}

func whole(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case *big.Int:
		return n.Int64()
	case uint64:
		return int64(n)
	}
	return 0
}

// cell is a value of the engine as a cell of a result.
func cell(v any) any {
	switch n := v.(type) {
	case int8:
		return int64(n)
	case int16:
		return int64(n)
	case int32:
		return int64(n)
	case uint8:
		return int64(n)
	case uint16:
		return int64(n)
	case uint32:
		return int64(n)
	case uint64:
		return connectors.Decimal(fmt.Sprint(n))
	case float32:
		return float64(n)
	case *big.Int:
		return connectors.NewDecimal(n, 0)
	case duckdb.Decimal:
		return connectors.NewDecimal(n.Value, int(n.Scale))
	case time.Time:
		return n.UTC()
	case int64, float64, string, bool:
		return n
	}
	return nil
}

// findAsOf finds the newest date that is not in the future.
func (w *workspace) findAsOf(ctx context.Context, cat *connectors.Catalog) error {
	now := w.cfg.Now
	limit := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, 1)
	for _, t := range cat.Tables {
		var list []string
		for _, c := range t.Columns {
			last, ok := c.Profile.Max.(time.Time)
			switch {
			case !ok || c.Kind != connectors.KindDate && c.Kind != connectors.KindTimestamp:
			case last.Before(limit):
				cat.AsOf = later(cat.AsOf, last)
			default:
				list = append(list, fmt.Sprintf("CAST(max(%[1]s) FILTER (%[1]s < CAST(%[2]s AS TIMESTAMP)) AS TIMESTAMP)", quote(c.Name), literal(limit.Format(time.DateOnly))))
			}
		}
		for _, expr := range list {
			var last sql.NullTime
			if err := w.conn.QueryRowContext(ctx, "SELECT "+expr+" FROM "+quotePath(t.Name)).Scan(&last); err != nil {
				return err
			}
			if last.Valid {
				cat.AsOf = later(cat.AsOf, last.Time)
			}
		}
	}
	return nil
}

// later returns the later of two dates, as a date.
func later(a, b time.Time) time.Time {
	if b = time.Date(b.Year(), b.Month(), b.Day(), 0, 0, 0, 0, time.UTC); b.After(a) {
		return b
	}
	return a
}
