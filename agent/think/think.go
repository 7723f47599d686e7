// Package think is the rung of the ladder that asks a language model. The model is
// scarce, so what a question is about is found before it is asked, and an ordinary
// question takes one call: the model hands back queries, a chart and a text whose
// figures are references into the results. Harder ones look at rows first, inside a
// budget.
//
// What the model hands back is trusted with nothing. Statements are proven by the
// source before they run, over the analyst's tables only. Figures are filled in by
// code; a sentence that states one of its own which no result holds is taken out.
// Links, pictures, mentions and markup are taken out whatever they say. Text out of
// rows goes to the model as data and can give it no tool that it did not have.
package think

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Budget bounds what one question may cost. Zero fields take those of DefaultBudget.
type Budget struct {
	Calls   int           // of the model
	Tokens  int           // in and out, all calls together
	Time    time.Duration // from the first call on, without waiting for turns
	Queries int           // statements run
	Repairs int           // answers handed back for mending
}

// DefaultBudget is what an ordinary question may cost. One that needs more is not
// ordinary: see Question.Deep.
func DefaultBudget() Budget {
	return Budget{Calls: 10, Tokens: 120_000, Time: 3 * time.Minute, Queries: 24, Repairs: 2}
}

// DefaultBriefCalls is how many calls a question may take that is to be answered briefly: the
// ordinary one takes one, and two more mend it or look at rows first.
const DefaultBriefCalls = 3

// brief is what a question may cost that is to be answered briefly: a deep one what others
// may cost, any other only a few calls.
func (b Budget) brief(calls int, deep bool) Budget {
	if !deep {
		b.Calls = min(b.Calls, calls)
	}
	b.Repairs = min(b.Repairs, 1)
	return b
}

// deepen is what a deep question may cost more.
func (b Budget) deepen() Budget {
	return Budget{Calls: 2 * b.Calls, Tokens: 3 * b.Tokens, Time: 3 * b.Time, Queries: 3 * b.Queries, Repairs: b.Repairs + 1}
}

// Config is what a Thinker needs.
type Config struct {
	Model llm.Model
	// Journal keeps the steps of a question, so that one that was interrupted goes on
	// where it was. Nil keeps none.
	Journal Journal
	Budget  Budget
	// BriefCalls bounds the calls of a Question that is Brief; 0 means DefaultBriefCalls.
	BriefCalls int
	Now        func() time.Time // nil means time.Now
	Logger     *slog.Logger     // nil discards; prompts and rows are never logged
}

// Thinker answers questions with a language model. It may be used concurrently.
type Thinker struct {
	cfg     Config
	tools   *toolbox
	several *toolbox // of analysts over several sources
}

