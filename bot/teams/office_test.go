package teams_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/connector"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// desk is a bot.Handler that takes everything once, and remembers it.
type desk struct {
	mu     sync.Mutex
	events []bot.Event
	seen   map[string]bool
	calls  int
	// handle, when set, is asked first.
	handle func(ctx context.Context, ev bot.Event) error
}

func (d *desk) Handle(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	d.mu.Lock()
	d.calls++
	first := d.handle
	d.mu.Unlock()
	if first != nil {
		if err := first(ctx, ev); err != nil {
			return bot.Receipt{}, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen[ev.ID] {
		return bot.Receipt{Duplicate: true}, nil
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[ev.ID] = true
	d.events = append(d.events, ev)
	return bot.Receipt{Thread: ev.Thread}, nil
}

func (d *desk) got() []bot.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]bot.Event(nil), d.events...)
}

func (d *desk) called() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

func (d *desk) answer(handle func(ctx context.Context, ev bot.Event) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handle = handle
}

// shelf keeps references in memory, across drivers.
type shelf struct {
	mu   sync.Mutex
	kept map[string]json.RawMessage
	puts int
	fail error // of Put
}

func (s *shelf) Put(_ context.Context, key string, ref json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if s.kept == nil {
		s.kept = map[string]json.RawMessage{}
	}
	s.puts++
	s.kept[key] = bytes.Clone(ref)
	return nil
}

func (s *shelf) Get(_ context.Context, key string) (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[key], nil
}

func (s *shelf) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// office is a Teams, the driver, and a desk behind it.
type office struct {
	*teamstest.Server
	t      *testing.T
	driver *teams.Teams
	desk   *desk
	shelf  *shelf
	url    string // of the driver's door
	log    *logBuffer
	change []func(*teams.Config)
	stop   func() // ends Run and closes the door
}

// logBuffer holds log lines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// open starts all of it. Teams waits a minute for an answer: a busy machine would be
// measured.
func open(t *testing.T, opts teamstest.Options, change ...func(*teams.Config)) *office {
	t.Helper()
	if opts.AckWait == 0 {
		opts.AckWait = time.Minute
	}
	o := &office{Server: teamstest.Start(t, opts), t: t, desk: &desk{}, shelf: &shelf{}, log: &logBuffer{}, change: change}
	o.restart()
	return o
}

// restart starts the driver, again after stop.
func (o *office) restart() {
	o.t.Helper()
	transport := &http.Transport{}
	o.t.Cleanup(transport.CloseIdleConnections)
	cfg := teams.Config{
		Connector: connector.Options{
			AppID: o.AppID(), Password: o.Password(), TenantID: o.Tenant(), LoginURL: o.LoginURL(), OpenIDURL: o.OpenIDURL(),
			ServiceURLs: []string{o.ServiceURL()}, HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute},
		},
		References: o.shelf,
		Logger:     slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range o.change {
		c(&cfg)
	}
	driver, err := teams.New(cfg)
	if err != nil {
		o.t.Fatal(err)
	}
	o.driver = driver
	server := httptest.NewServer(driver.HTTP(o.desk))
	o.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- driver.Run(ctx, o.desk) }()
	o.stop = sync.OnceFunc(func() {
		server.Close()
		cancel()
		if err := <-ran; err != nil {
			o.t.Errorf("run: %v", err)
		}
	})
	o.t.Cleanup(o.stop)
	o.DeliverTo(o.url)
}

// until waits for cond, for minutes. Teams wakes it when something changes there; what
// changes in the driver alone is looked at now and then.
func (o *office) until(what string, cond func() bool) {
	o.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		ctx, cancel := context.WithTimeout(o.t.Context(), 20*time.Millisecond)
		err := o.Wait(ctx, cond)
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("%s: not in time; log:\n%s", what, o.log)
		}
	}
}

// settled waits until Teams has delivered everything, and returns what the desk got.
func (o *office) settled() []bot.Event {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 2*time.Minute)
	defer cancel()
	if err := o.Idle(ctx); err != nil {
		o.t.Fatalf("deliveries: %v; log:\n%s", err, o.log)
	}
	return o.desk.got()
}

// only returns the one event that the desk got.
func (o *office) only() bot.Event {
	o.t.Helper()
	got := o.settled()
	if len(got) != 1 {
		o.t.Fatalf("the desk got %d events, want one: %+v\nlog:\n%s", len(got), got, o.log)
	}
	return got[0]
}

// last returns the last event that the desk got.
func (o *office) last() bot.Event {
	o.t.Helper()
	got := o.settled()
	if len(got) == 0 {
		o.t.Fatalf("the desk got nothing\nlog:\n%s", o.log)
	}
	return got[len(got)-1]
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decoded(t *testing.T, data []byte) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
