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
		{"내년 5월 공휴일", "2027년 5월 일정은", nil},
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
