package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/bot/standin"
)

func startSocket(t *testing.T, opts slacktest.Options, change ...func(*slack.Config)) *rig {
	t.Helper()
	opts.SocketMode = true
	r := start(t, opts, change...)
	r.until("two sockets", func() bool { return r.Sockets() == 2 && r.driver.Intake().Sockets == 2 })
	return r
}

func TestSocketsBringEverything(t *testing.T) {
	t.Parallel()
	r := startSocket(t, slacktest.Options{})
	m := r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 매출", slacktest.Saying{Times: 2})
	r.Command(slacktest.Alex, slacktest.Sales, "/bapsang", "help")
	got := r.settled()
	if len(got) != 2 {
		t.Fatalf("got %d events: %+v", len(got), got)
	}
	for _, ev := range got {
		switch ev.Kind {
		case bot.EventMessage:
			if ev.Message != m.TS || ev.Text != "매출" || !ev.Addressed {
				t.Errorf("message %+v", ev)
			}
		case bot.EventCommand:
			if ev.Text != "help" || ev.User.ID != slacktest.Alex {
				t.Errorf("command %+v", ev)
			}
		default:
			t.Errorf("got %+v", ev)
		}
	}
	if a := r.Acks(); a.Late != 0 || a.Lost != 0 || a.P50 > 3*time.Second { // half of them: a busy machine may be slow with one
		t.Errorf("acknowledged %+v", a)
	}
}

// An app that is being moved from one door to the other may get everything by both.
func TestBothDoorsAreOne(t *testing.T) {
	r := startSocket(t, slacktest.Options{})
	m := r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 매출")
	for range 3 {
		if resp, body := r.send(request{body: said(r, m.TS, "매출")}); resp.StatusCode != http.StatusOK {
			t.Errorf("status %d: %s", resp.StatusCode, body)
		}
	}
	if ev := r.only(); ev.Message != m.TS || ev.Text != "매출" {
		t.Errorf("got %+v", ev)
	}
	if n := r.desk.called(); n != 1 {
		t.Errorf("the desk was called %d times", n)
	}
}

// Connections that end at any moment lose nothing and double nothing.
func TestDroppedSocketsLoseNothing(t *testing.T) {
	t.Parallel()
	r := startSocket(t, slacktest.Options{})
	const messages = 60
	want := map[string]bool{}
	for i := range messages {
		m := r.Say(slacktest.Minji, slacktest.Sales, fmt.Sprintf("%s question %d", r.Mention(), i), slacktest.Saying{Times: 2})
		want[m.TS] = true
		switch i {
		case 10, 40:
			r.DropSockets()
		case 20, 30, 50:
			_ = r.DropSocket(0) // there may be none just now
		}
	}
	for _, ev := range r.settled() {
		if !want[ev.Message] {
			t.Errorf("%q was asked twice, or by nobody", ev.Text)
		}
		delete(want, ev.Message)
	}
	if len(want) > 0 {
		t.Errorf("%d of %d questions were lost; log:\n%s", len(want), messages, r.log)
	}
	r.until("two sockets again", func() bool { return r.Sockets() == 2 })
}

// Slack says that it will end a connection: the next one is open before it does. Its clock
// stands still until then, so that a busy machine has all the time there is.
func TestRenewedSocketLeavesNoGap(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
	r := startSocket(t, slacktest.Options{Clock: clock})
	for range 2 {
		r.Disconnect("warning")
		r.until("the next ones beside the old", func() bool { return r.Sockets() == 4 })
		r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 매출")
		r.until("the old ones gone", func() bool {
			clock.Advance(time.Second)
			return r.Sockets() == 2 && r.driver.Intake().Sockets == 2
		})
	}
	if got := r.settled(); len(got) != 2 {
		t.Errorf("got %d events", len(got))
	}
	if a := r.Acks(); a.Late != 0 {
		t.Errorf("acknowledged %+v", a)
	}
}

func TestUntakenEnvelopeComesAgain(t *testing.T) {
	t.Parallel()
	r := startSocket(t, slacktest.Options{AckWait: 2 * time.Second})
	fail := true
	var mu sync.Mutex
	r.desk.answer(func(context.Context, bot.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if fail {
			fail = false
			return errors.New("disk full")
		}
		return nil
	})
	r.Say(slacktest.Minji, r.DM(slacktest.Minji), "매출")
	if ev := r.only(); ev.Text != "매출" {
		t.Errorf("got %+v", ev)
	}
}

