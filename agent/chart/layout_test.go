package chart_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/chart"
)

// sizes are those of a thread, a page and a phone.
var sizes = []chart.Options{{}, {Dark: true}, {Width: 720, Height: 405}, {Width: 360, Height: 300}}

func place(t testing.TB, spec chart.Spec, opts chart.Options) chart.Placed {
	t.Helper()
	p, err := chart.Place(spec, opts)
	if err != nil {
		t.Fatalf("place %s: %v", spec.Title, err)
	}
	return p
}

// TestLayout holds every chart of the gallery, the ugly ones too, to what makes a chart
// legible: texts inside the picture, none over another, all with enough contrast, and
// every mark inside the plot.
func TestLayout(t *testing.T) {
	for _, n := range append(gallery(), ugly()...) {
		for _, opts := range sizes {
			t.Run(fmt.Sprintf("%s/%dx%d/dark=%v", n.name, opts.Width, opts.Height, opts.Dark), func(t *testing.T) {
				p := place(t, n.spec, opts)
				checkTexts(t, p)
				checkMarks(t, p)
			})
		}
	}
}

func checkTexts(t *testing.T, p chart.Placed) {
	t.Helper()
	for i, a := range p.Texts {
		if a.X < -0.5 || a.Y < -0.5 || a.X+a.W > p.Width+0.5 || a.Y+a.H > p.Height+0.5 {
			t.Errorf("%q leaves the picture: %.1f,%.1f %.1f×%.1f", a.Text, a.X, a.Y, a.W, a.H)
		}
		if a.Contrast < 4.5 {
			t.Errorf("%q has contrast %.2f", a.Text, a.Contrast)
		}
		for _, b := range p.Texts[i+1:] {
			const touch = 1 // boxes include room for accents that few letters use
			w := math.Min(a.X+a.W, b.X+b.W) - math.Max(a.X, b.X)
			h := math.Min(a.Y+a.H, b.Y+b.H) - math.Max(a.Y, b.Y)
			if w > touch && h > math.Min(a.H, b.H)*0.22 {
				t.Errorf("%q and %q overlap by %.1f × %.1f", a.Text, b.Text, w, h)
			}
		}
	}
}

func checkMarks(t *testing.T, p chart.Placed) {
	t.Helper()
	if p.Plot[2] == 0 {
		return
	}
	slack := p.Em * 0.6 // half a marker
	for _, m := range p.Marks {
		if math.IsNaN(m.X + m.Y + m.W + m.H) {
			t.Fatalf("mark %q has no place", m.Tip)
		}
		if m.X < p.Plot[0]-slack || m.Y < p.Plot[1]-slack || m.X+m.W > p.Plot[0]+p.Plot[2]+slack || m.Y+m.H > p.Plot[1]+p.Plot[3]+slack {
			t.Errorf("mark %q at %.1f,%.1f %.1f×%.1f leaves the plot %v", m.Tip, m.X, m.Y, m.W, m.H, p.Plot)
		}
	}
}

// TestBarsAreProportional holds bars to their figures: a bar's length over its figure is
// the same for all, which it is only when they begin at zero.
func TestBarsAreProportional(t *testing.T) {
	values := []float64{1000, 990, 985, -400, 12, 1001}
	for _, kind := range []chart.Kind{chart.Bar, chart.HBar, chart.GroupedBar} {
		spec := chart.Spec{Kind: kind, XKind: chart.XCategory, Categories: categories(len(values), "c"), Series: []chart.Series{{Values: figures(values...)}}}
		p := place(t, spec, chart.Options{})
		if len(p.Marks) != len(values) {
			t.Fatalf("%s: %d bars, want %d", kind, len(p.Marks), len(values))
		}
		for i, m := range p.Marks {
			length := m.H
			if kind == chart.HBar {
				length = m.W
			}
			first := p.Marks[0].H
			if kind == chart.HBar {
				first = p.Marks[0].W
			}
			if want := first * math.Abs(values[i]) / values[0]; math.Abs(length-want) > 0.01 {
				t.Errorf("%s: bar of %v is %.2f long, want %.2f", kind, values[i], length, want)
			}
		}
	}
}

