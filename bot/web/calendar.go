package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// Calendar is where the calendar page gets its days from. Entries is required.
type Calendar struct {
	// Entries returns what lies wholly or partly within the days from to until, both
	// included, in any order, named in a language ("ko" or "en"). Only year, month and day
	// of the two count. Where nothing is known about those days, which is not the same as
	// nothing happening on them, it returns an error that wraps ErrNoCalendar.
	Entries func(ctx context.Context, from, until time.Time, language string) ([]CalendarEntry, error)
	// Markets can be filtered by, in this order. The public holidays of the first are those
	// of whoever reads the page.
	Markets []CalendarMarket
	// Feed returns the address of the iCalendar feed of some markets, of all when none is
	// given: a path here, or an address of the web. Nil, or an empty address, offers none.
	Feed func(markets []string, language string) string
}

// ErrNoCalendar says that a calendar knows nothing about the days asked for.
var ErrNoCalendar = errors.New("no calendar of these days")

// CalendarMarket is a market to filter by.
type CalendarMarket struct {
	ID     string // as in CalendarEntry.Market, such as "KR"
	Ko, En string // its name; empty shows the ID
}

// CalendarEntry is an edition of an event.
type CalendarEntry struct {
	ID     string // of the event, such as "kr.chuseok"
	Name   string
	Market string
	// Class is "public_holiday", "shopping", "observance", "season", "announced" or
	// "caution"; another is shown as an observance.
	Class string
	// Start and End are its first and its last day. Only year, month and day count.
	Start, End time.Time
	// Status is "confirmed", "estimated", "tentative", "postponed" or "cancelled"; another
	// counts as estimated.
	Status string
	Was    time.Time // the day on which it was to begin before it was moved; zero when it was not
	// Elsewhere entries are shown when their market is chosen, and not when none is: a day off
	// in another country.
	Elsewhere bool
	Detail    string // what there is to know about it: restricted Markdown, read as one paragraph
	Links     []bot.Link
}

// The calendar page's limits.
const (
	// dayEntries are shown on a day of the grid; the rest is in the list.
	dayEntries = 4
	// longRun is from how many days after its first on an entry stands above the grid and
	// not on it, where nothing else could be seen.
	longRun = 10
)

// calendarView is the calendar page.
type calendarView struct {
	*shell
	First       time.Time // of the month
	Prev, Next  string    // addresses of the months beside it; empty where years end
	Now         string    // address of the current month; empty when this is it
	Filters     []filterView
	Feed        string
	Spans       []dayEntry // what runs for long
	Weeks       [][]dayView
	List        []entryView
	Unknown     bool       // nothing is known about the month
	Legend      []string   // the classes that occur
	Marks       []markView // the statuses that occur
	WeekdayName []string
}

// filterView is a market to filter by.
type filterView struct {
	ID, Name string
	On       bool
}

// dayView is a day of the grid.
type dayView struct {
	Date    time.Time
	Outside bool // of another month
	Today   bool
	Rest    bool // a Sunday or a public holiday
	Caution bool
	Entries []dayEntry // some may be empty: what runs on keeps its height
	Left    int        // entries that have no room
	More    int        // place in the list of the first of them
}

// dayEntry is an entry on a day.
type dayEntry struct {
	*entryView
	Begins, Ends bool // here, or with the week
}

// Empty tells whether nothing stands in its place.
func (d dayEntry) Empty() bool { return d.entryView == nil }

// entryView is an entry as it is shown.
type entryView struct {
	CalendarEntry
	N         int // its place in the list
	ClassName string
	Status    markView
	State     string // the word for the status
	When      string
	Until     string // "D-5", "today"
	MarketTag string
	Links     []layout.Source
	t         *texts
}

// WasWhen is the day on which it was to begin.
func (e *entryView) WasWhen() string {
	if e.Was.IsZero() {
		return ""
	}
	return e.t.ShortDay(e.Was)
}

