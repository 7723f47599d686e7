package drift_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

var start = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)

// columns are written "name type kind".
func table(name string, columns ...string) *connectors.Table {
	t := &connectors.Table{Name: name}
	for _, c := range columns {
		p := strings.Fields(c)
		t.Columns = append(t.Columns, &connectors.ColumnInfo{Name: p[0], Type: p[1], Kind: connectors.Kind(p[2]), Profile: &connectors.Profile{Distinct: 3}})
	}
	return t
}

func orders(columns ...string) *connectors.Table {
	return table("orders", append([]string{"id int integer", "amount int integer", "day date date", "status text text", "spare text text"}, columns...)...)
}

// without is a table without a column.
func without(t *connectors.Table, column string) *connectors.Table {
	out := *t
	out.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c *connectors.ColumnInfo) bool { return c.Name == column })
	return &out
}

func catalog(tables ...*connectors.Table) *connectors.Catalog {
	return &connectors.Catalog{Source: "shop", Tables: tables}
}

func field(name, expression string) *semantic.Field {
	return &semantic.Field{Name: name, Expression: map[string]string{"ANSI_SQL": expression}, Label: semantic.Label{Ko: "한 " + name, En: "the " + name}}
}

// written is a model that somebody wrote: nothing in it stands on the column spare.
func written() *semantic.Model {
	return &semantic.Model{
		Datasets: []*semantic.Dataset{
			{Name: "o", Source: "orders", PrimaryKey: []string{"id"}, Fields: []*semantic.Field{field("amount", "amount"), field("day", "day"), field("state", "upper(status)")}},
			{Name: "t", Source: "totals", Fields: []*semantic.Field{field("n", "n")}},
		},
		Metrics: []*semantic.Metric{
			{Name: "revenue", Label: semantic.Label{Ko: "매출", En: "Revenue"}, Time: "o.day", Expression: map[string]string{"ANSI_SQL": "SUM(o.amount)"}},
			{Name: "count", Label: semantic.Label{Ko: "건수", En: "Orders"}, Expression: map[string]string{"ANSI_SQL": "COUNT(o.amount)"}},
		},
	}
}

// looker looks at an analyst's tables.
type looker struct {
	t       *testing.T
	book    *drift.Book
	model   *semantic.Model
	version string
	now     time.Time
}

