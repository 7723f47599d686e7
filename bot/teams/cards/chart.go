package cards

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of charts, all ours. They are what the client of Microsoft's emulator, which
// draws these elements, could show; it leaves them a narrower card than Teams does.
const (
	maxNative  = 4 // charts that Teams draws in one card
	maxPoints  = 120
	maxBars    = 20
	maxGroups  = 12
	maxSlices  = 6
	maxName    = 40  // of a series or a part, in UTF-16 units
	maxAcross  = 110 // letters of all names below an x axis: longer ones lose their end
	aroundName = 3   // letters that Teams leaves free beside each
	maxHeading = 120
)

// palette are the colours of series, in their order. Teams' own begins with red, which
// would say that something is wrong, and has neighbours that look alike.
var palette = []string{"categoricalBlue", "categoricalMarigold", "categoricalTeal", "categoricalPurple", "categoricalLime", "categoricalRed"}

// chartSpec is a chart to be drawn by Teams.
type chartSpec struct{ *layout.ChartSpec }

// The data of Teams' charts.
type (
	point struct {
		X string  `json:"x"`
		Y float64 `json:"y"`
	}
	group struct {
		Legend string  `json:"legend"`
		Values []point `json:"values"`
		Color  string  `json:"color,omitempty"`
	}
	slice struct {
		Legend string  `json:"legend"`
		Value  float64 `json:"value"`
		Color  string  `json:"color,omitempty"`
	}
)

// WantsPicture returns which charts of msg, by their index in Charts, a picture is good for: Teams cannot
// draw them itself, or a client that draws none shows it. One figure is told in words.
func WantsPicture(msg bot.Message) []int {
	var out []int
	all := layout.Charts(layout.Bounded(msg))
	for i, c := range all[:min(len(all), maxPictures)] {
		if !layout.InWords(c) {
			out = append(out, i)
		}
	}
	return out
}

// PictureSpec is the spec that a chart's picture is to be drawn of: without its title, for
// that stands above it in the card.
func PictureSpec(c bot.Chart) json.RawMessage {
	var spec map[string]json.RawMessage
	if json.Unmarshal(c.Spec, &spec) != nil || spec == nil || headingOf(c) == nil {
		return c.Spec
	}
	spec["title"] = json.RawMessage(`""`)
	delete(spec, "subtitle")
	out, err := json.Marshal(spec)
	if err != nil {
		return c.Spec
	}
	return out
}

// figure is a chart with all that is shown of it.
type figure struct {
	native  element // as Teams draws it, if drawn is set
	drawn   bool
	unit    string   // of the figures of native
	picture []byte   // nil for none
	heading []string // its title and period
	alt     string
	caption string
}

// figuresOf are the charts of a message.
func figuresOf(msg bot.Message, pictures map[int][]byte) []figure {
	var out []figure
	var a album
	for i, c := range layout.Charts(msg) {
		f := figure{picture: a.take(pictures[i]), heading: headingOf(c), caption: layout.Cut(caption(c), 2*layout.ALine)}
		f.native, f.unit, f.drawn = nativeChart(c)
		if f.alt = layout.Cut(layout.OneLine(literal(layout.AltOf(c))), 2*layout.ALine); f.alt == "" {
			f.alt = wordsOf(msg).Chart
		}
		out = append(out, f)
	}
	return out
}

// headingOf names a chart: its title and its period.
func headingOf(c bot.Chart) []string {
	s, _ := layout.SpecOf(c)
	title := layout.OneLine(literal(s.Title))
	if title == "" {
		title = layout.OneLine(literal(c.Title))
	}
	if title == "" {
		return nil
	}
	out := []string{layout.Cut(title, maxHeading)}
	if period := literal(s.Period()); period != "" {
		out = append(out, layout.Cut(period, maxHeading))
	}
	return out
}

