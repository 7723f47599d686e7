package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// build makes the calendar of rules that have been checked. Years are worked out when
// they are first asked for.
func build(r *rules) (*Calendar, error) {
	c := &Calendar{rules: r, byID: map[string]int{}}
	var err error
	if c.version, err = versionOf("", r); err != nil {
		return nil, err
	}
	r.worked = map[marketDay]bool{}
	for _, m := range r.Markets {
		for _, day := range m.Worked {
			r.worked[marketDay{m.ID, parsed(day)}] = true
		}
	}
	for i := range r.Events {
		c.byID[r.Events[i].ID] = i
		c.events = append(c.events, r.Events[i].public())
	}
	if err := c.nameAll(); err != nil {
		return nil, err
	}
	for y := FirstYear; y <= LastYear; y++ {
		c.ruled[y-FirstYear] = sync.OnceValue(func() []Edition { return r.year(y) })
		c.reckon(y)
	}
	return c, nil
}

// nameAll puts the events' names into a new tree. A name that events of several
// countries have means the first one's; within a market, and with the world's, it has
// to be one event's.
func (c *Calendar) nameAll() error {
	c.names = &node{}
	for i := range c.events {
		e := &c.events[i]
		for _, name := range append([]string{e.Name.Ko, e.Name.En}, e.Aliases...) {
			if err := c.name(name, e, false); err != nil {
				return err
			}
		}
		for _, name := range e.Weak {
			if err := c.name(name, e, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Calendar) name(name string, e *Event, weak bool) error {
	other := c.names.add(name, e.ID, weak)
	if other == "" {
		return nil
	}
	if o := &c.events[c.byID[other]]; o.Market != e.Market && o.Market != World && e.Market != World {
		return nil
	}
	err := fmt.Errorf("%s and %s are both called %q: %w", other, e.ID, name, ErrName)
	if i := c.byID[e.ID]; i < len(c.rules.Events) {
		p := c.rules.Events[i].place
		return fmt.Errorf("%s:%d:%d: %w", p.file, p.line, p.column, err)
	}
	return err
}

// reckon has a year worked out anew when it is next asked for.
func (c *Calendar) reckon(number int) {
	c.years[number-FirstYear] = sync.OnceValue(func() *year { return c.yearOf(number) })
}

// yearOf works out the editions of a year.
func (c *Calendar) yearOf(number int) *year {
	y := &year{first: map[string]int{}, holidays: map[marketDay][]Holiday{}}
	y.editions = slices.Clone(c.ruled[number-FirstYear]())
	for _, e := range c.extra[number] {
		y.editions = overlay(y.editions, e)
	}
	for _, e := range y.editions {
		c.addDaysOff(y, e)
	}
	c.addSubstitutes(y, number)
	c.addBridges(y, number)
	slices.SortFunc(y.editions, compareEditions)
	for i := range y.editions {
		e := &y.editions[i]
		if home, ok := c.byID[e.Event]; ok && e.Market != c.events[home].Market {
			continue
		}
		if at, ok := y.first[e.Event]; !ok || !y.editions[at].TakesPlace() && e.TakesPlace() {
			y.first[e.Event] = i
		}
	}
	return y
}

// year is what the rules say of a year.
func (r *rules) year(number int) []Edition {
	var all []Edition
	for i := range r.Events {
		all = append(all, r.editions(&r.Events[i], number)...)
	}
	return all
}

// editions are those that the rules give an event in a year.
func (r *rules) editions(e *event, year int) []Edition {
	var all []Edition
	for _, s := range e.in(year) {
		ed := Edition{Event: e.ID, Year: year, Label: s.label, Start: s.start, End: s.end, Name: e.Name, Market: e.Market,
			Class: e.classIn(year), Status: s.status, Minor: e.Minor, Solemn: e.Solemn || e.Class == Caution, Windows: e.Windows, Source: e.Source,
			PreviousStart: s.previousStart, PreviousEnd: s.previousEnd}
		if ed.Label == "" {
			ed.Label = strconv.Itoa(year)
		}
		if s.source != "" {
			ed.Source = s.source
		}
		if ed.Status == "" {
			ed.Status = Confirmed
			if ed.Class == PublicHoliday {
				ed.Status = r.status(e.Market, year)
			}
		}
		all = append(all, ed)
	}
	return all
}

// addDaysOff notes the days off of a public holiday that takes place.
func (c *Calendar) addDaysOff(y *year, e Edition) {
	if e.Class != PublicHoliday || e.Status == Tentative || !e.TakesPlace() {
		return
	}
	for day := e.Start; !day.After(e.End); day = day.AddDate(0, 0, 1) {
		at := marketDay{e.Market, day}
		y.holidays[at] = append(y.holidays[at], Holiday{Event: e.Event, Name: c.dayName(&e, day)})
	}
}

// dayName names a day of a holiday of three: the main day has the event's own name.
func (c *Calendar) dayName(e *Edition, day time.Time) Names {
	i, ok := c.byID[e.Event]
	if !ok || i >= len(c.rules.Events) {
		return e.Name
	}
	rule := &c.rules.Events[i]
	if rule.Before+rule.After+1 != e.Days() {
		return e.Name
	}
	switch main := e.Start.AddDate(0, 0, rule.Before); {
	case day.Before(main):
		return Names{Ko: e.Name.Ko + " 전날", En: e.Name.En + " eve"}
	case day.After(main):
		return Names{Ko: e.Name.Ko + " 다음 날", En: "Day after " + e.Name.En}
	}
	return e.Name
}

// lostDay is a day on which a public holiday was lost.
type lostDay struct {
	rule *event
	day  time.Time
}

// addSubstitutes gives a day off for every date on which a holiday was lost, as each
// holiday's row says.
func (c *Calendar) addSubstitutes(y *year, number int) {
	lost := map[marketDay]*event{}
	for _, e := range y.editions {
		i, ok := c.byID[e.Event]
		if !ok || i >= len(c.rules.Events) || e.Class != PublicHoliday || !e.TakesPlace() || e.Status == Tentative {
			continue
		}
		rule := &c.rules.Events[i]
		if rule.Substitute.On == "" || number < rule.Substitute.Since {
			continue
		}
		for day := e.Start; !day.After(e.End); day = day.AddDate(0, 0, 1) {
			at := marketDay{e.Market, day}
			// Of two on one date the movable one names the day off, as the official
			// calendar of 2025 has it (부처님오신날 over 어린이날).
			if y.collides(rule, at) && (lost[at] == nil || rule.When.Lunar != nil) {
				lost[at] = rule
			}
		}
	}
	days := make([]lostDay, 0, len(lost))
	for at, rule := range lost {
		days = append(days, lostDay{rule, at.day})
	}
	slices.SortFunc(days, func(a, b lostDay) int { return a.day.Compare(b.day) })
	count := map[string]int{}
	for _, d := range days {
		count[d.rule.ID]++
		y.addSubstitute(d, c.rules.status(d.rule.Market, number), number, count[d.rule.ID])
	}
}

// collides reports whether a holiday's day earns a substitute. In Korea a Saturday never
// counts for 설날 and 추석, not even under another holiday's Saturday.
func (y *year) collides(rule *event, at marketDay) bool {
	switch at.day.Weekday() {
	case time.Sunday:
		return true
	case time.Saturday:
		return rule.Substitute.On != "sunday"
	}
	return rule.Substitute.On != "nearest" && len(y.holidays[at]) > 1
}

// addSubstitute gives the day off on the next day that is neither weekend nor holiday;
// in the USA, for a Saturday, on the Friday before.
func (y *year) addSubstitute(lost lostDay, status Status, number, nth int) {
	e := lost.rule
	at := marketDay{e.Market, lost.day.AddDate(0, 0, 1)}
	if e.Substitute.On == "nearest" && lost.day.Weekday() == time.Saturday {
		at.day = lost.day.AddDate(0, 0, -1)
	}
	for weekend(at.day) || len(y.holidays[at]) > 0 {
		at.day = at.day.AddDate(0, 0, 1)
	}
	name := Names{Ko: "대체공휴일(" + e.Name.Ko + ")", En: "Substitute for " + e.Name.En}
	y.holidays[at] = append(y.holidays[at], Holiday{Event: e.ID, Name: name, Substitute: true})
	label := strconv.Itoa(number)
	if nth > 1 {
		label += fmt.Sprintf("-%d", nth)
	}
	y.editions = append(y.editions, Edition{Event: e.ID + ".substitute", Year: number, Label: label, Start: at.day, End: at.day, Name: name,
		Market: e.Market, Class: PublicHoliday, Status: status, Source: cmp.Or(e.Substitute.Source, e.Source)})
}

// addBridges gives the days off that lie between two public holidays, where a market's
// law has them.
func (c *Calendar) addBridges(y *year, number int) {
	for i := range c.rules.Events {
		rule := &c.rules.Events[i]
		if !rule.When.Between || number < rule.Since {
			continue
		}
		var days []time.Time
		for at := range y.holidays {
			day := at.day.AddDate(0, 0, 1)
			if at.market == rule.Market && y.bridges(at, day) {
				days = append(days, day)
			}
		}
		slices.SortFunc(days, time.Time.Compare)
		for n, day := range days {
			label := strconv.Itoa(number)
			if n > 0 {
				label += fmt.Sprintf("-%d", n+1)
			}
			e := Edition{Event: rule.ID, Year: number, Label: label, Start: day, End: day, Name: rule.Name, Market: rule.Market,
				Class: PublicHoliday, Status: c.rules.status(rule.Market, number), Source: rule.Source}
			y.editions = append(y.editions, e)
			c.addDaysOff(y, e)
		}
	}
}

// bridges reports whether day, which follows a holiday, lies before another one and is
// none itself. Days off in place of holidays do not count.
func (y *year) bridges(at marketDay, day time.Time) bool {
	next := y.holidays[marketDay{at.market, day.AddDate(0, 0, 1)}]
	return len(y.holidays[marketDay{at.market, day}]) == 0 && day.Weekday() != time.Sunday &&
		len(next) > 0 && !next[0].Substitute && !y.holidays[at][0].Substitute
}
