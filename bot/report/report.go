// Package report says what the program was worth in a stretch of time: who asked, what was
// answered, what it cost, what people thought of it, and an estimate of the hours it saved,
// with its formula. It is made of the rows of package usage alone.
//
// Nobody is named. What fewer than [Few] people did is not broken down, what was asked in a
// direct message is never quoted, and of what is sent to people in a chat everything is left
// out that only one room has seen.
package report

import (
	"context"
	"time"

	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/usage"
	"github.com/bapsang/bapsang/store"
)

// Few is how many people a group must have at least to be told apart from the rest.
const Few = 3

// Period is a stretch of whole days: the instants from From on, before To.
type Period struct{ From, To time.Time }

// midnight begins the date of t in its zone, so many months and days later.
func midnight(t time.Time, months, days int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m+time.Month(months), d+days, 0, 0, 0, 0, t.Location())
}

// LastWeek is the last whole week before t's date, from Monday on.
func LastWeek(t time.Time) Period {
	monday := midnight(t, 0, -(int(t.Weekday())+6)%7)
	return Period{midnight(monday, 0, -7), monday}
}

// LastMonth is the last whole month before t's date.
func LastMonth(t time.Time) Period {
	first := midnight(t, 0, 1-t.Day())
	return Period{midnight(first, -1, 0), first}
}

// Days is from one date to another, both included.
func Days(from, until time.Time) Period { return Period{midnight(from, 0, 0), midnight(until, 0, 1)} }

// Until is the last date.
func (p Period) Until() time.Time { return midnight(p.To, 0, -1) }

// Length is the number of dates.
func (p Period) Length() int {
	n := 0
	for d := p.From; d.Before(p.To); d = midnight(d, 0, 1) {
		n++
	}
	return n
}

// months is how many whole months the period is; 0 when it is none.
func (p Period) months() int {
	if p.From.Day() != 1 || p.To.Day() != 1 {
		return 0
	}
	return (p.To.Year()-p.From.Year())*12 + int(p.To.Month()) - int(p.From.Month())
}

// Before is what the period is compared with: as many months, or days, just before it.
func (p Period) Before() Period {
	if n := p.months(); n > 0 {
		return Period{midnight(p.From, -n, 0), p.From}
	}
	return Period{midnight(p.From, 0, -p.Length()), p.From}
}

// Minutes is how long somebody would have needed to find an answer without the program. It
// is an assumption. High is Low where only one was named.
type Minutes struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Named is set when it was configured, and is not ours.
	Named bool `json:"named"`
}

// DefaultMinutes are assumed where nobody named any. Nobody measured them: the one
// published figure there is, Uber's 10 minutes down to 3 (2024), was assumed as well.
func DefaultMinutes() Minutes { return Minutes{Low: 5, High: 15} }

// Options say what to report.
type Options struct {
	Period  Period
	Minutes Minutes // zero means DefaultMinutes
	// Everybody is set for a report that people read in a chat, who may not see each other's
	// channels.
	Everybody bool
	Now       time.Time
	// Channel names a channel; nil or "" leaves its id.
	Channel func(ctx context.Context, platform, channel string) string
}

// Report is what is reported. Its JSON is what "bapsang report --format json" prints.
type Report struct {
	Since    string    `json:"since"` // first date
	Until    string    `json:"until"` // last date
	Timezone string    `json:"timezone"`
	MadeAt   time.Time `json:"made_at"`
	// KeptSince is when what a report needs was first kept: before it nothing is known.
	KeptSince time.Time `json:"kept_since,omitzero"`

	Figures Figures `json:"figures"`
	Before  Figures `json:"before"` // of the period before, from BeforeSince on
	// BeforeSince and BeforeUntil are the dates of the period before.
	BeforeSince string `json:"before_since"`
	BeforeUntil string `json:"before_until"`
	// Kept is how many of the people who asked in the period before asked in this one, too.
	Kept int `json:"kept_people"`

	Days []Day `json:"days"`
	// The groups that have Few people at least, by questions.
	Reasons   Groups  `json:"reasons"`   // of what was not answered
	AskedFor  Groups  `json:"asked_for"` // words that no data explained
	Analysts  Groups  `json:"analysts"`
	Channels  Groups  `json:"channels"`
	Questions Groups  `json:"questions"` // equal but for case, spaces and marks
	Worst     []Worst `json:"worst"`     // answers that people did not like

	Subscriptions map[digest.Kind]int `json:"subscriptions"` // that are sent, now
	Saved         Saved               `json:"saved"`
}

