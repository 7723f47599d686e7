package analyst_test

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source has one table, sales, and answers what hold lets through.
type source struct {
	mu     sync.Mutex
	asked  []string
	closed bool
	hold   chan struct{} // queries wait for it unless nil
	begun  chan struct{} // told of every query that waits
	refuse func(sql string) error
}

func (s *source) Catalog(context.Context) (*connectors.Catalog, error) {
	column := func(name string, kind connectors.Kind) *connectors.ColumnInfo {
		return &connectors.ColumnInfo{Name: name, Kind: kind}
	}
	return &connectors.Catalog{Source: "shop", Version: "1", Tables: []*connectors.Table{
		{Name: "sales", Rows: 3, Columns: []*connectors.ColumnInfo{
			column("day", connectors.KindDate), column("region", connectors.KindText), column("amount", connectors.KindInteger),
		}},
		{Name: "secrets", Rows: 3, Columns: []*connectors.ColumnInfo{column("region", connectors.KindText)}},
	}}, nil
}

func (s *source) Query(_ context.Context, _ connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	s.mu.Lock()
	closed := s.closed
	s.asked = append(s.asked, stmt.SQL)
	s.mu.Unlock()
	if closed {
		return nil, connectors.Errorf(connectors.CodeUnavailable, "asked after it was closed")
	}
	if s.hold != nil {
		s.begun <- struct{}{}
		<-s.hold
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return nil, connectors.Errorf(connectors.CodeUnavailable, "closed while it was asked")
		}
	}
	if s.refuse != nil {
		if err := s.refuse(stmt.SQL); err != nil {
			return nil, err
		}
	}
	return &connectors.Result{}, nil
}

func (s *source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *source) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// folder is files in memory.
type folder map[string]string

func (f folder) open(path string) ([]byte, error) {
	content, ok := f[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return []byte(content), nil
}

// lines checks what an error says, line by line, each by how it begins.
func lines(t *testing.T, name string, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %q", name, want)
		return
	}
	got := strings.Split(err.Error(), "\n")
	if len(got) != len(want) {
		t.Errorf("%s: %d problems, want %d:\n%s", name, len(got), len(want), err)
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("%s: %q, want %q in it", name, got[i], want[i])
		}
	}
}
