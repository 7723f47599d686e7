package eval

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Usage is what a prediction cost.
type Usage struct {
	Calls        int `json:"calls"`
	InputTokens  int `json:"input_tokens"`
	OutputTokens int `json:"output_tokens"`
}

func (u Usage) plus(o Usage) Usage {
	return Usage{u.Calls + o.Calls, u.InputTokens + o.InputTokens, u.OutputTokens + o.OutputTokens}
}

// Prediction is what an analyst answers a case with.
type Prediction struct {
	SQL   string // "" when there was no answer
	Usage Usage
	// Database is where SQL runs; nil means the case's own. An analyst that was
	// drafted from a copy of the data writes for that copy.
	Database Database
}

// Predictor answers the question of a case. It may be called concurrently. An error
// stops the whole run; a question that has no answer is a Prediction of no SQL.
type Predictor func(ctx context.Context, c Case) (Prediction, error)

// Verdict is what a run found out about a case.
type Verdict struct {
	ID        string        `json:"id"`
	Right     bool          `json:"right"`
	Reason    string        `json:"reason,omitempty"`
	GoldError string        `json:"gold_error,omitempty"`
	Predicted string        `json:"predicted"`
	Asked     bool          `json:"asked,omitempty"` // of a Predictor
	Usage     Usage         `json:"usage"`
	Latency   time.Duration `json:"latency"` // of the Predictor
	Resumed   bool          `json:"-"`       // from the state of an earlier run
}

// Config is a run.
type Config struct {
	Rule      Rule
	Options   Options
	Databases Databases
	Predictor Predictor // asked where a case has no prediction; may be nil where all have
	Jobs      int       // cases at once; 1 when 0
	State     *State    // verdicts of earlier runs, to which new ones are added; may be nil
	// Progress is told how many cases are done, one call at a time; may be nil.
	Progress func(done, total int)
}

// ErrNobody is returned for a case without a prediction and nobody to ask.
var ErrNobody = errors.New("the case has no \"predicted\" and there is nobody to ask")

// Run judges cases and returns their verdicts in the order of the cases. At the
// first error of ours (a database that is not there, an analyst that failed) it
// stops and returns it; verdicts given by then are in the state.
func Run(ctx context.Context, cfg Config, cases []Case) ([]Verdict, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &runner{cfg: cfg, cases: cases, verdicts: make([]Verdict, len(cases)), stop: stop}
	queue := make(chan int)
	var workers sync.WaitGroup
	for range min(max(cfg.Jobs, 1), len(cases)) {
		workers.Go(func() {
			for i := range queue {
				r.judge(ctx, i)
			}
		})
	}
feed:
	for i := range cases {
		select {
		case queue <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return r.verdicts, nil
}

type runner struct {
	cfg      Config
	cases    []Case
	verdicts []Verdict
	stop     context.CancelCauseFunc

	mu   sync.Mutex
	done int
}

func (r *runner) judge(ctx context.Context, i int) {
	c := r.cases[i]
	v, known := r.cfg.State.verdict(r.cfg.Rule, r.cfg.Options, c)
	if !known {
		var err error
		if v, err = r.decide(ctx, c); err == nil {
			err = r.cfg.State.add(r.cfg.Rule, r.cfg.Options, c, v)
		}
		if err != nil {
			r.stop(fmt.Errorf("case %s: %w", c.ID, err))
			return
		}
	}
	r.verdicts[i] = v
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done++; r.cfg.Progress != nil {
		r.cfg.Progress(r.done, len(r.cases))
	}
}

func (r *runner) decide(ctx context.Context, c Case) (Verdict, error) {
	v := Verdict{ID: c.ID}
	dbs, err := r.cfg.Databases.For(ctx, c)
	if err != nil {
		return v, err
	}
	var predicted []Database
	if c.Predicted != nil {
		v.Predicted = *c.Predicted
	} else {
		p, err := r.ask(ctx, c, &v)
		if err != nil {
			return v, err
		}
		if v.Predicted = p.SQL; p.SQL == "" {
			v.Reason = "there was no answer"
			return v, nil
		}
		if p.Database != nil {
			dbs = dbs[:1] // the analyst's copy is one of the case's own database
			predicted = []Database{p.Database}
		}
	}
	j, err := Judge(ctx, r.cfg.Rule, r.cfg.Options, c, v.Predicted, dbs, predicted)
	v.Right, v.Reason, v.GoldError = j.Right, j.Reason, j.GoldError
	return v, err
}

func (r *runner) ask(ctx context.Context, c Case, v *Verdict) (Prediction, error) {
	if r.cfg.Predictor == nil {
		return Prediction{}, ErrNobody
	}
	begun := time.Now()
	p, err := r.cfg.Predictor(ctx, c)
	v.Asked, v.Usage, v.Latency = true, p.Usage, time.Since(begun)
	return p, err
}
