package files

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/bapsang/bapsang/connectors"
)

// sampleRows is how many rows are looked at to find the headings.
const sampleRows = 300

// layout says where in a grid the table is.
type layout struct {
	skip     int      // rows above the first row of the table
	headings []string // as written, of all levels; "" where there is none
	header   []string // the last heading row itself, to know it when it is repeated
	noHeader bool
	preamble []string // the texts above the headings
	unit     string   // from "(단위: 천원)" above the headings
}

// findLayout looks at the first rows of g.
func findLayout(ctx context.Context, g grid) (layout, error) {
	var sample [][]string
	err := g.rows(ctx, func(row []string) bool {
		sample = append(sample, slices.Clone(row))
		return len(sample) < sampleRows
	})
	if err != nil {
		return layout{}, err
	}
	return layoutOf(sample), nil
}

func layoutOf(sample [][]string) layout {
	if len(sample) == 0 {
		return layout{}
	}
	counts := map[int]int{}
	for _, row := range sample {
		counts[filled(row)]++
	}
	usual, _ := modal(counts)
	h := headerRow(sample, usual)
	l := layout{skip: h + 1}
	head := slices.Clone(sample[h])
	first := h
	if h > 0 && isUpperHeader(sample[h-1], sample[h]) {
		first = h - 1
		head = joinLevels(sample[h-1], sample[h])
	}
	if first == h && h+1 < len(sample) && isLowerHeader(sample[h], sample[h+1]) {
		head = joinLevels(sample[h], sample[h+1])
		h++
		l.skip++
	}
	l.header = sample[h]
	if first == h && looksLikeData(sample, h) {
		l.noHeader, l.skip, l.header = true, h, nil
		head = make([]string, len(head))
	}
	for _, row := range sample[:first] {
		l.preamble = append(l.preamble, strings.Join(slices.DeleteFunc(slices.Clone(row), func(s string) bool { return s == "" }), " "))
	}
	l.headings = pad(head, width(sample[l.skip:], len(trimEnd(head))))
	l.unit = captionUnit(l.preamble)
	return l
}

// width is how many columns the table has: as many as headings, or more where most
// rows have more.
func width(rows [][]string, headings int) int {
	counts := map[int]int{}
	for _, row := range rows {
		counts[len(trimEnd(row))]++
	}
	usual, times := modal(counts)
	if times*2 > len(rows) {
		return max(usual, headings)
	}
	if headings == 0 {
		for w := range counts {
			headings = max(headings, w)
		}
	}
	return headings
}

func filled(row []string) int {
	n := 0
	for _, s := range row {
		if s != "" {
			n++
		}
	}
	return n
}

func trimEnd(row []string) []string {
	for len(row) > 0 && row[len(row)-1] == "" {
		row = row[:len(row)-1]
	}
	return row
}

func pad(row []string, n int) []string {
	for len(row) < n {
		row = append(row, "")
	}
	return row[:n]
}

// headerRow finds the row of headings: the first that fills about as many cells as
// the rows of the table do.
func headerRow(sample [][]string, usual int) int {
	near := -1
	for i, row := range sample[:min(len(sample), 30)] {
		n := filled(row)
		if n >= usual {
			if near >= 0 && (!allText(row) || len(trimEnd(sample[near])) >= len(trimEnd(row))) {
				return near
			}
			return i
		}
		if near < 0 && n >= usual-1 && n >= 1 && usual >= 2 && (n >= 2 || row[0] == "") {
			near = i
		}
	}
	return max(near, 0)
}

// isUpperHeader reports whether upper is the upper line of two heading rows: its
// cells span several columns, or name columns that the lower line leaves empty.
func isUpperHeader(upper, lower []string) bool {
	if filled(upper) < 2 || !allText(lower) {
		return false
	}
	if len(trimEnd(upper)) == 2 && len(trimEnd(lower)) > 3 && lower[0] != "" {
		return false // "기간, 2026년 1월" above a table
	}
	seen := map[string]bool{}
	needs := false
	for i, s := range lower {
		up := ""
		if i < len(upper) {
			up = upper[i]
		}
		needs = needs || s == "" && up != "" || s != "" && seen[s]
		seen[s] = true
	}
	return needs
}

// isLowerHeader reports whether lower is the lower line of two heading rows where the
// upper one fills more of the table: it names the columns under the spanning cells of
// upper, all of them, and leaves the others empty.
func isLowerHeader(upper, lower []string) bool {
	if upper[0] == "" || len(lower) == 0 || lower[0] != "" || !allText(lower) {
		return false
	}
	spans := 0
	for i, low := range lower {
		covered := i < len(upper) && upper[i] == ""
		spanning := i+1 < len(upper) && upper[i] != "" && upper[i+1] == "" && i+1 < len(lower) && lower[i+1] != ""
		if covered && low != "" {
			spans++
		}
		if covered != (low != "") && !(spanning && low != "") {
			return false
		}
	}
	return spans > 0 && filled(lower) < filled(upper)+spans
}

// joinLevels makes one heading of two lines, carrying a spanning one to the right.
func joinLevels(upper, lower []string) []string {
	out := make([]string, max(len(upper), len(lower)))
	span := ""
	for i := range out {
		up, low := "", ""
		if i < len(upper) {
			up = upper[i]
		}
		if i < len(lower) {
			low = lower[i]
		}
		if up != "" {
			span = up
		}
		switch {
		case low == "":
			out[i] = up
		case span == "" || span == low:
			out[i] = low
		default:
			out[i] = span + " " + low
		}
	}
	return out
}

func isValue(s string) bool {
	if _, ok := parseNumber(s); ok {
		return true
	}
	_, ok := parseMoment(s)
	return ok
}

func allText(row []string) bool {
	for _, s := range row {
		if s != "" && isValue(s) {
			return false
		}
	}
	return true
}

