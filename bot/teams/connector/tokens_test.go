package connector_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

func TestTokenIsKeptAndRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logins atomic.Int32
		var broken atomic.Bool
		c := newConnector(server(func(w http.ResponseWriter, r *http.Request) {
			<-time.After(10 * time.Millisecond) // of the bubble's clock, so that all come meanwhile
			if broken.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			if r.URL.String() != "https://login.microsoftonline.com/"+tenant+"/oauth2/v2.0/token" {
				t.Errorf("asked %s", r.URL)
			}
			for name, want := range map[string]string{
				"grant_type": "client_credentials", "client_id": appID, "client_secret": secret, "scope": "https://api.botframework.com/.default",
			} {
				if r.PostFormValue(name) != want {
					t.Errorf("%s is %q", name, r.PostFormValue(name))
				}
			}
			fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"t%d"}`, logins.Add(1))
		}))
		want := func(step, token string) {
			t.Helper()
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if got, err := c.Tokens.Token(t.Context()); got != token || err != nil {
						t.Errorf("%s: %q %v", step, got, err)
					}
				})
			}
			wg.Wait()
		}
		want("first", "t1")
		<-time.After(54 * time.Minute) // of the bubble's clock
		want("still good", "t1")
		<-time.After(2 * time.Minute)
		broken.Store(true)
		want("no new one, and the old is good for minutes", "t1")
		broken.Store(false)
		<-time.After(3 * time.Second)
		want("renewed", "t2")
		broken.Store(true)
		<-time.After(time.Hour)
		_, err := c.Tokens.Token(t.Context())
		if e := (*bot.Error)(nil); !errors.As(err, &e) || e.Code != bot.CodeUnavailable {
			t.Errorf("%v", err)
		}
	})
}

func TestLoginsThatFail(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		code   bot.Code
		reason string
		says   string
	}{
		{"a bad secret", 401, `{"error":"invalid_client","error_codes":[7000215],"error_description":"AADSTS7000215: Invalid client secret provided for app '` + appID + `'."}`, bot.CodeDenied, "AADSTS7000215", "app_password"},
		{"an old secret", 401, `{"error":"invalid_client","error_codes":[7000222]}`, bot.CodeDenied, "AADSTS7000222", "expired"},
		{"an unknown app", 400, `{"error":"unauthorized_client","error_codes":[700016]}`, bot.CodeDenied, "AADSTS700016", "app_id"},
		{"an unknown tenant", 400, `{"error":"invalid_request","error_codes":[90002]}`, bot.CodeDenied, "AADSTS90002", "tenant_id"},
		{"nothing known", 400, `{"error":"invalid_scope"}`, bot.CodeDenied, "invalid_scope", "check"},
		{"no JSON", 403, `<html>`, bot.CodeDenied, "http_403", "check"},
		{"an outage", 503, ``, bot.CodeUnavailable, "http_503", ""},
		{"a short outage", 400, `{"error":"temporarily_unavailable"}`, bot.CodeUnavailable, "http_400", ""},
		{"too often", 429, ``, bot.CodeBusy, "http_429", ""},
		{"no token", 200, `{"token_type":"Bearer","expires_in":3599}`, bot.CodeUnavailable, "bad_reply", ""},
		{"an empty reply", 200, ``, bot.CodeUnavailable, "bad_reply", ""},
		{"a token with a header in it", 200, `{"access_token":"a\r\nX: y"}`, bot.CodeUnavailable, "bad_reply", ""},
		{"a token of another kind", 200, `{"access_token":"a","token_type":"mac"}`, bot.CodeUnavailable, "bad_reply", ""},
		{"a redirection", 302, ``, bot.CodeDenied, "http_302", ""},
		{"too much", 200, strings.Repeat(" ", 2<<20), bot.CodeUnavailable, "no_reply", ""},
	} {
		calls := 0
		cn := newConnector(server(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Host != "login.microsoftonline.com" {
				t.Errorf("%s: %s was asked", c.name, r.URL.Host)
			}
			calls++
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		}))
		_, err := cn.Client.Try().Send(t.Context(), here(), hello())
		var e *bot.Error
		if !errors.As(err, &e) || e.Code != c.code || e.Reason != c.reason || !strings.Contains(err.Error(), c.says) || e.Method != "token" {
			t.Errorf("%s: %v", c.name, err)
		}
		if (connector.KindOf(err) == connector.KindToken) != (c.code == bot.CodeDenied) || connector.Unknown(err) {
			t.Errorf("%s: kind %d", c.name, connector.KindOf(err))
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), appID) {
			t.Errorf("%s: the error has an id or a secret: %v", c.name, err)
		}
		if _, err := cn.Tokens.Token(t.Context()); err == nil || calls != 1 {
			t.Errorf("%s: asked again at once: %d calls, %v", c.name, calls, err)
		}
	}
}

func TestLifeOfATokenMayBeOdd(t *testing.T) {
	for life, want := range map[string]time.Duration{
		`"3599"`: 3599*time.Second - 5*time.Minute, `60`: 30 * time.Second, `1e99`: 24*time.Hour - 5*time.Minute, `-1`: 30 * time.Second, `{}`: 30 * time.Second,
		`null`: 30 * time.Second, `"x"`: 30 * time.Second, `0.000000001`: 0,
	} {
		now := time.Now()
		logins := 0
		c := newConnector(server(func(w http.ResponseWriter, _ *http.Request) {
			logins++
			fmt.Fprintf(w, `{"expires_in":%s,"access_token":"t"}`, life)
		}), func(o *connector.Options) { o.Now = func() time.Time { return now } })
		for _, step := range []struct {
			pass time.Duration
			want int
		}{{0, 1}, {want - time.Second, 1}, {2 * time.Second, 2}} {
			if want == 0 {
				break
			}
			now = now.Add(step.pass)
			if _, err := c.Tokens.Token(t.Context()); err != nil || logins != step.want {
				t.Errorf("%s: %d logins, want %d (%v)", life, logins, step.want, err)
			}
		}
	}
}

// A token that the connector takes no more is had anew, once.
func TestTokenThatWasRevoked(t *testing.T) {
	var logins, calls int
	always := false
	c := newConnector(server(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "login.microsoftonline.com" {
			logins++
			fmt.Fprintf(w, `{"expires_in":3600,"access_token":"t%d"}`, logins)
			return
		}
		calls++
		if always || r.Header.Get("Authorization") == "Bearer t1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		made(w, r)
	}))
	if id, err := c.Client.Send(t.Context(), here(), hello()); err != nil || id == "" || logins != 2 || calls != 2 {
		t.Errorf("%v after %d logins and %d calls", err, logins, calls)
	}
	always = true
	if _, err := c.Client.Send(t.Context(), here(), hello()); connector.KindOf(err) != connector.KindToken || calls != 4 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// Who goes away while logging in leaves nothing to the others.
func TestLoginOfOneWhoLeaves(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	first := true
	c := newConnector(server(func(w http.ResponseWriter, _ *http.Request) {
		if first {
			first = false
			leave()
			return
		}
		fmt.Fprint(w, `{"expires_in":3600,"access_token":"t"}`)
	}))
	if _, err := c.Tokens.Token(ctx); err == nil {
		t.Error("no error")
	}
	if token, err := c.Tokens.Token(t.Context()); token != "t" || err != nil {
		t.Errorf("%q %v", token, err)
	}
}
