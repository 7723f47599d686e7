package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors/egress"
)

// Search is one place that is searched. docs/search.md says what each driver takes.
type Search struct {
	Name     string          `yaml:"name"`
	Driver   string          `yaml:"driver"`
	Contract OutsideContract `yaml:"contract"`

	BaseURL string `yaml:"base_url"`
	Key     string `yaml:"key"`
	KeyFile string `yaml:"key_file"` // read instead of key

	Categories []string `yaml:"categories"` // of searxng's engines
	Topic      string   `yaml:"topic"`      // of tavily
	Kind       string   `yaml:"kind"`       // of naver
	ClientID   string   `yaml:"client_id"`  // of naver and msgraph
	Email      string   `yaml:"email"`      // of confluence's cloud
	Spaces     []string `yaml:"spaces"`     // of confluence
	TenantID   string   `yaml:"tenant_id"`  // of msgraph
	Region     string   `yaml:"region"`     // of msgraph
	LoginURL   string   `yaml:"login_url"`  // of msgraph; Microsoft's own when empty

	// An MCP server is started by Command with Env as its whole environment, or called at
	// URL with Header.
	Command      []string          `yaml:"command"`
	Env          map[string]string `yaml:"env"`
	URL          string            `yaml:"url"`
	Header       map[string]string `yaml:"header"`
	AllowPrivate []string          `yaml:"allow_private"` // addresses behind URL that are not public
	Tool         string            `yaml:"tool"`
	Approved     string            `yaml:"approved"` // the tool's fingerprint, as doctor tells it
	Arguments    SearchArguments   `yaml:"arguments"`
	Results      SearchResults     `yaml:"results"`
}

// SearchArguments say which argument of an MCP tool is what of a query.
type SearchArguments struct {
	Query    string         `yaml:"query"`
	Max      string         `yaml:"max"`
	Language string         `yaml:"language"`
	Market   string         `yaml:"market"`
	After    string         `yaml:"after"`
	Before   string         `yaml:"before"`
	Fixed    map[string]any `yaml:"fixed"` // sent as they are
}

// SearchResults say where in an MCP tool's JSON the hits are.
type SearchResults struct {
	Items     string `yaml:"items"`
	Title     string `yaml:"title"`
	URL       string `yaml:"url"`
	Snippet   string `yaml:"snippet"`
	Published string `yaml:"published"`
}

// OutsideContract is the contract with whoever runs what is searched or read.
type OutsideContract struct {
	Contract `yaml:",inline"`
	// Name is whose rates these are; entries with one name share them. Empty means the
	// entry's own.
	Name string `yaml:"name"`
	// Internal says that it is the company's own: it may be asked anything.
	Internal bool `yaml:"internal"`
}

// Egress is what must not leave with a search, besides what never does.
type Egress struct {
	Confidential    []string `yaml:"confidential"`
	InternalDomains []string `yaml:"internal_domains"`
}

// Pages say how pages that were found are fetched.
type Pages struct {
	// Contact is where a site's owner can write to: a URL or an e-mail address.
	Contact string `yaml:"contact"`
	// AllowPrivate are single hosts of the company's own that may be fetched too.
	AllowPrivate []string `yaml:"allow_private"`
}

// Feed is a calendar or news that is read for dates.
type Feed struct {
	Name         string          `yaml:"name"`
	Driver       string          `yaml:"driver"` // "rss" or "ics"
	URL          string          `yaml:"url"`
	CalDAV       bool            `yaml:"caldav"` // URL is a collection
	Username     string          `yaml:"username"`
	Password     string          `yaml:"password"`
	KeyFile      string          `yaml:"key_file"` // read instead of password
	Zone         string          `yaml:"zone"`     // of times without one
	AllowPrivate []string        `yaml:"allow_private"`
	Official     []string        `yaml:"official"` // the events it speaks for; empty means all that it names
	Contract     OutsideContract `yaml:"contract"`
}

// searchDriver is what a driver takes, by the keys of Search.
type searchDriver struct {
	name         string
	needs, takes []string
	internal     bool // always the company's own
	// keeps is set where the terms of the service let answers be given again.
	keeps bool
}

var searchDrivers = []searchDriver{
	{name: "searxng", needs: []string{"base_url"}, takes: []string{"categories"}, keeps: true},
	{name: "brave", needs: []string{"key"}, takes: []string{"base_url"}},
	{name: "tavily", needs: []string{"key"}, takes: []string{"base_url", "topic"}, keeps: true},
	{name: "exa", needs: []string{"key"}, takes: []string{"base_url"}},
	{name: "naver", needs: []string{"client_id", "key"}, takes: []string{"base_url", "kind"}, keeps: true},
	{name: "confluence", needs: []string{"base_url", "key"}, takes: []string{"email", "spaces"}, internal: true, keeps: true},
	{name: "msgraph", needs: []string{"tenant_id", "client_id", "key", "region"}, takes: []string{"base_url", "login_url"}, internal: true, keeps: true},
	{name: "mcp", needs: []string{"tool"}, takes: []string{"command", "env", "url", "header", "allow_private", "approved", "arguments", "results"}, keeps: true},
}

