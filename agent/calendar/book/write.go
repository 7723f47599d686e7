package book

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/store"
)

// change runs fn in a transaction as who, who needs the role. Whatever comes of it, the
// next Calendar has at least what the transaction saw: who reads that another approved
// an item finds it there.
func (b *Book) change(ctx context.Context, who string, need Role, fn func(*ledger) error) error {
	if err := b.may(ctx, who, need); err != nil {
		return err
	}
	var wrote bool
	var seen uint64
	var refusal error
	err := b.store.Update(ctx, func(tx store.Tx) (err error) {
		if seen, err = lastRecord(tx); err != nil {
			return err
		}
		l := &ledger{tx: tx, now: b.now()}
		err, refusal = fn(l), nil
		if l.wrote {
			tx.Notify(Topic)
		}
		wrote = l.wrote
		if CodeOf(err) != "" && !wrote {
			// A refusal because of what another just did, in a transaction of the same
			// commit, must not be told before that is durable: nothing is written, and
			// the commit is waited for.
			refusal, err = err, nil
		}
		return err
	})
	if s := b.snapshot.Load(); err == nil && wrote || s != nil && s.seq < seen {
		b.changes.Add(1)
	}
	if err == nil {
		err = refusal
	}
	var refused *Error
	if errors.As(err, &refused) && !refused.At.IsZero() {
		refused.At = refused.At.In(b.opts.Zone)
	}
	return err
}

// Result says what a suggestion came to.
type Result string

// The results.
const (
	Added     Result = "added"     // a new item
	Supported Result = "supported" // the same dates are suggested already; sources were added
	Known     Result = "known"     // the same dates, from sources that are known
	Holds     Result = "holds"     // they are confirmed already; that they hold was noted
	Refused   Result = "refused"   // somebody rejected the very same before
)

// Outcome is what a suggestion came to, and the item it is about; that has no ID where
// the dates are the rules' own.
type Outcome struct {
	Result Result
	Item   Item
}

// Suggest proposes dates with their sources. The same dates again are no second item,
// and dates that were rejected stay so, silently; other dates for the same edition are a
// new item beside it.
func (b *Book) Suggest(ctx context.Context, who string, p Proposal, sources ...Source) (Outcome, error) {
	p, err := b.complete(ctx, p, sources)
	if err != nil {
		return Outcome{}, err
	}
	if who != System && slices.ContainsFunc(sources, func(s Source) bool { return s.Origin == FromFeed }) {
		// An official feed is read, and not told of: its word makes a card ready.
		return Outcome{}, &Error{Code: CodeInvalid, Detail: "source " + string(FromFeed)}
	}
	var out Outcome
	err = b.change(ctx, who, Suggester, func(l *ledger) (err error) {
		out, err = b.suggest(l, who, p, sources)
		return err
	})
	return out, err
}

// maxSources bounds the sources of an item: the ninety-ninth says nothing new. maxOpen
// bounds what the system has open for one edition: a page whose dates change with every
// visit would fill the log, and nobody reads the thirtieth.
const (
	maxSources = 60
	maxOpen    = 30
)

func (b *Book) suggest(l *ledger, who string, p Proposal, sources []Source) (Outcome, error) {
	key, print := p.slot(), p.fingerprint()
	s, err := l.slot(key)
	if err != nil {
		return Outcome{}, err
	}
	if id := s.Rejected[print]; id != "" {
		it, err := l.item(id)
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Refused, *it}, nil
	}
	for _, id := range append([]string{s.Confirmed}, s.Open...) {
		if id == "" {
			continue
		}
		it, err := l.item(id)
		if err != nil {
			return Outcome{}, err
		}
		if it.Proposal.fingerprint() == print {
			return b.support(l, who, it, sources)
		}
	}
	if s.Confirmed == "" && b.ruled(&p) {
		return Outcome{Result: Holds}, l.check(who, key)
	}
	if who == System && len(s.Open) >= maxOpen {
		return Outcome{}, &Error{Code: CodeInvalid, Detail: fmt.Sprintf("%d suggestions are open", len(s.Open))}
	}
	it, err := l.append(Record{By: who, Do: Suggest, Proposal: &p, Sources: fresh(nil, sources)})
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Added, *it}, nil
}

// checkedEnough is how long a check lasts for the log: several pages of one search, or
// several feeds, are one.
const checkedEnough = time.Hour

// check notes that an edition was looked up.
func (l *ledger) check(who, slot string) error {
	s, err := l.slot(slot)
	if err != nil || l.now.Sub(s.CheckedAt) < checkedEnough && !l.now.Before(s.CheckedAt) {
		return err
	}
	_, err = l.append(Record{By: who, Do: Check, Slot: slot})
	return err
}

