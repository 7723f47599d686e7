package demo_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(holdFile); path != "" {
		os.Exit(hold(path))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if company.path != "" {
			os.RemoveAll(filepath.Dir(company.path))
		}
		os.Exit(code)
	}))
}

// storyDays reaches to the end of all stories.
var storyDays = int(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).Sub(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).Hours() / 24)

// tableNames are all tables of the demo company.
var tableNames = []string{"regions", "channels", "stores", "products", "customers", "campaigns", "campaign_days",
	"orders", "order_lines", "returns", "web_traffic", "support_tickets", "inventory"}

func generate(t testing.TB, days int, scale float64) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.duckdb")
	began := time.Now()
	if err := demo.Generate(t.Context(), path, demo.Options{Days: days, Scale: scale}); err != nil {
		t.Fatal(err)
	}
	t.Logf("generated %d days at scale %g in %v", days, scale, time.Since(began).Round(time.Millisecond))
	return open(t, path)
}

func open(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

var company struct {
	once sync.Once
	path string
	err  error
}

// smallCompany is the whole history at a fifth of its size, made once for the tests.
func smallCompany(t testing.TB) *sql.DB {
	t.Helper()
	company.once.Do(func() {
		dir, err := os.MkdirTemp("", "bapsang-demo")
		if err != nil {
			company.err = err
			return
		}
		company.path = filepath.Join(dir, "demo.duckdb")
		company.err = demo.Generate(context.Background(), company.path, demo.Options{Days: storyDays, Scale: 0.2})
	})
	if company.err != nil {
		t.Fatal(company.err)
	}
	return open(t, company.path)
}

func one(t testing.TB, db *sql.DB, query string) float64 {
	t.Helper()
	var x sql.NullFloat64
	if err := db.QueryRow(query).Scan(&x); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	if !x.Valid {
		t.Fatalf("no value\n%s", query)
	}
	return x.Float64
}

// checksums adds up a hash of every row, table by table, and counts the rows.
func checksums(t testing.TB, db *sql.DB, where map[string]string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for _, name := range tableNames {
		query := fmt.Sprintf("SELECT count(*) || ' ' || coalesce(sum(hash(t)::HUGEINT), 0)::VARCHAR FROM %s t", name)
		if w := where[name]; w != "" {
			query += " WHERE " + w
		}
		var sum string
		if err := db.QueryRow(query).Scan(&sum); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sums[name] = sum
	}
	return sums
}

func TestSameOptionsMakeTheSameRows(t *testing.T) {
	first := checksums(t, generate(t, 120, 0.05), nil)
	second := checksums(t, generate(t, 120, 0.05), nil)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestLaterDatesKeepThePast(t *testing.T) {
	const days = 590 // inside a story, with campaigns running
	until := time.Date(2024, 1, 1+days, 0, 0, 0, 0, time.UTC).Format("'2006-01-02'")
	before := map[string]string{
		"channels": "launched_on < " + until, "stores": "opened_on < " + until, "products": "launched_on < " + until,
		"customers": "joined_on < " + until, "campaigns": "started_on < " + until, "campaign_days": "spent_on < " + until,
		"orders": "ordered_at < " + until, "order_lines": "ordered_at < " + until, "returns": "returned_at < " + until,
		"web_traffic": "visited_at < " + until, "support_tickets": "opened_at < " + until, "inventory": "counted_on < " + until,
	}
	short := checksums(t, generate(t, days, 0.03), nil)
	long := checksums(t, generate(t, days+75, 0.03), before)
	if diff := cmp.Diff(short, long); diff != "" {
		t.Errorf("the past differs (-earlier +later):\n%s", diff)
	}
}

func TestReferencesHold(t *testing.T) {
	db := smallCompany(t)
	keys := map[string]string{"regions": "region_id", "channels": "channel_id", "stores": "store_id", "products": "product_id",
		"customers": "customer_id", "campaigns": "campaign_id", "orders": "order_id", "order_lines": "order_line_id",
		"returns": "return_id", "support_tickets": "ticket_id"}
	for table, key := range keys {
		if n := one(t, db, fmt.Sprintf("SELECT count(*) - count(DISTINCT %s) FROM %s", key, table)); n != 0 {
			t.Errorf("%s.%s repeats %g times", table, key, n)
		}
	}
	for from, to := range map[string]string{
		"stores.region_id": "regions", "customers.region_id": "regions", "orders.region_id": "regions",
		"orders.customer_id": "customers", "orders.channel_id": "channels", "orders.store_id": "stores",
		"orders.campaign_id": "campaigns", "order_lines.order_id": "orders", "order_lines.product_id": "products",
		"order_lines.customer_id": "customers", "order_lines.channel_id": "channels", "order_lines.store_id": "stores",
		"order_lines.region_id": "regions", "order_lines.campaign_id": "campaigns", "campaign_days.campaign_id": "campaigns",
		"returns.order_line_id": "order_lines", "returns.order_id": "orders", "returns.product_id": "products",
		"support_tickets.customer_id": "customers", "support_tickets.order_id": "orders",
		"support_tickets.product_id": "products", "inventory.product_id": "products",
	} {
		table, column, _ := strings.Cut(from, ".")
		query := fmt.Sprintf("SELECT count(*) FROM %s a ANTI JOIN %s b USING (%s) WHERE a.%s IS NOT NULL", table, to, column, column)
		if n := one(t, db, query); n != 0 {
			t.Errorf("%g rows of %s point to no row of %s", n, from, to)
		}
	}
}

func TestFiguresAgree(t *testing.T) {
	db := smallCompany(t)
	for name, query := range map[string]string{
		"order totals are the sums of their lines": `SELECT count(*) FROM orders o JOIN
			(SELECT order_id, count(*) n, sum(gross_amount) g, sum(discount_amount) d, sum(net_amount) s FROM order_lines GROUP BY 1) l
			USING (order_id) WHERE (o.line_count, o.gross_amount, o.discount_amount, o.net_amount) IS DISTINCT FROM (l.n, l.g, l.d, l.s)`,
		"lines repeat what their order says": `SELECT count(*) FROM orders o JOIN order_lines l USING (order_id) WHERE
			(o.ordered_at, o.customer_id, o.channel_id, o.store_id, o.region_id, o.campaign_id, o.is_repeat) IS DISTINCT FROM
			(l.ordered_at, l.customer_id, l.channel_id, l.store_id, l.region_id, l.campaign_id, l.is_repeat)`,
		"net is gross less discount":         `SELECT count(*) FROM order_lines WHERE net_amount <> gross_amount - discount_amount OR gross_amount <> list_price * quantity OR discount_amount < 0 OR net_amount <= 0 OR quantity < 1`,
		"nobody buys before joining":         `SELECT count(*) FROM orders JOIN customers USING (customer_id) WHERE ordered_at < joined_on`,
		"nothing sells before its launch":    `SELECT count(*) FROM order_lines JOIN products USING (product_id) WHERE ordered_at < launched_on - INTERVAL 11 DAY`,
		"nothing comes back before it goes":  `SELECT count(*) FROM returns JOIN orders USING (order_id) WHERE returned_at < ordered_at`,
		"nobody returns more than they have": `SELECT count(*) FROM returns r JOIN order_lines l USING (order_line_id) WHERE r.quantity > l.quantity OR r.refund_amount > l.net_amount`,
		"campaigns report their orders": `SELECT count(*) FROM (SELECT spent_on d, campaign_id, attributed_orders n, attributed_revenue r FROM campaign_days) a FULL JOIN
			(SELECT ordered_at::DATE d, campaign_id, count(*) n, sum(net_amount) r FROM orders WHERE campaign_id IS NOT NULL GROUP BY ALL) b USING (d, campaign_id)
			WHERE coalesce(a.n, 0) <> coalesce(b.n, 0) OR coalesce(a.r, 0) <> coalesce(b.r, 0)`,
		"the web counts the own mall's orders": `SELECT count(*) FROM (SELECT visited_at::DATE d, sum(orders) n FROM web_traffic GROUP BY 1) a
			JOIN (SELECT ordered_at::DATE d, count(*) n FROM orders WHERE channel_id = 1 GROUP BY 1) b USING (d) WHERE a.n <> b.n`,
		"the web counts who signs up there": `SELECT count(*) FROM (SELECT visited_at::DATE d, sum(sign_ups) n FROM web_traffic GROUP BY 1) a
			JOIN (SELECT joined_on d, count(*) n FROM customers WHERE acquisition_channel NOT IN ('오프라인 매장', '기업 영업') GROUP BY 1) b USING (d) WHERE a.n <> b.n`,
		"nothing is without a visit":   `SELECT count(*) FROM web_traffic WHERE visits < carts OR carts < orders OR visits < sign_ups`,
		"stores sell in their region":  `SELECT count(*) FROM orders o JOIN stores s USING (store_id) WHERE o.region_id <> s.region_id OR ordered_at < opened_on`,
		"scores are from one to five":  `SELECT count(*) FROM support_tickets WHERE satisfaction NOT BETWEEN 1 AND 5 OR first_response_hours <= 0`,
		"first orders come first":      `SELECT count(*) FROM (SELECT customer_id, is_repeat, row_number() OVER (PARTITION BY customer_id ORDER BY order_id) n FROM orders) WHERE n > 1 AND NOT is_repeat`,
		"everything is in the past":    `SELECT count(*) FROM (SELECT ordered_at t FROM orders UNION ALL SELECT returned_at FROM returns UNION ALL SELECT opened_at FROM support_tickets UNION ALL SELECT visited_at FROM web_traffic) WHERE t >= '2026-11-22' OR t < '2024-01-01'`,
		"every column has its comment": `SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND comment IS NULL`,
		"every table has its comment":  `SELECT count(*) FROM duckdb_tables() WHERE comment IS NULL`,
	} {
		if n := one(t, db, query); n != 0 {
			t.Errorf("%s: not so for %g rows", name, n)
		}
	}
}

func TestProportionsAreThoseOfTheCountry(t *testing.T) {
	db := smallCompany(t)
	for name, c := range map[string]struct {
		query     string
		low, high float64
	}{
		"Gyeonggi and Seoul sell half": {`SELECT sum(net_amount) FILTER (region_name IN ('경기도', '서울특별시')) / sum(net_amount)
			FROM order_lines JOIN regions USING (region_id)`, 0.45, 0.60},
		"margin is that of the trade":        {`SELECT sum(net_amount - cost_amount) / sum(net_amount) FROM order_lines`, 0.18, 0.26},
		"it grows":                           {`SELECT sum(net_amount) FILTER (year(ordered_at) = 2025) / sum(net_amount) FILTER (year(ordered_at) = 2024) FROM orders`, 1.05, 1.35},
		"air conditioners sell in summer":    {`SELECT count(*) FILTER (month(ordered_at) IN (6, 7, 8)) / count(*) FROM order_lines JOIN products USING (product_id) WHERE subcategory = '에어컨' AND year(ordered_at) < 2026`, 0.5, 0.85},
		"heaters do not":                     {`SELECT count(*) FILTER (month(ordered_at) IN (6, 7, 8)) / count(*) FROM order_lines JOIN products USING (product_id) WHERE subcategory = '히터'`, 0, 0.06},
		"stores are full at the weekend":     {`SELECT count(*) FILTER (isodow(ordered_at) > 5) / count(*) FROM orders WHERE channel_id = 5`, 0.42, 0.56},
		"companies rest then":                {`SELECT count(*) FILTER (isodow(ordered_at) > 5) / count(*) FROM orders WHERE channel_id = 7`, 0, 0.03},
		"few come back":                      {`SELECT (SELECT sum(quantity) FROM returns) / sum(quantity) FROM order_lines`, 0.015, 0.05},
		"a visit in sixty is an order":       {`SELECT sum(orders) / sum(visits) FROM web_traffic`, 0.01, 0.03},
		"strangers write to the help desk":   {`SELECT count(*) FROM support_tickets WHERE body LIKE '%<!channel>%' OR body ILIKE '%ignore all previous%' OR body LIKE '%이전 지시%'`, 1, 60},
		"some of the tickets are in English": {`SELECT count(*) FILTER (language = 'en') / count(*) FROM support_tickets`, 0.04, 0.1},
	} {
		if x := one(t, db, c.query); x < c.low || x > c.high {
			t.Errorf("%s: %.4g, not within %g and %g", name, x, c.low, c.high)
		}
	}
}

func TestEnsureMakesOnceAndCleansUp(t *testing.T) {
	dir := t.TempDir()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	now := time.Date(2024, 2, 1, 9, 0, 0, 0, time.FixedZone("KST", 9*3600))
	for _, name := range []string{"demo-20240110-v1.duckdb", "demo-20240131-v1.duckdb", "demo-20240131-v1.duckdb.new", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	progress := 0
	var wg sync.WaitGroup
	paths, errs := make([]string, 3), make([]error, 3)
	for i := range paths { // as several processes would
		wg.Go(func() {
			var report func(int, int)
			if i == 0 {
				report = func(done, total int) { progress = 100 * done / total }
			}
			paths[i], errs[i] = demo.Ensure(t.Context(), dir, now, logger, report)
		})
	}
	wg.Wait()
	want := filepath.Join(dir, "demo-20240201-v1.duckdb")
	for i := range paths {
		if errs[i] != nil || paths[i] != want {
			t.Fatalf("%q %v", paths[i], errs[i])
		}
	}
	if progress != 0 && progress != 100 {
		t.Errorf("progress ended at %d %%", progress)
	}
	if last := one(t, open(t, want), "SELECT count(DISTINCT ordered_at::DATE) FROM orders"); last != 31 {
		t.Errorf("%g days of January", last)
	}
	names := []string{}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"demo-20240131-v1.duckdb", "demo-20240201-v1.duckdb", "demo.lock", "notes.txt"}, names); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

func TestEnsureRefusesAClockBeforeTheData(t *testing.T) {
	_, err := demo.Ensure(t.Context(), t.TempDir(), time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC), slog.Default(), nil)
	if err == nil || !strings.Contains(err.Error(), "2024-01-01") {
		t.Errorf("%v", err)
	}
}

func TestGenerateStopsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	dir := t.TempDir()
	_, err := demo.Ensure(ctx, dir, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), slog.Default(), func(done, _ int) {
		if done == 3 {
			cancel(errors.New("enough"))
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "demo-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
