package cli_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/bapsang/bapsang/store/bolt"
)

// dataDir is where the site of a configuration keeps its data.
func dataDir(config string) string { return filepath.Join(filepath.Dir(config), "data") }

// TestBackupWhileItRuns copies a store from under a running program and starts another
// on the copy: what was answered before the copy is there.
func TestBackupWhileItRuns(t *testing.T) {
	t.Parallel()
	config, restored := site(t), site(t)
	p := start(t, "--now", now, "serve", "--config", config)
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "지역별 금액 합계", "1"), token)
	id, _ := asked["id"].(string)
	p.answer(t, id, token)
	if err := os.MkdirAll(dataDir(restored), 0o700); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dataDir(restored), bolt.FileName)
	if code, out, errs := run(t, "backup", "--data-dir", dataDir(config), to); code != 0 || out+errs != "" {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if code, _ := p.call(t, "GET", "/readyz", "", ""); code != http.StatusOK {
		t.Errorf("after the copy it is not ready: %d", code)
	}
	second := start(t, "--now", now, "serve", "--config", restored)
	if got := second.answer(t, id, token); got["state"] != "done" {
		t.Errorf("in the copy the question is %v", got)
	}
	info, err := os.Stat(filepath.Join(dataDir(config), "control.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may use the socket: %v, %v", info.Mode(), err)
	}
}

// TestBackupAfterACrash has the socket of a program that was killed lie about: the
// next backup does without it, and the next program takes its place.
func TestBackupAfterACrash(t *testing.T) {
	t.Parallel()
	config := site(t)
	p := start(t, "--now", now, "serve", "--config", config)
	p.kill()
	if _, err := os.Lstat(filepath.Join(dataDir(config), "control.sock")); err != nil {
		t.Fatalf("nothing lies about: %v", err)
	}
	to := filepath.Join(t.TempDir(), "copy.bolt")
	if code, _, errs := run(t, "backup", "--data-dir", dataDir(config), to); code != 0 {
		t.Fatalf("stopped: exit %d: %s", code, errs)
	}
	start(t, "--now", now, "serve", "--config", config)
	if code, _, errs := run(t, "backup", "--data-dir", dataDir(config), to); code != 0 {
		t.Errorf("running again: exit %d: %s", code, errs)
	}
}

// TestABackupThatBreaksOffIsNotThere serves a copy that ends too early, one that is no
// store, and none.
func TestABackupThatBreaksOffIsNotThere(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"broken off": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte{1}, 1<<16))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"damaged": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte{1}, 1<<16)) },
		"refused": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTeapot) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "bapsang-backup-") // a test's own name is too long for a socket
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			if err := os.WriteFile(filepath.Join(dir, bolt.FileName), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "control.sock"))
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: answer}
			served := make(chan struct{})
			go func() { defer close(served); _ = server.Serve(listener) }()
			defer func() { _ = server.Close(); <-served }()
			to := filepath.Join(dir, "copy.bolt")
			if code, _, errs := run(t, "backup", "--data-dir", dir, to); code != 1 || errs == "" {
				t.Errorf("exit %d: %s", code, errs)
			} else {
				t.Log(errs)
			}
			for _, left := range []string{to, to + ".partial"} {
				if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is there: %v", left, err)
				}
			}
		})
	}
}
