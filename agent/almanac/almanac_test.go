package almanac_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/almanac"
	"github.com/bapsang/bapsang/agent/calendar"
)

// now is a Sunday.
var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func read(text string) (almanac.Request, bool) {
	return almanac.Read(text, almanac.Options{Now: now, Calendar: calendar.Default(), WeekStart: time.Monday})
}

func TestStretches(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"다음 달 마케팅 일정":                                    "2026-12-01 2026-12-31",
		"다음달마케팅일정알려줘":                                    "2026-12-01 2026-12-31",
		"다음 달 일정 알려줘":                                    "2026-12-01 2026-12-31",
		"이번 주 일정":                                        "2026-11-16 2026-11-22",
		"이번 달 남은 일정 뭐 있어?":                               "2026-11-22 2026-11-30",
		"12월 공휴일":                                        "2026-12-01 2026-12-31",
		"2월 공휴일 있어?":                                     "2027-02-01 2027-02-28",
		"내년 공휴일 목록":                                      "2027-01-01 2027-12-31",
		"내년 2월 쉬는 날":                                     "2027-02-01 2027-02-28",
		"올해 남은 공휴일":                                      "2026-11-22 2026-12-31",
		"연말까지 마케팅 일정":                                    "2026-11-22 2026-12-31",
		"앞으로 2주 일정":                                      "2026-11-22 2026-12-06",
		"앞으로 한 달 동안 쇼핑 행사 뭐 있어?":                         "2026-11-22 2026-12-22",
		"다가오는 기념일":                                       "2026-11-22 2027-01-03",
		"마케팅 일정":                                         "2026-11-22 2027-01-03",
		"marketing calendar for next month":              "2026-12-01 2026-12-31",
		"what's coming up in the next 2 weeks?":          "",
		"what events are coming up in the next 2 weeks?": "2026-11-22 2026-12-06",
		"public holidays in 2027":                        "2027-01-01 2027-12-31",
		"december holidays":                              "2026-12-01 2026-12-31",
		"US holidays next month":                         "2026-12-01 2026-12-31",
		"key dates for the rest of the year":             "2026-11-22 2026-12-31",
		"shopping events over the next 30 days":          "2026-11-22 2026-12-22",
		"작년 공휴일":                                         "2025-01-01 2025-12-31",
		"지난달 행사":                                         "2026-10-01 2026-10-31",
	} {
		q, ok := read(text)
		got := ""
		if ok {
			if q.Kind != almanac.Coming {
				t.Errorf("%q is %s", text, q.Kind)
			}
			got = q.From.Format(time.DateOnly) + " " + q.To.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNarrowed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		markets []string
		classes []calendar.Class
	}{
		"다음 달 미국 공휴일":                          {[]string{"US"}, []calendar.Class{calendar.PublicHoliday}},
		"일본이랑 중국 연휴 일정":                        {[]string{"JP", "CN"}, []calendar.Class{calendar.PublicHoliday}},
		"us public holidays next month":        {[]string{"US"}, []calendar.Class{calendar.PublicHoliday}},
		"give us the marketing calendar":       {nil, nil},
		"다음 달 주의할 날":                           {nil, []calendar.Class{calendar.Caution}},
		"upcoming shopping events":             {nil, []calendar.Class{calendar.Shopping}},
		"다음 분기 한국 쇼핑 행사와 공휴일":                  {[]string{"KR"}, []calendar.Class{calendar.Shopping, calendar.PublicHoliday}},
		"public holidays in singapore in 2027": {[]string{"SG"}, []calendar.Class{calendar.PublicHoliday}},
	} {
		q, ok := read(text)
		if !ok || !slices.Equal(q.Markets, want.markets) || !slices.Equal(q.Classes, want.classes) {
			t.Errorf("%q: %v %v %v", text, ok, q.Markets, q.Classes)
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		kind  almanac.Kind
		event string
		year  int
		past  bool
	}{
		"추석 언제야?":                          {almanac.When, "kr.chuseok", 0, false},
		"내년 설날은 언제예요?":                     {almanac.When, "kr.seollal", 2027, false},
		"설날 며칠 남았어?":                       {almanac.When, "kr.seollal", 0, false},
		"크리스마스까지 며칠 남았지":                   {almanac.When, "kr.christmas", 0, false},
		"지난 추석이 언제였지":                      {almanac.When, "kr.chuseok", 0, true},
		"내년 수능 언제야":                        {almanac.When, "kr.csat", 2027, false},
		"2028년 추석 날짜":                      {almanac.When, "kr.chuseok", 2028, false},
		"when is Black Friday?":            {almanac.When, "us.black_friday", 0, false},
		"When is Black Friday 2027":        {almanac.When, "us.black_friday", 2027, false},
		"how many days until Christmas?":   {almanac.When, "kr.christmas", 0, false},
		"블랙프라이데이 준비":                       {almanac.Prepare, "us.black_friday", 0, false},
		"블랙프라이데이 준비 뭐부터 해야 해?":             {almanac.Prepare, "us.black_friday", 0, false},
		"설날 준비 일정 알려줘":                     {almanac.Prepare, "kr.seollal", 0, false},
		"help me prepare for black friday": {almanac.Prepare, "us.black_friday", 0, false},
		"작년 블랙프라이데이 어땠어?":                  {almanac.LastTime, "us.black_friday", 2025, false},
		"지난 추석 성과":                         {almanac.LastTime, "kr.chuseok", 0, true},
		"how did last Black Friday go?":    {almanac.LastTime, "us.black_friday", 0, true},
		"how did Black Friday 2025 go":     {almanac.LastTime, "us.black_friday", 2025, false},
		"내년 추석 연휴 언제부터 언제까지야?":             {almanac.When, "kr.chuseok", 2027, false},
	} {
		q, ok := read(text)
		if !ok || q.Kind != want.kind || len(q.Events) != 1 || q.Events[0] != want.event || q.Year != want.year || q.Past != want.past {
			t.Errorf("%q: %v %+v", text, ok, q)
		}
	}
}

func TestWorkdays(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"12월 영업일 며칠이야?", "다음 달 영업일 수", "how many business days in December?"} {
		q, ok := read(text)
		if !ok || q.Kind != almanac.Workdays || q.From.Format(time.DateOnly) != "2026-12-01" || q.To.Format(time.DateOnly) != "2026-12-31" {
			t.Errorf("%q: %v %+v", text, ok, q)
		}
	}
}

// What has a word too many is not about the calendar: a figure's question, or chatter.
func TestNotAboutTheCalendar(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "   ", "매출", "지난달 매출", "추석", "작년 추석", "추석 매출", "블랙프라이데이 매출 어땠어?", "추석 매출 작년 대비", "다음 달", "공휴일 매출", "공휴일과 평일 매출 비교",
		"이벤트 참여자 수", "행사별 매출", "마케팅 비용", "다음 달 마케팅 예산", "회의 일정", "배송 일정", "내 일정", "revenue on public holidays", "event revenue", "marketing spend next month",
		"when did revenue peak?", "sales last month", "sales", "how did sales go last month", "total sales by event", "언제 매출이 가장 높았어?", "며칠 걸려?", "준비", "성과", "효과", "how many days did delivery take?", "캠페인 성과",
		strings.Repeat("일정 ", 200), "\x00\xff일정",
	} {
		if q, ok := read(text); ok {
			t.Errorf("%q: %+v", text, q)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"다음 달 일정", "when is Black Friday 2027", "추석 준비", "앞으로 999년 일정", "d-day"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if q, ok := read(text); ok && q.Kind == almanac.Coming && q.To.Before(q.From) {
			t.Errorf("%q ends before it begins", text)
		}
	})
}
