package questions_test

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// expressible is what a metric could say of a statement.
type expressible string

const (
	// plain statements aggregate a column over joined tables: by columns and times, where
	// columns compare with constants, ranked, the first few.
	plain expressible = "a metric"
	// defined ones do the same with a formula that somebody has to define.
	defined expressible = "a formula"
	// beyond are all others: lists of rows, subqueries, set operations, windows.
	beyond expressible = "neither"
)

// express tells by a statement's grammar alone which it is.
func express(sql string) expressible {
	tree, err := pg.Parse(sql)
	if err != nil || len(tree.GetStmts()) != 1 {
		return beyond
	}
	s := tree.GetStmts()[0].GetStmt().GetSelectStmt()
	if s == nil || s.GetOp() != pg.SetOperation_SETOP_NONE || s.GetWithClause() != nil || s.GetLimitOffset() != nil {
		return beyond
	}
	kind := plain
	for _, from := range s.GetFromClause() {
		if !joined(from) {
			return beyond
		}
	}
	if !condition(s.GetWhereClause()) {
		return beyond
	}
	aggregates := 0
	for _, target := range s.GetTargetList() {
		switch figure(target.GetResTarget().GetVal()) {
		case "dimension":
		case "aggregate":
			aggregates++
		case "formula":
			aggregates++
			kind = defined
		default:
			return beyond
		}
	}
	for _, by := range s.GetGroupClause() {
		if k := figure(by); k != "dimension" && k != "constant" {
			return beyond
		}
	}
	for _, by := range s.GetSortClause() {
		switch figure(by.GetSortBy().GetNode()) {
		case "aggregate":
			aggregates++
		case "formula":
			aggregates++
			kind = defined
		case "":
			return beyond
		}
	}
	if h := s.GetHavingClause(); h != nil && !threshold(h) {
		return beyond
	}
	if aggregates == 0 {
		return beyond
	}
	return kind
}

// joined reports whether an item of FROM is a table, or tables joined where columns are equal.
func joined(n *pg.Node) bool {
	if n.GetRangeVar() != nil {
		return true
	}
	j := n.GetJoinExpr()
	if j == nil {
		return false
	}
	equal := j.GetQuals().GetAExpr()
	return joined(j.GetLarg()) && joined(j.GetRarg()) && equal != nil && operator(equal) == "=" &&
		figure(equal.GetLexpr()) == "dimension" && figure(equal.GetRexpr()) == "dimension"
}

func operator(e *pg.A_Expr) string {
	if len(e.GetName()) != 1 {
		return ""
	}
	return e.GetName()[0].GetString_().GetSval()
}

// figure says what an expression is: a "dimension" (a column, or a part of its time), a
// "constant", an "aggregate" of a column, a "formula", or "" for what is none of them.
func figure(n *pg.Node) string {
	switch {
	case n == nil:
		return ""
	case n.GetColumnRef() != nil:
		return "dimension"
	case n.GetAConst() != nil, n.GetSqlvalueFunction() != nil:
		return "constant"
	case n.GetTypeCast() != nil:
		return figure(n.GetTypeCast().GetArg())
	case n.GetAExpr() != nil:
		a, b := figure(n.GetAExpr().GetLexpr()), figure(n.GetAExpr().GetRexpr())
		switch {
		case a == "" && n.GetAExpr().GetLexpr() != nil, b == "":
			return ""
		case a == "constant" && b == "constant":
			return "constant"
		}
		return "formula"
	case n.GetCaseExpr() != nil:
		return "formula"
	case n.GetCoalesceExpr() != nil:
		return figure(n.GetCoalesceExpr().GetArgs()[0])
	}
	return called(n.GetFuncCall())
}

func called(f *pg.FuncCall) string {
	if f == nil || f.GetOver() != nil {
		return ""
	}
	name := f.GetFuncname()[len(f.GetFuncname())-1].GetString_().GetSval()
	args := f.GetArgs()
	switch {
	case slices.Contains([]string{"count", "sum", "avg", "min", "max"}, name):
		if f.GetAggFilter() != nil {
			return "formula"
		}
		if f.GetAggStar() || len(args) == 1 && figure(args[0]) == "dimension" {
			return "aggregate"
		}
		return "formula"
	case slices.Contains([]string{"date_trunc", "date_part", "extract", "to_char"}, name):
		if slices.ContainsFunc(args, func(a *pg.Node) bool { return figure(a) == "dimension" }) {
			return "dimension"
		}
		return "constant"
	case name == "now", name == "to_date", name == "to_timestamp":
		return "constant"
	case slices.Contains([]string{"lower", "upper", "trim", "round", "nullif", "date"}, name) && len(args) > 0:
		return figure(args[0])
	}
	return ""
}

// condition reports whether columns are compared with constants, all of it or some of it.
func condition(n *pg.Node) bool {
	switch {
	case n == nil:
		return true
	case n.GetBoolExpr() != nil:
		return !slices.ContainsFunc(n.GetBoolExpr().GetArgs(), func(a *pg.Node) bool { return !condition(a) })
	case n.GetNullTest() != nil:
		return figure(n.GetNullTest().GetArg()) == "dimension"
	case n.GetColumnRef() != nil:
		return true
	case n.GetBooleanTest() != nil:
		return figure(n.GetBooleanTest().GetArg()) == "dimension"
	}
	e := n.GetAExpr()
	if e == nil || figure(e.GetLexpr()) != "dimension" {
		return false
	}
	list := []*pg.Node{e.GetRexpr()}
	if e.GetRexpr().GetList() != nil {
		list = e.GetRexpr().GetList().GetItems()
	}
	if operator(e) == "=" && figure(e.GetRexpr()) == "dimension" {
		return true // a join of old
	}
	return !slices.ContainsFunc(list, func(v *pg.Node) bool { return figure(v) != "constant" })
}

// threshold reports whether an aggregate is compared with a constant.
func threshold(n *pg.Node) bool {
	e := n.GetAExpr()
	return e != nil && figure(e.GetLexpr()) == "aggregate" && figure(e.GetRexpr()) == "constant"
}

// expressOf is what the easiest of the accepted statements needs.
func expressOf(gold string) expressible {
	best := beyond
	for one := range strings.SplitSeq(gold, ";") {
		if strings.TrimSpace(one) == "" {
			continue
		}
		before, rest, braces := strings.Cut(one, "{")
		if choice, after, ok := strings.Cut(rest, "}"); braces && ok {
			one = before + choice + strings.ReplaceAll(after, "{}", choice)
		}
		switch express(one) {
		case plain:
			return plain
		case defined:
			best = defined
		}
	}
	return best
}
