package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// slowCatalog is from when on reading the catalogue is worth a word.
const slowCatalog = 10 * time.Second

// Examine looks at a database as whoever runs it would want it looked at: reachable, which
// version, what the login may do beyond reading and what it may not read, the time zone,
// and how long the catalogue takes. It changes nothing.
func Examine(ctx context.Context, cfg Config) []connectors.Finding {
	cfg = cfg.withDefaults()
	pooled, secret, err := poolConfig(cfg)
	if err != nil {
		return []connectors.Finding{broken("address", err)}
	}
	s := &Source{cfg: cfg, secret: secret, settings: settingsSQL(cfg), life: kit.NewLife(ctx)}
	defer s.life.End()
	conn, err := pgx.ConnectConfig(ctx, pooled.ConnConfig)
	if err != nil {
		return []connectors.Finding{broken("reachable", s.failure(ctx, err))}
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	out := []connectors.Finding{encrypted(conn)}
	for _, look := range []func(context.Context, *pgx.Conn) ([]connectors.Finding, error){s.lookAtServer, s.lookAtRights, s.lookAtTables} {
		found, err := look(ctx, conn)
		if err != nil {
			return append(out, broken("look", s.failure(ctx, err)))
		}
		out = append(out, found...)
	}
	return out
}

func broken(name string, err error) connectors.Finding {
	f := connectors.Finding{Name: name, Broken: true, Text: "the database cannot be looked at"}
	var e *connectors.Error
	if errors.As(err, &e) {
		f.Text, f.Fix = e.Message, e.Fix
	}
	return f
}

func encrypted(conn *pgx.Conn) connectors.Finding {
	cfg := conn.Config()
	switch {
	case strings.HasPrefix(cfg.Host, "/"):
		return connectors.Finding{Name: "reachable", Text: "over a socket of this machine"}
	case cfg.TLSConfig == nil:
		return connectors.Finding{Name: "reachable", Text: "without encryption", Doubt: true, Fix: "Take sslmode=disable out of dsn, unless the network between is your own."}
	case cfg.TLSConfig.InsecureSkipVerify && cfg.TLSConfig.VerifyPeerCertificate == nil:
		return connectors.Finding{Name: "reachable", Text: "encrypted, but nobody verifies the server's certificate", Doubt: true, Fix: "Write sslmode=verify-full into dsn, and sslrootcert=… for an authority of your own."}
	}
	return connectors.Finding{Name: "reachable", Text: "encrypted, the server's certificate is verified"}
}

func (s *Source) lookAtServer(ctx context.Context, conn *pgx.Conn) ([]connectors.Finding, error) {
	var version, zone, encoding string
	var number int
	var replica bool
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int, current_setting('server_encoding'), pg_catalog.pg_is_in_recovery(),
		COALESCE((SELECT setting FROM pg_catalog.pg_settings WHERE name = 'log_timezone'), '')`).Scan(&version, &number, &encoding, &replica, &zone)
	if err != nil {
		return nil, err
	}
	text := "PostgreSQL " + version
	if replica {
		text += ", a replica"
	}
	server := connectors.Finding{Name: "version", Text: text}
	if number < 120000 {
		server.Doubt, server.Fix = true, "Version 12 and later are what this is made for."
	}
	out := []connectors.Finding{server, {Name: "timezone", Text: fmt.Sprintf("moments are told in %s; the server's own is %s", s.cfg.Timezone, zone)}}
	if encoding != "UTF8" {
		out = append(out, connectors.Finding{Name: "encoding", Doubt: true, Text: "texts are " + encoding + ", which the server turns into UTF-8", Fix: "Nothing, unless texts look wrong; a database in SQL_ASCII does not know what its texts are."})
	}
	return out, nil
}

func (s *Source) lookAtRights(ctx context.Context, conn *pgx.Conn) ([]connectors.Finding, error) {
	rights, role, err := readRights(ctx, conn)
	if err != nil {
		return nil, err
	}
	f := connectors.Finding{Name: "rights", Text: "the login " + role + " reads, and can do nothing else"}
	if len(rights) > 0 {
		f.Text = fmt.Sprintf("the login %s could do more than read: it %s", role, strings.Join(rights, ", "))
		f.Fix = "Make a login of its own:\n" + SetupSQL(conn.Config().Database, "bapsang", s.cfg.Schemas)
		f.Broken, f.Doubt = !s.cfg.AllowPrivileged, s.cfg.AllowPrivileged
	}
	out := []connectors.Finding{f}
	var temporary bool
	var definers []string
	if err := conn.QueryRow(ctx, `SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'),
		ARRAY(SELECT p.oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
			WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') ORDER BY 1 LIMIT 10)`).
		Scan(&temporary, &definers); err != nil {
		return nil, err
	}
	if temporary && len(rights) == 0 {
		out = append(out, connectors.Finding{Name: "temporary tables", Doubt: true, Text: "the login could make some; sessions of ours are read only, so none is made",
			Fix: "REVOKE TEMPORARY ON DATABASE " + identifier(conn.Config().Database) + " FROM PUBLIC;"})
	}
	if len(definers) > 0 && len(rights) == 0 {
		var fix []string
		for _, d := range definers {
			fix = append(fix, "REVOKE EXECUTE ON FUNCTION "+d+" FROM PUBLIC;")
		}
		out = append(out, connectors.Finding{Name: "functions", Doubt: true, Text: fmt.Sprintf("%d functions run with their owner's rights for whoever calls them; statements of ours may call none of them", len(definers)), Fix: strings.Join(fix, "\n")})
	}
	return out, nil
}

// lookAtTables counts what the login may read, and names what it may not.
func (s *Source) lookAtTables(ctx context.Context, conn *pgx.Conn) ([]connectors.Finding, error) {
	started := time.Now()
	var out []connectors.Finding
	for _, schema := range s.cfg.Schemas {
		var exists, usage bool
		var readable, all int
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1),
			COALESCE((SELECT pg_catalog.has_schema_privilege(oid, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = $1), false),
			count(*) FILTER (WHERE pg_catalog.has_any_column_privilege(c.oid, 'SELECT')), count(*)
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`, schema).
			Scan(&exists, &usage, &readable, &all)
		if err != nil {
			return nil, err
		}
		role := identifier(conn.Config().User)
		f := connectors.Finding{Name: "schema " + schema, Text: fmt.Sprintf("%d of %d tables may be read", readable, all)}
		grant := fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s;\nGRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s;\nALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT ON TABLES TO %s;",
			identifier(schema), role, identifier(schema), role, identifier(schema), role)
		switch {
		case !exists:
			f.Text, f.Fix, f.Broken = "there is no such schema", "Look at schemas of the source.", true
		case !usage || readable == 0 && all > 0:
			f.Text, f.Fix, f.Broken = "the login may not read it", grant, true
		case readable < all:
			f.Doubt, f.Fix = true, "For all of them:\n"+grant
		case all == 0:
			f.Doubt, f.Fix = true, "There is nothing to answer from. Name other schemas in the source."
		}
		out = append(out, f)
	}
	if took := time.Since(started); took > slowCatalog {
		out = append(out, connectors.Finding{Name: "catalogue", Doubt: true, Text: fmt.Sprintf("takes %s to read", took.Round(time.Second)), Fix: "VACUUM ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute; as a superuser."})
	}
	return out, nil
}
