// Package exa searches the web with Exa's search API.
//
// Terms that matter (exa.ai, as of 2026): a price per thousand searches, ten searches a
// second, and terms of service that restrict the storing of results. So a Contract's
// Cache stays zero.
package exa

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

const (
	// maxResults is the most that one search gives.
	maxResults = 100
	// maxCharacters is ours: the service takes long texts, and a question is none.
	maxCharacters = 1000
	// excerptCharacters of the fitting parts of a page are asked for.
	excerptCharacters = 500
)

// Options say how to reach the service.
type Options struct {
	Key     string
	BaseURL string       // empty for Exa's own
	HTTP    *http.Client // nil for the usual one
}

// Searcher is Exa as a connectors.Searcher.
type Searcher struct {
	client *rest.Client
	key    string
}

var _ connectors.Searcher = (*Searcher)(nil)

// Open returns a searcher. It does not call the service.
func Open(o Options) (*Searcher, error) {
	if o.Key == "" {
		return nil, errors.New("exa: a key is needed")
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://api.exa.ai"
	}
	client, err := rest.New(rest.Options{
		Name: "Exa", BaseURL: o.BaseURL, HTTP: o.HTTP, Secrets: []string{o.Key},
		Fixes: map[int]string{http.StatusPaymentRequired: "The account's credits are used up: add some at Exa."},
	})
	if err != nil {
		return nil, err
	}
	return &Searcher{client: client, key: o.Key}, nil
}

type request struct {
	Query              string   `json:"query"`
	Type               string   `json:"type"`
	NumResults         int      `json:"numResults"`
	UserLocation       string   `json:"userLocation,omitempty"`
	StartPublishedDate string   `json:"startPublishedDate,omitempty"`
	EndPublishedDate   string   `json:"endPublishedDate,omitempty"`
	Contents           contents `json:"contents"`
}

type contents struct {
	Highlights struct {
		MaxCharacters int `json:"maxCharacters"`
	} `json:"highlights"`
}

type answer struct {
	Results *[]struct {
		Title         string   `json:"title"`
		URL           string   `json:"url"`
		PublishedDate string   `json:"publishedDate"`
		Text          string   `json:"text"`
		Highlights    []string `json:"highlights"`
	} `json:"results"`
}

// Search implements connectors.Searcher.
func (s *Searcher) Search(ctx context.Context, _ connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	body := request{
		Query: rest.Shorten(query.Text, maxCharacters, 0), Type: "auto", NumResults: min(rest.Wanted(query), maxResults),
		UserLocation: query.Market, StartPublishedDate: instant(query.After), EndPublishedDate: instant(query.Before),
	}
	body.Contents.Highlights.MaxCharacters = excerptCharacters
	var a answer
	if err := s.client.JSON(ctx, rest.Request{Path: "/search", Body: body, Header: http.Header{"X-Api-Key": {s.key}}}, &a); err != nil {
		return nil, err
	}
	if a.Results == nil {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	for _, r := range *a.Results {
		snippet := strings.Join(r.Highlights, " … ")
		if snippet == "" {
			snippet = r.Text
		}
		if hit, ok := rest.Hit(r.Title, r.URL, snippet, r.PublishedDate); ok {
			hits = append(hits, hit)
		}
	}
	return &connectors.Found{Hits: rest.Select(hits, query)}, nil
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
