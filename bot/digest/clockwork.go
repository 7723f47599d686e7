package digest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/bapsang/bapsang/bot/digest/schedule"
	"github.com/bapsang/bapsang/store"
)

// clockwork looks every minute for what is due. Each process has one: they do no harm to
// each other, because an occurrence is made in a transaction that looks whether it is
// there.
//
// The ticks are robfig/cron's. Nothing that a person wrote gets there: its parser, and
// what it does about clock changes, are the reasons for package schedule.
type clockwork struct {
	s       *Service
	mu      sync.Mutex
	cancel  context.CancelFunc // nil when not running
	cron    *cron.Cron
	running sync.WaitGroup
}

func newClockwork(s *Service) *clockwork { return &clockwork{s: s} }

// everyMinute is when the clockwork looks.
const everyMinute = "* * * * *"

func (c *clockwork) start(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		return
	}
	ctx, c.cancel = context.WithCancel(ctx)
	log := cronLogger{c.s.cfg.Logger}
	c.cron = cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), cron.WithChain(cron.Recover(log), cron.SkipIfStillRunning(log)))
	ticks, err := schedule.ParseCron(everyMinute, "UTC")
	if err != nil {
		panic(err) // a constant
	}
	c.cron.Schedule(schedule.Clock{Schedule: ticks}, cron.FuncJob(func() { c.s.tick(ctx) }))
	c.running.Go(func() {
		// What a process before this one left behind does not wait for the first minute.
		c.s.reconcileAll(ctx)
		c.s.tick(ctx)
	})
	c.cron.Start()
}

func (c *clockwork) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel == nil {
		return
	}
	c.cancel()
	<-c.cron.Stop().Done()
	c.running.Wait()
	c.cancel = nil
}

// cronLogger is where cron says what it does, which is only of interest when it goes
// wrong.
type cronLogger struct{ log *slog.Logger }

func (l cronLogger) Info(msg string, args ...any) { l.log.Debug("digest: clock: "+msg, args...) }

func (l cronLogger) Error(err error, msg string, args ...any) {
	l.log.Error("digest: clock: "+msg, append(args, "error", err)...)
}

// tickBatch bounds how long one transaction of the clock keeps others waiting.
const tickBatch = 100

// tick makes the occurrences that are due soon. It reads only as many subscriptions as
// are due.
func (s *Service) tick(ctx context.Context) {
	now := s.cfg.Now()
	if err := s.dueBefore(ctx, now); err != nil && ctx.Err() == nil {
		s.cfg.Logger.ErrorContext(ctx, "digest: what is due was not found", "error", err)
	}
	if err := s.sweep(ctx, now); err != nil && ctx.Err() == nil {
		s.cfg.Logger.ErrorContext(ctx, "digest: open issues were not looked at", "error", err)
	}
}

