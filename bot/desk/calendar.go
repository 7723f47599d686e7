package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/answer"
)

// How far the calendar command looks, and how much it says.
const (
	comingDays = 6 * 7
	maxComing  = 20
)

// tellCalendar says what takes place in the next weeks.
func (d *Desk) tellCalendar(ctx context.Context, q *Question) (*Reply, error) {
	t := textFor(q.Language)
	if d.cfg.Calendar == nil {
		return &Reply{Text: t.noCalendar}, nil
	}
	y, m, day := d.now().Date()
	today := time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	events, err := d.cfg.Calendar(ctx, today, today.AddDate(0, 0, comingDays), q.Language)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return &Reply{Text: t.nothingComing}, nil
	}
	lines := answer.Lines(events[:min(len(events), maxComing)], q.Language)
	if more := len(events) - maxComing; more > 0 {
		lines = append(lines, bot.Line{Text: fmt.Sprintf(t.more, more)})
	}
	return &Reply{Text: t.coming, Sections: []bot.Section{{Lines: lines}}}, nil
}
