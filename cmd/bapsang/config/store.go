package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The drivers of the store.
const (
	StoreBolt     = "bolt"
	StorePostgres = "postgres"
)

// Store says where questions and answers are kept.
type Store struct {
	// Driver is "bolt", a file in data_dir for one process and the default, or "postgres"
	// for any number of processes. The other keys are of postgres.
	Driver string `yaml:"driver"`
	// DSN is a URL such as postgres://bapsang@db/bapsang?sslmode=verify-full.
	DSN     string `yaml:"dsn"`
	DSNFile string `yaml:"dsn_file"` // read instead of dsn
	// ListenDSN leads past a pooler that hands out connections by transaction, on which
	// nobody can wait for notifications; default dsn.
	ListenDSN string `yaml:"listen_dsn"`
	// Schema holds the tables; default bapsang.
	Schema string `yaml:"schema"`
	// MaxConns bounds the connections of a process, one that listens not counted; default 10.
	MaxConns int `yaml:"max_conns"`
}

// schemaName is what a schema may be called without quotes.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (c *Config) validateStore(wrong func(path, format string, args ...any)) {
	s := &c.Store
	switch s.Driver {
	case StoreBolt:
		if s.DSN != "" || s.DSNFile != "" || s.ListenDSN != "" || s.Schema != "" || s.MaxConns != 0 {
			wrong("$.store", "the store bolt is a file in data_dir and takes no other keys; did you mean driver: postgres?")
		}
		return
	case StorePostgres:
	default:
		wrong("$.store.driver", "store driver %q is not known; there are bolt and postgres", s.Driver)
		return
	}
	switch {
	case s.DSN != "" && s.DSNFile != "":
		wrong("$.store", "the store has both dsn and dsn_file; keep one")
	case s.DSNFile != "":
		data, err := os.ReadFile(rooted(filepath.Dir(c.file), s.DSNFile))
		if err != nil {
			wrong("$.store.dsn_file", "store: dsn_file: %v", err)
		} else if s.DSN = strings.TrimSpace(string(data)); s.DSN == "" {
			wrong("$.store.dsn_file", "store: dsn_file is empty")
		}
	case s.DSN == "":
		wrong("$.store", "the store has no dsn, such as postgres://bapsang@db/bapsang")
	}
	for _, dsn := range []struct{ key, value string }{{"dsn", s.DSN}, {"listen_dsn", s.ListenDSN}} {
		if dsn.value == "" {
			continue
		}
		if _, err := pgconn.ParseConfig(dsn.value); err != nil { // its error hides the password
			wrong("$.store", "store: %s: %v", dsn.key, err)
		}
	}
	if s.Schema != "" && !schemaName.MatchString(s.Schema) {
		wrong("$.store.schema", "store: schema %q: use lower-case letters, digits and _, at most 63", s.Schema)
	}
	if s.MaxConns < 0 || s.MaxConns > 1000 {
		wrong("$.store.max_conns", "store: max_conns %d must be between 1 and 1000", s.MaxConns)
	}
}
