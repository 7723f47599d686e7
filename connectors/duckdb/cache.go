package duckdb

import (
	"encoding/gob"
	"os"
	"path/filepath"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// cacheFormat goes up with any change of what a catalogue holds or how it is made.
const cacheFormat = 1

// cached is a catalogue as kept between runs.
type cached struct {
	Format  int
	Catalog *connectors.Catalog
}

// registerCells makes known what a profile's smallest and largest values can be.
// Registering twice is allowed.
func registerCells() {
	gob.Register(time.Time{})
	gob.Register(connectors.Decimal(""))
}

// loadCatalog returns the catalogue kept at path if it is that of version, else nil.
// A file that cannot be read is as good as none: the catalogue is made again.
func loadCatalog(path, version string) *connectors.Catalog {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	registerCells()
	var c cached
	if err := gob.NewDecoder(f).Decode(&c); err != nil || c.Format != cacheFormat || c.Catalog == nil || c.Catalog.Version != version {
		return nil
	}
	return c.Catalog
}

// keepCatalog writes the catalogue to path, whole or not at all. What cannot be kept
// is made again next time.
func keepCatalog(path string, catalog *connectors.Catalog) error {
	if path == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	registerCells()
	err = gob.NewEncoder(f).Encode(cached{Format: cacheFormat, Catalog: catalog})
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
