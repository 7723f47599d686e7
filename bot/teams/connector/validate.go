package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/infracloudio/msbotbuilder-go/connector/auth"
	"github.com/infracloudio/msbotbuilder-go/schema"
)

// What a token must say, and how far its clock may be from ours:
// https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication.
const (
	issuer     = "https://api.botframework.com"
	leeway     = 5 * time.Minute
	maxToken   = 16 << 10
	claimPlace = "serviceurl" // in these letters, as Microsoft's own libraries look for it
	// channelTeams is the one channel that is taken. An app in Azure has others without
	// being asked, such as webchat, whose users say themselves who they are.
	channelTeams = "msteams"
)

// Why is the reason for which a request is refused.
type Why string

// The reasons.
const (
	WhyHeader    Why = "header"     // no bearer token, or several
	WhyToken     Why = "token"      // it cannot be read
	WhyAlgorithm Why = "algorithm"  // it is not signed in a way that Microsoft says it signs
	WhyIssuer    Why = "issuer"     // it is not of the Bot Framework
	WhyAudience  Why = "audience"   // it is for another app
	WhyExpired   Why = "expired"    // or does not say until when it is valid
	WhyNotYet    Why = "not_yet"    // it is not valid yet
	WhyService   Why = "service"    // its service is not the activity's
	WhyPlace     Why = "place"      // the service is none that our token may go to
	WhyChannel   Why = "channel"    // the activity is of another channel than Teams
	WhyKey       Why = "key"        // nobody published the key that it names
	WhyEndorsed  Why = "endorsed"   // its key does not speak for the channel
	WhySignature Why = "signature"  // it was not signed with that key
	WhyNoKeys    Why = "no_keys"    // the published keys cannot be had: no fault of the request's
	WhyBody      Why = "body"       // the activity cannot be read
	WhyTooLarge  Why = "too_large"  // the activity is longer than any of Teams'
	WhyCancelled Why = "given_up"   // whoever asked went away
	WhyLibrary   Why = "unexpected" // what should not happen
)

// Refusal is why a request is not taken. It holds no part of the token.
type Refusal struct {
	Why Why
	Err error
}

func refuse(why Why, format string, args ...any) *Refusal {
	return &Refusal{Why: why, Err: fmt.Errorf(format, args...)}
}

func (r *Refusal) Error() string { return "request refused (" + string(r.Why) + "): " + r.Err.Error() }

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.Err }

// Status is what to answer. Teams sends again what is answered by a status from 500 on.
func (r *Refusal) Status() int {
	switch r.Why {
	case WhyNoKeys, WhyCancelled, WhyLibrary:
		return http.StatusServiceUnavailable
	case WhyBody:
		return http.StatusBadRequest
	case WhyTooLarge:
		return http.StatusRequestEntityTooLarge
	case WhyHeader:
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}

// StatusOf is the status to answer a request with that failed with err.
func StatusOf(err error) int {
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return r.Status()
	}
	return http.StatusInternalServerError
}

// Identity is who a request was proved to be from. It implements the library's
// auth.ClaimsIdentity, and unlike the library's own does not panic.
type Identity struct{ claims map[string]any }

// IsAuthenticated implements auth.ClaimsIdentity.
func (i Identity) IsAuthenticated() bool { return i.claims != nil }

// GetClaimValue implements auth.ClaimsIdentity: empty for a claim that is absent or no
// text.
func (i Identity) GetClaimValue(name string) string {
	v, _ := i.claims[name].(string)
	return v
}

// Validator tells requests of Teams from all others. It implements the library's
// auth.TokenValidator and may be used concurrently.
//
// Where Microsoft's own library is more lenient, it is stricter: exp is required, the key
// must endorse the channel even when it endorses none, be for signing and of 2048 bits at
// least, a header that demands to be understood ("crit") is not, and only Teams is taken.
// Tokens of the Emulator, of other bots and of the sovereign clouds are refused.
type Validator struct {
	appID  string
	now    func() time.Time
	keys   *keyring
	places places
}

var _ auth.TokenValidator = (*Validator)(nil)

func newValidator(opts Options, client *http.Client, places places) *Validator {
	return &Validator{appID: opts.AppID, now: opts.Now, keys: newKeyring(opts, client), places: places}
}

