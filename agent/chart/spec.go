// Package chart draws. A Spec says what to show and is platform-neutral: it feeds
// our own PNG, a platform's native chart and the picture on the page. Choose makes
// a Spec from the shape of a result; Render draws it.
//
// Axes are honest: bars begin at zero, time is to scale, gaps stay gaps, and every
// figure is written by package format.
package chart

import "time"

// Kind is the kind of a chart.
type Kind string

// The kinds.
const (
	Line       Kind = "line"
	Area       Kind = "area"        // stacked
	Bar        Kind = "bar"         // vertical
	HBar       Kind = "hbar"        // horizontal, for long labels
	GroupedBar Kind = "grouped_bar" // two dimensions, side by side
	StackedBar Kind = "stacked_bar" // two dimensions, parts of a sum
	Donut      Kind = "donut"
	Scatter    Kind = "scatter"
	Heatmap    Kind = "heatmap"
	Number     Kind = "number"    // one big number with its change
	Waterfall  Kind = "waterfall" // from one value by steps to another
)

// Spec is a chart. X is one of Categories, Times or Xs, as XKind says. A Heatmap has a
// column for each of Categories and a row for each of Series. A Waterfall has one
// series: its first and last values are the levels it leads from and to, those between
// are changes. A Donut has one series; a negative part has no place in it and is left
// out.
type Spec struct {
	Kind     Kind   `json:"kind"`
	Language string `json:"language"`
	Title    string `json:"title"`
	Subtitle string `json:"subtitle,omitempty"` // period and unit
	Note     string `json:"note,omitempty"`     // below the chart: what was left out

	XKind      XKind       `json:"x_kind,omitempty"`
	XLabel     string      `json:"x_label,omitempty"`
	Grain      string      `json:"grain,omitempty"` // of Times: a semantic.Grain
	Categories []string    `json:"categories,omitempty"`
	Times      []time.Time `json:"times,omitempty"`
	Xs         []float64   `json:"xs,omitempty"`
	XFormat    string      `json:"x_format,omitempty"` // of Xs

	YLabel  string   `json:"y_label,omitempty"`
	YFormat string   `json:"y_format,omitempty"` // see package format
	Series  []Series `json:"series"`

	// Big is the figure of a Number chart.
	Big *Big `json:"big,omitempty"`
	// LowerIsBetter turns the colours of changes round.
	LowerIsBetter bool `json:"lower_is_better,omitempty"`
	// PartialLast is set when the last of Times is a period that is not over; it is
	// drawn so that nobody takes it for a fall.
	PartialLast bool `json:"partial_last,omitempty"`
	// CutFirst and CutLast are set when but a part of the first or the last of Times lies in
	// the period that was asked about: the weeks at the ends of a quarter. They are drawn
	// paler than the others, for they are no rise and no fall.
	CutFirst bool `json:"cut_first,omitempty"`
	CutLast  bool `json:"cut_last,omitempty"`
}

// XKind is what the x axis is.
type XKind string

// The kinds of x axes.
const (
	XCategory XKind = "category"
	XTime     XKind = "time"
	XNumber   XKind = "number"
)

// Series is one line, one set of bars, one row of a heatmap. A nil value is missing.
type Series struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"`
	// Low and High bound an interval around Values (a forecast); both or neither.
	Low  []*float64 `json:"low,omitempty"`
	High []*float64 `json:"high,omitempty"`
	// Dashed marks what did not happen (a forecast) or is there to compare with (the
	// year before).
	Dashed bool `json:"dashed,omitempty"`
	// Labels name the points of a scatter.
	Labels []string `json:"labels,omitempty"`
	// Marks are the indices of points to point out (anomalies).
	Marks []int `json:"marks,omitempty"`
}

// Big is one figure with its change.
type Big struct {
	Value  float64   `json:"value"`
	Before *float64  `json:"before,omitempty"`
	Growth *float64  `json:"growth,omitempty"` // 0.041 is +4.1%
	Label  string    `json:"label,omitempty"`  // what it is compared with
	Spark  []float64 `json:"spark,omitempty"`  // recent course, oldest first
}
