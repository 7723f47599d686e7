package slack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

func TestDroppedFiles(t *testing.T) {
	r := start(t, slacktest.Options{})
	content := bytes.Repeat([]byte("지역,매출\n"), 100_000)
	id := r.Drop(slacktest.Minji, "매출 2026.csv", content)
	r.Say(slacktest.Minji, r.DM(slacktest.Minji), "", slacktest.Saying{Files: []string{id}})
	ev := r.only()
	if len(ev.Files) != 1 || ev.Files[0].Name != "매출 2026.csv" || ev.Files[0].Size != int64(len(content)) || ev.Files[0].Open != nil {
		t.Fatalf("got %+v", ev)
	}
	f, err := r.driver.OpenFile(t.Context(), ev.Thread, ev.Files[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("read %d bytes of %d: %v", len(got), len(content), err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.driver.OpenFile(t.Context(), ev.Thread, "F0NOBODY999"); !hasCode(err, bot.CodeGone) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func hasCode(err error, code bot.Code) bool {
	e, ok := errors.AsType[*bot.Error](err)
	return ok && e.Code == code
}

func TestFilesThatCannotBeHad(t *testing.T) {
	r := start(t, slacktest.Options{})
	for i, f := range []map[string]any{
		{"id": "F1", "mode": "tombstone"}, {"id": "F2", "mode": "hidden_by_limit"}, {"name": "no id"},
	} {
		r.Emit(map[string]any{
			"type": "message", "subtype": "file_share", "channel": r.DM(slacktest.Minji), "channel_type": "im", "user": slacktest.Minji,
			"ts": fmt.Sprintf("1790000000.%06d", i), "text": "매출", "files": []any{f},
		}, "", 1)
	}
	for _, ev := range r.settled() {
		if len(ev.Files) != 0 {
			t.Errorf("got %+v", ev.Files)
		}
	}
	// Of a file from another company Slack tells no more than the id.
	r.Emit(map[string]any{
		"type": "message", "subtype": "file_share", "channel": r.DM(slacktest.Minji), "channel_type": "im", "user": slacktest.Minji,
		"ts": "1790000000.000009", "files": []any{map[string]any{"id": "F9", "mode": "file_access", "file_access": "check_file_info"}},
	}, "", 1)
	got := r.settled()
	if last := got[len(got)-1]; len(last.Files) != 1 || last.Files[0].ID != "F9" || last.Files[0].Name == "" {
		t.Errorf("got %+v", last)
	}
}

// The token goes to Slack and nowhere else.
func TestTokenStaysWithSlack(t *testing.T) {
	var leaked []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked = append(leaked, r.Header.Get("Authorization"))
	}))
	defer thief.Close()
	var api *httptest.Server
	reply := map[string]string{} // by file id: its address
	api = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/files.info":
			_ = r.ParseForm()
			id := r.Form.Get("file")
			rw.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(rw, `{"ok":true,"file":{"id":%q,"name":"a.csv","mode":"hosted","mimetype":"text/csv","size":10,"url_private_download":%q}}`, id, reply[id])
		case r.Header.Get("Authorization") != "Bearer xoxb-secret":
			http.Error(rw, "who are you?", http.StatusUnauthorized)
		case r.URL.Path == "/file/away":
			http.Redirect(rw, r, thief.URL, http.StatusFound)
		case r.URL.Path == "/file/moved":
			http.Redirect(rw, r, "/file/good", http.StatusFound)
		case r.URL.Path == "/file/page":
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(rw, "<html>sign in</html>")
		case r.URL.Path == "/file/short":
			_, _ = io.WriteString(rw, "01234")
		case r.URL.Path == "/file/long":
			_, _ = io.WriteString(rw, strings.Repeat("0123456789", 1000))
		case r.URL.Path == "/file/gone":
			http.NotFound(rw, r)
		case r.URL.Path == "/file/broken":
			http.Error(rw, "", http.StatusBadGateway)
		default:
			_, _ = io.WriteString(rw, "0123456789")
		}
	}))
	defer api.Close()
	port := api.URL[strings.LastIndex(api.URL, ":"):]
	for id, address := range map[string]string{
		"good": api.URL + "/file/good", "moved": api.URL + "/file/moved", "away": api.URL + "/file/away", "page": api.URL + "/file/page",
		"short": api.URL + "/file/short", "long": api.URL + "/file/long", "gone": api.URL + "/file/gone", "broken": api.URL + "/file/broken",
		"thief": thief.URL + "/file", "plain": "http://files.slack.com/x", "alike": "https://files.slack.com.evil.example/x",
		"user": "https://x@files.slack.com/x", "port": "https://files.slack.com:8443/x", "file": "file:///etc/passwd", "none": "",
		"other name": "http://localhost" + port + "/file/good",
	} {
		reply[id] = address
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	driver, err := slack.New(slack.Config{
		BotToken: "xoxb-secret", APIURL: api.URL + "/api/", HTTPClient: &http.Client{Transport: transport}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bot.Code{
		"good": "", "moved": "", "away": bot.CodeGone, "page": bot.CodeDenied, "short": bot.CodeUnavailable, "long": bot.CodeUnavailable,
		"gone": bot.CodeGone, "broken": bot.CodeUnavailable, "thief": bot.CodeGone, "plain": bot.CodeGone, "alike": bot.CodeGone,
		"user": bot.CodeGone, "port": bot.CodeGone, "file": bot.CodeGone, "none": bot.CodeGone, "other name": bot.CodeGone,
	} {
		t.Run(id, func(t *testing.T) {
			f, err := driver.OpenFile(t.Context(), bot.Thread{}, id)
			if err == nil {
				_, err = io.ReadAll(f)
				f.Close()
			}
			if want == "" && err != nil || want != "" && !hasCode(err, want) {
				t.Errorf("got %v, want %q", err, want)
			}
			if err != nil && strings.Contains(err.Error(), "xoxb") {
				t.Errorf("the error tells the token: %v", err)
			}
		})
	}
	if len(leaked) > 0 {
		t.Errorf("somebody else was called with %q", leaked)
	}
}
