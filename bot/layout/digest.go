package layout

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot"
)

// The limits of lines and links, all ours.
const (
	MaxLines   = 200  // of a message
	maxAddress = 2000 // bytes of an address
)

// Symbol is a mark's symbol; empty for none that is known.
func Symbol(m bot.Mark) string {
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

// Mark is the word of a mark for a line, in whose text it stands mostly already: empty
// then, and for a mark that is not known.
func (w *Words) Mark(l bot.Line) string {
	word := ""
	switch l.Mark {
	case bot.MarkSure:
		word = w.Sure
	case bot.MarkUnsure:
		word = w.Unsure
	case bot.MarkChanged:
		word = w.Changed
	case bot.MarkCancelled:
		word = w.Cancelled
	case bot.MarkCaution:
		word = w.Caution
	case bot.MarkTask:
		word = w.Task
	}
	if strings.Contains(strings.ToLower(l.Text), strings.ToLower(word)) {
		return ""
	}
	return word
}

// Dated is a line with the heading that goes before it, if it is a section's first.
type Dated struct {
	bot.Line
	Heading string
	Chart   int // of Charts; negative for none
}

// Lines are the lines of all sections. A heading without lines heads nothing.
func Lines(msg bot.Message) []Dated {
	var out []Dated
	chart := len(msg.Charts)
	for _, s := range msg.Sections {
		heading := s.Title
		for _, l := range s.Lines {
			if len(out) == MaxLines {
				return out
			}
			d := Dated{Line: l, Heading: heading, Chart: -1}
			if l.Chart != nil {
				d.Chart, chart = chart, chart+1
			}
			heading = ""
			out = append(out, d)
		}
	}
	return out
}

// CountLines is how many lines the sections of a message have, shown or not.
func CountLines(msg bot.Message) int {
	n := 0
	for _, s := range msg.Sections {
		n += len(s.Lines)
	}
	return n
}

// Charts are the charts of a message in the order of their numbers: its own, then those
// of its lines.
func Charts(msg bot.Message) []bot.Chart {
	out := append([]bot.Chart(nil), msg.Charts...)
	for _, l := range Lines(msg) {
		if l.Line.Chart != nil {
			out = append(out, *l.Line.Chart)
		}
	}
	return out
}

// Source is a page that something was read on, as it is shown.
type Source struct {
	Title string // not literal; what to call it where nothing else is known
	Host  string // where URL leads, for the title is of somebody else's choice; empty where Title says so
	URL   string // empty for an address that nobody should be led to
}

// SourceOf makes a link fit to be shown. Whatever its address, it is not left out: the
// number by which a text names it is its place.
func SourceOf(l bot.Link) Source {
	s := Source{Title: OneLine(Clean(l.Title))}
	if u := webAddress(l.URL); u != nil {
		s.URL, s.Host = addressEnds.Replace(u.String()), strings.TrimPrefix(u.Hostname(), "www.")
	}
	if s.Title == "" || strings.EqualFold(s.Title, s.Host) {
		s.Title, s.Host = s.Host, ""
	}
	if s.Title == "" {
		s.Title = OneLine(Clean(l.URL))
	}
	if s.Title == "" {
		s.Title = "–"
	}
	return s
}

// addressEnds are signs by which platforms may take an address for ended; a query may hold
// them as they are.
var addressEnds = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", `"`, "%22", " ", "%20")

// Name is what a source is called, with where it leads.
func (s Source) Name(limit int) string {
	if s.Host == "" {
		return Cut(s.Title, limit)
	}
	host := " (" + Cut(s.Host, limit/2) + ")"
	return Cut(s.Title, limit-Size(host)) + host
}

// webAddress reads an address that may be followed: of the web, and without a name before
// the host, which people would take for the host. It is nil for any other.
func webAddress(s string) *url.URL {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(addressEnds.Replace(u.String())) > maxAddress {
		return nil
	}
	return u
}

// Cite makes links of the numbers by which lines name sources: [1] leads to the first.
func Cite(lines []Line, links []bot.Link) {
	if len(links) == 0 {
		return
	}
	for i, l := range lines {
		var spans []Span
		for _, s := range l.Spans {
			spans = append(spans, cited(s, links)...)
		}
		lines[i].Spans = spans
	}
}

// cited takes a stretch apart at the numbers of sources.
func cited(s Span, links []bot.Link) []Span {
	if s.Code || s.Link != "" {
		return []Span{s}
	}
	var out []Span
	rest, from := s.Text, 0
	add := func(text, link string) {
		if text != "" {
			part := s
			part.Text, part.Link = text, link
			out = append(out, part)
		}
	}
	for {
		open := strings.IndexByte(rest[from:], '[')
		if open < 0 {
			add(rest, "")
			return out
		}
		open += from
		number, _, closed := strings.Cut(rest[open+1:], "]")
		n, err := strconv.ParseUint(number, 10, 8)
		if from = open + 1; !closed || err != nil || n == 0 || int(n) > len(links) {
			continue
		}
		end := open + len(number) + 2
		add(rest[:open], "")
		add(rest[open:end], SourceOf(links[n-1]).URL)
		rest, from = rest[end:], 0
	}
}
