package layout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// The limits within which a message is laid out at all: whoever makes a model, a column
// or a file name go on forever shall not fill a channel.
const (
	Longest = 20_000 // UTF-16 units of a text
	ALine   = 500    // of what stands on a line
	Many    = 50     // of each thing
)

// Bounded is msg without what nobody would read to its end.
func Bounded(msg bot.Message) bot.Message {
	msg.Text, msg.Number = Cut(msg.Text, Longest), Cut(msg.Number, ALine)
	msg.Charts = first(msg.Charts)
	msg.Tables = first(msg.Tables)
	msg.Readings = slices.Clone(first(msg.Readings))
	for i, r := range msg.Readings {
		msg.Readings[i] = bot.Reading{Term: Cut(r.Term, ALine), Meaning: Cut(r.Meaning, ALine)}
	}
	msg.SQL = first(msg.SQL)
	if msg.Origin != nil {
		o := *msg.Origin
		o.Analyst, o.Label = Cut(o.Analyst, ALine), Cut(o.Label, ALine)
		o.Sources = slices.Clone(first(o.Sources))
		for i, s := range o.Sources {
			o.Sources[i] = Cut(s, ALine)
		}
		msg.Origin = &o
	}
	msg.Links = first(msg.Links)
	msg.Suggestions = first(msg.Suggestions)
	msg.Buttons = first(msg.Buttons)
	if p := msg.Progress; p != nil {
		shown := *p
		shown.Steps = slices.Clone(p.Steps[max(len(p.Steps)-Many, 0):])
		for i, s := range shown.Steps {
			shown.Steps[i].Text = Cut(s.Text, ALine)
		}
		msg.Progress = &shown
	}
	return msg
}

func first[T any](all []T) []T { return all[:min(len(all), Many)] }

// Steps lists what is done, being done and planned, with clocks of loc; nil means UTC.
// What the message's text says is not repeated.
func Steps(msg bot.Message, loc *time.Location) string {
	if msg.Progress == nil {
		return ""
	}
	if loc == nil {
		loc = time.UTC
	}
	var lines []string
	for _, s := range msg.Progress.Steps {
		text := OneLine(s.Text)
		switch {
		case text == "" || s.Text == msg.Text:
		case s.Done:
			lines = append(lines, "✓ "+text)
		case s.At.IsZero():
			lines = append(lines, "○ "+text)
		case s.Until.IsZero():
			lines = append(lines, "▸ "+text)
		default: // it waits for something that will be over then
			lines = append(lines, "▸ "+text+" · "+fmt.Sprintf(WordsFor(msg.Language).Until, s.Until.In(loc).Format("15:04")))
		}
	}
	return strings.Join(lines, "\n")
}

// Readings says how a question was read.
func Readings(all []bot.Reading) string {
	var parts []string
	for _, x := range all {
		term, meaning := OneLine(x.Term), OneLine(x.Meaning)
		switch {
		case term != "" && meaning != "":
			parts = append(parts, term+" = "+meaning)
		case term+meaning != "":
			parts = append(parts, term+meaning)
		}
	}
	return strings.Join(parts, " · ")
}

// Origin says where an answer came from.
func Origin(msg bot.Message) string {
	o, w := msg.Origin, WordsFor(msg.Language)
	if o == nil {
		return ""
	}
	var parts []string
	add := func(s string) {
		if s = OneLine(s); s != "" {
			parts = append(parts, s)
		}
	}
	source := strings.Join(o.Sources, ", ")
	if o.Analyst != source { // one of one source is often called as it is
		add(o.Analyst)
	}
	if !o.AsOf.IsZero() {
		until := fmt.Sprintf(w.Until, o.AsOf.Format(time.DateOnly))
		if source == "" {
			source = until
		} else {
			source += " (" + until + ")"
		}
	}
	add(source)
	add(o.Label)
	if o.Elapsed > 0 {
		add(w.Elapsed(o.Elapsed))
	}
	return Cut(strings.Join(parts, " · "), 4*ALine)
}
