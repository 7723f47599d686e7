package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
)

// platform is a chat platform that somebody else runs, as the program uses its driver.
type platform struct {
	name   string
	poster bot.Poster
	people bot.Directory
	files  bot.FileOpener
	// admit says whose questions are answered.
	admit func(bot.Person) bool
	// run takes events in until its context ends; it returns an error when nothing more
	// will come.
	run      func(ctx context.Context, h bot.Handler) error
	register func(prometheus.Registerer) error
	// mount adds what the platform calls; nil when it calls nothing.
	mount func(mux *http.ServeMux, h bot.Handler)
	// channelName is the name of a thread's channel, "" when it is unknown; nil where
	// channels go by their names.
	channelName func(ctx context.Context, t bot.Thread) string
}

// seat has the desk know the platforms.
func seat(cfg *desk.Config, platforms []platform) {
	cfg.People, cfg.Files = map[string]bot.Directory{}, map[string]bot.FileOpener{}
	cfg.Posters = maps.Clone(cfg.Posters)
	admit := map[string]func(bot.Person) bool{}
	for _, p := range platforms {
		cfg.Posters[p.name], cfg.People[p.name], cfg.Files[p.name] = p.poster, p.people, p.files
		admit[p.name] = p.admit
	}
	cfg.Admit = func(platform string, p bot.Person) bool { return admit[platform](p) }
}

// channelAnalyst tells which analyst a channel asks by default. An analyst may name its
// channels as people do, or by their ids, which stay when a channel is renamed.
func (a *App) channelAnalyst(roster *analyst.Roster) func(context.Context, bot.Thread) string {
	return func(ctx context.Context, t bot.Thread) string {
		if name := roster.ForChannel(t.Channel); name != "" || t.Direct || len(a.opts.Channels) == 0 {
			return name
		}
		for _, p := range a.platforms {
			if p.name == t.Platform && p.channelName != nil {
				return roster.ForChannel(p.channelName(ctx, t))
			}
		}
		return ""
	}
}

// takeIn runs the platforms' doors until ctx ends, and returns what waits for them. A
// platform that lets us in no longer is no reason to stop the others.
func (a *App) takeIn(ctx context.Context) (wait func()) {
	var doors sync.WaitGroup
	for _, p := range a.platforms {
		doors.Go(func() {
			if err := p.run(ctx, a.desk); err != nil && !errors.Is(err, context.Canceled) {
				a.opts.Logger.ErrorContext(ctx, fmt.Sprintf("%s does not let us in; nothing more comes from there until bapsang is started again", p.name), "error", err, "see", "bapsang doctor")
			}
		})
	}
	return doors.Wait
}
