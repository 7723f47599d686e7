package semantic

import "time"

// Query asks for metrics. The zero values of its fields ask for nothing more.
// A Query is stored with the answer it led to, so its JSON form is stable.
type Query struct {
	Measures   []Measure   `json:"measures,omitempty"`
	Dimensions []Dimension `json:"dimensions,omitempty"`
	Filters    []Filter    `json:"filters,omitempty"`
	// Period restricts each metric along its own time field.
	Period *Period `json:"period,omitempty"`
	// Compare adds, for every measure, its value in another period:
	// <key>__before, and the difference <key>__change and its share of the earlier
	// value <key>__growth (null where that value is zero or missing). With a time
	// dimension the rows are matched by position in the period (day n with day n,
	// the same calendar day a year ago, for weeks the one 52 weeks before). Groups of
	// either period appear; sums and counts are 0 in the one where they are missing.
	Compare *Compare `json:"compare,omitempty"`
	Having  []Having `json:"having,omitempty"`
	Order   []Order  `json:"order,omitempty"` // empty: time ascending, else first measure descending
	Limit   int      `json:"limit,omitempty"` // 0: no limit
	// LimitPer, a dimension's key, makes Limit count within each of its values. The
	// result is then sorted by that dimension first.
	LimitPer string `json:"limit_per,omitempty"`
	// Share adds <key>__share: the row's part of the total over all rows, before
	// Limit. With a time dimension and another one, of the total of that time.
	Share bool `json:"share,omitempty"`
	// SharePer, a dimension's key, makes Share that of the total within each of its values.
	SharePer string `json:"share_per,omitempty"`
	// Cumulative adds <key>__total: the running sum along time. Measures whose values
	// do not add up (averages, quotients, distinct counts) have none: an error.
	Cumulative bool `json:"cumulative,omitempty"`
	// Top keeps the rows of the values that come first: the revenue of the five
	// best-selling products by month. What is derived is computed before, over all rows.
	Top *Top `json:"top,omitempty"`
	// Total adds <key>__all: the measure over all rows together, before Limit,
	// computed from the data and not by adding up (a distinct count does not add up).
	Total bool `json:"total,omitempty"`
	// FillTime adds rows for the times of the period in which nothing happened:
	// additive measures are 0 there, others null.
	FillTime bool `json:"fill_time,omitempty"`
}

// Top names the values of one dimension that come first by a measure over the whole
// period, whatever the other dimensions are. A missing value is none of them; ties go
// to the value that sorts first.
type Top struct {
	Of    string `json:"of"` // a dimension's key
	By    string `json:"by"` // a measure's key
	N     int    `json:"n"`
	Least bool   `json:"least,omitempty"` // the last instead of the first
}

// Measure is a metric, or one made from metrics on the spot.
type Measure struct {
	Metric string `json:"metric"`
	// Per divides by this other metric: revenue per order.
	Per string `json:"per,omitempty"`
	// Over averages the metric over periods of this grain, counting those of the
	// period in which nothing happened as zero: average revenue per day.
	Over Grain `json:"over,omitempty"`
	// Median takes the median of the field that the metric is the average of; with Each
	// that of the metric over the values of the field.
	Median bool `json:"median,omitempty"`
	// Each, a field "dataset.field", takes the metric for each of its values apart, such
	// as the orders of each customer. The measure is then how many values there are for
	// which that Is so: over, at least, under, at most Low, or from Low to High; without
	// Is their mean, with Median their median. A value for which there are no rows is
	// none of them: who never ordered has not ordered less than twice.
	Each string  `json:"each,omitempty"`
	Is   Op      `json:"is,omitempty"`
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
}

// Key names the measure's column in the result.
func (m Measure) Key() string {
	switch {
	case m.Each != "":
		return m.eachKey()
	case m.Per != "":
		return m.Metric + "_per_" + m.Per
	case m.Over != "":
		return m.Metric + "_per_" + string(m.Over)
	case m.Median:
		return m.Metric + "_median"
	}
	return m.Metric
}

// Dimension is what to group by.
type Dimension struct {
	// Field is "dataset.field". Empty together with a Grain means each metric's own
	// time field.
	Field string `json:"field,omitempty"`
	// Grain cuts a time into periods, or takes a part of it (see Grain).
	Grain Grain `json:"grain,omitempty"`
}

// Key names the dimension's column in the result.
func (d Dimension) Key() string {
	name := d.Field
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			name = name[i+1:]
			break
		}
	}
	switch {
	case name == "":
		return string(d.Grain)
	case d.Grain != "":
		return name + "_" + string(d.Grain)
	}
	return name
}

// Grain is a length of time, or a part of the date that recurs.
type Grain string

