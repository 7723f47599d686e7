package cli_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// workspace is a Slack and the program that serves it.
type workspace struct {
	*slacktest.Server
	t      testing.TB
	config string
	now    string // when the program is started
	p      *process
}

// inSlack starts the program in a Slack of its own. A manual start follows kills.
func inSlack(t testing.TB, opts slacktest.Options, more string) *workspace {
	t.Helper()
	return inSlackAt(t, now, opts, more)
}

// inSlackAt is inSlack at another time.
func inSlackAt(t testing.TB, at string, opts slacktest.Options, more string) *workspace {
	t.Helper()
	m := manifest(t)
	opts.Scopes, opts.Events = m.OAuthConfig.Scopes.Bot, m.Settings.EventSubscriptions.BotEvents
	opts.AckWait = time.Minute // how fast it is, the load benchmarks measure
	w := &workspace{Server: slacktest.Start(t, opts), t: t, config: site(t), now: at}
	rate := max(opts.Scale, 1)
	slack := fmt.Sprintf("slack: {mode: http, bot_token: %q, signing_secret: %q, api_url: %q, rate: %v}\n", w.BotToken(), w.SigningSecret(), w.URL(), rate)
	if opts.SocketMode {
		slack = fmt.Sprintf("slack: {mode: socket, bot_token: %q, app_token: %q, api_url: %q}\n", w.BotToken(), w.AppToken(), w.URL())
	}
	data, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.config, append(data, slack+more...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.serve()
	return w
}

// serve starts the program, again after a kill.
func (w *workspace) serve() {
	w.t.Helper()
	w.p = start(w.t, "--now", w.now, "serve", "--config", w.config)
	w.DeliverTo(w.p.url)
}

// until waits for what somebody sees.
func (w *workspace) until(what string, cond func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Minute)
	defer cancel()
	if err := w.Wait(ctx, cond); err != nil {
		calls := map[string]int{}
		for _, c := range w.Calls("") {
			calls[strings.TrimSpace(c.Method+" "+c.Error)]++
		}
		w.p.kill() // what it wrote may be read then
		w.t.Fatalf("%s: %v\n%s\ncalls %v\nacknowledged %+v", what, err, w.p.errs, calls, w.Acks())
	}
}

// replies are what the bot said in a thread.
func (w *workspace) replies(m slacktest.Message) []slacktest.Message {
	root := m.ThreadTS
	if root == "" {
		root = m.TS
	}
	var out []slacktest.Message
	for _, r := range w.Messages(m.Channel, root) {
		if r.BotID != "" {
			out = append(out, r)
		}
	}
	return out
}

// answered reports whether a message has an answer that nothing is added to.
func (w *workspace) answered(m slacktest.Message) bool {
	said := w.replies(m)
	return len(said) > 0 && settled(said[0])
}

// settled reports whether nothing in a message goes on.
func settled(m slacktest.Message) bool {
	for _, a := range slacktest.Actions(m) {
		if strings.HasSuffix(a.ID, ".cancel") {
			return false
		}
	}
	return !m.Stream
}

// answer waits for the n-th reply of a thread to be an answer, and returns it.
func (w *workspace) answer(m slacktest.Message, n int) slacktest.Message {
	w.t.Helper()
	var got slacktest.Message
	w.until(fmt.Sprintf("answer %d to %q", n, m.Text), func() bool {
		said := w.replies(m)
		if len(said) < n || !settled(said[n-1]) {
			return false
		}
		got = said[n-1]
		return true
	})
	return got
}

// press presses what has the action of a name.
func (w *workspace) press(user string, m slacktest.Message, action string) {
	w.t.Helper()
	for _, a := range slacktest.Actions(m) {
		if strings.HasSuffix(a.ID, "."+action) {
			if _, err := w.Press(user, m, a.ID); err != nil {
				w.t.Fatal(err)
			}
			return
		}
	}
	w.t.Fatalf("nothing to press for %s in %s", action, slacktest.Text(m))
}

func (w *workspace) reads(what, text string, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			w.t.Errorf("%s: no %q in %s", what, part, text)
		}
	}
}

// TestATrainingExercise is what people do in their first quarter of an hour, over both
// doors.
func TestATrainingExercise(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]slacktest.Options{
		"over HTTP":              {NoRates: true},
		"over a socket":          {NoRates: true, SocketMode: true},
		"in an older workspace":  {NoRates: true, Without: []slacktest.Feature{slacktest.Charts, slacktest.DataTables, slacktest.Streaming, slacktest.Agents}},
		"with sections only":     {NoRates: true, Without: []slacktest.Feature{slacktest.Charts, slacktest.DataTables, slacktest.Tables, slacktest.Streaming}},
		"with Slack's own rates": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inSlack(t, opts, "")
			if opts.SocketMode {
				w.until("two connections", func() bool { return w.Sockets() == 2 })
			}
			exerciseAsking(w)
			exerciseButtons(w)
			exerciseAlone(w)
		})
	}
}

