package digest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/bot/usage"
	"github.com/bapsang/bapsang/store"
)

// The kinds of the service's jobs.
const (
	jobPrepare = "digest"        // an occurrence: its key
	jobRender  = "digest_render" // an issue: its key
	jobSend    = "digest_send"   // a delivery: a sendJob
	jobNotice  = "digest_notice" // something to be told to one person: a notice
)

func decode(data []byte, v any) error { return json.Unmarshal(data, v) }

func hash64(text string) uint64 {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:8])
}

// issue is what is rendered once, for all deliveries that would get the same.
type issue struct {
	Subject  Subject   `json:"subject"`
	Language string    `json:"language"`
	Zone     string    `json:"zone"`
	Due      time.Time `json:"due"`
	Group    string    `json:"group"`
	Previous string    `json:"previous,omitempty"` // key of the issue before
	// What follows does not make another issue of it.
	Viewer Recipient `json:"viewer"`
	Until  time.Time `json:"until"` // when nobody wants it any more
	Job    string    `json:"job,omitempty"`
	Tries  int       `json:"tries,omitempty"`
	// Content is set once, and never changed. Or Failed is, for good.
	Content *Content  `json:"content,omitempty"`
	Failed  Reason    `json:"failed,omitempty"`
	Say     string    `json:"say,omitempty"`
	Error   string    `json:"error,omitempty"` // of the last try, for operators
	EndedAt time.Time `json:"ended_at,omitzero"`
}

func (i *issue) ended() bool { return i.Content != nil || i.Failed != "" }

// key is equal for issues that are rendered once. It begins with the time, so that old
// ones can be removed.
func (i *issue) key() (string, error) {
	same := *i
	same.Viewer, same.Until, same.Due = Recipient{}, time.Time{}, i.Due.UTC()
	data, err := json.Marshal(same)
	if err != nil {
		return "", fmt.Errorf("encode issue: %w", err)
	}
	sum := sha256.Sum256(data)
	return stamp(i.Due) + "/" + hex.EncodeToString(sum[:16]), nil
}

