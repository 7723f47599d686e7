package msgraph_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/msgraph"
)

// people are tokens by principal.
type people map[string]string

func (p people) Token(ctx context.Context, c connectors.Caller) (string, error) {
	if token := p[c.Principal]; token != "" {
		return token, nil
	}
	if c.Principal == "slow" {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return "", errors.New("AADSTS50076: " + c.Principal + " has not signed in")
}

const token = "graph-t0ken-of-minji"

var tokens = people{"web:minji": token, "web:juno": "graph-t0ken-of-juno"}

var period = regexp.MustCompile(`( LastModifiedTime(>=|<=)\d{4}-\d\d-\d\d)+$`)

func request(region string) func(r *http.Request) (connectorstest.SearchRequest, error) {
	return func(r *http.Request) (connectorstest.SearchRequest, error) {
		var req connectorstest.SearchRequest
		if err := connectorstest.Head(r, http.MethodPost, "/v1.0/search/query", map[string]string{"Authorization": "Bearer " + token}); err != nil {
			return req, err
		}
		var body struct {
			Requests []struct {
				EntityTypes []string `json:"entityTypes"`
				Query       struct {
					QueryString string `json:"queryString"`
				} `json:"query"`
				From   int    `json:"from"`
				Size   int    `json:"size"`
				Region string `json:"region"`
			} `json:"requests"`
		}
		if err := connectorstest.Body(r, &body); err != nil {
			return req, err
		}
		if len(body.Requests) != 1 || body.Requests[0].From != 0 || body.Requests[0].Region != region ||
			!slices.Equal(body.Requests[0].EntityTypes, []string{"driveItem", "listItem", "site"}) {
			return req, fmt.Errorf("body %+v", body)
		}
		one := body.Requests[0]
		return connectorstest.SearchRequest{Text: period.ReplaceAllString(one.Query.QueryString, ""), Count: one.Size}, nil
	}
}

func answer(hits []connectorstest.ServiceHit) string {
	list := []map[string]any{}
	for i, h := range hits {
		resource := map[string]any{"webUrl": h.URL}
		switch i % 3 {
		case 0:
			resource["@odata.type"], resource["name"] = "#microsoft.graph.driveItem", h.Title
		case 1:
			resource["@odata.type"], resource["fields"] = "#microsoft.graph.listItem", map[string]any{"title": h.Title}
		case 2:
			resource["@odata.type"], resource["displayName"] = "#microsoft.graph.site", h.Title
		}
		if !h.Published.IsZero() {
			resource["lastModifiedDateTime"] = h.Published.Format(time.RFC3339)
		}
		list = append(list, map[string]any{"hitId": fmt.Sprint(i), "rank": i + 1, "summary": strings.ReplaceAll(h.Snippet, "할인", "<c0>할인</c0>"), "resource": resource})
	}
	container := map[string]any{"total": len(list), "moreResultsAvailable": false}
	if len(list) > 0 { // an empty container has no list
		container["hits"] = list
	}
	return connectorstest.JSON(map[string]any{"value": []any{map[string]any{"searchTerms": []string{"q"}, "hitsContainers": []any{container}}}, "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.searchResponse)"})
}

func open(t *testing.T, baseURL, region string) connectors.Searcher {
	t.Helper()
	s, err := msgraph.Open(msgraph.Options{Tokens: tokens, BaseURL: baseURL, Region: region})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSearcher(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"", "KOR"} {
		t.Run("region "+region, func(t *testing.T) {
			connectorstest.Searcher(t, connectorstest.SearchHarness{
				Open: func(t *testing.T, baseURL string) connectors.Searcher { return open(t, baseURL, region) },
				Key:  token, Request: request(region), Answer: answer, MaxHits: 200, MaxCharacters: 400, Words: true, Internal: true,
			})
		})
	}
}

func TestNothingIsAnOperator(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`path:"https://x" OR secret`: "path https x or secret", "급여 NOT 공개 (a) author:kim*": "급여 not 공개 a author kim", `-x +y "z" {w} NEAR(3) v`: "x y z w near 3 v",
		"11.11 행사": "11.11 행사", "LastModifiedTime>=2020": "LastModifiedTime 2020",
	} {
		var got string
		s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			req, err := request("")(r)
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			got = req.Text
			_, _ = w.Write([]byte(answer(nil)))
		}), "")
		if _, err := s.Search(t.Context(), connectors.Caller{Principal: "web:minji"}, connectors.SearchQuery{Text: text}); err != nil || got != want {
			t.Errorf("%q was asked as %q, want %q (%v)", text, got, want, err)
		}
	}
}

func TestEverybodySearchesAsThemselves(t *testing.T) {
	t.Parallel()
	s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(answer([]connectorstest.ServiceHit{{Title: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer graph-t0ken-of-"), URL: "https://example.sharepoint.com/x"}})))
	}), "")
	for _, who := range []string{"minji", "juno"} {
		found, err := s.Search(t.Context(), connectors.Caller{Principal: "web:" + who}, connectors.SearchQuery{Text: "급여"})
		if err != nil || len(found.Hits) != 1 || found.Hits[0].Title != who || !found.Hits[0].Internal {
			t.Errorf("%s: %+v, %v", who, found, err)
		}
	}
	_, err := s.Search(t.Context(), connectors.Caller{Principal: "web:nobody"}, connectors.SearchQuery{Text: "급여"})
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeDenied || e.Korean == "" || strings.Contains(e.Message, "AADSTS") {
		t.Errorf("without a token: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Search(ctx, connectors.Caller{Principal: "slow"}, connectors.SearchQuery{Text: "급여"}); connectors.CodeOf(err) != connectors.CodeTimeout {
		t.Errorf("a token too late: %v", err)
	}
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	s := open(t, connectorstest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"value":[{"hitsContainers":[{"hits":[{"summary":"<ddd/>2026년 <c0>추석</c0> R&amp;D<ddd/>","resource":{"webUrl":"https://example.sharepoint.com/sites/a/%EC%9D%BC%EC%A0%95.docx"}}]}]}]}`))
	}), "")
	found, err := s.Search(t.Context(), connectors.Caller{Principal: "web:minji"}, connectors.SearchQuery{Text: "추석"})
	if err != nil || len(found.Hits) != 1 || found.Hits[0].Snippet != "…2026년 추석 R&D…" || found.Hits[0].Title != "일정.docx" {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestWithoutAWordNothingIsAsked(t *testing.T) {
	t.Parallel()
	s := open(t, connectorstest.Serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the service was asked") }), "")
	if found, err := s.Search(t.Context(), connectors.Caller{Principal: "web:minji"}, connectors.SearchQuery{Text: `"*"`}); err != nil || len(found.Hits) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]msgraph.Options{
		"no tokens": {}, "region": {Tokens: tokens, Region: "Korea"}, "address": {Tokens: tokens, BaseURL: "graph"},
	} {
		if _, err := msgraph.Open(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
