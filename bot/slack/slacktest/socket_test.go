package slacktest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// link is a connection opened by hand.
type link struct {
	*websocket.Conn
	t *testing.T
}

func dial(t *testing.T, s *slacktest.Server) *link {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()), slack.OptionAppLevelToken(s.AppToken()), slack.OptionHTTPClient(&http.Client{Transport: transport}))
	_, address, err := api.StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	return &link{conn, t}
}

func (l *link) read() obj {
	l.t.Helper()
	_ = l.SetReadDeadline(time.Now().Add(2 * time.Minute))
	_, raw, err := l.ReadMessage()
	if err != nil {
		return obj{"type": "ended"}
	}
	var o obj
	if err := json.Unmarshal(raw, &o); err != nil {
		l.t.Fatal(err)
	}
	return o
}

func (l *link) ack(id any, payload any) {
	l.t.Helper()
	if err := l.WriteJSON(obj{"envelope_id": id, "payload": payload}); err != nil {
		l.t.Error(err)
	}
}

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{SocketMode: true, AckWait: 2 * time.Second})
	first, second := dial(t, s), dial(t, s)
	if a, b := first.read(), second.read(); a["type"] != "hello" || b["type"] != "hello" {
		t.Fatalf("got %v %v", a, b)
	}
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	// It comes to one of the two. Acknowledged on the other, it is not acknowledged; nor
	// with more than Slack takes.
	got := make(chan obj, 10)
	for _, l := range []*link{first, second} {
		go func() {
			for {
				e := l.read()
				if e["type"] == "ended" {
					return
				}
				e["link"] = l
				got <- e
			}
		}()
	}
	one := <-got
	other := map[any]*link{first: second, second: first}
	other[one["link"]].ack(one["envelope_id"], nil)
	two := <-got
	two["link"].(*link).ack(two["envelope_id"], strings.Repeat("x", 20<<10))
	three := <-got
	three["link"].(*link).ack(three["envelope_id"], nil)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	id := func(e obj) any { return e["payload"].(obj)["event_id"] }
	if id(one) != id(two) || id(two) != id(three) || one["retry_attempt"] != 0.0 || three["retry_attempt"] != 2.0 || one["envelope_id"] == two["envelope_id"] {
		t.Errorf("got %v\n%v\n%v", one, two, three)
	}
	if a := s.Acks(); a.Acked != 1 || a.Late < 2 || a.Lost != 0 {
		t.Errorf("acks %+v", a)
	}
}

func TestSocketsEnd(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{SocketMode: true, Sockets: 1, Scale: 1000})
	l := dial(t, s)
	l.read()
	late := dial(t, s)
	if got := late.read(); got["type"] != "disconnect" || got["reason"] != "too_many_websockets" {
		t.Errorf("got %v", got)
	}
	s.Say(slacktest.Minji, slacktest.Sales, "on its way")
	e := l.read()
	s.Disconnect("warning")
	if got := l.read(); got["reason"] != "warning" {
		t.Errorf("got %v", got)
	}
	if got := l.read(); got["type"] != "ended" {
		t.Errorf("after a warning: %v", got)
	}
	if err := s.Wait(soon(t), func() bool { return s.Sockets() == 0 }); err != nil {
		t.Fatal(err)
	}
	next := dial(t, s)
	next.read()
	again := next.read()
	if again["payload"].(obj)["event_id"] != e["payload"].(obj)["event_id"] {
		t.Errorf("got %v", again)
	}
	next.ack(again["envelope_id"], nil)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), strings.NewReplacer("http", "ws", "/api/", "/link/?ticket=old").Replace(s.URL()), nil)
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("an old ticket: %v", err)
	}
	_ = resp.Body.Close()
}

func TestOneSocketOfTwoDrops(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{SocketMode: true})
	first := dial(t, s)
	first.read()
	second := dial(t, s)
	second.read()
	if err := s.DropSocket(0); err != nil {
		t.Fatal(err)
	}
	if got := first.read(); got["type"] != "ended" {
		t.Errorf("got %v", got)
	}
	s.Say(slacktest.Minji, slacktest.Sales, "x") // perhaps on its way to the first
	e := second.read()
	second.ack(e["envelope_id"], nil)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := s.DropSocket(5); err == nil {
		t.Error("there is no sixth")
	}
}

func TestDeadLink(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{SocketMode: true, AckWait: 2 * time.Second})
	l := dial(t, s)
	l.read()
	s.Freeze(true)
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Wait(soon(t), func() bool { return s.Acks().Late >= 1 }); err != nil {
		t.Fatal(err)
	}
	s.Freeze(false)
	e := l.read()
	l.ack(e["envelope_id"], nil)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if a := s.Acks(); a.Acked != 1 {
		t.Errorf("acks %+v", a)
	}
}

// TestSlackGoListens proves Socket Mode with slack-go.
func TestSlackGoListens(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{SocketMode: true})
	api := client(t, s)
	sm := socketmode.New(api)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sm.RunContext(ctx) }()
	defer func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("slack-go ended with %v", err)
		}
	}()
	ack := func(e socketmode.Event, payload ...any) {
		t.Helper()
		if err := sm.Ack(*e.Request, payload...); err != nil {
			t.Error(err)
		}
	}
	next := func(kind socketmode.EventType) socketmode.Event {
		t.Helper()
		for {
			select {
			case e := <-sm.Events:
				if e.Type == kind {
					return e
				}
				t.Log(e.Type, e.Data)
			case <-soon(t).Done():
				t.Fatalf("no %s", kind)
			}
		}
	}
	next(socketmode.EventTypeHello)
	asked := s.Say(slacktest.Minji, slacktest.Sales, s.Mention()+" hi")
	kinds := map[string]bool{}
	for range 2 {
		e := next(socketmode.EventTypeEventsAPI)
		outer, _ := e.Data.(slackevents.EventsAPIEvent)
		kinds[outer.InnerEvent.Type] = true
		ack(e)
	}
	if !kinds["message"] || !kinds["app_mention"] {
		t.Errorf("got %v", kinds)
	}
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "thread_ts": asked.TS, "text": "x", "blocks": []any{actions(button(0)), bars(2, 3), dataTable(grid(2, 2))}}); got["ok"] != true {
		t.Fatal(got)
	}
	echo := next(socketmode.EventTypeEventsAPI)
	ack(echo)
	if _, err := s.Press(slacktest.Minji, s.Messages(slacktest.Sales, asked.TS)[1], "a0"); err != nil {
		t.Fatal(err)
	}
	e := next(socketmode.EventTypeInteractive)
	cb, _ := e.Data.(slack.InteractionCallback)
	if cb.ActionCallback.BlockActions[0].ActionID != "a0" || cb.Message.ThreadTimestamp != asked.TS {
		t.Errorf("got %+v", cb)
	}
	ack(e)
	s.Command(slacktest.Minji, slacktest.Sales, "/bapsang", "status")
	e = next(socketmode.EventTypeSlashCommand)
	if cmd, _ := e.Data.(slack.SlashCommand); cmd.Text != "status" || cmd.TriggerID == "" {
		t.Errorf("got %+v", cmd)
	}
	ack(e, obj{"text": "fine"})
	if err := s.Wait(soon(t), func() bool { return len(s.Ephemeral(slacktest.Minji)) == 1 }); err != nil {
		t.Error(err)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
}
