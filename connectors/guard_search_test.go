package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
)

// service is a searcher, a feed and pages whose answers a test decides.
type service struct {
	answer func(ctx context.Context, asked string) (*connectors.Found, error)

	mu    sync.Mutex
	asked []string // guarded by mu
}

func (s *service) ask(ctx context.Context, what string) (*connectors.Found, error) {
	s.mu.Lock()
	s.asked = append(s.asked, what)
	s.mu.Unlock()
	if s.answer == nil {
		return &connectors.Found{Hits: []connectors.Hit{{Title: what}}}, nil
	}
	return s.answer(ctx, what)
}

func (s *service) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func (s *service) Search(ctx context.Context, c connectors.Caller, q connectors.SearchQuery) (*connectors.Found, error) {
	return s.ask(ctx, strings.TrimSpace(c.Principal+" "+q.Text))
}

func (s *service) Entries(ctx context.Context, _ connectors.Caller, from, _ time.Time) ([]connectors.Entry, error) {
	_, err := s.ask(ctx, from.Format(time.DateOnly))
	return []connectors.Entry{{UID: "1"}}, err
}

func (s *service) Page(ctx context.Context, _ connectors.Caller, url string) (*connectors.Page, error) {
	_, err := s.ask(ctx, url)
	return &connectors.Page{URL: url, Body: []byte("<p>")}, err
}

// books keeps what a guard tells.
type books struct {
	mu      sync.Mutex
	records []connectors.AuditRecord // guarded by mu
}

func (b *books) hooks() connectors.Hooks {
	open := func(context.Context, connectors.Caller, string) error { return nil }
	return connectors.Hooks{Board: alone(), Egress: open, EgressURL: open, Audit: func(_ context.Context, r connectors.AuditRecord) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.records = append(b.records, r)
	}}
}

