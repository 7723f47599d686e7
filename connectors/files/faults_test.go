package files

import (
	"strings"
	"testing"
	"unicode"
)

// TestEveryFaultSpeaksBothLanguages holds the table of sentences together.
func TestEveryFaultSpeaksBothLanguages(t *testing.T) {
	for f, s := range sentences {
		if s.code == "" || !strings.HasSuffix(s.ko, "요.") || !strings.HasSuffix(s.en, ".") {
			t.Errorf("%s: %+v", f, s)
		}
		if !strings.ContainsFunc(s.ko, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) {
			t.Errorf("%s: no Korean in %q", f, s.ko)
		}
		if ko, en := strings.Count(s.ko, "%"), strings.Count(s.en, "%"); ko != en {
			t.Errorf("%s: %d parts in Korean, %d in English", f, ko, en)
		}
	}
}

func TestNamesInSentences(t *testing.T) {
	e := faultEmpty.about(nil, file("a\nb"+strings.Repeat("c", 500)+".csv"))
	for _, s := range []string{e.Text("ko"), e.Text("en")} {
		if strings.Contains(s, "\n") || len(s) > 300 || !strings.HasPrefix(s, "a bccc") {
			t.Errorf("%q", s)
		}
	}
}
