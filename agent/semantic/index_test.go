package semantic_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/bapsang/bapsang/agent/semantic"
)

// TestIndexed finds in an indexed model what is found without an index.
func TestIndexed(t *testing.T) {
	t.Parallel()
	m := &semantic.Model{}
	for i := range 30 {
		d := &semantic.Dataset{Name: fmt.Sprint("d", i), Source: fmt.Sprint("t", i)}
		for k := range 4 {
			f := &semantic.Field{Name: fmt.Sprint("f", k), Expression: map[string]string{"ANSI_SQL": fmt.Sprint("f", k)}}
			if i > 0 {
				f.SameAs = []string{fmt.Sprintf("d%d.f%d", i*k%7, k)}
			}
			d.Fields = append(d.Fields, f)
		}
		m.Datasets = append(m.Datasets, d)
		m.Metrics = append(m.Metrics, &semantic.Metric{Name: fmt.Sprint("m", i), Expression: map[string]string{"ANSI_SQL": fmt.Sprintf("SUM(d%d.f0)", i)}})
		if i > 0 {
			m.Relationships = append(m.Relationships, &semantic.Relationship{Name: fmt.Sprint("r", i), From: d.Name, To: fmt.Sprint("d", i/3), FromColumns: []string{"f1"}, ToColumns: []string{"f1"}})
		}
	}
	m.Datasets = append(m.Datasets,
		&semantic.Dataset{Name: "d1", Source: "second"}, // the first one counts
		&semantic.Dataset{Name: "a", Fields: []*semantic.Field{{Name: "b.c"}}}, &semantic.Dataset{Name: "a.b", Fields: []*semantic.Field{{Name: "c"}, {Name: "d"}}})
	x := m.Indexed()
	if x == m || x.Indexed() != x {
		t.Error("an index is made of the model itself, or of what has one")
	}
	for _, name := range []string{"d0", "d1", "d29", "d30", "", "a", "a.b", "m3", "m30"} {
		if m.Dataset(name) != x.Dataset(name) || m.Metric(name) != x.Metric(name) {
			t.Errorf("%q: %v and %v", name, m.Dataset(name), x.Dataset(name))
		}
	}
	for _, ref := range []string{"d1.f0", "d7.f3", "d7.f4", "d7", "d7.", ".f3", "a.b.c", "a.b.d", "a.b.e", "second.f0"} {
		d, f := m.Field(ref)
		if e, g := x.Field(ref); d != e || f != g {
			t.Errorf("%s: %v %v and %v %v", ref, d, f, e, g)
		}
		if want, got := m.Alike(ref), x.Alike(ref); !reflect.DeepEqual(want, got) {
			t.Errorf("%s is like %v and %v", ref, want, got)
		}
	}
	q := semantic.Query{Measures: []semantic.Measure{{Metric: "m29"}}, Dimensions: []semantic.Dimension{{Field: "d3.f2"}}, Filters: []semantic.Filter{{Field: "d28.f3", Op: semantic.In, Values: []any{"x"}}}}
	want, err := m.Compile(q, semantic.CompileOptions{})
	got, gotErr := x.Compile(q, semantic.CompileOptions{})
	if err != nil || gotErr != nil || !reflect.DeepEqual(want, got) {
		t.Errorf("compiled to\n%+v %v\nand\n%+v %v", want, err, got, gotErr)
	}
	if want, got := m.Check(nil), x.Check(nil); !reflect.DeepEqual(want, got) {
		t.Errorf("checked:\n%v\nand\n%v", want, got)
	}
}

// TestACopyHasNoIndex changes a copy of an indexed model, which finds what it has.
func TestACopyHasNoIndex(t *testing.T) {
	t.Parallel()
	m := (&semantic.Model{Datasets: []*semantic.Dataset{{Name: "a"}}, Metrics: []*semantic.Metric{{Name: "m"}}}).Indexed()
	part := *m
	part.Datasets, part.Metrics = []*semantic.Dataset{{Name: "b"}}, nil
	if part.Dataset("a") != nil || part.Dataset("b") == nil || part.Metric("m") != nil {
		t.Error("a copy is looked up in the index of what it was copied from")
	}
}
