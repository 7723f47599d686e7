package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// delivery is something on its way to the app.
type delivery struct {
	kind    string // "events_api", "interactive", "slash_commands"
	path    string // over HTTP
	form    string // content type other than JSON
	payload []byte // what a socket's envelope holds, and the body of an event
	body    []byte // over HTTP, where it is not the payload
	order   string
	once    bool   // interactions and commands are not repeated
	user    string // who did it
	trouble string // what Slack tells them when the app does not acknowledge
	answer  func(body []byte)
	retries int
}

// Acks tells how the app acknowledged so far.
func (s *Server) Acks() standin.Acks {
	s.mu.Lock()
	defer s.mu.Unlock()
	return standin.AcksOf(s.acks, s.late, s.failed)
}

// send delivers d when what has the same order before it was tried once. s.mu is held.
func (s *Server) send(d *delivery) {
	if s.closed {
		return
	}
	s.open++
	if s.opts.SocketMode {
		s.push(d)
		return
	}
	if s.target == "" {
		s.open--
		return
	}
	before, done := s.chains[d.order], make(chan struct{})
	if d.order != "" {
		s.chains[d.order] = done
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		if before != nil {
			select {
			case <-before:
			case <-s.ctx.Done():
			}
		}
		s.deliver(d, done)
	}()
}

// deliver tries at once and, of events, three times more: after nearly no time, a minute
// and five.
func (s *Server) deliver(d *delivery, tried chan struct{}) {
	reason, stop := s.attempt(d, 0, "")
	s.mu.Lock()
	if s.chains[d.order] == tried {
		delete(s.chains, d.order)
	}
	s.mu.Unlock()
	close(tried)
	for i, wait := range []time.Duration{0, time.Minute, 5 * time.Minute} {
		if reason == "" || stop || d.once || s.clock.Sleep(s.ctx, wait) != nil {
			break
		}
		reason, stop = s.attempt(d, i+1, reason)
	}
	s.over(d, reason == "")
}

// over ends a delivery.
func (s *Server) over(d *delivery, acked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if !acked {
		s.failed++
	}
	if !acked && d.trouble != "" {
		s.troubles[d.user] = append(s.troubles[d.user], d.trouble)
	}
	s.notify()
}

// Troubles are what Slack itself told user, because the app did not answer what they did.
func (s *Server) Troubles(user string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.troubles[user])
}

// attempt posts d once. It returns Slack's word for what went wrong, empty when nothing
// did, and whether the app asks for no more.
func (s *Server) attempt(d *delivery, n int, reason string) (string, bool) {
	s.mu.Lock()
	target := s.target // where the app is by now
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, s.opts.AckWait)
	defer cancel()
	body, kind := d.payload, "application/json"
	if d.form != "" {
		body, kind = d.body, d.form
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target+d.path, bytes.NewReader(body))
	if err != nil {
		return "unknown_error", true
	}
	s.sign(req, body)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	if n > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(n))
		req.Header.Set("X-Slack-Retry-Reason", reason)
	}
	start := time.Now()
	resp, err := s.poster.Do(req)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
	}
	took := time.Since(start)
	var answer []byte
	if err == nil {
		answer, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	}
	if err != nil {
		return s.missed(err), false
	}
	if resp.StatusCode/100 != 2 {
		s.missed(nil)
		return "http_error", resp.Header.Get("X-Slack-No-Retry") == "1"
	}
	s.mu.Lock()
	s.acks = append(s.acks, took)
	s.notify()
	s.mu.Unlock()
	if d.answer != nil {
		d.answer(answer)
	}
	return "", false
}

// newPoster keeps few connections, and none when the server is closed.
func newPoster() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *Server) missed(err error) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late++
	s.notify()
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "http_timeout"
	case errors.As(err, &op):
		return "connection_failed"
	}
	return "unknown_error"
}

// sign signs a request as Slack does.
func (s *Server) sign(req *http.Request, body []byte) {
	ts := strconv.FormatInt(s.stamp.Now().Unix(), 10)
	req.Header.Set("X-Slack-Request-Timestamp", ts)
	req.Header.Set("X-Slack-Signature", Sign(s.opts.SigningSecret, ts, body))
}

// Sign is the signature of a body at a time in seconds:
// https://docs.slack.dev/authentication/verifying-requests-from-slack.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "v0:%s:%s", timestamp, body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// Verify posts the challenge by which Slack verifies an events URL, and says what was
// wrong with the reply.
func (s *Server) Verify(ctx context.Context) error {
	s.mu.Lock()
	target := s.target
	challenge := "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P" + strconv.Itoa(s.serial)
	s.mu.Unlock()
	body, err := json.Marshal(obj{"token": "legacy-verification-token", "challenge": challenge, "type": "url_verification"})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.AckWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target+"/slack/events", bytes.NewReader(body))
	if err != nil {
		return err
	}
	s.sign(req, body)
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.poster.Do(req)
	if err != nil {
		return fmt.Errorf("slacktest: verify: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return fmt.Errorf("slacktest: verify: %w", err)
	}
	var answer struct{ Challenge string }
	_ = json.Unmarshal(got, &answer)
	if resp.StatusCode != http.StatusOK || string(got) != challenge && answer.Challenge != challenge {
		return fmt.Errorf("slacktest: verify: the challenge came back as %d %.100q", resp.StatusCode, got)
	}
	return nil
}
