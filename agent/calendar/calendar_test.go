package calendar_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// TestOfficialHolidays compares every date and every reason with the official
// calendar of Korea, 2018–2027.
func TestOfficialHolidays(t *testing.T) {
	c := calendar.Default()
	for year := 2018; year <= 2027; year++ {
		text, err := os.ReadFile(fmt.Sprintf("testdata/holidays-kr/holidays-%d.json", year))
		if err != nil {
			t.Fatal(err)
		}
		var official map[string][]string
		if err := json.Unmarshal(text, &official); err != nil {
			t.Fatal(err)
		}
		ours, err := c.Holidays("KR", year)
		if err != nil {
			t.Fatal(err)
		}
		for d, names := range official {
			if len(ours[day(d)]) != len(names) {
				t.Errorf("%s: officially %v, ours %v", d, names, ours[day(d)])
				continue
			}
			for i, name := range names {
				compareHoliday(t, c, d, name, ours[day(d)][i])
			}
		}
		for d, why := range ours {
			if official[d.Format(time.DateOnly)] == nil {
				t.Errorf("%s: ours is %v, officially no holiday", d.Format(time.DateOnly), why)
			}
		}
	}
}

func compareHoliday(t *testing.T, c *calendar.Calendar, date, official string, ours calendar.Holiday) {
	t.Helper()
	// One-off days are called as the notice called them: "제22대국회의원선거",
	// "임시공휴일(대통령선거)".
	for id, name := range map[string]string{
		"kr.local_election": "전국동시지방선거", "kr.parliamentary_election": "국회의원선거",
		"kr.presidential_election": "대통령선거", "kr.temporary_holiday": "임시공휴일",
	} {
		if strings.Contains(official, name) && ours.Event == id {
			return
		}
	}
	name, substitute := strings.CutPrefix(official, "대체공휴일(")
	name = strings.TrimSuffix(name, ")")
	if name == "1월 1일" {
		name = "신정"
	}
	base := strings.TrimSuffix(strings.TrimSuffix(name, " 전날"), " 다음 날")
	id, ok := c.Find(base)
	if !ok || id != ours.Event || substitute != ours.Substitute {
		t.Errorf("%s: officially %s (%s), ours %v", date, official, id, ours)
	}
	if base != name && ours.Name.Ko != name {
		t.Errorf("%s: officially %s, ours %s", date, name, ours.Name.Ko)
	}
}

func TestLunarDates(t *testing.T) {
	c := calendar.Default()
	f, err := os.Open("testdata/lunar-kr.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		lines++
		var year int
		var seollal, daeboreum, buddha, chuseok, summer, autumn, winter string
		if _, err := fmt.Sscan(s.Text(), &year, &seollal, &daeboreum, &buddha, &chuseok, &summer, &autumn, &winter); err != nil {
			t.Fatal(err)
		}
		expect(t, c, "kr.seollal", year, day(seollal).AddDate(0, 0, -1), day(seollal).AddDate(0, 0, 1))
		expect(t, c, "kr.chuseok", year, day(chuseok).AddDate(0, 0, -1), day(chuseok).AddDate(0, 0, 1))
		expect(t, c, "kr.daeboreum", year, day(daeboreum), day(daeboreum))
		expect(t, c, "kr.buddhas_birthday", year, day(buddha), day(buddha))
		expect(t, c, "kr.dongji", year, day(winter), day(winter))
		// The days of 庚 are ten apart; 1984-01-31 was the first of a cycle of sixty (甲子).
		expect(t, c, "kr.chobok", year, geng(summer, 3), geng(summer, 3))
		expect(t, c, "kr.jungbok", year, geng(summer, 4), geng(summer, 4))
		expect(t, c, "kr.malbok", year, geng(autumn, 1), geng(autumn, 1))
	}
	if lines != 51 {
		t.Fatalf("%d years", lines)
	}
}

func geng(from string, n int) time.Time {
	d := day(from)
	for int(d.Sub(day("1984-01-31")).Hours()/24)%10 != 6 {
		d = d.AddDate(0, 0, 1)
	}
	return d.AddDate(0, 0, 10*(n-1))
}

