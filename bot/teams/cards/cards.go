// Package cards lays a bot.Message out in Adaptive Cards as Teams shows them, within its
// limits, and reads back what people press. It calls nothing.
package cards

import (
	"encoding/json"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// Options are what a layout depends on besides the message.
type Options struct {
	Location *time.Location // of clocks; nil means UTC
	// Pictures are PNGs by the index of their chart in the message: what a client that
	// draws no charts shows.
	Pictures map[int][]byte
	// CSV is where a result's rows can be fetched, by its name; none leaves the button out.
	CSV map[string]string
	// Limit bounds a layout in bytes; 0 means what Microsoft recommends.
	Limit int
}

// Layout is what an activity shows.
type Layout struct {
	Text    string          // Markdown as Teams has it; what notifications show
	Card    json.RawMessage // an Adaptive Card; nil for none
	Summary string
	// Entities are the label that a machine wrote it, and the sources that are cited.
	Entities []json.RawMessage
}

// Render lays msg out. What does not fit is left out in a fixed order, and said.
func Render(msg bot.Message, opts Options) Layout {
	return Layout{Text: msg.Text}
}
