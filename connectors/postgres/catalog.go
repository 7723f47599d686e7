package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

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
	oid          uint32
	schema, name string
	kind         string // pg_class.relkind
	changes      string // a count that grows with every change of the table's rows
	named        *connectors.Table
	kinds        []kindOfType // of the columns
	broken       bool         // a view that cannot be read
}

// reading is one look at the catalogue.
type reading struct {
	s      *Source
	tables []*tableRow
	by     map[uint32]*tableRow
	next   knowledge
}

// readCatalog describes the tables and views of the schemas: names, types, comments and
// keys as declared, what the server's statistics say, and what a look at the rows shows.
func (s *Source) readCatalog(ctx context.Context) error {
	started := time.Now()
	r := &reading{s: s, by: map[uint32]*tableRow{}}
	for _, step := range []func(context.Context, *pgx.Conn) error{r.readTables, r.readColumns, r.readKeys, r.readNames} {
		if err := s.transaction(ctx, catalogTimeout, step); err != nil {
			return err
		}
	}
	budget := laterLook
	if s.known.Load() == nil {
		budget = firstLook
	}
	complete, err := r.profile(ctx, budget)
	if err != nil {
		return err
	}
	broken := r.withoutBroken()
	r.next.withAliases(s.cfg.Schemas[0], r.tables)
	for name := range r.next.columns {
		delete(r.next.relations.rows, name)
	}
	catalog := &connectors.Catalog{Source: s.cfg.Name, Dialect: "postgres", Tables: []*connectors.Table{}, Broken: broken, Read: started}
	for _, t := range r.tables {
		catalog.Tables = append(catalog.Tables, t.named)
	}
	catalog.Version = versionOf(catalog.Tables, r.next.counters)
	catalog.AsOf = connectors.Newest(catalog.Tables, time.Now())
	r.next.catalog, r.next.checked, r.next.rows = catalog, time.Now(), r.tables
	s.known.Store(&r.next)
	if !complete {
		s.again.Soon()
	}
	return nil
}

// withoutBroken takes out the views that cannot be read, and returns their names. Nothing
// that a view names can be dropped from under it; what its owner may read can be taken away.
func (r *reading) withoutBroken() (names []string) {
	kept := r.tables[:0]
	for _, t := range r.tables {
		if t.broken {
			names = append(names, t.named.Name)
			continue
		}
		kept = append(kept, t)
	}
	r.tables = kept
	return names
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
func readCounters(ctx context.Context, conn *pgx.Conn) (counters string, err error) {
	err = conn.QueryRow(ctx, `SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()::text
		ELSE (SELECT (tup_inserted + tup_updated + tup_deleted)::text FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()) END`).Scan(&counters)
	return counters, err
}

const tablesSQL = `
SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text,
	GREATEST(CASE WHEN c.relkind = 'p' THEN (SELECT sum(GREATEST(p.reltuples, 0)) FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class p ON p.oid = t.relid WHERE t.isleaf)
		ELSE c.reltuples END, 0)::int8,
	COALESCE(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
	EXISTS (SELECT 1 FROM pg_catalog.pg_class s WHERE s.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND s.relname = c.relname),
	COALESCE((SELECT (n_tup_ins + n_tup_upd + n_tup_del)::text FROM pg_catalog.pg_stat_all_tables s WHERE s.relid = c.oid), '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
	AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
ORDER BY pg_catalog.array_position($1::text[], n.nspname::text), c.relname`

func (r *reading) readTables(ctx context.Context, conn *pgx.Conn) error {
	counters, err := readCounters(ctx, conn)
	if err != nil {
		return err
	}
	r.next.counters = counters
	rows, err := conn.Query(ctx, tablesSQL, r.s.cfg.Schemas)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		t := &tableRow{named: &connectors.Table{}}
		hidden := false
		if err := rows.Scan(&t.oid, &t.schema, &t.name, &t.kind, &t.named.Rows, &t.named.Comment, &hidden, &t.changes); err != nil {
			return err
		}
		// The engine's own tables come first where no schema is named.
		t.named.Name = t.name
		if t.schema != r.s.cfg.Schemas[0] || hidden {
			t.named.Name = t.schema + "." + t.name
		}
		if strings.Contains(t.schema+t.name, ".") {
			t.named.Own = t.name
		}
		r.tables, r.by[t.oid] = append(r.tables, t), t
	}
	return rows.Err()
}

