// Package msgraph searches SharePoint and OneDrive with Microsoft Graph's search.
//
// What is found depends on the token. A delegated one is somebody's own, and Microsoft
// leaves out what that person may not see; an application's sees the sites of one
// region, whoever asks. A TokenSource decides which it is, by caller. A Contract of it
// is Internal.
//
// The interface is that of learn.microsoft.com: POST /v1.0/search/query, KQL in
// queryString; application permissions need a region.
package msgraph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/rest"
)

const (
	// maxSize is the most that one search is asked for.
	maxSize = 200
	// maxCharacters is ours: KQL takes more, and a question is shorter.
	maxCharacters = 400
)

// TokenSource gives access tokens. Methods may be called concurrently.
type TokenSource interface {
	// Token returns a valid access token for Microsoft Graph, by which caller is
	// searched for: that person's own, or an application's. An error of type
	// *connectors.Error is returned as it is; of others the caller is told that there
	// is no access.
	Token(ctx context.Context, caller connectors.Caller) (string, error)
}

// Options say how to reach the service.
type Options struct {
	Tokens  TokenSource
	BaseURL string       // empty for Microsoft's own
	HTTP    *http.Client // nil for the usual one
	// Region is where an application's search looks, such as "KOR" or "NAM". Empty for
	// tokens of people.
	Region string
}

// Searcher is Microsoft Graph's search as a connectors.Searcher.
type Searcher struct {
	client *rest.Client
	tokens TokenSource
	region string
}

var _ connectors.Searcher = (*Searcher)(nil)

// Open returns a searcher. It does not call the service.
func Open(o Options) (*Searcher, error) {
	if o.Tokens == nil {
		return nil, errors.New("msgraph: a source of tokens is needed")
	}
	if o.Region != "" && !regexp.MustCompile(`^[A-Z]{3}$`).MatchString(o.Region) {
		return nil, fmt.Errorf("msgraph: region %q is not of the form KOR", o.Region)
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://graph.microsoft.com"
	}
	client, err := rest.New(rest.Options{
		Name: "Microsoft 365", BaseURL: o.BaseURL, HTTP: o.HTTP,
		Fixes: map[int]string{
			http.StatusUnauthorized: "Let the person sign in again, or check the application's secret.",
			http.StatusForbidden:    "Give the application Files.Read.All and Sites.Read.All, and an administrator's consent.",
			http.StatusBadRequest:   "With an application's token, set the region of the tenant.",
		},
	})
	if err != nil {
		return nil, err
	}
	return &Searcher{client: client, tokens: o.Tokens, region: o.Region}, nil
}

type request struct {
	Requests []search `json:"requests"`
}

type search struct {
	EntityTypes []string `json:"entityTypes"`
	Query       struct {
		QueryString string `json:"queryString"`
	} `json:"query"`
	From   int    `json:"from"`
	Size   int    `json:"size"`
	Region string `json:"region,omitempty"`
}

type answer struct {
	Value []struct {
		HitsContainers []struct {
			Hits []hit `json:"hits"`
		} `json:"hitsContainers"`
	} `json:"value"`
}

type hit struct {
	// Summary is text around the words found, which stand in <c0>; <ddd/> is what was
	// left out.
	Summary  string `json:"summary"`
	Resource struct {
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
		WebURL      string `json:"webUrl"`
		Modified    string `json:"lastModifiedDateTime"`
		Fields      struct {
			Title string `json:"title"`
		} `json:"fields"`
	} `json:"resource"`
}

// Search implements connectors.Searcher. A query without a word finds nothing.
func (s *Searcher) Search(ctx context.Context, caller connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	words := rest.Words(rest.Shorten(query.Text, maxCharacters, 0))
	if len(words) == 0 {
		return &connectors.Found{}, nil
	}
	token, err := s.token(ctx, caller)
	if err != nil {
		return nil, err
	}
	one := search{EntityTypes: []string{"driveItem", "listItem", "site"}, Size: min(rest.Wanted(query), maxSize), Region: s.region}
	one.Query.QueryString = kql(words, query)
	var a answer
	err = s.client.JSON(ctx, rest.Request{
		Path: "/v1.0/search/query", Body: request{Requests: []search{one}}, Secret: token,
		Header: http.Header{"Authorization": {"Bearer " + token}},
	}, &a)
	if err != nil {
		return nil, err
	}
	if a.Value == nil {
		return nil, s.client.Unexpected()
	}
	var hits []connectors.Hit
	for _, v := range a.Value {
		for _, c := range v.HitsContainers {
			hits = append(hits, found(c.Hits)...)
		}
	}
	return &connectors.Found{Hits: rest.Select(hits, query)}, nil
}

func found(of []hit) []connectors.Hit {
	var hits []connectors.Hit
	for _, h := range of {
		summary := strings.NewReplacer("<ddd/>", "…", "<ddd></ddd>", "…").Replace(h.Summary)
		if made, ok := rest.Hit(h.title(), h.Resource.WebURL, summary, h.Resource.Modified); ok {
			made.Internal = true
			hits = append(hits, made)
		}
	}
	return hits
}

// title is what a thing is called: files, sites and rows of lists say so in places of
// their own, and some only by their address.
func (h hit) title() string {
	r := h.Resource
	for _, name := range []string{r.Name, r.DisplayName, r.Fields.Title} {
		if name != "" {
			return name
		}
	}
	u, err := url.Parse(r.WebURL)
	if err != nil || path.Base(u.Path) == "." || path.Base(u.Path) == "/" {
		return ""
	}
	return path.Base(u.Path)
}

func (s *Searcher) token(ctx context.Context, caller connectors.Caller) (string, error) {
	token, err := s.tokens.Token(ctx, caller)
	var ours *connectors.Error
	switch {
	case errors.As(err, &ours):
		return "", ours
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", &connectors.Error{Code: connectors.CodeTimeout, Message: "Microsoft 365 did not answer in time.", Korean: "Microsoft 365에서 제때 답하지 않았어요.", Err: err}
	case ctx.Err() != nil:
		return "", &connectors.Error{Code: connectors.CodeCancelled, Message: "The search was stopped.", Korean: "검색을 중지했어요.", Err: err}
	case err != nil || token == "":
		return "", &connectors.Error{
			Code: connectors.CodeDenied, Message: "There is no access to Microsoft 365 for this person.",
			Korean: "이 사용자로 Microsoft 365에 접근할 수 없어요.", Fix: "Let the person sign in, or check the application's secret.", Err: err,
		}
	}
	return token, nil
}

// kql asks for all of the words. They hold letters, digits, and dots between them:
// nothing by which KQL tells its operators but these words, in capitals.
func kql(words []string, query connectors.SearchQuery) string {
	parts := make([]string, 0, len(words)+2)
	for _, w := range words {
		switch w {
		case "AND", "OR", "NOT", "NEAR", "ONEAR", "XRANK", "WORDS", "ALL", "ANY", "NONE":
			w = strings.ToLower(w)
		}
		parts = append(parts, w)
	}
	if !query.After.IsZero() {
		parts = append(parts, "LastModifiedTime>="+query.After.Format(time.DateOnly))
	}
	if !query.Before.IsZero() {
		parts = append(parts, "LastModifiedTime<="+query.Before.Format(time.DateOnly))
	}
	return strings.Join(parts, " ")
}
