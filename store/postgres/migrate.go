package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/store"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrBehind says that the database waits for its migrations.
var ErrBehind = errors.New("database is behind this version: run `bapsang migrate`")

// migrations returns the texts of the migrations in order. The position of one in
// the list, counted from one, is the version it leads to; one that was released is
// never changed. The release before must be able to work on what a migration leaves
// behind, because replicas are replaced one by one: a column is added in one release
// and used in the next, and dropped one release after its last use.
func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var steps []string
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, string(text))
	}
	return steps, nil
}

// Migrate brings the schema up to date, creating it when it is missing, and returns
// the versions before and after. All steps are one transaction, so a process that
// dies on the way leaves the database as it was; several processes at once do it
// once.
func Migrate(ctx context.Context, dsn string, opts Options) (from, to int, err error) {
	steps, err := migrations()
	if err != nil {
		return 0, 0, err
	}
	return migrate(ctx, dsn, opts, steps)
}

func migrate(ctx context.Context, dsn string, opts Options, steps []string) (from, to int, err error) {
	opts = opts.withDefaults()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, 0, fmt.Errorf("connect: %w", known(err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, 0, known(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	schema := pgx.Identifier{opts.Schema}.Sanitize()
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lockKey("migrate", opts.Schema, "")); err != nil {
		return 0, 0, known(err)
	}
	if from, err = schemaVersion(ctx, tx, opts.Schema); err != nil {
		return 0, 0, err
	}
	if from == 0 {
		create := "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.schema_version (version integer NOT NULL); INSERT INTO {schema}.schema_version VALUES (0)"
		if err := execAll(ctx, tx.Conn().PgConn(), create, schema); err != nil {
			return 0, 0, fmt.Errorf("create schema %s: %w", opts.Schema, err)
		}
	}
	for i := from; i < len(steps); i++ {
		if err := execAll(ctx, tx.Conn().PgConn(), steps[i], schema); err != nil {
			return from, from, fmt.Errorf("migrate to schema %d: %w", i+1, err)
		}
	}
	if from >= len(steps) {
		return from, from, nil
	}
	if err := execAll(ctx, tx.Conn().PgConn(), fmt.Sprintf("UPDATE {schema}.schema_version SET version = %d", len(steps)), schema); err != nil {
		return from, from, err
	}
	return from, len(steps), known(tx.Commit(ctx))
}

// execAll runs statements separated by semicolons.
func execAll(ctx context.Context, conn *pgconn.PgConn, sql, schema string) error {
	return known(conn.Exec(ctx, strings.ReplaceAll(sql, "{schema}", schema)).Close())
}

// Ready returns an error while the store cannot be worked with: the server does not
// answer or takes no writes, or the schema is not this version's.
func (s *Store) Ready(ctx context.Context) error {
	if err := checkVersion(ctx, s.pool, s.opts.Schema); err != nil {
		return err
	}
	return checkWritable(ctx, s.pool)
}

// checkWritable returns [ErrReadOnly] of a standby, or of a login that is set so.
func checkWritable(ctx context.Context, q querier) error {
	var readOnly bool
	if err := q.QueryRow(ctx, "SELECT current_setting('transaction_read_only')::boolean").Scan(&readOnly); err != nil {
		return known(err)
	}
	if readOnly {
		return ErrReadOnly
	}
	return nil
}

// querier is a connection, a pool or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// schemaVersion is 0 for a schema that was never migrated.
func schemaVersion(ctx context.Context, q querier, schema string) (version int, err error) {
	table := pgx.Identifier{schema, "schema_version"}.Sanitize()
	var there bool
	if err := q.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&there); err != nil {
		return 0, fmt.Errorf("read schema version: %w", known(err))
	}
	if !there {
		return 0, nil
	}
	if err := q.QueryRow(ctx, "SELECT version FROM "+table).Scan(&version); err != nil {
		return 0, fmt.Errorf("read schema version: %w", known(err))
	}
	return version, nil
}

// checkVersion lets a program work on the version it knows and on the next one (see
// migrations).
func checkVersion(ctx context.Context, q querier, schema string) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, q, schema)
	switch {
	case err != nil:
		return err
	case version < len(steps):
		return fmt.Errorf("%w (schema %s is at %d, this version knows %d)", ErrBehind, schema, version, len(steps))
	case version > len(steps)+1:
		return fmt.Errorf("%w: schema %s is at %d, this version knows %d", store.ErrNewer, schema, version, len(steps))
	}
	return nil
}
