package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// SourceCalendar is the Source of results that came out of the calendar.
const SourceCalendar = "calendar"

// Happening is an edition of an event, in an answer or a digest.
type Happening struct {
	Event   string          `json:"event"`
	Edition string          `json:"edition"`
	Name    string          `json:"name"` // in the answer's language
	Market  string          `json:"market"`
	Class   calendar.Class  `json:"class"`
	Status  calendar.Status `json:"status"`
	Start   string          `json:"start"` // 2006-01-02
	End     string          `json:"end"`   // inclusive
	// WasStart and WasEnd are the dates it had before it was moved.
	WasStart string `json:"was_start,omitempty"`
	WasEnd   string `json:"was_end,omitempty"`
	// Days are those from today until it begins; 0 or less when it has.
	Days   int    `json:"days"`
	Source string `json:"source"`
	URL    string `json:"url,omitempty"`
	// Prepare is what has to be ready by when, soonest first.
	Prepare []Deadline `json:"prepare,omitempty"`
	// Last is what it did last time; nil when nobody looked.
	Last *LastTime `json:"last,omitempty"`
}

// Deadline is a day by which something about an event has to be decided or done.
type Deadline struct {
	On   string `json:"on"`   // 2006-01-02, a business day
	Days int    `json:"days"` // business days before the event
	What string `json:"what"`
}

// Outlook asks what takes place.
type Outlook struct {
	// Question carries the language, the analyst whose figures are shown, on whose
	// behalf they are asked, and the day that counts as today. Its text is not read.
	Question Question
	From, To time.Time // dates at midnight UTC, both included
	Filter   calendar.Filter
	// Figures is of how many events, the soonest first, the last edition's figures are
	// computed; events without days around them to look at have none.
	Figures int
}

// Happenings are what takes place in the stretch, by start. A source that does not
// answer costs the figures, not the list: the LastTime then says why.
func (a *Agent) Happenings(ctx context.Context, o Outlook) ([]Happening, error) {
	q := o.Question
	var p *prepared
	if o.Figures > 0 {
		analysts, _, err := a.candidates(ctx, &q)
		if err != nil {
			return nil, err
		}
		if len(analysts) > 0 {
			p = analysts[0]
		}
	}
	list, _, err := a.happenings(ctx, &q, p, o)
	return list, err
}

func (a *Agent) happenings(ctx context.Context, q *Question, p *prepared, o Outlook) ([]Happening, []Result, error) {
	c := a.cfg.Calendar()
	list := []Happening{}
	var results []Result
	figures, failed := 0, false
	for _, e := range c.List(o.From, o.To, o.Filter) {
		h := happening(c, e, q)
		if p != nil && figures < o.Figures && e.TakesPlace() && e.Windows != (calendar.Windows{}) {
			figures++
			last, err := a.lastTime(ctx, p, q, e, fmt.Sprintf("e%d", figures), failed)
			if err != nil {
				return nil, nil, err
			}
			if h.Last = last; last != nil {
				failed = failed || last.failed // a source that does not answer is asked once
				results = append(results, last.results...)
			}
		}
		list = append(list, h)
	}
	keepOneChart(list)
	return list, results, nil
}

// keepOneChart leaves the chart of the first event that is not a whole season: a list is
// read at a glance.
func keepOneChart(list []Happening) {
	kept := false
	for _, h := range list {
		if h.Last == nil || h.Last.Chart == nil {
			continue
		}
		if kept || h.Class == calendar.Season {
			h.Last.Chart = nil
			continue
		}
		kept = true
	}
}

// happening is an edition as it is shown.
func happening(c *calendar.Calendar, e calendar.Edition, q *Question) Happening {
	today := dayOf(q.Now)
	h := Happening{
		Event: e.Event, Edition: editionLabel(e), Name: e.Name.In(q.Language), Market: e.Market, Class: e.Class, Status: e.Status,
		Start: e.Start.Format(jsonDate), End: e.End.Format(jsonDate), Days: int(e.Start.Sub(today) / (24 * time.Hour)),
		Source: e.Source, URL: e.URL,
	}
	if e.Moved() {
		h.WasStart, h.WasEnd = e.PreviousStart.Format(jsonDate), e.PreviousEnd.Format(jsonDate)
	}
	if ev, ok := c.Event(e.Event); ok && e.TakesPlace() {
		for _, prep := range ev.Prepare {
			if on, ok := businessDaysBefore(c, e.Start, prep.Days); ok && !on.Before(today) {
				h.Prepare = append(h.Prepare, Deadline{On: on.Format(jsonDate), Days: prep.Days, What: prep.What.In(q.Language)})
			}
		}
		slices.SortStableFunc(h.Prepare, func(a, b Deadline) int { return strings.Compare(a.On, b.On) })
	}
	return h
}

