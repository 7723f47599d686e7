package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// step is what becomes of an attempt: an answer, a connection that is refused (no code), or
// silence until nobody waits any more.
type step struct {
	code   int
	body   []byte
	header []string
	silent bool
}

func status(code int, header ...string) step { return step{code: code, header: header} }

func (s step) response(r *http.Request) (*http.Response, error) {
	if s.silent {
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	if s.code == 0 {
		return nil, errors.New("connection refused")
	}
	res := &http.Response{StatusCode: s.code, Status: fmt.Sprint(s.code, " ", http.StatusText(s.code)), Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(s.body))}
	for i := 0; i+1 < len(s.header); i += 2 {
		res.Header.Set(s.header[i], s.header[i+1])
	}
	return res, nil
}

// answers is a collector, in a bubble's time, that gives each attempt the next step, and
// the last one from then on.
type answers struct {
	next []step

	mu sync.Mutex
	at []time.Time // of the attempts
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.at = append(a.at, time.Now())
	next := a.next[min(len(a.at), len(a.next))-1]
	a.mu.Unlock()
	return next.response(r)
}

func (a *answers) settings() *settings {
	return &settings{endpoint: "http://collector/v1/traces", header: http.Header{"Api-Key": {"secret"}}, timeout: 10 * time.Second, transport: a}
}

var oneSpan = []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{Name: "chat m", TraceId: make([]byte, 16), SpanId: make([]byte, 8)}}}}}}

// upload sends one batch in the time that the processor gives it, and returns how long
// that took.
func upload(t *testing.T, c *client) (time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	began := time.Now()
	err := c.UploadTraces(ctx, oneSpan)
	return time.Since(began), err
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	partly := protowire.AppendTag(nil, 1, protowire.BytesType)
	partly = protowire.AppendBytes(partly, protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 3))
	for name, c := range map[string]struct {
		next     []step
		attempts int           // 0 for more than one
		between  time.Duration // the first wait, when the collector says it
		wants    string        // in the error; "" for none
	}{
		"taken":             {next: []step{status(200)}, attempts: 1},
		"taken, no content": {next: []step{status(204)}, attempts: 1},
		"partly":            {next: []step{{code: 200, body: partly}}, attempts: 1, wants: "rejected 3 spans"},
		"odd answer":        {next: []step{{code: 200, body: []byte("<html>fine</html>")}}, attempts: 1},
		"busy once":         {next: []step{status(503), status(200)}, attempts: 2},
		"busy, says when":   {next: []step{status(429, "Retry-After", "7"), status(200)}, attempts: 2, between: 7 * time.Second},
		"gateway":           {next: []step{status(502), status(504), status(200)}, attempts: 3},
		"away, back":        {next: []step{{}, status(200)}, attempts: 2},
		"silent, back":      {next: []step{{silent: true}, status(200)}, attempts: 2},
		"away":              {next: []step{{}}, wants: "connection refused"},
		"busy for long":     {next: []step{status(503, "Retry-After", "3600")}, attempts: 1, wants: "503"},
		"wrong":             {next: []step{status(400)}, attempts: 1, wants: "400"},
		"no key":            {next: []step{status(401)}, attempts: 1, wants: "401"},
		"elsewhere":         {next: []step{status(307, "Location", "http://other/")}, attempts: 1, wants: "307"},
		"broken":            {next: []step{status(500)}, attempts: 1, wants: "500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &answers{next: c.next}
				client := newClient(a.settings())
				defer client.abort()
				took, err := upload(t, client)
				if (err == nil) != (c.wants == "") || err != nil && !strings.Contains(err.Error(), c.wants) {
					t.Errorf("error %v, wants %q", err, c.wants)
				}
				if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "collector/")) {
					t.Errorf("the error tells too much: %v", err)
				}
				if n := len(a.at); n != c.attempts && (c.attempts > 0 || n < 3) {
					t.Errorf("%d attempts", n)
				}
				if c.between > 0 && a.at[1].Sub(a.at[0]) != c.between {
					t.Errorf("the second came after %s", a.at[1].Sub(a.at[0]))
				}
				if took > 30*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// TestWaitsGrow holds a collector that is down to few requests.
