package check_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// told are the metrics that there are, with the labels that they bring themselves:
// ours by cmd/bapsang's own test (TestListedMetricsAreThere), vLLM's as its source has
// them (vllm/v1/metrics/loggers.py), and what Prometheus and its client add.
func told(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{"up": nil, "process_start_time_seconds": nil, "process_resident_memory_bytes": nil, "process_cpu_seconds_total": nil}
	for _, file := range []string{"testdata/metrics.txt", "testdata/vllm-metrics.txt"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if fields := strings.Fields(line); len(fields) > 0 {
				out[fields[0]] = fields[1:]
			}
		}
	}
	return out
}

// around are the labels that Prometheus puts on everything it reads.
var around = []string{"__name__", "job", "instance", "namespace", "pod", "service", "role"}

// checkExpression parses an expression and looks for every metric and label in it.
func checkExpression(t *testing.T, where, expression string, there map[string][]string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		t.Errorf("%s: %v\n%s", where, err, expression)
		return
	}
	names := 0
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		v, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		names++
		family, extra := v.Name, []string(nil)
		if _, known := there[family]; !known {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				if base, cut := strings.CutSuffix(family, suffix); cut && strings.HasSuffix(base, "_seconds") {
					family, extra = base, []string{"le"}
				}
			}
		}
		own, known := there[family]
		if !known {
			t.Errorf("%s: nobody tells %s\n%s", where, v.Name, expression)
			return nil
		}
		for _, m := range v.LabelMatchers {
			if !slices.Contains(slices.Concat(own, extra, around), m.Name) {
				t.Errorf("%s: %s has no label %s", where, v.Name, m.Name)
			}
			if m.Type == labels.MatchEqual && m.Value == "" {
				t.Errorf("%s: %s matches an empty %s", where, v.Name, m.Name)
			}
		}
		return nil
	})
	if names == 0 {
		t.Errorf("%s: no metric in %s", where, expression)
	}
}

// anchors are the headings of a page, as they can be linked to.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		text, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !strings.HasPrefix(line, "#") || !ok {
			continue
		}
		out[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(text))] = true
	}
	return out
}

func TestAlerts(t *testing.T) {
	there, pages := told(t), map[string]map[string]bool{}
	files, err := filepath.Glob("../helm/*/rules/*.yaml")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		groups, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		for _, err := range errs {
			t.Error(err)
		}
		if groups == nil {
			continue
		}
		seen := map[string]bool{}
		for _, g := range groups.Groups {
			for _, rule := range g.Rules {
				where := file + ": " + rule.Alert
				if seen[rule.Alert] || rule.Alert == "" {
					t.Errorf("%s is there twice, or has no name", where)
				}
				seen[rule.Alert] = true
				checkExpression(t, where, rule.Expr, there)
				if s := rule.Labels["severity"]; s != "warning" && s != "critical" {
					t.Errorf("%s: severity %q", where, s)
				}
				_, path, _ := strings.Cut(rule.Annotations["runbook_url"], "/blob/main/")
				page, anchor, _ := strings.Cut(path, "#")
				if pages[page] == nil {
					pages[page] = anchors(t, "../../"+page)
				}
				if anchor != strings.ToLower(rule.Alert) || !pages[page][anchor] {
					t.Errorf("%s: %s has no heading #%s", where, page, anchor)
				}
			}
		}
	}
}

// panel is what is looked at of a dashboard's panel.
type panel struct {
	ID      int    `json:"id"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	About   string `json:"description"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
	At struct{ H, W, X, Y int } `json:"gridPos"`
}

