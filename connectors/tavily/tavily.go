// Package tavily searches the web with Tavily's search API.
//
// Terms that matter (docs.tavily.com, as of 2026): a search of the depth used here
// costs one credit; a development key may ask 100 times a minute, a production key
// 1,000. The service is made for language models, and says when a page was published
// only under the topic "news".
package tavily

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

// The API's bounds.
const (
	maxCharacters = 400
	maxResults    = 20
)

// Options say how to reach the service.
type Options struct {
	Key     string
	BaseURL string       // empty for Tavily's own
	HTTP    *http.Client // nil for the usual one
	Topic   string       // "general", "news" or "finance"; empty means general
}

// Searcher is Tavily as a connectors.Searcher.
type Searcher struct {
	client *rest.Client
	key    string
	topic  string
}

var _ connectors.Searcher = (*Searcher)(nil)

// Open returns a searcher. It does not call the service.
func Open(o Options) (*Searcher, error) {
	if o.Key == "" {
		return nil, errors.New("tavily: a key is needed")
	}
	if o.Topic == "" {
		o.Topic = "general"
	}
	if !slices.Contains([]string{"general", "news", "finance"}, o.Topic) {
		return nil, fmt.Errorf("tavily: topic %q is not general, news or finance", o.Topic)
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://api.tavily.com"
	}
	client, err := rest.New(rest.Options{
		Name: "Tavily", BaseURL: o.BaseURL, HTTP: o.HTTP, Secrets: []string{o.Key},
		// Its own statuses for what a plan, and what one pays as one goes, allows.
		Exhausted: []int{432, 433},
		Fixes: map[int]string{
			432: "The plan's credits are used up: wait for the next month or raise the plan.",
			433: "The limit of what is paid as it is used is reached: raise it in Tavily's settings.",
		},
	})
	if err != nil {
		return nil, err
	}
	return &Searcher{client: client, key: o.Key, topic: o.Topic}, nil
}

type request struct {
	Query       string `json:"query"`
	Topic       string `json:"topic"`
	SearchDepth string `json:"search_depth"`
	MaxResults  int    `json:"max_results"`
	Country     string `json:"country,omitempty"`
	StartDate   string `json:"start_date,omitempty"`
	EndDate     string `json:"end_date,omitempty"`
}

type answer struct {
	Results *[]struct {
		Title         string `json:"title"`
		URL           string `json:"url"`
		Content       string `json:"content"`
		PublishedDate string `json:"published_date"`
	} `json:"results"`
}

// Search implements connectors.Searcher.
func (s *Searcher) Search(ctx context.Context, _ connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	body := request{
		Query: rest.Shorten(query.Text, maxCharacters, 0), Topic: s.topic, SearchDepth: "basic",
		MaxResults: min(rest.Wanted(query), maxResults), StartDate: date(query.After), EndDate: date(query.Before),
	}
	if s.topic == "general" { // others are refused together with a country
		body.Country = countries[query.Market]
	}
	var a answer
	if err := s.client.JSON(ctx, rest.Request{Path: "/search", Body: body, Header: http.Header{"Authorization": {"Bearer " + s.key}}}, &a); err != nil {
		return nil, err
	}
	if a.Results == nil {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	for _, r := range *a.Results {
		if hit, ok := rest.Hit(r.Title, r.URL, r.Content, r.PublishedDate); ok {
			hits = append(hits, hit)
		}
	}
	return &connectors.Found{Hits: rest.Select(hits, query)}, nil
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// countries are markets as the API writes them: by their English names. It prefers
// pages of a country rather than leaving out others, so one that is missing here costs
// order and nothing else.
var countries = map[string]string{
	"AT": "austria", "AU": "australia", "BR": "brazil", "CA": "canada", "CH": "switzerland", "CN": "china", "DE": "germany",
	"ES": "spain", "FR": "france", "GB": "united kingdom", "HK": "hong kong", "ID": "indonesia", "IN": "india", "IT": "italy",
	"JP": "japan", "KR": "south korea", "MX": "mexico", "MY": "malaysia", "NL": "netherlands", "PH": "philippines",
	"SG": "singapore", "TH": "thailand", "TW": "taiwan", "US": "united states", "VN": "vietnam",
}
