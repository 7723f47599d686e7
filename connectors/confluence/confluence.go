// Package confluence searches a company's Confluence, Cloud or Data Center, by CQL.
//
// What is found is what the account may see whose token is given, whoever asks. So the
// account should see no more than everybody who can ask may see, or Spaces should name
// the spaces that are open to all of them. A Contract of it is Internal.
//
// The interface is that of developer.atlassian.com: Cloud's REST API v1
// (/wiki/rest/api/search), Data Center's content search (/rest/api/content/search).
package confluence

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

const (
	// maxLimit is the most that is asked for: with the bodies of pages, Data Center
	// gives no more.
	maxLimit = 50
	// maxCharacters is ours. CQL is a part of an address.
	maxCharacters = 300
	// excerptBefore is how much of a page is shown before the first word found.
	excerptBefore, excerptLength = 60, 300
)

// Options say how to reach the site.
type Options struct {
	// BaseURL is of the site: "https://example.atlassian.net", or Data Center's with
	// its context path.
	BaseURL string
	HTTP    *http.Client // nil for the usual one
	// Email and Token are of an account of Cloud (an API token). Data Center takes a
	// personal access token, without an address.
	Email, Token string
	// Spaces are the keys of the only spaces searched; empty is all that the account
	// sees.
	Spaces []string
}

// Searcher is a site as a connectors.Searcher.
type Searcher struct {
	client *rest.Client
	auth   string
	cloud  bool
	base   string
	spaces []string
}

var _ connectors.Searcher = (*Searcher)(nil)

// Keys of spaces are letters, digits and, of people's own, a tilde before.
var spaceKey = regexp.MustCompile(`^~?[A-Za-z0-9_.-]{1,255}$`)

