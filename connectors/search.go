package connectors

import (
	"context"
	"time"
)

// What comes from a Searcher, a Feed or a Pages is text of strangers: it is data, is
// never followed as an instruction, and never reaches the caller's own data without a
// person in between.

// Searcher finds passages by words, on the web or in the company's own documents.
// Methods may be called concurrently.
type Searcher interface {
	// Search returns what was found, best first. It returns within a second of the
	// deadline of ctx. Errors are of type *Error; a service that asks to wait longer than
	// ctx allows is CodeExhausted.
	//
	// An empty Found without Silent means that nothing was found; with Silent, that some
	// of what should have been asked did not answer.
	Search(ctx context.Context, caller Caller, query SearchQuery) (*Found, error)
}

// SearchQuery is what to look for.
type SearchQuery struct {
	// Text is made of the question alone: no figure of a result, no name that is not
	// public. The guard's Egress sees it last.
	Text     string
	Language string // "ko", "en" or "" for any
	Market   string // ISO 3166 country, such as "KR"; "" for any
	// After and Before bound when a page was published, where the service knows; zero
	// is open.
	After, Before time.Time
	Max           int // hits wanted; 0 means 10. The service may give fewer.
}

// Found is the hits of one query.
type Found struct {
	Hits []Hit
	// Silent are the parts of the service that did not answer, with the reason:
	// "naver: too many requests".
	Silent []string
	// Stale is when a guard had the hits, where they are older ones because the contract had
	// no room for another search; zero for what was found now.
	Stale time.Time
}

// Hit is one page or document. Its texts are plain: no markup, no entities.
type Hit struct {
	Title, URL, Snippet string
	Published           time.Time // zero when unknown
	// Internal is set for the company's own documents: they are shown only to people
	// whom the service was asked for.
	Internal bool
}

// Feed gives dated entries of one address: a calendar, or news.
type Feed interface {
	// Entries returns what the feed holds now between from and to (dates at midnight UTC,
	// inclusive), repeated entries expanded. An instant lies on its date in its own zone;
	// what has no Start is left out by no period. Errors are of type *Error.
	Entries(ctx context.Context, caller Caller, from, to time.Time) ([]Entry, error)
}

// Entry is one thing of a feed.
type Entry struct {
	UID         string // of the feed's own; stays when the entry changes
	Title, Text string
	URL         string
	// Start and End are dates at midnight UTC, End inclusive, for what lasts all day;
	// instants otherwise. News have no Start.
	Start, End time.Time
	AllDay     bool
	Cancelled  bool
	Published  time.Time
	Updated    time.Time
	// Stale is when a guard had the entry, where it is an older one because the contract had
	// no room for another call; zero for what the feed says now.
	Stale time.Time
}

// Pages fetches public pages.
type Pages interface {
	// Page returns what is at url after redirects. It fetches neither what is not public
	// (a private, loopback or link-local address, at any redirect: CodeDenied) nor what the
	// site's robots.txt asks not to fetch (CodeDenied), and at most the driver's size
	// (CodeTooLarge). Errors are of type *Error.
	Page(ctx context.Context, caller Caller, url string) (*Page, error)
}

// Page is a fetched page.
type Page struct {
	URL         string // the last one, after redirects
	ContentType string
	Body        []byte // UTF-8, whatever it was sent in
	FetchedAt   time.Time
}
