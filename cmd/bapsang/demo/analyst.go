package demo

import (
	"embed"
	"io/fs"
)

//go:embed analyst
var analystFiles embed.FS

// Source is the name under which the demo analyst expects the data.
const Source = "demo"

// Files are those of the analyst who knows the demo company: analyst.yaml
// and what it names, laid out as a folder of analysts_dir is.
func Files() fs.FS {
	sub, err := fs.Sub(analystFiles, "analyst")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}
