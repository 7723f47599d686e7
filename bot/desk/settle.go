package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/store"
)

// settleEvery is how often the desk looks for questions whose job ended without
// their handler: cancelled while waiting, or lost with its worker once too often.
const settleEvery = 30 * time.Second

// settleAll settles every open question, and remembers those that wait, so that
// their askers go on hearing of their position after a restart.
func (d *Desk) settleAll(ctx context.Context) {
	var ids []string
	err := d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		ids = nil
		return tx.Scan(kindOpen, store.Range{}, func(key string, _ []byte) bool {
			ids = append(ids, key)
			return true
		})
	})
	for i := 0; err == nil && i < len(ids); i++ {
		var job store.Job
		job, _, err = d.cfg.Queue.Peek(ctx, ids[i])
		switch {
		case errors.Is(err, store.ErrNotFound):
			job = store.Job{State: store.Failed} // cleaned away, so it ended long ago
			err = d.settle(ctx, ids[i], job)
		case err == nil && job.State == store.Queued:
			d.pace.resume(ids[i])
		case err == nil:
			err = d.settle(ctx, ids[i], job)
		}
	}
	if err != nil && ctx.Err() == nil {
		d.cfg.Logger.WarnContext(ctx, "desk: open questions not settled", "error", err)
	}
}

// settle ends a question whose job has ended and says so in its thread. A question
// whose job goes on is left alone.
func (d *Desk) settle(ctx context.Context, id string, job store.Job) error {
	if job.State != store.Cancelled && job.State != store.Failed {
		return nil
	}
	d.pace.forget(id)
	var q *Question
	var ended bool
	err := d.cfg.Store.Update(ctx, func(tx store.Tx) (err error) {
		if q, err = load[Question](tx, kindQuestion, id); err != nil {
			return err
		}
		if ended = !q.Ended(); !ended {
			return nil
		}
		if job.State == store.Failed && q.Failure == nil {
			q.Failure = d.failure(errors.New("job lost"), job.Attempt)
		}
		return d.endQuestion(tx, q, job.State)
	})
	if err != nil {
		return fmt.Errorf("settle question: %w", err)
	}
	if !ended || q.Ref == nil {
		return nil
	}
	return d.show(ctx, q)
}

// resume has a waiting question told its position unless that is already done.
func (p *pace) resume(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.told[id]; !ok {
		p.told[id] = telling{ahead: -1}
	}
}
