package ics_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/ics"
)

// TestWorkIsBounded reads calendars that are small for the work they ask for. Without
// bounds each takes minutes, gigabytes, or for ever.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	var seconds []string
	for i := range 60 {
		seconds = append(seconds, fmt.Sprint(i))
	}
	all := strings.Join(seconds, ",")
	standard := "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0800\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28\nEND:STANDARD\n"
	for name, c := range map[string]struct {
		doc  string
		n    int
		code connectors.Code
	}{
		"a rule that never holds":    {event("UID:a", "DTSTART:20260101T000000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), 1, ""},
		"every second, by its parts": {event("UID:a", "DTSTART:16000101T000000Z", "RRULE:FREQ=DAILY;BYMINUTE="+all+";BYSECOND="+all), 0, ""},
		"a month that overflows":     {event("UID:a", "DTSTART:20260101T000000Z", "RRULE:FREQ=MONTHLY;INTERVAL=9223372036854775800"), 1, ""},
		"a year that overflows":      {event("UID:a", "DTSTART:20260101T000000Z", "RRULE:FREQ=YEARLY;INTERVAL=9223372036854775800"), 1, ""},
		"exceptions by the day": {
			event("UID:a", "DTSTART:20200101T000000Z", "RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5", "EXDATE;VALUE=DATE:"+strings.Repeat("20260105,", 100_000)+"20260106"), 365*6 - 2*6, "",
		},
		"a zone of many changes": {
			"BEGIN:VTIMEZONE\nTZID:X\n" + strings.Repeat(standard, 3_000) + "END:VTIMEZONE\n" + event("UID:a", "DTSTART;TZID=X:20260101T000000"), 1, "",
		},
		"many rules that never hold": {
			event("UID:a", "DTSTART:20260101T000000Z", strings.TrimSuffix(strings.Repeat("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\n", 20_000), "\n")), 0, connectors.CodeTimeout,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/calendar")
				fmt.Fprint(w, calendar(c.doc))
			}))
			defer s.Close()
			o := allowing(netip.MustParseAddrPort(s.Listener.Addr().String()))
			o.Timeout = time.Minute
			if c.code == connectors.CodeTimeout {
				o.Timeout = 2 * time.Second
			}
			began := time.Now()
			got, err := ics.New(ics.Options{URL: s.URL, Options: o}).Entries(t.Context(), connectors.Caller{}, date("2026-01-01"), date("2026-12-31"))
			if connectors.CodeOf(err) != c.code || c.code == "" && len(got) != c.n {
				t.Errorf("%d entries, %v", len(got), err)
			}
			if took := time.Since(began); took > o.Timeout+time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestRulesAgainstTheLibrary compares what is expanded far from the library's last year
// with what the library says itself.
func TestRulesAgainstTheLibrary(t *testing.T) {
	t.Parallel()
	from, to := date("2024-01-01"), date("2030-12-31")
	for _, start := range []string{"16000229", "19960229", "20231231", "20240101", "20251130"} {
		for _, rule := range []string{
			"FREQ=DAILY;INTERVAL=17", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;WKST=SU", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
			"FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU", "FREQ=YEARLY;BYYEARDAY=-1,366", "FREQ=YEARLY;INTERVAL=7;BYMONTH=11;BYDAY=4TH", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=DAILY;COUNT=400",
			"FREQ=WEEKLY;UNTIL=20270701",
		} {
			want := map[string]bool{}
			option, err := rrule.StrToROption(rule)
			if err != nil {
				t.Fatal(err)
			}
			option.Dtstart, _ = time.Parse("20060102", start)
			r, err := rrule.NewRRule(*option)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range r.Between(from, to, true) {
				want[at.Format(time.DateOnly)] = true
			}
			if !option.Dtstart.Before(from) { // the first start always counts
				want[option.Dtstart.Format(time.DateOnly)] = true
			}
			entries, err := read(t, calendar(event("UID:a", "SUMMARY:x", "DTSTART;VALUE=DATE:"+start, "RRULE:"+rule)), "2024-01-01", "2030-12-31")
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if !want[e.Start.Format(time.DateOnly)] {
					t.Errorf("%s %s: %s is not the library's", start, rule, e.Start.Format(time.DateOnly))
				}
				delete(want, e.Start.Format(time.DateOnly))
			}
			if len(want) > 0 {
				t.Errorf("%s %s lacks %v", start, rule, want)
			}
		}
	}
}
