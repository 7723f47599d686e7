package connector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/standin"
	"github.com/bapsang/bapsang/bot/teams/connector"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// join connects to a strict Teams.
func join(t *testing.T, s *teamstest.Server, change ...func(*connector.Options)) *connector.Connector {
	t.Helper()
	opts := connector.Options{
		AppID: s.AppID(), Password: s.Password(), TenantID: s.Tenant(), LoginURL: s.LoginURL(), OpenIDURL: s.OpenIDURL(),
		ServiceURLs: []string{s.ServiceURL()}, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&opts)
	}
	c := connector.New(opts)
	t.Cleanup(c.CloseIdle)
	return c
}

func in(s *teamstest.Server, conversation string) connector.Ref {
	return connector.Ref{ServiceURL: s.ServiceURL(), Conversation: conversation, Tenant: s.Tenant()}
}

func TestForgeriesAreRefused(t *testing.T) {
	s := teamstest.Start(t, teamstest.Options{})
	c := join(t, s)
	for forgery, microsoft := range teamstest.Forgeries() {
		want := microsoft && forgery != teamstest.NoExpiry // which we want, by decision
		_, err := c.Validator.Validate(t.Context(), s.Authorization(forgery), "msteams", s.ServiceURL())
		if (err == nil) != want {
			t.Errorf("a token %s: %v", forgery, err)
		}
	}
	if n := len(s.Calls("keys")); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// What people say comes in proved, and with nothing lost.
func TestDeliveriesOfTeams(t *testing.T) {
	s := teamstest.Start(t, teamstest.Options{})
	c := join(t, s)
	var mu sync.Mutex
	var got []connector.Activity
	var refused []connector.Why
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, raw, err := c.Adapter.Receive(r)
		if err != nil {
			mu.Lock()
			refused = append(refused, why(err))
			mu.Unlock()
			w.WriteHeader(connector.StatusOf(err))
			return
		}
		var want, kept map[string]any
		out, _ := json.Marshal(a)
		_, _ = json.Unmarshal(raw, &want), json.Unmarshal(out, &kept)
		for name := range want {
			if _, ok := kept[name]; !ok && name != "callerId" {
				t.Errorf("%s of %s %s is lost", name, a.Type, a.Name)
			}
		}
		mu.Lock()
		got = append(got, a)
		mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	}))
	defer app.Close()
	s.DeliverTo(app.URL)
	s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" 지난달 매출은?")
	s.Say(teamstest.Alex, teamstest.Chat(teamstest.Alex), "revenue?")
	m := s.Say(teamstest.Minji, teamstest.Group, s.Mention()+" hi")
	s.Edit(m, s.Mention()+" hello")
	s.React(teamstest.Alex, m, "like")
	s.Delete(m)
	s.Install(teamstest.Newcomer, teamstest.Chat(teamstest.Newcomer))
	s.DropFile(teamstest.Minji, "매출.csv", []byte("a,b\n"), "here")
	if err := s.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(got) != 8 {
		t.Errorf("%d activities", len(got))
	}
	if len(refused) > 0 {
		t.Errorf("refused for %v", refused)
	}
	status, _, err := s.Post(t.Context(), s.Told()[0], s.Authorization(teamstest.Expired))
	if err != nil || status != http.StatusForbidden || !slices.Equal(refused, []connector.Why{connector.WhyExpired}) {
		t.Errorf("a forged delivery was answered %d (%v), refused for %v", status, err, refused)
	}
}

func TestRotatedKeysAreFound(t *testing.T) {
	clock := standin.NewManual(time.Now())
	s := teamstest.Start(t, teamstest.Options{Clock: clock})
	c := join(t, s, func(o *connector.Options) { o.Now = clock.Now })
	ask := func() connector.Why {
		_, err := c.Validator.Validate(t.Context(), s.Authorization(teamstest.Genuine), "msteams", s.ServiceURL())
		return why(err)
	}
	if w := ask(); w != "" {
		t.Fatal(w)
	}
	s.RotateKeys(true)
	if w := ask(); w != connector.WhyKey {
		t.Errorf("a new key within the hour: %q", w)
	}
	clock.Advance(59 * time.Minute)
	if w := ask(); w != connector.WhyKey {
		t.Errorf("still within the hour: %q", w)
	}
	clock.Advance(time.Minute)
	if w := ask(); w != "" {
		t.Errorf("after an hour: %q", w)
	}
	s.RotateKeys(false)
	clock.Advance(24 * time.Hour)
	if w := ask(); w != "" {
		t.Errorf("after a day: %q", w)
	}
	if _, err := c.Validator.Validate(t.Context(), s.Authorization(teamstest.OlderKey), "msteams", s.ServiceURL()); err != nil && why(err) != connector.WhyKey {
		t.Errorf("a key that was withdrawn: %v", err)
	}
	if n := len(s.Calls("keys")); n != 3 {
		t.Errorf("%d fetches", n)
	}
}

