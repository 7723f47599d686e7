package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

// analystCmd looks after analysts as files.
type analystCmd struct {
	Draft  analystDraft  `cmd:"" help:"Write an analyst and its semantic model from data, to edit."`
	Check  analystCheck  `cmd:"" help:"Check analysts against their data; every problem with its place."`
	Apply  analystApply  `cmd:"" help:"Put an analyst into a configuration's folder, if it is sound."`
	Accept analystAccept `cmd:"" help:"Take an analyst's tables as they are now: what is gone from them is missed no more."`
	List   analystList   `cmd:"" help:"List a configuration's analysts."`
	Show   analystShow   `cmd:"" help:"Show what an analyst can be asked about."`
	Export analystExport `cmd:"" help:"Write an analyst's semantic model as Apache Ossie YAML."`
}

// from is where analysts and their data are.
type from struct {
	Config string   `help:"The configuration." type:"path" placeholder:"bapsang.yaml" xor:"from"`
	Data   []string `help:"Files instead of a configuration." type:"path" placeholder:"PATH" xor:"from"`
}

// open opens the analysts; with neither flag, the demo company's.
func (f from) open(e *env) (*set, error) {
	return (&askCmd{Config: f.Config, Data: f.Data}).open(e)
}

type analystDraft struct {
	From from   `embed:""`
	Name string `help:"What to call the analyst." default:"draft"`
	Dir  string `arg:"" help:"The folder to write to." type:"path"`
}

// Run implements the command.
func (c *analystDraft) Run(e *env) error {
	if !analyst.ValidName(c.Name) {
		return usagef("--name %q: use letters, digits, - and _, at most 64", c.Name)
	}
	set, err := c.From.open(e)
	if err != nil {
		return err
	}
	defer set.Close()
	a := set.analysts[0]
	catalog, err := a.Source.Catalog(e.ctx)
	if err != nil {
		return err
	}
	model := draft.Model(catalog, draft.Options{})
	data, err := semantic.Write(model)
	if err != nil {
		return err
	}
	definition, err := analyst.Write(&analyst.Definition{
		Name: c.Name, Source: catalog.Source, Model: analyst.Models{"": "model.yaml"}, Examples: draft.Questions(model),
	})
	if err != nil {
		return err
	}
	if err := writeNew(c.Dir, map[string][]byte{"model.yaml": data, "analyst.yaml": definition}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Out, "%s\n%s\n", filepath.Join(c.Dir, "analyst.yaml"), filepath.Join(c.Dir, "model.yaml"))
	return err
}

// writeNew writes files into dir, all or none when one of them is there already.
func writeNew(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	for name := range files {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return usagef("%s exists; drafting does not overwrite what somebody may have edited", path)
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("write draft: %w", err)
		}
	}
	return nil
}

type analystCheck struct {
	Config string   `help:"The configuration whose sources the analysts use." type:"path" placeholder:"bapsang.yaml"`
	Files  []string `arg:"" optional:"" help:"Analysts to check; none means those of the configuration." type:"path"`
}

// Run implements the command. Without a configuration only what needs no data is
// checked.
func (c *analystCheck) Run(e *env) error {
	var definitions []*analyst.Definition
	var cfg *config.Config
	var err error
	if c.Config != "" {
		if cfg, err = e.readConfig(c.Config); err != nil {
			return usageError{err}
		}
	}
	switch {
	case len(c.Files) > 0:
		if definitions, err = analyst.ReadFiles(c.Files); err != nil {
			return usageError{err}
		}
	case cfg != nil && cfg.AnalystsDir != "":
		if definitions, err = analyst.ReadDir(cfg.Path(cfg.AnalystsDir)); err != nil {
			return usageError{err}
		}
	default:
		return usagef("name analysts to check, or a configuration with analysts_dir")
	}
	if cfg != nil {
		if err := checkAgainst(e, cfg, definitions); err != nil {
			return err
		}
	}
	for _, d := range definitions {
		fmt.Fprintf(e.Out, "%s: ok\n", d.Name)
	}
	return nil
}

// checkAgainst builds definitions on a configuration's sources.
func checkAgainst(e *env, cfg *config.Config, definitions []*analyst.Definition) error {
	sources := map[string]connectors.Source{}
	defer func() {
		for _, s := range sources {
			_ = s.Close()
		}
	}()
	for i, spec := range cfg.Sources {
		source, err := openSource(e, cfg, i, connectors.Hooks{Board: quota.New(quota.Options{})})
		if err != nil {
			return err
		}
		sources[spec.Name] = source
	}
	var problems analyst.Problems
	for _, d := range definitions {
		err := checkOne(e, cfg, d, sources)
		var found analyst.Problems
		if errors.As(err, &found) {
			problems = append(problems, found...)
		} else if err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return usageError{problems}
	}
	return nil
}

