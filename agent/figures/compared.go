package figures

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Words that say which of two is more, beside a figure.
var (
	moreAfterFigure = regexp.MustCompile(`(?i)^(?:\s?(?:원|달러|건|명|개|%p|p))?(?:이나|만큼|정도|가량|쯤)?\s?(?:더\s?)?(?:(많|높|크[게고며]|큽|큰|앞서|앞섭|앞선)|(적[은습고었]|낮|작[은습고았]|뒤[처진]|덜))|^\s(?:[a-z]+\s)?(?:(higher|more|larger|greater|bigger|above|ahead)|(lower|less|fewer|smaller|below|behind))\b`)
	betterBefore    = regexp.MustCompile(`(?i)\b(?:(improved?|recovered)|(worsened|deteriorated))\s(?:by\s)?[₩$€¥]?$`)
	than            = regexp.MustCompile(`(?i)\b(?:than|from|versus|vs\.?|ahead of|behind)\s(?:the\s|in\s)?$`)
)

// compares is the way in which words beside a figure tell one of two from the other.
func compares(before, after string) int {
	if way := direction(before, after); way != 0 {
		return way
	}
	if way := sense(betterBefore.FindStringSubmatch(before)); way != 0 {
		return way
	}
	return sense(moreAfterFigure.FindStringSubmatch(after))
}

// reversed reports whether a figure is told as the difference of two rows that are named,
// or of one time from another before it, which results have in the other direction alone.
func (e *evidence) reversed(l literal, body string, rows focus) bool {
	way := compares(body[:l.start], body[l.end:])
	if way == 0 || math.IsNaN(l.value) || l.kind == dateLiteral || l.kind == ordinalLiteral || l.kind == timesLiteral {
		return false
	}
	w, _ := l.windowOf(body)
	percent := l.kind == percentLiteral
	if percent {
		w = w.percent()
	}
	for i := range rows {
		var gaps []float64
		for _, p := range e.opposed(i, strings.ToLower(body), rows) {
			for j, c := range e.tables[i].Columns {
				gaps = append(gaps, gap(c, e.columns[i][j], p[0], p[1], percent)...)
			}
		}
		if gaps = sorted(gaps); w.moved(gaps, -way) && !w.moved(gaps, way) {
			return !e.told(w, i, percent)
		}
	}
	return false
}

// told reports whether a figure may be a cell itself, of which no direction is to be had.
func (e *evidence) told(w window, table int, percent bool) bool {
	for j, c := range e.tables[table].Columns {
		if percent != (c.Format == "percent") || c.changes(e.columns[table][j]) {
			continue
		}
		for _, cell := range e.columns[table][j].cells {
			if cell.ok && w.holds(math.Abs(cell.value)) {
				return true
			}
		}
	}
	return false
}

// gap is how far a row is from another in a column: as an amount, or as a part of it.
func gap(c Column, s series, row, from int, percent bool) []float64 {
	x, y := s.cells[row], s.cells[from]
	rate := c.Format == "percent" || c.Format == "points"
	switch {
	case !x.ok || !y.ok || c.Grain != "" || percent && !rate && y.value == 0:
		return nil
	case percent && !rate:
		return []float64{(x.value - y.value) / math.Abs(y.value)}
	case percent == rate:
		return []float64{x.value - y.value}
	}
	return nil
}

// opposed are the rows of a table that a sentence compares, each with another: the one
// that stands before 보다 or after "than", or, of times, one from before. Where nothing is
// named those are each time and the one before it, the last and the first.
func (e *evidence) opposed(table int, prose string, rows focus) (pairs [][2]int) {
	named := rows[table]
	var objects []int
	for _, m := range e.mentions(table, prose) {
		if strings.HasPrefix(afterWord(prose[m.end:]), "보다") || than.MatchString(prose[:m.start]) {
			objects = append(objects, m.row)
		}
	}
	at, timely := e.times(table)
	subjects := slices.DeleteFunc(slices.Clone(named), func(r int) bool { return slices.Contains(objects, r) })
	switch {
	case len(objects) > 0 && len(subjects) == 1:
		for _, r := range objects {
			pairs = append(pairs, [2]int{subjects[0], r})
		}
		return pairs
	case !timely || len(named) > few || len(named) == 0 && !rows.empty():
		return nil
	}
	order := make([]int, len(at))
	for r := range order {
		order[r] = r
	}
	slices.SortFunc(order, func(a, b int) int { return at[a].Compare(at[b]) })
	if len(named) == 0 {
		last := len(order) - 1
		pairs = [][2]int{{order[last], order[0]}}
		for n := range last {
			pairs = append(pairs, [2]int{order[n+1], order[n]})
		}
		return pairs
	}
	subject := slices.MaxFunc(named, func(a, b int) int { return at[a].Compare(at[b]) })
	for _, r := range order {
		if at[r].Before(at[subject]) && (len(named) == 1 || slices.Contains(named, r)) {
			pairs = append(pairs, [2]int{subject, r})
		}
	}
	return pairs
}

