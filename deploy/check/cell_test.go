package check_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// require skips where something is missing, and fails where nothing may be.
func require(t *testing.T, ok bool, what string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("BAPSANG_REQUIRE_ALL") == "1":
		t.Fatal(what)
	default:
		t.Skip(what)
	}
}

// built is the program as it is released, made once for all tests, into a folder that
// TestMain removes.
var built = sync.OnceValues(func() (string, error) {
	file := filepath.Join(scratch(), "bapsang")
	out, err := exec.Command("../build.sh", file).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build.sh: %w\n%s", err, out)
	}
	return file, err
})

// scratch is a folder of this process.
func scratch() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("bapsang-check-%d", os.Getpid()))
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(scratch())
	os.Exit(code)
}

func program(t *testing.T) string {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// cell is the program running in what its image has.
type cell struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *output
	done chan struct{} // closed when it has ended
	err  error         // how; read after done
}

// output may be read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// inCell starts the program with the arguments of a container. Mounts are as check-image.sh
// takes them.
func inCell(t *testing.T, mounts []string, env map[string]string, args ...string) *cell {
	t.Helper()
	require(t, runtime.GOOS == "linux" && os.Getuid() == 0, "running the program in what its image has needs root on Linux, for namespaces")
	file := program(t)
	line := []string{file}
	for _, m := range mounts {
		line = append(line, "--mount", m)
	}
	c := &cell{t: t, out: &output{}, done: make(chan struct{})}
	c.cmd = exec.Command("../check-image.sh", append(append(line, "--"), args...)...)
	c.cmd.Stdout, c.cmd.Stderr = c.out, c.out
	c.cmd.Env = os.Environ()
	for name, value := range env {
		c.cmd.Env = append(c.cmd.Env, "IN_"+name+"="+value)
	}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	t.Cleanup(c.kill)
	return c
}

func (c *cell) kill() {
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	select {
	case <-c.done:
	case <-time.After(time.Minute):
		c.t.Error("the cell does not end")
	}
}

// inner is the process that is 1 in its namespace: what Kubernetes signals.
func (c *cell) inner() int {
	pid := c.cmd.Process.Pid
	for range 4 { // the script, unshare, the program
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		child, aerr := strconv.Atoi(strings.TrimSpace(string(data)))
		if err != nil || aerr != nil {
			break
		}
		pid = child
		if exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); strings.HasSuffix(exe, "/usr/local/bin/bapsang") {
			return pid
		}
	}
	c.t.Fatalf("the program is not to be found; it said:\n%s", c.out)
	return 0
}

// stop ends the program as Kubernetes does and returns how long that took.
func (c *cell) stop() time.Duration {
	c.t.Helper()
	began := time.Now()
	if err := syscall.Kill(c.inner(), syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.done:
		if c.err != nil {
			c.t.Errorf("the program ended with %v:\n%s", c.err, c.out)
		}
	case <-time.After(2 * time.Minute):
		c.t.Fatalf("the program does not end:\n%s", c.out)
	}
	return time.Since(began)
}

// ready waits until an address answers 200.
func (c *cell) ready(url string) {
	c.t.Helper()
	var last string
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
		select {
		case <-c.done:
			c.t.Fatalf("the program ended with %v:\n%s", c.err, c.out)
		default:
		}
		status, body, err := fetch(c.t.Context(), http.MethodGet, url, "", "")
		if err == nil && status == http.StatusOK {
			return
		}
		last = fmt.Sprint(status, body, err)
		pause(c.t.Context())
	}
	c.t.Fatalf("%s is not there after five minutes: %s\n%s", url, last, c.out)
}

// pause is between two looks at something that another process does.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond):
	}
}

func fetch(ctx context.Context, method, url, token, body string) (int, string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// succeed waits until the program has done what it was told.
func (c *cell) succeed() {
	c.t.Helper()
	select {
	case <-c.done:
		if c.err != nil {
			c.t.Fatalf("%v ended with %v:\n%s", c.cmd.Args, c.err, c.out)
		}
	case <-time.After(2 * time.Minute):
		c.t.Fatalf("%v does not end:\n%s", c.cmd.Args, c.out)
	}
}
