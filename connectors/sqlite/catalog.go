package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
	"github.com/bapsang/bapsang/connectors/workers"
)

const (
	// catalogTimeout bounds one statement that reads the catalogue.
	catalogTimeout = 30 * time.Second
	// firstLook bounds the profiling before a source is open; what is left is profiled
	// behind it.
	firstLook = 5 * time.Second
	laterLook = 5 * time.Minute
	// page is how many entries of the schema are read at once.
	page = 1000
)

// tableRow is a table on its way into the catalogue.
type tableRow struct {
	named  *connectors.Table
	view   bool
	rowid  bool // it has one
	seen   bool // by the last look, after which nothing has changed
	counts int64
}

// reading is one look at the catalogue.
type reading struct {
	s      *Source
	tables []*tableRow
	by     map[string]*tableRow // by the name in small letters
	broken []string             // views that cannot be read
}

// ask runs one of our own statements.
func (r *reading) ask(ctx context.Context, timeout time.Duration, sql string) ([][]any, error) {
	res, err := r.s.pool.Run(ctx, workers.Request{SQL: sql, MaxRows: 200_000, Timeout: timeout, Trusted: true})
	if err != nil {
		return nil, err
	}
	if res.Truncated {
		return nil, connectors.Errorf(connectors.CodeTooLarge, "The catalogue is larger than it may be.")
	}
	return res.Rows, nil
}

// readCatalog describes the tables and views: names, types, comments and keys as declared,
// and what a look at the rows shows.
func (s *Source) readCatalog(ctx context.Context) error {
	state, started := stateOf(s.cfg.Path), time.Now()
	r := &reading{s: s, by: map[string]*tableRow{}}
	if err := r.readTables(ctx); err != nil {
		return err
	}
	shape := r.shape()
	budget := laterLook
	if s.known.Load() == nil {
		budget = firstLook
	}
	r.keep(s.known.Load(), state)
	complete, err := r.profile(ctx, budget)
	if err != nil {
		return err
	}
	next := &knowledge{shape: shape, state: state, read: time.Now(), took: time.Since(started), tables: map[string]bool{}, columns: map[string]bool{}}
	catalog := &connectors.Catalog{Source: s.cfg.Name, Dialect: "sqlite", Version: state + shape, Tables: []*connectors.Table{}, Broken: r.broken, Read: started}
	for _, t := range r.tables {
		catalog.Tables = append(catalog.Tables, t.named)
		next.tables[fold(t.named.Name)] = true
		for _, c := range t.named.Columns {
			next.columns[fold(c.Name)] = true
		}
	}
	catalog.AsOf = connectors.Newest(catalog.Tables, time.Now())
	next.catalog = catalog
	s.known.Store(next)
	if !complete {
		s.again.Soon()
	}
	return nil
}

// keep takes over what the last look saw, where nobody has written to the file since.
func (r *reading) keep(known *knowledge, state string) {
	if known == nil || known.state != state || known.shape != r.shape() {
		return
	}
	for _, old := range known.catalog.Tables {
		if t := r.by[fold(old.Name)]; t != nil && len(old.Columns) > 0 && old.Columns[0].Profile != nil {
			t.named, t.seen = old, true
		}
	}
}

// shape tells one structure from another.
func (r *reading) shape() string {
	h := sha256.New()
	for _, t := range r.tables {
		fmt.Fprintf(h, "%s\x00%s\x00", t.named.Name, t.named.Comment)
		for _, c := range t.named.Columns {
			fmt.Fprintf(h, "%s\x00%s\x00%s\x00", c.Name, c.Type, c.Comment)
		}
	}
	return "-" + hex.EncodeToString(h.Sum(nil)[:6])
}

func (r *reading) readTables(ctx context.Context) error {
	kinds, err := r.ask(ctx, catalogTimeout, "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'")
	if err != nil {
		return err
	}
	kind, without := map[string]string{}, map[string]bool{}
	for _, k := range kinds {
		kind[textOf(k[0])], without[textOf(k[0])] = textOf(k[1]), k[2] == int64(1)
	}
	last := int64(-1)
	for {
		rows, err := r.ask(ctx, catalogTimeout, fmt.Sprintf("SELECT rowid, name, type, sql FROM main.sqlite_schema WHERE rowid > %d AND type IN ('table', 'view') ORDER BY rowid LIMIT %d", last, page))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		from := last
		comments := map[string]comments{}
		for _, row := range rows {
			last = intOf(row[0])
			name := textOf(row[1])
			if strings.HasPrefix(fold(name), "sqlite_") || kind[name] != "table" && kind[name] != "view" {
				continue
			}
			found := commentsOf(textOf(row[3]))
			t := &tableRow{named: &connectors.Table{Name: name, Comment: found.table}, view: kind[name] == "view", rowid: kind[name] == "table" && !without[name]}
			if strings.Contains(name, ".") {
				t.named.Own = name
			}
			comments[name] = found
			r.tables, r.by[fold(name)] = append(r.tables, t), t
		}
		if err := r.readColumns(ctx, from, last, comments); err != nil {
			return err
		}
	}
	// A view whose own statement fails has no columns.
	kept := r.tables[:0]
	for _, t := range r.tables {
		switch {
		case len(t.named.Columns) > 0:
			kept = append(kept, t)
		case t.view:
			r.broken = append(r.broken, t.named.Name)
		}
	}
	r.tables = kept
	return r.readKeys(ctx)
}

