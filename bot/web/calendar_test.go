package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/web"
)

func date(t *testing.T, s string) time.Time {
	t.Helper()
	// Of a zone far from the page's: only the day counts.
	at, err := time.ParseInLocation(time.DateOnly, s, time.FixedZone("", -11*60*60))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// withCalendar serves a calendar of November 2026, seen on the 26th.
func withCalendar(t *testing.T, more ...web.CalendarEntry) func(*web.Config) {
	t.Helper()
	entry := func(id, ko, en, market, class, start, end, status string, links ...bot.Link) func(string) web.CalendarEntry {
		from, to := date(t, start), date(t, end)
		return func(language string) web.CalendarEntry {
			e := web.CalendarEntry{ID: id, Name: en, Market: market, Class: class, Start: from, End: to, Status: status, Links: links}
			if language == "ko" {
				e.Name = ko
			}
			return e
		}
	}
	source := bot.Link{Title: "주최측 공지", URL: "https://www.example.com/notice"}
	all := []func(string) web.CalendarEntry{
		entry("us.black_friday", "블랙프라이데이", "Black Friday", "US", "shopping", "2026-11-27", "2026-11-27", "confirmed", source),
		entry("kr.sale", "코리아그랜드세일", "Korea Grand Sale", "KR", "announced", "2026-11-20", "2027-02-22", "estimated"),
		entry("kr.trip", "가을 축제", "Autumn festival", "KR", "season", "2026-11-12", "2026-11-17", "tentative"),
		entry("kr.csat", "수능", "CSAT", "KR", "announced", "2026-11-19", "2026-11-19", "confirmed", source),
		entry("us.thanksgiving", "추수감사절", "Thanksgiving", "US", "public_holiday", "2026-11-26", "2026-11-26", "confirmed"),
		entry("kr.day_off", "임시공휴일", "Special holiday", "KR", "public_holiday", "2026-11-02", "2026-11-02", "confirmed"),
		entry("kr.mourning", "추모일", "Day of mourning", "KR", "caution", "2026-11-29", "2026-11-29", "confirmed"),
		entry("kr.pop_up", "성수 팝업", "Pop-up", "KR", "shopping", "2026-11-05", "2026-11-07", "cancelled"),
		entry("kr.pepero", "빼빼로데이", "Pepero Day", "KR", "observance", "2026-11-11", "2026-11-11", "confirmed"),
		entry("cn.singles", "광군제", "Singles' Day", "CN", "shopping", "2026-11-11", "2026-11-11", "confirmed"),
		entry("kr.farmers", "농업인의 날", "Farmers' Day", "KR", "observance", "2026-11-11", "2026-11-11", "confirmed"),
		entry("un.x", "유엔 참전용사 추모의 날", "Turn Toward Busan", "KR", "caution", "2026-11-11", "2026-11-11", "confirmed"),
		entry("kr.gala", "지스타", "G-Star", "KR", "announced", "2026-11-11", "2026-11-14", "postponed"),
		entry("kr.christmas", "성탄절", "Christmas", "KR", "public_holiday", "2026-12-25", "2026-12-25", "confirmed"),
	}
	return func(cfg *web.Config) {
		cfg.Now = func() time.Time { return time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC) } // the 26th in Seoul
		cfg.Calendar = &web.Calendar{
			Markets: []web.CalendarMarket{{ID: "KR", Ko: "한국", En: "Korea"}, {ID: "US", Ko: "미국", En: "United States"}, {ID: "CN"}},
			Feed: func(markets []string, language string) string {
				return "/calendar.ics?" + url.Values{"market": markets, "language": {language}}.Encode()
			},
			Entries: func(_ context.Context, from, until time.Time, language string) ([]web.CalendarEntry, error) {
				switch from.Year() {
				case 2026, 2027:
				case 1999:
					return nil, errors.New("disk on fire at 10.0.0.7")
				default:
					return nil, fmt.Errorf("year %d: %w", from.Year(), web.ErrNoCalendar)
				}
				out := slices.Clone(more)
				for _, e := range all {
					out = append(out, e(language))
				}
				return out, nil
			},
		}
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	s := serve(t, withCalendar(t))
	c := s.visit(t, "민지")
	_, chat, _ := c.get("/c/general")
	if !strings.Contains(chat, `<a href="/calendar">`) {
		t.Error("the chat page leads to no calendar")
	}
	status, page, header := c.get("/calendar")
	if status != http.StatusOK || !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Fatalf("status %d", status)
	}
	for what, n := range map[string]int{
		"2026년 11월": 4, `aria-current="date"`: 1, `<time datetime="2026-11-26">26</time><span class="hidden">오늘</span>`: 1, `<td class="cell`: 35,
		`<strong class="name" dir="auto">블랙프라이데이</strong> <span class="until">D-1</span>`: 1, "11/20 금–2/22 월": 2, ">진행 중<": 1,
		`<a href="https://www.example.com/notice" target="_blank" rel="noopener noreferrer"><bdi>주최측 공지</bdi></a>`: 2,
		"성탄절": 0, `href="/calendar.ics?language=ko"`: 1, `href="/calendar?month=2026-10"`: 1, `href="/calendar?month=2026-12"`: 1, "(쇼핑, 확정)": 2, "(발표 일정, 예상)": 1,
		"(발표 일정, 미뤄짐)": 4, "(쇼핑, 취소)": 3, "&#43;1개": 1, `class="care"`: 2,
	} {
		if strings.Count(page, what) != n {
			t.Errorf("%q is there %d times, want %d", what, strings.Count(page, what), n)
		}
	}
	// Sundays and the public holidays of the first market are days of rest: five Sundays
	// and the second, not Thanksgiving.
	if n := strings.Count(page, " rest"); n != 6 {
		t.Errorf("%d days of rest, want 6", n)
	}
	list := after(page, `id="list"`)
	for _, before := range [][2]string{{"임시공휴일", "성수 팝업"}, {"성수 팝업", "지스타"}, {"코리아그랜드세일", "추수감사절"}, {"추수감사절", "블랙프라이데이"}} {
		if a, b := strings.Index(list, before[0]), strings.Index(list, before[1]); a < 0 || b < a {
			t.Errorf("%q does not come before %q in the list", before[0], before[1])
		}
	}

	_, page, _ = c.get("/calendar?month=2026-11&market=US&market=nowhere")
	if n := strings.Count(page, `<li id="e`); n != 2 {
		t.Errorf("%d entries of one market, want 2", n)
	}
	for _, want := range []string{`name="market" value="US" checked`, `href="/calendar?market=US&amp;month=2026-12"`, `href="/calendar.ics?language=ko&amp;market=US"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the filtered page has no %s", want)
		}
	}
	c.post("/me", url.Values{"language": {"en"}, "back": {"/calendar"}})
	_, page, _ = c.get("/calendar?month=2026-11")
	for _, want := range []string{"November 2026", "Black Friday", "Fri Nov 27", "(shopping, confirmed)", "estimated", "United States", "postponed", ">running<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the English page has no %q", want)
		}
	}
}

// A day off in another country is shown to whoever chooses that country.
func TestCalendarOfElsewhere(t *testing.T) {
	t.Parallel()
	day := date(t, "2026-11-03")
	s := serve(t, withCalendar(t, web.CalendarEntry{ID: "us.elsewhere", Name: "Election Day", Market: "US", Class: "public_holiday", Start: day, End: day, Status: "confirmed", Elsewhere: true}))
	c := s.visit(t, "민지")
	if _, page, _ := c.get("/calendar?month=2026-11"); strings.Contains(page, "Election Day") {
		t.Error("shown to everybody")
	}
	if _, page, _ := c.get("/calendar?month=2026-11&market=US"); !strings.Contains(page, "Election Day") {
		t.Error("not shown to whoever chose its market")
	}
}

func TestCalendarWithoutDays(t *testing.T) {
	t.Parallel()
	s := serve(t, withCalendar(t))
	c := s.visit(t, "민지")
	for _, tt := range []struct {
		query, want string
		status      int
	}{
		{"?month=2031-01", "이 달의 달력 자료가 아직 없어요", http.StatusOK},
		{"?month=2027-07", "등록된 일정이 없어요", http.StatusOK},
		{"?month=1999-01", "저희 쪽 문제로", http.StatusInternalServerError},
		{"?month=0001-01", "이 달의 달력", http.StatusOK}, {"?month=9999-12", "이 달의 달력", http.StatusOK},
		{"?month=2026-13", "그런 곳이 없어요", http.StatusNotFound}, {"?month=<script>", "그런 곳이 없어요", http.StatusNotFound},
		{"?month=", "2026년 11월", http.StatusOK},
	} {
		status, page, _ := c.get("/calendar" + tt.query)
		if status != tt.status || !strings.Contains(page, tt.want) || strings.Contains(page, "10.0.0.7") {
			t.Errorf("%s: status %d, without %q: %v", tt.query, status, tt.want, !strings.Contains(page, tt.want))
		}
	}
	_, _, header := c.get("/calendar?month=9999-12")
	if header.Get("Cache-Control") != "no-store" {
		t.Error("the calendar is kept")
	}
	stranger := s.visit(t, "")
	if _, page, _ := stranger.get("/calendar"); strings.Contains(page, "블랙프라이데이") || !strings.Contains(page, `id="name"`) {
		t.Error("a stranger sees the calendar")
	}
	plain := serve(t).visit(t, "민지")
	if status, _, _ := plain.get("/calendar"); status != http.StatusNotFound {
		t.Errorf("without a calendar: status %d", status)
	}
	if _, page, _ := plain.get("/c/general"); strings.Contains(page, "/calendar") {
		t.Error("without a calendar the page leads to one")
	}
}

// hostileEntries are what others may have written into a calendar.
func hostileEntries(t *testing.T) []web.CalendarEntry {
	t.Helper()
	const x = bottest.Attack
	bad := []bot.Link{{Title: x, URL: "javascript:window.pwned=1"}, {Title: x, URL: `https://e.example/"onclick="window.pwned=1`}}
	at := date(t, "2026-11-10")
	return []web.CalendarEntry{
		{ID: x, Name: x, Market: x, Class: x, Status: x, Start: at, End: at, Was: at, Detail: x, Links: bad},
		{ID: "backwards", Start: at, End: at.AddDate(-1, 0, 0), Name: "끝이 앞선 것"}, {ID: "never"},
		{ID: "always", Name: "늘", Start: time.Time{}, End: at.AddDate(900, 0, 0)},
		{ID: "turned", Name: "a\u202eb", Start: at, End: at},
	}
}

func TestCalendarOfOthersBecomesNoMarkup(t *testing.T) {
	t.Parallel()
	for feed, shown := range map[string]bool{
		"javascript:window.pwned=1": false, "//evil.example/x": false, "": false, "data:text/calendar,x": false, "x.ics": false,
		"/calendar.ics?token=a": true, "https://bapsang.example/calendar.ics": true,
	} {
		s := serve(t, withCalendar(t, hostileEntries(t)...), func(cfg *web.Config) {
			cfg.Calendar.Feed = func([]string, string) string { return feed }
		})
		_, page, _ := s.visit(t, "민지").get("/calendar")
		for _, bad := range []string{"<script>", "<img", `javascript:window.pwned=1"`, "\u202e", ` onclick=`} {
			if strings.Contains(page, bad) {
				t.Errorf("the page has %q", bad)
			}
		}
		if strings.Contains(page, `href="`+feed+`" data-feed`) != shown || strings.Contains(page, "data-feed ") != shown {
			t.Errorf("the feed %q is shown: %v, want %v", feed, !shown, shown)
		}
		if !strings.Contains(page, "끝이 앞선 것") || !strings.Contains(page, "&lt;script&gt;") {
			t.Error("an entry is missing")
		}
	}
}
