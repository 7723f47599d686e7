package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"
	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

const (
	// knowFor is how long what Slack said of somebody holds.
	knowFor = time.Hour
	// knowAtWorst is how long it holds when Slack cannot be asked again.
	knowAtWorst = 24 * time.Hour
	// listEvery is how often everybody is asked for at once, before what is known of them
	// gets old: a company of 1,500 costs eight calls an hour instead of 1,500.
	listEvery = 50 * time.Minute
	listPage  = 200 // Slack recommends no more
	// maxListed bounds a listing; of larger companies the rest is asked for one by one.
	maxListed = 20_000
	maxKnown  = 200_000

	lookWithin = 10 * time.Second
	// renewWithin is how long renewing what is known may hold somebody up.
	renewWithin = 2 * time.Second
	// listedWithin is how long somebody unknown waits for the first listing.
	listedWithin = 10 * time.Second
)

// identity is who we are in the workspace.
type identity struct {
	bot        string // user id of our bot
	team       string
	enterprise string // empty outside an Enterprise Grid
	// workspace is the Workspace of our threads: the team, or the enterprise when the app
	// is installed for all of it. It does not depend on where in a Grid, or from which
	// company, something was written.
	workspace string
}

// addressee says who we are to an event: what its authorization says, and else what Slack
// says when asked.
func (s *Slack) addressee(ctx context.Context, out outer) (identity, error) {
	var us identity
	known := s.self.Load()
	if known != nil {
		us = *known
	}
	for _, a := range out.Authorizations {
		if !a.IsBot || a.UserID == "" {
			continue
		}
		us = identity{bot: a.UserID, team: a.TeamID, enterprise: a.EnterpriseID, workspace: a.TeamID}
		if a.Enterprise && a.EnterpriseID != "" || us.workspace == "" {
			us.workspace = a.EnterpriseID
		}
		break
	}
	if us.bot == "" {
		asked, err := s.whoAmI(ctx)
		if err != nil {
			return us, err
		}
		us = asked
	}
	if us.workspace == "" {
		us.workspace = out.TeamID
	}
	if known == nil || *known != us {
		s.self.Store(&us)
	}
	return us, nil
}

// whoAmI says who we are, and asks Slack when that is not known yet.
func (s *Slack) whoAmI(ctx context.Context) (identity, error) {
	if known := s.self.Load(); known != nil {
		return *known, nil
	}
	asked := s.people.flights.DoChan("", func() (any, error) {
		ctx, done := s.in.shared(ctx, lookWithin)
		defer done()
		return s.askWhoIAm(ctx)
	})
	select {
	case r := <-asked:
		if r.Err != nil {
			return identity{}, fmt.Errorf("who am I: %w", r.Err)
		}
		return r.Val.(identity), nil
	case <-ctx.Done():
		return identity{}, ctx.Err()
	}
}

func (s *Slack) askWhoIAm(ctx context.Context) (us identity, err error) {
	err = s.client.Call(ctx, client.Method{Name: "auth.test", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		r, err := api.AuthTestContext(ctx)
		if err != nil {
			return err
		}
		us = identity{bot: r.UserID, team: r.TeamID, enterprise: r.EnterpriseID, workspace: firstOf(r.TeamID, r.EnterpriseID)}
		return nil
	})
	if err == nil {
		s.self.CompareAndSwap(nil, &us)
	}
	return us, err
}

// people are those whom we know, by their id and, in a Grid, their id in all of it.
type people struct {
	mu      sync.Mutex
	entries map[string]entry
	// paged is closed with each page of a first listing; nil when none is under way.
	paged   chan struct{}
	changes int // events that told of a change
	flights singleflight.Group
}

type entry struct {
	person  bot.Person
	at      time.Time // when Slack said so; zero when it no longer holds
	changed int       // the last change that an event told of
}

// asking is what keep is told of an answer that is asked for now.
func (p *people) asking() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changes
}

func (p *people) known(id string) (bot.Person, bool) {
	e, ok := p.entry(id)
	return e.person, ok
}

// nameOf is what id is called, as far as we know.
func (p *people) nameOf(id string) string {
	e, _ := p.entry(id)
	return e.person.Name
}

