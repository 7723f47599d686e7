package answer_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/answer"
)

// event is one of the home market, five days away, changed by with.
func event(with func(*agent.Happening)) agent.Happening {
	h := agent.Happening{
		Event: "x", Edition: "2026", Name: "페스타", Market: "KR", Class: calendar.Shopping, Status: calendar.Confirmed,
		Start: "2026-11-27", End: "2026-11-27", Days: 5, Source: "law",
	}
	with(&h)
	return h
}

func TestLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		with   func(*agent.Happening)
		ko, en string
		mark   bot.Mark
	}{
		"confirmed": {func(*agent.Happening) {}, "11/27 금|**페스타** (확정) · D-5|", "Fri Nov 27|**페스타** (confirmed) · D-5|", bot.MarkSure},
		"estimated": {func(h *agent.Happening) { h.Status = calendar.Estimated }, "11/27 금|**페스타** (예상) · D-5|law", "Fri Nov 27|**페스타** (expected) · D-5|law", bot.MarkUnsure},
		"tentative": {func(h *agent.Happening) { h.Status = calendar.Tentative }, "11/27 금|**페스타** (잠정, 주최측 미발표) · D-5|law", "Fri Nov 27|**페스타** (tentative, not announced) · D-5|law", bot.MarkUnsure},
		"postponed": {func(h *agent.Happening) {
			h.Status, h.WasStart, h.WasEnd = calendar.Postponed, "2026-11-20", "2026-11-21"
		}, "11/27 금|**페스타** (연기) · D-5|11/20–11/21에서 옮김 · law", "Fri Nov 27|**페스타** (postponed) · D-5|moved from Nov 20–Nov 21 · law", bot.MarkChanged},
		"cancelled":    {func(h *agent.Happening) { h.Status = calendar.Cancelled }, "11/27 금|**페스타** (취소)|law", "Fri Nov 27|**페스타** (cancelled)|law", bot.MarkCancelled},
		"holiday":      {func(h *agent.Happening) { h.Class = calendar.PublicHoliday }, "11/27 금|**페스타** (공휴일, 확정) · D-5|", "Fri Nov 27|**페스타** (public holiday, confirmed) · D-5|", bot.MarkSure},
		"caution":      {func(h *agent.Happening) { h.Class = calendar.Caution }, "11/27 금|**페스타** (주의일, 확정) · D-5|", "Fri Nov 27|**페스타** (take care, confirmed) · D-5|", bot.MarkCaution},
		"abroad":       {func(h *agent.Happening) { h.Market, h.Class = "JP", calendar.PublicHoliday }, "11/27 금|**페스타** (일본, 공휴일, 확정) · D-5|", "Fri Nov 27|**페스타** (Japan, public holiday, confirmed) · D-5|", bot.MarkSure},
		"everywhere":   {func(h *agent.Happening) { h.Market, h.Class = "world", calendar.Observance }, "11/27 금|**페스타** (확정) · D-5|", "Fri Nov 27|**페스타** (confirmed) · D-5|", bot.MarkSure},
		"today":        {func(h *agent.Happening) { h.Days = 0 }, "11/27 금|**페스타** (확정) · 오늘|", "Fri Nov 27|**페스타** (confirmed) · today|", bot.MarkSure},
		"under way":    {func(h *agent.Happening) { h.Days, h.End = -1, "2026-11-29" }, "11/27–11/29|**페스타** (확정) · 진행 중|", "Nov 27–Nov 29|**페스타** (confirmed) · under way|", bot.MarkSure},
		"its last day": {func(h *agent.Happening) { h.Days, h.End = -2, "2026-11-29" }, "11/27–11/29|**페스타** (확정) · 진행 중|", "Nov 27–Nov 29|**페스타** (confirmed) · under way|", bot.MarkSure},
		"over":         {func(h *agent.Happening) { h.Days, h.End = -3, "2026-11-29" }, "11/27–11/29|**페스타** (확정)|", "Nov 27–Nov 29|**페스타** (confirmed)|", bot.MarkSure},
		"next year":    {func(h *agent.Happening) { h.Days = 366 }, "2026년 11/27 금|**페스타** (확정) · D-366|", "Fri Nov 27, 2026|**페스타** (confirmed) · D-366|", bot.MarkSure},
		"a year ago":   {func(h *agent.Happening) { h.Days = -360 }, "2026년 11/27 금|**페스타** (확정)|", "Fri Nov 27, 2026|**페스타** (confirmed)|", bot.MarkSure},
		"figures": {func(h *agent.Happening) {
			h.Last = &agent.LastTime{Text: "작년 3.2억", Differences: []string{"이번 3일"}}
		}, "11/27 금|**페스타** (확정) · D-5|작년 3.2억 · 이번 3일", "Fri Nov 27|**페스타** (confirmed) · D-5|작년 3.2억 · 이번 3일", bot.MarkSure},
		"no figures": {func(h *agent.Happening) { h.Last = &agent.LastTime{Why: "지난번이 없음"} }, "11/27 금|**페스타** (확정) · D-5|지난번이 없음", "Fri Nov 27|**페스타** (confirmed) · D-5|지난번이 없음", bot.MarkSure},
	} {
		for language, want := range map[string]string{"ko": test.ko, "en": test.en} {
			line := answer.Line(event(test.with), language)
			if got := line.When + "|" + line.Text + "|" + line.Detail; got != want || line.Mark != test.mark {
				t.Errorf("%s, %s: %q %s, want %q %s", name, language, got, line.Mark, want, test.mark)
			}
		}
	}
}

