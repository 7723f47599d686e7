package outward

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/net/idna"

	"github.com/bapsang/bapsang/connectors"
)

// notPublic are the blocks that IANA's special-purpose registries (RFC 6890, as of
// 2026) do not call globally reachable, and two that clouds answer from.
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/3",
	"168.63.129.16/32", // what Azure answers its machines from, though the block is public
	"2001::/23",        // protocols' own, Teredo and ORCHID among them
	"2001:db8::/32", "3fff::/20",
	"2002::/16", // 6to4, given up by RFC 7526: it hides an IPv4 address
	"2620:4f:8000::/48",
)

var (
	globalIPv6 = netip.MustParsePrefix("2000::/3") // all that has been given out
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// Public reports whether addr is of the public internet, whatever it is wrapped in.
func Public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.Zone() != "" {
		return false
	}
	// Networks that speak only IPv6 reach the others by this prefix.
	if nat64.Contains(addr) {
		b := addr.As16()
		return Public(netip.AddrFrom4([4]byte(b[12:])))
	}
	if addr.Is6() && !globalIPv6.Contains(addr) {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// guard says which addresses and ports may be reached.
type guard struct {
	allow []netip.Prefix
	ports []uint16
}

func (g guard) reachable(a netip.Addr) bool {
	return Public(a) || slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

func (g guard) port(text string) (uint16, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	p := uint16(n)
	return p, err == nil && (p == 80 || p == 443 || slices.Contains(g.ports, p))
}

func (g guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !g.reachable(to.Addr()) {
		return failure(connectors.CodeDenied, sayPrivate, nil)
	}
	return nil
}

// CheckURL refuses with an *connectors.Error what may never be called: other schemes
// than http and https, credentials in the URL, numbers that only some programs take for
// an address (0x7f.1, 2130706433, 127.1). Where the host leads is checked when it is
// dialled.
func CheckURL(text string) error {
	_, err := ParseURL(text)
	return err
}

// ParseURL is the URL that text means, its host in ASCII and without a fragment, if
// [CheckURL] allows it.
func ParseURL(text string) (*url.URL, error) {
	if len(text) > maxURLBytes {
		return nil, failure(connectors.CodeDenied, sayURL, nil)
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		// The error quotes the URL, which may hold a secret.
		return nil, failure(connectors.CodeDenied, sayURL, nil)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, failure(connectors.CodeDenied, sayScheme, nil)
	case u.User != nil:
		return nil, failure(connectors.CodeDenied, sayUser, nil)
	}
	host, err := asciiHost(u.Hostname())
	if err != nil || u.Opaque != "" || strings.HasSuffix(u.Host, ":") {
		return nil, failure(connectors.CodeDenied, sayURL, nil)
	}
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return nil, failure(connectors.CodeDenied, sayPort, nil)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if u.Host = host; port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		u.Host += ":" + port
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

var errHost = errors.New("not a host")

// asciiHost is a host as it is looked up: lower case, Punycode, without the last dot.
func asciiHost(host string) (string, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return "", errHost
		}
		return a.String(), nil
	}
	// Full-width digits and dots become plain ones here, so addresses are looked for
	// again afterwards.
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		// Underscores are no part of IDNA and do occur in hosts.
		ascii = strings.ToLower(host)
	}
	ascii = strings.TrimSuffix(ascii, ".")
	if a, err := netip.ParseAddr(ascii); err == nil {
		return a.String(), nil
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if !plainHost(ascii) || len(ascii) > 253 || endsInNumber(last) {
		return "", errHost
	}
	return ascii, nil
}

func plainHost(h string) bool {
	for i := range len(h) {
		c := h[i]
		if c != '-' && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return !strings.Contains(h, "..") && !strings.HasPrefix(h, ".")
}

// endsInNumber reports whether a last label makes the whole host an IPv4 address in the
// reading of browsers (WHATWG URL, "ends in a number").
func endsInNumber(label string) bool {
	if label == "" {
		return true
	}
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}
