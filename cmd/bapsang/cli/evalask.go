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

// brain is the agent that answers the cases of a set's analysts.
func (c *evalCmd) brain(e *env, s *set) (*agent.Agent, error) {
	if c.LLM != "" || c.Model != "" {
		return nil, usagef("--llm: eval cannot ask a language model yet; leave out --llm and --model to measure the analyst without one")
	}
	return agent.New(agent.Config{Directory: analyst.NewRoster(s.analysts, s.channels, nil), Now: e.now, Logger: e.logger})
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
	cmd    *evalCmd
	env    *env
	folder *eval.Folder
	dir    tempDir

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
	d := &drafts{cmd: c, env: e, folder: folder, dir: tempDir(dir), open: map[string]*drafted{}}
	if _, err := c.brain(e, &set{}); err != nil { // before anything is drafted in vain
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
	one.brain, err = d.cmd.brain(d.env, one.set)
	return err
}

// Close closes the copies and removes them.
func (d *drafts) Close() error {
	var errs []error
	for _, one := range d.open {
		if one.database != nil {
			errs = append(errs, one.database.Close())
		}
	}
	return errors.Join(append(errs, d.dir.Close())...)
}
