// Package slack is the driver for Slack: what people do there becomes events, and
// messages become Block Kit. Slack's app is set up by deploy/slack/manifest.yaml.
package slack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// Platform is the name of this platform in a bot.Thread.
const Platform = "slack"

// Config is what the driver needs. BotToken is required, AppToken for Socket Mode, and
// SigningSecret for HTTP.
type Config struct {
	BotToken      string
	AppToken      string
	SigningSecret string
	APIURL        string       // ends in a slash; empty means Slack's
	HTTPClient    *http.Client // nil means one with timeouts
	// Rate is how many times Slack's rates the server allows; 0 means 1. It is for test
	// doubles whose minutes are shorter.
	Rate float64
	// Shared says that other processes are connected as this app and say things, too. Then
	// progress is an ordinary message: a stream belongs to the process that began it, which
	// would not know that another has put the answer in its place.
	Shared bool
	// Rates counts the calls of all of them; nil lets each count its own.
	Rates outbox.Shared
	// Render draws a chart spec of a message as a PNG.
	Render func(ctx context.Context, spec json.RawMessage) ([]byte, error)
	// RenderSmall draws one that stands beside a line of a digest; nil means Render.
	RenderSmall func(ctx context.Context, spec json.RawMessage) ([]byte, error)
	// SQL returns the statements behind a question's answer, for the one who may see them.
	SQL func(ctx context.Context, question string) ([]bot.SQL, error)
	// CSV writes a result of a question.
	CSV func(ctx context.Context, question, result string, w io.Writer) error
	// Admit says whom SQL and CSV are for; nil admits everybody who sees the answer.
	Admit func(bot.Person) bool
	// Prompts are questions to begin with, in the language.
	Prompts  func(language string) []string
	Location *time.Location   // nil means UTC
	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil means slog.Default()
}

// Slack is the driver. It implements bot.Poster, bot.Directory, bot.FileOpener and
// bot.Checker; HTTP and Run are the two doors by which events come in.
type Slack struct {
	cfg    Config
	client *client.Client
	log    *slog.Logger

	out     *sending
	metrics *metrics

	in       *intake
	limits   limits
	self     atomic.Pointer[identity] // nil until known
	people   people
	channels channels
	sawEmail atomic.Bool
}

// New returns a driver. It calls nothing yet.
func New(cfg Config) (*Slack, error) {
	if cfg.BotToken == "" {
		return nil, errors.New("slack: a bot token is required")
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	m := newMetrics()
	return &Slack{
		cfg: cfg, log: cfg.Logger, out: newSending(), metrics: m, in: newIntake(), limits: limits{ackWithin, readWithin, viewWithin},
		client: client.New(client.Options{
			BotToken: cfg.BotToken, AppToken: cfg.AppToken, APIURL: cfg.APIURL, HTTPClient: cfg.HTTPClient, Rate: cfg.Rate, Logger: cfg.Logger,
			Observer: m, Shared: cfg.Rates,
		}),
	}, nil
}
