package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
	"github.com/bapsang/bapsang/connectors"
)

// How long it is waited between two tries to open a source that does not answer: each time
// half as long again.
const (
	firstWait   = 2 * time.Second
	longestWait = 2 * time.Minute
)

// builder makes an analyst once its source is there.
type builder struct {
	awaited *agent.Analyst // what stands for it until then
	build   func(ctx context.Context, source connectors.Source) (*agent.Analyst, error)
}

// absence stands for a source that could not be opened, or for that of an analyst whose
// definition is broken: whoever asks it is told what is the matter. It implements
// connectors.Source.
type absence struct {
	name    string
	analyst bool // an analyst's; otherwise a source
	open    func(ctx context.Context) (connectors.Source, error)
	begun   *opening // its first opening, while that goes on; nil otherwise
	builds  []builder
	cause   error // of the first try
	// unfit is the analyst where only its tables are not as they were; nil otherwise.
	unfit *unfitError

	mu     sync.Mutex
	since  time.Time
	next   time.Time         // when it is tried again; guarded by mu
	why    *connectors.Error // nil once it is there; guarded by mu
	source connectors.Source // once it is there; guarded by mu
}

// newAbsence is a source or an analyst that is not there because of err.
func newAbsence(name string, ofAnalyst bool, err error) *absence {
	a := &absence{name: name, analyst: ofAnalyst, cause: err, since: time.Now()}
	if !ofAnalyst {
		a.cause = &placedError{what: "source " + name, err: err}
	}
	a.fail(err, firstWait)
	return a
}

// fail notes why it is not there, and when it is tried again.
func (a *absence) fail(err error, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = time.Now().Add(wait)
	why := &connectors.Error{Code: connectors.CodeUnusable, Err: err}
	switch code := connectors.CodeOf(err); {
	case a.analyst:
		why.Message = fmt.Sprintf("The analyst ‘%s’ cannot answer: there is a mistake in its definition. Please tell whoever runs this.", a.name)
		why.Korean = fmt.Sprintf("분석가 ‘%s’의 정의에 잘못이 있어 지금은 답할 수 없어요. 운영자에게 알려 주세요.", a.name)
	case code == connectors.CodeOff:
		_ = errors.As(err, &why) // it has a code
	case passing(code):
		why.Code = connectors.CodeUnavailable
		why.Message = fmt.Sprintf("The database ‘%s’ cannot be reached right now.", a.name)
		why.Korean = fmt.Sprintf("데이터베이스 ‘%s’에 지금 연결할 수 없어요.", a.name)
	default:
		why.Message = fmt.Sprintf("The database ‘%s’ cannot be opened, and somebody has to mend that. Please tell whoever runs this.", a.name)
		why.Korean = fmt.Sprintf("데이터베이스 ‘%s’를 열 수 없어요. 고쳐야 하니 운영자에게 알려 주세요.", a.name)
	}
	a.why = why
}

// passing reports whether a failure may be over by itself.
func passing(code connectors.Code) bool {
	switch code {
	case connectors.CodeUnavailable, connectors.CodeTimeout, connectors.CodeExhausted, connectors.CodeOff:
		return true
	}
	return false
}

// awaited reports whether it is tried again.
func (a *absence) awaited() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.why != nil && passing(a.why.Code)
}

// use is the source, or why it is not there.
func (a *absence) use() (connectors.Source, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.why == nil {
		return a.source, nil
	}
	why := *a.why
	if why.Code == connectors.CodeUnavailable {
		why.After = max(time.Until(a.next)+time.Second, time.Second)
	}
	return nil, &why
}

// Catalog implements connectors.Source.
func (a *absence) Catalog(ctx context.Context) (*connectors.Catalog, error) {
	source, err := a.use()
	if err != nil {
		return nil, err
	}
	return source.Catalog(ctx)
}

// Query implements connectors.Source.
func (a *absence) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	source, err := a.use()
	if err != nil {
		return nil, err
	}
	return source.Query(ctx, caller, stmt)
}

// Close implements connectors.Source.
func (a *absence) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.source == nil {
		return nil
	}
	return a.source.Close()
}

