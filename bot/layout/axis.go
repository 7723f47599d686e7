package layout

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// TimeLabels names periods as short as they stay apart: the year where it begins, or
// beside the axis, whose name is axis, where there is but one. Grain is that of a chart
// spec, and lang "ko" or "en".
func TimeLabels(times []time.Time, grain, lang string) (labels []string, axis string) {
	ko := lang == "ko"
	first, last := times[0].Year(), times[len(times)-1].Year()
	for _, everywhere := range []bool{false, true} {
		labels = nil
		year := first
		for i, t := range times {
			label := timeLabel(t, grain, ko)
			if grain != "year" && first != last && (everywhere || i == 0 || t.Year() != year) {
				label = withYear(label, t, ko)
			}
			year = t.Year()
			labels = append(labels, label)
		}
		if Distinct(labels) {
			break
		}
	}
	if first == last && grain != "year" {
		axis = strconv.Itoa(first)
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

// Distinct tells whether no two labels are alike.
func Distinct(labels []string) bool {
	seen := map[string]bool{}
	for _, l := range labels {
		if seen[l] {
			return false
		}
		seen[l] = true
	}
	return true
}

// withYear puts the year to a label.
func withYear(label string, t time.Time, ko bool) string {
	if ko {
		return t.Format("06년 ") + label
	}
	return label + t.Format(" ’06")
}

// timeLabel names a period without its year.
func timeLabel(t time.Time, grain string, ko bool) string {
	layout := map[string][2]string{
		"year": {"2006", "2006년"}, "month": {"Jan", "1월"}, "hour": {"Jan 2 15:04", "1월 2일 "},
	}[grain]
	switch {
	case grain == "quarter":
		quarter := strconv.Itoa((int(t.Month()) + 2) / 3)
		if ko {
			return quarter + "분기"
		}
		return "Q" + quarter
	case layout[0] == "":
		layout = [2]string{"Jan 2", "1월 2일"}
	case grain == "hour" && ko:
		return t.Format(layout[1]) + strconv.Itoa(t.Hour()) + "시"
	}
	if ko {
		return t.Format(layout[1])
	}
	return t.Format(layout[0])
}

// Scale turns a figure into what a platform's axis shows: that writes figures as they are,
// or in the English way, so they are given in a unit that leaves few digits.
type Scale struct {
	Unit    string // as it was written: not literal
	divisor float64
	places  int
}

// Of is the figure in the scale's unit.
func (s Scale) Of(v float64) float64 {
	p := math.Pow10(s.places)
	return math.Round(v/s.divisor*p) / p
}

// Unit is how amounts are counted.
type Unit struct {
	Word string
	Size float64
}

// UnitsOf are the units of a language, the largest first.
func UnitsOf(lang string) []Unit {
	if lang == "ko" {
		return []Unit{{"조", 1e12}, {"억", 1e8}, {"만", 1e4}}
	}
	return []Unit{{"T", 1e12}, {"B", 1e9}, {"M", 1e6}, {"K", 1e3}}
}

// Scale chooses the unit by the largest figure. It is false for formats that are no
// amounts, and for figures so far apart that the least would be gone.
func (s *ChartSpec) Scale() (Scale, bool) {
	most, least := s.extent()
	f, ok := formatOf(s.YFormat, s.Language == "ko")
	if !ok || math.IsInf(most, 0) || math.IsNaN(most) {
		return Scale{}, false
	}
	out := Scale{divisor: 1}
	switch {
	case s.YFormat == "percent" || s.YFormat == "points":
		out.divisor = 0.01
	case f.counted && most >= 1e5: // 98,000 is read as it is
		for _, u := range UnitsOf(s.Language) {
			if most >= u.Size {
				out.divisor, f.before = u.Size, f.before+u.Word
				break
			}
		}
	}
	out.Unit = strings.TrimSpace(f.before + f.after)
	if most == 0 {
		return out, true
	}
	// Four digits of the largest figure, and two of the least.
	digits := func(v float64, n int) int { return n - 1 - int(math.Floor(math.Log10(v/out.divisor))) }
	out.places = max(0, digits(most, 4), digits(least, 2))
	return out, out.places <= 8
}

// extent is the largest and the least of the figures that are not zero, without their
// signs.
func (s *ChartSpec) extent() (most, least float64) {
	least = math.Inf(1)
	for _, x := range s.Series {
		for _, v := range x.Values {
			a := math.Abs(*v)
			most = max(most, a)
			if a > 0 {
				least = min(least, a)
			}
		}
	}
	return most, least
}

// figureFormat is how the figures of a format are written.
type figureFormat struct {
	before, after string // around the digits
	counted       bool   // in thousands and millions
}

// The formats of agent/format that are amounts, in Korean and in English.
var formats = map[string][2]figureFormat{
	"":        {{counted: true}, {counted: true}},
	"integer": {{counted: true}, {counted: true}},
	"score":   {},
	"percent": {{after: "%"}, {after: "%"}},
	"points":  {{after: "%p"}, {after: "%p"}},
	"ratio":   {{after: "배"}, {after: "×"}},
	"days":    {{after: "일"}, {after: "days"}},
	"hours":   {{after: "시간"}, {after: "hours"}},
	"minutes": {{after: "분"}, {after: "minutes"}},
	"seconds": {{after: "초"}, {after: "seconds"}},
	"krw":     {{after: " 원", counted: true}, {before: "₩", counted: true}},
	"usd":     {{after: " 달러", counted: true}, {before: "$", counted: true}},
	"eur":     {{after: " 유로", counted: true}, {before: "€", counted: true}},
	"jpy":     {{after: " 엔", counted: true}, {before: "¥", counted: true}},
	"gbp":     {{after: " 파운드", counted: true}, {before: "£", counted: true}},
	"cny":     {{after: " 위안", counted: true}, {before: "CN¥", counted: true}},
}

// formatOf is the format called name; false when its figures are no amounts.
func formatOf(name string, ko bool) (figureFormat, bool) {
	if both, known := formats[name]; known {
		if ko {
			return both[0], true
		}
		return both[1], true
	}
	if of, counts := strings.CutPrefix(name, "count:"); counts {
		const most = 10
		if of = OneLine(Clean(of)); Size(of) > most {
			of = ""
		}
		return figureFormat{after: " " + of, counted: true}, true
	}
	if len(name) == 3 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == "" { // another currency
		return figureFormat{after: " " + strings.ToUpper(name), counted: true}, true
	}
	return figureFormat{}, false
}
