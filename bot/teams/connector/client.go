package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
)

// The operations, as errors and observers name them.
const (
	opToken   = "token"
	opSend    = "activities.send"
	opReply   = "activities.reply"
	opUpdate  = "activities.update"
	opDelete  = "activities.delete"
	opCreate  = "conversations.create"
	opMember  = "members.get"
	opMembers = "members.list"
)

// Ref is where a conversation is. It is stored and must marshal.
type Ref struct {
	ServiceURL string `json:"service_url"` // of the last activity that came from there
	// Conversation may name a thread of a channel: "19:…@thread.tacv2;messageid=…".
	Conversation string `json:"conversation"`
	Tenant       string `json:"tenant,omitempty"`
}

// Member is somebody in a conversation.
type Member struct {
	ID        string `json:"id"`
	AADObject string `json:"aadObjectId"`
	Name      string `json:"name"`
	GivenName string `json:"givenName"`
	Surname   string `json:"surname"`
	Email     string `json:"email"`
	UPN       string `json:"userPrincipalName"`
	Tenant    string `json:"tenantId"`
	Role      string `json:"userRole"` // "guest", "anonymous" or "user"
}

// Client calls the connector: at Microsoft's rates, in the order of the callers for each
// conversation, repeating only what may be repeated. It may be used concurrently.
//
// Errors are *bot.Error; KindOf says what they ask for, and Unknown of one whether it may
// have been done all the same. What was refused for its rate is called again when Teams
// says so, until ctx ends.
type Client struct {
	*sender
	passing bool
}

// Try returns the client for what is not worth waiting for, such as progress: unless there
// is room its calls do nothing, and they are made once. Their error then has
// bot.CodeBusy.
func (c *Client) Try() *Client { return &Client{sender: c.sender, passing: true} }

// sender is what the views of a client share.
type sender struct {
	http   *http.Client
	tokens *Tokens
	places places
	limits *limits
	// turns let calls for one conversation happen one after the other: so they keep their
	// order, no progress overtakes the answer, and Teams is spared the "multiple concurrent
	// operations on the same conversation" that it fails with status 412.
	turns outbox.Turns
	rate  float64
	botID string
	log   *slog.Logger
	seen  Observer
}

func newClient(opts Options, client *http.Client, tokens *Tokens, places places) *Client {
	limits := newLimits(opts.Rate)
	limits.shared, limits.log = opts.Shared, opts.Logger
	return &Client{sender: &sender{
		http: client, tokens: tokens, places: places, limits: limits, rate: opts.Rate, botID: "28:" + opts.AppID,
		log: opts.Logger, seen: opts.Observer,
	}}
}

// Send says an activity in a conversation and returns its id, which is empty for what is
// streamed after the beginning. One with ReplyToID replies to that.
func (c *Client) Send(ctx context.Context, ref Ref, a Activity) (id string, err error) {
	op, path := opSend, []string{"conversations", ref.Conversation, "activities"}
	if a.ReplyToID != "" {
		op, path = opReply, append(path, a.ReplyToID)
	}
	return c.activity(ctx, call{op: op, verb: http.MethodPost, path: path}, ref, a)
}

// Update replaces the activity that has the id.
func (c *Client) Update(ctx context.Context, ref Ref, id string, a Activity) error {
	a.ID = id
	path := []string{"conversations", ref.Conversation, "activities", id}
	_, err := c.activity(ctx, call{op: opUpdate, verb: http.MethodPut, path: path, repeatable: true}, ref, a)
	return err
}

func (c *Client) activity(ctx context.Context, one call, ref Ref, a Activity) (string, error) {
	body, err := a.encode()
	if err != nil {
		return "", &bot.Error{Code: bot.CodeUnavailable, Method: one.op, Reason: "not_sent", Err: fmt.Errorf("encode: %w", err)}
	}
	one.service, one.body = ref.ServiceURL, body
	one.lane, one.turn = lane{thread: threadOf(ref.Conversation), tenant: ref.Tenant}, ref.Conversation
	r, err := c.do(ctx, one)
	if err != nil {
		return "", err
	}
	var made struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(r.body, &made) // what is streamed has no id
	return made.ID, nil
}

// Delete takes back the activity that has the id. That it is not there is fine.
func (c *Client) Delete(ctx context.Context, ref Ref, id string) error {
	_, err := c.do(ctx, call{
		op: opDelete, verb: http.MethodDelete, service: ref.ServiceURL, repeatable: true,
		path: []string{"conversations", ref.Conversation, "activities", id},
		lane: lane{thread: threadOf(ref.Conversation), tenant: ref.Tenant}, turn: ref.Conversation,
	})
	if KindOf(err) == KindMessage {
		return nil
	}
	return err
}

