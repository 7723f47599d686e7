package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// figuresWait is how long figures of a past edition are waited for, unless the question's
// own deadline leaves less: then a third of it is left for the list.
const figuresWait = 20 * time.Second

// lastTime is what the event of now did in the edition before it. A failure of the source
// is said instead of figures; when it has failed before it is not asked again.
func (a *Agent) lastTime(ctx context.Context, p *prepared, q *Question, now calendar.Edition, prefix string, failed bool) (*LastTime, error) {
	w := calendarWordsFor(q.Language)
	c := a.cfg.Calendar()
	was, ok := lastEdition(c, now.Event, now.Market, earlier(now.Start, dayOf(q.Now)))
	switch {
	case !ok:
		return &LastTime{Why: w.firstTime}, nil
	case failed:
		return noFigures(was, w), nil
	}
	last, err := a.figures(ctx, p, q, now, was, prefix)
	if last != nil && err == nil {
		last.Differences = append(w.between(c, now, was), last.Differences...)
	}
	return last, err
}

func noFigures(was calendar.Edition, w *calendarWords) *LastTime {
	return &LastTime{Edition: editionLabel(was), Start: was.Start.Format(jsonDate), End: was.End.Format(jsonDate), Why: w.noFigures, failed: true}
}

// figures are those of the edition was, set beside the edition now. Those of the same data
// are computed once.
func (a *Agent) figures(ctx context.Context, p *prepared, q *Question, now, was calendar.Edition, prefix string) (*LastTime, error) {
	key := ""
	if p.catalog.Version != "" {
		key = figuresKey(p, q, a.cfg.Calendar(), now, was, prefix)
		if last := a.editions.get(key); last != nil {
			return last, nil
		}
	}
	within, stop := patience(ctx)
	defer stop()
	r := &run{agent: a, p: p, q: q, step: func(Step) {}, answer: &Answer{}}
	last, err := r.figuresOf(within, now, was, prefix)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		a.cfg.Logger.WarnContext(ctx, "agent: no figures of an edition", "event", was.Event, "error", err)
		return noFigures(was, calendarWordsFor(q.Language)), nil
	case last != nil && key != "":
		a.editions.put(key, last)
	}
	return last, nil
}

// patience bounds the wait for figures.
func patience(ctx context.Context) (context.Context, context.CancelFunc) {
	wait := figuresWait
	if until, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(until)*2/3)
	}
	return context.WithTimeout(ctx, wait)
}

// figuresKey is the same for figures that are the same: of the analyst and its data, the
// calendar, the two editions, and how they are told.
func figuresKey(p *prepared, q *Question, c *calendar.Calendar, now, was calendar.Edition, prefix string) string {
	b, _ := json.Marshal([]any{ // of strings and numbers, which does not fail
		p.Name, p.Version, p.catalog.Version, c.Version(), q.Language, q.Now.Year(), prefix,
		was.Event, was.Market, editionLabel(was), was.Start, editionLabel(now), now.Start,
	})
	return string(b)
}

// maxEditions is of how many editions figures are kept.
const maxEditions = 256

// editions keeps figures of past editions.
type editions struct {
	mu   sync.Mutex
	kept map[string]*LastTime // guarded by mu; what is in it does not change
}

// get returns a copy, nil when there is none.
func (e *editions) get(key string) *LastTime {
	e.mu.Lock()
	defer e.mu.Unlock()
	last, ok := e.kept[key]
	if !ok {
		return nil
	}
	return last.clone()
}

func (e *editions) put(key string, last *LastTime) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.kept == nil || len(e.kept) >= maxEditions {
		e.kept = map[string]*LastTime{} // data have changed often: most of it is of no use any more
	}
	e.kept[key] = last.clone()
}

// clone is a copy that lists may leave the chart out of, or add differences to.
func (l *LastTime) clone() *LastTime {
	c := *l
	c.Differences = append([]string(nil), l.Differences...)
	c.results = append([]Result(nil), l.results...)
	return &c
}

// between says why an edition is not compared with the one of the year before: that did not
// take place, or the calendar does not have it.
func (w *calendarWords) between(c *calendar.Calendar, now, was calendar.Edition) []string {
	ev, _ := c.Event(now.Event)
	if ev.Expect != nil && ev.Expect.Every > 1 {
		return nil
	}
	for y := now.Year - 1; y > was.Year; y-- {
		e, ok := c.EditionIn(now.Market, now.Event, y)
		switch {
		case ok && !e.TakesPlace():
			return []string{fmt.Sprintf(w.didNotTakePlace, fmt.Sprintf(w.year, y), w.statuses[e.Status])}
		case !ok:
			return []string{fmt.Sprintf(w.notKnown, fmt.Sprintf(w.year, y))}
		}
	}
	return nil
}

// lastEdition is the last edition of an event that was over, with its days around it, by a
// date, and false where the calendar has none.
func lastEdition(c *calendar.Calendar, event, market string, before time.Time) (calendar.Edition, bool) {
	var found calendar.Edition
	for y := before.Year() + 1; y >= max(before.Year()-maxEditionsBack, calendar.FirstYear); y-- {
		e, ok := c.EditionIn(market, event, y)
		if ok && e.TakesPlace() && e.End.Before(before) && e.Start.After(found.Start) {
			found = e
		}
		if found.Event != "" && y < found.Start.Year() {
			break
		}
	}
	return found, found.Event != ""
}

// maxEditionsBack is how many years an edition may be away: the Olympic Games skip one.
const maxEditionsBack = 5

// nextEdition is the first edition that is not over on a date.
func nextEdition(c *calendar.Calendar, event, market string, on time.Time) (calendar.Edition, bool) {
	for y := on.Year() - 1; y <= min(on.Year()+maxEditionsBack, calendar.LastYear); y++ {
		if e, ok := c.EditionIn(market, event, y); ok && !e.End.Before(on) && e.Status != calendar.Cancelled {
			return e, true
		}
	}
	return calendar.Edition{}, false
}
