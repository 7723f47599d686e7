package chart

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// fontFamily names fonts that cover Hangul, by platform.
const fontFamily = "Pretendard, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', system-ui, sans-serif"

// SVG draws spec as an SVG for a page, from the same layout as Render: crisp at any
// size, its text selectable, and with the exact figure of every mark as its title.
func SVG(spec Spec, opts Options) ([]byte, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	faces, err := loadFaces()
	if err != nil {
		return nil, err
	}
	opts = opts.grown(spec, faces)
	// A browser has fonts for emoji and other scripts, so nothing is left out.
	s, err := layOut(spec, opts, faces, func(text string) string { return text })
	if err != nil {
		return nil, err
	}
	w := svgWriter{}
	w.root(s, spec, opts)
	w.printf("\n<rect width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", opts.Width, opts.Height, s.theme.background.hex())
	for _, it := range s.items {
		w.item(it)
	}
	w.printf("</svg>\n")
	return w.out.Bytes(), nil
}

type svgWriter struct{ out bytes.Buffer }

// root begins the picture: what it is in words, and what a page needs to find the mark
// that somebody points at.
func (w *svgWriter) root(s *scene, spec Spec, opts Options) {
	w.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="%s"`,
		opts.Width, opts.Height, opts.Width, opts.Height, escape(Alt(spec)), fontFamily)
	if s.along != "" && s.plot.w > 0 {
		w.printf(` data-along="%s" data-plot="%s %s %s %s"`, s.along, num(s.plot.x), num(s.plot.y), num(s.plot.w), num(s.plot.h))
	}
	w.printf(">")
	if spec.Title != "" {
		w.printf("\n<title>%s</title>", escape(spec.Title))
	}
	w.printf("\n<desc>%s</desc>", escape(Alt(spec)))
}

func (w *svgWriter) printf(format string, args ...any) { fmt.Fprintf(&w.out, format, args...) }

func (w *svgWriter) item(it item) {
	switch it := it.(type) {
	case *rectItem:
		w.rect(it)
	case *pathItem:
		w.printf(`<path d="%s"%s`, svgPath(it.path.segments), fillOf(it.fill))
		w.end("path", it.tip)
	case *strokeItem:
		w.stroke(it)
	case *textItem:
		if !it.continues {
			w.text(it)
		}
	}
}

// end closes an element, with what it stands for.
func (w *svgWriter) end(name string, t tip) {
	w.stands(t)
	if t == (tip{}) {
		w.printf("/>\n")
		return
	}
	w.printf("><title>%s</title></%s>\n", escape(t.String()), name)
}

// stands makes an element that has a figure a mark, with its words apart.
func (w *svgWriter) stands(t tip) {
	if t.figure == "" {
		return
	}
	w.printf(` class="mark"`)
	for _, a := range [...][2]string{{"name", t.name}, {"place", t.place}, {"figure", t.figure}} {
		if a[1] != "" {
			w.printf(` data-%s="%s"`, a[0], escape(a[1]))
		}
	}
}

func (w *svgWriter) rect(r *rectItem) {
	if r.radius > 0 && r.round != allSides {
		w.printf(`<path d="%s"%s`, svgPath(roundedRect(r.box, r.radius, r.round).segments), fillOf(r.fill))
		w.end("path", r.tip)
		return
	}
	w.printf(`<rect x="%s" y="%s" width="%s" height="%s"`, num(r.x), num(r.y), num(r.w), num(r.h))
	if r.radius > 0 {
		w.printf(` rx="%s"`, num(min(r.radius, r.w/2, r.h/2)))
	}
	w.printf("%s", fillOf(r.fill))
	w.end("rect", r.tip)
}

func (w *svgWriter) stroke(s *strokeItem) {
	if len(s.points) == 0 {
		return
	}
	var d strings.Builder
	for i, p := range s.points {
		if i > 0 {
			d.WriteByte(' ')
		}
		d.WriteString(num(p.x) + "," + num(p.y))
	}
	if len(s.points) == 1 {
		d.WriteString(" " + d.String())
	}
	w.printf(`<polyline points="%s" fill="none" stroke="%s" stroke-width="%s" stroke-linecap="round" stroke-linejoin="round"`,
		d.String(), s.color.hex(), num(s.width))
	if s.color.alpha < 1 {
		w.printf(` stroke-opacity="%s"`, num(s.color.alpha))
	}
	if len(s.dash) > 0 {
		w.printf(` stroke-dasharray="%s %s"`, num(s.dash[0]), num(s.dash[1]))
	}
	w.end("polyline", s.tip)
}

func (w *svgWriter) text(t *textItem) {
	w.printf(`<text x="%s" y="%s" font-size="%s" fill="%s"`, num(t.x), num(t.y), num(t.size), t.color.hex())
	if t.bold {
		w.printf(` font-weight="700"`)
	}
	if t.anchor != start {
		w.printf(` text-anchor="%s"`, [...]string{"start", "middle", "end"}[t.anchor])
	}
	w.stands(t.tip)
	w.printf(">")
	if t.tip != (tip{}) {
		w.printf("<title>%s</title>", escape(t.tip.String()))
	}
	w.printf("%s", escape(t.text))
	if t.then != nil {
		w.printf(`<tspan dx="0.45em" font-weight="400" fill="%s">%s</tspan>`, t.then.color.hex(), escape(t.then.text))
	}
	w.printf("</text>\n")
}

func fillOf(p paint) string {
	if p.alpha >= 1 {
		return ` fill="` + p.hex() + `"`
	}
	return ` fill="` + p.hex() + `" fill-opacity="` + num(p.alpha) + `"`
}

func (c rgb) hex() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

func svgPath(segments []segment) string {
	var d strings.Builder
	for _, s := range segments {
		switch s.op {
		case 'Z':
			d.WriteByte('Z')
		case 'C':
			fmt.Fprintf(&d, "C%s %s %s %s %s %s", num(s.c1.x), num(s.c1.y), num(s.c2.x), num(s.c2.y), num(s.to.x), num(s.to.y))
		default:
			fmt.Fprintf(&d, "%c%s %s", s.op, num(s.to.x), num(s.to.y))
		}
	}
	return d.String()
}

// num writes a coordinate to a hundredth.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100+0, 'f', -1, 64)
}

// escape makes text safe inside XML text and attributes. What XML does not allow at
// all, clean has already taken out.
func escape(text string) string {
	return html.EscapeString(strings.ToValidUTF8(clean(text), ""))
}
