package extract

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Limits of what is believed of an event.
const (
	MaxSpan  = 120 // days from the first to the last; the longest sales are of about 70
	MaxAhead = 18  // months from now to the start
)

// Rule is what a calendar computes for the same edition, zero where it has none.
type Rule struct{ Start, End time.Time }

// Check returns what speaks against a candidate of a document at a time, its own doubts
// included. With a rule that differs, the rule holds: the doubt is an alert about the
// page.
func (d *Document) Check(c Candidate, now time.Time, rule Rule) []Doubt {
	doubts := append([]Doubt(nil), c.Doubts...)
	if !d.Holds(c.Quote) || !d.Holds(c.Sentence) {
		doubts = append(doubts, Doubt{Code: DoubtNoQuote})
	}
	if got, ok := reread(c); !ok {
		doubts = append(doubts, Doubt{DoubtReread, got})
	}
	doubts = append(doubts, plausible(c.Start, c.End, now)...)
	if !rule.Start.IsZero() && (!rule.Start.Equal(c.Start) || !rule.End.Equal(c.End)) {
		doubts = append(doubts, Doubt{DoubtRule, Dates(rule.Start, rule.End)})
	}
	return unique(doubts)
}

// Holds reports whether a quote stands verbatim on the page: in its text, or in what it
// declares for machines.
func (d *Document) Holds(quote string) bool {
	return quote != "" && (strings.Contains(d.Text, quote) || strings.Contains(d.raw, quote))
}

// reread reads the dates from the quote anew and compares them with the candidate's.
func reread(c Candidate) (got string, same bool) {
	if c.Declared {
		start, ok := declaredDate(c.Quote)
		return start.Format(time.DateOnly), ok && start.Equal(c.Start)
	}
	scan := newScanner(c.Quote, "")
	scan.given = true
	spans := scan.spans()
	if len(spans) != 1 || spans[0].at != 0 || spans[0].end != len(c.Quote) {
		return "-", false
	}
	s := spans[0]
	if s.from.lunar || strings.Contains(c.Sentence, "음력 "+c.Quote) {
		return "", true // its day is the lunar calendar's affair
	}
	return s.sameDays(c.Start, c.End, c.Previous)
}

// sameDays reports whether a span's months and days are those of start and end, in
// either order where that is open.
func (s span) sameDays(start, end, was time.Time) (got string, same bool) {
	to := s.from
	if s.ranged {
		to = s.to
	}
	is := func(p point, t time.Time) bool {
		m, d := int(t.Month()), t.Day()
		return p.month == m && p.day == d || p.form == formNumbers && p.month == d && p.day == m
	}
	if s.moved || !was.IsZero() {
		return fmt.Sprintf("%02d-%02d", s.to.month, s.to.day), s.ranged && is(s.from, was) && is(s.to, start)
	}
	year := s.writtenYear()
	return fmt.Sprintf("%d-%02d-%02d~%02d-%02d", year, s.from.month, s.from.day, to.month, to.day),
		is(s.from, start) && is(to, end) && (year == 0 || year == start.Year())
}

// plausible returns the doubts about dates by themselves.
func plausible(start, end, now time.Time) (doubts []Doubt) {
	today := dateOf(now)
	if end.Before(start) {
		doubts = append(doubts, Doubt{DoubtReversed, Dates(start, end)})
	}
	if days := int(end.Sub(start).Hours()/24) + 1; days > MaxSpan {
		doubts = append(doubts, Doubt{DoubtLong, fmt.Sprint(days)})
	}
	if start.After(today.AddDate(0, MaxAhead, 0)) {
		doubts = append(doubts, Doubt{DoubtFar, start.Format(time.DateOnly)})
	}
	if end.Before(today) {
		doubts = append(doubts, Doubt{DoubtOver, Dates(start, end)})
	}
	return doubts
}

// Dates writes "2026-11-23~2026-11-29", or one date.
func Dates(start, end time.Time) string {
	if start.Equal(end) {
		return start.Format(time.DateOnly)
	}
	return start.Format(time.DateOnly) + "~" + end.Format(time.DateOnly)
}

// unique drops repeated doubts and keeps the order.
func unique(doubts []Doubt) []Doubt {
	seen := map[DoubtCode]bool{}
	kept := doubts[:0]
	for _, d := range doubts {
		if !seen[d.Code] {
			seen[d.Code] = true
			kept = append(kept, d)
		}
	}
	return kept
}

// Best returns the candidates that are fit to be suggested, most trusted first: dates
// ahead of now that the page says of the event itself. Of an event that is not named
// with any date, none is. Doubts are those of Check.
func (d *Document) Best(o Options, now time.Time, rule func(year int) Rule) []Candidate {
	var fit []Candidate
	for _, c := range d.Candidates(o) {
		var r Rule
		if rule != nil {
			r = rule(c.Start.Year())
		}
		c.Doubts = d.Check(c, now, r)
		if c.fit(len(o.Names) > 0) {
			fit = append(fit, c)
		}
	}
	sort.SliceStable(fit, func(i, j int) bool { return fit[i].rank() < fit[j].rank() })
	return distinct(fit)
}

