//go:build unix

package load_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/load"
)

// TestASmallDay plays a short day with few people: nothing is lost, nothing doubled, and
// everybody's kind of question is answered by the rung that it is for.
func TestASmallDay(t *testing.T) {
	day := load.Day{
		People: 40, Length: 2 * time.Minute, Rush: 20 * time.Second, Think: 20 * time.Second, Scale: 20, Seed: 7,
		Exercises: 0.6, Open: 0.5,
	}
	row := play(t, scenario{name: "small"}, day, 0, 0.05)
	v := row.Verdict
	if v.Asked < 40 || v.ByRung["recall"] == 0 || v.ByRung["compose"] == 0 || v.ByRung["think"] == 0 || v.ByRung["none"] > 0 {
		t.Errorf("%+v", v)
	}
	var table strings.Builder
	if err := load.Table(&table, []load.Row{row}); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", &table)
}

// TestASmallDayOfAFleet plays it with three processes on one database, of which one is
// killed every half minute.
func TestASmallDayOfAFleet(t *testing.T) {
	day := load.Day{
		People: 30, Length: 2 * time.Minute, Rush: 20 * time.Second, Think: 20 * time.Second, Scale: 6, Seed: 8,
		Exercises: 0.6, Open: 0.5,
	}
	killed := scenario{name: "killed", trouble: func(ctx context.Context, w *world) ([]load.Trouble, error) {
		return w.fleet.KillEvery(ctx, w.day, 30*time.Second)
	}}
	row := play(t, killed, day, 3, 0.05)
	if v := row.Verdict; v.Asked < 30 || v.ByRung["think"] == 0 || v.ByRung["none"] > 0 {
		t.Errorf("%+v", v)
	}
}
