package cards

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of lines and links, all ours.
const (
	seenLines  = 15 // at once: a digest is to stay under a screenful
	fewLines   = 3  // what would hide next to nothing is not worth a press
	maxWhen    = 60
	lineLinks  = 3  // of one line
	maxLinks   = 30 // of a message
	seenLinks  = 6
	smallChart = "320px"
)

// sections adds lines under their headings: some at once, others by a press. What does not
// fit is cut at the end of a line, and how many are left is said.
func (r *renderer) sections() {
	all := layout.Lines(r.msg)
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
	if n := layout.CountLines(r.msg) - len(shown); n > 0 {
		r.aside("", fmt.Sprintf(r.words.LinesLeft, n), "Small")
	}
}

// headingOfLines is what stands before a line; empty for nothing.
func headingOfLines(l layout.Dated) string {
	return layout.Cut(layout.OneLine(literal(l.Heading)), maxHeading)
}

func (r *renderer) lines(all []layout.Dated) []element {
	var out []element
	for _, l := range all {
		if heading := headingOfLines(l); heading != "" {
			e := texts(bold(heading))
			e.Spacing = "Medium"
			out = append(out, e)
		}
		out = append(out, r.line(l)...)
	}
	return out
}

// line is a line as elements: its mark, date and text, and what there is to know below.
func (r *renderer) line(l layout.Dated) []element {
	var runs []any
	symbol, word := layout.Symbol(l.Mark), r.words.Mark(l.Line)
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
func (r *renderer) lineChart(l layout.Dated) []element {
	if l.Chart < 0 || l.Chart >= len(r.charts) {
		return nil
	}
	f := r.charts[l.Chart]
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
	heading := texts(strongSmall(r.words.ReadOn))
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
		r.shows = append(r.shows, toggle(r.words.ReadOn, more.ID))
	}
	if n := len(r.msg.Links) - len(all); n > 0 {
		r.aside("", fmt.Sprintf(r.words.LinksLeft, n), "Small")
	}
}

// linkRun is a link with where it leads: its title is of somebody else's choice.
func linkRun(l bot.Link, number string) run {
	source := layout.SourceOf(l)
	title := literal(source.Name(maxHeading))
	out := small(number + title)
	if source.URL != "" {
		out.IsSubtle = false
		out.SelectAction = &action{Type: "Action.OpenUrl", Title: layout.Cut(title, maxLabel), URL: source.URL}
	}
	return out
}

// plainLines are the sections of a message in Markdown, for where there is no card.
func plainLines(msg bot.Message) []string {
	w := wordsOf(msg)
	var out []string
	for _, l := range layout.Lines(msg) {
		if heading := headingOfLines(l); heading != "" {
			out = append(out, "**"+escape(heading)+"**")
		}
		var parts []string
		for _, s := range []string{layout.Symbol(l.Mark), l.When, layout.Plain(parse(l.Text)), w.Mark(l.Line), layout.Plain(parse(l.Detail))} {
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
