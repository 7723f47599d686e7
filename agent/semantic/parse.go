package semantic

import "strings"

// maxExprDepth bounds nesting, so that a hostile expression cannot exhaust the stack.
const maxExprDepth = 200

// parseExpr reads a scalar or aggregate SQL expression: the part of the Ossie
// expression language that needs no window and no subquery.
func parseExpr(src string) (expr, error) {
	tokens, err := scan(src)
	if err != nil {
		return nil, err
	}
	p := &exprParser{tokens: tokens}
	if p.peek().kind == tokEnd {
		return nil, syntaxf(0, "the expression is empty")
	}
	e, err := p.expression(precOr)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokEnd {
		return nil, unexpected(t)
	}
	return e, nil
}

// The precedences of operators, weakest first.
const (
	precOr = iota + 1
	precAnd
	precNot
	precCompare
	precConcat
	precSum
	precProduct
	precUnary
	precPostfix
	precAtom
)

var binaryPrec = map[string]int{
	"=": precCompare, "<>": precCompare, "!=": precCompare,
	"<": precCompare, ">": precCompare, "<=": precCompare, ">=": precCompare,
	"||": precConcat, "+": precSum, "-": precSum,
	"*": precProduct, "/": precProduct, "%": precProduct, "//": precProduct,
}

// clauseWords cannot stand where a value is expected. Those that begin a query say
// that somebody tried one.
var clauseWords = map[string]bool{
	"SELECT": true, "FROM": true, "WHERE": true, "GROUP": true, "HAVING": true, "ORDER": true,
	"LIMIT": true, "JOIN": true, "UNION": true, "WITH": true, "EXISTS": true, "WHEN": true,
	"THEN": true, "ELSE": true, "END": true, "AND": true, "OR": true, "AS": true, "ON": true,
	"IN": true, "IS": true, "LIKE": true, "ILIKE": true, "BETWEEN": true, "DISTINCT": true,
	"OVER": true, "USING": true, "EXCEPT": true, "INTERSECT": true, "OFFSET": true, "BY": true,
}

type exprParser struct {
	tokens []tokenAt
	at     int
	depth  int
}

func (p *exprParser) peek() tokenAt { return p.tokens[p.at] }

func (p *exprParser) peek2() tokenAt {
	if p.at+1 < len(p.tokens) {
		return p.tokens[p.at+1]
	}
	return p.tokens[len(p.tokens)-1]
}

func (p *exprParser) next() tokenAt {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (p *exprParser) acceptWord(kw string) bool {
	if p.peek().keyword(kw) {
		p.next()
		return true
	}
	return false
}

func (p *exprParser) acceptSymbol(s string) bool {
	if p.peek().symbol(s) {
		p.next()
		return true
	}
	return false
}

func (p *exprParser) expectWord(kw string) error {
	if p.acceptWord(kw) {
		return nil
	}
	return syntaxf(p.peek().pos, "expected %s, found %s", kw, describe(p.peek()))
}

func (p *exprParser) expectSymbol(s string) error {
	if p.acceptSymbol(s) {
		return nil
	}
	return syntaxf(p.peek().pos, "expected %q, found %s", s, describe(p.peek()))
}

func describe(t tokenAt) string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokString:
		return "'" + t.text + "'"
	}
	return "\"" + t.text + "\""
}

func unexpected(t tokenAt) error {
	if t.kind == tokName {
		switch word := strings.ToUpper(t.text); word {
		case "SELECT", "WITH", "EXISTS":
			return syntaxf(t.pos, "a subquery is not allowed in an expression; make it the source of a dataset")
		case "OVER":
			return syntaxf(t.pos, "a window (OVER) is not allowed in an expression")
		}
	}
	return syntaxf(t.pos, "unexpected %s", describe(t))
}

// expression parses operators that bind at least as strongly as min.
func (p *exprParser) expression(min int) (expr, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxExprDepth {
		return nil, syntaxf(p.peek().pos, "the expression is nested more than %d levels deep", maxExprDepth)
	}
	left, err := p.prefix()
	for err == nil {
		var more bool
		left, more, err = p.operator(left, min)
		if !more {
			break
		}
	}
	return left, err
}

