package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/usage"
	"github.com/bapsang/bapsang/store"
)

// The limits of what goes on going wrong.
const (
	// maxFailures is how many issues in a row may fail before the subscription is
	// disabled.
	maxFailures = 5
	// reconcileFor is how long it is looked for what became of an unknown delivery.
	reconcileFor = 7 * 24 * time.Hour
)

// settle writes o, and when nothing is left to do for it, how it ended.
func (s *Service) settle(tx store.Tx, o *Occurrence) error {
	now := s.cfg.Now()
	counts := map[Status]int{}
	var worst *Delivery
	for n := range o.Deliveries {
		d := &o.Deliveries[n]
		counts[d.Status]++
		if d.Status == Due || d.Status == Sending {
			if o.Look.After(now) {
				return s.look(tx, o, o.Look)
			}
			return s.look(tx, o, now.Add(lookEvery))
		}
		if d.Status == Unknown && d.Error == "" {
			d.Error = "the process ended while it was posted"
		}
		if worst == nil || d.Status == Failed || d.Status == Skipped && worst.Status == Sent {
			worst = d
		}
	}
	o.Reason, o.Say = "", ""
	switch {
	case counts[Unknown] > 0:
		o.Status = Unknown
	case counts[Sent] > 0:
		o.Status = Sent
	case worst == nil:
		o.Status, o.Reason = Skipped, ReasonNoRecipients
	default:
		o.Status, o.Reason, o.Say = worst.Status, worst.Reason, worst.Say
	}
	if !o.EndedAt.IsZero() {
		return s.rest(tx, o) // conclusions were drawn the first time
	}
	o.EndedAt = now
	s.metrics.ended(o, now)
	return s.account(tx, o)
}

// count keeps what reports need of an occurrence that has ended. A test counts for nothing.
func (s *Service) count(tx store.Tx, o *Occurrence) error {
	if o.Origin == AsTest {
		return nil
	}
	sub, err := loadSubscription(tx, o.Subscription)
	if err != nil {
		return err
	}
	row := usage.Issue{Kind: string(sub.Subject.Kind)}
	for _, d := range o.Deliveries {
		switch d.Status {
		case Sent:
			row.Sent++
		case Skipped:
			row.Skipped++
		case Unknown:
			row.Unknown++
		default:
			row.Failed++
		}
	}
	if len(o.Deliveries) == 0 && o.Status == Failed {
		row.Failed = 1
	} else if len(o.Deliveries) == 0 {
		row.Skipped = 1
	}
	if row.Sent+row.Unknown == 0 {
		row.Reason = string(o.Reason)
	}
	return usage.PutIssue(tx, o.Key(), o.Due, row)
}

// rest writes an occurrence that has ended. One that is unknown is kept in view.
func (s *Service) rest(tx store.Tx, o *Occurrence) error {
	if err := s.count(tx, o); err != nil {
		return err
	}
	if o.Status == Unknown {
		return s.look(tx, o, o.EndedAt.Add(reconcileFor))
	}
	return s.look(tx, o, time.Time{})
}

// account draws the conclusions from an occurrence that has just ended: who is told, and
// whether the subscription goes on.
func (s *Service) account(tx store.Tx, o *Occurrence) error {
	if err := s.rest(tx, o); err != nil {
		return err
	}
	sub, err := loadSubscription(tx, o.Subscription)
	if err != nil {
		return err
	}
	if o.Origin == AsTest {
		if o.Status == Failed {
			return s.tell(tx, sub, o, o.To.Thread, "failed", s.failureText(sub, o))
		}
		return nil
	}
	if o.Origin == ByHand {
		return s.tellOwner(tx, sub, o)
	}
	before := sub.Failures
	switch o.Status {
	case Failed:
		sub.Failures++
	case Sent, Skipped:
		sub.Failures = 0
	}
	if why := sub.broken(o); why != "" && sub.State == Active {
		if err := s.disable(tx, sub, why, o.Say); err != nil {
			return err
		}
		text := fmt.Sprintf(wordsFor(sub.Owner.language(sub)).disabled, plain(sub.Name()), why.Sentence(sub.Owner.language(sub)))
		if o.Say != "" {
			text += "\n" + o.Say
		}
		return s.tell(tx, sub, o, sub.Owner.Direct(), "disabled", text)
	}
	if sub.Failures != before {
		if err := save(tx, kindSubscription, sub.ID, sub); err != nil {
			return err
		}
	}
	return s.tellOwner(tx, sub, o)
}