func (p *people) entry(id string) (entry, bool) {
	e, ok, _ := p.entryOr(id)
	return e, ok
}

// entryOr returns also what is closed when more is known; nil when nothing is to come.
func (p *people) entryOr(id string) (e entry, ok bool, more <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok = p.entries[id]
	return e, ok, p.paged
}

// page tells those who wait that more is known, and whether yet more is to come.
func (p *people) page(more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paged != nil {
		close(p.paged)
	}
	p.paged = nil
	if more {
		p.paged = make(chan struct{})
	}
}

// await returns what is known of somebody, and waits for a listing under way to come to
// them: when a company arrives all at once, one call tells of two hundred.
func (p *people) await(ctx context.Context, id string) (entry, bool, error) {
	limit := time.NewTimer(listedWithin)
	defer limit.Stop()
	for {
		e, ok, more := p.entryOr(id)
		if ok || more == nil {
			return e, ok, nil
		}
		select {
		case <-more:
		case <-limit.C:
			return e, ok, nil
		case <-ctx.Done():
			return e, ok, ctx.Err()
		}
	}
}

// keep remembers what Slack said of somebody when it was asked. When an event told of a
// change since, the answer may be older, and does not hold.
func (p *people) keep(person bot.Person, at time.Time, asked int, ids ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entries == nil || len(p.entries) > maxKnown {
		p.entries = map[string]entry{}
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		e := entry{person, at, p.entries[id].changed}
		if e.changed > asked {
			e.at = time.Time{}
		}
		p.entries[id] = e
	}
}

// changed forgets what was known of somebody of whom an event says that it changed.
func (p *people) changed(event json.RawMessage) {
	var in struct {
		User struct {
			ID         string `json:"id"`
			Enterprise struct {
				ID string `json:"id"`
			} `json:"enterprise_user"`
		} `json:"user"`
	}
	if decode(event, &in) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entries == nil {
		p.entries = map[string]entry{}
	}
	p.changes++
	for _, id := range []string{in.User.ID, in.User.Enterprise.ID} {
		if id != "" {
			p.entries[id] = entry{person: p.entries[id].person, changed: p.changes}
		}
	}
}

// Person implements bot.Directory.
func (s *Slack) Person(ctx context.Context, _ bot.Thread, user bot.User) (bot.Person, error) {
	if user.ID == slackbot {
		return bot.Person{Name: "Slackbot", Standing: bot.Robot}, nil
	}
	before, ok, err := s.people.await(ctx, user.ID)
	if err != nil {
		return bot.Person{}, err
	}
	if ok && s.cfg.Now().Sub(before.at) < knowFor {
		return before.person, nil
	}
	found := s.people.flights.DoChan(user.ID, func() (any, error) {
		ctx, done := s.in.shared(ctx, lookWithin)
		defer done()
		return s.look(ctx, user.ID)
	})
	// Who was known an hour ago is not worth a long wait.
	var patience <-chan time.Time
	usable := ok && s.cfg.Now().Sub(before.at) < knowAtWorst
	if usable {
		timer := time.NewTimer(renewWithin)
		defer timer.Stop()
		patience = timer.C
	}
	err = context.DeadlineExceeded
	select {
	case r := <-found:
		if r.Err == nil {
			return r.Val.(bot.Person), nil
		}
		err = r.Err
	case <-patience:
	case <-ctx.Done():
		return bot.Person{}, ctx.Err()
	}
	if usable {
		s.log.WarnContext(ctx, "slack: a person cannot be looked up, taken as before", "error", err)
		return before.person, nil
	}
	return bot.Person{}, err
}

// look asks Slack who somebody is.
func (s *Slack) look(ctx context.Context, id string) (bot.Person, error) {
	us, err := s.whoAmI(ctx)
	if err != nil {
		return bot.Person{}, err
	}
	asked := s.people.asking()
	var u *slack.User
	err = s.client.Call(ctx, client.Method{Name: "users.info", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		var err error
		u, err = api.GetUserInfoContext(ctx, id)
		return err
	})
	if e, known := errors.AsType[*bot.Error](err); known && strangers[e.Reason] {
		p := bot.Person{Standing: bot.External}
		s.people.keep(p, s.cfg.Now(), asked, id)
		return p, nil
	}
	if err != nil {
		return bot.Person{}, fmt.Errorf("look up user: %w", err)
	}
	p := s.person(us, u)
	s.people.keep(p, s.cfg.Now(), asked, id, u.ID, u.Enterprise.ID)
	s.missEmail(ctx, p)
	return p, nil
}

