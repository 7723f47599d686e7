package slack_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// checked is what a fresh process finds.
func checked(t *testing.T, s *slacktest.Server, change func(*slack.Config)) map[string]bot.Finding {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := slack.Config{
		BotToken: s.BotToken(), AppToken: s.AppToken(), APIURL: s.URL(), HTTPClient: &http.Client{Transport: transport}, Rate: 100,
	}
	change(&cfg)
	driver, err := slack.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out := map[string]bot.Finding{}
	for _, f := range driver.Check(ctx) {
		for _, secret := range []string{cfg.BotToken, cfg.AppToken, cfg.SigningSecret} {
			if len(secret) > 8 && strings.Contains(f.Text+f.Fix, secret) {
				t.Errorf("%s tells a secret", f.Name)
			}
		}
		if f.State == bot.Broken && f.Fix == "" || f.Text == "" {
			t.Errorf("%+v says too little", f)
		}
		out[f.Name] = f
	}
	return out
}

func TestCheck(t *testing.T) {
	t.Parallel()
	type finding struct {
		name  string
		state bot.FindingState
		text  string // within its text or fix
	}
	for _, c := range []struct {
		name   string
		opts   slacktest.Options
		world  func(s *slacktest.Server)
		change func(*slack.Config)
		want   []finding
	}{
		{name: "all well", opts: slacktest.Options{SocketMode: true}, want: []finding{
			{"bot token", bot.Fine, "@bapsang of Company (company.slack.com)"}, {"scopes", bot.Fine, "All"}, {"clock", bot.Fine, ""},
			{"app token", bot.Fine, "Socket Mode"}, {"streaming", bot.Fine, ""}, {"agent sessions", bot.Fine, ""},
		}},
		{name: "HTTP", change: func(c *slack.Config) { c.AppToken, c.SigningSecret = "", "8f742231b10e8888abcd99aaaccc85a5" },
			want: []finding{{"signing secret", bot.Fine, ""}}},
		{name: "odd secret", change: func(c *slack.Config) { c.AppToken, c.SigningSecret = "", "not-a-secret-of-slack" },
			want: []finding{{"signing secret", bot.Warning, "Signing Secret"}}},
		{name: "no door", change: func(c *slack.Config) { c.AppToken = "" }, want: []finding{{"events", bot.Broken, "slack.app_token"}}},
		{name: "Socket Mode is off", want: []finding{{"app token", bot.Broken, "Switch it on"}}},
		{name: "revoked", opts: slacktest.Options{SocketMode: true}, world: func(s *slacktest.Server) { s.KillToken("token_revoked") },
			want: []finding{{"bot token", bot.Broken, "token_revoked"}, {"app token", bot.Fine, ""}}},
		{name: "wrong token", change: func(c *slack.Config) { c.BotToken = "xoxb-1-2-wrong" }, want: []finding{{"bot token", bot.Broken, "invalid_auth"}}},
		{name: "tokens swapped", change: func(c *slack.Config) { c.BotToken, c.AppToken = c.AppToken, c.BotToken },
			want: []finding{{"bot token", bot.Broken, "xoxb-"}, {"app token", bot.Broken, "xapp-"}}},
		{name: "wrong app token", change: func(c *slack.Config) { c.AppToken = "xapp-1-wrong" }, want: []finding{{"app token", bot.Broken, "connections:write"}}},
		{name: "scopes", world: func(s *slacktest.Server) { s.Revoke("files:write"); s.Revoke("users:read") },
			want: []finding{{"scope files:write", bot.Warning, "charts are told in words"}, {"scope users:read", bot.Broken, "reinstall"}}},
		{name: "old workspace", opts: slacktest.Options{Without: []slacktest.Feature{slacktest.Streaming, slacktest.Agents}},
			want: []finding{{"streaming", bot.Warning, "unknown_method"}, {"agent sessions", bot.Warning, "stop button"}}},
		{name: "no network", change: func(c *slack.Config) { c.APIURL = "http://127.0.0.1:1/api/" },
			want: []finding{{"bot token", bot.Broken, "HTTPS_PROXY"}, {"app token", bot.Broken, "HTTPS_PROXY"}}},
		{name: "broken", world: func(s *slacktest.Server) { s.Fault(slacktest.Fault{Method: "auth.test", Status: 503}) },
			want: []finding{{"bot token", bot.Broken, "http_503"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := slacktest.Start(t, c.opts)
			if c.world != nil {
				c.world(s)
			}
			if c.change == nil {
				c.change = func(*slack.Config) {}
			}
			before := len(s.All(slacktest.General)) + len(s.All(slacktest.Sales))
			found := checked(t, s, c.change)
			for _, w := range c.want {
				f, ok := found[w.name]
				if !ok || f.State != w.state || !strings.Contains(f.Text+" "+f.Fix, w.text) {
					t.Errorf("%s: found %+v, want %s with %q", w.name, f, w.state, w.text)
				}
			}
			if after := len(s.All(slacktest.General)) + len(s.All(slacktest.Sales)); after != before {
				t.Error("a check showed something to people")
			}
		})
	}
}

// Slack's clock is what its replies say.
func TestCheckClock(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	for _, c := range []struct {
		ahead time.Duration
		http  bool
		want  bot.FindingState
	}{{0, true, bot.Fine}, {2 * time.Minute, true, bot.Warning}, {-10 * time.Minute, true, bot.Broken}, {10 * time.Minute, false, bot.Warning}} {
		found := checked(t, s, func(cfg *slack.Config) {
			cfg.HTTPClient = &http.Client{Transport: late{cfg.HTTPClient.Transport, c.ahead}}
			if c.http {
				cfg.AppToken, cfg.SigningSecret = "", "8f742231b10e8888abcd99aaaccc85a5"
			}
		})
		if f := found["clock"]; f.State != c.want {
			t.Errorf("%v ahead: %+v", c.ahead, f)
		}
	}
}

// late is a Slack whose clock is ahead.
type late struct {
	next  http.RoundTripper
	ahead time.Duration
}

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err == nil {
		resp.Header.Set("Date", time.Now().Add(l.ahead).UTC().Format(http.TimeFormat))
	}
	return resp, err
}

// What the process met is told, too.
func TestCheckTellsStates(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{Without: []slacktest.Feature{slacktest.Charts}})
	_, answer := question(1, "ko")
	if _, err := o.Post(t.Context(), o.asked(slacktest.Minji, slacktest.Sales), answer); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(o.Check(t.Context()), func(f bot.Finding) bool {
		return f.Name == "block data_visualization" && f.State == bot.Warning
	}) {
		t.Error("a check does not tell that charts are refused")
	}
}

// The manifest asks for what Scopes says, and the setup page says what each is for.
func TestManifestAsksForTheScopes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../deploy/slack/manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range slack.Scopes() {
		want = append(want, s.Name)
	}
	slices.Sort(want)
	got := slices.Sorted(slices.Values(manifest.OAuth.Scopes.Bot))
	if !slices.Equal(got, want) {
		t.Errorf("the manifest asks for %v, needed are %v", got, want)
	}
	page, err := os.ReadFile("../../deploy/slack/README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile("`([a-z_]+:[a-z.]+|commands)`").FindAllStringSubmatch(string(page), -1)
	for _, name := range want {
		if !slices.ContainsFunc(told, func(m []string) bool { return m[1] == name }) {
			t.Errorf("the setup page does not say what %s is for", name)
		}
	}
}
