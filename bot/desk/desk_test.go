package desk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// platform is a chat platform that remembers what it was asked to show.
type platform struct {
	mu      sync.Mutex
	posts   int
	updates int
	shown   map[string]bot.Message // by message id
	refs    map[string]bot.Ref     // by key: a key posts once
	at      map[string]bot.Thread  // by message id
	refuse  func(bot.Message) error
	changed chan struct{}
}

func newPlatform() *platform {
	return &platform{
		shown: map[string]bot.Message{}, refs: map[string]bot.Ref{}, at: map[string]bot.Thread{}, changed: make(chan struct{}, 1),
	}
}

// Post shows a message as bot.Poster says: a thread without an ID begins with it, and a
// conversation with somebody has a channel of its own.
func (p *platform) Post(_ context.Context, t bot.Thread, m bot.Message) (bot.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ref, again := p.refs[m.Key]; again && m.Key != "" {
		return ref, nil
	}
	ref, err := p.show(t, "", m)
	if err != nil {
		return ref, err
	}
	if t.ID == "" {
		ref.Thread.ID = ref.ID
		if t.Direct {
			ref.Thread.Channel = "D-" + t.Channel
		}
	}
	p.refs[m.Key], p.at[ref.ID] = ref, ref.Thread
	return ref, nil
}

// in returns what is shown in threads that where accepts, oldest first.
func (p *platform) in(where func(bot.Thread) bool) []bot.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []bot.Message
	for i := range p.posts {
		id := fmt.Sprintf("m%d", i+1)
		if m, ok := p.shown[id]; ok && where(p.at[id]) {
			out = append(out, m)
		}
	}
	return out
}

func inThread(id string) func(bot.Thread) bool {
	return func(t bot.Thread) bool { return t.ID == id }
}

func withUser(user string) func(bot.Thread) bool {
	return func(t bot.Thread) bool { return t.Channel == "D-"+user }
}

func onlyTo(user string) func(bot.Thread) bool {
	return func(t bot.Thread) bool { return t.Only == user }
}

func (p *platform) Update(_ context.Context, ref bot.Ref, m bot.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.show(ref.Thread, ref.ID, m)
	return err
}

// show needs the lock.
func (p *platform) show(t bot.Thread, id string, m bot.Message) (bot.Ref, error) {
	if p.refuse != nil {
		if err := p.refuse(m); err != nil {
			return bot.Ref{}, err
		}
	}
	if id == "" {
		p.posts++
		id = fmt.Sprintf("m%d", p.posts)
	} else {
		p.updates++
	}
	p.shown[id] = m
	select {
	case p.changed <- struct{}{}:
	default:
	}
	return bot.Ref{Thread: t, ID: id}, nil
}

// wait waits until some message satisfies ok.
func (p *platform) wait(t *testing.T, ok func(bot.Message) bool) bot.Message {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		p.mu.Lock()
		for _, m := range p.shown {
			if ok(m) {
				p.mu.Unlock()
				return m
			}
		}
		p.mu.Unlock()
		select {
		case <-p.changed:
		case <-deadline:
			t.Fatalf("no such message; shown: %+v", p.shown)
		}
	}
}

func kind(k bot.MessageKind) func(bot.Message) bool {
	return func(m bot.Message) bool { return m.Kind == k }
}

// analyst answers by a function.
type analyst func(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error)

func (a analyst) Answer(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
	return a(ctx, q, step)
}

func (a analyst) Analysts(context.Context, string) ([]agent.Listed, error) {
	return []agent.Listed{{Name: "sales", Title: "판매 현황", Purpose: "주문과 매출", Owner: "김하나"}, {Name: "hr", Title: "hr"}}, nil
}

func (a analyst) Introduce(_ context.Context, name, language string) (*agent.Answer, error) {
	return &agent.Answer{Rung: agent.None, Analyst: name, Language: language, Text: "introduction of " + name}, nil
}

func says(text string) analyst {
	return func(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		step(agent.Step{Text: "computing"})
		return &agent.Answer{
			Rung: agent.Compose, Language: q.Language, Text: text + ": " + q.Text, Analyst: "demo",
			Plan: &compose.Plan{Intent: compose.Value},
		}, nil
	}
}

type bundle struct {
	desk     *desk.Desk
	store    *bolt.Store
	platform *platform
}

