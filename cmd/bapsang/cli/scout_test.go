package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/connectors/connectorstest"
)

// TestTheDaysSearchIsOnceADay has a served configuration ask a real searx for announced
// dates by itself, and tell curators what is left to them. Whoever starts it again on the
// same day has nothing asked, and nobody told. What happens to the pages found is tested in
// package curator: pages of this machine are none of the web's.
func TestTheDaysSearchIsOnceADay(t *testing.T) {
	t.Parallel()
	page := &engine{page: `{"url": "http://127.0.0.1/kbo", "title": "2027 프로야구 개막 일정", "content": "2027 프로야구 개막 2027년 3월 27일(토)"}`}
	searx := connectorstest.Searx(t, page.serve(t))
	w := inSlackAt(t, "2026-11-22T09:00:00+09:00", slacktest.Options{NoRates: true}, "search:\n  - {name: web, driver: searxng, base_url: \""+searx+"\", "+contracted+"}\n"+
		"pages: {contact: \"https://www.example.com/bot\"}\n"+
		"calendar: {curators: [\"slack:"+slacktest.Minji+"\"], channel: \"slack:"+slacktest.Sales+"\", markets: [KR]}\n")
	told := func() (all []string) {
		for _, m := range w.sent(slacktest.Sales) {
			if text := slacktest.Text(m); strings.Contains(text, "확인할 일정") {
				all = append(all, text)
			}
		}
		return all
	}
	w.until("what is left to people", func() bool { return len(told()) == 1 })
	w.reads("what is left to people", told()[0], "프로야구 개막 2027", "날짜가 아직 없어요")
	asked := page.queries()
	if all := strings.Join(asked, "\n"); !strings.Contains(all, "프로야구") || len(asked) > 20 || strings.ContainsAny(all, "₩%") || strings.Contains(all, "금액") {
		t.Errorf("the engine was asked %q", asked)
	}

	again := func(at string) {
		// What the day's job posts is seen a moment before the job ends.
		eventually(t, "the day's job has ended", func() bool {
			return strings.Contains(w.p.page(t, "/metrics"), `bapsang_queue_jobs{class="background",state="running"} 0`)
		})
		w.p.kill()
		w.now = at
		w.serve()
		w.answer(w.Say(slacktest.Minji, slacktest.Sales, w.Mention()+" 지역별 금액 합계"), 1)
	}
	again("2026-11-22T18:00:00+09:00")
	again("2026-11-22T23:00:00+09:00")
	if n := len(page.queries()); n != len(asked) || len(told()) != 1 {
		t.Errorf("started again on the same day it asked %d times more, and told %d times", n-len(asked), len(told()))
	}
	again("2026-12-01T09:00:00+09:00")
	for deadline := time.Now().Add(2 * time.Minute); len(page.queries()) == len(asked); {
		if time.Now().After(deadline) {
			t.Fatal("nine days later nothing is looked for")
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-t.Context().Done():
		}
	}
}
