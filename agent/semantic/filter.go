package semantic

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition restricts the rows of a pass by one field.
type condition struct {
	filter Filter // what it was resolved from; of no field for what a metric's own time is restricted to
	name   string // the field, "dataset.field"
	ds     *Dataset
	x      expr
	negate bool
	// test writes the condition for the field, written x; positive even when negate
	// is set. It binds at least as strongly as NOT.
	test func(d *Dialect) string
	// nullTest: the test itself speaks of null, so its negation is its opposite.
	nullTest bool
}

func (f *condition) positive(d *Dialect) string { return f.test(d) }

// sql writes the condition. A negated one keeps the rows without a value.
func (f *condition) sql(d *Dialect) string {
	switch {
	case !f.negate:
		return f.test(d)
	case f.nullTest:
		return "NOT (" + f.test(d) + ")"
	}
	return "(" + d.operand(f.x, precConcat) + " IS NULL OR NOT (" + f.test(d) + "))"
}

// condition resolves a filter of the query.
func (c *compiler) condition(q Filter) (*condition, error) {
	ds, f, x, err := c.field(q.Field)
	if err != nil {
		return nil, err
	}
	cond := &condition{filter: q, name: q.Field, ds: ds, x: x, negate: q.Negate}
	switch q.Op {
	case IsNull:
		cond.nullTest = true
		cond.test = func(d *Dialect) string { return d.operand(x, precConcat) + " IS NULL" }
		return cond, nil
	case Contains:
		return cond, c.containsTest(cond, f, q)
	case In, Greater, AtLeast, Less, AtMost, Between:
	default:
		return nil, queryErrorf(CodeValue, "%q is not an operator", q.Op)
	}
	if err := checkCount(q.Field, q.Op, q.Values); err != nil {
		return nil, err
	}
	if f.temporal() {
		return cond, c.dateTest(cond, q)
	}
	return cond, c.valueTest(cond, f, q)
}

func checkCount(name string, op Op, values []any) error {
	want := map[Op]int{Greater: 1, AtLeast: 1, Less: 1, AtMost: 1, Between: 2}[op]
	switch {
	case op == In && len(values) == 0:
		return queryErrorf(CodeValue, "the filter on %s names no value", name)
	case op != In && len(values) != want:
		return queryErrorf(CodeValue, "the filter on %s: %q takes %d, not %d values", name, op, want, len(values))
	}
	return nil
}

func (c *compiler) containsTest(cond *condition, f *Field, q Filter) error {
	if len(q.Values) != 1 {
		return queryErrorf(CodeValue, "the filter on %s: %q takes one value", q.Field, q.Op)
	}
	s, ok := q.Values[0].(string)
	if !ok || s == "" {
		return queryErrorf(CodeValue, "the filter on %s: %q takes a text", q.Field, q.Op)
	}
	if err := checkText(q.Field, s); err != nil {
		return err
	}
	isText := f.Kind == Categorical || f.Kind == FreeText || f.Kind == ""
	cond.test = func(d *Dialect) string {
		if isText {
			return d.contains(d.operand(cond.x, precConcat), s)
		}
		return d.contains("CAST("+d.sql(cond.x)+" AS "+d.typeName("VARCHAR")+")", s)
	}
	return nil
}

func checkText(name, s string) error {
	if strings.ContainsRune(s, 0) {
		return queryErrorf(CodeValue, "a value for %s holds a NUL character", name)
	}
	return nil
}

// valueTest compares text, numbers and booleans.
func (c *compiler) valueTest(cond *condition, f *Field, q Filter) error {
	var values []string
	null := false
	for _, v := range q.Values {
		if v == nil && q.Op == In {
			null = true
			continue
		}
		text, err := c.value(q.Field, f.Kind, v)
		if err != nil {
			return err
		}
		values = append(values, text)
	}
	cond.nullTest = null
	texts := comparedAsTexts(f, q.Values)
	cond.test = func(d *Dialect) string {
		x := d.operand(cond.x, precConcat)
		if texts && q.Op != In && d.exact != nil {
			x = d.exact(x)
		}
		switch {
		case q.Op == Between:
			return x + " BETWEEN " + values[0] + " AND " + values[1]
		case q.Op != In:
			return x + " " + string(q.Op) + " " + values[0]
		case null && len(values) == 0:
			return x + " IS NULL"
		}
		test := d.equal(x, values, texts)
		if null {
			return "(" + test + " OR " + x + " IS NULL)"
		}
		return test
	}
	return nil
}

// comparedAsTexts reports whether the values of a filter are not compared as numbers: a word
// among the numbers of a field is none of them, which not every engine says.
func comparedAsTexts(f *Field, values []any) bool {
	if f.Kind == Numeric || !f.numbers() {
		return !f.numbers()
	}
	return f.holds() == Numeric && slices.ContainsFunc(values, func(v any) bool {
		s, ok := v.(string)
		_, err := strconv.ParseFloat(s, 64)
		return ok && err != nil
	})
}

// numbers reports whether a field is known to hold no texts.
func (f *Field) numbers() bool {
	k := f.holds()
	return k == Numeric || k == Boolean || k == Temporal
}

