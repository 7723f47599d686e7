package egress

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unseen are characters that take no part in how a text is read, beyond those of format
// (Cf): fillers and selectors of Unicode's Default_Ignorable_Code_Point, and the frame
// that makes a digit an emoji.
func unseen(r rune) bool {
	switch {
	case r == '\u034f', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u20e3', r >= '\u180b' && r <= '\u180f',
		r >= '\ufe00' && r <= '\ufe0f', r >= 0xe0100 && r <= 0xe01ef:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// framed is the digit of a circle that has no compatibility mapping; a ten ends in zero.
func framed(r rune) (rune, bool) {
	for _, row := range []rune{'\u24f5', '\u2776', '\u2780', '\u278a'} {
		if r >= row && r < row+10 {
			return '0' + (r-row+1)%10, true
		}
	}
	return 0, false
}

// lookalikes are small letters of other scripts that are read as Latin ones, from Unicode's
// confusables (UTS #39), and two digits.
var lookalikes = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range [][2]string{
		{"авеёкмнорстухіїјѕһԁԛԝґгп", "abeekmhopctyxiijshdqwrrn"},
		{"αβεηικνορτυχγω", "abenikvoptuxyw"},
		{"øłđıßſɡ01", "oldissgol"},
	} {
		to := []rune(pair[1])
		for i, r := range []rune(pair[0]) {
			m[r] = to[i]
		}
	}
	return m
}()

// plainLetters is a text in small letters without accents, letters of other scripts that
// look like Latin ones as those.
func plainLetters(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
	return norm.NFC.String(text)
}

// jamo is a text with its Hangul in single letters, the last of a syllable as they are
// written first, and its other letters as they are. Loose is set when some stood alone.
func jamo(text string) (apart string, loose bool) {
	const last, compounds = "ᆨᆩᆪᆫᆬᆭᆮᆯᆰᆱᆲᆳᆴᆵᆶᆷᆸᆹᆺᆻᆼᆽᆾᆿᇀᇁᇂ", "ᄀᄁ ᄂ  ᄃᄅ       ᄆᄇ ᄉᄊᄋᄌᄎᄏᄐᄑᄒ"
	first := []rune(compounds)
	for _, r := range text {
		loose = loose || r >= 0x1100 && r <= 0x11ff
	}
	if !loose {
		return text, false
	}
	return strings.Map(func(r rune) rune {
		if i := r - []rune(last)[0]; i >= 0 && int(i) < len(first) && first[i] != ' ' {
			return first[i]
		}
		return r
	}, norm.NFD.String(text)), true
}

// mostReadings bounds the ways in which one text is read.
const mostReadings = 24

// readings are the ways in which a text can be read: as it stands, and with what is
// written as an entity, behind percent signs, as \uXXXX, in base64 or in hexadecimal
// digits taken for what it means.
func readings(text string) []string {
	all := []string{text}
	for i := 0; i < len(all) && len(all) < mostReadings; i++ {
		plain := unescape(html.UnescapeString(backslashed.ReplaceAllStringFunc(all[i], unquote)))
		if plain != all[i] {
			all = append(all, plain)
		}
		for _, run := range coded.FindAllString(all[i], mostReadings) {
			if s, ok := decoded(run); ok && len(all) < mostReadings {
				all = append(all, s)
			}
		}
	}
	for i := range all {
		all[i] = fold(all[i])
	}
	return all
}

var (
	backslashed = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`)
	percented   = regexp.MustCompile(`(%[0-9A-Fa-f]{2})+`)
	coded       = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`)
)

func unquote(s string) string {
	n, err := strconv.ParseUint(s[2:], 16, 16)
	if err != nil {
		return s
	}
	return string(rune(n))
}

// unescape undoes percent signs as far as they are ones.
func unescape(s string) string {
	return percented.ReplaceAllStringFunc(s, func(run string) string {
		if u, err := url.PathUnescape(run); err == nil {
			return u
		}
		return run
	})
}

// decoded is what a run stands for if it is a text in base64 or hexadecimal digits. That
// a word is one by chance is rare, and what it then says is nothing.
func decoded(run string) (string, bool) {
	for _, read := range []func(string) ([]byte, error){hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		b, err := read(run)
		if err == nil && utf8.Valid(b) && strings.IndexFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
			return string(b), true
		}
	}
	return "", false
}
