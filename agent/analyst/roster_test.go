package analyst_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/connectors"
)

func TestBuildChecksAgainstTheTables(t *testing.T) {
	t.Parallel()
	const head = "name: a\nsource: shop\n"
	for _, c := range []struct {
		name, text, model string
		want              []string
	}{
		{"sound", head + "model: model.yaml\ntables: [sales]\n", modelYAML, nil},
		{"drafted", head + "tables: [sales]\n", "", nil},
		{"no such tables", head + "tables:\n  - sales\n  - nope\n  - \"x\\\"y\"\n", "", []string{"a.yaml:5:5: source shop has no table nope", `a.yaml:6:5: source shop has no table x"y`}},
		{"model of another table", head + "model: model.yaml\n", strings.Replace(modelYAML, "source: sales", "source: orders", 1), []string{"model.yaml:6:17: there is no table orders"}},
		{"model of a table it may not read", head + "model: model.yaml\ntables: [sales]\n", strings.Replace(modelYAML, "source: sales", "source: secrets", 1), []string{"model.yaml:6:17: there is no table secrets"}},
		{"slot of no field", head + "model: model.yaml\nverified:\n  - question: \"{sales.city} sales\"\n    sql: SELECT {{sales.city}}\n    verified_by: y\n", modelYAML, []string{"a.yaml:6:10: slot {{sales.city}}: the model has no such field"}},
	} {
		d, err := analyst.Read("a.yaml", folder{"a.yaml": c.text, "model.yaml": c.model}.open)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		a, err := analyst.Build(t.Context(), d, &source{})
		if c.want == nil {
			if err != nil || a.Name != "a" || len(a.Model.Datasets) != 1 {
				t.Errorf("%s: %+v, %v", c.name, a, err)
			}
			continue
		}
		lines(t, c.name, err, c.want...)
	}
}

func TestProveRunsVerifiedQuestions(t *testing.T) {
	t.Parallel()
	text := "name: a\nsource: shop\ntables: [sales]\nverified:\n" +
		"  - {question: \"{period} {sales.region} {n}\", sql: \"SELECT {{period.start}}, {{ period.end }}, {{sales.region}} LIMIT {{n}}\", verified_by: y}\n" +
		"  - question: b\n    sql: SELECT nope\n    verified_by: y\n"
	d, err := analyst.Read("a.yaml", folder{"a.yaml": text}.open)
	if err != nil {
		t.Fatal(err)
	}
	s := &source{refuse: func(sql string) error {
		if strings.Contains(sql, "nope") {
			return connectors.Errorf(connectors.CodeSQL, "there is no column nope")
		}
		return nil
	}}
	lines(t, "a statement that is refused", analyst.Prove(t.Context(), d, s), `a.yaml:7:10: verified question "b": there is no column nope`)
	if want := "SELECT DATE '2000-01-01', DATE '2000-01-01', '' LIMIT 1"; s.asked[0] != want {
		t.Errorf("ran %s, want %s", s.asked[0], want)
	}
	s.refuse = func(string) error { return connectors.Errorf(connectors.CodeUnavailable, "gone") }
	var problems analyst.Problems
	if err := analyst.Prove(t.Context(), d, s); connectors.CodeOf(err) != connectors.CodeUnavailable || errors.As(err, &problems) {
		t.Errorf("a source that is away: %v", err)
	}
}

func TestRoster(t *testing.T) {
	t.Parallel()
	sales := &agent.Analyst{Name: "영업-Sales"}
	r := analyst.NewRoster([]*agent.Analyst{sales}, map[string]string{"general": "영업-Sales"}, nil)
	if got, err := r.Analyst(t.Context(), "영업-sales"); got != sales || err != nil {
		t.Errorf("in another case: %v, %v", got, err)
	}
	for _, name := range []string{"", "nobody", "files-0123456789abcdef", "../x"} {
		if _, err := r.Analyst(t.Context(), name); !errors.Is(err, agent.ErrNoAnalyst) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for channel, want := range map[string]string{"#General": "영업-Sales", "general": "영업-Sales", "other": "", "": ""} {
		if got := r.ForChannel(channel); got != want {
			t.Errorf("channel %q asks %q", channel, got)
		}
	}
}

// TestADraftIsMadeOnce follows to the tables that an analyst was made of, which drafts nothing
// anew, and to others.
func TestADraftIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := &source{}
	catalog, err := s.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	still := sameTables{s, catalog}
	drafted, err := analyst.Drafted(t.Context(), "a", still)
	if err != nil {
		t.Fatal(err)
	}
	d, err := analyst.Read("a.yaml", folder{"a.yaml": "name: a\nsource: shop\ntables: [sales]\n"}.open)
	if err != nil {
		t.Fatal(err)
	}
	built, err := analyst.Build(t.Context(), d, still)
	if err != nil {
		t.Fatal(err)
	}
	other := *catalog
	other.Tables = slices.Clone(catalog.Tables)
	more := *other.Tables[0]
	more.Columns = append(slices.Clone(more.Columns), &connectors.ColumnInfo{Name: "colour", Type: "text", Kind: connectors.KindText})
	other.Tables[0] = &more
	for _, a := range []*agent.Analyst{drafted, built} {
		if got := a.Follow(catalog); got.Model != a.Model || !slices.Equal(got.Examples, a.Examples) {
			t.Errorf("%s is drafted twice", a.Name)
		}
		got := a.Follow(&other)
		if _, f := got.Model.Field("sales.colour"); f == nil {
			t.Errorf("%s: no field of the new column", a.Name)
		}
		if _, f := a.Model.Field("sales.colour"); f != nil {
			t.Errorf("%s: what was made first has changed", a.Name)
		}
	}
}

// sameTables is a source whose catalogue stays.
type sameTables struct {
	connectors.Source
	catalog *connectors.Catalog
}

func (s sameTables) Catalog(context.Context) (*connectors.Catalog, error) { return s.catalog, nil }
