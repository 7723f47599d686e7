package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

func edit(id string, of bot.Event, text string) bot.Event {
	of.ID, of.Kind, of.Text = id, bot.EventEdit, text
	return of
}

func press(id, thr, question, action, value string) bot.Event {
	return bot.Event{
		ID: id, Kind: bot.EventAction, Thread: thread(thr), User: bot.User{ID: "minji", Locale: "ko-KR"},
		Action: &bot.Action{Name: action, Question: question, Value: value},
	}
}

func TestAnEditChangesAQuestionThatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 0)
	asked := message("1", "t1", "지난달 매출")
	id := b.handle(t, asked).Question
	b.handle(t, edit("2", asked, "last month's orders"))
	if s, err := b.desk.Status(t.Context(), id); err != nil || s.Text != "last month's orders" || s.Language != "en" {
		t.Errorf("the question is %+v, %v", s, err)
	}
	other := edit("3", asked, "mine")
	other.User.ID = "somebody else"
	b.handle(t, other)
	if s, err := b.desk.Status(t.Context(), id); err != nil || s.Text != "last month's orders" {
		t.Errorf("somebody else made the question %+v, %v", s, err)
	}
}

// TestAnEditTooLateIsOffered changes a message that was answered: the answer stays,
// the new text is one press away, and what changes nothing is not spoken of.
func TestAnEditTooLateIsOffered(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	asked := message("1", "t1", "지난달 매출")
	id := b.handle(t, asked).Question
	b.ended(t, id)
	for _, text := range []string{" 지난달 매출 ", ""} {
		if r := b.handle(t, edit("same"+text, asked, text)); r.Question != id {
			t.Errorf("an edit to %q became question %q", text, r.Question)
		}
	}
	late := edit("2", asked, "지난달 주문 수")
	r := b.handle(t, late)
	if again := b.handle(t, late); !again.Duplicate || again.Question != r.Question {
		t.Errorf("the edit taken again is %+v", again)
	}
	b.ended(t, r.Question)
	m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == r.Question })
	if m.Kind != bot.KindRefusal || !slices.Equal(m.Suggestions, []string{"지난달 주문 수"}) || !strings.Contains(m.Text, "고치기 전") {
		t.Errorf("said %+v", m)
	}
	if s, err := b.desk.Status(t.Context(), id); err != nil || s.Answer.Text != "x: 지난달 매출" {
		t.Errorf("the answer became %+v, %v", s, err)
	}
	pressed := b.handle(t, press("3", "t1", r.Question, bot.ActionAsk, m.Suggestions[0]))
	if s := b.ended(t, pressed.Question); s.Answer.Text != "x: 지난달 주문 수" {
		t.Errorf("the offer is answered by %+v", s.Answer)
	}
	if b.platform.posts != 3 {
		t.Errorf("%d messages, want the answer, the offer and the second answer", b.platform.posts)
	}
}

func TestAMessageThatIsAddressedByAnEditIsAsked(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	said := message("1", "t1", "지난달 매출")
	said.Addressed = false
	if r := b.handle(t, said); r.Question != "" {
		t.Fatalf("chatter became question %s", r.Question)
	}
	if r := b.handle(t, edit("2", said, "지난달 매출은?")); r.Question != "" {
		t.Errorf("changed chatter became question %s", r.Question)
	}
	said.Addressed = true
	r := b.handle(t, edit("3", said, "지난달 매출"))
	if s := b.ended(t, r.Question); s.Answer.Text != "x: 지난달 매출" {
		t.Errorf("answer %+v", s.Answer)
	}
}

func TestADeletedMessageStopsItsQuestion(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 0)
	asked := message("1", "t1", "지난달 매출")
	id := b.handle(t, asked).Question
	asked.ID, asked.Kind = "2", bot.EventDelete
	b.handle(t, asked)
	if s := b.ended(t, id); s.State != store.Cancelled {
		t.Errorf("the question is %s", s.State)
	}
}

