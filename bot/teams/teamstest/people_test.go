package teamstest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// last waits until everything was delivered, and returns the last activity.
func (a *app) last(t *testing.T, s *teamstest.Server) obj {
	t.Helper()
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	got := a.got()
	if len(got) == 0 {
		t.Fatal("nothing came")
	}
	return got[len(got)-1]
}

func inner(o obj, names ...string) any {
	var v any = o
	for _, name := range names {
		o, _ := v.(obj)
		v = o[name]
	}
	return v
}

func TestWhatPeopleSay(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	s.Say(teamstest.Minji, teamstest.Sales, "nobody is meant")
	s.Say(teamstest.Minji, teamstest.Group, "nor here")
	m := s.Say(teamstest.Minji, teamstest.Minji, "지난달\n매출 & <b>")
	got := a.last(t, s)
	if n := len(a.got()); n != 1 {
		t.Fatalf("%d came", n)
	}
	for what, want := range map[string]any{
		"text": "지난달\n매출 &amp; &lt;b&gt;", "id": m.ID, "serviceUrl": s.ServiceURL(), "channelId": "msteams", "locale": "ko-KR", "textFormat": "plain",
	} {
		if got[what] != want {
			t.Errorf("%s is %q, not %q", what, got[what], want)
		}
	}
	if inner(got, "conversation", "id") != teamstest.Chat(teamstest.Minji) || inner(got, "from", "aadObjectId") == nil || inner(got, "channelData", "tenant", "id") != s.Tenant() {
		t.Errorf("from where: %v", got)
	}
	if html := inner(got["attachments"].([]any)[0].(obj), "content"); html != "<p>지난달<br>매출 &amp; &lt;b&gt;</p>" {
		t.Errorf("html %v", html)
	}
	if local, _ := got["localTimestamp"].(string); !strings.HasSuffix(local, "+09:00") {
		t.Errorf("local time %s", local)
	}
	root := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" hi")
	reply := s.Say(teamstest.Alex, teamstest.Sales, "and "+s.Mention(), teamstest.Saying{Thread: root.ID})
	if got := a.last(t, s); inner(got, "conversation", "id") != root.Conversation || reply.Conversation != root.Conversation || inner(got, "channelData", "teamsChannelId") != teamstest.Sales {
		t.Errorf("reply %v", got)
	}
	s.Edit(root, s.Mention()+" bye")
	if got := a.last(t, s); got["type"] != "messageUpdate" || inner(got, "channelData", "eventType") != "editMessage" || got["id"] != root.ID {
		t.Errorf("edit %v", got)
	}
	s.Delete(root)
	if got := a.last(t, s); got["type"] != "messageDelete" || inner(got, "channelData", "eventType") != "softDeleteMessage" || len(s.Messages(root.Conversation)) != 1 {
		t.Errorf("delete %v", got)
	}
	s.Undelete(root)
	if got := a.last(t, s); got["type"] != "messageUpdate" || inner(got, "channelData", "eventType") != "undeleteMessage" || len(s.Messages(root.Conversation)) != 2 {
		t.Errorf("undelete %v", got)
	}
	s.Say(teamstest.Outsider, teamstest.Outsider, "let me in")
	if got := a.last(t, s); inner(got, "conversation", "tenantId") != teamstest.OtherTenant || inner(got, "channelData", "tenant", "id") != teamstest.OtherTenant {
		t.Errorf("an outsider %v", got)
	}
	s.Tell(teamstest.Minji, teamstest.Sales, "conversationUpdate", map[string]any{"channelData": map[string]any{"eventType": "channelRenamed"}, "locale": nil})
	if got := a.last(t, s); inner(got, "channelData", "eventType") != "channelRenamed" || got["locale"] != nil || got["timestamp"] == nil {
		t.Errorf("told %v", got)
	}
	s.Join(teamstest.Outsider, teamstest.Sales)
	a.last(t, s)
	s.Say(teamstest.Outsider, teamstest.Sales, s.Mention()+" me too")
	if got := a.last(t, s); inner(got, "conversation", "tenantId") != s.Tenant() || inner(got, "channelData", "tenant", "id") != teamstest.OtherTenant {
		t.Errorf("an outsider in a channel %v", got)
	}
	before := len(a.got())
	s.Install(teamstest.Newcomer, teamstest.Newcomer)
	a.last(t, s)
	s.Uninstall(teamstest.Minji, teamstest.Sales)
	s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" still there?")
	a.last(t, s)
	if got := a.kinds(); len(a.got()) != before+4 || !strings.HasSuffix(got, "installationUpdate, conversationUpdate, installationUpdate, conversationUpdate") {
		t.Errorf("after installing and removing: %s", got)
	}
}

