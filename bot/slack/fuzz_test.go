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

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// fuzzed signs body, brings it to a driver of a Slack that agrees to everything, and
// returns what the desk got.
func fuzzed(t *testing.T, d *desk, path, kind, body string) []bot.Event {
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
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", kind)
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

// FuzzEvents gives the door anything, signed. It may refuse; it must answer, and never
// hand on an event that lacks what every event has.
func FuzzEvents(f *testing.F) {
	f.Add(`{"type":"event_callback","event":{"type":"message","channel":"C1","user":"U1","ts":"1.2","text":"<@U0BAPSANG00> x","thread_ts":"1.1"}}`)
	f.Add(`{"type":"event_callback","event":{"type":"message","subtype":"message_changed","channel":"D1","message":{"user":"U1","ts":"1.2","text":"a","edited":{"ts":"2"}},"previous_message":{"text":"b"}}}`)
	f.Add(`{"type":"event_callback","event":{"type":"message","subtype":"message_deleted","channel":"D1","deleted_ts":"1","previous_message":{"user":"U1"}}}`)
	f.Add(`{"type":"event_callback","event":{"type":"app_home_opened","user":"U1","tab":"home"}}`)
	f.Add(`{"type":"event_callback","event":{"type":"message","channel":"D1","user":"U1","ts":"-9999999999999999999.9","text":"<<@|>&lt;<!date^>|","blocks":[{"type":"rich_text","elements":[{"type":"rich_text_list","indent":-5}]}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		d := &desk{}
		for _, ev := range fuzzed(t, d, "/slack/events", "application/json", body) {
			if ev.ID == "" || ev.Thread.Channel == "" || ev.Thread.Platform != slack.Platform || ev.Kind == "" {
				t.Errorf("%q became %+v", body, ev)
			}
			if !norm.NFC.IsNormalString(ev.Text) || strings.Contains(ev.Text, "<@U0BAPSANG00>") && !strings.Contains(body, "&") {
				t.Errorf("%q has text %q", body, ev.Text)
			}
		}
	})
}

// FuzzInteractions does the same to the door of buttons and dialogs.
func FuzzInteractions(f *testing.F) {
	who := `"user":{"id":"U1"},"team":{"id":"T1"},"channel":{"id":"C1"},"trigger_id":"1.2"`
	f.Add(`{"type":"block_actions",` + who + `,"message":{"ts":"1.2"},"actions":[{"action_id":"bapsang.0.good","value":"{\"q\":\"q-1\"}","action_ts":"3"}]}`)
	f.Add(`{"type":"block_actions",` + who + `,"container":{"is_ephemeral":true},"actions":[{"action_id":"bapsang.0.wrong","value":"{\"p\":\"why?\"}"}]}`)
	f.Add(`{"type":"view_submission",` + who + `,"view":{"id":"V1","callback_id":"bapsang.prompt","private_metadata":"{\"t\":{\"platform\":\"slack\",\"channel\":\"C1\"}}","state":{"values":{"text":{"text":{"value":"x"}}}}}}`)
	f.Add(`{"type":"message_action","callback_id":"analyse",` + who + `,"message":{"ts":"1","text":"a","files":[{"id":"F1"}]}}`)
	f.Add(`{"type":"shortcut",` + who + `}`)
	f.Fuzz(func(t *testing.T, payload string) {
		d := &desk{}
		for _, ev := range fuzzed(t, d, "/slack/interactions", "application/x-www-form-urlencoded", form("payload", payload)) {
			if ev.ID == "" || ev.Thread.Channel == "" || ev.Thread.Platform != slack.Platform || ev.Kind == "" || ev.User.ID == "" {
				t.Errorf("%q became %+v", payload, ev)
			}
		}
	})
}