func expect(t *testing.T, c *calendar.Calendar, id string, year int, start, end time.Time) {
	t.Helper()
	e, ok := c.Edition(id, year)
	if !ok || !e.Start.Equal(start) || !e.End.Equal(end) {
		t.Errorf("%s %d: %v–%v, want %v–%v", id, year, e.Start.Format(time.DateOnly), e.End.Format(time.DateOnly),
			start.Format(time.DateOnly), end.Format(time.DateOnly))
	}
}

func TestEditions(t *testing.T) {
	c := calendar.Default()
	tests := []struct {
		id    string
		year  int
		dates string // "start end", or "" for none
	}{
		{"us.black_friday", 2024, "2024-11-29"},
		{"us.black_friday", 2025, "2025-11-28"},
		{"us.black_friday", 2026, "2026-11-27"},
		{"us.black_friday", 2030, "2030-11-29"}, // the fourth Friday is the 22nd
		{"us.thanksgiving", 2027, "2027-11-25"},
		{"us.cyber_monday", 2024, "2024-12-02"},
		{"us.cyber_monday", 2026, "2026-11-30"},
		{"us.super_bowl", 2027, "2027-02-14"}, // Valentine's Day
		{"world.valentines_day", 2027, "2027-02-14"},
		{"us.super_bowl", 2021, ""}, // another rule then
		{"us.mothers_day", 2026, "2026-05-10"},
		{"us.fathers_day", 2026, "2026-06-21"},
		{"kr.chobok", 2026, "2026-07-15"},
		{"kr.jungbok", 2026, "2026-07-25"},
		{"kr.malbok", 2026, "2026-08-14"},
		{"kr.chobok", 2027, "2027-07-20"},
		{"kr.jungbok", 2027, "2027-07-30"},
		{"kr.malbok", 2027, "2027-08-09"},
		{"kr.seollal", 2027, "2027-02-06 2027-02-08"},
		{"cn.spring_festival", 2027, "2027-02-06"},
		{"kr.seollal", 2028, "2028-01-26 2028-01-28"},
		{"cn.spring_festival", 2028, "2028-01-26"},
		{"cn.spring_holiday", 2027, "2027-02-05 2027-02-08"},
		{"cn.spring_festival", 2029, "2029-02-13"},
		{"kr.chuseok", 2025, "2025-10-05 2025-10-07"},
		{"kr.chuseok.substitute", 2025, "2025-10-08"},
		{"kr.chuseok.substitute", 2026, ""}, // Saturday does not count
		{"kr.chuseok.substitute", 2028, "2028-10-05"},
		{"kr.buddhas_birthday", 2030, "2030-05-09"},
		{"kr.family_month", 2026, "2026-05-01 2026-05-31"},
		{"kr.year_end", 2026, "2026-12-01 2026-12-31"},
		{"kr.csat", 2026, "2026-11-19"},
		{"kr.csat", 2027, ""}, // not announced
		{"amazon.prime_day", 2025, "2025-07-08 2025-07-11"},
		{"amazon.prime_day", 2026, "2026-06-23 2026-06-26"},
		{"amazon.prime_day", 2027, ""},
		{"kr.sale_festa", 2024, "2024-11-09 2024-11-30"},
		{"kr.sale_festa", 2025, ""},
		{"kr.chuseok", 1999, ""},
		{"kr.chuseok", 2051, ""},
		{"no.such", 2026, ""},
	}
	for _, tt := range tests {
		e, ok := c.Edition(tt.id, tt.year)
		got := ""
		if ok {
			got = e.Start.Format(time.DateOnly)
			if !e.End.Equal(e.Start) {
				got += " " + e.End.Format(time.DateOnly)
			}
		}
		if got != tt.dates {
			t.Errorf("%s %d: %q, want %q", tt.id, tt.year, got, tt.dates)
		}
	}
}

