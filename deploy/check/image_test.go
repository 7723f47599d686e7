package check_test

import (
	"debug/elf"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
)

// TestImageHasWhatTheProgramLinks: the image's Debian is 12, with glibc 2.36 and the C++
// library of GCC 12, so the program must not want symbols of later ones.
func TestImageHasWhatTheProgramLinks(t *testing.T) {
	require(t, runtime.GOOS == "linux", "the image is for Linux")
	f, err := elf.Open(program(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{"libc.so.6": true, "libm.so.6": true, "libgcc_s.so.1": true, "libstdc++.so.6": true, "libdl.so.2": true,
		"libpthread.so.0": true, "librt.so.1": true, "libresolv.so.2": true, "ld-linux-x86-64.so.2": true, "ld-linux-aarch64.so.1": true}
	for _, l := range libraries {
		if !has[l] {
			t.Errorf("the program links %s, which the image does not have", l)
		}
	}
	symbols, err := f.ImportedSymbols()
	if err != nil || len(symbols) == 0 {
		t.Fatalf("%d symbols: %v", len(symbols), err)
	}
	newest := map[string]string{"GLIBC_": "2.36", "GLIBCXX_": "3.4.30", "CXXABI_": "1.3.13", "GCC_": "12.0.0"}
	for _, s := range symbols {
		for family, most := range newest {
			if version, ok := strings.CutPrefix(s.Version, family); ok && later(version, most) {
				t.Errorf("the program wants %s of %s, and the image has %s%s: build on the image's Debian", s.Name, s.Version, family, most)
			}
		}
	}
}

func later(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		var x, y int
		if i < len(as) {
			x, _ = strconv.Atoi(as[i])
		}
		if i < len(bs) {
			y, _ = strconv.Atoi(bs[i])
		}
		if x != y {
			return x > y
		}
	}
	return false
}

// TestImageAnswers is what deploy/check-image.sh does when somebody calls it.
func TestImageAnswers(t *testing.T) {
	require(t, runtime.GOOS == "linux" && os.Getuid() == 0, "running the program in what its image has needs root on Linux, for namespaces")
	out, err := exec.Command("../check-image.sh", program(t)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "answered: ") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestDemoInImage: the whole demo, with its company made into a database, in a root that
// cannot be written to.
func TestDemoInImage(t *testing.T) {
	port := freePort(t)
	c := inCell(t, nil, nil, "demo", "--listen=127.0.0.1:"+port, "--data-dir=/var/lib/bapsang")
	base := "http://127.0.0.1:" + port
	c.ready(base + "/readyz")
	if status, page, err := fetch(t.Context(), http.MethodGet, base+"/", "", ""); err != nil || status != http.StatusOK || !strings.Contains(page, "<html") {
		t.Errorf("the page: %d, %v", status, err)
	}
	answer := ask(t, base, "", "지난달 지역별 매출")
	if !strings.Contains(answer.Text, "매출") || answer.Rung != "compose" {
		t.Errorf("the answer is %+v", answer)
	}
	c.stop()
}

// TestPodRuns: the pod that the chart renders, with its command line, environment, files
// and mounts, runs, answers and stops.
func TestPodRuns(t *testing.T) {
	values := filepath.Join(t.TempDir(), "values.yaml")
	write(t, values, `
mode: embedded
config:
  sources: [{name: sales, driver: files, dsn: ./tables/sales.csv, contract: {owner: "#data", agreed: 2026-10-01, concurrency: 2, timeout: 30s}}]
files:
  tables/sales.csv: |
    day,region,revenue
    2026-10-01,서울,1200
    2026-10-02,부산,800
    2026-10-03,서울,300
secretEnv: [{name: API_TOKEN, secret: bapsang, key: api-token}]
drainSeconds: 1
`)
	all := manifests(t, rendering{bapsangChart, values})
	p := pods(t, all)[0]
	container, port := p.spec.Containers[0], freePort(t)
	c := inCell(t, mountsOf(t, all, p), environment(container, ":"+port), container.Args...)
	base := "http://127.0.0.1:" + port
	c.ready(base + container.ReadinessProbe.HTTPGet.Path)
	c.ready(base + container.LivenessProbe.HTTPGet.Path)
	if status, _, err := fetch(t.Context(), http.MethodPost, base+"/api/v1/questions", "wrong", "{}"); err != nil || status != http.StatusUnauthorized {
		t.Errorf("without a token it says %d, %v", status, err)
	}
	if answer := ask(t, base, secretText, "2026년 10월 지역별 revenue"); !strings.Contains(answer.Text, "1,500") {
		t.Errorf("the answer is %+v", answer)
	}
	if took := c.stop(); took > time.Duration(*p.spec.TerminationGracePeriodSeconds)*time.Second {
		t.Errorf("stopping took %v; Kubernetes had killed it", took)
	}
}

// TestEverythingIsRead: the program's own strict reader takes the configuration in which
// everything is on, with the secrets where the pod has them. It comes as far as the
// database, which is not there; what is wrong with a configuration ends with status 2.
func TestEverythingIsRead(t *testing.T) {
	all := manifests(t, rendering{bapsangChart, bapsangChart + "/ci/everything-values.yaml"})
	read := 0
	for _, p := range pods(t, all) {
		if p.labels["app.kubernetes.io/component"] != "chat" && p.labels["app.kubernetes.io/component"] != "migrate" {
			continue
		}
		read++
		c := inCell(t, mountsOf(t, all, p), environment(p.spec.Containers[0], ":0"), p.spec.Containers[0].Args...)
		select {
		case <-c.done:
		case <-time.After(3 * time.Minute):
			t.Fatalf("%s goes on without a database:\n%s", p.of, c.out)
		}
		if code := c.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(c.out.String(), "store") {
			t.Errorf("%s ends with status %d:\n%s", p.of, code, c.out)
		}
	}
	if read != 2 {
		t.Errorf("%d pods were tried", read)
	}
}

// answered is what is looked at of an answer.
type answered struct {
	Rung string `json:"rung"`
	Text string `json:"text"`
}

// ask asks through the door for programs and waits for the answer.
func ask(t *testing.T, base, token, question string) answered {
	t.Helper()
	body, err := json.Marshal(map[string]string{"channel": "check", "user": "check", "text": question, "dedupe_key": t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	status, text, err := fetch(t.Context(), http.MethodPost, base+"/api/v1/questions", token, string(body))
	var made struct {
		ID string `json:"id"`
	}
	if err != nil || status != http.StatusAccepted || json.Unmarshal([]byte(text), &made) != nil {
		t.Fatalf("ask: %d %s %v", status, text, err)
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		var q struct {
			State  string   `json:"state"`
			Answer answered `json:"answer"`
		}
		if _, text, err = fetch(t.Context(), http.MethodGet, base+"/api/v1/questions/"+made.ID, token, ""); err == nil {
			if err := json.Unmarshal([]byte(text), &q); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if q.State == "done" {
				return q.Answer
			}
			if q.State == "failed" || q.State == "cancelled" {
				t.Fatalf("the question ended as %s", text)
			}
		}
		pause(t.Context())
	}
	t.Fatalf("no answer after two minutes; the last word was %s", text)
	return answered{}
}

// mountsOf are a pod's volumes of ConfigMaps and Secrets, as check-image.sh takes them.
func mountsOf(t *testing.T, all []manifest, p pod) (mounts []string) {
	t.Helper()
	for _, m := range p.spec.Containers[0].VolumeMounts {
		for _, v := range p.spec.Volumes {
			switch {
			case v.Name != m.Name:
			case v.Projected != nil:
				mounts = append(mounts, mount(t, all, v)+":"+m.MountPath)
			case v.Secret != nil:
				dir := t.TempDir()
				for _, key := range keysOf[v.Secret.SecretName] {
					write(t, filepath.Join(dir, key), secretOf(key)+"\n")
				}
				mounts = append(mounts, dir+":"+m.MountPath)
			}
		}
	}
	return mounts
}

// secretText is in every Secret.
const secretText = "0123456789abcdef"

// secretOf is what a key of a Secret holds: a database's address leads nowhere.
func secretOf(key string) string {
	if strings.HasSuffix(key, "uri") || key == "DATABASE_URL" {
		return "postgres://bapsang@127.0.0.1:9/bapsang?connect_timeout=2"
	}
	return secretText
}

// keysOf are the keys of the Secrets that the values speak of.
var keysOf = map[string][]string{
	"bapsang":          {"DATABASE_URL", "API_TOKEN", "api-token"},
	"bapsang-postgres": {"uri", "direct-uri"},
	"bapsang-slack":    {"bot-token", "signing-secret"},
	"bapsang-llm":      {"key", "company"},
	"bapsang-api":      {"ci", "loadtest"},
}

// environment is what a container's program finds in its environment, but that it listens
// elsewhere: here all pods share one machine's ports.
func environment(c core.Container, listen string) map[string]string {
	have := map[string]string{}
	for _, from := range c.EnvFrom {
		for _, key := range keysOf[from.SecretRef.Name] {
			have[key] = secretOf(key)
		}
	}
	for _, e := range c.Env {
		if e.ValueFrom != nil {
			e.Value = secretOf(e.ValueFrom.SecretKeyRef.Key)
		}
		have[e.Name] = e.Value
	}
	have["BAPSANG_LISTEN"] = listen
	return have
}

// mount writes a volume of ConfigMaps as a node's kubelet does: into a folder with the time
// in its name, to which links lead.
func mount(t *testing.T, all []manifest, v core.Volume) string {
	t.Helper()
	root := t.TempDir()
	const stamp = "..2026_11_26_09_00_00.1"
	for _, source := range v.Projected.Sources {
		data := configMap(t, all, source.ConfigMap.Name)
		for _, item := range source.ConfigMap.Items {
			text, ok := data[item.Key]
			if !ok {
				t.Fatalf("ConfigMap %s has no %s", source.ConfigMap.Name, item.Key)
			}
			write(t, filepath.Join(root, stamp, item.Path), text)
			top, _, _ := strings.Cut(item.Path, "/")
			if err := os.Symlink(filepath.Join("..data", top), filepath.Join(root, top)); err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink(stamp, filepath.Join(root, "..data")); err != nil {
		t.Fatal(err)
	}
	return root
}

func configMap(t *testing.T, all []manifest, name string) map[string]string {
	t.Helper()
	for _, m := range all {
		if m.meta.Kind == "ConfigMap" && m.meta.Metadata.Name == name {
			return decode[*core.ConfigMap](t, m).Data
		}
	}
	t.Fatalf("there is no ConfigMap %s", name)
	return nil
}

// write makes a file that everybody may read, whoever makes it.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