// broken says why the subscription cannot go on after o; empty when it can.
func (s *Subscription) broken(o *Occurrence) Reason {
	var final Reason
	for _, d := range o.Deliveries {
		if d.Status == Skipped {
			continue
		}
		if d.Status != Failed || d.Reason != ReasonGone && d.Reason != ReasonDenied && d.Reason != ReasonRefused {
			final = ""
			break
		}
		final = d.Reason
	}
	if final == "" && s.Failures >= maxFailures {
		return ReasonFailing
	}
	return final
}

func (p Person) language(sub *Subscription) string {
	if p.Language != "" {
		return p.Language
	}
	return sub.Language
}

// tellOwner tells the owner, and nobody else, what went wrong with an issue. A recipient
// that is gone is told of once.
func (s *Service) tellOwner(tx store.Tx, sub *Subscription, o *Occurrence) error {
	if o.Status == Unknown {
		language := sub.Owner.language(sub)
		text := fmt.Sprintf(wordsFor(language).unknown, plain(sub.Name()), dueText(o.Due, language))
		return s.tell(tx, sub, o, sub.Owner.Direct(), "unknown", text)
	}
	failed, news := 0, o.Status == Failed && len(o.Deliveries) == 0
	for _, d := range o.Deliveries {
		if d.Status != Failed {
			continue
		}
		failed++
		if d.Reason != ReasonGone && d.Reason != ReasonDenied {
			news = true
			continue
		}
		gone := o.Subscription + "/gone/" + d.To.key()
		told, err := exists(tx, kindTold, gone)
		if err != nil {
			return err
		}
		if !told {
			news = true
			if err := tx.Put(kindTold, gone, nil); err != nil {
				return err
			}
		}
	}
	if !news {
		return nil
	}
	return s.tell(tx, sub, o, sub.Owner.Direct(), "failed", s.failureText(sub, o))
}

func (s *Service) failureText(sub *Subscription, o *Occurrence) string {
	language := sub.Owner.language(sub)
	w := wordsFor(language)
	failed, why, say := 0, o.Reason, o.Say
	for _, d := range o.Deliveries {
		if d.Status == Failed {
			failed++
			why, say = d.Reason, d.Say
		}
	}
	name, due := plain(sub.Name()), dueText(o.Due, language)
	text := fmt.Sprintf(w.failed, name, due, why.Sentence(language))
	if failed > 0 && failed < len(o.Deliveries) {
		text = fmt.Sprintf(w.some, name, due, len(o.Deliveries), failed, why.Sentence(language))
	}
	if say != "" {
		text += "\n" + say
	}
	return text
}

// notice is something to be told to one person.
type notice struct {
	Key      string     `json:"key"`
	To       bot.Thread `json:"to"`
	Language string     `json:"language"`
	Text     string     `json:"text"`
	Number   string     `json:"number"`
}

// tell has text told once for each occurrence and matter.
func (s *Service) tell(tx store.Tx, sub *Subscription, o *Occurrence, to bot.Thread, matter, text string) error {
	n := notice{
		Key: jobNotice + "/" + o.Key() + "/" + matter, To: to, Language: sub.Owner.language(sub), Text: text, Number: sub.ID,
	}
	payload, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode notice: %w", err)
	}
	_, _, err = tx.Enqueue(store.NewJob{Kind: jobNotice, Unique: n.Key, Payload: payload, Background: true, MaxAttempts: maxAttempts})
	return err
}

// notify posts a notice. One that cannot be told is written down for the operators.
func (s *Service) notify(ctx context.Context, claim store.Claim) error {
	var n notice
	if err := decode(claim.Job().Payload, &n); err != nil {
		return fmt.Errorf("decode notice: %w", err)
	}
	poster := s.cfg.Posters[n.To.Platform]
	if poster == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.PostTimeout)
	defer cancel()
	_, err := poster.Post(limited, n.To, bot.Message{
		Kind: bot.KindNotice, Language: n.Language, Text: n.Text, Key: n.Key, Again: claim.Job().Attempt > 1, Number: n.Number,
	})
	var e *bot.Error
	if errors.As(err, &e) && (e.Code == bot.CodeGone || e.Code == bot.CodeDenied) {
		s.cfg.Logger.WarnContext(ctx, "digest: notice cannot be told", "notice", n.Key, "error", err)
		return nil
	}
	return err
}

// reconcile has it found out what became of the unknown deliveries of a subscription's
// other occurrences.
func (s *Service) reconcile(tx store.Tx, sub *Subscription, but string) error {
	var open []*Occurrence
	var bad error
	err := tx.Scan(kindOccurrence, store.Range{Prefix: sub.ID + "/", Reverse: true}, func(key string, value []byte) bool {
		if key == but {
			return true
		}
		var o Occurrence
		if bad = decode(value, &o); bad != nil {
			return false
		}
		if o.Status == Unknown {
			open = append(open, &o)
		}
		return true
	})
	if err := errors.Join(err, bad); err != nil {
		return err
	}
	for _, o := range open {
		if err := s.reconcileOne(tx, sub, o); err != nil {
			return err
		}
	}
	return nil
}