func TestRefusedAppTokenEndsRun(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{SocketMode: true})
	for name, change := range map[string]func(*slack.Config){
		"app token": func(c *slack.Config) { c.AppToken = "xapp-1-A0-0-wrong" },
		"bot token": func(c *slack.Config) { c.BotToken = "xoxb-wrong" },
	} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			cfg := slack.Config{
				BotToken: s.BotToken(), AppToken: s.AppToken(), APIURL: s.URL(), HTTPClient: &http.Client{Transport: transport},
				Logger: slog.New(slog.DiscardHandler),
			}
			change(&cfg)
			driver, err := slack.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err = driver.Run(ctx, &desk{})
			if refused := (*bot.Error)(nil); !errors.As(err, &refused) || refused.Code != bot.CodeDenied {
				t.Errorf("run ended with %v", err)
			}
		})
	}
}

// TestASecondProgramIsNoticed connects another program as the same app.
func TestASecondProgramIsNoticed(t *testing.T) {
	t.Parallel()
	r := start(t, slacktest.Options{SocketMode: true})
	r.until("two connections", func() bool { return r.driver.Intake().Sockets == 2 })
	log := &logBuffer{}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	second, err := slack.New(slack.Config{
		BotToken: r.BotToken(), AppToken: r.AppToken(), APIURL: r.URL(), HTTPClient: &http.Client{Transport: transport},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- second.Run(ctx, &desk{}) }()
	r.until("four connections", func() bool { return second.Intake().Sockets == 2 })
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("run: %v", err)
	}
	const warning = "something else is connected"
	if !strings.Contains(log.String(), warning) || strings.Contains(r.log.String(), warning) {
		t.Errorf("the second says:\n%s\nthe first:\n%s", log, r.log)
	}
}

func TestSlackNotThereAtFirst(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{SocketMode: true})
	for _, method := range []string{"apps.connections.open", "auth.test", "users.list"} {
		s.Fault(slacktest.Fault{Method: method, Times: 2, Status: http.StatusInternalServerError})
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	driver, err := slack.New(slack.Config{
		BotToken: s.BotToken(), AppToken: s.AppToken(), APIURL: s.URL(), HTTPClient: &http.Client{Transport: transport}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	ran := make(chan error, 1)
	go func() { ran <- driver.Run(ctx, &desk{}) }()
	if err := s.Wait(ctx, func() bool { return s.Sockets() == 2 }); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("run: %v", err)
	}
}

// oddSlack opens sockets on which it says what it is told.
type oddSlack struct {
	*httptest.Server
	t      *testing.T
	frames chan frame
	acks   chan string  // envelope ids
	deaf   atomic.Int32 // so many connections more are never read, so that no ping is answered
	opened atomic.Int32
	ended  chan struct{} // a value for each connection that the driver ended
}

type frame struct {
	kind int
	data string
}

func startOdd(t *testing.T) *oddSlack {
	t.Helper()
	o := &oddSlack{t: t, frames: make(chan frame), acks: make(chan string, 100), ended: make(chan struct{}, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	o.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/link") {
			o.serve(ctx, rw, r)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"ok":true,"user_id":"U0BAPSANG00","team_id":"T1","url":"ws`+strings.TrimPrefix(o.URL, "http")+`/link"}`)
	}))
	t.Cleanup(func() { cancel(); o.Close() })
	return o
}

func (o *oddSlack) serve(ctx context.Context, rw http.ResponseWriter, r *http.Request) {
	var up websocket.Upgrader
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	o.opened.Add(1)
	_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello"}`))
	if o.deaf.Add(-1) >= 0 {
		<-ctx.Done()
		return
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for {
			var ack struct {
				ID string `json:"envelope_id"`
			}
			if err := conn.ReadJSON(&ack); err != nil {
				return
			}
			o.acks <- ack.ID
		}
	}()
	for {
		select {
		case f := <-o.frames:
			_ = conn.WriteMessage(f.kind, []byte(f.data))
		case <-closed:
			o.ended <- struct{}{}
			return
		case <-ctx.Done():
			conn.Close()
			<-closed
			return
		}
	}
}

