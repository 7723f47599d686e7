package slack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

func TestMentionArrivesOnce(t *testing.T) {
	r := start(t, slacktest.Options{})
	m := r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 지난달 지역별 매출", slacktest.Saying{Times: 3})
	ev := r.only()
	want := bot.Thread{Platform: slack.Platform, Workspace: r.Team(), Channel: slacktest.Sales, ID: m.TS}
	if ev.Thread != want || ev.Message != m.TS || ev.Kind != bot.EventMessage || !ev.Addressed {
		t.Errorf("got %+v, want thread %+v", ev, want)
	}
	if ev.ID != "m:"+slacktest.Sales+":"+m.TS || ev.Text != "지난달 지역별 매출" || ev.User.ID != slacktest.Minji {
		t.Errorf("got id %q, text %q, user %+v", ev.ID, ev.Text, ev.User)
	}
	if age := time.Since(ev.At); age < -time.Second || age > time.Minute {
		t.Errorf("said %v ago", age)
	}
	if len(r.Calls("users.info"))+len(r.Calls("auth.test")) > 1 {
		t.Errorf("the message cost calls: %+v", r.Calls(""))
	}
}

func TestWhoIsTalkedTo(t *testing.T) {
	r := start(t, slacktest.Options{})
	begin := r.Say(slacktest.Alex, slacktest.Sales, "good morning") // to nobody
	dm := r.Say(slacktest.Minji, r.DM(slacktest.Minji), "매출")
	for _, c := range []struct {
		name, user, channel, text string
		how                       slacktest.Saying
		want                      *bot.Event
	}{
		{"talk between others", slacktest.Alex, slacktest.Sales, "how are sales?", slacktest.Saying{}, nil},
		{"talk about another", slacktest.Alex, slacktest.Sales, "<@" + slacktest.Minji + "> sales?", slacktest.Saying{}, nil},
		{"in a thread", slacktest.Alex, slacktest.Sales, "and last year?", slacktest.Saying{Thread: begin.TS}, &bot.Event{Text: "and last year?"}},
		{"shown to the channel", slacktest.Alex, slacktest.Sales, "and now?", slacktest.Saying{Thread: begin.TS, Subtype: "thread_broadcast"}, &bot.Event{Text: "and now?"}},
		{"mention in a thread", slacktest.Alex, slacktest.Sales, "so " + r.Mention() + " what?", slacktest.Saying{Thread: begin.TS}, &bot.Event{Text: "so what?", Addressed: true}},
		{"in a direct message's thread", slacktest.Minji, r.DM(slacktest.Minji), "작년은?", slacktest.Saying{Thread: dm.TS}, &bot.Event{Text: "작년은?", Addressed: true}},
		{"a mention alone", slacktest.Alex, slacktest.Sales, r.Mention(), slacktest.Saying{}, &bot.Event{Addressed: true}},
		{"in a private channel", slacktest.Minji, slacktest.Private, r.Mention() + ": 매출", slacktest.Saying{}, &bot.Event{Text: "매출", Addressed: true}},
		{"said as oneself", slacktest.Minji, slacktest.Sales, r.Mention() + " 매출", slacktest.Saying{Subtype: "me_message"}, &bot.Event{Text: "매출", Addressed: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(r.settled())
			m := r.Say(c.user, c.channel, c.text, c.how)
			got := r.settled()[before:]
			if c.want == nil {
				if len(got) != 0 {
					t.Errorf("got %+v", got)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("got %d events", len(got))
			}
			ev, thread := got[0], c.how.Thread
			if thread == "" {
				thread = m.TS
			}
			if ev.Text != c.want.Text || ev.Addressed != c.want.Addressed || ev.Thread.ID != thread || ev.Thread.Direct != strings.HasPrefix(c.channel, "D") {
				t.Errorf("got %+v", ev)
			}
		})
	}
}

// A conversation of several people is one in which we are among others.
func TestGroupConversations(t *testing.T) {
	r := start(t, slacktest.Options{})
	say := func(ts, text string) {
		r.Emit(map[string]any{
			"type": "message", "channel": "G0MPIM00001", "channel_type": "mpim", "user": slacktest.Minji, "ts": ts, "text": text,
		}, "", 1)
	}
	say("1790000000.000001", "우리끼리")
	say("1790000000.000002", r.Mention()+" 매출")
	if ev := r.only(); ev.Thread.Direct || !ev.Addressed || ev.Text != "매출" {
		t.Errorf("got %+v", ev)
	}
}

func TestProgramsAreNotHeard(t *testing.T) {
	r := start(t, slacktest.Options{})
	r.Say(slacktest.Robot, slacktest.Sales, r.Mention()+" revenue")
	r.Say(r.BotUser(), slacktest.Sales, "my own words, "+r.Mention())
	r.Join(slacktest.External, slacktest.General)
	r.StartAssistant(slacktest.Minji)
	text := r.Mention() + " revenue"
	for i, e := range []map[string]any{
		{"subtype": "bot_message", "username": "old hook", "bot_id": "B1"},
		{"user": "USLACKBOT"},
		{"user": slacktest.Minji, "bot_id": "B0OTHER"},
		{"user": slacktest.Minji, "app_id": "A0OTHER"},
		{"user": r.BotUser()},
		{"user": slacktest.Minji, "subtype": "channel_topic", "topic": "x"},
		{"user": slacktest.Minji, "subtype": "channel_join"},
		{"user": slacktest.Minji, "subtype": "reminder_add"},
		{"user": slacktest.Minji, "subtype": "something_new"},
		{"user": slacktest.Minji, "hidden": true},
		{"subtype": "file_share"},
	} {
		e["type"], e["channel"], e["ts"], e["text"] = "message", slacktest.Sales, fmt.Sprintf("1790000000.%06d", i), text
		r.Emit(e, slacktest.Sales, 1)
		twin := map[string]any{}
		for k, v := range e {
			twin[k] = v
		}
		twin["type"] = "app_mention"
		r.Emit(twin, slacktest.Sales, 1)
	}
	if got := r.settled(); len(got) != 0 {
		t.Errorf("heard %+v", got)
	}
	if r.driver.Intake().Ignored == 0 {
		t.Error("nothing is counted as ignored")
	}
}

func TestTextIsReadable(t *testing.T) {
	r := start(t, slacktest.Options{})
	us := r.Mention()
	// Who is known already needs no label.
	if _, err := r.driver.Person(t.Context(), bot.Thread{}, bot.User{ID: slacktest.Minji}); err != nil {
		t.Fatal(err)
	}
	nfd := norm.NFD.String("지난달 매출")
	for i, c := range []struct{ said, want string }{
		{us + " sales by region", "sales by region"},
		{us + ", sales by region", "sales by region"},
		{"hey " + us + " sales?", "hey sales?"},
		{"sales " + us, "sales"},
		{"<@" + r.BotUser() + "|bapsang> sales", "sales"},
		{us + " " + us + " sales", "sales"},
		{us + "\nsales\nby region", "sales\nby region"},
		{us + " sales of <@U0NOBODY99|kim> &amp; <@U0NOBODY98>", "sales of @kim & @U0NOBODY98"},
		{us + " what did <@" + slacktest.Minji + "> sell?", "what did @minji sell?"},
		{us + " in <#C0SALES0002|sales-매출> and <#C0X|>", "in #sales-매출 and #C0X"},
		{us + " visits of <https://shop.example/a?b=1&amp;c=2|the shop> and <https://shop.example>", "visits of the shop and https://shop.example"},
		{us + " mails to <mailto:a@b.example|a@b.example>, <mailto:c@d.example>", "mails to a@b.example, c@d.example"},
		{us + " sales of <!here> <!channel|everyone> <!subteam^S1|@team> <!subteam^S2>", "sales of @here everyone @team @S2"},
		{us + " <@U0NOBODY99|kim> <!here> <!subteam^S1|@team>, sales", "sales"},
		{"<@U0NOBODY99|kim> " + us + " sales", "sales"},
		{us + " sales by region cc <@U0NOBODY99|kim>, <@U0NOBODY98>", "sales by region"},
		{us + " <@U0NOBODY99|kim>가 판 것", "@kim가 판 것"},
		{us + " <!here>", ""},
		{us + " :bar_chart: 지역별 매출:pray::pray::skin-tone-3: :+1:", "지역별 매출"},
		{us + " 12:30:45 a:b:c 기간:10월:서울", "12:30:45 a:b:c 기간:10월:서울"},
		{us + " since <!date^1790000000^{date}|1 Sep>", "since 1 Sep"},
		{us + " where price &gt; 100 &amp; price &lt; 200", "where price > 100 & price < 200"},
		{us + " &lt;@U1&gt; &amp;lt;", "<@U1> &lt;"},
		{us + " “매출” vs ‘반품’", "“매출” vs ‘반품’"},
		{us + " " + nfd, "지난달 매출"},
		{us + " a < b", "a < b"},
		{us + " <> <|> <@>", "@"},
		{us + " 5 * 3 * 2", "5 * 3 * 2"},
	} {
		if i > 0 {
			r.settled()
		}
		r.Emit(map[string]any{
			"type": "message", "channel": slacktest.Sales, "channel_type": "channel", "user": slacktest.Minji,
			"ts": fmt.Sprintf("1790000000.%06d", i), "text": c.said,
		}, slacktest.Sales, 1)
		got := r.settled()
		if want := i + 1; len(got) != want {
			t.Fatalf("%q: %d events, want %d", c.said, len(got), want)
		}
		if ev := got[i]; ev.Text != c.want {
			t.Errorf("%q reads %q, want %q", c.said, ev.Text, c.want)
		}
	}
}

// rich is a rich text of sections and lists.
func rich(elements ...any) []any {
	return []any{map[string]any{"type": "rich_text", "elements": elements}}
}

func section(leaves ...any) map[string]any {
	return map[string]any{"type": "rich_text_section", "elements": leaves}
}

func leaf(kind string, fields ...any) map[string]any {
	out := map[string]any{"type": kind}
	for i := 0; i+1 < len(fields); i += 2 {
		out[fields[i].(string)] = fields[i+1]
	}
	return out
}

func TestMarksAndListsAreReadable(t *testing.T) {
	r := start(t, slacktest.Options{})
	us := r.Mention()
	bold := map[string]any{"bold": true}
	me := leaf("user", "user_id", r.BotUser())
	for _, c := range []struct {
		name, text string
		blocks     []any
		want       string
	}{
		{"bold", us + " *매출* by _region_", rich(section(me, leaf("text", "text", " "), leaf("text", "text", "매출", "style", bold), leaf("text", "text", " by "), leaf("text", "text", "region", "style", map[string]any{"italic": true}))), "매출 by region"},
		{"asterisks", us + " 5 * 3 * 2", rich(section(me, leaf("text", "text", " 5 * 3 * 2"))), "5 * 3 * 2"},
		{
			"lists", us + " show\n• a\n• *b*\n    ◦ c\n1. x\n2. y",
			rich(section(me, leaf("text", "text", " show")),
				leaf("rich_text_list", "style", "bullet", "elements", []any{section(leaf("text", "text", "a")), section(leaf("text", "text", "b", "style", bold))}),
				leaf("rich_text_list", "style", "bullet", "indent", 1, "elements", []any{section(leaf("text", "text", "c"))}),
				leaf("rich_text_list", "style", "ordered", "elements", []any{section(leaf("text", "text", "x")), section(leaf("text", "text", "y"))})),
			"show\n• a\n• b\n    • c\n1. x\n2. y",
		},
		{
			"names come from the text", us + " sales of *<@U0NOBODY99|kim>* in <#C0X|sales> :bar_chart: <https://x.example|there> a &lt; b <!subteam^S1|@team> <!here>",
			rich(section(me, leaf("text", "text", " sales of "), leaf("user", "user_id", "U0NOBODY99", "style", bold), leaf("text", "text", " in "), leaf("channel", "channel_id", "C0X"), leaf("text", "text", " "),
				leaf("emoji", "name", "bar_chart", "unicode", "1f4ca"), leaf("text", "text", " "), leaf("link", "url", "https://x.example", "text", "there"), leaf("text", "text", " a < b "),
				leaf("usergroup", "usergroup_id", "S1"), leaf("text", "text", " "), leaf("broadcast", "range", "here"))),
			"sales of @kim in #sales there a < b @team @here",
		},
		{
			"emoji", us + " :좋아요: 매출 :pray::skin-tone-2:", rich(section(me, leaf("text", "text", " "), leaf("emoji", "name", "좋아요"), leaf("text", "text", " 매출 "),
				leaf("emoji", "name", "pray", "skin_tone", 2))), "매출",
		},
		{"code", us + " ```SELECT 1```", rich(section(me, leaf("text", "text", " ")), leaf("rich_text_preformatted", "elements", []any{leaf("text", "text", "SELECT 1")})), "SELECT 1"},
		{"an unknown element", us + " *매출*", rich(section(me, leaf("text", "text", " "), leaf("hologram", "shape", "cube"), leaf("text", "text", "매출"))), "*매출*"},
		{"an unknown block", us + " *매출*", append(rich(section(me, leaf("text", "text", " 매출"))), map[string]any{"type": "hologram", "cells": []any{map[string]any{"type": "cube"}}}), "*매출*"},
		{"other words", us + " *매출*", rich(section(me, leaf("text", "text", " 반품"))), "*매출*"},
		{"nonsense", us + " 매출", []any{7, "x", nil, []any{}}, "매출"},
		{"no text", "", rich(section(leaf("text", "text", "매출"))), "매출"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(r.settled())
			channel := slacktest.Sales
			if c.text == "" {
				channel = r.DM(slacktest.Minji)
			}
			r.Say(slacktest.Minji, channel, c.text, slacktest.Saying{Blocks: c.blocks})
			got := r.settled()
			if len(got) != before+1 {
				t.Fatalf("%d events", len(got)-before)
			}
			if text := got[before].Text; text != c.want {
				t.Errorf("reads %q, want %q", text, c.want)
			}
		})
	}
}

