package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// How long a question waits for a source that is asked too much already, or is not there. It
// costs no attempt: those are for what breaks.
const (
	roomLeast = time.Second
	roomMost  = time.Minute
	roomFor   = 10 * time.Minute
)

// forRoom is when to ask again a source whose contract had no room for a question, or that
// says when it is looked for again; 0 when that is not what is the matter, or has been for
// too long.
func (d *Desk) forRoom(q *Question, err error) time.Duration {
	var e *connectors.Error
	if !errors.As(err, &e) || e.After <= 0 || d.now().Sub(q.AskedAt) > roomFor {
		return 0
	}
	if e.Code != connectors.CodeExhausted && e.Code != connectors.CodeUnavailable {
		return 0
	}
	return min(max(e.After, roomLeast), roomMost)
}

// await puts a question back until a source may have room again, or is there again. That it
// is not there is said meanwhile.
func (d *Desk) await(ctx context.Context, claim store.Claim, q *Question, why error, pause time.Duration) error {
	var e *connectors.Error
	if !errors.As(why, &e) || e.Code != connectors.CodeUnavailable {
		return store.Snooze{For: pause}
	}
	note := e.Text(q.Language) + " " + textFor(q.Language).awaited
	if q.Note == note {
		return store.Snooze{For: pause}
	}
	err := claim.Commit(ctx, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		fresh.Steps, fresh.Plan, fresh.Note = nil, nil, note
		*q = *fresh
		return saveQuestion(tx, q)
	})
	if err != nil {
		return fmt.Errorf("put back: %w", err)
	}
	if q.Ref == nil {
		return store.Snooze{For: pause}
	}
	if err := d.show(ctx, q); err != nil && ctx.Err() == nil {
		d.cfg.Logger.DebugContext(ctx, "desk: not told that a source is awaited", "question", q.ID, "error", err)
	}
	return store.Snooze{For: pause}
}
