package teamstest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

type obj = map[string]any

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// app is an app under test that answers as it is told.
type app struct {
	url string

	mu     sync.Mutex
	seen   []obj
	auth   []string
	answer func(n int, activity obj) (int, string)
}

func newApp(t *testing.T, s *teamstest.Server) *app {
	t.Helper()
	a := &app{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var activity obj
		raw, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(raw, &activity)
		a.mu.Lock()
		a.seen = append(a.seen, activity)
		a.auth = append(a.auth, r.Header.Get("Authorization"))
		answer, n := a.answer, len(a.seen)
		a.mu.Unlock()
		status, body := http.StatusOK, "{}"
		if answer != nil {
			status, body = answer(n, activity)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	a.url = srv.URL
	s.DeliverTo(srv.URL)
	return a
}

func (a *app) answers(with func(n int, activity obj) (int, string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = with
}

func (a *app) got() []obj {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]obj(nil), a.seen...)
}

// kinds are the types of what came, invokes with their names.
func (a *app) kinds() string {
	var out []string
	for _, x := range a.got() {
		kind := fmt.Sprint(x["type"])
		if x["name"] != nil {
			kind += " " + fmt.Sprint(x["name"])
		}
		out = append(out, kind)
	}
	return strings.Join(out, ", ")
}

// client calls the connector as an app.
type client struct {
	t     *testing.T
	s     *teamstest.Server
	token string
}

func newClient(t *testing.T, s *teamstest.Server) *client {
	t.Helper()
	c := &client{t: t, s: s}
	status, body := c.login(nil)
	if status != http.StatusOK {
		t.Fatalf("login: %d %v", status, body)
	}
	c.token = body["access_token"].(string)
	return c
}

// login asks for a token with a form that is right but for what is changed.
func (c *client) login(change map[string]string) (int, obj) {
	c.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.s.AppID()}, "client_secret": {c.s.Password()}, "scope": {"https://api.botframework.com/.default"},
	}
	for k, v := range change {
		form.Set(k, v)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.s.LoginURL(), strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, _ := do(c.t, req)
	return status, body
}

func do(t *testing.T, req *http.Request) (int, obj, http.Header) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, obj{"err": err.Error()}, nil
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body)
	var body obj
	_ = json.Unmarshal(raw, &body)
	return resp.StatusCode, body, resp.Header
}

// call calls an operation; path is below v3/.
func (c *client) call(method, path string, body any) (int, obj, http.Header) {
	c.t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			c.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.s.ServiceURL()+"v3/"+path, bytes.NewReader(raw))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	return do(c.t, req)
}

func activities(conversation string, id ...string) string {
	path := "conversations/" + url.PathEscape(conversation) + "/activities"
	if len(id) > 0 {
		path += "/" + url.PathEscape(id[0])
	}
	return path
}

// send posts an activity that is accepted, and returns its id.
func (c *client) send(conversation string, activity obj) string {
	c.t.Helper()
	status, body, _ := c.call(http.MethodPost, activities(conversation), activity)
	if status != http.StatusCreated {
		c.t.Fatalf("%d %v", status, body)
	}
	return body["id"].(string)
}

// code is the code of an error, empty when it was none.
func code(body obj) string {
	e, _ := body["error"].(obj)
	text, _ := e["code"].(string)
	return text
}

func said(text string) obj { return obj{"type": "message", "text": text} }

func withCard(body ...any) obj {
	card := obj{"type": "AdaptiveCard", "version": "1.5", "body": body}
	return obj{"type": "message", "attachments": []any{attached(card)}}
}

func attached(card any) obj {
	return obj{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
}

func TestAConversation(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	c := newClient(t, s)
	m := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" 지난달 매출은? 1 < 2 "+s.At(teamstest.Guest))
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	got := a.got()[0]
	if want := "<at>Bapsang</at>&nbsp;지난달 매출은? 1 &lt; 2 <at>Guest &lt;손님&gt; &amp; Co (Guest)</at>\n"; got["text"] != want {
		t.Errorf("text %q", got["text"])
	}
	conversation := got["conversation"].(obj)
	if conversation["id"] != m.Conversation || m.Conversation != teamstest.Sales+";messageid="+m.ID || conversation["conversationType"] != "channel" {
		t.Errorf("conversation %v of %+v", conversation, m)
	}
	id := c.send(m.Conversation, withCard(obj{"type": "TextBlock", "text": "1,234"}, obj{"type": "ActionSet", "actions": []any{
		obj{"type": "Action.Submit", "title": "취소", "data": obj{"do": "cancel"}},
	}}))
	seen := s.Messages(m.Conversation)
	if len(seen) != 2 || seen[1].ID != id || teamstest.Text(seen[1]) != "1,234\n취소" || teamstest.Actions(seen[1])[0].Title != "취소" {
		t.Fatalf("seen %+v", seen)
	}
	if err := s.Press(teamstest.Alex, seen[1], "취소"); err != nil {
		t.Fatal(err)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	press := a.got()[1]
	if press["replyToId"] != id || press["value"].(obj)["do"] != "cancel" || press["text"] != nil || press["from"].(obj)["id"] != teamstest.Alex {
		t.Errorf("pressed %v", press)
	}
	if status, _, _ := c.call(http.MethodPut, activities(m.Conversation, id), said("1,235")); status != http.StatusOK {
		t.Errorf("update %d", status)
	}
	if x, _ := s.Message(m.Conversation, id); x.Text != "1,235" || x.Edits != 1 || len(x.Cards) != 0 {
		t.Errorf("updated %+v", x)
	}
	if status, _, _ := c.call(http.MethodDelete, activities(m.Conversation, id), nil); status != http.StatusOK {
		t.Errorf("delete %d", status)
	}
	if n := len(s.Messages(m.Conversation)); n != 1 {
		t.Errorf("%d messages after the deletion", n)
	}
	if a := s.Acks(); a.Acked != 2 || a.Lost+a.Late != 0 {
		t.Errorf("acks %+v", a)
	}
}
