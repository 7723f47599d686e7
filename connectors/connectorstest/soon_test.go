package connectorstest_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors/connectorstest"
)

// judged is a test that notes whether it failed.
type judged struct {
	testing.TB
	failed bool
}

func (j *judged) Helper()               {}
func (j *judged) Errorf(string, ...any) { j.failed = true }
func (j *judged) Failed() bool          { return j.failed }

func TestSoonForgivesABusyMachineAndNoMistake(t *testing.T) {
	for name, c := range map[string]struct {
		slow, tries int // how often it is slow; how often it is tried
		fails       bool
	}{
		"quick": {0, 1, false}, "slow for a while": {4, 5, false}, "slow": {1000, 10, true},
	} {
		j, tries := &judged{TB: t}, 0
		connectorstest.Soon(j, name, time.Second, func() time.Duration {
			if tries++; tries <= c.slow {
				return 2 * time.Second
			}
			return time.Second
		})
		if tries != c.tries || j.failed != c.fails {
			t.Errorf("%s: %d tries, failed %v", name, tries, j.failed)
		}
	}
}
