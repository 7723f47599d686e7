package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/cli"
	"github.com/bapsang/bapsang/cmd/bapsang/demo"
	"github.com/bapsang/bapsang/connectors/confine"
)

// asMain makes the test binary be the program: the tests start it as a person
// would, and kill it as a crash would. So it is built as the tests are: with -race the
// races between a program's parts are found in whole programs too. The program as it is
// released is what deploy/check starts.
const asMain = "BAPSANG_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	confine.Main(cli.Roles())
	if os.Getenv(asMain) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(cli.Run(ctx, os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.LookupEnv}))
	}
	flag.Parse()
	if !given("test.parallel") {
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // most wait for programs that they start
	}
	code := m.Run()
	for _, dir := range []string{company.dir, full.dir} {
		if dir != "" {
			_ = os.RemoveAll(dir)
		}
	}
	os.Exit(code)
}

// given tells whether a flag is on the command line.
func given(name string) (is bool) {
	flag.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}

// now is when the tests ask.
const now = "2026-11-22"

// company is a small demo company that all tests share.
var company struct {
	once sync.Once
	dir  string
	err  error
}

// demoDir returns a directory with the demo company's data, a tenth of the usual
// size: the program finds it by its name and makes none.
func demoDir(t testing.TB) string {
	t.Helper()
	company.once.Do(func() {
		at, err := time.Parse(time.DateOnly, now)
		if err != nil {
			company.err = err
			return
		}
		if company.dir, company.err = os.MkdirTemp("", "bapsang-cli-test-"); company.err != nil {
			return
		}
		path := filepath.Join(company.dir, fmt.Sprintf("demo-%s-v%d.duckdb", at.Format("20060102"), demo.Version))
		company.err = demo.Generate(context.Background(), path, demo.Options{
			Days: int(at.Sub(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).Hours() / 24), Scale: 0.05,
		})
	})
	if company.err != nil {
		t.Fatal(company.err)
	}
	return company.dir
}

// run runs a command in this process.
func run(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := map[string]string{"API_TOKEN": "0123456789abcdef0123"}
	code = cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}})
	return code, out.String(), errs.String()
}

// process is the program running on its own.
type process struct {
	cmd  *exec.Cmd
	url  string
	done chan error
	errs *bytes.Buffer
}

// start starts the program and waits until it says where it listens.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	return startIn(t, nil, args...)
}

// startIn is start with more variables ("NAME=value") in the environment.
func startIn(t testing.TB, variables []string, args ...string) *process {
	t.Helper()
	return startProgram(t, os.Args[0], variables, args...)
}

// environment is what programs are started with.
func environment() []string {
	return append(os.Environ(), asMain+"=1", "API_TOKEN=0123456789abcdef0123")
}

// startProgram starts a program that may be another than this one.
func startProgram(t testing.TB, program string, variables []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program, args...), done: make(chan error, 1), errs: &bytes.Buffer{}}
	p.cmd.Env = append(environment(), variables...)
	p.cmd.Stderr = p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	said := make(chan string, 1)
	go func() {
		var all bytes.Buffer
		told := false
		buf := make([]byte, 4096)
		for {
			n, err := out.Read(buf)
			all.Write(buf[:n])
			if _, rest, ok := strings.Cut(all.String(), "http://"); ok && strings.Contains(rest, "\n") && !told {
				said <- "http://" + strings.TrimRight(strings.SplitN(rest, "\n", 2)[0], "/ ")
				told = true
			}
			if err != nil {
				p.done <- p.cmd.Wait()
				return
			}
		}
	}()
	select {
	case p.url = <-said:
	case err := <-p.done:
		p.done = nil // it has told, and is not waited for again
		t.Fatalf("it ended: %v\n%s", err, p.errs)
	case <-time.After(2 * time.Minute):
		p.kill() // what it wrote may be read then
		t.Fatalf("it does not say where it listens\n%s", p.errs)
	}
	return p
}

// kill ends the program as a crash does and waits until it is gone.
func (p *process) kill() {
	if p.done == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.done //nolint:errcheck // it ends as what was killed ends
	p.done = nil
}

// call makes a request and decodes its JSON.
func (p *process) call(t testing.TB, method, path, body, token string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	var v map[string]any
	_ = json.Unmarshal(data, &v) // pages are no JSON
	return res.StatusCode, v
}

// answer follows a question to its end and returns it.
func (p *process) answer(t testing.TB, id, token string) map[string]any {
	t.Helper()
	// The stream ends with the question, so reading it to the end is waiting.
	if code, _ := p.call(t, "GET", "/api/v1/questions/"+id+"/events", "", token); code != http.StatusOK {
		t.Fatalf("events of %s: %d", id, code)
	}
	code, got := p.call(t, "GET", "/api/v1/questions/"+id, "", token)
	if code != http.StatusOK {
		t.Fatalf("question %s: %d", id, code)
	}
	return got
}
