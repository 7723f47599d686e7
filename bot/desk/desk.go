// Package desk stands between the chat platforms and the analyst: it makes what
// people say durable, hands it to the queue, tells them how it goes and brings the
// answer back to where they asked.
//
// A question is on disk, with its job, before the platform is told that it was
// taken. Its progress message is posted once and later becomes the answer, so that
// a crash at any moment leaves one message, not two.
package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// JobKind is the kind of the desk's jobs in the queue.
const JobKind = "question"

// Answerer is the analyst as the desk sees it. *agent.Agent is one.
type Answerer interface {
	// Answer answers q, telling step what it does. A question that cannot be answered
	// is an answer with rung none; an error means that something broke and trying
	// again may help.
	Answer(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error)
	// Introduce says what the analyst called name can be asked about.
	Introduce(ctx context.Context, name, language string) (*agent.Answer, error)
	// Analysts lists whom everybody may ask.
	Analysts(ctx context.Context, language string) ([]agent.Listed, error)
}

// ModelLoad is how the language model stands.
type ModelLoad struct {
	Waiting   int  // calls that wait for their turn
	PerMinute int  // calls agreed a minute; 0 when none were
	Down      bool // nothing answers
	// CallsEach is how many calls a question takes lately; 0 when nobody knows.
	CallsEach float64
}

// Missing is something that is not there, or not as it was.
type Missing struct {
	Kind    MissingKind
	Name    string // of the source, or of the analyst
	Awaited bool   // it is tried again; otherwise somebody has to mend it
	Since   time.Time
	Reason  string // for operators
	Ko, En  string // what askers are told
	// WhyKo and WhyEn are the reason as anybody may read it, empty where it names what is
	// inside, such as the place of a mistake.
	WhyKo, WhyEn string
}

// MissingKind is what is missing.
type MissingKind string

// The kinds.
const (
	MissingSource  MissingKind = "source"  // a source that cannot be asked
	MissingAnalyst MissingKind = "analyst" // an analyst who cannot answer
	// MissingTables is something that an analyst relies on in its tables and that is gone or
	// not as it was. The analyst answers what it can.
	MissingTables MissingKind = "drift"
)

// Text is what askers are told in language.
func (m Missing) Text(language string) string {
	if language == "ko" {
		return m.Ko
	}
	return m.En
}

// Why is the reason in language, as anybody may read it; empty for none.
func (m Missing) Why(language string) string {
	if language == "ko" {
		return m.WhyKo
	}
	return m.WhyEn
}

// Shelf keeps files that people dropped into a thread and serves them as an analyst.
type Shelf interface {
	// Put adds the files at paths to those of the thread and returns the name of the
	// analyst that answers from them, which begins with shelfPrefix. It may take
	// minutes, tells how far it is to whom package progress finds in ctx, and ends soon
	// after ctx does. Errors about a file are *connectors.Error.
	Put(ctx context.Context, thread string, paths []string) (analyst string, err error)
}

// Vault keeps files for processes that share no disk. Methods may be called concurrently.
type Vault interface {
	// Keep takes in the file at path, durable when it returns, and names its content.
	Keep(ctx context.Context, path string) (content string, err error)
	// Fetch writes a content to path, whole or not at all. It returns store.ErrNotFound
	// when the content is not kept any more.
	Fetch(ctx context.Context, content, path string) error
}

