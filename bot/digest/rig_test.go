package digest_test

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

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/schedule"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// platform is a messenger: what it has taken, it shows, whether or not anybody was told.
type platform struct {
	mu     sync.Mutex
	shown  []shown
	byKey  map[string]bot.Ref
	refuse func(thread bot.Thread, msg bot.Message) error // nil takes everything
	lose   func(msg bot.Message) bool                     // whether the answer is lost
}

type shown struct {
	thread bot.Thread
	msg    bot.Message
	ref    bot.Ref
	at     time.Time
}

var errLost = errors.New("connection reset by peer")

// poster is the platform as one process sees it. It knows by itself only what this
// process posted; what others did, it looks for when told to.
type poster struct {
	p    *platform
	mu   sync.Mutex
	mine map[string]bot.Ref
	step func() // called before and after the platform takes something
}

func (p *platform) poster() *poster {
	return &poster{p: p, mine: map[string]bot.Ref{}, step: func() {}}
}

func (o *poster) Post(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	if err := ctx.Err(); err != nil {
		return bot.Ref{}, err
	}
	o.mu.Lock()
	ref, known := o.mine[msg.Key]
	o.mu.Unlock()
	if known {
		return ref, nil
	}
	o.step()
	ref, err := o.p.take(thread, msg)
	if err != nil {
		return bot.Ref{}, err
	}
	o.step()
	if o.p.lose != nil && o.p.lose(msg) {
		return bot.Ref{}, errLost
	}
	o.mu.Lock()
	o.mine[msg.Key] = ref
	o.mu.Unlock()
	return ref, nil
}

func (o *poster) Update(context.Context, bot.Ref, bot.Message) error {
	return errors.New("a digest is never updated")
}

func (p *platform) take(thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ref, ok := p.byKey[msg.Key]; ok && msg.Again {
		return ref, nil
	}
	if p.refuse != nil {
		if err := p.refuse(thread, msg); err != nil {
			return bot.Ref{}, err
		}
	}
	if p.byKey == nil {
		p.byKey = map[string]bot.Ref{}
	}
	id := fmt.Sprintf("m%d", len(p.shown)+1)
	ref := bot.Ref{Thread: thread, ID: id}
	if thread.ID == "" {
		ref.Thread.ID = id
	}
	p.shown = append(p.shown, shown{thread, msg, ref, time.Now()})
	p.byKey[msg.Key] = ref
	return ref, nil
}

// texts are what a channel shows, oldest first.
func (p *platform) texts(channel string) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.shown {
		if s.thread.Channel == channel {
			out = append(out, s.msg.Text)
		}
	}
	return out
}

// twice lists the keys under which more than one message is shown.
func (p *platform) twice() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	count := map[string]int{}
	for _, s := range p.shown {
		if count[s.msg.Key]++; count[s.msg.Key] == 2 {
			out = append(out, s.msg.Key)
		}
	}
	return out
}

// kitchen renders: by default what it was asked, so that tests see it.
type kitchen struct {
	mu     sync.Mutex
	asked  []digest.Issue
	render func(n int, i digest.Issue) (*digest.Content, error) // n counts from 1
}

func (k *kitchen) Render(_ context.Context, i digest.Issue) (*digest.Content, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, i)
	if k.render != nil {
		return k.render(len(k.asked), i)
	}
	return say(fmt.Sprintf("%s %s #%d", i.Due.Format("01-02T15:04"), i.Group, len(k.asked))), nil
}

func say(text string) *digest.Content {
	return &digest.Content{Message: bot.Message{Kind: bot.KindDigest, Text: text}}
}

func value(v float64) *digest.Content {
	c := say(fmt.Sprint(v))
	c.Value = &v
	return c
}

// rights groups everybody by what stands before the first "-" of their name; "none" has
// no rights.
type rights struct{}

func (rights) Group(_ context.Context, _ *digest.Subscription, to digest.Recipient) (string, error) {
	group, _, _ := strings.Cut(to.Name, "-")
	if group == "none" {
		return "", digest.ErrNoRights
	}
	return group, nil
}

// people knows who has left.
type people struct{ left map[string]bool }

func (p people) Person(_ context.Context, _ bot.Thread, u bot.User) (bot.Person, error) {
	if p.left[u.ID] {
		return bot.Person{Standing: bot.Left}, nil
	}
	return bot.Person{Standing: bot.Member}, nil
}

// holidays are the days that nobody works, beside weekends.
type holidays map[string]bool

func (h holidays) Workday(t time.Time) (bool, error) {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !h[t.Format(time.DateOnly)], nil
}

