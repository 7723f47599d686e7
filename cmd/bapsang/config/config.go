// Package config reads bapsang.yaml: strictly, with the place of every mistake.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/bapsang/bapsang/connectors"
)

// Config is the whole of bapsang.yaml. docs/reference.md shows one with every key.
type Config struct {
	// Listen is the address of the HTTP server; default 127.0.0.1:8080.
	Listen string `yaml:"listen"`
	// PublicURL is where people's browsers reach the page, through the proxy that stands before
	// it; empty where nobody but this machine does. Links in chats begin with it.
	PublicURL string `yaml:"public_url"`
	// DataDir holds the store and what files were dropped; default ./data beside the
	// configuration.
	DataDir string `yaml:"data_dir"`
	// Timezone is the IANA zone people mean by "yesterday"; default Asia/Seoul.
	Timezone string `yaml:"timezone"`
	// Contact is whom the owner of an upstream can call: a person, a channel, a number.
	Contact string `yaml:"contact"`
	Store   Store  `yaml:"store"`
	// Slack is nil when there is none.
	Slack *Slack `yaml:"slack"`
	// Teams is nil when there is none.
	Teams *Teams `yaml:"teams"`
	LLM   LLM    `yaml:"llm"`
	// Degradation says when less is done because many ask.
	Degradation Degradation `yaml:"degradation"`
	Sources     []Source    `yaml:"sources"`
	// AnalystsDir holds analysts as YAML; without it each source gets a drafted one.
	AnalystsDir string `yaml:"analysts_dir"`
	Web         Web    `yaml:"web"`
	// Subscriptions are what an operator has sent by the clock.
	Subscriptions []Subscription `yaml:"subscriptions"`
	API           API            `yaml:"api"`
	// Calendar is the marketing calendar.
	Calendar Calendar `yaml:"calendar"`
	// Changes is who is told when tables change under the analysts; docs/sources.md describes it.
	Changes Changes `yaml:"changes"`
	// Report is what reports of the program's worth assume; docs/report.md describes them.
	Report Report `yaml:"report"`
	// Search, Egress, Pages and Feeds are what lies outside; docs/search.md describes them.
	// Pages is nil where nothing was said of it.
	Search []Search `yaml:"search"`
	Egress Egress   `yaml:"egress"`
	Pages  *Pages   `yaml:"pages"`
	Feeds  []Feed   `yaml:"feeds"`

	file string
	node ast.Node
}

// LLM are the language models that may be asked.
type LLM struct {
	Backends []Backend `yaml:"backends"` // in order of preference
	// CallsPerQuestion bounds what one question may cost; default 10.
	CallsPerQuestion int `yaml:"calls_per_question"`
}

// Backend is one model behind an OpenAI-compatible server.
type Backend struct {
	Name    string `yaml:"name"`
	BaseURL string `yaml:"base_url"` // up to and with /v1
	Model   string `yaml:"model"`    // as the server names it
	APIKey  string `yaml:"api_key"`
	KeyFile string `yaml:"key_file"` // read instead of api_key
	// Dialect is "vllm" (the default), "vllm-old" for versions before 0.12, or "openai".
	Dialect string `yaml:"dialect"`
	// Priority says that the server runs with --scheduling-policy priority.
	Priority        bool     `yaml:"priority"`
	TokensPerMinute int      `yaml:"tokens_per_minute"`
	Contract        Contract `yaml:"contract"`
}

// Source is a database to answer from.
type Source struct {
	Name   string `yaml:"name"`
	Driver string `yaml:"driver"` // a connectors.Driver's name, such as "postgres"
	// DSN is a database file, or a file or a folder for files; relative to the
	// configuration. For a server it is its address.
	DSN string `yaml:"dsn"`
	// Schemas are those that tables of a server are taken from; the driver's own choice when empty.
	Schemas []string `yaml:"schemas"`
	// AllowPrivileged lets in a login that could do more than read.
	AllowPrivileged bool `yaml:"allow_privileged"`
	// Model is a semantic model's file; empty means drafted.
	Model    string   `yaml:"model"`
	Contract Contract `yaml:"contract"`

	alone bool // every process has a copy of its own
}

// Alone reports whether every process has a copy of its own of the source, so that its
// contract is one process's: what is not on a server.
func (s Source) Alone() bool { return s.alone }

// Web is the chat page.
type Web struct {
	// Off turns the page off.
	Off bool `yaml:"off"`
	// Channels are those the page begins with.
	Channels []string `yaml:"channels"`
}

// API is the HTTP interface for programs.
type API struct {
	Tokens []Token `yaml:"tokens"`
}

// Token lets a program in.
type Token struct {
	Name    string `yaml:"name"`
	Token   string `yaml:"token"`
	KeyFile string `yaml:"key_file"` // read instead of token
}

