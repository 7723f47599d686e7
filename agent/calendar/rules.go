package calendar

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/hablullah/go-hijri"
)

// rules is what the YAML files say together.
type rules struct {
	Markets []market `yaml:"markets"`
	Events  []event  `yaml:"events"`

	worked map[marketDay]bool // of all markets
}

// market is a country whose public holidays are known.
type market struct {
	ID   string `yaml:"id"`
	Name Names  `yaml:"name"`
	// Since and Until are the years that the rules and the tables are complete for.
	Since int `yaml:"since"`
	Until int `yaml:"until"`
	// OfficialUntil is the last year whose public holidays have been published.
	OfficialUntil int `yaml:"official_until"`
	// Worked are days at weekends on which people work in exchange for days off.
	Worked []string `yaml:"worked"`

	place
}

// event is one row; events/kr.yaml explains the fields.
type event struct {
	ID         string        `yaml:"id"`
	Name       Names         `yaml:"name"`
	Aliases    []string      `yaml:"aliases"`
	Weak       []string      `yaml:"weak"`
	Market     string        `yaml:"market"`
	Markets    []string      `yaml:"markets"`
	Class      Class         `yaml:"class"`
	Minor      bool          `yaml:"minor"`
	Solemn     bool          `yaml:"solemn"`
	When       when          `yaml:"when"`
	Before     int           `yaml:"before"`
	After      int           `yaml:"after"`
	Since      int           `yaml:"since"`
	Until      int           `yaml:"until"`
	Except     []announced   `yaml:"except"`
	Off        []years       `yaml:"off"`
	Substitute substitute    `yaml:"substitute"`
	Windows    Windows       `yaml:"windows"`
	Prepare    []Preparation `yaml:"prepare"`
	Expect     *Expect       `yaml:"expect"`
	Source     string        `yaml:"source"`
	// Replace is set in a company's file on an event that takes the place of ours.
	Replace bool `yaml:"replace"`

	place
}

// public is the event as others see it.
func (e *event) public() Event {
	class := e.Class
	if class == "" {
		class = Observance
		if e.Off[len(e.Off)-1].Until == 0 {
			class = PublicHoliday
		}
	}
	return Event{ID: e.ID, Name: e.Name, Aliases: e.Aliases, Weak: e.Weak, Market: e.Market, Markets: e.Markets, Class: class,
		Minor: e.Minor, Solemn: e.Solemn || e.Class == Caution, Windows: e.Windows, Prepare: e.Prepare, Announced: e.When.Editions != nil, Expect: e.Expect, Source: e.Source}
}

// classIn is the event's class in a year: outside its years off it is an observance.
func (e *event) classIn(year int) Class {
	switch {
	case e.isOff(year):
		return PublicHoliday
	case e.Class == "":
		return Observance
	}
	return e.Class
}

type when struct {
	Date      string      `yaml:"date"`
	From      string      `yaml:"from"`
	To        string      `yaml:"to"`
	Nth       *nthWeekday `yaml:"nth"`
	Lunar     *lunarDate  `yaml:"lunar"`
	Offset    int         `yaml:"offset"` // days after what the rule says
	Easter    *int        `yaml:"easter"`
	Hijri     *hijriDate  `yaml:"hijri"`
	Longitude *float64    `yaml:"longitude"`
	Meridian  string      `yaml:"meridian"`
	Geng      *gengDay    `yaml:"geng"`
	Between   bool        `yaml:"between"`
	Editions  []announced `yaml:"editions"`
}

type nthWeekday struct {
	Month   int    `yaml:"month"`
	Weekday string `yaml:"weekday"`
	N       int    `yaml:"n"`
}

type lunarDate struct {
	Calendar string `yaml:"calendar"`
	Month    int    `yaml:"month"`
	Day      int    `yaml:"day"`
}

type gengDay struct {
	Longitude float64 `yaml:"longitude"`
	N         int     `yaml:"n"`
}

type announced struct {
	Year   int       `yaml:"year"`
	Label  string    `yaml:"label"`
	Start  string    `yaml:"start"`
	End    string    `yaml:"end"`
	Status Status    `yaml:"status"`
	Before *dateSpan `yaml:"moved_from"`
	Source string    `yaml:"source"`
}

type dateSpan struct {
	Start string `yaml:"start"`
	End   string `yaml:"end"`
}

type hijriDate struct {
	Month int `yaml:"month"`
	Day   int `yaml:"day"`
}

// years is a run of years, open where 0.
type years struct {
	Since int `yaml:"since"`
	Until int `yaml:"until"`
}

type substitute struct {
	On     string `yaml:"on"` // "sunday", "weekend", "nearest" or ""
	Since  int    `yaml:"since"`
	Source string `yaml:"source"`
}

// weekday returns the day called name, -1 when there is none.
func weekday(name string) time.Weekday {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d
		}
	}
	return -1
}

// occurrence is an edition as its rule or its table has it.
type occurrence struct {
	start, end                 time.Time
	label                      string
	status                     Status
	source                     string
	previousStart, previousEnd time.Time
}

