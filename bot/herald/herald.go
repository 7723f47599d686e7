// Package herald tells those who keep an analyst, or the source that it answers from, what it
// has lost of its tables: once for each change, however often somebody asks, however many
// processes there are and however often they start; and once more when all is well again.
//
// What is lost stands in the store (package agent/drift), and beside it what each place was
// told. A job of the queue sends what is between the two, after nothing more has changed for a
// while: a table that is made anew within a migration is gone for nobody. The message is
// written down before it is posted, so that a process which takes over posts the same.
package herald

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// jobTell is the kind of the jobs: tell one place.
const jobTell = "drift_tell"

// kindTold are the documents, by place.
const kindTold = "drift_told"

// Keeper is an analyst, and who keeps it.
type Keeper struct {
	Analyst string
	Title   string // as people call it; empty means its name
	Written bool   // somebody wrote its definition
	To      []bot.Thread
}

// Config is what a Service needs. All fields are required unless said otherwise.
type Config struct {
	Store   store.Store
	Posters map[string]bot.Poster // by platform
	// Keepers are the analysts that there are now.
	Keepers func() []Keeper
	// Sources are who keeps the sources, by their names; To is told of all. Either may be
	// empty.
	Sources map[string][]bot.Thread
	To      []bot.Thread
	// Language is that of what is told, "ko" or "en".
	Language string
	Location *time.Location
	// After is how long nothing more must have changed before something is told; 0 means two
	// minutes.
	After time.Duration
	// Retry is how long after a platform did not take a message it is tried again; 0 means a
	// minute.
	Retry  time.Duration
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means slog.Default()
}

// Service tells. Its methods may be called concurrently.
type Service struct {
	cfg Config

	mu      sync.Mutex
	cancel  context.CancelFunc // nil when not running
	running sync.WaitGroup
}

// New returns a service. It tells nothing until Start.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Keepers == nil || cfg.Location == nil {
		return nil, errors.New("herald: store, keepers and location are required")
	}
	if cfg.After == 0 {
		cfg.After = 2 * time.Minute
	}
	if cfg.Retry == 0 {
		cfg.Retry = time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Service{cfg: cfg}, nil
}

// Handlers are the service's jobs for store.WorkOptions.
func (s *Service) Handlers() map[string]store.Handler {
	return map[string]store.Handler{jobTell: s.tell}
}

// lookEvery is how often it is looked whether something is untold, besides when something
// changes: what a platform has refused is tried again, and new owners are told.
const lookEvery = 10 * time.Minute

// Start looks what is to be told until Stop. Every process may do so.
func (s *Service) Start(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		return
	}
	ctx, s.cancel = context.WithCancel(ctx)
	changed := s.cfg.Store.Listen(ctx, drift.Topic)
	s.running.Go(func() {
		again := time.NewTicker(lookEvery)
		defer again.Stop()
		for {
			s.look(ctx)
			select {
			case <-ctx.Done():
				return
			case <-changed:
			case <-again.C:
			}
		}
	})
}

// Stop ends what Start began and waits for it.
func (s *Service) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel == nil {
		return
	}
	s.cancel()
	s.running.Wait()
	s.cancel = nil
}

// maxAttempts is how often a job may be lost with its process.
const maxAttempts = 8

// look enqueues a job for each place that is to be told something. Its key is what that is, so
// that looking often, and by several processes, makes no second one.
func (s *Service) look(ctx context.Context) {
	for _, place := range s.places() {
		err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
			n, err := s.news(tx, place)
			if err != nil || n.empty() {
				return err
			}
			payload, err := json.Marshal(place)
			if err != nil {
				return fmt.Errorf("encode place: %w", err)
			}
			_, _, err = tx.Enqueue(store.NewJob{
				Kind: jobTell, Unique: jobTell + "/" + n.key(place), Mailbox: jobTell + "/" + place.Key(), Payload: payload,
				NotBefore: s.cfg.Now().Add(s.cfg.After), MaxAttempts: maxAttempts,
			})
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.ErrorContext(ctx, "herald: what tables have lost is not told", "to", place.Key(), "error", err)
		}
	}
}

