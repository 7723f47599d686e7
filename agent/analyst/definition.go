// Package analyst reads analysts that people wrote as YAML, checks them against the
// data, and keeps the roster of those that can be asked, with the ones that files
// dropped into a thread make.
package analyst

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
)

// Definition is an analyst as written. docs/analysts.md shows a whole one.
type Definition struct {
	Name    string `yaml:"name"`
	Title   Text   `yaml:"title,omitempty"`
	Purpose Text   `yaml:"purpose,omitempty"`
	Owner   string `yaml:"owner,omitempty"`
	// Source is the configured source the analyst answers from, or Sources are several.
	Source  string   `yaml:"source,omitempty"`
	Sources []string `yaml:"sources,omitempty"`
	// Tables are the only tables it reads; none means all of the source's. With several
	// sources each is named with its source before it, and a source of which none is named
	// is read whole.
	Tables []string `yaml:"tables,omitempty"`
	// Model is the semantic model's file, relative to the definition, or that of each of several
	// sources; a source without one has that of the configuration, or one drafted from its
	// catalogue.
	Model Models `yaml:"model,omitempty"`
	// Knowledge are Markdown files, relative to the definition.
	Knowledge []string `yaml:"knowledge,omitempty"`
	Examples  []string `yaml:"examples,omitempty"`
	// Verified are the questions somebody vouches for; VerifiedFiles hold more.
	Verified      []Verified `yaml:"verified,omitempty"`
	VerifiedFiles []string   `yaml:"verified_files,omitempty"`
	// Channels ask this analyst when a question names none: names or ids.
	Channels []string `yaml:"channels,omitempty"`

	file      string
	files     map[string][]byte  // everything read, for Version
	models    map[string]written // by the source, "" for the only one
	places    []place            // of Verified
	knowledge []agent.Document
}

// Models are files of semantic models by the source that each is of; that of the only source is
// under "". They are written as one name, or as a mapping.
type Models map[string]string

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (m *Models) UnmarshalYAML(decode func(any) error) error {
	var file string
	if err := decode(&file); err == nil {
		if *m = nil; file != "" {
			*m = Models{"": file}
		}
		return nil
	}
	var of map[string]string
	if err := decode(&of); err != nil {
		return err
	}
	*m = of
	return nil
}

// MarshalYAML implements yaml.InterfaceMarshaler.
func (m Models) MarshalYAML() (any, error) {
	if file, ok := m[""]; ok {
		return file, nil
	}
	return map[string]string(m), nil
}

// written is a semantic model that somebody wrote, and where.
type written struct {
	file  string
	model *semantic.Model
}

// place is a node of one of a definition's files.
type place struct {
	file string
	path string // in the notation of goccy/go-yaml, such as $.verified[0]
}

// Text is a text in both languages; either may be left out.
type Text struct {
	Ko string `yaml:"ko,omitempty"`
	En string `yaml:"en,omitempty"`
}

func (t Text) label() semantic.Label { return semantic.Label{Ko: t.Ko, En: t.En} }

// Verified is a question whose query somebody vouches for; see agent.Verified.
type Verified struct {
	Question string   `yaml:"question"`
	Also     []string `yaml:"also,omitempty"`
	SQL      string   `yaml:"sql"`
	// Source is whose statement SQL is, where the analyst has several sources. With Parts, the
	// statements of several of them by their names, SQL joins what these answer.
	Source   string            `yaml:"source,omitempty"`
	Parts    map[string]string `yaml:"parts,omitempty"`
	Columns  map[string]Column `yaml:"columns,omitempty"`
	Defaults map[string]string `yaml:"defaults,omitempty"`
	By       string            `yaml:"verified_by"`
	At       string            `yaml:"verified_at,omitempty"`
	Note     Text              `yaml:"note,omitempty"`
}

// Column says how to show a column of a verified question.
type Column struct {
	Label  Text   `yaml:"label,omitempty"`
	Format string `yaml:"format,omitempty"`
}

