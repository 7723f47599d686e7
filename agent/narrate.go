package agent

import (
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
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
	whole    *narrator // of the figure over all rows together, nil when there is none
	now      time.Time // whose year need not be said
	until    time.Time // last date in the data, zero when unknown
	asked    string    // the question
	term     string    // the asker's own word for the period, "" when it means another
	lead     int       // which measure the question is about most
	verified bool      // the statement of a verified question, whose columns are one piece
	rows     []int     // the rows to speak of; nil means all
	tied     bool      // what a ranking left out is as good as the last that it kept
}

func (r *run) narrator(query semantic.Query, res *Result) *narrator {
	until := r.until()
	if len(query.Measures) > 0 {
		_, until = r.p.recorded(query.Measures[0].Metric)
	}
	return &narrator{
		language: r.q.Language, plan: r.plan, model: r.p.Model, query: query, result: res,
		now: r.q.Now, until: until, asked: r.q.Text, term: r.periodTerm(), tied: r.tied,
	}
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
	text := n.body()
	if text != "" && n.result.Truncated {
		text += n.pick(" 결과가 길어 앞부분만 보고 쓴 것입니다.", " The result was cut; this is about its first part.")
	}
	return text
}

func (n *narrator) body() string {
	switch {
	case len(n.query.Measures) == 0:
		return n.list()
	case n.timeColumn() >= 0 && n.dimensionColumn() < 0 && n.plan.Intent != compose.Rank:
		return n.matchingTimes() + n.trend()
	case n.dimensionColumn() < 0 && n.timeColumn() < 0:
		return n.value()
	case n.dimensionColumn() >= 0 && n.timeColumn() >= 0:
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
	changes := false
	for i, m := range n.query.Measures {
		key := m.Key()
		if !n.has(0, key) {
			continue
		}
		figure := n.figure(0, key).ref
		if column, delta := n.movement(key, 0); len(n.query.Measures) > 1 && column != "" {
			moved := figures.RefAs(n.result.Name, column, 0, figures.Signed)
			switch {
			case delta == 0:
				moved = n.pick("그대로", "unchanged")
			case n.negligible(column, delta):
				moved = n.pick("거의 그대로", "about the same")
			}
			figure += n.pick("(", " (") + moved + ")"
			changes = true
		}
		name := n.subject(i)
		if !n.ko() && len(parts) > 0 {
			name = lowerFirst(n.measureName(i))
		}
		parts = append(parts, n.pick(name+format.Josa(name, "은", "는")+" "+figure, name+" "+n.be(name)+" "+figure))
	}
	if len(parts) == 0 {
		return ""
	}
	if n.ko() {
		text := n.circumstances() + strings.Join(parts, ", ")
		switch change := n.changeClause(n.query.Measures[0].Key(), 0); {
		case changes:
			return text + "입니다. 괄호 안은 " + n.beforeName() + " 대비입니다." + n.underWay()
		case change != "" && len(n.query.Measures) == 1:
			return text + ", " + change + "." + n.underWay()
		}
		return text + "입니다."
	}
	text := n.dated(listed(parts))
	if there := n.thereWere(); there != "" && len(n.query.Measures) == 1 {
		text = n.dated(there)
	}
	switch change := n.changeClause(n.query.Measures[0].Key(), 0); {
	case changes:
		return n.sentence(text + "; in brackets, the change on " + n.beforeName())
	case change != "" && len(n.query.Measures) == 1:
		text += ", " + change
	}
	return n.sentence(text)
}

// underWay says that a unit under way is held against a whole one: 3분기 대비 4분기. In
// English its name says so.
func (n *narrator) underWay() string {
	p, c, grain := n.query.Period, n.query.Compare, n.plan.PeriodGrain
	if !n.ko() || grain == "" || c == nil || c.Kind != semantic.CompareExplicit || oneUnit(p, grain) != toDate(grain) || oneUnit(&c.Period, grain) != grain {
		return ""
	}
	name := n.periodWords()
	return " " + name + format.Josa(name, "은", "는") + " 아직 끝나지 않았습니다."
}

// thereWere is the English for a count: "there were 5 orders", "" where the figure is
// no bare count of what the measure's name says.
func (n *narrator) thereWere() string {
	key := n.query.Measures[0].Key()
	latin := format.Unit(format.Format(n.result.Columns[n.column(key)].Format), n.language) != ""
	name := n.measureName(0)
	if n.words(key) != countWords || latin || n.be(name) != "were" || n.number(0, key) == 1 || superlative(name) || n.query.Measures[0].Per != "" {
		return ""
	}
	be := "there were "
	if n.query.Period == nil {
		be = "there are "
	}
	return strings.TrimSpace(be + n.figure(0, key).ref + " " + lowerFirst(name) + " " + n.ofRows())
}

// movement is the column that says how much a measure moved against the compared
// period and by how much, "" when none does. Shares and rates move by points, and what was not above
// zero by an amount.
func (n *narrator) movement(key string, row int) (column string, delta float64) {
	if n.query.Compare == nil {
		return "", 0
	}
	column = key + "__growth"
	if n.isPercent(key) {
		column = key + "__change"
	}
	if !n.has(row, column) { // from a loss, or from nothing
		column = key + "__change"
	}
	if !n.has(row, column) {
		return "", 0
	}
	return column, n.number(row, column)
}

// negligible reports whether a change in column rounds to nothing.
func (n *narrator) negligible(column string, delta float64) bool {
	return format.Negligible(delta, format.Format(n.result.Columns[n.column(column)].Format))
}

// changeClause says how much a measure moved against the compared period, or "".
func (n *narrator) changeClause(key string, row int) string {
	column, delta := n.movement(key, row)
	if column == "" {
		return ""
	}
	before := n.beforeName()
	figure := figures.RefAs(n.result.Name, column, row, figures.Abs)
	switch {
	case delta == 0:
		return n.pick(before+format.Josa(before, "과", "와")+" 같습니다", "the same as "+n.inBefore())
	case n.negligible(column, delta):
		return n.pick(before+format.Josa(before, "과", "와")+" 거의 같습니다", "about the same as "+n.inBefore())
	case n.ko():
		return fmt.Sprintf("%s보다 %s %s", before, figure, upDown(delta, n.words(key).rose, n.words(key).fell))
	}
	return fmt.Sprintf("%s %s on %s", upDown(delta, "up", "down"), figure, before)
}

// inBefore is the compared period after "the same as": in September 2026, the day
// before.
func (n *narrator) inBefore() string {
	name := n.beforeName()
	if strings.HasPrefix(name, "the ") {
		return name
	}
	return "in " + name
}

func upDown(delta float64, up, down string) string {
	if delta < 0 {
		return down
	}
	return up
}

// total is the figure over all rows together, with its change and a space, or "".
func (n *narrator) total() string {
	if n.whole == nil {
		return ""
	}
	text := n.whole.value()
	if text == "" {
		return ""
	}
	return text + " "
}

// list names the values of a dimension.
func (n *narrator) list() string {
	const named = 5
	d := n.dimensionColumn()
	if d < 0 || len(n.result.Rows) == 0 {
		return ""
	}
	var names []string
	for _, row := range n.indices() {
		if n.result.Rows[row][d] != nil && len(names) < named {
			names = append(names, n.rowName(row).ref)
		}
	}
	label := n.columnName(d)
	count := figures.Count(n.result.Name)
	more := len(n.result.Rows) > len(names)
	if n.ko() {
		head := n.circumstances() + label + format.Josa(label, "은", "는") + " "
		switch {
		case n.result.Truncated:
			return head + strings.Join(names, ", ") + " 등이고, " + count + "개가 넘습니다."
		case more:
			return head + strings.Join(names, ", ") + " 등 모두 " + count + "개입니다."
		}
		return head + strings.Join(names, ", ") + " " + count + "개입니다."
	}
	text := strings.Join(names, ", ")
	if more {
		text += ", …"
	}
	size := count
	if n.result.Truncated {
		size = "more than " + count
	}
	return strings.TrimSpace(fmt.Sprintf("%s%s: %s (%s in all).", label, prefixed(" ", n.ofRows()), text, size))
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// listed joins clauses or names: "a, b and c".
func listed(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// lowerFirst writes a label as inside a sentence; acronyms stay.
func lowerFirst(label string) string {
	if len(label) > 1 && label[0] >= 'A' && label[0] <= 'Z' && (label[1] == ' ' || label[1] >= 'a' && label[1] <= 'z') {
		return strings.ToLower(label[:1]) + label[1:]
	}
	return label
}
