package postgres_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// place writes a file into a server's data folder, as the server's own.
func place(t *testing.T, server *pgtest.Server, name string, content []byte) {
	t.Helper()
	path := filepath.Join(server.Host(), "data", name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

// certificate makes one for the address of the test that signs itself.
func certificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.ParseIP("127.91.17.3")},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
}

// awaitTLS waits until a server has read its configuration anew, and lets whoever comes from
// then on in by it: it is told to, and does so when it gets to it.
func awaitTLS(t *testing.T, dsn string) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for on := ""; on != "on"; <-again.C {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		err = conn.QueryRow(t.Context(), "SHOW ssl").Scan(&on)
		if err = errors.Join(err, conn.Close(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

// A server that asks for passwords and speaks TLS: a wrong password is told as one, a
// certificate that nobody vouches for ends the connection, and neither shows the password.
func TestPasswordsAndCertificates(t *testing.T) {
	const address = "127.91.17.3" // of this machine, and of nobody else's server
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one address of their own only")
	}
	server := pgtest.Start(t, "listen_addresses="+address, "password_encryption=scram-sha-256")
	owner := server.Database(t)
	admin(t, owner, "CREATE ROLE reader LOGIN PASSWORD 'hunter2secret'", "CREATE TABLE items (id int)", "GRANT SELECT ON items TO reader")
	cert, key := certificate(t)
	place(t, server, "server.crt", cert)
	place(t, server, "server.key", key)
	place(t, server, "pg_hba.conf", []byte("local all postgres trust\nlocal all all scram-sha-256\nhost all all 0.0.0.0/0 scram-sha-256\n"))
	admin(t, owner, "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
	awaitTLS(t, owner)
	u, _ := url.Parse(owner)
	socket := func(password string) string {
		v := *u
		v.User = url.UserPassword("reader", password)
		return v.String()
	}
	fails := func(name, dsn, message string) {
		t.Run(name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn})
			var e *connectors.Error
			if !errors.As(err, &e) || e.Code != connectors.CodeUnusable || !strings.Contains(e.Message, message) || e.Fix == "" {
				t.Errorf("got %v", err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, e), "hunter2") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
	open(t, postgres.Config{DSN: socket("hunter2secret")})
	fails("wrong password", socket("hunter2wrong"), "does not accept the login")

	tcp := func(more string) string {
		return "host=" + address + " user=reader password=hunter2secret dbname=" + strings.TrimPrefix(u.Path, "/") + more
	}
	root := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(root, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	fails("a certificate that nobody vouches for", tcp(""), "certificate cannot be verified")
	open(t, postgres.Config{DSN: tcp(" sslrootcert=" + root)})
	open(t, postgres.Config{DSN: tcp(" sslmode=require")})
	for _, c := range []struct {
		more, text string
		doubt      bool
	}{{" sslrootcert=" + root, "is verified", false}, {" sslmode=require", "nobody verifies", true}, {" sslmode=disable", "without encryption", true}} {
		if f := postgres.Examine(t.Context(), postgres.Config{DSN: tcp(c.more)})[0]; !strings.Contains(f.Text, c.text) || f.Doubt != c.doubt {
			t.Errorf("%s: %+v", c.more, f)
		}
	}
}

// A database in an old Korean encoding answers in UTF-8, and one without any does not
// break what reads it.
func TestEncodings(t *testing.T) {
	server := pgtest.Shared(t)
	owner := server.Database(t)
	for encoding, want := range map[string][]string{"EUC_KR": {"밥상"}, "LATIN1": {"Zürich é"}, "SQL_ASCII": {"밥상", "밥상", "\uFFFD!"}} {
		t.Run(encoding, func(t *testing.T) {
			name := "enc_" + strings.ToLower(encoding)
			admin(t, owner, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING '"+encoding+"' LC_COLLATE 'C' LC_CTYPE 'C'")
			t.Cleanup(func() {
				conn, err := pgx.Connect(context.Background(), owner)
				if err == nil {
					_, _ = conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
					_ = conn.Close(context.Background())
				}
			})
			dsn := server.DSN(name)
			if encoding == "SQL_ASCII" {
				admin(t, dsn, `CREATE TABLE t AS SELECT * FROM (VALUES (1, E'\xb9\xe4\xbb\xf3'), (2, '밥상'), (3, E'\xff!')) AS t(id, x)`)
			} else {
				admin(t, dsn, "SET client_encoding = UTF8", "CREATE TABLE t AS SELECT 1 AS id, '"+want[0]+"' AS x")
			}
			src := open(t, postgres.Config{DSN: dsn, AllowPrivileged: true})
			res, err := query(t, src, "SELECT x FROM t ORDER BY id")
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				if res.Rows[i][0] != w {
					t.Errorf("got %q, want %q", res.Rows[i][0], w)
				}
			}
			// A text that the database has no letters for is a value that it does not hold.
			if res, err := query(t, src, "SELECT count(*) FROM t WHERE x = '뷁 🍚'"); encoding != "SQL_ASCII" && connectors.CodeOf(err) != connectors.CodeSQL || encoding == "SQL_ASCII" && (err != nil || res.Rows[0][0] != int64(0)) {
				t.Errorf("a letter that is not in the encoding: %v, %v", res, err)
			}
		})
	}
}

// A table that somebody changes is waited for only so long.
func TestLockedTable(t *testing.T) {
	owner, reader := database(t, itemsSQL)
	src := open(t, postgres.Config{DSN: reader})
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.PgConn().Exec(t.Context(), "BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE").ReadAll(); err != nil {
		t.Fatal(err)
	}
	_, err = query(t, src, "SELECT count(*) FROM items")
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeTimeout || !strings.Contains(e.Message, "locked") || e.Korean == "" {
		t.Errorf("got %v", err)
	}
}
