package pages_test

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

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/outward"
	"github.com/bapsang/bapsang/connectors/pages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// allowing lets one server on loopback be reached.
func allowing(at netip.AddrPort) outward.Options {
	return outward.Options{AllowPrivate: []netip.Prefix{netip.PrefixFrom(at.Addr(), 32)}, Ports: []uint16{at.Port()}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	connectorstest.PagesSuite(t, connectorstest.PagesHarness{
		MaxBytes: outward.DefaultMaxBytes,
		Open: func(_ *testing.T, site netip.AddrPort) connectors.Pages {
			return pages.New(pages.Options{Options: allowing(site), Spacing: time.Millisecond})
		},
	})
}

// fakeClock only moves when somebody waits or the test moves it.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Wait(ctx context.Context, d time.Duration) error {
	c.pass(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	return ctx.Err()
}

func (c *fakeClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// site counts who reads what.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	reads  map[string]int
	agents []string
	robots func(w http.ResponseWriter, r *http.Request)
}

func start(t *testing.T, robots func(w http.ResponseWriter, r *http.Request)) *site {
	t.Helper()
	s := &site{reads: map[string]int{}, robots: robots}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.reads[r.URL.Path]++
		s.agents = append(s.agents, r.UserAgent())
		say := s.robots
		s.mu.Unlock()
		if r.URL.Path == "/robots.txt" {
			say(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[path]
}

func (s *site) say(robots func(w http.ResponseWriter, r *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.robots = robots
}

func (s *site) open(c pages.Clock, change ...func(*pages.Options)) *pages.Fetcher {
	at := netip.MustParseAddrPort(s.Listener.Addr().String())
	o := pages.Options{Options: allowing(at), Clock: c, Contact: "https://example.com/bot"}
	for _, c := range change {
		c(&o)
	}
	return pages.New(o)
}

func text(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func get(t *testing.T, f *pages.Fetcher, url string) error {
	t.Helper()
	_, err := f.Page(t.Context(), connectors.Caller{}, url)
	var e *connectors.Error
	if err != nil && (!errors.As(err, &e) || e.Message == "" || e.Korean == "") {
		t.Errorf("%s: %v has no sentence in both languages", url, err)
	}
	return err
}

func TestRobotsRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, robots, path, want string }{
		{"none", "", "/a", ""},
		{"everybody", "User-agent: *\nDisallow: /", "/a", "denied"},
		{"others", "User-agent: googlebot\nDisallow: /", "/a", ""},
		{"our own group instead of everybody's", "User-agent: *\nDisallow: /\n\nUser-agent: Bapsang\nAllow: /", "/a", ""},
		{"ours, closed", "User-agent: bapsang\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", "denied"},
		{"a longer name is not ours", "User-agent: bapsangbot\nDisallow: /", "/a", ""},
		{"groups of one name are one", "User-agent: bapsang\nDisallow: /a\n\nUser-agent: x\nDisallow:\n\nUser-agent: bapsang\nDisallow: /b", "/b", "denied"},
		{"the longest wins", "User-agent: *\nDisallow: /\nAllow: /open/", "/open/x", ""},
		{"allowing among equals", "User-agent: *\nDisallow: /page\nAllow: /page", "/page", ""},
		{"asterisk and end", "User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", "denied"},
		{"end not met", "User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf.html", ""},
		{"anchored at the start", "User-agent: *\nDisallow: /a*b", "/x/a/b", ""},
		{"query", "User-agent: *\nDisallow: /*?sort=", "/list?sort=1", "denied"},
		{"korean", "User-agent: *\nDisallow: /검색", "/%EA%B2%80%EC%83%89/x", "denied"},
		{"korean, escaped", "User-agent: *\nDisallow: /%ea%b2%80%ec%83%89", "/검색", "denied"},
		{"escaped without need", "User-agent: *\nDisallow: /%7Eme/", "/~me/x", "denied"},
		{"escaped without need, in the address", "User-agent: *\nDisallow: /private", "/%70rivate", "denied"},
		{"windows lines, mark, typo", "\ufeffuser agent: *\r\ndissallow: /a\r\n", "/a", "denied"},
		{"a page instead", "<!doctype html><title>404</title>Disallow: /", "/a", ""},
		{"beyond 500 KiB", "User-agent: *\n#" + strings.Repeat("x", 500<<10) + "\nDisallow: /", "/a", ""},
	} {
		s := start(t, text(c.robots))
		err := get(t, s.open(&fakeClock{}), s.URL+c.path)
		if got := string(connectors.CodeOf(err)); got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

func TestRobotsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]connectors.Code{
		401: "", 403: "", 404: "", 410: "", 429: connectors.CodeUnavailable, 500: connectors.CodeUnavailable, 503: connectors.CodeUnavailable,
	} {
		s := start(t, status(code))
		err := get(t, s.open(&fakeClock{}), s.URL+"/a")
		if got := connectors.CodeOf(err); got != want || (want != "") != (s.count("/a") == 0) {
			t.Errorf("%d: got %q, page read %d times", code, got, s.count("/a"))
		}
	}
}

func TestRobotsAreKept(t *testing.T) {
	t.Parallel()
	c := &fakeClock{now: time.Unix(1_800_000_000, 0)}
	s := start(t, text("User-agent: *\nDisallow: /closed"))
	f := s.open(c)
	for range 3 {
		if err := get(t, f, s.URL+"/a"); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count("/robots.txt"); n != 1 {
		t.Errorf("robots.txt read %d times in an hour", n)
	}
	// Silent when it is due again: what was known holds, and is asked for again soon.
	s.say(status(500))
	c.pass(2 * time.Hour)
	if err := get(t, f, s.URL+"/a"); err != nil {
		t.Errorf("while robots.txt is silent: %v", err)
	}
	if err := get(t, f, s.URL+"/closed"); connectors.CodeOf(err) != connectors.CodeDenied {
		t.Errorf("closed while robots.txt is silent: %v", err)
	}
	if n := s.count("/robots.txt"); n != 2 {
		t.Errorf("silent robots.txt read %d times, want 2", n)
	}
	s.say(text("User-agent: *\nDisallow: /"))
	c.pass(11 * time.Minute)
	if err := get(t, f, s.URL+"/a"); connectors.CodeOf(err) != connectors.CodeDenied {
		t.Errorf("after it changed: %v", err)
	}
}

func TestRobotsRedirectedInside(t *testing.T) {
	t.Parallel()
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/robots.txt", http.StatusFound)
	})
	if err := get(t, s.open(&fakeClock{}), s.URL+"/a"); connectors.CodeOf(err) != connectors.CodeDenied || s.count("/a") != 0 {
		t.Errorf("got %v", err)
	}
}

// TestOneAtATime proves that a host is called by one of us at a time, a second apart,
// and that others are not held up by it.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	c := &fakeClock{now: time.Unix(1_800_000_000, 0)}
	var mu sync.Mutex
	running, most := 0, 0
	release, arrived := make(chan struct{}), make(chan struct{}, 3)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		if strings.HasPrefix(r.URL.Path, "/slow") {
			arrived <- struct{}{}
			<-release
		}
		w.Header().Set("Content-Type", "text/plain")
		mu.Lock()
		running--
		mu.Unlock()
	}))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	o := allowing(at)
	o.Resolver = hosts{"one.test": at.Addr(), "two.test": at.Addr()}
	f := pages.New(pages.Options{Options: o, Clock: c})
	at1, at2 := fmt.Sprintf("http://one.test:%d", at.Port()), fmt.Sprintf("http://two.test:%d", at.Port())

	done := make(chan error, 3)
	for i := range 3 {
		go func() { done <- get(t, f, fmt.Sprintf("%s/slow%d", at1, i)) }()
	}
	<-arrived // one has its turn, and keeps it
	if err := get(t, f, at2+"/quick"); err != nil {
		t.Errorf("another host: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := f.Page(ctx, connectors.Caller{}, at1+"/late"); connectors.CodeOf(err) != connectors.CodeTimeout {
		t.Errorf("while it waits for its turn: %v", err)
	}
	close(release)
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	// The quick one may have been beside a slow one, the slow ones never beside another.
	if most > 2 {
		t.Errorf("%d calls at once", most)
	}
	if len(c.waits) != 2 || c.waits[0] != time.Second || c.waits[1] != time.Second {
		t.Errorf("waited %v between three calls", c.waits)
	}
}

