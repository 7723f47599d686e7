package blocks

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
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
	maxSeries     = 6
	maxSegments   = 6
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
		out = append(out, i)
	}
	return out
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
	if period := s.period(); period != "" && size(title+" · "+period) <= maxChartTitle {
		title += " · " + period
	}
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
	return block, block.Validate() == nil
}

// period is the subtitle without the unit: Slack's axis is in another one.
func (s chartSpec) period() string {
	parts := strings.Split(oneLine(literal(s.Subtitle)), " · ")
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.HasPrefix(p, "단위: ") || strings.HasPrefix(p, "unit: ") })
	return strings.Join(parts, " · ")
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
	if n == 0 || n > maxPoints || len(s.Series) == 0 || len(s.Series) > maxSeries || s.PartialLast ||
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
	if s.XKind == "time" || !ok || len(labels) > maxSegments || len(labels) != len(values) {
		return nil, false
	}
	var segments []slack.DataVisualizationSegment
	for i, v := range values {
		segments = append(segments, slack.NewDataVisualizationSegment(labels[i], sc.of(*v)))
	}
	// A pie has no axis that could name the unit.
	if sc.unit != "" {
		title = cut(title, maxChartTitle-size(sc.unit)-3) + " (" + sc.unit + ")"
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
	head, _ := split(s, limit/2)
	r := []rune(s)
	for i := range r {
		if tail := string(r[i:]); size(head)+1+size(tail) <= limit {
			return head + "…" + tail
		}
	}
	return head
}

// timeLabels names periods as short as they stay apart, and says beside the axis what
// they have in common.
func timeLabels(times []time.Time, grain, lang string) (labels []string, axis string) {
	ko := lang == "ko"
	year := times[0].Year()
	oneYear := times[len(times)-1].Year() == year
	for _, t := range times {
		labels = append(labels, timeLabel(t, grain, ko, oneYear))
	}
	if oneYear && grain != "year" {
		axis = strconv.Itoa(year)
		if ko {
			axis += "년"
		}
	}
	if grain == "week" {
		of := "week of"
		if ko {
			of = "주의 첫날"
		}
		axis = strings.Trim(axis+" · "+of, " ·")
	}
	return labels, axis
}

func timeLabel(t time.Time, grain string, ko, oneYear bool) string {
	pick := func(korean, english string) string {
		if ko {
			return t.Format(korean)
		}
		return t.Format(english)
	}
	quarter := (int(t.Month()) + 2) / 3
	switch {
	case grain == "year":
		return pick("2006년", "2006")
	case grain == "quarter" && ko:
		return strings.Repeat(t.Format("2006년 "), b2i(!oneYear)) + strconv.Itoa(quarter) + "분기"
	case grain == "quarter":
		return "Q" + strconv.Itoa(quarter) + strings.Repeat(t.Format(" 2006"), b2i(!oneYear))
	case grain == "month" && oneYear:
		return pick("1월", "Jan")
	case grain == "month":
		return pick("2006년 1월", "Jan 2006")
	case grain == "hour" && ko:
		return t.Format("1월 2일 ") + strconv.Itoa(t.Hour()) + "시"
	case grain == "hour":
		return t.Format("Jan 2 15:04")
	case oneYear:
		return pick("1월 2일", "Jan 2")
	}
	return t.Format(time.DateOnly)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// scale turns a figure into what Slack's axis shows: it writes figures as they are, so
// they are given in a unit that leaves few digits.
type scale struct {
	divisor float64
	unit    string
	places  int
}

func (s scale) of(v float64) float64 {
	p := math.Pow10(s.places)
	return math.Round(v/s.divisor*p) / p
}

// units are how amounts are counted in the two languages.
var units = map[bool][]struct {
	word string
	size float64
}{
	true:  {{"조", 1e12}, {"억", 1e8}, {"만", 1e4}},
	false: {{"T", 1e12}, {"B", 1e9}, {"M", 1e6}, {"K", 1e3}},
}

// scale chooses the unit by the largest figure. It is false for formats that are no
// amounts, and for figures so far apart that the least would be gone.
func (s chartSpec) scale() (scale, bool) {
	most, least := 0.0, math.Inf(1)
	for _, x := range s.Series {
		for _, v := range x.Values {
			a := math.Abs(*v)
			most = max(most, a)
			if a > 0 {
				least = min(least, a)
			}
		}
	}
	if math.IsInf(most, 0) || math.IsNaN(most) {
		return scale{}, false
	}
	ko := s.Language == "ko"
	out := scale{divisor: 1}
	before, after, counted, ok := unitOf(s.YFormat, ko)
	switch {
	case !ok:
		return scale{}, false
	case s.YFormat == "percent" || s.YFormat == "points":
		out.divisor = 0.01
	case counted && most >= 1e5: // 98,000 is read as it is
		for _, u := range units[ko] {
			if most >= u.size {
				out.divisor, before = u.size, before+u.word
				break
			}
		}
	}
	out.unit = strings.TrimSpace(before + after)
	if most == 0 {
		return out, true
	}
	// Four digits of the largest figure, and two of the least.
	digits := func(v float64, n int) int { return n - 1 - int(math.Floor(math.Log10(v/out.divisor))) }
	out.places = max(0, digits(most, 4), digits(least, 2))
	return out, out.places <= 8
}

// unitOf says what stands before and after the figures of a format, and whether they
// are counted in thousands and millions.
func unitOf(f string, ko bool) (before, after string, counted, ok bool) {
	pick := func(korean, english string) string {
		if ko {
			return korean
		}
		return english
	}
	if unit, is := strings.CutPrefix(f, "count:"); is {
		unit = oneLine(literal(unit))
		if size(unit) > 10 {
			unit = ""
		}
		return "", " " + unit, true, true
	}
	switch f {
	case "", "integer":
		return "", "", true, true
	case "score":
		return "", "", false, true
	case "percent":
		return "%", "", false, true
	case "points":
		return "%p", "", false, true
	case "ratio":
		return pick("배", "×"), "", false, true
	case "days":
		return pick("일", "days"), "", false, true
	case "hours":
		return pick("시간", "hours"), "", false, true
	case "minutes":
		return pick("분", "minutes"), "", false, true
	case "seconds":
		return pick("초", "seconds"), "", false, true
	}
	money := map[string][2]string{
		"krw": {"원", "₩"}, "usd": {"달러", "$"}, "eur": {"유로", "€"}, "jpy": {"엔", "¥"}, "gbp": {"파운드", "£"}, "cny": {"위안", "CN¥"},
	}
	if m, is := money[f]; is {
		if ko {
			return "", " " + m[0], true, true
		}
		return m[1], "", true, true
	}
	if len(f) == 3 && strings.Trim(f, "abcdefghijklmnopqrstuvwxyz") == "" { // another currency
		return "", " " + strings.ToUpper(f), true, true
	}
	return "", "", false, false
}

// specNote is what a chart says below itself.
func specNote(c bot.Chart) string {
	var s chartSpec
	if json.Unmarshal(c.Spec, &s) != nil {
		return ""
	}
	return oneLine(s.Note)
}
