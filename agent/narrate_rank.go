package agent

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
)

// rank names the leaders.
func (n *narrator) rank() string {
	const named = 3
	n.lead = n.rankedMeasure()
	key := n.query.Measures[n.lead].Key()
	rows := n.namedRows(key)
	switch {
	case n.dimensionColumn() < 0 && len(rows) == 0:
		return ""
	case n.firstTime() && len(rows) > 0:
		return n.first(rows[0], key)
	case n.query.LimitPer != "" || len(rows) == 0:
		return n.breakdown()
	}
	if moved := n.rankedMove(); moved != "" {
		return n.rankMoves(rows[:min(len(rows), named)], moved)
	}
	spoken, tied := n.spoken(rows, key, named)
	parts := n.placed(spoken, key)
	asc := len(n.query.Order) > 0 && !n.query.Order[0].Desc
	unfinished := n.placedTooEarly(spoken) + n.others(key)
	if n.ko() {
		return n.koreanRank(parts, asc, tied) + unfinished
	}
	w, name := n.words(key), n.subject(n.lead)
	head := map[bool]string{false: w.most, true: w.least}[asc]
	head = strings.ToUpper(head[:1]) + head[1:] + " " + lowerFirst(name)
	if superlative(name) {
		head = name
	}
	text := n.dated(head) + ": " + parts[0]
	if len(parts) > 1 {
		text += ", then " + listed(parts[1:])
	}
	return text + "." + unfinished
}

// firstTime reports whether the first time is asked for at which a condition on the
// figure was met.
func (n *narrator) firstTime() bool {
	t := n.timeColumn()
	return t >= 0 && n.query.Limit == 1 && len(n.query.Having) == 1 && len(n.query.Order) == 1 && n.query.Order[0].Key == n.result.Columns[t].Name
}

// first tells when a condition on the figure was met for the first time.
func (n *narrator) first(row int, key string) string {
	figure := n.figure(row, key).ref
	if n.ko() {
		point := koreanWords.points[semantic.Grain(n.result.Columns[n.timeColumn()].Grain)]
		name := n.subject(n.lead)
		return n.circumstances() + name + format.Josa(name, "이", "가") + " 처음으로 조건에 맞은 " + point + " " + n.rowName(row).ref + "(" + figure + ")입니다."
	}
	return "The first time that " + lowerFirst(n.dated(n.subject(n.lead))) + " met the condition was " + n.rowName(row).ref + " (" + figure + ")."
}

// spoken are the first rows of a ranking, as many as get a place and those that share
// the last one, and whether any place is shared.
func (n *narrator) spoken(rows []int, key string, named int) (spoken []int, tied bool) {
	for i, row := range rows {
		same := i > 0 && n.number(row, key) == n.number(rows[i-1], key)
		if i >= named && !same {
			break
		}
		tied = tied || same
		spoken = append(spoken, row)
	}
	return spoken, tied || n.tied && len(spoken) == len(rows)
}

// placedTooEarly says which of the times placed is not over.
func (n *narrator) placedTooEarly(rows []int) string {
	for _, row := range rows {
		if n.timeColumn() >= 0 && n.unfinished(row) {
			return " " + n.pick(n.when(row).with("은", "는")+" 아직 끝나지 않았습니다.", map[bool]string{true: "The "}[n.weekly()]+n.when(row).ref+" is not over yet.")
		}
	}
	return ""
}

// rankedMeasure is the measure that the rows are ordered by.
func (n *narrator) rankedMeasure() int {
	if len(n.query.Order) == 0 {
		return n.lead
	}
	key, _, _ := strings.Cut(n.query.Order[0].Key, "__")
	for i, m := range n.query.Measures {
		if m.Key() == key {
			return i
		}
	}
	return n.lead
}

// rankedMove is the column of changes that the rows are ordered by, or "".
func (n *narrator) rankedMove() string {
	if len(n.query.Order) == 0 || n.query.Compare == nil {
		return ""
	}
	key := n.query.Order[0].Key
	if n.column(key) < 0 { // the growth of a rate is told by points
		key = n.query.Measures[n.lead].Key() + "__change"
	}
	if c := n.column(key); c >= 0 && n.result.Columns[c].derived() && n.result.Columns[c].Role != string(semantic.RoleBefore) {
		return key
	}
	return ""
}

// rankMoves names those that moved most.
func (n *narrator) rankMoves(rows []int, column string) string {
	if n.query.Order[0].Size {
		return n.rankSizes(rows, column)
	}
	down := !n.query.Order[0].Desc
	var parts []string
	rows = slices.DeleteFunc(slices.Clone(rows), func(row int) bool {
		return !n.has(row, column) || n.negligible(column, n.number(row, column)) || (n.number(row, column) < 0) != down
	})
	parts = n.moves(rows, column)
	w, name, before := n.words(n.query.Measures[n.lead].Key()), n.subject(n.lead), n.stepBefore()
	if len(parts) == 0 {
		return n.breakdown()
	}
	if !n.ko() {
		text := name + map[bool]string{false: " rose", true: " fell"}[down] + " most for " + parts[0]
		if len(parts) > 1 {
			text += ", then " + listed(parts[1:])
		}
		return n.dated(text) + ", compared with " + before + "." + n.others(column)
	}
	head := n.circumstances() + name + format.Josa(name, "이", "가") + " " + before + "보다 가장 많이 " + map[bool]string{false: w.grown, true: w.shrunk}[down] + " " + n.ranked() + " "
	if len(parts) > 1 {
		parts[0] += "이고, 다음은 " + strings.Join(parts[1:], ", ")
	}
	return head + parts[0] + "입니다." + n.others(column)
}

