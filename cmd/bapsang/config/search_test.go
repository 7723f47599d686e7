package config_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/config"
)

func TestSearchesAndFeedsAreRead(t *testing.T) {
	t.Parallel()
	c, err := read(t, source+`search:
  - {name: web, driver: searxng, base_url: "http://searx:8080", categories: [general, news],
     contract: {owner: "#it", agreed: 2026-11-01, rate: 30/m, concurrency: 4, timeout: 10s, cache: 1h}}
  - {name: brave, driver: brave, key: "${TOKEN}"}
  - {name: naver-news, driver: naver, kind: news, client_id: id, key_file: key, contract: {name: naver, rate: "10/s, 25000/d@Asia/Seoul"}}
  - {name: wiki, driver: confluence, base_url: "https://example.atlassian.net", email: bot@example.com, key: k, spaces: [MKT]}
  - {name: drive, driver: msgraph, tenant_id: 00000000-0000-0000-0000-000000000000, client_id: app, key: k, region: KOR}
  - {name: tools, driver: mcp, command: [npx, server], env: {HOME: /srv}, tool: find, approved: "sha256:x", arguments: {query: q, fixed: {site: example.com, n: 3}}, results: {items: data.results}}
  - {name: hosted, driver: mcp, url: "http://10.1.2.3:8080/mcp?x=1", header: {Authorization: "Bearer ${TOKEN}"}, allow_private: [10.1.2.3], tool: find, contract: {internal: true}}
egress: {confidential: ["프로젝트 한강"], internal_domains: [corp.example.com]}
pages: {contact: "https://www.example.com/bot"}
feeds:
  - {name: team, driver: ics, url: "https://cal.example.com/dav/team/", caldav: true, username: bot, key_file: key, zone: Asia/Seoul, official: [amazon.prime_day]}
  - {name: news, driver: rss, url: "https://www.example.com/feed?type=atom"}
`)
	if err != nil {
		t.Fatal(err)
	}
	web, err := c.Search[0].Contract.Build("web", time.UTC)
	if err != nil || !web.InForce(time.Now()) || web.Cache != time.Hour || web.Name != "web" || web.Internal || web.Concurrency != 4 {
		t.Errorf("web's contract %+v, %v", web, err)
	}
	naver, err := c.Search[2].Contract.Build("naver-news", time.UTC)
	if err != nil || naver.Name != "naver" || len(naver.Rates) != 2 || c.Search[2].Key != "fedcba9876543210" {
		t.Errorf("naver %+v, contract %+v, %v", c.Search[2], naver, err)
	}
	for i, internal := range []bool{false, false, false, true, true, false, true} {
		if c.Search[i].Contract.Internal != internal {
			t.Errorf("%s is internal: %v", c.Search[i].Name, !internal)
		}
	}
	if f := c.Search[5].Arguments.Fixed; f["site"] != "example.com" {
		t.Errorf("fixed arguments %v", f)
	}
	if h := c.Search[6].Header["Authorization"]; h != "Bearer 0123456789abcdef" {
		t.Errorf("header %q", h)
	}
	if c.Feeds[0].Password != "fedcba9876543210" || !c.Feeds[0].CalDAV || c.Pages.Contact == "" || len(c.Egress.Confidential) != 1 {
		t.Errorf("feeds %+v, pages %+v, egress %+v", c.Feeds, c.Pages, c.Egress)
	}
	if none, err := read(t, source); err != nil || none.Pages != nil || none.Search != nil {
		t.Errorf("with nothing outside: %+v, %v", none, err)
	}
}

