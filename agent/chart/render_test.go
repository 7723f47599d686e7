package chart_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/chart"
)

func TestRenderSize(t *testing.T) {
	spec := gallery()[0].spec
	tests := []struct {
		opts chart.Options
		want image.Point
	}{
		{chart.Options{}, image.Pt(2400, 1350)},
		{chart.Options{Width: 600, Height: 400, Scale: 1}, image.Pt(600, 400)},
		{chart.Options{Width: 333, Height: 250, Scale: 1.5}, image.Pt(500, 375)},
	}
	for _, tt := range tests {
		if got := render(t, spec, tt.opts).Bounds().Size(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.opts, got, tt.want)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	spec := gallery()[0].spec
	for _, opts := range []chart.Options{{Width: 50}, {Height: 9000}, {Width: -1}, {Scale: math.NaN()}, {Scale: 99}, {Width: 4000, Height: 4000, Scale: 4}} {
		if _, err := chart.Render(context.Background(), spec, opts); err == nil {
			t.Errorf("%+v: no error", opts)
		}
		if _, err := chart.SVG(spec, opts); err == nil {
			t.Errorf("SVG %+v: no error", opts)
		}
	}
	if _, err := chart.Render(context.Background(), chart.Spec{Kind: "pie in the sky"}, chart.Options{}); err == nil {
		t.Error("unknown kind: no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := chart.Render(ctx, spec, chart.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestRenderIsDeterministic holds that the same spec gives the same bytes, also when
// several are drawn at once.
func TestRenderIsDeterministic(t *testing.T) {
	all := gallery()
	opts := chart.Options{Width: 600, Height: 340, Scale: 1}
	want := make([][]byte, len(all))
	for i, n := range all {
		data, err := chart.Render(context.Background(), n.spec, opts)
		if err != nil {
			t.Fatal(err)
		}
		want[i] = data
	}
	var wg sync.WaitGroup
	for i, n := range all {
		wg.Go(func() {
			data, err := chart.Render(context.Background(), n.spec, opts)
			if err != nil || !bytes.Equal(data, want[i]) {
				t.Errorf("%s differs the second time (%v)", n.name, err)
			}
		})
	}
	wg.Wait()
}

// TestRenderKeepsColors holds that reducing the colours leaves grounds and fills exact.
func TestRenderKeepsColors(t *testing.T) {
	background, series := chart.SeriesColors(false)
	for _, n := range gallery() {
		img := render(t, n.spec, chart.Options{Scale: 1})
		if got := pixel(img, 2, 2); got != background {
			t.Errorf("%s: background #%06X", n.name, got)
		}
	}
	p := place(t, gallery()[5].spec, chart.Options{Scale: 1})
	img := render(t, gallery()[5].spec, chart.Options{Scale: 1})
	first := p.Marks[0]
	if got := pixel(img, int(first.X+first.W/2), int(first.Y+first.H/2)); got != series[0] {
		t.Errorf("first bar is #%06X, want #%06X", got, series[0])
	}
}

// TestReduce holds that up to 256 colours are kept as they are, and that of more no
// pixel moves far.
func TestReduce(t *testing.T) {
	for _, n := range []int{2, 256, 5000} {
		img := image.NewRGBA(image.Rect(0, 0, 100, n/100+1))
		for i := range 100 * (n/100 + 1) {
			c := i % n
			copy(img.Pix[4*i:], []uint8{uint8(c * 7), uint8(c / 3), uint8(c >> 5), 255})
		}
		out := chart.Reduce(img)
		worst := 0
		for y := range img.Rect.Dy() {
			for x := range 100 {
				a, b := pixel(img, x, y), pixel(out, x, y)
				for shift := 0; shift <= 16; shift += 8 {
					d := int(a>>shift&0xFF) - int(b>>shift&0xFF)
					worst = max(worst, d, -d)
				}
			}
		}
		if limit := map[int]int{2: 0, 256: 0, 5000: 64}[n]; worst > limit {
			t.Errorf("%d colours: one moved by %d", n, worst)
		}
	}
}

func pixel(img image.Image, x, y int) uint32 {
	r, g, b, _ := img.At(x, y).RGBA()
	return r>>8<<16 | g>>8<<8 | b>>8
}

// TestSVG holds that every SVG is well-formed, holds nothing that runs, is labelled, and
// names the figure of each mark.
func TestSVG(t *testing.T) {
	for _, n := range append(gallery(), ugly()...) {
		t.Run(n.name, func(t *testing.T) {
			data, err := chart.SVG(n.spec, chart.Options{})
			if err != nil {
				t.Fatal(err)
			}
			root, names := elements(t, data)
			for _, name := range names {
				switch name {
				case "svg", "rect", "path", "polyline", "text", "tspan", "title", "desc":
				default:
					t.Errorf("holds <%s>", name)
				}
			}
			for _, a := range root.Attr {
				if a.Name.Local == "aria-label" && a.Value == "" || a.Name.Local == "role" && a.Value != "img" {
					t.Errorf("%s is %q", a.Name.Local, a.Value)
				}
			}
			if bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("Inf")) {
				t.Error("holds a coordinate that is no number")
			}
		})
	}
}

func elements(t *testing.T, data []byte) (root xml.StartElement, names []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root, names
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			if len(names) == 0 {
				root = e.Copy()
			}
			names = append(names, e.Name.Local)
		}
	}
}

// TestSVGTitles holds that hovering shows exact figures, not the rounded labels.
func TestSVGTitles(t *testing.T) {
	wants := map[string]string{
		"bar":       "<title>매출 · 경기도 · 408,410,000원</title>",
		"donut":     "<title>검색 · 1,048회 · 31.7%</title>",
		"scatter":   "<title>Chuseok · Spend $45,000.00 · Revenue $210,000.00</title>",
		"compare":   "<title>작년 · 2026년 1월 · ",
		"heatmap":   "<title>수 · 3시 · 값 없음</title>",
		"waterfall": "<title>통돌이 16kg · 오픈마켓 · −91,000,000원</title>",
		"stacked":   "<title>Online · Jan 2026 · $1,200,000.00</title>",
		"area":      "<title>Direct · week of May 25, 2026 · ",
	}
	for _, n := range gallery() {
		want, ok := wants[n.name]
		if !ok {
			continue
		}
		data, err := chart.SVG(n.spec, chart.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s lacks %s", n.name, want)
		}
	}
}

// TestSVGMarks holds that a mark says apart what it is, where it stands and its exact
// figure: its own, not the sum that it stands on.
func TestSVGMarks(t *testing.T) {
	wants := map[string]string{
		"bar":       `data-name="매출" data-place="경기도" data-figure="408,410,000원"`,
		"hbar":      `data-name="Returns" data-place="OLED TV 65&#34;" data-figure="980 returns"`,
		"donut":     `data-place="검색" data-figure="1,048회 · 31.7%"`,
		"scatter":   `data-place="Chuseok" data-figure="Spend $45,000.00 · Revenue $210,000.00"`,
		"compare":   `data-name="작년" data-place="2026년 11월" data-figure="`,
		"forecast":  `data-name="Forecast" data-place="Jan 2027" data-figure="₩1,230,000,000 (₩1,080,000,000 – ₩1,380,000,000)"`,
		"heatmap":   `data-name="수" data-place="3시" data-figure="값 없음"`,
		"waterfall": `data-place="통돌이 16kg · 오픈마켓" data-figure="−91,000,000원"`,
		"number":    `data-place="지난달 매출" data-figure="1,218,540,000원"`,
		"area":      `data-name="Direct" data-place="week of May 25, 2026" data-figure="`,
	}
	for _, n := range gallery() {
		want, ok := wants[n.name]
		if !ok {
			continue
		}
		delete(wants, n.name)
		data, err := chart.SVG(n.spec, chart.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte(` class="mark" `+want)) {
			t.Errorf("%s lacks %s", n.name, want)
		}
	}
	if len(wants) > 0 {
		t.Errorf("not in the gallery: %v", wants)
	}
	hole := chart.Spec{Kind: chart.Area, Language: "en", XKind: chart.XCategory, Categories: []string{"a", "b"}, Series: []chart.Series{
		{Name: "below", Values: figures(5, 7)}, {Name: "above", Values: figures(1, gap)},
	}}
	data, err := chart.SVG(hole, chart.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(`data-name="above" data-place="a" data-figure="1"`)) || bytes.Contains(data, []byte(`data-name="above" data-place="b"`)) {
		t.Error("a missing part has the figure of what it would stand on")
	}
}

// TestMissingGlyphs holds that hanja are drawn, that emoji leave no space, and that
// other scripts become boxes.
func TestMissingGlyphs(t *testing.T) {
	draw := func(name string) []byte {
		spec := chart.Spec{Kind: chart.Bar, XKind: chart.XCategory, Categories: []string{name}, Series: []chart.Series{{Values: figures(1)}}}
		data, err := chart.Render(context.Background(), spec, chart.Options{Scale: 1})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if bytes.Equal(draw("大"), draw("小")) {
		t.Error("hanja look alike")
	}
	if !bytes.Equal(draw("밥상 🍚"), draw("밥상")) {
		t.Error("an emoji leaves a trace")
	}
	if bytes.Equal(draw("مبيعات"), draw("")) {
		t.Error("letters without a glyph vanish")
	}
}

// FuzzSVG holds that no spec, whatever its figures, texts and lengths, makes a chart
// panic or hold a coordinate that is no number. Render shares the layout.
func FuzzSVG(f *testing.F) {
	for i := range 11 {
		f.Add(uint8(i), uint8(i*7), int16(i), 1.5*float64(i), -1e300, "라벨 \x00\u202e <b>", uint8(i))
	}
	kinds := []chart.Kind{chart.Line, chart.Area, chart.Bar, chart.HBar, chart.GroupedBar, chart.StackedBar, chart.Donut, chart.Scatter, chart.Heatmap, chart.Number, chart.Waterfall}
	f.Fuzz(func(t *testing.T, kind, n uint8, offset int16, a, b float64, label string, mode uint8) {
		spec := chart.Spec{Kind: kinds[int(kind)%len(kinds)], Language: []string{"ko", "en"}[mode%2], Title: label, Note: label, XLabel: label, YFormat: []string{"", "krw", "percent", label}[mode/2%4], PartialLast: mode&8 != 0}
		spec.XKind = []chart.XKind{chart.XCategory, chart.XTime, chart.XNumber}[int(mode/16)%3]
		spec.Grain = []string{"day", "week", "month", "quarter", "year", "hour", label}[int(n)%7]
		growth := a / b
		spec.Big = &chart.Big{Value: a, Before: &b, Growth: &growth, Label: label, Spark: []float64{a, b, a}}
		var values []*float64
		for i := range int(n) % 40 {
			spec.Categories = append(spec.Categories, label)
			spec.Times = append(spec.Times, time.Unix(int64(offset)*3600*int64(i), 0).UTC())
			spec.Xs = append(spec.Xs, a*float64(i))
			v := a + b*float64(i%5)
			if i%7 != 3 {
				values = append(values, &v)
			} else {
				values = append(values, nil)
			}
		}
		spec.Series = []chart.Series{{Name: label, Values: values, Marks: []int{1, int(offset)}}, {Name: "b", Values: values, Dashed: true, Low: values, High: values}, {Labels: []string{label}}}
		data, err := chart.SVG(spec, chart.Options{Width: 300 + int(n), Height: 250})
		if err != nil {
			t.Fatal(err)
		}
		elements(t, data)
		if s := string(data); strings.Contains(strings.ReplaceAll(s, label, ""), `="NaN"`) || strings.Contains(s, `="+Inf"`) {
			t.Error("holds a coordinate that is no number")
		}
		if chart.Alt(spec) == "" {
			t.Error("no description")
		}
	})
}

func TestPNGIsPaletted(t *testing.T) {
	data, err := chart.Render(context.Background(), gallery()[0].spec, chart.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := config.ColorModel.(interface{ Len() int }); ok || fmt.Sprintf("%T", config.ColorModel) != "color.Palette" {
		t.Errorf("color model is %T", config.ColorModel)
	}
}