// showCalendar shows a month.
func (w *Web) showCalendar(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.visitor(rw, r)
	if !ok {
		return
	}
	today := day(w.cfg.Now().In(w.cfg.Location))
	first := monthOf(today)
	if asked := r.URL.Query().Get("month"); asked != "" {
		m, err := time.Parse("2006-01", asked)
		if err != nil {
			w.missing(rw, r, v)
			return
		}
		first = m
	}
	c := w.calendarView(v, first, today, r.URL.Query()["market"])
	entries, err := w.cfg.Calendar.Entries(r.Context(), first, first.AddDate(0, 1, -1), v.Lang)
	switch {
	case errors.Is(err, ErrNoCalendar):
		c.Unknown = true
	case err != nil:
		w.broken(rw, r, v, err)
		return
	}
	c.fill(entries, today)
	w.render(rw, r, http.StatusOK, "calendar", c)
}

// calendarView gathers the page without its entries.
func (w *Web) calendarView(v *viewer, first, today time.Time, markets []string) *calendarView {
	c := &calendarView{shell: w.frame(v, place{}), First: first, WeekdayName: textsFor(v.Lang).weekdays[:]}
	c.Back = "/calendar"
	var on []string
	for _, m := range w.cfg.Calendar.Markets {
		f := filterView{ID: m.ID, Name: cmp.Or(m.En, m.ID), On: slices.Contains(markets, m.ID)}
		if v.Lang == "ko" {
			f.Name = cmp.Or(m.Ko, m.ID)
		}
		if f.On {
			on = append(on, m.ID)
		}
		c.Filters = append(c.Filters, f)
	}
	at := func(month time.Time) string {
		if month.Year() < 1 || month.Year() > 9999 {
			return ""
		}
		return "/calendar?" + url.Values{"month": {month.Format("2006-01")}, "market": on}.Encode()
	}
	c.Prev, c.Next = at(first.AddDate(0, -1, 0)), at(first.AddDate(0, 1, 0))
	if first != monthOf(today) {
		c.Now = "/calendar?" + url.Values{"market": on}.Encode()
	}
	if feed := w.cfg.Calendar.Feed; feed != nil {
		c.Feed = feedAddress(feed(on, v.Lang))
	}
	return c
}

