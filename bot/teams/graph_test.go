package teams_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// Where the directory is asked, people are who it says: by the name with which they sign
// in, disabled or not.
func TestTheDirectorySaysWhoPeopleAre(t *testing.T) {
	t.Parallel()
	const gone, alias = "29:1gone-0001", "29:1alias-0002"
	o := open(t, teamstest.Options{NoRates: true, People: []teamstest.Person{
		{ID: gone, Object: object(11), Name: "퇴사자", UPN: "gone@example.com", Email: "gone@example.com", Disabled: true},
		{ID: alias, Object: object(12), Name: "Alias", UPN: "Real.Name@example.com", Email: "nickname@example.com"},
	}}, asksTheDirectory)
	for _, c := range []struct {
		id, email string
		standing  bot.Standing
	}{
		{teamstest.Minji, "minji.kim@example.com", bot.Member}, {alias, "real.name@example.com", bot.Member}, {gone, "gone@example.com", bot.Left},
	} {
		o.Say(c.id, c.id, "매출")
		ev := o.last()
		for range 2 {
			if p, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err != nil || p.Email != c.email || p.Standing != c.standing {
				t.Errorf("%s is %+v, %v", c.id, p, err)
			}
		}
	}
	if n := len(o.Calls("graph.users")); n != 3 {
		t.Errorf("the directory was asked %d times about three people", n)
	}
	// A guest signs in elsewhere, and whom Teams does not find has not left for that.
	o.Say(teamstest.Guest, teamstest.Sales, o.Mention()+" 매출")
	ev := o.last()
	if p, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err != nil || p.Email != "guest@partner.example" || p.Standing != bot.Guest {
		t.Errorf("a guest is %+v, %v", p, err)
	}
	if p, err := o.driver.Person(t.Context(), ev.Thread, bot.User{ID: object(2)}); err != nil || p.Standing != bot.Member || p.Email != "alex@example.com" {
		t.Errorf("a colleague is %+v, %v", p, err)
	}
	o.Leave(teamstest.Alex, teamstest.General)
	thread := ev.Thread
	thread.Channel = teamstest.General
	fresh := bot.User{ID: object(5)} // who is in no team
	if p, err := o.driver.Person(t.Context(), thread, fresh); err != nil || p.Standing != bot.Member || p.Email != "new@example.com" {
		t.Errorf("who is in no team is %+v, %v", p, err)
	}
	// Who has no chat with us, so that Teams does not say who they are, is known all the same.
	alone := bot.Direct(teams.Platform, o.Tenant(), object(5))
	o.Fault(teamstest.Fault{Op: "conversations.create", Status: 403, Times: 1})
	if p, err := o.driver.Person(t.Context(), alone, bot.User{ID: object(1)}); err != nil || p.Standing != bot.Member || p.Email != "minji.kim@example.com" {
		t.Errorf("who has no chat with us is %+v, %v", p, err)
	}
	if p, err := o.driver.Person(t.Context(), thread, bot.User{ID: object(999)}); err != nil || p.Standing != bot.Left {
		t.Errorf("nobody is %+v, %v", p, err)
	}
}

// asksTheDirectory has the driver ask the fake's.
func asksTheDirectory(c *teams.Config) {
	c.Connector.GraphURL = strings.TrimSuffix(c.Connector.OpenIDURL, "/v1/.well-known/openidconfiguration")
}

// A directory that refuses, is slow down or out of order costs nobody their answer, is left
// alone for a while, and doctor tells.
func TestADirectoryThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts  teamstest.Options
		fault teamstest.Fault
		text  string
	}{
		"no consent":    {opts: teamstest.Options{NoGraph: true}, text: "Authorization_RequestDenied"},
		"refused":       {fault: teamstest.Fault{Status: 401}, text: "http_401"},
		"too often":     {fault: teamstest.Fault{Status: 429, RetryAfter: 60}, text: "cannot be asked"},
		"out of order":  {fault: teamstest.Fault{Status: 503}, text: "cannot be asked"},
		"does not hear": {fault: teamstest.Fault{Reset: true}, text: "no_reply"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.opts.NoRates = true
			o := open(t, c.opts, asksTheDirectory)
			if c.fault.Status != 0 || c.fault.Reset {
				c.fault.Op = "graph.users"
				o.Fault(c.fault)
			}
			for _, person := range []string{teamstest.Minji, teamstest.Alex} {
				o.Say(person, person, "매출")
				ev := o.last()
				began := time.Now()
				if p, err := o.driver.Person(t.Context(), ev.Thread, ev.User); err != nil || p.Standing != bot.Member || !strings.HasSuffix(p.Email, "@example.com") {
					t.Errorf("%s is %+v, %v", person, p, err)
				}
				if took := time.Since(began); took > 20*time.Second { // a look at who is in a chat has thirty
					t.Errorf("it took %v", took)
				}
			}
			most := 1
			if name == "refused" || c.fault.Reset {
				most = 2 // a token is renewed once, and what was reset is tried by Go itself
			}
			if n := len(o.Calls("graph.users")); n > most {
				t.Errorf("it was asked %d times", n)
			}
			told := ""
			for _, f := range o.driver.Check(t.Context()) {
				if f.Name == "teams graph" {
					told = fmt.Sprint(f.State, " ", f.Text, " ", f.Fix)
				}
			}
			if !strings.Contains(told, c.text) || !strings.HasPrefix(told, string(bot.Warning)) {
				t.Errorf("doctor says %q, want %q", told, c.text)
			}
		})
	}
}
