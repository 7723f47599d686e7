package agent

import (
	"context"
	"fmt"
	"slices"
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
			if s = tidySuggestion(s); len(out) < maxSuggestions && s != "" && !seen[normalise(s)] && compose.Detect(s) == q.Language {
				seen[normalise(s)] = true
				out = append(out, s)
			}
		}
	}
	for _, p := range analysts {
		add(compose.Suggest(p.lexicon, p.input(q, a.cfg.Calendar()), 2*maxSuggestions))
	}
	for _, p := range analysts {
		add(p.Examples)
	}
	return out
}

// tidySuggestion writes a label inside a question as people do, and leaves out what
// nobody asks: products by product.
func tidySuggestion(s string) string {
	if of, by, ok := strings.Cut(s, " by "); ok {
		if singular := strings.ToLower(strings.TrimSuffix(of, "s")); singular == strings.ToLower(by) {
			return ""
		}
		return of + " by " + lowerFirst(by)
	}
	if by, of, ok := strings.Cut(s, "별 "); ok && of == by+" 수" {
		return ""
	}
	return s
}

// correct is the answer to a question with something impossible in it. The same
// question with something possible comes first among those offered, if it works.
func (a *Agent) correct(q *Question, analysts []*prepared, no *impossible) *Answer {
	answer := a.refuse(q, analysts, no.reason, no.text)
	possible := *q
	possible.Text = strings.TrimSpace(no.question)
	for _, p := range analysts {
		if at := a.try(p, &possible); at.verified != nil || at.outcome.Plan != nil {
			others := slices.DeleteFunc(answer.Suggestions, func(s string) bool { return normalise(s) == normalise(possible.Text) })
			answer.Suggestions = append([]string{possible.Text}, others[:min(len(others), maxSuggestions-1)]...)
			break
		}
	}
	return answer
}

// decline explains why no analyst could take the question, by the one that
// understood most of it.
func (a *Agent) decline(q *Question, analysts []*prepared, attempts []attempt) *Answer {
	if len(analysts) == 0 {
		return a.refuse(q, nil, ReasonUnknown, wordsFor(q.Language).noAnalyst(q.Analyst))
	}
	best := closest(attempts)
	p, outcome := analysts[best], attempts[best].outcome
	first := append([]*prepared{p}, append(append([]*prepared(nil), analysts[:best]...), analysts[best+1:]...)...)
	if outcome.Clarify != nil {
		answer := a.refuse(q, first, ReasonAmbiguous, outcome.Clarify.Text)
		answer.Clarify, answer.Suggestions = outcome.Clarify, nil
		return answer
	}
	if no := p.notInCalendar(q); no != nil {
		return a.correct(q, first, no)
	}
	for _, one := range first {
		if text := vanishedFrom(a.losses(one), q); text != "" {
			return a.refuse(q, first, ReasonSource, text)
		}
	}
	w := wordsFor(q.Language)
	subjects := p.subjects(q.Language)
	switch outcome.Declined {
	case compose.DeclineEmpty:
		return a.refuse(q, first, ReasonEmpty, w.empty)
	case compose.DeclineFuture:
		return a.refuse(q, first, ReasonFuture, fmt.Sprintf(w.future, outcome.Until.Format(jsonDate)))
	case compose.DeclineShape:
		return a.refuse(q, first, ReasonUnknown, p.whyNotTogether(q))
	case compose.DeclineNoMetric:
		return a.refuse(q, first, ReasonUnknown, w.notSure(subjects))
	}
	if len(outcome.Unknown) == 0 {
		return a.refuse(q, first, ReasonUnknown, w.notSure(subjects))
	}
	words := wholeWords(q.Text, outcome.Unknown)
	answer := a.refuse(q, first, ReasonUnknown, w.notThere(words, subjects))
	for _, word := range words {
		answer.Unknown = append(answer.Unknown, word.text)
	}
	return answer
}

// closest is the attempt that understood most.
func closest(attempts []attempt) int {
	best := 0
	for i := range attempts {
		if closer(attempts[i].outcome, attempts[best].outcome) {
			best = i
		}
	}
	return best
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

// maxSubjects is how many tables a refusal names before it counts the others.
const maxSubjects = 14

// subjects names what can be asked about.
func (p *prepared) subjects(language string) string {
	var names []string
	for _, d := range p.Model.Datasets {
		if !d.Hidden {
			names = append(names, escapeMarkdown(d.Label.In(language, d.Name)))
		}
	}
	if over := len(names) - maxSubjects; over > 1 {
		more := fmt.Sprintf("%d more", over)
		if language == "ko" {
			more = fmt.Sprintf("그 밖에 %d가지", over)
		}
		names = append(names[:maxSubjects], more)
	}
	return strings.Join(names, wordsFor(language).subjects)
}

// noData says that nothing matches.
func (r *run) noData() {
	w := wordsFor(r.q.Language)
	text := fmt.Sprintf(w.nothing, r.where())
	if p := r.plan; p != nil && p.Query.Period != nil && !p.Query.Period.End.IsZero() && !p.Query.Period.End.After(r.from()) {
		text += " " + fmt.Sprintf(w.notBefore, r.from().Format(jsonDate))
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
	analysts, _, err := a.candidates(ctx, q)
	if err == nil && len(analysts) == 0 {
		err = ErrNoAnalyst
	}
	if err != nil {
		return nil, err
	}
	answer := a.refuse(q, analysts[:1], ReasonEmpty, analysts[0].introduction(language, a.lossNote(analysts[0], language)))
	answer.complete(q)
	return answer, nil
}
