package connectorstest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The peer is searx 1.1.0, the predecessor of SearXNG, as Debian 12 packages it:
// SearXNG itself is in no distribution. It runs under the system's own Python, which
// the package was made for.
const (
	searxPython = "/usr/bin/python3"
	searxWebapp = "/usr/lib/python3/dist-packages/searx/webapp.py"
)

// searxSettings are its settings: two engines that ask a server of the test. Loopback is asked
// without TLS, which each engine must be allowed.
const searxSettings = `
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

// Searx starts an instance of searx whose two engines ask upstream, at /works and /broken
// with the query in q, for JSON: {"results": [{"url", "title", "content"}]}. It returns the
// instance's address. Where searx is not installed the test is skipped, or fails when
// BAPSANG_REQUIRE_ALL is 1.
func Searx(t testing.TB, upstream string) string {
	t.Helper()
	if _, err := os.Stat(searxWebapp); err != nil {
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatalf("searx is needed: %v", err)
		}
		t.Skip("searx is not installed: apt install python3-searx (Debian 12)")
	}
	// Somebody else may take a port between its being found free and its use.
	for range 3 {
		if base := launchSearx(t, upstream); base != "" {
			return base
		}
	}
	t.Fatal("searx ended, three times")
	return ""
}

// launchSearx returns nothing when it ended before it listened.
func launchSearx(t testing.TB, upstream string) string {
	t.Helper()
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	file := filepath.Join(t.TempDir(), "settings.yml")
	if err := os.WriteFile(file, fmt.Appendf(nil, searxSettings, port, upstream), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, searxPython, searxWebapp)
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
			t.Logf("searx ended: %s", log.String())
			return ""
		case <-time.After(100 * time.Millisecond):
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/config", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			return base
		}
	}
	t.Fatal("searx did not start")
	return ""
}
