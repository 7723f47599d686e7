package calendar

import (
	"fmt"
	"time"
)

// Holiday is why a date is a public holiday.
type Holiday struct {
	Event string // the event's id; that of the event substituted for
	Name  Names
	// Substitute is set on a day off given for a holiday lost to a weekend or another
	// holiday.
	Substitute bool
}

// Holidays returns the public holidays of a market in a year by date, at midnight UTC,
// with one entry for every reason. A market without rules is ErrMarket, a year outside
// FirstYear…LastYear ErrYear.
func (c *Calendar) Holidays(market string, year int) (map[time.Time][]Holiday, error) {
	if err := c.knows(market, year); err != nil {
		return nil, err
	}
	found := map[time.Time][]Holiday{}
	for y := max(year-1, FirstYear); y <= min(year+1, LastYear); y++ {
		for at, why := range c.year(y).holidays {
			if at.market == market && at.day.Year() == year {
				found[at.day] = append(found[at.day], why...)
			}
		}
	}
	return found, nil
}

// Workday reports whether people of a market work on t's wall-clock date: it is neither
// at a weekend nor a public holiday. The error is ErrMarket or ErrYear.
func (c *Calendar) Workday(market string, t time.Time) (bool, error) {
	day := date(t)
	if err := c.knows(market, day.Year()); err != nil {
		return false, err
	}
	return !weekend(day) && !c.isHoliday(market, day), nil
}

// isHoliday looks into the years around, too: the day off for a new year's day may be
// in the old one.
func (c *Calendar) isHoliday(market string, day time.Time) bool {
	for y := max(day.Year()-1, FirstYear); y <= min(day.Year()+1, LastYear); y++ {
		if len(c.year(y).holidays[marketDay{market, day}]) > 0 {
			return true
		}
	}
	return false
}

// knows says what is missing to answer for a market's year.
func (c *Calendar) knows(market string, year int) error {
	if market != Home {
		return fmt.Errorf("%q: %w", market, ErrMarket)
	}
	return inRange(year)
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}
