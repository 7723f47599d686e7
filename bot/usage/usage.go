// Package usage keeps what is needed to say later what the program was worth: a small row
// for each question that ended, for each issue of a subscription, and for each content
// that a model was asked for. It imports the contract of the store alone.
//
// A row is written in the transaction that ends what it is of, under a key of that thing.
// Writing it twice is writing it once, whatever is tried again and however many processes
// work; and opinions, which come later, change the row they are about. Sums are made when
// somebody asks: that keeps medians exact, and no two processes wait for one counter.
//
// A row names nobody. Who asked is a pseudonym, under a key that lies in the store; what
// was asked is kept where others read it too, and never of a direct message.
package usage

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/store"
)

// The kinds of the documents.
const (
	kindQuestion = "usage"          // by time of asking and question id
	kindIssue    = "usage_issue"    // by time and key of an occurrence
	kindRendered = "usage_rendered" // by time and key of a content that a model was asked for
	kindSalt     = "usage_salt"     // under saltKey: what pseudonyms are made with
	kindSince    = "usage_since"    // under saltKey: when rows were first kept
	saltKey      = "1"
)

// Keep is how long rows are kept: a year can be compared with the year before its last
// month.
const Keep = 400 * 24 * time.Hour

// Outcome is how a question ended.
type Outcome string

// The outcomes.
const (
	Answered  Outcome = "answered"
	Declined  Outcome = "declined"   // it could not be answered, for Question.Reason
	AskedBack Outcome = "asked_back" // it was answered by a question
	Failed    Outcome = "failed"     // something broke
	Cancelled Outcome = "cancelled"  // somebody stopped it
)

// Question is what is kept of one that ended.
type Question struct {
	ID    string    `json:"id"`
	Asked time.Time `json:"asked"`
	// Person is who asked, as a pseudonym; see Pseudonym.
	Person string `json:"person"`
	// Platform and Channel are where; Direct has no Channel, Text or Unknown.
	Platform string `json:"platform"`
	Channel  string `json:"channel,omitempty"`
	Direct   bool   `json:"direct,omitempty"`
	Analyst  string `json:"analyst,omitempty"`
	Text     string `json:"text,omitempty"`

	Outcome Outcome `json:"outcome"`
	Rung    string  `json:"rung,omitempty"`
	// Reason is why it was declined or failed, and Unknown the words that nothing
	// explained.
	Reason  string   `json:"reason,omitempty"`
	Unknown []string `json:"unknown,omitempty"`

	WaitMS int64 `json:"wait_ms"` // until somebody began to answer
	TookMS int64 `json:"took_ms"` // until the end was shown
	Spent
	Good int `json:"good,omitempty"` // how many people liked the answer
	Bad  int `json:"bad,omitempty"`  // and how many did not, or found it wrong
}

// Spent is what was asked of a language model.
type Spent struct {
	Calls        int `json:"calls,omitempty"`
	InputTokens  int `json:"input_tokens,omitempty"`
	OutputTokens int `json:"output_tokens,omitempty"`
}

// Add adds what else was spent.
func (s *Spent) Add(o Spent) {
	s.Calls, s.InputTokens, s.OutputTokens = s.Calls+o.Calls, s.InputTokens+o.InputTokens, s.OutputTokens+o.OutputTokens
}

// Issue is what is kept of one issue of a subscription: its deliveries by how they ended.
type Issue struct {
	Kind    string `json:"kind"` // of the subscription
	Sent    int    `json:"sent,omitempty"`
	Skipped int    `json:"skipped,omitempty"`
	Failed  int    `json:"failed,omitempty"`
	Unknown int    `json:"unknown,omitempty"` // it may have been posted
	Reason  string `json:"reason,omitempty"`  // why none was sent
}

// stamp begins keys: it sorts by time.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// maxText bounds what is kept of a question's text, and maxUnknown of its words.
const (
	maxText    = 300
	maxUnknown = 5
)

// PutQuestion keeps q, or what changed of it.
func PutQuestion(tx store.Tx, q Question) error {
	if q.Direct {
		q.Channel, q.Text, q.Unknown = "", "", nil
	}
	if r := []rune(q.Text); len(r) > maxText {
		q.Text = string(r[:maxText])
	}
	if len(q.Unknown) > maxUnknown {
		q.Unknown = q.Unknown[:maxUnknown]
	}
	return put(tx, kindQuestion, q.Asked, q.ID, q)
}