// What slackevents.ParseEvent refuses whole: an unknown kind of chart, of cell, of
// element, and fields of other types than today's.
func TestUnknownBlocksLoseNothing(t *testing.T) {
	r := start(t, slacktest.Options{})
	odd := []any{
		map[string]any{"type": "data_visualization", "chart": map[string]any{"type": "hypercube"}},
		map[string]any{"type": "data_table", "rows": []any{[]any{map[string]any{"type": "hologram"}}}},
		map[string]any{"type": "table", "rows": "none"},
		map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "lever"}}},
	}
	for i, change := range []map[string]any{
		{"blocks": odd},
		{"attachments": []any{map[string]any{"blocks": odd}}},
		{"blocks": "a word"},
		{"files": map[string]any{"id": "F1"}},
		{"files": []any{map[string]any{"id": "F1", "name": 7, "size": "big"}}},
		{"edited": "no"},
		{"metadata": 5, "reactions": true, "user_profile": []any{}},
		{"bot_profile": nil, "app_id": nil, "bot_id": nil, "subtype": nil, "thread_ts": nil, "files": nil, "blocks": nil},
	} {
		event := map[string]any{
			"type": "message", "channel": slacktest.Sales, "channel_type": "channel", "user": slacktest.Minji,
			"ts": fmt.Sprintf("1790000000.%06d", i), "text": r.Mention() + " 매출",
		}
		for k, v := range change {
			event[k] = v
		}
		r.Emit(event, slacktest.Sales, 1)
		if got := r.settled(); len(got) != i+1 || got[i].Text != "매출" || !got[i].Addressed {
			data, _ := json.Marshal(change)
			t.Fatalf("with %s the desk got %d events, want %d: %+v", data, len(got), i+1, got)
		}
	}
}