// CreateConversation returns the chat with a person of a tenant, by the person's id there
// or object id. Teams keeps one for each, so that asking twice does no harm. It fails with
// KindRemoved unless the app is installed for the person.
func (c *Client) CreateConversation(ctx context.Context, service, tenant, person string) (Ref, error) {
	type id struct {
		ID string `json:"id"`
	}
	body, err := encode(map[string]any{
		"bot": id{c.botID}, "members": []id{{person}}, "isGroup": false, "tenantId": tenant, "channelData": map[string]any{"tenant": id{tenant}},
	})
	if err != nil {
		return Ref{}, fmt.Errorf("encode conversation: %w", err)
	}
	r, err := c.do(ctx, call{
		op: opCreate, verb: http.MethodPost, service: service, path: []string{"conversations"}, body: body, repeatable: true,
		lane: lane{thread: "new", tenant: tenant},
	})
	if err != nil {
		return Ref{}, err
	}
	var made struct {
		ID         string `json:"id"`
		ServiceURL string `json:"serviceUrl"`
	}
	if err := json.Unmarshal(r.body, &made); err != nil || made.ID == "" {
		return Ref{}, badReply(opCreate)
	}
	ref := Ref{ServiceURL: service, Conversation: made.ID, Tenant: tenant}
	if c.places.allow(made.ServiceURL) {
		ref.ServiceURL = made.ServiceURL
	}
	return ref, nil
}

// Member returns who a person in the conversation is, by the person's id, object id or
// UPN.
func (c *Client) Member(ctx context.Context, ref Ref, person string) (Member, error) {
	r, err := c.do(ctx, call{
		op: opMember, verb: http.MethodGet, service: ref.ServiceURL, path: []string{"conversations", ref.Conversation, "members", person},
		lane: lane{roster: true, thread: threadOf(ref.Conversation), tenant: ref.Tenant}, repeatable: true,
	})
	if err != nil {
		return Member{}, err
	}
	var m Member
	if err := lenient(r.body, &m); err != nil || m.ID == "" {
		return Member{}, badReply(opMember)
	}
	return m, nil
}

// How many members a page has, and how many pages are read of one conversation.
const (
	pageSize = 200
	maxPages = 500
)

// Members goes through who is in the conversation, page by page.
func (c *Client) Members(ctx context.Context, ref Ref) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		next := ""
		for range maxPages {
			page, token, err := c.page(ctx, ref, next)
			if err != nil {
				yield(Member{}, err)
				return
			}
			for _, m := range page {
				if !yield(m, nil) {
					return
				}
			}
			if token == "" || token == next {
				return
			}
			next = token
		}
	}
}

func (c *Client) page(ctx context.Context, ref Ref, from string) ([]Member, string, error) {
	query := url.Values{"pageSize": {strconv.Itoa(pageSize)}}
	if from != "" {
		query.Set("continuationToken", from)
	}
	r, err := c.do(ctx, call{
		op: opMembers, verb: http.MethodGet, service: ref.ServiceURL, path: []string{"conversations", ref.Conversation, "pagedmembers"}, query: query,
		lane: lane{roster: true, thread: threadOf(ref.Conversation), tenant: ref.Tenant}, repeatable: true,
	})
	if err != nil {
		return nil, "", err
	}
	var page struct {
		Members []Member `json:"members"`
		Next    string   `json:"continuationToken"`
	}
	if err := lenient(r.body, &page); err != nil {
		return nil, "", badReply(opMembers)
	}
	return page.Members, page.Next, nil
}

// lenient reads JSON, and leaves out what has another type than it should.
func lenient(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		return nil
	}
	return err
}

func badReply(op string) error {
	return &bot.Error{Code: bot.CodeUnavailable, Method: op, Reason: "bad_reply", Err: errors.New("the reply does not say what was asked for")}
}

// Room is how many activities for the conversation would not have to wait, less what is
// kept for those that do wait.
func (c *Client) Room(ref Ref) int {
	return c.limits.room(lane{thread: threadOf(ref.Conversation), tenant: ref.Tenant})
}

// Paused are the conversations that Teams told us to leave alone for now, and until when.
func (c *Client) Paused() map[string]time.Time { return c.limits.pausedNow() }

// call is one of the connector's operations.
type call struct {
	op, verb string
	service  string
	path     []string // below the version, not escaped yet
	query    url.Values
	body     []byte
	lane     lane
	turn     string // the conversation whose calls go one after the other; empty for none
	// repeatable calls have the same effect when Teams gets them twice.
	repeatable bool
}

// How often a call is repeated that failed on its way, and how long it rests between.
const (
	maxAttempts = 5
	firstRest   = time.Second
	maxRest     = 20 * time.Second
)

// do makes a call, once it is its turn and Teams' rates let it.
func (c *Client) do(ctx context.Context, one call) (reply, error) {
	address, err := c.address(one)
	if err != nil {
		return reply{}, err
	}
	if c.passing {
		return c.inPassing(ctx, one, address)
	}
	if one.turn != "" {
		done, err := c.turns.Take(ctx, one.turn)
		if err != nil {
			return reply{}, given(one.op, err)
		}
		defer done()
	}
	return c.untilDone(ctx, one, address)
}