// Config is what a desk needs. All fields are required unless said otherwise.
type Config struct {
	Store store.Store
	Queue store.Queue
	Agent Answerer
	// Posters by platform. Platforms without one are asked and answered through
	// Question only.
	Posters map[string]bot.Poster
	// Files open files that came without being opened, by platform. They are opened when
	// their question is worked on.
	Files map[string]bot.FileOpener
	// People tells who somebody is, by platform. Where there is one, Admit decides whose
	// questions are answered; nil admits members only.
	People map[string]bot.Directory
	Admit  func(platform string, p bot.Person) bool
	// Shelf takes dropped files; nil refuses them.
	Shelf Shelf
	// UploadDir is where dropped files are written. Required with Shelf.
	UploadDir string
	// Vault keeps dropped files where other processes find them; nil when UploadDir is
	// where all do.
	Vault Vault
	// MaxUpload bounds one dropped file in bytes; 0 means 512 MiB.
	MaxUpload int64
	// ChannelAnalyst names the analyst that a channel asks by default; nil or "" means
	// the one that fits the question best.
	ChannelAnalyst func(ctx context.Context, thread bot.Thread) string
	// Addressee names the analyst that goes by a name or a title, "" when none does; nil
	// knows none.
	Addressee func(name string) string
	// Model says that a language model may be asked: answers then offer it.
	Model bool
	// Calendar lists the events that overlap the dates from…to, both included, by start;
	// nil knows none.
	Calendar func(ctx context.Context, from, to time.Time, language string) ([]agent.Happening, error)
	// Standing keeps what people want to be sent again and again; nil offers nothing.
	Standing Standing
	// Curation keeps the calendar's dates; nil lets nobody decide about them.
	Curation Curation
	// ModelLoad tells how the model stands; nil tells nothing.
	ModelLoad func() ModelLoad
	// Missing tells what is not there; nil tells nothing.
	Missing func() []Missing
	// Degraded tells how much less is done for a question, as of a moment ago; nil means
	// that everything is done always, and nothing is put off.
	Degraded func() degrade.State
	// Settled is told of every question whose answer is kept and shown; nil tells nobody.
	Settled func(ctx context.Context, question string) error
	// Location is the deployment's time zone; nil means UTC.
	Location *time.Location
	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil means slog.Default()
	// Concurrency is how many questions this process answers at once, for estimates; 0
	// means 4.
	Concurrency int
	// Elsewhere says that no jobs are worked here: commands wait for who does, too.
	// Ungreeted says that Start is not called: nobody here posts what waits.
	Elsewhere, Ungreeted bool
	// Fleet are the processes that share the store; nil when this is the only one.
	Fleet Fleet
}

// Fleet is the processes that share the store, as one of them sees them.
type Fleet interface {
	// ID is this process's. No two processes ever have the same.
	ID() string
	// Mine reports whether this process looks after what has an id and was taken by a
	// process: what it took itself, and its share of what those took that are gone. Two
	// processes may both say so for some seconds after one came or went.
	Mine(id, process string) bool
	// Pace is how long an answer takes, and how many are worked on at once by all; 0 slots
	// when nobody has told. Turn is when the question of a mailbox has its turn at a model
	// that it waits for in another process; zero when it waits in none.
	Pace(mailbox string) (average time.Duration, slots int, turn time.Time)
}

func (c Config) withDefaults() Config {
	if c.MaxUpload == 0 {
		c.MaxUpload = 512 << 20
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Concurrency == 0 {
		c.Concurrency = 4
	}
	if c.Admit == nil {
		c.Admit = func(_ string, p bot.Person) bool { return p.Standing == bot.Member }
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Store == nil || c.Queue == nil || c.Agent == nil:
		return errors.New("desk: store, queue and agent are required")
	case c.Shelf != nil && c.UploadDir == "":
		return errors.New("desk: a shelf needs an upload directory")
	}
	return nil
}

// Desk is the desk. It implements bot.Handler.
type Desk struct {
	cfg     Config
	pace    *pace
	metrics *metrics
	// process tells this desk from those before it and beside it.
	process string

	greetings chan string    // ids of questions whose progress message is to be posted
	running   sync.WaitGroup // the greeters and the pacer
	stop      context.CancelFunc
	forgot    time.Time // when old rows of usage were last looked for; the pacer's
}

// New returns a desk. Start starts what it does by itself.
func New(cfg Config) (*Desk, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	d := &Desk{cfg: cfg, pace: newPace(cfg.Concurrency), metrics: newMetrics(), process: rand.Text(), greetings: make(chan string, 1024)}
	if cfg.Fleet != nil {
		d.process, d.pace.fleet = cfg.Fleet.ID(), cfg.Fleet
	}
	return d, nil
}

// greeters is how many progress messages are posted at once. Platforms limit posts
// per channel, not ours, so a slow channel must not hold up the others.
const greeters = 8

// Start posts progress messages and keeps them up to date until Stop.
func (d *Desk) Start(ctx context.Context) {
	ctx, d.stop = context.WithCancel(ctx)
	for range greeters {
		d.running.Go(func() { d.greet(ctx) })
	}
	d.running.Go(func() { d.keepPace(ctx) })
}

// Stop ends what Start began and waits for it. Questions that were not greeted by
// then are greeted by the worker that takes them.
func (d *Desk) Stop() {
	if d.stop != nil {
		d.stop()
	}
	d.running.Wait()
}

// Handlers are the desk's jobs for store.WorkOptions.
func (d *Desk) Handlers() map[string]store.Handler {
	return map[string]store.Handler{JobKind: d.work}
}

func (d *Desk) now() time.Time { return d.cfg.Now().In(d.cfg.Location) }
