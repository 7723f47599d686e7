package openai_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
)

// A test binary is a server or a caller too, where a test needs another process.
func TestMain(m *testing.M) {
	switch os.Getenv("OPENAI_TEST_CHILD") {
	case "server":
		serveLoad()
		return
	case "caller":
		callOnce()
		return
	}
	goleak.VerifyTestMain(m)
}

// newClient is a client of s; edit may change its options.
func newClient(t testing.TB, s *agenttest.Server, edit func(*openai.Options)) *openai.Client {
	t.Helper()
	opts := openai.Options{Name: "h100", BaseURL: s.URL + "/v1", Model: agenttest.DefaultModel}
	if edit != nil {
		edit(&opts)
	}
	if opts.Transport == nil && opts.CAFile == "" {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		opts.Transport = transport
	}
	c, err := openai.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ask is a request of one question.
func ask(q string) llm.Request {
	return llm.Request{Messages: []llm.Message{{Role: llm.System, Text: "You answer."}, {Role: llm.User, Text: q}}}
}

// both runs a test of a call that is streamed and one that is not.
func both(t *testing.T, test func(t *testing.T, stream func(llm.Request) llm.Request)) {
	t.Run("whole", func(t *testing.T) { test(t, func(r llm.Request) llm.Request { return r }) })
	t.Run("stream", func(t *testing.T) {
		test(t, func(r llm.Request) llm.Request {
			if r.OnDelta == nil {
				r.OnDelta = func(llm.Delta) {}
			}
			return r
		})
	})
}

func asError(t *testing.T, err error) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want an *llm.Error", err, err)
	}
	return e
}

// callOnce calls the server of the environment, through whatever the environment says.
func callOnce() {
	c, err := openai.New(openai.Options{Name: "x", BaseURL: os.Getenv("OPENAI_TEST_URL"), Model: agenttest.DefaultModel})
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		var r *llm.Reply
		if r, err = c.Complete(ctx, ask("hello")); err == nil {
			_, _ = os.Stdout.WriteString(r.Message.Text)
			return
		}
	}
	_, _ = fmt.Fprint(os.Stdout, err)
	os.Exit(1)
}

// The load: as many streams as a large company has at once, each as fast as one H100
// writes for few readers.
const (
	loadStreams = 750
	loadChunks  = 500
	loadEvery   = 20 * time.Millisecond
)

// serveLoad is a server in a process of its own, so that the client's costs are its own.
func serveLoad() {
	text := strings.Repeat("rose", loadChunks)
	s := agenttest.New(agenttest.Config{
		Forget:  true,
		Latency: agenttest.Latency{First: agenttest.Fixed(2 * time.Second), Chunk: agenttest.Fixed(loadEvery)},
		Rule:    func(*agenttest.Request) agenttest.Reply { return agenttest.Text(text) },
	})
	if err := s.Listen("127.0.0.1:0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = fmt.Fprintln(os.Stdout, s.URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent has done
	_ = s.Close()
}