// TestDeliveries proves that what fails comes again with the same id, that a refusal is
// taken for one, and that what is late counts.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{Scale: 1000})
	a := newApp(t, s)
	a.answers(func(n int, _ obj) (int, string) {
		if n < 3 {
			return http.StatusInternalServerError, ""
		}
		return http.StatusAccepted, ""
	})
	m := s.Say(teamstest.Minji, teamstest.Minji, "hi")
	a.last(t, s)
	for _, got := range a.got() {
		if got["id"] != m.ID {
			t.Errorf("came again as %v", got["id"])
		}
	}
	if acks := s.Acks(); len(a.got()) != 3 || acks.Acked != 1 || acks.Late != 2 || acks.Lost != 0 || acks.Max <= 0 {
		t.Errorf("%d came, acks %+v", len(a.got()), acks)
	}
	a.answers(func(int, obj) (int, string) { return http.StatusForbidden, "" })
	s.Say(teamstest.Minji, teamstest.Minji, "forged", teamstest.Saying{Token: teamstest.Audience})
	a.last(t, s)
	if acks := s.Acks(); len(a.got()) != 4 || acks.Lost != 1 {
		t.Errorf("%d came, acks %+v", len(a.got()), acks)
	}
	a.answers(nil)
	s.Say(teamstest.Minji, teamstest.Minji, "twice", teamstest.Saying{Times: 2})
	s.Say(teamstest.Minji, teamstest.Minji, "bent", teamstest.Saying{Change: func(x map[string]any) { x["text"] = []any{1} }})
	a.last(t, s)
	if n := len(a.got()); n != 7 {
		t.Errorf("%d came", n)
	}
	s.Replay()
	a.last(t, s)
	if n := len(a.got()); n != 11 {
		t.Errorf("%d came after the replay of 4", n)
	}
	status, _, err := s.Post(soon(t), []byte(`{"type":1e999}`), s.Authorization(teamstest.Genuine))
	if err != nil || status != http.StatusOK {
		t.Errorf("hostile: %d %v", status, err)
	}
}

