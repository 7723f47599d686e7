package semantic

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Write writes models as Ossie YAML of version [Version]. Equal models make equal
// bytes, and Read gives the models back.
func Write(models ...*Model) ([]byte, error) {
	w := &writer{}
	w.line(0, "version: "+Version)
	var document Context
	for _, m := range models {
		if !m.Document.empty() {
			document = m.Document
			break
		}
	}
	w.context(0, document, nil)
	w.line(0, "semantic_model:")
	for _, m := range models {
		w.model(m)
	}
	if w.err != nil {
		return nil, w.err
	}
	return []byte(w.b.String()), nil
}

type writer struct {
	b   strings.Builder
	err error
	// dash is set when the next line begins an item of a list.
	dash bool
}

func (w *writer) line(depth int, text string) {
	pad := strings.Repeat("  ", depth)
	if w.dash {
		// The dash stands in the indentation of the item's other lines.
		pad = pad[:len(pad)-2] + "- "
		w.dash = false
	}
	w.b.WriteString(pad + text + "\n")
}

// key writes a text under a key; nothing for an empty text.
func (w *writer) key(depth int, key, value string) {
	if value == "" {
		return
	}
	if strings.ContainsRune(value, 0) || !utf8.ValidString(value) {
		w.err = fmt.Errorf("write model: %s holds text that YAML cannot: %q", key, value)
	}
	if block, ok := blockText(value, depth+1); ok {
		w.line(depth, key+": "+block)
		return
	}
	w.line(depth, key+": "+scalar(value))
}

// must writes a text that the format requires.
func (w *writer) must(depth int, key, value string) {
	if value == "" {
		w.line(depth, key+`: ""`)
		return
	}
	w.key(depth, key, value)
}

func (w *writer) list(depth int, key string, values []string) {
	if len(values) == 0 {
		return
	}
	w.line(depth, key+": "+flow(values))
}

