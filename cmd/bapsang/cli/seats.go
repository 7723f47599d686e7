package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/across"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

// newSideboard is where analysts over several sources are opened.
func newSideboard(timezone string) *analyst.Sideboard {
	return analyst.NewSideboard(func(name string, members ...analyst.Joined) connectors.Source {
		parts := make([]across.Member, len(members))
		for i, m := range members {
			parts[i] = across.Member{Name: m.Name, Source: m.Source, Tables: m.Tables}
		}
		return across.New(name, func(ctx context.Context, tables []connectors.Held, stmt connectors.Statement) (*connectors.Result, error) {
			return duckdb.Scratch(ctx, timezone, tables, stmt)
		}, parts...)
	})
}

// seatTogether has the analysts answer together what none of them answers alone.
func (s *set) seatTogether(timezone string) {
	if s.together == nil {
		s.together = newSideboard(timezone)
	}
	s.together.Seat(s.analysts)
}

// seatAll builds the analysts.
func (s *set) seatAll(e *env, cfg *config.Config, sources map[string]connectors.Source) error {
	if cfg.AnalystsDir != "" {
		return s.addDefined(e, cfg, sources)
	}
	for _, spec := range cfg.Sources {
		if err := s.addSource(e, cfg, spec, sources[spec.Name]); err != nil {
			return err
		}
	}
	return nil
}

// without goes on without a source that could not be opened.
func (s *set) without(e *env, cfg *config.Config, i int, err error) (connectors.Source, error) {
	spec := cfg.Sources[i]
	placed := &placedError{what: "source " + spec.Name, err: err}
	if s.absent == nil || e.ctx.Err() != nil {
		return nil, placed
	}
	a := s.absence(e, cfg, i, err)
	if a.awaited() {
		e.logger.WarnContext(e.ctx, "a source cannot be reached; going on without it, and trying again", "source", spec.Name, "error", sentence(err))
	} else {
		e.logger.ErrorContext(e.ctx, "a source cannot be used; going on without it", "source", spec.Name, "error", sentence(err), "see", "bapsang doctor")
	}
	return a, nil
}

// await goes on without a source that is still being opened.
func (s *set) await(e *env, cfg *config.Config, i int, begun *opening) connectors.Source {
	a := s.absence(e, cfg, i, errSilent())
	a.begun = begun
	e.logger.WarnContext(e.ctx, "a source has not answered yet; going on without it, and waiting", "source", a.name)
	return a
}

// absence stands for a source that is not there because of err, and knows how to open it.
func (s *set) absence(e *env, cfg *config.Config, i int, err error) *absence {
	spec := cfg.Sources[i]
	a := newAbsence(spec.Name, false, err)
	a.open = func(ctx context.Context) (source connectors.Source, err error) {
		contract, err := contractOf(cfg, spec)
		if err != nil {
			return nil, err
		}
		within := *e
		err = connectors.Under(ctx, contract, s.hooks, func(ctx context.Context) error {
			within.ctx = ctx
			source, err = openSource(&within, cfg, i, s.hooks)
			return err
		})
		return source, err
	}
	s.absent.add(a)
	return a
}

// somebody is an error where nobody is left who answers, or may some time.
func (s *set) somebody() error {
	return somebody(s.analysts, func(out *absence) bool { return out.awaited() || out.unfit != nil })
}

// somebody is an error where none of the analysts answers, and of none is to be hoped.
func somebody(analysts []*agent.Analyst, hope func(*absence) bool) error {
	var first error
	for _, a := range analysts {
		out, ok := a.Source.(*absence)
		if !ok || hope(out) {
			return nil
		}
		if first == nil {
			first = out.cause
		}
	}
	return first
}

// seat builds an analyst, or has what stands for it wait for its source.
func (s *set) seat(e *env, awaited *agent.Analyst, source connectors.Source, build func(context.Context, connectors.Source) (*agent.Analyst, error)) error {
	if out, ok := source.(*absence); ok {
		awaited.Source = out
		out.builds = append(out.builds, builder{awaited, build})
		s.analysts = append(s.analysts, awaited)
		return nil
	}
	a, err := build(e.ctx, source)
	if err != nil {
		return s.broken(e, awaited, err)
	}
	s.analysts = append(s.analysts, a)
	return nil
}

