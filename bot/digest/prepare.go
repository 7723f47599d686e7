package digest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// errChanged: the subscription was changed while its issue was prepared.
var errChanged = errors.New("subscription was changed meanwhile")

// prepare finds out who gets an occurrence, with which rights, and has what they get
// rendered.
func (s *Service) prepare(ctx context.Context, claim store.Claim) error {
	key := string(claim.Job().Payload)
	var o *Occurrence
	var sub *Subscription
	err := s.cfg.Store.View(ctx, func(tx store.ReadTx) (err error) {
		if o, err = load[Occurrence](tx, kindOccurrence, key); err != nil {
			return err
		}
		sub, err = loadSubscription(tx, o.Subscription)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.Status != Due {
		return nil
	}
	if why := s.moot(sub, o); why != "" {
		return s.conclude(ctx, claim, key, func(o *Occurrence, now time.Time) { o.Status, o.Reason, o.EndedAt = Skipped, why, now })
	}
	if s.left(ctx, sub.Owner.To()) {
		return claim.Finish(ctx, store.Done, func(tx store.Tx) error { return s.ownerLeft(tx, key) })
	}
	deliveries, err := s.recipients(ctx, sub, o)
	if err != nil {
		return s.prepareAgain(ctx, claim, key, sub, err)
	}
	err = claim.Finish(ctx, store.Done, func(tx store.Tx) error { return s.plannedOut(tx, key, sub, slices.Clone(deliveries)) })
	if errors.Is(err, errChanged) {
		return store.Snooze{}
	}
	return err
}

// moot says why an occurrence is not wanted any more; empty when it is.
func (s *Service) moot(sub *Subscription, o *Occurrence) Reason {
	switch {
	case sub.State == Ended:
		return ReasonEnded
	case o.Origin != ByClock:
		return ""
	case sub.State == Paused:
		return ReasonPaused
	case sub.State == Disabled:
		return ReasonDisabled
	case o.Schedule != sub.Schedule.String():
		return ReasonEdited
	case o.Status == Due && s.cfg.Now().After(sub.until(o.Due)):
		return ReasonMissed
	}
	return ""
}

// conclude ends an occurrence that was not prepared, and the job with it.
func (s *Service) conclude(ctx context.Context, claim store.Claim, key string, end func(o *Occurrence, now time.Time)) error {
	return claim.Finish(ctx, store.Done, func(tx store.Tx) error {
		o, err := load[Occurrence](tx, kindOccurrence, key)
		if err != nil || o.Status != Due {
			return err
		}
		end(o, s.cfg.Now())
		if o.Status == Failed {
			return s.account(tx, o)
		}
		return s.rest(tx, o)
	})
}

// prepareAgain writes down that preparing failed, and tries again while there is time.
func (s *Service) prepareAgain(ctx context.Context, claim store.Claim, key string, sub *Subscription, failure error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.cfg.Logger.WarnContext(ctx, "digest: not prepared", "issue", key, "error", failure)
	var wait time.Duration
	err := claim.Commit(ctx, func(tx store.Tx) error {
		o, err := load[Occurrence](tx, kindOccurrence, key)
		if err != nil {
			return err
		}
		o.Tries++
		if wait = backoff(o.Tries); o.Tries >= maxTries || s.cfg.Now().Add(wait).After(sub.until(o.Due)) {
			wait = 0
		}
		return save(tx, kindOccurrence, key, o)
	})
	if err != nil {
		return err
	}
	if wait > 0 {
		return store.Snooze{For: wait}
	}
	return s.conclude(ctx, claim, key, func(o *Occurrence, now time.Time) { o.Status, o.Reason, o.EndedAt = Failed, ReasonRender, now })
}

// left reports whether a person is known to have left. Who cannot be asked is taken to
// be there: rights are asked for besides.
func (s *Service) left(ctx context.Context, r Recipient) bool {
	people := s.cfg.People[r.Thread.Platform]
	if people == nil || !r.Thread.Direct {
		return false
	}
	p, err := people.Person(ctx, r.Thread, bot.User{ID: r.Thread.Channel, Name: r.Name})
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "digest: nobody knows who this is", "user", r.Thread.Channel, "error", err)
		return false
	}
	return p.Standing == bot.Left
}

