package digest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest/schedule"
	"github.com/bapsang/bapsang/store"
)

// Actor is who wants something done, and where they say so: what goes to that channel
// they may look at.
type Actor struct {
	Person
	In bot.Thread
}

// Draft is a subscription to be made.
type Draft struct {
	// Key makes making it twice harmless, such as the id of the press that asked for it:
	// the second time returns what the first made. Empty for none.
	Key      string
	Title    string
	To       []Recipient // empty means the actor alone
	Subject  Subject
	Language string // empty means the actor's
	Schedule schedule.Schedule
	Skip     Skip
	Alert    *Alert
	CatchUp  time.Duration
	Jitter   time.Duration
}

// Edit is what to change of a subscription; nil fields stay as they are.
type Edit struct {
	Title    *string
	To       *[]Recipient
	Subject  *Subject
	Language *string
	Schedule *schedule.Schedule
	Skip     *Skip
	Alert    **Alert
	CatchUp  *time.Duration
	Owner    *Person // hands it over
}

// Create makes a subscription of by's. Errors that by can do something about are *Error
// here and in all other operations.
func (s *Service) Create(ctx context.Context, by Actor, draft Draft) (sub *Subscription, err error) {
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		sub, err = s.create(tx, by, draft)
		return err
	})
	if err != nil {
		return nil, err
	}
	return sub, nil
}

func (s *Service) create(tx store.Tx, by Actor, draft Draft) (*Subscription, error) {
	key := part(by.Principal) + "/" + draft.Key
	if draft.Key != "" {
		id, err := tx.Get(kindCreated, key)
		if err == nil {
			return loadSubscription(tx, string(id))
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	now := s.cfg.Now()
	sub := &Subscription{
		Title: strings.TrimSpace(draft.Title), Owner: by.Person, To: slices.Clone(draft.To), Subject: draft.Subject, Language: draft.Language,
		Schedule: draft.Schedule, Skip: draft.Skip, Alert: draft.Alert, CatchUp: draft.CatchUp, Jitter: draft.Jitter,
		State: Active, CreatedAt: now,
	}
	if len(sub.To) == 0 {
		sub.To = []Recipient{by.To()}
	}
	if sub.Language == "" {
		sub.Language = by.Language
	}
	if err := s.check(sub, now); err != nil {
		return nil, err
	}
	var err error
	if sub.ID, err = newID(tx); err != nil {
		return nil, err
	}
	if err := s.room(tx, sub); err != nil {
		return nil, err
	}
	sub.changed(Change{At: now, By: by.Principal, What: "created"})
	s.plan(sub, now)
	if draft.Key != "" {
		if err := tx.Put(kindCreated, key, []byte(sub.ID)); err != nil {
			return nil, err
		}
	}
	if err := list(tx, sub); err != nil {
		return nil, err
	}
	return sub, s.commit(tx, sub, time.Time{}, now)
}

// commit writes sub, and the occurrence that is due before anybody will look.
func (s *Service) commit(tx store.Tx, sub *Subscription, before, now time.Time) error {
	if err := saveSubscription(tx, sub, before); err != nil {
		return err
	}
	if sub.State != Active || sub.Next.IsZero() || sub.Next.After(now.Add(s.cfg.Horizon)) {
		return nil
	}
	return s.materialise(tx, sub, now)
}

// plan sets when sub is due next after t.
func (s *Service) plan(sub *Subscription, t time.Time) {
	due, ok := sub.Schedule.Next(t, s.cfg.Workdays)
	sub.Next, sub.NextLocal = due.At, due.Local
	if !ok {
		sub.Next, sub.NextLocal = time.Time{}, ""
	}
}

// The limits of what people write, in characters.
const (
	maxTitle    = 200
	maxQuestion = 4000
	maxParams   = 16 << 10 // bytes, names and values together
)

func (s *Service) check(sub *Subscription, now time.Time) error {
	switch {
	case s.cfg.Renderers[sub.Subject.Kind] == nil:
		return &Error{Code: CodeKind, Text: string(sub.Subject.Kind)}
	case len([]rune(sub.Title)) > maxTitle, len([]rune(sub.Subject.Question)) > maxQuestion, sub.Subject.params() > maxParams:
		return &Error{Code: CodeTooLong}
	case sub.Subject.Kind == KindQuestion && strings.TrimSpace(sub.Subject.Question) == "":
		return &Error{Code: CodeNoQuestion}
	case sub.Subject.Kind == KindAlert && !sub.Alert.valid():
		return &Error{Code: CodeAlert}
	case sub.Subject.Kind != KindAlert && sub.Alert != nil:
		return &Error{Code: CodeAlert}
	case sub.Owner.Principal == "":
		return &Error{Code: CodeDenied}
	case sub.CatchUp < 0 || sub.Jitter < 0:
		return &Error{Code: CodeSchedule}
	}
	switch sub.Skip {
	case SendAlways, SkipEmpty, SkipUnchanged:
	default:
		return &Error{Code: CodeSkip, Text: string(sub.Skip)}
	}
	if sub.Language != "ko" {
		sub.Language = "en"
	}
	if err := s.checkRecipients(sub); err != nil {
		return err
	}
	if err := sub.Schedule.Check(now, s.cfg.Workdays, s.cfg.Limits.Interval); err != nil {
		return &Error{Code: CodeSchedule, Err: err, Text: sub.Schedule.String()}
	}
	return nil
}

func (s Subject) params() (size int) {
	for name, value := range s.Params {
		size += len(name) + len(value)
	}
	return size + len(s.Analyst)
}

func (a *Alert) valid() bool {
	if a == nil {
		return false
	}
	switch a.Kind {
	case AlertAbove, AlertBelow:
		return !math.IsNaN(a.Threshold) && !math.IsInf(a.Threshold, 0)
	case AlertChange:
		return a.Threshold > 0 && !math.IsInf(a.Threshold, 0)
	case AlertAnomaly:
		return true
	}
	return false
}

// checkRecipients refuses those that cannot be reached and drops those named twice.
func (s *Service) checkRecipients(sub *Subscription) error {
	seen := map[string]bool{}
	sub.To = slices.DeleteFunc(sub.To, func(r Recipient) bool {
		again := seen[r.key()]
		seen[r.key()] = true
		return again
	})
	if len(sub.To) == 0 || len(sub.To) > s.cfg.Limits.Recipients {
		return &Error{Code: CodeRecipients, Limit: s.cfg.Limits.Recipients}
	}
	for _, r := range sub.To {
		if s.cfg.Posters[r.Thread.Platform] == nil || r.Thread.Channel == "" || r.Thread.Only != "" {
			return &Error{Code: CodeUnreachable, Text: r.Name}
		}
		if r.Thread.Direct == (r.Principal == "") {
			return &Error{Code: CodeUnreachable, Text: r.Name} // a person needs rights, a channel has nobody's
		}
	}
	return nil
}

// room refuses a subscription too many. sub itself does not count.
func (s *Service) room(tx store.ReadTx, sub *Subscription) error {
	count := func(kind, prefix string, limit int) (bool, error) {
		ids, err := keys(tx, kind, prefix+"/", limit+1)
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == sub.ID })
		return len(ids) < limit, err
	}
	ok, err := count(kindOwner, part(sub.Owner.Principal), s.cfg.Limits.PerOwner)
	if err != nil {
		return err
	}
	if !ok {
		return &Error{Code: CodeOwnerLimit, Limit: s.cfg.Limits.PerOwner}
	}
	for _, r := range sub.To {
		if r.Thread.Direct {
			continue // bounded by who owns them
		}
		ok, err := count(kindChannel, channelKey(r.Thread), s.cfg.Limits.PerChannel)
		if err != nil {
			return err
		}
		if !ok {
			return &Error{Code: CodeChannelLimit, Limit: s.cfg.Limits.PerChannel}
		}
	}
	return nil
}

