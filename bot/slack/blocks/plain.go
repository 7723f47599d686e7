package blocks

import (
	"strings"

	"github.com/bapsang/bapsang/bot"
)

// textLayouts tell all of msg without blocks: what is left when Slack takes none. What
// would be a button is written out.
func textLayouts(msg bot.Message, opts Options) []Layout {
	var out []Layout
	now := ""
	for _, piece := range textPieces(msg, opts) {
		if now != "" && size(now)+2+size(piece) > maxPlain {
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
	pieces := markedPortions(parse(msg.Text), maxPlain)
	add := func(heading, text string) {
		if heading != "" {
			heading = "*" + heading + "*  "
		}
		for _, piece := range escaped(literal(text), maxPlain-size(heading)) {
			pieces = append(pieces, heading+piece)
			heading = ""
		}
	}
	if n := oneLine(clean(msg.Number)); n != "" {
		add("", w.number+"  #"+n)
	}
	r := renderer{msg: msg, opts: opts, words: w}
	if msg.Kind == bot.KindProgress {
		add("", strings.TrimPrefix(w.waits(msg)+"\n"+r.steps(), "\n"))
	}
	for _, c := range msg.Charts {
		add("", oneLine(altOf(c)))
	}
	for _, s := range sheetsOf(msg, Text) {
		pieces = append(pieces, s.pieces()...)
	}
	add(w.read, readings(msg))
	add(w.source, origin(msg))
	for _, s := range msg.SQL {
		pieces = append(pieces, sqlPieces(s.Text, maxPlain)...)
	}
	add(w.choices, bullets(filter(msg.Buttons, isChoice)))
	add(w.analysts, bullets(filter(msg.Buttons, isAnalyst)))
	var others []bot.Button
	for _, s := range msg.Suggestions {
		others = append(others, bot.Button{Label: s})
	}
	add(w.suggestions, bullets(others))
	if len(pieces) == 0 {
		pieces = []string{w.nothing}
	}
	return pieces
}

// bullets lists what cannot be pressed here.
func bullets(buttons []bot.Button) string {
	var out strings.Builder
	for _, b := range buttons {
		if label := oneLine(clean(b.Label)); label != "" {
			out.WriteString("\n• " + label)
		}
	}
	return out.String()
}

// pieces are the table as texts.
func (s sheet) pieces() []string {
	var out []string
	if s.title != "" {
		out = append(out, "*"+escape(s.title)+"*")
	}
	text, aligned := s.aligned()
	if aligned && size(fenced(text)) <= maxPlain {
		out = append(out, fenced(text))
	} else {
		out = append(out, escaped(s.listed(), maxPlain)...)
	}
	if len(s.notes) > 0 {
		out = append(out, escape(strings.Join(s.notes, " · ")))
	}
	return out
}

// sqlPieces are a statement as fenced texts of at most limit.
func sqlPieces(statement string, limit int) []string {
	var out []string
	for rest := strings.TrimSpace(clean(statement)); rest != ""; {
		try := limit - size(fenced(""))
		head, tail := splitNicely(rest, try)
		for size(fenced(head)) > limit {
			try /= 2
			head, tail = splitNicely(rest, try)
		}
		out, rest = append(out, fenced(head)), tail
	}
	return out
}
