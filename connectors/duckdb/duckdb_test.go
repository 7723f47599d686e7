package duckdb_test

import (
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

func TestSmoke(t *testing.T) {
	src := openShop(t, 1)
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tb := range cat.Tables {
		t.Log(tb.Name, tb.ForeignKeys)
		for range 0 {
		}
	}
	t.Log(cat.Version, cat.AsOf)
	for _, s := range []string{
		"select region_id, sum(amount), sum(qty), max(ordered) from orders group by 1 order by 1 -- done",
		"select * from orders limit 2;",
		"select [1.5,'nan'::double], {'a': date '2024-01-01'}, 'infinity'::date, now(), uuid(), interval 1 day, '\\xAA'::blob, 170141183460469231731687303715884105727, 1::utinyint, 'x'::json, map{'a':1}, null; -- x",
		"select * from read_text('/etc/passwd')", "select nocol from orders", "selec 1", "", "select 1; select 2", "drop table orders",
	} {
		res, err := query(t, src, connectors.Statement{SQL: s})
		t.Log(s, err)
		if res != nil {
			t.Log(res.Columns, res.Rows, res.Elapsed)
		}
	}
}
