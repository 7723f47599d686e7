package knowledge

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Document is a text that people wrote for an analyst.
type Document struct {
	Name string // as its file is called
	Text string // Markdown
}

// Passage is a part of a document that can be read by itself.
type Passage struct {
	Document string
	Heading  string // the headings above it, joined by " › "; may be empty
	Text     string
}

// maxPassage bounds a passage, in characters: about what a page of a handbook says
// about one thing.
const maxPassage = 900

// Library is the knowledge of one analyst, ready to be searched.
type Library struct {
	passages []Passage
	index    *Index
}

// NewLibrary cuts documents into passages and indexes them. Synonyms are as in New.
func NewLibrary(documents []Document, synonyms [][]string) *Library {
	l := &Library{}
	var entries []Entry
	for _, d := range documents {
		for _, p := range Split(d) {
			entries = append(entries, Entry{ID: strconv.Itoa(len(l.passages)), Text: p.Heading + "\n" + p.Text})
			l.passages = append(l.passages, p)
		}
	}
	l.index = New(entries, synonyms)
	return l
}

// Find returns the n passages that fit query best, best first.
func (l *Library) Find(query string, n int) []Passage {
	var out []Passage
	for _, h := range l.index.Search(query, n) {
		if i, err := strconv.Atoi(h.ID); err == nil {
			out = append(out, l.passages[i])
		}
	}
	return out
}

// Split cuts a Markdown document at its headings, and what is longer than a passage
// at the paragraphs between. Code blocks and tables are cut only where they are too
// long themselves.
func Split(d Document) []Passage {
	s := splitter{document: d.Name}
	fenced := false
	for line := range strings.Lines(strings.ReplaceAll(d.Text, "\r\n", "\n")) {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			fenced = !fenced
		}
		level, title, isHeading := heading(trimmed)
		switch {
		case isHeading && !fenced:
			s.flush()
			s.head(level, title)
		case trimmed == "" && !fenced:
			s.paragraph()
		default:
			s.block.WriteString(line)
		}
	}
	s.flush()
	return s.out
}

func heading(line string) (level int, title string, ok bool) {
	rest := strings.TrimLeft(line, "#")
	level = len(line) - len(rest)
	title = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(rest), "#"))
	return level, title, level >= 1 && level <= 6 && strings.HasPrefix(rest, " ") && title != ""
}

type splitter struct {
	document string
	headings [7]string // by level
	text     strings.Builder
	block    strings.Builder
	out      []Passage
}

func (s *splitter) head(level int, title string) {
	s.headings[level] = title
	clear(s.headings[level+1:])
}

// paragraph ends one: it joins the passage, or begins the next where there is no
// room.
func (s *splitter) paragraph() {
	block := strings.TrimRight(s.block.String(), "\n ")
	s.block.Reset()
	if block == "" {
		return
	}
	if s.text.Len() > 0 && utf8.RuneCountInString(s.text.String())+utf8.RuneCountInString(block) > maxPassage {
		s.emit()
	}
	if s.text.Len() > 0 {
		s.text.WriteString("\n\n")
	}
	s.text.WriteString(block)
}

func (s *splitter) flush() {
	s.paragraph()
	s.emit()
}

// emit adds what was gathered, cut where one paragraph is longer than a passage.
func (s *splitter) emit() {
	text := s.text.String()
	s.text.Reset()
	for text != "" {
		part, rest := cut(text)
		var above []string
		for _, h := range s.headings {
			if h != "" {
				above = append(above, h)
			}
		}
		s.out = append(s.out, Passage{Document: s.document, Heading: strings.Join(above, " › "), Text: part})
		text = rest
	}
}

// cut takes a passage off the front of text, at a line's end or a space where there
// is one.
func cut(text string) (part, rest string) {
	r := []rune(text)
	if len(r) <= maxPassage {
		return text, ""
	}
	part = string(r[:maxPassage])
	if i := strings.LastIndexAny(part, "\n "); i > len(part)/2 {
		part = part[:i]
	}
	return strings.TrimSpace(part), strings.TrimSpace(text[len(part):])
}