// Figures are the figures of a period.
type Figures struct {
	People   int `json:"people"`
	Returned int `json:"returned"` // people who asked on two days or more

	Questions int `json:"questions"`
	Answered  int `json:"answered"`
	Declined  int `json:"declined"`
	AskedBack int `json:"asked_back"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
	// Rungs are the answered by what answered; none where fewer than Few people asked.
	Rungs map[string]int `json:"rungs,omitempty"`

	LLM Model `json:"llm"`

	WaitMS Times `json:"wait_ms"` // until somebody began to answer
	TookMS Times `json:"took_ms"` // until the answer was shown

	Good int `json:"good"` // opinions
	Bad  int `json:"bad"`

	Digests Digests `json:"digests"`
}

// Model is what language models were asked.
type Model struct {
	Calls        int `json:"calls"`
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
	// DigestCalls and DigestTokens are what making digests took; what is above is of questions.
	DigestCalls  int `json:"digest_calls"`
	DigestTokens int `json:"digest_tokens"`
	// PerAnswer is calls for each question that was answered; all calls of questions count.
	PerAnswer float64 `json:"per_answer"`
	// Without is how many questions were answered without a call.
	Without int `json:"without"`
	// SparedCalls and SparedTokens estimate what those would have taken, by what a question
	// took that the model answered; 0 where it answered none.
	SparedCalls  float64 `json:"spared_calls_estimate"`
	SparedTokens float64 `json:"spared_tokens_estimate"`
}

// Times are of so many questions, in milliseconds: nearest-rank percentiles.
type Times struct {
	Count  int   `json:"count"`
	Median int64 `json:"median"`
	P95    int64 `json:"p95"`
}

// Digests are the deliveries of what was sent by the clock or by hand.
type Digests struct {
	Sent    int `json:"sent"`
	Skipped int `json:"skipped"`
	Failed  int `json:"failed"`
	Unknown int `json:"unknown"`
}

// Day is the questions of a date.
type Day struct {
	Date      string `json:"date"`
	Questions int    `json:"questions"`
}

// Groups are the groups that may be told apart, and the questions of all the others.
type Groups struct {
	List []Group `json:"list"`
	Rest int     `json:"rest"`
}

// Group is what several people did alike.
type Group struct {
	Name      string `json:"name"`
	Questions int    `json:"questions"`
	People    int    `json:"people"`
}

// Worst is an answer that people did not like.
type Worst struct {
	Number  string `json:"number"` // to be quoted
	ID      string `json:"id,omitempty"`
	Date    string `json:"date"`
	Analyst string `json:"analyst,omitempty"`
	Channel string `json:"channel,omitempty"`
	Text    string `json:"text,omitempty"`
	Bad     int    `json:"bad"`
	Good    int    `json:"good"`
}

// Saved estimates the hours of work that answers saved: Questions × Minutes − the time that
// people waited for all of their questions.
type Saved struct {
	LowHours  float64 `json:"low_hours"`
	HighHours float64 `json:"high_hours"`
	// Questions are those that were answered, less those whose answer somebody did not like.
	Questions int     `json:"questions"`
	Minutes   Minutes `json:"minutes_per_question"`
	// WaitedHours is until the end of each question, Minutes.High at most.
	WaitedHours float64 `json:"waited_hours"`
}

// Make reads the rows and sums them up.
func Make(ctx context.Context, s store.Store, opts Options) (*Report, error) {
	if opts.Minutes == (Minutes{}) {
		opts.Minutes = DefaultMinutes()
	}
	p, before := opts.Period, opts.Period.Before()
	var now, was *usage.Rows
	r := &Report{
		Since: p.From.Format(time.DateOnly), Until: p.Until().Format(time.DateOnly), Timezone: p.From.Location().String(), MadeAt: opts.Now,
		BeforeSince: before.From.Format(time.DateOnly), BeforeUntil: before.Until().Format(time.DateOnly),
	}
	err := s.View(ctx, func(tx store.ReadTx) (err error) {
		if now, err = usage.Read(tx, p.From, p.To); err != nil {
			return err
		}
		if was, err = usage.Read(tx, before.From, before.To); err != nil {
			return err
		}
		if r.KeptSince, err = usage.Since(tx); err != nil {
			return err
		}
		r.Subscriptions, err = digest.Alive(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	loc := p.From.Location()
	r.Figures, r.Before = sums(now, loc), sums(was, loc)
	r.Kept = kept(now, was)
	r.Days = days(now, p)
	r.Saved = saved(now, opts.Minutes)
	r.groups(ctx, now, opts)
	r.worst(ctx, now, opts)
	return r, nil
}
