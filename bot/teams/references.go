package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// reference is where a conversation is and what is known of it. It is stored: nothing else
// says where a digest or a late answer goes.
type reference struct {
	connector.Ref // without a thread

	Kind     string   `json:"kind,omitempty"`    // of the kinds below
	Team     string   `json:"team,omitempty"`    // of a channel
	Name     string   `json:"name,omitempty"`    // of a channel or group chat, where Teams told
	User     string   `json:"user,omitempty"`    // whose chat it is
	Account  string   `json:"account,omitempty"` // their "29:…", under the person's key
	Talks    []string `json:"talks,omitempty"`   // messages that began the last talks of a chat, oldest first
	Spoke    int64    `json:"spoke,omitempty"`   // when something was last said in a chat, Unix milliseconds
	Teams    []string `json:"teams,omitempty"`   // where we are installed, under teamsKey
	Welcomed bool     `json:"welcomed,omitempty"`

	// Closed is why nothing can be said there; empty when it can.
	Closed   string `json:"closed,omitempty"`
	ClosedAt int64  `json:"closed_at,omitempty"` // Unix milliseconds
	// OpenedAt is when we were last brought into a team, which opens all its channels.
	OpenedAt int64 `json:"opened_at,omitempty"` // Unix milliseconds
}

// The kinds of conversations, by Teams' names.
const (
	kindPersonal = "personal"
	kindGroup    = "groupChat"
	kindChannel  = "channel"
)

// removed is why a conversation is closed that we were taken out of.
const removed = "the app was removed"

const (
	// talkGap is how long nobody says anything in a chat until the next message begins a
	// new talk: a night, but no lunch.
	talkGap  = 8 * time.Hour
	maxTalks = 16
	// spokeWithin is how exactly it is stored when something was last said: not every
	// message is worth a write.
	spokeWithin = 15 * time.Minute
	// closedFor is how long a conversation that was closed to us is left alone. Nobody tells
	// that we were let in again, but for who installs us or speaks to us.
	closedFor = 24 * time.Hour
)

// book keeps references, in memory as well as in the store. Where other processes change
// them, too, what is in memory is not to be trusted: they are read anew, and a change is
// made again of what is kept when it is stored.
type book struct {
	store  References
	shared bool

	mu      sync.Mutex
	known   map[string]*reference              // by key
	dirty   map[string]bool                    // keys of changes that are to be stored
	pending map[string][]func(*reference) bool // of shared ones, by key
	locks   [64]sync.Mutex                     // one for the writes of each key
}

func newBook(store References, shared bool) *book {
	return &book{store: store, shared: shared, known: map[string]*reference{}, dirty: map[string]bool{}, pending: map[string][]func(*reference) bool{}}
}

// maxReferences bounds how many are in memory.
const maxReferences = 50_000

// maxTeams bounds of how many teams it is kept that we are in them.
const maxTeams = 200

var hashSeed = maphash.MakeSeed()

// The keys of what is kept.
func conversationKey(id string) string { return "conversation:" + id }
func personKey(id string) string       { return "person:" + strings.ToLower(id) }

const (
	serviceKey = "service" // the newest address of the connector, for where nothing was said yet
	teamsKey   = "teams"   // where we are installed
)

// get returns what is kept under a key; false when nothing is.
func (b *book) get(ctx context.Context, key string) (reference, bool, error) {
	if r := b.inMemory(key); r != nil {
		return *r, true, nil
	}
	data, err := b.store.Get(ctx, key)
	if err != nil || len(data) == 0 {
		return reference{}, false, err
	}
	var out reference
	if err := json.Unmarshal(data, &out); err != nil {
		return reference{}, false, fmt.Errorf("decode reference: %w", err)
	}
	if !b.shared {
		b.remember(key, out)
	}
	return out, true, nil
}

// inMemory is what memory has under a key, nil when nothing that holds.
func (b *book) inMemory(key string) *reference {
	if b.shared {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.known[key]
}

func (b *book) remember(key string, r reference) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known[key] == nil { // it may have been changed meanwhile
		b.put(key, r)
	}
}

// put puts r into memory. b.mu is held.
func (b *book) put(key string, r reference) {
	if len(b.known) >= maxReferences {
		maps.DeleteFunc(b.known, func(k string, _ *reference) bool { return !b.dirty[k] })
	}
	b.known[key] = &r
}

