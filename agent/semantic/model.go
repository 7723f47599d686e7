// Package semantic holds the semantic model: what the tables mean (datasets,
// fields, relationships, metrics), read and written as Apache Ossie YAML, and the
// compiler from metric queries to SQL.
//
// The core of the format is Apache Ossie core-spec 0.2.0.dev0 (apache/ossie,
// core-spec/spec.md). What Ossie has no place for is kept in custom_extensions of
// vendor "BAPSANG".
package semantic

import "cmp"

// Version is the version of the Ossie core spec that Write declares and Read
// expects; see Read for which others are accepted.
const Version = "0.2.0.dev0"

// Vendor names our custom extensions.
const Vendor = "BAPSANG"

// Model is one semantic model. Names of datasets, and of metrics, are unique;
// a field is named "dataset.field".
type Model struct {
	Name          string
	Description   string
	Instructions  string   // ai_context.instructions
	Synonyms      []string // ai_context.synonyms
	Examples      []string // ai_context.examples: sample questions
	Datasets      []*Dataset
	Relationships []*Relationship
	Metrics       []*Metric
	Extensions    []Extension // of other vendors, kept as they are
	Context       Context     // the rest of ai_context
	Document      Context     // ai_context of the whole file

	// From our extension.

	// Timezone is the IANA zone of the model's timestamps; empty means they are
	// wall time of the deployment.
	Timezone string
	// WeekStart is "monday" or "sunday"; empty means monday (ISO 8601).
	WeekStart string
	// FiscalYearStart is the month, 1…12, a fiscal year begins in; 0 means 1.
	FiscalYearStart int

	// Origin says where things stand in the file the model was read from; nil for a
	// model made otherwise. Write does not need it.
	Origin *Origin

	index *index // of Indexed
}

// Context is what ai_context says beside synonyms.
type Context struct {
	Text         string // ai_context given as plain text
	Instructions string
	Examples     []string
	More         map[string]any // other keys, values as in JSON
}

// Dataset is one table, or a query standing for one.
type Dataset struct {
	Name        string
	Source      string // table name, possibly qualified, or a SELECT
	PrimaryKey  []string
	UniqueKeys  [][]string
	Description string
	Synonyms    []string
	Fields      []*Field
	Extensions  []Extension
	Context     Context

	// From our extension.
	Label Label
	// Filter is a boolean SQL expression over the dataset's columns that every query
	// applies, such as "not is_test"; empty for none.
	Filter string
	// Hidden keeps the dataset out of what people may ask about.
	Hidden bool
	// Database names the source that holds the dataset, in a model over several; empty
	// in a model of one.
	Database string
}

// Relationship is a foreign key: many rows of From to one of To.
type Relationship struct {
	Name        string
	From, To    string // dataset names
	FromColumns []string
	ToColumns   []string
	Extensions  []Extension
	Synonyms    []string
	Context     Context
}

// Field is a row-level attribute.
type Field struct {
	Name        string
	Expression  map[string]string // by Ossie dialect, such as "ANSI_SQL"
	IsTime      bool
	Label       Label
	Description string
	Synonyms    []string
	Extensions  []Extension
	Context     Context
	// Dimension is set when the file says that the field is a dimension, even of no
	// time.
	Dimension bool
	Datatype  string // Ossie's, such as "DateTime"; empty when unknown
	Category  string // Ossie's label, which sorts fields and is no name

	// From our extension.
	Kind Kind
	// Format says how values are written; see package format. Empty means by kind.
	Format string
	// Values are other words for the field's values: "수도권" → 서울특별시, 경기도.
	Values []ValueSynonym
	// Ordered are the values in their natural order where it is not the
	// alphabetical one (weekdays, sizes); nil otherwise.
	Ordered []string
	// Totals are the values of rows that sum the others up, such as 전국 beside the
	// regions. No query sees these rows, so that nothing is counted twice.
	Totals []string
	// Hidden keeps the field out of what people may ask about (keys, personal data).
	Hidden bool
	// Name marks the field by which people call a row of the dataset (a product's
	// name): asking "by product" groups by it.
	IsName bool
	// SameAs are fields "dataset.field" that hold the same thing elsewhere: the region of
	// a target and the region of a customer. A metric that no relationship leads from to
	// one of them is split and filtered by the other. It works in both directions and not
	// over a third field.
	SameAs []string
}

