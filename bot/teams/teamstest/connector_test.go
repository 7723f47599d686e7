package teamstest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	c := newClient(t, s)
	for name, x := range map[string]struct {
		change map[string]string
		status int
		says   string
	}{
		"secret":  {map[string]string{"client_secret": "wrong"}, http.StatusUnauthorized, "AADSTS7000215"},
		"nothing": {map[string]string{"client_secret": ""}, http.StatusUnauthorized, "AADSTS7000216"},
		"app":     {map[string]string{"client_id": "other"}, http.StatusBadRequest, "AADSTS700016"},
		"scope":   {map[string]string{"scope": "https://api.botframework.com"}, http.StatusBadRequest, "AADSTS1002012"},
		"grant":   {map[string]string{"grant_type": "password"}, http.StatusBadRequest, "AADSTS70003"},
		"missing": {map[string]string{"grant_type": ""}, http.StatusBadRequest, "AADSTS900144"},
	} {
		status, body := c.login(x.change)
		if text, _ := body["error_description"].(string); status != x.status || !strings.HasPrefix(text, x.says) {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	if n := len(s.Calls("token")); n != 7 {
		t.Errorf("%d calls of the login", n)
	}
}

func TestOnlyTheLoginsTokensOpenTheConnector(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
	s := teamstest.Start(t, teamstest.Options{Clock: clock, TokenLife: 10 * time.Minute})
	c := newClient(t, s)
	try := func(name, token string, want int) {
		t.Helper()
		c.token = token
		if status, _, _ := c.call(http.MethodPost, activities(teamstest.Sales), said("x")); status != want {
			t.Errorf("%s: %d, not %d", name, status, want)
		}
	}
	good := c.token
	try("good", good, http.StatusCreated)
	try("none", "", http.StatusUnauthorized)
	try("own", strings.TrimPrefix(s.Authorization(teamstest.Genuine), "Bearer "), http.StatusUnauthorized)
	_, body := c.login(map[string]string{"scope": "https://graph.microsoft.com/.default"})
	try("for Graph", body["access_token"].(string), http.StatusUnauthorized)
	clock.Advance(10 * time.Minute)
	try("expired", good, http.StatusUnauthorized)
	_, body = c.login(nil)
	try("fresh", body["access_token"].(string), http.StatusCreated)
	s.RevokeTokens()
	try("revoked", body["access_token"].(string), http.StatusUnauthorized)
}

// TestActivitiesAreRefused is what Teams refuses of activities, by code.
func TestActivitiesAreRefused(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	c := newClient(t, s)
	theirs := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" hi")
	chat := teamstest.Chat(teamstest.Minji)
	cite := func(change string, value any) obj {
		appearance := obj{"@type": "DigitalDocument", "name": "orders", "abstract": "what was ordered", "url": "https://x.example", "keywords": []any{"a"}}
		appearance[change] = value
		return with(said("x [1]"), "entities", []any{obj{
			"type": "https://schema.org/Message", "@type": "Message", "@context": "https://schema.org", "additionalType": []any{"AIGeneratedContent"},
			"citation": []any{obj{"@type": "Claim", "position": 1, "appearance": appearance}},
		}})
	}
	mention := func(text, said, id string) obj {
		return obj{"type": "message", "text": text, "entities": []any{obj{"type": "mention", "text": said, "mentioned": obj{"id": id, "name": "Minji"}}}}
	}
	consent := obj{"contentType": "application/vnd.microsoft.teams.card.file.consent", "name": "a.csv", "content": obj{"sizeInBytes": 3, "acceptContext": obj{"a": 1}}}
	for name, x := range map[string]struct {
		to       string
		activity any
		status   int
		code     string
	}{
		"fine":             {chat, said("x"), http.StatusCreated, ""},
		"cited":            {chat, cite("image", obj{"@type": "ImageObject", "name": "Source Code"}), http.StatusCreated, ""},
		"cited in a card":  {chat, cite("text", cardOf(`{"type":"TextBlock","text":"x"}`)), http.StatusBadRequest, "BadRequest"},
		"other icon":       {chat, cite("image", obj{"@type": "ImageObject", "name": "Cat"}), http.StatusBadRequest, "BadArgument"},
		"uncited":          {chat, with(cite("name", "x"), "text", "no number"), http.StatusBadRequest, "BadSyntax"},
		"mentioned":        {teamstest.Sales, mention("<at>Minji</at> hi", "<at>Minji</at>", teamstest.Minji), http.StatusCreated, ""},
		"consent":          {chat, obj{"type": "message", "attachments": []any{consent}}, http.StatusCreated, ""},
		"picture":          {teamstest.Group, obj{"type": "message", "attachments": []any{obj{"contentType": "image/png", "contentUrl": picture(8, 8)}}}, http.StatusCreated, ""},
		"typing":           {chat, obj{"type": "typing"}, http.StatusCreated, ""},
		"prompts":          {chat, with(said("x"), "suggestedActions", obj{"actions": []any{obj{"type": "imBack", "title": "a", "value": "b"}}}), http.StatusCreated, ""},
		"no JSON":          {chat, "{", http.StatusBadRequest, "BadSyntax"},
		"a list":           {chat, "[]", http.StatusBadRequest, "BadSyntax"},
		"two":              {chat, `{"type":"message","text":"x"}{}`, http.StatusBadRequest, "BadSyntax"},
		"no type":          {chat, obj{"text": "x"}, http.StatusBadRequest, "BadArgument"},
		"nothing":          {chat, obj{"type": "message", "text": " "}, http.StatusBadRequest, "BadSyntax"},
		"an id":            {"minji", said("x"), http.StatusBadRequest, "BadSyntax"},
		"nobody":           {"a:1nobody", said("x"), http.StatusNotFound, "ConversationNotFound"},
		"no thread":        {teamstest.Sales + ";messageid=1", said("x"), http.StatusNotFound, "ConversationNotFound"},
		"thread of chat":   {chat + ";messageid=1", said("x"), http.StatusBadRequest, "BadSyntax"},
		"newcomer":         {teamstest.Chat(teamstest.Newcomer), said("x"), http.StatusForbidden, "ForbiddenOperationException"},
		"big":              {chat, said(strings.Repeat("가", 52000)), http.StatusRequestEntityTooLarge, "MessageSizeTooBig"},
		"zero time":        {chat, with(said("x"), "timestamp", "0001-01-01T00:00:00Z"), http.StatusBadRequest, "BadSyntax"},
		"empty object":     {chat, with(said("x"), "channelData", obj{}), http.StatusBadRequest, "BadSyntax"},
		"null":             {chat, with(said("x"), "suggestedActions", nil), http.StatusBadRequest, "BadSyntax"},
		"inner zero time":  {chat, with(said("x"), "entities", []any{obj{"type": "clientInfo", "at": "0001-01-01T00:00:00Z"}}), http.StatusBadRequest, "BadSyntax"},
		"empty data":       {chat, withCard(obj{"type": "ActionSet", "actions": []any{obj{"type": "Action.Execute", "title": "x", "verb": "v", "data": obj{}}}}), http.StatusCreated, ""},
		"unknown field":    {chat, with(said("x"), "relatesTo", obj{"a": 1}), http.StatusBadRequest, "BadSyntax"},
		"other sender":     {chat, with(said("x"), "from", obj{"id": teamstest.Minji}), http.StatusBadRequest, "BadSyntax"},
		"other place":      {chat, with(said("x"), "conversation", obj{"id": teamstest.Sales}), http.StatusBadRequest, "BadSyntax"},
		"text as a number": {chat, obj{"type": "message", "text": 1}, http.StatusBadRequest, "BadSyntax"},
		"attachment":       {chat, obj{"type": "message", "attachments": []any{obj{"contentType": "text/csv"}}}, http.StatusBadRequest, "BadArgument"},
		"feedback":         {chat, with(said("x"), "channelData", obj{"feedbackLoop": obj{"type": "thumbs"}}), http.StatusBadRequest, "BadArgument"},
		"unsaid mention":   {teamstest.Sales, mention("hi", "<at>Minji</at>", teamstest.Minji), http.StatusBadRequest, "BadArgument"},
		"mention of none":  {teamstest.Sales, mention("<at>M</at>", "<at>M</at>", "29:none"), http.StatusBadRequest, "BadArgument"},
		"bare <at>":        {teamstest.Sales, said("<at>Minji</at> hi"), http.StatusBadRequest, "BadSyntax"},
		"consent outside":  {teamstest.Group, obj{"type": "message", "attachments": []any{consent}}, http.StatusBadRequest, "BadArgument"},
		"prompts in group": {teamstest.Group, with(said("x"), "suggestedActions", obj{"actions": []any{obj{"type": "Action.Submit", "title": "a", "value": obj{"b": 1}}}}), http.StatusCreated, ""},
		"prompt as text":   {chat, with(said("x"), "suggestedActions", obj{"actions": []any{obj{"type": "Action.Submit", "title": "a", "value": "b"}}}), http.StatusBadRequest, "BadSyntax"},
		"four prompts": {chat, with(said("x"), "suggestedActions", obj{"actions": slices.Repeat([]any{obj{"type": "imBack", "title": "a", "value": "b"}}, 4)}),
			http.StatusBadRequest, "BadSyntax"},
		"prompts on cards": {chat, with(withCard(obj{"type": "TextBlock", "text": "x"}), "suggestedActions", obj{"actions": []any{obj{"type": "imBack", "title": "a", "value": "b"}}}),
			http.StatusBadRequest, "BadSyntax"},
		"two labels": {chat, with(said("x"), "entities", slices.Repeat([]any{obj{"type": "https://schema.org/Message", "@type": "Message", "@context": "https://schema.org"}}, 2)),
			http.StatusBadRequest, "BadRequest"},
		"prompts of none": {chat, with(said("x"), "suggestedActions", obj{"actions": []any{}}), http.StatusBadRequest, "BadSyntax"},
		"long name":       {chat, cite("name", strings.Repeat("가", 81)), http.StatusBadRequest, "BadArgument"},
		"long abstract":   {chat, cite("abstract", strings.Repeat("가", 161)), http.StatusBadRequest, "BadArgument"},
		"long keyword":    {chat, cite("keywords", []any{strings.Repeat("a", 29)}), http.StatusBadRequest, "BadArgument"},
		"four keywords":   {chat, cite("keywords", []any{"a", "b", "c", "d"}), http.StatusBadRequest, "BadArgument"},
		"cited nowhere":   {chat, cite("url", "orders"), http.StatusBadRequest, "BadArgument"},
	} {
		if status, body, _ := c.call(http.MethodPost, activities(x.to), x.activity); status != x.status || code(body) != x.code {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	id := c.send(theirs.Conversation, said("mine"))
	for name, x := range map[string]struct {
		method, to, id string
		activity       any
		status         int
	}{
		"theirs":       {http.MethodPut, theirs.Conversation, theirs.ID, said("x"), http.StatusForbidden},
		"theirs away":  {http.MethodDelete, theirs.Conversation, theirs.ID, nil, http.StatusForbidden},
		"elsewhere":    {http.MethodPut, chat, id, said("x"), http.StatusNotFound},
		"the channel":  {http.MethodPut, teamstest.Sales, id, said("x"), http.StatusNotFound},
		"another id":   {http.MethodPut, theirs.Conversation, id, with(said("x"), "id", "1"), http.StatusBadRequest},
		"mine":         {http.MethodPut, theirs.Conversation, id, with(said("x"), "id", id), http.StatusOK},
		"mine away":    {http.MethodDelete, theirs.Conversation, id, nil, http.StatusOK},
		"reply":        {http.MethodPost, theirs.Conversation, theirs.ID, with(said("x"), "replyToId", theirs.ID), http.StatusCreated},
		"reply to 1":   {http.MethodPost, theirs.Conversation, "1", said("x"), http.StatusNotFound},
		"reply to two": {http.MethodPost, theirs.Conversation, theirs.ID, with(said("x"), "replyToId", "1"), http.StatusBadRequest},
	} {
		if name == "mine away" { // after the others
			continue
		}
		if status, body, _ := c.call(x.method, activities(x.to, x.id), x.activity); status != x.status {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	c.call(http.MethodDelete, activities(theirs.Conversation, id), nil)
	if status, _, _ := c.call(http.MethodPut, activities(theirs.Conversation, id), said("x")); status != http.StatusNotFound {
		t.Errorf("an update of what is gone: %d", status)
	}
}

func TestLenientOnlyComplains(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{Lenient: true})
	c := newClient(t, s)
	c.send(teamstest.Group, obj{"type": "message", "text": "x", "timestamp": "0001-01-01T00:00:00Z", "semanticAction": obj{}, "suggestedActions": obj{}})
	if got := strings.Join(s.Complaints(), "\n"); !strings.Contains(got, "zero time") || !strings.Contains(got, "unknown field semanticAction") || !strings.Contains(got, "/suggestedActions is empty") {
		t.Errorf("complaints: %s", got)
	}
}

func TestOlderClientsTakeLess(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{Limit: 28 << 10})
	c := newClient(t, s)
	card := withCard(obj{"type": "Image", "url": picture(900, 900), "altText": strings.Repeat("가", 10000)})
	c.send(teamstest.Group, card) // the picture does not count
	card["text"] = strings.Repeat("가", 5000)
	if status, body, _ := c.call(http.MethodPost, activities(teamstest.Group), card); status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %v", status, body)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
	s := teamstest.Start(t, teamstest.Options{Clock: clock, TokenLife: 24 * time.Hour})
	c := newClient(t, s)
	burst := func(to string) (sent int, wait string) {
		for range 100 {
			status, body, header := c.call(http.MethodPost, activities(to), said("x"))
			if status == http.StatusTooManyRequests && code(body) == "Throttled" {
				return sent, header.Get("Retry-After")
			}
			sent++
		}
		return sent, ""
	}
	chat := teamstest.Chat(teamstest.Minji)
	for i, x := range []struct {
		after time.Duration
		sent  int
		wait  string
	}{
		{0, 7, "1"},               // 7 in a second
		{time.Second, 1, "1"},     // 8 in two
		{time.Second, 7, "1"},     // the first seven are gone
		{time.Hour, 7, "1"},       // all are
		{2 * time.Second, 7, "1"}, // 14 in 30 s
	} {
		clock.Advance(x.after)
		if sent, wait := burst(chat); sent != x.sent || wait != x.wait {
			t.Errorf("burst %d: %d sent, then Retry-After %q", i, sent, wait)
		}
	}
	if sent, _ := burst(teamstest.Group); sent != 7 {
		t.Errorf("another thread: %d sent", sent)
	}
	post := s.Say(teamstest.Minji, teamstest.Sales, "x")
	below, _ := burst(post.Conversation)
	if beside, _ := burst(teamstest.Sales); below+beside != 7 { // a channel with its posts is one
		t.Errorf("below a post %d sent, in its channel %d", below, beside)
	}
	sent := 14
	for range 30 {
		clock.Advance(time.Second)
		n, wait := burst(chat)
		if sent += n; n == 0 && wait != "1" {
			break
		}
	}
	if sent != 60 {
		t.Errorf("%d sent in 30 s, not 60", sent)
	}
	if n := s.Refused()["activities.send"]; n < 6 {
		t.Errorf("%d refused", n)
	}
	clock.Advance(time.Minute)
	var limited int
	for range 60 {
		if status, _, _ := c.call(http.MethodGet, "teams/"+teamstest.Team, nil); status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited != 10 {
		t.Errorf("of 60 calls in a second %d were refused, not 10", limited)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	c := newClient(t, s)
	chat := teamstest.Chat(teamstest.Minji)
	post := func() (int, obj, http.Header) { return c.call(http.MethodPost, activities(chat), said("x")) }
	for _, x := range []struct {
		status int
		code   string
	}{{412, "PreconditionFailed"}, {502, "ServiceError"}, {504, "GatewayTimeout"}, {403, "MessageWritesBlocked"}} {
		s.Fault(teamstest.Fault{Op: "activities.*", Status: x.status, Times: 1})
		if status, body, _ := post(); status != x.status || code(body) != x.code {
			t.Errorf("%d %v", status, body)
		}
	}
	s.Fault(teamstest.Fault{Op: "activities.send", Status: 429, RetryAfter: 7, Times: 1})
	if _, _, header := post(); header.Get("Retry-After") != "7" {
		t.Errorf("no Retry-After: %v", header)
	}
	s.Fault(teamstest.Fault{Status: 429, RetryAfter: -1, Times: 1})
	if status, _, header := post(); status != 429 || header.Get("Retry-After") != "" {
		t.Errorf("%d, Retry-After: %v", status, header)
	}
	if n := len(s.Messages(teamstest.Minji)); n != 0 {
		t.Errorf("%d messages came of calls that failed", n)
	}
	s.Fault(teamstest.Fault{Reset: true, Times: 1})
	if status, body, _ := post(); status != 0 || len(s.Messages(teamstest.Minji)) != 0 {
		t.Errorf("reset: %d %v", status, body)
	}
	s.Fault(teamstest.Fault{After: true, Times: 1})
	if status, body, _ := post(); status != 0 || len(s.Messages(teamstest.Minji)) != 1 {
		t.Errorf("lost after it was done: %d %v, %d messages", status, body, len(s.Messages(teamstest.Minji)))
	}
	s.Fault(teamstest.Fault{After: true, Status: 502, Times: 1})
	if status, body, _ := post(); status != 502 || len(s.Messages(teamstest.Minji)) != 2 {
		t.Errorf("done, and answered by a gateway: %d %v, %d messages", status, body, len(s.Messages(teamstest.Minji)))
	}
	s.Fault(teamstest.Fault{Op: "token", Status: 503, Times: 1})
	if status, _ := c.login(nil); status != 503 {
		t.Errorf("login %d", status)
	}
	s.Fault(teamstest.Fault{Slow: time.Millisecond, Times: 1})
	if status, _, _ := post(); status != http.StatusCreated {
		t.Errorf("slow: %d", status)
	}
	stop := s.Chaos(0.5)
	good := 0
	for range 100 {
		if status, _, _ := post(); status == http.StatusCreated {
			good++
		}
	}
	stop()
	if good < 30 || good > 70 {
		t.Errorf("%d of 100 went well", good)
	}
	s.Block(teamstest.Minji)
	if status, body, _ := post(); status != http.StatusForbidden || code(body) != "ConversationBlockedByUser" {
		t.Errorf("blocked: %d %v", status, body)
	}
	s.Unblock(teamstest.Minji)
	s.Uninstall(teamstest.Minji, teamstest.Minji)
	if status, body, _ := post(); status != http.StatusForbidden || code(body) != "ForbiddenOperationException" {
		t.Errorf("uninstalled: %d %v", status, body)
	}
	s.Uninstall(teamstest.Minji, teamstest.Sales)
	if status, body, _ := c.call(http.MethodPost, activities(teamstest.General), said("x")); status != http.StatusForbidden || code(body) != "BotNotInConversationRoster" {
		t.Errorf("removed from the team: %d %v", status, body)
	}
}

// Whoever sees what a call did sees the call, too: tests wait for the one and look at the
// other.
func TestWhatIsSeenIsNoted(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	c := newClient(t, s)
	s.Fault(teamstest.Fault{Op: "activities.send", Chance: 0.5, After: true})
	for i := range 300 {
		posted := make(chan struct{})
		go func() {
			defer close(posted)
			c.call(http.MethodPost, activities(teamstest.Chat(teamstest.Minji)), said("x"))
		}()
		if err := s.Wait(t.Context(), func() bool { return len(s.Messages(teamstest.Minji)) > i }); err != nil {
			t.Fatal(err)
		}
		if calls := len(s.Calls("activities.send")); calls != i+1 {
			t.Errorf("%d messages, %d calls", i+1, calls)
		}
		<-posted
	}
}

// part is a part of a stream.
func part(kind, text, id string, seq int) obj {
	info := obj{"type": "streaminfo", "streamType": kind}
	a := obj{"type": "typing", "text": text, "entities": []any{info}}
	if id != "" {
		info["streamId"] = id
	}
	if kind == "final" {
		a["type"] = "message"
	} else {
		info["streamSequence"] = seq
	}
	return a
}

func TestStreams(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
	s := teamstest.Start(t, teamstest.Options{Clock: clock, TokenLife: 24 * time.Hour})
	c := newClient(t, s)
	chat := teamstest.Chat(teamstest.Minji)
	step := func(name string, after time.Duration, activity obj, status int, says string) obj {
		t.Helper()
		clock.Advance(after)
		got, body, _ := c.call(http.MethodPost, activities(chat), activity)
		if e, _ := body["error"].(obj); got != status || !strings.Contains(fmt.Sprint(e["code"], e["message"]), says) {
			t.Errorf("%s: %d %v", name, got, body)
		}
		return body
	}
	begin := func() string {
		id, _ := step("begin", time.Minute, part("informative", "Looking", "", 1), http.StatusCreated, "")["id"].(string)
		return id
	}
	id := begin()
	step("another", time.Second, part("streaming", "x", "", 1), http.StatusForbidden, "not allowed")
	step("text", time.Second, part("streaming", "매출은", id, 2), http.StatusAccepted, "")
	step("too soon", 500*time.Millisecond, part("streaming", "매출은 1", id, 3), http.StatusTooManyRequests, "Throttled")
	step("more", time.Second, part("streaming", "매출은 1,234", id, 3), http.StatusAccepted, "")
	step("out of order", 2*time.Second, part("streaming", "매출은 1,234원", id, 3), http.StatusAccepted, "ContentStreamSequenceOrderPreConditionFailed")
	step("informing late", 2*time.Second, part("informative", "Still looking", id, 4), http.StatusBadRequest, "before the content")
	step("huge", 2*time.Second, part("streaming", "매출은 1,234"+strings.Repeat("가", 52000), id, 4), http.StatusForbidden, "size too large")
	step("other text", 2*time.Second, part("streaming", "이익은", id, 4), http.StatusForbidden, "previously streamed content")
	step("card too soon", 2*time.Second, with(part("streaming", "매출은 1,234원", id, 4), "attachments", []any{attached(obj{})}), http.StatusBadRequest, "Only the last part")
	step("other end", 0, part("final", "이익은", id, 0), http.StatusForbidden, "previously streamed content")
	m, _ := s.Message(chat, id)
	if m.Text != "매출은 1,234" || m.Stream != teamstest.Streaming {
		t.Errorf("streaming: %+v", m)
	}
	end := part("final", "매출은 1,234원", id, 0)
	end["attachments"] = withCard(obj{"type": "TextBlock", "text": "표"})["attachments"]
	step("end", 0, end, http.StatusAccepted, "")
	if m, _ := s.Message(chat, id); m.Stream != teamstest.Final || teamstest.Text(m) != "매출은 1,234원\n표" {
		t.Errorf("ended: %+v", m)
	}
	step("after the end", time.Second, part("streaming", "매출은 1,234원!", id, 9), http.StatusForbidden, "already completed")
	id = begin()
	if !s.StopStream(teamstest.Minji) || s.StopStream(teamstest.Alex) {
		t.Error("what is streamed can be stopped, what is not cannot")
	}
	if status, body, _ := c.call(http.MethodPut, activities(chat, id), said("x")); status != http.StatusForbidden {
		t.Errorf("what was stopped is changed: %d %v", status, body)
	}
	step("stopped", time.Second, part("streaming", "x", id, 2), http.StatusForbidden, "canceled by user")
	id = begin()
	step("too late", 2*time.Minute, part("final", "x", id, 0), http.StatusForbidden, "exceeded streaming time")
	if m, _ := s.Message(chat, id); m.Stream != teamstest.TimedOut {
		t.Errorf("late: %+v", m)
	}
	if status, body, _ := c.call(http.MethodPut, activities(chat, id), said("x")); status != http.StatusOK {
		t.Errorf("what was late is not changed: %d %v", status, body)
	}
	step("no text", time.Minute, part("streaming", "", "", 1), http.StatusBadRequest, "include text")
	step("second first", time.Minute, part("streaming", "x", "", 2), http.StatusBadRequest, "sequence 1")
	step("unknown", time.Minute, part("streaming", "x", "1", 2), http.StatusBadRequest, "not known")
	step("long", time.Minute, part("informative", strings.Repeat("x", 1001), "", 1), http.StatusBadRequest, "1,000")
	step("over a kilobyte", time.Minute, part("informative", strings.Repeat("가", 342), "", 1), http.StatusBadRequest, "1 kb")
	if status, body, _ := c.call(http.MethodPost, activities(teamstest.Group), part("streaming", "x", "", 1)); status != http.StatusForbidden || code(body) != "ContentStreamNotAllowed" {
		t.Errorf("in a group: %d %v", status, body)
	}
}

func TestPeopleAndTeams(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	c := newClient(t, s)
	status, body, _ := c.call(http.MethodGet, "conversations/"+teamstest.Sales+"/members/"+teamstest.Guest, nil)
	if status != http.StatusOK || body["userRole"] != "guest" || body["tenantId"] != s.Tenant() || !strings.Contains(fmt.Sprint(body["userPrincipalName"]), "#EXT#") {
		t.Errorf("a guest: %d %v", status, body)
	}
	if status, body, _ := c.call(http.MethodGet, "conversations/"+teamstest.Sales+"/members/"+teamstest.Outsider, nil); status != http.StatusNotFound {
		t.Errorf("an outsider: %d %v", status, body)
	}
	status, body, _ = c.call(http.MethodGet, "teams/"+teamstest.Sales+"/conversations", nil)
	if status != http.StatusNotFound {
		t.Errorf("a channel is no team: %d %v", status, body)
	}
	if status, body, _ = c.call(http.MethodGet, "teams/"+teamstest.Team+"/conversations", nil); status != http.StatusOK || len(body["conversations"].([]any)) != 2 {
		t.Errorf("channels: %d %v", status, body)
	}
	create := func(person, tenant string) (int, obj) {
		status, body, _ := c.call(http.MethodPost, "conversations", obj{"members": []any{obj{"id": person}}, "tenantId": tenant, "bot": obj{"id": s.Bot()}})
		return status, body
	}
	if status, body := create(teamstest.Alex, s.Tenant()); status != http.StatusCreated || body["id"] != teamstest.Chat(teamstest.Alex) {
		t.Errorf("a chat: %d %v", status, body)
	}
	for name, x := range map[string][2]string{"newcomer": {teamstest.Newcomer, s.Tenant()}, "no tenant": {teamstest.Alex, ""}, "other tenant": {teamstest.Outsider, s.Tenant()}} {
		if status, _ := create(x[0], x[1]); status/100 != 4 {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// TestNothingBreaksTheConnector proves that the fake itself survives what is hostile.
func TestNothingBreaksTheConnector(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	c := newClient(t, s)
	answered := map[int]int{}
	for name, body := range s.Hostile() {
		status, _, _ := c.call(http.MethodPost, activities(teamstest.Chat(teamstest.Minji)), string(body))
		answered[status]++
		if status != http.StatusCreated && status/100 != 4 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if answered[http.StatusBadRequest] < 100 {
		t.Errorf("answered %v", answered)
	}
}

func TestTheCompanyMoves(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{})
	a := newApp(t, s)
	c := newClient(t, s)
	old := s.ServiceURL()
	s.Move("emea")
	if s.ServiceURL() == old || !strings.HasPrefix(s.ServiceURL(), s.Base()+"emea/") {
		t.Errorf("moved from %s to %s", old, s.ServiceURL())
	}
	s.Say(teamstest.Minji, teamstest.Minji, "hi")
	if got := a.last(t, s); got["serviceUrl"] != s.ServiceURL() {
		t.Errorf("says %v", got["serviceUrl"])
	}
	c.send(teamstest.Chat(teamstest.Minji), said("x"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, old+"v3/"+activities(teamstest.Group), strings.NewReader(`{"type":"message","text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + c.token}, "Content-Type": {"application/json"}}
	if status, body, _ := do(t, req); status != http.StatusForbidden || code(body) != "InvalidBotApiHost" {
		t.Errorf("where it was: %d %v", status, body)
	}
	s.Say(teamstest.Minji, teamstest.Minji, "hi", teamstest.Saying{ServiceURL: "https://evil.example/"})
	if got := a.last(t, s); got["serviceUrl"] != "https://evil.example/" {
		t.Errorf("says %v", got["serviceUrl"])
	}
}

// TestConcurrently is for the race detector.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	a := newApp(t, s)
	c := newClient(t, s)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			m := s.Say(teamstest.Minji, teamstest.Minji, "hi")
			id := c.send(m.Conversation, said("x"))
			c.call(http.MethodPut, activities(m.Conversation, id), said("y"))
			s.Messages(m.Conversation)
			s.RotateKeys(true)
			s.Replay()
		})
	}
	all.Wait()
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if n := len(a.got()); n < 8 {
		t.Errorf("%d activities came", n)
	}
}

// A text and a card are two messages, of which neither can be changed into both; and a
// change takes Teams' own thumbs away.
func TestTextAndCardAreTwoMessages(t *testing.T) {
	t.Parallel()
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	c := newClient(t, s)
	both := with(with(withCard(obj{"type": "TextBlock", "text": "card"}), "text", "words"), "channelData", obj{"feedbackLoop": obj{"type": "default"}})
	status, body, _ := c.call(http.MethodPost, activities(teamstest.Sales), both)
	if status != http.StatusCreated || body["id"] != "" {
		t.Errorf("a text with a card: %d %v", status, body)
	}
	got := s.Messages(teamstest.Sales)
	if len(got) != 2 || got[0].Text != "words" || len(got[0].Cards) != 0 || got[1].Text != "" || len(got[1].Cards) != 1 {
		t.Fatalf("they are %+v", got)
	}
	update := activities(got[1].Conversation) + "/" + got[1].ID
	if status, body, _ := c.call(http.MethodPut, update, both); status != http.StatusBadRequest || code(body) != "BadSyntax" {
		t.Errorf("changed into both: %d %v", status, body)
	}
	if err := s.Feedback(teamstest.Minji, got[1], "like", ""); err != nil {
		t.Error(err)
	}
	alone := with(withCard(obj{"type": "TextBlock", "text": "other"}), "channelData", obj{"feedbackLoop": obj{"type": "default"}})
	if status, body, _ := c.call(http.MethodPut, update, alone); status != http.StatusOK {
		t.Errorf("changed into a card: %d %v", status, body)
	}
	if err := s.Feedback(teamstest.Minji, got[1], "like", ""); err == nil {
		t.Error("the thumbs survive a change")
	}
}
