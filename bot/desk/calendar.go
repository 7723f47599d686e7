package desk

import (
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/figures"
)

// Coming is an event of the calendar.
type Coming struct {
	Name string
	// Start and End are dates at midnight UTC, End included.
	Start, End time.Time
	// Sure is set when the dates are confirmed.
	Sure bool
}

// How far the calendar command looks, and how much it says.
const (
	comingDays = 6 * 7
	maxComing  = 20
)

// tellCalendar says what takes place in the next weeks.
func (d *Desk) tellCalendar(q *Question) *agent.Answer {
	t := textFor(q.Language)
	if d.cfg.Calendar == nil {
		return d.sentence(q.Language, t.noCalendar)
	}
	y, m, day := d.now().Date()
	today := time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	events := d.cfg.Calendar(today, today.AddDate(0, 0, comingDays), q.Language)
	if len(events) == 0 {
		return d.sentence(q.Language, t.nothingComing)
	}
	var out strings.Builder
	out.WriteString(t.coming)
	for _, e := range events[:min(len(events), maxComing)] {
		out.WriteString("\n- " + t.comes(e, today))
	}
	if more := len(events) - maxComing; more > 0 {
		fmt.Fprintf(&out, "\n"+t.more, more)
	}
	return d.sentence(q.Language, out.String())
}

// weekdays are short names, from Sunday.
var weekdays = map[string][7]string{
	"ko": {"일", "월", "화", "수", "목", "금", "토"},
	"en": {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
}

// comes is a line about an event.
func (t *texts) comes(e Coming, today time.Time) string {
	date := func(d time.Time) string {
		day := weekdays[t.language][d.Weekday()]
		if t.language == "ko" {
			return fmt.Sprintf("%d/%d(%s)", d.Month(), d.Day(), day)
		}
		return fmt.Sprintf("%s %s %d", day, d.Month().String()[:3], d.Day())
	}
	when := date(e.Start)
	if e.End.After(e.Start) {
		when += "–" + date(e.End)
	}
	line := fmt.Sprintf("%s **%s**", when, figures.Escape(e.Name))
	if !e.Sure {
		line += " " + t.unsure
	}
	switch days := int(e.Start.Sub(today).Hours() / 24); {
	case days > 0:
		line += fmt.Sprintf(" · D-%d", days)
	case days == 0 && !e.End.After(e.Start):
		line += " · " + t.today
	default:
		line += " · " + t.goingOn
	}
	return line
}
