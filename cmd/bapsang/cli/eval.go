package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bapsang/bapsang/agent/eval"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

// evalCmd measures an analyst, or judges given predictions, by a published rule.
type evalCmd struct {
	Cases         string        `help:"The cases, one JSON object a line: id, db, question, gold, predicted, category." required:"" type:"path" placeholder:"F.jsonl"`
	Rule          string        `help:"Whose rule decides: ${enum}." required:"" enum:"bird,spider,spider2,defog"`
	Databases     string        `help:"A folder of .sqlite and .duckdb files named by the cases' db, or the address of a PostgreSQL server." placeholder:"DIR" xor:"on"`
	Analyst       string        `help:"Measure this analyst on its own source." placeholder:"NAME" xor:"on"`
	Config        string        `help:"The configuration of --analyst; the demo company's analyst without it." type:"path" placeholder:"bapsang.yaml"`
	Jobs          int           `help:"How many cases at once; 0 means one a processor." default:"0"`
	Timeout       time.Duration `help:"How long a statement may run, instead of the rule's own 30s (bird), 60s (spider, spider2) or 10s (defog)." placeholder:"30s"`
	StripDistinct bool          `help:"With the rule spider: take DISTINCT out of both statements first, as its evaluator does without --keep_distinct."`
	Resume        bool          `help:"Take the verdicts of the run before, if it was stopped."`
	State         string        `help:"Keep verdicts here instead of in the user's cache." type:"path" placeholder:"FILE"`
	JSON          bool          `help:"Print one JSON object and nothing else."`
	modelFlags
}

// Run implements the command.
func (c *evalCmd) Run(e *env) (err error) {
	if c.Jobs < 0 || c.Timeout < 0 {
		return usagef("--jobs and --timeout cannot be negative")
	}
	cases, err := c.read()
	if err != nil {
		return err
	}
	bench, err := c.open(e, cases)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	state, err := c.openState()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	jobs := c.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	bar := &progressBar{w: e.Err, label: "채점하는 중 · Judging"}
	verdicts, err := eval.Run(e.ctx, eval.Config{
		Rule: eval.Rule(c.Rule), Options: eval.Options{StripDistinct: c.StripDistinct, Timeout: c.Timeout},
		Databases: bench.databases, Predictor: bench.predictor, Jobs: jobs, State: state, Progress: bar.show,
	}, cases)
	bar.end()
	if err != nil {
		return err
	}
	report := eval.Summarize(eval.Rule(c.Rule), cases, verdicts)
	if c.JSON {
		enc := json.NewEncoder(e.Out)
		enc.SetEscapeHTML(false)
		return enc.Encode(report)
	}
	return printReport(e.Out, report, e.logger.Enabled(e.ctx, slog.LevelDebug))
}

// read reads the cases.
func (c *evalCmd) read() ([]eval.Case, error) {
	f, err := os.Open(c.Cases)
	if err != nil {
		return nil, usageError{fmt.Errorf("--cases: %w", err)}
	}
	defer f.Close()
	cases, err := eval.ReadCases(f, c.Cases)
	var line *eval.LineError
	if errors.As(err, &line) {
		return nil, usageError{err}
	}
	return cases, err
}

// bench is what a run judges on and asks.
type bench struct {
	databases eval.Databases
	predictor eval.Predictor // nil when nobody has to be asked
	closers   []io.Closer
}

