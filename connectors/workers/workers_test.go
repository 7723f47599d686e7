package workers_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/workers"
)

// Every kind of cell comes over as it was, and with it the columns.
func TestAnswers(t *testing.T) {
	p := start(t, configure(1))
	res, err := p.Run(t.Context(), workers.Request{SQL: "kinds"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kinds, res.Rows); diff != "" {
		t.Error(diff)
	}
	if want := []connectors.Column{{Name: "열0", Type: "ANY"}}; !cmp.Equal(res.Columns, want) || res.Truncated || res.Elapsed <= 0 {
		t.Errorf("columns %v, truncated %v, after %s", res.Columns, res.Truncated, res.Elapsed)
	}
	// An engine that prints does so into nobody's answer.
	if res, err := p.Run(t.Context(), workers.Request{SQL: "print"}); err != nil || res.Rows[0][0] != "printed" {
		t.Errorf("%v, %v", res, err)
	}
}

// A result is as large as one may be, and the worker goes on whatever was too much.
func TestCaps(t *testing.T) {
	p := start(t, configure(1))
	pid, _ := who(t, p)
	for _, c := range []struct {
		sql             string
		most, least, to int
		truncated       bool
	}{
		{"rows 0 1", 0, 0, 0, false},
		{"rows 7 1", 7, 7, 7, false},
		{"rows 8 1", 7, 7, 7, true},
		{"rows 1000000 1", 0, connectors.DefaultMaxRows, connectors.DefaultMaxRows, true},
		{"rows 100 1000000", 0, 10, connectors.MaxResultBytes / 1_000_000, true},
		{"rows 10000000 0", 10_000_000, 1_000_000, connectors.MaxResultBytes / 8, true}, // empty cells have a size, too
		{"wide 4096", 0, 1, 1, false},
	} {
		res, err := p.Run(t.Context(), workers.Request{SQL: c.sql, MaxRows: c.most})
		if err != nil || len(res.Rows) < c.least || len(res.Rows) > c.to || res.Truncated != c.truncated {
			t.Errorf("%s: %v, %d rows, truncated %v", c.sql, err, len(res.Rows), res != nil && res.Truncated)
		}
	}
	fails(t, p, fmt.Sprintf("rows 1 %d", connectors.MaxResultBytes+1), 0, connectors.CodeTooLarge)
	fails(t, p, "no such thing", 0, connectors.CodeSQL)
	if after, _ := who(t, p); after != pid {
		t.Error("the worker was replaced")
	}
	fails(t, p, "wide 4097", 0, connectors.CodeUnavailable) // which no engine of ours does
	who(t, p)
}

// What an engine says of a failure comes over with all of its words.
func TestFailuresAreTold(t *testing.T) {
	e := fails(t, start(t, configure(1)), "shrug", 0, connectors.CodeSQL)
	if e.Message != "no shrug" || e.Korean != "안 됩니다." || e.Fix != "Ask otherwise." {
		t.Errorf("%+v", e)
	}
}

// More callers than workers are served one after the other, by as many processes as there
// are, and each gets its own answer.
func TestHandOver(t *testing.T) {
	p := start(t, configure(3))
	var seen sync.Map
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			for j := range 10 {
				n := 1 + (i*10+j)%50
				res, err := p.Run(t.Context(), workers.Request{SQL: fmt.Sprintf("rows %d %d", n, i)})
				if err != nil || len(res.Rows) != n || res.Rows[0][0] != strings.Repeat("x", i) {
					t.Errorf("%v, %v", res, err)
				}
				if res, err = p.Run(t.Context(), workers.Request{SQL: "who"}); err == nil {
					seen.Store(res.Rows[0][0], true)
				}
			}
		})
	}
	all.Wait()
	n := 0
	seen.Range(func(any, any) bool { n++; return true })
	if n < 1 || n > 3 || len(connectorstest.Children(t)) != 3 {
		t.Errorf("%d processes answered", n)
	}
}

// Who waits for a worker waits no longer than its time or its patience, and takes no place.
func TestWaiting(t *testing.T) {
	p := start(t, configure(1))
	pid, _ := who(t, p)
	busy, leave := context.WithCancel(t.Context())
	defer leave()
	done := make(chan error, 1)
	go func() {
		_, err := p.Run(busy, workers.Request{SQL: "spin"})
		done <- err
	}()
	connectorstest.AwaitBusy(t, int(pid))
	fails(t, p, "who", 20*time.Millisecond, connectors.CodeTimeout)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Run(gone, workers.Request{SQL: "who"}); connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Error(err)
	}
	leave()
	if err := <-done; connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Error(err)
	}
	who(t, p)
}

// cancelTries is how often a worker may be killed that was about to heed, or a query given up
// before it had a worker: on a machine with much else to do both come of chance.
const cancelTries = 10

// A worker that heeds the end of a query goes on; one that does not is killed, and another
// answers.
func TestCancel(t *testing.T) {
	p := start(t, configure(1))
	for _, code := range []connectors.Code{connectors.CodeCancelled, connectors.CodeTimeout} {
		// replaced gives a query up and reports whether another worker answers afterwards.
		replaced := func(sql string) bool {
			before, _ := who(t, p)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			timeout := 50 * time.Millisecond
			if code == connectors.CodeCancelled {
				timeout = 0
				time.AfterFunc(50*time.Millisecond, cancel)
			}
			if _, err := p.Run(ctx, workers.Request{SQL: sql, Timeout: timeout}); connectors.CodeOf(err) != code {
				t.Errorf("%s: %v, not %s", sql, err, code)
			}
			after, asked := who(t, p)
			if after != before && asked != 1 {
				t.Errorf("%s, %s: a fresh worker was asked %d times", code, sql, asked)
			}
			return after != before
		}
		for sql, want := range map[string]bool{"wait": false, "hang": true, "spin": true} {
			for try := 1; replaced(sql) != want; try++ {
				if try == cancelTries {
					t.Fatalf("%s, %s: the worker was replaced %v, each of %d times", code, sql, !want, try)
				}
			}
		}
	}
}

