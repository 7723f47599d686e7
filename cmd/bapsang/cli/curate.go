package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/curator"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
)

// CalendarOptions say who keeps the calendar, and who reads it.
type CalendarOptions struct {
	// Base is the calendar of the rules; nil means calendar.Default().
	Base *calendar.Calendar
	// Curators are the principals who confirm dates; Everybody makes everybody one.
	Curators  []string
	Everybody bool
	// Channel is where they are shown what was suggested; one without a channel is nowhere.
	Channel bot.Thread
	// Markets are those that are looked at, the home market first; none means the home
	// market of the rules.
	Markets []string
	Feeds   []config.CalendarFeed
}

// onThePage are all who open the page, which is on this machine only and knows no
// addresses.
const onThePage = web.Platform + ":*"

// curator reports whether somebody may confirm dates.
func (o *CalendarOptions) curator(who string) bool {
	return o.Everybody || slices.ContainsFunc(o.Curators, func(c string) bool {
		return strings.EqualFold(c, who) || c == onThePage && strings.HasPrefix(who, web.Platform+":")
	})
}

// rights are what somebody may do with the book.
func (o *CalendarOptions) rights(_ context.Context, who string) (book.Role, error) {
	if o.curator(who) {
		return book.Curator, nil
	}
	return book.Suggester, nil
}

// markets are those that are looked at.
func (o *CalendarOptions) markets() []string {
	if len(o.Markets) == 0 {
		return []string{calendar.Home}
	}
	return o.Markets
}

// language is that of the channel: nobody in particular reads there.
func (o *CalendarOptions) language() string {
	if o.markets()[0] == calendar.Home {
		return "ko"
	}
	return "en"
}

// openCalendar reads the calendar's part of a configuration.
func openCalendar(cfg *config.Config) (CalendarOptions, error) {
	c := &cfg.Calendar
	out := CalendarOptions{Curators: c.Curators, Markets: c.Markets, Feeds: c.Feeds}
	if platform, channel := c.Place(); channel != "" {
		out.Channel = bot.Thread{Platform: platform, Channel: channel}
	}
	var err error
	if out.Base, err = ownCalendar(cfg); err != nil {
		return out, err
	}
	known := marketsOf(out.Base)
	check := func(at string, markets []string) error {
		for i, m := range markets {
			if !slices.Contains(known, m) {
				return usageError{cfg.At(fmt.Sprintf("%s[%d]", at, i), fmt.Sprintf("market %s is not in the calendar; there are %s", m, strings.Join(known, ", ")))}
			}
		}
		return nil
	}
	errs := []error{check("$.calendar.markets", c.Markets)}
	for i, f := range c.Feeds {
		errs = append(errs, check(fmt.Sprintf("$.calendar.feeds[%d].markets", i), f.Markets))
	}
	return out, errors.Join(errs...)
}

// ownCalendar is the calendar of the rules with the company's own.
func ownCalendar(cfg *config.Config) (*calendar.Calendar, error) {
	if cfg.Calendar.EventsDir == "" {
		return calendar.Default(), nil
	}
	dir := cfg.Path(cfg.Calendar.EventsDir)
	own, err := calendar.Load(os.DirFS(dir))
	if err != nil {
		return nil, usageError{inFolder(dir, err)}
	}
	c, err := calendar.New(own)
	if err != nil {
		return nil, usageError{inFolder(dir, err)}
	}
	return c, nil
}

// inFolder names the files of problems by where they are.
func inFolder(dir string, err error) error {
	var all []error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	} else {
		all = []error{err}
	}
	for i, one := range all {
		var p calendar.Problem
		if errors.As(one, &p) {
			p.File = strings.TrimSuffix(dir, string(os.PathSeparator)) + string(os.PathSeparator) + p.File
			all[i] = p
		}
	}
	return errors.Join(all...)
}

// marketsOf are the markets of a calendar's events and public holidays, the home market
// first.
func marketsOf(c *calendar.Calendar) []string {
	var out []string
	add := func(m string) {
		if m != "" && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, m := range c.Markets() {
		add(m.ID)
	}
	add(calendar.World)
	for _, e := range c.Events() {
		add(e.Market)
	}
	return out
}

// openCurator connects those who keep the calendar.
func (a *App) openCurator(cfg *desk.Config) error {
	o := &a.opts.Calendar
	s, err := curator.New(curator.Config{
		Book: a.book, Store: a.store, Posters: cfg.Posters, Thread: o.Channel, Language: o.language(), Curator: o.curator,
		Home: o.markets()[0], Markets: o.markets(), Scout: a.scout(), Location: a.opts.Location, Now: a.opts.Now, Logger: a.opts.Logger,
	})
	if err != nil {
		return err
	}
	a.curator, cfg.Curation = s, s
	return nil
}

// scout looks for dates with what is configured for it, nil without anything.
func (a *App) scout() curator.Scout {
	opts := scout.Options{
		Engines: a.engines(), Pages: a.pages, Feeds: a.feeds, Book: a.book, Zone: a.opts.Location, Now: a.opts.Now, Logger: a.opts.Logger,
	}
	if len(opts.Engines) == 0 && len(opts.Feeds) == 0 {
		return nil
	}
	return scout.New(opts)
}

// decorate puts below what is sent by the clock the buttons that belong there.
func (a *App) decorate(sub *digest.Subscription, msg *bot.Message) {
	if sub.Subject.Kind == digest.KindCalendar && a.curator != nil {
		msg.Buttons = append(msg.Buttons, a.curator.SuggestButton(sub.Language))
	}
}

// checkCalendar looks at who keeps the calendar.
func checkCalendar(cfg *config.Config) []bot.Finding {
	o, err := openCalendar(cfg)
	if err != nil {
		return []bot.Finding{{Name: "events", State: bot.Broken, Text: err.Error(), Fix: "Correct the file; docs/calendar.md shows one with every key."}}
	}
	own := len(o.Base.Events()) - len(calendar.Default().Events())
	out := []bot.Finding{{Name: "events", State: bot.Fine, Text: fmt.Sprintf("%d events, %d of them your own", len(o.Base.Events()), own)}}
	switch {
	case len(o.Curators) == 0:
		out = append(out, bot.Finding{Name: "curators", State: bot.Warning, Text: "nobody may confirm dates that are announced, such as 수능 or Prime Day",
			Fix: "Name them under calendar.curators, and their channel under calendar.channel."})
	case o.Channel.Channel == "":
		out = append(out, bot.Finding{Name: "curators", State: bot.Warning, Text: fmt.Sprintf("%d curators, and no channel in which they are shown what is suggested", len(o.Curators)),
			Fix: "Name one under calendar.channel, or look at it with bapsang calendar review."})
	default:
		out = append(out, bot.Finding{Name: "curators", State: bot.Fine, Text: fmt.Sprintf("%d, in %s", len(o.Curators), cfg.Calendar.Channel)})
	}
	if n := len(o.Feeds); n > 0 {
		out = append(out, bot.Finding{Name: "feeds", State: bot.Fine, Text: fmt.Sprintf("%d for calendar programs", n)})
	}
	return out
}
