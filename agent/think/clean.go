package think

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	picture = regexp.MustCompile(`!\[([^\]]*)\]\([^)]*\)`)
	link    = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	linkRef = regexp.MustCompile(`(?m)^\s*\[[^\]]+\]:\s.*$`)
	// address is anything that a chat would turn into a link: a scheme, "www.", or a
	// name with a path.
	address  = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]{1,20}:(?://|\\\\)|www\.|mailto:|tel:|data:|javascript:)\S*|//[^\s/]\S*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|kr|co|dev|app|xyz|info|biz|me|ai|sh|top|site|link|ru|cn|jp|us|uk|eu|gg|ly|to)\b`)
	email    = regexp.MustCompile(`\S+@\S+\.\S+`)
	mention  = regexp.MustCompile(`[@＠](\S)`)
	angled   = regexp.MustCompile(`<[^<>\n]{0,300}>`)
	harmony  = regexp.MustCompile(`<\|[^|<>]{0,64}\|>`)
	blankRun = regexp.MustCompile(`[ \t]{2,}`)
)

// clean takes out of a text by the model whatever could do more than be read: links,
// pictures, addresses, mentions, tags and marks of other protocols. What it leaves is
// Markdown of words, emphasis and lists, and references to cells.
func clean(s string) string {
	var refs []string
	s = strings.Map(func(r rune) rune { // a text's own would be taken for references
		if r >= refMark {
			return -1
		}
		return r
	}, s)
	s = cellRef.ReplaceAllStringFunc(s, func(ref string) string {
		refs = append(refs, ref)
		return string(rune(refMark + len(refs) - 1))
	})
	return restoreRefs(scrub(s), refs)
}

// cellRef is a reference as package figures reads it. While a text is cleaned each is
// a character of a private plane, so that a column's name is not taken for a host, and
// an address with a figure in it goes whole.
var cellRef = regexp.MustCompile(`\{\{[^{}\n]{1,200}\}\}`)

const refMark = 0xF0000 // of plane 15, the first private one

func restoreRefs(s string, refs []string) string {
	var b strings.Builder
	for _, r := range s {
		if n := int(r) - refMark; n >= 0 && n < len(refs) {
			b.WriteString(refs[n])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// joined is a reference with a host's name hung on to it.
var joined = regexp.MustCompile(`([\x{F0000}-\x{FFFFD}])[.．。](\w)`)

func scrub(s string) string {
	s = joined.ReplaceAllString(s, "$1. $2")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\u2060', r == '\ufeff':
			return -1
		case r == '\n' || r == '\t':
			return r
		case r == '．': // which browsers take for a dot in a host's name
			return '.'
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, s)
	s = harmony.ReplaceAllString(s, "")
	s = picture.ReplaceAllString(s, "")
	s = link.ReplaceAllString(s, "$1")
	s = linkRef.ReplaceAllString(s, "")
	for angled.MatchString(s) { // <<a>script> leaves one inside the other
		s = angled.ReplaceAllString(s, "")
	}
	s = email.ReplaceAllString(s, "")
	s = address.ReplaceAllString(s, "")
	s = mention.ReplaceAllString(s, "$1")
	s = strings.NewReplacer("<", "‹", ">", "›").Replace(s)
	return strings.TrimSpace(blankRun.ReplaceAllString(s, " "))
}

// line is clean as one line of at most n characters.
func line(s string, n int) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}

// inert is text out of a row, as a sentence may have it: nothing in it is an address
// or calls anybody.
func inert(s string) string {
	return mention.ReplaceAllString(address.ReplaceAllString(email.ReplaceAllString(s, "…"), "…"), "$1")
}
