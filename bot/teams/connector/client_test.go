package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

func made(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, `{"id":"1700000000001"}`)
}

// most is the most calls of any stretch of time that long.
func most(at []time.Time, per time.Duration) int {
	n := 0
	for i := range at {
		j := i
		for j < len(at) && at[j].Sub(at[i]) < per {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

// Calls leave as early as all windows let them, and never more of them arrive, however
// long each is on its way.
func TestRatesAreUsedButNeverExceeded(t *testing.T) {
	for _, c := range []struct {
		name   string
		calls  int
		late   time.Duration
		spread int // channels
		posts  bool
		within time.Duration
	}{
		{"a chat", 130, 0, 1, false, 63 * time.Second},
		{"the posts of a channel", 130, 0, 1, true, 63 * time.Second},
		{"the posts of a channel with a slow way", 130, 3 * time.Second, 1, true, 90 * time.Second},
		{"a chat for two hours", 2000, 0, 1, false, time.Hour + 2*time.Minute},
		{"a tenant", 300, 0, 300, true, 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			at := map[string][]time.Time{}
			var all []time.Time
			dice := rand.New(rand.NewPCG(1, 2))
			cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				there, back := time.Duration(dice.Int64N(int64(c.late)+1)), time.Duration(dice.Int64N(int64(c.late)+1))
				mu.Unlock()
				<-time.After(there) // of the bubble's clock
				mu.Lock()
				id, _, _ := strings.Cut(r.URL.Path, ";")
				at[id] = append(at[id], time.Now())
				all = append(all, time.Now())
				mu.Unlock()
				<-time.After(back)
				made(w, r)
			})).Client
			began := time.Now()
			var wg sync.WaitGroup
			for n := range c.calls {
				wg.Go(func() {
					ref := here()
					ref.Conversation = fmt.Sprintf("19:c%d@thread.tacv2", n%c.spread)
					if c.posts {
						ref.Conversation += fmt.Sprintf(";messageid=%d", n)
					}
					if _, err := cl.Send(t.Context(), ref, hello()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if took := time.Since(began); took > c.within {
				t.Errorf("%s: took %v, want at most %v", c.name, took, c.within)
			}
			for _, times := range at {
				for per, limit := range map[time.Duration]int{time.Second: 7, 2 * time.Second: 8, 30 * time.Second: 60, time.Hour: 1800} {
					if n := most(times, per); n > limit {
						t.Errorf("%s: %d calls within %v", c.name, n, per)
					}
				}
			}
			if n := most(all, time.Second); n > 30 {
				t.Errorf("%s: %d calls of the tenant within a second", c.name, n)
			}
		})
	}
}

// What is said in one conversation arrives one after the other, however long each is on
// its way; other conversations do not wait for it.
func TestOrderIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var got []string
		there := 0
		cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, chat) {
				made(w, r)
				return
			}
			raw, _ := io.ReadAll(r.Body)
			var a connector.Activity
			_ = json.Unmarshal(raw, &a)
			mu.Lock()
			got = append(got, a.Text)
			if there++; there > 1 {
				t.Error("two calls at once for one conversation")
			}
			mu.Unlock()
			<-time.After(2 * time.Second)
			mu.Lock()
			there--
			mu.Unlock()
			made(w, r)
		})).Client
		var want []string
		var wg sync.WaitGroup
		for i := range 10 {
			want = append(want, fmt.Sprint(i))
			wg.Go(func() {
				if _, err := cl.Send(t.Context(), here(), connector.Activity{Type: "message", Text: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		began := time.Now()
		other := here()
		other.Conversation = "a:1other"
		if _, err := cl.Send(t.Context(), other, hello()); err != nil || time.Since(began) > 0 {
			t.Errorf("another conversation waited %v: %v", time.Since(began), err)
		}
		if _, err := cl.Try().Send(t.Context(), here(), hello()); err == nil {
			t.Error("progress went among what waits")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := cl.Send(ctx, here(), hello()); connector.Reason(err) != "given_up" {
			t.Errorf("who gives up waiting: %v", err)
		}
		wg.Wait()
		if !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	})
}

// After a refusal a channel comes back one by one, and what was refused before the rest.
func TestChannelComesBackGently(t *testing.T) {
	for range 20 { // who is first is not left to chance
		synctest.Test(t, comeBack)
	}
}

func comeBack(t *testing.T) {
	var mu sync.Mutex
	var got []string
	var at []time.Time
	first := true
	cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if first {
			first = false
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		_, post, _ := strings.Cut(r.URL.Path, "messageid=")
		got, at = append(got, strings.TrimSuffix(post, "/activities")), append(at, time.Now())
		made(w, r)
	})).Client
	post := func(n int) connector.Ref {
		ref := here()
		ref.Conversation = fmt.Sprintf("19:c@thread.tacv2;messageid=%d", n)
		return ref
	}
	if _, err := cl.Try().Send(t.Context(), post(0), hello()); connector.KindOf(err) != connector.KindRate {
		t.Fatal(err)
	}
	if _, err := cl.Try().Send(t.Context(), post(0), hello()); connector.Reason(err) != "no_budget" || cl.Room(post(0)) != 0 {
		t.Errorf("progress in the pause: %v", err)
	}
	<-time.After(6 * time.Second)
	first = true
	began := time.Now()
	var wg sync.WaitGroup
	for n := range 5 {
		wg.Go(func() {
			if _, err := cl.Send(t.Context(), post(n), hello()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
	}
	wg.Wait()
	if want := []string{"0", "1", "2", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("came as %v", got)
	}
	for i := range at {
		since := began.Add(5 * time.Second)
		if i > 0 {
			since = at[i-1].Add(time.Second / 7)
		}
		if at[i].Before(since) {
			t.Errorf("call %d came %v too early", i, since.Sub(at[i]))
		}
	}
}

func TestProgressGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) { calls.Add(1); made(w, r) })).Client
		passed := 0
		for {
			_, err := cl.Try().Send(t.Context(), here(), hello())
			if err != nil {
				if e := (*bot.Error)(nil); !errors.As(err, &e) || e.Code != bot.CodeBusy || connector.Unknown(err) {
					t.Fatal(err)
				}
				break
			}
			passed++
		}
		if passed < 5 || passed > 6 || int(calls.Load()) != passed {
			t.Errorf("%d progresses passed, %d calls", passed, calls.Load())
		}
		if room := cl.Room(here()); room != 0 {
			t.Errorf("room for %d", room)
		}
		began := time.Now()
		if _, err := cl.Send(t.Context(), here(), hello()); err != nil || time.Since(began) > 0 {
			t.Errorf("the answer waited %v: %v", time.Since(began), err)
		}
	})
}

