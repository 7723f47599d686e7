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
// its rules and tables ErrYear.
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
func (c *Calendar) knows(id string, year int) error {
	m := c.rules.market(id)
	if m == nil {
		return fmt.Errorf("%q: %w", id, ErrMarket)
	}
	since, until := max(m.Since, FirstYear), m.Until
	if until == 0 {
		until = LastYear
	}
	if year < since || year > until {
		return fmt.Errorf("public holidays of %s in %d: %w (%d–%d)", id, year, ErrYear, since, until)
	}
	return nil
}

// Markets returns the markets whose public holidays are known, the home market first.
func (c *Calendar) Markets() []Market {
	all := make([]Market, 0, len(c.rules.Markets))
	for i := range c.rules.Markets {
		m := &c.rules.Markets[i]
		until := m.Until
		if until == 0 {
			until = LastYear
		}
		all = append(all, Market{ID: m.ID, Name: m.Name, Since: max(m.Since, FirstYear), Until: until, OfficialUntil: m.OfficialUntil})
	}
	return all
}

// Market is a country whose public holidays are known.
type Market struct {
	ID   string
	Name Names
	// Since and Until are the first and the last year that can be asked for; those after
	// OfficialUntil are estimates.
	Since, Until, OfficialUntil int
}
