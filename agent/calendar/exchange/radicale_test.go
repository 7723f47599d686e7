package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
)

// radicale starts a calendar server of others' making and returns its address.
func radicale(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("radicale")
	if err != nil {
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal("radicale is missing: apt install radicale")
		}
		t.Skip("the exchange with another calendar server needs radicale: apt install radicale")
	}
	// Somebody else may take a port between its being found free and its use.
	for range 3 {
		if address := startRadicale(t, path); address != "" {
			return "http://" + address
		}
	}
	t.Fatal("radicale ended, three times")
	return ""
}

// startRadicale returns where it listens, which is nowhere when it ended.
func startRadicale(t *testing.T, path string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = l.Addr().String()
	l.Close()
	var log bytes.Buffer
	cmd := exec.Command(path, "--config", "", "--server-hosts", address, "--auth-type", "none", "--web-type", "none", "--storage-filesystem-folder", t.TempDir())
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
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("radicale: %s", log.String())
		}
	})
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			c.Close()
			return address
		}
		select {
		case <-ended:
			t.Logf("radicale ended: %s", log.String())
			return ""
		case <-ctx.Done():
			t.Fatal("radicale does not answer")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func ask(t *testing.T, method, url, contentType string, body io.Reader) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("team", "team")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %v %s", method, url, resp.Status, err, text)
	}
	return string(text)
}

// TestCalendarServer has Radicale take our feed, take it apart into its events, and give
// it back: it means the same.
func TestCalendarServer(t *testing.T) {
	server := radicale(t)
	c, editions := curated(t)
	editions = editions[:80]
	var ours bytes.Buffer
	if err := exchange.WriteICS(&ours, exchange.Feed{Name: "마케팅 캘린더", Language: "ko", Editions: editions}); err != nil {
		t.Fatal(err)
	}
	sent, err := exchange.Read("ours.ics", bytes.NewReader(ours.Bytes()), exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ask(t, http.MethodPut, server+"/team/marketing/", "text/calendar; charset=utf-8", &ours)
	theirs := ask(t, http.MethodGet, server+"/team/marketing/", "", nil)
	got, err := exchange.Read("theirs.ics", strings.NewReader(theirs), exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	byKey := func(f *exchange.File) map[string]exchange.Row {
		out := map[string]exchange.Row{}
		for _, r := range f.Rows {
			r.Place, r.Line = "", 0
			out[r.Event+" "+r.Market+" "+r.Label] = r
		}
		return out
	}
	if diff := cmp.Diff(byKey(sent), byKey(got)); diff != "" || len(got.Rows) != len(editions) || len(got.Refused) > 0 {
		t.Errorf("%d of %d, %v: %s", len(got.Rows), len(editions), got.Refused, diff)
	}
	if p := exchange.Compare(c, got); p.Count(exchange.New)+p.Count(exchange.Changed) > 0 && !onlySubstitutes(p) {
		t.Errorf("%+v", p.Changes)
	}
	// It also lists the days of a stretch, which it can only where it understands them.
	report := ask(t, "REPORT", server+"/team/marketing/", "application/xml", strings.NewReader(`<?xml version="1.0"?>
<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:"><D:prop><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR">
<C:comp-filter name="VEVENT"><C:time-range start="20260216T000000Z" end="20260217T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`))
	if !strings.Contains(report, "X-BAPSANG-EVENT:kr.seollal") || strings.Contains(report, "X-BAPSANG-EVENT:kr.independence_movement_day") {
		t.Errorf("the days of 2026-02-16: %s", report)
	}
}

func onlySubstitutes(p *exchange.Preview) bool {
	for _, x := range p.Changes {
		if x.Verdict != exchange.Same && !strings.HasSuffix(x.Row.Event, ".substitute") {
			return false
		}
	}
	return true
}

func FuzzRead(f *testing.F) {
	f.Add("a.ics", []byte(ics(vevent("DTSTART;VALUE=DATE:20261127", "RRULE:FREQ=YEARLY;COUNT=3", "SUMMARY:x"))))
	f.Add("a.ics", []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=\"a:20260101\nEND:VEVENT\n"))
	f.Add("a.csv", []byte(table))
	f.Add("a.csv", []byte("name;start\n\"x;2026-01-01 ~ 2\n"))
	f.Add("a.json", []byte(`[{"name":"x","start":"2026-01-01"}]`))
	f.Add("a.xlsx", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		file, err := exchange.Read(name, bytes.NewReader(data), exchange.Options{})
		if err != nil {
			var e *exchange.Error
			if !errors.As(err, &e) || e.Text("ko") == "" {
				t.Fatal(err)
			}
			return
		}
		for _, r := range file.Rows {
			if r.End.Before(r.Start) || r.Start.IsZero() || r.Name == "" && r.Event == "" {
				t.Errorf("%+v", r)
			}
		}
		for _, r := range file.Refused {
			if r.Text("ko") == "" || r.Text("en") == "" {
				t.Errorf("%+v", r)
			}
		}
		if p := exchange.Compare(base, file); len(p.Changes)+len(p.Refused) != len(file.Rows)+len(file.Refused) {
			t.Error("rows are lost")
		}
	})
}

var base = calendar.Default()
