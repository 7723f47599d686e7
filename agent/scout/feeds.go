package scout

import (
	"context"
	"slices"
	"time"
	"unicode"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/connectors"
)

// feeds suggests the entries of official feeds that are the target's. News entries that
// name the event are pages to read.
func (h *hunt) feeds(ctx context.Context) error {
	for _, f := range h.opts.Feeds {
		if len(f.Events) > 0 && !slices.Contains(f.Events, h.target.Event) {
			continue
		}
		entries, err := h.entries(ctx, f)
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			h.finding.silent(f.Name + ": " + string(connectors.CodeOf(err)))
			continue
		}
		for _, e := range entries {
			if !h.names(e.Title) {
				continue
			}
			if e.Start.IsZero() {
				h.add(connectors.Hit{Title: e.Title, URL: e.URL, Published: e.Published})
				continue
			}
			if err := h.entry(ctx, f, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// entries reads a feed once in a run, for all targets.
func (h *hunt) entries(ctx context.Context, f Feed) ([]connectors.Entry, error) {
	key := f.Name + "\n" + f.URL
	read, ok := h.run.feeds[key]
	if !ok {
		today := h.now()
		from := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
		read.entries, read.err = f.Feed.Entries(ctx, caller, from, from.AddDate(0, extract.MaxAhead, 0))
		h.run.feeds[key] = read
	}
	return read.entries, read.err
}

// entry suggests what a feed's entry says.
func (h *hunt) entry(ctx context.Context, f Feed, e connectors.Entry) error {
	start, end := e.Start, e.End
	if !e.AllDay {
		start, end = start.In(h.opts.Zone), end.In(h.opts.Zone)
	}
	if e.End.IsZero() {
		end = start
	}
	start, end = dateOf(start), dateOf(end)
	if !h.belongs(start, end) || end.Before(start) {
		return nil
	}
	if r := h.rule(h.target.Year); !r.Start.IsZero() && (!r.Start.Equal(start) || !r.End.Equal(end)) {
		h.finding.Alerts = append(h.finding.Alerts, Alert{URL: f.URL, Says: extract.Dates(start, end), Rule: extract.Dates(r.Start, r.End)})
		return nil
	}
	status := calendar.Confirmed
	if e.Cancelled {
		status = calendar.Cancelled
	}
	address := e.URL
	if extract.Domain(address) == "" {
		address = f.URL
	}
	read := h.opts.Now()
	if !e.Stale.IsZero() { // what the feed said then
		read = e.Stale
	}
	return h.suggest(ctx, h.edition(start, end, status), book.Source{Origin: book.FromFeed, URL: address, Title: f.Name, Quote: shown(e.Title),
		Sentence: shown(e.Title), RetrievedAt: read.UTC(), Checked: true})
}

// names reports whether a title names the target's event: as a whole name, not as part of
// a longer one that is another event's.
func (h *hunt) names(title string) bool {
	for i, r := range title {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		m, ok := h.calendar.Prefix(title[i:])
		if ok && m.Event == h.target.Event && !insideWord(title, i, i+m.Len) {
			return true
		}
	}
	return false
}

// insideWord reports whether what stands at from…to of an ASCII text is part of a word.
func insideWord(s string, from, to int) bool {
	letter := func(i int) bool { return i >= 0 && i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') }
	return letter(from) && letter(from-1) || letter(to) && letter(to-1)
}

func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
