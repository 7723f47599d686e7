package duckdb_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

// TestTheCatalogueIsKeptWhileTheFileStays changes the kept catalogue to see whether it
// is what a second opening takes, and the database to see that it no longer is.
func TestTheCatalogueIsKeptWhileTheFileStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "a.catalog")
	path := makeDatabase(t, "a.duckdb", `CREATE TABLE t AS SELECT DATE '2026-10-01' AS d, 1.50::DECIMAL(10,2) AS m, 'x' AS s, 7 AS n`)
	open := func() *connectors.Catalog {
		t.Helper()
		s, err := duckdb.Open(t.Context(), duckdb.Config{Name: "a", Path: path, CatalogFile: kept, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c, err := s.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := open()
	if diff := cmp.Diff(first, open()); diff != "" {
		t.Errorf("the kept catalogue differs (-read +kept):\n%s", diff)
	}
	if err := os.WriteFile(kept, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, open()); diff != "" {
		t.Errorf("after garbage (-want +got):\n%s", diff)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	if changed := open(); changed.Version == first.Version {
		t.Error("another state of the file has the same version")
	}
}
