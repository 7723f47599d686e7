package curator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/curator"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/outward"
	"github.com/bapsang/bapsang/connectors/pages"
	"github.com/bapsang/bapsang/connectors/searxng"
	"github.com/bapsang/bapsang/store"
)

// local is a resolver by which every name is here.
type local struct{}

func (local) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// league is the web as a search engine and its reader see it: one page of a league.
type league struct {
	mu    sync.Mutex
	asked []string // of the engine
	site  string   // where the page is
}

func (l *league) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/works":
		l.mu.Lock()
		defer l.mu.Unlock()
		l.asked = append(l.asked, r.URL.Query().Get("q"))
		_, _ = fmt.Fprintf(w, `{"results": [{"url": %q, "title": "2027 프로야구 개막 일정", "content": "개막 3월 27일"}]}`, l.site)
	case "/notice":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, `<!doctype html><html lang="ko"><head><title>2027 프로야구 개막 일정</title></head><body><article><h1>2027 프로야구 개막 일정</h1>`+
			`<p>2027 프로야구 개막은 2027년 3월 27일(토)에 열린다. 예매는 3월에 시작한다.</p></article></body></html>`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (l *league) queries() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.asked)
}

// TestTheDaysSearchThroughARealSearx has the day's job search through a real searx, read the
// page that it finds, and show curators a card with the page's words. It is done once a day,
// whoever starts again, and again when its time has come.
func TestTheDaysSearchThroughARealSearx(t *testing.T) {
	t.Parallel()
	web := &league{}
	here := connectorstest.Serve(t, web.serve)
	u, err := url.Parse(here)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	web.site = "http://league.example:" + u.Port() + "/notice"
	engine, err := searxng.Open(searxng.Options{BaseURL: connectorstest.Searx(t, here)})
	if err != nil {
		t.Fatal(err)
	}
	reader := pages.New(pages.Options{Contact: "https://www.example.com/bot", Options: outward.Options{
		AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []uint16{uint16(port)}, Resolver: local{},
	}})
	var cfg curator.Config
	r := newRig(t, func(c *curator.Config) {
		c.Scout = scout.New(scout.Options{Engines: []scout.Engine{{Name: "web", Searcher: engine}}, Pages: reader, Book: c.Book, Zone: c.Location, Now: c.Now})
		cfg = *c
	})
	r.run(t)
	found := func(posts []bot.Message) bool { return len(cards(posts)) == 1 }
	card := text(cards(r.until(t, "the card of what was found", found))[0])
	for _, part := range []string{"프로야구 개막 2027", "2027/3/27(토)", "“2027년 3월 27일(토)”", "league.example"} {
		if !strings.Contains(card, part) {
			t.Errorf("no %q in the card\n%s", part, card)
		}
	}
	r.until(t, "what is left to people", decided("확인할 일정이"))
	asked := web.queries()
	if asked == 0 {
		t.Error("the engine was not asked")
	}
	for _, q := range web.asked {
		if strings.Contains(q, "acme") {
			t.Errorf("the engine was asked %q", q)
		}
	}

	// Others start, at another hour of the day and early on the next.
	again := func(after time.Duration) {
		at := today.Add(after)
		r.clock.Store(&at)
		s, err := curator.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		before := jobs(t, r)["calendar_cards"]
		s.Start(t.Context())
		defer s.Stop()
		r.until(t, "the start", func([]bot.Message) bool { return jobs(t, r)["calendar_cards"] > before })
	}
	again(9 * time.Hour)
	again(19 * time.Hour) // seven in the morning
	again(19*time.Hour + 59*time.Minute)
	if n := jobs(t, r)["calendar_check"]; n != 1 {
		t.Errorf("%d checks are there after a day of starting again", n)
	}
	again(24 * time.Hour)
	if n := jobs(t, r)["calendar_check"]; n != 2 {
		t.Errorf("%d checks are there a day later", n)
	}
}

// jobs counts the jobs that there are or were, by kind.
func jobs(t *testing.T, r *rig) map[string]int {
	t.Helper()
	out := map[string]int{}
	err := r.store.Export(t.Context(), func(string, string, []byte) error { return nil }, func(j store.StoredJob) error {
		out[j.Kind]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
