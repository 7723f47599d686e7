package connector

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/jwk"
	"golang.org/x/sync/semaphore"
)

// How long keys are good. Microsoft wants them renewed once a day, and allows its own
// library to look for one that it does not know once an hour.
const (
	keysFresh   = 24 * time.Hour
	keysStale   = 48 * time.Hour // when new ones cannot be had
	keysUnknown = time.Hour
	keysAgain   = 5 * time.Second // after a failure
	keysLater   = time.Minute     // after one while the old keys do
	keysTimeout = 10 * time.Second
	minBits     = 2048
	maxKeys     = 1000
)

// key signs requests of the channels that it endorses.
type key struct {
	public       *rsa.PublicKey
	endorsements []string
}

// keyset is what Microsoft published.
type keyset struct {
	keys       map[string]key
	algorithms []string
	issuer     string
	at         time.Time
}

// keyring holds the published keys.
type keyring struct {
	client *http.Client
	url    string
	now    func() time.Time
	log    *slog.Logger
	turn   *semaphore.Weighted // held by the one who fetches

	mu     sync.Mutex
	set    keyset
	failed time.Time // when the last attempt did
	err    error     // why
}

func newKeyring(opts Options, client *http.Client) *keyring {
	return &keyring{client: client, url: opts.OpenIDURL, now: opts.Now, log: opts.Logger, turn: semaphore.NewWeighted(1)}
}

// find returns a key and what Microsoft signs with.
func (k *keyring) find(ctx context.Context, id string) (key, []string, error) {
	if id == "" {
		return key{}, nil, refuse(WhyKey, "the token names no key")
	}
	if k.due(id) {
		if err := k.refresh(ctx, id); err != nil {
			return key{}, nil, err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set.at.IsZero() || k.now().Sub(k.set.at) > keysStale {
		return key{}, nil, &Refusal{Why: WhyNoKeys, Err: fmt.Errorf("fetch keys: %w", k.err)}
	}
	one, ok := k.set.keys[id]
	if !ok {
		return key{}, nil, refuse(WhyKey, "the token names a key that is not published")
	}
	return one, k.set.algorithms, nil
}

// due reports whether the keys should be fetched to find id.
func (k *keyring) due(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	_, known := k.set.keys[id]
	age := now.Sub(k.set.at)
	rest := keysAgain
	if within(age, keysStale) {
		rest = keysLater
	}
	if !k.failed.IsZero() && within(now.Sub(k.failed), rest) {
		return false
	}
	return k.set.at.IsZero() || !within(age, keysFresh) || !known && !within(age, keysUnknown)
}

// within reports whether something that old is newer than most. A clock that was set
// back makes it old.
func within(age, most time.Duration) bool { return age >= 0 && age < most }

// refresh fetches the keys once for all who wait. It is not given up when whoever caused
// it goes away: otherwise somebody who always does would keep the keys from everybody.
func (k *keyring) refresh(ctx context.Context, id string) error {
	if err := k.turn.Acquire(ctx, 1); err != nil {
		return &Refusal{Why: WhyCancelled, Err: err}
	}
	defer k.turn.Release(1)
	if !k.due(id) {
		return nil
	}
	fetching, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTimeout)
	defer cancel()
	set, err := k.fetch(fetching)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.failed, k.err = k.now(), err
		k.log.WarnContext(ctx, "teams: keys of requests cannot be had", "error", err)
		return nil // those known may do
	}
	k.set, k.failed, k.err = set, time.Time{}, nil
	return nil
}

// fetch asks for the metadata, and for the keys where they say.
func (k *keyring) fetch(ctx context.Context) (keyset, error) {
	var meta struct {
		Issuer     string   `json:"issuer"`
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := k.get(ctx, k.url, &meta); err != nil {
		return keyset{}, fmt.Errorf("metadata: %w", err)
	}
	from, err := url.Parse(meta.Keys)
	if err != nil || from.Host == "" || from.Scheme != "https" && !sameScheme(from, k.url) {
		return keyset{}, errors.New("metadata: no address of the keys")
	}
	var published struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := k.get(ctx, meta.Keys, &published); err != nil {
		return keyset{}, fmt.Errorf("keys: %w", err)
	}
	set := keyset{keys: map[string]key{}, at: k.now(), issuer: meta.Issuer}
	for _, raw := range published.Keys[:min(len(published.Keys), maxKeys)] {
		if id, one, ok := readKey(raw); ok {
			set.keys[id] = one
		}
	}
	if len(set.keys) == 0 {
		return keyset{}, errors.New("keys: none that can be used")
	}
	for _, a := range rsaFamily() {
		if slices.Contains(meta.Algorithms, a) {
			set.algorithms = append(set.algorithms, a)
		}
	}
	return set, nil
}

// sameScheme lets keys be fetched without TLS only where the metadata are.
func sameScheme(u *url.URL, metadata string) bool {
	m, err := url.Parse(metadata)
	return err == nil && u.Scheme == m.Scheme
}

// get reads a document of JSON.
func (k *keyring) get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	r, err := exchange(k.client, req)
	switch {
	case err != nil:
		return err
	case r.status != http.StatusOK:
		return fmt.Errorf("status %d", r.status)
	}
	return json.Unmarshal(r.body, into)
}

// readKey reads a published key; one that cannot be used for requests is none.
func readKey(raw json.RawMessage) (id string, k key, ok bool) {
	parsed, err := jwk.ParseKey(raw)
	if err != nil {
		return "", key{}, false
	}
	rsaKey, isRSA := parsed.(jwk.RSAPublicKey)
	if !isRSA || rsaKey.KeyID() == "" || rsaKey.KeyUsage() != "" && rsaKey.KeyUsage() != string(jwk.ForSignature) {
		return "", key{}, false
	}
	k.public = &rsa.PublicKey{}
	if err := rsaKey.Raw(k.public); err != nil || k.public.N.BitLen() < minBits || k.public.E < 3 {
		return "", key{}, false
	}
	given, _ := rsaKey.Get("endorsements")
	list, _ := given.([]any)
	for _, e := range list {
		if s, isText := e.(string); isText {
			k.endorsements = append(k.endorsements, s)
		}
	}
	return rsaKey.KeyID(), k, true
}
