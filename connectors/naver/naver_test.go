package naver_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/naver"
)

const id, secret = "naver-id-of-the-test", "naver-s3cret-of-the-test"

func request(kind string) func(r *http.Request) (connectorstest.SearchRequest, error) {
	return func(r *http.Request) (connectorstest.SearchRequest, error) {
		var req connectorstest.SearchRequest
		headers := map[string]string{"X-Naver-Client-Id": id, "X-Naver-Client-Secret": secret}
		if err := connectorstest.Head(r, http.MethodGet, "/v1/search/"+kind+".json", headers); err != nil {
			return req, err
		}
		p, err := connectorstest.Params(r, "query", "display", "start", "sort")
		if err != nil {
			return req, err
		}
		display, err := strconv.Atoi(p.Get("display"))
		if err != nil || p.Get("start") != "1" {
			return req, fmt.Errorf("parameters %v", p)
		}
		// Pages and encyclopedias have no order to choose.
		if sort := p.Get("sort"); (kind == "news" || kind == "blog") != (sort == "sim") {
			return req, fmt.Errorf("sort %q of %s", sort, kind)
		}
		return connectorstest.SearchRequest{Text: p.Get("query"), Count: display}, nil
	}
}

// seoul is where the service's times are of. Its day began nine hours before.
var seoul = time.FixedZone("KST", 9*60*60)

func answer(kind string) func(hits []connectorstest.ServiceHit) string {
	return func(hits []connectorstest.ServiceHit) string {
		items := []map[string]any{}
		for _, h := range hits {
			// It escapes quotation marks by name, as its own answers do.
			item := map[string]any{"title": strings.ReplaceAll(connectorstest.Marked(h.Title, "b"), "&#34;", "&quot;"), "link": h.URL, "description": connectorstest.Marked(h.Snippet, "b")}
			switch {
			case kind == "news":
				item["originallink"] = h.URL
				item["link"] = "https://n.news.naver.com/mnews/article/001/0015012345"
				if strings.HasPrefix(h.URL, "javascript") || strings.HasPrefix(h.URL, "ftp") || len(h.URL) > 2048 || strings.HasPrefix(h.URL, "https:///") {
					item["link"] = h.URL
				}
				if !h.Published.IsZero() {
					item["pubDate"] = h.Published.In(seoul).Format(time.RFC1123Z)
				}
			case kind == "blog" && !h.Published.IsZero():
				item["postdate"] = h.Published.Format("20060102")
			}
			items = append(items, item)
		}
		return connectorstest.JSON(map[string]any{"lastBuildDate": "Thu, 26 Nov 2026 10:00:00 +0900", "total": len(items), "start": 1, "display": len(items), "items": items})
	}
}

func TestSearcher(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"webkr", "news", "blog", "encyc"} {
		t.Run(kind, func(t *testing.T) {
			connectorstest.Searcher(t, connectorstest.SearchHarness{
				Open: func(t *testing.T, baseURL string) connectors.Searcher {
					s, err := naver.Open(naver.Options{ClientID: id, ClientSecret: secret, BaseURL: baseURL, Kind: kind})
					if err != nil {
						t.Fatal(err)
					}
					return s
				},
				Key: secret, Request: request(kind), Answer: answer(kind), MaxHits: 100, MaxCharacters: 255,
				Undated: kind == "webkr" || kind == "encyc",
			})
		})
	}
}

func TestFixes(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{401: "client id", 403: "search API", 429: "midnight"} {
		s, err := naver.Open(naver.Options{ClientID: id, ClientSecret: secret, BaseURL: connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"errorMessage":"Authentication failed (` + id + `)","errorCode":"024"}`))
		})})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
		var e *connectors.Error
		if !errors.As(err, &e) || !strings.Contains(e.Fix, want) || strings.Contains(err.Error(), id) {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]naver.Options{
		"no id": {ClientSecret: secret}, "no secret": {ClientID: id}, "kind": {ClientID: id, ClientSecret: secret, Kind: "shop"},
		"address": {ClientID: id, ClientSecret: secret, BaseURL: ":"},
	} {
		if _, err := naver.Open(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
