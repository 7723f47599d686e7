package slack_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
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

// rig is a Slack, the driver, and a desk behind it.
type rig struct {
	*slacktest.Server
	t      *testing.T
	driver *slack.Slack
	desk   *desk
	url    string // of the driver's door
	log    *logBuffer
	stop   func() // ends Run
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

// start starts all of it. Over Socket Mode when opts say so, else over HTTP. Both sides
// have a minute for what must be done within seconds: a busy machine would be measured.
func start(t *testing.T, opts slacktest.Options, change ...func(*slack.Config)) *rig {
	t.Helper()
	if opts.AckWait == 0 {
		opts.AckWait = time.Minute
	}
	return startBy(t, opts, slack.Patient, change...)
}

// startHasty is start with the time that Slack has.
func startHasty(t *testing.T) *rig {
	t.Helper()
	return startBy(t, slacktest.Options{}, func(*slack.Slack) {})
}

func startBy(t *testing.T, opts slacktest.Options, limit func(*slack.Slack), change ...func(*slack.Config)) *rig {
	t.Helper()
	r := &rig{Server: slacktest.Start(t, opts), t: t, desk: &desk{}, log: &logBuffer{}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := slack.Config{
		BotToken: r.BotToken(), SigningSecret: r.SigningSecret(), APIURL: r.URL(),
		HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute},
		Logger:     slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if opts.SocketMode {
		cfg.AppToken = r.AppToken()
	}
	for _, c := range change {
		c(&cfg)
	}
	driver, err := slack.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	limit(driver)
	r.driver = driver
	server := httptest.NewServer(driver.HTTP(r.desk))
	r.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- driver.Run(ctx, r.desk) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("run: %v", err)
		}
		server.Close()
	})
	t.Cleanup(r.stop)
	r.DeliverTo(r.url)
	return r
}

// until waits for cond, for minutes. Slack wakes it when something changes there;
// what changes in the driver alone is looked at now and then.
func (r *rig) until(what string, cond func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Millisecond)
		err := r.Wait(ctx, cond)
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: not in time; log:\n%s", what, r.log)
		}
	}
}

// settled waits until Slack has delivered everything, and returns what the desk got.
func (r *rig) settled() []bot.Event {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	if err := r.Idle(ctx); err != nil {
		r.t.Fatalf("deliveries: %v; log:\n%s", err, r.log)
	}
	return r.desk.got()
}

// only returns the one event that the desk got.
func (r *rig) only() bot.Event {
	r.t.Helper()
	got := r.settled()
	if len(got) != 1 {
		r.t.Fatalf("the desk got %d events, want one: %+v\nlog:\n%s", len(got), got, r.log)
	}
	return got[0]
}

// request is a request to the driver's door; what is left empty is as Slack does it.
type request struct {
	method, path, kind, body string
	secret                   string
	at                       time.Time
	signature                string // instead of the right one
	header                   map[string]string
}

// reply is the head of what comes back.
type reply struct {
	StatusCode int
	Header     http.Header
}

// send sends it and returns the head and the body of the reply.
func (r *rig) send(q request) (reply, string) {
	r.t.Helper()
	set := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	set(&q.method, http.MethodPost)
	set(&q.path, "/slack/events")
	set(&q.kind, "application/json")
	set(&q.secret, r.SigningSecret())
	if q.at.IsZero() {
		q.at = time.Now()
	}
	stamp := strconv.FormatInt(q.at.Unix(), 10)
	set(&q.signature, slacktest.Sign(q.secret, stamp, []byte(q.body)))
	req, err := http.NewRequestWithContext(r.t.Context(), q.method, r.url+q.path, bytes.NewReader([]byte(q.body)))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", q.kind)
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", q.signature)
	for k, v := range q.header {
		req.Header.Set(k, v)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		r.t.Fatalf("%s %s: %v", q.method, q.path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header}, string(body)
}
