package cards

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of lines and links, all ours.
const (
	maxLines   = 200 // of a message
	seenLines  = 15  // at once: a digest is to stay under a screenful
	fewLines   = 3   // what would hide next to nothing is not worth a press
	maxWhen    = 60
	lineLinks  = 3  // of one line
	maxLinks   = 30 // of a message
	seenLinks  = 6
	smallChart = "320px"
)

// symbolOf is a mark's symbol; empty for none that is known.
func symbolOf(m bot.Mark) string {
	switch m {
	case bot.MarkSure:
		return "●"
	case bot.MarkUnsure:
		return "△"
	case bot.MarkChanged:
		return "↻"
	case bot.MarkCancelled:
		return "✕"
	case bot.MarkCaution:
		return "!"
	case bot.MarkTask:
		return "☐"
	}
	return ""
}

// sections adds lines under their headings: some at once, others by a press. What does not
// fit is cut at the end of a line, and how many are left is said.
func (r *renderer) sections() {
	all := linesOf(r.msg)
	shown := all[:min(len(all), r.cuts.lines)]
	seen := shown
	if len(shown) > seenLines+fewLines {
		seen = shown[:seenLines]
	}
	r.body = append(r.body, r.lines(seen)...)
	if rest := shown[len(seen):]; len(rest) > 0 {
		more := element{Type: "Container", ID: r.id("lines"), IsVisible: ptr(false), Items: r.lines(rest)}
		r.add(actionSet(toggle(fmt.Sprintf(r.words.moreLines, len(rest)), more.ID)))
		r.add(more)
	}
	if n := len(all) - len(shown); n > 0 {
		r.aside("", fmt.Sprintf(r.words.linesLeft, n), "Small")
	}
}

// dated is a line with the heading that is before it, if it is the first.
type dated struct {
	bot.Line
	heading string
	chart   int // index among the charts of the message; negative for none
}

// linesOf are the lines of all sections. A heading without lines heads nothing.
func linesOf(msg bot.Message) []dated {
	var out []dated
	chart := len(msg.Charts)
	for _, s := range msg.Sections {
		heading := layout.Cut(layout.OneLine(literal(s.Title)), maxHeading)
		for _, l := range s.Lines {
			d := dated{Line: l, heading: heading, chart: -1}
			if l.Chart != nil {
				d.chart, chart = chart, chart+1
			}
			heading = ""
			out = append(out, d)
		}
	}
	return out[:min(len(out), maxLines)]
}

// Charts are the charts of a message in the order of their numbers: its own, then those of
// its lines.
func Charts(msg bot.Message) []bot.Chart {
	out := slices.Clip(msg.Charts)
	for _, l := range linesOf(msg) {
		if l.Chart != nil {
			out = append(out, *l.Chart)
		}
	}
	return out
}

func (r *renderer) lines(all []dated) []element {
	var out []element
	for _, l := range all {
		if l.heading != "" {
			e := texts(bold(l.heading))
			e.Spacing = "Medium"
			out = append(out, e)
		}
		out = append(out, r.line(l)...)
	}
	return out
}

// line is a line as elements: its mark, date and text, and what there is to know below.
func (r *renderer) line(l dated) []element {
	var runs []any
	symbol, word := symbolOf(l.Mark), r.words.marks[l.Mark]
	if symbol != "" {
		runs = append(runs, styledRun(symbol+"\u2002", run{Weight: "Bolder", Color: colourOf(l.Mark)}))
	}
	if when := layout.Cut(layout.OneLine(literal(l.When)), maxWhen); when != "" {
		runs = append(runs, bold(when+"\u2002"))
	}
	runs = append(runs, spansOf(l.Text, layout.ALine, run{Strikethrough: l.Mark == bot.MarkCancelled})...)
	if word != "" {
		runs = append(runs, small("\u2002"+word))
	}
	if len(runs) == 0 {
		runs = append(runs, "–")
	}
	first := texts(runs...)
	first.Spacing = "Small"
	out := []element{first}
	below := spansOf(l.Detail, 2*layout.ALine, run{Size: "Small", IsSubtle: true})
	for i, x := range l.Links[:min(len(l.Links), lineLinks)] {
		if len(below) > 0 || i > 0 {
			below = append(below, small(" · "))
		}
		below = append(below, linkRun(x, ""))
	}
	if len(below) > 0 {
		e := texts(below...)
		e.Spacing = "None"
		out = append(out, e)
	}
	return append(out, r.lineChart(l)...)
}

// colourOf supports a symbol for those who see it; the symbol and the word say the same.
func colourOf(m bot.Mark) string {
	switch m {
	case bot.MarkSure:
		return "Good"
	case bot.MarkCaution:
		return "Warning"
	case bot.MarkCancelled:
		return "Attention"
	}
	return ""
}

