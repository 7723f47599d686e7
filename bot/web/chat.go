package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// Platform is the name of this platform in a bot.Thread.
const Platform = "web"

// Chat is the chat platform behind the page: it keeps channels, threads and messages
// as documents of a store, so that every process that has the store serves the same
// chat. It implements bot.Poster.
type Chat struct {
	store store.Store
	now   func() time.Time
}

// NewChat returns the chat that is kept in s. A nil now means time.Now.
func NewChat(s store.Store, now func() time.Time) *Chat {
	if now == nil {
		now = time.Now
	}
	return &Chat{store: s, now: now}
}

// The kinds of documents.
const (
	kindMeta    = "web_meta"    // "seq" → last number given
	kindMessage = "web_message" // id → message
	kindStream  = "web_stream"  // channel NUL id → nothing: what begins threads
	kindReply   = "web_reply"   // thread NUL id → nothing: what was said in them
	kindThread  = "web_thread"  // id → threadState
	kindChange  = "web_change"  // number → change
	kindSubmit  = "web_submit"  // person NUL key → id of the message it became
	kindPerson  = "web_person"  // digest of the cookie → person
	kindKey     = "web_key"     // bot.Message.Key → id of the message that has it
)

// topic wakes the open pages.
const topic = "web"

// kept is how many changes are remembered for pages that were away. A page that
// missed more loads itself anew.
const kept = 4096

// message is what somebody, or the bot, said.
type message struct {
	ID      string       `json:"id"`
	Channel string       `json:"channel"`
	Thread  string       `json:"thread"` // id of the message that began the thread; ID for that message itself
	User    bot.User     `json:"user"`   // zero for the bot
	Text    string       `json:"text,omitempty"`
	Files   []file       `json:"files,omitempty"`
	Bot     *bot.Message `json:"bot,omitempty"`
	At      time.Time    `json:"at"`
	Edited  bool         `json:"edited,omitempty"`
	Deleted bool         `json:"deleted,omitempty"`
	// Only is the id of the one person who sees it; empty for everybody.
	Only string `json:"only,omitempty"`
	// Verdicts are what people pressed under an answer, by their id.
	Verdicts map[string]string `json:"verdicts,omitempty"`
}

// file is a dropped file as the page remembers it; its content went to the handler.
type file struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

func (m *message) begins() bool { return m.Thread == m.ID }

// hidden tells whether somebody else alone may see it.
func (m *message) hidden(from *viewer) bool { return m.Only != "" && m.Only != from.ID }

// threadState is what a channel shows of a thread.
type threadState struct {
	Channel string    `json:"channel"`
	Replies int       `json:"replies"`
	LastAt  time.Time `json:"last_at"`
	Working int       `json:"working"` // messages of the bot that still show progress
}

// change is an entry of the list by which open pages keep up.
type change struct {
	Message string `json:"message"`
	Channel string `json:"channel"`
	Thread  string `json:"thread"`
	New     bool   `json:"new,omitempty"`
	// Thread's line in the channel looks different now.
	Summary bool `json:"summary,omitempty"`
	// Submit is the submission to forget together with this entry.
	Submit string `json:"submit,omitempty"`
	Only   string `json:"only,omitempty"` // who alone sees the message
}

// Post implements bot.Poster. A thread without an ID begins one in the channel. Keys
// are kept with the messages, so that it makes no difference which process posted.
func (c *Chat) Post(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	var ref bot.Ref
	err := c.store.Update(ctx, func(tx store.Tx) error {
		ref = bot.Ref{Thread: thread}
		if thread.Direct {
			ref.Thread.Channel = directMark + strings.TrimPrefix(thread.Channel, directMark)
		}
		m := &message{Channel: ref.Thread.Channel, Thread: thread.ID, Only: thread.Only, At: c.now()}
		there, err := keyed(tx, msg.Key)
		if err != nil {
			return err
		}
		if there != nil {
			m = there
		} else {
			m.Bot = &msg
			err = addKeyed(tx, m)
		}
		ref.ID, ref.Thread.Channel, ref.Thread.ID = m.ID, m.Channel, m.Thread
		return err
	})
	if err != nil {
		return bot.Ref{}, failure("post", err)
	}
	return ref, nil
}