// in returns the event's occurrences of the editions of year.
func (e *event) in(year int) []occurrence {
	w := e.When
	if year < e.Since || e.Until > 0 && year > e.Until {
		return nil
	}
	if instead := ofYear(e.Except, year); instead != nil {
		return instead
	}
	var start time.Time
	switch {
	case w.Date != "":
		start = monthDay(year, w.Date)
	case w.From != "":
		return []occurrence{{start: monthDay(year, w.From), end: monthDay(year, w.To)}}
	case w.Nth != nil:
		start = w.Nth.in(year)
	case w.Lunar != nil:
		start = w.Lunar.in(year)
	case w.Longitude != nil:
		start = lunisolarOf(w.Meridian).solarDay(year, *w.Longitude)
	case w.Easter != nil:
		start = easter(year).AddDate(0, 0, *w.Easter)
	case w.Hijri != nil:
		return w.Hijri.in(year, e.Before, e.After)
	case w.Between:
		return nil // known only when all others are: see addBridges
	case w.Geng != nil:
		start = koreanCalendar.gengDay(year, w.Geng.Longitude, w.Geng.N)
	default:
		return ofYear(w.Editions, year)
	}
	start = start.AddDate(0, 0, w.Offset)
	return []occurrence{{start: start.AddDate(0, 0, -e.Before), end: start.AddDate(0, 0, e.After)}}
}

func (n nthWeekday) in(year int) time.Time {
	first := time.Date(year, time.Month(n.Month), 1, 0, 0, 0, 0, time.UTC)
	if n.N < 0 {
		last := first.AddDate(0, 1, -1)
		back := (int(last.Weekday()) - int(weekday(n.Weekday)) + 7) % 7
		return last.AddDate(0, 0, -back+7*(n.N+1))
	}
	ahead := (int(weekday(n.Weekday)) - int(first.Weekday()) + 7) % 7
	return first.AddDate(0, 0, ahead+7*(n.N-1))
}

func (l lunarDate) in(year int) time.Time {
	return lunisolarOf(l.Calendar).date(year, l.Month, l.Day)
}

// lunisolarOf is the calendar of a meridian, "cn" or "kr".
func lunisolarOf(meridian string) lunisolar {
	if meridian == "cn" {
		return chineseCalendar
	}
	return koreanCalendar
}

// easter is Easter Sunday of the Gregorian calendar: the method of an anonymous
// correspondent of Nature (1876), as in Meeus, Astronomical Algorithms, chapter 8.
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e, f := b/4, b%4, (b+8)/25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

// in returns the days in a year that are a date of the Umm al-Qura calendar: none, one
// or two, as its years have 354 or 355 days. They are estimates: countries go by the
// moon that they see.
func (h hijriDate) in(year, before, after int) []occurrence {
	var found []occurrence
	first := int64((year-622)*33/32) - 1
	for y := first; y <= first+3; y++ {
		start := hijri.UmmAlQuraDate{Year: y, Month: int64(h.Month), Day: int64(h.Day)}.ToGregorian()
		if start.Year() == year {
			o := occurrence{start: start.AddDate(0, 0, -before), end: start.AddDate(0, 0, after), status: Estimated}
			if len(found) > 0 {
				o.label = fmt.Sprintf("%d-%d", year, len(found)+1)
			}
			found = append(found, o)
		}
	}
	return found
}

// ofYear are a table's rows of a year.
func ofYear(table []announced, year int) []occurrence {
	var found []occurrence
	for _, a := range table {
		if a.Year != year {
			continue
		}
		o := occurrence{start: parsed(a.Start), end: parsed(cmp.Or(a.End, a.Start)), label: a.Label, status: a.Status, source: a.Source}
		if a.Before != nil {
			o.previousStart, o.previousEnd = parsed(a.Before.Start), parsed(a.Before.End)
		}
		found = append(found, o)
	}
	return found
}

// parsed is a date that check has seen.
func parsed(text string) time.Time {
	t, _ := time.Parse(time.DateOnly, text)
	return t
}

func parseMonthDay(text string) (time.Time, error) { return time.Parse("01-02", text) }

func monthDay(year int, text string) time.Time {
	t, _ := parseMonthDay(text)
	return time.Date(year, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// isOff reports whether the event is a public holiday in year.
func (e *event) isOff(year int) bool {
	for _, y := range e.Off {
		if year >= y.Since && (y.Until == 0 || year <= y.Until) {
			return true
		}
	}
	return false
}

// market is the country with an id, nil where its public holidays are not known.
func (r *rules) market(id string) *market {
	for i := range r.Markets {
		if r.Markets[i].ID == id {
			return &r.Markets[i]
		}
	}
	return nil
}

// status is how sure a public holiday by rule is.
func (r *rules) status(id string, year int) Status {
	if m := r.market(id); m != nil && year <= m.OfficialUntil {
		return Confirmed
	}
	return Estimated
}
