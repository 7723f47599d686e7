package figures

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/format"
)

// focus are the rows that a sentence speaks of, by table. Among many cells nearly any
// percentage is a quotient of some two, so only those of rows that are spoken of count.
type focus [][]int

// rowsNamed are the rows that a sentence names: by a reference, or by a name, day or month
// in one of their cells.
func (e *evidence) rowsNamed(body string, refs [][]int) focus {
	f := make(focus, len(e.tables))
	prose := strings.ToLower(body)
	for i := range e.tables {
		t := &e.tables[i]
		for _, m := range e.mentions(i, prose) {
			if !slices.Contains(f[i], m.row) {
				f[i] = append(f[i], m.row)
			}
		}
		for _, ref := range refs {
			r := referenceAt(body, ref)
			if r.table == t.Name && r.column != "" && r.row < len(t.Rows) && !slices.Contains(f[i], r.row) {
				f[i] = append(f[i], r.row)
			}
		}
	}
	return f
}

// mention is a row by a name of its own.
type mention struct{ start, end, row int }

// mentions are the rows that a sentence in small letters names, by their longest names:
// Q3 2026 is not the Q3 of another year.
func (e *evidence) mentions(table int, prose string) []mention {
	if e.lookedAt != prose || e.mentioned == nil {
		e.lookedAt, e.mentioned = prose, make([][]mention, len(e.tables))
		for i := range e.tables {
			e.mentioned[i] = e.findMentions(i, prose)
		}
	}
	return e.mentioned[table]
}

func (e *evidence) findMentions(table int, prose string) (out []mention) {
	var all []mention
	for row, names := range e.names[table] {
		for _, name := range names {
			for from := 0; name != "" && len(name) <= len(prose); {
				i := strings.Index(prose[from:], name)
				if i < 0 {
					break
				}
				start, end := from+i, from+i+len(name)
				if wordAt(prose, start, end) {
					all = append(all, mention{start, end, row})
				}
				from = end
			}
		}
	}
	for _, m := range all {
		if !slices.ContainsFunc(all, func(o mention) bool { return o.start <= m.start && m.end <= o.end && o.end-o.start > m.end-m.start }) {
			out = append(out, m)
		}
	}
	return out
}

func (f focus) empty() bool {
	return !slices.ContainsFunc(f, func(rows []int) bool { return len(rows) > 0 })
}

// shortest is how many letters of a name stand for it: 서울 for 서울특별시.
const shortest = 2

// shortName is what a cell's text may be called in a sentence: the beginning of a name in
// Hangul, the first word of another.
func shortName(cell string) string {
	name := strings.ToLower(strings.TrimSpace(cell))
	short, _, _ := strings.Cut(name, " ")
	if first, size := utf8.DecodeRuneInString(name); unicode.Is(unicode.Hangul, first) {
		_, second := utf8.DecodeRuneInString(name[size:])
		short = name[:size+second]
	}
	if utf8.RuneCountInString(short) < shortest {
		return ""
	}
	return short
}

// readNames notes what the rows of a table may be called, in small letters.
func (e *evidence) readNames(t *Table) {
	shorts := map[string]string{} // the text that a short name stands for
	for _, row := range t.Rows {
		for _, c := range row {
			text, ok := c.(string)
			if !ok {
				continue
			}
			if short := shortName(text); short == "" {
				continue
			} else if other, taken := shorts[short]; !taken {
				shorts[short] = text
			} else if other != text {
				shorts[short] = "" // of several
			}
		}
	}
	names := make([][]string, len(t.Rows))
	for n, row := range t.Rows {
		for j, v := range row {
			text, ok := v.(string)
			if !ok {
				names[n] = append(names[n], dayNames(v, t.Columns[j])...)
				continue
			}
			names[n] = append(names[n], strings.ToLower(strings.TrimSpace(text)))
			if short := shortName(text); shorts[short] == text {
				names[n] = append(names[n], short)
			}
		}
		names[n] = slices.DeleteFunc(names[n], func(name string) bool {
			first, _ := utf8.DecodeRuneInString(name)
			return !isLetterOrDigit(first)
		})
		for k := range names[n] {
			names[n][k] = strings.ToLower(names[n][k])
		}
	}
	e.names = append(e.names, names)
}

// hasWord reports whether a sentence has a word that begins with name.
func hasWord(sentence, name string) bool {
	for from := 0; ; {
		i := strings.Index(sentence[from:], name)
		if i < 0 {
			return false
		}
		if wordAt(sentence, from+i, from+i+len(name)) {
			return true
		}
		from += i + len(name)
	}
}

