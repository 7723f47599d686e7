package agent_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store/bolt"
)

// people is how many come to the training day. Its table is of all 750, as
// go test -run TrainingDayWithLess -v ./agent -args -people 750.
var people = flag.Int("people", 90, "how many come to the training day")

// perMinute is the model's rate: a hundred calls for 750 people.
func perMinute() int { return *people * 100 / 750 }

// What is asked on the training day: exercises that everybody types, of which a few need
// the model; questions of one's own that the model of the data explains; and those that
// only the language model can answer, each another.
var (
	exercises = strings.Split("지난달 매출|지난달 지역별 매출|상품별 매출|지역별 주문 수|매장별 매출|이번 달 매출|반품률|상품별 반품률|지난달 상품별 주문 수|월별 매출|"+
		"효자 노릇 하는 놈이 뭐야|미운 오리 새끼는 누구야", "|")
	ownSimple = strings.Split("서울 매출|연필 매출|부산 매출|지난달 서울 매출|지난달 연필 매출|매장별 주문 수|매장별 반품률|지역별 반품률", "|")
)

const ownHard = "우리 %d번 매장 이야기를 한 편의 시조로 읊어줘"

// recorded is a source whose answers were written down before, so that it needs no time but
// what it is given.
type recorded struct {
	connectors.Source
	catalogue *connectors.Catalog
	takes     time.Duration

	mu      sync.Mutex
	results map[string]*connectors.Result
	playing bool
}

func (r *recorded) Catalog(context.Context) (*connectors.Catalog, error) { return r.catalogue, nil }

func (r *recorded) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	r.mu.Lock()
	res, playing := r.results[stmt.SQL], r.playing
	r.mu.Unlock()
	if !playing {
		res, err := r.Source.Query(ctx, caller, stmt)
		r.mu.Lock()
		defer r.mu.Unlock()
		if err == nil {
			r.results[stmt.SQL] = copied(res)
		}
		return res, err
	}
	if res == nil {
		return nil, connectors.Errorf(connectors.CodeInternal, "not recorded: %s", stmt.SQL)
	}
	return copied(res), idle(ctx, r.takes)
}

func (r *recorded) Close() error { return nil }

// copied is a result of one's own: who gets one changes it.
func copied(r *connectors.Result) *connectors.Result {
	c := *r
	c.Columns, c.Rows = slices.Clone(r.Columns), make([][]any, len(r.Rows))
	for i, row := range r.Rows {
		c.Rows[i] = slices.Clone(row)
	}
	return &c
}

// idle waits, and ends early with ctx.
func idle(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// recordedShop is the shop, with the answers to all that is asked on the day.
func recordedShop(t *testing.T) *agent.Analyst {
	t.Helper()
	an := shopAnalyst(t)
	catalogue, err := an.Source.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{Source: an.Source, catalogue: catalogue, takes: 100 * time.Millisecond, results: map[string]*connectors.Result{}}
	an.Source = r
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	for _, q := range append(slices.Clone(exercises), ownSimple...) {
		ask(t, a, q)
	}
	if _, err := r.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: bestSellers}); err != nil {
		t.Fatal(err)
	}
	r.playing = true
	return an
}

// classroom is the company's model: it holds its rate in any minute, thinks
// for about six seconds, and looks at rows before it answers, some questions several times.
type classroom struct {
	limiter agenttest.Limiter

	mu              sync.Mutex
	dice            *rand.Rand
	calls, refused  int
	firstAt, lastAt time.Time
}

// looks is how many calls a question takes: half of them one, and two on average.
func looks(question string) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(question))
	switch n := h.Sum64() % 20; {
	case n < 10:
		return 1
	case n < 15:
		return 2
	case n < 18:
		return 3
	}
	return 6
}

func (c *classroom) Complete(ctx context.Context, req llm.Request) (*llm.Reply, error) {
	now := time.Now()
	c.mu.Lock()
	took := agenttest.LogNormal(6*time.Second, 0.5)(c.dice)
	v := c.limiter.Take(now)
	if v.OK {
		if c.calls++; c.calls == 1 {
			c.firstAt = now
		}
		c.lastAt = now
	} else {
		c.refused++
	}
	c.mu.Unlock()
	if !v.OK {
		return nil, &llm.Error{Code: llm.CodeLimited, RetryAfter: v.Wait}
	}
	if err := idle(ctx, took); err != nil {
		return nil, &llm.Error{Code: llm.CodeCancelled, Err: err}
	}
	before := 0
	for _, m := range req.Messages {
		if m.Role == llm.Assistant {
			before++
		}
	}
	_, asked, _ := strings.Cut(req.Messages[1].Text, "Question:\n")
	last := req.Messages[len(req.Messages)-1]
	if before+1 < looks(asked) && !(last.Role == llm.User && strings.Contains(last.Text, "last call")) {
		return calls("query", map[string]any{"queries": []any{map[string]any{"name": fmt.Sprint("r", before+1), "title": "상품별 매출", "sql": bestSellers}}}), nil
	}
	return calls("answer", map[string]any{
		"queries": []any{map[string]any{"name": "r9", "title": "상품별 매출", "sql": bestSellers}}, "text": "{{r9.product[0]}}입니다.",
	}), nil
}

