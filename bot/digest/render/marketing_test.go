package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/render"
)

func TestTheFirstIssueOfTheCalendar(t *testing.T) {
	t.Parallel()
	friday := event("블랙프라이데이", "2026-11-27", "2026-11-27")
	friday.Last = &agent.LastTime{Text: "작년 D-7–D+3 매출 3.2억 원(평소보다 +58%)", Chart: nil}
	festa := event("페스타", "2026-12-10", "2026-12-20")
	festa.Status, festa.URL, festa.Source = calendar.Estimated, "https://festa.example", "festa.example"
	christmas := event("크리스마스", "2026-12-25", "2026-12-25")
	christmas.Prepare = []agent.Deadline{{On: "2026-11-27", Days: 20, What: "상품과 혜택 확정"}, {On: "2026-12-04", Days: 14, What: "소재 마감"}}
	a := &analyst{events: []agent.Happening{event("지난 주", "2026-11-16", "2026-11-20"), friday, festa, christmas}}
	c := renders(t, a, issueOf(digest.KindCalendar, monday))
	has(t, "the issue", text(c.Message), "이번 주와 다음 3주", "11/23–12/20", "11/27 금", "**블랙프라이데이** (확정) · D-4", "작년 D-7–D+3 매출 3.2억", "12/10–12/20", "예상",
		"이번 주에 정할 것", "크리스마스 — 상품과 혜택 확정")
	hasNot(t, "the issue", text(c.Message), "지난 주", "바뀐 것", "소재 마감", "12/25")
	if c.Empty || len(c.Details) > 0 || len(c.Message.Readings) != 1 {
		t.Errorf("empty %v, %d details, readings %v", c.Empty, len(c.Details), c.Message.Readings)
	}
	if look := a.looks[0]; look.Question.Asker != "minji@x.kr" || look.Question.Analyst != "sales" || !look.Filter.Major || !slices.Equal(look.Filter.Markets, []string{calendar.Home}) {
		t.Errorf("asked %+v", look)
	}
	issue := issueOf(digest.KindCalendar, monday)
	issue.Language, issue.Subject.Params = "en", map[string]string{render.ParamMarkets: "US,JP", render.ParamWeeks: "1"}
	c = renders(t, a, issue)
	has(t, "in English", text(c.Message), "**This week** · Nov 23–Nov 29", "Fri Nov 27", "To decide this week")
	if m := a.looks[2].Filter.Markets; !slices.Equal(m, []string{"US", "JP"}) {
		t.Errorf("markets %v", m)
	}
}

func TestNothingOnTheCalendar(t *testing.T) {
	t.Parallel()
	for _, weeks := range []string{"", "0", "-3", "27", "x", "99999999999999999999"} {
		issue := issueOf(digest.KindCalendar, monday)
		issue.Subject.Params = map[string]string{render.ParamWeeks: weeks}
		c := renders(t, &analyst{}, issue)
		if !c.Empty {
			t.Errorf("weeks %q: not empty", weeks)
		}
		has(t, "weeks "+weeks, text(c.Message), "달력에 있는 일정이 없어요", "이번 주와 다음 3주")
	}
}

// TestAFullCalendarFitsTheScreen has thirty events, and the rest in the thread.
func TestAFullCalendarFitsTheScreen(t *testing.T) {
	t.Parallel()
	a := &analyst{}
	for i := range 30 {
		day := monday.AddDate(0, 0, i%28).Format(time.DateOnly)
		h := event(fmt.Sprintf("행사 %02d", i), day, day)
		h.Prepare = []agent.Deadline{{On: "2026-11-26", What: "소재"}}
		a.events = append(a.events, h)
	}
	c := renders(t, a, issueOf(digest.KindCalendar, monday))
	lines := 0
	for _, s := range c.Message.Sections {
		lines += len(s.Lines)
	}
	if lines > 16 {
		t.Errorf("%d lines\n%s", lines, text(c.Message))
	}
	all := text(c.Message)
	for _, d := range c.Details {
		all += text(d)
	}
	for _, h := range a.events {
		has(t, "message and thread", all, h.Name)
	}
	has(t, "the issue", text(c.Message), "외 22건은 스레드에 있어요")
	if tasks := strings.Count(all, "소재"); tasks != 30 {
		t.Errorf("%d of 30 things to decide are told", tasks)
	}
}

