package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// killGrace is what a second connection has to tell the server that a statement is to
	// end, and what the server then has to end it, before the connection is cut.
	killGrace = 300 * time.Millisecond
	endGrace  = 200 * time.Millisecond
)

// connection is what the driver's connections can do. What is embedded in session keeps
// being seen by database/sql.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// session is one connection, with what has to be known of it to end what it runs.
type session struct {
	connection
	id     uint64 // the server's number of it
	server string // which server it is: an address may lead to several
	flavor flavor
	// version is the server's own, such as "10.11.6-MariaDB".
	version string
	timeout string      // the statement that last set the timeouts
	broken  atomic.Bool // it is not to be used again
}

// IsValid tells database/sql whether the connection may be used again.
func (c *session) IsValid() bool { return !c.broken.Load() && c.connection.IsValid() }

func (c *session) exec(ctx context.Context, sql string) error {
	_, err := c.ExecContext(ctx, sql, nil)
	return err
}

// within sets the server's own timeouts, where they are others than the session has.
func (c *session) within(ctx context.Context, timeout time.Duration) error {
	set := c.flavor.timeout(timeout)
	if set == c.timeout {
		return nil
	}
	if err := c.exec(ctx, set); err != nil {
		return err
	}
	c.timeout = set
	return nil
}

// ask returns the rows of one of our own statements, NULL as nil. What they hold is not the
// statement's of anybody else, so all of it is taken.
func (c *session) ask(ctx context.Context, sql string) ([][]*string, error) {
	rows, err := c.QueryContext(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	var out [][]*string
	line := make([]driver.Value, len(rows.Columns()))
	for {
		if err = rows.Next(line); err != nil {
			break
		}
		texts := make([]*string, len(line))
		for i, v := range line {
			texts[i] = textOf(v)
		}
		out = append(out, texts)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return out, errors.Join(err, rows.Close())
}

// textOf is a value of the driver's as the server wrote it.
func textOf(v driver.Value) *string {
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		s = string(v)
	case string:
		s = v
	case int64:
		s = strconv.FormatInt(v, 10)
	case uint64:
		s = strconv.FormatUint(v, 10)
	case float32:
		s = strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		s = strconv.FormatFloat(v, 'g', -1, 64)
	default:
		s = fmt.Sprint(v)
	}
	return &s
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func integer(s *string) int64 {
	n, _ := strconv.ParseInt(str(s), 10, 64) // NULL is none
	return n
}

// setup makes a session of a connection: whose it is, and how the server reads and writes
// in it, whatever the server's configuration says.
func setup(ctx context.Context, raw driver.Conn, cfg Config) (*session, error) {
	base, ok := raw.(connection)
	if !ok {
		return nil, errors.New("the driver's connection lacks a method")
	}
	c := &session{connection: base}
	rows, err := c.ask(ctx, "SELECT CONNECTION_ID(), VERSION(), CONCAT_WS('/', @@hostname, @@port, @@server_id)")
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, errors.New("the server does not say what it is")
	}
	if c.id, err = strconv.ParseUint(str(rows[0][0]), 10, 64); err != nil {
		return nil, err
	}
	c.version, c.server = str(rows[0][1]), str(rows[0][2])
	c.flavor = flavorOf(c.version)
	settings := append([]string{
		"sql_mode = " + literalText(c.flavor.mode()),
		"time_zone = " + zoneSQL(cfg.Timezone, time.Now()),
		"group_concat_max_len = 1048576",
		"sql_select_limit = DEFAULT",
	}, c.flavor.session()...)
	for _, sql := range []string{
		"SET NAMES utf8mb4",
		"SET SESSION " + strings.Join(settings, ", "),
		"SET SESSION TRANSACTION READ ONLY",
	} {
		if err := c.exec(ctx, sql); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// zoneSQL is a zone by its name, and where the server does not know the name, by its
// offset at a time.
func zoneSQL(zone string, now time.Time) string {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return literalText(zone) // the server says what is wrong with it
	}
	offset := now.In(location).Format("-07:00")
	if zone == "UTC" {
		return literalText(offset)
	}
	return fmt.Sprintf("IF(CONVERT_TZ('2020-01-01', '+00:00', %s) IS NULL, %s, %s)", literalText(zone), literalText(offset), literalText(zone))
}

func identifier(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// literalText is a text in a statement of ours.
func literalText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(s) + "'"
}

// watch ends on the server what a session runs when ctx ends: by KILL QUERY from a second
// connection, for the server does not look whether anybody still waits, and by cutting the
// connection where that does not help. running is what the session's statements run with;
// done is to be called when they have ended.
func (s *Source) watch(ctx context.Context, conn *session) (running context.Context, done func()) {
	running, cut := context.WithCancel(context.WithoutCancel(ctx))
	over, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		// A session whose statement was killed, perhaps after its end, is not used again.
		conn.broken.Store(true)
		if s.kill(ctx, conn) == nil {
			last := time.NewTimer(endGrace)
			defer last.Stop()
			select {
			case <-over:
				return
			case <-last.C:
			}
		}
		cut()
	}()
	return running, func() {
		close(over)
		<-gone
		cut()
	}
}

var errElsewhere = errors.New("the second connection led to another server")

// kill ends what a session runs.
func (s *Source) kill(ctx context.Context, conn *session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killGrace)
	defer cancel()
	second, err := s.killer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = second.Close() }()
	return second.Raw(func(raw any) error {
		other, ok := raw.(*session)
		if !ok || other.server != conn.server {
			return errElsewhere
		}
		return other.exec(ctx, "KILL QUERY "+strconv.FormatUint(conn.id, 10))
	})
}