// support adds sources to an item that says the same.
func (b *Book) support(l *ledger, who string, it *Item, sources []Source) (Outcome, error) {
	out := Outcome{Known, *it}
	if it.State == Confirmed {
		out.Result = Holds
		if err := l.check(who, it.Proposal.slot()); err != nil {
			return Outcome{}, err
		}
	}
	more := fresh(it.Sources, sources)
	if len(more) == 0 || len(it.Sources) >= maxSources {
		return out, nil
	}
	changed, err := l.append(Record{By: who, Do: Support, Item: it.ID, Sources: more})
	if err != nil {
		return Outcome{}, err
	}
	out.Item = *changed
	if out.Result == Known {
		out.Result = Supported
	}
	return out, nil
}

// ruled reports whether the rules' calendar says the same already, and surely.
func (b *Book) ruled(p *Proposal) bool {
	e, ok := b.base(p)
	return ok && e.Status == p.Status && e.Start.Equal(p.Start) && e.End.Equal(p.End)
}

// base is the rules' own row of a proposal's edition.
func (b *Book) base(p *Proposal) (calendar.Edition, bool) {
	e, ok := b.opts.Base.EditionIn(p.Market, p.Event, p.Year)
	return e, ok && e.Market == p.Market && e.Label == p.Label
}

// Decision is what a curator decides about an item.
type Decision struct {
	Item string
	By   string
	// Seen is the Version of the item that was shown; 0 is any. An item that changed
	// since is CodeChanged.
	Seen   uint64
	Reason string
	// Despite confirms dates that differ from those of the calendar's rule.
	Despite bool
}

// open reads an item that can still be decided.
func (l *ledger) open(d Decision) (*Item, error) {
	it, err := l.item(d.Item)
	if err != nil {
		return nil, err
	}
	if !it.State.open() {
		return nil, it.settled()
	}
	if d.Seen != 0 && d.Seen != it.Version && !(it.State == InReview && it.ReviewedBy == d.By && it.onlyReviewed(d.Seen)) {
		return nil, &Error{Code: CodeChanged, Item: it.ID}
	}
	return it, nil
}

// onlyReviewed reports whether the item's last record came right after the seen one: a
// curator who took an item and then presses a button on the older card means the same.
func (it *Item) onlyReviewed(seen uint64) bool {
	n := len(it.Trail)
	return n >= 2 && it.Trail[n-2] == seen && it.AmendedBy == ""
}

func (it *Item) settled() *Error {
	return &Error{Code: CodeSettled, Item: it.ID, State: it.State, By: it.DecidedBy, At: it.DecidedAt}
}

// decide runs a curator's decision about an open item.
func (b *Book) decide(ctx context.Context, d Decision, fn func(l *ledger, it *Item) (*Item, error)) (Item, error) {
	var out Item
	err := b.change(ctx, d.By, Curator, func(l *ledger) error {
		it, err := l.open(d)
		if err != nil {
			return err
		}
		if it, err = fn(l, it); err != nil {
			return err
		}
		out = *it
		return nil
	})
	return out, err
}

// Review marks an item as being looked at, so that two do not do the same work. Another
// who reviews it is CodeTaken.
func (b *Book) Review(ctx context.Context, d Decision) (Item, error) {
	return b.decide(ctx, d, func(l *ledger, it *Item) (*Item, error) {
		if it.State == InReview && it.ReviewedBy == d.By {
			return it, nil
		}
		if it.State == InReview {
			return nil, &Error{Code: CodeTaken, Item: it.ID, By: it.ReviewedBy, At: it.ReviewedAt}
		}
		return l.append(Record{By: d.By, Do: Review, Item: it.ID})
	})
}

// Approve confirms an item: from now on the calendar says so. What was confirmed for the
// edition before is superseded, and its dates are remembered as the previous ones.
func (b *Book) Approve(ctx context.Context, d Decision) (Item, error) {
	c, err := b.Calendar(ctx)
	if err != nil {
		return Item{}, err
	}
	return b.decide(ctx, d, func(l *ledger, it *Item) (*Item, error) { return b.confirm(l, d, it, c) })
}

