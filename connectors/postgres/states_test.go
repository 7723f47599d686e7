package postgres_test

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/postgres"
)

// refuser stands between the source and the server and answers a statement that holds
// "boom" with an error of its own, as often as it is told to.
type refuser struct {
	dir      string
	severity atomic.Value // "ERROR", or "FATAL", which ends the connection
	code     atomic.Value
	times    atomic.Int64
	met      atomic.Int64
}

func newRefuser(t *testing.T, server string) *refuser {
	t.Helper()
	r := &refuser{dir: t.TempDir()}
	l, err := net.Listen("unix", filepath.Join(r.dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", filepath.Join(server, ".s.PGSQL.5432"))
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() {
				_, _ = copyUntilEnd(in, out)
				_ = in.Close()
			}()
			go func() {
				defer func() { _ = errors.Join(in.Close(), out.Close()) }()
				r.forward(in, out)
			}()
		}
	}()
	return r
}

func copyUntilEnd(to, from net.Conn) (int64, error) {
	buf, n := make([]byte, 32<<10), int64(0)
	for {
		k, err := from.Read(buf)
		if err != nil {
			return n, err
		}
		n += int64(k)
		if _, err := to.Write(buf[:k]); err != nil {
			return n, err
		}
	}
}

// forward carries what the source says, message by message.
func (r *refuser) forward(in, out net.Conn) {
	client := pgproto3.NewBackend(in, in)
	start, err := client.ReceiveStartupMessage()
	if err != nil || pass(out, start) != nil {
		return
	}
	for {
		msg, err := client.Receive()
		if err != nil {
			return
		}
		parse, ok := msg.(*pgproto3.Parse)
		if !ok || !strings.Contains(parse.Query, "boom") {
			if pass(out, msg) != nil {
				return
			}
			continue
		}
		r.met.Add(1)
		if r.times.Add(-1) < 0 {
			if pass(out, msg) != nil {
				return
			}
			continue
		}
		severity := r.severity.Load().(string)
		client.Send(&pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: r.code.Load().(string), Message: "서버의 말"})
		if client.Flush() != nil || severity == "FATAL" {
			return
		}
		for {
			if msg, err = client.Receive(); err != nil {
				return
			}
			if _, end := msg.(*pgproto3.Sync); end {
				break
			}
		}
		client.Send(&pgproto3.ReadyForQuery{TxStatus: 'E'})
		if client.Flush() != nil {
			return
		}
	}
}

func pass(out net.Conn, msg interface{ Encode([]byte) ([]byte, error) }) error {
	text, err := msg.Encode(nil)
	if err == nil {
		_, err = out.Write(text)
	}
	return err
}

// What the server may say in the middle of a question: asked again where that is safe and
// may help, once; else, and the second time, a sentence in both languages. The server's own
// text is in whatever language it speaks, and is not what tells errors apart.
func TestServerStates(t *testing.T) {
	_, reader := database(t, itemsSQL)
	u, _ := url.Parse(reader)
	r := newRefuser(t, u.Query().Get("host"))
	u.RawQuery = url.Values{"host": {r.dir}}.Encode()
	src := open(t, postgres.Config{DSN: u.String()})
	const sql = "SELECT count(*) AS boom FROM items"
	if _, err := query(t, src, sql); err != nil { // it knows the types from now on
		t.Fatal(err)
	}
	for _, c := range []struct {
		sqlstate, severity string
		again              bool
		code               connectors.Code
		en                 string
	}{
		{"40001", "ERROR", true, connectors.CodeUnavailable, "replica"},
		{"40001", "FATAL", true, connectors.CodeUnavailable, "replica"},
		{"40P01", "ERROR", true, connectors.CodeUnavailable, "waited for each other"},
		{"57P01", "FATAL", true, connectors.CodeUnavailable, "ended the connection"},
		{"57P02", "FATAL", true, connectors.CodeUnavailable, "starts anew"},
		{"57P03", "FATAL", true, connectors.CodeUnavailable, "starting up or shutting down"},
		{"57P05", "FATAL", true, connectors.CodeUnavailable, "ended the connection"},
		{"25P03", "FATAL", true, connectors.CodeUnavailable, "ended the connection"},
		{"08006", "FATAL", true, connectors.CodeUnavailable, "cannot be reached"},
		{"57P04", "FATAL", false, connectors.CodeUnusable, "dropped"},
		{"57014", "ERROR", false, connectors.CodeTimeout, "stopped on the database's side"},
		{"25P04", "FATAL", false, connectors.CodeTimeout, "stopped on the database's side"},
		{"55P03", "ERROR", false, connectors.CodeTimeout, "locked"},
		{"53100", "ERROR", false, connectors.CodeTooLarge, "disk"},
		{"53200", "ERROR", false, connectors.CodeTooLarge, "memory"},
		{"53300", "FATAL", false, connectors.CodeUnavailable, "no more connections"},
		{"53400", "ERROR", false, connectors.CodeTooLarge, "temporary files"},
		{"53999", "ERROR", false, connectors.CodeTooLarge, "no room"},
		{"54001", "ERROR", false, connectors.CodeTooLarge, "too complex"},
		{"58030", "ERROR", false, connectors.CodeUnavailable, "its own files"},
		{"XX001", "ERROR", false, connectors.CodeUnavailable, "has failed"},
		{"25006", "ERROR", false, connectors.CodeDenied, "would have changed"},
		{"42501", "ERROR", false, connectors.CodeDenied, "may not read"},
		{"22012", "ERROR", false, connectors.CodeSQL, "서버의 말"},
		{"", "ERROR", false, connectors.CodeSQL, "서버의 말"},
	} {
		t.Run(fmt.Sprint(c.sqlstate, " ", c.severity), func(t *testing.T) {
			r.severity.Store(c.severity)
			r.code.Store(c.sqlstate)
			for _, times := range []int64{1, 100} {
				r.times.Store(times)
				r.met.Store(0)
				res, err := query(t, src, sql)
				asked := r.met.Load()
				r.times.Store(0)
				if c.again != (asked == 2) {
					t.Errorf("asked %d times", asked)
				}
				if c.again && times == 1 {
					if err != nil || res.Rows[0][0] != int64(1000) {
						t.Errorf("not answered the second time: %v", err)
					}
					continue
				}
				var e *connectors.Error
				if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Message, c.en) || res != nil {
					t.Fatalf("got %v", err)
				}
				if e.Korean == "" && e.Code != connectors.CodeSQL {
					t.Errorf("%s has no Korean", e.Message)
				}
			}
			if res, err := query(t, src, sql); err != nil || res.Rows[0][0] != int64(1000) {
				t.Errorf("not answered afterwards: %v", err)
			}
		})
	}
}
