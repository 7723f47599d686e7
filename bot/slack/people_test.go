package slack_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func withClock(c *clock) func(*slack.Config) {
	return func(cfg *slack.Config) { cfg.Now = c.Now }
}

func (r *rig) person(id string) bot.Person {
	r.t.Helper()
	p, err := r.driver.Person(r.t.Context(), bot.Thread{}, bot.User{ID: id})
	if err != nil {
		r.t.Fatalf("person %s: %v", id, err)
	}
	return p
}

func TestStandings(t *testing.T) {
	const grid = "E0GRID00001"
	r := start(t, slacktest.Options{Enterprise: grid, Users: []slacktest.User{
		{ID: "W0GRID00001", Name: "grid", RealName: "Of another workspace", Email: "Grid@Example.com", Team: "T0SECOND001", Enterprise: grid},
		{ID: "U0OTHER0001", Name: "other", RealName: "Of another Grid", Team: "T0THIRD0001", Enterprise: "E0OTHER0001"},
		{ID: "U0NFD000001", Name: "nfd", RealName: norm.NFD.String("박서준"), Email: " SeoJun@Example.COM ", Locale: "ko-KR"},
	}})
	for id, want := range map[string]bot.Person{
		slacktest.Minji:    {Standing: bot.Member, Email: "minji.kim@example.com", Locale: "ko-KR"},
		slacktest.Alex:     {Standing: bot.Member, Email: "alex@example.com", Locale: "en-US"},
		slacktest.Guest:    {Standing: bot.Guest, Email: "guest@partner.example", Locale: "ko-KR"},
		slacktest.Single:   {Standing: bot.Guest, Email: "single@partner.example", Locale: "ko-KR"},
		slacktest.External: {Standing: bot.External},
		slacktest.Robot:    {Standing: bot.Robot},
		slacktest.Gone:     {Standing: bot.Left},
		"W0GRID00001":      {Standing: bot.Member},
		"U0OTHER0001":      {Standing: bot.External},
		"U0NFD000001":      {Standing: bot.Member, Email: "seojun@example.com", Locale: "ko-KR"},
		"U0NOBODY999":      {Standing: bot.External},
		"USLACKBOT":        {Standing: bot.Robot},
	} {
		p := r.person(id)
		if p.Standing != want.Standing || want.Email != "" && p.Email != want.Email || want.Locale != "" && p.Locale != want.Locale {
			t.Errorf("%s is %+v, want %+v", id, p, want)
		}
		if !norm.NFC.IsNormalString(p.Name) {
			t.Errorf("%s is called %q", id, p.Name)
		}
	}
}

// A company that arrives before it is listed costs a few calls, not one for each person,
// and a stranger costs one.
func TestPeopleCostFewCalls(t *testing.T) {
	opts := slacktest.Options{}
	for i := range 1500 {
		opts.Users = append(opts.Users, slacktest.User{ID: fmt.Sprintf("U0CROWD%04d", i), Name: fmt.Sprint("p", i), Email: fmt.Sprintf("p%d@example.com", i), Locale: "ko-KR"})
	}
	c := &clock{now: time.Now()}
	r := start(t, opts, withClock(c))
	r.until("Run begun", func() bool { return len(r.Calls("auth.test")) > 0 })
	var wg sync.WaitGroup
	for i := range 1500 {
		wg.Go(func() {
			if p := r.person(fmt.Sprintf("U0CROWD%04d", i)); p.Email != fmt.Sprintf("p%d@example.com", i) || p.Standing != bot.Member {
				t.Errorf("person %d is %+v", i, p)
			}
		})
	}
	wg.Wait()
	for range 20 {
		wg.Go(func() { r.person("U0NOBODY999") })
	}
	wg.Wait()
	lists, infos := len(r.Calls("users.list")), len(r.Calls("users.info"))
	if lists > 9 || infos > 3 {
		t.Errorf("%d listings and %d look-ups for 1,500 people", lists, infos)
	}
}

