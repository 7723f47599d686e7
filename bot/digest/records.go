package digest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// The kinds of the service's documents.
const (
	kindSubscription = "digest"            // by id
	kindNext         = "digest_next"       // by time and id: active subscriptions, by when they are due; empty
	kindOwner        = "digest_owner"      // by principal and id: those that have not ended; empty
	kindChannel      = "digest_channel"    // by channel and id: those that have not ended; empty
	kindCreated      = "digest_created"    // by Draft.Key: the id
	kindOccurrence   = "digest_occurrence" // by subscription and local time
	kindOpen         = "digest_open"       // by when to look and key of occurrences that have not ended; empty
	kindIssue        = "digest_issue"      // by time and hash: rendered content
	kindWaiting      = "digest_waiting"    // by issue and occurrence: who waits for the content; empty
	kindMemory       = "digest_memory"     // by subscription and group: what was sent last
	kindTold         = "digest_told"       // by subscription and recipient: told that they lack the rights; empty
)

// stamp is how times begin keys: it sorts, and has no zone to differ in.
const stampLayout = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

// part makes a name one part of a key, however it is written.
func part(name string) string { return url.PathEscape(name) }

// channelKey tells channels apart, whatever thread of them is meant. Platforms' ids of
// channels are unique by themselves: an operator who names one does not know in which
// workspace of theirs it will be seen.
func channelKey(t bot.Thread) string {
	t.ID, t.Workspace = "", ""
	return part(t.Key())
}

func load[T any](tx store.ReadTx, kind, key string) (*T, error) {
	data, err := tx.Get(kind, key)
	if err != nil {
		return nil, err
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("decode %s %s: %w", kind, key, err)
	}
	return &v, nil
}

func save(tx store.Tx, kind, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", kind, key, err)
	}
	return tx.Put(kind, key, data)
}

func exists(tx store.ReadTx, kind, key string) (bool, error) {
	_, err := tx.Get(kind, key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// keys lists those of kind that begin with prefix, up to most.
func keys(tx store.ReadTx, kind, prefix string, most int) (out []string, err error) {
	err = tx.Scan(kind, store.Range{Prefix: prefix}, func(key string, _ []byte) bool {
		out = append(out, key[len(prefix):])
		return len(out) < most
	})
	return out, err
}

// newID returns an id that no subscription has. Its letters are told apart when read
// out.
func newID(tx store.ReadTx) (string, error) {
	const letters = "23456789abcdefghjkmnpqrstuvwxyz" // 31
	for {
		id := []byte("d-")
		for _, c := range []byte(rand.Text())[:8] {
			id = append(id, letters[int(c)%len(letters)])
		}
		taken, err := exists(tx, kindSubscription, string(id))
		if err != nil || !taken {
			return string(id), err
		}
	}
}

// maxID bounds what is looked for as the id of a subscription, in bytes.
const maxID = 64

func loadSubscription(tx store.ReadTx, id string) (*Subscription, error) {
	if id == "" || len(id) > maxID { // whatever somebody pressed, it is no key
		return nil, &Error{Code: CodeNotFound}
	}
	sub, err := load[Subscription](tx, kindSubscription, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &Error{Code: CodeNotFound, ID: id}
	}
	return sub, err
}

// saveSubscription writes sub and moves it in the index of what is due. before is its
// Next until now.
func saveSubscription(tx store.Tx, sub *Subscription, before time.Time) error {
	if !before.IsZero() {
		if err := tx.Delete(kindNext, stamp(before)+"/"+sub.ID); err != nil {
			return err
		}
	}
	if sub.State == Active && !sub.Next.IsZero() {
		if err := tx.Put(kindNext, stamp(sub.Next)+"/"+sub.ID, nil); err != nil {
			return err
		}
	}
	tx.Notify(Topic(sub.ID))
	return save(tx, kindSubscription, sub.ID, sub)
}

// Alive counts the subscriptions that are sent, by kind.
func Alive(tx store.ReadTx) (map[Kind]int, error) {
	out := map[Kind]int{}
	var bad error
	err := tx.Scan(kindSubscription, store.Range{}, func(key string, value []byte) bool {
		var sub struct {
			State   State   `json:"state"`
			Subject Subject `json:"subject"`
		}
		if bad = json.Unmarshal(value, &sub); bad != nil {
			bad = fmt.Errorf("decode subscription %s: %w", key, bad)
			return false
		}
		if sub.State == Active {
			out[sub.Subject.Kind]++
		}
		return true
	})
	return out, errors.Join(err, bad)
}

// Topic is what store.Store.Listen is given to follow a subscription.
func Topic(id string) string { return "digest:" + id }

// list puts sub into the lists of its owner and channels, unlist takes it out.
func list(tx store.Tx, sub *Subscription) error {
	err := tx.Put(kindOwner, part(sub.Owner.Principal)+"/"+sub.ID, nil)
	for _, r := range sub.To {
		err = errors.Join(err, tx.Put(kindChannel, channelKey(r.Thread)+"/"+sub.ID, nil))
	}
	return err
}

func unlist(tx store.Tx, sub *Subscription) error {
	err := tx.Delete(kindOwner, part(sub.Owner.Principal)+"/"+sub.ID)
	for _, r := range sub.To {
		err = errors.Join(err, tx.Delete(kindChannel, channelKey(r.Thread)+"/"+sub.ID))
	}
	return err
}

// maxChanges bounds what is kept of a subscription's history.
const maxChanges = 20

func (s *Subscription) changed(c Change) {
	s.Version++
	s.Changes = append(s.Changes, c)
	if over := len(s.Changes) - maxChanges; over > 0 {
		// The first, which tells who made it, stays.
		s.Changes = append(s.Changes[:1:1], s.Changes[1+over:]...)
	}
}