func TestPresses(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	c := newClient(t, s)
	action := func(kind, title string, data any) obj {
		o := obj{"type": "Action." + kind, "title": title}
		if data != nil {
			o["data"] = data
		}
		return o
	}
	toggle := obj{"type": "Action.ToggleVisibility", "title": "SQL", "targetElements": []any{"sql"}}
	id := c.send(teamstest.Group, withCard(
		obj{"type": "TextBlock", "text": "1,234"},
		obj{"type": "Input.Text", "id": "why", "label": "Why", "isRequired": true, "errorMessage": "Say why", "maxLength": 5},
		obj{"type": "Container", "id": "sql", "isVisible": false, "items": []any{obj{"type": "TextBlock", "text": "SELECT 1"}}},
		obj{"type": "ActionSet", "actions": []any{
			action("Submit", "go", obj{"n": 1}), action("Submit", "go", obj{"n": 2}), action("Execute", "run", obj{"k": "v"}), toggle,
			action("Submit", "ask", obj{"msteams": obj{"type": "task/fetch"}}), action("Submit", "say", obj{"msteams": obj{"type": "messageBack", "text": "said", "value": obj{"x": 1}}}),
		}}))
	m, _ := s.Message(teamstest.Group, id)
	press := func(what string, how teamstest.Pressing) obj {
		t.Helper()
		if err := s.Press(teamstest.Minji, m, what, how); err != nil {
			t.Fatal(err)
		}
		return a.last(t, s)
	}
	typed := map[string]string{"why": "그냥"}
	got := press("go", teamstest.Pressing{Data: `"n":2`, Inputs: typed})
	if inner(got, "value", "n") != 2.0 || inner(got, "value", "why") != "그냥" || got["replyToId"] != id {
		t.Errorf("submit %v", got)
	}
	if got = press("say", teamstest.Pressing{Inputs: typed}); got["text"] != "said" || inner(got, "value", "x") != 1.0 {
		t.Errorf("messageBack %v", got)
	}
	for name, how := range map[string]teamstest.Pressing{
		"missing": {}, "long": {Inputs: map[string]string{"why": "123456"}}, "unknown": {Inputs: map[string]string{"why": "x", "what": "x"}}, "other": {Data: "nothing"},
	} {
		if err := s.Press(teamstest.Minji, m, "go", how); err == nil {
			t.Errorf("%s: pressed", name)
		}
	}
	if seen := s.Shown(teamstest.Minji, m); strings.Contains(seen, "SELECT") {
		t.Errorf("hidden: %s", seen)
	}
	press("SQL", teamstest.Pressing{})
	if mine, theirs := s.Shown(teamstest.Minji, m), s.Shown(teamstest.Alex, m); !strings.Contains(mine, "SELECT 1") || strings.Contains(theirs, "SELECT") {
		t.Errorf("toggled: %s for her, %s for him", mine, theirs)
	}
	card := `{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","text":"done"}]}`
	a.answers(func(int, obj) (int, string) {
		return http.StatusOK, `{"statusCode":200,"type":"application/vnd.microsoft.card.adaptive","value":` + card + `}`
	})
	if got = press("run", teamstest.Pressing{Inputs: typed}); got["name"] != "adaptiveCard/action" || inner(got, "value", "action", "data", "k") != "v" || inner(got, "value", "action", "data", "why") != "그냥" {
		t.Errorf("execute %v", got)
	}
	if mine, theirs := s.Shown(teamstest.Minji, m), s.Shown(teamstest.Alex, m); mine != "done" || !strings.Contains(theirs, "1,234") {
		t.Errorf("executed: %s for her, %s for him", mine, theirs)
	}
	if cards := s.CardsFor(teamstest.Minji, m); len(cards) != 1 || teamstest.CardText(cards[0]) != "done" {
		t.Errorf("her cards are %s", cards)
	}
	if err := s.Press(teamstest.Minji, m, "go", teamstest.Pressing{Inputs: typed}); err == nil {
		t.Error("what is gone for her was pressed")
	}
	if s.View(teamstest.Alex, m); len(a.got()) != 3 {
		t.Error("a card that asks for no refreshing was refreshed")
	}
	for body, want := range map[string]string{
		`{"statusCode":200,"type":"application/vnd.microsoft.activity.message","value":"알겠습니다"}`: "note", `{}`: "trouble", `nonsense`: "trouble",
		`{"statusCode":200,"type":"application/vnd.microsoft.card.adaptive","value":{"type":"AdaptiveCard"}}`: "trouble",
	} {
		notes, troubles := len(s.Notes(teamstest.Alex)), len(s.Troubles(teamstest.Alex))
		a.answers(func(int, obj) (int, string) { return http.StatusOK, body })
		if err := s.Press(teamstest.Alex, m, "run", teamstest.Pressing{Inputs: typed}); err != nil {
			t.Fatal(err)
		}
		a.last(t, s)
		if n, m := len(s.Notes(teamstest.Alex))-notes, len(s.Troubles(teamstest.Alex))-troubles; (want == "note") != (n == 1) || (want == "trouble") != (m == 1) {
			t.Errorf("%s: %d notes, %d troubles", body, n, m)
		}
	}
}

func TestCardsAreRefreshedForWhomTheySay(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	c := newClient(t, s)
	card := obj{"type": "AdaptiveCard", "version": "1.4", "body": []any{obj{"type": "TextBlock", "text": "x"}}, "refresh": obj{
		"action": obj{"type": "Action.Execute", "verb": "again", "data": obj{"q": 1}}, "userIds": []any{teamstest.Minji},
	}}
	m, _ := s.Message(teamstest.Group, c.send(teamstest.Group, obj{"type": "message", "attachments": []any{attached(card)}}))
	s.View(teamstest.Alex, m)
	s.View(teamstest.Minji, m)
	if got := a.last(t, s); len(a.got()) != 1 || inner(got, "value", "trigger") != "automatic" || inner(got, "value", "action", "verb") != "again" || inner(got, "from", "id") != teamstest.Minji {
		t.Errorf("refreshed %v", a.got())
	}
}

