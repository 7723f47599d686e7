package agent_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/connectors"
)

func TestTheCalendarAnswersWithoutAModel(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for _, test := range []struct {
		question string
		text     string // how the answer begins
		events   []string
	}{
		{"블랙프라이데이 언제야?", "**블랙프라이데이**는 2026년 11월 27일(금)이에요. 5일 남았어요.", []string{"us.black_friday"}},
		{"When is Black Friday?", "**Black Friday** is on Fri, Nov 27, 2026. That is in 5 days.", []string{"us.black_friday"}},
		{"when was Black Friday 2024", "**Black Friday** was on Fri, Nov 29, 2024.", []string{"us.black_friday"}},
		{"내년 설날은 언제예요?", "**설날**은 2027년 2월 6일(토)–2월 8일(월)이에요. 76일 남았어요.", []string{"kr.seollal"}},
		{"내년 수능 언제야?", "**수능**의 2027년 날짜는 아직 발표되지 않았거나 제 달력에 없어요.", []string{"kr.csat"}},
		{"12월 영업일 며칠이야?", "2026년 12월의 영업일은 22일이에요 (전체 31일).", []string{"kr.christmas"}},
		{"how many business days in December?", "December 2026 has 22 business days (of 31 days).", []string{"kr.christmas"}},
		{"내년 5월 공휴일", "2027년 5월 공휴일은 4건, 날짜로는 4일이에요.", nil},
		{"내년 공휴일 며칠이야?", "2027년 공휴일은 20건, 날짜로는 24일이에요.", nil}, // 24 rows of the official calendar
		{"how many public holidays are left this year", "2026-11-22–12-31: 1 public holiday, 1 day.", []string{"kr.christmas"}},
		{"내년 5월 4일 쉬는 날이야?", "2027년 5월 4일(화)은 쉬는 날이 아니에요. 영업일이에요.", nil},
		{"is May 3 2027 a holiday?", "Mon, May 3, 2027 is a day off: **Substitute for Labor Day (Korea)**. With the days off around it: Sat, May 1–Mon, May 3, 2027, 3 days.", nil},
		{"2026년 6월 3일 쉬는 날이야?", "2026년 6월 3일(수)은 쉬는 날이에요: **전국동시지방선거**.", nil},
		{"오늘 공휴일이야?", "2026년 11월 22일(일)은 공휴일은 아니지만 주말이라 쉬는 날이에요.", nil},
		{"다음 공휴일 언제야?", "다음 공휴일: **크리스마스**는 2026년 12월 25일(금)이에요. 33일 남았어요.", []string{"kr.christmas"}},
		{"일본 다음 공휴일", "다음 공휴일: **근로감사의 날**은 2026년 11월 23일(월)이에요. 내일이에요.", []string{"jp.labour_thanksgiving_day"}},
		{"upcoming holidays in Singapore", "2026-11-22–2027-01-03: 2 public holidays, 2 days.", nil}, // not Boxing Day
		{"내년 설 연휴 며칠 쉬어?", "**설날**은 2027년 2월 6일(토)–2월 8일(월)이에요. 76일 남았어요. 앞뒤 쉬는 날까지 이으면 2027년 2월 6일(토)–2월 9일(화), 4일이에요.", []string{"kr.seollal"}},
		{"내년 징검다리 휴일", "2027년의 징검다리 평일은 4일이에요. 가장 이른 2027년 5월 4일(화)을 쉬면", nil},
		{"when's the next long weekend?", "The next long weekend is Fri, Dec 25–Sun, Dec 27, 2026, 3 days.", nil},
		{"long weekends", "2026-11-22–2027-11-22 has 10 breaks of three days or more. The first is Fri, Dec 25–Sun, Dec 27, 2026, 3 days.", nil},
		{"내년 첫 연휴는 언제야?", "2027년 첫 번째 연휴는 2027년 1월 1일(금)–1월 3일(일), 3일이에요.", nil},
		{"두 번째 연휴 언제야", "앞으로 두 번째 연휴는 2027년 1월 1일(금)–1월 3일(일), 3일이에요.", nil},
		{"추석?", "**추석**은 2027년 9월 14일(화)–9월 16일(목)이에요.", nil},
		{"11월과 12월 공휴일", "2026년 11–12월 공휴일은 1건", nil},
		{"how many business days until Black Friday", "**Black Friday** is on Fri, Nov 27, 2026. That is in 5 days. 2026-11-22–11-26 has 4 business days (of 5 days).", nil},
		{"이번달 영업일 며칠 남았어", "2026-11-22–11-30의 영업일은 6일이에요 (전체 9일).", nil},
		{"크리스마스 준비 언제부터?", "**크리스마스**는 2026년 12월 25일(금)이에요. 33일 남았어요. 앞뒤 쉬는 날까지 이으면 2026년 12월 25일(금)–12월 27일(일), 3일이에요.\n\n- 11월 27일(금)까지 ", nil},
		{"블랙프라이데이 준비", "**블랙프라이데이**는 2026년 11월 27일(금)이에요. 5일 남았어요.\n\n- 10월 16일(금)까지 ", nil}, // 30 business days of Korea
		{"식목일 쉬는 날이야?", "**식목일**은 2027년 4월 5일(월)이에요. 134일 남았어요. 쉬는 날이 아니라 영업일이에요.", nil},
		{"is Christmas a holiday?", "**Christmas** is on Fri, Dec 25, 2026. That is in 33 days. With the days off around it: Fri, Dec 25–Sun, Dec 27, 2026, 3 days. It is a public holiday.", nil},
		{"제헌절 쉬어?", "**제헌절**은 2027년 7월 17일(토)이에요. 237일 남았어요. 앞뒤 쉬는 날까지 이으면 2027년 7월 17일(토)–7월 19일(월), 3일이에요. 공휴일이라 쉬는 날이에요.", nil},
		{"when was the last CSAT exam", "**College Scholastic Ability Test** was on Thu, Nov 19, 2026.", nil},
	} {
		got := ask(t, a, test.question)
		if got.Rung != agent.Compose || got.LLM.Calls != 0 || !strings.HasPrefix(got.Text, test.text) {
			t.Errorf("%q: %s %s", test.question, got.Rung, got.Text)
		}
		var events []string
		for _, h := range got.Happenings {
			events = append(events, h.Event)
		}
		if test.events != nil && !slices.Equal(events, test.events) {
			t.Errorf("%q: events %v", test.question, events)
		}
	}
}

