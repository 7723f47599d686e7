package calendar

import (
	"fmt"
	"sort"
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
// with one entry for every reason. Only Korea's ("KR") are known; another market is
// ErrMarket, a year outside FirstYear…LastYear ErrYear.
func (c *Calendar) Holidays(market string, year int) (map[time.Time][]Holiday, error) {
	if market != "KR" {
		return nil, fmt.Errorf("%q: %w", market, ErrMarket)
	}
	if err := inRange(year); err != nil {
		return nil, err
	}
	found := map[time.Time][]Holiday{}
	for day, why := range c.holidays {
		if day.Year() == year {
			found[day] = append([]Holiday(nil), why...)
		}
	}
	return found, nil
}

// Workday reports whether people work in Korea on t's wall-clock date: it is neither
// Saturday, Sunday nor a public holiday. The error is ErrYear.
func (c *Calendar) Workday(t time.Time) (bool, error) {
	day := date(t)
	if err := inRange(day.Year()); err != nil {
		return false, err
	}
	return !weekend(day) && len(c.holidays[day]) == 0, nil
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// build works out all editions of all years, once.
func build(r *rules) *Calendar {
	c := &Calendar{names: &node{}, editions: map[key]Edition{}, holidays: map[time.Time][]Holiday{}}
	for i := range r.Events {
		e := &r.Events[i]
		for _, name := range append([]string{e.Name.Ko, e.Name.En}, e.Aliases...) {
			c.mustName(name, e.ID, false)
		}
		for _, name := range e.Weak {
			c.mustName(name, e.ID, true)
		}
	}
	for year := FirstYear; year <= LastYear; year++ {
		c.addYear(r, year)
	}
	sort.SliceStable(c.ordered, func(i, j int) bool {
		return c.ordered[i].Start.Before(c.ordered[j].Start)
	})
	return c
}

func (c *Calendar) mustName(name, event string, weak bool) {
	if !c.names.add(name, event, weak) {
		panic(fmt.Sprintf("calendar: two events are called %q", name))
	}
}

func (c *Calendar) addYear(r *rules, year int) {
	for i := range r.Events {
		e := &r.Events[i]
		start, end, ok := e.in(year)
		if !ok {
			continue
		}
		class, status := e.Class, Confirmed
		if e.isOff(year) {
			class, status = PublicHoliday, r.status(year)
			for day := start; !day.After(end); day = day.AddDate(0, 0, 1) {
				c.holidays[day] = append(c.holidays[day], Holiday{Event: e.ID, Name: dayName(e, start, day)})
			}
		} else if class == "" {
			class = Observance
		}
		c.add(Edition{Event: e.ID, Year: year, Start: start, End: end, Name: e.Name, Market: e.Market,
			Class: class, Status: status, Source: e.Source})
	}
	for _, d := range r.DaysOff {
		day, _ := time.Parse(time.DateOnly, d.Date)
		if day.Year() != year {
			continue
		}
		id := "kr.day_off." + d.Date
		c.holidays[day] = append(c.holidays[day], Holiday{Event: id, Name: d.Name})
		c.add(Edition{Event: id, Year: year, Start: day, End: day, Name: d.Name, Market: "KR",
			Class: PublicHoliday, Status: Confirmed, Source: d.Source})
	}
	c.addSubstitutes(r, year)
}

// dayName names a day of a holiday of three: the main day has the event's own name.
func dayName(e *event, start, day time.Time) Names {
	switch main := start.AddDate(0, 0, e.Before); {
	case day.Before(main):
		return Names{Ko: e.Name.Ko + " 전날", En: e.Name.En + " eve"}
	case day.After(main):
		return Names{Ko: e.Name.Ko + " 다음 날", En: "Day after " + e.Name.En}
	}
	return e.Name
}

// addSubstitutes gives the days off of Article 3 of the regulation: one for every date
// on which a holiday was lost, on the next day that is neither weekend nor holiday.
func (c *Calendar) addSubstitutes(r *rules, year int) {
	lost := map[time.Time]*event{}
	for i := range r.Events {
		e := &r.Events[i]
		if e.Substitute.On == "" || year < e.Substitute.Since || !e.isOff(year) {
			continue
		}
		start, end, _ := e.in(year)
		for day := start; !day.After(end); day = day.AddDate(0, 0, 1) {
			// Of two on one date the movable one names the day off, as the official
			// calendar of 2025 has it (부처님오신날 over 어린이날).
			if c.collides(e, day) && (lost[day] == nil || e.When.Lunar != nil) {
				lost[day] = e
			}
		}
	}
	days := make([]time.Time, 0, len(lost))
	for day := range lost {
		days = append(days, day)
	}
	sort.Slice(days, func(i, j int) bool { return days[i].Before(days[j]) })
	for _, day := range days {
		c.addSubstitute(lost[day], day, r.status(year))
	}
}

// collides reports whether a holiday's day earns a substitute. A Saturday never counts
// for 설날 and 추석, not even under another holiday's Saturday.
func (c *Calendar) collides(e *event, day time.Time) bool {
	switch day.Weekday() {
	case time.Sunday:
		return true
	case time.Saturday:
		return e.Substitute.On == "weekend"
	}
	return len(c.holidays[day]) > 1
}

func (c *Calendar) addSubstitute(e *event, lost time.Time, status Status) {
	day := lost.AddDate(0, 0, 1)
	for weekend(day) || len(c.holidays[day]) > 0 {
		day = day.AddDate(0, 0, 1)
	}
	name := Names{Ko: "대체공휴일(" + e.Name.Ko + ")", En: "Substitute for " + e.Name.En}
	c.holidays[day] = append(c.holidays[day], Holiday{Event: e.ID, Name: name, Substitute: true})
	c.add(Edition{Event: e.ID + ".substitute", Year: lost.Year(), Start: day, End: day, Name: name,
		Market: e.Market, Class: PublicHoliday, Status: status, Source: "관공서의 공휴일에 관한 규정 제3조"})
}

// add keeps the first of an event's editions of a year as the one found by year; a
// holiday of three days may have two substitutes.
func (c *Calendar) add(e Edition) {
	c.ordered = append(c.ordered, e)
	if k := (key{e.Event, e.Year}); c.editions[k].Event == "" {
		c.editions[k] = e
	}
}

func (r *rules) status(year int) Status {
	if year <= r.OfficialUntil {
		return Confirmed
	}
	return Estimated
}