func TestDialogsAndFeedback(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{Scale: 100})
	a := newApp(t, s)
	c := newClient(t, s)
	open := obj{"type": "Action.Submit", "title": "fix", "data": obj{"q": "q1", "msteams": obj{"type": "task/fetch"}}}
	id := c.send(teamstest.Group, with(withCard(obj{"type": "ActionSet", "actions": []any{open}}), "channelData", obj{"feedbackLoop": obj{"type": "custom"}}))
	m, _ := s.Message(teamstest.Group, id)
	form := `{"task":{"type":"continue","value":{"title":"고치기","card":{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.5",
		"body":[{"type":"Input.Text","id":"what","label":"What"}],"actions":[{"type":"Action.Submit","title":"send","data":{"q":"q1"}}]}}}}}`
	a.answers(func(_ int, x obj) (int, string) {
		switch x["name"] {
		case "task/fetch", "message/fetchTask":
			return http.StatusOK, form
		case "task/submit":
			return http.StatusOK, `{"task":{"type":"message","value":"고쳤습니다"}}`
		}
		return http.StatusOK, "{}"
	})
	if err := s.Press(teamstest.Minji, m, "fix"); err != nil {
		t.Fatal(err)
	}
	if got := a.last(t, s); inner(got, "value", "data", "q") != "q1" {
		t.Errorf("fetch %v", got)
	}
	if d, open := s.Dialog(teamstest.Minji); !open || d.Title != "고치기" || !strings.Contains(teamstest.CardText(d.Card), "What") {
		t.Errorf("dialog %+v", d)
	}
	if err := s.SubmitDialog(teamstest.Minji, "send", map[string]string{"what": "도시"}); err != nil {
		t.Fatal(err)
	}
	if got := a.last(t, s); inner(got, "value", "data", "what") != "도시" || inner(got, "value", "data", "q") != "q1" {
		t.Errorf("submit %v", got)
	}
	if _, open := s.Dialog(teamstest.Minji); open || len(s.Notes(teamstest.Minji)) != 1 {
		t.Errorf("after the submit: open %v, notes %q", open, s.Notes(teamstest.Minji))
	}
	// Feedback in a dialog of the app's own.
	if err := s.Feedback(teamstest.Minji, m, "dislike", ""); err != nil {
		t.Fatal(err)
	}
	a.last(t, s)
	if err := s.SubmitDialog(teamstest.Minji, "", map[string]string{"what": "틀림"}); err != nil {
		t.Fatal(err)
	}
	got := a.last(t, s)
	if got["name"] != "message/submitAction" || inner(got, "value", "actionName") != "feedback" || inner(got, "value", "actionValue", "reaction") != "dislike" ||
		!strings.Contains(fmt.Sprint(inner(got, "value", "actionValue", "feedback")), `"what":"틀림"`) {
		t.Errorf("feedback %v", got)
	}
	if err := s.Feedback(teamstest.Alex, m, "like", ""); err != nil {
		t.Fatal(err)
	}
	a.last(t, s)
	s.CloseDialog(teamstest.Alex)
	if _, open := s.Dialog(teamstest.Alex); open || s.SubmitDialog(teamstest.Alex, "", nil) == nil {
		t.Error("a dialog that was closed is open")
	}
	// And in Teams' own.
	plain, _ := s.Message(teamstest.Group, c.send(teamstest.Group, with(said("x"), "channelData", obj{"feedbackLoopEnabled": true})))
	if err := s.Feedback(teamstest.Minji, plain, "like", "좋아요"); err != nil {
		t.Fatal(err)
	}
	if got := a.last(t, s); inner(got, "value", "actionValue", "feedback") != `{"feedbackText":"좋아요"}` {
		t.Errorf("feedback %v", got)
	}
	none, _ := s.Message(teamstest.Group, c.send(teamstest.Group, said("x")))
	if err := s.Feedback(teamstest.Minji, none, "like", ""); err == nil {
		t.Error("feedback on a message that asks for none")
	}
	if got := s.Troubles(teamstest.Minji); len(got) > 0 {
		t.Errorf("troubles %q", got)
	}
	a.answers(func(int, obj) (int, string) { return http.StatusInternalServerError, "" })
	if err := s.Feedback(teamstest.Minji, plain, "like", ""); err != nil {
		t.Fatal(err)
	}
	a.last(t, s)
	failed := a.got()
	if n := len(failed); failed[n-1]["id"] != failed[n-2]["id"] || failed[n-3]["id"] == failed[n-1]["id"] {
		t.Error("an invoke that fails comes twice, with one id")
	}
	if got := s.Troubles(teamstest.Minji); len(got) != 1 {
		t.Errorf("an invoke that failed: troubles %q", got)
	}
}

