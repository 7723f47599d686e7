// Package calendar knows when events take place: public holidays and marketing days,
// by rule where there is a rule, by table where there is none.
//
// The rules are the YAML files in the folder events. Lunar dates and solar terms are
// computed (Meeus), at Korea's and China's own meridians. Announced events have the
// editions in their table and no others. What people curate is laid over the rules
// with [Calendar.With].
package calendar

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// FirstYear and LastYear bound what the calendar knows. Lunar dates are checked
// within, and public holidays of Korea before 2014 lack the elections.
const (
	FirstYear = 2000
	LastYear  = 2050
)

// Errors that callers tell apart.
var (
	// ErrYear is returned for years outside FirstYear…LastYear, or outside the years of
	// a market's tables.
	ErrYear = errors.New("year outside the calendar")
	// ErrMarket is returned for markets whose public holidays are not known.
	ErrMarket = errors.New("public holidays of this market are not known")
	// ErrEvent is returned for an edition of an event that nobody has described.
	ErrEvent = errors.New("no such event")
	// ErrName is returned for an event whose name means another one already.
	ErrName = errors.New("another event has this name")
)

// World is the market of events that are the same in many countries.
const World = "world"

// Home is the market whose names come first, and which [Calendar.Between] is about.
const Home = "KR"

// Edition is one year's occurrence of an event. Start and End are dates at midnight
// UTC, End inclusive.
type Edition struct {
	Event string // id, such as "kr.chuseok"
	Year  int    // which edition; not always the year of Start
	// Label is what the edition is called: the year, unless there are several of them in
	// one. An event, a market and a label say which edition it is.
	Label      string
	Start, End time.Time
	Name       Names
	Market     string // "KR", "US", … or "world": where these dates hold
	Class      Class
	Status     Status
	Minor      bool // one of the many days that few plan for
	Solemn     bool // people mourn or remember: promotions offend
	Windows    Windows
	Source     string // the law, custom or announcement it follows

	// What a curated edition was taken from, and who said that it is right. All empty
	// for editions by rule.
	URL         string
	Quote       string // verbatim, from the page at URL
	RetrievedAt time.Time
	ConfirmedBy string
	ConfirmedAt time.Time

	// PreviousStart and PreviousEnd are the dates it had before it was moved, zero where
	// it was not.
	PreviousStart, PreviousEnd time.Time
}

// Moved reports whether the edition once had other dates.
func (e Edition) Moved() bool { return !e.PreviousStart.IsZero() }

// TakesPlace reports whether something happens on the edition's dates: it is not
// cancelled, and not put off to a day nobody knows.
func (e Edition) TakesPlace() bool {
	return e.Status != Cancelled && (e.Status != Postponed || e.Moved())
}

// Days is how many days the edition has.
func (e Edition) Days() int { return int(e.End.Sub(e.Start)/(24*time.Hour)) + 1 }

// Windows are the days before and after an edition that its figures are about: people
// buy for 추석 from three weeks before.
type Windows struct {
	Lead int `yaml:"lead"`
	Tail int `yaml:"tail"`
}

// Names is a name in the languages people ask in.
type Names struct {
	Ko string `yaml:"ko"`
	En string `yaml:"en"`
}

// In returns the name in language, "ko" or "en".
func (n Names) In(language string) string {
	if language == "ko" {
		return n.Ko
	}
	return n.En
}

// Class is what sort of event it is.
type Class string

// The classes.
const (
	PublicHoliday Class = "public_holiday" // with substitute and one-off holidays
	Shopping      Class = "shopping"
	Observance    Class = "observance"
	Season        Class = "season"
	Announced     Class = "announced" // dates are set each time by whoever holds it
	Caution       Class = "caution"   // people mourn or remember: promotions offend
)

// Status is how sure an edition's dates are.
type Status string

// The statuses.
const (
	Confirmed Status = "confirmed"
	Estimated Status = "estimated" // by rule, not yet published officially
	Tentative Status = "tentative" // named by its organiser, not yet fixed
	// Postponed editions have their new dates where PreviousStart is set, and else the
	// dates on which they do not take place.
	Postponed Status = "postponed"
	Cancelled Status = "cancelled"
)

// Calendar finds events by name and their editions by year. It does not change once
// made and may be used by several goroutines.
type Calendar struct {
	rules  *rules
	events []Event
	byID   map[string]int // position in events
	names  *node
	// ruled is what the rules say of each year, the same for all snapshots.
	ruled [LastYear - FirstYear + 1]func() []Edition
	// years are worked out when they are first asked for; snapshots share those that
	// they have alike.
	years [LastYear - FirstYear + 1]func() *year
	// extra are the curated editions, by the year they belong to.
	extra   map[int][]Edition
	version string
}

// Version is the same for calendars that say the same because they were made of the same
// rules and rows, in any process, and another for others.
func (c *Calendar) Version() string { return c.version }