// reconcileOne lets the unknown deliveries of o be looked for.
func (s *Service) reconcileOne(tx store.Tx, sub *Subscription, o *Occurrence) error {
	if sub.State != Active || s.cfg.Now().After(o.EndedAt.Add(reconcileFor)) {
		return nil
	}
	for n := range o.Deliveries {
		d := &o.Deliveries[n]
		if d.Status != Unknown && d.Status != Sending {
			continue
		}
		if err := s.enqueueSend(tx, o, d, true); err != nil {
			return err
		}
	}
	return save(tx, kindOccurrence, o.Key(), o)
}

// reconcileAll does so for everything that is open when a process starts.
func (s *Service) reconcileAll(ctx context.Context) {
	for after := ""; ; {
		batch, err := s.batch(ctx, kindOpen, after, "~")
		if err != nil || len(batch) == 0 {
			if err != nil && ctx.Err() == nil {
				s.cfg.Logger.ErrorContext(ctx, "digest: unknown deliveries were not looked for", "error", err)
			}
			return
		}
		after = batch[len(batch)-1]
		err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
			for _, entry := range batch {
				_, key, _ := strings.Cut(entry, "/")
				if err := s.reconcileKey(tx, key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.ErrorContext(ctx, "digest: unknown deliveries were not looked for", "error", err)
			return
		}
	}
}

func (s *Service) reconcileKey(tx store.Tx, key string) error {
	o, err := load[Occurrence](tx, kindOccurrence, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || o.Status != Unknown {
		return err
	}
	sub, err := loadSubscription(tx, o.Subscription)
	if err != nil {
		return err
	}
	return s.reconcileOne(tx, sub, o)
}

// sweep makes sure that what is open is worked on. A job whose process died on it too
// often has ended without anybody writing down what that means.
func (s *Service) sweep(ctx context.Context, now time.Time) error {
	if err := s.forgetIssues(ctx, now); err != nil {
		return err
	}
	for after := ""; ; {
		batch, err := s.batch(ctx, kindOpen, after, stamp(now))
		if err != nil || len(batch) == 0 {
			return err
		}
		after = batch[len(batch)-1]
		for _, entry := range batch {
			_, key, _ := strings.Cut(entry, "/")
			if err := s.sweepOne(ctx, entry, key, now); err != nil {
				return err
			}
		}
	}
}

func (s *Service) sweepOne(ctx context.Context, entry, key string, now time.Time) error {
	dead, err := s.deadJobs(ctx, key)
	if err != nil {
		return err
	}
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		o, err := load[Occurrence](tx, kindOccurrence, key)
		if errors.Is(err, store.ErrNotFound) {
			return tx.Delete(kindOpen, entry)
		}
		if err != nil {
			return err
		}
		if stamp(o.Look)+"/"+key != entry {
			return tx.Delete(kindOpen, entry)
		}
		if o.ended() {
			return s.look(tx, o, time.Time{})
		}
		if slices.Contains(dead, o.Job) && o.Status == Due {
			o.Status, o.Reason, o.EndedAt = Failed, ReasonLost, now
			return s.account(tx, o)
		}
		for n := range o.Deliveries {
			d := &o.Deliveries[n]
			switch lost := slices.Contains(dead, d.Job) || d.Job == "" && slices.Contains(dead, d.Issue); {
			case lost && d.Status == Due:
				d.end(Failed, ReasonLost, now)
			case lost && d.Status == Sending:
				d.Status = Unknown
			}
		}
		if o.Status == Due {
			return s.look(tx, o, now.Add(lookEvery))
		}
		return s.settle(tx, o)
	})
}

// deadJobs returns the jobs of an occurrence that have ended, and the issues that it
// waits for whose rendering has.
func (s *Service) deadJobs(ctx context.Context, key string) (dead []string, err error) {
	jobs := map[string]string{} // job → what is dead with it
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		o, err := load[Occurrence](tx, kindOccurrence, key)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		jobs[o.Job] = o.Job
		for _, d := range o.Deliveries {
			if d.Job != "" {
				jobs[d.Job] = d.Job
				continue
			}
			i, err := load[issue](tx, kindIssue, d.Issue)
			if err == nil && d.Status == Due {
				jobs[i.Job] = d.Issue
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for job, what := range jobs {
		if job == "" {
			continue
		}
		j, _, err := s.cfg.Queue.Peek(ctx, job)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err != nil || j.State == store.Done || j.State == store.Failed || j.State == store.Cancelled {
			dead = append(dead, what)
		}
	}
	return dead, nil
}
