package teams

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

const (
	// knowFor is how long what Teams said of somebody holds.
	knowFor = time.Hour
	// goneFor is how long it holds that somebody is not there: Teams takes some minutes until
	// everything of it knows of somebody new.
	goneFor = 5 * time.Minute
	// knowAtWorst is how long it holds when Teams cannot be asked again.
	knowAtWorst = 24 * time.Hour
	maxKnown    = 200_000
	// askedBeforeListing is how many members of a channel are asked for one by one, before
	// everybody is listed: Teams lets us ask for four members of one conversation a second,
	// and tells of two hundred at once.
	askedBeforeListing = 8
	lookWithin         = 30 * time.Second
	// renewWithin is how long renewing what is known may hold somebody up.
	renewWithin = 2 * time.Second
)

// people are those whom we know, by their ids.
type people struct {
	mu      sync.Mutex
	entries map[string]entryOf
	locales map[string]string // as people's own Teams says
	forms   map[string]string // what else people's ids are here: "29:…", by object id
	asked   map[string]asking // by conversation
	flights singleflight.Group
}

// entryOf is what is known of somebody.
type entryOf struct {
	person bot.Person
	at     time.Time
	listed bool // among others, so that the directory was not asked yet
}

// holds tells whether it need not be asked again yet.
func (e entryOf) holds(now time.Time) bool {
	most := knowFor
	if e.person.Standing == bot.Left {
		most = goneFor
	}
	return now.Sub(e.at) < most
}

// asking is how many members of a conversation were asked for one by one.
type asking struct {
	times int
	since time.Time
}

// spoke notes what an activity says of who did it.
func (p *people) spoke(a *activity) {
	if !a.human() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	note := func(m *map[string]string, value string) {
		if *m == nil || len(*m) > maxKnown {
			*m = map[string]string{}
		}
		if value != "" {
			(*m)[a.who()] = value
		}
	}
	note(&p.locales, a.locale())
	note(&p.forms, a.From.ID)
}

// form is the other id of somebody; empty when it is not known.
func (p *people) form(id string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forms[id]
}

func (p *people) locale(id string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.locales[id]
}

func (p *people) known(id string) (entryOf, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.entries[id]
	e.person.Locale = p.locales[id]
	return e, ok
}

func (p *people) keep(e entryOf, ids ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.entries == nil || len(p.entries) > maxKnown {
		p.entries = map[string]entryOf{}
	}
	for _, id := range ids {
		if id != "" {
			p.entries[id] = e
		}
	}
}

// lists tells whether everybody in a conversation is to be listed, rather than asked for
// one by one, and counts.
func (p *people) lists(conversation string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked == nil || len(p.asked) > maxKnown {
		p.asked = map[string]asking{}
	}
	a := p.asked[conversation]
	if now.Sub(a.since) > knowFor {
		a = asking{since: now}
	}
	a.times++
	p.asked[conversation] = a
	return a.times > askedBeforeListing
}

// Person implements bot.Directory.
func (t *Teams) Person(ctx context.Context, thread bot.Thread, user bot.User) (bot.Person, error) {
	if strings.HasPrefix(user.ID, "28:") {
		return bot.Person{Name: user.Name, Standing: bot.Robot}, nil
	}
	before, ok := t.people.known(user.ID)
	age := t.cfg.Now().Sub(before.at)
	if ok && before.holds(t.cfg.Now()) && !before.listed {
		return before.person, nil
	}
	found := t.people.flights.DoChan("person "+user.ID, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin)
		defer cancel()
		return t.look(ctx, thread, user)
	})
	// Who was known an hour ago is not worth a long wait.
	var patience <-chan time.Time
	usable := ok && age < knowAtWorst
	if usable {
		timer := time.NewTimer(renewWithin)
		defer timer.Stop()
		patience = timer.C
	}
	err := context.DeadlineExceeded
	select {
	case r := <-found:
		if r.Err == nil {
			p := r.Val.(bot.Person)
			p.Locale = t.people.locale(user.ID)
			return p, nil
		}
		err = r.Err
	case <-patience:
	case <-ctx.Done():
		return bot.Person{}, ctx.Err()
	}
	if usable {
		t.log.WarnContext(ctx, "teams: a person cannot be looked up, taken as before", "error", err)
		return before.person, nil
	}
	return bot.Person{}, err
}

// look finds out who somebody is: from Teams, and where that does not say, from the
// directory alone, which knows no strangers.
func (t *Teams) look(ctx context.Context, thread bot.Thread, user bot.User) (bot.Person, error) {
	p, err := t.lookInTeams(ctx, thread, user)
	if err == nil {
		return p, nil
	}
	e, graphErr := t.conn.Graph.User(ctx, user.ID)
	if graphErr != nil {
		return p, err
	}
	p = inDirectory(bot.Person{Name: user.Name, Standing: bot.Left}, e)
	t.people.keep(entryOf{person: p, at: t.cfg.Now()}, user.ID)
	return p, nil
}