// stepBefore names what a row is compared with: where the rows are times, the one before
// each of them.
func (n *narrator) stepBefore() string {
	t := n.timeColumn()
	if t < 0 || n.query.Period == nil {
		return n.beforeName()
	}
	grain := semantic.Grain(n.result.Columns[t].Grain)
	if !nextPeriod(n.query.Compare.Period.Start, grain, 1).Equal(n.query.Period.Start) {
		return n.beforeName()
	}
	if n.ko() {
		return map[semantic.Grain]string{semantic.Day: "전날", semantic.Week: "전주", semantic.Month: "전달", semantic.Quarter: "전분기", semantic.Year: "전년"}[grain]
	}
	return "the " + string(grain) + " before"
}

// ranked is the Korean noun for what is ranked, with its particle.
func (n *narrator) ranked() string {
	if t := n.timeColumn(); t >= 0 {
		return koreanWords.points[semantic.Grain(n.result.Columns[t].Grain)]
	}
	return "것은"
}

// moves are the rows with how far each moved.
func (n *narrator) moves(rows []int, column string) []string {
	var parts []string
	for i := 0; i < len(rows); {
		same, figure := n.alike(rows[i:], column, rows[i]), figures.RefAs(n.result.Name, column, rows[i], figures.Signed)
		parts = append(parts, n.together(same, n.rowName).ref+n.pick("("+n.tie(same)+figure+")", " ("+figure+n.tie(same)+")"))
		i += len(same)
	}
	return parts
}

// rankSizes names those that moved most, up and down apart; where the least is asked
// for, those that moved least.
func (n *narrator) rankSizes(rows []int, column string) string {
	name, before := n.subject(n.lead), n.stepBefore()
	w := n.words(n.query.Measures[n.lead].Key())
	if !n.query.Order[0].Desc {
		parts := n.moves(rows, column)
		if n.ko() {
			return n.circumstances() + name + format.Josa(name, "이", "가") + " " + before + "보다 가장 적게 변한 " + n.ranked() + " " + strings.Join(parts, ", ") + "입니다." + n.others(column)
		}
		return n.dated(name+" changed least for "+listed(parts)) + ", compared with " + before + "." + n.others(column)
	}
	const named = 3
	var up, down []int
	for _, row := range n.namedRows(n.query.Measures[n.lead].Key()) {
		switch {
		case !n.has(row, column) || n.negligible(column, n.number(row, column)):
		case n.number(row, column) > 0:
			up = append(up, row)
		default:
			down = append(down, row)
		}
	}
	rose, fell := n.moves(up[:min(len(up), named)], column), n.moves(down[:min(len(down), named)], column)
	if len(rose)+len(fell) == 0 {
		return n.breakdown()
	}
	if n.ko() {
		var said []string
		for _, side := range []struct {
			parts []string
			word  string
		}{{rose, w.grown}, {fell, w.shrunk}} {
			if len(side.parts) > 0 {
				said = append(said, "가장 많이 "+side.word+" "+n.ranked()+" "+strings.Join(side.parts, ", "))
			}
		}
		return n.circumstances() + name + format.Josa(name, "이", "가") + " " + before + "보다 " + strings.Join(said, "이고, ") + "입니다." + n.others(column)
	}
	var said []string
	if len(rose) > 0 {
		said = append(said, "rose most for "+listed(rose))
	}
	if len(fell) > 0 {
		said = append(said, "fell most for "+listed(fell))
	}
	return n.dated(name+" "+strings.Join(said, " and ")) + ", compared with " + before + "." + n.others(column)
}

// koreanRank numbers the places, except from the bottom and where two share one.
func (n *narrator) koreanRank(parts []string, asc, tied bool) string {
	w, name := n.words(n.query.Measures[n.lead].Key()), n.subject(n.lead)
	if !asc && !tied && (n.timeColumn() < 0 || len(parts) > 1) {
		for i := range parts {
			parts[i] = fmt.Sprintf("%d위는 %s", i+1, parts[i])
		}
		return n.circumstances() + name + " " + strings.Join(parts, ", ") + "입니다."
	}
	big, small, what := w.big, w.small, "것은"
	if t := n.timeColumn(); t >= 0 {
		what = koreanWords.points[semantic.Grain(n.result.Columns[t].Grain)]
		if w == amountWords {
			big, small = rateWords.big, rateWords.small
		}
	}
	head := n.circumstances() + name + format.Josa(name, "이", "가") + " 가장 " + map[bool]string{false: big, true: small}[asc] + " " + what + " "
	if len(parts) == 1 {
		return head + parts[0] + "입니다."
	}
	return head + parts[0] + "이고, 다음은 " + strings.Join(parts[1:], ", ") + "입니다."
}

// ranking tells by the first row of a verified question which way it ranks; a table
// whose first row is neither the first nor the last of its figures is none.
func (n *narrator) ranking() (compose.Intent, []semantic.Order) {
	key := n.query.Measures[n.lead].Key()
	rows := n.namedRows(key)
	if best, _ := n.largest(rows, key); len(rows) > 0 && n.number(best, key) == n.number(rows[0], key) {
		return compose.Rank, []semantic.Order{{Key: key, Desc: true}}
	}
	if best, _ := n.smallest(rows, key); len(rows) > 0 && n.number(best, key) == n.number(rows[0], key) {
		return compose.Rank, []semantic.Order{{Key: key}}
	}
	return compose.Breakdown, nil
}
