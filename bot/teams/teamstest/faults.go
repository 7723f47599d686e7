package teamstest

import (
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// Fault is something that goes wrong with calls. The first fault that matches a call
// happens to it.
type Fault struct {
	// Op is an operation, or a pattern such as "activities.*"; empty means every one:
	// "token", "openid", "keys", "conversations.create", "activities.send",
	// "activities.reply", "activities.update", "activities.delete", "members.list",
	// "members.get", "teams.get", "channels.list", "graph.users", "upload" and "download".
	Op string
	// If says which calls; nil means all. It must not call the server.
	If func(Call) bool
	// Chance is how likely it is; 0 means certain.
	Chance float64
	Times  int // how often it may happen; 0 has no end

	// What happens, the first that is set:
	Status int    // the call fails with this status; 429 says RetryAfter unless negative
	Error  string // the code that goes with Status; empty is Teams' own for it
	Reset  bool   // the connection is reset before the call was done
	// After does the call, and then the connection is reset: the caller never hears. With
	// Status it hears that instead, as of a gateway that lost the answer.
	After bool
	Hang  bool // with After or alone: no answer until the caller goes away
	Slow  time.Duration

	RetryAfter int // seconds, of 429; negative leaves the header out

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

// Chaos makes a share of all calls of the connector go wrong, in turn by 429, 412, 502, a
// reset before the call was done and the loss of the answer after it was, until the
// function that it returns is called.
func (s *Server) Chaos(share float64) (stop func()) {
	kinds := []Fault{{Status: 429, RetryAfter: 1}, {Status: 412}, {Status: 502}, {Reset: true}, {After: true}}
	var stops []func()
	for i, chance := range standin.Shares(len(kinds), share) {
		f := kinds[i]
		f.Chance = chance
		f.Op = "activities.*"
		stops = append(stops, s.Fault(f))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

func (s *Server) faultFor(c Call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		match, _ := path.Match(f.Op, c.Op)
		if f.Op != "" && !match || f.Times > 0 && f.happened >= f.Times || f.If != nil && !f.If(c) {
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
func (s *Server) before(w http.ResponseWriter, r *http.Request, c Call, f *Fault) bool {
	switch {
	case f.After:
		return true
	case f.Status != 0:
		if f.Status == http.StatusTooManyRequests && f.RetryAfter >= 0 {
			w.Header().Set("Retry-After", strconv.Itoa(max(1, f.RetryAfter)))
		}
		e := usual(f.Status)
		if f.Error != "" {
			e.code = f.Error
		}
		s.write(w, c, e.answer())
		return false
	case f.Reset:
		s.note(c, 0, "reset")
		standin.Reset(w)
	case f.Hang:
		s.note(c, 0, "hung")
		s.hang(r)
		panic(http.ErrAbortHandler)
	case f.Slow > 0:
		_ = s.stamp.Sleep(r.Context(), f.Slow)
	}
	return true
}

func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}
