package calendar

import (
	"errors"
	"fmt"
	"time"
)

// ErrNoWorkday is returned for a month that has fewer workdays than asked for.
var ErrNoWorkday = errors.New("the month has no such workday")

// maxWorkdays bounds what AddWorkdays walks.
const maxWorkdays = 100_000

// Workday reports whether offices of a market work on t's wall-clock date: it is
// neither Saturday, Sunday nor a public holiday, or it is worked in exchange for
// another day. The error is ErrMarket or ErrYear.
func (c *Calendar) Workday(market string, t time.Time) (bool, error) {
	day := date(t)
	if err := c.knows(market, day.Year()); err != nil {
		return false, err
	}
	return c.works(market, day), nil
}

func (c *Calendar) works(market string, day time.Time) bool {
	if c.rules.worked[marketDay{market, day}] {
		return true
	}
	return !weekend(day) && !c.isHoliday(market, day)
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// NextWorkday returns the first workday on or after t's wall-clock date.
func (c *Calendar) NextWorkday(market string, t time.Time) (time.Time, error) {
	return c.walk(market, date(t), 1)
}

// PreviousWorkday returns the last workday on or before t's wall-clock date.
func (c *Calendar) PreviousWorkday(market string, t time.Time) (time.Time, error) {
	return c.walk(market, date(t), -1)
}

// walk goes in a direction to the first workday, which may be the day itself.
func (c *Calendar) walk(market string, day time.Time, direction int) (time.Time, error) {
	for {
		works, err := c.Workday(market, day)
		if err != nil || works {
			return day, err
		}
		day = day.AddDate(0, 0, direction)
	}
}

// AddWorkdays returns the n-th workday after t's wall-clock date, or before it where n
// is negative. The date itself never counts; for n = 0 it is NextWorkday.
func (c *Calendar) AddWorkdays(market string, t time.Time, n int) (time.Time, error) {
	direction := 1
	if n < 0 {
		direction, n = -1, -n
	}
	if n > maxWorkdays {
		return time.Time{}, fmt.Errorf("%d workdays: %w", n, ErrYear)
	}
	day, err := date(t), error(nil)
	if n == 0 {
		return c.walk(market, day, 1)
	}
	for ; n > 0 && err == nil; n-- {
		day, err = c.walk(market, day.AddDate(0, 0, direction), direction)
	}
	return day, err
}

// WorkdayOfMonth returns the n-th workday of a month; -1 is the last, -2 the one before
// it. The error is ErrMarket, ErrYear or ErrNoWorkday.
func (c *Calendar) WorkdayOfMonth(market string, year int, month time.Month, n int) (time.Time, error) {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	if err := c.knows(market, first.Year()); err != nil {
		return time.Time{}, err
	}
	day, direction, left := first, 1, n
	if n < 0 {
		day, direction, left = first.AddDate(0, 1, -1), -1, -n
	}
	for ; left > 0 && day.Month() == first.Month(); day = day.AddDate(0, 0, direction) {
		if !c.works(market, day) {
			continue
		}
		if left--; left == 0 {
			return day, nil
		}
	}
	return time.Time{}, fmt.Errorf("workday %d of %s: %w", n, first.Format("2006-01"), ErrNoWorkday)
}

// WorkdaysBetween counts the workdays of the dates from…to, both inclusive; it is 0
// where to is before from.
func (c *Calendar) WorkdaysBetween(market string, from, to time.Time) (int, error) {
	from, to = date(from), date(to)
	for _, year := range []int{from.Year(), to.Year()} {
		if err := c.knows(market, year); err != nil {
			return 0, err
		}
	}
	n := 0
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		if c.works(market, day) {
			n++
		}
	}
	return n, nil
}

// Deadline is when a preparation has to be done.
type Deadline struct {
	Preparation
	Due time.Time
}

// Deadlines returns when an edition's preparations are due, by the workdays of a
// market, the earliest first as the event's rows have them.
func (c *Calendar) Deadlines(market string, e Edition) ([]Deadline, error) {
	event, ok := c.Event(e.Event)
	if !ok {
		return nil, fmt.Errorf("%s: %w", e.Event, ErrEvent)
	}
	var all []Deadline
	for _, p := range event.Prepare {
		due, err := c.AddWorkdays(market, e.Start, -p.Days)
		if err != nil {
			return nil, err
		}
		all = append(all, Deadline{p, due})
	}
	return all, nil
}
