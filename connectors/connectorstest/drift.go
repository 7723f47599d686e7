package connectorstest

import (
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
)

// DriftHarness adapts the suite of databases that change under an open source. The database
// behind it holds the table orders, whose columns are integers (amount, n), a date (day) and a
// text of ten letters (note), with some rows; the table other(id), with one row; and the view
// totals, which reads other. What is said of statements is what they do when they have run.
type DriftHarness struct {
	// Open opens a new source, which reads its structure again without being asked, every
	// second or sooner. The suite closes it.
	Open func(t *testing.T) connectors.Source
	// Exec runs statements as whoever owns the database.
	Exec func(t *testing.T, statements ...string)

	Widen  []string // n has wider numbers, note longer texts, day times of the day
	Retype []string // amount and note are what they were no more: a text, a number
	Undate []string // day is a text
	Break  []string // totals is there, and cannot be read
	Mend   []string // totals can be read
	Drop   []string // totals is gone
}

// Drift runs the suite.
func Drift(t *testing.T, h DriftHarness) {
	src := h.Open(t)
	defer func() {
		if err := src.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}()
	d := &drifting{t: t, h: h, src: src}
	d.cat = d.catalog()
	if d.cat.Read.IsZero() || len(d.cat.Broken) > 0 || d.cat.Table("totals") == nil {
		t.Fatalf("catalogue read at %v, broken %v, totals %v", d.cat.Read, d.cat.Broken, d.cat.Table("totals"))
	}
	first := d.cat
	d.change("wider types", h.Widen, func(c *connectors.Catalog) bool { return typesOf(c) != typesOf(first) })
	d.wantUnfit()
	d.change("other types", h.Retype, func(c *connectors.Catalog) bool { return kindOf(c, "amount") != connectors.KindInteger })
	d.wantUnfit("amount", "note")
	d.change("no dates", h.Undate, func(c *connectors.Catalog) bool { return kindOf(c, "day") == connectors.KindText })
	d.wantUnfit("day")
	d.change("a broken view", h.Break, func(c *connectors.Catalog) bool { return c.Table("totals") == nil })
	if !slices.Equal(d.cat.Broken, []string{"totals"}) || !slices.Contains(d.told(), "view broken: totals") {
		t.Errorf("broken %v, changes %v", d.cat.Broken, d.told())
	}
	if res := mustAsk(t, src, connectors.Statement{SQL: "SELECT count(*) AS n FROM orders"}); res.Rows[0][0] != int64(3) {
		t.Errorf("beside a broken view: %v", res.Rows)
	}
	d.change("a mended view", h.Mend, func(c *connectors.Catalog) bool { return c.Table("totals") != nil })
	if len(d.cat.Broken) > 0 || !slices.Contains(d.told(), "table added: totals") {
		t.Errorf("broken %v, changes %v", d.cat.Broken, d.told())
	}
	mustAsk(t, src, connectors.Statement{SQL: "SELECT count(*) AS n FROM totals"})
	d.change("no view", h.Drop, func(c *connectors.Catalog) bool { return c.Table("totals") == nil })
	if len(d.cat.Broken) > 0 || !slices.Contains(d.told(), "table removed: totals") {
		t.Errorf("broken %v, changes %v", d.cat.Broken, d.told())
	}
}

// drifting is a source whose database changes.
type drifting struct {
	t        *testing.T
	h        DriftHarness
	src      connectors.Source
	was, cat *connectors.Catalog
}

func (d *drifting) catalog() *connectors.Catalog {
	d.t.Helper()
	cat, err := d.src.Catalog(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return cat
}

// change runs statements and waits for the catalogue in which they show.
func (d *drifting) change(what string, statements []string, shows func(*connectors.Catalog) bool) {
	d.t.Helper()
	d.h.Exec(d.t, statements...)
	d.was = d.cat
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(2 * time.Minute); ; <-again.C {
		if d.cat = d.catalog(); shows(d.cat) {
			break
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("%s: not seen: %s", what, typesOf(d.cat))
		}
	}
	if !d.cat.Read.After(d.was.Read) {
		d.t.Errorf("%s: read at %v, before that at %v", what, d.cat.Read, d.was.Read)
	}
}

// told are the changes of the last step.
func (d *drifting) told() (out []string) {
	for _, c := range connectors.Changes(d.was, d.cat) {
		out = append(out, c.String())
	}
	return out
}

// wantUnfit fails unless those columns of orders are the ones that unfit what was made of them.
func (d *drifting) wantUnfit(want ...string) {
	d.t.Helper()
	var got []string
	for _, was := range d.was.Table("orders").Columns {
		if is := d.cat.Table("orders").Column(was.Name); is == nil || connectors.Unfits(was, is) {
			got = append(got, was.Name)
		}
	}
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		d.t.Errorf("columns that unfit (-want +got):\n%s%s → %s", diff, typesOf(d.was), typesOf(d.cat))
	}
}

func kindOf(c *connectors.Catalog, column string) connectors.Kind {
	return c.Table("orders").Column(column).Kind
}

// typesOf tells the columns of orders.
func typesOf(c *connectors.Catalog) string {
	var out []string
	for _, col := range c.Table("orders").Columns {
		out = append(out, col.Name+" "+col.Type+" ("+string(col.Kind)+")")
	}
	return strings.Join(out, ", ")
}
