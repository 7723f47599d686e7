package confluence_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confluence"
	"github.com/bapsang/bapsang/connectors/connectorstest"
)

const email, token = "bot@example.com", "confluence-t0ken-of-the-test"

var basic = base64.StdEncoding.EncodeToString([]byte(email + ":" + token))

// cql is all that may ever be asked, whatever the text: anything else is an injection.
var cql = regexp.MustCompile(`^text ~ "([^"\\]*)" AND type in \(page, blogpost\) AND space in \("MKT", "~minji"\)( AND lastmodified >= "\d{4}-\d\d-\d\d")?( AND lastmodified < "\d{4}-\d\d-\d\d")?$`)

func request(cloud bool) func(r *http.Request) (connectorstest.SearchRequest, error) {
	path, auth, extra, want := "/wiki/rest/api/search", "Basic "+basic, "excerpt", "indexed"
	if !cloud {
		path, auth, extra, want = "/confluence/rest/api/content/search", "Bearer "+token, "expand", "history.lastUpdated,body.view"
	}
	return func(r *http.Request) (connectorstest.SearchRequest, error) {
		var req connectorstest.SearchRequest
		if err := connectorstest.Head(r, http.MethodGet, path, map[string]string{"Authorization": auth}); err != nil {
			return req, err
		}
		p, err := connectorstest.Params(r, "cql", "limit", extra)
		if err != nil {
			return req, err
		}
		parts := cql.FindStringSubmatch(p.Get("cql"))
		limit, err := strconv.Atoi(p.Get("limit"))
		if parts == nil || err != nil || p.Get(extra) != want {
			return req, fmt.Errorf("parameters %v", p)
		}
		return connectorstest.SearchRequest{Text: parts[1], Count: limit}, nil
	}
}

func cloudAnswer(hits []connectorstest.ServiceHit) string {
	results := []map[string]any{}
	for _, h := range hits {
		mark := func(s string) string {
			return strings.NewReplacer("<b>", "@@@hl@@@", "</b>", "@@@endhl@@@").Replace(connectorstest.Marked(s, "b"))
		}
		r := map[string]any{"content": map[string]any{"id": "1", "type": "page"}, "title": mark(h.Title), "excerpt": mark(h.Snippet), "url": h.URL, "entityType": "content", "score": 1.0}
		if !h.Published.IsZero() {
			r["lastModified"] = h.Published.Format("2006-01-02T15:04:05.000Z")
		}
		results = append(results, r)
	}
	return connectorstest.JSON(map[string]any{"results": results, "start": 0, "limit": 25, "size": len(results), "_links": map[string]string{"base": "https://example.atlassian.net/wiki", "context": "/wiki"}})
}

func dataAnswer(hits []connectorstest.ServiceHit) string {
	results := []map[string]any{}
	for _, h := range hits {
		r := map[string]any{
			"id": "1", "type": "page", "status": "current", "title": h.Title, "_links": map[string]string{"webui": h.URL},
			"body": map[string]any{"view": map[string]any{"value": "<p>" + connectorstest.Marked(h.Snippet, "strong") + "</p>", "representation": "storage"}},
		}
		if !h.Published.IsZero() {
			seoul := time.FixedZone("KST", 9*60*60)
			r["history"] = map[string]any{"lastUpdated": map[string]any{"when": h.Published.In(seoul).Format("2006-01-02T15:04:05.000-07:00")}}
		}
		results = append(results, r)
	}
	return connectorstest.JSON(map[string]any{"results": results, "start": 0, "limit": 25, "size": len(results), "_links": map[string]string{"base": "https://wiki.example.com/confluence"}})
}