// missing tells of it, nil once it is there.
func (a *absence) missing() *desk.Missing {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.why == nil {
		return nil
	}
	m := &desk.Missing{Kind: desk.MissingSource, Name: a.name, Awaited: passing(a.why.Code), Since: a.since, Ko: a.why.Korean, En: a.why.Message}
	if a.analyst {
		m.Kind = desk.MissingAnalyst
	}
	if m.Reason = a.why.Message; a.why.Err != nil {
		m.Reason = sentence(a.why.Err)
	}
	var told *connectors.Error
	if errors.As(a.why.Err, &told) {
		m.WhyKo, m.WhyEn = told.Text("ko"), told.Text("en")
		if told.Fix != "" {
			m.Reason += " " + told.Fix
		}
	}
	return m
}

// absences are all that is not there, of what was configured.
type absences struct {
	sources []string  // all that are configured
	begun   *openings // some of which may still go on
	// fitted reports whether an analyst's definition fitted its tables once; nil knows of none.
	fitted func(ctx context.Context, an *agent.Analyst) bool

	mu  sync.Mutex
	all []*absence // guarded by mu
}

func (l *absences) add(a *absence) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, a)
}

func (l *absences) list() []*absence {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*absence(nil), l.all...)
}

// missing are those that are not there now.
func (l *absences) missing() (out []desk.Missing) {
	for _, a := range l.list() {
		if m := a.missing(); m != nil {
			out = append(out, *m)
		}
	}
	return out
}

// run looks for what may come by itself until ctx ends, and puts the analysts of what has
// come on the roster.
func (l *absences) run(ctx context.Context, roster *analyst.Roster, logger *slog.Logger) {
	var looking sync.WaitGroup
	for _, a := range l.list() {
		if a.open != nil && a.awaited() {
			looking.Go(func() { l.look(ctx, a, roster, logger) })
		}
	}
	looking.Wait()
}

func (l *absences) look(ctx context.Context, a *absence, roster *analyst.Roster, logger *slog.Logger) {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.MaxInterval = firstWait, longestWait
	for {
		wait := waits.NextBackOff()
		source, err := a.try(ctx, wait)
		switch {
		case err == nil:
			l.welcome(ctx, a, source, roster, logger)
			return
		case ctx.Err() != nil:
			return
		}
		a.fail(err, wait)
		if !a.awaited() {
			logger.ErrorContext(ctx, "a source cannot be used, and is not tried again before the next start", "source", a.name, "error", sentence(err))
			return
		}
		logger.WarnContext(ctx, "a source still cannot be reached", "source", a.name, "since", a.since, "error", sentence(err))
	}
}

// try takes what came of the first opening, where that still goes on, or opens it again after
// a wait.
func (a *absence) try(ctx context.Context, wait time.Duration) (connectors.Source, error) {
	if begun := a.begun; begun != nil {
		a.begun = nil
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case got := <-begun.result:
			return got.source, got.err
		}
	}
	a.mu.Lock()
	a.next = time.Now().Add(wait)
	a.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(wait):
	}
	return a.open(ctx)
}

// welcome has the analysts of a source that has come answer.
func (l *absences) welcome(ctx context.Context, a *absence, source connectors.Source, roster *analyst.Roster, logger *slog.Logger) {
	a.come(source)
	logger.WarnContext(ctx, "a source is there now", "source", a.name, "away", time.Since(a.since).Round(time.Second))
	for _, b := range a.builds {
		made, err := b.build(ctx, a)
		if errors.Is(err, errAwaitsMore) {
			continue
		}
		var unfit *unfitError
		if errors.As(err, &unfit) && l.fitted != nil && l.fitted(ctx, unfit.analyst) {
			unfit.tell(ctx, logger)
			made, err = unfit.analyst, nil
		}
		if err != nil {
			broken := newAbsence(b.awaited.Name, true, err)
			l.add(broken)
			logger.ErrorContext(ctx, "an analyst cannot answer", "analyst", b.awaited.Name, "error", err)
			stub := *b.awaited
			stub.Source, made = broken, &stub
		}
		roster.Put(made)
	}
}

// tell says that an analyst goes on without what its tables have lost.
func (e *unfitError) tell(ctx context.Context, logger *slog.Logger) {
	logger.WarnContext(ctx, "the tables of an analyst have changed; it answers what it can", "analyst", e.analyst.Name, "owner", e.analyst.Owner, "problems", e.problems)
}

