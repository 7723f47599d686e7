package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// sampleRows is how many rows of a table are looked at.
	sampleRows = 200_000
	// profileTimeout bounds a statement that looks at a table: a view may take any time.
	profileTimeout = 5 * time.Second
	// wideTable is from how many columns on a table is looked at in several statements.
	wideTable = 60
)

// profile looks at the rows of every table, one after the other, for as long as budget
// lasts. Tables that have not changed since the last look keep what it saw.
func (l *look) profile(ctx context.Context, budget time.Duration) (complete bool, err error) {
	until := time.Now().Add(budget)
	complete = true
	for _, t := range l.tables {
		if old := l.before(t); old != nil {
			t.named.Rows = old.named.Rows
			for i, c := range t.named.Columns {
				c.Profile, c.Kind = old.named.Columns[i].Profile, old.named.Columns[i].Kind
			}
			continue
		}
		if time.Now().After(until) {
			complete = false
			known := l.s.known.Load()
			t.broken = t.view && known != nil && slices.Contains(known.catalog.Broken, t.named.Name)
			continue
		}
		err := l.profileTable(ctx, t)
		if err != nil && !tolerable(ctx, err) {
			return false, err
		}
		t.broken = t.view && invalid(err)
	}
	return complete, l.inferKeys(ctx, until)
}

// tolerable reports whether profiling can go on without the answer that failed: a view
// that cannot be computed costs its profile, not the source.
func tolerable(ctx context.Context, err error) bool {
	var server *mysql.MySQLError
	return ctx.Err() == nil && (errors.As(err, &server) || errors.Is(err, context.DeadlineExceeded))
}

// invalid reports whether a view cannot be read: what it reads is gone, or its definer may
// not read it (ER_VIEW_INVALID, ER_NO_SUCH_USER).
func invalid(err error) bool {
	var server *mysql.MySQLError
	return errors.As(err, &server) && (server.Number == 1356 || server.Number == 1449)
}

// sample writes the rows of a table that are looked at. Of a large one with a key they are
// the first and the last, for neither engine samples; of another as many as come first.
func (t *tableRow) sample() string {
	columns := make([]string, len(t.named.Columns))
	for i, c := range t.named.Columns {
		columns[i] = identifier(c.Name)
	}
	all := "SELECT " + strings.Join(columns, ", ") + " FROM " + t.sql()
	readable := !slices.ContainsFunc(t.named.PrimaryKey, func(name string) bool { return t.named.Column(name) == nil })
	if t.named.Rows <= sampleRows || t.view || len(t.named.PrimaryKey) == 0 || !readable {
		return fmt.Sprintf("(%s LIMIT %d) AS s", all, sampleRows)
	}
	up, down := make([]string, len(t.named.PrimaryKey)), make([]string, len(t.named.PrimaryKey))
	for i, name := range t.named.PrimaryKey {
		up[i], down[i] = identifier(name), identifier(name)+" DESC"
	}
	return fmt.Sprintf("((%s ORDER BY %s LIMIT %d) UNION ALL (%s ORDER BY %s LIMIT %d)) AS s",
		all, strings.Join(up, ", "), sampleRows/2, all, strings.Join(down, ", "), sampleRows/2)
}

func (p place) sql() string { return identifier(p.schema) + "." + identifier(p.name) }

func (l *look) profileTable(ctx context.Context, t *tableRow) error {
	ctx, cancel := context.WithTimeout(ctx, 2*profileTimeout)
	defer cancel()
	return l.s.transaction(ctx, profileTimeout, func(ctx context.Context, conn *session) error {
		from, estimate := t.sample(), t.named.Rows
		for first := 0; first < len(t.named.Columns); first += wideTable {
			if err := t.counts(ctx, conn, from, estimate, first, min(first+wideTable, len(t.named.Columns))); err != nil {
				return err
			}
		}
		for i, c := range t.named.Columns {
			if t.lists(i) {
				if err := t.values(ctx, conn, c, from); err != nil {
					return err
				}
			}
		}
		if t.named.Rows >= sampleRows {
			return t.ends(ctx, conn)
		}
		return nil
	})
}

// ends finds the first and the last date of a table of which only a part was looked at:
// how far the data goes is said in answers.
func (t *tableRow) ends(ctx context.Context, conn *session) error {
	for i, c := range t.named.Columns {
		if c.Profile == nil || c.Kind != connectors.KindDate && c.Kind != connectors.KindTimestamp {
			continue
		}
		name := identifier(c.Name)
		rows, err := conn.ask(ctx, "SELECT MIN("+name+"), MAX("+name+") FROM "+t.sql())
		if err != nil {
			return err
		}
		if c.Profile.Min, err = t.bound(i, rows[0][0]); err != nil {
			return err
		}
		if c.Profile.Max, err = t.bound(i, rows[0][1]); err != nil {
			return err
		}
	}
	return nil
}

// ordered reports whether values of the kind have an order and can be told apart.
func ordered(k connectors.Kind) bool {
	return k == connectors.KindText || k == connectors.KindInteger || k == connectors.KindNumber || k == connectors.KindDate || k == connectors.KindTimestamp
}

