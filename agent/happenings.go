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
		analysts, err := a.candidates(ctx, &q)
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
	figures := 0
	for _, e := range c.List(o.From, o.To, o.Filter) {
		h := happening(c, e, q)
		if p != nil && figures < o.Figures && e.TakesPlace() && e.Windows != (calendar.Windows{}) {
			figures++
			last, err := a.lastTime(ctx, p, q, e, fmt.Sprintf("e%d", figures))
			if err != nil {
				return nil, nil, err
			}
			if h.Last = last; last != nil {
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
			if on, ok := businessDaysBefore(c, e.Market, e.Start, prep.Days); ok && !on.Before(today) {
				h.Prepare = append(h.Prepare, Deadline{On: on.Format(jsonDate), Days: prep.Days, What: prep.What.In(q.Language)})
			}
		}
		slices.SortStableFunc(h.Prepare, func(a, b Deadline) int { return strings.Compare(a.On, b.On) })
	}
	return h
}

// businessDaysBefore is the n-th business day before a date. People prepare where they
// work: events of markets whose holidays are not known count the home market's.
func businessDaysBefore(c *calendar.Calendar, market string, day time.Time, n int) (time.Time, bool) {
	if _, err := c.Workday(market, day); err != nil {
		market = calendar.Home
	}
	for n > 0 {
		day = day.AddDate(0, 0, -1)
		works, err := c.Workday(market, day)
		if err != nil {
			return day, false
		}
		if works {
			n--
		}
	}
	return day, true
}

// lastTime is what the event of now did in the edition before it. A failure of the source
// is said instead of figures.
func (a *Agent) lastTime(ctx context.Context, p *prepared, q *Question, now calendar.Edition, prefix string) (*LastTime, error) {
	w := calendarWordsFor(q.Language)
	was, ok := lastEdition(a.cfg.Calendar(), now.Event, now.Market, earlier(now.Start, dayOf(q.Now)))
	if !ok {
		return &LastTime{Why: w.firstTime}, nil
	}
	r := &run{agent: a, p: p, q: q, step: func(Step) {}, answer: &Answer{}}
	last, err := r.figuresOf(ctx, now, was, prefix)
	if err != nil && ctx.Err() == nil {
		a.cfg.Logger.WarnContext(ctx, "agent: no figures of the last edition", "event", now.Event, "error", err)
		return &LastTime{Edition: editionLabel(was), Start: was.Start.Format(jsonDate), End: was.End.Format(jsonDate), Why: w.noFigures}, nil
	}
	return last, err
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

// ofCalendar reads what a question asks of the calendar, and reports false when it asks
// something else.
func (a *Agent) ofCalendar(q *Question) (almanac.Request, bool) {
	if !q.allows(Compose) {
		return almanac.Request{}, false
	}
	return almanac.Read(q.Text, almanac.Options{Now: q.Now, Calendar: a.cfg.Calendar(), WeekStart: time.Monday})
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
}

// coming lists what takes place in a stretch.
func (s *calendarAnswer) coming(ctx context.Context) error {
	filter := calendar.Filter{Markets: s.req.Markets, Classes: s.req.Classes, Major: len(s.req.Classes) == 0}
	if len(filter.Markets) == 0 {
		filter.Markets = []string{calendar.Home}
	}
	list, results, err := s.agent.happenings(ctx, s.q, s.p, Outlook{From: s.req.From, To: s.req.To, Filter: filter, Figures: maxCalendarFigures})
	if err != nil {
		return err
	}
	if len(s.req.Markets) == 0 && slices.Contains(s.req.Classes, calendar.PublicHoliday) {
		// A day off in another country is none here, even where it matters for business.
		list = slices.DeleteFunc(list, func(h Happening) bool { return h.Class == calendar.PublicHoliday && h.Market != calendar.Home })
	}
	stretch := semantic.Period{Start: s.req.From, End: s.req.To.AddDate(0, 0, 1)}
	named := period.Describe(stretch, s.q.Language)
	if s.answer.Happenings = list; len(list) == 0 {
		s.answer.Text = fmt.Sprintf(s.w.nothingIn, named)
	} else {
		s.answer.Text = fmt.Sprintf(s.w.comingIn, named, format.Value(float64(len(list)), format.Integer, s.q.Language))
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

// workdays counts the business days of a stretch.
func (s *calendarAnswer) workdays(ctx context.Context) error {
	market := calendar.Home
	if len(s.req.Markets) > 0 {
		market = s.req.Markets[0]
	}
	c := s.agent.cfg.Calendar()
	n, all := 0, 0
	for d := s.req.From; !d.After(s.req.To); d = d.AddDate(0, 0, 1) {
		works, err := c.Workday(market, d)
		if err != nil {
			s.answer.Rung, s.answer.Reason, s.answer.Text = None, ReasonUnknown, s.w.unknownMarket
			return nil
		}
		if all++; works {
			n++
		}
	}
	count := func(n int) string { return format.Value(float64(n), format.Integer, s.q.Language) }
	s.answer.Text = fmt.Sprintf(s.w.workdays, period.Describe(semantic.Period{Start: s.req.From, End: s.req.To.AddDate(0, 0, 1)}, s.q.Language), count(n), count(all))
	s.read(s.w.market, market)
	off, _, err := s.agent.happenings(ctx, s.q, nil, Outlook{From: s.req.From, To: s.req.To, Filter: calendar.Filter{
		Markets: []string{market}, Classes: []calendar.Class{calendar.PublicHoliday},
	}})
	// What is a day off elsewhere may be of concern here, and is no day off.
	s.answer.Happenings = slices.DeleteFunc(off, func(h Happening) bool { return h.Market != market })
	s.tabulate(nil)
	return err
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
				line = said + "\n\n" + line
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
	if s.req.Kind == almanac.LastTime && e.Start.Before(dayOf(s.q.Now)) {
		r := &run{agent: s.agent, p: s.p, q: s.q, step: func(Step) {}, answer: &Answer{}}
		return r.figuresOf(ctx, e, e, prefix)
	}
	return s.agent.lastTime(ctx, s.p, s.q, e, prefix)
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

// when says when an edition is.
func (s *calendarAnswer) when(ev calendar.Event, e calendar.Edition) string {
	name := "**" + escapeMarkdown(ev.Name.In(s.q.Language)) + "**"
	if ev.Name.Ko == "" {
		name = "**" + escapeMarkdown(e.Name.In(s.q.Language)) + "**"
	}
	dates := s.w.dates(e.Start, e.End)
	line := fmt.Sprintf(s.w.isOn, name+format.Josa(ev.Name.In(s.q.Language), "은", "는"), dates)
	if s.q.Language != "ko" {
		line = fmt.Sprintf(s.w.isOn, name, dates)
	}
	if e.End.Before(dayOf(s.q.Now)) {
		line = fmt.Sprintf(s.w.wasOn, name+s.topic(ev), dates)
	}
	switch days := int(e.Start.Sub(dayOf(s.q.Now)) / (24 * time.Hour)); {
	case days > 0:
		line += " " + fmt.Sprintf(s.w.daysLeft, format.Value(float64(days), format.Integer, s.q.Language))
	case !e.End.Before(dayOf(s.q.Now)):
		line += " " + s.w.goesOn
	}
	if e.Status != calendar.Confirmed {
		line += " " + fmt.Sprintf(s.w.statusIs, s.w.statuses[e.Status])
	}
	return line
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