// Problem is a mistake and its place.
type Problem struct {
	File         string
	Line, Column int
	Message      string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Read reads the file at path, whose sources are of the drivers. Errors about its content
// join Problems.
func Read(path string, getenv func(string) (string, bool), drivers []connectors.Driver) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	c := &Config{file: path}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, problemOf(path, err)
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return nil, Problem{File: path, Message: "the file must hold one YAML document"}
	}
	c.node = parsed.Docs[0].Body
	env := &expander{file: path, getenv: getenv}
	ast.Walk(env, c.node)
	if len(env.problems) > 0 {
		return nil, errors.Join(env.problems...)
	}
	dec := yaml.NewDecoder(bytes.NewReader(nil), yaml.Strict())
	if err := dec.DecodeFromNode(c.node, c); err != nil && !errors.Is(err, io.EOF) {
		return nil, problemOf(path, err)
	}
	c.setDefaults()
	if problems := c.validate(drivers); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return c, nil
}

// variable is a name of the environment. Other dollar signs are text: they stand in
// passwords.
var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expander replaces ${NAME} in scalars by the environment. It works on the parsed
// document, so that a value cannot change the document's structure.
type expander struct {
	file     string
	getenv   func(string) (string, bool)
	problems []error
}

// Visit implements ast.Visitor.
func (e *expander) Visit(n ast.Node) ast.Visitor {
	s, ok := n.(*ast.StringNode)
	if !ok || !strings.Contains(s.Value, "${") {
		return e
	}
	s.Value = variable.ReplaceAllStringFunc(s.Value, func(found string) string {
		name := variable.FindStringSubmatch(found)[1]
		v, ok := e.getenv(name)
		if !ok {
			pos := s.GetToken().Position
			e.problems = append(e.problems, Problem{File: e.file, Line: pos.Line, Column: pos.Column,
				Message: fmt.Sprintf("the environment has no %s; set it, or write the value with key_file", name)})
		}
		return v
	})
	return e
}

func problemOf(path string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return Problem{File: path, Message: err.Error()}
	}
	p := Problem{File: path, Message: at.GetMessage()}
	var form *yaml.TypeError
	if errors.As(err, &form) {
		p.Message = fmt.Sprintf("%s belongs here, not %s", kindName(form.DstType), kindName(form.SrcType))
	}
	if tok := at.GetToken(); tok != nil && tok.Position != nil {
		p.Line, p.Column = tok.Position.Line, tok.Position.Column
	}
	return p
}

// kindName is what people call a kind of YAML value.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a mapping"
	}
	return "a number"
}

func (c *Config) setDefaults() {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if c.DataDir == "" {
		c.DataDir = "data"
	}
	if c.Timezone == "" {
		c.Timezone = "Asia/Seoul"
	}
	if c.Store.Driver == "" {
		c.Store.Driver = StoreBolt
	}
}

