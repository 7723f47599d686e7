package demo_test

import (
	"path/filepath"
	"testing"

	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		err := demo.Generate(b.Context(), filepath.Join(b.TempDir(), "demo.duckdb"), demo.Options{Days: storyDays, Scale: 1})
		if err != nil {
			b.Fatal(err)
		}
	}
}
