package agenttest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// reply makes the answer of a good request and sends it.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, req *Request, reply Reply, prompt string) {
	stream := req.Chat.Stream
	for _, q := range reply.quirks {
		if q.reply != nil {
			reply = q.reply(reply, stream)
		}
	}
	if !s.engine.enter(r.Context().Done()) {
		close(req.gone)
		return
	}
	seat := sync.OnceFunc(s.engine.leave)
	defer seat()
	latency := s.cfg.Latency
	if reply.Latency != nil {
		latency = *reply.Latency
	}
	all, cached := s.engine.look(prompt)
	if s.cfg.Clock.Sleep(r.Context(), s.dice.draw(latency.First)) != nil {
		close(req.gone)
		return
	}
	if reply.isFailure() {
		s.fail(w, reply)
		return
	}
	ren := rendering{
		id: fmt.Sprintf("chatcmpl-%08d", req.Number), created: s.cfg.Clock.Now().Unix(), model: s.cfg.Model,
		reply: reply, usage: s.usage(reply, all, cached), cached: s.cfg.CacheDetails, chunk: s.cfg.Chunk,
	}
	frames := s.frames(ren, req.Chat)
	if stream {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	} else {
		w.Header().Set("Content-Type", "application/json")
		n := ren.usage.Completion // as long as its chunks would take
		for range n * b2i(latency.Chunk != nil) {
			if s.cfg.Clock.Sleep(r.Context(), s.dice.draw(latency.Chunk)) != nil {
				close(req.gone)
				return
			}
		}
		if total := length(frames); total >= 0 {
			w.Header().Set("Content-Length", strconv.Itoa(total))
		}
	}
	for k, v := range reply.Header {
		w.Header()[k] = v
	}
	s.count(http.StatusOK)
	w.WriteHeader(http.StatusOK)
	// An engine is done with a reply before its client has the end of it. A client that
	// has it must find the place free and the reply counted.
	made := sync.OnceFunc(func() {
		s.engine.finish(reply.finish(), ren.usage.Completion)
		seat()
		req.leave()
	})
	if s.send(r.Context(), w, frames, latency, stream, made) != nil {
		close(req.gone)
		return
	}
	made() // nothing was written
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// length is the size of the whole body, -1 where it will not be sent whole.
func length(frames []Frame) int {
	n := 0
	for _, f := range frames {
		if f.Abort || f.Stall || f.Loop {
			return -1
		}
		n += len(f.Raw)
	}
	return n
}

func (s *Server) usage(reply Reply, prompt, cached int) Usage {
	if reply.Usage != nil {
		return *reply.Usage
	}
	out := tokens(reply.Text) + tokens(reply.Reasoning)
	for _, c := range reply.Calls {
		out += tokens(c.Name) + tokens(c.Arguments)
	}
	return Usage{Prompt: prompt, Cached: cached * b2i(s.cfg.CacheDetails), Completion: max(1, out)}
}

func (s *Server) frames(ren rendering, chat Chat) []Frame {
	var frames []Frame
	if chat.Stream {
		frames = ren.stream(chat.StreamOptions != nil && chat.StreamOptions.IncludeUsage)
	} else {
		frames = ren.whole()
	}
	for _, q := range ren.reply.quirks {
		if q.frames != nil {
			frames = q.frames(frames, chat.Stream)
		}
	}
	return frames
}

// send writes the frames, and calls made before the last of those that end. An error
// means that the client has gone.
func (s *Server) send(
	ctx context.Context, w http.ResponseWriter, frames []Frame, latency Latency, stream bool, made func(),
) error {
	flush := http.NewResponseController(w).Flush
	for i, f := range frames {
		switch {
		case f.Abort:
			_ = flush()
			panic(http.ErrAbortHandler)
		case f.Stall:
			_ = flush()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-s.closing:
				return nil
			}
		}
		for {
			if f.Idle && stream {
				if err := s.cfg.Clock.Sleep(ctx, s.dice.draw(latency.Chunk)); err != nil {
					return err
				}
			}
			if i == len(frames)-1 && !f.Loop {
				made()
			}
			if _, err := io.WriteString(w, f.Raw); err != nil {
				return err
			}
			if err := flush(); err != nil {
				return err
			}
			if !f.Loop || s.isClosing() {
				break
			}
		}
	}
	return nil
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}
