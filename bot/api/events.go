package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// positionEvery is how often a waiting question's position is looked at, and how
// often a silent stream says that it lives.
const positionEvery = time.Second

// eventTime is how long a client may take to accept an event before it is given up.
const eventTime = 15 * time.Second

// stream is one client following one question.
type stream struct {
	w       http.ResponseWriter
	flush   *http.ResponseController
	steps   int // sent
	ahead   int // last sent
	quiet   int // ticks since anything was sent
	started bool
}

// events follows a question as server-sent events: "position" while it waits,
// "step" while it runs, and one "answer" with the whole question at its end.
func (a *API) events(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	id := r.PathValue("id")
	changed := a.desk.Watch(ctx, id)
	status, err := a.desk.Status(ctx, id)
	if err != nil {
		a.broken(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	s := &stream{w: w, flush: http.NewResponseController(w), ahead: -1}
	defer func() { _ = s.flush.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	ticker := time.NewTicker(positionEvery)
	defer ticker.Stop()
	for {
		if done, err := s.send(status); done || err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-ticker.C:
		}
		if status, err = a.desk.Status(ctx, id); err != nil {
			return
		}
	}
}

// send writes what is new, and reports whether that was the end.
func (s *stream) send(status *desk.Status) (done bool, err error) {
	s.quiet++
	_ = s.flush.SetWriteDeadline(time.Now().Add(eventTime)) // not every server has deadlines
	// A running question waits too, for its turn at a model.
	waits := status.State == store.Queued || status.Ahead > 0 || s.ahead > 0 && !status.Ended()
	if waits && status.Ahead != s.ahead {
		s.ahead = status.Ahead
		if err := s.event("position", map[string]int{"position": status.Ahead, "eta_seconds": seconds(status.ETA)}); err != nil {
			return false, err
		}
	}
	for ; s.steps < len(status.Steps); s.steps++ {
		if err := s.event("step", status.Steps[s.steps]); err != nil {
			return false, err
		}
	}
	if status.Ended() {
		return true, s.event("answer", viewOf(status))
	}
	if s.quiet >= 15 || !s.started {
		s.started, s.quiet = true, 0
		if _, err := fmt.Fprint(s.w, ": alive\n\n"); err != nil {
			return false, err
		}
		return false, s.flush.Flush()
	}
	return false, nil
}

func (s *stream) event(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s.started, s.quiet = true, 0
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", name, data); err != nil {
		return err
	}
	return s.flush.Flush()
}
