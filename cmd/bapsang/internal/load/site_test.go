//go:build unix

package load_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/cmd/bapsang/demo"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/load"
)

// company is the demo company, made once for all that run.
var company madeOnce

type madeOnce struct {
	mu    sync.Mutex
	dir   string
	paths map[float64]string // by scale
}

// path returns the company's data at a scale: 1 is the usual size.
func (m *madeOnce) path(ctx context.Context, scale float64) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.paths[scale]; p != "" {
		return p, nil
	}
	if m.dir == "" {
		var err error
		if m.dir, err = os.MkdirTemp("", "bapsang-day-"); err != nil {
			return "", err
		}
		m.paths = map[float64]string{}
	}
	p := filepath.Join(m.dir, fmt.Sprintf("demo-%g.duckdb", scale))
	// The data end yesterday, as a company's do: replicas that were told another day would
	// each have a clock of their own.
	days := int(time.Since(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	if err := demo.Generate(ctx, p, demo.Options{Days: days, Scale: scale}); err != nil {
		return "", err
	}
	m.paths[scale] = p
	return p, nil
}

func (m *madeOnce) remove() {
	if m.dir != "" {
		_ = os.RemoveAll(m.dir)
	}
}

// site is what a fleet is configured with.
type site struct {
	dir      string
	replicas int
	postgres string // address of the database; "" for a store of its own, of one replica
	model    string // address
	rate     string // of the model, as agreed
	slow     string // file of the slow source, "" for none; its analyst is depot
	more     string // further configuration
	scale    int    // how much faster than on the day; 0 is 1
}

// degradation are the waits from which less is done, as much shorter as everything else of the
// day is: without it a fast day would end before anything is put off.
func (s site) degradation() string {
	l := degrade.DefaultLimits()
	part := func(d time.Duration) time.Duration { return d / time.Duration(max(1, s.scale)) }
	return fmt.Sprintf("degradation: {brief: %s, no_deep: %s, no_model: %s, queue_only: %s, calm: %s}",
		part(l.Brief), part(l.NoDeep), part(l.NoModel), part(l.QueueOnly), part(l.Calm))
}

// programs writes the configuration of each replica and returns how they are started.
func (s site) programs(t testing.TB, data string) []load.Program {
	t.Helper()
	analysts := filepath.Join(s.dir, "analysts")
	copyAnalyst(t, filepath.Join(analysts, "demo"), demo.Source)
	sources := fmt.Sprintf(source, demo.Source, data)
	if s.slow != "" {
		copyAnalyst(t, filepath.Join(analysts, "depot"), "depot")
		sources += fmt.Sprintf(source, "depot", s.slow)
	}
	var out []load.Program
	for i := range s.replicas {
		key := fmt.Sprintf("replica-%d", i)
		store := "store: {driver: bolt}"
		if s.postgres != "" {
			store = fmt.Sprintf("store: {driver: postgres, dsn: %q}", s.postgres)
		}
		config := strings.Join([]string{
			"listen: 127.0.0.1:0", fmt.Sprintf("data_dir: ./data-%d", i), store,
			"sources:" + sources,
			"analysts_dir: ./analysts", "web: {off: true}",
			fmt.Sprintf("llm:\n  backends:\n    - name: company\n      base_url: %s/v1\n      model: openai/gpt-oss-120b\n      api_key: %s\n      contract: {owner: training, agreed: 2026-11-01, rate: %s, concurrency: 60, timeout: 120s}", s.model, key, s.rate),
			s.degradation(), s.more,
		}, "\n") + "\n"
		path := filepath.Join(s.dir, key+".yaml")
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		out = append(out, load.Program{
			Key: key, Path: os.Args[0], Args: []string{"serve", "--config", path},
			Env: []string{asMain + "=1"}, Log: filepath.Join(s.dir, key+".log"),
		})
	}
	if s.postgres != "" {
		migrate := exec.CommandContext(t.Context(), os.Args[0], "migrate", "--config", filepath.Join(s.dir, "replica-0.yaml"))
		migrate.Env = append(os.Environ(), asMain+"=1")
		if said, err := migrate.CombinedOutput(); err != nil {
			t.Fatalf("migrate: %v\n%s", err, said)
		}
	}
	return out
}

const source = "\n  - {name: %s, driver: duckdb, dsn: %q, contract: {owner: training, agreed: 2026-11-01, concurrency: 20, timeout: 60s}}"

// copyAnalyst writes down the demo company's analyst under a name, which is that of its
// source as well.
func copyAnalyst(t testing.TB, to, name string) {
	t.Helper()
	files := demo.Files()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		if path == "analyst.yaml" {
			data = []byte(strings.NewReplacer("name: "+demo.Source, "name: "+name, "source: "+demo.Source, "source: "+name).Replace(string(data)))
		}
		into := filepath.Join(to, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(into), 0o700); err != nil {
			return err
		}
		return os.WriteFile(into, data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
