//go:build unix

package load_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/load"
)

// TestAKillIsToldThoughTheDayEnds has the day end while a replica that was killed is being
// started again: what it lost is explained all the same.
func TestAKillIsToldThoughTheDayEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun := filepath.Join(dir, "begun")
	f := load.NewFleet([]load.Program{{Key: "a", Path: "/bin/sh", Args: []string{"-c", `: > "$0"; exec sleep 600`, begun}, Log: filepath.Join(dir, "log")}})
	ctx, over := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	defer looking.Wait()
	defer over()
	looking.Go(func() {
		for ctx.Err() == nil {
			if found, _ := filepath.Glob(begun); len(found) > 0 {
				over()
			}
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	troubles, err := f.KillEvery(ctx, load.Day{Length: 2 * time.Second, Scale: 100}, time.Second)
	if !errors.Is(err, context.Canceled) || len(troubles) != 1 || troubles[0].Replica != "a" || !troubles[0].To.After(troubles[0].From) {
		t.Errorf("%+v, %v", troubles, err)
	}
}