func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &answers{next: []step{status(503)}}
		client := newClient(a.settings())
		defer client.abort()
		if _, err := upload(t, client); err == nil {
			t.Fatal("no error")
		}
		if n := len(a.at); n < 4 || n > 15 {
			t.Errorf("%d attempts in half a minute", n)
		}
		if first, last := a.at[1].Sub(a.at[0]), a.at[len(a.at)-1].Sub(a.at[len(a.at)-2]); first < 500*time.Millisecond || last < 2*first {
			t.Errorf("the first wait is %s, the last %s", first, last)
		}
	})
}

func TestTheEndIsNotHeldUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		next step
		took time.Duration
	}{
		"away":   {step{}, 0},
		"busy":   {status(503, "Retry-After", "5"), 0},
		"silent": {step{silent: true}, flushTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &answers{next: []step{c.next}}
				traces, err := open(t.Context(), a.settings(), slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				_, span := traces.Tracer().Tracer("t").Start(t.Context(), "chat m")
				span.End()
				began := time.Now()
				traces.Close()
				if took := time.Since(began); took != c.took {
					t.Errorf("closing took %s", took)
				}
				synctest.Wait()
				if len(a.at) != 1 {
					t.Errorf("%d attempts", len(a.at))
				}
			})
		})
	}
}

// TestADeadCollectorSlowsNobody makes more spans than the queue holds while the collector
// says nothing at all. In a bubble, time passes only when everybody waits.
func TestADeadCollectorSlowsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &answers{next: []step{{silent: true}}}
		var log bytes.Buffer
		traces, err := open(t.Context(), a.settings(), slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 20_000 {
			_, span := traces.Tracer().Tracer("t").Start(t.Context(), "chat m")
			span.End()
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("questions waited %s", took)
		}
		<-time.After(5 * time.Minute)
		traces.Close()
		synctest.Wait()
		if n := strings.Count(log.String(), "\n"); n != 1 || strings.Contains(log.String(), "secret") {
			t.Errorf("the log:\n%s", log.String())
		}
	})
}

// collector is a receiver in the way the specification has it, of what it is sent.
func collector(t *testing.T) (url string, got func() []*tracepb.ResourceSpans) {
	t.Helper()
	var mu sync.Mutex
	var all []*tracepb.ResourceSpans
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(body)
			if err != nil {
				http.Error(w, "not gzip", http.StatusBadRequest)
				return
			}
			body = z
		}
		data, err := io.ReadAll(body)
		var td tracepb.TracesData
		if err == nil {
			err = proto.Unmarshal(data, &td)
		}
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("X-Key") != "a b" {
			t.Errorf("%s %s, headers %v, %v", r.Method, r.URL, r.Header, err)
		}
		mu.Lock()
		all = append(all, td.GetResourceSpans()...)
		mu.Unlock()
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []*tracepb.ResourceSpans {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func TestSpansArrive(t *testing.T) {
	for _, compression := range []string{"", "none"} {
		url, got := collector(t)
		t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
		traces, err := Open(t.Context(), of(general+"ENDPOINT", url, general+"HEADERS", "x-key=a%20b", general+"COMPRESSION", compression), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, parent := traces.Tracer().Tracer("t").Start(t.Context(), "invoke_agent a")
		_, child := traces.Tracer().Tracer("t").Start(ctx, "chat m")
		child.End()
		parent.End()
		traces.Close()
		all := got()
		if len(all) != 1 || len(all[0].GetScopeSpans()) != 1 || len(all[0].GetScopeSpans()[0].GetSpans()) != 2 {
			t.Fatalf("got %v", all)
		}
		resource := map[string]string{}
		for _, a := range all[0].GetResource().GetAttributes() {
			resource[a.GetKey()] = a.GetValue().GetStringValue()
		}
		if resource["service.name"] != "bapsang" || resource["deployment.environment.name"] != "test" || resource["telemetry.sdk.language"] != "go" {
			t.Errorf("resource %v", resource)
		}
		spans := all[0].GetScopeSpans()[0].GetSpans()
		if !bytes.Equal(spans[0].GetParentSpanId(), spans[1].GetSpanId()) || !bytes.Equal(spans[0].GetTraceId(), spans[1].GetTraceId()) {
			t.Error("the child has another parent")
		}
	}
}
