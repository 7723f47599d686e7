package slack

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

// door is the address that came with a command: what is posted there only the one who gave
// the command sees, also in a channel that we are not in. Slack takes five messages within
// half an hour (https://docs.slack.dev/interactivity/handling-user-interaction).
type door struct {
	address string
	until   time.Time

	mu   sync.Mutex
	left int
}

const (
	doorOpen = 29 * time.Minute
	doorUses = 5
)

func doorKey(thread bot.Thread) string { return thread.Channel + " " + thread.Only }

// keepDoor remembers the address of a command that was given in the thread.
func (s *Slack) keepDoor(thread bot.Thread, address string) {
	if address != "" {
		s.out.doors.Put(doorKey(thread), &door{address: address, until: time.Now().Add(s.pace(doorOpen)), left: doorUses})
	}
}

// take uses the address so many times, if it can be used that often.
func (d *door) take(n int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Now().After(d.until) || d.left < n {
		return false
	}
	d.left -= n
	return true
}

var errNoDoor = errors.New("no address to answer at")

// throughDoor shows layouts to the one who gave a command.
func (s *Slack) throughDoor(ctx context.Context, thread bot.Thread, layouts []blocks.Layout) (bot.Ref, error) {
	d, ok := s.out.doors.Get(doorKey(thread))
	if !ok || !d.take(len(layouts)) {
		return bot.Ref{}, errNoDoor
	}
	for i, l := range layouts {
		reply := ephemeral(l.Text)
		if len(l.Blocks) > 0 {
			reply["blocks"] = l.Blocks
		}
		if err := s.respond(ctx, d.address, thread.ID, reply); err != nil {
			if i == 0 {
				return bot.Ref{}, err
			}
			s.log.WarnContext(ctx, "slack: the end of a message for one person is missing", "channel", thread.Channel, "error", err)
			break
		}
	}
	return bot.Ref{Thread: thread, ID: "door-" + rand.Text()}, nil
}
