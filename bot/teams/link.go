package teams

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
)

// csvPath is where rows are downloaded, by a token.
const csvPath = "/teams/csv/"

// How long a link works. One that somebody asked for is for now; one that stands in a
// card, which is made where everybody who sees the answer may have its rows, is for the
// day.
const (
	askedLink = 10 * time.Minute
	cardLink  = 24 * time.Hour
)

// token says whose rows somebody may have, and until when.
type token struct {
	For      string `json:"p"` // what it is good for
	Question string `json:"q"`
	Result   string `json:"r"`
	User     string `json:"u,omitempty"` // whom it was given
	Size     int64  `json:"n,omitempty"` // of a file, in bytes
	Until    int64  `json:"e"`           // Unix seconds
}

// What tokens are good for.
const (
	forLink = "link"
	forFile = "file"
)

const maxToken = 2048

// signer signs tokens. Its key comes of the app's password, so that every process has the
// same and a new password ends all links; an app without one gets a key of chance.
type signer struct {
	mu  sync.Mutex
	key []byte
}

const signingKey = "csv-key" // in the references

func (t *Teams) signingKey(ctx context.Context) ([]byte, error) {
	s := &t.signer
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	secret := []byte(t.cfg.Connector.Password)
	if len(secret) == 0 {
		var kept json.RawMessage
		err := changeKept(ctx, t.cfg.References, signingKey, func(is json.RawMessage) (made json.RawMessage, err error) {
			if kept = is; len(is) > 0 {
				return nil, nil
			}
			made, err = json.Marshal(rand.Text())
			kept = made
			return made, err
		})
		if err != nil {
			return nil, fmt.Errorf("signing key: %w", err)
		}
		secret = kept
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("bapsang teams rows 1"))
	s.key = mac.Sum(nil)
	return s.key, nil
}

// sign writes a token that only we can write.
func (t *Teams) sign(ctx context.Context, k token) (string, error) {
	key, err := t.signingKey(ctx)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(k)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	return base64.RawURLEncoding.EncodeToString(data) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

var (
	errForged  = errors.New("not a token of ours")
	errExpired = errors.New("the token has expired")
)

// verify reads a token. Nothing of it is looked at before it is known to be ours.
func (t *Teams) verify(ctx context.Context, text, purpose string) (token, error) {
	head, tail, found := strings.Cut(text, ".")
	if !found || len(text) > maxToken {
		return token{}, errForged
	}
	data, err1 := base64.RawURLEncoding.Strict().DecodeString(head)
	sum, err2 := base64.RawURLEncoding.Strict().DecodeString(tail)
	if err1 != nil || err2 != nil {
		return token{}, errForged
	}
	key, err := t.signingKey(ctx)
	if err != nil {
		return token{}, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	if !hmac.Equal(mac.Sum(nil), sum) { // in constant time
		return token{}, errForged
	}
	var k token
	if json.Unmarshal(data, &k) != nil || k.For != purpose {
		return token{}, errForged
	}
	if t.cfg.Now().Unix() > k.Until {
		return k, errExpired
	}
	return k, nil
}

// link is where a browser gets a result's rows for a while.
func (t *Teams) link(ctx context.Context, question, result, user string, d time.Duration) (string, error) {
	k, err := t.sign(ctx, token{For: forLink, Question: question, Result: result, User: user, Until: t.cfg.Now().Add(d).Unix()})
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(t.cfg.PublicURL, "/") + csvPath + k + "/" + fileName(result), nil
}

// links are where a card's rows are, where they are for everybody who sees it. Otherwise a
// press asks for them, for we must know who presses.
func (t *Teams) links(ctx context.Context, at spot, msg bot.Message) (bot.Message, map[string]string) {
	if t.cfg.CSV == nil {
		msg.Buttons = slices.DeleteFunc(slices.Clone(msg.Buttons), func(b bot.Button) bool { return b.Action == bot.ActionCSV })
		return msg, nil
	}
	if t.cfg.PublicURL == "" || t.cfg.Admit != nil || at.thread.Direct || msg.Question == "" {
		return msg, nil
	}
	out := map[string]string{}
	add := func(result string) {
		address, err := t.link(ctx, msg.Question, result, msg.For, cardLink)
		if err != nil {
			t.log.WarnContext(ctx, "teams: a card has no link", "question", msg.Question, "error", err)
			return
		}
		out[result] = address
	}
	for _, b := range msg.Buttons {
		if b.Action == bot.ActionCSV {
			add(b.Value)
		}
	}
	for _, table := range msg.Tables {
		if len(out) > 0 && out[table.Result] == "" {
			add(table.Result)
		}
	}
	return msg, out
}

// unnamed is what no file's name has.
var unnamed = regexp.MustCompile(`[^\p{L}\p{N}_-]+`)

// fileName is what a result's file is called.
func fileName(result string) string {
	name := []rune(strings.Trim(unnamed.ReplaceAllString(result, "-"), "-"))
	return "bapsang-" + firstOf(string(name[:min(len(name), 40)]), "result") + ".csv"
}

// The rates of downloads: of one person's, and of all requests, those with forged tokens
// among them.
const (
	downloadsEach = 5 // at once, then one in six seconds
	downloadEvery = 6 * time.Second
	requestsMost  = 50 // a second
	maxDownloads  = 8  // at once
)

// downloads serves links.
type downloads struct {
	*Teams
	all   *rate.Limiter
	busy  chan struct{}
	users *outbox.Recent[string, *rate.Limiter]
}

// CSV serves the links to a result's rows. It is mounted at /teams/csv/, without a login:
// the link is what lets somebody in.
func (t *Teams) CSV() http.Handler {
	return &downloads{
		Teams: t, all: rate.NewLimiter(requestsMost, requestsMost), busy: make(chan struct{}, maxDownloads),
		users: outbox.NewRecent[string, *rate.Limiter](rememberReaders),
	}
}

// ServeHTTP implements http.Handler.
func (d *downloads) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	h := rw.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address lets people in
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(rw, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	if !d.all.Allow() {
		d.refuse(rw, "busy", http.StatusTooManyRequests)
		return
	}
	text, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, csvPath), "/")
	k, err := d.verify(r.Context(), text, forLink)
	switch {
	case errors.Is(err, errForged):
		d.refuse(rw, "forged", http.StatusNotFound)
	case errors.Is(err, errExpired):
		d.refuse(rw, "expired", http.StatusGone)
	case err != nil || d.cfg.CSV == nil:
		d.refuse(rw, "failed", http.StatusInternalServerError)
	case !d.allow(k.User):
		d.refuse(rw, "busy", http.StatusTooManyRequests)
	default:
		d.serve(rw, r, k)
	}
}

