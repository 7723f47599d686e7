//go:build !race

package demo_test

import "testing"

// The real size is made without the race detector only, under which it takes a
// minute; the smaller ones go through the same code.
func TestTheCompanyHasAMillionOrderLines(t *testing.T) {
	db := generate(t, storyDays, 1)
	if n := one(t, db, "SELECT count(*) FROM order_lines"); n < 1_000_000 {
		t.Errorf("%g order lines", n)
	}
	const limit = 150 << 20
	if size := one(t, db, "SELECT total_blocks * block_size FROM pragma_database_size()"); size > limit {
		t.Errorf("%g bytes", size)
	}
}
