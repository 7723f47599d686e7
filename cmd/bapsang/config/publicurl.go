package config

import (
	"net/url"
	"strings"
)

// validatePublicURL takes an address that paths can be put behind. Teams' own is the same
// where it has none.
func (c *Config) validatePublicURL(wrong func(path, format string, args ...any)) {
	if c.PublicURL == "" {
		return
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		wrong("$.public_url", "public_url %q: write where browsers reach the page, such as https://bapsang.example.com", c.PublicURL)
		return
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if c.Teams != nil && c.Teams.PublicURL == "" {
		c.Teams.PublicURL = c.PublicURL
	}
}
