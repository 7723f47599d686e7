package alerts_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/util/teststorage"
)

// told has the program answer people for a short day, with a language model, and returns
// what it told of itself meanwhile, again and again.
func told(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "metrics.txt")
	play := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^TestASmallDay$", "./cmd/bapsang/internal/load", "-args", "-metrics", path)
	play.Dir = "../../.."
	if said, err := play.CombinedOutput(); err != nil {
		t.Fatalf("play a day: %v\n%s", err, said)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// apart is how far apart scrapes are here. The day ran faster, so that they were closer.
const apart = 15 * time.Second

// load reads what was told as Prometheus does that asks a process of the role all, and
// returns when the last of it was.
func load(t *testing.T, s *teststorage.TestStorage, data []byte) time.Time {
	t.Helper()
	at := time.Unix(0, 0).UTC()
	scrapes := 0
	for text := range strings.SplitSeq(string(data), "# scrape ") {
		_, text, ok := strings.Cut(text, "\n")
		if !ok {
			continue
		}
		scrapes++
		at = at.Add(apart)
		app := s.Appender(t.Context())
		add := func(l labels.Labels, v float64) {
			b := labels.NewBuilder(l)
			for name, value := range map[string]string{"job": "bapsang", "namespace": "data", "instance": "a", "role": "all"} {
				b.Set(name, value)
			}
			if _, err := app.Append(0, b.Labels(), at.UnixMilli(), v); err != nil {
				t.Fatal(err)
			}
		}
		add(labels.FromStrings("__name__", "up"), 1)
		p, err := textparse.New([]byte(text), "text/plain; version=0.0.4", labels.NewSymbolTable(), textparse.ParserOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for {
			entry, err := p.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if entry == textparse.EntrySeries {
				var l labels.Labels
				_, _, v := p.Series()
				p.Labels(&l)
				add(l, v)
			}
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if scrapes < 10 {
		t.Fatalf("only %d scrapes", scrapes)
	}
	return at
}

// empty are metrics without a value on a day of a web chat, a model and a database, and why.
// Expressions about them find nothing; they are held against the listed names elsewhere.
func empty() map[string]string {
	return map[string]string{
		"bapsang_slack_":              "nobody uses Slack there",
		"bapsang_teams_":              "nobody uses Teams there",
		"vllm:":                       "the model is no vLLM",
		"bapsang_digest_late_seconds": "nothing is sent by the clock in a minute",
	}
}

// TestTheDashboardFindsWhatIsTold runs every expression of the dashboard over what the
// program tells while people ask, read as Prometheus reads it (which writes a bound of 30 as
// "30.0" since its version 3). On such a day no alert fires.
func TestTheDashboardFindsWhatIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("plays a day")
	}
	s := teststorage.New(t)
	defer func() { _ = s.Close() }()
	last := load(t, s, told(t))
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true, NoStepSubqueryIntervalFn: func(int64) int64 { return 60_000 }})
	defer func() { _ = engine.Close() }()
	count := 0
	for where, expr := range expressions(t) {
		count++
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(expr); err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		q, err := engine.NewInstantQuery(t.Context(), s, nil, expr, last)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		got, err := q.Exec(t.Context()).Vector()
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		found := false
		for _, sample := range got {
			found = found || !math.IsNaN(sample.F)
		}
		why := ""
		for name, because := range empty() {
			if strings.Contains(expr, name) {
				why = because
			}
		}
		switch {
		case !found && why == "":
			t.Errorf("%s: %s finds nothing", where, expr)
		case found && why != "":
			t.Errorf("%s: %s finds %v, although %s", where, expr, got, why)
		}
		q.Close()
	}
	if count < 60 {
		t.Errorf("only %d expressions", count)
	}
	silent(t, s, engine, last)
}

// silent evaluates every alert over the day.
func silent(t *testing.T, s *teststorage.TestStorage, engine *promql.Engine, last time.Time) {
	t.Helper()
	for name, r := range written(t) {
		rule := alerting(t, r)
		fired := map[string]*firing{}
		for at := apart; at <= last.Sub(time.Unix(0, 0)); at += apart {
			if _, err := rule.Eval(t.Context(), 0, time.Unix(0, 0).UTC().Add(at), rules.EngineQueryFunc(engine, s), nil, 0); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			note(fired, name, rule, at)
		}
		if f := fired[name]; f != nil {
			t.Errorf("%s fired on a day on which all was well: %s", name, f.tells)
		}
	}
}

// expressions are those of the dashboard by where they stand, with what Grafana fills in.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../grafana/bapsang.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&board); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$__rate_interval", "5m", "$namespace", "data")
	out := map[string]string{}
	for _, p := range board.Panels {
		for i, target := range p.Targets {
			out[p.Title+" "+strconv.Itoa(i)] = fill.Replace(target.Expr)
		}
	}
	return out
}
