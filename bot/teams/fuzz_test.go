package teams_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/connector"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// FuzzActivity has a genuine token vouch for anything.
func FuzzActivity(f *testing.F) {
	s := teamstest.New(teamstest.Options{})
	f.Cleanup(func() { _ = s.Close() })
	driver, err := teams.New(teams.Config{
		Connector: connector.Options{
			AppID: s.AppID(), Password: s.Password(), TenantID: s.Tenant(), LoginURL: s.LoginURL(), OpenIDURL: s.OpenIDURL(), ServiceURLs: []string{s.ServiceURL()},
		},
		References: &shelf{}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- driver.Run(ctx, nil) }()
	f.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			f.Error(err)
		}
	})
	var got []bot.Event
	door := driver.HTTP(handlerFunc(func(_ context.Context, ev bot.Event) (bot.Receipt, error) {
		got = append(got, ev)
		return bot.Receipt{}, nil
	}))
	for _, seed := range []string{
		`{"type":"message","id":"1700000000000","text":"<at>Bapsang</at>&nbsp;매출","entities":[{"type":"mention","text":"<at>Bapsang</at>","mentioned":{"id":"28:b"}}],"conversation":{"id":"19:x@thread.tacv2;messageid=1"},"from":{"id":"29:a"},"recipient":{"id":"28:b"}}`,
		`{"type":"message","value":{"bapsang":{"action":"ask","value":"x"}},"replyToId":"1","conversation":{"id":"a:1","conversationType":"personal"},"from":{"id":"29:a","aadObjectId":"X"}}`,
		`{"type":"invoke","name":"message/submitAction","value":{"actionName":"feedback","actionValue":{"reaction":"dislike","feedback":"{\"feedbackText\":\"x\"}"}},"conversation":{"id":"a:1"},"from":{"id":"29:a"}}`,
		`{"type":"messageUpdate","channelData":{"eventType":"editMessage"},"attachments":[{"contentType":"text/html","content":"<blockquote itemtype=\"http://schema.skype.com/Reply\">q</blockquote><p>a</p>"}]}`,
		`{"type":"conversationUpdate","membersAdded":[{"id":"28:b"}],"recipient":{"id":"28:b"}}`, `{"type":"installationUpdate","action":"remove"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got = nil
		var a map[string]json.RawMessage
		if json.Unmarshal(body, &a) != nil || a == nil {
			return
		}
		for name := range a { // names are read in any case
			switch strings.ToLower(name) {
			case "serviceurl", "channelid", "channeldata":
				delete(a, name)
			}
		}
		a["serviceUrl"], a["channelId"] = json.RawMessage(`"`+s.ServiceURL()+`"`), json.RawMessage(`"msteams"`)
		a["channelData"] = json.RawMessage(`{"tenant":{"id":"` + s.Tenant() + `"}}`)
		data, err := json.Marshal(a)
		if err != nil {
			return
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/messages", strings.NewReader(string(data)))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", s.Authorization(teamstest.Genuine))
		rec := httptest.NewRecorder()
		door.ServeHTTP(rec, req)
		if rec.Code >= 500 {
			t.Fatalf("%s is answered %d", data, rec.Code)
		}
		for _, ev := range got {
			if ev.ID == "" || ev.Thread.Channel == "" || ev.Thread.Workspace != s.Tenant() || ev.User.ID == "" || !utf8.ValidString(ev.Text) {
				t.Fatalf("%s became %+v", data, ev)
			}
		}
	})
}

// handlerFunc is a bot.Handler.
type handlerFunc func(ctx context.Context, ev bot.Event) (bot.Receipt, error)

func (f handlerFunc) Handle(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	return f(ctx, ev)
}
