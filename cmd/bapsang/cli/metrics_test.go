package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// everything is a configuration in which whatever has metrics of its own is on.
const everything = `
listen: 127.0.0.1:0
slack: {mode: socket, bot_token: xoxb-1, app_token: xapp-1}
teams: {app_id: "00000000-0000-0000-0000-000000000001", app_password: x, tenant_id: "00000000-0000-0000-0000-000000000002"}
llm:
  backends:
    - {name: gpu, base_url: "http://127.0.0.1:9/v1", model: m, contract: {owner: a, agreed: 2026-10-01, rate: 100/m}}
sources: [{name: sales, driver: files, dsn: ./sales.csv}]
search: [{name: web, driver: searxng, base_url: "http://127.0.0.1:9", contract: {owner: a, agreed: 2026-10-01, rate: 1/m}}]
`

// described is how client_golang writes what a collector has.
var described = regexp.MustCompile(`^Desc\{fqName: "([^"]+)", .*, variableLabels: \{([^}]*)\}\}$`)

// TestListedMetricsAreThere: a program with everything on tells all that
// deploy/check/testdata/metrics.txt lists, a counter that has not counted yet, too. The
// alerts and the dashboard are held against that list: what they need has to be added to it.
func TestListedMetricsAreThere(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"bapsang.yaml": everything, "sales.csv": "day,revenue\n2026-10-01,1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := &env{IO: IO{Out: t.Output(), Err: t.Output(), Getenv: os.LookupEnv}, ctx: t.Context(), now: time.Now, logger: slog.New(slog.DiscardHandler)}
	app, err := (&serveCmd{Config: filepath.Join(dir, "bapsang.yaml")}).open(e)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	all := make(chan *prometheus.Desc)
	go func() {
		app.registry.Describe(all)
		close(all)
	}()
	var got []string
	for d := range all {
		found := described.FindStringSubmatch(d.String())
		if found == nil {
			t.Fatalf("cannot read %s", d)
		}
		if strings.HasPrefix(found[1], "bapsang_") {
			got = append(got, strings.TrimSpace(found[1]+" "+strings.ReplaceAll(found[2], ",", " ")))
		}
	}
	const list = "../../../deploy/check/testdata/metrics.txt"
	data, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(listed) < 20 {
		t.Fatalf("%s lists %d", list, len(listed))
	}
	for _, line := range listed {
		if !slices.Contains(got, line) {
			t.Errorf("%s lists %q, and there are\n%s", list, line, strings.Join(got, "\n"))
		}
	}
}
