package analyst

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// Write writes a definition as YAML. The files it names are written by themselves.
func Write(d *Definition) ([]byte, error) {
	data, err := yaml.MarshalWithOptions(d, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("write analyst: %w", err)
	}
	return data, nil
}

// Install copies a definition that was read from a file, with the files it names,
// into dir. Files keep their place relative to the definition.
func (d *Definition) Install(dir string) error {
	targets := map[string]string{} // by path
	for path := range d.files {
		rel, err := filepath.Rel(filepath.Dir(d.file), path)
		if err != nil || !filepath.IsLocal(rel) {
			return fmt.Errorf("install analyst: %s lies outside the folder of %s", path, d.file)
		}
		if path == d.file {
			rel = definitionFile
		}
		targets[path] = filepath.Join(dir, rel)
	}
	for path, target := range targets {
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("install analyst: %w", err)
		}
		if err := writeFile(target, d.files[path], 0o644); err != nil {
			return fmt.Errorf("install analyst: %w", err)
		}
	}
	return nil
}

// ForModel is the definition of a source that has a semantic model and nothing else
// written about it.
func ForModel(name, modelFile string) (*Definition, error) {
	d := &Definition{
		Name: name, Source: name, Model: Models{"": filepath.Base(modelFile)},
		file: modelFile, files: map[string][]byte{},
	}
	if problems := d.readFiles(os.ReadFile); len(problems) > 0 {
		return nil, problems
	}
	return d, nil
}
