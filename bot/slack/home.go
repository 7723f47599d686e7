package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/client"
)

const (
	// welcomeWithin is how long welcoming somebody may take; they have gone on by then.
	welcomeWithin = time.Minute
	// maxPrompts is how many suggested prompts Slack shows.
	maxPrompts = 4
	// maxPromptTitle cuts what stands on one; all of it is sent when it is pressed.
	maxPromptTitle = 60
)

// welcome greets somebody who opened a conversation with us, or our home.
func (s *Slack) welcome(ctx context.Context, out outer, in *inner) {
	user, channel, thread := in.User, in.Channel, in.ThreadTS
	if in.Type == "assistant_thread_started" {
		user, channel, thread = in.Assistant.User, in.Assistant.Channel, in.Assistant.ThreadTS
	}
	if user == "" || !s.first(ctx, "o:"+firstOf(out.EventID, user+":"+in.EventTS)) {
		return
	}
	switch {
	case in.Type == "app_home_opened" && in.Tab == "home":
		s.after("home not shown", welcomeWithin, func(ctx context.Context) error { return s.showHome(ctx, user, in.View.Metadata) })
	case s.cfg.Prompts != nil && channel != "":
		s.after("prompts not shown", welcomeWithin, func(ctx context.Context) error { return s.showPrompts(ctx, user, channel, thread) })
	}
}

// speaks is the language of somebody who has not written anything.
func (s *Slack) speaks(ctx context.Context, user string) string {
	p, err := s.Person(ctx, bot.Thread{}, bot.User{ID: user})
	if err != nil {
		s.log.InfoContext(ctx, "slack: language unknown", "error", err)
	}
	return languageOf(p.Locale)
}

// showPrompts offers questions where somebody is about to write one.
func (s *Slack) showPrompts(ctx context.Context, user, channel, thread string) error {
	lang := s.speaks(ctx, user)
	params := slack.AssistantThreadsSetSuggestedPromptsParameters{
		ChannelID: channel, ThreadTS: thread, Title: sentencesFor(lang).promptsTitle,
	}
	for _, q := range s.cfg.Prompts(lang) {
		if len(params.Prompts) < maxPrompts && q != "" {
			params.AddPrompt(shorten(q, maxPromptTitle), q)
		}
	}
	if len(params.Prompts) == 0 {
		return nil
	}
	// They stay where they were put, however often somebody comes back.
	mark, err := markOf(params)
	if err != nil {
		return fmt.Errorf("prompts: %w", err)
	}
	_, err = s.in.once.do(ctx, "p:"+channel+":"+thread+":"+mark, func() error {
		m := client.Method{Name: "assistant.threads.setSuggestedPrompts", Repeatable: true}
		return s.client.Call(ctx, m, func(ctx context.Context, api *slack.Client) error {
			return api.SetAssistantThreadsSuggestedPromptsContext(ctx, params)
		})
	})
	return err
}

// markOf tells what is shown from what would be shown now.
func markOf(v any) (string, error) {
	data, err := json.Marshal(v)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), err
}

func shorten(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

// showHome publishes somebody's home, unless shown, the mark of what is there, says that
// nothing would change.
func (s *Slack) showHome(ctx context.Context, user, shown string) error {
	lang := s.speaks(ctx, user)
	var prompts []string
	if s.cfg.Prompts != nil {
		prompts = s.cfg.Prompts(lang)
	}
	view := blocks.Home(lang, prompts)
	mark, err := markOf(view)
	if err != nil {
		return fmt.Errorf("home: %w", err)
	}
	if mark == shown {
		return nil
	}
	view.PrivateMetadata = mark
	return s.client.Call(ctx, client.Method{Name: "views.publish", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		_, err := api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: view})
		return err
	})
}
