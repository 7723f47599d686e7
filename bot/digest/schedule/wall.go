package schedule

import "time"

// day is a local date: days since 1970-01-01.
type day int

const secondsADay = 24 * 60 * 60

// dayOf is t's date in t's own location.
func dayOf(t time.Time) day {
	y, m, d := t.Date()
	return dayAt(y, m, d)
}

func dayAt(y int, m time.Month, d int) day {
	u := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()
	if u < 0 {
		u -= secondsADay - 1
	}
	return day(u / secondsADay)
}

// utc is the day's midnight in UTC, which stands for the date alone.
func (d day) utc() time.Time { return time.Unix(int64(d)*secondsADay, 0).UTC() }

// weekday is 0 for Sunday.
func (d day) weekday() int { return int(((d+4)%7 + 7) % 7) }

// monday is that of the day's week.
func (d day) monday() day { return d - day((d.weekday()+6)%7) }

// wall returns the instant at which a clock in loc shows the minute of the day. Of two,
// it is the first; when the clock skips it, it is the first instant after the gap.
func wall(date day, minute int, loc *time.Location) time.Time {
	local := int64(date)*secondsADay + int64(minute)*60 // as if it were UTC
	guess := time.Date(1970, 1, 1, 0, 0, int(local), 0, loc)
	start, end := guess.ZoneBounds()
	offsets := []int64{offsetAt(guess)}
	if !start.IsZero() {
		offsets = append(offsets, offsetAt(start.Add(-1)))
	}
	if !end.IsZero() {
		offsets = append(offsets, offsetAt(end))
	}
	var first time.Time
	for _, off := range offsets {
		at := time.Unix(local-off, 0).In(loc)
		if offsetAt(at) == off && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if !first.IsZero() {
		return first
	}
	for _, change := range []time.Time{start, end} {
		if change.IsZero() {
			continue
		}
		before, after := change.Unix()+offsetAt(change.Add(-1)), change.Unix()+offsetAt(change)
		if before <= local && local < after {
			return change.In(loc)
		}
	}
	return guess
}

func offsetAt(t time.Time) int64 {
	_, off := t.Zone()
	return int64(off)
}

// week knows the business days around a date.
type week struct {
	loc    *time.Location
	days   Workdays
	unsure bool // the calendar did not know a date that was asked for
}

func (w *week) works(d day) bool {
	weekday := d.weekday() != 0 && d.weekday() != 6
	if w.days == nil {
		return weekday
	}
	// Noon is on the same date wherever clocks are changed at night.
	y, m, dom := d.utc().Date()
	works, err := w.days.Workday(time.Date(y, m, dom, 12, 0, 0, 0, w.loc))
	if err != nil {
		w.unsure = true
		return weekday
	}
	return works
}

// longestBreak bounds how many days in a row nobody works. Longer ones are taken for a
// calendar that is broken.
const longestBreak = 31

// on reports whether the schedule has runs on the date, moved ones too.
func (s Schedule) on(d day, w *week) bool {
	if s.byBusinessDays() {
		return s.onBusiness(d, w)
	}
	if s.rule == Anyway {
		return s.matches(d)
	}
	if s.rule == Skip {
		return s.matches(d) && w.works(d)
	}
	if !w.works(d) {
		return false
	}
	step := day(-1) // runs move to the next business day, so they come from before
	if s.rule == Previous {
		step = 1
	}
	if s.matches(d) {
		return true
	}
	for other := d + step; other != d+step*longestBreak && !w.works(other); other += step {
		if s.matches(other) {
			return true
		}
	}
	return false
}

func (s Schedule) byBusinessDays() bool {
	return s.business || s.businessNth != 0 || s.businessLast != 0
}

func (s Schedule) onBusiness(d day, w *week) bool {
	date := d.utc()
	if s.months&(1<<date.Month()) == 0 || !s.inWeek(d) || !w.works(d) {
		return false
	}
	if s.business {
		return true
	}
	first := d - day(date.Day()-1)
	last := first + day(daysIn(date)-1)
	if s.businessNth != 0 {
		n := 0
		for other := first; other <= d; other++ {
			if w.works(other) {
				n++
			}
		}
		if s.businessNth&(1<<n) != 0 {
			return true
		}
	}
	if s.businessLast == 0 {
		return false
	}
	n := 0
	for other := d + 1; other <= last; other++ {
		if w.works(other) {
			n++
		}
	}
	return s.businessLast&(1<<n) != 0
}

func daysIn(month time.Time) int {
	return time.Date(month.Year(), month.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// inWeek reports whether the week of d counts.
func (s Schedule) inWeek(d day) bool {
	return s.weeks == 0 || int(d.monday()-s.anchor)/7%s.weeks == 0
}

// matches reports whether the date matches the fields.
func (s Schedule) matches(d day) bool {
	date := d.utc()
	if s.months&(1<<date.Month()) == 0 || !s.inWeek(d) {
		return false
	}
	switch {
	case s.anyDay && s.anyWeekday:
		return true
	case s.anyDay:
		return s.matchesWeekday(d, date)
	case s.anyWeekday:
		return s.matchesDay(d, date)
	}
	return s.matchesDay(d, date) || s.matchesWeekday(d, date)
}

func (s Schedule) matchesWeekday(d day, date time.Time) bool {
	wd := d.weekday()
	if s.weekdays&(1<<wd) != 0 {
		return true
	}
	n := (date.Day()-1)/7 + 1
	return s.nth[wd]&(1<<n) != 0 || s.nth[wd]&lastNth != 0 && date.Day()+7 > daysIn(date)
}

// lastNth is the bit of the last of its weekday in the month.
const lastNth = 1 << 6

func (s Schedule) matchesDay(d day, date time.Time) bool {
	dom, last := date.Day(), daysIn(date)
	if s.days&(1<<dom) != 0 || s.fromLast&(1<<(last-dom)) != 0 {
		return true
	}
	if s.lastWeek && dom == nearestWeekday(d-day(dom)+day(last), last, last, true) {
		return true
	}
	if s.nearest == 0 {
		return false
	}
	for n := 1; n <= last; n++ {
		if s.nearest&(1<<n) != 0 && dom == nearestWeekday(d-day(dom)+day(n), n, last, false) {
			return true
		}
	}
	return false
}

// nearestWeekday is the day of the month from Monday to Friday that is nearest to the
// n-th, which is d, within the month of so many days; or the last before it.
func nearestWeekday(d day, n, last int, before bool) int {
	switch wd := d.weekday(); {
	case wd == 6 && (before || n > 1):
		return n - 1
	case wd == 6:
		return n + 2
	case wd == 0 && (before || n == last):
		return n - 2
	case wd == 0:
		return n + 1
	}
	return n
}