// value writes a literal for a field of the kind.
func (c *compiler) value(name string, kind Kind, v any) (string, error) {
	switch v := v.(type) {
	case string:
		switch kind {
		case Numeric:
			n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				return "", queryErrorf(CodeValue, "%s is a number, and %q is none", name, v)
			}
			return number(name, n)
		case Boolean:
			b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(v)))
			if err != nil {
				return "", queryErrorf(CodeValue, "%s is true or false, and %q is neither", name, v)
			}
			return c.value(name, kind, b)
		}
		return c.d.text(v), checkText(name, v)
	case bool:
		if kind == Numeric {
			return "", queryErrorf(CodeValue, "%s is a number, not true or false", name)
		}
		if c.d.loose && kind != Boolean {
			return c.d.text(strconv.FormatBool(v)), nil
		}
		return strings.ToUpper(strconv.FormatBool(v)), nil
	case int64:
		// Whole, since a float64 holds only 53 bits.
		if v < 0 {
			return c.d.quoteFor(kind, "("+strconv.FormatInt(v, 10)+")"), nil
		}
		return c.d.quoteFor(kind, strconv.FormatInt(v, 10)), nil
	}
	n, ok := toNumber(v)
	if !ok {
		return "", queryErrorf(CodeValue, "a value for %s is of type %T", name, v)
	}
	plain, err := number(name, n)
	return c.d.quoteFor(kind, plain), err
}

func toNumber(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case float32:
		return float64(n), true
	case int:
		return float64(n), true
	case int32:
		return float64(n), true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

func number(name string, n float64) (string, error) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return "", queryErrorf(CodeValue, "a value for %s is not a finite number", name)
	}
	text := strconv.FormatFloat(n, 'f', -1, 64)
	if n < 0 {
		return "(" + text + ")", nil
	}
	return text, nil
}

// dateTest compares dates. A value without a time of day means the whole day.
func (c *compiler) dateTest(cond *condition, q Filter) error {
	var spans []Period
	null := false
	for _, v := range q.Values {
		if v == nil && q.Op == In {
			null = true
			continue
		}
		s, err := span(q.Field, v)
		if err != nil {
			return err
		}
		spans = append(spans, s)
	}
	cond.nullTest = null
	cond.test = func(d *Dialect) string {
		x := d.operand(cond.x, precConcat)
		switch q.Op {
		case Greater:
			return after(d, x, spans[0])
		case AtLeast:
			return x + " >= " + d.date(spans[0].Start)
		case Less:
			return x + " < " + d.date(spans[0].Start)
		case AtMost:
			return upTo(d, x, spans[0])
		case Between:
			return x + " >= " + d.date(spans[0].Start) + " AND " + x + " < " + d.date(spans[1].Start)
		}
		terms := make([]string, 0, len(spans)+1)
		for _, s := range spans {
			terms = append(terms, within(d, x, s))
		}
		if null {
			terms = append(terms, x+" IS NULL")
		}
		if len(terms) == 1 {
			return terms[0]
		}
		return "(" + strings.Join(terms, " OR ") + ")"
	}
	return nil
}

// after writes x > the whole of s, which is an instant when its ends are equal.
func after(d *Dialect, x string, s Period) string {
	if s.Start.Equal(s.End) {
		return x + " > " + d.date(s.Start)
	}
	return x + " >= " + d.date(s.End)
}

// upTo writes x <= the whole of s.
func upTo(d *Dialect, x string, s Period) string {
	if s.Start.Equal(s.End) {
		return x + " <= " + d.date(s.Start)
	}
	return x + " < " + d.date(s.End)
}

func within(d *Dialect, x string, s Period) string {
	if s.Start.Equal(s.End) {
		return x + " = " + d.date(s.Start)
	}
	return x + " >= " + d.date(s.Start) + " AND " + x + " < " + d.date(s.End)
}

// span reads a date as its day and a time as its instant.
func span(name string, v any) (Period, error) {
	if t, ok := v.(time.Time); ok {
		v = t.Format("2006-01-02T15:04:05.999999")
		if isMidnight(t) {
			v = t.Format(time.DateOnly)
		}
	}
	s, ok := v.(string)
	if !ok {
		return Period{}, queryErrorf(CodeValue, "%s is a date, and %v is none", name, v)
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return Period{Start: t, End: t.AddDate(0, 0, 1)}, nil
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return Period{Start: t, End: t}, nil
		}
	}
	return Period{}, queryErrorf(CodeValue, "%s is a date such as 2026-01-31, and %q is none", name, s)
}

// periodCondition restricts the time field to a period; nil when both ends are open.
func (c *compiler) periodCondition(field string, p Period) (*condition, error) {
	if p.Start.IsZero() && p.End.IsZero() {
		return nil, nil
	}
	ds, f, x, err := c.field(field)
	if err != nil {
		return nil, fmt.Errorf("time field: %w", err)
	}
	if !f.temporal() {
		return nil, queryErrorf(CodeNoTime, "%s is the time of a metric but not a date", field)
	}
	return &condition{name: field, ds: ds, x: x, test: func(d *Dialect) string {
		text := d.operand(x, precConcat)
		switch {
		case p.End.IsZero():
			return text + " >= " + d.date(p.Start)
		case p.Start.IsZero():
			return text + " < " + d.date(p.End)
		}
		return text + " >= " + d.date(p.Start) + " AND " + text + " < " + d.date(p.End)
	}}, nil
}
