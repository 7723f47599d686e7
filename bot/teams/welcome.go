package teams

import (
	"context"
	"errors"
	"time"

	"github.com/bapsang/bapsang/bot/teams/cards"
)

const (
	// welcomeWithin is how long welcoming somebody may take; they have gone on by then.
	welcomeWithin = time.Minute
	// maxPrompts is how many questions to begin with are shown.
	maxPrompts = 4
)

// welcome says once in a conversation what we are for. Teams tells of an installation twice,
// as an update of the installation and as one of the members.
func (t *Teams) welcome(ctx context.Context, a *activity, r *reference) error {
	if r.Welcomed {
		return nil
	}
	// It is noted before it is said: twice would be a nuisance, and a welcome that is lost
	// with a crash costs nothing.
	first := false
	_, err := t.refs.change(ctx, conversationKey(r.Conversation), func(r *reference) bool {
		first = !r.Welcomed
		r.Welcomed = true
		return first
	})
	if err != nil || !first {
		return err
	}
	lang := spoken(a.data.Team.Name, a.locale())
	var prompts []string
	if t.cfg.Prompts != nil {
		prompts = t.cfg.Prompts(lang)
	}
	to := r.Ref
	t.after("welcome not said", welcomeWithin, func(ctx context.Context) error {
		card := cards.Home(lang, prompts[:min(len(prompts), maxPrompts)])
		if card.Card == nil && card.Text == "" {
			return errors.New("no card")
		}
		return t.say(ctx, to, card, lang)
	})
	return nil
}
