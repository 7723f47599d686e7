package exchange

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// Verdict is what taking a row in would come to.
type Verdict string

// The verdicts.
const (
	New     Verdict = "new"     // an edition that the calendar has not
	Changed Verdict = "changed" // of one that it has, with other dates or another status
	Same    Verdict = "same"
)

// Change is a row beside the calendar.
type Change struct {
	Row     Row
	Verdict Verdict
	// Edition is what would be in the calendar, complete but for who confirms it.
	Edition calendar.Edition
	// Event describes the event where the calendar has none by this name.
	Event *calendar.Event
	// Was is the edition that Changed and Same are about.
	Was *calendar.Edition
}

// Preview is what a file would change.
type Preview struct {
	Format  Format
	Changes []Change // in the order of the file
	Refused []Refused
}

// Count is how many of the changes have a verdict.
func (p *Preview) Count(v Verdict) int {
	n := 0
	for i := range p.Changes {
		if p.Changes[i].Verdict == v {
			n++
		}
	}
	return n
}

// Compare sets a file's rows beside a calendar. Events are matched by id or by their
// exact name or alias; what is only alike is new, for a person to merge. A row that
// has another date than the calendar's own rule is refused.
func Compare(c *calendar.Calendar, f *File) *Preview {
	p := &Preview{Format: f.Format, Refused: slices.Clone(f.Refused)}
	m := &matcher{calendar: c, added: map[string]*calendar.Event{}}
	for _, r := range f.Rows {
		change, reason, detail := m.match(r)
		if reason != "" {
			p.Refused = append(p.Refused, Refused{Place: r.Place, Line: r.Line, Written: shorten(cmp.Or(r.Name, r.Event), 200), Reason: reason, Detail: detail})
			continue
		}
		p.Changes = append(p.Changes, change)
	}
	slices.SortStableFunc(p.Refused, func(a, b Refused) int { return cmp.Compare(a.Line, b.Line) })
	return p
}

type matcher struct {
	calendar *calendar.Calendar
	added    map[string]*calendar.Event // by their names' key
}

