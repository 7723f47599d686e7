// Package brave searches the web with the Brave Search API.
//
// Terms that matter (api-dashboard.search.brave.com, as of September 2026): the Search
// plan costs per thousand queries, needs a card even for its free credit, and lets
// results be given to a language model; the older "Data for Search" plans forbid that.
// Storing results needs a plan that says so. So an answer is shown and cited, and a
// Contract's Cache stays zero; what is kept for longer is a quotation of a page that
// was fetched from its own site.
package brave

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

// The API's bounds of a query and of a page of results.
const (
	maxCharacters = 400
	maxWords      = 50
	maxCount      = 20
)

// Options say how to reach the service.
type Options struct {
	Key     string
	BaseURL string       // empty for Brave's own
	HTTP    *http.Client // nil for the usual one
}

// Searcher is the Brave Search API as a connectors.Searcher.
type Searcher struct {
	client *rest.Client
	key    string
}

var _ connectors.Searcher = (*Searcher)(nil)

// Open returns a searcher. It does not call the service.
func Open(o Options) (*Searcher, error) {
	if o.Key == "" {
		return nil, errors.New("brave: a key is needed")
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://api.search.brave.com"
	}
	client, err := rest.New(rest.Options{
		Name: "Brave Search", BaseURL: o.BaseURL, HTTP: o.HTTP, Secrets: []string{o.Key}, Later: reset,
		Fixes: map[int]string{
			// 422 is how it refuses a key too.
			http.StatusUnprocessableEntity: "Check the key, and that its plan is Search.",
			http.StatusUnauthorized:        "Check the key, and that its plan is Search.",
		},
	})
	if err != nil {
		return nil, err
	}
	return &Searcher{client: client, key: o.Key}, nil
}

type answer struct {
	Type string `json:"type"`
	Web  struct {
		Results []struct {
			Title       string `json:"title"`
			URL         string `json:"url"`
			Description string `json:"description"`
			// PageAge is a time; age, beside it, is one in words and is not read.
			PageAge string `json:"page_age"`
		} `json:"results"`
	} `json:"web"`
}

// Search implements connectors.Searcher.
func (s *Searcher) Search(ctx context.Context, _ connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	params := url.Values{
		"q":                {rest.Shorten(query.Text, maxCharacters, maxWords)},
		"count":            {strconv.Itoa(min(rest.Wanted(query), maxCount))},
		"result_filter":    {"web"},
		"text_decorations": {"false"},
	}
	if lang := searchLang(query.Language, query.Market); lang != "" {
		params.Set("search_lang", lang)
	}
	if slices.Contains(countries, query.Market) {
		params.Set("country", query.Market)
	}
	if f := freshness(query.After, query.Before, time.Now()); f != "" {
		params.Set("freshness", f)
	}
	var a answer
	err := s.client.JSON(ctx, rest.Request{Path: "/res/v1/web/search", Query: params, Header: http.Header{"X-Subscription-Token": {s.key}}}, &a)
	if err != nil {
		return nil, err
	}
	// The web part is left out when nothing was found; the type never is.
	if a.Type != "search" {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	for _, r := range a.Web.Results {
		if hit, ok := rest.Hit(r.Title, r.URL, r.Description, r.PageAge); ok {
			hits = append(hits, hit)
		}
	}
	return &connectors.Found{Hits: rest.Select(hits, query)}, nil
}

// reset is when a search is allowed again. The API has a window a second and one a
// month, and lists of each: what remains, and in how many seconds it begins anew. With
// the month used up there is no use in the next second.
func reset(h http.Header) time.Duration {
	remaining := strings.Split(h.Get("X-RateLimit-Remaining"), ",")
	var longest time.Duration
	for i, text := range strings.Split(h.Get("X-RateLimit-Reset"), ",") {
		seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err == nil && i < len(remaining) && strings.TrimSpace(remaining[i]) == "0" {
			longest = max(longest, time.Duration(seconds)*time.Second)
		}
	}
	return longest
}

// freshness is a period as the API writes it: two dates, both inclusive.
func freshness(after, before, now time.Time) string {
	if after.IsZero() && before.IsZero() {
		return ""
	}
	if after.IsZero() {
		after = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if before.IsZero() {
		before = now
	}
	return after.Format(time.DateOnly) + "to" + before.Format(time.DateOnly)
}

// countries and languages are those of the API's tables of codes. It refuses others.
var (
	countries = strings.Fields("AR AU AT BE BR CA CL DK FI FR DE GR HK IN ID IT JP KR MY MX NL NZ NO CN PL PT PH RU SA ZA ES SE CH TW TR GB US")
	languages = strings.Fields("ar eu bn bg ca hr cs da nl en et fi fr gl de el gu he hi hu is it kn ko lv lt ms ml mr nb pl pa ro ru sr sk sl es sv ta te th tr uk vi")
)

// searchLang is a language as the API writes it: its own code for Japanese, scripts
// for Chinese, countries for Portuguese and British English.
func searchLang(language, market string) string {
	switch {
	case language == "ja":
		return "jp"
	case language == "zh" && (market == "TW" || market == "HK"):
		return "zh-hant"
	case language == "zh":
		return "zh-hans"
	case language == "pt" && market == "PT":
		return "pt-pt"
	case language == "pt":
		return "pt-br"
	case language == "en" && market == "GB":
		return "en-gb"
	case slices.Contains(languages, language):
		return language
	}
	return ""
}
