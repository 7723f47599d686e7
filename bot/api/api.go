// Package api is the HTTP interface for programs: questions in, answers out, the
// same questions and the same queue as on every chat platform. Its paths and JSON
// are those of docs/reference.md.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// Platform is the platform of questions that came this way.
const Platform = "api"

// Token lets a program in. Its name is who judges an answer when a request names nobody.
type Token struct {
	Name  string
	Token string
}

// Config is what the API needs.
type Config struct {
	Desk *desk.Desk
	// Tokens are the bearer tokens that are let in; none lets everybody in, which is
	// for loopback only.
	Tokens []Token
	Logger *slog.Logger // nil means slog.Default()
}

// API is an http.Handler for /api/v1/.
type API struct {
	desk   *desk.Desk
	tokens map[[sha256.Size]byte]string
	log    *slog.Logger
	mux    *http.ServeMux
	open   http.Handler // mux, guarded for when there are no tokens
}

// New returns the API.
func New(cfg Config) *API {
	a := &API{desk: cfg.Desk, tokens: map[[sha256.Size]byte]string{}, log: cfg.Logger, mux: http.NewServeMux()}
	if a.log == nil {
		a.log = slog.Default()
	}
	for _, t := range cfg.Tokens {
		a.tokens[sha256.Sum256([]byte(t.Token))] = t.Name
	}
	a.route("POST", "/api/v1/questions", a.ask)
	a.route("GET", "/api/v1/questions/{id}", a.get)
	a.route("GET", "/api/v1/questions/{id}/events", a.events)
	a.route("POST", "/api/v1/questions/{id}/cancel", a.cancel)
	a.route("POST", "/api/v1/questions/{id}/feedback", a.feedback)
	a.mux.HandleFunc("/api/v1/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "not_found", "there is no such path under /api/v1/")
	})
	a.open = local(a.mux)
	return a
}

// route serves a path for one method and says so to the others.
func (a *API) route(method, path string, h http.HandlerFunc) {
	a.mux.HandleFunc(method+" "+path, h)
	a.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", method)
		fail(w, http.StatusMethodNotAllowed, "bad_request", "this path takes "+method)
	})
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := a.caller(r)
	switch {
	case !ok:
		w.Header().Set("WWW-Authenticate", `Bearer realm="bapsang"`)
		fail(w, http.StatusUnauthorized, "unauthorized", "a bearer token of api.tokens is needed")
	case len(a.tokens) == 0:
		a.open.ServeHTTP(w, r)
	default:
		a.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, name)))
	}
}

type callerKey struct{}

// caller returns whose token the request carries. Tokens are compared by digest, so
// that the time taken says nothing about them.
func (a *API) caller(r *http.Request) (string, bool) {
	if len(a.tokens) == 0 {
		return "", true
	}
	scheme, given, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	ok = ok && strings.EqualFold(scheme, "Bearer") // RFC 9110: schemes are told apart without case
	if !ok {
		return "", false
	}
	sum := sha256.Sum256([]byte(given))
	found := ""
	for digest, name := range a.tokens {
		if subtle.ConstantTimeCompare(digest[:], sum[:]) == 1 {
			found = name
		}
	}
	return found, found != ""
}

// The limits of a request, in bytes.
const (
	maxBody   = 1 << 20
	maxField  = 200
	maxReason = 4000
)

// request is a question as posted.
type request struct {
	Channel   string `json:"channel"`
	Thread    string `json:"thread"`
	User      string `json:"user"`
	Text      string `json:"text"`
	Analyst   string `json:"analyst"`
	DedupeKey string `json:"dedupe_key"`
}

// accepted is what a posted question gets back once it is durable.
type accepted struct {
	ID         string `json:"id"`
	Thread     string `json:"thread"`
	Position   int    `json:"position"`
	ETASeconds int    `json:"eta_seconds"`
}

func (a *API) ask(w http.ResponseWriter, r *http.Request) {
	var req request
	if !body(w, r, &req) {
		return
	}
	if problem := req.missing(); problem != "" {
		fail(w, http.StatusBadRequest, "bad_request", problem)
		return
	}
	for _, field := range []string{req.Channel, req.Thread, req.User, req.Analyst, req.DedupeKey} {
		if len(field) > maxField {
			fail(w, http.StatusBadRequest, "bad_request", "channel, thread, user, analyst and dedupe_key are at most 200 bytes")
			return
		}
	}
	if names, ok := a.knows(r.Context(), req.Analyst); !ok {
		fail(w, http.StatusNotFound, "not_found", "there is no analyst of that name; there are: "+names)
		return
	}
	id, thread, err := a.desk.Ask(r.Context(), desk.Asked{
		Thread: bot.Thread{Platform: Platform, Channel: req.Channel, ID: req.Thread},
		User:   bot.User{ID: req.User, Name: req.User}, Text: req.Text, Analyst: req.Analyst, Key: req.DedupeKey,
	})
	if err != nil {
		a.broken(w, r, err)
		return
	}
	status, err := a.desk.Status(r.Context(), id)
	if err != nil {
		a.broken(w, r, err)
		return
	}
	reply(w, http.StatusAccepted, accepted{ID: id, Thread: thread, Position: status.Ahead, ETASeconds: seconds(status.ETA)})
}

