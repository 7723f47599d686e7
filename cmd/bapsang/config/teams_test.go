package config_test

import (
	"slices"
	"strings"
	"testing"
)

const (
	teamsApp    = "b0b5a000-1111-4222-8333-444455556666"
	teamsTenant = "c0ffee00-2222-4333-8444-555566667777"
)

func TestTeamsIsRead(t *testing.T) {
	t.Parallel()
	got, err := read(t, source+"teams:\n  app_id: "+teamsApp+"\n  app_password_file: key\n  tenant_id: "+teamsTenant+"\n"+
		"  service_urls: [\"https://*.example.com/\"]\n  public_url: https://bapsang.example.com\n  rate: 2\n  allow: [guests]\n")
	if err != nil {
		t.Fatal(err)
	}
	c := got.Teams
	if c.AppID != teamsApp || c.TenantID != teamsTenant || c.AppPassword != "fedcba9876543210" || c.Rate != 2 || c.PublicURL != "https://bapsang.example.com" ||
		!slices.Equal(c.Allow, []string{"guests"}) || !slices.Equal(c.ServiceURLs, []string{"https://*.example.com/"}) {
		t.Errorf("%+v", c)
	}
	if none, err := read(t, source); err != nil || none.Teams != nil {
		t.Errorf("without Teams: %+v, %v", none.Teams, err)
	}
}

func TestMistakesAboutTeamsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	const whole = "app_id: " + teamsApp + ", app_password: s, tenant_id: " + teamsTenant
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":            {"teams: {}\n", []string{"teams has no app_id", "teams has no tenant_id", "teams has no app_password"}},
		"a name for an id":   {"teams: {app_id: bapsang, app_password: s, tenant_id: example.com}\n", []string{`c.yaml:3:17: app_id "bapsang"`, `tenant_id "example.com"`}},
		"every tenant":       {"teams: {app_id: " + teamsApp + ", app_password: s}\n", []string{"teams has no tenant_id"}},
		"the secret twice":   {"teams: {" + whole + ", app_password_file: key}\n", []string{"keep one"}},
		"the secret nowhere": {"teams: {app_id: " + teamsApp + ", tenant_id: " + teamsTenant + ", app_password_file: nowhere}\n", []string{"app_password_file"}},
		"addresses": {
			"teams: {" + whole + ", login_url: login, openid_url: \"ftp://x/\", graph_url: graph, public_url: \"https://a@b/\", service_urls: [smba]}\n",
			[]string{`login_url "login"`, `openid_url "ftp`, `graph_url "graph"`, `public_url "https://a@b/"`, `service_urls "smba"`},
		},
		"rates":           {"teams: {" + whole + ", rate: -1}\n", []string{"rate -1"}},
		"who may ask":     {"teams: {" + whole + ", allow: [everybody]}\n", []string{`allow "everybody"`}},
		"an unknown key":  {"teams: {" + whole + ", mode: socket}\n", []string{`unknown field "mode"`}},
		"a secret unread": {"teams: {app_id: " + teamsApp + ", app_password: \"${NOPE}\", tenant_id: " + teamsTenant + "}\n", []string{"the environment has no NOPE"}},
	} {
		_, err := read(t, source+c.text)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(c.want) {
			t.Errorf("%s: %d problems, want %d:\n%v", name, len(lines), len(c.want), err)
		}
		for _, want := range c.want {
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) && strings.Contains(l, "c.yaml:3:") }) {
				t.Errorf("%s: no %q at its place in:\n%v", name, want, err)
			}
		}
	}
}
