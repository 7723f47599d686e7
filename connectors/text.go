package connectors

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
)

// Text is a text of a database as UTF-8. A database that says nothing of its encoding may
// hold what is none: Korean of an older time, or anything.
func Text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	if text, err := korean.EUCKR.NewDecoder().String(s); err == nil && !strings.ContainsRune(text, utf8.RuneError) {
		return text
	}
	return strings.ToValidUTF8(s, string(utf8.RuneError))
}