// confirm confirms an item that the calendar c, the latest, can take: since it was
// suggested somebody may have confirmed another event of its name.
func (b *Book) confirm(l *ledger, d Decision, it *Item, c *calendar.Calendar) (*Item, error) {
	p := &it.Proposal
	if err := fits(c, *p); err != nil {
		return nil, &Error{Code: CodeInvalid, Item: it.ID, Detail: err.Error(), Err: err}
	}
	if len(it.Sources) == 0 && d.Reason == "" {
		return nil, &Error{Code: CodeNoSource, Item: it.ID}
	}
	was, has := b.base(p)
	if has && !d.Despite && b.byRule(p.Event) && (!was.Start.Equal(p.Start) || !was.End.Equal(p.End)) {
		return nil, &Error{Code: CodeRule, Item: it.ID, Detail: extract.Dates(was.Start, was.End)}
	}
	s, err := l.slot(p.slot())
	if err != nil {
		return nil, err
	}
	r := Record{By: d.By, Do: Confirm, Item: it.ID, Other: s.Confirmed, Reason: d.Reason, Despite: d.Despite}
	if r.Other == "" && has && (!was.Start.Equal(p.Start) || !was.End.Equal(p.End)) {
		r.Proposal = &Proposal{Event: p.Event, Year: p.Year, Label: p.Label, Market: p.Market, Start: was.Start, End: was.End, Status: was.Status}
	}
	return l.append(r)
}

// byRule reports whether an event has a rule, so that nobody announces its dates.
func (b *Book) byRule(event string) bool {
	e, ok := b.opts.Base.Event(event)
	return ok && !e.Announced
}

// Amend gives an open item other dates, another event or another name. The item keeps
// its sources and notes who changed it; it is confirmed by Approve as any other.
func (b *Book) Amend(ctx context.Context, d Decision, p Proposal, sources ...Source) (Item, error) {
	p, err := b.complete(ctx, p, sources)
	if err != nil {
		return Item{}, err
	}
	return b.decide(ctx, d, func(l *ledger, it *Item) (*Item, error) {
		return l.append(Record{By: d.By, Do: Amend, Item: it.ID, Reason: d.Reason, Proposal: &p, Sources: fresh(it.Sources, sources)})
	})
}

// Reject ends an item. The very same dates are not suggested again; others are.
func (b *Book) Reject(ctx context.Context, d Decision) (Item, error) {
	return b.decide(ctx, d, func(l *ledger, it *Item) (*Item, error) {
		return l.append(Record{By: d.By, Do: Reject, Item: it.ID, Reason: d.Reason})
	})
}

// Reopen takes a rejection or an expiry back.
func (b *Book) Reopen(ctx context.Context, d Decision) (Item, error) {
	var out Item
	err := b.change(ctx, d.By, Curator, func(l *ledger) error {
		it, err := l.item(d.Item)
		if err != nil {
			return err
		}
		if it.State != Rejected && it.State != Expired {
			return it.settled()
		}
		if it, err = l.append(Record{By: d.By, Do: Reopen, Item: it.ID, Reason: d.Reason}); err != nil {
			return err
		}
		out = *it
		return nil
	})
	return out, err
}

// Cancel says that a confirmed edition does not take place: a new item with the same
// dates, confirmed at once, replaces it. A reason is needed.
func (b *Book) Cancel(ctx context.Context, d Decision, sources ...Source) (Item, error) {
	if d.Reason == "" {
		return Item{}, &Error{Code: CodeNoReason, Item: d.Item}
	}
	c, err := b.Calendar(ctx)
	if err != nil {
		return Item{}, err
	}
	var out Item
	err = b.change(ctx, d.By, Curator, func(l *ledger) error {
		it, err := l.item(d.Item)
		if err != nil {
			return err
		}
		if it.State != Confirmed || it.Proposal.Status == calendar.Cancelled {
			return it.settled()
		}
		if d.Seen != 0 && d.Seen != it.Version {
			return &Error{Code: CodeChanged, Item: it.ID}
		}
		p := it.Proposal
		p.Status = calendar.Cancelled
		said := Source{Origin: FromPerson, Title: d.Reason, RetrievedAt: l.now.UTC()}
		r := Record{By: d.By, Do: Suggest, Proposal: &p, Sources: append(fresh(nil, sources), said), Reason: d.Reason}
		if it, err = l.append(r); err != nil {
			return err
		}
		if it, err = b.confirm(l, Decision{By: d.By, Reason: d.Reason, Despite: true}, it, c); err != nil {
			return err
		}
		out = *it
		return nil
	})
	return out, err
}

// Merge ends an item as the same as another, which gets its sources. Nothing merges by
// itself: names that are nearly the same are often different events.
func (b *Book) Merge(ctx context.Context, d Decision, into string) (Item, error) {
	return b.decide(ctx, d, func(l *ledger, it *Item) (*Item, error) {
		other, err := l.item(into)
		if err != nil {
			return nil, err
		}
		if other.ID == it.ID || !other.State.open() && other.State != Confirmed {
			return nil, &Error{Code: CodeNotMerged, Item: it.ID}
		}
		return l.append(Record{By: d.By, Do: Merge, Item: it.ID, Other: into, Reason: d.Reason})
	})
}

