package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// sampleRows is how many rows of a table are looked at.
	sampleRows = 200_000
	// profileTimeout bounds a look at one table: a view may take any time.
	profileTimeout = 5 * time.Second
	// wideTable is from how many columns on a table is looked at in several statements.
	wideTable = 60
)

// profile looks at the rows of every table, one after the other, for as long as budget
// lasts. Tables that have not changed since the last look keep what it saw.
func (r *reading) profile(ctx context.Context, budget time.Duration) (complete bool, err error) {
	until := time.Now().Add(budget)
	complete = true
	for _, t := range r.tables {
		if old := r.before(t); old != nil {
			t.named.Rows = old.named.Rows
			for i, c := range t.named.Columns {
				c.Profile = old.named.Columns[i].Profile
			}
			continue
		}
		if time.Now().After(until) {
			complete = false
			known := r.s.known.Load()
			t.broken = t.kind == "v" && known != nil && slices.Contains(known.catalog.Broken, t.named.Name)
			continue
		}
		err := r.profileTable(ctx, t)
		if err != nil && !tolerable(ctx, err) {
			return false, err
		}
		t.broken = t.kind == "v" && refused(err)
	}
	return complete, r.inferKeys(ctx, until)
}

// tolerable reports whether profiling can go on without the answer that failed: a view
// that cannot be computed costs its profile, not the source.
func tolerable(ctx context.Context, err error) bool {
	var server *pgconn.PgError
	return ctx.Err() == nil && (errors.As(err, &server) || errors.Is(err, context.DeadlineExceeded))
}

// refused reports whether the server does not even begin to read a view (class 42): whoever it
// reads for may not read what it names, or that is not there. Where the view itself is not
// there any more (42P01), the next look has it no longer.
func refused(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && strings.HasPrefix(server.Code, "42") && server.Code != "42P01"
}

// sample writes the rows of a table that are looked at, and whether they are all of them.
func (t *tableRow) sample() (from string, all bool) {
	columns := make([]string, len(t.named.Columns))
	for i, c := range t.named.Columns {
		columns[i] = identifier(c.Name)
	}
	from = "(SELECT " + strings.Join(columns, ", ") + " FROM " + t.sql()
	if t.named.Rows <= sampleRows || t.kind == "v" || t.kind == "f" {
		return fmt.Sprintf("%s LIMIT %d) AS s", from, sampleRows), t.named.Rows <= sampleRows
	}
	percent := 100 * float64(sampleRows) / float64(t.named.Rows)
	return fmt.Sprintf("%s TABLESAMPLE SYSTEM (%.4f) REPEATABLE (1)) AS s", from, max(percent, 0.0001)), false
}

func (t *tableRow) sql() string { return identifier(t.schema) + "." + identifier(t.name) }

func (r *reading) profileTable(ctx context.Context, t *tableRow) error {
	if len(t.named.Columns) == 0 {
		return nil
	}
	from, all := t.sample()
	return r.s.transaction(ctx, profileTimeout, func(ctx context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithTimeout(ctx, 2*profileTimeout)
		defer cancel()
		for first := 0; first < len(t.named.Columns); first += wideTable {
			if err := t.counts(ctx, conn, from, all, first, min(first+wideTable, len(t.named.Columns))); err != nil {
				return err
			}
		}
		for i, c := range t.named.Columns {
			if t.lists(i) {
				if err := values(ctx, conn, c, from); err != nil {
					return err
				}
			}
		}
		if !all {
			return t.ends(ctx, conn)
		}
		return nil
	})
}

