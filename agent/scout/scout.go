// Package scout looks for the dates of announced events: it searches, reads the pages
// found and suggests what they say. It is the only place where a search becomes a
// suggestion, and it confirms nothing: the book gives it no right to.
//
// A query is made of an event's public name, its year and its market, and of nothing
// else. What pages say is data; none of it is followed, and only dates with their quotes
// leave this package.
package scout

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/connectors"
)

// Book is where suggestions go, a *book.Book.
type Book interface {
	// Suggest takes dates as the system's suggestion.
	Suggest(ctx context.Context, who string, p book.Proposal, sources ...book.Source) (book.Outcome, error)
	// Calendar is what is confirmed now.
	Calendar(ctx context.Context) (*calendar.Calendar, error)
	// Checked notes that an edition was looked up.
	Checked(ctx context.Context, who string, e calendar.Edition) error
}

// Engine is a service that searches the public web, behind its guard.
type Engine struct {
	Name     string
	Searcher connectors.Searcher
}

// Feed is a calendar or news that an operator named as official.
type Feed struct {
	Name string // shown as the source's title
	URL  string // shown where an entry has none
	Feed connectors.Feed
	// Events are the events that it speaks for; empty means all that it names.
	Events []string
}

// Options says what a scout asks and how much.
type Options struct {
	Engines []Engine
	Pages   connectors.Pages
	Feeds   []Feed
	Book    Book

	// Public says whether an event's name may be told to a search engine. Nil allows the
	// events of the built-in rules: what a company wrote into its own calendar may be a
	// launch that nobody knows of.
	Public func(event string) bool
	// Organisers gives the registrable domains of an event's organiser, which are read
	// first. Nil knows none.
	Organisers func(event string) []string

	// Searches and PageReads bound one Run; 0 means 20 and 40. PagesEach bounds the pages
	// of one event; 0 means 5.
	Searches, PageReads, PagesEach int
	// Zone is where "today" is; nil means UTC.
	Zone *time.Location
	// Now is the clock; nil means time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

// Scout looks for dates. It may be used by one goroutine at a time for each Run;
// several Runs share nothing but the engines.
type Scout struct{ opts Options }

// New returns a scout.
func New(opts Options) *Scout {
	if opts.Public == nil {
		opts.Public = func(event string) bool {
			_, ok := calendar.Default().Event(event)
			return ok
		}
	}
	if opts.Organisers == nil {
		opts.Organisers = func(string) []string { return nil }
	}
	for _, limit := range []struct {
		value *int
		usual int
	}{{&opts.Searches, 20}, {&opts.PageReads, 40}, {&opts.PagesEach, 5}} {
		if *limit.value <= 0 {
			*limit.value = limit.usual
		}
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Scout{opts}
}

// Target is an edition whose dates are wanted.
type Target struct {
	Event  string
	Year   int
	Label  string // the year where empty
	Market string // the event's own where empty
}

// again is how long a missing edition is not looked for after everybody answered that
// there is nothing: one look a day.
const again = 20 * time.Hour

// Targets are the editions of a book's tasks that are to be looked for at now.
func Targets(tasks []book.Task, now time.Time) []Target {
	var all []Target
	for _, t := range tasks {
		if t.Missing != nil && now.Sub(t.Last) < again {
			continue
		}
		e := t.Edition
		all = append(all, Target{Event: e.Event, Year: e.Year, Label: e.Label, Market: e.Market})
	}
	return all
}

// run is one Run's budget and what it has learnt of the engines.
type run struct {
	*Scout
	calendar *calendar.Calendar
	searches int // left
	reads    int
	// gone are engines that are not asked again: their quota is used up.
	gone map[string]string
	// quiet are the parts of engines that did not answer once. The next answer of such
	// an engine may leave them out without a word.
	quiet map[string][]string
	feeds map[string]feedRead
}

type feedRead struct {
	entries []connectors.Entry
	err     error
}

// Run looks for each target in turn and returns a finding for each, also for those it
// did not come to. An error is the book's, or that of ctx; the findings so far come with
// it.
func (s *Scout) Run(ctx context.Context, targets []Target) ([]Finding, error) {
	c, err := s.opts.Book.Calendar(ctx)
	if err != nil {
		return nil, fmt.Errorf("scout: %w", err)
	}
	r := &run{Scout: s, calendar: c, searches: s.opts.Searches, reads: s.opts.PageReads, gone: map[string]string{}, quiet: map[string][]string{},
		feeds: map[string]feedRead{}}
	var findings []Finding
	for _, t := range targets {
		f, err := r.target(ctx, t)
		findings = append(findings, f)
		if err != nil {
			return findings, fmt.Errorf("scout %s %d: %w", t.Event, t.Year, err)
		}
	}
	return findings, nil
}

// caller is on whose behalf engines are asked: nobody's.
var caller = connectors.Caller{Principal: book.System}

func (r *run) target(ctx context.Context, t Target) (Finding, error) {
	f := Finding{Target: t}
	event, ok := r.calendar.Event(t.Event)
	if !ok {
		return f, calendar.ErrEvent
	}
	if t.Market == "" {
		t.Market = event.Market
	}
	if t.Label == "" {
		t.Label = fmt.Sprint(t.Year)
	}
	f.Target, f.Name = t, event.Name
	if now, ok := r.calendar.EditionIn(t.Market, t.Event, t.Year); ok && now.Market == t.Market && now.Label == t.Label {
		f.Now = &now
	}
	h := &hunt{run: r, target: t, event: event, finding: &f, seen: map[string]bool{}}
	if err := h.feeds(ctx); err != nil {
		return f, err
	}
	if !r.opts.Public(t.Event) {
		f.Private = true
		return f, h.done(ctx)
	}
	for _, e := range r.opts.Engines {
		if err := h.ask(ctx, e); err != nil {
			return f, err
		}
	}
	if err := h.read(ctx); err != nil {
		return f, err
	}
	return f, h.done(ctx)
}

// hunt is the search for one target.
type hunt struct {
	*run
	target  Target
	event   calendar.Event
	finding *Finding
	hits    []connectors.Hit
	seen    map[string]bool // addresses
}

// query is the event's name, the year and the market: nothing that is not public.
func (h *hunt) query() connectors.SearchQuery {
	q := connectors.SearchQuery{Max: 10}
	if h.target.Market == calendar.Home || h.event.Name.En == "" {
		q.Text, q.Language = fmt.Sprintf("%s %d 일정", h.event.Name.Ko, h.target.Year), "ko"
	} else {
		q.Text, q.Language = fmt.Sprintf("%s %d dates", h.event.Name.En, h.target.Year), "en"
	}
	if h.target.Market != calendar.World {
		q.Market = h.target.Market
	}
	return q
}

func (h *hunt) ask(ctx context.Context, e Engine) error {
	if why, gone := h.gone[e.Name]; gone {
		h.finding.silent(e.Name + ": " + why)
		return nil
	}
	if h.searches == 0 {
		h.finding.Cut = true
		return nil
	}
	h.searches--
	h.finding.Searches++
	found, err := e.Searcher.Search(ctx, caller, h.query())
	if err != nil {
		return h.refused(ctx, e, err)
	}
	h.quiet[e.Name] = union(h.quiet[e.Name], found.Silent)
	for _, part := range h.quiet[e.Name] {
		h.finding.silent(part)
	}
	for _, hit := range found.Hits {
		h.add(hit)
	}
	return nil
}

// refused notes why an engine gave nothing.
func (h *hunt) refused(ctx context.Context, e Engine, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	code := connectors.CodeOf(err)
	h.opts.Logger.Info("search failed", "engine", e.Name, "code", code, "error", err)
	switch code {
	case connectors.CodeExhausted:
		h.gone[e.Name] = string(code)
	case connectors.CodeDenied:
		// The egress filter knows the name as confidential: that is no failure to be
		// tried again.
		h.finding.Denied = true
		return nil
	}
	h.finding.silent(e.Name + ": " + string(code))
	return nil
}

// add keeps a hit that is a public page not seen yet.
func (h *hunt) add(hit connectors.Hit) {
	key := address(hit.URL)
	if hit.Internal || key == "" || h.seen[key] || extract.Domain(hit.URL) == "" {
		return
	}
	h.seen[key] = true
	h.hits = append(h.hits, hit)
}

// address is a URL without what does not change the page.
func address(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	u.Scheme, u.Fragment, u.Host = "https", "", strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	q := u.Query()
	for k := range q {
		if strings.HasPrefix(k, "utm_") || k == "fbclid" || k == "gclid" {
			q.Del(k)
		}
	}
	u.RawQuery = q.Encode()
	return strings.TrimSuffix(u.String(), "/")
}

// order puts the organiser's pages first and then takes one page of each domain before
// the second of any: sources of one domain are one source.
func (h *hunt) order() []connectors.Hit {
	own := h.opts.Organisers(h.target.Event)
	count := map[string]int{}
	rank := make(map[string]int, len(h.hits))
	for _, hit := range h.hits {
		domain := extract.Domain(hit.URL)
		rank[hit.URL] = count[domain] + 1
		if slices.Contains(own, domain) {
			rank[hit.URL] = 0
		}
		count[domain]++
	}
	ordered := slices.Clone(h.hits)
	slices.SortStableFunc(ordered, func(a, b connectors.Hit) int { return rank[a.URL] - rank[b.URL] })
	return ordered
}

// read fetches the pages of the hits, as far as the budget goes.
func (h *hunt) read(ctx context.Context) error {
	if h.opts.Pages == nil {
		return nil
	}
	for i, hit := range h.order() {
		if i >= h.opts.PagesEach {
			break // enough for a curator to judge by
		}
		if h.reads == 0 {
			h.finding.Cut = true
			break
		}
		h.reads--
		h.finding.Pages++
		page, err := h.opts.Pages.Page(ctx, caller, hit.URL)
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			h.finding.unread(hit.URL, connectors.CodeOf(err))
			continue
		}
		if err := h.page(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

// page suggests what a page says.
func (h *hunt) page(ctx context.Context, p *connectors.Page) error {
	if extract.Domain(p.URL) == "" {
		h.finding.unread(p.URL, connectors.CodeDenied) // redirected to what has no domain
		return nil
	}
	body := p.Body
	switch kind, _, _ := mime.ParseMediaType(p.ContentType); kind {
	case "text/html", "application/xhtml+xml", "":
	case "text/plain":
		body = []byte("<pre>" + html.EscapeString(string(body)) + "</pre>")
	default:
		h.finding.unread(p.URL, connectors.CodeBadData)
		return nil
	}
	doc, err := extract.Read(extract.Page{URL: p.URL, Body: body, FetchedAt: p.FetchedAt.In(h.opts.Zone)})
	if err != nil {
		code := connectors.CodeBadData
		if errors.Is(err, extract.ErrTooLarge) {
			code = connectors.CodeTooLarge
		}
		h.finding.unread(p.URL, code)
		return nil
	}
	return h.suggestAll(ctx, doc)
}

// mostEach is how many dates of one page are suggested.
const mostEach = 2

func (h *hunt) suggestAll(ctx context.Context, doc *extract.Document) error {
	names := append([]string{h.event.Name.Ko, h.event.Name.En}, h.event.Aliases...)
	best := doc.Best(extract.Options{Names: names, Market: h.target.Market, Lunar: calendar.KoreanLunar}, h.now(), h.rule)
	best = slices.DeleteFunc(best, func(c extract.Candidate) bool { return !h.belongs(c.Start, c.End) || h.othersDate(c) })
	suggested := 0
	for i, c := range best {
		if suggested == mostEach || i > 0 && weaker(c) && !weaker(best[0]) {
			break
		}
		if alert, ok := has(c.Doubts, extract.DoubtRule); ok {
			h.finding.Alerts = append(h.finding.Alerts, Alert{URL: doc.URL, Says: extract.Dates(c.Start, c.End), Rule: alert.Detail})
			continue
		}
		suggested++
		if err := h.suggest(ctx, h.proposal(c), source(doc, c)); err != nil {
			return err
		}
	}
	return nil
}

// weaker reports whether a candidate stands aside of the event's own dates.
func weaker(c extract.Candidate) bool {
	_, sideline := has(c.Doubts, extract.DoubtSideline)
	return sideline || c.Outside
}

func has(doubts []extract.Doubt, code extract.DoubtCode) (extract.Doubt, bool) {
	i := slices.IndexFunc(doubts, func(d extract.Doubt) bool { return d.Code == code })
	if i < 0 {
		return extract.Doubt{}, false
	}
	return doubts[i], true
}

// othersDate reports whether the sentence names another sale or announced event rather than
// this one, of which only the heading speaks.
func (h *hunt) othersDate(c extract.Candidate) bool {
	others := false
	for i := range c.Sentence {
		m, ok := h.calendar.Prefix(c.Sentence[i:])
		if !ok || m.Weak {
			continue
		}
		if m.Event == h.target.Event {
			return false
		}
		e, _ := h.calendar.Event(m.Event)
		others = others || e.Announced || e.Class == calendar.Shopping
	}
	return others
}

// rule is what the calendar computes for the target's event in a year; zero for
// announced ones.
func (h *hunt) rule(year int) extract.Rule {
	if h.event.Announced {
		return extract.Rule{}
	}
	e, ok := h.calendar.EditionIn(h.target.Market, h.target.Event, year)
	if !ok {
		return extract.Rule{}
	}
	return extract.Rule{Start: e.Start, End: e.End}
}

// aside is how far from the days on which it is expected an edition may be.
const aside = 75

// belongs reports whether dates can be the target's edition: near its dates of now, or
// within the stretch in which it is expected, or else in its year.
func (h *hunt) belongs(start, end time.Time) bool {
	near := func(from, to time.Time) bool {
		return !end.Before(from.AddDate(0, 0, -aside)) && !start.After(to.AddDate(0, 0, aside))
	}
	if now := h.finding.Now; now != nil && near(now.Start, now.End) {
		return true
	}
	for _, x := range h.calendar.Unconfirmed(yearStart(h.target.Year-1), yearStart(h.target.Year+2)) {
		if x.Event == h.target.Event && x.Year == h.target.Year {
			return near(x.From, x.To)
		}
	}
	return start.Year() == h.target.Year || end.Year() == h.target.Year
}

func yearStart(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }

func source(doc *extract.Document, c extract.Candidate) book.Source {
	s := book.Source{Origin: book.FromText, URL: doc.URL, Title: doc.Title, Quote: c.Quote, Sentence: c.Sentence, RetrievedAt: doc.FetchedAt.UTC(),
		Doubts: c.Doubts, Checked: c.Confidence == extract.High || c.Confidence == extract.Low && c.Year == extract.YearWritten}
	if c.Declared {
		s.Origin = book.FromData
	}
	if s.Title == "" {
		s.Title = c.Title
	}
	return s
}

// proposal is what a candidate says of the target.
func (h *hunt) proposal(c extract.Candidate) book.Proposal {
	p := h.edition(c.Start, c.End, statusOf(c.Status))
	p.Place = shown(c.Place)
	if !c.Previous.IsZero() && !c.Previous.Equal(c.Start) {
		p.Was = &book.Span{Start: c.Previous, End: c.Previous.Add(c.End.Sub(c.Start))}
	}
	return p
}

func (h *hunt) edition(start, end time.Time, status calendar.Status) book.Proposal {
	return book.Proposal{Event: h.target.Event, Year: h.target.Year, Label: h.target.Label, Market: h.target.Market, Start: start, End: end, Status: status}
}

func (h *hunt) suggest(ctx context.Context, p book.Proposal, s book.Source) error {
	s.Title = shown(s.Title)
	out, err := h.opts.Book.Suggest(ctx, book.System, p, s)
	if book.CodeOf(err) == book.CodeInvalid {
		h.finding.unread(s.URL, connectors.CodeBadData) // such as dates of another decade
		return nil
	}
	if err != nil {
		return err
	}
	h.finding.found(out, p, s)
	return nil
}

func statusOf(s extract.Status) calendar.Status {
	switch s {
	case extract.Cancelled:
		return calendar.Cancelled
	case extract.Postponed:
		return calendar.Postponed
	}
	return calendar.Confirmed
}

// shown cuts a page's title to what the book keeps.
func shown(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 90 {
		return string(r[:90]) + "…"
	}
	return s
}

func (h *hunt) now() time.Time { return h.opts.Now().In(h.opts.Zone) }

// done notes that a missing edition was looked for, when everybody answered: what was
// not found today is looked for again, but not at once.
func (h *hunt) done(ctx context.Context) error {
	if h.finding.Now != nil || !h.finding.Complete() {
		return nil
	}
	return h.opts.Book.Checked(ctx, book.System, calendar.Edition{Event: h.target.Event, Market: h.target.Market, Label: h.target.Label, Year: h.target.Year})
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
