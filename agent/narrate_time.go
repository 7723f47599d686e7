package agent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
)

// trend is the course of the measures along time.
func (n *narrator) trend() string {
	if n.query.Cumulative {
		if text := n.cumulative(); text != "" {
			return text
		}
	}
	text := n.total()
	goesOn := text != ""
	for i, m := range n.measuresFromLead() {
		key := n.query.Measures[m].Key()
		s := n.course(n.subject(m), key, goesOn)
		if i > 0 {
			s = n.course(n.measureName(m), key, true)
		}
		if s != "" {
			text += s + " "
			goesOn = true
		}
	}
	return strings.TrimSpace(text + n.gaps())
}

// gaps says that times without a record were left out.
func (n *narrator) gaps() string {
	const named = 3
	var names []string
	var last said
	for _, row := range n.indices() {
		if !n.query.FillTime || n.has(row, n.query.Measures[n.lead].Key()) || !n.additive(n.lead) {
			continue
		}
		last = n.when(row)
		names = append(names, last.ref)
	}
	if len(names) == 0 {
		return ""
	}
	more := len(names) > named
	names = names[:min(len(names), named)]
	if n.ko() {
		return strings.Join(names, ", ") + map[bool]string{true: " 등은", false: last.with("은", "는")[len(last.ref):]}[more] + " 기록이 없어 뺐습니다."
	}
	return "There are no records for " + listed(names) + map[bool]string{true: " and others"}[more] + "; they are left out."
}

// course says where a column was highest and lowest along time, and where it ended.
// Periods that are not whole are left out: half a month looks like a collapse.
func (n *narrator) course(name, column string, goesOn bool) string {
	rows, last := n.wholePeriods(column)
	if len(rows) == 0 {
		return ""
	}
	high, _ := n.largest(rows, column)
	low, _ := n.smallest(rows, column)
	peak, trough := n.figure(high, column), n.figure(low, column)
	w := n.words(column)
	head := ""
	if !goesOn {
		head = n.circumstances()
	}
	topic := head + name + format.Josa(name, "은", "는") + " "
	var text string
	switch {
	case len(rows) == 1 && n.ko():
		text = topic + n.when(high).ref + "에 " + peak.ref + "입니다."
	case len(rows) == 1:
		text = n.sentence(fmt.Sprintf("%s %s %s %s", name, n.be(name), peak.ref, n.onWhen(high)))
	case n.number(high, column) == n.number(low, column) && n.ko():
		text = topic + "내내 " + peak.ref + "입니다."
	case n.number(high, column) == n.number(low, column):
		text = n.sentence(n.whereNeeded(name+" "+n.be(name)+" "+peak.ref+" throughout", goesOn))
	case peak.text == trough.text && n.ko(): // too near for the figures to differ
		text = topic + "내내 " + peak.ref + " 안팎입니다."
	case peak.text == trough.text:
		text = n.sentence(n.whereNeeded(name+" "+n.be(name)+" about "+peak.ref+" throughout", goesOn))
	case n.ko():
		text = fmt.Sprintf("%s%s %s 가장 %s %s %s 가장 %s.", topic, n.times(rows, column, high), peak.with("으로", "로"), w.highAnd,
			n.times(rows, column, low), trough.with("으로", "로"), w.low)
	default:
		text = n.sentence(fmt.Sprintf("%s %s %s %s (%s) and %s %s (%s)", n.whereNeeded(name, goesOn), n.be(name), w.most,
			n.times(rows, column, high), peak.ref, w.least, n.times(rows, column, low), trough.ref))
	}
	if last >= 0 && !slices.Contains(append(n.alike(rows, column, high), n.alike(rows, column, low)...), last) && !goesOn {
		text += " " + n.ending(last, column)
	}
	if !goesOn {
		text += n.cutOff(rows, column)
	}
	return text
}

// times says when a column was what it is in a row, of several times the first.
func (n *narrator) times(rows []int, column string, row int) string {
	same := n.alike(rows, column, row)
	switch {
	case len(same) > spokenTies && n.ko():
		return n.when(row).ref + " 등에"
	case len(same) > spokenTies:
		return n.onWhen(row) + " and at other times"
	case n.ko():
		return n.together(same, n.when).ref + "에"
	}
	on, _, _ := strings.Cut(n.onWhen(row), " ")
	names := make([]string, len(same))
	for i, one := range same {
		names[i] = n.theWhen(one)
	}
	return on + " " + listed(names)
}

