package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/connector"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
	"github.com/bapsang/bapsang/store"
)

// teamsPlatform makes the driver for Microsoft Teams.
func (a *App) teamsPlatform(c *config.Teams) (platform, error) {
	cfg := teamsConfig(c)
	cfg.References = references{a.store}
	cfg.Now, cfg.Logger, cfg.Location = a.opts.Now, a.opts.Logger, a.opts.Location
	cfg.CSV, cfg.Shared = a.csv, a.opts.Shared
	if a.opts.Shared {
		cfg.Connector.Shared = fleet.NewRates(a.store, "teams ", nil)
	}
	cfg.SQL = func(ctx context.Context, question string) ([]bot.SQL, error) { return a.desk.Statements(ctx, question) }
	cfg.Render = teamsChart
	cfg.Prompts = a.prompts
	cfg.Admit = func(p bot.Person) bool {
		return p.Standing == bot.Member ||
			p.Standing == bot.Guest && slices.Contains(c.Allow, "guests") ||
			p.Standing == bot.External && slices.Contains(c.Allow, "external")
	}
	t, err := teams.New(cfg)
	if err != nil {
		return platform{}, err
	}
	return platform{
		name: teams.Platform, poster: t, people: t, files: t, run: t.Run, register: t.Register, channelName: t.ChannelName, admit: cfg.Admit,
		mount: func(mux *http.ServeMux, h bot.Handler) {
			mux.Handle("/api/messages", t.HTTP(h))
			mux.Handle("/teams/csv/", t.CSV())
		},
	}, nil
}

// teamsChart draws a chart as large as Teams takes a picture, 1024 pixels: making every card's
// picture smaller would cost more than everything else of an answer.
func teamsChart(ctx context.Context, spec json.RawMessage) ([]byte, error) {
	var s chart.Spec
	if err := json.Unmarshal(spec, &s); err != nil {
		return nil, fmt.Errorf("decode chart: %w", err)
	}
	return chart.Render(ctx, s, chart.Options{Width: 1200, Height: 675, Scale: 1024. / 1200})
}

// teamsConfig is the driver's part of a configuration.
func teamsConfig(c *config.Teams) teams.Config {
	return teams.Config{
		Connector: connector.Options{
			AppID: c.AppID, Password: c.AppPassword, TenantID: c.TenantID, LoginURL: c.LoginURL, OpenIDURL: c.OpenIDURL, ServiceURLs: c.ServiceURLs, GraphURL: c.GraphURL, Rate: c.Rate,
		},
		PublicURL: c.PublicURL,
	}
}

// kindTeams is the kind of what the driver keeps in the store.
const kindTeams = "teams"

// references keeps conversation references in the store.
type references struct{ store store.Store }

// Put implements teams.References.
func (r references) Put(ctx context.Context, key string, ref json.RawMessage) error {
	return r.store.Update(ctx, func(tx store.Tx) error { return tx.Put(kindTeams, key, ref) })
}

// Get implements teams.References.
func (r references) Get(ctx context.Context, key string) (ref json.RawMessage, err error) {
	err = r.store.View(ctx, func(tx store.ReadTx) error {
		ref, err = tx.Get(kindTeams, key)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return ref, err
}

// Change implements teams.Changer.
func (r references) Change(ctx context.Context, key string, fn func(kept json.RawMessage) (json.RawMessage, error)) error {
	return r.store.Update(ctx, func(tx store.Tx) error {
		kept, err := tx.Get(kindTeams, key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		made, err := fn(kept)
		if err != nil || made == nil {
			return err
		}
		return tx.Put(kindTeams, key, made)
	})
}

// checkTeams has the driver look at its app. What Teams has told is in the store, which a
// bapsang that runs does not share.
func checkTeams(ctx context.Context, e *env, cfg *config.Config) []bot.Finding {
	c := teamsConfig(cfg.Teams)
	c.Logger, c.References = e.logger, unread{}
	if at := storeOf(cfg); at.there() {
		if s, err := at.open(e); err == nil {
			defer func() { _ = s.Close() }()
			c.References = references{s}
		}
	}
	t, err := teams.New(c)
	if err != nil {
		return []bot.Finding{{Name: "settings", State: bot.Broken, Text: err.Error()}}
	}
	return t.Check(ctx)
}

// unread is what the driver keeps when nobody can look into it.
type unread struct{}

// Put implements teams.References.
func (unread) Put(context.Context, string, json.RawMessage) error { return teams.ErrUnread }

// Get implements teams.References.
func (unread) Get(context.Context, string) (json.RawMessage, error) { return nil, teams.ErrUnread }
