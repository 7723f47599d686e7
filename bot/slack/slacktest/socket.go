package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// maxAck is how long an acknowledgement may be; Slack drops longer ones in silence.
	maxAck = 20 << 10
	// pingEvery is how often Slack pings; clients take a link for dead without.
	pingEvery = 5 * time.Second
	// warned is how long before the end of a connection a warning comes.
	warned = 10 * time.Second
)

// socket is a WebSocket that the app has open.
type socket struct {
	conn  *websocket.Conn
	out   chan []byte
	gone  chan struct{}
	close sync.Once
}

func (k *socket) drop() {
	k.close.Do(func() {
		close(k.gone)
		_ = k.conn.NetConn().Close()
	})
}

// flight is an envelope that is not acknowledged yet.
type flight struct {
	on    *socket
	acked chan json.RawMessage // with what the app says
}

func (c *call) openConnection() obj {
	if !c.opts.SocketMode {
		return refuse("forbidden_team") // Socket Mode is off for the app
	}
	ticket := strings.ToLower(c.id("ticket"))
	c.tickets[ticket] = true
	return accept("url", "ws"+strings.TrimPrefix(c.base, "http")+"/link/?ticket="+ticket+"&app_id="+c.opts.App)
}

// serveSocket opens a connection, for a ticket that was not used yet, and reads from it.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	valid := s.tickets[ticket] && !s.closed
	delete(s.tickets, ticket)
	if valid {
		s.wg.Add(2)
	}
	s.mu.Unlock()
	if !valid {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	defer s.wg.Done()
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // slack-go says it is api.slack.com
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		s.wg.Done()
		return
	}
	k := &socket{conn: conn, out: make(chan []byte, 256), gone: make(chan struct{})}
	go func() {
		defer s.wg.Done()
		s.feedSocket(k)
	}()
	if s.welcome(k) {
		s.readSocket(k)
	}
	k.drop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(x *socket) bool { return x == k })
	s.notify()
}

// welcome says hello on a connection, or that there are too many.
func (s *Server) welcome(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	n := len(s.sockets) + 1
	if n > s.opts.Sockets {
		raw, _ := json.Marshal(s.disconnect("too_many_websockets"))
		_ = k.conn.WriteMessage(websocket.TextMessage, raw)
		_ = k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		return false
	}
	s.sockets = append(s.sockets, k)
	raw, _ := json.Marshal(obj{
		"type": "hello", "num_connections": n, "connection_info": obj{"app_id": s.opts.App},
		"debug_info": obj{"host": "applink-slacktest", "build_number": 1, "approximate_connection_time": 18060},
	})
	k.out <- raw
	for _, d := range s.waiting {
		s.launch(d)
	}
	s.waiting = nil
	s.notify()
	return true
}

func (s *Server) disconnect(reason string) obj {
	return obj{"type": "disconnect", "reason": reason, "debug_info": obj{"host": "applink-slacktest"}, "connection_info": obj{"app_id": s.opts.App}}
}

// feedSocket writes to a connection, and pings it.
func (s *Server) feedSocket(k *socket) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case raw := <-k.out:
			if s.isFrozen() {
				continue
			}
			err = k.conn.WriteMessage(websocket.TextMessage, raw)
		case <-ping.C:
			if s.isFrozen() {
				continue
			}
			err = k.conn.WriteControl(websocket.PingMessage, []byte("Ping from applink-slacktest"), time.Now().Add(time.Second))
		case <-k.gone:
			return
		case <-s.ctx.Done():
			return
		}
		if err != nil {
			k.drop()
			return
		}
	}
}

func (s *Server) isFrozen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frozen
}

// readSocket takes acknowledgements until the connection ends.
func (s *Server) readSocket(k *socket) {
	for {
		kind, raw, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		if kind != websocket.TextMessage || len(raw) >= maxAck || s.isFrozen() {
			continue
		}
		var ack struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		if json.Unmarshal(raw, &ack) != nil {
			continue
		}
		s.mu.Lock()
		f := s.flights[ack.ID]
		if f != nil && f.on == k { // on another connection it says nothing
			delete(s.flights, ack.ID)
			f.acked <- ack.Payload
		}
		s.mu.Unlock()
	}
}