func (c *Config) validate(drivers []connectors.Driver) (problems []error) {
	wrong := func(path, format string, args ...any) {
		problems = append(problems, c.at(path, fmt.Sprintf(format, args...)))
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil {
		wrong("$.listen", "listen %q: write host:port, such as 127.0.0.1:8080", c.Listen)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		wrong("$.listen", "listen %q: %s is no port", c.Listen, port)
	}
	// "Local" is whatever this machine happens to be set to.
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "Local" {
		wrong("$.timezone", "timezone %q is not an IANA name such as Asia/Seoul", c.Timezone)
	}
	c.validateStore(wrong)
	if len(c.Sources) == 0 {
		wrong("$", "sources is empty: name at least one database or folder to answer from")
	}
	c.validateSources(drivers, wrong)
	c.validateLLM(wrong)
	c.validateDegradation(wrong)
	c.validateSlack(wrong)
	c.validateTeams(wrong)
	c.validateCalendar(wrong)
	c.validateOutside(wrong)
	c.validateUpstreams(wrong)
	if strings.ContainsFunc(c.Contact, unicode.IsControl) {
		wrong("$.contact", "contact is one line: whom the owner of an upstream can call")
	}
	c.validateSubscriptions(wrong)
	c.validateChanges(wrong)
	c.validateReport(wrong)
	c.validatePublicURL(wrong)
	names := map[string]bool{}
	for i := range c.API.Tokens {
		t := &c.API.Tokens[i]
		at := fmt.Sprintf("$.api.tokens[%d]", i)
		if err := t.resolve(filepath.Dir(c.file)); err != nil {
			wrong(at, "%v", err)
		} else if names[t.Name] {
			wrong(at+".name", "there are two tokens called %s", t.Name)
		}
		names[t.Name] = true
	}
	return problems
}

// sourceName is what a source may be called: it names a folder, too.
var sourceName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$`)

func (c *Config) validateSources(drivers []connectors.Driver, wrong func(path, format string, args ...any)) {
	seen := map[string]bool{}
	var known []string
	for _, d := range drivers {
		known = append(known, d.Name)
	}
	there := "there are " + strings.Join(known[:len(known)-1], ", ") + " and " + known[len(known)-1]
	for i, s := range c.Sources {
		at := fmt.Sprintf("$.sources[%d]", i)
		driver := slices.Index(known, s.Driver)
		switch {
		case s.Name == "":
			wrong(at, "the source has no name")
		case !sourceName.MatchString(s.Name):
			wrong(at+".name", "source name %q: use letters, digits, - and _, at most 64", s.Name)
		case seen[strings.ToLower(s.Name)]:
			wrong(at+".name", "there are two sources called %s", s.Name)
		case s.Driver == "":
			wrong(at, "source %s has no driver; %s", s.Name, there)
		case driver < 0:
			wrong(at+".driver", "source %s: driver %q is not known; %s", s.Name, s.Driver, there)
		case s.DSN == "":
			wrong(at, "source %s has no dsn: name the file or folder, or the server's address", s.Name)
		case !drivers[driver].Server && (len(s.Schemas) > 0 || s.AllowPrivileged):
			wrong(at, "source %s: schemas and allow_privileged are for a database server", s.Name)
		}
		seen[strings.ToLower(s.Name)] = true
		c.Sources[i].alone = driver >= 0 && !drivers[driver].Server
		c.validContract(at, "source "+s.Name, s.Contract, false, wrong)
	}
}

func (c *Config) validateLLM(wrong func(path, format string, args ...any)) {
	seen := map[string]bool{}
	if c.LLM.CallsPerQuestion < 0 {
		wrong("$.llm.calls_per_question", "calls_per_question %d is less than one", c.LLM.CallsPerQuestion)
	}
	for i := range c.LLM.Backends {
		b := &c.LLM.Backends[i]
		at := fmt.Sprintf("$.llm.backends[%d]", i)
		u, err := url.Parse(b.BaseURL)
		switch {
		case b.Name == "":
			wrong(at, "the backend has no name")
		case seen[b.Name]:
			wrong(at+".name", "there are two backends called %s", b.Name)
		case b.BaseURL == "":
			wrong(at, "backend %s has no base_url, such as http://llm:8000/v1", b.Name)
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			wrong(at+".base_url", "backend %s: base_url must be like http://llm:8000/v1", b.Name)
		case b.Model == "":
			wrong(at, "backend %s has no model, such as openai/gpt-oss-120b", b.Name)
		case b.Dialect != "" && b.Dialect != "vllm" && b.Dialect != "vllm-old" && b.Dialect != "openai":
			wrong(at+".dialect", "backend %s: dialect %q is not known; there are vllm, vllm-old and openai", b.Name, b.Dialect)
		case b.TokensPerMinute < 0:
			wrong(at+".tokens_per_minute", "backend %s: tokens_per_minute %d is less than one", b.Name, b.TokensPerMinute)
		case b.APIKey != "" && b.KeyFile != "":
			wrong(at, "backend %s has both api_key and key_file; keep one", b.Name)
		}
		seen[b.Name] = true
		if b.KeyFile != "" && b.APIKey == "" {
			data, err := os.ReadFile(rooted(filepath.Dir(c.file), b.KeyFile))
			if err != nil {
				wrong(at+".key_file", "backend %s: key_file: %v", b.Name, err)
			}
			b.APIKey = strings.TrimSpace(string(data))
		}
		c.validContract(at, "backend "+b.Name, b.Contract, true, wrong)
		if b.Contract.Cache != "" {
			wrong(at+".contract.cache", "backend %s: what a model answers is not kept; leave cache out", b.Name)
		}
	}
}

func (c *Config) at(path, message string) error {
	p := Problem{File: c.file, Line: 1, Column: 1, Message: message}
	yp, err := yaml.PathString(path)
	if err != nil || path == "$" {
		return p
	}
	node, err := yp.FilterNode(c.node)
	if err == nil && node != nil && node.GetToken() != nil {
		if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
			node = m.Values[0].Key // its own token is the first colon
		}
		p.Line, p.Column = node.GetToken().Position.Line, node.GetToken().Position.Column
	}
	return p
}

func (t *Token) resolve(dir string) error {
	switch {
	case t.Token != "" && t.KeyFile != "":
		return errors.New("a token has both token and key_file; keep one")
	case t.KeyFile != "":
		data, err := os.ReadFile(rooted(dir, t.KeyFile))
		if err != nil {
			return fmt.Errorf("key_file: %w", err)
		}
		t.Token = strings.TrimSpace(string(data))
	}
	if len(t.Token) < 16 {
		return errors.New("a token needs at least 16 characters")
	}
	if strings.ContainsFunc(t.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("a token is made of ASCII letters, digits and signs, without spaces: a header carries nothing else")
	}
	if t.Name == "" {
		return errors.New("a token needs a name")
	}
	return nil
}

// Path returns a path of the configuration relative to the file it was written in.
func (c *Config) Path(p string) string { return rooted(filepath.Dir(c.file), p) }

// At is a problem at a YAML path of the configuration.
func (c *Config) At(path, message string) error { return c.at(path, message) }

func rooted(dir, p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}
