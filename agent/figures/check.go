package figures

import (
	"regexp"
	"strings"
)

// Given is what a text may be about.
type Given struct {
	Tables []Table
	// Said is what was said before the text was written: the question, statements,
	// periods, definitions. Figures, dates and names in it may be repeated.
	Said []string
	// Unseen is set when the text was written before its results were there. It may
	// then name no value of theirs: which one leads was a guess.
	Unseen bool
}

// Check takes out of a text with references, as Fill takes it, the sentences that
// state what their results do not hold, and returns them too. A figure may be a
// rounded cell; the difference, quotient or relative change of two cells of a row, or
// of a cell and its neighbour, the first, the last or the sum of its column; or
// something that was said before. References are true by what they are; a sentence
// that adds to one ("9{{r1.n[0]}}", "{{r1.n[0]}} million") or tells its direction wrong
// is not.
func Check(text string, given Given) (kept string, removed []string) {
	e := gather(given.Tables, given.Said)
	var out strings.Builder
	for _, sentence := range sentences(text) {
		if e.stands(sentence, &given) {
			out.WriteString(sentence)
		} else {
			removed = append(removed, strings.TrimSpace(sentence))
			if strings.HasSuffix(sentence, "\n") {
				out.WriteByte('\n')
			}
		}
	}
	return strings.TrimSpace(collapse.ReplaceAllString(emptyItem.ReplaceAllString(out.String(), ""), "\n\n")), removed
}

var (
	collapse  = regexp.MustCompile(`\n{3,}`)
	emptyItem = regexp.MustCompile(`(?m)^[ \t]*(?:[-*•]|\d+[.)])[ \t]*$\n?`)
	// itemNumber begins an item of a list.
	itemNumber = regexp.MustCompile(`^\s*\d{1,2}[.)]\s`)
)

// sentences cuts text after each sentence and each line, so that the parts joined are
// the text.
func sentences(text string) []string {
	var out []string
	start, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "{{"):
			depth++
		case strings.HasPrefix(text[i:], "}}") && depth > 0:
			depth--
		}
		end := i + 1
		switch c := text[i]; {
		case depth > 0 || c != '.' && c != '!' && c != '?' && c != '\n':
			continue
		case c != '\n' && end < len(text) && text[end] != ' ' && text[end] != '\n':
			continue // within a number, a name or an ellipsis
		case c == '.' && itemNumber.MatchString(text[start:end]+" "):
			continue
		}
		for end < len(text) && text[end] == ' ' && text[i] != '\n' {
			end++
		}
		if end < len(text) && text[end] == '\n' && text[i] != '\n' {
			end++
		}
		out = append(out, text[start:end])
		start, i = end, end-1
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// stands reports whether a sentence states nothing but what the evidence holds.
func (e *evidence) stands(sentence string, given *Given) bool {
	body := sentence
	if loc := itemNumber.FindStringIndex(body); loc != nil {
		body = body[loc[1]:]
	}
	refs := reference.FindAllStringSubmatchIndex(body, -1)
	for _, ref := range refs {
		if touched(body, ref) || contradicted(body, ref, given.Tables) {
			return false
		}
	}
	for _, l := range literals(body, refs) {
		if !e.holds(l, body) {
			return false
		}
	}
	return !given.Unseen || !e.guesses(body, refs, given)
}

var (
	digitBefore = regexp.MustCompile(`[\d.,~-]$`)
	moreAfter   = regexp.MustCompile(`^(?:\d|[.,]\d|[eE][+-]?\d|\s?(?:` + scaleWord + `))`)
)

// touched reports whether the text around a reference makes another figure of it.
func touched(text string, ref []int) bool {
	before, after := text[:ref[0]], text[ref[1]:]
	return digitBefore.MatchString(before) && !strings.HasSuffix(before, "- ") || moreAfter.MatchString(after)
}

var (
	upAfter    = regexp.MustCompile(`^[^{}.,]{0,24}?(?:늘|증가|올랐|오른|상승|많아|높아|성장|개선)`)
	downAfter  = regexp.MustCompile(`^[^{}.,]{0,24}?(?:줄|감소|떨어|하락|내렸|내린|낮아|적어)`)
	upBefore   = regexp.MustCompile(`(?i)\b(?:rose|rise|risen|up|grew|grown|gained|increased?|climbed)\b[^{}.,]{0,16}$`)
	downBefore = regexp.MustCompile(`(?i)\b(?:fell|fall|fallen|down|declined?|dropped|decreased?|shrank|lost)\b[^{}.,]{0,16}$`)
)

// contradicted reports whether the words beside a reference to a change tell the other
// direction than the cell has.
func contradicted(text string, ref []int, tables []Table) bool {
	v, signed, ok := referred(text, ref, tables)
	if !ok || !signed || v == 0 {
		return false
	}
	before, after := text[:ref[0]], text[ref[1]:]
	up := upAfter.MatchString(after) || upBefore.MatchString(before)
	down := downAfter.MatchString(after) || downBefore.MatchString(before)
	return up != down && up != (v > 0)
}

// referred is the number a reference names, and whether its column is one of changes.
func referred(text string, ref []int, tables []Table) (v float64, signed, ok bool) {
	group := func(i int) string {
		if ref[2*i] < 0 {
			return ""
		}
		return text[ref[2*i]:ref[2*i+1]]
	}
	for i := range tables {
		t := &tables[i]
		n := atoi(group(3))
		if t.Name != group(1) || group(2) == "" || n >= len(t.Rows) {
			continue
		}
		for j, c := range t.Columns {
			if c.Key == group(2) || key(c.Key) == group(2) {
				v, ok = number(t.Rows[n][j])
				return v, c.Signed || group(4) == Signed, ok
			}
		}
	}
	return 0, false, false
}

// guesses reports whether a sentence names a value of a result that nobody had said.
func (e *evidence) guesses(body string, refs [][]int, given *Given) bool {
	said := strings.ToLower(strings.Join(given.Said, "\n"))
	prose := []byte(strings.ToLower(body))
	for _, r := range refs {
		for i := r[0]; i < r[1] && i < len(prose); i++ {
			prose[i] = ' '
		}
	}
	for i := range given.Tables {
		for _, row := range given.Tables[i].Rows {
			for _, cell := range row {
				name, ok := cell.(string)
				if name = strings.ToLower(strings.TrimSpace(name)); !ok || len([]rune(name)) < 2 || strings.Contains(said, name) {
					continue
				}
				if strings.Contains(string(prose), name) {
					return true
				}
			}
		}
	}
	return false
}
