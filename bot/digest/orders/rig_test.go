package orders_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/orders"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// sent is a message of a platform that is a list.
type sent struct {
	thread bot.Thread
	msg    bot.Message
}

// messenger takes everything that is posted.
type messenger struct {
	mu    sync.Mutex
	all   []sent
	fails error
}

func (m *messenger) Post(_ context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails != nil && !thread.Direct {
		return bot.Ref{}, m.fails
	}
	m.all = append(m.all, sent{thread, msg})
	return bot.Ref{Thread: thread, ID: fmt.Sprint(len(m.all))}, nil
}

func (m *messenger) Update(context.Context, bot.Ref, bot.Message) error {
	return errors.New("nothing is updated")
}

// refuse has posts to channels fail with err; nil takes them.
func (m *messenger) refuse(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fails = err
}

// in are the texts that were posted to a channel, or to one person.
func (m *messenger) in(channel string) (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.all {
		if s.thread.Channel == channel {
			out = append(out, s.msg.Text)
		}
	}
	return out
}

// cook renders what it was asked.
type cook struct{}

func (cook) Render(_ context.Context, i digest.Issue) (*digest.Content, error) {
	v := 1.0
	return &digest.Content{Value: &v, Message: bot.Message{Kind: bot.KindDigest, Text: "answer to " + i.Subject.Question}}, nil
}

type everybody struct{}

func (everybody) Group(context.Context, *digest.Subscription, digest.Recipient) (string, error) {
	return "all", nil
}

// rig is a taker on a real service, in a bubble whose clock moves when everybody waits.
type rig struct {
	t       *testing.T
	service *digest.Service
	taker   *orders.Taker
	posted  *messenger
	mu      sync.Mutex // guards left
	left    map[string]bool
	said    *desk.Reply // the last reply
	orders  int
	preview func(subject digest.Subject) (string, error)
}

// monday is when every test begins: eight in Seoul.
var monday = time.Date(2026, 11, 30, 8, 0, 0, 0, time.FixedZone("KST", 9*3600))

var (
	minji = bot.User{ID: "U1", Name: "민지"}
	alex  = bot.User{ID: "U2", Name: "Alex"}
	sales = bot.Thread{Platform: "slack", Workspace: "T1", Channel: "C1", ID: "t1"}
	alone = bot.Thread{Platform: "slack", Workspace: "T1", Channel: "D1", ID: "t9", Direct: true}
)

func bubble(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(monday))
		r := &rig{t: t, posted: &messenger{}, left: map[string]bool{}}
		s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.open(s)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		r.service.Start(ctx)
		wg.Go(func() {
			if err := s.Work(ctx, store.WorkOptions{Handlers: r.service.Handlers()}); err != nil {
				t.Errorf("work: %v", err)
			}
		})
		defer func() {
			cancel()
			r.service.Stop()
			wg.Wait()
			_ = s.Close()
		}()
		test(t, r)
	})
}

// Person implements bot.Directory.
func (r *rig) Person(_ context.Context, _ bot.Thread, u bot.User) (bot.Person, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left[u.ID] {
		return bot.Person{Standing: bot.Left}, nil
	}
	return bot.Person{Standing: bot.Member}, nil
}

// leave has somebody leave, or come back.
func (r *rig) leave(user string, gone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left[user] = gone
}

func (r *rig) open(s *bolt.Store) {
	r.t.Helper()
	var err error
	r.service, err = digest.New(digest.Config{
		Store: s, Queue: s, Posters: map[string]bot.Poster{"slack": r.posted}, People: map[string]bot.Directory{"slack": r},
		Renderers: map[digest.Kind]digest.Renderer{digest.KindCalendar: cook{}, digest.KindQuestion: cook{}, digest.KindAlert: cook{}, digest.KindReport: cook{}},
		Rights:    everybody{}, Jitter: -1, Limits: digest.Limits{PerOwner: 1000, PerChannel: 1000, Interval: time.Hour}, Logger: slog.New(slog.DiscardHandler),
		Decorate: func(sub *digest.Subscription, msg *bot.Message) {
			msg.Buttons = append(msg.Buttons, r.taker.Settings(sub))
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.taker, err = orders.New(orders.Config{
		Service: r.service, Zone: "Asia/Seoul",
		Calendar: func(text string) (map[string]string, bool) {
			return nil, strings.Contains(text, "일정") || strings.Contains(text, "calendar")
		},
		Report: func(every time.Duration) map[string]string {
			return map[string]string{"period": map[bool]string{true: "month", false: "week"}[every > 8*24*time.Hour]}
		},
		Preview: func(_ context.Context, _ digest.Actor, subject digest.Subject, _ string) (string, error) {
			if r.preview != nil {
				return r.preview(subject)
			}
			return "", nil
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// order has an order taken, and keeps what was said.
func (r *rig) order(by bot.User, o desk.Order) *desk.Reply {
	r.t.Helper()
	if o.Key == "" {
		r.orders++
		o.Key = fmt.Sprint("key", r.orders)
	}
	if o.Thread.Platform == "" {
		o.Thread = sales
	}
	if o.Language == "" {
		o.Language = languageOf(o.Text)
	}
	o.User, o.Principal = by, "slack:"+by.ID
	reply, err := r.taker.Order(r.t.Context(), o)
	if err != nil {
		r.t.Fatalf("%q: %v", o.Text, err)
	}
	r.said = reply
	return reply
}

// made is the subscription that a sentence made; nil when it made none.
func (r *rig) made(text string, about desk.About) *digest.Subscription {
	r.t.Helper()
	before := r.mine(minji)
	r.order(minji, desk.Order{Text: text, About: about})
	for _, sub := range r.mine(minji) {
		if !slices.ContainsFunc(before, func(b *digest.Subscription) bool { return b.ID == sub.ID }) {
			return sub
		}
	}
	return nil
}

func (r *rig) mine(who bot.User) []*digest.Subscription {
	r.t.Helper()
	subs, err := r.service.Mine(r.t.Context(), digest.Actor{Person: digest.Person{Principal: "slack:" + who.ID}})
	if err != nil {
		r.t.Fatal(err)
	}
	return subs
}

func languageOf(text string) string {
	for _, c := range text {
		if c >= '가' && c <= '힣' {
			return "ko"
		}
	}
	return "en"
}
