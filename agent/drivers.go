package agent

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/analysis"
	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Bounds of a driver analysis: how many dimensions are looked at, how many values
// one may have, and how many steps the waterfall shows.
const (
	maxDriverDimensions = 12
	maxDriverValues     = 200
	maxDriverSteps      = 6
)

// drivers explains a change: which values of which dimension moved with it.
func (r *run) drivers(ctx context.Context) error {
	q := r.plan.Query
	q.Dimensions, q.Order, q.Limit, q.Total, q.Share = nil, nil, 0, false, false
	whole, err := r.query(ctx, "r1", q)
	if err != nil {
		return err
	}
	n := r.narrator(q, whole)
	key := q.Measures[0].Key()
	if !n.has(0, key) || !n.has(0, key+"__before") {
		r.noData()
		return nil
	}
	before, after := n.number(0, key+"__before"), n.number(0, key)
	if column, delta := n.movement(key, 0); before == after || column != "" && n.negligible(column, delta) {
		r.answer.Results = append(r.answer.Results, *whole)
		r.answer.Text = n.unmoved(before == after)
		r.assume()
		return nil
	}
	splits, err := r.splits(ctx, q, key)
	if err != nil {
		return err
	}
	if len(splits) == 0 || splits[0].split.Leading == 0 || splits[0].split.Purity == 0 {
		return r.finish(n.value(), whole, r.chartData(whole, q))
	}
	if m := q.Measures[0]; m.Per != "" || m.Over != "" || m.Each != "" || !r.p.Model.Additive(m.Metric) {
		return r.explainRate(n, whole, key, splits)
	}
	best := splits[0]
	best, err = r.refine(ctx, q, key, best, splits[1:])
	if err != nil {
		return err
	}
	return r.explain(n, whole, key, best, splits)
}

// unmoved says that there is no change to explain.
func (n *narrator) unmoved(exactly bool) string {
	w, name, almost := wordsFor(n.language), n.subject(0), ""
	if !exactly {
		almost = w.almost
	}
	if n.ko() {
		before := n.beforeName()
		return fmt.Sprintf(w.noChange, n.circumstances()+name+format.Josa(name, "은", "는"), before+format.Josa(before, "과", "와"), almost)
	}
	return fmt.Sprintf(w.noChange, name+" "+n.be(name), almost, n.periodWords(), n.inBefore())
}

// dimensioned is a split and the dimensions it was made by.
type dimensioned struct {
	split  analysis.Split
	fields []string
	label  string
}

// splits spreads the change over every dimension worth looking at, best first. A
// dimension that the metric cannot be split by is left out.
func (r *run) splits(ctx context.Context, q semantic.Query, key string) ([]dimensioned, error) {
	var out []dimensioned
	for _, ref := range r.driverFields(q) {
		split, ok, err := r.splitBy(ctx, q, key, ref)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, dimensioned{split: split, fields: []string{ref}, label: split.Dimension})
		}
	}
	ranked := make([]analysis.Split, len(out))
	byName := map[string]dimensioned{}
	for i, s := range out {
		ranked[i] = s.split
		byName[s.split.Dimension] = s
	}
	for i, s := range analysis.Rank(ranked) {
		out[i] = byName[s.Dimension]
	}
	return out, nil
}

// driverFields are the dimensions that may explain a change: categories that are
// not already fixed by a filter.
func (r *run) driverFields(q semantic.Query) []string {
	fixed := map[string]bool{}
	for _, f := range q.Filters {
		if f.Op == semantic.In && !f.Negate && len(f.Values) == 1 {
			fixed[f.Field] = true
		}
	}
	var out []string
	for _, d := range r.p.Model.Datasets {
		if d.Hidden {
			continue
		}
		for _, f := range d.Fields {
			ref := d.Name + "." + f.Name
			if f.Hidden || fixed[ref] || f.Kind != semantic.Categorical || len(r.p.lexicon.Values(ref)) > maxDriverValues || len(r.p.lexicon.Values(ref)) == 1 {
				continue
			}
			out = append(out, ref)
		}
	}
	return out
}

