//go:build linux

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/cli"
)

// deaf is an address that takes connections and never says a word. Each that is taken is told.
func deaf(t *testing.T) (address string, taken <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{}, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var all []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			all = append(all, c)
			told <- struct{}{}
		}
		for _, c := range all {
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return l.Addr().String(), told
}

// hole is an address that swallows packets: nobody takes connections there, and as many wait
// to be taken as the system lets wait.
func hole(t *testing.T) (address string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address = fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
	for range 10 {
		c, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Fatal("it takes every connection")
	return ""
}

// TestServeDoesNotWaitForTheSilent starts beside addresses that take connections and say
// nothing, and one that swallows packets: the others answer while those are still waited for.
func TestServeDoesNotWaitForTheSilent(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef0123"
	config := warehouse(t, func(_, reader string) string { return reader })
	silent, _ := deaf(t)
	swallows := hole(t)
	beside(t, config, "")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	first := fmt.Sprintf("sources:\n  - {name: mute, driver: postgres, dsn: \"postgres://a:hunter2@%s/x\"}\n  - {name: hole, driver: postgres, dsn: \"postgres://a:hunter2@%s/x\"}\n  - {name: dumb, driver: mysql, dsn: \"mysql://a:hunter2@%s/x\"}\n",
		silent, swallows, silent)
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), "sources:\n", first, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "--now", "2026-11-05", "serve", "--config", config)
	// On a busy machine the one that is well may take longer than a start waits for it.
	eventually(t, "the ones that are well are there", func() bool {
		_, status := p.call(t, "GET", "/api/v1/status", "", token)
		got := fmt.Sprint(status["missing"])
		for _, name := range []string{"mute", "hole", "dumb"} {
			if !strings.Contains(got, "name:"+name) {
				t.Fatalf("%s is not missing: %s", name, got)
			}
		}
		return !strings.Contains(got, "name:shop") && !strings.Contains(got, "name:sales")
	})
	metrics := p.page(t, "/metrics")
	for name, up := range map[string]int{"mute": 0, "hole": 0, "dumb": 0, "shop": 1, "sales": 1} {
		if want := fmt.Sprintf("bapsang_source_up{source=%q} %d", name, up); !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
	_, asked := p.call(t, "POST", "/api/v1/questions", `{"channel":"c","user":"u","analyst":"shop","text":"지역별 매출"}`, token)
	if got := p.answer(t, fmt.Sprint(asked["id"]), token); got["state"] != "done" || !strings.Contains(fmt.Sprint(got["answer"]), "서울") {
		t.Errorf("the one that is well: %v", got)
	}
	// Those that give up by themselves are tried again.
	eventually(t, "given up once", func() bool {
		_, status := p.call(t, "GET", "/api/v1/status", "", token)
		return strings.Count(fmt.Sprint(status["missing"]), "cannot be reached") >= 2
	})
	p.kill()
	log := p.errs.String()
	last := 0
	for _, name := range []string{"mute", "hole", "dumb"} { // as they are configured
		at := strings.Index(log, `waiting" source=`+name)
		if at < 0 && name != "dumb" { // on a machine where the start took ten seconds, it has given up by then
			at = strings.Index(log, `trying again" source=`+name)
		}
		if at < last {
			t.Errorf("%s is not told, or not in its order:\n%s", name, log)
		}
		last = at
	}
	if strings.Contains(log, "hunter2") {
		t.Error("the log has a password")
	}
}

// TestSourcesAreOpenedAtOnce, and a start that is told to stop does so while it waits for
// them. Nobody has answered, so it waits: what is wrong with the only source stops it.
func TestSourcesAreOpenedAtOnce(t *testing.T) {
	t.Parallel()
	silent, taken := deaf(t)
	config := filepath.Join(t.TempDir(), "bapsang.yaml")
	text := "listen: 127.0.0.1:0\napi: {tokens: [{name: t, token: 0123456789abcdef0123}]}\nsources:\n"
	for i := range 20 {
		text += fmt.Sprintf("  - {name: s%d, driver: mysql, dsn: \"mysql://a:b@%s/x\"}\n", i, silent)
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, []string{"serve", "--config", config}, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: os.LookupEnv})
	}()
	for i := range 20 { // none of which is answered
		select {
		case <-taken:
		case code := <-ended:
			t.Fatalf("it ended after %d connections: exit %d: %s", i, code, &errs)
		case <-time.After(time.Minute):
			t.Fatalf("%d connections at once", i)
		}
	}
	stop()
	if code := <-ended; code == 0 || strings.Contains(out.String(), "listens") {
		t.Errorf("exit %d\n%s%s", code, &out, &errs)
	}
}
