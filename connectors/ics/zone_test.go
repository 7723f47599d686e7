package ics

import (
	"testing"
	"time"
)

// TestWindowsZones are zones that this machine's database has.
func TestWindowsZones(t *testing.T) {
	t.Parallel()
	all := windowsZones()
	if len(all) < 130 {
		t.Errorf("%d zones", len(all))
	}
	for windows, iana := range all {
		if _, err := time.LoadLocation(iana); err != nil {
			t.Errorf("%s: %v", windows, err)
		}
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"webcal://example.com/a.ics": "https://example.com/a.ics", "https://example.com/a.ics": "https://example.com/a.ics",
	} {
		if got := New(Options{URL: url}).opts.URL; got != want {
			t.Errorf("%s: got %s", url, got)
		}
	}
}