// The grains. Day to Year yield the first day of the period as a DATE; the others
// yield an integer (Weekday 1 = Monday … 7, HourOfDay 0…23, MonthOfYear 1…12).
const (
	Day         Grain = "day"
	Week        Grain = "week"
	Month       Grain = "month"
	Quarter     Grain = "quarter"
	Year        Grain = "year"
	Hour        Grain = "hour" // a timestamp
	Weekday     Grain = "weekday"
	HourOfDay   Grain = "hour_of_day"
	MonthOfYear Grain = "month_of_year"
	// DayKind tells weekdays from weekends, as a word; the other one is in Korean.
	DayKind   Grain = "day_kind"
	DayKindKo Grain = "day_kind_ko"
)

// Period is a half-open range of local dates (or instants for hours): Start ≤ t < End.
// Either may be zero for an open end. Location is UTC by convention: wall time.
type Period struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// CompareKind says what a period is compared with.
type CompareKind string

// The comparisons.
const (
	ComparePrevious CompareKind = "previous" // the period of the same length before
	CompareYearAgo  CompareKind = "year_ago" // the same dates a year before
	CompareExplicit CompareKind = "explicit" // Compare.Period as given
	CompareEdition  CompareKind = "edition"  // an event's earlier edition; Compare.Period as given
)

// Compare is a comparison. Period is always filled in by whoever makes the query.
type Compare struct {
	Kind   CompareKind `json:"kind"`
	Period Period      `json:"period"`
}

// Op compares a field or a measure.
type Op string

// The operators. Values are strings for text, numbers as JSON numbers, dates as
// "2006-01-02". Between is inclusive of both for numbers and half-open for dates.
const (
	In       Op = "in" // one of Values; with Negate none of them (nulls kept)
	Greater  Op = ">"
	AtLeast  Op = ">="
	Less     Op = "<"
	AtMost   Op = "<="
	Between  Op = "between"
	Contains Op = "contains" // text contains Values[0], ignoring case
	IsNull   Op = "null"
)

// Filter restricts rows by a field's value. Where the field is on the many side of a
// measure's rows (orders by the product of their lines), a row passes when some row
// there matches, with Negate when none does. Negate keeps rows without a value.
type Filter struct {
	// Field is "dataset.field". Empty together with a Grain means each metric's own
	// time field.
	Field string `json:"field"`
	// Grain Weekday with Op In keeps the days of the week that Values name: "monday",
	// "weekend", "월요일", "평일", or a number from 1; HourOfDay with Op In the hours of
	// the day, 0…23. No other grain filters.
	Grain  Grain `json:"grain,omitempty"`
	Op     Op    `json:"op"`
	Values []any `json:"values,omitempty"`
	Negate bool  `json:"negate,omitempty"`
}

// Having restricts result rows by a measure's value.
type Having struct {
	Key    string `json:"key"` // a column of the result: a measure's key, or one derived from it
	Op     Op     `json:"op"`
	Values []any  `json:"values"`
	// Mean compares, instead of with Values, with the mean of Key over all rows; with
	// Query.Total with Key over all rows together, which is the average of an average.
	Mean bool `json:"mean,omitempty"`
}

// Order sorts the result.
type Order struct {
	Key  string `json:"key"` // a column of the result
	Desc bool   `json:"desc,omitempty"`
	// Size orders by how large a figure is whatever its sign: a fall by 5 is more than a
	// rise by 3.
	Size bool `json:"size,omitempty"`
}

// Role is what a result column is.
type Role string

// The roles. The derived ones belong to the measure whose key precedes "__".
const (
	RoleTime      Role = "time"
	RoleDimension Role = "dimension"
	RoleMeasure   Role = "measure"
	RoleBefore    Role = "before"
	RoleChange    Role = "change"
	RoleGrowth    Role = "growth"
	RoleShare     Role = "share"
	RoleTotal     Role = "total" // running total
	RoleAll       Role = "all"   // over all rows together
)

// Output describes one column of a compiled query's result, in the order of the
// columns.
type Output struct {
	Key     string `json:"key"`
	Role    Role   `json:"role"`
	Field   string `json:"field,omitempty"`   // for dimensions
	Grain   Grain  `json:"grain,omitempty"`   // for times
	Metric  string `json:"metric,omitempty"`  // for measures and what derives from them
	Measure string `json:"measure,omitempty"` // key of the measure, likewise
	Label   Label  `json:"label"`
	Format  string `json:"format,omitempty"` // see package format
}

// Compiled is a query as SQL. The columns of its result are Outputs, one by one: what the
// engine calls them is Key only where no engine's limit of a name's length is in the way.
type Compiled struct {
	SQL     string
	Tables  []string // what SQL reads, for connectors.Statement.Tables
	Outputs []Output
}
