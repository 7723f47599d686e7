//go:build unix

package load_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/load"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// How the benchmarks are run: -args -scale 1 -replicas 3.
var (
	// A scale divides 60; 1 is the day itself.
	scale    = flag.Int("scale", 10, "how much faster than on the day BenchmarkLoadTrainingDay runs")
	replicas = flag.Int("replicas", 5, "processes of BenchmarkLoadTrainingDay; 0 is one with a store of its own")
)

// perMinute is what the model's contract allows, perSecond that of the search.
const (
	perMinute = 100
	perSecond = 5
)

// scenario is a day on which something goes wrong.
type scenario struct {
	name string
	day  func(*load.Day)
	slow bool // one source is fifty times as slow
	// search has a strict search beside it.
	search bool
	// trouble makes it; it ends with ctx, which the day's end ends.
	trouble func(ctx context.Context, w *world) ([]load.Trouble, error)
	fleet   bool // it needs more than one process
	notes   func(w *world, v load.Verdict) []string
}

func scenarios() []scenario {
	kind := func(v load.Verdict, k load.Kind) string {
		t := v.ByKind[k]
		return fmt.Sprintf("%s: %d, median %.1f s, p95 %.1f s", k, t.Answered, t.Median.Seconds(), t.P95.Seconds())
	}
	return []scenario{
		{name: "plain", notes: func(_ *world, v load.Verdict) []string { return []string{kind(v, load.Own)} }},
		{
			name: "a replica killed every 30 s", fleet: true,
			trouble: func(ctx context.Context, w *world) ([]load.Trouble, error) {
				return w.fleet.KillEvery(ctx, w.day, 30*time.Second)
			},
			notes: func(w *world, _ load.Verdict) []string {
				return []string{fmt.Sprintf("killed %d times, listening again after %s", len(w.troubles), load.Quantile(w.fleet.Starts(), .5).Round(time.Millisecond))}
			},
		},
		{
			name: "PostgreSQL restarted", fleet: true,
			trouble: func(ctx context.Context, w *world) ([]load.Trouble, error) {
				return w.restart(ctx, 4*time.Minute)
			},
			notes: func(w *world, _ load.Verdict) []string {
				var out []string
				for _, t := range w.troubles {
					out = append(out, fmt.Sprintf("away for %s (wall)", t.To.Sub(t.From).Round(time.Millisecond)))
				}
				return out
			},
		},
		{
			name: "the model down for 2 min",
			trouble: func(ctx context.Context, w *world) ([]load.Trouble, error) {
				return w.model.Down(ctx, w.day, 3*time.Minute, 2*time.Minute), nil
			},
			notes: func(w *world, _ load.Verdict) []string {
				return []string{fmt.Sprintf("%d calls while it was down", w.model.Seen().Unheard)}
			},
		},
		{
			name: "one database 50× slow", slow: true,
			day:   func(d *load.Day) { d.Slow, d.SlowAnalyst = 0.3, "depot" },
			notes: func(_ *world, v load.Verdict) []string { return []string{kind(v, load.Slow), kind(v, load.Own)} },
		},
		{
			name: "a search that fails above 5/s", search: true,
			day: func(d *load.Day) { d.Search = 0.4 },
			notes: func(w *world, v load.Verdict) []string {
				s := w.search.Seen()
				return []string{fmt.Sprintf("%d searches, at most %d in a second, %d refused, %d of the same words", s.Asked, s.Most, s.Over, s.Twice), kind(v, load.Search)}
			},
		},
	}
}

// BenchmarkLoadTrainingDay plays the training day, with all that can go wrong on it, and
// prints what came of it. It fails when a question is lost or answered twice, or an
// upstream gets more than was agreed; never for being slow.
func BenchmarkLoadTrainingDay(b *testing.B) {
	var rows []load.Row
	for _, s := range scenarios() {
		b.Run(strings.NewReplacer(" ", "-", "/", "").Replace(s.name), func(b *testing.B) {
			if s.fleet && *replicas == 0 {
				b.Skip("needs replicas")
			}
			for b.Loop() {
				day := load.TrainingDay(*scale)
				rows = append(rows, play(b, s, day, *replicas, 1))
			}
			_ = load.Table(os.Stdout, rows[len(rows)-1:]) // whoever waits sees something
			b.ReportMetric(0, "ns/op")
		})
	}
	fmt.Fprintf(os.Stdout, "\n%d× as fast as the day, %d replicas\n\n", *scale, *replicas)
	if err := load.Table(os.Stdout, rows); err != nil {
		b.Error(err)
	}
}

// world is all that a day is played with.
type world struct {
	day      load.Day
	site     site
	fleet    *load.Fleet
	model    *load.Model
	search   *load.Searx
	postgres *pgtest.Server // nil where there is none
	t        testing.TB
	troubles []load.Trouble
}

