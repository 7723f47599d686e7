package teams

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// A bot of Teams cannot read back what it said: the connector's list of activities is
// there for Direct Line and Web Chat alone, reading messages by Graph takes rights over
// everybody's, and the connector has no key of idempotency (clientActivityID is Direct
// Line's, too). So what was posted is written down here, with the other references:
//
//   - before an answer is sent, that it is being sent;
//   - when Teams said where it is, that.
//
// After a restart what was never sent is posted, and what is there is changed, once. What
// was on its way when the process died, or what Teams never answered for, may be there or
// not: it is posted, and says that it may be a repetition. An answer twice is better than
// none, and only one that says so is not mistaken for another. Of progress nothing is
// written before: twice of it is harmless, and it would cost every question a write.
//
// The journal has a fixed size. It forgets the oldest of each page.
const (
	journalPages = 1024
	pageEntries  = 16
)

// entry is what became of a key.
type entry struct {
	Key    string          `json:"k"` // its digest
	Kind   bot.MessageKind `json:"kind"`
	At     time.Time       `json:"at"`
	Ref    *bot.Ref        `json:"ref,omitempty"` // nil while it is being sent
	Stream bool            `json:"stream,omitempty"`
}

// message is what is known of a message that an earlier process posted.
func (e *entry) message() *sent {
	if !e.Stream {
		return &sent{}
	}
	return &sent{stream: &stream{chat: e.Ref.Thread.Channel, began: e.At, inherited: true}}
}

// digestOf is the key as the journal has it, and the page that it is on.
func digestOf(key string) (sum, page string) {
	h := sha256.Sum256([]byte(key))
	n := (int(h[0])<<8 | int(h[1])) % journalPages
	return hex.EncodeToString(h[:16]), "sent/" + strconv.Itoa(n)
}

// write writes down what became of a key. That it could not be is no reason not to post.
func (t *Teams) write(ctx context.Context, key string, e entry) {
	if key == "" {
		return
	}
	// What was done is written down although its caller gave up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	var page string
	e.Key, page = digestOf(key)
	e.At = time.Now().UTC()
	if err := t.rewrite(ctx, page, e.Key, &e); err != nil {
		t.log.WarnContext(ctx, "teams: not written down, a restart may repeat it", "key", key, "error", err)
	}
}

// unwrite takes back that a message was being sent: it was not.
func (t *Teams) unwrite(ctx context.Context, msg bot.Message) {
	if msg.Key == "" || msg.Kind == bot.KindProgress {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	sum, page := digestOf(msg.Key)
	if err := t.rewrite(ctx, page, sum, nil); err != nil {
		t.log.WarnContext(ctx, "teams: not taken back, it may be said to be a repetition", "key", msg.Key, "error", err)
	}
}

const writeTimeout = 5 * time.Second

// rewrite puts an entry in place of what a page has of the key; nil takes that away.
func (t *Teams) rewrite(ctx context.Context, page, key string, e *entry) error {
	done, err := t.out.turns.Take(ctx, page)
	if err != nil {
		return err
	}
	defer done()
	return changeKept(ctx, t.cfg.References, page, func(kept json.RawMessage) (json.RawMessage, error) {
		entries := entriesOf(kept)
		before := len(entries)
		entries = slices.DeleteFunc(entries, func(x entry) bool { return x.Key == key })
		switch {
		case e != nil:
			entries = append([]entry{*e}, entries[:min(len(entries), pageEntries-1)]...)
		case len(entries) == before:
			return nil, nil
		}
		data, err := json.Marshal(entries)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		return data, nil
	})
}

func entriesOf(data json.RawMessage) (entries []entry) {
	_ = json.Unmarshal(data, &entries) // what cannot be read is begun anew
	return entries
}

func (t *Teams) page(ctx context.Context, page string) ([]entry, error) {
	data, err := t.cfg.References.Get(ctx, page)
	if err != nil || data == nil {
		return nil, err
	}
	return entriesOf(data), nil
}

// inJournal is what an earlier process wrote down of a key; nil when nothing.
func (t *Teams) inJournal(ctx context.Context, key string) (*entry, error) {
	if key == "" {
		return nil, nil
	}
	sum, page := digestOf(key)
	entries, err := t.page(ctx, page)
	if err != nil {
		return nil, &bot.Error{Code: bot.CodeUnavailable, Method: "journal", Reason: "not_read", Err: err}
	}
	for i := range entries {
		if entries[i].Key == sum {
			return &entries[i], nil
		}
	}
	return nil, nil
}
