package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/herald"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/store"
)

// ChangeOptions say who is told when tables change under the analysts, besides those who keep
// these.
type ChangeOptions struct {
	Sources  map[string][]bot.Thread // who keeps the sources, by name
	To       []bot.Thread
	After    time.Duration // nothing more must have changed for so long; 0 means two minutes
	Language string        // "ko", which is also the default, or "en"
}

// changesOf reads who is told of changes in a configuration.
func changesOf(cfg *config.Config) ChangeOptions {
	out := ChangeOptions{Sources: map[string][]bot.Thread{}, After: cfg.Changes.Wait(), Language: cfg.Changes.Language}
	for _, s := range cfg.Sources {
		if t, ok := placeAt(s.Contract.Owner); ok {
			out.Sources[s.Name] = []bot.Thread{t}
		}
	}
	for _, to := range cfg.Changes.To {
		if t, ok := placeAt(to); ok {
			out.To = append(out.To, t)
		}
	}
	return out
}

// placeAt is a channel or a conversation with a person, where a text names one.
func placeAt(text string) (bot.Thread, bool) {
	platform, id, person, ok := config.Place(text)
	switch {
	case !ok:
		return bot.Thread{}, false
	case person:
		return bot.Direct(platform, "", id), true
	}
	return bot.Thread{Platform: platform, Channel: id}, true
}

// openHerald connects those who are told when tables change.
func (a *App) openHerald(cfg *desk.Config) (err error) {
	o := &a.opts.Changes
	language := o.Language
	if language == "" {
		language = "ko"
	}
	a.herald, err = herald.New(herald.Config{
		Store: a.store, Posters: cfg.Posters, Keepers: func() []herald.Keeper { return a.keepers(language) }, Sources: o.Sources, To: o.To,
		Language: language, Location: a.opts.Location, After: o.After, Now: a.opts.Now, Logger: a.opts.Logger,
	})
	return err
}

// keepers are the analysts, and who keeps them.
func (a *App) keepers(language string) (out []herald.Keeper) {
	for _, an := range a.roster.All() {
		k := herald.Keeper{Analyst: an.Name, Title: an.Title.In(language, ""), Written: !an.Drafted}
		if to, ok := placeAt(an.Owner); ok {
			k.To = []bot.Thread{to}
		}
		out = append(out, k)
	}
	return out
}

// checkChanges looks at who is told when tables change.
func checkChanges(cfg *config.Config) []bot.Finding {
	told := changesOf(cfg)
	if len(told.To) > 0 {
		return []bot.Finding{{Name: "changes", State: bot.Fine, Text: fmt.Sprintf("%d are told when tables change under the analysts", len(told.To))}}
	}
	var without []string
	for _, s := range cfg.Sources {
		if len(told.Sources[s.Name]) == 0 {
			without = append(without, s.Name)
		}
	}
	if len(without) == 0 {
		return []bot.Finding{{Name: "changes", State: bot.Fine, Text: "the owners of the sources are told when tables change under the analysts"}}
	}
	return []bot.Finding{{
		Name: "changes", State: bot.Fine, Text: fmt.Sprintf("nobody is told when tables change in %s, except analysts' owners whom a message reaches", strings.Join(without, ", ")),
		Fix: "Name a channel under changes.to, or write owners as slack:C0123456 or slack:@U0123456; see docs/sources.md.",
	}}
}

// acceptPath is the command that takes an analyst's tables as they are.
const acceptPath = "/accept"

type acceptCall struct {
	Analyst string `json:"analyst"`
}

type analystAccept struct {
	Config string `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
	Name   string `arg:"" help:"The analyst."`
}

// Run implements the command, in the bapsang that runs on the store where one does.
func (c *analystAccept) Run(e *env) error {
	cfg, err := e.readConfig(c.Config)
	if err != nil {
		return usageError{err}
	}
	place := storeOf(cfg)
	if place.server == nil {
		if done, err := askRunning(e, place.dir, acceptPath, acceptCall{c.Name}, e.Out); done || err != nil {
			return err
		}
	}
	if !place.there() {
		return notRemembered(c.Name)
	}
	s, err := place.open(e)
	if err != nil {
		return err
	}
	return errors.Join(accept(e.ctx, s, c.Name, e.Out), s.Close())
}

// acceptCommand works the command for whoever may open the data directory.
func (a *App) acceptCommand(w http.ResponseWriter, r *http.Request) {
	var call acceptCall
	if !takeCall(w, r, &call) {
		return
	}
	var out bytes.Buffer
	err := accept(r.Context(), a.store, call.Analyst, &out)
	reply(w, out.Bytes(), nil, err)
}

func accept(ctx context.Context, s store.Store, analyst string, out io.Writer) error {
	n, err := drift.NewBook(s).Accept(ctx, analyst)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notRemembered(analyst)
	case err != nil:
		return err
	case n == 0:
		_, err = fmt.Fprintf(out, "%s: nothing is lost\n", analyst)
	default:
		_, err = fmt.Fprintf(out, "%s: %d accepted\n", analyst, n)
	}
	return err
}

func notRemembered(analyst string) error {
	return usagef("no tables of an analyst called %s are remembered here", analyst)
}
