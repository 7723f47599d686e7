// Package bottest says what every chat platform's driver must do: the conformance
// suite of bot.Poster, and messages to try it with.
package bottest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/bapsang/bapsang/bot"
)

// Harness is a platform under test.
type Harness struct {
	Poster bot.Poster
	// Thread begins a new thread.
	Thread func(t *testing.T) bot.Thread
	// Shown returns what people see in the thread, oldest first, without what Thread
	// put there.
	Shown func(t *testing.T, thread bot.Thread) []Shown

	// What follows is nil where the platform has no such thing; Lacks then says why not,
	// by the name of the field.

	// Begin returns a thread without an ID, in a channel.
	Begin func(t *testing.T) bot.Thread
	// Direct is bot.Direct with somebody who has said nothing yet.
	Direct func(t *testing.T) bot.Thread
	// Only returns a thread with Only set, and reads what that person and what somebody
	// else sees in it.
	Only func(t *testing.T) (thread bot.Thread, they, others func(t *testing.T) []Shown)
	// Restart returns the poster of a process that comes after Poster's, on the same
	// platform. Nothing is posted by Poster from then on.
	Restart func(t *testing.T) bot.Poster
	// Fill has somebody press the button with a form of the message at ref, fill in the
	// values by the names of their fields, leave the others as they are, and send it. It
	// returns the action that the handler got.
	Fill func(t *testing.T, ref bot.Ref, b bot.Button, values map[string]string) bot.Action

	Lacks map[string]string
}

// Shown is a message as people see it.
type Shown struct {
	ID string // that of its bot.Ref
	// Text is all that can be read of it, without marks of form. White space does not
	// count.
	Text string
	// Actions are the names of the actions that can be pressed.
	Actions []string
}

// TestPoster runs the suite. start makes a platform of its own for each test.
func TestPoster(t *testing.T, start func(t *testing.T) Harness) {
	tests := map[string]func(*testing.T, Harness){
		"keeps order in a thread":      keepsOrder,
		"update replaces in place":     updateReplaces,
		"updating to the same is ok":   updateToSame,
		"threads are apart":            threadsAreApart,
		"a done context posts nothing": doneContext,
		"shows all that matters":       showsAll,
		"no progress after the end":    noProgressAfterEnd,
		"a key posts once":             keyPostsOnce,
		"a key posts once of many":     keyPostsOnceOfMany,
		"a refused key may come again": refusedKeyAgain,
		"a post begins a thread":       beginsThread,
		"a post begins a conversation": beginsConversation,
		"one person sees it":           onePersonSees,
		"a restart posts nothing anew": restartPostsOnce,
		"shows lines and links":        showsDigests,
		"forms come back":              formsComeBack,
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) { tests[name](t, start(t)) })
	}
}

func notice(text string) bot.Message {
	return bot.Message{Kind: bot.KindNotice, Language: "en", Text: text}
}

func post(t *testing.T, h Harness, thread bot.Thread, msg bot.Message) bot.Ref {
	t.Helper()
	ref, err := h.Poster.Post(t.Context(), thread, msg)
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	if ref.ID == "" || ref.Thread != thread {
		t.Fatalf("ref %+v does not lead back to thread %+v", ref, thread)
	}
	return ref
}

