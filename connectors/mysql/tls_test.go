package mysql_test

import (
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
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest/mariadbtest"
	"github.com/bapsang/bapsang/connectors/mysql"
)

// certificate makes one for this machine that signs itself, in files that the server may
// read.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, IPAddresses: []net.IP{net.ParseIP("127.0.0.1")},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "mycert") // another user has to reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	err = errors.Join(os.Chmod(dir, 0o755),
		os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// A server whose certificate nobody vouches for is refused, unless the address names who
// does, or says that it need not be verified.
func TestCertificates(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	server := mariadbtest.Start(t, "ssl=1", "ssl-cert="+cert, "ssl-key="+key)
	p := databaseOn(t, server, itemsSQL)
	p.admin(t, "ALTER USER "+p.login+" REQUIRE SSL")
	address := func(keys string) string { return strings.Replace(p.reader, "tls=false", keys, 1) }
	for _, c := range []struct{ keys, message, fix string }{
		{"", "certificate cannot be verified", "tls-ca"},
		{"tls=true", "certificate cannot be verified", "tls-ca"},
		{"tls=false", "does not accept the login", "dsn"}, // as the server says it
	} {
		_, err := mysql.Open(t.Context(), mysql.Config{DSN: address(c.keys)})
		var e *connectors.Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Fix, c.fix) {
			t.Errorf("%s: %v", c.keys, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, e), "hunter2") {
			t.Errorf("the password is in %v", err)
		}
	}
	for _, c := range []struct {
		keys, text string
		doubt      bool
	}{{"tls-ca=" + cert, "is verified", false}, {"tls=skip-verify", "nobody verifies", true}} {
		src := open(t, mysql.Config{DSN: address(c.keys)})
		if _, err := query(t, src, "SELECT COUNT(*) FROM items"); err != nil {
			t.Errorf("%s: %v", c.keys, err)
		}
		if f := mysql.Examine(t.Context(), mysql.Config{DSN: address(c.keys)})[0]; !strings.Contains(f.Text, c.text) || f.Doubt != c.doubt {
			t.Errorf("%s: %+v", c.keys, f)
		}
	}
	p.admin(t, "ALTER USER "+p.login+" REQUIRE NONE")
	if f := mysql.Examine(t.Context(), mysql.Config{DSN: p.reader})[0]; !strings.Contains(f.Text, "without encryption") || !f.Doubt {
		t.Errorf("%+v", f)
	}
}
