package slack_test

import (
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// counted is the value of a counter, summed over its labels.
func (o *out) counted(name string) float64 {
	o.t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := o.Register(r); err != nil {
		o.t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		o.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// failed are the calls of a method that Slack refused with the error.
func (o *out) failed(method, code string) int {
	n := 0
	for _, c := range o.Calls(method) {
		if c.Error == code {
			n++
		}
	}
	return n
}

func codeOf(err error) bot.Code {
	var e *bot.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// What the workspace does not have is not tried again with every answer.
func TestRefusedBlocksAreRemembered(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{Without: []slacktest.Feature{slacktest.Charts, slacktest.DataTables}})
	var threads []bot.Thread
	for i := range 6 {
		threads = append(threads, o.asked(slacktest.Minji, slacktest.Sales))
		_, answer := question(i, "ko")
		if _, err := o.Post(t.Context(), threads[i], answer); err != nil {
			t.Fatal(err)
		}
	}
	for i, thread := range threads {
		o.mustAnswerOnce(thread, i)
		if blocks := string(o.bots(thread)[0].Blocks); !strings.Contains(blocks, `"slack_file"`) || !strings.Contains(blocks, `"table"`) {
			t.Errorf("answer %d has no picture or no table: %.300s", i, blocks)
		}
	}
	if n := o.failed("chat.postMessage", "invalid_blocks"); n != 1 {
		t.Errorf("refused %d times, want once", n)
	}
	// The same chart in six messages is drawn and uploaded once.
	if n := len(o.Calls("files.completeUploadExternal")); n != 1 || o.drawn.Load() != 1 {
		t.Errorf("drawn %d times, uploaded %d times", o.drawn.Load(), n)
	}
	if n := o.counted("bapsang_slack_falls_total"); n != 1 {
		t.Errorf("counted %v falls", n)
	}
}

// However much Slack refuses, an answer is readable, and its place is kept.
func TestAnswersNeverVanish(t *testing.T) {
	t.Parallel()
	blocky := func(_ string, args map[string]string) bool { return len(args["blocks"]) > 2 }
	for _, f := range []slacktest.Fault{
		{If: blocky, Error: "invalid_blocks"}, {If: blocky, Error: "msg_blocks_too_long"}, {If: blocky, Error: "invalid_blocks_format"},
		{Method: "files.*", Error: "missing_scope", Needed: "files:write"}, {Method: "files.completeUploadExternal", Error: "internal_error"},
		{Method: "files.info", Error: "file_not_found"}, {Method: "files.*", Status: 403},
	} {
		for _, name := range []string{"several", "answer-ko", "long-text", "long-table", "hostile", "empty"} {
			t.Run(f.Method+f.Error+" "+name, func(t *testing.T) {
				t.Parallel()
				o := startOut(t, slacktest.Options{Without: []slacktest.Feature{slacktest.Charts}})
				thread := o.asked(slacktest.Minji, slacktest.General)
				progress, _ := question(1, "ko")
				ref, err := o.Post(t.Context(), thread, progress)
				if err != nil {
					t.Fatal(err)
				}
				o.Fault(f)
				msg := bottest.Messages()[name]
				msg.Key, msg.For = progress.Key, progress.For
				if err := o.Update(t.Context(), ref, msg); err != nil {
					t.Fatal(err)
				}
				m := o.bots(thread)
				if len(m) == 0 || m[0].TS != ref.ID {
					t.Fatalf("%d messages, the first is not where the progress was", len(m))
				}
				text := html.UnescapeString(slacktest.Text(m[0]))
				if letters := strings.Map(onlyLetters, msg.Text); !strings.Contains(strings.Map(onlyLetters, text), letters[:min(len(letters), 60)]) {
					t.Errorf("shows %.300q, want %.100q", text, msg.Text)
				}
			})
		}
	}
}

func onlyLetters(r rune) rune {
	if strings.ContainsRune("&<>*`_~\u200b\u2060\u00a0 \n•⏳\"'/=", r) {
		return -1
	}
	return r
}

// A level that is refused again and again for no stated reason is left alone for a while.
func TestUnexplainedRefusalsAreRemembered(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{})
	o.Fault(slacktest.Fault{Method: "chat.postMessage", Error: "invalid_blocks", If: func(_ string, args map[string]string) bool {
		return strings.Contains(args["blocks"], "data_table")
	}})
	for i := range 10 {
		_, answer := question(i, "en")
		if _, err := o.Post(t.Context(), o.asked(slacktest.Minji, slacktest.Sales), answer); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.failed("chat.postMessage", "invalid_blocks"); n != 3 {
		t.Errorf("refused %d times in 10 answers, want 3", n)
	}
}

// What does not fit follows in the thread, once, however often the answer is shown.
func TestLongAnswersFollowOnce(t *testing.T) {
	t.Parallel()
	for _, faults := range []bool{false, true} {
		o := startOut(t, slacktest.Options{Scale: 600, Seed: 3})
		thread := o.asked(slacktest.Minji, slacktest.Sales)
		progress, answer := question(1, "ko")
		answer.Text += strings.Repeat(" 매출은 지역과 채널에 따라 다르게 움직였습니다.", 700)
		ref := o.begun(thread, progress)
		if faults {
			o.Fault(slacktest.Fault{Method: "chat.*", Chance: 0.3, After: true})
			o.Fault(slacktest.Fault{Method: "chat.*", Chance: 0.3, Reset: true})
		}
		want := 0
		for i := range 3 {
			var err error
			for range 20 {
				if err = o.Update(t.Context(), ref, answer); err == nil {
					break
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			messages := o.bots(thread)
			text := ""
			for _, m := range messages {
				text += slacktest.Text(m)
			}
			if want == 0 {
				want = len(messages)
			}
			if len(messages) < 2 || len(messages) != want || strings.Count(text, "Answer number 1.") != 1 {
				t.Errorf("shown %d times: %d messages, want %d", i+1, len(messages), want)
			}
			o.restart() // which remembers nothing
		}
	}
}

// A message that somebody deleted, or that may not be changed any more, gets a successor
// in the thread, and no more than one.
func TestDeletedMessagesAreReplaced(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"deleted", "edit_window_closed", "cant_update_message"} {
		o := startOut(t, slacktest.Options{Without: []slacktest.Feature{slacktest.Streaming}})
		thread := o.asked(slacktest.Minji, slacktest.Sales)
		progress, answer := question(1, "ko")
		ref, err := o.Post(t.Context(), thread, progress)
		if err != nil {
			t.Fatal(err)
		}
		if how == "deleted" {
			o.Delete(o.bots(thread)[0])
		} else {
			o.Fault(slacktest.Fault{Method: "chat.update", Error: how, If: func(_ string, args map[string]string) bool { return args["ts"] == ref.ID }})
		}
		for range 2 {
			for range 2 {
				if err := o.Update(t.Context(), ref, answer); err != nil {
					t.Errorf("%s: %v", how, err)
				}
				answer.Suggestions = append(answer.Suggestions, "more")
			}
			o.restart()
		}
		answers := slices.DeleteFunc(o.bots(thread), func(m slacktest.Message) bool { return m.TS == ref.ID })
		if len(answers) != 1 || !strings.Contains(slacktest.Text(answers[0]), "Answer number 1.") {
			t.Errorf("%s: %d answers", how, len(answers))
		}
	}
}

// What its place does not take is delivered to the asker, who is told where it was asked.
func TestDeliversDirectly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		lose func(o *out)
	}{
		{"archived", func(o *out) { o.Archive(slacktest.Alex, slacktest.Sales) }},
		{"removed", func(o *out) { o.Leave(o.BotUser(), slacktest.Sales) }},
	} {
		for _, greeted := range []bool{false, true} {
			for _, language := range []string{"ko", "en"} {
				o := startOut(t, slacktest.Options{})
				thread := o.asked(slacktest.Minji, slacktest.Sales)
				progress, answer := question(1, language)
				var ref bot.Ref
				var err error
				if greeted {
					if ref, err = o.Post(t.Context(), thread, progress); err != nil {
						t.Fatal(err)
					}
				}
				c.lose(o)
				for range 2 { // and again by another process
					if greeted {
						err = o.Update(t.Context(), ref, answer)
					} else {
						ref, err = o.Post(t.Context(), thread, answer)
						if ref.Thread.Channel != o.DM(slacktest.Minji) || !ref.Thread.Direct {
							t.Errorf("%s: it says that it went to %+v", c.name, ref)
						}
					}
					if err != nil && !(greeted && c.name == "removed") { // whoever was removed may change what is theirs
						t.Errorf("%s, %s: %v", c.name, language, err)
					}
					o.restart()
					answer.Again = true
				}
				direct := o.All(o.DM(slacktest.Minji))
				if greeted && c.name == "removed" {
					continue
				}
				if len(direct) != 1 {
					t.Fatalf("%s, %s, greeted %v: %d direct messages", c.name, language, greeted, len(direct))
				}
				text := slacktest.Text(direct[0])
				if !strings.Contains(text, "<#"+slacktest.Sales+">") || !strings.Contains(text, "Answer number 1.") {
					t.Errorf("%s: the asker reads %.300q", c.name, text)
				}
			}
		}
	}
}

// Slack puts the reply to a deleted message into the channel. It does not stay there: who
// took a question back did not ask for everybody to read the answer.
func TestDeletedQuestionsAreAnsweredInPrivate(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{})
	thread := o.asked(slacktest.Minji, slacktest.Sales)
	o.Delete(o.Messages(thread.Channel, thread.ID)[0])
	before := len(o.All(slacktest.Sales))
	_, answer := question(1, "ko")
	ref, err := o.Post(t.Context(), thread, answer)
	if err != nil || ref.Thread.Channel != o.DM(slacktest.Minji) {
		t.Errorf("it went to %+v: %v", ref, err)
	}
	if after := len(o.All(slacktest.Sales)); after != before {
		t.Errorf("%d messages more in the channel", after-before)
	}
	if n := len(o.All(o.DM(slacktest.Minji))); n != 1 {
		t.Errorf("%d direct messages", n)
	}
}

func TestNobodyToDeliverTo(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{})
	thread := o.asked(slacktest.Minji, slacktest.Sales)
	o.Archive(slacktest.Alex, slacktest.Sales)
	for _, who := range []string{"", slacktest.Gone, slacktest.Robot, "U0NOBODY000"} {
		_, answer := question(1, "ko")
		answer.For, answer.Key = who, "to "+who
		if ref, err := o.Post(t.Context(), thread, answer); codeOf(err) != bot.CodeGone {
			t.Errorf("for %q: %+v, %v", who, ref, err)
		}
	}
	_, answer := question(1, "ko")
	for _, code := range []string{"token_revoked", "account_inactive", "invalid_auth"} {
		o.KillToken(code)
		if _, err := o.Post(t.Context(), o.asked(slacktest.Minji, slacktest.General), answer); codeOf(err) != bot.CodeDenied {
			t.Errorf("%s: %v", code, err)
		}
	}
	o.KillToken("")
	thread = o.asked(slacktest.Minji, slacktest.General)
	if _, err := o.Post(t.Context(), thread, answer); err != nil {
		t.Errorf("after the token came back: %v", err)
	}
	o.mustAnswerOnce(thread, 1)
}

