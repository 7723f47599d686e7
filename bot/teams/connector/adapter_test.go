package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/infracloudio/msbotbuilder-go/connector/auth"
	"github.com/infracloudio/msbotbuilder-go/core"
	"github.com/infracloudio/msbotbuilder-go/core/activity"
	"github.com/infracloudio/msbotbuilder-go/schema"

	"github.com/bapsang/bapsang/bot/teams/connector"
)

// delivery is a request with an activity.
func delivery(authorization, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/messages", strings.NewReader(body))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}

func activityOf(service, channel, more string) string {
	raw, err := json.Marshal([]string{service, channel})
	if err != nil {
		panic(err)
	}
	var parts []json.RawMessage
	_ = json.Unmarshal(raw, &parts)
	return `{"type":"message","id":"1","serviceUrl":` + string(parts[0]) + `,"channelId":` + string(parts[1]) + more + `}`
}

func TestDeliveriesAreProved(t *testing.T) {
	i := newIssuing(t)
	c := i.connector()
	now := time.Now()
	good := i.genuine(now)
	for _, d := range []struct {
		name, header, body string
		why                connector.Why
		status             int
	}{
		{"genuine", good, activityOf(service, "msteams", `,"text":"안녕"`), "", 0},
		{"a value that the library cannot hold", good, activityOf(service, "msteams", `,"text":"안녕","value":"x"`), "", 0},
		{"a time that it cannot read", good, activityOf(service, "msteams", `,"text":"안녕","localTimestamp":"today"`), "", 0},
		{"another service behind it", good, activityOf(service, "msteams", `,"serviceUrl":"https://evil.example/"`), connector.WhyService, 403},
		{"another service in capitals", good, activityOf(service, "msteams", `,"SERVICEURL":"https://evil.example/"`), connector.WhyService, 403},
		{"another channel", good, activityOf(service, "webchat", ``), connector.WhyChannel, 403},
		{"no service", good, `{"type":"message","channelId":"msteams"}`, connector.WhyService, 403},
		{"no header", "", activityOf(service, "msteams", ``), connector.WhyHeader, 401},
		{"garbage", "Bearer x", activityOf(service, "msteams", ``), connector.WhyToken, 403},
		{"expired", "Bearer " + i.sign(head(), claims(now, obj{"exp": 1}), "good"), activityOf(service, "msteams", ``), connector.WhyExpired, 403},
		{"no JSON", good, `hello`, connector.WhyBody, 400},
		{"a list", good, `[]`, connector.WhyBody, 400},
		{"nothing", good, ``, connector.WhyBody, 400},
		{"too much", good, activityOf(service, "msteams", `,"text":"`+strings.Repeat("x", 300<<10)+`"`), connector.WhyTooLarge, 413},
	} {
		got, raw, err := c.Adapter.Receive(delivery(d.header, d.body))
		if why(err) != d.why || err != nil && connector.StatusOf(err) != d.status {
			t.Errorf("%s: %v (%d), want %q", d.name, err, connector.StatusOf(err), d.why)
		}
		if err == nil && (got.Text != "안녕" || string(raw) != d.body) {
			t.Errorf("%s: %+v", d.name, got)
		}
	}
	twice := delivery(good, activityOf(service, "msteams", ``))
	twice.Header.Add("Authorization", good)
	if _, _, err := c.Adapter.Receive(twice); why(err) != connector.WhyHeader {
		t.Errorf("two headers: %v", err)
	}
	torn := delivery(good, "")
	torn.Body = io.NopCloser(iotest.ErrReader(errors.New("gone")))
	if _, _, err := c.Adapter.Receive(torn); why(err) != connector.WhyBody {
		t.Errorf("a body that ends: %v", err)
	}
}

// The library's adapter works with our parts in it, and none of its own is asked.
func TestLibraryUsesOurParts(t *testing.T) {
	i := newIssuing(t)
	var got []string
	login := withLogin(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, ".well-known") {
			i.ServeHTTP(w, r)
			return
		}
		raw, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/kr/"+tenant)+" "+string(raw))
		made(w, r)
	})
	c := newConnector(login)
	var ad core.Adapter = c.Adapter.Bot
	req := delivery(i.genuine(time.Now()), activityOf(service, "msteams", `,"text":"hi","conversation":{"id":"a:1"},"from":{"id":"29:1"}`))
	in, err := ad.ParseRequest(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	reply := activity.HandlerFuncs{OnMessageFunc: func(turn *activity.TurnContext) (schema.Activity, error) {
		return schema.Activity{
			Type: schema.Message, ID: "own", ReplyToID: "parent-1", Text: "hello", ServiceURL: turn.Activity.ServiceURL, Conversation: turn.Activity.Conversation,
		}, nil
	}}
	if err := ad.ProcessActivity(t.Context(), in, reply); err != nil {
		t.Fatal(err)
	}
	if err := ad.UpdateActivity(t.Context(), schema.Activity{Type: schema.Message, ID: "7", Text: "new", ServiceURL: service, Conversation: in.Conversation}); err != nil {
		t.Fatal(err)
	}
	if err := ad.DeleteActivity(t.Context(), "7", schema.ConversationReference{ServiceURL: service, Conversation: in.Conversation}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`POST /v3/conversations/a:1/activities/parent-1 {"type":"message","id":"own","serviceUrl":"` + service + `","conversation":{"id":"a:1"},"replyToId":"parent-1","text":"hello"}`,
		`PUT /v3/conversations/a:1/activities/7 {"type":"message","id":"7","serviceUrl":"` + service + `","conversation":{"id":"a:1"},"text":"new"}`,
		`DELETE /v3/conversations/a:1/activities/7 `,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	evil := schema.Activity{Type: schema.Message, ServiceURL: "https://evil.example/", Conversation: in.Conversation}
	if err := ad.UpdateActivity(t.Context(), evil); err == nil || len(got) != 3 {
		t.Errorf("an update went to an address that is not allowed: %v", err)
	}
	away := url.URL{Scheme: "https", Host: "evil.example", Path: "/v3/conversations/a:1/activities"}
	if err := c.Adapter.Bot.Post(away, schema.Activity{Type: schema.Message, ServiceURL: service, Conversation: in.Conversation}); err == nil || len(got) != 3 {
		t.Errorf("a message went elsewhere than to its service: %v", err)
	}
	if _, err := ad.ParseRequest(t.Context(), delivery("Bearer x", activityOf(service, "msteams", ``))); why(err) != connector.WhyToken {
		t.Errorf("the reason is lost: %v", err)
	}
}

func TestSettingsAsTheyAreCopied(t *testing.T) {
	i := newIssuing(t)
	c := i.connector(func(o *connector.Options) { o.AppID = " " + strings.ToUpper(appID) + "\n" })
	if err := validate(c, i.genuine(time.Now())); err != nil {
		t.Error(err)
	}
}

type allowing bool

func (a allowing) IsValidAppID(string) bool       { return bool(a) }
func (a allowing) GetAppPassword() string         { return "" }
func (a allowing) GetAppID() string               { return "" }
func (a allowing) IsAuthenticationDisabled() bool { return true }

func TestCredentialsSwitchNothingOff(t *testing.T) {
	i := newIssuing(t)
	var v auth.TokenValidator = i.connector().Validator
	about := schema.Activity{ServiceURL: service, ChannelID: "msteams"}
	header := i.genuine(time.Now())
	id, err := v.AuthenticateRequest(context.Background(), about, header, allowing(true), "")
	if err != nil || !id.IsAuthenticated() || id.GetClaimValue("aud") != appID || id.GetClaimValue("exp") != "" || id.GetClaimValue("never") != "" {
		t.Errorf("%v %v", id, err)
	}
	if _, err := v.AuthenticateRequest(context.Background(), about, header, nil, ""); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"no token": second(v.AuthenticateRequest(context.Background(), about, "", allowing(true), "")),
		"not ours": second(v.AuthenticateRequest(context.Background(), about, header, allowing(false), "")),
		"no app":   validate(i.connector(func(o *connector.Options) { o.AppID = "" }), "Bearer "+i.sign(head(), claims(time.Now(), obj{"aud": ""}), "good")),
	} {
		if why(err) == "" {
			t.Errorf("%s: taken", name)
		}
	}
}

func second(_ auth.ClaimsIdentity, err error) error { return err }
