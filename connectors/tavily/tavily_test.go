package tavily_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/tavily"
)

const key = "tvly-k3y-of-the-test"

func request(topic string) func(r *http.Request) (connectorstest.SearchRequest, error) {
	return func(r *http.Request) (connectorstest.SearchRequest, error) {
		var req connectorstest.SearchRequest
		if err := connectorstest.Head(r, http.MethodPost, "/search", map[string]string{"Authorization": "Bearer " + key}); err != nil {
			return req, err
		}
		var body struct {
			Query       string `json:"query"`
			Topic       string `json:"topic"`
			SearchDepth string `json:"search_depth"`
			MaxResults  int    `json:"max_results"`
			Country     string `json:"country"`
			StartDate   string `json:"start_date"`
			EndDate     string `json:"end_date"`
		}
		if err := connectorstest.Body(r, &body); err != nil {
			return req, err
		}
		if body.Topic != topic || body.SearchDepth != "basic" || body.Topic != "general" && body.Country != "" {
			return req, fmt.Errorf("body %+v", body)
		}
		for _, d := range []string{body.StartDate, body.EndDate} {
			if _, err := time.Parse(time.DateOnly, d); d != "" && err != nil {
				return req, err
			}
		}
		return connectorstest.SearchRequest{Text: body.Query, Count: body.MaxResults, Place: body.Country}, nil
	}
}

func answer(hits []connectorstest.ServiceHit) string {
	results := []map[string]any{}
	for _, h := range hits {
		r := map[string]any{"title": h.Title, "url": h.URL, "content": h.Snippet, "score": 0.9, "raw_content": nil}
		if !h.Published.IsZero() {
			r["published_date"] = h.Published.Format(http.TimeFormat)
		}
		results = append(results, r)
	}
	return connectorstest.JSON(map[string]any{"query": "q", "answer": nil, "images": []string{}, "results": results, "response_time": 1.2})
}

func open(t *testing.T, baseURL, topic string) connectors.Searcher {
	t.Helper()
	s, err := tavily.Open(tavily.Options{Key: key, BaseURL: baseURL, Topic: topic})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSearcher(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"general", "news"} {
		places := map[connectorstest.Place]string{{}: "", {Language: "ko", Market: "KR"}: "south korea", {Market: "AQ"}: ""}
		if topic == "news" {
			places = map[connectorstest.Place]string{{Language: "ko", Market: "KR"}: ""}
		}
		t.Run(topic, func(t *testing.T) {
			connectorstest.Searcher(t, connectorstest.SearchHarness{
				Open: func(t *testing.T, baseURL string) connectors.Searcher { return open(t, baseURL, topic) },
				Key:  key, Request: request(topic), Answer: answer, MaxHits: 20, MaxCharacters: 400, Places: places,
			})
		})
	}
}

func TestItsOwnStatuses(t *testing.T) {
	t.Parallel()
	for _, status := range []int{432, 433} {
		s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"detail":{"error":"This request exceeds your plan's set usage limit."}}`))
		}), "")
		_, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeExhausted || e.Fix == "" {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]tavily.Options{"no key": {}, "topic": {Key: key, Topic: "gossip"}, "address": {Key: key, BaseURL: "ftp://example.com"}} {
		if _, err := tavily.Open(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