// push sends d over one of the connections, or keeps it until there is one. s.mu is held.
func (s *Server) push(d *delivery) {
	if len(s.sockets) == 0 {
		s.postpone(d)
		return
	}
	s.launch(d)
}

// postpone keeps d until there is a connection. What comes then is a retry: the first
// time, nobody was there. s.mu is held.
func (s *Server) postpone(d *delivery) {
	d.retries = max(1, d.retries)
	s.waiting = append(s.waiting, d)
}

// launch starts what carries d to its end. s.mu is held.
func (s *Server) launch(d *delivery) {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.carry(d)
	}()
}

// carry sends d until it is acknowledged: at most three times more where nobody answers
// in time, and again where the connection ended.
func (s *Server) carry(d *delivery) {
	for {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return
		}
		if len(s.sockets) == 0 {
			s.postpone(d)
			s.mu.Unlock()
			return
		}
		f := &flight{on: s.sockets[s.dice.IntN(len(s.sockets))], acked: make(chan json.RawMessage, 1)}
		id := s.uuid()
		s.flights[id] = f
		s.mu.Unlock()
		switch s.fly(d, f, id) {
		case "acked":
			s.over(d, true)
			return
		case "closed":
			return
		case "timeout":
			s.missed(nil)
			d.retries++
		case "gone":
			d.retries = max(1, d.retries)
		}
		if d.once || d.retries > 3 {
			s.over(d, false)
			return
		}
	}
}

// fly sends d once and says how that ended: "acked", "timeout", "gone" or "closed".
func (s *Server) fly(d *delivery, f *flight, id string) string {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.flights, id)
	}()
	env := obj{"envelope_id": id, "type": d.kind, "payload": json.RawMessage(d.payload), "accepts_response_payload": d.answer != nil}
	if d.kind == "events_api" {
		env["retry_attempt"], env["retry_reason"] = d.retries, ""
		if d.retries > 0 {
			env["retry_reason"] = "timeout"
		}
	}
	raw, err := json.Marshal(env)
	if err != nil {
		return "closed"
	}
	start := time.Now()
	timer := time.NewTimer(s.opts.AckWait)
	defer timer.Stop()
	select {
	case f.on.out <- raw:
	case <-f.on.gone:
		return "gone"
	case <-timer.C:
		return "timeout"
	case <-s.ctx.Done():
		return "closed"
	}
	select {
	case answer := <-f.acked:
		s.mu.Lock()
		s.acks = append(s.acks, time.Since(start))
		s.notify()
		s.mu.Unlock()
		if d.answer != nil {
			d.answer(answer)
		}
		return "acked"
	case <-timer.C:
		return "timeout"
	case <-f.on.gone:
		return "gone"
	case <-s.ctx.Done():
		return "closed"
	}
}

// Sockets is how many WebSockets the app has open.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// DropSockets drops every WebSocket, at once and without a word. What was on its way
// comes again over the next.
func (s *Server) DropSockets() {
	s.mu.Lock()
	open := slices.Clone(s.sockets)
	s.mu.Unlock()
	for _, k := range open {
		k.drop()
	}
}

// DropSocket drops one of the WebSockets, by its place in the order in which they came.
func (s *Server) DropSocket(i int) error {
	s.mu.Lock()
	if i >= len(s.sockets) {
		defer s.mu.Unlock()
		return fmt.Errorf("slacktest: no socket %d of %d", i, len(s.sockets))
	}
	k := s.sockets[i]
	s.mu.Unlock()
	k.drop()
	return nil
}

// Disconnect tells every WebSocket that it will end, for a reason: "warning" leaves it
// 10 seconds of the server's clock, "refresh_requested" ends it at once.
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := json.Marshal(s.disconnect(reason))
	if err != nil || s.closed {
		return
	}
	for _, k := range s.sockets {
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			select {
			case k.out <- raw:
			case <-k.gone:
				return
			case <-s.ctx.Done():
				return
			}
			wait := warned
			if reason != "warning" {
				wait = warned / 10 // time to read it
			}
			if s.clock.Sleep(s.ctx, wait) == nil {
				k.drop()
			}
		}()
	}
}

// Freeze makes the links dead: open, but nothing comes through either way, not even
// pings, until it is called with false.
func (s *Server) Freeze(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = on
}
