package book

import (
	"context"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/store"
)

// Card is what a curator needs to see to decide about an item. Its texts come from
// strangers' pages: whoever puts them into markup escapes them.
type Card struct {
	Item  Item // Item.Version goes back as Decision.Seen
	Title calendar.Names
	// Now is what the calendar says of the edition at present; nil when nothing.
	Now *calendar.Edition
	// Changes are what approving would change of Now; empty for a new edition.
	Changes []Change
	// Doubts are the reasons not to believe it.
	Doubts []extract.Doubt
	// Ready is set when the sources suffice: the organiser's own page, or two that are
	// independent, without a contradiction.
	Ready bool
	Alike []Alike
	// Fails says why the calendar would not take it; nil when it would.
	Fails *Error
}

// Change is one thing that approving changes.
type Change struct {
	What     Field
	From, To string
}

// Field names what a change is of.
type Field string

// The fields.
const (
	FieldDates  Field = "dates"
	FieldStatus Field = "status"
)

var fieldWords = map[Field][2]string{FieldDates: {"날짜", "Dates"}, FieldStatus: {"상태", "Status"}}

var statusWords = map[string][2]string{
	string(calendar.Confirmed): {"확정", "confirmed"}, string(calendar.Estimated): {"예상", "expected"}, string(calendar.Tentative): {"미정", "tentative"},
	string(calendar.Postponed): {"연기", "postponed"}, string(calendar.Cancelled): {"취소", "cancelled"},
}

// Text is the change on one line, in language "ko" or "en".
func (c Change) Text(language string) string {
	say := func(s string) string { return say(statusWords, s, language) }
	return say2(fieldWords[c.What], language) + ": " + say(c.From) + " → " + say(c.To)
}

func say(words map[string][2]string, s, language string) string {
	if pair, ok := words[s]; ok {
		return say2(pair, language)
	}
	return s
}

func say2(pair [2]string, language string) string {
	if language == "ko" {
		return pair[0]
	}
	return pair[1]
}

// Card returns an item with all that matters for deciding about it.
func (b *Book) Card(ctx context.Context, who, id string) (*Card, error) {
	c, err := b.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	it, err := b.Item(ctx, who, id)
	if err != nil {
		return nil, err
	}
	card := &Card{Item: it}
	names := it.Proposal.names(c)
	card.Title = calendar.Names{Ko: names[0], En: names[min(1, len(names)-1)]}
	if e, ok := edition(c, &it.Proposal); ok {
		card.Now, card.Changes = &e, changes(&e, &it.Proposal)
	}
	if card.Alike, err = b.Alike(ctx, who, id); err != nil {
		return nil, err
	}
	if err := b.judge(ctx, card, c); err != nil {
		return nil, err
	}
	return card, nil
}

// edition is what a calendar says of a proposal's edition.
func edition(c *calendar.Calendar, p *Proposal) (calendar.Edition, bool) {
	for _, e := range c.List(time.Date(p.Year-2, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(p.Year+2, 12, 31, 0, 0, 0, 0, time.UTC),
		calendar.Filter{Events: []string{p.Event}}) {
		if e.Market == p.Market && e.Label == p.Label {
			return e, true
		}
	}
	return calendar.Edition{}, false
}

func changes(now *calendar.Edition, p *Proposal) (all []Change) {
	if !now.Start.Equal(p.Start) || !now.End.Equal(p.End) {
		all = append(all, Change{FieldDates, extract.Dates(now.Start, now.End), extract.Dates(p.Start, p.End)})
	}
	if now.Status != p.Status {
		all = append(all, Change{FieldStatus, string(now.Status), string(p.Status)})
	}
	return all
}

// judge fills in what speaks for and against an item.
func (b *Book) judge(ctx context.Context, card *Card, c *calendar.Calendar) error {
	it := &card.Item
	p := &it.Proposal
	var support []extract.Support
	for _, s := range it.Sources {
		card.Doubts = append(card.Doubts, s.Doubts...)
		support = append(support, extract.Support{URL: s.URL, Quote: s.Sentence, Checked: s.Checked && it.AmendedBy == ""})
	}
	if base, ok := b.base(p); ok && b.byRule(p.Event) && (!base.Start.Equal(p.Start) || !base.End.Equal(p.End)) {
		card.Doubts = append(card.Doubts, extract.Doubt{Code: extract.DoubtRule, Detail: extract.Dates(base.Start, base.End)})
	}
	for _, a := range card.Alike {
		if a.Why == SameEdition && a.Item != "" {
			other, err := b.peek(ctx, a.Item)
			if err != nil {
				return err
			}
			if other.State.open() {
				card.Doubts = append(card.Doubts, extract.Doubt{Code: extract.DoubtConflict, Detail: extract.Dates(a.Span.Start, a.Span.End)})
			}
		}
	}
	ready, why := extract.Ready(support, b.opts.Organisers(p.Event))
	// A feed was named as official by whoever runs this; its entries are the organiser's.
	ready = ready || it.AmendedBy == "" && slices.ContainsFunc(it.Sources, func(s Source) bool { return s.Origin == FromFeed })
	if !ready {
		card.Doubts = append(card.Doubts, why)
	}
	card.Doubts = uniqueDoubts(card.Doubts)
	card.Ready = ready && !slices.ContainsFunc(card.Doubts, blocks)
	if err := fits(c, *p); err != nil {
		card.Fails = &Error{Code: CodeInvalid, Item: it.ID, Detail: err.Error(), Err: err}
		card.Ready = false
	}
	return nil
}

func (b *Book) peek(ctx context.Context, id string) (it *Item, err error) {
	err = b.store.View(ctx, func(tx store.ReadTx) error {
		it, err = readItem(tx, id)
		return err
	})
	return it, err
}

// blocks reports whether a doubt has to be settled by a person, however many sources
// there are.
func blocks(d extract.Doubt) bool {
	switch d.Code {
	case extract.DoubtWeekday, extract.DoubtPastYear, extract.DoubtReversed, extract.DoubtRule, extract.DoubtConflict, extract.DoubtNoQuote,
		extract.DoubtReread, extract.DoubtLong, extract.DoubtFar, extract.DoubtHalf, extract.DoubtMore, extract.DoubtOrder:
		return true
	}
	return false
}

func uniqueDoubts(doubts []extract.Doubt) (kept []extract.Doubt) {
	for _, d := range doubts {
		if !slices.Contains(kept, d) {
			kept = append(kept, d)
		}
	}
	return kept
}
