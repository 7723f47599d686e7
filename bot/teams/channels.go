package teams

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// channels remembers the channels of teams.
type channels struct {
	mu    sync.Mutex
	teams map[string]listed
}

type listed struct {
	channels []connector.Channel
	until    time.Time
}

// How long a list is believed, and how long nothing is asked again after Teams did not
// tell: analysts go by channel ids then.
const (
	listFor     = time.Hour
	listlessFor = 5 * time.Minute
)

// channelsOf are the channels of a team.
func (t *Teams) channelsOf(ctx context.Context, team string) ([]connector.Channel, error) {
	t.channels.mu.Lock()
	known, ok := t.channels.teams[team]
	t.channels.mu.Unlock()
	if ok && t.cfg.Now().Before(known.until) {
		return known.channels, nil
	}
	service, err := t.service(ctx)
	if err != nil {
		return nil, err
	}
	list, err := t.conn.Client.Channels(ctx, service, t.cfg.Connector.TenantID, team)
	if ctx.Err() != nil { // whoever asked had no time, which says nothing of the team
		return list, err
	}
	until := t.cfg.Now().Add(listFor)
	if err != nil {
		until = t.cfg.Now().Add(listlessFor)
	}
	t.channels.mu.Lock()
	defer t.channels.mu.Unlock()
	if t.channels.teams == nil || len(t.channels.teams) >= 10*maxTeams {
		t.channels.teams = map[string]listed{}
	}
	t.channels.teams[team] = listed{list, until}
	return list, err
}

// ChannelName is the name of a thread's channel or group chat; empty for a person's own
// chat and where Teams does not tell.
func (t *Teams) ChannelName(ctx context.Context, thread bot.Thread) string {
	if thread.Direct || thread.Channel == "" {
		return ""
	}
	r, _, err := t.refs.get(ctx, conversationKey(thread.Channel))
	if err != nil || r.Name != "" || r.Kind != kindChannel || r.Team == "" {
		return r.Name
	}
	list, err := t.channelsOf(ctx, r.Team)
	if err != nil {
		t.log.WarnContext(ctx, "teams: name of a channel unknown; analysts are found by its id only", "channel", thread.Channel, "error", err)
	}
	for _, c := range list {
		if c.ID == thread.Channel {
			return nameOf(c, r.Team)
		}
	}
	return ""
}

// nameOf is what a channel is called. The one that every team begins with has its team's id,
// and is told without a name.
func nameOf(c connector.Channel, team string) string {
	if c.Name == "" && c.ID == team {
		return "General"
	}
	return tidy(c.Name)
}

// renamed has a channel's name asked for again when it changed.
func (t *Teams) renamed(ctx context.Context, a *activity) error {
	team := a.data.team()
	if team == "" || !strings.HasPrefix(a.data.Event, "channel") {
		t.in.ignored.Add(1)
		return nil
	}
	t.channels.mu.Lock()
	delete(t.channels.teams, team)
	t.channels.mu.Unlock()
	if a.data.Channel.ID == "" || a.data.Channel.Name == "" {
		return nil
	}
	_, err := t.refs.change(ctx, conversationKey(a.data.Channel.ID), func(r *reference) bool {
		return r.Conversation != "" && set(&r.Name, a.data.Channel.Name)
	})
	return err
}

// left keeps that we are in a team no longer.
func (t *Teams) left(ctx context.Context, team string) error {
	_, err := t.refs.change(ctx, teamsKey, func(r *reference) bool {
		before := len(r.Teams)
		r.Teams = slices.DeleteFunc(r.Teams, func(id string) bool { return id == team })
		return len(r.Teams) != before
	})
	return err
}

const (
	// maxOffered bounds of how many teams the channels are offered: each costs two calls.
	maxOffered = 12
	// offerWithin is how long it may take to find them. Who asked sees a dialog that loads, and
	// Teams gives it up after some seconds: a team that does not answer in time is left out.
	offerWithin = 3 * time.Second
)

// sharePlaces are where somebody may have an answer shown: in the channels of the teams that
// both they and we are in. What is shown there is theirs to answer for, so they cannot show
// it where they are not. Whole is false when a team did not say.
func (t *Teams) sharePlaces(ctx context.Context, d *deed) (places []cards.Place, whole bool, err error) {
	in, _, err := t.refs.get(ctx, teamsKey)
	if err != nil {
		return nil, false, fmt.Errorf("get reference: %w", err)
	}
	teams := slices.Clone(in.Teams)
	if own := d.data.team(); own != "" { // the nearest first
		teams = append([]string{own}, slices.DeleteFunc(teams, func(id string) bool { return id == own })...)
	}
	teams = teams[:min(len(teams), maxOffered)]
	ctx, cancel := context.WithTimeout(ctx, offerWithin)
	defer cancel()
	found, failed := make([][]cards.Place, len(teams)), make([]error, len(teams))
	var all sync.WaitGroup
	for i, team := range teams {
		all.Go(func() {
			if found[i], failed[i] = t.placesIn(ctx, team, d); failed[i] != nil {
				t.log.WarnContext(ctx, "teams: a team is not offered", "team", team, "error", failed[i])
			}
		})
	}
	all.Wait()
	return slices.Concat(found...), errors.Join(failed...) == nil, nil
}

// placesIn are the channels of a team that somebody may have an answer shown in: none of a
// team that they are not in.
func (t *Teams) placesIn(ctx context.Context, team string, d *deed) ([]cards.Place, error) {
	ours, err := t.inTeam(ctx, team, d.user.ID)
	if err != nil || !ours {
		return nil, err
	}
	list, err := t.channelsOf(ctx, team)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	var out []cards.Place
	for _, c := range list {
		if name := nameOf(c, team); c.ID != d.place() && name != "" {
			out = append(out, cards.Place{ID: c.ID, Name: name})
		}
	}
	return out, nil
}

// inTeam tells whether somebody is in a team.
func (t *Teams) inTeam(ctx context.Context, team, user string) (bool, error) {
	at, err := t.place(ctx, bot.Thread{Platform: Platform, Workspace: t.cfg.Connector.TenantID, Channel: team})
	if e, ok := errors.AsType[*bot.Error](err); ok && e.Code == bot.CodeGone {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return t.isIn(ctx, at, user)
}

// mayShare tells whether somebody may have an answer shown in a channel: it is one of those
// that they are offered.
func (t *Teams) mayShare(ctx context.Context, d *deed, channel string) (bool, error) {
	places, whole, err := t.sharePlaces(ctx, d)
	switch {
	case err != nil:
		return false, err
	case slices.ContainsFunc(places, func(p cards.Place) bool { return p.ID == channel }):
		return true, nil
	case !whole: // then it is too soon to say no
		return false, errors.New("a team did not say who is in it")
	}
	return false, nil
}
