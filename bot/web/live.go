package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

const (
	// heartbeat keeps proxies from closing a quiet stream.
	heartbeat = 15 * time.Second
	// slowest is how long a page may take to accept what it is sent.
	slowest = 30 * time.Second
	// noticeEvery is how often it is looked whether there is something else to know.
	noticeEvery = 2 * time.Second
)

// live streams to an open page what happens: messages as they are to be shown, by
// server-sent events. The page says up to which change it knows.
func (w *Web) live(rw http.ResponseWriter, r *http.Request) {
	v, err := w.viewer(r)
	if err != nil || v.key == "" {
		http.Error(rw, "", http.StatusUnauthorized)
		return
	}
	q := r.URL.Query()
	channel := q.Get("channel")
	if !w.has(v, channel) {
		http.NotFound(rw, r)
		return
	}
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = q.Get("after")
	}
	at, err := strconv.ParseUint(after, 10, 64)
	if err != nil {
		http.Error(rw, "after: not a number", http.StatusBadRequest)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies pass on each event at once
	s := &stream{web: w, viewer: v, channel: channel, thread: q.Get("thread"), at: at, rw: rw, ctl: http.NewResponseController(rw)}
	if err := s.run(r.Context()); err != nil && r.Context().Err() == nil {
		w.log.DebugContext(r.Context(), "web: stream ended", "error", err)
	}
}

// stream is an open page.
type stream struct {
	web     *Web
	viewer  *viewer
	channel string
	thread  string // the open thread, if any
	at      uint64
	rw      http.ResponseWriter
	ctl     *http.ResponseController
	notice  *string // as last sent
}

func (s *stream) run(ctx context.Context) error {
	woken := s.web.chat.store.Listen(ctx, topic)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	look := time.NewTicker(noticeEvery)
	defer look.Stop()
	for {
		if err := s.catchUp(ctx); err != nil {
			return err
		}
		for happened := false; !happened; {
			if err := s.tellNotice(); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case _, ok := <-woken:
				if !ok {
					return nil
				}
				happened = true
			case <-beat.C:
				happened = true
			case <-look.C:
			}
		}
	}
}

// tellNotice sends what everybody should know, when that is another than the page has.
func (s *stream) tellNotice() error {
	if s.web.cfg.Notice == nil {
		return nil
	}
	now := s.web.notice(s.viewer)
	if s.notice != nil && *s.notice == now {
		return nil
	}
	s.notice = &now
	if err := s.send("notice", now); err != nil {
		return err
	}
	return s.ctl.Flush()
}

// catchUp sends everything that happened until now, and the number up to which that
// is so.
func (s *stream) catchUp(ctx context.Context) error {
	for {
		happened, upTo, err := s.web.chat.since(ctx, s.at, s.wanted)
		if errors.Is(err, errMissed) {
			return errors.Join(s.send("reload", nil), errMissed)
		}
		if err != nil {
			return err
		}
		moved := upTo != s.at
		s.at = upTo
		for _, h := range happened {
			if err := s.tell(h); err != nil {
				return err
			}
		}
		if err := s.send("at", upTo); err != nil {
			return err
		}
		if !moved {
			return nil
		}
	}
}

func (s *stream) wanted(c change) bool {
	if c.Only != "" && c.Only != s.viewer.ID {
		return false
	}
	return c.Channel == s.channel || c.New && s.web.has(s.viewer, c.Channel)
}

// brief is a message as it is sent to an open page.
type brief struct {
	ID     string `json:"id"`
	Thread string `json:"thread,omitempty"`
	HTML   string `json:"html,omitempty"`
	// Say is read out by screen readers: the first words of an answer.
	Say string `json:"say,omitempty"`
}

// tell sends one change, in the parts of the page that show it.
func (s *stream) tell(h happening) error {
	if h.Channel != s.channel {
		return s.send("unread", h.Channel)
	}
	begins := h.Message == h.Thread
	switch {
	case h.Entry == nil:
		if err := s.send("gone", brief{ID: h.Message}); err != nil {
			return err
		}
	case begins:
		if err := s.sendShown("post", "post", h.Entry, ""); err != nil {
			return err
		}
		if h.Thread == s.thread {
			return s.sendShown("begin", "begin", h.Entry, "")
		}
	case h.Thread == s.thread:
		if err := s.sendShown("reply", "reply", h.Entry, announcement(h.Entry.Bot)); err != nil {
			return err
		}
	}
	if h.Begin != nil {
		return s.sendShown("foot", "foot", h.Begin, "")
	}
	return nil
}

func announcement(m *bot.Message) string {
	if m == nil || m.Kind == bot.KindProgress {
		return ""
	}
	return strings.NewReplacer("**", "", "`", "", "\\", "").Replace(m.Text)
}

func (s *stream) sendShown(event, template string, e *entry, say string) error {
	var out bytes.Buffer
	if err := s.web.templates.ExecuteTemplate(&out, template, s.web.shown(s.viewer, e)); err != nil {
		return fmt.Errorf("show message %s: %w", e.ID, err)
	}
	return s.send(event, brief{ID: e.ID, Thread: e.Thread, HTML: out.String(), Say: say})
}

func (s *stream) send(event string, v any) error {
	data, err := json.Marshal(v) // on one line, as the format wants it
	if err != nil {
		return err
	}
	if err := s.ctl.SetWriteDeadline(time.Now().Add(slowest)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if event == "at" {
		_, err = fmt.Fprintf(s.rw, "id: %d\n", s.at)
	}
	if err == nil {
		_, err = fmt.Fprintf(s.rw, "event: %s\ndata: %s\n\n", event, data)
	}
	if err != nil || event != "at" {
		return err
	}
	return s.ctl.Flush()
}
