package agent

import "github.com/bapsang/bapsang/connectors"

// Searcher is a search behind its guard, by the name that the configuration gives it.
type Searcher struct {
	Name string
	// Internal marks a search of the company's own documents.
	Internal bool
	connectors.Searcher
}
