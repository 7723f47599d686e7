package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// Contract is what was agreed with whoever runs an upstream. docs/contracts.md describes it.
type Contract struct {
	Owner  string `yaml:"owner"`
	Agreed string `yaml:"agreed"` // date
	// Expires is the last day on which it holds; empty holds for good.
	Expires string `yaml:"expires"`
	Rate    string `yaml:"rate"` // such as "100/m, 5000/h"
	// PerDay is the budget of a calendar day: a number, of days in the deployment's time zone,
	// or one with its own, such as "25000@America/Los_Angeles".
	PerDay      string `yaml:"per_day"`
	Concurrency int    `yaml:"concurrency"` // calls at once, of all replicas together
	Queue       int    `yaml:"queue"`       // calls of one replica that may wait
	Timeout     string `yaml:"timeout"`     // such as "60s"
	// WhenExhausted is "queue", the default, "degrade" or "refuse".
	WhenExhausted string `yaml:"when_exhausted"`
	// Cache is how long an answer is given again, such as "1h".
	Cache string `yaml:"cache"`

	most *connectors.Rate // what is called at most in any case, one call at a time; nil leaves it
}

// keyError is a mistake in one key of a contract.
type keyError struct {
	key string
	err error
}

func (e *keyError) Error() string { return e.err.Error() }

func (e *keyError) Unwrap() error { return e.err }

func wrongKey(key, format string, args ...any) error {
	return &keyError{key, fmt.Errorf(format, args...)}
}

// Build returns the contract as the guard takes it, of what is called name. Days without a
// zone of their own are those of zone.
func (c Contract) Build(name string, zone *time.Location) (connectors.Contract, error) {
	out := connectors.Contract{Name: name, Owner: c.Owner, Concurrency: c.Concurrency, Queue: c.Queue, WhenExhausted: connectors.WhenExhausted(c.WhenExhausted)}
	if c.Concurrency < 0 {
		return out, wrongKey("concurrency", "concurrency %d is less than one", c.Concurrency)
	}
	if c.Queue < 0 {
		return out, wrongKey("queue", "queue %d is less than one", c.Queue)
	}
	switch out.WhenExhausted {
	case "":
		out.WhenExhausted = connectors.Queue
	case connectors.Queue, connectors.Degrade, connectors.Refuse:
	default:
		return out, wrongKey("when_exhausted", "when_exhausted %q is not known; there are queue, degrade and refuse", c.WhenExhausted)
	}
	var err error
	if out.Agreed, err = date("agreed", c.Agreed); err != nil {
		return out, err
	}
	if out.Expires, err = date("expires", c.Expires); err != nil {
		return out, err
	}
	if !out.Expires.IsZero() && out.Expires.Before(out.Agreed) {
		return out, wrongKey("expires", "expires %s is before agreed %s", c.Expires, c.Agreed)
	}
	if out.Timeout, err = duration("timeout", c.Timeout, "60s"); err != nil {
		return out, err
	}
	if out.Cache, err = duration("cache", c.Cache, "1h"); err != nil {
		return out, err
	}
	if out.Rates, err = c.rates(zone); err == nil && c.most != nil {
		out.Rates, out.Concurrency = append(out.Rates, *c.most), 1
	}
	return out, err
}

func date(key, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return at, wrongKey(key, "%s %q is not a date such as 2026-10-01", key, text)
	}
	return at, nil
}

func duration(key, text, example string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, wrongKey(key, "%s %q is not a duration such as %s", key, text, example)
	}
	return d, nil
}

func (c Contract) rates(zone *time.Location) ([]connectors.Rate, error) {
	rates, err := connectors.ParseRates(c.Rate)
	if err != nil {
		return nil, &keyError{"rate", err}
	}
	if c.PerDay == "" {
		return rates, nil
	}
	number, in, zoned := strings.Cut(c.PerDay, "@")
	if _, err := strconv.Atoi(strings.TrimSpace(number)); err != nil {
		return nil, wrongKey("per_day", "per_day %q is not a number such as 5000, or 5000@America/Los_Angeles", c.PerDay)
	}
	if zoned {
		zone = nil
	} else {
		in = "UTC"
	}
	day, err := connectors.ParseRate(number + "/d@" + in)
	if err != nil {
		return nil, wrongKey("per_day", "per_day: %w", err)
	}
	if zone != nil {
		day.Zone = zone
	}
	if slices.ContainsFunc(rates, func(r connectors.Rate) bool { return r.Per == day.Per }) {
		return nil, wrongKey("per_day", "there is a number for the day in rate, too; keep one")
	}
	return append(rates, day), nil
}

// Build returns the contract as the guard takes it, of what is called name.
func (c OutsideContract) Build(name string, zone *time.Location) (connectors.Contract, error) {
	if c.Name != "" {
		name = c.Name
	}
	out, err := c.Contract.Build(name, zone)
	out.Internal = c.Internal
	return out, err
}

// Location is the time zone of the deployment.
func (c *Config) Location() *time.Location {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC // Read refuses such a configuration
	}
	return zone
}

// validContract looks at a contract of what is at a path. Where parts can be left out of an
// answer, degrading needs no cache.
func (c *Config) validContract(at, whose string, contract Contract, leavesOut bool, wrong func(path, format string, args ...any)) {
	_, err := contract.Build("", c.Location())
	if err == nil && contract.WhenExhausted == string(connectors.Degrade) && contract.Cache == "" && !leavesOut {
		err = wrongKey("when_exhausted", "when_exhausted: degrade gives older answers; say with cache how long they are good, or write refuse")
	}
	if err == nil {
		return
	}
	place := at + ".contract"
	var key *keyError
	if errors.As(err, &key) {
		place += "." + key.key
	}
	wrong(place, "%s: %v", whose, err)
}

