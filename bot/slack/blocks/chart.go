package blocks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
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

// chartSpec is what a chart spec says that matters here; agent/chart describes it.
type chartSpec struct {
	Kind        string      `json:"kind"`
	Language    string      `json:"language"`
	Title       string      `json:"title"`
	Subtitle    string      `json:"subtitle"`
	Note        string      `json:"note"`
	XKind       string      `json:"x_kind"`
	XLabel      string      `json:"x_label"`
	Grain       string      `json:"grain"`
	Categories  []string    `json:"categories"`
	Times       []time.Time `json:"times"`
	YLabel      string      `json:"y_label"`
	YFormat     string      `json:"y_format"`
	Series      []series    `json:"series"`
	PartialLast bool        `json:"partial_last"`
	Big         struct {
		Spark []float64 `json:"spark"`
	} `json:"big"`
}

type series struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"`
	Low    []*float64 `json:"low"`
	High   []*float64 `json:"high"`
	Dashed bool       `json:"dashed"`
	Marks  []int      `json:"marks"`
}

// NeedsPicture returns which charts of msg, by index, need an uploaded picture at level:
// those that Slack cannot draw itself, or would not draw honestly.
func NeedsPicture(msg bot.Message, level Level) []int {
	if level > Pictures {
		return nil
	}
	var out []int
	native := 0
	for i, c := range msg.Charts {
		if level == Native && native < maxNative {
			if _, ok := nativeChart(c); ok {
				native++
				continue
			}
		}
		if !inWords(c) {
			out = append(out, i)
		}
	}
	return out
}

// inWords tells whether words say all that a picture would: it is of one figure, which is
// not worth an upload.
func inWords(c bot.Chart) bool {
	var s chartSpec
	return json.Unmarshal(c.Spec, &s) == nil && s.Kind == "number" && len(s.Big.Spark) == 0
}

// nativeChart makes Slack draw the chart. It is false where Slack's chart would say
// anything else than ours: it knows no stacks, no gaps, no intervals, no marks, no
// dashes and no axis in proportion to time.
func nativeChart(c bot.Chart) (*slack.DataVisualizationBlock, bool) {
	var s chartSpec
	if json.Unmarshal(c.Spec, &s) != nil || !s.plainEnough() {
		return nil, false
	}
	sc, ok := s.scale()
	if !ok {
		return nil, false
	}
	title := oneLine(literal(s.Title))
	if title == "" {
		title = oneLine(literal(c.Title))
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
	block := &slack.DataVisualizationBlock{Type: slack.MBTDataVisualization, Title: cut(title, maxChartTitle)}
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

// period is the subtitle without the unit: Slack's axis is in another one.
func (s chartSpec) period() string {
	parts := strings.Split(oneLine(literal(s.Subtitle)), " · ")
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.HasPrefix(p, "단위: ") || strings.HasPrefix(p, "unit: ") })
	return strings.Join(parts, " · ")
}

// dated is the title with the period, if there is room for it.
func (s chartSpec) dated(title string, room int) string {
	if period := s.period(); period != "" && size(title+" · "+period) <= room {
		return title + " · " + period
	}
	return title
}

// plainEnough tells whether the chart is of a kind that Slack has, with nothing in it
// that Slack has not.
func (s chartSpec) plainEnough() bool {
	n := len(s.Categories)
	if s.XKind == "time" {
		n = len(s.Times)
	}
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
	if n == 0 || n > maxPoints || len(s.Series) == 0 || len(s.Series) > maxColours || s.PartialLast ||
		s.XKind == "number" || s.XKind == "time" && !evenly(s.Times, s.Grain) {
		return false
	}
	return !slices.ContainsFunc(s.Series, func(x series) bool {
		return len(x.Values) != n || x.Dashed || len(x.Low)+len(x.High)+len(x.Marks) > 0 ||
			slices.ContainsFunc(x.Values, s.undrawn)
	})
}

