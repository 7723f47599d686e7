package cli_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/cmd/bapsang/cli"
	"github.com/bapsang/bapsang/connectors/files"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// shared is one store as several processes have it: it outlives each of them.
type shared struct {
	store.Store
	store.Queue
	store.Gauge
}

// Close implements io.Closer: the test closes the store.
func (shared) Close() error { return nil }

func openShared(t testing.TB) shared {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return shared{s, s, s}
}

// replica is an App that runs beside others in this process.
type replica struct {
	process
	stop func()
}

// startReplica starts an App of some roles on a store that others share.
func startReplica(t testing.TB, s shared, roles cli.RoleSet, change func(*cli.Options)) *replica {
	t.Helper()
	dir := t.TempDir()
	opts := cli.Options{
		Listen: "127.0.0.1:0", DataDir: dir, Location: time.UTC, Now: time.Now, Logger: slog.New(slog.DiscardHandler), Page: true,
		Roles: roles, Store: s, Shared: true,
	}
	if slices.Contains(roles, cli.RoleWorker) {
		opts.Analysts = []*agent.Analyst{salesAnalyst(t, dir)}
	}
	if change != nil {
		change(&opts)
	}
	app, err := cli.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	r := &replica{process: process{url: "http://" + app.Addr()}}
	go func() { ended <- app.Run(ctx) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// salesAnalyst is the analyst of a small file.
func salesAnalyst(t testing.TB, dir string) *agent.Analyst {
	t.Helper()
	path := filepath.Join(dir, "sales.csv")
	if err := os.WriteFile(path, []byte(salesCSV), 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := files.Open(t.Context(), files.Config{Name: "sales", Paths: []string{path}, Into: filepath.Join(dir, "sales.duckdb"), Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := analyst.Drafted(t.Context(), "sales", source)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestEachRoleDoesItsPart asks where nothing is answered, of whom nothing is open, and
// reads the answer at another process than it was asked at.
func TestEachRoleDoesItsPart(t *testing.T) {
	t.Parallel()
	s := openShared(t)
	first := startReplica(t, s, cli.RoleSet{cli.RoleChat}, nil)
	second := startReplica(t, s, cli.RoleSet{cli.RoleChat}, nil)
	code, asked := first.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "1"), "")
	if code != http.StatusAccepted {
		t.Fatalf("%d %v", code, asked)
	}
	id, _ := asked["id"].(string)
	if _, got := second.call(t, "GET", "/api/v1/questions/"+id, "", ""); got["state"] != "queued" {
		t.Errorf("it is %v where nobody works", got["state"])
	}
	worker := startReplica(t, s, cli.RoleSet{cli.RoleWorker}, nil)
	got := second.answer(t, id, "")
	answer, _ := got["answer"].(map[string]any)
	if got["state"] != "done" || answer["rung"] != "compose" {
		t.Fatalf("%v", got)
	}
	if code, _ := worker.call(t, "POST", "/api/v1/questions", ask("u", "금액", "2"), ""); code != http.StatusNotFound {
		t.Errorf("a worker takes questions: %d", code)
	}
	console := startReplica(t, s, cli.RoleSet{cli.RoleConsole}, nil)
	scheduler := startReplica(t, s, cli.RoleSet{cli.RoleScheduler}, nil)
	for _, r := range []*replica{first, worker, console, scheduler} {
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			if code, _ := r.call(t, "GET", path, "", ""); code != http.StatusOK {
				t.Errorf("%s: %d", path, code)
			}
		}
	}
	if code, _ := worker.call(t, "GET", "/fleet", "", ""); code != http.StatusNotFound {
		t.Errorf("a worker shows what a console does: %d", code)
	}
	_, shown := console.call(t, "GET", "/fleet", "", "")
	roles := map[string]int{}
	for _, p := range shown["processes"].([]any) {
		for _, r := range p.(map[string]any)["roles"].([]any) {
			roles[r.(string)]++
		}
	}
	if roles["chat"] != 2 || roles["worker"] != 1 || roles["console"] != 1 {
		t.Errorf("the console knows %v", roles)
	}
}

func TestAnUnknownRoleIsAMistake(t *testing.T) {
	t.Parallel()
	code, _, errs := run(t, "serve", "--config", site(t), "--roles", "chat,cook")
	if code != cli.ExitUsage || !strings.Contains(errs, `no role "cook"`) || !strings.Contains(errs, "scheduler") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestItSaysThatItStopsBeforeItDoes asks a process that was told to stop: it is not ready,
// and answers all the same until those who send requests there have had time to hear of it.
func TestItSaysThatItStopsBeforeItDoes(t *testing.T) {
	t.Parallel()
	s := openShared(t)
	r := startReplica(t, s, nil, func(o *cli.Options) {
		o.Drain = 10 * time.Second // in which all that follows is done, on a busy machine too
		o.Analysts = []*agent.Analyst{salesAnalyst(t, o.DataDir)}
	})
	if code, _ := r.call(t, "GET", "/readyz", "", ""); code != http.StatusOK {
		t.Fatalf("at first: %d", code)
	}
	stopped := make(chan struct{})
	go func() { r.stop(); close(stopped) }()
	until(t, "it says that it stops", func() bool {
		res, err := http.Get(r.url + "/readyz")
		if err != nil {
			t.Fatalf("its doors are closed before it says so: %v", err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(text), "stopping")
	})
	code, asked := r.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "late"), "")
	if code != http.StatusAccepted {
		t.Fatalf("what comes meanwhile is refused: %d", code)
	}
	<-stopped
	other := startReplica(t, s, cli.RoleSet{cli.RoleChat, cli.RoleWorker}, nil)
	if got := other.answer(t, asked["id"].(string), ""); got["state"] != "done" {
		t.Errorf("what came meanwhile is %v", got["state"])
	}
}

// until looks again and again whether something is so.
func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("it never came that %s", what)
		}
	}
}
