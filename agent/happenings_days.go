package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

func (s *calendarAnswer) count(n int) string {
	return format.Value(float64(n), format.Integer, s.q.Language)
}

// markets are those that the question is about.
func (s *calendarAnswer) markets() []string {
	if len(s.req.Markets) > 0 {
		return s.req.Markets
	}
	return []string{calendar.Home}
}

func (s *calendarAnswer) only(class calendar.Class) bool {
	return len(s.req.Classes) == 1 && s.req.Classes[0] == class
}

// wants reports whether an event of concern to the markets asked about is what was asked
// for. A day off in another country is none here, even where it matters for business.
func (s *calendarAnswer) wants(event string, class calendar.Class, market string) bool {
	if s.req.Substitutes && !strings.HasSuffix(event, ".substitute") {
		return false
	}
	return class != calendar.PublicHoliday || !slices.Contains(s.req.Classes, class) || slices.Contains(s.markets(), market)
}

// daysOf is on how many days of a stretch one of the events takes place.
func daysOf(list []Happening, from, to time.Time) int {
	n := 0
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		day := d.Format(jsonDate)
		if slices.ContainsFunc(list, func(h Happening) bool { return h.Start <= day && day <= h.End && h.Status != calendar.Cancelled }) {
			n++
		}
	}
	return n
}

// unknownDays says that the calendar cannot tell days off, and why.
func (s *calendarAnswer) unknownDays(err error) {
	s.answer.Rung, s.answer.Reason, s.answer.Text = None, ReasonUnknown, s.w.unknownMarket
	if errors.Is(err, calendar.ErrYear) {
		s.answer.Text = s.w.unknownYear
	}
}

// workdays counts the business days of a stretch, or those left until an event.
func (s *calendarAnswer) workdays(ctx context.Context) error {
	market := s.markets()[0]
	c := s.agent.cfg.Calendar()
	from, to := s.req.From, s.req.To
	var until string
	if len(s.req.Events) > 0 {
		ev, _ := c.Event(s.req.Events[0])
		e, ok := s.edition(c, ev)
		if !ok {
			s.answer.Text = s.unannounced(c, ev)
			return nil
		}
		if from, to = dayOf(s.q.Now), e.Start.AddDate(0, 0, -1); to.Before(from) {
			return s.event(ctx)
		}
		until = s.when(ev, e) + " "
	}
	n, err := c.WorkdaysBetween(market, from, to)
	if err != nil {
		s.unknownDays(err)
		return nil
	}
	all := int(to.Sub(from)/(24*time.Hour)) + 1
	named := period.Describe(semantic.Period{Start: from, End: to.AddDate(0, 0, 1)}, s.q.Language)
	s.answer.Text = until + fmt.Sprintf(s.w.workdays, named, s.count(n), s.count(all))
	s.read(s.w.market, s.w.marketName(market))
	off, _, err := s.agent.happenings(ctx, s.q, nil, Outlook{From: from, To: to, Filter: calendar.Filter{
		Markets: []string{market}, Classes: []calendar.Class{calendar.PublicHoliday},
	}})
	// What is a day off elsewhere may be of concern here, and is no day off.
	s.answer.Happenings = slices.DeleteFunc(off, func(h Happening) bool { return h.Market != market })
	s.tabulate(nil)
	return err
}

