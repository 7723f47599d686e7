package desk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// fullClaim is the claim of a job whose store has no room.
type fullClaim struct{ job store.Job }

func (c fullClaim) Job() store.Job { return c.job }

func (c fullClaim) Commit(context.Context, func(store.Tx) error) error {
	return fmt.Errorf("commit: %w", store.ErrFull)
}

func (c fullClaim) Finish(context.Context, store.State, func(store.Tx) error) error {
	return fmt.Errorf("commit: %w", store.ErrFull)
}

// TestAFullStoreCostsNoAttempt runs a question in its last attempt while nothing can
// be written: it must wait for room, not fail.
func TestAFullStoreCostsNoAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 0)
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	err := b.desk.Handlers()[desk.JobKind](t.Context(), fullClaim{store.Job{ID: id, Attempt: 3, MaxAttempts: 3}})
	var snooze store.Snooze
	if !errors.As(err, &snooze) || snooze.For <= 0 {
		t.Errorf("got %v, want a snooze", err)
	}
	if s, err := b.desk.Status(t.Context(), id); err != nil || s.State != store.Queued || s.Failure != nil {
		t.Errorf("status %+v, %v", s, err)
	}
}

// TestAClockSetBackHoldsNothingUp answers a question that was asked under a clock
// that was a year ahead, by a process that was killed before it could post.
func TestAClockSetBackHoldsNothingUp(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Date(2027, 11, 22, 9, 0, 0, 0, time.UTC)
	b := setup(t, says("x"), 0, func(c *desk.Config) {
		c.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	})
	refused := make(chan struct{}, 1)
	b.platform.mu.Lock()
	b.platform.refuse = func(bot.Message) error {
		select {
		case refused <- struct{}{}:
		default:
		}
		return errors.New("down")
	}
	b.platform.mu.Unlock()
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	<-refused
	b.platform.mu.Lock()
	b.platform.refuse = nil
	b.platform.mu.Unlock()
	mu.Lock()
	now = now.AddDate(-1, 0, 0)
	mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.store.Work(ctx, store.WorkOptions{Handlers: b.desk.Handlers(), Concurrency: 1})
	}()
	defer func() { cancel(); <-done }()
	if s := b.ended(t, id); s.State != store.Done {
		t.Errorf("ended as %s", s.State)
	}
}

// failing is a file whose reading ends with an error.
func failing(name string, err error) bot.File {
	return bot.File{ID: name, Name: name, Size: 5, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("a,b\n1"), errReader{err})), nil
	}}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestFilesOfAMessageAreKeptApartAndWhole(t *testing.T) {
	t.Parallel()
	keep := &shelf{}
	uploads := t.TempDir()
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Analyst: q.Analyst, Text: "x"}, nil
	}), 1, func(c *desk.Config) { c.Shelf, c.UploadDir = keep, uploads })
	names := []string{"매출.csv", "매출.csv", "../x/매출.CSV", "", "..", "a\nb\u202egpj.csv", strings.Repeat("가", 300) + ".csv", `C:\temp\it's "q" 😀.csv`}
	ev := message("1", "t1", "")
	for i, name := range names {
		ev.Files = append(ev.Files, file(name, fmt.Sprint("content ", i)))
	}
	b.ended(t, b.handle(t, ev).Question)
	if len(keep.got) != 1 || len(keep.got[0]) != len(names) {
		t.Fatalf("kept %q", keep.got)
	}
	dir := filepath.Dir(keep.got[0][0])
	for i, path := range keep.got[0] {
		data, err := os.ReadFile(path)
		if err != nil || string(data) != fmt.Sprint("content ", i) {
			t.Errorf("%q is kept as %q with %q, %v", names[i], path, data, err)
		}
		if filepath.Dir(path) != dir || !strings.HasPrefix(dir, uploads) || strings.ContainsAny(path, "\n\u202e") {
			t.Errorf("%q is kept as %q", names[i], path)
		}
	}
	// The same event again, this time broken on its way: what is there stays.
	ev.Files = []bot.File{failing("매출.csv", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})}
	if _, err := b.desk.Handle(t.Context(), ev); !errors.Is(err, store.ErrFull) {
		t.Errorf("a full disk gives %v", err)
	}
	if data, err := os.ReadFile(keep.got[0][0]); err != nil || string(data) != "content 0" {
		t.Errorf("the kept file became %q, %v", data, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != len(names) {
		t.Errorf("%d files are left of %d, %v", len(left), len(names), err)
	}
}

// TestTheOriginOfDroppedFilesIsTheirName shows no name that nobody gave.
func TestTheOriginOfDroppedFilesIsTheirName(t *testing.T) {
	t.Parallel()
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Analyst: q.Analyst, Text: "x", Results: []agent.Result{{Name: "r1", Source: "매출.csv"}}}, nil
	}), 1, func(c *desk.Config) { c.Shelf, c.UploadDir = &shelf{}, t.TempDir() })
	ev := message("1", "t1", "매출 합계")
	ev.Files = []bot.File{file("매출.csv", "a,b\n1,2\n")}
	b.ended(t, b.handle(t, ev).Question)
	m := b.platform.wait(t, kind(bot.KindAnswer))
	if m.Origin.Analyst != "" || len(m.Origin.Sources) != 1 || m.Origin.Sources[0] != "매출.csv" {
		t.Errorf("origin %+v", m.Origin)
	}
}

// TestAQuestionBackIsAnsweredInWords has the asker write what they mean, and another
// write something else: neither is asked back again.
func TestAQuestionBackIsAnsweredInWords(t *testing.T) {
	t.Parallel()
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		if !q.Chosen {
			return &agent.Answer{Rung: agent.None, Reason: agent.ReasonAmbiguous, Clarify: &compose.Clarify{
				Term: "매출", Text: "어느 쪽일까요?", Options: []compose.Option{{Label: "할인 전 매출", Ref: "gross"}, {Label: "할인 후 매출", Ref: "revenue", Usual: true}},
			}}, nil
		}
		return &agent.Answer{Rung: agent.Compose, Text: fmt.Sprint(q.Text, " ", q.Choices)}, nil
	}), 1)
	for i, c := range []struct{ reply, want string }{
		{" 할인 전매출 ", "지난달 매출 [{매출 gross}]"}, {"2", "지난달 매출 [{매출 revenue}]"}, {"주문 수", "주문 수 []"},
	} {
		thread := fmt.Sprint("t", i)
		b.ended(t, b.handle(t, message(fmt.Sprint("a", i), thread, "지난달 매출")).Question)
		if s := b.ended(t, b.handle(t, message(fmt.Sprint("b", i), thread, c.reply)).Question); s.Answer.Text != c.want {
			t.Errorf("%q: %q, want %q", c.reply, s.Answer.Text, c.want)
		}
	}
}
