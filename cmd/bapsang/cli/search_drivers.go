package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/brave"
	"github.com/bapsang/bapsang/connectors/confluence"
	"github.com/bapsang/bapsang/connectors/exa"
	"github.com/bapsang/bapsang/connectors/mcp"
	"github.com/bapsang/bapsang/connectors/msgraph"
	"github.com/bapsang/bapsang/connectors/naver"
	"github.com/bapsang/bapsang/connectors/searxng"
	"github.com/bapsang/bapsang/connectors/tavily"
)

// openDriver opens the driver of a search. The configuration has looked at its keys.
func openDriver(cfg *config.Config, s *config.Search, logger *slog.Logger) (connectors.Searcher, error) {
	switch s.Driver {
	case "searxng":
		return searxng.Open(searxng.Options{BaseURL: s.BaseURL, Categories: s.Categories})
	case "brave":
		return brave.Open(brave.Options{Key: s.Key, BaseURL: s.BaseURL})
	case "tavily":
		return tavily.Open(tavily.Options{Key: s.Key, BaseURL: s.BaseURL, Topic: s.Topic})
	case "exa":
		return exa.Open(exa.Options{Key: s.Key, BaseURL: s.BaseURL})
	case "naver":
		return naver.Open(naver.Options{ClientID: s.ClientID, ClientSecret: s.Key, BaseURL: s.BaseURL, Kind: s.Kind})
	case "confluence":
		return confluence.Open(confluence.Options{BaseURL: s.BaseURL, Email: s.Email, Token: s.Key, Spaces: s.Spaces})
	case "msgraph":
		return msgraph.Open(msgraph.Options{Tokens: newAppTokens(s), BaseURL: s.BaseURL, Region: s.Region})
	case "mcp":
		return openMCP(cfg, s, logger)
	}
	return nil, fmt.Errorf("there is no driver %s", s.Driver)
}

func openMCP(cfg *config.Config, s *config.Search, logger *slog.Logger) (*mcp.Searcher, error) {
	opts := mcp.Options{
		Command: s.Command, Dir: cfg.Path("."), URL: s.URL, Header: headerOf(s.Header), Tool: s.Tool, Approved: s.Approved,
		Arguments: mcp.Arguments(s.Arguments), Results: mcp.Results(s.Results), Internal: s.Contract.Internal, Logger: logger,
	}
	for name, value := range s.Env {
		opts.Env = append(opts.Env, name+"="+value)
	}
	slices.Sort(opts.Env)
	if s.URL != "" {
		var err error
		if opts.Options, err = wayTo(s.URL, s.AllowPrivate); err != nil {
			return nil, err
		}
	}
	return mcp.New(opts), nil
}

// The login of Microsoft's tenants, and what an application asks it for.
const (
	microsoftLogin = "https://login.microsoftonline.com/"
	graphScope     = "https://graph.microsoft.com/.default"
	loginTimeout   = 10 * time.Second
	renewTokens    = 5 * time.Minute // before they end
)

// appTokens are an application's tokens: whoever asks, it sees the same.
type appTokens struct {
	cfg    clientcredentials.Config
	client *http.Client
	turn   chan struct{} // holds a token while nobody logs in
	token  *oauth2.Token // guarded by turn
}

func newAppTokens(s *config.Search) *appTokens {
	login := s.LoginURL
	if login == "" {
		login = microsoftLogin + s.TenantID + "/oauth2/v2.0/token"
	}
	t := &appTokens{
		cfg: clientcredentials.Config{
			ClientID: s.ClientID, ClientSecret: s.Key, TokenURL: login, Scopes: []string{graphScope}, AuthStyle: oauth2.AuthStyleInParams,
		},
		client: &http.Client{Timeout: loginTimeout},
		turn:   make(chan struct{}, 1),
	}
	t.turn <- struct{}{}
	return t
}

// Token implements msgraph.TokenSource.
func (t *appTokens) Token(ctx context.Context, _ connectors.Caller) (string, error) {
	select {
	case <-t.turn:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { t.turn <- struct{}{} }()
	if t.token != nil && time.Until(t.token.Expiry) > renewTokens {
		return t.token.AccessToken, nil
	}
	got, err := t.cfg.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return "", loginError(err)
	}
	t.token = got
	return got.AccessToken, nil
}

// loginError says what a login answered. Its words may hold ids, so they are for logs only.
func loginError(err error) error {
	e := &connectors.Error{
		Code: connectors.CodeUnavailable, Message: "Microsoft's login does not answer.", Korean: "Microsoft 로그인 서버가 응답하지 않아요.",
		Fix: "Look at login_url, and whether it can be reached from here.", Err: unlinked(err),
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError {
		e.Code, e.Message, e.Korean = connectors.CodeDenied, "Microsoft's login does not accept our application.", "Microsoft 로그인이 우리 앱을 받아들이지 않아요."
		e.Fix = "Look at tenant_id, client_id and key of the search, and whether the secret has expired."
		e.Err = errors.New(refused.ErrorCode)
	}
	return e
}

// unlinked is an error without the address that was called.
func unlinked(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// outsideCalls counts the calls of databases, searches, feeds and pages. A nil one counts
// nothing.
type outsideCalls struct {
	calls  *prometheus.CounterVec
	took   *prometheus.HistogramVec
	waited *prometheus.HistogramVec
}

func newOutsideCalls() *outsideCalls {
	const space, sub = "bapsang", "outside"
	seconds := []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30}
	return &outsideCalls{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: space, Subsystem: sub, Name: "calls_total", Help: "Calls of databases, searches, feeds and pages, by how they went.",
		}, []string{"system", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: space, Subsystem: sub, Name: "call_seconds", Help: "What a call took there.", Buckets: seconds,
		}, []string{"system"}),
		waited: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: space, Subsystem: sub, Name: "wait_seconds", Help: "How long a call waited for its contract.", Buckets: seconds,
		}, []string{"system"}),
	}
}

// count is the guards' Metrics hook.
func (c *outsideCalls) count(m connectors.CallMetrics) {
	if c == nil {
		return
	}
	code := string(m.Code)
	switch {
	case m.Cached:
		code = "cached"
	case code == "":
		code = "ok"
	}
	c.calls.WithLabelValues(m.System, code).Inc()
	if m.Cached {
		return
	}
	c.took.WithLabelValues(m.System).Observe(m.Took.Seconds())
	c.waited.WithLabelValues(m.System).Observe(m.Waited.Seconds())
}

// register adds the metrics to a registry.
func (c *outsideCalls) register(r prometheus.Registerer) error {
	if c == nil {
		return nil
	}
	return errors.Join(r.Register(c.calls), r.Register(c.took), r.Register(c.waited))
}
