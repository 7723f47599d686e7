package connector

import (
	"net/url"
	"strings"
)

// places are the addresses that our token may go to.
type places []place

// place is a prefix of addresses.
type place struct {
	scheme string
	host   string // with its port, in small letters
	below  bool   // hosts below host, not host itself
	path   string // ends in a slash
}

// microsoftServices are where Teams' connector lives: in the public cloud, and in the
// part of it for the government.
func microsoftServices() []string {
	return []string{"https://smba.trafficmanager.net/", "https://*.botframework.com/", "https://smba.infra.gcc.teams.microsoft.com/"}
}

func newPlaces(prefixes []string) places {
	if len(prefixes) == 0 {
		prefixes = microsoftServices()
	}
	var out places
	for _, p := range prefixes {
		if one, ok := newPlace(p); ok {
			out = append(out, one)
		}
	}
	return out
}

// newPlace reads a prefix; one that says no more than a scheme would allow everything
// and is none.
func newPlace(prefix string) (place, bool) {
	u, ok := plain(prefix)
	if !ok {
		return place{}, false
	}
	host, below := strings.CutPrefix(hostOf(u), "*.")
	if host == "" || host[0] == ':' || strings.Contains(host, "*") {
		return place{}, false
	}
	return place{scheme: u.Scheme, host: host, below: below, path: slashed(u.EscapedPath())}, true
}

// allow reports whether our token may go to address. Addresses are compared part by
// part, as whoever sends there would understand them.
func (ps places) allow(address string) bool {
	u, ok := plain(address)
	return ok && ps.allowURL(u)
}

func (ps places) allowURL(u *url.URL) bool {
	host := hostOf(u)
	for _, p := range ps {
		fits := host == p.host
		if p.below {
			fits = strings.HasSuffix(host, "."+p.host)
		}
		if fits && u.Scheme == p.scheme && strings.HasPrefix(slashed(u.EscapedPath()), p.path) {
			return true
		}
	}
	return false
}

// plain parses an address of a server that has nothing odd in it: no user, no query, no
// dots that lead elsewhere, no host in letters that look like others.
func plain(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Opaque != "" || u.User != nil {
		return nil, false
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(address, "#") {
		return nil, false
	}
	for _, r := range u.Host {
		if r <= ' ' || r > '~' || strings.ContainsRune(`\%@`, r) {
			return nil, false
		}
	}
	if strings.ContainsAny(u.Path, "\\\x00") || strings.Contains(u.Path, "//") {
		return nil, false
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if part == "." || part == ".." {
			return nil, false
		}
	}
	return u, true
}

// hostOf is the host and port of u, without the port that goes without saying.
func hostOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return host
}

func slashed(path string) string {
	if strings.HasSuffix(path, "/") {
		return path
	}
	return path + "/"
}
