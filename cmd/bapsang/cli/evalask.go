package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/eval"
)

// thinking is the model that the flags name, else that of the analyst's configuration.
func (c *evalCmd) thinking(e *env, s *set) (*thinking, error) {
	backends, err := c.backends(e)
	if err != nil {
		return nil, err
	}
	return thinkAtTerminal(e, s, backends)
}

// brainOf is the agent that answers for a set's analysts, with a model or without.
func brainOf(e *env, s *set, t *thinking) (*agent.Agent, error) {
	return agent.New(t.into(agent.Config{Directory: analyst.NewRoster(s.analysts, s.channels, nil), Now: e.now, Logger: e.logger, Tracer: e.traces.Tracer()}))
}

// answerCase asks a case's question and takes the main result's statement for the
// answer. A question that nobody could answer has none.
func answerCase(ctx context.Context, e *env, brain *agent.Agent, name string, location *time.Location, c eval.Case) (eval.Prediction, error) {
	answer, err := brain.Answer(ctx, agent.Question{Text: c.Question, Asker: "cli:eval", Analyst: name, Now: e.now().In(location)}, nil)
	if err != nil {
		return eval.Prediction{}, err
	}
	p := eval.Prediction{Usage: eval.Usage(answer.LLM)}
	if answer.Rung != agent.None && len(answer.Results) > 0 {
		p.SQL = answer.Results[0].SQL
	}
	return p, nil
}

// drafts are analysts drafted from the databases of a folder, each when the first
// case about it comes.
type drafts struct {
	env      *env
	folder   *eval.Folder
	thinking *thinking // one for all: its budget is the server's
	dir      tempDir

	mu   sync.Mutex
	open map[string]*drafted // by path
}

// drafted is one of them, and the copy of the database that it answers from.
type drafted struct {
	once     sync.Once
	set      *set
	brain    *agent.Agent
	database eval.Database
	err      error
}

func (c *evalCmd) newDrafts(e *env, folder *eval.Folder) (*drafts, error) {
	dir, err := os.MkdirTemp("", "bapsang-eval-")
	if err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	d := &drafts{env: e, folder: folder, dir: tempDir(dir), open: map[string]*drafted{}}
	if d.thinking, err = c.thinking(e, &set{}); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// predict implements eval.Predictor. A test suite's files hold the same tables: the
// first stands for all.
func (d *drafts) predict(ctx context.Context, c eval.Case) (eval.Prediction, error) {
	paths, err := d.folder.Paths(c)
	if err != nil {
		return eval.Prediction{}, err
	}
	one := d.get(paths[0])
	if one.err != nil {
		return eval.Prediction{}, one.err
	}
	p, err := answerCase(ctx, d.env, one.brain, draftedName, one.set.location, c)
	p.Database = one.database
	return p, err
}

const draftedName = "data"

func (d *drafts) get(path string) *drafted {
	d.mu.Lock()
	one := d.open[path]
	if one == nil {
		one = &drafted{}
		d.open[path] = one
	}
	into := filepath.Join(string(d.dir), strconv.Itoa(len(d.open)))
	d.mu.Unlock()
	one.once.Do(func() { one.err = one.draft(d, path, into) })
	return one
}

func (one *drafted) draft(d *drafts, path, into string) error {
	if err := os.MkdirAll(into, 0o755); err != nil {
		return fmt.Errorf("open data: %w", err)
	}
	source, err := openFiles(d.env.ctx, draftedName, []string{path}, into, d.env.now(), d.env.logger)
	if err != nil {
		return &placedError{what: path, err: err}
	}
	one.database = eval.FromSource(source, eval.SourceOptions{DatesAsText: filepath.Ext(path) == ".sqlite"})
	one.set = &set{channels: map[string]string{}, location: seoul()}
	if err := one.set.draft(d.env.ctx, draftedName, source); err != nil {
		return err
	}
	one.brain, err = brainOf(d.env, one.set, d.thinking)
	return err
}

// Close closes the copies and removes them.
func (d *drafts) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, one := range d.open {
		if one.database != nil {
			errs = append(errs, one.database.Close())
		}
	}
	return errors.Join(append(errs, d.thinking.Close(), d.dir.Close())...)
}
