package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/cmd/bapsang/config"
)

func TestTheCalendarsKeepers(t *testing.T) {
	t.Parallel()
	c, err := read(t, source+`calendar:
  curators: [kim@acme.example, "web:lee"]
  channel: web:marketing
  markets: [KR, US]
  events_dir: .
  feeds: [{name: 마케팅, token: "${TOKEN}"}, {name: Brand, token_file: key, markets: [KR], classes: [shopping], language: en}]
`)
	if err != nil {
		t.Fatal(err)
	}
	if platform, channel := c.Calendar.Place(); platform != "web" || channel != "marketing" {
		t.Errorf("channel %s %s", platform, channel)
	}
	if c.Calendar.Feeds[0].Token != "0123456789abcdef" || c.Calendar.Feeds[1].Token != "fedcba9876543210" {
		t.Errorf("feeds %+v", c.Calendar.Feeds)
	}
	none, err := read(t, source)
	if err != nil {
		t.Fatal(err)
	}
	if platform, channel := none.Calendar.Place(); platform+channel != "" {
		t.Errorf("without a channel: %s %s", platform, channel)
	}
}

func TestTheCalendarsMistakesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"unknown key": {"curator: [a@b]\n", []string{`c.yaml:4:3: unknown field "curator"`}},
		"curators": {"curators: [kim, a@b, '', System]\n", []string{
			`c.yaml:4:14: curator "kim": write an address`, `c.yaml:4:24: curator ""`, `c.yaml:4:28: curator "System"`,
		}},
		"a channel without its platform": {"channel: marketing\n", []string{`c.yaml:4:12: channel "marketing": write platform and id`}},
		"a platform that is not there":   {"channel: slack:C1\n", []string{`c.yaml:4:12: channel "slack:C1" is of slack, which is not configured`}},
		"a channel for nobody":           {"channel: web:x\n", []string{"c.yaml:4:12: there is a channel for curators, and nobody"}},
		"markets":                        {"markets: [kr, KR, KR]\n", []string{`c.yaml:4:13: calendar: market "kr"`, "c.yaml:4:21: calendar: market KR is there twice"}},
		"no folder":                      {"events_dir: nowhere\n", []string{"c.yaml:4:15: events_dir: "}},
		"a file for a folder":            {"events_dir: key\n", []string{"c.yaml:4:15: events_dir key is no folder"}},
		"feeds": {"feeds:\n    - {token: abcdefghijklmnop}\n    - {name: a, token: short}\n    - {name: b, token: ../../../../../etc}\n" +
			"    - {name: c, token: abcdefghijklmnop, classes: [fun]}\n    - {name: d, token: abcdefghijklmnop, language: jp}\n    - {name: e}\n    - {name: f, token_file: none}\n", []string{
			"c.yaml:5:8: the feed has no name", "c.yaml:6:8: feed a: a token has", "c.yaml:7:8: feed b: a token has",
			`c.yaml:8:52: feed c: class "fun"`, "c.yaml:9:8: feeds c and d have the same token", `c.yaml:9:52: feed d: language "jp"`,
			"c.yaml:10:8: feed e has no token", "c.yaml:11:29: feed f: token_file:",
		}},
	} {
		_, err := read(t, source+"calendar:\n  "+c.text)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.want) {
			t.Errorf("%s: %d problems, want %d:\n%v", name, len(lines), len(c.want), err)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: %q, want %q in it", name, lines[i], want)
			}
		}
	}
}

// TestASlackChannelByName is refused: names change.
func TestASlackChannelByName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	text := source + "slack: {bot_token: xoxb-1, app_token: xapp-1}\ncalendar: {curators: [a@b.example], channel: \"slack:#marketing\"}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Read(path, env, drivers); err == nil || !strings.Contains(err.Error(), "by their id") {
		t.Errorf("%v", err)
	}
}
