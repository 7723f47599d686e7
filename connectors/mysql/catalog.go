package mysql

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// catalogTimeout bounds one statement that reads the catalogue.
	catalogTimeout = 30 * time.Second
	// firstLook bounds the profiling before a source is open; what is left is profiled
	// behind it.
	firstLook = 15 * time.Second
	laterLook = 5 * time.Minute
)

// tableRow is a table on its way into the catalogue.
type tableRow struct {
	place
	view    bool
	changes string // what is another after every change of the table's rows; "" where nobody knows
	named   *connectors.Table
	kinds   []kindOfType // of the columns
	broken  bool         // a view that cannot be read
}

// look is one look at the catalogue.
type look struct {
	s      *Source
	tables []*tableRow
	by     map[place]*tableRow
	next   knowledge
}

// readCatalog describes the tables and views of the databases: names, types, comments and
// keys as declared, what the server's statistics say, and what a look at the rows shows.
func (s *Source) readCatalog(ctx context.Context) error {
	started := time.Now()
	l := &look{s: s, by: map[place]*tableRow{}}
	for _, step := range []func(context.Context, *session) error{l.readTables, l.readColumns, l.readKeys, l.readFunctions} {
		if err := s.transaction(ctx, catalogTimeout, step); err != nil {
			return err
		}
	}
	broken := l.withoutColumns(ctx)
	budget := laterLook
	if s.known.Load() == nil {
		budget = firstLook
	}
	complete, err := l.profile(ctx, budget)
	if err != nil {
		return err
	}
	broken = append(broken, l.withoutBroken()...)
	l.name()
	catalog := &connectors.Catalog{
		Source: s.cfg.Name, Dialect: string(l.next.relations.server), Tables: []*connectors.Table{}, Broken: broken, Read: started,
	}
	for _, t := range l.tables {
		catalog.Tables = append(catalog.Tables, t.named)
	}
	catalog.Version = versionOf(catalog.Tables, l.next.counters)
	catalog.AsOf = connectors.Newest(catalog.Tables, time.Now())
	l.next.catalog, l.next.checked, l.next.rows = catalog, time.Now(), l.tables
	s.known.Store(&l.next)
	if !complete {
		s.again.Soon()
	}
	return nil
}

// withoutColumns takes out what has no columns: tables of which the login may read none, and
// views that cannot be read, whose names it returns.
func (l *look) withoutColumns(ctx context.Context) (broken []string) {
	l.tables = slices.DeleteFunc(l.tables, func(t *tableRow) bool {
		if len(t.named.Columns) > 0 {
			return false
		}
		if t.view && l.invalid(ctx, t) {
			broken = append(broken, t.named.Name)
		}
		return true
	})
	return broken
}

// invalid asks whether a view cannot be read.
func (l *look) invalid(ctx context.Context, t *tableRow) bool {
	return invalid(l.s.transaction(ctx, profileTimeout, func(ctx context.Context, conn *session) error {
		_, err := conn.ask(ctx, "SELECT 1 FROM "+t.sql()+" LIMIT 0")
		return err
	}))
}

// withoutBroken takes out the views that cannot be read, and returns their names.
func (l *look) withoutBroken() (names []string) {
	l.tables = slices.DeleteFunc(l.tables, func(t *tableRow) bool {
		if t.broken {
			names = append(names, t.named.Name)
		}
		return t.broken
	})
	return names
}

// name notes what statements may call the tables, and what columns there are.
func (l *look) name() {
	rel := &l.next.relations
	rel.first, rel.tables, rel.folded = l.s.cfg.Schemas[0], map[place]bool{}, map[place][]place{}
	l.next.places, l.next.columns = map[string]place{}, map[string]bool{}
	for _, t := range l.tables {
		rel.add(t.place)
		l.next.places[t.named.Name] = t.place
		for _, c := range t.named.Columns {
			l.next.columns[strings.ToLower(c.Name)] = true
		}
	}
}

// versionOf tells one state of the data and its structure from another.
func versionOf(tables []*connectors.Table, counters string) string {
	h := sha256.New()
	for _, t := range tables {
		fmt.Fprintf(h, "%s\x00%s\x00", t.Name, t.Comment)
		for _, c := range t.Columns {
			fmt.Fprintf(h, "%s\x00%s\x00%s\x00", c.Name, c.Type, c.Comment)
		}
	}
	return counters + "-" + hex.EncodeToString(h.Sum(nil)[:6])
}

