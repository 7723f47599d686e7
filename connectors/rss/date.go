package rss

import (
	"regexp"
	"strings"
	"time"
)

// zones are names of zones that the parser takes for UTC. Those that mean different
// things in different countries (CST, IST) are left to it.
var zones = map[string]time.Duration{
	"KST": 9 * time.Hour, "JST": 9 * time.Hour, "HKT": 8 * time.Hour, "SGT": 8 * time.Hour, "PHT": 8 * time.Hour, "ICT": 7 * time.Hour,
	"WIB": 7 * time.Hour, "AEST": 10 * time.Hour, "AEDT": 11 * time.Hour, "NZST": 12 * time.Hour, "NZDT": 13 * time.Hour, "MSK": 3 * time.Hour,
}

// layouts are dates of Korean feeds that the parser does not know.
var layouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006.01.02 15:04:05", "2006.01.02 15:04", "2006.01.02", "2006. 1. 2. 15:04",
	"2006. 1. 2.", "2006/01/02 15:04:05", "2006/01/02", "20060102150405", "20060102", "2006년 1월 2일 15:04", "2006년 1월 2일",
}

var (
	zoneName = regexp.MustCompile(`\b([A-Z]{3,4})\)?$`)
	hasZone  = regexp.MustCompile(`(\d[ T]*(Z|z|UT)|[+-]\d{1,2}:?\d{2}( ?\([A-Za-z ]+\))?|\b(GMT|UTC|[A-Z]{2,4}T)([+-]\d.*)?)$`)
)

// when is the date that raw says, parsed what the parser made of it.
func (f *Feed) when(raw string, parsed *time.Time) time.Time {
	raw = strings.TrimSpace(raw)
	if parsed == nil {
		for _, l := range layouts {
			if t, err := time.ParseInLocation(l, raw, f.zone); err == nil {
				return t.UTC()
			}
		}
		return time.Time{}
	}
	if m := zoneName.FindStringSubmatch(raw); m != nil && zones[m[1]] != 0 {
		if _, off := parsed.Zone(); off == 0 {
			return parsed.UTC().Add(-zones[m[1]])
		}
	}
	if !hasZone.MatchString(raw) {
		y, m, d := parsed.Date()
		return time.Date(y, m, d, parsed.Hour(), parsed.Minute(), parsed.Second(), parsed.Nanosecond(), f.zone).UTC()
	}
	return parsed.UTC()
}