// New returns a Thinker.
func New(cfg Config) (*Thinker, error) {
	if cfg.Model == nil {
		return nil, errors.New("think: a model is required")
	}
	d := DefaultBudget()
	cfg.Budget = Budget{
		Calls: or(cfg.Budget.Calls, d.Calls), Tokens: or(cfg.Budget.Tokens, d.Tokens), Time: or(cfg.Budget.Time, d.Time),
		Queries: or(cfg.Budget.Queries, d.Queries), Repairs: or(cfg.Budget.Repairs, d.Repairs),
	}
	cfg.BriefCalls = or(cfg.BriefCalls, DefaultBriefCalls)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	tools, err := newToolbox(false)
	if err != nil {
		return nil, err
	}
	several, err := newToolbox(true)
	if err != nil {
		return nil, err
	}
	return &Thinker{cfg: cfg, tools: tools, several: several}, nil
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Question is what is asked.
type Question struct {
	ID        string // key of the journal; empty keeps none
	Text      string
	Language  string // "ko" or "en"
	Principal string
	Now       time.Time
	Before    []Turn // earlier turns of the thread, oldest first
	// Hints are what is known of the question's words already: values of the data
	// they match, metrics they name.
	Hints []string
	// Chosen is set when somebody just answered a question back: then there is no
	// second one.
	Chosen bool
	// Deep asks for a thorough answer: a plan, several looks, a larger budget.
	Deep bool
	// Brief asks for a short answer in few calls, because many others wait for the model.
	Brief bool
	// Background questions wait for everybody else's.
	Background bool
}

// Turn is an earlier question of the thread and what was answered.
type Turn struct {
	Question string
	SQL      string // of its main result, may be empty
	Answer   string
}

// Tool is something more that the model may use.
type Tool struct {
	Spec llm.Tool
	// Outbound tools send something to somebody else's system. They are refused once
	// the model has seen rows, so that no figure of ours can leave in a question of
	// theirs. Refused, when it is there, is told of each such call.
	Outbound bool
	Refused  func(ctx context.Context, args json.RawMessage)
	// Run's error is shown to the model; one that ends the question is returned as a
	// *connectors.Error of a code that another try may mend.
	Run func(ctx context.Context, args json.RawMessage) (ToolResult, error)
}

// ToolResult is what a tool found.
type ToolResult struct {
	Text    string // for the model
	Results []Result
	// Public says that anybody may know the results: having seen them keeps nothing in.
	Public bool
	// Sources are what was found outside. The model is shown them after Text, numbered, as
	// data.
	Sources []Source
}

// Env is what a question may use.
type Env struct {
	Source connectors.Source
	// Several takes the place of Source where the analyst has Members.
	Several Sources
	Tools   []Tool
	// Step tells the asker what goes on. It may be nil.
	Step func(Progress)
}

// Progress is worth telling the asker.
type Progress struct {
	Stage Stage
	Wait  llm.Wait // of StageWaiting; zero when the turn came
	Text  string   // of StageQuery what is computed, in words; may be empty
	Plan  []string // of StagePlan
	Parts []int    // of StageQuery: of the plan, counted from 1
	// Sources are those that are asked, or whose results are joined, where there are several.
	Sources []string
}

// Stage is where a question is.
type Stage string

// The stages.
const (
	StageWaiting Stage = "waiting" // for its turn at the model
	StageModel   Stage = "model"   // the model works
	StageQuery   Stage = "query"   // a statement runs
	StageJoin    Stage = "join"    // results of sources are put together
	StagePlan    Stage = "plan"    // the model said what it is about to do
	StageMending Stage = "mending" // an answer goes back to be mended
)

// Result is a table that the answer refers to.
type Result struct {
	Name      string // r1, r2 …
	Title     string // what it shows, in the asker's language; may be empty
	SQL       string // empty for computed ones
	Columns   []Column
	Rows      [][]any
	Truncated bool
	Elapsed   time.Duration
	Period    *semantic.Period // of a metric query
	// Source is the one that was asked, of an analyst over several; empty where the result is
	// of several. Parts are then what each was asked, and SQL holds all of their statements.
	Source string   `json:",omitempty"`
	Parts  []Part   `json:",omitempty"`
	Joins  []string `json:",omitempty"` // names of the results that it joins
	// Matches say what of these, and of what they join, has no partner.
	Matches []Match `json:",omitempty"`
}

// Column says what a result column is and how to show it.
type Column struct {
	connectors.Column
	Label  string
	Format string
	Role   string // see semantic.Role; empty when unknown
	Grain  string
	Metric string // that it is of, may be empty
}

// Kind is what came of a question.
type Kind string

// The kinds.
const (
	Answered Kind = "answered"
	AskBack  Kind = "ask_back" // Text asks, Choices answer
	Declined Kind = "declined" // Text says why it cannot be answered
	NoData   Kind = "no_data"  // understood, but no row matches
	Spent    Kind = "spent"    // the budget is used up; Results hold how far it came
	Failed   Kind = "failed"   // the model did not answer; the error says why
)

// Outcome is what came of a question.
type Outcome struct {
	Kind        Kind
	Text        string // Markdown in the question's language, figures filled in
	Results     []Result
	Chart       *ChartWish
	Assumptions []string
	Choices     []string
	Suggestions []string
	Plan        []string // of a deep question
	Usage       Usage
	Sources     []Source // that Text cites, [1] the first
}

// ChartWish is how the model would draw the answer.
type ChartWish struct {
	Result string
	Kind   string // see chart.Kind; "" chooses by shape, "none" draws nothing
	Title  string
}

// Usage is what the question cost, and how well it went.
type Usage struct {
	Calls, InputTokens, CachedTokens, OutputTokens int
	Queries, Repairs                               int
	Resumed                                        bool
	// Removed counts sentences that stated what no result holds, Misuse what the model
	// did that it should not: unknown tools, broken arguments, empty answers.
	Removed, Misuse int
}

// Think answers a question about what b describes. Errors are of type *llm.Error or
// *connectors.Error, or the context's. Beside a model's error the outcome says what the
// question cost.
func (t *Thinker) Think(ctx context.Context, b *Briefing, q Question, env Env) (*Outcome, error) {
	if env.Step == nil {
		env.Step = func(Progress) {}
	}
	if b.analyst.several() && env.Several == nil {
		return nil, errors.New("think: an analyst over several sources needs them")
	}
	s := newSession(t, b, q, env)
	if err := s.resume(ctx); err != nil {
		return nil, err
	}
	return s.run(ctx)
}

// Analyst is who is asked.
type Analyst struct {
	Name    string
	Title   string
	Purpose string
	Model   *semantic.Model
	Catalog *connectors.Catalog
	// Tables are the only tables it reads; nil means all of the catalogue.
	Tables []string
	// Members are its sources where there are several; the catalogue's tables have their
	// names before them.
	Members   []Member
	Knowledge []Document
	Examples  []Example
	From      time.Time // first and last day of the data, zero when unknown
	Until     time.Time
}

// Document is a text of an analyst's knowledge.
type Document struct{ Name, Text string }

// Example is a question with the statement that answers it.
type Example struct{ Question, SQL, Note string }
