package teams_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/standin"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// streamOne asks a question in somebody's own chat with some progress, and returns its
// thread.
func (o *out) streamOne() bot.Thread {
	o.t.Helper()
	thread := o.asked(teamstest.Minji, teamstest.Minji)
	progress, answer := question(1, "ko")
	ref, err := o.driver.Post(o.t.Context(), thread, progress)
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range 3 {
		progress.Text = fmt.Sprintf("단계 %d", i)
		if err := o.driver.Update(o.t.Context(), ref, progress); err != nil {
			o.t.Error(err)
		}
	}
	if m, ok := o.Message(thread.Channel, ref.ID); !ok || !strings.Contains(teamstest.Text(m), "단계 2") {
		o.t.Errorf("the last progress is not shown: %q", teamstest.Text(m))
	}
	if err := o.driver.Update(o.t.Context(), ref, answer); err != nil {
		o.t.Error(err)
	}
	return thread
}

// parts are the calls that streamed something, by kind.
func (o *out) parts() map[string]int {
	out := map[string]int{}
	for _, c := range o.Calls("activities.send") {
		for _, kind := range []string{"informative", "streaming", "final"} {
			if strings.Contains(string(c.Body), `"streamType":"`+kind+`"`) {
				out[kind]++
			}
		}
	}
	return out
}

func TestStreams(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{Scale: 10})
	thread := o.streamOne()
	o.mustAnswerOnce(thread, 1)
	if p := o.parts(); p["informative"] < 2 || p["final"] != 1 || len(o.Calls("activities.update")) != 0 {
		t.Errorf("streamed %v, updated %d", p, len(o.Calls("activities.update")))
	}
	m := o.bots(thread)[0]
	// Text and a card are two messages to Teams, of which only one can be changed.
	if m.Stream != teamstest.Final || len(m.Cards) != 1 || m.Text != "" {
		t.Errorf("the stream is %q with %d cards and says %q", m.Stream, len(m.Cards), m.Text)
	}
	if n := o.Refused()["stream"]; n != 0 {
		t.Errorf("%d parts came too fast", n)
	}
	for _, c := range []string{teamstest.Sales, teamstest.Group} {
		thread := o.asked(teamstest.Minji, c)
		progress, answer := question(2, "en")
		if err := ask(t.Context(), o.driver, thread, progress, answer); err != nil {
			t.Fatal(err)
		}
	}
	if p := o.parts(); p["final"] != 1 {
		t.Errorf("streamed %v where Teams does not", p)
	}
}

// A stream that Teams ends, refuses or loses goes on as a message that is changed, and
// never stays half done.
func TestStreamsDie(t *testing.T) {
	t.Parallel()
	kind := func(kind string) func(teamstest.Call) bool {
		return func(c teamstest.Call) bool { return strings.Contains(string(c.Body), `"streamType":"`+kind+`"`) }
	}
	later := func(c teamstest.Call) bool {
		return kind("informative")(c) && !strings.Contains(string(c.Body), `"streamSequence":1}`)
	}
	for _, s := range []struct {
		name  string
		fault teamstest.Fault
		two   bool // progress that nobody knows of stays behind

		stopped bool // the reader stops it before the answer comes
	}{
		{name: "start refused", fault: teamstest.Fault{If: kind("informative"), Status: http.StatusForbidden, Error: "ContentStreamNotAllowed"}},
		{name: "start not understood", fault: teamstest.Fault{If: kind("informative"), Status: http.StatusBadRequest, Error: "BadArgument"}},
		{name: "start lost", fault: teamstest.Fault{If: kind("informative"), After: true, Times: 1}, two: true},
		{name: "start broken", fault: teamstest.Fault{If: kind("informative"), Reset: true, Times: 1}},
		{name: "part refused", fault: teamstest.Fault{If: later, Status: http.StatusForbidden, Error: "ContentStreamNotAllowed"}, stopped: true},
		{name: "stopped before the end", fault: teamstest.Fault{Op: "none"}, stopped: true},
		{name: "part lost", fault: teamstest.Fault{If: later, After: true, Times: 1}},
		{name: "end lost", fault: teamstest.Fault{If: kind("final"), After: true, Times: 1}},
		{name: "end breaks", fault: teamstest.Fault{If: kind("final"), Reset: true, Times: 2}},
		{name: "end fails", fault: teamstest.Fault{If: kind("final"), Status: http.StatusInternalServerError, Times: 2}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			o := startOut(t, teamstest.Options{Scale: 20})
			o.Fault(s.fault)
			thread := o.asked(teamstest.Minji, teamstest.Minji)
			progress, answer := question(1, "ko")
			ref, err := o.driver.Post(t.Context(), thread, progress)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				progress.Text = fmt.Sprintf("단계 %d", i)
				if err := o.driver.Update(t.Context(), ref, progress); err != nil {
					t.Error(err)
				}
			}
			if s.stopped {
				o.StopStream(teamstest.Minji)
			}
			if err := o.driver.Update(t.Context(), ref, answer); err != nil {
				t.Error(err)
			}
			answers, repeated, left := o.answersOf(thread, 1)
			if answers != 1 || repeated != 0 || left > 0 != s.two {
				t.Errorf("%d answers, %d repeated, %d times progress stayed behind", answers, repeated, left)
			}
		})
	}
}

