package figures

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// extreme is what a superlative claims of a row within a column.
type extreme int

const (
	largest extreme = iota + 1
	smallest
	either   // "1위": of which order, it does not say
	mostUp   // of changes
	mostDown // of changes
	onlyUp   // no other change goes that way
	onlyDown
)

// superlatives are words that claim one. A word is taken whole or by its beginning. A
// group says how many places from the end.
var superlatives = []struct {
	words *regexp.Regexp
	claim extreme
}{
	{regexp.MustCompile(`(두|세|네|다섯|[2-9])\s?번째로\s(?:큰|큽|컸|크|많은|많습|많았|많고|많으|높|비싼|비쌉|비쌌)[^\s,.!?]*`), largest},
	{regexp.MustCompile(`(두|세|네|다섯|[2-9])\s?번째로\s(?:작|적은|적습|적었|적고|적으|낮|짧|싼|쌉|쌌|저렴)[^\s,.!?]*`), smallest},
	{regexp.MustCompile(`(?i)\b(second|third|fourth|fifth|2nd|3rd|[4-9]th)[- ](?:highest|largest|biggest|greatest|most)\b`), largest},
	{regexp.MustCompile(`(?i)\b(second|third|fourth|fifth|2nd|3rd|[4-9]th)[- ](?:lowest|smallest|fewest)\b`), smallest},
	{regexp.MustCompile(`(?i)\b(second|third|fourth|fifth|2nd|3rd|[4-9]th)[- ](?:best|worst|place)\b`), either},
	{regexp.MustCompile(`가장\s(?:많이|크게|가파르게|큰\s폭으로)\s?(?:늘|증가|올랐|오른|상승|성장)\S*`), mostUp},
	{regexp.MustCompile(`가장\s(?:많이|크게|가파르게|큰\s폭으로)\s?(?:줄|감소|떨어|하락|내렸|내린)\S*`), mostDown},
	{regexp.MustCompile(`유일하게\s?(?:늘|증가|올랐|오른|상승|성장)\S*`), onlyUp},
	{regexp.MustCompile(`유일하게\s?(?:줄|감소|떨어|하락|내렸|내린)\S*`), onlyDown},
	{regexp.MustCompile(`가장\s(?:큰|큽|컸|크|많은|많습|많았|많고|많으|높|비싼|비쌉|비쌌|긴|깁|길)[^\s,.!?]*`), largest},
	{regexp.MustCompile(`가장\s(?:작|적은|적습|적었|적고|적으|낮|짧|싼|쌉|쌌|저렴)[^\s,.!?]*`), smallest},
	{regexp.MustCompile(`(?:^|\s)최(?:고|대|다)치?(?:[는은인이가의]|입니다|였습니다|로|를|을)?(?:[\s,.!?]|$)`), largest},
	{regexp.MustCompile(`(?:^|\s)최(?:저|소)치?(?:[는은인이가의]|입니다|였습니다|로|를|을)?(?:[\s,.!?]|$)`), smallest},
	{regexp.MustCompile(`(?:^|\s)(\d{1,2})위(?:[는은인가로를]|입니다|였습니다)?(?:[\s,.!?]|$)`), either},
	{regexp.MustCompile(`가장\s많이\s(?:들|썼|쓴|팔|벌|냈|나왔|나온|찾|왔)[^\s,.!?]*`), largest},
	{regexp.MustCompile(`정점(?:을|이|에)?\s?(?:찍|이었|도달|올랐)\S*`), largest},
	{regexp.MustCompile(`(?i)\b(?:highest|largest|biggest|greatest|peak(?:ed)?)\b`), largest},
	{regexp.MustCompile(`(?i)\b(?:lowest|smallest|fewest)\b`), smallest},
}

// clauseEnd parts a sentence where another subject may begin.
var clauseEnd = regexp.MustCompile(`[,;:]\s|(?:지만|이고|[크많높작적낮였았었했]고|하고|며|는데|으나|반면)[\s,]|(?i)\s(?:and|but|while|whereas)\s`)

