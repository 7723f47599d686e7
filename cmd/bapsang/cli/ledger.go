package cli

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/bapsang/bapsang/bot/api"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/ledger"
)

// ledgerPage shows the ledger to who is on this machine, or has a token of api.tokens: it
// names owners, and what is said when something is turned off.
func (a *App) ledgerPage(w http.ResponseWriter, r *http.Request) {
	if !a.ledgerAllowed(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="bapsang"`)
		http.Error(w, "a bearer token of api.tokens is needed", http.StatusUnauthorized)
		return
	}
	language := r.URL.Query().Get("language")
	if language != "en" && language != "ko" {
		language = "ko"
		if strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
			language = "en"
		}
	}
	c := a.contracts()
	l, err := ledger.Of(r.Context(), c.books(), c.upstreams, c.contact, r.URL.Query().Get("upstream"), a.now())
	var unknown *ledger.UnknownError
	switch {
	case errors.As(err, &unknown):
		http.Error(w, "there is no such upstream", http.StatusNotFound)
		return
	case err != nil:
		a.opts.Logger.ErrorContext(r.Context(), "the ledger cannot be read", "error", err)
		http.Error(w, "the ledger cannot be read", http.StatusServiceUnavailable)
		return
	}
	var out bytes.Buffer
	kind := "text/html; charset=utf-8"
	if r.URL.Query().Get("format") == "json" {
		kind = "application/json"
		err = l.JSON(&out)
	} else {
		err = l.HTML(&out, language, true)
	}
	if err != nil {
		a.opts.Logger.ErrorContext(r.Context(), "the ledger cannot be written", "error", err)
		http.Error(w, "the ledger cannot be written", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", ledger.Policy())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes()) // a reader that has gone needs no page
}

// ledgerAllowed lets programs with a token in and, where only this machine is served,
// browsers that call it by one of its own names.
func (a *App) ledgerAllowed(r *http.Request) bool {
	if _, ok := api.NewKeys(a.opts.Tokens).Caller(r); ok {
		return true
	}
	listens, _, err := net.SplitHostPort(a.opts.Listen)
	return err == nil && loopback(listens) && byOwnName(r)
}

// byOwnName reports whether a request calls this machine by one of its own names: a page of
// elsewhere whose name was made to lead here must not read what is for this machine.
func byOwnName(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return loopback(strings.Trim(host, "[]"))
}
