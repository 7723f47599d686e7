package slack_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// askMany asks n questions by so many workers, in threads of three places, and returns
// the threads.
func (o *out) askMany(n, workers int) []bot.Thread {
	o.t.Helper()
	threads := make([]bot.Thread, n)
	for i := range threads {
		threads[i] = o.asked(slacktest.Minji, []string{slacktest.General, slacktest.Sales, o.DM(slacktest.Minji), slacktest.Private, slacktest.Shared}[i%5])
	}
	todo := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range todo {
				progress, answer := question(i, []string{"ko", "en"}[i%2])
				if err := ask(o.t.Context(), o, threads[i], progress, answer); err != nil {
					o.t.Errorf("question %d: %v", i, err)
				}
			}
		})
	}
	for i := range n {
		todo <- i
	}
	close(todo)
	wg.Wait()
	return threads
}

// One call in five fails, in each way that calls can fail: every question is answered
// once.
func TestFaultsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	const chance, questions = 0.2, 100 // some hundred faults of each way
	for _, c := range []struct {
		name   string
		faults []slacktest.Fault
	}{
		{"429", []slacktest.Fault{{Method: "chat.*", Chance: chance, Status: 429}}},
		{"500", []slacktest.Fault{{Chance: chance, Status: 500}}},
		{"fatal_error", []slacktest.Fault{{Chance: chance, Error: "fatal_error"}}},
		{"reset before", []slacktest.Fault{{Chance: chance, Reset: true}}},
		{"reset after", []slacktest.Fault{{Chance: chance, After: true}}},
		{"all of them", []slacktest.Fault{
			{Chance: chance / 5, Status: 429}, {Chance: chance / 5, Status: 503}, {Chance: chance / 5, Error: "internal_error"},
			{Chance: chance / 5, Reset: true}, {Chance: chance / 5, After: true},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := startOut(t, slacktest.Options{Scale: 600, Seed: 7})
			for _, f := range c.faults {
				o.Fault(f)
			}
			for i, thread := range o.askMany(questions, 40) {
				o.mustAnswerOnce(thread, i)
			}
		})
	}
}

// A stream that Slack ends, refuses or loses goes on as an ordinary message, and never
// stays half done.
func TestStreamsDie(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name  string
		fault slacktest.Fault
	}{
		{name: "append refused", fault: slacktest.Fault{Method: "chat.appendStream", Error: "message_not_in_streaming_state"}},
		{name: "stop refused", fault: slacktest.Fault{Method: "chat.stopStream", Error: "message_not_in_streaming_state", Times: 1}},
		{name: "stop breaks", fault: slacktest.Fault{Method: "chat.stopStream", Status: 500, Times: 3}},
		{name: "stop is lost", fault: slacktest.Fault{Method: "chat.stopStream", After: true, Times: 1}},
		{name: "start refused", fault: slacktest.Fault{Method: "chat.startStream", Error: "channel_type_not_supported"}},
		{name: "start unknown", fault: slacktest.Fault{Method: "chat.startStream", Error: "unknown_method"}},
		{name: "start lost", fault: slacktest.Fault{Method: "chat.startStream", After: true, Times: 1}},
		{name: "start broken", fault: slacktest.Fault{Method: "chat.startStream", Reset: true, Times: 1}},
		{name: "stopped by a person", fault: slacktest.Fault{Method: "chat.appendStream", Error: "stopped_by_user"}},
	} {
		for _, channel := range []string{slacktest.Sales, ""} {
			t.Run(s.name+" "+channel, func(t *testing.T) {
				t.Parallel()
				o := startOut(t, slacktest.Options{})
				o.Fault(s.fault)
				if channel == "" {
					channel = o.DM(slacktest.Minji)
				}
				o.streamOne(channel)
			})
		}
	}
}

// streamOne asks a question with some progress, and returns its thread.
func (o *out) streamOne(channel string) bot.Thread {
	o.t.Helper()
	thread := o.asked(slacktest.Minji, channel)
	progress, answer := question(1, "ko")
	ref, err := o.Post(o.t.Context(), thread, progress)
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range 3 {
		progress.Text = fmt.Sprintf("단계 %d", i)
		if err := o.Update(o.t.Context(), ref, progress); err != nil {
			o.t.Error(err)
		}
	}
	if m := o.bots(thread); len(m) != 1 || m[0].TS != ref.ID {
		o.t.Fatalf("%d messages of progress", len(m))
	} else if text := slacktest.Text(m[0]); !strings.Contains(text, "단계 2") {
		o.t.Errorf("the last progress is not shown: %s", text)
	}
	if err := o.Update(o.t.Context(), ref, answer); err != nil {
		o.t.Error(err)
	}
	o.mustAnswerOnce(thread, 1)
	return thread
}

