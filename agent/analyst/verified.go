package analyst

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

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
	problems = append(problems, d.validateWhose(i)...)
	needed := v.needs()
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

// validateWhose checks which sources the i-th verified question says that it asks.
func (d *Definition) validateWhose(i int) (problems Problems) {
	v := &d.Verified[i]
	wrong := func(key, format string, args ...any) {
		problems = append(problems, d.verifiedProblem(i, key, format, args...))
	}
	if len(d.Sources) == 0 {
		if len(v.Parts) > 0 {
			wrong(".parts", "parts are of an analyst of several sources, and this one has %s only", d.Source)
		}
		if v.Source != "" && v.Source != d.Source {
			wrong(".source", "the analyst answers from %s, not from %s", d.Source, v.Source)
		}
		return problems
	}
	among := strings.Join(d.Sources, ", ")
	switch {
	case v.Source == "" && len(v.Parts) == 0:
		wrong(".sql", "one statement reads one source: say source, one of %s, or parts, a statement for each that sql then joins", among)
	case v.Source != "" && len(v.Parts) > 0:
		wrong(".source", "source and parts are both there; keep one")
	case len(v.Parts) == 1:
		wrong(".parts", "parts names one source; write source and its statement as sql")
	case v.Source != "" && !slices.Contains(d.Sources, v.Source):
		wrong(".source", "source %s is none of the analyst's: %s", v.Source, among)
	}
	for _, source := range slices.Sorted(maps.Keys(v.Parts)) {
		switch {
		case !slices.Contains(d.Sources, source):
			wrong(".parts", "source %s is none of the analyst's: %s", source, among)
		case strings.TrimSpace(v.Parts[source]) == "":
			wrong(".parts", "verified question %q has no statement for %s", v.Question, source)
		}
	}
	return problems
}

// needs are the slots of wordings that the statements' slots are filled from.
func (v Verified) needs() (out []string) {
	statements := v.statements()
	for _, source := range slices.Sorted(maps.Keys(statements)) {
		for _, slot := range slotsOf(sqlSlot, statements[source]) {
			if slot == "period.start" || slot == "period.end" {
				slot = "period"
			}
			if !slices.Contains(out, slot) {
				out = append(out, slot)
			}
		}
	}
	return out
}

// fieldSlots checks that slots for values name fields of the model, and of the source that is
// asked: two sources may call a table the same.
func (d *Definition) fieldSlots(model *semantic.Model) (problems Problems) {
	for i, v := range d.Verified {
		for _, slot := range v.needs() {
			if slot == "period" || slot == "n" {
				continue
			}
			dataset, f := model.Field(slot)
			switch {
			case f == nil:
				problems = append(problems, d.verifiedProblem(i, ".sql", "slot {{%s}}: the model has no such field; slots are period.start, period.end, n and dataset.field", slot))
			case v.Source != "" && len(d.Sources) > 0 && dataset.Database != v.Source:
				problems = append(problems, d.verifiedProblem(i, ".sql", "slot {{%s}} is a field of %s, and the statement is for %s; bapsang analyst show lists the fields", slot, dataset.Database, v.Source))
			}
		}
	}
	return problems
}

// Prove runs every verified question of a sound definition with stand-ins in its
// slots, to see that its source takes its statement, or each of several its part and the
// scratch database what joins them. What they do not take comes back as Problems.
func Prove(ctx context.Context, d *Definition, source connectors.Source) error {
	var problems Problems
	for i := range d.Verified {
		key, err := d.prove(ctx, i, source)
		var refused *connectors.Error
		switch {
		case err == nil:
		case errors.As(err, &refused) && (refused.Code == connectors.CodeSQL || refused.Code == connectors.CodeDenied):
			problems = append(problems, d.verifiedProblem(i, key, "verified question %q: %s", d.Verified[i].Question, refused.Message))
		default:
			return fmt.Errorf("prove verified question %q: %w", d.Verified[i].Question, err)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// prove runs the i-th verified question, and says which of its keys has what was refused.
func (d *Definition) prove(ctx context.Context, i int, source connectors.Source) (key string, err error) {
	v := d.Verified[i]
	joint, several := source.(connectors.Joint)
	if !several {
		_, err := proven(ctx, source, v.SQL, d.Tables)
		return ".sql", err
	}
	if len(v.Parts) == 0 {
		_, err := proven(ctx, joint.Member(v.Source), v.SQL, d.tablesOf(v.Source))
		return ".sql", err
	}
	var held []connectors.Held
	for _, name := range d.Sources {
		sql, asked := v.Parts[name]
		if !asked {
			continue
		}
		res, err := proven(ctx, joint.Member(name), sql, d.tablesOf(name))
		if err != nil {
			return ".parts." + name, err
		}
		held = append(held, connectors.Held{Name: name, Columns: res.Columns, Rows: res.Rows})
	}
	_, err = connectors.JoinWritten(ctx, joint, held, connectors.Statement{SQL: standIns(v.SQL, nil), MaxRows: 1})
	return ".sql", err
}

// proven is what a source makes of a statement with stand-ins in its slots.
func proven(ctx context.Context, source connectors.Source, sql string, tables []string) (*connectors.Result, error) {
	catalog, err := source.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return source.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: standIns(sql, semantic.DialectOf(catalog.Dialect)), Tables: tables, MaxRows: 1})
}

// standIns fills the slots of a statement in a dialect, nil for DuckDB's.
func standIns(sql string, dialect *semantic.Dialect) string {
	return sqlSlot.ReplaceAllStringFunc(sql, func(slot string) string {
		switch sqlSlot.FindStringSubmatch(slot)[1] {
		case "period.start", "period.end":
			return dialect.Literal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
		case "n":
			return "1"
		}
		return dialect.Literal("")
	})
}