// looksLikeData reports whether row h, where headings are expected, is itself a
// row of the table.
func looksLikeData(sample [][]string, h int) bool {
	head := sample[h]
	below := slices.DeleteFunc(slices.Clone(sample[h+1:]), func(row []string) bool { return slices.Equal(row, head) })
	typed, same := 0, 0
	repeats := false
	for i, cell := range head {
		values, valued := 0, 0
		for _, row := range below {
			if i >= len(row) || isEmpty(row[i]) {
				continue
			}
			values++
			if isValue(row[i]) {
				valued++
			}
			repeats = repeats || cell != "" && row[i] == cell && !isTotalWord(cell)
		}
		if values > 0 && valued*10 >= values*9 {
			typed++
			if isValue(cell) && !isPeriodHeading(cell) {
				same++
			}
		}
	}
	if len(below) == 0 {
		return !allText(head)
	}
	if typed > 0 {
		return same*2 > typed
	}
	return repeats && len(below) >= 3
}

// isPeriodHeading reports whether a cell that could be a value is rather the name
// of a column: a year or a month of a table with time to the right.
func isPeriodHeading(s string) bool {
	if n, ok := parseNumber(s); ok {
		return n.scale == 0 && n.mant >= 1900 && n.mant <= 2100 && (n.plain || n.unit == "년")
	}
	m, ok := parseMoment(s)
	return ok && m.form == formMonth
}

// captionUnit finds "(단위: 천원)" among the lines above a table.
func captionUnit(lines []string) string {
	for _, line := range lines {
		_, after, ok := strings.Cut(line, "단위")
		if !ok {
			_, after, ok = strings.Cut(strings.ToLower(line), "unit")
		}
		if !ok {
			continue
		}
		after = strings.TrimLeft(after, " :：s")
		after = strings.TrimRight(after, " )]）")
		if i := strings.IndexAny(after, ",)]/"); i > 0 {
			after = after[:i]
		}
		if _, _, ok := unitOf(after); ok {
			return strings.TrimSpace(after)
		}
	}
	return ""
}

var totalWords = map[string]bool{
	"합계": true, "총계": true, "소계": true, "총합계": true, "총 합계": true, "계": true, "합 계": true, "총 계": true, "소 계": true, "누계": true, "전체 합계": true,
	"total": true, "totals": true, "grand total": true, "subtotal": true, "sub total": true, "sub-total": true, "sum": true,
}

func isTotalWord(s string) bool {
	return len(s) <= 24 && (s == "" || s[0] < '0' || s[0] > '9') && totalWords[strings.ToLower(strings.Join(strings.Fields(strings.Trim(s, "*[]()<> :")), " "))]
}

// isTotal reports whether a row adds up others: it says so in one of its first
// cells, and besides that holds only figures.
func isTotal(row []string) bool {
	found := false
	for i, s := range row {
		switch {
		case s == "" || s == "-":
		case isTotalWord(s):
			found = found || i < 4
		case i < 4 && !found && i > 0:
			return false
		default:
			if _, ok := parseNumber(s); !ok || i == 0 {
				return false
			}
		}
	}
	return found
}

// tally counts what a reading of the table left out or mended.
type tally struct {
	rows, short, long, totals, feet int64
}

func (t *tally) notes(surplus string) []connectors.Note {
	var out []connectors.Note
	for _, n := range []connectors.Note{
		{Code: connectors.NoteShortRows, Count: t.short},
		{Code: connectors.NoteLongRows, Count: t.long, Column: surplus},
		{Code: connectors.NoteTotals, Count: t.totals},
		{Code: connectors.NoteFootnotes, Count: t.feet},
	} {
		if n.Count > 0 {
			out = append(out, n)
		}
	}
	return out
}

// body reads the rows of the table that l found in g: each with one cell for every
// heading and one more for what a row has beyond them.
func (l *layout) body(ctx context.Context, g grid, ragged bool, t *tally, yield func([]string) bool) error {
	*t = tally{}
	w := len(l.headings)
	b := bodyReader{l: l, t: t, out: make([]string, w+1), ragged: ragged, yield: yield}
	n := 0
	err := g.rows(ctx, func(row []string) bool {
		n++
		return n <= l.skip || b.take(row)
	})
	t.feet += int64(len(b.held))
	return err
}

type bodyReader struct {
	l      *layout
	t      *tally
	out    []string
	ragged bool // count rows that are too short: in a workbook they are not
	yield  func([]string) bool
	// held are rows with only their first cell: the notes below a table, unless
	// more of it follows.
	held [][]string
}

func (b *bodyReader) take(row []string) bool {
	w := len(b.l.headings)
	if isTotal(row) {
		b.t.totals++
		return true
	}
	if b.l.header != nil && row[0] == b.l.header[0] && slices.Equal(row, b.l.header) {
		b.t.feet++
		return true
	}
	if w >= 3 && row[0] != "" && filled(row) == 1 && !isValue(row[0]) && len(b.held) < 50 {
		b.held = append(b.held, slices.Clone(row))
		return true
	}
	for _, h := range b.held {
		if !b.emit(h) {
			return false
		}
	}
	b.held = nil
	return b.emit(row)
}

func (b *bodyReader) emit(row []string) bool {
	w := len(b.l.headings)
	if b.ragged && len(row) < w {
		b.t.short++
	}
	n := copy(b.out[:w], row)
	clear(b.out[n:])
	if len(row) > w {
		if extra := trimEnd(row[w:]); len(extra) > 0 {
			b.out[w] = strings.Join(extra, ",")
			b.t.long++
		}
	}
	b.t.rows++
	return b.yield(b.out)
}

// hasHangul reports whether s has Korean letters.
func hasHangul(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
}