func TestClassAndStatus(t *testing.T) {
	c := calendar.Default()
	tests := []struct {
		id     string
		year   int
		class  calendar.Class
		status calendar.Status
	}{
		{"kr.chuseok", 2026, calendar.PublicHoliday, calendar.Confirmed},
		{"kr.chuseok", 2028, calendar.PublicHoliday, calendar.Estimated},
		{"kr.seollal.substitute", 2027, calendar.PublicHoliday, calendar.Confirmed},
		{"kr.local_election", 2026, calendar.PublicHoliday, calendar.Confirmed},
		{"kr.constitution_day", 2007, calendar.PublicHoliday, calendar.Confirmed},
		{"kr.constitution_day", 2025, calendar.Observance, calendar.Confirmed},
		{"kr.constitution_day", 2026, calendar.PublicHoliday, calendar.Confirmed},
		{"kr.labor_day", 2025, calendar.Observance, calendar.Confirmed},
		{"kr.labor_day", 2026, calendar.PublicHoliday, calendar.Confirmed},
		{"kr.hangeul_day", 2012, calendar.Observance, calendar.Confirmed},
		{"us.black_friday", 2040, calendar.Shopping, calendar.Confirmed},
		{"kr.csat", 2026, calendar.Announced, calendar.Confirmed},
		{"kr.year_end", 2026, calendar.Season, calendar.Confirmed},
	}
	for _, tt := range tests {
		e, ok := c.Edition(tt.id, tt.year)
		if !ok || e.Class != tt.class || e.Status != tt.status || e.Source == "" || e.Market == "" || e.Name.In("ko") == "" || e.Name.In("en") == "" {
			t.Errorf("%s %d: %+v", tt.id, tt.year, e)
		}
	}
}

func TestFind(t *testing.T) {
	c := calendar.Default()
	tests := map[string]string{
		"설날": "kr.seollal", "설": "kr.seollal", "구정": "kr.seollal", "설 연휴": "kr.seollal", "설연휴": "kr.seollal",
		"추석": "kr.chuseok", "추석 연휴": "kr.chuseok", "추석연휴": "kr.chuseok", "한가위": "kr.chuseok",
		"chuseok": "kr.chuseok", "Chuseok": "kr.chuseok", "Lunar New Year": "kr.seollal",
		"Chinese New Year": "cn.spring_festival", "CNY": "cn.spring_festival", "춘절": "cn.spring_festival",
		"black friday": "us.black_friday", "Black-Friday": "us.black_friday", "BLACKFRIDAY": "us.black_friday",
		"블프": "us.black_friday", "블랙 프라이데이": "us.black_friday", "사이버먼데이": "us.cyber_monday",
		"3·1절": "kr.independence_movement_day", "3ㆍ1절": "kr.independence_movement_day", "삼일절": "kr.independence_movement_day",
		"부처님 오신 날": "kr.buddhas_birthday", "석가탄신일": "kr.buddhas_birthday", "크리스마스": "kr.christmas", "성탄절": "kr.christmas",
		"Mother’s Day": "us.mothers_day", "mothers day": "us.mothers_day", "Valentine's Day": "world.valentines_day",
		"광군제": "cn.singles_day", "싱글즈데이": "cn.singles_day", "수능": "kr.csat", "코리아 세일 페스타": "kr.sale_festa",
		// Three names alike, three events.
		"코리아 그랜드 세일": "kr.grand_sale", "코리아그랜드페스티벌": "kr.grand_festival", "코리아세일페스타": "kr.sale_festa",
		"프라임데이": "amazon.prime_day", "가정의 달": "kr.family_month", "휴가철": "kr.vacation_season", "근로자의 날": "kr.labor_day",
		"빼빼로데이": "kr.pepero_day", "정월 대보름": "kr.daeboreum", "말복": "kr.malbok", "연말": "kr.year_end", "추석 ": "kr.chuseok",
	}
	for name, want := range tests {
		if id, ok := c.Find(name); !ok || id != want {
			t.Errorf("Find(%q) = %q", name, id)
		}
	}
	for _, name := range []string{"", " ", "추", "추석선물", "black", "코리아 그랜드", " 추석", "\xff", "설\xff"} {
		if id, ok := c.Find(name); ok {
			t.Errorf("Find(%q) = %q", name, id)
		}
	}
}

