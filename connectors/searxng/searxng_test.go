package searxng_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/searxng"
)

func request(r *http.Request) (connectorstest.SearchRequest, error) {
	var req connectorstest.SearchRequest
	if err := connectorstest.Head(r, http.MethodGet, "/search", nil); err != nil {
		return req, err
	}
	p, err := connectorstest.Params(r, "q", "format", "categories", "language", "pageno", "time_range", "safesearch")
	if err != nil {
		return req, err
	}
	if p.Get("format") != "json" || p.Get("pageno") != "1" || p.Get("categories") != "general,news" {
		return req, fmt.Errorf("parameters %v", p)
	}
	return connectorstest.SearchRequest{Text: p.Get("q"), Place: p.Get("language")}, nil
}

func answer(hits []connectorstest.ServiceHit) string {
	results := []map[string]any{}
	for i, h := range hits {
		r := map[string]any{"title": h.Title, "url": h.URL, "content": h.Snippet, "engine": "naver", "engines": []string{"naver", "brave"}, "score": 1.0, "category": "general"}
		switch {
		case h.Published.IsZero():
			r["publishedDate"] = nil
		case i%2 == 0: // searx
			r["publishedDate"], r["pubdate"] = "3 hour(s), 5 minute(s) ago", h.Published.Format("2006-01-02 15:04:05-0700")
		default: // SearXNG
			r["publishedDate"] = h.Published.Format("2006-01-02T15:04:05")
		}
		results = append(results, r)
	}
	return body(results, nil)
}

func body(results []map[string]any, unresponsive [][]string) string {
	if results == nil {
		results = []map[string]any{}
	}
	if unresponsive == nil {
		unresponsive = [][]string{}
	}
	return connectorstest.JSON(map[string]any{
		"query": "q", "number_of_results": 0, "results": results, "answers": []string{}, "corrections": []string{}, "infoboxes": []string{},
		"suggestions": []string{}, "unresponsive_engines": unresponsive,
	})
}

func open(t *testing.T, baseURL string) connectors.Searcher {
	t.Helper()
	s, err := searxng.Open(searxng.Options{BaseURL: baseURL, Categories: []string{"general", "news"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var one = []map[string]any{{"title": "추석", "url": "https://example.com/", "content": "", "engine": "naver", "engines": []string{"naver"}}}

func TestSearcher(t *testing.T) {
	t.Parallel()
	connectorstest.Searcher(t, connectorstest.SearchHarness{
		Aside: func(w http.ResponseWriter, r *http.Request) bool {
			aside := r.URL.Path == "/stats/errors" || r.URL.Path == "/config"
			if aside {
				_, _ = w.Write([]byte("{}"))
			}
			return aside
		},
		Open: open, Request: request, Answer: answer, MaxCharacters: 400,
		Incomplete: body(one, [][]string{{"brave", "too many requests"}, {"google", "CAPTCHA"}, {"odd"}, {}}),
		Silent:     []string{"brave: too many requests", "google: CAPTCHA", "odd: no answer"},
		Places: map[connectorstest.Place]string{
			{}: "", {Language: "ko", Market: "KR"}: "ko-KR", {Language: "ja"}: "ja", {Market: "KR"}: "", {Language: "zh", Market: "TW"}: "zh-TW",
		},
	})
}

// step is an answer of the instance, and who is reported silent after it.
type step struct {
	results      []map[string]any
	unresponsive [][]string
	later        time.Duration
	want         []string
}

func TestSilentEnginesAreRemembered(t *testing.T) {
	found := func(engine string) []map[string]any {
		return []map[string]any{{"title": "추석", "url": "https://example.com/", "engine": engine, "engines": []string{engine}}}
	}
	synctest.Test(t, func(t *testing.T) {
		var now step
		config := `{"engines": [{"name": "naver", "enabled": true}, {"name": "brave", "enabled": true}, {"name": "google", "enabled": true}]}`
		transport := answering(func(path string) string {
			switch path {
			case "/config":
				return config
			case "/stats/errors":
				return `{"naver": [{"exception_classname": "httpx.ReadTimeout", "percentage": 5}]}`
			}
			return body(now.results, now.unresponsive)
		})
		s, err := searxng.Open(searxng.Options{BaseURL: "http://searx.test", HTTP: &http.Client{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(what string, st step) {
			t.Helper()
			now = st
			<-time.After(st.later)
			got, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if !slices.Equal(got.Silent, st.want) {
				t.Errorf("%s: silent %q, want %q", what, got.Silent, st.want)
			}
		}
		limited, captcha := []string{"brave", "too many requests"}, []string{"google", "CAPTCHA"}
		ask("first", step{found("naver"), [][]string{limited, captcha}, 0, []string{"brave: too many requests", "google: CAPTCHA"}})
		ask("hidden", step{nil, nil, time.Minute, []string{"brave: too many requests (nothing heard since)", "google: CAPTCHA (nothing heard since)"}})
		ask("heard again", step{found("brave"), nil, time.Minute, []string{"google: CAPTCHA (nothing heard since)"}})
		ask("still hidden a week later", step{found("brave"), nil, 7 * 24 * time.Hour, []string{"google: CAPTCHA (nothing heard since)"}})
		config = `not now`
		ask("the instance does not say", step{found("brave"), nil, time.Hour, []string{"google: CAPTCHA (nothing heard since)"}})
		config = `{"engines": [{"name": "brave", "enabled": true}, {"name": "google", "enabled": false}]}`
		ask("switched off there", step{found("brave"), nil, time.Hour, nil})
	})
}

// answering is a transport that answers by path, without a network.
type answering func(path string) string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	_, _ = w.WriteString(a(r.URL.Path))
	return w.Result(), nil
}

func TestJSONIsOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		code   connectors.Code
	}{"SearXNG": {http.StatusForbidden, connectors.CodeDenied}, "searx": {http.StatusOK, connectors.CodeUnavailable}} {
		s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte("<!DOCTYPE html><html><title>searx</title></html>"))
		}))
		_, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Fix, "search.formats") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "searx:8080", "http://", "https://u:p@searx", "http://searx/?q=1"} {
		if _, err := searxng.Open(searxng.Options{BaseURL: base}); err == nil {
			t.Errorf("%q was taken", base)
		}
	}
}