func TestARefusedThreadRestsAndOthersDoNot(t *testing.T) {
	for name, header := range map[string]func(w http.ResponseWriter) time.Duration{
		"seconds": func(w http.ResponseWriter) time.Duration { w.Header().Set("Retry-After", "7"); return 7 * time.Second },
		"fraction": func(w http.ResponseWriter) time.Duration {
			w.Header().Set("Retry-After", "0.5")
			return time.Second / 2
		},
		"a date": func(w http.ResponseWriter) time.Duration {
			w.Header().Set("Date", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Retry-After", "Mon, 02 Jan 2006 15:04:14 GMT")
			return 9 * time.Second
		},
		"nothing": func(http.ResponseWriter) time.Duration { return 2 * time.Second },
		"nonsense": func(w http.ResponseWriter) time.Duration {
			w.Header().Set("Retry-After", "NaN")
			return 2 * time.Second
		},
		"for ever": func(w http.ResponseWriter) time.Duration { w.Header().Set("Retry-After", "1e99"); return time.Hour },
	} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			var pause time.Duration
			c := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, chat) && calls.Add(1) == 1 {
					pause = header(w)
					w.WriteHeader(http.StatusTooManyRequests)
					fmt.Fprint(w, `{"error":{"code":"Throttled","message":"Too many requests"}}`)
					return
				}
				made(w, r)
			}))
			began := time.Now()
			var wg sync.WaitGroup
			wg.Go(func() {
				if id, err := c.Client.Send(t.Context(), here(), hello()); err != nil || id == "" {
					t.Errorf("%s: %q %v", name, id, err)
				}
				if took := time.Since(began); took < pause || took > pause+time.Second {
					t.Errorf("%s: came back after %v, want %v", name, took, pause)
				}
			})
			synctest.Wait()
			if n := len(c.Client.Paused()); n != 1 {
				t.Errorf("%s: %d are paused", name, n)
			}
			other := here()
			other.Conversation = "a:1other"
			if _, err := c.Client.Send(t.Context(), other, hello()); err != nil || time.Since(began) > 0 {
				t.Errorf("%s: another waited %v: %v", name, time.Since(began), err)
			}
			if _, err := c.Client.Try().Send(t.Context(), here(), hello()); err == nil {
				t.Errorf("%s: progress passed while it rests", name)
			}
			wg.Wait()
		})
	}
}