// TestWhatChangedSinceTheLastIssue has an issue a week after another.
func TestWhatChangedSinceTheLastIssue(t *testing.T) {
	t.Parallel()
	moved, cancelled, confirmed, gone := event("옮긴 행사", "2026-12-08", "2026-12-09"), event("취소된 행사", "2026-12-10", "2026-12-10"), event("확정된 행사", "2026-12-11", "2026-12-11"), event("빠진 행사", "2026-12-12", "2026-12-12")
	confirmed.Status = calendar.Tentative
	same, past, later := event("그대로", "2026-12-15", "2026-12-15"), event("끝난 행사", "2026-11-24", "2026-11-24"), event("다음에 보일 행사", "2026-12-24", "2026-12-24")
	a := &analyst{events: []agent.Happening{past, moved, cancelled, confirmed, gone, same, later}}
	before := renders(t, a, issueOf(digest.KindCalendar, monday))
	moved.Start, moved.End, moved.WasStart, moved.WasEnd = "2026-12-14", "2026-12-15", "2026-12-08", "2026-12-09"
	cancelled.Status, confirmed.Status = calendar.Cancelled, calendar.Confirmed
	fresh := event("새 행사", "2026-12-05", "2026-12-06")
	a.events = []agent.Happening{past, fresh, cancelled, confirmed, moved, same, later}
	issue := issueOf(digest.KindCalendar, monday.AddDate(0, 0, 7))
	issue.Previous, issue.PreviousDue = before, monday
	c := renders(t, a, issue)
	var changes bot.Section
	for _, s := range c.Message.Sections {
		if s.Title == "바뀐 것" {
			changes = s
		}
	}
	told := text(bot.Message{Sections: []bot.Section{changes}})
	has(t, "changes", told, "새 행사", "새로 들어왔어요", "취소된 행사", "취소됐어요", "확정된 행사", "확정됐어요", "옮긴 행사", "12/8")
	has(t, "the heading", c.Message.Text, "지난 발송 이후 바뀐 것 5")
	hasNot(t, "changes", told, "그대로", "끝난 행사", "다음에 보일 행사", "2026-12-08")
	all := told
	for _, d := range c.Details {
		all += text(d)
	}
	has(t, "message and thread", all, "빠진 행사", "달력에서 빠졌어요")
	// A week on, nothing else changes.
	issue = issueOf(digest.KindCalendar, monday.AddDate(0, 0, 14))
	issue.Previous = c
	has(t, "the next", renders(t, a, issue).Message.Text, "바뀐 것 없음")
	// What another version wrote is no reason to send nothing.
	issue.Previous = &digest.Content{Data: []byte(`{"to": 3}`)}
	if _, err := render.All(render.Config{Analyst: a})[digest.KindCalendar].Render(t.Context(), issue); err != nil {
		t.Errorf("after an issue that nobody can read: %v", err)
	}
}

// TestTheSameCalendarIsTheSame on another day of the week, when only D-n differs.
func TestTheSameCalendarIsTheSame(t *testing.T) {
	t.Parallel()
	christmas := event("크리스마스", "2026-12-15", "2026-12-15")
	christmas.Prepare = []agent.Deadline{{On: "2026-11-26", What: "소재"}}
	christmas.Last = &agent.LastTime{Text: "작년 매출 3억 원"}
	a := &analyst{events: []agent.Happening{christmas, event("연말", "2026-12-20", "2026-12-31")}}
	first := renders(t, a, issueOf(digest.KindCalendar, monday))
	for day := 1; day < 4; day++ {
		c := renders(t, a, issueOf(digest.KindCalendar, monday.AddDate(0, 0, day)))
		if c.Fingerprint != first.Fingerprint {
			t.Errorf("day %d differs:\n%s\n%s", day, first.Fingerprint, c.Fingerprint)
		}
		if text(c.Message) == text(first.Message) {
			t.Errorf("day %d reads the same", day)
		}
	}
	a.events[1].Status = calendar.Postponed
	if renders(t, a, issueOf(digest.KindCalendar, monday.AddDate(0, 0, 1))).Fingerprint == first.Fingerprint {
		t.Error("what was postponed is no change")
	}
}