func TestPeopleAreAskedForAgain(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Now()}
	r := start(t, slacktest.Options{}, withClock(c))
	if p := r.person(slacktest.Minji); p.Standing != bot.Member {
		t.Fatalf("at first %+v", p)
	}
	r.SetUser(slacktest.User{ID: slacktest.Minji, Name: "minji", Deleted: true})
	if p := r.person(slacktest.Minji); p.Standing != bot.Member {
		t.Errorf("at once %+v: nothing is remembered", p)
	}
	c.move(61 * time.Minute)
	if p := r.person(slacktest.Minji); p.Standing != bot.Left {
		t.Errorf("after an hour %+v", p)
	}
	// An event says so at once.
	r.SetUser(slacktest.User{ID: slacktest.Alex, Name: "alex", Restricted: true})
	r.Emit(map[string]any{"type": "user_change", "user": map[string]any{"id": slacktest.Alex, "deleted": false}}, "", 1)
	r.settled()
	if p := r.person(slacktest.Alex); p.Standing != bot.Guest {
		t.Errorf("after the event %+v", p)
	}
}

// held keeps back the first answer of a method until it is let go.
type held struct {
	next          http.RoundTripper
	method        string
	once          sync.Once
	answered, let chan struct{}
}

func (h *held) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := h.next.RoundTrip(req)
	if strings.HasSuffix(req.URL.Path, "/"+h.method) {
		h.once.Do(func() {
			close(h.answered)
			<-h.let
		})
	}
	return resp, err
}

// TestAChangeOutrunsTheListing makes somebody a guest while the listing that still calls
// them a member is on its way.
func TestAChangeOutrunsTheListing(t *testing.T) {
	t.Parallel()
	h := &held{method: "users.list", answered: make(chan struct{}), let: make(chan struct{})}
	r := start(t, slacktest.Options{}, func(c *slack.Config) {
		h.next = c.HTTPClient.Transport
		c.HTTPClient = &http.Client{Transport: h}
	})
	<-h.answered
	r.SetUser(slacktest.User{ID: slacktest.Alex, Name: "alex", Restricted: true})
	r.Emit(map[string]any{"type": "user_change", "user": map[string]any{"id": slacktest.Alex, "deleted": false}}, "", 1)
	r.settled()
	close(h.let)
	if p := r.person(slacktest.Minji); p.Standing != bot.Member { // who is listed now
		t.Fatalf("%+v", p)
	}
	if p := r.person(slacktest.Alex); p.Standing != bot.Guest {
		t.Errorf("after the event %+v", p)
	}
}

func TestPeopleWhenSlackIsDown(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Now()}
	r := start(t, slacktest.Options{}, withClock(c))
	r.person(slacktest.Minji)
	stop := r.Fault(slacktest.Fault{Method: "users.*", Error: "internal_error"})
	c.move(2 * time.Hour)
	if p := r.person(slacktest.Minji); p.Standing != bot.Member {
		t.Errorf("known before: %+v", p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c.move(48 * time.Hour)
	began := time.Now()
	if p, err := r.driver.Person(ctx, bot.Thread{}, bot.User{ID: slacktest.Minji}); err == nil {
		t.Errorf("known two days ago: %+v", p)
	}
	if took := time.Since(began); took > 9*time.Second { // it waits ten for a listing, and as long for a look-up
		t.Errorf("its context was done after 100 ms, it returned after %v", took)
	}
	stop()
	if p := r.person(slacktest.Minji); p.Standing != bot.Member {
		t.Errorf("afterwards %+v", p)
	}
}

func TestRefusedLookUp(t *testing.T) {
	r := start(t, slacktest.Options{})
	r.until("listed", func() bool { return len(r.Calls("users.list")) > 0 })
	r.KillToken("account_inactive")
	_, err := r.driver.Person(t.Context(), bot.Thread{}, bot.User{ID: "U0UNKNOWN01"})
	if refused := (*bot.Error)(nil); !errors.As(err, &refused) || refused.Code != bot.CodeDenied {
		t.Errorf("got %v", err)
	}
}

func TestMissingEmailIsSaidOnce(t *testing.T) {
	opts := slacktest.Options{}
	for _, scope := range slacktest.DefaultScopes() {
		if scope != "users:read.email" {
			opts.Scopes = append(opts.Scopes, scope)
		}
	}
	r := start(t, opts)
	for _, id := range []string{slacktest.Minji, slacktest.Alex, slacktest.Guest} {
		if p := r.person(id); p.Email != "" || p.Name == "" {
			t.Errorf("%s is %+v", id, p)
		}
	}
	r.until("listed", func() bool { return len(r.Calls("users.list")) > 0 })
	if n := strings.Count(r.log.String(), "users:read.email"); n != 1 || !r.driver.Intake().NoEmail {
		t.Errorf("said %d times", n)
	}
}
