package teamstest

import (
	"strings"
	"time"
)

// Forgery is what is wrong with the token of a delivery; Genuine is nothing.
type Forgery string

// The forgeries. Those of the first group are tokens that Microsoft's own library accepts.
const (
	Genuine      Forgery = ""
	OlderKey     Forgery = "signed with the published key before the last"
	JustExpired  Forgery = "expired a minute ago"
	NearlyValid  Forgery = "valid in four minutes"
	NoExpiry     Forgery = "without exp" // which an app should refuse all the same
	ManyClaims   Forgery = "with claims that nobody knows"
	NoType       Forgery = "without typ"
	Expired      Forgery = "expired six minutes ago"
	NotYet       Forgery = "valid in six minutes"
	Audience     Forgery = "for another app"
	Audiences    Forgery = "for a list of apps with this one"
	NoAudience   Forgery = "for no app"
	Issuer       Forgery = "of another issuer"
	NoIssuer     Forgery = "of no issuer"
	ServiceURL   Forgery = "of another service"
	ServiceSlash Forgery = "of a service with another slash"
	NoService    Forgery = "of no service"
	UnknownKey   Forgery = "of a key that nobody published"
	NoKey        Forgery = "that names no key"
	Unendorsed   Forgery = "of a key of another channel"
	OtherKey     Forgery = "signed with another key than it names"
	AlgNone      Forgery = "unsigned"
	AlgHMAC      Forgery = "signed with the public key as a secret"
	Tampered     Forgery = "changed after it was signed"
	OtherScheme  Forgery = "as a scheme in small letters"
	NoToken      Forgery = "without any"
	Garbage      Forgery = "that is none"
	TextExpiry   Forgery = "whose exp is a text"
	AppToken     Forgery = "that the login gave to the app"
)

// Forgeries are all of them, and whether Microsoft's library accepts each.
func Forgeries() map[Forgery]bool {
	all := map[Forgery]bool{}
	for _, f := range []Forgery{Genuine, OlderKey, JustExpired, NearlyValid, NoExpiry, ManyClaims, NoType} {
		all[f] = true
	}
	for _, f := range []Forgery{
		Expired, NotYet, Audience, Audiences, NoAudience, Issuer, NoIssuer, ServiceURL, ServiceSlash, NoService, UnknownKey, NoKey, Unendorsed,
		OtherKey, AlgNone, AlgHMAC, Tampered, OtherScheme, NoToken, Garbage, TextExpiry, AppToken,
	} {
		all[f] = false
	}
	return all
}

// Authorization is the header that proves a delivery from Teams, forged.
func (s *Server) Authorization(f Forgery) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.authorization(f, s.service())
}

// AuthorizationFor is the header of a delivery from another part of Teams: genuine, and
// for that serviceUrl.
func (s *Server) AuthorizationFor(serviceURL string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.authorization(Genuine, serviceURL)
}

func (s *Server) authorization(f Forgery, service string) string {
	switch f {
	case NoToken:
		return ""
	case Garbage:
		return "Bearer not.a.token"
	case AppToken:
		return "Bearer " + s.grant(botAudience)["access_token"].(string)
	}
	token := s.forge(f, service)
	switch f {
	case Tampered:
		parts := strings.Split(token, ".")
		parts[1] = segment(s.claims(ManyClaims, service))
		token = strings.Join(parts, ".")
	case OtherScheme:
		return "bearer " + token
	}
	return "Bearer " + token
}

// claims are those of a token, forged. The header's and the key's forgeries leave them.
func (s *Server) claims(f Forgery, service string) obj {
	now := s.stamp.Now()
	c := obj{
		"iss": botAudience, "aud": s.opts.AppID, "serviceurl": service, "nbf": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(55 * time.Minute).Unix(),
	}
	set := map[Forgery]obj{
		JustExpired:  {"exp": now.Add(-time.Minute).Unix(), "nbf": now.Add(-time.Hour).Unix()},
		Expired:      {"exp": now.Add(-6 * time.Minute).Unix(), "nbf": now.Add(-time.Hour).Unix()},
		NearlyValid:  {"nbf": now.Add(4 * time.Minute).Unix()},
		NotYet:       {"nbf": now.Add(6 * time.Minute).Unix()},
		NoExpiry:     {"exp": nil},
		TextExpiry:   {"exp": now.Add(time.Hour).Format(time.RFC3339)},
		ManyClaims:   {"scp": []string{"a", "b"}, "deep": obj{"a": []any{1, obj{}}}, "amr": nil, "n": 1e300},
		Audience:     {"aud": "00000000-0000-4000-8000-000000000000"},
		Audiences:    {"aud": []string{s.opts.AppID, "00000000-0000-4000-8000-000000000000"}},
		NoAudience:   {"aud": nil},
		Issuer:       {"iss": "https://sts.windows.net/" + s.opts.Tenant + "/"},
		NoIssuer:     {"iss": nil},
		ServiceURL:   {"serviceurl": "https://evil.example/"},
		ServiceSlash: {"serviceurl": strings.TrimSuffix(service, "/")},
		NoService:    {"serviceurl": nil},
	}
	for name, v := range set[f] {
		if c[name] = v; v == nil && name != "amr" {
			delete(c, name)
		}
	}
	return c
}

func (s *Server) forge(f Forgery, service string) string {
	k := s.keys[len(s.keys)-1]
	header := obj{"typ": "JWT", "alg": "RS256", "kid": k.id, "x5t": k.id}
	switch f {
	case OlderKey:
		k = s.keys[len(s.keys)-2]
		if s.keys[len(s.keys)-2].endorsements[0] != "msteams" { // after a rotation that kept none
			k = s.keys[len(s.keys)-1]
		}
		header["kid"], header["x5t"] = k.id, k.id
	case Unendorsed:
		k = s.keys[0]
		header["kid"], header["x5t"] = k.id, k.id
	case UnknownKey:
		header["kid"], header["x5t"] = "nobody", "nobody"
	case NoKey:
		delete(header, "kid")
		delete(header, "x5t")
	case OtherKey:
		k = s.keys[0]
	case NoType:
		delete(header, "typ")
	case AlgNone:
		header["alg"] = "none"
	case AlgHMAC:
		header["alg"] = "HS256"
	}
	return signed(k, header, s.claims(f, service))
}
