package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// tenant is a Teams and the program that serves it.
type tenant struct {
	*teamstest.Server
	t      testing.TB
	config string
	now    string // of the program, when it starts
	p      *process
}

// inTeams starts the program in a Teams of its own. A manual start follows kills.
func inTeams(t testing.TB, opts teamstest.Options, more string) *tenant {
	t.Helper()
	return inTeamsAt(t, now, opts, more)
}

// inTeamsAt has the program's clock begin at an instant.
func inTeamsAt(t testing.TB, at string, opts teamstest.Options, more string) *tenant {
	t.Helper()
	w := &tenant{Server: teamstest.Start(t, opts), t: t, config: site(t), now: at}
	w.configure(w.ServiceURL(), max(opts.Scale, 1), more)
	w.serve()
	return w
}

// configure has the program serve Teams, whose connector has the address.
func (w *tenant) configure(service string, rate float64, more string) {
	w.t.Helper()
	settings := fmt.Sprintf("teams: {app_id: %q, app_password: %q, tenant_id: %q, login_url: %q, openid_url: %q, service_urls: [%q], rate: %v%s}\n",
		w.AppID(), w.Password(), w.Tenant(), w.LoginURL(), w.OpenIDURL(), service, rate, more)
	data, err := os.ReadFile(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.config, append(data, settings...), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// serve starts the program, again after a kill.
func (w *tenant) serve() {
	w.t.Helper()
	w.p = start(w.t, "--now", w.now, "serve", "--config", w.config)
	w.DeliverTo(w.p.url)
}

// later has the program crash, and starts it at another time.
func (w *tenant) later(at string) {
	w.t.Helper()
	w.p.kill()
	w.now = at
	w.serve()
}

// until waits for what somebody sees.
func (w *tenant) until(what string, cond func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Minute)
	defer cancel()
	if err := w.Wait(ctx, cond); err != nil {
		calls := map[string]int{}
		for _, c := range w.Calls("") {
			calls[strings.TrimSpace(c.Op+" "+c.Error)]++
		}
		w.p.kill() // what it wrote may be read then
		w.t.Fatalf("%s: %v\n%s\ncalls %v\nacknowledged %+v\ncomplaints %q", what, err, w.p.errs, calls, w.Acks(), w.Complaints())
	}
}

// replies are what the bot said in a conversation: a thread, a chat, or by a person's id
// their own chat.
func (w *tenant) replies(conversation string) []teamstest.Message {
	var out []teamstest.Message
	for _, m := range w.Messages(conversation) {
		if m.From == w.Bot() {
			out = append(out, m)
		}
	}
	return out
}

// over reports whether nothing in a message goes on.
func over(m teamstest.Message) bool {
	for _, a := range teamstest.Actions(m) {
		if does(a, "cancel") {
			return false
		}
	}
	return m.Stream != teamstest.Informing && m.Stream != teamstest.Streaming
}

// does tells whether a press of a does what has the name.
func does(a teamstest.Action, action string) bool {
	var data struct {
		Bapsang struct{ Action string } `json:"bapsang"`
	}
	return json.Unmarshal(a.Data, &data) == nil && data.Bapsang.Action == action
}

// answer waits for the n-th message of the bot in a conversation to be an answer.
func (w *tenant) answer(conversation string, n int) teamstest.Message {
	w.t.Helper()
	var got teamstest.Message
	w.until(fmt.Sprintf("answer %d in %s", n, conversation), func() bool {
		said := w.replies(conversation)
		if len(said) < n || !over(said[n-1]) {
			return false
		}
		got = said[n-1]
		return true
	})
	return got
}

// press presses what does something.
func (w *tenant) press(person string, m teamstest.Message, action string, inputs map[string]string) {
	w.t.Helper()
	for _, a := range teamstest.Actions(m) {
		if does(a, action) {
			if err := w.Press(person, m, a.Title, teamstest.Pressing{Data: `"action":"` + action + `"`, Inputs: inputs}); err != nil {
				w.t.Fatal(err)
			}
			return
		}
	}
	w.t.Fatalf("nothing to press for %s in %s", action, teamstest.Text(m))
}

func (w *tenant) reads(what, text string, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.t.Errorf("%s: no %q in %s", what, part, text)
		}
	}
}