func TestFilesGoBothWays(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	c := newClient(t, s)
	m := s.DropFile(teamstest.Minji, "표.csv", []byte("도시,합계\n"), "이거 봐")
	got := a.last(t, s)
	content := got["attachments"].([]any)[0].(obj)["content"].(obj)
	link, _ := content["downloadUrl"].(string)
	if content["fileType"] != "csv" || m.Text != "이거 봐" || fetch(t, http.MethodGet, link, "", "", nil) != "200 도시,합계\n" {
		t.Errorf("dropped %v", got)
	}
	if out := fetch(t, http.MethodGet, link, "Authorization", "Bearer x", nil); !strings.HasPrefix(out, "401") || len(s.Complaints()) != 1 {
		t.Errorf("a token sent along: %s, complaints %q", out, s.Complaints())
	}
	data := []byte("a,b\n1,2\n")
	offer := func() teamstest.Message {
		id := c.send(teamstest.Chat(teamstest.Minji), obj{"type": "message", "attachments": []any{obj{
			"contentType": "application/vnd.microsoft.teams.card.file.consent", "name": "answer.csv",
			"content": obj{"description": "8 bytes", "sizeInBytes": len(data), "acceptContext": obj{"q": "q1"}, "declineContext": obj{"q": "no"}},
		}}})
		m, _ := s.Message(teamstest.Chat(teamstest.Minji), id)
		return m
	}
	if err := s.Consent(teamstest.Minji, offer(), false); err != nil {
		t.Fatal(err)
	}
	if got := a.last(t, s); inner(got, "value", "action") != "decline" || inner(got, "value", "context", "q") != "no" || inner(got, "value", "uploadInfo") != nil {
		t.Errorf("declined %v", got)
	}
	if err := s.Consent(teamstest.Minji, offer(), true); err != nil {
		t.Fatal(err)
	}
	got = a.last(t, s)
	info, _ := inner(got, "value", "uploadInfo").(obj)
	if got["name"] != "fileConsent/invoke" || inner(got, "value", "context", "q") != "q1" || info["name"] != "answer.csv" {
		t.Fatalf("accepted %v", got)
	}
	to := info["uploadUrl"].(string)
	card := obj{"contentType": "application/vnd.microsoft.teams.card.file.info", "contentUrl": info["contentUrl"], "name": "answer.csv",
		"content": obj{"uniqueId": info["uniqueId"], "fileType": "csv"}}
	show := func() int {
		status, _, _ := c.call(http.MethodPost, activities(teamstest.Chat(teamstest.Minji)), obj{"type": "message", "attachments": []any{card}})
		return status
	}
	if status := show(); status != http.StatusBadRequest {
		t.Errorf("a file shown that is not there: %d", status)
	}
	for _, x := range []struct{ span, status string }{
		{"", "400"}, {"bytes 0-3/9", "400"}, {"bytes 0-2/8", "400"}, {"bytes 4-7/8", "416"}, {"bytes 0-3/8", "202"}, {"bytes 4-7/8", "201"},
	} {
		if out := fetch(t, http.MethodPut, to, "Content-Range", x.span, data[:4]); !strings.HasPrefix(out, x.status) {
			t.Errorf("range %q: %s, not %s", x.span, out, x.status)
		}
	}
	if status := show(); status != http.StatusCreated {
		t.Errorf("the file shown: %d", status)
	}
	if files := s.Files(teamstest.Minji); !slices.ContainsFunc(files, func(f teamstest.File) bool { return string(f.Data) == "a,ba,b" || len(f.Data) == len(data) }) {
		t.Errorf("files %+v", files)
	}
}

func fetch(t *testing.T, method, link, header, value string, body []byte) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, link, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if value != "" {
		req.Header.Set(header, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, raw)
}

