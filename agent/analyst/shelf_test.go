package analyst_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/connectors"
)

// opener opens fake sources and remembers them by the paths they were made of.
type opener struct {
	mu     sync.Mutex
	opened []*source
	paths  [][]string
	names  []string
	hold   chan struct{}
	begun  chan struct{}
}

func (o *opener) open(_ context.Context, name string, paths []string, into string) (connectors.Source, error) {
	if _, err := os.Stat(into); err != nil {
		return nil, err
	}
	for _, p := range paths {
		if strings.Contains(p, "bad") {
			return nil, connectors.Errorf(connectors.CodeBadData, "bad.csv is broken")
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &source{hold: o.hold, begun: o.begun}
	o.names = append(o.names, name)
	o.opened, o.paths = append(o.opened, s), append(o.paths, slices.Clone(paths))
	return s, nil
}

func (o *opener) open1(i int) *source {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.opened[i]
}

func (o *opener) stillOpen() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.opened {
		if !s.isClosed() {
			n++
		}
	}
	return n
}

func shelf(t *testing.T, dir string, o *opener) (*analyst.Shelf, *analyst.Roster) {
	t.Helper()
	s := analyst.NewShelf(dir, o.open)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if n := o.stillOpen(); n != 0 {
			t.Errorf("%d sources are open after Close", n)
		}
	})
	return s, analyst.NewRoster(nil, nil, s)
}

func put(t *testing.T, s *analyst.Shelf, thread string, paths ...string) string {
	t.Helper()
	name, err := s.Put(t.Context(), thread, paths)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func ask(t *testing.T, a *agent.Analyst) {
	t.Helper()
	if _, err := a.Source.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT 1"}); err != nil {
		t.Errorf("query: %v", err)
	}
}

func find(t *testing.T, r *analyst.Roster, name string) *agent.Analyst {
	t.Helper()
	a, err := r.Analyst(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestShelfMergesReplacesAndKeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	o := &opener{}
	dir := t.TempDir()
	s, r := shelf(t, dir, o)
	name := put(t, s, "t1", "/u/1/a.csv")
	if again := put(t, s, "t1", "/u/1/a.csv"); again != name || len(o.opened) != 1 {
		t.Errorf("the same file again: %s, opened %d times", again, len(o.opened))
	}
	put(t, s, "t1", "/u/2/b.csv")
	put(t, s, "t1", "/u/3/a.csv") // corrected, dropped again
	want := [][]string{{"/u/1/a.csv"}, {"/u/1/a.csv", "/u/2/b.csv"}, {"/u/3/a.csv", "/u/2/b.csv"}}
	if fmt.Sprint(o.paths) != fmt.Sprint(want) {
		t.Errorf("opened %v, want %v", o.paths, want)
	}
	if fmt.Sprint(o.names) != "[a.csv a.csv +1 a.csv +1]" {
		t.Errorf("people see the sources as %q", o.names)
	}
	if !o.open1(0).isClosed() || !o.open1(1).isClosed() || o.open1(2).isClosed() {
		t.Error("the sources of earlier files are not closed, or the present one is")
	}
	if _, err := s.Put(t.Context(), "t1", []string{"/u/4/bad.csv"}); connectors.CodeOf(err) != connectors.CodeBadData {
		t.Errorf("a broken file: %v", err)
	}
	ask(t, find(t, r, name))
	if other := put(t, s, "t2", "/u/5/c.csv"); other == name {
		t.Error("two threads share an analyst")
	}
	for _, none := range []string{"files-", "files-nope", "files-../x", "files-..", `files-a\b`, "files-" + strings.Repeat("a", 300)} {
		if _, err := r.Analyst(t.Context(), none); !errors.Is(err, agent.ErrNoAnalyst) {
			t.Errorf("%q: %v", none, err)
		}
	}
	// After a restart the broken file is not there, the others are.
	o2 := &opener{}
	_, r2 := shelf(t, dir, o2)
	ask(t, find(t, r2, name))
	if fmt.Sprint(o2.paths) != fmt.Sprint(want[2:]) {
		t.Errorf("after a restart opened %v", o2.paths)
	}
}

func TestShelfWithADamagedManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, r := shelf(t, dir, &opener{})
	name := put(t, s, "t1", "/u/a.csv")
	if err := os.WriteFile(filepath.Join(dir, name, "files.json"), []byte(`{"pat`), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, find(t, r, name)) // still open
	s2, r2 := shelf(t, dir, &opener{})
	if _, err := r2.Analyst(t.Context(), name); err == nil || errors.Is(err, agent.ErrNoAnalyst) {
		t.Errorf("an unreadable manifest: %v", err)
	}
	if _, err := s2.Put(t.Context(), "t1", []string{"/u/b.csv"}); err == nil {
		t.Error("files were added to a manifest that cannot be read")
	}
}

