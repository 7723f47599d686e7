package web_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
)

// TestWhatIsForOnePersonReachesNobodyElse tries every way by which a message is read.
func TestWhatIsForOnePersonReachesNobodyElse(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, other := s.visit(t, "민지"), s.visit(t, "현우")
	thread, _ := c.say(s, "@bapsang 매출", "notice-plain")
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventMessage })
	_, page, _ := other.get("/c/general/t/" + thread.ID)
	events := other.listen(url.Values{"channel": {"general"}, "thread": {thread.ID}, "after": {between(t, page, `data-seq="`, `"`)}}.Encode(), "")
	only := thread
	only.Only = ev.User.ID
	secret := bottest.Messages()["answer-ko"]
	ref, err := s.chat.Post(t.Context(), only, secret)
	if err != nil {
		t.Fatal(err)
	}
	secret.Text = "비밀 하나"
	if err := s.chat.Update(t.Context(), ref, secret); err != nil {
		t.Fatal(err)
	}
	if _, err := s.chat.Post(t.Context(), thread, bottest.Messages()["answer-en"]); err != nil {
		t.Fatal(err)
	}
	for _, ev := range until(t, events, "reply", "2.31B") {
		if strings.Contains(ev.data, ref.ID) || strings.Contains(ev.data, "12억") || strings.Contains(ev.data, "비밀") {
			t.Errorf("the stream tells others %.200s", ev.data)
		}
	}
	if _, page, _ := c.get("/c/general/t/" + thread.ID); !strings.Contains(page, "비밀 하나") || !strings.Contains(page, "나에게만 보여요") {
		t.Error("the person does not see it, or not that others do not")
	}
	_, page, _ = other.get("/c/general/t/" + thread.ID)
	if strings.Contains(page, ref.ID) || !strings.Contains(page, "답글 2개") {
		t.Error("others see it, or count it")
	}
	for _, path := range []string{"/chart/" + ref.ID + "/0?as=png", "/csv/" + ref.ID + "/r1"} {
		if status, _, _ := other.get(path); status != http.StatusNotFound {
			t.Errorf("%s: status %d for others", path, status)
		}
		if status, _, _ := c.get(path); status != http.StatusOK {
			t.Errorf("%s: status %d for the person", path, status)
		}
	}
	if status, _ := other.post("/act", url.Values{"key": {newKey()}, "message": {ref.ID}, "action": {bot.ActionGood}}); status != http.StatusNotFound {
		t.Errorf("others pressed a button under it: status %d", status)
	}
}

// TestSharingAsksForAChannel shares to a channel of the page and to one that is not.
func TestSharingAsksForAChannel(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	_, ref := c.say(s, "@bapsang 매출", "direct-ko")
	press := func(channel string) string {
		key := newKey()
		if status, _ := c.post("/act", url.Values{"key": {key}, "message": {ref.ID}, "action": {bot.ActionShare}, "value": {channel}}); status != http.StatusOK {
			t.Errorf("share to %q: status %d", channel, status)
		}
		return key
	}
	for _, channel := range []string{"nowhere", "", "@u1"} {
		press(channel)
	}
	key := press("marketing")
	ev := s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) })
	if !reflect.DeepEqual(*ev.Action, bot.Action{Name: bot.ActionShare, Question: "q-direct", Value: "marketing"}) {
		t.Errorf("shared as %+v", ev.Action)
	}
	shared := 0
	for _, ev := range s.got() {
		if ev.Kind == bot.EventAction {
			shared++
		}
	}
	if shared != 1 {
		t.Errorf("%d shares were taken", shared)
	}
}
