package brave_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/brave"
	"github.com/bapsang/bapsang/connectors/connectorstest"
)

const key = "BSA-k3y-of-the-test"

var period = regexp.MustCompile(`^\d{4}-\d\d-\d\dto\d{4}-\d\d-\d\d$`)

func request(r *http.Request) (connectorstest.SearchRequest, error) {
	if err := connectorstest.Head(r, http.MethodGet, "/res/v1/web/search", map[string]string{"X-Subscription-Token": key}); err != nil {
		return connectorstest.SearchRequest{}, err
	}
	p, err := connectorstest.Params(r, "q", "count", "result_filter", "text_decorations", "search_lang", "country", "freshness")
	if err != nil {
		return connectorstest.SearchRequest{}, err
	}
	count, err := strconv.Atoi(p.Get("count"))
	if err != nil || p.Get("result_filter") != "web" || p.Get("text_decorations") != "false" {
		return connectorstest.SearchRequest{}, fmt.Errorf("parameters %v", p)
	}
	if f := p.Get("freshness"); f != "" && !period.MatchString(f) {
		return connectorstest.SearchRequest{}, fmt.Errorf("freshness %q", f)
	}
	return connectorstest.SearchRequest{Text: p.Get("q"), Count: count, Place: p.Get("search_lang") + "/" + p.Get("country")}, nil
}

func answer(hits []connectorstest.ServiceHit) string {
	type result struct {
		Title       string `json:"title"`
		URL         string `json:"url"`
		Description string `json:"description"`
		Age         string `json:"age,omitempty"`
		PageAge     string `json:"page_age,omitempty"`
	}
	body := map[string]any{"type": "search", "query": map[string]any{"original": "q", "more_results_available": false}}
	var results []result
	for _, h := range hits {
		made := result{Title: connectorstest.Marked(h.Title, "strong"), URL: h.URL, Description: connectorstest.Marked(h.Snippet, "strong"), Age: "3 days ago"}
		if !h.Published.IsZero() {
			made.PageAge = h.Published.Format("2006-01-02T15:04:05")
		}
		results = append(results, made)
	}
	if results != nil {
		body["web"] = map[string]any{"type": "search", "results": results}
	}
	return connectorstest.JSON(body)
}

func TestSearcher(t *testing.T) {
	t.Parallel()
	connectorstest.Searcher(t, connectorstest.SearchHarness{
		Open: func(t *testing.T, baseURL string) connectors.Searcher {
			s, err := brave.Open(brave.Options{Key: key, BaseURL: baseURL})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Key: key, Request: request, Answer: answer, MaxHits: 20, MaxCharacters: 400, MaxWords: 50,
		Places: map[connectorstest.Place]string{
			{}: "/", {Language: "ko", Market: "KR"}: "ko/KR", {Language: "ja", Market: "JP"}: "jp/JP", {Language: "zh", Market: "CN"}: "zh-hans/CN",
			{Language: "zh", Market: "TW"}: "zh-hant/TW", {Language: "en", Market: "GB"}: "en-gb/GB", {Language: "en", Market: "SG"}: "en/",
			{Language: "pt", Market: "BR"}: "pt-br/BR", {Language: "tlh"}: "/", {Market: "US"}: "/US",
		},
	})
}

func TestPeriodsAreBothInclusive(t *testing.T) {
	t.Parallel()
	first, last := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)
	today := time.Now().Format(time.DateOnly)
	for _, c := range []struct {
		after, before time.Time
		want          string
	}{
		{time.Time{}, time.Time{}, ""}, {first, last, "2026-10-01to2026-10-31"}, {time.Time{}, last, "1990-01-01to2026-10-31"}, {first, time.Time{}, "2026-10-01to" + today},
	} {
		var got string
		url := connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.URL.Query().Get("freshness")
			_, _ = w.Write([]byte(answer(nil)))
		})
		s, err := brave.Open(brave.Options{Key: key, BaseURL: url})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석", After: c.after, Before: c.before}); err != nil || got != c.want {
			t.Errorf("freshness %q, want %q (%v)", got, c.want, err)
		}
	}
}

func TestTheMonthsQuota(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		remaining, reset, later string
		want                    time.Duration
	}{
		{"0, 1500", "1, 1419704", "", time.Second}, {"0, 0", "1, 7200", "", 2 * time.Hour}, {"1, 0", "1, 1419704", "", 24 * time.Hour},
		{"0", "1, 60", "", time.Second}, {"", "1, 60", "", 0}, {"0, 0", "soon, -5", "", 0}, {"0, 0", "1, 7200", "3", 3 * time.Second}, {"0", "99999999999999", "", 0},
	} {
		s, err := brave.Open(brave.Options{Key: key, BaseURL: connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-RateLimit-Remaining", c.remaining)
			w.Header().Set("X-RateLimit-Reset", c.reset)
			if c.later != "" {
				w.Header().Set("Retry-After", c.later)
			}
			w.WriteHeader(http.StatusTooManyRequests)
		})})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeExhausted || e.After != c.want {
			t.Errorf("remaining %q, reset %q, Retry-After %q: after %v (%v)", c.remaining, c.reset, c.later, e.After, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]brave.Options{
		"no key": {}, "no address": {Key: key, BaseURL: "search.example.com"}, "password": {Key: key, BaseURL: "https://u:p@example.com"},
	} {
		if _, err := brave.Open(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
