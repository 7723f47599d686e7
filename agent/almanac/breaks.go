package almanac

import (
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// Break is days off in a row. From and To are dates at midnight UTC, both included.
type Break struct {
	From, To time.Time
	// Take is the business day to take off for it, zero where none is.
	Take time.Time
}

// Days is how many days it has.
func (b Break) Days() int { return int(b.To.Sub(b.From)/(24*time.Hour)) + 1 }

// longBreak is from how many days on a row of days off is more than a weekend.
const longBreak = 3

// Around returns the days off in a row that the days from…to are part of in a market, as
// far as its holidays are known.
func Around(c *calendar.Calendar, market string, from, to time.Time) Break {
	b := Break{From: from, To: to}
	for d := from.AddDate(0, 0, -1); b.Days() < maxRun && off(c, market, d); d = d.AddDate(0, 0, -1) {
		b.From = d
	}
	for d := to.AddDate(0, 0, 1); b.Days() < maxRun && off(c, market, d); d = d.AddDate(0, 0, 1) {
		b.To = d
	}
	return b
}

func off(c *calendar.Calendar, market string, day time.Time) bool {
	works, err := c.Workday(market, day)
	return err == nil && !works
}

// LongBreaks returns the rows of three days off and more that begin within from…to. The
// error is that of [calendar.Calendar.Workday].
func LongBreaks(c *calendar.Calendar, market string, from, to time.Time) ([]Break, error) {
	var out []Break
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		works, err := c.Workday(market, d)
		if err != nil {
			return nil, err
		}
		if works {
			continue
		}
		b := Around(c, market, d, d)
		if d.Equal(from) || d.Equal(b.From) {
			if b.Days() >= longBreak {
				out = append(out, b)
			}
		}
		d = b.To
	}
	return out, nil
}

// BridgeDays returns the business days within from…to that stand alone between two days
// off, and the break that each makes for who takes it off. A weekend on both sides does not
// occur.
func BridgeDays(c *calendar.Calendar, market string, from, to time.Time) ([]Break, error) {
	var out []Break
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		works, err := c.Workday(market, d)
		if err != nil {
			return nil, err
		}
		if !works || !off(c, market, d.AddDate(0, 0, -1)) || !off(c, market, d.AddDate(0, 0, 1)) {
			continue
		}
		b := Around(c, market, d, d)
		b.Take = d
		out = append(out, b)
	}
	return out, nil
}