// readColumns reads the columns of the tables between two entries of the schema, and of
// the views one by one: what a view reads may be gone.
func (r *reading) readColumns(ctx context.Context, from, to int64, comments map[string]comments) error {
	rows, err := r.ask(ctx, catalogTimeout, fmt.Sprintf(`SELECT t.name, x.name, x.type, x.pk FROM main.sqlite_schema t, pragma_table_xinfo(t.name) x
		WHERE t.type = 'table' AND t.rowid > %d AND t.rowid <= %d AND t.sql NOT LIKE 'CREATE VIRTUAL%%' AND x.hidden <> 1 ORDER BY t.rowid, x.cid`, from, to))
	if err != nil {
		return err
	}
	for name := range comments {
		if t := r.by[fold(name)]; t.view {
			found, err := r.ask(ctx, profileTimeout, "SELECT "+literal(name)+", name, type, 0 FROM pragma_table_xinfo("+literal(name)+") ORDER BY cid")
			if err != nil && !tolerable(ctx, err) {
				return err
			}
			rows = append(rows, found...)
		}
	}
	keys := map[*tableRow]map[int64]string{}
	for _, row := range rows {
		t := r.by[fold(textOf(row[0]))]
		if t == nil {
			continue
		}
		c := &connectors.ColumnInfo{Name: textOf(row[1]), Type: strings.ToUpper(textOf(row[2])), Comment: comments[t.named.Name].columns[fold(textOf(row[1]))]}
		c.Kind = declaredKind(c.Type)
		if c.Type == "" {
			c.Type = "ANY"
		}
		t.named.Columns = append(t.named.Columns, c)
		if n := intOf(row[3]); n > 0 {
			if keys[t] == nil {
				keys[t] = map[int64]string{}
			}
			keys[t][n] = c.Name
		}
	}
	for t, names := range keys {
		for n := range int64(len(names)) {
			t.named.PrimaryKey = append(t.named.PrimaryKey, names[n+1])
		}
	}
	return nil
}

// readKeys reads the foreign keys that are declared, and the counts of rows that ANALYZE
// has left.
func (r *reading) readKeys(ctx context.Context) error {
	for last := int64(-1); ; last += 5 * page {
		rows, err := r.ask(ctx, catalogTimeout, fmt.Sprintf(`SELECT t.name, f.id, f."table", f."from", f."to" FROM main.sqlite_schema t, pragma_foreign_key_list(t.name) f
			WHERE t.type = 'table' AND t.rowid > %d AND t.rowid <= %d AND t.sql LIKE '%%REFERENCES%%' ORDER BY t.rowid, f.id, f.seq`, last, last+5*page))
		if err != nil {
			return err
		}
		r.addKeys(rows)
		if more, err := r.ask(ctx, catalogTimeout, fmt.Sprintf("SELECT 1 FROM main.sqlite_schema WHERE rowid > %d LIMIT 1", last+5*page)); err != nil || len(more) == 0 {
			if err != nil {
				return err
			}
			break
		}
	}
	there, err := r.ask(ctx, catalogTimeout, "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'")
	if err != nil || len(there) == 0 {
		return err
	}
	stats, err := r.ask(ctx, catalogTimeout, "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl")
	if err != nil && !tolerable(ctx, err) {
		return err
	}
	for _, row := range stats {
		if t := r.by[fold(textOf(row[0]))]; t != nil {
			t.counts = intOf(row[1])
		}
	}
	return nil
}