type op struct {
	name string
	do   func(ctx context.Context, c *connector.Client) error
	safe bool // may be repeated
}

func ops() []op {
	return []op{
		{"send", func(ctx context.Context, c *connector.Client) error {
			_, err := c.Send(ctx, here(), hello())
			return err
		}, false},
		{"reply", func(ctx context.Context, c *connector.Client) error {
			a := hello()
			a.ReplyToID = "1"
			_, err := c.Send(ctx, here(), a)
			return err
		}, false},
		{"update", func(ctx context.Context, c *connector.Client) error { return c.Update(ctx, here(), "1", hello()) }, true},
		{"delete", func(ctx context.Context, c *connector.Client) error { return c.Delete(ctx, here(), "1") }, true},
		{"create", func(ctx context.Context, c *connector.Client) error {
			_, err := c.CreateConversation(ctx, service, tenant, "29:1")
			return err
		}, true},
		{"member", func(ctx context.Context, c *connector.Client) error {
			_, err := c.Member(ctx, here(), "29:1")
			return err
		}, true},
	}
}

// What failed is repeated when Microsoft says so or when that does no harm, and nothing
// else.
func TestOnlyWhatMayBeIsRepeated(t *testing.T) {
	reset := trip(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset by peer") })
	status := func(code int) http.RoundTripper {
		return server(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	refused := trip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	})
	hang := trip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	for name, c := range map[string]struct {
		fault   http.RoundTripper
		always  bool // is repeated whatever was asked
		safely  bool // is when that does no harm
		unknown bool // whether a send was done
	}{
		"412": {status(412), true, true, false}, "502": {status(502), false, true, true}, "503": {status(503), false, true, true},
		"504": {status(504), false, true, true}, "500": {status(500), false, true, true}, "408": {status(408), false, true, true},
		"501": {status(501), false, false, false}, "400": {status(400), false, false, false}, "403": {status(403), false, false, false}, "413": {status(413), false, false, false},
		"302": {status(302), false, false, false}, "reset": {reset, false, true, true}, "never reached": {refused, true, true, false},
		"no answer": {hang, false, true, true},
	} {
		for _, o := range ops() {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				login := withLogin(nil)
				cl := newConnector(trip(func(r *http.Request) (*http.Response, error) {
					if r.URL.Host == "login.microsoftonline.com" {
						return login.RoundTrip(r)
					}
					calls++
					return c.fault.RoundTrip(r)
				})).Client
				err := o.do(t.Context(), cl)
				var e *bot.Error
				if !errors.As(err, &e) {
					t.Fatalf("%s after %s: %v", o.name, name, err)
				}
				if again := calls > 1; again != (c.always || c.safely && o.safe) {
					t.Errorf("%s after %s: %d calls", o.name, name, calls)
				}
				if calls > 10 {
					t.Errorf("%s after %s: %d calls", o.name, name, calls)
				}
				if unknown := connector.Unknown(err); unknown != (c.unknown && !o.safe) {
					t.Errorf("%s after %s: unknown is %v: %v", o.name, name, unknown, err)
				}
				if strings.Contains(err.Error(), "the-token") || strings.Contains(err.Error(), secret) {
					t.Errorf("the error has a secret: %v", err)
				}
				calls = 0
				if err := o.do(t.Context(), cl.Try()); err == nil || calls != 1 {
					t.Errorf("%s in passing after %s: %d calls, %v", o.name, name, calls, err)
				}
			})
		}
	}
}

type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// watcher counts what it is told.
type watcher struct {
	mu     sync.Mutex
	called map[string]int
	waited time.Duration
}

func (w *watcher) Called(op, outcome string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.called[op+" "+outcome]++
}

func (w *watcher) Waited(_ string, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waited += d
}

func TestObserverIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &watcher{called: map[string]int{}}
		bad := true
		cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
			if bad {
				bad = false
				w.WriteHeader(http.StatusPreconditionFailed)
				return
			}
			made(w, r)
		}), func(o *connector.Options) { o.Observer = seen }).Client
		for range 12 {
			if _, err := cl.Send(t.Context(), here(), hello()); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Minute) // so that nothing is left of what was sent
		for range 7 {
			_, _ = cl.Try().Send(t.Context(), here(), hello())
		}
		want := map[string]int{"token ok": 1, "activities.send http_412": 1, "activities.send ok": 12 + 6, "activities.send held_back": 1}
		for name, n := range want {
			if seen.called[name] != n {
				t.Errorf("%s: %d times, want %d (%v)", name, seen.called[name], n, seen.called)
			}
		}
		if seen.waited == 0 {
			t.Error("no wait was told")
		}
	})
}

// Many conversations are spoken to once, and are forgotten some day.
func TestManyConversations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := newConnector(withLogin(made), func(o *connector.Options) { o.Rate = 1e6 }).Client
		for i := range 10_000 {
			ref := here()
			ref.Conversation = fmt.Sprint("a:", i)
			if _, err := cl.Send(t.Context(), ref, hello()); err != nil {
				t.Fatal(err)
			}
			if i%1000 == 0 {
				<-time.After(time.Second)
			}
		}
		if n := connector.Gates(cl); n > 9000 {
			t.Errorf("%d gates are kept", n)
		}
	})
}

func TestChannels(t *testing.T) {
	cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/kr/"+tenant+"/v3/teams/19:g@thread.tacv2/conversations" {
			t.Errorf("asked %s", r.URL.Path)
		}
		fmt.Fprint(w, `{"conversations":[{"id":"19:g@thread.tacv2","name":null},{"id":"19:s@thread.tacv2","name":"매출"},{"id":7}]}`)
	})).Client
	got, err := cl.Channels(t.Context(), service, tenant, "19:g@thread.tacv2")
	if err != nil || len(got) != 3 || got[1] != (connector.Channel{ID: "19:s@thread.tacv2", Name: "매출"}) || got[0].Name != "" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestRepliesThatSayNothing(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{", `{"id":""}`, `{"id":7,"members":7}`} {
		cl := newConnector(withLogin(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })).Client
		if id, err := cl.Send(t.Context(), here(), hello()); id != "" || err != nil {
			t.Errorf("%q: %q %v", body, id, err) // it was sent, by its status
		}
		if _, err := cl.Member(t.Context(), here(), "29:1"); connector.Reason(err) != "bad_reply" {
			t.Errorf("%q: %v", body, err)
		}
		if _, err := cl.CreateConversation(t.Context(), service, tenant, "29:1"); connector.Reason(err) != "bad_reply" {
			t.Errorf("%q: %v", body, err)
		}
	}
	if connector.KindOf(nil) != connector.KindOther || connector.Reason(errors.New("x")) != "" || connector.Message(nil) != "" || connector.StatusOf(io.EOF) != http.StatusInternalServerError {
		t.Error("errors of others mean something")
	}
}

