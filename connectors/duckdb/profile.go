package duckdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// profileWidth is the number of columns that one statement profiles.
const profileWidth = 40

func (r *reader) profile(ctx context.Context) error {
	for _, t := range r.order {
		rows, err := r.ask(ctx, "SELECT count(*) FROM "+r.tableSQL(t))
		if err != nil {
			if tolerable(ctx, err) {
				continue
			}
			return err
		}
		t.Rows = intOf(rows[0][0])
		for columns := range slices.Chunk(t.Columns, profileWidth) {
			if err := r.profileColumns(ctx, t, columns); err != nil && !tolerable(ctx, err) {
				return err
			}
		}
		for _, c := range t.Columns {
			if err := r.profileValues(ctx, t, c); err != nil && !tolerable(ctx, err) {
				return err
			}
		}
	}
	return nil
}

// aggregatesPerColumn is how many figures profileColumns asks of a column.
const aggregatesPerColumn = 4

func (r *reader) profileColumns(ctx context.Context, t *connectors.Table, columns []*connectors.ColumnInfo) error {
	var figures []string
	for _, c := range columns {
		name := identifier(c.Name)
		figures = append(figures, fmt.Sprintf("count(%s)", name), fmt.Sprintf("approx_count_distinct(%s)", name))
		if ordered(c.Kind) {
			figures = append(figures, fmt.Sprintf("min(%s)", name), fmt.Sprintf("max(%s)", name))
		} else {
			figures = append(figures, "NULL", "NULL")
		}
	}
	rows, err := r.ask(ctx, "SELECT "+strings.Join(figures, ", ")+" FROM "+r.tableSQL(t))
	if err != nil {
		return err
	}
	for i, c := range columns {
		row := rows[0][i*aggregatesPerColumn:]
		filled := intOf(row[0])
		c.Profile = &connectors.Profile{Distinct: min(intOf(row[1]), filled), Min: row[2], Max: row[3]}
		if t.Rows > 0 {
			c.Profile.NullShare = float64(t.Rows-filled) / float64(t.Rows)
		}
		// The estimate is off by a few percent: near the number of rows only a
		// count tells.
		if c.Kind != connectors.KindOther && filled > 0 && c.Profile.Distinct*10 >= filled*8 {
			if err := r.countDistinct(ctx, t, c, filled); err != nil && !tolerable(ctx, err) {
				return err
			}
		}
	}
	return nil
}

func (r *reader) countDistinct(ctx context.Context, t *connectors.Table, c *connectors.ColumnInfo, filled int64) error {
	rows, err := r.ask(ctx, fmt.Sprintf("SELECT count(DISTINCT %s) FROM %s", identifier(c.Name), r.tableSQL(t)))
	if err != nil {
		return err
	}
	c.Profile.Distinct = intOf(rows[0][0])
	c.Profile.Unique = c.Profile.Distinct == filled
	return nil
}

func ordered(kind connectors.Kind) bool {
	switch kind {
	case connectors.KindInteger, connectors.KindNumber, connectors.KindDate, connectors.KindTimestamp:
		return true
	}
	return false
}

// profileValues lists the values of a text or boolean column that has few enough.
func (r *reader) profileValues(ctx context.Context, t *connectors.Table, c *connectors.ColumnInfo) error {
	if c.Profile == nil || c.Kind != connectors.KindText && c.Kind != connectors.KindBool {
		return nil
	}
	if c.Profile.Distinct > connectors.MaxProfileValues*11/10 {
		return nil
	}
	name := identifier(c.Name)
	rows, err := r.ask(ctx, fmt.Sprintf(
		"SELECT CAST(%s AS VARCHAR), count(*) FROM %s WHERE %s IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d",
		name, r.tableSQL(t), name, connectors.MaxProfileValues+1))
	if err != nil || len(rows) > connectors.MaxProfileValues {
		return err
	}
	c.Profile.Distinct = int64(len(rows))
	for _, row := range rows {
		c.Profile.Values = append(c.Profile.Values, connectors.ValueCount{Value: stringOf(row[0]), Count: intOf(row[1])})
	}
	return nil
}

// inferKeys finds the foreign keys that nobody declared: a column named like
// another table's key, all of whose values occur there. Views are left out: they
// repeat the columns of their tables.
func (r *reader) inferKeys(ctx context.Context) error {
	tables := slices.DeleteFunc(slices.Clone(r.order), func(t *connectors.Table) bool { return r.views[t] })
	for _, t := range tables {
		for _, c := range t.Columns {
			if t.Refers(c.Name) || c.Profile == nil || c.Profile.Distinct == 0 {
				continue
			}
			key, err := r.inferKey(ctx, t, c, tables)
			if err != nil {
				return err
			}
			if key != nil {
				t.ForeignKeys = append(t.ForeignKeys, *key)
			}
		}
	}
	return nil
}

func (r *reader) inferKey(ctx context.Context, t *connectors.Table, c *connectors.ColumnInfo, tables []*connectors.Table) (*connectors.ForeignKey, error) {
	for _, ref := range connectors.NamedFirst(tables, c.Name) {
		key := connectors.KeyCandidate(t, c, ref)
		if key == nil {
			continue
		}
		found, err := r.included(ctx, t, c, ref, key)
		if err != nil && !tolerable(ctx, err) {
			return nil, err
		}
		if found {
			return &connectors.ForeignKey{
				Columns: []string{c.Name}, RefTable: ref.Name, RefColumns: []string{key.Name}, Inferred: true,
			}, nil
		}
	}
	return nil, nil
}

func (r *reader) included(ctx context.Context, t *connectors.Table, c *connectors.ColumnInfo, ref *connectors.Table, key *connectors.ColumnInfo) (bool, error) {
	rows, err := r.ask(ctx, fmt.Sprintf(
		"SELECT count(*) FROM (SELECT 1 FROM %s AS t ANTI JOIN %s AS r ON t.%s = r.%s WHERE t.%s IS NOT NULL LIMIT 1)",
		r.tableSQL(t), r.tableSQL(ref), identifier(c.Name), identifier(key.Name), identifier(c.Name)))
	if err != nil {
		return false, err
	}
	return intOf(rows[0][0]) == 0, nil
}
