package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

// address is a server as the configuration has it.
type address struct {
	// config chooses no database. A name without one then means a table to no server: MariaDB
	// looks for a WITH's name among the tables where the WITH is another query's.
	config   *mysql.Config
	database string
	// verified says that the server's certificate is; encrypted that there is one.
	encrypted, verified bool
	secret              func(error) error // takes credentials out of what may be logged
}

// Keys of an address. Whatever else the driver reads there is ours to set.
const (
	keyTLS   = "tls"    // true: verified, which is the default; skip-verify: any certificate; false: none
	keyTLSCA = "tls-ca" // a file with the authorities that may vouch for the server
)

// servers are databases that are the servers' own.
var servers = []string{"information_schema", "mysql", "performance_schema", "sys"}

func badAddress(what string) *connectors.Error {
	return &connectors.Error{Code: connectors.CodeBadData, Message: "The address of the database cannot be read" + what + ".",
		Fix: "Write dsn as mysql://login:password@host:3306/database, or as login:password@tcp(host:3306)/database."}
}

// readAddress reads the address. The error never holds it: there is a password in it.
func readAddress(cfg Config) (*address, error) {
	parsed, keys, err := splitDSN(cfg.DSN)
	if err != nil {
		return nil, err
	}
	out := mysql.NewConfig()
	out.User, out.Passwd, out.Net, out.Addr = parsed.User, parsed.Passwd, parsed.Net, parsed.Addr
	out.Timeout = 10 * time.Second
	out.Logger = &mysql.NopLogger{}
	out.ConnectionAttributes = "program_name:bapsang"
	out.MaxAllowedPacket = 64 << 20
	// These are so by themselves; that they stay so is what the package is about.
	out.MultiStatements, out.AllowAllFiles, out.AllowOldPasswords, out.AllowFallbackToPlaintext = false, false, false, false
	names := cfg.Schemas
	if len(names) == 0 {
		names = []string{parsed.DBName}
	}
	for _, name := range names {
		if name == "" {
			return nil, badAddress(": it names no database")
		}
		if slices.Contains(servers, strings.ToLower(name)) {
			return nil, &connectors.Error{Code: connectors.CodeDenied, Message: fmt.Sprintf("The database %s is the server's own.", name), Fix: "Name the databases that questions are about."}
		}
	}
	at := &address{config: out, database: parsed.DBName, secret: scrubber(out.Passwd)}
	return at, at.encrypt(keys, parsed.Net == "unix")
}

// splitDSN reads both forms of an address, and its keys.
func splitDSN(dsn string) (*mysql.Config, map[string]string, error) {
	keys := map[string]string{}
	scheme, _, isURL := strings.Cut(dsn, "://")
	if !isURL || scheme != "mysql" && scheme != "mariadb" {
		base, query := cutQuery(dsn)
		values, err := url.ParseQuery(query)
		if err != nil {
			return nil, nil, badAddress("")
		}
		parsed, err := mysql.ParseDSN(base)
		if err != nil {
			return nil, nil, badAddress("")
		}
		return parsed, keys, takeKeys(values, keys)
	}
	u, err := url.Parse(dsn)
	if err != nil || u.User == nil {
		return nil, nil, badAddress("")
	}
	out := mysql.NewConfig()
	out.User, out.Net = u.User.Username(), "tcp"
	out.Passwd, _ = u.User.Password()
	out.DBName = strings.TrimPrefix(u.Path, "/")
	values := u.Query()
	if socket := values.Get("socket"); socket != "" {
		out.Net, out.Addr = "unix", socket
		values.Del("socket")
		return out, keys, takeKeys(values, keys)
	}
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	if u.Hostname() == "" {
		return nil, nil, badAddress("")
	}
	out.Addr = net.JoinHostPort(u.Hostname(), port)
	return out, keys, takeKeys(values, keys)
}

// cutQuery takes the keys off an address of the driver's form. The driver would look up
// what tls names, and some names are ours.
func cutQuery(dsn string) (base, query string) {
	from := strings.LastIndexByte(dsn, '@') + 1
	if i := strings.Index(dsn[from:], ")/"); i >= 0 {
		from += i
	}
	if i := strings.IndexByte(dsn[from:], '?'); i >= 0 {
		return dsn[:from+i], dsn[from+i+1:]
	}
	return dsn, ""
}

// driverKeys are what addresses of the driver may hold, and what is ours to set.
var driverKeys = []string{"allowNativePasswords", "charset", "collation", "loc", "maxAllowedPacket", "parseTime", "readTimeout", "timeout", "writeTimeout"}

func takeKeys(values url.Values, keys map[string]string) error {
	for key := range values {
		switch {
		case key == keyTLS, key == keyTLSCA:
			keys[key] = values.Get(key)
		case !slices.Contains(driverKeys, key):
			return badAddress(fmt.Sprintf(": it has a key %s, which is not known", kit.Quoted(key)))
		}
	}
	return nil
}

// encrypt sets how the connection is encrypted.
func (a *address) encrypt(keys map[string]string, socket bool) error {
	how := strings.ToLower(keys[keyTLS])
	ca := keys[keyTLSCA]
	if how == "" && socket {
		return nil
	}
	host, _, err := net.SplitHostPort(a.config.Addr)
	if err != nil {
		host = a.config.Addr
	}
	switch how {
	case "", "true", "1", "verify":
		a.config.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
		a.encrypted, a.verified = true, true
		if ca != "" {
			return a.trust(ca)
		}
	case "skip-verify":
		a.config.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // as it says; the doctor says so too
		a.encrypted = true
	case "false", "0":
	default:
		return badAddress(": tls is true, skip-verify or false")
	}
	return nil
}

// trust takes the authorities of a file for those who may vouch for the server.
func (a *address) trust(file string) error {
	pem, err := os.ReadFile(file)
	if err == nil {
		a.config.TLS.RootCAs = x509.NewCertPool()
		if !a.config.TLS.RootCAs.AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in it")
		}
	}
	if err != nil {
		return &connectors.Error{Code: connectors.CodeBadData, Message: "The file of authorities that the address names cannot be read.", Fix: "Look at tls-ca in dsn: it is a file of certificates in PEM.", Err: err}
	}
	return nil
}

// connector makes sessions.
type connector struct {
	driver.Connector
	cfg Config
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, connectError{err}
	}
	made, err := setup(ctx, raw, c.cfg)
	if err != nil {
		_ = raw.Close() // the error says enough
		return nil, err
	}
	return made, nil
}

// connectError is one of connecting: some errors mean another thing later.
type connectError struct{ error }

func (e connectError) Unwrap() error { return e.error }

// scrubber takes a password out of errors.
func scrubber(password string) func(error) error {
	return func(err error) error {
		if err == nil || password == "" {
			return err
		}
		text := err.Error()
		for _, form := range []string{password, url.QueryEscape(password), url.PathEscape(password)} {
			text = strings.ReplaceAll(text, form, "…")
		}
		return errors.New(text)
	}
}