func TestStreams(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{Scale: 4}) // a stream may say nothing for five seconds
	thread := o.streamOne(slacktest.Sales)
	if n := len(o.Calls("chat.startStream")); n != 1 || len(o.Calls("chat.appendStream")) == 0 || len(o.Calls("chat.stopStream")) != 1 || len(o.Calls("chat.update")) != 1 {
		t.Errorf("streamed %d times, appended %d, stopped %d, updated %d", n, len(o.Calls("chat.appendStream")), len(o.Calls("chat.stopStream")), len(o.Calls("chat.update")))
	}
	if m := o.bots(thread)[0]; !m.Streamed || m.Stream {
		t.Errorf("streamed %v, streaming %v", m.Streamed, m.Stream)
	}
}

// A question that takes longer than a stream lives goes on without it. The stream's end is
// seconds away, so a busy machine may be late for it: one of three must not be.
func TestLongQuestionsOutliveTheirStream(t *testing.T) {
	t.Parallel()
	var late []string
	for range 3 {
		if late = outlivesItsStream(t); len(late) == 0 {
			return
		}
	}
	t.Errorf("after Slack had ended the stream came %v", late)
}

// outlivesItsStream asks such a question, and returns the calls that came after Slack had
// ended its stream.
func outlivesItsStream(t *testing.T) (late []string) {
	t.Helper()
	o := startOut(t, slacktest.Options{Scale: 100}) // a stream lives three seconds
	thread := o.asked(slacktest.Minji, slacktest.Sales)
	progress, answer := question(1, "en")
	ref := o.begun(thread, progress)
	began, shown := time.Now(), 0
	for shown < 5 && time.Since(began) < time.Minute {
		progress.Text = fmt.Sprintf("after %v", time.Since(began))
		if err := o.Update(t.Context(), ref, progress); err != nil {
			t.Fatal(err)
		}
		// Some is left out for its rate, and more comes.
		if time.Since(began) > 3200*time.Millisecond && strings.Contains(slacktest.Text(o.bots(thread)[0]), progress.Text) {
			shown++
		}
	}
	if shown < 5 {
		t.Error("no progress is shown after the stream's time")
	}
	if len(o.Calls("chat.startStream")) == 0 {
		t.Fatal("it was not streamed")
	}
	for _, c := range o.Calls("") {
		if c.Error == "message_not_in_streaming_state" {
			late = append(late, c.Method)
		}
	}
	if err := o.Update(t.Context(), ref, answer); err != nil {
		t.Fatal(err)
	}
	o.mustAnswerOnce(thread, 1)
	return late
}

// A stream that says nothing becomes an ordinary message before Slack ends it.
func TestIdleStreamsAreLeft(t *testing.T) {
	t.Parallel()
	for _, broken := range []bool{false, true} {
		o := startOut(t, slacktest.Options{Scale: 200})
		if broken {
			o.Fault(slacktest.Fault{Method: "chat.*", If: func(method string, _ map[string]string) bool { return method != "chat.startStream" }, Times: 3, Status: 500})
		}
		thread := o.asked(slacktest.Minji, o.DM(slacktest.Minji))
		progress, answer := question(1, "ko")
		ref := o.begun(thread, progress)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := o.Wait(ctx, func() bool { return o.bots(thread)[0].Edits == 1 }); err != nil {
			t.Fatal("it is still streamed")
		}
		if m := o.bots(thread)[0]; m.Stream || !strings.Contains(slacktest.Text(m), progress.Text) || len(slacktest.Actions(m)) != 1 {
			t.Errorf("streaming %v, shows %s, to press %v", m.Stream, slacktest.Text(m), slacktest.Actions(m))
		}
		if state, _ := o.Session(thread.Channel, thread.ID); state != "processing" {
			t.Errorf("after the stream the session is %q", state)
		}
		progress.Text = "아직 찾고 있어요"
		if err := o.Update(t.Context(), ref, progress); err != nil || !strings.Contains(slacktest.Text(o.bots(thread)[0]), progress.Text) {
			t.Errorf("progress after the stream: %v", err)
		}
		if err := o.Update(t.Context(), ref, answer); err != nil {
			t.Error(err)
		}
		o.mustAnswerOnce(thread, 1)
		if state, _ := o.Session(thread.Channel, thread.ID); state != "active" {
			t.Errorf("after the answer the session is %q", state)
		}
	}
}

