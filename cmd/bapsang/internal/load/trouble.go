package load

import (
	"context"
	"fmt"
	"time"
)

// KillEvery kills a replica every so often, one after the other, and starts it again at
// once, until the day is over.
func (f *Fleet) KillEvery(ctx context.Context, d Day, every time.Duration) (troubles []Trouble, err error) {
	began := time.Now()
	for i, at := 0, every; at < d.Length; i, at = i+1, at+every {
		if !wait(ctx, time.Until(began.Add(d.Real(at)))) {
			return troubles, ctx.Err()
		}
		r := f.Replicas[i%len(f.Replicas)]
		t := Trouble{From: time.Now(), Replica: r.program.Key}
		if err := r.Kill(); err != nil {
			return troubles, fmt.Errorf("kill a replica: %w", err)
		}
		err := r.Start(ctx)
		t.To = time.Now()
		troubles = append(troubles, t) // it was killed, even where the day ends before it is back
		if err != nil {
			return troubles, err
		}
	}
	return troubles, nil
}

// Down has the model answer nobody from a time of the day on, for so long.
func (m *Model) Down(ctx context.Context, d Day, from, length time.Duration) []Trouble {
	if !wait(ctx, d.Real(from)) {
		return nil
	}
	t := Trouble{From: time.Now(), Idle: true}
	m.down.Store(true)
	defer m.down.Store(false)
	wait(ctx, d.Real(length))
	t.To = time.Now()
	return []Trouble{t}
}