func (s *Service) dueBefore(ctx context.Context, now time.Time) error {
	limit := stamp(now.Add(s.cfg.Horizon))
	for after := ""; ; {
		batch, err := s.batch(ctx, kindNext, after, limit)
		if err != nil || len(batch) == 0 {
			return err
		}
		after = batch[len(batch)-1]
		err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
			for _, key := range batch {
				if err := s.makeDue(tx, key, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// batch reads some keys that begin with a time up to limit.
func (s *Service) batch(ctx context.Context, kind, after, limit string) (batch []string, err error) {
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		batch = nil
		return tx.Scan(kind, store.Range{After: after}, func(key string, _ []byte) bool {
			if at, _, _ := strings.Cut(key, "/"); at > limit {
				return false
			}
			batch = append(batch, key)
			return len(batch) < tickBatch
		})
	})
	return batch, err
}

// makeDue makes the occurrence that an entry of the index stands for. An entry that
// stands for nothing any more is removed.
func (s *Service) makeDue(tx store.Tx, key string, now time.Time) error {
	at, id, _ := strings.Cut(key, "/")
	sub, err := loadSubscription(tx, id)
	if err != nil {
		// One that cannot be read must not keep the others from being sent.
		s.cfg.Logger.Error("digest: subscription not read", "subscription", id, "error", err)
		return nil
	}
	if sub.State != Active || stamp(sub.Next) != at {
		return tx.Delete(kindNext, key)
	}
	return s.materialise(tx, sub, now)
}

// countMissed bounds how many missed runs are counted one by one.
const countMissed = 200

// materialise makes the occurrence of sub that is due, and plans the next. Of several
// that were missed only the last is made.
func (s *Service) materialise(tx store.Tx, sub *Subscription, now time.Time) error {
	before := sub.Next
	due, missed := schedule.Due{Local: sub.NextLocal, At: sub.Next}, 0
	for {
		next, ok := sub.Schedule.Next(due.At, s.cfg.Workdays)
		if !ok || next.At.After(now) {
			break
		}
		due = next
		if missed++; missed == countMissed {
			if near, ok := sub.Schedule.Next(now.Add(-25*time.Hour), s.cfg.Workdays); ok && near.At.After(due.At) && !near.At.After(now) {
				due = near
			}
		}
	}
	s.plan(sub, due.At)
	if err := saveSubscription(tx, sub, before); err != nil {
		return err
	}
	o := &Occurrence{
		Subscription: sub.ID, Local: due.Local, Due: due.At.In(sub.Schedule.Location()),
		Schedule: sub.Schedule.String(), Missed: missed, Status: Due,
	}
	there, err := exists(tx, kindOccurrence, o.Key())
	if err != nil || there {
		return err
	}
	if now.After(sub.until(o.Due)) {
		o.Status, o.Reason, o.EndedAt = Skipped, ReasonMissed, now
		s.metrics.ended(o, now)
		if err := errors.Join(s.trim(tx, sub.ID), s.count(tx, o)); err != nil {
			return err
		}
		return save(tx, kindOccurrence, o.Key(), o)
	}
	return s.begin(tx, sub, o, now)
}

// until is when it is too late to begin with what was due.
func (s *Subscription) until(due time.Time) time.Time {
	if s.CatchUp > 0 {
		return due.Add(s.CatchUp)
	}
	// An evening's issue has some time too.
	const least = 3 * time.Hour
	loc := s.Schedule.Location()
	y, m, d := due.In(loc).Date()
	midnight := time.Date(y, m, d+1, 0, 0, 0, 0, loc)
	if end := due.Add(least); end.After(midnight) {
		return end
	}
	return midnight
}

// begin writes an occurrence and the job that carries it out.
func (s *Service) begin(tx store.Tx, sub *Subscription, o *Occurrence, now time.Time) error {
	notBefore := o.Due
	if o.Origin == ByClock {
		notBefore = notBefore.Add(s.jitter(sub, o))
	}
	var err error
	o.Job, _, err = tx.Enqueue(store.NewJob{
		Kind: jobPrepare, Unique: jobPrepare + "/" + o.Key(), Payload: []byte(o.Key()), NotBefore: notBefore,
		// What people ask for by hand does not wait behind the morning's digests.
		Background: o.Origin == ByClock, MaxAttempts: maxAttempts,
	})
	if err != nil {
		return fmt.Errorf("enqueue issue: %w", err)
	}
	if err := s.trim(tx, sub.ID); err != nil {
		return err
	}
	return s.look(tx, o, later(now, notBefore).Add(lookEvery))
}

// maxAttempts of a job are for processes that die. What fails is tried again by what the
// documents say, at no attempt's cost.
const maxAttempts = 10

// lookEvery is how often it is made sure that an open occurrence has a job.
const lookEvery = 15 * time.Minute

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// look writes o, to be looked at again at a time; never, when that is zero.
func (s *Service) look(tx store.Tx, o *Occurrence, at time.Time) error {
	if !o.Look.IsZero() && !o.Look.Equal(at) {
		if err := tx.Delete(kindOpen, stamp(o.Look)+"/"+o.Key()); err != nil {
			return err
		}
	}
	before := o.Look
	o.Look = at
	if !at.IsZero() && !before.Equal(at) {
		if err := tx.Put(kindOpen, stamp(at)+"/"+o.Key(), nil); err != nil {
			return err
		}
	}
	tx.Notify(Topic(o.Subscription))
	return save(tx, kindOccurrence, o.Key(), o)
}

// jitter is how much later than due an occurrence begins: always the same for the same
// one, and no more than a tenth of the time until the next.
func (s *Service) jitter(sub *Subscription, o *Occurrence) time.Duration {
	spread := s.cfg.Jitter
	if sub.Jitter > 0 {
		spread = sub.Jitter
	}
	if spread = min(spread, sub.Schedule.Shortest()/10); spread <= 0 {
		return 0
	}
	return time.Duration(hash64(o.Key()) % uint64(spread)).Truncate(time.Millisecond)
}

// keepOccurrences is how many of a subscription are kept.
const keepOccurrences = 60

// trim removes the oldest occurrences of a subscription that nothing waits for.
func (s *Service) trim(tx store.Tx, id string) error {
	var old []string
	n := 0
	err := tx.Scan(kindOccurrence, store.Range{Prefix: id + "/", Reverse: true}, func(key string, value []byte) bool {
		if n++; n < keepOccurrences {
			return true
		}
		var o Occurrence
		if decode(value, &o) == nil && o.Look.IsZero() {
			old = append(old, key)
		}
		return len(old) < 20
	})
	if err != nil {
		return err
	}
	for _, key := range old {
		if err := tx.Delete(kindOccurrence, key); err != nil {
			return err
		}
	}
	return nil
}
