package cli

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestQueueGauge(t *testing.T) {
	now := time.Now()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Update(t.Context(), func(tx store.Tx) error {
		var errs []error
		for _, job := range []store.NewJob{{Kind: "ask", Mailbox: "a"}, {Kind: "ask", Mailbox: "a"}, {Kind: "send", Background: true}} {
			_, _, err := tx.Enqueue(job)
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	g := newQueueGauge(s, func() time.Time { return now.Truncate(time.Millisecond).Add(90 * time.Second) }, slog.New(slog.DiscardHandler))
	got := scrape(t, g)
	for _, want := range []string{
		`bapsang_queue_jobs{class="background",state="held"} 0`,
		`bapsang_queue_jobs{class="background",state="running"} 0`,
		`bapsang_queue_jobs{class="background",state="waiting"} 1`,
		`bapsang_queue_jobs{class="foreground",state="held"} 1`,
		`bapsang_queue_jobs{class="foreground",state="running"} 0`,
		`bapsang_queue_jobs{class="foreground",state="waiting"} 1`,
		`bapsang_queue_oldest_seconds{class="background"} 90`,
		`bapsang_queue_oldest_seconds{class="foreground"} 90`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %s in\n%s", want, got)
		}
	}
}

// scrape is what Prometheus reads of one collector.
func scrape(t *testing.T, c prometheus.Collector) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if page.Code != http.StatusOK {
		t.Fatalf("%d %s", page.Code, page.Body)
	}
	return page.Body.String()
}

// silent is a store that does not answer.
type silent struct{}

func (silent) Depth(ctx context.Context) (store.Depth, error) {
	<-ctx.Done()
	return store.Depth{}, context.Cause(ctx)
}

// TestQueueGaugeOfNoStore: metrics are read most where the store is away.
func TestQueueGaugeOfNoStore(t *testing.T) {
	if got := scrape(t, newQueueGauge(silent{}, time.Now, slog.New(slog.DiscardHandler))); got != "" {
		t.Errorf("of a store that does not answer it tells\n%s", got)
	}
}
