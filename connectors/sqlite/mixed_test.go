package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

var pieces = regexp.MustCompile(`\w+|\s+|.`)

// mixed is a statement made of two others: pieces replaced, left out, put in, put together.
func mixed(r *rand.Rand, one, other string) string {
	a, b := pieces.FindAllString(one, -1), pieces.FindAllString(other, -1)
	for range 1 + r.Intn(4) {
		i, j := r.Intn(len(a)), r.Intn(len(b))
		before, after := strings.Join(a[:i], ""), strings.Join(a[i:], "")
		switch r.Intn(5) {
		case 0:
			after = b[j] + strings.Join(a[i+1:], "")
		case 1:
			after = strings.Join(a[i+1:], "") + " "
		case 2:
			after = strings.Join(b[j:], "")
		case 3:
			after = "(" + other + ")" + after
		case 4:
			after = b[j] + after
		}
		a = pieces.FindAllString(before+after, -1)
	}
	return strings.Join(a, "")
}

// Statements mixed of attacks and honest ones are refused by the proof, or read what they
// may: none is left to what lies behind the proof.
func TestMixedStatements(t *testing.T) {
	all := append(lines(t, "testdata/attacks.sql"), lines(t, "testdata/honest.sql")...)
	path := database(t, trapSQL)
	src := open(t, sqlite.Config{Path: path, Workers: 1, MemoryLimit: 128 << 20})
	before := contents(t, filepath.Dir(path))
	r := rand.New(rand.NewSource(2)) //nolint:gosec // the same ones each time
	ran := 0
	for range 4000 {
		sql := mixed(r, all[r.Intn(len(all))], all[r.Intn(len(all))])
		res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Tables: []string{"items"}, MaxRows: 50, Timeout: 200 * time.Millisecond})
		var e *connectors.Error
		switch {
		case err == nil:
			ran++
			if text := fmt.Sprint(res.Rows); strings.Contains(text, "hunter2") && !strings.Contains(sql, "hunter2") || len(res.Rows) > 50 {
				t.Errorf("%q read %.300s", sql, text)
			}
		case !errors.As(err, &e) || e.Code == connectors.CodeUnavailable || e.Code == connectors.CodeInternal || strings.Contains(e.Message, "not authorized") || strings.Contains(e.Message, "or a view that it reads"):
			t.Errorf("%q: %v", sql, err)
		}
	}
	if after := contents(t, filepath.Dir(path)); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if t.Logf("%d ran", ran); ran == 0 {
		t.Error("nothing ran: that is no test of the proof")
	}
}
