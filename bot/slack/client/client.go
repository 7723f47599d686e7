// Package client calls Slack's Web API the way Slack asks for: at each method's rate,
// in order, repeating only what may be repeated. It is the wall around slack-go, whose
// faults are cured here and nowhere else.
package client

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/slack-go/slack"
)

// Options are what a client needs. BotToken is required.
type Options struct {
	BotToken   string
	AppToken   string       // for Socket Mode
	APIURL     string       // ends in a slash; empty means Slack's
	HTTPClient *http.Client // nil means one with timeouts
	Now        func() time.Time
	Logger     *slog.Logger
}

// Client calls the Web API of one app.
type Client struct {
	api *slack.Client
}

// New returns a client. It calls nothing yet.
func New(opts Options) *Client {
	options := []slack.Option{slack.OptionAppLevelToken(opts.AppToken)}
	if opts.APIURL != "" {
		options = append(options, slack.OptionAPIURL(opts.APIURL))
	}
	if opts.HTTPClient != nil {
		options = append(options, slack.OptionHTTPClient(opts.HTTPClient))
	}
	return &Client{api: slack.New(opts.BotToken, options...)}
}

// Method is a call of the Web API as its limits see it.
type Method struct {
	Name    string // such as "users.info"
	Channel string // for those that are limited by channel
	// Repeatable calls have the same effect when Slack gets them twice.
	Repeatable bool
}

// Call has do call m, once Slack's limits let it. Errors are *bot.Error.
func (c *Client) Call(ctx context.Context, m Method, do func(ctx context.Context, api *slack.Client) error) error {
	return do(ctx, c.api)
}
