// Package eval measures answers to questions about databases by the four published
// rules, verdict by verdict as their official evaluators give them:
//
//	bird     BIRD's execution accuracy       bird-bench/mini_dev        evaluation/evaluation_ex.py
//	spider   Spider's execution accuracy     taoyds/test-suite-sql-eval exec_eval.py
//	spider2  Spider 2.0-lite's result match  xlang-ai/Spider2           spider2-lite/evaluation_suite/evaluate.py
//	defog    defog's accepted answers        defog-ai/sql-eval          eval/eval.py
//
// Those are Python programs, and much of what they decide is decided by Python:
// which values are equal, how they sort, what a data frame makes of them. So cells
// here are Python's values (see [Table]) and the rules are written over those.
// docs/eval.md says where a verdict may still differ, and why.
package eval

import (
	"context"
	"fmt"
	"time"
)

// Rule is one of the published rules, by its name on the command line.
type Rule string

// The rules.
const (
	BIRD    Rule = "bird"
	Spider  Rule = "spider"
	Spider2 Rule = "spider2"
	Defog   Rule = "defog"
)

// Timeout is how long the rule's evaluator lets a prediction run: BIRD counts the
// prediction and its gold together, the others each statement.
func (r Rule) Timeout() time.Duration {
	switch r {
	case BIRD:
		return 30 * time.Second
	case Defog:
		return 10 * time.Second
	}
	return 60 * time.Second
}

// Case is one question with its accepted answers.
type Case struct {
	ID       string
	DB       string // the database's name; "" where there is only one
	Question string
	Gold     []string // statements of which each is right
	Category string   // "" when the case has none

	// Predicted is the statement to judge; nil asks a [Predictor]. An empty one is a
	// prediction too: of nothing.
	Predicted *string

	// ConditionColumns are the gold's columns that count, by position, for each gold;
	// for the rule spider2 only. None means all.
	ConditionColumns [][]int
	// KeepOrder makes the order of rows count, for the rule spider2 only: the others
	// find that out by themselves.
	KeepOrder bool
}

// Table is what a statement returned. A cell is one of Python's values: nil, bool,
// int64, float64, [Decimal], string (bytes that need not be UTF-8), []byte, [Date],
// time.Time or [Other].
type Table struct {
	// Columns are the names, none for a statement that returns nothing.
	Columns []string
	Rows    [][]any
}

// Database runs the statements of a case. Methods may be called concurrently.
type Database interface {
	// Query runs one statement that reads and returns all its rows. It returns
	// soon after the deadline of ctx even where the engine does not, and refuses what
	// would write, reach outside or return more than a result may hold. An error is
	// an answer like any other, to the rules: the statement is wrong.
	Query(ctx context.Context, sql string) (*Table, error)

	// Close releases the database once no statement runs any more.
	Close() error
}

// Databases finds the databases that a case is judged on: one, or with a test suite
// of several copies of different content all of them. They stay open for the cases
// that follow; whoever made Databases closes them.
type Databases interface {
	For(ctx context.Context, c Case) ([]Database, error)
}

// Options vary a rule as its evaluator's own flags do.
type Options struct {
	// StripDistinct takes DISTINCT out of both statements before they run, as
	// Spider's evaluator does unless it is told --keep_distinct.
	StripDistinct bool
	// Timeout replaces the rule's own when not 0.
	Timeout time.Duration
}

// Judgement is the verdict on one prediction.
type Judgement struct {
	Right bool
	// Reason says why a prediction is wrong, for people.
	Reason string
	// GoldError is what the case's own answer failed with. The prediction could not
	// be right then; the case is to be mended.
	GoldError string
}

// Judge gives a rule's verdict on sql as the answer to c. Judged statements run on
// the databases of c, sql itself on those of predicted where these are given. An
// error is ours, never the prediction's.
func Judge(ctx context.Context, rule Rule, opts Options, c Case, sql string, dbs, predicted []Database) (Judgement, error) {
	if predicted == nil {
		predicted = dbs
	}
	if len(dbs) == 0 || len(predicted) != len(dbs) {
		return Judgement{}, fmt.Errorf("judge %s: %d databases for the prediction, %d for the gold", c.ID, len(predicted), len(dbs))
	}
	timeout := opts.Timeout
	if timeout == 0 {
		timeout = rule.Timeout()
	}
	judge, ok := judges[rule]
	if !ok {
		return Judgement{}, fmt.Errorf("there is no rule %q", rule)
	}
	j := judge(ctx, opts, timeout, c, sql, dbs, predicted)
	if err := ctx.Err(); err != nil {
		return Judgement{}, err
	}
	return j, nil
}

type judgeFunc func(ctx context.Context, opts Options, timeout time.Duration, c Case, sql string, dbs, predicted []Database) Judgement

var judges = map[Rule]judgeFunc{BIRD: judgeBIRD, Spider: judgeSpider, Spider2: judgeSpider2, Defog: judgeDefog}

func right() Judgement { return Judgement{Right: true} }

func wrong(format string, args ...any) Judgement {
	return Judgement{Reason: fmt.Sprintf(format, args...)}
}

func goldFailed(err error) Judgement {
	return Judgement{Reason: "the gold statement failed", GoldError: err.Error()}
}
