package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

const shop = "sources:\n  - {name: shop, driver: duckdb, dsn: ./shop.duckdb, contract: "

func TestAContractInFull(t *testing.T) {
	t.Parallel()
	c, err := read(t, shop+`{owner: "#data", agreed: 2026-10-01, expires: 2027-09-30, rate: "10/s, 1000/h", per_day: 5000,
      concurrency: 4, queue: 32, timeout: 60s, when_exhausted: degrade, cache: 10m}}
llm: {backends: [{name: gpu, base_url: "http://gpu/v1", model: m, contract: {owner: a, agreed: 2026-10-01, per_day: "25000@America/Los_Angeles"}}]}
`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Sources[0].Contract.Build("shop", c.Location())
	if err != nil {
		t.Fatal(err)
	}
	var rates []string
	for _, r := range got.Rates {
		rates = append(rates, r.String())
	}
	if s := strings.Join(rates, " "); s != "10/s 1000/h 5000/d@Asia/Seoul" {
		t.Errorf("rates %s", s)
	}
	if got.Name != "shop" || got.Concurrency != 4 || got.Queue != 32 || got.WhenExhausted != connectors.Degrade || got.Cache != 10*time.Minute {
		t.Errorf("contract %+v", got)
	}
	for day, want := range map[string]bool{"2027-09-30T23:59:59Z": true, "2027-10-01T00:00:00Z": false} {
		at, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		if got.InForce(at) != want {
			t.Errorf("in force at %s: %t", day, !want)
		}
	}
	up := c.Upstreams()
	if len(up) != 2 || up[0].Kind != "model" || up[0].Contract.Rates[0].String() != "25000/d@America/Los_Angeles" || up[1].Kind != "source" || up[1].Contract.Name != "shop" {
		t.Errorf("upstreams %+v", up)
	}
}

func TestAContractsMistakesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":    {"{owner: a, per_week: 5}}\n", `c.yaml:2:75: unknown field "per_week"`},
		"expires":        {"{agreed: 2026-10-01, expires: soon}}\n", `c.yaml:2:94: source shop: expires "soon" is not a date`},
		"expires before": {"{agreed: 2026-10-01, expires: 2026-09-01}}\n", "c.yaml:2:94: source shop: expires 2026-09-01 is before agreed 2026-10-01"},
		"per_day":        {"{per_day: many}}\n", `c.yaml:2:74: source shop: per_day "many" is not a number`},
		"per_day zone":   {"{per_day: 5@Seoul}}\n", "c.yaml:2:74: source shop: per_day: rate"},
		"per_day none":   {"{per_day: 0}}\n", "c.yaml:2:74: source shop: per_day: rate"},
		"two days":       {"{rate: 100/d, per_day: 5}}\n", "c.yaml:2:87: source shop: there is a number for the day in rate, too"},
		"queue":          {"{queue: -1}}\n", "c.yaml:2:72: source shop: queue -1 is less than one"},
		"when":           {"{when_exhausted: panic}}\n", `c.yaml:2:81: source shop: when_exhausted "panic" is not known; there are queue, degrade and refuse`},
		"degrade":        {"{when_exhausted: degrade}}\n", "c.yaml:2:81: source shop: when_exhausted: degrade gives older answers"},
		"a model's cache": {"{owner: a}}\nllm: {backends: [{name: gpu, base_url: \"http://gpu/v1\", model: m, contract: {cache: 1h}}]}\n",
			"c.yaml:3:85: backend gpu: what a model answers is not kept"},
		"one name": {"{owner: a}}\nsearch:\n  - {name: shop, driver: searxng, base_url: \"http://x\"}\n",
			"c.yaml:4:6: source shop and search shop are both called shop"},
		"a reserved name": {"{owner: a}}\nsearch:\n  - {name: pages, driver: searxng, base_url: \"http://x\"}\n",
			"c.yaml:4:6: pages, the reader of web pages, and search pages are both called pages"},
		"other terms": {"{owner: a}}\nsearch:\n  - {name: a, driver: searxng, base_url: \"http://x\", contract: {name: x, rate: 1/s, cache: 1h}}\n" +
			"  - {name: b, driver: searxng, base_url: \"http://x\", contract: {name: x, rate: 2/s}}\n",
			"c.yaml:5:65: search a and search b share the contract x and differ in its terms"},
	} {
		_, err := read(t, shop+c.text)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 || !strings.Contains(lines[0], c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
