package calendar_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/us"

	"github.com/bapsang/bapsang/agent/calendar"
)

// TestHolidaysAgainstAnotherLibrary compares days off of the markets that rickar/cal
// has. Weekends are left out: libraries differ on whether a holiday on a Sunday that is
// made up for on Monday is one on both days, and nobody works on either.
func TestHolidaysAgainstAnotherLibrary(t *testing.T) {
	tests := []struct {
		market   string
		holidays []*cal.Holiday
		from, to int
		// differ are the days on which the other library is wrong, and why.
		differ map[string]string
	}{
		{"US", us.Holidays, 2021, 2035, nil},
		{"JP", jp.Holidays, 2020, 2035, map[string]string{
			"2020-08-10": "Mountain Day, moved for the Olympic Games", "2020-08-11": "it was worked",
			"2021-08-09": "the Monday after Mountain Day, moved likewise", "2021-08-11": "it was worked"}},
		{"GB", gb.Holidays, 2013, 2035, map[string]string{"2022-09-19": "the state funeral"}},
		{"DE", de.Holidays, 2010, 2035, map[string]string{"2017-10-31": "500 years of Reformation, in all states"}},
		{"FR", fr.Holidays, 2010, 2035, nil},
	}
	for _, tt := range tests {
		other := cal.NewBusinessCalendar()
		other.AddHoliday(tt.holidays...)
		for day := time.Date(tt.from, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= tt.to; day = day.AddDate(0, 0, 1) {
			if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
				continue
			}
			works, err := calendar.Default().Workday(tt.market, day)
			if err != nil {
				t.Fatal(err)
			}
			date := day.Format(time.DateOnly)
			_, knownWrong := tt.differ[date]
			if same := works == other.IsWorkday(day); same == knownWrong {
				t.Errorf("%s %s %s: ours works %v, theirs %v", tt.market, date, day.Weekday(), works, !works)
			}
		}
	}
}