// memory is what a group of a subscription's recipients was sent last.
type memory struct {
	Issue       string    `json:"issue,omitempty"` // key
	Due         time.Time `json:"due,omitzero"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Value       *float64  `json:"value,omitempty"`
	Holds       bool      `json:"holds,omitempty"` // the alert's condition, when it was last looked at
}

func memoryKey(sub, group string) string { return sub + "/" + part(group) }

func loadMemory(tx store.ReadTx, sub, group string) (*memory, error) {
	m, err := load[memory](tx, kindMemory, memoryKey(sub, group))
	if errors.Is(err, store.ErrNotFound) {
		return &memory{}, nil
	}
	return m, err
}

// fingerprint is what tells whether a content says something new.
func (c *Content) fingerprint() string {
	if c.Fingerprint != "" {
		return c.Fingerprint
	}
	data, err := json.Marshal(c.Message)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// render makes an issue's content and lets those send it who wait for it.
func (s *Service) render(ctx context.Context, claim store.Claim) error {
	key := string(claim.Job().Payload)
	i, previous, err := s.loadIssue(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !i.ended() {
		if err := s.renderOnce(ctx, claim, key, i, previous); err != nil {
			return err
		}
	}
	return s.release(ctx, claim, key)
}

func (s *Service) loadIssue(ctx context.Context, key string) (i, previous *issue, err error) {
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		if i, err = load[issue](tx, kindIssue, key); err != nil || i.Previous == "" {
			return err
		}
		previous, err = load[issue](tx, kindIssue, i.Previous)
		if errors.Is(err, store.ErrNotFound) {
			return nil // removed long ago: then this is the first again
		}
		return err
	})
	return i, previous, err
}

// renderOnce tries to render. It returns nil when the issue has ended, for good or bad.
func (s *Service) renderOnce(ctx context.Context, claim store.Claim, key string, i, previous *issue) error {
	content, failure := s.call(ctx, i, previous)
	if failure != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	now := s.cfg.Now()
	var again time.Duration
	err := claim.Commit(ctx, func(tx store.Tx) error {
		again = 0
		i, err := load[issue](tx, kindIssue, key)
		if err != nil || i.ended() {
			return err
		}
		i.Tries++
		if failure == nil {
			i.Content, i.EndedAt, i.Error = content, now, ""
			return errors.Join(save(tx, kindIssue, key, i), usage.PutRendered(tx, key, i.Due, content.Spent))
		}
		i.Error = clip(failure.Error())
		var refusal *Refusal
		switch wait := backoff(i.Tries); {
		case errors.Is(failure, ErrNoRights):
			i.Failed = ReasonNoRights
		case errors.As(failure, &refusal):
			i.Failed, i.Say = ReasonRefused, refusal.Say
		case i.Tries >= maxTries || now.Add(wait).After(i.Until):
			i.Failed = ReasonRender
		default:
			again = wait
		}
		if i.Failed != "" {
			i.EndedAt = now
		}
		return save(tx, kindIssue, key, i)
	})
	if err != nil {
		return err
	}
	if failure != nil {
		s.cfg.Logger.WarnContext(ctx, "digest: not rendered", "issue", key, "kind", i.Subject.Kind, "error", failure, "again", again)
	}
	if again > 0 {
		return store.Snooze{For: again}
	}
	return nil
}

// call asks the renderer. A panic of it is an error like others.
func (s *Service) call(ctx context.Context, i, previous *issue) (c *Content, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("renderer panicked: %v", p)
		}
	}()
	r := s.cfg.Renderers[i.Subject.Kind]
	if r == nil {
		return nil, &Refusal{Err: fmt.Errorf("no renderer of kind %q", i.Subject.Kind)}
	}
	loc, err := time.LoadLocation(i.Zone)
	if err != nil {
		return nil, &Refusal{Err: err}
	}
	ask := Issue{Subject: i.Subject, Language: i.Language, Due: i.Due.In(loc), Group: i.Group, Viewer: i.Viewer}
	if previous != nil && previous.Content != nil {
		ask.Previous, ask.PreviousDue = previous.Content, previous.Due.In(loc)
	}
	c, err = r.Render(ctx, ask)
	if err == nil && c == nil {
		err = errors.New("renderer returned nothing")
	}
	return c, err
}

// The limits of trying again.
const (
	maxTries     = 8
	firstBackoff = time.Minute
	maxBackoff   = time.Hour
	maxBusy      = 5 * time.Minute // where nothing was sent because the platform is busy
)

// backoff is the wait after the n-th try that failed: a minute, then twice as long each
// time, an hour at most.
func backoff(n int) time.Duration {
	if n > 6 {
		return maxBackoff
	}
	return min(maxBackoff, firstBackoff<<(n-1))
}

// clip bounds what is kept of an error.
func clip(text string) string {
	const most = 500
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// release hands an issue that has ended to those that wait for it, some at a time.
func (s *Service) release(ctx context.Context, claim store.Claim, key string) error {
	for more := true; more; {
		err := claim.Commit(ctx, func(tx store.Tx) (err error) {
			more, err = s.releaseSome(tx, key)
			return err
		})
		if err != nil {
			return err
		}
	}
	return claim.Finish(ctx, store.Done, nil)
}

func (s *Service) releaseSome(tx store.Tx, key string) (more bool, err error) {
	waiting, err := keys(tx, kindWaiting, key+"/", tickBatch)
	if err != nil || len(waiting) == 0 {
		return false, err
	}
	i, err := load[issue](tx, kindIssue, key)
	if err != nil {
		return false, err
	}
	for _, occurrence := range waiting {
		if err := tx.Delete(kindWaiting, key+"/"+occurrence); err != nil {
			return false, err
		}
		o, err := load[Occurrence](tx, kindOccurrence, occurrence)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		if err := s.handOut(tx, o, key, i); err != nil {
			return false, err
		}
	}
	return len(waiting) == tickBatch, nil
}

// handOut lets the deliveries of o be sent that wait for the issue, or fails them.
func (s *Service) handOut(tx store.Tx, o *Occurrence, key string, i *issue) error {
	for n := range o.Deliveries {
		d := &o.Deliveries[n]
		if d.Issue != key || d.Status != Due || d.Job != "" {
			continue
		}
		var err error
		switch i.Failed {
		case "":
			err = s.enqueueSend(tx, o, d, false)
		case ReasonNoRights:
			err = s.deny(tx, o, d)
		default:
			d.end(Failed, i.Failed, s.cfg.Now())
			d.Say, d.Error = i.Say, i.Error
		}
		if err != nil {
			return err
		}
	}
	o.Status = Sending
	return s.settle(tx, o)
}

// keepIssues is how long contents are kept: "since the last issue" of a yearly one has
// its last issue.
const keepIssues = 400 * 24 * time.Hour

// forgetIssues removes contents that are too old to be wanted, some at a time.
func (s *Service) forgetIssues(ctx context.Context, now time.Time) error {
	old, err := s.batch(ctx, kindIssue, "", stamp(now.Add(-keepIssues)))
	if err != nil || len(old) == 0 {
		return err
	}
	return s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		for _, key := range old {
			if err := tx.Delete(kindIssue, key); err != nil {
				return err
			}
		}
		return nil
	})
}
