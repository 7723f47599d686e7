package postgres_test

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/postgres"
)

// Every accepted statement of 210 published questions passes the proof, and returns what
// the server says without us, value by value.
func TestGoldStatements(t *testing.T) {
	const scripts = "../../agent/draft/testdata/defog"
	asked, same := 0, 0
	for name, statements := range connectorstest.Golds(t, "testdata/defog/questions.csv") {
		t.Run(name, func(t *testing.T) {
			script, err := os.ReadFile(filepath.Join(scripts, name+".sql"))
			if err != nil {
				t.Fatal(err)
			}
			owner, reader := database(t, string(script))
			u, err := url.Parse(reader)
			if err != nil {
				t.Fatal(err)
			}
			schemas := []string{"public"}
			if name == "ewallet" {
				schemas = []string{"consumer_div", "public"}
				role := u.User.Username()
				admin(t, owner, "GRANT USAGE ON SCHEMA consumer_div TO "+role, "GRANT SELECT ON ALL TABLES IN SCHEMA consumer_div TO "+role)
			}
			src := open(t, postgres.Config{DSN: reader, Schemas: schemas})
			conn, err := pgx.Connect(t.Context(), owner)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close(t.Context()) }()
			for _, sql := range statements {
				asked++
				want := conn.PgConn().ExecParams(t.Context(), sql, nil, nil, nil, nil).Read()
				got, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql})
				if (err != nil) != (want.Err != nil) {
					t.Errorf("%s\nthe source: %v\nthe server: %v", sql, err, want.Err)
					continue
				}
				if err != nil {
					continue
				}
				same++
				if why := differs(conn, got, want.Rows, want.FieldDescriptions); why != "" {
					t.Errorf("%s\n%s", sql, why)
				}
			}
		})
	}
	t.Logf("%d statements, %d with the same rows", asked, same)
	if asked < 210 {
		t.Errorf("only %d statements", asked)
	}
}

// differs says where a result is not what the server wrote, "" for nowhere.
func differs(conn *pgx.Conn, got *connectors.Result, rows [][][]byte, fields []pgconn.FieldDescription) string {
	if len(got.Rows) != len(rows) || len(got.Columns) != len(fields) {
		return fmt.Sprintf("%d rows of %d columns, not %d of %d", len(got.Rows), len(got.Columns), len(rows), len(fields))
	}
	texts := func(line []string) string { return strings.Join(line, "\x00") }
	var a, b []string
	for i := range rows {
		var x, y []string
		for j, raw := range rows[i] {
			x = append(x, plain(got.Rows[i][j]))
			y = append(y, expected(conn.TypeMap(), raw, fields[j].DataTypeOID))
		}
		a, b = append(a, texts(x)), append(b, texts(y))
	}
	slices.Sort(a) // not every statement says in which order
	slices.Sort(b)
	for i := range a {
		if a[i] != b[i] {
			return fmt.Sprintf("got  %q\nwant %q", a[i], b[i])
		}
	}
	return ""
}

// plain is a cell as a text that tells its type.
func plain(cell any) string {
	switch v := cell.(type) {
	case nil:
		return "null"
	case float64:
		return "float " + strconv.FormatFloat(math.Round(v*1e9)/1e9, 'g', 12, 64)
	case time.Time:
		return v.Format("2006-01-02 15:04:05.999999")
	}
	return fmt.Sprintf("%T %v", cell, cell)
}

// expected is what the server's text of a type should have become.
func expected(types *pgtype.Map, raw []byte, oid uint32) string {
	if raw == nil {
		return "null"
	}
	s := string(raw)
	switch oid {
	case pgtype.BoolOID:
		return plain(s == "t")
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		n, _ := strconv.ParseInt(s, 10, 64)
		return plain(n)
	case pgtype.NumericOID:
		return plain(connectors.Decimal(s))
	case pgtype.Float4OID, pgtype.Float8OID:
		f, _ := strconv.ParseFloat(s, 64)
		return plain(f)
	case pgtype.DateOID, pgtype.TimestampOID:
		var at time.Time
		if err := types.Scan(oid, pgtype.TextFormatCode, raw, &at); err != nil {
			return err.Error()
		}
		return plain(at)
	case pgtype.TimestamptzOID: // both sessions are in UTC
		var at time.Time
		if err := types.Scan(oid, pgtype.TextFormatCode, raw, &at); err != nil {
			return err.Error()
		}
		return plain(at.UTC())
	}
	return plain(s)
}
