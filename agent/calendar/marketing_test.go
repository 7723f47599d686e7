package calendar_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// TestStatutoryDays compares the statutory days of Korea with the official calendar of
// 2022–2027, in both directions.
func TestStatutoryDays(t *testing.T) {
	c := calendar.Default()
	compared := 0
	for year := 2022; year <= 2027; year++ {
		text, err := os.ReadFile(fmt.Sprintf("testdata/holidays-kr/anniversaries-%d.json", year))
		if err != nil {
			t.Fatal(err)
		}
		var official map[string][]string
		if err := json.Unmarshal(text, &official); err != nil {
			t.Fatal(err)
		}
		listed := map[string]bool{}
		for date, names := range official {
			for _, name := range names {
				compared++
				id, ok := c.Find(name)
				e, has := c.Edition(id, year)
				if !ok || !has || !e.Start.Equal(day(date)) || !e.End.Equal(day(date)) {
					t.Errorf("%s %s: %q %v", date, name, id, e.Start.Format(time.DateOnly))
				}
				listed[id] = true
			}
		}
		for _, e := range c.List(day(fmt.Sprintf("%d-01-01", year)), day(fmt.Sprintf("%d-12-31", year)), calendar.Filter{Markets: []string{"KR"}}) {
			if strings.HasSuffix(e.Source, "(월력요항)") && !listed[e.Event] {
				t.Errorf("%s %s is not in the official calendar of %d", e.Event, e.Start.Format(time.DateOnly), year)
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d days compared", compared)
	}
}

func TestMarketingDays(t *testing.T) {
	c := calendar.Default()
	tests := []struct {
		id    string
		year  int
		dates string
	}{
		{"kr.coming_of_age_day", 2026, "2026-05-18"},
		{"kr.youth_day", 2026, "2026-09-19"},
		{"kr.financial_day", 2023, "2023-10-31"}, // the last Tuesday, a fifth one
		{"kr.dano", 2026, "2026-06-19"},
		{"kr.chilseok", 2026, "2026-08-19"},
		{"cn.qixi", 2026, "2026-08-19"},
		{"kr.ipchun", 2026, "2026-02-04"},
		{"kr.ipchun", 2025, "2025-02-03"},
		{"kr.seollal_gift_season", 2027, "2026-12-21 2027-02-06"}, // into the year before
		{"kr.grand_sale", 2026, "2025-12-17 2026-02-22"},
		{"kr.grand_sale", 2027, ""},
		{"us.giving_tuesday", 2024, "2024-12-03"},
		{"us.memorial_day", 2026, "2026-05-25"},
		{"gb.mothers_day", 2026, "2026-03-15"},
		{"gb.mothers_day", 2027, "2027-03-07"},
		{"world.easter", 2024, "2024-03-31"},
		{"world.easter", 2038, "2038-04-25"}, // the latest there can be
		{"world.ramadan", 2026, "2026-02-18 2026-03-18"},
		{"world.ramadan", 2027, "2027-02-08 2027-03-08"},
		{"world.eid_al_fitr", 2026, "2026-03-20"},
		{"world.eid_al_fitr", 2027, "2027-03-09"},
		{"world.eid_al_adha", 2026, "2026-05-27"},
		{"world.eid_al_adha", 2027, "2027-05-16"},
		{"in.diwali", 2025, "2025-10-20"},
		{"in.diwali", 2026, "2026-11-08"},
		{"sg.deepavali", 2027, "2027-10-28"},
		{"world.summer_olympics", 2020, "2021-07-23 2021-08-08"},
		{"world.world_cup", 2026, "2026-06-11 2026-07-19"},
		{"world.world_cup", 2030, ""},
		{"world.winter_olympics", 2030, "2030-02-01 2030-02-17"},
		{"world.ces", 2027, "2027-01-06 2027-01-09"},
		{"world.mwc", 2027, "2027-03-01 2027-03-04"},
		{"de.oktoberfest", 2027, "2027-09-18 2027-10-03"},
		{"kr.ssg_day", 2022, "2022-10-31 2022-11-11"}, // called off, as TestCalledOff has it
		{"kr.ssg_day", 2025, "2025-10-30 2025-11-09"},
		{"kr.kbo_opening", 2026, "2026-03-28 2026-03-29"},
		{"kr.year_end_tax", 2027, "2027-01-15 2027-02-28"},
		{"kr.chuseok_gift_season", 2027, "2027-07-29 2027-09-14"},
		{"kr.winter_school_break", 2027, "2026-12-29 2027-02-27"},
		{"kr.sewol", 2026, "2026-04-16"},
		{"kr.itaewon", 2022, ""}, // it happened that day
		{"kr.itaewon", 2026, "2026-10-29"},
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
	if e, _ := c.Edition("world.summer_olympics", 2020); !e.Moved() || !e.PreviousStart.Equal(day("2020-07-24")) {
		t.Errorf("%+v", e)
	}
	if e, _ := c.Edition("world.eid_al_fitr", 2026); e.Status != calendar.Estimated {
		t.Errorf("%+v", e)
	}
	// Two Ramadans begin in 2030.
	if got := c.List(day("2030-01-01"), day("2030-12-31"), calendar.Filter{Events: []string{"world.ramadan"}}); len(got) != 2 || got[0].Label == got[1].Label {
		t.Errorf("%+v", got)
	}
}

func TestCalledOff(t *testing.T) {
	c := calendar.Default()
	if e, _ := c.Edition("kr.ssg_day", 2022); e.Status != calendar.Cancelled {
		t.Errorf("%+v", e)
	}
	for _, e := range c.Between(day("2022-11-01"), day("2022-11-11")) {
		if e.Event == "kr.ssg_day" {
			t.Errorf("%+v", e)
		}
	}
}

// TestTheMonthsOfAMarketer reads what somebody sees who asks for a month's marketing
// calendar: what has to be there, and what would be silly.
func TestTheMonthsOfAMarketer(t *testing.T) {
	tests := []struct{ month, has, lacks string }{
		{"2027-01", "kr.new_year kr.seollal_gift_season kr.year_end_tax world.ces", "kr.diary_day"},
		{"2027-02", "kr.seollal world.valentines_day kr.back_to_school kr.graduation_season kr.daegu_subway", "kr.spring_moving_season"},
		{"2027-03", "kr.samgyeopsal_day kr.womens_day kr.white_day kr.cherry_blossom_season", "gb.mothers_day kr.west_sea_defense_day"},
		{"2027-04", "kr.jeju_april_3 kr.sewol world.earth_day kr.arbor_day", "kr.public_safety_day kr.black_day"},
		{"2027-05", "kr.family_month kr.childrens_day kr.parents_day kr.rose_day kr.teachers_day kr.coming_of_age_day kr.may_18 kr.university_festival", "us.mothers_day world.eid_al_adha gb.early_may"},
		{"2027-06", "kr.memorial_day kr.korean_war_day kr.rainy_season kr.veterans_month", "us.fathers_day kr.war_abductees_day us.juneteenth"},
		{"2027-07", "kr.chobok kr.jungbok kr.vacation_season kr.constitution_day", "us.independence_day fr.bastille_day"},
		{"2027-08", "kr.malbok kr.liberation_day kr.chuseok_gift_season kr.second_term", "gb.summer in.independence_day"},
		{"2027-09", "kr.chuseok kr.chuseok_gift_season kr.autumn_wedding_season", "us.labor_day kr.chicken_day"},
		{"2027-10", "kr.hangeul_day kr.itaewon world.halloween", "in.diwali de.unity_day de.oktoberfest"},
		{"2027-11", "kr.beef_day kr.pepero_day us.black_friday us.cyber_monday kr.kimjang_season cn.singles_day", "kr.un_veterans_day kr.patriots_day us.veterans_day"},
		{"2027-12", "kr.christmas world.christmas_eve kr.year_end kr.dongji kr.jeju_air kr.seollal_gift_season", "gb.boxing_day kr.company_year_end"},
	}
	for _, tt := range tests {
		first := day(tt.month + "-01")
		listed := map[string]bool{}
		for _, e := range calendar.Default().Between(first, first.AddDate(0, 1, -1)) {
			listed[e.Event] = true
		}
		for _, id := range strings.Fields(tt.has) {
			if !listed[id] {
				t.Errorf("%s lacks %s", tt.month, id)
			}
		}
		for _, id := range strings.Fields(tt.lacks) {
			if _, known := calendar.Default().Event(id); !known || listed[id] {
				t.Errorf("%s has %s, or nobody has", tt.month, id)
			}
		}
	}
}

func TestSolemnDays(t *testing.T) {
	c := calendar.Default()
	tests := map[string]bool{
		"kr.memorial_day": true, "kr.sewol": true, "kr.itaewon": true, "kr.may_18": true, "kr.jeju_april_3": true,
		"kr.korean_war_day": true, "kr.liberation_day": false, "kr.chuseok": false,
	}
	for id, solemn := range tests {
		e, ok := c.Edition(id, 2026)
		event, _ := c.Event(id)
		if !ok || e.Solemn != solemn || event.Solemn != solemn || e.Source == "" {
			t.Errorf("%+v", e)
		}
	}
	if e, _ := c.Edition("kr.memorial_day", 2026); e.Class != calendar.PublicHoliday {
		t.Errorf("%+v", e)
	}
	if e, _ := c.Edition("kr.sewol", 2026); e.Class != calendar.Caution {
		t.Errorf("%+v", e)
	}
}

func TestMinorDaysAreListedWhenAskedFor(t *testing.T) {
	c := calendar.Default()
	has := func(list []calendar.Edition, id string) bool {
		return slices.ContainsFunc(list, func(e calendar.Edition) bool { return e.Event == id })
	}
	from, to := day("2026-10-01"), day("2026-10-31")
	if near := c.Between(from, to); has(near, "kr.financial_day") || has(near, "de.unity_day") || has(near, "us.columbus_day") || !has(near, "kr.itaewon") || !has(near, "kr.hangeul_day") {
		t.Errorf("%v", near)
	}
	if all := c.List(from, to, calendar.Filter{}); !has(all, "kr.financial_day") || !has(all, "de.unity_day") {
		t.Error("minor days and other markets are lost")
	}
	if us := c.List(day("2026-11-01"), day("2026-11-30"), calendar.Filter{Markets: []string{"US"}}); has(us, "kr.csat") || !has(us, "us.veterans_day") || !has(us, "us.black_friday") {
		t.Error("of the USA")
	}
}

func TestUnconfirmed(t *testing.T) {
	c := calendar.Default()
	open := func(c *calendar.Calendar, from, to string) string {
		var out []string
		for _, x := range c.Unconfirmed(day(from), day(to)) {
			out = append(out, fmt.Sprintf("%s/%d", x.Event, x.Year))
		}
		return strings.Join(out, " ")
	}
	if got := open(c, "2027-11-01", "2027-11-30"); got != "kr.grand_festival/2027 kr.ssg_day/2027 kr.csat/2027" {
		t.Error(got)
	}
	if got := open(c, "2026-11-12", "2026-11-19"); strings.Contains(got, "csat") {
		t.Error(got)
	}
	if got := open(c, "2028-04-01", "2028-04-30"); got != "kr.parliamentary_election/2028" {
		t.Error(got)
	}
	if got := open(c, "2028-01-05", "2028-01-05"); got != "kr.grand_sale/2027 world.ces/2028" {
		t.Error(got)
	}
	row := calendar.Edition{Event: "kr.csat", Year: 2027, Start: day("2027-11-18"), End: day("2027-11-18"), Status: calendar.Tentative, Source: "x"}
	for status, expected := range map[calendar.Status]bool{calendar.Tentative: true, calendar.Confirmed: false, calendar.Cancelled: false} {
		row.Status = status
		with, err := c.With(calendar.Extra{Editions: []calendar.Edition{row}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(open(with, "2027-11-01", "2027-11-30"), "csat"); got != expected {
			t.Errorf("%s: %v", status, got)
		}
	}
}

func TestDeadlines(t *testing.T) {
	c := calendar.Default()
	e, _ := c.Edition("us.black_friday", 2026)
	due, err := c.Deadlines("KR", e)
	if err != nil || len(due) != 3 {
		t.Fatalf("%v %v", due, err)
	}
	// Thirty workdays before, over 한글날 and its like.
	for i, want := range []string{"2026-10-16", "2026-11-09", "2026-11-18"} {
		if !due[i].Due.Equal(day(want)) || due[i].What.Ko == "" || due[i].What.En == "" {
			t.Errorf("%d business days: %s, want %s", due[i].Days, due[i].Due.Format(time.DateOnly), want)
		}
	}
	if _, err := c.Deadlines("BR", e); err == nil {
		t.Error("a market without holidays")
	}
}

func TestEventsAreDescribed(t *testing.T) {
	c := calendar.Default()
	all := c.Events()
	if len(all) < 250 {
		t.Errorf("%d events", len(all))
	}
	for _, e := range all {
		if e.ID == "" || e.Name.Ko == "" || e.Name.En == "" || e.Market == "" || e.Class == "" || e.Source == "" {
			t.Errorf("%+v", e)
		}
		if same, ok := c.Event(e.ID); !ok || same.Name != e.Name {
			t.Errorf("%s is not found", e.ID)
		}
	}
	// A name of digits would be found in every number and date of a question.
	for _, e := range all {
		for _, name := range append(append([]string{e.Name.Ko, e.Name.En}, e.Aliases...), e.Weak...) {
			if strings.Trim(name, "0123456789-.·ㆍ /") == "" {
				t.Errorf("%s is called %q", e.ID, name)
			}
		}
	}
	for _, number := range []string{"6.25", "625", "5.18", "518", "4.16", "10.29", "520", "618", "88", "1.1"} {
		if id, ok := c.Find(number); ok {
			t.Errorf("%s is %s", number, id)
		}
	}
	// A caller cannot change what others see.
	i := slices.IndexFunc(all, func(e calendar.Event) bool { return len(e.Aliases) > 0 && len(e.Prepare) > 0 })
	id := all[i].ID
	all[i].Aliases[0], all[i].Prepare[0].Days = "changed", 0
	if e, _ := c.Event(id); e.Aliases[0] == "changed" || e.Prepare[0].Days == 0 {
		t.Error("a caller changed the calendar")
	}
}
