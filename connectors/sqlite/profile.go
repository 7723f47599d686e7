package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// sampleRows is how many rows of a table are looked at: some 0.3 s for ten columns.
	sampleRows = 50_000
	// profileTimeout bounds one look at a table: a view may take any time.
	profileTimeout = 10 * time.Second
	// atOnce is how many columns of a table are looked at in one statement.
	atOnce = 20
)

// profile looks at the rows of every table, one after the other, for as long as budget
// lasts.
func (r *reading) profile(ctx context.Context, budget time.Duration) (complete bool, err error) {
	until := time.Now().Add(budget)
	complete = true
	for _, t := range r.tables {
		if t.seen {
			continue
		}
		if time.Now().After(until) {
			complete = false
			break
		}
		if err := r.profileTable(ctx, t); err != nil && !tolerable(ctx, err) {
			return false, err
		}
	}
	return complete, r.inferKeys(ctx, until)
}

// sample writes the rows of a table that are looked at: all, or the first and the last.
func (t *tableRow) sample(all bool) string {
	columns := make([]string, len(t.named.Columns))
	for i, c := range t.named.Columns {
		columns[i] = identifier(c.Name)
	}
	from := "SELECT " + strings.Join(columns, ", ") + " FROM " + identifier(t.named.Name)
	if all || !t.rowid || t.named.Column("rowid") != nil {
		return fmt.Sprintf("(%s LIMIT %d)", from, sampleRows)
	}
	return fmt.Sprintf("(SELECT * FROM (%s ORDER BY rowid LIMIT %d) UNION ALL SELECT * FROM (%s ORDER BY rowid DESC LIMIT %d))", from, sampleRows/2, from, sampleRows/2)
}

func (r *reading) profileTable(ctx context.Context, t *tableRow) error {
	all, err := r.count(ctx, t)
	if err != nil {
		return err
	}
	from := t.sample(all)
	for first := 0; first < len(t.named.Columns); first += atOnce {
		if err := r.figures(ctx, t, from, all, t.named.Columns[first:min(first+atOnce, len(t.named.Columns))]); err != nil {
			return err
		}
	}
	for _, c := range t.named.Columns {
		if c.Kind == connectors.KindText && c.Profile.Distinct <= connectors.MaxProfileValues {
			if err := r.values(ctx, c, from); err != nil {
				return err
			}
		}
	}
	if !all {
		return r.ends(ctx, t)
	}
	return nil
}

// count counts the rows, and estimates them where they are many: by what ANALYZE has left,
// by the row numbers.
func (r *reading) count(ctx context.Context, t *tableRow) (all bool, err error) {
	name := identifier(t.named.Name)
	rows, err := r.ask(ctx, profileTimeout, fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d)", name, sampleRows+1))
	if err != nil {
		return false, err
	}
	t.named.Rows = intOf(rows[0][0])
	switch {
	case t.named.Rows <= sampleRows:
		return true, nil
	case t.counts > 0:
		t.named.Rows = max(t.counts, t.named.Rows)
	case t.rowid && t.named.Column("rowid") == nil:
		rows, err := r.ask(ctx, profileTimeout, fmt.Sprintf("SELECT (SELECT max(rowid) FROM %s) - (SELECT min(rowid) FROM %s) + 1", name, name))
		if err != nil {
			return false, err
		}
		t.named.Rows = max(intOf(rows[0][0]), t.named.Rows)
	}
	return false, nil
}

// What a text must look like to be a date or a time; see timeOf.
const (
	dateForm  = "length(%[1]s) = 10 AND %[1]s GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' AND date(%[1]s) IS NOT NULL"
	clockForm = "length(%[1]s) > 15 AND %[1]s GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9]*' AND %[1]s NOT GLOB '*[+-][0-9][0-9]:[0-9][0-9]' AND datetime(%[1]s) IS NOT NULL"
)

// looks are the figures of one column.
type looks struct {
	filled, distinct        int64
	least, most             any
	ints, reals, texts      int64
	dates, clocks, booleans int64
}

const figuresOfOne = 10

