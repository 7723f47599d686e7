package agent

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// fit is an analyst fitted to the catalogue it was last asked on.
type fit struct {
	of      *Analyst
	catalog *connectors.Catalog
	fitted  *Analyst
	// unsettled is set when the store did not take in what changed.
	unsettled bool
}

// maxChanges is how many changes of a catalogue are told one by one.
const maxChanges = 20

// follow returns the analyst as it is on the catalogue: where tables or columns are others
// than before, or profiles have come that there were none of, a drafted model is drafted
// again, and what no longer fits a written one is told. Rows that change do not count: a
// model that changed its words with every order would be none to rely on.
func (a *Agent) follow(ctx context.Context, f *fit, an *Analyst, catalog *connectors.Catalog) *Analyst {
	if an.Follow == nil {
		return an
	}
	if f.of != an {
		*f = fit{of: an} // made of a look that may be older than this one
	}
	var changes []connectors.Change
	if f.catalog != nil {
		changes = connectors.Changes(f.catalog, catalog)
		if len(changes) == 0 && profiles(catalog) <= profiles(f.catalog) {
			if f.unsettled {
				a.settle(ctx, f, catalog, nil)
			}
			return f.fitted
		}
	}
	fitted := an.Follow(catalog)
	copied := *an
	copied.Model, copied.Examples = fitted.Model, fitted.Examples
	if len(changes) > 0 {
		told, more := connectors.ChangeTexts(changes, maxChanges)
		level := slog.LevelInfo
		if slices.ContainsFunc(changes, func(c connectors.Change) bool { return takesAway(c.What) }) {
			level = slog.LevelWarn
		}
		a.cfg.Logger.Log(ctx, level, "agent: the tables changed", "analyst", an.Name, "owner", an.Owner, "changes", told, "more", more)
	}
	before := f.fitted
	f.catalog, f.fitted = catalog, &copied
	a.settle(ctx, f, catalog, before)
	if len(fitted.Misfits) > 0 {
		a.cfg.Logger.WarnContext(ctx, "agent: the analyst does not fit its tables", "analyst", an.Name, "owner", an.Owner, "problems", strings.Join(fitted.Misfits, "; "))
	}
	return &copied
}

// takesAway reports whether a change may leave something without what it is computed from.
func takesAway(what connectors.ChangeKind) bool {
	return what == connectors.TableRemoved || what == connectors.ViewBroken || what == connectors.ColumnRemoved || what == connectors.TypeChanged
}

// settle remembers what the analyst relies on, and knows afterwards what of that is lost, by
// this process or an earlier one. Before is the analyst as it was fitted before, nil where this
// process has not seen that.
func (a *Agent) settle(ctx context.Context, f *fit, catalog *connectors.Catalog, before *Analyst) {
	an := f.of
	look := drift.Look{
		Analyst: an.Name, Version: an.Version, Catalog: catalog, Model: f.fitted.Model, Now: a.cfg.Now(),
		Before: func(earlier *connectors.Catalog) *semantic.Model {
			if before != nil {
				return before.Model
			}
			return an.Follow(earlier).Model
		},
	}
	for _, m := range an.Members {
		look.Sources = append(look.Sources, m.Name)
	}
	for _, v := range an.Verified {
		for _, part := range v.Parts {
			look.Verified = append(look.Verified, drift.Verified{Question: v.Question, SQL: part.SQL, Source: part.Source})
		}
		if len(v.Parts) == 0 {
			look.Verified = append(look.Verified, drift.Verified{Question: v.Question, SQL: v.SQL, Source: v.Source})
		}
	}
	rec, err := a.tables.Settle(ctx, look)
	if f.unsettled = err != nil; err != nil {
		if ctx.Err() == nil {
			a.cfg.Logger.WarnContext(ctx, "agent: it is not remembered what the analyst relies on", "analyst", an.Name, "error", err)
		}
		return
	}
	a.keepDrift(an, rec)
}

// profiles counts the columns whose values are known.
func profiles(c *connectors.Catalog) int {
	n := 0
	for _, t := range c.Tables {
		for _, col := range t.Columns {
			if col.Profile != nil {
				n++
			}
		}
	}
	return n
}

// keepDrift knows what of an analyst is lost.
func (a *Agent) keepDrift(an *Analyst, rec *drift.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if rec == nil || len(rec.Losses) == 0 {
		delete(a.drifts, an.Name)
		return
	}
	if a.drifts == nil {
		a.drifts = map[string]Drift{}
	}
	told := *rec
	told.Tables = nil // they may be many
	a.drifts[an.Name] = Drift{Record: &told, Owner: an.Owner}
}

// Drift is what an analyst has lost, for whoever keeps it.
type Drift struct {
	*drift.Record
	Owner string
}

// Drifts are what analysts have lost of what they rely on, by name.
func (a *Agent) Drifts() []Drift {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Drift, 0, len(a.drifts))
	for _, d := range a.drifts {
		out = append(out, d)
	}
	slices.SortFunc(out, func(x, y Drift) int { return strings.Compare(x.Analyst, y.Analyst) })
	return out
}

// losses are those of an analyst that is followed. One that stands beside an analyst of one
// source has that one's name, and nobody follows it.
func (a *Agent) losses(p *prepared) []drift.Loss {
	if p.Follow == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	d, ok := a.drifts[p.Name]
	if !ok {
		return nil
	}
	return d.Losses
}

