package chart

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
)

// Options say how large and on which ground a chart is drawn. Zero values mean 1200 by
// 675 logical pixels, two pixels each.
type Options struct {
	Width, Height int     // logical pixels
	Scale         float64 // pixels per logical pixel, PNG only
	Dark          bool
}

// The limits of a picture.
const (
	minSide   = 200
	maxSide   = 4000
	maxPixels = 40_000_000
)

func (o Options) withDefaults() Options {
	if o.Width == 0 {
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
	counts := countColors(img)
	palette, index := choosePalette(counts)
	out := image.NewPaletted(img.Rect, palette)
	last, lastIndex := uint32(1<<31), uint8(0)
	for i := range out.Pix {
		p := img.Pix[4*i : 4*i+4 : 4*i+4]
		if c := uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2]); c != last {
			last, lastIndex = c, index[c]
		}
		out.Pix[i] = lastIndex
	}
	return out
}

func countColors(img *image.RGBA) map[uint32]int {
	counts := make(map[uint32]int, 4096)
	last, run := uint32(1<<31), 0
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+4 : i+4]
		c := uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
		if c == last {
			run++
			continue
		}
		if run > 0 {
			counts[last] += run
		}
		last, run = c, 1
	}
	counts[last] += run
	return counts
}

// exactColors is how many of the most frequent colours are kept as they are: the
// grounds and fills. The others, shades along edges, share what is left.
const exactColors = 96

// choosePalette returns at most 256 colours and, for every colour counted, the index
// of the one that stands for it.
func choosePalette(counts map[uint32]int) (color.Palette, map[uint32]uint8) {
	colors := make([]uint32, 0, len(counts))
	for c := range counts {
		colors = append(colors, c)
	}
	slices.SortFunc(colors, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	exact := len(colors)
	if exact > 256 {
		exact = exactColors
	}
	index := make(map[uint32]uint8, len(colors))
	var palette color.Palette
	for i, c := range colors[:exact] {
		index[c] = uint8(i)
		palette = append(palette, opaque(c))
	}
	rest := colors[exact:]
	for bits := 5; len(rest) > 0; bits-- {
		if groups := groupColors(rest, counts, bits); len(groups)+exact <= 256 {
			for _, g := range groups {
				for _, c := range g.members {
					index[c] = uint8(len(palette))
				}
				palette = append(palette, opaque(g.mean()))
			}
			break
		}
	}
	return palette, index
}

func opaque(c uint32) color.RGBA {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}

// colorGroup is colours that agree in their leading bits.
type colorGroup struct {
	members []uint32
	sum     [3]int
	weight  int
}

func (g *colorGroup) mean() uint32 {
	half := g.weight / 2
	return uint32((g.sum[0]+half)/g.weight)<<16 | uint32((g.sum[1]+half)/g.weight)<<8 | uint32((g.sum[2]+half)/g.weight)
}

func groupColors(colors []uint32, counts map[uint32]int, bits int) []*colorGroup {
	mask := uint32(0xFF<<(8-bits)) & 0xFF
	mask |= mask<<8 | mask<<16
	byKey := make(map[uint32]*colorGroup)
	var groups []*colorGroup
	for _, c := range colors {
		g := byKey[c&mask]
		if g == nil {
			g = &colorGroup{}
			byKey[c&mask] = g
			groups = append(groups, g)
		}
		n := counts[c]
		g.members = append(g.members, c)
		g.weight += n
		for i := range g.sum {
			g.sum[i] += n * int(c>>(16-8*i)&0xFF)
		}
	}
	return groups
}
