package web_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bapsang/bapsang/bot/web"
)

// TestWhatEverybodyShouldKnow is on the page from the beginning, and comes and goes on one
// that is open.
func TestWhatEverybodyShouldKnow(t *testing.T) {
	t.Parallel()
	var busy atomic.Bool
	s := serve(t, func(c *web.Config) {
		c.Notice = func(language string) string {
			if !busy.Load() {
				return ""
			}
			return map[string]string{"ko": "지금 <붐벼요>", "en": "many ask"}[language]
		}
	})
	c := s.visit(t, "민지")
	if _, page, _ := c.get("/c/general"); !strings.Contains(page, `role="status" hidden></p>`) {
		t.Error("something to know while there is nothing")
	}
	events := c.listen("channel=general&after=0", "")
	until(t, events, "notice", `""`)
	busy.Store(true)
	until(t, events, "notice", "붐벼요")
	if _, page, _ := c.get("/c/general"); !strings.Contains(page, `role="status">지금 &lt;붐벼요&gt;</p>`) {
		t.Error("a page that is opened now does not say it")
	}
	busy.Store(false)
	until(t, events, "notice", `""`)
}