// refuse says why there are no rows, to whoever speaks what.
func (d *downloads) refuse(rw http.ResponseWriter, why string, status int) {
	d.metrics.files.WithLabelValues("link_" + why).Inc()
	if status == http.StatusTooManyRequests {
		rw.Header().Set("Retry-After", "10")
	}
	text := http.StatusText(status)
	if status == http.StatusGone {
		text = koreanPhrases.expired + "\n" + englishPhrases.expired
	}
	http.Error(rw, text, status)
}

func (d *downloads) allow(user string) bool {
	return d.users.GetOrPut(user, rate.NewLimiter(rate.Every(downloadEvery), downloadsEach)).Allow()
}

// serve writes the rows. A cut file must not pass for a whole one.
func (d *downloads) serve(rw http.ResponseWriter, r *http.Request, k token) {
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	default:
		d.refuse(rw, "busy", http.StatusTooManyRequests)
		return
	}
	out := &rows{rw: rw, name: fileName(k.Result)}
	if r.Method == http.MethodHead {
		out.begin()
		return
	}
	if err := d.cfg.CSV(r.Context(), k.Question, k.Result, out); err != nil {
		d.log.WarnContext(r.Context(), "teams: CSV not written", "question", k.Question, "result", k.Result, "user", k.User, "error", err)
		if out.begun {
			panic(http.ErrAbortHandler)
		}
		d.refuse(rw, "failed", http.StatusInternalServerError)
		return
	}
	out.begin() // an empty file is a file
	d.metrics.files.WithLabelValues("link_served").Inc()
	d.log.InfoContext(r.Context(), "teams: rows downloaded", "question", k.Question, "result", k.Result, "user", k.User)
}

// rows is a file as soon as there is something of it, so that a failure before that can
// still be told.
type rows struct {
	rw    http.ResponseWriter
	name  string
	begun bool
}

func (o *rows) begin() {
	if o.begun {
		return
	}
	o.begun = true
	h := o.rw.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", disposition(o.name))
}

func (o *rows) Write(p []byte) (int, error) {
	o.begin()
	return o.rw.Write(p)
}

// disposition has a browser keep a file under a name, also one that is not in ASCII.
func disposition(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r > '~' {
			return '-'
		}
		return r
	}, name)
	var encoded strings.Builder
	for _, b := range []byte(name) {
		if b < 0x80 { // names of ours need no more than letters, digits, "-", "_" and "."
			encoded.WriteByte(b)
		} else {
			fmt.Fprintf(&encoded, "%%%02X", b)
		}
	}
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + encoded.String()
}
