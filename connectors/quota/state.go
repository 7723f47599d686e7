package quota

import (
	"maps"
	"slices"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// gone is when a member that was not heard of no longer counts: its places are free
	// again.
	gone = 15 * time.Second
	// expires is when a member that cannot tell that it is there gives up its places by
	// itself. The difference to gone is for clocks that do not agree.
	expires = 12 * time.Second
	// poll is when a member asks again that found no place. It is woken before, when one
	// becomes free.
	poll = 500 * time.Millisecond

	// soon is when it is asked again what may have changed while it was asked.
	soon = 10 * time.Millisecond

	// breakAfter failures in a row open the breaker for breakFor: long enough for a system to
	// come back unhurried, short enough that nobody turns to anything else meanwhile.
	breakAfter = 5
	breakFor   = 10 * time.Second

	// A sign of distress halves the pace, down to minPace, at most once in cutEvery: what
	// was on its way then says nothing new. paceStep is won back every stepEvery without
	// another.
	halve     = 0.5
	minPace   = 0.05
	cutEvery  = 2 * time.Second
	paceStep  = 0.05
	stepEvery = 10 * time.Second

	// longestPause bounds a pause that a system asks for.
	longestPause = 24 * time.Hour
	// mostSwitches is how many of an operator's acts are remembered.
	mostSwitches = 20
)

