package book

import (
	"context"
	"errors"
	"fmt"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
)

// Row is one line of an import: an edition, and the event where the calendar does not
// know it.
type Row struct {
	Line    int // in the file, for messages
	Edition calendar.Edition
	New     *NewEvent
	Place   string
}

// Rows are the rows of a file that say something new beside the calendar, as exchange
// compared them.
func Rows(p *exchange.Preview) []Row {
	var rows []Row
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Verdict == exchange.Same {
			continue
		}
		r := Row{Line: c.Row.Line, Edition: c.Edition}
		if e := c.Event; e != nil {
			r.New = describe(*e)
		}
		rows = append(rows, r)
	}
	return rows
}

// RowResult says what a row would come to, or came to.
type RowResult struct {
	Row
	// Result is a suggestion's; "" where Err is set.
	Result Result
	Item   string // "" for a preview of what is new
	// Changes are what confirming the row would change of the calendar.
	Changes []Change
	Err     *Error
}

// maxRows bounds an import, which is one transaction: 5,000 rows take about a second.
const maxRows = 20_000

// errPreview takes a preview's transaction back.
var errPreview = errors.New("preview")

// Preview says what importing rows would do, and changes nothing.
func (b *Book) Preview(ctx context.Context, who, file string, rows []Row) ([]RowResult, error) {
	results, err := b.rows(ctx, who, file, rows, false, true)
	if errors.Is(err, errPreview) {
		err = nil
	}
	return results, err
}

// Import suggests rows, all in one transaction; with confirm, which a curator may ask
// for, it confirms them too. Rows that are wrong are left out and say why.
func (b *Book) Import(ctx context.Context, who, file string, rows []Row, confirm bool) ([]RowResult, error) {
	return b.rows(ctx, who, file, rows, confirm, false)
}

func (b *Book) rows(ctx context.Context, who, file string, rows []Row, confirm, preview bool) ([]RowResult, error) {
	if len(rows) > maxRows {
		return nil, &Error{Code: CodeInvalid, Detail: fmt.Sprintf("%d rows > %d", len(rows), maxRows)}
	}
	need := Suggester
	if confirm {
		need = Curator
	}
	c, err := b.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	checked, with := b.checkRows(c, rows)
	var results []RowResult
	err = b.change(ctx, who, need, func(l *ledger) error {
		results = results[:0]
		for _, r := range checked {
			done, err := r.RowResult, error(nil)
			if done.Err == nil {
				done, err = b.row(l, who, file, r, confirm, with)
			}
			if err != nil {
				return err
			}
			if preview && done.Result == Added {
				done.Item = ""
			}
			results = append(results, done)
		}
		if preview {
			l.wrote = false
			return errPreview
		}
		return nil
	})
	return results, err
}

type checkedRow struct {
	RowResult
	proposal Proposal
}

// checkRows completes rows into proposals. Several editions of one new event come with
// one description.
func (b *Book) checkRows(c *calendar.Calendar, rows []Row) (checked []checkedRow, with *calendar.Calendar) {
	described, with := withNew(c, rows)
	out := make([]checkedRow, len(rows))
	for i, r := range rows {
		e := r.Edition
		p := Proposal{Event: e.Event, New: r.New, Year: e.Year, Label: e.Label, Market: e.Market, Start: e.Start, End: e.End, Status: e.Status,
			Name: e.Name, Place: r.Place}
		if e.Moved() {
			p.Was = &Span{e.PreviousStart, e.PreviousEnd}
		}
		if _, known := c.Event(e.Event); !known && p.New == nil {
			p.New = described[e.Event]
		}
		if p.Year == 0 {
			p.Year = p.Start.Year()
		}
		done, err := p.complete(b.opts.Base, with, nil)
		out[i] = checkedRow{RowResult: RowResult{Row: r, Err: refusal(err)}, proposal: done}
		if now, ok := edition(c, &done); ok && err == nil {
			out[i].Changes = changes(&now, &done)
		}
	}
	return out, with
}

// withNew collects the new events of rows, and lays those that fit over the calendar at
// once: a row of its own would have all names looked through each time.
func withNew(c *calendar.Calendar, rows []Row) (map[string]*NewEvent, *calendar.Calendar) {
	described := map[string]*NewEvent{}
	var events []calendar.Event
	for _, r := range rows {
		if r.New == nil || described[r.New.ID] != nil {
			continue
		}
		described[r.New.ID] = r.New
		if _, known := c.Event(r.New.ID); !known && eventID.MatchString(r.New.ID) {
			events = append(events, r.New.event())
		}
	}
	if with, err := c.With(calendar.Extra{Events: events}); err == nil {
		return described, with
	}
	for _, e := range events {
		if with, err := c.With(calendar.Extra{Events: []calendar.Event{e}}); err == nil {
			c = with
		}
	}
	return described, c
}

// refusal is err as an Error; nil for nil.
func refusal(err error) *Error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return e
	}
	return &Error{Code: CodeInvalid, Detail: err.Error(), Err: err}
}

func (b *Book) row(l *ledger, who, file string, r checkedRow, confirm bool, with *calendar.Calendar) (RowResult, error) {
	done := r.RowResult
	title := file
	if r.Edition.Source != "" {
		title += ": " + r.Edition.Source
	}
	source := Source{Origin: FromFile, Title: head(title, 300), URL: r.Edition.URL, Quote: head(r.Edition.Quote, 2000), RetrievedAt: l.now.UTC()}
	out, err := b.suggest(l, who, r.proposal, []Source{source})
	if err != nil {
		return done, err
	}
	done.Result, done.Item = out.Result, out.Item.ID
	if confirm && out.Result != Holds && out.Result != Refused {
		// One that is refused, as by the rule, is left suggested for a person to decide.
		_, err = b.confirm(l, Decision{By: who, Item: out.Item.ID, Reason: file}, &out.Item, with)
		if CodeOf(err) != "" {
			done.Err, err = refusal(err), nil
		}
	}
	return done, err
}
