package almanac

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// Difference is what makes two editions of an event hard to compare, so that a figure
// of the one must not be read as a forecast for the other without it.
type Difference struct {
	Kind     DifferenceKind
	Now, Was string // in the language asked for
}

// DifferenceKind is what differs.
type DifferenceKind string

// The kinds of differences, in the order in which they are told.
const (
	MovedQuarter DifferenceKind = "quarter"
	MovedMonth   DifferenceKind = "month"
	Length       DifferenceKind = "length"
	Weekday      DifferenceKind = "weekday"
	Overlap      DifferenceKind = "overlap"
)

// Differences tells how the edition now differs from the edition was: another quarter or
// month, another number of days (for public holidays with the days off around them),
// other days of the week, other events at the same time.
func Differences(c *calendar.Calendar, now, was calendar.Edition, language string) []Difference {
	var out []Difference
	add := func(kind DifferenceKind, n, w string) {
		if n != w {
			out = append(out, Difference{Kind: kind, Now: n, Was: w})
		}
	}
	if quarter(now.Start) != quarter(was.Start) {
		add(MovedQuarter, quarterName(now.Start, language), quarterName(was.Start, language))
	} else {
		add(MovedMonth, monthName(now.Start, language), monthName(was.Start, language))
	}
	add(Length, daysName(run(c, now), language), daysName(run(c, was), language))
	if now.Days() == was.Days() && now.Days() < 7 {
		add(Weekday, weekdaysName(now, language), weekdaysName(was, language))
	}
	add(Overlap, others(c, now, language), others(c, was, language))
	return out
}

// Tell says a difference in a few words: "this year in Q3, last time in Q4".
func (d Difference) Tell(language string) string {
	now, was := d.Now, d.Was
	if d.Kind == Overlap {
		none := map[bool]string{true: "없음", false: "nothing else"}[language == "ko"]
		if now == "" {
			now = none
		}
		if was == "" {
			was = none
		}
	}
	switch {
	case language == "ko" && d.Kind == Overlap:
		return fmt.Sprintf("겹치는 날: 이번 %s, 지난번 %s", now, was)
	case language == "ko":
		return fmt.Sprintf("이번 %s, 지난번 %s", now, was)
	case d.Kind == Overlap:
		return fmt.Sprintf("at the same time: now %s, last time %s", now, was)
	}
	return fmt.Sprintf("now %s, last time %s", now, was)
}

func quarter(t time.Time) int { return (int(t.Month()) - 1) / 3 }

func quarterName(t time.Time, language string) string {
	if language == "ko" {
		return fmt.Sprintf("%d분기", quarter(t)+1)
	}
	return fmt.Sprintf("in Q%d", quarter(t)+1)
}

func monthName(t time.Time, language string) string {
	if language == "ko" {
		return fmt.Sprintf("%d월", t.Month())
	}
	return "in " + t.Month().String()
}

func daysName(n int, language string) string {
	switch {
	case language == "ko":
		return fmt.Sprintf("%d일", n)
	case n == 1:
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

var weekdayNames = map[string][]string{
	"ko": {"일요일", "월요일", "화요일", "수요일", "목요일", "금요일", "토요일"},
	"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
}

func weekdaysName(e calendar.Edition, language string) string {
	names := weekdayNames["en"]
	if language == "ko" {
		names = weekdayNames["ko"]
	}
	first, last := names[e.Start.Weekday()], names[e.End.Weekday()]
	switch {
	case !e.End.After(e.Start) && language != "ko":
		return "on a " + first
	case !e.End.After(e.Start):
		return first
	}
	return first + "–" + last
}

// maxRun bounds how far days off around a holiday are followed.
const maxRun = 30

// run is how many days an edition lasts. Of public holidays these are the days off in a
// row that it is part of.
func run(c *calendar.Calendar, e calendar.Edition) int {
	if e.Class != calendar.PublicHoliday {
		return e.Days()
	}
	return Around(c, e.Market, e.Start, e.End).Days()
}

// maxOthers is how many events at the same time are named.
const maxOthers = 3

// others names the days off and shopping events at the same time as e, in its own market
// or everywhere. Announced ones do not count: of the edition to come nobody knows whether
// they will be at the same time.
func others(c *calendar.Calendar, e calendar.Edition, language string) string {
	var names []string
	for _, o := range c.Between(e.Start, e.End) {
		same := o.Event == e.Event || strings.TrimSuffix(o.Event, ".substitute") == e.Event
		here := o.Market == e.Market || o.Market == calendar.World || e.Market == calendar.World
		if ev, _ := c.Event(o.Event); same || !here || o.Minor || ev.Announced || !o.TakesPlace() || o.Class != calendar.PublicHoliday && o.Class != calendar.Shopping {
			continue
		}
		if name := o.Name.In(language); !slices.Contains(names, name) && len(names) < maxOthers {
			names = append(names, name)
		}
	}
	return strings.Join(names, "·")
}