// Close closes what was opened, the last first.
func (b *bench) Close() error {
	var errs []error
	for _, closer := range slices.Backward(b.closers) {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}

// open opens what the flags name, and whoever answers the cases that bring no
// prediction.
func (c *evalCmd) open(e *env, cases []eval.Case) (_ *bench, err error) {
	ask := slices.ContainsFunc(cases, func(one eval.Case) bool { return one.Predicted == nil })
	b := &bench{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	switch {
	case c.Config != "" && c.Databases != "":
		return nil, usagef("--config goes with --analyst, not with --databases")
	case eval.IsServer(c.Databases):
		return b, c.openServer(b, ask)
	case c.Databases != "":
		return b, c.openFolder(e, b, cases, ask)
	case c.Analyst != "" || c.Config != "":
		return b, c.openAnalyst(e, b, ask)
	}
	return nil, usagef("name what the cases are about: --databases DIR, or --analyst NAME")
}

func (c *evalCmd) openServer(b *bench, ask bool) error {
	server, err := eval.NewServer(c.Databases)
	if err != nil {
		return usageError{fmt.Errorf("--databases: %w", err)}
	}
	b.databases = server
	b.closers = append(b.closers, server)
	if ask {
		return usagef("%s: on a PostgreSQL server only given predictions are judged; each case needs \"predicted\"", c.Cases)
	}
	return nil
}

func (c *evalCmd) openFolder(e *env, b *bench, cases []eval.Case, ask bool) error {
	folder := eval.NewFolder(c.Databases, map[string]eval.OpenFunc{".duckdb": func(ctx context.Context, path string) (eval.Database, error) {
		source, err := duckdb.Open(ctx, duckdb.Config{Path: path, Workers: max(c.Jobs, 2), Logger: e.logger})
		if err != nil {
			return nil, err
		}
		return eval.FromSource(source, eval.SourceOptions{}), nil
	}})
	b.databases = folder
	b.closers = append(b.closers, folder)
	for _, one := range cases {
		if _, err := folder.Paths(one); err != nil {
			return usagef("%s: case %s: %w", c.Cases, one.ID, err)
		}
	}
	if !ask {
		return nil
	}
	drafts, err := c.newDrafts(e, folder)
	if err != nil {
		return err
	}
	b.closers = append(b.closers, drafts)
	b.predictor = drafts.predict
	return nil
}

func (c *evalCmd) openAnalyst(e *env, b *bench, ask bool) error {
	set, a, err := openOne(e, from{Config: c.Config}, c.Analyst)
	if err != nil {
		return err
	}
	b.closers = append(b.closers, set)
	b.databases = eval.Single{Database: eval.FromSource(a.Source, eval.SourceOptions{})}
	if !ask {
		return nil
	}
	thinking, err := c.thinking(e, set)
	if err != nil {
		return err
	}
	b.closers = append(b.closers, thinking)
	brain, err := brainOf(e, set, thinking)
	if err != nil {
		return err
	}
	b.predictor = func(ctx context.Context, one eval.Case) (eval.Prediction, error) {
		return answerCase(ctx, e, brain, a.Name, set.location, one)
	}
	return nil
}

// openState opens the file of verdicts. Where there is no place for it a run goes
// without, unless it was asked for.
func (c *evalCmd) openState() (*eval.State, error) {
	path := c.State
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			if c.Resume {
				return nil, usagef("no cache directory for the verdicts (%v); name a file with --state", err)
			}
			return nil, nil
		}
		dir := filepath.Join(cache, "bapsang", "eval")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("open state: %w", err)
		}
		sum := sha256.Sum256([]byte(c.Cases + "\x00" + c.Rule))
		path = filepath.Join(dir, hex.EncodeToString(sum[:8])+".jsonl")
	}
	who := strings.Join([]string{c.Databases, c.Analyst, c.Config, c.LLM, c.Model}, "\x00")
	return eval.OpenState(path, who, c.Resume)
}

// printReport writes a report for a person.
func printReport(w io.Writer, r *eval.Report, verbose bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d right, %s\n", r.Rule, r.Right, r.Cases, percent(r.Right, r.Cases))
	if len(r.ByCategory) > 0 {
		b.WriteString("\n")
		table := tabwriter.NewWriter(&b, 0, 4, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "right\tcases\t\tcategory")
		for _, name := range r.Categories() {
			t := r.ByCategory[name]
			fmt.Fprintf(table, "%d\t%d\t%s\t  %s\n", t.Right, t.Cases, percent(t.Right, t.Cases), oneLine(name))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	if r.Asked > 0 {
		fmt.Fprintf(&b, "\nasked %d; LLM calls %d, tokens in %d, out %d; an answer took %s (p50), %s (p95)\n",
			r.Asked, r.LLM.Calls, r.LLM.InputTokens, r.LLM.OutputTokens, r.P50.Round(time.Millisecond), r.P95.Round(time.Millisecond))
	}
	if len(r.GoldErrors) > 0 {
		fmt.Fprintf(&b, "\nThe gold statement itself failed in %d; these cases are to be mended:\n", len(r.GoldErrors))
		for _, v := range r.GoldErrors {
			fmt.Fprintf(&b, "  %s  %s\n", oneLine(v.ID), oneLine(v.GoldError))
		}
	}
	if verbose && len(r.Wrong) > 0 {
		b.WriteString("\nWrong:\n")
		for _, v := range r.Wrong {
			fmt.Fprintf(&b, "  %s  %s\n", oneLine(v.ID), oneLine(v.Reason))
			if sql := strings.Join(strings.Fields(v.Predicted), " "); sql != "" {
				fmt.Fprintf(&b, "    %s\n", visible(sql))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(part, whole int) string { return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole)) }
