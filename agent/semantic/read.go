package semantic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// acceptedVersions are the versions of the core spec that Read understands.
var acceptedVersions = []string{Version, "0.2.0", "0.1.1", "0.1.0"}

// Read reads Ossie YAML. Name is that of the file, for messages.
//
// It accepts core-spec 0.2.0.dev0 and 0.1.1, under their old name OSI too. Keys that
// the spec does not have are refused, so that a misspelt one is seen; what it has and
// we do not use is kept for Write. An error is of type *ReadError and holds all
// problems found, with their places.
func Read(name string, data []byte) ([]*Model, error) {
	root, err := yamlTree(name, data)
	if err != nil {
		return nil, err
	}
	r := &reader{origin: &Origin{file: name, at: map[originKey]Position{}}}
	models := r.document(root)
	if len(r.problems) > 0 {
		sortProblems(r.problems)
		return nil, &ReadError{Problems: r.problems}
	}
	return models, nil
}

type reader struct {
	problems []Problem
	origin   *Origin
}

func (r *reader) fail(pos Position, format string, args ...any) {
	r.problems = append(r.problems, Problem{Position: pos, Severity: SeverityError, Message: fmt.Sprintf(format, args...)})
}

// object visits the entries of a mapping. Each key must be in visit; those of
// required must occur.
func (r *reader) object(n *node, what string, element any, required []string, visit map[string]func(*node)) {
	if n.kind != mapNode {
		r.fail(n.pos, "%s should be a mapping, not %s", what, n.what())
		return
	}
	if element != nil {
		r.origin.at[originKey{element, ""}] = n.pos
	}
	var seen []string
	for _, e := range n.entries {
		f, ok := visit[e.key]
		switch {
		case !ok:
			r.fail(e.pos, "%s has no key %q%s", what, e.key, suggest(e.key, visit))
			continue
		case slices.Contains(seen, e.key):
			r.fail(e.pos, "the key %q occurs twice", e.key)
			continue
		}
		seen = append(seen, e.key)
		if element != nil {
			r.origin.at[originKey{element, e.key}] = e.value.pos
		}
		f(e.value)
	}
	for _, key := range required {
		if !slices.Contains(seen, key) {
			r.fail(n.pos, "%s needs the key %q", what, key)
		}
	}
}

