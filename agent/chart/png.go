package chart

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
)

// Options say how large and on which ground a chart is drawn. Zero values mean 1200 by
// 675 logical pixels, two pixels each; with a width alone, a chart is as high as reads
// well on a page, and higher for many rows.
type Options struct {
	Width, Height int     // logical pixels
	Scale         float64 // pixels per logical pixel, PNG only
	Dark          bool
	grow          bool
}

// The limits of a picture.
const (
	minSide   = 200
	maxSide   = 4000
	maxPixels = 40_000_000
)

func (o Options) withDefaults() Options {
	switch {
	case o.Width > 0 && o.Height == 0:
		o.Height, o.grow = pageHeight(o.Width), true
	case o.Width == 0:
		o.Width = 1200
	}
	if o.Height == 0 {
		o.Height = 675
	}
	if o.Scale == 0 {
		o.Scale = 2
	}
	return o
}

// pageHeight is how high a chart of some width is on a page: a narrow one needs more of
// it for what stands above and below the plot.
func pageHeight(width int) int {
	if width < 520 {
		return width * 11 / 14
	}
	return width * 39 / 62
}

func (o Options) validate() error {
	for _, side := range []int{o.Width, o.Height} {
		if side < minSide || side > maxSide {
			return fmt.Errorf("chart of %d × %d: sides must be %d to %d", o.Width, o.Height, minSide, maxSide)
		}
	}
	if !(o.Scale >= 0.25 && o.Scale <= 8) {
		return fmt.Errorf("chart scale %v: must be 0.25 to 8", o.Scale)
	}
	if pixels := float64(o.Width) * float64(o.Height) * o.Scale * o.Scale; pixels > maxPixels {
		return fmt.Errorf("chart of %.0f pixels: at most %d", pixels, maxPixels)
	}
	return nil
}

// grown returns o high enough for the rows of spec, if its height was left open.
func (o Options) grown(spec Spec, faces *typefaces) Options {
	rows, each := 0, 0.0
	switch spec.Kind {
	case HBar:
		rows, each = axisLength(spec), 0.75+1.05*float64(len(spec.Series))
	case Heatmap:
		rows, each = len(spec.Series), 1.6
	}
	if !o.grow || rows == 0 {
		return o
	}
	s, err := layOut(spec, o, faces, faces.drawable)
	if err != nil {
		return o
	}
	if lack := float64(rows)*each*emFor(o.Width, o.Height) - s.plot.h; lack > 0 {
		o.Height = min(o.Height+int(math.Ceil(lack)), 3*max(o.Width, o.Height), maxSide)
	}
	return o
}

// Render draws spec as a PNG. The same spec and options give the same bytes. It is
// safe for concurrent use; a cancelled ctx ends it between the steps.
func Render(ctx context.Context, spec Spec, opts Options) ([]byte, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	faces, err := loadFaces()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opts = opts.grown(spec, faces)
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s, err := layOut(spec, opts, faces, faces.drawable)
	if err != nil {
		return nil, err
	}
	width := int(math.Round(float64(opts.Width) * opts.Scale))
	height := int(math.Round(float64(opts.Height) * opts.Scale))
	c := newCanvas(width, height, opts.Scale, faces)
	c.draw(s)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(96 << 10)
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&out, reduce(c.img)); err != nil {
		return nil, fmt.Errorf("encode png: %w", err)
	}
	return out.Bytes(), nil
}

// reduce makes a paletted picture of img. Charts have few colours and many shades
// between two of them along edges, so 256 are plenty, and a third of the bytes
// compresses in a third of the time.
func reduce(img *image.RGBA) *image.Paletted {
	runs, colors := colorRuns(img)
	palette, index := choosePalette(colors)
	out := image.NewPaletted(img.Rect, palette)
	at := 0
	for _, r := range runs {
		i, to := index[r.color], at+int(r.length)
		for ; at < to; at++ {
			out.Pix[at] = i
		}
	}
	return out
}

// colorRun is a stretch of pixels of one colour, by its place in a palette.
type colorRun struct{ color, length uint32 }

// counted is a colour, 0xRRGGBB, and how many pixels have it.
type counted struct {
	color uint32
	count int
}