func TestErrorsSayWhatTheyAskFor(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		code   bot.Code
		kind   connector.Kind
		reason string
	}{
		{403, `{"error":{"code":"BotDisabledByAdmin","message":"The tenant admin disabled this bot"}}`, bot.CodeGone, connector.KindRemoved, "BotDisabledByAdmin"},
		{403, `{"error":{"code":"ConversationBlockedByUser","message":"x"}}`, bot.CodeGone, connector.KindRemoved, "ConversationBlockedByUser"},
		{403, `{"error":{"code":"BotNotInConversationRoster"}}`, bot.CodeGone, connector.KindRemoved, "BotNotInConversationRoster"},
		{404, `{"error":{"code":"BotNotInConversationRoster"}}`, bot.CodeGone, connector.KindRemoved, "BotNotInConversationRoster"},
		{403, `{"error":{"code":"ForbiddenOperationException","message":"Bot is not installed"}}`, bot.CodeGone, connector.KindRemoved, "ForbiddenOperationException"},
		{403, `{"error":"BotNotInConversationRoster"}`, bot.CodeGone, connector.KindRemoved, "BotNotInConversationRoster"},
		{403, `{"error":{"code":"MessageWritesBlocked"}}`, bot.CodeGone, connector.KindPlace, "MessageWritesBlocked"},
		{403, `{"error":{"code":"NotEnoughPermissions"}}`, bot.CodeDenied, connector.KindPlace, "NotEnoughPermissions"},
		{403, `{"error":{"code":"ContentStreamNotAllowed","message":"Content stream was canceled by user."}}`, bot.CodeUnavailable, connector.KindStream, "ContentStreamNotAllowed"},
		{202, `{"error":{"code":"ContentStreamSequenceOrderPreConditionFailed"}}`, bot.CodeUnavailable, connector.KindOrder, "ContentStreamSequenceOrderPreConditionFailed"},
		{413, `{"error":{"code":"MessageSizeTooBig","message":"Message size too large."}}`, bot.CodeUnavailable, connector.KindSize, "MessageSizeTooBig"},
		{413, ``, bot.CodeUnavailable, connector.KindSize, "http_413"},
		{404, `{"error":{"code":"ConversationNotFound"}}`, bot.CodeGone, connector.KindPlace, "ConversationNotFound"},
		{404, `{"error":{"code":"ActivityNotFoundInConversation"}}`, bot.CodeGone, connector.KindMessage, "ActivityNotFoundInConversation"},
		{404, `<html>`, bot.CodeGone, connector.KindPlace, "http_404"},
		{400, `{"error":{"code":"Bad Argument","message":"Unknown attachment type"}}`, bot.CodeUnavailable, connector.KindLayout, "Bad Argument"},
		{400, `{"error":{"code":"BadSyntax"}}`, bot.CodeUnavailable, connector.KindLayout, "BadSyntax"},
		{401, `{"error":{"code":"BotNotRegistered"}}`, bot.CodeDenied, connector.KindToken, "BotNotRegistered"},
		{401, `{"message":"Authorization has been denied for this request."}`, bot.CodeDenied, connector.KindToken, "http_401"},
		{500, `{"error":{"code":"ServiceError"}}`, bot.CodeUnavailable, connector.KindOther, "ServiceError"},
		{400, `{"error":{"code":"SomethingNew"}}`, bot.CodeUnavailable, connector.KindOther, "SomethingNew"},
		{400, `{"error":{"code":1,"message":[]}}`, bot.CodeUnavailable, connector.KindLayout, "http_400"},
		{400, strings.Repeat("[", 3<<20), bot.CodeUnavailable, connector.KindLayout, "http_400"},
	} {
		cl := newConnector(withLogin(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})).Client
		_, err := cl.Send(t.Context(), here(), hello())
		var e *bot.Error
		if !errors.As(err, &e) || e.Code != c.code || e.Reason != c.reason || connector.KindOf(err) != c.kind || connector.Reason(err) != c.reason {
			t.Errorf("%d %.60s: %v (kind %d), want %s, kind %d", c.status, c.body, err, connector.KindOf(err), c.code, c.kind)
		}
		if strings.Contains(c.body, "canceled") && connector.Message(err) != "Content stream was canceled by user." {
			t.Errorf("the sentence is %q", connector.Message(err))
		}
	}
}

func TestWhatIsNotThereIsDeleted(t *testing.T) {
	for _, body := range []string{`{"error":{"code":"ActivityNotFoundInConversation"}}`, ``} {
		cl := newConnector(withLogin(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, body)
		})).Client
		if err := cl.Delete(t.Context(), here(), "1"); err != nil {
			t.Error(err)
		}
		if err := cl.Update(t.Context(), here(), "1", hello()); connector.KindOf(err) != connector.KindMessage {
			t.Error(err)
		}
	}
}