var (
	minji   = digest.Actor{Person: digest.Person{Platform: "slack", User: "U1", Principal: "minji@x.kr", Name: "all-minji", Language: "ko"}}
	jun     = digest.Actor{Person: digest.Person{Platform: "slack", User: "U2", Principal: "jun@x.kr", Name: "all-jun", Language: "en"}}
	admin   = digest.Actor{Person: digest.Person{Platform: "slack", User: "U9", Principal: "admin@x.kr", Name: "all-admin", Language: "en"}}
	channel = digest.Recipient{Thread: bot.Thread{Platform: "slack", Channel: "C1"}, Name: "open"}
)

// rig is one store with a messenger and a kitchen, in a bubble whose clock moves when
// everybody waits.
type rig struct {
	t        *testing.T
	dir      string
	store    *bolt.Store
	platform *platform
	kitchen  *kitchen
	people   people
	config   func(*digest.Config)
	work     store.WorkOptions
}

// monday is when every test begins: a Monday, 08:00 in Seoul.
var monday = time.Date(2026, 11, 30, 8, 0, 0, 0, seoul())

func seoul() *time.Location {
	loc, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		panic(err)
	}
	return loc
}

// bubble runs test from monday on.
func bubble(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(monday))
		r := &rig{t: t, dir: t.TempDir(), platform: &platform{}, kitchen: &kitchen{}, people: people{map[string]bool{}}}
		r.open()
		t.Cleanup(func() { _ = r.store.Close() })
		test(t, r)
	})
}

func (r *rig) open() {
	r.t.Helper()
	s, err := bolt.Open(r.t.Context(), r.dir, bolt.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = s
}

// service makes one process's service.
func (r *rig) service(p bot.Poster, change ...func(*digest.Config)) *digest.Service {
	r.t.Helper()
	cfg := digest.Config{
		Store: r.store, Queue: r.store, Posters: map[string]bot.Poster{"slack": p}, People: map[string]bot.Directory{"slack": r.people},
		Renderers: map[digest.Kind]digest.Renderer{
			digest.KindCalendar: r.kitchen, digest.KindQuestion: r.kitchen, digest.KindAlert: r.kitchen,
		},
		Rights: rights{}, Jitter: -1, Admin: func(p string) bool { return p == admin.Principal },
		Workdays: holidays{"2026-12-25": true}, Logger: slog.New(slog.DiscardHandler),
	}
	if r.config != nil {
		r.config(&cfg)
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := digest.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// run starts a service and its worker, and returns what stops both.
func (r *rig) run(s *digest.Service, handlers map[string]store.Handler) (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	var wg sync.WaitGroup
	s.Start(ctx)
	if handlers == nil {
		handlers = s.Handlers()
	}
	queue := r.store
	wg.Go(func() {
		work := r.work
		work.Handlers = handlers
		if err := queue.Work(ctx, work); err != nil {
			r.t.Errorf("work: %v", err)
		}
	})
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			s.Stop()
			wg.Wait()
		})
	}
	r.t.Cleanup(stop)
	return stop
}

// up is a service that runs, with its poster.
func (r *rig) up(change ...func(*digest.Config)) *digest.Service {
	r.t.Helper()
	s := r.service(r.platform.poster(), change...)
	r.run(s, nil)
	return s
}

// until lets the time pass to hh:mm:ss of the test's first day, or days later.
func until(days int, clock string) {
	at, err := time.ParseInLocation("15:04:05", clock, seoul())
	if err != nil {
		panic(err)
	}
	y, m, d := monday.Date()
	<-time.After(time.Until(time.Date(y, m, d+days, at.Hour(), at.Minute(), at.Second(), 0, seoul())))
	synctest.Wait()
}

func cronText(t testing.TB, text string) schedule.Schedule {
	t.Helper()
	s, err := schedule.ParseCron(text, "Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// daily is a calendar digest at 9 for the channel.
func daily(t testing.TB) digest.Draft {
	return digest.Draft{
		Title: "Morning", To: []digest.Recipient{channel}, Subject: digest.Subject{Kind: digest.KindCalendar}, Language: "en",
		Schedule: cronText(t, "0 9 * * *"),
	}
}

func create(t testing.TB, s *digest.Service, by digest.Actor, d digest.Draft) *digest.Subscription {
	t.Helper()
	sub, err := s.Create(t.Context(), by, d)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func get(t testing.TB, s *digest.Service, id string) *digest.Subscription {
	t.Helper()
	sub, err := s.Get(t.Context(), admin, id)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// history is what became of a subscription, newest first: "2026-11-30T09:00 sent".
func history(t testing.TB, s *digest.Service, id string) (out []string) {
	t.Helper()
	all, err := s.History(t.Context(), admin, id, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		line := o.Local + " " + string(o.Status)
		if o.Reason != "" {
			line += " " + string(o.Reason)
		}
		out = append(out, line)
	}
	return out
}

func want(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}
