package teamstest

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	streamTime    = 2 * time.Minute
	streamSpacing = time.Second
	maxInform     = 1000 // characters, and a kilobyte
)

// stream is a message that grows in a person's chat.
type stream struct {
	id      string
	began   time.Time
	last    time.Time
	seq     int
	kind    StreamState
	text    string // streamed so far, informing apart
	stopped bool
	over    bool
}

func (t *stream) running(now time.Time) bool {
	return !t.over && !t.stopped && now.Sub(t.began) < streamTime
}

func (t *stream) state(now time.Time) StreamState {
	switch {
	case t.over:
		return Final
	case t.stopped:
		return Stopped
	case !t.running(now):
		return TimedOut
	}
	return t.kind
}

// mayUpdate refuses to change what is being streamed, or was when the person stopped it.
// What ran out of time can be changed: Microsoft's SDK ends streams so.
func (t *stream) mayUpdate(now time.Time) *fail {
	switch t.state(now) {
	case Stopped:
		return forbidden("Content stream was canceled by user.")
	case Informing, Streaming:
		return forbidden("Content stream is not allowed")
	}
	return nil
}

func streamInfo(o obj) obj {
	for _, e := range objects(o["entities"]) {
		if e["type"] == "streaminfo" {
			return e
		}
	}
	return nil
}

func (k *checker) streamInfo(where string, e obj) {
	for name := range e {
		if !slices.Contains([]string{"type", "streamType", "streamId", "streamSequence"}, name) {
			k.gripe("%s: unknown field %s", where, name)
		}
	}
	if x, there := e["streamSequence"]; there {
		if n, ok := x.(float64); !ok || n < 1 || n != float64(int(n)) {
			k.refuse("BadArgument", "%s: streamSequence %v", where, x)
		}
	}
}

func forbidden(text string) *fail {
	return &fail{http.StatusForbidden, "ContentStreamNotAllowed", text, 0}
}

// streamed takes a part of a stream.
func (s *Server) streamed(r *room, o, info obj) reply {
	if r.kind != "personal" {
		return forbidden("Content stream is not allowed").answer()
	}
	if f := shapeOf(o, info); f != nil {
		return f.answer()
	}
	now, id := s.clock.Now(), text(info, "streamId")
	if id == "" {
		return s.beginStream(r, o, info, now)
	}
	m := s.find(r.id, id)
	if m == nil || m.stream == nil {
		return bad("BadArgument", "The stream ID is not known").answer()
	}
	t := m.stream
	if f := s.mayContinue(t, o, info, now); f != nil {
		return f.answer()
	}
	t.last = now
	if kindOf(info) == Final {
		t.over = true
		m.show(o)
	} else {
		s.grow(m, o, info)
	}
	s.notify()
	return ok(http.StatusAccepted, obj{})
}

// shapeOf refuses parts that no stream has.
func shapeOf(o, info obj) *fail {
	kind, said := kindOf(info), text(o, "text")
	final := kind == Final
	switch {
	case kind != Informing && kind != Streaming && !final:
		return bad("BadArgument", "streamType is informative, streaming or final")
	case final != (o["type"] == "message"):
		return bad("BadArgument", "The last part of a stream is a message, the others are typing")
	case final && info["streamId"] == nil:
		return bad("BadArgument", "The last part of a stream has a streamId")
	case final && info["streamSequence"] != nil:
		return bad("BadArgument", "The last part of a stream has no streamSequence")
	case !final && info["streamSequence"] == nil:
		return bad("BadArgument", "A part of a stream has a streamSequence")
	case !final && said == "":
		return bad("BadRequest", "Start streaming activities should include text")
	case kind == Informing && (utf8.RuneCountInString(said) > maxInform || len(said) > 1024):
		return bad("BadRequest", "An informative message has at most 1 kb or 1,000 characters")
	case !final && (o["attachments"] != nil || o["suggestedActions"] != nil || feedbackOf(o) != "" || len(objects(o["entities"])) > 1):
		return bad("BadRequest", "Only the last part of a stream has attachments, labels and feedback")
	}
	return nil
}

// kindOf is the kind of a part.
func kindOf(info obj) StreamState {
	kind, ok := info["streamType"].(string)
	if !ok && info["streamType"] == nil {
		return Streaming
	}
	return StreamState(kind)
}

func text(o obj, name string) string {
	s, _ := o[name].(string)
	return s
}

func (s *Server) beginStream(r *room, o, info obj, now time.Time) reply {
	if info["streamSequence"] != 1.0 {
		return bad("BadArgument", "The first part of a stream has the sequence 1").answer()
	}
	if before := s.streams[r.id]; before != nil && before.running(now) {
		return forbidden("Content stream is not allowed").answer()
	}
	m := &message{room: r, id: s.nextID(), from: s.Bot(), reactions: map[string][]string{}}
	m.stream = &stream{id: m.id, began: now, last: now}
	s.streams[r.id] = m.stream
	s.grow(m, o, info)
	s.keep(m)
	return ok(http.StatusCreated, obj{"id": m.id})
}

func (s *Server) grow(m *message, o, info obj) {
	m.show(o)
	t := m.stream
	if n, is := info["streamSequence"].(float64); is {
		t.seq = int(n)
	}
	t.kind = kindOf(info)
	if t.kind == Streaming {
		t.text = text(o, "text")
	}
}

func (s *Server) mayContinue(t *stream, o, info obj, now time.Time) *fail {
	said := text(o, "text")
	seq, final := 0, kindOf(info) == Final
	if n, is := info["streamSequence"].(float64); is {
		seq = int(n)
	}
	switch {
	case t.over:
		return forbidden("Content stream is not allowed on an already completed streamed message.")
	case t.stopped:
		return forbidden("Content stream was canceled by user.")
	case now.Sub(t.began) >= streamTime:
		return forbidden("Content stream finished due to exceeded streaming time.")
	case !final && seq <= t.seq:
		return &fail{http.StatusAccepted, "ContentStreamSequenceOrderPreConditionFailed", "PreCondition failed exception when processing streaming activity.", 0}
	case kindOf(info) == Informing && t.text != "":
		return bad("BadRequest", "Informative updates come before the content")
	case kindOf(info) != Informing && !strings.HasPrefix(said, t.text):
		return forbidden("Request streamed content should contain the previously streamed content.")
	}
	if wait := streamSpacing - now.Sub(t.last); !final && !s.opts.NoRates && wait > s.leeway() {
		s.refused["stream"]++
		f := usual(http.StatusTooManyRequests)
		f.wait = s.seconds(wait)
		return f
	}
	return nil
}

// StopStream has the person press Stop on what is being streamed to them, and reports
// whether something was. Teams tells the app by refusing the rest.
func (s *Server) StopStream(person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.streams[Chat(person)]
	if t == nil || !t.running(s.clock.Now()) {
		return false
	}
	t.stopped = true
	s.notify()
	return true
}
