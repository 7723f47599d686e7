package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// tick is how often waiting questions' messages are looked at; it is also the
// fastest a message is edited, for platforms count edits.
const tick = time.Second

// pace knows which questions this process took and still wait, and how long answers
// take.
type pace struct {
	mu          sync.Mutex
	concurrency int
	average     time.Duration        // exponentially weighted, of running
	starts      map[string]time.Time // running questions
	told        map[string]telling   // waiting questions
}

// telling is what a waiting asker was last told.
type telling struct {
	ahead int
	at    time.Time
}

// firstGuess is the average before anything was measured.
const firstGuess = time.Second

func newPace(concurrency int) *pace {
	return &pace{
		concurrency: concurrency, average: firstGuess,
		starts: map[string]time.Time{}, told: map[string]telling{},
	}
}

func (p *pace) waiting(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[id] = telling{ahead: -1}
}

func (p *pace) begun(id string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.told, id)
	p.starts[id] = now
}

func (p *pace) ended(id string, now func() time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	started, ok := p.starts[id]
	if !ok {
		return
	}
	delete(p.starts, id)
	const weight = 0.2
	p.average += time.Duration(weight * float64(now().Sub(started)-p.average))
}

// forget drops a question that will not run.
func (p *pace) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.told, id)
}

// eta estimates when a question with so many before it is answered.
func (p *pace) eta(ahead int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.average * time.Duration(ahead+p.concurrency) / time.Duration(p.concurrency)
}

// due returns the waiting questions.
func (p *pace) due() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := make([]string, 0, len(p.told))
	for id := range p.told {
		ids = append(ids, id)
	}
	return ids
}

// worthTelling reports whether the asker should hear of the new position: always
// near the front, else when it moved by a tenth or a quarter of a minute passed.
func (p *pace) worthTelling(id string, ahead int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, ok := p.told[id]
	if !ok || last.ahead == ahead {
		return false
	}
	moved := last.ahead - ahead
	if last.ahead >= 0 && ahead > 10 && moved*10 < last.ahead && now.Sub(last.at) < 15*time.Second {
		return false
	}
	p.told[id] = telling{ahead: ahead, at: now}
	return true
}

// greetSoon asks a greeter to post the question's progress message. When all are
// busy nobody does, and the worker that takes the question posts it.
func (d *Desk) greetSoon(id string) {
	select {
	case d.greetings <- id:
	default:
	}
}

// greet posts progress messages until ctx ends.
func (d *Desk) greet(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-d.greetings:
			if err := d.greetOne(ctx, id); err != nil && ctx.Err() == nil {
				d.cfg.Logger.WarnContext(ctx, "desk: progress not posted", "question", id, "error", err)
			}
		}
	}
}

func (d *Desk) greetOne(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, greetFor)
	defer cancel()
	q, err := d.question(ctx, id)
	if err != nil || q.Ref != nil || q.Ended() {
		return err
	}
	_, ahead, err := d.cfg.Queue.Peek(ctx, id)
	if err != nil {
		return fmt.Errorf("peek: %w", err)
	}
	if err := d.post(ctx, q, &bot.Progress{Ahead: ahead, ETA: d.pace.eta(ahead)}); err != nil {
		return err
	}
	return d.showEnd(ctx, q.ID)
}

// showEnd shows the end of a question that came to it while its progress was on its
// way to the platform: who ended it had no message to put it into, or was overtaken.
// It does so even when the desk stops meanwhile, for nobody would mend it later.
func (d *Desk) showEnd(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	q, err := d.question(ctx, id)
	if err != nil || !q.Ended() && q.Answer == nil {
		return err
	}
	return d.show(ctx, q)
}

// post posts a question's one message and remembers where it is.
func (d *Desk) post(ctx context.Context, q *Question, p *bot.Progress) error {
	poster := d.cfg.Posters[q.Thread.Platform]
	if poster == nil {
		return nil
	}
	msg := d.message(q, p)
	ref, err := poster.Post(ctx, q.Thread, msg)
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	// The message is there: not remembering it would post a second one.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	stored, err := d.change(keep, q.ID, func(s *Question) bool {
		s.Ref, s.Shown = &ref, digest(msg)
		return true
	})
	if err != nil {
		return fmt.Errorf("remember message: %w", err)
	}
	*q = *stored
	return nil
}

// greeted makes sure that q has its message: it waits while another process may be
// posting it, and posts it otherwise.
func (d *Desk) greeted(ctx context.Context, q *Question) (*Question, error) {
	if d.cfg.Posters[q.Thread.Platform] == nil || q.Ref != nil {
		return q, nil
	}
	// More than that is left only when the clock was set back since.
	if left := q.GreetUntil.Sub(d.now()); left > 0 && left <= greetFor {
		waitCtx, cancel := context.WithTimeout(ctx, left)
		defer cancel()
		changed := d.cfg.Store.Listen(waitCtx, Topic(q.ID))
		for q.Ref == nil {
			fresh, err := d.question(ctx, q.ID)
			if err != nil {
				return q, err
			}
			if q = fresh; q.Ref != nil {
				return q, nil
			}
			if _, open := <-changed; !open {
				break
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return q, err
	}
	return q, d.post(ctx, q, &bot.Progress{})
}

// show makes the question's message say what there is to say now.
func (d *Desk) show(ctx context.Context, q *Question) error {
	poster := d.cfg.Posters[q.Thread.Platform]
	if poster == nil {
		return nil
	}
	if q.Ref == nil {
		return d.post(ctx, q, nil)
	}
	return poster.Update(ctx, *q.Ref, d.message(q, nil))
}

// showProgress shows how far a question is. A platform that does not take it now
// takes the next one.
func (d *Desk) showProgress(ctx context.Context, q *Question) {
	poster := d.cfg.Posters[q.Thread.Platform]
	if poster == nil || q.Ref == nil {
		return
	}
	if err := poster.Update(ctx, *q.Ref, d.message(q, &bot.Progress{Steps: q.Steps})); err != nil {
		d.cfg.Logger.DebugContext(ctx, "desk: progress not shown", "question", q.ID, "error", err)
	}
}

// keepPace tells those who wait how far the queue is.
func (d *Desk) keepPace(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	d.settleAll(ctx)
	lastSettled := d.now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if now := d.now(); now.Sub(lastSettled) > settleEvery {
				lastSettled = now
				d.settleAll(ctx)
			}
			for _, id := range d.pace.due() {
				if err := d.tell(ctx, id); err != nil && ctx.Err() == nil {
					d.cfg.Logger.DebugContext(ctx, "desk: position not told", "question", id, "error", err)
				}
			}
		}
	}
}

// tell updates one waiting question's message when its position changed enough.
func (d *Desk) tell(ctx context.Context, id string) error {
	job, ahead, err := d.cfg.Queue.Peek(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && job.State != store.Queued {
		d.pace.forget(id)
		return nil
	}
	if err != nil {
		return err
	}
	if !d.pace.worthTelling(id, ahead, d.now()) {
		return nil
	}
	q, err := d.question(ctx, id)
	if err != nil || q.Ref == nil || q.State != store.Queued {
		return err
	}
	msg := d.message(q, &bot.Progress{Ahead: ahead, ETA: d.pace.eta(ahead)})
	if digest(msg) == q.Shown {
		return nil
	}
	if err := d.cfg.Posters[q.Thread.Platform].Update(ctx, *q.Ref, msg); err != nil {
		return err
	}
	return d.showEnd(ctx, id)
}

// digest tells messages apart.
func digest(msg bot.Message) string {
	data, err := json.Marshal(msg)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