// Kind is what a field's values are.
type Kind string

// The kinds of fields.
const (
	Categorical Kind = "categorical" // grouped and filtered by value
	Numeric     Kind = "numeric"     // compared and ranged
	Temporal    Kind = "temporal"    // a date or a timestamp
	Boolean     Kind = "boolean"
	FreeText    Kind = "text" // searched, not grouped
	Identifier  Kind = "id"   // counted, joined
)

// ValueSynonym gives other words for one or several values of a field.
type ValueSynonym struct {
	Words  []string `json:"words"`
	Values []string `json:"values"`
}

// Metric is an aggregate over fields of one or several datasets.
type Metric struct {
	Name        string
	Expression  map[string]string // by Ossie dialect; fields as dataset.field
	Description string
	Synonyms    []string
	Extensions  []Extension
	Context     Context
	Datatype    string // Ossie's; empty when unknown

	// From our extension.
	Label Label
	// Descriptions are Description in the languages people ask in; see DescriptionIn.
	Descriptions Label
	// Format says how values are written; see package format. Empty means a plain
	// number.
	Format string
	// Time is the field "dataset.field" along which the metric is placed in time;
	// empty when the metric has no time.
	Time string
	// LowerIsBetter colours changes.
	LowerIsBetter bool
	// Default metrics are taken when a question names a dataset and no metric.
	Default bool
	Hidden  bool
}

// Label is a name in the languages people ask in. An empty one falls back to the
// other, then to the name.
type Label struct {
	Ko string `json:"ko,omitempty"`
	En string `json:"en,omitempty"`
}

// In returns the label in language ("ko" or "en"), or name when there is none.
func (l Label) In(language, name string) string {
	first, second := l.En, l.Ko
	if language == "ko" {
		first, second = l.Ko, l.En
	}
	switch {
	case first != "":
		return first
	case second != "":
		return second
	}
	return name
}

// DescriptionIn returns what the metric is in language ("ko" or "en"), Description where
// that has no text of its own, "" when there is none at all.
func (x *Metric) DescriptionIn(language string) string {
	own := x.Descriptions.En
	if language == "ko" {
		own = x.Descriptions.Ko
	}
	if own == "" && x.Description == "" {
		return x.Descriptions.In(language, "")
	}
	return cmp.Or(own, x.Description)
}

// Extension is a custom extension of another vendor.
type Extension struct {
	Vendor string
	Data   string // JSON
}

// Dataset returns the dataset called name, or nil.
func (m *Model) Dataset(name string) *Dataset {
	if x := m.indexed(); x != nil {
		if at, ok := x.datasets[name]; ok {
			return m.Datasets[at]
		}
		return nil
	}
	for _, d := range m.Datasets {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// Metric returns the metric called name, or nil.
func (m *Model) Metric(name string) *Metric {
	if x := m.indexed(); x != nil {
		return x.metrics[name]
	}
	for _, x := range m.Metrics {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// Field returns the field called "dataset.field" and its dataset, or nils.
func (m *Model) Field(ref string) (*Dataset, *Field) {
	if x := m.indexed(); x != nil {
		return x.field(ref)
	}
	for _, d := range m.Datasets {
		if len(ref) <= len(d.Name)+1 || ref[len(d.Name)] != '.' || ref[:len(d.Name)] != d.Name {
			continue
		}
		if f := d.field(ref[len(d.Name)+1:]); f != nil {
			return d, f
		}
	}
	return nil, nil
}
