package ics_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/ics"
)

// radicale is a real CalDAV server with one user.
type radicale struct {
	url string
	at  netip.AddrPort
}

const user, password = "minji", "비밀:번호"

// startRadicale starts Debian's CalDAV server, or skips saying how to have it.
func startRadicale(t *testing.T) *radicale {
	t.Helper()
	program, err := exec.LookPath("radicale")
	if err != nil {
		const how = "the CalDAV server is not here (apt install radicale)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	// Somebody else may take a port between its being found free and its use.
	for range 3 {
		if r := launchRadicale(t, program); r != nil {
			return r
		}
	}
	t.Fatal("radicale ended, three times")
	return nil
}

// launchRadicale returns nothing when it ended before it listened.
func launchRadicale(t *testing.T, program string) *radicale {
	t.Helper()
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	if err := os.WriteFile(users, []byte(user+":"+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &radicale{url: "http://" + l.Addr().String(), at: netip.MustParseAddrPort(l.Addr().String())}
	l.Close()
	config := filepath.Join(dir, "config")
	text := fmt.Sprintf("[server]\nhosts = %s\n[auth]\ntype = htpasswd\nhtpasswd_filename = %s\nhtpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = %s\n[encoding]\nrequest = utf-8\nstock = utf-8\n",
		r.at, users, filepath.Join(dir, "data"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config", config)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // its log says why it ended
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		if t.Failed() {
			t.Logf("radicale said:\n%s", log.String())
		}
	})
	deadline := time.Now().Add(2 * time.Minute)
	for {
		conn, err := net.DialTimeout("tcp", r.at.String(), time.Minute)
		if err == nil {
			conn.Close()
			return r
		}
		select {
		case <-ended:
			t.Logf("radicale ended: %s", log.String())
			return nil
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("radicale does not listen: %v", err) // its log follows
		}
	}
}

// put stores a whole collection.
func (r *radicale) put(t *testing.T, path, doc string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.url+path, strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	req.Header.Set("Content-Type", "text/calendar; charset=utf-8")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("PUT %s: %s", path, resp.Status)
	}
}

func (r *radicale) open(t *testing.T, path string, caldav bool, change ...func(*ics.Options)) *ics.Feed {
	o := ics.Options{URL: r.url + path, CalDAV: caldav, Username: user, Password: password, Zone: seoul(t), Options: allowing(r.at)}
	for _, c := range change {
		c(&o)
	}
	return ics.New(o)
}

func TestRadicale(t *testing.T) {
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	r := startRadicale(t)
	holidays, err := os.ReadFile("testdata/holidays-kr-2027.ics")
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, "/minji/holidays/", string(holidays))
	r.put(t, "/minji/work/", calendar(ownZone+
		event("UID:bf", "DTSTAMP:20261101T000000Z", "DTSTART;VALUE=DATE:20201126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "SUMMARY:추수감사절")+"\n"+
		event("UID:w", "DTSTAMP:20261101T000000Z", "DTSTART;TZID=Asia/Seoul:20261102T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", "EXDATE;TZID=Asia/Seoul:20261109T080000", "SUMMARY:주간 회의")+"\n"+
		event("UID:w", "DTSTAMP:20261101T000000Z", "RECURRENCE-ID;TZID=Asia/Seoul:20261116T080000", "DTSTART;TZID=Asia/Seoul:20261117T150000", "DURATION:PT1H", "SUMMARY:주간 회의 (옮김)")+"\n"+
		event("UID:o", "DTSTAMP:20261101T000000Z", "DTSTART;VALUE=DATE:20260101", "SUMMARY:올해 초")))

	for name, caldav := range map[string]bool{"file": false, "CalDAV": true} {
		t.Run(name, func(t *testing.T) {
			got, err := r.open(t, "/minji/holidays/", caldav).Entries(t.Context(), connectors.Caller{}, date("2027-01-01"), date("2027-12-31"))
			if err != nil {
				t.Fatal(err)
			}
			wantHolidays(t, got)
			got, err = r.open(t, "/minji/holidays/", caldav).Entries(t.Context(), connectors.Caller{}, date("2027-02-07"), date("2027-02-07"))
			if diff := cmp.Diff([]string{"2027-02-07 설날"}, show(got)); diff != "" || err != nil {
				t.Errorf("one day: %v (-want +got):\n%s", err, diff)
			}
			got, err = r.open(t, "/minji/work/", caldav).Entries(t.Context(), connectors.Caller{}, date("2026-11-01"), date("2026-11-30"))
			want := []string{"2026-11-01T23:00Z…2026-11-02T00:00Z 주간 회의", "2026-11-17T06:00Z…2026-11-17T07:00Z 주간 회의 (옮김)",
				"2026-11-22T23:00Z…2026-11-23T00:00Z 주간 회의", "2026-11-26 추수감사절", "2026-11-29T23:00Z…2026-11-30T00:00Z 주간 회의"}
			if diff := cmp.Diff(want, show(got)); diff != "" || err != nil {
				t.Errorf("repeated: %v (-want +got):\n%s", err, diff)
			}
			wrong := func(o *ics.Options) { o.Password = "틀림" }
			_, err = r.open(t, "/minji/work/", caldav, wrong).Entries(t.Context(), connectors.Caller{}, date("2026-11-01"), date("2026-11-30"))
			if connectors.CodeOf(err) != connectors.CodeDenied || strings.Contains(err.Error(), "틀림") {
				t.Errorf("a wrong password: %v", err)
			}
			_, err = r.open(t, "/minji/nothing/", caldav).Entries(t.Context(), connectors.Caller{}, date("2026-11-01"), date("2026-11-30"))
			if connectors.CodeOf(err) != connectors.CodeNotFound {
				t.Errorf("no such collection: %v", err)
			}
		})
	}
}

// answer is what a CalDAV server says to a report about one event.
func answer(doc string) string {
	if doc != "" {
		doc = "<d:response><d:href>/1.ics</d:href><d:propstat><d:prop><c:calendar-data><![CDATA[" + doc + "]]></c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>" +
			"<d:response><d:href>/2.ics</d:href><d:propstat><d:prop><c:calendar-data/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>"
	}
	return `<?xml version="1.0" encoding="utf-8"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">` + doc + `</d:multistatus>`
}

func TestCalDAVAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   connectors.Code
		n      int
	}{
		"one":           {207, answer(calendar(event("UID:1", "DTSTART:20261127"))), "", 1},
		"none":          {207, answer(""), "", 0},
		"a web page":    {200, "<html></html>", connectors.CodeBadData, 0},
		"broken":        {207, "<d:multistatus", connectors.CodeBadData, 0},
		"cut short":     {207, `<d:multistatus xmlns:d="DAV:"><d:response><d:href>/</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response></d:multistatus>`, connectors.CodeTooLarge, 0},
		"broken inside": {207, answer("BEGIN:VCALENDAR\nBEGIN:VEVENT\n"), connectors.CodeBadData, 0},
	} {
		var depth, method string
		url, at := serve(t, func(w http.ResponseWriter, r *http.Request) {
			depth, method = r.Header.Get("Depth"), r.Method
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		got, err := ics.New(ics.Options{URL: url, CalDAV: true, Options: allowing(at)}).Entries(t.Context(), connectors.Caller{}, date("2026-11-01"), date("2026-11-30"))
		if connectors.CodeOf(err) != c.code || len(got) != c.n || depth != "1" || method != "REPORT" {
			t.Errorf("%s: %v, %v after %s with depth %s", name, got, err, method, depth)
		}
	}
}

func serve(t *testing.T, h http.HandlerFunc) (string, netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go s.Serve(l) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { s.Close() })
	return "http://" + l.Addr().String(), netip.MustParseAddrPort(l.Addr().String())
}