// owns reports whether by may change sub.
func (s *Service) owns(by Actor, sub *Subscription) bool {
	return by.Principal != "" && (by.Principal == sub.Owner.Principal || s.cfg.Admin(by.Principal))
}

// sees reports whether by may look at sub: its owner, its recipients, and whoever speaks
// in a channel that it goes to.
func (s *Service) sees(by Actor, sub *Subscription) bool {
	if s.owns(by, sub) {
		return true
	}
	return slices.ContainsFunc(sub.To, func(r Recipient) bool {
		if r.Thread.Direct {
			return by.Principal != "" && r.Principal == by.Principal
		}
		return by.In.Channel != "" && channelKey(r.Thread) == channelKey(by.In)
	})
}

// Get returns a subscription that by may look at.
func (s *Service) Get(ctx context.Context, by Actor, id string) (sub *Subscription, err error) {
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		sub, err = s.visible(tx, by, id)
		return err
	})
	return sub, err
}

// visible loads a subscription for by. Whoever may not look at it is not told that it
// is there.
func (s *Service) visible(tx store.ReadTx, by Actor, id string) (*Subscription, error) {
	sub, err := loadSubscription(tx, strings.ToLower(strings.TrimSpace(id)))
	if err != nil {
		return nil, err
	}
	if !s.sees(by, sub) {
		return nil, &Error{Code: CodeNotFound, ID: id}
	}
	return sub, nil
}

