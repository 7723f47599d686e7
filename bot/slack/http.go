package slack

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
)

const (
	// maxBody bounds a request's body. Slack's largest messages stay below a tenth of it.
	maxBody = 1 << 20
	// maxDrained is how much of what is too long is read and thrown away.
	maxDrained = 8 << 20
	// readWithin is how long a request's body may take to arrive.
	readWithin = 3 * time.Second
)

// HTTP is the door for apps that Slack calls: POST /slack/events, /slack/interactions
// and /slack/commands. What is not signed with the signing secret, or was longer than
// five minutes ago, is answered 401; with no secret configured that is everything.
//
// 200 is answered once h has taken the event, and 500 when it has not within 2.5 s:
// Slack then sends it again.
func (s *Slack) HTTP(h bot.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /slack/events", s.door("application/json", func(rw http.ResponseWriter, r *http.Request, body []byte) {
		s.serveEvent(rw, r, h, body)
	}))
	mux.Handle("POST /slack/interactions", s.door(formType, func(rw http.ResponseWriter, r *http.Request, body []byte) {
		form, err := url.ParseQuery(string(body))
		payload := form.Get("payload")
		if err != nil || payload == "" {
			s.refuse(rw, http.StatusBadRequest)
			return
		}
		reply, err := s.take(r.Context(), h, kindInteract, []byte(payload))
		answer(rw, reply, err)
	}))
	mux.Handle("POST /slack/commands", s.door(formType, func(rw http.ResponseWriter, r *http.Request, body []byte) {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			s.refuse(rw, http.StatusBadRequest)
			return
		}
		if form.Get("ssl_check") == "1" { // Slack tries whether it can reach us
			rw.WriteHeader(http.StatusOK)
			return
		}
		fields := map[string]string{}
		for name := range form {
			fields[name] = form.Get(name)
		}
		payload, err := json.Marshal(fields)
		if err != nil {
			s.refuse(rw, http.StatusBadRequest)
			return
		}
		reply, err := s.take(r.Context(), h, kindCommand, payload)
		answer(rw, reply, err)
	}))
	return mux
}

const formType = "application/x-www-form-urlencoded"

// door lets in what Slack signed. The signature is over the raw body, so it is read
// before anything looks into it.
func (s *Slack) door(contentType string, serve func(rw http.ResponseWriter, r *http.Request, body []byte)) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, status := s.readSigned(rw, r, contentType)
		if status != http.StatusOK {
			s.refuse(rw, status)
			return
		}
		serve(rw, r, body)
	})
}

// readSigned returns the body of a request that Slack signed, or the status that
// refuses it.
func (s *Slack) readSigned(rw http.ResponseWriter, r *http.Request, contentType string) (body []byte, status int) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != contentType {
		return nil, http.StatusUnsupportedMediaType
	}
	verifier, err := slack.NewSecretsVerifier(r.Header, s.cfg.SigningSecret)
	if err != nil {
		return nil, http.StatusUnauthorized
	}
	// The server under us may set no limit of its own; not every one can be told.
	rc := http.NewResponseController(rw)
	_ = rc.SetReadDeadline(time.Now().Add(s.limits.read))
	defer func() { _ = rc.SetReadDeadline(time.Time{}) }()
	body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, http.StatusBadRequest
	}
	if len(body) > maxBody {
		// Who is still writing does not read the answer, unless what they write is read.
		_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
		return nil, http.StatusRequestEntityTooLarge
	}
	if _, err := verifier.Write(body); err != nil || verifier.Ensure() != nil {
		return nil, http.StatusUnauthorized
	}
	return body, http.StatusOK
}

func (s *Slack) refuse(rw http.ResponseWriter, status int) {
	s.in.refused.Add(1)
	http.Error(rw, http.StatusText(status), status)
}

// serveEvent answers Slack's question whether we are who the settings say, and hands on
// everything else.
func (s *Slack) serveEvent(rw http.ResponseWriter, r *http.Request, h bot.Handler, body []byte) {
	var asked struct{ Type, Challenge string }
	if err := decode(body, &asked); err == nil && asked.Type == "url_verification" {
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		rw.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(rw, asked.Challenge)
		return
	}
	reply, err := s.take(r.Context(), h, kindEvents, body)
	answer(rw, reply, err)
}

// answer acknowledges, or does not.
func answer(rw http.ResponseWriter, reply any, err error) {
	switch {
	case errors.Is(err, errUnreadable):
		rw.Header().Set("X-Slack-No-Retry", "1")
		http.Error(rw, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
	case err != nil:
		http.Error(rw, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	case reply == nil:
		rw.WriteHeader(http.StatusOK)
	default:
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(rw).Encode(reply) // the connection is gone
	}
}
