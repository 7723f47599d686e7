package rest

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/connectors"
)

// Bounds of what is shown of a hit, in characters.
const (
	maxTitle   = 300
	maxSnippet = 2000
	maxURL     = 2048
)

var (
	// What a page would not show. Ends that are missing leave the words in.
	unseen = regexp.MustCompile(`(?is)<!--.*?-->|<script\b[^>]*>.*?</script\s*>|<style\b[^>]*>.*?</style\s*>`)
	// Tags end with a bracket, and what stands in them has values: "a<b and c>d" is
	// none.
	tag = regexp.MustCompile(`</?[a-zA-Z][a-zA-Z0-9:-]*(\s+[a-zA-Z_:@-][\w:.-]*\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+))*\s*/?>`)
	// Those within a line: what marks found words. Others part words.
	inline = regexp.MustCompile(`^</?(?i:b|em|strong|i|u|mark|span|a|font|small|sub|sup|code|c0)[\s/>]`)
)

// Plain is a text without markup, entities, and characters that are not seen or turn
// others around, on one line.
func Plain(text string) string {
	text = unseen.ReplaceAllString(text, " ")
	text = tag.ReplaceAllStringFunc(text, func(t string) string {
		if inline.MatchString(t) {
			return ""
		}
		return " "
	})
	// Some escape what they quote of a page, script and all.
	text = unseen.ReplaceAllString(html.UnescapeString(strings.ToValidUTF8(text, "\ufffd")), " ")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case r == '\u200c' || r == '\u200d': // join letters and emoji
			return r
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, text)
	return norm.NFC.String(strings.Join(strings.Fields(text), " "))
}

// Cut is the first most characters of a text, to a word where one ends not long
// before, with an ellipsis if that is not all.
func Cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return shorten(text, most-1) + "…"
}

// Shorten is a query of at most characters characters and, where words is positive, so
// many words. It ends at a word, if it has one.
func Shorten(text string, characters, words int) string {
	fields := strings.Fields(norm.NFC.String(text))
	if words > 0 && len(fields) > words {
		fields = fields[:words]
	}
	return shorten(strings.Join(fields, " "), characters)
}

func shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	end := most
	// A mark or a joiner belongs to the character before it.
	for end > 0 && (unicode.IsMark(runes[end]) || runes[end] == '\u200d' || runes[end-1] == '\u200d') {
		end--
	}
	if runes[end] == ' ' {
		return strings.TrimSpace(string(runes[:end]))
	}
	if space := lastSpace(runes[:end]); space > 0 {
		end = space
	}
	return strings.TrimSpace(string(runes[:end]))
}

func lastSpace(runes []rune) int {
	for i := len(runes) - 1; i >= 0; i-- {
		if runes[i] == ' ' {
			return i
		}
	}
	return -1
}

// Words are the words of a query without the characters by which a query language
// tells its operators: letters and digits, and what stands between two of them in
// names and dates.
func Words(text string) []string {
	runes := []rune(norm.NFC.String(text))
	letter := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]) || unicode.IsMark(runes[i]))
	}
	for i, r := range runes {
		if !letter(i) && (!strings.ContainsRune("._'", r) || !letter(i-1) || !letter(i+1)) {
			runes[i] = ' '
		}
	}
	return strings.Fields(string(runes))
}

// Hit is a hit made of what a service says: texts made plain, times read. A result
// without a web address is none.
func Hit(title, address, snippet, published string) (connectors.Hit, bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(address) > maxURL {
		return connectors.Hit{}, false
	}
	u.User = nil
	h := connectors.Hit{Title: Cut(Plain(title), maxTitle), URL: u.String(), Snippet: Cut(Plain(snippet), maxSnippet), Published: Date(published)}
	if h.Title == "" {
		h.Title = u.Hostname()
	}
	return h, true
}

// dates are the forms in which services write when a page was published.
var dates = []string{
	time.RFC3339Nano, time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
	"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05-0700", "2006-01-02 15:04:05", "2006-01-02", "20060102",
}

// Date reads a time in one of the forms that name a day. It is zero for any other: "3
// days ago" is not known to the day, and says of a page what was true when the service
// saw it. A time without a zone is taken for UTC.
func Date(text string) time.Time {
	text = strings.TrimSpace(text)
	for _, form := range dates {
		// The web began in 1989. What claims more is wrong.
		if t, err := time.Parse(form, text); err == nil && t.Year() >= 1989 && t.Year() < 2100 {
			return t.UTC()
		}
	}
	return time.Time{}
}

// Select is the hits that query asks for: none known to be published outside its
// period, none twice, and no more than it wants.
func Select(hits []connectors.Hit, query connectors.SearchQuery) []connectors.Hit {
	seen := map[string]bool{}
	hits = slices.DeleteFunc(hits, func(h connectors.Hit) bool {
		known := !h.Published.IsZero()
		early := known && !query.After.IsZero() && h.Published.Before(query.After)
		late := known && !query.Before.IsZero() && h.Published.After(query.Before)
		twice := seen[h.URL]
		seen[h.URL] = true
		return early || late || twice
	})
	return hits[:min(len(hits), Wanted(query))]
}

// Wanted is how many hits a query wants.
func Wanted(query connectors.SearchQuery) int {
	if query.Max <= 0 {
		return defaultHits
	}
	return query.Max
}

// defaultHits is what connectors.SearchQuery says.
const defaultHits = 10