func TestPrefix(t *testing.T) {
	c := calendar.Default()
	tests := []struct {
		text string
		want calendar.Match
	}{
		{"추석 연휴 매출", calendar.Match{Event: "kr.chuseok", Len: len("추석 연휴")}},
		{"추석 매출", calendar.Match{Event: "kr.chuseok", Len: len("추석")}},
		{"크리스마스 이브", calendar.Match{Event: "world.christmas_eve", Len: len("크리스마스 이브")}},
		{"설에", calendar.Match{Event: "kr.seollal", Len: len("설"), Weak: true}},
		{"CNY 2026", calendar.Match{Event: "cn.spring_festival", Len: 3, Weak: true}},
		{"Black Friday week", calendar.Match{Event: "us.black_friday", Len: 12}},
	}
	for _, tt := range tests {
		if m, ok := c.Prefix(tt.text); !ok || m != tt.want {
			t.Errorf("Prefix(%q) = %+v", tt.text, m)
		}
	}
}

func TestWorkday(t *testing.T) {
	c := calendar.Default()
	tests := map[string]bool{
		"2026-09-28": true, // the Monday after a 추석 whose third day was a Saturday
		"2026-09-24": false, "2026-09-25": false, "2026-09-26": false,
		"2027-05-03": false, "2027-07-19": false, "2027-12-27": false, "2027-12-28": true,
		"2026-06-03": false, "2026-11-20": true, "2026-11-21": false, "2026-11-22": false,
	}
	for d, want := range tests {
		if got, err := c.Workday("KR", day(d)); err != nil || got != want {
			t.Errorf("Workday(%s) = %v, %v", d, got, err)
		}
	}
	seoul := time.FixedZone("KST", 9*3600)
	if got, err := c.Workday("KR", time.Date(2027, 5, 3, 1, 0, 0, 0, seoul)); err != nil || got {
		t.Errorf("the date is that of the clock: %v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	c := calendar.Default()
	for _, year := range []int{-1, 0, 1999, 2051} {
		if _, err := c.Holidays("KR", year); !errors.Is(err, calendar.ErrYear) {
			t.Errorf("Holidays(KR, %d): %v", year, err)
		}
	}
	if _, err := c.Holidays("BR", 2026); !errors.Is(err, calendar.ErrMarket) {
		t.Errorf("Holidays(BR): %v", err)
	}
	if _, err := c.Workday("KR", day("2051-01-01")); !errors.Is(err, calendar.ErrYear) {
		t.Errorf("Workday(2051): %v", err)
	}
}

func TestBetween(t *testing.T) {
	var got []string
	for _, e := range calendar.Default().Between(day("2026-11-23"), day("2026-12-02")) {
		got = append(got, e.Start.Format("01-02")+" "+e.Event)
	}
	want := []string{"11-10 kr.kimjang_season", "11-26 us.thanksgiving", "11-27 us.black_friday", "11-30 us.cyber_monday", "12-01 kr.year_end"}
	if strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("%v", got)
	}
	if e := calendar.Default().Between(day("2026-09-26"), day("2026-09-26")); len(e) != 3 || e[0].Event != "kr.autumn_wedding_season" || e[1].Event != "world.asian_games" || e[2].Event != "kr.chuseok" {
		t.Errorf("the last day counts: %v", e)
	}
	if e := calendar.Default().Between(day("1990-01-01"), day("1999-01-01")); len(e) != 0 {
		t.Errorf("%v", e)
	}
}

func TestHolidaysIsACopy(t *testing.T) {
	c := calendar.Default()
	h, _ := c.Holidays("KR", 2026)
	delete(h, day("2026-12-25"))
	if again, _ := c.Holidays("KR", 2026); len(again[day("2026-12-25")]) != 1 {
		t.Error("a caller changed the calendar")
	}
}
