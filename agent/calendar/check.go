package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

var (
	idRule     = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)
	marketRule = regexp.MustCompile(`^([A-Z]{2}|world)$`)
)

// check refuses rules of a file that would give no or wrong dates silently. It tells
// every mistake, with its place.
func (r *rules) check(file string, body ast.Node) error {
	var wrong []error
	markets, events := placesOf(file, body, "markets"), placesOf(file, body, "events")
	for i := range r.Markets {
		r.Markets[i].place = placeAt(markets, file, i)
		if err := r.Markets[i].check(); err != nil {
			wrong = append(wrong, r.Markets[i].problem("market %q: %v", r.Markets[i].ID, err))
		}
	}
	seen := map[string]bool{}
	for i := range r.Events {
		e := &r.Events[i]
		e.place = placeAt(events, file, i)
		if err := e.check(); err != nil {
			wrong = append(wrong, e.problem("event %q: %v", e.ID, err))
		}
		if seen[e.ID] {
			wrong = append(wrong, e.problem("event %q is there twice", e.ID))
		}
		seen[e.ID] = true
	}
	return errors.Join(wrong...)
}

func (m *market) check() error {
	if !marketRule.MatchString(m.ID) || m.ID == World {
		return errors.New("a market's id is a country's two letters")
	}
	if m.Name.Ko == "" || m.Name.En == "" || m.OfficialUntil == 0 {
		return errors.New("it needs a Korean and an English name, and official_until")
	}
	if m.Until != 0 && (m.Until < m.Since || m.Until > LastYear) {
		return fmt.Errorf("until %d", m.Until)
	}
	for _, day := range m.Worked {
		if t, err := time.Parse(time.DateOnly, day); err != nil || !weekend(t) {
			return fmt.Errorf("worked: %q is no date at a weekend", day)
		}
	}
	return nil
}

func (e *event) check() error {
	if e.ID == "" || e.Name.Ko == "" || e.Name.En == "" || e.Market == "" || e.Source == "" {
		return errors.New("an event needs an id, a Korean and an English name, a market and a source")
	}
	if !idRule.MatchString(e.ID) {
		return errors.New("an id is of lower-case letters, digits and _, with a dot: company.event")
	}
	for _, m := range append([]string{e.Market}, e.Markets...) {
		if !marketRule.MatchString(m) {
			return fmt.Errorf("market %q: use a country's two letters, or world", m)
		}
	}
	if e.Class != "" && !e.Class.known() {
		return fmt.Errorf("no class %q", e.Class)
	}
	if e.Class == "" && len(e.Off) == 0 {
		return errors.New("an event needs a class, or years off")
	}
	if !slices.Contains([]string{"", "sunday", "weekend", "nearest"}, e.Substitute.On) {
		return fmt.Errorf("substitute: on: %q", e.Substitute.On)
	}
	if e.Before < 0 || e.After < 0 || e.Before+e.After > 400 {
		return fmt.Errorf("before %d, after %d", e.Before, e.After)
	}
	if fixed := e.When.From != "" || e.When.Editions != nil || e.When.Between; fixed && (e.Before != 0 || e.After != 0 || e.Except != nil) {
		return errors.New("before, after and except go with a rule for a day")
	}
	if e.Substitute.On != "" && len(e.Off) == 0 {
		return errors.New("substitute is for public holidays: say in which years (off)")
	}
	for _, p := range e.Prepare {
		if p.Days < 0 || p.Days > 400 || p.What.Ko == "" || p.What.En == "" {
			return errors.New("prepare needs days (business days before) and what, in Korean and English")
		}
	}
	if e.Expect != nil && e.When.Editions == nil {
		return errors.New("expect is for announced events: with a rule it says nothing")
	}
	for _, a := range e.Except {
		if err := a.check(); err != nil {
			return fmt.Errorf("except %d: %w", a.Year, err)
		}
	}
	if err := e.When.check(); err != nil {
		return err
	}
	public := e.public()
	return public.check()
}