// exaggerates reports whether a sentence calls a row the first or the last of a column
// that it is not. Only what is understood to the last word is judged: a claim about some of
// the rows, about other times, or about what is no column, stands.
func (e *evidence) exaggerates(body string) bool {
	for from := 0; from < len(body); {
		end := len(body)
		if loc := clauseEnd.FindStringIndex(body[from:]); loc != nil {
			end = from + loc[1]
		}
		if e.falseClaim(body[from:end], body[:from]) {
			return true
		}
		from = end
	}
	return false
}

func (e *evidence) falseClaim(clause, before string) bool {
	for _, s := range superlatives {
		loc := s.words.FindStringSubmatchIndex(clause)
		if loc == nil {
			continue
		}
		place := 1
		if len(loc) > 2 {
			place = places[strings.ToLower(clause[loc[2]:loc[3]])]
		}
		c := e.read(clause, loc[:2], before)
		if s.claim == either && place > 1 && !fromBelow.MatchString(clause) {
			s.claim = largest // only of a first is it often open which end is meant
		}
		return c != nil && place > 0 && c.refuted(s.claim, place)
	}
	return false
}

var fromBelow = regexp.MustCompile(`(?i)낮은|적은|작은|하위|거꾸로|역순|worst|lowest|smallest|bottom`)

// places are how many from the end words say.
var places = map[string]int{
	"두": 2, "세": 3, "네": 4, "다섯": 5, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
	"2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8, "9th": 9,
	"1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "10": 10,
}

// marked is something that a clause names, in the order in which it does.
type marked struct {
	at          int // in the clause, in bytes
	table       int
	column, row int  // -1 where it names none
	label       bool // by a column's name
}

// claimed is a superlative's subject.
type claimed struct {
	table  *Table
	column series
	signed bool
	row    int
}

// named0 stands for each byte of what a clause names, in a text that is looked through for
// other words.
const named0 = "\x01"

// filler are words that change nothing about a claim, after their particles are gone.
var filler = regexp.MustCompile(`(?i)^(?:곳|것|달|날|지역|상품|항목|순|값|전체|모두|모든|중|가운데|기록했|보였|나왔|나타났|차지했|거뒀|했|the|an?|is|was|are|were|has|had|have|with|at|of|by|in|all|overall|it|its|one|region|value|figure|recorded|saw|posted|reached)$`)

// particle ends a Korean word, and units a figure.
var particle = regexp.MustCompile(`(?:이었습니다|였습니다|었습니다|았습니다|했습니다|입니다|습니다|인데|이며|이고|으로|에서는|에서|에는|에|이|가|은|는|을|를|의|도|로|만|인|원|건|명|개|시간|회|점)$`)

// read finds the row and the column of the superlative at loc, or nil where there are
// other words than are understood. What the sentence named before stays its topic.
func (e *evidence) read(clause string, loc []int, before string) *claimed {
	marks, rest := e.marks(clause, loc)
	if !understood(rest) {
		return nil
	}
	marks = e.meant(clause, marks)
	if len(marks) == 0 {
		return nil
	}
	table, row, rows := marks[0].table, -1, 0
	for _, m := range marks {
		if m.table != table {
			return nil
		}
		if m.row >= 0 && m.row != row {
			row, rows = m.row, rows+1
		}
	}
	topic, other := e.marks(before, []int{0, 0})
	column, ok := e.claimedColumn(marks, topic, table, understood(other))
	t := &e.tables[table]
	if !ok || rows != 1 || t.Count != len(t.Rows) || !e.single[table] {
		return nil
	}
	s := e.columns[table][column]
	return &claimed{table: t, column: s, signed: t.Columns[column].changes(s), row: row}
}

// meant adds what a figure in a clause refers to: of the row that the clause names, or of
// any, the only cell that it is a rounding of.
func (e *evidence) meant(clause string, marks []marked) []marked {
	row, table := -1, -1
	for _, m := range marks {
		if table = m.table; m.row >= 0 {
			row = m.row
		}
	}
	for _, l := range literals(clause, reference.FindAllStringSubmatchIndex(clause, -1)) {
		if l.kind != plainLiteral && l.kind != percentLiteral {
			continue
		}
		cells := e.cellsOf(l, func(at marked) bool { return (row < 0 || at.row == row) && (table < 0 || at.table == table) })
		if len(cells) == 1 {
			marks = append(marks, cells[0])
		}
	}
	return marks
}