// nativeChart makes Teams draw the chart, and tells the unit of its figures. It is false
// where its chart would say anything else than ours: it knows no gaps, no intervals, no
// marks, no dashes, and leaves out what is below zero in bars.
func nativeChart(c bot.Chart) (chart element, unit string, ok bool) {
	spec, ok := layout.SpecOf(c)
	s := chartSpec{spec}
	if !ok || !s.plainEnough() {
		return element{}, "", false
	}
	sc, ok := s.Scale()
	if !ok {
		return element{}, "", false
	}
	sc.Unit = literal(sc.Unit)
	chart, ok = s.draw(sc)
	if chart.Title = layout.Cut(layout.OneLine(literal(s.Title)), maxHeading); chart.Title == "" {
		chart.Title = layout.Cut(layout.OneLine(literal(c.Title)), maxHeading)
	}
	if sc.Unit != "" {
		unit = fmt.Sprintf(wordsFor(s.Language).Unit, sc.Unit)
	}
	return chart, unit, ok && finite(chart)
}

// finite tells whether a chart's figures can be written: one that has overflowed cannot.
func finite(chart element) bool {
	_, err := json.Marshal(chart.Data)
	return err == nil
}

// draw chooses the element of the kind.
func (s chartSpec) draw(sc layout.Scale) (element, bool) {
	if s.Kind == "donut" {
		return s.donut(sc)
	}
	names, axis, ok := s.names()
	if !ok {
		return element{}, false
	}
	across := fitsAcross(names)
	chart := element{XAxisTitle: layout.Cut(axis, maxHeading)}
	switch s.Kind {
	case "hbar", "bar":
		chart.Type, chart.Color, chart.ShowBarValues = "Chart.VerticalBar", palette[0], true
		if s.Kind == "hbar" || s.XKind != "time" && !across {
			// Lying, its names have room. What is its x axis is called y, and the other way round.
			chart.Type, chart.ShowBarValues = "Chart.HorizontalBar", false
			chart.YAxisTitle, chart.XAxisTitle = chart.XAxisTitle, ""
		} else if !across {
			return element{}, false
		}
		chart.Data = s.points(0, names, sc)
		return chart, len(names) <= maxBars
	case "grouped_bar", "stacked_bar":
		chart.Type, chart.Stacked = "Chart.VerticalBar.Grouped", s.Kind == "stacked_bar"
		groups, ok := s.groups(names, sc)
		chart.Data = groups
		return chart, ok && across && len(names) <= maxGroups
	}
	chart.Type = "Chart.Line"
	if s.XKind == "time" && (!across || !layout.Evenly(s.Times, s.Grain)) {
		if names, ok = s.dates(); !ok {
			return element{}, false
		}
		chart.XAxisTitle = ""
	} else if !across {
		return element{}, false
	}
	groups, ok := s.groups(names, sc)
	chart.Data, chart.ShowLegend = groups, ptr(len(groups) > 1)
	chart.YMin, chart.YMax = s.bounds(sc)
	return chart, ok
}

// plainEnough tells whether the chart is of a kind that Teams has, with nothing in it that
// Teams has not.
func (s chartSpec) plainEnough() bool {
	n := s.Points()
	least, alone := 1, true
	switch s.Kind {
	case "line":
		least, alone = 2, false // a lone point is no line
	case "area": // a line, if nothing lies on top of it
		least = 2
	case "hbar", "bar", "donut":
	case "grouped_bar", "stacked_bar":
		alone = false
	default:
		return false
	}
	even := s.XKind != "time" || s.Kind == "line" || s.Kind == "area" || layout.Evenly(s.Times, s.Grain)
	if n < least || n > maxPoints || len(s.Series) == 0 || len(s.Series) > len(palette) || alone && len(s.Series) != 1 ||
		s.PartialLast || s.CutFirst || s.CutLast || s.XKind == "number" || !even {
		return false
	}
	return s.Bare() && !slices.ContainsFunc(s.Series, func(x layout.Series) bool { return slices.ContainsFunc(x.Values, s.undrawn) })
}

// undrawn tells whether Teams has no place for a value: what is below zero in bars, or
// nothing in a part of a whole.
func (s chartSpec) undrawn(v *float64) bool {
	if s.Kind == "donut" {
		return *v <= 0
	}
	return *v < 0 && s.Kind != "line" && s.Kind != "area"
}

// names are what the x axis says, and its own name.
func (s chartSpec) names() (names []string, axis string, ok bool) {
	if s.XKind == "time" {
		names, axis = layout.TimeLabels(s.Times, s.Grain, s.Language)
		return s.shortDays(names), axis, true
	}
	names, ok = apart(s.Categories)
	return names, layout.OneLine(literal(s.XLabel)), ok
}

