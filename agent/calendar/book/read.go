package book

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/store"
)

// Filter selects items.
type Filter struct {
	States []State // all where empty
	Event  string
	Market string
	After  string // an item's ID: those suggested after it
	Max    int    // 0 means 100
}

func (f *Filter) passes(it *Item) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, it.State)) &&
		(f.Event == "" || f.Event == it.Proposal.Event) && (f.Market == "" || f.Market == it.Proposal.Market)
}

// view runs fn on a consistent snapshot as who.
func (b *Book) view(ctx context.Context, who string, fn func(tx store.ReadTx) error) error {
	if err := b.may(ctx, who, Viewer); err != nil {
		return err
	}
	return b.store.View(ctx, fn)
}

// Queue returns the items that pass, those suggested first first, and whether there are
// more.
func (b *Book) Queue(ctx context.Context, who string, f Filter) (items []Item, more bool, err error) {
	if f.Max <= 0 {
		f.Max = 100
	}
	err = b.view(ctx, who, func(tx store.ReadTx) error {
		items, more = nil, false
		all, err := readItems(tx, f.passes, f.States...)
		if err != nil {
			return err
		}
		from := 0
		if f.After != "" {
			after, err := readItem(tx, f.After)
			if err != nil {
				return err
			}
			from, _ = slices.BinarySearchFunc(all, after.Trail[0]+1, func(it *Item, seq uint64) int { return int(it.Trail[0]) - int(seq) })
		}
		for _, it := range all[from:] {
			if more = len(items) == f.Max; more {
				break
			}
			items = append(items, *it)
		}
		return nil
	})
	return items, more, err
}

// Counts returns how many items are in each state.
func (b *Book) Counts(ctx context.Context, who string) (map[State]int, error) {
	counts := map[State]int{}
	err := b.view(ctx, who, func(tx store.ReadTx) error {
		clear(counts)
		return tx.Scan(kindItem, store.Range{}, func(_ string, text []byte) bool {
			if s := stateOf(text); s != "" {
				counts[s]++
			}
			return true
		})
	})
	return counts, err
}

// Item returns an item.
func (b *Book) Item(ctx context.Context, who, id string) (Item, error) {
	var out Item
	err := b.view(ctx, who, func(tx store.ReadTx) error {
		it, err := readItem(tx, id)
		if err == nil {
			out = *it
		}
		return err
	})
	return out, err
}

// Trail returns the records of an edition in order: of every item ever suggested for it.
// An item that was moved to another edition is in both.
func (b *Book) Trail(ctx context.Context, who, event, market, label string) ([]Record, error) {
	key := strings.Join([]string{event, market, label}, "|")
	var trail []Record
	err := b.view(ctx, who, func(tx store.ReadTx) error {
		trail = nil
		about := map[string]bool{}
		return scanLog(tx, func(r Record) error {
			if r.Proposal != nil && r.Do != Confirm && r.Proposal.slot() == key {
				about[r.Item] = true
			}
			if r.Slot == key || about[r.Item] || about[r.Other] {
				trail = append(trail, r)
			}
			return nil
		})
	})
	return trail, err
}

// scanLog calls fn for every record in order.
func scanLog(tx store.ReadTx, fn func(Record) error) error {
	var failed error
	err := tx.Scan(kindLog, store.Range{}, func(key string, text []byte) bool {
		var r Record
		if failed = json.Unmarshal(text, &r); failed == nil && logKey(r.Seq) != key {
			failed = fmt.Errorf("it says to be %d", r.Seq)
		}
		if failed != nil {
			failed = fmt.Errorf("read record %s: %w", key, failed)
			return false
		}
		failed = fn(r)
		return failed == nil
	})
	return errors.Join(err, failed)
}

// replay is views in memory.
type replay struct {
	items map[string]*Item
	slots map[string]*slotState
}

func (m *replay) item(id string) (*Item, error) {
	it, ok := m.items[id]
	if !ok {
		return nil, &Error{Code: CodeNotFound, Item: id}
	}
	return it, nil
}

func (m *replay) slot(key string) (*slotState, error) {
	if s, ok := m.slots[key]; ok {
		return s, nil
	}
	return &slotState{}, nil
}

func (m *replay) put(it *Item) error {
	m.items[it.ID] = it
	return nil
}

func (m *replay) putSlot(key string, s *slotState) error {
	m.slots[key] = s
	return nil
}