// figures fills the profiles of some columns of a table, in one look at the rows.
func (r *reading) figures(ctx context.Context, t *tableRow, from string, all bool, columns []*connectors.ColumnInfo) error {
	exprs := []string{"count(*)"}
	for _, c := range columns {
		x := identifier(c.Name)
		plain := "CASE typeof(" + x + ") WHEN 'blob' THEN NULL WHEN 'text' THEN substr(" + x + ", 1, 64) ELSE " + x + " END"
		is := func(kind string) string { return "total(typeof(" + x + ") = '" + kind + "')" }
		exprs = append(exprs, "count("+x+")", "count(DISTINCT "+x+")", "min("+plain+")", "max("+plain+")", is("integer"), is("real"), is("text"),
			"total(typeof("+x+") = 'text' AND "+fmt.Sprintf(dateForm, x)+")", "total(typeof("+x+") = 'text' AND "+fmt.Sprintf(clockForm, x)+")", "total("+x+" IN (0, 1))")
	}
	rows, err := r.ask(ctx, profileTimeout, "SELECT "+strings.Join(exprs, ", ")+" FROM "+from)
	if err != nil {
		return err
	}
	row := rows[0]
	seen := intOf(row[0])
	whole := func(cell any) int64 {
		f, _ := cell.(float64)
		return int64(f)
	}
	for i, c := range columns {
		f := row[1+figuresOfOne*i:]
		l := looks{filled: intOf(f[0]), distinct: intOf(f[1]), least: f[2], most: f[3], ints: whole(f[4]), reals: whole(f[5]), texts: whole(f[6]), dates: whole(f[7]), clocks: whole(f[8]), booleans: whole(f[9])}
		t.settle(c, l)
		c.Profile = l.profile(c, seen, all, t.named.Rows)
	}
	return nil
}

// settle decides what a column is by its values: SQLite lets any value stand in any column.
func (t *tableRow) settle(c *connectors.ColumnInfo, l looks) {
	if l.filled == 0 {
		return
	}
	declared := c.Kind
	switch {
	case l.texts == l.filled && l.dates == l.filled:
		c.Kind = connectors.KindDate
	case l.texts == l.filled && l.dates+l.clocks == l.filled:
		c.Kind = connectors.KindTimestamp
	case l.texts > 0:
		c.Kind = connectors.KindText
	case l.ints+l.reals < l.filled:
		c.Kind = connectors.KindOther // bytes
	case declared == connectors.KindBool && l.booleans == l.filled:
		c.Kind = connectors.KindBool
	case l.reals > 0 || declared == connectors.KindNumber:
		c.Kind = connectors.KindNumber
	default:
		c.Kind = connectors.KindInteger
	}
	number := declared == connectors.KindInteger || declared == connectors.KindNumber
	times := declared == connectors.KindDate || declared == connectors.KindTimestamp
	switch {
	case c.Kind == connectors.KindText && number:
		t.note(connectors.NoteKeptText, c, l.texts, "number")
	case c.Kind == connectors.KindText && times:
		t.note(connectors.NoteKeptText, c, l.filled-l.dates-l.clocks, "date")
	case times && (c.Kind == connectors.KindInteger || c.Kind == connectors.KindNumber):
		t.note(connectors.NoteNumberTimes, c, l.filled, epoch(l.most))
	}
}

func (t *tableRow) note(code connectors.NoteCode, c *connectors.ColumnInfo, count int64, detail string) {
	t.named.Notes = append(t.named.Notes, connectors.Note{Code: code, Column: c.Name, Count: count, Detail: detail})
}

// epoch is what the numbers of times seem to count, by their size.
func epoch(most any) string {
	n, _ := connectors.Number(most)
	switch {
	case n > 1e11:
		return "unixepoch, ms"
	case n > 1e8:
		return "unixepoch"
	case n > 1e6 && n < 1e7:
		return "julianday"
	}
	return "?"
}

