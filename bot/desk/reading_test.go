package desk_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/connectors/progress"
	"github.com/bapsang/bapsang/store"
)

// bigFile is a shelf on which a file takes until the question is stopped. Its clock is
// the desk's.
type bigFile struct {
	mu      sync.Mutex
	passed  time.Duration
	told    chan struct{} // closed when all was told
	stopped chan struct{} // closed when the reading ended
}

func (f *bigFile) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).Add(f.passed)
}

func (f *bigFile) Put(ctx context.Context, _ string, _ []string) (string, error) {
	defer close(f.stopped)
	report := progress.From(ctx)
	for percent := range int64(43) { // ten of them in a second
		f.mu.Lock()
		f.passed += 100 * time.Millisecond
		f.mu.Unlock()
		report(percent*1000, 100_000)
	}
	f.mu.Lock()
	f.passed += time.Second
	f.mu.Unlock()
	report(100_000, 100_000)
	close(f.told)
	<-ctx.Done()
	return "", context.Cause(ctx)
}

// TestABigFileShowsHowFarItIsAndCanBeStopped is told of every percent and shows one a
// second.
func TestABigFileShowsHowFarItIsAndCanBeStopped(t *testing.T) {
	t.Parallel()
	f := &bigFile{told: make(chan struct{}), stopped: make(chan struct{})}
	var mu sync.Mutex
	var seen []string
	b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
		t.Error("asked about a file that was never read")
		return &agent.Answer{}, nil
	}), 1, func(c *desk.Config) {
		c.Shelf, c.UploadDir, c.Now = f, t.TempDir(), f.now
	})
	b.platform.mu.Lock()
	b.platform.refuse = func(m bot.Message) error {
		if strings.Contains(m.Text, "%") {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, m.Text)
		}
		return nil
	}
	b.platform.mu.Unlock()
	ev := message("1", "t1", "매출 합계")
	ev.Files = []bot.File{file("sales.csv", "a\n1\n")}
	id := b.handle(t, ev).Question
	<-f.told
	mu.Lock()
	got := strings.Join(seen, ", ")
	mu.Unlock()
	const want = "sales.csv 읽는 중 · 9%, sales.csv 읽는 중 · 19%, sales.csv 읽는 중 · 29%, sales.csv 읽는 중 · 39%, sales.csv 읽는 중 · 99%"
	if got != want {
		t.Errorf("shown: %s", got)
	}
	if err := b.desk.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	select {
	case <-f.stopped:
	case <-time.After(time.Minute):
		t.Fatal("the reading goes on")
	}
	if s := b.ended(t, id); s.State != store.Cancelled {
		t.Errorf("the question became %s", s.State)
	}
}

// TestARecalledAnswerKeepsItsAuthor gives an answer of the model's again.
func TestARecalledAnswerKeepsItsAuthor(t *testing.T) {
	t.Parallel()
	for calls, model := range map[int]bool{0: false, 2: true} {
		b := setup(t, analyst(func(context.Context, agent.Question, func(agent.Step)) (*agent.Answer, error) {
			return &agent.Answer{Rung: agent.Recall, Language: "en", Text: "x", LLM: agent.LLMUsage{Calls: calls}, AnsweredAt: time.Unix(0, 0)}, nil
		}), 1)
		r := b.handle(t, message("1", "t1", "revenue last month"))
		m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == r.Question && m.Origin != nil })
		if m.Origin.Model != model || strings.Contains(m.Origin.Label, "written by the model") != model {
			t.Errorf("with %d calls: %+v", calls, m.Origin)
		}
	}
}
