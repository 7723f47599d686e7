package confine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors/confine"
)

func TestMain(m *testing.M) {
	confine.Main(map[string]func(io.Reader, io.Writer) int{
		"echo":   echo,
		"fail":   func(io.Reader, io.Writer) int { return 3 },
		"hang":   hang,
		"hog":    hog,
		"write":  write,
		"dial":   dial,
		"chatty": chatty,
		"nobody": nobody,
		"env":    environment,
		"nested": nested,
	})
	goleak.VerifyTestMain(m)
}

func echo(in io.Reader, out io.Writer) int {
	if _, err := io.Copy(out, in); err != nil {
		return 1
	}
	return 0
}

func hang(_ io.Reader, out io.Writer) int {
	fmt.Fprintln(out, os.Getpid())
	select {}
}

// hog holds ever more memory until something stops it.
func hog(_ io.Reader, out io.Writer) int {
	var held [][]byte
	for range 1 << 20 {
		block := make([]byte, 64<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		held = append(held, block)
	}
	fmt.Fprintln(out, len(held))
	return 0
}

// write tries to write the bytes it is told to the file it is told, and says how
// that went.
func write(in io.Reader, out io.Writer) int {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return 1
	}
	size, path, _ := strings.Cut(strings.TrimSpace(line), " ")
	n, err := strconv.Atoi(size)
	if err != nil {
		return 1
	}
	f, err := os.Create(path)
	if err != nil {
		fmt.Fprintln(out, err)
		return 0
	}
	defer f.Close()
	_, err = f.Write(make([]byte, n))
	fmt.Fprintln(out, err)
	return 0
}

func dial(in io.Reader, out io.Writer) int {
	addr, err := io.ReadAll(in)
	if err != nil {
		return 1
	}
	conn, err := net.DialTimeout("tcp", string(addr), time.Minute)
	if err == nil {
		conn.Close()
	}
	fmt.Fprintln(out, err == nil)
	return 0
}

func chatty(_ io.Reader, out io.Writer) int {
	fmt.Fprintln(os.Stdout, "first words") // not the answer: that goes to out
	for range 10_000 {
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 100))
	}
	fmt.Fprintln(os.Stderr, "last words")
	fmt.Fprintln(out, "answer")
	return 4
}

func nobody(in io.Reader, out io.Writer) int {
	path, err := io.ReadAll(in)
	if err != nil {
		return 1
	}
	held, err := os.Open(string(path))
	if err != nil {
		return 1
	}
	defer held.Close()
	if err := confine.DropPrivileges(); err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	text, readErr := io.ReadAll(held)
	_, openErr := os.Open(string(path))
	fmt.Fprintln(out, os.Getuid(), string(text), readErr == nil, errors.Is(openErr, os.ErrPermission))
	return 0
}

func environment(_ io.Reader, out io.Writer) int {
	fmt.Fprintln(out, len(os.Environ()), syscall.Getpgrp() == os.Getpid())
	return 0
}

// nested starts a child of its own, tells its pid and exits without stopping it.
func nested(_ io.Reader, out io.Writer) int {
	p, err := confine.Start(context.Background(), confine.Spec{Role: "hang"})
	if err != nil {
		return 1
	}
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	if err != nil {
		return 1
	}
	fmt.Fprint(out, line)
	return 0
}

