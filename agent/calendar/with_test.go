package calendar_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/calendar"
)

func TestWithLaysCuratedRowsOver(t *testing.T) {
	base := calendar.Default()
	c, err := base.With(calendar.Extra{
		Events: []calendar.Event{{
			ID: "acme.anniversary", Name: calendar.Names{Ko: "창립기념 세일", En: "Founder's sale"}, Aliases: []string{"창립 기념 세일전"},
			Market: "KR", Class: calendar.Shopping, Windows: calendar.Windows{Lead: 3, Tail: 2},
		}},
		Editions: []calendar.Edition{
			{Event: "acme.anniversary", Year: 2026, Start: day("2025-12-20"), End: day("2026-01-05"), Status: calendar.Tentative, Source: "notice"},
			{Event: "kr.temporary_holiday", Year: 2026, Start: day("2026-10-02"), End: day("2026-10-02"), Status: calendar.Confirmed, URL: "https://example.org/1", Quote: "10월 2일"},
			{Event: "kr.csat", Year: 2026, Start: day("2026-12-03"), End: day("2026-12-03"), Status: calendar.Postponed, Source: "notice",
				PreviousStart: day("2026-11-19"), PreviousEnd: day("2026-11-19")},
			{Event: "us.black_friday", Year: 2026, Market: "JP", Start: day("2026-11-20"), End: day("2026-11-29"), Status: calendar.Confirmed, Source: "notice"},
			{Event: "kr.liberation_day", Year: 2026, Start: day("2026-08-15"), End: day("2026-08-15"), Status: calendar.Cancelled, Source: "a test"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := c.Edition("acme.anniversary", 2026); !ok || e.Label != "2026" || e.Market != "KR" || e.Class != calendar.Shopping ||
		e.Windows.Lead != 3 || e.Name.Ko != "창립기념 세일" || e.Days() != 17 {
		t.Errorf("new event: %+v", e)
	}
	if id, ok := c.Find("창립 기념세일전"); !ok || id != "acme.anniversary" {
		t.Errorf("Find: %q", id)
	}
	if e, ok := c.Event("acme.anniversary"); !ok || !e.Announced {
		t.Errorf("Event: %+v", e)
	}
	for date, works := range map[string]bool{"2026-10-02": false, "2026-08-17": true, "2026-12-03": true} {
		if got, err := c.Workday("KR", day(date)); err != nil || got != works {
			t.Errorf("%s: works %v, %v", date, got, err)
		}
	}
	if e, _ := c.Edition("kr.csat", 2026); !e.Moved() || !e.TakesPlace() || !e.Start.Equal(day("2026-12-03")) {
		t.Errorf("moved: %+v", e)
	}
	if e, ok := c.Edition("kr.liberation_day", 2026); !ok || e.Status != calendar.Cancelled || e.TakesPlace() {
		t.Errorf("cancelled: %+v", e)
	}
	if e, _ := c.Edition("us.black_friday", 2026); !e.Start.Equal(day("2026-11-27")) {
		t.Errorf("the event's own market: %+v", e)
	}
	if e, _ := c.EditionIn("JP", "us.black_friday", 2026); !e.Start.Equal(day("2026-11-20")) {
		t.Errorf("another market: %+v", e)
	}
	starts := func(market string) string {
		var out []string
		for _, e := range c.List(day("2026-11-01"), day("2026-11-30"), calendar.Filter{Markets: []string{market}, Events: []string{"us.black_friday"}}) {
			out = append(out, e.Start.Format("01-02"))
		}
		return strings.Join(out, " ")
	}
	if starts("JP") != "11-20" || starts("KR") != "11-27" {
		t.Errorf("JP %s, KR %s", starts("JP"), starts("KR"))
	}

	// What was laid over is not in what it was laid over.
	if works, _ := base.Workday("KR", day("2026-10-02")); !works {
		t.Error("the rules changed")
	}
	if _, ok := base.Find("창립기념 세일"); ok {
		t.Error("the rules' names changed")
	}
	again, err := c.With(calendar.Extra{Editions: []calendar.Edition{
		{Event: "acme.anniversary", Year: 2026, Start: day("2026-01-01"), End: day("2026-01-09"), Status: calendar.Confirmed, Source: "notice"},
		{Event: "acme.anniversary", Year: 2026, Label: "2026 여름", Start: day("2026-07-01"), End: day("2026-07-09"), Status: calendar.Confirmed, Source: "notice"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := again.List(day("2025-01-01"), day("2027-01-01"), calendar.Filter{Events: []string{"acme.anniversary"}}); len(got) != 2 || got[1].Label != "2026 여름" {
		t.Errorf("an edition replaced and one added: %+v", got)
	}
	if works, _ := again.Workday("KR", day("2026-10-02")); works {
		t.Error("rows laid over earlier are lost")
	}
	if e, _ := c.Edition("acme.anniversary", 2026); e.Status != calendar.Tentative {
		t.Error("an earlier snapshot changed")
	}
}

func TestWithTentativeAndPostponedHolidaysAreWorked(t *testing.T) {
	for _, status := range []calendar.Status{calendar.Tentative, calendar.Postponed, calendar.Cancelled} {
		c, err := calendar.Default().With(calendar.Extra{Editions: []calendar.Edition{
			{Event: "kr.temporary_holiday", Year: 2026, Start: day("2026-10-02"), End: day("2026-10-02"), Status: status, Source: "notice"}}})
		if err != nil {
			t.Fatal(err)
		}
		if works, _ := c.Workday("KR", day("2026-10-02")); !works {
			t.Errorf("%s: a day off", status)
		}
		if got := c.List(day("2026-10-02"), day("2026-10-02"), calendar.Filter{Markets: []string{"KR"}, Classes: []calendar.Class{calendar.PublicHoliday}, Events: []string{"kr.temporary_holiday"}}); len(got) != 1 {
			t.Errorf("%s: not listed: %v", status, got)
		}
	}
}

func TestWithRefuses(t *testing.T) {
	names := calendar.Names{Ko: "우리 행사", En: "Our event"}
	event := func(change func(*calendar.Event)) calendar.Extra {
		e := calendar.Event{ID: "acme.event", Name: names, Market: "KR", Class: calendar.Shopping}
		change(&e)
		return calendar.Extra{Events: []calendar.Event{e}}
	}
	edition := func(change func(*calendar.Edition)) calendar.Extra {
		e := calendar.Edition{Event: "kr.csat", Year: 2027, Start: day("2027-11-18"), End: day("2027-11-18"), Status: calendar.Confirmed, Source: "x"}
		change(&e)
		return calendar.Extra{Editions: []calendar.Edition{e}}
	}
	tests := map[string]struct {
		extra calendar.Extra
		is    error
	}{
		"no id":          {event(func(e *calendar.Event) { e.ID = "" }), nil},
		"no names":       {event(func(e *calendar.Event) { e.Name.En = "" }), nil},
		"no market":      {event(func(e *calendar.Event) { e.Market = "" }), nil},
		"no class":       {event(func(e *calendar.Event) { e.Class = "party" }), nil},
		"windows":        {event(func(e *calendar.Event) { e.Windows.Lead = -1 }), nil},
		"expect":         {event(func(e *calendar.Event) { e.Expect = &calendar.Expect{From: "13-01", To: "01-01"} }), nil},
		"a rule's id":    {event(func(e *calendar.Event) { e.ID = "kr.chuseok" }), nil},
		"a rule's name":  {event(func(e *calendar.Event) { e.Aliases = []string{"한가위"} }), calendar.ErrName},
		"unknown event":  {edition(func(e *calendar.Edition) { e.Event = "acme.other" }), calendar.ErrEvent},
		"year":           {edition(func(e *calendar.Edition) { e.Year = 2051 }), calendar.ErrYear},
		"far year":       {edition(func(e *calendar.Edition) { e.Year = 2020 }), calendar.ErrYear},
		"backwards":      {edition(func(e *calendar.Edition) { e.End = day("2027-11-17") }), nil},
		"no status":      {edition(func(e *calendar.Edition) { e.Status = "" }), nil},
		"no source":      {edition(func(e *calendar.Edition) { e.Source = "" }), nil},
		"half moved":     {edition(func(e *calendar.Edition) { e.PreviousStart = day("2027-11-11") }), nil},
		"edition class":  {edition(func(e *calendar.Edition) { e.Class = "party" }), nil},
		"no start given": {edition(func(e *calendar.Edition) { e.Start, e.End = day("0001-01-01"), day("0001-01-01") }), calendar.ErrYear},
	}
	for name, tt := range tests {
		_, err := calendar.Default().With(tt.extra)
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.Contains(err.Error(), " 1 (") && !strings.Contains(err.Error(), "acme.event") {
			t.Errorf("%s: the row is not named: %v", name, err)
		}
	}
	if _, err := calendar.Default().With(event(func(*calendar.Event) {})); err != nil {
		t.Error(err)
	}
	if _, err := calendar.Default().With(edition(func(*calendar.Edition) {})); err != nil {
		t.Error(err)
	}
}

func BenchmarkWith(b *testing.B) {
	var extra calendar.Extra
	for y := 2024; y <= 2028; y++ {
		for range 40 {
			extra.Editions = append(extra.Editions, calendar.Edition{Event: "kr.csat", Year: y, Start: day("2027-01-01").AddDate(y-2027, 0, 0),
				End: day("2027-01-03").AddDate(y-2027, 0, 0), Status: calendar.Confirmed, Source: "x"})
		}
	}
	for b.Loop() {
		c, err := calendar.Default().With(extra)
		if err != nil {
			b.Fatal(err)
		}
		c.Between(day("2026-01-01"), day("2026-12-31"))
	}
}
