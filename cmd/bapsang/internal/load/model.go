package load

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// ModelOptions say how the company's language model is on the day.
type ModelOptions struct {
	PerMinute int           // requests in any minute of the day; more are refused
	Median    time.Duration // of a reply, lognormal with σ 0.5
	Scale     int
}

// Call is a request that the model took.
type Call struct {
	Question string
	By       string // whose key it came with: that of a replica
	Step     int    // replies that the question had before, from 0
	Asked    time.Time
	Ended    time.Time // zero while it is being made
	Whole    bool      // the reply went out
}

// Model is the company's language model: an OpenAI-compatible server that holds its rate
// strictly, answers with statements about the demo company, and writes down every call.
type Model struct {
	URL string

	server *agenttest.Server
	down   atomic.Bool

	mu       sync.Mutex
	calls    []*Call
	refused  []time.Duration // for their rate: how much too early they came
	unheard  int             // while it was down
	watchers sync.WaitGroup
}

// OpenModel starts the model on a free port of the loopback. Close ends it.
func OpenModel(o ModelOptions) (*Model, error) {
	m := &Model{}
	m.server = agenttest.New(agenttest.Config{
		Rule:    m.reply,
		Latency: agenttest.Latency{First: agenttest.LogNormal(o.Median/time.Duration(o.Scale), 0.5)},
		Limiter: &strict{Limiter: agenttest.SlidingWindow(o.PerMinute, time.Minute/time.Duration(o.Scale)), m: m},
		Telling: agenttest.Millis, Forget: true,
	})
	if err := m.server.Listen("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("open the model: %w", err)
	}
	m.URL = m.server.URL
	return m, nil
}

// Close ends the model, and waits for what it was doing.
func (m *Model) Close() error {
	err := m.server.Close()
	m.watchers.Wait()
	return err
}

// ModelSeen is what the model wrote down.
type ModelSeen struct {
	Calls   []Call          // that it took, in order
	Over    []time.Duration // beyond its rate: how much too early each came
	Unheard int             // while it was down
}

// Seen tells what it wrote down so far.
func (m *Model) Seen() ModelSeen {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := ModelSeen{Calls: make([]Call, len(m.calls)), Over: slices.Clone(m.refused), Unheard: m.unheard}
	for i, c := range m.calls {
		out.Calls[i] = *c
	}
	slices.SortFunc(out.Calls, func(a, b Call) int { return a.Asked.Compare(b.Asked) })
	return out
}

// strict writes down what a limiter refused.
type strict struct {
	agenttest.Limiter
	m *Model
}

// Take implements agenttest.Limiter.
func (s *strict) Take(now time.Time) agenttest.Verdict {
	if s.m.down.Load() { // nobody is there to count
		return agenttest.Verdict{OK: true}
	}
	v := s.Limiter.Take(now)
	if !v.OK {
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.refused = append(s.m.refused, v.Wait)
	}
	return v
}

// reply is the agenttest rule.
func (m *Model) reply(r *agenttest.Request) agenttest.Reply {
	if m.down.Load() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.unheard++
		out := agenttest.Failure(http.StatusServiceUnavailable, `{"error":{"message":"the model is being restarted","type":"ServiceUnavailable","code":503}}`)
		out.Latency = &agenttest.Latency{}
		return out
	}
	question, step := conversation(r)
	by := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	call := &Call{Question: question, By: by, Step: step, Asked: time.Now()}
	m.mu.Lock()
	m.calls = append(m.calls, call)
	m.mu.Unlock()
	m.watchers.Go(func() { m.watch(r, call) })
	return answerTo(question, step)
}

// watch writes down how a call ended.
func (m *Model) watch(r *agenttest.Request, call *Call) {
	<-r.Done()
	whole := true
	select {
	case <-r.Gone():
		whole = false
	default:
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	call.Ended, call.Whole = time.Now(), whole
}

// conversation is the question that a request is about, and how many replies it had.
func conversation(r *agenttest.Request) (question string, step int) {
	for _, msg := range r.Chat.Messages {
		switch msg.Role {
		case "assistant":
			step++
		case "user":
			if text := string(msg.Content); question == "" {
				_, question, _ = strings.Cut(text, "\n\nQuestion:\n")
			}
		}
	}
	return strings.TrimSpace(question), step
}

// answerTo is what the model says: to two questions in three the answer at once, to
// others after a look at rows, a mistake in a column, or both. By the question it is
// always the same.
func answerTo(question string, step int) agenttest.Reply {
	h := fnv.New32a()
	_, _ = h.Write([]byte(question))
	dice := int(h.Sum32() % 100)
	sql := statement(dice)
	query := map[string]any{"queries": []any{map[string]any{"name": "r1", "sql": sql}}}
	answer := tool("answer", map[string]any{
		"queries": query["queries"], "text": "{{r1.name[0]}} 쪽이 {{r1.revenue[0]|krw}}으로 가장 커요. 아래 표에서 나머지를 볼 수 있어요.",
		"assumptions": []string{"가장 = 매출 기준"},
	})
	broken := tool("answer", map[string]any{
		"queries": []any{map[string]any{"name": "r1", "sql": strings.Replace(sql, "net_amount", "net_amont", 1)}}, "text": "{{r1.revenue[0]|krw}}이에요.",
	})
	plan := []agenttest.Reply{answer}
	switch {
	case strings.Contains(question, "바깥 소식"):
		plan = []agenttest.Reply{tool("web_search", map[string]any{"query": question[strings.LastIndex(question, "조별"):]}), answer}
	case dice < 18:
		plan = []agenttest.Reply{tool("query", query), answer}
	case dice < 28:
		plan = []agenttest.Reply{broken, answer}
	case dice < 33:
		plan = []agenttest.Reply{tool("query", query), broken, answer}
	}
	return plan[min(step, len(plan)-1)]
}

func tool(name string, args map[string]any) agenttest.Reply {
	data, err := json.Marshal(args)
	if err != nil {
		panic(err) // everything in it was made here
	}
	return agenttest.Calls(agenttest.Call{Name: name, Arguments: string(data)})
}

func statement(dice int) string {
	by := []string{
		"SELECT r.region_name AS name, sum(l.net_amount) AS revenue FROM order_lines l JOIN regions r USING (region_id)",
		"SELECT c.channel_name AS name, sum(l.net_amount) AS revenue FROM order_lines l JOIN channels c USING (channel_id)",
		"SELECT p.category AS name, sum(l.net_amount) AS revenue FROM order_lines l JOIN products p USING (product_id)",
	}[dice%3]
	month := 1 + dice%10
	return fmt.Sprintf("%s WHERE l.ordered_at >= DATE '2026-%02d-01' AND l.ordered_at < DATE '2026-%02d-01' GROUP BY ALL ORDER BY revenue DESC", by, month, month+1)
}