// addKeys puts foreign keys together, whose columns come one by one. One that names no
// column refers to the primary key.
func (r *reading) addKeys(rows [][]any) {
	type id struct {
		t *tableRow
		n int64
	}
	at := map[id]int{}
	for _, row := range rows {
		t, ref := r.by[fold(textOf(row[0]))], r.by[fold(textOf(row[2]))]
		if t == nil || ref == nil {
			continue
		}
		key := id{t, intOf(row[1])}
		i, ok := at[key]
		if !ok {
			i = len(t.named.ForeignKeys)
			at[key] = i
			t.named.ForeignKeys = append(t.named.ForeignKeys, connectors.ForeignKey{RefTable: ref.named.Name})
		}
		k := &t.named.ForeignKeys[i]
		to := textOf(row[4])
		if n := len(k.Columns); to == "" && n < len(ref.named.PrimaryKey) {
			to = ref.named.PrimaryKey[n]
		}
		k.Columns, k.RefColumns = append(k.Columns, asWritten(t.named, textOf(row[3]))), append(k.RefColumns, asWritten(ref.named, to))
	}
}

// asWritten is a column's name as the table writes it.
func asWritten(t *connectors.Table, name string) string {
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, name) {
			return c.Name
		}
	}
	return name
}

// tolerable reports whether reading can go on without the answer that failed: a view that
// cannot be computed, or a table with a damaged page, costs its profile, not the source.
func tolerable(ctx context.Context, err error) bool {
	var e *connectors.Error
	if ctx.Err() != nil || !errors.As(err, &e) {
		return false
	}
	return e.Code == connectors.CodeSQL || e.Code == connectors.CodeTimeout || e.Code == connectors.CodeTooLarge || e.Code == connectors.CodeDenied || e.Code == connectors.CodeBadData
}

func textOf(cell any) string {
	s, _ := cell.(string)
	return s
}

func intOf(cell any) int64 {
	n, _ := cell.(int64)
	return n
}

// comments are what the text of a CREATE TABLE says beside its columns.
type comments struct {
	table   string
	columns map[string]string // by the name in small letters
}

// constraints begin parts of a table's definition that are no columns.
var constraints = map[string]bool{"constraint": true, "primary": true, "unique": true, "check": true, "foreign": true}

// commentsOf reads the comments of a CREATE TABLE, which SQLite keeps as it was written. One
// at the end of a line is about what the line defines, one on a line of its own about what
// comes next; one before the columns is about the table.
func commentsOf(sql string) comments {
	p := &commentReader{out: comments{columns: map[string]string{}}}
	for _, t := range tokens(sql) {
		p.take(t)
	}
	maps.DeleteFunc(p.out.columns, func(_, v string) bool { return v == "" })
	return p.out
}

type commentReader struct {
	out     comments
	depth   int
	current string // the column that is being defined, "" before its name
	onLine  string // the column whose definition this line has a part of
	started bool   // this line has a part of a definition
	named   bool   // the part of the definition has its first word
	before  []string
}

func (p *commentReader) take(t token) {
	switch t.kind {
	case space:
		if strings.Contains(t.text, "\n") {
			p.started, p.onLine = false, ""
		}
	case comment:
		p.comment(plainComment(t.text))
		if strings.HasPrefix(t.text, "--") {
			p.started, p.onLine = false, ""
		}
	default:
		p.part(t)
	}
}

func (p *commentReader) comment(s string) {
	switch {
	case s == "":
	case p.depth == 0, p.started && p.onLine == "" && p.current == "" && len(p.out.columns) == 0:
		p.out.table = joined(p.out.table, s)
	case p.started && p.onLine != "":
		p.out.columns[p.onLine] = joined(p.out.columns[p.onLine], s)
	case p.started && p.current != "":
		p.out.columns[p.current] = joined(p.out.columns[p.current], s)
	default:
		p.before = append(p.before, s)
	}
}

func (p *commentReader) part(t token) {
	p.started = true
	switch t.text {
	case "(":
		p.depth++
		return
	case ")":
		p.depth--
		return
	case ",":
		if p.depth == 1 {
			p.current, p.named = "", false
			return
		}
	}
	if p.depth == 1 && !p.named {
		p.named = true
		name := fold(unquoted(t.text))
		if t.kind == word && constraints[name] {
			p.current, p.onLine, p.before = "", "", nil
			return
		}
		p.current = name
		p.out.columns[name] = strings.Join(p.before, " ")
		p.before = nil
	}
	if p.depth >= 1 && p.current != "" {
		p.onLine = p.current
	}
}

func joined(a, b string) string { return strings.TrimSpace(a + " " + b) }

// plainComment is a comment without its marks, on one line.
func plainComment(s string) string {
	s = strings.TrimPrefix(s, "--")
	if rest, ok := strings.CutPrefix(s, "/*"); ok {
		s = strings.TrimSuffix(rest, "*/")
	}
	return kit.OneLine(strings.Trim(s, " \t\r\n*-"))
}