var escaped = regexp.MustCompile(`\\[[:punct:]]`)

// What people and pages call an event is text in a line, and nothing else.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{
		"**굵게** _기울임_ `code`", "[누르기](javascript:alert(1))", "<@U123> <!channel>", "abc\u202egnp.exe\u2066", "두\n줄\r\n- 목록", "{{e1.revenue}}", "&lt;b&gt;", "a\x00\x1b[31m", strings.Repeat("긴이름", 500),
	} {
		h := event(func(h *agent.Happening) {
			h.Name, h.Source, h.URL, h.Status = hostile, hostile, "javascript:alert(1)", calendar.Tentative
			h.Last = &agent.LastTime{Why: "없음", Differences: []string{"겹치는 날: 이번 " + hostile}}
			h.Prepare = []agent.Deadline{{On: "2026-11-24", Days: 3, What: hostile}}
		})
		day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
		for _, line := range append(answer.Lines([]agent.Happening{h}, "ko"), answer.Deadlines([]agent.Happening{h}, day, day, "ko")...) {
			text := escaped.ReplaceAllString(line.Text+line.Detail, "")
			for _, bad := range []string{"](", "<@", "<!", "{{", "\n", "\r", "&lt;"} {
				if strings.Contains(text, bad) {
					t.Errorf("%q has %q: %q", hostile, bad, text)
				}
			}
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
				t.Errorf("%q: %q", hostile, text)
			}
			if utf8.RuneCountInString(line.Text) > 200 {
				t.Errorf("a line of %d characters", utf8.RuneCountInString(line.Text))
			}
			if len(line.Links) > 0 {
				t.Errorf("links to %s", line.Links[0].URL)
			}
		}
	}
	h := event(func(h *agent.Happening) { h.URL = "https://example.com/festa" })
	if line := answer.Line(h, "en"); len(line.Links) != 1 || line.Links[0] != (bot.Link{Title: "law", URL: "https://example.com/festa"}) {
		t.Errorf("links %v", line.Links)
	}
}

// An answer out of the calendar says so, also when nothing takes place.
func TestOriginOfTheCalendar(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{"ko": "마케팅 달력", "en": "marketing calendar"} {
		var m bot.Message
		answer.Show(&m, &agent.Answer{Language: language, Rung: agent.Compose, Text: "…", Results: []agent.Result{{Name: "calendar", Source: agent.SourceCalendar}}}, time.UTC)
		if m.Origin == nil || m.Origin.Label != want {
			t.Errorf("%s: %+v", language, m.Origin)
		}
	}
}