// Problem is something wrong with a definition, and where.
type Problem struct {
	File         string
	Line, Column int // 1-based; 0 when unknown
	Message      string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems is all that is wrong.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// definitionFile is what a folder's analyst is called.
const definitionFile = "analyst.yaml"

// ReadDir reads every analyst of a folder: each *.yaml file that has a source, and
// each sub-folder with an analyst.yaml. Everything wrong comes back at once as
// Problems.
func ReadDir(dir string) ([]*Definition, error) {
	paths, err := filesOf(dir)
	if err != nil {
		return nil, err
	}
	return ReadFiles(paths)
}

// Broken is a definition that cannot be used.
type Broken struct {
	Name     string // as it says, or by its file where that cannot be read
	Problems Problems
}

// ReadSound is ReadDir where one analyst's mistakes are no reason to be without the others.
// What two of them cannot both have is the first one's.
func ReadSound(dir string) (sound []*Definition, broken []Broken, err error) {
	paths, err := filesOf(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range paths {
		d, err := ReadFile(path)
		var found Problems
		switch {
		case errors.As(err, &found):
			broken = append(broken, Broken{Name: nameOf(path), Problems: found})
		case err != nil:
			return nil, nil, err
		default:
			if found = clashes(append(slices.Clone(sound), d)); len(found) == 0 {
				sound = append(sound, d)
				continue
			}
			broken = append(broken, Broken{Name: d.Name, Problems: found})
		}
	}
	return sound, broken, nil
}

// nameOf is what the analyst of a file that cannot be read is called, as far as is known.
func nameOf(path string) string {
	var said struct {
		Name string `yaml:"name"`
	}
	if data, err := os.ReadFile(path); err == nil && yaml.Unmarshal(data, &said) == nil && ValidName(said.Name) {
		return said.Name
	}
	if filepath.Base(path) == definitionFile {
		return filepath.Base(filepath.Dir(path))
	}
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// filesOf are the files of a folder's analysts.
func filesOf(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read analysts: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path) // a folder may be linked in
		if err != nil {
			return nil, fmt.Errorf("read analysts: %w", err)
		}
		if info.IsDir() {
			path = filepath.Join(path, definitionFile)
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
				continue
			}
		} else if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" {
			continue
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// ReadFiles reads analysts that are to stand side by side. Everything wrong comes
// back at once as Problems.
func ReadFiles(paths []string) ([]*Definition, error) {
	var out []*Definition
	var problems Problems
	for _, path := range paths {
		d, err := ReadFile(path)
		var found Problems
		switch {
		case errors.As(err, &found):
			problems = append(problems, found...)
		case err != nil:
			return nil, err
		default:
			out = append(out, d)
		}
	}
	problems = append(problems, clashes(out)...)
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// clashes finds what two analysts cannot both have. People type names in any case.
func clashes(list []*Definition) (problems Problems) {
	names, channels := map[string]*Definition{}, map[string]*Definition{}
	for _, d := range list {
		name := strings.ToLower(d.Name)
		if other := names[name]; other != nil {
			problems = append(problems, d.at("$.name", fmt.Sprintf("an analyst called %s is already in %s", other.Name, other.file)))
		}
		names[name] = d
		for i, c := range d.Channels {
			c = channelKey(c)
			if other := channels[c]; other != nil {
				problems = append(problems, d.at(fmt.Sprintf("$.channels[%d]", i), fmt.Sprintf("channel %s already asks %s of %s", c, other.Name, other.file)))
			}
			channels[c] = d
		}
	}
	return problems
}

// ReadFile reads one analyst and the files it names.
func ReadFile(path string) (*Definition, error) {
	return read(path, os.ReadFile)
}

// Read reads an analyst from data; open reads the files it names.
func Read(path string, open func(path string) ([]byte, error)) (*Definition, error) {
	return read(path, open)
}

func read(path string, open func(string) ([]byte, error)) (*Definition, error) {
	data, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("read analyst: %w", err)
	}
	d := &Definition{file: path, files: map[string][]byte{path: data}}
	if p := decode(path, data, d); p != nil {
		return nil, Problems{*p}
	}
	problems := d.validate()
	problems = append(problems, d.readFiles(open)...)
	for i := range d.Verified {
		problems = append(problems, d.validateVerified(i)...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return d, nil
}

// decode decodes strictly: a key nobody knows is a typing mistake, and a second
// document would be left unread.
func decode(path string, data []byte, into any) *Problem {
	dec := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	err := dec.Decode(into)
	switch {
	case errors.Is(err, io.EOF):
		return &Problem{File: path, Line: 1, Column: 1, Message: "the file is empty"}
	case err == nil:
		var more any
		if err = dec.Decode(&more); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			return &Problem{File: path, Message: "the file holds more than one YAML document; keep one"}
		}
	}
	p := &Problem{File: path, Message: firstLine(err.Error())}
	var at yaml.Error
	if errors.As(err, &at) {
		p.Message = firstLine(at.GetMessage())
		var form *yaml.TypeError
		if errors.As(err, &form) { // its message names our types
			p.Message = "this is no value for the key: a list, a mapping or a text stands where another belongs"
		}
		if tok := at.GetToken(); tok != nil && tok.Position != nil {
			p.Line, p.Column = tok.Position.Line, tok.Position.Column
		}
	}
	return p
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// readFiles reads the model, the knowledge and the files of verified questions.
func (d *Definition) readFiles(open func(string) ([]byte, error)) (problems Problems) {
	get := func(key, name string) (path string, data []byte) {
		path = name
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(d.file), name)
		}
		data, err := open(path)
		if err != nil {
			problems = append(problems, d.at(key, fmt.Sprintf("cannot read %s: %s", name, cause(err))))
			return "", nil
		}
		d.files[path] = data
		return path, data
	}
	for _, source := range slices.Sorted(maps.Keys(d.Model)) {
		if path, data := get(modelKey(source), d.Model[source]); path != "" {
			problems = append(problems, d.readModel(source, path, data)...)
		}
	}
	for i, name := range d.Knowledge {
		if path, data := get(fmt.Sprintf("$.knowledge[%d]", i), name); path != "" {
			d.knowledge = append(d.knowledge, agent.Document{Name: name, Text: string(data)})
		}
	}
	for i := range d.Verified {
		d.places = append(d.places, place{d.file, fmt.Sprintf("$.verified[%d]", i)})
	}
	for i, name := range d.VerifiedFiles {
		path, data := get(fmt.Sprintf("$.verified_files[%d]", i), name)
		if path == "" {
			continue
		}
		var more []Verified
		if p := decode(path, data, &more); p != nil {
			problems = append(problems, *p)
			continue
		}
		for j := range more {
			d.places = append(d.places, place{path, fmt.Sprintf("$[%d]", j)})
		}
		d.Verified = append(d.Verified, more...)
	}
	return problems
}

// cause is why a file cannot be read, without its path.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// modelKey is where the definition names the model of a source.
func modelKey(source string) string {
	if source == "" {
		return "$.model"
	}
	return "$.model." + source
}

func (d *Definition) readModel(source, path string, data []byte) Problems {
	models, err := semantic.Read(path, data)
	var unread *semantic.ReadError
	if errors.As(err, &unread) {
		var out Problems
		for _, p := range unread.Problems {
			out = append(out, problemOf(path, p))
		}
		return out
	}
	if err != nil {
		return Problems{{File: path, Message: err.Error()}}
	}
	if len(models) != 1 {
		return Problems{d.at(modelKey(source), fmt.Sprintf("%s holds %d models, an analyst needs one", d.Model[source], len(models)))}
	}
	if d.models == nil {
		d.models = map[string]written{}
	}
	d.models[source] = written{path, models[0]}
	return nil
}

// Version changes with anything the definition says, files included.
func (d *Definition) Version() string {
	names := make([]string, 0, len(d.files))
	for name := range d.files {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s\x00%d\x00", filepath.Base(name), len(d.files[name]))
		h.Write(d.files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// File is where the definition was read from.
func (d *Definition) File() string { return d.file }

// statements are all of the question's, by the sources that they are for; what joins parts is
// for none.
func (v Verified) statements() map[string]string {
	out := map[string]string{v.Source: v.SQL}
	if len(v.Parts) > 0 {
		out = maps.Clone(v.Parts)
		out[""] = v.SQL
	}
	return out
}

// build is the question for an analyst of these sources, nil for one.
func (v Verified) build(sources []string) agent.Verified {
	out := agent.Verified{
		Question: v.Question, Also: v.Also, SQL: v.SQL, Defaults: v.Defaults, By: v.By, At: v.At,
		Note: v.Note.label(), Columns: map[string]agent.VerifiedColumn{},
	}
	if out.Source = v.Source; len(sources) == 0 {
		out.Source = ""
	}
	for _, source := range sources { // in their order: it is that of what is shown
		if sql, ok := v.Parts[source]; ok {
			out.Parts = append(out.Parts, agent.VerifiedPart{Source: source, SQL: sql})
		}
	}
	for name, c := range v.Columns {
		out.Columns[name] = agent.VerifiedColumn{Label: c.Label.label(), Format: c.Format}
	}
	return out
}
