package connectorstest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"

	"github.com/bapsang/bapsang/connectors"
)

// PagesHarness adapts the suite of connectors.Pages to a driver.
type PagesHarness struct {
	// Open returns a driver that may reach site although it is on loopback, and nothing
	// else that is not public.
	Open func(t *testing.T, site netip.AddrPort) connectors.Pages
	// MaxBytes is the driver's bound of a page.
	MaxBytes int
}

// PagesSuite runs the suite.
func PagesSuite(t *testing.T, h PagesHarness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, PagesHarness)
	}{
		{"Read", testPageRead},
		{"NotPublic", testPageNotPublic},
		{"Robots", testPageRobots},
		{"Failures", testPageFailures},
		{"Deadline", testPageDeadline},
		{"Concurrent", testPageConcurrent},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

// outside starts a server and says where it is.
func outside(t *testing.T, handler http.HandlerFunc) (string, netip.AddrPort) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL, netip.MustParseAddrPort(s.Listener.Addr().String())
}

func page(t *testing.T, p connectors.Pages, url string) (*connectors.Page, error) {
	t.Helper()
	return p.Page(t.Context(), connectors.Caller{Principal: "test"}, url)
}

// wantSaid is wantCode for what people read in both languages.
func wantSaid(t *testing.T, what string, err error, code connectors.Code) {
	t.Helper()
	wantCode(t, what, err, code)
	var e *connectors.Error
	if errors.As(err, &e) && e.Korean == "" {
		t.Errorf("%s: no Korean sentence", what)
	}
}

const koreanPage = "<html><head><title>블랙프라이데이</title></head><body>똠방각하의 11월 27일(금)</body></html>"

func testPageRead(t *testing.T, h PagesHarness) {
	encoded, err := korean.EUCKR.NewEncoder().String(koreanPage)
	if err != nil {
		t.Fatal(err)
	}
	url, at := outside(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/utf8":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, koreanPage)
		case "/euckr":
			w.Header().Set("Content-Type", "text/html; charset=euc-kr")
			fmt.Fprint(w, encoded)
		case "/moved":
			http.Redirect(w, r, "/utf8", http.StatusMovedPermanently)
		case "/empty":
			w.Header().Set("Content-Type", "text/html")
		default:
			http.NotFound(w, r)
		}
	})
	p := h.Open(t, at)
	for path, last := range map[string]string{"/utf8": "/utf8", "/euckr": "/euckr", "/moved": "/utf8"} {
		before := time.Now()
		got, err := page(t, p, url+path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if string(got.Body) != koreanPage || got.URL != url+last || !strings.HasPrefix(got.ContentType, "text/html") {
			t.Errorf("%s: got %s %s %q", path, got.URL, got.ContentType, got.Body)
		}
		if got.FetchedAt.Before(before.Add(-time.Minute)) || got.FetchedAt.After(time.Now().Add(time.Minute)) {
			t.Errorf("%s: fetched at %s", path, got.FetchedAt)
		}
	}
	if got, err := page(t, p, url+"/empty"); err != nil || len(got.Body) != 0 {
		t.Errorf("an empty page: %v, %v", got, err)
	}
}

func testPageNotPublic(t *testing.T, h PagesHarness) {
	targets := []string{
		"http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://192.168.1.1/", "http://[::1]/", "http://[fd00::1]/",
		"http://[::ffff:169.254.169.254]/", "http://127.0.0.1:1/", "http://0x7f.1/", "http://2130706433/", "file:///etc/passwd",
		"http://name:secret@example.com/",
	}
	url, at := outside(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
			return
		}
		http.NotFound(w, r)
	})
	p := h.Open(t, at)
	for _, to := range targets {
		_, err := page(t, p, to)
		wantSaid(t, to, err, connectors.CodeDenied)
	}
	// One after another from one host takes as long as its politeness: some are enough.
	for _, to := range targets[:2] {
		_, err := page(t, p, url+"/?to="+to)
		wantSaid(t, "redirected to "+to, err, connectors.CodeDenied)
	}
}

