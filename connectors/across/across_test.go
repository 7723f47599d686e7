package across_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/across"
)

// still is a source that has a catalogue and counts what it is asked.
type still struct {
	catalog connectors.Catalog
	err     error
	asked   int
}

func (s *still) Catalog(context.Context) (*connectors.Catalog, error) { return &s.catalog, s.err }

func (s *still) Query(context.Context, connectors.Caller, connectors.Statement) (*connectors.Result, error) {
	s.asked++
	return &connectors.Result{}, nil
}

func (s *still) Close() error { return nil }

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func pair() (*still, *still) {
	key := []connectors.ForeignKey{{Columns: []string{"region_id"}, RefTable: "regions", RefColumns: []string{"id"}}}
	return &still{catalog: connectors.Catalog{Source: "warehouse", Version: "1", AsOf: day("2026-10-31"), Tables: []*connectors.Table{
			{Name: "orders", ForeignKeys: key}, {Name: "regions"}, {Name: "salaries"},
		}}},
		&still{catalog: connectors.Catalog{Source: "plan", Version: "1", AsOf: day("2026-10-01"), Tables: []*connectors.Table{{Name: "orders"}}}}
}

func join(warehouse, plan *still) *across.Source {
	return across.New("both", nil,
		across.Member{Name: "warehouse", Source: warehouse, Tables: []string{"orders", "regions"}}, across.Member{Name: "plan", Source: plan})
}

func catalogOf(t *testing.T, s connectors.Source) *connectors.Catalog {
	t.Helper()
	c, err := s.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The catalogue has the tables that may be read, each with its source before it, and is as
// old as the oldest of them.
func TestCatalogOfSeveral(t *testing.T) {
	warehouse, plan := pair()
	c := catalogOf(t, join(warehouse, plan))
	var names []string
	for _, table := range c.Tables {
		names = append(names, table.Name)
	}
	if want := []string{"warehouse.orders", "warehouse.regions", "plan.orders"}; !slices.Equal(names, want) {
		t.Errorf("tables %v, want %v", names, want)
	}
	if keys := c.Tables[0].ForeignKeys; len(keys) != 1 || keys[0].RefTable != "warehouse.regions" {
		t.Errorf("keys %v", keys)
	}
	if warehouse.catalog.Tables[0].Name != "orders" || warehouse.catalog.Tables[0].ForeignKeys[0].RefTable != "regions" {
		t.Error("a member's catalogue was changed")
	}
	if !c.AsOf.Equal(day("2026-10-01")) {
		t.Errorf("as of %s", c.AsOf)
	}
	plan.catalog.AsOf = time.Time{}
	if c = catalogOf(t, join(warehouse, plan)); !c.AsOf.Equal(day("2026-10-31")) {
		t.Errorf("as of %s where one has no date", c.AsOf)
	}
}

// A view that broke is told with its source before it, and of each source when it was looked at.
func TestBrokenViewsOfSeveral(t *testing.T) {
	warehouse, plan := pair()
	warehouse.catalog.Broken, warehouse.catalog.Read = []string{"regions", "salaries"}, day("2026-11-02")
	plan.catalog.Broken, plan.catalog.Read = []string{"goals"}, day("2026-11-01")
	c := catalogOf(t, join(warehouse, plan))
	if want := []string{"warehouse.regions", "plan.goals"}; !slices.Equal(c.Broken, want) {
		t.Errorf("broken %v, want %v", c.Broken, want)
	}
	if !c.Read.Equal(day("2026-11-01")) || !c.Reads["warehouse"].Equal(day("2026-11-02")) || !c.Reads["plan"].Equal(day("2026-11-01")) {
		t.Errorf("read %s, %v", c.Read, c.Reads)
	}
}

// New data of any member makes an answer over all of them one that is not repeated.
func TestVersionOfSeveral(t *testing.T) {
	warehouse, plan := pair()
	seen := map[string]bool{catalogOf(t, join(warehouse, plan)).Version: true}
	for _, s := range []*still{warehouse, plan} {
		s.catalog.Version = "2"
		v := catalogOf(t, join(warehouse, plan)).Version
		if seen[v] {
			t.Errorf("the version is that of older data of %s", s.catalog.Source)
		}
		seen[v] = true
	}
	if again := catalogOf(t, join(warehouse, plan)).Version; !seen[again] {
		t.Error("the version changes where nothing did")
	}
}

// No statement is run over several, whoever writes it; a member that is not there is none.
func TestSeveralRunNothing(t *testing.T) {
	warehouse, plan := pair()
	s := join(warehouse, plan)
	_, err := s.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT 1"})
	if connectors.CodeOf(err) != connectors.CodeDenied || warehouse.asked+plan.asked > 0 {
		t.Errorf("%v, asked %d and %d times", err, warehouse.asked, plan.asked)
	}
	if s.Member("plan") != connectors.Source(plan) || s.Member("orders") != nil {
		t.Error("another member than the one of that name")
	}
	plan.err = connectors.Errorf(connectors.CodeUnavailable, "gone")
	if _, err := s.Catalog(t.Context()); connectors.CodeOf(err) != connectors.CodeUnavailable {
		t.Errorf("a catalogue without one of them: %v", err)
	}
}