// afterWord is what follows the rest of a word in Hangul: "특별시보다" of 서울 is 보다.
func afterWord(s string) string {
	if i := strings.Index(s, "보다"); i >= 0 && !strings.ContainsAny(s[:i], " ,.") {
		return s[i:]
	}
	return s
}

// times are the times of a table's rows, where each has one of its own and nothing else
// tells them apart.
func (e *evidence) times(table int) (at []time.Time, ok bool) {
	at = e.at[table]
	return at, len(at) > 1 && e.single[table]
}

func (t *Table) times() (at []time.Time) {
	for _, row := range t.Rows {
		for _, v := range row {
			if v, is := v.(time.Time); is {
				at = append(at, v)
			}
		}
	}
	if len(at) != len(t.Rows) {
		return nil
	}
	return at
}

// Words that tell where something came from and where it went: "rose from … to …",
// …에서 …로 늘었습니다.
var (
	cameFrom   = regexp.MustCompile(`(?i)\b(?:(rose|risen|grew|grown|increased|climbed|jumped|up|improved)|(fell|fallen|declined|dropped|decreased|shrank|shrunk|down|slid))\s(?:\w+ly\s)?from\s[₩$€¥]?$`)
	wentTo     = regexp.MustCompile(`(?i)^[\w\s%]{0,40}\sto\s(?:about\s|around\s)?[₩$€¥]?$`)
	cameAfter  = regexp.MustCompile(`^\s?(?:원|달러|명|건|개)?에서\s[^,.]{0,24}$`)
	wentAfter  = regexp.MustCompile(`^\s?(?:원|달러|명|건|개)?(?:으)?로\s?(?:크게\s|소폭\s|약간\s|다시\s)?(?:(` + rising + `)|(` + falling + `))`)
	notReached = regexp.MustCompile(`(?i)\bnot\b|안\s|않`)
)

// stated is a figure as a sentence has it, written or referred to.
type stated struct {
	start, end int
	window     window
	percent    bool
	ref        *named
}

// statedIn are the figures of a sentence, in its order.
func (e *evidence) statedIn(body string, refs [][]int) (out []stated) {
	for _, ref := range refs {
		r := referenceAt(body, ref)
		if v, _, ok := e.referred(r); ok {
			out = append(out, stated{start: ref[0], end: ref[1], window: window{v, v}, ref: &r})
		}
	}
	for _, l := range literals(body, refs) {
		if l.kind == plainLiteral || l.kind == percentLiteral || l.kind == countLiteral {
			s := stated{start: l.start, end: l.end, window: around(l.value, l.unit), percent: l.kind == percentLiteral}
			if s.percent {
				s.window = s.window.percent()
			}
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b stated) int { return a.start - b.start })
	return out
}

// misled reports whether a sentence tells a way from one figure to another that is the
// other way, or from a later one to an earlier.
func (e *evidence) misled(body string, refs [][]int) bool {
	if !strings.Contains(body, "from") && !strings.Contains(body, "에서") || notReached.MatchString(body) {
		return false
	}
	all := e.statedIn(body, refs)
	for n := range len(all) - 1 {
		from, to := all[n], all[n+1]
		between, after := body[from.end:to.start], body[to.end:]
		way := 0
		if wentTo.MatchString(between) {
			way = sense(cameFrom.FindStringSubmatch(body[:from.start]))
		}
		if way == 0 && cameAfter.MatchString(between) {
			way = sense(wentAfter.FindStringSubmatch(after))
		}
		if way != 0 && (way > 0 && to.window.hi < from.window.lo || way < 0 && to.window.lo > from.window.hi || e.backwards(from, to)) {
			return true
		}
	}
	return false
}

// backwards reports whether two figures of a table of times come in the other order alone.
func (e *evidence) backwards(from, to stated) bool {
	right, wrong := false, false
	for i := range e.tables {
		at, timely := e.times(i)
		if !timely {
			continue
		}
		for j := range e.tables[i].Columns {
			first, then := e.holding(from, i, j), e.holding(to, i, j)
			for _, a := range first {
				for _, b := range then {
					right = right || at[a].Before(at[b])
					wrong = wrong || at[b].Before(at[a])
				}
			}
		}
	}
	return wrong && !right
}

// holding are the rows in whose cell a figure is.
func (e *evidence) holding(s stated, table, column int) (rows []int) {
	if s.ref != nil {
		if i, j, ok := e.place(*s.ref); ok && i == table && j == column {
			rows = append(rows, s.ref.row)
		}
		return rows
	}
	rate := e.tables[table].Columns[column].Format == "percent"
	for r, v := range e.columns[table][column].cells {
		if v.ok && rate == s.percent && e.measures(table, column) && s.window.holds(math.Abs(v.value)) {
			rows = append(rows, r)
		}
	}
	return rows
}