// The two minutes of a stream are over by Teams' clock before ours: the answer takes its
// place.
func TestAnswersAfterTheStreamsTime(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	o := startOut(t, teamstest.Options{Clock: clock, NoRates: true})
	thread := o.asked(teamstest.Minji, teamstest.Minji)
	progress, answer := question(1, "ko")
	ref, err := o.driver.Post(t.Context(), thread, progress)
	if err != nil {
		t.Fatal(err)
	}
	if s := o.bots(thread)[0].Stream; s != teamstest.Informing {
		t.Fatalf("the stream is %q", s)
	}
	clock.Advance(2 * time.Minute)
	if s := o.bots(thread)[0].Stream; s != teamstest.TimedOut {
		t.Fatalf("after two minutes the stream is %q", s)
	}
	progress.Text = "아직 찾고 있어요"
	if err := o.driver.Update(t.Context(), ref, progress); err != nil {
		t.Fatal(err)
	}
	if m := o.bots(thread)[0]; !strings.Contains(teamstest.Text(m), progress.Text) || len(m.Cards) != 1 {
		t.Errorf("progress after the stream's time: %q", teamstest.Text(m))
	}
	if err := o.driver.Update(t.Context(), ref, answer); err != nil {
		t.Fatal(err)
	}
	o.mustAnswerOnce(thread, 1)
	if id := o.bots(thread)[0].ID; id != ref.ID {
		t.Errorf("the answer is at %s, the progress was at %s", id, ref.ID)
	}
}

// A question that takes longer than a stream lives goes on without it, with a button to
// stop it, also when it says nothing meanwhile. The stream's end is seconds away, so a busy
// machine may be late for it: one of three must not be.
func TestLongQuestionsOutliveTheirStream(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprint("silent: ", silent), func(t *testing.T) {
			t.Parallel()
			for range 3 {
				if !lateForItsStream(t, silent) {
					return
				}
			}
			t.Error("something came after Teams had ended the stream")
		})
	}
}

