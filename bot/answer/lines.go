package answer

import (
	"fmt"
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
	line := bot.Line{Mark: mark(h), When: w.span(h.Start, h.End), Text: "**" + figures.Escape(h.Name) + "**"}
	var about []string
	if name := w.market[h.Market]; name != "" {
		about = append(about, name)
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
	if h.URL != "" {
		line.Links = []bot.Link{{Title: h.Source, URL: h.URL}}
	}
	return line
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
		parts = append(parts, l.Differences...)
	}
	if h.URL == "" && h.Source != "" && h.Status != calendar.Confirmed {
		parts = append(parts, figures.Escape(h.Source))
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
			all = append(all, due{on, bot.Line{Mark: bot.MarkTask, When: w.Day(on), Text: figures.Escape(h.Name) + " — " + figures.Escape(d.What)}})
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
