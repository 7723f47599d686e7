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
	// Cited gives what the sources say that a sentence names, nothing for one that names
	// none. A sentence without references may repeat the figures of its own sources, and no
	// other's: they never mix with those of results. Nil is for texts without sources.
	Cited func(sentence string) []string
}

// Check takes out of a text with references, as Fill takes it, the sentences that
// state what their results do not hold, and returns them too. A figure may be a
// rounded cell, a difference or a sum of cells, or something that was said before; and,
// of the rows that the sentence speaks of, the quotient or relative change of two cells of
// a row, or of a cell and its neighbour, the first, the last or the sum of its column.
// References are true by what they are; a sentence that adds to one ("9{{r1.n[0]}}",
// "{{r1.n[0]}} million"), tells a direction wrong or calls a row the first that is not, is
// not.
func Check(text string, given Given) (kept string, removed []string) {
	e := gather(given.Tables, given.Said)
	var out strings.Builder
	var before focus
	for _, sentence := range sentences(text) {
		stands, rows := e.stands(sentence, before, &given)
		if !stands && given.Cited != nil && !reference.MatchString(sentence) {
			if sources := given.Cited(sentence); len(sources) > 0 {
				stands = quotes(sentence, sources)
			}
		}
		if stands && !rows.empty() {
			before = rows
		}
		if stands {
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

// stands reports whether a sentence states nothing but what the evidence holds, and which
// rows it names. Before are those of the sentence before.
func (e *evidence) stands(sentence string, before focus, given *Given) (bool, focus) {
	body := sentence
	if loc := itemNumber.FindStringIndex(body); loc != nil {
		body = body[loc[1]:]
	}
	refs := reference.FindAllStringSubmatchIndex(body, -1)
	rows := e.rowsNamed(body, refs)
	for _, ref := range refs {
		if touched(body, ref) || e.contradicted(body, ref) {
			return false, rows
		}
	}
	var d *derived
	for _, l := range literals(body, refs) {
		if d == nil {
			d = e.derive(body, rows, before)
		}
		if !e.holds(l, body, refs, rows, d) {
			return false, rows
		}
	}
	return !e.exaggerates(body) && !e.miscounts(body, refs) && !e.misled(body, refs) && (!given.Unseen || !e.guesses(body, refs, given)), rows
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

// contradicted reports whether the words beside a reference to a change tell the other
// direction than the cell has.
func (e *evidence) contradicted(text string, ref []int) bool {
	r := referenceAt(text, ref)
	v, signed, ok := e.referred(r)
	way := direction(text[:ref[0]], text[ref[1]:])
	return ok && signed && v != 0 && way != 0 && (way > 0) != (v > 0)
}

// named is what a reference names.
type named struct {
	table, column string
	row           int
	style         string
}

func referenceAt(text string, ref []int) named {
	group := func(i int) string {
		if ref[2*i] < 0 {
			return ""
		}
		return text[ref[2*i]:ref[2*i+1]]
	}
	return named{table: group(1), column: group(2), row: atoi(group(3)), style: group(4)}
}

// place is where a reference points: a table and a column of it.
func (e *evidence) place(r named) (table, column int, ok bool) {
	for i := range e.tables {
		t := &e.tables[i]
		if t.Name != r.table || r.column == "" || r.row < 0 || r.row >= len(t.Rows) {
			continue
		}
		for j, c := range t.Columns {
			if c.Key == r.column || key(c.Key) == r.column {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// referred is the number a reference names, and whether its column is one of changes.
func (e *evidence) referred(r named) (v float64, signed, ok bool) {
	i, j, ok := e.place(r)
	if !ok {
		return 0, false, false
	}
	c := e.columns[i][j].cells[r.row]
	return c.value, r.style == Signed || e.tables[i].Columns[j].changes(e.columns[i][j]), c.ok
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
