package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// Keys are tokens by their digest.
type Keys map[[sha256.Size]byte]string

// NewKeys returns the keys that let tokens in.
func NewKeys(tokens []Token) Keys {
	k := Keys{}
	for _, t := range tokens {
		k[sha256.Sum256([]byte(t.Token))] = t.Name
	}
	return k
}

// Caller returns whose token a request carries as a bearer token. Tokens are compared by
// digest, and with all of them, so that the time taken says nothing about them.
func (k Keys) Caller(r *http.Request) (name string, ok bool) {
	scheme, given, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") { // RFC 9110: schemes are told apart without case
		return "", false
	}
	sum := sha256.Sum256([]byte(given))
	for digest, of := range k {
		if subtle.ConstantTimeCompare(digest[:], sum[:]) == 1 {
			name = of
		}
	}
	return name, name != ""
}
