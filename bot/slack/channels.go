package slack

import (
	"context"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// channels remembers the names of channels.
type channels struct {
	mu    sync.Mutex
	names map[string]named // by channel id
}

// named is a name, empty when Slack did not tell, and how long it is believed.
type named struct {
	name  string
	until time.Time
}

// How long names are believed, and how long nothing is asked again after Slack did not
// tell: analysts go by channel ids then.
const (
	nameFor     = time.Hour
	namelessFor = 5 * time.Minute
	maxNames    = 4096
)

// ChannelName is the name of a thread's channel, without its mark; empty for a direct
// message and where Slack does not tell.
func (s *Slack) ChannelName(ctx context.Context, t bot.Thread) string {
	if t.Direct || t.Channel == "" {
		return ""
	}
	if known, ok := s.channels.get(t.Channel, time.Now()); ok {
		return known
	}
	var name string
	err := s.client.Call(ctx, client.Method{Name: "conversations.info", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		c, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: t.Channel})
		if err == nil {
			name = c.Name
		}
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "slack: name of a channel unknown; analysts are found by its id only", "channel", t.Channel, "error", err)
		s.channels.put(t.Channel, named{until: time.Now().Add(namelessFor)})
		return ""
	}
	s.channels.put(t.Channel, named{name: name, until: time.Now().Add(nameFor)})
	return name
}

func (c *channels) get(id string, now time.Time) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.names[id]
	return n.name, ok && now.Before(n.until)
}

func (c *channels) put(id string, n named) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil || len(c.names) >= maxNames {
		c.names = map[string]named{}
	}
	c.names[id] = n
}
