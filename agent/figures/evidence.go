package figures

import (
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/format"
)

// evidence is what a text may state: the cells of its results, what follows from two
// of them, and what was said before.
type evidence struct {
	values []float64 // sorted: cells, their differences, sums and means
	ratios []float64 // sorted: quotients of two cells, and cells that may be ones
	moves  []float64 // sorted: relative changes, as parts of one
	counts map[float64]bool
	ranks  int             // the largest number of rows of a result
	years  map[int]bool    // of dates in results and in what was said
	days   map[string]bool // "10-03"
	months map[int]bool
	words  string // everything that was said, and all text cells
}

// maxPaired bounds the rows of a table that are compared with each other. A text that
// people read speaks of the first few.
const maxPaired = 60

func gather(tables []Table, known []string) *evidence {
	e := &evidence{counts: map[float64]bool{}, years: map[int]bool{}, days: map[string]bool{}, months: map[int]bool{}}
	var words []string
	for _, k := range known {
		words = append(words, k)
		e.saw(k)
		for _, l := range literals(k, nil) {
			e.values = append(e.values, math.Abs(l.value))
			if l.kind == percentLiteral {
				e.ratios = append(e.ratios, math.Abs(l.value)/100)
			}
			e.counts[l.value] = true
		}
	}
	for i := range tables {
		t := &tables[i]
		e.ranks = max(e.ranks, t.Count, len(t.Rows))
		e.counts[float64(t.Count)], e.counts[float64(len(t.Rows))], e.counts[float64(len(t.Columns))] = true, true, true
		words = append(words, e.readCells(t)...)
		e.derive(t)
	}
	e.words = strings.ToLower(strings.Join(words, "\n"))
	e.values, e.ratios, e.moves = sorted(e.values), sorted(e.ratios), sorted(e.moves)
	return e
}

func sorted(v []float64) []float64 {
	v = slices.DeleteFunc(v, func(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) })
	sort.Float64s(v)
	return slices.Compact(v)
}

// readCells notes a table's dates and returns its texts.
func (e *evidence) readCells(t *Table) []string {
	var words []string
	for _, row := range t.Rows {
		for j, cell := range row {
			switch v := cell.(type) {
			case string:
				words = append(words, v)
			case time.Time:
				e.sawDate(v)
			default:
				if f, ok := number(cell); ok && j < len(t.Columns) && t.Columns[j].Grain != "" {
					e.months[int(f)], e.counts[f] = true, true
				}
			}
		}
	}
	return words
}

// derive adds a table's cells and what follows from two of them: within a row, and
// within a column of neighbours, of the first, the last and the sum. Parts of a whole
// are not divided by each other: among them any quotient would be found.
func (e *evidence) derive(t *Table) {
	for j, c := range t.Columns {
		column := make([]float64, 0, len(t.Rows))
		for _, row := range t.Rows {
			if v, ok := number(row[j]); ok {
				column = append(column, v)
				if c.Format == format.Percent || c.Format == format.Points {
					e.ratios = append(e.ratios, math.Abs(v)) // 0.041 is no amount
				} else {
					e.cell(v)
				}
			}
		}
		if len(column) > 1 {
			e.deriveColumn(column, !c.partial())
		}
	}
	for _, row := range t.Rows[:min(len(t.Rows), maxPaired)] {
		var cells []float64
		for j, cell := range row {
			if v, ok := number(cell); ok && !t.Columns[j].partial() {
				cells = append(cells, v)
			}
		}
		for i, x := range cells {
			for _, y := range cells[i+1:] {
				e.pair(x, y, true)
			}
		}
	}
}

// partial reports whether the column's cells are parts of something, or places in time.
func (c Column) partial() bool {
	return c.Signed || c.Grain != "" || c.Format == format.Percent || c.Format == format.Points || c.Format == format.Ratio || c.Format == format.Year
}

func (e *evidence) deriveColumn(column []float64, divisible bool) {
	sum := 0.0
	for _, v := range column {
		sum += v
	}
	e.cell(sum)
	e.cell(sum / float64(len(column)))
	first, last := column[0], column[len(column)-1]
	running := 0.0
	for i, v := range column[:min(len(column), maxPaired)] {
		if running += v; i < 10 {
			e.cell(running)
		}
		if i > 0 { // with itself there is nothing between, and all of it
			e.pair(v, first, divisible)
			e.pair(v, column[i-1], divisible)
		}
		if i < len(column)-1 {
			e.pair(v, last, divisible)
		}
		if divisible && i < len(column)-1 {
			e.share(running, sum)
		}
		if divisible {
			e.share(v, sum)
		}
	}
}

func (e *evidence) cell(v float64) {
	e.values = append(e.values, math.Abs(v))
	e.ratios = append(e.ratios, math.Abs(v)) // as the engine computed it
}

