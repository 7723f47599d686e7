package duckdb_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

// hostileWorkers are workers that have been taken over, by the name of the
// database that they are told to open. Each has said that it is ready.
var hostileWorkers = map[string]func(in *bufio.Reader, out io.Writer) int{
	"silent": func(*bufio.Reader, io.Writer) int { select {} },
	"gone":   func(*bufio.Reader, io.Writer) int { return 3 },
	"noise": func(_ *bufio.Reader, out io.Writer) int {
		_, _ = out.Write(bytes.Repeat([]byte("밥상"), 100_000))
		select {}
	},
	"long-frame": func(_ *bufio.Reader, out io.Writer) int {
		_, _ = out.Write([]byte{'d', 0xff, 0xff, 0xff, 0xff})
		select {}
	},
	"endless-rows": func(_ *bufio.Reader, out io.Writer) int {
		_, _ = out.Write(frame('c', []byte(`[{"name":"a","type":"INTEGER"}]`)))
		rows := frame('d', make([]byte, 60_000)) // NULLs
		for {
			if _, err := out.Write(rows); err != nil {
				return 1
			}
		}
	},
	"long-string": func(_ *bufio.Reader, out io.Writer) int {
		_, _ = out.Write(frame('c', []byte(`[{"name":"a","type":"VARCHAR"}]`)))
		_, _ = out.Write(frame('d', append([]byte{6}, binary.AppendUvarint(nil, 1<<62)...)))
		select {}
	},
	"many-columns": func(_ *bufio.Reader, out io.Writer) int {
		_, _ = out.Write(frame('c', []byte("["+strings.Repeat(`{},`, 100_000)+"{}]")))
		_, _ = out.Write(frame('d', make([]byte, 100_001)))
		select {}
	},
	"wrong-answer": func(_ *bufio.Reader, out io.Writer) int {
		_, _ = out.Write(frame('e', []byte(`{"ID":77}`)))
		select {}
	},
	"rows-first": func(_ *bufio.Reader, out io.Writer) int {
		_, _ = out.Write(frame('d', []byte{0, 0, 0}))
		select {}
	},
}

func frame(kind byte, body []byte) []byte {
	f := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	return append(f, body...)
}

// hostile returns the behaviour that the first frame asks for, if any. It leaves an
// honest worker's frame unread.
func hostile(r *bufio.Reader) func(*bufio.Reader, io.Writer) int {
	header, err := r.Peek(5)
	if err != nil {
		return nil
	}
	length := int(binary.LittleEndian.Uint32(header[1:]))
	first, err := r.Peek(5 + length)
	if err != nil {
		return nil
	}
	for name, play := range hostileWorkers {
		if !bytes.Contains(first, []byte(name+".hostile")) {
			continue
		}
		return func(r *bufio.Reader, out io.Writer) int {
			_, _ = r.Discard(5 + length)
			_, _ = out.Write(frame('r', nil))
			if _, err := r.Peek(1); err != nil { // until it is asked something
				return 1
			}
			_, _ = out.Write(frame('b', nil))
			return play(r, out)
		}
	}
	return nil
}