// play plays a day with a fleet of its own.
func play(t testing.TB, s scenario, day load.Day, replicas int, size float64) load.Row {
	t.Helper()
	if s.day != nil {
		s.day(&day)
	}
	w := build(t, s, day, replicas, size)
	began := time.Now()
	ctx, over := context.WithCancel(t.Context())
	defer over()
	made := make(chan error, 1)
	go func() {
		var err error
		if s.trouble != nil {
			w.troubles, err = s.trouble(ctx, w)
		}
		made <- err
	}()
	if s.slow {
		defer w.fleet.Slow(ctx, w.site.slow, 50)()
	}
	if *metricsFile != "" {
		defer scrape(t, ctx, w.fleet, *metricsFile)()
	}
	stop := w.fleet.Watch(ctx, w.postmaster)
	crowd := &load.Crowd{Day: day, Doors: w.fleet, Patience: 20 * time.Minute, Name: "day"}
	records := crowd.Play(ctx)
	row := load.Row{Name: s.name, Usage: stop()}
	over()
	if err := <-made; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	row.Verdict = load.Judge(day, records, w.model.Seen(), perMinute, w.troubles)
	row.Verdict.Doubled = append(row.Verdict.Doubled, crowd.Recheck(t.Context(), records, 20)...)
	if s.notes != nil {
		row.Notes = s.notes(w, row.Verdict)
	}
	t.Logf("it took %s", time.Since(began).Round(time.Second))
	complain(t, w, row.Verdict)
	return row
}

// build starts the upstreams and the fleet.
func build(t testing.TB, s scenario, day load.Day, replicas int, size float64) *world {
	t.Helper()
	data, err := company.path(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, day: day, site: site{dir: t.TempDir(), replicas: max(1, replicas), scale: day.Scale, rate: fmt.Sprintf("%d/%ds", perMinute, 60/day.Scale)}}
	if w.model, err = load.OpenModel(load.ModelOptions{PerMinute: perMinute, Median: 6 * time.Second, Scale: day.Scale}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.model.Close() })
	w.site.model = w.model.URL
	if replicas > 0 {
		w.postgres = pgtest.Start(t)
		w.site.postgres = w.postgres.DSN("postgres")
	}
	if s.slow {
		w.site.slow = filepath.Join(w.site.dir, "depot.duckdb")
		copyFile(t, data, w.site.slow)
	}
	if s.search {
		if w.search, err = load.OpenSearx(perSecond, 200*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.search.Close() })
		w.site.more = fmt.Sprintf("search:\n  - {name: web, driver: searxng, base_url: %q, contract: {owner: training, agreed: 2026-11-01, rate: %d/s, concurrency: 8, timeout: 60s}}", w.search.URL, perSecond)
	}
	w.fleet = load.NewFleet(w.site.programs(t, data))
	t.Cleanup(func() { _ = w.fleet.Kill() })
	if err := w.fleet.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// restart stops and starts the database server at a time of the day, as an administrator
// does who waits for nobody.
func (w *world) restart(ctx context.Context, at time.Duration) ([]load.Trouble, error) {
	select {
	case <-time.After(w.day.Real(at)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t := load.Trouble{From: time.Now()}
	w.postgres.Stop(w.t, syscall.SIGINT)
	w.postgres.Continue(w.t)
	t.To = time.Now()
	return []load.Trouble{t}, nil
}

// postmaster is the process of the database server, 0 where there is none.
func (w *world) postmaster() int {
	if w.postgres == nil {
		return 0
	}
	text, err := os.ReadFile(filepath.Join(w.postgres.Host(), "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// hurry is how much too early a call may come on a day that runs faster than it was:
// delays of this machine are not faster, and our distance from the limit, 1.5 % of its
// window, is as much shorter.
func hurry(scale int) time.Duration {
	if scale == 1 {
		return 0
	}
	return 100 * time.Millisecond
}

// complain fails the test for what must not be.
func complain(t testing.TB, w *world, v load.Verdict) {
	t.Helper()
	for _, one := range v.Lost {
		t.Errorf("lost: %s", one)
	}
	for _, one := range v.Doubled {
		t.Errorf("doubled: %s", one)
	}
	for _, early := range v.ModelOver {
		if early > hurry(w.day.Scale) {
			t.Errorf("a call of the model was beyond its rate: %s too early", early)
		}
	}
	if w.search != nil && w.search.Seen().Over > 0 {
		t.Errorf("%d searches were beyond their rate, at most %d in a second", w.search.Seen().Over, w.search.Seen().Most)
	}
	t.Logf("calls in each minute in which the model was waited for: %d", v.Windows)
	for i := range w.site.replicas {
		log, _ := os.ReadFile(filepath.Join(w.site.dir, fmt.Sprintf("replica-%d.log", i)))
		if len(log) > 0 {
			t.Logf("replica %d said:\n%.600s", i, log)
		}
	}
}
