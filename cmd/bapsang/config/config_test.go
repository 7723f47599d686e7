package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
)

func env(name string) (string, bool) {
	v, ok := map[string]string{"TOKEN": "0123456789abcdef", "YAML": "x\nlisten: 0.0.0.0:1"}[name]
	return v, ok
}

// drivers are some to be named.
var drivers = []connectors.Driver{{Name: "files", Own: true}, {Name: "duckdb"}, {Name: "postgres", Server: true}}

func read(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("fedcba9876543210\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Read(path, env, drivers)
}

const source = "sources:\n  - {name: a, driver: files, dsn: ./a.csv}\n"

func TestDefaultsAndSecrets(t *testing.T) {
	t.Parallel()
	c, err := read(t, source+"data_dir: \"${YAML}\"\napi: {tokens: [{name: x, token: \"${TOKEN}\"}, {name: y, key_file: key}, {name: z, token: \"pa$$word$1{x}${TOKEN}\"}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8080" || c.Timezone != "Asia/Seoul" || c.Store.Driver != "bolt" {
		t.Errorf("defaults %+v", c)
	}
	if c.DataDir != "x\nlisten: 0.0.0.0:1" {
		t.Errorf("a value of the environment changed the document: %q", c.DataDir)
	}
	for i, want := range []string{"0123456789abcdef", "fedcba9876543210", "pa$$word$1{x}0123456789abcdef"} {
		if got := c.API.Tokens[i].Token; got != want {
			t.Errorf("token %d is %q, want %q", i, got, want)
		}
	}
	if got := c.Path("a/b"); !filepath.IsAbs(got) || !strings.HasSuffix(got, filepath.Join("a", "b")) {
		t.Errorf("path %s", got)
	}
}

func TestSlackIsReachedAsItsSecretsAllow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, mode string }{
		"an app token":        {"slack: {bot_token_file: key, app_token: xapp-1, signing_secret: s}\n", config.SlackSocket},
		"only a signature":    {"slack: {bot_token_file: key, signing_secret: s}\n", config.SlackHTTP},
		"said, with both":     {"slack: {mode: http, bot_token_file: key, app_token: xapp-1, signing_secret: s}\n", config.SlackHTTP},
		"an address to close": {"slack: {bot_token_file: key, app_token: xapp-1, api_url: \"http://127.0.0.1:1/api\"}\n", config.SlackSocket},
	} {
		got, err := read(t, source+c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Slack.Mode != c.mode || got.Slack.BotToken != "fedcba9876543210" {
			t.Errorf("%s: %+v", name, got.Slack)
		}
		if got.Slack.APIURL != "" && !strings.HasSuffix(got.Slack.APIURL, "/") {
			t.Errorf("%s: %s", name, got.Slack.APIURL)
		}
	}
	if none, err := read(t, source); err != nil || none.Slack != nil {
		t.Errorf("without Slack: %+v, %v", none.Slack, err)
	}
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"c.yaml: the file must hold one YAML document"}},
		{"two documents", source + "---\n" + source, []string{"one YAML document"}},
		{"not a mapping", "x", []string{"c.yaml:1:1: string was used where mapping is expected"}},
		{"unknown key", source + "listne: x\n", []string{`c.yaml:3:1: unknown field "listne"`}},
		{"key twice", source + source, []string{"c.yaml:3:1: "}},
		{"not YAML", source + "web: [\n", []string{"c.yaml:3:"}},
		{"list for text", source + "listen: [1]\n", []string{"c.yaml:3:9: text belongs here, not a list"}},
		{"text for a list", "sources: x\n", []string{"c.yaml:1:10: "}},
		{"no sources", "listen: 127.0.0.1:0\n", []string{"sources is empty"}},
		{"listen without a port", source + "listen: 8080\n", []string{"c.yaml:3:9: listen"}},
		{"no such port", source + "listen: 127.0.0.1:99999\n", []string{"c.yaml:3:9: listen"}},
		{"zone", source + "timezone: Asia/Soul\n", []string{"c.yaml:3:11: timezone"}},
		{"the machine's zone", source + "timezone: Local\n", []string{"c.yaml:3:11: timezone"}},
		{"zone out of its folder", source + "timezone: ../../etc/passwd\n", []string{"c.yaml:3:11: timezone"}},
		{"store", source + "store: {driver: redis}\n", []string{"c.yaml:3:17: store driver"}},
		{"store without a place", source + "store: {driver: postgres}\n", []string{"c.yaml:3:9: the store has no dsn"}},
		{"store in two places", source + "store: {driver: postgres, dsn: x, dsn_file: y}\n", []string{"both dsn and dsn_file", "store: dsn: "}},
		{"store nowhere", source + "store: {driver: postgres, dsn_file: nowhere}\n", []string{"c.yaml:3:37: store: dsn_file"}},
		{"store's numbers and names", source + "store: {driver: postgres, dsn: \"postgres://db/x\", listen_dsn: \"postgres://[\", schema: a-b, max_conns: -1}\n", []string{
			"store: listen_dsn: ", "store: schema", "store: max_conns -1",
		}},
		{"keys of another store", source + "store: {dsn: \"postgres://db/x\"}\n", []string{"c.yaml:3:9: the store bolt is a file"}},
		{"Slack without tokens", source + "slack: {}\n", []string{"c.yaml:3:8: slack has no bot_token"}},
		{"Slack by socket", source + "slack: {bot_token: xoxb-1}\n", []string{"needs app_token"}},
		{"Slack by HTTP", source + "slack: {mode: http, bot_token: xoxb-1, app_token: xapp-1}\n", []string{"needs signing_secret"}},
		{"tokens in each other's place", source + "slack: {bot_token: xapp-1, app_token: xoxb-1}\n", []string{"c.yaml:3:20: bot_token holds an app"}},
		{"Slack's modes", source + "slack: {mode: rtm, bot_token: xoxb-1}\n", []string{`c.yaml:3:15: slack mode "rtm"`}},
		{"Slack's address", source + "slack: {bot_token: xoxb-1, app_token: xapp-1, api_url: slack.com}\n", []string{"api_url"}},
		{"Slack's secret twice", source + "slack: {bot_token: xoxb-1, bot_token_file: key, app_token: xapp-1}\n", []string{"keep one"}},
		{"Slack's secret nowhere", source + "slack: {bot_token_file: nowhere, app_token: xapp-1}\n", []string{"c.yaml:3:25: bot_token_file"}},
		{"Slack's rates", source + "slack: {bot_token: xoxb-1, app_token: xapp-1, rate: -1}\n", []string{"rate -1"}},
		{"who may ask", source + "slack: {bot_token: xoxb-1, app_token: xapp-1, allow: [everybody]}\n", []string{`allow "everybody"`}},
		{"sources", "sources:\n  - driver: files\n    dsn: x\n  - {name: ../../x, driver: files, dsn: x}\n  - {name: b, driver: files, dsn: x}\n" +
			"  - {name: B, driver: files, dsn: x}\n  - {name: c, dsn: x}\n  - {name: d, driver: mysqld, dsn: x}\n  - {name: e, driver: duckdb}\n", []string{
			"c.yaml:2:5: the source has no name", `c.yaml:4:12: source name "../../x"`, "c.yaml:6:12: there are two sources called B",
			"c.yaml:7:6: source c has no driver", `c.yaml:8:23: source d: driver "mysqld" is not known; there are files, duckdb and postgres`, "c.yaml:9:6: source e has no dsn",
		}},
		{"contract", "sources:\n  - {name: a, driver: files, dsn: x, contract: {rate: 5/x}}\n  - {name: b, driver: files, dsn: x, contract: {concurrency: -1}}\n" +
			"  - {name: c, driver: files, dsn: x, contract: {timeout: 5}}\n  - {name: d, driver: files, dsn: x, contract: {agreed: yesterday}}\n", []string{
			"c.yaml:2:55: source a: rate", "c.yaml:3:62: source b: concurrency", "c.yaml:4:58: source c: timeout", "c.yaml:5:57: source d: agreed",
		}},
		{"tokens", source + "api:\n  tokens:\n    - {name: a, token: short}\n    - {token: 0123456789abcdef}\n    - {name: c, token: 0123456789abcdef, key_file: key}\n" +
			"    - {name: d, key_file: none}\n    - {name: e, token: 비밀번호비밀번호비밀번호}\n    - {name: f, token: 0123456789abcdef}\n    - {name: f, token: 0123456789abcdeg}\n", []string{
			"c.yaml:5:8: a token needs at least 16", "c.yaml:6:8: a token needs a name", "c.yaml:7:8: a token has both", "c.yaml:8:8: key_file:",
			"c.yaml:9:8: a token is made of ASCII", "c.yaml:11:14: there are two tokens called f",
		}},
		{"unset variable", source + "data_dir: ${NOPE}\nlisten: \"${NOPE_TOO}\"\n", []string{"c.yaml:3:11: the environment has no NOPE", "c.yaml:4:9: the environment has no NOPE_TOO"}},
	} {
		_, err := read(t, c.text)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.want) {
			t.Errorf("%s: %d problems, want %d:\n%v", c.name, len(lines), len(c.want), err)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: %q, want %q in it", c.name, lines[i], want)
			}
		}
		if strings.Contains(err.Error(), "Go ") || strings.Contains(err.Error(), "interface") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := config.Read(filepath.Join(t.TempDir(), "none.yaml"), env, drivers); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
