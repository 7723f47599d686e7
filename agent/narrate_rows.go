package agent

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
)

// spokenMeasures is how many measures of a table have a sentence.
const spokenMeasures = 3

// measuresFromLead are the indices of the measures to speak of, the one that the
// question is about first.
func (n *narrator) measuresFromLead() []int {
	out := []int{n.lead}
	for i := range n.query.Measures {
		if i != n.lead && len(out) < spokenMeasures {
			out = append(out, i)
		}
	}
	if n.verified {
		out = out[:1] // its other columns go with the first
	}
	return out
}

// howMany asks for the number of things that meet a condition.
var howMany = regexp.MustCompile(`(?i)\bhow many\b|\bnumber of\b|\bcount\b|몇|며칠|\pL\s*수(?:는|가|를|좀|요|\s|\?|$)`)

// breakdown is a measure over the values of dimensions.
func (n *narrator) breakdown() string {
	key := n.query.Measures[n.lead].Key()
	rows := n.namedRows(key)
	if focus := n.focus(); len(focus) > 0 {
		return strings.TrimSpace(n.part(focus[0]) + " " + n.total())
	}
	switch {
	case len(rows) == 0:
		return n.onlyUnnamed(key)
	case len(rows) == 1 && len(n.indices()) == 1:
		return n.single(rows[0])
	case len(rows) == 2 && len(n.indices()) == 2 && !n.result.Truncated:
		return n.total() + n.pair(rows)
	}
	lead := n.total()
	var sentences []string
	matching := n.matching()
	if matching != "" && howMany.MatchString(n.asked) {
		sentences, matching = append(sentences, matching), ""
	}
	for i, m := range n.measuresFromLead() {
		if s := n.leader(m, lead != "" || i > 0, lead != "" && i == 0); s != "" {
			sentences = append(sentences, s)
		}
	}
	if s := n.unnamed(key); s != "" {
		sentences = append(sentences, s)
	}
	if matching != "" {
		sentences = append(sentences, matching)
	}
	return lead + strings.Join(sentences, " ")
}

// matching says how many rows meet a condition on the figures, or "".
func (n *narrator) matching() string {
	d := n.dimensions()
	if len(n.query.Having) == 0 || len(d) != 1 || n.result.Truncated {
		return ""
	}
	label := n.thingName(d[0])
	if n.ko() {
		return fmt.Sprintf("조건에 맞는 %s 모두 %s개입니다.", label+format.Josa(label, "은", "는"), figures.Count(n.result.Name))
	}
	return fmt.Sprintf("%s rows match in all.", figures.Count(n.result.Name))
}

// thingName is what the rows are: 고객 rather than 이름 where they are told by their names.
func (n *narrator) thingName(column int) string {
	for _, d := range n.query.Dimensions {
		dataset, f := n.model.Field(d.Field)
		if f != nil && f.IsName && d.Key() == n.result.Columns[column].Name {
			return escapeMarkdown(dataset.Label.In(n.language, dataset.Name))
		}
	}
	return n.columnName(column)
}

// matchingTimes says how many days or months meet a condition on the figures, where that is
// asked, with a space.
func (n *narrator) matchingTimes() string {
	if len(n.query.Having) == 0 || n.result.Truncated || !howMany.MatchString(n.asked) {
		return ""
	}
	if n.ko() {
		return "조건에 맞는 " + n.ranked() + " 모두 " + figures.Count(n.result.Name) + "개입니다. "
	}
	return figures.Count(n.result.Name) + " match in all. "
}

// leader says which row has the most of a measure. A text that goes on does not say
// the circumstances again; one that follows the total does not say the measure.
func (n *narrator) leader(measure int, goesOn, total bool) string {
	key := n.query.Measures[measure].Key()
	column := key
	if total && n.query.SharePer == "" && n.result.column(key+"__share") >= 0 {
		column = key + "__share"
	}
	rows := n.namedRows(key)
	best, _ := n.largest(rows, key)
	if best >= 0 && !n.has(best, column) {
		column = key // parts that make up no whole
	}
	if best < 0 || !n.has(best, column) {
		return ""
	}
	first := n.alike(rows, key, best)
	if len(first) == len(n.indices()) && len(first) > 1 && !n.result.Truncated {
		return n.allAlike(measure, best, column, goesOn, total)
	}
	who, what, w := n.together(first, n.rowName), n.figure(best, column), n.words(key)
	name := n.subject(measure)
	if n.ko() {
		head := ""
		switch {
		case !goesOn:
			head = n.circumstances() + withTopic(name)
		case !total:
			head = withTopic(n.measureName(measure))
		}
		return fmt.Sprintf("%s%s %s%s 가장 %s.", head, who.with("이", "가"), n.tie(first), what.with("으로", "로"), w.is)
	}
	several, each := len(first) > 1, n.tie(first)
	switch {
	case total && column != key:
		return fmt.Sprintf("%s %s, %s%s.", who.ref, map[bool]string{false: "has the largest share", true: "have the largest shares"}[several], what.ref, each)
	case total:
		return fmt.Sprintf("%s %s %s at %s%s.", who.ref, map[bool]string{false: "is", true: "are"}[several], w.most, what.ref, each)
	case superlative(name) && !total:
		return n.sentence(n.whereNeeded(name, goesOn) + ": " + who.ref + " (" + what.ref + each + ")")
	}
	return n.sentence(n.whereNeeded(fmt.Sprintf("%s %s %s%s%s (%s%s)", name, n.be(name), w.most, n.at(), who.ref, what.ref, each), goesOn))
}

