package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadFilesAreRefusedInTheAskersLanguage asks about a file that cannot be read.
func TestBadFilesAreRefusedInTheAskersLanguage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sales.csv")
	if err := os.WriteFile(path, []byte("\x89PNG\r\n\x1a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]string{
		"지역별 금액 합계":         "bapsang: sales.csv 파일은 그림 파일이고 CSV 파일이 아니에요.",
		"revenue by region": "bapsang: sales.csv is a picture, not a CSV file.",
	} {
		code, out, errs := run(t, "ask", "--now", now, "--data", path, question)
		if code != 1 || out != "" || !strings.HasPrefix(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d: %q %q, want %q", question, code, out, errs, want)
		}
	}
}