// given are the keys that an entry has, in the order in which they are documented.
func (s *Search) given() []string {
	all := []struct {
		key   string
		there bool
	}{
		{"base_url", s.BaseURL != ""}, {"key", s.Key != ""}, {"categories", s.Categories != nil}, {"topic", s.Topic != ""}, {"kind", s.Kind != ""},
		{"client_id", s.ClientID != ""}, {"email", s.Email != ""}, {"spaces", s.Spaces != nil}, {"tenant_id", s.TenantID != ""}, {"region", s.Region != ""},
		{"login_url", s.LoginURL != ""}, {"command", s.Command != nil}, {"env", s.Env != nil}, {"url", s.URL != ""}, {"header", s.Header != nil},
		{"allow_private", s.AllowPrivate != nil}, {"tool", s.Tool != ""}, {"approved", s.Approved != ""},
		{"arguments", s.Arguments.given()}, {"results", s.Results != SearchResults{}},
	}
	var out []string
	for _, one := range all {
		if one.there {
			out = append(out, one.key)
		}
	}
	return out
}

func (a *SearchArguments) given() bool {
	return a.Query+a.Max+a.Language+a.Market+a.After+a.Before != "" || a.Fixed != nil
}

func (c *Config) validateOutside(wrong func(path, format string, args ...any)) {
	seen := map[string]bool{}
	for i := range c.Search {
		s := &c.Search[i]
		at := fmt.Sprintf("$.search[%d]", i)
		if c.nameOf(at, "search", s.Name, seen, wrong) {
			c.validateSearch(at, s, wrong)
		}
	}
	for i := range c.Feeds {
		f := &c.Feeds[i]
		at := fmt.Sprintf("$.feeds[%d]", i)
		if c.nameOf(at, "feed", f.Name, seen, wrong) {
			c.validateFeed(at, f, wrong)
		}
	}
	for i, term := range c.Egress.Confidential {
		if _, err := egress.New(egress.Options{Confidential: []string{term}}); err != nil {
			wrong(fmt.Sprintf("$.egress.confidential[%d]", i), "confidential %q is too short to look for: write two letters or digits at least", term)
		}
	}
	for i, domain := range c.Egress.InternalDomains {
		if !domainForm.MatchString(domain) {
			wrong(fmt.Sprintf("$.egress.internal_domains[%d]", i), "internal domain %q must be like corp.example.com", domain)
		}
	}
	if c.Pages != nil {
		if strings.ContainsFunc(c.Pages.Contact, func(r rune) bool { return r < ' ' || r > '~' }) {
			wrong("$.pages.contact", "contact %q goes into a header, which carries ASCII only", c.Pages.Contact)
		}
		validPrivate("$.pages", "pages", c.Pages.AllowPrivate, wrong)
	}
}

var domainForm = regexp.MustCompile(`^\.?[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.?$`)

// nameOf reports whether a name can be told from others. Searches and feeds are told apart
// in the audit log and in metrics.
func (c *Config) nameOf(at, what, name string, seen map[string]bool, wrong func(path, format string, args ...any)) bool {
	switch {
	case name == "":
		wrong(at, "the %s has no name", what)
		return false
	case !sourceName.MatchString(name):
		wrong(at+".name", "%s name %q: use letters, digits, - and _, at most 64", what, name)
		return false
	case seen[strings.ToLower(name)]:
		wrong(at+".name", "there are two searches or feeds called %s", name)
	}
	seen[strings.ToLower(name)] = true
	return true
}

func (c *Config) validateSearch(at string, s *Search, wrong func(path, format string, args ...any)) {
	var known []string
	for _, d := range searchDrivers {
		known = append(known, d.name)
	}
	j := slices.Index(known, s.Driver)
	switch {
	case s.Driver == "":
		wrong(at, "search %s has no driver; there are %s", s.Name, strings.Join(known, ", "))
		return
	case j < 0:
		wrong(at+".driver", "search %s: driver %q is not known; there are %s", s.Name, s.Driver, strings.Join(known, ", "))
		return
	}
	d := searchDrivers[j]
	c.secret(at, "search "+s.Name, "key", &s.Key, s.KeyFile, wrong)
	given := s.given()
	for _, key := range given {
		if !slices.Contains(d.needs, key) && !slices.Contains(d.takes, key) {
			place := at + "." + key
			if key == "key" && s.KeyFile != "" {
				place = at + ".key_file"
			}
			wrong(place, "search %s: %s takes no %s", s.Name, d.name, key)
		}
	}
	for _, key := range d.needs {
		if !slices.Contains(given, key) && (key != "key" || s.KeyFile == "") {
			wrong(at, "search %s has no %s, which %s needs", s.Name, key, d.name)
		}
	}
	for _, one := range []struct{ key, address string }{{"base_url", s.BaseURL}, {"login_url", s.LoginURL}, {"url", s.URL}} {
		if one.address != "" && !isWeb(one.address) && !(one.key == "url" && isEndpoint(one.address)) {
			wrong(at+"."+one.key, "search %s: %s %q must be an address that begins with http:// or https://", s.Name, one.key, one.address)
		}
	}
	s.validateChoices(at, wrong)
	if d.name == "mcp" {
		s.validateMCP(at, wrong)
	}
	if s.Contract.Cache != "" && !d.keeps {
		wrong(at+".contract.cache", "search %s: the terms of %s do not let answers be kept; leave cache out", s.Name, d.name)
	}
	if d.internal {
		s.Contract.Internal = true
	}
	c.validContract(at, "search "+s.Name, s.Contract.Contract, true, wrong)
}