// ending says where a course ended, or where it stands.
func (n *narrator) ending(row int, column string) string {
	when, what := n.when(row), n.figure(row, column).ref
	switch {
	case n.unfinished(row):
		return n.pick(fmt.Sprintf("%s 아직 끝나지 않았고 지금까지 %s입니다.", when.with("은", "는"), what),
			fmt.Sprintf("%s%s is not over yet: %s so far.", map[bool]string{true: "The "}[n.weekly()], when.ref, what))
	case n.latest():
		return n.pick(fmt.Sprintf("가장 최근인 %s에는 %s입니다.", when.ref, what), fmt.Sprintf("The latest, %s, is %s.", n.theWhen(row), what))
	}
	return n.pick(fmt.Sprintf("마지막인 %s에는 %s입니다.", when.ref, what), fmt.Sprintf("The last, %s, is %s.", n.theWhen(row), what))
}

// cumulative says how far the running total came.
func (n *narrator) cumulative() string {
	key := n.query.Measures[n.lead].Key() + "__total"
	row := n.last(key)
	if row < 0 {
		return ""
	}
	name := n.subject(n.lead)
	if n.ko() {
		if !strings.Contains(name, "누적") {
			name = "누적 " + name
		}
		return fmt.Sprintf("%s%s%s %s까지 %s입니다.", n.circumstances(), name, format.Josa(name, "은", "는"), n.when(row).ref, n.figure(row, key).ref)
	}
	return n.sentence(n.dated(fmt.Sprintf("%s reached %s by %s", name, n.figure(row, key).ref, n.when(row).ref)))
}

// trendBy is a course for each value of a dimension: who leads at the end, or how the
// one that was asked for went.
func (n *narrator) trendBy() string {
	key := n.query.Measures[n.lead].Key()
	column := key
	if n.plan.Intent == compose.Share && n.result.column(key+"__share") >= 0 {
		column = key + "__share"
	}
	if focus := n.focus(); len(focus) > 0 {
		return n.courseOf(focus, column)
	}
	rows := n.lastWhole(n.namedRows(column))
	best, _ := n.largest(rows, column)
	if best < 0 {
		return ""
	}
	first := n.alike(rows, column, best)
	who, what, when, name := n.together(first, n.rowNameOnly), n.figure(best, column), n.when(best), n.subject(n.lead)
	if column != key {
		name = n.pick(name+" 비중", "Share of "+lowerFirst(name))
	}
	several := len(first) > 1
	if n.ko() {
		at := n.amongTop() + map[bool]string{true: "가장 최근", false: "마지막"}[n.latest()] + "인 " + when.ref + "에 "
		if several && len(first) == len(rows) {
			return n.circumstances() + withTopic(name) + at + "모두 " + what.with("으로", "로") + " 같습니다."
		}
		return fmt.Sprintf("%s%s%s%s %s%s 가장 %s.", n.circumstances(), withTopic(name), at, who.with("이", "가"), n.tie(first), what.with("으로", "로"), n.words(column).is)
	}
	if several && len(first) == len(rows) {
		return n.sentence(fmt.Sprintf("%s: all are the same, %s, %s", n.dated(name), what.ref, n.onWhen(best)))
	}
	return n.sentence(fmt.Sprintf("%s%s: %s %s %s with %s%s %s", n.dated(name), n.amongTop(), who.ref, map[bool]string{false: "is", true: "are"}[several],
		n.words(column).most, what.ref, n.tie(first), n.onWhen(best)))
}

// amongTop says that only the first few are told of, or "".
func (n *narrator) amongTop() string {
	t := n.query.Top
	switch {
	case t == nil:
		return ""
	case t.Least:
		return n.pick(fmt.Sprintf("하위 %d개 중 ", t.N), fmt.Sprintf(", among the bottom %d", t.N))
	}
	return n.pick(fmt.Sprintf("상위 %d개 중 ", t.N), fmt.Sprintf(", among the top %d", t.N))
}

func (n *narrator) weekly() bool {
	return semantic.Grain(n.result.Columns[n.timeColumn()].Grain) == semantic.Week
}

// theWhen is the English name of a row's time, "the week of Oct 5".
func (n *narrator) theWhen(row int) string {
	if n.weekly() {
		return "the " + n.when(row).ref
	}
	return n.when(row).ref
}

// onWhen is theWhen with its preposition.
func (n *narrator) onWhen(row int) string {
	switch semantic.Grain(n.result.Columns[n.timeColumn()].Grain) {
	case semantic.Day:
		return "on " + n.theWhen(row)
	case semantic.Hour:
		return "at " + n.theWhen(row)
	}
	return "in " + n.theWhen(row)
}

// courseOf is the course of one value's share.
func (n *narrator) courseOf(rows []int, column string) string {
	one := *n
	one.rows = rows
	who := n.rowNameOnly(rows[0])
	name := n.measureName(n.lead)
	if n.ko() {
		return one.course(who.ref+"의 "+name+" 비중", column, false)
	}
	return one.course("The share of "+who.ref+" in "+lowerFirst(name), column, false)
}

