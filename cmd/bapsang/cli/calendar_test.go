package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func holdsText(s, part string) bool { return strings.Contains(s, part) }

// answerText is the text of a question's answer.
func answerText(question map[string]any) string {
	answer, _ := question["answer"].(map[string]any)
	text, _ := answer["text"].(string)
	return text
}

// calendarSite is a configuration whose calendar people keep.
func calendarSite(t *testing.T) (config string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"shop.csv": "region,amount,day\n서울,10,2026-11-01\n부산,20,2026-11-02\n",
		"events/own.yaml": "events:\n  - id: acme.anniversary\n    name: {ko: 창립기념 세일, en: Founder's sale}\n    market: KR\n    class: shopping\n" +
			"    when: {nth: {month: 12, weekday: wednesday, n: 2}}\n    prepare:\n      - {days: 5, what: {ko: 물량 확정, en: Settle stock}}\n    source: 사내 공지\n",
		"bapsang.yaml": "listen: 127.0.0.1:0\ndata_dir: ./data\nsources:\n  - {name: shop, driver: files, dsn: ./shop.csv}\n" +
			"web: {channels: [general, curators]}\napi: {tokens: [{name: test, token: \"${API_TOKEN}\"}]}\n" +
			"calendar:\n  curators: [kim@acme.example, \"web:*\"]\n  channel: web:curators\n  markets: [KR, US]\n  events_dir: ./events\n" +
			"  feeds:\n    - {name: 마케팅팀, token: abcdefghijklmnop1234}\n    - {name: Brand, token: zyxwvutsrqponmlk9876, markets: [KR], classes: [shopping], language: en}\n",
		"plan.csv": "행사명,시작일,종료일,구분,출처\n달빛 블랙위크,2026-11-25,2026-11-30,쇼핑,사내 기획안\n수능,2027-11-18,,행사,교육부\n추석,2026-09-30,,공휴일,누군가\n" +
			"크리스마스,2026-12-25,,공휴일,\n이름만,,,,\n모호한 날,11/12/2026,,기념일,메모\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "bapsang.yaml")
}

// calendarRun runs a command about the calendar on the tests' day.
func calendarRun(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return run(t, append([]string{"--now", now, "calendar"}, args...)...)
}

func TestCalendarListAsPrograms(t *testing.T) {
	t.Parallel()
	code, out, errs := calendarRun(t, "list", "--market", "kr", "--class", "public_holiday", "--from", "2026-09", "--to", "2026-09", "--format", "json")
	if code != 0 || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var got []map[string]string
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"event": "kr.chuseok", "edition": "2026", "name": "추석", "market": "KR", "class": "public_holiday", "start": "2026-09-24", "end": "2026-09-26",
		"status": "confirmed", "source": "관공서의 공휴일에 관한 규정 제2조제9호",
	}
	if len(got) != 1 || len(got[0]) != len(want) {
		t.Fatalf("%v", got)
	}
	for key, value := range want {
		if got[0][key] != value {
			t.Errorf("%s is %q, not %q", key, got[0][key], value)
		}
	}
	if code, out, _ := calendarRun(t, "list", "--event", "kr.csat", "--from", "2035", "--to", "2035", "--format", "json"); code != 0 || strings.TrimSpace(out) != "[]" {
		t.Errorf("nothing is %q (%d)", out, code)
	}
	if _, out, _ := calendarRun(t, "list", "--from", "2026-12-25", "--to", "2026-12-25", "--format", "csv"); !strings.HasPrefix(out, "\ufeffevent,edition,") {
		t.Errorf("CSV %q", out)
	}
}