// Another process knows nothing of a stream, and ends it all the same.
func TestRestartMendsStreams(t *testing.T) {
	t.Parallel()
	for _, withProgress := range []bool{false, true} {
		o := startOut(t, slacktest.Options{})
		thread := o.asked(slacktest.Minji, o.DM(slacktest.Minji))
		progress, answer := question(1, "ko")
		ref := o.begun(thread, progress)
		if state, _ := o.Session(thread.Channel, thread.ID); state != "processing" {
			t.Errorf("the session is %q", state)
		}
		o.restart()
		if withProgress {
			progress.Text = "다시 시작했어요"
			if err := o.Update(t.Context(), ref, progress); err != nil {
				t.Error(err)
			}
		}
		if err := o.Update(t.Context(), ref, answer); err != nil {
			t.Error(err)
		}
		o.mustAnswerOnce(thread, 1)
		if state, _ := o.Session(thread.Channel, thread.ID); state != "active" {
			t.Errorf("the session is %q", state)
		}
	}
}

// A process dies after Slack took the progress and before its place was kept: the next
// one finds it, streamed or not.
func TestRestartFindsWhatWasPosted(t *testing.T) {
	t.Parallel()
	for _, without := range [][]slacktest.Feature{nil, {slacktest.Streaming}} {
		o := startOut(t, slacktest.Options{Without: without})
		thread := o.asked(slacktest.Minji, slacktest.Sales)
		progress, answer := question(1, "ko")
		before, err := o.Post(t.Context(), thread, progress)
		if err != nil {
			t.Fatal(err)
		}
		o.restart()
		answer.Again = true
		after, err := o.Post(t.Context(), thread, answer)
		if err != nil || after != before {
			t.Errorf("was at %+v, is at %+v (%v)", before, after, err)
		}
		o.mustAnswerOnce(thread, 1)
	}
}

// Slack takes a post and never answers: it is found, not posted again.
func TestHungPostsAreFound(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"chat.postMessage", "chat.startStream"} {
		for _, done := range []bool{true, false} {
			o := startOut(t, slacktest.Options{})
			o.Slack = o.process(func(tr *http.Transport) { tr.ResponseHeaderTimeout = 3 * time.Second })
			o.Fault(slacktest.Fault{Method: method, Hang: true, After: done, Times: 1})
			thread := o.asked(slacktest.Minji, slacktest.Sales)
			progress, answer := question(1, "ko")
			if method == "chat.postMessage" {
				progress = answer
			}
			if err := ask(t.Context(), o, thread, progress, answer); err != nil {
				t.Error(err)
			}
			o.mustAnswerOnce(thread, 1)
		}
	}
}

// However slow Slack is with progress, the answer is what is shown at last.
func TestAnswersAreNotOvertaken(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{Without: []slacktest.Feature{slacktest.Streaming}})
	slow := make(chan struct{})
	once := sync.OnceFunc(func() { close(slow) })
	o.Fault(slacktest.Fault{Method: "chat.update", Slow: 300 * time.Millisecond, If: func(_ string, args map[string]string) bool {
		if !strings.Contains(args["text"], "단계") {
			return false
		}
		once()
		return true
	}})
	thread := o.asked(slacktest.Minji, slacktest.Sales)
	progress, answer := question(1, "ko")
	ref, err := o.Post(t.Context(), thread, progress)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			p := progress
			p.Text = fmt.Sprintf("단계 %d", i)
			if err := o.Update(t.Context(), ref, p); err != nil {
				t.Error(err)
			}
		})
	}
	<-slow
	if err := o.Update(t.Context(), ref, answer); err != nil {
		t.Error(err)
	}
	wg.Wait()
	o.mustAnswerOnce(thread, 1)
	calls := o.Calls("chat.update")
	if last := calls[len(calls)-1]; !strings.Contains(last.Args["text"], "Answer number 1.") {
		t.Errorf("the last change says %q", last.Args["text"])
	}
}

// Of progress that comes faster than it may be shown, the newest is shown.
func TestProgressIsCoalesced(t *testing.T) {
	t.Parallel()
	for _, without := range [][]slacktest.Feature{nil, {slacktest.Streaming}} {
		o := startOut(t, slacktest.Options{Scale: 10, Without: without})
		thread := o.asked(slacktest.Minji, slacktest.Sales)
		progress, _ := question(1, "ko")
		ref, err := o.Post(t.Context(), thread, progress)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 300 {
			p := progress
			p.Text = fmt.Sprintf("단계 %d.", i)
			wg.Go(func() {
				if err := o.Update(t.Context(), ref, p); err != nil {
					t.Error(err)
				}
			})
			<-time.After(time.Millisecond)
		}
		wg.Wait()
		// A second of Slack's is a tenth here.
		sent, most := len(o.Calls("chat.update"))+len(o.Calls("chat.appendStream")), int(time.Since(began)/(100*time.Millisecond))+1
		if sent < 2 || sent > most {
			t.Errorf("sent %d times, want 2 to %d", sent, most)
		}
	}
}

