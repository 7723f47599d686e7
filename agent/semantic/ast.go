package semantic

// expr is a node of an expression: a field's, a metric's or a dataset filter's.
type expr interface{ isExpr() }

type (
	// literal is text that means the same wherever it stands: a number, TRUE, NULL.
	literal struct{ text string }
	// textLit is a string, unescaped.
	textLit struct{ value string }
	// typedLit is DATE '2026-01-01' and the like.
	typedLit struct{ typ, value string }
	// nameRef is a column or a field, of one or two parts; star is set for "orders.*".
	nameRef struct {
		parts []string
		star  bool
		pos   int
		kind  Kind // of the column's values, "" where the model does not say
	}
	// rawSQL is text rendered already.
	rawSQL struct {
		text string
		prec int
	}
	// partRef stands for the i-th aggregate of a compilation.
	partRef struct{ agg *aggregate }

	callExpr struct {
		name     string // lower case
		distinct bool
		star     bool // COUNT(*)
		args     []expr
		filter   expr // FILTER (WHERE …)
		within   expr // WITHIN GROUP (ORDER BY …)
		desc     bool // of within
		pos      int
	}
	binaryExpr struct {
		op   string
		l, r expr
	}
	unaryExpr struct {
		op string
		x  expr
	}
	isExprNode struct {
		x    expr
		not  bool
		what string // NULL, TRUE, FALSE, or DISTINCT FROM with y
		y    expr
	}
	inExpr struct {
		x    expr
		not  bool
		list []expr
	}
	betweenExpr struct {
		x, lo, hi expr
		not       bool
	}
	likeExpr struct {
		x, pattern, escape expr
		op                 string // LIKE or ILIKE
		not                bool
	}
	whenThen struct{ when, then expr }
	caseExpr struct {
		operand expr
		whens   []whenThen
		orElse  expr
	}
	castExpr struct {
		x   expr
		typ string
		try bool
	}
	extractExpr struct {
		part string
		x    expr
	}
	intervalExpr struct {
		value expr // a number or a string
		unit  string
	}
	zoneExpr struct{ x, zone expr } // x AT TIME ZONE zone
)

func (literal) isExpr()       {}
func (textLit) isExpr()       {}
func (typedLit) isExpr()      {}
func (*nameRef) isExpr()      {}
func (rawSQL) isExpr()        {}
func (partRef) isExpr()       {}
func (*callExpr) isExpr()     {}
func (*binaryExpr) isExpr()   {}
func (*unaryExpr) isExpr()    {}
func (*isExprNode) isExpr()   {}
func (*inExpr) isExpr()       {}
func (*betweenExpr) isExpr()  {}
func (*likeExpr) isExpr()     {}
func (*caseExpr) isExpr()     {}
func (*castExpr) isExpr()     {}
func (*extractExpr) isExpr()  {}
func (*intervalExpr) isExpr() {}
func (*zoneExpr) isExpr()     {}

// transform rebuilds e, replacing every node for which f returns another one. f sees
// a node before its children; where it replaces, the children are not visited.
func transform(e expr, f func(expr) (expr, error)) (expr, error) {
	if e == nil {
		return nil, nil
	}
	out, err := f(e)
	if err != nil || out != nil {
		return out, err
	}
	t := &transformer{f: f}
	out = t.children(e)
	return out, t.err
}

type transformer struct {
	f   func(expr) (expr, error)
	err error
}

func (t *transformer) one(e expr) expr {
	if e == nil || t.err != nil {
		return e
	}
	out, err := transform(e, t.f)
	if err != nil {
		t.err = err
	}
	return out
}

func (t *transformer) all(list []expr) []expr {
	if list == nil {
		return nil
	}
	out := make([]expr, len(list))
	for i, e := range list {
		out[i] = t.one(e)
	}
	return out
}

func (t *transformer) children(e expr) expr {
	switch n := e.(type) {
	case *callExpr:
		c := *n
		c.args, c.filter, c.within = t.all(n.args), t.one(n.filter), t.one(n.within)
		return &c
	case *binaryExpr:
		return &binaryExpr{n.op, t.one(n.l), t.one(n.r)}
	case *unaryExpr:
		return &unaryExpr{n.op, t.one(n.x)}
	case *isExprNode:
		return &isExprNode{t.one(n.x), n.not, n.what, t.one(n.y)}
	case *inExpr:
		return &inExpr{t.one(n.x), n.not, t.all(n.list)}
	case *betweenExpr:
		return &betweenExpr{t.one(n.x), t.one(n.lo), t.one(n.hi), n.not}
	case *likeExpr:
		return &likeExpr{t.one(n.x), t.one(n.pattern), t.one(n.escape), n.op, n.not}
	case *caseExpr:
		c := &caseExpr{operand: t.one(n.operand), orElse: t.one(n.orElse), whens: make([]whenThen, len(n.whens))}
		for i, w := range n.whens {
			c.whens[i] = whenThen{t.one(w.when), t.one(w.then)}
		}
		return c
	case *castExpr:
		return &castExpr{t.one(n.x), n.typ, n.try}
	case *extractExpr:
		return &extractExpr{n.part, t.one(n.x)}
	case *zoneExpr:
		return &zoneExpr{t.one(n.x), t.one(n.zone)}
	}
	return e
}

// inspect calls f for every node of e; where f returns false the children are left
// out.
func inspect(e expr, f func(expr) bool) {
	_, _ = transform(e, func(n expr) (expr, error) {
		if !f(n) {
			return n, nil
		}
		return nil, nil
	})
}

// aggregateNames are the functions that make one value of many rows.
var aggregateNames = map[string]bool{
	"sum": true, "count": true, "avg": true, "mean": true, "min": true, "max": true,
	"stddev": true, "stddev_pop": true, "stddev_samp": true,
	"variance": true, "var_pop": true, "var_samp": true,
	"median": true, "percentile_cont": true, "percentile_disc": true,
	"quantile_cont": true, "quantile_disc": true, "quantile": true,
	"approx_count_distinct": true, "approx_percentile": true, "approx_quantile": true,
	"count_if": true, "countif": true, "any_value": true, "mode": true, "product": true,
	"bool_and": true, "bool_or": true, "corr": true, "covar_pop": true, "covar_samp": true,
	"arg_min": true, "arg_max": true, "skewness": true, "kurtosis": true, "mad": true,
}

func isAggregate(e expr) bool {
	c, ok := e.(*callExpr)
	return ok && aggregateNames[c.name]
}