// strangers are Slack's reasons for telling us nothing of somebody. None is one of us.
var strangers = map[string]bool{"user_not_found": true, "user_not_visible": true, "users_not_found": true}

// person reads a user of Slack's.
func (s *Slack) person(us identity, u *slack.User) bot.Person {
	p := bot.Person{
		Email:  strings.ToLower(strings.TrimSpace(u.Profile.Email)),
		Locale: u.Locale, Standing: us.standing(u),
	}
	for _, name := range []string{u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name} {
		if name = strings.TrimSpace(norm.NFC.String(name)); name != "" {
			p.Name = name
			break
		}
	}
	return p
}

// standing is what u is to our company. In a Grid its other workspaces are ours, too.
func (us identity) standing(u *slack.User) bot.Standing {
	grid := us.enterprise != "" && (u.Enterprise.EnterpriseID == us.enterprise || u.TeamID == us.enterprise)
	ours := grid || u.TeamID == "" || us.team == "" || u.TeamID == us.team || slices.Contains(u.Enterprise.Teams, us.team)
	switch {
	case u.IsBot || u.IsWorkflowBot || u.IsConnectorBot:
		return bot.Robot
	case u.Deleted:
		return bot.Left
	case !ours || u.IsStranger && !grid:
		return bot.External
	case u.IsRestricted || u.IsUltraRestricted:
		return bot.Guest
	}
	return bot.Member
}

// missEmail notices that Slack tells no addresses.
func (s *Slack) missEmail(ctx context.Context, p bot.Person) {
	switch {
	case p.Standing != bot.Member:
	case p.Email != "":
		s.in.noEmail.Store(false)
		s.sawEmail.Store(true)
	case !s.sawEmail.Load() && s.in.noEmail.CompareAndSwap(false, true):
		s.log.WarnContext(ctx, "slack: people come without e-mail addresses: the scope users:read.email is missing")
	}
}

// keepPeople finds out who we are and knows everybody before they ask. It returns an
// error when Slack refuses our token.
func (s *Slack) keepPeople(ctx context.Context) error {
	s.people.page(true)
	defer s.people.page(false)
	for wait := backoffFrom; ; wait = min(wait*2, backoffTo) {
		_, err := s.whoAmI(ctx)
		if err == nil {
			break
		}
		if isDenied(err) {
			return err
		}
		s.log.WarnContext(ctx, "slack: asking again who we are", "after", wait, "error", err)
		if !pause(ctx, wait) {
			return nil
		}
	}
	for {
		if err := s.listPeople(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "slack: people could not be listed, they are looked up one by one", "error", err)
		}
		s.people.page(false)
		timer := time.NewTimer(listEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// listPeople asks who everybody is.
func (s *Slack) listPeople(ctx context.Context) error {
	us, err := s.whoAmI(ctx)
	if err != nil {
		return err
	}
	cursor := ""
	for listed := 0; listed < maxListed; {
		asked := s.people.asking()
		var page slack.UserPagination
		err := s.client.Call(ctx, client.Method{Name: "users.list", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
			var err error
			page, err = api.GetUsersPaginated(slack.GetUsersOptionLimit(listPage), slack.GetUsersOptionCursor(cursor)).Next(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		for i := range page.Users {
			u := &page.Users[i]
			p := s.person(us, u)
			s.people.keep(p, s.cfg.Now(), asked, u.ID, u.Enterprise.ID)
			s.missEmail(ctx, p)
		}
		if _, _, waiting := s.people.entryOr(""); waiting != nil {
			s.people.page(true)
		}
		listed += len(page.Users)
		if cursor = page.Cursor; cursor == "" || len(page.Users) == 0 {
			return nil
		}
	}
	return nil
}
