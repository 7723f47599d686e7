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
	tables    []Table
	columns   [][]series    // by table and column
	names     [][][]string  // by table and row: what a sentence may call it, in small letters
	single    []bool        // by table: each row has a name of its own
	at        [][]time.Time // by table: the times of its rows, where only these tell them apart
	lookedAt  string        // the sentence that was last looked through for names, and these
	mentioned [][]mention

	values  []float64 // sorted: cells, their differences, sums and means
	losses  []float64 // sorted: cells below zero beside others above it, without their sign
	raw     []float64 // sorted: cells that may be percentages as they are
	rates   []float64 // sorted: cells that may be parts of one, without a sign
	changes []float64 // sorted: cells of columns of changes, with their sign
	shifts  []float64 // sorted: amounts in columns of changes, with their sign
	stated  []float64 // sorted: percentages that were said before, as parts of one
	said    map[threshold]bool
	counts  map[float64]bool
	ranks   int             // the largest number of rows of a result
	years   map[int]bool    // of dates in results and in what was said
	days    map[string]bool // "10-03"
	months  map[int]bool
	words   string // everything that was said, and all text cells
}

// maxPaired bounds the rows of a table that are compared with each other. A text that
// people read speaks of the first few.
const maxPaired = 60

func gather(tables []Table, known []string) *evidence {
	e := &evidence{tables: tables, said: map[threshold]bool{}, counts: map[float64]bool{}, years: map[int]bool{}, days: map[string]bool{}, months: map[int]bool{}}
	var words []string
	for _, k := range known {
		words = append(words, k)
		e.saw(k)
		for _, l := range literals(k, nil) {
			e.values = append(e.values, math.Abs(l.value))
			e.said[threshold{l.value, l.kind == percentLiteral}] = true
			if l.kind == percentLiteral {
				e.stated = append(e.stated, math.Abs(l.value)/100)
			}
			e.counts[l.value] = true
		}
	}
	for i := range tables {
		t := &tables[i]
		e.ranks = max(e.ranks, t.Count, len(t.Rows))
		e.counts[float64(t.Count)], e.counts[float64(len(t.Rows))], e.counts[float64(len(t.Columns))] = true, true, true
		words = append(words, e.readCells(t)...)
		e.readNumbers(t)
		e.readNames(t)
		e.single = append(e.single, t.oneKind())
		e.at = append(e.at, t.times())
	}
	e.words = strings.ToLower(strings.Join(words, "\n"))
	for _, list := range []*[]float64{&e.values, &e.losses, &e.raw, &e.rates, &e.changes, &e.shifts, &e.stated} {
		*list = sorted(*list)
	}
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

// readNumbers adds a table's cells, their sums and differences.
func (e *evidence) readNumbers(t *Table) {
	columns := make([]series, len(t.Columns))
	for j, c := range t.Columns {
		s := newSeries(t, j)
		columns[j] = s
		fraction := c.Format == format.Percent || c.Format == format.Points
		signed := c.changes(s)
		mixed := slices.ContainsFunc(s.cells, func(v cell) bool { return v.ok && v.value > 0 })
		for _, cell := range s.cells {
			switch {
			case !cell.ok:
			case signed:
				e.changes = append(e.changes, cell.value)
			default:
				e.rates = append(e.rates, math.Abs(cell.value))
			}
			if cell.ok && !fraction { // 0.041 is no amount
				if cell.value < 0 && mixed && !signed {
					e.losses = append(e.losses, -cell.value)
				} else {
					e.values = append(e.values, math.Abs(cell.value))
				}
				if c.Format == "" {
					e.raw = append(e.raw, math.Abs(cell.value))
				}
				if signed {
					e.shifts = append(e.shifts, cell.value)
				}
			}
		}
		if s.n > 1 {
			e.sums(s, fraction)
			if signed && !fraction {
				e.shifts = append(e.shifts, s.sum)
			}
		}
	}
	e.columns = append(e.columns, columns)
	for i := range columns {
		for j := range columns[:i] {
			if a, b := t.Columns[i], t.Columns[j]; a.Format == b.Format && !a.partial() && !b.partial() {
				e.differences(columns[i], columns[j], earlier(b), earlier(a))
			}
		}
	}
}

// differences relates two columns row by row; one of them may be known to be of a time
// before the other's.
func (e *evidence) differences(a, b series, after, before bool) {
	for r := range a.cells[:min(len(a.cells), maxPaired)] {
		x, y := a.cells[r], b.cells[r]
		if !x.ok || !y.ok {
			continue
		}
		e.values = append(e.values, math.Abs(x.value-y.value))
		switch {
		case after && !before:
			e.shifts = append(e.shifts, x.value-y.value)
		case before && !after:
			e.shifts = append(e.shifts, y.value-x.value)
		}
	}
}

// sums adds a column's sum, mean, running sums and differences.
func (e *evidence) sums(s series, fraction bool) {
	mean := s.sum / float64(s.n)
	if fraction {
		e.rates = append(e.rates, math.Abs(s.sum), math.Abs(mean))
	}
	e.values = append(e.values, math.Abs(s.sum), math.Abs(mean))
	first, last := s.cells[0].value, s.cells[len(s.cells)-1].value
	running := 0.0
	for i, c := range s.cells[:min(len(s.cells), maxPaired)] {
		if running += c.value; i > 0 && i < 10 {
			e.values = append(e.values, math.Abs(running))
		}
		if i > 0 { // with itself there is nothing between
			e.values = append(e.values, math.Abs(c.value-first), math.Abs(c.value-s.cells[i-1].value))
		}
		if i < len(s.cells)-1 {
			e.values = append(e.values, math.Abs(c.value-last))
		}
	}
}

var earlierWords = regexp.MustCompile(`(?i)before|\bprev|_prev|prior|last_(?:year|month|week|quarter)|(?:month|year|week)_ago|전월|전년|전주|작년|이전|직전|지난`)

// earlier reports whether a column is of a time before that of the others, by its name.
func earlier(c Column) bool {
	return earlierWords.MatchString(c.Key) || earlierWords.MatchString(c.Label)
}

// changes reports whether a column tells changes: it says so, or is a rate below zero
// somewhere.
func (c Column) changes(s series) bool {
	if c.Signed {
		return true
	}
	return c.Format == format.Percent && slices.ContainsFunc(s.cells, func(v cell) bool { return v.ok && v.value < 0 })
}

// partial reports whether the column's cells are parts of something, or places in time.
func (c Column) partial() bool {
	return c.Signed || c.Grain != "" || c.Format == format.Percent || c.Format == format.Points || c.Format == format.Ratio || c.Format == format.Year
}

var (
	endsWord    = regexp.MustCompile(`(?i)(?:상위|하위|\btop|\bbottom|\bfirst|\blast)\s?$`)
	yearAfter   = regexp.MustCompile(`^\s?(?:년\s?(?:전|새|사이|동안|만에)|year\b)`)
	lastYear    = regexp.MustCompile(`작년|전년|지난해|last year|year ago|year_ago|year.over.year|yoy`)
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
func (e *evidence) holds(l literal, text string, refs [][]int, rows focus, d *derived) bool {
	if e.named(l, text) || math.IsNaN(l.value) && strings.Contains(e.words, strings.ToLower(l.text)) {
		return true
	}
	if (l.kind == countLiteral || l.kind == plainLiteral) && l.unit == 1 && endsWord.MatchString(text[:l.start]) {
		return l.value >= 1 && l.value <= float64(e.ranks) // 상위 3개, the top 3
	}
	if (l.kind == plainLiteral || l.kind == countLiteral) && e.shiftedOtherwise(l, text) {
		return false
	}
	if e.reversed(l, text, rows) {
		return false
	}
	w, bounded := l.windowOf(text)
	if bounded && e.said[threshold{l.value, l.kind == percentLiteral}] {
		return true // a threshold is said of what is on either side of it
	}
	if bounded && e.countsBy(l, text, refs) {
		return true
	}
	if bounded && e.missed(l, text, w, rows) {
		return false
	}
	switch l.kind {
	case dateLiteral:
		if l.daysAlone() {
			if known, right := e.counted(l.asCount(), text, refs); known {
				return right
			}
		}
		return e.dated(l.text)
	case ordinalLiteral:
		return l.value >= 1 && l.value <= float64(max(e.ranks, 1)) && l.unit == 1
	case countLiteral:
		if known, right := e.counted(l, text, refs); known {
			return right || e.said[threshold{l.value, false}]
		}
		return e.counts[l.value] || w.among(e.values) || w.among(d.sums) || l.value == 1 && yearAfter.MatchString(text[l.end:]) && lastYear.MatchString(e.words)
	case percentLiteral:
		return e.percent(l, text, d)
	case timesLiteral:
		if known, right := e.grown(l, text, w, rows, d); known {
			return right
		}
		if way := direction(text[:l.start], text[l.end:]); way != 0 && l.value < 1 {
			return w.moved(d.moves, way) || w.moved(e.changes, way)
		}
		return w.among(e.rates) || w.among(d.parts)
	}
	if w.among(e.losses) && !w.among(e.values) {
		return !e.denied(l, text, w)
	}
	// Small ones are found too easily among quotients.
	return w.among(e.values) || w.among(d.sums) || l.kind == plainLiteral && (l.value >= 10 || l.unit < 1) && around(l.value, l.unit).among(d.per)
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