func testPageRobots(t *testing.T, h PagesHarness) {
	var mu sync.Mutex
	read := map[string]bool{}
	url, at := outside(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		read[r.URL.Path] = true
		mu.Unlock()
		switch r.URL.Path {
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /closed\n")
		case "/way":
			http.Redirect(w, r, "/closed/way", http.StatusFound)
		default:
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, r.URL.Path)
		}
	})
	p := h.Open(t, at)
	if got, err := page(t, p, url+"/open"); err != nil || string(got.Body) != "/open" {
		t.Errorf("an allowed page: %v, %v", got, err)
	}
	for _, path := range []string{"/closed/page", "/way"} {
		_, err := page(t, p, url+path)
		wantSaid(t, path, err, connectors.CodeDenied)
	}
	mu.Lock()
	defer mu.Unlock()
	if read["/closed/page"] || read["/closed/way"] {
		t.Errorf("pages that robots.txt closes were fetched: %v", read)
	}
}

func testPageFailures(t *testing.T, h PagesHarness) {
	url, at := outside(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/huge":
			fmt.Fprint(w, strings.Repeat("가", h.MaxBytes/3+1))
		case "/picture":
			w.Header().Set("Content-Type", "image/png")
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "/noise":
			fmt.Fprint(w, "\xff\xfe\xfd\x00<p>\x80")
		default:
			http.NotFound(w, r)
		}
	})
	p := h.Open(t, at)
	for path, code := range map[string]connectors.Code{
		"/huge": connectors.CodeTooLarge, "/picture": connectors.CodeDenied, "/broken": connectors.CodeUnavailable, "/none": connectors.CodeNotFound,
	} {
		_, err := page(t, p, url+path)
		wantSaid(t, path, err, code)
	}
	if got, err := page(t, p, url+"/noise"); err != nil || !utf8.Valid(got.Body) {
		t.Errorf("what is not text: %v, %v", got, err)
	}
}

func testPageDeadline(t *testing.T, h PagesHarness) {
	stop := make(chan struct{})
	arrived := make(chan struct{}, 10)
	url, at := outside(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		arrived <- struct{}{}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	defer close(stop)
	p := h.Open(t, at)
	wantGivenUp(t, arrived, func(ctx context.Context) error {
		_, err := p.Page(ctx, connectors.Caller{}, url+"/slow")
		return err
	})
}

// wantGivenUp fails unless what ask asks of a server that tells of each request, and does
// not answer it, ends with the deadline and with the cancellation of its context.
func wantGivenUp(t *testing.T, arrived <-chan struct{}, ask func(context.Context) error) {
	t.Helper()
	// On a busy machine the time may be up before the request has come, and the end be
	// noticed late.
	for within, came := 300*time.Millisecond, false; !came; within *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		began := time.Now()
		err := ask(ctx)
		took := time.Since(began)
		cancel()
		wantSaid(t, "deadline", err, connectors.CodeTimeout)
		if came = len(arrived) > 0 && took <= within+grace; !came && (t.Failed() || within > 10*time.Second) {
			t.Fatalf("with %s, %d requests came, and the last returned after %s", within, len(arrived), took)
		}
	}
	for len(arrived) > 0 {
		<-arrived
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { <-arrived; cancel() }()
	wantSaid(t, "cancelled", ask(ctx), connectors.CodeCancelled)
}

func testPageConcurrent(t *testing.T, h PagesHarness) {
	url, at := outside(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, r.URL.Path)
	})
	p := h.Open(t, at)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			path := fmt.Sprintf("/%d", i)
			if got, err := page(t, p, url+path); err != nil || string(got.Body) != path {
				t.Errorf("%s: got %v, %v", path, got, err)
			}
		})
	}
	all.Wait()
}
