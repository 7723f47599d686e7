// Package blocks lays a bot.Message out in Slack's Block Kit, within its limits, and
// reads back what people press. It calls nothing.
package blocks

import (
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
)

// Level is how much of Block Kit a layout may use. Each level is understood where the
// one before is refused.
type Level int

// The levels, richest first.
const (
	Native   Level = iota // data_visualization and data_table
	Pictures              // charts as pictures, tables as table blocks
	Sections              // nothing but sections, context and buttons
	Text                  // no blocks
)

// Options are what a layout depends on besides the message.
type Options struct {
	Location *time.Location // of clocks; nil means UTC
	// Images are the ids of uploaded pictures, by the index of their chart in the
	// message. A chart that is neither native nor here is told in words.
	Images map[int]string
}

// Layout is one message of Slack's.
type Layout struct {
	Text   string // what notifications and old clients show
	Blocks []slack.Block
}

// Render lays msg out at level. The first layout is the message itself; further ones,
// for what did not fit, are to follow it in its thread.
func Render(msg bot.Message, level Level, opts Options) []Layout {
	return []Layout{{Text: msg.Text}}
}
