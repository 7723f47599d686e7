package calendar

import (
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
	OfficialUntil int      `yaml:"official_until"`
	Events        []event  `yaml:"events"`
	DaysOff       []dayOff `yaml:"days_off"`
}

// event is one row; events/kr.yaml explains the fields.
type event struct {
	ID         string     `yaml:"id"`
	Name       Names      `yaml:"name"`
	Aliases    []string   `yaml:"aliases"`
	Weak       []string   `yaml:"weak"`
	Market     string     `yaml:"market"`
	Class      Class      `yaml:"class"`
	When       when       `yaml:"when"`
	Before     int        `yaml:"before"`
	After      int        `yaml:"after"`
	Since      int        `yaml:"since"`
	Off        []years    `yaml:"off"`
	Substitute substitute `yaml:"substitute"`
	Source     string     `yaml:"source"`
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
	Year  int    `yaml:"year"`
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

type dayOff struct {
	Date   string `yaml:"date"`
	Name   Names  `yaml:"name"`
	Source string `yaml:"source"`
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
		all.DaysOff = append(all.DaysOff, r.DaysOff...)
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
		if (e.Class == "") != (len(e.Off) > 0) {
			return fmt.Errorf("event %s needs either a class or years off", e.ID)
		}
		if err := e.When.check(); err != nil {
			return fmt.Errorf("event %s: %w", e.ID, err)
		}
	}
	for _, d := range r.DaysOff {
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
			return fmt.Errorf("day off: %w", err)
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
		if _, err := time.Parse("01-02", s); s != "" && err != nil {
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
		if _, err := time.Parse(time.DateOnly, a.Start); err != nil {
			return err
		}
		if _, err := time.Parse(time.DateOnly, a.End); a.End != "" && err != nil {
			return err
		}
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

// in returns the first and the last day of the event's edition of year.
func (e *event) in(year int) (start, end time.Time, ok bool) {
	w := e.When
	if year < e.Since {
		return start, end, false
	}
	switch {
	case w.Date != "":
		start = monthDay(year, w.Date)
	case w.From != "":
		return monthDay(year, w.From), monthDay(year, w.To), true
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
	return start.AddDate(0, 0, -e.Before), start.AddDate(0, 0, e.After), true
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

func (w when) announced(year int) (start, end time.Time, ok bool) {
	for _, a := range w.Editions {
		if a.Year != year {
			continue
		}
		start, _ = time.Parse(time.DateOnly, a.Start)
		end = start
		if a.End != "" {
			end, _ = time.Parse(time.DateOnly, a.End)
		}
		return start, end, true
	}
	return start, end, false
}

func monthDay(year int, text string) time.Time {
	t, _ := time.Parse("01-02", text)
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