func (l looks) profile(c *connectors.ColumnInfo, seen int64, all bool, total int64) *connectors.Profile {
	p := &connectors.Profile{Distinct: l.distinct}
	if seen > 0 {
		p.NullShare = float64(seen-l.filled) / float64(seen)
	}
	// Of a sample, a column whose values are all different is taken to be so altogether.
	p.Unique = l.filled > 0 && l.distinct == l.filled && c.Kind != connectors.KindOther && c.Kind != connectors.KindBool
	if p.Unique && !all {
		p.Distinct = total
	}
	if c.Kind != connectors.KindText && c.Kind != connectors.KindOther {
		p.Min, p.Max = bound(c, l.least), bound(c, l.most)
	}
	return p
}

// bound is an end of a column's values as a result has it.
func bound(c *connectors.ColumnInfo, v any) any {
	if s, ok := v.(string); ok {
		if t, ok := timeOf(s); ok {
			return t
		}
		return nil
	}
	one := column{rows: [][]any{{v}}, declared: c.Type}
	switch c.Kind {
	case connectors.KindNumber:
		one.decimals()
	case connectors.KindBool:
		one.booleans()
	}
	return one.rows[0][0]
}

// values lists the values of a column, the most frequent first.
func (r *reading) values(ctx context.Context, c *connectors.ColumnInfo, from string) error {
	x := identifier(c.Name)
	rows, err := r.ask(ctx, profileTimeout, fmt.Sprintf("SELECT CAST(%s AS TEXT), count(*) FROM %s WHERE %s IS NOT NULL AND typeof(%s) <> 'blob' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d", x, from, x, x, connectors.MaxProfileValues+1))
	if err != nil || len(rows) > connectors.MaxProfileValues {
		return err
	}
	for _, row := range rows {
		c.Profile.Values = append(c.Profile.Values, connectors.ValueCount{Value: textOf(row[0]), Count: intOf(row[1])})
	}
	return nil
}

// ends finds the first and the last date of a table of which only a sample was looked at:
// how far the data goes is said in answers.
func (r *reading) ends(ctx context.Context, t *tableRow) error {
	for _, c := range t.named.Columns {
		if c.Profile == nil || c.Kind != connectors.KindDate && c.Kind != connectors.KindTimestamp {
			continue
		}
		x, name := identifier(c.Name), identifier(t.named.Name)
		rows, err := r.ask(ctx, profileTimeout, fmt.Sprintf("SELECT (SELECT min(%s) FROM %s), (SELECT max(%s) FROM %s)", x, name, x, name))
		if err != nil {
			return err
		}
		c.Profile.Min, c.Profile.Max = bound(c, rows[0][0]), bound(c, rows[0][1])
	}
	return nil
}

// inferKeys finds foreign keys that nobody declared: columns that are named like the key of
// another table and all of whose values occur there.
func (r *reading) inferKeys(ctx context.Context, until time.Time) error {
	var tables []*connectors.Table
	for _, t := range r.tables {
		if !t.view {
			tables = append(tables, t.named)
		}
	}
	keys := connectors.IndexKeys(tables)
	for _, t := range r.tables {
		for _, c := range t.named.Columns {
			if t.view || t.seen || t.named.Refers(c.Name) || c.Profile == nil || c.Profile.Distinct == 0 || slices.Equal(t.named.PrimaryKey, []string{c.Name}) || time.Now().After(until) {
				continue
			}
			if err := r.inferKey(ctx, t, c, keys); err != nil && !tolerable(ctx, err) {
				return err
			}
		}
	}
	return nil
}

func (r *reading) inferKey(ctx context.Context, t *tableRow, c *connectors.ColumnInfo, keys connectors.KeyIndex) error {
	for ref, key := range keys.Candidates(t.named, c) {
		x, y := identifier(c.Name), identifier(key.Name)
		rows, err := r.ask(ctx, profileTimeout, fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %s AS s WHERE s.%s IS NOT NULL AND s.%s NOT IN (SELECT k.%s FROM %s AS k WHERE k.%s IS NOT NULL))",
			t.sample(t.named.Rows <= sampleRows), x, x, y, identifier(ref.Name), y))
		if err != nil {
			return err
		}
		if rows[0][0] == int64(0) {
			t.named.ForeignKeys = append(t.named.ForeignKeys, connectors.ForeignKey{Columns: []string{c.Name}, RefTable: ref.Name, RefColumns: []string{key.Name}, Inferred: true})
			return nil
		}
	}
	return nil
}
