package eval

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// postgres runs statements on a PostgreSQL database, each on a connection of its own
// and in a transaction that cannot write and is never committed. What a role may
// reach is the server's to decide: a superuser's statements can read its files.
type postgres struct{ config *pgconn.Config }

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
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to database %s: %w", config.Database, err)
	}
	return &postgres{config}, conn.Close(ctx)
}

// Close implements Database.
func (p *postgres) Close() error { return nil }

// Query implements Database.
func (p *postgres) Query(ctx context.Context, sql string) (*Table, error) {
	if strings.ContainsRune(sql, 0) {
		return nil, errNull
	}
	t, err := p.run(ctx, sql)
	return t, explain(ctx, err)
}

func (p *postgres) run(ctx context.Context, sql string) (*Table, error) {
	conn, err := pgconn.ConnectConfig(ctx, p.config)
	if err != nil {
		return nil, err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		_ = conn.Close(closing) // the statement's own outcome is known by now
	}()
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
			return nil, errTooLarge // the connection is closed with the rest on it
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