// validateChoices looks at keys that have a few values.
func (s *Search) validateChoices(at string, wrong func(path, format string, args ...any)) {
	for _, one := range []struct {
		key, value string
		known      []string
	}{
		{"topic", s.Topic, []string{"general", "news", "finance"}},
		{"kind", s.Kind, []string{"webkr", "news", "blog", "encyc"}},
	} {
		if one.value != "" && !slices.Contains(one.known, one.value) {
			wrong(at+"."+one.key, "search %s: %s %q is not known; there are %s", s.Name, one.key, one.value, strings.Join(one.known, ", "))
		}
	}
	if s.TenantID != "" && !guid.MatchString(s.TenantID) {
		wrong(at+".tenant_id", "search %s: tenant_id %q is no id; the Directory (tenant) ID looks like 00000000-0000-0000-0000-000000000000", s.Name, s.TenantID)
	}
}

func (s *Search) validateMCP(at string, wrong func(path, format string, args ...any)) {
	switch {
	case len(s.Command) == 0 && s.URL == "":
		wrong(at, "search %s has neither command, which starts the server, nor url, where it is called", s.Name)
	case len(s.Command) > 0 && s.URL != "":
		wrong(at, "search %s has both command and url; keep one", s.Name)
	case s.URL == "" && (s.Header != nil || s.AllowPrivate != nil):
		wrong(at, "search %s: header and allow_private go with url", s.Name)
	case s.URL != "" && s.Env != nil:
		wrong(at+".env", "search %s: env goes with command", s.Name)
	}
	for name := range s.Env {
		if name == "" || strings.ContainsAny(name, "= \x00") {
			wrong(at+".env", "search %s: %q is no name of the environment", s.Name, name)
		}
	}
	validPrivate(at, "search "+s.Name, s.AllowPrivate, wrong)
}

func (c *Config) validateFeed(at string, f *Feed, wrong func(path, format string, args ...any)) {
	c.secret(at, "feed "+f.Name, "password", &f.Password, f.KeyFile, wrong)
	switch {
	case f.Driver == "":
		wrong(at, "feed %s has no driver; there are rss and ics", f.Name)
	case f.Driver != "rss" && f.Driver != "ics":
		wrong(at+".driver", "feed %s: driver %q is not known; there are rss and ics", f.Name, f.Driver)
	case f.Driver == "rss" && (f.CalDAV || f.Username != "" || f.Password != ""):
		wrong(at, "feed %s: caldav, username and password are for ics", f.Name)
	case (f.Username == "") != (f.Password == ""):
		wrong(at, "feed %s: username and password go together", f.Name)
	}
	switch {
	case f.URL == "":
		wrong(at, "feed %s has no url, such as https://www.example.com/events.ics", f.Name)
	case !isEndpoint(f.URL):
		wrong(at+".url", "feed %s: url must be like https://www.example.com/events.ics; a name and password go into username and password", f.Name)
	}
	if _, err := time.LoadLocation(f.Zone); err != nil || f.Zone == "Local" {
		wrong(at+".zone", "feed %s: zone %q is not an IANA name such as Asia/Seoul", f.Name, f.Zone)
	}
	validPrivate(at, "feed "+f.Name, f.AllowPrivate, wrong)
	c.validContract(at, "feed "+f.Name, f.Contract.Contract, false, wrong)
}

// isEndpoint is isWeb for an address that may have a query.
func isEndpoint(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Fragment == ""
}

// secret reads a secret where it stands in a file.
func (c *Config) secret(at, whose, key string, into *string, file string, wrong func(path, format string, args ...any)) {
	if file == "" {
		return
	}
	if *into != "" {
		wrong(at, "%s has both %s and key_file; keep one", whose, key)
		return
	}
	data, err := os.ReadFile(rooted(filepath.Dir(c.file), file))
	if err != nil {
		wrong(at+".key_file", "%s: key_file: %v", whose, err)
		return
	}
	if *into = strings.TrimSpace(string(data)); *into == "" {
		wrong(at+".key_file", "%s: key_file is empty", whose)
	}
}

func validPrivate(at, whose string, addresses []string, wrong func(path, format string, args ...any)) {
	for i, one := range addresses {
		if _, err := Prefix(one); err != nil {
			wrong(fmt.Sprintf("%s.allow_private[%d]", at, i), "%s: allow_private %q must be an address or a range such as 10.1.2.3 or 10.1.2.0/28", whose, one)
		}
	}
}

// Prefix is an address, or a range of them, of allow_private.
func Prefix(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}
