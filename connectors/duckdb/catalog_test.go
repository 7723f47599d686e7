package duckdb_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

func TestCatalog(t *testing.T) {
	src := openShop(t, 1)
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cat.Source != "shop" || cat.Dialect != "duckdb" || cat.Version == "" {
		t.Errorf("catalogue of %q in %q, version %q", cat.Source, cat.Dialect, cat.Version)
	}
	if want := time.Date(2026, 2, 11, 16, 0, 0, 0, time.UTC); !cat.AsOf.Equal(want) {
		t.Errorf("as of %s, want %s", cat.AsOf, want)
	}
	rows := map[string]int64{}
	for _, table := range cat.Tables {
		rows[table.Name] = table.Rows
	}
	want := map[string]int64{"regions": 3, "customers": 50, "orders": 1000, "secrets": 1, "big_orders": 200, "mart.daily": 1}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	orders := cat.Table("orders")
	keys := []connectors.ForeignKey{
		{Columns: []string{"region_id"}, RefTable: "regions", RefColumns: []string{"id"}},
		{Columns: []string{"customer_id"}, RefTable: "customers", RefColumns: []string{"customer_id"}, Inferred: true},
	}
	if diff := cmp.Diff(keys, orders.ForeignKeys); diff != "" {
		t.Errorf("foreign keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"order_id"}, orders.PrimaryKey); diff != "" {
		t.Errorf("primary key (-want +got):\n%s", diff)
	}
	if cat.Table("regions").Comment != "지역" || orders.Column("amount").Comment != "결제 금액" {
		t.Error("comments are missing")
	}
	if keys := cat.Table("big_orders").ForeignKeys; keys != nil {
		t.Errorf("a view has keys: %v", keys)
	}
}

func TestProfiles(t *testing.T) {
	src := openShop(t, 1)
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	date := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		table, column, typ string
		kind               connectors.Kind
		profile            connectors.Profile
	}{
		{"orders", "order_id", "INTEGER", connectors.KindInteger, connectors.Profile{Distinct: 1000, Unique: true, Min: int64(1), Max: int64(1000)}},
		{"orders", "amount", "DECIMAL(12,2)", connectors.KindNumber, connectors.Profile{
			Distinct: 1000, Unique: true, Min: connectors.Decimal("1.25"), Max: connectors.Decimal("1250.00")}},
		{"orders", "ordered", "TIMESTAMP", connectors.KindTimestamp, connectors.Profile{
			Distinct: 1000, Unique: true, Min: date(2026, 1, 1, 1), Max: date(2026, 2, 11, 16)}},
		{"customers", "joined", "DATE", connectors.KindDate, connectors.Profile{
			Distinct: 50, Unique: true, Min: date(2024, 1, 2, 0), Max: date(2024, 2, 20, 0)}},
		{"customers", "vip", "BOOLEAN", connectors.KindBool, connectors.Profile{
			Distinct: 2, Values: []connectors.ValueCount{{Value: "false", Count: 38}, {Value: "true", Count: 12}}}},
		{"regions", "name", "VARCHAR", connectors.KindText, connectors.Profile{
			Distinct: 3, Unique: true, Values: []connectors.ValueCount{{Value: "대구", Count: 1}, {Value: "부산", Count: 1}, {Value: "서울", Count: 1}}}},
		{"orders", "tags", "VARCHAR[]", connectors.KindOther, connectors.Profile{Distinct: 1}},
		{"orders", "extra", "JSON", connectors.KindOther, connectors.Profile{Distinct: 1}},
	} {
		got := cat.Table(c.table).Column(c.column)
		if got.Type != c.typ || got.Kind != c.kind {
			t.Errorf("%s.%s is %s, %s", c.table, c.column, got.Type, got.Kind)
		}
		if diff := cmp.Diff(c.profile, *got.Profile); diff != "" {
			t.Errorf("%s.%s (-want +got):\n%s", c.table, c.column, diff)
		}
	}
	if note := cat.Table("orders").Column("note").Profile; note.NullShare != 0.2 || note.Distinct != 800 {
		t.Errorf("note: null share %v, distinct %d", note.NullShare, note.Distinct)
	}
}

func TestCatalogOfOddTables(t *testing.T) {
	src := open(t, duckdb.Config{Workers: 1, Path: makeDatabase(t, "odd.duckdb", `
		CREATE TABLE "주문 내역" ("결제 ""금액""" INTEGER, "select" VARCHAR);
		INSERT INTO "주문 내역" VALUES (1, 'a''b');
		CREATE SCHEMA "my.shop";
		CREATE TABLE "my.shop"."a.b" (x INTEGER);
		CREATE TABLE empty_one (a INTEGER, d DATE);
		CREATE TABLE plans (due DATE);
		INSERT INTO plans VALUES (DATE '2999-01-01');
		CREATE TABLE gone (x INTEGER);
		CREATE VIEW broken AS SELECT x FROM gone;
		DROP TABLE gone;
		CREATE TABLE many AS SELECT 'v' || i AS v, i % 3 AS g FROM range(5000) t(i);`)})
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := cat.Table("주문 내역").Column(`결제 "금액"`).Profile; p.Max != int64(1) {
		t.Errorf("profile %+v", p)
	}
	if parts := cat.Table("my.shop.a.b").Parts(); !cmp.Equal(parts, []string{"my.shop", "a.b"}) {
		t.Errorf("parts %q", parts)
	}
	if _, err := query(t, src, connectors.Statement{SQL: `SELECT x FROM "my.shop"."a.b"`}); err != nil {
		t.Error(err)
	}
	if p := cat.Table("empty_one").Column("a").Profile; !cmp.Equal(*p, connectors.Profile{}) {
		t.Errorf("profile of nothing %+v", p)
	}
	if v := cat.Table("many").Column("v").Profile; v.Values != nil || v.Distinct != 5000 || !v.Unique {
		t.Errorf("too many values: %d listed, %d distinct, unique %v", len(v.Values), v.Distinct, v.Unique)
	}
	if !cat.AsOf.IsZero() {
		t.Errorf("as of %s, from a plan", cat.AsOf)
	}
	if _, err := query(t, src, connectors.Statement{SQL: `SELECT "결제 ""금액""" FROM "주문 내역" WHERE "select" = 'a''b'`}); err != nil {
		t.Error(err)
	}
	if _, err := query(t, src, connectors.Statement{SQL: "SELECT * FROM broken"}); connectors.CodeOf(err) != connectors.CodeSQL {
		t.Errorf("broken view: %v", err)
	}
}