func (l *looker) look(c *connectors.Catalog) *drift.Record {
	l.t.Helper()
	rec, err := l.book.Settle(l.t.Context(), drift.Look{
		Analyst: "sales", Version: l.version, Catalog: c, Model: l.model, Now: l.now,
		Before:   func(*connectors.Catalog) *semantic.Model { return l.model },
		Verified: []drift.Verified{{Question: "상태별", SQL: `SELECT "status", count(*) FROM Orders o GROUP BY 1`}, {Question: "other", SQL: "SELECT 1 FROM totals"}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return rec
}

func newLooker(t *testing.T, s store.Store) *looker {
	return &looker{t: t, book: drift.NewBook(s), model: written(), version: "1", now: start}
}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// told are the losses in words, each with what it hits; what cannot be computed has an x.
func told(r *drift.Record) (out []string) {
	for i := range r.Losses {
		l := &r.Losses[i]
		text := l.Text("en")
		for _, h := range l.Hits {
			text += " | " + h.Label.En
			if h.Lost {
				text += " x"
			}
		}
		for _, v := range l.Verified {
			text += " | " + v
		}
		out = append(out, text)
	}
	return out
}

// What an analyst relies on is missed when it is gone, renamed, of another type or broken, and
// nothing else is.
func TestLosses(t *testing.T) {
	t.Parallel()
	totals := table("totals", "n int integer")
	broken := catalog(orders())
	broken.Broken = []string{"totals"}
	for name, c := range map[string]struct {
		now  *connectors.Catalog
		want []string
	}{
		"nothing":          {catalog(orders(), totals), nil},
		"a wider type":     {catalog(table("orders", "id bigint integer", "amount numeric number", "day timestamp timestamp", "status varchar(9) text", "spare text text"), totals), nil},
		"what came":        {catalog(orders("more text text"), totals, table("new", "id int integer")), nil},
		"an unused column": {catalog(without(orders(), "spare"), totals), nil},
		"a column": {catalog(without(orders(), "status"), totals),
			[]string{"column orders.status is gone | the state x | 상태별"}},
		"a key": {catalog(without(orders(), "id"), totals), []string{"column orders.id is gone"}},
		"a renamed column": {catalog(without(orders("zz text text"), "status"), totals),
			[]string{"column orders.status is gone; it may be called orders.zz now | the state x | 상태별"}},
		"a column, and one of another kind": {catalog(without(orders("zz int integer"), "status"), totals),
			[]string{"column orders.status is gone; column orders.zz appeared | the state x | 상태별"}},
		"a number that is text": {catalog(table("orders", "id int integer", "amount text text", "day date date", "status text text", "spare text text"), totals),
			[]string{"column orders.amount holds text, no longer whole numbers (int → text) | the amount | Revenue x | Orders"}},
		"a date that is text": {catalog(table("orders", "id int integer", "amount int integer", "day varchar(9) text", "status text text", "spare text text"), totals),
			[]string{"column orders.day holds text, no longer dates (date → varchar(9)) | the day x | Revenue x"}},
		"a table": {catalog(orders()), []string{"table totals is gone | the n x | other"}},
		"a renamed table": {catalog(totals, table("sales", "id int integer", "amount int integer", "day date date", "status text text", "spare text text")),
			[]string{"table orders is gone; it may be called sales now | the amount x | the day x | the state x | Revenue x | Orders x | 상태별"}},
		"a view": {broken, []string{"view totals cannot be read any more | the n x | other"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLooker(t, open(t))
			if first := l.look(catalog(orders(), totals)); len(first.Losses) > 0 {
				t.Fatalf("at first: %q", told(first))
			}
			again := newLooker(t, nil)
			again.book = l.book // a process that was started since
			if got := told(again.look(c.now)); !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if got := l.look(catalog(orders(), totals)); len(got.Losses) > 0 {
				t.Errorf("it is back: %q", told(got))
			}
		})
	}
}

// A loss is the same as long as it stands, and another one when it comes again.
func TestALossHasAnIdentity(t *testing.T) {
	t.Parallel()
	l := newLooker(t, open(t))
	well, ill := catalog(orders(), table("totals", "n int integer")), catalog(without(orders(), "status"), table("totals", "n int integer"))
	l.look(well)
	first := l.look(ill).Losses[0]
	l.now = start.Add(time.Hour)
	ill.Tables = append(ill.Tables, table("more", "a int integer"))
	if again := l.look(ill).Losses; len(again) != 1 || again[0].ID != first.ID || !again[0].At.Equal(start) {
		t.Errorf("another look: %+v", again)
	}
	l.look(well)
	if again := l.look(ill).Losses; len(again) != 1 || again[0].ID == first.ID || !again[0].At.Equal(l.now) {
		t.Errorf("gone again: %+v", again)
	}
}

// A process that read its catalogue before the change undoes nothing.
func TestAnOlderLook(t *testing.T) {
	t.Parallel()
	s := open(t)
	l, behind := newLooker(t, s), newLooker(t, s)
	well, ill := catalog(orders()), catalog(without(orders(), "status"))
	well.Read, ill.Read = start, start.Add(time.Minute)
	behind.look(well)
	l.look(ill)
	if got := behind.look(well); len(got.Losses) != 1 {
		t.Errorf("undone: %q", told(got))
	}
	back := catalog(orders())
	back.Read = start.Add(2 * time.Minute)
	if got := behind.look(back); len(got.Losses) > 0 {
		t.Errorf("it is back: %q", told(got))
	}
}

// Whoever wrote the definition anew has seen the tables: what it relies on no more is no loss.
func TestAnotherDefinition(t *testing.T) {
	t.Parallel()
	l := newLooker(t, open(t))
	l.look(catalog(orders(), table("totals", "n int integer")))
	ill := catalog(table("orders", "id int integer", "amount text text", "day date date", "spare text text"))
	if got := told(l.look(ill)); len(got) != 3 {
		t.Fatalf("%q", got)
	}
	l.version, l.model = "2", written()
	l.model.Datasets[0].Fields = l.model.Datasets[0].Fields[:2] // no state
	got := told(l.look(ill))
	if want := []string{"column orders.status is gone | 상태별", "table totals is gone | the n x | other"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// What somebody accepts is lost no more, and missed when it comes and goes again.
func TestAccept(t *testing.T) {
	t.Parallel()
	l := newLooker(t, open(t))
	if _, err := l.book.Accept(t.Context(), "sales"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
	well, ill := catalog(orders(), table("totals", "n int integer")), catalog(table("orders", "id int integer", "amount text text", "day date date", "spare text text"))
	l.look(well)
	l.look(ill)
	if n, err := l.book.Accept(t.Context(), "sales"); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	rec, err := l.book.Record(t.Context(), "sales")
	if err != nil || len(rec.Losses) > 0 {
		t.Errorf("%v, %v", rec, err)
	}
	if got := l.look(ill); len(got.Losses) > 0 {
		t.Errorf("accepted: %q", told(got))
	}
	l.look(well)
	if got := l.look(ill); len(got.Losses) != 2 { // amount was text when it was accepted
		t.Errorf("gone again: %q", told(got))
	}
}

// Both languages tell it, and say what to ask instead of nothing.
func TestTexts(t *testing.T) {
	t.Parallel()
	l := newLooker(t, open(t))
	l.look(catalog(orders(), table("totals", "n int integer")))
	rec := l.look(catalog(table("orders", "id int integer", "amount text text", "day date date", "zz text text", "spare text text")))
	seoul := time.FixedZone("KST", 9*60*60)
	for _, c := range [][2]string{
		{rec.Text("ko", seoul), "‘sales’의 표가 바뀌었어요(2026-11-22 10:00부터): 열 orders.amount의 값이 정수에서 글자로 바뀜(int → text), 열 orders.status 없어짐(orders.zz라는 이름이 된 것 같아요), 표 totals 없어짐. 영향받는 지표와 항목: 한 amount, 매출, 건수, 한 state, 한 n."},
		{rec.Text("en", time.UTC), "The tables of ‘sales’ have changed since 2026-11-22 01:00: column orders.amount holds text, no longer whole numbers (int → text), column orders.status is gone; it may be called orders.zz now, table totals is gone. Metrics and fields concerned: the amount, Revenue, Orders, the state, the n."},
		{rec.Losses[0].Missed("매출", "ko", seoul, strings.ToUpper), "‘매출’은 ORDERS.AMOUNT 열에서 오는데, 2026-11-22 10:00부터 그 열의 값이 정수가 아니라 글자예요. 이 데이터를 관리하는 분에게 알려 주세요."},
		{rec.Losses[0].Missed("revenue", "en", time.UTC, strings.ToUpper), "‘REVENUE’ comes from the column ORDERS.AMOUNT, which has held text since 2026-11-22 01:00, and no longer whole numbers. Please tell whoever keeps these data."},
		{rec.Losses[1].Missed("상태", "ko", seoul, strings.ToUpper), "‘상태’는 ORDERS.STATUS 열에서 오는데, 2026-11-22 10:00부터 그 열이 데이터베이스에 없어요. 그때 ORDERS.ZZ 열이 생겼어요. 이 데이터를 관리하는 분에게 알려 주세요."},
		{rec.Losses[2].Missed("합계", "ko", seoul, strings.ToUpper), "‘합계’는 TOTALS 표에서 오는데, 2026-11-22 10:00부터 그 표가 데이터베이스에 없어요. 이 데이터를 관리하는 분에게 알려 주세요."},
	} {
		if c[0] != c[1] {
			t.Errorf("got  %s\nwant %s", c[0], c[1])
		}
	}
}

// TestLooksAtSeveralSources: a look is of a time before as soon as it is at one of the sources,
// and a change is of the source whose table it is. What is written for one source names no other's
// table of the same name.
func TestLooksAtSeveralSources(t *testing.T) {
	t.Parallel()
	both := func(shop, plan int, drop string) *connectors.Catalog {
		c := &connectors.Catalog{Source: "outlook", Reads: map[string]time.Time{"shop": start.Add(time.Duration(shop) * time.Minute), "plan": start.Add(time.Duration(plan) * time.Minute)}}
		for _, name := range []string{"shop.orders", "plan.orders"} {
			if name != drop {
				c.Tables = append(c.Tables, &connectors.Table{Name: name, Columns: []*connectors.ColumnInfo{{Name: "id", Kind: connectors.KindInteger, Type: "INT"}}})
			}
		}
		return c
	}
	book := drift.NewBook(open(t))
	look := func(c *connectors.Catalog) *drift.Record {
		t.Helper()
		rec, err := book.Settle(t.Context(), drift.Look{
			Analyst: "outlook", Version: "1", Catalog: c, Model: &semantic.Model{}, Now: start, Sources: []string{"shop", "plan"},
			Before:   func(*connectors.Catalog) *semantic.Model { return &semantic.Model{} },
			Verified: []drift.Verified{{Question: "q", SQL: "SELECT id FROM orders", Source: "plan"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	look(both(1, 1, ""))
	if rec := look(both(2, 2, "shop.orders")); len(rec.Losses) != 0 {
		t.Errorf("nothing is written for it: %v", told(rec))
	}
	rec := look(both(3, 5, "plan.orders"))
	if len(rec.Losses) != 1 || !slices.Equal(rec.Losses[0].Verified, []string{"q"}) {
		t.Fatalf("%v", told(rec))
	}
	if source, table := rec.Home(rec.Losses[0].Change); source != "plan" || table != "orders" {
		t.Errorf("of %s, %s", source, table)
	}
	if rec := look(both(4, 4, "")); len(rec.Losses) != 1 {
		t.Errorf("an older look at plan ended a loss of it: %v", told(rec))
	}
	if rec := look(both(4, 6, "")); len(rec.Losses) != 0 {
		t.Errorf("it is back: %v", told(rec))
	}
}
