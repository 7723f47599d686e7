package blocks

import (
	"strings"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot/layout"
)

// parse reads the restricted Markdown of a bot.Message.
func parse(text string) []layout.Line { return layout.Parse(text, literal) }

// weightOfLine is what a line weighs, with its end.
func weightOfLine(l layout.Line) int {
	n := 1
	for _, s := range l.Spans {
		n += weightOfSpan(s)
	}
	return n
}

func weightOfSpan(s layout.Span) int { return weight(s.Text) + weight(s.Link) }

// portions cuts lines into runs of at most limit, long lines at their words.
func portions(lines []layout.Line, limit int) [][]layout.Line {
	var out [][]layout.Line
	var run []layout.Line
	room := limit
	flush := func() {
		if run = layout.TrimBlank(run); len(run) > 0 {
			out = append(out, run)
		}
		run, room = nil, limit
	}
	for _, l := range lines {
		for _, part := range within(l, limit) {
			if weightOfLine(part) > room {
				flush()
			}
			run = append(run, part)
			room -= weightOfLine(part)
		}
	}
	flush()
	return out
}

// within is the line, in parts of at most limit.
func within(l layout.Line, limit int) []layout.Line {
	if weightOfLine(l) <= limit {
		return []layout.Line{l}
	}
	var out []layout.Line
	part := l
	part.Spans = nil
	room := limit - 1
	for _, s := range l.Spans {
		if s.Link != "" { // short, and one piece
			if weightOfSpan(s) > room && len(part.Spans) > 0 {
				out = append(out, part)
				part, room = layout.Line{Indent: l.Indent}, limit-1
			}
			part.Spans = append(part.Spans, s)
			room -= weightOfSpan(s)
			continue
		}
		for rest := s.Text; rest != ""; {
			var head string
			if head, rest = splitNicely(rest, room); head != "" {
				s.Text = head
				part.Spans = append(part.Spans, s)
				room -= weight(head)
			}
			if rest != "" {
				out = append(out, part)
				part, room = layout.Line{Indent: l.Indent}, limit-1
			}
		}
	}
	return append(out, part)
}

// richText lays lines out as rich text, in which Slack gives no character a meaning: it
// makes neither mentions nor links nor marks of what it finds in a text. So nothing needs
// to be escaped, and what is bold is bold also within a Korean word, where Slack's own
// marks fail.
func richText(lines []layout.Line) *slack.RichTextBlock {
	block := slack.NewRichTextBlock("")
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && sameRun(lines[i+n-1], lines[i+n]) {
			n++
		}
		run := lines[i : i+n]
		i += n
		if run[0].List != "" {
			block.Elements = append(block.Elements, richList(run))
			continue
		}
		// A section ends its last line itself.
		if run = layout.TrimBlank(run); len(run) > 0 {
			block.Elements = append(block.Elements, richSection(run))
		}
	}
	return block
}

// sameRun tells whether b goes on what a is part of.
func sameRun(a, b layout.Line) bool {
	return a.List == b.List && a.Indent == b.Indent && (a.List != "1." || b.Number == a.Number+1)
}

func richSection(lines []layout.Line) *slack.RichTextSection {
	section := slack.NewRichTextSection()
	for i, l := range lines {
		if i > 0 {
			section.Elements = append(section.Elements, slack.NewRichTextSectionTextElement("\n", nil))
		}
		section.Elements = append(section.Elements, richSpans(l.Spans)...)
	}
	return section
}

func richSpans(spans []layout.Span) []slack.RichTextSectionElement {
	var out []slack.RichTextSectionElement
	for _, s := range spans {
		if s.Text == "" {
			continue
		}
		var style *slack.RichTextSectionTextStyle
		if !s.SameStyle(layout.Span{}) {
			style = &slack.RichTextSectionTextStyle{Bold: s.Bold, Italic: s.Italic, Code: s.Code}
		}
		if s.Link != "" {
			out = append(out, richLink(s, style))
			continue
		}
		out = append(out, slack.NewRichTextSectionTextElement(s.Text, style))
	}
	return out
}

func richList(items []layout.Line) *slack.RichTextList {
	list := slack.NewRichTextList(slack.RTEListBullet, items[0].Indent)
	if items[0].List == "1." {
		list.Style, list.Offset = slack.RTEListOrdered, items[0].Number-1
	}
	for _, item := range items {
		spans := richSpans(item.Spans)
		if len(spans) == 0 { // of nothing Slack makes an error
			spans = append(spans, slack.NewRichTextSectionTextElement(" ", nil))
		}
		list.Elements = append(list.Elements, slack.NewRichTextSection(spans...))
	}
	return list
}

// mrkdwn writes lines in Slack's own markup, for where rich text is refused.
func mrkdwn(lines []layout.Line) string {
	var out strings.Builder
	for i, l := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(l.Head("    "))
		for _, s := range l.Spans {
			out.WriteString(mrkdwnSpan(s))
		}
	}
	return out.String()
}

// apart is U+200B ZERO WIDTH SPACE. Slack's marks must stand beside a space or a sign,
// which in "12억 원은" they do not.
const apart = "\u200b"

func mrkdwnSpan(s layout.Span) string {
	text := escape(s.Text)
	if strings.TrimSpace(text) == "" {
		return text
	}
	if s.Link != "" {
		text = "<" + strings.ReplaceAll(s.Link, "&", "&amp;") + "|" + text + ">"
	}
	open, end := "", ""
	for _, m := range []struct {
		on   bool
		mark string
	}{{s.Bold, "*"}, {s.Italic, "_"}, {s.Code, "`"}} {
		if m.on {
			open, end = open+m.mark, m.mark+end
		}
	}
	if open == "" {
		return text
	}
	return apart + open + text + end + apart
}
