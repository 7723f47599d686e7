package answer

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
)

// Lines are events as lines of a section: when, what, how sure, how far away, and what it
// did last time.
func Lines(list []agent.Happening, language string) []bot.Line {
	out := make([]bot.Line, 0, len(list))
	for _, h := range list {
		out = append(out, Line(h, language))
	}
	return out
}

// Line is one event as a line.
func Line(h agent.Happening, language string) bot.Line {
	w := wordsFor(language)
	line := bot.Line{Mark: mark(h), When: w.when(h), Text: "**" + name(h.Name) + "**"}
	var about []string
	if market := w.market[h.Market]; market != "" {
		about = append(about, market)
	}
	if class := w.classes[h.Class]; class != "" {
		about = append(about, class)
	}
	about = append(about, w.statuses[h.Status])
	line.Text += " (" + strings.Join(about, ", ") + ")"
	switch {
	case h.Status == calendar.Cancelled:
	case h.Days > 0:
		line.Text += fmt.Sprintf(" · D-%d", h.Days)
	case h.Days == 0 && h.Start == h.End:
		line.Text += " · " + w.today
	case !over(h):
		line.Text += " · " + w.goesOn
	}
	line.Detail = w.detail(h)
	if h.Last != nil && h.Last.Chart != nil {
		if c, ok := picture(*h.Last.Chart); ok {
			line.Chart = &c
		}
	}
	if page(h.URL) {
		line.Links = []bot.Link{{Title: clip(cmp.Or(h.Source, h.URL)), URL: h.URL}}
	}
	return line
}

// maxName is how long a name is shown, in characters.
const maxName = 80

// name is an event's name as text and nothing else: people and pages gave it.
func name(s string) string { return figures.Escape(clip(s)) }

func clip(s string) string {
	if r := []rune(s); len(r) > maxName {
		return string(r[:maxName-1]) + "…"
	}
	return s
}

// page reports whether an address is one of a page, which a link may lead to.
func page(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// farAway is from how many days on a date needs its year.
const farAway = 183

// when is the days of an event, with the year where it is not plain.
func (w *words) when(h agent.Happening) string {
	span := w.span(h.Start, h.End)
	if from, err := time.Parse(time.DateOnly, h.Start); err == nil && (h.Days > farAway || h.Days < -farAway) {
		return fmt.Sprintf(w.yearly, span, from.Year())
	}
	return span
}

// over reports whether an event that began h.Days ago has ended.
func over(h agent.Happening) bool {
	start, errStart := time.Parse(time.DateOnly, h.Start)
	end, errEnd := time.Parse(time.DateOnly, h.End)
	return errStart != nil || errEnd != nil || int(end.Sub(start)/(24*time.Hour))+h.Days < 0
}

func mark(h agent.Happening) bot.Mark {
	switch {
	case h.Status == calendar.Cancelled:
		return bot.MarkCancelled
	case h.Class == calendar.Caution:
		return bot.MarkCaution
	case h.WasStart != "":
		return bot.MarkChanged
	case h.Status == calendar.Confirmed:
		return bot.MarkSure
	}
	return bot.MarkUnsure
}

// detail is what there is to know about an event, in one paragraph.
func (w *words) detail(h agent.Happening) string {
	var parts []string
	if h.WasStart != "" {
		parts = append(parts, fmt.Sprintf(w.moved, w.span(h.WasStart, h.WasEnd)))
	}
	if l := h.Last; l != nil {
		switch {
		case l.Text != "":
			parts = append(parts, l.Text)
		case l.Why != "":
			parts = append(parts, l.Why)
		}
		for _, d := range l.Differences {
			parts = append(parts, figures.Escape(d)) // it has names of other events in it
		}
	}
	if !page(h.URL) && h.Source != "" && h.Status != calendar.Confirmed {
		parts = append(parts, name(h.Source))
	}
	return strings.Join(parts, " · ")
}

// Span writes dates as short as they can be read, as the lines of events have them.
func Span(start, end, language string) string { return wordsFor(language).span(start, end) }

// span writes dates as short as they can be read: 11/27 금, Fri Nov 27.
func (w *words) span(start, end string) string {
	from, err := time.Parse(time.DateOnly, start)
	to, errTo := time.Parse(time.DateOnly, end)
	if err != nil || errTo != nil {
		return start
	}
	if !to.After(from) {
		return w.Day(from)
	}
	return w.short(from) + "–" + w.short(to)
}

// Day writes a date with the day of the week.
func (w *words) Day(t time.Time) string {
	if w.language == "ko" {
		return w.short(t) + " " + string([]rune("일월화수목금토")[t.Weekday()])
	}
	return t.Format("Mon ") + w.short(t)
}

func (w *words) short(t time.Time) string {
	if w.language == "ko" {
		return fmt.Sprintf("%d/%d", t.Month(), t.Day())
	}
	return t.Format("Jan 2")
}

// Deadlines are the things to decide or do by from…to, soonest first, as lines.
func Deadlines(list []agent.Happening, from, to time.Time, language string) []bot.Line {
	w := wordsFor(language)
	type due struct {
		on   time.Time
		line bot.Line
	}
	var all []due
	for _, h := range list {
		for _, d := range h.Prepare {
			on, err := time.Parse(time.DateOnly, d.On)
			if err != nil || on.Before(from) || on.After(to) {
				continue
			}
			all = append(all, due{on, bot.Line{Mark: bot.MarkTask, When: w.Day(on), Text: name(h.Name) + " — " + name(d.What)}})
		}
	}
	var out []bot.Line
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		for _, d := range all {
			if d.on.Equal(day) {
				out = append(out, d.line)
			}
		}
	}
	return out
}
