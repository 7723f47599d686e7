package blocks

import (
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// textLayouts tell all of msg without blocks: what is left when Slack takes none. What
// would be a button is written out.
func textLayouts(msg bot.Message, opts Options) []Layout {
	var out []Layout
	now := ""
	for _, piece := range textPieces(msg, opts) {
		if now != "" && layout.Size(now)+2+layout.Size(piece) > maxPlain {
			out = append(out, Layout{Text: now})
			now = ""
		}
		if now != "" {
			now += "\n\n"
		}
		now += piece
	}
	return append(out, Layout{Text: now})
}

// textPieces are the parts of a message as escaped texts, none longer than a message.
func textPieces(msg bot.Message, opts Options) []string {
	w := wordsOf(msg)
	lines := parse(msg.Text)
	layout.Cite(lines, msg.Links)
	pieces := append(markedPortions(lines, maxPlain), lineTexts(msg, w, maxPlain)...)
	add := func(heading, text string) {
		if heading != "" {
			heading = "*" + heading + "*  "
		}
		for _, piece := range escaped(literal(text), maxPlain-layout.Size(heading)) {
			pieces = append(pieces, heading+piece)
			heading = ""
		}
	}
	if n := layout.OneLine(layout.Clean(msg.Number)); n != "" {
		add("", w.Number+"  #"+n)
	}
	if msg.Kind == bot.KindProgress {
		add("", strings.TrimPrefix(w.Waits(msg)+"\n"+layout.Steps(msg, opts.Location), "\n"))
	}
	for _, c := range msg.Charts {
		add("", layout.OneLine(layout.AltOf(c)))
	}
	for _, s := range sheetsOf(msg, Text) {
		pieces = append(pieces, s.pieces()...)
	}
	add(w.Read, layout.Readings(msg.Readings))
	pieces = append(pieces, linkTexts(msg, w, maxPlain)...)
	add(w.Source, layout.Origin(msg))
	for _, s := range msg.SQL {
		pieces = append(pieces, sqlPieces(s.Text, maxPlain)...)
	}
	add(w.Choices, bullets(layout.Filter(msg.Buttons, layout.IsChoice)))
	add(w.Analysts, bullets(layout.Filter(msg.Buttons, layout.IsAnalyst)))
	var others []bot.Button
	for _, s := range msg.Suggestions {
		others = append(others, bot.Button{Label: s})
	}
	add(w.Suggestions, bullets(others))
	if len(pieces) == 0 {
		pieces = []string{w.Nothing}
	}
	return pieces
}

// bullets lists what cannot be pressed here.
func bullets(buttons []bot.Button) string {
	var out strings.Builder
	for _, b := range buttons {
		if label := layout.OneLine(layout.Clean(b.Label)); label != "" {
			out.WriteString("\n• " + label)
		}
	}
	return out.String()
}

// pieces are the table as texts.
func (s sheet) pieces() []string {
	var out []string
	if s.Title != "" {
		out = append(out, "*"+escape(s.Title)+"*")
	}
	text, aligned := s.aligned()
	if aligned && layout.Size(fenced(text)) <= maxPlain {
		out = append(out, fenced(text))
	} else {
		out = append(out, escaped(s.Listed(), maxPlain)...)
	}
	if len(s.Notes) > 0 {
		out = append(out, escape(strings.Join(s.Notes, " · ")))
	}
	return out
}

// sqlPieces are a statement as fenced texts of at most limit.
func sqlPieces(statement string, limit int) []string {
	var out []string
	for rest := strings.TrimSpace(layout.Clean(statement)); rest != ""; {
		try := limit - layout.Size(fenced(""))
		head, tail := splitNicely(rest, try)
		for layout.Size(fenced(head)) > limit {
			try /= 2
			head, tail = splitNicely(rest, try)
		}
		out, rest = append(out, fenced(head)), tail
	}
	return out
}
