package duckdb

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/workers"
)

// catalogTimeout bounds each statement that reads the catalogue. Profiling looks at
// every row.
const catalogTimeout = 10 * time.Minute

// reader reads the catalogue of a database through its workers.
type reader struct {
	source *Source
	tables map[string]*connectors.Table // :: qualified name → table
	order  []*connectors.Table
	views  map[*connectors.Table]bool
}

// readCatalog describes the tables and views of the database: names, types, comments
// and keys as declared, and what a look at the rows shows.
func (s *Source) readCatalog(ctx context.Context, version string) (*connectors.Catalog, error) {
	r := &reader{source: s, tables: map[string]*connectors.Table{}, views: map[*connectors.Table]bool{}}
	for _, step := range []func(context.Context) error{r.readTables, r.readColumns, r.readKeys, r.profile, r.inferKeys} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return &connectors.Catalog{
		Source:  s.cfg.Name,
		Dialect: "duckdb",
		Version: version,
		AsOf:    connectors.Newest(r.order, time.Now()),
		Tables:  r.order,
	}, nil
}

func (r *reader) ask(ctx context.Context, sql string) ([][]any, error) {
	res, err := r.source.pool.Run(ctx, workers.Request{SQL: sql, MaxRows: 200_000, Timeout: catalogTimeout, Trusted: true})
	if err != nil {
		return nil, err
	}
	return res.Rows, nil
}

// nameSQL is a table's name as a statement writes it: its schema only where that is
// not main.
const nameSQL = `CASE WHEN schema_name = 'main' THEN '' ELSE schema_name || '.' END || `

func (r *reader) readTables(ctx context.Context) error {
	rows, err := r.ask(ctx, `
		SELECT `+nameSQL+`table_name AS name, comment, false, CASE WHEN contains(schema_name || table_name, '.') THEN table_name END FROM duckdb_tables()
		WHERE NOT internal AND NOT temporary AND database_name = current_database()
		UNION ALL
		SELECT `+nameSQL+`view_name, comment, true, CASE WHEN contains(schema_name || view_name, '.') THEN view_name END FROM duckdb_views()
		WHERE NOT internal AND NOT temporary AND database_name = current_database()
		ORDER BY name`)
	for _, row := range rows {
		t := &connectors.Table{Name: stringOf(row[0]), Comment: stringOf(row[1]), Own: stringOf(row[3])}
		r.tables[t.Name] = t
		r.views[t] = row[2] == true
		r.order = append(r.order, t)
	}
	return err
}

func (r *reader) readColumns(ctx context.Context) error {
	rows, err := r.ask(ctx, `
		SELECT `+nameSQL+`table_name, column_name, data_type, comment FROM duckdb_columns()
		WHERE NOT internal AND database_name = current_database()
		ORDER BY 1, column_index`)
	for _, row := range rows {
		if t := r.tables[stringOf(row[0])]; t != nil {
			t.Columns = append(t.Columns, &connectors.ColumnInfo{
				Name: stringOf(row[1]), Type: stringOf(row[2]), Comment: stringOf(row[3]),
				Kind: kindOf(stringOf(row[2])),
			})
		}
	}
	return err
}

func (r *reader) readKeys(ctx context.Context) error {
	rows, err := r.ask(ctx, `
		SELECT `+nameSQL+`table_name, constraint_type,
			array_to_string(constraint_column_names, chr(31)),
			CASE WHEN schema_name = 'main' THEN '' ELSE schema_name || '.' END || referenced_table,
			array_to_string(referenced_column_names, chr(31))
		FROM duckdb_constraints() WHERE database_name = current_database()
		ORDER BY 1, constraint_index`)
	for _, row := range rows {
		t := r.tables[stringOf(row[0])]
		if t == nil {
			continue
		}
		columns := strings.Split(stringOf(row[2]), "\x1f")
		switch stringOf(row[1]) {
		case "PRIMARY KEY":
			t.PrimaryKey = columns
		case "FOREIGN KEY":
			t.ForeignKeys = append(t.ForeignKeys, connectors.ForeignKey{
				Columns: columns, RefTable: stringOf(row[3]), RefColumns: strings.Split(stringOf(row[4]), "\x1f"),
			})
		}
	}
	return err
}

func stringOf(cell any) string {
	s, _ := cell.(string)
	return s
}

func intOf(cell any) int64 {
	n, _ := cell.(int64)
	return n
}

// kindOf is what the values of a type are.
func kindOf(typ string) connectors.Kind {
	base, _, _ := strings.Cut(typ, "(")
	switch {
	case strings.HasSuffix(typ, "]"):
		return connectors.KindOther
	case strings.HasPrefix(base, "TIMESTAMP"):
		return connectors.KindTimestamp
	}
	switch base {
	case "VARCHAR", "ENUM", "UUID":
		return connectors.KindText
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
		"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT":
		return connectors.KindInteger
	case "DECIMAL", "DOUBLE", "FLOAT":
		return connectors.KindNumber
	case "BOOLEAN":
		return connectors.KindBool
	case "DATE":
		return connectors.KindDate
	}
	return connectors.KindOther
}

// tableSQL quotes a table's name part by part.
func (r *reader) tableSQL(t *connectors.Table) string {
	schema, name, qualified := strings.Cut(t.Name, ".")
	if !qualified {
		return identifier(t.Name)
	}
	return identifier(schema) + "." + identifier(name)
}

// tolerable reports whether profiling can go on without the answer that failed: a
// view that cannot be computed or a count that needs too much memory costs its
// profile, not the source.
func tolerable(ctx context.Context, err error) bool {
	var failed *connectors.Error
	return ctx.Err() == nil && errors.As(err, &failed) && (failed.Code == connectors.CodeSQL ||
		failed.Code == connectors.CodeTooLarge || failed.Code == connectors.CodeTimeout)
}
