package connectors

import (
	"net/http"
	"strings"
	"time"
)

// MaxRetryAfter is for how long a system is left alone at most on a header's word.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter reads a Retry-After header, which is seconds or a date (RFC 9110 §10.2.3).
// It is zero for what is neither or is over, and at most MaxRetryAfter.
func RetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header != "" && strings.Trim(header, "0123456789") == "" {
		seconds := 0
		for _, d := range header {
			// More digits than a day has seconds are more than a day.
			seconds = min(seconds*10+int(d-'0'), int(MaxRetryAfter/time.Second))
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}