// lateForItsStream asks such a question, and reports whether something came after Teams had
// ended its stream.
func lateForItsStream(t *testing.T, silent bool) (late bool) {
	t.Helper()
	o := startOut(t, teamstest.Options{Scale: 40}) // a stream lives three seconds
	thread := o.asked(teamstest.Minji, teamstest.Minji)
	progress, answer := question(1, "en")
	ref, err := o.driver.Post(t.Context(), thread, progress)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	refused := func() bool {
		return slices.ContainsFunc(o.Calls(""), func(c teamstest.Call) bool { return c.Error == "ContentStreamNotAllowed" })
	}
	left := func() bool { return o.bots(thread)[0].Stream == teamstest.Final || refused() }
	if silent {
		if err := o.Wait(ctx, left); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; !left() && ctx.Err() == nil; i++ {
		progress.Text = fmt.Sprintf("step %d", i)
		if err := o.driver.Update(ctx, ref, progress); err != nil {
			t.Fatal(err)
		}
	}
	progress.Text = "still at it"
	if err := o.driver.Update(ctx, ref, progress); err != nil {
		t.Fatal(err)
	}
	s := shown(o.bots(thread))
	late = refused()
	if !late && (len(s) != 1 || !strings.Contains(s[0].Text, "still at it") || len(s[0].Actions) == 0 || s[0].Actions[0] != bot.ActionCancel) {
		t.Errorf("after the stream is shown: %+v", s)
	}
	if err := o.driver.Update(ctx, ref, answer); err != nil {
		t.Fatal(err)
	}
	o.mustAnswerOnce(thread, 1)
	return late
}

// A chat has one stream: who asks twice sees the second question's progress in a card.
func TestOneStreamInAChat(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{Scale: 10})
	var refs [3]bot.Ref
	threads := [3]bot.Thread{}
	for i := range refs {
		threads[i] = o.asked(teamstest.Minji, teamstest.Minji)
		progress, _ := question(i, "ko")
		var err error
		if refs[i], err = o.driver.Post(t.Context(), threads[i], progress); err != nil {
			t.Fatal(err)
		}
	}
	streams := 0
	for _, m := range o.bots(threads[0]) {
		if m.Stream == teamstest.Informing {
			streams++
		}
	}
	if streams != 1 {
		t.Errorf("%d streams in a chat", streams)
	}
	var wg sync.WaitGroup
	for i, ref := range refs {
		wg.Go(func() {
			_, answer := question(i, "ko")
			if err := o.driver.Update(t.Context(), ref, answer); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range refs {
		if answers, repeated, left := o.answersOf(threads[i], i); answers != 1 || repeated != 0 || left != 0 {
			t.Errorf("question %d: %d answers, %d repeated, %d left", i, answers, repeated, left)
		}
	}
	// The next question has a stream again.
	next := o.asked(teamstest.Minji, teamstest.Minji)
	progress, _ := question(9, "ko")
	ref, err := o.driver.Post(t.Context(), next, progress)
	if err != nil {
		t.Fatal(err)
	}
	if m, _ := o.Message(next.Channel, ref.ID); m.Stream != teamstest.Informing {
		t.Errorf("the next question's progress is %q", m.Stream)
	}
}

// Progress with more to press than a stream has is a card; a stream that gets more to press
// becomes one.
func TestButtonsNeedACard(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{})
	thread := o.asked(teamstest.Minji, teamstest.Minji)
	progress, answer := question(1, "ko")
	ref, err := o.driver.Post(t.Context(), thread, progress)
	if err != nil {
		t.Fatal(err)
	}
	waits := bottest.Messages()["limit-ko"]
	waits.Key, waits.Question = progress.Key, progress.Question
	if err := o.driver.Update(t.Context(), ref, waits); err != nil {
		t.Fatal(err)
	}
	if s := shown(o.bots(thread)); len(s) != 1 || !strings.Contains(strings.Join(s[0].Actions, " "), bot.ActionNotify) {
		t.Errorf("shown: %+v", s)
	}
	if err := o.driver.Update(t.Context(), ref, answer); err != nil {
		t.Fatal(err)
	}
	o.mustAnswerOnce(thread, 1)
}

// However long progress is, and whatever is in it, it is streamed.
func TestLongProgressIsStreamed(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"Korean": strings.Repeat("지역별 매출 ", 500), "hostile": bottest.Attack + strings.Repeat("<&>*_[x](y) ", 300), "emoji": strings.Repeat("👩‍👩‍👧", 400),
	} {
		o := startOut(t, teamstest.Options{})
		thread := o.asked(teamstest.Minji, teamstest.Minji)
		progress, answer := question(1, "ko")
		progress.Text = text
		ref, err := o.driver.Post(t.Context(), thread, progress)
		if err != nil {
			t.Fatal(err)
		}
		if m, _ := o.Message(thread.Channel, ref.ID); m.Stream != teamstest.Informing || len(m.Text) < 500 {
			t.Errorf("%s: the stream is %q and says %d bytes", name, m.Stream, len(m.Text))
		}
		if err := o.driver.Update(t.Context(), ref, answer); err != nil {
			t.Fatal(err)
		}
		o.mustAnswerOnce(thread, 1)
	}
}

// Where no streams can be had they are not tried with every question.
func TestRefusedStreamsAreRemembered(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{People: manyPeople})
	o.Fault(teamstest.Fault{If: func(c teamstest.Call) bool { return strings.Contains(string(c.Body), "streaminfo") }, Status: http.StatusForbidden, Error: "ContentStreamNotAllowed"})
	for i := range 8 {
		thread := o.asked(manyPeople[i].ID, manyPeople[i].ID)
		progress, answer := question(i, "en")
		if err := ask(t.Context(), o.driver, thread, progress, answer); err != nil {
			t.Fatal(err)
		}
		o.mustAnswerOnce(thread, i)
	}
	if n := o.parts()["informative"]; n != 3 {
		t.Errorf("tried %d times", n)
	}
}

