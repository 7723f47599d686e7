package think

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// maxSamples is how many values of a column the model is told.
const maxSamples = 6

// describeTables writes each table once, in the catalogue's order: what it is, and its
// columns with their types, meanings and some of their values.
func describeTables(a *Analyst) []tableText {
	var out []tableText
	datasets, joined := bySource(a.Model), joinedColumns(a.Model)
	for _, t := range shownTables(a) {
		d := datasets[foldName(t.Name)]
		var s strings.Builder
		if source, own := a.memberOf(t.Name); source != "" {
			fmt.Fprintf(&s, "### %s (source %s)", own, source)
		} else {
			fmt.Fprintf(&s, "### %s", t.Name)
		}
		if d != nil {
			writeMeaning(&s, d.Label, d.Description, d.Synonyms)
		} else if t.Comment != "" {
			fmt.Fprintf(&s, " — %s", oneLine(t.Comment))
		}
		fmt.Fprintf(&s, " (%d rows", t.Rows)
		if len(t.PrimaryKey) > 0 {
			fmt.Fprintf(&s, "; key %s", strings.Join(t.PrimaryKey, ", "))
		}
		s.WriteString(")\n")
		if d != nil && d.Filter != "" {
			fmt.Fprintf(&s, "Metric queries count only rows where %s; SQL should too unless asked otherwise.\n", d.Filter)
		}
		for _, c := range t.Columns {
			f := fieldOf(d, c.Name)
			if hides(a, f) && !joined[column{d.Name, c.Name}] {
				continue // a key is needed to join
			}
			writeColumn(&s, c, f)
		}
		s.WriteString("\n")
		out = append(out, tableText{t.Name, s.String()})
	}
	return out
}

// hides reports whether what a column holds is told to no model: personal data and the like.
func hides(a *Analyst, f *semantic.Field) bool { return f != nil && f.Hidden && !standsIn(a, f) }

type column struct{ dataset, name string }

// joinedColumns are the columns that are a part of a relationship.
func joinedColumns(m *semantic.Model) map[column]bool {
	out := map[column]bool{}
	for _, r := range m.Relationships {
		for _, c := range r.FromColumns {
			out[column{r.From, c}] = true
		}
		for _, c := range r.ToColumns {
			out[column{r.To, c}] = true
		}
	}
	return out
}

func writeColumn(s *strings.Builder, c *connectors.ColumnInfo, f *semantic.Field) {
	fmt.Fprintf(s, "- %s %s", c.Name, c.Type)
	switch {
	case f != nil:
		writeMeaning(s, f.Label, f.Description, f.Synonyms)
	case c.Comment != "" || c.Original != "":
		fmt.Fprintf(s, " — %s", oneLine(strings.TrimSpace(c.Original+" "+c.Comment)))
	}
	if p := c.Profile; p != nil {
		writeProfile(s, c, f, p)
	}
	s.WriteString("\n")
}

// writeProfile writes what values a column has. This is the most trusted text that a
// model gets, so values that are no names (what people typed, addresses) stay out of it.
func writeProfile(s *strings.Builder, c *connectors.ColumnInfo, f *semantic.Field, p *connectors.Profile) {
	if p.Unit != "" {
		fmt.Fprintf(s, " in %s", p.Unit)
	}
	switch {
	case f != nil && f.Kind == semantic.FreeText:
		s.WriteString("; free text")
	case len(p.Values) > 0:
		if values := sampleNames(p.Values); len(values) > 0 {
			fmt.Fprintf(s, "; %d values such as %s", p.Distinct, strings.Join(values, ", "))
		}
	case p.Min != nil && p.Max != nil && c.Kind != connectors.KindText:
		fmt.Fprintf(s, "; %s … %s", plainCell(p.Min), plainCell(p.Max))
	}
	if p.NullShare >= 0.01 {
		fmt.Fprintf(s, "; %.0f%% null", 100*p.NullShare)
	}
}

func sampleNames(values []connectors.ValueCount) []string {
	var out []string
	for _, v := range values {
		if len(out) == maxSamples {
			break
		}
		if isName(v.Value) {
			out = append(out, fmt.Sprintf("%q", v.Value))
		}
	}
	return out
}

// isName reports whether a text is short enough and plain enough to be what something
// is called.
func isName(s string) bool {
	return utf8.RuneCountInString(s) <= 32 && len(strings.Fields(s)) <= 5 && line(s, 40) == s && inert(s) == s
}

func plainCell(v any) string {
	if t, ok := v.(time.Time); ok {
		return t.Format(dateLayout)
	}
	return clip(fmt.Sprint(v), 40)
}

