package bolt

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/bapsang/bapsang/store"
)

// record is a job in the file, under its id.
type record struct {
	Kind            string      `json:"kind"`
	Unique          string      `json:"unique,omitempty"`
	Mailbox         string      `json:"mailbox,omitempty"`
	Owner           string      `json:"owner,omitempty"`
	Payload         []byte      `json:"payload,omitempty"`
	Background      bool        `json:"background,omitempty"`
	Priority        int         `json:"priority"`
	State           store.State `json:"state"`
	Attempt         int         `json:"attempt,omitempty"`
	MaxAttempts     int         `json:"max_attempts"`
	LastError       string      `json:"last_error,omitempty"`
	EnqueuedAt      time.Time   `json:"enqueued_at"`
	NotBefore       time.Time   `json:"not_before,omitzero"`
	StartedAt       time.Time   `json:"started_at,omitzero"`
	EndedAt         time.Time   `json:"ended_at,omitzero"`
	Token           string      `json:"token,omitempty"`            // of the claim that runs it
	CancelRequested bool        `json:"cancel_requested,omitempty"` // while running
}

func (r *record) job(id string) store.Job {
	return store.Job{
		ID: id, Kind: r.Kind, Mailbox: r.Mailbox, Owner: r.Owner, Payload: r.Payload,
		Background: r.Background, Priority: r.Priority, State: r.State,
		Attempt: r.Attempt, MaxAttempts: r.MaxAttempts, LastError: r.LastError,
		EnqueuedAt: r.EnqueuedAt, NotBefore: r.NotBefore, StartedAt: r.StartedAt, EndedAt: r.EndedAt,
	}
}

func (r *record) entry(id string) *entry {
	return &entry{
		id: id, kind: r.Kind, mailbox: r.Mailbox, owner: r.Owner, background: r.Background,
		priority: r.Priority, notBefore: r.NotBefore, running: r.State == store.Running,
	}
}

func decodeRecord(id, value []byte) (*record, error) {
	r := &record{}
	if err := json.Unmarshal(value, r); err != nil {
		return nil, fmt.Errorf("job %s: %w: %w", id, store.ErrCorrupt, err)
	}
	return r, nil
}

// seal puts a checksum over key and value before a value. bbolt guards only its two
// meta pages, and a figure that changed on disk must not reach an answer.
func seal(key, value []byte) []byte {
	out := make([]byte, sealSize, sealSize+len(value))
	binary.BigEndian.PutUint32(out, checksum(key, value))
	return append(out, value...)
}

// unseal returns the value inside sealed, not copied.
func unseal(key, sealed []byte) ([]byte, error) {
	if len(sealed) < sealSize || binary.BigEndian.Uint32(sealed) != checksum(key, sealed[sealSize:]) {
		return nil, fmt.Errorf("%w: checksum does not match", store.ErrCorrupt)
	}
	return sealed[sealSize:], nil
}

const sealSize = crc32.Size

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

// expiryKey orders ended jobs by when they ended.
func expiryKey(ended time.Time, id string) []byte {
	key := binary.BigEndian.AppendUint64(nil, uint64(ended.UnixNano()))
	return append(key, id...)
}

// idSource makes ids that grow, also when the clock goes back.
type idSource struct {
	last    uint64 // ms of the latest id
	entropy *ulid.MonotonicEntropy
}

// startAfter begins after the id that was given before the store was opened.
func (g *idSource) startAfter(id []byte) error {
	g.entropy = ulid.Monotonic(rand.Reader, 0)
	if len(id) == 0 {
		return nil
	}
	u, err := ulid.ParseStrict(string(id))
	if err != nil {
		return fmt.Errorf("%w: job id %q", store.ErrCorrupt, id)
	}
	g.last = max(g.last, u.Time()+1)
	return nil
}

func (g *idSource) next(now time.Time) (string, error) {
	g.last = max(g.last, ulid.Timestamp(now))
	u, err := ulid.New(g.last, g.entropy)
	if err != nil {
		return "", fmt.Errorf("make job id: %w", err)
	}
	return u.String(), nil
}

func laterID(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		return a
	}
	return b
}
