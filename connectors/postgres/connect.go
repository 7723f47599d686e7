package postgres

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bapsang/bapsang/connectors"
)

var saysTLS = regexp.MustCompile(`(?i)\bsslmode\s*=`)

// poolConfig reads the address. The error never holds it: there is a password in it.
func poolConfig(cfg Config) (*pgxpool.Config, func(error) error, error) {
	dsn := cfg.DSN
	pooled, err := pgxpool.ParseConfig(dsn)
	if err == nil && !saysTLS.MatchString(dsn) && os.Getenv("PGSSLMODE") == "" && !strings.HasPrefix(pooled.ConnConfig.Host, "/") {
		pooled, err = pgxpool.ParseConfig(verified(dsn))
	}
	if err != nil {
		return nil, nil, &connectors.Error{Code: connectors.CodeBadData, Message: "The address of the database cannot be read.",
			Fix: "Write dsn as postgres://login:password@host:5432/database, or as host=… user=… dbname=…."}
	}
	secret := scrubber(pooled.ConnConfig.Password)
	pooled.MaxConns = int32(min(cfg.Connections, 100)) //nolint:gosec // bounded
	pooled.MaxConnIdleTime, pooled.MaxConnLifetime = 5*time.Minute, time.Hour
	conn := pooled.ConnConfig
	conn.RuntimeParams["application_name"] = "bapsang"
	conn.RuntimeParams["client_encoding"] = "UTF8"
	conn.ConnectTimeout = 10 * time.Second
	conn.DefaultQueryExecMode = pgx.QueryExecModeExec // poolers between us and the server keep no statements
	conn.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler { return &canceller{conn: c} }
	return pooled, secret, nil
}

// verified adds to an address that the server's certificate is verified.
func verified(dsn string) string {
	if u, err := url.Parse(dsn); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		q := u.Query()
		q.Set("sslmode", "verify-full")
		u.RawQuery = q.Encode()
		return u.String()
	}
	return dsn + " sslmode=verify-full"
}

// settingsSQL is what a transaction sets for itself, and for nobody else: a pooler between
// (PgBouncer in transaction mode) hands the session to others, and none of ours comes back
// as it was left. Texts of the server's own are read by us, so they must look the same
// whatever the server's configuration says.
func settingsSQL(cfg Config) string {
	return strings.Join([]string{
		"SET LOCAL search_path = " + identifier(cfg.Schemas[0]),
		"SET LOCAL timezone = " + literal(cfg.Timezone),
		"SET LOCAL datestyle = 'ISO, YMD'", "SET LOCAL intervalstyle = postgres", "SET LOCAL bytea_output = hex", "SET LOCAL extra_float_digits = 1",
		"SET LOCAL standard_conforming_strings = on", "SET LOCAL idle_in_transaction_session_timeout = '60s'",
		// A statement that is being compiled to machine code hears no cancellation, for half a
		// second and more.
		"SET LOCAL jit = off",
		// What another's function writes into a session of ours is nothing that we need.
		"SET LOCAL client_min_messages = error",
		// A cancellation that arrives before what it cancels is lost; then the connection is
		// cut, and the server (14 and later) looks whether it is.
		"SELECT pg_catalog.set_config('client_connection_check_interval', '100', true) WHERE pg_catalog.current_setting('server_version_num')::int >= 140000",
		// A database that does not know what its texts are cannot turn them into anything.
		"SELECT pg_catalog.set_config('client_encoding', CASE pg_catalog.current_setting('server_encoding') WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END, true)",
	}, "; ")
}

func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// scrubber takes a password out of errors.
func scrubber(password string) func(error) error {
	return func(err error) error {
		if err == nil || password == "" {
			return err
		}
		text := err.Error()
		for _, form := range []string{password, url.QueryEscape(password), url.PathEscape(password)} {
			text = strings.ReplaceAll(text, form, "…")
		}
		return errors.New(text)
	}
}