// counts fills the profiles of some columns of a table, in one look at the rows. Of texts,
// those that differ in bytes are different.
func (t *tableRow) counts(ctx context.Context, conn *session, from string, estimate int64, first, last int) error {
	exprs := []string{"COUNT(*)"}
	for i := first; i < last; i++ {
		name := identifier(t.named.Columns[i].Name)
		distinct, least, most := "NULL", "NULL", "NULL"
		switch kind := t.named.Columns[i].Kind; {
		case kind == connectors.KindText:
			distinct = "COUNT(DISTINCT BINARY " + name + ")"
		case ordered(kind), kind == connectors.KindBool:
			distinct, least, most = "COUNT(DISTINCT "+name+")", "MIN("+name+")", "MAX("+name+")"
		}
		exprs = append(exprs, "COUNT("+name+")", distinct, least, most)
	}
	rows, err := conn.ask(ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM "+from)
	if err != nil {
		return err
	}
	row := rows[0]
	seen := integer(row[0])
	all := seen < sampleRows && (estimate <= sampleRows || t.view)
	if all || t.named.Rows < seen {
		t.named.Rows = seen
	}
	for i := first; i < last; i++ {
		if t.named.Columns[i].Profile, err = t.profileOf(i, row[1+4*(i-first):], seen, all); err != nil {
			return err
		}
	}
	return nil
}

// profileOf reads the four figures of a column. Of a sample, a column whose values are all
// different is taken to be so altogether.
func (t *tableRow) profileOf(i int, row []*string, seen int64, all bool) (*connectors.Profile, error) {
	filled, c := integer(row[0]), t.named.Columns[i]
	p := &connectors.Profile{Distinct: integer(row[1])}
	if seen > 0 {
		p.NullShare = float64(seen-filled) / float64(seen)
	}
	if c.Kind == connectors.KindBool && filled > 0 && (integer(row[2]) < 0 || integer(row[3]) > 1) {
		c.Kind = connectors.KindInteger // it was none
	}
	p.Unique = filled > 0 && ordered(c.Kind) && p.Distinct == filled
	if p.Unique && !all {
		p.Distinct = t.named.Rows
	}
	if c.Kind == connectors.KindText || c.Kind == connectors.KindBool {
		return p, nil // the least of texts says nothing
	}
	var err error
	if p.Min, err = t.bound(i, row[2]); err == nil {
		p.Max, err = t.bound(i, row[3])
	}
	return p, err
}

func (t *tableRow) bound(i int, raw *string) (any, error) {
	if raw == nil {
		return nil, nil
	}
	return t.kinds[i].cell([]byte(*raw))
}

// lists reports whether the values of a column are few enough to be listed.
func (t *tableRow) lists(i int) bool {
	c := t.named.Columns[i]
	return c.Profile != nil && (c.Kind == connectors.KindText || c.Kind == connectors.KindBool) && c.Profile.Distinct <= connectors.MaxProfileValues
}

// values lists the values of a column, the most frequent first.
func (t *tableRow) values(ctx context.Context, conn *session, c *connectors.ColumnInfo, from string) error {
	name := identifier(c.Name)
	shown, by := name, "BINARY "+name
	if c.Kind == connectors.KindBool {
		shown, by = "IF("+name+", 'true', 'false')", name
	}
	rows, err := conn.ask(ctx, fmt.Sprintf("SELECT MIN(%s), COUNT(*) AS n FROM %s WHERE %s IS NOT NULL GROUP BY %s ORDER BY n DESC, 1 LIMIT %d",
		shown, from, name, by, connectors.MaxProfileValues))
	if err != nil {
		return err
	}
	for _, row := range rows {
		c.Profile.Values = append(c.Profile.Values, connectors.ValueCount{Value: strings.ToValidUTF8(str(row[0]), "\uFFFD"), Count: integer(row[1])})
	}
	return nil
}

// inferKeys finds the foreign keys that nobody declared: a column named like another table's
// key, all of whose values occur there. Views are left out: they repeat the columns of
// their tables.
func (l *look) inferKeys(ctx context.Context, until time.Time) error {
	var tables []*connectors.Table
	rows := map[*connectors.Table]*tableRow{}
	for _, t := range l.tables {
		if rows[t.named] = t; !t.view {
			tables = append(tables, t.named)
		}
	}
	keys := connectors.IndexKeys(tables)
	for _, t := range l.tables {
		if old := l.before(t); old != nil {
			t.keepInferred(old, l.tables)
			continue
		}
		for _, c := range t.named.Columns {
			if t.view || t.named.Refers(c.Name) || c.Profile == nil || c.Profile.Distinct == 0 || time.Now().After(until) {
				continue
			}
			if err := l.inferKey(ctx, t, c, keys, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepInferred takes over the keys that the last look found, to tables that are still there.
func (t *tableRow) keepInferred(old *tableRow, tables []*tableRow) {
	for _, k := range old.named.ForeignKeys {
		for _, ref := range tables {
			if k.Inferred && ref.named.Name == k.RefTable && ref.named.Column(k.RefColumns[0]) != nil {
				t.named.ForeignKeys = append(t.named.ForeignKeys, k)
			}
		}
	}
}

func (l *look) inferKey(ctx context.Context, t *tableRow, c *connectors.ColumnInfo, keys connectors.KeyIndex, rows map[*connectors.Table]*tableRow) error {
	for ref, key := range keys.Candidates(t.named, c) {
		stray := true
		err := l.s.transaction(ctx, profileTimeout, func(ctx context.Context, conn *session) error {
			ctx, cancel := context.WithTimeout(ctx, profileTimeout)
			defer cancel()
			column := "s." + identifier(c.Name)
			rows, err := conn.ask(ctx, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s WHERE %s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s AS k WHERE k.%s = %s))",
				t.sample(), column, rows[ref].sql(), identifier(key.Name), column))
			stray = err != nil || len(rows) == 0 || integer(rows[0][0]) != 0
			return err
		})
		if err != nil && !tolerable(ctx, err) {
			return err
		}
		if !stray {
			t.named.ForeignKeys = append(t.named.ForeignKeys, connectors.ForeignKey{Columns: []string{c.Name}, RefTable: ref.Name, RefColumns: []string{key.Name}, Inferred: true})
			return nil
		}
	}
	return nil
}
