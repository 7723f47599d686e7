package digest

import (
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest/schedule"
)

// Kind is what a subscription is of.
type Kind string

// The kinds. Whoever wires the service says which there are, and may add others.
const (
	KindCalendar Kind = "calendar" // the marketing calendar
	KindQuestion Kind = "question" // a saved question's answer
	KindAlert    Kind = "alert"    // a figure that is watched
	KindReport   Kind = "report"   // what the analyst was worth
)

// Subject is what a subscription is about.
type Subject struct {
	Kind     Kind   `json:"kind"`
	Question string `json:"question,omitempty"`
	Analyst  string `json:"analyst,omitempty"` // name; empty means the one that fits best
	// Params are the renderer's own: market, weeks ahead, a plan.
	Params map[string]string `json:"params,omitempty"`
}

// Person is somebody on a platform.
type Person struct {
	Platform  string `json:"platform"`
	Workspace string `json:"workspace,omitempty"`
	User      string `json:"user"`
	Principal string `json:"principal"` // with whose rights, such as an address
	Name      string `json:"name,omitempty"`
	Language  string `json:"language,omitempty"` // "ko" or "en"
}

// Direct is where only the person reads.
func (p Person) Direct() bot.Thread { return bot.Direct(p.Platform, p.Workspace, p.User) }

// Recipient is a channel, or one person.
type Recipient struct {
	// Thread is bot.Direct of a person, or a channel by its id: names change. An empty
	// Thread.ID begins a new thread with every issue.
	Thread bot.Thread `json:"thread"`
	// Principal is whose rights count, of a person; a channel has none.
	Principal string `json:"principal,omitempty"`
	Name      string `json:"name,omitempty"` // to be shown
}

// To is a person as a recipient.
func (p Person) To() Recipient {
	return Recipient{Thread: p.Direct(), Principal: p.Principal, Name: p.Name}
}

// key tells recipients of a subscription apart.
func (r Recipient) key() string { return part(r.Thread.Key()) }

// Skip is when an issue is not sent.
type Skip string

// The rules of skipping. What is skipped is recorded as that, with the reason.
const (
	SendAlways    Skip = ""          // never skipped
	SkipEmpty     Skip = "empty"     // when there is nothing to say
	SkipUnchanged Skip = "unchanged" // when it would say what the one before said
)

// AlertKind is what an alert waits for.
type AlertKind string

// The kinds of alerts. Each is sent when it comes to hold, not again while it holds.
const (
	AlertAbove   AlertKind = "above"   // the value is Threshold or more
	AlertBelow   AlertKind = "below"   // the value is Threshold or less
	AlertChange  AlertKind = "change"  // it differs by Threshold percent or more from the last that was sent
	AlertAnomaly AlertKind = "anomaly" // the renderer says that it is out of line
)

// Alert is what an alert waits for.
type Alert struct {
	Kind      AlertKind `json:"kind"`
	Threshold float64   `json:"threshold,omitempty"` // in the value's unit, or percent
}

// State is what a subscription does.
type State string

// The states of subscriptions.
const (
	Active   State = "active"
	Paused   State = "paused"   // by a person, until resumed
	Disabled State = "disabled" // by the service, for Reason, until resumed
	Ended    State = "ended"    // for good; its history is kept
)

// Reason is why something was not sent, or a subscription was disabled. Sentence says it
// to people.
type Reason string

// The reasons.
const (
	// Of skipped occurrences and deliveries: on purpose.
	ReasonEmpty        Reason = "empty"         // nothing to say
	ReasonUnchanged    Reason = "unchanged"     // nothing new
	ReasonQuiet        Reason = "quiet"         // the alert's condition does not hold
	ReasonStillHolds   Reason = "still_holds"   // it was told when it came to hold
	ReasonNoValue      Reason = "no_value"      // the alert's figure has no value
	ReasonBaseline     Reason = "baseline"      // the first value, which others are compared with
	ReasonNoRights     Reason = "no_rights"     // the recipient may not see it
	ReasonPaused       Reason = "paused"        // paused before it was sent
	ReasonEdited       Reason = "edited"        // the schedule was changed before it was sent
	ReasonEnded        Reason = "ended"         // ended before it was sent
	ReasonDisabled     Reason = "disabled"      // disabled before it was sent
	ReasonMissed       Reason = "missed"        // the program was not running in time
	ReasonLeft         Reason = "left"          // the recipient has left
	ReasonNoRecipients Reason = "no_recipients" // nobody to send it to

	// Of failures.
	ReasonRender      Reason = "render"      // the content could not be made
	ReasonRefused     Reason = "refused"     // the content can never be made
	ReasonUnavailable Reason = "unavailable" // the platform did not take it in time
	ReasonLost        Reason = "lost"        // the program died on it again and again

	// Of failures, and of subscriptions that were disabled.
	ReasonGone      Reason = "gone"       // the channel is archived or gone
	ReasonDenied    Reason = "denied"     // the app was removed or lacks a right
	ReasonOwnerLeft Reason = "owner_left" // the owner has left
	ReasonFailing   Reason = "failing"    // too many issues in a row failed
)

// Subscription is a standing order, as stored.
type Subscription struct {
	ID      string      `json:"id"` // short, to be quoted: "d-7k3fq2"
	Version int         `json:"version"`
	Title   string      `json:"title,omitempty"` // what lists call it; empty means the question
	Owner   Person      `json:"owner"`
	To      []Recipient `json:"to"`
	Subject Subject     `json:"subject"`
	// Language is that of what is sent: "ko" or "en".
	Language string `json:"language"`
	// Schedule has the time zone and what becomes of holidays.
	Schedule schedule.Schedule `json:"schedule"`
	Skip     Skip              `json:"skip,omitempty"`
	Alert    *Alert            `json:"alert,omitempty"` // of KindAlert
	// CatchUp is how late an issue may be begun. 0 means while its date lasts in the
	// schedule's time zone, and three hours at least.
	CatchUp time.Duration `json:"catch_up,omitempty"`
	// Jitter is over how long the start is spread; 0 means the service's.
	Jitter time.Duration `json:"jitter,omitempty"`

	State State `json:"state"`
	// Reason is why it was disabled; Say what a renderer said about it, if anything.
	Reason Reason `json:"reason,omitempty"`
	Say    string `json:"say,omitempty"`
	// Next is when the next issue is due and NextLocal on which wall time; zero when none.
	Next      time.Time `json:"next,omitzero"`
	NextLocal string    `json:"next_local,omitempty"`
	// Failures counts issues in a row that failed.
	Failures  int       `json:"failures,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// Changes are the last that were made, oldest first.
	Changes []Change `json:"changes,omitempty"`
}

// Change is something done to a subscription.
type Change struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`   // principal; empty for the service itself
	What   string    `json:"what"` // "created", "edited", "paused", "resumed", "disabled", "ended"
	Fields []string  `json:"fields,omitempty"`
	Reason Reason    `json:"reason,omitempty"`
}

// Name is what lists call the subscription.
func (s *Subscription) Name() string {
	for _, name := range []string{s.Title, s.Subject.Question} {
		if name != "" {
			return name
		}
	}
	return kindName(s.Subject.Kind, s.Language)
}
