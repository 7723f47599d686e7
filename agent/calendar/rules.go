package calendar

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed events/*.yaml
var files embed.FS

// rules is what the YAML files say together.
type rules struct {
	OfficialUntil int     `yaml:"official_until"`
	Events        []event `yaml:"events"`
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
	When       when          `yaml:"when"`
	Before     int           `yaml:"before"`
	After      int           `yaml:"after"`
	Since      int           `yaml:"since"`
	Off        []years       `yaml:"off"`
	Substitute substitute    `yaml:"substitute"`
	Windows    Windows       `yaml:"windows"`
	Prepare    []Preparation `yaml:"prepare"`
	Expect     *Expect       `yaml:"expect"`
	Source     string        `yaml:"source"`
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
		Minor: e.Minor, Windows: e.Windows, Prepare: e.Prepare, Announced: e.When.Editions != nil, Expect: e.Expect, Source: e.Source}
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
	Longitude *float64    `yaml:"longitude"`
	Geng      *gengDay    `yaml:"geng"`
	Editions  []announced `yaml:"editions"`
}

type nthWeekday struct {
	Month   int    `yaml:"month"`
	Weekday string `yaml:"weekday"`
	N       int    `yaml:"n"`
	Offset  int    `yaml:"offset"`
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

// years is a run of years, open where 0.
type years struct {
	Since int `yaml:"since"`
	Until int `yaml:"until"`
}

type substitute struct {
	On    string `yaml:"on"` // "sunday", "weekend" or ""
	Since int    `yaml:"since"`
}

func readRules() (*rules, error) {
	all := &rules{}
	names, err := fs.Glob(files, "events/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var r rules
		if err := yaml.UnmarshalWithOptions(text, &r, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all.OfficialUntil = max(all.OfficialUntil, r.OfficialUntil)
		all.Events = append(all.Events, r.Events...)
	}
	return all, all.check()
}

// check refuses rules that would give no or wrong dates silently.
func (r *rules) check() error {
	seen := map[string]bool{}
	for i := range r.Events {
		e := &r.Events[i]
		if e.ID == "" || e.Name.Ko == "" || e.Name.En == "" || e.Market == "" || e.Source == "" {
			return fmt.Errorf("event %q lacks an id, a name, a market or a source", e.ID)
		}
		if seen[e.ID] {
			return fmt.Errorf("event %s is there twice", e.ID)
		}
		seen[e.ID] = true
		if e.Class != "" && !e.Class.known() || e.Class == "" && len(e.Off) == 0 {
			return fmt.Errorf("event %s needs a class or years off", e.ID)
		}
		if err := e.When.check(); err != nil {
			return fmt.Errorf("event %s: %w", e.ID, err)
		}
	}
	return nil
}

func (w when) check() error {
	rules := 0
	for _, has := range []bool{w.Date != "", w.From != "", w.Nth != nil, w.Lunar != nil,
		w.Longitude != nil, w.Geng != nil, w.Editions != nil} {
		if has {
			rules++
		}
	}
	if rules != 1 {
		return fmt.Errorf("%d rules instead of one", rules)
	}
	for _, s := range []string{w.Date, w.From, w.To} {
		if _, err := parseMonthDay(s); s != "" && err != nil {
			return err
		}
	}
	if w.Nth != nil && weekday(w.Nth.Weekday) < 0 {
		return fmt.Errorf("no weekday %q", w.Nth.Weekday)
	}
	if w.Lunar != nil && w.Lunar.Calendar != "kr" && w.Lunar.Calendar != "cn" {
		return fmt.Errorf("no lunar calendar %q", w.Lunar.Calendar)
	}
	for _, a := range w.Editions {
		if err := a.check(); err != nil {
			return fmt.Errorf("edition %d: %w", a.Year, err)
		}
	}
	return nil
}

func (a announced) check() error {
	dates := []string{a.Start, cmp.Or(a.End, a.Start)}
	if a.Before != nil {
		dates = append(dates, a.Before.Start, a.Before.End)
	}
	for i, s := range dates {
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return err
		}
		if i%2 == 1 && s < dates[i-1] {
			return fmt.Errorf("%s is before %s", s, dates[i-1])
		}
	}
	if a.Status != "" && !a.Status.known() {
		return fmt.Errorf("no status %q", a.Status)
	}
	return nil
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
	if year < e.Since {
		return nil
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
		start = koreanCalendar.solarDay(year, *w.Longitude)
	case w.Geng != nil:
		start = koreanCalendar.gengDay(year, w.Geng.Longitude, w.Geng.N)
	default:
		return w.announced(year)
	}
	return []occurrence{{start: start.AddDate(0, 0, -e.Before), end: start.AddDate(0, 0, e.After)}}
}

func (n nthWeekday) in(year int) time.Time {
	first := time.Date(year, time.Month(n.Month), 1, 0, 0, 0, 0, time.UTC)
	ahead := (int(weekday(n.Weekday)) - int(first.Weekday()) + 7) % 7
	return first.AddDate(0, 0, ahead+7*(n.N-1)+n.Offset)
}

func (l lunarDate) in(year int) time.Time {
	if l.Calendar == "cn" {
		return chineseCalendar.date(year, l.Month, l.Day)
	}
	return koreanCalendar.date(year, l.Month, l.Day)
}

func (w when) announced(year int) []occurrence {
	var found []occurrence
	for _, a := range w.Editions {
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

func (r *rules) status(year int) Status {
	if year <= r.OfficialUntil {
		return Confirmed
	}
	return Estimated
}
