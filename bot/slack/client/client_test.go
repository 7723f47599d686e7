package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server answers requests without a network, so that time may be a test's.
type server func(w http.ResponseWriter, r *http.Request)

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, r.Context().Err()
}

func fine(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, `{"ok":true,"ts":"1.000001","channel":"C1"}`)
}

func newClient(h http.RoundTripper) *client.Client {
	return client.New(client.Options{BotToken: "xoxb-secret", HTTPClient: &http.Client{Transport: h}, Logger: slog.New(slog.DiscardHandler)})
}

func update(ctx context.Context, api *slack.Client) error {
	_, _, _, err := api.UpdateMessageContext(ctx, "C1", "1.000001", slack.MsgOptionText("x", false))
	return err
}

func post(ctx context.Context, api *slack.Client) error {
	_, _, err := api.PostMessageContext(ctx, "C1", slack.MsgOptionText("x", false))
	return err
}

var (
	updating = client.Method{Name: "chat.update", Repeatable: true}
	posting  = client.Method{Name: "chat.postMessage", Channel: "C1"}
)

// Every method's calls leave as early as its budget lets them, and never more of them
// arrive, however long each is on its way.
func TestBudgetsAreUsedButNeverExceeded(t *testing.T) {
	for _, c := range []struct {
		method client.Method
		per    time.Duration
		most   int
		calls  int
		late   time.Duration
		within time.Duration
	}{
		{updating, time.Minute, 50, 160, 0, 180 * time.Second},
		{updating, time.Minute, 50, 160, 10 * time.Second, 260 * time.Second},
		{client.Method{Name: "chat.startStream"}, time.Minute, 20, 60, 100 * time.Millisecond, 121 * time.Second},
		{client.Method{Name: "users.info", Repeatable: true}, time.Minute, 100, 250, time.Second, 125 * time.Second},
		{posting, 4 * time.Second, 4, 60, 0, 56 * time.Second},
		{posting, 4 * time.Second, 4, 60, time.Second, 90 * time.Second},
		{client.Method{Name: "never.heardOf"}, time.Minute, 20, 41, 0, 120 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var at []time.Time
			dice := rand.New(rand.NewPCG(1, 2))
			cl := newClient(server(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				there, back := time.Duration(dice.Int64N(int64(c.late)+1)), time.Duration(dice.Int64N(int64(c.late)+1))
				mu.Unlock()
				<-time.After(there) // of the bubble's clock
				mu.Lock()
				at = append(at, time.Now())
				mu.Unlock()
				<-time.After(back)
				fine(w, r)
			}))
			began := time.Now()
			var wg sync.WaitGroup
			for range c.calls {
				wg.Go(func() {
					if err := cl.Call(t.Context(), c.method, update); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if took := time.Since(began); took > c.within {
				t.Errorf("%s: %d calls took %v, want at most %v", c.method.Name, c.calls, took, c.within)
			}
			for i := c.most; i < len(at); i++ {
				if d := at[i].Sub(at[i-c.most]); d < c.per {
					t.Fatalf("%s: %d calls within %v", c.method.Name, c.most+1, d)
				}
			}
		})
	}
}

// A call is never let go before one of its channel that came first, whichever of the two
// budgets both wait for. Those that are let go at one instant are under way together.
func TestCallsKeepTheirOrder(t *testing.T) {
	for _, c := range []struct{ channels, calls int }{
		{1, 30},  // the channel's budget is the narrower
		{80, 8},  // first each channel's, then that of all
		{400, 2}, // that of all
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			at := make([][]time.Time, c.channels) // by channel, when each call was let go
			for ch := range at {
				at[ch] = make([]time.Time, c.calls)
			}
			cl := newClient(server(fine))
			var wg sync.WaitGroup
			for i := range c.calls {
				for ch := range c.channels {
					m := posting
					m.Channel = fmt.Sprint("C", ch)
					wg.Go(func() {
						err := cl.Call(t.Context(), m, func(ctx context.Context, api *slack.Client) error {
							mu.Lock()
							at[ch][i] = time.Now()
							mu.Unlock()
							return post(ctx, api)
						})
						if err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
			}
			wg.Wait()
			for ch, times := range at {
				if !slices.IsSortedFunc(times, time.Time.Compare) {
					t.Errorf("in one of %d channels, the %dth, the calls were let go at %v", c.channels, ch, times)
				}
			}
		})
	}
}

func TestProgressLeavesRoomForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := newClient(server(fine))
		sent := 0
		for range 60 {
			if err := cl.TryCall(t.Context(), updating, update); err == nil {
				sent++
			} else if e := (*bot.Error)(nil); !errors.As(err, &e) || e.Code != bot.CodeBusy {
				t.Fatalf("held back with %v", err)
			}
		}
		if sent != 40 || cl.Room(updating) != 0 {
			t.Errorf("%d of 50 went to what can be left out, and there is room for %d more", sent, cl.Room(updating))
		}
		began := time.Now()
		for range 10 {
			if err := cl.Call(t.Context(), updating, update); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(began); d != 0 {
			t.Errorf("what matters waited %v", d)
		}
		// One that waits goes first, however much is tried meanwhile.
		done := make(chan error)
		go func() { done <- cl.Call(t.Context(), updating, update) }()
		synctest.Wait()
		<-time.After(59 * time.Second) // of the bubble's clock
		if err := cl.TryCall(t.Context(), updating, update); err == nil {
			t.Error("progress overtook what waited")
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestRefusedForRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		refusals := 1
		cl := newClient(server(func(w http.ResponseWriter, r *http.Request) {
			at = append(at, time.Now())
			if refusals--; refusals >= 0 {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			fine(w, r)
		}))
		began := time.Now()
		if err := cl.Call(t.Context(), posting, post); err != nil { // not repeatable, and yet: nothing was done
			t.Fatal(err)
		}
		if len(at) != 2 || at[1].Sub(at[0]) < 30*time.Second || time.Since(began) > 32*time.Second {
			t.Errorf("called at %v", at)
		}
		// The channel is slower for a while, others are not.
		pace := func(m client.Method) time.Duration {
			began := time.Now()
			for range 8 {
				if err := cl.Call(t.Context(), m, post); err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(began)
		}
		other := posting
		other.Channel = "C2"
		if slow, usual := pace(posting), pace(other); slow <= usual {
			t.Errorf("after the refusal 8 posts took %v, elsewhere %v", slow, usual)
		}
		for range 5 {
			pace(posting)
		}
		<-time.After(time.Minute) // of the bubble's clock
		if again, usual := pace(posting), 5*time.Second; again > usual {
			t.Errorf("long after the refusal 8 posts take %v", again)
		}
	})
}

// Another process, or the one before this, has used most of a budget: few are refused,
// and nobody waits longer than Slack's rate demands.
func TestOthersUseTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 150
		var mu sync.Mutex
		tokens, at, refused := 5.0, time.Now(), 0
		cl := newClient(server(func(w http.ResponseWriter, r *http.Request) {
			<-time.After(100 * time.Millisecond) // of the bubble's clock
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			tokens, at = min(50, tokens+now.Sub(at).Minutes()*50), now
			if tokens < 1 {
				refused++
				w.Header().Set("Retry-After", "2")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			tokens--
			fine(w, r)
		}))
		began := time.Now()
		var wg sync.WaitGroup
		for range calls {
			wg.Go(func() {
				if err := cl.Call(t.Context(), updating, update); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// The first fifty leave before Slack says anything. 145 more at its rate are 174 s.
		if took := time.Since(began); took > 240*time.Second {
			t.Errorf("took %v", took)
		}
		t.Logf("%d calls in %v, %d refused", calls, time.Since(began), refused)
		if refused > 60 {
			t.Errorf("refused %d times", refused)
		}
	})
}

func TestRefusedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		cl := newClient(server(func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"ok":false,"error":"message_limit_exceeded"}`)
		}))
		err := cl.Call(t.Context(), posting, post)
		if e := (*bot.Error)(nil); !errors.As(err, &e) || e.Reason != "message_limit_exceeded" || e.Code != bot.CodeBusy || calls.Load() != 1 {
			t.Errorf("%d calls, %v", calls.Load(), err)
		}
	})
}

func TestOddRetryAfter(t *testing.T) {
	for _, after := range []string{"", "soon", "-1", "0", "1.5", "1e300", "NaN"} {
		synctest.Test(t, func(t *testing.T) {
			first := true
			cl := newClient(server(func(w http.ResponseWriter, r *http.Request) {
				if first {
					first = false
					w.Header().Set("Retry-After", after)
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				fine(w, r)
			}))
			began := time.Now()
			if err := cl.Call(t.Context(), updating, update); err != nil {
				t.Errorf("Retry-After %q: %v", after, err)
			}
			if d := time.Since(began); d > 2*time.Hour {
				t.Errorf("Retry-After %q: waited %v", after, d)
			}
		})
	}
}

// What fails on the way is repeated only where that cannot do it twice.
func TestFaults(t *testing.T) {
	type fault struct {
		name    string
		fail    func(w http.ResponseWriter) error
		sent    bool
		unknown bool
	}
	say := func(status int, body string) func(http.ResponseWriter) error {
		return func(w http.ResponseWriter) error {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return nil
		}
	}
	for _, f := range []fault{
		{"500", say(500, "<html>"), true, true},
		{"503", say(503, `{"ok":false,"error":"service_unavailable"}`), true, true},
		{"fatal", say(200, `{"ok":false,"error":"fatal_error"}`), true, true},
		{"no JSON", say(200, "<html>"), true, true},
		{"cut", say(200, `{"ok":tr`), true, true},
		{"too long", say(200, `{"ok":true,"x":"`+strings.Repeat("x", 17<<20)), true, true},
		{"never left", func(http.ResponseWriter) error { return &net.OpError{Op: "dial", Err: errors.New("refused")} }, false, false},
	} {
		for _, repeatable := range []bool{true, false} {
			if f.name == "too long" && repeatable {
				continue // six times 17 MB
			}
			synctest.Test(t, func(t *testing.T) {
				var calls int
				cl := newClient(roundTripper(func(r *http.Request) (*http.Response, error) {
					calls++
					w := httptest.NewRecorder()
					if err := f.fail(w); err != nil {
						return nil, err
					}
					return w.Result(), nil
				}))
				err := cl.Call(t.Context(), client.Method{Name: "chat.update", Repeatable: repeatable}, update)
				if e := (*bot.Error)(nil); !errors.As(err, &e) || e.Code != bot.CodeUnavailable {
					t.Errorf("%s: %v", f.name, err)
				}
				if again := repeatable || !f.sent; again != (calls > 1) {
					t.Errorf("%s, repeatable %v: called %d times", f.name, repeatable, calls)
				}
				if got, want := client.Unknown(err), f.unknown && !repeatable; got != want {
					t.Errorf("%s, repeatable %v: unknown is %v, want %v", f.name, repeatable, got, want)
				}
				if strings.Contains(err.Error(), "xoxb-secret") {
					t.Errorf("%s: the error has the token: %v", f.name, err)
				}
			})
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWhatNeverReachesSlackIsNotRepeated(t *testing.T) {
	calls := 0
	err := newClient(server(fine)).Call(t.Context(), updating, func(context.Context, *slack.Client) error {
		calls++
		return errors.New("no file name")
	})
	if e := (*bot.Error)(nil); !errors.As(err, &e) || calls != 1 || client.Unknown(err) {
		t.Errorf("called %d times: %v", calls, err)
	}
}

// A hanging server, a reset and an answer that never comes, on real connections.
func TestRealConnections(t *testing.T) {
	var mode atomic.Value
	hung := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mode.Load() {
		case "reset":
			panic(http.ErrAbortHandler)
		case "hang":
			<-hung
		default:
			fine(w, r)
		}
	}))
	defer srv.Close()
	defer close(hung)
	cl := client.New(client.Options{BotToken: "xoxb-secret", APIURL: srv.URL + "/"})
	defer cl.CloseIdle()
	mode.Store("fine")
	if err := cl.Call(t.Context(), posting, post); err != nil {
		t.Fatal(err)
	}
	mode.Store("reset")
	if err := cl.Call(t.Context(), posting, post); !client.Unknown(err) {
		t.Errorf("reset: %v", err)
	}
	mode.Store("hang")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := cl.Call(ctx, posting, post); !client.Unknown(err) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v", err)
	}
}

func TestTokenGoesNowhereElse(t *testing.T) {
	var stolen atomic.Int32
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := httptest.NewServer(http.RedirectHandler(thief.URL, status))
		cl := client.New(client.Options{BotToken: "xoxb-secret", APIURL: srv.URL + "/"})
		if err := cl.Call(t.Context(), client.Method{Name: "auth.test", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
			_, err := api.AuthTestContext(ctx)
			return err
		}); err == nil {
			t.Errorf("%d: no error", status)
		}
		cl.CloseIdle()
		srv.Close()
	}
	if stolen.Load() > 0 {
		t.Errorf("%d requests followed a redirect", stolen.Load())
	}
}

func TestDoneContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newClient(server(fine)).Call(ctx, posting, post)
	if e := (*bot.Error)(nil); !errors.As(err, &e) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for reason, want := range map[string]struct {
		code bot.Code
		kind client.Kind
	}{
		"invalid_auth": {bot.CodeDenied, client.KindToken}, "token_revoked": {bot.CodeDenied, client.KindToken},
		"account_inactive": {bot.CodeDenied, client.KindToken}, "missing_scope": {bot.CodeDenied, client.KindScope},
		"channel_not_found": {bot.CodeGone, client.KindPlace}, "is_archived": {bot.CodeGone, client.KindPlace},
		"not_in_channel": {bot.CodeGone, client.KindPlace}, "restricted_action": {bot.CodeGone, client.KindPlace},
		"message_not_found": {bot.CodeGone, client.KindMessage}, "edit_window_closed": {bot.CodeGone, client.KindMessage},
		"cant_update_message": {bot.CodeGone, client.KindMessage}, "invalid_blocks": {bot.CodeUnavailable, client.KindLayout},
		"msg_blocks_too_long": {bot.CodeUnavailable, client.KindLayout}, "ratelimited": {bot.CodeBusy, client.KindRate},
		"message_not_in_streaming_state": {bot.CodeUnavailable, client.KindStream}, "unknown_method": {bot.CodeUnavailable, client.KindFeature},
		"internal_error": {bot.CodeUnavailable, client.KindOther}, "something_new": {bot.CodeUnavailable, client.KindOther},
	} {
		synctest.Test(t, func(t *testing.T) {
			cl := newClient(server(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"ok":false,"error":%q,"needed":"files:write","response_metadata":{"messages":["[ERROR] at /blocks/1"]}}`, reason)
			}))
			err := cl.TryCall(t.Context(), posting, post)
			e := (*bot.Error)(nil)
			if !errors.As(err, &e) || e.Code != want.code || e.Reason != reason || e.Method != posting.Name || client.KindOf(err) != want.kind {
				t.Errorf("%s is %v of kind %d", reason, err, client.KindOf(err))
			}
			if client.Needed(err) != "files:write" || !slices.Equal(client.Messages(err), []string{"[ERROR] at /blocks/1"}) {
				t.Errorf("%s: details are lost in %v", reason, err)
			}
		})
	}
}

func TestSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reason := ""
		cl := newClient(server(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-OAuth-Scopes", "chat:write,files:write, users:read")
			w.Header().Set("Date", time.Now().Add(7*time.Minute).UTC().Format(http.TimeFormat))
			if reason != "" {
				fmt.Fprintf(w, `{"ok":false,"error":%q}`, reason)
				return
			}
			fine(w, r)
		}))
		for _, reason = range []string{"", "token_revoked", ""} {
			_ = cl.Call(t.Context(), updating, update)
			said := cl.Said()
			if said.Trouble != reason || said.Skew != 7*time.Minute || !slices.Equal(said.Scopes, []string{"chat:write", "files:write", "users:read"}) {
				t.Errorf("said %+v", said)
			}
		}
	})
}

func drain(r io.Reader) []byte { b, _ := io.ReadAll(r); return b }
