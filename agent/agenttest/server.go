package agenttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultModel is what a server serves whose Config names no model.
const DefaultModel = "openai/gpt-oss-120b"

// Config says how a server behaves. The zero value is a fast vLLM without limits.
type Config struct {
	Model string
	// Key is demanded as a bearer token.
	Key string
	// Rule answers what no script answers. Without it such a request is the caller's
	// mistake: it gets a 500, and a server from Start fails the test.
	Rule func(*Request) Reply

	Latency Latency
	Clock   Clock
	Seed    uint64 // of the chance in Latency
	Chunk   int    // runes per chunk of a stream, 4 unless it says
	// Seats is how many replies are made at a time; the rest wait. 0 has no end.
	Seats int

	Limiter Limiter
	Telling Telling
	// Parallel refuses, with a 429, what is more than so many requests at a time, as
	// gateways do; 0 has no end.
	Parallel int

	// MaxContext in tokens, estimated at four bytes each; 0 takes anything.
	MaxContext int
	// Priorities takes the field priority, as with --scheduling-policy priority.
	Priorities bool
	// Strict refuses fields that OpenAI does not know, as OpenAI does.
	Strict bool
	// CacheDetails tells the cached tokens, as with --enable-prompt-tokens-details.
	CacheDetails bool
	// NoMetrics has no /metrics, as behind a gateway.
	NoMetrics bool
	// Forget keeps no requests, only counts: for long loads.
	Forget bool
}

// Request is a request as it came.
type Request struct {
	Number int // from 1
	At     time.Time
	Path   string
	Header http.Header
	Raw    []byte
	Chat   Chat

	gone chan struct{}
	done chan struct{}
	// leave frees its place among those at a time, once.
	leave func()
}

// Gone is closed when the client goes away before it has the whole reply.
func (r *Request) Gone() <-chan struct{} { return r.gone }

// Done is closed when the server has done with the request, either way.
func (r *Request) Done() <-chan struct{} { return r.done }

// Last is the text of the last message.
func (r *Request) Last() string {
	if len(r.Chat.Messages) == 0 {
		return ""
	}
	return string(r.Chat.Messages[len(r.Chat.Messages)-1].Content)
}

// Prompt is all that the model reads, in order: tools, then messages.
func (r *Request) Prompt() string {
	var b strings.Builder
	b.WriteString(r.Chat.CacheSalt)
	for _, t := range r.Chat.Tools {
		fmt.Fprintf(&b, "%s %s %s\n", t.Function.Name, t.Function.Description, t.Function.Parameters)
	}
	for _, m := range r.Chat.Messages {
		fmt.Fprintf(&b, "%s: %s%s\n%s", m.Role, m.Reasoning, m.ReasoningContent, m.Content)
		for _, c := range m.ToolCalls {
			fmt.Fprintf(&b, "%s(%s)", c.Function.Name, c.Function.Arguments)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Server is the server. It is an http.Handler, and may be used concurrently.
type Server struct {
	// URL is where it listens, without /v1.
	URL string

	cfg     Config
	dice    *dice
	engine  *engine
	mux     *http.ServeMux
	closing chan struct{}
	http    *http.Server
	served  chan error
	pipes   *pipes
	mistake func(*Request)

	mu       sync.Mutex
	scripts  []script
	requests []*Request
	total    int
	statuses map[int]int
	inFlight int
	arrived  chan struct{} // closed and renewed with each request
	closed   bool
}

type script struct {
	match func(*Request) bool
	reply Reply
}

// New makes a server that does not listen yet: use it as a handler, or call Listen.
func New(cfg Config) *Server {
	if cfg.Model == "" {
		cfg.Model = DefaultModel
	}
	if cfg.Clock == nil {
		cfg.Clock = RealTime()
	}
	if cfg.Chunk == 0 {
		cfg.Chunk = 4
	}
	s := &Server{
		cfg: cfg, dice: newDice(cfg.Seed), engine: newEngine(cfg.Seats), mux: http.NewServeMux(),
		closing: make(chan struct{}), served: make(chan error, 1), pipes: newPipes(),
		statuses: map[int]int{}, arrived: make(chan struct{}),
	}
	s.mux.HandleFunc("POST /v1/chat/completions", s.chat)
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	if !cfg.NoMetrics {
		s.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { s.engine.write(w, cfg.Model) })
	}
	return s
}

// TB is what Start needs of a *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Start makes a server that listens on a free port of the loopback until the test ends.
// A request that nothing answers fails the test.
func Start(t TB, cfg Config) *Server {
	t.Helper()
	s := New(cfg)
	s.mistake = func(r *Request) { t.Errorf("agenttest: nothing answers request %d: %.200s", r.Number, r.Last()) }
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatalf("agenttest: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// StartPipe is Start without a socket, for tests inside a testing/synctest bubble: dial
// with [Server.Dial].
func StartPipe(t TB, cfg Config) *Server {
	t.Helper()
	s := New(cfg)
	s.mistake = func(r *Request) { t.Errorf("agenttest: nothing answers request %d: %.200s", r.Number, r.Last()) }
	s.serve(s.pipes, "http://llm.test")
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Listen starts the server on an address of its own. Close ends it.
func (s *Server) Listen(addr string) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return err
	}
	s.serve(l, "http://"+l.Addr().String())
	return nil
}

func (s *Server) serve(l net.Listener, url string) {
	s.URL = url
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { s.served <- s.http.Serve(l) }()
}

// Close drops every connection and waits until the server has ended.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.closing)
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	if e := <-s.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// Dial connects to a server from StartPipe, whatever the address.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) { return s.pipes.dial(ctx) }

// Enqueue scripts the next replies to whoever asks.
func (s *Server) Enqueue(replies ...Reply) { s.Script(nil, replies...) }

// Script scripts the next replies to requests that match. The first script that matches
// answers, and is used up. With it, conversations at the same time have a queue each.
func (s *Server) Script(match func(*Request) bool, replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range replies {
		s.scripts = append(s.scripts, script{match: match, reply: r})
	}
}

// Mentions matches requests of whose messages one contains text.
func Mentions(text string) func(*Request) bool {
	return func(r *Request) bool {
		for _, m := range r.Chat.Messages {
			if strings.Contains(string(m.Content), text) {
				return true
			}
		}
		return false
	}
}

// Left is how many scripted replies nobody has asked for.
func (s *Server) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.scripts)
}

// Requests are the chat requests so far, refused ones too.
func (s *Server) Requests() []*Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Request(nil), s.requests...)
}

