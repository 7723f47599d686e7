package chart

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Pretendard covers Hangul and Latin, NanumBarunGothic the hanja that it lacks. The
// latter is packed, because it is large and seldom needed. Both are under the SIL Open
// Font License, beside them.
//
//go:embed fonts/Pretendard-Regular.otf fonts/Pretendard-Bold.otf fonts/NanumBarunGothic.ttf.gz
var fontFiles embed.FS

// ascent and descent are the extent of Pretendard's capitals, Hangul and descenders, in
// ems from the baseline.
const (
	ascent  = 0.80
	descent = 0.22
)

// face is a font with its outlines, which are kept once read. It is safe for concurrent
// use.
type face struct {
	font     *sfnt.Font
	fallback func() (*sfnt.Font, error)
	mu       sync.RWMutex
	known    map[rune]*glyph
}

// glyph is an outline in ems, y down from the baseline.
type glyph struct {
	advance  float64
	segments []segment
	missing  bool
}

// typefaces are the two weights.
type typefaces struct{ regular, bold *face }

var loadFaces = sync.OnceValues(func() (*typefaces, error) {
	regular, err := loadFace("fonts/Pretendard-Regular.otf")
	if err != nil {
		return nil, err
	}
	bold, err := loadFace("fonts/Pretendard-Bold.otf")
	if err != nil {
		return nil, err
	}
	return &typefaces{regular: regular, bold: bold}, nil
})

func loadFace(name string) (*face, error) {
	data, err := fontFiles.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	font, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse font %s: %w", name, err)
	}
	return &face{font: font, fallback: loadFallback, known: map[rune]*glyph{}}, nil
}

// loadFallback unpacks the font for hanja when the first of them is drawn.
var loadFallback = sync.OnceValues(func() (*sfnt.Font, error) {
	packed, err := fontFiles.Open("fonts/NanumBarunGothic.ttf.gz")
	if err != nil {
		return nil, fmt.Errorf("open font: %w", err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("unpack font: %w", err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, fmt.Errorf("unpack font: %w", err)
	}
	return sfnt.Parse(data)
})

func (t *typefaces) of(bold bool) *face {
	if bold {
		return t.bold
	}
	return t.regular
}

// width returns how wide text is at size.
func (t *typefaces) width(text string, size float64, bold bool) float64 {
	f, total := t.of(bold), 0.0
	for _, r := range text {
		total += f.glyph(r).advance
	}
	return total * size
}

// glyph returns the outline of r, from the first font that has it.
func (f *face) glyph(r rune) *glyph {
	f.mu.RLock()
	g := f.known[r]
	f.mu.RUnlock()
	if g != nil {
		return g
	}
	g = f.load(r)
	f.mu.Lock()
	f.known[r] = g
	f.mu.Unlock()
	return g
}

func (f *face) load(r rune) *glyph {
	if g, ok := outline(f.font, r); ok {
		return g
	}
	if fallback, err := f.fallback(); err == nil && !isPicture(r) {
		if g, ok := outline(fallback, r); ok {
			return g
		}
	}
	return missingGlyph(r)
}

// outline reads the glyph of r at one pixel an unit, so that nothing is hinted or
// rounded.
func outline(f *sfnt.Font, r rune) (*glyph, bool) {
	var buf sfnt.Buffer
	index, err := f.GlyphIndex(&buf, r)
	if err != nil || index == 0 {
		return nil, false
	}
	units := float64(f.UnitsPerEm())
	ppem := fixed.I(int(f.UnitsPerEm()))
	advance, err := f.GlyphAdvance(&buf, index, ppem, font.HintingNone)
	if err != nil {
		return nil, false
	}
	loaded, err := f.LoadGlyph(&buf, index, ppem, nil)
	if err != nil {
		return nil, false
	}
	em := func(p fixed.Point26_6) point {
		return point{float64(p.X) / 64 / units, float64(p.Y) / 64 / units}
	}
	g := &glyph{advance: float64(advance) / 64 / units}
	var p path
	for _, s := range loaded {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			to := em(s.Args[0])
			p.moveTo(to.x, to.y)
		case sfnt.SegmentOpLineTo:
			to := em(s.Args[0])
			p.lineTo(to.x, to.y)
		case sfnt.SegmentOpQuadTo:
			from, c, to := p.segments[len(p.segments)-1].to, em(s.Args[0]), em(s.Args[1])
			p.curveTo(
				point{from.x + 2*(c.x-from.x)/3, from.y + 2*(c.y-from.y)/3},
				point{to.x + 2*(c.x-to.x)/3, to.y + 2*(c.y-to.y)/3}, to)
		case sfnt.SegmentOpCubeTo:
			p.curveTo(em(s.Args[0]), em(s.Args[1]), em(s.Args[2]))
		}
	}
	g.segments = p.segments
	// Fonts map characters to glyphs without an outline.
	return g, len(g.segments) > 0 || unicode.IsSpace(r)
}

// missingGlyph is a hollow box, or nothing for characters that are pictures or only
// join others: a label is still understood without its emoji.
func missingGlyph(r rune) *glyph {
	if isPicture(r) {
		// The advance is that of an emoji in a browser; pictures of our own leave
		// these characters out beforehand.
		if unicode.In(r, unicode.So) {
			return &glyph{missing: true, advance: 1.25}
		}
		return &glyph{missing: true}
	}
	var p path
	for i, inset := range []float64{0.08, 0.13} {
		l, t, rt, b := inset, -0.72+inset-0.08, 0.6-inset, -inset+0.08
		p.moveTo(l, t)
		if i == 0 {
			p.lineTo(rt, t)
			p.lineTo(rt, b)
			p.lineTo(l, b)
		} else {
			p.lineTo(l, b)
			p.lineTo(rt, b)
			p.lineTo(rt, t)
		}
		p.close()
	}
	return &glyph{advance: 0.6, segments: p.segments, missing: true}
}

// isPicture reports whether r is an emoji or part of one.
func isPicture(r rune) bool {
	switch {
	case r >= 0x1F000 && r <= 0x1FAFF, r >= 0x2600 && r <= 0x27BF, r >= 0x2B00 && r <= 0x2BFF,
		r >= 0xE0000 && r <= 0xE007F, r >= 0xFE00 && r <= 0xFE0F, r == 0x20E3:
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Mn)
}
