package desk

import (
	"context"
	"encoding/json"
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
	d.forgetOld(ctx)
	var ids []string
	err := d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		ids = nil
		return tx.Scan(kindOpen, store.Range{}, func(key string, _ []byte) bool {
			ids = append(ids, key)
			return true
		})
	})
	if err != nil && ctx.Err() == nil {
		d.cfg.Logger.WarnContext(ctx, "desk: open questions not read", "error", err)
	}
	d.settleOwed(ctx)
	for _, id := range ids {
		if ctx.Err() != nil {
			return
		}
		// What one question's platform refuses must not hold up the others.
		if err := d.settleOne(ctx, id); err != nil && ctx.Err() == nil {
			d.cfg.Logger.WarnContext(ctx, "desk: open question not settled", "question", id, "error", err)
		}
	}
}

func (d *Desk) settleOne(ctx context.Context, id string) error {
	job, _, err := d.cfg.Queue.Peek(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return d.settle(ctx, id, store.Job{State: store.Failed}) // cleaned away, so it ended long ago
	case err != nil:
		return err
	case job.State == store.Queued && job.Background: // it tells its own place
		return nil
	case job.State == store.Queued:
		return d.resume(ctx, id)
	}
	return d.settle(ctx, id, job)
}

// resume has a waiting question told its position: by one process, however many there are,
// or its message would be edited by all.
func (d *Desk) resume(ctx context.Context, id string) error {
	if d.cfg.Fleet != nil {
		q, err := d.question(ctx, id)
		if err != nil {
			return err
		}
		if !d.cfg.Fleet.Mine(id, q.Process) {
			d.pace.forget(id)
			return nil
		}
	}
	d.pace.resume(id)
	return nil
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
	return d.showOrOwe(ctx, q)
}

// showOrOwe shows how a question ended whose job is over. What the platform does not
// take now is owed, and shown when it does.
func (d *Desk) showOrOwe(ctx context.Context, q *Question) error {
	err := d.show(ctx, q)
	if err == nil {
		return nil
	}
	if q.hopeless(err) {
		d.noteUnshown(ctx, q, err)
		return nil
	}
	d.cfg.Logger.WarnContext(ctx, "desk: end not shown, trying again", "question", q.ID, "error", err)
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return d.cfg.Store.Update(keep, func(tx store.Tx) error { return tx.Put(kindOwed, q.ID, nil) })
}

// settleOwed shows what is owed.
func (d *Desk) settleOwed(ctx context.Context) {
	var ids []string
	err := d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		ids = nil
		return tx.Scan(kindOwed, store.Range{}, func(id string, _ []byte) bool {
			ids = append(ids, id)
			return true
		})
	})
	for _, id := range ids {
		if err == nil && ctx.Err() == nil {
			err = d.settleDebt(ctx, id)
		}
	}
	if err != nil && ctx.Err() == nil {
		d.cfg.Logger.WarnContext(ctx, "desk: owed ends not shown", "error", err)
	}
}

// owedFor is how long a process that shows what is owed is left alone with it.
const owedFor = time.Minute

// lease is who does something, and until when. A document without one is anybody's.
type lease struct {
	By    string    `json:"by"`
	Until time.Time `json:"until"`
}

// takeDebt takes what is owed for this process, unless another has it.
func (d *Desk) takeDebt(ctx context.Context, id string) (mine bool, err error) {
	if d.cfg.Fleet == nil {
		return true, nil
	}
	err = d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		mine = false
		held, err := tx.Get(kindOwed, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil // another has shown it
		}
		var l lease
		if err == nil && len(held) > 0 {
			err = json.Unmarshal(held, &l)
		}
		if err != nil || l.By != d.process && l.Until.After(d.now()) {
			return err
		}
		mine = true
		return save(tx, kindOwed, id, lease{By: d.process, Until: d.now().Add(owedFor)})
	})
	return mine, err
}

// settleDebt shows one end that is owed, or gives up after a day.
func (d *Desk) settleDebt(ctx context.Context, id string) error {
	if mine, err := d.takeDebt(ctx, id); err != nil || !mine {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, owedFor)
	defer cancel()
	q, err := d.question(ctx, id)
	if err != nil {
		return err
	}
	if err := d.show(ctx, q); err != nil {
		if !q.hopeless(err) && d.now().Sub(q.EndedAt) < holdFor {
			return nil
		}
		d.noteUnshown(ctx, q, err)
	}
	return d.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.Delete(kindOwed, id) })
}

// resume has a waiting question told its position unless that is already done.
func (p *pace) resume(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.told[id]; !ok {
		p.told[id] = telling{ahead: -1}
	}
}