// run runs a driver on it until the test ends, or stop is called.
func (o *oddSlack) run(d *desk) (driver *slack.Slack, stop func()) {
	o.t.Helper()
	transport := &http.Transport{}
	driver, err := slack.New(slack.Config{
		BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: o.URL + "/", HTTPClient: &http.Client{Transport: transport}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		o.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- driver.Run(ctx, d) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			o.t.Errorf("run: %v", err)
		}
		transport.CloseIdleConnections()
	})
	o.t.Cleanup(stop)
	return driver, stop
}

// acked waits until all of ids are acknowledged.
func (o *oddSlack) acked(ids ...string) {
	o.t.Helper()
	missing := map[string]bool{}
	for _, id := range ids {
		missing[id] = true
	}
	for len(missing) > 0 {
		select {
		case id := <-o.acks:
			delete(missing, id)
		case <-time.After(time.Minute):
			o.t.Fatalf("not acknowledged: %v", missing)
		}
	}
}

// enveloped is a frame that holds a payload.
func enveloped(t *testing.T, id, kind string, payload any) frame {
	t.Helper()
	data, err := json.Marshal(map[string]any{"envelope_id": id, "type": kind, "payload": payload})
	if err != nil {
		t.Fatal(err)
	}
	return frame{websocket.TextMessage, string(data)}
}

// directMessage is an event of one.
func directMessage(ts, text string) map[string]any {
	return map[string]any{"type": "event_callback", "event": map[string]any{
		"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": ts, "text": text,
	}}
}

func TestOddFramesCostNothing(t *testing.T) {
	o, d := startOdd(t), &desk{}
	o.run(d)
	for _, f := range []frame{
		{websocket.TextMessage, ""}, {websocket.TextMessage, "{"}, {websocket.TextMessage, "null"}, {websocket.TextMessage, `{"envelope_id":7}`},
		{websocket.BinaryMessage, "\x00\xff"}, {websocket.TextMessage, `{"type":"hello"}`}, {websocket.TextMessage, `{"type":"news","payload":1}`},
		{websocket.TextMessage, strings.Repeat(" ", 5<<20)},
	} {
		o.frames <- f
	}
	select {
	case <-o.ended: // by the last: what is said on it from then on would be lost
	case <-time.After(time.Minute):
		t.Fatal("a frame beyond all bounds is taken")
	}
	for _, f := range []frame{
		enveloped(t, "e1", "no_such_kind", 1),
		enveloped(t, "e2", "events_api", "a word"),
		enveloped(t, "e3", "interactive", nil),
		enveloped(t, "e4", "slash_commands", []int{1}),
		enveloped(t, "e5", "events_api", directMessage("1790000000.000001", "매출")),
	} {
		o.frames <- f
	}
	// What can never be read is acknowledged, so that it does not come again.
	o.acked("e1", "e2", "e3", "e4", "e5")
	if got := d.got(); len(got) != 1 || got[0].Text != "매출" || !got[0].Thread.Direct {
		t.Errorf("the desk got %+v", got)
	}
}

// What is being taken when the process ends is acknowledged before the connection is.
func TestStopAcknowledgesWhatIsBeingTaken(t *testing.T) {
	t.Parallel()
	o, d := startOdd(t), &desk{}
	begun, release := make(chan struct{}), make(chan struct{})
	d.answer(func(context.Context, bot.Event) error {
		close(begun)
		<-release
		return nil
	})
	driver, stop := o.run(d)
	o.frames <- enveloped(t, "e1", "events_api", directMessage("1790000000.000001", "매출"))
	<-begun
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for driver.Intake().Sockets > 0 { // until nothing is read any more
		<-look.C
	}
	close(release)
	<-stopped
	o.acked("e1")
}

// A link over which nothing comes any more looks open. Both are opened anew.
func TestDeadSocketIsNoticed(t *testing.T) {
	t.Parallel()
	o, d := startOdd(t), &desk{}
	o.deaf.Store(2)
	o.run(d)
	select {
	case o.frames <- enveloped(t, "e1", "events_api", directMessage("1790000000.000001", "매출")):
	case <-time.After(3 * time.Minute):
		t.Fatalf("nobody noticed; %d connections were opened", o.opened.Load())
	}
	o.acked("e1")
}