// Switch is an operator's act.
type Switch struct {
	On      bool      `json:"on,omitempty"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Because string    `json:"because,omitempty"`
	Until   time.Time `json:"until,omitzero"` // when it is on again by itself; zero when somebody must say so
}

// state is what is known of one contract: a document that all members share. Its methods
// do arithmetic only.
type state struct {
	Rev      int64             `json:"rev"` // counts updates
	Rates    []count           `json:"rates,omitempty"`
	Members  map[string]member `json:"members,omitempty"`
	Pace     float64           `json:"pace"`           // share of the agreed rates that is used
	Due      time.Time         `json:"due,omitzero"`   // the next call's time, while the pace is reduced
	CutAt    time.Time         `json:"cut,omitzero"`   // when the pace was last halved
	StepAt   time.Time         `json:"step,omitzero"`  // when it last changed
	Paused   time.Time         `json:"pause,omitzero"` // the system asked to be left alone until then
	Fails    int               `json:"fails,omitempty"`
	Broken   time.Time         `json:"broken,omitzero"` // the breaker is open until then; one call finds out afterwards
	Probe    time.Time         `json:"probe,omitzero"`  // one is finding out, until then at most
	Switches []Switch          `json:"switches,omitempty"`
}

// member is what one process last said of itself.
type member struct {
	At      time.Time `json:"at"`
	Held    int       `json:"held,omitempty"`    // places
	Waiting int       `json:"waiting,omitempty"` // calls that wait for one
	Since   time.Time `json:"since,omitzero"`    // it has none, and waits
}

// off is the act by which the upstream is turned off now, nil while it is on.
func (s *state) off(now time.Time) *Switch {
	if len(s.Switches) == 0 {
		return nil
	}
	last := s.Switches[len(s.Switches)-1]
	if last.On || !last.Until.IsZero() && !now.Before(last.Until) {
		return nil
	}
	return &last
}

func (s *state) flip(w Switch) {
	s.Switches = append(s.Switches, w)
	s.Switches = s.Switches[max(0, len(s.Switches)-mostSwitches):]
}

// adopt makes a state of other terms, or none, one of these, as of now.
func (s *state) adopt(t *connectors.Terms, now time.Time) {
	if s.Pace == 0 {
		s.Pace = 1
	}
	if s.Members == nil {
		s.Members = map[string]member{}
	}
	same := slices.EqualFunc(s.Rates, t.Rates, func(c count, r connectors.Rate) bool { return c.Rate == r.String() })
	if !same {
		old := s.Rates
		s.Rates = make([]count, len(t.Rates))
		for i, r := range t.Rates {
			s.Rates[i] = countFor(old, r)
		}
	}
	for i, r := range t.Rates {
		s.Rates[i].turn(r, now)
	}
	maps.DeleteFunc(s.Members, func(_ string, m member) bool { return now.Sub(m.At) > gone })
	// A clock that ran ahead somewhere must not stop everybody else.
	if s.Broken.After(now.Add(breakFor + gone)) {
		s.Broken, s.Probe = now, time.Time{}
	}
	if s.Due.After(now.Add(time.Hour)) {
		s.Due = now
	}
	for s.Pace < 1 && now.Sub(s.StepAt) >= stepEvery {
		s.Pace = min(1, s.Pace+paceStep)
		s.StepAt = s.StepAt.Add(stepEvery)
	}
}

// countFor is the count of a rate, of one that has the same time where its number was
// changed: nobody gets a new day by editing it.
func countFor(old []count, r connectors.Rate) count {
	for _, c := range old {
		if was, err := connectors.ParseRate(c.Rate); err == nil && was.Per == r.Per && zone(was) == zone(r) {
			c.Rate = r.String()
			return c
		}
	}
	return count{Rate: r.String()}
}

func zone(r connectors.Rate) string {
	if r.Zone == nil {
		return ""
	}
	return r.Zone.String()
}

// ask is what a member wants.
type ask struct {
	member  string
	now     time.Time
	lease   time.Duration // how long permits last
	permits int           // for calls that wait
	spare   int           // for calls that will come
	places  int           // beyond those held
	held    int
	idle    int // of those held
	inHand  int // permits
	waiting int // calls
}

// given is what a member gets.
type given struct {
	permits, places int
	until           time.Time      // of the permits
	why             connectors.Why // there are no permits
	again           time.Time      // then: when to ask again
	probe           bool           // the permit is to find out whether the upstream is well
}

// take gives places and permits, as many of those wanted as there are.
func (s *state) take(t *connectors.Terms, a ask) given {
	var g given
	if s.off(a.now) != nil {
		g.why = connectors.WhyOff
		s.present(a, 0)
		return g
	}
	places := s.free(t, a)
	idle := a.idle + places
	if t.Concurrency == 0 {
		idle = a.permits + a.spare
	}
	defer func() { s.present(a, g.places) }()
	switch {
	case !s.Broken.IsZero() && a.now.Before(s.Broken):
		g.why, g.again = connectors.WhyBroken, s.Broken
	case !s.Broken.IsZero() && a.now.Before(s.Probe):
		g.why, g.again = connectors.WhyBroken, s.Probe
	case a.now.Before(s.Paused):
		g.why, g.again = connectors.WhyPaused, s.Paused
	case idle == 0:
		g.why, g.again = connectors.WhyBusy, a.now.Add(poll)
	default:
		s.grant(t, a, idle, &g)
		if g.places = places; len(t.Rates) > 0 { // a place is no use without a permit
			g.places = min(places, max(0, a.inHand+g.permits-a.idle))
		}
	}
	return g
}

// grant gives permits to who has idle places.
func (s *state) grant(t *connectors.Terms, a ask, idle int, g *given) {
	probe := !s.Broken.IsZero()
	if len(t.Rates) == 0 && !probe {
		return
	}
	if t.Concurrency > 0 {
		a.permits = min(a.permits, max(0, idle-a.inHand))
	}
	if a.permits+a.spare == 0 && !probe {
		return
	}
	n, again := s.room(t, a)
	if n == 0 {
		g.why, g.again = connectors.WhyExhausted, again
		return
	}
	g.permits, g.until = n, s.lasts(t, a)
	if probe {
		g.probe, g.permits, s.Probe = true, 1, a.now.Add(breakFor)
	}
	for i, r := range t.Rates {
		s.Rates[i].add(r, g.until, g.permits)
	}
	if d := s.spacing(t); d > 0 {
		s.Due = later(s.Due, a.now).Add(time.Duration(g.permits) * d)
	}
}

// lasts is until when permits of now last: a lease, and no longer than any zone's day.
func (s *state) lasts(t *connectors.Terms, a ask) time.Time {
	until := a.now.Add(a.lease)
	for _, r := range t.Rates {
		if r.Zone == nil {
			continue
		}
		if end := connectors.Midnight(a.now.In(r.Zone), 1); !until.Before(end) {
			until = later(a.now, end.Add(-time.Millisecond))
		}
	}
	return until
}

// atOnce is how many calls there may be at once at a pace; 0 is that of who knows none.
func atOnce(t *connectors.Terms, pace float64) int {
	if pace == 0 {
		pace = 1
	}
	return max(1, int(float64(t.Concurrency)*pace))
}

// free is how many of the places that a wants it may have. Members that have none, and have
// waited longer, go first.
func (s *state) free(t *connectors.Terms, a ask) int {
	if t.Concurrency == 0 {
		return 0
	}
	left := atOnce(t, s.Pace) - a.held
	mine := a.now
	if m := s.Members[a.member]; a.held == 0 && !m.Since.IsZero() {
		mine = m.Since
	}
	for id, m := range s.Members {
		if id == a.member {
			continue
		}
		left -= m.Held
		if m.Held == 0 && !m.Since.IsZero() && m.Since.Before(mine) && a.now.Sub(m.At) < 4*poll {
			left--
		}
	}
	return max(0, min(left, a.places))
}

// present notes what a member has and waits for.
func (s *state) present(a ask, places int) {
	m := member{At: a.now, Held: a.held + places}
	if m.Waiting = max(0, a.waiting-a.idle-places); m.Waiting > 0 && m.Held == 0 {
		m.Since = a.now
		if was := s.Members[a.member]; !was.Since.IsZero() {
			m.Since = was.Since
		}
	}
	s.Members[a.member] = m
}

// room is how many calls the rates allow now, at the present pace; where it is none, when
// there will be one.
func (s *state) room(t *connectors.Terms, a ask) (int, time.Time) {
	n, again := max(1, a.permits+a.spare), a.now
	others := 0
	for id, m := range s.Members {
		if id != a.member && m.Waiting > 0 {
			others++
		}
	}
	for i, r := range t.Rates {
		room, at := s.Rates[i].room(r, s.limit(r), a.now)
		if room == 0 {
			again = later(again, at)
		}
		// Spare permits are for times of plenty.
		n = min(n, max(min(room, a.permits), room/(2+others)))
	}
	if d := s.spacing(t); d > 0 {
		if s.Due.After(a.now) {
			return 0, later(again, s.Due)
		}
		n = min(n, 1+int(a.lease/d))
	}
	// Room comes in small parts. Asking for each would cost an update a call, and more.
	return n, later(again, a.now.Add(a.lease))
}

// limit is a rate at the present pace. A day's number is kept as it was agreed: whoever
// is in distress is not helped by our stopping in the evening.
func (s *state) limit(r connectors.Rate) int {
	if r.Per >= 24*time.Hour {
		return r.Calls
	}
	return max(1, int(float64(r.Calls)*s.Pace))
}

// spacing is the distance that calls keep while the pace is reduced, so that no window is
// used in one go; zero at full pace.
func (s *state) spacing(t *connectors.Terms) time.Duration {
	var d time.Duration
	for _, r := range t.Rates {
		if r.Per < 24*time.Hour && s.Pace < 1 {
			d = max(d, time.Duration(float64(r.Per)/(float64(r.Calls)*s.Pace)))
		}
	}
	return d
}

// giveBack takes back permits that nobody used, which counted at until.
func (s *state) giveBack(t *connectors.Terms, until time.Time, n int) {
	for i, r := range t.Rates {
		s.Rates[i].add(r, until, -n)
	}
}

// failed notes a sign of distress of a call that began at began: it halves the pace. A
// silent one counts for the breaker.
func (s *state) failed(now, began time.Time, silent bool) {
	probing := !s.Broken.IsZero()
	if !probing && !began.Before(s.CutAt) && now.Sub(s.CutAt) >= cutEvery {
		s.Pace = max(minPace, s.Pace*halve)
		s.CutAt, s.StepAt = now, now
	}
	if !silent {
		return
	}
	if s.Fails++; s.Fails >= breakAfter || probing {
		s.Broken, s.Probe = now.Add(breakFor), time.Time{}
	}
}

// well notes that the upstream answers.
func (s *state) well() {
	s.Fails, s.Broken, s.Probe = 0, time.Time{}, time.Time{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// look is what a member has to know of the state.
func (s *state) look(id string, now time.Time) view {
	v := view{rev: s.Rev, off: s.off(now), broken: s.Broken, paused: s.Paused, pace: s.Pace, fails: s.Fails}
	for other, m := range s.Members {
		if now.Sub(m.At) > gone {
			continue
		}
		v.live++
		v.held += m.Held
		if other != id && m.Waiting > 0 {
			v.waiting = true
			v.starving = v.starving || m.Held == 0 && now.Sub(m.At) < 4*poll
		}
	}
	return v
}
