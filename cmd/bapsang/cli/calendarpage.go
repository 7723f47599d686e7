package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
)

// What a feed holds, in days from today. Calendar programs keep what they have read.
const (
	feedBefore = 90
	feedAfter  = 400
)

// pageCalendar is where the page's calendar has its days from.
func (a *App) pageCalendar() *web.Calendar {
	out := &web.Calendar{
		Entries: func(_ context.Context, from, until time.Time, language string) ([]web.CalendarEntry, error) {
			if until.Year() < calendar.FirstYear || from.Year() > calendar.LastYear {
				return nil, fmt.Errorf("%d: %w", from.Year(), web.ErrNoCalendar)
			}
			c := a.calendar()
			markets := a.opts.Calendar.markets()
			matters := map[string]bool{}
			for _, e := range c.List(from, until, calendar.Filter{Markets: markets[:1], Major: true}) {
				matters[exchange.UID(e)] = true
			}
			var out []web.CalendarEntry
			for _, e := range c.List(from, until, calendar.Filter{Markets: markets, Major: true}) {
				entry := pageEntry(c, e, language)
				entry.Elsewhere = !matters[exchange.UID(e)]
				out = append(out, entry)
			}
			return out, nil
		},
		Feed: func(markets []string, language string) string {
			return "/calendar.ics?" + url.Values{"market": markets, "language": {language}}.Encode()
		},
	}
	names := map[string]calendar.Names{calendar.World: {Ko: "세계", En: "World"}}
	for _, m := range a.calendar().Markets() {
		names[m.ID] = m.Name
	}
	markets := a.opts.Calendar.markets()
	if !slices.Contains(markets, calendar.World) {
		markets = append(slices.Clone(markets), calendar.World)
	}
	for _, m := range markets {
		out.Markets = append(out.Markets, web.CalendarMarket{ID: m, Ko: names[m].Ko, En: names[m].En})
	}
	return out
}

// pageEntry is an edition as the page shows it, with what is to be prepared.
func pageEntry(c *calendar.Calendar, e calendar.Edition, language string) web.CalendarEntry {
	out := web.CalendarEntry{
		ID: e.Event, Name: e.Name.In(language), Market: e.Market, Class: string(e.Class), Start: e.Start, End: e.End, Status: string(e.Status), Was: e.PreviousStart,
	}
	if e.Solemn {
		out.Class = string(calendar.Caution)
	}
	prepare, from := "Prepare: ", "Source: "
	if language == "ko" {
		prepare, from = "준비: ", "출처: "
	}
	var detail []string
	if deadlines, err := c.Deadlines(deadlineMarket(e), e); err == nil && e.TakesPlace() {
		for _, d := range deadlines {
			day := fmt.Sprintf("%d/%d", d.Due.Month(), d.Due.Day())
			detail = append(detail, day+" "+figures.Escape(d.What.In(language)))
		}
	}
	if len(detail) > 0 {
		detail = []string{prepare + strings.Join(detail, " → ")}
	}
	switch {
	case e.URL != "":
		out.Links = []bot.Link{{Title: e.Source, URL: e.URL}}
	case e.Source != "":
		detail = append(detail, from+figures.Escape(e.Source))
	}
	if e.Quote != "" {
		detail = append(detail, "“"+figures.Escape(e.Quote)+"”")
	}
	out.Detail = strings.Join(detail, " · ")
	return out
}

// deadlineMarket is by whose workdays an edition is prepared: those of the world by ours.
func deadlineMarket(e calendar.Edition) string {
	if e.Market == calendar.World {
		return calendar.Home
	}
	return e.Market
}

// feeds serves the calendar to calendar programs.
type feeds struct {
	app *App

	mu   sync.Mutex
	seen map[string]seenFeed // by name of what is served
}

// seenFeed is when a feed last changed, as far as this process saw.
type seenFeed struct {
	tag string
	at  time.Time
}

// mount adds the addresses. That without a token is for this machine only, as the page is.
func (f *feeds) mount(mux *http.ServeMux, page bool) {
	mux.HandleFunc("GET /calendar/{file}", f.team)
	if page {
		mux.HandleFunc("GET /calendar.ics", f.local)
	}
}

