// Package extract reads the dates of events out of fetched pages, with the evidence
// for each. It asks nobody and trusts nothing: a page is text of strangers, whatever it
// says to its readers.
//
// A date counts as checked only when the weekday beside it agrees. A page may hold last
// year's dates next to this year's, the day it was posted, a registration period and
// the dates of other events, so that candidates come with what speaks against them and
// none is chosen for standing first.
package extract

import (
	"errors"
	"time"
)

// Errors of Read.
var (
	// ErrTooLarge: the page has more than MaxBytes.
	ErrTooLarge = errors.New("page is too large to read")
	// ErrNoText: the page holds no text that can be read as HTML.
	ErrNoText = errors.New("page holds no text")
)

// MaxBytes bounds a page. Pages of events are well below 1 MB; what is above 8 MB is
// generated or hostile.
const MaxBytes = 8 << 20

// Page is a page as it was fetched.
type Page struct {
	URL       string // the last one, after redirects
	Body      []byte // HTML in UTF-8; bytes that are not are read as U+FFFD
	FetchedAt time.Time
}

// Document is a page's readable text and the events it declares for machines.
//
// Text is what a visitor sees, one line for each block, the cells of a table's row kept
// apart by " | ". It is in Unicode's NFC, full-width characters made half-width and
// invisible ones left out. What the markup itself hides is not in it; what a style sheet
// hides cannot be told from here.
type Document struct {
	URL       string
	Title     string
	Text      string
	Published time.Time // a date at midnight UTC; zero when the page does not say
	FetchedAt time.Time

	lines    []line
	ownTitle int // lines before this one come under no heading but the title
	declared []declared
	raw      string // the source that declared events were read from
}

// Confidence is how well a date is supported by its own words.
type Confidence string

// The confidences.
const (
	// High: the year is written, or the only one near that fits, and a weekday agrees; or
	// the date is declared for machines with its year.
	High Confidence = "high"
	// Low: nothing checks the date, or its year is a guess.
	Low Confidence = "low"
	// Conflict: the words contradict each other, as a weekday that the date does not
	// have. Only a person can tell which is the mistake.
	Conflict Confidence = "conflict"
)

// YearSource says where a date's year comes from.
type YearSource string

// The sources of a year.
const (
	YearWritten YearSource = "written" // with the date, or with the other end of its range
	YearCue     YearSource = "cue"     // 작년, "next year"
	YearContext YearSource = "context" // in the same line, a heading or the title
	YearWeekday YearSource = "weekday" // the only year near that gives the weekday
	YearGuessed YearSource = "guessed" // the next such day
)

// Tense is which edition a sentence speaks of.
type Tense string

// The tenses.
const (
	TenseUnknown  Tense = ""
	TensePast     Tense = "past"
	TenseUpcoming Tense = "upcoming"
)

// Mention is a date or a range of dates as a text has it. Start and End are dates at
// midnight UTC, End inclusive.
type Mention struct {
	Start, End time.Time
	At         int    // byte offset of Quote in the text
	Quote      string // the date's own words, verbatim
	Confidence Confidence
	Year       YearSource
	Tense      Tense
	Doubts     []Doubt
	// Previous is the start before the event was moved, where the words say so.
	Previous time.Time
}

// Candidate is a mention with what surrounds it.
type Candidate struct {
	Mention
	// Sentence holds Quote. Like Quote it is verbatim, of Document.Text or, when
	// Declared, of the page's source.
	Sentence string
	Title    string // of a declared event, or the heading above
	Place    string // of a declared event
	// Declared is set for events that the page declares for machines.
	Declared bool
	// Named is set when the event's name stands in the sentence, in the heading above or
	// in the title.
	Named bool
	// Outside is set for what stands apart from the page's own article: a menu, a list
	// of other articles.
	Outside bool
	Status  Status
}

// Status is what a page says of an event's taking place.
type Status string

// The statuses, after schema.org's EventStatusType.
const (
	Scheduled   Status = ""
	Rescheduled Status = "rescheduled"
	Postponed   Status = "postponed"
	Cancelled   Status = "cancelled"
)

// Options says how dates are read.
type Options struct {
	// Names are what the event is called, to tell which dates are its own. Without any,
	// no candidate is Named.
	Names []string
	// Market is the event's ISO 3166 country, which orders "5/12": "GB", "DE" and others
	// write the day first.
	Market string
	// Lunar gives the day of a date of the Korean lunar year. Nil leaves lunar dates out.
	Lunar func(year, month, day int) (time.Time, bool)
}