// keyed finds the message that has a key; nil when there is none.
func keyed(tx store.ReadTx, key string) (*message, error) {
	if key == "" {
		return nil, nil
	}
	id, err := tx.Get(kindKey, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return load[message](tx, kindMessage, string(id))
}

// addKeyed adds a message of the bot under its key. A thread that is not there is no
// place for it.
func addKeyed(tx store.Tx, m *message) error {
	if err := goesOn(tx, m); err != nil {
		return err
	}
	if err := add(tx, m, ""); err != nil || m.Bot.Key == "" {
		return err
	}
	return tx.Put(kindKey, m.Bot.Key, []byte(m.ID))
}

// goesOn returns store.ErrNotFound when m belongs to a thread that is not in its
// channel.
func goesOn(tx store.ReadTx, m *message) error {
	if m.Thread == "" {
		return nil
	}
	begin, err := load[message](tx, kindMessage, m.Thread)
	if err == nil && (begin.Channel != m.Channel || !begin.begins()) {
		err = store.ErrNotFound
	}
	return err
}

// failure says in the contract's terms why something was not shown.
func failure(method string, err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &bot.Error{Code: bot.CodeGone, Method: "web " + method, Reason: "not_found", Err: err}
	case errors.Is(err, store.ErrFull):
		return &bot.Error{Code: bot.CodeUnavailable, Method: "web " + method, Reason: "full", Err: err}
	}
	return fmt.Errorf("web %s: %w", method, err)
}

// Update implements bot.Poster.
func (c *Chat) Update(ctx context.Context, ref bot.Ref, msg bot.Message) error {
	err := c.store.Update(ctx, func(tx store.Tx) error {
		m, err := load[message](tx, kindMessage, ref.ID)
		if err != nil {
			return err
		}
		if m.Bot == nil {
			return errors.New("not a message of the bot")
		}
		if same, err := alike(m.Bot, &msg); err != nil || same {
			return err
		}
		if working(&msg) > working(m.Bot) {
			return nil // progress that comes after the end
		}
		work := working(&msg) - working(m.Bot)
		m.Bot = &msg
		return rewrite(tx, m, work)
	})
	if err != nil {
		return failure("update", err)
	}
	return nil
}

// alike tells whether two messages would be stored as the same.
func alike(a, b *bot.Message) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

func working(m *bot.Message) int {
	if m != nil && m.Kind == bot.KindProgress {
		return 1
	}
	return 0
}

// add writes a new message: it numbers it, unless it was numbered before, lists it
// where it belongs, and tells the pages.
func add(tx store.Tx, m *message, submit string) error {
	n, err := next(tx)
	if err != nil {
		return err
	}
	if m.ID == "" {
		m.ID = messageID(n)
	}
	if m.Thread == "" {
		m.Thread = m.ID
	}
	if m.begins() {
		err = tx.Put(kindStream, m.Channel+"\x00"+m.ID, nil)
	} else {
		err = tx.Put(kindReply, m.Thread+"\x00"+m.ID, nil)
		if m.Only == "" { // what others cannot see is not counted for them
			err = errors.Join(err, count(tx, m, 1, working(m.Bot)))
		}
	}
	if err := errors.Join(err, save(tx, kindMessage, m.ID, m)); err != nil {
		return err
	}
	return tell(tx, n, change{
		Message: m.ID, Channel: m.Channel, Thread: m.Thread, New: true, Summary: !m.begins(), Submit: submit, Only: m.Only,
	})
}

