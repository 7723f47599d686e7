package connectorstest

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
)

// Golds are the accepted statements of a published set of questions (defog's sql-eval), by
// database. file is its table of questions in the dialect of an engine. Columns in braces
// are a choice; all of them are taken.
func Golds(t *testing.T, file string) map[string][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	reader := csv.NewReader(f)
	reader.LazyQuotes = true
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	db, query := slices.Index(rows[0], "db_name"), slices.Index(rows[0], "query")
	out := map[string][]string{}
	for _, row := range rows[1:] {
		for text := range strings.SplitSeq(row[query], ";") {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			before, rest, braces := strings.Cut(text, "{")
			if choice, after, ok := strings.Cut(rest, "}"); braces && ok {
				text = before + choice + strings.ReplaceAll(after, "{}", choice)
			}
			out[row[db]] = append(out[row[db]], text)
		}
	}
	return out
}