type hosts map[string]netip.Addr

func (h hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return []netip.Addr{h[host]}, nil
}

func TestNamesItself(t *testing.T) {
	t.Parallel()
	s := start(t, status(404))
	if err := get(t, s.open(&fakeClock{}), s.URL+"/a"); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.agents {
		if a != "bapsang/1.0 (+https://example.com/bot)" {
			t.Errorf("it called itself %q", a)
		}
	}
	if err := get(t, s.open(&fakeClock{}), s.URL+"/"+strings.Repeat("a", 2100)); connectors.CodeOf(err) != connectors.CodeDenied {
		t.Errorf("an endless URL: %v", err)
	}
}

// TestHostileRobots bounds the work of matching what is made to be slow to match. Rules
// that are only many are matched.
func TestHostileRobots(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules string
		code  connectors.Code
	}{
		"some stars":  {strings.Repeat("Disallow: /"+strings.Repeat("*a", 800)+"b\n", 5), ""},
		"many stars":  {strings.Repeat("Disallow: /*a*a*a*a*a*a*a*a*a*a*a*a*b$\n", 12_000), connectors.CodeDenied},
		"plain rules": {strings.Repeat("Disallow: /private/of/somebody/or/other\n", 12_000), ""},
	} {
		s := start(t, text("User-agent: *\n"+c.rules))
		began := time.Now()
		if err := get(t, s.open(&fakeClock{}), s.URL+"/"+strings.Repeat("a", 2000)); connectors.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// TestRobotsThatLetUsWait are waited for once, not by every call on the site.
func TestRobotsThatLetUsWait(t *testing.T) {
	t.Parallel()
	s := start(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f := s.open(&fakeClock{}, func(o *pages.Options) { o.Timeout = 2 * time.Second })
	for range 3 {
		if err := get(t, f, s.URL+"/a"); connectors.CodeOf(err) != connectors.CodeUnavailable {
			t.Errorf("got %v", err)
		}
	}
	if n := s.count("/robots.txt"); n != 1 {
		t.Errorf("robots.txt was asked for %d times", n)
	}
}
