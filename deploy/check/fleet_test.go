package check_test

import (
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	batch "k8s.io/api/batch/v1"
)

// postgres starts a server on a port of this machine and returns where it is.
func postgres(t *testing.T) (dsn string) {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	require(t, err == nil && len(found) > 0, "there is no PostgreSQL server; apt install postgresql")
	bin, port := found[len(found)-1], freePort(t)
	dir, err := os.MkdirTemp("/tmp", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := &syscall.SysProcAttr{}
	if os.Getuid() == 0 { // it does not run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	data := filepath.Join(dir, "data")
	create := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
	create.SysProcAttr, create.Dir = as, dir
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	said := &output{}
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", port, "-k", dir, "-F")
	server.SysProcAttr, server.Dir, server.Stderr = as, dir, said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	})
	for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(said.String(), "ready to accept connections"); pause(t.Context()) {
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL does not start:\n%s", said)
		}
	}
	return "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"
}

// TestFleetRuns: what the chart renders for a fleet is a fleet. Its Job makes the tables,
// its four Deployments start with their own command lines, environments and files, a
// question that chat takes in is answered by worker, and each stops in its time.
func TestFleetRuns(t *testing.T) {
	dsn := postgres(t)
	all := manifests(t, rendering{bapsangChart, bapsangChart + "/ci/fleet-values.yaml"})
	ports, cells := map[string]string{}, map[string]*cell{}
	begin := func(p pod, role string) {
		ports[role] = freePort(t)
		env := environment(p.spec.Containers[0], ":"+ports[role])
		env["DATABASE_URL"] = dsn
		cells[role] = inCell(t, mountsOf(t, all, p), env, p.spec.Containers[0].Args...)
	}
	for _, p := range pods(t, all) {
		if strings.HasPrefix(p.of, "Job") {
			for range 2 { // an upgrade runs it again
				begin(p, "migrate")
				cells["migrate"].succeed()
			}
		}
	}
	if len(cells) == 0 {
		t.Fatal("nothing makes the tables")
	}
	for _, p := range pods(t, all) {
		if p.server {
			begin(p, p.labels["app.kubernetes.io/component"])
		}
	}
	for _, role := range []string{"chat", "worker", "scheduler", "console"} {
		cells[role].ready("http://127.0.0.1:" + ports[role] + "/readyz")
	}
	if answer := ask(t, "http://127.0.0.1:"+ports["chat"], secretText, "2026년 10월 지역별 revenue"); !strings.Contains(answer.Text, "1,200") {
		t.Errorf("the answer is %+v", answer)
	}
	for _, role := range []string{"worker", "scheduler", "console"} {
		if status, _, err := fetch(t.Context(), http.MethodPost, "http://127.0.0.1:"+ports[role]+"/api/v1/questions", secretText, "{}"); err != nil || status != http.StatusNotFound {
			t.Errorf("%s has the doors of chat: %d, %v", role, status, err)
		}
	}
	for role, c := range cells {
		if role != "migrate" {
			c.stop()
		}
	}
}

// TestMigrationGoesBefore: the Job and what it reads are made before what needs them.
func TestMigrationGoesBefore(t *testing.T) {
	weight := map[string]int{}
	for _, m := range manifests(t, rendering{bapsangChart, bapsangChart + "/ci/fleet-values.yaml"}) {
		if !strings.HasSuffix(m.meta.Metadata.Name, "-migrate") || m.meta.Kind == "NetworkPolicy" {
			continue
		}
		if hooks := m.meta.Metadata.Annotations["helm.sh/hook"]; hooks != "pre-install,pre-upgrade" {
			t.Errorf("%v is a hook of %q", m, hooks)
		}
		var err error
		if weight[m.meta.Kind], err = strconv.Atoi(m.meta.Metadata.Annotations["helm.sh/hook-weight"]); err != nil {
			t.Errorf("%v: %v", m, err)
		}
		if m.meta.Kind == "Job" {
			if job := decode[*batch.Job](t, m); job.Spec.Template.Spec.ServiceAccountName != "" {
				t.Error("before an install the release's service account is not there")
			}
		}
	}
	if weight["ConfigMap"] >= weight["Job"] || len(weight) != 2 {
		t.Errorf("the order of the hooks is %v", weight)
	}
}