// alter changes what is kept under a key. Where update returns true the change is stored
// with the next flush of the key; otherwise it may be forgotten. Update sees one call at a
// time, and works on a copy.
func (b *book) alter(ctx context.Context, key string, update func(*reference) (durable bool)) (reference, error) {
	r, _, err := b.get(ctx, key)
	if err != nil {
		return r, fmt.Errorf("get reference: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if newest := b.known[key]; newest != nil {
		r = *newest
	}
	r.Talks, r.Teams = slices.Clone(r.Talks), slices.Clone(r.Teams)
	if update(&r) {
		b.dirty[key] = true
		if b.shared {
			b.pending[key] = append(b.pending[key], update)
		}
	}
	if !b.shared {
		b.put(key, r)
	}
	return r, nil
}

// writeShared makes the changes of a key again, of what is kept now.
func (b *book) writeShared(ctx context.Context, key string) error {
	b.mu.Lock()
	updates := b.pending[key]
	delete(b.pending, key)
	delete(b.dirty, key)
	b.mu.Unlock()
	if len(updates) == 0 {
		return nil
	}
	err := changeKept(ctx, b.store, key, func(kept json.RawMessage) (json.RawMessage, error) {
		var r reference
		if len(kept) > 0 {
			if err := json.Unmarshal(kept, &r); err != nil {
				return nil, fmt.Errorf("decode reference: %w", err)
			}
		}
		changed := false
		for _, update := range updates {
			changed = update(&r) || changed
		}
		if !changed {
			return nil, nil // another process has said the same
		}
		return json.Marshal(&r)
	})
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.pending[key] = append(updates, b.pending[key]...)
		b.dirty[key] = true
		return fmt.Errorf("keep reference: %w", err)
	}
	return nil
}