// PagesName is the contract by which web pages are read. It is not the configuration's to
// write: what a site agrees to stands in its robots.txt.
const PagesName = "pages"

// pagesAtOnce is how many sites are read at a time. One site is asked one page at a time.
const pagesAtOnce = 4

// PagesContract is the contract by which web pages are read.
func PagesContract() connectors.Contract {
	return connectors.Contract{
		Name: PagesName, Owner: "robots.txt", Agreed: time.Unix(0, 0).UTC(), Concurrency: pagesAtOnce, WhenExhausted: connectors.Queue,
	}
}

// Upstream is something that is called under a contract.
type Upstream struct {
	Kind     string   // "source", "search", "feed", "pages" or "model"
	Names    []string // of the entries that have it
	Contract connectors.Contract
	// TokensPerMinute is what was agreed beside it; 0 for any number.
	TokensPerMinute int
	// Own says that it is a copy of our own, which needs nobody's agreement.
	Own bool
}

// Upstreams are all that a configuration calls under a contract, in its order; entries that
// share one are one.
func (c *Config) Upstreams() []Upstream {
	var out []Upstream
	add := func(u Upstream, entry string) {
		for i := range out {
			if out[i].Contract.Name == u.Contract.Name && out[i].Kind == u.Kind {
				out[i].Names = append(out[i].Names, entry)
				return
			}
		}
		u.Names = []string{entry}
		out = append(out, u)
	}
	zone := c.Location()
	for _, b := range c.LLM.Backends {
		contract, _ := b.Contract.Build(b.Name, zone) //nolint:errcheck // Read looked at it
		add(Upstream{Kind: "model", Contract: contract, TokensPerMinute: b.TokensPerMinute}, b.Name)
	}
	for _, s := range c.Sources {
		contract, _ := s.Contract.Build(s.Name, zone) //nolint:errcheck // Read looked at it
		contract.Alone = s.alone
		add(Upstream{Kind: "source", Contract: contract, Own: s.Driver == "files" && s.Contract.Owner == ""}, s.Name)
	}
	for _, s := range c.Search {
		contract, _ := s.Contract.Build(s.Name, zone) //nolint:errcheck // Read looked at it
		add(Upstream{Kind: "search", Contract: contract}, s.Name)
	}
	for _, f := range c.Feeds {
		contract, _ := f.Contract.Build(f.Name, zone) //nolint:errcheck // Read looked at it
		add(Upstream{Kind: "feed", Contract: contract}, f.Name)
	}
	if len(c.Search)+len(c.Feeds) > 0 || c.Pages != nil {
		add(Upstream{Kind: PagesName, Contract: PagesContract()}, PagesName)
	}
	return out
}

// Trickle has what is called outside get no more than what nobody agreed to, or less where less
// was agreed: one call at a time. It is for who calls beside a bapsang that uses all of it.
func (c *Config) Trickle(call, model connectors.Rate) {
	for i := range c.LLM.Backends {
		c.LLM.Backends[i].Contract.most = &model
	}
	for i := range c.Sources {
		if !c.Sources[i].alone {
			c.Sources[i].Contract.most = &call
		}
	}
	for i := range c.Search {
		c.Search[i].Contract.most = &call
	}
	for i := range c.Feeds {
		c.Feeds[i].Contract.most = &call
	}
}

// validateUpstreams sees that a contract is told by its name, in the ledger and by who turns
// it off: entries of one name must be of one kind, and agree about its terms.
func (c *Config) validateUpstreams(wrong func(path, format string, args ...any)) {
	type first struct{ what, terms string }
	seen := map[string]first{PagesName: {"pages, the reader of web pages,", ""}}
	zone := c.Location()
	look := func(at, kind, entry string, contract connectors.Contract, err error) {
		if err != nil || entry == "" {
			return // said already
		}
		what := kind + " " + entry
		// How long an answer is good is each entry's own.
		contract.Cache, contract.Timeout, contract.WhenExhausted, contract.Internal = 0, 0, "", false
		terms := fmt.Sprint(contract)
		was, known := seen[contract.Name]
		switch {
		case !known:
			seen[contract.Name] = first{what, terms}
		case !strings.HasPrefix(was.what, kind+" "):
			wrong(at, "%s and %s are both called %s, by which the ledger and `bapsang upstream` tell them; rename one", was.what, what, contract.Name)
		case was.terms != terms:
			wrong(at+".contract", "%s and %s share the contract %s and differ in its terms; write the same in both", was.what, what, contract.Name)
		}
	}
	for i, b := range c.LLM.Backends {
		contract, err := b.Contract.Build(b.Name, zone)
		look(fmt.Sprintf("$.llm.backends[%d]", i), "model", b.Name, contract, err)
	}
	for i, s := range c.Sources {
		contract, err := s.Contract.Build(s.Name, zone)
		look(fmt.Sprintf("$.sources[%d]", i), "source", s.Name, contract, err)
	}
	for i, s := range c.Search {
		contract, err := s.Contract.Build(s.Name, zone)
		look(fmt.Sprintf("$.search[%d]", i), "search", s.Name, contract, err)
	}
	for i, f := range c.Feeds {
		contract, err := f.Contract.Build(f.Name, zone)
		look(fmt.Sprintf("$.feeds[%d]", i), "feed", f.Name, contract, err)
	}
}