func TestEdits(t *testing.T) {
	r := start(t, slacktest.Options{})
	m := r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 매출")
	r.settled()
	r.Unfurl(m, "https://shop.example")
	if got := r.settled(); len(got) != 1 {
		t.Fatalf("a preview is an event: %+v", got[1:])
	}
	r.Edit(m, r.Mention()+" 지난달 매출")
	got := r.settled()
	if len(got) != 2 {
		t.Fatalf("after the edit: %+v", got)
	}
	ev := got[1]
	if ev.Kind != bot.EventEdit || ev.Text != "지난달 매출" || ev.Message != m.TS || ev.Thread != got[0].Thread || ev.User.ID != slacktest.Minji || !ev.Addressed {
		t.Errorf("the edit is %+v", ev)
	}
	r.Edit(m, r.Mention()+" 올해 매출")
	if got = r.settled(); len(got) != 3 || got[2].ID == got[1].ID || got[2].Text != "올해 매출" {
		t.Errorf("a second edit: %+v", got)
	}
	r.Edit(m, "never mind")
	if got = r.settled(); len(got) != 4 || got[3].Addressed {
		t.Errorf("the mention taken out: %+v", got)
	}
}

func TestEditsOfOthersTalk(t *testing.T) {
	r := start(t, slacktest.Options{})
	m := r.Say(slacktest.Minji, slacktest.Sales, "매출")
	r.Edit(m, "매출!")
	if got := r.settled(); len(got) != 0 {
		t.Fatalf("heard %+v", got)
	}
	r.Edit(m, r.Mention()+" 매출")
	if ev := r.only(); ev.Kind != bot.EventEdit || !ev.Addressed || ev.Text != "매출" || ev.Thread.ID != m.TS {
		t.Errorf("a mention put in later is %+v", ev)
	}
	// Slack tells of such a mention as app_mention, too.
	var edited struct{ Edited struct{ TS string } }
	for _, x := range r.All(slacktest.Sales) {
		if x.TS == m.TS {
			if err := json.Unmarshal(x.Raw, &edited); err != nil || edited.Edited.TS == "" {
				t.Fatalf("no time of the edit in %s", x.Raw)
			}
		}
	}
	r.Emit(map[string]any{
		"type": "app_mention", "channel": slacktest.Sales, "user": slacktest.Minji, "ts": m.TS, "text": r.Mention() + " 매출",
		"edited": map[string]any{"user": slacktest.Minji, "ts": edited.Edited.TS},
	}, slacktest.Sales, 1)
	r.only()
}

