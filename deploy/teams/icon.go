package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// A bowl of rice that steams, in a square from -1 to 1, y upwards.

func inBowl(x, y float64) bool {
	body := y < -0.08 && x*x/(0.62*0.62)+(y+0.08)*(y+0.08)/(0.52*0.52) < 1 && y > -0.56
	foot := math.Abs(x) < 0.26 && y <= -0.54 && y > -0.66
	rim := math.Abs(x) < 0.70 && y >= -0.08 && y < 0.02
	return body || foot || rim
}

func inRice(x, y float64) bool { return y >= 0.02 && x*x/(0.52*0.52)+(y-0.02)*(y-0.02)/(0.26*0.26) < 1 }

func inSteam(x, y float64) bool {
	if y < 0.38 || y > 0.78 {
		return false
	}
	for _, at := range []float64{-0.26, 0, 0.26} {
		if math.Abs(x-at-0.05*math.Sin((y-0.38)*5*math.Pi)) < 0.042 {
			return true
		}
	}
	return false
}

// samples are taken of each side of a pixel, so that edges are smooth.
const samples = 8

// draw paints a square picture by what is where.
func draw(size int, paint func(x, y float64) color.NRGBA) ([]byte, error) {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			img.SetNRGBA(px, py, mix(size, px, py, paint))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("draw icon: %w", err)
	}
	return b.Bytes(), nil
}

// mix is the colour of a pixel: the mean of its samples, by how much each covers.
func mix(size, px, py int, paint func(x, y float64) color.NRGBA) color.NRGBA {
	var r, g, b, a float64
	for i := range samples * samples {
		x := (float64(px)+(float64(i%samples)+.5)/samples)/float64(size)*2 - 1
		y := 1 - (float64(py)+(float64(i/samples)+.5)/samples)/float64(size)*2
		c := paint(x, y)
		r, g, b, a = r+float64(c.R)*float64(c.A), g+float64(c.G)*float64(c.A), b+float64(c.B)*float64(c.A), a+float64(c.A)
	}
	if a == 0 {
		return color.NRGBA{}
	}
	return color.NRGBA{R: uint8(r/a + .5), G: uint8(g/a + .5), B: uint8(b/a + .5), A: uint8(a/samples/samples + .5)}
}

// colorIcon is 192×192 and full: Teams cuts the corners itself.
func colorIcon() ([]byte, error) {
	return draw(192, func(x, y float64) color.NRGBA {
		x, y = x*1.12, y*1.12+.02 // Microsoft wants the symbol within the middle
		switch {
		case inBowl(x, y):
			return color.NRGBA{0xF4, 0xE3, 0xC8, 0xFF}
		case inRice(x, y):
			return color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
		case inSteam(x, y):
			return color.NRGBA{0xE0, 0xB9, 0x93, 0xFF}
		}
		return color.NRGBA{0x7A, 0x3B, 0x12, 0xFF}
	})
}

// outlineIcon is 32×32, white on nothing: Teams colours it.
func outlineIcon() ([]byte, error) {
	return draw(32, func(x, y float64) color.NRGBA {
		x, y = x*.82, y*.82+.02
		white := color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
		hollow := inBowl(x, y) && inBowl(x*1.16, (y+.28)*1.3-.28) && y < -0.1 || inRice(x, y) && inRice(x*1.2, (y-.02)*1.4+.02)
		if (inBowl(x, y) || inRice(x, y) || inSteam(x, y)) && !hollow {
			return white
		}
		return color.NRGBA{0xFF, 0xFF, 0xFF, 0}
	})
}