// reseat has the analysts answer what they can whose definitions fitted once and whose tables
// have changed since. The store knows which those are.
func (a *App) reseat(ctx context.Context) error {
	book := drift.NewBook(a.store)
	fitted := func(ctx context.Context, an *agent.Analyst) bool {
		rec, err := book.Record(ctx, an.Name)
		if err != nil {
			a.opts.Logger.WarnContext(ctx, "it is not known whether an analyst fitted its tables", "analyst", an.Name, "error", err)
		}
		return rec != nil && rec.Version == an.Version
	}
	if a.opts.Absent == nil {
		return nil
	}
	a.opts.Absent.fitted = fitted
	changed := false
	for i, an := range a.opts.Analysts {
		out, ok := an.Source.(*absence)
		switch {
		case !ok || out.unfit == nil:
		case fitted(ctx, out.unfit.analyst):
			out.unfit.tell(ctx, a.opts.Logger)
			out.come(out.unfit.analyst.Source)
			a.opts.Analysts[i], changed = out.unfit.analyst, true
		default:
			a.opts.Logger.ErrorContext(ctx, "an analyst cannot answer; going on without it", "analyst", an.Name, "error", out.unfit.problems)
		}
	}
	if changed && a.opts.Together != nil {
		a.opts.Together.Seat(a.opts.Analysts)
	}
	if !a.opts.Roles.queries() || len(a.opts.Analysts) == 0 {
		return nil
	}
	return somebody(a.opts.Analysts, (*absence).awaited)
}

// come is that what was absent is there.
func (a *absence) come(source connectors.Source) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.source, a.why = source, nil
}

// Close ends the openings that still go on.
func (l *absences) Close() error {
	if l == nil {
		return nil
	}
	return l.begun.Close()
}

// Describe implements prometheus.Collector.
func (l *absences) Describe(to chan<- *prometheus.Desc) { to <- sourceUp() }

// Collect implements prometheus.Collector.
func (l *absences) Collect(to chan<- prometheus.Metric) {
	if l == nil {
		return
	}
	away := map[string]bool{}
	for _, m := range l.missing() {
		away[m.Name] = away[m.Name] || m.Kind == desk.MissingSource
	}
	for _, name := range l.sources {
		to <- prometheus.MustNewConstMetric(sourceUp(), prometheus.GaugeValue, truth(!away[name]), name)
	}
}

func sourceUp() *prometheus.Desc {
	return prometheus.NewDesc("bapsang_source_up", "1 for a source that this process has open, 0 for one that could not be opened yet.", []string{"source"}, nil)
}

// missing is what is not there, in whichever process it is asked.
func (a *App) missing() []desk.Missing {
	own := a.ownMissing()
	if a.fleet == nil {
		return own
	}
	type key struct {
		kind desk.MissingKind
		name string
	}
	seen := map[key]bool{}
	for _, m := range own {
		seen[key{m.Kind, m.Name}] = true
	}
	for _, member := range a.fleet.Members() {
		for _, m := range member.Missing {
			m := heard(m)
			if k := (key{m.Kind, m.Name}); !seen[k] {
				seen[k] = true
				own = append(own, m)
			}
		}
	}
	return own
}

// ownMissing is what is not there in this process, or not as it was.
func (a *App) ownMissing() []desk.Missing {
	out := a.opts.Absent.missing()
	if a.brain == nil {
		return out // it is opening
	}
	for _, d := range a.brain.Drifts() {
		ko, en := d.Text("ko", a.opts.Location), d.Text("en", a.opts.Location)
		out = append(out, desk.Missing{Kind: desk.MissingTables, Name: d.Analyst, Since: d.Since(), Reason: en, Ko: ko, En: en})
	}
	return out
}

// toldMissing is what this process tells the others.
func (a *App) toldMissing() (out []fleet.Missing) {
	for _, m := range a.ownMissing() {
		out = append(out, fleet.Missing{
			Kind: string(m.Kind), Name: m.Name, Awaited: m.Awaited, Since: m.Since, Reason: m.Reason, Ko: m.Ko, En: m.En, WhyKo: m.WhyKo, WhyEn: m.WhyEn,
		}.WithKind())
	}
	return out
}

// heard is what another process told.
func heard(m fleet.Missing) desk.Missing {
	return desk.Missing{
		Kind: desk.MissingKind(m.WithKind().Kind), Name: m.Name, Awaited: m.Awaited, Since: m.Since, Reason: m.Reason, Ko: m.Ko, En: m.En, WhyKo: m.WhyKo, WhyEn: m.WhyEn,
	}
}
