package connector_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/bot/teams/connector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	appID   = "11111111-2222-4333-8444-555555555555"
	tenant  = "99999999-2222-4333-8444-555555555555"
	service = "https://smba.trafficmanager.net/kr/" + tenant + "/"
	chat    = "a:1chat"
	secret  = "s3cret~value"
)

// server answers requests without a network, so that time may be a test's.
type server func(w http.ResponseWriter, r *http.Request)

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	s(w, r)
	resp := w.Result()
	resp.Request = r
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return resp, nil
}

// withLogin answers for the login, and leaves the rest to next.
func withLogin(next http.HandlerFunc) server {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "login.microsoftonline.com" {
			fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"the-token"}`)
			return
		}
		next(w, r)
	}
}

func newConnector(rt http.RoundTripper, change ...func(*connector.Options)) *connector.Connector {
	opts := connector.Options{
		AppID: appID, Password: secret, TenantID: tenant, HTTPClient: &http.Client{Transport: rt}, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&opts)
	}
	return connector.New(opts)
}

func here() connector.Ref {
	return connector.Ref{ServiceURL: service, Conversation: chat, Tenant: tenant}
}

func hello() connector.Activity { return connector.Activity{Type: "message", Text: "hello"} }

// obj is a JSON object.
type obj = map[string]any

// issuing is who publishes keys and signs with them.
type issuing struct {
	mu      sync.Mutex
	keys    []obj
	private map[string]*rsa.PrivateKey
	meta    obj
	broken  bool
	fetched int // of the keys
	asked   int // of the metadata
}

// pool is a few keys, as they take long to make.
var pool = sync.OnceValues(func() ([]*rsa.PrivateKey, error) {
	var keys []*rsa.PrivateKey
	for _, bits := range []int{2048, 2048, 1024} {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
})

func newIssuing(t *testing.T) *issuing {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0") // for a key that is too short
	keys, err := pool()
	if err != nil {
		t.Fatal(err)
	}
	i := &issuing{private: map[string]*rsa.PrivateKey{}}
	i.publish("good", keys[0], obj{"endorsements": []any{"msteams", "skype"}})
	i.publish("webchat", keys[1], obj{"endorsements": []any{"webchat"}})
	i.publish("bare", keys[1], nil)
	i.publish("none", keys[1], obj{"endorsements": []any{}})
	i.publish("odd", keys[1], obj{"endorsements": "msteams"})
	i.publish("mixed", keys[1], obj{"endorsements": []any{1, nil, "msteams"}})
	i.publish("cipher", keys[1], obj{"endorsements": []any{"msteams"}, "use": "enc"})
	i.publish("short", keys[2], obj{"endorsements": []any{"msteams"}})
	i.keys = append(i.keys, obj{"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"}, obj{"kty": "new", "kid": "new"})
	i.private["other"], i.private["curve"] = keys[1], keys[1]
	return i
}

func (i *issuing) publish(id string, k *rsa.PrivateKey, more obj) {
	i.mu.Lock()
	defer i.mu.Unlock()
	pub := obj{"kty": "RSA", "use": "sig", "kid": id, "x5t": id, "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
	for name, v := range more {
		pub[name] = v
	}
	i.keys = append(i.keys, pub)
	i.private[id] = k
}

func (i *issuing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out any
	switch {
	case strings.HasSuffix(r.URL.Path, "openidconfiguration"):
		i.asked++
		base := "https://" + r.Host
		if r.TLS == nil && strings.HasPrefix(r.Host, "127.") {
			base = "http://" + r.Host
		}
		m := obj{"issuer": "https://api.botframework.com", "jwks_uri": base + "/v1/.well-known/keys", "id_token_signing_alg_values_supported": []string{"RS256"}}
		for name, v := range i.meta {
			m[name] = v
		}
		out = m
	default:
		i.fetched++
		out = obj{"keys": i.keys}
	}
	if i.broken {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (i *issuing) counts() (asked, fetched int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked, i.fetched
}

func (i *issuing) breaks(broken bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.broken = broken
}

// connector is one that asks this issuer, without a network.
func (i *issuing) connector(change ...func(*connector.Options)) *connector.Connector {
	return newConnector(server(i.ServeHTTP), change...)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func segment(v any) string {
	if raw, ok := v.(string); ok {
		return b64([]byte(raw))
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b64(raw)
}

// sign makes a token as its header says, with the key of that name.
func (i *issuing) sign(header, claims any, with string) string {
	text := segment(header) + "." + segment(claims)
	h, _ := header.(obj)
	var sig []byte
	k := i.private[with]
	hashes := map[any]crypto.Hash{"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512, "PS256": crypto.SHA256}
	switch alg := h["alg"]; alg {
	case "none":
	case "HS256":
		mac := hmac.New(sha256.New, k.N.Bytes())
		mac.Write([]byte(text))
		sig = mac.Sum(nil)
	default:
		hash, ok := hashes[alg]
		if !ok {
			hash = crypto.SHA256
		}
		sum := hash.New()
		sum.Write([]byte(text))
		if alg == "PS256" {
			sig, _ = rsa.SignPSS(rand.Reader, k, hash, sum.Sum(nil), nil)
		} else {
			sig, _ = rsa.SignPKCS1v15(nil, k, hash, sum.Sum(nil))
		}
	}
	return text + "." + b64(sig)
}

// claims are those of a genuine token, changed; nil takes one away.
func claims(now time.Time, changes ...obj) obj {
	c := obj{
		"iss": "https://api.botframework.com", "aud": appID, "serviceurl": service, "nbf": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for _, change := range changes {
		for name, v := range change {
			if c[name] = v; v == nil {
				delete(c, name)
			}
		}
	}
	return c
}

func head(changes ...obj) obj {
	h := obj{"typ": "JWT", "alg": "RS256", "kid": "good", "x5t": "good"}
	for _, change := range changes {
		for name, v := range change {
			if h[name] = v; v == nil {
				delete(h, name)
			}
		}
	}
	return h
}

// genuine is the header of a request that is from Teams.
func (i *issuing) genuine(now time.Time) string {
	return "Bearer " + i.sign(head(), claims(now), "good")
}

func validate(c *connector.Connector, header string) error {
	_, err := c.Validator.Validate(context.Background(), header, "msteams", service)
	return err
}
