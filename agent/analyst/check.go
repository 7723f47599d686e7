package analyst

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// nameRule is what an analyst may be called: people type it.
var nameRule = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$`)

// ValidName reports whether an analyst may be called name.
func ValidName(name string) bool {
	return nameRule.MatchString(name) && !strings.HasPrefix(strings.ToLower(name), shelfPrefix)
}

func (d *Definition) validate() (problems Problems) {
	switch {
	case d.Name == "":
		problems = append(problems, d.at("$.name", "name is missing: it is what people type"))
	case !nameRule.MatchString(d.Name):
		problems = append(problems, d.at("$.name", fmt.Sprintf("name %q: use letters, digits, - and _, at most 64", d.Name)))
	case !ValidName(d.Name):
		problems = append(problems, d.at("$.name", fmt.Sprintf("name %q: names that begin with %s are those of dropped files", d.Name, shelfPrefix)))
	}
	switch {
	case len(d.Sources) > 0:
		problems = append(problems, d.validateSources()...)
	case slices.ContainsFunc(slices.Collect(maps.Keys(d.Model)), func(source string) bool { return source != "" }):
		problems = append(problems, d.at("$.model", "models by source are of an analyst with sources; name one file"))
	case d.Source == "":
		problems = append(problems, d.at("$.source", "source is missing: name one of the configured sources"))
	}
	return problems
}

// validateSources checks a definition that names several sources.
func (d *Definition) validateSources() (problems Problems) {
	wrong := func(path, message string) { problems = append(problems, d.at(path, message)) }
	switch {
	case d.Source != "":
		wrong("$.source", "source and sources are both there; keep one")
	case len(d.Sources) == 1:
		wrong("$.sources", "sources names one; write source")
	case len(d.Sources) > maxJoined:
		wrong("$.sources", fmt.Sprintf("sources names %d; one question is asked of %d at most", len(d.Sources), maxJoined))
	}
	for i, name := range d.Sources {
		if slices.Contains(d.Sources[:i], name) {
			wrong(fmt.Sprintf("$.sources[%d]", i), fmt.Sprintf("source %s is there twice", name))
		}
	}
	for i, table := range d.Tables {
		if !slices.ContainsFunc(d.Sources, func(source string) bool { return strings.HasPrefix(table, source+".") }) {
			wrong(fmt.Sprintf("$.tables[%d]", i), fmt.Sprintf("table %s has none of the sources before it, as in %s.%s", table, d.Sources[0], table))
		}
	}
	for _, source := range slices.Sorted(maps.Keys(d.Model)) {
		switch {
		case source == "":
			wrong("$.model", fmt.Sprintf("a model is of one source; write the source before it, as in {%s: %s}", d.Sources[0], d.Model[source]))
		case !slices.Contains(d.Sources, source):
			wrong("$.model", fmt.Sprintf("a model is for %s, which is none of the sources: %s", source, strings.Join(d.Sources, ", ")))
		}
	}
	return problems
}

// NoSource is the problem of a definition whose source the configuration lacks.
func (d *Definition) NoSource() Problem {
	return d.at("$.source", fmt.Sprintf("there is no source called %s in the configuration", d.Source))
}

// NoSources are the problems of a definition of which the configuration has not all sources.
func (d *Definition) NoSources(has func(name string) bool) (problems Problems) {
	for i, name := range d.Sources {
		if !has(name) {
			problems = append(problems, d.at(fmt.Sprintf("$.sources[%d]", i), fmt.Sprintf("there is no source called %s in the configuration", name)))
		}
	}
	return problems
}

// at is a problem at a path of the definition.
func (d *Definition) at(path, message string) Problem {
	return d.problem(place{d.file, path}, message)
}

// problem is a problem at a place, or at the file's beginning when the place is not
// written.
func (d *Definition) problem(at place, message string) Problem {
	p := Problem{File: at.file, Line: 1, Column: 1, Message: message}
	yp, err := yaml.PathString(at.path)
	if err != nil {
		return p
	}
	node, err := yp.ReadNode(bytes.NewReader(d.files[at.file]))
	if err == nil && node != nil && node.GetToken() != nil {
		p.Line, p.Column = node.GetToken().Position.Line, node.GetToken().Position.Column
	}
	return p
}
