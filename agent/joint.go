package agent

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bapsang/bapsang/store"
)

// Those who ask the same at the same time wait for one answer, at whichever process they
// ask: an answer of the language model costs calls of which there are few. Who computes it
// says so in the store, and goes on saying so; whoever finds that waits, and is told its
// steps. That is worth its writes only for the model: what the data answer by themselves
// is there before anybody had looked.

// kindFlight are answers being computed, by memory key.
const kindFlight = "flight"

const (
	// flightBeat is how often who computes says that it goes on.
	flightBeat = 2 * time.Second
	// flightLost is how long nothing is heard of one that is taken to be gone.
	flightLost = 8 * time.Second
)

// under is an answer that is being computed.
type under struct {
	By   string `json:"by"`   // the question
	Beat int    `json:"beat"` // counts on: whoever reads need not compare clocks
	// Alone is set when it has ended without an answer that others may have: each computes
	// its own, and none waits for another.
	Alone bool       `json:"alone,omitempty"`
	Steps []toldStep `json:"steps,omitempty"`
}

// toldStep is a Step as other processes are told it.
type toldStep struct {
	Text  string        `json:"text"`
	Name  string        `json:"name,omitempty"`
	Plan  []string      `json:"plan,omitempty"`
	Parts []int         `json:"parts,omitempty"`
	Ahead int           `json:"ahead,omitempty"`
	Wait  time.Duration `json:"wait,omitempty"`
	Note  string        `json:"note,omitempty"`
}

func (t toldStep) step() Step {
	return Step{Text: t.Text, Name: t.Name, Plan: t.Plan, Parts: t.Parts, Ahead: t.Ahead, Wait: t.Wait, Note: t.Note}
}

func flightTopic(key string) string { return kindFlight + ":" + key }

// joint is the flights of all processes.
type joint struct {
	store store.Store
	log   *slog.Logger
}

// do has fn compute the answer of key, unless another process is doing so: then its steps
// are told, and recall, which looks for the answer, is asked when it has ended. fn says
// whether others may have what it made. A store that fails is no reason not to answer.
func (j *joint) do(ctx context.Context, key, question string, step func(Step), recall func() *Answer, fn func(step func(Step)) (answer *Answer, shared bool, err error)) (*Answer, error) {
	if question == "" {
		question = rand.Text()
	}
	woken, stop := context.WithCancel(ctx)
	defer stop()
	changed := j.store.Listen(woken, flightTopic(key))
	w := &waiting{}
	for {
		if w.began() {
			if answer := recall(); answer != nil {
				return answer, nil
			}
		}
		mine, other, err := j.lead(ctx, key, question, w)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			j.log.WarnContext(ctx, "agent: not known whether another process answers the same", "error", err)
		case mine:
			return j.fly(ctx, key, question, step, recall, fn)
		}
		if err != nil || other.Alone {
			answer, _, err := fn(step)
			return answer, err
		}
		w.tell(other, step)
		if err := rest(ctx, changed); err != nil {
			return nil, err
		}
	}
}

// has reports whether some process computes the answer of key now. A store that fails knows
// of none.
func (j *joint) has(ctx context.Context, key string) bool {
	var u under
	err := j.store.View(ctx, func(tx store.ReadTx) error {
		data, err := tx.Get(kindFlight, key)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, &u)
	})
	return err == nil && !u.Alone
}

// rest waits until something may have changed.
func rest(ctx context.Context, changed <-chan struct{}) error {
	again := time.NewTimer(flightBeat)
	defer again.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-changed:
	case <-again.C:
	}
	return nil
}

// waiting is what somebody who waits has seen of the flight.
type waiting struct {
	last  under
	since time.Time // when it last changed, by our clock
	steps int       // that were told
}

// began reports whether a flight was seen.
func (w *waiting) began() bool { return !w.since.IsZero() }

// lost reports whether u has not been heard of for too long.
func (w *waiting) lost(u under) bool {
	return w.began() && u.By == w.last.By && u.Beat == w.last.Beat && time.Since(w.since) >= flightLost
}

func (w *waiting) tell(u under, step func(Step)) {
	if !w.began() || u.By != w.last.By || u.Beat != w.last.Beat {
		w.since = time.Now()
	}
	if u.By != w.last.By {
		w.steps = 0
	}
	w.last = u
	for ; w.steps < len(u.Steps); w.steps++ {
		step(u.Steps[w.steps].step())
	}
}