// One who alone is to see something, where we may not write, is told directly.
func TestWhispersElsewhere(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{})
	thread := bot.Thread{Platform: "slack", Workspace: o.Team(), Channel: slacktest.Closed, Only: slacktest.Minji}
	_, answer := question(1, "ko")
	ref, err := o.Post(t.Context(), thread, answer)
	if err != nil || ref.Thread.Channel != o.DM(slacktest.Minji) {
		t.Fatalf("%+v, %v", ref, err)
	}
	if n := len(o.All(o.DM(slacktest.Minji))); n != 1 {
		t.Errorf("%d direct messages", n)
	}
}

// What one person alone saw stays between us, whatever becomes of it.
func TestWhispersStayPrivate(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{})
	for _, replied := range []bool{false, true} { // Slack shows whispers only in threads with replies
		thread := o.asked(slacktest.Minji, slacktest.Sales)
		if replied {
			o.Say(slacktest.Alex, slacktest.Sales, "me too", slacktest.Saying{Thread: thread.ID})
		}
		before := len(o.Ephemeral(slacktest.Minji))
		thread.Only = slacktest.Minji
		progress, answer := question(1, "ko")
		progress.Key, answer.Key = "", ""
		ref, err := o.Post(t.Context(), thread, progress)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for _, m := range []bot.Message{progress, answer} {
				if err := o.Update(t.Context(), ref, m); err != nil {
					t.Error(err)
				}
			}
		}
		if n := len(o.bots(thread)); n != 0 {
			t.Errorf("everybody sees %d messages", n)
		}
		seen := o.Ephemeral(slacktest.Minji)[before:]
		if len(seen) != 2 || !strings.Contains(slacktest.Text(seen[1]), "Answer number 1.") || (seen[1].ThreadTS != "") != replied {
			t.Errorf("with replies %v the person sees %d messages", replied, len(seen))
		}
	}
}