func start(t *testing.T, ctx context.Context, spec confine.Spec) *confine.Process {
	t.Helper()
	p, err := confine.Start(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// converse sends input, closes stdin and returns all that the child answers.
func converse(t *testing.T, p *confine.Process, input string) string {
	t.Helper()
	if _, err := io.WriteString(p.Stdin, input); err != nil {
		t.Fatal(err)
	}
	if err := p.Stdin.Close(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(p.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(answer))
}

func TestRoleAnswersOverPipes(t *testing.T) {
	p := start(t, t.Context(), confine.Spec{Role: "echo"})
	if got := converse(t, p, "밥상 set"); got != "밥상 set" {
		t.Errorf("answer = %q", got)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("Wait = %v", err)
	}
}

func TestExitStatus(t *testing.T) {
	p := start(t, t.Context(), confine.Spec{Role: "fail"})
	var exit *confine.ExitError
	if err := p.Wait(); !errors.As(err, &exit) || exit.Status != "exit status 3" || exit.Killed || exit.OutOfMemory {
		t.Errorf("Wait = %#v", err)
	}
	unknown := start(t, t.Context(), confine.Spec{Role: "nosuch"})
	if err := unknown.Wait(); err == nil || !strings.Contains(err.Error(), `no role "nosuch"`) {
		t.Errorf("Wait of an unknown role = %v", err)
	}
}

func TestPrintingStaysOutOfTheAnswer(t *testing.T) {
	p := start(t, t.Context(), confine.Spec{Role: "chatty"})
	if got := converse(t, p, ""); got != "answer" {
		t.Errorf("answer = %q", got)
	}
	var exit *confine.ExitError
	if err := p.Wait(); !errors.As(err, &exit) {
		t.Fatalf("Wait = %v", err)
	}
	if len(exit.Output) > 8<<10 || !strings.HasPrefix(exit.Output, "first words") || !strings.HasSuffix(exit.Output, "last words") {
		t.Errorf("output of %d bytes: %.40q … ", len(exit.Output), exit.Output)
	}
}

func TestKill(t *testing.T) {
	for name, end := range map[string]func(p *confine.Process, cancel func()){
		"kill":    func(p *confine.Process, _ func()) { p.Kill() },
		"context": func(_ *confine.Process, cancel func()) { cancel() },
		"close":   func(p *confine.Process, _ func()) { p.Close() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := start(t, ctx, confine.Spec{Role: "hang"})
		if _, err := bufio.NewReader(p.Stdout).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		end(p, cancel)
		var exit *confine.ExitError
		if err := p.Wait(); !errors.As(err, &exit) || !exit.Killed || exit.OutOfMemory {
			t.Errorf("%s: Wait = %v", name, err)
		}
		if err := syscall.Kill(p.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("%s: process %d is still there: %v", name, p.Pid(), err)
		}
		p.Kill() // of an ended child: nothing
	}
}

func TestMemoryLimit(t *testing.T) {
	p := start(t, t.Context(), confine.Spec{Role: "hog", Limits: confine.Limits{AddressSpace: 2 << 30}})
	var exit *confine.ExitError
	if err := p.Wait(); !errors.As(err, &exit) || !exit.OutOfMemory {
		t.Errorf("Wait = %v", err)
	}
}

func TestFileSizeLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, c := range []struct {
		limit int64
		size  int
		ok    bool
	}{{0, 1, false}, {100, 100, true}, {100, 101, false}, {confine.Unlimited, 1 << 20, true}} {
		p := start(t, t.Context(), confine.Spec{Role: "write", Limits: confine.Limits{FileSize: c.limit}})
		got := converse(t, p, fmt.Sprintf("%d %s\n", c.size, path))
		if c.ok != (got == "<nil>") || !c.ok && !strings.HasSuffix(got, syscall.EFBIG.Error()) {
			t.Errorf("limit %d, %d bytes: %q", c.limit, c.size, got)
		}
		if err := p.Wait(); err != nil {
			t.Errorf("limit %d, %d bytes: the child ended with %v", c.limit, c.size, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if c.limit != confine.Unlimited && info.Size() > c.limit {
			t.Errorf("limit %d: file has %d bytes", c.limit, info.Size())
		}
	}
}

func TestNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	open := start(t, t.Context(), confine.Spec{Role: "dial", Net: true})
	if got := converse(t, open, l.Addr().String()); got != "true" {
		t.Errorf("with Net: reached = %s", got)
	}
	walled := start(t, t.Context(), confine.Spec{Role: "dial"})
	if got := converse(t, walled, l.Addr().String()); got != fmt.Sprint(!walled.Isolated()) {
		t.Errorf("isolated = %v, reached = %s", walled.Isolated(), got)
	}
	if runtime.GOOS == "linux" && os.Getuid() == 0 && !walled.Isolated() {
		t.Log("this kernel grants root no network namespace: the wall itself is not shown here")
	}
}

// requireRoot skips a test about giving up privileges where there are none, and fails
// it where nothing may skip.
func requireRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	const hint = "this test gives up root's privileges: run it as root"
	if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
		t.Fatal(hint)
	}
	t.Skip(hint)
}

func TestDropPrivileges(t *testing.T) {
	requireRoot(t)
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, t.Context(), confine.Spec{Role: "nobody"})
	if got := converse(t, p, path); got != "65534 text true true" {
		t.Errorf("uid, held file, read, refused = %s", got)
	}
}

func TestEnvironmentAndGroup(t *testing.T) {
	t.Setenv("SECRET", "x")
	p := start(t, t.Context(), confine.Spec{Role: "env"})
	if got := converse(t, p, ""); got != "0 true" {
		t.Errorf("variables, own group = %s", got)
	}
}

func TestChildEndsWithItsParent(t *testing.T) {
	p := start(t, t.Context(), confine.Spec{Role: "nested"})
	pid, err := strconv.Atoi(converse(t, p, ""))
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for alive(pid) {
		select {
		case <-deadline:
			t.Fatalf("grandchild %d outlives its parent", pid)
		case <-tick.C:
		}
	}
}

// alive reports whether pid runs; a zombie that nobody reaps does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(text), ") Z ")
}

func TestStartAfterTheContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := confine.Start(ctx, confine.Spec{Role: "echo"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Start = %v", err)
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		p, err := confine.Start(b.Context(), confine.Spec{Role: "echo"})
		if err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
}
