package herald_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/drift"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/herald"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// wall is a platform: what was posted where.
type wall struct {
	mu      sync.Mutex
	posts   []posted
	tries   int
	refuse  error // instead of every post
	dropped bool  // the next post is shown, and nobody is told
}

type posted struct {
	to  bot.Thread
	msg bot.Message
}

func (p *wall) Post(_ context.Context, to bot.Thread, msg bot.Message) (bot.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	if p.refuse != nil {
		return bot.Ref{}, p.refuse
	}
	if msg.Again && slices.ContainsFunc(p.posts, func(o posted) bool { return o.msg.Key == msg.Key }) {
		return bot.Ref{Thread: to}, nil
	}
	p.posts = append(p.posts, posted{to, msg})
	if p.dropped {
		p.dropped = false
		return bot.Ref{}, errors.New("connection reset")
	}
	return bot.Ref{Thread: to}, nil
}

func (p *wall) Update(context.Context, bot.Ref, bot.Message) error { return errors.New("not wanted") }

func (p *wall) all() []posted {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.posts)
}

func (p *wall) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *wall) tried() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries
}

var (
	owner = bot.Thread{Platform: "slack", Channel: "C1"}
	dba   = bot.Direct("slack", "", "U1")
)

// town is a store with analysts whose tables change, and those who keep them.
type town struct {
	t     *testing.T
	store *bolt.Store
	book  *drift.Book
	wall  *wall
	cfg   herald.Config
}

func newTown(t *testing.T, change ...func(*herald.Config)) *town {
	t.Helper()
	db, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &town{t: t, store: db, book: drift.NewBook(db), wall: &wall{}}
	w.cfg = herald.Config{
		Store: db, Posters: map[string]bot.Poster{"slack": w.wall}, Language: "ko", Location: time.FixedZone("KST", 9*60*60),
		Keepers: func() []herald.Keeper {
			return []herald.Keeper{{Analyst: "sales", Title: "영업 데이터", Written: true, To: []bot.Thread{owner}}, {Analyst: "shop"}}
		},
		Sources: map[string][]bot.Thread{"shop": {dba}},
		After:   20 * time.Millisecond, Retry: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&w.cfg)
	}
	w.see("day", "status", "amount")
	return w
}

