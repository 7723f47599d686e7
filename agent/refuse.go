package agent

import (
	"context"
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// maxSuggestions is how many questions are offered instead.
const maxSuggestions = 4

// refuse is an answer that says why there is none.
func (a *Agent) refuse(q *Question, analysts []*prepared, reason Reason, text string) *Answer {
	answer := &Answer{Rung: None, Reason: reason, Text: text, AnsweredAt: a.cfg.Now()}
	if len(analysts) > 0 {
		answer.Analyst, answer.DataAsOf = analysts[0].Name, analysts[0].catalog.AsOf
		answer.Suggestions = a.suggest(q, analysts)
	}
	return answer
}

// suggest offers questions that surely work: close to what was asked, else the
// analysts' examples in the asker's language.
func (a *Agent) suggest(q *Question, analysts []*prepared) []string {
	var out []string
	seen := map[string]bool{normalise(q.Text): true}
	add := func(questions []string) {
		for _, s := range questions {
			if len(out) < maxSuggestions && !seen[normalise(s)] && compose.Detect(s) == q.Language {
				seen[normalise(s)] = true
				out = append(out, s)
			}
		}
	}
	for _, p := range analysts {
		add(compose.Suggest(p.lexicon, p.input(q, a.cfg.Calendar), maxSuggestions))
	}
	for _, p := range analysts {
		add(p.Examples)
	}
	return out
}

// decline explains why no analyst could take the question, by the one that
// understood most of it.
func (a *Agent) decline(q *Question, analysts []*prepared, attempts []attempt) *Answer {
	if len(analysts) == 0 {
		return a.refuse(q, nil, ReasonUnknown, wordsFor(q.Language).noAnalyst(q.Analyst))
	}
	best := 0
	for i := range attempts {
		if closer(attempts[i].outcome, attempts[best].outcome) {
			best = i
		}
	}
	p, outcome := analysts[best], attempts[best].outcome
	first := append([]*prepared{p}, append(append([]*prepared(nil), analysts[:best]...), analysts[best+1:]...)...)
	if outcome.Clarify != nil {
		answer := a.refuse(q, first, ReasonAmbiguous, outcome.Clarify.Text)
		answer.Clarify, answer.Suggestions = outcome.Clarify, nil
		return answer
	}
	w := wordsFor(q.Language)
	subjects := p.subjects(q.Language)
	switch outcome.Declined {
	case compose.DeclineEmpty:
		return a.refuse(q, first, ReasonEmpty, w.empty)
	case compose.DeclineFuture:
		return a.refuse(q, first, ReasonFuture, fmt.Sprintf(w.future, p.until.Format(jsonDate)))
	case compose.DeclineShape:
		return a.refuse(q, first, ReasonUnknown, w.shape)
	case compose.DeclineNoMetric:
		return a.refuse(q, first, ReasonUnknown, fmt.Sprintf(w.unsure, subjects))
	}
	if len(outcome.Unknown) == 0 {
		return a.refuse(q, first, ReasonUnknown, fmt.Sprintf(w.unsure, subjects))
	}
	return a.refuse(q, first, ReasonUnknown, w.notThere(outcome.Unknown, subjects))
}

// closer reports whether x understood more than y: a question back beats a decline,
// fewer unknown words beat more.
func closer(x, y compose.Outcome) bool {
	if (x.Clarify != nil) != (y.Clarify != nil) {
		return x.Clarify != nil
	}
	if (x.Declined == compose.DeclineUnknown) != (y.Declined == compose.DeclineUnknown) {
		return y.Declined == compose.DeclineUnknown
	}
	return len(x.Unknown) < len(y.Unknown)
}

// subjects names what can be asked about.
func (p *prepared) subjects(language string) string {
	var names []string
	for _, d := range p.Model.Datasets {
		if !d.Hidden && len(names) < 6 {
			names = append(names, escapeMarkdown(d.Label.In(language, d.Name)))
		}
	}
	return strings.Join(names, wordsFor(language).subjects)
}

// noData says that nothing matches.
func (r *run) noData() {
	w := wordsFor(r.q.Language)
	text := fmt.Sprintf(w.nothing, r.where())
	if p := r.plan; p != nil && p.Query.Period != nil && !p.Query.Period.End.IsZero() && !p.Query.Period.End.After(r.p.from) {
		text += " " + fmt.Sprintf(w.notBefore, r.p.from.Format(jsonDate))
	}
	r.refuseWith(ReasonNoData, text)
}

func (r *run) refuseWith(reason Reason, text string) {
	r.answer.Rung, r.answer.Reason, r.answer.Text = None, reason, text
	r.answer.Suggestions = r.agent.suggest(r.q, []*prepared{r.p})
	r.assume()
}

// where says which rows were looked at.
func (r *run) where() string {
	var parts []string
	if r.plan != nil {
		n := r.narrator(r.plan.Query, &Result{})
		if w := n.filterWords(); w != "" {
			parts = append(parts, w)
		}
		if p := r.plan.Query.Period; p != nil {
			parts = append(parts, describe(*p, r.q.Language))
		}
	}
	if len(parts) == 0 {
		return wordsFor(r.q.Language).total
	}
	return strings.Join(parts, ", ")
}

func describe(p semantic.Period, language string) string { return period.Describe(p, language) }

// Introduce says what an analyst can be asked about: its tables, how many rows, and
// questions to begin with. An empty name means the first analyst.
func (a *Agent) Introduce(ctx context.Context, name, language string) (*Answer, error) {
	q := &Question{Language: language, Analyst: name, Now: a.cfg.Now()}
	analysts, err := a.candidates(ctx, q)
	if err == nil && len(analysts) == 0 {
		err = ErrNoAnalyst
	}
	if err != nil {
		return nil, err
	}
	answer := a.refuse(q, analysts[:1], ReasonEmpty, analysts[0].introduction(language))
	answer.complete(q)
	return answer, nil
}
