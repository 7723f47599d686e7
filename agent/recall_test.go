package agent_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store/bolt"
)

// remembering is a shop whose agent keeps answers, and what reaches its source.
func remembering(t *testing.T) (*agent.Agent, *agent.Analyst, *watched) {
	t.Helper()
	db, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	an, w := watch(shopAnalyst(t))
	return newAgent(t, asking{analysts: []*agent.Analyst{an}, store: db}), an, w
}

func TestTheSameQuestionIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	a, an, w := remembering(t)
	first := ask(t, a, "지난달 지역별 매출")
	if first.Rung != agent.Compose {
		t.Fatal(texts(first))
	}
	asked := w.queries.Load()
	same := []agent.Question{
		{Text: "지난달 지역별 매출"}, {Text: "  지난달   지역별\n매출 ?"}, {Text: "지난달 지역별 매출", Asker: "web:other"},
		{Text: "지난달 지역별 매출", Now: now.Add(5 * time.Hour)}, {Text: "지난달 지역별 매출", Analyst: "shop"},
	}
	for _, q := range same {
		got := askAs(t, a, q)
		if got.Rung != agent.Recall || got.Text != first.Text || len(got.Results) != len(first.Results) || got.Question != q.Text {
			t.Errorf("%+v: %s", q, texts(got))
		}
		if !got.AnsweredAt.Equal(first.AnsweredAt) {
			t.Errorf("answered at %v, not %v", got.AnsweredAt, first.AnsweredAt)
		}
	}
	if n := w.queries.Load(); n != asked {
		t.Errorf("%d statements for questions already answered", n-asked)
	}

	other := []agent.Question{
		{Text: "지난달 지역별 주문 수"},
		{Text: "지난달 지역별 매출", Now: now.AddDate(0, 0, 1)},
		{Text: "지난달 지역별 매출", Language: "en"},
		{Text: "지난달 지역별 매출", Rungs: []agent.Rung{agent.Match, agent.Compose}},
		{Text: "지난달 지역별 매출", Choices: []compose.Choice{{Term: "매출", Ref: "orders"}}},
		{Text: "지난달 지역별 매출", Before: []agent.Turn{{Text: "올해 매출", Analyst: "shop", Plan: &compose.Plan{Intent: compose.Value}}}},
	}
	for _, q := range other {
		if got := askAs(t, a, q); got.Rung == agent.Recall {
			t.Errorf("%+v is another question, but was recalled", q)
		}
	}
	an.Version = "2"
	if got := ask(t, a, "지난달 지역별 매출"); got.Rung == agent.Recall {
		t.Error("the analyst changed, but an old answer was recalled")
	}
	w.catalog = func(c *connectors.Catalog) { c.Version = "newer" }
	if got := ask(t, a, "지난달 지역별 매출"); got.Rung == agent.Recall {
		t.Error("the data are newer, but an old answer was recalled")
	}
	if got := ask(t, a, "지난달 지역별 매출"); got.Rung != agent.Recall {
		t.Error("the answer from the newer data was not kept")
	}
}

func TestFollowUpsInDifferentThreadsDiffer(t *testing.T) {
	t.Parallel()
	a, _, _ := remembering(t)
	thread := func(first string) *agent.Answer {
		before := ask(t, a, first)
		return askAs(t, a, agent.Question{Text: "그럼 9월은?", Before: []agent.Turn{{Text: first, Analyst: before.Analyst, Plan: before.Plan}}})
	}
	revenue, orders := thread("지난달 매출"), thread("지난달 주문 수")
	if revenue.Text == orders.Text || orders.Rung == agent.Recall {
		t.Errorf("the same answer in two threads: %s", revenue.Text)
	}
	if again := thread("지난달 매출"); again.Rung != agent.Recall || again.Text != revenue.Text {
		t.Errorf("the same follow-up again: %s", texts(again))
	}
	if len(revenue.Changed) == 0 {
		t.Error("a follow-up does not say what it changed")
	}
}

func TestDeclinesAreNotRemembered(t *testing.T) {
	t.Parallel()
	a, _, _ := remembering(t)
	for range 2 {
		if got := ask(t, a, "우주선 발사 횟수"); got.Rung != agent.None {
			t.Errorf("%s", texts(got))
		}
	}
}