// TestTimeToScale holds points to their time: a gap of ten days is ten times a day.
func TestTimeToScale(t *testing.T) {
	spec := chart.Spec{Kind: chart.Line, XKind: chart.XTime, Grain: "day", Series: []chart.Series{{Values: figures(1, 2, 3)}}}
	spec.Times = append(times("2026-10-01", 2, daily), day("2026-10-12"))
	p := place(t, spec, chart.Options{})
	var x []float64
	for _, m := range p.Marks {
		if m.W < p.Em && m.H < p.Em { // the markers
			x = append(x, m.X+m.W/2)
		}
	}
	if len(x) < 3 {
		t.Fatalf("%d markers, want at least 3", len(x))
	}
	if got := (x[2] - x[1]) / (x[1] - x[0]); math.Abs(got-10) > 0.01 {
		t.Errorf("ten days are %.2f days wide", got)
	}
}

// TestGapsStayGaps holds that a missing month leaves its place empty among bars.
func TestGapsStayGaps(t *testing.T) {
	spec := chart.Spec{Kind: chart.Bar, XKind: chart.XTime, Grain: "month", Series: []chart.Series{{Values: figures(1, 2, 3)}}}
	spec.Times = append(times("2026-01-01", 2, monthly), day("2026-04-01"))
	p := place(t, spec, chart.Options{})
	if got := (p.Marks[2].X - p.Marks[1].X) / (p.Marks[1].X - p.Marks[0].X); math.Abs(got-2) > 0.01 {
		t.Errorf("April stands %.2f months after February", got)
	}
}

// TestMissingPeriodsBreakLines holds that a line does not lead over days of which there
// is no row, and that one with a row a week is not torn.
func TestMissingPeriodsBreakLines(t *testing.T) {
	spec := chart.Spec{Kind: chart.Line, XKind: chart.XTime, Grain: "day", Series: []chart.Series{{Values: figures(1, 2, 3, 4, 5, 6), Marks: []int{4}}}}
	spec.Times = append(times("2026-10-01", 3, daily), times("2026-10-12", 3, daily)...)
	widest := 0.0
	p := place(t, spec, chart.Options{})
	for _, m := range p.Marks {
		widest = max(widest, m.W)
	}
	if days := widest / p.Plot[2] * 13; days > 2.5 {
		t.Errorf("a line leads over %.1f days", days)
	}
	if len(spec.Times) != 6 || len(spec.Series[0].Values) != 6 || spec.Series[0].Marks[0] != 4 {
		t.Error("the caller's spec was changed")
	}
	spec.Times = times("2026-10-01", 6, weekly)
	p = place(t, spec, chart.Options{})
	widest = 0
	for _, m := range p.Marks {
		widest = max(widest, m.W)
	}
	if widest < p.Plot[2]*0.99 {
		t.Errorf("a weekly line is torn: %.0f of %.0f", widest, p.Plot[2])
	}
}

// TestSeriesColors holds the palette to WCAG 2.2 (1.4.11) against its background, and
// its first four colours to be told apart with the common colour deficiencies, by the
// simulation of Machado, Oliveira and Fernandes (2009), in Oklab, and the first three by
// lightness alone.
func TestSeriesColors(t *testing.T) {
	for _, dark := range []bool{false, true} {
		background, series := chart.SeriesColors(dark)
		for _, c := range series {
			if ratio := wcag(c, background); ratio < 3 {
				t.Errorf("dark=%v: #%06X has contrast %.2f", dark, c, ratio)
			}
		}
		for i := range series[:3] {
			for j := range i {
				if d := math.Abs(see(deficiencies["full sight"], series[i])[0] - see(deficiencies["full sight"], series[j])[0]); d < 0.08 {
					t.Errorf("dark=%v, grey: #%06X and #%06X are %.3f apart", dark, series[i], series[j], d)
				}
			}
		}
		for name, m := range deficiencies {
			for i := range series[:4] {
				for j := range i {
					if d := distance(see(m, series[i]), see(m, series[j])); d < 0.1 {
						t.Errorf("dark=%v, %s: #%06X and #%06X are %.3f apart", dark, name, series[i], series[j], d)
					}
				}
			}
		}
	}
}

type vec [3]float64

