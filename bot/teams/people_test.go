package teams_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

func TestWhoPeopleAre(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	o.Join(teamstest.Outsider, teamstest.Sales)
	want := map[string]bot.Person{
		teamstest.Minji:    {Name: "김민지 (Minji Kim)", Email: "minji.kim@example.com", Locale: "ko-KR", Standing: bot.Member},
		teamstest.Alex:     {Name: "Alex Tremblay", Email: "alex@example.com", Locale: "en-US", Standing: bot.Member},
		teamstest.Guest:    {Name: "Guest <손님> & Co (Guest)", Email: "guest@partner.example", Locale: "ko-KR", Standing: bot.Guest},
		teamstest.Outsider: {Name: "Erin Outsider", Email: "erin@other.example", Locale: "en-US", Standing: bot.External},
	}
	for id, person := range want {
		o.Say(id, teamstest.Sales, o.Mention()+" 매출")
		ev := o.last()
		for range 2 { // the second time it is remembered
			got, err := o.driver.Person(t.Context(), ev.Thread, ev.User)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(person, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
	}
	if n := len(o.Calls("members.get")); n != len(want) {
		t.Errorf("%d look-ups for %d people", n, len(want))
	}
	o.Say(teamstest.Minji, teamstest.Minji, "매출")
	alone := o.last()
	if got, err := o.driver.Person(t.Context(), alone.Thread, bot.User{ID: "28:another-app", Name: "app"}); err != nil || got.Standing != bot.Robot {
		t.Errorf("an app is %+v, %v", got, err)
	}
	if got, err := o.driver.Person(t.Context(), alone.Thread, bot.User{ID: "29:somebody-who-left"}); err != nil || got.Standing != bot.Left {
		t.Errorf("somebody who is not there is %+v, %v", got, err)
	}
}

func TestACrowdInAChannelIsListed(t *testing.T) {
	t.Parallel()
	const people = 60
	o := open(t, teamstest.Options{}) // with Teams' own rates
	if _, err := o.Load(t.Context(), teamstest.Load{People: people, Conversation: teamstest.Sales, Text: func(i int) string {
		return fmt.Sprint(o.Mention(), " 매출 ", i)
	}}); err != nil {
		t.Fatal(err)
	}
	events := o.settled()
	began := time.Now()
	var crowd sync.WaitGroup
	for _, ev := range events {
		crowd.Go(func() {
			p, err := o.driver.Person(t.Context(), ev.Thread, ev.User)
			if err != nil || p.Standing != bot.Member || !strings.HasPrefix(p.Email, "crowd") {
				t.Errorf("%s is %+v, %v", ev.User.ID, p, err)
			}
		})
	}
	crowd.Wait()
	if len(events) != people {
		t.Errorf("%d were heard", len(events))
	}
	if one, all := len(o.Calls("members.get")), len(o.Calls("members.list")); one > 20 || all == 0 || all > 2 {
		t.Errorf("%d look-ups and %d listings for %d people", one, all, people)
	}
	t.Logf("%d people known after %v", people, time.Since(began))
}

func TestPeopleAreTakenAsBeforeWhenTeamsIsDown(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	later := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	o := open(t, teamstest.Options{NoRates: true}, func(c *teams.Config) {
		c.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	})
	o.Say(teamstest.Minji, teamstest.Minji, "매출")
	ev := o.only()
	before, err := o.driver.Person(t.Context(), ev.Thread, ev.User)
	if err != nil {
		t.Fatal(err)
	}
	stop := o.Fault(teamstest.Fault{Op: "members.get", Status: 403, Error: "NotEnoughPermissions"})
	later(2 * time.Hour)
	if got, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err != nil || got != before {
		t.Errorf("two hours later: %+v, %v", got, err)
	}
	later(48 * time.Hour)
	if got, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err == nil {
		t.Errorf("two days later: %+v", got)
	}
	stop()
	if got, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err != nil || got != before {
		t.Errorf("when it is up again: %+v, %v", got, err)
	}
}

func TestChannelsHaveNames(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	for where, want := range map[string]string{teamstest.Sales: "매출 Sales", teamstest.General: "General", teamstest.Minji: "", teamstest.Group: ""} {
		o.Say(teamstest.Minji, where, o.Mention()+" 매출")
		thread := o.last().Thread
		for range 2 {
			if got := o.driver.ChannelName(t.Context(), thread); got != want {
				t.Errorf("%s is called %q, want %q", where, got, want)
			}
		}
	}
	if n := len(o.Calls("channels.list")); n != 1 {
		t.Errorf("the team was asked %d times", n)
	}
}

func TestWhereMessagesGo(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	post := func(thread bot.Thread, text string) (bot.Ref, error) {
		return o.driver.Post(t.Context(), thread, bot.Message{Kind: bot.KindNotice, Language: "ko", Text: text})
	}
	// Nobody has said anything yet: where Teams takes messages is unknown.
	if _, err := post(bot.Direct("teams", o.Tenant(), alexObject), "early"); codeIn(err) != bot.CodeUnavailable {
		t.Errorf("before anything was heard: %v", err)
	}
	o.Say(teamstest.Minji, teamstest.Sales, o.Mention()+" 매출")
	o.only()
	o.stop()
	o.restart() // what is known survives that
	// Somebody who never wrote, by their object id; twice, the chat being known then.
	for n := 1; n <= 2; n++ {
		ref, err := post(bot.Direct("teams", o.Tenant(), alexObject), "다 됐어요")
		if err != nil || ref.Thread.Channel != teamstest.Chat(teamstest.Alex) || !ref.Thread.Direct || ref.Thread.ID == "" {
			t.Fatalf("a direct message is at %+v, %v", ref, err)
		}
		if got := o.bots(teamstest.Alex); len(got) != n {
			t.Errorf("Alex sees %d messages", len(got))
		}
	}
	if n := len(o.Calls("conversations.create")); n != 1 {
		t.Errorf("the chat was begun %d times", n)
	}
	// What Alex says then goes on with the latest.
	latest := o.bots(teamstest.Alex)[1]
	o.Say(teamstest.Alex, teamstest.Alex, "왜?")
	if ev := o.last(); ev.Thread.ID != latest.ID {
		t.Errorf("the reply is in %+v, the message %s", ev.Thread, latest.ID)
	}
	// A channel from which nothing was heard.
	ref, err := post(bot.Thread{Platform: "teams", Workspace: o.Tenant(), Channel: teamstest.General}, "공유")
	if err != nil || ref.Thread.ID != ref.ID || len(o.bots(teamstest.General)) != 1 {
		t.Errorf("a new post is at %+v, %v", ref, err)
	}
	// Somebody who has not installed the app.
	if _, err := post(bot.Direct("teams", o.Tenant(), "00000000-0000-4000-a000-000000000005"), "x"); codeIn(err) != bot.CodeGone {
		t.Errorf("to somebody without the app: %v", err)
	}
}

func codeIn(err error) bot.Code {
	if e := (*bot.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestClosedConversationsAreLeftAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	o := open(t, teamstest.Options{NoRates: true}, func(c *teams.Config) {
		c.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	})
	say := func(thread bot.Thread) error {
		_, err := o.driver.Post(t.Context(), thread, bot.Message{Kind: bot.KindNotice, Language: "ko", Text: "안녕하세요"})
		return err
	}
	o.Say(teamstest.Minji, teamstest.Minji, "매출")
	chat := o.last().Thread
	o.Say(teamstest.Alex, teamstest.Sales, o.Mention()+" revenue")
	channel := o.last().Thread

	o.Uninstall(teamstest.Minji, teamstest.Minji)
	o.settled()
	calls := len(o.Calls("activities.send"))
	for range 3 {
		if err := say(chat); codeIn(err) != bot.CodeGone {
			t.Errorf("after it was uninstalled: %v", err)
		}
	}
	if n := len(o.Calls("activities.send")); n != calls {
		t.Errorf("%d calls to where we are not", n-calls)
	}
	if !strings.Contains(string(o.shelf.kept["conversation:"+chat.Channel]), "removed") {
		t.Errorf("kept is %s", o.shelf.kept["conversation:"+chat.Channel])
	}
	o.Install(teamstest.Minji, teamstest.Minji)
	o.settled()
	if err := say(chat); err != nil {
		t.Errorf("after it was installed again: %v", err)
	}

	// Blocking is told by nothing but the refusal; that it ended, by nothing.
	o.Block(teamstest.Minji)
	for range 2 {
		if err := say(chat); codeIn(err) != bot.CodeGone {
			t.Errorf("to one who blocked us: %v", err)
		}
	}
	o.Unblock(teamstest.Minji)
	if err := say(chat); codeIn(err) != bot.CodeGone {
		t.Errorf("an hour later: %v", err)
	}
	mu.Lock()
	now = now.Add(25 * time.Hour)
	mu.Unlock()
	if err := say(chat); err != nil {
		t.Errorf("a day later: %v", err)
	}

	o.Uninstall(teamstest.Alex, teamstest.Sales) // from the team
	o.settled()
	if err := say(channel); codeIn(err) != bot.CodeGone {
		t.Errorf("in a team that removed us: %v", err)
	}
	o.Install(teamstest.Alex, teamstest.General)
	o.settled()
	if err := say(channel); err != nil {
		t.Errorf("in a team that took us back: %v", err)
	}
	// Where nobody told that we were removed, what is closed is one channel. It opens with its
	// team.
	o.Fault(teamstest.Fault{Op: "activities.send", Status: 403, Error: "BotNotInConversationRoster", Times: 1})
	for range 2 {
		if err := say(channel); codeIn(err) != bot.CodeGone {
			t.Errorf("in a channel that does not know us: %v", err)
		}
	}
	mu.Lock()
	now = now.Add(time.Minute)
	mu.Unlock()
	o.Install(teamstest.Alex, teamstest.General)
	o.settled()
	if err := say(channel); err != nil {
		t.Errorf("in a team that took us back: %v", err)
	}
}

func TestAWelcomeIsSaidOnce(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true}, func(c *teams.Config) {
		c.Prompts = func(language string) []string {
			if language == "ko" {
				return []string{"지난달 지역별 매출"}
			}
			return []string{"revenue by region"}
		}
	})
	for _, who := range []string{teamstest.Newcomer, teamstest.Alex} {
		o.Install(who, who)
	}
	o.until("the welcomes", func() bool { return len(o.bots(teamstest.Newcomer))*len(o.bots(teamstest.Alex)) > 0 })
	o.settled()
	for who, want := range map[string]string{teamstest.Newcomer: "지난달 지역별 매출", teamstest.Alex: "revenue by region"} {
		if got := o.bots(who); len(got) != 1 || !strings.Contains(teamstest.Text(got[0]), want) {
			t.Errorf("%s sees %d messages: %+v", who, len(got), got)
		}
	}
	m := o.bots(teamstest.Newcomer)[0]
	o.press(teamstest.Newcomer, m, "지난달 지역별 매출")
	if ev := o.last(); ev.Kind != bot.EventAction || ev.Action.Name != bot.ActionAsk || ev.Action.Value != "지난달 지역별 매출" {
		t.Errorf("the prompt is %+v", ev)
	}
	o.stop()
	o.restart()
	o.Replay()
	o.settled()
	o.Uninstall(teamstest.Alex, teamstest.Alex)
	o.Install(teamstest.Alex, teamstest.Alex)
	o.settled()
	o.stop() // what is under way ends with it
	if got := o.bots(teamstest.Alex); len(got) != 1 {
		t.Errorf("Alex is welcomed %d times", len(got))
	}
	if len(o.Complaints()) > 0 {
		t.Errorf("complaints: %q", o.Complaints())
	}
}

// Where members are found by one of their ids alone, they are found; also by a process that
// has not heard them yet.
func TestPeopleAreFoundByEitherID(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true, ByID: true})
	o.Say(teamstest.Minji, teamstest.Sales, o.Mention()+" 매출")
	there := o.last()
	o.Say(teamstest.Minji, teamstest.Minji, "매출")
	alone := o.last()
	for _, restarted := range []bool{false, true} {
		if restarted {
			o.stop()
			o.restart()
		}
		for _, ev := range []bot.Event{there, alone} {
			if p, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err != nil || p.Standing != bot.Member || p.Email != "minji.kim@example.com" {
				t.Errorf("restarted %v: %s is %+v, %v", restarted, ev.User.ID, p, err)
			}
		}
	}
}