// splitBy spreads the change over the values of fields.
func (r *run) splitBy(ctx context.Context, q semantic.Query, key string, refs ...string) (analysis.Split, bool, error) {
	var labels []string
	for _, ref := range refs {
		q.Dimensions = append(q.Dimensions[:len(q.Dimensions):len(q.Dimensions)], semantic.Dimension{Field: ref})
		_, f := r.p.Model.Field(ref)
		labels = append(labels, f.Label.In(r.q.Language, f.Name))
	}
	res, err := r.query(ctx, "", q)
	if connectors.CodeOf(err) == connectors.CodeSQL {
		return analysis.Split{}, false, nil // not a dimension of this metric
	}
	if err != nil || res.Truncated {
		return analysis.Split{}, false, err
	}
	after, before := res.column(key), res.column(key+"__before")
	var parts []analysis.Part
	var blank, blankBefore, allBefore float64
	for _, row := range res.Rows {
		a, _ := connectors.Number(row[after])
		b, _ := connectors.Number(row[before])
		if slices.Contains(row[:len(refs)], nil) {
			blank = math.Max(blank, math.Abs(a-b))
			blankBefore += math.Abs(b)
		}
		allBefore += math.Abs(b)
		parts = append(parts, analysis.Part{Key: r.partName(row[:len(refs)]), Before: b, After: a})
	}
	split := analysis.NewSplit(strings.Join(labels, " · "), parts)
	// "It came from where nothing is known" explains nothing, and neither does a
	// dimension that most rows do not have.
	known := len(parts) > 1 && math.Abs(split.Parts[0].Change()) > blank && blankBefore <= allBefore/2
	return split, known, nil
}

func (r *run) partName(cells []any) string {
	names := make([]string, len(cells))
	for i, c := range cells {
		if names[i] = fmt.Sprint(c); c == nil {
			names[i] = wordsFor(r.q.Language).none
		}
	}
	return strings.Join(names, " · ")
}

// refine looks whether the leading value of the best dimension and one of another
// carry the change together: "통돌이 16kg · 오픈마켓". The pair must explain nearly as
// much as the leading value alone, or it says less.
func (r *run) refine(ctx context.Context, q semantic.Query, key string, best dimensioned, others []dimensioned) (dimensioned, error) {
	const keep = 0.8
	alone := best.split.Parts[0].Change()
	finer := func(p analysis.Part) bool { // a part that is all of the other says nothing new
		return math.Abs(p.Change()-alone) > 1e-9*math.Abs(alone)
	}
	for _, o := range others[:min(len(others), 3)] {
		if o.split.Leading == 0 {
			continue
		}
		pair, ok, err := r.splitBy(ctx, q, key, best.fields[0], o.fields[0])
		if err != nil {
			return best, err
		}
		if ok && len(pair.Parts) > 0 && math.Abs(pair.Parts[0].Change()) >= keep*math.Abs(alone) && pair.Parts[0].Change()*alone > 0 && finer(pair.Parts[0]) {
			return dimensioned{split: pair, fields: []string{best.fields[0], o.fields[0]}, label: pair.Dimension}, nil
		}
	}
	return best, nil
}

// explain writes the answer: the change, what carried most of it, and what was
// looked at. All figures come from r1 and the computed r2.
func (r *run) explain(n *narrator, whole *Result, key string, best dimensioned, all []dimensioned) error {
	total := n.number(0, key) - n.number(0, key+"__before")
	parts, others := leading(best.split)
	// Where moves cancel out, shares of the net change read as nonsense, and the
	// largest moves either way say most.
	offset := parts[0].Change()/total > 1 || others.Change()/total < -0.5
	if offset {
		slices.SortStableFunc(best.split.Parts[1:], func(a, b analysis.Part) int {
			return cmp.Compare(math.Abs(b.Change()), math.Abs(a.Change()))
		})
		parts, others = leading(best.split)
	}
	table := r.driverTable(n, whole, key, best, parts, others)
	var looked []string
	for _, s := range all[:min(len(all), maxDriverDimensions)] {
		looked = append(looked, escapeMarkdown(s.label))
	}
	text := n.moved(key, total) + " " + r.carried(table, offset, n.words(key)) + "\n\n" +
		n.pick("확인한 기준: ", "Looked at: ") + strings.Join(looked, ", ")
	if last := len(table.Rows) - 1; !offset {
		text += n.pick(" · 보이지 않은 나머지 ", " · the rest, not shown: ") + figures.Ref("r2", "share", last)
	}
	r.answer.Results = append(r.answer.Results, *whole)
	return r.finish(text, table, r.waterfall(n, key, table))
}

