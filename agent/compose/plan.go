// Package compose reads a question, Korean or English, against a semantic model and
// turns it into a plan: which metrics, by what, filtered how, over which period,
// shown how. It knows no database; the values people may name arrive in a Lexicon.
//
// It prefers silence to error. Every content word of the question must be accounted
// for by the plan; one that is not makes it decline and say which.
package compose

import (
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/semantic"
)

// Intent is what kind of answer is wanted.
type Intent string

// The intents.
const (
	Value     Intent = "value"     // one number, or several side by side
	Breakdown Intent = "breakdown" // by one or two dimensions
	Trend     Intent = "trend"     // along time
	Rank      Intent = "rank"      // top or bottom N
	Share     Intent = "share"     // parts of a whole
	Change    Intent = "change"    // one period against another
	Drivers   Intent = "drivers"   // why did it change
	Anomaly   Intent = "anomaly"   // what stands out along time
	Forecast  Intent = "forecast"  // what comes next
	Relate    Intent = "relate"    // two measures against each other
	List      Intent = "list"      // the values of a dimension, no measure
)

// Plan is a question understood. It is stored with its answer: a follow-up changes
// it, and newer data runs it again.
type Plan struct {
	Intent Intent         `json:"intent"`
	Query  semantic.Query `json:"query"`
	// Chart is the kind of chart asked for, as a chart.Kind; empty means by shape,
	// "none" means no chart ("as a table").
	Chart string `json:"chart,omitempty"`
	// Horizon is how many periods of the time dimension's grain to forecast.
	Horizon int `json:"horizon,omitempty"`
	// Whole is the period under way that a forecast completes: this month, this year.
	Whole *semantic.Period `json:"whole,omitempty"`
	// PeriodGrain is the calendar unit the period was named in (last month → month),
	// "" when it was not one: "the same month a year ago" needs it.
	PeriodGrain semantic.Grain `json:"period_grain,omitempty"`
	// PeriodDefault is set when the question named no period and one was assumed.
	PeriodDefault bool `json:"period_default,omitempty"`
	// Event is the calendar's event that the period was named by, and Edition its year:
	// "last year?" after Chuseok is Chuseok last year.
	Event   string `json:"event,omitempty"`
	Edition int    `json:"edition,omitempty"`
	// Part is what a share was asked of, one or several values among those that the
	// query tells apart: the answer is how much of the whole they are together.
	Part *semantic.Filter `json:"part,omitempty"`
	// Readings say how the words were taken, in the question's language.
	Readings []Reading `json:"readings,omitempty"`
	// Changed are, for a follow-up, the parts that differ from the turn before, in
	// words of the question's language ("2025-10").
	Changed []string `json:"changed,omitempty"`
}

// ReadingKind is what a reading is about.
type ReadingKind string

// The kinds of readings.
const (
	ReadPeriod  ReadingKind = "period"
	ReadMetric  ReadingKind = "metric"
	ReadField   ReadingKind = "field"
	ReadValue   ReadingKind = "value"
	ReadCompare ReadingKind = "compare"
	ReadDefault ReadingKind = "default" // something the question left open
)

// Reading says how a word was taken: "지난달" = "2026-10-01 – 2026-10-31".
type Reading struct {
	Kind    ReadingKind `json:"kind"`
	Term    string      `json:"term"`
	Meaning string      `json:"meaning"`
}

// Clarify is one question back.
type Clarify struct {
	Term    string   `json:"term"` // the ambiguous word, as written
	Text    string   `json:"text"` // the question, in the asker's language
	Options []Option `json:"options"`
}

// Option is one possible meaning.
type Option struct {
	Label string `json:"label"`
	// Ref is what it means: a metric's name, a "dataset.field", or
	// "dataset.field=value".
	Ref string `json:"ref"`
	// Usual marks the meaning most people have in mind.
	Usual bool `json:"usual,omitempty"`
}

// Choice resolves a Clarify.
type Choice struct {
	Term string `json:"term"`
	Ref  string `json:"ref"`
}

// Input is a question and all that its words may refer to.
type Input struct {
	Text     string
	Language string // "ko" or "en"; see Detect
	Lexicon  *Lexicon
	Now      time.Time // in the deployment's zone; "today" is its date
	// DataFrom and DataUntil are the first and the last date in the data, zero when
	// unknown.
	DataFrom, DataUntil time.Time
	// Ranges are the same for the fields that metrics are placed in time by, "dataset.field",
	// where they are known: salaries are paid after the last person was hired.
	Ranges map[string]Range
	// Previous is the plan of the turn before, for follow-ups; nil at the start of a
	// thread.
	Previous *Plan
	Choices  []Choice

	// How times are read; see period.Options.
	WeekStart       time.Weekday
	FiscalYearStart time.Month
	Calendar        *calendar.Calendar // nil knows no events
}

// Range is the first and the last date of a field.
type Range struct{ From, Until time.Time }

// Outcome is exactly one of: a Plan, a Clarify, or a decline with what was not
// understood.
type Outcome struct {
	Plan    *Plan
	Clarify *Clarify
	// Unknown are the content words nothing explains, as written, when the question
	// was declined for them.
	Unknown []string
	// Declined says why there is neither plan nor clarify.
	Declined Decline
	// Until is the last date of what was asked for, where the period lies after it.
	Until time.Time
	// FollowUp is set when the plan continues Input.Previous.
	FollowUp bool
}

// Decline is why a question was not turned into a plan.
type Decline string

// The reasons to decline.
const (
	DeclineEmpty    Decline = "empty"     // no content word
	DeclineUnknown  Decline = "unknown"   // see Outcome.Unknown
	DeclineNoMetric Decline = "no_metric" // words known, but nothing to measure
	DeclineShape    Decline = "shape"     // understood in parts that do not fit together
	DeclineFuture   Decline = "future"    // the period lies after the data
)
