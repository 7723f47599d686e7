package connectors

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a number of calls allowed within any stretch of time of a length, or in
// each calendar day of a time zone.
type Rate struct {
	Calls int
	Per   time.Duration
	// Zone makes it a rate of calendar days: the count starts anew at midnight there,
	// as a provider does that sells calls by the day. Per is then 24 hours, whatever
	// the clocks of the zone do. Nil for any stretch of time.
	Zone *time.Location
}

// maxCalls bounds Rate.Calls. Nobody agrees to more, and whoever writes it mistypes.
const maxCalls = 1_000_000

var rateUnits = []struct {
	unit string
	per  time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// ParseRate reads a rate such as "100/m": calls per second (s), minute (m), hour (h)
// or day (d), or per so many of them, as in "300/5m". A day followed by a time zone, as
// in "25000/d@Asia/Seoul", is one from midnight to midnight there; without, any 24 hours.
func ParseRate(text string) (Rate, error) {
	limit, zone, zoned := strings.Cut(strings.TrimSpace(text), "@")
	if zoned {
		return parseDaily(limit, strings.TrimSpace(zone))
	}
	number, stretch, ok := strings.Cut(limit, "/")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if per := parseStretch(strings.TrimSpace(stretch)); ok && err == nil && n > 0 && n <= maxCalls && per > 0 {
		return Rate{Calls: n, Per: per}, nil
	}
	return Rate{}, fmt.Errorf("rate %q is not of the form 100/m or 300/5m (a number up to %d; s, m, h or d)", text, maxCalls)
}

// parseStretch reads "m" or "5m"; 0 is neither.
func parseStretch(text string) time.Duration {
	for _, u := range rateUnits {
		many, ok := strings.CutSuffix(text, u.unit)
		if !ok {
			continue
		}
		if many == "" {
			return u.per
		}
		if n, err := strconv.ParseUint(many, 10, 16); err == nil {
			return time.Duration(n) * u.per
		}
	}
	return 0
}

func parseDaily(limit, zone string) (Rate, error) {
	r, err := ParseRate(limit)
	if err != nil {
		return Rate{}, err
	}
	if r.Per != 24*time.Hour {
		return Rate{}, fmt.Errorf("rate %q has a time zone, which only a rate per day (d) can have", limit+"@"+zone)
	}
	// LoadLocation takes "" for UTC and "Local" for wherever this runs.
	if r.Zone, err = time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return Rate{}, fmt.Errorf("rate %q does not end in a time zone such as Asia/Seoul", limit+"@"+zone)
	}
	return r, nil
}

// ParseRates reads rates joined by commas, such as "10/s,1000/h". An empty text is
// none.
func ParseRates(text string) ([]Rate, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var rates []Rate
	for part := range strings.SplitSeq(text, ",") {
		r, err := ParseRate(part)
		if err != nil {
			return nil, err
		}
		rates = append(rates, r)
	}
	return rates, nil
}

// String is the rate as ParseRate reads it, where it is of one of its units.
func (r Rate) String() string {
	if r.Zone != nil {
		return fmt.Sprintf("%d/d@%s", r.Calls, r.Zone)
	}
	for _, u := range rateUnits {
		switch {
		case r.Per == u.per:
			return fmt.Sprintf("%d/%s", r.Calls, u.unit)
		case r.Per > 0 && r.Per%u.per == 0:
			return fmt.Sprintf("%d/%d%s", r.Calls, r.Per/u.per, u.unit)
		}
	}
	return fmt.Sprintf("%d per %s", r.Calls, r.Per)
}

// Midnight is when the day begins that lies days after that of local. Where clocks
// are put forward at midnight it is the first instant of the day.
func Midnight(local time.Time, days int) time.Time {
	year, month, day := local.Date()
	at := time.Date(year, month, day+days, 0, 0, 0, 0, local.Location())
	for at.Day() != time.Date(year, month, day+days, 12, 0, 0, 0, local.Location()).Day() {
		at = at.Add(15 * time.Minute)
	}
	return at
}
