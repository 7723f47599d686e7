package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/store"
)

// modelFlags name a language model on the command line.
type modelFlags struct {
	LLM   string `name:"llm" help:"Ask the model of this OpenAI-compatible server what is not sure without. Its key is read from BAPSANG_LLM_KEY." placeholder:"URL"`
	Model string `help:"The model's name at that server; may be left out where it has one." placeholder:"NAME"`
}

// keyVariable holds the key of --llm: a command line is read by everybody on a machine.
const keyVariable = "BAPSANG_LLM_KEY"

// handConcurrency is how many calls at once somebody agreed to who named a server by
// hand.
const handConcurrency = 8

// backends are the ones the flags name: none or one.
func (f modelFlags) backends(e *env) ([]llm.Backend, error) {
	if f.LLM == "" {
		if f.Model != "" {
			return nil, usagef("--model %s: name its server with --llm", f.Model)
		}
		return nil, nil
	}
	f.LLM = withVersion(f.LLM)
	key, _ := e.Getenv(keyVariable)
	model := f.Model
	if model == "" {
		var err error
		if model, err = onlyModel(e.ctx, f.LLM, key); err != nil {
			return nil, err
		}
	}
	client, err := openai.New(openai.Options{Name: "llm", BaseURL: f.LLM, Key: key, Model: model})
	if err != nil {
		return nil, usagef("--llm %s: %v", f.LLM, err)
	}
	return []llm.Backend{{Name: "llm", Model: client, Contract: connectors.Contract{
		Name: "llm", Owner: "--llm", Agreed: e.now(), Concurrency: handConcurrency, Timeout: 5 * time.Minute,
	}}}, nil
}

// withVersion completes the address of a bare server: what people copy from a browser
// or a log has no /v1.
func withVersion(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return address
	}
	return u.JoinPath("v1").String()
}

// onlyModel is the model of a server that has one.
func onlyModel(ctx context.Context, address, key string) (string, error) {
	client, err := openai.New(openai.Options{Name: "llm", BaseURL: address, Key: key, Model: "unnamed"})
	if err != nil {
		return "", usagef("--llm %s: %v", address, err)
	}
	defer client.CloseIdle()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	models, err := client.Models(ctx)
	if err != nil {
		return "", fmt.Errorf("--llm %s: ask for its models: %w", address, err)
	}
	if len(models) == 1 {
		return models[0].ID, nil
	}
	var names []string
	for _, m := range models {
		names = append(names, m.ID)
	}
	return "", usagef("--llm %s: choose with --model one of: %s", address, strings.Join(names, ", "))
}

// configuredBackends are those of a configuration.
func configuredBackends(cfg *config.Config) ([]llm.Backend, error) {
	var out []llm.Backend
	for i, b := range cfg.LLM.Backends {
		at := fmt.Sprintf("$.llm.backends[%d]", i)
		client, err := openai.New(openai.Options{Name: b.Name, BaseURL: b.BaseURL, Key: b.APIKey, Model: b.Model, Dialect: openai.Dialect(b.Dialect)})
		if err != nil {
			return nil, usageError{cfg.At(at, fmt.Sprintf("backend %s: %v", b.Name, err))}
		}
		contract, err := b.Contract.Build(b.Name, cfg.Location())
		if err != nil {
			return nil, usageError{cfg.At(at+".contract", fmt.Sprintf("backend %s: %v", b.Name, err))}
		}
		out = append(out, llm.Backend{Name: b.Name, Model: client, Contract: contract, TokensPerMinute: b.TokensPerMinute, Priority: b.Priority})
	}
	return out, nil
}

// terminalPatience is how long somebody at a terminal waits for a model that does not
// answer.
const terminalPatience = 3 * time.Second

// thinking is the rung that asks a model.
type thinking struct {
	thinker *think.Thinker
	journal think.Journal
	pool    *llm.Pool
}

// spending is how many calls of a model a question may take, and one that is answered
// shortly; 0 takes the usual number.
type spending struct{ calls, brief int }

func (o Options) spending() spending {
	return spending{calls: o.CallsPerQuestion, brief: o.Degradation.CallsPerQuestion}
}

// thinkAtTerminal makes the rung for a command. Where the configuration's models are asked,
// their budgets are shared with whoever serves it.
func thinkAtTerminal(e *env, s *set, named []llm.Backend) (*thinking, error) {
	backends, opts := named, llm.PoolOptions{Logger: e.logger, Patience: terminalPatience}
	if len(named) == 0 {
		backends, opts.Store = s.backends, s.store
		if s.store != nil {
			opts.Board = s.board
		}
	}
	backends, err := instrumented(backends, e.traces, nil)
	if err != nil {
		return nil, err
	}
	return thinkingOver(backends, spending{calls: s.calls}, opts, nil, e.now)
}

// openThinking makes the rung over backends; nil without any. A nil store keeps neither
// budgets nor steps beyond this process.
func openThinking(backends []llm.Backend, spend spending, keep store.Store, board *quota.Board, now func() time.Time, logger *slog.Logger) (*thinking, error) {
	opts := llm.PoolOptions{Store: keep, Logger: logger}
	if board != nil {
		opts.Board = board // or it would be a board, and none
	}
	var journal think.Journal
	if keep == nil {
		opts.Patience = terminalPatience
	} else {
		journal = think.NewJournal(keep)
	}
	return thinkingOver(backends, spend, opts, journal, now)
}

func thinkingOver(backends []llm.Backend, spend spending, opts llm.PoolOptions, journal think.Journal, now func() time.Time) (*thinking, error) {
	if len(backends) == 0 {
		return nil, nil
	}
	pool, err := llm.NewPool(backends, opts)
	if err != nil {
		return nil, fmt.Errorf("open models: %w", err)
	}
	t := &thinking{pool: pool, journal: journal}
	t.thinker, err = think.New(think.Config{Model: pool, Journal: t.journal, Budget: think.Budget{Calls: spend.calls}, BriefCalls: spend.brief, Now: now, Logger: opts.Logger})
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return t, nil
}

// into adds the rung to an agent's configuration, where there is one.
func (t *thinking) into(c agent.Config) agent.Config {
	if t != nil {
		c.Thinker, c.Journal = t.thinker, t.journal
	}
	return c
}

// load tells those who wait how the models stand. Backends that share a contract share
// its rate.
func (t *thinking) load() desk.ModelLoad {
	s := t.pool.Snapshot()
	l := desk.ModelLoad{Waiting: s.Waiting, Down: true, CallsEach: s.CallsPerQuestion}
	counted := map[string]bool{}
	for _, b := range s.Backends {
		if b.Per > 0 && !counted[b.Budget] {
			counted[b.Budget] = true
			l.PerMinute += int(float64(b.Allowed) * float64(time.Minute) / float64(b.Per))
		}
		l.Down = l.Down && b.Breaker == "open"
	}
	return l
}

// Close ends the calls that are being made.
func (t *thinking) Close() error {
	if t == nil {
		return nil
	}
	return t.pool.Close()
}
