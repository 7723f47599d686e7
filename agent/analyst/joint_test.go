package analyst_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/across"
)

// bare is a source that has a table and no rows.
type bare struct {
	name string
	err  error
}

func (b *bare) Catalog(context.Context) (*connectors.Catalog, error) {
	if b.err != nil {
		return nil, b.err
	}
	return &connectors.Catalog{Source: b.name, Dialect: "duckdb", Version: "1", Tables: []*connectors.Table{{Name: "t_" + b.name}, {Name: "secret"}}}, nil
}

func (b *bare) Query(context.Context, connectors.Caller, connectors.Statement) (*connectors.Result, error) {
	return &connectors.Result{}, nil
}

func (b *bare) Close() error { return nil }

// seated are analysts of one bare source each, with a sideboard; joined is what was joined last.
func seated(names ...string) (analysts []*agent.Analyst, board *analyst.Sideboard, joined *[]analyst.Joined) {
	joined = new([]analyst.Joined)
	board = analyst.NewSideboard(func(name string, members ...analyst.Joined) connectors.Source {
		*joined = members
		var parts []across.Member
		for _, m := range members {
			parts = append(parts, across.Member{Name: m.Name, Source: m.Source, Tables: m.Tables})
		}
		return across.New(name, nil, parts...)
	})
	for _, name := range names {
		analysts = append(analysts, &agent.Analyst{Name: name, Version: "1", Source: &bare{name: name}, Tables: []string{"t_" + name}, Model: &semantic.Model{Name: name}})
	}
	board.Seat(analysts)
	return analysts, board, joined
}

func namesOf(joined []analyst.Joined) (out []string) {
	for _, j := range joined {
		out = append(out, j.Name)
	}
	return out
}

func beside(t *testing.T, a *agent.Analyst) *agent.Analyst {
	t.Helper()
	made, err := a.Beside(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// The one asked comes first. A source that is down keeps nobody apart but its own analyst,
// two analysts of one source are one member, and no more than six sources are asked.
func TestWhoSitsTogether(t *testing.T) {
	down := connectors.Errorf(connectors.CodeUnavailable, "gone")
	a, _, joined := seated("a", "b", "c")
	a[1].Source.(*bare).err = down
	if made := beside(t, a[2]); made == nil || !slices.Equal(namesOf(*joined), []string{"c", "a"}) || len(made.Members) != 2 {
		t.Errorf("together %v", *joined)
	}
	if _, err := a[1].Beside(t.Context()); connectors.CodeOf(err) != connectors.CodeUnavailable {
		t.Errorf("an analyst whose source is down: %v", err)
	}
	a[2].Source.(*bare).err = down
	if made := beside(t, a[0]); made != nil {
		t.Errorf("one source alone is together with %v", made.Members)
	}
	var many []string
	for i := range 9 {
		many = append(many, fmt.Sprint("s", i))
	}
	a, _, joined = seated(many...)
	if beside(t, a[0]); !slices.Equal(namesOf(*joined), many[:6]) {
		t.Errorf("together %v", namesOf(*joined))
	}
	a, _, joined = seated("a", "b", "b2")
	a[2].Source = a[1].Source
	if beside(t, a[0]); !slices.Equal(namesOf(*joined), []string{"a", "b"}) {
		t.Errorf("together %v", namesOf(*joined))
	}
}

// Nobody reads by way of another what their own analyst does not read.
func TestTogetherReadsNoMore(t *testing.T) {
	a, _, joined := seated("a", "b")
	made := beside(t, a[0])
	for i, want := range []string{"t_a", "t_b"} {
		if got := (*joined)[i].Tables; !slices.Equal(got, []string{want}) {
			t.Errorf("of %s %v may be read", (*joined)[i].Name, got)
		}
	}
	c, err := made.Source.Catalog(t.Context())
	if err != nil || c.Table("a.secret") != nil || c.Table("a.t_a") == nil {
		t.Errorf("%v: %+v", err, c)
	}
}

// What was opened serves as long as it is of the same sources: a thread's files that were
// opened anew are asked, and not those that were there before.
func TestFilesOpenedAnew(t *testing.T) {
	a, board, _ := seated("a", "b")
	dropped := &agent.Analyst{Name: "files", Version: "1", Source: &bare{name: "x.csv"}, Model: &semantic.Model{}, Files: true}
	board.SeatFiles(dropped, a)
	first := beside(t, dropped)
	if first != beside(t, dropped) {
		t.Error("opened twice")
	}
	if !first.Files || beside(t, a[0]).Files {
		t.Error("it is not known where files are among the sources")
	}
	dropped.Source = &bare{name: "x.csv"}
	again := beside(t, dropped)
	if again == first || again.Source.(connectors.Joint).Member("x.csv") != dropped.Source {
		t.Error("the files of before are asked")
	}
}