// places are all who may be told something.
func (s *Service) places() (out []bot.Thread) {
	add := func(list []bot.Thread) {
		for _, t := range list {
			if s.cfg.Posters[t.Platform] != nil && !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	for _, k := range s.cfg.Keepers() {
		add(k.To)
	}
	for _, to := range s.cfg.Sources {
		add(to)
	}
	add(s.cfg.To)
	return out
}

// lost is a loss of an analyst.
type lost struct {
	Analyst string     `json:"analyst"`
	Loss    drift.Loss `json:"loss"`
}

// told is what a place was told.
type told struct {
	Lost []lost `json:"lost"` // and not that it is well again
	// Sending is what is being posted: a process that died meanwhile may have done so.
	Sending *sending `json:"sending,omitempty"`
}

type sending struct {
	Message bot.Message `json:"message"`
	Lost    []lost      `json:"lost"` // what the place was told, once it is posted
}

// news is what a place is to be told.
type news struct {
	told    *told
	keepers []keeps // whom the place keeps
	fresh   []lost  // what it was not told, oldest first
	well    []lost  // what it was told and is well
	stand   []lost  // all that is lost now
}

// keeps is an analyst, and what it has lost.
type keeps struct {
	Keeper
	rec *drift.Record
}

func (n *news) empty() bool {
	return len(n.fresh) == 0 && len(n.well) == 0 && n.told.Sending == nil
}

// key tells what is told from all else.
func (n *news) key(place bot.Thread) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", place.Key())
	for _, list := range [][]lost{n.fresh, n.well} {
		for _, l := range list {
			fmt.Fprintf(h, "%s\x00%s\x00", l.Analyst, l.Loss.ID)
		}
		fmt.Fprint(h, "\x01")
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// news finds out what a place is to be told.
func (s *Service) news(tx store.ReadTx, place bot.Thread) (*news, error) {
	n := &news{told: &told{}}
	data, err := tx.Get(kindTold, place.Key())
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(data, n.told); err != nil {
			return nil, fmt.Errorf("read what %s was told: %w", place.Key(), err)
		}
	}
	for _, k := range s.cfg.Keepers() {
		rec, err := drift.Load(tx, k.Analyst)
		if err != nil {
			return nil, err
		}
		if rec == nil || !s.keeps(k, rec, place) {
			continue
		}
		n.keepers = append(n.keepers, keeps{k, rec})
		for _, l := range rec.Losses {
			if !s.concerns(k, rec, &l, place) {
				continue
			}
			one := lost{k.Analyst, l}
			n.stand = append(n.stand, one)
			if !slices.ContainsFunc(n.told.Lost, func(t lost) bool { return t.Analyst == k.Analyst && t.Loss.ID == l.ID }) {
				n.fresh = append(n.fresh, one)
			}
		}
		for _, t := range n.told.Lost {
			if t.Analyst == k.Analyst && !rec.Covers(&t.Loss) {
				n.well = append(n.well, t)
			}
		}
	}
	slices.SortStableFunc(n.fresh, func(a, b lost) int { return a.Loss.At.Compare(b.Loss.At) })
	return n, nil
}

// keeps reports whether a place is told of an analyst, or of one of its sources.
func (s *Service) keeps(k Keeper, rec *drift.Record, place bot.Thread) bool {
	sources := rec.Sources
	if len(sources) == 0 {
		sources = []string{rec.Source}
	}
	return s.keepsAll(k, place) || slices.ContainsFunc(sources, func(name string) bool { return slices.Contains(s.cfg.Sources[name], place) })
}

// keepsAll reports whether a place is told of all that an analyst loses.
func (s *Service) keepsAll(k Keeper, place bot.Thread) bool {
	return slices.Contains(k.To, place) || slices.Contains(s.cfg.To, place)
}

// concerns reports whether a place is told of a loss: who keeps one of several sources is of
// those there.
func (s *Service) concerns(k Keeper, rec *drift.Record, l *drift.Loss, place bot.Thread) bool {
	source, _ := rec.Home(l.Change)
	return s.keepsAll(k, place) || slices.Contains(s.cfg.Sources[source], place)
}

// tell has a place know what it was not told yet.
func (s *Service) tell(ctx context.Context, claim store.Claim) error {
	var place bot.Thread
	if err := json.Unmarshal(claim.Job().Payload, &place); err != nil {
		return fmt.Errorf("decode place: %w", err)
	}
	poster := s.cfg.Posters[place.Platform]
	if poster == nil {
		return nil
	}
	for {
		next, wait, err := s.prepare(ctx, claim, place)
		switch {
		case err != nil:
			return err
		case wait > 0:
			return store.Snooze{For: wait}
		case next == nil:
			return claim.Finish(ctx, store.Done, nil)
		}
		if _, err := poster.Post(ctx, place, next.Message); err != nil {
			return s.refused(ctx, claim, place, err)
		}
		err = claim.Commit(ctx, func(tx store.Tx) error { return save(tx, place, &told{Lost: next.Lost}) })
		if err != nil {
			return err
		}
	}
}

// maxWait is how many times After is waited at most while more and more changes.
const maxWait = 10

// prepare writes down what is to be posted now, before anything is; nil where that is nothing,
// or how long is to be waited because something has only just changed.
func (s *Service) prepare(ctx context.Context, claim store.Claim, place bot.Thread) (next *sending, wait time.Duration, err error) {
	err = claim.Commit(ctx, func(tx store.Tx) error {
		next, wait = nil, 0
		n, err := s.news(tx, place)
		if err != nil {
			return err
		}
		if next = n.told.Sending; next != nil {
			next.Message.Again = true
			return nil
		}
		if n.empty() {
			return nil
		}
		if len(n.fresh) > 0 {
			now := s.cfg.Now()
			quiet, since := now.Sub(n.fresh[len(n.fresh)-1].Loss.At), now.Sub(n.fresh[0].Loss.At)
			if quiet >= 0 && quiet < s.cfg.After && since < maxWait*s.cfg.After {
				wait = s.cfg.After - quiet
				return nil
			}
		}
		next = &sending{Message: s.message(n), Lost: n.stand}
		next.Message.Key = jobTell + "/" + n.key(place)
		n.told.Sending = next
		return save(tx, place, n.told)
	})
	return next, wait, err
}

// refused takes in that a platform did not take a message.
func (s *Service) refused(ctx context.Context, claim store.Claim, place bot.Thread, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var e *bot.Error
	if errors.As(err, &e) && (e.Code == bot.CodeGone || e.Code == bot.CodeDenied) {
		// Nobody but an operator can help, who reads the log and /fleet.
		s.cfg.Logger.ErrorContext(ctx, "herald: nobody is told what tables have lost: the place takes no message", "to", place.Key(), "error", err)
		return claim.Finish(ctx, store.Failed, nil)
	}
	s.cfg.Logger.WarnContext(ctx, "herald: not told yet", "to", place.Key(), "error", err)
	return store.Snooze{For: s.cfg.Retry}
}

func save(tx store.Tx, place bot.Thread, t *told) error {
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode what was told: %w", err)
	}
	return tx.Put(kindTold, place.Key(), data)
}