// lossNote says what an analyst has lost, "" for nothing.
func (a *Agent) lossNote(p *prepared, language string) string {
	losses := a.losses(p)
	if len(losses) == 0 {
		return ""
	}
	rec := drift.Record{Analyst: p.Title.In(language, p.Name), Losses: losses}
	return figures.Escape(rec.Text(language, a.cfg.Now().Location()))
}

// Watch looks at the tables of the analysts at once and then every so often, until ctx ends,
// so that a change is known before somebody asks. What another process, or whoever accepted a
// change, has written down since is known soon after.
func (a *Agent) Watch(ctx context.Context, every time.Duration) {
	var written <-chan struct{}
	if a.cfg.Store != nil {
		written = a.cfg.Store.Listen(ctx, drift.Topic)
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	a.eachFit(ctx, a.lookAgain)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			a.eachFit(ctx, a.lookAgain)
		case _, open := <-written:
			if !open {
				written = nil // ctx ends
				continue
			}
			// What one analyst has lost, another of the same tables may have, too: who keeps both
			// is told at once.
			a.eachFit(ctx, a.lookAgain)
			a.eachFit(ctx, a.learn)
		}
	}
}

// eachFit has do look at every analyst whose tables are followed.
func (a *Agent) eachFit(ctx context.Context, do func(ctx context.Context, f *fit, an *Analyst)) {
	all, err := a.cfg.Directory.Analysts(ctx)
	if err != nil {
		a.cfg.Logger.WarnContext(ctx, "agent: tables are not looked at", "error", err)
		return
	}
	for _, an := range all {
		if an.Follow == nil || ctx.Err() != nil {
			continue
		}
		slot := a.slotOf(an)
		slot.mu.Lock()
		do(ctx, &slot.fit, an)
		slot.mu.Unlock()
	}
}

// lookAgain looks at the tables of an analyst. A source that does not answer is told of where
// it is asked.
func (a *Agent) lookAgain(ctx context.Context, f *fit, an *Analyst) {
	if catalog, err := an.Source.Catalog(ctx); err == nil {
		a.follow(ctx, f, an, catalog)
	}
}

// learn takes in what is written down of an analyst.
func (a *Agent) learn(ctx context.Context, f *fit, an *Analyst) {
	if f.of != an {
		return // it was not looked at here
	}
	rec, err := a.tables.Record(ctx, an.Name)
	if err != nil {
		f.unsettled = true
		return
	}
	a.keepDrift(an, rec)
}

// vanishedFrom says that a question needs what is no longer in the tables, "" where none of
// its words was the name of such a thing. The longest name is taken for the one meant.
func vanishedFrom(losses []drift.Loss, q *Question) string {
	asked, longest := squeeze(q.Text), 0
	var what *drift.Loss
	var name drift.Hit
	for i := range losses {
		for _, h := range losses[i].Hits {
			for _, n := range h.Names {
				w := squeeze(n)
				if h.Lost && len([]rune(w)) > 1 && len(w) > longest && strings.Contains(asked, w) {
					what, name, longest = &losses[i], h, len(w)
				}
			}
		}
	}
	if what == nil {
		return ""
	}
	return what.Missed(name.Label.In(q.Language, name.Ref), q.Language, q.Now.Location(), escapeMarkdown)
}

// vanishedUnder says the same of a computation of a written model, which still has the names.
func vanishedUnder(losses []drift.Loss, query semantic.Query, q *Question) string {
	var refs []string
	for _, m := range query.Measures {
		refs = append(refs, m.Metric, m.Per, m.Each)
	}
	for _, x := range query.Dimensions {
		refs = append(refs, x.Field)
	}
	for _, f := range query.Filters {
		refs = append(refs, f.Field)
	}
	for i := range losses {
		for _, h := range losses[i].Hits {
			if h.Lost && slices.Contains(refs, h.Ref) {
				return losses[i].Missed(h.Label.In(q.Language, h.Ref), q.Language, q.Now.Location(), escapeMarkdown)
			}
		}
	}
	return ""
}

// vanishedBeside says that a word of a question to several sources was a name of what one of
// them has lost: what another source calls so was not asked for by itself. Who names that one's
// metric with its source is answered.
func vanishedBeside(losses []drift.Loss, p *prepared, query semantic.Query, q *Question) string {
	if p.Members == nil {
		return ""
	}
	asked := squeeze(q.Text)
	for _, m := range query.Measures {
		metric := p.Model.Metric(m.Metric)
		if metric == nil {
			continue
		}
		var words []string
		for _, n := range append([]string{metric.Name, metric.Label.Ko, metric.Label.En}, metric.Synonyms...) {
			if w := squeeze(n); w != "" && strings.Contains(asked, w) {
				words = append(words, w)
			}
		}
		slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
		if len(words) == 0 {
			continue
		}
		for i := range losses {
			for _, h := range losses[i].Hits {
				if h.Lost && h.Metric && slices.ContainsFunc(h.Names, func(n string) bool { return squeeze(n) == words[0] }) {
					return losses[i].Missed(h.Label.In(q.Language, h.Ref), q.Language, q.Now.Location(), escapeMarkdown)
				}
			}
		}
	}
	return ""
}

// vanishedVerified says the same of a question that somebody vouches for. One whose column
// holds something else now may be right all the same: its statement is tried.
func vanishedVerified(losses []drift.Loss, v *Verified, q *Question) string {
	for i := range losses {
		if losses[i].What != connectors.TypeChanged && slices.Contains(losses[i].Verified, v.Question) {
			return losses[i].Missed(v.Question, q.Language, q.Now.Location(), escapeMarkdown)
		}
	}
	return ""
}
