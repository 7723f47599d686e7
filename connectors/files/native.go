package files

import (
	"context"
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// buildNative loads a file that the engine reads itself.
func (w *workspace) buildNative(ctx context.Context, in input) ([]*connectors.Table, error) {
	if in.format == formatDuckDB {
		return w.copyDuckDB(ctx, in)
	}
	t := &connectors.Table{Name: w.names.unique(tableName(stem(in.path), hasHangul(in.name))), Origin: in.name}
	columns, err := w.columnsOf(ctx, "SELECT * FROM read_parquet("+literal(noGlob(in.path))+")")
	if err != nil {
		return nil, loadError(file(in.name), err)
	}
	if len(columns) > w.cfg.Limits.Columns {
		return nil, faultColumns.about(nil, file(in.name), len(columns), w.cfg.Limits.Columns)
	}
	var headings, list []string
	for _, c := range columns {
		headings = append(headings, c.Name)
	}
	for i, n := range columnNames(headings, false) {
		expr := quote(headings[i])
		if len(columns[i].Type) > 3 && strings.ContainsAny(columns[i].Type, "([") && !strings.HasPrefix(columns[i].Type, "DECIMAL") && !strings.HasPrefix(columns[i].Type, "ENUM") || strings.HasSuffix(columns[i].Type, "[]") {
			expr = "to_json(" + expr + ")::VARCHAR"
			columns[i].Type, columns[i].Kind = "VARCHAR", connectors.KindText
		}
		columns[i].Name, columns[i].Original = n.name, n.original
		list = append(list, expr+" AS "+quote(n.name))
	}
	stmt := "CREATE TABLE " + quote(t.Name) + " AS SELECT " + strings.Join(list, ", ") + " FROM read_parquet(" + literal(noGlob(in.path)) + ")"
	if err := w.exec(ctx, stmt); err != nil {
		return nil, loadError(file(in.name), err)
	}
	t.Columns = columns
	if err := w.retype(ctx, t); err != nil {
		return nil, loadError(file(in.name), err)
	}
	return []*connectors.Table{t}, nil
}

// noGlob protects the characters of a path that the engine would take for a pattern.
func noGlob(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}

// retype turns text columns that hold nothing but ISO dates into dates: writers of
// Parquet often leave them as text.
func (w *workspace) retype(ctx context.Context, t *connectors.Table) error {
	for _, c := range t.Columns {
		if c.Kind != connectors.KindText {
			continue
		}
		col := quote(c.Name)
		stmt := fmt.Sprintf(`SELECT count(%[1]s), count(*) FILTER (regexp_matches(%[1]s, '^\d{4}-\d\d-\d\d') AND try_cast(%[1]s AS TIMESTAMP) IS NOT NULL),
			count(*) FILTER (length(%[1]s) > 10 AND try_cast(%[1]s AS TIMESTAMP) <> date_trunc('day', try_cast(%[1]s AS TIMESTAMP)))
			FROM (SELECT %[1]s FROM %[2]s WHERE %[1]s IS NOT NULL LIMIT 1000)`, col, quote(t.Name))
		check := func(stmt string) (typ string, err error) {
			var n, dates, clocks int64
			if err := w.conn.QueryRowContext(ctx, stmt).Scan(&n, &dates, &clocks); err != nil || n == 0 || dates < n {
				return "", err
			}
			if clocks > 0 {
				return "TIMESTAMP", nil
			}
			return "DATE", nil
		}
		typ, err := check(stmt)
		if err == nil && typ != "" {
			typ, err = check(strings.Replace(stmt, " LIMIT 1000", "", 1))
		}
		if err != nil {
			return err
		}
		if typ == "" {
			continue
		}
		if err := w.exec(ctx, fmt.Sprintf("ALTER TABLE %s ALTER %s TYPE %s USING %s", quote(t.Name), col, typ, "CAST("+col+" AS TIMESTAMP)::"+typ)); err != nil {
			return err
		}
		c.Type, c.Kind = typ, kindOfType(typ)
	}
	return nil
}

// columnsOf returns the columns of a SELECT.
func (w *workspace) columnsOf(ctx context.Context, stmt string) ([]*connectors.ColumnInfo, error) {
	rows, err := w.conn.QueryContext(ctx, "DESCRIBE "+stmt)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*connectors.ColumnInfo
	for rows.Next() {
		var name, typ string
		var rest [4]any
		if err := rows.Scan(&name, &typ, &rest[0], &rest[1], &rest[2], &rest[3]); err != nil {
			return nil, err
		}
		out = append(out, &connectors.ColumnInfo{Name: name, Type: typ, Kind: kindOfType(typ)})
	}
	return out, rows.Err()
}

// kindOfType is the kind of the engine's type.
func kindOfType(typ string) connectors.Kind {
	base, _, _ := strings.Cut(typ, "(")
	switch base {
	case "VARCHAR", "UUID", "ENUM":
		return connectors.KindText
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT":
		return connectors.KindInteger
	case "DECIMAL", "FLOAT", "DOUBLE":
		return connectors.KindNumber
	case "BOOLEAN":
		return connectors.KindBool
	case "DATE":
		return connectors.KindDate
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE":
		return connectors.KindTimestamp
	}
	return connectors.KindOther
}

// copyDuckDB copies the tables and views of another DuckDB file.
func (w *workspace) copyDuckDB(ctx context.Context, in input) ([]*connectors.Table, error) {
	alias := "in" + itoa(w.temps)
	w.temps++
	if err := w.exec(ctx, "ATTACH "+literal(in.path)+" AS "+alias+" (READ_ONLY)"); err != nil {
		return nil, duckError(file(in.name), err)
	}
	tables, err := w.inspect(ctx, alias)
	if err != nil {
		return nil, loadError(file(in.name), err)
	}
	if len(tables) == 0 {
		return nil, faultNoTable.about(nil, file(in.name))
	}
	renamed := map[string]string{}
	for _, t := range tables {
		old := t.Name
		t.Name = w.names.unique(old[strings.LastIndexByte(old, '.')+1:])
		t.Origin = in.name
		renamed[old] = t.Name
		if err := w.exec(ctx, "CREATE TABLE "+quote(t.Name)+" AS SELECT * FROM "+alias+"."+quotePath(old)); err != nil {
			return nil, loadError(file(in.name), err)
		}
	}
	for _, t := range tables {
		for i, k := range t.ForeignKeys {
			t.ForeignKeys[i].RefTable = renamed[k.RefTable]
		}
	}
	return tables, w.exec(ctx, "DETACH "+alias)
}

func quotePath(name string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = quote(parts[i])
	}
	return strings.Join(parts, ".")
}

