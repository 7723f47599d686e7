package agent

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// narrator writes the text of an answer in one language. It writes no figure
// itself: figures are references that package figures fills in from the results.
type narrator struct {
	language string
	plan     *compose.Plan
	model    *semantic.Model
	query    semantic.Query // as run, with what was added to the plan's
	result   *Result
	additive func(metric string) bool
	whole    *narrator // of the figure over all rows together, nil when there is none
	now      time.Time // whose year need not be said
}

func (n *narrator) ko() bool { return n.language == "ko" }

// pick returns the text of the narrator's language.
func (n *narrator) pick(ko, en string) string {
	if n.ko() {
		return ko
	}
	return en
}

// text writes the answer to a plan whose figures one query gave.
func (n *narrator) text() string {
	switch {
	case len(n.query.Measures) == 0:
		return n.list()
	case n.timeColumn() >= 0 && n.dimensionColumn() < 0:
		return n.trend()
	case n.dimensionColumn() < 0:
		return n.value()
	case n.timeColumn() >= 0:
		return n.trendBy()
	case n.plan.Intent == compose.Change:
		return n.changes()
	case n.plan.Intent == compose.Rank:
		return n.rank()
	}
	return n.breakdown()
}

// value is one figure, or several side by side.
func (n *narrator) value() string {
	var parts []string
	for i, m := range n.query.Measures {
		key := m.Key()
		if !n.has(0, key) {
			continue
		}
		name := n.subject(i)
		figure := figures.Ref(n.result.Name, key, 0)
		if n.ko() {
			parts = append(parts, name+format.Josa(name, "은", "는")+" "+figure)
		} else {
			parts = append(parts, name+" "+n.be(name)+" "+figure)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := n.circumstances() + strings.Join(parts, ", ")
	if len(n.query.Measures) == 1 {
		if change := n.changeClause(n.query.Measures[0].Key(), 0); change != "" {
			if !n.ko() {
				text = n.dated(text)
			}
			return n.sentence(text + ", " + change)
		}
	}
	if n.ko() {
		return text + "입니다."
	}
	return n.sentence(n.dated(text))
}

// changeClause says how much a measure moved against the compared period, or "".
func (n *narrator) changeClause(key string, row int) string {
	if n.query.Compare == nil || !n.has(row, key+"__growth") {
		return ""
	}
	before := n.beforeName()
	column, style := key+"__growth", figures.Abs
	delta := n.number(row, column)
	if n.isPercent(key) {
		column = key + "__change"
		if !n.has(row, column) {
			return ""
		}
		delta = n.number(row, column)
	}
	figure := figures.RefAs(n.result.Name, column, row, style)
	switch {
	case math.Abs(delta) < 0.0005:
		return n.pick(before+format.Josa(before, "과", "와")+" 같습니다", "the same as "+before)
	case n.ko() && n.isPercent(key):
		return fmt.Sprintf("%s보다 %s %s", before, figure, upDown(delta, "올랐습니다", "내렸습니다"))
	case n.ko():
		return fmt.Sprintf("%s보다 %s %s", before, figure, upDown(delta, "늘었습니다", "줄었습니다"))
	}
	return fmt.Sprintf("%s %s on %s", upDown(delta, "up", "down"), figure, before)
}

func upDown(delta float64, up, down string) string {
	if delta < 0 {
		return down
	}
	return up
}

// trend is the course of the first measure along time.
func (n *narrator) trend() string {
	key, t := n.query.Measures[0].Key(), n.timeColumn()
	if n.query.Cumulative && n.has(len(n.result.Rows)-1, key+"__total") {
		key += "__total"
	}
	high, low, last := n.extremes(key)
	if high < 0 {
		return ""
	}
	when := func(row int) string { return figures.Ref(n.result.Name, n.result.Columns[t].Name, row) }
	what := func(row int) string { return figures.Ref(n.result.Name, key, row) }
	name := n.subject(0)
	if high == low {
		return n.onlyPoint(name, when(high), what(high))
	}
	if n.ko() {
		text := fmt.Sprintf("%s%s%s %s에 %s%s 가장 높고 %s에 %s%s 가장 낮습니다.", n.circumstances(), name,
			format.Josa(name, "은", "는"), when(high), what(high), n.josa(high, key, "으로", "로"),
			when(low), what(low), n.josa(low, key, "으로", "로"))
		if last != high && last != low {
			text += fmt.Sprintf(" 가장 최근인 %s에는 %s입니다.", when(last), what(last))
		}
		return text
	}
	text := fmt.Sprintf("%s%s peaked at %s (%s) and was lowest at %s (%s)", n.circumstances(), name,
		what(high), when(high), what(low), when(low))
	text = n.sentence(n.dated(text))
	if last != high && last != low {
		text += fmt.Sprintf(" The latest, %s, is %s.", when(last), what(last))
	}
	return text
}

func (n *narrator) onlyPoint(name, when, what string) string {
	if n.ko() {
		return fmt.Sprintf("%s%s%s %s에 %s입니다.", n.circumstances(), name, format.Josa(name, "은", "는"), when, what)
	}
	return n.sentence(fmt.Sprintf("%s%s was %s in %s", n.circumstances(), name, what, when))
}

// trendBy is a course for each value of a dimension: who leads at the end.
func (n *narrator) trendBy() string {
	key, t, d := n.query.Measures[0].Key(), n.timeColumn(), n.dimensionColumn()
	var latest string
	best, last := -1, -1
	for i, row := range n.result.Rows {
		if s := fmt.Sprint(row[t]); s > latest {
			latest, best, last = s, -1, i
		}
		if fmt.Sprint(row[t]) == latest && n.has(i, key) && (best < 0 || n.number(i, key) > n.number(best, key)) {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	when := figures.Ref(n.result.Name, n.result.Columns[t].Name, last)
	who := figures.Ref(n.result.Name, n.result.Columns[d].Name, best)
	what := figures.Ref(n.result.Name, key, best)
	name := n.subject(0)
	if n.ko() {
		return fmt.Sprintf("%s%s%s 가장 최근인 %s에 %s%s %s%s 가장 큽니다.", n.circumstances(), name,
			format.Josa(name, "은", "는"), when, who, n.josaCell(best, d, "이", "가"), what, n.josa(best, key, "으로", "로"))
	}
	return n.sentence(fmt.Sprintf("%s%s: in the latest period, %s, %s leads with %s", n.circumstances(), name, when, who, what))
}

// breakdown is a measure over the values of dimensions.
func (n *narrator) breakdown() string {
	key, d := n.query.Measures[0].Key(), n.dimensionColumn()
	top := n.first(key, true)
	if top < 0 {
		return ""
	}
	name := n.subject(0)
	column := key
	if n.has(top, key+"__share") {
		column = key + "__share"
	}
	who, what := n.rowName(top), figures.Ref(n.result.Name, column, top)
	lead := n.total()
	if n.ko() {
		if lead == "" {
			lead = n.circumstances() + name + format.Josa(name, "은", "는") + " "
		}
		return lead + fmt.Sprintf("%s%s %s%s 가장 %s.", who, n.josaCell(top, d, "이", "가"), what,
			n.josa(top, column, "으로", "로"), n.big(key))
	}
	if lead == "" {
		return n.sentence(n.dated(fmt.Sprintf("%s%s %s highest for %s at %s", n.circumstances(), name, n.be(name), who, what)))
	}
	return lead + fmt.Sprintf("%s leads with %s.", who, what)
}

// total is the figure over all rows together, with its change and a space, or "".
func (n *narrator) total() string {
	if n.whole == nil {
		return ""
	}
	return n.whole.value() + " "
}

// rank names the leaders.
func (n *narrator) rank() string {
	key, d := n.query.Measures[0].Key(), n.dimensionColumn()
	if n.query.LimitPer != "" || !n.has(0, key) {
		return n.breakdown()
	}
	asc := len(n.query.Order) > 0 && !n.query.Order[0].Desc
	name := n.subject(0)
	who, what := n.rowName(0), figures.Ref(n.result.Name, key, 0)
	var others []string
	for i := 1; i < min(3, len(n.result.Rows)); i++ {
		others = append(others, n.rowName(i))
	}
	if n.ko() {
		text := fmt.Sprintf("%s%s%s 가장 %s 것은 %s(%s)입니다.", n.circumstances(), name, format.Josa(name, "이", "가"),
			map[bool]string{false: "큰", true: "작은"}[asc], who, what)
		if len(others) > 0 {
			last := len(n.result.Rows) - 1
			text += " 다음은 " + strings.Join(others, ", ") + n.josaCell(min(2, last), d, "입니다", "입니다") + "."
		}
		return text
	}
	text := n.sentence(n.dated(fmt.Sprintf("%s%s is %s for %s (%s)", n.circumstances(), name,
		map[bool]string{false: "highest", true: "lowest"}[asc], who, what)))
	if len(others) > 0 {
		text += " Next: " + strings.Join(others, ", ") + "."
	}
	return text
}

// changes says who moved most, up and down.
func (n *narrator) changes() string {
	key := n.query.Measures[0].Key()
	column := key + "__change"
	up, down := n.first(column, true), n.first(column, false)
	if up < 0 {
		return n.breakdown()
	}
	text := n.total()
	before := n.beforeName()
	figure := func(row int) string { return figures.RefAs(n.result.Name, column, row, figures.Signed) }
	rose, fell := n.number(up, column) > 0, n.number(down, column) < 0
	switch {
	case n.ko() && rose:
		text += fmt.Sprintf("%s보다 가장 많이 늘어난 것은 %s(%s)", before, n.rowName(up), figure(up))
		if fell {
			text += fmt.Sprintf(", 가장 많이 줄어든 것은 %s(%s)", n.rowName(down), figure(down))
		}
		return text + "입니다."
	case n.ko() && fell:
		return text + fmt.Sprintf("%s보다 가장 많이 줄어든 것은 %s(%s)입니다.", before, n.rowName(down), figure(down))
	case rose && fell:
		return text + fmt.Sprintf("Against %s, %s rose most (%s) and %s fell most (%s).", before, n.rowName(up), figure(up), n.rowName(down), figure(down))
	case rose:
		return text + fmt.Sprintf("Against %s, %s rose most (%s).", before, n.rowName(up), figure(up))
	case fell:
		return text + fmt.Sprintf("Against %s, %s fell most (%s).", before, n.rowName(down), figure(down))
	}
	return text
}

// list names the values of a dimension.
func (n *narrator) list() string {
	if len(n.result.Columns) == 0 {
		return ""
	}
	label := n.result.Columns[0].Label
	count := figures.Count(n.result.Name)
	if n.ko() {
		return fmt.Sprintf("%s%s%s 모두 %s개입니다.", n.circumstances(), label, format.Josa(label, "은", "는"), count)
	}
	return n.sentence(fmt.Sprintf("%sThere are %s values of %s", n.circumstances(), count, label))
}

// circumstances says which period and which rows, before the metric's name: "지난달
// 서울특별시 ". English puts the period last (see dated).
func (n *narrator) circumstances() string {
	filters := n.filterWords()
	if n.ko() {
		return joinWords(n.periodWords(), filters)
	}
	return ""
}

// subject is what is measured, in English with the rows it is of: "Revenue for 서울".
func (n *narrator) subject(i int) string {
	name := n.measureName(i)
	if n.ko() {
		return name
	}
	return strings.TrimSpace(name + " " + n.ofRows())
}

// ofRows is the English for the rows that were kept.
func (n *narrator) ofRows() string {
	var kept, without []string
	for _, f := range n.query.Filters {
		w := n.filterWord(f)
		switch {
		case w == "":
		case f.Negate:
			without = append(without, w)
		default:
			kept = append(kept, w)
		}
	}
	if len(kept) > 0 {
		kept[0] = "for " + kept[0]
	}
	return strings.Join(append(kept, without...), ", ")
}

// dated appends the period to an English clause.
func (n *narrator) dated(clause string) string {
	if p := n.periodWords(); p != "" {
		return clause + " " + p
	}
	return clause
}

func joinWords(words ...string) string {
	var out strings.Builder
	for _, w := range words {
		if w != "" {
			out.WriteString(w)
			out.WriteByte(' ')
		}
	}
	return out.String()
}

// periodWords names the period of the query.
func (n *narrator) periodWords() string {
	p := n.query.Period
	if p == nil {
		return ""
	}
	name := n.periodName(*p)
	switch {
	case n.ko():
		if term := n.periodTerm(*p); term != "" {
			return term
		}
		return name
	case p.Start.IsZero() || p.End.IsZero():
		return name
	case strings.Contains(name, "–"):
		return "from " + strings.Replace(name, "–", " to ", 1)
	case p.End.Sub(p.Start) <= 24*time.Hour:
		return "on " + name
	}
	return "in " + name
}

// periodTerm is the asker's own word for the period, "" when there was none or it
// meant another one: 지난달, 최근 8주.
func (n *narrator) periodTerm(p semantic.Period) string {
	for _, r := range n.plan.Readings {
		if r.Kind == compose.ReadPeriod && !n.plan.PeriodDefault && r.Meaning == format.PeriodShort(p.Start, p.End, n.language) {
			return escapeMarkdown(r.Term)
		}
	}
	return ""
}

// periodName names a period; the current year is not said in Korean, as people do
// not say it either.
func (n *narrator) periodName(p semantic.Period) string {
	name := period.Describe(p, n.language)
	if rest, ok := strings.CutPrefix(name, fmt.Sprintf("%d년 ", n.now.Year())); ok {
		return rest
	}
	return name
}

// beforeName names the period compared with.
func (n *narrator) beforeName() string {
	c := n.query.Compare
	if c.Kind == semantic.ComparePrevious && rolling(n.query.Period, n.plan.PeriodGrain) {
		return wordsFor(n.language).before
	}
	return n.periodName(c.Period)
}

// filterWords names the rows that were kept.
func (n *narrator) filterWords() string {
	var words []string
	for _, f := range n.query.Filters {
		if w := n.filterWord(f); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, n.pick(" ", ", "))
}

func (n *narrator) filterWord(f semantic.Filter) string {
	var values []string
	for _, v := range f.Values {
		values = append(values, escapeMarkdown(fmt.Sprint(v)))
	}
	if len(values) > 3 {
		rest := len(values) - 2
		values = append(values[:2], fmt.Sprintf(n.pick("외 %d", "%d more"), rest))
	}
	joined := strings.Join(values, n.pick("·", ", "))
	switch {
	case f.Op != semantic.In && f.Op != semantic.Contains:
		return "" // ranges are said among the readings
	case f.Negate:
		return n.pick(joined+" 제외", "without "+joined)
	}
	return joined
}
