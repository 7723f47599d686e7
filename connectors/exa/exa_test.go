package exa_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/exa"
)

const key = "exa-k3y-of-the-test"

func request(r *http.Request) (connectorstest.SearchRequest, error) {
	var req connectorstest.SearchRequest
	if err := connectorstest.Head(r, http.MethodPost, "/search", map[string]string{"X-Api-Key": key}); err != nil {
		return req, err
	}
	var body struct {
		Query              string `json:"query"`
		Type               string `json:"type"`
		NumResults         int    `json:"numResults"`
		UserLocation       string `json:"userLocation"`
		StartPublishedDate string `json:"startPublishedDate"`
		EndPublishedDate   string `json:"endPublishedDate"`
		Contents           struct {
			Highlights struct {
				MaxCharacters int `json:"maxCharacters"`
			} `json:"highlights"`
		} `json:"contents"`
	}
	if err := connectorstest.Body(r, &body); err != nil {
		return req, err
	}
	if body.Type != "auto" || body.Contents.Highlights.MaxCharacters <= 0 {
		return req, fmt.Errorf("body %+v", body)
	}
	for _, d := range []string{body.StartPublishedDate, body.EndPublishedDate} {
		if _, err := time.Parse(time.RFC3339, d); d != "" && err != nil {
			return req, err
		}
	}
	return connectorstest.SearchRequest{Text: body.Query, Count: body.NumResults, Place: body.UserLocation}, nil
}

func answer(hits []connectorstest.ServiceHit) string {
	results := []map[string]any{}
	for i, h := range hits {
		r := map[string]any{"id": h.URL, "title": h.Title, "url": h.URL, "score": 0.4, "author": nil}
		if i%2 == 0 {
			r["highlights"], r["highlightScores"] = []string{h.Snippet}, []float64{0.5}
		} else {
			r["text"] = h.Snippet
		}
		if !h.Published.IsZero() {
			r["publishedDate"] = h.Published.Format("2006-01-02T15:04:05.000Z")
		}
		results = append(results, r)
	}
	return connectorstest.JSON(map[string]any{"requestId": "r1", "resolvedSearchType": "neural", "results": results, "costDollars": map[string]any{"total": 0.007}})
}

func open(t *testing.T, baseURL string) connectors.Searcher {
	t.Helper()
	s, err := exa.Open(exa.Options{Key: key, BaseURL: baseURL})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSearcher(t *testing.T) {
	t.Parallel()
	connectorstest.Searcher(t, connectorstest.SearchHarness{
		Open: open, Key: key, Request: request, Answer: answer, MaxHits: 100, MaxCharacters: 1000,
		Places: map[connectorstest.Place]string{{}: "", {Language: "ko", Market: "KR"}: "KR"},
	})
}

func TestCreditsUsedUp(t *testing.T) {
	t.Parallel()
	s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPaymentRequired) }))
	_, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeDenied || e.Fix == "" {
		t.Errorf("err = %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]exa.Options{"no key": {}, "address": {Key: key, BaseURL: "https://"}} {
		if _, err := exa.Open(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
