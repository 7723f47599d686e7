package desk

import (
	"context"
	"errors"
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
	turns       map[string]time.Time // by mailbox: when its question has its turn at a model
	fleet       Fleet                // nil when this process is alone
	kept        map[string]telling   // questions that wait until it is quiet
	backlog     time.Duration        // until the last of those told is begun
}

// telling is what a waiting asker was last told.
type telling struct {
	ahead int
	at    time.Time
	// greet is when to try again to post a message that the platform did not take; zero
	// for none.
	greet time.Time
}

// firstGuess is the average before anything was measured.
const firstGuess = time.Second

func newPace(concurrency int) *pace {
	return &pace{
		concurrency: concurrency, average: firstGuess,
		starts: map[string]time.Time{}, told: map[string]telling{}, turns: map[string]time.Time{}, kept: map[string]telling{},
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
	delete(p.kept, id)
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
	delete(p.kept, id)
}

// turn notes when a mailbox's question has its turn at a model; the zero time that it
// waits for none. What follows in the thread waits for as long.
func (p *pace) turn(mailbox string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.IsZero() {
		delete(p.turns, mailbox)
	} else {
		p.turns[mailbox] = at
	}
}

// eta estimates when a question with so many before it is answered, that waits for those
// of its mailbox.
func (p *pace) eta(ahead int, mailbox string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	average, slots := p.average, p.concurrency
	turn, here := p.turns[mailbox]
	if p.fleet != nil {
		a, n, elsewhere := p.fleet.Pace(mailbox)
		if n > 0 {
			average, slots = a, n
		}
		if !here {
			turn = elsewhere
		}
	}
	return average*time.Duration(ahead+slots)/time.Duration(slots) + max(turn.Sub(now), 0)
}

// turnOf is when a mailbox's question has its turn at a model, wherever it waits for it.
func (p *pace) turnOf(mailbox string) (at time.Time, waits bool) {
	if at, waits = p.turns[mailbox]; waits || p.fleet == nil {
		return at, waits
	}
	_, _, at = p.fleet.Pace(mailbox)
	return at, !at.IsZero()
}

// Turns is how long the questions of mailboxes that are worked here wait for their turn at
// a model: what other processes estimate by.
func (d *Desk) Turns() map[string]time.Duration {
	now := d.now()
	d.pace.mu.Lock()
	defer d.pace.mu.Unlock()
	out := map[string]time.Duration{}
	for mailbox, at := range d.pace.turns {
		if left := at.Sub(now); left > 0 && mailbox != "" {
			out[mailbox] = left
		}
	}
	return out
}

// Pace is how long an answer takes here, and how many are worked on at once: what other
// processes estimate by.
func (d *Desk) Pace() (average time.Duration, slots int) {
	d.pace.mu.Lock()
	defer d.pace.mu.Unlock()
	return d.pace.average, d.pace.concurrency
}

// greetLater has a waiting question's message posted again after a while.
func (p *pace) greetLater(id string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.told[id]; ok {
		p.told[id] = telling{ahead: -1, greet: at}
	}
}

// greetNow reports whether that while is over, once.
func (p *pace) greetNow(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := p.told[id]
	if last.greet.IsZero() || now.Before(last.greet) {
		return false
	}
	last.greet = now.Add(greetAgain)
	p.told[id] = last
	return true
}

// greeted ends that.
func (p *pace) greeted(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last, ok := p.told[id]; ok && !last.greet.IsZero() {
		p.told[id] = telling{ahead: -1}
	}
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

// retellEvery is how often somebody hears of a wait whose place is the same.
const retellEvery = 15 * time.Second

// worthTelling reports whether the asker should hear of the new position: always
// near the front, else when it moved by a tenth or a quarter of a minute passed. Behind
// a question that waits for a model the time is news, too.
func (p *pace) worthTelling(id string, ahead int, mailbox string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, ok := p.told[id]
	if !ok || !last.greet.IsZero() {
		return false
	}
	if turn, waits := p.turnOf(mailbox); last.ahead == ahead && !(waits && turn.After(now) && now.Sub(last.at) >= retellEvery) {
		return false
	}
	moved := last.ahead - ahead
	if last.ahead >= 0 && ahead > 10 && moved*10 < last.ahead && now.Sub(last.at) < retellEvery {
		return false
	}
	p.told[id] = telling{ahead: ahead, at: now}
	return true
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
			last := 0
			for _, id := range d.pace.due() {
				ahead, err := d.tell(ctx, id)
				if err != nil && ctx.Err() == nil {
					d.cfg.Logger.DebugContext(ctx, "desk: position not told", "question", id, "error", err)
				}
				last = max(last, ahead)
			}
			d.pace.behind(last)
		}
	}
}

// tell updates one waiting question's message when its position changed enough.
func (d *Desk) tell(ctx context.Context, id string) (ahead int, err error) {
	job, ahead, err := d.cfg.Queue.Peek(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && job.State != store.Queued {
		d.pace.forget(id)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if d.pace.greetNow(id, d.now()) {
		d.greetSoon(id)
	}
	if !d.pace.worthTelling(id, ahead, job.Mailbox, d.now()) {
		return ahead, nil
	}
	q, err := d.question(ctx, id)
	if err != nil || q.Ref == nil || q.State != store.Queued {
		return ahead, err
	}
	msg := d.message(q, &bot.Progress{Ahead: ahead, ETA: d.pace.eta(ahead, q.mailbox(), d.now())})
	if digest(msg) == q.Shown {
		return ahead, nil
	}
	if err := d.cfg.Posters[q.Thread.Platform].Update(ctx, *q.Ref, msg); err != nil {
		return ahead, err
	}
	return ahead, d.showEnd(ctx, id)
}
