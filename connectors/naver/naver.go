// Package naver searches with Naver's search API: Korean news, web pages, blogs and
// encyclopedias.
//
// Terms that matter (developers.naver.com, as of 2026): 25,000 calls a day for an
// application, over all kinds of search together, counted from midnight in Korea. A
// Contract says so by the rate "25000/d@Asia/Seoul". Whether results may be stored, or
// used commercially, each customer reads in the terms of use: no text of them is
// quoted here.
package naver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

const (
	// maxDisplay is the most that one search gives.
	maxDisplay = 100
	// maxCharacters is ours: the API names no bound, and its address has one.
	maxCharacters = 255
)

var kinds = []string{"webkr", "news", "blog", "encyc"}

// Options say how to reach the service.
type Options struct {
	ClientID, ClientSecret string
	BaseURL                string       // empty for Naver's own
	HTTP                   *http.Client // nil for the usual one
	// Kind is what is searched: "webkr" (pages, the default), "news", "blog" or
	// "encyc". Only news and blogs say when they were published.
	Kind string
}

// Searcher is one kind of Naver's search as a connectors.Searcher.
type Searcher struct {
	client *rest.Client
	header http.Header
	kind   string
}

var _ connectors.Searcher = (*Searcher)(nil)

// Open returns a searcher. It does not call the service.
func Open(o Options) (*Searcher, error) {
	if o.ClientID == "" || o.ClientSecret == "" {
		return nil, errors.New("naver: a client id and a client secret are needed")
	}
	if o.Kind == "" {
		o.Kind = kinds[0]
	}
	if !slices.Contains(kinds, o.Kind) {
		return nil, fmt.Errorf("naver: kind %q is not one of %s", o.Kind, strings.Join(kinds, ", "))
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://openapi.naver.com"
	}
	client, err := rest.New(rest.Options{
		Name: "Naver", BaseURL: o.BaseURL, HTTP: o.HTTP, Secrets: []string{o.ClientID, o.ClientSecret},
		Fixes: map[int]string{
			http.StatusUnauthorized:    "Check the client id and secret of the application.",
			http.StatusForbidden:       "Add the search API to the application at developers.naver.com.",
			http.StatusTooManyRequests: "The application's calls of today are used up; they count from midnight in Korea.",
		},
	})
	if err != nil {
		return nil, err
	}
	return &Searcher{client: client, kind: o.Kind, header: http.Header{"X-Naver-Client-Id": {o.ClientID}, "X-Naver-Client-Secret": {o.ClientSecret}}}, nil
}

type answer struct {
	Items *[]struct {
		Title        string `json:"title"`
		Link         string `json:"link"`
		OriginalLink string `json:"originallink"` // of news: at the publisher's own
		Description  string `json:"description"`
		PubDate      string `json:"pubDate"`  // of news
		PostDate     string `json:"postdate"` // of blogs: 20261127
	} `json:"items"`
}

// Search implements connectors.Searcher. Everything there is Korean, so language and
// market say nothing to it.
func (s *Searcher) Search(ctx context.Context, _ connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	params := url.Values{
		"query":   {rest.Shorten(query.Text, maxCharacters, 0)},
		"display": {strconv.Itoa(min(rest.Wanted(query), maxDisplay))},
		"start":   {"1"},
	}
	if s.kind == "news" || s.kind == "blog" {
		params.Set("sort", "sim")
	}
	var a answer
	if err := s.client.JSON(ctx, rest.Request{Path: "/v1/search/" + s.kind + ".json", Query: params, Header: s.header}, &a); err != nil {
		return nil, err
	}
	if a.Items == nil {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	for _, r := range *a.Items {
		hit, ok := rest.Hit(r.Title, r.OriginalLink, r.Description, r.PubDate+r.PostDate)
		if !ok {
			hit, ok = rest.Hit(r.Title, r.Link, r.Description, r.PubDate+r.PostDate)
		}
		if ok {
			hits = append(hits, hit)
		}
	}
	return &connectors.Found{Hits: rest.Select(hits, query)}, nil
}
