package egress

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

var (
	email = regexp.MustCompile(`(?i)[a-z0-9._%+-]+(@|\s*[(\[]\s*(at|골뱅이)\s*[)\]]\s*)[a-z0-9-]+(\.[a-z0-9-]+)+`)
	// Mobile and area numbers of Korea, with or without separators, and anything that
	// begins with a country's code.
	phone = regexp.MustCompile(`(^|[^0-9])(01[016789][-. ]?[0-9]{3,4}[-. ]?[0-9]{4}|0[2-6][0-9]?[-. )]{1,2}[0-9]{3,4}[-. ][0-9]{4}|1[5-9][0-9]{2}-[0-9]{4}|\+[0-9]{1,3}[-. ()0-9]{7,16}[0-9])($|[^0-9])`)
	// A resident registration number is a birthday and seven digits, of which the
	// first tells the century: 1–4 citizens, 5–8 foreigners, 9 and 0 the 1800s.
	resident = regexp.MustCompile(`(^|[^0-9])[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[- ]?[0-9][0-9*]{6}($|[^0-9])`)
	// Thirteen to nineteen digits in groups are a card or an account.
	grouped = regexp.MustCompile(`(^|[^0-9])[0-9]([- ]?[0-9]){12,18}($|[^0-9])`)
	// Accounts of Korean banks and business registration numbers.
	account = regexp.MustCompile(`(^|[^0-9])[0-9]{3,6}-[0-9]{2,6}-[0-9]{4,7}(-[0-9]{1,3})?($|[^0-9])`)
)

func hasEmail(text string) bool { return email.MatchString(text) }

func hasPerson(text string) bool {
	return hasEmail(text) || phone.MatchString(text) || resident.MatchString(text) || account.MatchString(text) || hasCard(text)
}

// hasCard reports whether digits that could be a card's pass the check of ISO/IEC
// 7812-1 (Luhn). Other long runs are figures.
func hasCard(text string) bool {
	for _, run := range grouped.FindAllString(text, -1) {
		sum, n := 0, 0
		for i := len(run) - 1; i >= 0; i-- {
			if run[i] < '0' || run[i] > '9' {
				continue
			}
			d := int(run[i] - '0')
			if n%2 == 1 {
				d *= 2
			}
			sum += d/10 + d%10
			n++
		}
		if sum%10 == 0 {
			return true
		}
	}
	return false
}

var (
	// Prefixes that services give their keys, so that they are found where they leak.
	keys = regexp.MustCompile(`(?i)\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[0-9a-z]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|` +
		`\bxox[a-z]-[\w-]{10,}|\bxapp-[\w-]{10,}|\b(sk|pk|rk|tvly|hf|npm|dop_v1|shpat)[-_][\w-]{16,}|\bAIza[\w-]{30,}|` +
		`\bya29\.[\w-]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}|-----BEGIN |\bATATT[\w-]{20,}|\bSG\.[\w-]{16,}|` +
		`\b(bearer|basic)\s+[\w.~+/-]{16,}|\bKakaoAK\s+\w{16,}`)
	// A word for a secret, then something that is one.
	named = regexp.MustCompile(`(?i)(pass(word|wd|phrase)?|pwd|secret|api[-_ ]?key|access[-_ ]?key|token|client[-_ ]?secret|비밀번호|비번|패스워드|암호|시크릿|토큰)\s*(=|:|는|은|이|가)\s*["']?[^\s"']{4,}`)
	// A run of characters as no language has it.
	run = regexp.MustCompile(`[A-Za-z0-9+/_=-]{20,}`)
	// Hexadecimal digests and UUIDs.
	hexadecimal = regexp.MustCompile(`(?i)\b([0-9a-f]{32,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b`)
)

func hasSecret(text string) bool {
	if keys.MatchString(text) || named.MatchString(text) || hexadecimal.MatchString(text) {
		return true
	}
	for _, s := range run.FindAllString(text, -1) {
		if random(s) {
			return true
		}
	}
	return false
}

// random reports whether a long run changes between capitals, small letters and digits
// more often than words and names of products do.
func random(s string) bool {
	changes, last := 0, 0
	for _, r := range s {
		class := 0
		switch {
		case unicode.IsDigit(r):
			class = 1
		case unicode.IsUpper(r):
			class = 2
		case unicode.IsLower(r):
			class = 3
		}
		if class != 0 && last != 0 && class != last {
			changes++
		}
		if class != 0 {
			last = class
		}
	}
	return changes*4 >= len(s)
}

var (
	link = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>]+`)
	unc  = regexp.MustCompile(`\\\\[\w.-]+\\`) // \\server\share
	host = regexp.MustCompile(`(?i)\b([a-z0-9_-]+\.)+[a-z0-9-]+\b`)
)

// insideSuffixes are top-level names that do not exist outside (RFC 6762, RFC 8375,
// ICANN's .internal) or are used as if so.
var insideSuffixes = []string{".local", ".localhost", ".internal", ".intranet", ".corp", ".lan", ".home.arpa", ".private", ".cluster.local", ".svc"}

// hasInternalAddress reports whether text names a host that is not public, or an
// address with a password.
func (f *Filter) hasInternalAddress(text string) bool {
	for _, s := range link.FindAllString(text, -1) {
		u, err := url.Parse(s)
		if err != nil || u.User != nil || f.inside(u.Hostname(), true) {
			return true
		}
	}
	for _, s := range host.FindAllString(text, -1) {
		if f.inside(s, false) {
			return true
		}
	}
	return unc.MatchString(text) || strings.Contains(strings.ToLower(text), "localhost")
}

// inside reports whether name is of a host that is not public. In an address a name
// without a dot is one.
func (f *Filter) inside(name string, inAddress bool) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if ip, err := netip.ParseAddr(name); err == nil {
		ip = ip.Unmap()
		return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	if !strings.Contains(name, ".") {
		return inAddress
	}
	for _, suffix := range insideSuffixes {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	for _, d := range f.domains {
		if strings.HasSuffix("."+name, d) {
			return true
		}
	}
	return false
}