// TestEveryButtonIsAnswered presses what the desk does not know and what it knows no
// more: the platform is told that the event was taken, the person what came of it.
func TestEveryButtonIsAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	b.ended(t, id)
	for i, c := range []struct{ question, action, want string }{
		{id, "no such button", "아직 없어요"},
		{id, bot.ActionSQL, "아직 없어요"},
		{id, bot.ActionCSV, "아직 없어요"},
		{id, bot.ActionChoose, "아직 없어요"}, // without a choice
		{"gone", bot.ActionRetry, "다시 물어봐"},
		{"gone", bot.ActionGood, "다시 물어봐"},
		{"gone", bot.ActionCancel, "다시 물어봐"},
	} {
		r := b.handle(t, press(fmt.Sprint("press", i), "t1", c.question, c.action, ""))
		b.ended(t, r.Question)
		if m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == r.Question }); !strings.Contains(m.Text, c.want) {
			t.Errorf("%s of %s: said %q", c.action, c.question, m.Text)
		}
	}
}

func TestFilesWithoutAShelfAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	ev := message("1", "t1", "매출 합계")
	ev.Files = []bot.File{file("a.csv", "a\n1\n")}
	if s := b.ended(t, b.handle(t, ev).Question); !strings.Contains(s.Answer.Text, "파일을 읽을 수 없어요") {
		t.Errorf("answer %+v", s.Answer)
	}
	ev = message("2", "t2", "")
	ev.Files, ev.Addressed = []bot.File{file("a.csv", "a\n1\n")}, false
	if r := b.handle(t, ev); r.Question != "" {
		t.Errorf("a file among people became question %s", r.Question)
	}
}

// cleaned is a queue that keeps no job that ended.
type cleaned struct{ store.Queue }

func (q cleaned) Cancel(ctx context.Context, id string) error {
	if _, _, err := q.Peek(ctx, id); err != nil {
		return err
	}
	return q.Queue.Cancel(ctx, id)
}

func (q cleaned) Peek(ctx context.Context, id string) (store.Job, int, error) {
	job, ahead, err := q.Queue.Peek(ctx, id)
	if err == nil && job.State != store.Queued && job.State != store.Running {
		return store.Job{}, 0, store.ErrNotFound
	}
	return job, ahead, err
}

// TestAnOldQuestionCanBeDeleted deletes a message whose job was cleaned away: the
// platform must not go on delivering that.
func TestAnOldQuestionCanBeDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1, func(c *desk.Config) { c.Queue = cleaned{c.Queue} })
	asked := message("1", "t1", "지난달 매출")
	id := b.handle(t, asked).Question
	b.ended(t, id)
	asked.ID, asked.Kind = "2", bot.EventDelete
	b.handle(t, asked)
	if s := b.ended(t, id); s.State != store.Done {
		t.Errorf("the question became %s", s.State)
	}
	if err := b.desk.Cancel(t.Context(), "nope"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("cancelling what is not there: %v", err)
	}
}

// TestTwoQuestionsBackInWords answers one question back by its number, and the next
// one that this leads to: it is still the first question that is asked.
func TestTwoQuestionsBackInWords(t *testing.T) {
	t.Parallel()
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		if len(q.Choices) < 2 {
			term := []string{"매출", "기간"}[len(q.Choices)]
			return &agent.Answer{Rung: agent.None, Reason: agent.ReasonAmbiguous, Language: "ko", Clarify: &compose.Clarify{
				Term: term, Text: term + "?", Options: []compose.Option{{Label: "가", Ref: "a"}, {Label: "나", Ref: "b"}},
			}}, nil
		}
		return &agent.Answer{Rung: agent.Compose, Language: "ko", Text: fmt.Sprint(q.Text, " ", q.Choices)}, nil
	}), 1)
	b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question)
	b.ended(t, b.handle(t, message("2", "t1", "2")).Question)
	last := b.handle(t, message("3", "t1", "1")).Question
	const want = "지난달 매출 [{매출 b} {기간 a}]"
	if s := b.ended(t, last); s.Answer.Text != want {
		t.Errorf("answered %q, want %q", s.Answer.Text, want)
	}
	again := b.handle(t, press("4", "t1", last, bot.ActionRetry, "")).Question
	if s := b.ended(t, again); !strings.HasPrefix(s.Answer.Text, "지난달 매출 ") {
		t.Errorf("asked again: %q", s.Answer.Text)
	}
}

