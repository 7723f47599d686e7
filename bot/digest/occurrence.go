package digest

import (
	"time"

	"github.com/bapsang/bapsang/bot"
)

// Status is how far an occurrence or a delivery is.
type Status string

// The statuses. Sent, Skipped and Failed are final. Unknown becomes Sent when the
// message is found or can be posted after all.
const (
	Due       Status = "due"
	Rendering Status = "rendering" // of occurrences only
	Sending   Status = "sending"
	Sent      Status = "sent"
	Skipped   Status = "skipped"
	Failed    Status = "failed"
	Unknown   Status = "unknown" // it may have been posted
)

// final reports whether nothing more will happen by itself.
func (s Status) final() bool { return s == Sent || s == Skipped || s == Failed }

// Origin is why there is an occurrence.
type Origin string

// The origins.
const (
	ByClock Origin = ""     // the schedule
	ByHand  Origin = "now"  // RunNow
	AsTest  Origin = "test" // TestToMe
)

// Occurrence is one issue of one subscription, as stored. There is one for each
// subscription and local time.
type Occurrence struct {
	Subscription string    `json:"subscription"`
	Local        string    `json:"local"` // the wall time as scheduled; of RunNow and TestToMe with more behind it
	Due          time.Time `json:"due"`
	Origin       Origin    `json:"origin,omitempty"`
	By           string    `json:"by,omitempty"`       // principal who asked for it
	Schedule     string    `json:"schedule,omitempty"` // by which it became due
	To           Recipient `json:"to,omitzero"`        // of AsTest: to whom alone
	// Missed is how many before it were due while the program did not run.
	Missed int `json:"missed,omitempty"`

	Status Status `json:"status"`
	Reason Reason `json:"reason,omitempty"`
	Say    string `json:"say,omitempty"` // what a renderer said about a failure
	// Deliveries by recipient, once prepared; Open of them have not ended.
	Deliveries []Delivery `json:"deliveries,omitempty"`
	Tries      int        `json:"tries,omitempty"` // of preparing

	BegunAt time.Time `json:"begun_at,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"`
}

// Key is that of the occurrence's document.
func (o *Occurrence) Key() string { return o.Subscription + "/" + o.Local }

// Delivery is an occurrence for one recipient. There is one for each of both.
type Delivery struct {
	To     Recipient `json:"to"`
	Group  string    `json:"group,omitempty"` // of rights
	Issue  string    `json:"issue,omitempty"` // key of the content
	Status Status    `json:"status"`
	Reason Reason    `json:"reason,omitempty"`
	Say    string    `json:"say,omitempty"`
	// Late is set when it is said that it comes late, from the first try on.
	Late bool `json:"late,omitempty"`
	// Told is set for a notice that the recipient may not see the content.
	Told    bool      `json:"told,omitempty"`
	Tries   int       `json:"tries,omitempty"`
	Error   string    `json:"error,omitempty"`  // of the last try, for operators
	SendAt  time.Time `json:"send_at,omitzero"` // when the last try began
	Refs    []bot.Ref `json:"refs,omitempty"`   // the message, then its details
	EndedAt time.Time `json:"ended_at,omitzero"`
}