// setup starts a desk with its workers; concurrency 0 starts none.
func setup(t *testing.T, a desk.Answerer, concurrency int, change ...func(*desk.Config)) *bundle {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{store: s, platform: newPlatform()}
	cfg := desk.Config{
		Store: s, Queue: s, Agent: a, Posters: map[string]bot.Poster{"test": b.platform}, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	if b.desk, err = desk.New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.desk.Start(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if concurrency > 0 {
			_ = s.Work(ctx, store.WorkOptions{Handlers: b.desk.Handlers(), Concurrency: concurrency, SoftStop: time.Second})
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		b.desk.Stop()
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func thread(id string) bot.Thread { return bot.Thread{Platform: "test", Channel: "general", ID: id} }

func message(id, thr, text string) bot.Event {
	return bot.Event{
		ID: id, Kind: bot.EventMessage, Thread: thread(thr), Message: "msg-" + id, Text: text, Addressed: true,
		User: bot.User{ID: "minji", Name: "민지", Locale: "ko-KR"}, At: time.Now(),
	}
}

func (b *bundle) handle(t *testing.T, ev bot.Event) bot.Receipt {
	t.Helper()
	r, err := b.desk.Handle(t.Context(), ev)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ended waits until a question has ended.
func (b *bundle) ended(t *testing.T, id string) *desk.Status {
	t.Helper()
	changed := b.desk.Watch(t.Context(), id)
	for {
		s, err := b.desk.Status(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Ended() {
			return s
		}
		select {
		case <-changed:
		case <-time.After(2 * time.Minute):
			t.Fatalf("question is still %s", s.State)
		}
	}
}

func TestTheProgressMessageBecomesTheAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, says("답"), 2)
	r := b.handle(t, message("1", "t1", "지난달 매출"))
	s := b.ended(t, r.Question)
	if s.State != store.Done || s.Answer == nil || s.Answer.Text != "답: 지난달 매출" {
		t.Fatalf("ended as %s with %+v", s.State, s.Answer)
	}
	got := b.platform.wait(t, kind(bot.KindAnswer))
	if got.Language != "ko" || got.Question != r.Question {
		t.Errorf("answer in %q of %q", got.Language, got.Question)
	}
	if b.platform.posts != 1 {
		t.Errorf("%d messages were posted, want one that was updated", b.platform.posts)
	}
}

func TestAnEventIsTakenOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 2)
	first := b.handle(t, message("1", "t1", "지난달 매출"))
	second := b.handle(t, message("1", "t1", "지난달 매출"))
	if !second.Duplicate || second.Question != first.Question {
		t.Errorf("second receipt %+v, first %+v", second, first)
	}
	b.ended(t, first.Question)
	if b.platform.posts != 1 {
		t.Errorf("%d messages for one question", b.platform.posts)
	}
}

func TestOnlyWhatIsForUsIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	chatter := message("1", "t1", "점심 뭐 먹지?")
	chatter.Addressed = false
	if r := b.handle(t, chatter); r.Question != "" {
		t.Errorf("chatter became question %s", r.Question)
	}
	b.ended(t, b.handle(t, message("2", "t2", "지난달 매출")).Question)
	follow := message("3", "t2", "그럼 작년은?")
	follow.Addressed = false
	if r := b.handle(t, follow); r.Question == "" {
		t.Error("a follow-up in our thread was not taken")
	} else {
		b.ended(t, r.Question)
	}
}

// writes counts the transactions that may write.
type writes struct {
	store.Store
	n atomic.Int32
}

func (w *writes) Update(ctx context.Context, fn func(store.Tx) error) error {
	w.n.Add(1)
	return w.Store.Update(ctx, fn)
}

// TestChatterCostsNoWrite has people talk where we are and are not asked: each word of
// theirs would else wait for the disk.
func TestChatterCostsNoWrite(t *testing.T) {
	t.Parallel()
	counted := &writes{}
	b := setup(t, says("x"), 0, func(c *desk.Config) { counted.Store, c.Store = c.Store, counted })
	for i := range 20 {
		ev := message(fmt.Sprint(i), "t1", "점심 뭐 먹지?")
		ev.Addressed = false
		b.handle(t, ev)
	}
	if n := counted.n.Load(); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestAFollowUpKnowsWhatWasAskedBefore(t *testing.T) {
	t.Parallel()
	before := make(chan []agent.Turn, 4)
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		before <- q.Before
		return &agent.Answer{Rung: agent.Compose, Analyst: "demo", Text: q.Text, Plan: &compose.Plan{Intent: compose.Trend}}, nil
	}), 4)
	b.handle(t, message("1", "t1", "월별 매출"))
	b.ended(t, b.handle(t, message("2", "t1", "그럼 작년은?")).Question)
	if first := <-before; len(first) != 0 {
		t.Errorf("the first question had %d turns before it", len(first))
	}
	second := <-before
	if len(second) != 1 || second[0].Text != "월별 매출" || second[0].Plan == nil || second[0].Plan.Intent != compose.Trend {
		t.Errorf("the follow-up saw %+v", second)
	}
}

func TestAThreadIsAnsweredInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	running := 0
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		mu.Lock()
		defer mu.Unlock()
		running++
		if running > 1 {
			t.Error("two questions of a thread ran at once")
		}
		order = append(order, q.Text)
		running--
		return &agent.Answer{Rung: agent.Compose, Text: "x"}, nil
	}), 4)
	var last string
	for i := range 8 {
		last = b.handle(t, message(fmt.Sprint(i), "t1", fmt.Sprint(i))).Question
	}
	b.ended(t, last)
	if got := strings.Join(order, ""); got != "01234567" {
		t.Errorf("answered in order %s", got)
	}
}

func TestCancelWaitingAndRunning(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	b := setup(t, analyst(func(ctx context.Context, _ agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		close(begun)
		<-ctx.Done()
		return nil, ctx.Err()
	}), 1)
	running := b.handle(t, message("1", "t1", "지난달 매출")).Question
	<-begun
	waiting := b.handle(t, message("2", "t2", "지난달 주문 수")).Question
	for _, id := range []string{waiting, running} {
		ev := bot.Event{ID: "stop-" + id, Kind: bot.EventAction, Thread: thread("t1"), Action: &bot.Action{Name: bot.ActionCancel, Question: id}}
		b.handle(t, ev)
		if s := b.ended(t, id); s.State != store.Cancelled {
			t.Errorf("question is %s after it was cancelled", s.State)
		}
	}
	b.platform.wait(t, kind(bot.KindNotice))
}

func TestAFailureIsTriedAgainThenSaid(t *testing.T) {
	t.Parallel()
	tries := 0
	b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
		tries++
		return nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "dial tcp 10.0.0.3:5432: secret", Err: errors.New("password=hunter2")}
	}), 1)
	r := b.handle(t, message("1", "t1", "지난달 매출"))
	s := b.ended(t, r.Question)
	if s.State != store.Failed || tries != 3 {
		t.Errorf("ended as %s after %d tries", s.State, tries)
	}
	m := b.platform.wait(t, kind(bot.KindFailure))
	if m.Number == "" || !strings.Contains(m.Text, "응답하지 않아") {
		t.Errorf("failure message %q, number %q", m.Text, m.Number)
	}
	if strings.Contains(m.Text, "secret") || strings.Contains(m.Text, "hunter2") {
		t.Errorf("failure message gives away %q", m.Text)
	}
}

// TestWaitingForRoomCostsNoAttempt: a source that is asked too much already is asked again.
func TestWaitingForRoomCostsNoAttempt(t *testing.T) {
	t.Parallel()
	tries := 0
	b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
		if tries++; tries <= 4 {
			return nil, &connectors.Error{Code: connectors.CodeExhausted, Message: "Busy.", After: time.Millisecond}
		}
		return &agent.Answer{Rung: agent.Compose, Text: "42"}, nil
	}), 1)
	r := b.handle(t, message("1", "t1", "지난달 매출"))
	if s := b.ended(t, r.Question); s.State != store.Done || tries != 5 {
		t.Errorf("ended as %s after %d tries", s.State, tries)
	}
}

// TestAQuestionWaitsForASource: one that is not there and is looked for costs no attempt
// either, and whoever asked is told.
func TestAQuestionWaitsForASource(t *testing.T) {
	t.Parallel()
	tries := 0
	b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
		if tries++; tries <= 4 {
			return nil, &connectors.Error{Code: connectors.CodeUnavailable, Message: "It is away.", Korean: "연결할 수 없어요.", After: time.Millisecond}
		}
		return &agent.Answer{Rung: agent.Compose, Text: "42"}, nil
	}), 1)
	r := b.handle(t, message("1", "t1", "지난달 매출"))
	b.platform.wait(t, func(m bot.Message) bool {
		return m.Kind == bot.KindProgress && strings.Contains(m.Text, "연결할 수 없어요. 질문은 맡아 두었고")
	})
	if s := b.ended(t, r.Question); s.State != store.Done || tries != 5 {
		t.Errorf("ended as %s after %d tries", s.State, tries)
	}
}

