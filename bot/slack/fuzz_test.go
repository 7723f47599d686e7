package slack_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// fuzzed signs body, brings it to a driver that can reach nobody, and returns what the
// desk got.
func fuzzed(t *testing.T, d *desk, body string) []bot.Event {
	t.Helper()
	const secret = "8f742231b10e8888abcd99yyyzzz85a5"
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, `{"ok":true,"user_id":"U0BAPSANG00","team_id":"T1"}`)
	}))
	defer api.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	driver, err := slack.New(slack.Config{
		BotToken: "xoxb-1", SigningSecret: secret, APIURL: api.URL + "/", HTTPClient: &http.Client{Transport: transport},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/slack/events", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", slacktest.Sign(secret, stamp, []byte(body)))
	rw := httptest.NewRecorder()
	driver.HTTP(d).ServeHTTP(rw, req)
	switch rw.Code {
	case http.StatusOK, http.StatusBadRequest:
	default:
		t.Errorf("%q: status %d", body, rw.Code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := driver.Run(ctx, d); err != nil { // ends what was begun
		t.Errorf("run: %v", err)
	}
	return d.got()
}

// form is a form of one field.
func form(name, value string) string { return url.Values{name: {value}}.Encode() }
