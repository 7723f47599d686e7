package workers_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/workers"
)

// frame is one as a worker writes it: its kind, its length, its body.
func frame(kind byte, body string) string {
	b := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	return hex.EncodeToString(append(b, body...))
}

// received reads a frame of the parent's, and into what it is to be decoded.
func received(r io.Reader, into any) bool {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return false
	}
	body := make([]byte, binary.LittleEndian.Uint32(header[1:]))
	if _, err := io.ReadFull(r, body); err != nil {
		return false
	}
	return into == nil || json.Unmarshal(body, into) == nil
}

// Frames of a conversation that goes well.
var (
	ready   = frame('r', "{}")
	begun   = frame('b', "{}")
	columns = frame('c', `[{"name":"x"}]`)
	aRow    = frame('d', "\x03\x02") // 1
)

func end(id int) string { return frame('e', `{"ID":`+strconv.Itoa(id)+`}`) }

// A worker is a stranger, for what it runs may have taken it over. Whatever it says, there is
// an answer in time, of bounded size, and nothing is left of it.
func TestHostileFrames(t *testing.T) {
	t.Run("an honest one", func(t *testing.T) {
		res, err := hear(t, strange{Opened: ready, Asked: begun + columns + aRow + end(1)}, time.Minute)
		if err != nil || len(res.Rows) != 1 || res.Rows[0][0] != int64(1) {
			t.Errorf("%v, %v", res, err)
		}
	})
	wide := frame('c', "["+strings.Repeat(`{"name":"x"},`, 5000)+`{"name":"x"}]`)
	for name, said := range map[string]strange{
		"nothing":                    {},
		"no frames":                  {Asked: hex.EncodeToString([]byte("HTTP/1.1 200 OK\r\n\r\n"))},
		"half a header":              {Asked: begun + "6400"},
		"half a body":                {Asked: begun + "63ff000000" + "5b"},
		"a length of four gigabytes": {Asked: begun + "64ffffffff", Stays: true},
		"ready again":                {Asked: ready},
		"not begun":                  {Asked: columns + aRow + end(1)},
		"begun twice":                {Asked: begun + begun + end(1)},
		"no kind of frame":           {Asked: begun + frame('Z', "")},
		"what only a parent says":    {Asked: begun + frame('q', "{}")},
		"rows before columns":        {Asked: begun + aRow + columns + end(1)},
		"no columns":                 {Asked: begun + frame('c', "[]") + aRow + end(1)},
		"columns that are none":      {Asked: begun + frame('c', "{") + end(1)},
		"too many columns":           {Asked: begun + wide + end(1)},
		"half a row":                 {Asked: begun + frame('c', `[{"name":"x"},{"name":"y"}]`) + aRow + end(1)},
		"a kind of cell":             {Asked: begun + columns + frame('d', "\xff") + end(1)},
		"a text longer than said":    {Asked: begun + columns + frame('d', "\x06\x09밥") + end(1)},
		"a text of 2⁶³ bytes":        {Asked: begun + columns + frame('d', "\x06\xff\xff\xff\xff\xff\xff\xff\xff\x7fx") + end(1)},
		"a number without end":       {Asked: begun + columns + frame('d', "\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") + end(1)},
		"half a number":              {Asked: begun + columns + frame('d', "\x04\x00\x00") + end(1)},
		"a second of two seconds":    {Asked: begun + columns + frame('d', "\x07\x00\x80\xa8\xd6\xb9\x07") + end(1)},
		"another's end":              {Asked: begun + columns + aRow + end(7)},
		"an end that is none":        {Asked: begun + columns + frame('e', "]")},
		"more rows than asked for":   {Asked: begun + columns + frame('d', strings.Repeat("\x00", 100)) + end(1)},
		"columns twice":              {Asked: begun + columns + aRow + frame('c', `[{"name":"x"},{"name":"y"}]`) + end(1)},
		"columns without end":        {Asked: begun, Again: columns, Times: 1 << 30},
		"rows without end":           {Asked: begun + columns, Again: frame('d', strings.Repeat("\x00", 50)), Times: 1 << 30},
		"large rows without end":     {Asked: begun + columns, Again: frame('d', "\x06\x80\x80\x40"+strings.Repeat("x", 1<<20)), Times: 1 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			said.Opened = ready
			if _, err := hear(t, said, time.Minute); connectors.CodeOf(err) != connectors.CodeUnavailable {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, said := range map[string]strange{
		"says nothing":         {Stays: true},
		"never ends":           {Asked: begun + columns + aRow, Stays: true},
		"stops in a frame":     {Asked: begun + "63ff00", Stays: true},
		"empty rows, for ever": {Asked: begun + columns, Again: frame('d', ""), Times: 1 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			said.Opened = ready
			if _, err := hear(t, said, time.Second); connectors.CodeOf(err) != connectors.CodeTimeout {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, opened := range map[string]string{"an end of nothing": frame('e', "{}"), "rows": aRow, "no JSON": frame('e', "x"), "a bad frame": "64ffffffff"} {
		t.Run("opened with "+name, func(t *testing.T) {
			cfg := configure(1)
			cfg.Role, cfg.Open = "stranger", strange{Opened: opened}
			p, err := workers.Start(t.Context(), cfg)
			if p != nil || connectors.CodeOf(err) != connectors.CodeUnavailable {
				t.Errorf("got %v", err)
			}
		})
	}
}

// hear is what comes of asking a stranger for few rows.
func hear(t *testing.T, said strange, within time.Duration) (*connectors.Result, error) {
	t.Helper()
	cfg := configure(1)
	cfg.Role, cfg.Open = "stranger", said
	p := start(t, cfg)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	res, err := p.Run(t.Context(), workers.Request{SQL: "who", MaxRows: 60, Timeout: within})
	runtime.ReadMemStats(&after)
	if grew := after.Sys - min(after.Sys, before.Sys); grew > 200<<20 {
		t.Errorf("the parent took %d MB", grew>>20)
	}
	return res, err
}

// Whatever ends the parent ends its workers, at work or not: nobody is left who reads the
// company's files for nobody.
func TestWorkersDieWithTheirParent(t *testing.T) {
	connectorstest.Children(t)
	for _, doing := range []string{"who", "hang", "spin"} {
		t.Run(doing, func(t *testing.T) {
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), exe)
			cmd.Env, cmd.Stderr = append(os.Environ(), asParent+"="+doing), os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				t.Fatal(err)
			}
			if doing == "spin" {
				connectorstest.AwaitBusy(t, pid)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			connectorstest.AwaitEnd(t, pid)
		})
	}
}
