package sqlite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

// FuzzProof looks for a statement that reads what it may not, or that the source answers
// with anything but a result or a classified error.
func FuzzProof(f *testing.F) {
	for _, name := range []string{"attacks.sql", "honest.sql"} {
		for _, sql := range lines(f, "testdata/"+name) {
			f.Add(sql)
		}
	}
	src := open(f, sqlite.Config{Path: database(f, trapSQL), Workers: 1, MemoryLimit: 128 << 20})
	f.Fuzz(func(t *testing.T, sql string) {
		res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Tables: []string{"items"}, MaxRows: 50, Timeout: 100 * time.Millisecond})
		if err != nil {
			var e *connectors.Error
			if !errors.As(err, &e) || e.Message == "" || e.Code == connectors.CodeUnavailable || e.Code == connectors.CodeInternal || strings.Contains(e.Message, "not authorized") || strings.Contains(e.Message, "or a view that it reads") {
				t.Errorf("%q: %v", sql, err)
			}
			return
		}
		if text := fmt.Sprint(res.Rows); strings.Contains(text, "hunter2") || strings.Contains(text, "CREATE TABLE") || len(res.Rows) > 50 {
			t.Errorf("%q read %.300s", sql, text)
		}
	})
}
