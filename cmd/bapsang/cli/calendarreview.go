package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/bot/curator"
)

// calendarReview shows the suggestions, or decides about one.
type calendarReview struct {
	calendarWhere
	ID       string `arg:"" optional:"" help:"The suggestion. Without one, those that wait are listed."`
	Approve  bool   `help:"Confirm it." xor:"do"`
	Amend    bool   `help:"Give it the dates of --start, --end and --status, and confirm it." xor:"do"`
	Reject   bool   `help:"Reject it, with --reason." xor:"do"`
	Reopen   bool   `help:"Take a rejection or an expiry back." xor:"do"`
	Cancel   bool   `help:"Of a confirmed one: it does not take place, with --reason." xor:"do"`
	Merge    string `help:"It is the same as this other one." xor:"do" placeholder:"ID"`
	Start    string `help:"For --amend." placeholder:"DATE"`
	End      string `help:"For --amend." placeholder:"DATE"`
	Status   string `help:"For --amend: confirmed, tentative, postponed or cancelled." enum:",confirmed,tentative,postponed,cancelled" default:""`
	Reason   string `help:"Why."`
	Despite  bool   `help:"Confirm it although a rule of the calendar gives other dates."`
	As       string `help:"Who decides: an address, or platform and id." placeholder:"WHO"`
	All      bool   `help:"List all of them, decided ones too."`
	Format   string `help:"text or json." enum:"text,json" default:"text"`
	Language string `help:"Of what is said: ko or en." enum:"ko,en" default:"ko"`
}

// Run implements the command.
func (c *calendarReview) Run(e *env) error {
	if c.ID == "" && (c.decides() || c.Reason != "" || c.Start != "") {
		return usagef("say which suggestion; bapsang calendar review lists them")
	}
	if !c.Amend && (c.Start != "" || c.End != "" || c.Status != "") {
		return usagef("--start, --end and --status go with --amend")
	}
	return c.run(e, c, false, e.Out)
}

func (c *calendarReview) name() string { return "review" }

func (c *calendarReview) decides() bool {
	return c.Approve || c.Amend || c.Reject || c.Reopen || c.Cancel || c.Merge != ""
}

func (c *calendarReview) work(ctx context.Context, at *calendarAt, out io.Writer) error {
	switch {
	case c.ID == "":
		return c.list(ctx, at, out)
	case !c.decides():
		return c.show(ctx, at, out)
	}
	who, err := at.whoDecides(c.As)
	if err != nil {
		return err
	}
	format, item, err := c.decide(ctx, at, who)
	if err != nil {
		return bookError(err, c.Language)
	}
	cal, err := at.calendar(ctx)
	if err != nil {
		return err
	}
	return sayItem(out, format, cal, &item, calendarWordsFor(c.Language), c.Language)
}

// decide does what was asked for, and returns how it is said.
func (c *calendarReview) decide(ctx context.Context, at *calendarAt, who string) (format string, item book.Item, err error) {
	w := calendarWordsFor(c.Language)
	d := book.Decision{Item: c.ID, By: who, Reason: c.Reason, Despite: c.Despite}
	switch {
	case c.Approve:
		item, err = at.book.Approve(ctx, d)
		return w.approved, item, err
	case c.Amend:
		item, err = c.amend(ctx, at, d)
		return w.amended, item, err
	case c.Reject:
		if c.Reason == "" {
			return "", item, usagef("say why it is rejected: --reason")
		}
		item, err = at.book.Reject(ctx, d)
		return w.rejected, item, err
	case c.Reopen:
		item, err = at.book.Reopen(ctx, d)
		return w.reopened, item, err
	case c.Cancel:
		item, err = at.book.Cancel(ctx, d)
		return w.cancelled, item, err
	}
	item, err = at.book.Merge(ctx, d, c.Merge)
	return w.merged, item, err
}

// amend gives an item other dates and confirms it.
func (c *calendarReview) amend(ctx context.Context, at *calendarAt, d book.Decision) (book.Item, error) {
	item, err := at.book.Item(ctx, d.By, c.ID)
	if err != nil {
		return item, err
	}
	p := item.Proposal
	for _, day := range []struct {
		flag, text string
		to         *time.Time
	}{{"--start", c.Start, &p.Start}, {"--end", c.End, &p.End}} {
		if day.text == "" {
			continue
		}
		if *day.to, err = time.Parse(time.DateOnly, day.text); err != nil {
			return item, usagef("%s %q is not a date such as 2026-11-22", day.flag, day.text)
		}
	}
	if c.Start != "" && c.End == "" {
		p.End = p.Start.Add(item.Proposal.End.Sub(item.Proposal.Start)) // as long as it was
	}
	if c.Status != "" {
		p.Status = calendar.Status(c.Status)
	}
	if p.End.Before(p.Start) {
		return item, usagef("it would end on %s, before it starts on %s", p.End.Format(time.DateOnly), p.Start.Format(time.DateOnly))
	}
	if item, err = at.book.Amend(ctx, d, p); err != nil {
		return item, err
	}
	d.Seen = item.Version
	return at.book.Approve(ctx, d)
}