// maxRateParts is how many values a dimension may have that a rate is looked at by:
// the rate of a small part jumps about and explains nothing.
const maxRateParts = 20

// explainRate is explain for what does not add up, such as rates and averages: which
// parts moved most, and no shares of the change.
func (r *run) explainRate(n *narrator, whole *Result, key string, splits []dimensioned) error {
	var best dimensioned
	var parts []analysis.Part
	none := wordsFor(r.q.Language).none
	for _, s := range splits {
		unnamed := slices.ContainsFunc(s.split.Parts, func(p analysis.Part) bool { return p.Key == none })
		if !unnamed && len(s.split.Parts) <= maxRateParts && len(parts) < 2 {
			best, parts = s, slices.DeleteFunc(slices.Clone(s.split.Parts), func(p analysis.Part) bool {
				return p.Before == 0 || p.After == 0 // it may not have been there
			})
		}
	}
	if len(parts) < 2 {
		return r.finish(n.value(), whole, r.chartData(whole, n.query))
	}
	slices.SortStableFunc(parts, func(a, b analysis.Part) int { return cmp.Compare(math.Abs(b.Change()), math.Abs(a.Change())) })
	table := r.driverTable(n, whole, key, best, parts[:min(len(parts), maxDriverSteps)], analysis.Part{})
	table.Rows = table.Rows[:len(table.Rows)-1] // nothing is left over of what does not add up
	table.RowCount = len(table.Rows)
	table.drop(func(c Column) bool { return c.Name == "share" })
	if n.isPercent(key) {
		table.Columns[table.column("change")].Format = string(format.Points)
	}
	at := &narrator{language: r.q.Language, result: table}
	first, label := at.cell(0, 0, ""), escapeMarkdown(best.label)
	text := n.moved(key, n.number(0, key)-n.number(0, key+"__before")) + " " + n.pick(
		fmt.Sprintf("%s 가운데 가장 크게 움직인 것은 '%s'(%s)입니다.", label, first.ref, at.figure(0, "change").ref),
		fmt.Sprintf("By %s, '%s' moved most (%s).", lowerFirst(label), first.ref, at.figure(0, "change").ref)) +
		"\n\n" + n.pick("비율과 평균은 더할 수 없어서 몫으로 나누지 않았어요.", "Rates and averages do not add up, so this is no split of the change.")
	r.answer.Results = append(r.answer.Results, *whole)
	return r.finish(text, table, r.chartData(table, n.query))
}

// moved says by how much the whole changed.
func (n *narrator) moved(key string, total float64) string {
	change := figures.RefAs("r1", key+"__change", 0, figures.Abs)
	if n.has(0, key+"__growth") && !n.isPercent(key) {
		change += n.pick("(", " (") + figures.RefAs("r1", key+"__growth", 0, figures.Signed) + ")"
	}
	name, before := n.subject(0), n.beforeName()
	if n.ko() {
		return fmt.Sprintf("%s%s%s %s보다 %s %s.", n.circumstances(), name, format.Josa(name, "은", "는"), before, change,
			upDown(total, n.words(key).rose, n.words(key).fell))
	}
	return n.sentence(n.dated(fmt.Sprintf("%s %s %s", name, upDown(total, "rose by", "fell by"), change)) + ", compared with " + before)
}

