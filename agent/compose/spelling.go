package compose

import "strings"

// calendarWords are English words of time that are long enough to be known misspelt.
var calendarWords = []string{
	"january", "february", "march", "april", "august", "september", "october", "november", "december",
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "yesterday", "quarter",
}

// spelled returns the text with the words of time that are misspelt put right, and
// whether there were any: revenue in Febuary. A word that is as near to a name of the
// model is left to it.
func (m *matcher) spelled(toks []token) (string, bool) {
	var b strings.Builder
	last := 0
	for _, t := range toks {
		word := strings.ToLower(strings.TrimSpace(t.text))
		if t.kind != anUnknown || len(word) < 5 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		if right := m.calendarWord(word); right != "" {
			b.WriteString(m.slice(last, t.from))
			b.WriteString(strings.Replace(t.text, strings.TrimSpace(t.text), right, 1))
			last = t.to
		}
	}
	b.WriteString(m.slice(last, m.len()))
	return b.String(), last > 0
}

func (m *matcher) calendarWord(word string) string {
	reach, right := 1, ""
	if len(word) >= 7 {
		reach = 2
	}
	for _, w := range calendarWords {
		if w[0] != word[0] {
			continue
		}
		d := slip(jamo(word), w, reach)
		if d == 0 || d > reach {
			continue
		}
		if d == reach && right != "" {
			right = "" // as near to two of them
			continue
		}
		right, reach = w, d
	}
	if list, d := m.lex.fuzzy.near(word); len(list) > 0 && d <= reach {
		return ""
	}
	return right
}
