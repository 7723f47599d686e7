// Package client calls Slack's Web API the way Slack asks for: at each method's rate,
// in order, repeating only what may be repeated. It is the wall around slack-go, whose
// faults are cured here and nowhere else.
//
// Its time is the machine's, never that of a replay: rates are counted on Slack's clock,
// and a date that stands still would stop them for ever.
package client

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
)

// Options are what a client needs. BotToken is required.
type Options struct {
	BotToken   string
	AppToken   string       // for Socket Mode
	APIURL     string       // ends in a slash; empty means Slack's
	HTTPClient *http.Client // nil means one with timeouts
	// Rate is how many times Slack's rates the server allows, and how many times as fast
	// what it does passes; 0 means 1. Other values are for test doubles whose minutes are
	// shorter.
	Rate     float64
	Logger   *slog.Logger // nil means slog.Default()
	Observer Observer     // nil means nobody
	// Shared counts the calls of all processes of the app; nil when this is the only one.
	Shared outbox.Shared
}

// Observer is told of what a client does. It must not block.
type Observer interface {
	// Called tells of one request: outcome is "ok", Slack's error, or what went wrong on
	// the way.
	Called(method, outcome string)
	// Waited tells how long a call was held back by a budget.
	Waited(method string, d time.Duration)
}

type nobody struct{}

func (nobody) Called(string, string)        {}
func (nobody) Waited(string, time.Duration) {}

// Client calls the Web API of one app in one workspace. It may be used concurrently.
type Client struct {
	api    *slack.Client
	http   *http.Client
	base   *url.URL
	limits *limits
	log    *slog.Logger
	seen   Observer

	mu   sync.Mutex
	said Said
}

// Said is what Slack's last replies said about us.
type Said struct {
	Scopes  []string      // of the bot token; nil before the first reply
	Skew    time.Duration // how far Slack's clock is ahead of ours
	Trouble string        // why the token is refused, such as "token_revoked"; empty when it is not
}

// New returns a client. It calls nothing yet.
func New(opts Options) *Client {
	if opts.APIURL == "" {
		opts.APIURL = slack.APIURL
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Observer == nil {
		opts.Observer = nobody{}
	}
	if opts.Rate <= 0 {
		opts.Rate = 1
	}
	c := &Client{limits: newLimits(opts.Rate), log: opts.Logger, seen: opts.Observer}
	c.limits.shared, c.limits.log = opts.Shared, opts.Logger
	c.base, _ = url.Parse(opts.APIURL) // one that cannot be parsed fails every call with its reason
	c.http = newHTTPClient(opts.HTTPClient, c.base)
	c.api = slack.New(opts.BotToken, slack.OptionAppLevelToken(opts.AppToken), slack.OptionAPIURL(opts.APIURL), slack.OptionHTTPClient(c.http))
	return c
}

// Method is a call of the Web API as its limits see it.
type Method struct {
	Name    string // such as "users.info"
	Channel string // for those that are limited by channel
	// Repeatable calls have the same effect when Slack gets them twice.
	Repeatable bool
}

// How often a call is repeated that Slack did not answer, and how long it rests before
// the first repetition.
const (
	maxAttempts = 6
	firstRest   = 250 * time.Millisecond
)

// Call has do call m, once Slack's limits let it; calls that are limited together are let
// go in the order in which they came. Those that are let go at once are under way
// together: who needs a reply before the next call waits for it. Errors are *bot.Error; of one that may have been carried
// out all the same, Unknown is true.
//
// What Slack refused for its rate is called again when Slack says so, whatever the
// method. What failed on the way is called again when it never left, or is Repeatable.
func (c *Client) Call(ctx context.Context, m Method, do func(ctx context.Context, api *slack.Client) error) error {
	rest := firstRest
	again := false
	for attempt := 1; ; {
		began := time.Now()
		if err := c.limits.wait(ctx, m, again); err != nil {
			return given(m, err)
		}
		if d := time.Since(began); d > time.Millisecond {
			c.seen.Waited(m.Name, d)
		}
		ex, err := c.once(ctx, m, do)
		switch {
		case err == nil, ctx.Err() != nil:
			return err
		case ex.pause > 0: // no fault of the call's, and its place is before those who came later
			again = true
			continue
		case attempt == maxAttempts, !ex.again:
			return err
		}
		// Half of it by chance, so that those who failed together do not return together.
		if waitErr := c.rest(ctx, rest/2+rand.N(rest)); waitErr != nil {
			return err
		}
		rest *= 2
		attempt++
		again = false
	}
}

// TryCall is Call for what is not worth waiting for: unless m has room it calls nothing,
// and it calls once. Its error then has bot.CodeBusy.
func (c *Client) TryCall(ctx context.Context, m Method, do func(ctx context.Context, api *slack.Client) error) error {
	if !c.limits.try(ctx, m) {
		c.seen.Called(m.Name, "held_back")
		return &bot.Error{Code: bot.CodeBusy, Method: m.Name, Reason: "no_budget", Err: errNoBudget}
	}
	_, err := c.once(ctx, m, do)
	return err
}

// Room is how many calls of m would not have to wait, less what is kept for calls that
// do wait.
func (c *Client) Room(m Method) int { return c.limits.room(m) }

// once calls m and learns from the reply.
func (c *Client) once(ctx context.Context, m Method, do func(ctx context.Context, api *slack.Client) error) (*exchange, error) {
	defer c.limits.landed(m)
	ctx, ex := withExchange(ctx)
	err := do(ctx, c.api)
	c.learn(m, ex, err)
	if err == nil {
		c.limits.succeeded(m)
		c.seen.Called(m.Name, "ok")
		return ex, nil
	}
	e, again := failure(m, ex, err)
	ex.again = again
	c.seen.Called(m.Name, e.Reason)
	if ex.pause = ex.retryAfter(e.Reason); ex.pause > 0 {
		c.limits.refused(ctx, m, ex.pause)
		c.log.WarnContext(ctx, "slack: told to slow down", "method", m.Name, "channel", m.Channel, "reason", e.Reason, "pause", ex.pause)
	}
	if more := messagesOf(err); len(more) > 0 {
		c.log.WarnContext(ctx, "slack: call refused", "method", m.Name, "reason", e.Reason, "messages", strings.Join(more, "; "))
	}
	return ex, e
}

// learn keeps what a reply says about us.
func (c *Client) learn(m Method, ex *exchange, err error) {
	header := ex.headers()
	c.mu.Lock()
	defer c.mu.Unlock()
	if date, e := http.ParseTime(header.Get("Date")); e == nil {
		c.said.Skew = date.Sub(ex.at)
	}
	if m.Name == "apps.connections.open" {
		return // of another token
	}
	if scopes := header.Get("X-Oauth-Scopes"); scopes != "" {
		c.said.Scopes = strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' })
	}
	switch {
	case err == nil:
		c.said.Trouble = ""
	case KindOf(err) == KindToken:
		c.said.Trouble = Reason(err)
	}
}

// Said returns what Slack's last replies said about us.
func (c *Client) Said() Said {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said
}

// Paused are the methods that Slack told us to leave alone for now, with "method channel"
// for one that is limited by channel, and until when.
func (c *Client) Paused() map[string]time.Time { return c.limits.pausedNow() }

// CloseIdle closes the connections that nothing is using.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// rest waits for d of the server's time, or for ctx's end.
func (c *Client) rest(ctx context.Context, d time.Duration) error {
	return sleep(ctx, time.Duration(float64(d)/c.limits.rate))
}

// sleep waits for d or for ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", ctx.Err())
	}
}
