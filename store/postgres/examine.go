package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// OldestServer is the oldest major version of PostgreSQL that the store works on.
const OldestServer = 14

// Examination is what can be said about a store's server from outside.
type Examination struct {
	Server  string // version, such as "15.14"
	Major   int
	Schema  int           // version of the schema, 0 when there is none
	Program int           // version that this program knows
	Skew    time.Duration // how far the server's clock is ahead of this machine's
	// Missing are rights that the login lacks on the tables.
	Missing []string
	// Free is how many connections the server has left for this login.
	Free int
	// Hears says whether a notification arrives on the connection that listens.
	Hears bool
	// Ended and Outstanding count jobs; Documents is an estimate of the server's.
	Ended, Outstanding, Documents int64
}

// hearWithin bounds the wait for a notification.
const hearWithin = 2 * time.Second

// Examine looks at the store at dsn without changing anything. An error means that it
// could not be reached.
func Examine(ctx context.Context, dsn string, opts Options) (*Examination, error) {
	opts = opts.withDefaults()
	conn, err := connect(ctx, dsn, opts)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	steps, err := migrations()
	if err != nil {
		return nil, err
	}
	x := &Examination{Program: len(steps)}
	if err := x.server(ctx, conn); err != nil {
		return nil, err
	}
	if x.Schema, err = schemaVersion(ctx, conn, opts.Schema); err != nil {
		return nil, err
	}
	if x.Hears, err = hears(ctx, conn, opts, dsn); err != nil || x.Schema == 0 {
		return x, err
	}
	return x, x.tables(ctx, conn, newTexts(opts.Schema))
}

func connect(ctx context.Context, dsn string, opts Options) (*pgx.Conn, error) {
	cfg, err := connConfig(dsn, opts)
	if err != nil {
		return nil, err
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec // for a pooler, too
	return pgx.ConnectConfig(ctx, cfg)
}

func (x *Examination) server(ctx context.Context, conn *pgx.Conn) error {
	var now time.Time
	var limit, used int
	before := time.Now()
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version'), clock_timestamp(),
		current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')`).Scan(&x.Server, &now, &limit, &used)
	if err != nil {
		return fmt.Errorf("ask server: %w", known(err))
	}
	x.Skew = now.Sub(before.Add(time.Since(before) / 2))
	x.Free = limit - used
	x.Server, _, _ = strings.Cut(x.Server, " ")
	major, _, _ := strings.Cut(x.Server, ".")
	x.Major, err = strconv.Atoi(major)
	return err
}

// tables sees what the login may do, and how much there is.
func (x *Examination) tables(ctx context.Context, conn *pgx.Conn, sql *texts) error {
	err := conn.QueryRow(ctx, sql.of(`SELECT coalesce(array_agg(p || ' on ' || t), '{}')
		FROM unnest(ARRAY['{s}.docs', '{s}.jobs', '{s}.workers', '{s}.commits']) AS t, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
		WHERE NOT has_table_privilege(t, p)`)).Scan(&x.Missing)
	if err == nil && len(x.Missing) == 0 {
		err = conn.QueryRow(ctx, sql.of(`SELECT count(*) FILTER (WHERE state IN {ended}), count(*) FILTER (WHERE state IN {outstanding}),
			greatest(0, (SELECT reltuples FROM pg_class WHERE oid = '{s}.docs'::regclass))::bigint FROM {s}.jobs`)).
			Scan(&x.Ended, &x.Outstanding, &x.Documents)
	}
	if err != nil {
		return fmt.Errorf("ask tables: %w", known(err))
	}
	return nil
}

// hears listens as a store would, on a channel of its own.
func hears(ctx context.Context, teller *pgx.Conn, opts Options, dsn string) (bool, error) {
	if opts.ListenDSN != "" {
		dsn = opts.ListenDSN
	}
	conn, err := connect(ctx, dsn, opts)
	if err != nil {
		return false, fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	channel := "bapsang examine " + strconv.FormatInt(time.Now().UnixNano(), 36)
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return false, fmt.Errorf("listen: %w", known(err))
	}
	if _, err := teller.Exec(ctx, "SELECT pg_notify($1, '')", channel); err != nil {
		return false, fmt.Errorf("notify: %w", known(err))
	}
	waiting, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	if _, err := conn.WaitForNotification(waiting); err != nil {
		if waiting.Err() != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			return false, nil
		}
		return false, fmt.Errorf("listen: %w", err)
	}
	return true, nil
}
