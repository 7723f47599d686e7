package agenttest

import (
	"fmt"
	"hash/maphash"
	"net/http"
	"strings"
	"sync"
)

// engine is what an inference engine has beside the protocol: seats, a queue for them,
// and a cache of the prefixes of prompts.
type engine struct {
	mu      sync.Mutex
	seats   int // 0 has no end
	running int
	queue   []chan struct{}

	seed  maphash.Seed
	known map[uint64]struct{}

	queried, hit, prompt, generated int
	finished                        map[string]int
}

// A block of the cache is this much of the prompt, 16 tokens; a part of a block is never
// reused. Beyond so many blocks the cache forgets all.
const (
	blockBytes = 64
	maxBlocks  = 1 << 20
)

func newEngine(seats int) *engine {
	return &engine{seats: seats, seed: maphash.MakeSeed(), known: map[uint64]struct{}{}, finished: map[string]int{}}
}

// enter waits for a seat; the context's channel gives it up.
func (e *engine) enter(gone <-chan struct{}) bool {
	e.mu.Lock()
	if e.seats == 0 || e.running < e.seats {
		e.running++
		e.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	e.queue = append(e.queue, turn)
	e.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-gone:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, c := range e.queue {
		if c == turn {
			e.queue = append(e.queue[:i], e.queue[i+1:]...)
			return false
		}
	}
	e.passOn() // the turn came just then
	return false
}

func (e *engine) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.passOn()
}

func (e *engine) passOn() {
	if len(e.queue) == 0 {
		e.running--
		return
	}
	close(e.queue[0])
	e.queue = e.queue[1:]
}

// look counts how much of a prompt the cache holds, and puts the rest in.
func (e *engine) look(prompt string) (all, cached int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.known) > maxBlocks {
		clear(e.known)
	}
	var h maphash.Hash
	h.SetSeed(e.seed)
	still := true
	for rest := prompt; len(rest) >= blockBytes; rest = rest[blockBytes:] {
		_, _ = h.WriteString(rest[:blockBytes])
		sum := h.Sum64()
		_, ok := e.known[sum]
		if still = still && ok; still {
			cached += tokens(rest[:blockBytes])
		}
		e.known[sum] = struct{}{}
	}
	all = tokens(prompt)
	e.queried += all
	e.hit += cached
	e.prompt += all
	return all, cached
}

func (e *engine) finish(reason string, generated int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.finished[reason]++
	e.generated += generated
}

// write tells the figures as vLLM names them.
func (e *engine) write(w http.ResponseWriter, model string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var b strings.Builder
	label := fmt.Sprintf(`{engine="0",model_name=%q}`, model)
	one := func(name, kind, help string, v float64) {
		family := strings.TrimSuffix(name, "_total")
		fmt.Fprintf(&b, "# HELP vllm:%s %s\n# TYPE vllm:%s %s\nvllm:%s%s %.1f\n", family, help, family, kind, name, label, v)
	}
	one("num_requests_running", "gauge", "Number of requests in model execution batches.", float64(e.running))
	one("num_requests_waiting", "gauge", "Number of requests waiting to be processed.", float64(len(e.queue)))
	share := 0.0
	if e.seats > 0 {
		share = float64(e.running) / float64(e.seats)
	}
	one("kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.", share)
	one("prefix_cache_queries_total", "counter", "Prefix cache queries, in terms of number of queried tokens.", float64(e.queried))
	one("prefix_cache_hits_total", "counter", "Prefix cache hits, in terms of number of cached tokens.", float64(e.hit))
	one("prompt_tokens_total", "counter", "Number of prefill tokens processed.", float64(e.prompt))
	one("generation_tokens_total", "counter", "Number of generation tokens processed.", float64(e.generated))
	b.WriteString("# HELP vllm:request_success Count of successfully processed requests.\n# TYPE vllm:request_success counter\n")
	for _, reason := range []string{"stop", "length", "tool_calls"} {
		fmt.Fprintf(&b, "vllm:request_success_total{engine=\"0\",finished_reason=%q,model_name=%q} %d.0\n", reason, model, e.finished[reason])
	}
	w.Header().Set("Content-Type", "text/plain; version=1.0.0; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}
