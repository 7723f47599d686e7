package semantic

import "strings"

// call parses a function with ordinary arguments and what may follow an aggregate.
func (p *exprParser) call() (expr, error) {
	name := p.next()
	c := &callExpr{name: strings.ToLower(name.text), pos: name.pos}
	for _, r := range c.name {
		if r > 127 || r == '$' || notFunctions[c.name] {
			return nil, syntaxf(name.pos, "%q is not the name of a function", name.text)
		}
	}
	p.next()
	var err error
	switch {
	case p.acceptSymbol(")"):
	case p.peek().symbol("*") && p.peek2().symbol(")"):
		p.next()
		p.next()
		c.star = true
	default:
		c.distinct = p.acceptWord("DISTINCT")
		if !c.distinct {
			p.acceptWord("ALL")
		}
		if c.args, err = p.list(); err != nil {
			return nil, err
		}
	}
	if c.star && c.name != "count" {
		return nil, syntaxf(c.pos, "only COUNT takes *")
	}
	return c, p.callTail(c)
}

// notFunctions are words of SQL that no engine takes for a function.
var notFunctions = wordSet(`all and any array as asc both case check collate column constraint create cross default
	desc describe distinct do else end except false fetch for foreign from full group having in inner intersect into is
	isnull join lambda lateral leading limit like ilike natural not notnull null offset on only or order outer pivot
	primary qualify references returning select show similar some summarize symmetric table then to trailing true
	union unique unpivot using when where window with overlaps between values setof`)

// callTail parses WITHIN GROUP and FILTER.
func (p *exprParser) callTail(c *callExpr) (err error) {
	if p.peek().keyword("WITHIN") && p.peek2().keyword("GROUP") {
		p.next()
		p.next()
		if err = p.expectSymbol("("); err != nil {
			return err
		}
		if err = p.expectWord("ORDER"); err != nil {
			return err
		}
		if err = p.expectWord("BY"); err != nil {
			return err
		}
		if c.within, err = p.expression(precOr); err != nil {
			return err
		}
		if c.desc = p.acceptWord("DESC"); !c.desc {
			p.acceptWord("ASC")
		}
		if err = p.expectSymbol(")"); err != nil {
			return err
		}
	}
	if p.peek().keyword("FILTER") && p.peek2().symbol("(") {
		p.next()
		p.next()
		if err = p.expectWord("WHERE"); err != nil {
			return err
		}
		if c.filter, err = p.expression(precOr); err != nil {
			return err
		}
		if err = p.expectSymbol(")"); err != nil {
			return err
		}
	}
	if (c.distinct || c.filter != nil || c.within != nil) && !aggregateNames[c.name] {
		return syntaxf(c.pos, "%s is not an aggregate function, so DISTINCT, FILTER and WITHIN GROUP do not apply", strings.ToUpper(c.name))
	}
	if p.peek().keyword("OVER") {
		return unexpected(p.peek())
	}
	return nil
}

// specialCall returns the parser of a function whose arguments are not a plain list,
// nil for others.
func (p *exprParser) specialCall(word string) func() (expr, error) {
	switch word {
	case "CAST":
		return func() (expr, error) { return p.cast(false) }
	case "TRY_CAST", "SAFE_CAST":
		return func() (expr, error) { return p.cast(true) }
	case "EXTRACT":
		return p.extract
	case "POSITION":
		return p.position
	case "SUBSTRING":
		return p.substring
	case "DATEADD", "DATEDIFF":
		return func() (expr, error) { return p.dateMath(strings.ToLower(word)) }
	}
	return nil
}

func (p *exprParser) cast(try bool) (expr, error) {
	x, err := p.expression(precOr)
	if err != nil {
		return nil, err
	}
	if err = p.expectWord("AS"); err != nil {
		return nil, err
	}
	typ, err := p.typeName()
	if err != nil {
		return nil, err
	}
	return &castExpr{x, typ, try}, p.expectSymbol(")")
}

