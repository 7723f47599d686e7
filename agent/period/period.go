// Package period finds what a text says about time, in Korean and English: periods
// (지난달, last 6 weeks, 작년 추석), grains (월별, by week), comparisons (전년 대비, vs
// September) and shifts of a period named before (작년 같은 달은?).
package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/semantic"
)

// Kind is what a mention says.
type Kind string

// The kinds of mentions.
const (
	Range  Kind = "range"  // a period
	By     Kind = "by"     // a grain to group by: 월별, daily, 요일별
	Versus Kind = "versus" // a comparison: 전월 대비, vs last year, 9월보다
	Shift  Kind = "shift"  // another period relative to one named before: 작년 같은 달, the month before that
)

// Mention is one expression of time in a text.
type Mention struct {
	Kind Kind
	// From and To are the byte offsets of the expression with its particles,
	// half-open.
	From, To int
	// Period is the period of a Range, and of a Versus that names one.
	Period semantic.Period
	// Unit is the calendar unit a Range was named in (지난달 → month, 2025년 → year); ""
	// for rolling, explicit and event periods.
	Unit semantic.Grain
	// Bare is set on a Range that names a unit and nothing else (작년, last year,
	// 9월, 3분기), so that a follow-up "그럼 작년은?" may mean the same dates then.
	Bare bool
	// Grain is that of a By.
	Grain semantic.Grain
	// Compare is that of a Versus.
	Compare semantic.CompareKind
	// Count and Step are those of a Shift: -1 and year for 작년 같은 달.
	Count int
	Step  semantic.Grain
	// Event is the calendar's event id, and Edition its year, when the period was
	// named by one.
	Event   string
	Edition int
	// Future is set when the period begins after now.
	Future bool
}

// Options say how to read.
type Options struct {
	Language        string    // "ko" or "en"; expressions of both are found in either
	Now             time.Time // "today" is its date in its own location
	WeekStart       time.Weekday
	FiscalYearStart time.Month // 0 means January
	Calendar        *calendar.Calendar // for periods named by events; nil finds none
}