// writeMeaning writes what people call something and what it is.
func writeMeaning(s *strings.Builder, l semantic.Label, description string, synonyms []string) {
	names := dedupe(nonEmpty(append([]string{l.Ko, l.En}, synonyms...)))
	if len(names) > 6 {
		names = names[:6]
	}
	if len(names) > 0 {
		fmt.Fprintf(s, " — %s", strings.Join(names, " / "))
	}
	if description != "" {
		fmt.Fprintf(s, ": %s", oneLine(description))
	}
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func oneLine(s string) string { return clip(strings.Join(strings.Fields(s), " "), 240) }

// describeMetrics writes the metrics that queries may name.
func describeMetrics(a *Analyst) string {
	var s strings.Builder
	for _, x := range a.Model.Metrics {
		if x.Hidden || !computable(a, x) {
			continue
		}
		fmt.Fprintf(&s, "- %s", x.Name)
		writeMeaning(&s, x.Label, x.Description, x.Synonyms)
		if e := expression(x.Expression); e != "" {
			fmt.Fprintf(&s, " = %s", oneLine(e))
		}
		if x.Time != "" {
			fmt.Fprintf(&s, ", by %s", x.Time)
		}
		if x.Format != "" {
			fmt.Fprintf(&s, " [%s]", x.Format)
		}
		s.WriteString("\n")
	}
	return s.String()
}

// computable reports whether a metric reads only the analyst's tables.
func computable(a *Analyst, x *semantic.Metric) bool {
	if a.Tables == nil {
		return true
	}
	compiled, err := a.Model.Compile(semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}}, semantic.CompileOptions{Dialect: semantic.DialectOf(a.Catalog.Dialect)})
	return err == nil && !slices.ContainsFunc(compiled.Tables, func(t string) bool { return !slices.Contains(a.Tables, t) })
}

// describeFields writes the fields of metric queries, by dataset.
func describeFields(a *Analyst) string {
	var s strings.Builder
	for _, d := range a.Model.Datasets {
		if d.Hidden || a.Tables != nil && !slices.Contains(a.Tables, d.Source) {
			continue
		}
		var fields []string
		for _, f := range d.Fields {
			if !f.Hidden && f.Kind != semantic.FreeText {
				fields = append(fields, fmt.Sprintf("%s.%s (%s)", d.Name, f.Name, or(f.Label.Ko, f.Name)))
			}
		}
		if len(fields) > 0 {
			fmt.Fprintf(&s, "- %s\n", strings.Join(fields, ", "))
		}
	}
	return s.String()
}

func describeRelationships(a *Analyst) string {
	var s strings.Builder
	called := func(dataset string) string { // a model over several calls datasets otherwise than sources their tables
		if d := a.Model.Dataset(dataset); d != nil && a.several() {
			return d.Table()
		}
		return dataset
	}
	for _, r := range a.Model.Relationships {
		fmt.Fprintf(&s, "%s(%s) → %s(%s): many to one\n", called(r.From), strings.Join(r.FromColumns, ", "), called(r.To), strings.Join(r.ToColumns, ", "))
	}
	writeSame(&s, a, called)
	if s.Len() == 0 {
		return ""
	}
	return "### Joins\n" + s.String()
}

// standsIn reports whether a field is hidden only because another source's, which is not,
// holds the same thing: metric queries name that one, statements each their own.
func standsIn(a *Analyst, f *semantic.Field) bool {
	return a.several() && slices.ContainsFunc(f.SameAs, func(ref string) bool {
		d, same := a.Model.Field(ref)
		return same != nil && !d.Hidden && !same.Hidden
	})
}

// writeSame writes which columns of different sources hold the same thing.
func writeSame(s *strings.Builder, a *Analyst, called func(dataset string) string) {
	if !a.several() {
		return
	}
	for _, d := range a.Model.Datasets {
		for _, f := range d.Fields {
			for _, ref := range f.SameAs {
				other, same := a.Model.Field(ref)
				if same != nil && !d.Hidden && !other.Hidden && !same.Hidden {
					fmt.Fprintf(s, "%s(%s) = %s(%s): the same thing\n", called(d.Name), strings.Trim(expression(f.Expression), `"`), called(other.Name), strings.Trim(expression(same.Expression), `"`))
				}
			}
		}
	}
}

func expression(byDialect map[string]string) string {
	if e := byDialect["ANSI_SQL"]; e != "" {
		return e
	}
	for _, dialect := range slices.Sorted(maps.Keys(byDialect)) { // the briefing's bytes must not change
		return byDialect[dialect]
	}
	return ""
}

// bySource are the datasets by the folded names of their tables.
func bySource(m *semantic.Model) map[string]*semantic.Dataset {
	out := make(map[string]*semantic.Dataset, len(m.Datasets))
	for _, d := range m.Datasets {
		name := strings.Trim(d.Source, `"`)
		if d.Database != "" {
			name = d.Table()
		}
		if name = foldName(name); out[name] == nil {
			out[name] = d
		}
	}
	return out
}

// foldName is equal for what strings.EqualFold calls equal.
func foldName(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// fieldOf is the field that a column is; of several one that is not hidden.
func fieldOf(d *semantic.Dataset, column string) *semantic.Field {
	if d == nil {
		return nil
	}
	var hidden *semantic.Field
	for _, f := range d.Fields {
		switch {
		case !strings.EqualFold(strings.Trim(expression(f.Expression), `"`), column):
		case !f.Hidden:
			return f
		case hidden == nil:
			hidden = f
		}
	}
	return hidden
}

// synonymGroups are the words of the model that mean the same.
func synonymGroups(m *semantic.Model) [][]string {
	var out [][]string
	for _, x := range m.Metrics {
		out = append(out, append([]string{x.Label.Ko, x.Label.En, x.Name}, x.Synonyms...))
	}
	for _, d := range m.Datasets {
		out = append(out, append([]string{d.Label.Ko, d.Label.En, d.Name}, d.Synonyms...))
		for _, f := range d.Fields {
			out = append(out, append([]string{f.Label.Ko, f.Label.En}, f.Synonyms...))
		}
	}
	return out
}

func dialectName(dialect string) string {
	switch dialect {
	case "duckdb":
		return "DuckDB"
	case "postgres":
		return "PostgreSQL"
	case "mysql":
		return "MySQL"
	case "sqlite":
		return "SQLite"
	}
	return dialect
}