// lead makes the flight the question's when there is none, or none any more. Who has
// waited for one that ended without an answer for others is told so: all of them compute
// their own then, at once and not one after the other.
func (j *joint) lead(ctx context.Context, key, question string, w *waiting) (mine bool, other under, err error) {
	err = j.store.Update(ctx, func(tx store.Tx) error {
		mine, other = false, under{}
		data, err := tx.Get(kindFlight, key)
		if err == nil {
			err = json.Unmarshal(data, &other)
		}
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && other.By == question: // in a run that was broken off
		case err != nil:
			return err
		case other.Alone:
			if w.began() && other.By == w.last.By {
				return nil
			}
		case !w.lost(other):
			return nil
		}
		mine = true
		return j.put(tx, key, under{By: question})
	})
	return mine, other, err
}

// fly computes the answer, and tells the others how it goes.
func (j *joint) fly(ctx context.Context, key, question string, step func(Step), recall func() *Answer, fn func(step func(Step)) (*Answer, bool, error)) (*Answer, error) {
	told := &telling{}
	over := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() { j.beat(ctx, key, question, told, over) })
	land := func(alone bool) {
		close(over)
		beating.Wait()
		j.land(ctx, key, question, alone)
	}
	// Somebody may have been answered since this question looked.
	if answer := recall(); answer != nil {
		land(false)
		return answer, nil
	}
	landed := false
	defer func() {
		if !landed {
			land(false) // fn panics
		}
	}()
	answer, shared, err := fn(func(s Step) {
		told.add(s)
		step(s)
	})
	landed = true
	// One that was broken off says nothing of the question.
	land(!shared && ctx.Err() == nil)
	return answer, err
}

// telling is the steps that the others are to be told.
type telling struct {
	mu    sync.Mutex
	steps []toldStep
}

// maxTold bounds what the others are told.
const maxTold = 50

func (t *telling) add(s Step) {
	if s.Text == "" {
		return // what can be said meanwhile is of the asker's own
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.steps) < maxTold {
		t.steps = append(t.steps, toldStep{Text: s.Text, Name: s.Name, Plan: s.Plan, Parts: s.Parts, Ahead: s.Ahead, Wait: s.Wait, Note: s.Note})
	}
}

func (t *telling) all() []toldStep {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]toldStep(nil), t.steps...)
}

// beat says again and again that the flight goes on.
func (j *joint) beat(ctx context.Context, key, question string, told *telling, over <-chan struct{}) {
	again := time.NewTicker(flightBeat)
	defer again.Stop()
	for n := 1; ; n++ {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-again.C:
		}
		err := j.change(ctx, key, question, func(tx store.Tx) error {
			return j.put(tx, key, under{By: question, Beat: n, Steps: told.all()})
		})
		if err != nil && ctx.Err() == nil {
			j.log.WarnContext(ctx, "agent: other processes not told that an answer is being computed", "error", err)
		}
	}
}

// landWithin bounds what is written after the question's context has ended.
const landWithin = 5 * time.Second

// land says that the flight has ended.
func (j *joint) land(ctx context.Context, key, question string, alone bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), landWithin)
	defer cancel()
	err := j.change(ctx, key, question, func(tx store.Tx) error {
		if alone {
			return j.put(tx, key, under{By: question, Alone: true})
		}
		tx.Notify(flightTopic(key))
		return tx.Delete(kindFlight, key)
	})
	if err != nil {
		j.log.WarnContext(ctx, "agent: other processes wait in vain for an answer", "error", err)
	}
}

// change changes a flight while it is the question's.
func (j *joint) change(ctx context.Context, key, question string, fn func(tx store.Tx) error) error {
	return j.store.Update(ctx, func(tx store.Tx) error {
		var is under
		data, err := tx.Get(kindFlight, key)
		if err == nil {
			err = json.Unmarshal(data, &is)
		}
		if errors.Is(err, store.ErrNotFound) || err == nil && is.By != question {
			return nil // others took it for lost
		}
		if err != nil {
			return err
		}
		return fn(tx)
	})
}

func (j *joint) put(tx store.Tx, key string, u under) error {
	data, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("encode flight: %w", err)
	}
	tx.Notify(flightTopic(key))
	return tx.Put(kindFlight, key, data)
}