// inPassing makes a call only if that hinders nobody, and once.
func (c *Client) inPassing(ctx context.Context, one call, address *url.URL) (reply, error) {
	held := func() error {
		c.seen.Called(one.op, "held_back")
		return &bot.Error{Code: bot.CodeBusy, Method: one.op, Reason: "no_budget", Err: errNoBudget}
	}
	if one.turn != "" {
		done, ok := c.turns.Try(one.turn)
		if !ok {
			return reply{}, held()
		}
		defer done()
	}
	gates := c.limits.try(ctx, one.lane)
	if gates == nil {
		return reply{}, held()
	}
	out := c.once(ctx, one, address, gates)
	return out.reply, out.err
}

// untilDone makes a call, again while that may help.
func (c *Client) untilDone(ctx context.Context, one call, address *url.URL) (reply, error) {
	again, renewed, rest := false, false, time.Duration(float64(firstRest)/c.rate)
	for attempt := 1; ; {
		began := time.Now()
		gates, err := c.limits.wait(ctx, one.lane, again)
		if err != nil {
			return reply{}, given(one.op, err)
		}
		if d := time.Since(began); d > time.Millisecond {
			c.seen.Waited(one.op, d)
		}
		out := c.once(ctx, one, address, gates)
		switch {
		case out.err == nil, ctx.Err() != nil:
			return out.reply, out.err
		case out.paused: // no fault of the call's, and its place is before those who came later
			again = true
			continue
		case out.stale && !renewed:
			renewed = true
			continue
		case attempt == maxAttempts, !out.again:
			return reply{}, out.err
		}
		if sleep(ctx, out.after+scattered(rest)) != nil {
			return reply{}, out.err
		}
		rest = min(2*rest, time.Duration(float64(maxRest)/c.rate))
		attempt++
		again = false
	}
}

// scattered is d, half of it by chance, so that those who failed together do not return
// together.
func scattered(d time.Duration) time.Duration { return d/2 + rand.N(d) }

// Rest waits until what failed with err may be said again, for the n-th time from 1: ever
// longer, as Microsoft asks, and not before Teams said.
func (c *Client) Rest(ctx context.Context, n int, err error) error {
	rest := scattered(time.Duration(float64(min(firstRest<<min(n-1, 10), maxRest)) / c.rate))
	if said := (*refusal)(nil); errors.As(err, &said) {
		rest += said.after
	}
	return sleep(ctx, rest)
}

// outcome is what became of one request.
type outcome struct {
	reply  reply
	err    error
	again  bool          // another try may end otherwise
	after  time.Duration // not before that
	paused bool          // it was refused for its rate: Teams says when
	stale  bool          // the token was one that it does not take any more
}

// once makes one request, and learns from the reply.
func (c *Client) once(ctx context.Context, one call, address *url.URL, gates []*gate) outcome {
	defer func() { landAll(gates) }()
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return outcome{err: err, again: KindOf(err) != KindToken}
	}
	req, err := http.NewRequestWithContext(ctx, one.verb, address.String(), bytes.NewReader(one.body))
	if err != nil {
		return outcome{err: &bot.Error{Code: bot.CodeUnavailable, Method: one.op, Reason: "not_sent", Err: unlinked(err)}}
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if one.body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	r, err := exchange(c.http, req)
	e, again := failure(one, r, err)
	if e == nil {
		c.seen.Called(one.op, "ok")
		for _, g := range gates {
			g.succeeded()
		}
		return outcome{reply: r}
	}
	c.seen.Called(one.op, e.Reason)
	out := outcome{err: e, again: again}
	switch r.status {
	case http.StatusTooManyRequests:
		pause := retryAfter(r.header, time.Now())
		c.limits.rest(ctx, gates[0], pause) // of the conversation: the others are mostly not to blame
		out.paused = true
		c.log.WarnContext(ctx, "teams: told to slow down", "op", one.op, "conversation", one.lane.thread, "pause", pause)
	case http.StatusUnauthorized:
		c.tokens.drop(token)
		out.stale = true
	default:
		out.after = after(r)
	}
	return out
}

// address is where a call goes: always one of those that our token may go to.
func (c *Client) address(one call) (*url.URL, error) {
	fail := func(code bot.Code, reason, text string) error {
		return &bot.Error{Code: code, Method: one.op, Reason: reason, Err: errors.New(text)}
	}
	if !c.places.allow(one.service) {
		return nil, fail(bot.CodeDenied, "service_not_allowed", "the service's address is not in teams.service_urls")
	}
	u, err := url.Parse(one.service)
	if err != nil {
		return nil, fail(bot.CodeDenied, "service_not_allowed", "the service's address cannot be read")
	}
	plain, escaped := slashed(u.Path)+"v3", slashed(u.EscapedPath())+"v3"
	for _, part := range one.path {
		if part == "" || part == "." || part == ".." {
			return nil, fail(bot.CodeGone, "bad_id", "no such conversation or message")
		}
		plain += "/" + part
		escaped += "/" + strings.ReplaceAll(url.PathEscape(part), "+", "%2B")
	}
	u.Path, u.RawPath, u.RawQuery = plain, escaped, one.query.Encode()
	return u, nil
}