// versionOf is the version of what is made of a version and of what is laid over it.
func versionOf(before string, over any) (string, error) {
	h := sha256.New()
	h.Write([]byte(before + "\x00"))
	if err := json.NewEncoder(h).Encode(over); err != nil {
		return "", fmt.Errorf("version of the calendar: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// year is what takes place in the editions of one year.
type year struct {
	editions []Edition      // by Start, then event
	first    map[string]int // of each event, in its own market: position in editions
	holidays map[marketDay][]Holiday
}

type marketDay struct {
	market string
	day    time.Time
}

// Default returns the calendar of the embedded rules. All calls return the same one.
func Default() *Calendar { return shared() }

var shared = sync.OnceValue(func() *Calendar {
	c, err := New()
	if err != nil {
		// The rules are part of the program, so this is a mistake in it.
		panic(fmt.Sprintf("calendar: %v", err))
	}
	return c
})

// year is that of number, which is in range.
func (c *Calendar) year(number int) *year { return c.years[number-FirstYear]() }

// Find returns the id of the event called name, in Korean or English, by its name or
// an alias. Case, spaces, hyphens, dots and apostrophes make no difference.
func (c *Calendar) Find(name string) (id string, ok bool) {
	m, ok := c.Prefix(name)
	if !ok || m.Len != len(trimRight(name)) {
		return "", false
	}
	return m.Event, true
}

// Edition returns the edition of an event in a year and in the event's own market, and
// false where it has none or the year is outside FirstYear…LastYear. Where a year has
// several it is the first of those that take place, else the first. Substitute
// holidays are editions of "<event>.substitute".
func (c *Calendar) Edition(id string, year int) (Edition, bool) {
	if inRange(year) != nil {
		return Edition{}, false
	}
	y := c.year(year)
	i, ok := y.first[id]
	if !ok {
		return Edition{}, false
	}
	return y.editions[i], true
}

// EditionIn is Edition for a market with dates of its own, and the same as Edition for
// the others.
func (c *Calendar) EditionIn(market, id string, year int) (Edition, bool) {
	if inRange(year) == nil {
		for _, e := range c.year(year).editions {
			if e.Event == id && e.Market == market {
				return e, true
			}
		}
	}
	return c.Edition(id, year)
}

// Filter says which editions a list is about; the zero value means all of them.
type Filter struct {
	Markets []string // of one of these markets, or of concern to it
	Classes []Class
	Events  []string
	// Major leaves out the many days that few plan for.
	Major bool
}

// Between returns the editions that overlap the dates from…to, both inclusive, by
// start: those of concern to the home market, without the minor ones and without
// those that do not take place. Dates outside FirstYear…LastYear have none.
func (c *Calendar) Between(from, to time.Time) []Edition {
	found := c.List(from, to, Filter{Markets: []string{Home}, Major: true})
	return slices.DeleteFunc(found, func(e Edition) bool { return !e.TakesPlace() })
}

// List returns the editions that overlap the dates from…to, both inclusive, by start,
// then event. Cancelled ones are among them. Dates outside FirstYear…LastYear have
// none.
func (c *Calendar) List(from, to time.Time, f Filter) []Edition {
	from, to = date(from), date(to)
	var found []Edition
	first, last := max(from.Year()-maxShift, FirstYear), min(to.Year()+maxShift, LastYear)
	for y := first; y <= last; y++ {
		for _, e := range c.year(y).editions {
			if !e.Start.After(to) && !e.End.Before(from) && c.passes(f, &e) {
				found = append(found, e)
			}
		}
	}
	slices.SortFunc(found, compareEditions)
	return found
}

// maxShift is how many years an edition may start from the year it belongs to: the
// Olympic Games of 2020 took place in 2021.
const maxShift = 2

func compareEditions(a, b Edition) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Market, b.Market), cmp.Compare(a.Label, b.Label))
}

func (c *Calendar) passes(f Filter, e *Edition) bool {
	return !(f.Major && e.Minor) &&
		(len(f.Classes) == 0 || slices.Contains(f.Classes, e.Class)) &&
		(len(f.Events) == 0 || slices.Contains(f.Events, e.Event)) &&
		(len(f.Markets) == 0 || slices.ContainsFunc(f.Markets, func(m string) bool { return c.concerns(m, e) }))
}

// concerns reports whether an edition matters in a market: it is the market's own, or
// the event's own and of concern there, where the market has no dates of its own.
func (c *Calendar) concerns(market string, e *Edition) bool {
	if e.Market == market {
		return true
	}
	i, ok := c.byID[e.Event]
	if !ok || e.Market != c.events[i].Market || !c.events[i].concerns(market) {
		return false
	}
	for _, other := range c.year(e.Year).editions {
		if other.Event == e.Event && other.Market == market && other.Label == e.Label {
			return false
		}
	}
	return true
}

// date is t's wall-clock date at midnight UTC.
func date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func inRange(year int) error {
	if year < FirstYear || year > LastYear {
		return fmt.Errorf("%d: %w (%d–%d)", year, ErrYear, FirstYear, LastYear)
	}
	return nil
}