// operator extends left by one operator, and reports whether there was one.
func (p *exprParser) operator(left expr, min int) (expr, bool, error) {
	t := p.peek()
	if t.kind == tokSymbol {
		if t.text == "::" {
			p.next()
			typ, err := p.typeName()
			return &castExpr{x: left, typ: typ}, true, err
		}
		prec := binaryPrec[t.text]
		if prec == 0 || prec < min {
			return left, false, nil
		}
		p.next()
		right, err := p.expression(prec + 1)
		op := t.text
		if op == "!=" {
			op = "<>"
		}
		return &binaryExpr{op, left, right}, true, err
	}
	if t.kind != tokName {
		return left, false, nil
	}
	switch strings.ToUpper(t.text) {
	case "OR":
		return p.logical(left, "OR", precOr, min)
	case "AND":
		return p.logical(left, "AND", precAnd, min)
	case "AT":
		return p.atTimeZone(left)
	case "IS", "IN", "BETWEEN", "LIKE", "ILIKE", "NOT":
		if min > precCompare {
			return left, false, nil
		}
		e, err := p.predicate(left)
		return e, true, err
	}
	return left, false, nil
}

func (p *exprParser) logical(left expr, op string, prec, min int) (expr, bool, error) {
	if prec < min {
		return left, false, nil
	}
	p.next()
	right, err := p.expression(prec + 1)
	return &binaryExpr{op, left, right}, true, err
}

func (p *exprParser) atTimeZone(left expr) (expr, bool, error) {
	if !p.peek2().keyword("TIME") {
		return left, false, nil
	}
	p.next()
	p.next()
	if err := p.expectWord("ZONE"); err != nil {
		return nil, false, err
	}
	zone, err := p.expression(precPostfix)
	return &zoneExpr{left, zone}, true, err
}

// predicate parses what follows a value in IS, IN, BETWEEN and LIKE.
func (p *exprParser) predicate(left expr) (expr, error) {
	if p.acceptWord("IS") {
		return p.isPredicate(left)
	}
	not := p.acceptWord("NOT")
	switch {
	case p.acceptWord("IN"):
		if err := p.expectSymbol("("); err != nil {
			return nil, err
		}
		list, err := p.list()
		return &inExpr{left, not, list}, err
	case p.acceptWord("BETWEEN"):
		lo, err := p.expression(precConcat)
		if err != nil {
			return nil, err
		}
		if err := p.expectWord("AND"); err != nil {
			return nil, err
		}
		hi, err := p.expression(precConcat)
		return &betweenExpr{left, lo, hi, not}, err
	case p.peek().keyword("LIKE"), p.peek().keyword("ILIKE"):
		return p.likePredicate(left, not)
	}
	return nil, unexpected(p.peek())
}

func (p *exprParser) likePredicate(left expr, not bool) (expr, error) {
	op := strings.ToUpper(p.next().text)
	pattern, err := p.expression(precConcat)
	if err != nil {
		return nil, err
	}
	var escape expr
	if p.acceptWord("ESCAPE") {
		if escape, err = p.expression(precConcat); err != nil {
			return nil, err
		}
	}
	return &likeExpr{left, pattern, escape, op, not}, nil
}

func (p *exprParser) isPredicate(left expr) (expr, error) {
	not := p.acceptWord("NOT")
	t := p.next()
	if t.kind == tokName {
		switch word := strings.ToUpper(t.text); word {
		case "NULL", "TRUE", "FALSE":
			return &isExprNode{x: left, not: not, what: word}, nil
		case "DISTINCT":
			if err := p.expectWord("FROM"); err != nil {
				return nil, err
			}
			y, err := p.expression(precConcat)
			return &isExprNode{x: left, not: not, what: "DISTINCT FROM", y: y}, err
		}
	}
	return nil, syntaxf(t.pos, "expected NULL, TRUE, FALSE or DISTINCT FROM after IS, found %s", describe(t))
}

// list parses values up to the closing parenthesis.
func (p *exprParser) list() ([]expr, error) {
	var list []expr
	for {
		e, err := p.expression(precOr)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		if p.acceptSymbol(",") {
			continue
		}
		return list, p.expectSymbol(")")
	}
}

func (p *exprParser) prefix() (expr, error) {
	t := p.peek()
	switch t.kind {
	case tokNumber:
		p.next()
		return literal{t.text}, nil
	case tokString:
		p.next()
		return textLit{t.text}, nil
	case tokSymbol:
		return p.prefixSymbol(t)
	case tokName:
		return p.prefixWord(t)
	case tokQuoted:
		return p.name()
	}
	return nil, syntaxf(t.pos, "the expression ends where a value is expected")
}

