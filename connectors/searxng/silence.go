package searxng

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bapsang/bapsang/connectors/rest"
)

// checkEvery is how often an instance is asked whether it still has the engines that
// are silent.
const checkEvery = 10 * time.Minute

// silence remembers the engines that did not answer.
type silence struct {
	mu      sync.Mutex
	begun   bool              // the instance was asked who refused it before; guarded by mu
	engines map[string]string // reason by engine; guarded by mu
	checked time.Time         // when the instance last said which engines it has; guarded by mu
}

// after takes in an answer and returns who is silent, with reasons. Heard are the
// engines with a result in it, unresponsive the pairs of engine and reason.
func (s *silence) after(heard map[string]bool, unresponsive [][]string, from instance) []string {
	if s.beginning() {
		s.begin(from.refused())
	}
	if s.dueForCheck() {
		s.keepOnly(from.engines())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := range heard {
		delete(s.engines, e)
	}
	var silent []string
	now := map[string]bool{}
	for _, pair := range unresponsive {
		if len(pair) == 0 || pair[0] == "" {
			continue
		}
		reason := "no answer"
		if len(pair) > 1 && pair[1] != "" {
			reason = rest.Cut(rest.Plain(pair[1]), 100)
		}
		now[pair[0]], s.engines[pair[0]] = true, reason
		silent = append(silent, line(pair[0], reason))
	}
	for e, reason := range s.engines {
		if !now[e] {
			silent = append(silent, line(e, reason)+" (nothing heard since)")
		}
	}
	slices.Sort(silent)
	return slices.Compact(silent)
}

func line(engine, reason string) string { return rest.Cut(rest.Plain(engine), 60) + ": " + reason }

// beginning reports, once, that nothing is remembered yet.
func (s *silence) beginning() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.begun
	s.begun = true
	return first
}

func (s *silence) begin(refused []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range refused {
		if s.engines[e] == "" {
			s.engines[e] = "refused the instance before"
		}
	}
}

func (s *silence) dueForCheck() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.engines) == 0 || time.Since(s.checked) < checkEvery {
		return false
	}
	s.checked = time.Now()
	return true
}

// keepOnly forgets engines that the instance does not ask any more.
func (s *silence) keepOnly(has map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := range s.engines {
		if has != nil && !has[e] {
			delete(s.engines, e)
		}
	}
}

// instance is asked about its engines.
type instance struct {
	ctx    context.Context
	client *rest.Client
}

// refusals are the exceptions for which an instance suspends an engine.
var refusals = []string{"TooManyRequestsException", "CaptchaException", "AccessDeniedException"}

// refused are the engines that refused the instance since it runs; none when it does
// not say.
func (i instance) refused() []string {
	var errors map[string][]struct {
		Exception string `json:"exception_classname"`
	}
	if i.client.JSON(i.ctx, rest.Request{Path: "/stats/errors"}, &errors) != nil {
		return nil
	}
	var names []string
	for name, kinds := range errors {
		for _, k := range kinds {
			if slices.ContainsFunc(refusals, func(r string) bool { return strings.HasSuffix(k.Exception, r) }) {
				names = append(names, name)
			}
		}
	}
	return names
}

// engines are those that the instance asks; nil when it does not say.
func (i instance) engines() map[string]bool {
	var config struct {
		Engines []struct {
			Name    string `json:"name"`
			Enabled bool   `json:"enabled"`
		} `json:"engines"`
	}
	if i.client.JSON(i.ctx, rest.Request{Path: "/config"}, &config) != nil || len(config.Engines) == 0 {
		return nil
	}
	has := map[string]bool{}
	for _, e := range config.Engines {
		has[e.Name] = e.Enabled
	}
	return has
}
