package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bapsang/bapsang/bot"
)

// When a token is renewed, and how soon a login that failed is tried again.
const (
	renewBefore  = 5 * time.Minute
	retryDenied  = 30 * time.Second // Entra locks out who tries too often
	retryOutage  = 2 * time.Second
	maxTokenLife = 24 * time.Hour
	botScope     = "https://api.botframework.com/.default"
)

// Tokens gets the token that proves us to the connector, and keeps it. It may be used
// concurrently.
type Tokens struct {
	client   *http.Client
	url      string
	form     string
	now      func() time.Time
	log      *slog.Logger
	observer Observer
	turn     *semaphore.Weighted // held by the one who logs in

	mu      sync.Mutex
	token   string
	renew   time.Time // when a new one should be had
	expires time.Time
	failed  time.Time // until when the last failure stands
	err     error
	skew    time.Duration // how far the login's clock is ahead of ours
	heard   bool          // whether it said
}

func newTokens(opts Options, client *http.Client, scope string) *Tokens {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {opts.AppID}, "client_secret": {opts.Password}, "scope": {scope},
	}
	return &Tokens{
		client: client, url: opts.LoginURL, form: form.Encode(), now: opts.Now, log: opts.Logger, observer: opts.Observer,
		turn: semaphore.NewWeighted(1),
	}
}

// Token returns a token that is good for a while. Errors are *bot.Error: with
// bot.CodeDenied when the login refuses us, whose sentence says what to do.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	if token, known, err := t.known(); known {
		return token, err
	}
	if err := t.turn.Acquire(ctx, 1); err != nil {
		return "", given("token", err)
	}
	defer t.turn.Release(1)
	if token, known, err := t.known(); known {
		return token, err
	}
	got, err := t.login(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if err == nil {
		t.token, t.err, t.failed = got.token, nil, time.Time{}
		t.expires, t.renew = now.Add(got.life), now.Add(got.life-min(renewBefore, got.life/2))
		return t.token, nil
	}
	if ctx.Err() != nil {
		return "", err // that says nothing to others
	}
	t.err, t.failed = err, now.Add(retryOutage)
	if e := (*bot.Error)(nil); errors.As(err, &e) && e.Code == bot.CodeDenied {
		t.failed = now.Add(retryDenied)
	} else if t.token != "" && now.Before(t.expires) {
		t.log.WarnContext(ctx, "teams: the token cannot be renewed yet", "error", err)
		return t.token, nil
	}
	return "", err
}

// known is what needs no login: a token, or why there is none for now.
func (t *Tokens) known() (token string, known bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	resting := t.err != nil && now.Before(t.failed) && t.failed.Sub(now) <= retryDenied
	switch {
	case t.token != "" && (now.Before(t.renew) || resting && now.Before(t.expires)):
		return t.token, true, nil
	case resting:
		return "", true, t.err
	}
	return "", false, nil
}

// drop forgets a token that the connector did not take.
func (t *Tokens) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == token {
		t.token = ""
	}
}

type granted struct {
	token string
	life  time.Duration
}

func (t *Tokens) login(ctx context.Context) (granted, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, strings.NewReader(t.form))
	if err != nil {
		return granted{}, &bot.Error{Code: bot.CodeDenied, Method: "token", Reason: "login_url", Err: errors.New("the login's address cannot be used")}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	began := t.now()
	r, err := exchange(t.client, req)
	if err != nil {
		t.observer.Called("token", "no_reply")
		return granted{}, &bot.Error{Code: bot.CodeUnavailable, Method: "token", Reason: "no_reply", Err: unlinked(err)}
	}
	t.learn(r, began)
	got, e := granting(r)
	if e != nil {
		t.observer.Called("token", e.Reason)
		return granted{}, e
	}
	t.observer.Called("token", "ok")
	return got, nil
}

func (t *Tokens) learn(r reply, began time.Time) {
	if d, ok := skew(r.header, began); ok {
		t.mu.Lock()
		t.skew, t.heard = d, true
		t.mu.Unlock()
	}
}

// granting reads what the login says.
func granting(r reply) (granted, *bot.Error) {
	var said struct {
		Token   string          `json:"access_token"`
		Type    string          `json:"token_type"`
		Life    json.RawMessage `json:"expires_in"` // a number, or of older logins a text
		Error   string          `json:"error"`
		Numbers []int           `json:"error_codes"`
	}
	_ = json.Unmarshal(r.body, &said) // what cannot be read is empty
	fail := func(code bot.Code, reason string, err error) *bot.Error {
		return &bot.Error{Code: code, Method: "token", Reason: reason, Err: err}
	}
	switch {
	case r.status == http.StatusTooManyRequests:
		return granted{}, fail(bot.CodeBusy, "http_429", errors.New("the login is asked too often"))
	case r.status >= http.StatusInternalServerError, r.status == http.StatusRequestTimeout, said.Error == "temporarily_unavailable":
		return granted{}, fail(bot.CodeUnavailable, fmt.Sprintf("http_%d", r.status), errors.New("the login is out of order"))
	case r.status != http.StatusOK:
		return granted{}, denied(r.status, said.Error, said.Numbers)
	case said.Token == "" || strings.ContainsAny(said.Token, " \r\n\t") || said.Type != "" && !strings.EqualFold(said.Type, "Bearer"):
		return granted{}, fail(bot.CodeUnavailable, "bad_reply", errors.New("the login answered without a token"))
	}
	var seconds float64
	if err := json.Unmarshal([]byte(strings.Trim(string(said.Life), `"`)), &seconds); err != nil || !(seconds > 0) {
		seconds = time.Minute.Seconds() // it is not said: then not for long
	}
	life := time.Duration(min(seconds, maxTokenLife.Seconds()) * float64(time.Second))
	return granted{said.Token, life}, nil
}

// denied is a login that refuses us. What it says beside its number holds our ids and is
// left out: https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
func denied(status int, name string, numbers []int) *bot.Error {
	reason, fix := name, "check the app's id, its password and its tenant"
	if reason == "" {
		reason = fmt.Sprintf("http_%d", status)
	}
	if len(numbers) > 0 {
		reason = fmt.Sprintf("AADSTS%d", numbers[0])
		switch numbers[0] {
		case 7000215, 7000218, 7000216, 7000222:
			fix = "the app's password is wrong or has expired: make a new one under Certificates & secrets (its value, not its id), and set teams.app_password"
		case 700016:
			fix = "the tenant does not know the app: check teams.app_id and teams.tenant_id"
		case 90002, 900023, 900021:
			fix = "there is no such tenant: check teams.tenant_id"
		case 53003, 50076, 50079, 530035:
			fix = "a policy of the tenant forbids the app to log in: ask its administrator"
		case 7000112:
			fix = "the app is disabled in the tenant: ask its administrator"
		}
	}
	return &bot.Error{Code: bot.CodeDenied, Method: "token", Reason: reason, Err: errors.New(fix)}
}

// Skew is how far the login's clock is ahead of ours, when it was asked.
func (t *Tokens) Skew() (d time.Duration, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.skew, t.heard
}

// unlinked is err without the address that was asked, which may be a secret.
func unlinked(err error) error {
	if link := (*url.Error)(nil); errors.As(err, &link) {
		return link.Err
	}
	return err
}
