package files_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/files"
	"github.com/bapsang/bapsang/connectors/progress"
)

// TestALoadTellsHowFarItIs follows texts of several megabytes.
func TestALoadTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	var csv, ndjson strings.Builder
	csv.WriteString("no,name\n")
	for i := range 200_000 {
		fmt.Fprintf(&csv, "%d,서울특별시 %d\n", i, i)
		fmt.Fprintf(&ndjson, "{\"no\":%d,\"name\":\"서울특별시 %d\"}\n", i, i)
	}
	for name, text := range map[string]string{"a.csv": csv.String(), "a.ndjson": ndjson.String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told, last := 0, int64(0)
			ctx := progress.With(t.Context(), func(done, total int64) {
				if told++; total != int64(len(text)) || done <= 0 || done > total || done < last {
					t.Errorf("%d of %d after %d", done, total, last)
				}
				last = done
			})
			_, err := files.Load(ctx, files.Config{Paths: []string{write(t, name, text)}, Into: filepath.Join(t.TempDir(), "v.duckdb"), Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if told == 0 {
				t.Error("nothing was told")
			}
		})
	}
}

// TestALoadEndsWhenItIsStopped stops a load that has a minute before it.
func TestALoadEndsWhenItIsStopped(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("no,name,price\n")
	for i := range 2_000_000 {
		fmt.Fprintf(&b, "%d,상품 %d,\"%d,000원\"\n", i, i%5000, i%100)
	}
	dir := t.TempDir()
	into := filepath.Join(dir, "v.duckdb")
	ctx, cancel := context.WithCancel(t.Context())
	var stopped time.Time
	_, err := files.Load(progress.With(ctx, func(_, _ int64) {
		if stopped.IsZero() {
			stopped = time.Now()
			cancel()
		}
	}), files.Config{Paths: []string{write(t, "a.csv", b.String())}, Into: into, Now: now})
	if connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Fatalf("ended with %v", err)
	}
	if took := time.Since(stopped); took > 30*time.Second {
		t.Errorf("went on for %s", took)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