// undrawn tells whether Slack has no place for a value: a gap, or what is below zero in an
// area or a pie. Bars stand on zero and hang from it, as the renderer of others that
// copies Slack's charts (slack-blocks-to-jsx) found; Slack itself says nothing of it.
func (s chartSpec) undrawn(v *float64) bool {
	return v == nil || *v < 0 && (s.Kind == "area" || s.Kind == "donut") || *v == 0 && s.Kind == "donut"
}

// evenly tells whether no period is missing between the first and the last: Slack sets
// its categories at equal distances.
func evenly(times []time.Time, grain string) bool {
	for i := 1; i < len(times); i++ {
		last, want := times[i-1], time.Time{}
		switch grain {
		case "hour":
			want = last.Add(time.Hour)
		case "day":
			want = last.AddDate(0, 0, 1)
		case "week":
			want = last.AddDate(0, 0, 7)
		case "month":
			want = last.AddDate(0, 1, 0)
		case "quarter":
			want = last.AddDate(0, 3, 0)
		case "year":
			want = last.AddDate(1, 0, 0)
		}
		if !times[i].Equal(want) {
			return false
		}
	}
	return true
}

func (s chartSpec) pie(title string, sc scale) (*slack.DataVisualizationBlock, bool) {
	labels, ok := shortLabels(s.Categories)
	values := s.Series[0].Values
	if s.XKind == "time" || !ok || len(labels) > maxColours || len(labels) != len(values) {
		return nil, false
	}
	var segments []slack.DataVisualizationSegment
	for i, v := range values {
		segments = append(segments, slack.NewDataVisualizationSegment(labels[i], sc.of(*v)))
	}
	// A pie has no axis that could name the unit.
	room := maxChartTitle
	if sc.unit != "" {
		room -= size(sc.unit) + len(" ()")
	}
	title = cut(s.dated(title, room), room)
	if sc.unit != "" {
		title += " (" + sc.unit + ")"
	}
	block := &slack.DataVisualizationBlock{
		Type: slack.MBTDataVisualization, Title: cut(title, maxChartTitle), Chart: slack.NewDataVisualizationPieChart(segments...),
	}
	return block, block.Validate() == nil
}

func (s chartSpec) axis(sc scale) (slack.DataVisualizationAxisConfig, bool) {
	axis := slack.DataVisualizationAxisConfig{XLabel: cut(oneLine(literal(s.XLabel)), maxAxisLabel)}
	ok := true
	if s.XKind == "time" {
		axis.Categories, axis.XLabel = timeLabels(s.Times, s.Grain, s.Language)
	} else {
		axis.Categories, ok = shortLabels(s.Categories)
	}
	y := oneLine(literal(s.YLabel))
	switch {
	case sc.unit == "":
	case y == "":
		y = fmt.Sprintf(wordsFor(s.Language).unit, sc.unit)
	default:
		y = cut(y, maxAxisLabel-size(sc.unit)-3) + " (" + sc.unit + ")"
	}
	axis.YLabel = cut(y, maxAxisLabel)
	return axis, ok
}

func (s chartSpec) lines(categories []string, sc scale) ([]slack.DataVisualizationDataSeries, bool) {
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
			out[i].Data = append(out[i].Data, slack.NewDataVisualizationDataPoint(categories[j], sc.of(*v)))
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
		l = oneLine(literal(l))
		short := cut(l, maxChartLabel)
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
	head := prefix(s, limit/2)
	r := []rune(s)
	for i := range r {
		if tail := string(r[i:]); size(head)+1+size(tail) <= limit {
			return head + "…" + tail
		}
	}
	return head
}

// caption is what stands below a chart of Slack's own, which has no alternative text: what
// it shows in words, which also tell the largest figures as they are, where the axis
// rounds. What its title has said already is left out.
func (s chartSpec) caption(c bot.Chart, title string) string {
	alt := altOf(c)
	said := s.Title
	if s.Subtitle != "" {
		said += " · " + s.Subtitle
	}
	if rest, ok := strings.CutPrefix(alt, said+". "); ok && strings.Contains(title, s.period()) {
		alt = rest
	}
	return oneLine(literal(alt + " " + s.Note))
}
