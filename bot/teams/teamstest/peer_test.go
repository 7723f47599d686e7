package teamstest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// needPeer returns node, or skips saying how to have Microsoft's libraries.
func needPeer(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("testdata", "npm", "node_modules", "botframework-connector"))
	}
	if err != nil {
		const how = "Microsoft's libraries are not here (apt install nodejs npm; npm ci --prefix bot/teams/teamstest/testdata/npm --ignore-scripts)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return node
}

// peer runs a script with a JSON input and decodes what it prints.
func peer(t *testing.T, into, input any, script string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), needPeer(t), append([]string{script}, args...)...)
	cmd.Dir = filepath.Join("testdata", "npm")
	cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1", "NODE_NO_WARNINGS=1")
	raw, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", script, err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%s: %v in %s", script, err, out)
	}
}

// TestMicrosoftAgreesOnTokens proves that the genuine tokens are what Microsoft's library
// takes for genuine, and that each forgery is one to it.
func TestMicrosoftAgreesOnTokens(t *testing.T) {
	t.Parallel()
	needPeer(t)
	s := teamstest.Start(t, teamstest.Options{})
	type token struct {
		Name       string `json:"name"`
		Header     string `json:"header"`
		ServiceURL string `json:"serviceUrl"`
		Channel    string `json:"channel"`
	}
	var list []token
	want := teamstest.Forgeries()
	for f := range want {
		list = append(list, token{string(f), s.Authorization(f), s.ServiceURL(), "msteams"})
	}
	list = append(list, token{"for another channel", s.Authorization(teamstest.Genuine), s.ServiceURL(), "webchat"})
	want["for another channel"] = false
	list = append(list, token{"for another service", s.AuthorizationFor("https://other.example/"), "https://other.example/", "msteams"})
	want["for another service"] = true
	var got map[teamstest.Forgery]string
	peer(t, &got, list, "jwt.mjs", s.OpenIDURL(), s.AppID())
	for f, accepted := range want {
		reason, asked := got[f]
		if !asked || (reason == "") != accepted {
			t.Errorf("a token %q: accepted should be %v, Microsoft says %q", f, accepted, reason)
		}
	}
	if n := len(s.Calls("openid")); n != 1 {
		t.Errorf("Microsoft's library asked %d times for the metadata, not once", n)
	}
	// After a rotation the same holds for a process that starts then.
	s.RotateKeys(false)
	var after map[teamstest.Forgery]string
	old := list[0]
	for _, x := range list {
		if x.Name == string(teamstest.Genuine) {
			old = x
		}
	}
	old.Name = "before"
	peer(t, &after, []token{old, {"after", s.Authorization(teamstest.Genuine), s.ServiceURL(), "msteams"}}, "jwt.mjs", s.OpenIDURL(), s.AppID())
	if after["after"] != "" || after["before"] == "" {
		t.Errorf("after the rotation: %v", after)
	}
}

// TestMicrosoftsClientUnderstands proves the connector with a client that is not ours.
func TestMicrosoftsClientUnderstands(t *testing.T) {
	t.Parallel()
	needPeer(t)
	s := teamstest.Start(t, teamstest.Options{})
	root := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" 매출?")
	s.Fault(teamstest.Fault{Op: "members.list", Status: http.StatusBadGateway, Times: 1}) // which the client tries again
	var got map[string]json.RawMessage
	peer(t, &got, nil, "connector.mjs", s.LoginURL(), s.AppID(), s.Password(), s.ServiceURL(), s.Bot(), teamstest.Chat(teamstest.Minji),
		root.Conversation, teamstest.Sales, teamstest.Minji, s.Tenant())
	for name, parts := range map[string][]string{
		"post":      {`"sent":"1`, `"updated":"1`},
		"gone":      {`"status":404`, `ActivityNotFoundInConversation`},
		"nowhere":   {`"status":404`, `ConversationNotFound`},
		"malformed": {`"status":400`, `BadSyntax`},
		"people":    {`"first":2`, `"rest":1`, `"end":""`, `김민지`, `"aad":"00000000-`},
		"create":    {`"chat":true`, `"post":true`},
		"stranger":  {`"status":400`},
		"stream":    {`"status":400`, `streamSequence`},
		"huge":      {`"status":413`, `MessageSizeTooBig`},
	} {
		for _, part := range parts {
			if !strings.Contains(string(got[name]), part) {
				t.Errorf("%s: %s has no %s", name, got[name], part)
			}
		}
	}
	if seen := s.Messages(root.Conversation); len(seen) != 2 || seen[1].Text != "three" || seen[1].Edits != 1 {
		t.Errorf("in the thread: %+v", seen)
	}
	if n := len(s.Calls("token")); n != 1 {
		t.Errorf("%d tokens were asked for, not one", n)
	}
	if c := s.Complaints(); len(c) > 0 {
		t.Errorf("complaints about Microsoft's own client: %q", c)
	}
}

// TestMicrosoftAgreesOnCards proves that cards are refused which Microsoft's renderer does
// not know, and those taken that it has nothing against.
func TestMicrosoftAgreesOnCards(t *testing.T) {
	t.Parallel()
	needPeer(t)
	type card struct {
		Name string          `json:"name"`
		Card json.RawMessage `json:"card"`
	}
	var list []card
	all := maps.Clone(goodCards())
	for name, x := range badCards() {
		all["bad: "+name] = x.card
	}
	for name, c := range all {
		list = append(list, card{name, json.RawMessage(c)})
	}
	var got map[string][]string
	peer(t, &got, list, "cards.mjs")
	for name := range goodCards() {
		if len(got[name]) > 0 {
			t.Errorf("%s: Microsoft's renderer says %q", name, got[name])
		}
	}
	for name, x := range badCards() {
		if complaints, asked := got["bad: "+name]; !asked || x.known != (len(complaints) > 0) {
			t.Errorf("%s: known to Microsoft's renderer should be %v, it says %q", name, x.known, complaints)
		}
	}
}
