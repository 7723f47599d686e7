package cli_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// sent are the messages that began threads of their own in a channel.
func (w *workspace) sent(channel string) []slacktest.Message {
	var out []slacktest.Message
	for _, m := range w.All(channel) {
		if m.BotID != "" && (m.ThreadTS == "" || m.ThreadTS == m.TS) {
			out = append(out, m)
		}
	}
	return out
}

// The program is started well before nine, so that what is to be sent is set up in time
// however slow the machine is, and again when nine is all but there, or past: what is due at
// nine is spread over half a minute.
const (
	beforeNine = "2026-11-23T08:50:00+09:00"
	almostNine = "2026-11-23T08:59:58+09:00"
	afterNine  = "2026-11-23T09:00:31+09:00"
)

// later has the program crash, and starts it at another time.
func (w *workspace) later(at string) {
	w.t.Helper()
	w.p.kill()
	w.now = at
	w.serve()
}

// lists has somebody ask what is sent to a channel until that has all of the parts: what is
// configured is set up while the program listens already.
func (w *workspace) lists(user, what string, parts ...string) {
	w.t.Helper()
	text := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		asked := w.Say(user, slacktest.Sales, w.Mention()+" 구독 목록")
		text = slacktest.Text(w.answer(asked, 1))
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) }) {
			return
		}
	}
	w.reads(what, text, parts...)
}

// TestASubscriptionIsSentOnTime makes one in a channel before nine, watches it fire, kills
// the program, and changes it.
func TestASubscriptionIsSentOnTime(t *testing.T) {
	t.Parallel()
	w := inSlackAt(t, beforeNine, slacktest.Options{NoRates: true}, "")
	asked := w.Say(slacktest.Minji, slacktest.Sales, w.Mention()+" 매주 월요일 9시에 지역별 금액 합계 보내줘")
	told := w.answer(asked, 1)
	w.reads("what was set up", slacktest.Text(told), "매주 월요일 09:00", "이 채널로", "11/23(월) 09:00", "지금 보내면")
	w.later(almostNine)
	w.until("the issue of nine o'clock", func() bool { return len(w.sent(slacktest.Sales)) > 0 })
	w.reads("the issue", slacktest.Text(w.sent(slacktest.Sales)[0]), "서울", "부산", "324만")

	// A crash, and a clock that was set back: the issue of nine o'clock was sent.
	w.later(beforeNine)
	again := w.Say(slacktest.Minji, slacktest.Sales, w.Mention()+" 매일 9시에 상품별 금액 합계를 나에게 보내줘")
	w.reads("the second", slacktest.Text(w.answer(again, 1)), "매일 09:00", "나에게")
	w.later(afterNine)
	dm := w.DM(slacktest.Minji)
	w.until("the second's issue", func() bool { return len(w.sent(dm)) > 0 })
	w.reads("what is for one alone", slacktest.Text(w.sent(dm)[0]), "세탁기")
	if n := len(w.sent(slacktest.Sales)); n != 1 {
		t.Errorf("the issue was sent %d times", n)
	}

	w.press(slacktest.Minji, w.sent(slacktest.Sales)[0], "subscription")
	w.until("the settings", func() bool { return len(w.Modals(slacktest.Minji)) == 1 })
	inputs := slacktest.ViewActions(w.Modals(slacktest.Minji)[0].Raw)
	values := map[string]string{}
	for _, in := range inputs {
		if strings.Contains(in.ID, "do") {
			values[in.ID] = "pause"
		}
	}
	if err := w.Submit(slacktest.Minji, values); err != nil {
		t.Fatal(err)
	}
	w.until("the pause", func() bool {
		said := w.replies(w.sent(slacktest.Sales)[0])
		return strings.Contains(slacktest.Text(said[len(said)-1]), "잠시 멈췄어요")
	})
	listed := w.Say(slacktest.Minji, dm, "구독 목록")
	w.until("the list", func() bool {
		for _, m := range w.replies(listed) {
			if settled(m) && strings.Contains(slacktest.Text(m), "일시 정지") {
				return true
			}
		}
		return false
	})
}

