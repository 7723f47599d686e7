package chart

import (
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent/format"
)

// Data is the shape of a result, apart from where it came from.
type Data struct {
	Language string // "ko" or "en"
	Title    string
	Period   string // for the subtitle, such as "2026-10-01–10-31"
	Columns  []Column
	Rows     [][]any // cells as in connectors.Result, or as read back from JSON
	// Wanted is the kind asked for, "" when none was. It is honoured where the data
	// allow it, otherwise the nearest honest kind is drawn and the note says so.
	Wanted Kind
	// Intent is a compose.Intent, "" when unknown.
	Intent        string
	LowerIsBetter bool
	// PartialLast is set when the last period of a time column is not over.
	PartialLast bool
	// CutFirst and CutLast say what of the first and the last period of a time column lies
	// in the period that was asked about, where that is not all of it: "2026-10-01–10-04".
	CutFirst, CutLast string
	// BeforeName and NowName name the two periods of a comparison.
	BeforeName, NowName string
	// Before and After are the levels between which drivers lead; both or neither.
	Before, After *float64
}

// Column is a column of Data.
type Column struct {
	Key string
	// Role is a semantic.Role, or for computed results RoleForecast, RoleLow, RoleHigh
	// or RoleOutlier.
	Role   string
	Label  string
	Format string // see package format
	Grain  string // a semantic.Grain, of times
	// Measure is the key of the measure that a derived column belongs to.
	Measure string
	// Additive says that the figures of a measure may be added up: the rest of a long
	// list is then shown as one part, otherwise it is left out.
	Additive bool
}

// The roles of columns that semantic.Role does not have.
const (
	RoleForecast = "forecast" // a measure that has not happened yet
	RoleLow      = "low"      // its interval
	RoleHigh     = "high"
	RoleOutlier  = "outlier" // true where a row stands out
)

// The limits of what can be read at a glance.
const (
	maxBars    = 12 // vertical
	maxRows    = 15 // horizontal
	maxSlices  = 7
	maxSeries  = 8
	maxTimes   = 60 // as bars
	fewTimes   = 6  // few enough for bars where nothing was asked for
	maxStacked = 8
	longLabel  = 9.0 // ems from which a bar's name wants a row of its own
)

// Choose makes a spec of data by its shape. It returns false when a chart would say
// nothing that a sentence or the table does not: no figure, a single text, several
// single figures of different kinds.
func Choose(in Data) (Spec, bool) {
	t := readTable(in)
	if len(t.rows) == 0 || in.Wanted == "none" {
		return Spec{}, false
	}
	var spec Spec
	var ok bool
	switch {
	case in.Intent == "drivers" && t.has("dimension") && in.Before != nil && in.After != nil:
		spec, ok = t.drivers()
	case len(t.measures) == 0:
		return Spec{}, false
	case t.wantsScatter():
		spec, ok = t.scatter()
	case t.time >= 0 && len(t.dims) == 0:
		spec, ok = t.course()
	case t.time >= 0:
		spec, ok = t.courses()
	case len(t.dims) == 0:
		spec, ok = t.figure()
	case len(t.dims) == 1:
		spec, ok = t.ranking()
	default:
		spec, ok = t.pairs()
	}
	if !ok || spec.Kind != Number && !hasValues(spec) {
		return Spec{}, false
	}
	t.finish(&spec)
	return spec, true
}

// finish fills in what all kinds share and says where the wish was not met.
func (t *table) finish(spec *Spec) {
	spec.Language, spec.Title = t.in.Language, t.in.Title
	spec.LowerIsBetter = t.in.LowerIsBetter
	unit := ""
	if spec.Kind != Scatter && spec.Kind != Number {
		unit = format.Unit(format.Format(spec.YFormat), t.in.Language)
	}
	if unit != "" {
		unit = t.word("단위: ", "unit: ") + unit
	}
	spec.Subtitle = joinDot(t.in.Period, unit)
	if spec.PartialLast {
		t.note("마지막 기간은 아직 끝나지 않았습니다", "The last period is not over yet")
	}
	if spec.CutFirst {
		t.note("첫 기간에는 "+t.in.CutFirst+"만 들어 있습니다", "The first period holds "+t.in.CutFirst+" only")
	}
	if spec.CutLast {
		t.note("마지막 기간에는 "+t.in.CutLast+"만 들어 있습니다", "The last period holds "+t.in.CutLast+" only")
	}
	if t.in.Wanted != "" && !meets(t.in.Wanted, spec.Kind) {
		t.notes = append([]string{t.refusal(spec.Kind)}, t.notes...)
	}
	spec.Note = strings.Join(t.notes, " · ")
}

// meets reports whether a kind is what was asked for, or the same in all but direction.
func meets(wanted, got Kind) bool {
	bars := map[Kind]bool{Bar: true, HBar: true, GroupedBar: true, StackedBar: true}
	return wanted == got || bars[wanted] && bars[got]
}