// TestAQuestionStoppedWhileItsMessageIsPosted must not stand there as taken for ever.
func TestAQuestionStoppedWhileItsMessageIsPosted(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 0)
	posting, proceed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.platform.mu.Lock()
	b.platform.refuse = func(bot.Message) error {
		once.Do(func() { close(posting); <-proceed })
		return nil
	}
	b.platform.mu.Unlock()
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	<-posting
	if err := b.desk.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	close(proceed)
	b.platform.wait(t, func(m bot.Message) bool { return m.Kind == bot.KindNotice && m.Question == id })
	if b.platform.posts != 1 {
		t.Errorf("%d messages", b.platform.posts)
	}
}

// late is a poster to which the news of the position of the question "last" comes after
// its answer, while the desk stops.
type late struct {
	*platform
	told, answered chan struct{}
	tell, answer   sync.Once
	last           string // its number
}

func (l *late) Update(ctx context.Context, ref bot.Ref, m bot.Message) error {
	if l.isLast(m) && m.Progress != nil && len(m.Progress.Steps) == 0 {
		l.tell.Do(func() { close(l.told) })
		<-l.answered
		<-ctx.Done()
	}
	err := l.platform.Update(ctx, ref, m)
	if m.Kind == bot.KindAnswer && m.Text == "last" {
		l.answer.Do(func() { close(l.answered) })
	}
	return err
}

func (l *late) isLast(m bot.Message) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last != "" && m.Question == l.last
}

func TestAPositionDoesNotReplaceAnAnswer(t *testing.T) {
	t.Parallel()
	poster := &late{platform: newPlatform(), told: make(chan struct{}), answered: make(chan struct{})}
	release := map[string]chan struct{}{"first": make(chan struct{}), "second": make(chan struct{}), "last": make(chan struct{})}
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		<-release[q.Text]
		return &agent.Answer{Rung: agent.Compose, Language: "en", Text: q.Text}, nil
	}), 1, func(c *desk.Config) { c.Posters["test"] = poster })
	var last string
	for _, text := range []string{"first", "second", "last"} {
		ev := message(text, "t"+text, text)
		ev.User.ID = text
		last = b.handle(t, ev).Question
		poster.wait(t, func(m bot.Message) bool { return m.Question == last })
	}
	poster.mu.Lock()
	poster.last = last
	poster.mu.Unlock()
	close(release["first"])
	<-poster.told // that fewer are before it
	close(release["second"])
	close(release["last"])
	b.ended(t, last)
	<-poster.answered
	b.desk.Stop() // what was on its way has arrived
	if m := poster.wait(t, func(m bot.Message) bool { return m.Question == last }); m.Kind != bot.KindAnswer {
		t.Errorf("the answer was replaced by %+v", m)
	}
}

// TestFilesStayInTheirThread asks by name for the files of another thread, which
// people there may have dropped among themselves.
func TestFilesStayInTheirThread(t *testing.T) {
	t.Parallel()
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Analyst: q.Analyst, Text: "asked " + q.Analyst}, nil
	}), 1, func(c *desk.Config) { c.Shelf, c.UploadDir = &shelf{}, t.TempDir() })
	ev := message("1", "t1", "매출 합계")
	ev.Files = []bot.File{file("a.csv", "a\n1\n")}
	b.ended(t, b.handle(t, ev).Question)
	for thr, want := range map[string]string{"t1": "asked files-1", "t2": "not dropped into this conversation"} {
		id, _, err := b.desk.Ask(t.Context(), desk.Asked{Thread: thread(thr), User: bot.User{ID: "u"}, Text: "total", Analyst: "files-1"})
		if err != nil {
			t.Fatal(err)
		}
		if s := b.ended(t, id); !strings.Contains(s.Answer.Text, want) {
			t.Errorf("in %s: %q, want %q", thr, s.Answer.Text, want)
		}
	}
}