// fit reports whether a candidate may be the coming edition. A weekday that fits only a
// past year may be a typo, so that it is shown, as a conflict.
func (c *Candidate) fit(mustName bool) bool {
	if mustName && !c.Named {
		return false
	}
	if c.doubted(DoubtOver) || c.Tense == TensePast {
		return c.doubted(DoubtPastYear) && !c.doubted(DoubtSideline) && !strings.Contains(c.Quote, fmt.Sprint(c.Start.Year())) &&
			c.tenseSaid() != TensePast
	}
	return !c.doubted(DoubtNoQuote) && !c.doubted(DoubtReread)
}

// tenseSaid is the tense by words alone.
func (c *Candidate) tenseSaid() Tense {
	at := strings.Index(c.Sentence, c.Quote)
	if at < 0 {
		return TenseUnknown
	}
	t, _ := edition(c.Sentence, at, at+len(c.Quote))
	return t
}

// rank sorts candidates: declared before text, checked before bare, doubted last.
func (c *Candidate) rank() int {
	n := 4 * len(c.Doubts)
	switch c.Confidence {
	case Low:
		n += 3
	case Conflict:
		n += 8
	}
	if c.doubted(DoubtSideline) {
		n += 10
	}
	if c.Declared {
		n--
	}
	return n
}

// distinct keeps the first of candidates with the same dates.
func distinct(list []Candidate) []Candidate {
	seen := map[string]bool{}
	var kept []Candidate
	for _, c := range list {
		if key := Dates(c.Start, c.End) + string(c.Status); !seen[key] {
			seen[key] = true
			kept = append(kept, c)
		}
	}
	return kept
}

// Domain is the registrable domain of an address, such as "example.co.kr"; "" for an
// address without one. Two pages of one domain are one source.
func Domain(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")))
	if err != nil {
		return ""
	}
	return domain
}

// open are hosts, and what lies below them, where anybody may write: what stands there is
// not said by whose domain it is.
var open = []string{
	"blog.naver.com", "m.blog.naver.com", "cafe.naver.com", "m.cafe.naver.com", "post.naver.com", "m.post.naver.com", "kin.naver.com", "in.naver.com",
	"blog.daum.net", "cafe.daum.net", "brunch.co.kr", "tistory.com", "velog.io", "egloos.com", "notion.site", "medium.com", "wordpress.com", "wixsite.com",
	"sites.google.com", "docs.google.com", "forms.gle", "github.com", "facebook.com", "instagram.com", "threads.net", "x.com", "twitter.com", "youtube.com",
	"youtu.be", "tiktok.com", "pinterest.com", "reddit.com", "linkedin.com", "eventbrite.com", "event-us.kr", "onoffmix.com", "festa.io",
}

// openHost reports whether anybody may write on an address's host.
func openHost(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := "." + strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	return slices.ContainsFunc(open, func(o string) bool { return strings.HasSuffix(host, "."+o) })
}

// owner is the domain of who answers for a registrable domain: of "a.github.io", which
// anybody gets for asking, it is "github.io".
func owner(domain string) string {
	suffix, official := publicsuffix.PublicSuffix(domain)
	for !official && strings.Contains(suffix, ".") {
		// The suffix is a company's, and lies below an official one itself.
		suffix, official = publicsuffix.PublicSuffix(suffix[strings.IndexByte(suffix, '.')+1:])
	}
	rest := strings.TrimSuffix(domain, "."+suffix)
	return rest[strings.LastIndexByte(rest, '.')+1:] + "." + suffix
}

// Support is a source that gives the dates in question.
type Support struct {
	URL   string
	Quote string
	// Checked is set when the year is written there, or a weekday agrees.
	Checked bool
}

// Ready reports whether a curator has enough before them to confirm dates: they are
// checked by a page of the organiser's own domain, or by two domains that are independent.
// Pages where anybody may write are nobody's own, and those of one host are one source;
// the same quote on two domains is one source copied. It confirms nothing by itself.
func Ready(support []Support, organisers []string) (ready bool, why Doubt) {
	own := map[string]bool{}
	for _, o := range organisers {
		own[strings.ToLower(o)] = true
	}
	domains := map[string]bool{}
	sentences := map[string]bool{}
	for _, s := range support {
		domain := Domain(s.URL)
		if domain == "" || !s.Checked {
			continue
		}
		if own[domain] && !openHost(s.URL) {
			return true, Doubt{}
		}
		domain = owner(domain)
		if copied := squash(s.Quote); !sentences[copied] || len(copied) < copiedFrom {
			sentences[copied] = true
			domains[domain] = true
		}
	}
	if len(domains) >= 2 {
		return true, Doubt{}
	}
	return false, Doubt{DoubtSources, fmt.Sprintf("%d/2", len(domains))}
}

// copiedFrom is the length from which an equal sentence was copied rather than written
// twice.
const copiedFrom = 60