func (w *when) check() error {
	rules := 0
	for _, has := range []bool{w.Date != "", w.From != "", w.Nth != nil, w.Lunar != nil, w.Easter != nil, w.Hijri != nil,
		w.Longitude != nil, w.Geng != nil, w.Between, w.Editions != nil} {
		if has {
			rules++
		}
	}
	if rules != 1 {
		return fmt.Errorf("when has %d rules instead of one", rules)
	}
	if (w.From == "") != (w.To == "") {
		return errors.New("a season needs from and to")
	}
	for _, s := range []string{w.Date, w.From, w.To} {
		if _, err := parseMonthDay(s); s != "" && err != nil {
			return fmt.Errorf("%q is no date MM-DD", s)
		}
		if s == "02-29" {
			return errors.New("02-29 is not in every year")
		}
	}
	for _, err := range []error{w.Nth.check(), w.Lunar.check(), w.Hijri.check(), w.Geng.check()} {
		if err != nil {
			return err
		}
	}
	if w.Longitude != nil && (*w.Longitude < 0 || *w.Longitude >= 360) {
		return fmt.Errorf("longitude %g is outside 0–360", *w.Longitude)
	}
	if w.Easter != nil && (*w.Easter < -100 || *w.Easter > 200) {
		return fmt.Errorf("easter: %d days", *w.Easter)
	}
	day := w.Date != "" || w.Nth != nil || w.Lunar != nil || w.Easter != nil || w.Longitude != nil || w.Geng != nil
	if w.Offset != 0 && (!day || w.Date != "") || w.Meridian != "" && w.Longitude == nil {
		return errors.New("offset goes with nth, lunar, longitude, geng and easter, meridian with longitude")
	}
	if w.Offset < -200 || w.Offset > 200 {
		return fmt.Errorf("offset %d days", w.Offset)
	}
	if w.Meridian != "" && w.Meridian != "kr" && w.Meridian != "cn" {
		return fmt.Errorf("no meridian %q", w.Meridian)
	}
	for _, a := range w.Editions {
		if err := a.check(); err != nil {
			return fmt.Errorf("edition %d: %w", a.Year, err)
		}
	}
	return nil
}

func (n *nthWeekday) check() error {
	if n == nil {
		return nil
	}
	if weekday(n.Weekday) < 0 {
		return fmt.Errorf("no weekday %q", n.Weekday)
	}
	if n.Month < 1 || n.Month > 12 || n.N == 0 || n.N < -5 || n.N > 4 {
		return errors.New("nth: month 1–12, n 1–4 or -1…-5 from the end")
	}
	return nil
}

func (l *lunarDate) check() error {
	if l == nil {
		return nil
	}
	if l.Calendar != "kr" && l.Calendar != "cn" {
		return fmt.Errorf("no lunar calendar %q", l.Calendar)
	}
	if l.Month < 1 || l.Month > 12 || l.Day < 1 || l.Day > 29 {
		return errors.New("lunar: month 1–12, day 1–29 (not every month has a 30th)")
	}
	return nil
}

func (h *hijriDate) check() error {
	if h != nil && (h.Month < 1 || h.Month > 12 || h.Day < 1 || h.Day > 29) {
		return errors.New("hijri: month 1–12, day 1–29")
	}
	return nil
}

func (g *gengDay) check() error {
	if g != nil && (g.Longitude < 0 || g.Longitude >= 360 || g.N < 1 || g.N > 9) {
		return errors.New("geng: longitude 0–360, n 1–9")
	}
	return nil
}

func (a *announced) check() error {
	dates := []string{a.Start, cmp.Or(a.End, a.Start)}
	if a.Before != nil {
		dates = append(dates, a.Before.Start, a.Before.End)
	}
	for i, s := range dates {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return fmt.Errorf("%q is no date YYYY-MM-DD", s)
		}
		if i%2 == 1 && s < dates[i-1] {
			return fmt.Errorf("%s is before %s", s, dates[i-1])
		}
		if t.Year() < a.Year-maxShift || t.Year() > a.Year+maxShift {
			return fmt.Errorf("%s is not of the year %d", s, a.Year)
		}
	}
	if err := inRange(a.Year); err != nil {
		return err
	}
	if a.Status != "" && !a.Status.known() {
		return fmt.Errorf("no status %q", a.Status)
	}
	return nil
}
