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
// be called concurrently for different threads, and repeat nothing on their own
// unless the platform makes the repetition harmless.
type Poster interface {
	// Post shows msg as a new message of the thread.
	Post(ctx context.Context, thread Thread, msg Message) (Ref, error)
	// Update replaces the message at ref by msg. Updating to what is already shown
	// is harmless.
	Update(ctx context.Context, ref Ref, msg Message) error
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
	ID        string `json:"id"` // the platform's id of the message that began the thread
	Direct    bool   `json:"direct,omitempty"`
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

// File is a file somebody dropped.
type File struct {
	ID   string
	Name string
	Size int64
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Action is a pressed button. Name and Value are those of the Button; Text is what
// the person typed beside it, if anything.
type Action struct {
	Name     string
	Question string
	Value    string
	Text     string
}

// The names of actions that every platform offers when a message has them. One that
// the handler does not know, of an older or newer version, is taken and answered.
const (
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
)

// Ref finds a message again.
type Ref struct {
	Thread Thread `json:"thread"`
	ID     string `json:"id"`
}
