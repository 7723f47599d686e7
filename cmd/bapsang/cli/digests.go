package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/orders"
	"github.com/bapsang/bapsang/bot/digest/render"
	"github.com/bapsang/bapsang/bot/digest/schedule"
	"github.com/bapsang/bapsang/bot/report"
	"github.com/bapsang/bapsang/bot/web"
)

// openBook opens the curated calendar. Without curators nobody confirms anything, and the
// calendar is that of the rules.
func (a *App) openBook(ctx context.Context) error {
	o := &a.opts.Calendar
	var err error
	a.book, err = book.Open(ctx, a.store, book.Options{Base: o.Base, Zone: a.opts.Location, Now: a.opts.Now, Logger: a.opts.Logger, Rights: o.rights})
	return err
}

// calendar is the calendar as it stands now. One that cannot be read is no reason not to
// answer: the rules are then what is known.
func (a *App) calendar() *calendar.Calendar {
	c, err := a.book.Calendar(context.Background())
	if err != nil {
		a.opts.Logger.Error("the curated calendar cannot be read", "error", err)
		return cmp.Or(a.opts.Calendar.Base, calendar.Default())
	}
	return c
}

// workdays are the business days of the home market.
type workdays func() *calendar.Calendar

// Workday implements schedule.Workdays.
func (w workdays) Workday(t time.Time) (bool, error) { return w().Workday(calendar.Home, t) }

// admitted have the same rights: whoever is answered may see what the analysts see. Who
// has become a guest since they subscribed, or is named by somebody else, is sent no more
// than they would be told.
type admitted struct {
	people map[string]bot.Directory
	admit  func(platform string, p bot.Person) bool // nil admits members
}

// Group implements digest.Rights.
func (a admitted) Group(ctx context.Context, _ *digest.Subscription, to digest.Recipient) (string, error) {
	const everybody = "everybody"
	people := a.people[to.Thread.Platform]
	if !to.Thread.Direct || people == nil {
		return everybody, nil
	}
	p, err := people.Person(ctx, to.Thread, bot.User{ID: to.Thread.Channel, Name: to.Name})
	if e, ok := errors.AsType[*bot.Error](err); ok && e.Code == bot.CodeGone {
		return everybody, nil // there is nowhere to post to, which is found out by posting
	}
	if err != nil {
		return "", fmt.Errorf("look up recipient: %w", err)
	}
	if a.admit == nil && p.Standing != bot.Member || a.admit != nil && !a.admit(to.Thread.Platform, p) {
		return "", digest.ErrNoRights
	}
	return everybody, nil
}

// threadBound begins the names of analysts that belong to one thread.
const threadBound = "files-"

// openDigests connects what is sent by the clock, and gives the desk who takes orders for
// it.
func (a *App) openDigests(brain *agent.Agent, cfg *desk.Config) error {
	rendering := render.Config{CalendarURL: a.calendarURL(), Analyst: brain, ThreadBound: func(name string) bool { return strings.HasPrefix(name, threadBound) }}
	renderers := render.All(rendering)
	value := &report.Renderer{Store: a.store, Minutes: a.opts.Minutes}
	renderers[digest.KindReport] = value
	var taker *orders.Taker
	service, err := digest.New(digest.Config{
		Store: a.store, Queue: a.store, Posters: cfg.Posters, People: cfg.People, Renderers: renderers,
		Rights: admitted{cfg.People, cfg.Admit}, Workdays: workdays(a.calendar), Limits: digest.Limits{Interval: a.opts.ShortestInterval},
		Decorate: func(sub *digest.Subscription, msg *bot.Message) {
			msg.Buttons = append(msg.Buttons, taker.Settings(sub))
			if when, ok := taker.Condition(sub); ok {
				msg.Readings = append(msg.Readings, when)
			}
			a.decorate(sub, msg)
		},
		Admin: a.opts.Admin, Now: a.opts.Now, Logger: a.opts.Logger,
	})
	if err != nil {
		return err
	}
	taker, err = orders.New(orders.Config{
		Service: service, Zone: a.opts.Location.String(), Now: a.opts.Now,
		Calendar: func(text string) (map[string]string, bool) {
			r, ok := almanac.Read(text, almanac.Options{Now: a.now(), Calendar: a.calendar(), WeekStart: time.Monday})
			if !ok || r.Kind != almanac.Coming {
				return nil, false
			}
			return map[string]string{render.ParamMarkets: strings.Join(r.Markets, ",")}, true
		},
		Report: func(every time.Duration) map[string]string {
			if every >= 27*24*time.Hour {
				return map[string]string{report.ParamPeriod: report.Month}
			}
			return map[string]string{report.ParamPeriod: report.Week}
		},
		Preview: func(ctx context.Context, by digest.Actor, subject digest.Subject, language string) (string, error) {
			if subject.Kind == digest.KindReport {
				return value.Lead(ctx, subject.Params, language, a.now())
			}
			return rendering.Preview(ctx, subject, by.To(), language, a.now(), a.thinking != nil)
		},
	})
	if err != nil {
		return err
	}
	a.digests, cfg.Standing = service, taker
	return nil
}

// now is the present in the deployment's time zone.
func (a *App) now() time.Time { return a.opts.Now().In(a.opts.Location) }

// demoDigest has the demo's marketing calendar sent to its channel every Monday, and the
// first issue right away.
func demoDigest(ctx context.Context, service *digest.Service, analyst, zone string) error {
	monday, err := schedule.ParseCron("0 9 * * 1", zone)
	if err != nil {
		return err
	}
	by := digest.Actor{Person: digest.Person{Platform: web.Platform, User: "demo", Principal: "web:demo", Name: "demo", Language: "ko"}}
	sub, err := service.Create(ctx, by, digest.Draft{
		Key: "demo", Title: "마케팅 달력", Language: "ko", Schedule: monday, Subject: digest.Subject{Kind: digest.KindCalendar, Analyst: analyst},
		To: []digest.Recipient{{Thread: bot.Thread{Platform: web.Platform, Channel: demoChannel}, Name: demoChannel}},
	})
	if err != nil {
		return err
	}
	var ended *digest.Error
	if _, err = service.RunNow(ctx, by, sub.ID, "first"); errors.As(err, &ended) {
		return nil // somebody wants no more of it
	}
	return err
}

// demoChannel is where the demo's calendar is sent.
const demoChannel = "marketing"

// demoCurators is where the demo's dates are confirmed.
const demoCurators = "calendar"
