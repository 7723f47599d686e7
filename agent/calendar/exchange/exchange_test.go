package exchange_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/exchange"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func read(t *testing.T, name, text string) *exchange.File {
	t.Helper()
	f, err := exchange.Read(name, strings.NewReader(text), exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rows are a file's rows as short texts.
func rows(f *exchange.File) []string {
	var out []string
	for _, r := range f.Rows {
		s := r.Start.Format(time.DateOnly)
		if !r.End.Equal(r.Start) {
			s += ".." + r.End.Format(time.DateOnly)
		}
		s += " " + r.Name
		for _, more := range []string{r.Market, string(r.Class), string(r.Status), r.Source, r.URL} {
			if more != "" {
				s += "|" + more
			}
		}
		out = append(out, s)
	}
	return out
}

func refusals(f *exchange.File) []string {
	var out []string
	for _, r := range f.Refused {
		out = append(out, fmt.Sprintf("%s %s %s", r.Place, r.Reason, r.Detail))
	}
	return out
}

func ics(events ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"
}

func vevent(lines ...string) string {
	return "BEGIN:VEVENT\r\nUID:1@x\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

func TestReadICS(t *testing.T) {
	tests := map[string]struct {
		text    string
		want    []string
		refused []string
	}{
		"a day without an end": {ics(vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:블랙프라이데이")), []string{"2026-11-27 블랙프라이데이"}, nil},
		"the end is exclusive": {ics(vevent("DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261201", "SUMMARY:x")), []string{"2026-11-27..2026-11-30 x"}, nil},
		"an end on the day":    {ics(vevent("DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261127", "SUMMARY:x")), []string{"2026-11-27 x"}, nil},
		"no VALUE":             {ics(vevent("DTSTART:20261127", "DTEND:20261128", "SUMMARY:x")), []string{"2026-11-27 x"}, nil},
		"a place's clock":      {ics(vevent("DTSTART;TZID=America/Los_Angeles:20261127T230000", "DTEND;TZID=America/Los_Angeles:20261128T000000", "SUMMARY:x")), []string{"2026-11-27 x"}, nil},
		"a place nobody knows": {ics(vevent("DTSTART;TZID=Mars/Base:20261127T230000", "SUMMARY:x")), []string{"2026-11-27 x"}, nil},
		"a duration":           {ics(vevent("DTSTART;VALUE=DATE:20261127", "DURATION:P3D", "SUMMARY:x")), []string{"2026-11-27..2026-11-29 x"}, nil},
		"a duration overnight": {ics(vevent("DTSTART:20261127T220000", "DURATION:PT4H", "SUMMARY:x")), []string{"2026-11-27..2026-11-28 x"}, nil},
		"folded and escaped": {ics(vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:블랙\\, 프라이\r\n 데이\\; 2026", "STATUS:TENTATIVE", "CATEGORIES:Etc,Sale", "URL:https://example.com/a")),
			[]string{"2026-11-27 블랙, 프라이데이; 2026|shopping|tentative|https://example.com/a"}, nil},
		"bare line ends":    {strings.ReplaceAll(ics(vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:x")), "\r", ""), []string{"2026-11-27 x"}, nil},
		"a cancelled event": {ics(vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:x", "STATUS:CANCELLED")), []string{"2026-11-27 x|cancelled"}, nil},
		"a cancelled file":  {strings.Replace(ics(vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:x")), "VERSION", "METHOD:CANCEL\r\nVERSION", 1), []string{"2026-11-27 x|cancelled"}, nil},
		"with an alarm":     {ics(vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:x", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT30M", "END:VALARM")), []string{"2026-11-27 x"}, nil},
		"a malformed one keeps the rest": {ics(vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:x"), "BEGIN:VEVENT\r\nSUMMARY:half\r\n", vevent("DTSTART;VALUE=DATE:20261128", "SUMMARY:y")),
			[]string{"2026-11-27 x", "2026-11-28 y"}, []string{"line 9 malformed"}},
		"refused one by one": {ics(vevent("SUMMARY:no start"), vevent("DTSTART;VALUE=DATE:20261345", "SUMMARY:a"), vevent("DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261120", "SUMMARY:b"),
			vevent("DTSTART;VALUE=DATE:20261127"), vevent("DTSTART;VALUE=DATE:18991127", "SUMMARY:old"), vevent("DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20290101", "SUMMARY:long"),
			vevent("DTSTART;VALUE=DATE:20261127", "SUMMARY:c", "URL:javascript:alert(1)"), vevent("DTSTART:20261127T100000", "DURATION:-PT1H", "SUMMARY:d")), nil,
			[]string{"line 4 no_start", "line 8 bad_date 20261345", "line 13 backwards 20261120", "line 19 no_name", "line 23 year_outside", "line 28 too_many_days", "line 34 bad_url", "line 40 malformed"}},
	}
	for name, tt := range tests {
		f := read(t, "a.ics", tt.text)
		if diff := cmp.Diff(tt.want, rows(f)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		got := refusals(f)
		if len(got) != len(tt.refused) {
			t.Errorf("%s: refused %q", name, got)
			continue
		}
		for i, want := range tt.refused {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%s: %q, want %q", name, got[i], want)
			}
		}
	}
}

func TestICSTimesInUTC(t *testing.T) {
	text := ics(vevent("DTSTART:20261126T150000Z", "DTEND:20261127T150000Z", "SUMMARY:서울의 하루"), vevent("DTSTART;VALUE=DATE:20261126", "SUMMARY:종일"))
	for zone, want := range map[*time.Location][]string{
		time.FixedZone("KST", 9*3600):  {"2026-11-27 서울의 하루", "2026-11-26 종일"},
		time.UTC:                       {"2026-11-26..2026-11-27 서울의 하루", "2026-11-26 종일"},
		time.FixedZone("PST", -8*3600): {"2026-11-26..2026-11-27 서울의 하루", "2026-11-26 종일"},
	} {
		f, err := exchange.Read("a.ics", strings.NewReader(text), exchange.Options{Location: zone})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, rows(f)); diff != "" {
			t.Errorf("%s: %s", zone, diff)
		}
	}
}

func TestRecurrence(t *testing.T) {
	window := exchange.Options{From: day("2024-01-01"), To: day("2030-12-31")}
	tests := map[string]struct {
		lines []string
		want  string
	}{
		// The fourth Friday is not the day after the fourth Thursday, and the file says which.
		"fourth Thursday": {[]string{"DTSTART;VALUE=DATE:20241128", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"}, "2024-11-28 2025-11-27 2026-11-26 2027-11-25 2028-11-23 2029-11-22 2030-11-28"},
		"until":           {[]string{"DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;UNTIL=20260126"}, "2026-01-05 2026-01-12 2026-01-19 2026-01-26"},
		"until a time":    {[]string{"DTSTART:20260105T090000", "RRULE:FREQ=WEEKLY;UNTIL=20260119T235959Z"}, "2026-01-05 2026-01-12 2026-01-19"},
		"count":           {[]string{"DTSTART;VALUE=DATE:20260131", "RRULE:FREQ=MONTHLY;COUNT=3"}, "2026-01-31 2026-03-31 2026-05-31"},
		"the last day":    {[]string{"DTSTART;VALUE=DATE:20260131", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3"}, "2026-01-31 2026-02-28 2026-03-31"},
		"but for one":     {[]string{"DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;VALUE=DATE:20260112"}, "2026-01-05 2026-01-19"},
		"and one more":    {[]string{"DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;COUNT=2", "RDATE;VALUE=DATE:20260201,20260203"}, "2026-01-05 2026-01-12 2026-02-01 2026-02-03"},
		"without a rule":  {[]string{"DTSTART;VALUE=DATE:20260105", "RDATE;VALUE=DATE:20260201"}, "2026-01-05 2026-02-01"},
		"before":          {[]string{"DTSTART;VALUE=DATE:20100105", "RRULE:FREQ=YEARLY;UNTIL=20260101"}, "2024-01-05 2025-01-05"},
	}
	for name, tt := range tests {
		f, err := exchange.Read("a.ics", strings.NewReader(ics(vevent(append(tt.lines, "SUMMARY:x")...))), window)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range f.Rows {
			got = append(got, r.Start.Format(time.DateOnly))
		}
		// RFC 5545: DTSTART is the first of the set even where RDATE alone follows.
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v %v, want %s", name, got, refusals(f), tt.want)
		}
	}
	moved := ics(vevent("DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:weekly"),
		vevent("DTSTART;VALUE=DATE:20260114", "RECURRENCE-ID;VALUE=DATE:20260112", "SUMMARY:moved"))
	if diff := cmp.Diff([]string{"2026-01-05 weekly", "2026-01-19 weekly", "2026-01-14 moved"}, rows(read(t, "a.ics", moved))); diff != "" {
		t.Error(diff)
	}
}

func TestHostileRecurrence(t *testing.T) {
	for _, rule := range []string{
		"FREQ=SECONDLY", "FREQ=HOURLY;COUNT=3", "FREQ=DAILY", "FREQ=YEARLY;INTERVAL=-1", "FREQ=NEVER", "", "FREQ=YEARLY;BYDAY=99XX", "FREQ=YEARLY;BYSETPOS=0",
		"FREQ=DAILY;INTERVAL=99999999999999999999", "FREQ=YEARLY;" + strings.Repeat("BYMONTHDAY=1;", 200),
	} {
		f := read(t, "a.ics", ics(vevent("DTSTART;VALUE=DATE:20260105", "RRULE:"+rule, "SUMMARY:x"), vevent("DTSTART;VALUE=DATE:20260105", "SUMMARY:good")))
		if rule != "" && (len(f.Refused) != 1 || f.Refused[0].Reason != exchange.BadRule) {
			t.Errorf("%s: %v %v", rule, rows(f), refusals(f))
		}
		if len(f.Rows) == 0 {
			t.Errorf("%s: the others are lost", rule)
		}
	}
	// Rules that never match, or began long ago, end all the same, and there may be but few.
	never := vevent("DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "SUMMARY:never")
	f := read(t, "a.ics", ics(strings.Repeat(never, 8), vevent("DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=DAILY", "SUMMARY:old"),
		vevent("DTSTART;VALUE=DATE:20260105", "SUMMARY:good")))
	if len(f.Rows) != 1 || len(f.Refused) != 4 || f.Refused[0].Reason != exchange.BadRule {
		t.Errorf("%v %v", rows(f), refusals(f))
	}
}

const table = "행사명,시작일,종료일,국가,분류,상태,비고\n" +
	"코리아 그랜드 페스티벌,2026-10-29,2026-11-09,한국,세일,미정,보도자료\n" +
	"창립기념 세일,2026. 5. 1.,2026. 5. 7.,,쇼핑,확정,https://example.com/notice\n" +
	"\n" +
	"추모의 날,2026년 4월 16일(목),,KR,주의일,,\n"

var tableRows = []string{
	"2026-10-29..2026-11-09 코리아 그랜드 페스티벌|KR|shopping|tentative|보도자료",
	"2026-05-01..2026-05-07 창립기념 세일|shopping|confirmed|https://example.com/notice",
	"2026-04-16 추모의 날|KR|caution",
}

func TestReadCSVAsSpreadsheetsSaveIt(t *testing.T) {
	cp949, err := korean.EUCKR.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(table, ",", "\t"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8": table, "with a mark": "\ufeff" + table, "CP949": cp949, "Unicode text": utf16, "semicolons": strings.ReplaceAll(table, ",", ";"),
		"CRLF": strings.ReplaceAll(table, "\n", "\r\n"), "a title above": "마케팅 캘린더 2026,,,,,,\n작성: 마케팅팀,,,,,,\n" + table, "capitals and spaces": strings.Replace(table, "행사명,시작일", "Event Name,Start Date", 1),
	} {
		if diff := cmp.Diff(tableRows, rows(read(t, "a.csv", text))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDates(t *testing.T) {
	tests := map[string]string{
		"2026-11-27": "2026-11-27", "2026.11.27": "2026-11-27", "2026. 11. 27.": "2026-11-27", "2026/11/27": "2026-11-27", "20261127": "2026-11-27",
		"2026년 11월 27일": "2026-11-27", "2026년 11월 27일(금)": "2026-11-27", "2026-11-27 (금요일)": "2026-11-27", "2026-11-27 (Friday)": "2026-11-27",
		"2026-1-7": "2026-01-07", "27.11.2026": "2026-11-27", "27/11/2026": "2026-11-27", "11/27/2026": "2026-11-27", "11/11/2026": "2026-11-11",
		"Nov 27, 2026": "2026-11-27", "27 November 2026": "2026-11-27", "2026-11-27 09:00": "2026-11-27", "2026-11-27T09:00:00+09:00": "2026-11-27", "2026-11-27 오전 9:00": "2026-11-27",
		"2026.11.27 ~ 11.30": "2026-11-27..2026-11-30", "2026.11.27(금)~11.30(월)": "2026-11-27..2026-11-30", "2026-12-28 ~ 1-3": "2026-12-28..2027-01-03",
		"2026년 11월 27일 ~ 30일": "2026-11-27..2026-11-30", "2026-11-27 - 2026-11-30": "2026-11-27..2026-11-30", "2026-11-27 to 2026-11-30": "2026-11-27..2026-11-30",
		"11/12/2026": "ambiguous_date", "2026-11-27(목)": "wrong_weekday", "2026-02-30": "bad_date", "11월 말": "bad_date", "TBD": "bad_date", "26-11-27": "bad_date",
		"2026-13-01": "bad_date", "46353": "bad_date", "2026.11.27(금)~11.30(화)": "bad_date", "2026-11-30 ~ 2026-11-27": "backwards", "1899-01-01": "year_outside", "2026-11-27(불)": "bad_date",
	}
	for text, want := range tests {
		f := read(t, "a.csv", "name,start\nx,\""+text+"\"\n")
		got := ""
		switch {
		case len(f.Rows) == 1:
			got = strings.TrimSuffix(rows(f)[0], " x")
		case len(f.Refused) == 1:
			got = string(f.Refused[0].Reason)
			for _, language := range []string{"ko", "en"} {
				if s := f.Refused[0].Text(language); s == "" || strings.Contains(s, "%!") {
					t.Errorf("%s: %q", text, s)
				}
			}
			if f.Refused[0].Place != "line 2" || !strings.Contains(f.Refused[0].Written, "x") {
				t.Errorf("%s: not named: %+v", text, f.Refused[0])
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func workbook(t *testing.T, from1904 bool, cells [][]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	if err := book.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &from1904}); err != nil {
		t.Fatal(err)
	}
	if _, err := book.NewSheet("설명"); err != nil {
		t.Fatal(err)
	}
	_ = book.SetCellValue("설명", "A1", "이 시트에는 표가 없습니다")
	for i, row := range cells {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadXLSX(t *testing.T) {
	for _, from1904 := range []bool{false, true} {
		data := workbook(t, from1904, [][]any{
			{"2026 마케팅 일정"},
			{"행사명", "시작일", "종료일", "상태"},
			{"블랙프라이데이", day("2026-11-27"), day("2026-11-30"), "확정"},
			{"글로 쓴 날", "2026.11.27", "", "예상"},
			{"여덟 자리", 20261127, nil, nil},
			{"시각이 있는 날", day("2026-11-27").Add(18 * time.Hour), nil, nil},
			{"없는 날", "언젠가", nil, nil},
		})
		f, err := exchange.Read("a.xlsx", bytes.NewReader(data), exchange.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"2026-11-27..2026-11-30 블랙프라이데이|confirmed", "2026-11-27 글로 쓴 날|estimated", "2026-11-27 여덟 자리", "2026-11-27 시각이 있는 날"}
		if diff := cmp.Diff(want, rows(f)); diff != "" {
			t.Errorf("1904 %v: %s", from1904, diff)
		}
		if got := refusals(f); len(got) != 1 || got[0] != "Sheet1, row 7 bad_date 언젠가" {
			t.Errorf("%q", got)
		}
	}
}

// TestBomb has a small workbook that would be a large one.
func TestBomb(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"xl/workbook.xml":     `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="s" sheetId="1"/></sheets></workbook>`,
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, text)
	}
	// What it says of its size is enough: nothing of it is unpacked.
	w, err := z.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, CompressedSize64: 2, UncompressedSize64: 100 << 20})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte{3, 0})
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = exchange.Read("a.xlsx", &out, exchange.Options{})
	var e *exchange.Error
	if !errors.As(err, &e) || e.Reason != exchange.Unreadable || !strings.Contains(e.Detail, "size") {
		t.Errorf("%v", err)
	}
}

func TestDuplicateRows(t *testing.T) {
	f := read(t, "a.csv", "name,start\nx,2026-01-01\ny,2026-01-01\nX,2026.01.01\n")
	if len(f.Rows) != 2 || len(f.Refused) != 1 || f.Refused[0].Reason != exchange.Duplicate || f.Refused[0].Detail != "line 2" || f.Refused[0].Line != 4 {
		t.Errorf("%v %+v", rows(f), f.Refused)
	}
}

func TestFilesRefusedWhole(t *testing.T) {
	tests := map[string]struct {
		name, text string
		reason     exchange.Reason
	}{
		"empty":            {"a.csv", "", exchange.Empty},
		"only a mark":      {"a.csv", " \r\n\t", exchange.Empty},
		"no events":        {"a.ics", ics(), exchange.Empty},
		"a picture":        {"a.png", "\x89PNG", exchange.UnknownFormat},
		"a page":           {"a.html", "<html>", exchange.UnknownFormat},
		"no titles":        {"a.csv", strings.Repeat("1,2,3\n", 30), exchange.NoHeader},
		"titles alone":     {"a.csv", "name,price\nx,1\n", exchange.NoHeader},
		"binary":           {"a.csv", "name,start\n\x00\x01", exchange.Unreadable},
		"neither":          {"a.csv", "name,start\n\xff\xff\xff", exchange.Unreadable},
		"too many rows":    {"a.csv", "name,start\n" + strings.Repeat("x,2026-01-01\n", 20_001), exchange.TooManyRows},
		"too many events":  {"a.ics", ics(strings.Repeat("BEGIN:VEVENT\r\nEND:VEVENT\r\n", 20_001)), exchange.TooManyRows},
		"too large":        {"a.csv", "name,start\n" + strings.Repeat("x", 16<<20), exchange.TooLarge},
		"a long line":      {"a.ics", ics(vevent("SUMMARY:" + strings.Repeat("x", 100_000))), exchange.Unreadable},
		"a broken zip":     {"a.xlsx", "PK\x03\x04broken", exchange.Unreadable},
		"no list":          {"a.json", `{"event": 1}`, exchange.Unreadable},
		"half a list":      {"a.json", `[{"name":"x","start":"2026-01-01"}`, exchange.Unreadable},
		"more than a list": {"a.json", `[] []`, exchange.Unreadable},
	}
	for name, tt := range tests {
		_, err := exchange.Read(tt.name, strings.NewReader(tt.text), exchange.Options{})
		var e *exchange.Error
		if !errors.As(err, &e) || e.Reason != tt.reason {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Text("ko") == "" || e.Text("ko") == e.Text("en") || strings.Contains(e.Text("ko"), "%!") {
			t.Errorf("%s: %q %q", name, e.Text("ko"), e.Text("en"))
		}
	}
	if _, err := exchange.Read("a.csv", broken{}, exchange.Options{}); err == nil {
		t.Error("a reader that fails")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line is dead") }

// curated is a calendar with all that an edition can have.
func curated(t *testing.T) (*calendar.Calendar, []calendar.Edition) {
	t.Helper()
	c, err := calendar.Default().With(calendar.Extra{
		Events: []calendar.Event{
			{ID: "acme.sale", Name: calendar.Names{Ko: "창립기념, \"감사\" 세일; 아주 긴 이름이라서 일흔다섯 바이트를 넘습니다", En: "Founder's sale, a long name that goes beyond seventy-five octets of a line"}, Market: "KR", Class: calendar.Shopping},
			{ID: "acme.formula", Name: calendar.Names{Ko: "=1+1", En: "@SUM(A1)"}, Market: "JP", Class: calendar.Season},
		},
		Editions: []calendar.Edition{
			{Event: "acme.sale", Year: 2026, Label: "2026 봄", Start: day("2025-12-20"), End: day("2026-01-05"), Status: calendar.Postponed, Source: "공지\n두 줄", URL: "https://example.com/a,b?x=1;y=2",
				PreviousStart: day("2025-12-01"), PreviousEnd: day("2025-12-09"), ConfirmedBy: "u", ConfirmedAt: time.Date(2025, 11, 1, 9, 0, 0, 0, time.UTC)},
			{Event: "acme.formula", Year: 2026, Start: day("2026-01-09"), End: day("2026-01-09"), Status: calendar.Tentative, URL: "https://example.com/"},
			{Event: "kr.csat", Year: 2026, Start: day("2026-11-19"), End: day("2026-11-19"), Status: calendar.Cancelled, Source: "=cmd"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, c.List(day("2025-12-20"), day("2026-12-31"), calendar.Filter{})
}

func TestRoundTrips(t *testing.T) {
	c, editions := curated(t)
	if len(editions) < 300 {
		t.Fatalf("%d editions", len(editions))
	}
	for _, language := range []string{"ko", "en"} {
		for _, format := range []string{"ics", "csv", "json"} {
			var out bytes.Buffer
			var err error
			switch format {
			case "ics":
				err = exchange.WriteICS(&out, exchange.Feed{Name: "마케팅", Language: language, Editions: editions})
			case "csv":
				err = exchange.WriteCSV(&out, editions, language)
			case "json":
				err = exchange.WriteJSON(&out, editions, language)
			}
			if err != nil {
				t.Fatal(err)
			}
			f, err := exchange.Read("a."+format, &out, exchange.Options{Location: time.FixedZone("PST", -8*3600)})
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Rows) != len(editions) || len(f.Refused) > 0 {
				t.Errorf("%s: %d of %d came back, %v", format, len(f.Rows), len(editions), refusals(f))
				continue
			}
			for i, r := range f.Rows {
				e := editions[i]
				if r.Event != e.Event || r.Label != e.Label || r.Market != e.Market || r.Class != e.Class || r.Status != e.Status ||
					!r.Start.Equal(e.Start) || !r.End.Equal(e.End) || r.Name != e.Name.In(language) {
					t.Errorf("%s: %+v came back as %+v", format, e, r)
				}
				if format != "json" && e.Source != "" && r.Source != strings.ReplaceAll(e.Source, "\n", " ") || format != "json" && r.URL != e.URL {
					t.Errorf("%s: source %q %q came back as %q %q", format, e.Source, e.URL, r.Source, r.URL)
				}
				if format == "ics" && (!r.PreviousStart.Equal(e.PreviousStart) || !r.PreviousEnd.Equal(e.PreviousEnd)) {
					t.Errorf("%+v came back as %+v", e, r)
				}
			}
			p := exchange.Compare(c, f)
			for _, x := range p.Changes {
				if x.Verdict != exchange.Same && !strings.HasSuffix(x.Row.Event, ".substitute") {
					t.Errorf("%s: %s %+v", format, x.Verdict, x.Row)
				}
			}
		}
	}
}

func TestJSONIsAsDocumented(t *testing.T) {
	e, _ := calendar.Default().Edition("kr.chuseok", 2026)
	var out bytes.Buffer
	if err := exchange.WriteJSON(&out, []calendar.Edition{e}, "ko"); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{{"event": "kr.chuseok", "edition": "2026", "name": "추석", "market": "KR", "class": "public_holiday", "start": "2026-09-24",
		"end": "2026-09-26", "status": "confirmed", "source": "관공서의 공휴일에 관한 규정 제2조제9호"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	out.Reset()
	if err := exchange.WriteJSON(&out, nil, "ko"); err != nil || strings.TrimSpace(out.String()) != "[]" {
		t.Errorf("%q %v", out.String(), err)
	}
}

func TestICSFollowsTheStandard(t *testing.T) {
	_, editions := curated(t)
	var out, again bytes.Buffer
	feed := exchange.Feed{Name: "마케팅 캘린더", Language: "ko", Editions: editions}
	for _, w := range []*bytes.Buffer{&out, &again} {
		if err := exchange.WriteICS(w, feed); err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != again.String() {
		t.Error("the same editions give other bytes")
	}
	for _, line := range strings.SplitAfter(out.String(), "\r\n") {
		if len(line) > 77 || strings.Contains(strings.TrimSuffix(line, "\r\n"), "\n") || !utf8.ValidString(line) {
			t.Errorf("%q", line)
		}
	}
	unfolded := strings.ReplaceAll(out.String(), "\r\n ", "")
	for _, want := range []string{
		"BEGIN:VCALENDAR\r\n", "VERSION:2.0\r\n", "METHOD:PUBLISH\r\n", "X-WR-CALNAME:마케팅 캘린더\r\n", "DTSTART;VALUE=DATE:20251220\r\n", "DTEND;VALUE=DATE:20260106\r\n",
		"SUMMARY:창립기념\\, \"감사\" 세일\\; 아주 긴 이름", "STATUS:CONFIRMED\r\n", "STATUS:CANCELLED\r\n", "STATUS:TENTATIVE\r\n", "CATEGORIES:public_holiday\r\n",
		"URL:https://example.com/a,b?x=1;y=2\r\n", "TRANSP:TRANSPARENT\r\n", "DESCRIPTION:연기\\n이전 일정: 2025-12-01 – 2025-12-09\\n출처: 공지 두 줄\r\n",
	} {
		if !strings.Contains(unfolded, want) {
			t.Errorf("no %q", want)
		}
	}
	uids := map[string]bool{}
	for _, line := range strings.Split(unfolded, "\r\n") {
		if strings.HasPrefix(line, "UID:") && uids[line] {
			t.Errorf("%s twice", line)
		}
		uids[line] = true
	}
	moved := editions[0]
	moved.Start, moved.End = moved.Start.AddDate(0, 0, 7), moved.End.AddDate(0, 0, 7)
	if exchange.UID(moved) != exchange.UID(editions[0]) {
		t.Error("a moved edition has another UID")
	}
}

func TestCSVOpensInSpreadsheets(t *testing.T) {
	_, editions := curated(t)
	var out bytes.Buffer
	if err := exchange.WriteCSV(&out, editions, "ko"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "\ufeffevent,edition,name,market,class,start,end,status,source,url\r\n") {
		t.Errorf("%.100q", out.String())
	}
	for _, formula := range []string{",=1+1", ",=cmd", "\n=", "\n@"} {
		if strings.Contains(out.String(), formula) {
			t.Errorf("a formula: %q", formula)
		}
	}
}

func TestCompare(t *testing.T) {
	c, _ := curated(t)
	f := read(t, "a.csv", `name,start,end,market,status,class
설날 다음 날,2026-02-18,,,,
대체공휴일(3·1절),2026-03-02,,,,
어린이날,2026-05-05,,KR,,
Black Friday,2026-11-27,,,confirmed,
2026 블랙프라이데이,2026-11-27,,,,
사이버먼데이,2026-11-23,,,,
2027학년도 수능,2026-11-19,,,,
수능,2027-11-18,,,tentative,
프라임데이,2026-07-07,2026-07-10,,,
프라임데이,2026-07-07,2026-07-10,JP,,
코리아그랜드세일 2027,2026-12-16,2027-02-20,,,
달빛 블랙위크,2026-11-20,2026-11-30,,confirmed,세일
달빛 블랙위크,2027-11-19,2027-11-30,,,
Dalbit Week,2026-05-01,,ZZZ,,
`)
	p := exchange.Compare(c, f)
	var got []string
	for _, x := range p.Changes {
		s := fmt.Sprintf("%d %s %s/%s %s", x.Row.Line, x.Verdict, x.Edition.Event, x.Edition.Label, x.Edition.Market)
		if x.Verdict == exchange.Changed {
			s += " was " + x.Was.Start.Format(time.DateOnly)
		}
		if x.Event != nil {
			s += " described"
		}
		got = append(got, s)
	}
	own := p.Changes[len(p.Changes)-1].Edition.Event
	want := []string{
		"2 same kr.seollal/2026 KR", "3 same kr.independence_movement_day.substitute/2026 KR", "4 same kr.childrens_day/2026 KR",
		"5 same us.black_friday/2026 US", "6 same us.black_friday/2026 US",
		"8 new " + p.Changes[5].Edition.Event + "/2026 KR described", // "2027학년도 수능" is a name that only a person can place
		"9 new kr.csat/2027 KR", "10 changed amazon.prime_day/2026 world was 2026-06-23", "11 new amazon.prime_day/2026 JP",
		"12 new kr.grand_sale/2027 KR", "13 new " + own + "/2026 KR described", "14 new " + own + "/2027 KR described",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Count(exchange.New) != 6 || p.Count(exchange.Same) != 5 || p.Count(exchange.Changed) != 1 {
		t.Errorf("%d %d %d", p.Count(exchange.New), p.Count(exchange.Same), p.Count(exchange.Changed))
	}
	if len(p.Refused) != 2 || p.Refused[0].Reason != exchange.RuleDiffers || !strings.Contains(p.Refused[0].Text("ko"), "2026-11-30") || p.Refused[0].Line != 7 || p.Refused[1].Reason != exchange.NoMarket {
		t.Errorf("%+v", p.Refused)
	}
	// What the preview says can be laid over the calendar, and is there afterwards.
	var extra calendar.Extra
	for _, x := range p.Changes {
		if x.Event != nil && (len(extra.Events) == 0 || extra.Events[len(extra.Events)-1].ID != x.Event.ID) {
			extra.Events = append(extra.Events, *x.Event)
		}
		if x.Verdict != exchange.Same {
			e := x.Edition
			e.Source = "a.csv"
			extra.Editions = append(extra.Editions, e)
		}
	}
	with, err := c.With(extra)
	if err != nil {
		t.Fatal(err)
	}
	after := exchange.Compare(with, f)
	if after.Count(exchange.Same) != len(after.Changes) {
		for _, x := range after.Changes {
			t.Logf("%s %+v", x.Verdict, x.Row)
		}
		t.Error("not all is the same after it was taken in")
	}
	if e, _ := with.Edition("amazon.prime_day", 2026); !e.Moved() || !e.PreviousStart.Equal(day("2026-06-23")) {
		t.Errorf("%+v", e)
	}
}

// TestOfficialCalendarIsTheSame takes the official calendar in: there is nothing new in it.
func TestOfficialCalendarIsTheSame(t *testing.T) {
	for year := 2022; year <= 2027; year++ {
		text, err := os.ReadFile(fmt.Sprintf("../testdata/holidays-kr/holidays-%d.json", year))
		if err != nil {
			t.Fatal(err)
		}
		var official map[string][]string
		if err := json.Unmarshal(text, &official); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		n := 0
		for date, names := range official {
			for _, name := range names {
				n++
				fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%d@kr\r\nDTSTART;VALUE=DATE:%s\r\nSUMMARY:%s\r\nEND:VEVENT\r\n", n, strings.ReplaceAll(date, "-", ""), name)
			}
		}
		p := exchange.Compare(calendar.Default(), read(t, "a.ics", ics(b.String())))
		for _, x := range p.Changes {
			// A few have names of that one time.
			if x.Verdict != exchange.Same && !strings.Contains(x.Row.Name, "선거") && !strings.HasPrefix(x.Row.Name, "임시공휴일(") && x.Row.Name != "1월 1일" {
				t.Errorf("%s %s is %s (%s)", x.Row.Start.Format(time.DateOnly), x.Row.Name, x.Verdict, x.Edition.Event)
			}
		}
		if len(p.Changes)+len(p.Refused) != n {
			t.Errorf("%d of %d", len(p.Changes), n)
		}
		for _, r := range p.Refused {
			t.Errorf("%+v", r)
		}
	}
}

func TestExampleOfATitleThatTurnsTextAround(t *testing.T) {
	f := read(t, "a.csv", "name,start\n\"\u202eevil\u202c \x07bell\",2026-01-01\n")
	if len(f.Rows) != 1 || f.Rows[0].Name != "evil bell" {
		t.Errorf("%q", rows(f))
	}
}
