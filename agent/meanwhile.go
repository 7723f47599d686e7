package agent

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/agent/think"
)

// longWait is the wait for the model for which something is answered meanwhile.
const longWait = 8 * time.Second

// meanwhile is what is done for a question while it waits for the model: what of it the
// model of the data explains is answered, once; where that makes no question, questions
// near it are offered.
type meanwhile struct {
	run     *run
	unknown []string // words that nothing explains
	asked   sync.Once
	offers  []string
	running sync.WaitGroup
}

// waits hears that the question waits, and returns what can be offered.
func (m *meanwhile) waits(ctx context.Context, wait time.Duration) []string {
	if wait <= longWait || m.run.q.Deep || !m.run.q.allows(Compose) {
		return nil // or it was asked of the model by name, below an answer of the others
	}
	if m.run.q.Background || m.run.agent.degraded(ctx).Level >= degrade.QueueOnly {
		return nil // it was offered something when it was put off, or we are behind ourselves
	}
	m.asked.Do(func() {
		q := m.run.near(m.unknown)
		if q == nil {
			m.offers = m.run.suggestions(nil)
			return
		}
		m.running.Go(func() { m.answer(ctx, q) })
	})
	return m.offers
}

// answer answers what is near the question. What goes wrong is no loss: the model will
// be asked.
func (m *meanwhile) answer(ctx context.Context, q *Question) {
	a, p, started := m.run.agent, m.run.p, m.run.agent.cfg.Now()
	at := a.try(p, q)
	if at.outcome.Plan == nil {
		return
	}
	answer, err := a.answerBy(ctx, p, q, at, func(Step) {})
	if err != nil || answer.Rung == None || ctx.Err() != nil {
		return
	}
	answer.complete(q)
	answer.ElapsedMS = a.cfg.Now().Sub(started).Milliseconds()
	m.run.step(Step{Meanwhile: answer})
}

// turnings are pieces of words that turn the meaning of others round. What is left of a
// question without them would be its opposite.
var turnings = strings.Fields("말고 제외 빼 않 아닌 없 반대 not except without exclud other no n't instead unlike")

// near is the question without the words that nothing explains, when what is left asks
// for something by name: nil when it does not, or when less than half is left.
func (r *run) near(unknown []string) *Question {
	if len(unknown) == 0 {
		return nil
	}
	text := r.q.Text
	strangers := wholeWords(text, unknown)
	for _, s := range strangers {
		if slices.ContainsFunc(turnings, func(t string) bool { return strings.Contains(strings.ToLower(s.text), t) }) {
			return nil
		}
		text = withoutWord(text, s.text)
	}
	words := strings.Fields(text)
	if len(words) < len(strangers) {
		return nil
	}
	q := *r.q
	q.Before, q.Text = nil, strings.Join(words, " ")
	plan := r.planOf(&q)
	if plan == nil || r.p.assumesMeasure(plan, r.q.Language) {
		return nil
	}
	q.Text = r.shortest(&q, words, plan)
	return &q
}

// planOf is what the model of the data makes of a question by itself.
func (r *run) planOf(q *Question) *compose.Plan {
	at := r.agent.try(r.p, q)
	if at.verified != nil {
		return nil // its wording is vouched for as a whole
	}
	return at.outcome.Plan
}

// withoutWord takes a word out of a text, with what is joined to it.
func withoutWord(text, word string) string {
	at := strings.Index(text, word)
	if at < 0 {
		return text
	}
	end := at + len(word)
	if i := strings.IndexFunc(text[end:], breaksWord); i >= 0 {
		return text[:at] + " " + text[end+i:]
	}
	return text[:at]
}

// shortest leaves out the words at both ends, and the particle at the end, that change
// nothing: they belonged to those that were taken out.
func (r *run) shortest(q *Question, words []string, plan *compose.Plan) string {
	same := func(text string) bool {
		probe := *q
		probe.Text = text
		p := r.planOf(&probe)
		return p != nil && p.Intent == plan.Intent && !r.p.assumesMeasure(p, q.Language) && reflect.DeepEqual(p.Query, plan.Query)
	}
	for len(words) > 1 && same(strings.Join(words[:len(words)-1], " ")) {
		words = words[:len(words)-1]
	}
	for len(words) > 1 && same(strings.Join(words[1:], " ")) {
		words = words[1:]
	}
	text := strings.TrimRight(strings.Join(words, " "), " ,.;:!?")
	if last, size := utf8.DecodeLastRuneInString(text); strings.ContainsRune("을를은는이가", last) && same(text[:len(text)-size]) {
		text = text[:len(text)-size]
	}
	return text
}

// beside lets what is done beside the waiting tell its steps, one at a time.
func (r *run) beside(unknown []string) *meanwhile {
	var mu sync.Mutex
	tell := r.step
	r.step = func(s Step) {
		mu.Lock()
		defer mu.Unlock()
		tell(s)
	}
	return &meanwhile{run: r, unknown: unknown}
}

// tellWaiting says how the question waits.
func (r *run) tellWaiting(ctx context.Context, m *meanwhile, p think.Progress) {
	w := thinkingWordsFor(r.q.Language)
	r.step(Step{Text: w.waiting(p.Wait, r.q.Language), Ahead: p.Wait.Ahead, Wait: p.Wait.For, Offers: m.waits(ctx, p.Wait.For)})
}
