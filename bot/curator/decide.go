package curator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
)

var _ desk.Curation = (*Service)(nil)

// Bounds of what people fill in, in characters.
const (
	maxName = 80
	maxNote = 1000
)

// refusal is what cannot be done, in a sentence for whoever wanted it.
type refusal string

func (r refusal) Error() string { return string(r) }

// order is a press as it is worked on.
type order struct {
	desk.Order
	who  string // the principal by which they decide
	w    *words
	item string
	seen uint64
	flag string
}

// Decide implements desk.Curation.
func (s *Service) Decide(ctx context.Context, o desk.Order) (*desk.Reply, error) {
	d := &order{Order: o, who: s.principal(o), w: wordsFor(o.Language)}
	if err := s.meet(ctx, d.who, o.User.Name); err != nil {
		return nil, err
	}
	reply, err := s.do(ctx, d)
	var no refusal
	var refused *book.Error
	switch {
	case errors.As(err, &no):
		return &desk.Reply{Text: string(no)}, nil
	case errors.As(err, &refused):
		return s.refused(ctx, refused, d.w)
	}
	return reply, err
}

// principal is by whom somebody decides: their address, or the account that is named as a
// curator.
func (s *Service) principal(o desk.Order) string {
	account := o.Thread.Platform + ":" + o.User.ID
	if !s.cfg.Curator(o.Principal) && s.cfg.Curator(account) {
		return account
	}
	return o.Principal
}

// refused says why the book did not do something, with the names of people.
func (s *Service) refused(ctx context.Context, e *book.Error, w *words) (*desk.Reply, error) {
	names, err := s.names(ctx, e.By)
	if err != nil {
		return nil, err
	}
	told := *e
	told.By = names[e.By]
	return &desk.Reply{Text: figures.Escape(told.Text(w.language))}, nil
}

func (s *Service) do(ctx context.Context, d *order) (*desk.Reply, error) {
	if d.Action.Name == bot.ActionSuggest {
		return s.suggest(ctx, d)
	}
	parts := strings.Split(d.Action.Value, sep)
	if !s.cfg.Curator(d.who) {
		return nil, refusal(d.w.notCurator)
	}
	if len(parts) == 4 && parts[0] == holds && d.Action.Name == bot.ActionApprove {
		return s.still(ctx, d, parts[1], parts[2], parts[3])
	}
	if len(parts) < 2 {
		return nil, refusal(d.w.oldButton)
	}
	seen, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return nil, refusal(d.w.oldButton)
	}
	d.item, d.seen = parts[0], seen
	if len(parts) > 2 {
		d.flag = parts[2]
	}
	switch d.Action.Name {
	case bot.ActionApprove:
		return s.approve(ctx, d, d.seen)
	case bot.ActionAmend:
		return s.amend(ctx, d)
	case bot.ActionReject:
		return s.reject(ctx, d)
	}
	return nil, refusal(d.w.oldButton)
}

// mine reports whether what was wanted was done by the same person before: an order that
// is done again, after a crash, or a button that is pressed twice.
func mine(err error, who string, state book.State) bool {
	var e *book.Error
	return errors.As(err, &e) && e.Code == book.CodeSettled && e.State == state && strings.EqualFold(e.By, who)
}

func (s *Service) approve(ctx context.Context, d *order, seen uint64) (*desk.Reply, error) {
	item, err := s.cfg.Book.Approve(ctx, book.Decision{Item: d.item, By: d.who, Seen: seen, Despite: d.flag == despite})
	if mine(err, d.who, book.Confirmed) {
		item, err = s.cfg.Book.Item(ctx, d.who, d.item)
	}
	if err != nil {
		return nil, err
	}
	return s.said(ctx, d, item, d.w.saidApproved)
}

func (s *Service) reject(ctx context.Context, d *order) (*desk.Reply, error) {
	reason := clip(cmp.Or(d.Action.Text, d.Action.Values[valueNote]), maxNote)
	if reason == "" {
		return nil, refusal(d.w.needsReason)
	}
	item, err := s.cfg.Book.Reject(ctx, book.Decision{Item: d.item, By: d.who, Seen: d.seen, Reason: reason})
	if mine(err, d.who, book.Rejected) {
		item, err = s.cfg.Book.Item(ctx, d.who, d.item)
	}
	if err != nil {
		return nil, err
	}
	return s.said(ctx, d, item, d.w.saidRejected)
}

// amend gives an item the dates that were filled in, and confirms it.
func (s *Service) amend(ctx context.Context, d *order) (*desk.Reply, error) {
	item, err := s.cfg.Book.Item(ctx, d.who, d.item)
	if err != nil {
		return nil, err
	}
	p, err := amended(item.Proposal, d)
	if err != nil {
		return nil, err
	}
	same := p.Start.Equal(item.Proposal.Start) && p.End.Equal(item.Proposal.End) && p.Status == item.Proposal.Status
	note := clip(d.Action.Values[valueNote], maxNote)
	if same && (note == "" || item.AmendedBy != "") {
		// Done already, before a crash, or nothing was changed.
		seen := d.seen
		if strings.EqualFold(item.AmendedBy, d.who) {
			seen = item.Version
		}
		return s.approve(ctx, d, seen)
	}
	var more []book.Source
	if note != "" {
		more = append(more, source(note, s.now()))
	}
	item, err = s.cfg.Book.Amend(ctx, book.Decision{Item: d.item, By: d.who, Seen: d.seen, Reason: note}, p, more...)
	if err != nil {
		return nil, err
	}
	return s.approve(ctx, d, item.Version)
}

