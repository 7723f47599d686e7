package connectorstest

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// usual headers are what any client of a JSON service sends.
var usual = []string{"Accept", "Accept-Encoding", "User-Agent", "Content-Type", "Content-Length"}

// Head fails unless a request has the method, the path, and no headers of its own but
// these.
func Head(r *http.Request, method, path string, headers map[string]string) error {
	if r.Method != method || r.URL.Path != path {
		return fmt.Errorf("%s %s, want %s %s", r.Method, r.URL.Path, method, path)
	}
	for name, want := range headers {
		if got := r.Header.Values(name); len(got) != 1 || got[0] != want {
			return fmt.Errorf("header %s is %q", name, got)
		}
	}
	for name := range r.Header {
		if _, own := headers[name]; !own && !slices.Contains(usual, name) {
			return fmt.Errorf("header %s is unknown", name)
		}
	}
	if accept := r.Header.Get("Accept"); accept != "application/json" {
		return fmt.Errorf("header Accept is %q", accept)
	}
	return nil
}

// Params fails unless the parameters of a request's address are among names, once
// each, with something in them.
func Params(r *http.Request, names ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	for name, v := range values {
		if !slices.Contains(names, name) || len(v) != 1 || v[0] == "" {
			return nil, fmt.Errorf("parameter %s is %q", name, v)
		}
	}
	return values, nil
}

// Body reads a request's JSON into what into points at, and fails on a field that it
// does not have.
func Body(r *http.Request, into any) error {
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		return fmt.Errorf("header Content-Type is %q", got)
	}
	if r.URL.RawQuery != "" {
		return fmt.Errorf("parameters %q beside a body", r.URL.RawQuery)
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// Marked is a text as a service writes it that answers in HTML and marks the words it
// found.
func Marked(text, tag string) string {
	return strings.ReplaceAll(html.EscapeString(text), "할인", "<"+tag+">할인</"+tag+">")
}

// Serve is the address of a service that answers by handler until the test ends.
func Serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// JSON is v as a service writes it.
func JSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // a mistake of the test
	}
	return string(text)
}