// What an event did last time is what its days did in the data, set against the same days
// of the week before.
func TestLastTimeIsWhatTheDataSay(t *testing.T) {
	t.Parallel()
	a, an := demoAgent(t), demoAnalyst(t)
	got := ask(t, a, "블랙프라이데이 준비")
	if len(got.Happenings) != 1 || got.Happenings[0].Last == nil || got.Happenings[0].Last.Text == "" {
		t.Fatalf("no figures: %s", texts(got))
	}
	last := got.Happenings[0].Last
	ev, _ := calendar.Default().Event("us.black_friday")
	black := time.Date(2025, 11, 28, 0, 0, 0, 0, time.UTC)
	from, to := black.AddDate(0, 0, -ev.Windows.Lead), black.AddDate(0, 0, ev.Windows.Tail)
	if last.From != from.Format(time.DateOnly) || last.To != to.Format(time.DateOnly) || last.Edition != "2025" {
		t.Errorf("looked at %s–%s of %s", last.From, last.To, last.Edition)
	}
	days := int(to.Sub(from)/(24*time.Hour)) + 1
	back := (days + 6) / 7 * 7
	sum := func(from, to time.Time) float64 {
		t.Helper()
		res, err := an.Source.Query(context.Background(), connectors.Caller{}, connectors.Statement{SQL: fmt.Sprintf(
			"SELECT SUM(net_amount) FROM order_lines WHERE ordered_at >= DATE '%s' AND ordered_at < DATE '%s'",
			from.Format(time.DateOnly), to.AddDate(0, 0, 1).Format(time.DateOnly))})
		if err != nil {
			t.Fatal(err)
		}
		v, _ := connectors.Number(res.Rows[0][0])
		return v
	}
	now, usual := sum(from, to), sum(from.AddDate(0, 0, -back), to.AddDate(0, 0, -back))
	shown := slices.IndexFunc(got.Results, func(r agent.Result) bool { return r.Name == "e1" })
	if shown < 0 {
		t.Fatalf("no result: %s", texts(got))
	}
	value, _ := connectors.Number(got.Results[shown].Rows[0][0])
	if math.Abs(value-now) > 0.01 {
		t.Errorf("%f, in the data %f", value, now)
	}
	if want := fmt.Sprintf("평소보다 %+.1f%%", 100*(now/usual-1)); !strings.Contains(last.Text, strings.ReplaceAll(want, "-", "−")) {
		t.Errorf("%s does not have %q", last.Text, want)
	}
	if last.Chart == nil || len(got.Charts) != 1 {
		t.Error("no chart")
	}
}