// readCounters reads what grows with every change of the database's rows.
func readCounters(ctx context.Context, conn *session) (string, error) {
	names := conn.flavor.counters()
	for i, name := range names {
		names[i] = literalText(name)
	}
	rows, err := conn.ask(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ("+strings.Join(names, ", ")+")")
	if err != nil {
		return "", err
	}
	// A server that started anew counts anew: which one it is belongs to the count.
	h := sha256.New()
	fmt.Fprint(h, conn.server)
	for _, row := range rows {
		fmt.Fprintf(h, " %s=%s", str(row[0]), str(row[1]))
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// within is the condition that a column of information_schema names one of the databases.
func (l *look) within(column string) string {
	names := make([]string, len(l.s.cfg.Schemas))
	for i, schema := range l.s.cfg.Schemas {
		names[i] = literalText(schema)
	}
	return column + " IN (" + strings.Join(names, ", ") + ")"
}

func (l *look) readTables(ctx context.Context, conn *session) (err error) {
	if l.next.counters, err = readCounters(ctx, conn); err != nil {
		return err
	}
	l.next.relations.server = conn.flavor
	rows, err := conn.ask(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_ROWS, TABLE_COMMENT,
		CASE WHEN UPDATE_TIME < NOW() - INTERVAL 2 SECOND THEN CONCAT(UPDATE_TIME, ' ', CREATE_TIME) END
		FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW') AND `+l.within("TABLE_SCHEMA"))
	if err != nil {
		return err
	}
	for _, row := range rows {
		t := &tableRow{place: place{str(row[0]), str(row[1])}, view: str(row[2]) == "VIEW", changes: str(row[5])}
		t.named = &connectors.Table{Name: t.name, Own: t.name, Rows: integer(row[3])}
		if !t.view {
			t.named.Comment = str(row[4])
		}
		if !strings.EqualFold(t.schema, l.s.cfg.Schemas[0]) {
			t.named.Name = t.schema + "." + t.name
		}
		l.tables, l.by[t.place] = append(l.tables, t), t
	}
	order := func(t *tableRow) int {
		return slices.IndexFunc(l.s.cfg.Schemas, func(s string) bool { return strings.EqualFold(s, t.schema) })
	}
	slices.SortFunc(l.tables, func(a, b *tableRow) int { return cmp.Or(order(a)-order(b), strings.Compare(a.name, b.name)) })
	return nil
}

func (l *look) readColumns(ctx context.Context, conn *session) error {
	rows, err := conn.ask(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLUMN_COMMENT
		FROM information_schema.COLUMNS WHERE FIND_IN_SET('select', PRIVILEGES) > 0 AND `+l.within("TABLE_SCHEMA")+` ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		t := l.by[place{str(row[0]), str(row[1])}]
		if t == nil {
			continue
		}
		kind := kindOf(strings.ToLower(str(row[3])))
		c := &connectors.ColumnInfo{Name: str(row[2]), Type: str(row[4]), Kind: kind.kind, Comment: str(row[5])}
		if strings.HasPrefix(c.Type, "tinyint(1)") && !strings.Contains(c.Type, "unsigned") {
			c.Kind = connectors.KindBool // BOOLEAN is written so; its values decide
		}
		t.named.Columns, t.kinds = append(t.named.Columns, c), append(t.kinds, kind)
	}
	return nil
}

func (l *look) readKeys(ctx context.Context, conn *session) error {
	rows, err := conn.ask(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
		FROM information_schema.KEY_COLUMN_USAGE WHERE (CONSTRAINT_NAME = 'PRIMARY' OR REFERENCED_TABLE_NAME IS NOT NULL) AND `+l.within("TABLE_SCHEMA")+
		` ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`)
	if err != nil {
		return err
	}
	last := ""
	for _, row := range rows {
		t := l.by[place{str(row[0]), str(row[1])}]
		if t == nil {
			continue
		}
		if row[5] == nil {
			t.named.PrimaryKey = append(t.named.PrimaryKey, str(row[3]))
			continue
		}
		to := l.by[place{str(row[4]), str(row[5])}]
		if to == nil {
			continue
		}
		if this := t.schema + "\x00" + t.name + "\x00" + str(row[2]); this != last {
			last = this
			t.named.ForeignKeys = append(t.named.ForeignKeys, connectors.ForeignKey{RefTable: to.named.Name})
		}
		key := &t.named.ForeignKeys[len(t.named.ForeignKeys)-1]
		key.Columns, key.RefColumns = append(key.Columns, str(row[3])), append(key.RefColumns, str(row[6]))
	}
	return nil
}

// readFunctions finds the databases' own functions, which could hide behind a name that a
// server of another version knows as its own. Loadable ones are listed where the login may
// see them.
func (l *look) readFunctions(ctx context.Context, conn *session) error {
	foreign := map[string]bool{}
	rows, err := conn.ask(ctx, "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION' AND "+l.within("ROUTINE_SCHEMA"))
	if err != nil {
		return err
	}
	for _, row := range rows {
		foreign[strings.ToLower(str(row[0]))] = true
	}
	l.next.relations.foreign = foreign
	return nil
}

// before returns the table as the last look saw it, where its rows have not changed since.
func (l *look) before(t *tableRow) *tableRow {
	known := l.s.known.Load()
	if known == nil || t.changes == "" {
		return nil
	}
	i := slices.IndexFunc(known.rows, func(o *tableRow) bool { return o.place == t.place })
	if i < 0 || known.rows[i].changes != t.changes || known.rows[i].named.Columns[0].Profile == nil {
		return nil
	}
	same := slices.EqualFunc(known.rows[i].named.Columns, t.named.Columns, func(a, b *connectors.ColumnInfo) bool { return a.Name == b.Name && a.Type == b.Type })
	if !same {
		return nil
	}
	return known.rows[i]
}