var kindNames = map[Kind][2]string{
	Line: {"선 차트", "a line chart"}, Area: {"영역 차트", "an area chart"}, Bar: {"막대 차트", "a bar chart"},
	HBar: {"가로 막대 차트", "a horizontal bar chart"}, GroupedBar: {"묶은 막대 차트", "a grouped bar chart"},
	StackedBar: {"누적 막대 차트", "a stacked bar chart"}, Donut: {"도넛 차트", "a donut chart"},
	Scatter: {"산점도", "a scatter plot"}, Heatmap: {"히트맵", "a heatmap"}, Number: {"숫자 카드", "a single figure"},
	Waterfall: {"폭포 차트", "a waterfall chart"},
}

// nameOf names a kind in a language.
func nameOf(k Kind, lang string) string {
	names, ok := kindNames[k]
	if !ok {
		return string(k)
	}
	if lang == "ko" {
		return names[0]
	}
	return names[1]
}

func (t *table) refusal(got Kind) string {
	wanted, name := nameOf(t.in.Wanted, t.in.Language), nameOf(got, t.in.Language)
	if t.in.Language == "ko" {
		return fmt.Sprintf("이 결과는 %s%s 나타낼 수 없어 %s%s 그렸습니다",
			wanted, format.Josa(wanted, "으로", "로"), name, format.Josa(name, "으로", "로"))
	}
	return fmt.Sprintf("This result cannot be shown as %s, so it is %s", wanted, name)
}

func (t *table) word(ko, en string) string {
	if t.in.Language == "ko" {
		return ko
	}
	return en
}

func (t *table) note(ko, en string) { t.notes = append(t.notes, t.word(ko, en)) }

// figure is a result without any dimension: one figure, or several of one kind.
func (t *table) figure() (Spec, bool) {
	if len(t.rows) != 1 {
		return Spec{}, false
	}
	m := t.measures[0]
	if same := t.sameFormat(); len(same) > 1 {
		spec := Spec{Kind: Bar, XKind: XCategory, YFormat: t.in.Columns[m].Format, Series: []Series{{}}}
		for _, c := range same {
			spec.Categories = append(spec.Categories, t.in.Columns[c].Label)
			spec.Series[0].Values = append(spec.Series[0].Values, t.number(0, c))
		}
		t.compared(&spec, same)
		t.lieDown(&spec)
		return spec, true
	}
	value := t.number(0, m)
	if value == nil || len(t.measures) > 1 {
		return Spec{}, false
	}
	big := &Big{Value: *value, Label: t.in.BeforeName}
	if c := t.derived("before", m); c >= 0 {
		big.Before = t.number(0, c)
	}
	if c := t.derived("growth", m); c >= 0 {
		big.Growth = t.number(0, c)
	}
	return Spec{Kind: Number, YFormat: t.in.Columns[m].Format, Big: big}, true
}

// compared turns one series into two when every measure has its earlier value.
func (t *table) compared(spec *Spec, measures []int) {
	var before []*float64
	for _, m := range measures {
		c := t.derived("before", m)
		if c < 0 {
			return
		}
		before = append(before, t.number(0, c))
	}
	spec.Kind = GroupedBar
	spec.Series[0].Name = t.nowName()
	spec.Series = append([]Series{{Name: t.beforeName(), Values: before, Dashed: true}}, spec.Series...)
}

func (t *table) nowName() string {
	if t.in.NowName != "" {
		return t.in.NowName
	}
	return t.word("이번", "now")
}

func (t *table) beforeName() string {
	if t.in.BeforeName != "" {
		return t.in.BeforeName
	}
	return t.word("이전", "before")
}

// drivers is how the parts of a change lead from one level to another.
func (t *table) drivers() (Spec, bool) {
	c := t.column("change")
	if c < 0 && len(t.measures) > 0 {
		c = t.measures[0]
	}
	if c < 0 {
		return Spec{}, false
	}
	spec := Spec{Kind: Waterfall, XKind: XCategory, YFormat: t.in.Columns[c].Format, Series: []Series{{}}}
	add := func(name string, v float64) {
		spec.Categories = append(spec.Categories, name)
		spec.Series[0].Values = append(spec.Series[0].Values, &v)
	}
	add(t.beforeName(), *t.in.Before)
	explained := 0.0
	const maxDrivers = 8
	for i := range t.rows {
		v := t.number(i, c)
		if v == nil || *v == 0 || i >= maxDrivers {
			continue
		}
		explained += *v
		add(t.label(i, t.dims[0]), *v)
	}
	change := *t.in.After - *t.in.Before
	if rest := change - explained; len(spec.Categories) > 1 && significant(rest, change, explained) {
		add(t.word("그 밖", "Rest"), rest)
	}
	add(t.nowName(), *t.in.After)
	return spec, len(spec.Categories) > 2
}

// significant reports whether a rest is more than the noise of adding floats up.
func significant(rest, change, explained float64) bool {
	size := max(change, -change, explained, -explained)
	return max(rest, -rest) > size*1e-6
}
