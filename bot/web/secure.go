package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// policy lets the page load from itself alone, and run no script that stands in it:
// even a text that escaped its escaping could do nothing.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard stands before every request.
func (w *Web) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !w.hostAllowed(r) {
			http.Error(rw, "This address is not served here.", http.StatusMisdirectedRequest)
			return
		}
		h := rw.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		sameOrigin.ServeHTTP(rw, r)
	})
}

// hostAllowed refuses foreign names on a loopback listener. Otherwise a page of
// somebody's domain that they point at 127.0.0.1 would count as the same origin and
// could ask in the visitor's name.
func (w *Web) hostAllowed(r *http.Request) bool {
	host := hostOnly(r.Host)
	if slices.Contains(w.cfg.Hosts, host) {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true // served without a listener
	}
	at, ok := local.(*net.TCPAddr)
	if !ok || !at.IP.IsLoopback() {
		return true
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}