// Mine lists by's own subscriptions that have not ended, oldest first.
func (s *Service) Mine(ctx context.Context, by Actor) ([]*Subscription, error) {
	return s.listed(ctx, kindOwner, part(by.Principal), s.cfg.Limits.PerOwner)
}

// Here lists the subscriptions that go to the channel of thread and have not ended,
// oldest first.
func (s *Service) Here(ctx context.Context, thread bot.Thread) ([]*Subscription, error) {
	return s.listed(ctx, kindChannel, channelKey(thread), s.cfg.Limits.PerChannel)
}

func (s *Service) listed(ctx context.Context, kind, prefix string, most int) (subs []*Subscription, err error) {
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		subs = nil
		ids, err := keys(tx, kind, prefix+"/", most)
		if err != nil {
			return err
		}
		for _, id := range ids {
			sub, err := loadSubscription(tx, id)
			if err != nil {
				return err
			}
			subs = append(subs, sub)
		}
		return nil
	})
	slices.SortStableFunc(subs, func(a, b *Subscription) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return subs, err
}

// change loads what by may change, lets fn do so, and writes it down as c.
func (s *Service) change(ctx context.Context, by Actor, id string, fn func(tx store.Tx, sub *Subscription, now time.Time) error) (sub *Subscription, err error) {
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if sub, err = s.visible(tx, by, id); err != nil {
			return err
		}
		if !s.owns(by, sub) {
			return &Error{Code: CodeDenied, ID: sub.ID}
		}
		if sub.State == Ended {
			return &Error{Code: CodeEnded, ID: sub.ID}
		}
		now, before := s.cfg.Now(), sub.Next
		if err := fn(tx, sub, now); err != nil {
			return err
		}
		return s.commit(tx, sub, before, now)
	})
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// Edit changes a subscription as it was in version; a newer one is a conflict.
func (s *Service) Edit(ctx context.Context, by Actor, id string, version int, edit Edit) (*Subscription, error) {
	return s.change(ctx, by, id, func(tx store.Tx, sub *Subscription, now time.Time) error {
		if sub.Version != version {
			return &Error{Code: CodeConflict, ID: sub.ID}
		}
		if err := unlist(tx, sub); err != nil {
			return err
		}
		fields := edit.apply(sub)
		if err := s.check(sub, now); err != nil {
			return err
		}
		if err := s.room(tx, sub); err != nil {
			return err
		}
		sub.changed(Change{At: now, By: by.Principal, What: "edited", Fields: fields})
		if slices.Contains(fields, "schedule") && sub.State == Active {
			s.plan(sub, now)
		}
		return list(tx, sub)
	})
}

// apply changes sub and returns the names of the fields that became different.
func (e Edit) apply(sub *Subscription) (fields []string) {
	set := func(name string, given bool, change func()) {
		if given {
			change()
			fields = append(fields, name)
		}
	}
	set("title", e.Title != nil && *e.Title != sub.Title, func() { sub.Title = strings.TrimSpace(*e.Title) })
	set("to", e.To != nil, func() { sub.To = slices.Clone(*e.To) })
	set("subject", e.Subject != nil, func() { sub.Subject = *e.Subject })
	set("language", e.Language != nil && *e.Language != sub.Language, func() { sub.Language = *e.Language })
	set("schedule", e.Schedule != nil && *e.Schedule != sub.Schedule, func() { sub.Schedule = *e.Schedule })
	set("skip", e.Skip != nil && *e.Skip != sub.Skip, func() { sub.Skip = *e.Skip })
	set("alert", e.Alert != nil, func() { sub.Alert = *e.Alert })
	set("catch_up", e.CatchUp != nil && *e.CatchUp != sub.CatchUp, func() { sub.CatchUp = *e.CatchUp })
	set("owner", e.Owner != nil, func() { sub.Owner = *e.Owner })
	return fields
}

// Pause keeps a subscription from being sent until Resume. Pausing twice changes
// nothing.
func (s *Service) Pause(ctx context.Context, by Actor, id string) (*Subscription, error) {
	return s.change(ctx, by, id, func(_ store.Tx, sub *Subscription, now time.Time) error {
		if sub.State == Paused {
			return nil
		}
		sub.State, sub.Reason, sub.Say = Paused, "", ""
		sub.Next, sub.NextLocal = time.Time{}, ""
		sub.changed(Change{At: now, By: by.Principal, What: "paused"})
		return nil
	})
}