func TestHostileWorkers(t *testing.T) {
	before := peakMemory(t)
	for name := range hostileWorkers {
		path := filepath.Join(t.TempDir(), name+".hostile")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		src := open(t, duckdb.Config{Path: path, Workers: 1, Catalog: &connectors.Catalog{}})
		for range 2 { // the second meets a fresh one
			connectorstest.Soon(t, name, 3*time.Second, func() time.Duration {
				start := time.Now()
				_, err := query(t, src, connectors.Statement{SQL: "SELECT 1", Timeout: 100 * time.Millisecond})
				took := time.Since(start)
				var e *connectors.Error
				if !errors.As(err, &e) || e.Code != connectors.CodeUnavailable && e.Code != connectors.CodeTimeout {
					t.Errorf("%s: %v", name, err)
				}
				return took
			})
		}
	}
	if grown := peakMemory(t) - before; grown > 100<<20 {
		t.Errorf("the parent's memory grew by %d MiB", grown>>20)
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	src := openShop(t, 3)
	if n := len(connectorstest.Children(t)); n != 3 {
		t.Errorf("%d workers, want 3", n)
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	if left := connectorstest.Children(t); len(left) != 0 {
		t.Errorf("processes %v are left", left)
	}
}

func TestWorkerHasNoPrivilege(t *testing.T) {
	path := makeDatabase(t, "shop.duckdb", shopSQL)
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	wantCount(t, open(t, duckdb.Config{Path: path, Workers: 1}))
	pid := connectorstest.Children(t)[0]
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 && !strings.Contains(string(status), "Uid:\t65534\t65534\t65534\t65534") {
		t.Errorf("the worker still is root:\n%s", status)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		if f := strings.Fields(line); strings.HasPrefix(line, "Max file size") && (f[3] != "0" || f[4] != "0") {
			t.Errorf("the worker may write files: %s", line)
		}
	}
}

func TestWorkerDiesInTheMiddle(t *testing.T) {
	src := openShop(t, 1)
	before := connectorstest.Children(t)
	failed := make(chan error)
	go func() {
		_, err := src.Query(context.Background(), connectors.Caller{}, connectors.Statement{
			SQL: "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7",
		})
		failed <- err
	}()
	connectorstest.AwaitBusy(t, before[0])
	if err := syscall.Kill(before[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	err := <-failed
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeTooLarge && e.Code != connectors.CodeUnavailable {
		t.Errorf("err = %v", err)
	}
	wantCount(t, src)
	if after := connectorstest.Children(t); len(after) != 1 || after[0] == before[0] {
		t.Errorf("workers before %v, after %v", before, after)
	}
}

func TestIdleWorkerDies(t *testing.T) {
	src := openShop(t, 2)
	for _, pid := range connectorstest.Children(t) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		wantCount(t, src)
	}
}

func wantCount(t *testing.T, src connectors.Source) {
	t.Helper()
	res, err := query(t, src, connectors.Statement{SQL: "SELECT count(*) FROM orders"})
	if err != nil || res.Rows[0][0] != int64(1000) {
		t.Errorf("count = %v, %v", res, err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.duckdb")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("not a database "), 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.duckdb")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	good := makeDatabase(t, "shop.duckdb", shopSQL)
	cut := filepath.Join(dir, "cut.duckdb")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, text[:len(text)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		cfg  duckdb.Config
		code connectors.Code
	}{
		"missing":   {t.Context(), duckdb.Config{Path: filepath.Join(dir, "no.duckdb")}, connectors.CodeNotFound},
		"directory": {t.Context(), duckdb.Config{Path: dir}, connectors.CodeNotFound},
		"garbage":   {t.Context(), duckdb.Config{Path: garbage}, connectors.CodeBadData},
		"empty":     {t.Context(), duckdb.Config{Path: empty}, connectors.CodeBadData},
		"cut":       {t.Context(), duckdb.Config{Path: cut}, connectors.CodeBadData},
		"zone":      {t.Context(), duckdb.Config{Path: good, Timezone: "Mars/Olympus' --"}, connectors.CodeUnavailable},
		"cancelled": {ended, duckdb.Config{Path: good}, connectors.CodeCancelled},
	} {
		src, err := duckdb.Open(c.ctx, c.cfg)
		var e *connectors.Error
		if src != nil || !errors.As(err, &e) || e.Code != c.code || strings.Contains(e.Message, dir) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	if left := connectorstest.Children(t); len(left) != 0 {
		t.Errorf("processes %v are left", left)
	}
}

func TestManyQuestionsFewWorkers(t *testing.T) {
	src := openShop(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	slow := make(chan error)
	go func() {
		_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7"})
		slow <- err
	}()
	connectorstest.AwaitBusy(t, connectorstest.Children(t)[0])
	_, err := query(t, src, connectors.Statement{SQL: "SELECT 1", Timeout: 50 * time.Millisecond})
	if connectors.CodeOf(err) != connectors.CodeTimeout {
		t.Errorf("waiting for a worker: %v", err)
	}
	cancel()
	if err := <-slow; connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Errorf("slow: %v", err)
	}
	wantCount(t, src)
}