var deficiencies = map[string][9]float64{
	"full sight":   {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritanopia":   {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

func linear(c uint32) vec {
	f := func(v uint32) float64 {
		x := float64(v&0xFF) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return vec{f(c >> 16), f(c >> 8), f(c)}
}

func wcag(a, b uint32) float64 {
	l := func(c uint32) float64 { v := linear(c); return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2] }
	x, y := l(a), l(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// see returns a colour as somebody with a deficiency sees it, in Oklab.
func see(m [9]float64, c uint32) vec {
	v := linear(c)
	var s vec
	for i := range s {
		s[i] = math.Min(1, math.Max(0, m[3*i]*v[0]+m[3*i+1]*v[1]+m[3*i+2]*v[2]))
	}
	l := math.Cbrt(0.4122214708*s[0] + 0.5363325363*s[1] + 0.0514459929*s[2])
	k := math.Cbrt(0.2119034982*s[0] + 0.6806995451*s[1] + 0.1073969566*s[2])
	n := math.Cbrt(0.0883024619*s[0] + 0.2817188376*s[1] + 0.6299787005*s[2])
	return vec{
		0.2104542553*l + 0.7936177850*k - 0.0040720468*n,
		1.9779984951*l - 2.4285922050*k + 0.4505937099*n,
		0.0259040371*l + 0.7827717662*k - 0.8086757660*n,
	}
}

func distance(a, b vec) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

// TestWordsAreHalved holds that of a word on two lines no syllable stands alone, and that
// a word that is not Hangul is not broken where smaller letters do.
func TestWordsAreHalved(t *testing.T) {
	for _, tt := range []struct {
		name, lines string
		width       int
	}{
		{"라이브커머스", "라이브 커머스", 620},
		{"September 2026", "September 2026", 620},
		{"September 2026", "September 2026", 520},
	} {
		spec := chart.Spec{Kind: chart.Bar, Language: "ko", XKind: chart.XCategory, YFormat: "krw", Series: []chart.Series{{Values: figures(7, 6, 5, 4, 3, 2, 1)}}}
		spec.Categories = []string{"오픈마켓", "자사몰", "직영 매장", "종합몰", "기업구매", tt.name, "백화점"}
		var texts []string
		for _, text := range place(t, spec, chart.Options{Width: tt.width}).Texts {
			texts = append(texts, text.Text)
		}
		for _, want := range strings.Fields(tt.lines) {
			if !slices.Contains(texts, want) {
				t.Errorf("%d wide, %q has no line %q among %q", tt.width, tt.name, want, texts)
			}
		}
	}
}

// TestHeightIsLeftOpen holds that many rows make a chart higher instead of illegible, when
// nobody said how high it is.
func TestHeightIsLeftOpen(t *testing.T) {
	spec := chart.Spec{Kind: chart.HBar, Language: "ko", XKind: chart.XCategory, YFormat: "krw", Series: []chart.Series{{}}}
	for i := range 25 {
		v := float64(100 - i)
		spec.Categories = append(spec.Categories, fmt.Sprintf("지역 %d", i))
		spec.Series[0].Values = append(spec.Series[0].Values, &v)
	}
	small := chart.Options{Width: 420, Height: 330}
	height := func(opts chart.Options) (h int) {
		data, err := chart.SVG(spec, opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscanf(string(data[bytes.Index(data, []byte("viewBox")):]), `viewBox="0 0 420 %d"`, &h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	if h := height(small); h != 330 {
		t.Errorf("%d high, want what was asked for", h)
	}
	small.Height = 0
	high := height(small)
	if got := render(t, spec, chart.Options{Width: 420, Scale: 1}).Bounds().Dy(); got != high {
		t.Errorf("the PNG is %d high, the SVG %d", got, high)
	}
	for _, text := range place(t, spec, chart.Options{Width: 420, Height: high}).Texts {
		if strings.HasPrefix(text.Text, "지역") && text.H < 11 {
			t.Errorf("%q is %.1f high", text.Text, text.H)
		}
	}
	spec.Categories, spec.Series[0].Values = spec.Categories[:5], spec.Series[0].Values[:5]
	if h := height(small); h != 330 {
		t.Errorf("five rows: %d high", h)
	}
}
