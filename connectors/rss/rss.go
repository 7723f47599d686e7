// Package rss reads news: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed. Titles and texts
// come out plain, dates with the zone they were meant in, and every entry with a UID
// that stays when its title changes.
package rss

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// Options name a feed. Only URL is needed.
type Options struct {
	outward.Options // MaxBytes is 4 MiB when zero
	URL             string
	// Zone is where dates without a zone are; UTC when nil.
	Zone *time.Location
}

// Bounds of one feed. Feeds are flat: what nests deeper is made to exhaust the stack of
// who reads it, and what names more spaces to exhaust its memory.
const (
	maxBytes  = 4 << 20
	maxDepth  = 256
	maxSpaces = 100
	// An empty element of seven bytes becomes a kilobyte of the parser's. The longest feeds,
	// all of a podcast, have some thousand items.
	maxItems    = 10_000
	maxElements = 200_000
	maxTitle    = 300    // runes
	maxText     = 10_000 // runes
)

var types = []string{
	"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml", "application/xhtml+xml",
	"application/feed+json", "application/json", "text/plain", "text/html", "application/octet-stream", "binary/octet-stream",
}

// Feed is one feed of news.
type Feed struct {
	client *outward.Client
	url    string
	zone   *time.Location
}

var _ connectors.Feed = (*Feed)(nil)

// New returns the feed of opts.
func New(opts Options) *Feed {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = maxBytes
	}
	return &Feed{client: outward.New(opts.Options), url: opts.URL, zone: cmp.Or(opts.Zone, time.UTC)}
}

// Entries implements connectors.Feed. News have no date of their own, so from and to
// leave none out; they come in the order of the feed.
func (f *Feed) Entries(ctx context.Context, _ connectors.Caller, _, _ time.Time) ([]connectors.Entry, error) {
	resp, err := f.client.Do(ctx, outward.Request{
		URL: f.url, Types: types,
		Header: http.Header{"Accept": {"application/rss+xml,application/atom+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.1"}},
	})
	if err == nil {
		err = resp.Err()
	}
	if err != nil {
		return nil, err
	}
	body := undeclared(outward.Text(resp.Body, resp.Charset))
	if err := harmless(body); errors.Is(err, errMany) {
		return nil, &connectors.Error{
			Code: connectors.CodeTooLarge, Message: "This feed has too many entries to be read.", Korean: "피드의 글이 너무 많아 읽을 수 없어요.", Err: err,
		}
	} else if err != nil {
		return nil, notFeed(err)
	}
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return nil, notFeed(err)
	}
	base, err := url.Parse(resp.URL)
	if err != nil {
		return nil, notFeed(err)
	}
	return f.entries(parsed.Items, base), nil
}

func notFeed(err error) error {
	return &connectors.Error{
		Code: connectors.CodeBadData, Message: "This address holds no news feed.", Korean: "이 주소에는 읽을 수 있는 뉴스 피드가 없어요.", Err: err,
	}
}

// undeclared is body without its XML declaration, whose encoding is that of the bytes
// that were sent.
func undeclared(body []byte) []byte {
	body = bytes.TrimLeft(body, " \t\r\n")
	if bytes.HasPrefix(body, []byte("<?xml")) {
		if _, rest, ok := bytes.Cut(body, []byte("?>")); ok {
			return rest
		}
	}
	return body
}

// harmless refuses XML that would cost its reader more than its length.
func harmless(body []byte) error {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("<")) {
		return harmlessJSON(body)
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false // as the parser does
	depth, elements, items := 0, 0, 0
	spaces := map[string]bool{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errors.New("elements nest too deep")
			}
			if elements += 1 + len(t.Attr); t.Name.Local == "item" || t.Name.Local == "entry" {
				items++
			}
			if items > maxItems || elements > maxElements {
				return errMany
			}
			for _, a := range t.Attr {
				if a.Name.Space == "xmlns" {
					spaces[a.Name.Local] = true
				}
			}
			if len(spaces) > maxSpaces {
				return errors.New("too many name spaces")
			}
		case xml.EndElement:
			depth--
		}
	}
}

var errMany = errors.New("too many elements")

// harmlessJSON is harmless for a JSON Feed. What cannot be read at all is for the parser
// to say; its bound of depth is that of encoding/json.
func harmlessJSON(body []byte) error {
	var feed struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(body, &feed); err == nil && len(feed.Items) > maxItems {
		return errMany
	}
	return nil
}

// entries are items as the contract has them. Of items with one UID the first stands:
// feeds put the newest first.
func (f *Feed) entries(items []*gofeed.Item, base *url.URL) []connectors.Entry {
	links := map[string]map[string]bool{} // by GUID: some feeds give all items the same
	for _, i := range items {
		if links[i.GUID] == nil {
			links[i.GUID] = map[string]bool{}
		}
		links[i.GUID][i.Link] = true
	}
	seen := map[string]bool{}
	out := make([]connectors.Entry, 0, len(items))
	for _, i := range items {
		e := connectors.Entry{
			Title: oneLine(outward.Plain(i.Title, maxTitle)), Text: outward.Plain(cmp.Or(i.Description, i.Content), maxText),
			URL: link(i.Link, base), Published: f.when(i.Published, i.PublishedParsed), Updated: f.when(i.Updated, i.UpdatedParsed),
		}
		if e.UID = strings.TrimSpace(i.GUID); e.UID == "" || len(links[i.GUID]) > 1 {
			e.UID = cmp.Or(e.URL, e.UID)
		}
		if e.UID == "" {
			sum := sha256.Sum256([]byte(i.Published + "\x00" + i.Title))
			e.UID = "sha256:" + hex.EncodeToString(sum[:16])
		}
		if e.Title == "" {
			e.Title = outward.Plain(oneLine(e.Text), 80)
		}
		if !seen[e.UID] && (e.Title != "" || e.URL != "") {
			seen[e.UID] = true
			out = append(out, e)
		}
	}
	return out
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", " ") }

// link is an address that a person may be sent to, or "".
func link(text string, base *url.URL) string {
	u, err := base.Parse(strings.TrimSpace(text))
	if err != nil || text == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return ""
	}
	return u.String()
}