// cellsOf are the amounts that a figure may be a rounding of, among those that count.
func (e *evidence) cellsOf(l literal, counts func(marked) bool) (cells []marked) {
	for i := range e.tables {
		for j, c := range e.tables[i].Columns {
			w := around(l.value, l.unit)
			if l.kind == percentLiteral && (c.Format == "percent" || c.Format == "points") {
				w = w.percent()
			}
			for r, v := range e.columns[i][j].cells {
				at := marked{at: l.start, table: i, column: j, row: r}
				if v.ok && counts(at) && e.measures(i, j) && w.holds(math.Abs(v.value)) {
					cells = append(cells, at)
				}
			}
		}
	}
	return cells
}

// understood reports whether words change nothing about a claim.
func understood(rest string) bool {
	for _, word := range strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(" \t\n,.!?:;()*_-−₩$€¥\"'“”‘’·", r) }) {
		for range 2 {
			if word == "" || filler.MatchString(word) {
				break
			}
			word = particle.ReplaceAllString(word, "")
		}
		if word != "" && !filler.MatchString(word) {
			return false
		}
	}
	return true
}

// claimedColumn is the column that a superlative is of: the only one that the clause
// names, else refers to, else that was named before, else, where nothing unknown was, that
// measures anything.
func (e *evidence) claimedColumn(marks, topic []marked, table int, clear bool) (int, bool) {
	named, referred := e.columnsOf(marks, table)
	before, _ := e.columnsOf(topic, table)
	var all []int
	for j := range e.tables[table].Columns {
		if e.measures(table, j) {
			all = append(all, j)
		}
	}
	for _, list := range [][]int{named, referred, before, all} {
		if len(list) > 0 {
			return list[0], len(list) == 1 && (clear || len(named)+len(referred)+len(before) > 0)
		}
	}
	return 0, false
}

// columnsOf are the columns that are named, and those that are referred to.
func (e *evidence) columnsOf(marks []marked, table int) (named, referred []int) {
	for _, m := range marks {
		switch {
		case m.table != table || m.column < 0 || !e.measures(table, m.column):
		case m.label:
			named = append(named, m.column)
		default:
			referred = append(referred, m.column)
		}
	}
	return dedupe(named), dedupe(referred)
}

// measures reports whether a column holds amounts rather than names or places in time.
func (e *evidence) measures(table, column int) bool {
	c := e.tables[table].Columns[column]
	return e.columns[table][column].n > 0 && c.Grain == "" && c.Format != "year"
}

// oneKind reports whether each row has a name of its own: with two names to a row the
// largest of one of them is not the largest of all.
func (t *Table) oneKind() bool {
	names := 0
	for j := range t.Columns {
		seen := map[any]bool{}
		is := false
		for _, row := range t.Rows {
			switch v := row[j].(type) {
			case nil:
				seen[nil] = true
			case string:
				is, seen[v] = true, true
			case time.Time:
				is, seen[v.UnixNano()] = true, true
			default:
				if t.Columns[j].Grain != "" {
					is, seen[v] = true, true
				}
			}
		}
		if is {
			if names++; len(seen) < len(t.Rows) {
				return false
			}
		}
	}
	return names == 1
}