// team serves the feed of whoever has the token.
func (f *feeds) team(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	feed := f.find(token)
	if !ok || feed == nil {
		http.NotFound(w, r)
		return
	}
	filter := calendar.Filter{Markets: feed.Markets, Major: true}
	if len(filter.Markets) == 0 {
		filter.Markets = f.app.opts.Calendar.markets()
	}
	for _, c := range feed.Classes {
		filter.Classes = append(filter.Classes, calendar.Class(c))
	}
	f.serve(w, r, "feed/"+feed.Name, feed.Name, cmp.Or(feed.Language, "ko"), filter)
}

// find compares with all tokens, whole, whatever is asked: how long it takes tells nothing.
func (f *feeds) find(token string) (found *config.CalendarFeed) {
	asked := sha256.Sum256([]byte(token))
	for i := range f.app.opts.Calendar.Feeds {
		feed := &f.app.opts.Calendar.Feeds[i]
		known := sha256.Sum256([]byte(feed.Token))
		if subtle.ConstantTimeCompare(asked[:], known[:]) == 1 {
			found = feed
		}
	}
	return found
}

// local serves the feed of the page.
func (f *feeds) local(w http.ResponseWriter, r *http.Request) {
	if !byOwnName(r) {
		http.NotFound(w, r)
		return
	}
	q := r.URL.Query()
	language := q.Get("language")
	if language == "" {
		language = "ko"
	}
	markets := q["market"]
	known := marketsOf(f.app.calendar())
	for _, m := range markets {
		if !slices.Contains(known, m) {
			http.Error(w, "no such market; there are "+strings.Join(known, ", "), http.StatusBadRequest)
			return
		}
	}
	if language != "ko" && language != "en" {
		http.Error(w, "language is ko or en", http.StatusBadRequest)
		return
	}
	filter := calendar.Filter{Markets: markets, Major: true}
	if len(markets) == 0 {
		filter.Markets = f.app.opts.Calendar.markets()
	}
	name := "Marketing calendar"
	if language == "ko" {
		name = "마케팅 달력"
	}
	slices.Sort(markets)
	f.serve(w, r, "page/"+language+"/"+strings.Join(markets, ","), name, language, filter)
}

// serve writes a feed; a program that has it already is told so.
func (f *feeds) serve(w http.ResponseWriter, r *http.Request, key, name, language string, filter calendar.Filter) {
	today := dateOf(f.app.now())
	list := f.app.calendar().List(today.AddDate(0, 0, -feedBefore), today.AddDate(0, 0, feedAfter), filter)
	var body bytes.Buffer
	if err := exchange.WriteICS(&body, exchange.Feed{Name: name, Language: language, Editions: list}); err != nil {
		f.app.opts.Logger.ErrorContext(r.Context(), "the calendar's feed was not written", "feed", key, "error", err)
		http.Error(w, "the calendar cannot be written", http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(body.Bytes())
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="bapsang.ics"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, no-cache") // kept, and asked about
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", f.changedAt(key, tag), bytes.NewReader(body.Bytes()))
}

// maxSeen bounds what is remembered of feeds: there are not so many markets.
const maxSeen = 1000

// changedAt is when a feed was first seen to be as it is.
func (f *feeds) changedAt(key, tag string) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.seen[key]; s.tag == tag {
		return s.at
	}
	if len(f.seen) >= maxSeen {
		clear(f.seen)
	}
	s := seenFeed{tag, f.app.opts.Now().UTC().Truncate(time.Second)}
	f.seen[key] = s
	return s.at
}

// dateOf is the date of an instant, at midnight UTC.
func dateOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// calendarURL is where the calendar can be looked at by those who read what is sent: only
// this machine sees the page, so it is none where people read on other platforms.
func (a *App) calendarURL() string {
	if a.opts.PublicURL != "" && a.opts.Page {
		return a.opts.PublicURL + "/calendar"
	}
	if !a.hasPage() || len(a.platforms) > 0 {
		return ""
	}
	return "http://" + a.Addr() + "/calendar"
}

// hasPage reports whether the page is served.
func (a *App) hasPage() bool {
	host, _, err := net.SplitHostPort(a.opts.Listen)
	return err == nil && a.opts.Page && loopback(host)
}
