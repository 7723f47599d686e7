package mysql

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// slowCatalog is from when on reading the catalogue is worth a word.
const slowCatalog = 10 * time.Second

// Examine looks at a database as whoever runs it would want it looked at: reachable, which
// version, what the login may do beyond reading and what it may not read, the time zone,
// and how long the catalogue takes. It changes nothing.
func Examine(ctx context.Context, cfg Config) []connectors.Finding {
	s, err := prepare(ctx, cfg)
	if err != nil {
		return []connectors.Finding{broken("address", err)}
	}
	defer func() { _ = s.Close() }()
	out := []connectors.Finding{s.encrypted()}
	for i, look := range []func(context.Context, *session) ([]connectors.Finding, error){s.lookAtDatabases, s.lookAtServer, s.lookAtRights, s.lookAtTables} {
		var found []connectors.Finding
		err := s.transaction(ctx, catalogTimeout, func(ctx context.Context, conn *session) (err error) {
			found, err = look(ctx, conn)
			return err
		})
		switch {
		case err != nil && i == 0:
			return []connectors.Finding{broken("reachable", s.failure(ctx, err))}
		case err != nil:
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

func (s *Source) encrypted() connectors.Finding {
	switch {
	case s.at.config.Net == "unix":
		return connectors.Finding{Name: "reachable", Text: "over a socket of this machine"}
	case !s.at.encrypted:
		return connectors.Finding{Name: "reachable", Text: "without encryption", Doubt: true, Fix: "Take tls=false out of dsn, unless the network between is your own."}
	case !s.at.verified:
		return connectors.Finding{Name: "reachable", Text: "encrypted, but nobody verifies the server's certificate", Doubt: true, Fix: "Take tls=skip-verify out of dsn, and write tls-ca=/path/ca.pem for an authority of your own."}
	}
	return connectors.Finding{Name: "reachable", Text: "encrypted, the server's certificate is verified"}
}

func (s *Source) lookAtDatabases(ctx context.Context, conn *session) ([]connectors.Finding, error) {
	return nil, s.checkDatabases(ctx, conn)
}

func (s *Source) lookAtServer(ctx context.Context, conn *session) ([]connectors.Finding, error) {
	rows, err := conn.ask(ctx, "SELECT @@session.time_zone, @@global.time_zone, @@system_time_zone, @@global.read_only, @@lower_case_table_names, CONVERT_TZ('2020-01-01', '+00:00', "+literalText(s.cfg.Timezone)+") IS NULL")
	if err != nil {
		return nil, err
	}
	row := rows[0]
	server := connectors.Finding{Name: "version", Text: conn.flavor.String() + " " + conn.version}
	if str(row[3]) != "0" && str(row[3]) != "OFF" {
		server.Text += ", which takes reads only"
	}
	if major, minor := conn.flavor.least(); older(conn.version, major, minor) {
		server.Doubt, server.Fix = true, fmt.Sprintf("%s %d.%d and later are what this is made for.", conn.flavor, major, minor)
	}
	own := str(row[1])
	if own == "SYSTEM" {
		own = str(row[2])
	}
	zone := connectors.Finding{Name: "timezone", Text: fmt.Sprintf("moments are told in %s; the server's own is %s", s.cfg.Timezone, own)}
	if str(row[5]) == "1" && s.cfg.Timezone != "UTC" {
		zone.Text += fmt.Sprintf("; it does not know %s by name and is given its offset of today, %s", s.cfg.Timezone, str(row[0]))
		if changes(s.cfg.Timezone, time.Now()) {
			zone.Doubt = true
			zone.Fix = "The offset is wrong for a part of the year. Load the names on the server: mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql (mysql_tzinfo_to_sql for MySQL)."
		}
	}
	return []connectors.Finding{server, zone}, nil
}

// older reports whether a version such as "10.5.2-MariaDB" is before major.minor.
func older(version string, major, minor int) bool {
	parts := strings.FieldsFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) < 2 {
		return false
	}
	a, _ := strconv.Atoi(parts[0])
	b, _ := strconv.Atoi(parts[1])
	return a < major || a == major && b < minor
}

// changes reports whether a zone has summer time, or changed within the last years.
func changes(zone string, now time.Time) bool {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return false
	}
	start, end := now.In(location).ZoneBounds()
	return !end.IsZero() || start.After(now.AddDate(-5, 0, 0))
}

func (s *Source) lookAtRights(ctx context.Context, conn *session) ([]connectors.Finding, error) {
	rights, login, err := readRights(ctx, conn)
	if err != nil {
		return nil, err
	}
	f := connectors.Finding{Name: "rights", Text: "the login " + login + " reads, and can do nothing else"}
	if len(rights) > 0 {
		f.Text = fmt.Sprintf("the login %s could do more than read: it %s", login, strings.Join(rights, ", "))
		revokes, err := publicRevokes(ctx, conn)
		if err != nil {
			return nil, err
		}
		if len(revokes) < len(rights) {
			f.Fix = "Make a login of its own:\n" + SetupSQL(string(conn.flavor), "bapsang", s.cfg.Schemas)
		}
		if len(revokes) > 0 {
			f.Fix = strings.TrimPrefix(f.Fix+"\nTake back what everybody may do, as MariaDB is installed:\n"+strings.Join(revokes, "\n"), "\n")
		}
		f.Broken, f.Doubt = !s.cfg.AllowPrivileged, s.cfg.AllowPrivileged
	}
	return []connectors.Finding{f}, nil
}

// lookAtTables counts what the login may read. What it may not read, it may not see.
func (s *Source) lookAtTables(ctx context.Context, conn *session) ([]connectors.Finding, error) {
	started := time.Now()
	l := &look{s: s, by: map[place]*tableRow{}}
	for _, step := range []func(context.Context, *session) error{l.readTables, l.readColumns, l.readKeys} {
		if err := step(ctx, conn); err != nil {
			return nil, err
		}
	}
	took := time.Since(started)
	var out []connectors.Finding
	for _, schema := range s.cfg.Schemas {
		is := func(name string) bool { return strings.EqualFold(name, schema) }
		readable, all := 0, 0
		for _, t := range l.tables {
			if !is(t.schema) {
				continue
			}
			if all++; len(t.named.Columns) > 0 {
				readable++
			}
		}
		f := connectors.Finding{Name: "database " + schema, Text: fmt.Sprintf("%d tables may be read", readable)}
		grant := fmt.Sprintf("GRANT SELECT ON %s.* TO %s;", pattern(schema), account(s.at.config.User))
		switch {
		case readable == 0 && all > 0:
			f.Text, f.Fix, f.Broken = "the login may not read it", grant, true
		case readable == 0:
			f.Doubt, f.Fix = true, "There is nothing to answer from that the login may see. Where there are tables:\n"+grant
		}
		out = append(out, f)
	}
	if took > slowCatalog {
		out = append(out, connectors.Finding{Name: "catalogue", Doubt: true, Text: fmt.Sprintf("takes %s to read", took.Round(time.Second)), Fix: "Raise table_definition_cache and table_open_cache on the server above the number of tables."})
	}
	return out, nil
}

func account(login string) string { return literalText(login) + "@'%'" }
