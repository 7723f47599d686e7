// Package teams is the driver for Microsoft Teams: what people do there becomes events,
// and messages become Adaptive Cards. The app's package is made by deploy/teams.
package teams

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// Platform is the name of this platform in a bot.Thread.
const Platform = "teams"

// Config is what the driver needs.
type Config struct {
	Connector connector.Options
	// References keeps where conversations are, so that digests and late answers find them
	// after a restart.
	References References
	// Render draws a chart spec of a message as a PNG.
	Render func(ctx context.Context, spec json.RawMessage) ([]byte, error)
	// SQL returns the statements behind a question's answer.
	SQL func(ctx context.Context, question string) ([]bot.SQL, error)
	// CSV writes a result of a question; Link is an address, good for a while, under which
	// a browser gets it.
	CSV  func(ctx context.Context, question, result string, w io.Writer) error
	Link func(question, result string) string
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