// asked is a question of the day.
type asked struct {
	rung    agent.Rung
	took    time.Duration // until its answer, or until it was put off
	putOff  bool
	quiet   time.Duration // until the answer of one that was put off
	brief   bool
	offered int
}

// day is what a training day came to.
type day struct {
	questions []asked
	levels    []degrade.Level // as they followed each other
	model     *classroom
}

// limits of the day; the zero value does everything always.
func trainingDay(t *testing.T, shop *agent.Analyst, exercises float64, less bool) *day {
	t.Helper()
	d := &day{model: &classroom{limiter: agenttest.SlidingWindow(perMinute(), time.Minute), dice: rand.New(rand.NewPCG(3, 9))}}
	kept, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := llm.NewPool([]llm.Backend{{Name: "company", Model: d.model, Contract: connectors.Contract{
		Owner: "#ai-platform", Agreed: now, Rates: []connectors.Rate{{Calls: perMinute(), Per: time.Minute}},
	}}}, llm.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	thinker, err := think.New(think.Config{Model: pool})
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	cfg := agent.Config{Directory: analyst.NewRoster([]*agent.Analyst{shop}, nil, nil), Store: kept, Thinker: thinker, Logger: quiet}
	monitor, err := degrade.New(degrade.Config{Logger: quiet, Signals: func(ctx context.Context) degrade.Signals {
		o := pool.Outlook(ctx)
		return degrade.Signals{Wait: o.Wait, Refused: o.Refused, Down: o.Down}
	}})
	if err != nil {
		t.Fatal(err)
	}
	watching, stop := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() { monitor.Run(watching) })
	watch.Go(func() {
		for last := degrade.Level(-1); idle(watching, 500*time.Millisecond) == nil; {
			if s := monitor.State(); s.Level != last {
				last = s.Level
				d.levels = append(d.levels, last)
			}
		}
	})
	if less {
		cfg.Degraded = monitor.Look
	}
	a, err := agent.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.play(t, a, exercises, monitor)
	stop()
	watch.Wait()
	if err := errors.Join(pool.Close(), kept.Close()); err != nil {
		t.Error(err)
	}
	return d
}

// play has the people ask for ten minutes: half of them come in the first one, and each
// thinks for about 100 s between an answer and the next question.
func (d *day) play(t *testing.T, a *agent.Agent, exercises float64, monitor *degrade.Monitor) {
	const length, rush = 10 * time.Minute, time.Minute
	begin := time.Now()
	var mu sync.Mutex
	var crowd sync.WaitGroup
	number := 0
	for i := range *people {
		dice := rand.New(rand.NewPCG(uint64(i), 11))
		at := time.Duration(dice.Float64() * float64(length))
		if i%2 == 0 {
			at = time.Duration(dice.Float64() * float64(rush))
		}
		crowd.Go(func() {
			for _ = idle(t.Context(), at); time.Since(begin) < length; _ = idle(t.Context(), agenttest.LogNormal(100*time.Second, 0.5)(dice)) {
				mu.Lock()
				number++
				q := agent.Question{Text: textOf(dice, exercises, number), Asker: fmt.Sprint("web:u", i), Now: now}
				mu.Unlock()
				one, err := put(t.Context(), a, q)
				if err != nil {
					t.Error(err)
					return
				}
				if one.putOff {
					asking := time.Now().Add(-one.took)
					crowd.Go(func() { // presses the button, and goes on
						for monitor.State().Level != degrade.Full {
							_ = idle(t.Context(), 3*time.Second)
						}
						q.Background = true
						late, err := put(t.Context(), a, q)
						if err != nil || late.putOff {
							t.Errorf("when it was quiet: put off %v, %v", late.putOff, err)
						}
						one.rung, one.brief, one.quiet = late.rung, late.brief, time.Since(asking)
						mu.Lock()
						defer mu.Unlock()
						d.questions = append(d.questions, one)
					})
					continue
				}
				mu.Lock()
				d.questions = append(d.questions, one)
				mu.Unlock()
			}
		})
	}
	crowd.Wait()
}

