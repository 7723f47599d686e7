package fleet_test

import (
	"encoding/json"
	"testing"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
)

// A release that says no kind, and one that reads none, are understood and understand.
func TestMissingSaysItsKindInBothWays(t *testing.T) {
	for text, want := range map[string]fleet.Missing{
		`{"name":"a"}`: {Name: "a", Kind: fleet.KindSource}, `{"name":"a","analyst":true}`: {Name: "a", Kind: fleet.KindAnalyst, Analyst: true},
		`{"name":"a","analyst":true,"drift":true}`: {Name: "a", Kind: fleet.KindDrift, Analyst: true, Drift: true}, `{"name":"a","kind":"drift"}`: {Name: "a", Kind: fleet.KindDrift, Analyst: true, Drift: true},
	} {
		var m fleet.Missing
		if err := json.Unmarshal([]byte(text), &m); err != nil || m.WithKind() != want {
			t.Errorf("%s: %+v, %v", text, m.WithKind(), err)
		}
	}
}
