//go:build unix

package cli_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// olderProgram names the environment variable with the program of an older release, and
// olderRelease the one that says of which. `make skew` sets both.
const (
	olderProgram = "BAPSANG_TEST_OLDER"
	olderRelease = "BAPSANG_TEST_OLDER_REF"
)

// older is the program of an older release where `make skew` has built one, and otherwise
// this one.
func older(t *testing.T) (program string, is bool) {
	t.Helper()
	program = os.Getenv(olderProgram)
	if program == "" {
		t.Logf("both releases are this one: %s names no other (make skew)", olderProgram)
		return os.Args[0], false
	}
	said, err := exec.CommandContext(t.Context(), program, "version").Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	t.Logf("from %s (%s) to this, and back", os.Getenv(olderRelease), strings.TrimSpace(string(said)))
	return program, true
}

// mix has an older release and this one work side by side, and one of each die.
func (r *rush) mix(before string) {
	r.t.Helper()
	r.program = before
	r.replace(1, true)
	r.program = os.Args[0]
	r.replace(0, true)
}

// back asks something of one process of this release and has another answer, so that not
// all is over before this release did anything, and goes back to the older one, but for
// one process.
func (r *rush) back(before string) {
	r.t.Helper()
	_, asked := r.one(0).call(r.t, "POST", "/api/v1/questions", ask("between", "지역별 건수", "between"), token)
	id, ok := asked["id"].(string)
	if !ok {
		r.t.Fatalf("asked between, this release says %v", asked)
	}
	if got := r.one(1).answer(r.t, id, token); got["state"] != "done" {
		r.t.Errorf("asked between, it is %v", got)
	}
	r.program = before
	r.replace(0, false)
	r.replace(1, false)
}

// told sees that the older release, when all have gone back to it, tells all the answers.
func (r *rush) told() {
	r.t.Helper()
	r.replace(2, false)
	for id, key := range r.ids {
		if got := r.one(2).answer(r.t, id, token); got["state"] != "done" {
			r.t.Errorf("after all went back, %s is %v", key, got["state"])
		}
	}
}
