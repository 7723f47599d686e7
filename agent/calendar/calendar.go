// Package calendar knows when events take place: public holidays and marketing days,
// by rule where there is a rule, by table where there is none.
//
// The rules are the YAML files in the folder events. Lunar dates and solar terms are
// computed (Meeus), at Korea's and China's own meridians. Announced events have the
// editions in their table and no others.
package calendar

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"
)

// FirstYear and LastYear bound what the calendar knows. Lunar dates are checked
// within, and public holidays before 2014 lack the elections.
const (
	FirstYear = 2000
	LastYear  = 2050
)

// ErrYear is returned for years outside FirstYear…LastYear.
var ErrYear = errors.New("year outside the calendar")

// ErrMarket is returned for markets whose public holidays are not known.
var ErrMarket = errors.New("public holidays of this market are not known")

// Edition is one year's occurrence of an event. Start and End are dates at midnight
// UTC, End inclusive.
type Edition struct {
	Event      string // id, such as "kr.chuseok"
	Year       int    // which edition; not always the year of Start
	Start, End time.Time
	Name       Names
	Market     string // "KR", "US", "CN" or "world"
	Class      Class
	Status     Status
	Source     string // the law, custom or announcement it follows
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
)

// Status is how sure an edition's dates are.
type Status string

// The statuses.
const (
	Confirmed Status = "confirmed"
	Estimated Status = "estimated" // by rule, not yet published officially
)

// Calendar finds events by name and their editions by year. It does not change once
// made and may be used by several goroutines.
type Calendar struct {
	names    *node
	editions map[key]Edition
	ordered  []Edition // by Start, then event
	holidays map[time.Time][]Holiday
}

type key struct {
	event string
	year  int
}

// Default returns the calendar of the embedded rules. All calls return the same one.
func Default() *Calendar { return shared() }

var shared = sync.OnceValue(func() *Calendar {
	r, err := readRules()
	if err != nil {
		// The rules are part of the program, so this is a mistake in it.
		panic(fmt.Sprintf("calendar: %v", err))
	}
	return build(r)
})

// Find returns the id of the event called name, in Korean or English, by its name or
// an alias. Case, spaces, hyphens, dots and apostrophes make no difference.
func (c *Calendar) Find(name string) (id string, ok bool) {
	m, ok := c.Prefix(name)
	if !ok || m.Len != len(trimRight(name)) {
		return "", false
	}
	return m.Event, true
}

// Edition returns the edition of an event in a year, and false where it has none or
// the year is outside FirstYear…LastYear. Substitute holidays are editions of
// "<event>.substitute".
func (c *Calendar) Edition(id string, year int) (Edition, bool) {
	e, ok := c.editions[key{id, year}]
	return e, ok
}

// Between returns the editions that overlap the dates from…to, both inclusive, by
// start. Dates outside FirstYear…LastYear have none.
func (c *Calendar) Between(from, to time.Time) []Edition {
	from, to = date(from), date(to)
	end := sort.Search(len(c.ordered), func(i int) bool { return c.ordered[i].Start.After(to) })
	var found []Edition
	for _, e := range c.ordered[:end] {
		if !e.End.Before(from) {
			found = append(found, e)
		}
	}
	return found
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