func TestAddresses(t *testing.T) {
	var got []string
	cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.EscapedPath()+"?"+r.URL.RawQuery)
		fmt.Fprint(w, `{"id":"29:1","members":[],"aadObjectId":1}`)
	})).Client
	ref := here()
	ref.Conversation = "19:a+b/c@thread.tacv2;messageid=17 한"
	reply := hello()
	reply.ReplyToID = "f:1/2"
	_, err1 := cl.Send(t.Context(), ref, hello())
	_, err2 := cl.Send(t.Context(), ref, reply)
	ref.ServiceURL = "https://smba.trafficmanager.net/kr"
	err3 := cl.Update(t.Context(), ref, "1", hello())
	err4 := cl.Delete(t.Context(), ref, "1")
	_, err5 := cl.Member(t.Context(), ref, "kim@example.com")
	for _, err := range cl.Members(t.Context(), ref) {
		err5 = errors.Join(err5, err)
	}
	_, err6 := cl.CreateConversation(t.Context(), service, tenant, "29:1")
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	conv := "19:a%2Bb%2Fc@thread.tacv2%3Bmessageid=17%20%ED%95%9C"
	want := []string{
		"POST /kr/" + tenant + "/v3/conversations/" + conv + "/activities?",
		"POST /kr/" + tenant + "/v3/conversations/" + conv + "/activities/f:1%2F2?",
		"PUT /kr/v3/conversations/" + conv + "/activities/1?",
		"DELETE /kr/v3/conversations/" + conv + "/activities/1?",
		"GET /kr/v3/conversations/" + conv + "/members/kim@example.com?",
		"GET /kr/v3/conversations/" + conv + "/pagedmembers?pageSize=200",
		"POST /kr/" + tenant + "/v3/conversations?",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, bad := range []string{"", ".", ".."} {
		ref.Conversation = bad
		if _, err := cl.Send(t.Context(), ref, hello()); connector.Reason(err) != "bad_id" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMembersArePaged(t *testing.T) {
	cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("continuationToken") {
		case "":
			fmt.Fprint(w, `{"continuationToken":"a+/=","members":[{"id":"29:1","name":"김민지","email":"minji@example.com","userRole":"guest","tenantId":7},{"id":"29:2"}]}`)
		case "a+/=":
			fmt.Fprint(w, `{"continuationToken":"b","members":[{"id":"29:3"}]}`)
		default: // one that never ends
			fmt.Fprint(w, `{"continuationToken":"b","members":[{"id":"29:4"}]}`)
		}
	})).Client
	var ids []string
	for m, err := range cl.Members(t.Context(), here()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID)
		if m.ID == "29:1" && (m.Name != "김민지" || m.Email != "minji@example.com" || m.Role != "guest") {
			t.Errorf("%+v", m)
		}
	}
	if !slices.Equal(ids, []string{"29:1", "29:2", "29:3", "29:4"}) {
		t.Errorf("got %v", ids)
	}
	for m, err := range cl.Members(t.Context(), here()) {
		if m.ID != "29:1" || err != nil {
			t.Error(m, err)
		}
		break
	}
}

func TestTokenGoesNowhereElse(t *testing.T) {
	var hosts []string
	c := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.URL.Host)
		w.Header().Set("Location", "https://evil.example/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	if _, err := c.Client.Send(t.Context(), here(), hello()); connector.Reason(err) != "http_307" {
		t.Error(err)
	}
	for _, evil := range []string{
		"https://smba.trafficmanager.net.evil.example/", "https://evil.example/smba.trafficmanager.net/", "https://smba.trafficmanager.net@evil.example/",
		"https://evil.example#smba.trafficmanager.net", "https://evil.example?https://smba.trafficmanager.net/", "http://smba.trafficmanager.net/",
		"https://botframework.com/", "https://xbotframework.com/", "https://a.botframework.com.evil.example/", "https://smba.trafficmanager.net:8443/",
		`https://evil.example\@smba.trafficmanager.net/`, "//smba.trafficmanager.net/", "smba.trafficmanager.net", "", "ftp://smba.trafficmanager.net/",
		"https://smba.trafficmanager.net./", "https://ѕmba.trafficmanager.net/", "https://smba.trafficmanager.net/../x", "https:smba.trafficmanager.net/",
		"https://smba.trafficmanager.net%2eevil.example/", "https://user:pw@smba.trafficmanager.net/", "https://%73mba.trafficmanager.net/", "javascript:1",
		"https://smba.trafficmanager.net/kr/?a=1", "https://smba.trafficmanager.net/a//b", " https://smba.trafficmanager.net/", "https://smba.trafficmanager.net\n/",
	} {
		ref := here()
		ref.ServiceURL = evil
		if _, err := c.Client.Send(t.Context(), ref, hello()); connector.Reason(err) != "service_not_allowed" {
			t.Errorf("%q: %v", evil, err)
		}
		if _, err := c.Client.CreateConversation(t.Context(), evil, tenant, "29:1"); connector.Reason(err) != "service_not_allowed" {
			t.Errorf("%q: %v", evil, err)
		}
	}
	if !slices.Equal(hosts, []string{"smba.trafficmanager.net"}) {
		t.Errorf("asked %v", hosts)
	}
}

