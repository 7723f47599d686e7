package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/store"
)

// ErrNotEmpty says that a store to import into holds something already.
var ErrNotEmpty = errors.New("the store is not empty")

// importBatch is how many rows go to the server at once, and importBytes how many bytes of
// documents: pieces of files are large.
const (
	importBatch = 1000
	importBytes = 8 << 20
)

// Import fills the empty store at dsn with all that from holds: the jobs keep their ids,
// their unique keys and their order. It happens whole or not at all, and returns
// [ErrNotEmpty] when the store holds something already.
func Import(ctx context.Context, dsn string, opts Options, from store.Exporter) (docs, jobs int, err error) {
	opts = opts.withDefaults()
	cfg, err := connConfig(dsn, opts)
	if err != nil {
		return 0, 0, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return 0, 0, fmt.Errorf("connect: %w", known(err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := checkVersion(ctx, conn, opts.Schema); err != nil {
		return 0, 0, err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, 0, known(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	i := &importer{tx: tx, sql: newTexts(opts.Schema), schema: opts.Schema, heads: map[string]bool{}}
	if err := i.claimEmpty(ctx); err != nil {
		return 0, 0, err
	}
	err = from.Export(ctx,
		func(kind, key string, value []byte) error {
			i.docs.rows = append(i.docs.rows, []any{kind, []byte(key), value})
			if i.docs.bytes += len(value); i.docs.bytes > importBytes {
				return i.flush(ctx, &i.docs, 1)
			}
			return i.flush(ctx, &i.docs, importBatch)
		},
		func(j store.StoredJob) error {
			i.jobs.rows = append(i.jobs.rows, i.row(j))
			return i.flush(ctx, &i.jobs, importBatch)
		})
	if err == nil {
		err = i.flush(ctx, &i.docs, 1)
	}
	if err == nil {
		err = i.flush(ctx, &i.jobs, 1)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("import: %w", known(err))
	}
	return i.docs.done, i.jobs.done, known(tx.Commit(ctx))
}

// importer copies rows in one transaction.
type importer struct {
	tx         pgx.Tx
	sql        *texts
	schema     string
	docs, jobs rowsToCopy
	heads      map[string]bool // mailboxes whose head was met
}

type rowsToCopy struct {
	rows  [][]any
	bytes int // of documents in rows
	done  int
}

var (
	docColumns = []string{"kind", "key", "value"}
	rowColumns = []string{
		"id", "kind", "unique_key", "mailbox", "owner", "payload", "background", "priority", "state", "attempt", "max_attempts",
		"last_error", "enqueued_at", "not_before", "started_at", "ended_at",
	}
)

// claimEmpty keeps everybody else out and sees that nothing is there.
func (i *importer) claimEmpty(ctx context.Context) error {
	if _, err := i.tx.Exec(ctx, i.sql.of("LOCK TABLE {s}.docs, {s}.jobs, {s}.workers IN ACCESS EXCLUSIVE MODE NOWAIT")); err != nil {
		return fmt.Errorf("the store is in use: %w", known(err))
	}
	var filled bool
	err := i.tx.QueryRow(ctx, i.sql.of("SELECT EXISTS (SELECT FROM {s}.docs) OR EXISTS (SELECT FROM {s}.jobs)")).Scan(&filled)
	if err == nil && filled {
		err = ErrNotEmpty
	}
	return known(err)
}

// flush copies what has come together, when it is much.
func (i *importer) flush(ctx context.Context, r *rowsToCopy, atLeast int) error {
	if len(r.rows) < atLeast {
		return nil
	}
	table, columns := "docs", docColumns
	if r == &i.jobs {
		table, columns = "jobs", rowColumns
	}
	n, err := i.tx.CopyFrom(ctx, pgx.Identifier{i.schema, table}, columns, pgx.CopyFromRows(r.rows))
	r.done += int(n)
	r.rows, r.bytes = r.rows[:0], 0
	return err
}

// row is a job as the table has it. One that was running is put back: its worker has no
// lease here.
func (i *importer) row(j store.StoredJob) []any {
	state := string(j.State)
	if j.State == store.Queued || j.State == store.Running {
		switch {
		case j.Mailbox != "" && i.heads[j.Mailbox]:
			state = boxed
		case j.NotBefore.IsZero():
			state = ready
		default:
			state = delayed // until a worker sees that its time has come
		}
		i.heads[j.Mailbox] = true
	}
	return []any{
		j.ID, j.Kind, nullable(j.Unique), nullable(j.Mailbox), nullable(j.Owner), j.Payload, j.Background, j.Priority, state, j.Attempt, j.MaxAttempts,
		cleanText(j.LastError), nanos(j.EnqueuedAt), nanos(j.NotBefore), nanos(j.StartedAt), nanos(j.EndedAt),
	}
}