// marks are what a clause names outside the superlative, and its other words.
func (e *evidence) marks(clause string, loc []int) ([]marked, string) {
	masked := []byte(strings.ToLower(clause))
	if len(masked) != len(clause) {
		return nil, clause // letters whose small form is longer; not ours
	}
	blank := func(from, to int, with string) { copy(masked[from:to], strings.Repeat(with, to-from)) }
	var out []marked
	for _, ref := range reference.FindAllStringSubmatchIndex(clause, -1) {
		r := referenceAt(clause, ref)
		i, j, ok := e.place(r)
		if !ok {
			return nil, clause
		}
		out = append(out, marked{at: ref[0], table: i, column: j, row: r.row})
		blank(ref[0], ref[1], named0)
	}
	blank(loc[0], loc[1], " ")
	for _, name := range e.vocabulary(string(masked), out) {
		for from := 0; ; {
			i := strings.Index(string(masked[from:]), name.text)
			if i < 0 {
				break
			}
			at := from + i
			if wordAt(masked, at, at+len(name.text)) {
				out = append(out, marked{at: at, table: name.table, column: name.column, row: name.row, label: name.row < 0})
				blank(at, at+len(name.text), named0)
			}
			from = at + len(name.text)
		}
	}
	for _, l := range literals(string(masked), nil) {
		year := l.kind == dateLiteral && len(l.text) == 4 && len(e.years) == 1
		if year || l.kind == plainLiteral || l.kind == percentLiteral { // which is judged by itself
			blank(l.start, l.end, named0)
		}
	}
	slices.SortStableFunc(out, func(a, b marked) int { return cmp.Compare(a.at, b.at) })
	return out, strings.ReplaceAll(string(masked), named0, "")
}

type term struct {
	text               string
	table, column, row int
}

// vocabulary are the names of rows and columns in a clause, the longest first: of the
// table that references point to, if there are any.
func (e *evidence) vocabulary(clause string, refs []marked) []term {
	var out []term
	for i := range e.tables {
		if len(refs) > 0 && refs[0].table != i {
			continue
		}
		t := &e.tables[i]
		for j, c := range t.Columns {
			for _, name := range dedupeText(c.names()...) {
				if hasWord(clause, name) {
					out = append(out, term{name, i, j, -1})
				}
			}
		}
		for n, names := range e.names[i] {
			for _, name := range names {
				if len(name) > 1 && hasWord(clause, name) {
					out = append(out, term{name, i, -1, n})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b term) int { return cmp.Compare(len(b.text), len(a.text)) })
	return out
}

// names are what a sentence may call a column.
func (c Column) names() []string {
	return []string{c.Label, c.Key, strings.TrimSuffix(c.Label, " 수")}
}

func dedupeText(names ...string) []string {
	var out []string
	for _, n := range names {
		if n = strings.ToLower(strings.TrimSpace(n)); utf8.RuneCountInString(n) > 1 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// together names a row that is no one's: a total, a mean, what is left over.
var together = regexp.MustCompile(`(?i)^\(?(?:전체|합계|총계|총합|소계|평균|기타|그 외|나머지|미분류|미지정|알 수 없음|없음|total|all|sum|subtotal|grand total|average|mean|others?|unknown|none|n/a|the rest)\)?$`)

// gathers reports whether a row stands for several, or for nobody known.
func (t *Table) gathers(row int) bool {
	for j, v := range t.Rows[row] {
		switch v := v.(type) {
		case nil: // as totals have it (SQL's ROLLUP), where others have a name
			if slices.ContainsFunc(t.Rows, func(r []any) bool { _, ok := r[j].(string); return ok }) {
				return true
			}
		case string:
			if together.MatchString(strings.TrimSpace(v)) {
				return true
			}
		}
	}
	return false
}

// refuted reports whether the row is not what the claim says, at the place that it says.
// Equals share a place.
func (c *claimed) refuted(claim extreme, place int) bool {
	own := c.column.cells[c.row]
	if !own.ok || claim >= mostUp && !c.signed {
		return false
	}
	above, below, equal, up, down := 0, 0, 0, 0, 0
	for r, v := range c.column.cells {
		switch {
		case !v.ok || r == c.row || c.table.gathers(r):
			continue
		case v.value > own.value:
			above++
		case v.value < own.value:
			below++
		default:
			equal++
		}
		if v.value > 0 {
			up++
		} else if v.value < 0 {
			down++
		}
	}
	off := func(ahead int) bool { return ahead >= place || ahead+equal < place-1 }
	switch claim {
	case largest, mostUp:
		return off(above)
	case smallest, mostDown:
		return off(below)
	case either:
		return off(above) && off(below)
	case onlyUp:
		return own.value <= 0 || up > 0
	case onlyDown:
		return own.value >= 0 || down > 0
	}
	return false
}