func TestServicesThatAreAllowed(t *testing.T) {
	for _, c := range []struct {
		prefixes []string
		address  string
		want     bool
	}{
		{nil, "https://smba.trafficmanager.net/kr/", true}, {nil, "https://SMBA.trafficmanager.net:443/kr/", true},
		{nil, "https://smba.trafficmanager.net", true}, {nil, "https://webchat.botframework.com/", true}, {nil, "https://a.b.botframework.com/", true},
		{nil, "https://smba.infra.gcc.teams.microsoft.com/teams/", true},
		{[]string{"http://127.0.0.1:4000"}, "http://127.0.0.1:4000/kr/", true}, {[]string{"http://127.0.0.1:4000"}, "http://127.0.0.1:40000/", false},
		{[]string{"http://127.0.0.1:4000"}, "https://smba.trafficmanager.net/", false},
		{[]string{"https://proxy.example/teams"}, "https://proxy.example/teams/kr/", true}, {[]string{"https://proxy.example/teams"}, "https://proxy.example/teamsx/", false},
		{[]string{"https://proxy.example/teams"}, "https://proxy.example/", false}, {[]string{"https://proxy.example/teams"}, "https://proxy.example/teams/../x/", false},
		{[]string{"https://proxy.example/teams"}, "https://proxy.example/teams/%2e%2e/x/", false},
		{[]string{"https://"}, "https://evil.example/", false}, {[]string{"https://*"}, "https://evil.example/", false}, {[]string{"https://*."}, "https://evil.example/", false},
		{[]string{"https://*.example"}, "https://evil.example/", true}, {[]string{"https://*.*.example"}, "https://a.b.example/", false}, {[]string{"*"}, "https://evil.example/", false},
	} {
		cl := newConnector(withLogin(made), func(o *connector.Options) { o.ServiceURLs = c.prefixes }).Client
		ref := here()
		ref.ServiceURL = c.address
		if _, err := cl.Send(t.Context(), ref, hello()); (err == nil) != c.want {
			t.Errorf("%v, %s: %v", c.prefixes, c.address, err)
		}
	}
}

// A reply of a conversation may name a service, but not lead our token away.
func TestConversationKeepsItsService(t *testing.T) {
	for said, want := range map[string]string{"https://evil.example/": service, "https://smba.trafficmanager.net/in/": "https://smba.trafficmanager.net/in/", "": service} {
		cl := newConnector(withLogin(func(w http.ResponseWriter, r *http.Request) {
			var got struct {
				Bot     struct{ ID string }
				Members []struct{ ID string }
				Tenant  string `json:"tenantId"`
			}
			if err := json.NewDecoder(r.Body).Decode(&got); err != nil || got.Bot.ID != "28:"+appID || got.Tenant != tenant || got.Members[0].ID != "29:1" {
				t.Errorf("%+v %v", got, err)
			}
			fmt.Fprintf(w, `{"id":"a:1new","serviceUrl":%q}`, said)
		})).Client
		ref, err := cl.CreateConversation(t.Context(), service, tenant, "29:1")
		if err != nil || ref != (connector.Ref{ServiceURL: want, Conversation: "a:1new", Tenant: tenant}) {
			t.Errorf("%+v %v", ref, err)
		}
	}
}

func TestCallerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := newConnector(withLogin(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
		})).Client
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := cl.Send(ctx, here(), hello())
		var e *bot.Error
		if !errors.As(err, &e) || e.Code != bot.CodeBusy || !errors.Is(err, context.DeadlineExceeded) || connector.Unknown(err) {
			t.Errorf("%v", err)
		}
	})
}

// A real network resets what was sent, and refuses to connect.
func TestRealNetwork(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			fmt.Fprint(w, `{"token_type":"Bearer","expires_in":"3599","access_token":"the-token"}`)
			return
		}
		if r.Header.Get("Authorization") != "Bearer the-token" {
			t.Error("no token")
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}))
	change := func(o *connector.Options) {
		o.HTTPClient, o.LoginURL, o.ServiceURLs, o.Rate = nil, s.URL+"/token", []string{s.URL}, 1000
	}
	c := newConnector(nil, change)
	defer c.CloseIdle()
	ref := connector.Ref{ServiceURL: s.URL + "/", Conversation: chat}
	if _, err := c.Client.Send(t.Context(), ref, hello()); !connector.Unknown(err) {
		t.Errorf("a reset: %v", err)
	}
	if _, err := c.Tokens.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := c.Client.Send(t.Context(), ref, hello()); connector.Unknown(err) || connector.Reason(err) != "not_reached" {
		t.Errorf("nobody there: %v", err)
	}
	if link := (*url.Error)(nil); errors.As(connector.New(connector.Options{}).Client.Delete(t.Context(), ref, "1"), &link) {
		t.Error("an error tells the address")
	}
}
