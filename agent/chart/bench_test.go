package chart_test

import (
	"context"
	"testing"

	"github.com/bapsang/bapsang/agent/chart"
)

// BenchmarkRender draws every chart of the gallery at the default size, 2400 by 1350
// pixels.
func BenchmarkRender(b *testing.B) {
	for _, n := range gallery() {
		b.Run(n.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := chart.Render(context.Background(), n.spec, chart.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSVG writes the chart with the most points of the gallery.
func BenchmarkSVG(b *testing.B) {
	spec := gallery()[0].spec
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chart.SVG(spec, chart.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