func TestPromptsAndReactions(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	c := newClient(t, s)
	chat := teamstest.Chat(teamstest.Minji)
	id := c.send(chat, with(said("무엇이 궁금하세요?"), "suggestedActions", obj{"actions": []any{obj{"type": "imBack", "title": "매출", "value": "지난달 매출은?"}}}))
	m, _ := s.Message(chat, id)
	if teamstest.Text(m) != "무엇이 궁금하세요?\n매출" || m.Suggested[0] != "지난달 매출은?" {
		t.Errorf("shown %+v", m)
	}
	if err := s.Press(teamstest.Minji, m, "매출"); err != nil {
		t.Fatal(err)
	}
	if got := a.last(t, s); got["text"] != "지난달 매출은?" || len(s.Messages(teamstest.Minji)) != 2 {
		t.Errorf("said %v", got)
	}
	if err := s.Press(teamstest.Minji, m, "매출"); err == nil {
		t.Error("what was suggested before is no longer there")
	}
	offer := c.send(teamstest.Group, with(said("그룹"), "suggestedActions", obj{"actions": []any{obj{"type": "Action.Submit", "title": "찬성", "value": obj{"vote": "yes"}}}}))
	c.send(teamstest.Group, said("later"))
	group, _ := s.Message(teamstest.Group, offer)
	if err := s.Press(teamstest.Alex, group, "찬성"); err != nil {
		t.Fatal(err)
	}
	if got := a.last(t, s); got["name"] != "suggestedAction/submit" || inner(got, "value", "vote") != "yes" {
		t.Errorf("submitted %v", got)
	}
	s.React(teamstest.Minji, m, "like")
	if got := a.last(t, s); got["replyToId"] != id || got["reactionsAdded"] == nil {
		t.Errorf("reaction %v", got)
	}
	s.React(teamstest.Minji, m, "like")
	if got := a.last(t, s); got["reactionsRemoved"] == nil {
		t.Errorf("reaction %v", got)
	}
	if _, _, _ = c.call(http.MethodPost, activities(chat), obj{"type": "typing"}); s.Typing(teamstest.Minji) != 1 {
		t.Error("typing is not seen")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	said, err := s.Load(soon(t), teamstest.Load{People: 20, Within: 50 * time.Millisecond, Text: func(i int) string { return fmt.Sprint("q", i) }})
	if err != nil {
		t.Fatal(err)
	}
	a.last(t, s)
	ids := map[any]bool{}
	for _, x := range a.got() {
		ids[x["id"]] = true
	}
	if len(said) != 20 || len(ids) != 20 || s.Acks().Acked != 20 {
		t.Errorf("%d said, %d came, acks %+v", len(said), len(ids), s.Acks())
	}
	raw, err := json.Marshal(said[7])
	if err != nil || !strings.Contains(string(raw), `"q7"`) {
		t.Errorf("said %s", raw)
	}
}

// TestHostileBodies proves that the hostile bodies are what they say: each part of a
// message is replaced, and what is left is a message.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	all := s.Hostile()
	ids := map[any]bool{}
	for name, body := range all {
		if len(body) > 1<<20 || !strings.Contains(name, " is ") {
			continue
		}
		if status, _, err := s.Post(soon(t), body, s.Authorization(teamstest.Genuine)); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %v", name, status, err)
		}
	}
	for _, got := range a.got() {
		if id, ok := got["id"].(string); ok {
			ids[id] = true
		}
	}
	if len(all) < 300 || len(ids) < 250 {
		t.Errorf("%d bodies, %d messages", len(all), len(ids))
	}
	for _, name := range []string{"from is null (0)", "entities/0/mentioned/id is [] (6)", "channelData/tenant/id is -1 (2)", "conversation is true (1)", "deep", "twice"} {
		if all[name] == nil {
			t.Errorf("there is none whose %s", name)
		}
	}
	var deep obj
	if err := json.Unmarshal(all["twice"], &deep); err != nil {
		t.Errorf("twice: %v", err)
	}
}

// TestLateAnswers proves that what the app does not answer in time counts as late.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{AckWait: 2 * time.Second, Scale: 1000})
	a := newApp(t, s)
	release := make(chan struct{})
	a.answers(func(n int, _ obj) (int, string) {
		if n == 1 {
			<-release
		}
		return http.StatusOK, ""
	})
	s.Say(teamstest.Minji, teamstest.Minji, "hi")
	err := s.Wait(soon(t), func() bool { return s.Acks().Acked == 1 })
	close(release)
	if acks := s.Acks(); err != nil || acks.Late < 1 {
		t.Errorf("acks %+v, %v", acks, err)
	}
}
