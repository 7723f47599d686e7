package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	slackgo "github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// deploySlack is where the app's manifest is.
var deploySlack = filepath.Join("..", "..", "..", "deploy", "slack")

// manifest reads the app's manifest as Slack would. The tests' workspaces give the app
// no more than it asks for there.
func manifest(t testing.TB) slackgo.Manifest {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(deploySlack, "manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var m slackgo.Manifest
	if err := yaml.UnmarshalWithOptions(data, &m, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheManifestAsksForWhatIsNeeded(t *testing.T) {
	t.Parallel()
	m := manifest(t)
	var needed []string
	for _, s := range slack.Scopes() {
		needed = append(needed, s.Name)
	}
	slices.Sort(needed)
	if have := slices.Sorted(slices.Values(m.OAuthConfig.Scopes.Bot)); !slices.Equal(have, needed) {
		t.Errorf("scopes %v, needed %v", have, needed)
	}
	readme, err := os.ReadFile(filepath.Join(deploySlack, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range needed {
		if !strings.Contains(string(readme), "`"+scope+"`") {
			t.Errorf("README.md does not say what %s is for", scope)
		}
	}
	for name, limit := range map[string][2]int{
		"name": {len([]rune(m.Display.Name)), 35}, "description": {len([]rune(m.Display.Description)), 140},
		"agent description": {len([]rune(m.Features.AgentView.AgentDescription)), 300}, "prompts": {len(m.Features.AgentView.SuggestedPrompts), 4},
	} {
		if limit[0] > limit[1] {
			t.Errorf("%s has %d, Slack allows %d", name, limit[0], limit[1])
		}
	}
}

func TestDoctorLooksAtSlack(t *testing.T) {
	t.Parallel()
	w := slacktest.Start(t, slacktest.Options{NoRates: true})
	config := func(secret string) string {
		return write(t, map[string]string{"sales.csv": sales, "bapsang.yaml": "sources: [{name: sales, driver: files, dsn: ./sales.csv}]\n" +
			"slack: {mode: http, bot_token: " + secret + ", signing_secret: " + w.SigningSecret() + ", api_url: \"" + w.URL() + "\"}\n"})
	}
	all := func() (int, string) {
		code, out, _ := run(t, "doctor", "--config", config(w.BotToken()))
		return code, out
	}
	if code, out := all(); code != 0 || !strings.Contains(out, "0 broken") || strings.Contains(out, w.BotToken()) {
		t.Errorf("with all in order: status %d\n%s", code, out)
	}
	w.Revoke("files:write")
	if _, out := all(); !strings.Contains(out, "! scope files:write") || !strings.Contains(out, "reinstall") {
		t.Errorf("without a scope:\n%s", out)
	}
	w.KillToken("token_revoked")
	if code, out := all(); code != 1 || !strings.Contains(out, "✗ bot token") {
		t.Errorf("with a revoked token: status %d\n%s", code, out)
	}
	if len(w.Messages(slacktest.General, ""))+len(w.Ephemeral(slacktest.Minji)) != 0 {
		t.Error("a check said something")
	}
}