func keepsOrder(t *testing.T, h Harness) {
	thread := h.Thread(t)
	var want []string
	for i := range 12 {
		want = append(want, post(t, h, thread, notice(fmt.Sprintf("message %d", i))).ID)
	}
	var got []string
	for _, s := range h.Shown(t, thread) {
		got = append(got, s.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("shown in order %v, posted in order %v", got, want)
	}
}

func updateReplaces(t *testing.T, h Harness) {
	thread := h.Thread(t)
	messages := Messages()
	ref := post(t, h, thread, messages["progress-ko"])
	after := post(t, h, thread, notice("said afterwards"))
	if s := h.Shown(t, thread); len(s) != 2 || !slices.Contains(s[0].Actions, bot.ActionCancel) {
		t.Fatalf("progress is shown as %+v, want it with its stop button", s)
	}
	if err := h.Poster.Update(t.Context(), ref, messages["answer-ko"]); err != nil {
		t.Fatalf("update: %v", err)
	}
	s := h.Shown(t, thread)
	if len(s) != 2 || s[0].ID != ref.ID || s[1].ID != after.ID {
		t.Fatalf("after the update %d messages are shown, want the two in their order", len(s))
	}
	mustHave(t, "answer-ko", s[0], "12억 1,854만 원")
	if strings.Contains(squeeze(s[0].Text), squeeze(messages["progress-ko"].Text)) {
		t.Errorf("the progress is still shown: %s", s[0].Text)
	}
	if slices.Contains(s[0].Actions, bot.ActionCancel) {
		t.Error("the answer can still be stopped")
	}
}

func updateToSame(t *testing.T, h Harness) {
	thread := h.Thread(t)
	msg := Messages()["answer-en"]
	ref := post(t, h, thread, msg)
	before := h.Shown(t, thread)
	for range 3 {
		if err := h.Poster.Update(t.Context(), ref, msg); err != nil {
			t.Fatalf("update to what is shown: %v", err)
		}
	}
	if after := h.Shown(t, thread); len(after) != 1 || after[0].Text != before[0].Text {
		t.Errorf("shown after the updates: %+v", after)
	}
}

func threadsAreApart(t *testing.T, h Harness) {
	const threads, each = 6, 5
	var all [threads]bot.Thread
	var wg sync.WaitGroup
	for i := range all {
		all[i] = h.Thread(t)
	}
	for i, thread := range all {
		wg.Go(func() {
			for j := range each {
				ref, err := h.Poster.Post(t.Context(), thread, notice("…"))
				if err == nil {
					err = h.Poster.Update(t.Context(), ref, notice(fmt.Sprintf("thread %d message %d.", i, j)))
				}
				if err != nil {
					t.Errorf("thread %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	for i, thread := range all {
		shown := h.Shown(t, thread)
		if len(shown) != each {
			t.Errorf("thread %d shows %d messages, want %d", i, len(shown), each)
			continue
		}
		for j, s := range shown {
			mustHave(t, "concurrent", s, fmt.Sprintf("thread %d message %d.", i, j))
		}
	}
}

func doneContext(t *testing.T, h Harness) {
	thread := h.Thread(t)
	ref := post(t, h, thread, notice("before"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Poster.Post(ctx, thread, notice("too late")); !errors.Is(err, context.Canceled) {
		t.Errorf("post with a done context: %v", err)
	}
	if err := h.Poster.Update(ctx, ref, notice("too late")); !errors.Is(err, context.Canceled) {
		t.Errorf("update with a done context: %v", err)
	}
	if s := h.Shown(t, thread); len(s) != 1 || strings.Contains(s[0].Text, "too late") {
		t.Errorf("shown: %+v", s)
	}
}

// wholeOf is what is shown of one message: a platform may need several of its own for it.
func wholeOf(shown []Shown) Shown {
	whole := shown[0]
	for _, s := range shown[1:] {
		whole.Text += "\n" + s.Text
		whole.Actions = append(whole.Actions, s.Actions...)
	}
	return whole
}

func showsAll(t *testing.T, h Harness) {
	messages := Messages()
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		thread := h.Thread(t)
		msg := messages[name]
		post(t, h, thread, msg)
		shown := h.Shown(t, thread)
		if len(shown) == 0 {
			t.Errorf("%s: nothing is shown", name)
			continue
		}
		whole := wholeOf(shown)
		mustHave(t, name, whole, texts(msg)...)
		for _, b := range msg.Buttons {
			if b.Action != bot.ActionSQL && b.Action != Attack && !slices.Contains(whole.Actions, b.Action) {
				t.Errorf("%s: nothing to press for %q; there is %v", name, b.Action, whole.Actions)
			}
		}
	}
}

// texts are what must be readable of a message on every platform.
func texts(m bot.Message) []string {
	out := []string{m.Text, m.Number}
	for _, t := range m.Tables {
		for _, c := range t.Columns {
			out = append(out, c.Label)
		}
		if len(t.Rows) > 0 {
			out = append(out, t.Rows[0]...)
		}
	}
	for _, r := range m.Readings {
		out = append(out, r.Term, r.Meaning)
	}
	for _, s := range m.SQL {
		out = append(out, s.Text)
	}
	if m.Origin != nil {
		out = append(out, m.Origin.Analyst, m.Origin.Label)
		out = append(out, m.Origin.Sources...)
	}
	for _, c := range m.Charts {
		out = append(out, c.Alt)
	}
	out = append(out, m.Suggestions...)
	for _, b := range m.Buttons {
		if b.Action == bot.ActionChoose || b.Action == bot.ActionAnalyst {
			out = append(out, b.Label)
		}
	}
	return out
}

func mustHave(t *testing.T, name string, s Shown, texts ...string) {
	t.Helper()
	have := squeeze(s.Text)
	for _, text := range texts {
		if want := squeeze(text); !strings.Contains(have, want) {
			t.Errorf("%s: %.120q cannot be read in %.1500s", name, text, s.Text)
		}
	}
}

// squeeze leaves the letters of a text: platforms differ in white space, in the marks
// of form and in what they do with characters that cannot be seen.
func squeeze(s string) string {
	s = listMark.ReplaceAllString(s, "$1")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("%₩.,+−=<>$'\"", r) {
			return r
		}
		return -1
	}, s)
}

// listMark begins the items of lists, which platforms number and mark themselves.
var listMark = regexp.MustCompile(`(?m)^(\s*)(?:\d+\. |[-*•] )`)
