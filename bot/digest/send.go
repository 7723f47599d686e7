package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// sendJob is the payload of a job that sends.
type sendJob struct {
	Occurrence string `json:"occurrence"`
	To         string `json:"to"` // Recipient.key
	// Reconcile is set for one that only finds out what became of an unknown delivery:
	// it is tried once, however late.
	Reconcile bool `json:"reconcile,omitempty"`
}

func (s *Service) enqueueSend(tx store.Tx, o *Occurrence, d *Delivery, reconcile bool) error {
	payload, err := json.Marshal(sendJob{Occurrence: o.Key(), To: d.To.key(), Reconcile: reconcile})
	if err != nil {
		return fmt.Errorf("encode delivery: %w", err)
	}
	unique := jobSend + "/" + o.Key() + "/" + d.To.key()
	if reconcile {
		unique += "/" + strconv.Itoa(d.Tries)
	}
	d.Job, _, err = tx.Enqueue(store.NewJob{
		Kind: jobSend, Unique: unique, Payload: payload, Background: o.Origin == ByClock, MaxAttempts: maxAttempts,
	})
	if err != nil {
		return fmt.Errorf("enqueue delivery: %w", err)
	}
	return nil
}

// send posts one delivery.
func (s *Service) send(ctx context.Context, claim store.Claim) error {
	var job sendJob
	if err := decode(claim.Job().Payload, &job); err != nil {
		return fmt.Errorf("decode delivery: %w", err)
	}
	var a *attempt
	err := claim.Commit(ctx, func(tx store.Tx) (err error) {
		a, err = s.attempt(tx, job)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case a == nil:
		return claim.Finish(ctx, store.Done, nil)
	case a.yield:
		return store.Snooze{For: s.cfg.PostTimeout}
	}
	// Until here nothing was posted; from here on nobody can know before it is written.
	refs, failure := s.post(ctx, a)
	if cause := context.Cause(ctx); failure != nil && cause != nil {
		return cause
	}
	return s.posted(ctx, claim, job, a, refs, failure)
}

// attempt is one try to post a delivery.
type attempt struct {
	poster   bot.Poster
	thread   bot.Thread
	messages []bot.Message
	// ambiguous is set when an earlier try may have posted.
	ambiguous bool
	until     time.Time
	// yield is set when another try may be under way: nothing is posted yet.
	yield bool
}

// attempt decides whether a delivery is to be posted now, and writes down that it is
// before anything is. It returns nil when there is nothing to post.
func (s *Service) attempt(tx store.Tx, job sendJob) (*attempt, error) {
	o, err := load[Occurrence](tx, kindOccurrence, job.Occurrence)
	if err != nil {
		return nil, err
	}
	d := o.delivery(job.To)
	if d == nil || d.Status.final() {
		return nil, nil
	}
	sub, err := loadSubscription(tx, o.Subscription)
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	if d.Status == Sending && !d.Yielded {
		// Whoever was at it died, or is about to write how it went. Its call has come to an
		// end after so long, and the platform can tell what came of it. The queue measures
		// the time: the clocks of two processes may differ by more.
		d.Yielded = true
		return &attempt{yield: true}, save(tx, kindOccurrence, o.Key(), o)
	}
	if why := s.unwanted(sub, o, d); why != "" {
		switch {
		case d.Status != Due:
			d.Status = Unknown
		case why == ReasonMissed && d.Tries > 0:
			d.end(Failed, ReasonUnavailable, now)
		default:
			d.end(Skipped, why, now)
		}
		return nil, s.settle(tx, o)
	}
	messages, why, err := s.compose(tx, sub, o, d)
	if err != nil {
		return nil, err
	}
	if why != "" {
		d.end(Skipped, why, now)
		return nil, s.settle(tx, o)
	}
	a := &attempt{
		poster: s.cfg.Posters[d.To.Thread.Platform], thread: d.To.Thread, messages: messages,
		ambiguous: d.Status != Due, until: sub.until(o.Due),
	}
	for n := range a.messages {
		a.messages[n].Key = d.key(o, n)
		a.messages[n].Again = a.ambiguous
	}
	if a.poster == nil {
		d.end(Failed, ReasonGone, now)
		return nil, s.settle(tx, o)
	}
	d.Status, d.SendAt, d.Yielded = Sending, now, false
	d.Tries++
	return a, save(tx, kindOccurrence, o.Key(), o)
}

// unwanted says why a delivery is not to be posted after all.
func (s *Service) unwanted(sub *Subscription, o *Occurrence, d *Delivery) Reason {
	if why := s.moot(sub, o); why != "" {
		return why
	}
	if d.Status == Due && s.cfg.Now().After(sub.until(o.Due)) {
		return ReasonMissed
	}
	if o.Origin == AsTest {
		return ""
	}
	for _, r := range sub.To {
		if r.key() == d.To.key() {
			return ""
		}
	}
	return ReasonEdited
}

// lateAfter is from when on it is said that something comes late.
const lateAfter = 15 * time.Minute

// compose returns what to post of a delivery, or why it is skipped.
func (s *Service) compose(tx store.Tx, sub *Subscription, o *Occurrence, d *Delivery) ([]bot.Message, Reason, error) {
	w := wordsFor(sub.Language)
	if d.Told {
		text := fmt.Sprintf(w.noRights, plain(sub.Name()))
		return []bot.Message{{Kind: bot.KindNotice, Language: sub.Language, Text: text, Number: sub.ID}}, "", nil
	}
	i, err := load[issue](tx, kindIssue, d.Issue)
	if err != nil {
		return nil, "", err
	}
	if i.Content == nil {
		return nil, "", fmt.Errorf("issue %s is sent before it is rendered", d.Issue)
	}
	if why, err := s.decide(tx, sub, o, d, i); err != nil || why != "" {
		return nil, why, err
	}
	if d.Status != Sending {
		d.Late = d.Late || o.Origin == ByClock && (o.Missed > 0 || s.cfg.Now().Sub(o.Due) > lateAfter)
	}
	messages := append([]bot.Message{i.Content.Message}, i.Content.Details...)
	for n := range messages {
		if messages[n].Language == "" {
			messages[n].Language = sub.Language
		}
	}
	first := &messages[0]
	if d.Late {
		note := fmt.Sprintf(w.late, dueText(o.Due, sub.Language))
		if o.Missed > 0 {
			note = fmt.Sprintf(w.lateMany, dueText(o.Due, sub.Language), o.Missed)
		}
		first.Text = note + "\n\n" + first.Text
	}
	if s.cfg.Decorate != nil {
		s.cfg.Decorate(sub, first)
	}
	return messages, "", nil
}

// post posts the messages of a try, in PostTimeout all together: whoever takes over waits
// no longer. Those after the first go to its thread.
func (s *Service) post(ctx context.Context, a *attempt) (refs []bot.Ref, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.PostTimeout)
	defer cancel()
	thread := a.thread
	for n, msg := range a.messages {
		ref, err := a.poster.Post(ctx, thread, msg)
		if err != nil {
			return refs, fmt.Errorf("post message %d of %d: %w", n+1, len(a.messages), err)
		}
		refs = append(refs, ref)
		thread = refs[0].Thread
	}
	return refs, nil
}