// The days off of whole years as the governments published them.
func TestPublishedHolidays(t *testing.T) {
	tests := []struct {
		market, published string
		year              int
		days              string
	}{
		{"US", "opm.gov, federal holidays", 2026, "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25"},
		{"JP", "Cabinet Office, 国民の祝日について", 2026, "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23"},
		{"JP", "Cabinet Office, 国民の祝日について", 2020, "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-23 07-24 08-10 09-21 09-22 11-03 11-23"},
		{"CN", "国务院办公厅 2025-11-04", 2026, "01-01 01-02 01-03 02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22 02-23 04-04 04-05 04-06 " +
			"05-01 05-02 05-03 05-04 05-05 06-19 06-20 06-21 09-25 09-26 09-27 10-01 10-02 10-03 10-04 10-05 10-06 10-07"},
		{"GB", "gov.uk/bank-holidays, England and Wales", 2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28"},
		{"GB", "gov.uk/bank-holidays, England and Wales", 2022, "01-01 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-25 12-26 12-27"},
		{"GB", "gov.uk/bank-holidays, England and Wales", 2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-25 12-26 12-27 12-28"},
		{"DE", "the states' laws", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26"},
		{"FR", "service-public.fr", 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"},
		{"IN", "DoPT circular for 2026, those compulsory outside Delhi, Bakrid as moved in May", 2026, "01-26 03-21 03-31 04-03 05-01 05-28 06-26 08-15 08-26 10-02 10-20 11-08 11-24 12-25"},
		{"SG", "mom.gov.sg, public holidays", 2026, "01-01 02-17 02-18 03-21 04-03 05-01 05-27 05-31 06-01 08-09 08-10 11-08 11-09 12-25"},
		{"IN", "DoPT O.M. of 2026-07-16, those compulsory outside Delhi", 2027, "01-26 03-10 03-26 04-19 05-17 05-20 06-16 08-15 10-02 10-09 10-29 11-14 12-25"},
		{"SG", "mom.gov.sg, press release of 2026-06-18", 2027, "01-01 02-06 02-07 02-08 03-10 03-26 05-01 05-17 05-20 08-09 10-28 12-25"},
		{"SG", "mom.gov.sg, public holidays", 2025, "01-01 01-29 01-30 03-31 04-18 05-01 05-03 05-12 06-07 08-09 10-20 12-25"},
	}
	for _, tt := range tests {
		got, err := calendar.Default().Holidays(tt.market, tt.year)
		if err != nil {
			t.Fatal(err)
		}
		var days []string
		for _, day := range slices.SortedFunc(maps.Keys(got), time.Time.Compare) {
			days = append(days, day.Format("01-02"))
		}
		want := strings.Fields(tt.days)
		if tt.market == "CN" {
			// Of a stretch only the days that are none by weekend are rows of their own.
			days = daysOff(t, "CN", tt.year, want)
		}
		if !slices.Equal(days, want) {
			t.Errorf("%s %d: %v\nwant     %v (%s)", tt.market, tt.year, days, want, tt.published)
		}
	}
}

// daysOff is which of the days are not worked, and all weekdays of the year that are not.
func daysOff(t *testing.T, market string, year int, days []string) []string {
	t.Helper()
	var off []string
	for day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
		works, err := calendar.Default().Workday(market, day)
		if err != nil {
			t.Fatal(err)
		}
		weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		if !works && (!weekend || slices.Contains(days, day.Format("01-02"))) {
			off = append(off, day.Format("01-02"))
		}
	}
	return off
}

func TestWorkedWeekends(t *testing.T) {
	c := calendar.Default()
	for _, d := range []string{"2026-02-14", "2026-02-28", "2026-01-04", "2026-05-09", "2026-09-20", "2026-10-10"} {
		if works, err := c.Workday("CN", day(d)); err != nil || !works {
			t.Errorf("%s: %v %v", d, works, err)
		}
	}
	// None is made up for a year that has not been announced.
	n := 0
	for d := day("2027-01-01"); d.Year() == 2027; d = d.AddDate(0, 0, 1) {
		if works, _ := c.Workday("CN", d); works && (d.Weekday() == time.Saturday || d.Weekday() == time.Sunday) {
			n++
		}
	}
	if n > 0 {
		t.Errorf("%d weekends of 2027 are worked", n)
	}
	if e, _ := c.Edition("cn.national_day", 2027); e.Status != calendar.Estimated {
		t.Errorf("%+v", e)
	}
}

func TestMarketYears(t *testing.T) {
	c := calendar.Default()
	var ids []string
	for _, m := range c.Markets() {
		ids = append(ids, m.ID)
		if m.Name.Ko == "" || m.Name.En == "" || m.OfficialUntil < m.Since {
			t.Errorf("%+v", m)
		}
		for year := m.Since; year <= m.Until; year++ {
			h, err := c.Holidays(m.ID, year)
			if err != nil || len(h) < 8 {
				t.Errorf("%s %d: %d holidays, %v", m.ID, year, len(h), err)
			}
		}
		for _, year := range []int{m.Since - 1, m.Until + 1} {
			if _, err := c.Holidays(m.ID, year); !errors.Is(err, calendar.ErrYear) {
				t.Errorf("%s %d: %v", m.ID, year, err)
			}
			if _, err := c.Workday(m.ID, time.Date(year, 5, 5, 0, 0, 0, 0, time.UTC)); !errors.Is(err, calendar.ErrYear) {
				t.Errorf("%s %d: %v", m.ID, year, err)
			}
		}
		// What the officials have not published is an estimate, be it by rule or by table.
		for _, e := range c.List(time.Date(m.OfficialUntil+1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(m.OfficialUntil+1, 12, 31, 0, 0, 0, 0, time.UTC),
			calendar.Filter{Classes: []calendar.Class{calendar.PublicHoliday}}) {
			if e.Market == m.ID && e.Year > m.OfficialUntil && e.Status != calendar.Estimated {
				t.Errorf("%s: %+v", m.ID, e)
			}
		}
	}
	if got := strings.Join(ids, " "); got != "KR US CN DE FR GB IN JP SG" && got != "KR CN DE FR GB IN JP SG US" {
		t.Errorf("markets %s", got)
	}
	for _, id := range []string{"", "world", "kr", "BR"} {
		if _, err := c.Workday(id, day("2026-01-01")); !errors.Is(err, calendar.ErrMarket) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestKoreaToCome has what the law gives before the official calendars are out.
func TestKoreaToCome(t *testing.T) {
	c := calendar.Default()
	tests := map[int]struct{ main, substitutes string }{
		2024: {"02-10 05-15 09-17", "02-12 05-06"},
		2025: {"01-29 05-05 10-06", "03-03 05-06 10-08"},
		2026: {"02-17 05-24 09-25", "03-02 05-25 08-17 10-05"},
		2027: {"02-07 05-13 09-15", "02-09 05-03 07-19 08-16 10-04 10-11 12-27"},
		2028: {"01-27 05-02 10-03", "10-05"},
		2029: {"02-13 05-20 09-22", "05-07 05-21 09-24"},
		2030: {"02-03 05-09 09-12", "02-05 05-06"},
	}
	for year, want := range tests {
		seollal, _ := c.Edition("kr.seollal", year)
		buddha, _ := c.Edition("kr.buddhas_birthday", year)
		chuseok, _ := c.Edition("kr.chuseok", year)
		main := strings.Join([]string{seollal.Start.AddDate(0, 0, 1).Format("01-02"), buddha.Start.Format("01-02"), chuseok.Start.AddDate(0, 0, 1).Format("01-02")}, " ")
		holidays, err := c.Holidays("KR", year)
		if err != nil {
			t.Fatal(err)
		}
		var substitutes []string
		for _, day := range slices.SortedFunc(maps.Keys(holidays), time.Time.Compare) {
			if slices.ContainsFunc(holidays[day], func(h calendar.Holiday) bool { return h.Substitute }) {
				substitutes = append(substitutes, day.Format("01-02"))
			}
		}
		if got := strings.Join(substitutes, " "); main != want.main || got != want.substitutes {
			t.Errorf("%d: %s; %s, want %s; %s", year, main, got, want.main, want.substitutes)
		}
	}
}

func TestWorkdayArithmetic(t *testing.T) {
	c := calendar.Default()
	add := []struct {
		market, from string
		n            int
		want         string
	}{
		{"KR", "2026-09-23", 1, "2026-09-28"}, // over 추석, a Saturday and a Sunday
		{"KR", "2026-09-28", -1, "2026-09-23"},
		{"KR", "2026-11-27", -30, "2026-10-16"},
		{"KR", "2027-02-05", 1, "2027-02-10"},
		{"KR", "2026-09-26", 0, "2026-09-28"},
		{"KR", "2026-09-23", 0, "2026-09-23"},
		{"KR", "2027-12-31", 1, "2028-01-03"},
		{"US", "2026-07-02", 1, "2026-07-06"}, // Saturday the 4th is kept on Friday
		{"US", "2021-12-30", 1, "2022-01-03"}, // so is the new year's day of 2022, in 2021
		{"CN", "2026-02-13", 1, "2026-02-14"}, // a Saturday worked for 春节
		{"JP", "2026-09-18", 1, "2026-09-24"}, // with the day between
		{"KR", "2026-01-02", 250, "2027-01-11"},
	}
	for _, tt := range add {
		got, err := c.AddWorkdays(tt.market, day(tt.from), tt.n)
		if err != nil || !got.Equal(day(tt.want)) {
			t.Errorf("%s %s %+d: %s %v, want %s", tt.market, tt.from, tt.n, got.Format(time.DateOnly), err, tt.want)
		}
	}
	month := []struct {
		market string
		year   int
		month  time.Month
		n      int
		want   string
	}{
		{"KR", 2026, 10, 1, "2026-10-01"},
		{"KR", 2026, 10, 3, "2026-10-06"},
		{"KR", 2026, 10, -1, "2026-10-30"},
		{"KR", 2027, 2, 1, "2027-02-01"},
		{"KR", 2026, 1, 1, "2026-01-02"},
		{"KR", 2027, 12, -1, "2027-12-31"},
		{"US", 2026, 11, -3, "2026-11-25"},
	}
	for _, tt := range month {
		got, err := c.WorkdayOfMonth(tt.market, tt.year, tt.month, tt.n)
		if err != nil || !got.Equal(day(tt.want)) {
			t.Errorf("%s %d-%d %d: %s %v, want %s", tt.market, tt.year, tt.month, tt.n, got.Format(time.DateOnly), err, tt.want)
		}
	}
	for _, n := range []int{0, 24, -24} {
		if _, err := c.WorkdayOfMonth("KR", 2026, 10, n); !errors.Is(err, calendar.ErrNoWorkday) {
			t.Errorf("workday %d: %v", n, err)
		}
	}
	if got, err := c.PreviousWorkday("KR", day("2026-09-27")); err != nil || !got.Equal(day("2026-09-23")) {
		t.Errorf("previous: %v %v", got, err)
	}
	if got, err := c.NextWorkday("KR", day("2026-09-24")); err != nil || !got.Equal(day("2026-09-28")) {
		t.Errorf("next: %v %v", got, err)
	}
	if n, err := c.WorkdaysBetween("KR", day("2026-09-21"), day("2026-09-30")); err != nil || n != 6 {
		t.Errorf("between: %d %v", n, err)
	}
	for _, n := range []int{7000, -7000, 1 << 40, -1 << 40} {
		if _, err := c.AddWorkdays("KR", day("2026-01-01"), n); !errors.Is(err, calendar.ErrYear) {
			t.Errorf("%d workdays: %v", n, err)
		}
	}
	if _, err := c.AddWorkdays("SG", day("2027-12-30"), 5); !errors.Is(err, calendar.ErrYear) {
		t.Errorf("beyond the tables: %v", err)
	}
}