func TestConversationWithTeams(t *testing.T) {
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	c := join(t, s, func(o *connector.Options) { o.Rate = 100 })
	ctx := t.Context()
	post := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" 매출?")
	thread := in(s, post.Conversation)

	id, err := c.Client.Send(ctx, thread, connector.Activity{Type: "message", Text: "<b>hello</b> & 안녕"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Client.Update(ctx, thread, id, connector.Activity{Type: "message", Text: "new"}); err != nil {
		t.Fatal(err)
	}
	if m, ok := s.Message(teamstest.Sales, id); !ok || m.Text != "new" || m.Edits != 1 || m.Thread != post.Thread {
		t.Errorf("%+v", m)
	}
	for range 2 { // the second time there is nothing
		if err := c.Client.Delete(ctx, thread, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Client.Update(ctx, thread, id, hello()); connector.KindOf(err) != connector.KindMessage {
		t.Errorf("an update of what was deleted: %v", err)
	}
	reply := hello()
	reply.ReplyToID = post.ID
	if _, err := c.Client.Send(ctx, thread, reply); err != nil {
		t.Error(err)
	}

	person, err := c.Client.CreateConversation(ctx, s.ServiceURL(), s.Tenant(), teamstest.Alex)
	if err != nil || person.Conversation != teamstest.Chat(teamstest.Alex) {
		t.Fatal(person, err)
	}
	if _, err := c.Client.CreateConversation(ctx, s.ServiceURL(), s.Tenant(), teamstest.Newcomer); connector.KindOf(err) != connector.KindRemoved {
		t.Errorf("who has no app: %v", err)
	}
	s.Block(teamstest.Alex)
	if _, err := c.Client.Send(ctx, person, hello()); connector.Reason(err) != "ConversationBlockedByUser" || connector.KindOf(err) != connector.KindRemoved {
		t.Errorf("who blocked us: %v", err)
	}
	if _, err := c.Client.Send(ctx, in(s, "a:1nobody"), hello()); connector.KindOf(err) != connector.KindPlace {
		t.Errorf("nowhere: %v", err)
	}
	big := connector.Activity{Type: "message", Text: string(bytes.Repeat([]byte("x"), 200<<10))}
	if _, err := c.Client.Send(ctx, thread, big); connector.KindOf(err) != connector.KindSize {
		t.Errorf("too large: %v", err)
	}

	m, err := c.Client.Member(ctx, thread, teamstest.Minji)
	if err != nil || m.Email != "minji.kim@example.com" || m.Tenant != s.Tenant() {
		t.Errorf("%+v %v", m, err)
	}
	if _, err := c.Client.Member(ctx, thread, teamstest.Outsider); connector.KindOf(err) != connector.KindMember {
		t.Errorf("who is not there: %v", err)
	}
	var there []string
	for m, err := range c.Client.Members(ctx, thread) {
		if err != nil {
			t.Fatal(err)
		}
		there = append(there, m.ID)
	}
	if len(there) < 3 || !slices.Contains(there, teamstest.Guest) {
		t.Errorf("members %v", there)
	}
	s.RevokeTokens()
	if _, err := c.Client.Send(ctx, thread, hello()); err != nil {
		t.Errorf("after the token was revoked: %v", err)
	}
	if n := len(s.Calls("token")); n != 2 {
		t.Errorf("%d logins", n)
	}
	if complaints := s.Complaints(); len(complaints) > 0 {
		t.Errorf("complaints: %v", complaints)
	}
}

func TestStreamOfTeams(t *testing.T) {
	s := teamstest.Start(t, teamstest.Options{NoRates: true})
	c := join(t, s)
	chat := in(s, teamstest.Chat(teamstest.Minji))
	stream := func(kind, id string, n int, text string) connector.Activity {
		info := map[string]any{"type": "streaminfo", "streamType": kind}
		typ := "typing"
		if kind == "final" {
			typ = "message"
		} else {
			info["streamSequence"] = n
		}
		if id != "" {
			info["streamId"] = id
		}
		raw, _ := json.Marshal(info)
		return connector.Activity{Type: typ, Text: text, Entities: []json.RawMessage{raw}}
	}
	id, err := c.Client.Send(t.Context(), chat, stream("informative", "", 1, "looking"))
	if err != nil || id == "" {
		t.Fatal(id, err)
	}
	if later, err := c.Client.Send(t.Context(), chat, stream("streaming", id, 2, "Revenue")); err != nil || later != "" {
		t.Errorf("%q %v", later, err)
	}
	s.StopStream(teamstest.Minji)
	if _, err := c.Client.Send(t.Context(), chat, stream("streaming", id, 3, "Revenue is")); connector.KindOf(err) != connector.KindStream || connector.Message(err) == "" {
		t.Errorf("a stream that was stopped: %v", err)
	}
	if _, err := c.Client.Send(t.Context(), in(s, teamstest.Group), stream("informative", "", 1, "looking")); err == nil {
		t.Error("a group has streams")
	}
}

// With everything at Teams' rates, hardly anything is refused for them, and what is comes
// all the same.
func TestBurstAtTheRatesOfTeams(t *testing.T) {
	const scale = 60
	s := teamstest.Start(t, teamstest.Options{Scale: scale})
	c := join(t, s, func(o *connector.Options) { o.Rate = scale })
	root := s.Say(teamstest.Minji, teamstest.Sales, s.Mention()+" ?")
	var wg sync.WaitGroup
	for i := range 150 {
		wg.Go(func() {
			to := []string{root.Conversation, teamstest.Group, teamstest.Chat(teamstest.Alex)}[i%3]
			if _, err := c.Client.Send(t.Context(), in(s, to), connector.Activity{Type: "message", Text: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	texts := map[string]int{}
	for _, conversation := range []string{root.Conversation, teamstest.Group, teamstest.Chat(teamstest.Alex)} {
		for _, m := range s.Messages(conversation) {
			texts[m.Text]++
		}
	}
	for i := range 150 {
		if n := texts[fmt.Sprint(i)]; n != 1 {
			t.Errorf("message %d came %d times", i, n)
		}
	}
	if n := s.Refused()["activities.send"]; n > 0 {
		t.Errorf("%d of 150 were refused for the rate", n)
	}
}

// Whatever goes wrong, what was said came once, or its sender knows that it may have.
func TestNothingIsSaidTwice(t *testing.T) {
	const scale = 100
	s := teamstest.Start(t, teamstest.Options{Scale: scale, NoRates: true, Seed: rand.Uint64()})
	c := join(t, s, func(o *connector.Options) { o.Rate = scale })
	for _, f := range []teamstest.Fault{{Status: 412}, {Status: 502}, {Reset: true}, {After: true}} {
		f.Op, f.Chance = "activities.*", 0.12
		s.Fault(f)
	}
	var mu sync.Mutex
	unknown, failed := map[string]bool{}, map[string]bool{}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			text := fmt.Sprint(i)
			id, err := c.Client.Send(t.Context(), in(s, teamstest.Group), connector.Activity{Type: "message", Text: text})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case connector.Unknown(err):
				unknown[text] = true
			case err != nil:
				failed[text] = true
			case id == "":
				t.Errorf("%s has no id", text)
			}
		})
	}
	wg.Wait()
	came := map[string]int{}
	for _, m := range s.Messages(teamstest.Group) {
		came[m.Text]++
	}
	for i := range 100 {
		text := fmt.Sprint(i)
		if n := came[text]; n > 1 || n == 0 && !unknown[text] && !failed[text] || n > 0 && failed[text] {
			t.Errorf("%s came %d times, unknown: %v, failed: %v", text, n, unknown[text], failed[text])
		}
	}
	if len(unknown) == 0 || len(unknown) > 60 || len(failed) > 5 {
		t.Errorf("%d are unknown, %d failed", len(unknown), len(failed))
	}
	// An update is the same done twice, so that nothing about it is unknown.
	m := s.Messages(teamstest.Group)[0]
	for i := range 30 {
		for {
			err := c.Client.Update(t.Context(), in(s, teamstest.Group), m.ID, connector.Activity{Type: "message", Text: fmt.Sprint("u", i)})
			if err == nil {
				break
			}
			if connector.Unknown(err) {
				t.Errorf("update %d: %v", i, err)
			}
		}
	}
	if m, _ := s.Message(teamstest.Group, m.ID); m.Text != "u29" {
		t.Errorf("shown is %q", m.Text)
	}
}

func TestDoctorOfTeams(t *testing.T) {
	s := teamstest.Start(t, teamstest.Options{})
	for _, f := range join(t, s).Check(context.Background()) {
		if f.State != bot.Fine {
			t.Errorf("%+v", f)
		}
	}
	bad := join(t, s, func(o *connector.Options) { o.Password = "wrong" })
	states := map[string]bot.FindingState{}
	for _, f := range bad.Check(context.Background()) {
		states[f.Name] = f.State
	}
	if states["teams login"] != bot.Broken || states["teams keys"] != bot.Fine {
		t.Errorf("%v", states)
	}
}
