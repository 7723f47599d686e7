package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

const (
	// readWithin is how long a request's body may take to arrive.
	readWithin = 5 * time.Second
	// maxDrained is how much of what is too long is read and thrown away.
	maxDrained = 8 << 20
	// proveWithin is how long it may take to prove a request: keys may have to be fetched.
	proveWithin = 5 * time.Second
	// ackWithin is how long a delivery may be worked on. Teams waits 15 s, but people see
	// after five that what they pressed has no effect.
	ackWithin = 4 * time.Second
)

// HTTP is the door: POST /api/messages. What nothing proves to be from Teams, to be for us
// and of our tenant is refused, before anything else looks at it: 401 without a token, 403
// with a wrong one.
//
// 202 is answered once h has taken the event, and 500 when it has not in time: Teams then
// sends it again. An invoke, which Teams does not repeat, is answered 200 with what its
// person is to see.
func (t *Teams) HTTP(h bot.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/messages", func(rw http.ResponseWriter, r *http.Request) {
		a, status := t.prove(rw, r)
		if status != http.StatusOK {
			http.Error(rw, http.StatusText(status), status)
			return
		}
		reply, err := t.take(r.Context(), h, a)
		switch {
		case err != nil:
			http.Error(rw, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		case a.Type != "invoke":
			rw.WriteHeader(http.StatusAccepted)
		default:
			writeReply(rw, reply)
		}
	})
	return mux
}

// writeReply answers an invoke.
func writeReply(rw http.ResponseWriter, reply any) {
	if reply == nil {
		reply = struct{}{}
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(rw).Encode(reply) // the connection is gone
}

// prove returns the activity of a request that is from Teams and for us, or the status that
// refuses it.
func (t *Teams) prove(rw http.ResponseWriter, r *http.Request) (*activity, int) {
	// Without a token nothing is read: strangers shall cost nothing.
	if len(r.Header.Values("Authorization")) != 1 || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		return nil, t.refuse(r, http.StatusUnauthorized, "header", errors.New("no bearer token"))
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, t.refuse(r, http.StatusUnsupportedMediaType, "form", fmt.Errorf("content type %q", r.Header.Get("Content-Type")))
	}
	// The server under us may set no limit of its own; not every one can be told.
	rc := http.NewResponseController(rw)
	_ = rc.SetReadDeadline(time.Now().Add(readWithin))
	defer func() { _ = rc.SetReadDeadline(time.Time{}) }()
	ctx, cancel := context.WithTimeout(r.Context(), proveWithin)
	defer cancel()
	got, _, err := t.receive(r.WithContext(ctx))
	if err != nil {
		status := connector.StatusOf(err)
		if status == http.StatusRequestEntityTooLarge {
			// Who is still writing does not read the answer, unless what they write is read.
			_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
		}
		why := "unknown"
		if refusal, ok := errors.AsType[*connector.Refusal](err); ok {
			why = string(refusal.Why)
		}
		return nil, t.refuse(r, status, why, err)
	}
	a := newActivity(got)
	if !strings.EqualFold(a.tenant(), t.cfg.Connector.TenantID) {
		t.in.strangers.Add(1)
		t.log.WarnContext(r.Context(), "teams: a request of another tenant is refused", "tenant", clip(a.tenant()), "type", clip(a.Type))
		return nil, http.StatusForbidden
	}
	return a, http.StatusOK
}

// receive has the connector prove a request, and makes an error of a panic.
func (t *Teams) receive(r *http.Request) (a connector.Activity, raw []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			t.log.ErrorContext(r.Context(), "teams: panic in a proof", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return t.conn.Adapter.Receive(r)
}

func (t *Teams) refuse(r *http.Request, status int, why string, err error) int {
	t.in.refused.Add(1)
	t.log.WarnContext(r.Context(), "teams: a request is refused", "status", status, "why", why, "error", err, "from", r.RemoteAddr)
	return status
}

// clip bounds what others say in our log.
func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}

// take handles one delivery and returns what the answer to an invoke holds. It gives up
// after ackWithin.
func (t *Teams) take(ctx context.Context, h bot.Handler, a *activity) (reply any, err error) {
	t.in.deliveries.Add(1)
	began := time.Now()
	// What was received whole is taken even when Teams has hung up since.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // one delivery that we cannot take must not cost the others
			t.log.ErrorContext(ctx, "teams: panic in a delivery", "type", clip(a.Type), "panic", p, "stack", string(debug.Stack()))
			reply, err = nil, fmt.Errorf("panic: %v", p)
		}
		t.in.took.Observe(time.Since(began).Seconds())
		if err != nil {
			t.in.failed.Add(1)
			t.log.ErrorContext(ctx, "teams: a delivery was not taken, it comes again", "type", clip(a.Type), "name", clip(a.Name), "error", err)
		}
	}()
	return t.takeActivity(ctx, h, a)
}
