// Package searxng searches with a SearXNG instance of one's own, or with its
// predecessor searx.
//
// The instance asks other search engines in turn, whose terms are between them and
// whoever runs it. It is AGPL software, used over HTTP only. Its settings must allow
// JSON: search.formats holds json. Without that SearXNG answers 403, and searx a page.
//
// An engine that refuses an instance is suspended there for minutes to days. SearXNG
// says so in every answer; searx in the first only, and afterwards leaves the engine
// out as if it had found nothing. So the searcher remembers which engines fell silent,
// asks the instance at first which ones refused it before, and reports them until one
// of their results is seen again or the instance no longer has them.
package searxng

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

// maxCharacters is ours: the instance puts the query into addresses of other engines,
// which have bounds of their own.
const maxCharacters = 400

// Options say how to reach the instance.
type Options struct {
	BaseURL    string       // of the instance: "http://searx:8080"
	HTTP       *http.Client // nil for the usual one
	Categories []string     // of engines; empty for the instance's default, "general"
}

// Searcher is an instance as a connectors.Searcher.
type Searcher struct {
	client     *rest.Client
	categories string
	silence    silence
}

var _ connectors.Searcher = (*Searcher)(nil)

// Open returns a searcher. It does not call the instance.
func Open(o Options) (*Searcher, error) {
	const format = "Let the instance answer in JSON: add json to search.formats in its settings.yml."
	client, err := rest.New(rest.Options{
		Name: "SearXNG", BaseURL: o.BaseURL, HTTP: o.HTTP,
		Fixes: map[int]string{
			0: format, http.StatusForbidden: format,
			http.StatusTooManyRequests: "The instance's limiter keeps us out: allow our address in its limiter.toml.",
		},
	})
	if err != nil {
		return nil, err
	}
	return &Searcher{client: client, categories: strings.Join(o.Categories, ","), silence: silence{engines: map[string]string{}}}, nil
}

type answer struct {
	Results *[]struct {
		Title   string   `json:"title"`
		URL     string   `json:"url"`
		Content string   `json:"content"`
		Engine  string   `json:"engine"`
		Engines []string `json:"engines"`
		// PubDate is a time. PublishedDate is one for SearXNG, and words for searx
		// ("3 hour(s), 5 minute(s) ago"), which are not read.
		PubDate       string `json:"pubdate"`
		PublishedDate string `json:"publishedDate"`
	} `json:"results"`
	// Unresponsive are pairs of an engine and a reason.
	Unresponsive [][]string `json:"unresponsive_engines"`
}

// Search implements connectors.Searcher. The period is not given to the instance,
// which would leave out all engines that cannot search by it, and not say so: hits
// known to be older or younger are left out here.
func (s *Searcher) Search(ctx context.Context, _ connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	params := url.Values{"q": {rest.Shorten(query.Text, maxCharacters, 0)}, "format": {"json"}, "pageno": {"1"}}
	if s.categories != "" {
		params.Set("categories", s.categories)
	}
	if lang := language(query.Language, query.Market); lang != "" {
		params.Set("language", lang)
	}
	var a answer
	if err := s.client.JSON(ctx, rest.Request{Path: "/search", Query: params}, &a); err != nil {
		return nil, err
	}
	if a.Results == nil {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	heard := map[string]bool{}
	for _, r := range *a.Results {
		heard[r.Engine] = true
		for _, e := range r.Engines {
			heard[e] = true
		}
		published := r.PubDate
		if published == "" {
			published = r.PublishedDate
		}
		if hit, ok := rest.Hit(r.Title, r.URL, r.Content, published); ok {
			hits = append(hits, hit)
		}
	}
	silent := s.silence.after(heard, a.Unresponsive, instance{ctx, s.client})
	return &connectors.Found{Hits: rest.Select(hits, query), Silent: silent}, nil
}

// language is one as instances write it: "ko-KR", or without a country "ko".
func language(lang, market string) string {
	if lang == "" || market == "" {
		return lang
	}
	return fmt.Sprintf("%s-%s", lang, market)
}
