package config

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Slack is the app in a Slack workspace; deploy/slack/README.md says how to make one.
// Each secret may stand in a file instead, named by the key that ends in _file.
type Slack struct {
	// Mode is "socket", the default with an app token, or "http".
	Mode              string `yaml:"mode"`
	BotToken          string `yaml:"bot_token"` // xoxb-…
	BotTokenFile      string `yaml:"bot_token_file"`
	AppToken          string `yaml:"app_token"` // xapp-…, for socket
	AppTokenFile      string `yaml:"app_token_file"`
	SigningSecret     string `yaml:"signing_secret"` // for http
	SigningSecretFile string `yaml:"signing_secret_file"`
	// APIURL is where the Web API is; empty means Slack's.
	APIURL string `yaml:"api_url"`
	// Rate is how many times Slack's published rates are used; 0 means 1. Slack raises the
	// limits of some workspaces, and a test double's minutes may be shorter.
	Rate float64 `yaml:"rate"`
	// Allow lets in, besides members, "guests" and "external" people of shared channels.
	Allow []string `yaml:"allow"`
}

// The modes.
const (
	SlackSocket = "socket"
	SlackHTTP   = "http"
)

func (c *Config) validateSlack(wrong func(path, format string, args ...any)) {
	s := c.Slack
	if s == nil {
		return
	}
	read := c.slackSecret(wrong, "bot_token", &s.BotToken, s.BotTokenFile)
	read = c.slackSecret(wrong, "app_token", &s.AppToken, s.AppTokenFile) && read
	read = c.slackSecret(wrong, "signing_secret", &s.SigningSecret, s.SigningSecretFile) && read
	if !read {
		return // what is missing is said
	}
	if s.Mode == "" {
		s.Mode = SlackSocket
		if s.AppToken == "" && s.SigningSecret != "" {
			s.Mode = SlackHTTP
		}
	}
	switch {
	case s.Mode != SlackSocket && s.Mode != SlackHTTP:
		wrong("$.slack.mode", "slack mode %q is not known; there are socket and http", s.Mode)
	case s.BotToken == "":
		wrong("$.slack", "slack has no bot_token; it begins with xoxb- and is on the app's page OAuth & Permissions")
	case strings.HasPrefix(s.BotToken, "xapp-"):
		wrong("$.slack.bot_token", "bot_token holds an app-level token; the bot's begins with xoxb-")
	case s.Mode == SlackSocket && s.AppToken == "":
		wrong("$.slack", "slack mode socket needs app_token; it begins with xapp- and is on the app's page Basic Information, App-Level Tokens")
	case strings.HasPrefix(s.AppToken, "xoxb-"):
		wrong("$.slack.app_token", "app_token holds a bot's token; the app's begins with xapp-")
	case s.Mode == SlackHTTP && s.SigningSecret == "":
		wrong("$.slack", "slack mode http needs signing_secret; it is on the app's page Basic Information")
	}
	if s.APIURL != "" {
		u, err := url.Parse(s.APIURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			wrong("$.slack.api_url", "api_url %q must be like https://slack.com/api/", s.APIURL)
		}
		if !strings.HasSuffix(s.APIURL, "/") {
			s.APIURL += "/"
		}
	}
	if s.Rate < 0 {
		wrong("$.slack.rate", "rate %v is less than Slack allows everybody", s.Rate)
	}
	for _, who := range s.Allow {
		if who != "guests" && who != "external" {
			wrong("$.slack.allow", "allow %q is not known; there are guests and external", who)
		}
	}
}

// slackSecret reads a secret that stands in a file, and reports whether that went well.
func (c *Config) slackSecret(wrong func(path, format string, args ...any), key string, value *string, file string) bool {
	switch {
	case file == "":
		return true
	case *value != "":
		wrong("$.slack", "slack has both %s and %s_file; keep one", key, key)
		return false
	}
	data, err := os.ReadFile(rooted(filepath.Dir(c.file), file))
	if err != nil {
		wrong("$.slack."+key+"_file", "%s_file: %v", key, err)
		return false
	}
	*value = strings.TrimSpace(string(data))
	return true
}
