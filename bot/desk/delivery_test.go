package desk_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// refusing makes the platform refuse messages that which accepts.
func (p *platform) refusing(code bot.Code, which func(bot.Message) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = func(m bot.Message) error {
		if which(m) {
			return &bot.Error{Code: code, Method: "chat.postMessage", Reason: "test", Err: errors.New("refused")}
		}
		return nil
	}
}

func direct(user string) bot.Thread { return bot.Direct("test", "", user) }

func TestMessagesCarryTheirKeyAndWhomTheyAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	r := b.handle(t, message("1", "t1", "지난달 매출"))
	b.ended(t, r.Question)
	m := b.platform.wait(t, kind(bot.KindAnswer))
	if m.Key != r.Question || m.For != "minji" || m.Again {
		t.Errorf("key %q, for %q, again %v; question %s", m.Key, m.For, m.Again, r.Question)
	}
}

// TestAMessageThatACrashForgotIsFound has a process die between a post and its note. The
// next one posts again under the same key, says so, and finds the message.
func TestAMessageThatACrashForgotIsFound(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 0)
	posted := make(chan struct{})
	b.platform.mu.Lock()
	b.platform.refuse = func(m bot.Message) error {
		select {
		case <-posted:
		default:
			b.platform.posts++ // the platform has it, and nobody hears of that
			b.platform.shown["m1"] = m
			b.platform.refs[m.Key] = bot.Ref{Thread: thread("t1"), ID: "m1"}
			close(posted)
			return errors.New("connection lost")
		}
		return nil
	}
	b.platform.mu.Unlock()
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	<-posted
	b.desk.Stop()
	var again atomic.Bool
	next, err := desk.New(desk.Config{
		Store: b.store, Queue: b.store, Agent: says("x"), Logger: slog.New(slog.DiscardHandler),
		Posters: map[string]bot.Poster{"test": seeing{b.platform, func(m bot.Message) { again.Store(again.Load() || m.Again) }}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.store.Work(ctx, store.WorkOptions{Handlers: next.Handlers(), Concurrency: 1})
	}()
	defer func() { cancel(); <-done }()
	b.ended(t, id)
	if m := b.platform.wait(t, kind(bot.KindAnswer)); m.Question != id || !again.Load() {
		t.Errorf("shown %+v, posted with Again: %v", m, again.Load())
	}
	if b.platform.posts != 1 {
		t.Errorf("%d messages, want the one that was found", b.platform.posts)
	}
}

// seeing tells of every post.
type seeing struct {
	*platform
	saw func(bot.Message)
}

func (s seeing) Post(ctx context.Context, t bot.Thread, m bot.Message) (bot.Ref, error) {
	s.saw(m)
	return s.platform.Post(ctx, t, m)
}

func TestRefusedProgressHoldsNothingUp(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	b.platform.refusing(bot.CodeBusy, kind(bot.KindProgress))
	if s := b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question); s.State != store.Done {
		t.Fatalf("ended as %s", s.State)
	}
	if m := b.platform.wait(t, kind(bot.KindAnswer)); m.Text != "x: 지난달 매출" || b.platform.posts != 1 {
		t.Errorf("%d messages, %q", b.platform.posts, m.Text)
	}
}

// TestAnAnswerWaitsForAPlatformThatIsDown keeps a platform down for more tries than a
// question has attempts.
func TestAnAnswerWaitsForAPlatformThatIsDown(t *testing.T) {
	t.Parallel()
	for _, code := range []bot.Code{bot.CodeUnavailable, bot.CodeDenied} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			var computed, refused atomic.Int32
			b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
				computed.Add(1)
				return &agent.Answer{Rung: agent.Compose, Text: "x"}, nil
			}), 1)
			b.platform.refusing(code, func(bot.Message) bool { return refused.Add(1) < 6 })
			if s := b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question); s.State != store.Done || computed.Load() != 1 || s.Unshown != nil {
				t.Errorf("ended as %s, computed %d times, unshown %+v", s.State, computed.Load(), s.Unshown)
			}
			b.platform.wait(t, kind(bot.KindAnswer))
		})
	}
}

func TestAnAnswerThatCannotBeShownIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	b.platform.refusing(bot.CodeGone, func(bot.Message) bool { return true })
	registry := prometheus.NewRegistry()
	if err := b.desk.Register(registry); err != nil {
		t.Fatal(err)
	}
	s := b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question)
	if s.State != store.Done || s.Answer == nil || s.Unshown == nil || !strings.Contains(s.Unshown.Why, string(bot.CodeGone)) {
		t.Errorf("ended as %s with %+v, unshown %+v", s.State, s.Answer, s.Unshown)
	}
	if n := counted(t, registry, "bapsang_answers_unshown_total"); n != 1 {
		t.Errorf("counted %v unshown answers", n)
	}
}

func counted(t *testing.T, g prometheus.Gatherer, name string) (n float64) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

// TestARemovedMessageIsPostedAnew has somebody remove the progress message.
func TestARemovedMessageIsPostedAnew(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1, func(c *desk.Config) { c.Posters["test"] = withoutMessage{c.Posters["test"].(*platform), "m1"} })
	b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question)
	if m := b.platform.wait(t, kind(bot.KindAnswer)); m.Text != "x: 지난달 매출" {
		t.Errorf("shown %+v", m)
	}
}

// withoutMessage is a platform on which one message was removed.
type withoutMessage struct {
	*platform
	gone string
}

func (p withoutMessage) Update(ctx context.Context, ref bot.Ref, m bot.Message) error {
	if ref.ID == p.gone {
		return &bot.Error{Code: bot.CodeGone, Method: "chat.update", Reason: "message_not_found", Err: errors.New("gone")}
	}
	return p.platform.Update(ctx, ref, m)
}

// TestAThreadWithoutANameRemembers asks in a conversation that the progress message
// begins, and follows it up there, before and after the answer.
func TestAThreadWithoutANameRemembers(t *testing.T) {
	t.Parallel()
	release, before := make(chan struct{}), make(chan []agent.Turn, 3)
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		if q.Text == "지난달 매출" {
			<-release
		}
		before <- q.Before
		return &agent.Answer{Rung: agent.Compose, Text: q.Text}, nil
	}), 2)
	first := message("1", "", "지난달 매출")
	first.Thread = direct("minji")
	id := b.handle(t, first).Question
	b.platform.wait(t, kind(bot.KindProgress))
	s, err := b.desk.Status(t.Context(), id)
	for err == nil && s.Ref == nil {
		<-b.desk.Watch(t.Context(), id)
		s, err = b.desk.Status(t.Context(), id)
	}
	if err != nil || s.Thread.ID != "m1" || s.Thread.Channel != "D-minji" {
		t.Fatalf("the question is in %+v, %v", s.Thread, err)
	}
	follow := message("2", "", "그럼 작년은?")
	follow.Thread, follow.Addressed = s.Thread, false
	r := b.handle(t, follow)
	if r.Question == "" {
		t.Fatal("a follow-up in the new thread was not taken")
	}
	edited := first
	edited.ID, edited.Kind, edited.Thread = "3", bot.EventEdit, s.Thread
	if got := b.handle(t, edited); got.Question != id {
		t.Errorf("the message is known as %q in its thread, want %q", got.Question, id)
	}
	close(release)
	b.ended(t, r.Question)
	if turns := <-before; len(turns) != 0 {
		t.Errorf("the first saw %+v", turns)
	}
	if turns := <-before; len(turns) != 1 || turns[0].Text != "지난달 매출" {
		t.Errorf("the follow-up saw %+v", turns)
	}
}

