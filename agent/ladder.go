package agent

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// Config is what an agent needs.
type Config struct {
	Directory Directory
	// Store keeps answers for the recall rung; nil recalls nothing.
	Store store.Store
	// Shared says that other processes answer from the same store: then those who ask the
	// model the same at the same time wait for one answer, wherever they ask.
	Shared bool
	// Calendar names periods by events and tells what is coming, as it stands now; nil
	// means calendar.Default.
	Calendar func() *calendar.Calendar
	// Thinker asks a language model; nil leaves the rung out. Journal is where it keeps
	// its steps, nil for nowhere.
	Thinker *think.Thinker
	Journal think.Journal
	// Degraded tells how much less is to be done now for questions that need the model; nil
	// means nothing less.
	Degraded func(ctx context.Context) degrade.State
	// Searchers are what the language model may search; none leaves the tool out.
	Searchers []Searcher
	// Audit receives the queries that were refused before they reached a searcher, whose
	// guard notes the others. Nil notes none.
	Audit  func(ctx context.Context, record connectors.AuditRecord)
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means slog.Default()
	// Tracer is where a question and the work for it are reported; nil is nowhere.
	Tracer trace.TracerProvider
}

// Agent answers questions. It is safe for concurrent use.
type Agent struct {
	cfg    Config
	memory *memory
	flight flight
	joint  *joint // nil while no other process answers
	// editions are figures of past editions of events.
	editions editions
	tracer   trace.Tracer

	mu       sync.Mutex
	prepared map[string]*preparation // by analyst name
	drifts   map[string]Drift        // likewise
	tables   *drift.Book             // what analysts rely on
}

