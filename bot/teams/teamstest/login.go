package teamstest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	botAudience = "https://api.botframework.com"
	botScope    = botAudience + "/.default"
)

// login is who vouches: for the app by tokens, for Teams by keys.
type login struct {
	tokens  map[string]grant // issued to the app
	keys    []key            // of deliveries; the last signs
	made    int
	granted int
}

type grant struct {
	audience string
	expires  time.Time
}

// key signs deliveries of the channels that it endorses.
type key struct {
	id           string
	private      *rsa.PrivateKey
	endorsements []string
}

// pool is a few keys, as they take long to make; ids tell those apart that are used
// twice.
var pool = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 4)
	for i := range keys {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(fmt.Sprintf("teamstest: no key: %v", err)) // crypto/rand does not fail
		}
		keys[i] = k
	}
	return keys
})

func newLogin() login {
	l := login{tokens: map[string]grant{}}
	l.add("webchat", "directline") // another channel's
	l.add("msteams")               // an older one
	l.add("msteams", "msteamsagent")
	return l
}

func (l *login) add(endorsements ...string) {
	all := pool()
	l.keys = append(l.keys, key{id: fmt.Sprintf("key-%d", l.made), private: all[l.made%len(all)], endorsements: endorsements})
	l.made++
}

// RotateKeys signs with a new key from now on. Without keep, those before are gone from
// the published ones.
func (s *Server) RotateKeys(keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !keep {
		s.keys = nil
		s.login.add("webchat", "directline")
	}
	s.login.add("msteams")
	s.notify()
}

// RevokeTokens makes every token that the login issued worthless.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

func (s *Server) serveOpenID() (int, any) {
	return http.StatusOK, obj{
		"issuer": botAudience, "authorization_endpoint": "https://invalid.botframework.com", "jwks_uri": s.base + "/v1/.well-known/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"}, "token_endpoint_auth_methods_supported": []string{"private_key_jwt"},
	}
}

func (s *Server) serveKeys() (int, any) {
	var list []obj
	for _, k := range s.keys {
		list = append(list, obj{
			"kty": "RSA", "use": "sig", "kid": k.id, "x5t": k.id, "endorsements": k.endorsements,
			"n": b64(k.private.N.Bytes()), "e": b64(big.NewInt(int64(k.private.E)).Bytes()),
		})
	}
	return http.StatusOK, obj{"keys": list}
}

// aadError is an error of the login, as Entra tells it.
func aadError(status int, name string, code int, text string) (int, any) {
	return status, obj{
		"error": name, "error_codes": []int{code}, "timestamp": time.Now().UTC().Format("2006-01-02 15:04:05Z"),
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: 00000000-0000-0000-0000-000000000000 Correlation ID: 00000000-0000-0000-0000-000000000000", code, text),
		"trace_id":          "00000000-0000-0000-0000-000000000000", "correlation_id": "00000000-0000-0000-0000-000000000000",
		"error_uri": fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", code),
	}
}

func (s *Server) serveToken(r *http.Request) (int, any) {
	if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		return aadError(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
	}
	r.Body = http.MaxBytesReader(nil, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		return aadError(http.StatusBadRequest, "invalid_request", 90014, "The request cannot be read.")
	}
	form := r.PostForm
	for _, name := range []string{"grant_type", "client_id", "scope"} {
		if form.Get(name) == "" {
			return aadError(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: '"+name+"'.")
		}
	}
	scope, secret := form.Get("scope"), form.Get("client_secret")
	switch {
	case r.PathValue("tenant") != s.opts.Tenant:
		return aadError(http.StatusBadRequest, "invalid_request", 90002, "Tenant '"+r.PathValue("tenant")+"' not found.")
	case form.Get("grant_type") != "client_credentials":
		return aadError(http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
	case form.Get("client_id") != s.opts.AppID:
		return aadError(http.StatusBadRequest, "unauthorized_client", 700016, "Application with identifier '"+form.Get("client_id")+"' was not found in the directory.")
	case secret == "":
		return aadError(http.StatusUnauthorized, "invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required.")
	case secret != s.opts.Password:
		return aadError(http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided.")
	case !strings.HasSuffix(scope, "/.default"):
		return aadError(http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope "+scope+" is not valid.")
	}
	return http.StatusOK, s.grant(strings.TrimSuffix(scope, "/.default"))
}

func (s *Server) grant(audience string) obj {
	s.granted++
	now := s.stamp.Now()
	token := sign(s.keys[0], obj{
		"aud": audience, "iss": "https://sts.windows.net/" + s.opts.Tenant + "/", "tid": s.opts.Tenant, "appid": s.opts.AppID,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(s.opts.TokenLife).Unix(), "uti": fmt.Sprint(s.granted), "ver": "1.0",
	})
	s.tokens[token] = grant{audience, now.Add(s.opts.TokenLife)}
	life := int(s.opts.TokenLife/time.Second) - 1
	return obj{"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}
}

// authorised reports whether a caller may use the connector. s.mu is held.
func (s *Server) authorised(header string) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	g, known := s.tokens[token]
	return ok && known && g.audience == botAudience && s.stamp.Now().Before(g.expires)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func segment(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("teamstest: token: %v", err)) // made of strings and numbers
	}
	return b64(raw)
}

func sign(k key, claims obj) string {
	return signed(k, obj{"typ": "JWT", "alg": "RS256", "kid": k.id, "x5t": k.id}, claims)
}

// signed makes a token by the algorithm that its header names.
func signed(k key, header, claims obj) string {
	text := segment(header) + "." + segment(claims)
	var sig []byte
	switch header["alg"] {
	case "RS256":
		sum := sha256.Sum256([]byte(text))
		sig, _ = rsa.SignPKCS1v15(nil, k.private, crypto.SHA256, sum[:])
	case "RS512":
		sum := sha512.Sum512([]byte(text))
		sig, _ = rsa.SignPKCS1v15(nil, k.private, crypto.SHA512, sum[:])
	case "HS256": // with the public key as the secret
		der, _ := x509.MarshalPKIXPublicKey(&k.private.PublicKey)
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		mac.Write([]byte(text))
		sig = mac.Sum(nil)
	}
	return text + "." + b64(sig)
}