func TestDeletions(t *testing.T) {
	r := start(t, slacktest.Options{})
	alone := r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 매출")
	begin := r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 반품")
	reply := r.Say(slacktest.Alex, slacktest.Sales, "by region?", slacktest.Saying{Thread: begin.TS})
	n := len(r.settled())
	for i, c := range []struct {
		what string
		m    slacktest.Message
		user string
	}{{"a message", alone, slacktest.Minji}, {"a message with replies", begin, slacktest.Minji}, {"a reply", reply, slacktest.Alex}} {
		r.Delete(c.m)
		got := r.settled()
		if len(got) != n+i+1 {
			t.Fatalf("%s: %d events, want %d", c.what, len(got), n+i+1)
		}
		ev := got[n+i]
		thread := c.m.ThreadTS
		if thread == "" {
			thread = c.m.TS
		}
		if ev.Kind != bot.EventDelete || ev.Message != c.m.TS || ev.Thread.ID != thread || ev.User.ID != c.user || ev.Text != "" {
			t.Errorf("%s: %+v", c.what, ev)
		}
	}
	if own := r.Say(r.BotUser(), slacktest.Sales, "mine"); true {
		r.Delete(own)
	}
	if got := r.settled(); len(got) != n+3 {
		t.Errorf("our own deletion is heard: %+v", got[n+3:])
	}
}