// says tells whether any of the messages does.
func says(messages []teamstest.Message, part string) bool {
	for _, m := range messages {
		if over(m) && strings.Contains(teamstest.Text(m), part) {
			return true
		}
	}
	return false
}

// TestATrainingExerciseInTeams is what people do in their first quarter of an hour.
func TestATrainingExerciseInTeams(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]teamstest.Options{
		"without rates":                {NoRates: true},
		"with Teams' own rates":        {},
		"where messages are smaller":   {NoRates: true, Limit: 28 << 10},
		"with tokens that soon expire": {NoRates: true, TokenLife: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inTeams(t, opts, "")
			talkInAChannel(w)
			pressInTeams(w)
			talkAlone(w)
			talkInAGroup(w)
			if c := w.Complaints(); len(c) > 0 {
				t.Errorf("complaints: %q", c)
			}
			for _, who := range []string{teamstest.Minji, teamstest.Alex, teamstest.Guest} {
				if trouble := w.Troubles(who); len(trouble) > 0 {
					t.Errorf("Teams told %s %q", who, trouble)
				}
			}
		})
	}
}

// talkInAChannel asks in a channel, follows up, changes and deletes.
func talkInAChannel(w *tenant) {
	asked := w.Say(teamstest.Minji, teamstest.Sales, w.Mention()+" 지역별 금액 합계")
	first := w.answer(asked.Conversation, 1)
	w.reads("the answer", teamstest.Text(first), "서울", "부산", "대구", "324만")
	w.Say(teamstest.Alex, asked.Conversation, w.Mention()+" 서울만")
	w.reads("somebody else's follow-up", teamstest.Text(w.answer(asked.Conversation, 2)), "324만")
	w.Say(teamstest.Guest, teamstest.Sales, w.Mention()+" 지역별 금액 합계")
	w.until("the guest's refusal", func() bool { return len(w.replies(teamstest.Guest)) == 1 })
	edited := w.Say(teamstest.Minji, teamstest.Sales, w.Mention()+" 상품별 수량")
	w.answer(edited.Conversation, 1)
	w.Edit(edited, w.Mention()+" 월별 금액")
	offer := w.answer(edited.Conversation, 2)
	w.reads("what was changed", teamstest.Text(offer), "월별 금액")
	w.press(teamstest.Minji, offer, "ask", nil)
	w.answer(edited.Conversation, 3)
	if n := len(w.replies(asked.Conversation)); n != 2 {
		w.t.Errorf("%d messages for two questions", n)
	}
}

// pressInTeams presses what stands below an answer.
func pressInTeams(w *tenant) {
	asked := w.Say(teamstest.Minji, teamstest.General, w.Mention()+" 상품별 금액 합계")
	got := w.answer(asked.Conversation, 1)
	w.reads("the SQL in place", teamstest.Text(got), "SELECT")
	w.press(teamstest.Minji, got, "csv", nil)
	w.until("the offer of the file", func() bool { return len(w.replies(teamstest.Minji)) == 1 })
	if err := w.Consent(teamstest.Minji, w.replies(teamstest.Minji)[0], true); err != nil {
		w.t.Fatal(err)
	}
	w.until("the file", func() bool {
		for _, f := range w.Files(teamstest.Minji) {
			if strings.HasSuffix(f.Name, ".csv") && strings.Contains(string(f.Data), "세탁기") {
				return true
			}
		}
		return false
	})
	w.press(teamstest.Minji, got, "wrong", map[string]string{"bapsang.text": "반품이 빠졌어요"})
	// An answer that took the place of its progress has thumbs of its own, a new one Teams'.
	if slices.ContainsFunc(teamstest.Actions(got), func(a teamstest.Action) bool { return does(a, "good") }) {
		w.press(teamstest.Minji, got, "good", nil)
	} else if err := w.Feedback(teamstest.Minji, got, "like", ""); err != nil {
		w.t.Fatal(err)
	}
}