// Resume makes a paused or disabled subscription active again, from now on: what was due
// in between is not sent.
func (s *Service) Resume(ctx context.Context, by Actor, id string) (*Subscription, error) {
	return s.change(ctx, by, id, func(_ store.Tx, sub *Subscription, now time.Time) error {
		if sub.State == Active {
			return nil
		}
		if err := s.check(sub, now); err != nil {
			return err
		}
		sub.State, sub.Reason, sub.Say, sub.Failures = Active, "", "", 0
		s.plan(sub, now)
		sub.changed(Change{At: now, By: by.Principal, What: "resumed"})
		return nil
	})
}

// End ends a subscription for good. Its history stays.
func (s *Service) End(ctx context.Context, by Actor, id string) (*Subscription, error) {
	return s.change(ctx, by, id, func(tx store.Tx, sub *Subscription, now time.Time) error {
		sub.State, sub.Reason, sub.Say = Ended, "", ""
		sub.Next, sub.NextLocal = time.Time{}, ""
		sub.changed(Change{At: now, By: by.Principal, What: "ended"})
		return unlist(tx, sub)
	})
}

// RunNow sends an issue as of now to the recipients, whatever the rules of skipping say,
// and returns its key for Occurrence. press makes running it twice harmless, such as the
// id of the press that asked for it.
func (s *Service) RunNow(ctx context.Context, by Actor, id, press string) (string, error) {
	return s.byHand(ctx, by, id, press, ByHand)
}

// TestToMe sends an issue as of now to by alone, with by's rights. It counts for nothing:
// not as the last issue, nor as a failure.
func (s *Service) TestToMe(ctx context.Context, by Actor, id, press string) (string, error) {
	return s.byHand(ctx, by, id, press, AsTest)
}

func (s *Service) byHand(ctx context.Context, by Actor, id, press string, origin Origin) (key string, err error) {
	err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		sub, err := s.visible(tx, by, id)
		switch {
		case err != nil:
			return err
		case origin == ByHand && !s.owns(by, sub):
			return &Error{Code: CodeDenied, ID: sub.ID}
		case sub.State == Ended:
			return &Error{Code: CodeEnded, ID: sub.ID}
		}
		now := s.cfg.Now().In(sub.Schedule.Location())
		o := &Occurrence{
			Subscription: sub.ID, Due: now, Origin: origin, By: by.Principal, Schedule: sub.Schedule.String(),
			Local: now.Format(schedule.LocalLayout) + "~" + string(origin) + "~" + part(press), Status: Due,
		}
		if origin == AsTest {
			o.To = by.To()
			if s.cfg.Posters[o.To.Thread.Platform] == nil {
				return &Error{Code: CodeUnreachable, Text: by.Name}
			}
		}
		// The same press may come in another minute.
		pressed := sub.ID + "/" + string(origin) + "/" + press
		if before, err := tx.Get(kindCreated, pressed); err == nil {
			key = string(before)
			return nil
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		key = o.Key()
		if err := tx.Put(kindCreated, pressed, []byte(key)); err != nil {
			return err
		}
		return s.begin(tx, sub, o, now)
	})
	return key, err
}

// Occurrence returns one issue of a subscription that by may look at.
func (s *Service) Occurrence(ctx context.Context, by Actor, key string) (o *Occurrence, err error) {
	id, _, _ := strings.Cut(key, "/")
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		if _, err := s.visible(tx, by, id); err != nil {
			return err
		}
		o, err = load[Occurrence](tx, kindOccurrence, key)
		if errors.Is(err, store.ErrNotFound) {
			return &Error{Code: CodeNotFound, ID: key}
		}
		return err
	})
	return o, err
}

// History returns the last issues of a subscription that by may look at, newest first:
// what was sent, to whom, and what was skipped or failed and why.
func (s *Service) History(ctx context.Context, by Actor, id string, most int) (out []*Occurrence, err error) {
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		out = nil
		sub, err := s.visible(tx, by, id)
		if err != nil {
			return err
		}
		var bad error
		err = tx.Scan(kindOccurrence, store.Range{Prefix: sub.ID + "/", Reverse: true}, func(key string, value []byte) bool {
			if len(out) >= most {
				return false
			}
			var o Occurrence
			if bad = decode(value, &o); bad != nil {
				bad = fmt.Errorf("decode occurrence %s: %w", key, bad)
				return false
			}
			out = append(out, &o)
			return true
		})
		return errors.Join(err, bad)
	})
	return out, err
}

// NextDue is when the subscription is due next as of now, also where that issue is being
// prepared already; false when it is due no more.
func (s *Service) NextDue(sub *Subscription) (schedule.Due, bool) {
	if sub.State != Active {
		return schedule.Due{}, false
	}
	return sub.Schedule.Next(s.cfg.Now(), s.cfg.Workdays)
}
