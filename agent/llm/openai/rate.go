package openai

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Rate is what a server says of its limits. A field is -1 where it does not say.
type Rate struct {
	LimitRequests, RemainingRequests int
	LimitTokens, RemainingTokens     int
	ResetRequests, ResetTokens       time.Duration // until all of it is there again
}

// maxWait bounds what a server may ask for: beyond it is a mistake, or a quota that
// should rather be asked again.
const maxWait = 10 * time.Minute

// readRate reads the x-ratelimit headers.
func readRate(h http.Header) (Rate, bool) {
	r := Rate{
		LimitRequests: number(h, "x-ratelimit-limit-requests"), RemainingRequests: number(h, "x-ratelimit-remaining-requests"),
		LimitTokens: number(h, "x-ratelimit-limit-tokens"), RemainingTokens: number(h, "x-ratelimit-remaining-tokens"),
		ResetRequests: span(h.Get("x-ratelimit-reset-requests")), ResetTokens: span(h.Get("x-ratelimit-reset-tokens")),
	}
	said := r.LimitRequests >= 0 || r.RemainingRequests >= 0 || r.LimitTokens >= 0 || r.RemainingTokens >= 0
	return r, said
}

func number(h http.Header, key string) int {
	n, err := strconv.Atoi(h.Get(key))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// span reads "6m0s", "120ms" or seconds; -1 for anything else.
func span(s string) time.Duration {
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f >= 0 && f < 1e9 {
		return time.Duration(f * float64(time.Second))
	}
	return -1
}

// retryAfter is how long a server wants to be left alone, at most maxWait, 0 when it does
// not say. The limits' own headers count only for a 429, and only those that are used up.
func retryAfter(h http.Header, status int, now time.Time) time.Duration {
	wait := explicitWait(h, now)
	if rate, ok := readRate(h); wait < 0 && ok && status == http.StatusTooManyRequests {
		if rate.RemainingRequests == 0 {
			wait = max(wait, rate.ResetRequests)
		}
		if rate.RemainingTokens == 0 {
			wait = max(wait, rate.ResetTokens)
		}
	}
	return min(max(wait, 0), maxWait)
}

// explicitWait reads Retry-After-Ms and Retry-After, which is seconds or a date. A date
// is by the server's clock, so its own Date is what it is counted from.
func explicitWait(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms >= 0 && ms < 1e9 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	s := strings.TrimSpace(h.Get("Retry-After"))
	if d := span(s); d >= 0 {
		return d
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return -1
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return at.Sub(now)
}
