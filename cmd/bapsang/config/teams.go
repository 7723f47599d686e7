package config

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Teams is the app in a tenant's Microsoft Teams; deploy/teams/README.md says how to make
// one.
type Teams struct {
	AppID string `yaml:"app_id"` // the application (client) id of the bot's registration
	// AppPassword is the value of a client secret of it. It may stand in a file instead.
	AppPassword     string `yaml:"app_password"`
	AppPasswordFile string `yaml:"app_password_file"`
	// TenantID is the directory (tenant) id: people of other tenants are not heard.
	TenantID string `yaml:"tenant_id"`
	// LoginURL is the token endpoint, OpenIDURL the metadata of the keys that requests are
	// signed with, ServiceURLs the prefixes of addresses that our token may be sent to. All
	// are Microsoft's when they are empty.
	LoginURL    string   `yaml:"login_url"`
	OpenIDURL   string   `yaml:"openid_url"`
	ServiceURLs []string `yaml:"service_urls"`
	// GraphURL is Microsoft Graph, https://graph.microsoft.com: the directory then says who
	// people are. Empty means that it is not asked.
	GraphURL string `yaml:"graph_url"`
	// PublicURL is where people's browsers reach this server. Teams takes files in personal
	// chats only: elsewhere rows are behind a link, and without an address sent to the person.
	PublicURL string `yaml:"public_url"`
	// Rate is how many times Microsoft's published rates are used; 0 means 1. A test double's
	// minutes may be shorter.
	Rate float64 `yaml:"rate"`
	// Allow lets in, besides members, "guests" and "external" people of shared channels.
	Allow []string `yaml:"allow"`
}

// guid is what ids of apps and tenants look like.
var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (c *Config) validateTeams(wrong func(path, format string, args ...any)) {
	t := c.Teams
	if t == nil {
		return
	}
	switch {
	case t.AppID == "":
		wrong("$.teams", "teams has no app_id; it is the Application (client) ID on the overview of the bot's app registration")
	case !guid.MatchString(t.AppID):
		wrong("$.teams.app_id", "app_id %q is no id; the Application (client) ID looks like 00000000-0000-0000-0000-000000000000", t.AppID)
	}
	switch {
	case t.TenantID == "":
		wrong("$.teams", "teams has no tenant_id: only people of one tenant are answered; it is the Directory (tenant) ID on the overview of the app registration")
	case !guid.MatchString(t.TenantID): // Teams names tenants by id only
		wrong("$.teams.tenant_id", "tenant_id %q is no id; the Directory (tenant) ID looks like 00000000-0000-0000-0000-000000000000", t.TenantID)
	}
	c.teamsPassword(wrong)
	t.validateAddresses(wrong)
	if t.Rate < 0 {
		wrong("$.teams.rate", "rate %v is less than Microsoft allows everybody", t.Rate)
	}
	for _, who := range t.Allow {
		if who != "guests" && who != "external" {
			wrong("$.teams.allow", "allow %q is not known; there are guests and external", who)
		}
	}
}

// teamsPassword reads the secret where it stands in a file.
func (c *Config) teamsPassword(wrong func(path, format string, args ...any)) {
	t := c.Teams
	switch {
	case t.AppPassword != "" && t.AppPasswordFile != "":
		wrong("$.teams", "teams has both app_password and app_password_file; keep one")
	case t.AppPassword == "" && t.AppPasswordFile == "":
		wrong("$.teams", "teams has no app_password; it is the value of a client secret, under Certificates & secrets")
	case t.AppPasswordFile != "":
		data, err := os.ReadFile(rooted(filepath.Dir(c.file), t.AppPasswordFile))
		if err != nil {
			wrong("$.teams.app_password_file", "app_password_file: %v", err)
			return
		}
		if t.AppPassword = strings.TrimSpace(string(data)); t.AppPassword == "" {
			wrong("$.teams.app_password_file", "app_password_file is empty")
		}
	}
}

func (t *Teams) validateAddresses(wrong func(path, format string, args ...any)) {
	for _, one := range []struct{ key, address string }{{"login_url", t.LoginURL}, {"openid_url", t.OpenIDURL}, {"graph_url", t.GraphURL}, {"public_url", t.PublicURL}} {
		if one.address != "" && !isWeb(one.address) {
			wrong("$.teams."+one.key, "%s %q must be an address that begins with https://", one.key, one.address)
		}
	}
	for _, address := range t.ServiceURLs {
		if !isWeb(address) {
			wrong("$.teams.service_urls", "service_urls %q must be like https://smba.trafficmanager.net/", address)
		}
	}
}

func isWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
