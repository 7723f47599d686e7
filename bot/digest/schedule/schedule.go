// Package schedule says when something recurs: cron's five fields, what cron lacks
// (last days, nth weekdays, business days, every other week), and what to do on
// holidays, in a time zone.
//
// Its [Schedule.Next] walks local dates and maps wall time to instants. What is due in
// an hour that the clocks skip is due at the first instant after it; what is due in an
// hour that comes twice is due the first time. Other cron libraries lose the former or
// run the latter twice, and some panic on hostile text. No text is handed to any of
// them.
//
// [Parse] reads schedules as people write them, in Korean and English;
// [Schedule.Describe] says them back in words that Parse reads.
package schedule

import (
	"errors"
	"time"
)

// Workdays tells business days from others, by the calendar of some place.
type Workdays interface {
	// Workday reports whether people work on t's date, of which the year, month and day
	// in t's own location count. It returns an error for dates it knows nothing of, which
	// are then taken for business days from Monday to Friday.
	Workday(t time.Time) (bool, error)
}

// Rule is what becomes of a run that falls on a day that is no business day.
type Rule string

// The rules.
const (
	Anyway   Rule = ""         // it runs
	Skip     Rule = "skip"     // it does not
	Next     Rule = "next"     // it runs on the next business day
	Previous Rule = "previous" // it runs on the business day before
)

// Schedule is when something recurs, in a time zone. Schedules are compared with ==.
// They come from ParseCron, Parse or their own text; the zero Schedule is never due.
type Schedule struct {
	zone    string // IANA name
	minutes uint64 // bit n is minute n
	hours   uint32
	months  uint16 // bits 1 to 12

	// days and weekdays say which dates match. As POSIX has it, a date matches either of
	// them when both are restricted.
	anyDay     bool // the day of the month is not restricted
	anyWeekday bool
	days       uint32   // bits 1 to 31
	nearest    uint32   // bits 1 to 31: the weekday nearest to it, within the month
	fromLast   uint32   // bit n: n days before the month's last
	lastWeek   bool     // the month's last day from Monday to Friday
	weekdays   uint8    // bits 0 (Sunday) to 6
	nth        [7]uint8 // by weekday: bits 1 to 5 the nth of the month, bit 6 the last

	// Of business days, instead of all of the above.
	business     bool   // every one
	businessNth  uint32 // bit n: the nth of the month, from 1
	businessLast uint32 // bit n: n before the last of the month

	weeks  int // 0, or from 2: only every so many weeks
	anchor day // the Monday of a week that counts, where weeks is set

	rule Rule
}

// Due is a time at which something is due.
type Due struct {
	// Local is the wall time as scheduled, such as "2027-03-14T02:30". No two times of a
	// schedule have the same, and it sorts by time.
	Local string
	At    time.Time // the instant, in the schedule's zone
	// Unsure is set when the date depends on a calendar that does not reach there.
	Unsure bool
}

// LocalLayout is that of Due.Local.
const LocalLayout = "2006-01-02T15:04"

// searchDays is how far Next looks: ten years, in which every date recurs but one of
// an impossible month.
const searchDays = 3653

// Zone is the IANA name of the time zone.
func (s Schedule) Zone() string { return s.zone }

// Rule is what becomes of runs on days that are no business days.
func (s Schedule) Rule() Rule { return s.rule }

// IsZero reports whether s is no schedule.
func (s Schedule) IsZero() bool { return s == Schedule{} }

// WithZone returns the same schedule in another time zone.
func (s Schedule) WithZone(name string) (Schedule, error) {
	if _, err := location(name); err != nil {
		return s, err
	}
	s.zone = name
	return s, nil
}

// WithRule returns the same schedule with another rule. Schedules by business days
// need none.
func (s Schedule) WithRule(r Rule) (Schedule, error) {
	switch r {
	case Anyway, Skip, Next, Previous:
	default:
		return s, &Error{Code: Unreadable, Text: string(r)}
	}
	if s.byBusinessDays() {
		r = Anyway
	}
	s.rule = r
	return s, nil
}