// TestConfiguredSubscriptions has an operator set one up, change it and take it away.
func TestConfiguredSubscriptions(t *testing.T) {
	t.Parallel()
	const line = "  - {name: weekly, owner: \"slack:@" + slacktest.Minji + "\", to: [\"slack:" + slacktest.Sales + "\"], when: 매주 월요일 9시, question: 지역별 금액 합계}\n"
	w := inSlackAt(t, beforeNine, slacktest.Options{NoRates: true}, "subscriptions:\n"+line)
	w.lists(slacktest.Alex, "what was set up", "weekly", "09:00")
	w.later(afterNine)
	w.until("the issue", func() bool { return len(w.sent(slacktest.Sales)) == 1 })
	w.reads("the issue", slacktest.Text(w.sent(slacktest.Sales)[0]), "서울", "324만")
	edit := func(from, to string) {
		t.Helper()
		w.p.kill()
		data, err := os.ReadFile(w.config)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.config, []byte(strings.Replace(string(data), from, to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		w.serve()
	}
	edit("매주 월요일 9시", "평일 8시 30분")
	w.lists(slacktest.Alex, "what was changed", "weekly", "08:30")
	edit("subscriptions:\n"+strings.Replace(line, "매주 월요일 9시", "평일 8시 30분", 1), "")
	w.lists(slacktest.Alex, "what was taken away", "받고 있는 것이 없어요")
	w.p.kill()
	if err := os.WriteFile(w.config, []byte("sources: [{name: a, driver: files, dsn: ./a.csv}]\nsubscriptions:\n  - {name: a, owner: \"web:@k\", to: [\"web:a\"], when: 언젠가, question: 매출}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := run(t, "serve", "--config", w.config); code != 2 || !strings.Contains(errs, ":3:") || !strings.Contains(errs, "when") {
		t.Errorf("a schedule that nobody can read: %d %s", code, errs)
	}
}

// TestAGuestIsSentNoFigure has an operator name one of us, a guest and a channel.
func TestAGuestIsSentNoFigure(t *testing.T) {
	t.Parallel()
	const line = "subscriptions:\n  - {name: weekly, owner: \"slack:@" + slacktest.Minji + "\", to: [\"slack:@" + slacktest.Guest + "\", \"slack:@" + slacktest.Minji + "\", \"slack:" + slacktest.Sales + "\"], when: 매주 월요일 9시, question: 지역별 금액 합계}\n"
	w := inSlackAt(t, beforeNine, slacktest.Options{NoRates: true}, line)
	minji, guest := w.DM(slacktest.Minji), w.DM(slacktest.Guest)
	w.lists(slacktest.Minji, "what was set up", "weekly", "09:00")
	w.later(afterNine)
	w.until("what one of us is sent", func() bool { return len(w.sent(minji)) == 1 })
	w.reads("what one of us is sent", slacktest.Text(w.sent(minji)[0]), "서울", "324만")
	w.until("what the guest is told", func() bool { return len(w.sent(guest)) == 1 })
	told := slacktest.Text(w.sent(guest)[0])
	w.reads("what the guest is told", told, "볼 권한이 없는")
	for _, figure := range []string{"324", "서울", "831"} {
		if strings.Contains(told, figure) {
			t.Errorf("the guest is told %q", told)
		}
	}
}

// visitor is somebody at the demo's page.
type visitor struct {
	t      *testing.T
	p      *process
	client *http.Client
}

// visit has somebody say who they are.
func visit(t *testing.T, p *process) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, p: p, client: &http.Client{Jar: jar, Timeout: time.Minute}}
	res, err := v.client.PostForm(p.url+"/me", url.Values{"name": {"김민지"}, "language": {"ko"}, "back": {"/c/marketing"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return v
}

// page is a page as the visitor sees it now.
func (v *visitor) page(path string) string {
	v.t.Helper()
	res, err := v.client.Get(v.p.url + path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(page)
}

// sees waits for a page to have all of the parts.
func (v *visitor) sees(path string, parts ...string) {
	v.t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		page := v.page(path)
		missing := ""
		for _, part := range parts {
			if !strings.Contains(page, part) {
				missing = part
			}
		}
		switch {
		case missing == "":
			return
		case time.Now().After(deadline):
			v.t.Fatalf("no %q in %s\n%s", missing, path, v.p.errs)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-v.t.Context().Done():
			return
		}
	}
}

// says has somebody write in a channel.
func (v *visitor) says(channel, text string) {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"key", rand.Text()}, {"channel", channel}, {"thread", ""}, {"text", text}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		v.t.Fatal(err)
	}
	res, err := v.client.Post(v.p.url+"/send", form.FormDataContentType(), &body)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
		v.t.Fatalf("send: %s %s", res.Status, answer)
	}
}

// TestTheDemoSendsItsCalendar reads what stands in the demo's channel before anybody asked
// for anything, and watches what one has sent every minute.
func TestTheDemoSendsItsCalendar(t *testing.T) {
	t.Parallel()
	p := start(t, "--now", now, "demo", "--listen", "127.0.0.1:0", "--data-dir", ownDemo(t))
	v := visit(t, p)
	v.sees("/c/marketing", "이번 주와 다음 3주", "블랙프라이데이", "확정", "작년", "평소보다", "이 발송 설정")
	v.says("marketing", "@bapsang 1분마다 어제 매출 보내줘")
	v.sees("/c/marketing", "1분마다", "어제 매출은")
}
