package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// Socket Mode is spoken here rather than by slack-go's socketmode package, for four of
// its habits cannot be cured from outside: it parses events before we see them, and an
// unknown cell in a table loses the message around it; it queues acknowledgements, and
// may write one to a later connection, where it counts for nothing; it closes a
// connection that Slack is about to renew before it opens the next; and it notices a
// dead one only after a minute.
const (
	// lines is how many connections are kept. Slack renews each every few hours and
	// gives an event to any one of them: while one is renewed, the other takes all.
	lines = 2
	// maxFrame bounds one message of Slack's.
	maxFrame = 4 << 20
	// maxInFlight bounds the deliveries of one connection that are being handled. Beyond
	// it nothing is read, until one is done, which takes ackWithin at most.
	maxInFlight = 256
	// drainFor is how long a connection that Slack gave notice of is still read. Slack
	// closes it after ten seconds.
	drainFor = 15 * time.Second

	helloWithin = 10 * time.Second
	writeWithin = 5 * time.Second
	pingEvery   = 5 * time.Second
	silentFor   = 15 * time.Second // without a frame, ping or pong: the connection is dead

	backoffFrom = 500 * time.Millisecond
	backoffTo   = 30 * time.Second
	// settledAfter is how long a connection that works has lasted at least. One that ended
	// sooner counts as an attempt that failed.
	settledAfter = 5 * time.Second
)

// Run lets events in and keeps what the driver knows of the workspace until ctx is
// done; it returns nil then, when all that it began has ended. With an app token events
// come over Socket Mode; without one they come through HTTP alone, and Run is to be
// called all the same. It returns a *bot.Error of CodeDenied when Slack refuses a token
// for good. It is called once.
func (s *Slack) Run(ctx context.Context, h bot.Handler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	start := func(do func(context.Context) error) {
		wg.Go(func() {
			if err := do(ctx); err != nil {
				cancel(err)
			}
		})
	}
	start(s.keepPeople)
	if s.cfg.AppToken != "" {
		for i := range lines {
			start(func(ctx context.Context) error { return s.keepLine(ctx, h, i) })
		}
	}
	<-ctx.Done()
	s.in.end()
	wg.Wait()
	s.in.work.wait()
	if denied, ok := errors.AsType[*bot.Error](context.Cause(ctx)); ok {
		return denied
	}
	return nil
}

// isDenied tells whether trying again is of no use: only another token helps.
func isDenied(err error) bool {
	e, ok := errors.AsType[*bot.Error](err)
	return ok && e.Code == bot.CodeDenied
}

// pause waits, unless ctx ends first. Half of it is chance, so that those who lost their
// connections together do not come back together.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// keepLine keeps one connection open. One that Slack gave notice of is read until Slack
// closes it, while its successor is already there.
func (s *Slack) keepLine(ctx context.Context, h bot.Handler, number int) error {
	var old sync.WaitGroup
	defer old.Wait()
	wait := backoffFrom
	for n := 0; ; n++ {
		began := time.Now()
		err := s.useLine(ctx, h, n, &old)
		if ctx.Err() != nil {
			return nil
		}
		if isDenied(err) {
			return err
		}
		if time.Since(began) >= settledAfter {
			wait = backoffFrom
			if err == nil {
				continue // Slack renews what works
			}
		}
		s.log.WarnContext(ctx, "slack: opening another socket", "line", number, "after", wait, "error", err)
		if !pause(ctx, wait) {
			return nil
		}
		wait = min(wait*2, backoffTo)
	}
}

// useLine opens a connection and returns when it needs a successor: nil when Slack gave
// notice, an error when it was lost. old waits for what is left of it.
func (s *Slack) useLine(ctx context.Context, h bot.Handler, n int, old *sync.WaitGroup) error {
	conn, err := s.openSocket(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		s.in.reconnects.Add(1)
	}
	notice, over := make(chan struct{}), make(chan error, 1)
	old.Go(func() { over <- s.serveSocket(ctx, h, conn, func() { close(notice) }) })
	select {
	case <-notice:
		return nil
	case err := <-over:
		return err
	}
}

// company notices that another program is connected as this app: Slack gives each event to
// one of them, so that both answer some and neither knows what the other was asked. Our
// other line may be open without having been greeted yet.
func (s *Slack) company(ctx context.Context, open int, ours int64) {
	if others := int64(open) - ours - (lines - 1); others > 0 && !s.cfg.Shared {
		s.log.WarnContext(ctx, "slack: something else is connected with this app's token, and takes a part of what people say: "+
			"a second bapsang, or one that has just ended", "connections", open, "ours", ours)
	}
}

