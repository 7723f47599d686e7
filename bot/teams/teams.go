// Package teams is the driver for Microsoft Teams: what people do there becomes events,
// and messages become Adaptive Cards. The app's package is made by deploy/teams.
package teams

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// Platform is the name of this platform in a bot.Thread.
const Platform = "teams"

// Config is what the driver needs.
type Config struct {
	// Connector says which app we are. TenantID is required, too: nobody of another tenant
	// is heard.
	Connector connector.Options
	// References keeps where conversations are, so that digests and late answers find them
	// after a restart.
	References References
	// Shared says that other processes say things as this app, too. Then progress is an
	// ordinary message: a stream belongs to the process that began it.
	Shared bool
	// Render draws a chart spec of a message as a PNG.
	Render func(ctx context.Context, spec json.RawMessage) ([]byte, error)
	// SQL returns the statements behind a question's answer.
	SQL func(ctx context.Context, question string) ([]bot.SQL, error)
	// CSV writes a result of a question.
	CSV func(ctx context.Context, question, result string, w io.Writer) error
	// PublicURL is where people's browsers reach this server, such as
	// "https://bapsang.example.com": Teams takes files in personal chats only, elsewhere rows
	// are behind a link. Without it there is no CSV there.
	PublicURL string
	// Admit says whom SQL and CSV are for; nil admits everybody who sees the answer.
	Admit func(bot.Person) bool
	// Prompts are questions to begin with, in the language.
	Prompts  func(language string) []string
	Location *time.Location   // nil means UTC
	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil means slog.Default()
}

// References keeps conversation references. Methods may be called concurrently.
type References interface {
	// Put keeps ref under key, durably, in place of an earlier one.
	Put(ctx context.Context, key string, ref json.RawMessage) error
	// Get returns what was kept; nil when there is nothing.
	Get(ctx context.Context, key string) (json.RawMessage, error)
}

// Changer is References that several processes have: what one of them makes of what is kept
// must not put back what another has made of it meanwhile.
type Changer interface {
	// Change puts what fn makes of what is kept in its place, in one step; kept is nil when
	// there is nothing. Where fn returns nil nothing changes. It may run more than once.
	Change(ctx context.Context, key string, fn func(kept json.RawMessage) (json.RawMessage, error)) error
}

// changeKept is Change for references that may be this process's alone.
func changeKept(ctx context.Context, refs References, key string, fn func(kept json.RawMessage) (json.RawMessage, error)) error {
	if c, ok := refs.(Changer); ok {
		return c.Change(ctx, key, fn)
	}
	kept, err := refs.Get(ctx, key)
	if err != nil {
		return err
	}
	made, err := fn(kept)
	if err != nil || made == nil {
		return err
	}
	return refs.Put(ctx, key, made)
}

// Teams is the driver. It implements bot.Poster, bot.Directory, bot.FileOpener and
// bot.Checker; HTTP is the door by which events come in, and Run its life.
//
// A thread of ours (bot.Thread) is, by where it happens:
//
//   - in a channel, a post with its replies: Channel is the channel, ID the post;
//   - in a chat, of one person with us or of several, a talk: Channel is the chat, ID the
//     message that began the talk. Chats have no threads, and people follow up there by
//     just going on, so all that is said belongs together until nobody has said anything
//     for eight hours (see reference.talk).
//
// Workspace is the tenant, and a User's ID the object id in its directory: it stays when
// the bot is registered anew, and is what admins know.
type Teams struct {
	cfg     Config
	conn    *connector.Connector
	log     *slog.Logger
	metrics *metrics
	out     *sending
	signer  signer
	// handler is told that somebody stopped a stream, which only the poster learns.
	handler atomic.Pointer[bot.Handler]

	in       *intake
	refs     *book
	people   people
	channels channels
}

// New returns a driver. It calls nothing yet.
func New(cfg Config) (*Teams, error) {
	switch {
	case cfg.Connector.AppID == "":
		return nil, errors.New("teams: an app id is required")
	case cfg.Connector.TenantID == "":
		// Whoever installed the app elsewhere would ask about this company's data.
		return nil, errors.New("teams: a tenant id is required: people of one tenant are answered, and no others")
	case cfg.References == nil:
		return nil, errors.New("teams: somewhere to keep references is required")
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	m := newMetrics()
	if cfg.Connector.Logger == nil {
		cfg.Connector.Logger = cfg.Logger
	}
	cfg.Connector.Observer = m
	return &Teams{
		cfg: cfg, conn: connector.New(cfg.Connector), log: cfg.Logger, metrics: m, out: newSending(), in: newIntake(),
		refs: newBook(cfg.References, cfg.Shared),
	}, nil
}

// Run keeps what the driver does beside deliveries going until ctx is done, and returns
// nil when all of it has ended; h hears of what Teams tells the poster alone. It is called
// once.
func (t *Teams) Run(ctx context.Context, h bot.Handler) error {
	if h != nil {
		t.handler.Store(&h)
	}
	<-ctx.Done()
	t.in.stop()
	t.conn.CloseIdle()
	return nil
}