func TestDashboard(t *testing.T) {
	data, err := os.ReadFile("../grafana/bapsang.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		UID         string  `json:"uid"`
		Panels      []panel `json:"panels"`
		Annotations struct {
			List []struct{ Expr string } `json:"list"`
		} `json:"annotations"`
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	there, ids, used := told(t), map[int]bool{}, map[string]bool{}
	// Grafana fills these in.
	fill := strings.NewReplacer("$__rate_interval", "5m", "$namespace", "data")
	for _, p := range board.Panels {
		where := fmt.Sprintf("panel %q", p.Title)
		if ids[p.ID] || p.At.X+p.At.W > 24 || p.At.H == 0 {
			t.Errorf("%s: id %d, place %+v", where, p.ID, p.At)
		}
		ids[p.ID] = true
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || !strings.ContainsFunc(p.About, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			t.Errorf("%s: %d expressions, described as %q", where, len(p.Targets), p.About)
		}
		for _, target := range p.Targets {
			checkExpression(t, where, fill.Replace(target.Expr), there)
			used[target.Expr] = true
		}
	}
	for _, a := range board.Annotations.List {
		checkExpression(t, "annotation", fill.Replace(a.Expr), there)
	}
	if len(ids) < 30 || len(used) < 40 || board.UID != "bapsang" {
		t.Errorf("%d panels, %d expressions, uid %q", len(ids), len(used), board.UID)
	}
	// Every metric of ours is to be seen somewhere, or somebody counts it for nobody.
	all := strings.Join(slices.Collect(func(yield func(string) bool) {
		for e := range used {
			if !yield(e) {
				return
			}
		}
	}), "\n")
	for name := range there {
		if strings.HasPrefix(name, "bapsang_") && !strings.Contains(all, name) && !slices.Contains(unseen, name) {
			t.Errorf("the dashboard shows nothing of %s", name)
		}
	}
}

// unseen are details that one asks for by hand.
var unseen = []string{
	"bapsang_degradation_changes_total", "bapsang_questions_later_total",
	"bapsang_slack_deliveries_total", "bapsang_slack_ignored_total", "bapsang_slack_looks_total", "bapsang_slack_progress_dropped_total",
	"bapsang_slack_reconnects_total", "bapsang_slack_refused_total", "bapsang_slack_unreadable_total",
	"bapsang_teams_deliveries_total", "bapsang_teams_files_total", "bapsang_teams_ignored_total", "bapsang_teams_progress_dropped_total",
	"bapsang_teams_refused_total", "bapsang_teams_strangers_total",
}

// TestAutoscalingAsksForWhatIsTold: KEDA's queries go through the same.
func TestAutoscalingAsksForWhatIsTold(t *testing.T) {
	there, found := told(t), 0
	for _, m := range manifests(t, rendering{bapsangChart, bapsangChart + "/ci/everything-values.yaml"}) {
		if m.meta.Kind != "ScaledObject" {
			continue
		}
		var scaled struct {
			Spec struct {
				Triggers []struct{ Metadata map[string]string }
			}
		}
		if err := json.Unmarshal(m.json, &scaled); err != nil {
			t.Fatal(err)
		}
		for _, trigger := range scaled.Spec.Triggers {
			found++
			checkExpression(t, m.String(), trigger.Metadata["query"], there)
		}
	}
	if found != 2 {
		t.Errorf("%d triggers", found)
	}
}

// TestTheChartBringsTheDashboard that is in grafana: a chart may hold no links, so it has a copy.
func TestTheChartBringsTheDashboard(t *testing.T) {
	want, err := os.ReadFile("../grafana/bapsang.json")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, m := range manifests(t, rendering{bapsangChart, bapsangChart + "/ci/everything-values.yaml"}) {
		var made struct{ Data map[string]string }
		if m.meta.Kind != "ConfigMap" || !strings.HasSuffix(m.meta.Metadata.Name, "-dashboard") {
			continue
		}
		if err := json.Unmarshal(m.json, &made); err != nil {
			t.Fatal(err)
		}
		found++
		if got := made.Data["bapsang.json"]; strings.TrimSpace(got) != strings.TrimSpace(string(want)) {
			t.Errorf("it has %d bytes of %d: cp deploy/grafana/bapsang.json deploy/helm/bapsang/dashboards/", len(got), len(want))
		}
	}
	if found != 1 {
		t.Errorf("%d dashboards", found)
	}
}