func TestForwardedMessagesAreRead(t *testing.T) {
	r := start(t, slacktest.Options{})
	m := r.Say(slacktest.Alex, slacktest.Sales, "10월 지역별 매출은 &lt;어디서&gt; 봐요? <@"+slacktest.Minji+">", slacktest.Saying{Silent: true})
	for comment, want := range map[string]string{
		"이거 알려 줘":                      "이거 알려 줘\n\n10월 지역별 매출은 <어디서> 봐요? @",
		r.Mention() + " please answer": "please answer\n\n10월 지역별 매출은 <어디서> 봐요? @",
		"":                             "10월 지역별 매출은 <어디서> 봐요? @",
	} {
		before := len(r.settled())
		r.Say(slacktest.Minji, r.DM(slacktest.Minji), comment, slacktest.Saying{Forwards: &m})
		got := r.settled()
		if len(got) != before+1 || !strings.HasPrefix(got[before].Text, want) {
			t.Errorf("%q with what was forwarded is read as %+v, want %q", comment, got[before:], want)
		}
	}
}

func TestStopButtonOfSlack(t *testing.T) {
	r := start(t, slacktest.Options{})
	m := r.Say(slacktest.Minji, r.DM(slacktest.Minji), "매출")
	r.settled()
	r.StopSession(slacktest.Minji, r.DM(slacktest.Minji), m.TS)
	got := r.settled()
	if len(got) != 2 {
		t.Fatalf("got %+v", got)
	}
	ev := got[1]
	if ev.Kind != bot.EventAction || ev.Action == nil || !reflect.DeepEqual(*ev.Action, bot.Action{Name: bot.ActionCancel}) || ev.Thread != got[0].Thread || ev.User.ID != slacktest.Minji {
		t.Errorf("got %+v", ev)
	}
}

