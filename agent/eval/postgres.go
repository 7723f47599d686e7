package eval

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// postgres runs statements on a PostgreSQL database, each in a transaction that
// cannot write and is never committed. What a role may reach is the server's to
// decide: a superuser's statements can read its files.
type postgres struct {
	config *pgconn.Config

	mu   sync.Mutex
	idle []*pgconn.PgConn
}

// openPostgres checks that the database is there.
func openPostgres(ctx context.Context, dsn string) (Database, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address of the server is not a URL such as postgres://user@host:5432/name") // pgx's error quotes it, password and all
	}
	for name, value := range map[string]string{
		"client_encoding": "UTF8", "datestyle": "ISO", "intervalstyle": "postgres", "bytea_output": "hex",
		"default_transaction_read_only": "on", "application_name": "bapsang eval",
	} {
		config.RuntimeParams[name] = value
	}
	p := &postgres{config: config}
	conn, err := p.take(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to database %s: %w", config.Database, err)
	}
	p.give(ctx, conn)
	return p, nil
}

// Close implements Database.
func (p *postgres) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, conn := range p.idle {
		ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
		errs = append(errs, conn.Close(ctx))
		cancel()
	}
	p.idle = nil
	return errors.Join(errs...)
}

func (p *postgres) take(ctx context.Context) (*pgconn.PgConn, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		conn := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return conn, nil
	}
	p.mu.Unlock()
	return pgconn.ConnectConfig(ctx, p.config)
}

// give undoes the transaction, settings included, and keeps the connection for the
// next statement, or closes it where that fails.
func (p *postgres) give(ctx context.Context, conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if !conn.IsClosed() {
		if _, err := conn.Exec(ctx, "ROLLBACK").ReadAll(); err == nil {
			p.mu.Lock()
			p.idle = append(p.idle, conn)
			p.mu.Unlock()
			return
		}
	}
	_ = conn.Close(ctx) // the statement's own outcome is known by now
}

// Query implements Database.
func (p *postgres) Query(ctx context.Context, sql string) (*Table, error) {
	if strings.ContainsRune(sql, 0) {
		return nil, errNull
	}
	t, err := p.run(ctx, sql)
	return t, explain(ctx, err)
}

func (p *postgres) run(ctx context.Context, sql string) (*Table, error) {
	conn, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	defer p.give(ctx, conn)
	begin := "BEGIN READ ONLY"
	if deadline, ok := ctx.Deadline(); ok { // so that the server too stops in time
		begin += fmt.Sprintf("; SET LOCAL statement_timeout = %d", max(time.Until(deadline).Milliseconds(), 1))
	}
	if _, err := conn.Exec(ctx, begin).ReadAll(); err != nil {
		return nil, err
	}
	// A prepared statement is one statement, and tells before it runs whether it
	// returns rows: COPY, which could write files even here, does not.
	prepared, err := conn.Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, err
	}
	if len(prepared.ParamOIDs) > 0 {
		return nil, errors.New("the statement has parameters")
	}
	if len(prepared.Fields) == 0 {
		return nil, errNoRows
	}
	return fetchPostgres(conn.ExecPrepared(ctx, "", nil, nil, nil), prepared.Fields)
}

func fetchPostgres(result *pgconn.ResultReader, fields []pgconn.FieldDescription) (*Table, error) {
	t := &Table{}
	for _, f := range fields {
		t.Columns = append(t.Columns, f.Name)
	}
	bytes := 0
	for result.NextRow() {
		row := make([]any, len(fields))
		for i, text := range result.Values() {
			if text == nil {
				continue
			}
			cell, err := pgCell(string(text), fields[i].DataTypeOID)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", fields[i].Name, err)
			}
			row[i] = cell
			bytes += 16 + len(text)
		}
		if t.Rows = append(t.Rows, row); len(t.Rows) > maxRows || bytes > maxTableBytes {
			return nil, errTooLarge // which leaves the connection busy, and so to be closed
		}
	}
	_, err := result.Close()
	return t, err
}

// The layouts that PostgreSQL writes moments in, the fraction being optional.
const (
	pgTimestamp   = "2006-01-02 15:04:05"
	pgTimestampTZ = "2006-01-02 15:04:05-07"
	pgTimestampHM = "2006-01-02 15:04:05-07:00"
)

// pgCell is the value that psycopg2 makes of a text of the given type.
func pgCell(text string, oid uint32) (any, error) {
	switch oid {
	case pgtype.BoolOID:
		return text == "t", nil
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID:
		return strconv.ParseInt(text, 10, 64)
	case pgtype.Float4OID, pgtype.Float8OID:
		return strconv.ParseFloat(text, 64)
	case pgtype.NumericOID:
		return NewDecimal(text), nil
	case pgtype.ByteaOID:
		return hex.DecodeString(strings.TrimPrefix(text, `\x`))
	case pgtype.DateOID:
		day, err := time.Parse(time.DateOnly, text)
		return Date{day}, err
	case pgtype.TimestampOID:
		return time.Parse(pgTimestamp, text)
	case pgtype.TimestamptzOID:
		t, err := time.Parse(pgTimestampTZ, text)
		if err != nil {
			t, err = time.Parse(pgTimestampHM, text)
		}
		return t.UTC(), err
	case pgtype.TimeOID:
		return Other{"datetime.time", text}, nil
	case pgtype.IntervalOID:
		return Other{"datetime.timedelta", text}, nil
	case pgtype.JSONOID, pgtype.JSONBOID:
		return Other{"dict", text}, nil
	case pgtype.BoolArrayOID, pgtype.Int2ArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID, pgtype.TextArrayOID,
		pgtype.VarcharArrayOID, pgtype.NumericArrayOID, pgtype.Float8ArrayOID, pgtype.DateArrayOID, pgtype.TimestampArrayOID:
		return Other{"list", text}, nil
	}
	return text, nil
}
