package schedule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/bapsang/bapsang/bot/digest/schedule"
)

var _ cron.Schedule = schedule.Clock{}

func must(t testing.TB, text, zone string) schedule.Schedule {
	t.Helper()
	s, err := schedule.ParseCron(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// next lists the first n times after a local time, as "wall → instant with offset".
func next(t testing.TB, s schedule.Schedule, after string, n int, days schedule.Workdays) (out []string) {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", after, s.Location())
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		due, ok := s.Next(at, days)
		if !ok {
			return append(out, "never")
		}
		out = append(out, due.Local[5:]+" → "+due.At.Format("01-02 15:04 -0700"))
		at = due.At
	}
	return out
}

// TestClockChanges holds Next against what clocks did or will do. robfig/cron v3.0.1
// skips New York's and Berlin's, loses Santiago's day, and runs twice in the autumn.
func TestClockChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, zone, cron, after string
		want                    []string
	}{
		{"the hour is skipped", "America/New_York", "30 2 * * *", "2027-03-13 12:00",
			[]string{"03-14T02:30 → 03-14 03:00 -0400", "03-15T02:30 → 03-15 02:30 -0400"}},
		{"the hour comes twice", "America/New_York", "30 1 * * *", "2026-10-31 12:00",
			[]string{"11-01T01:30 → 11-01 01:30 -0400", "11-02T01:30 → 11-02 01:30 -0500"}},
		{"a weekly one in the skipped hour", "Europe/Berlin", "0 2 * * 0", "2027-03-22 00:00",
			[]string{"03-28T02:00 → 03-28 03:00 +0200", "04-04T02:00 → 04-04 02:00 +0200"}},
		{"a weekly one in the hour that comes twice", "Europe/Berlin", "30 2 * * 0", "2027-10-25 00:00",
			[]string{"10-31T02:30 → 10-31 02:30 +0200", "11-07T02:30 → 11-07 02:30 +0100"}},
		{"midnight is skipped", "America/Santiago", "0 0 * * *", "2027-09-04 12:00",
			[]string{"09-05T00:00 → 09-05 01:00 -0300", "09-06T00:00 → 09-06 00:00 -0300"}},
		{"the hour before midnight comes twice", "America/Santiago", "30 23 * * *", "2027-04-02 23:45",
			[]string{"04-03T23:30 → 04-03 23:30 -0300", "04-04T23:30 → 04-04 23:30 -0400"}},
		{"half an hour is skipped", "Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12:00",
			[]string{"10-04T02:15 → 10-04 02:30 +1100", "10-05T02:15 → 10-05 02:15 +1100"}},
		{"half an hour comes twice", "Australia/Lord_Howe", "45 1 * * *", "2027-04-03 12:00",
			[]string{"04-04T01:45 → 04-04 01:45 +1100", "04-05T01:45 → 04-05 01:45 +1030"}},
		{"hours around a skipped one", "America/New_York", "0 1-4 * * *", "2027-03-14 00:30",
			[]string{"03-14T01:00 → 03-14 01:00 -0500", "03-14T02:00 → 03-14 03:00 -0400", "03-14T04:00 → 03-14 04:00 -0400"}},
		{"hours around one that comes twice", "America/New_York", "0 0-3 * * *", "2026-11-01 00:30",
			[]string{"11-01T01:00 → 11-01 01:00 -0400", "11-01T02:00 → 11-01 02:00 -0500", "11-01T03:00 → 11-01 03:00 -0500"}},
		{"a whole day is skipped", "Pacific/Apia", "0 9 * * *", "2011-12-29 12:00",
			[]string{"12-30T09:00 → 12-31 00:00 +1400", "12-31T09:00 → 12-31 09:00 +1400"}},
		{"no clock changes", "Asia/Seoul", "30 2 * * *", "2027-03-13 12:00",
			[]string{"03-14T02:30 → 03-14 02:30 +0900", "03-15T02:30 → 03-15 02:30 +0900"}},
		{"half hours from Greenwich", "Asia/Kolkata", "0 9 * * 1", "2026-11-26 12:00",
			[]string{"11-30T09:00 → 11-30 09:00 +0530"}},
		{"quarters of hours", "Asia/Kathmandu", "0 9 * * 1", "2026-11-26 12:00", []string{"11-30T09:00 → 11-30 09:00 +0545"}},
	} {
		s := must(t, tt.cron, tt.zone)
		if got := next(t, s, tt.after, len(tt.want), nil); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// korea is a few days off of the Korean calendar, and knows 2026 and 2027 alone.
type korea struct{}

var errYear = errors.New("year outside the calendar")

func (korea) Workday(t time.Time) (bool, error) {
	if y := t.Year(); y != 2026 && y != 2027 {
		return false, errYear
	}
	switch t.Format("2006-01-02") {
	case "2026-12-25", "2027-01-01", "2027-02-08", "2027-02-09", "2027-03-01", "2027-05-03", "2027-05-05", "2027-05-13":
		return false, nil
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday, nil
}

func TestDaysThatCronLacks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cron, after string
		want        string
	}{
		{"0 9 L * *", "2027-01-30 12:00", "01-31 02-28 03-31"},
		{"0 9 L-2 * *", "2027-01-01 12:00", "01-29 02-26 03-29"},
		{"0 9 LW * *", "2027-01-01 12:00", "01-29 02-26 03-31"},
		{"0 9 15W * *", "2027-01-01 12:00", "01-15 02-15 03-15"},
		{"0 9 1W * *", "2027-04-30 12:00", "05-03 06-01 07-01"},
		{"0 9 31W * *", "2027-01-01 12:00", "01-29 03-31 05-31"},
		{"0 9 * * MON#2", "2027-01-01 12:00", "01-11 02-08 03-08"},
		{"0 9 * * 1#5", "2027-01-01 12:00", "03-29 05-31 08-30"},
		{"0 9 * * FRIL", "2027-01-01 12:00", "01-29 02-26 03-26"},
		{"0 9 * * 5L", "2027-01-01 12:00", "01-29 02-26 03-26"},
		{"0 9 * * 7", "2027-01-01 12:00", "01-03 01-10 01-17"},
		{"0 9 * * FRI-SUN", "2027-01-01 12:00", "01-02 01-03 01-08"},
		// POSIX: either of them.
		{"0 9 13 * FRI", "2027-01-30 12:00", "02-05 02-12 02-13"},
		{"0 9 1 * 1", "2027-01-25 12:00", "02-01 02-08 02-15"},
		{"0 9 31 * *", "2027-01-31 12:00", "03-31 05-31 07-31"},
		{"0 9 29 2 *", "2026-01-01 12:00", "02-29 02-29 02-29"},
		{"0 9 1 1,4,7,10 *", "2027-01-02 12:00", "04-01 07-01 10-01"},
		{"0 9 B * *", "2027-02-05 12:00", "02-10 02-11 02-12"},
		{"0 9 B1 * *", "2026-12-31 12:00", "01-04 02-01 03-02"},
		{"0 9 B1 * *", "2027-04-20 12:00", "05-04 06-01 07-01"},
		{"0 9 B5 * *", "2027-02-01 12:00", "02-05 03-08 04-07"},
		{"0 9 BL * *", "2027-01-01 12:00", "01-29 02-26 03-31"},
		{"0 9 BL-1 * *", "2026-12-01 12:00", "12-30 01-28 02-25"},
		{"0 9 * * 1 holiday=skip", "2027-02-01 12:00", "02-15 02-22 03-08"},
		{"0 9 * * 1 holiday=next", "2027-02-01 12:00", "02-10 02-15 02-22"},
		{"0 9 * * 1 holiday=previous", "2027-02-01 12:00", "02-05 02-15 02-22"},
		// What moves to a day that has its own run is one run.
		{"0 9 * * 1-2 holiday=next", "2027-02-01 12:00", "02-02 02-10 02-15"},
		{"0 9 * * * holiday=next", "2027-02-04 12:00", "02-05 02-10 02-11"},
		{"0 9 1 1 * holiday=next", "2026-06-01 12:00", "01-04 01-03 01-01"},
		{"0 9 * * 2 weeks=2/2026-12-01", "2026-11-26 12:00", "12-01 12-15 12-29"},
		{"0 9 * * 2 weeks=3/2027-02-03", "2026-12-01 12:00", "12-22 01-12 02-02"},
	} {
		s := must(t, tt.cron, "Asia/Seoul")
		var got []string
		for _, d := range next(t, s, tt.after, 3, korea{}) {
			got = append(got, d[:5])
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s after %s:\n got %s\nwant %s", tt.cron, tt.after, strings.Join(got, " "), tt.want)
		}
	}
}

