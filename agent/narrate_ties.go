package agent

import (
	"context"
	"strings"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// spokenTies is how many rows with the same figure are named.
const spokenTies = 3

// alike are those of rows whose figure in column is the same as that of row.
func (n *narrator) alike(rows []int, column string, row int) []int {
	var out []int
	for _, r := range rows {
		if n.has(r, column) && n.number(r, column) == n.number(row, column) {
			out = append(out, r)
		}
	}
	return out
}

// together names rows that share a figure: A와 B · A 등 여럿; A and B, A and others.
func (n *narrator) together(rows []int, name func(int) said) said {
	var names []said
	seen := map[string]bool{}
	for _, row := range rows {
		if one := name(row); !seen[one.text] {
			seen[one.text] = true
			names = append(names, one)
		}
	}
	last := len(names) - 1
	switch {
	case len(rows) == 1:
		return names[0]
	case len(names) < len(rows), len(names) > spokenTies:
		return said{ref: names[0].ref + n.pick(" 등 여럿", " and others"), text: n.pick("여럿", "others")}
	case n.ko() && len(names) == 2:
		return said{ref: names[0].with("과", "와") + " " + names[1].ref, text: names[1].text}
	}
	refs := make([]string, len(names))
	for i, one := range names {
		refs[i] = one.ref
	}
	return said{ref: n.pick(strings.Join(refs, ", "), listed(refs)), text: names[last].text}
}

// allAlike says that every row has the same figure; what leads the text already says
// the period, and with total also the measure.
func (n *narrator) allAlike(measure, row int, column string, goesOn, total bool) string {
	figure, name := n.figure(row, column), n.subject(measure)
	if n.ko() {
		head := ""
		switch {
		case !goesOn:
			head = n.circumstances() + withTopic(name)
		case !total:
			head = withTopic(n.measureName(measure))
		}
		all := "모두"
		if d := n.dimensions(); len(d) == 1 {
			label := n.columnName(d[0])
			all = "모든 " + label + format.Josa(label, "이", "가")
		}
		return head + all + " " + figure.with("으로", "로") + " 같습니다."
	}
	each := "for each"
	if d := n.dimensions(); len(d) == 1 {
		each += " " + lowerFirst(n.columnName(d[0]))
	}
	if total {
		return "It is the same " + each + ": " + figure.ref + "."
	}
	return n.sentence(n.whereNeeded(name+" "+n.be(name)+" the same "+each, goesOn) + ": " + figure.ref)
}

// tie is the word for a figure that several rows share.
func (n *narrator) tie(rows []int) string {
	if len(rows) < 2 {
		return ""
	}
	return n.pick("똑같이 ", " each")
}

// placed are the places of a ranking: each with its figure, those that share one
// together.
func (n *narrator) placed(rows []int, key string) []string {
	var out []string
	for i := 0; i < len(rows); {
		same := n.alike(rows[i:], key, rows[i])
		figure := n.figure(rows[i], key).ref
		out = append(out, n.together(same, n.rowName).ref+n.pick("("+n.tie(same)+figure+")", " ("+figure+n.tie(same)+")"))
		i += len(same)
	}
	return out
}

// others says that what did not make it into a ranking has the figure of the last
// that did, or "".
func (n *narrator) others(key string) string {
	last := n.last(key)
	if !n.tied || last < 0 {
		return ""
	}
	figure := n.figure(last, key).ref
	return " " + n.pick("보이지 않은 것 중에도 "+figure+"인 것이 있습니다.", "Others, not shown, have "+figure+" too.")
}

// shareLastPlace looks whether what a ranking leaves out is as good as the last that it
// keeps: which of them is kept is then chance. Asked for the one that leads, it keeps
// those that lead together; of others it is said.
func (r *run) shareLastPlace(ctx context.Context, q *semantic.Query, res *Result) (*Result, error) {
	if r.plan.Intent != compose.Rank || q.Limit == 0 || q.LimitPer != "" || len(q.Order) == 0 || len(res.Rows) != q.Limit {
		return res, nil
	}
	probe := *q
	probe.Limit += spokenTies
	more, err := r.query(ctx, "", probe)
	if err != nil {
		return nil, err
	}
	c := more.column(q.Order[0].Key)
	if c < 0 || len(more.Rows) <= q.Limit {
		return res, nil
	}
	same := 0
	for same < len(more.Rows)-q.Limit && equal(more.Rows[q.Limit-1][c], more.Rows[q.Limit+same][c]) {
		same++
	}
	if r.tied = same > 0; q.Limit > 1 || same == 0 || same == spokenTies {
		return res, nil
	}
	r.tied = false
	q.Limit += same
	return r.query(ctx, res.Name, *q)
}

func equal(a, b any) bool {
	x, ok := connectors.Number(a)
	y, also := connectors.Number(b)
	return ok && also && x == y
}
