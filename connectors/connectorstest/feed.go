package connectorstest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
)

// FeedHarness adapts the suite of connectors.Feed to a driver. Its documents are in the
// driver's own format.
type FeedHarness struct {
	// Open returns a driver for the feed at url, which may reach site although it is on
	// loopback, and nothing else that is not public.
	Open func(t *testing.T, url string, site netip.AddrPort) connectors.Feed

	ContentType string
	// Document holds Want, in this order or in that of the driver, and Changed the same
	// entries with other titles. Want leaves out the UIDs: they are the driver's. One of
	// its titles has an ampersand, and one Korean letters.
	Document, Changed string
	Want              []connectors.Entry
	// Empty is a document without an entry, and Broken none of the format.
	Empty, Broken string
	// From and To are what the suite asks for.
	From, To time.Time
	// MaxBytes is the driver's bound.
	MaxBytes int
}

// FeedSuite runs the suite.
func FeedSuite(t *testing.T, h FeedHarness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, FeedHarness)
	}{
		{"Entries", testFeedEntries},
		{"Changed", testFeedChanged},
		{"Failures", testFeedFailures},
		{"Deadline", testFeedDeadline},
		{"Concurrent", testFeedConcurrent},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

// serves answers with a document that may be exchanged.
type serves struct {
	mu  sync.Mutex
	doc string // guarded by mu
}

func (s *serves) set(doc string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doc = doc
}

func (s *serves) handler(h FeedHarness) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		doc := s.doc
		s.mu.Unlock()
		if r.URL.Path != "/feed" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", h.ContentType)
		fmt.Fprint(w, doc)
	}
}

func entries(ctx context.Context, f connectors.Feed, h FeedHarness) ([]connectors.Entry, error) {
	return f.Entries(ctx, connectors.Caller{Principal: "test"}, h.From, h.To)
}

func openFeed(t *testing.T, h FeedHarness, doc string) (connectors.Feed, *serves) {
	t.Helper()
	s := &serves{doc: doc}
	url, at := outside(t, s.handler(h))
	return h.Open(t, url+"/feed", at), s
}

func byUID(t *testing.T, list []connectors.Entry) map[string]connectors.Entry {
	t.Helper()
	out := map[string]connectors.Entry{}
	for _, e := range list {
		if _, twice := out[e.UID]; twice || e.UID == "" {
			t.Errorf("UID %q is empty or twice there", e.UID)
		}
		out[e.UID] = e
	}
	return out
}

func testFeedEntries(t *testing.T, h FeedHarness) {
	f, s := openFeed(t, h, h.Document)
	got, err := entries(t.Context(), f, h)
	if err != nil {
		t.Fatal(err)
	}
	byUID(t, got)
	bare := make([]connectors.Entry, len(got))
	for i, e := range got {
		e.UID = ""
		bare[i] = e
		if e.AllDay && (!e.Start.Equal(e.Start.UTC().Truncate(24*time.Hour)) || !e.End.Equal(e.End.UTC().Truncate(24*time.Hour)) || e.End.Before(e.Start)) {
			t.Errorf("%s lasts all day from %s to %s: not dates at midnight UTC", e.Title, e.Start, e.End)
		}
	}
	if diff := cmp.Diff(h.Want, bare); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	again, err := entries(t.Context(), f, h)
	if diff := cmp.Diff(got, again); diff != "" || err != nil {
		t.Errorf("asked again: %v (-first +second):\n%s", err, diff)
	}
	s.set(h.Empty)
	if got, err := entries(t.Context(), f, h); err != nil || len(got) != 0 {
		t.Errorf("an empty feed: %v, %v", got, err)
	}
}

func testFeedChanged(t *testing.T, h FeedHarness) {
	f, s := openFeed(t, h, h.Document)
	before, err := entries(t.Context(), f, h)
	if err != nil {
		t.Fatal(err)
	}
	s.set(h.Changed)
	after, err := entries(t.Context(), f, h)
	if err != nil {
		t.Fatal(err)
	}
	was, is := byUID(t, before), byUID(t, after)
	if len(was) != len(is) {
		t.Errorf("%d entries became %d", len(was), len(is))
	}
	for uid, e := range was {
		if now, ok := is[uid]; !ok {
			t.Errorf("%s (%s) is gone though only its title changed", e.Title, uid)
		} else if now.Title == e.Title {
			t.Errorf("%s: the title did not change", e.Title)
		}
	}
}

func testFeedFailures(t *testing.T, h FeedHarness) {
	f, s := openFeed(t, h, h.Broken)
	_, err := entries(t.Context(), f, h)
	wantSaid(t, "no feed", err, connectors.CodeBadData)
	s.set(strings.Repeat(" ", h.MaxBytes+1))
	_, err = entries(t.Context(), f, h)
	wantSaid(t, "too long", err, connectors.CodeTooLarge)
	s.set(h.Document)
	if got, err := entries(t.Context(), f, h); err != nil || len(got) != len(h.Want) {
		t.Errorf("afterwards: %v, %v", got, err)
	}
	url, at := outside(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			w.Header().Set("Location", "http://169.254.169.254/")
			w.WriteHeader(http.StatusFound)
		case "/error":
			w.WriteHeader(http.StatusBadGateway)
		case "/closed":
			w.WriteHeader(http.StatusForbidden)
		default:
			http.NotFound(w, r)
		}
	})
	for path, code := range map[string]connectors.Code{
		"/away": connectors.CodeDenied, "/error": connectors.CodeUnavailable, "/closed": connectors.CodeDenied, "/none": connectors.CodeNotFound,
	} {
		_, err := entries(t.Context(), h.Open(t, url+path, at), h)
		wantSaid(t, path, err, code)
	}
	_, err = entries(t.Context(), h.Open(t, "http://10.0.0.1/", at), h)
	wantSaid(t, "not public", err, connectors.CodeDenied)
}

func testFeedDeadline(t *testing.T, h FeedHarness) {
	stop := make(chan struct{})
	arrived := make(chan struct{}, 10)
	url, at := outside(t, func(_ http.ResponseWriter, r *http.Request) {
		// A body that nobody reads would keep the end of the call unnoticed.
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		arrived <- struct{}{}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	defer close(stop)
	f := h.Open(t, url, at)
	wantGivenUp(t, arrived, func(ctx context.Context) error {
		_, err := entries(ctx, f, h)
		return err
	})
}

func testFeedConcurrent(t *testing.T, h FeedHarness) {
	f, _ := openFeed(t, h, h.Document)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got, err := entries(t.Context(), f, h); err != nil || len(got) != len(h.Want) {
				t.Errorf("got %d entries, %v", len(got), err)
			}
		})
	}
	all.Wait()
	// What was handed out is the caller's to change.
	first, err := entries(t.Context(), f, h)
	if err != nil {
		t.Fatal(err)
	}
	first[0].Title = "changed"
	if second, err := entries(t.Context(), f, h); err != nil || second[0].Title == "changed" {
		t.Errorf("entries are shared: %v, %v", second, err)
	}
}