// typeName parses VARCHAR, DECIMAL(18, 2), DOUBLE PRECISION, TIMESTAMP WITH TIME ZONE.
func (p *exprParser) typeName() (string, error) {
	t := p.next()
	if t.kind != tokName {
		return "", syntaxf(t.pos, "expected a type, found %s", describe(t))
	}
	name := strings.ToUpper(t.text)
	if !castTypes[name] {
		return "", syntaxf(t.pos, "%q is not a type to cast to; use one such as VARCHAR, BIGINT, DECIMAL, DOUBLE, BOOLEAN, DATE or TIMESTAMP", t.text)
	}
	switch {
	case name == "TIMESTAMP_NTZ":
		name = "TIMESTAMP"
	case name == "DOUBLE" && p.acceptWord("PRECISION"):
	case name == "TIMESTAMP" && p.peek().keyword("WITH"):
		p.next()
		for _, kw := range []string{"TIME", "ZONE"} {
			if err := p.expectWord(kw); err != nil {
				return "", err
			}
		}
		name = "TIMESTAMPTZ"
	}
	if !p.acceptSymbol("(") {
		return name, nil
	}
	var args []string
	for {
		n := p.next()
		if n.kind != tokNumber {
			return "", syntaxf(n.pos, "expected a number in the type, found %s", describe(n))
		}
		args = append(args, n.text)
		if !p.acceptSymbol(",") {
			break
		}
	}
	return name + "(" + strings.Join(args, ", ") + ")", p.expectSymbol(")")
}

var castTypes = map[string]bool{
	"VARCHAR": true, "STRING": true, "TEXT": true, "CHAR": true, "INTEGER": true, "INT": true,
	"BIGINT": true, "SMALLINT": true, "TINYINT": true, "HUGEINT": true, "DECIMAL": true,
	"NUMERIC": true, "NUMBER": true, "FLOAT": true, "REAL": true, "DOUBLE": true, "BOOLEAN": true,
	"BOOL": true, "DATE": true, "TIME": true, "TIMESTAMP": true, "TIMESTAMP_NTZ": true,
	"TIMESTAMPTZ": true, "DATETIME": true, "UUID": true,
}

func (p *exprParser) extract() (expr, error) {
	part, err := p.datePart()
	if err != nil {
		return nil, err
	}
	if err = p.expectWord("FROM"); err != nil {
		return nil, err
	}
	x, err := p.expression(precOr)
	if err != nil {
		return nil, err
	}
	return &extractExpr{part, x}, p.expectSymbol(")")
}

// datePart parses a unit of time, as a word or a string.
func (p *exprParser) datePart() (string, error) {
	t := p.next()
	part := strings.ToLower(t.text)
	if (t.kind != tokName && t.kind != tokString) || !dateParts[part] {
		return "", syntaxf(t.pos, "expected a part of a date such as month, found %s", describe(t))
	}
	return part, nil
}

var dateParts = map[string]bool{
	"year": true, "quarter": true, "month": true, "week": true, "day": true, "hour": true,
	"minute": true, "second": true, "millisecond": true, "dayofweek": true, "dayofyear": true,
	"dow": true, "isodow": true, "doy": true, "isoyear": true, "epoch": true,
}

func (p *exprParser) position() (expr, error) {
	needle, err := p.expression(precConcat)
	if err != nil {
		return nil, err
	}
	if err = p.expectWord("IN"); err != nil {
		return nil, err
	}
	text, err := p.expression(precOr)
	if err != nil {
		return nil, err
	}
	return &callExpr{name: "strpos", args: []expr{text, needle}}, p.expectSymbol(")")
}

// substring accepts both the comma and the FROM … FOR form.
func (p *exprParser) substring() (expr, error) {
	x, err := p.expression(precOr)
	if err != nil {
		return nil, err
	}
	c := &callExpr{name: "substring", args: []expr{x}}
	for _, word := range []string{"FROM", "FOR"} {
		if !p.acceptSymbol(",") && !p.acceptWord(word) {
			break
		}
		if x, err = p.expression(precOr); err != nil {
			return nil, err
		}
		c.args = append(c.args, x)
	}
	return c, p.expectSymbol(")")
}

// dateMath parses DATEADD(day, 7, d) and DATEDIFF(day, a, b).
func (p *exprParser) dateMath(name string) (expr, error) {
	pos := p.peek().pos
	part, err := p.datePart()
	if err != nil {
		return nil, err
	}
	if err = p.expectSymbol(","); err != nil {
		return nil, err
	}
	args, err := p.list()
	if err != nil {
		return nil, err
	}
	if len(args) != 2 {
		return nil, syntaxf(pos, "%s takes a unit and two values", strings.ToUpper(name))
	}
	return &callExpr{name: name, args: append([]expr{textLit{part}}, args...), pos: pos}, nil
}