var (
	marketID = regexp.MustCompile(`^([A-Z]{2}|world)$`)
	eventID  = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_-]+)+$`)
	leading  = regexp.MustCompile(`^(\d{4})(\D|$)`)
	notWord  = regexp.MustCompile(`[^a-z0-9]+`)
	yearIn   = regexp.MustCompile(`(?:^|[^\d])(20\d{2})(?:년도|년)?(?:\s+|$)`)
)

func (m *matcher) match(r Row) (Change, Reason, string) {
	if r.Market != "" && !marketID.MatchString(r.Market) {
		return Change{}, NoMarket, r.Market
	}
	if was, ok := m.listed(r); ok {
		return m.beside(r, was)
	}
	event, ok := m.event(r)
	if !ok {
		return m.unknown(r)
	}
	if was, ok := m.edition(event, r); ok {
		return m.beside(r, was)
	}
	e := edition(r, event.ID, yearOf(r))
	if !event.Announced {
		if rule, ok := m.calendar.EditionIn(r.Market, event.ID, e.Year); ok {
			return Change{}, RuleDiffers, dates(rule.Start, rule.End)
		}
	}
	return Change{Row: r, Verdict: New, Edition: complete(e, &event)}, "", ""
}

// listed finds the edition with the row's very name and dates, or the day of a public
// holiday that is called so ("설날 다음 날", "대체공휴일(3·1절)").
func (m *matcher) listed(r Row) (calendar.Edition, bool) {
	if r.Event != "" || r.Name == "" {
		return calendar.Edition{}, false
	}
	for _, e := range m.calendar.List(r.Start, r.End, calendar.Filter{}) {
		if r.Market != "" && e.Market != r.Market {
			continue
		}
		if e.Start.Equal(r.Start) && e.End.Equal(r.End) && (key(e.Name.Ko) == key(r.Name) || key(e.Name.En) == key(r.Name)) {
			return e, true
		}
		if r.Start.Equal(r.End) && e.Class == calendar.PublicHoliday && m.dayOf(e, r) {
			return e, true
		}
	}
	return calendar.Edition{}, false
}

// dayOf reports whether a row is one day of a longer public holiday, by its name or the
// holiday's.
func (m *matcher) dayOf(e calendar.Edition, r Row) bool {
	days, err := m.calendar.Holidays(e.Market, r.Start.Year())
	if err != nil {
		return false
	}
	name, substitute := substituted(r.Name)
	id, _ := m.calendar.Find(name)
	for _, h := range days[r.Start] {
		if h.Event != strings.TrimSuffix(e.Event, ".substitute") || h.Substitute != strings.HasSuffix(e.Event, ".substitute") {
			continue
		}
		if key(h.Name.Ko) == key(r.Name) || key(h.Name.En) == key(r.Name) || id == h.Event && substitute == h.Substitute {
			return true
		}
	}
	return false
}

// substituted takes a day off's name apart: "대체공휴일(기독탄신일)" is one for Christmas.
func substituted(name string) (of string, ok bool) {
	if of, ok := strings.CutPrefix(name, "대체공휴일("); ok {
		return strings.TrimSuffix(of, ")"), true
	}
	return strings.CutPrefix(name, "Substitute for ")
}

func (m *matcher) event(r Row) (calendar.Event, bool) {
	if r.Event != "" {
		return m.calendar.Event(r.Event)
	}
	name := strings.TrimSpace(yearIn.ReplaceAllString(r.Name, " ")) // "2026 블랙프라이데이"
	for _, n := range []string{r.Name, name} {
		if id, ok := m.calendar.Find(n); ok {
			return m.calendar.Event(id)
		}
	}
	return calendar.Event{}, false
}

// edition finds which edition of an event a row is about: the labelled one, else one
// that it overlaps, else that of its year.
func (m *matcher) edition(event calendar.Event, r Row) (calendar.Edition, bool) {
	at := cmp.Or(r.Market, event.Market)
	near := m.calendar.List(r.Start.AddDate(-1, 0, 0), r.End.AddDate(1, 0, 0), calendar.Filter{Events: []string{event.ID}})
	near = slices.DeleteFunc(near, func(e calendar.Edition) bool { return e.Market != at })
	for _, e := range near {
		if r.Label != "" && e.Label == r.Label {
			return e, event.Announced || sameDates(e, r)
		}
	}
	for _, e := range near {
		if !e.Start.After(r.End) && !e.End.Before(r.Start) && (r.Label == "" || !event.Announced) {
			return e, event.Announced || sameDates(e, r)
		}
	}
	for _, e := range near {
		if r.Label == "" && event.Announced && e.Year == yearOf(r) {
			return e, true
		}
	}
	return calendar.Edition{}, false
}

func sameDates(e calendar.Edition, r Row) bool { return e.Start.Equal(r.Start) && e.End.Equal(r.End) }

// beside compares a row with the edition that it is about.
func (m *matcher) beside(r Row, was calendar.Edition) (Change, Reason, string) {
	e := was
	e.Start, e.End = r.Start, r.End
	if m.dayWithin(r, was) {
		e.Start, e.End = was.Start, was.End
	}
	if !r.PreviousStart.IsZero() {
		e.PreviousStart, e.PreviousEnd = r.PreviousStart, r.PreviousEnd
	}
	moved := !e.Start.Equal(was.Start) || !e.End.Equal(was.End)
	if moved && !was.Moved() && r.PreviousStart.IsZero() {
		e.PreviousStart, e.PreviousEnd = was.Start, was.End
	}
	if r.Status != "" {
		e.Status = r.Status
	}
	change := Change{Row: r, Verdict: Same, Edition: e, Was: &was}
	if moved || e.Status != was.Status {
		change.Verdict = Changed
		change.Edition.Source, change.Edition.URL = cmp.Or(r.Source, was.Source), r.URL
		change.Edition.Quote, change.Edition.RetrievedAt = "", time.Time{}
		change.Edition.ConfirmedBy, change.Edition.ConfirmedAt = "", time.Time{}
	}
	return change, "", ""
}

func (m *matcher) dayWithin(r Row, was calendar.Edition) bool {
	return r.Start.Equal(r.End) && was.Class == calendar.PublicHoliday && !r.Start.Before(was.Start) && !r.End.After(was.End)
}

// unknown is a row about an event that the calendar has not, with a description of it.
func (m *matcher) unknown(r Row) (Change, Reason, string) {
	if r.Name == "" {
		return Change{}, NoEvent, r.Event
	}
	name := cmp.Or(clean(yearIn.ReplaceAllString(r.Name, " ")), r.Name)
	at := cmp.Or(r.Event, key(name)+"\x00"+r.Market)
	event := m.added[at]
	if event == nil {
		event = &calendar.Event{ID: newID(r, name), Name: calendar.Names{Ko: name, En: name}, Market: cmp.Or(r.Market, calendar.Home),
			Class: cmp.Or(r.Class, calendar.Announced), Announced: true}
		m.added[at] = event
	}
	return Change{Row: r, Verdict: New, Event: event, Edition: complete(edition(r, event.ID, yearOf(r)), event)}, "", ""
}

// newID is the id that the file has, or one of the name. Ids are letters and digits, so
// that of a Korean name is a number that is always the same.
func newID(r Row, name string) string {
	if eventID.MatchString(r.Event) {
		return r.Event
	}
	word := strings.Trim(notWord.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if len(word) < 3 || len(word) < len(name)/2 {
		sum := sha256.Sum256([]byte(key(name)))
		word = "e" + hex.EncodeToString(sum[:5])
	}
	return "own." + shortID(word)
}

func shortID(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

// yearOf is the edition's year: the one that its label or its name begins with or has,
// where that is near its dates, else that of its first day.
func yearOf(r Row) int {
	for _, found := range [][]string{leading.FindStringSubmatch(r.Label), yearIn.FindStringSubmatch(r.Name)} {
		if len(found) > 1 {
			if y := number(found[1]); y >= r.Start.Year()-1 && y <= r.End.Year()+1 {
				return y
			}
		}
	}
	return r.Start.Year()
}

func edition(r Row, id string, year int) calendar.Edition {
	return calendar.Edition{Event: id, Year: year, Label: r.Label, Start: r.Start, End: r.End, Market: r.Market, Class: r.Class,
		Status: cmp.Or(r.Status, calendar.Tentative), Source: r.Source, URL: r.URL, PreviousStart: r.PreviousStart, PreviousEnd: r.PreviousEnd}
}

func complete(e calendar.Edition, event *calendar.Event) calendar.Edition {
	e.Name, e.Market, e.Class = event.Name, cmp.Or(e.Market, event.Market), cmp.Or(e.Class, event.Class)
	if e.Label == "" {
		e.Label = e.Start.Format("2006")
		if e.Year != e.Start.Year() {
			e.Label = time.Date(e.Year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006")
		}
	}
	return e
}
