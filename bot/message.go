package bot

import (
	"encoding/json"
	"time"
)

// MessageKind is what a message is for.
type MessageKind string

// The kinds of messages.
const (
	KindProgress MessageKind = "progress" // becomes one of the others
	KindAnswer   MessageKind = "answer"
	KindClarify  MessageKind = "clarify" // one question back, with choices
	KindRefusal  MessageKind = "refusal" // cannot be answered, with what can
	KindFailure  MessageKind = "failure" // something broke, with what was kept
	KindNotice   MessageKind = "notice"  // anything else said in passing
	KindDigest   MessageKind = "digest"  // sent by the clock: Sections below the text
)

// Message is what to show, in one language. It is stored and must marshal.
type Message struct {
	Kind     MessageKind `json:"kind"`
	Language string      `json:"language"` // "ko" or "en": labels, buttons, dates
	Question string      `json:"question,omitempty"`

	// Key tells a message from every other, so that posting it twice is harmless; empty
	// for one that is only posted once.
	Key string `json:"key,omitempty"`
	// Again is set when an earlier process may have posted the message already.
	Again bool `json:"-"`
	// For is the id of the user whom the message answers.
	For string `json:"for,omitempty"`

	// Text is the first thing read. It is Markdown restricted to **bold**, *italic*,
	// `code`, lists and line breaks; anything else in it is shown as written.
	Text string `json:"text"`

	Progress    *Progress `json:"progress,omitempty"`
	Sections    []Section `json:"sections,omitempty"` // dated lines, under headings
	Charts      []Chart   `json:"charts,omitempty"`
	Tables      []Table   `json:"tables,omitempty"`
	Readings    []Reading `json:"readings,omitempty"` // how the question was read
	SQL         []SQL     `json:"sql,omitempty"`
	Links       []Link    `json:"links,omitempty"` // where what is said was read, in the order of [1], [2] in Text
	Origin      *Origin   `json:"origin,omitempty"`
	Suggestions []string  `json:"suggestions,omitempty"` // questions, one press away
	Buttons     []Button  `json:"buttons,omitempty"`
	// Number is the short number to quote when something went wrong, such as
	// "q-7f3a".
	Number string `json:"number,omitempty"`
}

// Progress is how far a question is.
type Progress struct {
	Ahead int           `json:"ahead"` // questions before it in the queue
	ETA   time.Duration `json:"eta"`   // until the answer; 0 when unknown
	Steps []Step        `json:"steps,omitempty"`
}

// Step is one thing done or being done.
type Step struct {
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"` // when it began; zero for one that is planned
	Done bool      `json:"done"`
	// Name is what the step is called among those that are over; one without passes
	// unlisted.
	Name string `json:"name,omitempty"`
	// Parts are the parts of the question's plan that the step is for, from 1.
	Parts []int `json:"parts,omitempty"`
	// Ahead and Until, of a step that is waiting, are what goes first and when that will
	// be over.
	Ahead int       `json:"ahead,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// Section is lines under a heading. A message with many is cut by the platform at the
// end of a line, and says how many are left.
type Section struct {
	Title string `json:"title,omitempty"`
	Lines []Line `json:"lines"`
}

// Line is one thing of a section: an event, a change, something to decide.
type Line struct {
	Mark Mark   `json:"mark,omitempty"`
	When string `json:"when,omitempty"` // "11/27 금", "12/10–12/20"
	// Text is what it is, and Detail what there is to know about it: restricted Markdown,
	// each read as one paragraph.
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
	Chart  *Chart `json:"chart,omitempty"` // small; platforms may leave it to the page behind a link
	Links  []Link `json:"links,omitempty"` // where it is from
}

// Mark says what a line is at a glance: a symbol with a word, never colour alone.
type Mark string

// The marks. The zero Mark is none.
const (
	MarkSure      Mark = "sure"      // ● confirmed
	MarkUnsure    Mark = "unsure"    // △ estimated or tentative
	MarkChanged   Mark = "changed"   // ↻ moved or new since last time
	MarkCancelled Mark = "cancelled" // ✕
	MarkCaution   Mark = "caution"   // ! a day to be careful on
	MarkTask      Mark = "task"      // ☐ to be decided or done
)

// Link is a page that something was read on.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"` // http or https
}

// Chart is a picture and what it shows.
type Chart struct {
	Title string `json:"title"`
	Alt   string `json:"alt"` // what the picture says, in words
	// Spec is a chart spec as agent/chart writes it; the renderer that a driver is
	// given turns it into a picture.
	Spec json.RawMessage `json:"spec"`
}

// Table is formatted cells.
type Table struct {
	Result  string        `json:"result"`          // name of the result, such as "r1"
	Title   string        `json:"title,omitempty"` // what it shows, where one of several
	Columns []TableColumn `json:"columns"`
	Rows    [][]string    `json:"rows"`
	Total   int           `json:"total"` // rows of the whole result; more than len(Rows) when cut
	// Partial is set when the result itself was cut by a limit.
	Partial bool `json:"partial,omitempty"`
}

// TableColumn heads a column.
type TableColumn struct {
	Label   string `json:"label"`
	Numeric bool   `json:"numeric,omitempty"` // aligned right
}

// Reading is one line of how a question was understood.
type Reading struct {
	Term    string `json:"term"`    // the asker's word, or what the line is about
	Meaning string `json:"meaning"` // what it was taken for
}

// SQL is a statement that was run.
type SQL struct {
	Result string `json:"result"`
	Title  string `json:"title,omitempty"` // what the result shows, where one of several
	Source string `json:"source"`
	Text   string `json:"text"`
}

// Origin says where an answer came from and how fresh it is.
type Origin struct {
	Analyst string    `json:"analyst"`
	Sources []string  `json:"sources"`
	AsOf    time.Time `json:"as_of"` // newest date in the data; zero when unknown
	Label   string    `json:"label"` // which rung spoke, in words: "defined metric"
	// Model is set when a language model wrote the text.
	Model   bool          `json:"model,omitempty"`
	Elapsed time.Duration `json:"elapsed"`
}

// Button is something to press.
type Button struct {
	Action string `json:"action"`
	Label  string `json:"label"`
	Value  string `json:"value,omitempty"`
	// Says is what who presses it says by that; empty when it is the label.
	Says string `json:"says,omitempty"`
	// Primary is the usual choice among several.
	Primary bool `json:"primary,omitempty"`
	// Prompt asks for a line of text to go with the press; empty asks for none.
	Prompt string `json:"prompt,omitempty"`
	// Form asks for more than a line; nil asks for nothing. Not together with Prompt.
	Form *Form `json:"form,omitempty"`
}