func TestCalendarListForPeople(t *testing.T) {
	t.Parallel()
	code, out, errs := calendarRun(t, "list", "--market", "KR", "--major", "--to", "2026-12-31")
	if code != 0 || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	t.Log("\n" + out)
	// What follows a name begins at one column, Korean or not.
	column := -1
	for _, line := range strings.Split(out, "\n") {
		for _, market := range []string{"  KR  ", "  US  "} {
			before, _, ok := strings.Cut(line, market)
			if !ok {
				continue
			}
			n := 0
			for _, r := range strings.TrimRight(before, " ") + strings.Repeat(" ", len(before)-len(strings.TrimRight(before, " "))) {
				n++
				if r >= 0x1100 {
					n++
				}
				if strings.ContainsRune("●△↻✕–", r) {
					n -= 1
				}
			}
			if column >= 0 && n != column {
				t.Errorf("not aligned (%d, %d): %s", n, column, line)
			}
			column = n
		}
	}
	for _, want := range []string{"2026년 11월\n", "  ● 11/27 금", "블랙프라이데이", "19개"} {
		if want != "19개" && !holdsText(out, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if _, out, _ := calendarRun(t, "list", "--language", "en", "--market", "KR", "--from", "2026-04-16", "--to", "2026-04-16"); !holdsText(out, "! 4/16 Thu") {
		t.Errorf("a day to be careful on: %s", out)
	}
}

func TestCalendarMistakes(t *testing.T) {
	t.Parallel()
	site := calendarSite(t)
	for name, c := range map[string]struct {
		args []string
		want string
		code int
	}{
		"a year outside":      {[]string{"list", "--from", "1999"}, "the years 2000 to 2050", 2},
		"no date":             {[]string{"list", "--from", "11/12/2026"}, "is not a date such as", 2},
		"backwards":           {[]string{"list", "--from", "2026-12", "--to", "2026-11"}, "is before --from", 2},
		"no such market":      {[]string{"list", "--market", "XX"}, "--market XX is not in the calendar; there are KR", 2},
		"no such class":       {[]string{"list", "--class", "fun"}, "there are public_holiday", 2},
		"no such event":       {[]string{"list", "--event", "없는 날"}, "no event of this id or name", 2},
		"no such format":      {[]string{"list", "--format", "xml"}, "--format", 2},
		"whose":               {[]string{"add", "수능", "--start", "2027-11-18", "--source", "x"}, "--config bapsang.yaml, or --data-dir", 2},
		"both":                {[]string{"list", "--config", site, "--data-dir", "."}, "not by both", 2},
		"no store":            {[]string{"review", "--data-dir", t.TempDir()}, "there is no store.bolt in", 2},
		"a new event":         {[]string{"add", "달빛 주간", "--start", "2027-05-03", "--source", "x", "--config", site}, "for a new one say its --class", 2},
		"nobody":              {[]string{"add", "수능", "--start", "2027-11-18", "--source", "x", "--confirm", "--config", site}, "say who decides with --as; curators are kim@acme.example", 2},
		"not a curator":       {[]string{"add", "수능", "--start", "2027-11-18", "--source", "x", "--confirm", "--as", "park@acme.example", "--config", site}, "is not a curator", 2},
		"the program":         {[]string{"add", "수능", "--start", "2027-11-18", "--source", "x", "--confirm", "--as", "system", "--config", site}, "confirms nothing", 2},
		"preview and confirm": {[]string{"import", filepath.Join(filepath.Dir(site), "plan.csv"), "--preview", "--confirm", "--config", site}, "keep one", 2},
		"no file":             {[]string{"import", "nowhere.csv", "--config", site}, "nowhere.csv", 2},
		"no table":            {[]string{"import", filepath.Join(filepath.Dir(site), "shop.csv"), "--config", site}, "shop.csv: ", 1},
		"no suggestion":       {[]string{"review", "c99", "--config", site}, "그런 제안을 찾지 못했습니다", 1},
		"of which":            {[]string{"review", "--approve", "--config", site}, "say which suggestion", 2},
		"rule":                {[]string{"add", "추석", "--start", "2027-09-20", "--source", "x", "--confirm", "--as", "kim@acme.example", "--config", site}, "규칙이 정한 날짜", 1},
	} {
		code, _, errs := calendarRun(t, c.args...)
		if code != c.code || !holdsText(errs, c.want) || !strings.HasPrefix(errs, "bapsang: ") && name != "no such format" && name != "no file" {
			t.Errorf("%s: exit %d: %s", name, code, errs)
		}
	}
}

// TestTheCompanysOwnEventsAreReadStrictly names the file and the line.
func TestTheCompanysOwnEventsAreReadStrictly(t *testing.T) {
	t.Parallel()
	site := calendarSite(t)
	if code, out, errs := calendarRun(t, "list", "--config", site, "--event", "창립기념 세일", "--to", "2026-12-31"); code != 0 || !holdsText(out, "12/9 수") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	own := filepath.Join(filepath.Dir(site), "events", "own.yaml")
	if err := os.WriteFile(own, []byte("events:\n  - id: acme.day\n    nmae: {ko: 날, en: Day}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--now", now, "calendar", "list", "--config", site}, {"--now", now, "serve", "--config", site}} {
		if code, _, errs := run(t, args...); code != 2 || !holdsText(errs, own+":3:") || !holdsText(errs, "nmae") {
			t.Errorf("%s: exit %d: %s", args[2], code, errs)
		}
	}
	data, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(site, []byte(strings.Replace(string(data), "markets: [KR, US]", "markets: [KR, ZZ]", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, []byte("events: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := calendarRun(t, "list", "--config", site); code != 2 || !holdsText(errs, "bapsang.yaml:10:17: market ZZ") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestTheCalendarIsKept goes the way of an operator: with nothing running, and with a
// bapsang that holds the store. Both say and do the same.
func TestTheCalendarIsKept(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprintf("running %v", running), func(t *testing.T) {
			t.Parallel()
			site := calendarSite(t)
			if running {
				start(t, "--now", now, "serve", "--config", site)
			}
			keepCalendar(t, site)
		})
	}
}

func keepCalendar(t *testing.T, site string) {
	t.Helper()
	plan := filepath.Join(filepath.Dir(site), "plan.csv")
	must := func(want string, args ...string) string {
		t.Helper()
		code, out, errs := calendarRun(t, append(args, "--config", site)...)
		if code != 0 || !holdsText(out, want) {
			t.Fatalf("%v: exit %d, %q is not in\n%s%s", args, code, want, out, errs)
		}
		return out
	}
	preview := must("새로 2 · 변경 0 · 같음 1 · 거절 3", "import", plan, "--preview")
	for _, want := range []string{"2  새로  2026-11-25~2026-11-30  달빛 블랙위크", "4  거절", "규칙으로는 2026-09-24", "6  거절", "시작일이 없습니다", "7  거절", "2026-11-27처럼 적어 주세요."} {
		if !holdsText(preview, want) {
			t.Errorf("%q is not in\n%s", want, preview)
		}
	}
	must("기다리는 제안이 없어요", "review")
	must("2 wait for a curator", "import", plan, "--language", "en")
	must("기다리는 제안 2개", "review")
	must("새로 2", "import", plan) // again: nothing more
	must("기다리는 제안 2개", "review")
	var items []struct{ ID, Event string }
	if err := json.Unmarshal([]byte(must("", "review", "--format", "json")), &items); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, it := range items {
		ids[it.Event] = it.ID
	}
	csat := ids["kr.csat"]
	card := must("파일: plan.csv: 교육부", "review", csat)
	if !holdsText(card, "지금 달력에는 없어요.") || !holdsText(card, "2027/11/18(목)") {
		t.Errorf("%s", card)
	}
	if _, out, _ := calendarRun(t, "list", "--config", site, "--event", "수능", "--from", "2027", "--to", "2027"); !holdsText(out, "일정이 없어요") {
		t.Errorf("before it is confirmed:\n%s", out)
	}
	must("고쳐서 승인했어요: 수능 2027, 2027-11-19 금", "review", csat, "--amend", "--start", "2027-11-19", "--as", "kim@acme.example")
	must("● 11/19 금  수능", "list", "--event", "수능", "--from", "2027", "--to", "2027")
	if code, _, errs := calendarRun(t, "review", csat, "--approve", "--as", "kim@acme.example", "--config", site, "--language", "en"); code != 1 || !holdsText(errs, "kim@acme.example has already approved it") {
		t.Errorf("twice: exit %d: %s", code, errs)
	}
	must("취소로 확정했어요", "review", csat, "--cancel", "--reason", "시험", "--as", "kim@acme.example")
	must("✕ 11/19 금  수능", "list", "--event", "수능", "--from", "2027", "--to", "2027")
	for event, id := range ids {
		if event != "kr.csat" {
			must("거절했어요: 달빛 블랙위크 2026, 2026-11-25", "review", id, "--reject", "--reason", "이름이 다름", "--as", "kim@acme.example")
			must("다시 열었어요", "review", id, "--reopen", "--as", "kim@acme.example")
		}
	}
	must("Suggested: Moonlight 2027, 2027-05-03 Mon–2027-05-05 Wed", "add", "달빛 주간", "--name-en", "Moonlight", "--class", "shopping", "--start", "2027-05-03", "--end", "2027-05-05",
		"--source", "https://acme.example/1", "--language", "en")
	must("달력에 넣었어요: 달빛 주간 2027", "add", "달빛 주간", "--class", "shopping", "--start", "2027-05-03", "--end", "2027-05-05", "--source", "https://acme.example/1", "--confirm", "--as", "kim@acme.example")
	out := filepath.Join(t.TempDir(), "calendar.csv")
	must("", "export", "--out", out, "--from", "2027-05", "--to", "2027-05", "--class", "shopping")
	if data, err := os.ReadFile(out); err != nil || !holdsText(string(data), "달빛 주간,KR,shopping,2027-05-03,2027-05-05,confirmed") {
		t.Errorf("%v %s", err, data)
	}
}

// TestCalendarFeeds reads the feeds as calendar programs do.
func TestCalendarFeeds(t *testing.T) {
	t.Parallel()
	p := start(t, "--now", now, "serve", "--config", calendarSite(t))
	type response struct {
		StatusCode    int
		Header        http.Header
		ContentLength int64
	}
	get := func(method, path string, header ...string) (response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
			if header[i] == "Host" {
				req.Host = header[i+1]
			}
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response{res.StatusCode, res.Header, res.ContentLength}, string(body)
	}
	const team, brand = "/calendar/abcdefghijklmnop1234.ics", "/calendar/zyxwvutsrqponmlk9876.ics"
	res, body := get("GET", brand)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || !holdsText(body, "X-WR-CALNAME:Brand") || !holdsText(body, "SUMMARY:Founder's sale") {
		t.Errorf("%d %v\n%.300s", res.StatusCode, res.Header, body)
	}
	if holdsText(body, "X-BAPSANG-CLASS:public_holiday") || holdsText(body, "한가위") {
		t.Error("more than the classes of the feed")
	}
	if _, body := get("GET", team); !holdsText(body, "SUMMARY:창립기념 세일") || !holdsText(body, "public_holiday") {
		t.Error("the team's feed lacks what it is for")
	}
	head, none := get("HEAD", brand)
	if none != "" || head.Header.Get("ETag") != res.Header.Get("ETag") || head.ContentLength != int64(len(body)) {
		t.Errorf("HEAD: %v %q", head.Header, none)
	}
	if again, body := get("GET", brand, "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("If-None-Match: %d", again.StatusCode)
	}
	if again, _ := get("GET", brand, "If-Modified-Since", res.Header.Get("Last-Modified")); again.StatusCode != http.StatusNotModified {
		t.Errorf("If-Modified-Since: %d", again.StatusCode)
	}
	for path, code := range map[string]int{
		"/calendar/abcdefghijklmnop1235.ics": 404, "/calendar/abcdefghijklmnop1234": 404, "/calendar/.ics": 404, "/calendar/abcdefghijklmnop1234.ics/x": 404,
		"/calendar.ics": 200, "/calendar.ics?market=KR&market=US&language=en": 200, "/calendar.ics?market=ZZ": 400, "/calendar.ics?language=fr": 400,
	} {
		if res, _ := get("GET", path); res.StatusCode != code {
			t.Errorf("%s: %d, not %d", path, res.StatusCode, code)
		}
	}
	if res, _ := get("GET", "/calendar.ics", "Host", "evil.example:80"); res.StatusCode != http.StatusNotFound {
		t.Errorf("for a page of elsewhere: %d", res.StatusCode)
	}
	if res, _ := get("POST", team); res.StatusCode == http.StatusOK {
		t.Errorf("POST: %d", res.StatusCode)
	}
	icalReads(t, body)
	p.kill() // what it wrote may be read then
	if holdsText(p.errs.String(), "abcdefghijklmnop") {
		t.Error("a token is in the log")
	}
}

func TestDoctorLooksAtTheCalendar(t *testing.T) {
	t.Parallel()
	site := calendarSite(t)
	if _, out, errs := run(t, "--now", now, "doctor", "--config", site); !holdsText(out, "1 of them your own") || !holdsText(out, "2, in web:curators") || !holdsText(out, "2 for calendar programs") {
		t.Errorf("%s%s", out, errs)
	}
	own := filepath.Join(filepath.Dir(site), "events", "own.yaml")
	if err := os.WriteFile(own, []byte("events:\n  - {id: acme.day}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := run(t, "--now", now, "doctor", "--config", site); code != 1 || !holdsText(out, own+":2:") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}