func TestADateBeyondTheCalendarIsMarked(t *testing.T) {
	t.Parallel()
	s := must(t, "0 9 B1 * *", "Asia/Seoul")
	for year, unsure := range map[int]bool{2027: false, 2029: true} {
		due, ok := s.Next(time.Date(year, 6, 2, 0, 0, 0, 0, time.UTC), korea{})
		if !ok || due.Unsure != unsure {
			t.Errorf("%d: %+v, %v", year, due, ok)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cron  string
		least time.Duration
		want  schedule.Code // "" is taken
	}{
		{"0 9 30 2 *", time.Hour, schedule.Never},
		{"0 9 31 4,6,9,11 *", time.Hour, schedule.Never},
		{"0 9 B23 2 *", time.Hour, schedule.Never},
		{"*/5 * * * *", time.Hour, schedule.TooOften},
		{"*/5 * * * *", 5 * time.Minute, ""},
		{"*/5 * * * *", 6 * time.Minute, schedule.TooOften},
		{"0 * * * *", time.Hour, ""},
		{"30 * * * *", time.Hour, ""},
		{"0,59 9 * * *", time.Hour, schedule.TooOften},
		{"45 23,0 * * *", time.Hour, ""},
		{"0,30 0,23 * * *", time.Hour, schedule.TooOften},
		// The end of a day and the begin of the next.
		{"30 0 * * 1", 2 * time.Hour, ""},
		{"0 0,23 * * *", 2 * time.Hour, schedule.TooOften},
		{"0 0,23 * * 1", 2 * time.Hour, ""},
		{"0 9 * * *", time.Hour, ""},
		{"0 9 29 2 *", time.Hour, ""},
	} {
		// In New York an hour is skipped, which must not make hourly too often.
		err := must(t, tt.cron, "America/New_York").Check(now, nil, tt.least)
		var e *schedule.Error
		if got := errors.As(err, &e); got != (tt.want != "") || got && e.Code != tt.want {
			t.Errorf("%s at least %v apart: %v, want %q", tt.cron, tt.least, err, tt.want)
		}
		if e == nil {
			continue
		}
		for _, language := range []string{"ko", "en"} {
			if e.Sentence(language) == "" {
				t.Errorf("%s has no sentence in %s", e.Code, language)
			}
		}
	}
}

func TestHostileTextIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "CRON_TZ=Asia/Seoul", "TZ=0", "TZ=", "TZ=../../etc/passwd 0 9 * * *", "TZ=Local 0 9 * * *", "* * * *", "60 * * * *", "* 24 * * *",
		"* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "*/99999999999999999999 * * * *", "1/ * * * *", "- * * * *",
		", * * * *", "a * * * *", "0 9 B0 * *", "0 9 B24 * *", "0 9 BL-23 * *", "0 9 L-31 * *", "0 9 32W * *", "0 9 W * *", "0 9 * * MON#6", "0 9 * * #1",
		"0 9 * * L", "0 9 B * MON", "0 9 B,1 * *", "@every 1s", "@reboot", "@yearly-ish", "0 9 * * * holiday=never", "0 9 * * * weeks=1/2026-01-01",
		"0 9 * * * weeks=2", "0 9 * * * weeks=2/2026-13-01", "0 9 * * * x", "٣ 9 * * *", strings.Repeat("1,", 400) + "1 * * * *",
	} {
		s, err := schedule.ParseCron(text, "Asia/Seoul")
		var e *schedule.Error
		if !errors.As(err, &e) {
			t.Errorf("%q was read as %q, %v", text, s, err)
		}
	}
}

func TestCanonicalTextAndJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0 9 * * 1":                        "TZ=Asia/Seoul 0 9 * * 1",
		"@daily":                           "TZ=Asia/Seoul 0 0 * * *",
		"TZ=Europe/Berlin 00 09 * * MON":   "TZ=Europe/Berlin 0 9 * * 1",
		"CRON_TZ=UTC 0,15,30,45 * ? * ?":   "TZ=UTC */15 * * * *",
		"1,2,3 1,2 * jan-mar sun,7":        "TZ=Asia/Seoul 1-3 1,2 * 1-3 0",
		"0 9 L,LW,1W,L-3 * mon#1,fril":     "TZ=Asia/Seoul 0 9 1W,L,L-3,LW * MON#1,FRIL",
		"0 9 b1,bl * *":                    "TZ=Asia/Seoul 0 9 B1,BL * *",
		"0 9 1-31 * 0-6":                   "TZ=Asia/Seoul 0 9 1-31 * 0-6",
		"0 9 * * 2 weeks=2/2026-12-01":     "TZ=Asia/Seoul 0 9 * * 2 weeks=2/2026-11-30",
		"0 9 B * * holiday=next":           "TZ=Asia/Seoul 0 9 B * *", // business days are none
		"0 9 * * 1 holiday=previous":       "TZ=Asia/Seoul 0 9 * * 1 holiday=previous",
		"5/20 * * * *":                     "TZ=Asia/Seoul 5,25,45 * * * *",
		"0 9-17/2 * * *":                   "TZ=Asia/Seoul 0 9,11,13,15,17 * * *",
		"TZ=UTC TZ=Asia/Tokyo 0 9 * * 0,6": "TZ=Asia/Tokyo 0 9 * * 0,6",
	} {
		s := must(t, text, "Asia/Seoul")
		if s.String() != want {
			t.Errorf("%q is written %q, want %q", text, s, want)
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back schedule.Schedule
		if err := json.Unmarshal(data, &back); err != nil || back != s {
			t.Errorf("%q came back from %s as %q, %v", text, data, back, err)
		}
	}
	var zero schedule.Schedule
	data, err := json.Marshal(zero)
	if err != nil || json.Unmarshal(data, &zero) != nil || !zero.IsZero() {
		t.Errorf("no schedule is written %s, %v", data, err)
	}
	if _, ok := zero.Next(now, nil); ok || zero.Describe("ko") != "" {
		t.Error("no schedule is due")
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for cron, want := range map[string][2]string{
		"0 9 * * 1":                       {"매주 월요일 09:00 (서울)", "every Monday at 09:00 (Seoul)"},
		"30 8 * * 1-5":                    {"평일 08:30 (서울)", "every weekday at 08:30 (Seoul)"},
		"0 9,18 * * *":                    {"매일 09:00·18:00 (서울)", "every day at 09:00 and 18:00 (Seoul)"},
		"0 10 1,15 * *":                   {"매월 1일·15일 10:00 (서울)", "on the 1st and 15th of every month at 10:00 (Seoul)"},
		"0 17 BL * *":                     {"매월 마지막 영업일 17:00 (서울)", "on the last business day of every month at 17:00 (Seoul)"},
		"0 10 B3 * *":                     {"매월 3번째 영업일 10:00 (서울)", "on the 3rd business day of every month at 10:00 (Seoul)"},
		"0 9 B1 1,4,7,10 *":               {"매 분기 첫 영업일 09:00 (서울)", "on the first business day of every quarter at 09:00 (Seoul)"},
		"0 9 B * *":                       {"영업일마다 09:00 (서울)", "every business day at 09:00 (Seoul)"},
		"0 9 * * TUE#2":                   {"매월 둘째 화요일 09:00 (서울)", "on the second Tuesday of every month at 09:00 (Seoul)"},
		"0 9 2 3 *":                       {"매년 3월 2일 09:00 (서울)", "on 2 March every year at 09:00 (Seoul)"},
		"*/5 * * * *":                     {"5분마다 (서울)", "every 5 minutes (Seoul)"},
		"0 * * * *":                       {"1시간마다 (서울)", "every hour (Seoul)"},
		"0 9 * * 1,3,0 holiday=next":      {"매주 월·수·일요일 09:00, 휴일이면 다음 영업일 (서울)", "every Monday, Wednesday and Sunday at 09:00, if it is a holiday on the next business day (Seoul)"},
		"0 9 * * 2 weeks=2/2026-12-01":    {"2주마다 화요일 09:00, 2026-12-01부터 (서울)", "every 2 weeks on Tuesday at 09:00, from 2026-12-01 (Seoul)"},
		"TZ=America/New_York 0 9 * * 1":   {"매주 월요일 09:00 (뉴욕)", "every Monday at 09:00 (New York)"},
		"TZ=Asia/Kathmandu 0 9 * * *":     {"매일 09:00 (Asia/Kathmandu)", "every day at 09:00 (Asia/Kathmandu)"},
		"0 9 15W * MON#1 holiday=skip":    {"cron `0 9 15W * MON#1 holiday=skip` (서울)", "cron `0 9 15W * MON#1 holiday=skip` (Seoul)"},
		"*/7 9 * * * weeks=2/2026-12-01":  {"cron `*/7 9 * * * weeks=2/2026-11-30` (서울)", "cron `*/7 9 * * * weeks=2/2026-11-30` (Seoul)"},
		"TZ=America/Santiago 0 0 L * *":   {"매월 말일 00:00 (산티아고)", "on the last day of every month at 00:00 (Santiago)"},
		"0 0 * * 6,0":                     {"매주 토·일요일 00:00 (서울)", "every Saturday and Sunday at 00:00 (Seoul)"},
		"0 16 BL 3,6,9,12 * holiday=skip": {"매 분기 마지막 영업일 16:00 (서울)", "on the last business day of every quarter at 16:00 (Seoul)"},
		"0 9 * * FRIL holiday=previous":   {"매월 마지막 금요일 09:00, 휴일이면 이전 영업일 (서울)", "on the last Friday of every month at 09:00, if it is a holiday on the previous business day (Seoul)"},
	} {
		s := must(t, cron, "Asia/Seoul")
		if got := [2]string{s.Describe("ko"), s.Describe("en")}; got != want {
			t.Errorf("%s:\n got %q\nwant %q", cron, got, want)
		}
	}
}

// TestParseReadsWhatDescribeSays holds for schedules of every kind.
func TestParseReadsWhatDescribeSays(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	zones := []string{"Asia/Seoul", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "America/Argentina/Ushuaia", "UTC", "America/Sao_Paulo"}
	words := 0
	for range 2000 {
		s := must(t, randomCron(random), zones[random.IntN(len(zones))])
		for _, language := range []string{"ko", "en"} {
			said := s.Describe(language)
			if !strings.HasPrefix(said, "cron") {
				words++
			}
			got, err := schedule.Parse(said, schedule.Options{Zone: "Asia/Tokyo", Now: now})
			if err != nil || got.Schedule != s || got.Rest != "" || got.Assumed {
				t.Fatalf("%q says %q, read as %q, rest %q, assumed %v, %v", s, said, got.Schedule, got.Rest, got.Assumed, err)
			}
		}
	}
	if words < 1000 {
		t.Errorf("only %d of 4000 were said in words", words)
	}
}

// randomCron is a schedule of any kind, more often of those that words say.
func randomCron(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	n := func(low, high int) int { return low + r.IntN(high-low+1) }
	minute, hour := fmt.Sprint(n(0, 59)), fmt.Sprint(n(0, 23))
	switch r.IntN(12) {
	case 0:
		minute = pick("*/5", "*/15", "*", "0,30", "*/7", "5-20/5")
	case 1:
		minute, hour = "0", pick("*", "*/2", "*/3", "9,18", "9-17", "0,12")
	}
	dom, month, dow := "*", "*", "*"
	switch r.IntN(8) {
	case 0:
		dom = pick(fmt.Sprint(n(1, 31)), fmt.Sprintf("%d,%d", n(1, 15), n(16, 31)), "L", "LW", "L-2", "15W", "1,L", "*/2")
	case 1:
		dom = pick("B", "B1", "B3", "B23", "BL", "BL-2", "B1,BL")
	case 2, 3:
		dow = pick("1", "1-5", "0,6", "MON#2", "FRIL", "1,3", "0-6", "TUE#1,TUE#3", fmt.Sprint(n(0, 7)))
	case 4:
		dom, dow = fmt.Sprint(n(1, 31)), fmt.Sprint(n(0, 6))
	}
	if r.IntN(4) == 0 {
		month = pick("1,4,7,10", "3,6,9,12", fmt.Sprint(n(1, 12)), "1-6")
	}
	text := strings.Join([]string{minute, hour, dom, month, dow}, " ")
	if r.IntN(5) == 0 {
		text += fmt.Sprintf(" weeks=%d/%s", n(2, 5), now.AddDate(0, 0, n(-400, 400)).Format(time.DateOnly))
	}
	if r.IntN(3) == 0 {
		text += " holiday=" + pick("skip", "next", "previous")
	}
	return text
}

// TestNextAgreesWithEveryMinute compares Next, for two years in zones of all kinds, with
// a clock that is looked at each minute.
func TestNextAgreesWithEveryMinute(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, uint64(now.Year())))
	zones := []string{
		"America/New_York", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Seoul", "Africa/Casablanca", "Asia/Tehran",
		"Pacific/Chatham", "America/Havana", "Atlantic/Azores", "Europe/Dublin", "Antarctica/Troll", "Asia/Gaza",
	}
	for _, name := range zones {
		loc := zone(t, name)
		begin := time.Date(2024+random.IntN(4), time.Month(1+random.IntN(12)), 1+random.IntN(28), random.IntN(24), random.IntN(60), 0, 0, time.UTC)
		text := plainCron(random)
		s := must(t, text, loc.String())
		at, end := begin, begin.AddDate(2, 0, 0)
		for _, want := range everyMinute(text, loc, begin, end) {
			due, ok := s.Next(at, nil)
			if !ok || !due.At.Equal(want) {
				t.Fatalf("%s after %v: %v, %v; the clock says %v", s, at.In(loc), due.At, ok, want.In(loc))
			}
			at = due.At
		}
		if due, ok := s.Next(at, nil); ok && !due.At.After(end) {
			t.Fatalf("%s after %v: %v, which the clock does not know", s, at.In(loc), due.At)
		}
	}
}

