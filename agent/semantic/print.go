package semantic

import (
	"fmt"
	"strings"
)

// printer writes expressions in a dialect.
type printer struct {
	d *Dialect
	b strings.Builder
}

// sql returns e in the dialect of d.
func (d *Dialect) sql(e expr) string {
	p := printer{d: d}
	p.write(e, precOr)
	return p.b.String()
}

// operand returns e so that it can stand beside an operator of precedence min.
func (d *Dialect) operand(e expr, min int) string {
	p := printer{d: d}
	p.write(e, min)
	return p.b.String()
}

func precedence(e expr) int {
	switch n := e.(type) {
	case *binaryExpr:
		switch n.op {
		case "OR":
			return precOr
		case "AND":
			return precAnd
		}
		return binaryPrec[n.op]
	case *unaryExpr:
		if n.op == "NOT" {
			return precNot
		}
		return precUnary
	case *isExprNode, *inExpr, *betweenExpr, *likeExpr:
		return precCompare
	case *zoneExpr:
		return precUnary
	case rawSQL:
		return n.prec
	}
	return precAtom
}

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) write(e expr, min int) {
	if rewritten := p.d.rewriteNode(e); rewritten != nil {
		e = rewritten
	}
	if precedence(e) < min {
		p.text("(")
		p.node(e)
		p.text(")")
		return
	}
	p.node(e)
}

func (p *printer) node(e expr) {
	switch n := e.(type) {
	case literal:
		p.text(n.text)
	case textLit:
		p.text(p.d.text(n.value))
	case typedLit:
		p.text(n.typ, " ", p.d.text(n.value))
	case rawSQL:
		p.text(n.text)
	case *nameRef:
		for i, part := range n.parts {
			if i > 0 {
				p.text(".")
			}
			if i == 0 && len(n.parts) > 1 {
				p.text(p.d.alias(part)) // a dataset
				continue
			}
			p.text(p.d.name(part))
		}
	case *callExpr:
		p.call(n)
	case *binaryExpr:
		p.binary(n)
	case *unaryExpr:
		p.unary(n)
	default:
		p.predicate(e)
	}
}

func (p *printer) unary(n *unaryExpr) {
	p.text(n.op)
	if n.op == "NOT" {
		p.text(" ")
		p.write(n.x, precNot)
		return
	}
	// A second sign would make "--", a comment.
	p.write(n.x, precPostfix)
}

func (p *printer) binary(n *binaryExpr) {
	prec := precedence(n)
	if n.op == "/" || n.op == "%" || n.op == "//" {
		if n.op == "/" {
			p.text(p.d.divided(p.d, n.l))
		} else {
			p.write(n.l, prec)
		}
		p.text(" ", n.op, " ")
		p.divisor(n.r)
		return
	}
	left := prec
	if prec == precCompare || prec == precConcat {
		left++ // engines disagree how these associate
	}
	if n.op == "||" && precedence(n.l) == precConcat {
		left = prec
	}
	p.write(n.l, left)
	p.text(" ", n.op, " ")
	p.write(n.r, prec+1)
}

// divisor guards a division: nothing per nothing is unknown, not an error.
func (p *printer) divisor(e expr) {
	switch n := e.(type) {
	case literal:
		if strings.Trim(n.text, "0.eE+-") != "" && isDigit(n.text[0]) {
			p.text(n.text)
			return
		}
	case *callExpr:
		if n.name == "nullif" {
			p.node(n)
			return
		}
	}
	p.text("NULLIF(")
	p.write(e, precOr)
	p.text(", 0)")
}

func (p *printer) not(not bool, word string) {
	if not {
		p.text(" NOT ", word, " ")
		return
	}
	p.text(" ", word, " ")
}

func (p *printer) predicate(e expr) {
	switch n := e.(type) {
	case *isExprNode:
		p.write(n.x, precConcat)
		p.text(" IS ")
		if n.not {
			p.text("NOT ")
		}
		p.text(n.what)
		if n.y != nil {
			p.text(" ")
			p.write(n.y, precConcat)
		}
	case *inExpr:
		p.write(n.x, precConcat)
		p.not(n.not, "IN")
		p.text("(")
		p.list(n.list)
		p.text(")")
	case *betweenExpr:
		p.write(n.x, precConcat)
		p.not(n.not, "BETWEEN")
		p.write(n.lo, precSum)
		p.text(" AND ")
		p.write(n.hi, precSum)
	case *likeExpr:
		p.write(n.x, precConcat)
		p.not(n.not, n.op)
		p.write(n.pattern, precConcat)
		if n.escape != nil {
			p.text(" ESCAPE ")
			p.write(n.escape, precConcat)
		}
	default:
		p.special(e)
	}
}

func (p *printer) special(e expr) {
	switch n := e.(type) {
	case *caseExpr:
		p.text("CASE")
		if n.operand != nil {
			p.text(" ")
			p.write(n.operand, precOr)
		}
		for _, w := range n.whens {
			p.text(" WHEN ")
			p.write(w.when, precOr)
			p.text(" THEN ")
			p.write(w.then, precOr)
		}
		if n.orElse != nil {
			p.text(" ELSE ")
			p.write(n.orElse, precOr)
		}
		p.text(" END")
	case *castExpr:
		if n.try {
			p.text("TRY_")
		}
		p.text("CAST(")
		p.write(n.x, precOr)
		p.text(" AS ", p.d.typeName(n.typ), ")")
	case *extractExpr:
		p.text("EXTRACT(", strings.ToUpper(p.d.datePart(n.part)), " FROM ")
		p.write(n.x, precOr)
		p.text(")")
	case *intervalExpr:
		p.text("INTERVAL ")
		p.node(n.value)
		if n.unit != "" {
			p.text(" ", n.unit)
		}
	case *zoneExpr:
		p.write(n.x, precUnary)
		p.text(" AT TIME ZONE ")
		p.write(n.zone, precAtom)
	default:
		panic(fmt.Sprintf("semantic: no printer for %T", e))
	}
}

func (p *printer) list(args []expr) {
	for i, a := range args {
		if i > 0 {
			p.text(", ")
		}
		p.write(a, precOr)
	}
}

func (p *printer) call(n *callExpr) {
	p.text(strings.ToUpper(n.name), "(")
	switch {
	case n.star:
		p.text("*")
	case n.distinct:
		p.text("DISTINCT ")
	}
	p.list(n.args)
	p.text(")")
	if n.within != nil {
		p.text(" WITHIN GROUP (ORDER BY ")
		p.write(n.within, precOr)
		if n.desc {
			p.text(" DESC")
		}
		p.text(")")
	}
	if n.filter != nil {
		p.text(" FILTER (WHERE ")
		p.write(n.filter, precOr)
		p.text(")")
	}
}
