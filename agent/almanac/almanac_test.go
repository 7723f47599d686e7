package almanac_test

import (
	"fmt"
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
		"what's coming up in the next 2 weeks?":          "2026-11-22 2026-12-06",
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

// What is not about events in a stretch: a day, the next one, days off in a row.
func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"내년 5월 4일 쉬는 날이야?":               "day 2027-05-04 2027-05-04",
		"5월 5일 쉬어?":                      "day 2027-05-05 2027-05-05",
		"12/25 쉬는날?":                     "day 2026-12-25 2026-12-25",
		"내일 쉬는 날이야?":                     "day 2026-11-23 2026-11-23",
		"12월 14일 무슨 날이야?":                "day 2026-12-14 2026-12-14",
		"is May 4 a holiday?":            "day 2027-05-04 2027-05-04",
		"Is July 4 a holiday in the US?": "day 2027-07-04 2027-07-04",
		"is 2027-05-03 a working day?":   "day 2027-05-03 2027-05-03",
		"next public holiday":            "next",
		"다음공휴일언제":                        "next",
		"다음 쇼핑 행사 언제":                    "next",
		"일본 다음 공휴일":                      "next",
		"대체공휴일 언제야":                      "next",
		"upcoming holidays":              "coming 2026-11-22 2027-01-03",
		"올해 남은 공휴일 며칠":                   "coming 2026-11-22 2026-12-31",
		"내년 황금연휴 언제":                     "breaks 2027-01-01 2027-12-31",
		"when's the next long weekend?":  "breaks 2026-11-22 2027-11-22",
		"징검다리 연휴 언제야":                    "bridges 2026-11-22 2027-11-22",
		"이번달 영업일 며칠 남았어":                 "workdays 2026-11-22 2026-11-30",
		"오늘부터 연말까지 영업일":                  "workdays 2026-11-22 2026-12-31",
		"12월에 뭐 있어?":                     "coming 2026-12-01 2026-12-31",
		"what's happening next month":    "coming 2026-12-01 2026-12-31",
		"지난달 뭐 있어?":                      "", // of the past the data may know as much
		"연말 일정":                          "coming 2026-12-01 2026-12-31",
		"12월 31일 쉬나요?":                   "day 2026-12-31 2026-12-31",
		"12월 31일 영업하나요":                  "day 2026-12-31 2026-12-31",
		"지금 무슨 행사 중이야":                   "coming 2026-11-22 2026-11-22",
	} {
		q, ok := read(text)
		got := ""
		if ok {
			got = string(q.Kind)
			if q.Kind != almanac.Next {
				got += " " + q.From.Format(time.DateOnly) + " " + q.To.Format(time.DateOnly)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	o := almanac.Options{Now: now, Calendar: calendar.Default(), WeekStart: time.Monday}
	for _, thread := range [][]string{
		// a question, what follows, and how the last is understood
		{"추석 언제야?", "내후년은?", "설날은?", "when [kr.seollal] 2028"},
		{"블랙프라이데이 언제야", "작년은?", "준비는?", "prepare [us.black_friday] 0"},
		{"블랙프라이데이 준비", "작년엔 어땠어?", "lasttime [us.black_friday] 2025"},
		{"when is Black Friday?", "and Cyber Monday?", "what about 2027?", "when [us.cyber_monday] 2027"},
		{"다음 달 마케팅 일정", "그 다음 달은?", "coming 2027-01-01 2027-01-31 [] []"},
		{"다음 달 마케팅 일정", "공휴일만", "미국은?", "coming 2026-12-01 2026-12-31 [US] [public_holiday]"},
		{"12월 영업일 며칠이야?", "1월은?", "workdays 2027-01-01 2027-01-31 [] []"},
		{"public holidays in 2027", "only in Japan", "and 2028?", "coming 2028-01-01 2028-12-31 [JP] [public_holiday]"},
		{"추석 언제야?", "매출은?", ""}, {"추석 언제야?", "지역별로", ""}, {"추석 언제야?", "지난달은?", ""}, {"다음 달 일정", "어땠어?", ""},
		{"다음 달 일정", "sales last month", ""}, {"다음 달 일정", "고마워", ""}, {"다음 달 일정", "그럼", ""},
	} {
		q, ok := almanac.Read(thread[0], o)
		for _, text := range thread[1 : len(thread)-1] {
			q, ok = almanac.Follow(text, q, o)
		}
		got := ""
		switch {
		case ok && len(q.Events) > 0:
			got = fmt.Sprint(q.Kind, " ", q.Events, " ", q.Year)
		case ok:
			got = fmt.Sprint(q.Kind, " ", q.From.Format(time.DateOnly), " ", q.To.Format(time.DateOnly), " ", q.Markets, " ", q.Classes)
		}
		if want := thread[len(thread)-1]; got != want {
			t.Errorf("%q: %q, want %q", thread, got, want)
		}
	}
}

// What has a word too many is not about the calendar: a figure's question, or chatter.
func TestNotAboutTheCalendar(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "   ", "매출", "지난달 매출", "추석", "작년 추석", "추석 매출", "블랙프라이데이 매출 어땠어?", "추석 매출 작년 대비", "다음 달", "공휴일 매출", "공휴일과 평일 매출 비교",
		"이벤트 참여자 수", "행사별 매출", "마케팅 비용", "다음 달 마케팅 예산", "회의 일정", "배송 일정", "내 일정", "revenue on public holidays", "event revenue", "marketing spend next month",
		"휴일 매출", "연휴 기간 매출", "이벤트 건수", "지난달 이벤트 건수", "holiday sales", "holiday season sales", "holiday sales last year", "sales on holidays", "sales on weekdays last month",
		"세일 기간 매출", "프로모션 효과", "프로모션", "평일 매출", "영업일 평균 매출", "business day average revenue", "sales per business day", "weekday sales", "which day had the most orders", "며칠에 주문이 가장 많았어",
		"추석 날짜별", "블랙프라이데이 요일별로", "행사별로 보여줘", "공휴일별", "캠페인 일정", "campaign schedule", "마케팅 성과", "재고 준비", "준비 중인 주문 수", "배송 며칠 걸려", "월 마감 매출", "다음 달 매출 예측", "next month sales forecast", "쉬는 날 매출", "season sales",
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
