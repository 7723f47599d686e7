package analyst

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
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
	if d.Model != "" {
		wrong("$.model", "a model is of one source; write it at the source in the configuration")
	}
	if len(d.Verified)+len(d.VerifiedFiles) > 0 {
		wrong("$.verified", "the statement of a verified question reads one source; write it in an analyst of that source")
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

// The slots of a verified question, in its wordings and in its statement.
var (
	wordSlot = regexp.MustCompile(`\{([^{}]+)\}`)
	sqlSlot  = regexp.MustCompile(`\{\{\s*([^{}]+?)\s*\}\}`)
)

// verifiedProblem is a problem of the i-th verified question. Where it lacks the key,
// the problem is at its question.
func (d *Definition) verifiedProblem(i int, key, format string, args ...any) Problem {
	at := d.places[i]
	for _, k := range []string{key, ".question", ".sql", ".verified_by"} {
		if p := d.problem(place{at.file, at.path + k}, fmt.Sprintf(format, args...)); p.Line != 1 || p.Column != 1 {
			return p
		}
	}
	return d.problem(at, fmt.Sprintf(format, args...))
}

// validateVerified checks what needs no data about the i-th verified question.
func (d *Definition) validateVerified(i int) (problems Problems) {
	v := &d.Verified[i]
	wrong := func(key, format string, args ...any) {
		problems = append(problems, d.verifiedProblem(i, key, format, args...))
	}
	switch {
	case strings.TrimSpace(v.Question) == "":
		wrong(".question", "a verified question has no question")
	case strings.TrimSpace(v.SQL) == "":
		wrong(".sql", "verified question %q has no sql", v.Question)
	case v.By == "":
		wrong(".verified_by", "verified question %q has no verified_by: somebody must vouch for it", v.Question)
	}
	if _, err := time.Parse(time.DateOnly, v.At); v.At != "" && err != nil {
		wrong(".verified_at", "verified_at %q is not a date such as 2026-10-12", v.At)
	}
	if v.Question == "" || v.SQL == "" {
		return problems
	}
	needed := needs(v.SQL)
	for slot := range v.Defaults {
		if !slices.Contains(needed, slot) {
			wrong(".defaults."+slot, "the sql has no slot for the default %s", slot)
		}
	}
	for w, wording := range append([]string{v.Question}, v.Also...) {
		key := ".question"
		if w > 0 {
			key = fmt.Sprintf(".also[%d]", w-1)
		}
		has := slotsOf(wordSlot, wording)
		for _, slot := range needed {
			if _, ok := v.Defaults[slot]; !ok && !slices.Contains(has, slot) {
				wrong(key, "%q fills no {%s}, which the sql needs; add the slot or a default", wording, slot)
			}
		}
		for _, slot := range has {
			if !slices.Contains(needed, slot) {
				wrong(key, "the sql has no {{%s}} for the slot of %q", slot, wording)
			}
		}
	}
	return problems
}

func slotsOf(slot *regexp.Regexp, text string) (out []string) {
	for _, m := range slot.FindAllStringSubmatch(text, -1) {
		out = append(out, strings.TrimSpace(m[1]))
	}
	return out
}

// needs are the slots of wordings that a statement's slots are filled from.
func needs(sql string) (out []string) {
	for _, slot := range slotsOf(sqlSlot, sql) {
		if slot == "period.start" || slot == "period.end" {
			slot = "period"
		}
		if !slices.Contains(out, slot) {
			out = append(out, slot)
		}
	}
	return out
}

// fieldSlots checks that slots for values name fields of the model.
func (d *Definition) fieldSlots(model *semantic.Model) (problems Problems) {
	for i, v := range d.Verified {
		for _, slot := range needs(v.SQL) {
			if slot == "period" || slot == "n" {
				continue
			}
			if _, f := model.Field(slot); f == nil {
				problems = append(problems, d.verifiedProblem(i, ".sql", "slot {{%s}}: the model has no such field; slots are period.start, period.end, n and dataset.field", slot))
			}
		}
	}
	return problems
}

// Prove runs every verified question of a sound definition with stand-ins in its
// slots, to see that the source takes its statement. What it does not take comes back
// as Problems.
func Prove(ctx context.Context, d *Definition, source connectors.Source) error {
	var problems Problems
	for i, v := range d.Verified {
		sql := sqlSlot.ReplaceAllStringFunc(v.SQL, func(slot string) string {
			switch sqlSlot.FindStringSubmatch(slot)[1] {
			case "period.start", "period.end":
				return "DATE '2000-01-01'"
			case "n":
				return "1"
			}
			return "''"
		})
		_, err := source.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: sql, Tables: d.Tables, MaxRows: 1})
		var refused *connectors.Error
		switch {
		case err == nil:
		case errors.As(err, &refused) && (refused.Code == connectors.CodeSQL || refused.Code == connectors.CodeDenied):
			problems = append(problems, d.verifiedProblem(i, ".sql", "verified question %q: %s", v.Question, refused.Message))
		default:
			return fmt.Errorf("prove verified question %q: %w", v.Question, err)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}