// process starts a process on the store, which ends with stop.
func (w *town) process() (stop func()) {
	w.t.Helper()
	s, err := herald.New(w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() { worked <- w.store.Work(ctx, store.WorkOptions{Handlers: s.Handlers()}) }()
	s.Start(ctx)
	stop = sync.OnceFunc(func() {
		s.Stop()
		cancel()
		if err := <-worked; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// see has both analysts look at a database whose orders have those columns, of the type text
// where they are written so.
func (w *town) see(columns ...string) {
	w.t.Helper()
	table := &connectors.Table{Name: "orders"}
	model := &semantic.Model{Datasets: []*semantic.Dataset{{Name: "orders", Source: "orders"}}}
	for _, c := range []string{"day", "status", "amount"} {
		model.Datasets[0].Fields = append(model.Datasets[0].Fields, &semantic.Field{
			Name: c, Expression: map[string]string{"ANSI_SQL": c}, Label: semantic.Label{Ko: map[string]string{"day": "주문일", "status": "주문 상태", "amount": "금액"}[c], En: "order " + c},
		})
	}
	model.Metrics = []*semantic.Metric{
		{Name: "revenue", Label: semantic.Label{Ko: "매출", En: "Revenue"}, Expression: map[string]string{"ANSI_SQL": "SUM(orders.amount)"}},
		{Name: "days", Label: semantic.Label{Ko: "영업일 수", En: "Days"}, Expression: map[string]string{"ANSI_SQL": "COUNT(DISTINCT orders.day)"}},
	}
	for _, c := range columns {
		name, typ, _ := strings.Cut(c, " ")
		col := &connectors.ColumnInfo{Name: name, Type: "int", Kind: connectors.KindInteger}
		if typ != "" {
			col.Type, col.Kind = "text", connectors.KindText
		}
		table.Columns = append(table.Columns, col)
	}
	for _, analyst := range []string{"sales", "shop"} {
		_, err := w.book.Settle(w.t.Context(), drift.Look{
			Analyst: analyst, Version: "1", Catalog: &connectors.Catalog{Source: "shop", Tables: []*connectors.Table{table}}, Model: model,
			Before:   func(*connectors.Catalog) *semantic.Model { return model },
			Verified: []drift.Verified{{Question: "상태별 주문", SQL: "SELECT status, count(*) FROM orders GROUP BY 1"}}, Now: time.Now(),
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *town) until(what string, there func([]posted) bool) []posted {
	w.t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-again.C {
		all := w.wall.all()
		if there(all) {
			return all
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: it did not come: %+v", what, all)
		}
	}
}

// settled waits until every job has ended.
func (w *town) settled() {
	w.t.Helper()
	w.until("the end of the jobs", func([]posted) bool {
		d, err := w.store.Depth(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		return d.Foreground == (store.Load{}) && d.Background == (store.Load{})
	})
}

func to(all []posted, thread bot.Thread) (out []bot.Message) {
	for _, p := range all {
		if p.to == thread {
			out = append(out, p.msg)
		}
	}
	return out
}

// text is all that a message says.
func text(m bot.Message) string {
	out := m.Text
	for _, s := range m.Sections {
		out += "\n# " + s.Title
		for _, l := range s.Lines {
			out += fmt.Sprintf("\n%s — %s", l.Text, l.Detail)
		}
	}
	return out
}

// A change is told once to each who keeps what it touches, however many processes there are,
// however often they look and start, and once more when all is well.
func TestAChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	first, second := w.process(), w.process()
	w.see("day", "zz text", "amount text")
	sales := text(w.told(owner, 1)[0])
	for _, want := range []string{
		"분석가 **‘영업 데이터’**", "**열 orders.status 없어짐(열 orders.zz 생김)**", "**열 orders.amount의 값이 정수에서 글자로 바뀜(int → text)**",
		"영업 데이터: 항목 주문 상태 · 검증된 질문 “상태별 주문”", "영업 데이터: 지표 매출 · 항목 금액", "지표 1개: 영업일 수",
		"`bapsang analyst check --config bapsang.yaml`", "`bapsang analyst accept sales --config bapsang.yaml`",
	} {
		if !strings.Contains(sales, want) {
			t.Errorf("%q is not in\n%s", want, sales)
		}
	}
	w.settled()
	// Who keeps the source hears of both analysts.
	all := ""
	for _, m := range to(w.wall.all(), dba) {
		all += text(m)
	}
	if strings.Count(all, "영업 데이터: 항목 주문 상태") != 1 || strings.Count(all, "shop: 항목 주문 상태") != 1 {
		t.Errorf("who keeps the source is told\n%s", all)
	}
	n := len(to(w.wall.all(), dba))
	first()
	w.see("day", "zz text", "amount text") // somebody asks
	second()
	w.process() // and it starts anew
	w.settled()
	w.see("day", "status", "amount text")
	if got := text(w.told(owner, 2)[1]); !strings.Contains(got, "아직 맞지 않는 것도 있어요") || !strings.Contains(got, "**orders.status**") || strings.Contains(got, "accept") {
		t.Errorf("when some is well:\n%s", got)
	}
	w.see("day", "status", "amount")
	if got := text(w.told(owner, 3)[2]); !strings.Contains(got, "다시 전처럼 답해요") || !strings.Contains(got, "**orders.amount**") {
		t.Errorf("when all is well:\n%s", got)
	}
	w.settled()
	if got := len(to(w.wall.all(), owner)); got != 3 {
		t.Errorf("%d messages", got)
	}
	all = ""
	for _, m := range to(w.wall.all(), dba)[n:] {
		all += text(m)
	}
	if strings.Count(all, "영업 데이터: 항목 주문 상태") != 1 || strings.Count(all, "shop: 항목 주문 상태") != 1 || strings.Contains(all, "없어짐") {
		t.Errorf("who keeps the source is told that it is well\n%s", all)
	}
}

// told waits until a place has so many messages.
func (w *town) told(place bot.Thread, n int) []bot.Message {
	w.t.Helper()
	return to(w.until(fmt.Sprintf("message %d", n), func(all []posted) bool { return len(to(all, place)) >= n }), place)
}

func TestInEnglish(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(c *herald.Config) { c.Language, c.Sources = "en", nil })
	w.process()
	w.see("day", "zz", "amount text")
	got := text(w.until("a message", func(all []posted) bool { return len(all) == 1 })[0].msg)
	for _, want := range []string{
		"The database behind the analyst **‘영업 데이터’** has changed", "column orders.status is gone; it may be called orders.zz now", "holds text, no longer whole numbers",
		"metrics Revenue · fields order amount", "1 of its metrics: Days", "`bapsang analyst accept sales",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// What is undone before anybody is told was nothing.
func TestAMigrationIsNotTold(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(c *herald.Config) { c.After = 300 * time.Millisecond })
	w.process()
	w.see("day", "amount")
	w.see("day", "status", "amount")
	w.settled()
	if all := w.wall.all(); len(all) > 0 {
		t.Errorf("told: %s", text(all[0].msg))
	}
}

// A post whose answer was lost is looked for, not made again.
func TestAPostWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(c *herald.Config) { c.Sources = nil })
	w.wall.dropped = true
	w.process()
	w.see("day", "amount")
	w.until("it is looked for", func([]posted) bool { return w.wall.tried() >= 2 })
	w.settled()
	if all := w.wall.all(); len(all) != 1 {
		t.Errorf("%d messages", len(all))
	}
}

// A platform that does not answer is waited for; a channel that is gone is not.
func TestAPlatformThatRefuses(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(c *herald.Config) { c.Sources = nil })
	w.wall.refuse = &bot.Error{Code: bot.CodeUnavailable}
	w.process()
	w.see("day", "amount")
	w.until("it is tried again", func([]posted) bool { return w.wall.tried() >= 3 })
	w.wall.set(func() { w.wall.refuse = nil })
	w.until("a message", func(all []posted) bool { return len(all) == 1 })
	w.settled()
	tried := w.wall.tried()
	w.wall.set(func() { w.wall.refuse = &bot.Error{Code: bot.CodeGone} })
	w.see("day", "status", "amount")
	w.until("it is tried", func([]posted) bool { return w.wall.tried() > tried })
	w.settled()
	if n := w.wall.tried(); n != tried+1 {
		t.Errorf("tried %d times", n-tried)
	}
}
