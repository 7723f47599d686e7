package connectors_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

// fake is a source whose answers a test decides.
type fake struct {
	answer func(ctx context.Context) (*connectors.Result, error)

	mu            sync.Mutex
	running, most int
	calls         []time.Time
	closed        int
}

// alone counts for one guard.
func alone() connectors.Board { return quota.New(quota.Options{}) }

func (f *fake) Catalog(context.Context) (*connectors.Catalog, error) {
	return &connectors.Catalog{Source: "shop"}, nil
}

func (f *fake) Close() error { f.closed++; return nil }

func (f *fake) Query(ctx context.Context, _ connectors.Caller, _ connectors.Statement) (*connectors.Result, error) {
	f.mu.Lock()
	f.running++
	f.most = max(f.most, f.running)
	f.calls = append(f.calls, time.Now())
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.running--
		f.mu.Unlock()
	}()
	return f.answer(ctx)
}

func rows(n int) func(context.Context) (*connectors.Result, error) {
	return func(context.Context) (*connectors.Result, error) {
		return &connectors.Result{Rows: make([][]any, n)}, nil
	}
}

// lasting answers after d, or with what the end of ctx means.
func lasting(d time.Duration) func(context.Context) (*connectors.Result, error) {
	return func(ctx context.Context) (*connectors.Result, error) {
		select {
		case <-time.After(d):
			return &connectors.Result{}, nil
		case <-ctx.Done():
			return nil, connectors.Errorf(connectors.CodeTimeout, "Too slow.")
		}
	}
}

func agreed(c connectors.Contract) connectors.Contract {
	c.Owner, c.Agreed = "#data", time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	return c
}

// burst makes n calls at once and returns their errors' codes, counted.
func burst(ctx context.Context, src connectors.Source, n int) map[connectors.Code]int {
	var mu sync.Mutex
	codes := map[connectors.Code]int{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{})
			mu.Lock()
			defer mu.Unlock()
			codes[connectors.CodeOf(err)]++
		})
	}
	wg.Wait()
	return codes
}

func TestGuardBoundsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: lasting(time.Second)}
		src := connectors.Guard(f, agreed(connectors.Contract{Concurrency: 3}), connectors.Hooks{Board: alone()})
		start := time.Now()
		codes := burst(t.Context(), src, 9)
		if f.most != 3 || time.Since(start) != 3*time.Second || codes[""] != 9 {
			t.Errorf("at once %d, took %s, codes %v", f.most, time.Since(start), codes)
		}
	})
}

func TestGuardTricklesWithoutAgreement(t *testing.T) {
	for name, contract := range map[string]connectors.Contract{
		"nothing":  {Concurrency: 8},
		"no date":  {Concurrency: 8, Owner: "#data"},
		"no owner": {Concurrency: 8, Agreed: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			f := &fake{answer: lasting(time.Second)}
			src := connectors.Guard(f, contract, connectors.Hooks{Board: alone(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
			burst(t.Context(), src, 4)
			if f.most != 1 {
				t.Errorf("%s: %d at once", name, f.most)
			}
			if n := strings.Count(log.String(), "nobody agreed"); n != 1 || !strings.Contains(log.String(), "system=shop") {
				t.Errorf("%s: log:\n%s", name, log.String())
			}
		})
	}
}

func TestGuardWaitsNoLongerThanTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: lasting(10 * time.Second)}
		src := connectors.Guard(f, agreed(connectors.Contract{Concurrency: 1, Timeout: 4 * time.Second}), connectors.Hooks{Board: alone()})
		start := time.Now()
		codes := burst(t.Context(), src, 3)
		if codes[connectors.CodeTimeout] != 3 || time.Since(start) != 4*time.Second {
			t.Errorf("codes %v after %s", codes, time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		go burst(t.Context(), src, 1)
		synctest.Wait()
		start = time.Now()
		_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{})
		if connectors.CodeOf(err) != connectors.CodeCancelled || time.Since(start) != time.Second {
			t.Errorf("cancelled while waiting: %v after %s", err, time.Since(start))
		}
		<-time.After(10 * time.Second)
	})
}

func TestGuardKeepsRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: rows(0)}
		rates, err := connectors.ParseRates("3/s, 5/m")
		if err != nil {
			t.Fatal(err)
		}
		src := connectors.Guard(f, agreed(connectors.Contract{Rates: rates}), connectors.Hooks{Board: alone()})
		start := time.Now()
		codes := burst(t.Context(), src, 7)
		// A window counts by hundredths: calls come at its end or a little after.
		want := []time.Duration{0, 0, 0, time.Second, time.Second, time.Minute, time.Minute}
		for i, at := range f.calls {
			if d := at.Sub(start); d < want[i] || d > want[i]+want[i]/33 {
				t.Errorf("call %d after %s, want %s", i, d, want[i])
			}
		}
		if codes[""] != 7 || len(f.calls) != 7 {
			t.Errorf("codes %v, %d calls", codes, len(f.calls))
		}
		_, err = src.Query(t.Context(), connectors.Caller{}, connectors.Statement{Timeout: 500 * time.Millisecond})
		if err != nil {
			t.Errorf("third call of the second: %v", err)
		}
		_, err = src.Query(t.Context(), connectors.Caller{}, connectors.Statement{Timeout: 500 * time.Millisecond})
		if connectors.CodeOf(err) != connectors.CodeExhausted || !strings.Contains(err.Error(), "shop") {
			t.Errorf("call past the rate: %v", err)
		}
	})
}

func TestGuardBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code := connectors.CodeSQL
		f := &fake{answer: func(context.Context) (*connectors.Result, error) {
			if code == "" {
				return &connectors.Result{}, nil
			}
			return nil, connectors.Errorf(code, "No.")
		}}
		src := connectors.Guard(f, agreed(connectors.Contract{}), connectors.Hooks{Board: alone()})
		ask := func() connectors.Code {
			_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{})
			return connectors.CodeOf(err)
		}
		for range 20 { // mistakes of the asker say nothing about the system
			ask()
		}
		code = connectors.CodeUnavailable
		for range 5 {
			ask()
		}
		made := len(f.calls)
		if got := ask(); got != connectors.CodeUnavailable || len(f.calls) != made {
			t.Errorf("with the breaker open: %s, %d further calls", got, len(f.calls)-made)
		}
		code = ""
		<-time.After(11 * time.Second)
		if got := ask(); got != "" {
			t.Errorf("after a while: %s", got)
		}
		if got := ask(); got != "" || len(f.calls) != made+2 {
			t.Errorf("closed again: %s, %d calls", got, len(f.calls)-made)
		}
	})
}

func TestGuardRecordsEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var records []connectors.AuditRecord
		var metrics []connectors.CallMetrics
		f := &fake{answer: rows(2)}
		src := connectors.Guard(f, agreed(connectors.Contract{}), connectors.Hooks{
			Board: alone(),
			Audit: func(ctx context.Context, r connectors.AuditRecord) {
				if ctx.Err() != nil {
					t.Error("the audit's context has ended")
				}
				records = append(records, r)
			},
			Metrics: func(m connectors.CallMetrics) { metrics = append(metrics, m) },
		})
		start := time.Now()
		caller := connectors.Caller{Principal: "web:minji", Question: "q1"}
		stmt := connectors.Statement{SQL: "SELECT 1", Tables: []string{"orders"}}
		if _, err := src.Query(t.Context(), caller, stmt); err != nil {
			t.Fatal(err)
		}
		f.answer = func(context.Context) (*connectors.Result, error) {
			return nil, connectors.Errorf(connectors.CodeDenied, "No.")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = src.Query(t.Context(), caller, stmt)
		_, _ = src.Query(ctx, caller, stmt)
		want := []connectors.AuditRecord{
			{At: start, System: "shop", Caller: caller, SQL: "SELECT 1", Tables: stmt.Tables, Rows: 2},
			{At: start, System: "shop", Caller: caller, SQL: "SELECT 1", Tables: stmt.Tables, Code: connectors.CodeDenied},
			{At: start, System: "shop", Caller: caller, SQL: "SELECT 1", Tables: stmt.Tables, Code: connectors.CodeCancelled},
		}
		if diff := cmp.Diff(want, records); diff != "" {
			t.Errorf("audit (-want +got):\n%s", diff)
		}
		if len(metrics) != 3 || metrics[1] != (connectors.CallMetrics{System: "shop", Code: connectors.CodeDenied}) {
			t.Errorf("metrics = %+v", metrics)
		}
		if err := src.Close(); err != nil || f.closed != 1 {
			t.Errorf("Close = %v, %d", err, f.closed)
		}
	})
}

func TestRates(t *testing.T) {
	for text, want := range map[string]string{
		"100/m": "100/m", " 5 / s ": "5/s", "1/h": "1/h", "20/d": "20/d", "300/5m": "300/5m", "100/6s": "100/6s", "10/60m": "10/h", "90/90m": "90/90m", "5/7d": "5/7d", "10/s, 600/m": "10/s 600/m", "": "",
		"1/s,25000/d@Asia/Seoul": "1/s 25000/d@Asia/Seoul", " 5/d @ UTC ": "5/d@UTC",
	} {
		rates, err := connectors.ParseRates(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var parts []string
		for _, r := range rates {
			parts = append(parts, r.String())
		}
		if got := strings.Join(parts, " "); got != want {
			t.Errorf("%q = %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"100", "0/m", "-1/m", "1/w", "/m", "m", "1/", "1.5/m", "1/m,", "1/0m", "1/-5m", "1/m5", "1/5", "1/99999d", "1/1m1s", "9/2d@Asia/Seoul", "9999999/s", "분당 100",
		"100/h@Asia/Seoul", "5/d@", "5/d@Local", "5/d@Asia/Nowhere", "5/d@../../etc/passwd"} {
		if rates, err := connectors.ParseRates(text); err == nil {
			t.Errorf("%q = %v, want an error", text, rates)
		}
	}
}

func TestWhatNobodyCountsIsNotCalled(t *testing.T) {
	t.Parallel()
	f := &fake{answer: rows(1)}
	_, err := connectors.Guard(f, agreed(connectors.Contract{}), connectors.Hooks{}).Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT 1"})
	if connectors.CodeOf(err) != connectors.CodeUnavailable || len(f.calls) > 0 {
		t.Errorf("%v after %d calls", err, len(f.calls))
	}
}