func TestAnAnswerIsNotComputedTwiceBecauseThePlatformFailed(t *testing.T) {
	t.Parallel()
	computed := 0
	b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
		computed++
		return &agent.Answer{Rung: agent.Compose, Text: "x"}, nil
	}), 1)
	down := true
	b.platform.refuse = func(m bot.Message) error {
		if m.Kind == bot.KindAnswer && down {
			down = false
			return errors.New("platform is down")
		}
		return nil
	}
	b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question)
	b.platform.wait(t, kind(bot.KindAnswer))
	if computed != 1 {
		t.Errorf("computed %d times", computed)
	}
	if b.platform.posts != 1 {
		t.Errorf("%d messages", b.platform.posts)
	}
}

func TestOneQuestionBackAndItsChoice(t *testing.T) {
	t.Parallel()
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		if !q.Chosen {
			return &agent.Answer{Rung: agent.None, Reason: agent.ReasonAmbiguous, Language: "ko", Clarify: &compose.Clarify{
				Term: "매출", Text: "어느 쪽일까요?", Options: []compose.Option{{Label: "할인 전", Ref: "gross"}, {Label: "할인 후", Ref: "revenue", Usual: true}},
			}}, nil
		}
		return &agent.Answer{Rung: agent.Compose, Text: q.Text + " by " + q.Choices[len(q.Choices)-1].Ref}, nil
	}), 1)
	asked := b.handle(t, message("1", "t1", "매출")).Question
	b.ended(t, asked)
	m := b.platform.wait(t, kind(bot.KindClarify))
	if len(m.Buttons) != 2 || !m.Buttons[1].Primary {
		t.Fatalf("buttons %+v", m.Buttons)
	}
	r := b.handle(t, bot.Event{
		ID: "choice", Kind: bot.EventAction, Thread: thread("t1"), User: bot.User{ID: "minji"},
		Action: &bot.Action{Name: bot.ActionChoose, Question: asked, Value: m.Buttons[1].Value},
	})
	if s := b.ended(t, r.Question); s.Answer == nil || s.Answer.Text != "매출 by revenue" {
		t.Errorf("answer %+v", s.Answer)
	}
}

func TestFeedbackIsKeptOncePerPerson(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	b.ended(t, id)
	for i, name := range []string{bot.ActionGood, bot.ActionWrong} {
		b.handle(t, bot.Event{
			ID: fmt.Sprint("f", i), Kind: bot.EventAction, Thread: thread("t1"), User: bot.User{ID: "minji"},
			Action: &bot.Action{Name: name, Question: id, Text: "반품이 빠졌어요"},
		})
	}
	list, err := b.desk.FeedbackOn(t.Context(), id)
	if err != nil || len(list) != 1 || list[0].Verdict != bot.ActionWrong || list[0].Reason != "반품이 빠졌어요" {
		t.Errorf("feedback %+v, %v", list, err)
	}
}

// shelf takes files whose name does not begin with "bad".
type shelf struct{ got [][]string }

func (s *shelf) Put(_ context.Context, _ string, paths []string) (string, error) {
	for _, p := range paths {
		if strings.Contains(p, "bad") {
			return "", &connectors.Error{Code: connectors.CodeBadData, Message: "a*.csv is empty.", Korean: "a*.csv 파일이 비어 있어요."}
		}
	}
	s.got = append(s.got, paths)
	return "files-1", nil
}

func file(name, content string) bot.File {
	return bot.File{ID: name, Name: name, Size: int64(len(content)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

func TestDroppedFiles(t *testing.T) {
	t.Parallel()
	keep := &shelf{}
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Analyst: q.Analyst, Text: "asked " + q.Analyst}, nil
	}), 1, func(c *desk.Config) {
		c.Shelf, c.UploadDir, c.MaxUpload = keep, t.TempDir(), 64
	})
	drop := func(id, thr, text string, f bot.File) *desk.Status {
		ev := message(id, thr, text)
		ev.Files = []bot.File{f}
		return b.ended(t, b.handle(t, ev).Question)
	}
	if s := drop("1", "t1", "", file("../../매출 2026.csv", "a,b\n1,2\n")); s.Answer.Text != "introduction of files-1" {
		t.Errorf("a file alone: %+v", s.Answer)
	}
	if len(keep.got) != 1 || !strings.HasSuffix(keep.got[0][0], "/매출 2026.csv") || strings.Contains(keep.got[0][0], "..") {
		t.Errorf("kept as %v", keep.got)
	}
	if s := b.ended(t, b.handle(t, message("2", "t1", "매출 합계")).Question); s.Answer.Text != "asked files-1" {
		t.Errorf("a question after it: %+v", s.Answer)
	}
	for id, c := range map[string][2]string{"3": {"매출 합계", `a\*.csv 파일이 비어 있어요.`}, "3e": {"total revenue", `a\*.csv is empty.`}} {
		if s := drop(id, "t"+id, c[0], file("bad.csv", "x")); s.State != store.Done || s.Answer.Text != c[1] {
			t.Errorf("a bad file asked about with %q: %+v", c[0], s.Answer)
		}
	}
	if s := drop("4", "t4", "", file("big.csv", strings.Repeat("x", 65))); !strings.Contains(s.Answer.Text, "big.csv") || s.Answer.Rung != agent.None {
		t.Errorf("a large file: %+v", s.Answer)
	}
	liar := file("liar.csv", strings.Repeat("x", 200))
	liar.Size = 10
	if s := drop("5", "t5", "", liar); s.Answer.Rung != agent.None || !strings.Contains(s.Answer.Text, "liar.csv") {
		t.Errorf("a file larger than it says: %+v", s.Answer)
	}
}