func (p *exprParser) prefixSymbol(t tokenAt) (expr, error) {
	switch t.text {
	case "-", "+":
		p.next()
		x, err := p.expression(precUnary)
		return &unaryExpr{t.text, x}, err
	case "(":
		p.next()
		x, err := p.expression(precOr)
		if err != nil {
			return nil, err
		}
		return x, p.expectSymbol(")")
	}
	return nil, unexpected(t)
}

func (p *exprParser) prefixWord(t tokenAt) (expr, error) {
	word := strings.ToUpper(t.text)
	switch word {
	case "NOT":
		p.next()
		x, err := p.expression(precNot)
		return &unaryExpr{"NOT", x}, err
	case "NULL", "TRUE", "FALSE":
		p.next()
		return literal{word}, nil
	case "CASE":
		p.next()
		return p.caseWhen()
	case "CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_TIME":
		p.next()
		if p.acceptSymbol("(") {
			return literal{word}, p.expectSymbol(")")
		}
		return literal{word}, nil
	case "DATE", "TIMESTAMP", "TIME", "TIMESTAMP_NTZ":
		if p.peek2().kind == tokString {
			p.next()
			return typedLit{strings.TrimSuffix(word, "_NTZ"), p.next().text}, nil
		}
	case "INTERVAL":
		if k := p.peek2(); k.kind == tokString || k.kind == tokNumber {
			p.next()
			return p.interval()
		}
	}
	if p.peek2().symbol("(") {
		if special := p.specialCall(word); special != nil {
			p.next()
			p.next()
			return special()
		}
		if !clauseWords[word] {
			return p.call()
		}
	}
	if clauseWords[word] && !p.peek2().symbol(".") {
		return nil, unexpected(t)
	}
	return p.name()
}

// name parses a column or field reference.
func (p *exprParser) name() (expr, error) {
	first := p.next()
	ref := &nameRef{parts: []string{first.text}, pos: first.pos}
	for p.peek().symbol(".") {
		p.next()
		if len(ref.parts) == 1 && p.acceptSymbol("*") {
			ref.star = true
			return ref, nil
		}
		t := p.next()
		if t.kind != tokName && t.kind != tokQuoted {
			return nil, syntaxf(t.pos, "expected a name after \".\", found %s", describe(t))
		}
		ref.parts = append(ref.parts, t.text)
	}
	if len(ref.parts) > 2 {
		return nil, syntaxf(ref.pos, "%q has more than two parts; write dataset.field", strings.Join(ref.parts, "."))
	}
	return ref, nil
}

func (p *exprParser) caseWhen() (expr, error) {
	c := &caseExpr{}
	var err error
	if !p.peek().keyword("WHEN") {
		if c.operand, err = p.expression(precOr); err != nil {
			return nil, err
		}
	}
	for p.acceptWord("WHEN") {
		var w whenThen
		if w.when, err = p.expression(precOr); err != nil {
			return nil, err
		}
		if err = p.expectWord("THEN"); err != nil {
			return nil, err
		}
		if w.then, err = p.expression(precOr); err != nil {
			return nil, err
		}
		c.whens = append(c.whens, w)
	}
	if len(c.whens) == 0 {
		return nil, syntaxf(p.peek().pos, "expected WHEN, found %s", describe(p.peek()))
	}
	if p.acceptWord("ELSE") {
		if c.orElse, err = p.expression(precOr); err != nil {
			return nil, err
		}
	}
	return c, p.expectWord("END")
}

func (p *exprParser) interval() (expr, error) {
	v := p.next()
	iv := &intervalExpr{value: literal{v.text}}
	if v.kind == tokString {
		iv.value = textLit{v.text}
	}
	if u := p.peek(); u.kind == tokName {
		if unit := intervalUnits[strings.TrimSuffix(strings.ToUpper(u.text), "S")]; unit != "" {
			iv.unit = unit
			p.next()
		}
	}
	if iv.unit == "" && v.kind == tokNumber {
		return nil, syntaxf(p.peek().pos, "expected a unit such as DAY after INTERVAL %s", v.text)
	}
	return iv, nil
}

var intervalUnits = map[string]string{
	"YEAR": "YEAR", "QUARTER": "QUARTER", "MONTH": "MONTH", "WEEK": "WEEK", "DAY": "DAY",
	"HOUR": "HOUR", "MINUTE": "MINUTE", "SECOND": "SECOND", "MILLISECOND": "MILLISECOND",
}