// unfitError is a definition that does not fit its tables. Where it did once, the tables have
// changed, and it is no mistake of whoever wrote it.
type unfitError struct {
	problems analyst.Problems
	analyst  *agent.Analyst // answers what fits
}

func (e *unfitError) Error() string { return e.problems.Error() }
func (e *unfitError) Unwrap() error { return e.problems }

// broken goes on without an analyst who cannot be built.
func (s *set) broken(e *env, awaited *agent.Analyst, err error) error {
	var unfit *unfitError
	_ = errors.As(err, &unfit)
	var wrong analyst.Problems
	if errors.As(err, &wrong) {
		err = usageError{err}
	}
	if s.absent == nil || e.ctx.Err() != nil {
		return err
	}
	out := newAbsence(awaited.Name, true, err)
	out.unfit = unfit
	s.absent.add(out)
	awaited.Source = out
	s.analysts = append(s.analysts, awaited)
	if unfit == nil { // else the store knows whether it fitted once
		e.logger.ErrorContext(e.ctx, "an analyst cannot answer; going on without it", "analyst", awaited.Name, "error", err)
	}
	return nil
}

// addSource gives a source that no analyst was written for one of its own.
func (s *set) addSource(e *env, cfg *config.Config, spec config.Source, source connectors.Source) error {
	name := spec.Name
	if spec.Model == "" {
		return s.seat(e, &agent.Analyst{Name: name}, source, func(ctx context.Context, source connectors.Source) (*agent.Analyst, error) {
			return analyst.Drafted(ctx, name, source)
		})
	}
	d, err := analyst.ForModel(name, cfg.Path(spec.Model))
	if err != nil {
		return s.broken(e, &agent.Analyst{Name: name}, err)
	}
	return s.seatDefinition(e, d, source)
}

// seatDefinition seats the analyst of a definition, and has its channels ask it.
func (s *set) seatDefinition(e *env, d *analyst.Definition, source connectors.Source) error {
	for _, c := range d.Channels {
		s.channels[strings.ToLower(strings.TrimPrefix(c, "#"))] = d.Name
	}
	return s.seat(e, analyst.Awaited(d, source), source, func(ctx context.Context, source connectors.Source) (*agent.Analyst, error) {
		a, problems, err := analyst.Seat(ctx, d, source)
		if err == nil && len(problems) > 0 {
			return nil, &unfitError{problems, a}
		}
		return a, err
	})
}

// addDefined builds the analysts of a configuration's folder.
func (s *set) addDefined(e *env, cfg *config.Config, sources map[string]connectors.Source) error {
	definitions, broken, err := s.definitions(cfg)
	if errors.Is(err, fs.ErrNotExist) {
		return usageError{cfg.At("$.analysts_dir", "there is no folder "+cfg.AnalystsDir)}
	}
	if err != nil {
		return usageError{err}
	}
	if len(definitions)+len(broken) == 0 {
		return usageError{cfg.At("$.analysts_dir", "there is no analyst in "+cfg.AnalystsDir)}
	}
	for _, d := range definitions {
		source, ok := sources[d.Source]
		switch {
		case len(d.Sources) > 0:
			err = s.seatSpanning(e, cfg, d, sources)
		case ok:
			err = s.seatDefinition(e, d, source)
		default:
			err = s.broken(e, analyst.Awaited(d, nil), analyst.Problems{d.NoSource()})
		}
		if err != nil {
			return err
		}
	}
	for _, b := range broken {
		if err := s.broken(e, &agent.Analyst{Name: b.Name}, b.Problems); err != nil {
			return err
		}
	}
	return nil
}

// definitions reads the analysts of a configuration's folder.
func (s *set) definitions(cfg *config.Config) (sound []*analyst.Definition, broken []analyst.Broken, err error) {
	dir := cfg.Path(cfg.AnalystsDir)
	if s.absent == nil {
		sound, err = analyst.ReadDir(dir)
		return sound, nil, err
	}
	return analyst.ReadSound(dir)
}