func open(t *testing.T, baseURL string, cloud bool) connectors.Searcher {
	t.Helper()
	o := confluence.Options{BaseURL: baseURL + "/confluence", Token: token, Spaces: []string{"MKT", "~minji"}}
	if cloud {
		o.BaseURL, o.Email = baseURL+"/wiki", email
	}
	s, err := confluence.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSearcher(t *testing.T) {
	t.Parallel()
	for name, cloud := range map[string]bool{"Cloud": true, "Data Center": false} {
		h := connectorstest.SearchHarness{
			Open: func(t *testing.T, baseURL string) connectors.Searcher { return open(t, baseURL, cloud) },
			Key:  token, Request: request(cloud), Answer: dataAnswer, MaxHits: 50, MaxCharacters: 300, Words: true, Internal: true,
		}
		if cloud {
			h.Answer, h.Key = cloudAnswer, basic
		}
		t.Run(name, func(t *testing.T) { connectorstest.Searcher(t, h) })
	}
}

func TestNothingGetsOutOfTheQuotes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`x" OR space = "SECRET`: "x or space SECRET", `x\" OR type = page OR title ~ \"y`: "x or type page or title y", "a AND b NOT c": "a and b not c",
		"title:급여* ~0.5 (x) [1 TO 2]": "title 급여 0.5 x 1 TO 2", "it's 11.11 v1.2": "it's 11.11 v1.2", "급여\n\"\nORDER BY created": "급여 ORDER BY created",
		"‟x” ＂y＂": "x y",
	} {
		var got string
		s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			req, err := request(true)(r)
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			got = req.Text
			_, _ = w.Write([]byte(cloudAnswer(nil)))
		}), true)
		if _, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: text}); err != nil || got != want {
			t.Errorf("%q was asked as %q, want %q (%v)", text, got, want, err)
		}
	}
}

func TestWithoutAWordNothingIsAsked(t *testing.T) {
	t.Parallel()
	s := open(t, connectorstest.Serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the site was asked") }), true)
	found, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: `"*" 🎁`})
	if err != nil || len(found.Hits) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAddressesBeginWhereTheSiteSays(t *testing.T) {
	t.Parallel()
	const path = "/spaces/MKT/pages/123/%EC%9D%BC%EC%A0%95"
	for base, want := range map[string]string{
		"https://example.atlassian.net/wiki": "https://example.atlassian.net/wiki" + path, "javascript:": "/wiki" + path, "": "/wiki" + path,
	} {
		url := connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(connectorstest.JSON(map[string]any{"results": []any{map[string]string{"title": "일정", "url": path}}, "_links": map[string]string{"base": base}})))
		})
		found, err := open(t, url, true).Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "일정"})
		if err != nil || len(found.Hits) != 1 || !strings.HasSuffix(found.Hits[0].URL, want) || !strings.HasPrefix(found.Hits[0].URL, "http") {
			t.Errorf("base %q: %+v, %v", base, found, err)
		}
	}
}

func TestAnExcerptShowsTheWord(t *testing.T) {
	t.Parallel()
	page := "<h1>회의록</h1><p>" + strings.Repeat("다른 이야기가 길게 이어집니다. ", 100) + "추석 프로모션은 9월 1일에 시작합니다." + strings.Repeat(" 끝.", 300) + "</p>"
	s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(connectorstest.JSON(map[string]any{"results": []any{map[string]any{
			"title": "회의록", "_links": map[string]string{"webui": "/x"}, "body": map[string]any{"view": map[string]string{"value": page}},
		}}})))
	}), false)
	found, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석 프로모션"})
	if err != nil || len(found.Hits) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if got := found.Hits[0].Snippet; !strings.HasPrefix(got, "…") || !strings.Contains(got, "추석 프로모션은 9월 1일에") || len([]rune(got)) > 302 {
		t.Errorf("snippet %q", got)
	}
}

func TestFixes(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{401: "token", 403: "account", 404: "base_url"} {
		s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }), true)
		_, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
		var e *connectors.Error
		if !errors.As(err, &e) || !strings.Contains(e.Fix, want) {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]confluence.Options{
		"no token": {BaseURL: "https://x.example"}, "no address": {Token: token}, "space": {BaseURL: "https://x.example", Token: token, Spaces: []string{`A" OR "B`}},
	} {
		if _, err := confluence.Open(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