// Teams does not know everywhere of somebody new at once: that they are not there holds for
// minutes, not for an hour.
func TestSomebodyNewIsFoundSoon(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	o := open(t, teamstest.Options{NoRates: true}, func(c *teams.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	o.Say(teamstest.Minji, teamstest.Sales, o.Mention()+" 매출")
	there, fresh := o.last().Thread, bot.User{ID: object(5), Name: "새내기"}
	if p, err := o.driver.Person(t.Context(), there, fresh); err != nil || p.Standing != bot.Left {
		t.Errorf("who is not there is %+v, %v", p, err)
	}
	o.Join(teamstest.Newcomer, teamstest.Sales)
	for _, c := range []struct {
		after time.Duration
		want  bot.Standing
	}{{time.Minute, bot.Left}, {6 * time.Minute, bot.Member}} {
		later.Store(int64(c.after))
		if p, err := o.driver.Person(t.Context(), there, fresh); err != nil || p.Standing != c.want {
			t.Errorf("after %v they are %+v, %v", c.after, p, err)
		}
	}
}

// Who is in a team no more has not left the company.
func TestWhoLeftATeamIsOneOfUs(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	o.Say(teamstest.Alex, teamstest.Alex, "revenue")
	o.Say(teamstest.Alex, teamstest.Sales, o.Mention()+" revenue")
	ev := o.last()
	o.Leave(teamstest.Alex, teamstest.Sales)
	if p, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err != nil || p.Standing != bot.Member {
		t.Errorf("who left a team is %+v, %v", p, err)
	}
}
