package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// icalReads has the parser that Thunderbird uses read a feed: whole days, in the order of
// its own idea of time.
func icalReads(t *testing.T, feed string) {
	t.Helper()
	dir := filepath.Join("testdata", "ical")
	node, err := exec.LookPath("node")
	if _, serr := os.Stat(filepath.Join(dir, "node_modules", "ical.js")); err != nil || serr != nil {
		const hint = "this test needs node and ical.js: npm ci --prefix cmd/bapsang/cli/testdata/ical"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(hint)
		}
		t.Skip(hint)
	}
	cmd := exec.CommandContext(t.Context(), node, "read.mjs")
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, strings.NewReader(feed), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ical.js: %v", err)
	}
	var events []struct {
		UID, Summary, Start, End string
		AllDay                   bool
	}
	if err := json.Unmarshal(out, &events); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(feed, "BEGIN:VEVENT"); len(events) != n || n == 0 {
		t.Errorf("%d events of %d", len(events), n)
	}
	seen, black := map[string]bool{}, false
	for _, e := range events {
		if !e.AllDay || e.UID == "" || seen[e.UID] {
			t.Errorf("%+v", e)
		}
		seen[e.UID] = true
		start, err := time.Parse(time.DateOnly, e.Start)
		if err != nil {
			t.Errorf("%+v: %v", e, err)
		}
		if e.Summary == "Black Friday" && e.Start == "2026-11-27" {
			// The end is the day after the last.
			black = e.End == start.AddDate(0, 0, 1).Format(time.DateOnly)
		}
	}
	if !black {
		t.Error("Black Friday 2026 is not one day, the 27th")
	}
}
