package ics_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/korean"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/ics"
	"github.com/bapsang/bapsang/connectors/outward"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func seoul(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func allowing(at netip.AddrPort) outward.Options {
	return outward.Options{AllowPrivate: []netip.Prefix{netip.PrefixFrom(at.Addr(), 32)}, Ports: []uint16{at.Port()}}
}

func date(text string) time.Time {
	t, err := time.Parse("2006-01-02", text)
	if err != nil {
		panic(err)
	}
	return t
}

func calendar(events string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//KO\r\n" + strings.ReplaceAll(events, "\n", "\r\n") + "\r\nEND:VCALENDAR\r\n"
}

func event(lines ...string) string {
	return "BEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT"
}

func TestConformance(t *testing.T) {
	t.Parallel()
	doc := func(prefix string) string {
		return calendar(event("UID:1", "DTSTART;VALUE=DATE:20261127", "SUMMARY:"+prefix+"블랙프라이데이 & 세일\\, 첫날", "DESCRIPTION:하나\\n둘", "URL:https://example.com/1",
			"LAST-MODIFIED:20261101T000000Z", "CREATED:20261001T000000Z") + "\n" +
			event("UID:2", "DTSTART;TZID=Asia/Seoul:20261128T100000", "DTEND;TZID=Asia/Seoul:20261128T113000", "SUMMARY:"+prefix+"회의", "RRULE:FREQ=DAILY;COUNT=2"))
	}
	connectorstest.FeedSuite(t, connectorstest.FeedHarness{
		Open: func(_ *testing.T, url string, site netip.AddrPort) connectors.Feed {
			return ics.New(ics.Options{URL: url, Options: allowing(site)})
		},
		ContentType: "text/calendar; charset=utf-8", Document: doc(""), Changed: doc("바뀐 "),
		Want: []connectors.Entry{
			{Title: "블랙프라이데이 & 세일, 첫날", Text: "하나\n둘", URL: "https://example.com/1", Start: date("2026-11-27"), End: date("2026-11-27"), AllDay: true,
				Published: date("2026-10-01"), Updated: date("2026-11-01")},
			{Title: "회의", Start: time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 28, 2, 30, 0, 0, time.UTC)},
			{Title: "회의", Start: time.Date(2026, 11, 29, 1, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 29, 2, 30, 0, 0, time.UTC)},
		},
		Empty: calendar("X-WR-CALNAME:빈 캘린더"), Broken: "<html>로그인</html>", From: date("2026-11-01"), To: date("2026-11-30"), MaxBytes: 10 << 20,
	})
}

// read gives the entries of a document that a server sends.
func read(t testing.TB, doc, from, to string) ([]connectors.Entry, error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/calendar")
		fmt.Fprint(w, doc)
	}))
	defer s.Close()
	o := allowing(netip.MustParseAddrPort(s.Listener.Addr().String()))
	o.Timeout = 2 * time.Minute // the race detector takes its time
	f := ics.New(ics.Options{URL: s.URL, Zone: seoul(t), Options: o})
	return f.Entries(context.Background(), connectors.Caller{}, date(from), date(to))
}

// show writes entries as lines: start, end, title.
func show(list []connectors.Entry) []string {
	out := []string{}
	for _, e := range list {
		form := "2006-01-02T15:04Z"
		if e.AllDay {
			form = "2006-01-02"
		}
		line := e.Start.Format(form)
		if !e.End.Equal(e.Start) {
			line += "…" + e.End.Format(form)
		}
		if e.Cancelled {
			line += " cancelled"
		}
		out = append(out, strings.TrimSpace(line+" "+e.Title))
	}
	return out
}

func TestEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, doc string
		want      []string // in 2026
	}{
		{"a day without an end", event("UID:1", "DTSTART;VALUE=DATE:20261127"), []string{"2026-11-27"}},
		{"a day with an end", event("UID:1", "DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261128"), []string{"2026-11-27"}},
		{"days", event("UID:1", "DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261201"), []string{"2026-11-27…2026-11-30"}},
		{"a day that ends as it begins", event("UID:1", "DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261127"), []string{"2026-11-27"}},
		{"an end before the start", event("UID:1", "DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261120"), []string{"2026-11-27"}},
		{"days by duration", event("UID:1", "DTSTART;VALUE=DATE:20261127", "DURATION:P1W"), []string{"2026-11-27…2026-12-03"}},
		{"a date without saying so", event("UID:1", "DTSTART:20261127"), []string{"2026-11-27"}},
		{"a day of Outlook", event("UID:1", "DTSTART;TZID=Korea Standard Time:20261127T000000", "DTEND;TZID=Korea Standard Time:20261129T000000", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"), []string{"2026-11-27…2026-11-28"}},
		{"a time in UTC", event("UID:1", "DTSTART:20261127T010000Z", "DTEND:20261127T020000Z"), []string{"2026-11-27T01:00Z…2026-11-27T02:00Z"}},
		{"a time without a zone", event("UID:1", "DTSTART:20261127T100000"), []string{"2026-11-27T01:00Z"}},
		{"a time without an end", event("UID:1", "DTSTART;TZID=Asia/Seoul:20261127T100000"), []string{"2026-11-27T01:00Z"}},
		{"a duration", event("UID:1", "DTSTART:20261127T010000Z", "DURATION:PT1H30M"), []string{"2026-11-27T01:00Z…2026-11-27T02:30Z"}},
		{"a duration that goes back", event("UID:1", "DTSTART:20261127T010000Z", "DURATION:-PT1H"), []string{"2026-11-27T01:00Z"}},
		{"a day by the calendar when clocks change", event("UID:1", "DTSTART;TZID=America/New_York:20261031T120000", "DURATION:P1D"), []string{"2026-10-31T16:00Z…2026-11-01T17:00Z"}},
		{"a day by the clock when clocks change", event("UID:1", "DTSTART;TZID=America/New_York:20261031T120000", "DURATION:PT24H"), []string{"2026-10-31T16:00Z…2026-11-01T16:00Z"}},
		{"a Windows zone", event("UID:1", "DTSTART;TZID=\"Korea Standard Time\":20261127T100000"), []string{"2026-11-27T01:00Z"}},
		{"an old zone name", event("UID:1", "DTSTART;TZID=/freeassociation.sourceforge.net/Tzfile/America/Argentina/Salta:20261127T100000"), []string{"2026-11-27T13:00Z"}},
		{"a zone that nobody knows", event("UID:1", "DTSTART;TZID=Nowhere/Land:20261127T100000"), []string{"2026-11-27T01:00Z"}},
		{"an hour that does not exist", event("UID:1", "DTSTART;TZID=America/New_York:20260308T023000"), []string{"2026-03-08T07:30Z"}},
		{"an hour that comes twice", event("UID:1", "DTSTART;TZID=America/New_York:20261101T013000"), []string{"2026-11-01T05:30Z"}},
		{"half an hour that comes twice", event("UID:1", "DTSTART;TZID=Australia/Lord_Howe:20260405T014500"), []string{"2026-04-04T14:45Z"}},
		{"cancelled", event("UID:1", "DTSTART;VALUE=DATE:20261127", "STATUS:CANCELLED", "SUMMARY:취소"), []string{"2026-11-27 cancelled 취소"}},
		{"all cancelled", "METHOD:CANCEL\n" + event("UID:1", "DTSTART;VALUE=DATE:20261127"), []string{"2026-11-27 cancelled"}},
		{"the later version", event("UID:1", "DTSTART;VALUE=DATE:20261127", "SEQUENCE:2", "SUMMARY:새") + "\n" + event("UID:1", "DTSTART;VALUE=DATE:20261120", "SEQUENCE:1", "SUMMARY:헌"), []string{"2026-11-27 새"}},
		{"small letters", "begin:vevent\nuid:1\ndtstart;value=date:20261127\nsummary:작게\nend:vevent", []string{"2026-11-27 작게"}},
		{"broken lines", event("UID:1", "이것은 줄이 아니다", "DTSTART;VALUE=DATE:20261127", "X-BAD;=:", ":", "SUMMARY:남음"), []string{"2026-11-27 남음"}},
		{"no start", event("UID:1", "SUMMARY:언제") + "\n" + event("UID:2", "DTSTART:내일", "SUMMARY:언제") + "\n" + event("UID:3", "DTSTART;VALUE=DATE:20261127"), []string{"2026-11-27"}},
		{"no uid", event("DTSTART;VALUE=DATE:20261127", "SUMMARY:가") + "\n" + event("DTSTART;VALUE=DATE:20261128", "SUMMARY:나"), []string{"2026-11-27 가", "2026-11-28 나"}},
		{"alarms and tasks", event("UID:1", "DTSTART;VALUE=DATE:20261127", "BEGIN:VALARM", "TRIGGER:-PT10M", "SUMMARY:알람", "DTSTART:20200101", "END:VALARM", "SUMMARY:일") +
			"\nBEGIN:VTODO\nUID:t\nDTSTART:20261127\nEND:VTODO", []string{"2026-11-27 일"}},
		{"markup", event("UID:1", "DTSTART;VALUE=DATE:20261127", "SUMMARY:<b>굵게</b> &amp\\; 더"), []string{"2026-11-27 굵게 & 더"}},
		{"before and after the period", event("UID:1", "DTSTART;VALUE=DATE:20251231") + "\n" + event("UID:2", "DTSTART;VALUE=DATE:20270101"), []string{}},
		{"into the period", event("UID:1", "DTSTART;VALUE=DATE:20251230", "DTEND;VALUE=DATE:20260102"), []string{"2025-12-30…2026-01-01"}},
		{"up to the period", event("UID:1", "DTSTART;VALUE=DATE:20251230", "DTEND;VALUE=DATE:20260101"), []string{}},
		{"a morning in Seoul is of its own day", event("UID:1", "DTSTART;TZID=Asia/Seoul:20260101T080000") + "\n" + event("UID:2", "DTSTART;TZID=Asia/Seoul:20270101T080000"), []string{"2025-12-31T23:00Z"}},
	} {
		got, err := read(t, calendar(c.doc), "2026-01-01", "2026-12-31")
		if diff := cmp.Diff(c.want, show(got)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, err, diff)
		}
	}
}