// spansOf is a text of restricted Markdown, read as one paragraph, in a style.
func spansOf(text string, most int, style run) []any {
	var out []any
	for i, line := range parse(layout.OneLine(layout.Cut(text, most))) {
		if i > 0 {
			out = append(out, " ")
		}
		if head := line.Head(""); head != "" {
			out = append(out, styledRun(head, style))
		}
		for _, s := range line.Spans {
			if s.Text == "" {
				continue
			}
			styled := style
			styled.Italic = s.Italic
			if s.Bold {
				styled.Weight = "Bolder"
			}
			if s.Code {
				styled.FontType = "Monospace"
			}
			out = append(out, styledRun(s.Text, styled))
		}
	}
	return out
}

// lineChart is the chart of a line, small. Where there is no room for it, it is left to the
// page that the line leads to.
func (r *renderer) lineChart(l dated) []element {
	if l.chart < 0 || l.chart >= len(r.charts) {
		return nil
	}
	f := r.charts[l.chart]
	switch {
	case f.drawn && r.native < min(r.cuts.charts, maxNative):
		r.native++
		shown := f.native
		fallback := texts(small(f.alt))
		if f.picture != nil && r.cuts.pictures {
			fallback = picture(f.picture, f.alt)
			fallback.Size, fallback.Width = "", smallChart
		}
		shown.MaxWidth, shown.Spacing, shown.Fallback = smallChart, "Small", &fallback
		return []element{shown}
	case f.picture != nil && r.cuts.pictures:
		shown := picture(f.picture, f.alt)
		shown.Size, shown.Width, shown.Spacing = "", smallChart, "Small"
		return []element{shown}
	}
	return nil
}

// links adds the pages that a message was read on, in the order of their numbers.
func (r *renderer) links() {
	all := r.msg.Links[:min(len(r.msg.Links), r.cuts.links)]
	if len(all) == 0 {
		return
	}
	list := func(links []bot.Link, from int) element {
		var runs []any
		for i, l := range links {
			if i > 0 {
				runs = append(runs, "\n")
			}
			runs = append(runs, linkRun(l, "["+strconv.Itoa(from+i)+"] "))
		}
		e := texts(runs...)
		e.Spacing = "Small"
		return e
	}
	heading := texts(strongSmall(r.words.readOn))
	heading.Spacing = "Medium"
	seen := all
	if len(all) > seenLinks+1 {
		seen = all[:seenLinks]
	}
	r.add(heading)
	r.add(list(seen, 1))
	if rest := all[len(seen):]; len(rest) > 0 {
		more := element{Type: "Container", ID: r.id("links"), IsVisible: ptr(false), Items: []element{list(rest, len(seen)+1)}}
		r.add(more)
		r.shows = append(r.shows, toggle(r.words.readOn, more.ID))
	}
	if n := len(r.msg.Links) - len(all); n > 0 {
		r.aside("", fmt.Sprintf(r.words.linksLeft, n), "Small")
	}
}

// linkRun is a link with where it leads: its title is of somebody else's choice.
func linkRun(l bot.Link, number string) run {
	title, host := layout.Cut(layout.OneLine(literal(l.Title)), maxHeading), ""
	u, ok := webAddress(l.URL)
	if ok {
		host = literal(strings.TrimPrefix(u.Hostname(), "www."))
	}
	switch {
	case title == "":
		title = host
	case host != "" && !strings.EqualFold(title, host):
		title += " (" + host + ")"
	}
	if title == "" {
		title = layout.Cut(layout.OneLine(literal(l.URL)), maxHeading)
	}
	if title == "" {
		title = "–"
	}
	out := small(number + title)
	if ok {
		out.IsSubtle = false
		out.SelectAction = &action{Type: "Action.OpenUrl", Title: layout.Cut(title, maxLabel), URL: u.String()}
	}
	return out
}

// maxAddress bounds an address, ours.
const maxAddress = 2000

// webAddress reads an address that may be followed: of the web, and without a name before
// the host, which people would take for the host.
func webAddress(s string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(s) > maxAddress {
		return nil, false
	}
	return u, true
}

// plainLines are the sections of a message in Markdown, for where there is no card.
func plainLines(msg bot.Message) []string {
	w := wordsOf(msg)
	var out []string
	for _, l := range linesOf(msg) {
		if l.heading != "" {
			out = append(out, "**"+escape(l.heading)+"**")
		}
		var parts []string
		for _, s := range []string{symbolOf(l.Mark), l.When, layout.Plain(parse(l.Text)), w.marks[l.Mark], layout.Plain(parse(l.Detail))} {
			if s = layout.OneLine(literal(s)); s != "" {
				parts = append(parts, layout.Cut(s, layout.ALine))
			}
		}
		if len(parts) > 0 {
			out = append(out, "- "+escape(strings.Join(parts, " · ")))
		}
	}
	return out
}

// plainLinks are the pages that a message was read on, in Markdown.
func plainLinks(msg bot.Message) []string {
	var out []string
	for i, l := range msg.Links[:min(len(msg.Links), maxLinks)] {
		r := linkRun(l, "")
		line := escape(r.Text)
		if r.SelectAction != nil {
			line = "[" + line + "](" + markdownAddress(r.SelectAction.URL) + ")"
		}
		out = append(out, strconv.Itoa(i+1)+". "+line)
	}
	return out
}

// markdownAddress is an address that ends no link before its end.
func markdownAddress(s string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E").Replace(s)
}