// lines are the records in short, as "query code rows cached".
func (b *books) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for _, r := range b.records {
		line := r.Query + " " + string(r.Code) + " " + strings.Repeat("*", r.Rows)
		if r.Cached {
			line += " cached"
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func search(ctx context.Context, s connectors.Searcher, text string) (*connectors.Found, error) {
	return s.Search(ctx, connectors.Caller{}, connectors.SearchQuery{Text: text})
}

func TestNothingLeavesUnchecked(t *testing.T) {
	secret := errors.New("holds 프로젝트 한강")
	refuse := func(_ context.Context, caller connectors.Caller, text string) error {
		if caller.Principal != "web:minji" {
			t.Errorf("the hook was asked for %+v", caller)
		}
		if strings.Contains(text, "한강") {
			return secret
		}
		return nil
	}
	var b books
	hooks := b.hooks()
	hooks.Egress, hooks.EgressURL = refuse, refuse
	var svc service
	web := connectors.GuardSearcher(&svc, agreed(connectors.Contract{Name: "web"}), hooks)
	wiki := connectors.GuardSearcher(&svc, agreed(connectors.Contract{Name: "wiki", Internal: true}), hooks)
	unchecked := connectors.GuardSearcher(&svc, agreed(connectors.Contract{Name: "web"}), connectors.Hooks{Board: alone(), Audit: hooks.Audit})
	pages := connectors.GuardPages(&svc, agreed(connectors.Contract{Name: "pages"}), hooks)
	caller := connectors.Caller{Principal: "web:minji"}
	for name, call := range map[string]func() error{
		"query": func() error {
			_, err := web.Search(t.Context(), caller, connectors.SearchQuery{Text: "프로젝트 한강 일정"})
			return err
		},
		// The text is composed first, so that nobody has to look for it in two forms.
		"decomposed": func() error {
			_, err := web.Search(t.Context(), caller, connectors.SearchQuery{Text: "\u1112\u1161\u11ab\u1100\u1161\u11bc"})
			return err
		},
		"no hook": func() error {
			_, err := unchecked.Search(t.Context(), caller, connectors.SearchQuery{Text: "추석"})
			return err
		},
		"address": func() error {
			_, err := pages.Page(t.Context(), caller, "https://example.com/?q=한강")
			return err
		},
	} {
		err := call()
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeDenied || e.Message == "" || e.Korean == "" {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(e.Message+e.Korean, "한강") {
			t.Errorf("%s: the message tells the term: %s", name, e.Message)
		}
	}
	if svc.calls() != 0 {
		t.Errorf("the service was asked %q", svc.asked)
	}
	if len(b.records) != 4 {
		t.Errorf("%d refusals in the books: %q", len(b.records), b.lines())
	}
	for _, r := range b.records {
		if r.Query == "" || r.Code != connectors.CodeDenied || r.Caller != caller {
			t.Errorf("record %+v", r)
		}
	}
	if _, err := wiki.Search(t.Context(), caller, connectors.SearchQuery{Text: "프로젝트 한강 일정"}); err != nil {
		t.Errorf("the company's own wiki: %v", err)
	}
	if _, err := web.Search(t.Context(), caller, connectors.SearchQuery{Text: "추석 일정"}); err != nil {
		t.Errorf("an ordinary query: %v", err)
	}
	if got, want := svc.asked, []string{"web:minji 프로젝트 한강 일정", "web:minji 추석 일정"}; !cmp.Equal(want, got) {
		t.Errorf("the service was asked %q", got)
	}
}

func TestMalformedQueriesAreNotAsked(t *testing.T) {
	day := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	var b books
	var svc service
	s := connectors.GuardSearcher(&svc, agreed(connectors.Contract{}), b.hooks())
	for _, q := range []connectors.SearchQuery{
		{}, {Text: " \t\n"}, {Text: strings.Repeat("한", 2001)}, {Text: "추석", Language: "ko; 매출 12억"}, {Text: "추석", Market: "kr"},
		{Text: "추석", After: day, Before: day.AddDate(0, 0, -1)},
	} {
		if _, err := s.Search(t.Context(), connectors.Caller{}, q); connectors.CodeOf(err) != connectors.CodeBadData {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if svc.calls() != 0 || len(b.records) != 6 {
		t.Errorf("asked %d times, %d records", svc.calls(), len(b.records))
	}
}

func TestEqualSearchesAreAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := &service{answer: func(_ context.Context, asked string) (*connectors.Found, error) {
			<-time.After(time.Second)
			if asked == "half" {
				return &connectors.Found{Hits: make([]connectors.Hit, 1), Silent: []string{"naver: too many requests"}}, nil
			}
			return &connectors.Found{Hits: []connectors.Hit{{Title: "추석 2026"}, {Title: "선물"}}}, nil
		}}
		var b books
		s := connectors.GuardSearcher(svc, agreed(connectors.Contract{Cache: time.Hour}), b.hooks())
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				found, err := search(t.Context(), s, "추석  Gift")
				if err != nil || found.Hits[0].Title != "추석 2026" {
					t.Errorf("%+v, %v", found, err)
					return
				}
				found.Hits[0].Title = "somebody's own copy"
			})
		}
		wg.Wait()
		if found, err := search(t.Context(), s, "추석 gift "); err != nil || found.Hits[0].Title != "추석 2026" {
			t.Errorf("kept: %+v, %v", found, err)
		}
		if svc.calls() != 1 || strings.Count(strings.Join(b.lines(), "\n"), "** cached") != 5 || len(b.lines()) != 6 {
			t.Errorf("asked %d times; books:\n%s", svc.calls(), strings.Join(b.lines(), "\n"))
		}
		<-time.After(time.Hour)
		_, _ = search(t.Context(), s, "추석 gift")
		if svc.calls() != 2 {
			t.Errorf("after an hour: asked %d times", svc.calls())
		}
		for range 2 { // half an answer is not kept
			_, _ = search(t.Context(), s, "half")
		}
		if svc.calls() != 4 {
			t.Errorf("half an answer was given again: asked %d times", svc.calls())
		}
		if _, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석 gift", Market: "JP"}); err != nil || svc.calls() != 5 {
			t.Errorf("another market: %v, asked %d times", err, svc.calls())
		}
	})
}

func TestAnswersAreNotKeptWithoutLeave(t *testing.T) {
	svc := &service{}
	s := connectors.GuardSearcher(svc, agreed(connectors.Contract{}), (&books{}).hooks())
	for range 2 {
		if _, err := search(t.Context(), s, "추석"); err != nil {
			t.Fatal(err)
		}
	}
	if svc.calls() != 2 {
		t.Errorf("asked %d times", svc.calls())
	}
}

func TestInternalAnswersStayWithTheirCaller(t *testing.T) {
	svc := &service{}
	s := connectors.GuardSearcher(svc, agreed(connectors.Contract{Internal: true, Cache: time.Hour}), connectors.Hooks{Board: alone()})
	for _, who := range []string{"slack:a", "slack:b", "slack:a"} {
		found, err := s.Search(t.Context(), connectors.Caller{Principal: who}, connectors.SearchQuery{Text: "급여"})
		if err != nil || found.Hits[0].Title != who+" 급여" {
			t.Errorf("%s: %+v, %v", who, found, err)
		}
	}
	if svc.calls() != 2 {
		t.Errorf("asked %d times", svc.calls())
	}
}

func TestASharedCallOutlastsWhoBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := 0
		svc := &service{answer: func(ctx context.Context, _ string) (*connectors.Found, error) {
			select {
			case <-time.After(10 * time.Second):
				return &connectors.Found{}, nil
			case <-ctx.Done():
				ended++
				return nil, connectors.Errorf(connectors.CodeCancelled, "Stopped.")
			}
		}}
		var b books
		s := connectors.GuardSearcher(svc, agreed(connectors.Contract{}), b.hooks())
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := search(first, s, "추석"); connectors.CodeOf(err) != connectors.CodeCancelled {
				t.Errorf("first: %v", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if _, err := search(t.Context(), s, "추석"); err != nil {
				t.Errorf("second: %v", err)
			}
		})
		synctest.Wait()
		leave()
		wg.Wait()
		if svc.calls() != 1 || ended != 0 {
			t.Errorf("asked %d times, ended %d", svc.calls(), ended)
		}
		// Alone, leaving ends the call.
		alone, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		start := time.Now()
		if _, err := search(alone, s, "설날"); connectors.CodeOf(err) != connectors.CodeCancelled || ended != 1 || time.Since(start) != time.Second {
			t.Errorf("alone: %v, ended %d, after %s", err, ended, time.Since(start))
		}
		// Whoever has more time than the first asks again.
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wg.Go(func() { _, _ = search(short, s, "단오") })
		synctest.Wait()
		if _, err := search(t.Context(), s, "단오"); err != nil {
			t.Errorf("with more time: %v", err)
		}
		wg.Wait()
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := 1
		var at []time.Duration
		start := time.Now()
		svc := &service{answer: func(context.Context, string) (*connectors.Found, error) {
			at = append(at, time.Since(start))
			if busy > 0 {
				busy--
				return nil, &connectors.Error{Code: connectors.CodeExhausted, Message: "Later.", After: 5 * time.Second}
			}
			return &connectors.Found{}, nil
		}}
		var b books
		s := connectors.GuardSearcher(svc, agreed(connectors.Contract{Timeout: 8 * time.Second}), b.hooks())
		if _, err := search(t.Context(), s, "one"); err != nil {
			t.Errorf("asked again: %v", err)
		}
		if want := []time.Duration{0, 5 * time.Second}; !cmp.Equal(want, at) {
			t.Errorf("asked at %v", at)
		}
		if r := b.records[0]; r.Waited != 5*time.Second || r.Code != "" {
			t.Errorf("record %+v", r)
		}
		busy = 9 // one more try, not two
		if _, err := search(t.Context(), s, "two"); connectors.CodeOf(err) != connectors.CodeExhausted || len(at) != 4 {
			t.Errorf("asked twice: %v, at %v", err, at)
		}
		// Meanwhile nobody else calls, and is told when.
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := search(short, s, "three")
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeExhausted || e.After <= 0 || !strings.Contains(e.Message, "again in") || len(at) != 4 {
			t.Errorf("while it is left alone: %v, at %v", err, at)
		}
		<-time.After(e.After)
		busy = 0
		if _, err := search(short, s, "four"); connectors.CodeOf(err) == "" {
			t.Error("an ended context was served")
		}
		if _, err := search(t.Context(), s, "four"); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestFeedsAndPagesPassTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := &service{}
		var b books
		contract := agreed(connectors.Contract{Name: "ics", Cache: time.Hour, Rates: []connectors.Rate{{Calls: 1, Per: time.Minute}}, Timeout: time.Second})
		feed := connectors.GuardFeed(svc, contract, connectors.Hooks{Board: alone(), Audit: b.hooks().Audit})
		pages := connectors.GuardPages(svc, contract, b.hooks())
		day := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
		for range 2 {
			if got, err := feed.Entries(t.Context(), connectors.Caller{}, day, day); err != nil || len(got) != 1 {
				t.Errorf("entries: %v, %v", got, err)
			}
			page, err := pages.Page(t.Context(), connectors.Caller{}, "https://example.com/")
			if err != nil || string(page.Body) != "<p>" {
				t.Fatalf("page: %+v, %v", page, err)
			}
			page.Body[0] = '!'
		}
		if _, err := feed.Entries(t.Context(), connectors.Caller{}, day, day.AddDate(0, 1, 0)); connectors.CodeOf(err) != connectors.CodeExhausted {
			t.Errorf("past the rate: %v", err)
		}
		want := []string{"*", "https://example.com/ *", "* cached", "https://example.com/ * cached", "exhausted"}
		if diff := cmp.Diff(want, b.lines()); diff != "" || svc.calls() != 2 {
			t.Errorf("asked %d times, books (-want +got):\n%s", svc.calls(), diff)
		}
	})
}