// TestShelfHoldsOnlySoManyOpen uses more threads than may be open while each is asked.
func TestShelfHoldsOnlySoManyOpen(t *testing.T) {
	t.Parallel()
	o := &opener{}
	s, r := shelf(t, t.TempDir(), o)
	var held []*agent.Analyst
	for i := range 40 {
		held = append(held, find(t, r, put(t, s, fmt.Sprint("t", i), "/u/a.csv")))
	}
	if n := o.stillOpen(); n > 16 {
		t.Errorf("%d sources are open", n)
	}
	for _, a := range held { // whoever holds one may ask it, whenever
		ask(t, a)
	}
	if n := o.stillOpen(); n > 16 {
		t.Errorf("%d sources are open after each was asked", n)
	}
}

// TestShelfClosesNothingThatIsAsked evicts and replaces a source while a query runs.
func TestShelfClosesNothingThatIsAsked(t *testing.T) {
	t.Parallel()
	o := &opener{hold: make(chan struct{}), begun: make(chan struct{}, 1)}
	s, r := shelf(t, t.TempDir(), o)
	name := put(t, s, "t0", "/u/1/a.csv")
	first := find(t, r, name)
	result := make(chan error, 1)
	go func() {
		_, err := first.Source.Query(context.Background(), connectors.Caller{}, connectors.Statement{SQL: "SELECT 1"})
		result <- err
	}()
	<-o.begun
	put(t, s, "t0", "/u/2/a.csv")
	for i := range 20 {
		put(t, s, fmt.Sprint("other", i), "/u/a.csv")
	}
	if o.open1(0).isClosed() {
		t.Error("a source was closed under a running query")
	}
	close(o.hold)
	if err := <-result; err != nil {
		t.Errorf("the query: %v", err)
	}
	if !o.open1(0).isClosed() {
		t.Error("a retired source is open although nobody asks it any more")
	}
}

func TestShelfUnderConcurrentPuts(t *testing.T) {
	t.Parallel()
	o := &opener{}
	dir := t.TempDir()
	s, r := shelf(t, dir, o)
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			name, err := s.Put(t.Context(), fmt.Sprint("t", i%20), []string{fmt.Sprintf("/u/%d/f%d.csv", i, i/20)})
			if err != nil {
				t.Error(err)
				return
			}
			a, err := r.Analyst(t.Context(), name)
			if err != nil {
				t.Error(err)
				return
			}
			ask(t, a)
		})
	}
	all.Wait()
	o2 := &opener{}
	s2, _ := shelf(t, dir, o2)
	for i := range 20 {
		put(t, s2, fmt.Sprint("t", i), fmt.Sprintf("/u/%d/f0.csv", i))
		if got := o2.paths[i]; len(got) != 3 {
			t.Errorf("thread %d remembers %v, not its three files", i, got)
		}
	}
}

func TestShelfWaitsNoLongerThanItsCaller(t *testing.T) {
	t.Parallel()
	begun, release := make(chan struct{}), make(chan struct{})
	s := analyst.NewShelf(t.TempDir(), func(context.Context, string, []string, string) (connectors.Source, error) {
		close(begun)
		<-release
		return &source{}, nil
	})
	loaded := make(chan error, 1)
	go func() {
		_, err := s.Put(context.Background(), "t", []string{"/u/a.csv"})
		loaded <- err
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, "t", []string{"/u/b.csv"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who gave up gets %v", err)
	}
	close(release)
	if err := <-loaded; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Put(t.Context(), "t", []string{"/u/c.csv"}); err == nil {
		t.Error("a closed shelf takes files")
	}
}