// wordAt reports whether a word begins with what stands between two places. A number ends
// where it does: Oct 2 does not begin Oct 26.
func wordAt[T string | []byte](text T, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(string(text[max(from-utf8.UTFMax, 0):from]))
	return !isLetterOrDigit(before) && (to >= len(text) || !isDigit(text[to-1]) || !isDigit(text[to]))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// dayNames are what a sentence may call a day, month, quarter or year.
func dayNames(v any, c Column) []string {
	switch v := v.(type) {
	case time.Time:
		names := []string{dateText(v, c, Brief, "ko"), dateText(v, c, Brief, "en"), dateText(v, c, "", "ko"), dateText(v, c, "", "en")}
		if c.Grain == "week" { // people leave the week out
			c.Grain = "day"
		}
		if c.Grain == "day" {
			names = append(names, dateText(v, c, Brief, "ko"), dateText(v, c, Brief, "en"), v.Format("January 2"), v.Format(time.DateOnly))
		}
		return names
	default:
		if n, ok := number(v); ok && c.Grain != "" {
			return []string{longGrain(int(n), c.Grain, "ko"), longGrain(int(n), c.Grain, "en")}
		}
	}
	return nil
}

// few rows are all spoken of together.
const few = 4

// spoken are the rows of a table that a sentence may compare with others: those it names,
// else those that the sentence before did, and those at the ends, of which people speak
// without a name.
func (e *evidence) spoken(i int, now, before focus) []int {
	n := len(e.tables[i].Rows)
	switch {
	case n <= few:
		rows := make([]int, n)
		for r := range rows {
			rows[r] = r
		}
		return rows
	case len(now[i]) > 0:
		return now[i]
	}
	rows := []int{0, 1, n - 1}
	if now.empty() && before != nil {
		rows = append(rows, before[i]...)
	}
	return dedupe(rows)
}

func dedupe(rows []int) []int {
	slices.Sort(rows)
	return slices.Compact(rows)
}

// derived is what follows from two figures of a table.
type derived struct {
	sums  []float64 // sorted: of the rows that a sentence names
	parts []float64 // sorted: quotients, shares, differences of shares
	per   []float64 // sorted: quotients within a row, such as revenue per order
	moves []float64 // sorted: relative changes, as parts of one, with their sign
}

// derive relates the rows that are spoken of: the cells of each with one another, and
// within a column with its neighbours, the first, the last, each other and the sum. Parts
// of a whole are not divided by each other.
func (e *evidence) derive(body string, now, before focus) *derived {
	d := &derived{}
	for i := range e.tables {
		t := &e.tables[i]
		rows := e.spoken(i, now, before)
		at, timely := e.times(i)
		if !timely || than.MatchString(body) || strings.Contains(body, "보다") {
			at = nil
		}
		for j, c := range t.Columns {
			d.column(e.columns[i][j], rows, at, !c.partial())
			if len(now[i]) > 1 && !c.partial() {
				d.sum(e.columns[i][j], now[i])
			}
			if len(now[i]) > 1 && c.Format == format.Percent && !c.changes(e.columns[i][j]) {
				d.rates(e.columns[i][j], now[i])
			}
		}
		for _, r := range rows {
			d.row(t, func(j int) (float64, bool) { v := e.columns[i][j].cells[r]; return v.value, v.ok })
		}
		if wholeWord.MatchString(body) {
			d.row(t, func(j int) (float64, bool) { return e.columns[i][j].sum, e.columns[i][j].n > 1 })
		}
		if meanWord.MatchString(body) {
			for j, c := range t.Columns {
				d.mean(e.columns[i][j], rows, !c.partial())
			}
		}
	}
	d.sums, d.parts, d.per, d.moves = sorted(d.sums), sorted(d.parts), sorted(d.per), sorted(d.moves)
	return d
}

var (
	wholeWord = regexp.MustCompile(`(?i)전체|합계|합쳐|통틀어|모두|총|\btotal|\boverall\b|\bin all\b|\baltogether\b|\bcombined\b`)
	meanWord  = regexp.MustCompile(`(?i)평균|\baverage\b|\bmean\b`)
)

// series is a column's numbers.
type series struct {
	cells []cell // by row
	n     int    // that are numbers
	sum   float64
}

// cell is a number, if it is one.
type cell struct {
	value float64
	ok    bool
}

func newSeries(t *Table, j int) series {
	s := series{cells: make([]cell, len(t.Rows))}
	for r, row := range t.Rows {
		if v, ok := number(row[j]); ok {
			s.cells[r] = cell{v, true}
			s.sum += v
			s.n++
		}
	}
	return s
}

// mostShares is of how many of the first rows together the share is told.
const mostShares = 5

// column relates the cells of a column, those of times with what was before them.
func (d *derived) column(s series, rows []int, at []time.Time, divisible bool) {
	if s.n < 2 {
		return
	}
	last := len(s.cells) - 1
	var together float64
	for _, r := range rows {
		if !s.cells[r].ok {
			continue
		}
		v := s.cells[r].value
		together += v
		others := append([]int{0, last, max(r-1, 0), min(r+1, last)}, rows[:min(len(rows), few)]...)
		if at != nil {
			if ago := slices.IndexFunc(at, at[r].AddDate(-1, 0, 0).Equal); ago >= 0 {
				others = append(others, ago)
			}
		}
		others = dedupe(others)
		for _, o := range others {
			switch {
			case o == r || !s.cells[o].ok:
			case at == nil || !divisible:
				d.pair(v, s.cells[o].value, divisible)
			case at[o].Before(at[r]):
				d.since(v, s.cells[o].value)
			default:
				d.since(s.cells[o].value, v)
			}
		}
		if divisible {
			d.share(v, s.sum)
		}
	}
	if !divisible {
		return
	}
	if len(rows) < s.n {
		d.share(together, s.sum)
	}
	running := 0.0
	for r, c := range s.cells[:min(last, 10)] {
		running += c.value
		if r < mostShares || r == 9 {
			d.share(running, s.sum)
		}
	}
}

func (d *derived) mean(s series, rows []int, divisible bool) {
	for _, r := range rows {
		if s.n > 1 && s.cells[r].ok {
			d.pair(s.cells[r].value, s.sum/float64(s.n), divisible)
		}
	}
}

// row relates the cells of a row with each other.
func (d *derived) row(t *Table, cell func(j int) (float64, bool)) {
	var cells []float64
	for j, c := range t.Columns {
		if v, ok := cell(j); ok && !c.partial() {
			cells = append(cells, v)
		}
	}
	d.regrow(t, cell)
	for i, x := range cells {
		for _, y := range cells[i+1:] {
			d.pair(x, y, true)
			for _, p := range [2][2]float64{{x, y}, {y, x}} {
				if p[1] != 0 {
					d.per = append(d.per, abs(p[0]/p[1]))
				}
			}
		}
	}
}

// regrow relates a row's change, where that is an amount, with what there was before it.
func (d *derived) regrow(t *Table, cell func(j int) (float64, bool)) {
	for j, c := range t.Columns {
		change, ok := cell(j)
		if !ok || !c.Signed || c.Format == format.Percent || c.Format == format.Points {
			continue
		}
		for k, other := range t.Columns {
			if v, ok := cell(k); ok && !other.partial() && other.Format == c.Format && v != change {
				d.moves = append(d.moves, change/abs(v-change))
			}
		}
	}
}

// rates divides the rates of rows that a sentence names: of others any quotient would be
// found.
func (d *derived) rates(s series, rows []int) {
	for _, r := range rows[:min(len(rows), few)] {
		for _, o := range rows[:min(len(rows), few)] {
			if r != o && s.cells[r].ok && s.cells[o].ok {
				d.share(s.cells[r].value, s.cells[o].value)
			}
		}
	}
}

func (d *derived) pair(x, y float64, divisible bool) {
	if !divisible {
		d.parts = append(d.parts, abs(x-y)) // in points
		return
	}
	for _, p := range [2][2]float64{{x, y}, {y, x}} {
		d.share(p[0], p[1])
		if p[1] != 0 {
			d.moves = append(d.moves, (p[0]-p[1])/abs(p[1]))
		}
	}
}

// since relates a figure with one from before.
func (d *derived) since(now, before float64) {
	d.share(now, before)
	d.share(before, now)
	if before != 0 {
		d.moves = append(d.moves, (now-before)/abs(before))
	}
}

func (d *derived) sum(s series, rows []int) {
	sum := 0.0
	for _, r := range rows {
		if s.cells[r].ok {
			sum += s.cells[r].value
		}
	}
	d.sums = append(d.sums, abs(sum))
}

func (d *derived) share(part, whole float64) {
	if whole != 0 {
		d.parts = append(d.parts, abs(part/whole))
	}
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
