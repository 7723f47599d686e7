package demo

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/bapsang/bapsang/agent/analyst"
)

//go:embed analyst
var analystFiles embed.FS

// Source is the name under which the demo analyst expects the data.
const Source = "demo"

// Files are those of the analyst who knows the demo company: analyst.yaml and what it
// names, laid out as a folder of analysts_dir is.
func Files() fs.FS {
	sub, err := fs.Sub(analystFiles, "analyst")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// Analyst reads the analyst's definition.
func Analyst() (*analyst.Definition, error) {
	d, err := analyst.Read("analyst/analyst.yaml", analystFiles.ReadFile)
	if err != nil {
		return nil, fmt.Errorf("demo analyst: %w", err)
	}
	return d, nil
}