// Open returns a searcher. It does not call the site. One with an Email is Cloud's.
func Open(o Options) (*Searcher, error) {
	if o.Token == "" {
		return nil, errors.New("confluence: a token is needed")
	}
	for _, s := range o.Spaces {
		if !spaceKey.MatchString(s) {
			return nil, fmt.Errorf("confluence: %q is not the key of a space", s)
		}
	}
	s := &Searcher{auth: "Bearer " + o.Token, cloud: o.Email != "", spaces: o.Spaces, base: strings.TrimRight(o.BaseURL, "/")}
	basic := base64.StdEncoding.EncodeToString([]byte(o.Email + ":" + o.Token))
	if s.cloud {
		s.base = strings.TrimSuffix(s.base, "/wiki")
		s.auth = "Basic " + basic
	}
	var err error
	s.client, err = rest.New(rest.Options{
		Name: "Confluence", BaseURL: s.base, HTTP: o.HTTP, Secrets: []string{o.Token, basic},
		Fixes: map[int]string{
			http.StatusUnauthorized: "Check the token, and for Cloud the address of its account.",
			http.StatusForbidden:    "Let the account use Confluence.",
			http.StatusNotFound:     "Check base_url. With an address the site is taken for Cloud's, without for Data Center's.",
		},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Search implements connectors.Searcher. A query without a word finds nothing.
func (s *Searcher) Search(ctx context.Context, _ connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	words := rest.Words(rest.Shorten(query.Text, maxCharacters, 0))
	if len(words) == 0 {
		return &connectors.Found{}, nil
	}
	params := url.Values{"cql": {s.cql(words, query)}, "limit": {strconv.Itoa(min(rest.Wanted(query), maxLimit))}}
	find := s.findData
	if s.cloud {
		find = s.findCloud
	}
	hits, err := find(ctx, params, words)
	if err != nil {
		return nil, err
	}
	for i := range hits {
		hits[i].Internal = true
	}
	return &connectors.Found{Hits: rest.Select(hits, query)}, nil
}

// cql asks for pages and posts with the words. They hold letters, digits, and dots
// between them: nothing by which CQL or the text search within it tells its operators.
func (s *Searcher) cql(words []string, query connectors.SearchQuery) string {
	plain := slices.Clone(words)
	for i, w := range plain {
		if w == "AND" || w == "OR" || w == "NOT" {
			plain[i] = strings.ToLower(w)
		}
	}
	parts := []string{`text ~ ` + quote(strings.Join(plain, " ")), `type in (page, blogpost)`}
	if len(s.spaces) > 0 {
		quoted := make([]string, len(s.spaces))
		for i, key := range s.spaces {
			quoted[i] = quote(key)
		}
		parts = append(parts, "space in ("+strings.Join(quoted, ", ")+")")
	}
	if !query.After.IsZero() {
		parts = append(parts, "lastmodified >= "+quote(query.After.Format(time.DateOnly)))
	}
	if !query.Before.IsZero() {
		// A date in CQL is its midnight.
		parts = append(parts, "lastmodified < "+quote(query.Before.AddDate(0, 0, 1).Format(time.DateOnly)))
	}
	return strings.Join(parts, " AND ")
}

// quote is a text as CQL quotes it.
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// links are where an answer says that its relative addresses begin.
type links struct {
	Base string `json:"base"`
}

func (s *Searcher) findCloud(ctx context.Context, params url.Values, _ []string) ([]connectors.Hit, error) {
	params.Set("excerpt", "indexed")
	var a struct {
		Results *[]struct {
			Title        string `json:"title"`
			Excerpt      string `json:"excerpt"`
			URL          string `json:"url"`
			LastModified string `json:"lastModified"`
		} `json:"results"`
		Links links `json:"_links"`
	}
	if err := s.ask(ctx, "/wiki/rest/api/search", params, &a); err != nil {
		return nil, err
	}
	if a.Results == nil {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	for _, r := range *a.Results {
		if hit, ok := rest.Hit(unmark(r.Title), s.address(a.Links.Base, s.base+"/wiki", r.URL), unmark(r.Excerpt), r.LastModified); ok {
			hits = append(hits, hit)
		}
	}
	return hits, nil
}

func (s *Searcher) findData(ctx context.Context, params url.Values, words []string) ([]connectors.Hit, error) {
	params.Set("expand", "history.lastUpdated,body.view")
	var a struct {
		Results *[]struct {
			Title string `json:"title"`
			Links struct {
				WebUI string `json:"webui"`
			} `json:"_links"`
			History struct {
				LastUpdated struct {
					When string `json:"when"`
				} `json:"lastUpdated"`
			} `json:"history"`
			Body struct {
				View struct {
					Value string `json:"value"`
				} `json:"view"`
			} `json:"body"`
		} `json:"results"`
		Links links `json:"_links"`
	}
	if err := s.ask(ctx, "/rest/api/content/search", params, &a); err != nil {
		return nil, err
	}
	if a.Results == nil {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	for _, r := range *a.Results {
		hit, ok := rest.Hit(r.Title, s.address(a.Links.Base, s.base, r.Links.WebUI), r.Body.View.Value, r.History.LastUpdated.When)
		if ok {
			hit.Snippet = around(rest.Plain(r.Body.View.Value), words)
			hits = append(hits, hit)
		}
	}
	return hits, nil
}

func (s *Searcher) ask(ctx context.Context, path string, params url.Values, into any) error {
	return s.client.JSON(ctx, rest.Request{Path: path, Query: params, Header: http.Header{"Authorization": {s.auth}}}, into)
}

// address is where a result is, by what the answer says, or else by the base URL.
func (s *Searcher) address(base, otherwise, path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return path
	}
	if u, err := url.Parse(base); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		base = otherwise
	}
	return strings.TrimRight(base, "/") + path
}

// unmark takes out the marks that Confluence puts around words it found.
func unmark(text string) string {
	return strings.NewReplacer("@@@hl@@@", "", "@@@endhl@@@", "").Replace(text)
}

// around is the part of a page's text where it has the first of the words.
func around(text string, words []string) string {
	lower, at := strings.ToLower(text), -1
	for _, w := range words {
		// Lower case may have other lengths, in few scripts; then the page's beginning
		// is as good.
		if i := strings.Index(lower, strings.ToLower(w)); i >= 0 && (at < 0 || i < at) && len(lower) == len(text) {
			at = i
		}
	}
	if at < 0 || utf8.RuneCountInString(text[:at]) <= excerptBefore {
		return rest.Cut(text, excerptLength)
	}
	before := []rune(text[:at])
	return "…" + rest.Cut(string(before[len(before)-excerptBefore:])+text[at:], excerptLength)
}
