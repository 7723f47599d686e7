// Package calendar knows when events take place: public holidays and marketing days,
// by rule where there is a rule, by table where there is none.
package calendar

import "time"

// Edition is one year's occurrence of an event. Start and End are dates at midnight
// UTC, End inclusive.
type Edition struct {
	Event      string // id, such as "kr.chuseok"
	Year       int    // which edition; not always the year of Start
	Start, End time.Time
}

// Calendar finds events by name and their editions by year.
type Calendar struct{}
