package book

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/store"
)

// Kinds of documents. The log is the truth; items and slots are what follows from it,
// kept so that a question does not read the whole log.
const (
	kindLog  = "calendarlog"  // by number, in order
	kindItem = "calendaritem" // by item
	kindSlot = "calendarslot" // by edition
)

// Verb is what a record says was done.
type Verb string

// The verbs.
const (
	Suggest Verb = "suggest" // a new item
	Support Verb = "support" // more sources for an item
	Review  Verb = "review"
	Amend   Verb = "amend" // other dates or names for an open item
	Confirm Verb = "confirm"
	Reject  Verb = "reject"
	Reopen  Verb = "reopen"
	Merge   Verb = "merge" // Item into Other
	Expire  Verb = "expire"
	Check   Verb = "check" // an edition was looked up again and found as it is
)

// Record is one line of the log. Nothing changes it.
type Record struct {
	Seq      uint64    `json:"seq"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Do       Verb      `json:"do"`
	Item     string    `json:"item,omitempty"`
	Other    string    `json:"other,omitempty"`
	Slot     string    `json:"slot,omitempty"` // of a check
	Reason   string    `json:"reason,omitempty"`
	Proposal *Proposal `json:"proposal,omitempty"`
	Sources  []Source  `json:"sources,omitempty"`
	Despite  bool      `json:"despite,omitempty"` // confirmed though the rule differs
}

// slotState is what is known of one edition.
type slotState struct {
	Confirmed string            `json:"confirmed,omitempty"` // item
	Open      []string          `json:"open,omitempty"`
	Rejected  map[string]string `json:"rejected,omitempty"` // fingerprint → item
	CheckedAt time.Time         `json:"checked_at,omitzero"`
}

// views reads and writes what follows from the log.
type views interface {
	item(id string) (*Item, error)
	slot(key string) (*slotState, error)
	put(*Item) error
	putSlot(key string, s *slotState) error
}

// ledger is the log and its views within a transaction.
type ledger struct {
	tx    store.Tx
	now   time.Time
	wrote bool
}

func (l *ledger) item(id string) (*Item, error) { return readItem(l.tx, id) }

func readItem(tx store.ReadTx, id string) (*Item, error) {
	text, err := tx.Get(kindItem, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, &Error{Code: CodeNotFound, Item: id}
	}
	if err != nil {
		return nil, err
	}
	var it Item
	if err := json.Unmarshal(text, &it); err != nil {
		return nil, fmt.Errorf("read item %s: %w", id, err)
	}
	return &it, nil
}

func (l *ledger) slot(key string) (*slotState, error) { return readSlot(l.tx, key) }

func readSlot(tx store.ReadTx, key string) (*slotState, error) {
	text, err := tx.Get(kindSlot, key)
	if errors.Is(err, store.ErrNotFound) {
		return &slotState{}, nil
	}
	if err != nil {
		return nil, err
	}
	var s slotState
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("read edition %s: %w", key, err)
	}
	return &s, nil
}

func (l *ledger) put(it *Item) error { return putJSON(l.tx, kindItem, it.ID, it) }

func (l *ledger) putSlot(key string, s *slotState) error { return putJSON(l.tx, kindSlot, key, s) }

func putJSON(tx store.Tx, kind, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.Put(kind, key, text)
}

// append writes a record and what follows from it, and returns its item. A record
// without an item and of a suggestion makes one.
func (l *ledger) append(r Record) (*Item, error) {
	last, err := lastRecord(l.tx)
	if err != nil {
		return nil, err
	}
	r.Seq, r.At = last+1, l.now.UTC()
	if r.Do == Suggest {
		r.Item = "c" + strconv.FormatUint(r.Seq, 10)
	}
	if err := putJSON(l.tx, kindLog, logKey(r.Seq), r); err != nil {
		return nil, err
	}
	l.wrote = true
	if err := apply(l, r); err != nil {
		return nil, err
	}
	if r.Item == "" {
		return nil, nil
	}
	return l.item(r.Item)
}

// lastRecord is the number of the latest record, 0 without.
func lastRecord(tx store.ReadTx) (seq uint64, err error) {
	var bad error
	err = tx.Scan(kindLog, store.Range{Reverse: true}, func(key string, _ []byte) bool {
		seq, bad = strconv.ParseUint(key, 16, 64)
		return false
	})
	return seq, errors.Join(err, bad)
}

func logKey(seq uint64) string { return fmt.Sprintf("%016x", seq) }