// colorRuns reads an opaque picture as stretches of the colours it has. Two pixels are
// compared at once: most of a chart is its background.
func colorRuns(img *image.RGBA) ([]colorRun, []counted) {
	pix := img.Pix
	set := newColorSet()
	runs := make([]colorRun, 0, 1<<16)
	for i := 0; i < len(pix); {
		c := binary.LittleEndian.Uint32(pix[i:])
		from := i
		i += 4
		for pair := uint64(c)<<32 | uint64(c); i+8 <= len(pix) && binary.LittleEndian.Uint64(pix[i:]) == pair; {
			i += 8
		}
		for i < len(pix) && binary.LittleEndian.Uint32(pix[i:]) == c {
			i += 4
		}
		length := (i - from) / 4
		place := set.place(c&0xFF<<16 | c&0xFF00 | c>>16&0xFF)
		set.colors[place].count += length
		runs = append(runs, colorRun{uint32(place), uint32(length)})
	}
	return runs, set.colors
}

// colorSet numbers colours in the order in which they are met. It is a hash table with
// open addressing: looking up every stretch in a map was a third of the whole cost.
type colorSet struct {
	table  []int32 // place in colors + 1
	colors []counted
}

func newColorSet() *colorSet { return &colorSet{table: make([]int32, 1<<13)} }

func (s *colorSet) place(color uint32) int {
	mask := uint32(len(s.table) - 1)
	for h := color * 0x9E3779B1 >> 7; ; h++ {
		slot := &s.table[h&mask]
		switch {
		case *slot == 0:
			s.colors = append(s.colors, counted{color: color})
			*slot = int32(len(s.colors))
			if len(s.colors)*2 > len(s.table) {
				s.grow()
			}
			return len(s.colors) - 1
		case s.colors[*slot-1].color == color:
			return int(*slot - 1)
		}
	}
}

func (s *colorSet) grow() {
	s.table = make([]int32, 2*len(s.table))
	mask := uint32(len(s.table) - 1)
	for i, c := range s.colors {
		h := c.color * 0x9E3779B1 >> 7
		for s.table[h&mask] != 0 {
			h++
		}
		s.table[h&mask] = int32(i + 1)
	}
}

// exactColors is how many of the most frequent colours are kept as they are: the
// grounds and fills. The others, shades along edges, share what is left.
const exactColors = 96

// choosePalette returns at most 256 colours and, for each of colors, the index of the one
// that stands for it.
func choosePalette(colors []counted) (color.Palette, []uint8) {
	order := make([]int, len(colors))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(colors[b].count, colors[a].count), cmp.Compare(colors[a].color, colors[b].color))
	})
	exact := len(order)
	if exact > 256 {
		exact = exactColors
	}
	index := make([]uint8, len(colors))
	var palette color.Palette
	for i, place := range order[:exact] {
		index[place] = uint8(i)
		palette = append(palette, opaque(colors[place].color))
	}
	rest := order[exact:]
	for bits := 5; len(rest) > 0; bits-- {
		groups := groupColors(rest, colors, bits)
		if len(groups)+exact > 256 {
			continue
		}
		for _, g := range groups {
			for _, place := range g.members {
				index[place] = uint8(len(palette))
			}
			palette = append(palette, opaque(g.mean()))
		}
		break
	}
	return palette, index
}

func opaque(c uint32) color.RGBA {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}

// colorGroup is colours that agree in their leading bits.
type colorGroup struct {
	members []int
	sum     [3]int
	weight  int
}

func (g *colorGroup) mean() uint32 {
	half := g.weight / 2
	return uint32((g.sum[0]+half)/g.weight)<<16 | uint32((g.sum[1]+half)/g.weight)<<8 | uint32((g.sum[2]+half)/g.weight)
}

func groupColors(places []int, colors []counted, bits int) []*colorGroup {
	mask := uint32(0xFF<<(8-bits)) & 0xFF
	mask |= mask<<8 | mask<<16
	byKey := make(map[uint32]*colorGroup)
	var groups []*colorGroup
	for _, place := range places {
		c := colors[place]
		g := byKey[c.color&mask]
		if g == nil {
			g = &colorGroup{}
			byKey[c.color&mask] = g
			groups = append(groups, g)
		}
		g.members = append(g.members, place)
		g.weight += c.count
		for i := range g.sum {
			g.sum[i] += c.count * int(c.color>>(16-8*i)&0xFF)
		}
	}
	return groups
}