const columnsSQL = `
SELECT a.attrelid, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), b.typname::text, b.typcategory::text, COALESCE(pg_catalog.col_description(a.attrelid, a.attnum), '')
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_type b ON b.oid = COALESCE(NULLIF(t.typbasetype, 0), t.oid)
WHERE n.nspname = ANY($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY a.attrelid, a.attnum`

func (r *reading) readColumns(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, columnsSQL, r.s.cfg.Schemas)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var oid uint32
		var base, category string
		c := &connectors.ColumnInfo{}
		if err := rows.Scan(&oid, &c.Name, &c.Type, &base, &category, &c.Comment); err != nil {
			return err
		}
		if t := r.by[oid]; t != nil {
			kind := newKind(c.Type, base, category)
			c.Kind = kind.kind
			t.named.Columns, t.kinds = append(t.named.Columns, c), append(t.kinds, kind)
		}
	}
	return rows.Err()
}

const keysSQL = `
SELECT k.conrelid, k.contype::text, k.confrelid,
	ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i) JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i),
	ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(n, i) JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i)
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE n.nspname = ANY($1::text[]) AND k.contype IN ('p', 'f') ORDER BY k.conrelid, k.conname`

func (r *reading) readKeys(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, keysSQL, r.s.cfg.Schemas)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var of, to uint32
		var kind string
		var columns, refs []string
		if err := rows.Scan(&of, &kind, &to, &columns, &refs); err != nil {
			return err
		}
		t, target := r.by[of], r.by[to]
		switch {
		case t == nil:
		case kind == "p":
			t.named.PrimaryKey = columns
		case target != nil:
			t.named.ForeignKeys = append(t.named.ForeignKeys, connectors.ForeignKey{Columns: columns, RefTable: target.named.Name, RefColumns: refs})
		}
	}
	return rows.Err()
}

// readNames finds the database's own types and functions that a name in a statement could
// mean.
func (r *reading) readNames(ctx context.Context, conn *pgx.Conn) error {
	first := r.s.cfg.Schemas[0]
	rel := &r.next.relations
	rel.types, rel.foreign, rel.rows, rel.operators = map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	rows, err := conn.Query(ctx, `
		SELECT 'type', n.nspname::text, t.typname::text FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
		WHERE n.nspname = ANY($1::text[]) AND t.typtype = 'e'
		UNION ALL
		SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_type t WHERE t.oid = p.proargtypes[0] AND t.typtype = 'c') THEN 'row' ELSE 'function' END, n.nspname::text, p.proname::text
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
		WHERE n.nspname = $2 AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'e')
		UNION ALL
		SELECT 'operator', n.nspname::text, o.oprname::text FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
		WHERE n.nspname = $2 AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = o.oid AND d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND d.deptype = 'e')
			AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_type t WHERE t.oid IN (o.oprleft, o.oprright) AND t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace)`,
		r.s.cfg.Schemas, first)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var what, schema, name string
		if err := rows.Scan(&what, &schema, &name); err != nil {
			return err
		}
		switch what {
		case "type":
			rel.types[schema+"."+name] = true
			if schema == first {
				rel.types[name] = true
			}
		case "operator":
			rel.operators[name] = true
		case "row":
			rel.rows[name] = true
			rel.foreign[name] = true
		default:
			rel.foreign[name] = true
		}
	}
	return rows.Err()
}

// before returns the table as the last look saw it, where its rows have not changed since.
func (r *reading) before(t *tableRow) *tableRow {
	known := r.s.known.Load()
	if known == nil || t.changes == "" {
		return nil
	}
	i := slices.IndexFunc(known.rows, func(o *tableRow) bool {
		return o.oid == t.oid && o.changes == t.changes && slices.EqualFunc(o.named.Columns, t.named.Columns, func(a, b *connectors.ColumnInfo) bool {
			return a.Name == b.Name && a.Type == b.Type
		})
	})
	if i < 0 || len(t.named.Columns) == 0 || known.rows[i].named.Columns[0].Profile == nil {
		return nil
	}
	return known.rows[i]
}