// posted writes down how a try went. What the platform did not take is tried again while
// there is time.
func (s *Service) posted(ctx context.Context, claim store.Claim, job sendJob, a *attempt, refs []bot.Ref, failure error) error {
	now := s.cfg.Now()
	write := claim.Commit
	if failure == nil {
		write = func(ctx context.Context, fn func(store.Tx) error) error { return claim.Finish(ctx, store.Done, fn) }
	}
	var wait time.Duration
	err := write(ctx, func(tx store.Tx) error {
		wait = 0
		o, err := load[Occurrence](tx, kindOccurrence, job.Occurrence)
		if err != nil {
			return err
		}
		d := o.delivery(job.To)
		if d == nil || d.Status != Sending {
			return nil
		}
		if failure == nil {
			d.Refs, d.Error = refs, ""
			d.end(Sent, "", now)
			if d.Told {
				d.end(Skipped, ReasonNoRights, now)
				err = tx.Put(kindTold, o.Subscription+"/"+d.To.key(), nil)
			} else {
				err = s.remember(tx, o, d)
			}
			return errors.Join(err, s.settle(tx, o))
		}
		d.Error = clip(failure.Error())
		d.outcome(failure, a.ambiguous || len(refs) > 0, now)
		if d.Status.final() {
			return s.settle(tx, o)
		}
		next, more := backoff(d.Tries), d.Tries < maxTries
		if d.Status == Due {
			// The platform has much to do, such as the other digests of the morning.
			next, more = min(next, maxBusy), true
		}
		if !job.Reconcile && more && !now.Add(next).After(a.until) {
			wait = next
			return s.look(tx, o, now.Add(next).Add(lookEvery))
		}
		if d.Status == Due {
			d.end(Failed, ReasonUnavailable, now)
			return s.settle(tx, o)
		}
		// Most likely it is there, so the next issue goes on from it.
		return errors.Join(s.remember(tx, o, d), s.settle(tx, o))
	})
	if err != nil || failure == nil {
		return err
	}
	s.cfg.Logger.WarnContext(ctx, "digest: not posted", "issue", job.Occurrence, "to", job.To, "error", failure, "again", wait)
	if wait > 0 {
		return store.Snooze{For: wait}
	}
	return claim.Finish(ctx, store.Done, nil)
}

// outcome is what a failed try makes of the delivery. Nothing was posted only where the
// platform says so.
func (d *Delivery) outcome(failure error, ambiguous bool, now time.Time) {
	var e *bot.Error
	d.Status = Unknown
	if !errors.As(failure, &e) {
		return
	}
	switch e.Code {
	case bot.CodeGone:
		d.end(Failed, ReasonGone, now)
	case bot.CodeDenied:
		d.end(Failed, ReasonDenied, now)
	case bot.CodeBusy:
		if !ambiguous {
			d.Status = Due
		}
	}
}
