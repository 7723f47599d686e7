package blocks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of a data_visualization block.
const (
	maxNative     = 2 // such blocks in a message
	maxChartTitle = 50
	maxChartLabel = 20 // of a category, a series, a segment
	maxAxisLabel  = 50
	maxPoints     = 20
	// Slack takes six series or segments, but those who copied its palette found four
	// colours in it: the fifth would be taken for the first.
	maxColours = 4
	// Slack has upright bars only. More bars than this had better lie, as on our picture:
	// their names would be turned or left out.
	maxLying = 8
)

// drawing is how a chart is shown.
type drawing int

const (
	drawnNot       drawing = iota // in words, or not at all
	drawnNatively                 // by Slack
	drawnAsPicture                // uploaded
)

// drawingsOf says how the charts of msg, in the order of layout.Charts, are shown at level:
// as pictures those that Slack cannot draw itself, or would not draw honestly. Of the
// charts of lines only the first few are, and small, which Slack's own are not: a digest is
// to stay under a screenful.
func drawingsOf(msg bot.Message, level Level) []drawing {
	charts := layout.Charts(msg)
	out := make([]drawing, len(charts))
	if level > Pictures {
		return out
	}
	native := 0
	for i, c := range charts {
		if i >= len(msg.Charts)+maxLineCharts {
			break
		}
		if level == Native && native < maxNative && i < len(msg.Charts) {
			if _, ok := nativeChart(c); ok {
				native++
				out[i] = drawnNatively
				continue
			}
		}
		if !layout.InWords(c) {
			out[i] = drawnAsPicture
		}
	}
	return out
}

// NeedsPicture returns which charts of msg, by their index among layout.Charts, need an
// uploaded picture at level.
func NeedsPicture(msg bot.Message, level Level) []int {
	var out []int
	for i, d := range drawingsOf(layout.Bounded(msg), level) {
		if d == drawnAsPicture {
			out = append(out, i)
		}
	}
	return out
}

// chartSpec is a chart to be drawn by Slack.
type chartSpec struct{ *layout.ChartSpec }

// nativeChart makes Slack draw the chart. It is false where Slack's chart would say
// anything else than ours: it knows no stacks, no gaps, no intervals, no marks, no
// dashes and no axis in proportion to time.
func nativeChart(c bot.Chart) (*slack.DataVisualizationBlock, bool) {
	spec, ok := layout.SpecOf(c)
	s := chartSpec{spec}
	if !ok || !s.plainEnough() {
		return nil, false
	}
	sc, ok := s.Scale()
	if !ok {
		return nil, false
	}
	sc.Unit = literal(sc.Unit)
	title := layout.OneLine(literal(s.Title))
	if title == "" {
		title = layout.OneLine(literal(c.Title))
	}
	if title == "" {
		return nil, false
	}
	if s.Kind == "donut" {
		return s.pie(title, sc)
	}
	title = s.dated(title, maxChartTitle)
	axis, ok := s.axis(sc)
	if !ok {
		return nil, false
	}
	lines, ok := s.lines(axis.Categories, sc)
	if !ok {
		return nil, false
	}
	block := &slack.DataVisualizationBlock{Type: slack.MBTDataVisualization, Title: layout.Cut(title, maxChartTitle)}
	switch s.Kind {
	case "line":
		block.Chart = slack.NewDataVisualizationLineChart(axis, lines...)
	case "area":
		block.Chart = slack.NewDataVisualizationAreaChart(axis, lines...)
	default:
		block.Chart = slack.NewDataVisualizationBarChart(axis, lines...)
	}
	return block, block.Validate() == nil && chartWeight(block) <= maxMessage/2
}

// dated is the title with the period, if there is room for it.
func (s chartSpec) dated(title string, room int) string {
	if period := literal(s.Period()); period != "" && layout.Size(title+" · "+period) <= room {
		return title + " · " + period
	}
	return title
}

// plainEnough tells whether the chart is of a kind that Slack has, with nothing in it
// that Slack has not.
func (s chartSpec) plainEnough() bool {
	n := s.Points()
	switch s.Kind {
	case "line":
		if n < 2 {
			return false // a lone point is no line
		}
	case "area": // Slack's areas lie one before the other, ours on top of each other
		if n < 2 || len(s.Series) != 1 {
			return false
		}
	case "hbar":
		if n > maxLying || len(s.Series) != 1 {
			return false
		}
	case "bar", "donut":
		if len(s.Series) != 1 {
			return false
		}
	case "grouped_bar":
	default:
		return false
	}
	if n == 0 || n > maxPoints || len(s.Series) == 0 || len(s.Series) > maxColours || s.PartialLast || s.CutFirst || s.CutLast ||
		s.XKind == "number" || s.XKind == "time" && !layout.Evenly(s.Times, s.Grain) {
		return false
	}
	return s.Bare() && !slices.ContainsFunc(s.Series, func(x layout.Series) bool { return slices.ContainsFunc(x.Values, s.undrawn) })
}