func TestMistakesOutsideHaveTheirPlace(t *testing.T) {
	t.Parallel()
	entry := func(text string) string { return source + "search:\n  - {name: x, " + text + "}\n" }
	feed := func(text string) string { return source + "feeds:\n  - {name: x, " + text + "}\n" }
	const drivers = "there are searxng, brave, tavily, exa, naver, confluence, msgraph, mcp"
	for name, c := range map[string]struct{ text, want string }{
		"no name":              {source + "search:\n  - {driver: brave, key: k}\n", "c.yaml:4:6: the search has no name"},
		"no name to use":       {source + "search:\n  - {name: a b, driver: brave, key: k}\n", `c.yaml:4:12: search name "a b"`},
		"two of a name":        {source + "search:\n  - {name: x, driver: brave, key: k}\nfeeds:\n  - {name: X, driver: rss, url: \"https://example.com\"}\n", "c.yaml:6:12: there are two searches or feeds called X"},
		"no driver":            {entry("key: k"), "c.yaml:4:6: search x has no driver; " + drivers},
		"unknown driver":       {entry("driver: bing, key: k"), `c.yaml:4:23: search x: driver "bing" is not known; ` + drivers},
		"unknown key":          {entry("driver: brave, key: k, topics: news"), `c.yaml:4:38: unknown field "topics"`},
		"another's key":        {entry("driver: brave, key: k, topic: news"), "c.yaml:4:45: search x: brave takes no topic"},
		"another's list":       {entry("driver: brave, key: k, spaces: [A]"), "c.yaml:4:46: search x: brave takes no spaces"},
		"a key for searx":      {entry("driver: searxng, base_url: \"http://searx\", key_file: key"), "search x: searxng takes no key"},
		"no key":               {entry("driver: exa"), "c.yaml:4:6: search x has no key, which exa needs"},
		"a key that is away":   {entry("driver: exa, key_file: nowhere"), "c.yaml:4:38: search x: key_file: "},
		"two keys":             {entry("driver: exa, key: k, key_file: key"), "search x has both key and key_file"},
		"no address":           {entry("driver: searxng"), "search x has no base_url, which searxng needs"},
		"no web address":       {entry("driver: searxng, base_url: searx"), `c.yaml:4:42: search x: base_url "searx" must be an address`},
		"a password in it":     {entry(`driver: searxng, base_url: "http://u:p@searx"`), "base_url"},
		"topic":                {entry("driver: tavily, key: k, topic: sport"), `c.yaml:4:46: search x: topic "sport" is not known; there are general, news, finance`},
		"kind":                 {entry("driver: naver, client_id: i, key: k, kind: shop"), `search x: kind "shop" is not known; there are webkr`},
		"tenant":               {entry("driver: msgraph, tenant_id: acme, client_id: a, key: k, region: KOR"), `tenant_id "acme" is no id`},
		"region":               {entry("driver: msgraph, tenant_id: 00000000-0000-0000-0000-000000000000, client_id: a, key: k"), "search x has no region, which msgraph needs"},
		"terms of Brave":       {entry("driver: brave, key: k, contract: {cache: 1h}"), "the terms of brave do not let answers be kept"},
		"terms of Exa":         {entry("driver: exa, key: k, contract: {cache: 1h}"), "the terms of exa do not let answers be kept"},
		"cache":                {entry("driver: tavily, key: k, contract: {cache: long}"), `c.yaml:4:57: search x: cache "long" is not a duration`},
		"rate":                 {entry("driver: tavily, key: k, contract: {rate: 5/x}"), "search x: rate"},
		"contract's keys":      {entry("driver: tavily, key: k, contract: {owners: x}"), `unknown field "owners"`},
		"MCP without a tool":   {entry("driver: mcp, command: [x]"), "search x has no tool, which mcp needs"},
		"MCP of nothing":       {entry("driver: mcp, tool: t"), "search x has neither command"},
		"MCP of both":          {entry(`driver: mcp, tool: t, command: [x], url: "https://example.com"`), "both command and url"},
		"MCP's header":         {entry("driver: mcp, tool: t, command: [x], header: {A: b}"), "header and allow_private go with url"},
		"MCP's environment":    {entry(`driver: mcp, tool: t, url: "https://example.com", env: {A: b}`), "env goes with command"},
		"MCP's variable":       {entry(`driver: mcp, tool: t, command: [x], env: {"A=B": c}`), "no name of the environment"},
		"MCP's private hosts":  {entry(`driver: mcp, tool: t, url: "https://example.com", allow_private: [intranet]`), `allow_private "intranet"`},
		"feed's driver":        {feed(`driver: caldav, url: "https://example.com"`), `c.yaml:4:23: feed x: driver "caldav" is not known; there are rss and ics`},
		"feed's address":       {feed("driver: rss"), "feed x has no url"},
		"feed's password":      {feed(`driver: ics, url: "https://u:p@example.com/a.ics"`), "a name and password go into username"},
		"password alone":       {feed(`driver: ics, url: "https://example.com/a.ics", password: p`), "username and password go together"},
		"news with a password": {feed(`driver: rss, url: "https://example.com", username: u, password: p`), "are for ics"},
		"zone":                 {feed(`driver: ics, url: "https://example.com", zone: Seoul`), `zone "Seoul" is not an IANA name`},
		"short term":           {source + "egress: {confidential: [ab, x]}\n", `c.yaml:3:29: confidential "x" is too short`},
		"no domain":            {source + "egress: {internal_domains: [\"https://corp\"]}\n", `internal domain "https://corp"`},
		"contact":              {source + "pages: {contact: \"담당자\"}\n", "c.yaml:3:18: contact"},
		"pages' private hosts": {source + "pages: {allow_private: [10.0.0.0/33]}\n", "c.yaml:3:25: pages: allow_private"},
	} {
		_, err := read(t, c.text)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 || !strings.Contains(lines[0], c.want) {
			t.Errorf("%s: %q, want %q", name, err, c.want)
		}
	}
}

// TestTheDocumentedSearchIsRead reads what docs/search.md shows.
func TestTheDocumentedSearchIsRead(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "search.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(doc), "```yaml\n")
	example, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("docs/search.md has no example")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"c.yaml": source + example, "confluence.token": "t", "graph.secret": "s", "caldav.password": "p"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Read(filepath.Join(dir, "c.yaml"), func(string) (string, bool) { return "x", true }, drivers)
	if err != nil || len(c.Search) < 5 || len(c.Feeds) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestHostsOfOnesOwn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"10.1.2.3": "10.1.2.3/32", "10.1.2.0/28": "10.1.2.0/28", "fd00::1": "fd00::1/128"} {
		if got, err := config.Prefix(text); err != nil || got != netip.MustParsePrefix(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "localhost", "10.1.2.3/33", "fe80::1%eth0"} {
		if got, err := config.Prefix(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
}