func TestCSVIsExactAndInert(t *testing.T) {
	t.Parallel()
	column := func(name, kind, label string) agent.Column {
		return agent.Column{Column: connectors.Column{Name: name, Type: kind}, Label: label}
	}
	b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Text: "x", Results: []agent.Result{{
			Name: "r1", Columns: []agent.Column{column("d", "DATE", "날짜"), column("s", "VARCHAR", "이름"), column("m", "DECIMAL(18,2)", "매출")},
			Rows: [][]any{
				{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), "=cmd|' /C calc'!A0", connectors.Decimal("1234567890123456.78")},
				{nil, "콤마, \"따옴표\"", int64(-5)},
			},
		}}}, nil
	}), 1)
	id := b.handle(t, message("1", "t1", "x")).Question
	b.ended(t, id)
	var out bytes.Buffer
	if err := b.desk.CSV(t.Context(), id, "r1", &out); err != nil {
		t.Fatal(err)
	}
	want := "\ufeff날짜,이름,매출\n2026-10-01,'=cmd|' /C calc'!A0,1234567890123456.78\n,\"콤마, \"\"따옴표\"\"\",-5\n"
	if out.String() != want {
		t.Errorf("got\n%q\nwant\n%q", out.String(), want)
	}
	if err := b.desk.CSV(t.Context(), id, "r9", io.Discard); !errors.Is(err, desk.ErrNoResult) {
		t.Errorf("a result that is not there: %v", err)
	}
}

func TestWaitingAskersAreToldTheirPosition(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := setup(t, analyst(func(ctx context.Context, _ agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return &agent.Answer{Rung: agent.Compose, Text: "x"}, nil
	}), 1)
	b.handle(t, message("0", "t0", "first"))
	for i := 1; i < 4; i++ {
		ev := message(fmt.Sprint(i), fmt.Sprint("t", i), "question")
		ev.User.ID = fmt.Sprint("u", i)
		b.handle(t, ev)
	}
	m := b.platform.wait(t, func(m bot.Message) bool { return m.Progress != nil && m.Progress.Ahead == 2 })
	if m.Progress.ETA <= 0 || !strings.Contains(m.Text, "2") {
		t.Errorf("told %q with %+v", m.Text, m.Progress)
	}
	close(release)
	b.platform.wait(t, kind(bot.KindAnswer))
}

func TestAQuestionWhoseJobWasLostIsSettledAtTheNextStart(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 0)
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	b.platform.wait(t, kind(bot.KindProgress))
	// The job ends behind the desk's back, as when its worker dies once too often.
	if err := b.store.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	again, err := desk.New(desk.Config{
		Store: b.store, Queue: b.store, Agent: says("x"), Posters: map[string]bot.Poster{"test": b.platform}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	again.Start(t.Context())
	defer again.Stop()
	if s := b.ended(t, id); s.State != store.Cancelled {
		t.Errorf("ended as %s", s.State)
	}
	b.platform.wait(t, kind(bot.KindNotice))
}

func TestAnAnalystIsCalledByName(t *testing.T) {
	t.Parallel()
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Text: q.Analyst + "/" + q.Text}, nil
	}), 1, func(c *desk.Config) {
		c.Addressee = func(name string) string {
			return map[string]string{"sales": "sales", "영업 데이터": "sales"}[name]
		}
	})
	for text, want := range map[string]string{
		"sales: 지난달 매출":       "sales/지난달 매출",
		"영업 데이터: 지난달 매출":      "sales/지난달 매출",
		"note: revenue 10:30": "/note: revenue 10:30",
		"help":                "introduction of ",
		"sales: 도움말":          "introduction of sales",
	} {
		if s := b.ended(t, b.handle(t, message(text, text, text)).Question); s.Answer.Text != want {
			t.Errorf("%q: %q, want %q", text, s.Answer.Text, want)
		}
	}
}
