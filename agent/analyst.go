package agent

import (
	"context"
	"errors"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Analyst is somebody to ask: a source, what its tables mean, and what is known
// beyond them.
type Analyst struct {
	Name string
	// Version changes with anything that could change an answer, except the data.
	Version string
	Title   semantic.Label
	Purpose semantic.Label
	Owner   string
	Source  connectors.Source
	// Tables are the only tables the analyst reads; nil means all of its source.
	Tables []string
	Model  *semantic.Model
	// Drafted is set where nobody wrote a definition.
	Drafted bool
	// Follow fits the analyst to a catalogue of other tables and columns than the one it
	// was made for; nil where nothing follows.
	Follow func(*connectors.Catalog) Fitted
	// Examples are questions it surely answers, in any language.
	Examples []string
	Verified []Verified
	// Knowledge is what the rung that reads is told beside the model.
	Knowledge []Document
	// Files is set when files that somebody dropped are among what it answers from.
	Files bool
	// Members are the sources that Source joins (see connectors.Joint), in order; nil for
	// one source.
	Members []Member
	// Beside opens the analyst over this one's source together with others, which is asked
	// what no single source answers; nil for none. It may ask the sources, and is quick when
	// it was opened before.
	Beside func(ctx context.Context) (*Analyst, error)
}

// Member is one of several sources that an analyst answers from.
type Member struct {
	Name     string // of the source
	Timezone string // of its timestamps, where its model says one
	// Tables are the only tables of it that the analyst reads; nil means all.
	Tables []string
}

// Fitted is what an analyst is on a catalogue.
type Fitted struct {
	Model    *semantic.Model // drafted anew, or as it was written
	Examples []string        // that go with it
	// Misfits say what was written for the tables and does not fit them, in words for
	// whoever keeps the analyst.
	Misfits []string
}

// Verified is a question whose query somebody vouches for. Words in braces are
// slots: {period}, {n}, or the name of a field, {products.category}. The SQL names
// them in double braces, {{products.category}}, and the two ends of the period as
// {{period.start}} and {{period.end}}; they are filled in as literals.
type Verified struct {
	Question string
	Also     []string // other wordings, with the same slots
	SQL      string
	// Source is the one of several sources that SQL is for; empty where there is one, and with
	// Parts.
	Source string
	// Parts are what several sources are asked. SQL then joins what they answered, in the
	// dialect of DuckDB; each is a table called by its source's name.
	Parts []VerifiedPart
	// Columns say how to show the result's columns, by name.
	Columns map[string]VerifiedColumn
	// Defaults fill slots that a wording leaves out: {"period": "지난달", "n": "10"}.
	Defaults map[string]string
	By       string // who vouches
	At       string // since when, as a date
	Note     semantic.Label
}

// VerifiedPart is what one of several sources is asked.
type VerifiedPart struct{ Source, SQL string }

// VerifiedColumn says how to show a column.
type VerifiedColumn struct {
	Label  semantic.Label
	Format string
}

// ErrNoAnalyst means that there is no analyst of that name.
var ErrNoAnalyst = errors.New("no such analyst")

// Directory finds analysts.
type Directory interface {
	// Analyst returns the analyst called name, or ErrNoAnalyst.
	Analyst(ctx context.Context, name string) (*Analyst, error)
	// Analysts returns those a question that names none is offered to, in order of
	// preference. Analysts that belong to one thread are not among them.
	Analysts(ctx context.Context) ([]*Analyst, error)
}
