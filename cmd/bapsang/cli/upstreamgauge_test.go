package cli

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

// TestUpstreamGauge: what an operator does, and what an upstream asks for, is seen.
func TestUpstreamGauge(t *testing.T) {
	board := quota.New(quota.Options{})
	board.Gate("shop", func(time.Time) *connectors.Terms { return &connectors.Terms{} })
	board.Gate("web", func(time.Time) *connectors.Terms { return &connectors.Terms{} })
	if err := board.Flip(t.Context(), "web", quota.Switch{At: time.Now(), By: "op"}); err != nil {
		t.Fatal(err)
	}
	got := scrape(t, newUpstreamGauge(board, slog.New(slog.DiscardHandler)))
	for _, want := range []string{
		`bapsang_upstream_off{system="shop"} 0`, `bapsang_upstream_off{system="web"} 1`,
		`bapsang_upstream_pace{system="shop"} 1`, `bapsang_upstream_paused{system="shop"} 0`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %s in\n%s", want, got)
		}
	}
	if got := scrape(t, newUpstreamGauge(nil, slog.New(slog.DiscardHandler))); got != "" {
		t.Errorf("without contracts it tells\n%s", got)
	}
}
