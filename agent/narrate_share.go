package agent

import (
	"context"
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// together tells how much of the whole the values are together that a share was asked
// of: 모바일 is the app and the browser. It asks the data again rather than adding up, for
// who bought by both is one buyer. It returns "" where the rows of the result say it
// already.
func (r *run) together(ctx context.Context, n *narrator) (string, error) {
	part := r.plan.Part
	if part == nil || n.whole == nil || r.plan.Intent != compose.Share || len(n.dimensions()) != 1 || n.timeColumn() >= 0 || len(n.query.Measures) != 1 {
		return "", nil
	}
	key := n.query.Measures[0].Key()
	adds := n.additive(0)
	if adds && part.Op == semantic.In && len(part.Values) == 1 || !n.whole.has(0, key) || n.whole.number(0, key) == 0 {
		return "", nil
	}
	q := n.whole.query
	q.Filters = append(q.Filters[:len(q.Filters):len(q.Filters)], *part)
	q.Compare = nil
	res, err := r.query(ctx, "r3", q)
	if err != nil || res.empty() {
		return "", err
	}
	these := r.narrator(q, res)
	if !these.has(0, key) {
		return "", nil
	}
	share := Column{Column: connectors.Column{Name: "share", Type: "DOUBLE"}, Label: wordsFor(r.q.Language).share, Format: string(format.Percent), Role: string(semantic.RoleShare)}
	of := &Result{Name: "r4", Source: Computed, RowCount: 1, Columns: []Column{share}, Rows: [][]any{{these.number(0, key) / n.whole.number(0, key)}}}
	r.answer.Results = append(r.answer.Results, *res, *of)
	text := n.ofWhole(these, of, key)
	if adds {
		text = joinSentences(text, n.eachPart(key))
	}
	return joinSentences(text, strings.TrimSpace(n.total())), nil
}

func joinSentences(a, b string) string { return strings.TrimSpace(a + " " + b) }

// ofWhole says what part of the whole the values are: 모바일 앱·모바일 웹이 매출의 50.3%(…)를
// 차지합니다.
func (n *narrator) ofWhole(these *narrator, of *Result, key string) string {
	who := these.filterWord(*n.plan.Part)
	share, figure := figures.Ref(of.Name, "share", 0), these.figure(0, key).ref
	name := n.subject(0)
	if n.ko() {
		read := figures.Cell(of.Rows[0][0], of.figureColumn(0), "", n.language)
		return fmt.Sprintf("%s %s%s의 %s(%s)%s 차지합니다.", who+format.Josa(who, "이", "가"), n.circumstances(), name, share, figure, format.Josa(read, "을", "를"))
	}
	makes := "makes up"
	if len(n.plan.Part.Values) > 1 {
		makes = "together make up"
	}
	return n.sentence(fmt.Sprintf("%s %s %s of %s (%s)", who, makes, share, n.dated(lowerFirst(name)), figure))
}

// eachPart says how much of the whole each of the values is, "" for one and for many.
func (n *narrator) eachPart(key string) string {
	const spoken = 4
	column := key + "__share"
	d := n.dimensionColumn()
	var parts []string
	for _, row := range n.indices() {
		for _, v := range n.plan.Part.Values {
			if n.result.Rows[row][d] == v && n.has(row, column) {
				parts = append(parts, n.rowName(row).ref+" "+n.figure(row, column).ref)
			}
		}
	}
	switch {
	case len(parts) < 2 || len(parts) > spoken:
		return ""
	case n.ko():
		return strings.Join(parts, ", ") + "입니다."
	}
	return strings.Join(parts, ", ") + "."
}
