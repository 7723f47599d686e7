package teams_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// TestOnlyTeamsIsHeard has every forgery refused before the handler is called. What a
// genuine token says is not all: of those that Microsoft's own library accepts, one that
// never expires is refused, too.
func TestOnlyTeamsIsHeard(t *testing.T) {
	t.Parallel()
	for forgery, accepted := range teamstest.Forgeries() {
		if forgery == teamstest.NoExpiry {
			accepted = false
		}
		t.Run(firstOf(string(forgery), "genuine"), func(t *testing.T) {
			t.Parallel()
			o := open(t, teamstest.Options{Scale: 1000})
			o.Say(teamstest.Minji, teamstest.Minji, "매출", teamstest.Saying{Token: forgery})
			if got := o.settled(); len(got) == 1 != accepted || o.desk.called() == 1 != accepted {
				t.Errorf("heard %d times, want accepted %v; log:\n%s", o.desk.called(), accepted, o.log)
			}
			if in := o.driver.Intake(); !accepted && (in.Refused == 0 || in.Deliveries != 0) {
				t.Errorf("counted %+v", in)
			}
			if log := o.log.String(); strings.Contains(log, "Bearer") || strings.Contains(log, "eyJ") {
				t.Errorf("the log holds a token:\n%s", log)
			}
		})
	}
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// send sends a request to the driver's door and returns the status of the reply.
func (o *office) send(method, path, kind, authorization string, body io.Reader) int {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, body)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		o.t.Fatalf("%s %s: %v", method, path, err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestTheDoor(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	o.Say(teamstest.Minji, teamstest.Minji, "매출")
	o.settled()
	said := o.Told()[0]
	genuine := o.Authorization(teamstest.Genuine)
	long := append(bytes.TrimSuffix(said, []byte("}")), []byte(`,"padding":"`+strings.Repeat("x", 300<<10)+`"}`)...)
	const path, kind = "/api/messages", "application/json; charset=utf-8"
	for name, c := range map[string]struct {
		method, path, kind, token string
		body                      []byte
		want                      int
	}{
		"as Teams does":       {"POST", path, kind, genuine, said, http.StatusAccepted},
		"without a token":     {"POST", path, kind, "", said, http.StatusUnauthorized},
		"with a basic one":    {"POST", path, kind, "Basic YTpi", said, http.StatusUnauthorized},
		"with a wrong one":    {"POST", path, kind, o.Authorization(teamstest.Audience), said, http.StatusForbidden},
		"of another form":     {"POST", path, "text/plain", genuine, said, http.StatusUnsupportedMediaType},
		"of no form":          {"POST", path, "", genuine, said, http.StatusUnsupportedMediaType},
		"too long":            {"POST", path, kind, genuine, long, http.StatusRequestEntityTooLarge},
		"no JSON":             {"POST", path, kind, genuine, []byte("{"), http.StatusBadRequest},
		"a look":              {"GET", path, kind, genuine, nil, http.StatusMethodNotAllowed},
		"to another place":    {"POST", "/api/other", kind, genuine, said, http.StatusNotFound},
		"of another's server": {"POST", path, kind, genuine, bytes.Replace(said, []byte("/kr/"), []byte("/us/"), 1), http.StatusForbidden},
	} {
		if got := o.send(c.method, c.path, c.kind, c.token, bytes.NewReader(c.body)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := o.desk.got(); len(got) != 1 {
		t.Errorf("the desk got %d events", len(got))
	}
}

// TestOneTenantIsHeard: the app may be installed elsewhere, and the tokens of its requests
// are as good there.
func TestOneTenantIsHeard(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	o.Say(teamstest.Outsider, teamstest.Outsider, "매출")
	for _, channelData := range []any{nil, map[string]any{}, map[string]any{"tenant": map[string]any{"id": teamstest.OtherTenant}}, map[string]any{"tenant": "x"}} {
		o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{
			"text": "매출", "channelData": channelData, "conversation": map[string]any{"id": teamstest.Chat(teamstest.Minji), "conversationType": "personal"},
		})
	}
	o.Install(teamstest.Outsider, teamstest.Outsider)
	if got := o.settled(); len(got) != 0 {
		t.Errorf("heard %+v", got)
	}
	if n := o.driver.Intake().Strangers; n < 5 || len(o.shelf.kept) != 0 {
		t.Errorf("%d strangers, and kept %v", n, o.shelf.kept)
	}
	if !strings.Contains(o.log.String(), "another tenant") {
		t.Errorf("the log does not say why:\n%s", o.log)
	}
	if _, err := teams.New(teams.Config{References: o.shelf}); err == nil {
		t.Error("a driver without an app is made")
	}
	cfg := teams.Config{References: o.shelf}
	cfg.Connector.AppID = "b0b5a000-1111-4222-8333-444455556666"
	if _, err := teams.New(cfg); err == nil || !strings.Contains(err.Error(), "tenant") {
		t.Errorf("a driver for everybody's tenant is made: %v", err)
	}
}

// TestHostileBodies are signed by Teams and make no sense.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{})
	hostile := o.Hostile()
	for name, body := range map[string]string{
		"cards in cards": `{"action":{"data":{"bapsang":{"action":"ask","value":` + strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40) + `}}}}`,
		"a text":         `"ask"`, "a number": `7`, "a list": `[{"bapsang":{"action":"ask"}}]`,
	} {
		for _, kind := range []string{"message", "invoke"} {
			for _, invoke := range []string{"adaptiveCard/action", "task/fetch", "task/submit", "message/submitAction", "fileConsent/invoke", "message/fetchTask", "x"} {
				a := map[string]any{
					"type": kind, "id": "f:" + name, "name": invoke, "value": json.RawMessage(body), "serviceUrl": o.ServiceURL(), "channelId": "msteams",
					"conversation": map[string]any{"id": teamstest.Chat(teamstest.Minji), "conversationType": "personal", "tenantId": o.Tenant()},
					"from":         map[string]any{"id": teamstest.Minji}, "recipient": map[string]any{"id": o.Bot()},
				}
				data, err := json.Marshal(a)
				if err != nil {
					t.Fatal(err)
				}
				hostile[kind+" "+invoke+" "+name] = data
			}
		}
	}
	for name, body := range hostile {
		status, _, err := o.Post(t.Context(), body, o.Authorization(teamstest.Genuine))
		if err != nil || status >= 500 {
			t.Errorf("%s: %d, %v\n%.300s", name, status, err, body)
		}
	}
	if log := o.log.String(); strings.Contains(log, "panic") {
		t.Errorf("a panic:\n%s", log[strings.Index(log, "panic"):])
	}
	// It goes on.
	o.Say(teamstest.Minji, teamstest.Minji, "매출은?")
	if ev := o.last(); ev.Text != "매출은?" {
		t.Errorf("after all that: %+v", ev)
	}
}
