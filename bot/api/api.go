// Package api is the HTTP interface for programs: questions in, answers out, the
// same questions and the same queue as on every chat platform. Its paths and JSON
// are those of docs/reference.md.
package api

import (
	"context"
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
	tokens Keys
	log    *slog.Logger
	mux    *http.ServeMux
	open   http.Handler // mux, guarded for when there are no tokens
}

// New returns the API.
func New(cfg Config) *API {
	a := &API{desk: cfg.Desk, tokens: NewKeys(cfg.Tokens), log: cfg.Logger, mux: http.NewServeMux()}
	if a.log == nil {
		a.log = slog.Default()
	}
	a.route("GET", "/api/v1/status", a.status)
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

// caller returns whose token the request carries; anybody's will do where none is asked for.
func (a *API) caller(r *http.Request) (string, bool) {
	if len(a.tokens) == 0 {
		return "", true
	}
	return a.tokens.Caller(r)
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
	Note       string        `json:"note,omitempty"` // how it is answered now: shortly, because many ask
	Answer     *agent.Answer `json:"answer,omitempty"`
	Error      *desk.Failure `json:"error,omitempty"`
}

func viewOf(s *desk.Status) view {
	v := view{
		ID: s.ID, State: s.State, Position: s.Ahead, ETASeconds: seconds(s.ETA), Steps: s.Steps, Note: s.Note, Answer: s.Answer, Error: s.Failure,
	}
	if v.Steps == nil {
		v.Steps = []bot.Step{}
	}
	if !s.Ended() {
		v.Answer = nil // computed but not yet delivered
	}
	return v
}

// load is how things stand for whoever asks now.
type load struct {
	Level string `json:"level"` // full, brief, no_deep, no_model or queue_only
	// Since is when the level began, left out where nothing is ever done less.
	Since string `json:"since,omitempty"`
	// TakesModel is false while a question that needs the model is put off.
	TakesModel bool   `json:"takes_model_questions"`
	NoticeKo   string `json:"notice_ko,omitempty"` // what people are told
	NoticeEn   string `json:"notice_en,omitempty"`
	Open       int    `json:"open"` // questions that have not ended
	// Begin and Model are about how long a question that is asked now waits: to be begun,
	// and then for its first turn at the model.
	Begin int        `json:"begin_eta_seconds"`
	Model *modelLoad `json:"model,omitempty"`
	// Missing are sources and analysts that cannot be asked, and what analysts have lost.
	Missing []missing `json:"missing"`
}

// missing is a source or an analyst that cannot be asked, or one that has lost something.
type missing struct {
	Kind    string `json:"kind"` // source, analyst, or drift: an analyst whose tables have changed
	Name    string `json:"name"`
	Awaited bool   `json:"awaited"` // it is tried again; otherwise somebody has to mend it
	Since   string `json:"since"`
	Reason  string `json:"reason"`
}

type modelLoad struct {
	ETASeconds int  `json:"eta_seconds"`
	Waiting    int  `json:"waiting"`    // calls that wait for their turn
	PerMinute  int  `json:"per_minute"` // agreed; 0 when nothing was
	Down       bool `json:"down"`
}

func (a *API) status(w http.ResponseWriter, r *http.Request) {
	l, err := a.desk.Load(r.Context())
	if err != nil {
		a.broken(w, r, err)
		return
	}
	out := load{
		Level: l.Level.String(), TakesModel: !l.Refuses, Open: l.Open, Begin: seconds(l.Signals.Backlog),
		NoticeKo: a.desk.Notice("ko"), NoticeEn: a.desk.Notice("en"),
	}
	if !l.Since.IsZero() {
		out.Since = l.Since.UTC().Format(time.RFC3339)
	}
	out.Missing = []missing{}
	for _, m := range l.Missing {
		out.Missing = append(out.Missing, missing{Kind: string(m.Kind), Name: m.Name, Awaited: m.Awaited, Since: m.Since.UTC().Format(time.RFC3339), Reason: m.Reason})
	}
	if m := l.Model; m != nil {
		out.Model = &modelLoad{ETASeconds: seconds(l.Signals.Wait), Waiting: m.Waiting, PerMinute: m.PerMinute, Down: m.Down || l.Signals.Down}
	} else {
		out.TakesModel = false
	}
	reply(w, http.StatusOK, out)
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
		// The caller has gone, or we stop: who is still there must not take silence for success.
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusServiceUnavailable, "unavailable", "the request was broken off; ask again, with the same dedupe_key")
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
