package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
)

// rightsSQL lists what the login could do beyond reading, the gravest first.
const rightsSQL = `
WITH me AS (SELECT oid, rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_catalog.pg_roles WHERE rolname = current_user),
own AS (SELECT c.oid, c.relkind, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\_t%' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'))
SELECT 'superuser' AS what FROM me WHERE rolsuper
UNION ALL SELECT 'may create roles' FROM me WHERE rolcreaterole AND NOT rolsuper
UNION ALL SELECT 'may create databases' FROM me WHERE rolcreatedb AND NOT rolsuper
UNION ALL SELECT 'may replicate' FROM me WHERE rolreplication AND NOT rolsuper
UNION ALL SELECT 'is a member of ' || r.rolname FROM pg_catalog.pg_roles r, me
	WHERE NOT me.rolsuper AND r.rolname IN ('pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend', 'pg_checkpoint', 'pg_maintain', 'pg_create_subscription', 'pg_database_owner')
	AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
UNION ALL SELECT 'may create schemas' FROM me WHERE NOT me.rolsuper AND pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
UNION ALL SELECT 'may create tables in ' || n.nspname FROM pg_catalog.pg_namespace n, me
	WHERE NOT me.rolsuper AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
UNION ALL (SELECT 'may change ' || nspname || '.' || relname FROM own, me WHERE NOT me.rolsuper AND 
	CASE WHEN relkind IN ('r', 'p', 'v', 'm', 'f') THEN pg_catalog.has_table_privilege(own.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') END LIMIT 5)
UNION ALL (SELECT 'may advance the sequence ' || nspname || '.' || relname FROM own, me WHERE NOT me.rolsuper AND CASE WHEN relkind = 'S' THEN pg_catalog.has_sequence_privilege(own.oid, 'USAGE, UPDATE') END LIMIT 5)
LIMIT 20`

// checkLogin refuses a login that could do more than read, unless the configuration lets it
// in.
func (s *Source) checkLogin(ctx context.Context, conn *pgx.Conn) error {
	if s.cfg.AllowPrivileged {
		return nil
	}
	rights, role, err := readRights(ctx, conn)
	if err != nil || len(rights) == 0 {
		return err
	}
	return &connectors.Error{
		Code:    connectors.CodeDenied,
		Message: fmt.Sprintf("The login %s could do more than read: it %s.", role, strings.Join(rights[:min(3, len(rights))], ", ")),
		Fix:     "Give it a login that reads only (bapsang doctor writes the statements), or write allow_privileged: true into the source.",
	}
}

// readRights returns what the login could do beyond reading, and its name.
func readRights(ctx context.Context, conn *pgx.Conn) (rights []string, role string, err error) {
	if err := conn.QueryRow(ctx, "SELECT current_user::text").Scan(&role); err != nil {
		return nil, "", err
	}
	rows, err := conn.Query(ctx, rightsSQL)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var what string
		if err := rows.Scan(&what); err != nil {
			return nil, "", err
		}
		if what == "superuser" {
			what = "is a superuser"
		}
		rights = append(rights, what)
	}
	return rights, role, rows.Err()
}

// SetupSQL are the statements that make a login which reads the schemas of a database and
// can do nothing else, for whoever runs the server.
func SetupSQL(database, role string, schemas []string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+";\n", args...) }
	line("CREATE ROLE %s LOGIN PASSWORD '…' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 10", identifier(role))
	line("ALTER ROLE %s SET default_transaction_read_only = on", identifier(role))
	line("ALTER ROLE %s SET statement_timeout = '60s'", identifier(role))
	line("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	line("REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC", identifier(database))
	line("GRANT CONNECT ON DATABASE %s TO %s", identifier(database), identifier(role))
	for _, schema := range schemas {
		line("GRANT USAGE ON SCHEMA %s TO %s", identifier(schema), identifier(role))
		line("GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", identifier(schema), identifier(role))
		line("ALTER DEFAULT PRIVILEGES IN SCHEMA %s GRANT SELECT ON TABLES TO %s", identifier(schema), identifier(role))
	}
	return strings.TrimSuffix(b.String(), "\n")
}
