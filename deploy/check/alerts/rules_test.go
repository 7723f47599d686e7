package alerts_test

import (
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

// every is how often Prometheus asks and evaluates here.
const every = 30 * time.Second

// written are the alerts by name, as their files have them.
func written(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	files, err := filepath.Glob("../../helm/*/rules/*.yaml")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v %v", files, err)
	}
	out := map[string]rulefmt.Rule{}
	for _, file := range files {
		groups, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for _, g := range groups.Groups {
			for _, r := range g.Rules {
				out[r.Alert] = r
			}
		}
	}
	return out
}

// alerting makes Prometheus' own rule of one that is written.
func alerting(t *testing.T, r rulefmt.Rule) *rules.AlertingRule {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
	if err != nil {
		t.Fatal(err)
	}
	return rules.NewAlertingRule(r.Alert, expr, time.Duration(r.For), time.Duration(r.KeepFiringFor), labels.FromMap(r.Labels), labels.FromMap(r.Annotations),
		labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
}

// play evaluates alerts over series as Prometheus does, and says of each when it fired, from
// and until, and what it told then.
func play(t *testing.T, all []rulefmt.Rule, series string, length time.Duration) map[string]*firing {
	t.Helper()
	loaded, err := promqltest.NewLazyLoader("load 30s\n"+indented(series), promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	if err != nil {
		t.Fatal(err)
	}
	loaded.SubqueryInterval = time.Minute
	defer func() { _ = loaded.Close() }()
	out := map[string]*firing{}
	begin := time.Unix(0, 0).UTC()
	made := map[string]*rules.AlertingRule{}
	for _, r := range all {
		made[r.Alert] = alerting(t, r)
	}
	query := rules.EngineQueryFunc(loaded.QueryEngine(), loaded.Queryable())
	for at := time.Duration(0); at <= length; at += every {
		loaded.WithSamplesTill(begin.Add(at), func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		})
		for name, rule := range made {
			if _, err := rule.Eval(t.Context(), 0, begin.Add(at), query, &url.URL{}, 0); err != nil {
				t.Fatalf("%s at %s: %v", name, at, err)
			}
			note(out, name, rule, at)
		}
	}
	return out
}

// firing is one stretch in which an alert fired.
type firing struct {
	from, until time.Duration // until is 0 while it goes on
	labels      map[string]string
	tells       string
	again       int // further stretches
}

func note(out map[string]*firing, name string, rule *rules.AlertingRule, at time.Duration) {
	var now *rules.Alert
	for _, a := range rule.ActiveAlerts() {
		if a.State == rules.StateFiring {
			now = a
		}
	}
	f := out[name]
	switch {
	case now == nil && f != nil && f.until == 0:
		f.until = at
	case now != nil && f == nil:
		out[name] = &firing{from: at, labels: now.Labels.Map(), tells: now.Annotations.Get("description")}
	case now != nil && f.until > 0:
		f.again++
	}
}

func indented(series string) string {
	var b strings.Builder
	for line := range strings.Lines(series) {
		if strings.TrimSpace(line) != "" {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(line))
		}
	}
	return b.String()
}

// Shorthands of what a series has to say: k samples of v, of something that grows.
func flat(v float64, minutes int) string { return fmt.Sprintf("%gx%d ", v, 2*minutes-1) }

func grows(from, each float64, minutes int) string {
	return fmt.Sprintf("%g+%gx%d ", from, each, 2*minutes-1)
}

func absent(minutes int) string { return fmt.Sprintf("_x%d ", 2*minutes) }

// incident is something that happens, and one alert that is to tell of it.
type incident struct {
	name   string
	alert  string
	series []string
	length int     // minutes
	from   float64 // minute at which it fires; negative when it does not
	until  float64 // minute at which it is over; 0 when it goes on
	tells  string  // part of the description
}

// in adds the labels that Prometheus puts on what it asks in a cluster.
func in(name, own, values string) string {
	if own != "" {
		own = "," + own
	}
	return fmt.Sprintf(`%s{job="bapsang",namespace="data",instance="a"%s} %s`, name, own, values)
}

func TestAlertsFireWhenTheyShould(t *testing.T) {
	all := written(t)
	proved := map[string]bool{}
	for _, tt := range incidents() {
		t.Run(tt.name, func(t *testing.T) {
			rule, ok := all[tt.alert]
			if !ok {
				t.Fatalf("there is no %s", tt.alert)
			}
			if tt.from >= 0 {
				proved[tt.alert] = true
			}
			got := play(t, []rulefmt.Rule{rule}, strings.Join(tt.series, "\n"), time.Duration(tt.length)*time.Minute)[tt.alert]
			if tt.from < 0 {
				if got != nil {
					t.Fatalf("it fired from %s: %s", got.from, got.tells)
				}
				return
			}
			if got == nil {
				t.Fatal("it did not fire")
			}
			minute := func(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }
			if got.from != minute(tt.from) || got.until != minute(tt.until) || got.again > 0 {
				t.Errorf("it fired from %s to %s, and %d times again; want %s to %s", got.from, got.until, got.again, minute(tt.from), minute(tt.until))
			}
			if tt.tells == "" || !strings.Contains(got.tells, tt.tells) || strings.Contains(got.tells, "error expanding") || strings.Contains(got.tells, "<no value>") {
				t.Errorf("it tells %q, want %q in it", got.tells, tt.tells)
			}
			if got.labels["severity"] == "" || got.labels["namespace"] != "data" {
				t.Errorf("its labels are %v", got.labels)
			}
		})
	}
	for name := range all {
		if !proved[name] {
			t.Errorf("nothing makes %s fire here", name)
		}
	}
}

// TestAnOrdinaryDayIsSilent is a training day in which all goes well, with a rolling restart in
// its middle: the model is used up for a while and the wait for it grows to a minute and a half.
func TestAnOrdinaryDayIsSilent(t *testing.T) {
	var every []rulefmt.Rule
	for _, r := range written(t) {
		every = append(every, r)
	}
	for name, f := range play(t, every, strings.Join(ordinary(), "\n"), 90*time.Minute) {
		t.Errorf("%s fired from %s to %s: %s", name, f.from, f.until, f.tells)
	}
}
