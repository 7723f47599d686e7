package files_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
)

func TestMain(m *testing.M) {
	roles := files.Roles()
	maps.Copy(roles, duckdb.Roles())
	confine.Main(roles)
	goleak.VerifyTestMain(m)
}

var now = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// write puts text into a file of that name and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, paths ...string) (*connectors.Catalog, string) {
	t.Helper()
	into := filepath.Join(t.TempDir(), "v1.duckdb")
	cat, err := files.Load(context.Background(), files.Config{Name: "test", Paths: paths, Into: into, Now: now})
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return cat, into
}
