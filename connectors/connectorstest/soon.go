package connectorstest

import (
	"math"
	"testing"
	"time"
)

// soonTries is how often something may be slow before it is a mistake.
const soonTries = 10

// Soon fails unless one of several tries at what is named, each of which tells how long it
// took, takes at most so long. A machine with much else to do adds to some of them; a
// mistake adds to all.
func Soon(t testing.TB, what string, most time.Duration, try func() time.Duration) {
	t.Helper()
	least := time.Duration(math.MaxInt64)
	for range soonTries {
		if least = min(least, try()); least <= most || t.Failed() {
			return
		}
	}
	t.Errorf("took %s or more in %d tries, and may take %s: %.200s", least, soonTries, most, what)
}
