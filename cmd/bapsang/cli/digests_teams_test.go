package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// issues are what the bot said in a conversation that was not asked for: it has the part and
// no answer's buttons.
func (w *tenant) issues(conversation, part string) []teamstest.Message {
	var out []teamstest.Message
	for _, m := range w.replies(conversation) {
		if text := teamstest.Text(m); strings.Contains(text, part) && strings.Contains(text, "이 발송 설정") {
			out = append(out, m)
		}
	}
	return out
}

// inputIDs are the ids of a card's inputs.
func inputIDs(card json.RawMessage) (ids []string) {
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if kind, _ := v["type"].(string); strings.HasPrefix(kind, "Input.") {
				id, _ := v["id"].(string)
				ids = append(ids, id)
			}
			for _, c := range v {
				walk(c)
			}
		case []any:
			for _, c := range v {
				walk(c)
			}
		}
	}
	var v any
	if json.Unmarshal(card, &v) == nil {
		walk(v)
	}
	return ids
}

// TestASubscriptionIsSentInTeams makes one alone and one in a channel before nine,
// kills the program, watches both arrive once, and changes one by its dialog.
func TestASubscriptionIsSentInTeams(t *testing.T) {
	t.Parallel()
	w := inTeamsAt(t, beforeNine, teamstest.Options{NoRates: true}, "")
	w.Say(teamstest.Minji, teamstest.Minji, "매주 월요일 9시에 상품별 금액 합계 보내줘")
	w.reads("what was set up alone", teamstest.Text(w.answer(teamstest.Minji, 1)), "매주 월요일 09:00", "나에게", "11/23(월) 09:00")
	asked := w.Say(teamstest.Minji, teamstest.Sales, w.Mention()+" 매주 월요일 9시에 지역별 금액 합계 보내줘")
	told := w.answer(asked.Conversation, 1)
	w.reads("what was set up", teamstest.Text(told), "매주 월요일 09:00", "이 채널로", "지금 보내면")

	w.later(almostNine)
	w.until("the issue alone", func() bool { return len(w.issues(teamstest.Minji, "세탁기")) == 1 })
	channel := func() (out []teamstest.Message) {
		for _, m := range w.Messages(teamstest.Sales) {
			if m.From == w.Bot() && strings.Contains(teamstest.Text(m), "서울") {
				out = append(out, m)
			}
		}
		return out
	}
	w.until("the channel's issue", func() bool { return len(channel()) == 1 })
	w.reads("the channel's issue", teamstest.Text(channel()[0]), "부산", "324만", "이 발송 설정")

	// The clock is set back by a start, and the issues of nine o'clock were sent.
	w.later(almostNine)
	w.press(teamstest.Alex, channel()[0], "subscription", nil)
	w.until("the settings", func() bool { _, open := w.Dialog(teamstest.Alex); return open })
	pause := map[string]string{}
	d, _ := w.Dialog(teamstest.Alex)
	for _, id := range inputIDs(d.Card) {
		if strings.HasSuffix(id, "do") {
			pause[id] = "pause"
		}
	}
	if err := w.SubmitDialog(teamstest.Alex, "", pause); err != nil {
		t.Fatal(err)
	}
	heard := func(part string) func() bool {
		return func() bool {
			for _, c := range []string{channel()[0].Conversation, teamstest.Alex, teamstest.Minji} {
				if says(w.replies(c), part) {
					return true
				}
			}
			return false
		}
	}
	w.until("that it is not Alex's to change", heard("Only who made a subscription"))
	w.press(teamstest.Minji, channel()[0], "subscription", nil)
	w.until("the owner's settings", func() bool { _, open := w.Dialog(teamstest.Minji); return open })
	if err := w.SubmitDialog(teamstest.Minji, "", pause); err != nil {
		t.Fatal(err)
	}
	w.until("the pause", heard("잠시 멈췄어요"))
	before := len(w.replies(teamstest.Minji))
	w.Say(teamstest.Minji, teamstest.Minji, "알림 꺼줘")
	w.reads("the way to stop", teamstest.Text(w.answer(teamstest.Minji, before+1)), "어느 것을 그만 보낼까요?", "상품별 금액 합계", "그만 받기")
	if a, b := len(channel()), len(w.issues(teamstest.Minji, "세탁기")); a != 1 || b != 1 {
		t.Errorf("sent %d and %d times", a, b)
	}
	if c := w.Complaints(); len(c) > 0 {
		t.Errorf("complaints: %q", c)
	}
}
