// Package bot holds the contract of a chat platform: what it tells us (Event) and
// what we ask it to show (Message). It imports nothing of this repository. A
// driver package speaks one platform; the suite in bottest says what every driver
// must do.
//
// A Message says what there is to show, never how: each platform renders it in its
// native form, in the message's language.
package bot

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Handler takes what people do on a platform. A driver acknowledges a delivery to
// its platform only after Handle returned nil: by then the event is on disk.
type Handler interface {
	// Handle makes ev durable. The same ev.ID on the same platform is taken once;
	// again it returns the first receipt with Duplicate set. Whatever a person can do
	// is taken: what cannot be done is told to the person, not returned as an error.
	Handle(ctx context.Context, ev Event) (Receipt, error)
}

// Poster shows messages. Calls for one thread keep their order. Both methods may
// be called concurrently for different threads. Their errors are *Error where the
// reason is known; a driver that can still reach the person another way, such as a
// direct message, does so and returns where the message went.
type Poster interface {
	// Post shows msg as a new message of the thread, and returns the thread that it is
	// in: that is another one when thread has no ID. While this process lives, a second
	// Post with the same Message.Key shows nothing new and returns the first's Ref; with
	// Message.Again set, also what an earlier process posted is looked for.
	//
	// Progress that cannot be shown soon is refused with CodeBusy, so that the answer
	// does not wait behind it.
	Post(ctx context.Context, thread Thread, msg Message) (Ref, error)
	// Update replaces the message at ref by msg. Updating to what is already shown
	// is harmless. Of progress only the newest needs to be shown, and none after
	// anything else.
	Update(ctx context.Context, ref Ref, msg Message) error
}

// Directory knows the people of a platform.
type Directory interface {
	// Person returns who user is. It may ask the platform, and remembers.
	Person(ctx context.Context, thread Thread, user User) (Person, error)
}

// FileOpener opens files that came without File.Open.
type FileOpener interface {
	// OpenFile opens the file of the thread that has the id.
	OpenFile(ctx context.Context, thread Thread, id string) (io.ReadCloser, error)
}

// Checker looks at how a platform was set up, for "bapsang doctor".
type Checker interface {
	// Check returns what it found, good and bad, in the order of the setup. It changes
	// nothing that people would see.
	Check(ctx context.Context) []Finding
}

// Receipt says what became of an event.
type Receipt struct {
	Question  string // id of the question it became or belongs to; empty when it became none
	Thread    Thread
	Duplicate bool
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	EventMessage EventKind = "message" // somebody wrote, or dropped files
	EventAction  EventKind = "action"  // somebody pressed a button
	EventEdit    EventKind = "edit"    // somebody changed a message
	EventDelete  EventKind = "delete"  // somebody deleted a message
	// EventCommand: somebody gave a command outside any conversation, such as
	// "/bapsang help". Text is what follows the command's name. Thread is where only
	// they see a reply.
	EventCommand EventKind = "command"
)

// Event is something a person did on a platform.
type Event struct {
	ID      string // unique on the platform; the key of deduplication
	Kind    EventKind
	Thread  Thread
	Message string // the platform's id of the message concerned
	User    User
	Text    string // plain text, our own mention removed
	// Addressed is set when the text is for us: a direct message or a mention. What
	// is said in a thread of ours without a mention is not Addressed; whether to
	// answer is not the driver's to decide.
	Addressed bool
	Files     []File
	Action    *Action // for EventAction
	At        time.Time
}

// Thread is where a conversation happens.
type Thread struct {
	Platform  string `json:"platform"`            // "web", "slack", "teams", "api"
	Workspace string `json:"workspace,omitempty"` // team or tenant; empty where there is only one
	Channel   string `json:"channel"`
	// ID is the platform's id of the message that began the thread; empty for one that
	// the next message begins.
	ID     string `json:"id"`
	Direct bool   `json:"direct,omitempty"`
	// Only is the id of the one person who sees what is posted; empty for everybody
	// there. Such messages pass: they cannot be updated, and nothing follows them.
	Only string `json:"only,omitempty"`
}

// Direct is a new conversation with user alone: its Channel is the user's id until
// something was posted.
func Direct(platform, workspace, user string) Thread {
	return Thread{Platform: platform, Workspace: workspace, Channel: user, Direct: true}
}