// A key may be anything.
func TestOddKeys(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{})
	for _, key := range []string{strings.Repeat("열쇠", 5000), "\x00\xff", `"}{<!channel>`, " "} {
		thread := o.asked(slacktest.Minji, o.DM(slacktest.Minji))
		_, answer := question(1, "ko")
		answer.Key = key
		first, err := o.Post(t.Context(), thread, answer)
		if err != nil {
			t.Errorf("%.20q: %v", key, err)
		}
		answer.Again = true
		if again, err := o.process().Post(t.Context(), thread, answer); err != nil || again != first {
			t.Errorf("%.20q is at %+v, was at %+v: %v", key, again, first, err)
		}
	}
}

// Half a company asks at once: nobody is refused by Slack, whoever gets progress gets the
// answer without waiting for others' progress, and everybody is answered once.
func TestTrainingDay(t *testing.T) {
	t.Parallel()
	const questions = 100
	o := startOut(t, slacktest.Options{Scale: 10})
	began := time.Now()
	var wg sync.WaitGroup
	threads := make([]bot.Thread, questions)
	greeted := make([]bool, questions)
	for i := range questions {
		threads[i] = o.asked(slacktest.Minji, []string{slacktest.General, slacktest.Sales}[i%2])
		wg.Go(func() {
			progress, answer := question(i, "ko")
			ref, err := o.Post(t.Context(), threads[i], progress)
			if greeted[i] = err == nil; !greeted[i] {
				if codeOf(err) != bot.CodeBusy {
					t.Errorf("progress %d: %v", i, err)
				}
				_, err = o.Post(t.Context(), threads[i], answer)
			} else {
				err = o.Update(t.Context(), ref, answer)
			}
			if err != nil {
				t.Errorf("answer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	took, first := time.Since(began), 0
	for i, thread := range threads {
		o.mustAnswerOnce(thread, i)
		if greeted[i] {
			first++
		}
	}
	if refused := o.Refused(); len(refused) > 0 {
		t.Errorf("called too fast: %v", refused)
	}
	// The longer a busy machine takes, the more are told within Slack's rates.
	if most := questions / 2 * max(time.Second, took/10) / time.Second; first == 0 || first > int(most) {
		t.Errorf("%d of %d got progress first", first, questions)
	}
	// Two channels take two messages a second: 50 s of Slack's, 5 s here. A busy machine is
	// slower, but not by the minutes that waiting for others' progress would take.
	if took > 3*time.Minute {
		t.Errorf("took %v", took)
	}
	t.Logf("%d questions in %v, %d with progress, calls %v", questions, took, first, len(o.Calls("")))
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{})
	o.streamOne(slacktest.General)
	if got, want := o.counted("bapsang_slack_calls_total"), float64(len(o.Calls(""))); got != want {
		t.Errorf("counted %v calls, Slack got %v", got, want)
	}
	if fmt.Sprint(o.counted("bapsang_slack_direct_total")) != "0" {
		t.Error("counted a delivery that was none")
	}
}
