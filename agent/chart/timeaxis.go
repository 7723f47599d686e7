package chart

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// xTick is a label below the plot; below stands under it and is bolder in time: the
// year of a month, the day of an hour.
type xTick struct {
	at           float64
	label, below string
}

// timeStep is a distance between the labels of a time axis.
type timeStep struct {
	unit  string // hour, day, half-month, month, year
	count int
}

var timeSteps = []timeStep{
	{"hour", 1}, {"hour", 2}, {"hour", 3}, {"hour", 6}, {"hour", 12},
	{"day", 1}, {"day", 2}, {"day", 3}, {"day", 7}, {"half", 1},
	{"month", 1}, {"month", 2}, {"month", 3}, {"month", 6},
	{"year", 1}, {"year", 2}, {"year", 5}, {"year", 10}, {"year", 20}, {"year", 50}, {"year", 100}, {"year", 500},
}

// finest is the shortest step between labels that times of a grain can have.
func finest(grain string) string {
	switch grain {
	case "hour":
		return "hour"
	case "month", "quarter":
		return "month"
	case "year":
		return "year"
	}
	return "day"
}

func (s timeStep) approximate() time.Duration {
	day := 24 * time.Hour
	unit := map[string]time.Duration{"hour": time.Hour, "day": day, "half": 15 * day, "month": 30 * day, "year": 365 * day}
	return unit[s.unit] * time.Duration(s.count)
}

// timeTicks returns the instants of labels between from and to, about as many as limit
// says there is room for in a unit.
func timeTicks(from, to time.Time, grain string, limit func(unit string) int) ([]time.Time, timeStep) {
	allowed := false
	var chosen timeStep
	for _, s := range timeSteps {
		allowed = allowed || s.unit == finest(grain)
		if !allowed || grain == "quarter" && s.unit == "month" && s.count%3 != 0 {
			continue
		}
		chosen = s
		if to.Sub(from) <= s.approximate()*time.Duration(max(1, limit(s.unit))) {
			break
		}
	}
	var out []time.Time
	for t := chosen.first(from); !t.After(to) && len(out) < 200; t = chosen.next(t) {
		out = append(out, t)
	}
	return out, chosen
}

// first returns the first instant of the step at or after from.
func (s timeStep) first(from time.Time) time.Time {
	y, m, d := from.Date()
	switch s.unit {
	case "hour":
		t := time.Date(y, m, d, 0, 0, 0, 0, from.Location())
		for t.Before(from) {
			t = t.Add(time.Duration(s.count) * time.Hour)
		}
		return t
	case "day":
		return from
	case "half":
		t := time.Date(y, m, 1, 0, 0, 0, 0, from.Location())
		for t.Before(from) {
			t = s.next(t)
		}
		return t
	case "month":
		t := time.Date(y, 1, 1, 0, 0, 0, 0, from.Location())
		for t.Before(from) {
			t = t.AddDate(0, s.count, 0)
		}
		return t
	}
	t := time.Date(y-y%s.count, 1, 1, 0, 0, 0, 0, from.Location())
	for t.Before(from) {
		t = t.AddDate(s.count, 0, 0)
	}
	return t
}

func (s timeStep) next(t time.Time) time.Time {
	switch s.unit {
	case "hour":
		return t.Add(time.Duration(s.count) * time.Hour)
	case "day":
		return t.AddDate(0, 0, s.count)
	case "half":
		if t.Day() < 15 {
			return t.AddDate(0, 0, 15-t.Day())
		}
		return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, t.Location())
	case "month":
		return t.AddDate(0, s.count, 0)
	}
	return t.AddDate(s.count, 0, 0)
}

// timeLabel writes t for its place on an axis, and what it belongs to.
func timeLabel(t time.Time, unit, grain, lang string) (label, group string) {
	ko := lang == "ko"
	year := strconv.Itoa(t.Year())
	if ko {
		year += "년"
	}
	switch unit {
	case "hour":
		group = t.Format("Jan 2")
		if ko {
			return fmt.Sprintf("%d시", t.Hour()), fmt.Sprintf("%d월 %d일", t.Month(), t.Day())
		}
		return t.Format("15:04"), group
	case "day", "half":
		if ko {
			return fmt.Sprintf("%d월 %d일", t.Month(), t.Day()), year
		}
		return t.Format("Jan 2"), year
	case "month":
		if grain == "quarter" {
			quarter := (int(t.Month()) + 2) / 3
			if ko {
				return fmt.Sprintf("%d분기", quarter), year
			}
			return fmt.Sprintf("Q%d", quarter), year
		}
		if ko {
			return fmt.Sprintf("%d월", t.Month()), year
		}
		return t.Format("Jan"), year
	}
	return year, ""
}

// labelTimes writes the labels of instants. The group is said once, where it begins;
// with days only if there are several years.
func labelTimes(times []time.Time, at func(time.Time) float64, unit, grain, lang string) []xTick {
	var out []xTick
	severalYears := len(times) > 0 && times[0].Year() != times[len(times)-1].Year()
	last := ""
	for _, t := range times {
		label, group := timeLabel(t, unit, grain, lang)
		tick := xTick{at: at(t), label: label}
		if group != last && (unit == "hour" || unit == "month" || severalYears) {
			tick.below = group
		}
		last = group
		out = append(out, tick)
	}
	return out
}

// unitOf is the unit in which a single time of a grain is labelled.
func unitOf(grain string) string {
	if u := finest(grain); u != "day" {
		return u
	}
	return "day"
}

// periodNumber counts periods of a grain, so that missing ones leave their place empty.
func periodNumber(t time.Time, grain string) int {
	switch grain {
	case "hour":
		return int(math.Floor(float64(t.Unix()) / 3600))
	case "month":
		return t.Year()*12 + int(t.Month())
	case "quarter":
		return t.Year()*4 + (int(t.Month())-1)/3
	case "year":
		return t.Year()
	}
	day := int(math.Floor(float64(t.Unix()) / 86400))
	if grain == "week" {
		return int(math.Floor(float64(day+3) / 7)) // 1970-01-01 was a Thursday
	}
	return day
}

// xAxis draws labels below the plot, leaving out those that would touch the one
// before, and returns nothing: the room was reserved by xAxisHeight.
func (l *layouter) xAxis(ticks []xTick, plot box) {
	size, em := l.em*0.92, l.em
	right, rightBelow := math.Inf(-1), math.Inf(-1)
	group := ""
	edge := l.s.width - em*0.4
	place := func(t xTick, text string, y float64, bold bool, free *float64) bool {
		w := l.faces.width(text, size, bold)
		x := min(max(t.at-w/2, em*0.4), edge-w)
		if x < *free {
			return false
		}
		l.text(x, y, start, size, bold, l.theme.text, text)
		*free = x + w + em*0.7
		return true
	}
	for _, t := range ticks {
		if t.below != "" {
			group = t.below
		}
		if !place(t, t.label, plot.bottom()+em*1.35, false, &right) {
			continue
		}
		l.rect(box{t.at - 0.5, plot.bottom(), 1, em * 0.25}, solid(l.theme.axis), gridLine, tip{})
		if group != "" && place(t, group, plot.bottom()+em*2.5, false, &rightBelow) {
			group = ""
		}
	}
}

// xAxisHeight is the room that ticks need.
func (l *layouter) xAxisHeight(ticks []xTick) float64 {
	for _, t := range ticks {
		if t.below != "" {
			return l.em * 2.9
		}
	}
	return l.em * 1.75
}