// undrawn tells whether Slack has no place for a value: what is below zero in an area or a
// pie. Bars stand on zero and hang from it, as the renderer of others that
// copies Slack's charts (slack-blocks-to-jsx) found; Slack itself says nothing of it.
func (s chartSpec) undrawn(v *float64) bool {
	return *v < 0 && (s.Kind == "area" || s.Kind == "donut") || *v == 0 && s.Kind == "donut"
}

func (s chartSpec) pie(title string, sc layout.Scale) (*slack.DataVisualizationBlock, bool) {
	labels, ok := shortLabels(s.Categories)
	values := s.Series[0].Values
	if s.XKind == "time" || !ok || len(labels) > maxColours || len(labels) != len(values) {
		return nil, false
	}
	var segments []slack.DataVisualizationSegment
	for i, v := range values {
		segments = append(segments, slack.NewDataVisualizationSegment(labels[i], sc.Of(*v)))
	}
	// A pie has no axis that could name the unit.
	room := maxChartTitle
	if sc.Unit != "" {
		room -= layout.Size(sc.Unit) + len(" ()")
	}
	title = layout.Cut(s.dated(title, room), room)
	if sc.Unit != "" {
		title += " (" + sc.Unit + ")"
	}
	block := &slack.DataVisualizationBlock{
		Type: slack.MBTDataVisualization, Title: layout.Cut(title, maxChartTitle), Chart: slack.NewDataVisualizationPieChart(segments...),
	}
	return block, block.Validate() == nil
}

func (s chartSpec) axis(sc layout.Scale) (slack.DataVisualizationAxisConfig, bool) {
	axis := slack.DataVisualizationAxisConfig{XLabel: layout.Cut(layout.OneLine(literal(s.XLabel)), maxAxisLabel)}
	ok := true
	if s.XKind == "time" {
		axis.Categories, axis.XLabel = layout.TimeLabels(s.Times, s.Grain, s.Language)
	} else {
		axis.Categories, ok = shortLabels(s.Categories)
	}
	y := layout.OneLine(literal(s.YLabel))
	switch {
	case sc.Unit == "":
	case y == "":
		y = fmt.Sprintf(wordsFor(s.Language).Unit, sc.Unit)
	default:
		y = layout.Cut(y, maxAxisLabel-layout.Size(sc.Unit)-3) + " (" + sc.Unit + ")"
	}
	axis.YLabel = layout.Cut(y, maxAxisLabel)
	return axis, ok
}

func (s chartSpec) lines(categories []string, sc layout.Scale) ([]slack.DataVisualizationDataSeries, bool) {
	names := make([]string, len(s.Series))
	for i, x := range s.Series {
		names[i] = x.Name
	}
	if len(names) == 1 && strings.TrimSpace(names[0]) == "" {
		names[0] = s.Title
	}
	names, ok := shortLabels(names)
	if !ok || len(categories) == 0 {
		return nil, false
	}
	out := make([]slack.DataVisualizationDataSeries, len(names))
	for i, x := range s.Series {
		out[i].Name = names[i]
		for j, v := range x.Values {
			out[i].Data = append(out[i].Data, slack.NewDataVisualizationDataPoint(categories[j], sc.Of(*v)))
		}
	}
	return out, true
}

// shortLabels fits labels into Slack's twenty characters. It is false when that leaves
// two alike, or one is empty: then nobody could tell what is what.
func shortLabels(labels []string) ([]string, bool) {
	out := make([]string, len(labels))
	seen := map[string]bool{}
	for i, l := range labels {
		l = layout.OneLine(literal(l))
		short := layout.Cut(l, maxChartLabel)
		if seen[short] && short != l {
			short = ends(l, maxChartLabel)
		}
		if short == "" || seen[short] {
			return nil, false
		}
		seen[short], out[i] = true, short
	}
	return out, true
}

// ends keeps the beginning and the end of a long label.
func ends(s string, limit int) string {
	head := layout.Prefix(s, limit/2)
	r := []rune(s)
	for i := range r {
		if tail := string(r[i:]); layout.Size(head)+1+layout.Size(tail) <= limit {
			return head + "…" + tail
		}
	}
	return head
}
