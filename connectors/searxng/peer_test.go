package searxng_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/searxng"
)

// The peer is searx 1.1.0, the predecessor of SearXNG, as Debian 12 packages it:
// SearXNG itself is in no distribution. It runs under the system's own Python, which
// the package was made for.
const (
	python = "/usr/bin/python3"
	webapp = "/usr/lib/python3/dist-packages/searx/webapp.py"
)

// settings of searx: two engines that ask a server of the test. Loopback is asked
// without TLS, which each engine must be allowed.
const settings = `
general: {debug: false, instance_name: test, contact_url: false}
brand: {git_url: "", git_branch: "", issue_url: "", docs_url: "", public_instances: "", wiki_url: "", contact_url: false, new_issue_url: ""}
search: {safe_search: 0, autocomplete: "", default_lang: "", ban_time_on_fail: 60, max_ban_time_on_fail: 120, formats: [html, json]}
server: {port: %d, bind_address: 127.0.0.1, secret_key: only-for-this-test, base_url: false, image_proxy: false, http_protocol_version: "1.0", method: GET, default_http_headers: {}}
ui: {static_path: /usr/share/python3-searx/static, templates_path: /usr/share/python3-searx/templates, default_theme: oscar, default_locale: en, results_on_new_tab: false, theme_args: {oscar_style: logicodev}, advanced_search: false}
outgoing: {request_timeout: 20.0, useragent_suffix: "", pool_connections: 10, pool_maxsize: 10}
locales: {en: English, ko: Korean}
doi_resolvers: {none: "https://doi.example/"}
default_doi_resolver: none
checker: {}
engines:
  - {name: works, engine: json_engine, shortcut: w, categories: general, search_url: "%[2]s/works?q={query}", results_query: results, url_query: url, title_query: title, content_query: content, enable_http: true, timeout: 20.0}
  - {name: broken, engine: json_engine, shortcut: b, categories: general, search_url: "%[2]s/broken?q={query}", results_query: results, url_query: url, title_query: title, content_query: content, enable_http: true, timeout: 20.0}
`

// searx starts an instance whose engines ask upstream, and returns its address.
func searx(t *testing.T, upstream string) string {
	t.Helper()
	if _, err := os.Stat(webapp); err != nil {
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatalf("searx is needed: %v", err)
		}
		t.Skip("searx is not installed: apt install python3-searx (Debian 12)")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	file := filepath.Join(t.TempDir(), "settings.yml")
	if err := os.WriteFile(file, fmt.Appendf(nil, settings, port, upstream), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, python, webapp)
	cmd.Env = []string{"SEARX_SETTINGS_PATH=" + file, "HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	t.Cleanup(func() {
		stop()
		<-exited
		if t.Failed() {
			t.Logf("searx:\n%s", log.String())
		}
	})
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		select {
		case <-exited:
			t.Fatal("searx ended")
		case <-time.After(100 * time.Millisecond):
		}
		if res, err := http.Get(base + "/config"); err == nil {
			_ = res.Body.Close()
			return base
		}
	}
	t.Fatal("searx did not start")
	return ""
}

func TestARealInstance(t *testing.T) {
	t.Parallel()
	var asked atomic.Pointer[string]
	base := searx(t, connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("q")
		asked.Store(&q)
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, _ = w.Write([]byte(`{"results": [{"url": "https://example.com/추석", "title": "추석 & <b>선물</b>", "content": "2026년 9월 25일"}]}`))
	}))
	open := func() connectors.Searcher {
		s, err := searxng.Open(searxng.Options{BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	search := func(s connectors.Searcher) *connectors.Found {
		t.Helper()
		found, err := s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: `추석 "선물" & 쿠폰`, Language: "ko", Market: "KR"})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	s := open()
	found := search(s)
	if len(found.Hits) != 1 || found.Hits[0].Title != "추석 & 선물" || found.Hits[0].Snippet != "2026년 9월 25일" || !strings.HasPrefix(found.Hits[0].URL, "https://example.com/") {
		t.Errorf("hits %+v", found.Hits)
	}
	if q := asked.Load(); q == nil || *q != `추석 "선물" & 쿠폰` {
		t.Errorf("the engines were asked %q", *q)
	}
	if want := []string{"broken: too many requests"}; !slices.Equal(found.Silent, want) {
		t.Errorf("first: silent %q, want %q", found.Silent, want)
	}
	// From now on the instance leaves the engine out and says nothing of it.
	if got, want := search(s).Silent, []string{"broken: too many requests (nothing heard since)"}; !slices.Equal(got, want) {
		t.Errorf("second: silent %q, want %q", got, want)
	}
	// Nor may a program that starts just then take it for an engine that found nothing.
	if got, want := search(open()).Silent, []string{"broken: refused the instance before (nothing heard since)"}; !slices.Equal(got, want) {
		t.Errorf("started anew: silent %q, want %q", got, want)
	}
}

func TestARealPageInsteadOfJSON(t *testing.T) {
	t.Parallel()
	base := searx(t, "http://127.0.0.1:9")
	// A proxy before the instance that drops the format is as good as JSON switched
	// off: searx answers both with its page.
	proxy := connectorstest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		res, err := http.Get(base + r.URL.Path + "?q=a&format=xml")
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = res.Body.Close() }()
		w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		w.WriteHeader(res.StatusCode)
		var page bytes.Buffer
		_, _ = page.ReadFrom(res.Body)
		_, _ = w.Write(page.Bytes())
	})
	s, err := searxng.Open(searxng.Options{BaseURL: proxy})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Search(t.Context(), connectors.Caller{}, connectors.SearchQuery{Text: "추석"})
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeUnavailable || !strings.Contains(e.Fix, "search.formats") {
		t.Errorf("err = %v", err)
	}
}