// duckError classifies a failure to open another DuckDB file.
func duckError(name phrase, err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "onflicting lock") || strings.Contains(text, "set lock"):
		return faultInUse.about(err, name)
	case strings.Contains(text, "storage version") || strings.Contains(text, "older") || strings.Contains(text, "newer"):
		return faultVersion.about(err, name)
	}
	return loadError(name, err)
}

// inspect lists the tables and views of an attached database, with comments and
// declared keys. Tables outside the schema main are called "schema.table".
func (w *workspace) inspect(ctx context.Context, alias string) ([]*connectors.Table, error) {
	rows, err := w.conn.QueryContext(ctx, `SELECT c.schema_name, c.table_name, c.column_name, c.data_type, coalesce(c.comment, ''), coalesce(t.comment, '')
		FROM duckdb_columns() c LEFT JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
		WHERE c.database_name = ? AND NOT c.internal AND c.table_name NOT LIKE '\_\_bapsang%' ESCAPE '\'
		ORDER BY c.schema_name <> 'main', c.schema_name, coalesce(t.table_oid, 1e9), c.table_name, c.column_index`, alias)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cat := &connectors.Catalog{}
	for rows.Next() {
		var schema, table, comment string
		c := &connectors.ColumnInfo{}
		if err := rows.Scan(&schema, &table, &c.Name, &c.Type, &c.Comment, &comment); err != nil {
			return nil, err
		}
		if schema != "main" {
			table = schema + "." + table
		}
		t := cat.Table(table)
		if t == nil {
			t = &connectors.Table{Name: table, Comment: comment}
			cat.Tables = append(cat.Tables, t)
		}
		c.Kind = kindOfType(c.Type)
		t.Columns = append(t.Columns, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return cat.Tables, w.inspectKeys(ctx, alias, cat)
}

func (w *workspace) inspectKeys(ctx context.Context, alias string, cat *connectors.Catalog) error {
	rows, err := w.conn.QueryContext(ctx, `SELECT schema_name, table_name, constraint_type, constraint_column_names,
		coalesce(referenced_table, ''), coalesce(referenced_column_names, []) FROM duckdb_constraints()
		WHERE database_name = ? AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')`, alias)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var schema, table, kind, ref string
		var columns, refColumns []any
		if err := rows.Scan(&schema, &table, &kind, anyList{&columns}, &ref, anyList{&refColumns}); err != nil {
			return err
		}
		if schema != "main" {
			table, ref = schema+"."+table, schema+"."+ref
		}
		t := cat.Table(table)
		switch {
		case t == nil:
		case kind == "PRIMARY KEY":
			t.PrimaryKey = texts(columns)
		case cat.Table(ref) != nil:
			t.ForeignKeys = append(t.ForeignKeys, connectors.ForeignKey{Columns: texts(columns), RefTable: ref, RefColumns: texts(refColumns)})
		}
	}
	return rows.Err()
}

// anyList scans a LIST.
type anyList struct{ into *[]any }

// Scan takes the driver's form of a list.
func (l anyList) Scan(v any) error {
	list, ok := v.([]any)
	if !ok && v != nil {
		return fmt.Errorf("list expected, got %T", v)
	}
	*l.into = list
	return nil
}

func texts(list []any) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