// AuthenticateRequest implements auth.TokenValidator. Credentials may refuse an app
// further; that they switch authentication off is not heard.
func (v *Validator) AuthenticateRequest(
	ctx context.Context, activity schema.Activity, header string, credentials auth.CredentialProvider, _ string,
) (auth.ClaimsIdentity, error) {
	id, err := v.Validate(ctx, header, activity.ChannelID, activity.ServiceURL)
	if err != nil {
		return nil, err
	}
	if credentials != nil && !credentials.IsValidAppID(id.GetClaimValue("aud")) {
		return nil, refuse(WhyAudience, "the app is not one of the credentials'")
	}
	return id, nil
}

// Validate tells who a request is from by its Authorization header. Channel and service
// are the activity's channelId and serviceUrl. An error is a *Refusal.
//
// What can be told from the token alone is looked at first, so that no token but one
// made for this app makes us look for keys.
func (v *Validator) Validate(ctx context.Context, header, channel, service string) (Identity, error) {
	token, err := bearer(header)
	if err != nil {
		return Identity{}, err
	}
	claims := jwt.MapClaims{}
	unproved, _, parseErr := jwt.NewParser().ParseUnverified(token, claims)
	if parseErr != nil {
		return Identity{}, refuse(WhyToken, "the token cannot be read")
	}
	if err := v.looks(unproved, claims, channel, service); err != nil {
		return Identity{}, err
	}
	kid, _ := unproved.Header["kid"].(string)
	key, algorithms, err := v.keys.find(ctx, kid)
	if err != nil {
		return Identity{}, err
	}
	if !slices.Contains(key.endorsements, channel) {
		return Identity{}, refuse(WhyEndorsed, "the key does not speak for the channel")
	}
	if !slices.Contains(algorithms, unproved.Method.Alg()) {
		return Identity{}, refuse(WhyAlgorithm, "the keys do not sign with %s", unproved.Method.Alg())
	}
	parser := jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithoutClaimsValidation())
	proved := jwt.MapClaims{}
	_, parseErr = parser.ParseWithClaims(token, proved, func(*jwt.Token) (any, error) { return key.public, nil })
	if parseErr != nil {
		return Identity{}, refuse(WhySignature, "the token was not signed with the key that it names")
	}
	return Identity{claims: proved}, nil
}

// bearer is the token of an Authorization header.
func bearer(header string) (string, error) {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok || token == "" || strings.ContainsAny(token, " \t,") {
		return "", refuse(WhyHeader, "no bearer token")
	}
	if len(token) > maxToken {
		return "", refuse(WhyToken, "the token is too long")
	}
	return token, nil
}

// looks tells whether a token, were it genuine, would prove the request.
func (v *Validator) looks(t *jwt.Token, claims jwt.MapClaims, channel, service string) error {
	text := func(name string) string { s, _ := claims[name].(string); return s }
	if _, critical := t.Header["crit"]; critical {
		return refuse(WhyToken, "the token demands what is not understood")
	}
	switch {
	case !slices.Contains(rsaFamily(), t.Method.Alg()):
		return refuse(WhyAlgorithm, "the token is not signed with RSA")
	case text("iss") != issuer:
		return refuse(WhyIssuer, "the token is not of the Bot Framework")
	case v.appID == "" || text("aud") != v.appID:
		return refuse(WhyAudience, "the token is for another app")
	}
	if err := v.timely(claims); err != nil {
		return err
	}
	switch {
	case service == "" || text(claimPlace) != service:
		return refuse(WhyService, "the token's service is not the activity's")
	case !v.places.allow(service):
		return refuse(WhyPlace, "the service is not in the list of those allowed")
	case channel != channelTeams:
		return refuse(WhyChannel, "the activity is not of Teams")
	}
	return nil
}

// timely tells whether the token is valid now, as far as clocks can be trusted.
func (v *Validator) timely(claims jwt.MapClaims) error {
	now := float64(v.now().Unix())
	expires, ok := number(claims["exp"])
	if !ok || now >= expires+leeway.Seconds() {
		return refuse(WhyExpired, "the token has expired, or does not say when it does")
	}
	if begins, given := claims["nbf"]; given {
		if at, ok := number(begins); !ok || at > now+leeway.Seconds() {
			return refuse(WhyNotYet, "the token is not valid yet")
		}
	}
	return nil
}

func number(claim any) (float64, bool) {
	var f float64
	switch n := claim.(type) {
	case float64:
		f = n
	case json.Number:
		var err error
		if f, err = n.Float64(); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// rsaFamily are the algorithms that Microsoft's libraries allow; which of them is the
// metadata's to say.
func rsaFamily() []string { return []string{"RS256", "RS384", "RS512"} }