// ends finds the first and the last date of a table of which only a sample was looked at:
// how far the data goes is said in answers.
func (t *tableRow) ends(ctx context.Context, conn *pgx.Conn) error {
	for i, c := range t.named.Columns {
		if c.Profile == nil || c.Kind != connectors.KindDate && c.Kind != connectors.KindTimestamp {
			continue
		}
		name := identifier(c.Name)
		rows, err := ask(ctx, conn, "SELECT min("+name+")::text, max("+name+")::text FROM "+t.sql())
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

// counts fills the profiles of some columns of a table, in one look at the rows.
func (t *tableRow) counts(ctx context.Context, conn *pgx.Conn, from string, all bool, first, last int) error {
	exprs := []string{"count(*)::text"}
	for i := first; i < last; i++ {
		name := identifier(t.named.Columns[i].Name)
		distinct, least, most := "NULL", "NULL", "NULL"
		switch kind := t.named.Columns[i].Kind; {
		case ordered(kind):
			x := name
			if kind == connectors.KindText {
				x += "::text"
			}
			distinct, least, most = "count(DISTINCT "+x+")::text", "min("+x+")::text", "max("+x+")::text"
		case kind == connectors.KindBool:
			distinct = "count(DISTINCT " + name + ")::text"
		}
		exprs = append(exprs, "count("+name+")::text", distinct, least, most)
	}
	rows, err := ask(ctx, conn, "SELECT "+strings.Join(exprs, ", ")+" FROM "+from)
	if err != nil {
		return err
	}
	row := rows[0]
	seen := intOf(row[0])
	all = all && seen < sampleRows
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
func (t *tableRow) profileOf(i int, row [][]byte, seen int64, all bool) (*connectors.Profile, error) {
	filled, c := intOf(row[0]), t.named.Columns[i]
	p := &connectors.Profile{Distinct: intOf(row[1])}
	if seen > 0 {
		p.NullShare = float64(seen-filled) / float64(seen)
	}
	p.Unique = filled > 0 && ordered(c.Kind) && p.Distinct == filled
	if p.Unique && !all {
		p.Distinct = t.named.Rows
	}
	if c.Kind == connectors.KindText {
		return p, nil // the least of texts says nothing
	}
	var err error
	if p.Min, err = t.bound(i, row[2]); err == nil {
		p.Max, err = t.bound(i, row[3])
	}
	return p, err
}

func (t *tableRow) bound(i int, raw []byte) (any, error) {
	if raw == nil {
		return nil, nil
	}
	return t.kinds[i].cell(string(raw))
}

// lists reports whether the values of a column are few enough to be listed.
func (t *tableRow) lists(i int) bool {
	c := t.named.Columns[i]
	return c.Profile != nil && (c.Kind == connectors.KindText || c.Kind == connectors.KindBool) && c.Profile.Distinct <= connectors.MaxProfileValues
}

// values lists the values of a column, the most frequent first.
func values(ctx context.Context, conn *pgx.Conn, c *connectors.ColumnInfo, from string) error {
	name := identifier(c.Name)
	rows, err := ask(ctx, conn, fmt.Sprintf("SELECT %s::text, count(*)::text FROM %s WHERE %s IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %d", name, from, name, connectors.MaxProfileValues))
	if err != nil {
		return err
	}
	for _, row := range rows {
		text, _ := textCell(string(row[0]))
		value, _ := text.(string)
		c.Profile.Values = append(c.Profile.Values, connectors.ValueCount{Value: value, Count: intOf(row[1])})
	}
	return nil
}

func ask(ctx context.Context, conn *pgx.Conn, sql string) ([][][]byte, error) {
	res := conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil).Read()
	return res.Rows, res.Err
}

func intOf(raw []byte) int64 {
	n, _ := strconv.ParseInt(string(raw), 10, 64) // NULL is none
	return n
}

// inferKeys finds the foreign keys that nobody declared: a column named like another table's
// key, all of whose values occur there. Views are left out: they repeat the columns of
// their tables.
func (r *reading) inferKeys(ctx context.Context, until time.Time) error {
	var tables []*connectors.Table
	rows := map[*connectors.Table]*tableRow{}
	for _, t := range r.tables {
		if rows[t.named] = t; t.kind != "v" {
			tables = append(tables, t.named)
		}
	}
	keys := connectors.IndexKeys(tables)
	for _, t := range r.tables {
		if old := r.before(t); old != nil {
			t.keepInferred(old, r.by)
			continue
		}
		for _, c := range t.named.Columns {
			if t.kind == "v" || t.named.Refers(c.Name) || c.Profile == nil || c.Profile.Distinct == 0 || time.Now().After(until) {
				continue
			}
			if err := r.inferKey(ctx, t, c, keys, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepInferred takes over the keys that the last look found, to tables that are still there.
func (t *tableRow) keepInferred(old *tableRow, by map[uint32]*tableRow) {
	for _, k := range old.named.ForeignKeys {
		for _, ref := range by {
			if k.Inferred && ref.named.Name == k.RefTable && ref.named.Column(k.RefColumns[0]) != nil {
				t.named.ForeignKeys = append(t.named.ForeignKeys, k)
			}
		}
	}
}

func (r *reading) inferKey(ctx context.Context, t *tableRow, c *connectors.ColumnInfo, keys connectors.KeyIndex, rows map[*connectors.Table]*tableRow) error {
	for ref, key := range keys.Candidates(t.named, c) {
		from, _ := t.sample()
		stray := true
		err := r.s.transaction(ctx, profileTimeout, func(ctx context.Context, conn *pgx.Conn) error {
			column := "s." + identifier(c.Name)
			return conn.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s WHERE %s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s AS k WHERE k.%s = %s))",
				from, column, rows[ref].sql(), identifier(key.Name), column)).Scan(&stray)
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
