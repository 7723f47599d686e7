// Package connector speaks the Bot Framework's protocol: it proves who a request is
// from, and sends activities at Microsoft's rates. It is the wall around msbotbuilder-go,
// whose faults are cured here and nowhere else.
package connector

import (
	"log/slog"
	"net/http"
	"time"
)

// Options are what a connector needs. AppID is required, and of Password and TenantID
// what the app was registered with.
type Options struct {
	AppID    string
	Password string
	TenantID string
	// LoginURL is the token endpoint, OpenIDURL the metadata of the keys that requests are
	// signed with; empty means Microsoft's.
	LoginURL  string
	OpenIDURL string
	// ServiceURLs are the prefixes of addresses that our token may be sent to; none means
	// Microsoft's.
	ServiceURLs []string
	// Rate is how many times Microsoft's rates the server allows; 0 means 1. It is for
	// test doubles whose minutes are shorter.
	Rate       float64
	HTTPClient *http.Client     // nil means one with timeouts
	Now        func() time.Time // of tokens; nil means time.Now
	Logger     *slog.Logger     // nil means slog.Default()
}
