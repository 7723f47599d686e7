package openai

import (
	"strings"
)

// cleaner takes gpt-oss's own markup (the harmony format) out of what it wrote. vLLM
// parses that markup, but hands it out as text when it cannot: when the ending is
// malformed, or when a reply is cut. It works on parts of a text as they come.
//
// A message of the format is <|start|>header<|message|>text<|end|>. Its header names a
// channel: the text of "final" and of a plain "commentary" is for people, that of
// "analysis" is reasoning, and that of a "commentary to=functions.x" is a call's
// arguments, which count as reasoning here: a call is only what the server says is one,
// or else text in a row of data could make one.
//
// Other models begin with their reasoning between <think> and </think>, which a server
// without a parser for them leaves in; only at the beginning is that markup.
type cleaner struct {
	pending string // may be the beginning of a marker
	header  string
	mode    mode
	said    bool // something for people
	think   bool // within <think>
}

type mode int

const (
	toText mode = iota
	toReasoning
	inHeader
)

// A marker is <|, lower-case letters or _, |>. A header is short.
const (
	maxMarker = 32
	maxHeader = 200
)

// add takes a part of the text and returns what of it is for people and what is
// reasoning.
func (c *cleaner) add(s string) (text, reasoning string) {
	var t, r strings.Builder
	s = c.pending + s
	c.pending = ""
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			c.put(s, &t, &r)
			break
		}
		c.put(s[:i], &t, &r)
		s = s[i:]
		name, n, open := c.marker(s)
		switch {
		case open:
			c.pending = s
			return t.String(), r.String()
		case n > 0:
			c.mark(name)
			s = s[n:]
		default:
			c.put(s[:1], &t, &r)
			s = s[1:]
		}
	}
	return t.String(), r.String()
}

// end returns what was held back.
func (c *cleaner) end() (text, reasoning string) {
	var t, r strings.Builder
	// Half a marker is one that the end cut.
	if !strings.HasPrefix(c.pending, "<|") {
		c.put(c.pending, &t, &r)
	}
	c.pending = ""
	c.mode = toText
	return t.String(), r.String()
}

const (
	thinkOpen  = "<think>"
	thinkClose = "</think>"
)

// marker reads a marker at the beginning of s, as the function does, or a tag of <think>
// where one has a meaning.
func (c *cleaner) marker(s string) (name string, n int, open bool) {
	tag := ""
	switch {
	case c.think:
		tag = thinkClose
	case !c.said && c.mode == toText:
		tag = thinkOpen
	}
	if tag != "" && strings.HasPrefix(s, tag) {
		return tag, len(tag), false
	}
	if tag != "" && strings.HasPrefix(tag, s) {
		return "", 0, true
	}
	return marker(s)
}

// marker reads a marker at the beginning of s, which begins with '<'. It is open when
// more of s could make it one.
func marker(s string) (name string, n int, open bool) {
	if len(s) == 1 {
		return "", 0, true
	}
	if s[1] != '|' {
		return "", 0, false
	}
	for i := 2; i < len(s); i++ {
		switch ch := s[i]; {
		case i > maxMarker:
			return "", 0, false
		case ch >= 'a' && ch <= 'z' || ch == '_':
		case ch == '|' && i > 2:
			if i+1 == len(s) {
				return "", 0, true
			}
			if s[i+1] == '>' {
				return s[2:i], i + 2, false
			}
			return "", 0, false
		default:
			return "", 0, false
		}
	}
	return "", 0, len(s) <= maxMarker
}

func (c *cleaner) put(s string, t, r *strings.Builder) {
	switch c.mode {
	case toText:
		c.said = c.said || strings.TrimSpace(s) != ""
		t.WriteString(s)
	case toReasoning:
		r.WriteString(s)
	case inHeader:
		c.header += s
		if len(c.header) > maxHeader {
			// It is no header but text after a stray marker.
			t.WriteString(c.header)
			c.header, c.mode = "", toText
		}
	}
}

func (c *cleaner) mark(name string) {
	switch name {
	case thinkOpen:
		c.mode, c.think = toReasoning, true
	case thinkClose:
		c.mode, c.think = toText, false
	case "start":
		c.header, c.mode = "", inHeader
	case "channel", "constrain":
		if c.mode != inHeader {
			c.header = ""
		}
		c.header += " "
		c.mode = inHeader
	case "message":
		c.mode = toText
		if strings.Contains(c.header, "analysis") || strings.Contains(c.header, "to=") {
			c.mode = toReasoning
		}
		c.header = ""
	case "end", "call", "return":
		c.header, c.mode = "", toText
	}
}

// cleanName takes the markup off a tool's name: gpt-oss leaks the header around it, as
// in functions.run_sql<|channel|>commentary.
func cleanName(s string) string {
	s, _, _ = strings.Cut(s, "<|")
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, "to=")
	return strings.TrimPrefix(s, "functions.")
}