// withTopic is a Korean name with its topic particle and a space.
func withTopic(name string) string { return name + format.Josa(name, "은", "는") + " " }

func (n *narrator) whereNeeded(clause string, said bool) string {
	if said {
		return clause
	}
	return n.dated(clause)
}

// at is the English preposition before a row's name.
func (n *narrator) at() string {
	d := n.dimensions()
	if len(d) != 1 {
		return " for "
	}
	switch semantic.Grain(n.result.Columns[d[0]].Grain) {
	case semantic.Weekday:
		return " on "
	case semantic.HourOfDay:
		return " at "
	case semantic.MonthOfYear:
		return " in "
	}
	return " for "
}

// single is a table of one row.
func (n *narrator) single(row int) string {
	who, head, tail := n.rowName(row).ref, "", ""
	if !n.saidByFilters(row) {
		head, tail = who+" ", n.at()+who
	}
	var parts []string
	for _, m := range n.measuresFromLead() {
		key := n.query.Measures[m].Key()
		if !n.has(row, key) {
			continue
		}
		name := n.measureName(m)
		if n.ko() {
			parts = append(parts, name+format.Josa(name, "은", "는")+" "+n.figure(row, key).ref)
			continue
		}
		if len(parts) > 0 {
			name = lowerFirst(name)
		}
		parts = append(parts, name+" "+n.be(name)+" "+n.figure(row, key).ref)
	}
	if n.ko() {
		return n.circumstances() + head + strings.Join(parts, ", ") + "입니다."
	}
	if tail == "" {
		tail = prefixed(" ", n.ofRows())
	}
	return n.sentence(n.dated(listed(parts) + tail))
}

// saidByFilters reports whether the filters name a row already: asked for 제주, by
// region.
func (n *narrator) saidByFilters(row int) bool {
	for _, d := range n.dimensions() {
		said := false
		for _, f := range n.query.Filters {
			said = said || f.Op == semantic.In && !f.Negate && len(f.Values) == 1 && f.Values[0] == n.result.Rows[row][d]
		}
		if !said {
			return false
		}
	}
	return true
}

// pair names both of two rows.
func (n *narrator) pair(rows []int) string {
	key := n.query.Measures[n.lead].Key()
	var parts []string
	for _, row := range rows {
		who, figure := n.rowName(row), n.figure(row, key).ref
		share := n.has(row, key+"__share")
		if share {
			figure += n.pick("(", " (") + n.figure(row, key+"__share").ref + ")"
		}
		switch {
		case n.ko() && n.whole != nil:
			parts = append(parts, who.with("이", "가")+" "+figure)
		case n.ko():
			parts = append(parts, who.ref+" "+figure)
		case n.whole != nil && share:
			parts = append(parts, figure+" is "+who.ref)
		default:
			parts = append(parts, figure+n.at()+who.ref)
		}
	}
	name := n.subject(n.lead)
	switch {
	case n.whole != nil && n.ko():
		return strings.Join(parts, ", ") + "입니다."
	case n.whole != nil:
		return listed(parts) + "."
	case n.ko():
		return n.circumstances() + name + format.Josa(name, "은", "는") + " " + strings.Join(parts, ", ") + "입니다."
	}
	return n.sentence(n.dated(name) + ": " + listed(parts))
}

// part says how much of the whole a row is.
func (n *narrator) part(row int) string {
	key := n.query.Measures[n.lead].Key()
	who, share, figure := n.rowName(row), n.figure(row, key+"__share"), n.figure(row, key).ref
	name := n.subject(n.lead)
	if n.ko() {
		return fmt.Sprintf("%s %s%s의 %s(%s)%s 차지합니다.", who.with("이", "가"), n.circumstances(), name, share.ref, figure, format.Josa(share.text, "을", "를"))
	}
	return n.sentence(fmt.Sprintf("%s makes up %s of %s (%s)", who.ref, share.ref, n.dated(lowerFirst(name)), figure))
}

// unnamed says how much belongs to no value of the dimension, or "".
func (n *narrator) unnamed(key string) string {
	d := n.dimensionColumn()
	if len(n.dimensions()) != 1 {
		return ""
	}
	for _, row := range n.indices() {
		if n.result.Rows[row][d] != nil || !n.has(row, key) {
			continue
		}
		label, name, figure := n.columnName(d), n.measureName(n.lead), n.figure(row, key).ref
		if share := key + "__share"; n.has(row, share) {
			figure = n.figure(row, share).ref
		}
		if n.ko() {
			return fmt.Sprintf("%s 없는 %s %s입니다.", label+format.Josa(label, "이", "가"), name+format.Josa(name, "은", "는"), figure)
		}
		return fmt.Sprintf("With no %s: %s.", lowerFirst(label), figure)
	}
	return ""
}

