package layout

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// ChartSpec is what a chart spec says that matters to a platform which draws charts
// itself; agent/chart describes it. Its texts are as they were written.
type ChartSpec struct {
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
	Series      []Series    `json:"series"`
	PartialLast bool        `json:"partial_last"`
	CutFirst    bool        `json:"cut_first"`
	CutLast     bool        `json:"cut_last"`
	Big         struct {
		Spark []float64 `json:"spark"`
	} `json:"big"`
}

// Series is one of a chart's; a nil value is a gap.
type Series struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"`
	Low    []*float64 `json:"low"`
	High   []*float64 `json:"high"`
	Dashed bool       `json:"dashed"`
	Marks  []int      `json:"marks"`
}

// SpecOf reads the spec of a chart; false when it is none.
func SpecOf(c bot.Chart) (*ChartSpec, bool) {
	var s ChartSpec
	if json.Unmarshal(c.Spec, &s) != nil {
		return &ChartSpec{}, false
	}
	return &s, true
}

// InWords tells whether words say all that a picture would: it is of one figure.
func InWords(c bot.Chart) bool {
	s, ok := SpecOf(c)
	return ok && s.Kind == "number" && len(s.Big.Spark) == 0
}

// Points is how many places the x axis has.
func (s *ChartSpec) Points() int {
	if s.XKind == "time" {
		return len(s.Times)
	}
	return len(s.Categories)
}

// Bare tells whether each of the series is nothing but values, one for each of the
// chart's points: no gap, no interval, no mark, no dashes.
func (s *ChartSpec) Bare() bool {
	n := s.Points()
	return !slices.ContainsFunc(s.Series, func(x Series) bool {
		return len(x.Values) != n || x.Dashed || len(x.Low)+len(x.High)+len(x.Marks) > 0 || slices.Contains(x.Values, nil)
	})
}

// Period is the subtitle without the unit, for a chart whose axis is in another one.
func (s *ChartSpec) Period() string {
	parts := strings.Split(OneLine(s.Subtitle), " · ")
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.HasPrefix(p, "단위: ") || strings.HasPrefix(p, "unit: ") })
	return strings.Join(parts, " · ")
}

// Evenly tells whether no period of the grain is missing between the first and the last
// time: platforms set what they show at equal distances.
func Evenly(times []time.Time, grain string) bool {
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

// AltOf is what a chart shows, in words that name it.
func AltOf(c bot.Chart) string {
	switch {
	case strings.TrimSpace(c.Alt) == "":
		return c.Title
	case strings.Contains(c.Alt, c.Title) || strings.TrimSpace(c.Title) == "":
		return c.Alt
	}
	return c.Title + ": " + c.Alt
}

// Caption is what stands below a chart that a platform draws: what it shows in words,
// which also tell the largest figures as they are, where the axis rounds. What its heading
// has said already is left out.
func (s *ChartSpec) Caption(c bot.Chart, heading string) string {
	alt, said := AltOf(c), s.Title
	if s.Subtitle != "" {
		said += " · " + s.Subtitle
	}
	if rest, ok := strings.CutPrefix(alt, said+". "); ok && strings.Contains(heading, s.Period()) {
		alt = rest
	}
	return OneLine(alt + " " + s.Note)
}
