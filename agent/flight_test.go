package agent

import (
	"slices"
	"testing"
)

// TestWhoFollowsIsToldTheLastStep has the answer come while one who waits for it hears of a
// step: what was told after that is told to it as well.
func TestWhoFollowsIsToldTheLastStep(t *testing.T) {
	for range 100 { // what is ready at once is chosen from by chance
		c := &call{done: make(chan struct{}), more: make(chan struct{})}
		c.tell(Step{Text: "waits"})
		var heard []string
		c.follow(t.Context(), func(s Step) {
			if heard = append(heard, s.Text); len(heard) == 1 {
				c.tell(Step{Text: "its turn"})
				close(c.done)
			}
		})
		if !slices.Equal(heard, []string{"waits", "its turn"}) {
			t.Fatalf("heard %q", heard)
		}
	}
}
