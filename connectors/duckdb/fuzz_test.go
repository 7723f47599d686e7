package duckdb_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

// FuzzGuard looks for a statement that reads what it may not, or that the source
// answers with anything but a result or a classified error.
func FuzzGuard(f *testing.F) {
	for _, file := range []string{"attacks.sql", "legitimate.sql"} {
		for _, sql := range corpus(f, file) {
			f.Add(sql)
		}
	}
	src := open(f, duckdb.Config{Path: makeDatabase(f, "shop.duckdb", shopSQL), Workers: 1, MemoryLimit: 256 << 20})
	f.Fuzz(func(t *testing.T, sql string) {
		res, err := query(t, src, connectors.Statement{
			SQL: sql, Tables: []string{"orders", "regions"}, MaxRows: 50, Timeout: 200 * time.Millisecond,
		})
		if err != nil {
			var e *connectors.Error
			if !errors.As(err, &e) || e.Message == "" || e.Code == connectors.CodeUnavailable || e.Code == connectors.CodeInternal {
				t.Errorf("%q: %v", sql, err)
			}
			return
		}
		if text := fmt.Sprint(res.Rows); strings.Contains(text, "hunter2") || strings.Contains(text, "root:x:") {
			t.Errorf("%q read %s", sql, text)
		}
		if len(res.Rows) > 50 {
			t.Errorf("%q: %d rows", sql, len(res.Rows))
		}
	})
}
