package extract

import (
	"fmt"
	"time"
)

// context is what surrounds a date and helps to complete it.
type context struct {
	ref     time.Time // the date the text was written, or fetched
	year    int       // the year in the line, a heading or the title; 0 without
	cueYear int       // from ref's, by words like 작년; noYear without
	lunar   func(year, month, day int) (time.Time, bool)
}

// recently is how long a date without a year may have gone by and still be meant: a page
// about a sale that runs.
const recently = 31 * 24 * time.Hour

// resolve completes a span. ok is false where no such date exists. Where the order of
// day and month is open, a weekday decides.
func (s span) resolve(c context) (m Mention, ok bool) {
	if s.moved {
		return s.resolveMove(c)
	}
	m, ok = s.complete(c)
	if ok && m.Confidence == High || !s.from.swappable || !s.hasWeekday() {
		return m, ok
	}
	swapped := s
	swapped.from.month, swapped.from.day = s.from.day, s.from.month
	swapped.to.month, swapped.to.day = s.to.day, s.to.month
	if other, fits := swapped.complete(c); fits && other.Confidence == High {
		return other, true
	}
	return m, ok
}

// resolveMove completes the day something was moved to, and remembers the one before.
func (s span) resolveMove(c context) (Mention, bool) {
	was, is := s.from, s.to
	switch {
	case is.year == 0 && was.year != 0:
		is.year = was.year
		if is.month < was.month-6 {
			is.year++
		}
	case was.year == 0:
		was.year = is.year
	}
	m, ok := span{from: is, at: s.at, end: s.end}.complete(c)
	if before, known := (span{from: was}).complete(c); ok && known {
		m.Previous = before.Start
	}
	return m, ok
}

func (s span) complete(c context) (m Mention, ok bool) {
	m.At = s.at
	year, source := s.writtenYear(), YearWritten
	if year == 0 {
		year, source = c.saidYear()
	}
	if source == YearGuessed {
		return s.guess(m, c)
	}
	m.Start, m.End, ok = s.in(year, c.lunar)
	if !ok {
		return m, false
	}
	m.Year, m.Confidence = source, Low
	switch {
	case !s.hasWeekday():
	case s.agrees(m.Start, m.End):
		m.Confidence = High
	case source == YearContext:
		return s.against(m, c)
	default:
		m.Confidence = Conflict
		m.Doubts = append(m.Doubts, s.wrongWeekday(m))
	}
	return s.finish(m), true
}

// writtenYear is the year of the start as the date's own words give it, 0 without.
func (s span) writtenYear() int {
	if s.from.year != 0 || !s.ranged || s.to.year == 0 {
		return s.from.year
	}
	if s.to.before(s.from) {
		return s.to.year - 1
	}
	return s.to.year
}

// before reports whether p is earlier in a year than q.
func (p point) before(q point) bool {
	return p.month < q.month || p.month == q.month && p.day < q.day
}

func (c context) saidYear() (int, YearSource) {
	switch {
	case c.cueYear != noYear:
		return c.ref.Year() + c.cueYear, YearCue
	case c.year != 0:
		return c.year, YearContext
	}
	return 0, YearGuessed
}

// in gives the dates of the span that starts in year.
func (s span) in(year int, lunar func(int, int, int) (time.Time, bool)) (start, end time.Time, ok bool) {
	if start, ok = s.from.in(year, lunar); !ok {
		return start, end, false
	}
	if !s.ranged {
		return start, start, true
	}
	endYear := year
	if s.to.year != 0 {
		endYear = s.to.year
	} else if s.to.month < s.from.month {
		endYear++
	}
	to := s.to
	to.lunar = s.from.lunar
	end, ok = to.in(endYear, lunar)
	return start, end, ok
}

func (p point) in(year int, lunar func(int, int, int) (time.Time, bool)) (time.Time, bool) {
	if p.lunar {
		if lunar == nil {
			return time.Time{}, false
		}
		return lunar(year, p.month, p.day)
	}
	t := time.Date(year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == p.day
}

func (s span) hasWeekday() bool { return s.from.hasWeekday || s.ranged && s.to.hasWeekday }

// agrees reports whether the weekdays beside both ends are theirs.
func (s span) agrees(start, end time.Time) bool {
	return (!s.from.hasWeekday || start.Weekday() == s.from.weekday) &&
		(!s.ranged || !s.to.hasWeekday || end.Weekday() == s.to.weekday)
}

// guess finds the year of a date that nothing near gives a year: by its weekday, or as
// the next such day.
func (s span) guess(m Mention, c context) (Mention, bool) {
	var next, past Mention
	for year := c.ref.Year() - 1; year <= c.ref.Year()+4; year++ {
		start, end, ok := s.in(year, c.lunar)
		if !ok {
			continue
		}
		over := end.Before(c.ref.Add(-recently))
		if !over && next.Start.IsZero() {
			next.Start, next.End = start, end
		}
		if !s.hasWeekday() || !s.agrees(start, end) {
			continue
		}
		if over {
			past.Start, past.End = start, end
			continue
		}
		if start.After(c.ref.AddDate(0, MaxAhead, 0)) {
			break
		}
		m.Start, m.End, m.Year, m.Confidence = start, end, YearWeekday, High
		return s.finish(m), true
	}
	switch {
	case !past.Start.IsZero():
		m.Start, m.End, m.Year, m.Confidence = past.Start, past.End, YearWeekday, Conflict
		m.Doubts = append(m.Doubts, Doubt{DoubtPastYear, past.Start.Format(time.DateOnly)})
	case next.Start.IsZero():
		return m, false
	default:
		m.Start, m.End, m.Year, m.Confidence = next.Start, next.End, YearGuessed, Low
		m.Doubts = append(m.Doubts, Doubt{DoubtGuessed, fmt.Sprint(next.Start.Year())})
		if s.hasWeekday() {
			m.Confidence = Conflict
			m.Doubts = append(m.Doubts, s.wrongWeekday(m))
		}
	}
	return s.finish(m), true
}

// against weighs a weekday against a year that merely stands nearby: the weekday's year
// is taken if it lies ahead, and doubted.
func (s span) against(m Mention, c context) (Mention, bool) {
	other, ok := s.guess(Mention{At: m.At}, c)
	if ok && other.Confidence == High {
		other.Confidence = Low
		other.Doubts = append(other.Doubts, Doubt{DoubtContext, fmt.Sprint(m.Start.Year())})
		return other, true
	}
	m.Confidence = Conflict
	m.Doubts = append(m.Doubts, s.wrongWeekday(m))
	return s.finish(m), true
}

func (s span) wrongWeekday(m Mention) Doubt {
	wrong := m.Start
	if !s.from.hasWeekday || m.Start.Weekday() == s.from.weekday {
		wrong = m.End
	}
	return Doubt{DoubtWeekday, fmt.Sprintf("%s = %s", wrong.Format(time.DateOnly), wrong.Format("Mon"))}
}

// finish adds the doubts that need no year.
func (s span) finish(m Mention) Mention {
	if m.End.Before(m.Start) {
		m.Confidence = Conflict
		m.Doubts = append(m.Doubts, Doubt{DoubtReversed, m.Start.Format(time.DateOnly) + " > " + m.End.Format(time.DateOnly)})
	}
	if s.more {
		m.Doubts = append(m.Doubts, Doubt{Code: DoubtMore})
	}
	if s.from.swappable && !s.hasWeekday() {
		m.Doubts = append(m.Doubts, Doubt{DoubtOrder, fmt.Sprintf("%d/%d", s.from.month, s.from.day)})
	}
	return m
}