// flush stores what was altered under the keys, all at once: the store commits together
// what comes together.
func (b *book) flush(ctx context.Context, keys ...string) error {
	errs := make([]error, len(keys))
	var all sync.WaitGroup
	for i, key := range keys {
		if b.isDirty(key) {
			all.Go(func() { errs[i] = b.write(ctx, key) })
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

func (b *book) isDirty(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dirty[key]
}

// write stores the newest of a key, unless somebody else has meanwhile.
func (b *book) write(ctx context.Context, key string) error {
	lock := &b.locks[maphash.String(hashSeed, key)%uint64(len(b.locks))]
	lock.Lock()
	defer lock.Unlock()
	if b.shared {
		return b.writeShared(ctx, key)
	}
	b.mu.Lock()
	r, dirty := b.known[key], b.dirty[key]
	delete(b.dirty, key)
	b.mu.Unlock()
	if !dirty || r == nil {
		return nil
	}
	data, err := json.Marshal(r)
	if err == nil {
		err = b.store.Put(ctx, key, data)
	}
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.dirty[key] = true
		return fmt.Errorf("keep reference: %w", err)
	}
	return nil
}

// change alters what is kept under a key, durably where update returns true.
func (b *book) change(ctx context.Context, key string, update func(*reference) (durable bool)) (reference, error) {
	r, err := b.alter(ctx, key, update)
	if err == nil {
		err = b.flush(ctx, key)
	}
	return r, err
}

// set puts v into *p and reports whether that changes it; an empty one changes nothing.
func set(p *string, v string) bool {
	if v == "" || *p == v {
		return false
	}
	*p = v
	return true
}

// heard notes where an activity came from, and tells which conversation that is. Whoever is
// heard again has let us in again. What changed is stored with a flush of keys, before the
// activity is acknowledged.
func (t *Teams) heard(ctx context.Context, a *activity) (r reference, keys []string, err error) {
	note := func(key string, update func(*reference) bool) (out reference) {
		if err == nil {
			out, err = t.refs.alter(ctx, key, update)
			keys = append(keys, key)
		}
		return out
	}
	r = note(conversationKey(a.place()), func(r *reference) bool { return r.hear(a) })
	if r.User != "" {
		note(personKey(r.User), func(p *reference) bool {
			changed := set(&p.Conversation, r.Conversation)
			return a.human() && a.who() == r.User && set(&p.Account, a.From.ID) || changed
		})
	}
	note(serviceKey, func(s *reference) bool { return set(&s.ServiceURL, r.ServiceURL) })
	if r.Team != "" && !a.removes() {
		note(teamsKey, func(in *reference) bool {
			if slices.Contains(in.Teams, r.Team) || len(in.Teams) >= maxTeams {
				return false
			}
			in.Teams = append(in.Teams, r.Team)
			return true
		})
	}
	return r, keys, err
}

// hear notes what an activity says of its conversation, and reports whether that is to be
// stored.
func (r *reference) hear(a *activity) (durable bool) {
	changed := set(&r.ServiceURL, a.ServiceURL)
	changed = set(&r.Conversation, a.place()) || changed
	changed = set(&r.Tenant, a.tenant()) || changed
	changed = set(&r.Kind, a.kind()) || changed
	changed = set(&r.Team, a.data.team()) || changed
	changed = set(&r.Name, a.named()) || changed
	if a.kind() == kindPersonal && a.human() {
		changed = set(&r.User, a.who()) || changed
	}
	if r.Closed != "" && !a.removes() {
		r.Closed, r.ClosedAt, changed = "", 0, true
	}
	if a.says() && a.kind() != kindChannel {
		changed = r.talk(a.ID) || changed
	}
	return changed
}

// talk notes that a message was said in a chat, and begins a talk with it when nothing was
// said for long. It reports whether that is to be stored. A message that was heard before,
// as Teams repeats deliveries, stays where it was.
func (r *reference) talk(message string) (durable bool) {
	at, err := strconv.ParseInt(message, 10, 64)
	if err != nil {
		at = r.Spoke // no time: it goes on with what there is
	}
	switch {
	case len(r.Talks) == 0, at > r.Spoke+talkGap.Milliseconds():
		r.begin(message, at)
		return true
	case at > r.Spoke:
		durable = at > r.Spoke-r.Spoke%spokeWithin.Milliseconds()+spokeWithin.Milliseconds()
		r.Spoke = at
	}
	return durable
}

// begin begins a talk with a message.
func (r *reference) begin(message string, at int64) {
	r.Talks = append(r.Talks, message)
	if over := len(r.Talks) - maxTalks; over > 0 {
		r.Talks = slices.Delete(r.Talks, 0, over)
	}
	r.Spoke = max(at, r.Spoke)
}

// talkOf is the talk that a message of a chat belongs to. Teams' ids of messages are the
// milliseconds of their time.
func (r *reference) talkOf(message string) string {
	at, err := strconv.ParseInt(message, 10, 64)
	for i := len(r.Talks) - 1; i >= 0; i-- {
		began, berr := strconv.ParseInt(r.Talks[i], 10, 64)
		if err != nil || berr != nil || began <= at {
			return r.Talks[i]
		}
	}
	if len(r.Talks) > 0 {
		return r.Talks[0]
	}
	return message
}

// thread is the thread of ours that a message of the conversation is in; post is what a
// channel's id says it is below.
func (r *reference) thread(message, post string) bot.Thread {
	out := bot.Thread{Platform: Platform, Workspace: r.Tenant, Channel: r.Conversation, Direct: r.Kind == kindPersonal, ID: post}
	switch {
	case r.Kind != kindChannel:
		out.ID = r.talkOf(message)
	case post == "":
		out.ID = message
	}
	return out
}

// place is where messages of a thread go, with ";messageid=" below a post. A chat with
// somebody who has said nothing yet is begun. It fails with CodeGone where we know that we
// are not let in.
func (t *Teams) place(ctx context.Context, thread bot.Thread) (connector.Ref, error) {
	r, err := t.referenceOf(ctx, thread)
	if err != nil {
		return connector.Ref{}, err
	}
	opened := int64(0)
	for _, id := range []string{r.Team, r.Conversation} {
		if id == "" {
			continue
		}
		known, _, err := t.refs.get(ctx, conversationKey(id))
		if err != nil {
			return connector.Ref{}, fmt.Errorf("get reference: %w", err)
		}
		if why := known.closed(t.cfg.Now()); why != "" && known.ClosedAt >= opened {
			return connector.Ref{}, unplaced(bot.CodeGone, "closed", errors.New(why))
		}
		opened = known.OpenedAt
	}
	ref := r.Ref
	if thread.ID != "" && r.Kind == kindChannel {
		ref.Conversation += ";messageid=" + thread.ID
	}
	return ref, nil
}

func unplaced(code bot.Code, reason string, err error) *bot.Error {
	return &bot.Error{Code: code, Method: "reference", Reason: reason, Err: err}
}

// closed is why the conversation is left alone; empty when it is not.
func (r *reference) closed(now time.Time) string {
	if r.Closed == removed || r.Closed != "" && now.Sub(time.UnixMilli(r.ClosedAt)) < closedFor {
		return r.Closed
	}
	return ""
}

// referenceOf finds the reference of a thread's conversation.
func (t *Teams) referenceOf(ctx context.Context, thread bot.Thread) (reference, error) {
	id := thread.Channel
	if isPerson(id) {
		known, ok, err := t.refs.get(ctx, personKey(id))
		if err != nil {
			return reference{}, fmt.Errorf("get reference: %w", err)
		}
		if !ok {
			return t.beginChat(ctx, id)
		}
		id = known.Conversation
	}
	r, ok, err := t.refs.get(ctx, conversationKey(id))
	if err != nil {
		return reference{}, fmt.Errorf("get reference: %w", err)
	}
	if ok {
		return r, nil
	}
	// Nothing was heard from there, such as from a channel that an answer is shared to.
	service, err := t.service(ctx)
	if err != nil {
		return reference{}, err
	}
	return reference{Ref: connector.Ref{ServiceURL: service, Conversation: id, Tenant: t.cfg.Connector.TenantID}, Kind: kindOf(id)}, nil
}

// service is the newest address of the connector. One tenant has one.
func (t *Teams) service(ctx context.Context) (string, error) {
	newest, _, err := t.refs.get(ctx, serviceKey)
	if err != nil {
		return "", fmt.Errorf("get reference: %w", err)
	}
	if newest.ServiceURL == "" {
		return "", unplaced(bot.CodeUnavailable, "no_service", errors.New("Teams has told nothing yet, so where it takes messages is unknown")) //nolint:staticcheck // a name
	}
	return newest.ServiceURL, nil
}

// beginChat asks Teams for the chat with a person, and keeps it.
func (t *Teams) beginChat(ctx context.Context, person string) (reference, error) {
	service, err := t.service(ctx)
	if err != nil {
		return reference{}, err
	}
	ref, err := t.conn.Client.CreateConversation(ctx, service, t.cfg.Connector.TenantID, person)
	if err != nil {
		return reference{}, fmt.Errorf("begin chat: %w", err)
	}
	r, err := t.refs.change(ctx, conversationKey(ref.Conversation), func(r *reference) bool {
		r.Ref, r.Kind = ref, kindPersonal
		set(&r.User, person)
		return true
	})
	if err == nil {
		_, err = t.refs.change(ctx, personKey(person), func(p *reference) bool { return set(&p.Conversation, ref.Conversation) })
	}
	return r, err
}

// posted is the thread that a message is in which was posted to a thread without an ID: it
// begins one, in a chat too.
func (t *Teams) posted(ctx context.Context, thread bot.Thread, to connector.Ref, message string) (bot.Thread, error) {
	conversation, post, _ := strings.Cut(to.Conversation, threadMark)
	if kindOf(conversation) == kindChannel {
		r := reference{Ref: to, Kind: kindChannel}
		r.Conversation = conversation
		out := r.thread(message, post)
		out.Only = thread.Only
		return out, nil
	}
	r, err := t.refs.change(ctx, conversationKey(conversation), func(r *reference) bool {
		if r.Conversation == "" {
			r.Ref, r.Kind = to, kindOf(conversation)
		}
		at, err := strconv.ParseInt(message, 10, 64)
		if err != nil {
			at = r.Spoke
		}
		r.begin(message, at) // what follows is about it
		return true
	})
	if err != nil {
		return bot.Thread{}, err
	}
	out := r.thread(message, "")
	out.Direct, out.Only = out.Direct || thread.Direct, thread.Only
	return out, nil
}

// shut keeps that a conversation is closed to us, and why.
func (t *Teams) shut(ctx context.Context, conversation, why string) error {
	conversation, _, _ = strings.Cut(conversation, threadMark)
	_, err := t.refs.change(ctx, conversationKey(conversation), func(r *reference) bool {
		r.Conversation, r.Closed, r.ClosedAt = conversation, why, t.cfg.Now().UnixMilli()
		return true
	})
	if err == nil {
		t.log.WarnContext(ctx, "teams: a conversation is closed to us", "conversation", conversation, "why", why)
	}
	return err
}

// threadMark parts a channel from its post in the id of a conversation.
const threadMark = ";messageid="

// kindOf tells the kind of a conversation by its id.
func kindOf(id string) string {
	switch {
	case strings.HasSuffix(id, "@thread.tacv2"), strings.HasSuffix(id, "@thread.skype"):
		return kindChannel
	case strings.HasPrefix(id, "19:") && strings.HasSuffix(id, "@thread.v2"):
		return kindGroup
	}
	return kindPersonal
}

// isPerson tells the id of a person, as Channel of bot.Direct, from that of a chat.
func isPerson(id string) bool {
	return !strings.HasPrefix(id, "a:") && !strings.HasPrefix(id, "19:")
}
