// Package connector speaks the Bot Framework's protocol: it proves who a request is
// from, and sends activities at Microsoft's rates. It is the wall around msbotbuilder-go,
// whose faults are cured here and nowhere else.
//
// What is left of that library is its adapter, into which our own Validator and Client
// are put, because in v0.2.5, its last release:
//
//   - the validator fetches Microsoft's metadata for every request and never closes the
//     bodies, does not look for a new key in five days, checks no endorsement, allows no
//     clock to be off, accepts tokens that never expire, and panics when a claim is missing
//     or a list;
//   - the client has no timeout and no context, throws away the id of what it sent, the
//     reason of an error and Retry-After, sends an empty token after a refused login,
//     panics after a failed one, and knows no tenant; its token cache is a data race;
//   - the schema loses what it does not know: an entity keeps only its type (no mention, no
//     stream, no citation), a value that is no object fails the whole activity, and zero
//     times and empty objects are sent.
//
// Rates are counted on the machine's clock, never that of a replay: a date that stands
// still would stop them for ever.
package connector

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot/outbox"
)

// Options are what a connector needs. AppID is required, and of Password and TenantID
// what the app was registered with.
type Options struct {
	AppID    string
	Password string
	// TenantID is the tenant of the app's registration; empty for an app of many tenants,
	// which can be registered no longer.
	TenantID string
	// LoginURL is the token endpoint, OpenIDURL the metadata of the keys that requests are
	// signed with; empty means Microsoft's.
	LoginURL  string
	OpenIDURL string
	// ServiceURLs are the prefixes of addresses that our token may be sent to; none means
	// Microsoft's. A host may begin with "*." for every host below.
	ServiceURLs []string
	// GraphURL is Microsoft Graph, such as "https://graph.microsoft.com", where the company's
	// directory says who people are; empty means that it is not asked.
	GraphURL string
	// Rate is how many times Microsoft's rates the server allows; 0 means 1. It is for
	// test doubles whose minutes are shorter.
	Rate float64
	// Shared counts the calls of all processes of the app; nil when this is the only one.
	Shared     outbox.Shared
	HTTPClient *http.Client     // nil means one with timeouts; its CheckRedirect is not used
	Now        func() time.Time // of tokens and keys; nil means time.Now
	Logger     *slog.Logger     // nil means slog.Default()
	Observer   Observer         // nil means nobody
}

// Observer is told of what a client does. It must not block.
type Observer interface {
	// Called tells of one request: outcome is "ok", Teams' error, or what went wrong on the
	// way.
	Called(op, outcome string)
	// Waited tells how long a call was held back by a rate.
	Waited(op string, d time.Duration)
}

type nobody struct{}

func (nobody) Called(string, string)        {}
func (nobody) Waited(string, time.Duration) {}

// Microsoft's addresses of the public cloud.
const (
	microsoftOpenID = "https://login.botframework.com/v1/.well-known/openidconfiguration"
	microsoftLogin  = "https://login.microsoftonline.com/"
	manyTenants     = "botframework.com" // whose tokens an app of many tenants uses
)

// Connector is the connection of one app. It may be used concurrently.
type Connector struct {
	Tokens    *Tokens
	Validator *Validator
	Client    *Client
	Adapter   *Adapter
	Graph     *Graph // nil where the directory is not to be asked

	opts Options
	http *http.Client
}

// New returns a connector. It calls nothing yet.
func New(opts Options) *Connector {
	opts = opts.filled()
	c := &Connector{opts: opts, http: newHTTPClient(opts.HTTPClient)}
	places := newPlaces(opts.ServiceURLs)
	c.Tokens = newTokens(opts, c.http, botScope)
	c.Graph = newGraph(opts, c.http)
	c.Validator = newValidator(opts, c.http, places)
	c.Client = newClient(opts, c.http, c.Tokens, places)
	c.Adapter = newAdapter(opts, c.Validator, c.Client)
	return c
}

// filled leaves out what copying adds, of ids in capitals and secrets that end their line.
func (o Options) filled() Options {
	o.AppID, o.TenantID, o.Password = strings.ToLower(strings.TrimSpace(o.AppID)), strings.TrimSpace(o.TenantID), strings.TrimSpace(o.Password)
	if o.LoginURL == "" {
		tenant := o.TenantID
		if tenant == "" {
			tenant = manyTenants
		}
		o.LoginURL = microsoftLogin + tenant + "/oauth2/v2.0/token"
	}
	if o.OpenIDURL == "" {
		o.OpenIDURL = microsoftOpenID
	}
	if o.Rate <= 0 {
		o.Rate = 1
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	return o
}

// CloseIdle closes the connections that nothing is using.
func (c *Connector) CloseIdle() { c.http.CloseIdleConnections() }
