package digest

import (
	"strconv"
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
	// Deliveries by recipient, once prepared.
	Deliveries []Delivery `json:"deliveries,omitempty"`
	// Decided is, by group of rights, why it is skipped; empty when it is sent.
	Decided map[string]Reason `json:"decided,omitempty"`
	Tries   int               `json:"tries,omitempty"` // of preparing
	Job     string            `json:"job,omitempty"`   // that prepares
	Look    time.Time         `json:"look,omitzero"`   // when it is made sure that something works on it

	BegunAt time.Time `json:"begun_at,omitzero"`
	EndedAt time.Time `json:"ended_at,omitzero"` // of the first time that nothing was left to do
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
	// Late is set when it is said that it comes late.
	Late bool `json:"late,omitempty"`
	// Told is set for a notice that the recipient may not see the content.
	Told  bool   `json:"told,omitempty"`
	Job   string `json:"job,omitempty"` // that sends
	Tries int    `json:"tries,omitempty"`
	// Yielded is set when another try was found to be under way, and waited for.
	Yielded bool      `json:"yielded,omitempty"`
	Error   string    `json:"error,omitempty"`  // of the last try, for operators
	SendAt  time.Time `json:"send_at,omitzero"` // when the last try began
	Refs    []bot.Ref `json:"refs,omitempty"`   // the message, then its details
	EndedAt time.Time `json:"ended_at,omitzero"`
}

// key is what the platform knows the delivery's n-th message by.
func (d *Delivery) key(o *Occurrence, n int) string {
	return "digest/" + o.Key() + "/" + d.To.key() + "/" + strconv.Itoa(n)
}

func (d *Delivery) end(status Status, why Reason, now time.Time) {
	d.Status, d.Reason, d.EndedAt = status, why, now
}

// delivery finds the delivery to a recipient, by Recipient.key.
func (o *Occurrence) delivery(to string) *Delivery {
	for n := range o.Deliveries {
		if o.Deliveries[n].To.key() == to {
			return &o.Deliveries[n]
		}
	}
	return nil
}

// ended reports whether nothing more will happen to the occurrence by itself.
func (o *Occurrence) ended() bool { return o.Status.final() || o.Status == Unknown }