// lookInTeams asks Teams who somebody is, in the conversation where they did something.
func (t *Teams) lookInTeams(ctx context.Context, thread bot.Thread, user bot.User) (bot.Person, error) {
	thread.ID = "" // people are of the whole conversation
	at, err := t.place(ctx, thread)
	if err != nil {
		return bot.Person{}, err
	}
	if !thread.Direct && t.people.lists(at.Conversation, t.cfg.Now()) {
		if err := t.list(ctx, at); err != nil {
			t.log.WarnContext(ctx, "teams: members could not be listed, they are looked up one by one", "error", err)
		}
	}
	if e, ok := t.people.known(user.ID); ok && e.holds(t.cfg.Now()) {
		return t.named(ctx, e.person, user.ID, user.ID), nil
	}
	m, err := t.member(ctx, at, user.ID)
	if connector.KindOf(err) == connector.KindMember && !thread.Direct {
		// Who was taken out of a team is one of us all the same: their own chat knows.
		if own, known, getErr := t.refs.get(ctx, personKey(user.ID)); getErr == nil && known {
			if at, placeErr := t.place(ctx, bot.Thread{Platform: Platform, Channel: own.Conversation, Direct: true}); placeErr == nil {
				m, err = t.member(ctx, at, user.ID)
			}
		}
	}
	if connector.KindOf(err) == connector.KindMember {
		return t.named(ctx, bot.Person{Name: user.Name, Standing: bot.Left}, user.ID, user.ID), nil
	}
	if err != nil {
		return bot.Person{}, fmt.Errorf("look up member: %w", err)
	}
	object := strings.ToLower(m.AADObject)
	return t.named(ctx, t.person(m), firstOf(object, user.ID), user.ID, object, m.ID), nil
}

// named is somebody as the company's directory knows them, where it is asked and answers:
// they sign in by the name that it has. It is kept under the ids.
func (t *Teams) named(ctx context.Context, p bot.Person, object string, ids ...string) bot.Person {
	e, err := t.conn.Graph.User(ctx, object)
	switch {
	case err == nil:
		p = inDirectory(p, e)
	case errors.Is(err, connector.ErrNobody) && p.Standing == bot.Member:
		p.Standing = bot.Left
	}
	t.people.keep(entryOf{person: p, at: t.cfg.Now()}, ids...)
	return p
}

// inDirectory is p with what the directory says. Of other companies it has no people, only
// guests: whom Teams says to be of another it does not make one of us.
func inDirectory(p bot.Person, e connector.Entry) bot.Person {
	if name := tidy(e.Name); name != "" && p.Name == "" {
		p.Name = name
	}
	if address := emailOf(connector.Member{Email: e.UPN, UPN: e.Mail}); address != "" {
		p.Email = address
	}
	switch {
	case p.Standing == bot.External || p.Standing == bot.Robot:
	case e.Enabled != nil && !*e.Enabled:
		p.Standing = bot.Left
	case strings.EqualFold(e.Type, "Guest") || strings.Contains(strings.ToUpper(e.UPN), "#EXT#"):
		p.Standing = bot.Guest
	case p.Standing == bot.Left:
		p.Standing = bot.Member
	}
	return p
}

// member asks for somebody in a conversation, by each of the ids that they have there: not
// every part of Teams knows people by their object ids.
func (t *Teams) member(ctx context.Context, at connector.Ref, user string) (connector.Member, error) {
	m, err := t.conn.Client.Member(ctx, at, user)
	if connector.KindOf(err) != connector.KindMember {
		return m, err
	}
	other := t.people.form(user)
	if other == "" {
		own, _, getErr := t.refs.get(ctx, personKey(user))
		if getErr != nil {
			return m, fmt.Errorf("get reference: %w", getErr)
		}
		other = own.Account
	}
	if other == "" || other == user {
		return m, err
	}
	return t.conn.Client.Member(ctx, at, other)
}

// list asks who everybody in a conversation is.
func (t *Teams) list(ctx context.Context, at connector.Ref) error {
	_, err, _ := t.people.flights.Do("members "+at.Conversation, func() (any, error) {
		for m, err := range t.conn.Client.Members(ctx, at) {
			if err != nil {
				return nil, fmt.Errorf("list members: %w", err)
			}
			t.people.keep(entryOf{person: t.person(m), at: t.cfg.Now(), listed: t.conn.Graph != nil}, strings.ToLower(m.AADObject), m.ID)
		}
		return nil, nil
	})
	return err
}

// person is a member as Teams knows them.
func (t *Teams) person(m connector.Member) bot.Person {
	return bot.Person{Name: tidy(m.Name), Email: emailOf(m), Standing: t.standing(m)}
}

// emailOf is somebody's address. Where Teams does not tell it, the name by which they sign
// in nearly always is one; a guest's is made up of theirs elsewhere.
func emailOf(m connector.Member) string {
	for _, address := range []string{m.Email, m.UPN} {
		address = strings.ToLower(strings.TrimSpace(address))
		if strings.Contains(address, "@") && !strings.Contains(address, "#ext#") {
			return address
		}
	}
	return ""
}

// standing is what somebody is to our company. Of whom Teams does not say whose they are,
// nobody says that they are one of us.
func (t *Teams) standing(m connector.Member) bot.Standing {
	switch {
	case strings.HasPrefix(m.ID, "28:"):
		return bot.Robot
	case !strings.EqualFold(m.Tenant, t.cfg.Connector.TenantID), m.Role == "anonymous":
		return bot.External
	case m.Role == "guest", strings.Contains(strings.ToUpper(m.UPN), "#EXT#"):
		return bot.Guest
	}
	return bot.Member
}

// isIn tells whether somebody is in a conversation.
func (t *Teams) isIn(ctx context.Context, at connector.Ref, user string) (bool, error) {
	_, err := t.member(ctx, at, user)
	switch kind := connector.KindOf(err); {
	case err == nil:
		return true, nil
	case kind == connector.KindMember, kind == connector.KindRemoved, kind == connector.KindPlace:
		return false, nil
	}
	return false, errors.Join(errors.New("membership unknown"), err)
}
