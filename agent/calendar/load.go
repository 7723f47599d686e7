package calendar

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

//go:embed events/*.yaml
var files embed.FS

// Bounds on files of rules.
const (
	maxFileBytes = 4 << 20
	maxFiles     = 200
	maxNesting   = 20
	maxEvents    = 20_000
)

// Problem is a mistake in a file of rules, at the place where it is.
type Problem struct {
	File         string
	Line, Column int
	Message      string
}

func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Rules are events as YAML files describe them, checked but for what can only be seen
// beside the others.
type Rules struct{ rules }

// Read reads a file of rules; name is what its mistakes are told of. The format is
// described in events/kr.yaml and in docs/calendar.md. The errors are Problems, joined:
// all those of the file, or the one that keeps it from being read.
func Read(name string, r io.Reader) (*Rules, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > maxFileBytes {
		return nil, Problem{name, 1, 1, fmt.Sprintf("the file is larger than %d MiB", maxFileBytes>>20)}
	}
	tokens := lexer.Tokenize(string(text))
	if err := harmless(name, tokens); err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, problemOf(name, err)
	}
	out := &Rules{}
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		var one rules
		if err := yaml.NewDecoder(bytes.NewReader(nil), yaml.Strict()).DecodeFromNode(doc.Body, &one); err != nil {
			return nil, problemOf(name, err)
		}
		if err := one.check(name, doc.Body); err != nil {
			return nil, err
		}
		out.Markets = append(out.Markets, one.Markets...)
		out.Events = append(out.Events, one.Events...)
	}
	return out, nil
}

// harmless refuses what makes a small file large when it is read, and nesting that no
// rule needs.
func harmless(name string, tokens token.Tokens) error {
	depth, dashes := 0, 0
	for _, t := range tokens {
		dashes++
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return at(name, t, "anchors and aliases are not supported")
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		}
		if t.Type != token.SequenceEntryType {
			dashes = 0
		}
		if depth > maxNesting || dashes > maxNesting || t.Position.IndentNum > 4*maxNesting {
			return at(name, t, "nested too deeply")
		}
	}
	return nil
}

func at(name string, t *token.Token, message string) Problem {
	return Problem{name, t.Position.Line, t.Position.Column, message}
}

// problemOf gives an error of the YAML library its place.
func problemOf(name string, err error) error {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		return Problem{name, 1, 1, err.Error()}
	}
	return at(name, e.GetToken(), e.GetMessage())
}

// Load reads every .yaml and .yml file at the top of fsys, in the order of their names.
func Load(fsys fs.FS) (*Rules, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	all := &Rules{}
	var wrong []error
	read := 0
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
			continue
		}
		if read++; read > maxFiles {
			return nil, fmt.Errorf("read rules: more than %d files", maxFiles)
		}
		one, err := loadFile(fsys, entry.Name())
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		all.Markets, all.Events = append(all.Markets, one.Markets...), append(all.Events, one.Events...)
	}
	return all, errors.Join(wrong...)
}

func loadFile(fsys fs.FS, name string) (*Rules, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	defer f.Close()
	return Read(name, f)
}

// embedded are the rules that come with the program, read once: it takes longer than all
// else here.
var embedded = sync.OnceValues(readEmbedded)

// readEmbedded puts Korea's names before those of the world, and the world's before other
// countries'.
func readEmbedded() (*Rules, error) {
	all := &Rules{}
	names, err := fs.Glob(files, "events/*.yaml")
	if err != nil {
		return nil, err
	}
	rank := func(name string) int {
		return slices.IndexFunc([]string{"events/kr", "events/world", "events/"}, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range names {
		one, err := loadFile(files, name)
		if err != nil {
			return nil, err
		}
		all.Markets, all.Events = append(all.Markets, one.Markets...), append(all.Events, one.Events...)
	}
	return all, nil
}

// New returns the calendar of the embedded rules and of a company's own. A row with the
// id of an embedded event takes its place where it says "replace: true", and is refused
// where it does not.
func New(own ...*Rules) (*Calendar, error) {
	ours, err := embedded()
	if err != nil {
		return nil, err
	}
	all := &Rules{rules{Markets: slices.Clone(ours.Markets), Events: slices.Clone(ours.Events)}}
	for _, o := range own {
		if err := all.add(o); err != nil {
			return nil, err
		}
	}
	return build(&all.rules)
}

func (r *Rules) add(own *Rules) error {
	if len(r.Events)+len(own.Events) > maxEvents {
		return fmt.Errorf("more than %d events", maxEvents)
	}
	for _, m := range own.Markets {
		if r.market(m.ID) != nil {
			return m.problem("market %s is described already", m.ID)
		}
		r.Markets = append(r.Markets, m)
	}
	byID := map[string]int{}
	for i := range r.Events {
		byID[r.Events[i].ID] = i
	}
	for _, e := range own.Events {
		at, taken := byID[e.ID]
		switch {
		case taken && !e.Replace:
			return e.problem("there is an event %s already; say replace: true to take its place", e.ID)
		case !taken && e.Replace:
			return e.problem("there is no event %s to replace", e.ID)
		case taken:
			r.Events[at] = e
		default:
			byID[e.ID] = len(r.Events)
			r.Events = append(r.Events, e)
		}
	}
	return nil
}

// place is where a row is written.
type place struct {
	file         string
	line, column int
}

func (p place) problem(format string, args ...any) Problem {
	return Problem{p.file, p.line, p.column, fmt.Sprintf(format, args...)}
}

// placesOf are the places of the entries of a list in a file's body.
func placesOf(file string, body ast.Node, list string) []place {
	mapping, ok := body.(*ast.MappingNode)
	if !ok {
		return nil
	}
	var places []place
	for _, v := range mapping.Values {
		entries, ok := v.Value.(*ast.SequenceNode)
		if !ok || v.Key.String() != list {
			continue
		}
		for _, node := range entries.Values {
			if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
				node = m.Values[0].Key // its own token is the first colon
			}
			p := place{file, 1, 1}
			if t := node.GetToken(); t != nil && t.Position != nil {
				p.line, p.column = t.Position.Line, t.Position.Column
			}
			places = append(places, p)
		}
	}
	return places
}

// placeAt is the i-th of places, or the file's beginning.
func placeAt(places []place, file string, i int) place {
	if i < len(places) {
		return places[i]
	}
	return place{file, 1, 1}
}
