package chart

import (
	"math"
	"slices"
)

// rgb is an opaque colour.
type rgb struct{ r, g, b uint8 }

// paint is a colour and how much of it, 0…1.
type paint struct {
	rgb
	alpha float64
}

func solid(c rgb) paint                 { return paint{c, 1} }
func (c rgb) faint(alpha float64) paint { return paint{c, alpha} }
func hex(v uint32) rgb                  { return rgb{uint8(v >> 16), uint8(v >> 8), uint8(v)} }

// mix returns c with share t of o in it.
func (c rgb) mix(o rgb, t float64) rgb {
	part := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*t)) }
	return rgb{part(c.r, o.r), part(c.g, o.g), part(c.b, o.b)}
}

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the contrast ratio of WCAG 2.2, 1 to 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// textContrast is the least contrast of text (WCAG 2.2, 1.4.3).
const textContrast = 4.5

// readable returns c, moved towards ink only as far as text on ground needs.
func (t *theme) readable(c, ground rgb) rgb {
	for share := 0.0; share < 1; share += 0.05 {
		if m := c.mix(t.title, share); contrast(m, ground) >= textContrast {
			return m
		}
	}
	return t.inkOn(ground)
}

// inkOn returns a light or a dark text colour that reads well on ground.
func (t *theme) inkOn(ground rgb) rgb {
	// White reads better on saturated colours than the formula says, so it is taken
	// whenever it suffices. One of white and black always does.
	for _, ink := range []rgb{{255, 255, 255}, hex(0x111827)} {
		if contrast(ink, ground) >= textContrast {
			return ink
		}
	}
	return rgb{}
}

// theme is the colours of a chart.
type theme struct {
	background, title, text, grid, axis, other rgb
	good, bad                                  rgb
	series                                     []rgb
	low, high, negative                        rgb // ends of the heat scales
}

// The series colours keep the hues of the palette of Okabe and Ito (2008), which
// people with the common colour deficiencies can tell apart. Its lightness is changed
// so that each has a contrast of at least 3:1 with the background (WCAG 2.2, 1.4.11),
// and the order was chosen so that the first four stay furthest apart under the
// simulation of Machado, Oliveira and Fernandes (2009), and the first three also in
// grey.
var (
	lightTheme = theme{
		background: hex(0xFFFFFF), title: hex(0x111827), text: hex(0x4B5563),
		grid: hex(0xE8EBEF), axis: hex(0x9CA3AF), other: hex(0x858E9B),
		good: hex(0x0B7A5E), bad: hex(0xC2410C),
		series: []rgb{hex(0x2563EB), hex(0xF36411), hex(0x0A6347), hex(0xB94C88), hex(0x2294D1), hex(0x9A2C0B), hex(0x937A1E), hex(0x5C408E)},
		low:    hex(0xEFF4FF), high: hex(0x1D4ED8), negative: hex(0xC2410C),
	}
	darkTheme = theme{
		background: hex(0x15181E), title: hex(0xF3F4F6), text: hex(0xB3BBC7),
		grid: hex(0x2A2F38), axis: hex(0x6B7280), other: hex(0x8B95A3),
		good: hex(0x3ED6B0), bad: hex(0xFB8B5B),
		series: []rgb{hex(0x5B9BFF), hex(0xFDA62B), hex(0x86F2CB), hex(0xB6679C), hex(0x72D7ED), hex(0xDB5A48), hex(0xF1DB70), hex(0x9D7FD6)},
		low:    hex(0x1C2433), high: hex(0x6AA5FF), negative: hex(0xF98F2A),
	}
)

func themeOf(dark bool) *theme {
	if dark {
		return &darkTheme
	}
	return &lightTheme
}

// color returns the colour of series i. Beyond the palette it comes again, moved
// towards the ink; the marker differs too.
func (t *theme) color(i int) rgb {
	round := i / len(t.series)
	return t.series[i%len(t.series)].mix(t.title, min(0.7, 0.35*float64(round)))
}

// otherNames are what the rest of a folded result is called.
var otherNames = []string{"기타", "Other", "other", "Others", "others", "etc"}

func isOther(name string) bool { return slices.Contains(otherNames, name) }

// heat returns the colour of share t, 0…1, of the scale towards end.
func (t *theme) heat(share float64, end rgb) rgb {
	return t.low.mix(end, min(1, max(0, share)))
}
