package slack

import (
	"context"
	"fmt"

	"github.com/bapsang/bapsang/bot"
)

// command is "/bapsang …" as either door brings it: all its fields are strings.
type command struct {
	Command      string `json:"command"`
	Text         string `json:"text"`
	User         string `json:"user_id"`
	UserName     string `json:"user_name"`
	Channel      string `json:"channel_id"`
	Team         string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id"`
	Enterprise   string `json:"is_enterprise_install"`
	Trigger      string `json:"trigger_id"`
	ResponseURL  string `json:"response_url"`
}

// takeCommand hands on a command. Slack does not repeat commands, so that one which was
// not taken is told to who gave it.
func (s *Slack) takeCommand(ctx context.Context, h bot.Handler, payload []byte) (reply any, err error) {
	var c command
	if err := decode(payload, &c); err != nil {
		return nil, err
	}
	if c.Command == "" || c.User == "" || c.Channel == "" || c.Trigger == "" {
		return nil, fmt.Errorf("%w: a command without its fields", errUnreadable)
	}
	us := s.interacting(c.Team, c.EnterpriseID, c.Enterprise == "true")
	thread := us.thread(c.Channel, "", "")
	thread.Only = c.User
	s.keepDoor(thread, c.ResponseURL)
	user := s.user(c.User, c.UserName)
	err = s.hand(ctx, h, bot.Event{
		ID: "c:" + c.Trigger, Kind: bot.EventCommand, Thread: thread, User: user,
		Text: plainText(withoutEmoji(c.Text, nil), us.bot, s.people.nameOf), Addressed: true, At: s.cfg.Now(),
	})
	if err != nil {
		s.in.failed.Add(1)
		s.log.ErrorContext(ctx, "slack: a command was not taken", "error", err)
		return ephemeral(sentencesFor(s.languageFor(user, c.Text)).notTakenText), nil
	}
	return nil, nil
}

// languageFor is the language to speak with somebody, by what they wrote and else by
// what is known of them.
func (s *Slack) languageFor(user bot.User, text string) string {
	for _, r := range text {
		if r >= 0x1100 && r <= 0x11ff || r >= 0x3130 && r <= 0x318f || r >= 0xac00 && r <= 0xd7a3 {
			return "ko"
		}
	}
	return languageOf(user.Locale)
}

// ephemeral is a reply that only the one who did something sees.
func ephemeral(text string) map[string]any {
	return map[string]any{"response_type": "ephemeral", "text": text}
}

// interacting says who we are to somebody who pressed or commanded something. Such
// deliveries name the person's workspace, which is another one for guests of a shared
// channel, so what events said comes first.
func (s *Slack) interacting(team, enterprise string, install bool) identity {
	if known := s.self.Load(); known != nil {
		return *known
	}
	us := identity{team: team, enterprise: enterprise, workspace: team}
	if install && enterprise != "" || team == "" {
		us.workspace = enterprise
	}
	return us
}