// suggest names the key that was probably meant, else all of them.
func suggest(key string, visit map[string]func(*node)) string {
	var all []string
	for k := range visit {
		if editDistance(strings.ToLower(key), k) <= 2 {
			return fmt.Sprintf("; did you mean %q?", k)
		}
		all = append(all, k)
	}
	slices.Sort(all)
	return "; it may have " + strings.Join(all, ", ")
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func (r *reader) text(into *string) func(*node) {
	return func(n *node) {
		if n.kind != textNode {
			r.fail(n.pos, "expected a text, not %s; write it in quotes if it is meant literally", n.what())
			return
		}
		*into = n.text
	}
}

// name is a text that may not be empty.
func (r *reader) name(into *string) func(*node) {
	return func(n *node) {
		r.text(into)(n)
		if n.kind == textNode && strings.TrimSpace(n.text) == "" {
			r.fail(n.pos, "this may not be empty")
		}
		if strings.ContainsRune(n.text, 0) {
			r.fail(n.pos, "a NUL character is not allowed")
		}
	}
}

func (r *reader) texts(into *[]string) func(*node) {
	return func(n *node) {
		r.list(n, "a list of texts", func(x *node) {
			var s string
			r.text(&s)(x)
			*into = append(*into, s)
		})
	}
}

func (r *reader) list(n *node, what string, visit func(*node)) {
	if n.kind != listNode {
		r.fail(n.pos, "expected %s, not %s", what, n.what())
		return
	}
	for _, x := range n.items {
		visit(x)
	}
}

func (r *reader) document(root *node) []*Model {
	var models []*Model
	var document Context
	var synonyms []string
	r.object(root, "the file", nil, []string{"version", "semantic_model"}, map[string]func(*node){
		"version": r.version,
		"semantic_model": func(n *node) {
			r.list(n, "a list of models", func(x *node) { models = append(models, r.model(x)) })
			if len(n.items) == 0 {
				r.fail(n.pos, "the file holds no model")
			}
		},
		"ai_context": r.context(&document, &synonyms),
		// Both only repeat what the models say.
		"dialects": r.texts(new([]string)),
		"vendors":  r.texts(new([]string)),
	})
	if len(synonyms) > 0 {
		list := make([]any, len(synonyms))
		for i, s := range synonyms {
			list[i] = s
		}
		if document.More == nil {
			document.More = map[string]any{}
		}
		document.More["synonyms"] = list
	}
	for _, m := range models {
		m.Document = document
		m.Origin = r.origin
	}
	return models
}

func (r *reader) version(n *node) {
	if !slices.Contains(acceptedVersions, n.text) {
		r.fail(n.pos, "version %s of the Ossie core spec is not known here; write %q", n.what(), Version)
	}
}

func (r *reader) model(n *node) *Model {
	m := &Model{}
	ext := modelExtension{}
	r.object(n, "a model", m, []string{"name", "datasets"}, map[string]func(*node){
		"name":        r.name(&m.Name),
		"description": r.text(&m.Description),
		"ai_context": func(n *node) {
			r.context(&m.Context, &m.Synonyms)(n)
			m.Instructions, m.Context.Instructions = m.Context.Instructions, ""
			m.Examples, m.Context.Examples = m.Context.Examples, nil
		},
		"datasets": func(n *node) {
			r.list(n, "a list of datasets", func(x *node) { m.Datasets = append(m.Datasets, r.dataset(x)) })
			if n.kind == listNode && len(n.items) == 0 {
				r.fail(n.pos, "a model needs at least one dataset")
			}
		},
		"relationships": func(n *node) {
			r.list(n, "a list of relationships", func(x *node) { m.Relationships = append(m.Relationships, r.relationship(x)) })
		},
		"metrics": func(n *node) {
			r.list(n, "a list of metrics", func(x *node) { m.Metrics = append(m.Metrics, r.metric(x)) })
		},
		"custom_extensions": r.extensions(&m.Extensions, &ext),
	})
	m.Timezone, m.WeekStart, m.FiscalYearStart = ext.Timezone, ext.WeekStart, ext.FiscalYearStart
	r.checkModelExtension(m)
	return m
}

func (r *reader) checkModelExtension(m *Model) {
	at := r.origin.At(m, "custom_extensions")
	if _, err := time.LoadLocation(m.Timezone); err != nil {
		r.fail(at, "there is no time zone %q; write one such as \"Asia/Seoul\"", m.Timezone)
	}
	if m.WeekStart != "" && m.WeekStart != "monday" && m.WeekStart != "sunday" {
		r.fail(at, "week_start is %q; write \"monday\" or \"sunday\"", m.WeekStart)
	}
	if m.FiscalYearStart < 0 || m.FiscalYearStart > 12 {
		r.fail(at, "fiscal_year_start is %d; write a month, 1 to 12", m.FiscalYearStart)
	}
}

func (r *reader) dataset(n *node) *Dataset {
	d := &Dataset{}
	ext := datasetExtension{}
	r.object(n, "a dataset", d, []string{"name", "source"}, map[string]func(*node){
		"name":        r.name(&d.Name),
		"source":      r.source(&d.Source),
		"primary_key": r.texts(&d.PrimaryKey),
		"unique_keys": func(n *node) {
			r.list(n, "a list of keys, each a list of columns", func(x *node) {
				var key []string
				r.texts(&key)(x)
				d.UniqueKeys = append(d.UniqueKeys, key)
			})
		},
		"description": r.text(&d.Description),
		"ai_context":  r.context(&d.Context, &d.Synonyms),
		"fields": func(n *node) {
			r.list(n, "a list of fields", func(x *node) { d.Fields = append(d.Fields, r.field(x)) })
		},
		"custom_extensions": r.extensions(&d.Extensions, &ext),
	})
	d.Label, d.Filter, d.Hidden, d.Database = ext.Label, ext.Filter, ext.Hidden, ext.Source
	return d
}

// source accepts a text and, from drafts of the spec, an object that says whether it
// is a table or a query.
func (r *reader) source(into *string) func(*node) {
	return func(n *node) {
		if n.kind != mapNode {
			r.name(into)(n)
			return
		}
		var kind string
		r.object(n, "a source", nil, []string{"kind", "object"}, map[string]func(*node){
			"kind": r.name(&kind),
			"object": func(n *node) {
				if n.kind == textNode {
					r.name(into)(n)
					return
				}
				by := map[string]string{}
				r.expression(nil, by)(n)
				if text, ok := pickExpression(by); ok && len(by) == 1 {
					*into = text
					return
				}
				r.fail(n.pos, "a query as source needs exactly one expression, in ANSI_SQL")
			},
		})
		if kind != "table" && kind != "query" {
			r.fail(n.pos, "the kind of a source is \"table\" or \"query\"")
		}
	}
}

func (r *reader) relationship(n *node) *Relationship {
	rel := &Relationship{}
	r.object(n, "a relationship", rel, []string{"name", "from", "to", "from_columns", "to_columns"}, map[string]func(*node){
		"name":              r.name(&rel.Name),
		"from":              r.name(&rel.From),
		"to":                r.name(&rel.To),
		"from_columns":      r.texts(&rel.FromColumns),
		"to_columns":        r.texts(&rel.ToColumns),
		"ai_context":        r.context(&rel.Context, &rel.Synonyms),
		"custom_extensions": r.extensions(&rel.Extensions, nil),
	})
	return rel
}

var datatypes = []string{"String", "Integer", "Decimal", "Float", "Boolean", "Date", "Time", "DateTime", "DateTimeTz", "Opaque"}

func (r *reader) datatype(into *string) func(*node) {
	return func(n *node) {
		r.text(into)(n)
		if n.kind == textNode && !slices.Contains(datatypes, n.text) {
			r.fail(n.pos, "%q is not a datatype; it may be %s", n.text, strings.Join(datatypes, ", "))
		}
	}
}

func (r *reader) field(n *node) *Field {
	f := &Field{Expression: map[string]string{}}
	ext := fieldExtension{}
	isTime := ""
	r.object(n, "a field", f, []string{"name", "expression"}, map[string]func(*node){
		"name":       r.name(&f.Name),
		"expression": r.expression(f, f.Expression),
		"dimension": func(n *node) {
			f.Dimension = true
			r.object(n, "dimension", nil, nil, map[string]func(*node){"is_time": func(n *node) {
				if _, ok := n.value.(bool); !ok {
					r.fail(n.pos, "is_time should be true or false, not %s", n.what())
				}
				isTime = n.text
			}})
		},
		"label":             r.text(&f.Category),
		"description":       r.text(&f.Description),
		"datatype":          r.datatype(&f.Datatype),
		"ai_context":        r.context(&f.Context, &f.Synonyms),
		"custom_extensions": r.extensions(&f.Extensions, &ext),
	})
	f.IsTime = strings.EqualFold(isTime, "true") || isTime == "" && temporalType(f.Datatype)
	f.Label, f.Kind, f.Format, f.Values = ext.Label, ext.Kind, ext.Format, ext.Values
	f.Ordered, f.Totals, f.Hidden, f.IsName, f.SameAs = ext.Ordered, ext.Totals, ext.Hidden, ext.IsName, ext.SameAs
	if !f.Kind.known() {
		r.fail(r.origin.At(f, "custom_extensions"), "the kind %q is not one of categorical, numeric, temporal, boolean, text, id", f.Kind)
	}
	return f
}

// temporalType reports whether a field of the datatype is a time unless said
// otherwise (core-spec, Dimension.is_time).
func temporalType(datatype string) bool {
	switch datatype {
	case "Date", "Time", "DateTime", "DateTimeTz":
		return true
	}
	return false
}

func (r *reader) metric(n *node) *Metric {
	x := &Metric{Expression: map[string]string{}}
	ext := metricExtension{}
	r.object(n, "a metric", x, []string{"name", "expression"}, map[string]func(*node){
		"name":              r.name(&x.Name),
		"expression":        r.expression(x, x.Expression),
		"description":       r.text(&x.Description),
		"datatype":          r.datatype(&x.Datatype),
		"ai_context":        r.context(&x.Context, &x.Synonyms),
		"custom_extensions": r.extensions(&x.Extensions, &ext),
	})
	x.Label, x.Descriptions, x.Format, x.Time = ext.Label, ext.Description, ext.Format, ext.Time
	x.LowerIsBetter, x.Default, x.Hidden = ext.LowerIsBetter, ext.Default, ext.Hidden
	return x
}

// expression reads the dialects of an expression. A plain text is taken as ANSI_SQL,
// as some tools write it.
func (r *reader) expression(element any, into map[string]string) func(*node) {
	return func(n *node) {
		if n.kind == textNode {
			into["ANSI_SQL"] = n.text
			return
		}
		r.object(n, "an expression", nil, []string{"dialects"}, map[string]func(*node){"dialects": func(n *node) {
			r.list(n, "a list of dialects", func(x *node) { r.dialect(x, element, into) })
			if n.kind == listNode && len(n.items) == 0 {
				r.fail(n.pos, "an expression needs at least one dialect")
			}
		}})
	}
}

func (r *reader) dialect(n *node, element any, into map[string]string) {
	var dialect, text string
	at := n.pos
	r.object(n, "a dialect", nil, []string{"dialect", "expression"}, map[string]func(*node){
		"dialect":    r.name(&dialect),
		"expression": func(n *node) { at = n.pos; r.name(&text)(n) },
	})
	dialect = strings.Replace(dialect, "OSI_SQL", "OSSIE_SQL", 1)
	if _, ok := into[dialect]; ok {
		r.fail(n.pos, "the dialect %s occurs twice", dialect)
	}
	into[dialect] = text
	if element != nil {
		r.origin.at[originKey{element, "expression/" + dialect}] = at
	}
}

// context reads ai_context, a text or an object.
func (r *reader) context(into *Context, synonyms *[]string) func(*node) {
	return func(n *node) {
		if n.kind == textNode {
			into.Text = n.text
			return
		}
		if n.kind != mapNode {
			r.fail(n.pos, "ai_context should be a text or a mapping, not %s", n.what())
			return
		}
		for _, e := range n.entries {
			switch e.key {
			case "instructions":
				r.text(&into.Instructions)(e.value)
			case "synonyms":
				r.texts(synonyms)(e.value)
			case "examples":
				r.texts(&into.Examples)(e.value)
			default:
				if into.More == nil {
					into.More = map[string]any{}
				}
				into.More[e.key] = e.value.plain()
			}
		}
	}
}

// extensions keeps those of other vendors and decodes ours into ext; nil means that
// we have none here.
func (r *reader) extensions(into *[]Extension, ext any) func(*node) {
	return func(n *node) {
		ours := 0
		r.list(n, "a list of extensions", func(x *node) {
			var e Extension
			at := x.pos
			r.object(x, "an extension", nil, []string{"vendor_name", "data"}, map[string]func(*node){
				"vendor_name": r.name(&e.Vendor),
				"data":        func(n *node) { at = n.pos; r.text(&e.Data)(n) },
			})
			if !strings.EqualFold(e.Vendor, Vendor) || ext == nil {
				if e.Data != "" && !json.Valid([]byte(e.Data)) {
					r.fail(at, "the data of an extension should be JSON")
				}
				*into = append(*into, e)
				return
			}
			if ours++; ours > 1 {
				r.fail(x.pos, "the extension %s occurs twice", Vendor)
				return
			}
			if err := decodeExtension(e.Data, ext); err != nil {
				r.fail(at, "the data of the extension %s: %v", Vendor, err)
			}
		})
	}
}
