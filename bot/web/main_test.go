package web_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a handler that remembers what it was given and does what its script says.
type desk struct {
	mu     sync.Mutex
	events []bot.Event
	files  map[string]string // by event id and name
	seen   map[string]bool
	refuse bool
	script func(ctx context.Context, ev bot.Event)
	came   chan struct{}
}

func (d *desk) Handle(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	d.mu.Lock()
	refuse, again, script := d.refuse, d.seen[ev.ID], d.script
	d.mu.Unlock()
	if refuse {
		return bot.Receipt{}, errors.New("storage is full")
	}
	if again {
		return bot.Receipt{Thread: ev.Thread, Duplicate: true}, nil
	}
	contents := map[string]string{}
	for _, f := range ev.Files {
		r, err := f.Open(ctx)
		if err != nil {
			return bot.Receipt{}, err
		}
		data, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return bot.Receipt{}, err
		}
		contents[f.Name] = string(data)
	}
	d.mu.Lock()
	d.seen[ev.ID] = true
	d.events = append(d.events, ev)
	for name, data := range contents {
		d.files[name] = data
	}
	d.mu.Unlock()
	select {
	case d.came <- struct{}{}:
	default:
	}
	if script != nil {
		script(ctx, ev)
	}
	return bot.Receipt{Thread: ev.Thread}, nil
}

func (d *desk) setRefuse(refuse bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = refuse
}

func (d *desk) setScript(f func(ctx context.Context, ev bot.Event)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.script = f
}

func (d *desk) got() []bot.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]bot.Event(nil), d.events...)
}

// wait waits for the event that satisfies ok.
func (d *desk) wait(t *testing.T, ok func(bot.Event) bool) bot.Event {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		for _, ev := range d.got() {
			if ok(ev) {
				return ev
			}
		}
		select {
		case <-d.came:
		case <-deadline:
			t.Fatalf("no such event; there were %+v", d.got())
		}
	}
}

// site is a page being served, with what is behind it.
type site struct {
	*desk
	chat  *web.Chat
	store *bolt.Store
	url   string
	dir   string

	cfg    web.Config
	server *http.Server
	stop   context.CancelFunc
	ended  chan struct{}
}

var seoul = time.FixedZone("KST", 9*60*60)

// serve starts a site in a folder of its own.
func serve(t *testing.T, change ...func(*web.Config)) *site {
	t.Helper()
	s := &site{
		desk: &desk{files: map[string]string{}, seen: map[string]bool{}, came: make(chan struct{}, 1)},
		dir:  t.TempDir(),
	}
	s.cfg = web.Config{
		Handler: s.desk, Render: render, Location: seoul, Logger: slog.New(slog.DiscardHandler), TempDir: t.TempDir(),
		CSV: func(_ context.Context, question, result string, w io.Writer) error {
			_, err := fmt.Fprintf(w, "\ufeffquestion,result\r\n%s,%s\r\n", question, result)
			return err
		},
		Examples: func() []string {
			return []string{"지난달 지역별 매출", "최근 8주 매출 추이", "revenue by channel, last 8 weeks", "top 5 products this month"}
		},
	}
	for _, c := range change {
		c(&s.cfg)
	}
	s.start(t, "127.0.0.1:0")
	t.Cleanup(func() { s.close(t) })
	return s
}

// start opens the store and listens.
func (s *site) start(t *testing.T, addr string) {
	t.Helper()
	var err error
	if s.store, err = bolt.Open(context.Background(), s.dir, bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	s.chat = web.NewChat(s.store, s.cfg.Now)
	s.cfg.Chat = s.chat
	page, err := web.New(s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	requests, stop := context.WithCancel(context.Background())
	s.stop, s.ended = stop, make(chan struct{})
	// As the program has it: longer than browsers keep a connection on which they have not
	// asked. With less, one that is slow to ask is cut off, and left without a script or a
	// font.
	s.server = &http.Server{Handler: page, BaseContext: func(net.Listener) context.Context { return requests }, ReadHeaderTimeout: 75 * time.Second}
	s.url = "http://" + listener.Addr().String()
	go func() {
		defer close(s.ended)
		_ = s.server.Serve(listener)
	}()
}

// close ends what start began. It may be called twice.
func (s *site) close(t *testing.T) {
	s.stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		_ = s.server.Close()
	}
	<-s.ended
	if err := s.store.Close(); err != nil {
		t.Errorf("close store: %v", err)
	}
}

func render(ctx context.Context, spec json.RawMessage, as web.Picture) ([]byte, error) {
	var s chart.Spec
	if err := json.Unmarshal(spec, &s); err != nil {
		return nil, err
	}
	opts := chart.Options{Dark: as.Dark, Width: as.Width, Height: as.Height}
	if as.SVG {
		return chart.SVG(s, opts)
	}
	return chart.Render(ctx, s, opts)
}

// client is a browser without a screen or scripts.
type client struct {
	*http.Client
	t    *testing.T
	base string
}

// visit makes a client of somebody with a name; an empty name stays nameless.
func (s *site) visit(t *testing.T, name string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c := &client{Client: &http.Client{Jar: jar, Transport: transport, Timeout: 2 * time.Minute}, t: t, base: s.url}
	if name != "" {
		if status, _ := c.post("/me", url.Values{"name": {name}, "language": {"ko"}}); status != http.StatusOK {
			t.Fatalf("choosing a name: status %d", status)
		}
	}
	return c
}

func (c *client) do(req *http.Request) (int, string, http.Header) {
	c.t.Helper()
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "text/html")
	}
	res, err := c.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func (c *client) request(method, path string, body io.Reader) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return req
}

func (c *client) get(path string) (int, string, http.Header) {
	c.t.Helper()
	return c.do(c.request(http.MethodGet, path, nil))
}

func (c *client) post(path string, form url.Values) (int, string) {
	c.t.Helper()
	req := c.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, _ := c.do(req)
	return status, body
}

// part is a field of a multipart form; with a file name it is a file.
type part struct{ name, file, value string }

// send posts a message the way a form does.
func (c *client) send(key, channel, thread, text string, files ...part) (int, string) {
	c.t.Helper()
	parts := append([]part{{"key", "", key}, {"channel", "", channel}, {"thread", "", thread}, {"text", "", text}}, files...)
	body, kind := multipartOf(c.t, parts)
	req := c.request(http.MethodPost, "/send", strings.NewReader(body))
	req.Header.Set("Content-Type", kind)
	status, answer, _ := c.do(req)
	return status, answer
}

// recorder serves a request without a listener.
func recorder(h http.Handler, req *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func newKey() string { return rand.Text() }

func listDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (d *desk) content(file string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[file]
}