func flow(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = scalar(v)
		if strings.ContainsAny(v, ",[]{}") && out[i] == v {
			out[i] = quoteJSON(v)
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// scalar writes a text on one line: bare where nothing in it could be taken for
// something else.
func scalar(s string) string {
	switch {
	case isBare(s):
		return s
	case isPrintable(s) && strings.Contains(s, `"`):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return quoteJSON(s)
}

func quoteJSON(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// Text that is no UTF-8 was refused before; nothing else can fail.
	_ = enc.Encode(s)
	return strings.TrimSuffix(b.String(), "\n")
}

func isPrintable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return s != "" && strings.TrimSpace(s) == s
}

// isBare reports whether YAML reads s, unquoted, as the same text.
func isBare(s string) bool {
	if !isPrintable(s) || strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":") {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsLetter(first) && first != '_' {
		return false
	}
	if strings.ContainsAny(s, "\"\\`{}[]&*!|%@#") {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
		return false
	}
	return true
}

// blockText writes text of several lines as a literal block, where that is the same
// text.
func blockText(s string, depth int) (string, bool) {
	lines := strings.Split(s, "\n")
	mark := "|-"
	if strings.HasSuffix(s, "\n") {
		mark, lines = "|", lines[:len(lines)-1]
	}
	if len(lines) < 2 {
		return "", false
	}
	for i, l := range lines {
		if l != "" && !isPrintable(strings.TrimLeft(l, " ")) || l == "" && (i == 0 || i == len(lines)-1) || i == 0 && strings.HasPrefix(l, " ") {
			return "", false
		}
	}
	pad := "\n" + strings.Repeat("  ", depth)
	var b strings.Builder
	b.WriteString(mark)
	for _, l := range lines {
		if l == "" {
			b.WriteString("\n")
			continue
		}
		b.WriteString(pad + l)
	}
	return b.String(), true
}

func (w *writer) model(m *Model) {
	w.dash = true
	w.must(2, "name", m.Name)
	w.key(2, "description", m.Description)
	ctx := m.Context
	ctx.Instructions, ctx.Examples = m.Instructions, m.Examples
	w.context(2, ctx, m.Synonyms)
	w.line(2, "datasets:")
	for _, d := range m.Datasets {
		w.dataset(d)
	}
	if len(m.Relationships) > 0 {
		w.line(2, "relationships:")
	}
	for _, r := range m.Relationships {
		w.relationship(r)
	}
	if len(m.Metrics) > 0 {
		w.line(2, "metrics:")
	}
	for _, x := range m.Metrics {
		w.metric(x)
	}
	w.extensions(2, m.Extensions, modelExtension{m.Timezone, m.WeekStart, m.FiscalYearStart})
}

func (w *writer) dataset(d *Dataset) {
	w.dash = true
	w.must(4, "name", d.Name)
	w.must(4, "source", d.Source)
	w.list(4, "primary_key", d.PrimaryKey)
	if len(d.UniqueKeys) > 0 {
		w.line(4, "unique_keys:")
		for _, k := range d.UniqueKeys {
			w.line(5, "- "+flow(k))
		}
	}
	w.key(4, "description", d.Description)
	w.context(4, d.Context, d.Synonyms)
	if len(d.Fields) > 0 {
		w.line(4, "fields:")
	}
	for _, f := range d.Fields {
		w.field(f)
	}
	w.extensions(4, d.Extensions, datasetExtension{d.Label, d.Filter, d.Hidden, d.Database})
}

func (w *writer) field(f *Field) {
	w.dash = true
	w.must(6, "name", f.Name)
	w.expression(6, f.Expression)
	if f.IsTime || f.Dimension || temporalType(f.Datatype) {
		w.line(6, "dimension:")
		w.line(7, "is_time: "+strconv.FormatBool(f.IsTime))
	}
	w.key(6, "label", f.Category)
	w.key(6, "description", f.Description)
	w.key(6, "datatype", f.Datatype)
	w.context(6, f.Context, f.Synonyms)
	w.extensions(6, f.Extensions, fieldExtension{f.Label, f.Kind, f.Format, f.Values, f.Ordered, f.Totals, f.Hidden, f.IsName, f.SameAs})
}

func (w *writer) relationship(r *Relationship) {
	w.dash = true
	w.must(4, "name", r.Name)
	w.must(4, "from", r.From)
	w.must(4, "to", r.To)
	w.line(4, "from_columns: "+flow(r.FromColumns))
	w.line(4, "to_columns: "+flow(r.ToColumns))
	w.context(4, r.Context, r.Synonyms)
	w.extensions(4, r.Extensions, struct{}{})
}

func (w *writer) metric(x *Metric) {
	w.dash = true
	w.must(4, "name", x.Name)
	w.expression(4, x.Expression)
	w.key(4, "description", x.Description)
	w.key(4, "datatype", x.Datatype)
	w.context(4, x.Context, x.Synonyms)
	w.extensions(4, x.Extensions, metricExtension{x.Label, x.Descriptions, x.Format, x.Time, x.LowerIsBetter, x.Default, x.Hidden})
}

func (w *writer) expression(depth int, by map[string]string) {
	w.line(depth, "expression:")
	w.line(depth+1, "dialects:")
	for _, dialect := range slices.Sorted(maps.Keys(by)) {
		w.dash = true
		w.must(depth+3, "dialect", dialect)
		w.must(depth+3, "expression", by[dialect])
	}
}

func (c Context) empty() bool {
	return c.Text == "" && c.Instructions == "" && len(c.Examples) == 0 && len(c.More) == 0
}

func (w *writer) context(depth int, c Context, synonyms []string) {
	if c.empty() && len(synonyms) == 0 {
		return
	}
	if c.Text != "" && c.Instructions == "" && len(c.Examples) == 0 && len(c.More) == 0 && len(synonyms) == 0 {
		w.key(depth, "ai_context", c.Text)
		return
	}
	if c.Text != "" && c.Instructions == "" {
		// A text and synonyms do not go together in the format.
		c.Instructions = c.Text
	}
	w.line(depth, "ai_context:")
	w.key(depth+1, "instructions", c.Instructions)
	w.list(depth+1, "synonyms", synonyms)
	if len(c.Examples) > 0 {
		w.line(depth+1, "examples:")
		for _, e := range c.Examples {
			w.line(depth+2, "- "+scalar(e))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.More)) {
		data, err := json.Marshal(c.More[key])
		if err != nil {
			w.err = fmt.Errorf("write model: ai_context %s: %w", key, err)
		}
		// JSON is YAML on one line.
		w.line(depth+1, quoteJSON(key)+": "+string(data))
	}
}

func (w *writer) extensions(depth int, others []Extension, ours any) {
	data, err := encodeExtension(ours)
	if err != nil {
		w.err = err
	}
	if data != "" {
		others = append([]Extension{{Vendor, data}}, others...)
	}
	if len(others) == 0 {
		return
	}
	w.line(depth, "custom_extensions:")
	for _, e := range others {
		w.dash = true
		w.must(depth+2, "vendor_name", e.Vendor)
		w.must(depth+2, "data", e.Data)
	}
}
