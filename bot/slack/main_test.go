package slack_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// waiters is how many tests run at once: they wait for rates and deadlines much longer
// than they compute. More would starve one another of the processor under -race.
const waiters = "6"

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := flag.Set(f.Name, waiters); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