// Verify reads the whole log again and compares what follows with what is kept. An
// error names the first record that is missing or out of its place, or the first item or
// edition that differs.
func (b *Book) Verify(ctx context.Context) error {
	return b.store.View(ctx, func(tx store.ReadTx) error {
		m := &replay{items: map[string]*Item{}, slots: map[string]*slotState{}}
		var last uint64
		if err := scanLog(tx, func(r Record) error {
			if last++; r.Seq != last {
				return fmt.Errorf("verify calendar book: record %d stands where %d should", r.Seq, last)
			}
			return apply(m, r)
		}); err != nil {
			return err
		}
		kept, err := readItems(tx, func(*Item) bool { return true })
		if err != nil {
			return err
		}
		if len(kept) != len(m.items) {
			return fmt.Errorf("verify calendar book: %d items kept, %d in the log", len(kept), len(m.items))
		}
		for _, it := range kept {
			if !same(it, m.items[it.ID]) {
				return fmt.Errorf("verify calendar book: item %s differs from the log", it.ID)
			}
		}
		slots := 0
		if err := tx.Scan(kindSlot, store.Range{}, func(string, []byte) bool { slots++; return true }); err != nil {
			return err
		}
		if slots != len(m.slots) {
			return fmt.Errorf("verify calendar book: %d editions kept, %d in the log", slots, len(m.slots))
		}
		for _, key := range slices.Sorted(maps.Keys(m.slots)) {
			s, err := readSlot(tx, key)
			if err != nil {
				return err
			}
			if !same(s, m.slots[key]) {
				return fmt.Errorf("verify calendar book: edition %s differs from the log", key)
			}
		}
		return nil
	})
}

// same compares as written, so that an empty list is as good as none.
func same(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && reflect.DeepEqual(x, y)
}

// Alike is an item or an event that may be the same thing under another name.
type Alike struct {
	Item  string // "" for an event of the rules
	Event string
	Name  string
	Span  Span
	Why   Likeness
}

// Likeness is why two are thought to be alike.
type Likeness string

// The likenesses.
const (
	SameName    Likeness = "name"    // a name of the one is a name of the other
	NearName    Likeness = "near"    // the names are nearly the same: often different events
	SameEdition Likeness = "edition" // other dates for the same edition
	SamePlace   Likeness = "place"   // at the same place on overlapping days
)

// Alike returns what may be the same as an item, for a person to judge.
func (b *Book) Alike(ctx context.Context, who, id string) ([]Alike, error) {
	c, err := b.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	var found []Alike
	err = b.view(ctx, who, func(tx store.ReadTx) error {
		found = nil
		it, err := readItem(tx, id)
		if err != nil {
			return err
		}
		others, err := readItems(tx, func(o *Item) bool { return o.ID != id && (o.State.open() || o.State == Confirmed) }, Suggested, InReview, Confirmed)
		if err != nil {
			return err
		}
		for _, o := range others {
			if why := alike(it, o, c); why != "" {
				found = append(found, Alike{o.ID, o.Proposal.Event, o.Proposal.names(c)[0], Span{o.Proposal.Start, o.Proposal.End}, why})
			}
		}
		found = append(found, alikeEvents(it, c)...)
		return nil
	})
	return found, err
}

func alike(a, b *Item, c *calendar.Calendar) Likeness {
	p, q := &a.Proposal, &b.Proposal
	overlap := !p.Start.After(q.End) && !q.Start.After(p.End)
	switch {
	case p.slot() == q.slot():
		return SameEdition
	case p.Event == q.Event:
		return "" // another year's, or another market's
	case overlap && p.Place != "" && plainName(p.Place) == plainName(q.Place):
		return SamePlace
	case !overlap && p.Start.Year() != q.Start.Year():
		return ""
	}
	return nearest(p.names(c), q.names(c))
}

// alikeEvents compares a proposed new event with those of the calendar.
func alikeEvents(it *Item, c *calendar.Calendar) (found []Alike) {
	if it.Proposal.New == nil {
		return nil
	}
	names := it.Proposal.names(c)
	for _, e := range c.Events() {
		if e.ID == it.Proposal.Event {
			continue
		}
		edition, dated := c.Edition(e.ID, it.Proposal.Year)
		why := nearest(names, append([]string{e.Name.Ko, e.Name.En}, e.Aliases...))
		if why == SameName || why == NearName && (!dated || apart(&edition, &it.Proposal) < farApart) {
			found = append(found, Alike{Event: e.ID, Name: e.Name.Ko, Span: Span{edition.Start, edition.End}, Why: why})
		}
	}
	return found
}

// farApart is the number of days from which names that are nearly the same are no
// question: a spring and an autumn festival.
const farApart = 60

// apart is how many days lie between an edition and a proposal, 0 where they overlap.
func apart(e *calendar.Edition, p *Proposal) int {
	gap := max(p.Start.Sub(e.End), e.Start.Sub(p.End), 0)
	return int(gap / (24 * time.Hour))
}

// names are what a proposal's event is called, the Korean name first.
func (p *Proposal) names(c *calendar.Calendar) []string {
	if p.New != nil {
		return append([]string{p.New.Ko, p.New.En}, p.New.Aliases...)
	}
	if e, ok := c.Event(p.Event); ok {
		return append([]string{e.Name.Ko, e.Name.En}, e.Aliases...)
	}
	return []string{p.Event}
}