// Location is the time zone.
func (s Schedule) Location() *time.Location {
	loc, err := location(s.zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Next returns the first time after after at which s is due, and false when there is
// none within ten years. days may be nil: then Monday to Friday are business days.
func (s Schedule) Next(after time.Time, days Workdays) (Due, bool) {
	if s.minutes == 0 || s.hours == 0 {
		return Due{}, false
	}
	loc := s.Location()
	w := week{loc: loc, days: days}
	// A day earlier, because what is due in a gap is due on another date's wall.
	date := dayOf(after.In(loc)) - 1
	for end := date + searchDays; date < end; date++ {
		w.unsure = false
		if !s.on(date, &w) {
			continue
		}
		if due, ok := s.firstAfter(date, after, loc); ok {
			due.Unsure = w.unsure
			return due, true
		}
	}
	return Due{}, false
}

// firstAfter returns the first time of the date that is after after.
func (s Schedule) firstAfter(date day, after time.Time, loc *time.Location) (Due, bool) {
	if !wall(date, 24*60-1, loc).After(after) {
		return Due{}, false
	}
	for h := range 24 {
		// Wall times of a date never go back, so the hour's last says whether to look at others.
		if s.hours&(1<<h) == 0 || !wall(date, h*60+59, loc).After(after) {
			continue
		}
		for m := range 60 {
			if s.minutes&(1<<m) == 0 {
				continue
			}
			if at := wall(date, h*60+m, loc); at.After(after) {
				return Due{Local: date.utc().Add(time.Duration(h*60+m) * time.Minute).Format(LocalLayout), At: at}, true
			}
		}
	}
	return Due{}, false
}

// Shortest returns the shortest time on the clock between two runs in a row, as long as
// a day when there is one a day or fewer.
func (s Schedule) Shortest() time.Duration {
	var first, before, shortest = -1, -1, 24 * 60
	for m := range 24 * 60 {
		if s.hours&(1<<(m/60)) == 0 || s.minutes&(1<<(m%60)) == 0 {
			continue
		}
		if first < 0 {
			first = m
		} else {
			shortest = min(shortest, m-before)
		}
		before = m
	}
	if first >= 0 && s.onConsecutiveDays() {
		shortest = min(shortest, first+24*60-before)
	}
	return time.Duration(shortest) * time.Minute
}

// onConsecutiveDays reports whether s may be due on two days in a row. Holidays are not
// looked at: they only move runs together.
func (s Schedule) onConsecutiveDays() bool {
	if s.rule == Next || s.rule == Previous || s.byBusinessDays() {
		return true
	}
	w := week{loc: time.UTC}
	const twoYears = 731 // from a leap year's beginning
	begin, before := dayOf(time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)), false
	for d := begin; d < begin+twoYears; d++ {
		on := s.on(d, &w)
		if on && before {
			return true
		}
		before = on
	}
	return false
}

// Check refuses a schedule that is never due after now, and one that is due more often
// than every least. Its errors are *Error.
func (s Schedule) Check(now time.Time, days Workdays, least time.Duration) error {
	if shortest := s.Shortest(); shortest < least {
		return &Error{Code: TooOften, Least: least, Text: s.String()}
	}
	if _, ok := s.Next(now, days); !ok {
		return &Error{Code: Never, Text: s.String()}
	}
	return nil
}

// Clock is a Schedule for github.com/robfig/cron/v3, whose Schedule it implements.
type Clock struct {
	Schedule Schedule
	Days     Workdays // may be nil
}

// Next returns the first time after t at which the schedule is due. The zero time means
// never, as cron has it.
func (c Clock) Next(t time.Time) time.Time {
	due, ok := c.Schedule.Next(t, c.Days)
	if !ok {
		return time.Time{}
	}
	return due.At
}

// location is a time zone by its IANA name. "Local" is not one: it is another on every
// machine.
func location(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, &Error{Code: NoZone, Text: name}
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, &Error{Code: NoZone, Text: name, Err: err}
	}
	return loc, nil
}

// MarshalText gives the canonical text.
func (s Schedule) MarshalText() ([]byte, error) {
	if s.IsZero() {
		return nil, nil
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what MarshalText gave.
func (s *Schedule) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = Schedule{}
		return nil
	}
	read, err := ParseCron(string(text), "")
	if err != nil {
		return err
	}
	*s = read
	return nil
}

var errNotCron = errors.New("not a schedule")