// plainCron is what the oracle below reads too: lists of numbers.
func plainCron(r *rand.Rand) string {
	list := func(low, high, most int) string {
		if most == 0 {
			return "*"
		}
		var out []string
		for range 1 + r.IntN(most) {
			out = append(out, fmt.Sprint(low+r.IntN(high-low+1)))
		}
		return strings.Join(out, ",")
	}
	dom, month, dow := "*", "*", "*"
	switch r.IntN(4) {
	case 0:
		dom = list(1, 31, 3)
	case 1:
		dow = list(0, 7, 3)
	case 2:
		dom, dow = list(1, 31, 2), list(0, 7, 1)
	}
	if r.IntN(3) == 0 {
		month = list(1, 12, 4)
	}
	return strings.Join([]string{list(0, 59, 4), list(0, 4, 4), dom, month, dow}, " ")
}

// everyMinute is the oracle: it walks a clock. A wall time that comes twice counts the
// first time; those that the clock skips count at the moment of the skip.
func everyMinute(text string, loc *time.Location, begin, end time.Time) (out []time.Time) {
	var in [5][60]bool // by field and value
	fields := strings.Fields(text)
	for i, list := range fields {
		for _, part := range strings.Split(list, ",") {
			for n := range in[i] {
				in[i][n] = in[i][n] || part == "*" || part == fmt.Sprint(n)
			}
		}
	}
	// Minutes of the wall's clock, as if it were in UTC.
	matches := func(wall int64) bool {
		if !in[0][wall%60] || !in[1][wall/60%24] {
			return false
		}
		date := time.Unix(wall*60, 0).UTC()
		day, week := in[2][date.Day()], in[4][date.Weekday()] || date.Weekday() == 0 && in[4][7]
		on := day && week
		if fields[2] != "*" && fields[4] != "*" {
			on = day || week
		}
		return on && in[3][date.Month()]
	}
	wallOf := func(t time.Time) int64 {
		_, offset := t.In(loc).Zone()
		return (t.Unix() + int64(offset)) / 60
	}
	latest := wallOf(begin) // no wall time up to here counts again
	for t := begin.Add(time.Minute); !t.After(end); t = t.Add(time.Minute) {
		hit := false
		for now := wallOf(t); latest < now; {
			latest++
			hit = matches(latest) || hit
		}
		if hit {
			out = append(out, t)
		}
	}
	return out
}

