package teams_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// counted is the value of a counter, summed over its labels.
func (o *out) counted(name string) float64 {
	o.t.Helper()
	r := prometheus.NewPedanticRegistry()
	if err := o.driver.Register(r); err != nil {
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

// The notes that stand before what may be there twice.
const (
	repeatsKo = "다시 보내 드려요"
	repeatsEn = "here it is again"
)

func repeats(m teamstest.Message) bool {
	text := teamstest.Text(m)
	return strings.Contains(text, repeatsKo) || strings.Contains(text, repeatsEn)
}

// answersOf parts the bot's messages of a thread: those that show the n-th answer, how many
// of them say that they may be repetitions, and those that are left of progress.
func (o *out) answersOf(thread bot.Thread, n int) (answers, repeated, left int) {
	for _, m := range o.bots(thread) {
		text := teamstest.Text(m)
		switch {
		case strings.Contains(text, fmt.Sprintf("Answer number %d.", n)):
			answers++
			if repeats(m) {
				repeated++
			}
		case !strings.Contains(text, "Answer number "): // of another question of the chat
			left++
		}
	}
	return answers, repeated, left
}

// mustAnswerOnce checks that the thread shows the n-th answer, once, and nothing else.
func (o *out) mustAnswerOnce(thread bot.Thread, n int) {
	o.t.Helper()
	messages := o.bots(thread)
	if len(messages) != 1 {
		o.t.Errorf("question %d: %d messages", n, len(messages))
		return
	}
	if answers, repeated, _ := o.answersOf(thread, n); answers != 1 || repeated != 0 {
		o.t.Errorf("question %d shows %.300q", n, teamstest.Text(messages[0]))
	}
	if s := messages[0].Stream; s == teamstest.Informing || s == teamstest.Streaming {
		o.t.Errorf("question %d is still streamed", n)
	}
}

// askMany asks n questions by so many workers: one in four in two channels, the others in
// people's own chats. It returns the threads.
func (o *out) askMany(n, workers int) []bot.Thread {
	o.t.Helper()
	threads := make([]bot.Thread, n)
	for i := range threads {
		switch {
		case i%4 < 3:
			person := manyPeople[i%len(manyPeople)].ID
			threads[i] = o.asked(person, person)
		default:
			threads[i] = o.asked(teamstest.Minji, []string{teamstest.General, teamstest.Sales}[i/4%2])
		}
	}
	todo := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range todo {
				progress, answer := question(i, []string{"ko", "en"}[i%2])
				if err := ask(o.t.Context(), o.driver, threads[i], progress, answer); err != nil {
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

var manyPeople = func() (all []teamstest.Person) {
	for i := range 100 {
		all = append(all, teamstest.Person{ID: fmt.Sprintf("29:1crowd-%03d", i), Name: fmt.Sprintf("Person %d", i)})
	}
	return all
}()

// One call in five fails, in each way that calls can fail: every question is answered.
// What is refused before it was done is answered once. Where the answer to a call is lost
// nothing tells whether it was done: then it is there again at most with a sentence that
// says so, and progress that nobody knows of stays behind.
func TestFaultsLoseNothing(t *testing.T) {
	const chance = 0.2
	for _, c := range []struct {
		name   string
		faults []teamstest.Fault
		lost   bool
	}{
		{name: "429", faults: []teamstest.Fault{{Op: "activities.*", Chance: chance, Status: 429, RetryAfter: 1}}},
		{name: "412", faults: []teamstest.Fault{{Op: "activities.*", Chance: chance, Status: 412}}},
		{name: "502", faults: []teamstest.Fault{{Op: "activities.*", Chance: chance, Status: 502}}},
		{name: "reset after", faults: []teamstest.Fault{{Op: "activities.*", Chance: chance, After: true}}, lost: true},
		{name: "reset before", faults: []teamstest.Fault{{Op: "activities.*", Chance: chance, Reset: true}}, lost: true},
		{name: "all of them", lost: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := startOut(t, teamstest.Options{Scale: 600, Seed: 7, People: manyPeople})
			for _, f := range c.faults {
				o.Fault(f)
			}
			if c.faults == nil {
				o.Chaos(chance)
			}
			questions := 60
			if c.lost {
				questions = 200
			}
			again, left := 0, 0
			for i, thread := range o.askMany(questions, 40) {
				answers, repeated, progress := o.answersOf(thread, i)
				left += progress
				again += answers - 1
				if answers == 0 || answers-repeated > 1 {
					t.Errorf("question %d: %d answers, of which %d say that they may be repetitions", i, answers, repeated)
				}
			}
			t.Logf("%d answers twice, with a sentence that says so; %d times progress stayed behind", again, left)
			if !c.lost && (again > 0 || left > 0) {
				t.Errorf("%d answers twice, %d times progress stayed behind, though nothing was lost", again, left)
			}
		})
	}
}

// A crowd asks in one channel, at the rates of Teams: nothing is refused for its rate, and
// answers do not wait behind progress.
func TestACrowdIsAnsweredAtTheRates(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{Scale: 20})
	const n, window = 120, 1500 * time.Millisecond // the half minute in which the channel takes 60 messages
	threads := make([]bot.Thread, n)
	for i := range threads {
		threads[i] = o.asked(teamstest.Minji, teamstest.Sales)
	}
	began := time.Now()
	var wg sync.WaitGroup
	for i, thread := range threads {
		wg.Go(func() {
			progress, answer := question(i, "en")
			if err := ask(t.Context(), o.driver, thread, progress, answer); err != nil {
				t.Errorf("question %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	for i, thread := range threads {
		o.mustAnswerOnce(thread, i)
	}
	if r := o.Refused(); len(r) > 0 {
		t.Errorf("refused: %v", r)
	}
	progress := 0
	for _, c := range o.Calls("activities.send") {
		if strings.Contains(string(c.Body), "⏳") {
			progress++
		}
	}
	t.Logf("%d questions in %v, %d with progress", n, took, progress)
	// The longer a busy machine takes, the more the channel takes.
	if most := max(n/2, 60+60*int(took/window)-n); progress > most {
		t.Errorf("%d of %d showed progress, though the channel takes 60 messages in 30 s", progress, n)
	}
}

// Progress that comes faster than it may be shown is left out, the newest is shown, and none
// of it comes after the answer.
func TestProgressIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, conversation := range []string{teamstest.Sales, teamstest.Minji} {
		o := startOut(t, teamstest.Options{Scale: 10})
		thread := o.asked(teamstest.Minji, conversation)
		progress, answer := question(1, "en")
		ref, err := o.driver.Post(t.Context(), thread, progress)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				step := progress
				step.Text = fmt.Sprintf("step %d of many", i)
				if err := o.driver.Update(t.Context(), ref, step); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		progress.Text = "the newest"
		if err := o.driver.Update(t.Context(), ref, progress); err != nil {
			t.Fatal(err)
		}
		if m, _ := o.Message(thread.Channel, ref.ID); !strings.Contains(teamstest.Text(m), "the newest") {
			t.Errorf("the newest is not shown: %q", teamstest.Text(m))
		}
		var last time.Time
		for _, c := range o.Calls("") {
			if !strings.HasPrefix(c.Op, "activities.") {
				continue
			}
			if since := c.At.Sub(last); since < 80*time.Millisecond { // of 100, for the clocks of two machines
				t.Errorf("two changes within %v", since)
			}
			last = c.At
		}
		most := max(12, int(time.Since(began)/(100*time.Millisecond))+2) // more the longer a busy machine takes
		if n := len(o.Calls("activities.update")) + o.parts()["informative"]; n > most {
			t.Errorf("%d changes, want at most %d", n, most)
		}
		late := make(chan error, 1)
		go func() {
			progress.Text = "too late"
			late <- o.driver.Update(t.Context(), ref, progress)
		}()
		if err := o.driver.Update(t.Context(), ref, answer); err != nil {
			t.Fatal(err)
		}
		if err := <-late; err != nil {
			t.Error(err)
		}
		o.mustAnswerOnce(thread, 1)
	}
}

func isCard(c teamstest.Call) bool { return strings.Contains(string(c.Body), "card.adaptive") }

// However much Teams refuses, an answer is readable, and its place is kept.
func TestAnswersNeverVanish(t *testing.T) {
	t.Parallel()
	for _, f := range []teamstest.Fault{
		{If: isCard, Status: 400, Error: "BadArgument"}, {If: isCard, Status: 413},
		{If: func(c teamstest.Call) bool { return len(c.Body) > 30_000 }, Status: 413},
	} {
		for _, name := range []string{"several", "answer-ko", "long-text", "long-table", "hostile", "clarify-en", "failure-ko"} {
			for _, conversation := range []string{teamstest.Sales, teamstest.Minji} {
				t.Run(fmt.Sprint(f.Status, f.If == nil, " ", name), func(t *testing.T) {
					t.Parallel()
					o := startOut(t, teamstest.Options{})
					thread := o.asked(teamstest.Minji, conversation)
					progress, _ := question(1, "ko")
					ref, err := o.driver.Post(t.Context(), thread, progress)
					if err != nil {
						t.Fatal(err)
					}
					o.Fault(f)
					msg := bottest.Messages()[name]
					msg.Key, msg.For = progress.Key, progress.For
					if err := o.driver.Update(t.Context(), ref, msg); err != nil {
						t.Fatal(err)
					}
					m := o.bots(thread)
					if len(m) != 1 || m[0].ID != ref.ID {
						t.Fatalf("%d messages, the first is not where the progress was", len(m))
					}
					if text := teamstest.Text(m[0]); strings.Contains(text, "⏳") || len(text) < 20 {
						t.Errorf("shown is %q", text)
					}
				})
			}
		}
	}
}

// A level that is refused again and again is left alone.
func TestRefusedCardsAreRemembered(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{})
	o.Fault(teamstest.Fault{If: isCard, Status: 400, Error: "BadArgument"})
	for i := range 6 {
		_, answer := question(i, "ko")
		thread := o.asked(teamstest.Minji, teamstest.Sales)
		if _, err := o.driver.Post(t.Context(), thread, answer); err != nil {
			t.Fatal(err)
		}
		o.mustAnswerOnce(thread, i)
	}
	refused := 0
	for _, c := range o.Calls("activities.send") {
		if c.Status == 400 {
			refused++
		}
	}
	if refused != 6 { // two levels, three times each
		t.Errorf("refused %d times", refused)
	}
	if n := o.counted("bapsang_teams_falls_total"); n != 6 {
		t.Errorf("counted %v falls", n)
	}
}

// What its place does not take comes to the asker's own chat, once, and says where it was
// asked; who removed us is left alone until they take us back.
func TestDeliveredDirectly(t *testing.T) {
	t.Parallel()
	for _, why := range []string{"removed", "blocked", "gone"} {
		for _, updated := range []bool{false, true} {
			t.Run(fmt.Sprint(why, updated), func(t *testing.T) {
				t.Parallel()
				o := startOut(t, teamstest.Options{})
				thread := o.asked(teamstest.Minji, teamstest.Sales)
				progress, answer := question(1, "ko")
				var ref bot.Ref
				var err error
				if updated {
					if ref, err = o.driver.Post(t.Context(), thread, progress); err != nil {
						t.Fatal(err)
					}
				}
				if why == "removed" {
					o.Uninstall(teamstest.Minji, teamstest.Sales)
				} else {
					o.Fault(teamstest.Fault{If: func(c teamstest.Call) bool { return strings.HasPrefix(c.Conversation, teamstest.Sales) }, Status: map[string]int{"blocked": 403, "gone": 404}[why],
						Error: map[string]string{"gone": "ConversationNotFound"}[why]})
				}
				for range 2 { // the desk does not know whether the first was written down
					if updated {
						err = o.driver.Update(t.Context(), ref, answer)
					} else {
						ref, err = o.driver.Post(t.Context(), thread, answer)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if !updated && (!ref.Thread.Direct || ref.Thread.Channel != teamstest.Chat(teamstest.Minji)) {
					t.Errorf("it is at %+v", ref)
				}
				own := o.Messages(teamstest.Minji)
				if len(own) != 1 {
					t.Fatalf("%d messages in the asker's chat", len(own))
				}
				if text := teamstest.Text(own[0]); !strings.Contains(text, "Answer number 1.") || !strings.Contains(text, "물어보신 질문의 답이에요") {
					t.Errorf("it reads %q", text)
				}
				if !updated { // nor is it told again by a process that comes after
					answer.Again = true
					if again, err := o.process().Post(t.Context(), thread, answer); err != nil || again != ref {
						t.Errorf("a later process found it at %+v (%v), it is at %+v", again, err, ref)
					}
					if n := len(o.Messages(teamstest.Minji)); n != 1 {
						t.Errorf("%d messages in the asker's chat after a restart", n)
					}
				}
				if why == "removed" {
					before := len(o.Calls(""))
					_, other := question(2, "ko")
					other.For = ""
					if _, err := o.driver.Post(t.Context(), o.asked(teamstest.Minji, teamstest.Sales), other); codeOf(err) != bot.CodeGone {
						t.Errorf("posted where we were removed: %v", err)
					}
					if n := len(o.Calls("")); n != before {
						t.Errorf("%d more calls where we were removed", n-before)
					}
				}
			})
		}
	}
}

// Somebody who blocked us, or has no chat with us, is reached by nothing.
func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{})
	_, answer := question(1, "en")
	if _, err := o.driver.Post(t.Context(), bot.Direct(teams.Platform, o.Tenant(), object(5)), answer); codeOf(err) != bot.CodeGone {
		t.Errorf("post to who does not have the app: %v", err)
	}
	o.Block(teamstest.Minji)
	if _, err := o.driver.Post(t.Context(), bot.Direct(teams.Platform, o.Tenant(), object(1)), answer); codeOf(err) != bot.CodeGone {
		t.Errorf("post to who blocked us: %v", err)
	}
	only := bot.Thread{Platform: teams.Platform, Workspace: o.Tenant(), Channel: teamstest.Sales, Only: object(5)}
	if _, err := o.driver.Post(t.Context(), only, answer); codeOf(err) != bot.CodeGone {
		t.Errorf("post for who does not have the app: %v", err)
	}
	if m := o.Messages(teamstest.Sales); len(m) != 0 {
		t.Errorf("what was for one is seen by all: %q", teamstest.Text(m[0]))
	}
}

// A process that dies while it sends leaves it unknown whether it did: the next one sends
// it, and says so. What it did not begin to send it sends without a word.
func TestRestartWhileSending(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{false, true} {
		t.Run(fmt.Sprint("it was there: ", there), func(t *testing.T) {
			t.Parallel()
			o := startOut(t, teamstest.Options{})
			stop := o.Fault(teamstest.Fault{Op: "activities.send", After: there, Hang: true})
			thread := o.asked(teamstest.Minji, teamstest.Sales)
			_, answer := question(1, "en")
			ctx, die := context.WithCancel(t.Context())
			died := make(chan error, 1)
			go func() {
				_, err := o.driver.Post(ctx, thread, answer)
				died <- err
			}()
			wait, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := o.Wait(wait, func() bool { return len(o.Calls("activities.send")) == 1 }); err != nil {
				t.Fatal(err)
			}
			die()
			if err := <-died; err == nil {
				t.Fatal("it was posted")
			}
			stop()
			next := o.process()
			answer.Again = true
			for range 2 {
				if _, err := next.Post(t.Context(), thread, answer); err != nil {
					t.Fatal(err)
				}
			}
			answers, repeated, _ := o.answersOf(thread, 1)
			if want := map[bool]int{true: 2, false: 1}[there]; answers != want || repeated != 1 {
				t.Errorf("%d answers, of which %d say that they may be repetitions", answers, repeated)
			}
			_, fresh := question(2, "en")
			fresh.Again = true
			other := o.asked(teamstest.Minji, teamstest.Sales)
			if _, err := next.Post(t.Context(), other, fresh); err != nil {
				t.Fatal(err)
			}
			o.mustAnswerOnce(other, 2)
		})
	}
}

// Answers matter more than notes about them: with a full disk they are posted all the same.
func TestAFullDiskStopsNothing(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{})
	threads := []bot.Thread{o.asked(teamstest.Minji, teamstest.Sales), o.asked(teamstest.Minji, teamstest.Minji)}
	o.disk.fail.Store(true)
	for i, thread := range threads {
		progress, answer := question(i, "ko")
		if err := ask(t.Context(), o.driver, thread, progress, answer); err != nil {
			t.Errorf("question %d: %v", i, err)
		}
		o.mustAnswerOnce(thread, i)
	}
}

// A message that somebody deleted is posted anew, once, and is changed there from then on.
func TestADeletedMessageIsPostedAnew(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{})
	thread := o.asked(teamstest.Minji, teamstest.Sales)
	progress, answer := question(1, "ko")
	ref, err := o.driver.Post(t.Context(), thread, progress)
	if err != nil {
		t.Fatal(err)
	}
	o.Fault(teamstest.Fault{Op: "activities.update", If: func(c teamstest.Call) bool { return c.Activity == ref.ID }, Status: 404, Error: "ActivityNotFoundInConversation"})
	if err := o.driver.Update(t.Context(), ref, answer); err != nil {
		t.Fatal(err)
	}
	answer.Text = "Answer number 2."
	for _, p := range []bot.Poster{o.driver, o.process()} {
		if err := p.Update(t.Context(), ref, answer); err != nil {
			t.Fatal(err)
		}
	}
	if answers, repeated, _ := o.answersOf(thread, 2); answers != 1 || repeated != 0 {
		t.Errorf("%d answers, %d repeated", answers, repeated)
	}
}

// A chart is drawn once, however often it is shown.
func TestPicturesAreDrawnOnce(t *testing.T) {
	t.Parallel()
	o := startOut(t, teamstest.Options{})
	for i := range 3 {
		_, answer := question(i, "ko")
		if _, err := o.driver.Post(t.Context(), o.asked(teamstest.Minji, teamstest.Sales), answer); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.drawn.Load(); n != 1 {
		t.Errorf("drawn %d times", n)
	}
	failing := o.process(func(c *teams.Config) {
		c.Render = func(context.Context, json.RawMessage) ([]byte, error) { return nil, errDisk }
	})
	_, answer := question(7, "ko")
	thread := o.asked(teamstest.Minji, teamstest.Sales)
	if _, err := failing.Post(t.Context(), thread, answer); err != nil {
		t.Fatal(err)
	}
	o.mustAnswerOnce(thread, 7)
}

// A gateway that fails tells nothing of what became of an answer: it is said again, with a
// sentence that says so, also where it had not come.
func TestAGatewayThatFailsIsTold(t *testing.T) {
	t.Parallel()
	for _, status := range []int{502, 503, 504} {
		for _, done := range []bool{true, false} {
			o := startOut(t, teamstest.Options{})
			thread := o.asked(teamstest.Minji, teamstest.Sales)
			_, answer := question(1, "ko")
			o.Fault(teamstest.Fault{Op: "activities.send", Status: status, After: done, Times: 1})
			if _, err := o.driver.Post(t.Context(), thread, answer); err != nil {
				t.Fatal(err)
			}
			want := map[bool]int{true: 2, false: 1}[done]
			if answers, repeated, _ := o.answersOf(thread, 1); answers != want || repeated != 1 {
				t.Errorf("%d, done %v: %d answers, of which %d say that they may be repetitions", status, done, answers, repeated)
			}
			if n := o.counted("bapsang_teams_doubts_total"); n != 1 {
				t.Errorf("%d: %v doubts", status, n)
			}
		}
	}
}
