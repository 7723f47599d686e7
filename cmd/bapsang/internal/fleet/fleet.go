// Package fleet knows which processes share a store. Each writes down every few seconds
// that it is there and how it does; whoever reads sees which of them go on doing so. There
// is no leader and no lock: where one process is to do something, all reckon which from the
// same list, and what must not happen twice is decided in a transaction besides.
//
// Whether a process lives is told by its document changing, as the reader's own clock
// sees it: clocks of two processes are never compared.
package fleet

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bapsang/bapsang/store"
)

// kind are the documents, by the id of the process.
const kind = "replica"

const (
	// beat is how often a process writes that it is there.
	beat = 3 * time.Second
	// goneAfter is how long nothing is heard of one that is taken to be gone: five beats,
	// and less than the twenty seconds after which its jobs are somebody else's.
	goneAfter = 15 * time.Second
	// forgetAfter is when what it wrote is removed.
	forgetAfter = 10 * time.Minute
)

// Member is a process as it tells of itself. What another version wrote and this one does
// not know is left out.
type Member struct {
	ID      string    `json:"id"`
	Roles   []string  `json:"roles"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Seen    time.Time `json:"seen"` // by its own clock
	Ready   bool      `json:"ready"`
	// Answers take Average, and Slots are worked on at once; no slots where none are.
	Average time.Duration `json:"average,omitempty"`
	Slots   int           `json:"slots,omitempty"`
	// Backlog is how long what is asked now waits to be begun, where somebody is told that.
	Backlog time.Duration `json:"backlog,omitempty"`
	// Turns is how long questions that are worked on there wait for their turn at the
	// language model, by their mailboxes as [Mailbox] writes them: what follows in the same
	// thread waits for as long.
	Turns map[string]time.Duration `json:"turns,omitempty"`
	// Model is how the language model stands, where it is asked.
	Model *Model `json:"model,omitempty"`
	// Examples are questions that the analysts answer.
	Examples []string `json:"examples,omitempty"`
	// Missing are the sources and analysts that the process cannot ask, and what its analysts
	// have lost.
	Missing []Missing `json:"missing,omitempty"`
}

// Missing is something that is not there.
type Missing struct {
	Kind string `json:"kind"` // source, analyst, or drift: something in the tables of an analyst who answers
	Name string `json:"name"`
	// Analyst and Drift say the kind as releases without Kind write and read it.
	Analyst bool      `json:"analyst,omitempty"`
	Drift   bool      `json:"drift,omitempty"`
	Awaited bool      `json:"awaited"` // it is tried again; otherwise somebody has to mend it
	Since   time.Time `json:"since"`
	Reason  string    `json:"reason"`
	Ko      string    `json:"ko"` // what askers are told
	En      string    `json:"en"`
	WhyKo   string    `json:"why_ko,omitempty"` // the reason, as anybody may read it
	WhyEn   string    `json:"why_en,omitempty"`
}

// The kinds of what is missing.
const (
	KindSource  = "source"
	KindAnalyst = "analyst"
	KindDrift   = "drift"
)

// WithKind is m with its kind said in both ways.
func (m Missing) WithKind() Missing {
	switch {
	case m.Kind == "" && m.Drift:
		m.Kind = KindDrift
	case m.Kind == "" && m.Analyst:
		m.Kind = KindAnalyst
	case m.Kind == "":
		m.Kind = KindSource
	}
	m.Analyst, m.Drift = m.Kind != KindSource, m.Kind == KindDrift
	return m
}

// Model is how a process finds the language model.
type Model struct {
	Waiting   int  `json:"waiting"`    // of its calls
	PerMinute int  `json:"per_minute"` // agreed for all processes; 0 when nothing was
	Down      bool `json:"down,omitempty"`
	// Wait is how long a question that is asked now waits for it, Refused the share of calls
	// that its server refused lately, and CallsEach how many a question takes.
	Wait      time.Duration `json:"wait,omitempty"`
	Refused   float64       `json:"refused,omitempty"`
	CallsEach float64       `json:"calls_each,omitempty"`
}

// Fleet is the processes as one of them sees them.
type Fleet struct {
	store    store.Store
	id       string
	describe func() Member
	looks    string // the role of those who look after what a process left
	log      *slog.Logger

	mu     sync.Mutex
	seen   map[string]sighting
	living []Member             // by id, this one among them
	turns  map[string]time.Time // by our clock, of the others' questions
	stop   context.CancelFunc
	done   chan struct{}
}

// sighting is when a process's document was last seen to change.
type sighting struct {
	seen time.Time // what it said
	at   time.Time // by our clock, which goes on when others' are set
}

// Options say how a process joins.
type Options struct {
	// Describe tells how the process does; ID and Seen are set here.
	Describe func() Member
	// Heirs is the role of those who look after what a process left that is gone.
	Heirs  string
	Logger *slog.Logger // nil means slog.Default()
}

// New is a fleet of which nothing is known yet. Join joins it.
func New(s store.Store, opts Options) *Fleet {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	return &Fleet{store: s, id: rand.Text(), describe: opts.Describe, looks: opts.Heirs, log: opts.Logger, seen: map[string]sighting{}}
}

// ID is this process's.
func (f *Fleet) ID() string { return f.id }

// Join writes that this process is there, again and again until Leave.
func (f *Fleet) Join(ctx context.Context) error {
	if err := f.round(ctx); err != nil {
		return fmt.Errorf("join fleet: %w", err)
	}
	ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	f.done = make(chan struct{})
	go func() {
		defer close(f.done)
		ticks := time.NewTicker(beat)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				if err := f.round(ctx); err != nil && ctx.Err() == nil {
					f.log.WarnContext(ctx, "fleet: not told that this process is there", "error", err)
				}
			}
		}
	}()
	return nil
}

// leaveWithin bounds the writing of what is not needed to be right.
const leaveWithin = 2 * time.Second

// Leave ends that, and lets the others know at once.
func (f *Fleet) Leave() {
	if f.stop == nil {
		return
	}
	f.stop()
	<-f.done
	f.stop = nil
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	// The others find out all the same.
	_ = f.store.Update(ctx, func(tx store.Tx) error { return tx.Delete(kind, f.id) })
}

// round writes down this process and reads the others.
func (f *Fleet) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beat)
	defer cancel()
	me := f.describe()
	me.ID, me.Seen = f.id, time.Now()
	data, err := json.Marshal(me)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	forgotten := f.forgotten()
	err = f.store.Update(ctx, func(tx store.Tx) error {
		for _, id := range forgotten {
			if err := tx.Delete(kind, id); err != nil {
				return err
			}
		}
		return tx.Put(kind, f.id, data)
	})
	if err != nil {
		return err
	}
	var all []Member
	err = f.store.View(ctx, func(tx store.ReadTx) error {
		all = nil
		return tx.Scan(kind, store.Range{}, func(_ string, data []byte) bool {
			var m Member
			if json.Unmarshal(data, &m) == nil && m.ID != "" {
				all = append(all, m)
			}
			return true
		})
	})
	if err == nil {
		f.note(all, time.Now())
	}
	return err
}

// note takes in what was read.
func (f *Fleet) note(all []Member, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.living, f.turns = nil, map[string]time.Time{}
	there := map[string]bool{}
	for _, m := range all {
		there[m.ID] = true
		s, known := f.seen[m.ID]
		if !known || !s.seen.Equal(m.Seen) {
			s = sighting{seen: m.Seen, at: now}
			f.seen[m.ID] = s
		}
		if m.ID == f.id || now.Sub(s.at) < goneAfter {
			f.living = append(f.living, m)
			for mailbox, left := range m.Turns {
				f.turns[mailbox] = s.at.Add(left)
			}
		}
	}
	for id := range f.seen {
		if !there[id] {
			delete(f.seen, id)
		}
	}
	slices.SortFunc(f.living, func(a, b Member) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
}

// forgotten are those of which nothing was heard for so long that nobody asks any more.
func (f *Fleet) forgotten() (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, s := range f.seen {
		if id != f.id && time.Since(s.at) > forgetAfter {
			out = append(out, id)
		}
	}
	return out
}

// Members are the processes that are there, by id.
func (f *Fleet) Members() []Member {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.living)
}

// Mine reports whether this process looks after what has an id and was taken by a process:
// what it took itself, and what those took that are gone where its name and the id give
// the highest number of all heirs' ("rendezvous hashing": one that comes or goes moves only
// its own share).
func (f *Fleet) Mine(id, process string) bool {
	if process == f.id {
		return true
	}
	best, most := f.id, uint64(0)
	for _, m := range f.Members() {
		if m.ID == process {
			return false // it lives
		}
		if !slices.Contains(m.Roles, f.looks) {
			continue
		}
		if w := weight(m.ID, id); w > most || w == most && m.ID > best {
			best, most = m.ID, w
		}
	}
	return best == f.id
}

func weight(process, id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(process + "\x00" + id)) // hashing does not fail
	// FNV's last bytes hardly move the high bits; the mixing of splitmix64 does.
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Mailbox is a mailbox as it is written in a document that operators read: it does not tell
// of whom.
func Mailbox(name string) string { return strconv.FormatUint(weight("mailbox", name), 36) }

// Pace is how long answers take, and how many are worked on at once by all; and when the
// question of a mailbox has its turn at the language model, as the process told that works
// on it; zero when none does or it waits for none.
func (f *Fleet) Pace(mailbox string) (average time.Duration, slots int, turn time.Time) {
	var sum time.Duration
	for _, m := range f.Members() {
		sum += m.Average * time.Duration(m.Slots)
		slots += m.Slots
	}
	f.mu.Lock()
	turn = f.turns[Mailbox(mailbox)]
	f.mu.Unlock()
	if slots == 0 {
		return 0, 0, turn
	}
	return sum / time.Duration(slots), slots, turn
}

// Model is how the language model stands; false when no process asks one. It is down when
// no process reaches it.
func (f *Fleet) Model() (m Model, ok bool) {
	m.Down = true
	for _, one := range f.Members() {
		if one.Model == nil {
			continue
		}
		ok = true
		m.Waiting += one.Model.Waiting
		m.PerMinute = max(m.PerMinute, one.Model.PerMinute)
		m.Down = m.Down && one.Model.Down
		m.Wait = max(m.Wait, one.Model.Wait)
		m.Refused = max(m.Refused, one.Model.Refused)
		m.CallsEach = max(m.CallsEach, one.Model.CallsEach)
	}
	return m, ok
}

// Backlog is how long what is asked now waits to be begun.
func (f *Fleet) Backlog() (longest time.Duration) {
	for _, m := range f.Members() {
		longest = max(longest, m.Backlog)
	}
	return longest
}

// Examples are questions to begin with, of whichever process knows some.
func (f *Fleet) Examples() []string {
	for _, m := range f.Members() {
		if len(m.Examples) > 0 {
			return m.Examples
		}
	}
	return nil
}