// checkOne builds a definition on its sources and proves its verified questions.
func checkOne(e *env, cfg *config.Config, d *analyst.Definition, sources map[string]connectors.Source) error {
	if len(d.Sources) > 0 {
		owns, err := ownSources(cfg, d, sources)
		if err != nil {
			return err
		}
		a, err := newSideboard(cfg.Timezone).Spanning(e.ctx, d, owns)
		if err != nil {
			return err
		}
		return analyst.Prove(e.ctx, d, a.Source)
	}
	source, ok := sources[d.Source]
	if !ok {
		return analyst.Problems{d.NoSource()}
	}
	if _, err := analyst.Build(e.ctx, d, source); err != nil {
		return err
	}
	return analyst.Prove(e.ctx, d, source)
}

type analystApply struct {
	Config string `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
	File   string `arg:"" help:"The analyst to put into the configuration's analysts_dir." type:"path"`
}

// Run implements the command. What is applied was checked against the real tables.
func (c *analystApply) Run(e *env) error {
	cfg, err := e.readConfig(c.Config)
	if err != nil {
		return usageError{err}
	}
	if cfg.AnalystsDir == "" {
		return usagef("%s has no analysts_dir to apply to", c.Config)
	}
	d, err := analyst.ReadFile(c.File)
	if err != nil {
		return usageError{err}
	}
	if err := checkAgainst(e, cfg, []*analyst.Definition{d}); err != nil {
		return err
	}
	into := filepath.Join(cfg.Path(cfg.AnalystsDir), d.Name)
	there, err := analyst.ReadDir(cfg.Path(cfg.AnalystsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usageError{err}
	}
	for _, other := range there {
		if strings.EqualFold(other.Name, d.Name) && filepath.Dir(other.File()) != into {
			return usagef("an analyst called %s is already in %s", other.Name, other.File())
		}
	}
	if err := d.Install(into); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.Out, "%s: applied to %s; a running bapsang takes it at its next start\n", d.Name, into)
	return err
}

type analystList struct {
	From from `embed:""`
}

// Run implements the command.
func (c *analystList) Run(e *env) error {
	set, err := c.From.open(e)
	if err != nil {
		return err
	}
	defer set.Close()
	w := tabwriter.NewWriter(e.Out, 0, 4, 2, ' ', 0)
	for _, a := range set.analysts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d metrics, %d verified questions\n", a.Name, a.Title.In("ko", "-"), a.Owner, len(a.Model.Metrics), len(a.Verified))
	}
	return w.Flush()
}

type analystShow struct {
	From from   `embed:""`
	Name string `arg:"" optional:"" help:"The analyst; the first one if not named."`
}

// Run implements the command.
func (c *analystShow) Run(e *env) error {
	set, a, err := openOne(e, c.From, c.Name)
	if err != nil {
		return err
	}
	defer set.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n%s\n\n", a.Name, a.Title.In("ko", ""), a.Purpose.In("ko", ""))
	b.WriteString("지표 · Metrics\n")
	for _, m := range a.Model.Metrics {
		if !m.Hidden {
			fmt.Fprintf(&b, "  %s · %s · %s\n", m.Name, m.Label.Ko, m.Label.En)
		}
	}
	b.WriteString("\n기준 · Dimensions\n")
	for _, d := range a.Model.Datasets {
		for _, f := range d.Fields {
			if !d.Hidden && !f.Hidden && f.Kind != semantic.Identifier {
				fmt.Fprintf(&b, "  %s.%s · %s · %s\n", d.Name, f.Name, f.Label.Ko, f.Label.En)
			}
		}
	}
	b.WriteString("\n예 · Examples\n")
	for _, q := range a.Examples {
		fmt.Fprintf(&b, "  %s\n", q)
	}
	for _, v := range a.Verified {
		fmt.Fprintf(&b, "  %s  (%s)\n", v.Question, v.By)
	}
	_, err = e.Out.Write([]byte(b.String()))
	return err
}

type analystExport struct {
	From from   `embed:""`
	Name string `arg:"" optional:"" help:"The analyst; the first one if not named."`
}

// Run implements the command.
func (c *analystExport) Run(e *env) error {
	set, a, err := openOne(e, c.From, c.Name)
	if err != nil {
		return err
	}
	defer set.Close()
	data, err := semantic.Write(a.Model)
	if err != nil {
		return err
	}
	_, err = e.Out.Write(data)
	return err
}