func FuzzParseCron(f *testing.F) {
	for _, seed := range []string{"0 9 * * 1", "CRON_TZ=Asia/Seoul", "TZ=0", "*/5 1-3,7 L,LW,15W,B,B1,BL-2 JAN MON#2,FRIL holiday=next weeks=2/2026-01-01", "@daily"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := schedule.ParseCron(text, "Europe/Berlin")
		if err != nil {
			return
		}
		_ = s.Check(now, korea{}, time.Hour)
		back, err := schedule.ParseCron(s.String(), "")
		if err != nil || back != s {
			t.Fatalf("%q is written %q, which is read as %q, %v", text, s, back, err)
		}
		for _, language := range []string{"ko", "en"} {
			said := s.Describe(language)
			if got, err := schedule.Parse(said, schedule.Options{Zone: "UTC", Now: now}); err != nil || got.Schedule != s {
				t.Fatalf("%q says %q, which is read as %q, %v", text, said, got.Schedule, err)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"매주 월요일 9시에 보내줘", "every other Tuesday at 10am", "매월 마지막 영업일 오후 5시, 휴일이면 다음 영업일 (서울)", "cron `TZ=0`", "on the 99th day of the month"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := schedule.Parse(text, schedule.Options{Zone: "Asia/Seoul", Now: now})
		if err != nil {
			var e *schedule.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if again := must(t, got.Schedule.String(), ""); again != got.Schedule {
			t.Fatalf("%q is read as %q", text, got.Schedule)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	for _, text := range []string{"0 9 * * 1", "0 9 B1 * *", "0 9 29 2 *"} {
		s := must(b, text, "America/New_York")
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				s.Next(now, korea{})
			}
		})
	}
}