// talkAlone asks where nobody else reads.
func talkAlone(w *tenant) {
	w.Say(teamstest.Alex, teamstest.Alex, "amount by region")
	alone := w.answer(teamstest.Alex, 1)
	w.reads("a question alone", teamstest.Text(alone), "서울")
	w.Say(teamstest.Alex, teamstest.Alex, "only 부산")
	w.reads("a follow-up", teamstest.Text(w.answer(teamstest.Alex, 2)), "부산")
	w.press(teamstest.Alex, alone, "share", nil)
	w.until("the question where to", func() bool { _, open := w.Dialog(teamstest.Alex); return open })
	if err := w.SubmitDialog(teamstest.Alex, "", map[string]string{"bapsang.value": teamstest.Sales}); err != nil {
		w.t.Fatal(err)
	}
	w.until("the shared answer", func() bool { return says(w.replies(teamstest.Sales), "Alex") })
	before := len(w.replies(teamstest.Minji))
	for i, c := range []string{"help", "분석가", "status"} {
		w.Say(teamstest.Minji, teamstest.Minji, c)
		w.until("the reply to "+c, func() bool { return len(w.replies(teamstest.Minji)) > before+i })
	}
	w.DropFile(teamstest.Minji, "재고.csv", []byte("창고,수량\n용인,120\n김해,80\n"), "창고별 수량")
	w.until("the answer about a dropped file", func() bool { return says(w.replies(teamstest.Minji), "용인") })
	w.Install(teamstest.Newcomer, teamstest.Newcomer)
	w.until("the welcome", func() bool { return len(w.replies(teamstest.Newcomer)) == 1 })
}

// talkInAGroup asks among several, who follow each other up.
func talkInAGroup(w *tenant) {
	w.Say(teamstest.Minji, teamstest.Group, w.Mention()+" 지역별 금액 합계")
	w.reads("among several", teamstest.Text(w.answer(teamstest.Group, 1)), "서울", "324만")
	w.Say(teamstest.Alex, teamstest.Group, w.Mention()+" 부산만")
	w.reads("a follow-up among several", teamstest.Text(w.answer(teamstest.Group, 2)), "부산")
}

// TestNothingIsLostInTeamsWhenItIsKilled has every message come three times, the program die
// twice, and one call in five go wrong; everybody gets an answer. Teams has no key by which
// an app could find what it posted, so a post that Teams did not answer for may be there
// twice: such a repetition says so.
func TestNothingIsLostInTeamsWhenItIsKilled(t *testing.T) {
	t.Parallel()
	// Teams gives a message up after 41 s, and these are twice as long: a restart takes a second
	// or two, and on a machine that builds and tests other things beside it more than forty.
	w := inTeams(t, teamstest.Options{NoRates: true, Scale: .5}, "")
	w.Chaos(.2)
	const people = 40
	var said atomic.Int64 // how many spoke
	asked := make(chan []teamstest.Message, 1)
	go func() {
		got, err := w.Load(t.Context(), teamstest.Load{People: people, Within: 3 * time.Second, Saying: teamstest.Saying{Times: 3}, Text: func(i int) string {
			said.Add(1)
			return []string{"지역별 금액 합계", "상품별 수량", "월별 금액", "서울 금액"}[i%4]
		}})
		if err != nil {
			t.Error(err)
		}
		asked <- got
	}()
	for _, n := range []int64{people / 3, people * 2 / 3} {
		w.until("the crowd", func() bool { return said.Load() >= n })
		w.p.kill()
		w.serve()
	}
	repeated := 0
	for _, m := range <-asked {
		// What somebody reads: an answer, or one that says that it may stand there twice.
		read := func() (answers, repetitions int) {
			for _, r := range w.replies(m.Conversation) {
				switch text := teamstest.Text(r); {
				case !over(r):
				case strings.Contains(text, "다시 보내 드려요"):
					repetitions++
				case strings.Contains(text, "sales"): // its source
					answers++
				}
			}
			return answers, repetitions
		}
		w.until("an answer to "+m.Text+" in "+m.Conversation, func() bool {
			answers, repetitions := read()
			return answers+repetitions > 0
		})
		answers, repetitions := read()
		if repeated += repetitions; answers > 1 {
			t.Errorf("%q has %d answers", m.Text, answers)
		}
	}
	t.Logf("acknowledged: %+v, may stand there twice and say so: %d", w.Acks(), repeated)
}