func TestTheMemoIsBounded(t *testing.T) {
	svc := &service{}
	pages := connectors.GuardPages(svc, agreed(connectors.Contract{Cache: time.Hour}), (&books{}).hooks())
	fetch := func(n int) {
		t.Helper()
		if _, err := pages.Page(t.Context(), connectors.Caller{}, "https://example.com/"+strings.Repeat("x", n)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 100 {
		fetch(n)
	}
	fetch(99)
	if svc.calls() != 100 {
		t.Errorf("the last was fetched again: %d calls", svc.calls())
	}
	fetch(0)
	if svc.calls() != 101 {
		t.Errorf("the first of a hundred was kept: %d calls", svc.calls())
	}
}

func TestADayOfTheProvidersIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The bubble's clock begins at midnight UTC, 9:00 in Seoul.
		rates, err := connectors.ParseRates("2/d@Asia/Seoul")
		if err != nil {
			t.Fatal(err)
		}
		var at []time.Duration
		start := time.Now()
		svc := &service{answer: func(context.Context, string) (*connectors.Found, error) {
			at = append(at, time.Since(start))
			return &connectors.Found{}, nil
		}}
		s := connectors.GuardSearcher(svc, agreed(connectors.Contract{Name: "naver", Rates: rates, Timeout: 48 * time.Hour}), (&books{}).hooks())
		<-time.After(14 * time.Hour) // 23:00 in Seoul
		for _, text := range []string{"a", "b", "c", "d", "e"} {
			if _, err := search(t.Context(), s, text); err != nil {
				t.Fatal(err)
			}
		}
		want := []time.Duration{14 * time.Hour, 14 * time.Hour, 15 * time.Hour, 15 * time.Hour, 39 * time.Hour}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestADayBeginsWhereMidnightIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// In Santiago the clocks of 15 October 2000 went from 0:00 to 1:00.
		rates, err := connectors.ParseRates("1/d@America/Santiago")
		if err != nil {
			t.Fatal(err)
		}
		src := connectors.Guard(&fake{answer: rows(0)}, agreed(connectors.Contract{Rates: rates}), connectors.Hooks{Board: alone()})
		// wait is how long a call is told to wait that has a second.
		wait := func() time.Duration {
			t.Helper()
			_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{Timeout: time.Second})
			var e *connectors.Error
			if errors.As(err, &e) && e.Code == connectors.CodeExhausted {
				return e.After
			}
			if err != nil {
				t.Fatal(err)
			}
			return 0
		}
		noon := time.Date(2000, 10, 14, 16, 0, 0, 0, time.UTC)
		<-time.After(time.Until(noon))
		if d := wait(); d != 0 {
			t.Errorf("the day's first call waits %s", d)
		}
		first := time.Date(2000, 10, 15, 4, 0, 0, 0, time.UTC) // 1:00 there, the first instant of the day
		if d := wait(); d != first.Sub(noon) {
			t.Errorf("the second waits %s, want %s", d, first.Sub(noon))
		}
		<-time.After(first.Sub(noon))
		if d := wait(); d != 0 {
			t.Errorf("the next day's first call waits %s", d)
		}
	})
}

// failing answers for every host but one as it is told.
type failing struct{ errs map[string]error }

func (f failing) Page(_ context.Context, _ connectors.Caller, address string) (*connectors.Page, error) {
	host := strings.Split(address, "/")[2]
	if err := f.errs[host]; err != nil {
		return nil, err
	}
	return &connectors.Page{URL: address, Body: []byte(host)}, nil
}

func TestADeadSiteIsLeftAloneByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := connectors.Errorf(connectors.CodeUnavailable, "No.")
		busy := connectors.Errorf(connectors.CodeExhausted, "Later.")
		busy.After = 50 * time.Second
		f := failing{errs: map[string]error{"busy.example": busy, "a.example": down, "b.example": down, "c.example": down, "d.example": down, "e.example": down, "f.example": down}}
		pages := connectors.GuardPages(f, agreed(connectors.Contract{Name: "pages", Timeout: 5 * time.Second}), (&books{}).hooks())
		get := func(address string) error {
			_, err := pages.Page(t.Context(), connectors.Caller{}, address)
			return err
		}
		for host := range f.errs {
			if err := get("https://" + host + "/"); err == nil {
				t.Errorf("%s answered", host)
			}
		}
		begun := time.Now()
		if err := get("https://fine.example/"); err != nil || time.Since(begun) != 0 {
			t.Errorf("a site that answers, after six that do not: %v after %s", err, time.Since(begun))
		}
		if err := get("https://BUSY.example/other"); connectors.CodeOf(err) != connectors.CodeExhausted {
			t.Errorf("a site that wants to be left alone: %v", err)
		}
		for range 4 {
			_ = get("https://a.example/")
		}
		delete(f.errs, "a.example")
		if err := get("https://a.example/"); connectors.CodeOf(err) != connectors.CodeUnavailable {
			t.Errorf("the sixth call of a dead site was made: %v", err)
		}
		<-time.After(11 * time.Second)
		if err := get("https://a.example/"); err != nil {
			t.Errorf("a site that is back: %v", err)
		}
		for i := range 1100 {
			if err := get(fmt.Sprintf("https://%d.example/", i)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

type panicking struct{}

func (panicking) Page(context.Context, connectors.Caller, string) (*connectors.Page, error) {
	panic("what a page does to a parser")
}

func TestAPanicIsAnError(t *testing.T) {
	t.Parallel()
	var b books
	pages := connectors.GuardPages(panicking{}, agreed(connectors.Contract{Name: "pages"}), b.hooks())
	for range 3 { // the turn is given back each time
		_, err := pages.Page(t.Context(), connectors.Caller{}, "https://a.example/")
		if connectors.CodeOf(err) != connectors.CodeInternal {
			t.Errorf("got %v", err)
		}
	}
}

func TestAnAddressWithoutEndIsNotAskedFor(t *testing.T) {
	t.Parallel()
	var b books
	pages := connectors.GuardPages(panicking{}, agreed(connectors.Contract{Name: "pages"}), b.hooks())
	_, err := pages.Page(t.Context(), connectors.Caller{}, "https://a.example/"+strings.Repeat("a", 1<<20))
	if connectors.CodeOf(err) != connectors.CodeDenied {
		t.Errorf("got %v", err)
	}
}

// hanging does not answer before its time is up.
type hanging struct{ calls atomic.Int64 }

func (h *hanging) Search(ctx context.Context, _ connectors.Caller, _ connectors.SearchQuery) (*connectors.Found, error) {
	h.calls.Add(1)
	<-ctx.Done()
	return nil, connectors.Errorf(connectors.CodeTimeout, "No answer in time.")
}

func TestWhoNeverAnswersIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hanging
		s := connectors.GuardSearcher(&h, agreed(connectors.Contract{Name: "web", Timeout: 5 * time.Second}), (&books{}).hooks())
		var err error
		for range 8 {
			_, err = s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
		}
		if connectors.CodeOf(err) != connectors.CodeUnavailable || h.calls.Load() != 5 {
			t.Errorf("%d calls, then %v", h.calls.Load(), err)
		}
	})
}

// outOfTime answers never, and says of its end what its context says.
type outOfTime struct{}

func (outOfTime) Page(ctx context.Context, _ connectors.Caller, _ string) (*connectors.Page, error) {
	<-ctx.Done()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, connectors.Errorf(connectors.CodeTimeout, "No answer in time.")
	}
	return nil, connectors.Errorf(connectors.CodeCancelled, "Stopped.")
}

// TestTimeThatIsUpIsNoStop: whoever asked leaves at the moment at which the call's own time is
// up, and nobody has stopped it.
func TestTimeThatIsUpIsNoStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := connectors.GuardPages(outOfTime{}, agreed(connectors.Contract{Name: "pages", Concurrency: 8, Timeout: 5 * time.Second}), (&books{}).hooks())
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 500 {
					if _, err := pages.Page(t.Context(), connectors.Caller{}, fmt.Sprintf("https://%d-%d.example/", i, j)); connectors.CodeOf(err) != connectors.CodeTimeout {
						t.Errorf("got %v", err)
						return
					}
				}
			})
		}
		all.Wait()
	})
}
