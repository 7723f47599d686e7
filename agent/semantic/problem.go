package semantic

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says what a problem keeps from working.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // something cannot be read, or queries on it fail
	SeverityWarning Severity = "warning" // it works, but perhaps not as meant
)

// Position is a place in a file. Line and Column count from 1, columns in characters;
// both are 0 when unknown.
type Position struct {
	File         string
	Line, Column int
}

func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is something wrong with a model and what to do about it.
type Problem struct {
	Position
	Severity Severity
	Message  string
}

func (p Problem) String() string {
	text := p.Message
	if p.Severity == SeverityWarning {
		text = "warning: " + text
	}
	if where := p.Position.String(); where != "" {
		return where + ": " + text
	}
	return text
}

// ReadError holds everything that keeps a file from being read.
type ReadError struct {
	Problems []Problem
}

// Error has one line a problem.
func (e *ReadError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func sortProblems(list []Problem) {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Origin knows where the parts of a model stand in its file.
type Origin struct {
	file string
	at   map[originKey]Position
}

// originKey is an element (a *Dataset, *Field, …) and one of its keys in the file, ""
// for the element itself.
type originKey struct {
	element any
	key     string
}

// At returns where a key of an element of the model stands: At(metric, "description"),
// At(field, "expression/ANSI_SQL"). Without the key in the file it is where the element begins. A nil Origin knows
// nothing.
func (o *Origin) At(element any, key string) Position {
	if o == nil {
		return Position{}
	}
	if p, ok := o.at[originKey{element, key}]; ok {
		return p
	}
	if p, ok := o.at[originKey{element, ""}]; ok {
		return p
	}
	return Position{File: o.file}
}

// Equal reports true: where a model stood in a file is no part of what it says.
func (o *Origin) Equal(*Origin) bool { return true }