// missing says what a question lacks.
func (r *request) missing() string {
	var lacks []string
	for _, field := range []struct{ name, value string }{{"channel", r.Channel}, {"user", r.User}, {"text", r.Text}} {
		if strings.TrimSpace(field.value) == "" {
			lacks = append(lacks, field.name)
		}
	}
	if len(lacks) == 0 {
		return ""
	}
	return "channel, user and text are needed; missing: " + strings.Join(lacks, ", ")
}

// knows reports whether a question may be asked of the analyst, and else who there is.
// What cannot be looked up now is taken.
func (a *API) knows(ctx context.Context, analyst string) (names string, ok bool) {
	if analyst == "" {
		return "", true
	}
	all, err := a.desk.Analysts(ctx, "en")
	if err != nil {
		a.log.WarnContext(ctx, "api: analysts not listed", "error", err)
		return "", true
	}
	var list []string
	for _, one := range all {
		if one.Name == analyst {
			return "", true
		}
		list = append(list, one.Name)
	}
	return strings.Join(list, ", "), false
}

// asker is who judges when a request names user.
func asker(r *http.Request, user string) string {
	if user == "" {
		user, _ = r.Context().Value(callerKey{}).(string)
	}
	if user == "" {
		user = "anonymous"
	}
	return user
}

// view is a question as seen from outside.
type view struct {
	ID         string        `json:"id"`
	State      store.State   `json:"state"`
	Position   int           `json:"position"`
	ETASeconds int           `json:"eta_seconds"`
	Steps      []bot.Step    `json:"steps"`
	Answer     *agent.Answer `json:"answer,omitempty"`
	Error      *desk.Failure `json:"error,omitempty"`
}

func viewOf(s *desk.Status) view {
	v := view{
		ID: s.ID, State: s.State, Position: s.Ahead, ETASeconds: seconds(s.ETA), Steps: s.Steps, Answer: s.Answer, Error: s.Failure,
	}
	if v.Steps == nil {
		v.Steps = []bot.Step{}
	}
	if !s.Ended() {
		v.Answer = nil // computed but not yet delivered
	}
	return v
}

// seconds rounds up: an estimate of nothing is for what has begun.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func (a *API) get(w http.ResponseWriter, r *http.Request) {
	status, err := a.desk.Status(r.Context(), r.PathValue("id"))
	if err != nil {
		a.broken(w, r, err)
		return
	}
	reply(w, http.StatusOK, viewOf(status))
}

func (a *API) cancel(w http.ResponseWriter, r *http.Request) {
	if err := a.desk.Cancel(r.Context(), r.PathValue("id")); err != nil {
		a.broken(w, r, err)
		return
	}
	a.get(w, r)
}

// opinion is feedback as posted.
type opinion struct {
	Verdict string `json:"verdict"` // good, bad or wrong
	Reason  string `json:"reason"`
	User    string `json:"user"`
}

func (a *API) feedback(w http.ResponseWriter, r *http.Request) {
	var o opinion
	if !body(w, r, &o) {
		return
	}
	switch o.Verdict {
	case bot.ActionGood, bot.ActionBad, bot.ActionWrong:
	default:
		fail(w, http.StatusBadRequest, "bad_request", "verdict is good, bad or wrong")
		return
	}
	o.User = asker(r, o.User)
	if len(o.User) > maxField || len(o.Reason) > maxReason {
		fail(w, http.StatusBadRequest, "bad_request", "user is at most 200 bytes and reason at most 4000")
		return
	}
	err := a.desk.Feedback(r.Context(), desk.Feedback{
		Question: r.PathValue("id"), Principal: Platform + ":" + o.User, Verdict: o.Verdict, Reason: o.Reason,
	})
	if err != nil {
		a.broken(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// broken answers with what a failure means outside; what it was is for the log.
func (a *API) broken(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		fail(w, http.StatusNotFound, "not_found", "no such question")
	case errors.Is(err, store.ErrFull):
		fail(w, http.StatusInsufficientStorage, "storage_full", "there is no storage left to keep the question; nothing was taken")
	case r.Context().Err() != nil:
		// nobody is listening any more
	default:
		a.log.ErrorContext(r.Context(), "api: request failed", "path", r.URL.Path, "error", err)
		fail(w, http.StatusInternalServerError, "internal", "something broke on our side; nothing was lost that was acknowledged")
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client went away
}

func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}
