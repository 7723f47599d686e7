package teams

import (
	"context"
	"errors"
	"fmt"

	"github.com/bapsang/bapsang/bot"
)

var (
	_ bot.Directory  = (*Teams)(nil)
	_ bot.FileOpener = (*Teams)(nil)
	_ bot.Checker    = (*Teams)(nil)
)

// ErrUnread is the error of References that cannot be looked into, as those of a process
// that runs. A check then says nothing of them.
var ErrUnread = errors.New("references cannot be read")

// Check implements bot.Checker.
func (t *Teams) Check(ctx context.Context) []bot.Finding {
	out := t.conn.Check(ctx)
	if f := t.checkInstalled(ctx); f.Text != "" {
		out = append(out, f)
	}
	return append(out, t.checkStates()...)
}

// checkInstalled tells whether Teams has ever reached us.
func (t *Teams) checkInstalled(ctx context.Context) bot.Finding {
	f := bot.Finding{Name: "teams installation", State: bot.Warning}
	newest, _, err := t.refs.get(ctx, serviceKey)
	switch {
	case errors.Is(err, ErrUnread):
	case err != nil:
		f.Text = "What is known of conversations cannot be read: " + err.Error() + "."
	case newest.ServiceURL == "":
		f.Text = "Teams has not told anything yet: nobody installed the app, or Teams does not reach it."
		f.Fix = "Set the bot's messaging endpoint to https://<your server>/api/messages, and install the package of deploy/teams."
	default:
		in, _, err := t.refs.get(ctx, teamsKey)
		f.State, f.Text = bot.Fine, fmt.Sprintf("Teams reaches us; teams that have the app: %d.", len(in.Teams))
		if err != nil {
			f.State, f.Text = bot.Warning, "What is known of teams cannot be read: "+err.Error()+"."
		}
	}
	return f
}

// checkStates tells what this process has met since it began.
func (t *Teams) checkStates() []bot.Finding {
	var out []bot.Finding
	add := func(name, text, fix string) {
		out = append(out, bot.Finding{Name: name, State: bot.Warning, Text: text, Fix: fix})
	}
	in := t.Intake()
	if in.Strangers > 0 {
		add("teams tenant", fmt.Sprintf("%d requests of other tenants were refused.", in.Strangers), "See that teams.tenant_id is the tenant whose people are to ask.")
	}
	if in.Refused > 0 && in.Deliveries == 0 {
		add("teams requests", fmt.Sprintf("All %d requests were refused; the log says why.", in.Refused), "See that teams.app_id is the bot's, and that the clock is right.")
	}
	if paused := t.conn.Client.Paused(); len(paused) > 0 {
		add("teams rates", fmt.Sprintf("Teams told us to wait in %d conversations; it goes on by itself.", len(paused)), "")
	}
	return out
}
