package connectors_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "0": 0, "-1": 0, "+7": 0, "1.5": 0, "1e12": 0, "soon": 0, "0x10": 0, "７": 0,
		"9999999": 24 * time.Hour, "1000000000000": 24 * time.Hour, "99999999999999999999": 24 * time.Hour, "0000000000000000000000007": 7 * time.Second,
		"Thu, 26 Nov 2026 10:01:30 GMT": 90 * time.Second, "Thu, 26 Nov 2026 09:00:00 GMT": 0, "Fri, 26 Nov 2027 10:00:00 GMT": 24 * time.Hour,
		"Fri, 31 Dec 9999 23:59:59 GMT": 24 * time.Hour, "Mon, 01 Jan 0001 00:00:00 GMT": 0,
	} {
		if got := connectors.RetryAfter(header, now); got != want {
			t.Errorf("%q = %s, want %s", header, got, want)
		}
	}
}
