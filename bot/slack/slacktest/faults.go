package slacktest

import (
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// Fault is something that goes wrong with calls. The first fault that matches a call
// happens to it.
type Fault struct {
	// Method is a name, or a pattern such as "chat.*"; empty means every one. Besides the
	// methods there are "upload", "file" (its download) and "response_url".
	Method string
	// If says which calls; nil means all. It must not call the server.
	If func(method string, args map[string]string) bool
	// Chance is how likely it is; 0 means certain.
	Chance float64
	Times  int // how often it may happen; 0 has no end

	// What happens, the first that is set:
	Error  string // the call fails with this code, and HTTP 200
	Status int    // the call fails with this status; 429 says RetryAfter unless negative
	Reset  bool   // the connection is reset before the call was done
	// After does the call, and then the connection is reset: the caller never hears.
	After bool
	Hang  bool // with After or alone: no answer until the caller goes away
	Slow  time.Duration

	RetryAfter int // seconds, of 429; negative leaves the header out
	Needed     string

	happened int
}

// Fault makes something go wrong from now on, until the function that it returns is
// called.
func (s *Server) Fault(f Fault) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := &f
	s.faults = append(s.faults, one)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, x := range s.faults {
			if x == one {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
				return
			}
		}
	}
}

// Chaos makes a share of all calls go wrong, in turn by 429, 500, a reset before the call
// was done and the loss of the answer after it was, until the function that it returns is
// called.
func (s *Server) Chaos(share float64) (stop func()) {
	kinds := []Fault{{Status: http.StatusTooManyRequests, RetryAfter: 1}, {Status: http.StatusInternalServerError}, {Reset: true}, {After: true}}
	var stops []func()
	for i, chance := range standin.Shares(len(kinds), share) {
		f := kinds[i]
		f.Chance = chance
		stops = append(stops, s.Fault(f))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// KillToken makes every call with the bot token fail with code, such as "token_revoked",
// "account_inactive" or "invalid_auth"; with an empty one it works again.
func (s *Server) KillToken(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenDead = code
}

func (s *Server) faultFor(name string, args map[string]json.RawMessage) *Fault {
	text := map[string]string{}
	for k, v := range args {
		text[k] = plain(v)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		match, _ := path.Match(f.Method, name)
		if f.Method != "" && !match || f.Times > 0 && f.happened >= f.Times || f.If != nil && !f.If(name, text) {
			continue
		}
		if f.Chance > 0 && s.dice.Float64() >= f.Chance {
			continue
		}
		f.happened++
		return f
	}
	return nil
}

// before does what a fault does instead of the call, and reports whether the call is
// still to be done.
func (s *Server) before(w http.ResponseWriter, r *http.Request, name string, args map[string]json.RawMessage, f *Fault) bool {
	switch {
	case f.Error != "":
		more := []any{}
		if f.Error == "missing_scope" {
			more = append(more, "needed", f.Needed, "provided", "")
		}
		s.write(w, name, args, http.StatusOK, encode(refuse(f.Error, more...)))
		return false
	case f.Status == http.StatusTooManyRequests:
		code := "ratelimited"
		if f.RetryAfter < 0 {
			code = "message_limit_exceeded"
		} else {
			w.Header().Set("Retry-After", strconv.Itoa(max(1, f.RetryAfter)))
		}
		s.write(w, name, args, f.Status, encode(refuse(code)))
		return false
	case f.Status != 0:
		s.note(name, args, f.Status, "http")
		http.Error(w, http.StatusText(f.Status), f.Status)
		return false
	case f.Reset:
		s.note(name, args, 0, "reset")
		standin.Reset(w)
	case f.After:
		return true
	case f.Hang:
		s.note(name, args, 0, "hung")
		s.hang(r)
		panic(http.ErrAbortHandler)
	case f.Slow > 0:
		_ = s.stamp.Sleep(r.Context(), f.Slow)
	}
	return true
}

// faulty lets faults happen to an endpoint that is no method. Serve calls done with s.mu
// held, together with what it does.
func (s *Server) faulty(name string, serve func(w http.ResponseWriter, r *http.Request, done func())) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := s.faultFor(name, nil)
		if f != nil && !s.before(w, r, name, nil, f) {
			return
		}
		if f != nil && f.After {
			serve(discard{http.Header{}}, r, func() { s.noted(name, nil, 0, "lost") })
			panic(http.ErrAbortHandler)
		}
		serve(w, r, func() {})
	}
}

// discard is where an answer goes that nobody hears.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}
