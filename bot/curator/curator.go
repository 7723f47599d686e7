// Package curator brings the dates that were suggested for the calendar to the people who
// confirm them: a card for each in their channel, what they press on it done in the book,
// and every day what is to be looked up again.
package curator

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// The kinds of jobs in the queue.
const (
	jobCards = "calendar_cards" // post and update cards
	jobCheck = "calendar_check" // a day's checks
)

// The kinds of documents in the store.
const (
	kindCard = "calendar_card" // by item: what is shown of it
	kindTold = "calendar_told" // by task: when curators were told of it
	kindName = "calendar_name" // by principal: what they are called
	kindLast = "calendar_last" // by kind of job: when it was last done to its end
)

// Scout looks for dates. *scout.Scout is one.
type Scout interface {
	// Run looks for each target and suggests what it finds; see scout.Scout.Run.
	Run(ctx context.Context, targets []scout.Target) ([]scout.Finding, error)
}

// Config is what a Service needs. All fields are required unless said otherwise.
type Config struct {
	Book    *book.Book
	Store   store.Store
	Posters map[string]bot.Poster // by platform
	// Thread is the curators' channel; one without a channel shows no cards there.
	Thread bot.Thread
	// Language is that of the channel, "ko" or "en".
	Language string
	// Curator reports whether somebody, by a principal, may decide.
	Curator func(who string) bool
	// Home is the market of events that people suggest; Markets are those whose tasks are
	// told, all when empty.
	Home    string
	Markets []string
	// Scout looks for what is due; nil leaves it to people.
	Scout Scout
	// Retry is how long after a platform did not take a card it is tried again; 0 means 20 s.
	Retry    time.Duration
	Location *time.Location
	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil means slog.Default()
}

// Service is the curators' channel. It implements desk.Curation.
type Service struct {
	cfg Config

	mu      sync.Mutex
	cancel  context.CancelFunc // nil when not running
	cron    *cron.Cron
	running sync.WaitGroup
}

// New returns a service.
func New(cfg Config) (*Service, error) {
	if cfg.Book == nil || cfg.Store == nil || cfg.Curator == nil || cfg.Home == "" || cfg.Location == nil {
		return nil, errors.New("curator: book, store, curator, home and location are required")
	}
	if cfg.Thread.Channel != "" && cfg.Posters[cfg.Thread.Platform] == nil {
		return nil, errors.New("curator: no poster of the channel's platform")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Retry == 0 {
		cfg.Retry = 20 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Service{cfg: cfg}, nil
}

// Handlers are the service's jobs for store.WorkOptions.
func (s *Service) Handlers() map[string]store.Handler {
	return map[string]store.Handler{jobCards: s.cards, jobCheck: s.check}
}

// Start watches the book and the clock until Stop.
func (s *Service) Start(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		return
	}
	ctx, s.cancel = context.WithCancel(ctx)
	changed := s.cfg.Store.Listen(ctx, book.Topic)
	log := cronLogger{s.cfg.Logger}
	s.cron = cron.New(cron.WithLogger(log), cron.WithChain(cron.Recover(log)))
	// The job of a day has a key of that day, so that looking often makes no second one.
	s.cron.Schedule(cron.Every(tick), cron.FuncJob(func() { s.daily(ctx) }))
	s.running.Go(func() {
		s.daily(ctx)
		s.enqueue(ctx, store.NewJob{Kind: jobCards, Mailbox: jobCards, MaxAttempts: maxAttempts})
		for range changed {
			s.enqueue(ctx, store.NewJob{Kind: jobCards, Mailbox: jobCards, MaxAttempts: maxAttempts})
		}
	})
	s.cron.Start()
}

// Stop ends what Start began and waits for it.
func (s *Service) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel == nil {
		return
	}
	s.cancel()
	<-s.cron.Stop().Done()
	s.running.Wait()
	s.cancel = nil
}

const (
	tick        = 10 * time.Minute
	checkHour   = 8 // o'clock: before people begin
	maxAttempts = 8
	// checkAgain is how long after a check the next one is due at the soonest: a day, less
	// what brings one that was late back to its hour within some days.
	checkAgain = 20 * time.Hour
)

// daily enqueues the day's check for when its time has come: every day at its hour, and
// not because the program was started again.
func (s *Service) daily(ctx context.Context) {
	now := s.now()
	due := time.Date(now.Year(), now.Month(), now.Day(), checkHour, 0, 0, 0, now.Location())
	if now.Before(due) {
		return // a later tick
	}
	last, err := s.last(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		s.cfg.Logger.ErrorContext(ctx, "curator: it is not known when dates were last looked for", "error", err)
		return
	case err != nil, now.Sub(last) < checkAgain && !last.After(now):
		return
	}
	s.enqueue(ctx, store.NewJob{Kind: jobCheck, Unique: jobCheck + "/" + now.Format(time.DateOnly), Background: true, MaxAttempts: maxAttempts})
}

// last is when a check was last done to its end; zero for never.
func (s *Service) last(ctx context.Context) (at time.Time, err error) {
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		text, err := tx.Get(kindLast, jobCheck)
		if errors.Is(err, store.ErrNotFound) {
			at = time.Time{}
			return nil
		}
		if err != nil {
			return err
		}
		at, err = time.Parse(time.RFC3339, string(text))
		return err
	})
	return at, err
}

func (s *Service) enqueue(ctx context.Context, job store.NewJob) {
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		_, _, err := tx.Enqueue(job)
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.cfg.Logger.ErrorContext(ctx, "curator: not enqueued", "job", job.Kind, "error", err)
	}
}

func (s *Service) now() time.Time { return s.cfg.Now().In(s.cfg.Location) }

// cronLogger is where cron says what it does, which is only of interest when it goes
// wrong.
type cronLogger struct{ log *slog.Logger }

func (l cronLogger) Info(msg string, args ...any) { l.log.Debug("curator: clock: "+msg, args...) }

func (l cronLogger) Error(err error, msg string, args ...any) {
	l.log.Error("curator: clock: "+msg, append(args, "error", err)...)
}