// A cancel that comes too late for one query is none of the next.
func TestLateCancel(t *testing.T) {
	p := start(t, configure(1))
	for i := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		answered := make(chan error, 1)
		go func() {
			_, err := p.Run(ctx, workers.Request{SQL: "who"})
			answered <- err
		}()
		if i%3 > 0 {
			time.AfterFunc(time.Duration(i%50)*10*time.Microsecond, cancel)
		}
		err := <-answered
		cancel()
		if err != nil && connectors.CodeOf(err) != connectors.CodeCancelled {
			t.Fatal(err)
		}
		if _, err := p.Run(t.Context(), workers.Request{SQL: "who"}); err != nil {
			t.Fatalf("the next one: %v", err)
		}
	}
}

// However a worker ends, whoever asked it is told, once, and the next is answered by
// another.
func TestWorkersEnd(t *testing.T) {
	cfg := configure(1)
	cfg.Limits.AddressSpace = 2 << 30
	p := start(t, cfg)
	last, _ := who(t, p)
	for sql, code := range map[string]connectors.Code{
		"exit 0": connectors.CodeUnavailable, "exit 3": connectors.CodeUnavailable, "panic": connectors.CodeUnavailable,
		"broken": connectors.CodeInternal, "hold": connectors.CodeTooLarge,
	} {
		e := fails(t, p, sql, 10*time.Minute, code) // two gigabytes take a busy machine more than one
		if strings.Contains(e.Message, "goroutine") {
			t.Errorf("%s: %s", sql, e.Message)
		}
		next, asked := who(t, p)
		if next == last || asked != 1 {
			t.Errorf("%s: the worker was not replaced", sql)
		}
		last = next
	}
}

// Workers that died while they were idle cost nobody an answer.
func TestIdleWorkersDie(t *testing.T) {
	p := start(t, configure(3))
	for range 3 {
		for _, pid := range connectorstest.Children(t) {
			// One killed the time before may be reaped just now.
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				t.Fatal(err)
			}
		}
		for range 4 {
			who(t, p)
		}
	}
}

// What is open may change: a worker of before is not asked, and where nobody can tell, that
// is the answer, after which all goes on.
func TestStamps(t *testing.T) {
	var stamp atomic.Value
	stamp.Store("one")
	gone := &connectors.Error{Code: connectors.CodeNotFound, Message: "The file is not there."}
	cfg := configure(2)
	cfg.Stamp = func() (string, error) {
		if s := stamp.Load().(string); s != "" {
			return s, nil
		}
		return "", gone
	}
	p := start(t, cfg)
	before := map[int64]bool{}
	for range 4 {
		pid, _ := who(t, p)
		before[pid] = true
	}
	stamp.Store("two")
	for range 4 {
		if pid, _ := who(t, p); before[pid] {
			t.Error("a worker of before was asked")
		}
	}
	stamp.Store("")
	for range 5 {
		fails(t, p, "who", 0, connectors.CodeNotFound)
	}
	stamp.Store("two")
	who(t, p)
}

// An engine that cannot be opened says why, and leaves nothing behind.
func TestNotOpened(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	short, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	for name, c := range map[string]struct {
		ctx  context.Context
		open any
		role string
		code connectors.Code
	}{
		"refused":      {t.Context(), toyOpen{Refuse: "it has no wheels"}, "toy", connectors.CodeBadData},
		"no such role": {t.Context(), toyOpen{}, "nobody", connectors.CodeUnavailable},
		"no message":   {t.Context(), func() {}, "toy", connectors.CodeUnavailable},
		"another's":    {t.Context(), "a text", "toy", connectors.CodeBadData},
		"for ever":     {short, toyOpen{Mute: true}, "toy", connectors.CodeTimeout},
		"ended":        {ended, toyOpen{}, "toy", connectors.CodeCancelled},
	} {
		cfg := configure(2)
		cfg.Open, cfg.Role = c.open, c.role
		p, err := workers.Start(c.ctx, cfg)
		var e *connectors.Error
		if p != nil || !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if name == "refused" && (e.Message != "The toy is broken." || e.Korean == "" || e.Fix == "" || !strings.Contains(err.Error(), "wheels")) {
			t.Errorf("%+v", e)
		}
	}
	if left := connectorstest.Children(t); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// Closing ends what runs and what waits, once, and lets nobody in.
func TestClose(t *testing.T) {
	p := start(t, configure(2))
	pids := connectorstest.Children(t)
	answers := make(chan error)
	ask := func(sql string) {
		_, err := p.Run(t.Context(), workers.Request{SQL: sql})
		answers <- err
	}
	for range pids {
		go ask("spin")
	}
	for _, pid := range pids {
		connectorstest.AwaitBusy(t, pid)
	}
	for _, sql := range []string{"who", "wait", "who"} {
		go ask(sql)
	}
	var closing sync.WaitGroup
	for range 3 {
		closing.Go(p.Close)
	}
	for range 5 {
		// One of those that ask nothing long may have been answered before.
		if err := <-answers; err != nil && connectors.CodeOf(err) != connectors.CodeUnavailable {
			t.Error(err)
		}
	}
	closing.Wait()
	if left := connectorstest.Children(t); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
	if _, err := p.Run(t.Context(), workers.Request{SQL: "who"}); connectors.CodeOf(err) != connectors.CodeUnavailable {
		t.Error(err)
	}
}