// carried says which part carried most of the change, or what moved most either way
// where moves cancel out.
func (r *run) carried(table *Result, offset bool, w measureWords) string {
	n := &narrator{language: r.q.Language, result: table}
	last := len(table.Rows) - 1
	quoted := func(row int) said {
		name := n.cell(row, 0, "")
		return said{ref: "'" + name.ref + "'", text: name.text}
	}
	said := func(row int, verb string) string {
		same, figure := n.alike(n.indices()[:last], "change", row), n.figure(row, "change").ref
		return n.together(same, quoted).ref + n.pick("("+n.tie(same)+figure+")", verb+" ("+figure+n.tie(same)+")")
	}
	part := func(row int) string { return quoted(row).ref + n.pick("(", " (") + n.figure(row, "change").ref + ")" }
	share := n.figure(0, "share")
	if !offset {
		return n.pick("그중 "+share.with("이", "가")+" "+part(0)+"에서 왔어요.", share.ref+" of that came from "+part(0)+".")
	}
	down := n.number(0, "change") < 0
	against := slices.IndexFunc(n.indices(), func(row int) bool {
		return row < last && n.number(row, "change") < 0 != down && n.number(row, "change") != 0
	})
	if against < 0 {
		return fmt.Sprintf(n.pick("가장 크게 움직인 것은 %s이고, 보이지 않은 나머지는 합쳐서 %s입니다.",
			"What moved most is %s; the rest, not shown, adds up to %s."), part(0), n.figure(last, "change").ref)
	}
	grown, shrunk := against, 0
	if !down {
		grown, shrunk = shrunk, grown
	}
	texts := []string{
		n.pick("가장 많이 "+w.grown+" 것은 ", "") + said(grown, " rose most"),
		n.pick("가장 많이 "+w.shrunk+" 것은 ", "") + said(shrunk, " fell most"),
	}
	if down {
		slices.Reverse(texts)
	}
	return n.pick(strings.Join(texts, "이고, ")+"입니다.", listed(texts)+".")
}

// leading are the parts worth a step of their own, and what the others add up to.
func leading(s analysis.Split) (parts []analysis.Part, rest analysis.Part) {
	n := min(max(s.Leading, 3), maxDriverSteps, len(s.Parts))
	parts = s.Parts[:n]
	for _, p := range s.Parts[n:] {
		rest.Before += p.Before
		rest.After += p.After
	}
	return parts, rest
}

// driverTable is the computed result: a row for each leading part and one for the
// rest. The shares add up to one.
func (r *run) driverTable(n *narrator, whole *Result, key string, best dimensioned, parts []analysis.Part, rest analysis.Part) *Result {
	w := wordsFor(r.q.Language)
	f := whole.Columns[whole.column(key)].Format
	t := &Result{Name: "r2", Source: Computed, Columns: []Column{
		{Column: connectors.Column{Name: "part", Type: "VARCHAR"}, Label: best.label, Role: string(semantic.RoleDimension)},
		{Column: connectors.Column{Name: "before", Type: "DOUBLE"}, Label: describe(n.query.Compare.Period, r.q.Language), Format: f, Role: string(semantic.RoleBefore)},
		{Column: connectors.Column{Name: "after", Type: "DOUBLE"}, Label: n.measureName(0), Format: f, Role: string(semantic.RoleMeasure)},
		{Column: connectors.Column{Name: "change", Type: "DOUBLE"}, Label: w.change, Format: f, Role: string(semantic.RoleGrowth)},
		{Column: connectors.Column{Name: "share", Type: "DOUBLE"}, Label: w.ofChange, Format: string(format.Percent), Role: string(semantic.RoleShare)},
	}}
	total := n.number(0, key) - n.number(0, key+"__before")
	add := func(p analysis.Part) {
		t.Rows = append(t.Rows, []any{p.Key, p.Before, p.After, p.Change(), p.Change() / total})
	}
	for _, p := range parts {
		add(p)
	}
	rest.Key = w.rest
	add(rest)
	t.RowCount = len(t.Rows)
	return t
}

// waterfall is the way from the value before to the one after, step by step.
func (r *run) waterfall(n *narrator, key string, table *Result) chart.Data {
	d := r.chartData(table, n.query)
	d.Columns[table.column("change")].Role = string(semantic.RoleChange)
	before, after := n.number(0, key+"__before"), n.number(0, key)
	d.Before, d.After = &before, &after
	return d
}
