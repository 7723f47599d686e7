package cli_test

import (
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// TestCuratorsInSlack has an operator suggest dates, one who is no curator press, a curator
// change the dates in Slack's own dialog, and the program killed in between: there is one
// card, which ends as what was decided.
func TestCuratorsInSlack(t *testing.T) {
	t.Parallel()
	w := inSlack(t, slacktest.Options{NoRates: true}, "calendar: {curators: [\"slack:"+slacktest.Minji+"\"], channel: \"slack:"+slacktest.Sales+"\"}\n")
	add := []string{"--now", now, "calendar", "add", "수능", "--start", "2027-11-18", "--source", "https://www.suneung.re.kr/notice/1", "--quote", "11월 18일 <!channel> *시행*", "--config", w.config}
	if code, out, errs := run(t, add...); code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	cards := func() (all []slacktest.Message) {
		for _, m := range w.sent(slacktest.Sales) {
			if strings.Contains(slacktest.Text(m), "수능 2027") {
				all = append(all, m)
			}
		}
		return all
	}
	w.until("the card", func() bool { return len(cards()) == 1 })
	card := cards()[0]
	w.reads("the card", slacktest.Text(card), "수능 2027", "2027/11/18(목)", "지금 달력에는 없어요", "사람", "출처가 부족합니다")
	w.press(slacktest.Alex, card, "approve")
	w.until("who may not", func() bool {
		for _, m := range w.replies(card) {
			if strings.Contains(slacktest.Text(m), "Only curators") {
				return true
			}
		}
		return false
	})
	w.p.kill()
	w.serve()
	w.press(slacktest.Minji, cards()[0], "amend")
	w.until("the dialog", func() bool { return len(w.Modals(slacktest.Minji)) == 1 })
	values := map[string]string{}
	for _, in := range slacktest.ViewActions(w.Modals(slacktest.Minji)[0].Raw) {
		if strings.Contains(in.ID, "start") || strings.Contains(in.ID, "end") {
			values[in.ID] = "2027-11-19"
		}
	}
	if len(values) != 2 {
		t.Fatalf("fields %v", values)
	}
	if err := w.Submit(slacktest.Minji, values); err != nil {
		t.Fatal(err)
	}
	w.until("the card's end", func() bool { return strings.Contains(slacktest.Text(cards()[0]), "승인됨") })
	w.reads("the card", slacktest.Text(cards()[0]), "수능 2027 승인됨", "2027/11/19(금)")
	for _, a := range slacktest.Actions(cards()[0]) {
		if strings.Contains(a.ID, "approve") {
			t.Errorf("it can still be pressed: %s", a.ID)
		}
	}
	if n := len(cards()); n != 1 {
		t.Errorf("%d cards", n)
	}
	asked := w.Say(slacktest.Minji, slacktest.Sales, w.Mention()+" 내년 수능 언제야?")
	w.reads("the answer", slacktest.Text(w.answer(asked, 1)), "2027년 11월 19일(금)")
}