// New returns an agent.
func New(cfg Config) (*Agent, error) {
	if cfg.Directory == nil {
		return nil, errors.New("agent: a directory is required")
	}
	if cfg.Calendar == nil {
		cfg.Calendar = calendar.Default
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	a := &Agent{cfg: cfg, memory: &memory{store: cfg.Store}, tracer: tracerOf(cfg.Tracer), prepared: map[string]*preparation{}, tables: drift.NewBook(cfg.Store)}
	if cfg.Shared && cfg.Store != nil {
		a.joint = &joint{store: cfg.Store, log: cfg.Logger}
	}
	return a, nil
}

// maxQuestion is how long a question may be, in characters. Longer texts are pasted
// documents, not questions.
const maxQuestion = 2000

// Answer climbs the ladder. A question nobody can answer is an Answer with rung None
// that says why and what can be asked instead; an error means that something broke.
// A source's failure that trying again may mend is an error of type
// *connectors.Error.
func (a *Agent) Answer(ctx context.Context, q Question, step func(Step)) (*Answer, error) {
	started := a.cfg.Now()
	if q.Language == "" {
		q.Language = compose.Detect(q.Text)
	}
	if step == nil {
		step = func(Step) {}
	}
	ctx, span := a.begin(ctx, &q)
	answer, err := a.climb(ctx, &q, step)
	end(span, answer, err)
	if err != nil {
		return nil, err
	}
	answer.complete(&q)
	answer.ElapsedMS = a.cfg.Now().Sub(started).Milliseconds()
	return answer, nil
}

// complete fills what every answer has, so that its JSON has no nulls.
func (a *Answer) complete(q *Question) {
	a.Question, a.Language = q.Text, q.Language
	if a.Results == nil {
		a.Results = []Result{}
	}
	if a.Charts == nil {
		a.Charts = []Chart{}
	}
	if a.Assumptions == nil {
		a.Assumptions = []string{}
	}
	if a.Citations == nil {
		a.Citations = []Citation{}
	}
	if a.Suggestions == nil {
		a.Suggestions = []string{}
	}
}

func (a *Agent) climb(ctx context.Context, q *Question, step func(Step)) (*Answer, error) {
	analysts, out, err := a.candidates(ctx, q)
	if errors.Is(err, ErrNoAnalyst) {
		return a.refuse(q, nil, ReasonUnknown, wordsFor(q.Language).noAnalyst(q.Analyst)), nil
	}
	if sentence, reason := wordsFor(q.Language).sourceFailure(err, q.Language); sentence != "" {
		return a.refuse(q, nil, reason, sentence), nil
	}
	if err != nil {
		return nil, err
	}
	switch {
	case strings.TrimSpace(q.Text) == "":
		return a.refuse(q, analysts, ReasonEmpty, wordsFor(q.Language).empty), nil
	case utf8.RuneCountInString(q.Text) > maxQuestion:
		return a.refuse(q, analysts, ReasonTooLong, wordsFor(q.Language).tooLong), nil
	}
	if no := countsNothing(q.Text, q.Language); no != nil {
		return a.correct(q, analysts, no), nil
	}
	asked, ofCalendar := a.ofCalendar(q)
	if ofCalendar && asked.Kind != almanac.Coming && !a.verified(q, analysts) {
		return a.fromCalendar(ctx, q, asked, analysts)
	}
	if p, at := a.goesOn(ctx, q, analysts); p != nil {
		return a.answerAcross(ctx, p, q, at, step)
	}
	attempts := make([]attempt, 0, len(analysts))
	for _, p := range analysts {
		if q.allows(Recall) {
			if remembered := a.recall(ctx, p, q); remembered != nil {
				remembered.Rung = Recall
				return remembered, nil
			}
		}
		at := a.try(p, q)
		if at.verified != nil || at.outcome.Plan != nil && !a.dangling(p, q, at.outcome.Plan) {
			return a.answerBy(ctx, p, q, at, step)
		}
		attempts = append(attempts, at)
	}
	// Whose words another source explains is no value to look for in this one.
	var together *prepared
	var joined attempt
	if !ofCalendar {
		together, joined = a.across(ctx, q, analysts, attempts)
	}
	if together != nil && joined.outcome.Plan != nil && !a.dangling(together, q, joined.outcome.Plan) {
		return a.answerAcross(ctx, together, q, joined, step)
	}
	for i, at := range attempts {
		p, at := a.lookUp(ctx, analysts[i], q, at)
		if at.outcome.Plan != nil && !a.dangling(p, q, at.outcome.Plan) {
			return a.answerBy(ctx, p, q, at, step)
		}
		analysts[i], attempts[i] = p, at
	}
	if together != nil {
		if together, joined = a.lookUp(ctx, together, q, joined); joined.outcome.Plan != nil && !a.dangling(together, q, joined.outcome.Plan) {
			return a.answerAcross(ctx, together, q, joined, step)
		}
	}
	if ofCalendar && !slices.ContainsFunc(attempts, func(at attempt) bool { return at.outcome.Clarify != nil }) {
		return a.fromCalendar(ctx, q, asked, analysts)
	}
	if len(analysts) > 0 && a.thinkable(q, attempts) {
		best := closest(attempts)
		p, at := analysts[best], attempts[best]
		if together != nil && a.spans(q, analysts, attempts, together, joined) {
			p, at = together, joined
		}
		if busy, err := a.tooBusy(ctx, q, p, at); busy != nil || err != nil {
			return busy, err
		}
		at.think = true
		return a.answerBy(ctx, p, q, at, step)
	}
	if together != nil {
		analysts, attempts = append(analysts, together), append(attempts, joined)
	}
	return wordsFor(q.Language).without(a.decline(q, analysts, attempts), out, q.Language), nil
}

// verified reports whether somebody vouches for an answer to the question.
func (a *Agent) verified(q *Question, analysts []*prepared) bool {
	return q.allows(Match) && slices.ContainsFunc(analysts, func(p *prepared) bool { return p.match(q, a.cfg.Calendar()) != nil })
}

// attempt is what an analyst makes of a question without asking its source.
type attempt struct {
	verified *verifiedPlan
	outcome  compose.Outcome
	think    bool // nothing was sure: the model is asked
}

func (a *Agent) try(p *prepared, q *Question) attempt {
	if q.allows(Match) {
		if v := p.match(q, a.cfg.Calendar()); v != nil {
			return attempt{verified: v}
		}
	}
	if !q.allows(Compose) {
		return attempt{outcome: compose.Outcome{Declined: compose.DeclineUnknown}}
	}
	in := p.input(q, a.cfg.Calendar())
	outcome := compose.Parse(in)
	if q.Chosen {
		outcome = settle(in, outcome)
	}
	return attempt{outcome: outcome}
}

func (q *Question) allows(r Rung) bool {
	if q.Rungs == nil {
		return true
	}
	for _, allowed := range q.Rungs {
		if allowed == r {
			return true
		}
	}
	return false
}

// candidates are the analysts to try, in order: the one named, or the one the thread
// talks to before the others. Without are why those are left out whose sources are not there.
func (a *Agent) candidates(ctx context.Context, q *Question) (ready []*prepared, without []error, err error) {
	if q.Analyst != "" {
		found, err := a.cfg.Directory.Analyst(ctx, q.Analyst)
		if err != nil {
			return nil, nil, err
		}
		p, err := a.prepare(ctx, found)
		if err != nil {
			return nil, nil, err
		}
		return []*prepared{p}, nil, nil
	}
	all, err := a.cfg.Directory.Analysts(ctx)
	if err != nil {
		return nil, nil, err
	}
	var last string
	if n := len(q.Before); n > 0 {
		last = q.Before[n-1].Analyst
	}
	for _, found := range all {
		p, err := a.prepare(ctx, found)
		if err != nil {
			// One source that is down must not silence the others.
			a.cfg.Logger.InfoContext(ctx, "agent: analyst not ready", "analyst", found.Name, "error", err)
			without = append(without, err)
			continue
		}
		if found.Name == last {
			ready = append([]*prepared{p}, ready...)
		} else {
			ready = append(ready, p)
		}
	}
	if len(ready) == 0 && len(without) > 0 {
		return nil, nil, worthMost(without)
	}
	return ready, without, nil
}

// worthMost is the error to go on with where no analyst is there: one that passes by itself
// before one that somebody has to mend.
func worthMost(errs []error) error {
	for _, err := range errs {
		if connectors.CodeOf(err) == connectors.CodeUnavailable {
			return err
		}
	}
	return errs[0]
}

// answerBy answers with what an analyst made of the question. Those who ask the same
// at the same time wait for one answer.
func (a *Agent) answerBy(ctx context.Context, p *prepared, q *Question, at attempt, step func(Step)) (*Answer, error) {
	if !q.allows(Recall) {
		return a.execute(ctx, p, q, at, step)
	}
	key := memoryKey(p, q, a.cfg.Calendar().Version())
	answer, joined, err := a.flight.do(ctx, key, step, func(step func(Step)) (*Answer, error) {
		// Somebody may have been answered since this question looked.
		if remembered := a.recall(ctx, p, q); remembered != nil {
			remembered.Rung = Recall
			return remembered, nil
		}
		compute := func(step func(Step)) (answer *Answer, kept bool, err error) {
			answer, err = a.execute(ctx, p, q, at, step)
			// What a search found is of the moment, and not always ours to keep.
			if kept = err == nil && answer.Rung != None && !answer.passing; kept {
				a.memory.remember(ctx, key, p.catalog.Version, answer)
			}
			return answer, kept, err
		}
		if a.joint == nil || !at.think {
			answer, _, err := compute(step)
			return answer, err
		}
		return a.joint.do(ctx, key, q.ID, step, func() *Answer {
			remembered := a.recall(ctx, p, q)
			if remembered != nil {
				remembered.Rung = Recall
			}
			return remembered
		}, compute)
	})
	if err != nil {
		return nil, err
	}
	copied := *answer // the leader and those who joined fill in their own question
	if joined && copied.Rung != None {
		copied.Rung = Recall
	}
	return &copied, nil
}

func (a *Agent) execute(ctx context.Context, p *prepared, q *Question, at attempt, step func(Step)) (*Answer, error) {
	r := &run{agent: a, p: p, q: q, step: step, plan: at.outcome.Plan}
	r.answer = &Answer{Analyst: p.Name, Language: q.Language, DataAsOf: p.catalog.AsOf, AnsweredAt: a.cfg.Now(), Across: p.across()}
	var err error
	switch {
	case at.think:
		err = r.think(ctx, at.outcome.Unknown)
	case at.verified != nil:
		if text := vanishedVerified(a.losses(p), at.verified.Verified, q); text != "" {
			return a.refuse(q, []*prepared{p}, ReasonSource, text), nil
		}
		err = r.runVerified(ctx, at.verified)
	default:
		losses := a.losses(p)
		if text := cmp.Or(vanishedUnder(losses, at.outcome.Plan.Query, q), vanishedBeside(losses, p, at.outcome.Plan.Query, q)); text != "" {
			return a.refuse(q, []*prepared{p}, ReasonSource, text), nil
		}
		err = r.runPlan(ctx)
	}
	if err == nil {
		return r.answer, nil
	}
	var apart *apartError
	if errors.As(err, &apart) {
		a.cfg.Logger.InfoContext(ctx, "agent: not joined", "question", q.ID, "error", err)
		return a.refuse(q, []*prepared{p}, apart.reason, apart.text), nil
	}
	if sentence, reason := wordsFor(q.Language).sourceFailure(err, q.Language); sentence != "" {
		a.cfg.Logger.InfoContext(ctx, "agent: not answered", "question", q.ID, "error", err)
		return a.refuse(q, []*prepared{p}, reason, sentence), nil
	}
	return nil, err
}

// Failures that trying again does not mend are said to the asker; others are errors.
func reasonOf(code connectors.Code) (Reason, bool) {
	switch code {
	case connectors.CodeTimeout, connectors.CodeTooLarge:
		return ReasonTooLarge, true
	case connectors.CodeSQL, connectors.CodeDenied, connectors.CodeNotFound, connectors.CodeBadData:
		return ReasonSource, true
	}
	return "", false
}
