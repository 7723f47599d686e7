package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// Where a message is looked for: page by page through its thread, and among the last
// messages of a channel.
const (
	pageSize     = 200
	threadPages  = 20
	channelPages = 5
)

// How long is waited before looking whether a message is there that Slack did not answer
// for, and how often. A request may be carried out a little after we gave it up.
const (
	lookAfter = time.Second
	looks     = 2
)

// lookBack finds out whether a message of the key was posted since.
func (s *Slack) lookBack(ctx context.Context, thread bot.Thread, key string, since time.Time) (*posting, error) {
	rest := lookAfter
	for range looks {
		t := time.NewTimer(s.pace(rest))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, notSent(ctx.Err())
		}
		found, err := s.find(ctx, thread, key, since)
		switch {
		case err != nil:
			s.metrics.looks.WithLabelValues("failed").Inc()
			return nil, err
		case found != nil:
			s.metrics.looks.WithLabelValues("there").Inc()
			return found, nil
		}
		rest *= 2
	}
	s.metrics.looks.WithLabelValues("not there").Inc()
	return nil, nil
}

// find looks for the message of a key, and returns nil when there is none. Where we may
// not look it finds none: a message twice is better than none at all.
func (s *Slack) find(ctx context.Context, thread bot.Thread, key string, since time.Time) (*posting, error) {
	thread, err := s.opened(ctx, thread)
	if err == nil {
		var p *posting
		if p, err = s.search(ctx, thread, key, since); err == nil {
			return p, nil
		}
	}
	switch client.KindOf(err) {
	case client.KindScope, client.KindPlace:
		s.log.WarnContext(ctx, "slack: cannot look for a message", "channel", thread.Channel, "reason", client.Reason(err))
		return nil, nil
	}
	return nil, err
}

// glance is what a channel looked like: how many replies the messages in it had.
type glance struct {
	at      time.Time
	oldest  string // the first message that it covers
	replies map[string]int
}

// glanceBack is how far back a glance looks beyond what was asked for.
const glanceBack = 10 * time.Minute

// untouched reports whether a thread is known to have no replies, so that none of an
// earlier process need be looked for in it. After a restart in a crowd there are more
// threads to look into than Slack allows in minutes; one look at the channel tells of
// two hundred. It is false when it cannot tell, and while there is room to look.
//
// A glance counts only for those who were waiting before it: what it does not show another
// process may have posted since, and then handed over or died.
func (s *Slack) untouched(ctx context.Context, thread bot.Thread) bool {
	began := time.Now()
	if thread.ID == "" || s.client.Room(client.Method{Name: "conversations.replies"}) > 0 {
		return false
	}
	done, err := s.out.turns.Take(ctx, "glance "+thread.Channel)
	if err != nil {
		return false
	}
	defer done()
	g, ok := s.out.glances.Get(thread.Channel)
	if !ok || g.at.Before(began) || g.oldest > thread.ID {
		if g, err = s.glanceAt(ctx, thread); err != nil {
			return false
		}
		s.out.glances.Put(thread.Channel, g)
	}
	n, there := g.replies[thread.ID]
	return there && n == 0
}

// glanceAt looks at the channel of a thread.
func (s *Slack) glanceAt(ctx context.Context, thread bot.Thread) (glance, error) {
	g := glance{at: time.Now(), oldest: before(thread.ID, glanceBack), replies: map[string]int{}}
	channel := thread
	channel.ID = ""
	cursor := ""
	for range channelPages {
		messages, next, err := s.page(ctx, channel, g.oldest, cursor)
		if err != nil {
			return glance{}, err
		}
		for i := range messages {
			g.replies[messages[i].Timestamp] = messages[i].ReplyCount
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return g, nil
}

// before is a timestamp of Slack's that long before another.
func before(ts string, d time.Duration) string {
	whole, fraction, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return ts
	}
	return strconv.FormatInt(seconds-int64(d/time.Second), 10) + "." + fraction
}

// opened gives a conversation with a person its channel.
func (s *Slack) opened(ctx context.Context, thread bot.Thread) (bot.Thread, error) {
	if !thread.Direct || strings.HasPrefix(thread.Channel, "D") {
		return thread, nil
	}
	err := s.client.Call(ctx, client.Method{Name: "conversations.open", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		ch, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{thread.Channel}})
		if err == nil {
			thread.Channel = ch.ID
		}
		return err
	})
	return thread, err
}

func (s *Slack) search(ctx context.Context, thread bot.Thread, key string, since time.Time) (*posting, error) {
	oldest := ""
	if !since.IsZero() {
		// On Slack's clock, with room for what we know of the difference.
		at := since.Add(s.client.Said().Skew - time.Minute)
		oldest = strconv.FormatInt(at.Unix(), 10) + ".000000"
	}
	pages := threadPages
	if thread.ID == "" {
		pages = channelPages
	}
	cursor := ""
	for range pages {
		messages, next, err := s.page(ctx, thread, oldest, cursor)
		if err != nil {
			return nil, err
		}
		for i := range messages {
			if kind, ok := stamped(&messages[i], key); ok {
				return &posting{ref: refOf(thread, "", messages[i].Timestamp), kind: kind}, nil
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return nil, nil
}

// page is some messages of the thread, or of the channel outside threads.
func (s *Slack) page(ctx context.Context, thread bot.Thread, oldest, cursor string) (messages []slack.Message, next string, err error) {
	if thread.ID == "" {
		err = s.client.Call(ctx, client.Method{Name: "conversations.history", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
			h, err := api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
				ChannelID: thread.Channel, Oldest: oldest, Cursor: cursor, Limit: pageSize, IncludeAllMetadata: true,
			})
			if err == nil {
				messages, next = h.Messages, h.ResponseMetaData.NextCursor
			}
			return err
		})
		return messages, next, err
	}
	err = s.client.Call(ctx, client.Method{Name: "conversations.replies", Repeatable: true}, func(ctx context.Context, api *slack.Client) (err error) {
		messages, _, next, err = api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: thread.Channel, Timestamp: thread.ID, Oldest: oldest, Cursor: cursor, Limit: pageSize, IncludeAllMetadata: true,
		})
		return err
	})
	return messages, next, err
}

// stamped reports whether a message carries the key, and what it shows.
func stamped(m *slack.Message, key string) (bot.MessageKind, bool) {
	if m.Metadata.EventType == eventType {
		kind, _ := m.Metadata.EventPayload[stampKind].(string)
		return bot.MessageKind(kind), m.Metadata.EventPayload[stampKey] == short(key)
	}
	for _, b := range m.Blocks.BlockSet {
		if b.ID() == streamMark(key) {
			return bot.KindProgress, true
		}
	}
	return "", false
}

// streamMark is the id of a block by which a message that is being streamed is found:
// Slack takes metadata only when a stream ends.
func streamMark(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "bapsang." + hex.EncodeToString(sum[:12])
}

// short is a key as it comes back from metadata: Slack takes 8,000 bytes, and JSON takes
// only text.
func short(key string) string {
	if len(key) <= 500 && utf8.ValidString(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