func amended(p book.Proposal, d *order) (book.Proposal, error) {
	v := d.Action.Values
	was := p
	start, end, err := span(v[valueStart], v[valueEnd], d.w)
	if err != nil {
		return p, err
	}
	p.Start, p.End = start, end
	switch status := calendar.Status(v[valueStatus]); status {
	case "":
	case calendar.Confirmed, calendar.Tentative, calendar.Postponed, calendar.Cancelled:
		p.Status = status
	default:
		return p, refusal(d.w.oldButton)
	}
	if was.Label == strconv.Itoa(was.Year) && was.Start.Year() == was.Year && p.Start.Year() != was.Year {
		return p, refusal(fmt.Sprintf(d.w.otherYear, was.Year)) // it would be another edition's
	}
	return p, nil
}

// span reads the first and the last day that were filled in.
func span(from, to string, w *words) (start, end time.Time, err error) {
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	start, err = time.Parse(time.DateOnly, from)
	if err != nil {
		return start, end, refusal(fmt.Sprintf(w.noDate, figures.Escape(clip(from, maxName))))
	}
	if to == "" {
		return start, start, nil
	}
	end, err = time.Parse(time.DateOnly, to)
	if err != nil {
		return start, end, refusal(fmt.Sprintf(w.noDate, figures.Escape(clip(to, maxName))))
	}
	if end.Before(start) {
		return start, end, refusal(w.backwards)
	}
	return start, end, nil
}

// source is what somebody gave as the source: an address, or words.
func source(text string, at time.Time) book.Source {
	src := book.Source{Origin: book.FromPerson, RetrievedAt: at.UTC()}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		src.URL = text
	} else {
		src.Title = text
	}
	return src
}

// still notes that an edition was looked up and found as it is.
func (s *Service) still(ctx context.Context, d *order, event, market, label string) (*desk.Reply, error) {
	c, err := s.cfg.Book.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range c.List(s.now().AddDate(-1, 0, 0), s.now().AddDate(3, 0, 0), calendar.Filter{Events: []string{event}}) {
		if e.Market == market && e.Label == label {
			if err := s.cfg.Book.Checked(ctx, d.who, e); err != nil {
				return nil, err
			}
			return &desk.Reply{Text: fmt.Sprintf(d.w.saidHolds, figures.Escape(e.Name.In(d.w.language)), d.w.dates(e.Start, e.End))}, nil
		}
	}
	return nil, refusal(d.w.oldButton)
}

// said is the reply to a decision.
func (s *Service) said(ctx context.Context, d *order, item book.Item, format string) (*desk.Reply, error) {
	c, err := s.cfg.Book.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	p := &item.Proposal
	name := p.Name
	if e, ok := c.Event(p.Event); ok && name.Ko == "" {
		name = e.Name
	} else if p.New != nil && name.Ko == "" {
		name = calendar.Names{Ko: p.New.Ko, En: p.New.En}
	}
	return &desk.Reply{Text: fmt.Sprintf(format, figures.Escape(name.In(d.w.language)), d.w.dates(p.Start, p.End))}, nil
}

// suggest takes a date that somebody wants in the calendar.
func (s *Service) suggest(ctx context.Context, d *order) (*desk.Reply, error) {
	v := d.Action.Values
	name := strings.Join(strings.Fields(v[valueName]), " ")
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return nil, refusal(fmt.Sprintf(d.w.noName, maxName))
	}
	start, end, err := span(v[valueStart], v[valueEnd], d.w)
	if err != nil {
		return nil, err
	}
	from := clip(v[valueSource], maxNote)
	if from == "" {
		return nil, refusal(d.w.needsSource)
	}
	c, err := s.cfg.Book.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	p := book.Proposal{Year: start.Year(), Start: start, End: end, Status: calendar.Confirmed}
	if id, ok := c.Find(name); ok {
		p.Event = id
	} else {
		p.New = s.newEvent(name, calendar.Class(v[valueClass]))
		p.Event = p.New.ID
	}
	out, err := s.cfg.Book.Suggest(ctx, d.who, p, source(from, s.now()))
	if err != nil {
		return nil, err
	}
	return s.suggested(ctx, d, out)
}

// newEvent describes an event of the company's that the calendar does not know. Its id is
// made of its name, so that the same name is the same event.
func (s *Service) newEvent(name string, class calendar.Class) *book.NewEvent {
	known := false
	for _, c := range suggestible {
		known = known || c == class
	}
	if !known {
		class = calendar.Announced
	}
	sum := sha256.Sum256([]byte(strings.ToLower(strings.ReplaceAll(name, " ", ""))))
	return &book.NewEvent{ID: "own." + hex.EncodeToString(sum[:6]), Ko: name, En: name, Market: s.cfg.Home, Class: class}
}

func (s *Service) suggested(ctx context.Context, d *order, out book.Outcome) (*desk.Reply, error) {
	switch out.Result {
	case book.Holds:
		return &desk.Reply{Text: d.w.saidKnown}, nil
	case book.Refused:
		text := d.w.saidRefused
		if out.Item.Reason != "" {
			text += " " + fmt.Sprintf(d.w.because, figures.Escape(clip(out.Item.Reason, maxQuote)))
		}
		return &desk.Reply{Text: text}, nil
	}
	if !s.cfg.Curator(d.who) {
		return s.said(ctx, d, out.Item, d.w.saidSuggested)
	}
	// Who may decide need not look for the card.
	card, err := s.cfg.Book.Card(ctx, d.who, out.Item.ID)
	if err != nil {
		return nil, err
	}
	names, err := s.names(ctx, out.Item.SuggestedBy, out.Item.ReviewedBy, out.Item.AmendedBy)
	if err != nil {
		return nil, err
	}
	msg := Show(card, names, d.w.language, s.cfg.Location)
	return &desk.Reply{Text: msg.Text, Sections: msg.Sections, Buttons: msg.Buttons}, nil
}