// rewrite replaces a message and tells the pages. work is by how much the number of
// running questions of its thread changes.
func rewrite(tx store.Tx, m *message, work int) error {
	n, err := next(tx)
	if err != nil {
		return err
	}
	if work != 0 && !m.begins() && m.Only == "" {
		err = count(tx, m, 0, work)
	}
	if err := errors.Join(err, save(tx, kindMessage, m.ID, m)); err != nil {
		return err
	}
	return tell(tx, n, change{Message: m.ID, Channel: m.Channel, Thread: m.Thread, Summary: work != 0, Only: m.Only})
}

// remove takes a message away. One that began a thread in which something was said
// stays as a gap, or the thread could not be reached.
func remove(tx store.Tx, m *message) error {
	n, err := next(tx)
	if err != nil {
		return err
	}
	state, err := threadOf(tx, m)
	if err != nil {
		return err
	}
	gone := change{Message: m.ID, Channel: m.Channel, Thread: m.Thread, Summary: !m.begins()}
	switch {
	case m.begins() && state.Replies > 0:
		m.Deleted, m.Text, m.Files = true, "", nil
		err = save(tx, kindMessage, m.ID, m)
	case m.begins():
		err = errors.Join(tx.Delete(kindStream, m.Channel+"\x00"+m.ID), tx.Delete(kindMessage, m.ID))
	default:
		err = errors.Join(tx.Delete(kindReply, m.Thread+"\x00"+m.ID), tx.Delete(kindMessage, m.ID), count(tx, m, -1, 0))
	}
	if err != nil {
		return err
	}
	return tell(tx, n, gone)
}

// count keeps what the channel shows of a thread.
func count(tx store.Tx, m *message, replies, work int) error {
	state, err := threadOf(tx, m)
	if err != nil {
		return err
	}
	state.Channel = m.Channel
	state.Replies = max(state.Replies+replies, 0)
	state.Working = max(state.Working+work, 0)
	if replies > 0 {
		state.LastAt = m.At
	}
	return save(tx, kindThread, m.Thread, state)
}

func threadOf(tx store.ReadTx, m *message) (*threadState, error) {
	state, err := load[threadState](tx, kindThread, m.Thread)
	if errors.Is(err, store.ErrNotFound) {
		return &threadState{Channel: m.Channel}, nil
	}
	return state, err
}

// next numbers what happens. Updates are serialised, so numbers follow the order of
// commits: that is the order of messages, too.
func next(tx store.Tx) (uint64, error) {
	n, err := last(tx)
	if err != nil {
		return 0, err
	}
	return n + 1, tx.Put(kindMeta, "seq", []byte(strconv.FormatUint(n+1, 10)))
}

func last(tx store.ReadTx) (uint64, error) {
	data, err := tx.Get(kindMeta, "seq")
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(data), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read number of the last message: %w", err)
	}
	return n, nil
}

// tell lists a change for the pages and forgets the one that is too old.
func tell(tx store.Tx, n uint64, c change) error {
	if err := save(tx, kindChange, changeKey(n), c); err != nil {
		return err
	}
	if n > kept {
		old, err := load[change](tx, kindChange, changeKey(n-kept))
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		default:
			if old.Submit != "" {
				if err := tx.Delete(kindSubmit, old.Submit); err != nil {
					return err
				}
			}
			if err := tx.Delete(kindChange, changeKey(n-kept)); err != nil {
				return err
			}
		}
	}
	tx.Notify(topic)
	return nil
}

// idWidth makes ids of one length, so that they sort as their numbers do.
const idWidth = 11

func messageID(n uint64) string {
	s := strconv.FormatUint(n, 32)
	return "m" + strings.Repeat("0", max(idWidth-len(s), 0)) + s
}

func changeKey(n uint64) string { return fmt.Sprintf("%020d", n) }

func load[T any](tx store.ReadTx, kind, key string) (*T, error) {
	data, err := tx.Get(kind, key)
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(data, v); err != nil {
		return nil, fmt.Errorf("read %s %q: %w", kind, key, err)
	}
	return v, nil
}

func save(tx store.Tx, kind, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s %q: %w", kind, key, err)
	}
	return tx.Put(kind, key, data)
}