// day says whether people work on a day, and what takes place on it.
func (s *calendarAnswer) day() {
	c, market, day := s.agent.cfg.Calendar(), s.markets()[0], s.req.From
	works, err := c.Workday(market, day)
	if err != nil {
		s.unknownDays(err)
		return
	}
	var holidays, others []string
	for _, e := range c.List(day, day, calendar.Filter{Markets: []string{market}}) {
		if !e.TakesPlace() || e.Class == calendar.Season {
			continue
		}
		s.answer.Happenings = append(s.answer.Happenings, happening(c, e, s.q))
		if name := escapeMarkdown(e.Name.In(s.q.Language)); isOff(c, market, day, e.Event) {
			holidays = append(holidays, name)
		} else {
			others = append(others, name)
		}
	}
	date := s.w.date(day, true)
	switch {
	case works:
		s.answer.Text = fmt.Sprintf(s.w.dayWorked, date)
	case len(holidays) > 0:
		s.answer.Text = fmt.Sprintf(s.w.dayHoliday, date, "**"+strings.Join(holidays, "·")+"**")
	default:
		s.answer.Text = fmt.Sprintf(s.w.dayWeekend, date)
	}
	if len(others) > 0 {
		s.answer.Text += " " + fmt.Sprintf(s.w.dayAlso, strings.Join(others, "·"))
	}
	if len(holidays) > 0 {
		if b := almanac.Around(c, market, day, day); b.Days() > 1 {
			s.answer.Text += " " + fmt.Sprintf(s.w.off, s.w.dates(b.From, b.To), s.count(b.Days()))
		}
	}
	s.read(s.w.market, s.w.marketName(market))
	s.tabulate(nil)
}

// isOff reports whether a day is off in a market because of an event: of elections the
// class does not say so.
func isOff(c *calendar.Calendar, market string, day time.Time, event string) bool {
	holidays, err := c.Holidays(market, day.Year())
	return err == nil && slices.ContainsFunc(holidays[day], func(h calendar.Holiday) bool {
		return h.Event == event || h.Substitute && h.Event+".substitute" == event
	})
}

// nextWithin is how far away the next one of a class may be, in days.
const nextWithin = 2 * 366

// next tells the first event of a class that begins after today.
func (s *calendarAnswer) next(ctx context.Context) error {
	e, ok := s.nextOne()
	if !ok {
		today := dayOf(s.q.Now)
		s.answer.Text = fmt.Sprintf(s.w.nothingIn, period.Describe(semantic.Period{Start: today, End: today.AddDate(0, 0, nextWithin)}, s.q.Language))
		s.tabulate(nil)
		return nil
	}
	s.answer.Text = fmt.Sprintf(s.w.nextIs, s.w.classes[e.Class]) + " " + s.when(calendar.Event{}, e)
	s.read(s.w.market, s.w.marketName(strings.Join(s.markets(), ", ")))
	h := happening(s.agent.cfg.Calendar(), e, s.q)
	if s.p != nil && e.Windows != (calendar.Windows{}) {
		last, err := s.agent.lastTime(ctx, s.p, s.q, e, "e1", false)
		if err != nil {
			return err
		}
		h.Last = last
	}
	s.answer.Happenings = []Happening{h}
	s.sayUsual()
	var results []Result
	if h.Last != nil {
		results = h.Last.results
	}
	s.tabulate(results)
	return nil
}

// nextOne is the first event asked for that begins after today.
func (s *calendarAnswer) nextOne() (calendar.Edition, bool) {
	c, today := s.agent.cfg.Calendar(), dayOf(s.q.Now)
	all := c.List(today.AddDate(0, 0, 1), today.AddDate(0, 0, nextWithin), calendar.Filter{Markets: s.markets(), Classes: s.req.Classes, Major: true})
	i := slices.IndexFunc(all, func(e calendar.Edition) bool {
		return e.TakesPlace() && e.Start.After(today) && s.wants(e.Event, e.Class, e.Market)
	})
	if i < 0 {
		return calendar.Edition{}, false
	}
	return all[i], true
}