func nearest(a, b []string) Likeness {
	best := Likeness("")
	for _, x := range a {
		for _, y := range b {
			if plainName(x) == "" || plainName(y) == "" {
				continue
			}
			if plainName(x) == plainName(y) {
				return SameName
			}
			if near(x, y) {
				best = NearName
			}
		}
	}
	return best
}

// plainName drops what spells a name differently: case, spaces, marks.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// near reports whether two names are nearly the same. Korean ones share two fifths of
// their pairs of letters (by Dice's coefficient), or one holds the other; others share
// half of the words that are not in every second name. It finds 코리아그랜드세일 for
// 코리아세일페스타, which is why it merges nothing.
func near(a, b string) bool {
	if !hasHangul(a) || !hasHangul(b) {
		return !hasHangul(a) && !hasHangul(b) && nearWords(a, b)
	}
	x, y := []rune(plainName(a)), []rune(plainName(b))
	if len(x) < 3 || len(y) < 3 {
		return false
	}
	if strings.Contains(string(x), string(y)) || strings.Contains(string(y), string(x)) {
		return true
	}
	pairs := map[[2]rune]int{}
	for i := range len(x) - 1 {
		pairs[[2]rune{x[i], x[i+1]}]++
	}
	shared := 0
	for i := range len(y) - 1 {
		p := [2]rune{y[i], y[i+1]}
		if pairs[p] > 0 {
			pairs[p]--
			shared++
		}
	}
	return 5*shared >= len(x)+len(y)-2
}

func hasHangul(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) >= 0
}

// common are words of so many names that sharing them says nothing.
const common = " festival sale day days week fair event the of and in for new year holiday holidays season kr us korea korean grand "

func nearWords(a, b string) bool {
	words := func(s string) (list []string) {
		for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' }) {
			if !strings.Contains(common, " "+w+" ") && !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
		return list
	}
	x, y := words(a), words(b)
	shared := 0
	for _, w := range x {
		if slices.Contains(y, w) {
			shared++
		}
	}
	return shared > 0 && 2*shared >= max(len(x), len(y))
}

// Task is an edition that is to be looked up.
type Task struct {
	Edition calendar.Edition
	// Days is which of the days before it is due for; 0 for a Missing one.
	Days int
	// Missing is set where an announced event has no dates though it may be near.
	Missing *calendar.Expected
	Open    []string // suggestions that wait for a curator
	Last    time.Time
}

// checkDays are how many days before an announced event its dates are looked up again.
var checkDays = [...]int{90, 30, 7, 1}

// DueCheck returns for which number of days before start a check is due at now, when the
// last one was at last; ok is false when none is.
func DueCheck(start, last, now time.Time) (days int, ok bool) {
	if day(now).After(start) {
		return 0, false
	}
	for _, n := range checkDays {
		at := start.AddDate(0, 0, -n)
		if !day(now).Before(at) && last.Before(at) {
			days, ok = n, true
		}
	}
	return days, ok
}

// missingAhead is how long before it may take place an announced event is looked for.
const missingAhead = 120

// Due returns what is to be looked up now: editions of announced events as their day
// nears, and announced events that may be near and have no dates.
func (b *Book) Due(ctx context.Context) ([]Task, error) {
	c, err := b.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	now := b.now()
	var tasks []Task
	err = b.store.View(ctx, func(tx store.ReadTx) error {
		tasks = nil
		for _, e := range c.List(now, now.AddDate(0, 0, checkDays[0]+1), calendar.Filter{}) {
			event, ok := c.Event(e.Event)
			if !ok || !event.Announced || !e.TakesPlace() {
				continue
			}
			s, err := readSlot(tx, strings.Join([]string{e.Event, e.Market, e.Label}, "|"))
			if err != nil {
				return err
			}
			if n, ok := DueCheck(e.Start, s.CheckedAt, now); ok {
				tasks = append(tasks, Task{Edition: e, Days: n, Open: s.Open, Last: s.CheckedAt})
			}
		}
		for _, x := range c.Unconfirmed(now, now.AddDate(0, 0, missingAhead)) {
			event, _ := c.Event(x.Event)
			s, err := readSlot(tx, strings.Join([]string{x.Event, event.Market, fmt.Sprint(x.Year)}, "|"))
			if err != nil {
				return err
			}
			tasks = append(tasks, Task{Missing: &x, Open: s.Open, Last: s.CheckedAt,
				Edition: calendar.Edition{Event: x.Event, Year: x.Year, Market: event.Market, Label: fmt.Sprint(x.Year), Name: event.Name}})
		}
		return nil
	})
	return tasks, err
}
