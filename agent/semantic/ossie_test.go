package semantic_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	. "github.com/bapsang/bapsang/agent/semantic"
)

func ossieSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/ossie.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertContent()
	if err := c.AddResource("ossie.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("ossie.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate checks written YAML against the schema, read by another YAML decoder than
// ours.
func validate(t testing.TB, s *jsonschema.Schema, data []byte) {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(data, &value); err != nil {
		t.Fatalf("not YAML: %v\n%s", err, data)
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Fatalf("against the schema: %v\n%s", err, data)
	}
}

func docsExample(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("../../docs/semantic-model.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(data)
	if m == nil {
		t.Fatal("the page has no example")
	}
	return m[1]
}

// The example in the documentation is what Write writes, byte for byte.
func TestDocumentedExample(t *testing.T) {
	example := docsExample(t)
	models, err := Read("semantic-model.md", example)
	if err != nil {
		t.Fatal(err)
	}
	written, err := Write(models...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(example), string(written)); diff != "" {
		t.Errorf("-documented +written\n%s", diff)
	}
	validate(t, ossieSchema(t), written)
	m := models[0]
	if p := m.Check(nil); len(p) > 0 {
		t.Errorf("problems: %v", p)
	}
	if m.Metric("revenue").Time != "orders.ordered_at" || m.Dataset("orders").Filter != "NOT is_test" {
		t.Error("the extension was not read")
	}
	if pos := m.Origin.At(m.Metric("revenue"), "expression/ANSI_SQL"); pos.String() != "semantic-model.md:118:27" {
		t.Errorf("the expression of revenue is at %s", pos)
	}
}

// Other spellings of the same version and files of the old one are read as well.
func TestReadVariants(t *testing.T) {
	for _, c := range []struct{ name, yaml string }{
		{"0.1.1", "version: \"0.1.1\"\nsemantic_model:\n- name: a\n  ai_context: orders, purchases\n  datasets:\n  - {name: d, source: s.t}\n"},
		{"osi dialect", "version: 0.2.0.dev0\nsemantic_model:\n- name: a\n  datasets:\n  - name: d\n    source: t\n    fields:\n    - name: f\n      expression: {dialects: [{dialect: OSI_SQL_2026, expression: x}]}\n"},
		{"object source", "version: 0.2.0.dev0\nsemantic_model:\n- name: a\n  datasets:\n  - name: d\n    source: {kind: query, object: {dialects: [{dialect: ANSI_SQL, expression: SELECT 1 AS x}]}}\n"},
		{"lists of dialects and vendors", "version: 0.2.0.dev0\ndialects: [ANSI_SQL]\nvendors: [DBT]\nsemantic_model: [{name: a, datasets: [{name: d, source: t}]}]\n"},
		{"JSON", `{"version": "0.2.0.dev0", "semantic_model": [{"name": "a", "datasets": [{"name": "d", "source": "t"}]}]}`},
		{"anchors", "version: 0.2.0.dev0\nsemantic_model:\n- name: a\n  datasets:\n  - &d\n    name: d\n    source: t\n  - <<: *d\n    name: e\n"},
		{"byte order mark, CRLF", "\ufeffversion: 0.2.0.dev0\r\nsemantic_model:\r\n- name: a\r\n  datasets:\r\n  - name: d\r\n    source: t\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			models, err := Read("m.yaml", []byte(c.yaml))
			if err != nil {
				t.Fatal(err)
			}
			if len(models) != 1 || models[0].Name != "a" || models[0].Datasets[0].Name != "d" {
				t.Errorf("read %+v", models)
			}
			written, err := Write(models...)
			if err != nil {
				t.Fatal(err)
			}
			if c.name != "osi dialect" {
				validate(t, ossieSchema(t), written)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	head := "version: 0.2.0.dev0\nsemantic_model:\n- name: a\n  datasets:\n  - name: d\n    source: t\n"
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "", "m.yaml:1:1: the file is empty"},
		{"not YAML", "version: [\n", "m.yaml:1:10: not valid YAML"},
		{"a list", "- a\n", "m.yaml:1:1: the file should be a mapping, not a list"},
		{"version", "version: 9.9\nsemantic_model: [{name: a, datasets: [{name: d, source: t}]}]\n", "m.yaml:1:10: version 9.9 of the Ossie core spec is not known here"},
		{"misspelt key", head + "    primary_keys: [id]\n", `m.yaml:7:5: a dataset has no key "primary_keys"; did you mean "primary_key"?`},
		{"unknown key", head + "  owner: me\n", `m.yaml:7:3: a model has no key "owner"; it may have ai_context, custom_extensions`},
		{"missing key", head + "  metrics:\n  - name: m\n", `m.yaml:8:5: a metric needs the key "expression"`},
		{"number as name", head + "  - name: 2024\n    source: t\n", "m.yaml:7:11: expected a text, not 2024; write it in quotes"},
		{"is_time", head + "    fields:\n    - name: f\n      expression: x\n      dimension: {is_time: maybe}\n", "m.yaml:10:28: is_time should be true or false, not a text"},
		{"our JSON", head + "    custom_extensions:\n    - vendor_name: BAPSANG\n      data: '{\"lable\": {}}'\n", `m.yaml:9:13: the data of the extension BAPSANG: unknown field "lable"`},
		{"foreign JSON", head + "    custom_extensions:\n    - {vendor_name: DBT, data: nope}\n", "the data of an extension should be JSON"},
		{"kind", head + "    fields:\n    - name: f\n      expression: x\n      custom_extensions: [{vendor_name: BAPSANG, data: '{\"kind\": \"colour\"}'}]\n", `the kind "colour" is not one of`},
		{"time zone", head + "  custom_extensions: [{vendor_name: BAPSANG, data: '{\"timezone\": \"Asia/Soul\"}'}]\n", `there is no time zone "Asia/Soul"`},
		{"two documents", head + "---\na: b\n", "a second YAML document"},
		{"key twice", head + "    source: u\n", "m.yaml:7:5: not valid YAML"},
		{"unknown anchor", head + "    description: *x\n", "no anchor x"},
		{"datatype", head + "    fields: [{name: f, expression: x, datatype: Text}]\n", `"Text" is not a datatype`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read("m.yaml", []byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			var re *ReadError
			if !errors.As(err, &re) {
				t.Errorf("the error is a %T", err)
			}
		})
	}
}

func TestReadReportsAllProblemsInOrder(t *testing.T) {
	_, err := Read("m.yaml", []byte("version: 1\nsemantic_model:\n- nam: a\n  datasets:\n  - name: d\n    sorce: t\n"))
	var re *ReadError
	if !errors.As(err, &re) || len(re.Problems) != 5 {
		t.Fatalf("got %v", err)
	}
	for i := 1; i < len(re.Problems); i++ {
		if re.Problems[i].Line < re.Problems[i-1].Line {
			t.Errorf("problems out of order: %v", err)
		}
	}
}

// Aliases that multiply, and nesting without end, are refused quickly.
func TestReadHostileYAML(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'k'; i++ {
		bomb += string(i) + ": &" + string(i) + " [" + strings.Repeat("*"+string(i-1)+",", 9) + "*" + string(i-1) + "]\n"
	}
	for _, s := range []string{bomb, strings.Repeat("[", 300), "a: &a [*a]\n", strings.Repeat("a: {", 200), "\x00", "a: \xff\xfe"} {
		if _, err := Read("m.yaml", []byte(s)); err == nil {
			t.Errorf("accepted %.40q", s)
		}
	}
}

// randomText makes texts that YAML writers get wrong.
func randomText(r *rand.Rand) string {
	pieces := []string{"a", "매출", " ", ": ", "#", " #x", "\n", "\t", "'", `"`, "\\", "{", "}", "[", "]", ",", "-", "- ", "true", "null", "~", "1", "2026-01-01", "|", ">", "&a", "*a", "%", "@", "`", "!", "?", "日", "\u00a0", "\r", "é", "😀", "<", ":", "\u2028", "\x7f"}
	var b strings.Builder
	for range 1 + r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func randomModel(r *rand.Rand) *Model {
	text := func() string { return randomText(r) }
	name := func() string { return "n" + randomText(r) }
	maybe := func() string {
		if r.IntN(2) == 0 {
			return ""
		}
		return text()
	}
	texts := func() []string {
		var out []string
		for range r.IntN(3) {
			out = append(out, text())
		}
		return out
	}
	context := func() (Context, []string) {
		switch r.IntN(4) {
		case 0:
			return Context{Text: text()}, nil
		case 1:
			return Context{Instructions: maybe(), Examples: texts(), More: map[string]any{name(): []any{text(), 1.5, true, nil, map[string]any{"x": text()}}}}, texts()
		}
		return Context{}, texts()
	}
	extensions := func() []Extension {
		if r.IntN(3) > 0 {
			return nil
		}
		data, _ := json.Marshal(map[string]string{text(): text()})
		return []Extension{{Vendor: name(), Data: string(data)}}
	}
	label := func() Label { return Label{Ko: maybe(), En: maybe()} }
	dialects := func() map[string]string { return map[string]string{"ANSI_SQL": name(), "TABLEAU": name()} }
	m := &Model{Name: name(), Description: maybe(), Instructions: maybe(), Synonyms: texts(), Examples: texts(),
		Extensions: extensions(), WeekStart: "sunday", FiscalYearStart: r.IntN(13)}
	for range 1 + r.IntN(2) {
		d := &Dataset{Name: name(), Source: name(), PrimaryKey: texts(), Description: maybe(), Extensions: extensions(),
			Label: label(), Filter: maybe(), Hidden: r.IntN(2) == 0, Database: maybe()}
		d.Context, d.Synonyms = context()
		if k := texts(); k != nil {
			d.UniqueKeys = [][]string{k}
		}
		for range r.IntN(3) {
			f := &Field{Name: name(), Expression: dialects(), IsTime: r.IntN(2) == 0, Label: label(), Description: maybe(), Extensions: extensions(),
				Kind: Categorical, Format: maybe(), Ordered: texts(), Totals: texts(), SameAs: texts(), IsName: true, Dimension: true, Category: maybe(),
				Values: []ValueSynonym{{Words: []string{text()}, Values: []string{text()}}}}
			f.Context, f.Synonyms = context()
			d.Fields = append(d.Fields, f)
		}
		m.Datasets = append(m.Datasets, d)
	}
	rel := &Relationship{Name: name(), From: name(), To: name(), FromColumns: []string{text()}, ToColumns: []string{text()}, Extensions: extensions()}
	rel.Context, rel.Synonyms = context()
	x := &Metric{Name: name(), Expression: dialects(), Description: maybe(), Extensions: extensions(), Datatype: "Decimal",
		Label: label(), Descriptions: label(), Format: maybe(), Time: maybe(), LowerIsBetter: true, Default: r.IntN(2) == 0}
	x.Context, x.Synonyms = context()
	m.Relationships, m.Metrics = []*Relationship{rel}, []*Metric{x}
	return m
}

func TestRoundTripLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	schema := ossieSchema(t)
	for range 200 {
		m := randomModel(r)
		data, err := Write(m)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Read("m.yaml", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff([]*Model{m}, back, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Model{}, "Origin"), cmpopts.IgnoreUnexported(Model{})); diff != "" {
			t.Fatalf("-made +read\n%s\n%s", diff, data)
		}
		again, err := Write(back...)
		if err != nil || !bytes.Equal(data, again) {
			t.Fatalf("written again differs: %v", err)
		}
		validate(t, schema, data)
	}
}

func TestDescriptionsFallBackToWhatThereIs(t *testing.T) {
	for _, test := range []struct {
		metric Metric
		ko, en string
	}{
		{Metric{}, "", ""},
		{Metric{Description: "주문의 수"}, "주문의 수", "주문의 수"},
		{Metric{Description: "주문의 수", Descriptions: Label{En: "paid orders"}}, "주문의 수", "paid orders"},
		{Metric{Description: "Orders paid.", Descriptions: Label{Ko: "결제된 주문", En: "paid orders"}}, "결제된 주문", "paid orders"},
		{Metric{Descriptions: Label{En: "paid orders"}}, "paid orders", "paid orders"},
	} {
		if ko, en := test.metric.DescriptionIn("ko"), test.metric.DescriptionIn("en"); ko != test.ko || en != test.en {
			t.Errorf("%+v: %q and %q", test.metric, ko, en)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(docsExample(f))
	f.Add([]byte("version: 0.1.1\nsemantic_model:\n- name: a\n  datasets:\n  - {name: d, source: s.t}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		models, err := Read("m.yaml", data)
		if err != nil {
			return
		}
		written, err := Write(models...)
		if err != nil {
			return
		}
		back, err := Read("m.yaml", written)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, written)
		}
		if diff := cmp.Diff(models, back, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Model{}, "Origin"), cmpopts.IgnoreUnexported(Model{})); diff != "" {
			t.Fatalf("-read +read again\n%s", diff)
		}
	})
}
