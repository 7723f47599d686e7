package schedule

import (
	"math/bits"
	"time"
)

// unit is how a schedule is said.
type unit int

const (
	byCron     unit = iota // not in words
	byInterval             // every so many minutes
	byDay
	byWorkday // Monday to Friday
	byBusiness
	byWeek
	byMonth
	byQuarter
	byYear
)

// shape is what words can say of a schedule, but for time zone and holidays.
type shape struct {
	unit     unit
	every    int   // minutes, of byInterval; weeks, of byWeek from 2
	weekdays uint8 // of byWeek
	anchor   day   // of byWeek, when every is 2 or more
	on       on    // of byMonth, byQuarter and byYear
	month    time.Month
	times    []int // minutes of the day, ascending; of all but byInterval
}

// on is a day of a month.
type on struct {
	days     uint32 // bits 1 to 31
	lastDay  bool
	business int // nth business day; last for the last
	nth      int // nth weekday; last for the last
	weekday  int
}

// last stands for the last of several.
const last = -1

// quarterStarts and quarterEnds are the months that begin and end quarters.
const (
	quarterStarts uint16 = 1<<1 | 1<<4 | 1<<7 | 1<<10
	quarterEnds   uint16 = 1<<3 | 1<<6 | 1<<9 | 1<<12
	allMonths     uint16 = 1<<13 - 2
	mondayToFri   uint8  = 1<<6 - 2
)

// schedule makes a schedule of the shape; false when cron's fields cannot say it.
func (p shape) schedule() (Schedule, bool) {
	s := Schedule{months: allMonths, anyDay: true, anyWeekday: true}
	if p.unit == byInterval {
		return p.interval(s)
	}
	for _, t := range p.times {
		s.hours |= 1 << (t / 60)
		s.minutes |= 1 << (t % 60)
	}
	if len(p.times) == 0 || bits.OnesCount32(s.hours)*bits.OnesCount64(s.minutes) != len(p.times) {
		return s, false // cron would add 09:30 to 09:00 and 18:30
	}
	switch p.unit {
	case byDay:
	case byWorkday:
		s.anyWeekday, s.weekdays = false, mondayToFri
	case byBusiness:
		s.anyDay, s.business = false, true
	case byWeek:
		s.anyWeekday, s.weekdays = false, p.weekdays
		if p.every > 1 {
			s.weeks, s.anchor = p.every, p.anchor
		}
	case byMonth:
		p.on.set(&s)
	case byQuarter:
		s.months = quarterStarts
		if p.on.atEnd() {
			s.months = quarterEnds
		}
		p.on.set(&s)
	case byYear:
		s.months = 1 << p.month
		p.on.set(&s)
	default:
		return s, false
	}
	return s, true
}

func (p shape) interval(s Schedule) (Schedule, bool) {
	const day, hour = 24 * 60, 60
	switch {
	case p.every < 1 || day%p.every != 0:
		return s, false
	case p.every < hour:
		if hour%p.every != 0 {
			return s, false
		}
		s.hours = all(0, 23)
		for m := 0; m < hour; m += p.every {
			s.minutes |= 1 << m
		}
	case p.every%hour == 0:
		s.minutes = 1
		for h := 0; h < 24; h += p.every / hour {
			s.hours |= 1 << h
		}
	default:
		return s, false
	}
	return s, true
}

func (o on) atEnd() bool { return o.lastDay || o.business == last || o.nth == last }

func (o on) set(s *Schedule) {
	switch {
	case o.nth != 0:
		s.anyWeekday = false
		if o.nth == last {
			s.nth[o.weekday] = lastNth
		} else {
			s.nth[o.weekday] = 1 << o.nth
		}
		return
	case o.business == last:
		s.businessLast = 1
	case o.business > 0:
		s.businessNth = 1 << o.business
	case o.lastDay:
		s.fromLast = 1
	default:
		s.days = o.days
	}
	s.anyDay = false
}

// shape finds what words say s; byCron when none do.
func (s Schedule) shape() shape {
	for _, p := range s.shapes() {
		made, ok := p.schedule()
		made.zone, made.rule = s.zone, s.rule
		if ok && made == s {
			return p
		}
	}
	return shape{}
}

// shapes are those that s might have. What they make tells whether it has.
func (s Schedule) shapes() []shape {
	var times []int
	for m := range 24 * 60 {
		if s.hours&(1<<(m/60)) != 0 && s.minutes&(1<<(m%60)) != 0 {
			times = append(times, m)
		}
	}
	var out []shape
	if len(times) > 1 {
		out = append(out, shape{unit: byInterval, every: times[1] - times[0]})
	}
	if len(times) == 0 || len(times) > maxTimes {
		return out
	}
	out = append(out,
		shape{unit: byDay, times: times}, shape{unit: byWorkday, times: times}, shape{unit: byBusiness, times: times},
		shape{unit: byWeek, every: max(1, s.weeks), weekdays: s.weekdays, anchor: s.anchor, times: times})
	o := s.onDay()
	out = append(out, shape{unit: byMonth, on: o, times: times}, shape{unit: byQuarter, on: o, times: times})
	if month := time.Month(bits.TrailingZeros16(s.months)); bits.OnesCount16(s.months) == 1 && bits.OnesCount32(o.days) == 1 {
		out = append(out, shape{unit: byYear, on: o, month: month, times: times})
	}
	return out
}

// maxTimes bounds how many times of a day are said one by one.
const maxTimes = 6

// onDay is the day of the month that s names, if it is one that words say.
func (s Schedule) onDay() on {
	switch {
	case s.businessNth != 0:
		return on{business: bits.TrailingZeros32(s.businessNth)}
	case s.businessLast != 0:
		return on{business: last}
	case s.fromLast != 0:
		return on{lastDay: true}
	case s.days != 0:
		return on{days: s.days}
	}
	for wd, set := range s.nth {
		switch {
		case set == lastNth:
			return on{nth: last, weekday: wd}
		case set != 0:
			return on{nth: bits.TrailingZeros8(set), weekday: wd}
		}
	}
	return on{}
}