// recipients are the deliveries of an occurrence with their rights, without anything
// written.
func (s *Service) recipients(ctx context.Context, sub *Subscription, o *Occurrence) ([]Delivery, error) {
	to := sub.To
	if o.Origin == AsTest {
		to = []Recipient{o.To}
	}
	var out []Delivery
	for _, r := range to {
		d := Delivery{To: r, Status: Due}
		if r.Thread.Direct && s.left(ctx, r) {
			d.end(Skipped, ReasonLeft, s.cfg.Now())
			out = append(out, d)
			continue
		}
		group, err := s.cfg.Rights.Group(ctx, sub, r)
		switch {
		case errors.Is(err, ErrNoRights):
			d.Reason = ReasonNoRights
		case err != nil:
			return nil, fmt.Errorf("rights of %s: %w", r.Thread.Key(), err)
		}
		d.Group = group
		out = append(out, d)
	}
	return out, nil
}

// plannedOut writes the deliveries down and has rendered what is not yet.
func (s *Service) plannedOut(tx store.Tx, key string, as *Subscription, deliveries []Delivery) error {
	o, err := load[Occurrence](tx, kindOccurrence, key)
	if err != nil || o.Status != Due {
		return err
	}
	sub, err := loadSubscription(tx, o.Subscription)
	if err != nil {
		return err
	}
	if sub.Version != as.Version {
		return errChanged
	}
	o.Status, o.BegunAt, o.Deliveries = Rendering, s.cfg.Now(), deliveries
	for n := range o.Deliveries {
		d := &o.Deliveries[n]
		switch {
		case d.Status.final():
		case d.Reason == ReasonNoRights:
			err = s.deny(tx, o, d)
		default:
			err = s.want(tx, sub, o, d)
		}
		if err != nil {
			return err
		}
	}
	if o.Origin == ByClock {
		if err := s.reconcile(tx, sub, o.Key()); err != nil {
			return err
		}
	}
	return s.settle(tx, o)
}

// want has d's content rendered, or sent when it is rendered.
func (s *Service) want(tx store.Tx, sub *Subscription, o *Occurrence, d *Delivery) error {
	m, err := loadMemory(tx, sub.ID, d.Group)
	if err != nil {
		return err
	}
	fresh := &issue{
		Subject: sub.Subject, Language: sub.Language, Zone: sub.Schedule.Zone(), Due: o.Due, Group: d.Group, Previous: m.Issue,
		Viewer: d.To, Until: sub.until(o.Due),
	}
	if d.Issue, err = fresh.key(); err != nil {
		return err
	}
	i, err := load[issue](tx, kindIssue, d.Issue)
	switch {
	case errors.Is(err, store.ErrNotFound):
		i = fresh
	case err != nil:
		return err
	case i.ended():
		return s.handOut(tx, o, d.Issue, i)
	default:
		i.Until = later(i.Until, fresh.Until)
	}
	i.Job, _, err = tx.Enqueue(store.NewJob{
		Kind: jobRender, Unique: jobRender + "/" + d.Issue, Payload: []byte(d.Issue),
		Background: o.Origin == ByClock, MaxAttempts: maxAttempts,
	})
	if err != nil {
		return fmt.Errorf("enqueue rendering: %w", err)
	}
	if err := save(tx, kindIssue, d.Issue, i); err != nil {
		return err
	}
	return tx.Put(kindWaiting, d.Issue+"/"+o.Key(), nil)
}

// deny ends a delivery to somebody without the rights, who is told so the first time.
func (s *Service) deny(tx store.Tx, o *Occurrence, d *Delivery) error {
	told, err := exists(tx, kindTold, o.Subscription+"/"+d.To.key())
	if err != nil {
		return err
	}
	if told && o.Origin != AsTest {
		d.end(Skipped, ReasonNoRights, s.cfg.Now())
		return nil
	}
	d.Told, d.Reason = true, ReasonNoRights
	return s.enqueueSend(tx, o, d, false)
}

// ownerLeft ends an occurrence whose owner is not there any more, and disables its
// subscription. Nobody is told: administrators see it in the lists.
func (s *Service) ownerLeft(tx store.Tx, key string) error {
	o, err := load[Occurrence](tx, kindOccurrence, key)
	if err != nil || o.Status != Due {
		return err
	}
	o.Status, o.Reason, o.EndedAt = Skipped, ReasonOwnerLeft, s.cfg.Now()
	if err := s.rest(tx, o); err != nil {
		return err
	}
	sub, err := loadSubscription(tx, o.Subscription)
	if err != nil || sub.State != Active {
		return err
	}
	return s.disable(tx, sub, ReasonOwnerLeft, "")
}

// disable stops a subscription for a reason that a person has to mend.
func (s *Service) disable(tx store.Tx, sub *Subscription, why Reason, say string) error {
	before := sub.Next
	sub.State, sub.Reason, sub.Say = Disabled, why, say
	sub.Next, sub.NextLocal = time.Time{}, ""
	sub.changed(Change{At: s.cfg.Now(), What: "disabled", Reason: why})
	return saveSubscription(tx, sub, before)
}
