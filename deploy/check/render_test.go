package check_test

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"k8s.io/apimachinery/pkg/util/yaml"
	syaml "sigs.k8s.io/yaml"
)

const (
	bapsangChart = "../helm/bapsang"
	vllmChart    = "../helm/vllm"
)

// rendering is one chart with one set of values.
type rendering struct{ chart, values string }

// renderings are every file of values that a chart brings for its checks.
func renderings(t *testing.T) map[string]rendering {
	t.Helper()
	out := map[string]rendering{}
	for _, chart := range []string{bapsangChart, vllmChart} {
		files, err := filepath.Glob(filepath.Join(chart, "ci", "*-values.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no values to be checked with: %v", chart, err)
		}
		for _, f := range files {
			out[filepath.Base(chart)+"/"+strings.TrimSuffix(filepath.Base(f), "-values.yaml")] = rendering{chart, f}
		}
	}
	return out
}

func readValues(t *testing.T, file string) map[string]any {
	t.Helper()
	values, err := chartutil.ReadValuesFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// render does what helm template does. Values may be nil.
func render(chart string, values map[string]any) (map[string]string, error) {
	c, err := loader.Load(chart)
	if err != nil {
		return nil, err
	}
	caps := chartutil.DefaultCapabilities.Copy()
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "lunch", Namespace: "data", Revision: 1, IsInstall: true}, caps)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(c, all)
}

// manifest is one object as it was rendered.
type manifest struct {
	file string
	json []byte
	meta struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name        string            `json:"name"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
}

func (m manifest) String() string { return m.meta.Kind + " " + m.meta.Metadata.Name }

// manifests renders and takes the files apart.
func manifests(t *testing.T, r rendering) []manifest {
	t.Helper()
	files, err := render(r.chart, readValues(t, r.values))
	if err != nil {
		t.Fatal(err)
	}
	var out []manifest
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(file, ".yaml") {
			continue
		}
		docs := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(files[file])))
		for {
			doc, err := docs.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			m := manifest{file: file}
			if m.json, err = syaml.YAMLToJSONStrict(doc); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, doc)
			}
			if string(m.json) == "null" {
				continue
			}
			if err := syaml.Unmarshal(m.json, &m.meta); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			out = append(out, m)
		}
	}
	return out
}

func TestLint(t *testing.T) {
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			result := lint.All(r.chart, readValues(t, r.values), "data", true)
			for _, m := range result.Messages {
				if m.Severity > support.InfoSev {
					t.Error(m)
				}
			}
		})
	}
	t.Run("defaults", func(t *testing.T) {
		for _, m := range lint.All(bapsangChart, nil, "data", true).Messages {
			if m.Severity > support.InfoSev && !strings.Contains(m.Err.Error(), "config.sources is empty") {
				t.Error(m)
			}
		}
	})
}

// TestRefusals: what cannot work is refused while it is rendered, with words that help.
func TestRefusals(t *testing.T) {
	source := "config: {sources: [{name: s, driver: files, dsn: ./s.csv}]}\n"
	for name, c := range map[string]struct{ values, want string }{
		"no source":             {"existingSecret: s", "config.sources is empty"},
		"unknown value":         {"existingSecret: s\nreplicas: 3", "replicas"},
		"unknown value inside":  {"roles: {worker: {replica: 3}}", "replica"},
		"unknown role":          {"roles: {cook: {replicas: 3}}", "cook"},
		"listen":                {"existingSecret: s\nconfig: {listen: ':1', sources: [{}]}", "listen"},
		"nobody gives a name":   {source, "${API_TOKEN}, and nothing gives it"},
		"a literal token":       {"existingSecret: s\nconfig: {slack: {bot_token: xoxb-1}}", "bot_token"},
		"a literal key":         {"existingSecret: s\nconfig: {llm: {backends: [{api_key: sk-1}]}}", "api_key"},
		"a password in a DSN":   {"existingSecret: s\nconfig: {store: {driver: postgres, dsn: 'postgres://me:secret@db/x'}}", "dsn"},
		"bolt for a fleet":      {"existingSecret: s\nconfig: {store: {driver: bolt}, sources: [{name: s}]}", "mode embedded, or PostgreSQL"},
		"two who scale":         {"existingSecret: s\nroles: {worker: {autoscaling: {hpa: {enabled: true}, keda: {enabled: true}}}}\n" + source, "keep one"},
		"root":                  {"existingSecret: s\npodSecurityContext: {runAsNonRoot: false}", "runAsNonRoot"},
		"ingress without host":  {"existingSecret: s\ningress: {enabled: true}\n" + source, "ingress needs a host"},
		"a file out of its way": {"existingSecret: s\nfiles: {../x: y}", "files"},
	} {
		t.Run(name, func(t *testing.T) {
			values, err := chartutil.ReadValues([]byte(c.values))
			if err != nil {
				t.Fatal(err)
			}
			_, err = render(bapsangChart, values)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("rendered with\n%s\ngives %v, want it refused with %q", c.values, err, c.want)
			}
		})
	}
}
