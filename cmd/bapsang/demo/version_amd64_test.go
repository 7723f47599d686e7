package demo_test

import (
	"testing"

	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

// The file is shared by everybody who asks on a date; a changed generator must make
// another one. Whoever changes the data on purpose raises demo.Version and puts the
// new sum here. Other processors fuse multiplication and addition, which moves a few
// rows, so the sum is that of this one.
func TestVersionGoesUpWithTheData(t *testing.T) {
	const version, lines = 1, "2109 19205831068320430653456"
	if demo.Version != version {
		t.Fatalf("version %d: update this test", demo.Version)
	}
	got := checksums(t, generate(t, 45, 0.05), nil)["order_lines"]
	if got != lines {
		t.Errorf("order lines of the first 45 days are %q, not those of version %d", got, version)
	}
}