// wholePeriods are the rows with a figure whose time lies in the period and in the
// data from its beginning to its end, or all rows when fewer than two do. Last is the
// one to end with, -1 when the last is not whole for no reason but the period asked.
func (n *narrator) wholePeriods(column string) (rows []int, last int) {
	var all []int
	last = -1
	for _, row := range n.indices() {
		if !n.has(row, column) {
			continue
		}
		all = append(all, row)
		switch {
		case n.isWhole(row):
			rows = append(rows, row)
			last = row
		case n.unfinished(row):
			last = row
		}
	}
	if len(rows) < 2 {
		return all, n.last(column)
	}
	return rows, last
}

// lastWhole are those of rows that belong to the last whole period.
func (n *narrator) lastWhole(rows []int) []int {
	t := n.timeColumn()
	pick := func(ok func(int) bool) (out []int) {
		for _, row := range rows {
			if !ok(row) {
				continue
			}
			if len(out) > 0 && after(n.result.Rows[row][t], n.result.Rows[out[0]][t]) {
				out = out[:0]
			}
			if len(out) == 0 || !after(n.result.Rows[out[0]][t], n.result.Rows[row][t]) {
				out = append(out, row)
			}
		}
		return out
	}
	if out := pick(n.isWhole); len(out) > 0 {
		return out
	}
	return pick(func(int) bool { return true })
}

// after orders two cells of a time column.
func after(a, b any) bool {
	x, isTime := a.(time.Time)
	y, both := b.(time.Time)
	if isTime && both {
		return x.After(y)
	}
	i, _ := a.(int64)
	j, _ := b.(int64)
	return i > j
}

// span is the period that a row stands for.
func (n *narrator) span(row int) (start, end time.Time, ok bool) {
	c := n.timeColumn()
	if c < 0 {
		return start, end, false
	}
	start, ok = n.result.Rows[row][c].(time.Time)
	if !ok {
		return start, end, false
	}
	return start, nextPeriod(start, semantic.Grain(n.result.Columns[c].Grain), 1), true
}

// isWhole reports whether a row's period is whole.
func (n *narrator) isWhole(row int) bool {
	start, end, ok := n.span(row)
	p := n.query.Period
	switch {
	case !ok:
		return true
	case p != nil && !p.Start.IsZero() && start.Before(p.Start), p != nil && !p.End.IsZero() && end.After(p.End):
		return false
	}
	return !n.unfinished(row)
}

// cutTo is what of a row's period lies in the one that was asked about, and whether that
// is not all of it.
func (n *narrator) cutTo(row int) (in semantic.Period, cut bool) {
	start, end, ok := n.span(row)
	p := n.query.Period
	if !ok || p == nil {
		return in, false
	}
	in = semantic.Period{Start: start, End: end}
	if !p.Start.IsZero() && start.Before(p.Start) {
		in.Start, cut = p.Start, true
	}
	if !p.End.IsZero() && end.After(p.End) {
		in.End, cut = p.End, true
	}
	return in, cut && in.Start.Before(in.End)
}

// cutOff says which times were not compared since but a part of them was asked about.
func (n *narrator) cutOff(rows []int, column string) string {
	var left []int
	var names []string
	for _, row := range n.indices() {
		if _, cut := n.cutTo(row); !cut || n.unfinished(row) || !n.has(row, column) || slices.Contains(rows, row) {
			continue
		}
		left, names = append(left, row), append(names, n.theWhen(row))
	}
	switch {
	case len(left) == 0 || len(left) > 2:
		return "" // of several lines in one picture its note says it
	case n.ko():
		return " " + n.together(left, n.when).with("은", "는") + " 물어보신 기간에 일부만 들어 있어 견주지 않았습니다."
	}
	return " " + n.sentence(listed(names)+map[bool]string{false: " is", true: " are"}[len(names) > 1]+" only partly in the period that was asked about, and not compared")
}

// unfinished reports whether the data end within a row's period.
func (n *narrator) unfinished(row int) bool {
	start, end, ok := n.span(row)
	return ok && !n.until.IsZero() && end.Sub(start) > 24*time.Hour && !start.After(n.until) && end.After(n.until.Add(24*time.Hour))
}

// latest reports whether the period asked about reaches to the end of the data.
func (n *narrator) latest() bool {
	p := n.query.Period
	if p == nil || p.End.IsZero() || n.until.IsZero() {
		return true
	}
	const near = 45 * 24 * time.Hour // the last whole month or week ends before the data do
	return p.End.Add(near).After(n.until)
}
