package curator_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/curator"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// wall is a channel: what was posted there, and how it looks now.
type wall struct {
	mu      sync.Mutex
	posts   []bot.Message // as they are now
	keys    []string      // of every Post, in order
	refuse  func(bot.Message) error
	dropped bool // posts lose their answers: shown, but nobody is told
}

func (p *wall) Post(_ context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		if err := p.refuse(msg); err != nil {
			return bot.Ref{}, err
		}
	}
	if at := slices.IndexFunc(p.posts, func(m bot.Message) bool { return m.Key == msg.Key }); at >= 0 && msg.Again {
		return bot.Ref{Thread: thread, ID: fmt.Sprint(at)}, nil
	}
	p.posts, p.keys = append(p.posts, msg), append(p.keys, msg.Key)
	if p.dropped {
		p.dropped = false
		return bot.Ref{}, fmt.Errorf("connection reset")
	}
	return bot.Ref{Thread: thread, ID: fmt.Sprint(len(p.posts) - 1)}, nil
}

func (p *wall) Update(_ context.Context, ref bot.Ref, msg bot.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var at int
	if _, err := fmt.Sscan(ref.ID, &at); err != nil {
		return err
	}
	p.posts[at] = msg
	return nil
}

// all are the messages as they look now.
func (p *wall) all() []bot.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.posts)
}

// rig is a book, its channel, and a clock.
type rig struct {
	store   *bolt.Store
	book    *book.Book
	wall    *wall
	service *curator.Service
	clock   atomic.Pointer[time.Time]
}

var today = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) // noon in Seoul

func isCurator(who string) bool { return who == "kim@acme.example" || who == "web:lee" }

func newRig(t *testing.T, change ...func(*curator.Config)) *rig {
	t.Helper()
	db, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r := &rig{store: db, wall: &wall{}}
	seoul := time.FixedZone("KST", 9*60*60)
	at := today
	r.clock.Store(&at)
	now := func() time.Time { return *r.clock.Load() }
	r.book, err = book.Open(t.Context(), db, book.Options{Now: now, Zone: seoul, Rights: func(_ context.Context, who string) (book.Role, error) {
		if isCurator(who) {
			return book.Curator, nil
		}
		return book.Suggester, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.book.Close)
	cfg := curator.Config{
		Book: r.book, Store: db, Posters: map[string]bot.Poster{"web": r.wall}, Thread: bot.Thread{Platform: "web", Channel: "marketing"},
		Language: "ko", Curator: isCurator, Home: calendar.Home, Markets: []string{calendar.Home}, Location: seoul, Now: now,
		Retry: 10 * time.Millisecond,
	}
	for _, c := range change {
		c(&cfg)
	}
	if r.service, err = curator.New(cfg); err != nil {
		t.Fatal(err)
	}
	return r
}

// run has the service work until the test ends.
func (r *rig) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() { worked <- r.store.Work(ctx, store.WorkOptions{Handlers: r.service.Handlers()}) }()
	r.service.Start(ctx)
	t.Cleanup(func() {
		r.service.Stop()
		stop()
		if err := <-worked; err != nil {
			t.Error(err)
		}
	})
}

// until waits for what the channel is to show.
func (r *rig) until(t *testing.T, what string, ok func(posts []bot.Message) bool) []bot.Message {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	changed := time.NewTicker(5 * time.Millisecond)
	defer changed.Stop()
	for time.Now().Before(deadline) {
		if posts := r.wall.all(); ok(posts) {
			return posts
		}
		<-changed.C
	}
	for _, m := range r.wall.all() {
		t.Log(text(m))
	}
	t.Fatalf("%s: not seen", what)
	return nil
}

// csat suggests dates of next year's 수능 as a search would.
func (r *rig) csat(t *testing.T, day int, sources ...book.Source) book.Item {
	t.Helper()
	start := time.Date(2027, 11, day, 0, 0, 0, 0, time.UTC)
	out, err := r.book.Suggest(t.Context(), book.System, book.Proposal{Event: "kr.csat", Year: 2027, Start: start, End: start, Status: calendar.Confirmed}, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

// press presses a button of a message as somebody.
func (r *rig) press(t *testing.T, who, language string, b bot.Button, fill func(*bot.Action)) *desk.Reply {
	t.Helper()
	a := &bot.Action{Name: b.Action, Value: b.Value, Values: map[string]string{}}
	if b.Form != nil {
		for _, f := range b.Form.Fields {
			a.Values[f.Name] = f.Value
		}
	}
	if fill != nil {
		fill(a)
	}
	user := who
	if _, id, ok := strings.Cut(who, ":"); ok {
		user = id
	}
	reply, err := r.service.Decide(t.Context(), desk.Order{
		Key: t.Name(), Thread: bot.Thread{Platform: "web", Channel: "marketing"}, User: bot.User{ID: user, Name: names[who]}, Principal: who, Language: language, Action: a,
	})
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

var names = map[string]string{"kim@acme.example": "김하나", "web:lee": "이두리", "web:park": "박세모"}

// button is the button of a message for an action.
func button(t *testing.T, m bot.Message, action string) bot.Button {
	t.Helper()
	for _, b := range m.Buttons {
		if b.Action == action {
			return b
		}
	}
	t.Fatalf("no button %s:\n%s", action, text(m))
	return bot.Button{}
}

// text is all that a message says.
func text(m bot.Message) string {
	var b strings.Builder
	fmt.Fprintln(&b, m.Text)
	for _, s := range m.Sections {
		fmt.Fprintln(&b, "##", s.Title)
		for _, l := range s.Lines {
			fmt.Fprintln(&b, l.Mark, l.When, l.Text, "|", l.Detail, l.Links)
		}
	}
	for _, x := range m.Buttons {
		fmt.Fprintf(&b, "[%s] ", x.Label)
	}
	return b.String()
}
