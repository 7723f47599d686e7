// Package agent is the analyst: a Question in, an Answer out. It climbs a ladder of
// rungs, each dearer than the one before, and the first that is sure answers; the
// answer says which one spoke.
package agent

import (
	"time"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/compose"
)

// Question is what somebody asks of an analyst.
type Question struct {
	ID       string
	Text     string
	Language string // "ko" or "en"; empty means by the text
	Asker    string // principal, such as "web:minji"
	Analyst  string // name; empty means the one that fits best
	// Now is the instant the question was asked, in the deployment's time zone.
	// "Yesterday" is relative to it however late the answer comes.
	Now time.Time
	// Before are the earlier turns of the thread, oldest first.
	Before []Turn
	// Choices are the answers given in the thread to clarifying questions: what was
	// ambiguous and what was picked. Chosen is set when the last of them was just
	// made: then the answer is not another question back.
	Choices []compose.Choice
	Chosen  bool
	// Rungs limits the ladder to these rungs; nil means all. "Ask again" leaves out
	// recall, "ask the model" leaves only think.
	Rungs []Rung
	// Deep asks the model for a thorough answer, with a plan and a larger budget.
	Deep bool
	// Background questions wait for everybody else's at the model, and are taken however
	// many of those there are.
	Background bool
}

// Turn is an earlier question of the thread and how it was understood.
type Turn struct {
	Text    string        `json:"text"`
	Analyst string        `json:"analyst"`
	Plan    *compose.Plan `json:"plan,omitempty"` // nil when it was not answered by a plan
	// Across are the sources that the plan joined; nil for one source.
	Across []string `json:"across,omitempty"`
	// SQL and Said are of an answer without a plan: its main statement and its text.
	SQL  string `json:"sql,omitempty"`
	Said string `json:"said,omitempty"`
}

// TurnOf is a question and its answer as a turn for what follows.
func TurnOf(question string, a *Answer) Turn {
	t := Turn{Text: question, Analyst: a.Analyst, Plan: a.Plan, Across: a.Across}
	if a.Plan == nil && len(a.Results) > 0 {
		t.SQL, t.Said = a.Results[0].SQL, a.Text
	}
	return t
}

// Rung is a step of the ladder.
type Rung string

// The rungs.
const (
	Recall  Rung = "recall"
	Match   Rung = "match"
	Compose Rung = "compose"
	Think   Rung = "think"
	None    Rung = "none" // nobody could
)

// Step is progress worth telling the asker, in the question's language.
type Step struct {
	Text string // what goes on: "Computing revenue by channel …"
	// Name is what the step is called among those that are over, such as "revenue by
	// channel". Steps without one pass unlisted.
	Name string
	// Plan, when there is one, is what will be looked at from here on.
	Plan []string
	// Parts are the parts of the plan that the step is for, counted from 1.
	Parts []int
	// Ahead and Wait, of a step that is waiting, are what goes first and how long that
	// will take.
	Ahead int
	Wait  time.Duration
	// Meanwhile, of a question that has long to wait for the language model, is an answer
	// to what of it needs none: its Question says what it answers. Such a step says nothing
	// else. Offers are questions that need no model, where there is no such answer.
	Meanwhile *Answer
	Offers    []string
	// Note, when there is one, is a line about how the question is answered now: shortly,
	// because many ask.
	Note string
}

// Answer is what came of a question. Its JSON form is that of "bapsang ask --json"
// (docs/reference.md).
type Answer struct {
	Question    string            `json:"question"`
	Analyst     string            `json:"analyst"`
	Language    string            `json:"language"`
	Rung        Rung              `json:"rung"`
	Text        string            `json:"text"` // Markdown; every figure filled from a result
	Results     []Result          `json:"results"`
	Charts      []Chart           `json:"charts"`
	Assumptions []string          `json:"assumptions"`
	Citations   []Citation        `json:"citations"`
	Suggestions []string          `json:"suggestions"`
	LLM         LLMUsage          `json:"llm"`
	ElapsedMS   int64             `json:"elapsed_ms"`
	Reason      Reason            `json:"reason,omitempty"`  // with rung none: why
	Unknown     []string          `json:"unknown,omitempty"` // with reason unknown: the words that nothing explains
	Clarify     *compose.Clarify  `json:"clarify,omitempty"` // with rung none: the question back
	Readings    []compose.Reading `json:"readings,omitempty"`
	Plan        *compose.Plan     `json:"plan,omitempty"`
	// Happenings are the calendar's events that the answer is about, by start.
	Happenings []Happening `json:"happenings,omitempty"`
	// VerifiedBy is who vouches for the answer's query, on rung match.
	VerifiedBy string `json:"verified_by,omitempty"`
	// AnsweredAt is when the figures were computed; on rung recall that is earlier
	// than now.
	AnsweredAt time.Time `json:"answered_at"`
	// DataAsOf is the newest date in the data, zero when unknown.
	DataAsOf time.Time `json:"data_as_of,omitzero"`
	// Across are the sources that were joined, where there was more than one to ask.
	Across []string `json:"across,omitempty"`
	// Changed says, for a follow-up, what was changed against the turn before.
	Changed []string `json:"changed,omitempty"`
	// Brief is set when the model was asked to be short, because many asked.
	Brief bool `json:"brief,omitempty"`

	passing bool // a search was made for it: it is not recalled
}

// Reason is why there is no answer.
type Reason string

// The reasons.
const (
	ReasonEmpty     Reason = "empty"     // nothing was asked
	ReasonTooLong   Reason = "too_long"  // the text is too long to be a question
	ReasonUnknown   Reason = "unknown"   // words that the data does not explain
	ReasonAmbiguous Reason = "ambiguous" // see Clarify
	ReasonFuture    Reason = "future"    // the period has not begun, or the data has not reached it
	ReasonNoData    Reason = "no_data"   // understood, but no row matches
	ReasonSource    Reason = "source"    // a source failed; see Answer.Text
	ReasonTooLarge  Reason = "too_large" // memory, time, row or call limit
	ReasonModel     Reason = "model"     // the language model did not answer
	ReasonBusy      Reason = "busy"      // the language model has no time for it now; later it will
)

// Chart is a drawn result.
type Chart struct {
	Title  string     `json:"title"`
	Type   chart.Kind `json:"type"`
	Result string     `json:"result"`
	X      string     `json:"x"`
	Y      []string   `json:"y"`
	PNG    string     `json:"png,omitempty"` // file written, by "ask --chart"
	Spec   chart.Spec `json:"spec"`
}

// Citation is a source of text in the answer.
type Citation struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// LLMUsage is what the answer cost.
type LLMUsage struct {
	Calls        int `json:"calls"`
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
}