// exerciseAsking asks in a channel, follows up without a mention, changes and deletes.
func exerciseAsking(w *workspace) {
	asked := w.Say(slacktest.Minji, slacktest.Sales, w.Mention()+" 지역별 금액 합계")
	first := w.answer(asked, 1)
	w.reads("the answer", slacktest.Text(first), "서울", "부산", "대구", "324만")
	followed := w.Say(slacktest.Alex, slacktest.Sales, "서울만", slacktest.Saying{Thread: asked.TS})
	second := w.answer(followed, 2)
	w.reads("somebody else's follow-up", slacktest.Text(second), "324만")
	other := w.Say(slacktest.Alex, slacktest.Sales, "is anybody having lunch?")
	w.Say(slacktest.External, slacktest.Shared, w.Mention()+" 지역별 금액 합계")
	w.until("the stranger's refusal", func() bool { return len(w.Ephemeral(slacktest.External)) > 0 })
	edited := w.Say(slacktest.Minji, slacktest.Sales, w.Mention()+" 상품별 수량")
	w.answer(edited, 1)
	w.Edit(edited, w.Mention()+" 월별 금액")
	offer := w.answer(edited, 2)
	w.reads("what was changed", slacktest.Text(offer), "월별 금액")
	w.press(slacktest.Minji, offer, "ask")
	w.answer(edited, 3)
	if said := w.replies(other); len(said) != 0 {
		w.t.Errorf("what was not for us was answered: %s", slacktest.Text(said[0]))
	}
	if n := len(w.replies(asked)); n != 2 {
		w.t.Errorf("%d messages for two questions", n)
	}
}

// exerciseButtons presses what stands below an answer.
func exerciseButtons(w *workspace) {
	asked := w.Say(slacktest.Minji, slacktest.General, w.Mention()+" 상품별 금액 합계")
	got := w.answer(asked, 1)
	w.press(slacktest.Minji, got, "sql")
	w.until("the SQL", func() bool {
		open := w.Modals(slacktest.Minji)
		return len(open) == 1 && strings.Contains(slacktest.ViewText(open[0].Raw), "SELECT")
	})
	w.CloseModal(slacktest.Minji)
	w.press(slacktest.Minji, got, "csv")
	w.until("the file", func() bool {
		for _, m := range w.replies(asked) {
			for _, id := range m.Files {
				if f, ok := w.File(id); ok && strings.HasSuffix(f.Name, ".csv") && strings.Contains(string(f.Content), "세탁기") {
					return true
				}
			}
		}
		return false
	})
	w.press(slacktest.Minji, got, "wrong")
	w.until("the question why", func() bool { return len(w.Modals(slacktest.Minji)) == 1 })
	inputs := slacktest.ViewActions(w.Modals(slacktest.Minji)[0].Raw)
	if len(inputs) != 1 {
		w.t.Fatalf("the modal has %d inputs", len(inputs))
	}
	if err := w.Submit(slacktest.Minji, map[string]string{inputs[0].ID: "반품이 빠졌어요"}); err != nil {
		w.t.Fatal(err)
	}
	w.until("the modal to close", func() bool { return len(w.Modals(slacktest.Minji)) == 0 })
	w.press(slacktest.Minji, got, "good")
}

// exerciseAlone asks where nobody else reads.
func exerciseAlone(w *workspace) {
	dm := w.DM(slacktest.Alex)
	asked := w.Say(slacktest.Alex, dm, "amount by region")
	w.reads("a direct message", slacktest.Text(w.answer(asked, 1)), "서울")
	w.Command(slacktest.Minji, slacktest.General, "/bapsang", "ask 지역별 금액 합계")
	w.until("the private answer", func() bool {
		for _, m := range w.All(w.DM(slacktest.Minji)) {
			if m.BotID != "" && settled(m) && strings.Contains(slacktest.Text(m), "324만") {
				return true
			}
		}
		return false
	})
	for _, c := range []string{"help", "분석가", "status"} {
		before := len(w.Ephemeral(slacktest.Minji))
		w.Command(slacktest.Minji, slacktest.General, "/bapsang", c)
		w.until("the reply to "+c, func() bool { return len(w.Ephemeral(slacktest.Minji)) > before })
	}
	file := w.Drop(slacktest.Minji, "재고.csv", []byte("창고,수량\n용인,120\n김해,80\n"))
	dropped := w.Say(slacktest.Minji, w.DM(slacktest.Minji), "창고별 수량", slacktest.Saying{Files: []string{file}})
	w.reads("a dropped file", slacktest.Text(w.answer(dropped, 1)), "용인", "120")
	w.OpenHome(slacktest.Minji, "home")
	w.until("the home tab", func() bool { return len(w.Home(slacktest.Minji)) > 10 })
}

// TestNothingIsLostInSlackWhenItIsKilled has every event come three times, the program
// die twice, and one call in five go wrong; everybody gets one answer. They ask in direct
// messages: in one channel the answers would come at Slack's message a second.
func TestNothingIsLostInSlackWhenItIsKilled(t *testing.T) {
	t.Parallel()
	// Slack gives a message up after six minutes, and these are two: a restart takes a second or
	// two, and on a busy machine twenty times that. The second one follows at once where the
	// crowd has spoken meanwhile.
	w := inSlack(t, slacktest.Options{NoRates: true, Scale: 3}, "")
	for _, f := range []slacktest.Fault{{Status: 429, RetryAfter: 1, Chance: .05}, {Status: 500, Chance: .05}, {Reset: true, Chance: .05}, {After: true, Chance: .05}} {
		f.Method = "*"
		w.Fault(f)
	}
	const people = 40
	var said atomic.Int64 // how many spoke
	asked := make(chan []slacktest.Message, 1)
	go func() {
		got, err := w.Load(t.Context(), slacktest.Load{People: people, Within: 3 * time.Second, Saying: slacktest.Saying{Times: 3}, Text: func(i int) string {
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
	all := <-asked
	for _, m := range all {
		w.answer(m, 1)
	}
	for _, m := range all {
		if said := w.replies(m); len(said) != 1 {
			t.Errorf("%q has %d messages", m.Text, len(said))
		}
	}
	t.Logf("acknowledged: %+v", w.Acks())
}