// Await returns the nth chat request, from 1, when it has come.
func (s *Server) Await(ctx context.Context, n int) (*Request, error) {
	for {
		s.mu.Lock()
		arrived := s.arrived
		if len(s.requests) >= n {
			defer s.mu.Unlock()
			return s.requests[n-1], nil
		}
		s.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Statuses counts the chat requests by the status they got.
func (s *Server) Statuses() map[int]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[int]int{}
	for k, v := range s.statuses {
		counts[k] = v
	}
	return counts
}

// ServeHTTP serves the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Key != "" && strings.HasPrefix(r.URL.Path, "/v1") && r.Header.Get("Authorization") != "Bearer "+s.cfg.Key {
		s.fail(w, Unauthorized())
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	card := map[string]any{
		"id": s.cfg.Model, "object": "model", "created": s.cfg.Clock.Now().Unix(), "owned_by": "vllm", "root": s.cfg.Model,
		"parent": nil, "permission": []any{},
	}
	if s.cfg.MaxContext > 0 {
		card["max_model_len"] = s.cfg.MaxContext
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": []any{card}})
}

// record keeps the request, and says what it may not be taken for.
func (s *Server) record(r *http.Request) (*Request, string) {
	raw, err := io.ReadAll(r.Body)
	req := &Request{
		At: s.cfg.Clock.Now(), Path: r.URL.Path, Header: r.Header.Clone(), Raw: raw,
		gone: make(chan struct{}), done: make(chan struct{}),
	}
	check := checker{priorities: s.cfg.Priorities, strict: s.cfg.Strict}
	complaint := check.validate(raw)
	if err == nil && complaint == "" {
		if err := json.Unmarshal(raw, &req.Chat); err != nil {
			complaint = err.Error()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	req.Number = s.total
	if !s.cfg.Forget {
		s.requests = append(s.requests, req)
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
	return req, complaint
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	req, complaint := s.record(r)
	defer close(req.done)
	req.leave = sync.OnceFunc(s.leave)
	defer req.leave()
	if s.enter() > s.cfg.Parallel && s.cfg.Parallel > 0 {
		s.fail(w, Failure(http.StatusTooManyRequests, errorBody(
			fmt.Sprintf("Max parallel request limit reached. Limit: %d.", s.cfg.Parallel), "requests", "429")))
		return
	}
	if s.cfg.Limiter != nil {
		now := s.cfg.Clock.Now()
		v := s.cfg.Limiter.Take(now)
		v.head(w.Header(), s.cfg.Telling, now)
		if !v.OK {
			s.fail(w, v.reply())
			return
		}
	}
	if complaint != "" {
		s.fail(w, Failure(http.StatusBadRequest, errorBody(complaint, "Bad Request", 400)))
		return
	}
	if req.Chat.Model != "" && req.Chat.Model != s.cfg.Model {
		s.fail(w, NoModel(req.Chat.Model))
		return
	}
	prompt := req.Prompt()
	if size := tokens(prompt); s.cfg.MaxContext > 0 && size+wanted(req.Chat) > s.cfg.MaxContext {
		s.fail(w, TooLong(s.cfg.MaxContext, size, wanted(req.Chat)))
		return
	}
	reply, ok := s.answer(req)
	if !ok {
		if s.mistake != nil {
			s.mistake(req)
		}
		s.fail(w, Failure(http.StatusInternalServerError, errorBody("nothing scripted", "InternalServerError", 500)))
		return
	}
	s.reply(w, r, req, reply, prompt)
}

// enter counts a request in work, leave one less.
func (s *Server) enter() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight++
	return s.inFlight
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

func wanted(c Chat) int {
	switch {
	case c.MaxTokens != nil:
		return *c.MaxTokens
	case c.MaxCompletionTokens != nil:
		return *c.MaxCompletionTokens
	}
	return 0
}

func (s *Server) answer(req *Request) (Reply, bool) {
	s.mu.Lock()
	for i, sc := range s.scripts {
		if sc.match == nil || sc.match(req) {
			s.scripts = append(s.scripts[:i:i], s.scripts[i+1:]...)
			s.mu.Unlock()
			return sc.reply, true
		}
	}
	s.mu.Unlock()
	if s.cfg.Rule == nil {
		return Reply{}, false
	}
	return s.cfg.Rule(req), true
}

func (s *Server) count(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses[status]++
}

func (s *Server) fail(w http.ResponseWriter, r Reply) {
	for k, v := range r.Header {
		w.Header()[k] = v
	}
	kind := r.ContentType
	if kind == "" {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	s.count(r.Status)
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, r.Body)
}