// breaks lists days off in a row, or the business days that stand between two of them.
func (s *calendarAnswer) breaks() {
	c, market := s.agent.cfg.Calendar(), s.markets()[0]
	find, none, some := almanac.LongBreaks, s.w.noBreaks, s.w.breaks
	if s.req.Kind == almanac.Bridges {
		find, none, some = almanac.BridgeDays, s.w.noBridges, s.w.bridges
	}
	found, err := find(c, market, s.req.From, s.req.To)
	if err != nil {
		s.unknownDays(err)
		return
	}
	named := period.Describe(semantic.Period{Start: s.req.From, End: s.req.To.AddDate(0, 0, 1)}, s.q.Language)
	s.read(s.w.stretch, named)
	s.read(s.w.market, s.w.marketName(market))
	if len(found) == 0 {
		s.answer.Text = fmt.Sprintf(none, named)
		s.tabulate(nil)
		return
	}
	s.answer.Text = fmt.Sprintf(some, named, s.count(len(found)))
	if s.req.Nth != 0 {
		s.oneBreak(c, market, found, named)
		return
	}
	if first := found[0]; !first.Take.IsZero() {
		s.answer.Text += " " + fmt.Sprintf(s.w.firstBridge, s.w.date(first.Take, true), s.w.dates(first.From, first.To), s.count(first.Days()))
	} else {
		s.answer.Text += " " + fmt.Sprintf(s.w.firstBreak, s.w.dates(first.From, first.To), s.count(first.Days()))
	}
	s.tabulateBreaks(c, market, found)
}

// oneBreak tells the one that was asked for, and that there are fewer where there are.
func (s *calendarAnswer) oneBreak(c *calendar.Calendar, market string, found []almanac.Break, named string) {
	if s.req.Soon { // what has begun is not the next
		found = slices.DeleteFunc(found, func(b almanac.Break) bool { return !b.From.After(s.req.From) })
	}
	n := s.req.Nth
	if n < 0 {
		n = len(found)
	}
	if n > len(found) || n == 0 {
		s.answer.Text += " " + fmt.Sprintf(s.w.fewer, s.w.nth(s.req.Nth))
		s.tabulateBreaks(c, market, found)
		return
	}
	b := found[n-1]
	switch {
	case s.req.Soon:
		named = ""
	case !s.req.Named:
		named = s.w.fromNow
	}
	what := s.w.aBreak
	if s.req.Kind == almanac.Bridges {
		what = s.w.aBridge
	}
	which := s.w.oneOf(s.req.Nth, what, named)
	if !b.Take.IsZero() {
		s.answer.Text = fmt.Sprintf(s.w.oneBridge, which, s.w.date(b.Take, true), s.w.dates(b.From, b.To), s.count(b.Days()))
	} else {
		s.answer.Text = fmt.Sprintf(s.w.oneBreak, which, s.w.dates(b.From, b.To), s.count(b.Days()))
	}
	s.tabulateBreaks(c, market, []almanac.Break{b})
}

func (s *calendarAnswer) tabulateBreaks(c *calendar.Calendar, market string, found []almanac.Break) {
	col := func(name, engine, label string, role semantic.Role) Column {
		return Column{Column: connectors.Column{Name: name, Type: engine}, Label: label, Role: string(role)}
	}
	res := Result{Name: "calendar", Source: SourceCalendar, Columns: []Column{
		col("holidays", "VARCHAR", s.w.event, semantic.RoleDimension), col("start", "DATE", s.w.start, ""), col("end", "DATE", s.w.end, ""), col("days", "INTEGER", s.w.days, ""),
	}}
	if s.req.Kind == almanac.Bridges {
		res.Columns = append(res.Columns, col("take", "DATE", s.w.take, ""))
	}
	for _, b := range found {
		var names []string
		for _, e := range c.List(b.From, b.To, calendar.Filter{Markets: []string{market}, Classes: []calendar.Class{calendar.PublicHoliday, calendar.Announced}}) {
			works, err := c.Workday(market, e.Start)
			if name := e.Name.In(s.q.Language); err == nil && !works && e.Market == market && !slices.Contains(names, name) && (e.Class == calendar.PublicHoliday || e.Days() == 1) {
				names = append(names, name)
			}
		}
		row := []any{strings.Join(names, "·"), b.From, b.To, int64(b.Days())}
		if s.req.Kind == almanac.Bridges {
			row = append(row, b.Take)
		}
		res.Rows = append(res.Rows, row)
	}
	res.RowCount = len(res.Rows)
	s.answer.Results = []Result{res}
}
