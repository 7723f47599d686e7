package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/ledger"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// doctorCmd checks everything that a configuration names.
type doctorCmd struct {
	Config string `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
	JSON   bool   `help:"Print one JSON object." name:"json"`

	Ledger   bool   `help:"Print the ledger instead: what was agreed with whom, what they get at most, what they got."`
	Upstream string `help:"Of one upstream, to be sent to its owner. Goes with --ledger." placeholder:"NAME"`
	Format   string `help:"md, html or json. Goes with --ledger." enum:"md,html,json" default:"md"`
	Language string `help:"ko or en. Goes with --ledger." enum:"ko,en" default:"ko"`
}

// section is what was found about one part.
type section struct {
	name     string
	findings []bot.Finding
}

// errUnhealthy ends a doctor who printed what is broken.
var errUnhealthy = errors.New("something is broken")

// checkFor bounds the checks of one part: what does not answer in that time is broken.
const checkFor = 30 * time.Second

// Run implements the command. It changes nothing that people would see, and may run
// beside a bapsang that serves the same configuration.
func (c *doctorCmd) Run(e *env) error {
	cfg, err := e.readConfig(c.Config)
	if err != nil {
		return usageError{err}
	}
	if c.Ledger {
		format := c.Format
		if c.JSON {
			format = "json"
		}
		return workUpstreamOf(e, cfg, upstreamCall{Command: "ledger", Name: c.Upstream, Format: format, Language: c.Language})
	}
	if c.Upstream != "" {
		return usagef("--upstream %s goes with --ledger", c.Upstream)
	}
	var sections []section
	look := func(name string, check func(ctx context.Context) []bot.Finding) {
		ctx, cancel := context.WithTimeout(e.ctx, checkFor)
		defer cancel()
		s := section{name: name, findings: check(ctx)}
		sections = append(sections, s)
		if !c.JSON {
			printSection(e.Out, s)
		}
	}
	look("store", func(ctx context.Context) []bot.Finding { return checkStore(ctx, e, cfg) })
	for i := range cfg.Sources {
		look("source "+cfg.Sources[i].Name, func(ctx context.Context) []bot.Finding { return checkSource(ctx, e, cfg, i) })
	}
	if cfg.AnalystsDir != "" {
		look("analysts", func(context.Context) []bot.Finding { return checkAnalysts(cfg) })
	}
	for _, b := range cfg.LLM.Backends {
		look("model "+b.Name, func(ctx context.Context) []bot.Finding { return checkModel(ctx, e, b) })
	}
	look("calendar", func(context.Context) []bot.Finding { return checkCalendar(cfg) })
	if len(cfg.Sources) > 0 {
		look("changes", func(context.Context) []bot.Finding { return checkChanges(cfg) })
	}
	checkOutside(e, cfg, look)
	if cfg.Slack != nil {
		look("slack", func(ctx context.Context) []bot.Finding { return checkSlack(ctx, e, cfg) })
	}
	if cfg.Teams != nil {
		look("teams", func(ctx context.Context) []bot.Finding { return checkTeams(ctx, e, cfg) })
	}
	if e.ctx.Err() != nil {
		return e.ctx.Err()
	}
	return c.conclude(e.Out, sections)
}

// conclude prints the end of a report, or all of it, and says whether all is well.
func (c *doctorCmd) conclude(w io.Writer, sections []section) error {
	count := map[bot.FindingState]int{}
	for _, s := range sections {
		for _, f := range s.findings {
			count[f.State]++
		}
	}
	if c.JSON {
		if err := writeReport(w, sections, count); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(w, "%d fine, %d to look at, %d broken\n", count[bot.Fine], count[bot.Warning], count[bot.Broken])
	}
	if count[bot.Broken] > 0 {
		return errUnhealthy
	}
	return nil
}

// writeReport writes the findings for programs.
func writeReport(w io.Writer, sections []section, count map[bot.FindingState]int) error {
	type finding struct {
		Part  string           `json:"part"`
		Name  string           `json:"name"`
		State bot.FindingState `json:"state"`
		Text  string           `json:"text"`
		Fix   string           `json:"fix,omitempty"`
	}
	report := struct {
		Findings []finding                `json:"findings"`
		Count    map[bot.FindingState]int `json:"count"`
	}{[]finding{}, map[bot.FindingState]int{bot.Fine: count[bot.Fine], bot.Warning: count[bot.Warning], bot.Broken: count[bot.Broken]}}
	for _, s := range sections {
		for _, f := range s.findings {
			report.Findings = append(report.Findings, finding{s.name, f.Name, f.State, f.Text, f.Fix})
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

// signs begin the lines of findings.
var signs = map[bot.FindingState]string{bot.Fine: "✓", bot.Warning: "!", bot.Broken: "✗"}

func printSection(w io.Writer, s section) {
	fmt.Fprintln(w, s.name)
	for _, f := range s.findings {
		fmt.Fprintf(w, "  %s %s: %s\n", signs[f.State], f.Name, f.Text)
		if f.Fix != "" {
			fmt.Fprintf(w, "      → %s\n", strings.ReplaceAll(f.Fix, "\n", "\n        "))
		}
	}
	fmt.Fprintln(w)
}

func checkStore(ctx context.Context, e *env, cfg *config.Config) []bot.Finding {
	if at := storeOf(cfg); at.server != nil {
		return checkServer(ctx, e, at)
	}
	dir := cfg.Path(cfg.DataDir)
	f := bot.Finding{Name: filepath.Join(dir, bolt.FileName), State: bot.Fine, Text: "opens and reads"}
	if _, err := os.Stat(f.Name); errors.Is(err, os.ErrNotExist) {
		f.Text = "is not there yet; it is made at the first start"
		if err := writable(dir); err != nil {
			f.State, f.Text, f.Fix = bot.Broken, "cannot be made: "+sentence(err), "Make the folder writable for the user who runs bapsang, or change data_dir."
		}
		return []bot.Finding{f}
	}
	s, err := bolt.Open(ctx, dir, bolt.Options{Logger: e.logger})
	switch {
	case errors.Is(err, store.ErrLocked):
		f.Text = "is in use by a bapsang that runs"
	case err != nil:
		f.State, f.Text = bot.Broken, sentence(storeError(dir, err))
	default:
		if err := s.Close(); err != nil {
			f.State, f.Text = bot.Broken, sentence(err)
		}
	}
	return []bot.Finding{f}
}

// writable tries to write where dir is, or will be.
func writable(dir string) error {
	for {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s is no folder", dir)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrNotExist) || filepath.Dir(dir) == dir {
			return err
		}
		dir = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(dir, ".bapsang-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkSource opens a source beside, never in, the folder that a running bapsang uses.
func checkSource(ctx context.Context, e *env, cfg *config.Config, i int) []bot.Finding {
	spec := cfg.Sources[i]
	driver := sourceDriver(spec.Driver)
	out := []bot.Finding{agreed(!driver.Own, spec.Contract, e.now())}
	if driver.Own {
		if size := sizeOf(cfg.Path(spec.DSN)); size > readAtMost {
			return append(out, bot.Finding{Name: "files", State: bot.Fine, Text: fmt.Sprintf("%d MB; too much to read for a check, the start reads it", size>>20)})
		}
	}
	if driver.Examine != nil {
		found, usable := examine(ctx, e, cfg, i)
		if out = append(out, found...); !usable {
			return out
		}
	}
	dir, err := os.MkdirTemp("", "bapsang-doctor-")
	if err != nil {
		return append(out, bot.Finding{Name: "look", State: bot.Broken, Text: sentence(err)})
	}
	defer os.RemoveAll(dir)
	aside, within := *cfg, *e
	aside.DataDir, within.ctx = dir, ctx
	started := time.Now()
	source, err := openSource(&within, &aside, i, connectors.Hooks{Board: quota.New(quota.Options{})})
	if err != nil {
		return append(out, bot.Finding{Name: "open", State: bot.Broken, Text: sentence(err), Fix: "Look at dsn of the source in the configuration."})
	}
	defer source.Close()
	catalog, err := source.Catalog(ctx)
	if err != nil {
		return append(out, bot.Finding{Name: "catalogue", State: bot.Broken, Text: sentence(err)})
	}
	f := bot.Finding{Name: "catalogue", State: bot.Fine, Text: fmt.Sprintf("%d tables, read in %s", len(catalog.Tables), time.Since(started).Round(time.Millisecond))}
	switch n := len(catalog.Tables); {
	case n == 0:
		f.State, f.Fix = bot.Warning, "There is nothing to answer from. Look at dsn, and at the rights of the login."
	case n > manyTables:
		f.State = bot.Warning
		f.Fix = "In so many tables a word such as amount means hundreds of things, and most questions are asked back. Name the schemas that people ask about (schemas: of the source), or make analysts of the tables that belong together (tables: of an analyst)."
	}
	return append(append(out, f), checkFit(ctx, cfg, spec.Name, source)...)
}

// maxMisfits is how many problems of an analyst are told one by one.
const maxMisfits = 10

// checkFit looks whether the analysts of a source fit its tables as they are now.
func checkFit(ctx context.Context, cfg *config.Config, name string, source connectors.Source) (out []bot.Finding) {
	if cfg.AnalystsDir == "" {
		return nil
	}
	sound, _, err := analyst.ReadSound(cfg.Path(cfg.AnalystsDir))
	if err != nil {
		return nil // said of the folder
	}
	for _, d := range sound {
		if d.Source != name {
			continue
		}
		_, err := analyst.Build(ctx, d, source)
		var problems analyst.Problems
		switch {
		case err == nil:
			continue
		case !errors.As(err, &problems):
			problems = analyst.Problems{{File: d.Name, Message: sentence(err)}}
		}
		for _, p := range problems[:min(len(problems), maxMisfits)] {
			out = append(out, bot.Finding{Name: "analyst " + d.Name, State: bot.Broken, Text: p.String(), Fix: "Mend the definition, or tell " + cmp.Or(d.Owner, "whoever keeps the tables") + "."})
		}
	}
	return out
}

// manyTables is how many tables people find their way in by the words of a question.
const manyTables = 1000

// examine looks at a database, and says whether it can be opened.
func examine(ctx context.Context, e *env, cfg *config.Config, i int) (out []bot.Finding, usable bool) {
	contract, err := cfg.Sources[i].Contract.Build(cfg.Sources[i].Name, cfg.Location())
	if err != nil {
		return nil, false // said already
	}
	usable = true
	for _, f := range sourceDriver(cfg.Sources[i].Driver).Examine(ctx, settings(e, cfg, i, contract)) {
		state := bot.Fine
		switch {
		case f.Broken:
			state, usable = bot.Broken, false
		case f.Doubt:
			state = bot.Warning
		}
		out = append(out, bot.Finding{Name: f.Name, State: state, Text: f.Text, Fix: f.Fix})
	}
	return out, usable
}

// readAtMost is how much of files is read for a check, in bytes.
const readAtMost = 256 << 20

// sizeOf is the size of a file, or of a folder's.
func sizeOf(path string) (size int64) {
	// What cannot be read is found by who opens it.
	_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// agreed looks at a contract. What is ours needs none.
func agreed(upstream bool, c config.Contract, now time.Time) bot.Finding {
	built, err := c.Build("", time.UTC)
	switch {
	case err != nil:
		return bot.Finding{Name: "contract", State: bot.Broken, Text: err.Error()}
	case ledger.StateOf(built, now) == ledger.Expiring:
		return bot.Finding{
			Name: "contract", State: bot.Warning, Text: fmt.Sprintf("agreed with %s on %s, until %s: that is soon", c.Owner, c.Agreed, c.Expires),
			Fix: "Agree on it anew, and write the new agreed and expires. After that day it gets one call at a time, " + connectors.TrickleRate().String() + ".",
		}
	case ledger.StateOf(built, now) == ledger.NotYet:
		return bot.Finding{
			Name: "contract", State: bot.Warning, Text: fmt.Sprintf("agreed with %s on %s, which is to come", c.Owner, c.Agreed),
			Fix: "Look at agreed: it is the day on which the owner said yes.",
		}
	case built.InForce(now):
		text := fmt.Sprintf("agreed with %s on %s", c.Owner, c.Agreed)
		if c.Expires != "" {
			text += ", until " + c.Expires
		}
		return bot.Finding{Name: "contract", State: bot.Fine, Text: text}
	case ledger.StateOf(built, now) == ledger.Expired && upstream:
		return bot.Finding{
			Name: "contract", State: bot.Warning, Text: fmt.Sprintf("what was agreed with %s has ended on %s, so it gets one call at a time", c.Owner, c.Expires),
			Fix: "Agree on it anew, and write the new agreed and expires.",
		}
	case !upstream:
		return bot.Finding{Name: "contract", State: bot.Fine, Text: "none needed: we read our own copy"}
	}
	return bot.Finding{
		Name: "contract", State: bot.Warning, Text: "nobody agreed to it, so it gets one call at a time",
		Fix: "Ask its owner how much may be sent, then write contract: {owner: …, agreed: " + time.Now().Format(time.DateOnly) + ", rate: …, concurrency: …}.",
	}
}

func checkAnalysts(cfg *config.Config) []bot.Finding {
	definitions, err := analyst.ReadDir(cfg.Path(cfg.AnalystsDir))
	if err != nil {
		return []bot.Finding{{Name: cfg.AnalystsDir, State: bot.Broken, Text: err.Error(), Fix: "Run bapsang analyst check --config …"}}
	}
	f := bot.Finding{Name: cfg.AnalystsDir, State: bot.Fine, Text: fmt.Sprintf("%d analysts", len(definitions))}
	if len(definitions) == 0 {
		f.State, f.Text, f.Fix = bot.Broken, "there is no analyst", "Write one with bapsang analyst draft, or leave out analysts_dir."
	}
	return []bot.Finding{f}
}

func checkModel(ctx context.Context, e *env, b config.Backend) []bot.Finding {
	out := []bot.Finding{agreed(true, b.Contract, e.now())}
	client, err := openai.New(openai.Options{Name: b.Name, BaseURL: b.BaseURL, Key: b.APIKey, Model: b.Model, Dialect: openai.Dialect(b.Dialect)})
	if err != nil {
		return append(out, bot.Finding{Name: "settings", State: bot.Broken, Text: err.Error()})
	}
	defer client.CloseIdle()
	models, err := client.Models(ctx)
	if err != nil {
		text, fix := modelTrouble(err)
		return append(out, bot.Finding{Name: b.BaseURL, State: bot.Broken, Text: "does not tell its models: " + text, Fix: fix})
	}
	var names []string
	for _, m := range models {
		if m.ID == b.Model {
			text := "serves " + b.Model
			if m.MaxContext > 0 {
				text += fmt.Sprintf(", %d tokens of context", m.MaxContext)
			}
			return append(out, bot.Finding{Name: b.BaseURL, State: bot.Fine, Text: text})
		}
		names = append(names, m.ID)
	}
	return append(out, bot.Finding{
		Name: b.BaseURL, State: bot.Broken, Text: "does not serve " + b.Model, Fix: "It serves " + strings.Join(names, ", ") + ". Write one of these as model.",
	})
}

// modelTrouble says what kept a server from telling its models, and what to do. What
// the server itself said may name hosts and keys, so it is not repeated.
func modelTrouble(err error) (text, fix string) {
	const meanwhile = " Questions that need no model are answered meanwhile."
	var known *llm.Error
	if !errors.As(err, &known) {
		return err.Error(), "Look at base_url." + meanwhile
	}
	switch known.Status {
	case 0:
		return "nothing answers there", "Look at base_url, and whether the server runs and can be reached from here." + meanwhile
	case http.StatusNotFound:
		return "HTTP 404", "base_url usually ends in /v1, such as http://llm:8000/v1." + meanwhile
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprintf("HTTP %d", known.Status), "Look at api_key or key_file." + meanwhile
	}
	return fmt.Sprintf("HTTP %d", known.Status), "Look at the server's log." + meanwhile
}
