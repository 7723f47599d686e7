package semantic

import "strings"

// outputs describes the columns in their order.
func (c *compiler) outputs() []Output {
	var out []Output
	for _, d := range c.dims {
		out = append(out, c.dimOutput(d))
	}
	for _, m := range c.measures {
		out = append(out, c.measureOutputs(m)...)
	}
	return out
}

func (c *compiler) dimOutput(d *dim) Output {
	o := Output{Key: d.key, Role: RoleDimension, Field: d.Field, Grain: d.Grain}
	if d.isTime() {
		o.Role = RoleTime
	}
	switch {
	case d.Grain == DayKind || d.Grain == DayKindKo: // words
	case d.Grain.recurring():
		o.Format = "integer"
	case d.Grain == Hour:
		o.Format = "datetime"
	case d.Grain != "":
		o.Format = "date"
	case d.field.Format != "":
		o.Format = d.field.Format
	case d.field.Kind == Identifier:
		o.Format = "id"
	case d.field.temporal():
		o.Format = "date"
	}
	word := grainLabels[d.Grain]
	if d.own() {
		o.Label = word
		return o
	}
	o.Label = full(d.field.Label, d.field.Name)
	if d.Grain != "" {
		o.Label = Label{Ko: o.Label.Ko + " (" + word.Ko + ")", En: o.Label.En + " (" + strings.ToLower(word.En) + ")"}
	}
	return o
}

var grainLabels = map[Grain]Label{
	Hour: {"시각", "Hour"}, Day: {"날짜", "Date"}, Week: {"주", "Week"}, Month: {"월", "Month"},
	Quarter: {"분기", "Quarter"}, Year: {"연도", "Year"}, Weekday: {"요일", "Weekday"},
	HourOfDay: {"시간대", "Hour of day"}, MonthOfYear: {"월", "Month of year"},
	DayKind: {"요일 구분", "Part of the week"}, DayKindKo: {"요일 구분", "Part of the week"},
}

// full is the label with both languages filled in.
func full(l Label, name string) Label { return Label{Ko: l.In("ko", name), En: l.In("en", name)} }

func (c *compiler) measureOutputs(m *measure) []Output {
	base := Output{Key: m.key, Role: RoleMeasure, Metric: m.Metric, Measure: m.key, Label: m.label(), Format: m.format()}
	out := []Output{base}
	put := func(suffix string, role Role, label Label, format string) {
		o := base
		o.Key, o.Role, o.Label, o.Format = m.key+suffix, role, label, format
		out = append(out, o)
	}
	l := base.Label
	if c.q.Compare != nil {
		earlier := beforeLabels[c.q.Compare.Kind]
		if earlier.En == "" {
			earlier = beforeLabels[CompareExplicit]
		}
		put("__before", RoleBefore, Label{l.Ko + " (" + earlier.Ko + ")", l.En + " (" + earlier.En + ")"}, base.Format)
		put("__change", RoleChange, Label{l.Ko + " 증감", l.En + " change"}, changeFormat(base.Format))
		put("__growth", RoleGrowth, Label{l.Ko + " 증감률", l.En + " growth"}, "percent")
	}
	if c.q.Share {
		put("__share", RoleShare, Label{l.Ko + " 비중", "Share of " + lowerFirst(l.En)}, "percent")
	}
	if c.q.Cumulative {
		put("__total", RoleTotal, Label{"누적 " + l.Ko, "Cumulative " + lowerFirst(l.En)}, base.Format)
	}
	if c.q.Total {
		put("__all", RoleAll, Label{"전체 " + l.Ko, "Overall " + lowerFirst(l.En)}, base.Format)
	}
	return out
}

var beforeLabels = map[CompareKind]Label{
	ComparePrevious: {"이전 기간", "previous period"},
	CompareYearAgo:  {"전년 동기", "year ago"},
	CompareExplicit: {"비교 기간", "compared period"},
	CompareEdition:  {"지난 회차", "earlier edition"},
}

func changeFormat(format string) string {
	if format == "percent" {
		return "points"
	}
	return format
}

var overLabels = map[Grain]Label{
	Hour: {"시간당 평균 ", "hour"}, Day: {"일평균 ", "day"}, Week: {"주평균 ", "week"}, Month: {"월평균 ", "month"},
	Quarter: {"분기 평균 ", "quarter"}, Year: {"연평균 ", "year"},
}

func (m *measure) label() Label {
	l := full(m.metric.Label, m.metric.Name)
	switch {
	case m.each != nil:
		return m.eachLabel()
	case m.per != nil:
		per := full(m.per.Label, m.per.Name)
		return Label{Ko: strings.TrimSuffix(per.Ko, " 수") + "당 " + l.Ko, En: l.En + " per " + singular(per.En)}
	case m.Over != "":
		word := overLabels[m.Over]
		return Label{Ko: word.Ko + l.Ko, En: "Average " + lowerFirst(l.En) + " per " + word.En}
	case m.Median:
		of := strings.TrimPrefix(strings.TrimPrefix(l.En, "Average "), "average ")
		return Label{Ko: strings.TrimPrefix(l.Ko, "평균 ") + " 중앙값", En: "Median " + lowerFirst(of)}
	}
	return l
}

// singular makes "Number of orders" and "Orders" into "order".
func singular(s string) string {
	s = lowerFirst(strings.TrimSuffix(strings.TrimPrefix(s, "Number of "), " count"))
	switch {
	case strings.HasSuffix(s, "ss"), strings.HasSuffix(s, "us"), len(s) < 4:
		return s
	case strings.HasSuffix(s, "ies"):
		return strings.TrimSuffix(s, "ies") + "y"
	}
	return strings.TrimSuffix(s, "s")
}

// lowerFirst lets a label stand inside a phrase; abbreviations stay.
func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// format is that of the metric; of a quotient, what the division leaves.
func (m *measure) format() string {
	f := m.metric.Format
	switch {
	case m.Is != "":
		return m.each.format
	case m.each != nil && (f == "integer" || strings.HasPrefix(f, "count:")):
		return "" // between two counts lie decimals
	case m.per != nil:
		switch {
		case f == "percent" || f == "points" || f == "ratio":
			return ""
		case f == m.per.Format && isAmount(f):
			return "ratio"
		case isAmount(f) && !isAmount(m.per.Format):
			return f
		}
		return ""
	case m.Over != "" && (f == "integer" || strings.HasPrefix(f, "count:")):
		// An average of counts has decimals.
		return ""
	}
	return f
}

// isAmount reports whether a format is of money or of a length of time, which an
// average keeps.
func isAmount(f string) bool {
	switch f {
	case "days", "hours", "minutes", "seconds":
		return true
	case "", "integer", "percent", "points", "ratio", "date", "datetime", "year", "score":
		return false
	}
	return len(f) == 3 // an ISO 4217 code
}
