package searxng_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/searxng"
)

func TestARealInstance(t *testing.T) {
	t.Parallel()
	var asked atomic.Pointer[string]
	base := connectorstest.Searx(t, connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("q")
		asked.Store(&q)
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`{"results": [{"url": "https://example.com/추석", "title": "추석 & <b>선물</b>", "content": "2026년 9월 25일"}]}`))
	}))
	open := func() connectors.Searcher {
		s, err := searxng.Open(searxng.Options{BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	search := func(s connectors.Searcher) *connectors.Found {
		t.Helper()
		found, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: `추석 "선물" & 쿠폰`, Language: "ko", Market: "KR"})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	s := open()
	found := search(s)
	if len(found.Hits) != 1 || found.Hits[0].Title != "추석 & 선물" || found.Hits[0].Snippet != "2026년 9월 25일" || !strings.HasPrefix(found.Hits[0].URL, "https://example.com/") {
		t.Errorf("hits %+v", found.Hits)
	}
	if q := asked.Load(); q == nil || *q != `추석 "선물" & 쿠폰` {
		t.Errorf("the engines were asked %q", *q)
	}
	if want := []string{"broken: too many requests"}; !slices.Equal(found.Silent, want) {
		t.Errorf("first: silent %q, want %q", found.Silent, want)
	}
	// From now on the instance leaves the engine out and says nothing of it.
	if got, want := search(s).Silent, []string{"broken: too many requests (nothing heard since)"}; !slices.Equal(got, want) {
		t.Errorf("second: silent %q, want %q", got, want)
	}
	// Nor may a program that starts just then take it for an engine that found nothing.
	if got, want := search(open()).Silent, []string{"broken: refused the instance before (nothing heard since)"}; !slices.Equal(got, want) {
		t.Errorf("started anew: silent %q, want %q", got, want)
	}
}

func TestARealPageInsteadOfJSON(t *testing.T) {
	t.Parallel()
	base := connectorstest.Searx(t, "http://127.0.0.1:9")
	// A proxy before the instance that drops the format is as good as JSON switched
	// off: searx answers both with its page.
	proxy := connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		res, err := http.Get(base + r.URL.Path + "?q=a&format=xml")
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = res.Body.Close() }()
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		var page bytes.Buffer
		_, _ = page.ReadFrom(res.Body)
		_, _ = w.Write(page.Bytes())
	})
	s, err := searxng.Open(searxng.Options{BaseURL: proxy})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeUnavailable || !strings.Contains(e.Fix, "search.formats") {
		t.Errorf("err = %v", err)
	}
}