func (e *evidence) pair(x, y float64, divisible bool) {
	e.values = append(e.values, math.Abs(x-y))
	e.ratios = append(e.ratios, math.Abs(x-y)) // a difference of parts, in points
	if !divisible {
		return
	}
	for _, p := range [2][2]float64{{x, y}, {y, x}} {
		e.share(p[0], p[1])
		if p[1] != 0 {
			e.moves = append(e.moves, math.Abs((p[0]-p[1])/p[1]))
		}
	}
}

func (e *evidence) share(part, whole float64) {
	if whole != 0 {
		e.ratios = append(e.ratios, math.Abs(part/whole))
	}
}

var (
	isoDate     = regexp.MustCompile(`(\d{4})-(\d{2})-(\d{2})`)
	numberWords = regexp.MustCompile(`\d+`)
	koreanMonth = regexp.MustCompile(`(\d{1,2})\s?월`)
	yearWord    = regexp.MustCompile(`(?:19|20)\d{2}`)
)

// saw notes the dates in what was said. The day before one counts too: periods in
// statements end before a day.
func (e *evidence) saw(text string) {
	for _, m := range isoDate.FindAllString(text, -1) {
		if t, err := time.Parse("2006-01-02", m); err == nil {
			e.sawDate(t)
			e.sawDate(t.AddDate(0, 0, -1))
		}
	}
	for _, y := range yearWord.FindAllString(text, -1) {
		e.years[atoi(y)] = true
	}
	for _, m := range koreanMonth.FindAllStringSubmatch(text, -1) {
		e.months[atoi(m[1])] = true
	}
}

func (e *evidence) sawDate(t time.Time) {
	e.years[t.Year()], e.months[int(t.Month())], e.days[t.Format("01-02")] = true, true, true
}

func atoi(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

// holds reports whether the evidence has what the literal says.
func (e *evidence) holds(l literal, text string) bool {
	if e.named(l, text) || math.IsNaN(l.value) && strings.Contains(e.words, strings.ToLower(l.text)) {
		return true
	}
	switch l.kind {
	case dateLiteral:
		return e.dated(l.text)
	case ordinalLiteral:
		return l.value >= 1 && l.value <= float64(max(e.ranks, 1)) && l.unit == 1
	case countLiteral:
		return e.counts[l.value] || near(e.values, l.value, l.unit)
	case percentLiteral:
		part, unit := l.value/100, l.unit/100
		return near(e.ratios, part, unit) || near(e.moves, part, unit) || near(e.values, l.value, l.unit)
	case timesLiteral:
		return near(e.ratios, l.value, l.unit)
	}
	return near(e.values, l.value, l.unit)
}

// named reports whether the literal is a part of a name that was said: 16kg, S24.
func (e *evidence) named(l literal, text string) bool {
	from := strings.LastIndexFunc(text[:l.start], func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	_, size := utf8.DecodeRuneInString(text[max(from, 0):])
	if from += size; from < size {
		from = 0
	}
	to := l.end
	for to < len(text) && (text[to] >= 'a' && text[to] <= 'z' || text[to] >= 'A' && text[to] <= 'Z') {
		to++ // a particle is no part of a name
	}
	word := strings.ToLower(text[from:to])
	return len(word) > len(l.text) && strings.Contains(e.words, word)
}

// dated reports whether every part of a date is one that results or words have.
func (e *evidence) dated(text string) bool {
	parts := numberWords.FindAllString(text, -1)
	if strings.Contains(text, ":") || strings.Contains(text, "시") {
		return e.counts[float64(atoi(parts[0]))] || strings.Contains(e.words, strings.ToLower(text))
	}
	if strings.ContainsAny(text, "QH분") {
		q := atoi(parts[0])
		for m := range e.months {
			if (m+2)/3 == q || strings.Contains(text, "H") && (m+5)/6 == q {
				return true
			}
		}
		return strings.Contains(e.words, strings.ToLower(text))
	}
	month := 0
	for _, p := range parts {
		n := atoi(p)
		switch {
		case len(p) == 4:
			if !e.years[n] {
				return false
			}
		case month == 0 && (len(parts) > 1 || strings.Contains(text, "월")) && n <= 12:
			if month = n; !e.months[n] {
				return false
			}
		case month > 0 && !e.days[twoDigits(month)+"-"+twoDigits(n)]:
			return false
		case month == 0 && !e.anyDay(n):
			return false
		}
	}
	return true
}

func (e *evidence) anyDay(n int) bool {
	for d := range e.days {
		if strings.HasSuffix(d, "-"+twoDigits(n)) {
			return true
		}
	}
	return e.counts[float64(n)]
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10%10), byte('0' + n%10)}) }

// coarse is the largest part of itself by which a rounded figure may be off: "1억" may
// stand for 1.04억, not for 1.4억.
const coarse = 0.05

// near reports whether sorted has a value that v is a rounding of.
func near(sorted []float64, v, unit float64) bool {
	if math.IsNaN(v) {
		return false
	}
	v = math.Abs(v)
	tolerance := unit * 0.5000001
	if unit > 1 {
		tolerance = min(tolerance, v*coarse)
	}
	i := sort.SearchFloat64s(sorted, v-tolerance)
	return i < len(sorted) && sorted[i] <= v+tolerance
}
