// Package ics reads calendars: iCalendar files (RFC 5545) by URL, and CalDAV
// collections (RFC 4791). Repeated events are expanded, in the zone they were meant in;
// what lasts all day is a date and is never shifted.
//
// A calendar is read as it is meant rather than as it is written: lines that are broken
// are left out, zones go by their IANA name, their Windows name or the rules that the
// calendar brings. An event without a readable start, or with a rule that repeats more
// often than daily, is logged.
package ics

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// Options name a calendar. Only URL is needed.
type Options struct {
	outward.Options // MaxBytes is 10 MiB when zero
	URL             string
	// CalDAV asks URL, a collection, for the events of the period; otherwise URL is an
	// iCalendar file.
	CalDAV bool
	// Username and Password are sent as Basic authentication, to the origin of URL only.
	Username, Password string
	// Zone is where times without a zone are; UTC when nil.
	Zone   *time.Location
	Logger *slog.Logger
}

// Bounds of one calendar.
const (
	maxBytes   = 10 << 20
	maxEntries = 20_000 // of one answer
	maxTitle   = 300    // runes
	maxText    = 10_000 // runes
)

var fileTypes = []string{"text/calendar", "application/ics", "text/x-vcalendar", "application/octet-stream", "binary/octet-stream", "text/plain", "text/html"}

// Feed is one calendar.
type Feed struct {
	opts   Options
	client *outward.Client
}

var _ connectors.Feed = (*Feed)(nil)

// New returns the calendar of opts.
func New(opts Options) *Feed {
	opts.MaxBytes = cmp.Or(opts.MaxBytes, maxBytes)
	opts.Timeout = cmp.Or(opts.Timeout, outward.DefaultTimeout)
	opts.Zone = cmp.Or(opts.Zone, time.UTC)
	opts.Logger = cmp.Or(opts.Logger, slog.New(slog.DiscardHandler))
	// What calendar programs call a subscription is https.
	if rest, ok := strings.CutPrefix(opts.URL, "webcal://"); ok {
		opts.URL = "https://" + rest
	}
	return &Feed{opts: opts, client: outward.New(opts.Options)}
}

// Entries implements connectors.Feed: what lies between from and to, by start. An
// instant lies on the date that it has in its own zone. An occurrence of a repeated
// event has the UID of the event, a slash, and when it should have been, which stays
// when it is moved.
func (f *Feed) Entries(ctx context.Context, _ connectors.Caller, from, to time.Time) ([]connectors.Entry, error) {
	// Expanding is bounded as well as fetching: rules can be made to take long.
	ctx, cancel := context.WithTimeout(ctx, f.opts.Timeout)
	defer cancel()
	documents, err := f.fetch(ctx, from, to)
	if err != nil {
		return nil, err
	}
	c := newCollection(f.opts.Zone, f.opts.Logger)
	for _, d := range documents {
		if err := c.add(ctx, d); ctx.Err() != nil {
			return nil, ended(ctx)
		} else if err != nil {
			return nil, failure(connectors.CodeBadData, sayNoCalendar, err)
		}
	}
	entries, err := c.between(ctx, day(from), day(to))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(entries, func(a, b connectors.Entry) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.UID, b.UID))
	})
	return entries, nil
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// fetch returns the calendar's documents.
func (f *Feed) fetch(ctx context.Context, from, to time.Time) ([][]byte, error) {
	req := outward.Request{URL: f.opts.URL, Header: http.Header{"Accept": {"text/calendar,*/*;q=0.1"}}, Types: fileTypes}
	if f.opts.Username != "" || f.opts.Password != "" {
		req.Header.Set("Authorization", basic(f.opts.Username, f.opts.Password))
	}
	if f.opts.CalDAV {
		query(&req, from, to)
	}
	resp, err := f.client.Do(ctx, req)
	if err == nil {
		err = resp.Err()
	}
	if err != nil {
		return nil, err
	}
	if f.opts.CalDAV {
		return calendars(resp.Status, outward.Text(resp.Body, resp.Charset))
	}
	return [][]byte{outward.Text(unfold(resp.Body), resp.Charset)}, nil
}

// unfold joins folded lines while they are the bytes that were sent: programs fold
// between any two, also within a letter, which would be none in either half.
func unfold(document []byte) []byte {
	for _, fold := range []string{"\r\n ", "\r\n\t", "\n ", "\n\t"} {
		document = bytes.ReplaceAll(document, []byte(fold), nil)
	}
	return document
}

// sentence is what may be shown about a failure, in English and in Korean.
type sentence struct{ en, ko string }

// The sentences that are the driver's own; the others are those of outward.
var (
	sayNoCalendar = sentence{"This address holds no calendar that can be read.", "이 주소에는 읽을 수 있는 캘린더가 없어요."}
	sayTooMany    = sentence{"The calendar has too many entries in this period.", "이 기간에 캘린더 일정이 너무 많아요."}
	sayCut        = sentence{"The calendar server gave only a part of the entries.", "캘린더 서버가 일정의 일부만 돌려줬어요."}
	sayTimeout    = sentence{"The calendar took too long to read.", "캘린더를 읽는 데 너무 오래 걸렸어요."}
	sayCancelled  = sentence{"The call was given up.", "요청이 취소됐어요."}
)

func failure(code connectors.Code, s sentence, err error) *connectors.Error {
	return &connectors.Error{Code: code, Message: s.en, Korean: s.ko, Err: err}
}

// ended is why ctx ended, nil while it has not.
func ended(ctx context.Context) error {
	switch err := ctx.Err(); err {
	case nil:
		return nil
	case context.Canceled:
		return failure(connectors.CodeCancelled, sayCancelled, err)
	default:
		return failure(connectors.CodeTimeout, sayTimeout, err)
	}
}

// link is an address that a person may be sent to, or "".
func link(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}