// PutIssue keeps how the occurrence called key stands, which was due at an instant.
func PutIssue(tx store.Tx, key string, due time.Time, i Issue) error {
	return put(tx, kindIssue, due, key, i)
}

// PutRendered keeps what the content called key cost, which was made for an instant.
func PutRendered(tx store.Tx, key string, due time.Time, s Spent) error {
	if s == (Spent{}) {
		return nil
	}
	return put(tx, kindRendered, due, key, s)
}

// put writes a row. It reads single documents alone: a scan would have all who end
// questions at the same time wait for each other.
func put(tx store.Tx, kind string, at time.Time, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	if err := begin(tx, at); err != nil {
		return err
	}
	return tx.Put(kind, stamp(at)+"/"+key, data)
}

// maxForget bounds what one call of Forget removes of each kind.
const maxForget = 500

// Forget removes rows that are older than Keep, some at a time.
func Forget(ctx context.Context, s store.Store, now time.Time) error {
	for _, kind := range []string{kindQuestion, kindIssue, kindRendered} {
		var old []string
		limit := stamp(now.Add(-Keep))
		err := s.View(ctx, func(tx store.ReadTx) error {
			old = nil
			return tx.Scan(kind, store.Range{}, func(key string, _ []byte) bool {
				if key >= limit || len(old) == maxForget {
					return false
				}
				old = append(old, key)
				return true
			})
		})
		if err != nil {
			return err
		}
		if len(old) == 0 {
			continue
		}
		err = s.Update(ctx, func(tx store.Tx) error {
			for _, key := range old {
				if err := tx.Delete(kind, key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// begin remembers when rows were first kept.
func begin(tx store.Tx, at time.Time) error {
	_, err := tx.Get(kindSince, saltKey)
	if errors.Is(err, store.ErrNotFound) {
		return tx.Put(kindSince, saltKey, []byte(at.UTC().Format(time.RFC3339)))
	}
	return err
}

// Since is when rows were first kept; zero when none was.
func Since(tx store.ReadTx) (time.Time, error) {
	data, err := tx.Get(kindSince, saltKey)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, string(data))
}

// Pseudonym stands for a principal in rows: equal for the same one, and nobody's name.
func Pseudonym(tx store.Tx, principal string) (string, error) {
	salt, err := tx.Get(kindSalt, saltKey)
	if errors.Is(err, store.ErrNotFound) {
		salt = []byte(rand.Text())
		err = tx.Put(kindSalt, saltKey, salt)
	}
	if err != nil {
		return "", fmt.Errorf("pseudonym: %w", err)
	}
	mac := hmac.New(sha256.New, salt)
	_, _ = mac.Write([]byte(principal)) //nolint:errcheck // a hash takes everything
	return hex.EncodeToString(mac.Sum(nil)[:8]), nil
}

// Rows are the rows of a stretch of time, oldest first.
type Rows struct {
	Questions []Question
	Issues    []Issue
	Rendered  Spent
}

// Read reads the rows from an instant on, before another. A row that a newer version wrote
// is read as far as it is understood.
func Read(tx store.ReadTx, from, to time.Time) (*Rows, error) {
	out := &Rows{}
	err := errors.Join(
		scan(tx, kindQuestion, from, to, func(q Question) { out.Questions = append(out.Questions, q) }),
		scan(tx, kindIssue, from, to, func(i Issue) { out.Issues = append(out.Issues, i) }),
		scan(tx, kindRendered, from, to, func(s Spent) { out.Rendered.Add(s) }),
	)
	return out, err
}

func scan[T any](tx store.ReadTx, kind string, from, to time.Time, fn func(T)) error {
	end := stamp(to)
	var bad error
	err := tx.Scan(kind, store.Range{After: stamp(from)}, func(key string, value []byte) bool {
		if strings.Compare(key, end) >= 0 {
			return false
		}
		var v T
		if bad = json.Unmarshal(value, &v); bad != nil {
			bad = fmt.Errorf("decode %s %s: %w", kind, key, bad)
			return false
		}
		fn(v)
		return true
	})
	return errors.Join(err, bad)
}
