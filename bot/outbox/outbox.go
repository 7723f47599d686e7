// Package outbox is what the driver of a chat platform remembers of what it sends, and how
// it lets those who send wait for each other. All of it is in memory and may be lost: what
// a restart or a bound makes forgotten is looked up or found out again.
package outbox

import (
	"crypto/sha256"
	"encoding/json"

	"github.com/bapsang/bapsang/bot"
)

// Key tells the message at ref from every other.
func Key(ref bot.Ref) string { return ref.Thread.Channel + " " + ref.ID }

// Digest tells what messages show apart; empty when it cannot.
func Digest(msg bot.Message) string {
	msg.Key = ""
	data, err := json.Marshal(msg)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return string(sum[:])
}

// Keyed gives msg a key, when it has none: the place that it belongs to.
func Keyed(at bot.Ref, msg bot.Message) bot.Message {
	if msg.Key == "" {
		msg.Key = "at " + Key(at)
	}
	return msg
}
