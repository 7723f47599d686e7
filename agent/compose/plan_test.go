package compose_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
)

// cases reads lines "question → plan"; a line that begins with # is a comment.
func cases(t *testing.T, name string) [][2]string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out [][2]string
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		q, want, ok := strings.Cut(line, "→")
		if !ok {
			t.Fatalf("%s: no arrow in %q", name, line)
		}
		out = append(out, [2]string{strings.TrimSpace(q), strings.TrimSpace(want)})
	}
	return out
}

func TestQuestions(t *testing.T) {
	lex := compose.NewLexicon(commerce(), stocked())
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no questions")
	}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "follow") {
			continue
		}
		for _, c := range cases(t, filepath.Base(file)) {
			if got := show(compose.Parse(input(lex, c[0]))); got != c[1] {
				t.Errorf("%s: %s\n got  %s\n want %s", filepath.Base(file), c[0], got, c[1])
			}
		}
	}
}