// TestWhereThePlatformBroughtItIsRemembered follows up where the answer came instead of
// its thread.
func TestWhereThePlatformBroughtItIsRemembered(t *testing.T) {
	t.Parallel()
	before := make(chan []agent.Turn, 2)
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		before <- q.Before
		return &agent.Answer{Rung: agent.Compose, Text: q.Text}, nil
	}), 1, func(c *desk.Config) { c.Posters["test"] = elsewhere{c.Posters["test"].(*platform)} })
	b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question)
	<-before
	follow := message("2", "m1", "그럼 작년은?")
	follow.Thread.Channel, follow.Addressed = "D-minji", false
	b.ended(t, b.handle(t, follow).Question)
	if turns := <-before; len(turns) != 1 {
		t.Errorf("the follow-up saw %+v", turns)
	}
}

// elsewhere is a platform that reaches people directly whose channel is closed to it.
type elsewhere struct{ *platform }

func (e elsewhere) Post(ctx context.Context, t bot.Thread, m bot.Message) (bot.Ref, error) {
	if t.Channel == "general" {
		t = direct(m.For)
	}
	return e.platform.Post(ctx, t, m)
}

// opener opens files by their content's name.
type opener func(id string) (io.ReadCloser, error)

func (o opener) OpenFile(_ context.Context, _ bot.Thread, id string) (io.ReadCloser, error) {
	return o(id)
}

// TestFilesAreFetchedByTheWorker drops files that the platform keeps.
func TestFilesAreFetchedByTheWorker(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	keep := &shelf{}
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Analyst: q.Analyst, Text: "asked " + q.Analyst}, nil
	}), 1, func(c *desk.Config) {
		c.Shelf, c.UploadDir, c.MaxUpload = keep, t.TempDir(), 64
		c.Files = map[string]bot.FileOpener{"test": opener(func(id string) (io.ReadCloser, error) {
			switch id {
			case "gone":
				return nil, &bot.Error{Code: bot.CodeGone, Method: "files.info", Reason: "file_deleted", Err: errors.New("gone")}
			case "late":
				if opened.Add(1) < 2 {
					return nil, &bot.Error{Code: bot.CodeUnavailable, Method: "files.info", Reason: "timeout", Err: errors.New("late")}
				}
			case "large":
				return io.NopCloser(strings.NewReader(strings.Repeat("x", 65))), nil
			}
			return io.NopCloser(strings.NewReader("a,b\n1,2\n")), nil
		})}
	})
	for id, want := range map[string]string{
		"good": "asked files-1", "late": "asked files-1", "gone": "열 수 없었어요", "large": "너무 커요",
	} {
		ev := message(id, "t"+id, "매출 합계")
		ev.Files = []bot.File{{ID: id, Name: id + ".csv", Size: 9}}
		if s := b.ended(t, b.handle(t, ev).Question); s.Answer == nil || !strings.Contains(s.Answer.Text, want) {
			t.Errorf("%s: %+v, want %q", id, s.Answer, want)
		}
	}
	if len(keep.got) != 2 || !strings.HasSuffix(keep.got[0][0], ".csv") {
		t.Errorf("kept %v", keep.got)
	}
}

// TestAnEndIsOwedToAPlatformThatIsDown stops a question while its platform is down. The
// message says so when it is up again.
func TestAnEndIsOwedToAPlatformThatIsDown(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	b := setup(t, says("x"), 0, func(c *desk.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	b.platform.wait(t, kind(bot.KindProgress))
	b.platform.refusing(bot.CodeUnavailable, func(bot.Message) bool { return true })
	b.handle(t, press("2", "t1", id, bot.ActionCancel, ""))
	if s := b.ended(t, id); s.State != store.Cancelled {
		t.Fatalf("ended as %s", s.State)
	}
	b.platform.refusing(bot.CodeUnavailable, func(bot.Message) bool { return false })
	later.Store(int64(time.Minute)) // when the desk looks again
	b.platform.wait(t, kind(bot.KindNotice))
}