// What is posted to a thread is there in the order in which it was posted, also when
// Slack takes the first only at the second try.
func TestOrderSurvivesRefusals(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{Scale: 600, Seed: 11})
	o.Fault(slacktest.Fault{Method: "chat.postMessage", Chance: 0.3, Status: 429})
	o.Fault(slacktest.Fault{Method: "chat.postMessage", Chance: 0.3, After: true})
	thread := o.asked(slacktest.Minji, slacktest.Sales)
	var wg sync.WaitGroup
	const n = 12
	for i := range n {
		began := make(chan string)
		wg.Go(func() {
			began <- goroutine()
			if _, err := o.Post(t.Context(), thread, bot.Message{Kind: bot.KindNotice, Language: "en", Key: fmt.Sprint("n", i), Text: fmt.Sprintf("notice %d", i)}); err != nil {
				t.Error(err)
			}
		})
		for id := <-began; !waits(id); { // it is in the queue before the next
			<-time.After(time.Millisecond)
		}
	}
	wg.Wait()
	messages := o.bots(thread)
	if len(messages) != n {
		t.Fatalf("%d messages, want %d", len(messages), n)
	}
	for i, m := range messages {
		if !strings.Contains(slacktest.Text(m), fmt.Sprintf("notice %d", i)) {
			t.Errorf("message %d says %q", i, slacktest.Text(m))
		}
	}
}

// goroutine is the number of the caller's goroutine.
func goroutine() string {
	head := make([]byte, 64)
	id, _, _ := strings.Cut(strings.TrimPrefix(string(head[:runtime.Stack(head, false)]), "goroutine "), " ")
	return id
}

// waits tells whether a goroutine waits for something, or is over.
func waits(goroutine string) bool {
	all := make([]byte, 16<<20)
	_, state, there := strings.Cut("\n"+string(all[:runtime.Stack(all, true)]), "\ngoroutine "+goroutine+" [")
	return !there || strings.HasPrefix(state, "select")
}

// TestAGlanceIsNoOlderThanWhoLooks: what a busy process saw of a channel a moment ago does
// not hide what another posted since, before it handed over.
func TestAGlanceIsNoOlderThanWhoLooks(t *testing.T) {
	t.Parallel()
	const others = 60 // Slack takes fifty looks a minute
	o := startOut(t, slacktest.Options{Scale: 2, Without: []slacktest.Feature{slacktest.Streaming}})
	thread := o.asked(slacktest.Minji, slacktest.General)
	taken := o.process()
	var wg sync.WaitGroup
	for i := range others {
		other := o.asked(slacktest.Minji, []string{slacktest.General, slacktest.Sales, slacktest.Private, slacktest.Shared}[i%4])
		wg.Go(func() {
			_, answer := question(i+1, "ko")
			answer.Again = true
			if _, err := taken.Post(t.Context(), other, answer); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(o.Calls("conversations.history")) == 0 {
		t.Fatal("no channel was glanced at")
	}
	_, answer := question(0, "ko")
	if _, err := o.Post(t.Context(), thread, answer); err != nil {
		t.Fatal(err)
	}
	answer.Again = true
	if _, err := taken.Post(t.Context(), thread, answer); err != nil {
		t.Fatal(err)
	}
	o.mustAnswerOnce(thread, 0)
}

// After a restart in a crowd every question is looked for, within Slack's rates, and
// those of which something is there are told from those of which nothing is.
func TestRestartInACrowd(t *testing.T) {
	t.Parallel()
	const questions = 120
	o := startOut(t, slacktest.Options{Scale: 20, Without: []slacktest.Feature{slacktest.Streaming}})
	threads := make([]bot.Thread, questions)
	refs := map[int]bot.Ref{}
	for i := range threads {
		threads[i] = o.asked(slacktest.Minji, []string{slacktest.General, slacktest.Sales, slacktest.Private, slacktest.Shared}[i%4])
		if progress, _ := question(i, "ko"); i < 12 {
			ref, err := o.Post(t.Context(), threads[i], progress)
			if err != nil {
				t.Fatal(err)
			}
			refs[i] = ref
		}
	}
	o.restart()
	began := time.Now()
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() {
			_, answer := question(i, "ko")
			answer.Again = true
			ref, err := o.Post(t.Context(), threads[i], answer)
			if before, there := refs[i]; err != nil || there && ref != before {
				t.Errorf("question %d is at %+v, was at %+v: %v", i, ref, before, err)
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	for i, thread := range threads {
		o.mustAnswerOnce(thread, i)
	}
	// Slack takes fifty looks a minute, here in three seconds: the longer a busy machine
	// takes, the more are looked for one by one.
	most := max(questions-1, 50+50*int(took/(3*time.Second)))
	if n := len(o.Calls("conversations.replies")) + len(o.Calls("conversations.history")); n > most {
		t.Errorf("looked %d times for %d questions", n, questions)
	}
	t.Logf("%d questions in %v, looked %d and %d times", questions, took, len(o.Calls("conversations.replies")), len(o.Calls("conversations.history")))
}