func TestRepeated(t *testing.T) {
	t.Parallel()
	day := "DTSTART;VALUE=DATE:"
	for _, c := range []struct {
		name, doc, from, to string
		want                []string
	}{
		{"Thanksgiving as calendars write it", event("UID:1", day+"20201126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"), "2024-01-01", "2026-12-31",
			[]string{"2024-11-28", "2025-11-27", "2026-11-26"}},
		{"the day after it, by a set of days", event("UID:1", day+"20201127", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=FR;BYMONTHDAY=23,24,25,26,27,28,29"), "2024-01-01", "2026-12-31",
			[]string{"2024-11-29", "2025-11-28", "2026-11-27"}},
		{"every leap day", event("UID:1", day+"20240229", "RRULE:FREQ=YEARLY"), "2024-01-01", "2032-12-31", []string{"2024-02-29", "2028-02-29", "2032-02-29"}},
		{"count", event("UID:1", day+"20261101", "RRULE:FREQ=WEEKLY;COUNT=3"), "2026-11-01", "2027-12-31", []string{"2026-11-01", "2026-11-08", "2026-11-15"}},
		{"count that begins before", event("UID:1", day+"20261101", "RRULE:FREQ=WEEKLY;COUNT=3"), "2026-11-09", "2027-12-31", []string{"2026-11-15"}},
		{"until a date", event("UID:1", day+"20261101", "RRULE:FREQ=DAILY;UNTIL=20261103"), "2026-11-01", "2027-12-31", []string{"2026-11-01", "2026-11-02", "2026-11-03"}},
		{"until a date, at a time", event("UID:1", "DTSTART;TZID=Asia/Seoul:20261101T200000", "RRULE:FREQ=DAILY;UNTIL=20261102"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01T11:00Z", "2026-11-02T11:00Z"}},
		{"until an instant", event("UID:1", "DTSTART;TZID=Asia/Seoul:20261101T080000", "RRULE:FREQ=DAILY;UNTIL=20261101T230000Z"), "2026-11-01", "2026-12-31",
			[]string{"2026-10-31T23:00Z", "2026-11-01T23:00Z"}},
		{"without end", event("UID:1", day+"19000101", "RRULE:FREQ=DAILY"), "2026-11-01", "2026-11-02", []string{"2026-11-01", "2026-11-02"}},
		{"the clock stays when clocks change", event("UID:1", "DTSTART;TZID=America/New_York:20261030T090000", "DTEND;TZID=America/New_York:20261030T100000", "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3"), "2026-10-01", "2026-12-31",
			[]string{"2026-10-30T13:00Z…2026-10-30T14:00Z", "2026-11-01T14:00Z…2026-11-01T15:00Z", "2026-11-03T14:00Z…2026-11-03T15:00Z"}},
		{"left out", event("UID:1", day+"20261101", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE;VALUE=DATE:20261102,20261103", "EXDATE:20261104T000000Z"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01", "2026-11-05"}},
		{"left out, in another zone", event("UID:1", "DTSTART;TZID=Asia/Seoul:20261101T090000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261102T000000Z"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01T00:00Z", "2026-11-03T00:00Z"}},
		{"left out, by the day", event("UID:1", "DTSTART;TZID=Asia/Seoul:20261101T090000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261102"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01T00:00Z", "2026-11-03T00:00Z"}},
		{"left out by rule", event("UID:1", day+"20261102", "RRULE:FREQ=DAILY;COUNT=7", "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"}},
		{"more dates", event("UID:1", day+"20261101", "RDATE;VALUE=DATE:20261110,20261120", "RDATE;VALUE=PERIOD:20261125T000000Z/PT1H"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01", "2026-11-10", "2026-11-20", "2026-11-25"}},
		{"moved", event("UID:1", day+"20261101", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:정기") + "\n" +
			event("UID:1", "RECURRENCE-ID;VALUE=DATE:20261108", day+"20261109", "SUMMARY:하루 늦게"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01 정기", "2026-11-09 하루 늦게", "2026-11-15 정기"}},
		{"moved out of the period", event("UID:1", day+"20261101", "RRULE:FREQ=WEEKLY;COUNT=2") + "\n" + event("UID:1", "RECURRENCE-ID;VALUE=DATE:20261108", day+"20270101"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01"}},
		{"moved into the period", event("UID:1", day+"20261101", "RRULE:FREQ=WEEKLY;COUNT=2") + "\n" + event("UID:1", "RECURRENCE-ID;VALUE=DATE:20261108", day+"20270101"), "2027-01-01", "2027-12-31",
			[]string{"2027-01-01"}},
		{"one cancelled", event("UID:1", "DTSTART;TZID=Asia/Seoul:20261101T090000", "RRULE:FREQ=DAILY;COUNT=2", "SUMMARY:매일") + "\n" +
			event("UID:1", "RECURRENCE-ID:20261102T000000Z", "DTSTART:20261102T000000Z", "STATUS:CANCELLED", "SUMMARY:매일"), "2026-11-01", "2026-12-31",
			[]string{"2026-11-01T00:00Z 매일", "2026-11-02T00:00Z cancelled 매일"}},
		{"an exception without its rule", event("UID:1", "RECURRENCE-ID;VALUE=DATE:20261108", day+"20261109"), "2026-11-01", "2026-12-31", []string{"2026-11-09"}},
		{"too often", event("UID:1", day+"20261101", "RRULE:FREQ=SECONDLY"), "2026-11-01", "2026-12-31", []string{"2026-11-01"}},
		{"no rule", event("UID:1", day+"20261101", "RRULE:FREQ=SOMETIMES"), "2026-11-01", "2026-12-31", []string{"2026-11-01"}},
		{"never", event("UID:1", day+"20261101", "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"), "2026-11-01", "2026-12-31", []string{"2026-11-01"}},
		{"from before into the period", event("UID:1", day+"20200101", "DTEND;VALUE=DATE:20200108", "RRULE:FREQ=MONTHLY"), "2026-11-05", "2026-11-30", []string{"2026-11-01…2026-11-07"}},
	} {
		got, err := read(t, calendar(c.doc), c.from, c.to)
		if diff := cmp.Diff(c.want, show(got)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, err, diff)
		}
	}
}

// TestUIDsOfOccurrences stay when an occurrence is moved, and between windows.
func TestUIDsOfOccurrences(t *testing.T) {
	t.Parallel()
	rule := event("UID:w", "DTSTART;TZID=Asia/Seoul:20261101T090000", "RRULE:FREQ=WEEKLY")
	uids := func(doc, from, to string) []string {
		got, err := read(t, calendar(doc), from, to)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range got {
			out = append(out, e.UID)
		}
		return out
	}
	want := []string{"w/20261108T090000", "w/20261115T090000"}
	if diff := cmp.Diff(want, uids(rule, "2026-11-05", "2026-11-20")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	moved := rule + "\n" + event("UID:w", "RECURRENCE-ID:20261108T000000Z", "DTSTART;TZID=Asia/Seoul:20261110T150000")
	if diff := cmp.Diff(want, uids(moved, "2026-11-05", "2026-11-20")); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
}

// ownZone is New York under a name of its own, with the rules of since 2007.
const ownZone = `BEGIN:VTIMEZONE
TZID:본사 시간
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE
`

// TestZonesOfTheCalendar holds rules that a calendar brings to the IANA database, for
// every half hour of three days around each change.
func TestZonesOfTheCalendar(t *testing.T) {
	t.Parallel()
	var own, iana strings.Builder
	for _, at := range []string{"2026-03-07", "2026-10-31", "2031-03-08", "2031-11-01"} {
		for i := range 3 * 48 {
			stamp := date(at).Add(time.Duration(i) * 30 * time.Minute).Format("20060102T150405")
			fmt.Fprintf(&own, "%s\n", event("UID:"+stamp, "DTSTART;TZID=본사 시간:"+stamp))
			fmt.Fprintf(&iana, "%s\n", event("UID:"+stamp, "DTSTART;TZID=America/New_York:"+stamp))
		}
	}
	got, err := read(t, calendar(ownZone+own.String()), "2026-01-01", "2031-12-31")
	if err != nil {
		t.Fatal(err)
	}
	want, err := read(t, calendar(iana.String()), "2026-01-01", "2031-12-31")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 4*3*48 {
		t.Errorf("%d entries (-iana +own):\n%s", len(got), diff)
	}
	// UNTIL in UTC is on the clock of the zone: 09:00 is 13:00Z before November and 14:00Z after.
	got, err = read(t, calendar(ownZone+event("UID:1", "DTSTART;TZID=본사 시간:20261031T090000", "RRULE:FREQ=DAILY;UNTIL=20261102T140000Z")), "2026-01-01", "2026-12-31")
	if diff := cmp.Diff([]string{"2026-10-31T13:00Z", "2026-11-01T14:00Z", "2026-11-02T14:00Z"}, show(got)); diff != "" || err != nil {
		t.Errorf("until: %v (-want +got):\n%s", err, diff)
	}
}

// TestFolding folds Korean text within letters, as programs do that count bytes.
func TestFolding(t *testing.T) {
	t.Parallel()
	title := strings.Repeat("블랙프라이데이 세일, ", 20)
	line := "SUMMARY:" + strings.ReplaceAll(title, ",", `\,`)
	for _, width := range []int{1, 2, 7, 73, 74, 75} {
		for _, mark := range []string{"\r\n ", "\n\t"} {
			var folded strings.Builder
			for i := 0; i < len(line); i += width {
				if i > 0 {
					folded.WriteString(mark)
				}
				folded.WriteString(line[i:min(i+width, len(line))])
			}
			got, err := read(t, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261127\r\n"+folded.String()+"\r\nEND:VEVENT\r\nEND:VCALENDAR", "2026-01-01", "2026-12-31")
			if err != nil || len(got) != 1 || got[0].Title != strings.TrimSpace(title) {
				t.Errorf("width %d: %v, %v", width, got, err)
			}
		}
	}
	encoded, err := korean.EUCKR.NewEncoder().String(calendar(event("UID:1", "DTSTART:20261127", "SUMMARY:똠방각하 세일")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(t, encoded, "2026-01-01", "2026-12-31"); err != nil || len(got) != 1 || got[0].Title != "똠방각하 세일" {
		t.Errorf("CP949: %v, %v", got, err)
	}
}

// TestHolidays reads the official Korean holidays as they are published, and holds the
// file to the JSON of the same source.
func TestHolidays(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("testdata/holidays-kr-2027.ics")
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, string(doc), "2027-01-01", "2027-12-31")
	if err != nil {
		t.Fatal(err)
	}
	wantHolidays(t, got)
}

func wantHolidays(t *testing.T, got []connectors.Entry) {
	t.Helper()
	raw, err := os.ReadFile("testdata/holidays-kr-2027.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]string
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	have := map[string][]string{}
	for _, e := range got {
		if !e.AllDay || !e.Start.Equal(e.End) {
			t.Errorf("%+v does not last one day", e)
		}
		have[e.Start.Format("2006-01-02")] = append(have[e.Start.Format("2006-01-02")], e.Title)
	}
	if diff := cmp.Diff(want, have); diff != "" || len(got) != 24 {
		t.Errorf("%d holidays (-json +ics):\n%s", len(got), diff)
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	many := event("UID:1", "DTSTART:20000101T000000Z", "RRULE:FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23")
	for _, c := range []struct {
		name, doc string
		code      connectors.Code
		n         int
	}{
		{"nesting", "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\n", 50_000), connectors.CodeBadData, 0},
		{"closed nesting", "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\n", 20_000) + strings.Repeat("END:VEVENT\n", 20_000) + "END:VCALENDAR\n", "", 0},
		{"too many", calendar(many), connectors.CodeTooLarge, 0},
		{"50 MB", "BEGIN:VCALENDAR\n" + strings.Repeat("X-A:b\n", 50_000_000/6), connectors.CodeTooLarge, 0},
		{"cut short", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20261127\nEND:VEVENT\n", connectors.CodeBadData, 0},
		{"nothing", "", connectors.CodeBadData, 0},
		{"another thing", "BEGIN:VCARD\nEND:VCARD\n", connectors.CodeBadData, 0},
		{"one line", "BEGIN:VCALENDAR\nX:" + strings.Repeat("a", 9<<20) + "\nEND:VCALENDAR\n", "", 0},
		{"two calendars", calendar(event("UID:1", "DTSTART:20261127")) + calendar(event("UID:2", "DTSTART:20261128")), "", 2},
		{"absurd numbers", calendar(event("UID:1", "DTSTART:20261127", "DURATION:P99999D", "RRULE:FREQ=DAILY;INTERVAL=9223372036854775807")), "", 1},
		{"an absurd year", calendar(event("UID:1", "DTSTART:00010101", "RRULE:FREQ=DAILY")), "", 0},
	} {
		got, err := read(t, c.doc, "2026-01-01", "2028-12-31")
		if connectors.CodeOf(err) != c.code || len(got) != c.n {
			t.Errorf("%s: %d entries, %v", c.name, len(got), err)
		}
	}
}

// TestRulesThatTakeLong end with the deadline.
func TestRulesThatTakeLong(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "%s\n", event(fmt.Sprintf("UID:%d", i), "DTSTART:20200101", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"))
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/calendar")
		fmt.Fprint(w, calendar(b.String()))
	}))
	defer s.Close()
	o := allowing(netip.MustParseAddrPort(s.Listener.Addr().String()))
	o.Timeout = 2 * time.Second
	began := time.Now()
	_, err := ics.New(ics.Options{URL: s.URL, Options: o}).Entries(t.Context(), connectors.Caller{}, date("2026-01-01"), date("2026-12-31"))
	if connectors.CodeOf(err) != connectors.CodeTimeout || time.Since(began) > time.Minute {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

func FuzzCalendar(f *testing.F) {
	f.Add(calendar(ownZone + event("UID:1", "DTSTART;TZID=본사 시간:20261101T090000", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20261108", "DURATION:P1D")))
	f.Add(calendar(event("UID:1", "DTSTART:20261101", "RRULE:FREQ=YEARLY;BYDAY=4TH;BYSETPOS=-1", "RECURRENCE-ID:20261101")))
	var doc string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, doc) }))
	defer s.Close()
	feed := ics.New(ics.Options{URL: s.URL, Options: allowing(netip.MustParseAddrPort(s.Listener.Addr().String()))})
	f.Fuzz(func(t *testing.T, body string) {
		doc = body
		got, err := feed.Entries(t.Context(), connectors.Caller{}, date("2026-01-01"), date("2026-12-31"))
		for _, e := range got {
			if e.UID == "" || e.End.Before(e.Start) || e.Start.IsZero() {
				t.Errorf("%+v, %v", e, err)
			}
		}
	})
}
