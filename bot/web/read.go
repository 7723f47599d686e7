package web

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/store"
)

// entry is a message with what a channel shows of its thread.
type entry struct {
	message
	State threadState
}

// page is a stretch of a channel or of a thread, oldest first.
type page struct {
	Entries []*entry
	Earlier string // id before which there is more; empty when there is not
	Seq     uint64 // changes up to this one are in it
}

// pageSize is how many messages are shown at once.
const pageSize = 120

// channelPage reads the newest messages of a channel, or those before an id, that the
// viewer may see.
func (c *Chat) channelPage(ctx context.Context, v *viewer, channel, before string) (page, error) {
	return c.page(ctx, v, kindStream, channel, before)
}

// threadPage reads the newest messages of a thread, or those before an id. What
// began the thread is not among them.
func (c *Chat) threadPage(ctx context.Context, v *viewer, thread, before string) (page, error) {
	return c.page(ctx, v, kindReply, thread, before)
}

func (c *Chat) page(ctx context.Context, v *viewer, kind, of, before string) (p page, err error) {
	err = c.store.View(ctx, func(tx store.ReadTx) error {
		p = page{}
		r := store.Range{Prefix: of + "\x00", Reverse: true}
		if before != "" {
			r.After = r.Prefix + before
		}
		var ids []string
		if err := tx.Scan(kind, r, func(key string, _ []byte) bool {
			ids = append(ids, strings.TrimPrefix(key, r.Prefix))
			return len(ids) <= pageSize
		}); err != nil {
			return err
		}
		if len(ids) > pageSize {
			ids = ids[:pageSize]
			p.Earlier = ids[pageSize-1]
		}
		slices.Reverse(ids)
		for _, id := range ids {
			e, err := readEntry(tx, id)
			if err != nil {
				return err
			}
			if !e.hidden(v) {
				p.Entries = append(p.Entries, e)
			}
		}
		p.Seq, err = last(tx)
		return err
	})
	return p, err
}

func readEntry(tx store.ReadTx, id string) (*entry, error) {
	m, err := load[message](tx, kindMessage, id)
	if err != nil {
		return nil, err
	}
	e := &entry{message: *m}
	if m.begins() {
		state, err := threadOf(tx, m)
		if err != nil {
			return nil, err
		}
		e.State = *state
	}
	return e, nil
}

// entry reads one message, or returns store.ErrNotFound.
func (c *Chat) entry(ctx context.Context, id string) (e *entry, err error) {
	if id == "" {
		return nil, store.ErrNotFound
	}
	err = c.store.View(ctx, func(tx store.ReadTx) error {
		e, err = readEntry(tx, id)
		return err
	})
	return e, err
}

// happening is a change as an open page hears of it.
type happening struct {
	change
	Entry *entry // nil when the message is gone
	Begin *entry // what began the thread, when its line changed; nil when gone
}

// batch bounds what is read in one transaction.
const batch = 200

// errMissed says that changes were forgotten before they were read.
var errMissed = errors.New("changes were missed")

// since reads what happened after a number, at most batch of it, and the number up
// to which it read. A message that changed many times is told once.
func (c *Chat) since(ctx context.Context, after uint64, wanted func(change) bool) (out []happening, upTo uint64, err error) {
	err = c.store.View(ctx, func(tx store.ReadTx) error {
		changes, n, err := changesSince(tx, after)
		if err != nil {
			return err
		}
		out, upTo = nil, n
		for _, ch := range changes {
			if !wanted(ch) {
				continue
			}
			h, err := readHappening(tx, ch)
			if err != nil {
				return err
			}
			out = append(out, h)
		}
		return nil
	})
	return out, upTo, err
}

// changesSince lists each changed message once, by its last change.
func changesSince(tx store.ReadTx, after uint64) (out []change, upTo uint64, err error) {
	newest, err := last(tx)
	if err != nil {
		return nil, 0, err
	}
	if after > newest || after+kept < newest {
		return nil, 0, errMissed
	}
	upTo = after
	merged := map[string]change{}
	var order []string
	var bad error
	err = tx.Scan(kindChange, store.Range{After: changeKey(after)}, func(key string, value []byte) bool {
		var ch change
		upTo, bad = parseChange(key, value, &ch)
		old, again := merged[ch.Message]
		ch.New, ch.Summary = ch.New || old.New, ch.Summary || old.Summary
		if again {
			order = slices.DeleteFunc(order, func(id string) bool { return id == ch.Message })
		}
		merged[ch.Message] = ch
		order = append(order, ch.Message)
		return bad == nil && len(order) < batch
	})
	for _, id := range order {
		out = append(out, merged[id])
	}
	return out, upTo, errors.Join(err, bad)
}

func parseChange(key string, value []byte, into *change) (uint64, error) {
	n, err := strconv.ParseUint(key, 10, 64)
	return n, errors.Join(err, json.Unmarshal(value, into))
}

func readHappening(tx store.ReadTx, ch change) (happening, error) {
	h := happening{change: ch}
	var err error
	if h.Entry, err = readIfThere(tx, ch.Message); err != nil {
		return h, err
	}
	if ch.Summary && ch.Thread != ch.Message {
		h.Begin, err = readIfThere(tx, ch.Thread)
	}
	return h, err
}

func readIfThere(tx store.ReadTx, id string) (*entry, error) {
	e, err := readEntry(tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return e, err
}