func TestQuestionsAtTheSameTimeShareOneRun(t *testing.T) {
	t.Parallel()
	a, _, w := remembering(t)
	ask(t, a, "어제 매출") // prepares the analyst
	before := w.queries.Load()
	const people = 20
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.query = func(connectors.Statement) (*connectors.Result, error) {
		once.Do(func() { close(entered) })
		<-release
		return nil, nil
	}
	var wg sync.WaitGroup
	answers := make([]*agent.Answer, people)
	errs := make([]error, people)
	begin := func(i int) {
		wg.Go(func() {
			answers[i], errs[i] = a.Answer(t.Context(), agent.Question{Text: "지난달 매출", Now: now, ID: fmt.Sprint(i)}, nil)
		})
	}
	begin(0)
	<-entered
	for i := 1; i < people; i++ {
		begin(i)
	}
	close(release)
	wg.Wait()
	fresh := 0
	for i, got := range answers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if got.Text != answers[0].Text {
			t.Errorf("person %d reads %s", i, got.Text)
		}
		if got.Rung == agent.Compose {
			fresh++
		}
	}
	if n := w.queries.Load() - before; fresh != 1 || n != 1 {
		t.Errorf("%d ran, %d statements; want one", fresh, n)
	}
}

// TestWaitersOutliveTheirLeader cancels the one whose run the others wait for.
func TestWaitersOutliveTheirLeader(t *testing.T) {
	t.Parallel()
	a, _, w := remembering(t)
	ask(t, a, "어제 매출")
	entered := make(chan struct{}, 1)
	leader, leave := context.WithCancel(t.Context())
	defer leave()
	var first sync.Once
	w.query = func(connectors.Statement) (*connectors.Result, error) {
		var err error
		first.Do(func() {
			entered <- struct{}{}
			<-leader.Done()
			err = connectors.Errorf(connectors.CodeCancelled, "cancelled")
		})
		return nil, err
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := a.Answer(leader, agent.Question{Text: "지난달 매출", Now: now}, nil); err == nil {
			t.Error("the cancelled question was answered")
		}
	})
	<-entered
	wg.Go(func() {
		got, err := a.Answer(t.Context(), agent.Question{Text: "지난달 매출", Now: now}, nil)
		if err != nil || got.Rung == agent.None {
			t.Errorf("who waited got %v, %v", got, err)
		}
	})
	leave()
	wg.Wait()
}

// TestAFailureIsSharedToo lets a source be down while many ask the same: each hears
// of it, and the source is asked once.
func TestAFailureIsSharedToo(t *testing.T) {
	t.Parallel()
	an, w := watch(shopAnalyst(t))
	a := newAgent(t, asking{analysts: []*agent.Analyst{an}})
	ask(t, a, "어제 매출")
	before := w.queries.Load()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w.query = func(connectors.Statement) (*connectors.Result, error) {
			<-release
			return nil, connectors.Errorf(connectors.CodeUnavailable, "the database does not answer")
		}
		for range 10 {
			go func() {
				_, err := a.Answer(t.Context(), agent.Question{Text: "지난달 매출", Now: now}, nil)
				if connectors.CodeOf(err) != connectors.CodeUnavailable {
					t.Errorf("error %v", err)
				}
			}()
		}
		synctest.Wait() // until one asks the source and the others wait for it
		close(release)
		synctest.Wait()
	})
	if n := w.queries.Load() - before; n != 1 {
		t.Errorf("%d statements to a source that is down", n)
	}
}

// TestAnAnswerAboutAnEventThatMovedIsNotRecalled: a curator approves other dates, and the
// same question of the same day is answered anew.
func TestAnAnswerAboutAnEventThatMovedIsNotRecalled(t *testing.T) {
	t.Parallel()
	db, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	cal := calendar.Default()
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster([]*agent.Analyst{shopAnalyst(t)}, nil, nil), Store: db, Now: func() time.Time { return now }, Calendar: func() *calendar.Calendar { return cal },
	})
	if err != nil {
		t.Fatal(err)
	}
	const question = "올해 추석 연휴 매출"
	first := ask(t, a, question)
	if first.Rung != agent.Compose {
		t.Fatal(texts(first))
	}
	if got := ask(t, a, question); got.Rung != agent.Recall {
		t.Fatalf("not remembered: %s", texts(got))
	}
	start := time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC)
	moved, err := cal.With(calendar.Extra{Editions: []calendar.Edition{{
		Event: "kr.chuseok", Year: 2026, Start: start, End: start.AddDate(0, 0, 2), Status: calendar.Confirmed, Source: "공고",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	cal = moved
	got := ask(t, a, question)
	if got.Rung == agent.Recall || strings.Join(got.Assumptions, " ") == strings.Join(first.Assumptions, " ") {
		t.Errorf("after it moved: %s %v", texts(got), got.Assumptions)
	}
}
