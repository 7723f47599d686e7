package drift

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// touched is what a change hits of an analyst.
type touched struct {
	hits     []Hit
	verified []string
	relied   bool // on what changed, in whatever way
}

// touch finds what of a model a change is about: the fields on a column and the metrics made of
// them, and the verified questions whose statements name it. Before is the model that was made
// of what changed, and after the one that is; a written one is the same, and still has what
// cannot be computed.
func touch(c connectors.Change, before, after *semantic.Model, l *Look) (out touched) {
	var refs []string
	for _, d := range before.Datasets {
		if !l.reads(d, c.Table) {
			continue
		}
		if c.Column == "" {
			out.relied = true
			refs = append(refs, d.Name+".*")
		}
		for _, f := range d.Fields {
			if c.Column != "" && !standsOn(f, c.Column) {
				continue
			}
			ref := d.Name + "." + f.Name
			refs, out.relied = append(refs, ref), true
			if !f.Hidden && !d.Hidden {
				out.hits = append(out.hits, Hit{Ref: ref, Label: f.Label, Names: names(f.Label, f.Name, f.Synonyms), Lost: l.fieldLost(c, ref, before, after)})
			}
		}
		out.relied = out.relied || keyed(before, d, c.Column)
	}
	for _, m := range before.Metrics {
		uses := slices.ContainsFunc(refs, func(ref string) bool {
			return m.Time == ref || slices.ContainsFunc(expressions(m.Expression), func(e string) bool { return mentions(e, ref) })
		})
		if uses && !m.Hidden {
			out.hits = append(out.hits, Hit{Ref: m.Name, Label: m.Label, Names: names(m.Label, m.Name, m.Synonyms), Metric: true, Lost: metricLost(c, m, refs, before, after)})
		}
	}
	for _, v := range l.Verified {
		if v.asks(c.Table) && mentions(v.SQL, lastPart(c.Table)) && (c.Column == "" || mentions(v.SQL, c.Column)) && !slices.Contains(out.verified, v.Question) {
			out.verified, out.relied = append(out.verified, v.Question), true
		}
	}
	return out
}

// asks reports whether a statement is for the source of a table.
func (v *Verified) asks(table string) bool {
	return v.Source == "" || strings.HasPrefix(table, v.Source+".")
}

// reads reports whether a dataset is made of a table.
func (l *Look) reads(d *semantic.Dataset, name string) bool {
	if len(l.Sources) > 0 && !strings.HasPrefix(name, d.Database+".") {
		return false
	}
	return d.Table() == name || strings.ContainsAny(d.Source, " \n") && mentions(d.Source, lastPart(name))
}

// keyed reports whether a dataset is told apart, or joined, by a column.
func keyed(m *semantic.Model, d *semantic.Dataset, column string) bool {
	if slices.Contains(d.PrimaryKey, column) {
		return true
	}
	return slices.ContainsFunc(m.Relationships, func(r *semantic.Relationship) bool {
		return r.From == d.Name && slices.Contains(r.FromColumns, column) || r.To == d.Name && slices.Contains(r.ToColumns, column)
	})
}

// standsOn reports whether a field is computed of a column.
func standsOn(f *semantic.Field, column string) bool {
	return slices.ContainsFunc(expressions(f.Expression), func(e string) bool { return mentions(e, column) })
}

func expressions(by map[string]string) []string {
	out := make([]string, 0, len(by))
	for _, e := range by {
		out = append(out, e)
	}
	return out
}

// fieldLost reports whether nobody can ask by a field any more. Another table's may have its
// name now.
func (l *Look) fieldLost(c connectors.Change, ref string, before, after *semantic.Model) bool {
	if before != after {
		d, f := after.Field(ref)
		return f == nil || !l.reads(d, c.Table)
	}
	return c.What != connectors.TypeChanged || temporal(c.Was) && !temporal(c.Is)
}

// metricLost reports whether a metric cannot be computed any more. Rows can be counted by
// whatever they hold.
func metricLost(c connectors.Change, m *semantic.Metric, refs []string, before, after *semantic.Model) bool {
	switch {
	case before != after:
		return after.Metric(m.Name) == nil
	case c.What != connectors.TypeChanged:
		return true
	case slices.Contains(refs, m.Time) && temporal(c.Was) && !temporal(c.Is):
		return true
	}
	return numeric(c.Was) && !numeric(c.Is) && slices.ContainsFunc(refs, func(ref string) bool {
		return slices.ContainsFunc(expressions(m.Expression), func(e string) bool { return mentions(counted.ReplaceAllString(e, "1"), ref) })
	})
}

// counted is a count of one field.
var counted = regexp.MustCompile(`(?i)count\s*\(\s*(distinct\s+)?[^()]*\)`)

func temporal(k connectors.Kind) bool {
	return k == connectors.KindDate || k == connectors.KindTimestamp
}

func numeric(k connectors.Kind) bool {
	return k == connectors.KindInteger || k == connectors.KindNumber
}

// mentions reports whether an expression names something, quoted or not, in letters of any
// size. A name of one part may have others before and behind it.
func mentions(expr, name string) bool {
	if name == "" {
		return false
	}
	expr, name = unquoted(expr), strings.ToLower(name)
	parts := func(b byte) bool { return inName(b) || b == '.' && strings.Contains(name, ".") }
	for at := 0; ; {
		n := strings.Index(expr[at:], name)
		if n < 0 {
			return false
		}
		from, to := at+n, at+n+len(name)
		if (from == 0 || !parts(expr[from-1])) && (to == len(expr) || !parts(expr[to])) {
			return true
		}
		at = to
	}
}

func unquoted(expr string) string {
	return strings.ToLower(strings.NewReplacer(`"`, "", "`", "").Replace(expr))
}

func inName(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= 0x80
}

// lastPart is a table's own name, without its schema.
func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// names are what something is called.
func names(label semantic.Label, name string, synonyms []string) (out []string) {
	for _, n := range append([]string{label.Ko, label.En, name}, synonyms...) {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// tablesOf are the names of a catalogue's tables that an analyst may rely on, in its order.
func tablesOf(c *connectors.Catalog, m *semantic.Model, verified []Verified) (out []string) {
	type word struct{ source, text string } // of what is written for one of several sources
	direct, words := map[string]bool{}, map[word]bool{}
	read := func(source, query string) {
		for _, w := range strings.FieldsFunc(unquoted(query), func(r rune) bool { return r < 0x80 && !inName(byte(r)) }) {
			words[word{source, w}] = true
		}
	}
	for _, d := range m.Datasets {
		direct[d.Table()] = true
		if strings.ContainsAny(d.Source, " \n") {
			read(d.Database, d.Source)
		}
	}
	for _, v := range verified {
		read(v.Source, v.SQL)
	}
	for _, t := range c.Tables {
		source, _, _ := strings.Cut(t.Name, ".")
		own := strings.ToLower(lastPart(t.Name))
		if named := direct[t.Name] || words[word{"", own}] || words[word{source, own}]; named && len(out) < maxTables {
			out = append(out, t.Name)
		}
	}
	return out
}