func TestSharedChannelKeepsOurWorkspace(t *testing.T) {
	r := start(t, slacktest.Options{})
	r.Say(slacktest.External, slacktest.Shared, r.Mention()+" revenue")
	if ev := r.only(); ev.Thread.Workspace != r.Team() || ev.User.ID != slacktest.External {
		t.Errorf("got %+v", ev)
	}
}

func TestGridInstallIsOneWorkspace(t *testing.T) {
	r := start(t, slacktest.Options{Enterprise: "E0GRID00001"})
	for i, team := range []string{"T0ONE000001", "T0TWO000002"} {
		body := fmt.Sprintf(`{"type":"event_callback","team_id":%q,"event_id":"Ev%d",
			"authorizations":[{"enterprise_id":"E0GRID00001","team_id":%q,"user_id":"W0BOT00001","is_bot":true,"is_enterprise_install":true}],
			"event":{"type":"message","channel":"C0GRID00001","channel_type":"channel","user":"W0MINJI0001","ts":"1790000000.00000%d","thread_ts":"1790000000.000001","text":"<@W0BOT00001> 매출"}}`,
			team, i, team, i+1)
		if resp, _ := r.send(request{body: body}); resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d", resp.StatusCode)
		}
	}
	got := r.settled()
	if len(got) != 2 || got[0].Thread != got[1].Thread || got[0].Thread.Workspace != "E0GRID00001" {
		t.Errorf("got %+v", got)
	}
}

// An event without authorizations says whom it is for as soon as Slack was asked.
func TestEventsWithoutAuthorizations(t *testing.T) {
	r := start(t, slacktest.Options{})
	body := fmt.Sprintf(`{"type":"event_callback","team_id":%q,"event_id":"Ev1","event":{"type":"app_mention","channel":%q,"user":%q,"ts":"1790000000.000001","text":"%s 매출"}}`,
		r.Team(), slacktest.Sales, slacktest.Minji, r.Mention())
	if resp, _ := r.send(request{body: body}); resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d", resp.StatusCode)
	}
	if ev := r.only(); ev.Text != "매출" || ev.Thread.Workspace != r.Team() {
		t.Errorf("got %+v", ev)
	}
}

func TestAppIsThrownOut(t *testing.T) {
	r := start(t, slacktest.Options{})
	r.settled()
	r.Emit(map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{slacktest.Minji}}}, "", 1)
	r.settled()
	if why := r.driver.Intake().Revoked; why != "" {
		t.Errorf("a person's token counts as ours: %q", why)
	}
	// Who is still asking Slack who they are then has Run end with the error.
	r.until("the driver knows the company", func() bool { return len(r.Calls("users.list")) > 0 })
	r.Uninstall()
	r.settled()
	if why := r.driver.Intake().Revoked; why == "" {
		t.Error("nobody noticed")
	}
	r.Limited()
	r.settled()
	if r.driver.Intake().RateLimited.IsZero() {
		t.Error("nobody noticed that events are held back")
	}
}
