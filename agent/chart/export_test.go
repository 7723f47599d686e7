package chart

import "image"

// Placed is what the tests hold a layout to.
type Placed struct {
	Width, Height float64
	Em            float64
	Plot          [4]float64 // x, y, width, height
	Texts         []PlacedText
	Marks         []PlacedMark
}

// PlacedText is a line of text with the box it fills.
type PlacedText struct {
	Text       string
	X, Y, W, H float64
	Contrast   float64
}

// PlacedMark is a mark with the box it fills.
type PlacedMark struct {
	X, Y, W, H float64
	Bar        bool
	Tip        string
}

// Place lays spec out as Render does.
func Place(spec Spec, opts Options) (Placed, error) {
	faces, err := loadFaces()
	if err != nil {
		return Placed{}, err
	}
	opts = opts.withDefaults()
	s, err := layOut(spec, opts, faces, faces.drawable)
	if err != nil {
		return Placed{}, err
	}
	out := Placed{Width: s.width, Height: s.height, Em: emFor(opts.Width, opts.Height), Plot: [4]float64{s.plot.x, s.plot.y, s.plot.w, s.plot.h}}
	for _, it := range s.items {
		b := it.bounds()
		switch it := it.(type) {
		case *textItem:
			out.Texts = append(out.Texts, PlacedText{it.text, b.x, b.y, b.w, b.h, contrast(it.color.rgb, it.on)})
		case *rectItem:
			if it.role == mark {
				out.Marks = append(out.Marks, PlacedMark{b.x, b.y, b.w, b.h, true, it.tip.String()})
			}
		case *pathItem:
			if it.role == mark {
				out.Marks = append(out.Marks, PlacedMark{b.x, b.y, b.w, b.h, false, it.tip.String()})
			}
		case *strokeItem:
			if it.role == mark {
				out.Marks = append(out.Marks, PlacedMark{b.x, b.y, b.w, b.h, false, it.tip.String()})
			}
		}
	}
	return out, nil
}

// SeriesColors returns a theme's background and series colours as 0xRRGGBB.
func SeriesColors(dark bool) (background uint32, series []uint32) {
	number := func(c rgb) uint32 { return uint32(c.r)<<16 | uint32(c.g)<<8 | uint32(c.b) }
	t := themeOf(dark)
	for _, c := range t.series {
		series = append(series, number(c))
	}
	return number(t.background), series
}

// Reduce makes a paletted picture as Render does.
func Reduce(img *image.RGBA) *image.Paletted { return reduce(img) }