// businessDaysBefore is the n-th business day before a date, at home: that is where people
// prepare for what takes place anywhere.
func businessDaysBefore(c *calendar.Calendar, day time.Time, n int) (time.Time, bool) {
	for n > 0 {
		day = day.AddDate(0, 0, -1)
		works, err := c.Workday(calendar.Home, day)
		if err != nil {
			return day, false
		}
		if works {
			n--
		}
	}
	return day, true
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// dayOf is the date of t at midnight UTC.
func dayOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// maxCalendarFigures is of how many events a list tells what they did last time: each is
// several queries.
const maxCalendarFigures = 3

// maxCalendarTurns is how far back in a thread a follow-up about the calendar looks.
const maxCalendarTurns = 10

// ofCalendar reads what a question asks of the calendar, by itself or after the questions
// before it, and reports false when it asks something else.
func (a *Agent) ofCalendar(q *Question) (almanac.Request, bool) {
	if !q.allows(Compose) {
		return almanac.Request{}, false
	}
	o := almanac.Options{Now: q.Now, Calendar: a.cfg.Calendar(), WeekStart: time.Monday, Alone: len(q.Before) == 0}
	var before almanac.Request
	had := false
	for _, t := range q.Before[max(0, len(q.Before)-maxCalendarTurns):] {
		if t.Plan != nil || t.SQL != "" {
			had = false // the thread turned to the data
		} else if req, ok := readCalendar(t.Text, before, had, o); ok {
			before, had = req, true
		}
	}
	return readCalendar(q.Text, before, had, o)
}

// readCalendar reads a text by itself where it says what it wants to know, else after the
// question before it where there is one: 공휴일만, of the stretch that was asked about.
func readCalendar(text string, before almanac.Request, had bool, o almanac.Options) (almanac.Request, bool) {
	asked, ok := almanac.Read(text, o)
	if !had || ok && (asked.Named || asked.Kind != almanac.Coming) {
		return asked, ok
	}
	if req, follows := almanac.Follow(text, before, o); follows {
		return req, true
	}
	return asked, ok
}

// fromCalendar answers a question about when things take place, with the figures of the
// first analyst. It costs no model, and is not remembered: the calendar may change.
func (a *Agent) fromCalendar(ctx context.Context, q *Question, req almanac.Request, analysts []*prepared) (*Answer, error) {
	answer := &Answer{Rung: Compose, AnsweredAt: a.cfg.Now()}
	var p *prepared
	if len(analysts) > 0 {
		p = analysts[0]
		answer.Analyst = p.Name
	}
	s := &calendarAnswer{agent: a, q: q, p: p, req: req, w: calendarWordsFor(q.Language), answer: answer}
	var err error
	switch req.Kind {
	case almanac.Coming:
		err = s.coming(ctx)
	case almanac.Workdays:
		err = s.workdays(ctx)
	case almanac.Day:
		s.day()
	case almanac.Next:
		err = s.next(ctx)
	case almanac.Breaks, almanac.Bridges:
		s.breaks()
	case almanac.Several:
		answer.Rung, answer.Reason, answer.Text = None, ReasonUnknown, s.w.oneStretch
	default:
		err = s.event(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, rd := range answer.Readings {
		answer.Assumptions = append(answer.Assumptions, rd.Term+" = "+rd.Meaning)
	}
	return answer, nil
}

// calendarAnswer is an answer out of the calendar, being written.
type calendarAnswer struct {
	agent  *Agent
	q      *Question
	p      *prepared // whose figures are shown; nil for nobody's
	req    almanac.Request
	w      *calendarWords
	answer *Answer
	first  []Result // results that come before the calendar's
}

// coming lists what takes place in a stretch.
func (s *calendarAnswer) coming(ctx context.Context) error {
	filter := calendar.Filter{Markets: s.req.Markets, Classes: s.req.Classes, Major: len(s.req.Classes) == 0}
	filter.Markets = s.markets()
	list, results, err := s.agent.happenings(ctx, s.q, s.p, Outlook{From: s.req.From, To: s.req.To, Filter: filter, Figures: maxCalendarFigures})
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(h Happening) bool { return !s.wants(h.Event, h.Class, h.Market) })
	stretch := semantic.Period{Start: s.req.From, End: s.req.To.AddDate(0, 0, 1)}
	named := period.Describe(stretch, s.q.Language)
	switch s.answer.Happenings = list; {
	case len(list) == 0 && s.only(calendar.PublicHoliday):
		s.answer.Text = fmt.Sprintf(s.w.noHolidaysIn, named)
		if e, ok := s.nextOne(); ok && !s.req.To.Before(dayOf(s.q.Now)) {
			s.answer.Text += " " + fmt.Sprintf(s.w.nextIs, s.w.classes[e.Class]) + " " + s.when(calendar.Event{}, e)
		}
	case len(list) == 0:
		s.answer.Text = fmt.Sprintf(s.w.nothingIn, named)
	case s.only(calendar.PublicHoliday):
		s.answer.Text = fmt.Sprintf(s.w.holidaysIn, named, s.w.number(len(list), s.w.holidayCount), s.w.number(daysOf(list, s.req.From, s.req.To), s.w.dayCount))
	default:
		s.answer.Text = fmt.Sprintf(s.w.comingIn, named, s.count(len(list)))
	}
	term := s.w.stretch
	if !s.req.Named {
		term = s.w.noStretch
	}
	s.read(term, named)
	if len(s.req.Markets) == 0 {
		s.read(s.w.market, s.w.homeMarket)
	}
	s.sayUsual()
	s.tabulate(results)
	return nil
}

// read adds a reading.
func (s *calendarAnswer) read(term, meaning string) {
	s.answer.Readings = append(s.answer.Readings, compose.Reading{Kind: compose.ReadDefault, Term: term, Meaning: meaning})
}

// sayUsual says what figures are set against, where there are any.
func (s *calendarAnswer) sayUsual() {
	if slices.ContainsFunc(s.answer.Happenings, func(h Happening) bool { return h.Last != nil && h.Last.Text != "" }) {
		s.read(s.w.usual, s.w.usualMeans)
		s.answer.DataAsOf = s.p.catalog.AsOf
	}
}

// tabulate puts the list into a result, for those who take it elsewhere, before those that
// the figures came from.
func (s *calendarAnswer) tabulate(results []Result) {
	col := func(name, engine, label, role string) Column {
		return Column{Column: connectors.Column{Name: name, Type: engine}, Label: label, Role: role}
	}
	res := Result{Name: "calendar", Source: SourceCalendar, Columns: []Column{
		col("event", "VARCHAR", s.w.event, string(semantic.RoleDimension)), col("start", "DATE", s.w.start, ""), col("end", "DATE", s.w.end, ""),
		col("status", "VARCHAR", s.w.status, ""), col("market", "VARCHAR", s.w.market, ""), col("source", "VARCHAR", s.w.source, ""),
	}}
	for _, h := range s.answer.Happenings {
		start, _ := time.Parse(jsonDate, h.Start)
		end, _ := time.Parse(jsonDate, h.End)
		source := h.Source
		if h.URL != "" {
			source = h.URL
		}
		res.Rows = append(res.Rows, []any{h.Name, start, end, s.w.statuses[h.Status], h.Market, source})
	}
	res.RowCount = len(res.Rows)
	s.answer.Results = append([]Result{res}, results...)
}

// event tells about events: when they are, what to prepare, what they did.
func (s *calendarAnswer) event(ctx context.Context) error {
	var lines []string
	var results []Result
	for i, id := range s.req.Events {
		line, res, err := s.one(ctx, id, fmt.Sprintf("e%d", i+1))
		if err != nil {
			return err
		}
		lines, results = append(lines, line), append(results, res...)
	}
	s.answer.Text = strings.Join(lines, "\n\n")
	s.sayUsual()
	if len(s.answer.Happenings) > 0 {
		s.tabulate(results)
		s.answer.Results = append(s.first, s.answer.Results...)
	}
	return nil
}

// one writes about one event.
func (s *calendarAnswer) one(ctx context.Context, id, prefix string) (string, []Result, error) {
	c := s.agent.cfg.Calendar()
	ev, _ := c.Event(id)
	e, ok := s.edition(c, ev)
	if !ok {
		return s.unannounced(c, ev), nil, nil
	}
	h := happening(c, e, s.q)
	line := s.when(ev, e)
	if slices.Contains(s.req.Classes, calendar.PublicHoliday) && e.Start.Equal(e.End) && e.TakesPlace() {
		line += s.whetherOff(c, e)
	}
	if off, ok := s.calledOff(c, ev, e); ok {
		line = fmt.Sprintf(s.w.calledOff, s.w.dates(off.Start, off.End)) + " " + line
	}
	if s.req.Kind == almanac.Prepare {
		line += s.deadlines(c, ev, e)
	}
	var results []Result
	if s.req.Kind == almanac.Prepare || s.req.Kind == almanac.LastTime {
		last, err := s.lastOf(ctx, e, prefix)
		if err != nil {
			return "", nil, err
		}
		if h.Last = last; last != nil {
			results = last.results
			if last.Chart != nil {
				s.answer.Charts = append(s.answer.Charts, *last.Chart)
			}
			if said := last.Text + last.Why; s.req.Kind == almanac.LastTime && said != "" {
				line = last.own + said + "\n\n" + line
				s.first = append(s.first, last.ownResults...)
			}
		}
	}
	s.answer.Happenings = append(s.answer.Happenings, h)
	return line, results, nil
}

// lastOf is what the event did: in the edition that was asked for where it is over, else
// in the one before it.
func (s *calendarAnswer) lastOf(ctx context.Context, e calendar.Edition, prefix string) (*LastTime, error) {
	if s.p == nil {
		return nil, nil
	}
	if s.req.Kind == almanac.LastTime && !e.Start.After(dayOf(s.q.Now)) {
		return s.agent.figures(ctx, s.p, s.q, e, e, prefix)
	}
	return s.agent.lastTime(ctx, s.p, s.q, e, prefix, false)
}

// edition is the one that the question means.
func (s *calendarAnswer) edition(c *calendar.Calendar, ev calendar.Event) (calendar.Edition, bool) {
	today := dayOf(s.q.Now)
	switch {
	case s.req.Year != 0:
		return c.Edition(ev.ID, s.req.Year)
	case s.req.Past || s.req.Kind == almanac.LastTime:
		return lastEdition(c, ev.ID, ev.Market, today)
	}
	return nextEdition(c, ev.ID, ev.Market, today)
}

// when says when an edition is, how far away that is, and of public holidays how many days
// off in a row they make.
func (s *calendarAnswer) when(ev calendar.Event, e calendar.Edition) string {
	if ev.Name.Ko == "" {
		ev.Name = e.Name
	}
	name := "**" + escapeMarkdown(ev.Name.In(s.q.Language)) + "**" + s.topic(ev)
	today := dayOf(s.q.Now)
	verb := s.w.isOn
	switch over, long := e.End.Before(today), e.End.After(e.Start); {
	case over && long:
		verb = s.w.ran
	case over:
		verb = s.w.wasOn
	case long:
		verb = s.w.runs
	}
	line := fmt.Sprintf(verb, name, s.w.dates(e.Start, e.End))
	switch days := int(e.Start.Sub(today) / (24 * time.Hour)); {
	case !e.TakesPlace():
	case days == 1:
		line += " " + s.w.tomorrow
	case days > 0:
		line += " " + fmt.Sprintf(s.w.daysLeft, s.count(days))
	case e.End.Equal(today) && e.Start.Equal(today):
		line += " " + s.w.isToday
	case !e.End.Before(today):
		line += " " + s.w.goesOn
	}
	switch {
	case e.Moved():
		line += " " + fmt.Sprintf(s.w.movedFrom, s.w.dates(e.PreviousStart, e.PreviousEnd))
	case s.w.statusIs[e.Status] != "":
		line += " " + s.w.statusIs[e.Status]
	}
	return line + s.length(e)
}

// length says how many days an edition of several days has, and of public holidays the days
// off around it.
func (s *calendarAnswer) length(e calendar.Edition) string {
	if !e.TakesPlace() {
		return ""
	}
	if e.Class == calendar.PublicHoliday {
		b := almanac.Around(s.agent.cfg.Calendar(), e.Market, e.Start, e.End)
		if b.Days() > e.Days() {
			return " " + fmt.Sprintf(s.w.off, s.w.dates(b.From, b.To), s.count(b.Days()))
		}
	}
	if e.Days() > 1 {
		return " " + fmt.Sprintf(s.w.lasts, s.count(e.Days()))
	}
	return ""
}

// whetherOff says whether people work on the day of an event: is Christmas Eve a holiday?
func (s *calendarAnswer) whetherOff(c *calendar.Calendar, e calendar.Edition) string {
	works, err := c.Workday(s.markets()[0], e.Start)
	switch {
	case err != nil:
		return ""
	case works:
		return " " + s.w.worksThen
	case isOff(c, s.markets()[0], e.Start, e.Event):
		return " " + s.w.holidayThen
	}
	return " " + s.w.offThen
}

// calledOff is the edition that would have been the next one, and does not take place.
func (s *calendarAnswer) calledOff(c *calendar.Calendar, ev calendar.Event, next calendar.Edition) (calendar.Edition, bool) {
	if s.req.Year != 0 || s.req.Past || s.req.Kind == almanac.LastTime {
		return calendar.Edition{}, false
	}
	for y := dayOf(s.q.Now).Year(); y < next.Year; y++ {
		if e, ok := c.EditionIn(ev.Market, ev.ID, y); ok && e.Status == calendar.Cancelled && !e.End.Before(dayOf(s.q.Now)) {
			return e, true
		}
	}
	return calendar.Edition{}, false
}

// deadlines are what has to be ready by when, those that have passed too.
func (s *calendarAnswer) deadlines(c *calendar.Calendar, ev calendar.Event, e calendar.Edition) string {
	var out strings.Builder
	today := dayOf(s.q.Now)
	if !e.TakesPlace() || e.End.Before(today) {
		return ""
	}
	all := slices.Clone(ev.Prepare)
	slices.SortStableFunc(all, func(a, b calendar.Preparation) int { return b.Days - a.Days })
	for _, prep := range all {
		on, ok := businessDaysBefore(c, e.Start, prep.Days)
		if !ok {
			continue
		}
		line := s.w.deadline
		if on.Before(today) {
			line = s.w.deadlinePassed
		}
		out.WriteString("\n- " + fmt.Sprintf(line, s.w.date(on, false), escapeMarkdown(prep.What.In(s.q.Language)), s.count(prep.Days)))
	}
	if out.Len() == 0 {
		return ""
	}
	return "\n" + out.String()
}

func (s *calendarAnswer) topic(ev calendar.Event) string {
	if s.q.Language != "ko" {
		return ""
	}
	return format.Josa(ev.Name.Ko, "은", "는")
}

// unannounced says that nobody has said when, and when it was the last time: dates of an
// announced event are never guessed.
func (s *calendarAnswer) unannounced(c *calendar.Calendar, ev calendar.Event) string {
	name := "**" + escapeMarkdown(ev.Name.In(s.q.Language)) + "**"
	which := s.w.nextOne
	if s.req.Year != 0 {
		which = fmt.Sprintf(s.w.year, s.req.Year)
	}
	line := fmt.Sprintf(s.w.notAnnounced, name, which)
	if !ev.Announced {
		line = fmt.Sprintf(s.w.noEdition, name, which)
	}
	if e, ok := lastEdition(c, ev.ID, ev.Market, dayOf(s.q.Now)); ok {
		line += " " + fmt.Sprintf(s.w.lastWas, s.w.dates(e.Start, e.End))
		s.answer.Happenings = append(s.answer.Happenings, happening(c, e, s.q))
	}
	return line
}