// feedAddress is a path on this page or an address of the web, and empty for any other.
func feedAddress(s string) string {
	if page := layout.SourceOf(bot.Link{URL: s}).URL; page != "" {
		return page
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	return u.String()
}

// fill puts the entries where they are shown.
func (c *calendarView) fill(entries []CalendarEntry, today time.Time) {
	last := c.First.AddDate(0, 1, -1)
	var on []string
	for _, f := range c.Filters {
		if f.On {
			on = append(on, f.ID)
		}
	}
	for _, e := range entries {
		e.Start, e.End = day(e.Start), day(e.End)
		if e.End.Before(e.Start) {
			e.End = e.Start
		}
		if e.End.Before(c.First) || e.Start.After(last) || len(on) > 0 && !slices.Contains(on, e.Market) || len(on) == 0 && e.Elsewhere {
			continue
		}
		c.List = append(c.List, c.entry(e, today))
	}
	slices.SortStableFunc(c.List, func(a, b entryView) int {
		return cmp.Or(a.Start.Compare(b.Start), b.End.Compare(a.End), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	classes, marks := map[string]bool{}, map[bot.Mark]markView{}
	var runs []*entryView
	for i := range c.List {
		e := &c.List[i]
		e.N = i + 1
		classes[e.Class], marks[e.Status.Mark] = true, markView{Mark: e.Status.Mark, Word: e.State}
		if daysBetween(e.Start, e.End) >= longRun {
			c.Spans = append(c.Spans, dayEntry{entryView: e, Begins: true, Ends: true})
		} else {
			runs = append(runs, e)
		}
	}
	for _, class := range knownClasses {
		if classes[class] {
			c.Legend = append(c.Legend, class)
		}
	}
	for _, m := range knownMarks {
		if v, ok := marks[m]; ok {
			c.Marks = append(c.Marks, v)
		}
	}
	c.lay(runs, today)
}

// lay lays out the grid, week by week from Sunday.
func (c *calendarView) lay(runs []*entryView, today time.Time) {
	home := ""
	if len(c.Filters) > 0 {
		home = c.Filters[0].ID
	}
	for sunday := c.First.AddDate(0, 0, -int(c.First.Weekday())); sunday.Before(c.First.AddDate(0, 1, 0)); sunday = sunday.AddDate(0, 0, 7) {
		week := make([]dayView, 7)
		lanes := lanesOf(runs, sunday, c.First)
		for i := range week {
			d := &week[i]
			d.Date = sunday.AddDate(0, 0, i)
			d.Outside, d.Today, d.Rest = d.Date.Month() != c.First.Month(), d.Date.Equal(today), i == 0
			if !d.Outside {
				d.fill(lanes, i, home)
			}
		}
		c.Weeks = append(c.Weeks, week)
	}
}

// lane is a line through a week: what stands on each of its days.
type lane [7]*entryView

// lanesOf puts the entries of a week onto lines, so that what runs for several days
// stays on one.
func lanesOf(runs []*entryView, sunday, first time.Time) []lane {
	var lanes []lane
	for _, e := range runs {
		from := max(daysBetween(sunday, e.Start), daysBetween(sunday, first), 0)
		to := min(daysBetween(sunday, e.End), daysBetween(sunday, first.AddDate(0, 1, -1)), 6)
		if from > to {
			continue
		}
		at := slices.IndexFunc(lanes, func(l lane) bool {
			return !slices.ContainsFunc(l[from:to+1], func(e *entryView) bool { return e != nil })
		})
		if at < 0 {
			at = len(lanes)
			lanes = append(lanes, lane{})
		}
		for i := from; i <= to; i++ {
			lanes[at][i] = e
		}
	}
	return lanes
}

// fill puts onto the day what the lanes have on it.
func (d *dayView) fill(lanes []lane, i int, home string) {
	for n, l := range lanes {
		e := l[i]
		if e == nil {
			if n < dayEntries {
				d.Entries = append(d.Entries, dayEntry{})
			}
			continue
		}
		d.Rest = d.Rest || e.Class == classHoliday && (home == "" || e.Market == home) && e.Status.Mark != bot.MarkCancelled
		d.Caution = d.Caution || e.Class == classCaution
		if n >= dayEntries {
			d.Left++
			if d.More == 0 {
				d.More = e.N
			}
			continue
		}
		d.Entries = append(d.Entries, dayEntry{entryView: e, Begins: i == 0 || l[i-1] != e, Ends: i == 6 || l[i+1] != e})
	}
	for len(d.Entries) > 0 && d.Entries[len(d.Entries)-1].entryView == nil {
		d.Entries = d.Entries[:len(d.Entries)-1]
	}
}

// The classes, in the order in which the legend explains them.
const (
	classHoliday = "public_holiday"
	classCaution = "caution"
)

var knownClasses = [...]string{classHoliday, "shopping", "observance", "season", "announced", classCaution}

// Class is the word for a class.
func (t *texts) Class(class string) string { return t.classes[slices.Index(knownClasses[:], class)] }

// entry makes an entry fit to be shown.
func (c *calendarView) entry(e CalendarEntry, today time.Time) entryView {
	if !slices.Contains(knownClasses[:], e.Class) {
		e.Class = "observance"
	}
	e.Name = cmp.Or(oneLine(e.Name), e.ID)
	v := entryView{CalendarEntry: e, ClassName: c.T.Class(e.Class), MarketTag: e.Market, Links: sourcesOf(e.Links), t: c.T}
	for _, f := range c.Filters {
		if f.ID == e.Market {
			v.MarketTag = f.Name
		}
	}
	mark := bot.MarkUnsure
	switch e.Status {
	case "confirmed":
		mark = bot.MarkSure
	case "postponed":
		mark = bot.MarkChanged
	case "cancelled":
		mark = bot.MarkCancelled
	}
	v.Status, v.State = c.T.mark(mark), c.T.mark(mark).Word
	if mark == bot.MarkChanged {
		v.State = c.T.Postponed
	}
	v.When = c.T.ShortDay(e.Start)
	if !e.End.Equal(e.Start) {
		v.When += "–" + c.T.ShortDay(e.End)
	}
	switch from, to := daysBetween(today, e.Start), daysBetween(today, e.End); {
	case from > 0:
		v.Until = "D-" + strconv.Itoa(from)
	case to > 0 || from < 0 && to == 0:
		v.Until = c.T.Running
	case to == 0:
		v.Until = c.T.Today
	}
	return v
}

// day is the day of a time, as midnight in UTC: days are counted, not hours.
func day(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func monthOf(day time.Time) time.Time { return day.AddDate(0, 0, 1-day.Day()) }

func daysBetween(a, b time.Time) int { return int(b.Sub(a) / (24 * time.Hour)) }
