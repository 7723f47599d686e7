package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
)

// slackPlatform makes the driver for Slack.
func (a *App) slackPlatform(c *config.Slack) (platform, error) {
	cfg := slackConfig(c)
	cfg.Now, cfg.Logger, cfg.Location = a.opts.Now, a.opts.Logger, a.opts.Location
	cfg.CSV, cfg.Shared = a.csv, a.opts.Shared
	if a.opts.Shared {
		cfg.Rates = fleet.NewRates(a.store, "slack ", nil)
	}
	cfg.SQL = func(ctx context.Context, question string) ([]bot.SQL, error) { return a.desk.Statements(ctx, question) }
	cfg.Render = func(ctx context.Context, spec json.RawMessage) ([]byte, error) {
		return renderChart(ctx, spec, web.Picture{})
	}
	cfg.RenderSmall = func(ctx context.Context, spec json.RawMessage) ([]byte, error) {
		return renderChart(ctx, spec, web.Picture{Width: 360, Height: 200})
	}
	cfg.Prompts = a.prompts
	cfg.Admit = func(p bot.Person) bool {
		return p.Standing == bot.Member ||
			p.Standing == bot.Guest && slices.Contains(c.Allow, "guests") ||
			p.Standing == bot.External && slices.Contains(c.Allow, "external")
	}
	s, err := slack.New(cfg)
	if err != nil {
		return platform{}, err
	}
	p := platform{
		name: slack.Platform, poster: s, people: s, files: s, run: s.Run, register: s.Register, channelName: s.ChannelName,
		admit: cfg.Admit,
	}
	if c.Mode == config.SlackHTTP {
		p.mount = func(mux *http.ServeMux, h bot.Handler) { mux.Handle("/slack/", s.HTTP(h)) }
	}
	return p, nil
}

// slackConfig is the driver's part of a configuration.
func slackConfig(c *config.Slack) slack.Config {
	out := slack.Config{BotToken: c.BotToken, APIURL: c.APIURL, Rate: c.Rate}
	switch c.Mode {
	case config.SlackSocket:
		out.AppToken = c.AppToken
	case config.SlackHTTP:
		out.SigningSecret = c.SigningSecret
	}
	return out
}

// prompts are the analysts' example questions in a language.
func (a *App) prompts(language string) []string {
	var out []string
	for _, q := range a.examples() {
		if compose.Detect(q) == language {
			out = append(out, q)
		}
	}
	return out
}

// checkSlack has the driver look at its app.
func checkSlack(ctx context.Context, e *env, cfg *config.Config) []bot.Finding {
	c := slackConfig(cfg.Slack)
	c.Logger = e.logger
	s, err := slack.New(c)
	if err != nil {
		return []bot.Finding{{Name: "settings", State: bot.Broken, Text: err.Error()}}
	}
	return s.Check(ctx)
}