// Expire closes the open items whose dates have passed or that nobody touched for
// Options.Stale, and returns them.
func (b *Book) Expire(ctx context.Context) ([]Item, error) {
	var ended []Item
	err := b.change(ctx, System, Suggester, func(l *ledger) error {
		ended = nil
		items, err := readItems(l.tx, func(it *Item) bool { return it.State.open() }, Suggested, InReview)
		if err != nil {
			return err
		}
		for _, it := range items {
			var reason string
			switch {
			case it.Proposal.End.Before(day(l.now)):
				reason = "past"
			case it.State == Suggested && l.now.Sub(it.TouchedAt) > b.opts.Stale:
				reason = "stale"
			default:
				continue
			}
			done, err := l.append(Record{By: System, Do: Expire, Item: it.ID, Reason: reason})
			if err != nil {
				return err
			}
			ended = append(ended, *done)
		}
		return nil
	})
	return ended, err
}

// Checked notes that an edition of the calendar was looked up and found as it is.
func (b *Book) Checked(ctx context.Context, who string, e calendar.Edition) error {
	p := Proposal{Event: e.Event, Market: e.Market, Label: e.Label, Year: e.Year}
	return b.change(ctx, who, Suggester, func(l *ledger) error {
		return l.check(who, p.slot())
	})
}

var eventID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// complete fills a proposal's empty fields, and refuses what the calendar could not take
// if it were confirmed.
func (b *Book) complete(ctx context.Context, p Proposal, sources []Source) (Proposal, error) {
	c, err := b.Calendar(ctx)
	if err != nil {
		return p, err
	}
	return p.complete(b.opts.Base, c, sources)
}

// complete is Book.complete for a calendar that may hold the proposal's new event already.
func (p Proposal) complete(base, c *calendar.Calendar, sources []Source) (Proposal, error) {
	p = p.fill(base, c)
	if err := p.check(sources); err != nil {
		return p, err
	}
	if err := fits(c, p); err != nil {
		return p, &Error{Code: CodeInvalid, Detail: err.Error(), Err: err}
	}
	return p, nil
}

// check refuses texts and dates that no calendar takes.
func (p *Proposal) check(sources []Source) error {
	invalid := func(format string, args ...any) error {
		return &Error{Code: CodeInvalid, Detail: fmt.Sprintf(format, args...)}
	}
	if !eventID.MatchString(p.Event) {
		return invalid("event id %q", head(p.Event, 40))
	}
	if p.New != nil && p.New.ID != p.Event {
		return invalid("two event ids")
	}
	for _, s := range []string{p.Label, p.Market, p.Place, p.Name.Ko, p.Name.En} {
		if !plain(s) {
			return invalid("text %q", head(s, 40))
		}
	}
	if strings.ContainsRune(p.Label+p.Market, '|') || p.Start.IsZero() {
		return invalid("dates %s", extract.Dates(p.Start, p.End))
	}
	if days := int(p.End.Sub(p.Start)/(24*time.Hour)) + 1; days > 366 {
		return invalid("%d days", days)
	}
	if len(sources) > maxSources {
		return invalid("%d sources", len(sources))
	}
	for _, s := range sources {
		if len(s.URL) > 2048 || len(s.Quote)+len(s.Sentence) > 8192 || !utf8.ValidString(s.Quote+s.Sentence+s.Title) {
			return invalid("source %q", head(s.URL, 60))
		}
	}
	return nil
}

// fits tries whether the calendar takes a proposal.
func fits(c *calendar.Calendar, p Proposal) error {
	e := p.edition()
	e.Source = "-"
	extra := calendar.Extra{Editions: []calendar.Edition{e}}
	if p.New != nil {
		if old, ok := c.Event(p.Event); ok && old.Name != p.New.event().Name {
			return fmt.Errorf("event %s is %s: %w", p.Event, old.Name.Ko, calendar.ErrName)
		} else if !ok {
			extra.Events = []calendar.Event{p.New.event()}
		}
		if id, ok := c.Find(p.New.Ko); ok && id != p.Event {
			return fmt.Errorf("%s is %s: %w", p.New.Ko, id, calendar.ErrName)
		}
	}
	_, err := c.With(extra)
	return err
}

// plain reports whether a text can be shown on one line.
func plain(s string) bool {
	return len(s) <= 300 && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