// Key identifies the thread among all platforms.
func (t Thread) Key() string {
	return t.Platform + ":" + t.Workspace + ":" + t.Channel + ":" + t.ID
}

// User is a person on a platform.
type User struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Locale string `json:"locale,omitempty"` // BCP 47, such as "ko-KR"; empty when unknown
}

// Person is who a user is.
type Person struct {
	Name     string
	Email    string // lower case; empty when the platform does not tell
	Locale   string // BCP 47; empty when unknown
	Standing Standing
}

// Standing is what somebody is to the company.
type Standing string

// The standings.
const (
	Member   Standing = "member"   // one of us
	Guest    Standing = "guest"    // let into a few channels
	External Standing = "external" // of another company, in a shared channel
	Robot    Standing = "robot"
	Left     Standing = "left" // deactivated
)

// File is a file somebody dropped.
type File struct {
	ID   string
	Name string
	Size int64
	// Open opens the content while the event is handled; nil when it can be had later,
	// by ID, of the platform's FileOpener.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Action is a pressed button. Name and Value are those of the Button; Text is what
// the person typed beside it, if anything, and Values what they filled into its Form.
type Action struct {
	Name     string
	Question string
	Value    string
	Text     string
	Values   map[string]string
}

// The names of actions that every platform offers when a message has them. One that
// the handler does not know, of an older or newer version, is taken and answered.
const (
	// ActionCancel stops the question; without one, the thread's that the person asked.
	ActionCancel  = "cancel"
	ActionAsk     = "ask"     // ask Value as a new question in the thread
	ActionChoose  = "choose"  // answer a clarifying question with Value
	ActionGood    = "good"    // 👍
	ActionBad     = "bad"     // 👎
	ActionWrong   = "wrong"   // "wrong because …", the reason in Action.Text
	ActionRetry   = "retry"   // run the same question again
	ActionSQL     = "sql"     // show the SQL; platforms that show it in place need no event
	ActionCSV     = "csv"     // download the rows
	ActionDeeper  = "deeper"  // have the language model look thoroughly
	ActionModel   = "model"   // ask the language model anyway
	ActionWatch   = "watch"   // subscribe to this answer
	ActionAnalyst = "analyst" // hand the thread to the analyst called Value
	ActionLater   = "later"   // answer the question when it is quiet
	ActionNotify  = "notify"  // tell the person directly when the question is answered
	ActionShare   = "share"   // show the answer in the channel called Value, too
	// Of a subscription, whose id is Value. What is changed comes as Action.Values.
	ActionSubscription = "subscription" // change, pause, resume, end it, or send it now
	// Of a suggested date of the calendar; Value says which.
	ActionApprove = "approve"
	ActionAmend   = "amend"   // approve with the dates in Action.Values
	ActionReject  = "reject"  // the reason comes as Action.Text
	ActionSuggest = "suggest" // suggest the dates in Action.Values for the calendar
)

// Ref finds a message again.
type Ref struct {
	Thread Thread `json:"thread"`
	ID     string `json:"id"`
}

// Finding is what a check found.
type Finding struct {
	Name  string // what was checked: "bot token", "scope files:write"
	State FindingState
	Text  string // what was found, in a sentence without secrets
	Fix   string // what to do about it; empty when nothing
}

// FindingState is how good a finding is.
type FindingState string

// The states of findings.
const (
	Fine    FindingState = "ok"
	Warning FindingState = "warning" // works, but not everything or not well
	Broken  FindingState = "broken"
)

// Code is why a platform did not show a message.
type Code string

// The codes.
const (
	CodeBusy        Code = "busy"        // not now: nothing was sent
	CodeUnavailable Code = "unavailable" // the platform does not answer as it should; trying again may help
	CodeGone        Code = "gone"        // the channel or message is not there, or is closed to us
	CodeDenied      Code = "denied"      // the credentials were revoked, or lack a right
)

// Error is a failure at a platform's edge.
type Error struct {
	Code   Code
	Method string // of the platform's API
	Reason string // in the platform's own term, such as "is_archived"
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (%s): %v", e.Method, e.Code, e.Reason, e.Err)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
