package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
)

// errAwaitsMore says that another of an analyst's sources is not there yet.
var errAwaitsMore = errors.New("another source is not there yet")

// ownSources are the sources that a definition names, each with the model that the
// configuration has for it.
func ownSources(cfg *config.Config, d *analyst.Definition, sources map[string]connectors.Source) (map[string]analyst.Own, error) {
	if problems := d.NoSources(func(name string) bool { return sources[name] != nil }); len(problems) > 0 {
		return nil, problems
	}
	owns := map[string]analyst.Own{}
	for _, spec := range cfg.Sources {
		own := analyst.Own{Source: sources[spec.Name]}
		if spec.Model != "" {
			var err error
			if own.Model, err = analyst.ForModel(spec.Name, cfg.Path(spec.Model)); err != nil {
				return nil, err
			}
		}
		owns[spec.Name] = own
	}
	return owns, nil
}

// seatSpanning seats the analyst of a definition that names several sources, once all of
// them are there.
func (s *set) seatSpanning(e *env, cfg *config.Config, d *analyst.Definition, sources map[string]connectors.Source) error {
	owns, err := ownSources(cfg, d, sources)
	if err != nil {
		return s.broken(e, analyst.Awaited(d, nil), err)
	}
	for _, c := range d.Channels {
		s.channels[strings.ToLower(strings.TrimPrefix(c, "#"))] = d.Name
	}
	var away awaitedSources
	for _, name := range d.Sources {
		if out, ok := sources[name].(*absence); ok {
			away = append(away, out)
		}
	}
	build := func(ctx context.Context, _ connectors.Source) (*agent.Analyst, error) {
		if away.err() != nil {
			return nil, errAwaitsMore
		}
		a, problems, err := s.together.SeatSpanning(ctx, d, owns)
		if err == nil && len(problems) > 0 {
			return nil, &unfitError{problems, a}
		}
		return a, err
	}
	awaited := analyst.Awaited(d, away)
	if len(away) > 0 {
		for _, out := range away {
			out.builds = append(out.builds, builder{awaited, build})
		}
		s.analysts = append(s.analysts, awaited)
		return nil
	}
	made, err := build(e.ctx, nil)
	if err != nil {
		return s.broken(e, awaited, err)
	}
	s.analysts = append(s.analysts, made)
	return nil
}

// awaitedSources stand for those of an analyst's sources that are not there: whoever asks is
// told of the first. They implement connectors.Source.
type awaitedSources []*absence

func (w awaitedSources) err() error {
	for _, out := range w {
		if _, err := out.use(); err != nil {
			return err
		}
	}
	return nil
}

func (w awaitedSources) failure() error {
	if err := w.err(); err != nil {
		return err
	}
	return connectors.Errorf(connectors.CodeUnavailable, "The sources are being opened.")
}

// Catalog implements connectors.Source.
func (w awaitedSources) Catalog(context.Context) (*connectors.Catalog, error) {
	return nil, w.failure()
}

// Query implements connectors.Source.
func (w awaitedSources) Query(context.Context, connectors.Caller, connectors.Statement) (*connectors.Result, error) {
	return nil, w.failure()
}

// Close implements connectors.Source. Whoever opened the sources closes them.
func (w awaitedSources) Close() error { return nil }
