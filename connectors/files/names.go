package files

import (
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxName is the longest name of a table or column, in characters.
const maxName = 63

// identifier makes a name of letters, digits and underscores out of a heading or a
// file's name: "주문 일자" is 주문_일자. It returns "" where nothing is left.
func identifier(s string) string {
	var b strings.Builder
	gap := false
	n := 0
	for _, r := range norm.NFC.String(s) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			n++
			gap = false
		}
		b.WriteRune(r)
		if n++; n >= maxName {
			break
		}
	}
	return b.String()
}

// namer hands out names that differ, whatever their case.
type namer struct{ taken map[string]bool }

func (n *namer) unique(name string) string {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	try := name
	for i := 2; n.taken[strings.ToLower(try)]; i++ {
		suffix := "_" + itoa(i)
		r := []rune(name)
		try = string(r[:min(len(r), maxName-len(suffix))]) + suffix
	}
	n.taken[strings.ToLower(try)] = true
	return try
}

// columnName is a column's name and, where it had to differ, the heading it has in
// the file.
type columnName struct{ name, original string }

// columnNames makes names of headings. Column i without a heading is called by its
// number.
func columnNames(headings []string, korean bool) []columnName {
	var n namer
	out := make([]columnName, len(headings))
	for i, h := range headings {
		h = strings.Join(strings.Fields(h), " ")
		bare, _ := cutUnit(h)
		name := identifier(bare)
		if name == "" {
			name = "column" + itoa(i+1)
			if korean {
				name = "열" + itoa(i+1)
			}
		}
		name = n.unique(name)
		out[i] = columnName{name: name}
		if name != h {
			out[i].original = clip(h, 200)
		}
	}
	return out
}

// clip cuts s after n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// stem is a file's name without its endings.
func stem(path string) string {
	base := filepath.Base(path)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	return norm.NFC.String(base)
}

var datePart = regexp.MustCompile(`(?i)[ _.\-]*\(?(?:\d+|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\)?(?:년|월|일|분기|주차|차|q\d?|h\d?)?`)

// seriesName is what the files of one series have in common: "매출_2026-01" and
// "매출_2026-02" are both "매출". It is "" for names of digits alone.
func seriesName(path string) string {
	s := stem(path)
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	s = datePart.ReplaceAllString(s, "")
	return strings.Trim(s, " _-.()")
}

// tableName makes a table's name; one that begins with a digit would have to be
// quoted everywhere.
func tableName(s string, korean bool) string {
	name := identifier(s)
	switch {
	case name == "" && korean:
		return "표"
	case name == "":
		return "data"
	case name[0] >= '0' && name[0] <= '9' && korean:
		return "표_" + name
	case name[0] >= '0' && name[0] <= '9':
		return "t_" + name
	}
	return name
}

var yearInText = regexp.MustCompile(`(?:^|\D)((?:19|20)\d\d)(?:\D|$)`)

// yearIn returns the one year that the texts name, 0 when they name none or several.
func yearIn(texts ...string) int {
	year := 0
	for _, t := range texts {
		for _, m := range yearInText.FindAllStringSubmatch(t, -1) {
			y := int(m[1][0]-'0')*1000 + int(m[1][1]-'0')*100 + int(m[1][2]-'0')*10 + int(m[1][3]-'0')
			if year != 0 && y != year {
				return 0
			}
			year = y
		}
	}
	return year
}

// quote quotes an SQL identifier.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// literal quotes an SQL string.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
