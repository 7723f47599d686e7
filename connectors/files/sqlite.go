package files

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver of SQLite files

	"github.com/bapsang/bapsang/connectors"
)

// openSQLite spools each table of an SQLite file. SQLite lets any value stand in
// any column, so the types are found from the values, as for text.
func openSQLite(ctx context.Context, in input, ws *workspace) ([]*part, error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: in.path}).EscapedPath(), RawQuery: "mode=ro&immutable=1&_query_only=1"}
	db, err := sql.Open("sqlite3", u.String())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	names, err := sqliteTables(ctx, db)
	if err != nil {
		return nil, err
	}
	var parts []*part
	for _, name := range names {
		p, err := spoolSQLite(ctx, db, in, name, ws)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		if p != nil {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return nil, faultNoTable.about(nil, file(in.name))
	}
	return parts, nil
}

func sqliteTables(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

func spoolSQLite(ctx context.Context, db *sql.DB, in input, name string, ws *workspace) (*part, error) {
	g := &spoolGrid{path: ws.temp("table")}
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+quote(name)) //nolint:sqlclosecheck // closed below; the linter loses it in the function that reads it
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || len(columns) == 0 {
		return nil, err
	}
	cells, ptrs, text := make([]any, len(columns)), make([]any, len(columns)), make([]string, len(columns))
	for i := range cells {
		ptrs[i] = &cells[i]
	}
	_, err = g.write(ctx, func(yield func([]string) error) error {
		for rows.Next() {
			if err := rows.Scan(ptrs...); err != nil {
				return err
			}
			for i, c := range cells {
				text[i] = sqliteText(c)
			}
			if err := yield(text); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	p := &part{in: in, name: name, series: name, label: stem(in.path), grid: g, records: true}
	p.layout.headings = columns
	return p, sqliteKeys(ctx, db, name, p)
}

func sqliteText(c any) string {
	switch v := c.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if math.Abs(v) >= 1e15 {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		if v.IsZero() {
			return "" // the driver's reading of a text that is no date, such as ''
		}
		return v.Format("2006-01-02 15:04:05.999999")
	case []byte:
		return trim(strings.ReplaceAll(strings.ToValidUTF8(string(v), "\uFFFD"), "\x00", "\uFFFD"))
	case string:
		return trim(strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD"))
	}
	return ""
}

// sqliteKeys reads the declared keys.
func sqliteKeys(ctx context.Context, db *sql.DB, name string, p *part) error {
	pk, err := db.QueryContext(ctx, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", name)
	if err != nil {
		return err
	}
	defer pk.Close()
	for pk.Next() {
		var c string
		if err := pk.Scan(&c); err != nil {
			return err
		}
		p.primaryKey = append(p.primaryKey, c)
	}
	if err := pk.Err(); err != nil {
		return err
	}
	pk.Close()
	fk, err := db.QueryContext(ctx, `SELECT id, "table", "from", coalesce("to", '') FROM pragma_foreign_key_list(?) ORDER BY id, seq`, name)
	if err != nil {
		return err
	}
	defer fk.Close()
	last := -1
	for fk.Next() {
		var id int
		var table, from, to string
		if err := fk.Scan(&id, &table, &from, &to); err != nil {
			return err
		}
		if id != last {
			p.foreignKeys = append(p.foreignKeys, connectors.ForeignKey{RefTable: table})
			last = id
		}
		k := &p.foreignKeys[len(p.foreignKeys)-1]
		k.Columns = append(k.Columns, from)
		if to != "" {
			k.RefColumns = append(k.RefColumns, to)
		}
	}
	return fk.Err()
}