// onlyUnnamed is a table without a row that has a name.
func (n *narrator) onlyUnnamed(key string) string {
	if s := n.unnamed(key); s != "" {
		return n.total() + s
	}
	return ""
}

// changes says who moved most, up and down.
func (n *narrator) changes() string {
	key := n.query.Measures[n.lead].Key()
	column := key + "__change"
	rows := n.namedRows(column)
	up, _ := n.largest(rows, column)
	down, _ := n.smallest(rows, column)
	if up < 0 {
		return n.breakdown()
	}
	text := n.total()
	if text == "" {
		name := n.subject(n.lead)
		text = n.pick(n.circumstances()+name+format.Josa(name, "이", "가")+" "+n.beforeName()+"보다 ", name+" against "+n.beforeName()+": ")
	}
	part := func(row int, verb string) string {
		same := n.alike(rows, column, row)
		figure := figures.RefAs(n.result.Name, column, row, figures.Signed)
		return n.together(same, n.rowName).ref + n.pick("("+n.tie(same)+figure+")", verb+" ("+figure+n.tie(same)+")")
	}
	w := n.words(key)
	var parts []string
	if d := n.number(up, column); d > 0 && !n.negligible(column, d) {
		parts = append(parts, n.pick("가장 많이 "+w.grown+" 것은 ", "")+part(up, " rose most"))
	}
	if d := n.number(down, column); d < 0 && !n.negligible(column, d) {
		parts = append(parts, n.pick("가장 많이 "+w.shrunk+" 것은 ", "")+part(down, " fell most"))
	}
	switch before := n.beforeName(); {
	case len(parts) == 0 && n.whole == nil && n.ko():
		return n.circumstances() + withTopic(n.subject(n.lead)) + "모두 " + before + format.Josa(before, "과", "와") + " 거의 같습니다."
	case len(parts) == 0 && n.whole == nil:
		return n.subject(n.lead) + ": everywhere about the same as " + n.inBefore() + "."
	case len(parts) == 0:
		return strings.TrimSpace(text)
	}
	return text + n.pick(strings.Join(parts, "이고, ")+"입니다.", listed(parts)+".")
}

// focus are the rows of the value that a question about parts names, where the plan
// keeps the other values as what it is a part of. Nil when it names none or several.
func (n *narrator) focus() []int {
	if n.plan.Intent != compose.Share || len(n.dimensions()) != 1 || n.verified {
		return nil
	}
	d := n.dimensionColumn()
	if p := n.plan.Part; p != nil && p.Op == semantic.In {
		return n.partRows(d)
	}
	words := n.valueWords(d)
	asked := squeeze(n.asked)
	best, bestWord, several := "", "", false
	for value, list := range words {
		for _, w := range list {
			switch {
			case w == "" || !strings.Contains(asked, w) || value == best:
			case strings.Contains(bestWord, w):
			case bestWord == "" || strings.Contains(w, bestWord):
				best, bestWord = value, w
			default:
				several = true
			}
		}
	}
	if best == "" || several {
		return nil
	}
	var rows []int
	for i, row := range n.result.Rows {
		if row[d] == best {
			rows = append(rows, i)
		}
	}
	return rows
}

// partRows are the rows of the one value that a share was asked of.
func (n *narrator) partRows(column int) []int {
	var rows []int
	for i, row := range n.result.Rows {
		if len(n.plan.Part.Values) == 1 && row[column] == n.plan.Part.Values[0] {
			rows = append(rows, i)
		}
	}
	return rows
}

// valueWords are the words for the values in a column of the result.
func (n *narrator) valueWords(column int) map[string][]string {
	words := map[string][]string{}
	for _, row := range n.result.Rows {
		if s, ok := row[column].(string); ok && words[s] == nil {
			words[s] = []string{squeeze(s)}
		}
	}
	for _, dim := range n.query.Dimensions {
		_, f := n.model.Field(dim.Field)
		if f == nil || dim.Key() != n.result.Columns[column].Name {
			continue
		}
		for _, syn := range f.Values {
			if len(syn.Values) != 1 || words[syn.Values[0]] == nil {
				continue
			}
			for _, w := range syn.Words {
				words[syn.Values[0]] = append(words[syn.Values[0]], squeeze(w))
			}
		}
	}
	return words
}

func squeeze(s string) string { return strings.ReplaceAll(normalise(s), " ", "") }

// dimensions are the columns that name a row, without times.
func (n *narrator) dimensions() []int {
	var out []int
	for i, c := range n.result.Columns {
		if c.Role == string(semantic.RoleDimension) {
			out = append(out, i)
		}
	}
	return out
}

// namedRows are the rows with a figure in column whose every dimension has a value.
func (n *narrator) namedRows(column string) []int {
	dims := n.dimensions()
	var out []int
	for _, row := range n.indices() {
		unnamed := slices.ContainsFunc(dims, func(d int) bool { return n.result.Rows[row][d] == nil })
		if !unnamed && n.has(row, column) {
			out = append(out, row)
		}
	}
	return out
}
