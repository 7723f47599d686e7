// Package digest sends what people subscribed to, by the clock: once, on time, and with
// no more than each recipient may see.
//
// A [Subscription] is due at the local times of its schedule. Each of those becomes an
// [Occurrence], a document whose key holds the local time, so that however many
// processes look, there is one. Jobs of the store's queue carry it out: one prepares
// (who gets it, with which rights), one renders each distinct [Content], one sends each
// [Delivery]. Content is kept before anything is sent, so that a retry sends the same.
//
// A platform may take a message and lose the answer, and a process may die while it
// waits for one. Such a delivery is [Unknown], is shown as that, and is looked for under
// its key (bot.Message.Again) before anything is posted again. docs/digests.md has the
// states and the promises.
package digest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest/schedule"
	"github.com/bapsang/bapsang/bot/usage"
	"github.com/bapsang/bapsang/store"
)

// Renderer makes the content of one kind of subscription.
type Renderer interface {
	// Render makes the content that is due at issue.Due, and not now: "yesterday" is the
	// day before that instant's date in its time zone. What it makes depends on the issue
	// alone, except that Viewer is any one of those with the same rights, because it is
	// made once for all subscriptions whose issues are otherwise equal. It shows no figure
	// that Viewer may not see, and returns ErrNoRights when nothing is left.
	//
	// An error means that something broke and is tried again, a [*Refusal] that trying
	// again will not help. It may be called again for an issue whose content was made but
	// could not be kept. ctx ends when the process stops.
	Render(ctx context.Context, issue Issue) (*Content, error)
}

// Rights says who may see the same.
type Rights interface {
	// Group names the set of rights that a recipient has to what sub is about: content is
	// rendered once per name. A channel's is what everybody there may see, never the
	// owner's. It returns ErrNoRights for one who may see none of it.
	Group(ctx context.Context, sub *Subscription, to Recipient) (string, error)
}

// ErrNoRights: the recipient may see nothing of what was subscribed to.
var ErrNoRights = errors.New("recipient lacks the rights")

// Refusal is why a Renderer will never render an issue, such as an analyst that is no
// more.
type Refusal struct {
	Say string // a sentence that the owner may read, in the subscription's language
	Err error
}

func (r *Refusal) Error() string {
	if r.Err != nil {
		return "refused: " + r.Err.Error()
	}
	return "refused: " + r.Say
}

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// Issue is what to render.
type Issue struct {
	Subject  Subject
	Language string    // "ko" or "en"
	Due      time.Time // in the subscription's time zone
	Group    string    // by Rights
	Viewer   Recipient // with whose rights; one of the group
	// Previous is the content that was sent last to the same people, for "since the last
	// issue", and PreviousDue when that was due. Nil and zero for the first.
	Previous    *Content
	PreviousDue time.Time
}

// Content is a rendered issue.
type Content struct {
	// Message is what is sent; its Key is set by this package. Details follow in its
	// thread.
	Message bot.Message   `json:"message"`
	Details []bot.Message `json:"details,omitempty"`
	// Empty is set when there is nothing to say, for SkipEmpty.
	Empty bool `json:"empty,omitempty"`
	// Fingerprint is equal for contents that say the same, for SkipUnchanged; empty means
	// that of the Message.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Value is the figure that an alert watches; nil when there is none in the data.
	Value *float64 `json:"value,omitempty"`
	// Anomaly is set when the figure is out of line, for AlertAnomaly.
	Anomaly bool `json:"anomaly,omitempty"`
	// Spent is what was asked of a language model for it.
	Spent usage.Spent `json:"spent,omitzero"`
	// Data is for the Renderer itself, who gets it back with Issue.Previous.
	Data json.RawMessage `json:"data,omitempty"`
}

// Limits bound what people may subscribe to. Zero values mean the defaults.
type Limits struct {
	PerOwner   int           // subscriptions of one person that have not ended; 50
	PerChannel int           // subscriptions that go to one channel; 20
	Recipients int           // of one subscription; 50
	Interval   time.Duration // the shortest time between two issues; one hour
}

// Config is what a Service needs. All fields are required unless said otherwise.
type Config struct {
	Store store.Store
	Queue store.Queue
	// Posters by platform; a recipient on another platform cannot be chosen.
	Posters map[string]bot.Poster
	// People tells who has left, by platform. Platforms without one are not asked.
	People map[string]bot.Directory
	// Renderers by kind; a kind without one cannot be subscribed to.
	Renderers map[Kind]Renderer
	Rights    Rights
	// Workdays are the business days of schedules; nil means Monday to Friday.
	Workdays schedule.Workdays
	// Admin reports whether somebody may change everybody's subscriptions; nil means
	// nobody.
	Admin func(principal string) bool
	// Decorate adds to what is sent for one subscription, such as buttons that have its
	// id; nil adds nothing.
	Decorate func(sub *Subscription, msg *bot.Message)
	Limits   Limits
	// Jitter spreads what is due at the same time over so long; 0 means 30 s, negative
	// none. A subscription may have its own.
	Jitter time.Duration
	// PostTimeout bounds the posting of an issue and its details. Whoever takes over from a process that died
	// waits as long before it looks for what that one posted; 0 means 30 s.
	PostTimeout time.Duration
	// Horizon is how far ahead occurrences are made, at least the time between two ticks
	// and the difference of clocks; 0 means 3 minutes.
	Horizon time.Duration
	Now     func() time.Time // nil means time.Now
	Logger  *slog.Logger     // nil means slog.Default()
}

func (c Config) withDefaults() Config {
	def := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	long := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	def(&c.Limits.PerOwner, 50)
	def(&c.Limits.PerChannel, 20)
	def(&c.Limits.Recipients, 50)
	long(&c.Limits.Interval, time.Hour)
	long(&c.Jitter, 30*time.Second)
	c.Jitter = max(0, c.Jitter)
	long(&c.PostTimeout, 30*time.Second)
	long(&c.Horizon, 3*time.Minute)
	if c.Admin == nil {
		c.Admin = func(string) bool { return false }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Store == nil || c.Queue == nil:
		return errors.New("digest: store and queue are required")
	case len(c.Posters) == 0 || len(c.Renderers) == 0 || c.Rights == nil:
		return errors.New("digest: posters, renderers and rights are required")
	}
	return nil
}

// Service keeps subscriptions and sends them. Its methods may be called concurrently.
type Service struct {
	cfg     Config
	clock   *clockwork
	metrics *metrics
}

// New returns a service. It makes nothing due until Start.
func New(cfg Config) (*Service, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg.withDefaults(), metrics: newMetrics()}
	s.clock = newClockwork(s)
	return s, nil
}

// Start begins to make occurrences when they are due, those of the time before too,
// until Stop. Every process may do so. The jobs are worked by whoever calls
// store.Queue.Work with Handlers.
func (s *Service) Start(ctx context.Context) { s.clock.start(ctx) }

// Stop ends what Start began and waits for it.
func (s *Service) Stop() { s.clock.stop() }

// Handlers are the service's jobs for store.WorkOptions.
func (s *Service) Handlers() map[string]store.Handler {
	return map[string]store.Handler{
		jobPrepare: s.prepare, jobRender: s.render, jobSend: s.send, jobNotice: s.notify,
	}
}
