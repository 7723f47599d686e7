package egress_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/brave"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/quota"
)

// The whole way: a question's words, the guard with the filter, a driver, a service.
func TestWhatIsRefusedNeverReachesTheService(t *testing.T) {
	t.Parallel()
	var asked atomic.Pointer[string]
	var busy atomic.Bool
	url := connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("q")
		asked.Store(&q)
		if busy.CompareAndSwap(true, false) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`{"type": "search", "web": {"results": [{"title": "일정", "url": "https://example.com/"}]}}`))
	})
	driver, err := brave.Open(brave.Options{Key: "k", BaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	f := filter(t)
	var records []connectors.AuditRecord
	s := connectors.GuardSearcher(driver, connectors.Contract{Name: "web", Owner: "#it", Agreed: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}, connectors.Hooks{
		Board:  quota.New(quota.Options{}),
		Egress: f.Check, EgressURL: f.CheckURL,
		Audit: func(_ context.Context, r connectors.AuditRecord) { records = append(records, r) },
	})
	caller := connectors.Caller{Principal: "slack:U1", Question: "q-1"}
	for _, text := range []string{"매출 12억 업계 평균", "프로젝트한강의 경쟁 제품", "minji@example.com 연락처"} {
		if _, err := s.Search(t.Context(), caller, connectors.SearchQuery{Text: text}); connectors.CodeOf(err) != connectors.CodeDenied {
			t.Errorf("%q: %v", text, err)
		}
	}
	if q := asked.Load(); q != nil {
		t.Errorf("the service was asked %q", *q)
	}
	busy.Store(true) // and asks to be asked a second later
	found, err := s.Search(t.Context(), caller, connectors.SearchQuery{Text: "블랙프라이데이  2026 일정"})
	if err != nil || len(found.Hits) != 1 || *asked.Load() != "블랙프라이데이 2026 일정" {
		t.Errorf("found %+v, %v, asked %q", found, err, *asked.Load())
	}
	var lines []string
	for _, r := range records {
		lines = append(lines, r.System+" "+r.Caller.Principal+" "+r.Query+" "+string(r.Code))
	}
	want := "web slack:U1 매출 12억 업계 평균 denied|web slack:U1 프로젝트한강의 경쟁 제품 denied|web slack:U1 minji@example.com 연락처 denied|web slack:U1 블랙프라이데이 2026 일정 "
	if got := strings.Join(lines, "|"); got != want {
		t.Errorf("books %s", got)
	}
	if last := records[len(records)-1]; last.Waited < time.Second || last.Rows != 1 {
		t.Errorf("the last record: %+v", last)
	}
}