// A calendar's list is had without its figures when the data cannot be asked.
func TestEventsWithoutFigures(t *testing.T) {
	t.Parallel()
	an, source := watch(demoAnalyst(t))
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	ask(t, a, "지난달 매출") // the analyst is ready
	source.query = func(connectors.Statement) (*connectors.Result, error) {
		return nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "away"}
	}
	list, err := a.Happenings(context.Background(), agent.Outlook{
		Question: agent.Question{Language: "ko", Now: now, Asker: "test:kim"}, Figures: 3,
		From: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		Filter: calendar.Filter{Markets: []string{"KR"}, Major: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, h := range list {
		if h.Last != nil && h.Last.Text == "" && strings.Contains(h.Last.Why, "계산하지 못했어요") {
			said++
		}
	}
	if len(list) < 3 || said == 0 {
		t.Errorf("%d events, of %d it is said that there are no figures", len(list), said)
	}
}

// An edition that nobody announced, or that is before the data, has no figures made up.
func TestNoLastTime(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	got := ask(t, a, "2019년 블랙프라이데이 어땠어?")
	if len(got.Happenings) != 1 || got.Happenings[0].Last == nil || got.Happenings[0].Last.Text != "" || got.Happenings[0].Last.Why == "" {
		t.Errorf("%s", texts(got))
	}
}

// What follows a question about the calendar is about the calendar, until the thread turns
// to the data.
func TestTheCalendarIsFollowed(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	var before []agent.Turn
	for _, turn := range []struct{ question, begins string }{
		{"블랙프라이데이 언제야", "**블랙프라이데이**는 2026년 11월 27일(금)"},
		{"작년은?", "**블랙프라이데이**는 2025년 11월 28일(금)이었어요."},
		{"어땠어?", "작년 블랙프라이데이 매출은"},
		{"다음 달 마케팅 일정", "2026년 12월 일정은"},
		{"공휴일만", "2026년 12월 공휴일은 1건"},
		{"미국은?", "2026년 12월 공휴일은 1건"},
		{"지난달 매출", "지난달 매출은"},
		{"9월은?", "9월 매출은"},
	} {
		got := askAs(t, a, agent.Question{Text: turn.question, Before: before})
		if !strings.HasPrefix(got.Text, turn.begins) {
			t.Errorf("%q: %s", turn.question, texts(got))
		}
		before = append(before, agent.TurnOf(turn.question, got))
	}
}

// A comparison with an event is with the same days of its other edition, or none.
func TestEditionsAreCompared(t *testing.T) {
	t.Parallel()
	a := demoAgent(t)
	for question, want := range map[string]string{
		"작년 추석 대비 올해":                  "2026-09-24 2025-10-05",
		"작년 추석 대비 올해 매출":               "2026-09-24 2025-10-05",
		"추석 작년 대비":                     "2026-09-24 2025-10-05",
		"this Chuseok vs last Chuseok": "2026-09-24 2025-10-05",
		"블프 작년 대비 재작년":                 "2025-11-28 2024-11-29",
		"추석 전 2주 매출 작년 추석 대비":          "2026-09-10 2025-09-21",
		"revenue Chuseok vs Seollal":   "2026-09-24 2026-02-16",
		"올해 추석 매출 2025-11-28보다":        "", // three days and one
		"9월 매출 작년 추석 대비":               "",
		"올해 추석 매출 지난주 대비":              "",
	} {
		got := ask(t, a, question)
		read := ""
		if got.Plan != nil && got.Plan.Query.Period != nil && got.Plan.Query.Compare != nil {
			read = got.Plan.Query.Period.Start.Format(time.DateOnly) + " " + got.Plan.Query.Compare.Period.Start.Format(time.DateOnly)
		}
		if read != want {
			t.Errorf("%q: %q, want %q: %s", question, read, want, texts(got))
		}
	}
}