// Who presses Teams' own button to stop a stream has stopped the question.
func TestStoppedByTheReader(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprint("silent: ", silent), func(t *testing.T) {
			t.Parallel()
			stopped(t, silent)
		})
	}
}

func stopped(t *testing.T, silent bool) {
	t.Helper()
	o := startOut(t, teamstest.Options{Scale: 10})
	thread := o.asked(teamstest.Minji, teamstest.Minji)
	progress, _ := question(1, "ko")
	ref, err := o.driver.Post(t.Context(), thread, progress)
	if err != nil {
		t.Fatal(err)
	}
	if !o.StopStream(teamstest.Minji) {
		t.Fatal("nothing is streamed")
	}
	if !silent {
		progress.Text = "단계 2"
		if err := o.driver.Update(t.Context(), ref, progress); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case ev := <-o.told:
		if ev.Kind != bot.EventAction || ev.Action.Name != bot.ActionCancel || ev.Action.Question != "q-1" || ev.Thread != thread || ev.User.ID != object(1) {
			t.Errorf("told %+v, %+v", ev, ev.Action)
		}
	case <-time.After(time.Minute):
		t.Fatal("nobody was told")
	}
	if err := o.driver.Update(t.Context(), ref, bot.Message{Kind: bot.KindNotice, Language: "ko", Key: progress.Key, Text: "멈췄어요."}); err != nil {
		t.Fatal(err)
	}
	if m := o.bots(thread); len(m) != 1 || !strings.Contains(teamstest.Text(m[0]), "멈췄어요") {
		t.Errorf("%d messages are shown, the first says %q", len(m), teamstest.Text(m[0]))
	}
}

type handler func(bot.Event)

func (h handler) Handle(_ context.Context, ev bot.Event) (bot.Receipt, error) {
	h(ev)
	return bot.Receipt{}, nil
}

// A stream that an earlier process began is ended by the next one with the answer, whether
// it still runs or Teams has ended it, and whether or not anything is written of it.
func TestStreamsOfAnEarlierProcess(t *testing.T) {
	t.Parallel()
	for _, over := range []bool{false, true} {
		for _, written := range []bool{false, true} {
			for _, more := range []bool{false, true} {
				t.Run(fmt.Sprintf("over %v, written %v, more progress %v", over, written, more), func(t *testing.T) {
					t.Parallel()
					clock := standin.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
					o := startOut(t, teamstest.Options{Clock: clock, NoRates: true})
					thread := o.asked(teamstest.Minji, teamstest.Minji)
					progress, answer := question(1, "ko")
					ref, err := o.driver.Post(t.Context(), thread, progress)
					if err != nil {
						t.Fatal(err)
					}
					if over {
						clock.Advance(2 * time.Minute)
					}
					if !written {
						progress.Key, answer.Key = "", ""
					}
					var next bot.Poster = o.process()
					if more && written {
						progress.Text = "다시 시작했어요"
						if err := next.Update(t.Context(), ref, progress); err != nil {
							t.Fatal(err)
						}
						if m := o.bots(thread)[0]; !strings.Contains(teamstest.Text(m), progress.Text) {
							t.Errorf("progress of the next process is not shown: %q", teamstest.Text(m))
						}
					}
					if written {
						answer.Again = true
						_, err = next.Post(t.Context(), thread, answer)
					} else {
						err = next.Update(t.Context(), ref, answer)
					}
					if err != nil {
						t.Fatal(err)
					}
					o.mustAnswerOnce(thread, 1)
				})
			}
		}
	}
}