// shortDays writes days as 10/5 where 10월 5일 is too long for a narrow card. In English,
// where that might be the tenth of May, they stay as they are.
func (s chartSpec) shortDays(names []string) []string {
	const many = 5
	if s.Language != "ko" || s.Grain != "day" && s.Grain != "week" || len(names) <= many {
		return names
	}
	out := make([]string, len(names))
	for i, t := range s.Times {
		out[i] = t.Format("1/2")
	}
	if !layout.Distinct(out) {
		return names
	}
	return out
}

// dates are the times as Teams takes them for an axis to scale.
func (s chartSpec) dates() ([]string, bool) {
	if s.Grain == "hour" {
		return nil, false
	}
	var out []string
	for i, t := range s.Times {
		if i > 0 && !t.After(s.Times[i-1]) || t.Year() < 1 || t.Year() > 9999 {
			return nil, false
		}
		out = append(out, t.Format(time.DateOnly))
	}
	return out, true
}

// apart makes names fit. It is false when two are alike or one is empty: then nobody could
// tell what is what.
func apart(names []string) ([]string, bool) {
	out := make([]string, len(names))
	seen := map[string]bool{}
	for i, n := range names {
		short := layout.Cut(layout.OneLine(literal(n)), maxName)
		if short == "" || seen[short] {
			return nil, false
		}
		seen[short], out[i] = true, short
	}
	return out, true
}

// fitsAcross tells whether names have room below an x axis.
func fitsAcross(names []string) bool {
	widest := 0
	for _, n := range names {
		widest = max(widest, layout.Columns(n))
	}
	return len(names)*(widest+aroundName) <= maxAcross
}

func (s chartSpec) points(i int, names []string, sc layout.Scale) []point {
	var out []point
	for j, v := range s.Series[i].Values {
		out = append(out, point{names[j], sc.Of(*v)})
	}
	return out
}

func (s chartSpec) groups(names []string, sc layout.Scale) ([]group, bool) {
	legends := make([]string, len(s.Series))
	for i, x := range s.Series {
		legends[i] = x.Name
	}
	if len(legends) == 1 && strings.TrimSpace(legends[0]) == "" {
		legends[0] = s.Title
	}
	legends, ok := apart(legends)
	var out []group
	for i, l := range legends {
		out = append(out, group{l, s.points(i, names, sc), palette[i]})
	}
	return out, ok
}

// donut draws a whole in parts. Teams writes no figures on them, so the legend does.
func (s chartSpec) donut(sc layout.Scale) (element, bool) {
	names, ok := apart(s.Categories)
	if !ok || s.XKind == "time" || len(names) > maxSlices {
		return element{}, false
	}
	var parts []slice
	for i, v := range s.Series[0].Values {
		parts = append(parts, slice{names[i] + " " + write(sc, *v), sc.Of(*v), palette[i]})
	}
	return element{Type: "Chart.Donut", Data: parts}, true
}

// write writes a figure of the axis with its unit.
func write(s layout.Scale, v float64) string {
	text := fmt.Sprint(s.Of(v))
	if r := []rune(s.Unit); len(r) > 0 && strings.ContainsRune("₩$€¥£", r[0]) {
		return string(r[0]) + text + string(r[1:])
	}
	return strings.TrimSpace(text + " " + s.Unit)
}

// bounds are those of a line's y axis, such that the figures at its four steps are short.
// It begins at zero where nothing is below.
func (s chartSpec) bounds(sc layout.Scale) (low, high *float64) {
	most := 0.0
	for _, x := range s.Series {
		for _, v := range x.Values {
			if *v < 0 {
				return nil, nil
			}
			most = max(most, sc.Of(*v))
		}
	}
	if most == 0 {
		return nil, nil
	}
	ten := math.Pow(10, math.Floor(math.Log10(most/4)))
	for _, step := range []float64{1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10} {
		if top := 4 * step * ten; top >= most {
			return ptr(0.0), ptr(math.Round(top*1e9) / 1e9)
		}
	}
	return nil, nil
}

// caption is what stands below a chart.
func caption(c bot.Chart) string {
	s, ok := layout.SpecOf(c)
	if !ok {
		return layout.OneLine(literal(layout.AltOf(c)))
	}
	return layout.OneLine(literal(s.Caption(c, s.Period()))) // its heading tells the period
}