// openSocket opens a connection. Its address is good for one connection only, and for
// seconds.
func (s *Slack) openSocket(ctx context.Context) (*websocket.Conn, error) {
	var address string
	err := s.client.Call(ctx, client.Method{Name: "apps.connections.open", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		var err error
		_, address, err = api.StartSocketModeContext(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: helloWithin}
	conn, resp, err := dialer.DialContext(ctx, address, nil)
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("dial socket: %w", err)
	}
	return conn, nil
}

// envelope is what Slack sends over a socket.
type envelope struct {
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Reason  string          `json:"reason"` // of a disconnect
	Payload json.RawMessage `json:"payload"`
	Accepts bool            `json:"accepts_response_payload"`
	// Connections is how many the app has open, as a hello says.
	Connections int `json:"num_connections"`
}

// line is one open connection.
type line struct {
	conn    *websocket.Conn
	writing sync.Mutex // the connection takes one writer at a time

	mu      sync.Mutex
	stopped bool
}

func (l *line) write(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeWithin)) // cannot fail
	return l.conn.WriteMessage(websocket.TextMessage, data)
}

// alive puts off the moment at which the connection counts as dead.
func (l *line) alive(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopped {
		_ = l.conn.SetReadDeadline(time.Now().Add(d)) // fails when closed, which the reader sees
	}
}

// stop ends the reading; what was read can still be acknowledged.
func (l *line) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	_ = l.conn.NetConn().SetReadDeadline(time.Unix(1, 0))
}

// close says goodbye.
func (l *line) close() {
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = l.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(writeWithin))
	_ = l.conn.Close()
}

// serveSocket handles what comes over a connection until it ends, and closes it. notice
// is called once when Slack says that it will close it soon.
func (s *Slack) serveSocket(ctx context.Context, h bot.Handler, conn *websocket.Conn, notice func()) error {
	l := &line{conn: conn}
	defer context.AfterFunc(ctx, l.stop)()
	pinging := make(chan struct{})
	var handling, alive sync.WaitGroup
	alive.Go(func() { l.ping(pinging) })
	defer func() {
		handling.Wait()
		close(pinging)
		alive.Wait()
		l.close()
	}()

	conn.SetReadLimit(maxFrame)
	l.alive(helloWithin)
	conn.SetPongHandler(func(string) error { l.alive(silentFor); return nil })
	conn.SetPingHandler(func(data string) error {
		l.alive(silentFor)
		// The reader finds out by itself when the connection ended.
		_ = conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin))
		return nil
	})
	inFlight := make(chan struct{}, maxInFlight)
	greeted, noticed := false, false
	defer func() {
		if greeted {
			s.in.sockets.Add(-1)
		}
	}()
	for {
		env, err := l.read()
		switch {
		case errors.Is(err, errUnreadable):
			s.in.unreadable.Add(1)
			s.log.WarnContext(ctx, "slack: a frame cannot be read", "error", err)
		case err != nil && noticed:
			return nil
		case err != nil:
			return fmt.Errorf("read socket: %w", err)
		case env.Type == "hello" && !greeted:
			greeted = true
			s.company(ctx, env.Connections, s.in.sockets.Add(1))
		case env.Type == "disconnect" && !noticed:
			noticed = true
			s.log.InfoContext(ctx, "slack: socket will be closed", "reason", env.Reason)
			defer time.AfterFunc(drainFor, l.stop).Stop()
			notice()
		case env.ID != "":
			inFlight <- struct{}{}
			handling.Go(func() {
				defer func() { <-inFlight }()
				s.takeEnvelope(ctx, h, l, env)
			})
		}
	}
}

// read returns the next envelope.
func (l *line) read() (env envelope, err error) {
	_, data, err := l.conn.ReadMessage()
	if err != nil {
		return env, err
	}
	l.alive(silentFor)
	return env, decode(data, &env)
}

// takeEnvelope acknowledges a delivery on the connection that it came on, once it was
// taken. One that nobody will ever be able to read is acknowledged too.
func (s *Slack) takeEnvelope(ctx context.Context, h bot.Handler, l *line, env envelope) {
	reply, err := s.take(ctx, h, env.Type, env.Payload)
	if err != nil && !errors.Is(err, errUnreadable) {
		return
	}
	ack := map[string]any{"envelope_id": env.ID}
	if reply != nil && env.Accepts {
		ack["payload"] = reply
	}
	if err := l.write(ack); err != nil && ctx.Err() == nil {
		// Slack delivers it again, and finds it done.
		s.log.WarnContext(ctx, "slack: acknowledgement not written", "error", err)
	}
}

// ping asks for signs of life until stop.
func (l *line) ping(stop <-chan struct{}) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			// A failed one shows in the reader.
			_ = l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin))
		case <-stop:
			return
		}
	}
}