// maxListedItems is how many suggestions are listed at once.
const maxListedItems = 50

func (c *calendarReview) list(ctx context.Context, at *calendarAt, out io.Writer) error {
	f := book.Filter{States: []book.State{book.Suggested, book.InReview}, Max: maxListedItems}
	if c.All {
		f = book.Filter{Max: 1 << 20}
	}
	items, more, err := at.book.Queue(ctx, operator, f)
	if err != nil {
		return bookError(err, c.Language)
	}
	if c.Format == "json" {
		return printItems(out, items)
	}
	w := calendarWordsFor(c.Language)
	if len(items) == 0 {
		_, err := fmt.Fprintln(out, w.queueEmpty)
		return err
	}
	cal, err := at.calendar(ctx)
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(items))
	for i := range items {
		it := &items[i]
		state := string(it.State)
		if it.State == book.Suggested || it.State == book.InReview {
			card, err := at.book.Card(ctx, operator, it.ID)
			if err != nil {
				return bookError(err, c.Language)
			}
			if state = w.look; card.Ready {
				state = w.ready
			}
		}
		from := ""
		if len(it.Sources) > 0 {
			if from = it.Sources[0].URL; from == "" {
				from = it.Sources[0].Title
			}
		}
		rows = append(rows, []string{it.ID, isoDays(it.Proposal.Start, it.Proposal.End), oneLine(itemName(cal, &it.Proposal, c.Language)), it.Proposal.Market, state, oneLine(from)})
	}
	var b strings.Builder
	if !c.All {
		fmt.Fprintf(&b, w.queue+"\n\n", len(items))
	}
	widths := columnWidths(rows)
	for _, row := range rows {
		b.WriteString("  " + joinColumns(row, widths) + "\n")
	}
	if more {
		b.WriteString(w.queueMore + "\n")
	}
	b.WriteString("\n" + w.decideHow + "\n")
	_, err = io.WriteString(out, visible(b.String()))
	return err
}

// show is an item with all that matters for deciding about it.
func (c *calendarReview) show(ctx context.Context, at *calendarAt, out io.Writer) error {
	card, err := at.book.Card(ctx, operator, c.ID)
	if err != nil {
		return bookError(err, c.Language)
	}
	if c.Format == "json" {
		return printItems(out, []book.Item{card.Item})
	}
	msg := curator.Show(card, nil, c.Language, at.location)
	var b strings.Builder
	printMessage(&b, &msg)
	if len(msg.Buttons) > 0 {
		b.WriteString("\n" + strings.ReplaceAll(calendarWordsFor(c.Language).decideHow, " ID ", " "+c.ID+" ") + "\n")
	}
	_, err = io.WriteString(out, visible(b.String()))
	return err
}

// itemJSON is an item for programs.
type itemJSON struct {
	ID      string   `json:"id"`
	State   string   `json:"state"`
	Event   string   `json:"event"`
	Edition string   `json:"edition"`
	Market  string   `json:"market"`
	Start   string   `json:"start"`
	End     string   `json:"end"`
	Status  string   `json:"status"`
	By      string   `json:"suggested_by"`
	Decided string   `json:"decided_by,omitempty"`
	Reason  string   `json:"reason,omitempty"`
	Sources []string `json:"sources"`
}

func printItems(out io.Writer, items []book.Item) error {
	all := make([]itemJSON, 0, len(items))
	for i := range items {
		it := &items[i]
		p := &it.Proposal
		j := itemJSON{
			ID: it.ID, State: string(it.State), Event: p.Event, Edition: p.Label, Market: p.Market, Start: p.Start.Format(time.DateOnly), End: p.End.Format(time.DateOnly),
			Status: string(p.Status), By: it.SuggestedBy, Decided: it.DecidedBy, Reason: it.Reason, Sources: []string{},
		}
		for _, s := range it.Sources {
			from := s.URL
			if from == "" {
				from = s.Title
			}
			j.Sources = append(j.Sources, from)
		}
		all = append(all, j)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(all)
}