// textOf is what somebody asks next: an exercise as often as is said; of the others seven in
// ten need the model.
func textOf(dice *rand.Rand, often float64, number int) string {
	switch p := dice.Float64(); {
	case p < often:
		return exercises[dice.IntN(len(exercises))]
	case p < often+0.3*(1-often):
		return ownSimple[dice.IntN(len(ownSimple))]
	}
	return fmt.Sprintf(ownHard, number)
}

func put(ctx context.Context, a *agent.Agent, q agent.Question) (asked, error) {
	began := time.Now()
	got, err := a.Answer(ctx, q, nil)
	if err != nil {
		return asked{}, err
	}
	return asked{rung: got.Rung, took: time.Since(began), putOff: got.Reason == agent.ReasonBusy, brief: got.Brief, offered: len(got.Suggestions)}, nil
}

// quantiles are those of the waits of some questions.
func (d *day) quantiles(of func(asked) (time.Duration, bool)) (n int, p50, p95, most time.Duration) {
	var all []time.Duration
	for _, q := range d.questions {
		if w, ok := of(q); ok {
			all = append(all, w.Round(time.Second))
		}
	}
	slices.Sort(all)
	if len(all) == 0 {
		return 0, 0, 0, 0
	}
	return len(all), all[len(all)/2], all[len(all)*95/100], all[len(all)-1]
}

func (d *day) report(t *testing.T, name string) {
	row := func(what string, of func(asked) (time.Duration, bool)) {
		n, p50, p95, most := d.quantiles(of)
		t.Logf("%s: %-28s %5d  p50 %s  p95 %s  last %s", name, what, n, p50, p95, most)
	}
	row("all, answered or put off", func(q asked) (time.Duration, bool) { return q.took, true })
	for _, r := range []agent.Rung{agent.Recall, agent.Compose, agent.Think, agent.None} {
		row("by "+string(r), func(q asked) (time.Duration, bool) { return q.took, q.rung == r && !q.putOff })
	}
	row("of these short", func(q asked) (time.Duration, bool) { return q.took, q.brief && !q.putOff && q.rung == agent.Think })
	row("put off, until the answer", func(q asked) (time.Duration, bool) { return q.quiet, q.putOff })
	used := float64(d.model.calls-1) / (d.model.lastAt.Sub(d.model.firstAt).Minutes() * float64(perMinute()))
	t.Logf("%s: %d calls, %.1f%% of the rate until the last, %d refused; levels %v", name, d.model.calls, 100*used, d.model.refused, d.levels)
}

// TestTrainingDayWithLess plays the day in virtual time, with many exercises and with few,
// doing everything always and doing less while too much is asked.
func TestTrainingDayWithLess(t *testing.T) {
	shop := recordedShop(t)
	type bounds struct {
		exercises          float64
		p95, model, putOff time.Duration // at most
	}
	days := []bounds{{0.4, 6 * time.Minute, 9 * time.Minute, 25 * time.Minute}}
	if *people >= 750 {
		days = []bounds{{0.6, 5 * time.Minute, 7 * time.Minute, 8 * time.Minute}, {0.2, 6 * time.Minute, 8 * time.Minute, 30 * time.Minute}}
	}
	for _, c := range days {
		t.Run(fmt.Sprintf("%.0f%% exercises", 100*c.exercises), func(t *testing.T) {
			days := map[bool]*day{}
			for _, less := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) { days[less] = trainingDay(t, shop, c.exercises, less) })
				days[less].report(t, map[bool]string{false: "everything", true: "less"}[less])
			}
			_, p50, p95, _ := days[true].quantiles(func(q asked) (time.Duration, bool) { return q.took, true })
			_, _, before, _ := days[false].quantiles(func(q asked) (time.Duration, bool) { return q.took, true })
			_, _, model, _ := days[true].quantiles(func(q asked) (time.Duration, bool) { return q.took, q.rung == agent.Think && !q.putOff })
			n, _, putOff, _ := days[true].quantiles(func(q asked) (time.Duration, bool) { return q.quiet, q.putOff })
			if p50 > 30*time.Second || p95 > c.p95 || model > c.model || putOff > c.putOff || before < p95*5/4 {
				t.Errorf("waits: p50 %s, p95 %s, of the model's answers %s, of the %d put off %s; without doing less p95 %s", p50, p95, model, n, putOff, before)
			}
			for less, d := range days {
				if n := len(d.levels); d.model.refused > 0 || less && n > 9 {
					t.Errorf("%d calls refused; levels %v", d.model.refused, d.levels)
				}
			}
		})
	}
}
